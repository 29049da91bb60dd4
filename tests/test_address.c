/* SPDX-License-Identifier: MIT
 * Device addresses as text. */
#include "test.h"

#include "nordfu/central.h"

/* Least significant byte first. */
static const uint8_t usual[6] = {0xD8, 0x4C, 0x97, 0x3B, 0x06, 0xDE};

static const char *const good[] = {
    "DE063B974CD8",      "de063b974cd8",      "De063b974CD8",
    "DE:06:3B:97:4C:D8", "de:06:3b:97:4c:d8", "dE:06:3b:97:4C:d8",
    "DE-06-3B-97-4C-D8", "de-06-3b-97-4c-d8", "De-06-3B-97-4c-D8",
};

static const char *const bad[] = {
    "",
    ":",
    ":::::",
    "DE063B974CD",        /* 11 digits */
    "DE063B974CD80",      /* 13 */
    "DE063B974C",         /* 5 bytes */
    "DE063B974CD8D8",     /* 7 */
    "DE:06:3B:97:4C",     /* 5 */
    "DE:06:3B:97:4C:D8:", /* ends in a separator */
    "DE-06-3B-97-4C-D8-",
    ":DE:06:3B:97:4C:D8", /* begins with one */
    "-DE063B974CD8",
    "DE::06:3B:97:4C:D8", /* two between bytes */
    "DE:-06:3B:97:4C:D8",
    "D:E0:63:B9:74:CD:8", /* within a byte */
    "D:E:0:6:3:B:9:7:4:C:D:8",
    "DE:6:3B:97:4C:D8",   /* a byte of one digit */
    "DE:006:3B:97:4C:D8", /* of three */
    " DE063B974CD8",      /* blanks */
    "DE063B974CD8 ",
    "DE063B974CD8\n",
    "DE 06 3B 97 4C D8",
    "DE:06:3B: 97:4C:D8",
    "DE:06:3B:97:4C:+8",
    "DG063B974CD8", /* no hex digits */
    "DE063B974CDG",
    "DE:06:3B:97:4C:D\xC3\x98",
    "0xDE063B974CD8",
    "0x063B974CD8",
    "DE.06.3B.97.4C.D8",
    "DE_06_3B_97_4C_D8",
    "DE063B\0974CD8", /* ends early */
    "DE:06:3B:97:4C:D\0"
    "8",
    "DE:06:3B:97:4C:\0D8",
    "Thermo",
};

static void every_form_of_an_address_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct nordfu_error error = {0};
        struct nordfu_address address;
        memset(&address, 0xEE, sizeof(address));
        if (nordfu_address_parse(&address, good[i], &error) != 0)
            fail_msg("%s: %s", good[i], error.text);
        assert_memory_equal(address.bytes, usual, sizeof(usual));
        assert_int_equal(address.type, NORDFU_ADDRESS_RANDOM_STATIC);
    }
}

static void anything_else_is_no_address(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct nordfu_error error = {0};
        struct nordfu_address address;
        /* A copy of exact size: reading past its end is an error the sanitizer sees. */
        char *copy = strdup(bad[i]);
        assert_non_null(copy);
        if (nordfu_address_parse(&address, copy, &error) != NORDFU_ERR_USAGE)
            fail_msg("'%s' was taken", bad[i]);
        assert_int_equal(error.code, NORDFU_ERR_USAGE);
        if (strstr(error.text, bad[i]) == NULL || strstr(error.text, "6 bytes HEX") == NULL)
            fail_msg("'%s': %s", bad[i], error.text);
        assert_int_equal(nordfu_address_parse(&address, copy, NULL), NORDFU_ERR_USAGE);
        free(copy);
    }
    print_message("checked %zu texts that are no address\n", sizeof(bad) / sizeof(bad[0]));
}

static void a_very_long_text_is_cut_in_the_sentence(void **state)
{
    (void)state;
    char text[4096];
    struct nordfu_error error;
    struct nordfu_address address;
    memset(text, 'A', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(nordfu_address_parse(&address, text, &error), NORDFU_ERR_USAGE);
    assert_true(strlen(error.text) < 200);
    assert_non_null(strstr(error.text, "AB:CD:EF:12:34:56."));
}

/* Both top bits set: random static. A resolvable or non-resolvable address is none that a person
 * types. */
static void the_two_top_bits_tell_the_type(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint8_t type;
    } rows[] = {
        {"C00000000000", NORDFU_ADDRESS_RANDOM_STATIC},
        {"FFFFFFFFFFFF", NORDFU_ADDRESS_RANDOM_STATIC},
        {"000000000000", NORDFU_ADDRESS_PUBLIC},
        {"3FFFFFFFFFFF", NORDFU_ADDRESS_PUBLIC},
        {"400000000000", NORDFU_ADDRESS_PUBLIC},
        {"7FFFFFFFFFFF", NORDFU_ADDRESS_PUBLIC},
        {"800000000000", NORDFU_ADDRESS_PUBLIC},
        {"BFFFFFFFFFFF", NORDFU_ADDRESS_PUBLIC},
        {"0000000000C0", NORDFU_ADDRESS_PUBLIC},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct nordfu_address address;
        assert_int_equal(nordfu_address_parse(&address, rows[i].text, NULL), 0);
        if (address.type != rows[i].type)
            fail_msg("%s: %u", rows[i].text, address.type);
    }
}

static void a_written_address_is_read_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        char text[NORDFU_ADDRESS_TEXT], again[NORDFU_ADDRESS_TEXT];
        struct nordfu_address address = {0}, back;
        for (unsigned k = 0; k < 6; k++)
            address.bytes[k] = (uint8_t)(i + 43 * k);
        nordfu_address_format(&address, text);
        assert_int_equal(strlen(text), NORDFU_ADDRESS_TEXT - 1);
        assert_int_equal(nordfu_address_parse(&back, text, NULL), 0);
        assert_true(nordfu_address_equal(&address, &back));
        nordfu_address_format(&back, again);
        assert_string_equal(again, text);
    }
}

static void an_address_is_written_with_colons_and_in_capitals(void **state)
{
    (void)state;
    char text[NORDFU_ADDRESS_TEXT];
    struct nordfu_address address;
    assert_int_equal(nordfu_address_parse(&address, "de063b974cd8", NULL), 0);
    nordfu_address_format(&address, text);
    assert_string_equal(text, "DE:06:3B:97:4C:D8");
}

static void equality_is_that_of_the_six_bytes(void **state)
{
    (void)state;
    struct nordfu_address a = {NORDFU_ADDRESS_PUBLIC, {1, 2, 3, 4, 5, 6}}, b = a;
    b.type = NORDFU_ADDRESS_RANDOM_STATIC;
    assert_true(nordfu_address_equal(&a, &b));
    for (size_t i = 0; i < 6; i++) {
        b = a;
        b.bytes[i] ^= 0x80;
        assert_false(nordfu_address_equal(&a, &b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_an_address_is_read),
        cmocka_unit_test(anything_else_is_no_address),
        cmocka_unit_test(a_very_long_text_is_cut_in_the_sentence),
        cmocka_unit_test(the_two_top_bits_tell_the_type),
        cmocka_unit_test(a_written_address_is_read_back),
        cmocka_unit_test(an_address_is_written_with_colons_and_in_capitals),
        cmocka_unit_test(equality_is_that_of_the_six_bytes),
    };
    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
