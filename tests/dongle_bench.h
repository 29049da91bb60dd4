/*
 * SPDX-License-Identifier: MIT
 * A bench for the simulated dongle: a host that speaks just enough H5, driven by hand with literal
 * payloads, and a peripheral that answers one literal ATT PDU with another.
 */
#ifndef NORDFU_TESTS_DONGLE_BENCH_H
#define NORDFU_TESTS_DONGLE_BENCH_H

#include "test.h"

#include <stdio.h>

#include "sim/air.h"
#include "sim/dongle.h"
#include "sim/dongle_frame.h"
#include "sim/world.h"

enum {
    PAYLOAD_MAX = 768,
    WAITING_MAX = 64,
    MS = 1000,
};

/* What a peripheral says to an ATT PDU; a list ends with NULL. */
struct answer {
    const char *request;
    const char *response;
};

/* A host: just enough H5 to talk, driven by hand. */
struct host {
    struct sim_world *world;
    struct air *air;
    struct sim_dongle *dongle;
    struct air_advertiser *advertiser;
    struct air_link *link;        /* the peripheral's end */
    const struct answer *answers; /* the peripheral's; NULL = `answers` below */
    const char *scan_response;    /* hex; NULL = not scannable */
    uint32_t notify_after;        /* µs after a write command */
    bool short_packets;           /* the peripheral knows no data length procedure */
    bool no_answer;               /* the peripheral leaves ATT requests unanswered */
    bool no_ack;                  /* the host acknowledges nothing */
    uint8_t seq, expected;
    bool acked;
    unsigned syncs, sync_answers, configs, config_answers, acks;
    struct dongle_slip slip;
    uint8_t slip_room[PAYLOAD_MAX + DONGLE_FRAME_EXTRA];
    struct {
        uint8_t bytes[PAYLOAD_MAX];
        size_t size;
    } waiting[WAITING_MAX];
    size_t first, count;
    unsigned data_frames; /* repetitions included */
};

static inline size_t from_hex(uint8_t *out, const char *hex)
{
    size_t size = strlen(hex) / 2;
    for (size_t i = 0; i < size; i++) {
        unsigned value = 0;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
        out[i] = (uint8_t)value;
    }
    return size;
}

static inline void put_frame(struct host *h, const struct dongle_frame *frame)
{
    uint8_t bytes[PAYLOAD_MAX + DONGLE_FRAME_EXTRA], wire[2 * sizeof(bytes) + 2];
    size_t size = dongle_frame_encode(bytes, frame);
    sim_dongle_receive(h->dongle, wire, dongle_slip_encode(wire, bytes, size));
}

static inline void put_link(struct host *h, const char *hex)
{
    uint8_t message[4];
    size_t size = from_hex(message, hex);
    put_frame(h,
              &(struct dongle_frame){.type = DONGLE_FRAME_LINK, .payload = message, .size = size});
}

static inline void take_data(struct host *h, const struct dongle_frame *frame)
{
    h->data_frames++;
    if (h->no_ack)
        return;
    if (frame->seq == h->expected) {
        assert_true(h->count < WAITING_MAX);
        size_t slot = (h->first + h->count++) % WAITING_MAX;
        memcpy(h->waiting[slot].bytes, frame->payload, frame->size);
        h->waiting[slot].size = frame->size;
        h->expected = (h->expected + 1) & 7;
    }
    put_frame(h, &(struct dongle_frame){.type = DONGLE_FRAME_ACK, .ack = h->expected});
}

static inline void take_frame(struct host *h, const struct dongle_frame *frame)
{
    if (frame->type == DONGLE_FRAME_DATA) {
        take_data(h, frame);
    } else if (frame->type == DONGLE_FRAME_ACK) {
        h->acks++;
        h->acked |= frame->ack == ((h->seq + 1) & 7);
    } else if (frame->type == DONGLE_FRAME_LINK) {
        h->syncs += frame->payload[0] == 1;
        h->sync_answers += frame->payload[0] == 2;
        h->configs += frame->payload[0] == 3;
        h->config_answers += frame->payload[0] == 4;
    }
}

static inline void take_bytes(struct host *h)
{
    uint8_t byte;
    while (sim_dongle_take(h->dongle, &byte, 1) == 1) {
        struct dongle_frame frame;
        if (dongle_slip_feed(&h->slip, byte) != DONGLE_SLIP_FRAME)
            continue;
        assert_int_equal(dongle_frame_decode(&frame, h->slip.frame, h->slip.size),
                         DONGLE_FRAME_GOOD);
        take_frame(h, &frame);
    }
}

static inline void run(struct host *h, uint64_t us)
{
    uint64_t end = sim_now(h->world) + us;
    while (sim_step(h->world, end))
        take_bytes(h);
    take_bytes(h);
}

/* The fast start of section 4.3. */
static inline void start_link(struct host *h)
{
    h->seq = h->expected = 0;
    put_link(h, "017e");
    run(h, 2 * MS);
    put_link(h, "027d");
    for (int i = 0; i < 2; i++) {
        put_link(h, "03fc11");
        run(h, 2 * MS);
        put_link(h, "047b11");
        run(h, 2 * MS);
    }
}

static inline struct host *host_new(const struct sim_dongle_config *config)
{
    struct host *h = test_calloc(1, sizeof(*h));
    h->world = sim_world_new(1);
    h->air = air_new(h->world, &(struct air_config){.rssi = -55});
    h->dongle = sim_dongle_new(h->world, h->air, config);
    assert_non_null(h->dongle);
    dongle_slip_init(&h->slip, h->slip_room, sizeof(h->slip_room));
    return h;
}

/* A dongle of this API on its UART, its link up. */
static inline struct host *host_of(int api)
{
    struct host *h = host_new(&(struct sim_dongle_config){.api = api});
    start_link(h);
    return h;
}

static inline struct host *host_started(void)
{
    return host_of(5);
}

static inline void host_free(struct host *h)
{
    sim_dongle_free(&h->dongle);
    air_advertise_stop(&h->advertiser);
    air_free(&h->air);
    sim_world_free(&h->world);
    test_free(h);
}

/* Sends one request; true when it was acknowledged. */
static inline bool request(struct host *h, const uint8_t *payload, size_t size)
{
    h->acked = false;
    for (int i = 0; i < 6 && !h->acked; i++) {
        put_frame(h, &(struct dongle_frame){.seq = h->seq,
                                            .ack = h->expected,
                                            .crc = true,
                                            .reliable = true,
                                            .type = DONGLE_FRAME_DATA,
                                            .payload = payload,
                                            .size = size});
        for (int ms = 0; ms < 20 && !h->acked; ms++)
            run(h, MS);
    }
    if (h->acked)
        h->seq = (h->seq + 1) & 7;
    return h->acked;
}

static inline bool request_hex(struct host *h, const char *hex)
{
    uint8_t payload[PAYLOAD_MAX];
    return request(h, payload, from_hex(payload, hex));
}

/* The next packet within 30 s that is no advertising report (unless one is wanted). */
static inline bool next_packet(struct host *h, uint8_t *bytes, size_t *size, bool reports,
                               uint64_t patience)
{
    uint64_t end = sim_now(h->world) + patience;
    for (;;) {
        while (h->count > 0) {
            size_t slot = h->first;
            h->first = (h->first + 1) % WAITING_MAX;
            h->count--;
            *size = h->waiting[slot].size;
            memcpy(bytes, h->waiting[slot].bytes, *size);
            if (reports || bytes[0] != 2 || bytes[1] != 0x1D)
                return true;
        }
        if (sim_now(h->world) >= end)
            return false;
        sim_step(h->world, end);
        take_bytes(h);
    }
}

static inline void expect(struct host *h, const char *hex)
{
    uint8_t got[PAYLOAD_MAX], want[PAYLOAD_MAX];
    size_t got_size = 0, size = from_hex(want, hex);
    if (!next_packet(h, got, &got_size, want[0] == 2 && want[1] == 0x1D, 35000 * MS))
        fail_msg("%s never came", hex);
    char text[2 * PAYLOAD_MAX + 1] = "";
    for (size_t i = 0; i < got_size; i++)
        snprintf(text + 2 * i, 3, "%02x", got[i]);
    assert_string_equal(text, hex);
    assert_int_equal(got_size, size);
}

static inline void expect_nothing(struct host *h, uint64_t us)
{
    uint8_t got[PAYLOAD_MAX];
    size_t size;
    assert_false(next_packet(h, got, &size, true, us));
}

static inline void ask(struct host *h, const char *payload, const char *response)
{
    assert_true(request_hex(h, payload));
    expect(h, response);
}

/* A peripheral with the DFU service, one ATT PDU for another. */

static const struct answer answers[] = {
    {"02f700", "03f700"},
    {"060100ffff002859fe", "070b00ffff"},
    {"100100ffff0028", "1106010005000018"
                       "06000a000118"},
    {"080b00ffff0328", "0915"
                       "0c00040d0050eada308883b89f604f15f30200c98e"
                       "0e00180f0050eada308883b89f604f15f30100c98e"},
    {"080f00ffff0328", "01080f000a"},
    {"040f001000", "05011000"
                   "0229"},
    {"1210000100", "13"},
    {"0a0d00", "0b616263"},
    {"0a1100", "010a110002"},
    {NULL, NULL},
};

static inline void notify(void *context)
{
    struct host *h = context;
    uint8_t pdu[8];
    if (h->link != NULL)
        air_send(h->link, AIR_PERIPHERAL, pdu, from_hex(pdu, "1b0f00600101"), 0);
}

static inline void peripheral_receive(void *context, struct air_link *link, const uint8_t *pdu,
                                      size_t size)
{
    struct host *h = context;
    uint8_t known[64], response[64];
    if (pdu[0] == 0x52 && h->notify_after != 0)
        sim_after(h->world, h->notify_after, notify, h);
    const struct answer *a = h->answers != NULL ? h->answers : answers;
    for (; a->request != NULL && !h->no_answer; a++) {
        if (from_hex(known, a->request) != size || memcmp(known, pdu, size) != 0)
            continue;
        air_send(link, AIR_PERIPHERAL, response, from_hex(response, a->response), 0);
    }
}

static inline void peripheral_connected(void *context, struct air_link *link)
{
    struct host *h = context;
    h->link = link;
    h->advertiser = NULL;
}

static inline void peripheral_closed(void *context, struct air_link *link, uint8_t reason)
{
    (void)link;
    (void)reason;
    ((struct host *)context)->link = NULL;
}

/* It pairs with nobody. */
static inline void peripheral_receive_smp(void *context, struct air_link *link, const uint8_t *pdu,
                                          size_t size)
{
    (void)context;
    (void)size;
    if (pdu[0] == 0x01)
        air_send_smp(link, AIR_PERIPHERAL, "\x05\x05", 2);
}

static const struct air_link_ops peripheral_ops = {.receive = peripheral_receive,
                                                   .receive_smp = peripheral_receive_smp,
                                                   .closed = peripheral_closed};

static inline void advertise(struct host *h)
{
    struct air_advert advert = {
        .address = {1, {0x71, 0x82, 0x93, 0xA4, 0xB5, 0xC6}},
        .interval_us = 30 * MS,
        .connectable = true,
    };
    const struct air_capabilities capabilities = {
        .max_octets = 251, .phys = 3, .supports_length = !h->short_packets};
    advert.data_size = (uint8_t)from_hex(advert.data, "0201060302f5fe0d0944667554617267c0db3132");
    advert.scannable = h->scan_response != NULL;
    if (advert.scannable)
        advert.scan_response_size = (uint8_t)from_hex(advert.scan_response, h->scan_response);
    h->advertiser =
        air_advertise(h->air, &advert, &capabilities, &peripheral_ops, peripheral_connected, h);
}

#define CONNECT_TAG_1 "008c0102718293a4b5c60101a0005000000001060006000000900101"
#define CONNECTED     "021000000002718293a4b5c6020600060000009001"

static inline void configure(struct host *h)
{
    ask(h, "0069230000000101f700", "016900000000");
    ask(h, "0069200000000101010500", "016900000000");
    ask(h, "006921000000010110", "016900000000");
}

static inline struct host *host_connected(void (*set_up)(struct host *h))
{
    struct host *h = host_started();
    if (set_up != NULL)
        set_up(h);
    ask(h, "0069230000000101f700", "016900000000");
    ask(h, "0060", "016000000000");
    advertise(h);
    ask(h, CONNECT_TAG_1, "018c00000000");
    expect(h, CONNECTED);
    return h;
}

#endif
