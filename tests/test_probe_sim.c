/* SPDX-License-Identifier: MIT
 * Every dongle, whatever the hint says: how long it takes to find out, and that links then run at
 * the MTU that the dialect allows. A wrong codec that falls back to 23 would be seen here. */
#include "test.h"

#include <stddef.h>
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
    uint64_t probed;            /* µs from the open port to the open central */
    uint32_t told;              /* what USB tells of where the firmware begins; 0 = no access */
    struct nordfu_port_ops ops; /* of a port that tells it */
};

/* The bench whose port is asked; a port knows only itself. */
static struct bench *asked;

static void tell(struct nordfu_port *self, struct nordfu_port_identity *identity)
{
    (void)self;
    *identity = (struct nordfu_port_identity){.vid = 0x1915,
                                              .pid = 0xC00A,
                                              .firmware = "ble-connectivity 4.1.4",
                                              .application = asked->told};
}

static const struct air_address address = {1, {0xD8, 0x4C, 0x97, 0x3B, 0x06, 0xDE}};

static int try_open(struct bench *b, const struct sim_dongle_config *dongle, int hint)
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
    memset(b, 0, offsetof(struct bench, told));
    b->world = sim_world_new(1);
    b->air = air_new(b->world, &(struct air_config){0});
    b->dongle = sim_dongle_new(b->world, b->air, dongle);
    b->device = sim_device_new(b->world, b->air, &device);
    assert_non_null(b->dongle);
    assert_int_equal(sim_port_new(&port, b->world, b->dongle, &b->error), 0);
    b->ops = *port->ops;
    b->ops.identify = b->told != 0 ? tell : NULL;
    port->ops = &b->ops;
    asked = b;
    uint64_t before = sim_now(b->world);
    int rc = nordfu_central_dongle_open(&b->central, &port, &options, &b->error);
    b->probed = sim_now(b->world) - before;
    return rc;
}

static void open_bench(struct bench *b, const struct sim_dongle_config *dongle, int hint)
{
    if (try_open(b, dongle, hint) != 0)
        fail_msg("v%d, hint %d: %s", dongle->api, hint, b->error.text);
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
    struct bench b = {.told = 0};
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

static uint32_t times_vanished(const struct sim_dongle_config *config, uint32_t told, int hint)
{
    struct bench b = {.told = told};
    open_bench(&b, config, hint);
    link_up(&b);
    uint32_t vanished = sim_dongle_vanished(b.dongle);
    assert_true(b.probed < 2 * NORDFU_SECOND);
    close_bench(&b);
    return vanished;
}

static void what_usb_tells_spares_the_wrong_guess(void **state)
{
    (void)state;
    static const struct sim_dongle_config v3 = {.api = 3, .usb = true},
                                          v5 = {.api = 5, .usb = true},
                                          v6 = {.api = 6, .usb = true};
    assert_int_equal(times_vanished(&v3, 0x1F000, 5), 0);
    assert_int_equal(times_vanished(&v5, 0x23000, 2), 0);
    assert_int_equal(times_vanished(&v6, 0x26000, 2), 0);
    /* A place that says nothing, and one that misleads. */
    assert_int_equal(times_vanished(&v5, 0x27000, 5), 0);
    assert_int_equal(times_vanished(&v3, 0x23000, 2), 1);
    assert_int_equal(times_vanished(&v6, 0x1F000, 6), 1);
}

/* A dongle whose SoftDevice is enabled already, since the client before was killed. */
static void second_client_finds_every_dongle_as_well(void **state)
{
    (void)state;
    static const struct nordfu_central_options options = {.api_hint = 0};
    static const struct sim_dongle_config configs[] = {
        {.api = 2},
        {.api = 3},
        {.api = 5, .usb = true},
        {.api = 6},
    };
    for (size_t i = 0; i < 4; i++) {
        struct bench b = {.told = 0};
        struct nordfu_port *port = NULL;
        open_bench(&b, &configs[i], configs[i].api);
        link_up(&b);
        nordfu_central_free(&b.central);
        assert_int_equal(sim_port_new(&port, b.world, b.dongle, &b.error), 0);
        uint64_t before = sim_now(b.world);
        assert_int_equal(nordfu_central_dongle_open(&b.central, &port, &options, &b.error), 0);
        assert_true(sim_now(b.world) - before < 2 * NORDFU_SECOND);
        link_up(&b);
        close_bench(&b);
    }
}

static void something_else_at_the_port_is_named(void **state)
{
    (void)state;
    static const struct {
        struct sim_dongle_config config;
        const char *says, *mends;
    } cases[] = {
        {{.api = 5, .firmware = SIM_FIRMWARE_SILENT}, "Nothing answers on", "program it"},
        {{.api = 5, .firmware = SIM_FIRMWARE_GARBAGE},
         "writes text answers on simulated dongle (\"[",
         "another port"},
        {{.api = 5, .firmware = SIM_FIRMWARE_ECHO}, "comes straight back", "another port"},
        {{.api = 5, .firmware = SIM_FIRMWARE_BOOTLOADER},
         "is in its DFU bootloader",
         "nrfutil dfu usb-serial -pkg connectivity_4.1.4_usb_with_s132_5.1.0_dfu_pkg.zip -p "},
        {{.api = 5, .fwid = 0x98}, "SoftDevice API v4 (S132 4.0.2)", "connectivity_4.1.4_"},
        {{.api = 2, .fwid = 0x67}, "SoftDevice API v1 (S130 1.0.0)", "connectivity_4.1.4_"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int usb = 0; usb <= (cases[i].config.api != 2); usb++) {
            struct bench b = {.told = 0};
            struct sim_dongle_config config = cases[i].config;
            config.usb = usb != 0;
            assert_int_equal(try_open(&b, &config, 0), NORDFU_ERR_DONGLE);
            print_message("%4llu ms: %s\n", (unsigned long long)b.probed / 1000, b.error.text);
            assert_non_null(strstr(b.error.text, cases[i].says));
            assert_non_null(strstr(b.error.text, cases[i].mends));
            assert_true(b.probed < 3 * NORDFU_SECOND);
            close_bench(&b);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dongle_is_recognised_within_two_seconds_whatever_the_hint),
        cmocka_unit_test(what_usb_tells_spares_the_wrong_guess),
        cmocka_unit_test(second_client_finds_every_dongle_as_well),
        cmocka_unit_test(something_else_at_the_port_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
