/* SPDX-License-Identifier: MIT
 * What is at a port instead of connectivity firmware, and how it is said. */
#include "test.h"

#include "dongle/diagnosis.h"

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1
#define SYNC        "\xC0\x00\x2F\x00\xD1\x01\x7E\xC0"
#define RESET       "\xC0\x00\x05\x00\xFB\xC0"

static const struct nordfu_port_identity nobody,
    jlink = {.vid = 0x1366, .pid = 0x1015},
    sniffer = {.vid = 0x1915, .pid = 0x154A, .product = "nRF\x1B Sniffer"},
    usb = {.vid = 0x1915, .pid = 0xC00A};

static void answers_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        enum diagnosis diagnosis;
        const struct nordfu_port_identity *identity;
        const uint8_t *bytes;
        size_t size;
    } cases[] = {
        {DIAGNOSIS_SILENCE, &nobody, BYTES("")},
        {DIAGNOSIS_SILENCE, &usb, BYTES("")},
        {DIAGNOSIS_OTHER_FIRMWARE, &sniffer, BYTES("")},
        {DIAGNOSIS_OTHER_FIRMWARE, &sniffer, BYTES("\xC0\x06\x13\x01\xC0")},
        {DIAGNOSIS_TEXT, &nobody, BYTES("\r\nlogin: ")},
        {DIAGNOSIS_TEXT, &sniffer, BYTES("uart:~$ \x1B[0m")},
        {DIAGNOSIS_MODEM, &nobody, BYTES("\r\nERROR\r\n")},
        {DIAGNOSIS_MODEM, &nobody, BYTES("AT+CGMI\r\r\nOK\r\n")},
        {DIAGNOSIS_ECHO, &nobody, BYTES("\xC0" RESET SYNC)},
        {DIAGNOSIS_ECHO, &usb, BYTES(RESET)},
        {DIAGNOSIS_BOOTLOADER, &nobody, BYTES("\x60\x00\x01\x01\xC0")},
        {DIAGNOSIS_BOOTLOADER, &jlink, BYTES("\x60\x00\x02\xC0\x60\x00\x02\xC0")},
        {DIAGNOSIS_BOOTLOADER, &nobody, BYTES("\xC0\x60\x05\x02\xC0")},
        {DIAGNOSIS_NOISE, &nobody, BYTES("\x60\x00\xF3\xC0")},
        {DIAGNOSIS_NOISE, &nobody, BYTES("\xF8\x00\xE0\x78\xF8\x9E")},
        {DIAGNOSIS_NOISE, &usb, BYTES(SYNC)},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum diagnosis d = diagnosis_of_answer(cases[i].identity, cases[i].bytes, cases[i].size);
        if (d != cases[i].diagnosis)
            fail_msg("case %zu: %d instead of %d", i, d, cases[i].diagnosis);
    }
}

static void every_case_names_the_port_and_what_to_do(void **state)
{
    (void)state;
    static const struct nordfu_port_identity *const identities[] = {&nobody, &jlink, &sniffer,
                                                                    &usb};
    for (enum diagnosis d = DIAGNOSIS_SILENCE; d < DIAGNOSIS_COUNT; d++) {
        for (size_t i = 0; i < 4; i++) {
            struct nordfu_error error;
            const struct diagnosis_case facts = {
                .port = "/dev/serial/by-id/usb-SEGGER_J-Link_000683459180-if00",
                .identity = identities[i],
                .heard = (const uint8_t *)"hi",
                .heard_size = 2,
                .api = "SoftDevice API v4 (S132 4.0.2)"};
            assert_int_equal(diagnosis_error(d, &facts, &error), NORDFU_ERR_DONGLE);
            assert_int_equal(error.code, NORDFU_ERR_DONGLE);
            assert_non_null(strstr(error.text, facts.port));
            assert_true(strstr(error.text, "port") != NULL ||
                        strstr(error.text, "pc-ble-driver") != NULL);
            /* Not cut. */
            assert_int_equal(error.text[strlen(error.text) - 1], '.');
        }
    }
}

static void sentence_for(struct nordfu_error *error, enum diagnosis d,
                         const struct nordfu_port_identity *identity, const void *heard,
                         size_t heard_size)
{
    const struct diagnosis_case facts = {"/dev/ttyACM3", identity, heard, heard_size, NULL};
    diagnosis_error(d, &facts, error);
}

static void text_is_quoted_without_what_disturbs_terminals(void **state)
{
    (void)state;
    struct nordfu_error error;
    sentence_for(&error, DIAGNOSIS_TEXT, &nobody, "\x1B[2Juart\r\nraspberry\" login: \x07", 25);
    assert_non_null(strstr(error.text, "/dev/ttyACM3 (\"raspberry\")"));
    assert_null(strchr(error.text, 0x1B));
}

static void device_is_named_and_its_name_can_not_disturb_terminals(void **state)
{
    (void)state;
    struct nordfu_error error;
    sentence_for(&error, DIAGNOSIS_OTHER_FIRMWARE, &sniffer, "", 0);
    assert_non_null(strstr(error.text, "(nRF? Sniffer, USB 1915:154A)"));
}

static void cure_is_that_of_the_board(void **state)
{
    (void)state;
    struct nordfu_error error;
    sentence_for(&error, DIAGNOSIS_SILENCE, &jlink, "", 0);
    assert_non_null(strstr(error.text, "nrfjprog --program connectivity_4.1.4_1m"));
    sentence_for(&error, DIAGNOSIS_BOOTLOADER, &usb, "", 0);
    assert_non_null(strstr(error.text, "nrfutil dfu usb-serial"));
    assert_non_null(strstr(error.text, "-p /dev/ttyACM3\""));
    assert_null(strstr(error.text, "reset button"));
    sentence_for(&error, DIAGNOSIS_UNKNOWN_API, &usb, "", 0);
    assert_non_null(strstr(error.text, "reset button"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_told_apart),
        cmocka_unit_test(every_case_names_the_port_and_what_to_do),
        cmocka_unit_test(text_is_quoted_without_what_disturbs_terminals),
        cmocka_unit_test(device_is_named_and_its_name_can_not_disturb_terminals),
        cmocka_unit_test(cure_is_that_of_the_board),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
