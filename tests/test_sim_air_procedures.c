/* SPDX-License-Identifier: MIT */
#include "air_bench.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_parameters_are_in_force_six_intervals_later),
        cmocka_unit_test(peripheral_may_ask_for_parameters),
        cmocka_unit_test(two_updates_follow_each_other),
        cmocka_unit_test(data_length_is_the_lesser_of_both),
        cmocka_unit_test(unknown_data_length_procedure_leaves_27),
        cmocka_unit_test(procedures_hang_until_the_asked_end_answers),
        cmocka_unit_test(phy_stays_where_an_end_can_no_other),
        cmocka_unit_test(phy_requests_that_cross_leave_the_centrals),
        cmocka_unit_test(adverts_come_at_their_interval_plus_up_to_10_ms),
        cmocka_unit_test(active_scanners_get_the_response_behind_the_advert),
        cmocka_unit_test(scanners_hear_only_what_falls_into_their_window),
        cmocka_unit_test(scanners_may_stop_inside_a_report),
        cmocka_unit_test(initiators_connect_on_the_next_advert_of_their_peer),
        cmocka_unit_test(connected_devices_no_longer_advertise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
