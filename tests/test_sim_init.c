/* SPDX-License-Identifier: MIT
 * Init packets, sound and defective: the simulated bootloader's verdicts, and what they leave
 * behind. */
#include "sim_boot.h"

#include <stdio.h>

#include "sim/init_decode.h"

enum { IMAGE = 1024 };

/* What a bootloader may be unlike the bench's. */
enum unlike {
    ANY_SIGNATURE = 1,
    DEBUG_BUILD = 2,
    NO_SOFTDEVICE = 4,
    VERSION_5 = 8,
};

struct row {
    const char *name;
    struct recipe recipe;
    unsigned unlike; /* enum unlike */
    const char *answer;
    bool kept; /* the object is still there afterwards */
};

#define OK          "\x60\x04\x01"
#define RESULT(r)   "\x60\x04" r
#define EXTENDED(e) "\x60\x04\x0B" e

static const struct row rows[] = {
    {"sound", {0}, 0, OK, true},
    /* D.5, row by row */
    {"wrong key", {.defects = WRONG_KEY}, 0, RESULT("\x05"), false},
    {"signature not reversed", {.defects = NOT_REVERSED}, 0, RESULT("\x05"), false},
    {"signature of 63 bytes", {.signature_size = 63}, 0, RESULT("\x0A"), false},
    {"signature of 65 bytes", {.signature_size = 65}, 0, RESULT("\x05"), true},
    {"unsigned", {.defects = UNSIGNED}, 0, EXTENDED("\x08"), false},
    {"signature type 1", {.signature_type = 1}, 0, EXTENDED("\x0B"), false},
    {"bad protobuf", {.defects = TRUNCATED}, 0, RESULT("\x05"), true},
    {"both commands", {.defects = BOTH}, 0, RESULT("\x05"), true},
    {"17 sd_req", {.sd_reqs = 17}, 0, RESULT("\x05"), true},
    {"16 sd_req", {.sd_req = 0xBB, .sd_reqs = 16}, 0, OK, true},
    {"hash of 33 bytes", {.hash_size = 33}, 0, RESULT("\x05"), true},
    {"hw version missing", {.defects = NO_HW}, 0, EXTENDED("\x04"), false},
    {"hw version wrong", {.hw = 51}, 0, EXTENDED("\x06"), false},
    {"type missing", {.defects = NO_TYPE}, 0, EXTENDED("\x04"), false},
    {"type unknown", {.type = 5}, 0, EXTENDED("\x04"), false},
    {"size missing", {.defects = NO_SIZE}, 0, EXTENDED("\x04"), false},
    {"size 0", {.defects = ZERO_SIZE}, 0, EXTENDED("\x04"), false},
    {"hash missing", {.defects = NO_HASH}, 0, EXTENDED("\x09"), false},
    {"hash not SHA-256", {.hash_type = 1}, 0, EXTENDED("\x09"), false},
    {"sd_req mismatch", {.sd_req = 0xCB}, 0, EXTENDED("\x07"), false},
    {"sd_req absent", {.defects = NO_SD_REQ}, 0, EXTENDED("\x07"), false},
    {"sd_req not 0 without one", {0}, NO_SOFTDEVICE, EXTENDED("\x07"), false},
    {"sd_req 0 without one", {.defects = SD_REQ_ZERO}, NO_SOFTDEVICE, OK, true},
    {"sd_req absent without one", {.defects = NO_SD_REQ}, NO_SOFTDEVICE, OK, true},
    {"older", {.fw = 4}, VERSION_5, EXTENDED("\x05"), false},
    {"equal", {.fw = 5}, VERSION_5, OK, true},
    {"bootloader equal", {.type = 2, .fw = 3}, 0, EXTENDED("\x05"), false},
    {"bootloader higher", {.type = 2, .fw = 4}, 0, OK, true},
    {"bootloader version missing", {.type = 2, .defects = NO_FW}, 0, EXTENDED("\x04"), false},
    {"version missing without SoftDevice",
     {.defects = NO_FW | SD_REQ_ZERO},
     NO_SOFTDEVICE,
     EXTENDED("\x07"),
     false},
    {"version missing", {.defects = NO_FW}, 0, EXTENDED("\x04"), false},
    {"too large", {.size = 0xF8000 - APP + 4}, 0, RESULT("\x04"), false},
    {"largest", {.size = 0xF8000 - APP}, 0, OK, true},
    {"bootloader larger than its region",
     {.type = 2, .fw = 4, .size = 0x6004},
     0,
     RESULT("\x04"),
     false},
    {"bootloader as large as its region", {.type = 2, .fw = 4, .size = 0x6000}, 0, OK, true},
    /* The order of the checks: each packet has two defects, the earlier one answers. */
    {"signature before type", {.defects = WRONG_KEY | NO_TYPE}, 0, RESULT("\x05"), false},
    {"type before hash", {.type = 5, .hash_type = 1}, 0, EXTENDED("\x04"), false},
    {"hash before hw", {.hash_type = 1, .hw = 51}, 0, EXTENDED("\x09"), false},
    {"hw before sd_req", {.hw = 51, .sd_req = 0xCB}, 0, EXTENDED("\x06"), false},
    {"sd_req before version", {.sd_req = 0xCB, .fw = 4}, VERSION_5, EXTENDED("\x07"), false},
    {"version before size", {.fw = 4, .defects = ZERO_SIZE}, VERSION_5, EXTENDED("\x05"), false},
    {"size before space",
     {.type = 3, .fw = 4, .size = 0x900000, .sd_size = 0},
     0,
     EXTENDED("\x04"),
     false},
    /* Debug packets and bootloaders; bootloaders that take any signature. */
    {"debug packet",
     {.defects = DEBUG, .hw = 51, .sd_req = 1, .fw = 1},
     0,
     EXTENDED("\x06"),
     false},
    {"debug bootloader", {.hw = 51}, DEBUG_BUILD, EXTENDED("\x06"), false},
    {"both debug",
     {.defects = DEBUG | NO_HW, .sd_req = 1, .fw = 1},
     DEBUG_BUILD | VERSION_5,
     OK,
     true},
    {"both debug, wrong key", {.defects = DEBUG | WRONG_KEY}, DEBUG_BUILD, RESULT("\x05"), false},
    {"both debug, size 0", {.defects = DEBUG | ZERO_SIZE}, DEBUG_BUILD, EXTENDED("\x04"), false},
    {"any signature, wrong key", {.defects = WRONG_KEY}, ANY_SIGNATURE, OK, true},
    {"any signature, none", {.defects = UNSIGNED}, ANY_SIGNATURE, OK, true},
    {"any signature, wrong type", {.signature_type = 1}, ANY_SIGNATURE, EXTENDED("\x0B"), false},
    {"any signature, hw wrong", {.hw = 51}, ANY_SIGNATURE, EXTENDED("\x06"), false},
    {"any signature, unsigned bootloader",
     {.type = 2, .fw = 4, .defects = UNSIGNED},
     ANY_SIGNATURE,
     EXTENDED("\x08"),
     false},
};

static struct bench bench_unlike(unsigned unlike)
{
    struct bench b = bench_config();
    b.config.check_signature = !(unlike & ANY_SIGNATURE);
    b.config.is_debug = unlike & DEBUG_BUILD;
    b.config.app_version = unlike & VERSION_5 ? 5 : 1;
    if (unlike & NO_SOFTDEVICE)
        b.config.softdevice = 0;
    return b;
}

static void check_row(const struct row *row)
{
    uint8_t image[IMAGE];
    bench_fill(image, IMAGE, 1);
    struct packet packet = build_packet(&row->recipe, image, IMAGE);
    struct bench b = bench_unlike(row->unlike);
    bench_start(&b, NULL, 0);
    bench_init(&b, packet.bytes, packet.size);
    /* Every byte of an answer but the last may not be zero. */
    size_t size = strlen(row->answer);
    if (b.reply_size != size || memcmp(b.reply, row->answer, size) != 0)
        fail_msg("%s: answer of %zu bytes ends in %02X", row->name, b.reply_size,
                 (unsigned)b.reply[b.reply_size ? b.reply_size - 1 : 0]);
    assert_true(bench_ok(&b, "\x06\x01", 2));
    if (bench_word(&b, 7) != (row->kept ? packet.size : 0))
        fail_msg("%s: object %s", row->name, row->kept ? "lost" : "kept");
    /* Only a packet that passed lets data in. */
    bool passed = strcmp(row->answer, OK) == 0;
    uint32_t data = row->recipe.size ? 4096 : IMAGE;
    bench_run(&b, 400000);
    assert_int_equal(bench_create(&b, 2, data), passed);
    bench_stop(&b);
}

static void every_init_packet_gets_the_originals_answer(void **state)
{
    (void)state;
    size_t count = sizeof(rows) / sizeof(rows[0]);
    for (size_t i = 0; i < count; i++)
        check_row(&rows[i]);
    print_message("checked %zu init packets\n", count);
}

static void a_failed_packet_can_be_followed_by_a_good_one(void **state)
{
    (void)state;
    uint8_t image[IMAGE];
    bench_fill(image, IMAGE, 1);
    struct packet bad = build_packet(&(struct recipe){.hw = 51}, image, IMAGE);
    struct packet good = build_packet(&(struct recipe){0}, image, IMAGE);
    struct bench b = bench_config();
    bench_start(&b, NULL, 0);
    bench_init(&b, bad.bytes, bad.size);
    assert_memory_equal(b.reply, EXTENDED("\x06"), 4);
    SAY(&b, "\x04", "\x60\x04\x05"); /* nothing is left of it */
    bench_init(&b, good.bytes, good.size);
    assert_memory_equal(b.reply, OK, 3);
    bench_image(&b, image, IMAGE, 0);
    bench_run(&b, 2000000);
    assert_false(b.dfu);
    bench_stop(&b);
}

static void an_undecodable_packet_is_kept_and_stays_undecodable(void **state)
{
    (void)state;
    struct bench b = bench_config();
    bench_start(&b, NULL, 0);
    bench_init(&b, (const uint8_t *)"\x0A\x7F\x00\x00", 4);
    assert_memory_equal(b.reply, RESULT("\x05"), 3);
    assert_true(bench_ok(&b, "\x03", 1));
    assert_int_equal(bench_word(&b, 3), 4);
    SAY(&b, "\x04", "\x60\x04\x05");
    bench_stop(&b);
}

struct literal {
    const char *bytes;
    size_t size;
    bool decodes;
};

#define LITERAL(text, decodes)                                                                     \
    {                                                                                              \
        text, sizeof(text) - 1, decodes                                                            \
    }

static void the_decoder_is_as_strict_as_the_originals(void **state)
{
    (void)state;
    static const struct literal literals[] = {
        LITERAL("", false),                            /* neither command */
        LITERAL("\x0A\x00", true),                     /* an empty command */
        LITERAL("\x0A\x04\x12\x02\x08\x01", true),     /* fw_version 1 */
        LITERAL("\x0A\x05\x12\x03\x08\x81\x00", true), /* a varint longer than needed */
        LITERAL("\x0A\x04\x12\x02\x08\x81", false),    /* a varint cut off */
        LITERAL("\x0A\x08\x12\x06\x08\xFF\xFF\xFF\xFF\x0F", true),
        LITERAL("\x0A\x08\x12\x06\x08\xFF\xFF\xFF\xFF\x1F", false), /* 33 bits */
        LITERAL("\x0A\x0E\x12\x0C\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", false),
        LITERAL("\x0A\x05\x12\x03\x0A\x01\x01", false),     /* wrong wire type */
        LITERAL("\x0A\x05\x12\x02\x08\x01", false),         /* longer than the packet */
        LITERAL("\x0A\x04\x12\x03\x08\x01", false),         /* longer than the command */
        LITERAL("\x0A\x06\x12\x04\x18\x01\x18\x02", true),  /* sd_req not packed */
        LITERAL("\x0A\x06\x12\x04\x1A\x02\x81\x80", false), /* a packed one cut off */
        LITERAL("\x0A\x06\x12\x04\x42\x02\x08\x03", false), /* hash without bytes */
        LITERAL("\x0A\x06\x12\x04\x42\x02\x12\x00", false), /* hash without type */
        LITERAL("\x0A\x04\x7A\x02\xFF\xFF", true),          /* an unknown field */
        LITERAL("\x0A\x05\x7D\x01\x02\x03\x04", true),
        LITERAL("\x0A\x04\x7D\x01\x02\x03", false),
        LITERAL("\x0A\x02\x7B\x00", false),         /* a group */
        LITERAL("\x0A\x02\x00\x00", false),         /* field 0 */
        LITERAL("\x12\x04\x0A\x00\x10\x00", false), /* signed without a signature */
        LITERAL("\x12\x06\x0A\x00\x10\x00\x1A\x00", true),
        LITERAL("\x12\x04\x10\x00\x1A\x00", false), /* signed without a command */
        LITERAL("\x0A\x12\x12\x10"
                "\x52\x04\x08\x01\x12\x00\x52\x04\x08\x01\x12\x00\x52\x02\x08\x01",
                false), /* boot validation without bytes */
        LITERAL("\x0A\x14\x12\x12"
                "\x52\x04\x08\x01\x12\x00\x52\x04\x08\x01\x12\x00\x52\x04\x08\x01\x12\x00",
                true),
        LITERAL("\x0A\x1A\x12\x18"
                "\x52\x04\x08\x01\x12\x00\x52\x04\x08\x01\x12\x00\x52\x04\x08\x01\x12\x00"
                "\x52\x04\x08\x01\x12\x00",
                false), /* four boot validations */
    };
    for (size_t i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
        struct init_packet packet;
        /* A copy of exact size: reading past it is an error the sanitizer sees. */
        uint8_t *copy = malloc(literals[i].size + 1);
        memcpy(copy, literals[i].bytes, literals[i].size);
        uint8_t *exact = realloc(copy, literals[i].size ? literals[i].size : 1);
        if (init_decode(&packet, exact, literals[i].size) != literals[i].decodes)
            fail_msg("literal %zu", i);
        free(exact);
    }
}

static void any_cut_or_changed_packet_is_decoded_safely(void **state)
{
    (void)state;
    uint8_t image[IMAGE] = {0};
    struct init_packet decoded;
    struct packet good = build_packet(&(struct recipe){0}, image, IMAGE);
    assert_true(init_decode(&decoded, good.bytes, good.size));
    for (size_t size = 0; size < good.size; size++) {
        uint8_t *cut = malloc(size ? size : 1);
        memcpy(cut, good.bytes, size);
        assert_false(init_decode(&decoded, cut, size));
        free(cut);
    }
    struct sim_world *world = sim_world_new(5);
    for (int i = 0; i < 20000; i++) {
        struct packet changed = good;
        for (int n = 0; n < 3; n++)
            changed.bytes[sim_random(world, (uint32_t)good.size)] = (uint8_t)sim_random(world, 256);
        init_decode(&decoded, changed.bytes, changed.size);
        assert_true(decoded.command.init.validations <= INIT_VALIDATIONS_MAX);
    }
    sim_world_free(&world);
}

static void refused_at_the_end(const struct recipe *recipe, unsigned unlike, const char *answer)
{
    uint8_t image[IMAGE], other[IMAGE];
    struct bootloader_image installed;
    bench_fill(image, IMAGE, 1);
    bench_fill(other, IMAGE, 2);
    struct packet packet = build_packet(recipe, image, IMAGE);
    struct bench b = bench_unlike(unlike);
    bench_start(&b, other, IMAGE);
    bench_init(&b, packet.bytes, packet.size);
    assert_memory_equal(b.reply, OK, 3);
    bool right = recipe->validation || recipe->hash_size;
    bench_image(&b, right ? image : other, IMAGE, 0);
    assert_int_equal(b.reply_size, strlen(answer));
    assert_memory_equal(b.reply, answer, strlen(answer));
    assert_true(bench_ok(&b, "\x06\x02", 2));
    assert_int_equal(bench_word(&b, 7), 0);
    assert_true(bench_ok(&b, "\x06\x01", 2));
    assert_int_equal(bench_word(&b, 7), 0);
    /* It resets even so, and the old application runs. */
    bench_run(&b, 1000000);
    assert_int_equal(b.resets, 1);
    assert_false(b.dfu);
    bootloader_installed(b.boot, &installed);
    assert_true(installed.valid);
    assert_int_equal(installed.version, 1);
    assert_memory_equal(flash_read(b.flash, APP), other, IMAGE);
    bench_stop(&b);
}

static void an_image_with_another_hash_is_refused_at_the_end(void **state)
{
    (void)state;
    refused_at_the_end(&(struct recipe){0}, 0, EXTENDED("\x0C"));
    refused_at_the_end(&(struct recipe){.hash_size = 20}, 0, EXTENDED("\x0C"));
    refused_at_the_end(&(struct recipe){0}, ANY_SIGNATURE, EXTENDED("\x0C"));
}

static void a_wrong_boot_signature_is_refused_at_the_end(void **state)
{
    (void)state;
    refused_at_the_end(&(struct recipe){.validation = 4}, 0, RESULT("\x05"));
}

static void every_other_boot_validation_works(void **state)
{
    (void)state;
    uint8_t image[IMAGE];
    bench_fill(image, IMAGE, 1);
    for (uint8_t type = 0; type < 3; type++) {
        struct packet packet =
            build_packet(&(struct recipe){.validation = (uint8_t)(type + 1)}, image, IMAGE);
        struct bench b = bench_config();
        bench_start(&b, NULL, 0);
        bench_init(&b, packet.bytes, packet.size);
        bench_image(&b, image, IMAGE, 0);
        bench_run(&b, 2000000);
        assert_false(b.dfu);
        bench_stop(&b);
    }
}

static void an_image_of_odd_size_fails_although_every_crc_fits(void **state)
{
    (void)state;
    uint8_t image[IMAGE];
    bench_fill(image, IMAGE, 1);
    struct packet packet = build_packet(&(struct recipe){0}, image, 1022);
    struct bench b = bench_config();
    bench_start(&b, NULL, 0);
    bench_init(&b, packet.bytes, packet.size);
    assert_true(bench_create(&b, 2, 1022));
    bench_send(&b, image, 1022);
    assert_true(bench_ok(&b, "\x03", 1));
    assert_int_equal(bench_word(&b, 3), 1022);
    assert_int_equal(bench_word(&b, 7), crc32(0, image, 1022));
    SAY(&b, "\x04", "\x60\x04\x0B\x0C");
    bench_stop(&b);
}

static void a_bootloader_image_is_put_into_its_region(void **state)
{
    (void)state;
    enum { SIZE = 0x6000 };
    uint8_t *image = malloc(SIZE);
    uint8_t app[IMAGE];
    bench_fill(image, SIZE, 3);
    bench_fill(app, IMAGE, 2);
    struct packet packet = build_packet(&(struct recipe){.type = 2, .fw = 4}, image, SIZE);
    struct packet again = build_packet(&(struct recipe){.type = 2, .fw = 4}, image, SIZE);
    struct bench b = bench_config();
    bench_start(&b, app, IMAGE);
    bench_init(&b, packet.bytes, packet.size);
    bench_image(&b, image, SIZE, 0);
    assert_memory_equal(b.reply, OK, 3);
    bench_run(&b, 3000000);
    assert_false(b.dfu); /* the application is still valid */
    assert_memory_equal(flash_read(b.flash, 0xF8000), image, SIZE);
    assert_memory_equal(flash_read(b.flash, APP), app, IMAGE);
    bench_power_on(&b, true);
    bench_init(&b, again.bytes, again.size);
    assert_memory_equal(b.reply, EXTENDED("\x05"), 4);
    bench_stop(&b);
    free(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_init_packet_gets_the_originals_answer),
        cmocka_unit_test(a_failed_packet_can_be_followed_by_a_good_one),
        cmocka_unit_test(an_undecodable_packet_is_kept_and_stays_undecodable),
        cmocka_unit_test(the_decoder_is_as_strict_as_the_originals),
        cmocka_unit_test(any_cut_or_changed_packet_is_decoded_safely),
        cmocka_unit_test(an_image_with_another_hash_is_refused_at_the_end),
        cmocka_unit_test(a_wrong_boot_signature_is_refused_at_the_end),
        cmocka_unit_test(every_other_boot_validation_works),
        cmocka_unit_test(an_image_of_odd_size_fails_although_every_crc_fits),
        cmocka_unit_test(a_bootloader_image_is_put_into_its_region),
    };
    return cmocka_run_group_tests_name("sim_init", tests, NULL, NULL);
}
