/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "central/advert.h"

static bool decode(struct nordfu_advert *advert, const char *data, size_t size)
{
    /* An exact copy on the heap, so that a step past the end is caught by the sanitizer. */
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    memset(advert, 0xA5, sizeof(*advert));
    bool ok = advert_decode(advert, copy, size);
    free(copy);
    return ok;
}

#define DECODE(advert, text) decode(advert, text, sizeof(text) - 1)

static void bootloader_advert_yields_service_and_name(void **state)
{
    (void)state;
    struct nordfu_advert a;
    assert_true(DECODE(&a, "\x02\x01\x06\x03\x02\xF5\xFE\x0D\x09"
                           "DfuTarg12\xC0\xDB"
                           "1"));
    assert_string_equal(a.name, "DfuTarg12\xC0\xDB"
                                "1");
    assert_true(a.name_complete);
    assert_int_equal(a.service_count, 1);
    struct nordfu_uuid dfu = nordfu_uuid16(0xFEF5);
    assert_true(nordfu_uuid_equal(&a.services[0], &dfu));
}

static void empty_data_has_neither_name_nor_services(void **state)
{
    (void)state;
    struct nordfu_advert a;
    assert_true(decode(&a, "", 0));
    assert_string_equal(a.name, "");
    assert_false(a.name_complete);
    assert_int_equal(a.service_count, 0);
    assert_true(advert_decode(&a, NULL, 0));
}

static void uuids_of_every_size_are_expanded(void **state)
{
    (void)state;
    struct nordfu_advert a;
    assert_true(DECODE(&a,
                       "\x05\x03\x0A\x18\x59\xFE\x05\x05\x01\x02\x03\x04"
                       "\x11\x07\x50\xEA\xDA\x30\x88\x83\xB8\x9F\x60\x4F\x15\xF3\x01\x00\xC9\x8E"));
    assert_int_equal(a.service_count, 4);
    struct nordfu_uuid info = nordfu_uuid16(0x180A), dfu = nordfu_uuid16(0xFE59);
    assert_true(nordfu_uuid_equal(&a.services[0], &info));
    assert_true(nordfu_uuid_equal(&a.services[1], &dfu));
    assert_memory_equal(a.services[2].bytes,
                        "\xFB\x34\x9B\x5F\x80\x00\x00\x80\x00\x10\x00\x00\x01\x02\x03\x04", 16);
    assert_memory_equal(a.services[3].bytes,
                        "\x50\xEA\xDA\x30\x88\x83\xB8\x9F\x60\x4F\x15\xF3\x01\x00\xC9\x8E", 16);
}

static void incomplete_lists_count_and_add_up(void **state)
{
    (void)state;
    struct nordfu_advert a;
    assert_true(DECODE(&a,
                       "\x03\x02\x0D\x18\x03\x03\x0A\x18"
                       "\x11\x06\x50\xEA\xDA\x30\x88\x83\xB8\x9F\x60\x4F\x15\xF3\x03\x00\xC9\x8E"));
    assert_int_equal(a.service_count, 3);
    assert_int_equal(a.services[2].bytes[12], 3);
}

static void complete_name_beats_a_shortened_one_in_either_order(void **state)
{
    (void)state;
    struct nordfu_advert a;
    assert_true(DECODE(&a, "\x03\x08Th\x07\x09Thermo"));
    assert_string_equal(a.name, "Thermo");
    assert_true(a.name_complete);
    assert_true(DECODE(&a, "\x07\x09Thermo\x03\x08Th"));
    assert_string_equal(a.name, "Thermo");
    assert_true(a.name_complete);
    assert_true(DECODE(&a, "\x03\x08Th"));
    assert_string_equal(a.name, "Th");
    assert_false(a.name_complete);
}

static void unknown_types_are_skipped(void **state)
{
    (void)state;
    struct nordfu_advert a;
    assert_true(DECODE(&a, "\x05\xFF\x59\x00\x01\x02\x02\x0A\x04\x01\x42\x03\x09It"));
    assert_string_equal(a.name, "It");
}

static void zero_length_ends_the_data(void **state)
{
    (void)state;
    struct nordfu_advert a;
    assert_true(DECODE(&a, "\x03\x09It\x00\x03\x09No"));
    assert_string_equal(a.name, "It");
}

static void structure_past_the_end_keeps_what_was_before(void **state)
{
    (void)state;
    struct nordfu_advert a;
    assert_false(DECODE(&a, "\x03\x09It\x1F\x03\x59\xFE"));
    assert_string_equal(a.name, "It");
    assert_int_equal(a.service_count, 0);
    assert_false(DECODE(&a, "\x01"));
    assert_false(DECODE(&a, "\xFF"));
}

static void half_a_uuid_is_left_out(void **state)
{
    (void)state;
    struct nordfu_advert a;
    assert_false(DECODE(&a, "\x04\x03\x59\xFE\x0A"));
    assert_int_equal(a.service_count, 1);
    assert_true(DECODE(&a, "\x01\x03\x01\x09"));
    assert_int_equal(a.service_count, 0);
    assert_string_equal(a.name, "");
}

static void more_services_than_room_are_left_out(void **state)
{
    (void)state;
    char data[2 + 2 * 20] = {41, 3};
    struct nordfu_advert a;
    for (int i = 0; i < 20; i++)
        data[2 + 2 * i] = (char)i;
    assert_true(decode(&a, data, sizeof(data)));
    assert_int_equal(a.service_count, NORDFU_ADVERT_MAX_UUIDS);
    assert_int_equal(a.services[7].bytes[12], 7);
}

static void long_name_is_cut_between_characters(void **state)
{
    (void)state;
    char data[2 + 40];
    struct nordfu_advert a;
    memset(data, 'n', sizeof(data));
    data[0] = 41;
    data[1] = 9;
    memcpy(data + 2 + 30, "\xE2\x82\xAC",
           3); /* bytes 30 to 32 of the name: cut at 31 would split it */
    assert_true(decode(&a, data, sizeof(data)));
    assert_int_equal(strlen(a.name), 30);
    assert_false(a.name_complete);
    memset(data + 2, 0x80, 40); /* nothing but continuation bytes: not UTF-8, no crash */
    assert_true(decode(&a, data, sizeof(data)));
    assert_string_equal(a.name, "");
}

static void zero_in_a_name_ends_it(void **state)
{
    (void)state;
    struct nordfu_advert a;
    assert_true(decode(&a, "\x06\x09It\0\0\0", 7));
    assert_string_equal(a.name, "It");
    assert_true(a.name_complete);
}

static void arbitrary_bytes_never_harm(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        char data[31];
        for (size_t i = 0; i < sizeof(data); i++) {
            seed = seed * 1664525u + 1013904223u;
            /* mostly small values: plausible lengths and types */
            data[i] = (char)(seed >> 28 & 1 ? seed >> 24 : seed >> 24 & 0x0F);
        }
        struct nordfu_advert a;
        decode(&a, data, seed >> 8 & 31);
        assert_true(a.service_count <= NORDFU_ADVERT_MAX_UUIDS);
        assert_non_null(memchr(a.name, 0, sizeof(a.name)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bootloader_advert_yields_service_and_name),
        cmocka_unit_test(empty_data_has_neither_name_nor_services),
        cmocka_unit_test(uuids_of_every_size_are_expanded),
        cmocka_unit_test(incomplete_lists_count_and_add_up),
        cmocka_unit_test(complete_name_beats_a_shortened_one_in_either_order),
        cmocka_unit_test(unknown_types_are_skipped),
        cmocka_unit_test(zero_length_ends_the_data),
        cmocka_unit_test(structure_past_the_end_keeps_what_was_before),
        cmocka_unit_test(half_a_uuid_is_left_out),
        cmocka_unit_test(more_services_than_room_are_left_out),
        cmocka_unit_test(long_name_is_cut_between_characters),
        cmocka_unit_test(zero_in_a_name_ends_it),
        cmocka_unit_test(arbitrary_bytes_never_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
