/* SPDX-License-Identifier: MIT */
#include "sim/peripheral_table.h"

#include <stdlib.h>
#include <string.h>

#define SUBSCRIBABLE (PERIPHERAL_NOTIFY | PERIPHERAL_INDICATE)

static size_t attributes_of(const struct peripheral_service *service)
{
    size_t n = 1 + 2 * service->count;
    for (size_t i = 0; i < service->count; i++)
        n += (service->characteristics[i].properties & SUBSCRIBABLE) != 0;
    return n;
}

static struct attribute *add(struct attribute_table *table, enum attribute_kind kind,
                             const struct peripheral_service *service,
                             const struct peripheral_characteristic *characteristic)
{
    struct attribute *a = &table->attributes[table->count++];
    *a = (struct attribute){kind, service, characteristic, table->count, table->count, 0};
    return a;
}

static void add_service(struct attribute_table *table, const struct peripheral_service *service)
{
    struct attribute *first = add(table, ATTRIBUTE_SERVICE, service, NULL);
    for (size_t i = 0; i < service->count; i++) {
        const struct peripheral_characteristic *c = &service->characteristics[i];
        add(table, ATTRIBUTE_DECLARATION, service, c);
        add(table, ATTRIBUTE_VALUE, service, c);
        if (c->properties & SUBSCRIBABLE)
            add(table, ATTRIBUTE_CCCD, service, c);
    }
    first->group_end = table->count;
}

bool attribute_table_init(struct attribute_table *table, const struct peripheral_service *services,
                          size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += attributes_of(&services[i]);
    *table = (struct attribute_table){0};
    if (n > UINT16_MAX - 1)
        return false;
    table->attributes = calloc(n + 1, sizeof(*table->attributes));
    if (table->attributes == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        add_service(table, &services[i]);
    for (uint16_t i = table->count; i-- > 0;) {
        if (table->attributes[i].kind == ATTRIBUTE_SERVICE) {
            table->attributes[i].group_end = UINT16_MAX;
            break;
        }
    }
    return true;
}

void attribute_table_free(struct attribute_table *table)
{
    free(table->attributes);
    *table = (struct attribute_table){0};
}

struct attribute *attribute_find(const struct attribute_table *table, uint16_t handle)
{
    return handle >= 1 && handle <= table->count ? &table->attributes[handle - 1] : NULL;
}

struct attribute *attribute_of(const struct attribute_table *table,
                               const struct peripheral_characteristic *characteristic,
                               enum attribute_kind kind)
{
    for (uint16_t i = 0; i < table->count; i++) {
        struct attribute *a = &table->attributes[i];
        if (a->characteristic == characteristic && a->kind == kind)
            return a;
    }
    return NULL;
}

static struct peripheral_uuid uuid16(uint16_t value)
{
    return (struct peripheral_uuid){2, {(uint8_t)value, (uint8_t)(value >> 8)}};
}

struct peripheral_uuid attribute_type(const struct attribute *attribute)
{
    static const uint16_t types[] = {
        [ATTRIBUTE_SERVICE] = UUID_PRIMARY_SERVICE,
        [ATTRIBUTE_DECLARATION] = UUID_CHARACTERISTIC,
        [ATTRIBUTE_CCCD] = UUID_CCCD,
    };
    if (attribute->kind == ATTRIBUTE_VALUE)
        return attribute->characteristic->uuid;
    return uuid16(types[attribute->kind]);
}

static void expand(const struct peripheral_uuid *uuid, uint8_t out[16])
{
    static const uint8_t base[16] = {0xFB, 0x34, 0x9B, 0x5F, 0x80, 0, 0, 0x80, 0, 0x10};
    memcpy(out, base, 16);
    memcpy(uuid->size == 16 ? out : out + 12, uuid->bytes, uuid->size);
}

bool attribute_uuid_equal(const struct peripheral_uuid *a, const struct peripheral_uuid *b)
{
    uint8_t x[16], y[16];
    expand(a, x);
    expand(b, y);
    return memcmp(x, y, 16) == 0;
}

bool attribute_readable(const struct attribute *attribute)
{
    return attribute->kind != ATTRIBUTE_VALUE ||
           (attribute->characteristic->properties & PERIPHERAL_READ) != 0;
}

static size_t declaration(const struct attribute *attribute, uint8_t room[ATTRIBUTE_SMALL])
{
    const struct peripheral_characteristic *c = attribute->characteristic;
    uint16_t handle = (uint16_t)(attribute->handle + 1);
    room[0] = c->properties;
    room[1] = (uint8_t)handle;
    room[2] = (uint8_t)(handle >> 8);
    memcpy(room + 3, c->uuid.bytes, c->uuid.size);
    return 3u + c->uuid.size;
}

const uint8_t *attribute_value(const struct attribute *attribute, uint8_t room[ATTRIBUTE_SMALL],
                               size_t *size)
{
    switch (attribute->kind) {
    case ATTRIBUTE_SERVICE:
        *size = attribute->service->uuid.size;
        return attribute->service->uuid.bytes;
    case ATTRIBUTE_DECLARATION:
        *size = declaration(attribute, room);
        return room;
    case ATTRIBUTE_CCCD:
        room[0] = (uint8_t)attribute->cccd;
        room[1] = (uint8_t)(attribute->cccd >> 8);
        *size = 2;
        return room;
    default:
        *size = attribute->characteristic->value_size;
        return attribute->characteristic->value;
    }
}
