/* SPDX-License-Identifier: MIT */
#include "dfu/gatt.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* F315-4F60-9FB8-838830DAEA50 and what stands before it. */
#define NORDIC_UUID(b3, b2, b1, b0)                                                                \
    {                                                                                              \
        {                                                                                          \
            0x50, 0xEA, 0xDA, 0x30, 0x88, 0x83, 0xB8, 0x9F, 0x60, 0x4F, 0x15, 0xF3, b0, b1, b2, b3 \
        }                                                                                          \
    }

static const struct nordfu_uuid uuids[GATT_KINDS] = {
    [GATT_CONTROL_POINT] = NORDIC_UUID(0x8E, 0xC9, 0x00, 0x01),
    [GATT_PACKET] = NORDIC_UUID(0x8E, 0xC9, 0x00, 0x02),
    [GATT_BUTTONLESS] = NORDIC_UUID(0x8E, 0xC9, 0x00, 0x03),
    [GATT_BUTTONLESS_BONDED] = NORDIC_UUID(0x8E, 0xC9, 0x00, 0x04),
    [GATT_BUTTONLESS_SDK12] = NORDIC_UUID(0x8E, 0x40, 0x00, 0x01),
    /* 00001531-1212-EFDE-1523-785FEABCD123 */
    [GATT_LEGACY_CONTROL_POINT] = {{0x23, 0xD1, 0xBC, 0xEA, 0x5F, 0x78, 0x23, 0x15, 0xDE, 0xEF,
                                    0x12, 0x12, 0x31, 0x15, 0x00, 0x00}},
};

const struct nordfu_uuid *gatt_uuids(size_t *count)
{
    *count = GATT_KINDS;
    return uuids;
}

const struct nordfu_characteristic *gatt_find(const struct nordfu_link *link, enum gatt_kind kind)
{
    for (size_t i = 0; i < link->characteristic_count; i++) {
        if (nordfu_uuid_equal(&link->characteristics[i].uuid, &uuids[kind]))
            return &link->characteristics[i];
    }
    return NULL;
}

/* 16-bit UUIDs in their short form. */
static void format_uuid(const struct nordfu_uuid *uuid, char text[37])
{
    const uint8_t *b = uuid->bytes;
    uint16_t value = (uint16_t)(b[12] | b[13] << 8);
    struct nordfu_uuid same = nordfu_uuid16(value);
    if (nordfu_uuid_equal(uuid, &same)) {
        snprintf(text, 37, "%04X", value);
        return;
    }
    snprintf(text, 37, "%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X",
             b[15], b[14], b[13], b[12], b[11], b[10], b[9], b[8], b[7], b[6], b[5], b[4], b[3],
             b[2], b[1], b[0]);
}

void gatt_describe(const struct nordfu_link *link, char *text, size_t size)
{
    size_t used = 0;
    const struct nordfu_uuid *last = NULL;
    snprintf(text, size, "none");
    for (size_t i = 0; i < link->characteristic_count; i++) {
        const struct nordfu_uuid *service = &link->characteristics[i].service;
        if (last != NULL && nordfu_uuid_equal(service, last))
            continue;
        char uuid[37];
        format_uuid(service, uuid);
        int n = snprintf(text + used, size - used, "%s%s", last == NULL ? "" : ", ", uuid);
        if (n < 0 || (size_t)n >= size - used)
            return;
        used += (size_t)n;
        last = service;
    }
}
