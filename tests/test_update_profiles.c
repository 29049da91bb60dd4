/* SPDX-License-Identifier: MIT
 * Whole updates of every simulated bootloader on every chip it exists for. */
#include "test.h"

#include "fixture.h"
#include "sim/profile.h"

#define FIRMWARE_SIZE 24000 /* six objects */

static struct fixture_files files;

struct kind {
    const char *profile, *chip;
};

static const struct kind kinds[] = {
    {"sdk12", "nrf51"},    {"sdk12", "nrf52832"}, {"sdk13", "nrf52832"}, {"sdk14", "nrf52832"},
    {"sdk14", "nrf52840"}, {"sdk15", "nrf52832"}, {"sdk15", "nrf52840"}, {"sdk16", "nrf52832"},
    {"sdk16", "nrf52840"}, {"sdk17", "nrf52832"}, {"sdk17", "nrf52840"},
};

static void set_kind(struct fixture *f, const struct kind *kind)
{
    f->device_config.profile = sim_profile_find(kind->profile);
    snprintf(f->device_config.chip, sizeof(f->device_config.chip), "%s", kind->chip);
}

static void check_kind(const struct kind *kind)
{
    struct fixture f;
    struct bootloader_stats stats;
    fixture_init(&f, &files);
    set_kind(&f, kind);
    fixture_build(&f);
    fixture_update(&f);
    if (f.rc != 0)
        fail_msg("%s on %s: %s\n%s", kind->profile, kind->chip, f.error.text, f.notes);
    fixture_assert_updated(&f);
    sim_device_get_stats(f.device, &stats);
    print_message("%s on %s: %.1f s, %u writes lost, %u reconnects\n%s", kind->profile, kind->chip,
                  (double)f.duration / 1e6, (unsigned)stats.packets_lost, f.result.reconnects,
                  f.notes);
    fixture_free(&f);
}

static void every_bootloader_on_every_chip_is_updated(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        check_kind(&kinds[i]);
}

static void cut(void *context)
{
    sim_device_cut_link(context, 200 * NORDFU_MS);
}

static void check_cut(const struct kind *kind, enum sim_resume resume, uint32_t bytes)
{
    struct fixture f;
    fixture_init(&f, &files);
    set_kind(&f, kind);
    f.device_config.resume = resume;
    fixture_build(&f);
    sim_device_on_bytes(f.device, bytes, cut, f.device);
    fixture_update(&f);
    if (f.rc != 0)
        fail_msg("%s on %s, cut after %u bytes: %s\n%s", kind->profile, kind->chip, bytes,
                 f.error.text, f.notes);
    fixture_assert_updated(&f);
    assert_true(f.result.reconnects >= 1);
    fixture_free(&f);
}

/* In the init packet, in an object, behind one. */
static void every_bootloader_resumes_after_a_lost_link(void **state)
{
    (void)state;
    static const uint32_t cuts[] = {60, 3000, 8192 + 141, 15000};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        for (size_t c = 0; c < sizeof(cuts) / sizeof(cuts[0]); c++) {
            check_cut(&kinds[i], SIM_RESUME_EXACT, cuts[c]);
            check_cut(&kinds[i], SIM_RESUME_ROUNDED, cuts[c]);
        }
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
        cmocka_unit_test(every_bootloader_on_every_chip_is_updated),
        cmocka_unit_test(every_bootloader_resumes_after_a_lost_link),
    };
    return cmocka_run_group_tests_name("update_profiles", tests, set_up, tear_down);
}
