/*
 * SPDX-License-Identifier: MIT
 * The characteristics by which a DFU device is known, and what a device turns out to be.
 */
#ifndef NORDFU_DFU_GATT_H
#define NORDFU_DFU_GATT_H

#include <stddef.h>

#include "nordfu/central.h"

#define GATT_DFU_SERVICE 0xFE59 /* 16 bit */

enum gatt_kind {
    GATT_CONTROL_POINT,        /* 8EC90001 */
    GATT_PACKET,               /* 8EC90002 */
    GATT_BUTTONLESS,           /* 8EC90003, without bonds */
    GATT_BUTTONLESS_BONDED,    /* 8EC90004 */
    GATT_BUTTONLESS_SDK12,     /* 8E400001, experimental */
    GATT_LEGACY_CONTROL_POINT, /* 00001531, SDK 11 and older */
    GATT_KINDS,
};

/* The UUIDs of all kinds, which a central must be told of to recognise them. Sets *count. */
const struct nordfu_uuid *gatt_uuids(size_t *count);

/* The characteristic of that kind in the link; NULL if there is none. Valid as long as `link`. */
const struct nordfu_characteristic *gatt_find(const struct nordfu_link *link, enum gatt_kind kind);

/* Lists the link's services for a sentence: "1800, FE59, 8EC90001-F315-..."; cut to `size`,
 * terminator included. */
void gatt_describe(const struct nordfu_link *link, char *text, size_t size);

#endif
