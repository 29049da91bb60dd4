/*
 * SPDX-License-Identifier: MIT
 * An attribute server: its state, the PDUs it takes, writing, and what it sends by itself (Core Vol
 * 3 Part F 3.4). Finding and reading are in peripheral_read.c.
 */
#include "sim/peripheral.h"

#include <stdlib.h>
#include <string.h>

#include "sim/peripheral_internal.h"

#define COMMAND_FLAG 0x40u

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

uint8_t peripheral_check_security(const struct peripheral *p, const struct attribute *a)
{
    bool guarded = a->kind == ATTRIBUTE_VALUE || a->kind == ATTRIBUTE_CCCD;
    if (!guarded || !a->characteristic->secure || p->encrypted)
        return 0;
    return p->has_key ? ATT_INSUFFICIENT_ENCRYPTION : ATT_INSUFFICIENT_AUTHENTICATION;
}

void peripheral_answer_begin(struct peripheral *p, struct bytes_writer *w, uint8_t opcode)
{
    bytes_writer_init(w, p->out, p->mtu);
    bytes_put_u8(w, opcode);
}

void peripheral_answer(struct peripheral *p, const struct bytes_writer *w)
{
    p->ops.send(p->context, w->data, w->at);
}

void peripheral_refuse(struct peripheral *p, uint8_t opcode, uint16_t handle, uint8_t error)
{
    struct bytes_writer w;
    peripheral_answer_begin(p, &w, OP_ERROR);
    bytes_put_u8(&w, opcode);
    bytes_put_u16(&w, handle);
    bytes_put_u8(&w, error);
    peripheral_answer(p, &w);
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
        peripheral_refuse(p, OP_MTU_REQUEST, 0, ATT_NOT_SUPPORTED);
        return;
    }
    struct bytes_writer w;
    peripheral_answer_begin(p, &w, OP_MTU_RESPONSE);
    bytes_put_u16(&w, p->config.mtu);
    peripheral_answer(p, &w);
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
    uint8_t lacking = peripheral_check_security(p, a);
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
        peripheral_refuse(p, OP_WRITE, handle, error);
        return;
    }
    struct bytes_writer w;
    peripheral_answer_begin(p, &w, OP_WRITE + 1);
    peripheral_answer(p, &w);
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
    peripheral_answer_begin(p, &w, OP_CONFIRMATION);
    peripheral_answer(p, &w);
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
    {OP_FIND_INFORMATION, 5, 5, 0, peripheral_find_information},
    {OP_FIND_BY_TYPE_VALUE, 7, PERIPHERAL_MAX_MTU, 0, peripheral_find_by_type_value},
    {OP_READ_BY_TYPE, 7, 7, 21, peripheral_read_by_type},
    {OP_READ, 3, 3, 0, peripheral_read_request},
    {OP_READ_BLOB, 5, 5, 0, peripheral_read_blob},
    {OP_READ_BY_GROUP_TYPE, 7, 7, 21, peripheral_read_by_group_type},
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
        peripheral_refuse(p, pdu[0], 0, error);
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
    peripheral_answer_begin(p, &w, opcode);
    bytes_put_u16(&w, a->handle);
    bytes_put(&w, bytes, size);
    peripheral_answer(p, &w);
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
    peripheral_answer_begin(p, &w, OP_MTU_REQUEST);
    bytes_put_u16(&w, p->config.mtu);
    peripheral_answer(p, &w);
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
