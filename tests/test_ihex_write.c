/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>

#include "ihex_text.h"
#include "package/ihex.h"

static struct ihex_segment segment(uint32_t address, const char *bytes)
{
    return (struct ihex_segment){
        .address = address, .size = strlen(bytes), .bytes = (const uint8_t *)bytes};
}

static void assert_written(const struct ihex_segment *segments, size_t count, const char *expected)
{
    struct buf text = {0};
    struct nordfu_error error = {0};
    if (ihex_encode(&text, segments, count, &error) != 0)
        fail_msg("%s", error.text);
    assert_true(buf_append(&text, "", 1));
    assert_string_equal((const char *)text.data, expected);
    buf_free(&text);
}

static void nothing_is_an_end_record(void **state)
{
    (void)state;
    const struct ihex_segment empty = {.address = 5};
    assert_written(NULL, 0, ":00000001FF\n");
    assert_written(&empty, 1, ":00000001FF\n");
}

static void low_addresses_have_no_upper_half(void **state)
{
    (void)state;
    const struct ihex_segment one = segment(0xFFFF, "a");
    assert_written(&one, 1, ":01FFFF0061A0\n:00000001FF\n");
}

static void the_upper_half_is_said_when_it_changes_even_if_it_is_zero(void **state)
{
    (void)state;
    const struct ihex_segment two[] = {segment(0xFFFF, "ab"), segment(0x1003, "c")};
    assert_written(two, 2,
                   ":020000040000FA\n:0110030063" /* 1003: c */
                   "89\n:01FFFF0061A0\n:020000040001F9\n:01000000629D\n:00000001FF\n");
}

static void records_end_after_16_bytes_and_at_holes(void **state)
{
    (void)state;
    const struct ihex_segment parts[] = {segment(0x10, "q"), segment(3, "abcdefg"),
                                         segment(0xA, "hijkl"), segment(0xF, "m")};
    const struct ihex_segment hole[] = {segment(0, "a"), segment(2, "b")};
    /* The parts touch: 3..0x10 is one record of 14. */
    assert_written(parts, 4, ":0E0003006162636465666768696A6B6C6D7143\n:00000001FF\n");
    assert_written(hole, 2, ":01000000619E\n:01000200629B\n:00000001FF\n");
    const struct ihex_segment long_one = segment(1, "abcdefghijklmnopq");
    assert_written(&long_one, 1,
                   ":100001006162636465666768696A6B6C6D6E6F7067\n:010011007" /* q */
                   "17D\n:00000001FF\n");
}

static void what_overlaps_or_reaches_too_far_is_refused(void **state)
{
    (void)state;
    const struct ihex_segment overlap[] = {segment(4, "cd"), segment(2, "abc")};
    const struct ihex_segment far = segment(0xFFFFFFFF, "ab");
    struct buf text = {0};
    struct nordfu_error error = {0};
    assert_true(buf_append(&text, "before", 6));
    assert_int_equal(ihex_encode(&text, overlap, 2, &error), NORDFU_ERR_USAGE);
    assert_non_null(strstr(error.text, "0x4"));
    assert_int_equal(ihex_encode(&text, &far, 1, &error), NORDFU_ERR_USAGE);
    assert_non_null(strstr(error.text, "0xFFFFFFFF"));
    assert_int_equal(text.size, 6);
    buf_free(&text);
}

static void the_last_address_can_be_written(void **state)
{
    (void)state;
    const struct ihex_segment last = segment(0xFFFFFFFE, "ab");
    assert_written(&last, 1, ":02000004FFFFFC\n:02FFFE0061623E\n:00000001FF\n");
}

/* The original wrote the file: what is read from it is written alike. */
static void assert_again(const char *name)
{
    struct buf text = vector_file(name), again = {0};
    struct ihex ihex;
    struct nordfu_error error = {0};
    if (ihex_decode(&ihex, text.data, text.size, "file", name, &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(ihex_encode(&again, ihex.segments, ihex.count, &error), 0);
    assert_int_equal(again.size, text.size);
    assert_memory_equal(again.data, text.data, text.size);
    ihex_free(&ihex);
    buf_free(&text);
    buf_free(&again);
}

static void every_file_of_the_original_is_written_alike(void **state)
{
    (void)state;
    char name[64];
    unsigned count = 0;
    for (unsigned i = 1; i <= 18; i++, count++) {
        snprintf(name, sizeof(name), "settings/s%02u.hex", i);
        assert_again(name);
    }
    for (unsigned i = 1; i <= 9; i++, count++) {
        snprintf(name, sizeof(name), "zigbee/p%02u.hex", i);
        assert_again(name);
    }
    print_message("settings, zigbee: %u files written alike\n", count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_an_end_record),
        cmocka_unit_test(low_addresses_have_no_upper_half),
        cmocka_unit_test(the_upper_half_is_said_when_it_changes_even_if_it_is_zero),
        cmocka_unit_test(records_end_after_16_bytes_and_at_holes),
        cmocka_unit_test(what_overlaps_or_reaches_too_far_is_refused),
        cmocka_unit_test(the_last_address_can_be_written),
        cmocka_unit_test(every_file_of_the_original_is_written_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
