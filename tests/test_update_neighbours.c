/* SPDX-License-Identifier: MIT
 * Other devices in range: none of them is ever taken for the one that is meant. */
#include "test.h"

#include "fixture.h"
#include "sim/profile.h"

#define FIRMWARE_SIZE 9000

static struct fixture_files files;

/* The fixture's device, and another one. */
struct neighbours {
    struct fixture f;
    struct sim_device *other;
    bool keeps_address; /* the other one, in its bootloader */
};

static void build(struct neighbours *n, uint8_t low, const char *name, enum sim_device_mode mode)
{
    fixture_build(&n->f);
    struct sim_device_config config = n->f.device_config;
    config.address.bytes[0] = low;
    config.mode = mode;
    config.same_address |= n->keeps_address;
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

static void switch_off(void *context)
{
    struct neighbours *n = context;
    sim_device_power_off(n->f.device);
}

/* Its battery dies while it jumps. */
static void vanish(void *context)
{
    struct neighbours *n = context;
    sim_after(n->f.world, 0, switch_off, n);
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
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct neighbours n = {0};
        fixture_init(&n.f, &files);
        n.f.seed = seed;
        build(&n, 0xD9, "Other", SIM_MODE_APPLICATION);
        fixture_update(&n.f);
        assert_version(n.other, 1);
        if (n.f.rc == 0)
            fixture_assert_updated(&n.f);
        else
            assert_int_equal(n.f.rc, NORDFU_ERR_NOT_FOUND);
        take_down(&n);
    }
}

/* Our bootloader is found by its usual name, and the neighbour's application answers. */
static void a_neighbours_application_is_no_dfutarg(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct neighbours n = {0};
        fixture_init(&n.f, &files);
        n.f.seed = seed;
        n.f.options.has_address = false;
        n.f.device_config.mode = SIM_MODE_BOOTLOADER;
        build(&n, 0xD9, "Other", SIM_MODE_APPLICATION);
        fixture_update(&n.f);
        assert_version(n.other, 1);
        if (n.f.rc == 0)
            fixture_assert_updated(&n.f);
        else
            assert_refused(&n, "this is another device and it is left alone");
        take_down(&n);
    }
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

/* ...D9's bootloader keeps its address, which is where ours would be: the name tells them apart. */
static void a_bootloader_at_plus_one_without_our_name_is_left_alone(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct neighbours n = {0};
        fixture_init(&n.f, &files);
        n.f.seed = seed;
        n.f.device_config.same_address = true;
        build(&n, 0xD9, "Other", SIM_MODE_BOOTLOADER);
        fixture_update(&n.f);
        fixture_assert_updated(&n.f);
        assert_int_equal(n.f.result.match, NORDFU_MATCH_GIVEN);
        assert_version(n.other, 1);
        take_down(&n);
    }
}

/* The same, but our bootloader goes to ...D9, too: a link may be to either. */
static void a_bootloader_at_the_address_of_ours_is_left_alone_in_spite_of_names(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct neighbours n = {.keeps_address = true};
        fixture_init(&n.f, &files);
        n.f.seed = seed;
        build(&n, 0xD9, "Other", SIM_MODE_BOOTLOADER);
        fixture_update(&n.f);
        assert_refused(&n, "Two devices use the address DE:06:3B:97:4C:D9");
        take_down(&n);
    }
}

/* Our device vanishes after the jump; what stays is a bootloader where its own would be. */
static void a_lonely_bootloader_at_plus_one_is_no_substitute(void **state)
{
    (void)state;
    struct neighbours n = {0};
    fixture_init(&n.f, &files);
    n.f.device_config.same_address = true;
    build(&n, 0xD9, "Other", SIM_MODE_BOOTLOADER);
    static const struct sim_device_watch watch = {.jumps = vanish};
    sim_device_set_watch(n.f.device, &watch, &n);
    fixture_update(&n.f);
    assert_refused(&n, "no bootloader in range has it");
    assert_non_null(strstr(n.f.error.text, "DfuTarg at DE:06:3B:97:4C:D9 (-"));
    print_message("%s\n", n.f.error.text);
    take_down(&n);
}

/* Without names the address has to do. */
static void neighbours_are_told_apart_without_names_as_well(void **state)
{
    (void)state;
    static const char *const profiles[] = {"sdk12", "sdk13"};
    for (size_t i = 0; i < 2; i++) {
        struct neighbours n = {0};
        fixture_init(&n.f, &files);
        n.f.device_config.profile = sim_profile_find(profiles[i]);
        n.f.device_config.set_name = SIM_SET_NAME_UNSUPPORTED;
        if (i == 0)
            n.f.device_config.buttonless = SIM_BUTTONLESS_SDK12;
        build(&n, 0x44, "Other", SIM_MODE_BOOTLOADER);
        fixture_update(&n.f);
        fixture_assert_updated(&n.f);
        assert_int_equal(n.f.result.match, NORDFU_MATCH_PLUS_ONE);
        assert_version(n.other, 1);
        take_down(&n);
    }
}

/* A bootloader waits where ours would be found, and nothing will tell the two apart: our
 * application is left running. */
static void without_names_a_bootloader_at_plus_one_bars_the_jump(void **state)
{
    (void)state;
    for (int same = 0; same < 2; same++) {
        struct neighbours n = {0};
        fixture_init(&n.f, &files);
        n.f.device_config.profile = sim_profile_find("sdk13");
        n.f.device_config.set_name = SIM_SET_NAME_UNSUPPORTED;
        n.f.device_config.same_address = same != 0;
        n.keeps_address = true;
        build(&n, 0xD9, "Other", SIM_MODE_BOOTLOADER);
        fixture_update(&n.f);
        assert_refused(&n, "At DE:06:3B:97:4C:D9, where the bootloader of the device would be");
        assert_int_equal(sim_device_mode(n.f.device), SIM_MODE_APPLICATION);
        take_down(&n);
    }
}

static void two_bootloaders_of_one_name_are_listed(void **state)
{
    (void)state;
    struct neighbours n = {0};
    fixture_init(&n.f, &files);
    n.f.options.has_address = false;
    n.f.device_config.mode = SIM_MODE_BOOTLOADER;
    build(&n, 0x44, "Thermo", SIM_MODE_BOOTLOADER);
    fixture_update(&n.f);
    assert_refused(&n, "More than one device named 'DfuTarg'");
    assert_non_null(strstr(n.f.error.text, "DE:06:3B:97:4C:D9 (-"));
    assert_non_null(strstr(n.f.error.text, "DE:06:3B:97:4C:45 (-"));
    print_message("%s\n", n.f.error.text);
    take_down(&n);
}

/* A fleet with addresses in a row, all of one name, each updated by its own address. */
static void devices_in_a_row_are_updated_one_by_one(void **state)
{
    (void)state;
    struct neighbours n = {0};
    fixture_init(&n.f, &files);
    build(&n, 0xD9, "Thermo", SIM_MODE_APPLICATION);
    fixture_update(&n.f);
    fixture_assert_updated(&n.f);
    assert_version(n.other, 1);
    n.f.options.address.bytes[0] = 0xD9;
    fixture_target(&n.f);
    fixture_update(&n.f);
    assert_int_equal(n.f.rc, 0);
    assert_true(sim_settle(n.f.world, &n.other, 1, 60 * NORDFU_SECOND));
    assert_version(n.other, 2);
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
        cmocka_unit_test(a_neighbours_application_is_no_dfutarg),
        cmocka_unit_test(a_neighbours_dfutarg_elsewhere_is_left_alone),
        cmocka_unit_test(two_devices_of_one_name_are_not_guessed_at),
        cmocka_unit_test(a_bootloader_at_plus_one_without_our_name_is_left_alone),
        cmocka_unit_test(a_bootloader_at_the_address_of_ours_is_left_alone_in_spite_of_names),
        cmocka_unit_test(a_lonely_bootloader_at_plus_one_is_no_substitute),
        cmocka_unit_test(neighbours_are_told_apart_without_names_as_well),
        cmocka_unit_test(without_names_a_bootloader_at_plus_one_bars_the_jump),
        cmocka_unit_test(two_bootloaders_of_one_name_are_listed),
        cmocka_unit_test(devices_in_a_row_are_updated_one_by_one),
    };
    return cmocka_run_group_tests_name("update_neighbours", tests, set_up, tear_down);
}
