/*
 * SPDX-License-Identifier: MIT
 * Two ends of a simulated link that note what they live through, for the tests of the air.
 */
#ifndef NORDFU_TESTS_AIR_BENCH_H
#define NORDFU_TESTS_AIR_BENCH_H

#include "test.h"

#include <stdio.h>

#include "sim/air.h"

#define MAX_TIMES 512

/* What one end of the link lived through. */
struct end {
    enum air_end which;
    struct air_link *link;
    unsigned received, connected, closed;
    uint64_t times[MAX_TIMES]; /* of arrival */
    uint32_t next_value;       /* expected in the next PDU */
    bool in_order;
    size_t last_size;
    unsigned sent, sent_calls;
    uint32_t last_tag;
    uint64_t sent_time;
    uint8_t reason;
    uint64_t closed_time;
    unsigned params_changes, params_requests, answers, length_changes, phy_changes;
    struct air_conn_params params;
    uint64_t params_time;
    bool accepted;
    uint16_t tx_octets, rx_octets;
    uint8_t phy_status, tx_phy, rx_phy;
    uint64_t phy_time;
    unsigned length_requests, phy_requests;
    bool echo; /* answers what it receives */
    struct sim_world *world;
};

struct bench {
    struct sim_world *world;
    struct air *air;
    struct end central, peripheral;
    struct air_link_ops central_ops, peripheral_ops;
    struct air_capabilities central_can, peripheral_can;
    struct air_conn_params params;
    struct air_advertiser *advertiser;
    struct air_initiator *initiator;
    unsigned steps;
};

static const struct air_address device_address = {1, {0xD8, 0x4C, 0x97, 0x3B, 0x06, 0xDE}};
static const struct air_address dongle_address = {1, {1, 2, 3, 4, 5, 0xC6}};

static inline void on_receive(void *context, struct air_link *link, const uint8_t *pdu, size_t size)
{
    struct end *e = context;
    if (e->received < MAX_TIMES)
        e->times[e->received] = sim_now(e->world);
    e->received++;
    e->last_size = size;
    uint32_t value = 0;
    if (size >= 4)
        memcpy(&value, pdu, 4);
    if (value != e->next_value)
        e->in_order = false;
    for (size_t i = 4; i < size; i++)
        e->in_order &= pdu[i] == (uint8_t)(value + i);
    e->next_value++;
    if (e->echo)
        air_send(link, e->which, pdu, size, value);
}

static inline void on_sent(void *context, struct air_link *link, const uint32_t *tags, size_t count)
{
    (void)link;
    struct end *e = context;
    e->sent += (unsigned)count;
    e->sent_calls++;
    e->last_tag = tags[count - 1];
    e->sent_time = sim_now(e->world);
}

static inline void on_closed(void *context, struct air_link *link, uint8_t reason)
{
    struct end *e = context;
    assert_ptr_equal(link, e->link);
    e->closed++;
    e->reason = reason;
    e->closed_time = sim_now(e->world);
    e->link = NULL;
}

static inline void on_params(void *context, struct air_link *link,
                             const struct air_conn_params *params)
{
    (void)link;
    struct end *e = context;
    e->params_changes++;
    e->params = *params;
    e->params_time = sim_now(e->world);
}

static inline void on_params_requested(void *context, struct air_link *link, uint16_t min,
                                       uint16_t max, uint16_t latency, uint16_t timeout)
{
    (void)link;
    (void)min;
    struct end *e = context;
    e->params_requests++;
    e->params = (struct air_conn_params){max, latency, timeout};
}

static inline void on_answered(void *context, struct air_link *link, bool accepted)
{
    (void)link;
    struct end *e = context;
    e->answers++;
    e->accepted = accepted;
}

static inline void on_length(void *context, struct air_link *link, uint16_t tx, uint16_t rx)
{
    (void)link;
    struct end *e = context;
    e->length_changes++;
    e->tx_octets = tx;
    e->rx_octets = rx;
}

static inline void on_phy(void *context, struct air_link *link, uint8_t status, uint8_t tx,
                          uint8_t rx)
{
    (void)link;
    struct end *e = context;
    e->phy_changes++;
    e->phy_status = status;
    e->tx_phy = tx;
    e->rx_phy = rx;
    e->phy_time = sim_now(e->world);
}

static inline void on_length_requested(void *context, struct air_link *link, uint16_t tx,
                                       uint16_t rx)
{
    (void)link;
    struct end *e = context;
    e->length_requests++;
    e->tx_octets = tx;
    e->rx_octets = rx;
}

static inline void on_phy_requested(void *context, struct air_link *link, uint8_t tx, uint8_t rx)
{
    (void)link;
    struct end *e = context;
    e->phy_requests++;
    e->tx_phy = tx;
    e->rx_phy = rx;
}

static inline void on_connected(void *context, struct air_link *link)
{
    struct end *e = context;
    e->link = link;
    e->connected++;
}

static const struct air_link_ops all_ops = {
    .receive = on_receive,
    .sent = on_sent,
    .closed = on_closed,
    .params_changed = on_params,
    .params_answered = on_answered,
    .length_changed = on_length,
    .phy_changed = on_phy,
};

static const struct air_capabilities able = {
    .max_octets = 251, .phys = 3, .event_length_us = 0, .supports_length = true};

static const struct air_advert sample_advert = {
    .data = {2, 1, 6},
    .data_size = 3,
    .scan_response = {3, 9, 'h', 'i'},
    .scan_response_size = 4,
    .interval_us = 25000,
    .connectable = true,
    .scannable = true,
};

static inline void bench_init(struct bench *b, uint64_t seed, uint16_t interval, double loss)
{
    memset(b, 0, sizeof(*b));
    b->world = sim_world_new(seed);
    b->air = air_new(b->world, &(struct air_config){.loss = loss});
    b->central = (struct end){.which = AIR_CENTRAL, .in_order = true, .world = b->world};
    b->peripheral = (struct end){.which = AIR_PERIPHERAL, .in_order = true, .world = b->world};
    b->central_ops = b->peripheral_ops = all_ops;
    b->central_can = b->peripheral_can = able;
    b->params = (struct air_conn_params){interval, 0, 400};
}

static inline void bench_free(struct bench *b)
{
    assert_false(sim_world_failed(b->world));
    air_free(&b->air);
    sim_world_free(&b->world);
}

static inline void run(struct bench *b, uint64_t us)
{
    uint64_t until = sim_now(b->world) + us;
    while (sim_step(b->world, until))
        b->steps++;
}

static inline void bench_connect(struct bench *b)
{
    struct air_advert advert = sample_advert;
    advert.address = device_address;
    b->advertiser = air_advertise(b->air, &advert, &b->peripheral_can, &b->peripheral_ops,
                                  on_connected, &b->peripheral);
    b->initiator = air_connect(b->air, &device_address, &dongle_address, 0, 0, &b->params,
                               &b->central_can, &b->central_ops, on_connected, &b->central);
    for (int i = 0; i < 1000 && b->central.link == NULL; i++)
        run(b, 100);
    assert_non_null(b->central.link);
    assert_ptr_equal(b->central.link, b->peripheral.link);
    b->steps = 0;
}

/* Sends PDUs that carry their number and a pattern. */
static inline void send_numbered(struct bench *b, enum air_end end, uint32_t first, uint32_t count,
                                 size_t size)
{
    uint8_t pdu[512];
    for (uint32_t n = first; n < first + count; n++) {
        memcpy(pdu, &n, 4);
        for (size_t i = 4; i < size; i++)
            pdu[i] = (uint8_t)(n + i);
        assert_true(air_send(b->central.link, end, pdu, size, n));
    }
}

static inline void use_length(struct bench *b)
{
    air_request_length(b->central.link, AIR_CENTRAL, 251, 251);
    run(b, 200000);
    assert_int_equal(b->central.tx_octets, 251);
}

static inline void use_2m(struct bench *b)
{
    air_request_phy(b->central.link, AIR_CENTRAL, 2, 2);
    run(b, 500000);
    assert_int_equal(b->central.tx_phy, 2);
}

#endif
