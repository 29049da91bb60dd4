/* SPDX-License-Identifier: MIT
 * What a SoftDevice tells about itself. package.md 3.4, 3.5. */
#ifndef NORDFU_PACKAGE_SOFTDEVICE_INFO_H
#define NORDFU_PACKAGE_SOFTDEVICE_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "package/ihex.h"

enum { SOFTDEVICE_INFO_MAX = 0x2C }; /* bytes of the structure that are known */

struct softdevice_info {
    uint32_t address; /* of the structure; in a raw image, its offset */
    uint32_t end;     /* absolute: where an application begins */
    uint16_t fwid;    /* the number for sd_req */
    bool has_number;  /* an older structure ends before these */
    bool has_version;
    bool has_unique;
    uint32_t number;  /* 140 for an S140 */
    uint32_t version; /* major x 1 000 000 + minor x 1 000 + bugfix */
    uint8_t unique[20];
};

/*
 * Reads the structure that begins with `bytes`; `size` may be more or less than its own. False if
 * there is none (no magic, or it ends before the FWID). `address` is left alone.
 */
bool softdevice_info_decode(struct softdevice_info *out, const uint8_t *bytes, size_t size);

/* Looks for it at 0x3000 and then at 0x4000, 0x5000, 0x6000 and 0x7000. */
bool softdevice_info_find(struct softdevice_info *out, const struct ihex *ihex);

/* The lowest address that belongs to an image by package.md 3.4: 0x3000 if the magic is only found
 * further up, else 0x1000. */
uint32_t softdevice_info_floor(const struct ihex *ihex);

#endif
