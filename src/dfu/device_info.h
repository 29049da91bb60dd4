/*
 * SPDX-License-Identifier: MIT
 * What a bootloader tells of its device, for sentences about why it refuses a package.
 */
#ifndef NORDFU_DFU_DEVICE_INFO_H
#define NORDFU_DFU_DEVICE_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "dfu/pipe.h"

struct device_firmware {
    bool known;
    uint32_t version; /* as its init packet named it; a SoftDevice's own, 7002000 = 7.2.0 */
    uint32_t size;    /* bytes */
};

/* All unknown when zeroed. */
struct device_info {
    bool knows_chip;
    uint32_t part; /* 0x52840 */
    uint32_t rom;  /* bytes of flash */
    struct device_firmware softdevice, application, bootloader;
};

/*
 * Asks the bootloader (dfu-protocol D.5, 0A and 0B), which may have been built without these
 * requests, or answer them without telling anything over BLE: then nothing is known. Asks no
 * further after the first "no" and waits at most a second for an answer.
 */
void device_info_ask(struct device_info *info, struct pipe *pipe);

#endif
