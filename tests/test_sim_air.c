/* SPDX-License-Identifier: MIT */
#include "air_bench.h"

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
        bench_init(&b, 5, 12, 0);
        bench_connect(&b);
        use_length(&b);
        air_set_loss(b.air, lossy ? 0.3 : 0);
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
    /* A loss ends the event: of 4 exchanges, 0.7 + 0.7^2 + 0.7^3 + 0.7^4 = 1.77 go well; 4 / 1.77 =
     * 2.26. */
    assert_in_range(ends[1] * 100 / ends[0], 190, 265);
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

/* Radio failure from the first packet on: reason 3E after six intervals, not a supervision timeout.
 */
static void link_that_is_never_heard_is_not_established(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    bench_connect(&b);
    uint64_t before = sim_now(b.world);
    air_set_loss(b.air, 1);
    run(&b, 1000000);
    assert_int_equal(b.central.reason, 0x3E);
    assert_int_equal(b.peripheral.reason, 0x3E);
    assert_in_range(b.central.closed_time, before + 75000, before + 8 * 15000);
    bench_free(&b);
}

static void link_whose_peripheral_vanishes_at_once_is_not_established(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 12, 0);
    bench_connect(&b);
    uint64_t before = sim_now(b.world);
    air_vanish(b.peripheral.link, AIR_PERIPHERAL);
    run(&b, 1000000);
    assert_int_equal(b.central.reason, 0x3E);
    assert_int_equal(b.peripheral.closed, 0);
    assert_in_range(b.central.closed_time, before + 75000, before + 8 * 15000);
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
        cmocka_unit_test(link_that_is_never_heard_is_not_established),
        cmocka_unit_test(link_whose_peripheral_vanishes_at_once_is_not_established),
        cmocka_unit_test(orderly_end_tells_each_end_its_reason),
        cmocka_unit_test(latency_delays_the_centrals_data_only),
        cmocka_unit_test(idle_links_cost_next_to_nothing),
        cmocka_unit_test(whole_image_takes_few_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
