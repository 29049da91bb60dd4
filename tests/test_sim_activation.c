/* SPDX-License-Identifier: MIT
 * SoftDevices and bootloaders: received, moved to their place, and what is different afterwards. */
#include "sim_boot.h"

#include "sim/sd_info.h"

enum {
    SD_SIZE = 0x25400, /* of an S140, as converted: without the MBR and the unused end */
    BL_SIZE = 0x5AC4,
};

/* What is sent: SoftDevice and bootloader, one behind the other, or one of them. */
struct fixture {
    struct bench bench;
    uint8_t *image, *app;
    uint32_t app_size;
};

/* S140 in versions: next minor, next minor with more flash, next major; and a relative. */
static const struct sd_info minor = {0x27000, 0x100, 140, 7002000};
static const struct sd_info larger = {0x28000, 0x123, 140, 7003000};
static const struct sd_info major = {0x27000, 0x1234, 140, 8000000};
static const struct sd_info stranger = {0x27000, 0x101, 132, 7002000};

static const struct recipe both = {.type = 3, .fw = 4, .sd_size = SD_SIZE, .size = BL_SIZE};
static const struct recipe alone = {.type = 1, .sd_size = 0};
static const struct recipe loader = {.type = 2, .fw = 4};

static uint32_t image_size(const struct recipe *r)
{
    return r->type == 3 ? SD_SIZE + BL_SIZE : r->type == 2 ? BL_SIZE : SD_SIZE;
}

static const uint8_t *image_of(const struct fixture *f, const struct recipe *r)
{
    return r->type == 2 ? f->image + SD_SIZE : f->image;
}

static void put_softdevice(struct fixture *f, const struct sd_info *info)
{
    bench_fill(f->image, SD_SIZE, 9);
    if (info)
        sd_info_write(info, f->image + SD_INFO_AT);
}

static void prepare(struct fixture *f, uint32_t app_size, const struct sd_info *info)
{
    memset(f, 0, sizeof(*f));
    f->bench = bench_config();
    f->app_size = app_size;
    f->app = malloc(app_size + 1);
    f->image = malloc(SD_SIZE + BL_SIZE);
    bench_fill(f->app, app_size, 1);
    bench_fill(f->image + SD_SIZE, BL_SIZE, 4);
    put_softdevice(f, info);
}

static void start(struct fixture *f, uint32_t app_size, const struct sd_info *info)
{
    prepare(f, app_size, info);
    bench_start(&f->bench, f->app, app_size);
}

static void drop(struct fixture *f)
{
    bench_stop(&f->bench);
    free(f->app);
    free(f->image);
}

static void send_packet(struct fixture *f, const struct recipe *r, const uint8_t *image,
                        uint32_t size)
{
    struct packet packet = build_packet(r, image, size);
    bench_init(&f->bench, packet.bytes, packet.size);
}

/* All of it; the answer to the last Execute is in the bench. */
static void transfer(struct fixture *f, const struct recipe *r)
{
    send_packet(f, r, image_of(f, r), image_size(r));
    assert_int_equal(f->bench.reply_size, 3);
    assert_memory_equal(f->bench.reply, "\x60\x04\x01", 3);
    bench_run(&f->bench, 400000);
    bench_image(&f->bench, image_of(f, r), image_size(r), 0);
}

static void expect_answer(const struct fixture *f, const char *answer, size_t size)
{
    assert_int_equal(f->bench.reply_size, size);
    assert_memory_equal(f->bench.reply, answer, size);
}

static void assert_part(const struct fixture *f, enum bootloader_part part, const uint8_t *bytes,
                        uint32_t size)
{
    uint32_t found;
    const uint8_t *flash = bootloader_part(f->bench.boot, part, &found);
    assert_int_equal(found, size);
    assert_non_null(flash);
    assert_memory_equal(flash, bytes, size);
}

static void assert_no_application(const struct fixture *f)
{
    uint32_t size;
    assert_null(bootloader_part(f->bench.boot, BOOTLOADER_APPLICATION, &size));
    assert_int_equal(size, 0);
}

static void assert_versions(const struct fixture *f, uint32_t application, uint32_t bootloader,
                            uint32_t softdevice)
{
    struct bootloader_versions versions;
    bootloader_get_versions(f->bench.boot, &versions);
    assert_int_equal(versions.application, application);
    assert_int_equal(versions.bootloader, bootloader);
    assert_int_equal(versions.softdevice, softdevice);
}

/* Until DFU mode or the application; returns when. */
static uint64_t settle(struct fixture *f)
{
    struct bench *b = &f->bench;
    bench_run(b, 1);
    while (b->dfu && bootloader_is_busy(b->boot))
        bench_run(b, 1000);
    return sim_now(b->world);
}

static void softdevice_and_bootloader_come_into_their_places(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, 20000, &minor);
    assert_versions(&f, 1, 3, 0xCA);
    transfer(&f, &both);
    settle(&f);
    assert_part(&f, BOOTLOADER_SOFTDEVICE, f.image, SD_SIZE);
    assert_part(&f, BOOTLOADER_BOOTLOADER, f.image + SD_SIZE, BL_SIZE);
    assert_part(&f, BOOTLOADER_APPLICATION, f.app, f.app_size);
    assert_memory_equal(flash_read(f.bench.flash, 0x1000), f.image, SD_SIZE);
    assert_memory_equal(flash_read(f.bench.flash, 0xF8000), f.image + SD_SIZE, BL_SIZE);
    assert_versions(&f, 1, 4, 0x100);
    drop(&f);
}

/* dfu-protocol.md D.1, D.5: the next image has 10 s; the third reset starts the application. */
static void application_starts_ten_seconds_after_a_new_softdevice(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, 20000, &minor);
    struct bench *b = &f.bench;
    transfer(&f, &both);
    settle(&f);
    assert_int_equal(b->resets, 2);
    assert_int_equal(b->continued, 1);
    assert_true(b->dfu);
    bench_run(b, 9990000);
    assert_true(b->dfu);
    bench_run(b, 20000);
    assert_false(b->dfu);
    assert_int_equal(b->resets, 3);
    drop(&f);
}

static void second_image_is_compared_with_the_new_softdevice(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, 20000, &minor);
    struct bench *b = &f.bench;
    transfer(&f, &both);
    settle(&f);
    bench_run(b, 9000000);
    bench_fill(f.app, f.app_size, 6);
    send_packet(&f, &(struct recipe){.fw = 2}, f.app, f.app_size);
    expect_answer(&f, "\x60\x04\x0B\x07", 4);
    send_packet(&f, &(struct recipe){.fw = 2, .sd_req = 0x100}, f.app, f.app_size);
    expect_answer(&f, "\x60\x04\x01", 3);
    /* From now on it is an update like any other. */
    bench_run(b, 60000000);
    assert_true(b->dfu);
    bench_image(b, f.app, f.app_size, 0);
    settle(&f);
    assert_false(b->dfu);
    assert_part(&f, BOOTLOADER_APPLICATION, f.app, f.app_size);
    assert_versions(&f, 2, 4, 0x100);
    drop(&f);
}

static void another_major_version_makes_the_application_useless(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, 20000, &major);
    struct bench *b = &f.bench;
    transfer(&f, &both);
    settle(&f);
    assert_no_application(&f);
    assert_int_equal(b->resets, 3);
    assert_int_equal(b->continued, 0);
    assert_true(b->dfu);
    assert_versions(&f, 1, 4, 0x1234);
    /* Nothing to start: it waits, and restarts after the inactivity timeout only. */
    bench_run(b, 119000000);
    assert_int_equal(b->resets, 3);
    bench_run(b, 2000000);
    assert_int_equal(b->resets, 4);
    assert_true(b->dfu);
    drop(&f);
}

static void larger_softdevice_moves_the_application_away(void **state)
{
    (void)state;
    struct fixture f;
    struct bootloader_image image;
    start(&f, 20000, &larger);
    transfer(&f, &both);
    settle(&f);
    assert_no_application(&f);
    assert_true(f.bench.dfu);
    assert_part(&f, BOOTLOADER_SOFTDEVICE, f.image, SD_SIZE);
    send_packet(&f, &(struct recipe){.fw = 2, .sd_req = 0x123}, f.app, f.app_size);
    bench_run(&f.bench, 400000);
    bench_image(&f.bench, f.app, f.app_size, 0);
    settle(&f);
    bootloader_installed(f.bench.boot, &image);
    assert_true(image.valid);
    assert_int_equal(image.address, 0x28000);
    drop(&f);
}

/* The old application's size no longer fits behind the new SoftDevice: nothing is received there.
 */
static void softdevice_may_leave_hardly_any_room(void **state)
{
    (void)state;
    static const struct sd_info huge = {0xF7000, 0x100, 140, 7002000};
    struct fixture f;
    start(&f, 20000, &huge);
    transfer(&f, &both);
    settle(&f);
    assert_no_application(&f);
    send_packet(&f, &(struct recipe){.fw = 2, .sd_req = 0x100}, f.app, 4097);
    expect_answer(&f, "\x60\x04\x04", 3);
    send_packet(&f, &(struct recipe){.fw = 2, .sd_req = 0x100}, f.app, 4096);
    expect_answer(&f, "\x60\x04\x01", 3);
    bench_run(&f.bench, 400000);
    bench_image(&f.bench, f.app, 4096, 0);
    settle(&f);
    assert_part(&f, BOOTLOADER_APPLICATION, f.app, 4096);
    assert_part(&f, BOOTLOADER_BOOTLOADER, f.image + SD_SIZE, BL_SIZE);
    drop(&f);
}

static void softdevice_alone_takes_two_resets(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, 20000, &minor);
    transfer(&f, &alone);
    settle(&f);
    assert_int_equal(f.bench.resets, 1);
    assert_int_equal(f.bench.continued, 1);
    assert_part(&f, BOOTLOADER_SOFTDEVICE, f.image, SD_SIZE);
    assert_versions(&f, 1, 3, 0x100);
    bench_run(&f.bench, 10100000);
    assert_int_equal(f.bench.resets, 2);
    assert_false(f.bench.dfu);
    drop(&f);
}

static void bootloader_alone_takes_three_resets(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, 20000, &minor);
    transfer(&f, &loader);
    settle(&f);
    assert_int_equal(f.bench.resets, 3);
    assert_int_equal(f.bench.continued, 0);
    assert_false(f.bench.dfu);
    assert_part(&f, BOOTLOADER_BOOTLOADER, f.image + SD_SIZE, BL_SIZE);
    assert_part(&f, BOOTLOADER_APPLICATION, f.app, f.app_size);
    assert_versions(&f, 1, 4, 0xCA);
    bench_power_on(&f.bench, true);
    send_packet(&f, &loader, f.image + SD_SIZE, BL_SIZE);
    expect_answer(&f, "\x60\x04\x0B\x05", 4);
    drop(&f);
}

/* Erasing and writing every page of both, and the settings in between: two pages, erased and
 * written, each time. */
static void activation_takes_the_time_of_copying(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, 20000, &minor);
    const uint64_t page = 85000, word = 41, settings = 2 * (page + 201 * word);
    const uint64_t steps = 5; /* of eight pages, for 38 pages of SoftDevice */
    const uint64_t copying =
        38 * page + SD_SIZE / 4 * word + 6 * page + (BL_SIZE / 4) * word + steps * settings;
    transfer(&f, &both);
    uint64_t answered = sim_now(f.bench.world);
    uint64_t expected = settings + copying + settings;
    assert_in_range(settle(&f) - answered, expected, expected + 2000);
    drop(&f);
}

static void without_room_for_both_the_application_is_given_up(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, 0xF8000 - 0x27000 - SD_SIZE, &minor);
    struct bench *b = &f.bench;
    send_packet(&f, &both, f.image, SD_SIZE + BL_SIZE);
    expect_answer(&f, "\x60\x04\x01", 3);
    assert_no_application(&f);
    bench_run(b, 400000);
    bench_power_off(b);
    bench_power_on(b, false);
    assert_true(b->dfu);
    assert_true(bench_ok(b, "\x06\x02", 2));
    bench_image(b, f.image, SD_SIZE + BL_SIZE, 0);
    settle(&f);
    assert_part(&f, BOOTLOADER_SOFTDEVICE, f.image, SD_SIZE);
    assert_part(&f, BOOTLOADER_BOOTLOADER, f.image + SD_SIZE, BL_SIZE);
    assert_true(b->dfu);
    assert_int_equal(b->continued, 0);
    drop(&f);
}

/* 256 KiB of flash: SoftDevice and bootloader fill what an application leaves, and more. */
static void an_nrf51_gives_up_its_application_for_both(void **state)
{
    (void)state;
    enum { S130_SIZE = 0x19C00, LOADER_SIZE = 0x4800 };
    static const struct sd_info s130 = {0x1B000, 0x88, 130, 2000002};
    const struct recipe recipe = {
        .type = 3, .fw = 4, .hw = 51, .sd_req = 0x87, .sd_size = S130_SIZE, .size = LOADER_SIZE};
    struct fixture f;
    struct bench *b = &f.bench;
    prepare(&f, 20000, &s130);
    *b = bench_config_of("sdk12", "nrf51");
    bench_start(b, f.app, f.app_size);
    send_packet(&f, &recipe, f.image, S130_SIZE + LOADER_SIZE);
    bench_run(b, 400000);
    bench_image(b, f.image, S130_SIZE + LOADER_SIZE, 0);
    settle(&f);
    assert_part(&f, BOOTLOADER_SOFTDEVICE, f.image, S130_SIZE);
    assert_part(&f, BOOTLOADER_BOOTLOADER, f.image + S130_SIZE, LOADER_SIZE);
    assert_no_application(&f);
    send_packet(&f, &(struct recipe){.hw = 51, .sd_req = 0x88}, f.app, f.app_size);
    bench_run(b, 400000);
    bench_image(b, f.app, f.app_size, 0);
    settle(&f);
    assert_part(&f, BOOTLOADER_APPLICATION, f.app, f.app_size);
    assert_false(b->dfu);
    drop(&f);
}

static void sdk_12_waits_for_the_application_without_a_limit(void **state)
{
    (void)state;
    enum { S132_SIZE = 0x1D000 };
    static const struct sd_info s132 = {0x1F000, 0x92, 132, 3001001};
    const struct recipe recipe = {
        .type = 3, .fw = 4, .sd_req = 0x91, .sd_size = S132_SIZE, .size = BL_SIZE};
    struct fixture f;
    struct bench *b = &f.bench;
    prepare(&f, 20000, &s132);
    *b = bench_config_of("sdk12", "nrf52832");
    bench_start(b, f.app, f.app_size);
    send_packet(&f, &recipe, f.image, S132_SIZE + BL_SIZE);
    bench_run(b, 400000);
    bench_image(b, f.image, S132_SIZE + BL_SIZE, 0);
    settle(&f);
    assert_int_equal(b->continued, 1);
    bench_run(b, 1000000000);
    assert_true(b->dfu);
    assert_versions(&f, 1, 4, 0x92);
    assert_part(&f, BOOTLOADER_SOFTDEVICE, f.image, S132_SIZE);
    assert_part(&f, BOOTLOADER_APPLICATION, f.app, f.app_size);
    drop(&f);
}

static void refused_at_the_end(const char *profile, const struct recipe *r,
                               const struct sd_info *info, bool accepted)
{
    struct fixture f;
    prepare(&f, 20000, info);
    struct bench *b = &f.bench;
    b->config.profile = sim_profile_on(sim_profile_find(profile), "nrf52840");
    bench_start(b, f.app, f.app_size);
    transfer(&f, r);
    assert_memory_equal(b->reply, accepted ? "\x60\x04\x01" : "\x60\x04\x05", 3);
    settle(&f);
    bench_run(b, 11000000);
    assert_versions(&f, 1, accepted && r->fw == 4 ? 4 : 3, accepted ? info->fwid : 0xCA);
    if (!accepted)
        assert_part(&f, BOOTLOADER_APPLICATION, f.app, f.app_size);
    drop(&f);
}

static void softdevice_that_would_strand_the_bootloader_is_refused(void **state)
{
    (void)state;
    refused_at_the_end("sdk17", &alone, &major, false);
    refused_at_the_end("sdk14", &alone, &major, false);
    refused_at_the_end("sdk17", &alone, &minor, true);
    refused_at_the_end("sdk17", &both, &stranger, false);
    refused_at_the_end("sdk15", &both, &stranger, true);
    static const struct sd_info short_one = {0x26000, 0x100, 140, 7002000};
    refused_at_the_end("sdk17", &both, &short_one, false);
}

static void softdevice_without_a_name_keeps_the_old_one(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, 20000, NULL);
    transfer(&f, &both);
    settle(&f);
    assert_part(&f, BOOTLOADER_SOFTDEVICE, f.image, SD_SIZE);
    assert_versions(&f, 1, 4, 0xCA);
    drop(&f);
}

static void external_application_waits_and_changes_nothing(void **state)
{
    (void)state;
    struct fixture f;
    struct bench *b = &f.bench;
    struct bootloader_stats stats;
    static const struct recipe external = {.type = 4, .fw = 9};
    prepare(&f, 20000, &minor);
    b->config.external_app = true;
    bench_start(b, f.app, f.app_size);
    send_packet(&f, &external, f.image, 30000);
    expect_answer(&f, "\x60\x04\x01", 3);
    bench_run(b, 400000);
    bench_image(b, f.image, 30000, 0);
    expect_answer(&f, "\x60\x04\x01", 3);
    settle(&f);
    assert_false(b->dfu);
    assert_part(&f, BOOTLOADER_EXTERNAL, f.image, 30000);
    assert_part(&f, BOOTLOADER_APPLICATION, f.app, f.app_size);
    assert_versions(&f, 1, 3, 0xCA);
    bootloader_get_stats(b->boot, &stats);
    assert_int_equal(stats.activations, 1);
    /* The next image takes its place. */
    uint32_t size;
    bench_power_on(b, true);
    send_packet(&f, &(struct recipe){.fw = 2}, f.image, 5000);
    expect_answer(&f, "\x60\x04\x01", 3);
    assert_null(bootloader_part(b->boot, BOOTLOADER_EXTERNAL, &size));
    drop(&f);
}

static void external_application_is_unknown_to_the_stock_bootloader(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, 20000, &minor);
    send_packet(&f, &(struct recipe){.type = 4, .fw = 9}, f.image, 30000);
    expect_answer(&f, "\x60\x04\x0B\x04", 4);
    drop(&f);
}

static void cut(void *context)
{
    bench_power_off(context);
}

/* All of it on a bootloader, with a power cut in the middle of one operation after the last answer;
 * then the power is back for good. True if the activation got through before. */
static bool cut_activation(struct fixture *f, const char *profile, uint32_t operation)
{
    struct bench *b = &f->bench;
    prepare(f, 20000, &minor);
    b->config.profile = sim_profile_on(sim_profile_find(profile), "nrf52840");
    if (b->config.profile->sdk == 14)
        b->config.softdevice = 0xC1; /* of the same major version as what comes */
    bench_start(b, f->app, f->app_size);
    transfer(f, &both);
    assert_memory_equal(b->reply, "\x60\x04\x01", 3);
    flash_on_operation(b->flash, operation, cut, b);
    settle(f);
    bool survived = b->powered;
    bench_run(b, 1000000);
    if (!survived) {
        bench_power_on(b, false);
        settle(f);
    }
    return survived;
}

static bool is_activated(const struct fixture *f)
{
    struct bootloader_versions versions;
    bootloader_get_versions(f->bench.boot, &versions);
    if (versions.softdevice != 0x100)
        return false;
    assert_part(f, BOOTLOADER_SOFTDEVICE, f->image, SD_SIZE);
    assert_part(f, BOOTLOADER_BOOTLOADER, f->image + SD_SIZE, BL_SIZE);
    return true;
}

static void activation_goes_on_after_a_power_cut(void **state)
{
    (void)state;
    uint32_t operation = 0;
    bool survived = false;
    while (!survived) {
        struct fixture f;
        survived = cut_activation(&f, "sdk17", ++operation);
        /* The settings are being erased already; their first copy is the next. */
        assert_int_equal(is_activated(&f), operation > 1);
        assert_part(&f, BOOTLOADER_APPLICATION, f.app, f.app_size);
        drop(&f);
    }
    print_message("cut in %u flash operations\n", (unsigned)operation - 1);
    assert_true(operation > 60);
}

/* With one settings page the record of what was done may be lost, and the application with it. The
 * same update then goes through. */
static void without_a_second_page_the_update_is_repeated(void **state)
{
    (void)state;
    uint32_t operation = 0, repeated = 0;
    bool survived = false;
    while (!survived) {
        struct fixture f;
        survived = cut_activation(&f, "sdk14", ++operation);
        if (!is_activated(&f)) {
            if (!f.bench.dfu)
                bench_power_on(&f.bench, true);
            bench_run(&f.bench, 1000000);
            transfer(&f, &both);
            settle(&f);
            repeated++;
        }
        assert_true(is_activated(&f));
        drop(&f);
    }
    print_message("cut in %u flash operations, repeated after %u\n", (unsigned)operation - 1,
                  (unsigned)repeated);
    assert_true(operation > 50 && repeated > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softdevice_and_bootloader_come_into_their_places),
        cmocka_unit_test(application_starts_ten_seconds_after_a_new_softdevice),
        cmocka_unit_test(second_image_is_compared_with_the_new_softdevice),
        cmocka_unit_test(another_major_version_makes_the_application_useless),
        cmocka_unit_test(larger_softdevice_moves_the_application_away),
        cmocka_unit_test(softdevice_may_leave_hardly_any_room),
        cmocka_unit_test(softdevice_alone_takes_two_resets),
        cmocka_unit_test(bootloader_alone_takes_three_resets),
        cmocka_unit_test(activation_takes_the_time_of_copying),
        cmocka_unit_test(without_room_for_both_the_application_is_given_up),
        cmocka_unit_test(an_nrf51_gives_up_its_application_for_both),
        cmocka_unit_test(sdk_12_waits_for_the_application_without_a_limit),
        cmocka_unit_test(softdevice_that_would_strand_the_bootloader_is_refused),
        cmocka_unit_test(softdevice_without_a_name_keeps_the_old_one),
        cmocka_unit_test(external_application_waits_and_changes_nothing),
        cmocka_unit_test(external_application_is_unknown_to_the_stock_bootloader),
        cmocka_unit_test(activation_goes_on_after_a_power_cut),
        cmocka_unit_test(without_a_second_page_the_update_is_repeated),
    };
    return cmocka_run_group_tests_name("sim_activation", tests, NULL, NULL);
}
