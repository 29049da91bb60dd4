/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dongle/dongle.h"
#include "fake_dongle.h"

#define SCAN_STOP    "00 8b"
#define STOPPED      "01 8b 00000000"
#define CONFIRM      "00 9d 0000 0d00"
#define DISCONNECTED "02 1100 0000 16"
#define ADV_REPORT   "02 1d00 ffff 02718293a4b5c6 00000000000000 c9 00 0301 020106"

struct setup {
    struct fake_dongle fake;
    struct dongle *dongle;
    struct nordfu_cancel *cancel;
    struct nordfu_error error;
};

/* One dongle per test; its memory outlives the test's asserts. */
static int set_up(void **state)
{
    struct setup *s = calloc(1, sizeof(*s));
    fake_init(&s->fake);
    nordfu_cancel_new(&s->cancel, NULL);
    s->fake.port.cancel = s->cancel;
    struct nordfu_port *port = &s->fake.port;
    *state = s;
    return dongle_open(&s->dongle, &port, NULL, &s->error);
}

static int tear_down(void **state)
{
    struct setup *s = *state;
    dongle_close(&s->dongle);
    nordfu_cancel_free(&s->cancel);
    bool closed = s->fake.closed;
    free(s);
    return closed ? 0 : -1;
}

static void start(struct setup *s)
{
    dongle_set_dialect(s->dongle, rpc_dialect_find(5));
    assert_int_equal(dongle_start(s->dongle, &s->error), 0);
}

static uint64_t in(const struct setup *s, uint64_t ms)
{
    return s->fake.now + ms * NORDFU_MS;
}

static int scan_stop(struct setup *s, uint32_t *status)
{
    return dongle_call(s->dongle, RPC_GAP_SCAN_STOP, NULL, status, NULL, in(s, 100), &s->error);
}

static void start_takes_one_reset_and_little_time(void **state)
{
    struct setup *s = *state;
    uint64_t before = s->fake.now;
    start(s);
    assert_int_equal(s->fake.resets, 1);
    assert_true(dongle_usable(s->dongle));
    assert_in_range(s->fake.now - before, 300 * NORDFU_MS, 400 * NORDFU_MS);
}

static void silent_port_is_a_dongle_error_within_seconds(void **state)
{
    struct setup *s = *state;
    uint64_t before = s->fake.now;
    s->fake.slip.capacity = 0; /* hears nothing */
    assert_int_equal(dongle_start(s->dongle, &s->error), NORDFU_ERR_DONGLE);
    assert_true(s->fake.now - before <= 4 * NORDFU_SECOND);
    assert_non_null(strstr(s->error.text, "Nothing answers on /dev/fake"));
}

static void other_program_on_the_port_is_told_apart_from_silence(void **state)
{
    struct setup *s = *state;
    s->fake.noise = "login: \r\n";
    assert_int_equal(dongle_start(s->dongle, &s->error), NORDFU_ERR_DONGLE);
    assert_non_null(strstr(s->error.text, "no connectivity firmware"));
    assert_null(strstr(s->error.text, "Nothing answers"));
}

static void call_returns_the_status(void **state)
{
    struct setup *s = *state;
    const struct step steps[] = {CALL(SCAN_STOP), REFUSE(SCAN_STOP, 8)};
    uint32_t status = 1;
    FAKE_ADD(&s->fake, steps);
    start(s);
    assert_int_equal(scan_stop(s, &status), 0);
    assert_int_equal(status, 0);
    assert_int_equal(scan_stop(s, &status), 0);
    assert_int_equal(status, 8);
    fake_assert_done(&s->fake);
}

static void every_packet_of_the_dongle_is_acknowledged(void **state)
{
    struct setup *s = *state;
    const struct step steps[] = {CALL(SCAN_STOP), SEND(DISCONNECTED), SEND("02 ff7f 0000"),
                                 SEND("02 11")};
    uint32_t status;
    FAKE_ADD(&s->fake, steps);
    start(s);
    assert_int_equal(scan_stop(s, &status), 0);
    uint64_t until = in(s, 10);
    while (s->fake.now < until)
        assert_int_equal(dongle_turn(s->dongle, until, &s->error), 0);
    assert_int_equal(s->fake.acks_of_host, 4);
    fake_assert_done(&s->fake);
}

static void events_during_a_call_are_kept_in_order(void **state)
{
    struct setup *s = *state;
    const struct step steps[] = {EXPECT(SCAN_STOP), SEND("02 1100 0100 08"), SEND(DISCONNECTED),
                                 SEND(STOPPED)};
    struct dongle_event event;
    uint32_t status = 1;
    FAKE_ADD(&s->fake, steps);
    start(s);
    assert_int_equal(scan_stop(s, &status), 0);
    assert_int_equal(status, 0);
    assert_int_equal(dongle_next_event(s->dongle, &event, s->fake.now, &s->error), 0);
    assert_int_equal(event.id, RPC_EVENT_GAP_DISCONNECTED);
    assert_int_equal(event.params.conn, 1);
    assert_int_equal(dongle_next_event(s->dongle, &event, s->fake.now, &s->error), 0);
    assert_int_equal(event.params.conn, 0);
    assert_int_equal(event.params.gap_disconnected.reason, 0x16);
    uint64_t until = in(s, 250);
    assert_int_equal(dongle_next_event(s->dongle, &event, until, &s->error), NORDFU_ERR_TIMEOUT);
    assert_int_equal(s->fake.now, until);
}

static void reports_are_dropped_before_anything_that_counts(void **state)
{
    struct setup *s = *state;
    const struct step report[] = {SEND(ADV_REPORT)}, lost[] = {SEND(DISCONNECTED)};
    struct dongle_event event;
    FAKE_ADD(&s->fake, lost);
    for (int i = 0; i < 100; i++)
        FAKE_ADD(&s->fake, report);
    FAKE_ADD(&s->fake, lost);
    start(s);
    while (s->fake.at < s->fake.count || s->fake.out_size > 0)
        assert_int_equal(dongle_turn(s->dongle, s->fake.now, &s->error), 0);
    int counts[2] = {0, 0};
    while (dongle_take_event(s->dongle, &event))
        counts[event.id == RPC_EVENT_GAP_ADV_REPORT]++;
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[1], DONGLE_EVENTS / 2);
    /* Those that were taken leave room for others. */
    FAKE_ADD(&s->fake, report);
    assert_int_equal(dongle_next_event(s->dongle, &event, in(s, 10), &s->error), 0);
    assert_int_equal(event.id, RPC_EVENT_GAP_ADV_REPORT);
}

static void flood_of_other_events_is_an_error_not_a_leak(void **state)
{
    struct setup *s = *state;
    const struct step lost[] = {SEND(DISCONNECTED)};
    for (int i = 0; i < 100; i++)
        FAKE_ADD(&s->fake, lost);
    start(s);
    int rc = 0;
    for (int i = 0; i < 1000 && rc == 0; i++)
        rc = dongle_turn(s->dongle, s->fake.now, &s->error);
    assert_int_equal(rc, NORDFU_ERR_DONGLE);
    assert_non_null(strstr(s->error.text, "events"));
}

static void unanswered_call_fails_after_its_time_and_for_good(void **state)
{
    struct setup *s = *state;
    const struct step steps[] = {EXPECT(SCAN_STOP)};
    uint32_t status;
    FAKE_ADD(&s->fake, steps);
    start(s);
    uint64_t before = s->fake.now;
    assert_int_equal(scan_stop(s, &status), NORDFU_ERR_DONGLE);
    assert_int_equal(s->fake.now - before, DONGLE_ANSWER_TIME);
    assert_non_null(strstr(s->error.text, "GAP_SCAN_STOP"));
    struct nordfu_error first = s->error;
    assert_int_equal(scan_stop(s, &status), NORDFU_ERR_DONGLE);
    assert_string_equal(s->error.text, first.text);
    assert_false(dongle_usable(s->dongle));
    start(s);
    assert_true(dongle_usable(s->dongle));
}

static void response_of_another_command_is_ignored(void **state)
{
    struct setup *s = *state;
    const struct step steps[] = {EXPECT(SCAN_STOP), SEND("01 60 00000000"), SEND("01 8b 00"),
                                 SEND(STOPPED),     SEND(STOPPED),          CALL(SCAN_STOP)};
    uint32_t status = 1;
    FAKE_ADD(&s->fake, steps);
    start(s);
    assert_int_equal(scan_stop(s, &status), 0);
    assert_int_equal(status, 0);
    assert_int_equal(scan_stop(s, &status), 0);
    fake_assert_done(&s->fake);
}

static void restart_of_the_dongle_is_a_clean_error(void **state)
{
    struct setup *s = *state;
    const struct step steps[] = {CALL(SCAN_STOP), EXPECT(SCAN_STOP), RESTART};
    uint32_t status;
    FAKE_ADD(&s->fake, steps);
    start(s);
    assert_int_equal(scan_stop(s, &status), 0);
    assert_int_equal(scan_stop(s, &status), NORDFU_ERR_DONGLE);
    assert_true(dongle_restarted(s->dongle));
    assert_non_null(strstr(s->error.text, "restarted by itself"));
}

static void deaf_dongle_is_noticed_by_missing_acknowledgements(void **state)
{
    struct setup *s = *state;
    const struct step steps[] = {MUTE};
    uint32_t status;
    FAKE_ADD(&s->fake, steps);
    start(s);
    uint64_t before = s->fake.now;
    assert_int_equal(scan_stop(s, &status), NORDFU_ERR_DONGLE);
    assert_true(s->fake.now - before <= 3 * NORDFU_SECOND);
}

static void stream_of_events_is_no_excuse_for_a_missing_response(void **state)
{
    struct setup *s = *state;
    const struct step request[] = {EXPECT(SCAN_STOP)}, report[] = {SEND(ADV_REPORT)};
    uint32_t status;
    FAKE_ADD(&s->fake, request);
    for (int i = 0; i < 900; i++)
        FAKE_ADD(&s->fake, report);
    start(s);
    s->fake.tick = 10 * NORDFU_MS;
    uint64_t before = s->fake.now;
    assert_int_equal(scan_stop(s, &status), NORDFU_ERR_DONGLE);
    assert_non_null(strstr(s->error.text, "did not answer the command GAP_SCAN_STOP"));
    assert_in_range(s->fake.now - before, 1500 * NORDFU_MS, 4 * NORDFU_SECOND);
}

static void settling_acknowledges_what_the_dongle_still_has(void **state)
{
    struct setup *s = *state;
    const struct step steps[] = {CALL(SCAN_STOP), CANCEL,           SEND(ADV_REPORT),
                                 DELAY(15),       SEND(ADV_REPORT), SEND(DISCONNECTED)};
    struct dongle_event event;
    uint32_t status;
    FAKE_ADD(&s->fake, steps);
    start(s);
    assert_int_equal(scan_stop(s, &status), 0);
    uint64_t before = s->fake.now;
    dongle_settle(s->dongle);
    assert_int_equal(s->fake.now - before, 15 * NORDFU_MS + DONGLE_QUIET_TIME);
    assert_int_equal(s->fake.acks_of_host, 4);
    assert_false(dongle_take_event(s->dongle, &event));
    fake_assert_done(&s->fake);
}

static void settling_ends_with_a_dongle_that_never_does(void **state)
{
    struct setup *s = *state;
    const struct step report[] = {SEND(ADV_REPORT)};
    for (int i = 0; i < 900; i++)
        FAKE_ADD(&s->fake, report);
    start(s);
    s->fake.tick = NORDFU_MS;
    uint64_t before = s->fake.now;
    dongle_settle(s->dongle);
    assert_in_range(s->fake.now - before, DONGLE_SETTLE_TIME, DONGLE_SETTLE_TIME + 20 * NORDFU_MS);
    assert_true(s->fake.at < s->fake.count);
}

static void unplugged_dongle_is_a_port_error(void **state)
{
    struct setup *s = *state;
    const struct step steps[] = {EXPECT(SCAN_STOP), VANISH};
    uint32_t status;
    FAKE_ADD(&s->fake, steps);
    start(s);
    assert_int_equal(scan_stop(s, &status), NORDFU_ERR_PORT);
    assert_non_null(strstr(s->error.text, "unplugged"));
    assert_int_equal(dongle_turn(s->dongle, in(s, 10), &s->error), NORDFU_ERR_PORT);
}

static void cancel_ends_a_wait_and_the_line_stays_usable(void **state)
{
    struct setup *s = *state;
    const struct step steps[] = {EXPECT(SCAN_STOP), CANCEL, SEND(STOPPED), REFUSE(SCAN_STOP, 8)};
    uint32_t status = 1;
    FAKE_ADD(&s->fake, steps);
    start(s);
    assert_int_equal(scan_stop(s, &status), NORDFU_ERR_CANCELLED);
    assert_int_equal(scan_stop(s, &status), NORDFU_ERR_CANCELLED);
    /* The late response belongs to the first call, not to this one. */
    dongle_ignore_cancel(s->dongle, true);
    assert_int_equal(scan_stop(s, &status), 0);
    assert_int_equal(status, 8);
    dongle_ignore_cancel(s->dongle, false);
    assert_int_equal(dongle_turn(s->dongle, in(s, 1), &s->error), NORDFU_ERR_CANCELLED);
    fake_assert_done(&s->fake);
}

static void cancel_ends_the_link_start(void **state)
{
    struct setup *s = *state;
    nordfu_cancel_set(s->cancel);
    assert_int_equal(dongle_start(s->dongle, &s->error), NORDFU_ERR_CANCELLED);
}

struct seen {
    unsigned posted;
    uint32_t status;
    struct dongle *dongle;
};

static bool confirm_at_once(void *context, const struct dongle_event *event)
{
    struct seen *seen = context;
    const struct rpc_gattc_hv_confirm params = {event->params.conn, 0x0D};
    assert_true(dongle_post(seen->dongle, RPC_GATTC_HV_CONFIRM, &params));
    return true;
}

static void note_post(void *context, enum rpc_command command, uint32_t status)
{
    struct seen *seen = context;
    assert_int_equal(command, RPC_GATTC_HV_CONFIRM);
    seen->posted++;
    seen->status = status;
}

static void posts_wait_for_the_call_and_never_mix_with_it(void **state)
{
    struct setup *s = *state;
    const struct step steps[] = {EXPECT(SCAN_STOP), SEND(DISCONNECTED), SEND(STOPPED),
                                 REFUSE(CONFIRM, 8), CALL(SCAN_STOP)};
    struct seen seen = {.dongle = s->dongle};
    const struct dongle_hooks hooks = {confirm_at_once, note_post, &seen};
    uint32_t status = 1;
    dongle_set_hooks(s->dongle, &hooks);
    FAKE_ADD(&s->fake, steps);
    start(s);
    assert_int_equal(scan_stop(s, &status), 0);
    assert_int_equal(status, 0);
    assert_int_equal(scan_stop(s, &status), 0);
    assert_int_equal(status, 0);
    assert_int_equal(seen.posted, 1);
    assert_int_equal(seen.status, 8);
    fake_assert_done(&s->fake);
}

static void posts_are_bounded(void **state)
{
    struct setup *s = *state;
    const struct rpc_gattc_hv_confirm params = {0, 0x0D};
    start(s);
    for (int i = 0; i < DONGLE_POSTS; i++)
        assert_true(dongle_post(s->dongle, RPC_GATTC_HV_CONFIRM, &params));
    assert_false(dongle_post(s->dongle, RPC_GATTC_HV_CONFIRM, &params));
}

static void request_the_dialect_can_not_express_is_never_sent(void **state)
{
    struct setup *s = *state;
    uint8_t value[245] = {0};
    const struct rpc_gattc_write params = {.has_write = true,
                                           .write = {.op = 2, .value = {value, sizeof(value)}}};
    uint32_t status;
    start(s);
    assert_int_equal(
        dongle_call(s->dongle, RPC_GATTC_WRITE, &params, &status, NULL, in(s, 100), &s->error),
        NORDFU_ERR_UNSUPPORTED);
    fake_assert_done(&s->fake);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(start_takes_one_reset_and_little_time),
        TEST(silent_port_is_a_dongle_error_within_seconds),
        TEST(other_program_on_the_port_is_told_apart_from_silence),
        TEST(call_returns_the_status),
        TEST(every_packet_of_the_dongle_is_acknowledged),
        TEST(events_during_a_call_are_kept_in_order),
        TEST(reports_are_dropped_before_anything_that_counts),
        TEST(flood_of_other_events_is_an_error_not_a_leak),
        TEST(unanswered_call_fails_after_its_time_and_for_good),
        TEST(response_of_another_command_is_ignored),
        TEST(restart_of_the_dongle_is_a_clean_error),
        TEST(deaf_dongle_is_noticed_by_missing_acknowledgements),
        TEST(stream_of_events_is_no_excuse_for_a_missing_response),
        TEST(settling_acknowledges_what_the_dongle_still_has),
        TEST(settling_ends_with_a_dongle_that_never_does),
        TEST(unplugged_dongle_is_a_port_error),
        TEST(cancel_ends_a_wait_and_the_line_stays_usable),
        TEST(cancel_ends_the_link_start),
        TEST(posts_wait_for_the_call_and_never_mix_with_it),
        TEST(posts_are_bounded),
        TEST(request_the_dialect_can_not_express_is_never_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
