/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>

#include "dfu/op.h"
#include "dfu/refusal.h"

static void requests_are_the_bytes_of_the_protocol(void **state)
{
    (void)state;
    static const struct {
        struct op_request request;
        const char *bytes;
        size_t size;
    } rows[] = {
        {{.code = OP_CREATE, .object = OP_COMMAND, .size = 0x8A}, "\x01\x01\x8A\0\0\0", 6},
        {{.code = OP_CREATE, .object = OP_DATA, .size = 4096}, "\x01\x02\0\x10\0\0", 6},
        {{.code = OP_SET_PRN, .prn = 0x0102}, "\x02\x02\x01", 3},
        {{.code = OP_CRC}, "\x03", 1},
        {{.code = OP_EXECUTE, .object = OP_DATA}, "\x04", 1},
        {{.code = OP_SELECT, .object = OP_COMMAND}, "\x06\x01", 2},
        {{.code = OP_SELECT, .object = OP_DATA}, "\x06\x02", 2},
        {{.code = OP_ABORT}, "\x0C", 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t bytes[OP_REQUEST_MAX];
        assert_int_equal(op_encode(&rows[i].request, bytes), rows[i].size);
        assert_memory_equal(bytes, rows[i].bytes, rows[i].size);
    }
}

static void select_and_crc_answers_carry_their_numbers(void **state)
{
    (void)state;
    struct op_response r;
    assert_int_equal(
        op_decode(&r, OP_SELECT, "\x60\x06\x01\0\x10\0\0\x44\x33\x22\x11\xDD\xCC\xBB\xAA", 15),
        OP_ANSWER);
    assert_int_equal(r.max_size, 4096);
    assert_int_equal(r.offset, 0x11223344);
    assert_int_equal(r.crc, 0xAABBCCDD);
    assert_int_equal(op_decode(&r, OP_CRC, "\x60\x03\x01\x44\x33\x22\x11\xDD\xCC\xBB\xAA", 11),
                     OP_ANSWER);
    assert_int_equal(r.offset, 0x11223344);
    assert_int_equal(r.crc, 0xAABBCCDD);
}

static void refusals_are_answers(void **state)
{
    (void)state;
    struct op_response r;
    assert_int_equal(op_decode(&r, OP_EXECUTE, "\x60\x04\x08", 3), OP_ANSWER);
    assert_int_equal(r.result, OP_NOT_PERMITTED);
    assert_int_equal(op_decode(&r, OP_EXECUTE, "\x60\x04\x0B\x05", 4), OP_ANSWER);
    assert_int_equal(r.result, OP_EXTENDED);
    assert_int_equal(r.extended, 5);
    assert_int_equal(op_decode(&r, OP_SELECT, "\x60\x06\x07", 3), OP_ANSWER);
}

static void every_truncation_and_every_tail_is_malformed(void **state)
{
    (void)state;
    static const struct {
        enum op_code code;
        const char *bytes;
        size_t size;
    } rows[] = {
        {OP_SELECT, "\x60\x06\x01\0\x10\0\0\0\0\0\0\0\0\0\0", 15},
        {OP_CRC, "\x60\x03\x01\0\0\0\0\0\0\0\0", 11},
        {OP_EXECUTE, "\x60\x04\x01", 3},
        {OP_EXECUTE, "\x60\x04\x0B\x05", 4},
        {OP_CREATE, "\x60\x01\x04", 3},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct op_response r;
        uint8_t longer[16] = {0};
        memcpy(longer, rows[i].bytes, rows[i].size);
        assert_int_equal(op_decode(&r, rows[i].code, longer, rows[i].size), OP_ANSWER);
        assert_int_equal(op_decode(&r, rows[i].code, longer, rows[i].size + 1), OP_MALFORMED);
        for (size_t n = 1; n < rows[i].size; n++)
            assert_int_equal(op_decode(&r, rows[i].code, longer, n), OP_MALFORMED);
    }
}

static void what_answers_something_else_is_unrelated(void **state)
{
    (void)state;
    struct op_response r;
    assert_int_equal(op_decode(&r, OP_CRC, "\x60\x06\x01", 3), OP_UNRELATED);
    assert_int_equal(op_decode(&r, OP_CRC, "\x20\x01\x01", 3), OP_UNRELATED);
    assert_int_equal(op_decode(&r, OP_CRC, "", 0), OP_UNRELATED);
}

static void names_exist_for_every_code(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        assert_non_null(op_name(i));
        assert_non_null(op_result_name(i));
        assert_non_null(op_extended_name(i));
    }
    assert_string_equal(op_name(4), "Execute");
    assert_string_equal(op_name(5), "request");
    assert_string_equal(op_result_name(8), "operation not permitted");
    assert_string_equal(op_result_name(9), "unknown result");
    assert_string_equal(op_extended_name(7), "SoftDevice version");
    assert_string_equal(op_extended_name(15), "unknown extended error");
}

static const struct nordfu_image image = {
    .init = {.has_fw_version = true,
             .has_hw_version = true,
             .fw_version = 7,
             .hw_version = 51,
             .sd_req = {0xCA, 0x100},
             .sd_req_count = 2,
             .app_size = 34567},
    .init_size = 140,
    .firmware_size = 34567,
};

static const struct op_request execute_init = {.code = OP_EXECUTE, .object = OP_COMMAND};
static const struct op_request execute_data = {.code = OP_EXECUTE, .object = OP_DATA};
static const struct op_request create_data = {.code = OP_CREATE, .object = OP_DATA};
static const struct op_request create_init = {.code = OP_CREATE, .object = OP_COMMAND};

struct row {
    const struct op_request *request;
    bool final;
    uint8_t result, extended;
    const char *why;    /* must be in the sentence */
    const char *value;  /* the package's value */
    const char *advice; /* what to change */
};

static const struct row rows[] = {
    {&execute_init, false, 0x0B, 0x04, "field of the init packet", "hardware version 51", "build"},
    {&execute_init, false, 0x0B, 0x05, "older", "firmware version 7", "at least"},
    {&execute_init, false, 0x0B, 0x06, "other hardware", "hardware version 51", "--hw-version"},
    {&execute_init, false, 0x0B, 0x07, "SoftDevice", "0xCA or 0x100", "--sd-req"},
    {&execute_init, false, 0x0B, 0x08, "signature", "not signed", "--key-file"},
    {&execute_init, false, 0x0B, 0x09, "SHA-256", "0x09", "build"},
    {&execute_init, false, 0x0B, 0x0A, "compute the hash", "34567", "try again"},
    {&execute_init, false, 0x0B, 0x0B, "type of signature", "not signed", "P-256"},
    {&execute_data, true, 0x0B, 0x0C, "hash that the init packet promises", "34567", "padded"},
    {&execute_init, false, 0x0B, 0x0D, "flash", "application of 34567 bytes", "smaller"},
    {&execute_init, false, 0x0B, 0x0E, "already", "firmware version 7", "nothing to update"},
    {&execute_init, false, 0x0B, 0x03, "command", "0x03", "sign the package"},
    {&execute_init, false, 0x0B, 0x02, "wrong format", "0x02", "newer"},
    {&execute_init, false, 0x05, 0, "key in the bootloader", "not signed", "--key-file"},
    {&execute_init, false, 0x0A, 0, "malformed", "not signed", "64 bytes"},
    {&execute_init, false, 0x04, 0, "not enough room", "34567", "smaller"},
    {&create_init, false, 0x04, 0, "too large", "init packet of 140 bytes", "fewer"},
    {&create_data, false, 0x08, 0, "no accepted init packet", "34567", "start the update again"},
    {&create_data, false, 0x03, 0, "size", "34567", "empty"},
    {&execute_data, false, 0x08, 0, "all bytes", "34567", "start the update again"},
    {&execute_data, true, 0x05, 0, "boot validation", "not signed", "key"},
    {&execute_data, true, 0x02, 0, "does not know", "0x02", "SDK 12"},
    {&execute_init, false, 0x0B, 0x77, "no reason", "0x77", "--trace"},
    {&execute_init, false, 0x66, 0, "no reason", "0x66", "--trace"},
};

static void every_refusal_says_why_with_which_value_and_what_to_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        struct refusal refusal = {.request = *row->request,
                                  .final = row->final,
                                  .result = row->result,
                                  .extended = row->extended};
        struct nordfu_error error;
        assert_int_equal(refusal_explain(&refusal, &image, &error), NORDFU_ERR_REFUSED);
        bool extended = row->result == 0x0B;
        assert_int_equal(error.speaker,
                         extended ? NORDFU_SPEAKER_DFU_EXTENDED : NORDFU_SPEAKER_DFU_RESULT);
        assert_int_equal(error.detail, extended ? row->extended : row->result);
        if (strstr(error.text, row->why) == NULL || strstr(error.text, row->value) == NULL ||
            strstr(error.text, row->advice) == NULL)
            fail_msg("row %zu: %s", i, error.text);
    }
}

static void absent_fields_are_called_absent(void **state)
{
    (void)state;
    static const struct nordfu_image bare = {.firmware_size = 8};
    struct refusal refusal = {.request = execute_init, .result = 0x0B, .extended = 0x07};
    struct nordfu_error error;
    refusal_explain(&refusal, &bare, &error);
    assert_non_null(strstr(error.text, "no firmware version, no SoftDevice requirement"));
}

static void the_longest_sentence_is_not_cut(void **state)
{
    (void)state;
    struct nordfu_image full = image;
    full.init.sd_req_count = NORDFU_MAX_SD_REQ;
    full.init.sd_req[15] = 0xFFFFFFFF;
    full.init.has_fw_version = false;
    struct refusal refusal = {.request = execute_init, .result = 0x0B, .extended = 0x07};
    struct nordfu_error error;
    refusal_explain(&refusal, &full, &error);
    assert_int_equal(error.text[strlen(error.text) - 1], '.');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_the_bytes_of_the_protocol),
        cmocka_unit_test(select_and_crc_answers_carry_their_numbers),
        cmocka_unit_test(refusals_are_answers),
        cmocka_unit_test(every_truncation_and_every_tail_is_malformed),
        cmocka_unit_test(what_answers_something_else_is_unrelated),
        cmocka_unit_test(names_exist_for_every_code),
        cmocka_unit_test(every_refusal_says_why_with_which_value_and_what_to_change),
        cmocka_unit_test(absent_fields_are_called_absent),
        cmocka_unit_test(the_longest_sentence_is_not_cut),
    };
    return cmocka_run_group_tests_name("op", tests, NULL, NULL);
}
