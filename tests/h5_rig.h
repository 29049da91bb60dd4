/*
 * SPDX-License-Identifier: MIT
 * A session and a small dongle on one virtual wire. The dongle does what connectivity-wire
 * section 4.1 tables say and nothing else; frames can be lost on the way by number.
 */
#ifndef NORDFU_TESTS_H5_RIG_H
#define NORDFU_TESTS_H5_RIG_H

#include "test.h"

#include "dongle/h5_session.h"
#include "nordfu/port.h"

enum rig_state {
    RIG_UNINITIALISED,
    RIG_INITIALISED,
    RIG_ACTIVE,
};

#define RIG_PAYLOADS 128
#define RIG_NONE     (-1)

struct rig {
    struct h5_session session;
    uint64_t now;

    /* Behaviour. */
    bool v2;        /* answers CONFIG at once, period 200 ms */
    bool patient;   /* takes SYNC RESPONSE only after a SYNC of its own */
    bool mute;      /* sends nothing */
    bool no_config; /* ignores CONFIG and sends none */
    bool no_acks;   /* takes data but does not acknowledge */
    int lose_up;    /* number of the session's frame that is lost, RIG_NONE for none */
    int lose_down;  /* number of the dongle's frame that is lost */

    /* What happened. */
    int up, down; /* frames sent by the session and by the dongle */
    int syncs;    /* SYNCs that reached the dongle */
    int data_up;  /* data packets that reached the dongle, repeats included */
    int received; /* payloads the dongle took */
    int acks;     /* ACKs that reached the dongle */
    uint8_t last_ack;
    size_t last_size;
    uint8_t last[H5_PAYLOAD_MAX];

    /* The dongle. */
    enum rig_state state;
    bool sent_sync, sent_config, settled;
    uint8_t seq, expected;
    uint64_t timer;
    size_t pending_size;
    uint8_t pending[H5_PAYLOAD_MAX];
    struct slip_decoder slip;
    uint8_t frame[H5_PACKET_MAX];
};

static const uint8_t rig_sync[] = {0x01, 0x7E};
static const uint8_t rig_sync_response[] = {0x02, 0x7D};
static const uint8_t rig_config[] = {0x03, 0xFC, 0x11};
static const uint8_t rig_config_response[] = {0x04, 0x7B, 0x11};

static inline void rig_init(struct rig *rig)
{
    memset(rig, 0, sizeof(*rig));
    rig->lose_up = RIG_NONE;
    rig->lose_down = RIG_NONE;
    rig->now = 5 * NORDFU_SECOND;
    rig->timer = UINT64_MAX;
    slip_decoder_init(&rig->slip, rig->frame, sizeof(rig->frame));
    h5_session_init(&rig->session, NULL);
}

static inline void rig_restart(struct rig *rig)
{
    rig->state = RIG_UNINITIALISED;
    rig->sent_sync = rig->sent_config = rig->settled = false;
    rig->seq = rig->expected = 0;
    rig->pending_size = 0;
    rig->timer = rig->now + (rig->v2 ? 200 : 400) * NORDFU_MS;
}

/* A packet as it stands on the wire. Returns its size. */
static inline size_t rig_wire(const struct h5_packet *packet,
                              uint8_t wire[SLIP_ENCODED_MAX(H5_PACKET_MAX)])
{
    uint8_t bytes[H5_PACKET_MAX];
    size_t size = h5_encode(packet, bytes, sizeof(bytes));
    assert_true(size > 0);
    wire[0] = SLIP_END;
    size_t n = 1 + slip_escape(wire + 1, bytes, size);
    wire[n++] = SLIP_END;
    return n;
}

static inline void rig_send(struct rig *rig, const struct h5_packet *packet)
{
    uint8_t wire[SLIP_ENCODED_MAX(H5_PACKET_MAX)];
    size_t size = rig_wire(packet, wire);
    if (rig->mute || rig->down++ == rig->lose_down)
        return;
    h5_session_feed(&rig->session, wire, size, rig->now);
}

static inline void rig_send_link(struct rig *rig, const uint8_t *payload, size_t size)
{
    rig_send(rig, &(struct h5_packet){.type = H5_LINK, .payload = payload, .size = size});
}

static inline void rig_send_ack(struct rig *rig, uint8_t number)
{
    rig_send(rig, &(struct h5_packet){.type = H5_ACK, .ack = number});
}

static inline void rig_send_data(struct rig *rig, uint8_t seq, const void *payload, size_t size)
{
    rig_send(rig, &(struct h5_packet){
                      .seq = seq,
                      .crc_present = true,
                      .reliable = true,
                      .type = H5_DATA,
                      .payload = payload,
                      .size = size,
                  });
}

/* Sends a payload and repeats it on the timer until it is acknowledged. */
static inline void rig_post(struct rig *rig, const void *payload, size_t size)
{
    assert_int_equal(rig->pending_size, 0);
    memcpy(rig->pending, payload, size);
    rig->pending_size = size;
    rig->timer = rig->now + 400 * NORDFU_MS;
    rig_send_data(rig, rig->seq, payload, size);
}

static inline bool rig_is(const struct h5_packet *p, const uint8_t *message, size_t size)
{
    return p->size == size && memcmp(p->payload, message, size) == 0;
}

static inline void rig_take_config(struct rig *rig)
{
    if (rig->state == RIG_UNINITIALISED || rig->no_config)
        return;
    if (rig->state == RIG_INITIALISED && !rig->v2 && !rig->sent_config) {
        rig->sent_config = true;
        rig_send_link(rig, rig_config, sizeof(rig_config));
        return;
    }
    rig->settled = true;
    rig_send_link(rig, rig_config_response, sizeof(rig_config_response));
}

static inline void rig_take_link(struct rig *rig, const struct h5_packet *p)
{
    if (rig_is(p, rig_sync, sizeof(rig_sync))) {
        rig->syncs++;
        if (rig->state == RIG_ACTIVE)
            rig_restart(rig);
        rig->timer = rig->now + (rig->v2 ? 200 : 400) * NORDFU_MS;
        rig_send_link(rig, rig_sync_response, sizeof(rig_sync_response));
    } else if (rig_is(p, rig_sync_response, sizeof(rig_sync_response))) {
        if (rig->state == RIG_UNINITIALISED && (rig->sent_sync || !rig->patient))
            rig->state = RIG_INITIALISED;
    } else if (rig_is(p, rig_config, sizeof(rig_config))) {
        rig_take_config(rig);
    } else if (rig_is(p, rig_config_response, sizeof(rig_config_response))) {
        if (rig->state == RIG_INITIALISED)
            rig->state = RIG_ACTIVE;
    } else {
        fail_msg("the session sent an unknown link packet");
    }
}

static inline void rig_take_data(struct rig *rig, const struct h5_packet *p)
{
    assert_true(p->reliable && p->crc_present);
    if (rig->state != RIG_ACTIVE || !rig->settled)
        return;
    rig->data_up++;
    if (p->seq == rig->expected) {
        rig->received++;
        rig->last_size = p->size;
        memcpy(rig->last, p->payload, p->size);
        rig->expected = (rig->expected + 1) & 7;
    }
    if (!rig->no_acks)
        rig_send_ack(rig, rig->expected);
}

static inline void rig_take_ack(struct rig *rig, const struct h5_packet *p)
{
    rig->acks++;
    rig->last_ack = p->ack;
    if (rig->pending_size > 0 && p->ack == ((rig->seq + 1) & 7)) {
        rig->seq = p->ack;
        rig->pending_size = 0;
    }
}

static inline void rig_take(struct rig *rig, const struct h5_packet *p)
{
    if (rig->up++ == rig->lose_up)
        return;
    if (p->type == H5_RESET)
        rig_restart(rig);
    else if (p->type == H5_LINK)
        rig_take_link(rig, p);
    else if (p->type == H5_DATA)
        rig_take_data(rig, p);
    else
        rig_take_ack(rig, p);
}

/* Moves what the session has to say to the dongle, until both are quiet. */
static inline void rig_pump(struct rig *rig)
{
    size_t size;
    const uint8_t *bytes;
    while (bytes = h5_session_output(&rig->session, &size), size > 0) {
        uint8_t byte = bytes[0];
        h5_session_wrote(&rig->session, 1);
        struct h5_packet p;
        if (!slip_decoder_feed(&rig->slip, byte))
            continue;
        assert_int_equal(h5_decode(rig->frame, rig->slip.size, &p), H5_OK);
        rig_take(rig, &p);
    }
}

static inline void rig_tick(struct rig *rig)
{
    rig->timer = rig->now + (rig->v2 ? 200 : 400) * NORDFU_MS;
    if (rig->state == RIG_UNINITIALISED) {
        rig->sent_sync = true;
        rig_send_link(rig, rig_sync, sizeof(rig_sync));
    } else if (rig->state == RIG_INITIALISED && !rig->no_config) {
        rig->sent_config = true;
        rig_send_link(rig, rig_config, sizeof(rig_config));
    } else if (rig->pending_size > 0) {
        rig_send_data(rig, rig->seq, rig->pending, rig->pending_size);
    }
}

/* Lets time pass until `until`, or until the session is in `state`. */
static inline void rig_run_to(struct rig *rig, uint64_t until, enum h5_state state)
{
    for (;;) {
        uint64_t next = h5_session_poll(&rig->session, rig->now);
        rig_pump(rig);
        if (rig->session.state == state)
            return;
        next = rig->timer < next ? rig->timer : next;
        if (next > until)
            break;
        rig->now = next > rig->now ? next : rig->now;
        if (rig->now >= rig->timer)
            rig_tick(rig);
    }
    rig->now = until;
}

static inline void rig_run(struct rig *rig, uint64_t duration)
{
    rig_run_to(rig, rig->now + duration, (enum h5_state)(-1));
}

/* A started rig, active on both sides. */
static inline void rig_open(struct rig *rig)
{
    rig_init(rig);
    h5_session_start(&rig->session, rig->now, false);
    rig_run_to(rig, rig->now + NORDFU_SECOND, H5_ACTIVE);
    assert_int_equal(rig->session.state, H5_ACTIVE);
    assert_int_equal(rig->state, RIG_ACTIVE);
}

#endif
