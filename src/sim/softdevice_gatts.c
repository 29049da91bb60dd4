/* SPDX-License-Identifier: MIT */
/* The GATT server that every SoftDevice carries: GAP and GATT service, nothing of the host's. */
#include <string.h>

#include "sim/softdevice_internal.h"

enum {
    ATT_INVALID_HANDLE = 0x01,
    ATT_READ_NOT_PERMITTED = 0x02,
    ATT_WRITE_NOT_PERMITTED = 0x03,
    ATT_INVALID_PDU = 0x04,
    ATT_NOT_SUPPORTED = 0x06,
    ATT_NOT_FOUND = 0x0A,
    ATT_NOT_LONG = 0x0B,
    ATT_INVALID_LENGTH = 0x0D,
    ATT_UNSUPPORTED_GROUP = 0x10,
    PRIMARY = 0x2800,
    DECLARATION = 0x2803,
    CCCD = 0x2902,
    CCCD_HANDLE = 13,
    NAME_HANDLE = 3,
    LAST_HANDLE = 13,
};

/* One attribute; its handle is its place, from 1. The name and the CCCD have values of their own.
 */
struct attribute {
    uint16_t type;
    uint8_t size;
    const char *value;
    bool unreadable;
};

static const struct attribute attributes[LAST_HANDLE] = {
    {PRIMARY, 2, "\x00\x18", false},
    {DECLARATION, 5, "\x02\x03\x00\x00\x2A", false},
    {0x2A00, 0, "", false},
    {DECLARATION, 5, "\x02\x05\x00\x01\x2A", false},
    {0x2A01, 2, "\x00\x00", false},
    {DECLARATION, 5, "\x02\x07\x00\x04\x2A", false},
    {0x2A04, 8, "\xFF\xFF\xFF\xFF\x00\x00\xFF\xFF", false},
    {DECLARATION, 5, "\x02\x09\x00\xA6\x2A", false},
    {0x2AA6, 1, "\x01", false},
    {PRIMARY, 2, "\x01\x18", false},
    {DECLARATION, 5, "\x20\x0C\x00\x05\x2A", false},
    {0x2A05, 0, "", true},
    {CCCD, 2, "", false},
};

static const uint16_t group_ends[LAST_HANDLE] = {[0] = 9, [9] = LAST_HANDLE};

static void send(struct sd_link *link, const struct bytes_writer *w)
{
    air_send(link->air, AIR_CENTRAL, w->data, w->at < link->mtu ? w->at : link->mtu, SD_AIR_OTHER);
}

static void send_error(struct sd_link *link, uint8_t request, uint16_t handle, uint8_t code)
{
    uint8_t room[5];
    struct bytes_writer w;
    bytes_writer_init(&w, room, sizeof(room));
    bytes_put_u8(&w, ATT_ERROR);
    bytes_put_u8(&w, request);
    bytes_put_u16(&w, handle);
    bytes_put_u8(&w, code);
    send(link, &w);
}

/* The value of an attribute; `room` holds the CCCD. */
static const void *value_of(const struct sd_link *link, uint16_t handle, uint8_t room[2],
                            size_t *size)
{
    if (handle == NAME_HANDLE) {
        *size = link->sd->config.name_size;
        return link->sd->config.name;
    }
    *size = attributes[handle - 1].size;
    if (handle != CCCD_HANDLE)
        return attributes[handle - 1].value;
    room[0] = (uint8_t)link->cccd;
    room[1] = (uint8_t)(link->cccd >> 8);
    return room;
}

/* Start, end and type of a range request; false after an answer with an error. */
static bool get_range(struct sd_link *link, struct bytes_reader *r, uint8_t opcode, uint16_t *start,
                      uint16_t *end)
{
    *start = bytes_get_u16(r);
    *end = bytes_get_u16(r);
    if (r->failed)
        send_error(link, opcode, 0, ATT_INVALID_PDU);
    else if (*start == 0 || *start > *end)
        send_error(link, opcode, *start, ATT_INVALID_HANDLE);
    else
        return true;
    return false;
}

static void find_info(struct sd_link *link, struct bytes_reader *r, uint8_t opcode)
{
    uint8_t room[SD_PDU_MAX];
    struct bytes_writer w;
    uint16_t start, end;
    if (!get_range(link, r, opcode, &start, &end))
        return;
    bytes_writer_init(&w, room, link->mtu);
    bytes_put_u8(&w, ATT_FIND_INFO_RESPONSE);
    bytes_put_u8(&w, 1);
    for (uint16_t handle = start; handle <= LAST_HANDLE && handle <= end; handle++) {
        if (w.at + 4 > link->mtu)
            break;
        bytes_put_u16(&w, handle);
        bytes_put_u16(&w, attributes[handle - 1].type);
    }
    if (w.at > 2)
        send(link, &w);
    else
        send_error(link, opcode, start, ATT_NOT_FOUND);
}

static void find_by_type(struct sd_link *link, struct bytes_reader *r, uint8_t opcode)
{
    uint8_t room[SD_PDU_MAX];
    struct bytes_writer w;
    uint16_t start, end;
    if (!get_range(link, r, opcode, &start, &end))
        return;
    uint16_t type = bytes_get_u16(r);
    size_t size = bytes_left(r);
    const uint8_t *value = bytes_view(r, size);
    bytes_writer_init(&w, room, link->mtu);
    bytes_put_u8(&w, ATT_FIND_BY_TYPE_RESPONSE);
    for (uint16_t handle = start; handle <= LAST_HANDLE && handle <= end; handle++) {
        const struct attribute *a = &attributes[handle - 1];
        if (type != PRIMARY || a->type != PRIMARY || size != 2 || memcmp(a->value, value, 2) != 0)
            continue;
        bytes_put_u16(&w, handle);
        bytes_put_u16(&w, group_ends[handle - 1]);
    }
    if (w.at > 1)
        send(link, &w);
    else
        send_error(link, opcode, start, ATT_NOT_FOUND);
}

/* Read By Type and Read By Group Type: values of one type, as long as they have the same size. */
static void read_by_type(struct sd_link *link, struct bytes_reader *r, uint8_t opcode)
{
    uint8_t room[SD_PDU_MAX], cccd[2];
    struct bytes_writer w;
    uint16_t start, end;
    bool group = opcode == ATT_READ_BY_GROUP_REQUEST;
    if (!get_range(link, r, opcode, &start, &end))
        return;
    uint16_t type = bytes_get_u16(r);
    if (group && type != PRIMARY) {
        send_error(link, opcode, start, ATT_UNSUPPORTED_GROUP);
        return;
    }
    bytes_writer_init(&w, room, link->mtu);
    bytes_put_u8(&w, group ? ATT_READ_BY_GROUP_RESPONSE : ATT_READ_BY_TYPE_RESPONSE);
    bytes_put_u8(&w, 0);
    for (uint16_t handle = start; handle <= LAST_HANDLE && handle <= end; handle++) {
        size_t size;
        const void *value = value_of(link, handle, cccd, &size);
        size_t each = size + (group ? 4 : 2);
        if (attributes[handle - 1].type != type || bytes_left(r) > 0)
            continue;
        if ((w.at > 2 && room[1] != each) || w.at + each > link->mtu)
            break;
        room[1] = (uint8_t)each;
        bytes_put_u16(&w, handle);
        if (group)
            bytes_put_u16(&w, group_ends[handle - 1]);
        bytes_put(&w, value, size);
    }
    if (w.at > 2)
        send(link, &w);
    else
        send_error(link, opcode, start, ATT_NOT_FOUND);
}

/* A request that touches the CCCD waits until the host has said what the CCCDs are. */
static bool hold(struct sd_link *link, uint16_t handle, const struct bytes_reader *r)
{
    if (handle != CCCD_HANDLE || link->sys_attr_set)
        return false;
    link->held_size = r->size < sizeof(link->held) ? r->size : sizeof(link->held);
    memcpy(link->held, r->data, link->held_size);
    sd_event_on(link);
    sd_event_send(link->sd, "GATTS_SYS_ATTR_MISSING", NULL);
    return true;
}

static void read_one(struct sd_link *link, struct bytes_reader *r, uint8_t opcode)
{
    uint8_t room[SD_PDU_MAX], cccd[2];
    struct bytes_writer w;
    bool blob = opcode == ATT_READ_BLOB_REQUEST;
    uint16_t handle = bytes_get_u16(r), offset = blob ? bytes_get_u16(r) : 0;
    if (handle == 0 || handle > LAST_HANDLE) {
        send_error(link, opcode, handle, ATT_INVALID_HANDLE);
        return;
    }
    if (hold(link, handle, r))
        return;
    size_t size;
    const uint8_t *value = value_of(link, handle, cccd, &size);
    if (attributes[handle - 1].unreadable || offset > size) {
        send_error(link, opcode, handle, offset > size ? ATT_NOT_LONG : ATT_READ_NOT_PERMITTED);
        return;
    }
    size_t left = size - offset, most = link->mtu - 1u;
    bytes_writer_init(&w, room, sizeof(room));
    bytes_put_u8(&w, blob ? ATT_READ_BLOB_RESPONSE : ATT_READ_RESPONSE);
    bytes_put(&w, value + offset, left < most ? left : most);
    send(link, &w);
}

static void write_one(struct sd_link *link, struct bytes_reader *r, uint8_t opcode)
{
    static const uint8_t response[] = {ATT_WRITE_RESPONSE};
    uint16_t handle = bytes_get_u16(r);
    if (handle == 0 || handle > LAST_HANDLE)
        send_error(link, opcode, handle, ATT_INVALID_HANDLE);
    else if (handle != CCCD_HANDLE)
        send_error(link, opcode, handle, ATT_WRITE_NOT_PERMITTED);
    else if (bytes_left(r) != 2)
        send_error(link, opcode, handle, ATT_INVALID_LENGTH);
    else if (!hold(link, handle, r)) {
        link->cccd = bytes_get_u16(r);
        air_send(link->air, AIR_CENTRAL, response, sizeof(response), SD_AIR_OTHER);
    }
}

static void answer_mtu(struct sd_link *link, uint16_t own)
{
    uint8_t room[3];
    struct bytes_writer w;
    bytes_writer_init(&w, room, sizeof(room));
    bytes_put_u8(&w, ATT_MTU_RESPONSE);
    bytes_put_u16(&w, own);
    send(link, &w);
}

static void mtu_asked(struct sd_link *link, struct bytes_reader *r, uint8_t opcode)
{
    uint16_t mtu = bytes_get_u16(r);
    if (!bytes_reader_done(r)) {
        send_error(link, opcode, 0, ATT_INVALID_PDU);
        return;
    }
    if (link->sd->traits->att_mtu_max == SD_ATT_MTU) {
        answer_mtu(link, SD_ATT_MTU); /* v2 does not trouble the host with it */
        return;
    }
    link->mtu_asked = mtu < SD_ATT_MTU ? SD_ATT_MTU : mtu;
    dongle_rpc_put(sd_event_on(link), "client_rx_mtu", link->mtu_asked);
    sd_event_send(link->sd, "GATTS_EXCHANGE_MTU_REQUEST", NULL);
}

void sd_gatts_receive(struct sd_link *link, const uint8_t *pdu, size_t size)
{
    static const struct {
        uint8_t opcode;
        void (*serve)(struct sd_link *link, struct bytes_reader *r, uint8_t opcode);
    } requests[] = {
        {ATT_MTU_REQUEST, mtu_asked},
        {ATT_FIND_INFO_REQUEST, find_info},
        {ATT_FIND_BY_TYPE_REQUEST, find_by_type},
        {ATT_READ_BY_TYPE_REQUEST, read_by_type},
        {ATT_READ_BY_GROUP_REQUEST, read_by_type},
        {ATT_READ_REQUEST, read_one},
        {ATT_READ_BLOB_REQUEST, read_one},
        {ATT_WRITE_REQUEST, write_one},
    };
    struct bytes_reader r;
    bytes_reader_init(&r, pdu, size);
    uint8_t opcode = bytes_get_u8(&r);
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        if (requests[i].opcode != opcode)
            continue;
        requests[i].serve(link, &r, opcode);
        return;
    }
    bool answerless = (opcode & 0x40) != 0 || opcode == ATT_CONFIRMATION;
    if (!answerless)
        send_error(link, opcode, 0, ATT_NOT_SUPPORTED);
}

/* Commands */

static uint32_t mtu_reply(struct sd_call *call)
{
    struct sd_link *link = call->link;
    uint16_t own = (uint16_t)dongle_rpc_number(call->in, "server_rx_mtu");
    if (own < SD_ATT_MTU || own > link->tag.att_mtu)
        return SD_INVALID_PARAM;
    if (link->mtu_asked == 0)
        return SD_INVALID_STATE;
    answer_mtu(link, own);
    link->mtu = own < link->mtu_asked ? own : link->mtu_asked;
    link->mtu_asked = 0;
    return SD_SUCCESS;
}

static uint32_t sys_attr_set(struct sd_call *call)
{
    struct sd_link *link = call->link;
    if (dongle_rpc_number(call->in, "flags") > 3)
        return SD_INVALID_PARAM;
    link->sys_attr_set = true;
    size_t size = link->held_size;
    link->held_size = 0;
    if (size > 0)
        sd_gatts_receive(link, link->held, size);
    return SD_SUCCESS;
}

static uint32_t user_mem_reply(struct sd_call *call)
{
    (void)call;
    return SD_INVALID_STATE; /* queued writes are refused, so memory is never asked for */
}

const struct sd_command sd_gatts_commands[] = {
    {"GATTS_EXCHANGE_MTU_REPLY", SD_LINK, mtu_reply},
    {"GATTS_SYS_ATTR_SET", SD_LINK, sys_attr_set},
    {"USER_MEM_REPLY", SD_LINK, user_mem_reply},
    {NULL, SD_ALWAYS, NULL},
};
