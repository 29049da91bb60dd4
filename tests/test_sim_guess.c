/* SPDX-License-Identifier: MIT */
/* What tells the dialects of dongles apart, and what a wrong guess does. */
#include "dialect_bench.h"

static const int apis[] = {2, 3, 5, 6};

static const char *version_get_of(int api)
{
    return api <= 3 ? "006601" : "006501";
}

static const char *not_enabled_of(int api)
{
    return api <= 3 ? "016601300000" : "016501300000";
}

static uint32_t restarts(struct host *h)
{
    struct sim_dongle_stats stats;
    sim_dongle_get_stats(h->dongle, &stats);
    return stats.restarts;
}

static void every_dialect_shows_its_softdevice(void **state)
{
    (void)state;
    static const struct {
        struct sim_dongle_config config;
        const char *response;
    } dongles[] = {
        {{.api = 2}, "0166000000000859008800"},
        {{.api = 3}, "0166000000000859009100"},
        {{.api = 3, .usb = true}, "0166000000000859009100"},
        {{.api = 5}, "016500000000095900a500"},
        {{.api = 5, .usb = true}, "016500000000095900a500"},
        {{.api = 6}, "016500000000095900b700"},
        {{.api = 6, .usb = true}, "016500000000095900b600"},
        {{.api = 2, .fwid = 0x87}, "0166000000000859008700"},
        {{.api = 6, .fwid = 0x1234}, "0165000000000959003412"},
    };
    for (size_t i = 0; i < sizeof(dongles) / sizeof(dongles[0]); i++) {
        int api = dongles[i].config.api;
        struct host *h = host_new(&dongles[i].config);
        start_link(h);
        ask(h, version_get_of(api), not_enabled_of(api));
        ask(h, enable_of(api), "016000000000");
        ask(h, version_get_of(api), dongles[i].response);
        host_free(h);
    }
}

static void there_is_no_usb_dongle_of_v2_and_no_v4(void **state)
{
    (void)state;
    struct sim_world *world = sim_world_new(1);
    struct air *air = air_new(world, NULL);
    assert_null(sim_dongle_new(world, air, &(struct sim_dongle_config){.api = 2, .usb = true}));
    assert_null(sim_dongle_new(world, air, &(struct sim_dongle_config){.api = 4}));
    air_free(&air);
    sim_world_free(&world);
}

static void only_v2_answers_the_first_config_at_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(apis) / sizeof(apis[0]); i++) {
        struct host *h = host_new(&(struct sim_dongle_config){.api = apis[i]});
        put_link(h, "017e");
        run(h, 2 * MS);
        put_link(h, "027d");
        put_link(h, "03fc11");
        run(h, 2 * MS);
        assert_int_equal(h->config_answers, apis[i] == 2);
        assert_int_equal(h->configs, apis[i] != 2);
        host_free(h);
    }
}

static void the_builds_have_periods_of_their_own(void **state)
{
    (void)state;
    static const struct {
        struct sim_dongle_config config;
        unsigned ms;
    } builds[] = {
        {{.api = 2}, 200},
        {{.api = 2, .baud = 115200}, 340},
        {{.api = 3}, 400},
        {{.api = 3, .baud = 115200}, 400},
        {{.api = 6, .usb = true}, 400},
    };
    for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++) {
        struct host *h = host_new(&builds[i].config);
        run(h, (builds[i].ms - 1) * MS);
        assert_int_equal(h->syncs, 0);
        run(h, 3 * MS);
        assert_int_equal(h->syncs, 1);
        run(h, builds[i].ms * MS);
        assert_int_equal(h->syncs, 2);
        host_free(h);
    }
}

/* Section 12.4: acknowledged, no response, then SYNC, and everything is forgotten. */
static void check_wrong_guess(int api, const char *request)
{
    struct host *h = host_of(api);
    ask(h, enable_of(api), "016000000000");
    uint32_t before = restarts(h);
    h->syncs = 0;
    if (!request_hex(h, request))
        fail_msg("v%d does not acknowledge %s", api, request);
    expect_nothing(h, 300 * MS);
    if (restarts(h) != before + 1)
        fail_msg("v%d survives %s", api, request);
    run(h, 300 * MS); /* 150 ms of silence, 200 or 400 ms until the first SYNC */
    assert_in_range(h->syncs, 1, 2);
    start_link(h);
    ask(h, version_get_of(api), not_enabled_of(api));
    ask(h, enable_of(api), "016000000000");
    host_free(h);
}

static void a_wrong_guess_restarts_the_chip_without_a_response(void **state)
{
    (void)state;
    static const struct {
        int api;
        const char *request;
    } guesses[] = {
        {2, "006501"},               /* VERSION_GET of v5, v6: UUID_ENCODE */
        {2, "0060"},                 /* ENABLE of v5, v6 */
        {2, ENABLE_V3_MTU247},       /* two fields too many */
        {2, "0069230000000101f700"}, /* CFG_SET: OPT_GET */
        {2, "009e0000f700"},         /* no such opcodes */
        {2, "008f0000010202"},
        {3, "006501"},
        {3, "0060"},
        {3, ENABLE_V2}, /* two fields too few */
        {3, "008f0000010202"},
        {3, "0090000001fb00fb000000000001"},
        {5, "006601"}, /* VERSION_GET of v2, v3: USER_MEM_REPLY */
        {5, "006000"}, /* ENABLE without parameters */
        {5, ENABLE_V2},
        {5, ENABLE_V3_MTU247},
        {5, SCAN_V6},
        {6, "006601"},
        {6, "006000"},
        {6, ENABLE_V2},
        {6, ENABLE_V3_MTU247},
        {6, SCAN_V3},
        {6, CONNECT_TAG_1},
    };
    for (size_t i = 0; i < sizeof(guesses) / sizeof(guesses[0]); i++)
        check_wrong_guess(guesses[i].api, guesses[i].request);
}

static void a_harmless_command_proves_in_every_dialect_that_a_dongle_listens(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(apis) / sizeof(apis[0]); i++) {
        struct host *h = host_of(apis[i]);
        ask(h, "0076ffff13", "017601300000");
        ask(h, enable_of(apis[i]), "016000000000");
        ask(h, "0076ffff13", "017602300000");
        assert_int_equal(restarts(h), 0);
        host_free(h);
    }
}

static void a_packet_above_the_limit_restarts_the_chip_without_an_ack(void **state)
{
    (void)state;
    static const uint8_t payload[PAYLOAD_MAX] = {0x03};
    for (size_t i = 0; i < sizeof(apis) / sizeof(apis[0]); i++) {
        struct host *h = host_of(apis[i]);
        bool acked = request(h, payload, 385);
        assert_int_equal(acked, apis[i] != 2);
        run(h, 10 * MS);
        assert_int_equal(restarts(h), 1); /* the others don't like the packet type */
        host_free(h);
    }
}

static void any_control_packet_restarts_a_v2_chip(void **state)
{
    (void)state;
    static const char *const packets[] = {"0500", "0501", "0507", "05"};
    struct sim_dongle_stats stats;
    struct host *h = host_of(2);
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        ask(h, ENABLE_V2, "016000000000");
        assert_true(request_hex(h, packets[i]));
        run(h, 200 * MS);
        start_link(h);
        ask(h, "006601", "016601300000");
    }
    sim_dongle_get_stats(h->dongle, &stats);
    assert_int_equal(stats.resets, 4);
    host_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dialect_shows_its_softdevice),
        cmocka_unit_test(there_is_no_usb_dongle_of_v2_and_no_v4),
        cmocka_unit_test(only_v2_answers_the_first_config_at_once),
        cmocka_unit_test(the_builds_have_periods_of_their_own),
        cmocka_unit_test(a_wrong_guess_restarts_the_chip_without_a_response),
        cmocka_unit_test(a_harmless_command_proves_in_every_dialect_that_a_dongle_listens),
        cmocka_unit_test(a_packet_above_the_limit_restarts_the_chip_without_an_ack),
        cmocka_unit_test(any_control_packet_restarts_a_v2_chip),
    };
    return cmocka_run_group_tests_name("sim_guess", tests, NULL, NULL);
}
