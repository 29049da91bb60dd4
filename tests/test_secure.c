/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "secure_run.h"

#define DATA_OBJECT "0102 03 04 "

static void a_fresh_transfer_takes_these_steps(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    struct run r;
    transfer(&r, b);
    assert_updated(&r, b);
    assert_string_equal(
        b->log, "0200 0601 0101 03 04 0602 " DATA_OBJECT DATA_OBJECT DATA_OBJECT DATA_OBJECT);
    assert_int_equal(r.session.bytes, IMAGE_SIZE);
    assert_int_equal(r.session.resumed, 0);
    assert_int_equal(r.session.retries, 0);
    assert_true(r.session.ended > r.session.began && r.session.began > 0);
    test_free(b);
}

static void packets_are_never_longer_than_the_pipe_takes(void **state)
{
    (void)state;
    static const size_t sizes[] = {20, 60, 180, 240, 244};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct boot *b = boot_new();
        b->pipe.packet_size = sizes[i]; /* boot_data checks */
        struct run r;
        transfer(&r, b);
        assert_updated(&r, b);
        test_free(b);
    }
}

/* What the device holds at the beginning, and what must come of it. */
static const struct resume_row {
    const char *name;
    uint32_t got, executed;
    bool rounds, denies_repeat;
    uint32_t resumed;
    bool crc_rounds;
    const char *log; /* behind the init packet */
} resume_rows[] = {
    {"nothing", 0, 0, false, false, 0, false, "0602 0102 03 04 0102 03 04 0102 03 04 0102 03 04 "},
    {"mid-object, exact", 4096 + 2440, 4096, false, true, 4096 + 2440, false,
     "0602 03 04 0102 03 04 0102 03 04 "},
    {"mid-object, rounding", 4096 + 2440, 4096, true, true, 4096, false,
     "0602 04 0602 0102 03 04 0102 03 04 0102 03 04 "},
    {"mid first object, rounding", 2440, 0, true, true, 0, false,
     "0602 0102 03 04 0102 03 04 0102 03 04 0102 03 04 "},
    {"half a word", 4096 + 2442, 4096, false, true, 4096, false,
     "0602 0102 03 04 0102 03 04 0102 03 04 "},
    {"border, executed, repeat allowed", 8192, 8192, false, false, 8192, false,
     "0602 04 0602 0102 03 04 0102 03 04 "},
    {"border, executed, repeat denied", 8192, 8192, false, true, 8192, false,
     "0602 04 0602 0102 03 04 0102 03 04 "},
    {"border, not executed, exact", 8192, 4096, false, true, 8192, false,
     "0602 04 0602 0102 03 04 0102 03 04 "},
    {"border, not executed, rounding", 8192, 4096, true, true, 8192, false,
     "0602 04 0602 0102 03 04 0102 03 04 "},
    {"first object complete, rounding", 4096, 0, true, true, 0, false,
     "0602 0102 03 04 0102 03 04 0102 03 04 0102 03 04 "},
    {"complete but not executed, exact", IMAGE_SIZE, 12288, false, true, IMAGE_SIZE, false,
     "0602 03 04 "},
    {"complete but not executed, rounding", IMAGE_SIZE, 12288, true, true, IMAGE_SIZE, false,
     "0602 03 03 04 "},
    {"complete but not executed, CRC rounding as well", IMAGE_SIZE, 12288, true, true, IMAGE_SIZE,
     true, "0602 03 04 0602 "},
    {"mid last object, rounding", 12288 + 500, 12288, true, true, 12288, false,
     "0602 03 04 0602 0102 03 04 "},
    {"mid last object, exact", 12288 + 500, 12288, false, true, 12288 + 500, false, "0602 03 04 "},
    {"last border, executed", 12288, 12288, true, false, 12288, false,
     "0602 03 04 0602 0102 03 04 "},
};

static void every_kind_of_resume_ends_well(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(resume_rows) / sizeof(resume_rows[0]); i++) {
        const struct resume_row *row = &resume_rows[i];
        struct boot *b = boot_new();
        boot_hold(b, row->got, row->executed);
        b->rounds = row->rounds;
        b->denies_repeat = row->denies_repeat;
        b->crc_rounds = row->crc_rounds;
        struct run r;
        transfer(&r, b);
        char expected[256];
        snprintf(expected, sizeof(expected), "0200 0601 04 %s", row->log);
        if (r.rc != 0 || strcmp(b->log, expected) != 0 || r.session.resumed != row->resumed)
            fail_msg("%s: rc %d %s, resumed %u, %s", row->name, r.rc, r.error.text,
                     r.session.resumed, b->log);
        assert_updated(&r, b);
        assert_int_equal(r.session.resumed + r.session.bytes, IMAGE_SIZE);
        test_free(b);
    }
}

static void another_crc_in_the_object_creates_it_again(void **state)
{
    (void)state;
    static const uint32_t got[] = {4096 + 2440, 8192, 4096 + 4, 4097};
    for (size_t i = 0; i < sizeof(got) / sizeof(got[0]); i++) {
        struct boot *b = boot_new();
        boot_hold(b, got[i], 4096);
        b->data[4096] ^= 1;
        struct run r;
        transfer(&r, b);
        assert_updated(&r, b);
        assert_string_equal(b->log, "0200 0601 04 0602 " DATA_OBJECT DATA_OBJECT DATA_OBJECT);
        assert_int_equal(r.session.resumed, 4096);
        test_free(b);
    }
}

static void another_crc_in_executed_objects_starts_over(void **state)
{
    (void)state;
    static const uint32_t got[] = {4096 + 2440, 8192, 4096, IMAGE_SIZE};
    for (size_t i = 0; i < sizeof(got) / sizeof(got[0]); i++) {
        struct boot *b = boot_new();
        boot_hold(b, got[i], got[i] / MAX_OBJECT * MAX_OBJECT);
        b->data[7] ^= 1;
        struct run r;
        transfer(&r, b);
        assert_updated(&r, b);
        assert_int_equal(r.session.resumed, 0);
        assert_non_null(strstr(r.retry, "starts over"));
        test_free(b);
    }
}

static void more_than_the_image_starts_over(void **state)
{
    (void)state;
    static const uint32_t held[] = {IMAGE_SIZE + 500, 2 * IMAGE_SIZE};
    for (size_t i = 0; i < 2; i++) {
        struct boot *b = boot_new();
        boot_hold(b, IMAGE_SIZE, 12288);
        b->got = b->executed = held[i];
        struct run r;
        transfer(&r, b);
        assert_updated(&r, b);
        test_free(b);
    }
}

static void another_init_packet_is_replaced(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    boot_hold(b, 8192, 8192);
    b->init[5] ^= 1;
    struct run r;
    transfer(&r, b);
    assert_updated(&r, b);
    assert_int_equal(r.session.resumed, 0);
    assert_memory_equal(b->log, "0200 0601 0101 ", 15);
    test_free(b);
}

static void half_an_init_packet_is_completed(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    boot_hold(b, 0, 0);
    b->init_got = 60;
    b->accepted = false;
    b->pipe.packet_size = 20;
    struct run r;
    transfer(&r, b);
    assert_updated(&r, b);
    assert_memory_equal(b->init, init_bytes, INIT_SIZE);
    assert_memory_equal(b->log, "0200 0601 03 04 ", 16);
    test_free(b);
}

static void an_init_packet_that_may_not_be_executed_again_was_accepted(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    boot_hold(b, 4096, 4096);
    b->denies_init_repeat = true;
    struct run r;
    transfer(&r, b);
    assert_updated(&r, b);
    assert_int_equal(r.session.resumed, 4096);
    test_free(b);
}

static void an_init_packet_that_was_not_accepted_after_all_is_sent_again(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    boot_hold(b, 0, 0);
    b->accepted = false;
    b->fault = (struct fault){4, 1, 1, {{0x60, 4, 8}, 3}};
    struct run r;
    transfer(&r, b);
    assert_updated(&r, b);
    test_free(b);
}

static void lost_packets_are_sent_again_slower(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    b->drop_packet = 20; /* the third of the second object */
    b->drop_count = 1;
    struct run r;
    transfer(&r, b);
    assert_updated(&r, b);
    assert_int_equal(r.session.retries, 1);
    assert_int_equal(r.session.pacing.losses, 1);
    assert_non_null(strstr(r.retry, "lost in the device: it counts 7948 of 8192 bytes"));
    assert_string_equal(b->log, "0200 0601 0101 03 04 0602 " DATA_OBJECT
                                "0102 03 " DATA_OBJECT DATA_OBJECT DATA_OBJECT);
    test_free(b);
}

static void packets_that_are_always_lost_end_after_five_tries(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    b->drop_packet = 17;
    b->drop_count = 100000;
    struct run r;
    transfer(&r, b);
    assert_int_equal(r.rc, NORDFU_ERR_TRANSFER);
    assert_non_null(strstr(r.error.text, "were lost in the device: it counts 0 of 4096"));
    assert_non_null(strstr(r.error.text, "in each of 5 tries"));
    assert_int_equal(b->seen[1], 1 + 5);
    test_free(b);
}

static void changed_bytes_are_told_from_lost_ones(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    b->corrupt_packet = 3;
    b->corrupt_count = 1;
    struct run r;
    transfer(&r, b);
    assert_updated(&r, b);
    assert_non_null(strstr(r.retry, "changed on their way"));
    assert_int_equal(r.session.pacing.losses, 0);
    b->corrupt_packet = b->packets + 1;
    b->corrupt_count = 100000;
    b->init_got = b->got = b->executed = 0;
    transfer(&r, b);
    assert_int_equal(r.rc, NORDFU_ERR_TRANSFER);
    assert_non_null(strstr(r.error.text, "changed on their way: all 4096 arrived"));
    test_free(b);
}

static void a_stock_flash_queue_loses_nothing_at_full_speed(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    b->slow_flash = true;
    struct run r;
    transfer(&r, b);
    assert_updated(&r, b);
    assert_int_equal(r.session.retries, 0);
    test_free(b);
}

static void a_slower_flash_costs_one_retry_in_the_whole_session(void **state)
{
    (void)state;
    static const size_t sizes[] = {20, 244};
    for (size_t i = 0; i < 2; i++) {
        struct boot *b = boot_new();
        b->slow_flash = true;
        b->erase_us = 190000;
        b->pipe.packet_size = sizes[i];
        struct run r;
        transfer(&r, b);
        assert_updated(&r, b);
        assert_int_equal(r.session.retries, 1);
        test_free(b);
    }
}

static void a_lost_link_is_resumed_with_a_new_pipe(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    b->link_lost_at = 30;
    struct run r;
    transfer(&r, b);
    assert_int_equal(r.rc, NORDFU_ERR_LINK);
    assert_int_equal(r.session.bytes, 4096);
    assert_false(r.session.unanswered);
    b->link_lost = false;
    b->head = b->tail;
    r.rc = secure_transfer(&r.session, &b->pipe, &image, &r.error);
    assert_updated(&r, b);
    assert_int_equal(r.session.bytes, IMAGE_SIZE);
    assert_int_equal(r.session.resumed, 0);
    test_free(b);
}

/* Each answer to each step that is no success: the class, whose number, and a piece of the
 * sentence. */
static const struct refusal_row {
    uint8_t op;
    int nth;
    struct answer answer;
    int rc;
    enum nordfu_speaker speaker;
    uint32_t detail;
    const char *text;
} refusal_rows[] = {
    {4,
     1,
     {{0x60, 4, 0x0B, 5}, 4},
     NORDFU_ERR_REFUSED,
     NORDFU_SPEAKER_DFU_EXTENDED,
     5,
     "firmware version 3"},
    {4, 1, {{0x60, 4, 0x0B, 7}, 4}, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_DFU_EXTENDED, 7, "--sd-req"},
    {4,
     1,
     {{0x60, 4, 0x05}, 3},
     NORDFU_ERR_REFUSED,
     NORDFU_SPEAKER_DFU_RESULT,
     5,
     "key in the bootloader"},
    {4, 1, {{0x60, 4, 0x08}, 3}, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_DFU_RESULT, 8, "init packet"},
    {4,
     2,
     {{0x60, 4, 0x08}, 3},
     NORDFU_ERR_REFUSED,
     NORDFU_SPEAKER_DFU_RESULT,
     8,
     "a piece of the firmware"},
    {4,
     5,
     {{0x60, 4, 0x0B, 0x0C}, 4},
     NORDFU_ERR_REFUSED,
     NORDFU_SPEAKER_DFU_EXTENDED,
     12,
     "complete firmware"},
    {4,
     5,
     {{0x60, 4, 0x05}, 3},
     NORDFU_ERR_REFUSED,
     NORDFU_SPEAKER_DFU_RESULT,
     5,
     "boot validation"},
    {1, 1, {{0x60, 1, 0x04}, 3}, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_DFU_RESULT, 4, "141 bytes"},
    {1,
     2,
     {{0x60, 1, 0x08}, 3},
     NORDFU_ERR_REFUSED,
     NORDFU_SPEAKER_DFU_RESULT,
     8,
     "no accepted init packet"},
    {1, 2, {{0x60, 1, 0x04}, 3}, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_DFU_RESULT, 4, "room"},
    {2, 1, {{0x60, 2, 0x02}, 3}, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_DFU_RESULT, 2, "Set PRN"},
    {3, 1, {{0x60, 3, 0x0A}, 3}, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_DFU_RESULT, 10, "CRC answered"},
    {6,
     1,
     {{0x60, 6, 0x07}, 3},
     NORDFU_ERR_REFUSED,
     NORDFU_SPEAKER_DFU_RESULT,
     7,
     "Select answered"},
    /* Cut, too long, nonsense. */
    {6,
     1,
     {{0x60, 6, 1, 0, 2, 0, 0}, 7},
     NORDFU_ERR_TRANSFER,
     NORDFU_SPEAKER_NONE,
     0,
     "malformed (7 bytes)"},
    {6, 2, {{0x60, 6, 1}, 3}, NORDFU_ERR_TRANSFER, NORDFU_SPEAKER_NONE, 0, "Select is malformed"},
    {6, 2, {{0x60, 6, 1, 0}, 15}, NORDFU_ERR_TRANSFER, NORDFU_SPEAKER_NONE, 0, "at most 0 bytes"},
    {6, 1, {{0x60, 6, 1, 100}, 15}, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_NONE, 0, "at most 100"},
    {3, 1, {{0x60, 3, 1, 0}, 12}, NORDFU_ERR_TRANSFER, NORDFU_SPEAKER_NONE, 0, "malformed"},
    {4, 1, {{0x60, 4}, 2}, NORDFU_ERR_TRANSFER, NORDFU_SPEAKER_NONE, 0, "malformed"},
    {4, 1, {{0x60, 4, 0x0B}, 3}, NORDFU_ERR_TRANSFER, NORDFU_SPEAKER_NONE, 0, "malformed"},
    {1, 1, {{0x60}, 1}, NORDFU_ERR_TRANSFER, NORDFU_SPEAKER_NONE, 0, "malformed"},
    /* Silence, or an answer to another request and then silence. */
    {2, 1, {{0}, 0}, NORDFU_ERR_TIMEOUT, NORDFU_SPEAKER_NONE, 0, "Set PRN within 5 s"},
    {6, 1, {{0}, 0}, NORDFU_ERR_TIMEOUT, NORDFU_SPEAKER_NONE, 0, "Select within 5 s"},
    {1, 2, {{0x60, 3, 1}, 3}, NORDFU_ERR_TIMEOUT, NORDFU_SPEAKER_NONE, 0, "Create within 5 s"},
    {3, 2, {{0}, 0}, NORDFU_ERR_TIMEOUT, NORDFU_SPEAKER_NONE, 0, "CRC within 5 s"},
    {4, 5, {{0}, 0}, NORDFU_ERR_TIMEOUT, NORDFU_SPEAKER_NONE, 0, "Execute within 30 s"},
};

static void every_bad_answer_is_an_error_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusal_rows) / sizeof(refusal_rows[0]); i++) {
        const struct refusal_row *row = &refusal_rows[i];
        struct boot *b = boot_new();
        b->fault = (struct fault){row->op, row->nth, 100, row->answer};
        struct run r;
        uint64_t before = b->now;
        transfer(&r, b);
        if (r.rc != row->rc || r.error.code != row->rc || r.error.speaker != row->speaker ||
            r.error.detail != row->detail || strstr(r.error.text, row->text) == NULL)
            fail_msg("row %zu: rc %d speaker %d detail %u: %s", i, r.rc, r.error.speaker,
                     r.error.detail, r.error.text);
        assert_true(b->now - before < 60 * UINT64_C(1000000));
        test_free(b);
    }
}

static void messages_that_answer_nothing_are_skipped_within_bounds(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    b->chatter = 5;
    struct run r;
    transfer(&r, b);
    assert_updated(&r, b);
    test_free(b);
    b = boot_new();
    b->chatter = -1;
    transfer(&r, b);
    assert_int_equal(r.rc, NORDFU_ERR_TRANSFER);
    assert_non_null(strstr(r.error.text, "none answers"));
    test_free(b);
}

static void an_empty_image_is_refused_before_anything_is_sent(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    struct nordfu_image empty = image;
    empty.firmware_size = 0;
    struct secure_session session;
    secure_session_init(&session, NULL);
    assert_int_equal(secure_transfer(&session, &b->pipe, &empty, NULL), NORDFU_ERR_PACKAGE);
    assert_string_equal(b->log, "");
    test_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fresh_transfer_takes_these_steps),
        cmocka_unit_test(packets_are_never_longer_than_the_pipe_takes),
        cmocka_unit_test(every_kind_of_resume_ends_well),
        cmocka_unit_test(another_crc_in_the_object_creates_it_again),
        cmocka_unit_test(another_crc_in_executed_objects_starts_over),
        cmocka_unit_test(more_than_the_image_starts_over),
        cmocka_unit_test(another_init_packet_is_replaced),
        cmocka_unit_test(half_an_init_packet_is_completed),
        cmocka_unit_test(an_init_packet_that_may_not_be_executed_again_was_accepted),
        cmocka_unit_test(an_init_packet_that_was_not_accepted_after_all_is_sent_again),
        cmocka_unit_test(lost_packets_are_sent_again_slower),
        cmocka_unit_test(packets_that_are_always_lost_end_after_five_tries),
        cmocka_unit_test(changed_bytes_are_told_from_lost_ones),
        cmocka_unit_test(a_stock_flash_queue_loses_nothing_at_full_speed),
        cmocka_unit_test(a_slower_flash_costs_one_retry_in_the_whole_session),
        cmocka_unit_test(a_lost_link_is_resumed_with_a_new_pipe),
        cmocka_unit_test(every_bad_answer_is_an_error_with_a_reason),
        cmocka_unit_test(messages_that_answer_nothing_are_skipped_within_bounds),
        cmocka_unit_test(an_empty_image_is_refused_before_anything_is_sent),
    };
    return cmocka_run_group_tests_name("secure", tests, tiny_boot_fill, NULL);
}
