/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <time.h>

#include "fixture.h"
#include "sim/profile.h"

#define FIRMWARE_SIZE 40000 /* ten objects, the last one short */

static struct fixture_files files;

static void run(struct fixture *f)
{
    fixture_build(f);
    fixture_update(f);
}

static void an_application_is_updated(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    run(&f);
    fixture_assert_updated(&f);
    assert_int_equal(f.result.bytes, FIRMWARE_SIZE);
    assert_int_equal(f.result.resumed, 0);
    assert_int_equal(f.result.retries, 0);
    assert_int_equal(f.result.reconnects, 0);
    assert_int_equal(f.result.match, NORDFU_MATCH_GIVEN);
    assert_int_equal(f.result.link.mtu, 247);
    assert_int_equal(f.result.link.address.bytes[0], 0xD9);
    assert_true(f.result.transfer_time > 0 && f.result.transfer_time < f.result.total_time);
    assert_non_null(strstr(f.result.central, "v5"));
    assert_int_equal(fixture_event(&f, NORDFU_EVENT_FOUND)->match, NORDFU_MATCH_ADDRESS);
    assert_string_equal(fixture_event(&f, NORDFU_EVENT_FOUND)->text, "Thermo");
    assert_int_equal(fixture_event(&f, NORDFU_EVENT_IMAGE)->total, FIRMWARE_SIZE);
    assert_int_equal(f.events[f.event_count - 1].type, NORDFU_EVENT_DONE);
    fixture_free(&f);
}

static void a_bootloader_is_updated_by_its_applications_address(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    f.device_config.mode = SIM_MODE_BOOTLOADER;
    run(&f);
    fixture_assert_updated(&f);
    assert_int_equal(fixture_event(&f, NORDFU_EVENT_FOUND)->match, NORDFU_MATCH_PLUS_ONE);
    assert_null(fixture_event(&f, NORDFU_EVENT_JUMPING));
    fixture_free(&f);
}

static void a_bootloader_is_updated_by_its_own_address(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    f.device_config.mode = SIM_MODE_BOOTLOADER;
    f.options.address.bytes[0] = 0xD9;
    run(&f);
    fixture_assert_updated(&f);
    assert_int_equal(f.result.match, NORDFU_MATCH_ADDRESS);
    fixture_free(&f);
}

static void a_device_is_updated_by_its_address_in_every_form(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "DE063B974CD8",      "de063b974cd8",      "De063b974CD8",
        "DE:06:3B:97:4C:D8", "de:06:3b:97:4c:d8", "dE:06:3b:97:4C:d8",
        "DE-06-3B-97-4C-D8", "de-06-3b-97-4c-d8", "De-06-3B-97-4c-D8",
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct fixture f;
        fixture_init(&f, &files);
        memset(&f.options.address, 0, sizeof(f.options.address));
        fixture_check(nordfu_address_parse(&f.options.address, forms[i], &f.error), &f.error);
        run(&f);
        fixture_assert_updated(&f);
        assert_int_equal(fixture_event(&f, NORDFU_EVENT_FOUND)->match, NORDFU_MATCH_ADDRESS);
        assert_int_equal(f.result.match, NORDFU_MATCH_GIVEN);
        assert_int_equal(f.result.link.address.bytes[0], 0xD9);
        fixture_free(&f);
    }
}

/* The type that is read from a text is a guess; that in the advertisement counts. */
static void a_device_is_found_by_address_whatever_type_the_text_suggests(void **state)
{
    (void)state;
    for (uint8_t type = 0; type < 2; type++) {
        struct fixture f;
        fixture_init(&f, &files);
        f.device_config.address.type = type;
        f.options.address.type = !type;
        run(&f);
        fixture_assert_updated(&f);
        fixture_free(&f);
    }
}

static void a_device_is_found_by_name_in_either_mode(void **state)
{
    (void)state;
    static const struct {
        enum sim_device_mode mode;
        const char *name;
    } rows[] = {{SIM_MODE_APPLICATION, "Thermo"},
                {SIM_MODE_BOOTLOADER, "DfuTarg"},
                {SIM_MODE_BOOTLOADER, ""}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        fixture_init(&f, &files);
        f.device_config.mode = rows[i].mode;
        f.options.has_address = false;
        snprintf(f.options.name, sizeof(f.options.name), "%s", rows[i].name);
        run(&f);
        fixture_assert_updated(&f);
        assert_int_equal(fixture_event(&f, NORDFU_EVENT_FOUND)->match, NORDFU_MATCH_NAME);
        fixture_free(&f);
    }
}

static void an_address_of_ff_has_its_bootloader_at_00(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    f.device_config.address.bytes[0] = f.options.address.bytes[0] = 0xFF;
    run(&f);
    fixture_assert_updated(&f);
    assert_int_equal(f.result.link.address.bytes[0], 0x00);
    assert_int_equal(f.result.link.address.bytes[1], 0x4C);
    fixture_free(&f);
}

static void a_bootloader_that_keeps_its_address_is_found(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    f.device_config.same_address = true;
    f.device_config.set_name = SIM_SET_NAME_REFUSED;
    run(&f);
    fixture_assert_updated(&f);
    assert_int_equal(f.result.match, NORDFU_MATCH_ADDRESS);
    fixture_free(&f);
}

static void an_application_of_sdk_12_is_updated(void **state)
{
    (void)state;
    static const char *const chips[] = {"nrf51", "nrf52832"};
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        fixture_init(&f, &files);
        f.device_config.profile = sim_profile_find("sdk12");
        snprintf(f.device_config.chip, sizeof(f.device_config.chip), "%s", chips[i]);
        f.device_config.buttonless = SIM_BUTTONLESS_SDK12;
        run(&f);
        fixture_assert_updated(&f);
        assert_int_equal(f.result.match, NORDFU_MATCH_PLUS_ONE);
        assert_non_null(fixture_event(&f, NORDFU_EVENT_JUMPING));
        assert_null(strstr(f.notes, "name")); /* it was not asked for one */
        fixture_free(&f);
    }
}

static void phy_and_interval_are_as_wished(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    f.options.phy = 1;
    f.options.interval = 32;
    run(&f);
    fixture_assert_updated(&f);
    const struct nordfu_event *connected = fixture_event(&f, NORDFU_EVENT_CONNECTED);
    assert_int_equal(connected->link.tx_phy, 1);
    assert_int_equal(connected->link.interval, 32);
    fixture_free(&f);
}

static void the_same_seed_gives_the_same_time(void **state)
{
    (void)state;
    uint64_t durations[2];
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        fixture_init(&f, &files);
        f.seed = 77;
        f.air_config.loss = 0.05;
        run(&f);
        fixture_assert_updated(&f);
        durations[i] = f.duration;
        fixture_free(&f);
    }
    assert_int_equal(durations[0], durations[1]);
}

/* Whatever of MTU, data length and PHY is refused by whom: the update succeeds with what is in
 * force, and says so. */
static const struct refusal_row {
    const char *name;
    struct sim_dongle_config dongle;
    struct sim_device_config device; /* the radio habits only */
    uint16_t mtu;
} negotiation_rows[] = {
    {"MTU refused by the dongle with INVALID_PARAM", {.refuse_mtu = 7}, {.mtu = 0}, 23},
    {"MTU refused by the peer", {.api = 0}, {.refuse_mtu = true}, 23},
    {"MTU asked for by the peer first", {.api = 0}, {.ask_mtu_first = true}, 247},
    {"MTU asked for by the peer first and refused by the dongle",
     {.refuse_mtu = 7},
     {.ask_mtu_first = true},
     0},
    {"a small MTU of the peer", {.api = 0}, {.mtu = 65}, 65},
    {"data length refused by the dongle", {.refuse_length = 7}, {.mtu = 0}, 247},
    {"data length refused by the peer", {.api = 0}, {.refuse_length = true}, 247},
    {"data length asked for by the peer first", {.api = 0}, {.ask_length_first = true}, 247},
    {"PHY refused by the dongle", {.refuse_phy = 7}, {.mtu = 0}, 247},
    {"PHY refused by the peer", {.api = 0}, {.refuse_phy = true}, 247},
    {"PHY asked for by the peer first", {.api = 0}, {.ask_phy_first = true}, 247},
};

static void a_refused_negotiation_never_fails_an_update(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(negotiation_rows) / sizeof(negotiation_rows[0]); i++) {
        const struct refusal_row *row = &negotiation_rows[i];
        struct fixture f;
        fixture_init(&f, &files);
        f.dongle_config.refuse_mtu = row->dongle.refuse_mtu;
        f.dongle_config.refuse_length = row->dongle.refuse_length;
        f.dongle_config.refuse_phy = row->dongle.refuse_phy;
        f.device_config.mtu = row->device.mtu;
        f.device_config.refuse_mtu = row->device.refuse_mtu;
        f.device_config.ask_mtu_first = row->device.ask_mtu_first;
        f.device_config.refuse_length = row->device.refuse_length;
        f.device_config.refuse_phy = row->device.refuse_phy;
        f.device_config.ask_length_first = row->device.ask_length_first;
        f.device_config.ask_phy_first = row->device.ask_phy_first;
        run(&f);
        if (f.rc != 0 || (row->mtu != 0 && f.result.link.mtu != row->mtu))
            fail_msg("%s: %d %s (MTU %u)\n%s", row->name, f.rc, f.error.text, f.result.link.mtu,
                     f.notes);
        fixture_assert_updated(&f);
        fixture_free(&f);
    }
}

static void a_refused_mtu_is_said(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    f.dongle_config.refuse_mtu = 7;
    run(&f);
    fixture_assert_updated(&f);
    assert_non_null(strstr(f.notes, "MTU"));
    fixture_free(&f);
}

static void a_packet_lost_in_the_bootloaders_queue_is_sent_again(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    fixture_build(&f);
    sim_device_drop_packets(f.device, 40, 2);
    fixture_update(&f);
    fixture_assert_updated(&f);
    assert_int_equal(f.result.retries, 1);
    assert_non_null(strstr(f.notes, "lost in the device"));
    fixture_free(&f);
}

static void nothing_is_lost_in_an_ordinary_bootloader_at_any_mtu(void **state)
{
    (void)state;
    static const uint16_t mtus[] = {23, 65, 131, 185, 247};
    for (size_t i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
        struct fixture f;
        struct bootloader_stats stats;
        fixture_init(&f, &files);
        f.options.mtu = mtus[i];
        run(&f);
        fixture_assert_updated(&f);
        sim_device_get_stats(f.device, &stats);
        assert_int_equal(stats.packets_lost, 0);
        assert_int_equal(f.result.link.mtu, mtus[i]);
        fixture_free(&f);
    }
}

static void a_device_that_is_off_is_not_found(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    f.device_config.mode = SIM_MODE_OFF;
    run(&f);
    assert_int_equal(f.rc, NORDFU_ERR_NOT_FOUND);
    assert_non_null(strstr(f.error.text, "was heard in 10 s"));
    assert_true(f.duration < 15 * NORDFU_SECOND);
    fixture_free(&f);
}

static void nothing_on_the_port_is_a_dongle_error(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    f.dongle_config.silent = true;
    run(&f);
    assert_int_equal(f.rc, NORDFU_ERR_DONGLE);
    assert_true(f.duration < 15 * NORDFU_SECOND);
    fixture_free(&f);
}

static void unplug(void *context)
{
    sim_dongle_unplug(context);
}

static void a_dongle_unplugged_in_the_middle_is_a_port_error(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    fixture_build(&f);
    sim_device_on_bytes(f.device, 20000, unplug, f.dongle);
    fixture_update(&f);
    assert_int_equal(f.rc, NORDFU_ERR_PORT);
    fixture_free(&f);
}

static void cut_for_a_moment(void *context)
{
    sim_device_cut_link(context, 300 * NORDFU_MS);
}

static void a_link_cut_in_the_middle_is_resumed(void **state)
{
    (void)state;
    for (uint32_t bytes = 500; bytes < FIRMWARE_SIZE; bytes += 4500) {
        struct fixture f;
        fixture_init(&f, &files);
        fixture_build(&f);
        sim_device_on_bytes(f.device, bytes, cut_for_a_moment, f.device);
        fixture_update(&f);
        fixture_assert_updated(&f);
        assert_int_equal(f.result.reconnects, 1);
        assert_int_equal(f.result.bytes, FIRMWARE_SIZE);
        fixture_free(&f);
    }
}

static void power_off(void *context)
{
    sim_device_power_off(context);
}

static void a_rerun_after_the_link_was_cut_for_good_goes_on(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    fixture_build(&f);
    sim_device_on_bytes(f.device, 20000, power_off, f.device);
    fixture_update(&f);
    assert_int_equal(f.rc, NORDFU_ERR_LINK);
    assert_non_null(strstr(f.error.text, "not found again"));
    assert_true(f.result.bytes >= 16384);
    sim_device_power_on(f.device);
    fixture_target(&f);
    fixture_update(&f);
    fixture_assert_updated(&f);
    fixture_free(&f);
}

static void cut_for_a_while(void *context)
{
    sim_device_cut_link(context, 30 * NORDFU_SECOND);
}

static void a_rerun_with_the_applications_address_resumes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    fixture_build(&f);
    sim_device_on_bytes(f.device, 20000, cut_for_a_while, f.device);
    fixture_update(&f);
    assert_int_equal(f.rc, NORDFU_ERR_LINK);
    sim_run_until(f.world, sim_now(f.world) + 30 * NORDFU_SECOND);
    assert_int_equal(sim_device_mode(f.device), SIM_MODE_BOOTLOADER);
    fixture_target(&f);
    fixture_update(&f);
    fixture_assert_updated(&f);
    assert_in_range(f.result.resumed, 16384, 20480);
    assert_int_equal(f.result.resumed + f.result.bytes, FIRMWARE_SIZE);
    assert_int_equal(fixture_event(&f, NORDFU_EVENT_FOUND)->match, NORDFU_MATCH_PLUS_ONE);
    fixture_free(&f);
}

static void cancel(void *context)
{
    nordfu_target_cancel(context);
}

static void a_cancelled_update_is_resumed_by_a_rerun(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    fixture_build(&f);
    sim_device_on_bytes(f.device, 20000, cancel, f.target);
    fixture_update(&f);
    assert_int_equal(f.rc, NORDFU_ERR_CANCELLED);
    fixture_target(&f);
    fixture_update(&f);
    fixture_assert_updated(&f);
    assert_in_range(f.result.resumed, 16384, 20480);
    /* The link was ended cleanly: nothing had to wait for a supervision timeout. */
    assert_true(f.duration < 10 * NORDFU_SECOND);
    fixture_free(&f);
}

static void a_cancel_beforehand_ends_the_next_update(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    fixture_build(&f);
    nordfu_target_cancel(f.target);
    fixture_update(&f);
    assert_int_equal(f.rc, NORDFU_ERR_CANCELLED);
    fixture_free(&f);
}

static void dawdle(void *context, const struct nordfu_event *event)
{
    bool *slept = context;
    if (event->type != NORDFU_EVENT_PROGRESS || *slept)
        return;
    *slept = true;
    nanosleep(&(struct timespec){.tv_sec = 3}, NULL);
}

static void a_callback_that_takes_three_seconds_delays_nothing(void **state)
{
    (void)state;
    uint64_t durations[2];
    for (int i = 0; i < 2; i++) {
        bool slept = i == 0;
        struct fixture f;
        struct sim_dongle_stats stats;
        fixture_init(&f, &files);
        f.callback = dawdle;
        f.callback_context = &slept;
        run(&f);
        fixture_assert_updated(&f);
        assert_true(slept);
        sim_dongle_get_stats(f.dongle, &stats);
        assert_int_equal(stats.restarts, 0);
        /* Nothing but progress was left out, and the order is kept. */
        assert_int_equal(f.events[f.event_count - 1].type, NORDFU_EVENT_DONE);
        for (size_t j = 1; j < f.event_count; j++)
            assert_true(f.events[j].time >= f.events[j - 1].time);
        durations[i] = f.duration;
        fixture_free(&f);
    }
    assert_int_equal(durations[0], durations[1]);
}

static void a_connect_delay_is_waited(void **state)
{
    (void)state;
    uint64_t durations[2];
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        fixture_init(&f, &files);
        f.options.connect_delay_ms = i == 0 ? 0 : 2000;
        run(&f);
        fixture_assert_updated(&f);
        durations[i] = f.duration;
        fixture_free(&f);
    }
    assert_in_range(durations[1] - durations[0], 3900000, 4300000); /* two links */
}

static void a_target_from_a_port_serves_once(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    run(&f);
    fixture_assert_updated(&f);
    fixture_update(&f);
    assert_int_equal(f.rc, NORDFU_ERR_USAGE);
    fixture_free(&f);
}

static void an_mtu_out_of_range_is_a_usage_error(void **state)
{
    (void)state;
    static const uint16_t mtus[] = {1, 22, 248};
    for (size_t i = 0; i < 3; i++) {
        struct fixture f;
        fixture_init(&f, &files);
        f.options.mtu = mtus[i];
        run(&f);
        assert_int_equal(f.rc, NORDFU_ERR_USAGE);
        fixture_free(&f);
    }
}

static void an_address_without_a_port_is_a_usage_error(void **state)
{
    (void)state;
    struct nordfu_target *target;
    struct nordfu_error error;
    assert_int_equal(nordfu_target_open(&target, "", NULL, &error), NORDFU_ERR_USAGE);
    assert_int_equal(nordfu_target_open(&target, "dongle:", NULL, &error), NORDFU_ERR_USAGE);
    assert_null(target);
    assert_int_equal(nordfu_target_open(&target, "dongle:/nowhere/port", NULL, &error), 0);
    struct nordfu_package *package;
    fixture_check(nordfu_package_open(&package, files.package, &error), &error);
    assert_int_equal(nordfu_target_update(target, package, NULL, NULL, NULL, NULL, &error),
                     NORDFU_ERR_PORT);
    nordfu_package_free(&package);
    nordfu_target_free(&target);
    assert_null(target);
}

static int set_up(void **state)
{
    (void)state;
    files_new(&files, FIRMWARE_SIZE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    files_free(&files);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_application_is_updated),
        cmocka_unit_test(a_bootloader_is_updated_by_its_applications_address),
        cmocka_unit_test(a_bootloader_is_updated_by_its_own_address),
        cmocka_unit_test(a_device_is_updated_by_its_address_in_every_form),
        cmocka_unit_test(a_device_is_found_by_address_whatever_type_the_text_suggests),
        cmocka_unit_test(a_device_is_found_by_name_in_either_mode),
        cmocka_unit_test(an_address_of_ff_has_its_bootloader_at_00),
        cmocka_unit_test(a_bootloader_that_keeps_its_address_is_found),
        cmocka_unit_test(an_application_of_sdk_12_is_updated),
        cmocka_unit_test(phy_and_interval_are_as_wished),
        cmocka_unit_test(the_same_seed_gives_the_same_time),
        cmocka_unit_test(a_refused_negotiation_never_fails_an_update),
        cmocka_unit_test(a_refused_mtu_is_said),
        cmocka_unit_test(a_packet_lost_in_the_bootloaders_queue_is_sent_again),
        cmocka_unit_test(nothing_is_lost_in_an_ordinary_bootloader_at_any_mtu),
        cmocka_unit_test(a_device_that_is_off_is_not_found),
        cmocka_unit_test(nothing_on_the_port_is_a_dongle_error),
        cmocka_unit_test(a_dongle_unplugged_in_the_middle_is_a_port_error),
        cmocka_unit_test(a_link_cut_in_the_middle_is_resumed),
        cmocka_unit_test(a_rerun_after_the_link_was_cut_for_good_goes_on),
        cmocka_unit_test(a_rerun_with_the_applications_address_resumes),
        cmocka_unit_test(a_cancelled_update_is_resumed_by_a_rerun),
        cmocka_unit_test(a_cancel_beforehand_ends_the_next_update),
        cmocka_unit_test(a_callback_that_takes_three_seconds_delays_nothing),
        cmocka_unit_test(a_connect_delay_is_waited),
        cmocka_unit_test(a_target_from_a_port_serves_once),
        cmocka_unit_test(an_mtu_out_of_range_is_a_usage_error),
        cmocka_unit_test(an_address_without_a_port_is_a_usage_error),
    };
    return cmocka_run_group_tests_name("update", tests, set_up, tear_down);
}
