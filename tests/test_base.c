/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <limits.h>

#include <poll.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "base/plain.h"
#include "base/slip.h"
#include "nordfu/cancel.h"
#include "nordfu/error.h"
#include "nordfu/log.h"

static void crc_check_values_are_the_published_ones(void **state)
{
    (void)state;
    assert_int_equal(crc16(CRC16_START, "123456789", 9), 0x29B1);
    assert_int_equal(crc32(0, "123456789", 9), 0xCBF43926);
}

static void crc_continues_over_pieces(void **state)
{
    (void)state;
    assert_int_equal(crc32(crc32(0, "1234", 4), "56789", 5), 0xCBF43926);
    assert_int_equal(crc16(crc16(CRC16_START, "1234", 4), "56789", 5), 0x29B1);
}

static void reader_past_the_end_fails_and_stays_failed(void **state)
{
    (void)state;
    struct bytes_reader r;
    bytes_reader_init(&r, "\x01\x02\x03", 3);
    assert_int_equal(bytes_get_u16(&r), 0x0201);
    assert_int_equal(bytes_get_u16(&r), 0);
    assert_true(r.failed);
    assert_int_equal(bytes_get_u8(&r), 0);
    assert_false(bytes_reader_done(&r));
}

static void writer_past_the_end_writes_nothing(void **state)
{
    (void)state;
    uint8_t room[4] = {0, 0, 0, 0x77};
    struct bytes_writer w;
    bytes_writer_init(&w, room, 3);
    bytes_put_u16(&w, 0x1234);
    bytes_put_u16(&w, 0x5678);
    assert_true(w.failed);
    assert_memory_equal(room, "\x34\x12\0\x77", 4);
}

static void buf_keeps_what_was_appended(void **state)
{
    (void)state;
    struct buf b = {0};
    for (int i = 0; i < 1000; i++)
        assert_true(buf_append(&b, "abc", 3));
    buf_consume(&b, 2998);
    assert_int_equal(b.size, 2);
    assert_memory_equal(b.data, "bc", 2);
    buf_consume(&b, 5);
    assert_int_equal(b.size, 0);
    buf_free(&b);
    assert_null(b.data);
}

static size_t slip_frames(const char *stream, size_t size, size_t capacity, uint8_t *last,
                          size_t *last_size)
{
    uint8_t room[64];
    struct slip_decoder d;
    slip_decoder_init(&d, room, capacity);
    size_t frames = 0;
    for (size_t i = 0; i < size; i++) {
        if (!slip_decoder_feed(&d, (uint8_t)stream[i]))
            continue;
        frames++;
        *last_size = d.size;
        memcpy(last, d.frame, d.size);
    }
    return frames;
}

static void slip_round_trip_keeps_every_byte_value(void **state)
{
    (void)state;
    uint8_t data[256], wire[SLIP_ENCODED_MAX(256)], room[256];
    for (int i = 0; i < 256; i++)
        data[i] = (uint8_t)i;
    size_t n = slip_escape(wire, data, 256);
    assert_int_equal(n, 258);
    struct slip_decoder d;
    slip_decoder_init(&d, room, sizeof(room));
    for (size_t i = 0; i < n; i++)
        assert_false(slip_decoder_feed(&d, wire[i]));
    assert_true(slip_decoder_feed(&d, SLIP_END));
    assert_int_equal(d.size, 256);
    assert_memory_equal(d.frame, data, 256);
}

static void slip_drops_bad_escapes_and_long_frames_whole(void **state)
{
    (void)state;
    uint8_t last[64];
    size_t size = 0;
    assert_int_equal(slip_frames("\xC0"
                                 "ab\xDBx\xC0",
                                 6, 64, last, &size),
                     0);
    assert_int_equal(slip_frames("\xC0"
                                 "ab\xDB\xC0",
                                 5, 64, last, &size),
                     0);
    assert_int_equal(slip_frames("\xC0"
                                 "abcde\xC0"
                                 "xy\xC0",
                                 10, 4, last, &size),
                     1);
    assert_int_equal(size, 2);
    assert_memory_equal(last, "xy", 2);
}

static void error_text_may_wrap_itself(void **state)
{
    (void)state;
    struct nordfu_error error;
    nordfu_error_from(&error, NORDFU_ERR_PORT, NORDFU_SPEAKER_SYSTEM, 13, "inner");
    assert_int_equal(nordfu_error_set(&error, NORDFU_ERR_DONGLE, "outer (%s)", error.text),
                     NORDFU_ERR_DONGLE);
    assert_string_equal(error.text, "outer (inner)");
    assert_int_equal(error.speaker, NORDFU_SPEAKER_NONE);
    assert_int_equal(nordfu_error_set(NULL, NORDFU_ERR_PORT, "nobody listens"), NORDFU_ERR_PORT);
    assert_string_equal(nordfu_class_name(NORDFU_ERR_CANCELLED), "cancelled");
    assert_string_equal(nordfu_class_name(-99), "unknown");
    assert_string_equal(nordfu_class_name(INT_MIN), "unknown");
    assert_string_equal(nordfu_class_name(1), "unknown");
}

static void plain_text_keeps_letters_and_nothing_that_steers(void **state)
{
    (void)state;
    char text[] = "a\nb\x1B[2J\x7F \xC3\xA4 \xC2\x9B \xC2\xA0 \xC2";
    plain_text(text);
    assert_string_equal(text, "a?b?[2J? \xC3\xA4 ?? \xC2\xA0 \xC2");
}

static void cancel_wakes_a_poll_for_good(void **state)
{
    (void)state;
    struct nordfu_cancel *cancel;
    assert_int_equal(nordfu_cancel_new(&cancel, NULL), 0);
    struct pollfd fd = {.fd = nordfu_cancel_fd(cancel), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 0), 0);
    assert_false(nordfu_cancel_is_set(cancel));
    nordfu_cancel_set(cancel);
    nordfu_cancel_set(cancel);
    assert_true(nordfu_cancel_is_set(cancel));
    assert_int_equal(poll(&fd, 1, 0), 1);
    nordfu_cancel_free(&cancel);
    assert_null(cancel);
    nordfu_cancel_set(NULL);
    assert_false(nordfu_cancel_is_set(NULL));
}

static void keep_line(void *context, enum nordfu_log_level level, const char *line)
{
    (void)level;
    strncpy(context, line, 31);
}

static void log_formats_only_enabled_levels(void **state)
{
    (void)state;
    char line[32] = "";
    struct nordfu_log log = {.level = NORDFU_LOG_INFO, .write = keep_line, .context = line};
    nordfu_log(&log, NORDFU_LOG_DEBUG, "no");
    assert_string_equal(line, "");
    nordfu_log(&log, NORDFU_LOG_INFO, "yes %d", 1);
    assert_string_equal(line, "yes 1");
    log.level = NORDFU_LOG_TRANSPORT;
    nordfu_log_bytes(&log, "->", "\x01\xAB", 2);
    assert_string_equal(line, "-> 01ab");
    nordfu_log(NULL, NORDFU_LOG_ERROR, "nobody");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_check_values_are_the_published_ones),
        cmocka_unit_test(crc_continues_over_pieces),
        cmocka_unit_test(reader_past_the_end_fails_and_stays_failed),
        cmocka_unit_test(writer_past_the_end_writes_nothing),
        cmocka_unit_test(buf_keeps_what_was_appended),
        cmocka_unit_test(slip_round_trip_keeps_every_byte_value),
        cmocka_unit_test(slip_drops_bad_escapes_and_long_frames_whole),
        cmocka_unit_test(error_text_may_wrap_itself),
        cmocka_unit_test(plain_text_keeps_letters_and_nothing_that_steers),
        cmocka_unit_test(cancel_wakes_a_poll_for_good),
        cmocka_unit_test(log_formats_only_enabled_levels),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
