/* SPDX-License-Identifier: MIT */
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

static void on_receive(void *context, struct air_link *link, const uint8_t *pdu, size_t size)
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

static void on_sent(void *context, struct air_link *link, const uint32_t *tags, size_t count)
{
    (void)link;
    struct end *e = context;
    e->sent += (unsigned)count;
    e->sent_calls++;
    e->last_tag = tags[count - 1];
    e->sent_time = sim_now(e->world);
}

static void on_closed(void *context, struct air_link *link, uint8_t reason)
{
    struct end *e = context;
    assert_ptr_equal(link, e->link);
    e->closed++;
    e->reason = reason;
    e->closed_time = sim_now(e->world);
    e->link = NULL;
}

static void on_params(void *context, struct air_link *link, const struct air_conn_params *params)
{
    (void)link;
    struct end *e = context;
    e->params_changes++;
    e->params = *params;
    e->params_time = sim_now(e->world);
}

static void on_params_requested(void *context, struct air_link *link, uint16_t min, uint16_t max,
                                uint16_t latency, uint16_t timeout)
{
    (void)link;
    (void)min;
    struct end *e = context;
    e->params_requests++;
    e->params = (struct air_conn_params){max, latency, timeout};
}

static void on_answered(void *context, struct air_link *link, bool accepted)
{
    (void)link;
    struct end *e = context;
    e->answers++;
    e->accepted = accepted;
}

static void on_length(void *context, struct air_link *link, uint16_t tx, uint16_t rx)
{
    (void)link;
    struct end *e = context;
    e->length_changes++;
    e->tx_octets = tx;
    e->rx_octets = rx;
}

static void on_phy(void *context, struct air_link *link, uint8_t status, uint8_t tx, uint8_t rx)
{
    (void)link;
    struct end *e = context;
    e->phy_changes++;
    e->phy_status = status;
    e->tx_phy = tx;
    e->rx_phy = rx;
    e->phy_time = sim_now(e->world);
}

static void on_length_requested(void *context, struct air_link *link, uint16_t tx, uint16_t rx)
{
    (void)link;
    struct end *e = context;
    e->length_requests++;
    e->tx_octets = tx;
    e->rx_octets = rx;
}

static void on_phy_requested(void *context, struct air_link *link, uint8_t tx, uint8_t rx)
{
    (void)link;
    struct end *e = context;
    e->phy_requests++;
    e->tx_phy = tx;
    e->rx_phy = rx;
}

static void on_connected(void *context, struct air_link *link)
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

static void bench_init(struct bench *b, uint64_t seed, uint16_t interval, double loss)
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

static void bench_free(struct bench *b)
{
    assert_false(sim_world_failed(b->world));
    air_free(&b->air);
    sim_world_free(&b->world);
}

static void run(struct bench *b, uint64_t us)
{
    uint64_t until = sim_now(b->world) + us;
    while (sim_step(b->world, until))
        b->steps++;
}

static void bench_connect(struct bench *b)
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
static void send_numbered(struct bench *b, enum air_end end, uint32_t first, uint32_t count,
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

static void use_length(struct bench *b)
{
    air_request_length(b->central.link, AIR_CENTRAL, 251, 251);
    run(b, 200000);
    assert_int_equal(b->central.tx_octets, 251);
}

static void use_2m(struct bench *b)
{
    air_request_phy(b->central.link, AIR_CENTRAL, 2, 2);
    run(b, 500000);
    assert_int_equal(b->central.tx_phy, 2);
}

/* Packets that arrive in the second connection event after the queue was filled. */
static unsigned packets_per_event(const struct end *e, uint64_t interval_us)
{
    uint64_t first = e->times[0];
    unsigned count = 0;
    for (unsigned i = 0; i < e->received && i < MAX_TIMES; i++)
        count += e->times[i] >= first + interval_us && e->times[i] < first + 2 * interval_us;
    return count;
}

struct rate {
    uint16_t interval;
    bool fast;
    size_t pdu;
    uint32_t event_length_us;
    unsigned packets;
    unsigned rate_x10; /* kB/s of payload x 10 */
};

static void packets_per_event_are_those_of_the_radio_model(void **state)
{
    (void)state;
    static const struct rate rates[] = {
        {6, false, 247, 0, 3, 976},    {12, false, 247, 0, 6, 976},  {24, false, 247, 0, 12, 976},
        {6, true, 247, 0, 5, 1626},    {12, true, 247, 0, 10, 1626}, {24, true, 247, 0, 21, 1708},
        {6, false, 23, 0, 11, 293},    {6, true, 23, 0, 15, 400},    {12, false, 247, 7500, 3, 488},
        {12, true, 247, 7500, 5, 813}, {12, false, 23, 3750, 5, 66},
    };
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        const struct rate *r = &rates[i];
        struct bench b;
        bench_init(&b, 1, r->interval, 0);
        b.peripheral_can.event_length_us = r->event_length_us;
        bench_connect(&b);
        if (r->pdu > 23)
            use_length(&b);
        if (r->fast)
            use_2m(&b);
        send_numbered(&b, AIR_CENTRAL, 0, 200, r->pdu);
        run(&b, 1500000);
        uint64_t us = (uint64_t)r->interval * 1250;
        unsigned packets = packets_per_event(&b.peripheral, us);
        assert_int_equal(packets, r->packets);
        assert_int_equal(packets * (r->pdu - 3) * 10000 / us, r->rate_x10);
        bench_free(&b);
    }
}

static void exchange_times_are_those_of_the_radio_model(void **state)
{
    (void)state;
    static const struct {
        bool fast;
        size_t pdu;
        unsigned us;
    } times[] = {{false, 23, 676}, {false, 247, 2468}, {true, 23, 496}, {true, 247, 1392}};
    for (size_t i = 0; i < 4; i++) {
        struct bench b;
        bench_init(&b, 1, 24, 0);
        bench_connect(&b);
        if (times[i].pdu > 23)
            use_length(&b);
        if (times[i].fast)
            use_2m(&b);
        send_numbered(&b, AIR_CENTRAL, 0, 5, times[i].pdu);
        run(&b, 300000);
        for (unsigned n = 1; n < 5; n++)
            assert_int_equal(b.peripheral.times[n] - b.peripheral.times[n - 1], times[i].us);
        bench_free(&b);
    }
}

static void long_pdus_travel_in_pieces_of_the_data_length(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 24, 0);
    bench_connect(&b);
    send_numbered(&b, AIR_CENTRAL, 0, 2, 247);
    run(&b, 300000);
    assert_int_equal(b.peripheral.received, 2);
    assert_true(b.peripheral.in_order);
    assert_int_equal(b.peripheral.last_size, 247);
    /* 251 bytes in 27-byte packets: nine full ones and one of 8. */
    assert_int_equal(b.peripheral.times[1] - b.peripheral.times[0], 9 * 676 + 80 + 64 + 80 + 300);
    bench_free(&b);
}

static void sent_reports_all_of_an_event_at_its_end(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 24, 0);
    bench_connect(&b);
    send_numbered(&b, AIR_CENTRAL, 7, 5, 20);
    assert_int_equal(air_queued(b.central.link, AIR_CENTRAL), 5);
    run(&b, 300000);
    assert_int_equal(b.central.sent, 5);
    assert_int_equal(b.central.sent_calls, 1);
    assert_int_equal(b.central.last_tag, 11);
    assert_true(b.central.sent_time > b.peripheral.times[4]);
    assert_true(b.central.sent_time < b.peripheral.times[4] + 500);
    assert_int_equal(air_queued(b.central.link, AIR_CENTRAL), 0);
    bench_free(&b);
}

/* A request alone says "no more": the event closes and the answer travels in the next one. */
static void answer_to_a_lone_request_takes_the_next_event(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    b.peripheral.echo = true;
    bench_connect(&b);
    send_numbered(&b, AIR_CENTRAL, 0, 1, 20);
    run(&b, 300000);
    assert_int_equal(b.central.received, 1);
    uint64_t gap = b.central.times[0] - b.peripheral.times[0];
    assert_in_range(gap, 15000, 15000 + 1000);
    bench_free(&b);
}

static void answers_share_an_event_that_is_open_anyway(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    b.peripheral.echo = true;
    bench_connect(&b);
    send_numbered(&b, AIR_CENTRAL, 0, 4, 20);
    run(&b, 300000);
    assert_int_equal(b.central.received, 4);
    assert_true(b.central.times[1] < b.peripheral.times[3] + 1000);
    bench_free(&b);
}

static void loss_costs_time_but_neither_bytes_nor_order(void **state)
{
    (void)state;
    uint64_t ends[2];
    for (int lossy = 0; lossy < 2; lossy++) {
        struct bench b;
        bench_init(&b, 5, 12, lossy ? 0.3 : 0);
        bench_connect(&b);
        send_numbered(&b, AIR_CENTRAL, 0, 400, 247);
        send_numbered(&b, AIR_PERIPHERAL, 0, 400, 100);
        run(&b, 20000000);
        assert_int_equal(b.peripheral.received, 400);
        assert_int_equal(b.central.received, 400);
        assert_true(b.peripheral.in_order && b.central.in_order);
        assert_int_equal(b.central.sent, 400);
        assert_int_equal(b.peripheral.sent, 400);
        assert_int_equal(b.central.closed, 0);
        ends[lossy] = b.peripheral.times[399] - b.peripheral.times[0];
        bench_free(&b);
    }
    assert_in_range(ends[1] * 100 / ends[0], 125, 165); /* 1 / 0.7 = 1.43 */
}

static void same_seed_same_history(void **state)
{
    (void)state;
    struct end ends[3];
    for (int i = 0; i < 3; i++) {
        struct bench b;
        bench_init(&b, i < 2 ? 42 : 43, 12, 0.2);
        bench_connect(&b);
        send_numbered(&b, AIR_CENTRAL, 0, 100, 100);
        run(&b, 5000000);
        ends[i] = b.peripheral;
        bench_free(&b);
    }
    assert_memory_equal(ends[0].times, ends[1].times, sizeof(ends[0].times));
    assert_memory_not_equal(ends[0].times, ends[2].times, sizeof(ends[0].times));
}

static void silent_end_is_missed_after_the_supervision_timeout(void **state)
{
    (void)state;
    for (int busy = 0; busy < 2; busy++) {
        struct bench b;
        bench_init(&b, 1, 12, 0);
        bench_connect(&b);
        run(&b, 100000);
        if (busy)
            send_numbered(&b, AIR_CENTRAL, 0, 100, 100);
        run(&b, 20000);
        uint64_t before = sim_now(b.world);
        air_vanish(b.peripheral.link, AIR_PERIPHERAL);
        run(&b, 10000000);
        assert_int_equal(b.peripheral.closed, 0);
        assert_int_equal(b.central.closed, 1);
        assert_int_equal(b.central.reason, 0x08);
        assert_in_range(b.central.closed_time, before + 4000000 - 15000, before + 4000000);
        assert_int_equal(sim_next(b.world), UINT64_MAX);
        bench_free(&b);
    }
}

static void both_ends_may_vanish(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    bench_connect(&b);
    run(&b, 100000);
    air_vanish(b.central.link, AIR_CENTRAL);
    run(&b, 100000);
    air_vanish(b.peripheral.link, AIR_PERIPHERAL);
    run(&b, 10000000);
    assert_int_equal(b.central.closed + b.peripheral.closed, 0);
    bench_free(&b);
}

static void leaving_a_silent_link_ends_as_the_own_wish(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    bench_connect(&b);
    air_vanish(b.peripheral.link, AIR_PERIPHERAL);
    air_disconnect(b.central.link, AIR_CENTRAL, 0x13);
    run(&b, 10000000);
    assert_int_equal(b.central.closed, 1);
    assert_int_equal(b.central.reason, 0x16);
    bench_free(&b);
}

static void total_loss_ends_the_link_at_both_ends(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    bench_connect(&b);
    run(&b, 60000000);
    assert_int_equal(b.central.closed, 0);
    uint64_t before = sim_now(b.world);
    air_set_loss(b.air, 1);
    run(&b, 10000000);
    assert_int_equal(b.central.reason, 0x08);
    assert_int_equal(b.peripheral.reason, 0x08);
    assert_in_range(b.central.closed_time, before + 3980000, before + 4040000);
    bench_free(&b);
}

static void orderly_end_tells_each_end_its_reason(void **state)
{
    (void)state;
    for (int by = 0; by < 2; by++) {
        struct bench b;
        bench_init(&b, 1, 12, 0);
        bench_connect(&b);
        run(&b, 100000);
        air_disconnect(b.central.link, (enum air_end)by, 0x13);
        assert_int_equal(b.central.closed, 0);
        run(&b, 40000);
        assert_int_equal(b.central.closed + b.peripheral.closed, 2);
        assert_int_equal(b.central.reason, by == AIR_CENTRAL ? 0x16 : 0x13);
        assert_int_equal(b.peripheral.reason, by == AIR_CENTRAL ? 0x13 : 0x16);
        bench_free(&b);
    }
}

static void new_parameters_are_in_force_six_intervals_later(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 24, 0);
    bench_connect(&b);
    send_numbered(&b, AIR_CENTRAL, 0, 1, 20);
    run(&b, 100000);
    uint64_t anchor = b.peripheral.times[0] - 272; /* 24 bytes at 1M */
    uint64_t announced = anchor + ((sim_now(b.world) - anchor) / 30000 + 1) * 30000;
    uint64_t instant = announced + 6 * (uint64_t)30000;
    air_update_params(b.central.link, &(struct air_conn_params){12, 0, 600});
    run(&b, 1000000);
    assert_int_equal(b.central.params_changes, 1);
    assert_int_equal(b.peripheral.params_changes, 1);
    assert_int_equal(b.central.params_time, instant);
    assert_int_equal(b.peripheral.params_time, instant);
    assert_int_equal(b.peripheral.params.interval, 12);
    assert_int_equal(b.peripheral.params.supervision_timeout, 600);
    send_numbered(&b, AIR_CENTRAL, 1, 1, 20);
    run(&b, 15000);
    assert_int_equal(b.peripheral.received, 2);
    assert_int_equal((b.peripheral.times[1] - 272 - instant) % 15000, 0);
    bench_free(&b);
}

static void peripheral_may_ask_for_parameters(void **state)
{
    (void)state;
    for (int accept = 0; accept < 2; accept++) {
        struct bench b;
        bench_init(&b, 1, 24, 0);
        b.central_ops.params_requested = on_params_requested;
        bench_connect(&b);
        air_request_params(b.peripheral.link, 12, 12, 0, 600);
        run(&b, 200000);
        assert_int_equal(b.central.params_requests, 1);
        assert_int_equal(b.central.params.interval, 12);
        assert_int_equal(b.peripheral.answers, 0);
        if (accept)
            air_update_params(b.central.link, &b.central.params);
        else
            air_reject_params(b.central.link);
        run(&b, 500000);
        assert_int_equal(b.peripheral.answers, 1);
        assert_int_equal(b.peripheral.accepted, accept);
        struct air_link_state link;
        air_link_get(b.central.link, &link);
        assert_int_equal(link.params.interval, accept ? 12 : 24);
        bench_free(&b);
    }
}

static void two_updates_follow_each_other(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 24, 0);
    bench_connect(&b);
    air_update_params(b.central.link, &(struct air_conn_params){12, 0, 600});
    air_update_params(b.central.link, &(struct air_conn_params){6, 0, 500});
    run(&b, 2000000);
    assert_int_equal(b.central.params_changes, 2);
    assert_int_equal(b.central.params.interval, 6);
    bench_free(&b);
}

static void data_length_is_the_lesser_of_both(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    b.peripheral_can.max_octets = 100;
    bench_connect(&b);
    air_request_length(b.central.link, AIR_CENTRAL, 251, 251);
    run(&b, 50000);
    assert_int_equal(b.central.tx_octets, 100);
    assert_int_equal(b.central.rx_octets, 100);
    assert_int_equal(b.peripheral.tx_octets, 100);
    assert_int_equal(b.central.length_changes, 1);
    assert_int_equal(b.peripheral.length_changes, 1);
    bench_free(&b);
}

static void unknown_data_length_procedure_leaves_27(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    b.peripheral_can.supports_length = false;
    bench_connect(&b);
    air_request_length(b.central.link, AIR_CENTRAL, 251, 251);
    run(&b, 50000);
    assert_int_equal(b.central.length_changes, 1);
    assert_int_equal(b.central.tx_octets, 27);
    assert_int_equal(b.peripheral.length_changes, 0);
    bench_free(&b);
}

static void procedures_hang_until_the_asked_end_answers(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    b.central_ops.length_requested = on_length_requested;
    b.central_ops.phy_requested = on_phy_requested;
    bench_connect(&b);
    air_request_length(b.peripheral.link, AIR_PERIPHERAL, 251, 200);
    air_request_phy(b.peripheral.link, AIR_PERIPHERAL, 2, 2);
    run(&b, 1000000);
    assert_int_equal(b.central.length_requests, 1);
    assert_int_equal(b.central.rx_octets, 200);
    assert_int_equal(b.central.phy_requests, 1);
    assert_int_equal(b.peripheral.length_changes + b.peripheral.phy_changes, 0);
    air_request_length(b.central.link, AIR_CENTRAL, 251, 150);
    air_request_phy(b.central.link, AIR_CENTRAL, 0, 0);
    run(&b, 1000000);
    assert_int_equal(b.peripheral.tx_octets, 150);
    assert_int_equal(b.peripheral.rx_octets, 200);
    assert_int_equal(b.central.tx_octets, 200);
    assert_int_equal(b.peripheral.phy_status, 0);
    assert_int_equal(b.peripheral.tx_phy, 2);
    assert_int_equal(b.central.rx_phy, 2);
    bench_free(&b);
}

static void phy_stays_where_an_end_can_no_other(void **state)
{
    (void)state;
    for (int unknown = 0; unknown < 2; unknown++) {
        struct bench b;
        bench_init(&b, 1, 12, 0);
        b.peripheral_can.phys = unknown ? 0 : 1;
        bench_connect(&b);
        air_request_phy(b.central.link, AIR_CENTRAL, 2, 2);
        run(&b, 500000);
        assert_int_equal(b.central.phy_changes, 1);
        assert_int_equal(b.central.phy_status, unknown ? 0x1A : 0);
        assert_int_equal(b.central.tx_phy, 1);
        assert_int_equal(b.peripheral.phy_changes, 0);
        bench_free(&b);
    }
}

static void phy_requests_that_cross_leave_the_centrals(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    bench_connect(&b);
    air_request_phy(b.central.link, AIR_CENTRAL, 2, 2);
    air_request_phy(b.peripheral.link, AIR_PERIPHERAL, 1, 1);
    run(&b, 45000);
    assert_int_equal(b.peripheral.phy_changes, 1);
    assert_int_equal(b.peripheral.phy_status, 0x23);
    run(&b, 500000);
    assert_int_equal(b.central.phy_changes, 1);
    struct air_link_state link;
    air_link_get(b.central.link, &link);
    assert_int_equal(link.tx_phy[AIR_CENTRAL], 1); /* the peripheral wanted 1M only */
    bench_free(&b);
}

static void latency_delays_the_centrals_data_only(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 24, 0);
    b.params.latency = 9;
    bench_connect(&b);
    send_numbered(&b, AIR_CENTRAL, 0, 1, 20);
    run(&b, 100000);
    assert_int_equal(b.peripheral.received, 1);
    send_numbered(&b, AIR_CENTRAL, 1, 1, 20);
    run(&b, 100000);
    assert_int_equal(b.peripheral.received, 1);
    send_numbered(&b, AIR_PERIPHERAL, 0, 1, 20);
    run(&b, 31000);
    assert_int_equal(b.central.received, 1);
    assert_int_equal(b.peripheral.received, 2);
    send_numbered(&b, AIR_CENTRAL, 2, 1, 20);
    run(&b, 301000);
    assert_int_equal(b.peripheral.received, 3);
    assert_int_equal(b.peripheral.times[2] - b.peripheral.times[1], 300000);
    bench_free(&b);
}

static void idle_links_cost_next_to_nothing(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 6, 0);
    bench_connect(&b);
    run(&b, 600000000);
    assert_true(b.steps < 10);
    assert_int_equal(b.central.closed, 0);
    send_numbered(&b, AIR_CENTRAL, 0, 1, 20);
    run(&b, 7500);
    assert_int_equal(b.peripheral.received, 1);
    bench_free(&b);
}

/* Advertising and scanning */

struct heard {
    struct sim_world *world;
    unsigned adverts, responses;
    uint64_t advert_times[MAX_TIMES];
    uint64_t response_time;
    bool as_sent;
    int8_t rssi;
    struct air_scanner *stop_at_once;
};

static void on_report(void *context, const struct air_address *address, int8_t rssi,
                      bool connectable, bool scannable, bool response, const uint8_t *data,
                      size_t size)
{
    struct heard *h = context;
    const struct air_advert *s = &sample_advert;
    h->as_sent = memcmp(address, &device_address, sizeof(*address)) == 0 && connectable &&
                 scannable && size == (response ? s->scan_response_size : s->data_size) &&
                 memcmp(data, response ? s->scan_response : s->data, size) == 0;
    h->rssi = rssi;
    if (response)
        h->response_time = sim_now(h->world);
    else if (h->adverts < MAX_TIMES)
        h->advert_times[h->adverts] = sim_now(h->world);
    h->adverts += !response;
    h->responses += response;
    if (h->stop_at_once != NULL)
        air_scan_stop(&h->stop_at_once);
}

static void bench_advertise(struct bench *b)
{
    struct air_advert advert = sample_advert;
    advert.address = device_address;
    b->advertiser = air_advertise(b->air, &advert, &b->peripheral_can, &b->peripheral_ops,
                                  on_connected, &b->peripheral);
}

static void adverts_come_at_their_interval_plus_up_to_10_ms(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    bench_advertise(&b);
    struct heard h = {.world = b.world};
    struct air_scanner *scanner = air_scan(b.air, false, 50000, 50000, on_report, &h);
    run(&b, 10000000);
    assert_in_range(h.adverts, 320, 345); /* 10 s / 30 ms on average */
    uint64_t least = UINT64_MAX, most = 0;
    for (unsigned i = 1; i < h.adverts; i++) {
        uint64_t gap = h.advert_times[i] - h.advert_times[i - 1];
        least = gap < least ? gap : least;
        most = gap > most ? gap : most;
    }
    assert_in_range(least, 25000, 25500);
    assert_in_range(most, 34500, 35000);
    assert_int_equal(h.responses, 0);
    assert_true(h.as_sent);
    assert_int_equal(h.rssi, -50);
    air_scan_stop(&scanner);
    assert_null(scanner);
    unsigned before = h.adverts;
    b.steps = 0;
    run(&b, 600000000);
    assert_int_equal(h.adverts, before);
    assert_true(b.steps < 10);
    bench_free(&b);
}

static void active_scanners_get_the_response_behind_the_advert(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    bench_advertise(&b);
    struct heard h = {.world = b.world};
    struct air_scanner *scanner = air_scan(b.air, true, 0, 0, on_report, &h);
    run(&b, 60000);
    assert_in_range(h.adverts, 1, 3);
    assert_int_equal(h.responses, h.adverts);
    assert_int_equal(h.response_time - h.advert_times[h.adverts - 1], 150 + 176 + 150 + 20 * 8);
    assert_true(h.as_sent);
    air_scan_stop(&scanner);
    bench_free(&b);
}

static void scanners_hear_only_what_falls_into_their_window(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    bench_advertise(&b);
    struct heard h = {.world = b.world};
    uint64_t start = sim_now(b.world);
    struct air_scanner *scanner = air_scan(b.air, false, 100000, 30000, on_report, &h);
    run(&b, 30000000);
    assert_in_range(h.adverts, 250, 350); /* 1000 sent, 30 % of them heard */
    for (unsigned i = 0; i < h.adverts; i++)
        assert_true((h.advert_times[i] - 152 - start) % 100000 < 30000);
    air_scan_stop(&scanner);
    bench_free(&b);
}

static void scanners_may_stop_inside_a_report(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    bench_advertise(&b);
    struct heard h = {.world = b.world};
    h.stop_at_once = air_scan(b.air, true, 0, 0, on_report, &h);
    run(&b, 1000000);
    assert_int_equal(h.adverts, 1);
    assert_int_equal(h.responses, 0);
    bench_free(&b);
}

static void initiators_connect_on_the_next_advert_of_their_peer(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    struct air_address stranger = device_address;
    stranger.type = 0;
    struct air_initiator *other = air_connect(b.air, &stranger, &dongle_address, 0, 0, &b.params,
                                              &able, &all_ops, on_connected, &b.central);
    bench_advertise(&b);
    run(&b, 1000000);
    assert_null(b.central.link);
    air_connect_stop(&other);
    bench_connect(&b);
    assert_int_equal(b.central.connected, 1);
    assert_true(sim_now(b.world) < 1000000 + 36000);
    struct air_link_state link;
    air_link_get(b.central.link, &link);
    assert_memory_equal(&link.peripheral, &device_address, sizeof(device_address));
    assert_memory_equal(&link.central, &dongle_address, sizeof(dongle_address));
    assert_int_equal(link.params.interval, 12);
    assert_int_equal(link.tx_octets[0] + link.tx_octets[1], 54);
    assert_int_equal(link.tx_phy[0] + link.tx_phy[1], 2);
    bench_free(&b);
}

static void connected_devices_no_longer_advertise(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    bench_connect(&b);
    struct heard h = {.world = b.world};
    struct air_scanner *scanner = air_scan(b.air, false, 0, 0, on_report, &h);
    run(&b, 1000000);
    assert_int_equal(h.adverts, 0);
    air_scan_stop(&scanner);
    bench_free(&b);
}

/* 256 KiB in write commands of 244 bytes must be cheap to simulate. */
static void whole_image_takes_few_steps(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    bench_connect(&b);
    use_length(&b);
    b.steps = 0;
    send_numbered(&b, AIR_CENTRAL, 0, 1075, 247);
    run(&b, 10000000);
    assert_int_equal(b.peripheral.received, 1075);
    assert_true(b.steps < 3000);
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_per_event_are_those_of_the_radio_model),
        cmocka_unit_test(exchange_times_are_those_of_the_radio_model),
        cmocka_unit_test(long_pdus_travel_in_pieces_of_the_data_length),
        cmocka_unit_test(sent_reports_all_of_an_event_at_its_end),
        cmocka_unit_test(answer_to_a_lone_request_takes_the_next_event),
        cmocka_unit_test(answers_share_an_event_that_is_open_anyway),
        cmocka_unit_test(loss_costs_time_but_neither_bytes_nor_order),
        cmocka_unit_test(same_seed_same_history),
        cmocka_unit_test(silent_end_is_missed_after_the_supervision_timeout),
        cmocka_unit_test(both_ends_may_vanish),
        cmocka_unit_test(leaving_a_silent_link_ends_as_the_own_wish),
        cmocka_unit_test(total_loss_ends_the_link_at_both_ends),
        cmocka_unit_test(orderly_end_tells_each_end_its_reason),
        cmocka_unit_test(new_parameters_are_in_force_six_intervals_later),
        cmocka_unit_test(peripheral_may_ask_for_parameters),
        cmocka_unit_test(two_updates_follow_each_other),
        cmocka_unit_test(data_length_is_the_lesser_of_both),
        cmocka_unit_test(unknown_data_length_procedure_leaves_27),
        cmocka_unit_test(procedures_hang_until_the_asked_end_answers),
        cmocka_unit_test(phy_stays_where_an_end_can_no_other),
        cmocka_unit_test(phy_requests_that_cross_leave_the_centrals),
        cmocka_unit_test(latency_delays_the_centrals_data_only),
        cmocka_unit_test(idle_links_cost_next_to_nothing),
        cmocka_unit_test(adverts_come_at_their_interval_plus_up_to_10_ms),
        cmocka_unit_test(active_scanners_get_the_response_behind_the_advert),
        cmocka_unit_test(scanners_hear_only_what_falls_into_their_window),
        cmocka_unit_test(scanners_may_stop_inside_a_report),
        cmocka_unit_test(initiators_connect_on_the_next_advert_of_their_peer),
        cmocka_unit_test(connected_devices_no_longer_advertise),
        cmocka_unit_test(whole_image_takes_few_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
