/* SPDX-License-Identifier: MIT
 * Whole updates while things go wrong at every point: cuts, bad air, power loss, slow flash,
 * bootloaders of other habits. */
#include "test.h"

#include "fixture.h"
#include "sim/profile.h"

#define FIRMWARE_SIZE 14000 /* four objects */

static struct fixture_files files;

static void cut(void *context)
{
    sim_device_cut_link(context, 200 * NORDFU_MS);
}

/* One update with the link cut after `bytes` bytes of data packets. */
static void cut_at(const struct sim_profile *profile, uint32_t bytes)
{
    struct fixture f;
    fixture_init(&f, &files);
    f.device_config.profile = profile;
    fixture_build(&f);
    sim_device_on_bytes(f.device, bytes, cut, f.device);
    fixture_update(&f);
    if (f.rc != 0)
        fail_msg("cut after %u bytes: %s\n%s", bytes, f.error.text, f.notes);
    fixture_assert_updated(&f);
    assert_int_equal(f.result.reconnects, 1);
    fixture_free(&f);
}

static void a_cut_at_any_packet_is_resumed(void **state)
{
    (void)state;
    for (uint32_t bytes = 100; bytes < FIRMWARE_SIZE; bytes += 244)
        cut_at(NULL, bytes);
}

static void a_cut_at_any_packet_is_resumed_by_a_bootloader_that_rounds(void **state)
{
    (void)state;
    struct sim_profile profile = *sim_profile_find("sdk17");
    profile.rounds_offset = true;
    for (uint32_t bytes = 100; bytes < FIRMWARE_SIZE; bytes += 244)
        cut_at(&profile, bytes);
    profile.reexecute_denied = false;
    for (uint32_t bytes = 100; bytes < FIRMWARE_SIZE; bytes += 977)
        cut_at(&profile, bytes);
}

static void bad_air_costs_time_only(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct fixture f;
        fixture_init(&f, &files);
        f.seed = seed;
        f.air_config.loss = 0.02 * (double)seed;
        fixture_build(&f);
        fixture_update(&f);
        if (f.rc != 0)
            fail_msg("seed %u: %s\n%s", (unsigned)seed, f.error.text, f.notes);
        fixture_assert_updated(&f);
        fixture_free(&f);
    }
}

static void slower_flash_is_learned_once(void **state)
{
    (void)state;
    struct sim_profile profile = *sim_profile_find("sdk17");
    profile.erase_us = 130000; /* worse than any nRF52's */
    profile.write_us = 100;
    static const uint16_t mtus[] = {247, 23};
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        fixture_init(&f, &files);
        f.device_config.profile = &profile;
        f.options.mtu = mtus[i];
        fixture_build(&f);
        fixture_update(&f);
        fixture_assert_updated(&f);
        assert_in_range(f.result.retries, 0, 2);
        fixture_free(&f);
    }
}

static void drops_in_every_object_are_mended(void **state)
{
    (void)state;
    for (uint32_t skip = 0; skip < 58; skip += 3) {
        struct fixture f;
        fixture_init(&f, &files);
        fixture_build(&f);
        sim_device_drop_packets(f.device, skip, 1 + skip % 4);
        fixture_update(&f);
        fixture_assert_updated(&f);
        assert_in_range(f.result.retries, 1, 2);
        fixture_free(&f);
    }
}

static void packets_that_never_arrive_end_in_a_transfer_error(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    fixture_build(&f);
    sim_device_drop_packets(f.device, 20, 1000000);
    fixture_update(&f);
    assert_int_equal(f.rc, NORDFU_ERR_TRANSFER);
    assert_non_null(strstr(f.error.text, "lost in the device"));
    /* The same call again, with the fault gone, ends well. */
    sim_device_drop_packets(f.device, 0, 0);
    fixture_target(&f);
    fixture_update(&f);
    fixture_assert_updated(&f);
    fixture_free(&f);
}

static void power_cycle(void *context)
{
    sim_device_power_off(context);
    sim_device_power_on(context);
}

static void power_lost_at_any_object_is_survived(void **state)
{
    (void)state;
    for (uint32_t bytes = 100; bytes < FIRMWARE_SIZE; bytes += 1500) {
        struct fixture f;
        fixture_init(&f, &files);
        fixture_build(&f);
        sim_device_on_bytes(f.device, bytes, power_cycle, f.device);
        fixture_update(&f);
        if (f.rc != 0)
            fail_msg("power lost after %u bytes: %s\n%s", bytes, f.error.text, f.notes);
        fixture_assert_updated(&f);
        fixture_free(&f);
    }
}

struct canceller {
    struct nordfu_target *target;
    enum nordfu_event_type at;
};

static void cancel_at(void *context, const struct nordfu_event *event)
{
    struct canceller *c = context;
    if (event->type == c->at)
        nordfu_target_cancel(c->target);
}

static void a_cancel_from_the_callback_ends_the_update(void **state)
{
    (void)state;
    static const enum nordfu_event_type types[] = {NORDFU_EVENT_DONGLE, NORDFU_EVENT_SCANNING};
    for (size_t i = 0; i < 2; i++) {
        struct canceller c = {.at = types[i]};
        struct fixture f;
        fixture_init(&f, &files);
        f.callback = cancel_at;
        f.callback_context = &c;
        f.device_config.mode = SIM_MODE_OFF; /* else virtual time might be over before the cancel */
        f.options.scan_timeout_ms = UINT32_MAX;
        fixture_build(&f);
        c.target = f.target;
        fixture_update(&f);
        assert_int_equal(f.rc, NORDFU_ERR_CANCELLED);
        fixture_free(&f);
    }
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
        cmocka_unit_test(a_cut_at_any_packet_is_resumed),
        cmocka_unit_test(a_cut_at_any_packet_is_resumed_by_a_bootloader_that_rounds),
        cmocka_unit_test(bad_air_costs_time_only),
        cmocka_unit_test(slower_flash_is_learned_once),
        cmocka_unit_test(drops_in_every_object_are_mended),
        cmocka_unit_test(packets_that_never_arrive_end_in_a_transfer_error),
        cmocka_unit_test(power_lost_at_any_object_is_survived),
        cmocka_unit_test(a_cancel_from_the_callback_ends_the_update),
    };
    return cmocka_run_group_tests_name("update_faults", tests, set_up, tear_down);
}
