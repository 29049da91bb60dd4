/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>

#include "ihex_text.h"
#include "nordfu/image_file.h"
#include "nordfu/package.h"
#include "package/image_file.h"
#include "scratch.h"

static struct nordfu_converted convert(const char *in, const char *out,
                                       struct nordfu_conversion how)
{
    struct nordfu_converted done;
    struct nordfu_error error = {0};
    if (nordfu_image_file_convert(in, out, &how, &done, &error) != 0)
        fail_msg("%s", error.text);
    return done;
}

static void assert_refused(const char *in, const char *out, struct nordfu_conversion how, int code,
                           const char *said)
{
    struct nordfu_error error = {0};
    assert_int_equal(nordfu_image_file_convert(in, out, &how, NULL, &error), code);
    if (strstr(error.text, said) == NULL)
        fail_msg("\"%s\" does not say: %s", error.text, said);
}

static void assert_file(const char *path, const void *expected, size_t expected_size)
{
    size_t size;
    uint8_t *bytes = scratch_read(path, &size);
    assert_int_equal(size, expected_size);
    assert_memory_equal(bytes, expected, size);
    free(bytes);
}

static void assert_text(const char *path, const char *expected)
{
    assert_file(path, expected, strlen(expected));
}

/* "ab", a hole of 2, "cde" at 0x2000; a byte of the MBR and one of UICR. */
static void write_sample(void)
{
    struct buf text = {0};
    text_add(&text, 0, 0x0FFF, "m", 1);
    text_add(&text, 0, 0x2000, "ab", 2);
    text_add(&text, 0, 0x2004, "cde", 3);
    text_add_upper(&text, 0x1000);
    text_add(&text, 0, 0x1014, "u", 1);
    scratch_write("a.hex", text.data, text.size);
    buf_free(&text);
}

static void a_raw_file_gets_the_image_with_its_gaps_filled(void **state)
{
    (void)state;
    write_sample();
    struct nordfu_converted done = convert("a.hex", "o.bin", (struct nordfu_conversion){0});
    assert_file("o.bin",
                "ab\xFF\xFF"
                "cde",
                7);
    assert_int_equal(done.address, 0x2000);
    assert_true(done.has_address);
    assert_int_equal(done.size, 7);
    assert_int_equal(done.left_out, 2);
    convert("a.hex", "o.bin", (struct nordfu_conversion){.multiple = 4});
    assert_file("o.bin",
                "ab\xFF\xFF"
                "cde\xFF",
                8);
    done = convert("a.hex", "o.bin",
                   (struct nordfu_conversion){.multiple = 5, .has_fill = true, .fill = '.'});
    assert_file("o.bin", "ab..cde...", 10);
    assert_int_equal(done.size, 10);
}

static void hex_keeps_everything_unless_told_otherwise(void **state)
{
    (void)state;
    write_sample();
    struct nordfu_converted done = convert("a.hex", "o.hex", (struct nordfu_conversion){0});
    assert_int_equal(done.left_out, 0);
    assert_int_equal(done.size, 7);
    assert_int_equal(done.address, 0x0FFF);
    assert_text("o.hex", ":020000040000FA\n:010FFF006D84\n:0220000061621B\n:03200400636465AD\n"
                         ":020000041000EA\n:011014007566\n:00000001FF\n");
    done = convert("a.hex", "o.hex", (struct nordfu_conversion){.parts = NORDFU_PARTS_IMAGE});
    assert_int_equal(done.left_out, 2);
    assert_text("o.hex", ":0220000061621B\n:03200400636465AD\n:00000001FF\n");
}

static void padding_of_hex_with_gaps_is_at_its_end(void **state)
{
    (void)state;
    write_sample();
    struct nordfu_converted done = convert(
        "a.hex", "o.hex", (struct nordfu_conversion){.parts = NORDFU_PARTS_IMAGE, .multiple = 4});
    assert_text("o.hex", ":0220000061621B\n:04200400636465FFAD\n:00000001FF\n");
    assert_int_equal(done.size, 6);
    convert("a.hex", "o.hex",
            (struct nordfu_conversion){
                .parts = NORDFU_PARTS_IMAGE, .multiple = 4, .has_fill = true, .fill = 0});
    assert_text("o.hex", ":082000006162000063646500E9\n:00000001FF\n");
}

static void raw_becomes_hex_at_its_address(void **state)
{
    (void)state;
    scratch_write("a.bin", "abc", 3);
    struct nordfu_converted done =
        convert("a.bin", "o.hex",
                (struct nordfu_conversion){.has_address = true, .address = 0x26000, .multiple = 4});
    assert_text("o.hex", ":020000040002F8\n:04600000616263FF77\n:00000001FF\n");
    assert_int_equal(done.address, 0x26000);
    done = convert("a.bin", "o.bin", (struct nordfu_conversion){.multiple = 4});
    assert_file("o.bin", "abc\xFF", 4);
    assert_false(done.has_address);
    /* What is below 0x1000 in a raw file is the user's wish. */
    convert("a.bin", "o.hex",
            (struct nordfu_conversion){.has_address = true, .parts = NORDFU_PARTS_IMAGE});
    assert_text("o.hex", ":03000000616263D7\n:00000001FF\n");
}

/* Every image of the vectors, padded to 4, is the same as in a package; and back again. */
static void images_are_those_of_packages(void **state)
{
    (void)state;
    static const char *const names[] = {"app_gap",     "app_ela",     "app_mbr",    "app_mbr_hole",
                                        "app_ram",     "app_seg",     "bl_78000",   "sd_info3000",
                                        "sd_info4000", "sd_info7000", "sd_partial", "app_uicr"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char name[64], path[512];
        struct image_file image;
        snprintf(name, sizeof(name), "inputs/%s.hex", names[i]);
        vector_path(path, name);
        assert_int_equal(image_file_read(&image, path, "image", NULL), 0);
        struct nordfu_converted done =
            convert(path, "o.bin", (struct nordfu_conversion){.multiple = 4});
        assert_file("o.bin", image.bytes.data, image.bytes.size);
        convert("o.bin", "o.hex",
                (struct nordfu_conversion){.has_address = true, .address = done.address});
        convert("o.hex", "o2.bin", (struct nordfu_conversion){0});
        assert_file("o2.bin", image.bytes.data, image.bytes.size);
        image_file_free(&image);
    }
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    const struct nordfu_conversion none = {0}, placed = {.has_address = true, .address = 4};
    write_sample();
    scratch_write("a.bin", "abc", 3);
    scratch_write("e.bin", "", 0);
    scratch_write("e.hex", ":00000001FF\n", 12);
    assert_refused("a.bin", "o.hex", none, NORDFU_ERR_USAGE, "give the address");
    assert_refused("a.hex", "o.bin", placed, NORDFU_ERR_USAGE, "holds its addresses");
    assert_refused("a.hex", "./a.hex", none, NORDFU_ERR_USAGE, "into itself");
    assert_refused("a.bin", "o.bin", (struct nordfu_conversion){.multiple = 65537},
                   NORDFU_ERR_USAGE, "65536");
    assert_refused("e.hex", "o.hex", none, NORDFU_ERR_PACKAGE, "holds no data");
    assert_refused("e.bin", "o.bin", none, NORDFU_ERR_PACKAGE, "is empty");
    assert_refused("none", "o.bin", none, NORDFU_ERR_PACKAGE, "can't be read");
    assert_refused("a.bin", "no/o.bin", none, NORDFU_ERR_SYSTEM, "make the folder first");
    assert_refused("a.hex", "o.bin", (struct nordfu_conversion){.parts = NORDFU_PARTS_ALL},
                   NORDFU_ERR_PACKAGE, "reaches from 0xFFF to 0x10001014");
    assert_refused("a.hex", "o.hex", (struct nordfu_conversion){.has_fill = true},
                   NORDFU_ERR_PACKAGE, "reaches from 0xFFF to 0x10001014");
    assert_refused(
        "a.bin", "o.hex",
        (struct nordfu_conversion){.has_address = true, .address = 0xFFFFFFFD, .multiple = 4},
        NORDFU_ERR_USAGE, "0xFFFFFFFF");
    assert_int_not_equal(access("o.hex", F_OK), 0);
}

static void an_image_is_not_padded_beyond_the_largest(void **state)
{
    (void)state;
    struct buf text = {0};
    text_add(&text, 0, 0x1000, "a", 1);
    text_add_upper(&text, 0x0100);
    text_add(&text, 0, 0x0FFF, "z", 1);
    scratch_write("a.hex", text.data, text.size);
    buf_free(&text);
    convert("a.hex", "o.hex", (struct nordfu_conversion){.multiple = 3});
    struct nordfu_converted done =
        convert("a.hex", "o.bin", (struct nordfu_conversion){.multiple = 4});
    assert_int_equal(done.size, NORDFU_MAX_IMAGE_SIZE);
    assert_refused("a.hex", "o2.bin", (struct nordfu_conversion){.multiple = 3}, NORDFU_ERR_PACKAGE,
                   "makes an image of");
}

static void only_uicr_can_be_kept_but_is_no_image(void **state)
{
    (void)state;
    char path[512];
    vector_path(path, "inputs/only_uicr.hex");
    assert_refused(path, "o.bin", (struct nordfu_conversion){0}, NORDFU_ERR_PACKAGE,
                   "holds nothing for the flash");
    struct nordfu_converted done = convert(path, "o.hex", (struct nordfu_conversion){0});
    assert_int_equal(done.left_out, 0);
    convert(path, "o.bin", (struct nordfu_conversion){.parts = NORDFU_PARTS_ALL});
}

/* Each test has an empty folder. */
static int empty(void **state)
{
    (void)state;
    scratch_count(true);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_raw_file_gets_the_image_with_its_gaps_filled, empty),
        cmocka_unit_test_setup(hex_keeps_everything_unless_told_otherwise, empty),
        cmocka_unit_test_setup(padding_of_hex_with_gaps_is_at_its_end, empty),
        cmocka_unit_test_setup(raw_becomes_hex_at_its_address, empty),
        cmocka_unit_test_setup(images_are_those_of_packages, empty),
        cmocka_unit_test_setup(what_makes_no_sense_is_refused, empty),
        cmocka_unit_test_setup(an_image_is_not_padded_beyond_the_largest, empty),
        cmocka_unit_test_setup(only_uicr_can_be_kept_but_is_no_image, empty),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
