/*
 * SPDX-License-Identifier: MIT
 * The attributes of a GATT server, numbered from 1 without gaps.
 */
#ifndef NORDFU_SIM_PERIPHERAL_TABLE_H
#define NORDFU_SIM_PERIPHERAL_TABLE_H

#include "sim/peripheral.h"

#define UUID_PRIMARY_SERVICE 0x2800u
#define UUID_CHARACTERISTIC  0x2803u
#define UUID_CCCD            0x2902u

#define ATTRIBUTE_SMALL 19 /* the largest value that is not a characteristic's own */

enum attribute_kind {
    ATTRIBUTE_SERVICE,
    ATTRIBUTE_DECLARATION,
    ATTRIBUTE_VALUE,
    ATTRIBUTE_CCCD,
};

struct attribute {
    enum attribute_kind kind;
    const struct peripheral_service *service;
    const struct peripheral_characteristic *characteristic; /* NULL for a service */
    uint16_t handle;
    uint16_t group_end; /* last handle of the service that begins here; else the own handle */
    uint16_t cccd;
};

struct attribute_table {
    struct attribute *attributes;
    uint16_t count;
};

/* False when memory ran out. The last service's group ends at FFFF, as SoftDevices have it. */
bool attribute_table_init(struct attribute_table *table, const struct peripheral_service *services,
                          size_t count);
void attribute_table_free(struct attribute_table *table);
/* NULL if there is no such handle. */
struct attribute *attribute_find(const struct attribute_table *table, uint16_t handle);
/* The value's or the descriptor's attribute of a characteristic; NULL if there is none. */
struct attribute *attribute_of(const struct attribute_table *table,
                               const struct peripheral_characteristic *characteristic,
                               enum attribute_kind kind);
/* The attribute's type. */
struct peripheral_uuid attribute_type(const struct attribute *attribute);
/* 16-bit UUIDs equal their 128-bit form. */
bool attribute_uuid_equal(const struct peripheral_uuid *a, const struct peripheral_uuid *b);
bool attribute_readable(const struct attribute *attribute);
/* The attribute's value: in `room` or elsewhere. */
const uint8_t *attribute_value(const struct attribute *attribute, uint8_t room[ATTRIBUTE_SMALL],
                               size_t *size);

#endif
