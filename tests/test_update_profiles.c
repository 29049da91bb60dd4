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
    };
    return cmocka_run_group_tests_name("update_profiles", tests, set_up, tear_down);
}
