/*
 * SPDX-License-Identifier: MIT
 * Buttonless DFU: an application is asked to start its bootloader (dfu-protocol D.2, D.3).
 */
#ifndef NORDFU_DFU_BUTTONLESS_H
#define NORDFU_DFU_BUTTONLESS_H

#include "dfu/sink.h"
#include "nordfu/central.h"
#include "nordfu/error.h"

enum buttonless_device {
    BUTTONLESS_BOOTLOADER,  /* no need: the bootloader runs already */
    BUTTONLESS_APPLICATION, /* buttonless_jump can bring it into its bootloader */
};

/*
 * Says what the central is linked to. Errors: NORDFU_ERR_NOT_FOUND (no DFU service; the sentence
 * lists the services), NORDFU_ERR_UNSUPPORTED (bonds needed; legacy DFU only), NORDFU_ERR_LINK.
 */
int buttonless_look(const struct nordfu_central *central, enum buttonless_device *device,
                    struct nordfu_error *error);

/*
 * Has the application jump and waits until the link is down; ends it if the device doesn't. A
 * device that resets before its answer arrives counts as jumped (a NOTE says so): the next scan
 * shows the truth. Errors: NORDFU_ERR_REFUSED (speaker BUTTONLESS or GATT), NORDFU_ERR_TIMEOUT,
 * NORDFU_ERR_TRANSFER (malformed or no useful answers), NORDFU_ERR_LINK, those of the central.
 */
int buttonless_jump(struct nordfu_central *central, const struct sink *sink,
                    struct nordfu_error *error);

#endif
