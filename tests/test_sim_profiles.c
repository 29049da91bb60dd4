/* SPDX-License-Identifier: MIT
 * In what the bootloaders of the SDKs differ. dfu-protocol.md D.1 to D.5. */
#include "sim_boot.h"

#include "sim/sd_info.h"
#include "sim/settings.h"

enum { IMAGE = 10240 };

struct kind {
    const char *profile, *chip;
};

static const struct kind kinds[] = {
    {"sdk12", "nrf51"},    {"sdk12", "nrf52832"}, {"sdk13", "nrf52832"}, {"sdk14", "nrf52832"},
    {"sdk14", "nrf52840"}, {"sdk15", "nrf52832"}, {"sdk15", "nrf52840"}, {"sdk16", "nrf52832"},
    {"sdk16", "nrf52840"}, {"sdk17", "nrf52832"}, {"sdk17", "nrf52840"},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct fixture {
    struct bench bench;
    uint8_t image[IMAGE];
};

static void prepare(struct fixture *f, const char *profile, const char *chip)
{
    memset(f, 0, sizeof(*f));
    f->bench = bench_config_of(profile, chip);
    bench_fill(f->image, IMAGE, 2);
}

static void start(struct fixture *f, const char *profile, const char *chip)
{
    prepare(f, profile, chip);
    bench_start(&f->bench, NULL, 0);
}

/* What is right for this device. */
static struct recipe recipe_of(const struct fixture *f)
{
    return (struct recipe){.hw = f->bench.config.hw_version, .sd_req = f->bench.config.softdevice};
}

static void send_packet(struct fixture *f, const struct recipe *recipe)
{
    struct packet packet = build_packet(recipe, f->image, IMAGE);
    bench_init(&f->bench, packet.bytes, packet.size);
}

static void init_done(struct fixture *f)
{
    struct recipe recipe = recipe_of(f);
    send_packet(f, &recipe);
    assert_int_equal(f->bench.reply_size, 3);
    assert_memory_equal(f->bench.reply, "\x60\x04\x01", 3);
    bench_run(&f->bench, 400000);
}

static void assert_installed(struct fixture *f)
{
    uint32_t size;
    const uint8_t *bytes = bootloader_part(f->bench.boot, BOOTLOADER_APPLICATION, &size);
    assert_int_equal(size, IMAGE);
    assert_memory_equal(bytes, f->image, IMAGE);
    assert_false(f->bench.dfu);
}

/* The table */

static void profiles_make_sense(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        const struct sim_profile *p =
            sim_profile_on(sim_profile_find(kinds[i].profile), kinds[i].chip);
        assert_non_null(p);
        assert_non_null(strstr(sim_profile_names(), p->name));
        assert_non_null(sim_profile_at(i));
        assert_int_equal(p->bootloader_address % p->page_size, 0);
        assert_int_equal(p->application_address % p->page_size, 0);
        assert_true(p->application_address < p->debug_bootloader_address);
        assert_true(p->debug_bootloader_address < p->bootloader_address);
        assert_true(p->bootloader_address < p->bootloader_end);
        assert_true(p->bootloader_end <= p->settings_address);
        assert_int_equal(p->settings_address + p->page_size, p->flash_size);
        assert_int_equal(p->max_data_object % p->page_size, 0);
        assert_true(p->max_command_object <= SETTINGS_INIT_MAX);
        assert_int_equal(sd_info_known(p->softdevice)->end, p->application_address);
        assert_int_equal(p->mtu, p->sdk < 15 ? 23 : 247);
        assert_int_equal(p->settings_backup_address != 0, p->sdk >= 15);
    }
    assert_null(sim_profile_at(KINDS));
    assert_null(sim_profile_on(sim_profile_find("sdk12"), "nrf52840"));
    assert_null(sim_profile_on(sim_profile_find("sdk14"), "nrf51"));
    assert_null(sim_profile_on(sim_profile_find("sdk17"), "nrf53"));
}

static void every_bootloader_installs_an_application(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct fixture f;
        start(&f, kinds[i].profile, kinds[i].chip);
        init_done(&f);
        bench_image(&f.bench, f.image, IMAGE, 0);
        assert_memory_equal(f.bench.reply, "\x60\x04\x01", 3);
        bench_run(&f.bench, 10000000);
        assert_installed(&f);
        bench_stop(&f.bench);
    }
}

/* Requests */

static void requests_appear_with_sdk_15(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "sdk14", "nrf52832");
    struct bench *b = &f.bench;
    SAY(b, "\x00", "\x60\x00\x02");
    SAY(b, "\x0A", "\x60\x0A\x02");
    SAY(b, "\x0B\x00", "\x60\x0B\x02");
    SAY(b, "\x0C", "\x60\x0C\x02");
    assert_int_equal(b->resets, 0);
    bench_stop(b);
    start(&f, "sdk15", "nrf52840");
    SAY(b, "\x00", "\x60\x00\x01\x01");
    SAY(b, "\x0A", "\x60\x0A\x01");
    SAY(b, "\x0B\x00", "\x60\x0B\x01");
    bench_stop(b);
}

static void abort_ends_the_link_from_sdk_16_on(void **state)
{
    (void)state;
    static const char *const names[] = {"sdk15", "sdk16", "sdk17"};
    for (int i = 0; i < 3; i++) {
        struct fixture f;
        start(&f, names[i], "nrf52840");
        bootloader_control(f.bench.boot, (const uint8_t *)"\x0C", 1);
        assert_int_equal(bootloader_resets_at_once(f.bench.boot), i == 0);
        bench_run(&f.bench, 1000);
        assert_int_equal(f.bench.resets, 1);
        bench_stop(&f.bench);
    }
}

static void init_packets_are_smaller_before_sdk_15(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "sdk14", "nrf52832");
    SAY(&f.bench, "\x06\x01", "\x60\x06\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
    SAY(&f.bench, "\x01\x01\x01\x01\x00\x00", "\x60\x01\x04");
    SAY(&f.bench, "\x01\x01\x00\x01\x00\x00", "\x60\x01\x01");
    bench_stop(&f.bench);
}

static void a_missing_init_packet_is_noticed_late_before_sdk_15(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "sdk12", "nrf52832");
    SAY(&f.bench, "\x01\x02\x00\x00\x00\x00", "\x60\x01\x03");
    SAY(&f.bench, "\x01\x02\x00\x20\x00\x00", "\x60\x01\x04");
    SAY(&f.bench, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x08");
    bench_stop(&f.bench);
}

static void an_nrf51_has_small_pages(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "sdk12", "nrf51");
    init_done(&f);
    SAY(&f.bench, "\x01\x02\x00\x02\x00\x00", "\x60\x01\x03");
    SAY(&f.bench, "\x01\x02\x00\x0C\x00\x00", "\x60\x01\x01");
    SAY(&f.bench, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    bench_stop(&f.bench);
}

/* Init packets */

#define SDK_12 "\x60\x04\x0A"

static const struct {
    const char *name;
    struct recipe recipe; /* besides hw and sd_req */
    const char *sdk12, *sdk14;
    size_t size12, size14;
} refused[] = {
#define ANSWERS(a, b) a, b, sizeof(a) - 1, sizeof(b) - 1
    {"unsigned", {.defects = UNSIGNED}, ANSWERS(SDK_12, "\x60\x04\x0B\x03")},
    {"signature type", {.signature_type = 1}, ANSWERS(SDK_12, "\x60\x04\x0B\x0B")},
    {"wrong key", {.defects = WRONG_KEY}, ANSWERS("\x60\x04\x05", "\x60\x04\x05")},
    {"short signature", {.signature_size = 63}, ANSWERS(SDK_12, "\x60\x04\x0A")},
    {"hw missing", {.defects = NO_HW}, ANSWERS(SDK_12, "\x60\x04\x0B\x04")},
    {"hw wrong", {.hw = 99}, ANSWERS(SDK_12, "\x60\x04\x0B\x06")},
    {"sd_req wrong", {.sd_req = 0x55}, ANSWERS(SDK_12, "\x60\x04\x0B\x07")},
    {"sd_req missing", {.defects = NO_SD_REQ}, ANSWERS(SDK_12, "\x60\x04\x0B\x07")},
    {"type unknown", {.type = 5}, ANSWERS(SDK_12, "\x60\x04\x0B\x04")},
    {"external", {.type = 4}, ANSWERS(SDK_12, "\x60\x04\x0B\x04")},
    {"version missing", {.defects = NO_FW}, ANSWERS(SDK_12, "\x60\x04\x0B\x04")},
    {"bootloader equal", {.type = 2, .fw = 3}, ANSWERS(SDK_12, "\x60\x04\x0B\x05")},
    {"size missing", {.defects = NO_SIZE}, ANSWERS(SDK_12, "\x60\x04\x0B\x04")},
    {"size 0", {.defects = ZERO_SIZE}, ANSWERS("\x60\x04\x03", "\x60\x04\x03")},
    {"too large", {.size = 0x80000}, ANSWERS("\x60\x04\x04", "\x60\x04\x04")},
    {"for debugging", {.defects = DEBUG}, ANSWERS(SDK_12, "\x60\x04\x0A")},
    {"hw before signature", {.hw = 99, .defects = WRONG_KEY}, ANSWERS(SDK_12, "\x60\x04\x0B\x06")},
    {"truncated", {.defects = TRUNCATED}, ANSWERS("\x60\x04\x05", "\x60\x04\x05")},
};

static void check_refusal(const char *profile, size_t i)
{
    struct fixture f;
    bool old = strcmp(profile, "sdk12") == 0;
    start(&f, profile, "nrf52832");
    struct recipe recipe = refused[i].recipe;
    struct recipe right = recipe_of(&f);
    recipe.hw = recipe.hw ? recipe.hw : right.hw;
    recipe.sd_req = recipe.sd_req ? recipe.sd_req : right.sd_req;
    send_packet(&f, &recipe);
    size_t size = old ? refused[i].size12 : refused[i].size14;
    if (f.bench.reply_size != size ||
        memcmp(f.bench.reply, old ? refused[i].sdk12 : refused[i].sdk14, size) != 0)
        fail_msg("%s of %s: %02X %02X", refused[i].name, profile, f.bench.reply[2],
                 f.bench.reply[3]);
    bench_stop(&f.bench);
}

/* SDK 13 brought the extended errors; SDK 15 other checks in another order (test_sim_init.c). */
static void sdk_12_has_one_answer_where_later_ones_say_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        check_refusal("sdk12", i);
        check_refusal("sdk13", i);
        check_refusal("sdk14", i);
    }
}

static void hash_type_is_looked_at_in_the_end_before_sdk_15(void **state)
{
    (void)state;
    static const char *const names[] = {"sdk12", "sdk14"};
    static const char *const answers[] = {"\x60\x04\x0A", "\x60\x04\x0B\x09"};
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        start(&f, names[i], "nrf52832");
        struct recipe recipe = recipe_of(&f);
        recipe.hash_type = 2;
        send_packet(&f, &recipe);
        assert_memory_equal(f.bench.reply, "\x60\x04\x01", 3);
        bench_run(&f.bench, 400000);
        bench_image(&f.bench, f.image, IMAGE, 0);
        assert_int_equal(f.bench.reply_size, strlen(answers[i]));
        assert_memory_equal(f.bench.reply, answers[i], strlen(answers[i]));
        bench_stop(&f.bench);
    }
}

static void a_wrong_hash_is_an_invalid_object_to_sdk_12(void **state)
{
    (void)state;
    static const char *const names[] = {"sdk12", "sdk14"};
    static const char *const answers[] = {"\x60\x04\x05", "\x60\x04\x0B\x0C"};
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        start(&f, names[i], "nrf52832");
        init_done(&f);
        f.image[5000] ^= 1;
        bench_image(&f.bench, f.image, IMAGE, 0);
        assert_int_equal(f.bench.reply_size, strlen(answers[i]));
        assert_memory_equal(f.bench.reply, answers[i], strlen(answers[i]));
        bench_stop(&f.bench);
    }
}

static void sdk_14_asks_no_softdevice_of_what_brings_one(void **state)
{
    (void)state;
    static const char *const names[] = {"sdk12", "sdk14", "sdk17"};
    for (int i = 0; i < 3; i++) {
        struct fixture f;
        start(&f, names[i], "nrf52832");
        const struct recipe recipe = {
            .type = 3, .fw = 4, .sd_size = 6144, .size = 4096, .hw = 52, .sd_req = 0x55};
        send_packet(&f, &recipe);
        assert_int_equal(f.bench.reply[2], i == 0 ? 0x0A : i == 1 ? 0x01 : 0x0B);
        bench_stop(&f.bench);
    }
}

/* The bytes stay, and are judged again. */
static void a_refused_init_packet_is_kept_before_sdk_15(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "sdk14", "nrf52832");
    send_packet(&f, &(struct recipe){.hw = 99});
    assert_true(bench_ok(&f.bench, "\x06\x01", 2));
    assert_int_not_equal(bench_word(&f.bench, 7), 0);
    SAY(&f.bench, "\x04", "\x60\x04\x0B\x06");
    bench_stop(&f.bench);
}

/* Data */

static void execute_does_not_wait_for_the_flash_before_sdk_15(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "sdk14", "nrf52832");
    struct bench *b = &f.bench;
    init_done(&f);
    assert_true(bench_create(b, 2, 4096));
    bench_send(b, f.image, 4096);
    assert_true(flash_pending(b->flash) > 0);
    uint64_t before = sim_now(b->world);
    SAY(b, "\x04", "\x60\x04\x01");
    assert_int_equal(sim_now(b->world), before);
    bench_stop(b);
}

/* 256 bytes at a time; 13 packets of 20 make the first. */
static void packets_are_gathered_before_sdk_15(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "sdk14", "nrf52832");
    struct bench *b = &f.bench;
    init_done(&f);
    assert_true(bench_create(b, 2, 4096));
    for (size_t i = 0; i < 12; i++)
        bootloader_data(b->boot, f.image + 20 * i, 20);
    assert_int_equal(flash_pending(b->flash), 1); /* the erase */
    bootloader_data(b->boot, f.image + 240, 20);
    assert_int_equal(flash_pending(b->flash), 2);
    assert_true(bench_ok(b, "\x03", 1));
    assert_int_equal(bench_word(b, 3), 260);
    bench_stop(b);
}

static void a_full_queue_takes_the_offset_back_before_sdk_15(void **state)
{
    (void)state;
    struct fixture f;
    struct bootloader_stats stats;
    start(&f, "sdk12", "nrf52832");
    struct bench *b = &f.bench;
    init_done(&f);
    assert_true(bench_create(b, 2, 4096));
    for (size_t at = 0; at < 4096; at += 20)
        bootloader_data(b->boot, f.image + at, 4096 - at < 20 ? 4096 - at : 20);
    assert_true(bench_ok(b, "\x03", 1));
    assert_true(bench_word(b, 3) < 4096);
    bootloader_get_stats(b->boot, &stats);
    assert_true(stats.packets_lost > 0);
    SAY(b, "\x04", "\x60\x04\x08");
    bench_run(b, 1000000);
    /* The object anew, in its own time. */
    bench_image(b, f.image, IMAGE, 0);
    bench_run(b, 10000000);
    assert_installed(&f);
    bench_stop(b);
}

/* The client ignores all signs: nothing is written where it does not belong. */
static void a_flood_stays_inside_its_object(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "sdk12", "nrf52832");
    struct bench *b = &f.bench;
    init_done(&f);
    uint32_t address = b->config.profile->application_address;
    assert_true(bench_create(b, 2, 4096));
    for (int i = 0; i < 2000; i++) {
        bootloader_data(b->boot, f.image, 20);
        bench_run(b, 300);
    }
    bench_run(b, 1000000);
    for (uint32_t at = 4096; at < 3 * 4096; at++)
        assert_int_equal(*flash_read(b->flash, address + at), 0xFF);
    bench_stop(b);
}

/* Resuming */

static uint32_t offset_after_power_cut(struct fixture *f)
{
    struct bench *b = &f->bench;
    init_done(f);
    bench_image(b, f->image, 8192, 0);
    bench_run(b, 1000000);
    bench_power_off(b);
    bench_power_on(b, true);
    assert_true(bench_ok(b, "\x06\x01", 2));
    assert_int_not_equal(bench_word(b, 7), 0);
    SAY(b, "\x04", "\x60\x04\x01");
    bench_run(b, 400000);
    assert_true(bench_ok(b, "\x06\x02", 2));
    uint32_t offset = bench_word(b, 7);
    assert_int_equal(bench_word(b, 11), crc32(0, f->image, offset));
    bench_image(b, f->image, IMAGE, offset);
    bench_run(b, 10000000);
    assert_installed(f);
    return offset;
}

static void executed_objects_survive_where_that_is_so(void **state)
{
    (void)state;
    static const struct {
        const char *profile;
        enum sim_choice choice;
        uint32_t offset;
    } rows[] = {
        {"sdk12", SIM_AS_PROFILE, 8192}, {"sdk14", SIM_AS_PROFILE, 8192}, {"sdk14", SIM_NO, 0},
        {"sdk15", SIM_AS_PROFILE, 0},    {"sdk17", SIM_AS_PROFILE, 0},    {"sdk17", SIM_YES, 8192},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        prepare(&f, rows[i].profile, "nrf52832");
        f.bench.config.save_progress = rows[i].choice;
        bench_start(&f.bench, NULL, 0);
        assert_int_equal(offset_after_power_cut(&f), rows[i].offset);
        bench_stop(&f.bench);
    }
}

static void reported_offset_is_a_choice_of_its_own(void **state)
{
    (void)state;
    static const struct {
        const char *profile;
        enum sim_resume resume;
        uint32_t offset;
    } rows[] = {
        {"sdk12", SIM_RESUME_PROFILE, 5096}, {"sdk14", SIM_RESUME_ROUNDED, 4096},
        {"sdk15", SIM_RESUME_PROFILE, 4096}, {"sdk15", SIM_RESUME_EXACT, 5096},
        {"sdk17", SIM_RESUME_PROFILE, 5096}, {"sdk17", SIM_RESUME_ROUNDED, 4096},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        struct bench *b = &f.bench;
        prepare(&f, rows[i].profile, "nrf52832");
        b->config.resume = rows[i].resume;
        bench_start(b, NULL, 0);
        init_done(&f);
        bench_image(b, f.image, 4096, 0);
        bench_run(b, 1000000);
        assert_true(bench_create(b, 2, 4096));
        bench_send(b, f.image + 4096, 1000);
        assert_true(bench_ok(b, "\x06\x02", 2));
        assert_int_equal(bench_word(b, 7), rows[i].offset);
        assert_int_equal(bench_word(b, 11), crc32(0, f.image, rows[i].offset));
        bench_stop(b);
    }
}

/* Settings and time */

static void settings_are_of_the_sdks_version(void **state)
{
    (void)state;
    struct fixture f;
    struct settings s;
    start(&f, "sdk14", "nrf52840");
    const uint8_t *page = flash_read(f.bench.flash, 0xFF000);
    assert_true(settings_decode(&s, page));
    assert_int_equal(s.version, 1);
    assert_int_equal(page[0x15C], 0xFF); /* nothing behind the init packet */
    assert_int_equal(*flash_read(f.bench.flash, 0xFE000), 0xFF);
    bench_stop(&f.bench);
    start(&f, "sdk15", "nrf52840");
    assert_true(settings_decode(&s, flash_read(f.bench.flash, 0xFF000)));
    assert_int_equal(s.version, 2);
    assert_true(settings_decode(&s, flash_read(f.bench.flash, 0xFE000)));
    bench_stop(&f.bench);
}

/* Without the second page a cut at the wrong moment costs the application. The device can still be
 * updated. */
static void without_a_second_page_the_settings_may_be_lost(void **state)
{
    (void)state;
    struct fixture f;
    prepare(&f, "sdk14", "nrf52832");
    struct bench *b = &f.bench;
    bench_start(b, f.image, IMAGE);
    struct recipe recipe = recipe_of(&f);
    send_packet(&f, &recipe);
    bench_run(b, 40000); /* in the middle of the erase */
    bench_power_off(b);
    bench_power_on(b, false);
    assert_true(b->dfu);
    bench_run(b, 1000000);
    init_done(&f);
    bench_image(b, f.image, IMAGE, 0);
    bench_run(b, 10000000);
    assert_installed(&f);
    bench_stop(b);
}

static void sdk_12_waits_for_ever(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, "sdk12", "nrf52832");
    bench_run(&f.bench, 1000000000);
    assert_int_equal(f.bench.resets, 0);
    bench_stop(&f.bench);
    start(&f, "sdk14", "nrf52832");
    bench_run(&f.bench, 130000000);
    assert_int_equal(f.bench.resets, 1);
    bench_stop(&f.bench);
}

static void a_debug_bootloader_is_larger(void **state)
{
    (void)state;
    struct fixture f;
    uint32_t size;
    prepare(&f, "sdk14", "nrf52832");
    f.bench.config.is_debug = true;
    bench_start(&f.bench, NULL, 0);
    const uint8_t *bytes = bootloader_part(f.bench.boot, BOOTLOADER_BOOTLOADER, &size);
    assert_int_equal(size, 0xB000);
    assert_ptr_equal(bytes, flash_read(f.bench.flash, 0x73000));
    /* What was made for debugging is taken whatever it asks for, and leaves no version. */
    struct bootloader_versions versions;
    send_packet(&f, &(struct recipe){.defects = DEBUG, .hw = 99, .sd_req = 0x55, .fw = 77});
    assert_memory_equal(f.bench.reply, "\x60\x04\x01", 3);
    bench_run(&f.bench, 400000);
    bench_image(&f.bench, f.image, IMAGE, 0);
    bench_run(&f.bench, 10000000);
    assert_installed(&f);
    bootloader_get_versions(f.bench.boot, &versions);
    assert_int_equal(versions.application, 1);
    bench_stop(&f.bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles_make_sense),
        cmocka_unit_test(every_bootloader_installs_an_application),
        cmocka_unit_test(requests_appear_with_sdk_15),
        cmocka_unit_test(abort_ends_the_link_from_sdk_16_on),
        cmocka_unit_test(init_packets_are_smaller_before_sdk_15),
        cmocka_unit_test(a_missing_init_packet_is_noticed_late_before_sdk_15),
        cmocka_unit_test(an_nrf51_has_small_pages),
        cmocka_unit_test(sdk_12_has_one_answer_where_later_ones_say_why),
        cmocka_unit_test(hash_type_is_looked_at_in_the_end_before_sdk_15),
        cmocka_unit_test(a_wrong_hash_is_an_invalid_object_to_sdk_12),
        cmocka_unit_test(sdk_14_asks_no_softdevice_of_what_brings_one),
        cmocka_unit_test(a_refused_init_packet_is_kept_before_sdk_15),
        cmocka_unit_test(execute_does_not_wait_for_the_flash_before_sdk_15),
        cmocka_unit_test(packets_are_gathered_before_sdk_15),
        cmocka_unit_test(a_full_queue_takes_the_offset_back_before_sdk_15),
        cmocka_unit_test(a_flood_stays_inside_its_object),
        cmocka_unit_test(executed_objects_survive_where_that_is_so),
        cmocka_unit_test(reported_offset_is_a_choice_of_its_own),
        cmocka_unit_test(settings_are_of_the_sdks_version),
        cmocka_unit_test(without_a_second_page_the_settings_may_be_lost),
        cmocka_unit_test(sdk_12_waits_for_ever),
        cmocka_unit_test(a_debug_bootloader_is_larger),
    };
    return cmocka_run_group_tests_name("sim_profiles", tests, NULL, NULL);
}
