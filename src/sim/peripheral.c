/*
 * SPDX-License-Identifier: MIT
 * The requests of the Attribute Protocol, from the server's side (Core Vol 3 Part F 3.4).
 */
#include "sim/peripheral.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "sim/peripheral_table.h"

enum opcode {
    OP_ERROR = 0x01,
    OP_MTU_REQUEST = 0x02,
    OP_MTU_RESPONSE = 0x03,
    OP_FIND_INFORMATION = 0x04,
    OP_FIND_BY_TYPE_VALUE = 0x06,
    OP_READ_BY_TYPE = 0x08,
    OP_READ = 0x0A,
    OP_READ_BLOB = 0x0C,
    OP_READ_BY_GROUP_TYPE = 0x10,
    OP_WRITE = 0x12,
    OP_NOTIFICATION = 0x1B,
    OP_INDICATION = 0x1D,
    OP_CONFIRMATION = 0x1E,
    OP_WRITE_COMMAND = 0x52,
};

#define COMMAND_FLAG 0x40u

struct peripheral {
    struct peripheral_config config;
    struct peripheral_ops ops;
    void *context;
    struct attribute_table table;
    uint16_t mtu;
    bool asked_mtu;
    bool encrypted, has_key;
    const struct peripheral_characteristic *indicated; /* not confirmed yet */
    uint8_t out[PERIPHERAL_MAX_MTU];
};

struct peripheral *peripheral_new(const struct peripheral_config *config,
                                  const struct peripheral_ops *ops, void *context)
{
    struct peripheral *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return NULL;
    p->config = *config;
    if (p->config.mtu < PERIPHERAL_DEFAULT_MTU)
        p->config.mtu = PERIPHERAL_DEFAULT_MTU;
    if (p->config.mtu > PERIPHERAL_MAX_MTU)
        p->config.mtu = PERIPHERAL_MAX_MTU;
    p->ops = *ops;
    p->context = context;
    if (!attribute_table_init(&p->table, config->services, config->count)) {
        free(p);
        return NULL;
    }
    peripheral_reset(p);
    return p;
}

void peripheral_free(struct peripheral **peripheral)
{
    struct peripheral *p = *peripheral;
    if (p == NULL)
        return;
    attribute_table_free(&p->table);
    free(p);
    *peripheral = NULL;
}

void peripheral_reset(struct peripheral *p)
{
    p->mtu = PERIPHERAL_DEFAULT_MTU;
    p->asked_mtu = false;
    p->encrypted = p->has_key = false;
    p->indicated = NULL;
    for (uint16_t i = 0; i < p->table.count; i++)
        p->table.attributes[i].cccd = 0;
}

void peripheral_set_security(struct peripheral *p, bool encrypted, bool has_key)
{
    p->encrypted = encrypted;
    p->has_key = has_key;
}

size_t peripheral_get_cccds(const struct peripheral *p, uint16_t *values, size_t room)
{
    size_t count = 0;
    for (uint16_t i = 0; i < p->table.count && count < room; i++) {
        if (p->table.attributes[i].kind == ATTRIBUTE_CCCD)
            values[count++] = p->table.attributes[i].cccd;
    }
    return count;
}

void peripheral_set_cccds(struct peripheral *p, const uint16_t *values, size_t count)
{
    size_t taken = 0;
    for (uint16_t i = 0; i < p->table.count && taken < count; i++) {
        if (p->table.attributes[i].kind == ATTRIBUTE_CCCD)
            p->table.attributes[i].cccd = values[taken++];
    }
}

/* What the link lacks for this attribute; 0 = nothing. */
static uint8_t check_security(const struct peripheral *p, const struct attribute *a)
{
    bool guarded = a->kind == ATTRIBUTE_VALUE || a->kind == ATTRIBUTE_CCCD;
    if (!guarded || !a->characteristic->secure || p->encrypted)
        return 0;
    return p->has_key ? ATT_INSUFFICIENT_ENCRYPTION : ATT_INSUFFICIENT_AUTHENTICATION;
}

/* A PDU as large as the MTU allows. */
static void answer_begin(struct peripheral *p, struct bytes_writer *w, uint8_t opcode)
{
    bytes_writer_init(w, p->out, p->mtu);
    bytes_put_u8(w, opcode);
}

static void answer(struct peripheral *p, const struct bytes_writer *w)
{
    p->ops.send(p->context, w->data, w->at);
}

static size_t room(const struct bytes_writer *w)
{
    return w->size - w->at;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void refuse(struct peripheral *p, uint8_t opcode, uint16_t handle, uint8_t error)
{
    struct bytes_writer w;
    answer_begin(p, &w, OP_ERROR);
    bytes_put_u8(&w, opcode);
    bytes_put_u16(&w, handle);
    bytes_put_u8(&w, error);
    answer(p, &w);
    if (p->ops.refused != NULL)
        p->ops.refused(p->context, opcode, handle, error);
}

static void set_mtu(struct peripheral *p, uint16_t theirs)
{
    uint16_t mtu = theirs < p->config.mtu ? theirs : p->config.mtu;
    if (mtu < PERIPHERAL_DEFAULT_MTU)
        mtu = PERIPHERAL_DEFAULT_MTU;
    bool changed = mtu != p->mtu;
    p->mtu = mtu;
    if (changed && p->ops.mtu_changed != NULL)
        p->ops.mtu_changed(p->context, mtu);
}

/* Requests. `r` stands behind the opcode; sizes are checked already. */

static void mtu_request(struct peripheral *p, struct bytes_reader *r)
{
    uint16_t theirs = bytes_get_u16(r);
    if (p->config.refuse_mtu) {
        refuse(p, OP_MTU_REQUEST, 0, ATT_NOT_SUPPORTED);
        return;
    }
    struct bytes_writer w;
    answer_begin(p, &w, OP_MTU_RESPONSE);
    bytes_put_u16(&w, p->config.mtu);
    answer(p, &w);
    set_mtu(p, theirs);
}

static void mtu_response(struct peripheral *p, struct bytes_reader *r)
{
    if (p->asked_mtu)
        set_mtu(p, bytes_get_u16(r));
    p->asked_mtu = false;
}

static void error_response(struct peripheral *p, struct bytes_reader *r)
{
    if (bytes_get_u8(r) == OP_MTU_REQUEST)
        p->asked_mtu = false;
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
    refuse(p, opcode, range->start, ATT_INVALID_HANDLE);
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
    return a->kind == ATTRIBUTE_VALUE ? check_security(p, a) : 0;
}

static void find_information(struct peripheral *p, struct bytes_reader *r)
{
    struct range range;
    if (!get_range(p, r, OP_FIND_INFORMATION, &range))
        return;
    struct bytes_writer w;
    uint8_t size = 0;
    answer_begin(p, &w, OP_FIND_INFORMATION + 1);
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
        refuse(p, OP_FIND_INFORMATION, range.start, ATT_NOT_FOUND);
    else
        answer(p, &w);
}

static void find_by_type_value(struct peripheral *p, struct bytes_reader *r)
{
    struct range range;
    if (!get_range(p, r, OP_FIND_BY_TYPE_VALUE, &range))
        return;
    struct peripheral_uuid wanted = {.size = 2};
    bytes_get(r, wanted.bytes, 2);
    size_t wanted_size = bytes_left(r);
    const uint8_t *wanted_value = bytes_view(r, wanted_size);
    struct bytes_writer w;
    answer_begin(p, &w, OP_FIND_BY_TYPE_VALUE + 1);
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
        refuse(p, OP_FIND_BY_TYPE_VALUE, range.start, ATT_NOT_FOUND);
    else
        answer(p, &w);
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

static void read_by_type(struct peripheral *p, struct bytes_reader *r)
{
    struct range range;
    if (!get_range(p, r, OP_READ_BY_TYPE, &range))
        return;
    struct peripheral_uuid wanted = get_uuid(r);
    struct bytes_writer w;
    answer_begin(p, &w, OP_READ_BY_TYPE + 1);
    uint8_t error = 0;
    uint16_t hidden = list_values(p, &range, &wanted, false, &w, &error);
    if (hidden != 0)
        refuse(p, OP_READ_BY_TYPE, hidden, error);
    else if (w.at == 1)
        refuse(p, OP_READ_BY_TYPE, range.start, ATT_NOT_FOUND);
    else
        answer(p, &w);
}

static void read_by_group_type(struct peripheral *p, struct bytes_reader *r)
{
    struct range range;
    if (!get_range(p, r, OP_READ_BY_GROUP_TYPE, &range))
        return;
    struct peripheral_uuid wanted = get_uuid(r);
    if (!is_group(&wanted)) {
        refuse(p, OP_READ_BY_GROUP_TYPE, range.start, ATT_UNSUPPORTED_GROUP);
        return;
    }
    struct bytes_writer w;
    answer_begin(p, &w, OP_READ_BY_GROUP_TYPE + 1);
    uint8_t error = 0;
    list_values(p, &range, &wanted, true, &w, &error);
    if (w.at == 1)
        refuse(p, OP_READ_BY_GROUP_TYPE, range.start, ATT_NOT_FOUND);
    else
        answer(p, &w);
}

static void read_at(struct peripheral *p, uint8_t opcode, uint16_t handle, uint16_t offset)
{
    const struct attribute *a = attribute_find(&p->table, handle);
    uint8_t small[ATTRIBUTE_SMALL];
    size_t size = 0;
    const uint8_t *value = a != NULL ? attribute_value(a, small, &size) : NULL;
    uint8_t error = a != NULL ? check_read(p, a) : ATT_INVALID_HANDLE;
    if (error != 0) {
        refuse(p, opcode, handle, error);
    } else if (offset > size) {
        refuse(p, opcode, handle, ATT_INVALID_OFFSET);
    } else {
        struct bytes_writer w;
        answer_begin(p, &w, (uint8_t)(opcode + 1));
        if (size > offset)
            bytes_put(&w, value + offset, least(size - offset, room(&w)));
        answer(p, &w);
    }
}

static void read_request(struct peripheral *p, struct bytes_reader *r)
{
    read_at(p, OP_READ, bytes_get_u16(r), 0);
}

static void read_blob(struct peripheral *p, struct bytes_reader *r)
{
    uint16_t handle = bytes_get_u16(r);
    read_at(p, OP_READ_BLOB, handle, bytes_get_u16(r));
}

/* Writing */

static uint8_t check_cccd(const struct attribute *a, const uint8_t *bytes, size_t size)
{
    if (size != 2)
        return ATT_INVALID_LENGTH;
    uint8_t properties = a->characteristic->properties;
    unsigned allowed =
        (properties & PERIPHERAL_NOTIFY ? 1u : 0u) | (properties & PERIPHERAL_INDICATE ? 2u : 0u);
    unsigned value = (unsigned)bytes[0] | (unsigned)bytes[1] << 8;
    return value & ~allowed ? ATT_VALUE_NOT_ALLOWED : 0;
}

/* Why this write is refused; 0 = it is not. */
static uint8_t check_write(const struct peripheral *p, const struct attribute *a, uint8_t property,
                           const uint8_t *bytes, size_t size)
{
    if (a == NULL)
        return ATT_INVALID_HANDLE;
    uint8_t lacking = check_security(p, a);
    if (a->kind == ATTRIBUTE_CCCD)
        return lacking != 0 ? lacking : check_cccd(a, bytes, size);
    if (a->kind != ATTRIBUTE_VALUE || !(a->characteristic->properties & property))
        return ATT_WRITE_NOT_PERMITTED;
    if (lacking != 0)
        return lacking;
    const struct peripheral_characteristic *c = a->characteristic;
    if (c->max_size != 0 && size > c->max_size)
        return ATT_INVALID_LENGTH;
    const struct attribute *cccd = attribute_of(&p->table, c, ATTRIBUTE_CCCD);
    if (c->needs_cccd && (cccd == NULL || cccd->cccd == 0))
        return ATT_CCCD_IMPROPER;
    return 0;
}

static void carry_out(struct peripheral *p, struct attribute *a, const uint8_t *bytes, size_t size)
{
    if (a->kind == ATTRIBUTE_CCCD) {
        a->cccd = (uint16_t)(bytes[0] | bytes[1] << 8);
        if (p->ops.subscribed != NULL)
            p->ops.subscribed(p->context);
    } else if (p->ops.written != NULL) {
        p->ops.written(p->context, a->characteristic, bytes, size);
    }
}

static void write_request(struct peripheral *p, struct bytes_reader *r)
{
    uint16_t handle = bytes_get_u16(r);
    size_t size = bytes_left(r);
    const uint8_t *bytes = bytes_view(r, size);
    struct attribute *a = attribute_find(&p->table, handle);
    uint8_t error = check_write(p, a, PERIPHERAL_WRITE, bytes, size);
    if (error != 0) {
        refuse(p, OP_WRITE, handle, error);
        return;
    }
    struct bytes_writer w;
    answer_begin(p, &w, OP_WRITE + 1);
    answer(p, &w);
    carry_out(p, a, bytes, size);
}

/* Nothing tells the client of a command that is not obeyed. */
static void write_command(struct peripheral *p, struct bytes_reader *r)
{
    uint16_t handle = bytes_get_u16(r);
    size_t size = bytes_left(r);
    const uint8_t *bytes = bytes_view(r, size);
    struct attribute *a = attribute_find(&p->table, handle);
    uint8_t error = check_write(p, a, PERIPHERAL_WRITE_COMMAND, bytes, size);
    if (error == 0)
        carry_out(p, a, bytes, size);
    else if (p->ops.refused != NULL)
        p->ops.refused(p->context, OP_WRITE_COMMAND, handle, error);
}

static void confirmation(struct peripheral *p, struct bytes_reader *r)
{
    (void)r;
    const struct peripheral_characteristic *c = p->indicated;
    p->indicated = NULL;
    if (c != NULL && p->ops.confirmed != NULL)
        p->ops.confirmed(p->context, c);
}

static void indication(struct peripheral *p, struct bytes_reader *r)
{
    (void)r;
    struct bytes_writer w;
    answer_begin(p, &w, OP_CONFIRMATION);
    answer(p, &w);
}

struct handler {
    uint8_t opcode;
    size_t min, max; /* size of the whole PDU */
    size_t or_size;  /* another size that is right, too */
    void (*handle)(struct peripheral *p, struct bytes_reader *r);
};

static const struct handler handlers[] = {
    {OP_ERROR, 5, 5, 0, error_response},
    {OP_MTU_REQUEST, 3, 3, 0, mtu_request},
    {OP_MTU_RESPONSE, 3, 3, 0, mtu_response},
    {OP_FIND_INFORMATION, 5, 5, 0, find_information},
    {OP_FIND_BY_TYPE_VALUE, 7, PERIPHERAL_MAX_MTU, 0, find_by_type_value},
    {OP_READ_BY_TYPE, 7, 7, 21, read_by_type},
    {OP_READ, 3, 3, 0, read_request},
    {OP_READ_BLOB, 5, 5, 0, read_blob},
    {OP_READ_BY_GROUP_TYPE, 7, 7, 21, read_by_group_type},
    {OP_WRITE, 3, PERIPHERAL_MAX_MTU, 0, write_request},
    {OP_WRITE_COMMAND, 3, PERIPHERAL_MAX_MTU, 0, write_command},
    {OP_INDICATION, 3, PERIPHERAL_MAX_MTU, 0, indication},
    {OP_CONFIRMATION, 1, 1, 0, confirmation},
};

/* Requests have even numbers; commands carry a flag and get no answer, nor do responses. */
static bool is_request(uint8_t opcode)
{
    return (opcode & COMMAND_FLAG) == 0 && (opcode & 1) == 0 && opcode != OP_CONFIRMATION;
}

void peripheral_receive(struct peripheral *p, const uint8_t *pdu, size_t size)
{
    if (size == 0)
        return;
    uint8_t error = ATT_NOT_SUPPORTED;
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        const struct handler *h = &handlers[i];
        if (h->opcode != pdu[0])
            continue;
        if (size <= p->mtu && ((size >= h->min && size <= h->max) || size == h->or_size)) {
            struct bytes_reader r;
            bytes_reader_init(&r, pdu + 1, size - 1);
            h->handle(p, &r);
            return;
        }
        error = ATT_INVALID_PDU;
    }
    if (is_request(pdu[0]))
        refuse(p, pdu[0], 0, error);
}

/* What the server sends by itself */

static bool send_value(struct peripheral *p, uint8_t opcode,
                       const struct peripheral_characteristic *characteristic, const void *bytes,
                       size_t size)
{
    const struct attribute *a = attribute_of(&p->table, characteristic, ATTRIBUTE_VALUE);
    const struct attribute *cccd = attribute_of(&p->table, characteristic, ATTRIBUTE_CCCD);
    uint16_t wanted = opcode == OP_NOTIFICATION ? 1 : 2;
    if (a == NULL || cccd == NULL || !(cccd->cccd & wanted) || size > p->mtu - 3u)
        return false;
    struct bytes_writer w;
    answer_begin(p, &w, opcode);
    bytes_put_u16(&w, a->handle);
    bytes_put(&w, bytes, size);
    answer(p, &w);
    return true;
}

bool peripheral_notify(struct peripheral *p, const struct peripheral_characteristic *characteristic,
                       const void *bytes, size_t size)
{
    return send_value(p, OP_NOTIFICATION, characteristic, bytes, size);
}

bool peripheral_indicate(struct peripheral *p,
                         const struct peripheral_characteristic *characteristic, const void *bytes,
                         size_t size)
{
    if (p->indicated != NULL || !send_value(p, OP_INDICATION, characteristic, bytes, size))
        return false;
    p->indicated = characteristic;
    return true;
}

void peripheral_ask_mtu(struct peripheral *p)
{
    struct bytes_writer w;
    answer_begin(p, &w, OP_MTU_REQUEST);
    bytes_put_u16(&w, p->config.mtu);
    answer(p, &w);
    p->asked_mtu = true;
}

uint16_t peripheral_mtu(const struct peripheral *p)
{
    return p->mtu;
}

uint16_t peripheral_handle(const struct peripheral *p,
                           const struct peripheral_characteristic *characteristic)
{
    const struct attribute *a = attribute_of(&p->table, characteristic, ATTRIBUTE_VALUE);
    return a != NULL ? a->handle : 0;
}
