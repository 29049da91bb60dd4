/* SPDX-License-Identifier: MIT
 * A transfer with wishes, rehearsals, and what a device tells of itself. */
#include "test.h"

#include "secure_run.h"

/* A transfer whose session was given wishes. */
static void transfer_with(struct run *r, struct boot *b, uint16_t prn, bool no_resume)
{
    *r = (struct run){.rc = 0};
    r->sink = (struct sink){.event = keep_text, .context = r->retry};
    secure_session_init(&r->session, &r->sink);
    r->session.prn = prn;
    r->session.no_resume = no_resume;
    r->rc = secure_transfer(&r->session, &b->pipe, &image, &r->error);
}

static void without_resume_everything_is_sent_again(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    struct run r;
    boot_hold(b, 8192, 8192);
    transfer_with(&r, b, 0, true);
    assert_updated(&r, b);
    assert_int_equal(r.session.resumed, 0);
    assert_int_equal(r.session.bytes, IMAGE_SIZE);
    assert_non_null(strstr(b->log, "0101 "));
    test_free(b);
}

static void without_resume_a_lost_link_still_costs_only_what_was_not_confirmed(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    struct run r;
    boot_hold(b, 8192, 8192);
    b->link_lost_at = 20;
    transfer_with(&r, b, 0, true);
    assert_int_equal(r.rc, NORDFU_ERR_LINK);
    b->link_lost = false;
    b->log[0] = 0;
    r.rc = secure_transfer(&r.session, &b->pipe, &image, &r.error);
    assert_updated(&r, b);
    assert_null(strstr(b->log, "0101 "));
    assert_true(b->packets < 60 + 10);
    test_free(b);
}

static void receipts_are_taken_whatever_their_number(void **state)
{
    (void)state;
    static const uint16_t numbers[] = {1, 2, 3, 7, 8, 17, 100, 0xFFFF};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        static const size_t sizes[] = {20, 244};
        for (size_t j = 0; j < 2; j++) {
            struct boot *b = boot_new();
            struct run r;
            b->pipe.packet_size = sizes[j];
            transfer_with(&r, b, numbers[i], false);
            assert_updated(&r, b);
            assert_int_equal(r.session.retries, 0);
            assert_int_equal(b->head, b->tail);
            if (numbers[i] < 10)
                assert_true(b->receipts > 0);
            test_free(b);
        }
    }
}

static void receipts_are_taken_in_an_object_that_is_gone_on_with(void **state)
{
    (void)state;
    for (uint16_t prn = 1; prn < 12; prn++) {
        struct boot *b = boot_new();
        struct run r;
        boot_hold(b, 4096 + 2440, 4096);
        transfer_with(&r, b, prn, false);
        assert_updated(&r, b);
        assert_int_equal(r.session.resumed, 4096 + 2440);
        assert_int_equal(r.session.retries, 0);
        test_free(b);
    }
}

static void a_receipt_that_counts_less_ends_the_object_early(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    struct run r;
    b->drop_packet = 3;
    b->drop_count = 1;
    transfer_with(&r, b, 4, false);
    assert_updated(&r, b);
    assert_int_equal(r.session.retries, 1);
    assert_non_null(strstr(r.retry, "lost in the device"));
    /* 4 packets of the first try rather than all 17. */
    assert_in_range(b->packets, 4 + 3 * 17 + 5, 5 + 3 * 17 + 5);
    test_free(b);
}

static int rehearse(struct boot *b, struct secure_findings *findings, struct nordfu_error *error)
{
    struct secure_session session;
    secure_session_init(&session, NULL);
    return secure_preflight(&session, &b->pipe, &image, findings, error);
}

static void a_rehearsal_has_the_init_packet_checked_and_leaves(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    struct secure_findings findings;
    struct nordfu_error error;
    assert_int_equal(rehearse(b, &findings, &error), 0);
    assert_true(findings.checked);
    assert_false(findings.other);
    assert_int_equal(findings.offset, 0);
    assert_int_equal(b->packets, 0);
    assert_string_equal(b->log, "0601 0602 0200 0601 0101 03 04 0c ");
    test_free(b);
}

/* Whatever number another client has told the device before. */
static void a_rehearsal_and_its_device_agree_on_receipts(void **state)
{
    (void)state;
    static const uint16_t numbers[] = {0, 1, 3, 100};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct boot *b = boot_new();
        struct secure_session session;
        struct secure_findings findings;
        struct nordfu_error error;
        uint64_t began = b->now;
        secure_session_init(&session, NULL);
        session.prn = numbers[i];
        b->prn = 2;
        b->pipe.packet_size = 20;
        assert_int_equal(secure_preflight(&session, &b->pipe, &image, &findings, &error), 0);
        assert_true(findings.checked);
        assert_int_equal(session.retries, 0);
        assert_in_range(b->now - began, 0, 1000000);
        test_free(b);
    }
}

/* The device does not accept again an init packet that it had accepted. */
static void a_rehearsal_never_starts_over_what_the_device_holds(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    struct secure_findings findings;
    struct nordfu_error error;
    boot_hold(b, 8192 + 488, 8192);
    b->refuses_init = "\x60\x04\x0B\x0C";
    assert_int_equal(rehearse(b, &findings, &error), 0);
    assert_true(findings.other);
    assert_false(findings.checked);
    assert_null(strstr(b->log, "0101 "));
    assert_null(strstr(b->log, "0c "));
    assert_int_equal(b->got, 8192 + 488);
    test_free(b);
}

static void a_rehearsal_does_not_lose_a_part_of_this_update(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    struct secure_findings findings;
    struct nordfu_error error;
    boot_hold(b, 8192 + 488, 8192);
    assert_int_equal(rehearse(b, &findings, &error), 0);
    assert_true(findings.checked);
    assert_int_equal(findings.offset, 8192 + 488);
    assert_null(strstr(b->log, "0c "));
    assert_int_equal(b->got, 8192 + 488);
    test_free(b);
}

static void a_rehearsal_does_not_touch_another_update(void **state)
{
    (void)state;
    for (int what = 0; what < 2; what++) {
        struct boot *b = boot_new();
        struct secure_findings findings;
        struct nordfu_error error;
        boot_hold(b, 8192, 8192);
        if (what == 0)
            b->init[5] ^= 1;
        else
            b->data[5] ^= 1;
        assert_int_equal(rehearse(b, &findings, &error), 0);
        assert_true(findings.other);
        assert_false(findings.checked);
        assert_int_equal(findings.offset, 0);
        assert_string_equal(b->log, "0601 0602 ");
        test_free(b);
    }
}

static void the_verdict_of_a_rehearsal_is_the_error(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    struct secure_findings findings;
    struct nordfu_error error;
    b->fault = (struct fault){4, 1, 1, {{0x60, 4, 0x0B, 0x06}, 4}};
    assert_int_equal(rehearse(b, &findings, &error), NORDFU_ERR_REFUSED);
    assert_false(findings.checked);
    assert_int_equal(error.detail, 6);
    assert_non_null(strstr(error.text, "other hardware"));
    assert_string_equal(b->log + strlen(b->log) - 3, "0c ");
    test_free(b);
}

/* Answers firmware version requests: 60 0B 01, type, version, address, length. */
static void device_with_application(struct boot *b, uint32_t version)
{
    struct fault fault = {0x0B, 1, 1, {{0x60, 0x0B, 1, 1}, 16}};
    put32(fault.answer.bytes + 4, version);
    put32(fault.answer.bytes + 8, 0x27000);
    put32(fault.answer.bytes + 12, 98032);
    b->fault = fault;
}

static void a_refusal_quotes_the_versions_that_the_device_tells(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    struct run r;
    b->refuses_init = "\x60\x04\x0B\x05";
    device_with_application(b, 71);
    transfer(&r, b);
    assert_int_equal(r.rc, NORDFU_ERR_REFUSED);
    if (strstr(r.error.text, "the package: firmware version 3") == NULL ||
        strstr(r.error.text, "the device: application version 71 (98032 bytes)") == NULL)
        fail_msg("%s", r.error.text);
    test_free(b);
}

static void a_device_that_tells_nothing_of_itself_is_not_quoted(void **state)
{
    (void)state;
    static const struct answer answers[] = {{{0x60, 0x0B, 1}, 3}, {{0x60, 0x0B, 2}, 3}, {{0}, 0}};
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct boot *b = boot_new();
        struct run r;
        b->refuses_init = "\x60\x04\x0B\x05";
        b->fault = (struct fault){0x0B, 1, 1, answers[i]};
        transfer(&r, b);
        assert_int_equal(r.rc, NORDFU_ERR_REFUSED);
        assert_int_equal(r.error.detail, 5);
        assert_null(strstr(r.error.text, "the device: "));
        assert_int_equal(b->seen[0x0B], 1);
        test_free(b);
    }
}

static void add_line(void *context, uint64_t time, const char *line)
{
    size_t used = strlen(context);
    (void)time;
    snprintf((char *)context + used, 8192 - used, "%s\n", line);
}

static void a_trace_tells_requests_answers_packets_and_retries(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    struct secure_session session;
    struct nordfu_error error;
    char *text = test_calloc(1, 8192);
    struct nordfu_log log = {.trace = add_line, .trace_context = text};
    struct sink sink = {.log = &log};
    boot_hold(b, 12288, 12288);
    b->corrupt_packet = b->corrupt_count = 1;
    secure_session_init(&session, &sink);
    assert_int_equal(secure_transfer(&session, &b->pipe, &image, &error), 0);
    static const char *const lines[] = {
        "dfu > Set PRN 0\ndfu < Set PRN: success\n",
        "dfu > Select command\ndfu < Select: success, at most 512 bytes, offset 141, CRC ",
        "dfu > Execute\ndfu < Execute: success\n",
        "dfu > Create data, 1000 bytes\ndfu < Create: success\n",
        "dfu > packet, bytes 12288 to 12532\ndfu > packet, bytes 12532 to 12776\n",
        "dfu > CRC\ndfu < CRC: success, offset 13288, CRC ",
        "update retry: Bytes of the firmware were changed on their way",
    };
    const char *at = text;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        at = strstr(at, lines[i]);
        if (at == NULL)
            fail_msg("'%s' is missing in %s", lines[i], text);
    }
    test_free(text);
    test_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_resume_everything_is_sent_again),
        cmocka_unit_test(without_resume_a_lost_link_still_costs_only_what_was_not_confirmed),
        cmocka_unit_test(receipts_are_taken_whatever_their_number),
        cmocka_unit_test(receipts_are_taken_in_an_object_that_is_gone_on_with),
        cmocka_unit_test(a_receipt_that_counts_less_ends_the_object_early),
        cmocka_unit_test(a_rehearsal_has_the_init_packet_checked_and_leaves),
        cmocka_unit_test(a_rehearsal_and_its_device_agree_on_receipts),
        cmocka_unit_test(a_rehearsal_never_starts_over_what_the_device_holds),
        cmocka_unit_test(a_rehearsal_does_not_lose_a_part_of_this_update),
        cmocka_unit_test(a_rehearsal_does_not_touch_another_update),
        cmocka_unit_test(the_verdict_of_a_rehearsal_is_the_error),
        cmocka_unit_test(a_refusal_quotes_the_versions_that_the_device_tells),
        cmocka_unit_test(a_trace_tells_requests_answers_packets_and_retries),
        cmocka_unit_test(a_device_that_tells_nothing_of_itself_is_not_quoted),
    };
    return cmocka_run_group_tests(tests, tiny_boot_fill, NULL);
}
