/*
 * SPDX-License-Identifier: MIT
 * Finding attributes and reading them (Core Vol 3 Part F 3.4.3, 3.4.4).
 */
#include <string.h>

#include "sim/peripheral_internal.h"

static size_t room(const struct bytes_writer *w)
{
    return w->size - w->at;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

struct range {
    uint16_t start, end;
};

static bool get_range(struct peripheral *p, struct bytes_reader *r, uint8_t opcode,
                      struct range *range)
{
    range->start = bytes_get_u16(r);
    range->end = bytes_get_u16(r);
    if (range->start != 0 && range->start <= range->end)
        return true;
    peripheral_refuse(p, opcode, range->start, ATT_INVALID_HANDLE);
    return false;
}

static struct peripheral_uuid get_uuid(struct bytes_reader *r)
{
    struct peripheral_uuid uuid = {.size = bytes_left(r) == 16 ? 16 : 2};
    bytes_get(r, uuid.bytes, uuid.size);
    return uuid;
}

static bool is_group(const struct peripheral_uuid *type)
{
    static const struct peripheral_uuid primary = {2, {0x00, 0x28}}, secondary = {2, {0x01, 0x28}};
    return attribute_uuid_equal(type, &primary) || attribute_uuid_equal(type, &secondary);
}

static uint16_t last_handle(const struct peripheral *p, const struct range *range)
{
    return range->end < p->table.count ? range->end : p->table.count;
}

/* Why this attribute can't be read; 0 = it can. A client configuration always can. */
static uint8_t check_read(const struct peripheral *p, const struct attribute *a)
{
    if (!attribute_readable(a))
        return ATT_READ_NOT_PERMITTED;
    return a->kind == ATTRIBUTE_VALUE ? peripheral_check_security(p, a) : 0;
}

void peripheral_find_information(struct peripheral *p, struct bytes_reader *r)
{
    struct range range;
    if (!get_range(p, r, OP_FIND_INFORMATION, &range))
        return;
    struct bytes_writer w;
    uint8_t size = 0;
    peripheral_answer_begin(p, &w, OP_FIND_INFORMATION + 1);
    for (uint32_t h = range.start; h <= last_handle(p, &range); h++) {
        struct peripheral_uuid type = attribute_type(attribute_find(&p->table, (uint16_t)h));
        if (size == 0)
            bytes_put_u8(&w, type.size == 2 ? 1 : 2);
        else if (type.size != size)
            break;
        size = type.size;
        if (room(&w) < 2u + size)
            break;
        bytes_put_u16(&w, (uint16_t)h);
        bytes_put(&w, type.bytes, size);
    }
    if (size == 0)
        peripheral_refuse(p, OP_FIND_INFORMATION, range.start, ATT_NOT_FOUND);
    else
        peripheral_answer(p, &w);
}

void peripheral_find_by_type_value(struct peripheral *p, struct bytes_reader *r)
{
    struct range range;
    if (!get_range(p, r, OP_FIND_BY_TYPE_VALUE, &range))
        return;
    struct peripheral_uuid wanted = {.size = 2};
    bytes_get(r, wanted.bytes, 2);
    size_t wanted_size = bytes_left(r);
    const uint8_t *wanted_value = bytes_view(r, wanted_size);
    struct bytes_writer w;
    peripheral_answer_begin(p, &w, OP_FIND_BY_TYPE_VALUE + 1);
    for (uint32_t h = range.start; h <= last_handle(p, &range) && room(&w) >= 4; h++) {
        const struct attribute *a = attribute_find(&p->table, (uint16_t)h);
        struct peripheral_uuid type = attribute_type(a);
        uint8_t small[ATTRIBUTE_SMALL];
        size_t size;
        const uint8_t *value = attribute_value(a, small, &size);
        if (check_read(p, a) != 0 || !attribute_uuid_equal(&type, &wanted) || size != wanted_size ||
            (size > 0 && memcmp(value, wanted_value, size) != 0))
            continue;
        bytes_put_u16(&w, a->handle);
        bytes_put_u16(&w, a->group_end);
    }
    if (w.at == 1)
        peripheral_refuse(p, OP_FIND_BY_TYPE_VALUE, range.start, ATT_NOT_FOUND);
    else
        peripheral_answer(p, &w);
}

/*
 * Read By Type and Read By Group Type: handles (and group ends) with values of equal length.
 * Returns the handle of the first attribute that may not be read, and why, if it is the first
 * found, else 0.
 */
static uint16_t list_values(struct peripheral *p, const struct range *range,
                            const struct peripheral_uuid *wanted, bool groups,
                            struct bytes_writer *w, uint8_t *error)
{
    size_t size = 0;
    size_t head = groups ? 4 : 2;
    for (uint32_t h = range->start; h <= last_handle(p, range); h++) {
        const struct attribute *a = attribute_find(&p->table, (uint16_t)h);
        struct peripheral_uuid type = attribute_type(a);
        if (!attribute_uuid_equal(&type, wanted))
            continue;
        bool first = w->at == 1;
        *error = check_read(p, a);
        if (*error != 0)
            return first ? a->handle : 0;
        uint8_t small[ATTRIBUTE_SMALL];
        size_t full;
        const uint8_t *value = attribute_value(a, small, &full);
        size_t taken = least(least(full, p->mtu - 2u - head), 255u - head);
        if (first)
            bytes_put_u8(w, (uint8_t)(head + taken));
        else if (taken != size || room(w) < head + taken)
            return 0;
        size = taken;
        bytes_put_u16(w, a->handle);
        if (groups)
            bytes_put_u16(w, a->group_end);
        bytes_put(w, value, taken);
    }
    return 0;
}

void peripheral_read_by_type(struct peripheral *p, struct bytes_reader *r)
{
    struct range range;
    if (!get_range(p, r, OP_READ_BY_TYPE, &range))
        return;
    struct peripheral_uuid wanted = get_uuid(r);
    struct bytes_writer w;
    peripheral_answer_begin(p, &w, OP_READ_BY_TYPE + 1);
    uint8_t error = 0;
    uint16_t hidden = list_values(p, &range, &wanted, false, &w, &error);
    if (hidden != 0)
        peripheral_refuse(p, OP_READ_BY_TYPE, hidden, error);
    else if (w.at == 1)
        peripheral_refuse(p, OP_READ_BY_TYPE, range.start, ATT_NOT_FOUND);
    else
        peripheral_answer(p, &w);
}

void peripheral_read_by_group_type(struct peripheral *p, struct bytes_reader *r)
{
    struct range range;
    if (!get_range(p, r, OP_READ_BY_GROUP_TYPE, &range))
        return;
    struct peripheral_uuid wanted = get_uuid(r);
    if (!is_group(&wanted)) {
        peripheral_refuse(p, OP_READ_BY_GROUP_TYPE, range.start, ATT_UNSUPPORTED_GROUP);
        return;
    }
    struct bytes_writer w;
    peripheral_answer_begin(p, &w, OP_READ_BY_GROUP_TYPE + 1);
    uint8_t error = 0;
    list_values(p, &range, &wanted, true, &w, &error);
    if (w.at == 1)
        peripheral_refuse(p, OP_READ_BY_GROUP_TYPE, range.start, ATT_NOT_FOUND);
    else
        peripheral_answer(p, &w);
}

static void read_at(struct peripheral *p, uint8_t opcode, uint16_t handle, uint16_t offset)
{
    const struct attribute *a = attribute_find(&p->table, handle);
    uint8_t small[ATTRIBUTE_SMALL];
    size_t size = 0;
    const uint8_t *value = a != NULL ? attribute_value(a, small, &size) : NULL;
    uint8_t error = a != NULL ? check_read(p, a) : ATT_INVALID_HANDLE;
    if (error != 0) {
        peripheral_refuse(p, opcode, handle, error);
    } else if (offset > size) {
        peripheral_refuse(p, opcode, handle, ATT_INVALID_OFFSET);
    } else {
        struct bytes_writer w;
        peripheral_answer_begin(p, &w, (uint8_t)(opcode + 1));
        if (size > offset)
            bytes_put(&w, value + offset, least(size - offset, room(&w)));
        peripheral_answer(p, &w);
    }
}

void peripheral_read_request(struct peripheral *p, struct bytes_reader *r)
{
    read_at(p, OP_READ, bytes_get_u16(r), 0);
}

void peripheral_read_blob(struct peripheral *p, struct bytes_reader *r)
{
    uint16_t handle = bytes_get_u16(r);
    read_at(p, OP_READ_BLOB, handle, bytes_get_u16(r));
}
