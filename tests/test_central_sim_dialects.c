/* SPDX-License-Identifier: MIT
 * The dongle central against the simulator, on every dialect: scan, connect, discover, write,
 * listen. */
#include "test.h"

#include "central_sim_bench.h"

/* A control point that answers, and a packet characteristic that takes what it is given, in order
 * and as fast as it goes. */
static void exchange_with_bootloader(struct setup *s)
{
    uint8_t answer[20], value[244] = {0};
    uint16_t handle;
    struct sim_dongle_stats stats;
    const struct nordfu_link *link = nordfu_central_link(s->central);
    const struct nordfu_characteristic point = *find(s, &control_point);
    const struct nordfu_characteristic data = *find(s, &packet);
    assert_int_equal(nordfu_central_subscribe(s->central, &point, in(s, 1000), &s->error), 0);
    assert_int_equal(
        nordfu_central_write(s->central, point.value_handle, "\x06\x01", 2, in(s, 1000), &s->error),
        0);
    assert_in_range(
        nordfu_central_receive(s->central, &handle, answer, sizeof(answer), in(s, 1000), &s->error),
        3, 20);
    assert_memory_equal(answer, "\x60\x06\x01", 3);
    assert_int_equal(handle, point.value_handle);
    size_t size = link->mtu - 3u;
    uint64_t before = sim_now(s->world);
    for (int i = 0; i < 100; i++)
        assert_int_equal(nordfu_central_write_command(s->central, data.value_handle, value, size,
                                                      in(s, 1000), &s->error),
                         0);
    uint64_t took = sim_now(s->world) - before;
    sim_dongle_get_stats(s->dongle, &stats);
    assert_int_equal(stats.queue_full, 0);
    print_message("API v%d: MTU %u, %u octets, PHY %uM, %.2f ms, write commands: %.1f kB/s\n",
                  s->dongle_config.api, link->mtu, link->tx_octets, link->tx_phy,
                  link->interval * 1.25, 100e3 * (double)size / (double)took);
}

static void works(struct setup *s, int api)
{
    s->dongle_config.api = api;
    jump(s);
    const struct nordfu_link *link = nordfu_central_link(s->central);
    assert_int_equal(link->mtu, api == 2 ? 23 : 247);
    assert_int_equal(link->tx_octets, api == 2 ? 27 : 251);
    assert_int_equal(link->tx_phy, api >= 5 ? 2 : 1);
    exchange_with_bootloader(s);
    assert_int_equal(nordfu_central_disconnect(s->central, in(s, 1000), &s->error), 0);
    assert_null(nordfu_central_link(s->central));
    /* One note at most: what v2 lacks is said once, not for every link. */
    const char *note = strstr(s->notes, "knows only an MTU of 23");
    assert_true((note != NULL) == (api == 2));
    assert_true(note == NULL || strstr(note + 1, "knows only") == NULL);
    assert_int_equal(restarts(s), api == 3 ? 1 : 0);
}

static void v2_dongle_scans_connects_writes_and_listens(void **state)
{
    works(*state, 2);
}

static void v3_dongle_scans_connects_writes_and_listens(void **state)
{
    works(*state, 3);
}

static void v5_dongle_scans_connects_writes_and_listens(void **state)
{
    works(*state, 5);
}

static void v6_dongle_scans_connects_writes_and_listens(void **state)
{
    works(*state, 6);
}

static bool all_seen(void *context, const struct nordfu_advert *advert)
{
    struct setup *s = context;
    if (advert->address.bytes[1] >= 8 || advert->scan_response)
        return false;
    s->seen |= 1u << advert->address.bytes[1];
    return s->seen == 0xFF;
}

/* v6 stands still after every report. */
static void every_dongle_sees_all_of_many_devices(void **state)
{
    struct setup *s = *state;
    struct sim_device *more[8] = {NULL};
    s->device_config.address.bytes[1] = 8;
    for (int api = 2; api <= 6; api += api == 3 ? 2 : 1) {
        s->dongle_config.api = api;
        s->seen = 0;
        assert_int_equal(open_central(s), 0);
        for (uint8_t i = 0; i < 8; i++) {
            s->device_config.address.bytes[1] = i;
            more[i] = sim_device_new(s->world, s->air, &s->device_config);
        }
        assert_int_equal(nordfu_central_scan(s->central, all_seen, s, in(s, 5000), &s->error), 0);
        nordfu_central_free(&s->central);
        for (size_t i = 0; i < 8; i++)
            sim_device_free(&more[i]);
        sim_device_free(&s->device);
        sim_dongle_free(&s->dongle);
        s->device_config.address.bytes[1] = 8;
    }
}

static void serves(struct setup *s, int api)
{
    s->dongle_config.api = api;
    s->device_config.ask_mtu_first = true;
    s->device_config.ask_length_first = true;
    s->device_config.ask_phy_first = true;
    const struct nordfu_link *link = link_up(s);
    assert_int_equal(link->mtu, api == 2 ? 23 : 247);
    assert_int_equal(link->tx_octets, api == 2 ? 27 : 251);
    assert_int_equal(link->tx_phy, api >= 5 ? 2 : 1);
    /* Nothing hangs: a procedure left unanswered would end the link. */
    assert_int_equal(nordfu_central_wait(s->central, in(s, 60000), &s->error), 0);
    assert_int_equal(restarts(s), api == 3 ? 1 : 0);
}

static void peer_that_asks_for_everything_first_is_served(void **state)
{
    serves(*state, 5);
}

static void peer_that_asks_a_v2_dongle_first_is_served(void **state)
{
    serves(*state, 2);
}

static void peer_that_asks_a_v3_dongle_first_is_served(void **state)
{
    serves(*state, 3);
}

static void peer_that_asks_a_v6_dongle_first_is_served(void **state)
{
    serves(*state, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(v2_dongle_scans_connects_writes_and_listens),
        TEST(v3_dongle_scans_connects_writes_and_listens),
        TEST(v5_dongle_scans_connects_writes_and_listens),
        TEST(v6_dongle_scans_connects_writes_and_listens),
        TEST(every_dongle_sees_all_of_many_devices),
        TEST(peer_that_asks_for_everything_first_is_served),
        TEST(peer_that_asks_a_v2_dongle_first_is_served),
        TEST(peer_that_asks_a_v3_dongle_first_is_served),
        TEST(peer_that_asks_a_v6_dongle_first_is_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
