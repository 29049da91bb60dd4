/* SPDX-License-Identifier: MIT
 * Devices that start their bootloader for bonded peers only: bonds are made, kept over processes,
 * moved to another dongle, lost, and missed. */
#include "test.h"

#include "fixture.h"
#include "nordfu/bond.h"
#include "sim/profile.h"

#define FIRMWARE_SIZE 14000 /* four objects */

static struct fixture_files files;

/* The fixture's bonded device with a second dongle and a store of bonds. */
struct bonds {
    struct fixture f;
    struct sim_dongle *second;
    char path[128];
};

static void build(struct bonds *b)
{
    b->f.device_config.buttonless = SIM_BUTTONLESS_BONDED;
    fixture_build(&b->f);
    b->second = sim_dongle_new(b->f.world, b->f.air, &b->f.dongle_config);
    assert_non_null(b->second);
    snprintf(b->path, sizeof(b->path), "%s/bonds", files.folder);
}

static void start(struct bonds *b)
{
    *b = (struct bonds){0};
    fixture_init(&b->f, &files);
    build(b);
}

static void take_down(struct bonds *b)
{
    nordfu_target_free(&b->f.target);
    sim_dongle_free(&b->second);
    fixture_free(&b->f);
    unlink(b->path);
}

/* A new process: all it has is the file. NULL: a computer without one. */
static void run_on(struct bonds *b, struct sim_dongle *dongle, const char *path)
{
    struct nordfu_port *port;
    struct nordfu_error error;
    struct nordfu_bond_store *store = NULL;
    nordfu_target_free(&b->f.target);
    fixture_check(sim_port_new(&port, b->f.world, dongle, &error), &error);
    fixture_check(nordfu_target_open_port(&b->f.target, &port, NULL, &error), &error);
    if (path != NULL)
        fixture_check(nordfu_bond_store_open(&store, path, &error), &error);
    b->f.options.bonds = store;
    fixture_update(&b->f);
    nordfu_bond_store_free(&store);
}

static void assert_updated(struct bonds *b)
{
    fixture_assert_updated(&b->f);
    assert_true(b->f.result.link.encrypted);
    assert_int_equal(b->f.result.link.address.bytes[0], 0xD8);
    assert_int_equal(b->f.result.match, NORDFU_MATCH_ADDRESS);
}

static void assert_refused(const struct bonds *b, const char *text)
{
    if (b->f.rc != NORDFU_ERR_REFUSED || strstr(b->f.error.text, text) == NULL)
        fail_msg("%s: %s\n%s", nordfu_class_name(b->f.rc), b->f.error.text, b->f.notes);
}

static size_t count_bonds(const struct bonds *b)
{
    struct nordfu_bond_store *store;
    struct nordfu_bond bond;
    struct nordfu_error error;
    fixture_check(nordfu_bond_store_open(&store, b->path, &error), &error);
    assert_true(nordfu_bond_store_find(store, &b->f.options.address, &bond, &error) >= 0);
    size_t count = nordfu_bond_store_count(store);
    nordfu_bond_store_free(&store);
    return count;
}

static void a_bonded_device_is_updated_three_times_by_three_processes(void **state)
{
    (void)state;
    struct bonds b;
    start(&b);
    for (int i = 0; i < 3; i++) {
        run_on(&b, b.f.dongle, b.path);
        assert_updated(&b);
        assert_int_equal(sim_device_bonds(b.f.device), 1);
        assert_int_equal(count_bonds(&b), 1);
        assert_int_equal(strstr(b.f.notes, "Paired") != NULL, i == 0);
    }
    take_down(&b);
}

static void every_dialect_of_dongles_keeps_bonds(void **state)
{
    (void)state;
    static const int apis[] = {2, 3, 5, 6};
    for (size_t i = 0; i < sizeof(apis) / sizeof(apis[0]); i++) {
        struct bonds b = {0};
        fixture_init(&b.f, &files);
        b.f.dongle_config.api = apis[i];
        build(&b);
        for (int run = 0; run < 2; run++) {
            run_on(&b, run == 0 ? b.f.dongle : b.second, b.path);
            if (b.f.rc != 0)
                fail_msg("v%d, run %d: %s", apis[i], run, b.f.error.text);
            assert_updated(&b);
            assert_int_equal(strstr(b.f.notes, "Paired") != NULL, run == 0);
        }
        take_down(&b);
    }
}

static void every_bootloader_with_bonds_is_updated(void **state)
{
    (void)state;
    static const char *const profiles[] = {"sdk14", "sdk15", "sdk16", "sdk17"};
    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        struct bonds b = {0};
        fixture_init(&b.f, &files);
        b.f.device_config.profile = sim_profile_find(profiles[i]);
        build(&b);
        for (int run = 0; run < 2; run++) {
            run_on(&b, b.f.dongle, b.path);
            if (b.f.rc != 0)
                fail_msg("%s, run %d: %s", profiles[i], run, b.f.error.text);
            assert_updated(&b);
        }
        take_down(&b);
    }
}

static void a_second_dongle_without_the_bond_is_refused(void **state)
{
    (void)state;
    struct bonds b;
    start(&b);
    run_on(&b, b.f.dongle, b.path);
    assert_updated(&b);
    run_on(&b, b.second, NULL);
    assert_refused(&b, "no bond could be made");
    assert_true(b.f.duration < 30 * NORDFU_SECOND);
    print_message("%s\n", b.f.error.text);
    take_down(&b);
}

static void a_second_dongle_with_the_bonds_takes_over_the_address(void **state)
{
    (void)state;
    struct bonds b;
    start(&b);
    run_on(&b, b.f.dongle, b.path);
    assert_updated(&b);
    run_on(&b, b.second, b.path);
    assert_updated(&b);
    assert_int_equal(sim_device_bonds(b.f.device), 1);
    assert_null(strstr(b.f.notes, "Paired"));
    take_down(&b);
}

static void a_bond_that_the_device_has_lost_is_made_anew(void **state)
{
    (void)state;
    struct bonds b;
    start(&b);
    run_on(&b, b.f.dongle, b.path);
    assert_updated(&b);
    sim_device_forget_bonds(b.f.device);
    run_on(&b, b.f.dongle, b.path);
    assert_updated(&b);
    assert_non_null(strstr(b.f.notes, "does not accept the bond"));
    assert_non_null(strstr(b.f.notes, "Paired"));
    assert_int_equal(count_bonds(&b), 1);
    run_on(&b, b.f.dongle, b.path);
    assert_updated(&b);
    assert_null(strstr(b.f.notes, "bond"));
    take_down(&b);
}

static void a_bond_is_for_one_update_where_none_are_kept(void **state)
{
    (void)state;
    struct bonds b;
    start(&b);
    run_on(&b, b.f.dongle, NULL);
    assert_updated(&b);
    assert_non_null(strstr(b.f.notes, "for this update only"));
    assert_non_null(strstr(b.f.notes, "may refuse to pair for the next one"));
    take_down(&b);
}

static void a_bonded_device_is_found_by_its_name(void **state)
{
    (void)state;
    struct bonds b;
    start(&b);
    b.f.options.has_address = false;
    snprintf(b.f.options.name, sizeof(b.f.options.name), "Thermo");
    for (int i = 0; i < 2; i++) {
        run_on(&b, b.f.dongle, b.path);
        assert_updated(&b);
        assert_int_equal(strstr(b.f.notes, "Paired") != NULL, i == 0);
    }
    take_down(&b);
}

static void cut(void *context)
{
    sim_device_cut_link(context, 300 * NORDFU_MS);
}

static void cut_for_long(void *context)
{
    sim_device_cut_link(context, 30 * NORDFU_SECOND);
}

static void a_lost_link_is_mended_with_the_bond(void **state)
{
    (void)state;
    for (uint32_t bytes = 200; bytes < FIRMWARE_SIZE; bytes += 2900) {
        struct bonds b;
        start(&b);
        sim_device_on_bytes(b.f.device, bytes, cut, b.f.device);
        run_on(&b, b.f.dongle, b.path);
        assert_updated(&b);
        assert_int_equal(b.f.result.reconnects, 1);
        take_down(&b);
    }
}

/* The update stopped in the middle; the device waits in its bootloader for its bonded peer. */
static void stop_in_the_middle(struct bonds *b)
{
    start(b);
    sim_device_on_bytes(b->f.device, 9000, cut_for_long, b->f.device);
    run_on(b, b->f.dongle, b->path);
    assert_int_equal(b->f.rc, NORDFU_ERR_LINK);
    sim_run_until(b->f.world, sim_now(b->f.world) + 25 * NORDFU_SECOND);
    assert_int_equal(sim_device_mode(b->f.device), SIM_MODE_BOOTLOADER);
}

static void a_bonded_bootloader_is_resumed_by_another_process(void **state)
{
    (void)state;
    struct bonds b;
    stop_in_the_middle(&b);
    run_on(&b, b.f.dongle, b.path);
    assert_updated(&b);
    assert_in_range(b.f.result.resumed, 8192, 9000);
    take_down(&b);
}

static void a_bonded_bootloader_is_resumed_by_another_dongle_with_the_bonds(void **state)
{
    (void)state;
    struct bonds b;
    stop_in_the_middle(&b);
    run_on(&b, b.second, b.path);
    assert_updated(&b);
    assert_in_range(b.f.result.resumed, 8192, 9000);
    take_down(&b);
}

static void a_bonded_bootloader_without_a_bond_is_explained(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct bonds b;
        stop_in_the_middle(&b);
        run_on(&b, i == 0 ? b.second : b.f.dongle, NULL);
        assert_refused(&b, "lets only its bonded peer in");
        assert_non_null(strstr(b.f.error.text, "wait two minutes or reset"));
        assert_true(b.f.duration < 40 * NORDFU_SECOND);
        if (i == 0)
            print_message("%s\n", b.f.error.text);
        take_down(&b);
    }
}

/* The device was bonded with here, then with somebody else, who started its bootloader. */
static void a_bonded_bootloader_with_another_bond_is_explained(void **state)
{
    (void)state;
    struct bonds b;
    start(&b);
    run_on(&b, b.f.dongle, b.path);
    assert_updated(&b);
    sim_device_forget_bonds(b.f.device);
    sim_device_on_bytes(b.f.device, 9000, cut_for_long, b.f.device);
    run_on(&b, b.second, NULL);
    assert_int_equal(b.f.rc, NORDFU_ERR_LINK);
    sim_run_until(b.f.world, sim_now(b.f.world) + 25 * NORDFU_SECOND);
    run_on(&b, b.f.dongle, b.path);
    assert_refused(&b, "the bond that is kept here does not open it");
    assert_true(b.f.duration < 60 * NORDFU_SECOND);
    take_down(&b);
}

static void a_rehearsal_tells_of_the_bond_and_makes_none(void **state)
{
    (void)state;
    struct bonds b;
    start(&b);
    b.f.options.dry_run = true;
    run_on(&b, b.f.dongle, b.path);
    assert_int_equal(b.f.rc, 0);
    assert_int_equal(sim_device_bonds(b.f.device), 0);
    assert_int_equal(sim_device_mode(b.f.device), SIM_MODE_APPLICATION);
    take_down(&b);
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

/* The device has one place for a bond: it is not wasted. */
static void a_bond_that_can_not_be_kept_is_not_made(void **state)
{
    (void)state;
    struct bonds b;
    start(&b);
    b.f.options.no_bonds = "The bonds are in the other coat.";
    run_on(&b, b.f.dongle, NULL);
    assert_int_equal(b.f.rc, NORDFU_ERR_SYSTEM);
    if (strstr(b.f.error.text, "it is not paired with") == NULL ||
        strstr(b.f.error.text, "in the other coat") == NULL)
        fail_msg("%s", b.f.error.text);
    assert_int_equal(sim_device_bonds(b.f.device), 0);
    assert_int_equal(sim_device_mode(b.f.device), SIM_MODE_APPLICATION);
    run_on(&b, b.f.dongle, b.path);
    assert_updated(&b);
    take_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bonded_device_is_updated_three_times_by_three_processes),
        cmocka_unit_test(every_dialect_of_dongles_keeps_bonds),
        cmocka_unit_test(every_bootloader_with_bonds_is_updated),
        cmocka_unit_test(a_second_dongle_without_the_bond_is_refused),
        cmocka_unit_test(a_second_dongle_with_the_bonds_takes_over_the_address),
        cmocka_unit_test(a_bond_that_the_device_has_lost_is_made_anew),
        cmocka_unit_test(a_bond_is_for_one_update_where_none_are_kept),
        cmocka_unit_test(a_bond_that_can_not_be_kept_is_not_made),
        cmocka_unit_test(a_bonded_device_is_found_by_its_name),
        cmocka_unit_test(a_lost_link_is_mended_with_the_bond),
        cmocka_unit_test(a_bonded_bootloader_is_resumed_by_another_process),
        cmocka_unit_test(a_bonded_bootloader_is_resumed_by_another_dongle_with_the_bonds),
        cmocka_unit_test(a_bonded_bootloader_without_a_bond_is_explained),
        cmocka_unit_test(a_bonded_bootloader_with_another_bond_is_explained),
        cmocka_unit_test(a_rehearsal_tells_of_the_bond_and_makes_none),
    };
    return cmocka_run_group_tests_name("update_bonds", tests, set_up, tear_down);
}
