/* SPDX-License-Identifier: MIT
 * What survives: banks, settings and progress, with the power cut in every flash operation of an
 * update. */
#include "sim_boot.h"

#include "sim/settings.h"

#define NEW_VERSION 2

struct update {
    struct bench bench;
    uint8_t *app, *image;
    uint32_t app_size, image_size;
    struct packet packet;
};

/* On an nRF52840 with SoftDevice 0xCA, whichever the SDK. */
static struct update *prepare_on(const char *profile, uint32_t app_size, uint32_t image_size)
{
    struct update *u = calloc(1, sizeof(*u));
    u->app_size = app_size;
    u->image_size = image_size;
    u->app = malloc(app_size + 1);
    u->image = malloc(image_size);
    bench_fill(u->app, app_size, 1);
    bench_fill(u->image, image_size, 2);
    u->packet = build_packet(&(struct recipe){.fw = NEW_VERSION}, u->image, image_size);
    u->bench = bench_config();
    u->bench.config.profile = sim_profile_on(sim_profile_find(profile), "nrf52840");
    bench_start(&u->bench, u->app, app_size);
    return u;
}

static struct update *prepare(uint32_t app_size, uint32_t image_size)
{
    return prepare_on("sdk17", app_size, image_size);
}

static void drop(struct update *u)
{
    bench_stop(&u->bench);
    free(u->app);
    free(u->image);
    free(u);
}

/* Where to go on with the data: what the bootloader has is trusted if its CRC fits. */
static size_t resume_at(struct update *u)
{
    struct bench *b = &u->bench;
    if (!bench_ok(b, "\x06\x02", 2))
        return 0;
    uint32_t offset = bench_word(b, 7);
    if (offset > u->image_size || bench_word(b, 11) != crc32(0, u->image, offset))
        return 0;
    return offset - offset % 4096;
}

/* The update as a client does it; may end early because the power went. */
static void transfer(struct update *u)
{
    struct bench *b = &u->bench;
    if (!bench_ok(b, "\x06\x01", 2))
        return;
    bool kept = bench_word(b, 7) == u->packet.size &&
                bench_word(b, 11) == crc32(0, u->packet.bytes, u->packet.size);
    if (kept)
        bench_ask(b, "\x04", 1);
    else
        bench_init(b, u->packet.bytes, u->packet.size);
    if (b->powered)
        assert_memory_equal(b->reply, "\x60\x04\x01", 3);
    bench_image(b, u->image, u->image_size, resume_at(u));
    /* Activation. */
    bench_run(b, 10000000);
}

static void start_update(struct update *u)
{
    bench_power_on(&u->bench, true);
    bench_run(&u->bench, 10000000);
}

/* Old or new or nothing, never a mixture; true if new. */
static bool check_installed(struct update *u)
{
    struct bootloader_image installed;
    const uint8_t *flash = flash_read(u->bench.flash, APP);
    bootloader_installed(u->bench.boot, &installed);
    if (!installed.valid)
        return false;
    if (installed.version == NEW_VERSION) {
        assert_int_equal(installed.size, u->image_size);
        assert_memory_equal(flash, u->image, u->image_size);
        return true;
    }
    assert_int_equal(installed.version, 1);
    assert_int_equal(installed.size, u->app_size);
    assert_memory_equal(flash, u->app, u->app_size);
    return false;
}

/* The power is back: whatever happened, the same update then succeeds. */
static void recover(struct update *u)
{
    start_update(u);
    if (!check_installed(u)) {
        if (!u->bench.dfu)
            bench_power_on(&u->bench, true);
        assert_true(u->bench.dfu);
        transfer(u);
    }
    assert_true(check_installed(u));
    if (u->bench.dfu)
        bench_power_on(&u->bench, false);
    assert_false(u->bench.dfu);
}

/* True if the update got through before the cut. */
static bool cut_once(const char *profile, uint32_t app_size, uint32_t image_size,
                     uint32_t operation, uint64_t delay)
{
    struct update *u = prepare_on(profile, app_size, image_size);
    u->bench.cut_armed = true;
    u->bench.cut_at = operation;
    u->bench.cut_delay = delay;
    transfer(u);
    bool survived = u->bench.powered;
    if (!survived)
        recover(u);
    assert_true(check_installed(u));
    drop(u);
    return survived;
}

/* Cuts early and late in operation 1, 2, 3 ... until the update survives. */
static void cut_everywhere(const char *profile, uint32_t app_size, uint32_t image_size)
{
    static const uint64_t delays[] = {0, 100, 1500, 7000, 60000};
    uint32_t operation = 0;
    bool survived = false;
    while (!survived) {
        operation++;
        for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++)
            survived = cut_once(profile, app_size, image_size, operation, delays[i]);
    }
    print_message("cut in %u flash operations\n", (unsigned)operation - 1);
    assert_true(operation > 20);
}

static void power_may_go_at_any_time_with_a_small_old_application(void **state)
{
    (void)state;
    cut_everywhere("sdk17", 4096, 3 * 4096 + 100);
}

static void power_may_go_at_any_time_with_a_large_old_application(void **state)
{
    (void)state;
    cut_everywhere("sdk17", 5 * 4096, 8192);
}

static void power_may_go_at_any_time_without_an_application(void **state)
{
    (void)state;
    cut_everywhere("sdk17", 0, 6000);
}

/* One settings page, and progress in it. */
static void power_may_go_at_any_time_in_an_older_bootloader(void **state)
{
    (void)state;
    cut_everywhere("sdk14", 4096, 2 * 4096 + 100);
    cut_everywhere("sdk14", 3 * 4096, 4096);
}

static void power_may_go_again_and_again(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 30; round++) {
        struct update *u = prepare(2 * 4096, 5 * 4096);
        struct bench *b = &u->bench;
        for (uint32_t cut = 0; cut < 8 && !check_installed(u); cut++) {
            b->cut_armed = true;
            b->cut_at = flash_begun(b->flash) + 1 + sim_random(b->world, 60 + round);
            b->cut_delay = sim_random(b->world, 85000);
            start_update(u);
            if (b->powered && !b->dfu)
                start_update(u);
            if (b->powered && b->dfu)
                transfer(u);
            bench_power_off(b);
        }
        recover(u);
        drop(u);
    }
}

static void the_old_application_stays_until_the_new_one_is_complete(void **state)
{
    (void)state;
    struct update *u = prepare(16384, 20000);
    struct bootloader_image installed;
    bench_init(&u->bench, u->packet.bytes, u->packet.size);
    bench_image(&u->bench, u->image, 16384, 0);
    bench_power_off(&u->bench);
    bench_power_on(&u->bench, false);
    assert_false(u->bench.dfu);
    bootloader_installed(u->bench.boot, &installed);
    assert_int_equal(installed.version, 1);
    assert_int_equal(installed.size, 16384);
    assert_false(check_installed(u));
    drop(u);
}

static void an_image_too_large_for_two_banks_goes_over_the_old_one(void **state)
{
    (void)state;
    struct update *u = prepare(0x70000, 0x70000);
    struct bootloader_image installed;
    bootloader_installed(u->bench.boot, &installed);
    assert_true(installed.valid);
    bench_init(&u->bench, u->packet.bytes, u->packet.size);
    assert_memory_equal(u->bench.reply, "\x60\x04\x01", 3);
    bench_run(&u->bench, 400000);
    bootloader_installed(u->bench.boot, &installed);
    assert_false(installed.valid);
    /* From now on there is no application to go back to. */
    bench_power_off(&u->bench);
    bench_power_on(&u->bench, false);
    assert_true(u->bench.dfu);
    transfer(u);
    assert_true(check_installed(u));
    assert_false(u->bench.dfu);
    drop(u);
}

static void the_init_packet_survives_and_the_data_begin_anew(void **state)
{
    (void)state;
    struct update *u = prepare(4096, 20000);
    struct bench *b = &u->bench;
    bench_init(b, u->packet.bytes, u->packet.size);
    bench_run(b, 400000);
    bench_image(b, u->image, 8192, 0);
    /* Said again in the middle, the init packet must not save the progress either. */
    assert_true(bench_ok(b, "\x06\x01", 2));
    SAY(b, "\x04", "\x60\x04\x01");
    bench_run(b, 400000);
    bench_power_off(b);
    bench_power_on(b, true);
    assert_true(bench_ok(b, "\x06\x01", 2));
    assert_int_equal(bench_word(b, 7), u->packet.size);
    assert_int_equal(bench_word(b, 11), crc32(0, u->packet.bytes, u->packet.size));
    SAY(b, "\x06\x02", "\x60\x06\x01\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
    bench_image(b, u->image, u->image_size, 0);
    bench_run(b, 5000000);
    assert_true(check_installed(u));
    drop(u);
}

static void init_bytes_that_were_not_executed_are_lost(void **state)
{
    (void)state;
    struct update *u = prepare(4096, 8192);
    struct bench *b = &u->bench;
    assert_true(bench_create(b, 1, u->packet.size));
    bench_send(b, u->packet.bytes, u->packet.size);
    bench_run(b, 1000000);
    bench_power_off(b);
    bench_power_on(b, true);
    SAY(b, "\x06\x01", "\x60\x06\x01\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
    drop(u);
}

static void a_stored_init_packet_that_was_damaged_is_forgotten(void **state)
{
    (void)state;
    struct update *u = prepare(4096, 8192);
    struct bench *b = &u->bench;
    bench_init(b, u->packet.bytes, u->packet.size);
    bench_run(b, 400000);
    bench_power_off(b);
    flash_load(b->flash, 0xFF000 + 0x5C + 30, "?", 1);
    bench_power_on(b, true);
    SAY(b, "\x06\x01", "\x60\x06\x01\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
    bench_run(b, 400000);
    transfer(u);
    assert_true(check_installed(u));
    drop(u);
}

static void a_profile_may_report_executed_objects_only(void **state)
{
    (void)state;
    struct sim_profile profile = *sim_profile_find("sdk17");
    struct update *u = prepare(4096, 20000);
    struct bench *b = &u->bench;
    profile.rounds_offset = true;
    bench_stop(b);
    u->bench = bench_config();
    b->config.profile = &profile;
    bench_start(b, u->app, u->app_size);
    bench_init(b, u->packet.bytes, u->packet.size);
    bench_run(b, 400000);
    bench_image(b, u->image, 4096, 0);
    assert_true(bench_create(b, 2, 4096));
    bench_send(b, u->image + 4096, 4096);
    assert_true(bench_ok(b, "\x03", 1));
    assert_int_equal(bench_word(b, 3), 8192);
    assert_true(bench_ok(b, "\x06\x02", 2));
    assert_int_equal(bench_word(b, 7), 4096);
    assert_int_equal(bench_word(b, 11), crc32(0, u->image, 4096));
    SAY(b, "\x04", "\x60\x04\x01");
    assert_true(bench_ok(b, "\x06\x02", 2));
    assert_int_equal(bench_word(b, 7), 8192);
    drop(u);
}

/* A request that is often nearly right. */
static size_t make_request(struct sim_world *world, uint8_t request[8])
{
    static const uint8_t ops[] = {1, 1, 1, 2, 3, 4, 4, 6, 6, 0x0A, 0x0B, 0x0C, 0x55};
    static const uint8_t sizes[] = {6, 6, 6, 3, 1, 1, 1, 2, 2, 1, 2, 1, 4};
    static const uint32_t objects[] = {0, 1, 200, 512, 513, 4096, 8192, 904, UINT32_MAX};
    uint32_t kind = sim_random(world, sizeof(ops));
    uint32_t object = objects[sim_random(world, sizeof(objects) / sizeof(objects[0]))];
    request[0] = ops[kind];
    request[1] = (uint8_t)sim_random(world, 4);
    for (int i = 0; i < 4; i++)
        request[2 + i] = (uint8_t)(object >> (8 * i));
    return sim_random(world, 20) ? sizes[kind] : sim_random(world, 8);
}

static void make_noise(struct update *u)
{
    struct bench *b = &u->bench;
    uint8_t request[8] = {0};
    uint32_t what = sim_random(b->world, 100);
    uint32_t at = sim_random(b->world, u->image_size - 244);
    if (what < 60)
        bootloader_data(b->boot, u->image + at, sim_random(b->world, 260) % 245);
    else if (what < 97)
        bootloader_control(b->boot, request, make_request(b->world, request));
    else if (what < 99)
        bootloader_link_changed(b->boot);
    else
        bench_init(b, u->packet.bytes, u->packet.size);
}

/* Whatever a peer says: nothing but the announced image is ever installed, and the update still
 * works afterwards. */
static void noise_does_no_harm(void **state)
{
    (void)state;
    static const char *const profiles[] = {"sdk17", "sdk14", "sdk15"};
    for (int round = 0; round < 15; round++) {
        struct update *u = prepare_on(profiles[round % 3], 8192, 5000);
        struct bench *b = &u->bench;
        for (int i = 0; i < round; i++)
            sim_random(b->world, 2);
        for (int i = 0; i < 3000; i++) {
            make_noise(u);
            bench_run(b, sim_random(b->world, 20000));
            if (!b->dfu)
                bench_power_on(b, true);
        }
        check_installed(u);
        bench_power_off(b);
        recover(u);
        drop(u);
    }
}

static void settings_are_found_in_flash_as_documented(void **state)
{
    (void)state;
    struct update *u = prepare(4096, 8192);
    struct settings s;
    assert_true(settings_decode(&s, flash_read(u->bench.flash, 0xFF000)));
    assert_memory_equal(flash_read(u->bench.flash, 0xFF000), flash_read(u->bench.flash, 0xFE000),
                        SETTINGS_PAGE_SIZE);
    assert_int_equal(s.bank0.size, 4096);
    assert_int_equal(s.bank0.crc, crc32(0, u->app, 4096));
    assert_int_equal(s.bank0.code, SETTINGS_APPLICATION);
    transfer(u);
    assert_true(settings_decode(&s, flash_read(u->bench.flash, 0xFF000)));
    assert_memory_equal(flash_read(u->bench.flash, 0xFF000), flash_read(u->bench.flash, 0xFE000),
                        SETTINGS_PAGE_SIZE);
    assert_int_equal(s.app_version, NEW_VERSION);
    assert_int_equal(s.bank0.size, 8192);
    assert_int_equal(s.bank1.code, SETTINGS_INVALID);
    assert_int_equal(s.progress.command_size, 0);
    drop(u);
}

/* The page of the existing tool for no application at all and bootloader version 1: package.md 5.2.
 */
static void an_empty_page_has_the_published_checksum(void **state)
{
    (void)state;
    uint8_t page[SETTINGS_PAGE_SIZE];
    struct settings s = {0};
    settings_encode(&s, page);
    assert_memory_equal(page + 0x25C, "\xA2\x1B\xDA\xAC", 4);
    assert_memory_equal(page + 4, "\x02\x00\x00\x00", 4);
    assert_int_equal(page[0x323], 0xFF);
    assert_true(settings_decode(&s, page));
    for (size_t at = 0; at < 0x5C; at++) {
        page[at] ^= 0x10;
        assert_false(settings_decode(&s, page));
        page[at] ^= 0x10;
    }
    page[0x260] ^= 1;
    assert_false(settings_decode(&s, page));
}

static void a_spoiled_page_is_repaired_from_the_other(void **state)
{
    (void)state;
    static const uint32_t pages[] = {0xFF000, 0xFE000};
    for (int i = 0; i < 2; i++) {
        struct update *u = prepare(4096, 8192);
        bench_power_off(&u->bench);
        flash_load(u->bench.flash, pages[i] + 0x18, "junk", 4);
        bench_power_on(&u->bench, false);
        assert_false(u->bench.dfu);
        sim_run_until(u->bench.world, sim_now(u->bench.world) + 1000000);
        assert_memory_equal(flash_read(u->bench.flash, pages[0]),
                            flash_read(u->bench.flash, pages[1]), SETTINGS_PAGE_SIZE);
        assert_false(check_installed(u));
        drop(u);
    }
}

static void a_damaged_application_keeps_the_chip_in_dfu_mode(void **state)
{
    (void)state;
    struct update *u = prepare(4096, 8192);
    struct bootloader_image installed;
    bench_power_on(&u->bench, false);
    assert_false(u->bench.dfu);
    flash_load(u->bench.flash, APP + 1000, "x", 1);
    bench_power_on(&u->bench, false);
    assert_true(u->bench.dfu);
    bootloader_installed(u->bench.boot, &installed);
    assert_false(installed.valid);
    assert_int_equal(installed.size, 0);
    transfer(u);
    assert_true(check_installed(u));
    drop(u);
}

static void without_boot_validation_nobody_notices_damage_at_the_start(void **state)
{
    (void)state;
    struct update *u = prepare(0, 8192);
    struct bootloader_image installed;
    u->packet = build_packet(&(struct recipe){.validation = 1}, u->image, u->image_size);
    transfer(u);
    assert_true(check_installed(u));
    flash_load(u->bench.flash, APP + 1000, "x", 1);
    bench_power_on(&u->bench, false);
    assert_false(u->bench.dfu);
    bootloader_installed(u->bench.boot, &installed);
    assert_false(installed.valid);
    drop(u);
}

static void an_image_damaged_before_its_activation_is_not_activated(void **state)
{
    (void)state;
    struct update *u = prepare(8192, 8192);
    struct bench *b = &u->bench;
    struct bootloader_stats stats;
    u->packet = build_packet(&(struct recipe){.validation = 1}, u->image, u->image_size);
    bench_init(b, u->packet.bytes, u->packet.size);
    bench_image(b, u->image, u->image_size, 0);
    flash_load(b->flash, APP + 8192 + 1000, "x", 1);
    bench_run(b, 5000000);
    assert_true(b->dfu);
    assert_false(check_installed(u));
    bootloader_get_stats(b->boot, &stats);
    assert_int_equal(stats.activations, 0);
    bench_run(b, 400000);
    transfer(u);
    assert_true(check_installed(u));
    drop(u);
}

/* 5 pages moved in steps of 2, the progress saved between the steps. */
static void activation_takes_the_flash_its_time_and_is_silent(void **state)
{
    (void)state;
    struct update *u = prepare(8192, 20480);
    struct bench *b = &u->bench;
    const uint64_t pages = 2 * (85000 + 201 * 41);
    bench_init(b, u->packet.bytes, u->packet.size);
    bench_image(b, u->image, u->image_size, 0);
    uint64_t answered = sim_now(b->world);
    while (b->resets == 0)
        bench_run(b, 100);
    assert_true(bootloader_is_activating(b->boot));
    int replies = b->replies;
    bootloader_control(b->boot, (const uint8_t *)"\x06\x01", 2);
    bootloader_data(b->boot, u->image, 20);
    assert_int_equal(b->replies, replies);
    while (b->resets == 1)
        bench_run(b, 100);
    uint64_t expected = pages + 5 * (85000 + 1024 * 41) + 2 * pages + pages;
    assert_in_range(sim_now(b->world) - answered, expected, expected + 200);
    assert_false(bootloader_is_activating(b->boot));
    assert_false(b->dfu);
    assert_true(check_installed(u));
    drop(u);
}

static void an_application_that_fits_nowhere_is_not_installed(void **state)
{
    (void)state;
    struct update *u = prepare(4096, 8192);
    uint8_t *large = calloc(1, 0xF8000 - APP + 4);
    assert_false(bootloader_install(u->bench.boot, large, 0xF8000 - APP + 4, 9));
    assert_false(bootloader_install(u->bench.boot, large, 0, 9));
    assert_false(check_installed(u));
    free(large);
    drop(u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_may_go_at_any_time_with_a_small_old_application),
        cmocka_unit_test(power_may_go_at_any_time_with_a_large_old_application),
        cmocka_unit_test(power_may_go_at_any_time_without_an_application),
        cmocka_unit_test(power_may_go_at_any_time_in_an_older_bootloader),
        cmocka_unit_test(power_may_go_again_and_again),
        cmocka_unit_test(the_old_application_stays_until_the_new_one_is_complete),
        cmocka_unit_test(an_image_too_large_for_two_banks_goes_over_the_old_one),
        cmocka_unit_test(the_init_packet_survives_and_the_data_begin_anew),
        cmocka_unit_test(init_bytes_that_were_not_executed_are_lost),
        cmocka_unit_test(a_stored_init_packet_that_was_damaged_is_forgotten),
        cmocka_unit_test(a_profile_may_report_executed_objects_only),
        cmocka_unit_test(noise_does_no_harm),
        cmocka_unit_test(settings_are_found_in_flash_as_documented),
        cmocka_unit_test(an_empty_page_has_the_published_checksum),
        cmocka_unit_test(a_spoiled_page_is_repaired_from_the_other),
        cmocka_unit_test(a_damaged_application_keeps_the_chip_in_dfu_mode),
        cmocka_unit_test(without_boot_validation_nobody_notices_damage_at_the_start),
        cmocka_unit_test(an_image_damaged_before_its_activation_is_not_activated),
        cmocka_unit_test(activation_takes_the_flash_its_time_and_is_silent),
        cmocka_unit_test(an_application_that_fits_nowhere_is_not_installed),
    };
    return cmocka_run_group_tests_name("sim_power", tests, NULL, NULL);
}
