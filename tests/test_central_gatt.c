/* SPDX-License-Identifier: MIT
 * The central on a scripted dongle. Writing, receiving, and every way in which it ends. */
#include "test.h"

#include "central_script.h"

static bool no_report(void *context, const struct nordfu_advert *advert)
{
    (void)advert;
    ((struct setup *)context)->reports++;
    return false;
}

/* ---- Writing and receiving ---- */

static int command(struct setup *s, uint64_t ms)
{
    return nordfu_central_write_command(s->central, 0x0D, "\xAA\xBB", 2, in(s, ms), &s->error);
}

static int receive(struct setup *s, uint8_t *buffer, size_t size, uint64_t ms)
{
    uint16_t handle = 0;
    int n = nordfu_central_receive(s->central, &handle, buffer, size, in(s, ms), &s->error);
    if (n >= 0)
        assert_int_equal(handle, 0x0F);
    return n;
}

static void subscribe_writes_the_cccd(void **state)
{
    struct setup *s = *state;
    LINK(s, CALL(WRITE("01", "1000", "0200 01 0100")), SEND(WRITE_RESPONSE("0000", "1000")));
    const struct nordfu_link *link = nordfu_central_link(s->central);
    assert_int_equal(
        nordfu_central_subscribe(s->central, &link->characteristics[1], in(s, 1000), &s->error), 0);
    assert_int_equal(
        nordfu_central_subscribe(s->central, &link->characteristics[0], in(s, 1000), &s->error),
        NORDFU_ERR_REFUSED);
    finish(s);
}

static void subscribe_asks_for_indications_where_there_are_no_notifications(void **state)
{
    struct setup *s = *state;
    const struct nordfu_characteristic indicates = {.cccd_handle = 0x10,
                                                    .properties = NORDFU_PROPERTY_INDICATE};
    LINK(s, CALL(WRITE("01", "1000", "0200 01 0200")), SEND(WRITE_RESPONSE("0000", "1000")));
    assert_int_equal(nordfu_central_subscribe(s->central, &indicates, in(s, 1000), &s->error), 0);
    finish(s);
}

static void write_refused_by_the_device_says_why(void **state)
{
    struct setup *s = *state;
    LINK(s, CALL(WRITE("01", "0f00", "0100 01 01")), SEND(WRITE_RESPONSE("fd01", "0f00")));
    assert_int_equal(nordfu_central_write(s->central, 0x0F, "\x01", 1, in(s, 1000), &s->error),
                     NORDFU_ERR_REFUSED);
    assert_int_equal(s->error.speaker, NORDFU_SPEAKER_GATT);
    assert_int_equal(s->error.detail, 0x01FD);
    assert_non_null(strstr(s->error.text, "CCCD"));
    finish(s);
}

static void unanswered_write_ends_at_its_deadline_and_the_next_one_waits_for_it(void **state)
{
    struct setup *s = *state;
    LINK(s, CALL(WRITE("01", "0f00", "0100 01 01")), DELAY(100),
         REFUSE(WRITE("01", "1000", "0100 01 02"), 0x11), SEND(WRITE_RESPONSE("0000", "0f00")),
         CALL(WRITE("01", "1000", "0100 01 02")), SEND(WRITE_RESPONSE("0000", "1000")));
    uint64_t until = in(s, 100);
    assert_int_equal(nordfu_central_write(s->central, 0x0F, "\x01", 1, until, &s->error),
                     NORDFU_ERR_TIMEOUT);
    assert_int_equal(s->fake.now, until);
    assert_int_equal(nordfu_central_write(s->central, 0x10, "\x02", 1, in(s, 1000), &s->error), 0);
    finish(s);
}

static void late_answer_to_another_write_is_not_taken_for_this_one(void **state)
{
    struct setup *s = *state;
    LINK(s, CALL(WRITE("01", "0f00", "0100 01 01")), DELAY(100),
         CALL(WRITE("01", "1000", "0100 01 02")), SEND(WRITE_RESPONSE("0000", "0f00")),
         SEND(WRITE_RESPONSE("0d01", "1000")));
    assert_int_equal(nordfu_central_write(s->central, 0x0F, "\x01", 1, in(s, 100), &s->error),
                     NORDFU_ERR_TIMEOUT);
    assert_int_equal(nordfu_central_write(s->central, 0x10, "\x02", 1, in(s, 1000), &s->error),
                     NORDFU_ERR_REFUSED);
    assert_int_equal(s->error.detail, 0x010D);
    finish(s);
}

static void late_answer_is_not_taken_for_the_one_to_the_next_write(void **state)
{
    struct setup *s = *state;
    LINK(s, CALL(WRITE("01", "0f00", "0100 01 01")), DELAY(100),
         REFUSE(WRITE("01", "0f00", "0100 01 02"), 0x11), SEND(WRITE_RESPONSE("0000", "0f00")),
         CALL(WRITE("01", "0f00", "0100 01 02")), DELAY(10), SEND(WRITE_RESPONSE("0d01", "0f00")));
    assert_int_equal(nordfu_central_write(s->central, 0x0F, "\x01", 1, in(s, 100), &s->error),
                     NORDFU_ERR_TIMEOUT);
    assert_int_equal(nordfu_central_write(s->central, 0x0F, "\x02", 1, in(s, 1000), &s->error),
                     NORDFU_ERR_REFUSED);
    assert_int_equal(s->error.detail, 0x010D);
    finish(s);
}

static void late_refusal_of_another_write_is_not_taken_for_this_one(void **state)
{
    struct setup *s = *state;
    LINK(s, CALL(WRITE("01", "0f00", "0100 01 01")), DELAY(100),
         CALL(WRITE("01", "1000", "0100 01 02")), SEND("02 3800 0000 0d01 0f00 0000 00 0000 0000"),
         SEND(WRITE_RESPONSE("0000", "1000")));
    assert_int_equal(nordfu_central_write(s->central, 0x0F, "\x01", 1, in(s, 100), &s->error),
                     NORDFU_ERR_TIMEOUT);
    assert_int_equal(nordfu_central_write(s->central, 0x10, "\x02", 1, in(s, 1000), &s->error), 0);
    finish(s);
}

static void writes_beyond_the_mtu_are_not_sent(void **state)
{
    struct setup *s = *state;
    const uint8_t value[245] = {0};
    LINK(s, DELAY(0));
    assert_int_equal(nordfu_central_write(s->central, 0x0F, value, 245, in(s, 100), &s->error),
                     NORDFU_ERR_USAGE);
    assert_int_equal(
        nordfu_central_write_command(s->central, 0x0D, value, 245, in(s, 100), &s->error),
        NORDFU_ERR_USAGE);
    finish(s);
}

static void commands_go_out_until_the_queue_is_full_then_wait_for_a_completion(void **state)
{
    struct setup *s = *state;
    LINK(s, CALL(COMMAND), CALL(COMMAND), CALL(COMMAND), CALL(COMMAND), DELAY(30), SEND(SENT("02")),
         CALL(COMMAND), CALL(COMMAND));
    uint64_t before = s->fake.now;
    for (int i = 0; i < 4; i++)
        assert_int_equal(command(s, 1000), 0);
    assert_int_equal(s->fake.now, before);
    assert_int_equal(command(s, 1000), 0);
    assert_int_equal(s->fake.now - before, 30 * NORDFU_MS);
    assert_int_equal(command(s, 1000), 0);
    assert_int_equal(s->fake.now - before, 30 * NORDFU_MS);
    assert_int_equal(command(s, 50), NORDFU_ERR_TIMEOUT);
    assert_int_equal(s->fake.now - before, 80 * NORDFU_MS);
    finish(s);
}

static void resources_means_wait_for_the_event_not_ask_again(void **state)
{
    struct setup *s = *state;
    LINK(s, CALL(COMMAND), REFUSE(COMMAND, 0x13), DELAY(400), SEND(SENT("01")), CALL(COMMAND));
    uint64_t before = s->fake.now;
    assert_int_equal(command(s, 1000), 0);
    assert_int_equal(command(s, 1000), 0);
    assert_int_equal(s->fake.now - before, 400 * NORDFU_MS);
    finish(s);
}

static void refused_commands_take_no_place_in_the_queue(void **state)
{
    struct setup *s = *state;
    LINK(s, REFUSE(COMMAND, 0x0C), REFUSE(COMMAND, 0x0C), REFUSE(COMMAND, 0x0C),
         REFUSE(COMMAND, 0x0C), CALL(COMMAND));
    for (int i = 0; i < 4; i++)
        assert_int_equal(command(s, 10), NORDFU_ERR_LINK);
    assert_int_equal(s->error.speaker, NORDFU_SPEAKER_SOFTDEVICE);
    assert_int_equal(command(s, 10), 0);
    finish(s);
}

static void completion_that_comes_before_the_response_counts(void **state)
{
    struct setup *s = *state;
    const struct step one[] = {EXPECT(COMMAND), SEND(SENT("01")), SEND("01 9c 00000000")};
    LINK(s, DELAY(0));
    for (int i = 0; i < 20; i++)
        FAKE_ADD(&s->fake, one);
    for (int i = 0; i < 20; i++)
        assert_int_equal(command(s, 0), 0);
    finish(s);
}

static void more_completions_than_commands_do_not_make_credit(void **state)
{
    struct setup *s = *state;
    LINK(s, SEND(SENT("ff")), CALL(COMMAND), CALL(COMMAND), CALL(COMMAND), CALL(COMMAND));
    assert_int_equal(nordfu_central_wait(s->central, in(s, 1), &s->error), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(command(s, 10), 0);
    assert_int_equal(command(s, 10), NORDFU_ERR_TIMEOUT);
    finish(s);
}

static void notifications_are_received_in_order_and_cut_to_the_buffer(void **state)
{
    struct setup *s = *state;
    uint8_t buffer[4] = {0};
    LINK(s, SEND(NOTIFICATION("0300 600101")), SEND(NOTIFICATION("0600 010203040506")),
         SEND(NOTIFICATION("0000")));
    assert_int_equal(receive(s, buffer, sizeof(buffer), 100), 3);
    assert_memory_equal(buffer, "\x60\x01\x01", 3);
    assert_int_equal(receive(s, buffer, sizeof(buffer), 100), 4);
    assert_memory_equal(buffer, "\x01\x02\x03\x04", 4);
    assert_int_equal(receive(s, buffer, sizeof(buffer), 100), 0);
    uint64_t until = in(s, 100);
    assert_int_equal(receive(s, buffer, sizeof(buffer), 100), NORDFU_ERR_TIMEOUT);
    assert_int_equal(s->fake.now, until);
    finish(s);
}

static void flood_of_notifications_keeps_the_first(void **state)
{
    struct setup *s = *state;
    uint8_t buffer[4];
    const struct step one[] = {SEND(NOTIFICATION("0100 42"))};
    LINK(s, DELAY(0));
    for (int i = 0; i < 100; i++)
        FAKE_ADD(&s->fake, one);
    assert_int_equal(nordfu_central_wait(s->central, in(s, 10), &s->error), 0);
    int n = 0;
    while (receive(s, buffer, sizeof(buffer), 0) == 1)
        n++;
    assert_int_equal(n, 32);
    finish(s);
}

static void indication_is_confirmed_at_arrival(void **state)
{
    struct setup *s = *state;
    uint8_t buffer[4];
    LINK(s, SEND(INDICATION("0100 07")), CALL(CONFIRM), SEND(NOTIFICATION("0100 08")));
    uint64_t until = in(s, 50);
    assert_int_equal(nordfu_central_wait(s->central, until, &s->error), 0);
    assert_int_equal(s->fake.now, until);
    assert_int_equal(s->fake.at, s->fake.count);
    assert_int_equal(receive(s, buffer, sizeof(buffer), 0), 1);
    assert_int_equal(buffer[0], 7);
    finish(s);
}

static void indication_during_a_call_waits_for_its_response(void **state)
{
    struct setup *s = *state;
    LINK(s, EXPECT(WRITE("01", "0f00", "0100 01 01")), SEND(INDICATION("0100 07")),
         SEND("01 9c 00000000"), CALL(CONFIRM), SEND(WRITE_RESPONSE("0000", "0f00")));
    assert_int_equal(nordfu_central_write(s->central, 0x0F, "\x01", 1, in(s, 1000), &s->error), 0);
    finish(s);
}

/* ---- The end ---- */

static void lost_link_delivers_what_came_then_says_why(void **state)
{
    struct setup *s = *state;
    uint8_t buffer[4];
    LINK(s, SEND(NOTIFICATION("0100 01")), SEND(NOTIFICATION("0100 02")), SEND(LOST("08")));
    assert_int_equal(nordfu_central_wait(s->central, in(s, 10), &s->error), NORDFU_ERR_LINK);
    assert_int_equal(receive(s, buffer, sizeof(buffer), 100), 1);
    assert_int_equal(receive(s, buffer, sizeof(buffer), 100), 1);
    assert_int_equal(receive(s, buffer, sizeof(buffer), 100), NORDFU_ERR_LINK);
    assert_int_equal(s->error.speaker, NORDFU_SPEAKER_HCI);
    assert_int_equal(s->error.detail, 8);
    assert_non_null(strstr(s->error.text, "C6:B5:A4:93:82:71"));
    assert_non_null(strstr(s->error.text, "supervision timeout"));
    assert_int_equal(command(s, 100), NORDFU_ERR_LINK);
    assert_null(nordfu_central_link(s->central));
    assert_int_equal(nordfu_central_disconnect(s->central, in(s, 100), &s->error), 0);
    assert_int_equal(nordfu_central_wait(s->central, in(s, 10), &s->error), 0);
    fake_assert_done(&s->fake);
}

static void link_lost_in_the_middle_of_a_write_is_a_link_error(void **state)
{
    struct setup *s = *state;
    LINK(s, CALL(WRITE("01", "0f00", "0100 01 01")), DELAY(20), SEND(LOST("13")));
    assert_int_equal(nordfu_central_write(s->central, 0x0F, "\x01", 1, in(s, 1000), &s->error),
                     NORDFU_ERR_LINK);
    assert_int_equal(s->error.detail, 0x13);
    fake_assert_done(&s->fake);
}

static void unknown_link_waits_for_the_reason(void **state)
{
    struct setup *s = *state;
    LINK(s, REFUSE(COMMAND, 0x3002), DELAY(5), SEND(LOST("08")));
    assert_int_equal(command(s, 1000), NORDFU_ERR_LINK);
    assert_int_equal(s->error.speaker, NORDFU_SPEAKER_HCI);
    fake_assert_done(&s->fake);
}

static void att_timeout_makes_the_link_useless_but_for_disconnecting(void **state)
{
    struct setup *s = *state;
    LINK(s, SEND("02 3b00 0000 0000 0000 00"), CALL(DISCONNECT), DELAY(30), SEND(LOST("16")));
    assert_int_equal(nordfu_central_wait(s->central, in(s, 10), &s->error), NORDFU_ERR_LINK);
    assert_int_equal(command(s, 100), NORDFU_ERR_LINK);
    uint64_t before = s->fake.now;
    assert_int_equal(nordfu_central_disconnect(s->central, in(s, 1000), &s->error), 0);
    assert_int_equal(s->fake.now - before, 30 * NORDFU_MS);
    fake_assert_done(&s->fake);
}

static void peer_that_was_faster_makes_disconnect_succeed(void **state)
{
    struct setup *s = *state;
    LINK(s, REFUSE(DISCONNECT, 8), SEND(LOST("13")));
    assert_int_equal(nordfu_central_disconnect(s->central, in(s, 1000), &s->error), 0);
    assert_int_equal(nordfu_central_disconnect(s->central, in(s, 1000), &s->error), 0);
    fake_assert_done(&s->fake);
}

static void disconnecting_a_link_the_dongle_forgot_succeeds_soon(void **state)
{
    struct setup *s = *state;
    LINK(s, REFUSE(DISCONNECT, 0x3002));
    uint64_t before = s->fake.now;
    assert_int_equal(nordfu_central_disconnect(s->central, in(s, 5000), &s->error), 0);
    assert_in_range(s->fake.now - before, 0, 300 * NORDFU_MS);
    assert_null(nordfu_central_link(s->central));
    fake_assert_done(&s->fake);
}

static void restart_of_the_dongle_mid_session_is_clean_and_final(void **state)
{
    struct setup *s = *state;
    uint8_t buffer[4];
    LINK(s, DELAY(20), RESTART);
    assert_int_equal(receive(s, buffer, sizeof(buffer), 1000), NORDFU_ERR_DONGLE);
    assert_non_null(strstr(s->error.text, "restarted"));
    assert_int_equal(command(s, 100), NORDFU_ERR_DONGLE);
    assert_int_equal(nordfu_central_scan(s->central, no_report, s, in(s, 100), &s->error),
                     NORDFU_ERR_DONGLE);
    uint64_t before = s->fake.now;
    nordfu_central_free(&s->central);
    assert_int_equal(s->fake.now, before);
}

static void dongle_unplugged_mid_transfer_is_a_port_error(void **state)
{
    struct setup *s = *state;
    LINK(s, CALL(COMMAND), CALL(COMMAND), EXPECT(COMMAND), VANISH);
    assert_int_equal(command(s, 100), 0);
    assert_int_equal(command(s, 100), 0);
    assert_int_equal(command(s, 100), NORDFU_ERR_PORT);
    assert_non_null(strstr(s->error.text, "unplugged"));
}

static void cancel_ends_every_wait_and_close_still_disconnects(void **state)
{
    struct setup *s = *state;
    uint8_t buffer[4];
    LINK(s, DELAY(20), CANCEL, CALL(DISCONNECT), DELAY(30), SEND(LOST("16")));
    uint64_t before = s->fake.now;
    assert_int_equal(receive(s, buffer, sizeof(buffer), 1000), NORDFU_ERR_CANCELLED);
    assert_int_equal(s->fake.now - before, 20 * NORDFU_MS);
    assert_int_equal(command(s, 100), NORDFU_ERR_CANCELLED);
    assert_int_equal(nordfu_central_wait(s->central, in(s, 100), &s->error), NORDFU_ERR_CANCELLED);
    nordfu_central_free(&s->central);
    /* And a little to hear whether the dongle has more to say. */
    assert_in_range(s->fake.now - before, 50 * NORDFU_MS, 70 * NORDFU_MS);
    fake_assert_done(&s->fake);
}

static void close_does_not_wait_for_a_silent_peer_for_long(void **state)
{
    struct setup *s = *state;
    LINK(s, CALL(DISCONNECT));
    uint64_t before = s->fake.now;
    nordfu_central_free(&s->central);
    assert_in_range(s->fake.now - before, 400 * NORDFU_MS, 500 * NORDFU_MS);
    fake_assert_done(&s->fake);
}

static void calls_without_a_link_say_so(void **state)
{
    struct setup *s = *state;
    uint8_t buffer[4];
    const struct step steps[] = {STEPS_OPEN};
    FAKE_ADD(&s->fake, steps);
    assert_int_equal(open_central(s), 0);
    assert_int_equal(command(s, 10), NORDFU_ERR_LINK);
    assert_int_equal(receive(s, buffer, sizeof(buffer), 10), NORDFU_ERR_LINK);
    uint64_t until = in(s, 10);
    assert_int_equal(nordfu_central_wait(s->central, until, &s->error), 0);
    assert_int_equal(nordfu_central_now(s->central), until);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(subscribe_writes_the_cccd),
        TEST(subscribe_asks_for_indications_where_there_are_no_notifications),
        TEST(write_refused_by_the_device_says_why),
        TEST(unanswered_write_ends_at_its_deadline_and_the_next_one_waits_for_it),
        TEST(late_answer_to_another_write_is_not_taken_for_this_one),
        TEST(late_answer_is_not_taken_for_the_one_to_the_next_write),
        TEST(late_refusal_of_another_write_is_not_taken_for_this_one),
        TEST(writes_beyond_the_mtu_are_not_sent),
        TEST(commands_go_out_until_the_queue_is_full_then_wait_for_a_completion),
        TEST(resources_means_wait_for_the_event_not_ask_again),
        TEST(refused_commands_take_no_place_in_the_queue),
        TEST(completion_that_comes_before_the_response_counts),
        TEST(more_completions_than_commands_do_not_make_credit),
        TEST(notifications_are_received_in_order_and_cut_to_the_buffer),
        TEST(flood_of_notifications_keeps_the_first),
        TEST(indication_is_confirmed_at_arrival),
        TEST(indication_during_a_call_waits_for_its_response),
        TEST(lost_link_delivers_what_came_then_says_why),
        TEST(link_lost_in_the_middle_of_a_write_is_a_link_error),
        TEST(unknown_link_waits_for_the_reason),
        TEST(att_timeout_makes_the_link_useless_but_for_disconnecting),
        TEST(peer_that_was_faster_makes_disconnect_succeed),
        TEST(disconnecting_a_link_the_dongle_forgot_succeeds_soon),
        TEST(restart_of_the_dongle_mid_session_is_clean_and_final),
        TEST(dongle_unplugged_mid_transfer_is_a_port_error),
        TEST(cancel_ends_every_wait_and_close_still_disconnects),
        TEST(close_does_not_wait_for_a_silent_peer_for_long),
        TEST(calls_without_a_link_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
