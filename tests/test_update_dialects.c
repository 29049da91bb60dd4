/* SPDX-License-Identifier: MIT
 * Whole updates over every dongle, whatever chip -ic names: how long it takes until the dongle is
 * known, and how fast the update then is. */
#include "test.h"

#include "fixture.h"

#define FIRMWARE_SIZE 20000

static struct fixture_files files;

static void update(struct fixture *f, int hint)
{
    const struct nordfu_target_options options = {.api_hint = hint};
    struct nordfu_port *port;
    fixture_build(f);
    nordfu_target_free(&f->target);
    fixture_check(sim_port_new(&port, f->world, f->dongle, &f->error), &f->error);
    fixture_check(nordfu_target_open_port(&f->target, &port, &options, &f->error), &f->error);
    fixture_update(f);
}

static void check(int api, bool usb, int hint, double least_speed)
{
    struct fixture f;
    char name[8];
    fixture_init(&f, &files);
    f.dongle_config.api = api;
    f.dongle_config.usb = usb;
    update(&f, hint);
    fixture_assert_updated(&f);
    const struct nordfu_event *dongle = fixture_event(&f, NORDFU_EVENT_DONGLE);
    const struct nordfu_link *link = &f.result.link;
    double speed = FIRMWARE_SIZE * 1e3 / (double)f.result.transfer_time;
    snprintf(name, sizeof(name), "API v%d", api);
    print_message("%s %-4s hint %d: dongle known after %4llu ms, MTU %3u, %3u octets, PHY %uM, "
                  "%4.1f kB/s\n",
                  name, usb ? "USB" : "UART", hint, (unsigned long long)dongle->time / 1000,
                  link->mtu, link->tx_octets, link->tx_phy, speed);
    assert_non_null(strstr(f.result.central, name));
    assert_true(dongle->time < 2 * NORDFU_SECOND); /* the world began at 0 */
    /* What the dialect allows, and nothing less. */
    assert_int_equal(link->mtu, api == 2 ? 23 : 247);
    assert_int_equal(link->tx_octets, api == 2 ? 27 : 251);
    assert_int_equal(link->tx_phy, api >= 5 ? 2 : 1);
    assert_true(speed > least_speed);
    assert_int_equal(f.result.retries, 0);
    assert_int_equal(f.result.reconnects, 0);
    /* v2 says why it is slow; the others have nothing to say. */
    if (api == 2)
        assert_non_null(strstr(f.notes, "MTU of 23"));
    else
        assert_string_equal(f.notes, "");
    fixture_free(&f);
}

static void every_dongle_updates_a_device_whatever_the_hint(void **state)
{
    (void)state;
    static const struct {
        int api;
        bool usb;
        double least_speed; /* kB/s */
    } dongles[] = {{2, false, 4}, {3, false, 10}, {5, false, 10}, {6, false, 10},
                   {3, true, 10}, {5, true, 10},  {6, true, 10}};
    static const int hints[] = {0, 2, 5};
    for (size_t i = 0; i < sizeof(dongles) / sizeof(dongles[0]); i++) {
        for (size_t j = 0; j < sizeof(hints) / sizeof(hints[0]); j++)
            check(dongles[i].api, dongles[i].usb, hints[j], dongles[i].least_speed);
    }
}

/* An MTU that was asked for is no reason for a remark. */
static void wish_for_a_small_mtu_is_met_without_a_word(void **state)
{
    (void)state;
    for (int api = 2; api <= 6; api += api == 3 ? 2 : 1) {
        struct fixture f;
        fixture_init(&f, &files);
        f.dongle_config.api = api;
        f.options.mtu = 23;
        update(&f, 0);
        fixture_assert_updated(&f);
        assert_int_equal(f.result.link.mtu, 23);
        assert_string_equal(f.notes, "");
        fixture_free(&f);
    }
}

/* As it happens to a USB dongle that gets too little power: the port vanishes in the middle. */
static void dongle_that_is_unplugged_is_no_riddle(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    f.dongle_config = (struct sim_dongle_config){.api = 6, .usb = true};
    fixture_build(&f);
    sim_dongle_unplug(f.dongle);
    fixture_update(&f);
    assert_int_equal(f.rc, NORDFU_ERR_PORT);
    assert_non_null(strstr(f.error.text, "unplugged"));
    assert_true(f.duration < 6 * NORDFU_SECOND);
    fixture_free(&f);
}

static int make_files(void **state)
{
    (void)state;
    files_new(&files, FIRMWARE_SIZE);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    files_free(&files);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dongle_updates_a_device_whatever_the_hint),
        cmocka_unit_test(wish_for_a_small_mtu_is_met_without_a_word),
        cmocka_unit_test(dongle_that_is_unplugged_is_no_riddle),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
