/* SPDX-License-Identifier: MIT
 * Conversations with the simulated bootloader, byte for byte. */
#include "sim_boot.h"

enum { IMAGE = 10240 };

/* The init packet of bench_fill(image, IMAGE, 0): version 2, hw 52, sd_req 0xCA; signed with
 * OpenSSL's command. */
static const uint8_t signed_packet[140] = {
    0x12, 0x89, 0x01, 0x0A, 0x43, 0x08, 0x01, 0x12, 0x3F, 0x08, 0x02, 0x10, 0x34, 0x1A, 0x02, 0xCA,
    0x01, 0x20, 0x00, 0x28, 0x00, 0x30, 0x00, 0x38, 0x80, 0x50, 0x42, 0x24, 0x08, 0x03, 0x12, 0x20,
    0x28, 0xCA, 0x16, 0xCF, 0xA2, 0x70, 0x07, 0xAC, 0xB6, 0x84, 0x1B, 0x3A, 0x38, 0xA0, 0x98, 0xAB,
    0xAD, 0x44, 0x08, 0x10, 0x38, 0x32, 0xA3, 0xBE, 0x7A, 0xAE, 0x2D, 0x4C, 0x3D, 0xE4, 0xE4, 0x7E,
    0x48, 0x00, 0x52, 0x04, 0x08, 0x01, 0x12, 0x00, 0x10, 0x00, 0x1A, 0x40, 0x67, 0xCC, 0xC2, 0xFA,
    0xD8, 0x90, 0xD8, 0x65, 0x3D, 0xAD, 0x93, 0xA9, 0x82, 0x34, 0x48, 0xB9, 0x87, 0x8C, 0xB1, 0xB1,
    0x05, 0x76, 0x24, 0xDA, 0x3A, 0x09, 0xE3, 0xC9, 0xBB, 0x2B, 0xEA, 0x66, 0x1C, 0x35, 0x27, 0xDE,
    0x26, 0x95, 0xBF, 0xB6, 0xC8, 0xD7, 0x9B, 0xA5, 0xCC, 0xF4, 0xFB, 0x2E, 0x1E, 0x33, 0x3B, 0x39,
    0xBA, 0x55, 0xBA, 0x53, 0xDF, 0x43, 0xCE, 0x29, 0x61, 0x73, 0xEB, 0x34,
};

struct fixture {
    struct bench bench;
    uint8_t image[IMAGE];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->bench = bench_config();
    bench_fill(f->image, IMAGE, 0);
    *state = f;
    bench_start(&f->bench, NULL, 0);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    bench_stop(&f->bench);
    free(f);
    return 0;
}

static void init_done(struct fixture *f)
{
    bench_init(&f->bench, signed_packet, sizeof(signed_packet));
    assert_memory_equal(f->bench.reply, "\x60\x04\x01", 3);
    bench_run(&f->bench, 400000); /* the settings are written */
}

static void a_signed_image_of_ten_kib_goes_in_byte_for_byte(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    struct bootloader_image installed;
    struct bootloader_stats stats;
    SAY(b, "\x06\x01", "\x60\x06\x01\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
    SAY(b, "\x02\x00\x00", "\x60\x02\x01");
    SAY(b, "\x01\x01\x8C\x00\x00\x00", "\x60\x01\x01");
    bench_send(b, signed_packet, sizeof(signed_packet));
    SAY(b, "\x03", "\x60\x03\x01\x8C\x00\x00\x00\x2E\xF2\xFA\x1C");
    SAY(b, "\x04", "\x60\x04\x01");
    bench_run(b, 400000);
    SAY(b, "\x06\x02", "\x60\x06\x01\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    bench_send(b, f->image, 4096);
    SAY(b, "\x03", "\x60\x03\x01\x00\x10\x00\x00\x21\x1E\x2C\x46");
    SAY(b, "\x04", "\x60\x04\x01");
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    bench_send(b, f->image + 4096, 4096);
    SAY(b, "\x03", "\x60\x03\x01\x00\x20\x00\x00\x52\xE1\x8A\x6F");
    SAY(b, "\x04", "\x60\x04\x01");
    SAY(b, "\x01\x02\x00\x08\x00\x00", "\x60\x01\x01");
    bench_send(b, f->image + 8192, 2048);
    SAY(b, "\x03", "\x60\x03\x01\x00\x28\x00\x00\x54\x87\x0C\x75");
    assert_true(b->dfu);
    SAY(b, "\x04", "\x60\x04\x01");
    assert_int_equal(b->resets, 0);
    bench_run(b, 2000000);
    assert_int_equal(b->resets, 2);
    assert_false(b->dfu);
    bootloader_installed(b->boot, &installed);
    assert_true(installed.valid);
    assert_int_equal(installed.version, 2);
    assert_int_equal(installed.address, APP);
    assert_int_equal(installed.size, IMAGE);
    assert_memory_equal(flash_read(b->flash, APP), f->image, IMAGE);
    bootloader_get_stats(b->boot, &stats);
    assert_int_equal(stats.activations, 1);
    assert_int_equal(stats.bytes, IMAGE);
    assert_int_equal(stats.packets, 1 + 17 + 17 + 9);
    assert_int_equal(stats.packets_lost, 0);
}

static void the_final_answer_comes_before_the_settings_are_written(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    init_done(f);
    bench_image(b, f->image, IMAGE, 0);
    assert_memory_equal(b->reply, "\x60\x04\x01", 3);
    uint64_t answered = sim_now(b->world);
    assert_int_equal(flash_pending(b->flash), 4);
    while (b->resets == 0)
        bench_run(b, 100);
    /* Two pages erased, two times 201 words written. */
    uint64_t expected = 2 * (85000 + 201 * 41);
    assert_in_range(sim_now(b->world) - answered, expected, expected + 100);
}

static void unknown_requests_get_02(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    SAY(b, "\x05", "\x60\x05\x02");
    SAY(b, "\x07", "\x60\x07\x02");
    SAY(b, "\x08\x01", "\x60\x08\x02");
    SAY(b, "\x09\x55", "\x60\x09\x02");
    SAY(b, "\x0D", "\x60\x0D\x02");
    SAY(b, "\xFF", "\x60\xFF\x02");
    SAY(b, "\x00", "\x60\x00\x02");
    SAY(b, "\x0A", "\x60\x0A\x02");
    SAY(b, "\x0B\x00", "\x60\x0B\x02");
}

static void version_requests_have_no_payload_where_they_are_built_in(void **state)
{
    (void)state;
    struct sim_profile profile = *sim_profile_find("sdk17");
    struct bench b = bench_config();
    profile.protocol_reduced = false;
    b.config.profile = &profile;
    bench_start(&b, NULL, 0);
    SAY(&b, "\x00", "\x60\x00\x01\x01");
    SAY(&b, "\x0A", "\x60\x0A\x01");
    SAY(&b, "\x0B\x00", "\x60\x0B\x01");
    SAY(&b, "\x0B", "\x60\x0B\x03");
    bench_stop(&b);
}

static void requests_of_wrong_length_get_03(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    SAY(b, "\x01", "\x60\x01\x03");
    SAY(b, "\x01\x01\x10\x00\x00", "\x60\x01\x03");
    SAY(b, "\x01\x01\x10\x00\x00\x00\x00", "\x60\x01\x03");
    SAY(b, "\x02\x01", "\x60\x02\x03");
    SAY(b, "\x03\x00", "\x60\x03\x03");
    SAY(b, "\x04\x00", "\x60\x04\x03");
    SAY(b, "\x06", "\x60\x06\x03");
    SAY(b, "\x0C\x00", "\x60\x0C\x03");
    bench_ask(b, "", 0);
    assert_int_equal(b->reply_size, 0);
}

static void object_types_other_than_1_and_2_get_05_and_stick(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    SAY(b, "\x03", "\x60\x03\x05");
    SAY(b, "\x04", "\x60\x04\x05");
    SAY(b, "\x06\x00", "\x60\x06\x05");
    SAY(b, "\x06\x01", "\x60\x06\x01\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
    SAY(b, "\x01\x03\x10\x00\x00\x00", "\x60\x01\x05");
    SAY(b, "\x03", "\x60\x03\x05");
    SAY(b, "\x04", "\x60\x04\x05");
    SAY(b, "\x06\x02", "\x60\x06\x01\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
    SAY(b, "\x03", "\x60\x03\x01\x00\x00\x00\x00\x00\x00\x00\x00");
}

static void create_command_checks_the_size(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    SAY(b, "\x01\x01\x00\x00\x00\x00", "\x60\x01\x03");
    SAY(b, "\x01\x01\x01\x02\x00\x00", "\x60\x01\x04");
    SAY(b, "\x01\x01\x00\x00\x00\x80", "\x60\x01\x04");
    SAY(b, "\x01\x01\x00\x02\x00\x00", "\x60\x01\x01");
}

static void create_data_checks_in_the_originals_order(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    SAY(b, "\x01\x02\x00\x00\x00\x00", "\x60\x01\x08");
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x08");
    init_done(f);
    SAY(b, "\x01\x02\x00\x00\x00\x00", "\x60\x01\x03");
    SAY(b, "\x01\x02\x00\x08\x00\x00", "\x60\x01\x03");
    SAY(b, "\x01\x02\x01\x10\x00\x00", "\x60\x01\x03");
    SAY(b, "\x01\x02\x00\x20\x00\x00", "\x60\x01\x04");
    SAY(b, "\x01\x02\x00\x28\x00\x00", "\x60\x01\x04"); /* exactly the image, but too large */
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    bench_image(b, f->image, 8192, 0);
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x08"); /* past the end */
    SAY(b, "\x01\x02\x04\x08\x00\x00", "\x60\x01\x03");
    SAY(b, "\x01\x02\x00\x08\x00\x00", "\x60\x01\x01");
}

static void create_answers_while_the_erase_runs(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    init_done(f);
    uint64_t before = sim_now(b->world);
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    assert_int_equal(sim_now(b->world), before);
    assert_int_equal(flash_pending(b->flash), 1);
    bench_run(b, 85000);
    assert_int_equal(flash_pending(b->flash), 0);
}

static void execute_of_data_answers_when_the_flash_is_idle(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    init_done(f);
    uint64_t before = sim_now(b->world);
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    bench_send(b, f->image, 4096);
    SAY(b, "\x04", "\x60\x04\x01");
    assert_int_equal(sim_now(b->world) - before, 85000 + 1024 * 41);
}

static void the_next_create_may_overtake_the_answer_to_execute(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    init_done(f);
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    bench_send(b, f->image, 4096);
    int before = b->replies;
    bootloader_control(b->boot, (const uint8_t *)"\x04", 1);
    assert_int_equal(b->replies, before);
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    assert_int_equal(b->replies, before + 1);
    bench_run(b, 300000);
    assert_int_equal(b->replies, before + 2);
    assert_memory_equal(b->reply, "\x60\x04\x01", 3);
    SAY(b, "\x06\x02", "\x60\x06\x01\x00\x10\x00\x00\x00\x10\x00\x00\x21\x1E\x2C\x46");
}

static void an_incomplete_object_is_not_executed(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    SAY(b, "\x01\x01\x8C\x00\x00\x00", "\x60\x01\x01");
    bench_send(b, signed_packet, 139);
    SAY(b, "\x04", "\x60\x04\x08");
    bench_send(b, signed_packet + 139, 1);
    SAY(b, "\x04", "\x60\x04\x01");
    bench_run(b, 400000);
    SAY(b, "\x06\x02", "\x60\x06\x01\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
    SAY(b, "\x04", "\x60\x04\x08");
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    SAY(b, "\x04", "\x60\x04\x08");
    bench_send(b, f->image, 4092);
    SAY(b, "\x04", "\x60\x04\x08");
    bench_send(b, f->image + 4092, 4);
    SAY(b, "\x04", "\x60\x04\x01");
}

static void an_executed_object_is_executed_again_only_on_the_same_link(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    init_done(f);
    bench_image(b, f->image, 4096, 0);
    SAY(b, "\x04", "\x60\x04\x01");
    bootloader_link_changed(b->boot);
    SAY(b, "\x06\x02", "\x60\x06\x01\x00\x10\x00\x00\x00\x10\x00\x00\x21\x1E\x2C\x46");
    SAY(b, "\x04", "\x60\x04\x08");
    /* An object that was received, but not executed, before the link broke. */
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    bench_send(b, f->image + 4096, 4096);
    bootloader_link_changed(b->boot);
    SAY(b, "\x04", "\x60\x04\x01");
    SAY(b, "\x04", "\x60\x04\x01");
}

static void create_again_rewinds_to_the_last_executed_object(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    init_done(f);
    bench_image(b, f->image, 4096, 0);
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    bench_send(b, f->image, 488);
    assert_true(bench_ok(b, "\x03", 1));
    assert_int_equal(bench_word(b, 3), 4584);
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    SAY(b, "\x03", "\x60\x03\x01\x00\x10\x00\x00\x21\x1E\x2C\x46");
    bench_send(b, f->image + 4096, 4096);
    SAY(b, "\x04", "\x60\x04\x01");
    bench_image(b, f->image, IMAGE, 8192);
    bench_run(b, 2000000);
    assert_false(b->dfu);
    assert_memory_equal(flash_read(b->flash, APP), f->image, IMAGE);
}

static void a_lost_link_loses_nothing(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    init_done(f);
    bench_image(b, f->image, 4096, 0);
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    bench_send(b, f->image + 4096, 2440);
    bench_run(b, 200000);
    bootloader_link_changed(b->boot);
    bootloader_link_changed(b->boot);
    assert_true(bench_ok(b, "\x06\x01", 2));
    assert_int_equal(bench_word(b, 7), sizeof(signed_packet));
    SAY(b, "\x04", "\x60\x04\x01"); /* the init packet again: keeps the data */
    assert_true(bench_ok(b, "\x06\x02", 2));
    assert_int_equal(bench_word(b, 7), 4096 + 2440);
    assert_int_equal(bench_word(b, 11), crc32(0, f->image, 4096 + 2440));
    bench_send(b, f->image + 4096 + 2440, 4096 - 2440);
    SAY(b, "\x04", "\x60\x04\x01");
    bench_image(b, f->image, IMAGE, 8192);
    bench_run(b, 2000000);
    assert_false(b->dfu);
}

static void a_new_init_packet_clears_all_progress(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    init_done(f);
    bench_image(b, f->image, 4096, 0);
    SAY(b, "\x01\x01\x8C\x00\x00\x00", "\x60\x01\x01");
    SAY(b, "\x03", "\x60\x03\x01\x00\x00\x00\x00\x00\x00\x00\x00");
    SAY(b, "\x06\x02", "\x60\x06\x01\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x08");
}

static void receipts_come_after_every_nth_packet(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    SAY(b, "\x02\x03\x00", "\x60\x02\x01");
    SAY(b, "\x01\x01\x8C\x00\x00\x00", "\x60\x01\x01");
    int before = b->replies;
    for (int i = 0; i < 3; i++)
        bootloader_data(b->boot, signed_packet + 40 * i, 40);
    assert_int_equal(b->replies, before + 1);
    assert_int_equal(b->reply_size, 11);
    assert_memory_equal(b->reply, "\x60\x03\x01\x78\x00\x00\x00", 7);
    bootloader_data(b->boot, signed_packet + 120, 20);
    /* Neither CRC nor Select restarts the count, Create does. */
    SAY(b, "\x03", "\x60\x03\x01\x8C\x00\x00\x00\x2E\xF2\xFA\x1C");
    SAY(b, "\x04", "\x60\x04\x01");
    bench_run(b, 400000);
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    before = b->replies;
    bootloader_data(b->boot, f->image, 100);
    bootloader_data(b->boot, f->image + 100, 100);
    assert_int_equal(b->replies, before);
    assert_true(bench_ok(b, "\x06\x02", 2));
    bootloader_data(b->boot, f->image + 200, 100);
    assert_int_equal(b->replies, before + 2);
    assert_memory_equal(b->reply, "\x60\x03\x01\x2C\x01\x00\x00", 7);
}

static void a_write_past_the_object_shows_only_in_receipts(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    SAY(b, "\x01\x01\x08\x00\x00\x00", "\x60\x01\x01");
    int before = b->replies;
    bootloader_data(b->boot, f->image, 12);
    assert_int_equal(b->replies, before);
    SAY(b, "\x03", "\x60\x03\x01\x00\x00\x00\x00\x00\x00\x00\x00");
    SAY(b, "\x02\x01\x00", "\x60\x02\x01");
    bootloader_data(b->boot, f->image, 12);
    assert_int_equal(b->reply_size, 3);
    assert_memory_equal(b->reply, "\x60\x03\x03", 3);
    bootloader_data(b->boot, f->image, 8);
    assert_memory_equal(b->reply, "\x60\x03\x01\x08\x00\x00\x00", 7);
    assert_true(bench_ok(b, "\x06\x02", 2));
    bootloader_data(b->boot, f->image, 8);
    assert_memory_equal(b->reply, "\x60\x03\x08", 3);
}

static void a_burst_during_the_erase_loses_its_last_packets(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    struct bootloader_stats stats;
    init_done(f);
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    for (size_t at = 0; at < 4096; at += 244)
        bootloader_data(b->boot, f->image + at, 4096 - at < 244 ? 4096 - at : 244);
    /* 16 entries, one of them the erase. */
    assert_true(bench_ok(b, "\x03", 1));
    assert_int_equal(bench_word(b, 3), 15 * 244);
    assert_int_equal(bench_word(b, 7), crc32(0, f->image, 15 * 244));
    bootloader_get_stats(b->boot, &stats);
    assert_int_equal(stats.packets_lost, 2);
    SAY(b, "\x04", "\x60\x04\x08");
    /* Not even an erase fits into the queue now. */
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x0A");
    bench_run(b, 200000);
    bench_image(b, f->image, IMAGE, 0);
    bench_run(b, 2000000);
    assert_false(b->dfu);
}

static void buffers_limit_a_burst_where_the_queue_does_not(void **state)
{
    (void)state;
    uint8_t image[IMAGE];
    struct sim_profile profile = *sim_profile_find("sdk17");
    struct bench b = bench_config();
    profile.flash_queue = 64;
    b.config.profile = &profile;
    bench_fill(image, IMAGE, 0);
    bench_start(&b, NULL, 0);
    bench_init(&b, signed_packet, sizeof(signed_packet));
    SAY(&b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    for (size_t at = 0; at < 20 * 20; at += 20)
        bootloader_data(b.boot, image + at, 20);
    assert_true(bench_ok(&b, "\x03", 1));
    assert_int_equal(bench_word(&b, 3), 17 * 20);
    bench_stop(&b);
}

static void packets_longer_than_a_buffer_are_lost(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    SAY(b, "\x01\x01\x00\x02\x00\x00", "\x60\x01\x01");
    bootloader_data(b->boot, f->image, 245);
    assert_true(bench_ok(b, "\x03", 1));
    assert_int_equal(bench_word(b, 3), 0);
    bootloader_data(b->boot, f->image, 244);
    assert_true(bench_ok(b, "\x03", 1));
    assert_int_equal(bench_word(b, 3), 244);
}

static void only_so_many_executes_wait_for_the_flash(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    init_done(f);
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    bench_send(b, f->image, 4096);
    int before = b->replies;
    for (int i = 0; i < 8; i++)
        bootloader_control(b->boot, (const uint8_t *)"\x04", 1);
    assert_int_equal(b->replies, before);
    bootloader_control(b->boot, (const uint8_t *)"\x04", 1);
    assert_memory_equal(b->reply, "\x60\x04\x0A", 3);
    bench_run(b, 200000);
    assert_int_equal(b->replies, before + 9);
    assert_memory_equal(b->reply, "\x60\x04\x01", 3);
}

static void settings_writes_after_the_init_packet_take_queue_entries(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    bench_init(b, signed_packet, sizeof(signed_packet));
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    for (size_t at = 0; at < 15 * 244; at += 244)
        bootloader_data(b->boot, f->image + at, 244);
    assert_true(bench_ok(b, "\x03", 1));
    assert_int_equal(bench_word(b, 3), 11 * 244);
}

static void packets_behind_one_of_odd_size_are_lost(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    init_done(f);
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    bootloader_data(b->boot, f->image, 10);
    bootloader_data(b->boot, f->image + 10, 20);
    assert_true(bench_ok(b, "\x03", 1));
    assert_int_equal(bench_word(b, 3), 10);
}

static void packets_behind_a_lost_one_spoil_the_crc(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    init_done(f);
    SAY(b, "\x01\x02\x00\x10\x00\x00", "\x60\x01\x01");
    for (int i = 0; i < 16; i++)
        bootloader_data(b->boot, f->image + 20 * i, 20);
    bench_run(b, 200000);
    bootloader_data(b->boot, f->image + 320, 20);
    assert_true(bench_ok(b, "\x03", 1));
    assert_int_equal(bench_word(b, 3), 320);
    assert_int_not_equal(bench_word(b, 7), crc32(0, f->image, 320));
}

static void abort_resets_without_an_answer(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    init_done(f);
    assert_true(bench_create(b, 2, 4096));
    int before = b->replies;
    bootloader_control(b->boot, (const uint8_t *)"\x0C", 1);
    bench_run(b, 1000);
    assert_int_equal(b->replies, before);
    assert_int_equal(flash_pending(b->flash), 0); /* the erase went with the reset */
    assert_int_equal(b->resets, 1);
    assert_true(b->dfu); /* there is no application */
}

static void inactivity_resets_and_only_real_work_postpones_it(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    bench_run(b, 60000000);
    init_done(f); /* its Create counts */
    bench_run(b, 119000000);
    assert_int_equal(b->resets, 0);
    assert_true(bench_ok(b, "\x06\x02", 2));
    bench_run(b, 1000000);
    assert_int_equal(b->resets, 1);
    bench_run(b, 119000000);
    bench_image(b, f->image, 4096, 0);
    bench_run(b, 119000000);
    assert_int_equal(b->resets, 1);
    bench_run(b, 1000000);
    assert_int_equal(b->resets, 2);
}

static void a_stopped_bootloader_is_silent(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->bench;
    bench_power_off(b);
    int before = b->replies;
    bootloader_control(b->boot, (const uint8_t *)"\x06\x01", 2);
    bootloader_data(b->boot, f->image, 20);
    sim_run_until(b->world, 500000000);
    assert_int_equal(b->replies, before);
    assert_int_equal(b->resets, 0);
    bench_power_on(b, true);
    SAY(b, "\x06\x01", "\x60\x06\x01\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_signed_image_of_ten_kib_goes_in_byte_for_byte),
        TEST(the_final_answer_comes_before_the_settings_are_written),
        TEST(unknown_requests_get_02),
        cmocka_unit_test(version_requests_have_no_payload_where_they_are_built_in),
        TEST(requests_of_wrong_length_get_03),
        TEST(object_types_other_than_1_and_2_get_05_and_stick),
        TEST(create_command_checks_the_size),
        TEST(create_data_checks_in_the_originals_order),
        TEST(create_answers_while_the_erase_runs),
        TEST(execute_of_data_answers_when_the_flash_is_idle),
        TEST(the_next_create_may_overtake_the_answer_to_execute),
        TEST(an_incomplete_object_is_not_executed),
        TEST(an_executed_object_is_executed_again_only_on_the_same_link),
        TEST(create_again_rewinds_to_the_last_executed_object),
        TEST(a_lost_link_loses_nothing),
        TEST(a_new_init_packet_clears_all_progress),
        TEST(receipts_come_after_every_nth_packet),
        TEST(a_write_past_the_object_shows_only_in_receipts),
        TEST(a_burst_during_the_erase_loses_its_last_packets),
        cmocka_unit_test(buffers_limit_a_burst_where_the_queue_does_not),
        TEST(packets_longer_than_a_buffer_are_lost),
        TEST(only_so_many_executes_wait_for_the_flash),
        TEST(settings_writes_after_the_init_packet_take_queue_entries),
        TEST(packets_behind_one_of_odd_size_are_lost),
        TEST(packets_behind_a_lost_one_spoil_the_crc),
        TEST(abort_resets_without_an_answer),
        TEST(inactivity_resets_and_only_real_work_postpones_it),
        TEST(a_stopped_bootloader_is_silent),
    };
    return cmocka_run_group_tests_name("sim_bootloader", tests, NULL, NULL);
}
