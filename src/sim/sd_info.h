/*
 * SPDX-License-Identifier: MIT
 * The information structure of a SoftDevice: who it is, and where it ends. package.md 3.5.
 */
#ifndef NORDFU_SIM_SD_INFO_H
#define NORDFU_SIM_SD_INFO_H

#include <stdbool.h>
#include <stdint.h>

#define SD_ADDRESS   0x1000u /* behind the MBR, where every SoftDevice begins */
#define SD_INFO_AT   0x2000u /* of the structure, in the SoftDevice */
#define SD_INFO_SIZE 0x2Cu   /* bytes */

struct sd_info {
    uint32_t end;     /* address of the first byte behind the SoftDevice, the MBR counted */
    uint16_t fwid;    /* what sd_req names */
    uint32_t family;  /* 132 for an S132 */
    uint32_t version; /* major x 1000000 + minor x 1000 + patch */
};

/* Reads it from the SoftDevice's first `size` bytes. False if there is none. */
bool sd_info_read(struct sd_info *info, const uint8_t *softdevice, uint32_t size);
/* Writes SD_INFO_SIZE bytes, the structure itself. */
void sd_info_write(const struct sd_info *info, uint8_t *to);
/* What is known of a SoftDevice by its FWID; NULL for one that is not in the list. */
const struct sd_info *sd_info_known(uint32_t fwid);

#endif
