/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>

#include "ihex_text.h"
#include "package/ihex.h"

/* Decodes and frees the text, which must be fine. */
static struct ihex decode(struct buf *text)
{
    struct ihex ihex;
    struct nordfu_error error = {0};
    if (ihex_decode(&ihex, text->data, text->size, "application", "a.hex", &error) != 0)
        fail_msg("%s", error.text);
    buf_free(text);
    return ihex;
}

static struct ihex decode_text(const char *text)
{
    struct buf buf = {0};
    assert_true(buf_append(&buf, text, strlen(text)));
    return decode(&buf);
}

static void assert_segment(const struct ihex *ihex, size_t index, uint32_t address,
                           const char *bytes)
{
    assert_true(index < ihex->count);
    assert_int_equal(ihex->segments[index].address, address);
    assert_int_equal(ihex->segments[index].size, strlen(bytes));
    assert_memory_equal(ihex->segments[index].bytes, bytes, strlen(bytes));
}

static void assert_refused_bytes(const void *text, size_t size, const char *said)
{
    struct ihex ihex;
    struct nordfu_error error = {0};
    assert_int_equal(ihex_decode(&ihex, text, size, "application", "a.hex", &error),
                     NORDFU_ERR_PACKAGE);
    assert_int_equal(error.code, NORDFU_ERR_PACKAGE);
    if (strstr(error.text, said) == NULL)
        fail_msg("\"%s\" does not say: %s", error.text, said);
    assert_null(ihex.segments);
    assert_null(ihex.bytes.data);
}

/* The text is refused, and the sentence says so. */
static void assert_refused(const char *text, const char *said)
{
    assert_refused_bytes(text, strlen(text), said);
}

static void records_in_any_order_make_sorted_segments(void **state)
{
    (void)state;
    struct buf text = {0};
    text_add(&text, 0, 0x10, "ef", 2);
    text_add(&text, 0, 2, "cd", 2);
    text_add(&text, 0, 0, "ab", 2);
    text_add(&text, 1, 0, NULL, 0);
    struct ihex ihex = decode(&text);
    assert_int_equal(ihex.count, 2);
    assert_segment(&ihex, 0, 0, "abcd");
    assert_segment(&ihex, 1, 0x10, "ef");
    assert_true(ihex.has_end);
    assert_false(ihex.has_start);
    ihex_free(&ihex);
}

/* "a" at 0 and "b" at 1. */
#define A ":01000000619E"
#define B ":01000100629C"

static void lines_may_end_in_lf_crlf_or_cr(void **state)
{
    (void)state;
    const char *const texts[] = {
        A "\n" B "\n",
        A "\r\n\r\n" B,
        "\r\r" A "\r" B "\r",
        "\n\r" A "\n\n\r\n\r" B "\r\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ihex ihex = decode_text(texts[i]);
        assert_int_equal(ihex.count, 1);
        assert_segment(&ihex, 0, 0, "ab");
        assert_false(ihex.has_end);
        ihex_free(&ihex);
    }
}

static void lines_are_counted_whatever_they_end_in(void **state)
{
    (void)state;
    assert_refused("x\n", "line 1:");
    assert_refused("\n\nx", "line 3:");
    assert_refused("\r\n\r\nx", "line 3:");
    assert_refused("\r\rx", "line 3:");
    assert_refused("\n\r\n\rx", "line 4:");
}

static void both_kinds_of_base_addresses_count(void **state)
{
    (void)state;
    struct buf text = {0};
    text_add(&text, 2, 0, "\x10\x00", 2);
    text_add(&text, 0, 0, "ab", 2);
    text_add(&text, 4, 0, "\x00\x01", 2);
    text_add(&text, 0, 2, "cd", 2);
    text_add(&text, 3, 0, "\x00\x00\x38\x00", 4);
    struct ihex ihex = decode(&text);
    assert_int_equal(ihex.count, 1);
    assert_segment(&ihex, 0, 0x10000, "abcd");
    assert_true(ihex.has_start);
    assert_int_equal(ihex.type, 3);
    assert_int_equal(ihex.start, 0x3800);
    ihex_free(&ihex);
}

static void a_record_goes_on_behind_64_kib(void **state)
{
    (void)state;
    struct buf text = {0};
    text_add(&text, 0, 0xFFFF, "ab", 2);
    text_add(&text, 2, 0, "\x00\x01", 2);
    text_add(&text, 0, 0xFFF1, "cd", 2);
    text_add(&text, 5, 0, "\x00\x01\x00\x03", 4);
    struct ihex ihex = decode(&text);
    assert_int_equal(ihex.count, 1);
    assert_segment(&ihex, 0, 0xFFFF, "abcd");
    assert_int_equal(ihex.type, 5);
    assert_int_equal(ihex.start, 0x10003);
    ihex_free(&ihex);
}

static void each_defect_has_its_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } defects[] = {
        {"0000000000", "line 1: it does not begin with a colon; a raw image"},
        {"\n :00000001FF", "line 2: it does not begin with a colon; make"},
        {"\x7F"
         "ELF\x01\x01",
         "ELF file"},
        {"\xEF\xBB\xBF:00000001FF", "byte-order mark"},
        {":", "line 1: a digit is missing"},
        {":00000001F", "line 1: a digit is missing"},
        {":000001FF", "line 1: a digit is missing"},
        {":00000001FG", "column 11 is no hexadecimal digit"},
        {":00000001FF ", "column 12 is no hexadecimal digit"},
        {":00000001\xC3\xA4", "column 10 is no hexadecimal digit"},
        {":020000000000", "says 2 bytes of data and there are 1"},
        {":00000006FA", "its type is 06"},
        {":00000001FE", "its checksum is FE and should be FF"},
        {":0100000100FE", "the end record (type 01) holds data"},
        {":020001020000FB", "a record of type 02 has 2 bytes of data and address 0000"},
        {":020100040000F9", "a record of type 04 has 2 bytes of data and address 0000"},
        {":0100000400FB", "a record of type 04 has 2 bytes of data and address 0000"},
        {":03000003000000FA", "a record of type 03 has 4 bytes of data and address 0000"},
        {":0400010500000000F6", "a record of type 05 has 4 bytes of data and address 0000"},
        {":0400000300000000F9\n:0400000500000000F7", "line 2: it is the second record with a st"},
        {":02000004FFFFFC\n:02FFFF000000FE", "line 2: its checksum"},
        {":02000004FFFFFC\n:02FFFF00000000", "line 2: it reaches beyond address 0xFFFFFFFF"},
        {A "\n" B "\n" A "\nx", "line 3: address 0x0 has contents already"},
        {A "\nx\n" A, "line 2: it does not begin"},
    };
    for (size_t i = 0; i < sizeof(defects) / sizeof(defects[0]); i++)
        assert_refused(defects[i].text, defects[i].said);
    assert_refused_bytes(":00\0:0001FF", 10, "column 4 is no hexadecimal digit");
}

static void a_line_that_is_too_long_for_any_record_is_refused(void **state)
{
    (void)state;
    char line[2000];
    memset(line, 'F', sizeof(line));
    line[0] = ':';
    assert_refused_bytes(line, 1 + 2 * 260, "line 1: its type is FF");
    assert_refused_bytes(line, 1 + 2 * 261, "says 255 bytes of data and there are 256");
    assert_refused_bytes(line, 1 + 2 * 900, "says 255 bytes of data and there are 895");
    assert_refused_bytes(line, 2 * 900, "a digit is missing");
    line[1799] = 'g';
    assert_refused_bytes(line, 1 + 2 * 900, "column 1800 is no hexadecimal digit");
}

static void what_follows_the_end_record_is_not_looked_at(void **state)
{
    (void)state;
    struct ihex ihex = decode_text(A "\n:00000001FF\nanything\n");
    assert_int_equal(ihex.count, 1);
    ihex_free(&ihex);
}

static void a_text_without_data_has_no_segments(void **state)
{
    (void)state;
    const char *const texts[] = {"", "\n", ":00000001FF\n", ":00123400BA\n:00000001FF\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ihex ihex = decode_text(texts[i]);
        uint8_t byte;
        assert_int_equal(ihex.count, 0);
        assert_false(ihex_get(&ihex, 0, &byte, 1));
        ihex_free(&ihex);
    }
}

static void bytes_far_apart_take_no_memory_for_what_is_between(void **state)
{
    (void)state;
    struct buf text = {0};
    text_add_upper(&text, 0xFFFF);
    text_add(&text, 0, 0xFFFF, "z", 1);
    text_add_upper(&text, 0);
    text_add(&text, 0, 0, "a", 1);
    struct ihex ihex = decode(&text);
    assert_int_equal(ihex.count, 2);
    assert_segment(&ihex, 0, 0, "a");
    assert_segment(&ihex, 1, 0xFFFFFFFF, "z");
    assert_true(ihex.bytes.capacity < 1000);
    ihex_free(&ihex);
}

static void bytes_are_got_only_if_all_are_there(void **state)
{
    (void)state;
    struct buf text = {0};
    char got[5] = "....";
    text_add(&text, 0, 0x10, "abcd", 4);
    text_add(&text, 0, 0x16, "ef", 2);
    struct ihex ihex = decode(&text);
    assert_true(ihex_get(&ihex, 0x11, got, 3));
    assert_string_equal(got, "bcd.");
    assert_true(ihex_get(&ihex, 0x16, got, 2));
    assert_string_equal(got, "efd.");
    assert_false(ihex_get(&ihex, 0x11, got, 4));
    assert_false(ihex_get(&ihex, 0x0F, got, 1));
    assert_false(ihex_get(&ihex, 0x14, got, 1));
    assert_false(ihex_get(&ihex, 0x18, got, 1));
    assert_false(ihex_get(&ihex, 0xFFFFFFFF, got, SIZE_MAX));
    assert_string_equal(got, "efd.");
    ihex_free(&ihex);
}

enum { MODEL_SPACE = 400 };

/* What a byte map makes of records: the first line with an overlap and its address; or none (0). */
struct model {
    bool there[MODEL_SPACE];
    uint8_t bytes[MODEL_SPACE];
    unsigned line, address;
};

static void model_add(struct model *model, unsigned line, unsigned address, const uint8_t *bytes,
                      size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (model->there[address + i] && model->line == 0) {
            model->line = line;
            model->address = address + (unsigned)i;
        }
        model->there[address + i] = true;
        model->bytes[address + i] = bytes[i];
    }
}

static void assert_like_model(const struct ihex *ihex, const struct model *model)
{
    for (unsigned i = 0; i < MODEL_SPACE; i++) {
        uint8_t byte = 0;
        assert_int_equal(ihex_get(ihex, i, &byte, 1), model->there[i]);
        if (model->there[i])
            assert_int_equal(byte, model->bytes[i]);
    }
    for (size_t i = 1; i < ihex->count; i++)
        assert_true(ihex->segments[i].address >
                    ihex->segments[i - 1].address + ihex->segments[i - 1].size);
}

static bool try_records(struct noise *noise, unsigned records)
{
    struct model model = {.line = 0};
    struct buf text = {0};
    for (unsigned line = 1; line <= records; line++) {
        uint8_t bytes[20];
        size_t size = noise_below(noise, 20);
        unsigned address = noise_below(noise, MODEL_SPACE - 20);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)noise_below(noise, 256);
        text_add(&text, 0, address, bytes, size);
        model_add(&model, line, address, bytes, size);
    }
    if (model.line == 0) {
        struct ihex ihex = decode(&text);
        assert_like_model(&ihex, &model);
        ihex_free(&ihex);
        return true;
    }
    char said[80];
    snprintf(said, sizeof(said), "line %u: address 0x%X has contents", model.line, model.address);
    assert_refused_bytes(text.data, text.size, said);
    buf_free(&text);
    return false;
}

static void any_records_come_to_what_a_byte_map_makes_of_them(void **state)
{
    (void)state;
    struct noise noise = {1};
    unsigned fine = 0;
    for (unsigned i = 0; i < 3000; i++)
        fine += try_records(&noise, 1 + noise_below(&noise, 12)) ? 1 : 0;
    assert_in_range(fine, 500, 2500);
}

static void many_records_at_one_address_are_refused_soon(void **state)
{
    (void)state;
    struct buf text = {0};
    for (unsigned i = 0; i < 50000; i++)
        text_add(&text, 0, i < 49999 ? 0xFFFF - i : 0xFFFF, "a", 1);
    assert_refused_bytes(text.data, text.size, "line 50000: address 0xFFFF has");
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_in_any_order_make_sorted_segments),
        cmocka_unit_test(lines_may_end_in_lf_crlf_or_cr),
        cmocka_unit_test(lines_are_counted_whatever_they_end_in),
        cmocka_unit_test(both_kinds_of_base_addresses_count),
        cmocka_unit_test(a_record_goes_on_behind_64_kib),
        cmocka_unit_test(each_defect_has_its_sentence),
        cmocka_unit_test(a_line_that_is_too_long_for_any_record_is_refused),
        cmocka_unit_test(what_follows_the_end_record_is_not_looked_at),
        cmocka_unit_test(a_text_without_data_has_no_segments),
        cmocka_unit_test(bytes_far_apart_take_no_memory_for_what_is_between),
        cmocka_unit_test(bytes_are_got_only_if_all_are_there),
        cmocka_unit_test(any_records_come_to_what_a_byte_map_makes_of_them),
        cmocka_unit_test(many_records_at_one_address_are_refused_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
