/* SPDX-License-Identifier: MIT
 * Every dongle, whatever the hint says: how long it takes to find out, and that links then run at
 * the MTU that the dialect allows. A wrong codec that falls back to 23 would be seen here. */
#include "test.h"

#include <stdio.h>

#include "nordfu/central.h"
#include "nordfu/port.h"
#include "sim/device.h"
#include "sim/port_sim.h"

struct bench {
    struct sim_world *world;
    struct air *air;
    struct sim_dongle *dongle;
    struct sim_device *device;
    struct nordfu_central *central;
    struct nordfu_error error;
    uint64_t probed; /* µs from the open port to the open central */
};

static const struct air_address address = {1, {0xD8, 0x4C, 0x97, 0x3B, 0x06, 0xDE}};

static void open_bench(struct bench *b, const struct sim_dongle_config *dongle, int hint)
{
    const struct nordfu_central_options options = {.api_hint = hint};
    struct sim_device_config device = {.name = "Thermo",
                                       .mode = SIM_MODE_APPLICATION,
                                       .buttonless = SIM_BUTTONLESS_UNBONDED,
                                       .hw_version = 52,
                                       .softdevice = 0xCA,
                                       .app_version = 1,
                                       .address = address};
    struct nordfu_port *port = NULL;
    memset(b, 0, sizeof(*b));
    b->world = sim_world_new(1);
    b->air = air_new(b->world, &(struct air_config){0});
    b->dongle = sim_dongle_new(b->world, b->air, dongle);
    b->device = sim_device_new(b->world, b->air, &device);
    assert_non_null(b->dongle);
    assert_int_equal(sim_port_new(&port, b->world, b->dongle, &b->error), 0);
    uint64_t before = sim_now(b->world);
    if (nordfu_central_dongle_open(&b->central, &port, &options, &b->error) != 0)
        fail_msg("v%d, hint %d: %s", dongle->api, hint, b->error.text);
    b->probed = sim_now(b->world) - before;
}

static void close_bench(struct bench *b)
{
    nordfu_central_free(&b->central);
    sim_device_free(&b->device);
    sim_dongle_free(&b->dongle);
    air_free(&b->air);
    sim_world_free(&b->world);
}

static const struct nordfu_link *link_up(struct bench *b)
{
    struct nordfu_connect_wish wish = {
        .address.type = address.type, .mtu = 247, .data_length = 251, .phy = 2};
    memcpy(wish.address.bytes, address.bytes, sizeof(wish.address.bytes));
    if (nordfu_central_connect(b->central, &wish, sim_now(b->world) + 10 * NORDFU_SECOND,
                               &b->error) != 0)
        fail_msg("%s", b->error.text);
    return nordfu_central_link(b->central);
}

static void check(const struct sim_dongle_config *config, int hint, uint16_t mtu)
{
    struct bench b;
    char api[8];
    open_bench(&b, config, hint);
    const struct nordfu_link *link = link_up(&b);
    print_message("v%d %-4s hint %d: %4llu ms, MTU %3u, %3u octets, PHY %uM\n", config->api,
                  config->usb ? "USB" : "UART", hint, (unsigned long long)b.probed / 1000,
                  link->mtu, link->tx_octets, link->tx_phy);
    snprintf(api, sizeof(api), "API v%d", config->api);
    assert_non_null(strstr(b.central->description, api));
    assert_true(b.probed < 2 * NORDFU_SECOND);
    assert_int_equal(link->mtu, mtu);
    assert_int_equal(link->tx_octets, mtu == 23 ? 27 : 251);
    assert_int_equal(link->tx_phy, config->api >= 5 ? 2 : 1);
    assert_true(link->characteristic_count > 0);
    close_bench(&b);
}

static void every_dongle_is_recognised_within_two_seconds_whatever_the_hint(void **state)
{
    (void)state;
    static const struct {
        struct sim_dongle_config config;
        uint16_t mtu;
    } dongles[] = {
        {{.api = 2}, 23},
        {{.api = 3}, 247},
        {{.api = 5}, 247},
        {{.api = 6}, 247},
        {{.api = 3, .usb = true}, 247},
        {{.api = 5, .usb = true}, 247},
        {{.api = 6, .usb = true}, 247},
    };
    static const int hints[] = {0, 2, 3, 5, 6};
    for (size_t i = 0; i < sizeof(dongles) / sizeof(dongles[0]); i++) {
        for (size_t j = 0; j < sizeof(hints) / sizeof(hints[0]); j++)
            check(&dongles[i].config, hints[j], dongles[i].mtu);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dongle_is_recognised_within_two_seconds_whatever_the_hint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
