/*
 * SPDX-License-Identifier: MIT
 * A pipe over BLE: the Secure DFU service's Control Point and Packet characteristics (dfu-protocol
 * D.1).
 */
#ifndef NORDFU_DFU_PIPE_BLE_H
#define NORDFU_DFU_PIPE_BLE_H

#include "dfu/pipe.h"
#include "nordfu/central.h"

struct pipe_ble {
    struct pipe pipe;
    struct nordfu_central *central; /* not owned */
    uint16_t control, packet;       /* value handles */
};

/*
 * Finds both characteristics in the central's present link and subscribes to answers until
 * `deadline`. Nothing to release. Errors: NORDFU_ERR_NOT_FOUND (this is no bootloader),
 * NORDFU_ERR_LINK, and those of nordfu_central_subscribe.
 */
int pipe_ble_init(struct pipe_ble *ble, struct nordfu_central *central, uint64_t deadline,
                  struct nordfu_error *error);

#endif
