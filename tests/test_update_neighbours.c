/* SPDX-License-Identifier: MIT
 * Other devices in range: none of them is ever taken for the one that is meant. */
#include "test.h"

#include "fixture.h"

#define FIRMWARE_SIZE 9000

static struct fixture_files files;

/* The fixture's device, and another one. */
struct neighbours {
    struct fixture f;
    struct sim_device *other;
};

static void build(struct neighbours *n, uint8_t low, const char *name, enum sim_device_mode mode)
{
    fixture_build(&n->f);
    struct sim_device_config config = n->f.device_config;
    config.address.bytes[0] = low;
    config.mode = mode;
    snprintf(config.name, sizeof(config.name), "%s", name);
    n->other = sim_device_new(n->f.world, n->f.air, &config);
    assert_non_null(n->other);
}

static void take_down(struct neighbours *n)
{
    sim_device_free(&n->other);
    fixture_free(&n->f);
}

static void assert_version(const struct sim_device *device, uint32_t version)
{
    struct bootloader_image image;
    sim_device_installed(device, &image);
    assert_true(image.valid);
    assert_int_equal(image.version, version);
}

static void assert_refused(struct neighbours *n, const char *text)
{
    assert_int_equal(n->f.rc, NORDFU_ERR_NOT_FOUND);
    if (strstr(n->f.error.text, text) == NULL)
        fail_msg("%s", n->f.error.text);
    assert_version(n->f.device, 1);
    assert_version(n->other, 1);
}

/* ...D7's bootloader advertises under ...D8, the address of our application. */
static void a_neighbours_bootloader_with_our_address_is_left_alone(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct neighbours n = {0};
        fixture_init(&n.f, &files);
        n.f.seed = seed;
        build(&n, 0xD7, "Other", SIM_MODE_BOOTLOADER);
        fixture_update(&n.f);
        assert_version(n.other, 1);
        if (n.f.rc == 0)
            fixture_assert_updated(&n.f);
        else
            assert_refused(&n, "Two devices use the address DE:06:3B:97:4C:D8");
        take_down(&n);
    }
}

static void a_neighbours_application_at_our_bootloaders_address_is_left_alone(void **state)
{
    (void)state;
    struct neighbours n = {0};
    fixture_init(&n.f, &files);
    build(&n, 0xD9, "Other", SIM_MODE_APPLICATION);
    fixture_update(&n.f);
    assert_version(n.other, 1);
    if (n.f.rc == 0)
        fixture_assert_updated(&n.f);
    take_down(&n);
}

static void a_neighbours_dfutarg_elsewhere_is_left_alone(void **state)
{
    (void)state;
    struct neighbours n = {0};
    fixture_init(&n.f, &files);
    build(&n, 0x44, "Other", SIM_MODE_BOOTLOADER);
    fixture_update(&n.f);
    fixture_assert_updated(&n.f);
    assert_version(n.other, 1);
    take_down(&n);
}

static void two_devices_of_one_name_are_not_guessed_at(void **state)
{
    (void)state;
    struct neighbours n = {0};
    fixture_init(&n.f, &files);
    n.f.options.has_address = false;
    snprintf(n.f.options.name, sizeof(n.f.options.name), "Thermo");
    build(&n, 0x44, "Thermo", SIM_MODE_APPLICATION);
    fixture_update(&n.f);
    assert_refused(&n, "More than one device named 'Thermo'");
    take_down(&n);
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
        cmocka_unit_test(a_neighbours_bootloader_with_our_address_is_left_alone),
        cmocka_unit_test(a_neighbours_application_at_our_bootloaders_address_is_left_alone),
        cmocka_unit_test(a_neighbours_dfutarg_elsewhere_is_left_alone),
        cmocka_unit_test(two_devices_of_one_name_are_not_guessed_at),
    };
    return cmocka_run_group_tests_name("update_neighbours", tests, set_up, tear_down);
}
