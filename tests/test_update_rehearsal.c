/* SPDX-License-Identifier: MIT
 * Dry runs against simulated devices: what is told, and that nothing has changed afterwards. */
#include "test.h"

#include "fixture.h"
#include "sim/profile.h"

#define FIRMWARE_SIZE 14000

static struct fixture_files files;

static const char *const profiles[] = {"sdk12", "sdk13", "sdk14", "sdk15", "sdk16", "sdk17"};
#define PROFILES (sizeof(profiles) / sizeof(profiles[0]))

static void start(struct fixture *f, const char *profile, enum sim_device_mode mode)
{
    fixture_init(f, &files);
    f->device_config.profile = sim_profile_find(profile);
    f->device_config.mode = mode;
    fixture_build(f);
}

static void rehearse(struct fixture *f)
{
    f->options.dry_run = true;
    fixture_update(f);
    f->options.dry_run = false;
}

static bool planned(const struct fixture *f, const char *text)
{
    for (size_t i = 0; i < f->event_count; i++) {
        if (f->events[i].type == NORDFU_EVENT_PLAN && strstr(f->events[i].text, text) != NULL)
            return true;
    }
    return false;
}

static void assert_planned(const struct fixture *f, const char *text)
{
    if (f->rc != 0)
        fail_msg("%s\n%s", f->error.text, f->notes);
    assert_null(fixture_event(f, NORDFU_EVENT_JUMPING));
    assert_null(fixture_event(f, NORDFU_EVENT_IMAGE));
    assert_null(fixture_event(f, NORDFU_EVENT_DONE));
    if (!planned(f, text))
        fail_msg("'%s' is not planned", text);
}

static void assert_unchanged(const struct fixture *f)
{
    struct bootloader_stats stats;
    struct bootloader_image installed;
    sim_device_get_stats(f->device, &stats);
    sim_device_installed(f->device, &installed);
    assert_int_equal(stats.bytes, 0);
    assert_true(installed.valid);
    assert_int_equal(installed.version, 1);
}

/* A new run on the same dongle. */
static void update(struct fixture *f)
{
    sim_run_until(f->world, sim_now(f->world) + 5 * NORDFU_SECOND);
    fixture_target(f);
    fixture_update(f);
    fixture_assert_updated(f);
}

static void an_application_stays_what_it_is(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "sdk17", SIM_MODE_APPLICATION);
    rehearse(&f);
    assert_planned(&f, "would be told to start its bootloader");
    assert_planned(&f, "Image 1 of 1: application, 14000 bytes, version 2, signed");
    assert_unchanged(&f);
    assert_int_equal(sim_device_mode(f.device), SIM_MODE_APPLICATION);
    assert_true(f.duration < 5 * NORDFU_SECOND);
    update(&f);
    fixture_free(&f);
}

static void every_bootloader_checks_the_package_and_is_updated_later(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct fixture f;
        start(&f, profiles[i], SIM_MODE_BOOTLOADER);
        rehearse(&f);
        assert_planned(&f, "accepts the init packet of the application");
        assert_planned(&f, "begin with the first byte");
        assert_unchanged(&f);
        update(&f);
        assert_int_equal(f.result.resumed, 0);
        fixture_free(&f);
    }
}

static void cut_for_long(void *context)
{
    sim_device_cut_link(context, 30 * NORDFU_SECOND);
}

static void what_the_device_holds_is_told_and_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct fixture f;
        start(&f, profiles[i], SIM_MODE_APPLICATION);
        sim_device_on_bytes(f.device, 9000, cut_for_long, f.device);
        fixture_update(&f);
        assert_int_equal(f.rc, NORDFU_ERR_LINK);
        sim_run_until(f.world, sim_now(f.world) + 25 * NORDFU_SECOND);
        fixture_target(&f);
        rehearse(&f);
        assert_planned(&f, "of 14000 bytes already; the update would go on from there");
        update(&f);
        assert_in_range(f.result.resumed, 8192, 9300);
        fixture_free(&f);
    }
}

static void a_package_that_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    f.device_config.mode = SIM_MODE_BOOTLOADER;
    f.device_config.hw_version = 51;
    fixture_build(&f);
    rehearse(&f);
    assert_int_equal(f.rc, NORDFU_ERR_REFUSED);
    assert_int_equal(f.error.speaker, NORDFU_SPEAKER_DFU_EXTENDED);
    assert_int_equal(f.error.detail, 0x06);
    assert_unchanged(&f);
    fixture_free(&f);
}

static void bad_air_does_no_harm(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    f.device_config.mode = SIM_MODE_BOOTLOADER;
    f.air_config.loss = 0.3;
    fixture_build(&f);
    rehearse(&f);
    assert_planned(&f, "accepts the init packet");
    fixture_free(&f);
}

static void a_device_that_is_off_is_not_found(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "sdk17", SIM_MODE_OFF);
    rehearse(&f);
    assert_int_equal(f.rc, NORDFU_ERR_NOT_FOUND);
    fixture_free(&f);
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
        cmocka_unit_test(an_application_stays_what_it_is),
        cmocka_unit_test(every_bootloader_checks_the_package_and_is_updated_later),
        cmocka_unit_test(what_the_device_holds_is_told_and_kept),
        cmocka_unit_test(a_package_that_does_not_fit_is_refused),
        cmocka_unit_test(bad_air_does_no_harm),
        cmocka_unit_test(a_device_that_is_off_is_not_found),
    };
    return cmocka_run_group_tests_name("update_rehearsal", tests, set_up, tear_down);
}
