/* SPDX-License-Identifier: MIT */
#include "sim/att_client.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

enum {
    QUEUED_MAX = 32,    /* PDUs that wait for the air before no more are taken */
    UNREAD_MAX = 65536, /* bytes */
    MAX_OCTETS = 251,
    PHY_1M = 1,
    PHY_2M = 2,
    HCI_UNKNOWN_CONNECTION = 0x02,
    HCI_REMOTE_USER = 0x13,
};

enum frame {
    FRAME_SCAN = 0x01,
    FRAME_CONNECT = 0x02,
    FRAME_DISCONNECT = 0x03,
    FRAME_PDU = 0x04,
    FRAME_REPORT = 0x81,
    FRAME_CONNECTED = 0x82,
    FRAME_DISCONNECTED = 0x83,
    FRAME_RECEIVED = 0x84,
    FRAME_SENT = 0x85,
};

enum scan {
    SCAN_OFF,
    SCAN_PASSIVE,
    SCAN_ACTIVE,
};

enum report_flag {
    REPORT_CONNECTABLE = 1,
    REPORT_SCANNABLE = 2,
    REPORT_SCAN_RESPONSE = 4,
};

struct att_client {
    struct sim_world *world;
    struct air *air;
    uint16_t number;
    struct air_address address;
    struct air_scanner *scanner;
    struct air_initiator *initiator;
    struct air_link *link;
    bool leaving; /* it has asked for the end of the link */
    enum att_client_fault fault;
    struct buf out;
};

/* Lifetime */

struct att_client *att_client_new(struct sim_world *world, struct air *air, uint16_t number)
{
    struct att_client *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return NULL;
    c->world = world;
    c->air = air;
    c->number = number;
    c->address =
        (struct air_address){1, {(uint8_t)number, (uint8_t)(number >> 8), 0x41, 0x54, 0x54, 0xC1}};
    return c;
}

void att_client_free(struct att_client **client)
{
    struct att_client *c = *client;
    *client = NULL;
    if (c == NULL)
        return;
    air_scan_stop(&c->scanner);
    air_connect_stop(&c->initiator);
    if (c->link != NULL)
        air_vanish(c->link, AIR_CENTRAL);
    buf_free(&c->out);
    free(c);
}

/* Frames to the program */

static void append(struct att_client *c, const void *bytes, size_t size)
{
    if (!buf_append(&c->out, bytes, size))
        sim_world_fail(c->world);
}

/* False, and a fault, if the program does not read. */
static bool begin_frame(struct att_client *c, enum frame type, size_t size)
{
    if (c->out.size + 3 + size > UNREAD_MAX)
        c->fault = ATT_CLIENT_UNREAD;
    if (c->fault != ATT_CLIENT_FINE)
        return false;
    const uint8_t head[3] = {(uint8_t)(size + 1), (uint8_t)((size + 1) >> 8), (uint8_t)type};
    append(c, head, sizeof(head));
    return true;
}

static void put_frame(struct att_client *c, enum frame type, const void *bytes, size_t size)
{
    if (begin_frame(c, type, size))
        append(c, bytes, size);
}

static void tell_end(struct att_client *c, uint8_t reason)
{
    sim_log(c->world, "att.disconnected", "client=%u reason=%02x", (unsigned)c->number,
            (unsigned)reason);
    put_frame(c, FRAME_DISCONNECTED, &reason, 1);
}

/* The air */

static void report(void *context, const struct air_address *address, int8_t rssi, bool connectable,
                   bool scannable, bool scan_response, const uint8_t *data, size_t size)
{
    struct att_client *c = context;
    uint8_t head[9] = {address->type};
    memcpy(head + 1, address->bytes, 6);
    head[7] = (uint8_t)rssi;
    head[8] =
        (uint8_t)((connectable ? REPORT_CONNECTABLE : 0) | (scannable ? REPORT_SCANNABLE : 0) |
                  (scan_response ? REPORT_SCAN_RESPONSE : 0));
    /* Nobody misses an advertisement: the next follows. */
    if (c->out.size > UNREAD_MAX / 2 || !begin_frame(c, FRAME_REPORT, sizeof(head) + size))
        return;
    append(c, head, sizeof(head));
    append(c, data, size);
}

static void link_receives(void *context, struct air_link *link, const uint8_t *pdu, size_t size)
{
    (void)link;
    put_frame(context, FRAME_RECEIVED, pdu, size);
}

static void link_sent(void *context, struct air_link *link, const uint32_t *tags, size_t count)
{
    (void)link;
    (void)tags;
    const uint8_t bytes[2] = {(uint8_t)count, (uint8_t)(count >> 8)};
    put_frame(context, FRAME_SENT, bytes, sizeof(bytes));
}

static void link_closed(void *context, struct air_link *link, uint8_t reason)
{
    (void)link;
    struct att_client *c = context;
    c->link = NULL;
    c->leaving = false;
    tell_end(c, reason);
}

/* What the peripheral asks for (parameters, data length, PHY) is granted without asking the
 * program. */
static const struct air_link_ops link_ops = {
    .receive = link_receives,
    .sent = link_sent,
    .closed = link_closed,
};

static void connected(void *context, struct air_link *link)
{
    struct att_client *c = context;
    struct air_link_state state;
    c->initiator = NULL; /* it ended itself */
    c->link = link;
    air_link_get(link, &state);
    const uint8_t *a = state.peripheral.bytes;
    uint8_t bytes[7] = {state.peripheral.type};
    memcpy(bytes + 1, a, 6);
    sim_log(c->world, "att.connected", "client=%u address=%02X:%02X:%02X:%02X:%02X:%02X",
            (unsigned)c->number, a[5], a[4], a[3], a[2], a[1], a[0]);
    put_frame(c, FRAME_CONNECTED, bytes, sizeof(bytes));
}

/* Frames from the program. Each returns whether the frame was in order; its size is checked. */

static bool scan(struct att_client *c, struct bytes_reader *r)
{
    uint8_t how = bytes_get_u8(r);
    if (how > SCAN_ACTIVE)
        return false;
    air_scan_stop(&c->scanner);
    if (how != SCAN_OFF)
        c->scanner = air_scan(c->air, how == SCAN_ACTIVE, 0, 0, report, c);
    return true;
}

static bool plausible(const struct air_address *peer, const struct air_conn_params *params)
{
    return peer->type <= 1 && params->interval >= 6 && params->interval <= 3200 &&
           params->supervision_timeout >= 10 && params->supervision_timeout <= 3200 &&
           params->supervision_timeout * 4u > params->interval;
}

static bool connect_to(struct att_client *c, struct bytes_reader *r)
{
    static const struct air_capabilities able = {
        .max_octets = MAX_OCTETS, .phys = PHY_1M | PHY_2M, .supports_length = true};
    struct air_address peer = {.type = bytes_get_u8(r)};
    struct air_conn_params params = {0};
    bytes_get(r, peer.bytes, sizeof(peer.bytes));
    params.interval = bytes_get_u16(r);
    params.supervision_timeout = bytes_get_u16(r);
    if (c->link != NULL || c->initiator != NULL || !plausible(&peer, &params))
        return false;
    c->initiator =
        air_connect(c->air, &peer, &c->address, 0, 0, &params, &able, &link_ops, connected, c);
    return true;
}

/* Without a link it has crossed the link's end. */
static bool disconnect(struct att_client *c, struct bytes_reader *r)
{
    (void)r;
    if (c->initiator != NULL) {
        air_connect_stop(&c->initiator);
        tell_end(c, HCI_UNKNOWN_CONNECTION);
    } else if (c->link != NULL && !c->leaving) {
        c->leaving = true;
        air_disconnect(c->link, AIR_CENTRAL, HCI_REMOTE_USER);
    }
    return true;
}

/* The same. */
static bool send_pdu(struct att_client *c, struct bytes_reader *r)
{
    size_t size = bytes_left(r);
    const uint8_t *pdu = bytes_view(r, size);
    if (c->link != NULL && !c->leaving && !air_send(c->link, AIR_CENTRAL, pdu, size, 0))
        sim_world_fail(c->world);
    return true;
}

struct handler {
    uint8_t type;
    size_t min, max; /* size behind the type */
    bool (*handle)(struct att_client *c, struct bytes_reader *r);
};

static const struct handler handlers[] = {
    {FRAME_SCAN, 1, 1, scan},
    {FRAME_CONNECT, 11, 11, connect_to},
    {FRAME_DISCONNECT, 0, 0, disconnect},
    {FRAME_PDU, 1, ATT_CLIENT_PDU_MAX, send_pdu},
};

/* `frame` is the type and what follows. */
static bool obey(struct att_client *c, const uint8_t *frame, size_t size)
{
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        const struct handler *h = &handlers[i];
        if (frame[0] != h->type)
            continue;
        struct bytes_reader r;
        bytes_reader_init(&r, frame + 1, size - 1);
        return size - 1 >= h->min && size - 1 <= h->max && h->handle(c, &r);
    }
    return false;
}

bool att_client_listens(const struct att_client *c)
{
    return c->fault == ATT_CLIENT_FINE &&
           (c->link == NULL || air_queued(c->link, AIR_CENTRAL) < QUEUED_MAX);
}

size_t att_client_feed(struct att_client *c, const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    while (att_client_listens(c) && size - at >= 2) {
        size_t frame = (size_t)bytes[at] | (size_t)bytes[at + 1] << 8;
        if (frame == 0 || frame + 2 > ATT_CLIENT_FRAME_MAX)
            c->fault = ATT_CLIENT_MALFORMED;
        else if (size - at < 2 + frame)
            break;
        else if (!obey(c, bytes + at + 2, frame))
            c->fault = ATT_CLIENT_MALFORMED;
        if (c->fault == ATT_CLIENT_FINE)
            at += 2 + frame;
    }
    return at;
}

enum att_client_fault att_client_fault(const struct att_client *c)
{
    return c->fault;
}

bool att_client_is_leaving(const struct att_client *c)
{
    return c->leaving;
}

struct buf *att_client_output(struct att_client *c)
{
    return &c->out;
}
