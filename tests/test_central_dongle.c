/* SPDX-License-Identifier: MIT
 * The central on a scripted dongle. Opening, scanning, connecting and negotiating. */
#include "test.h"

#include "central_script.h"

/* ---- Opening ---- */

static void open_describes_the_dongle(void **state)
{
    struct setup *s = *state;
    const struct step steps[] = {STEPS_OPEN};
    FAKE_ADD(&s->fake, steps);
    assert_int_equal(open_central(s), 0);
    assert_string_equal(s->central->description,
                        "nRF connectivity dongle on /dev/fake, SoftDevice API v5 (S132 5.1.0)");
    assert_null(nordfu_central_link(s->central));
    fake_assert_done(&s->fake);
    /* No RESET at close. */
    nordfu_central_free(&s->central);
    assert_int_equal(s->fake.resets, 1);
    assert_true(s->fake.closed);
}

static void failed_open_closes_the_port(void **state)
{
    struct setup *s = *state;
    s->fake.slip.capacity = 0;
    assert_int_equal(open_central(s), NORDFU_ERR_DONGLE);
    assert_null(s->central);
    assert_true(s->fake.closed);
}

static void refused_event_extension_does_not_matter(void **state)
{
    struct setup *s = *state;
    const struct step steps[] = {STEPS_OPEN};
    FAKE_ADD(&s->fake, steps);
    s->fake.steps[7].number = 6;
    assert_int_equal(open_central(s), 0);
    fake_assert_done(&s->fake);
}

/* ---- Scanning ---- */

static bool second_report(void *context, const struct nordfu_advert *advert)
{
    struct setup *s = context;
    s->found = *advert;
    return ++s->reports == 2;
}

static bool no_report(void *context, const struct nordfu_advert *advert)
{
    (void)advert;
    ((struct setup *)context)->reports++;
    return false;
}

static void scan_hands_on_reports_until_one_is_taken(void **state)
{
    struct setup *s = *state;
    OPEN(s, CALL(SCAN_START), SEND(REPORT), SEND(SCAN_RESPONSE), CALL(SCAN_STOP));
    assert_int_equal(nordfu_central_scan(s->central, second_report, s, in(s, 10000), &s->error), 0);
    assert_int_equal(s->reports, 2);
    assert_true(s->found.scan_response);
    assert_int_equal(s->found.rssi, -56);
    assert_string_equal(s->found.name, "AB");
    assert_true(nordfu_address_equal(&s->found.address, &wish.address));
    assert_int_equal(s->found.address.type, NORDFU_ADDRESS_RANDOM_STATIC);
    fake_assert_done(&s->fake);
}

static void scan_ends_at_its_deadline_and_is_stopped(void **state)
{
    struct setup *s = *state;
    OPEN(s, CALL(SCAN_START), SEND(REPORT), CALL(SCAN_STOP));
    uint64_t until = in(s, 10000);
    assert_int_equal(nordfu_central_scan(s->central, no_report, s, until, &s->error),
                     NORDFU_ERR_TIMEOUT);
    assert_int_equal(s->reports, 1);
    assert_int_equal(s->fake.now, until);
    fake_assert_done(&s->fake);
}

static void flood_of_reports_does_not_outlast_the_deadline(void **state)
{
    struct setup *s = *state;
    const struct step one[] = {SEND(REPORT)};
    OPEN(s, CALL(SCAN_START));
    for (int i = 0; i < 200; i++)
        FAKE_ADD(&s->fake, one);
    s->fake.tick = 100 * NORDFU_MS;
    assert_int_equal(nordfu_central_scan(s->central, no_report, s, in(s, 10000), &s->error),
                     NORDFU_ERR_TIMEOUT);
    assert_in_range(s->reports, 20, 100);
}

static void cancelled_scan_is_stopped_all_the_same(void **state)
{
    struct setup *s = *state;
    OPEN(s, CALL(SCAN_START), DELAY(20), CANCEL, CALL(SCAN_STOP));
    assert_int_equal(nordfu_central_scan(s->central, no_report, s, in(s, 10000), &s->error),
                     NORDFU_ERR_CANCELLED);
    fake_assert_done(&s->fake);
}

static void scan_that_runs_already_is_started_anew(void **state)
{
    struct setup *s = *state;
    OPEN(s, REFUSE(SCAN_START, 8), CALL(SCAN_STOP), CALL(SCAN_START), SEND(REPORT), SEND(REPORT),
         CALL(SCAN_STOP));
    assert_int_equal(nordfu_central_scan(s->central, second_report, s, in(s, 10000), &s->error), 0);
    assert_string_equal(s->found.name, "DfuTargAbcd");
    assert_true(s->found.connectable);
    fake_assert_done(&s->fake);
}

static void scan_that_never_starts_is_an_error(void **state)
{
    struct setup *s = *state;
    OPEN(s, REFUSE(SCAN_START, 8), CALL(SCAN_STOP), REFUSE(SCAN_START, 8), CALL(SCAN_STOP),
         CALL(SCAN_STOP));
    assert_int_equal(nordfu_central_scan(s->central, no_report, s, in(s, 10000), &s->error),
                     NORDFU_ERR_DONGLE);
    assert_non_null(strstr(s->error.text, "NRF_ERROR_INVALID_STATE"));
    fake_assert_done(&s->fake);
}

/* ---- Connecting ---- */

static void connect_negotiates_and_discovers(void **state)
{
    struct setup *s = *state;
    LINK(s, DELAY(0));
    const struct nordfu_link *link = nordfu_central_link(s->central);
    assert_int_equal(link->mtu, 247);
    assert_int_equal(link->tx_octets, 251);
    assert_int_equal(link->tx_phy, 2);
    assert_int_equal(link->interval, 6);
    assert_int_equal(link->supervision_timeout, 400);
    assert_int_equal(link->characteristic_count, 2);
    const struct nordfu_characteristic *point = &link->characteristics[1];
    const struct nordfu_uuid service = nordfu_uuid16(0xFE59);
    assert_true(nordfu_uuid_equal(&point->service, &service));
    assert_memory_equal(point->uuid.bytes,
                        "\x50\xea\xda\x30\x88\x83\xb8\x9f\x60\x4f\x15\xf3\x01\x00\xc9\x8e", 16);
    assert_int_equal(point->value_handle, 0x0F);
    assert_int_equal(point->cccd_handle, 0x10);
    assert_int_equal(link->characteristics[0].cccd_handle, 0);
    finish(s);
}

static void attempt_is_cancelled_at_the_deadline(void **state)
{
    struct setup *s = *state;
    OPEN(s, CALL(CONNECT), CALL(CONNECT_CANCEL));
    uint64_t until = in(s, 10000);
    assert_int_equal(connect_central(s), NORDFU_ERR_TIMEOUT);
    assert_int_equal(s->fake.now, until);
    assert_null(nordfu_central_link(s->central));
    fake_assert_done(&s->fake);
}

static void link_that_comes_while_cancelled_is_taken_down(void **state)
{
    struct setup *s = *state;
    OPEN(s, CALL(CONNECT), REFUSE(CONNECT_CANCEL, 8), DELAY(5), SEND(CONNECTED), CALL(DISCONNECT),
         SEND(LOST("16")));
    assert_int_equal(connect_central(s), NORDFU_ERR_TIMEOUT);
    assert_null(nordfu_central_link(s->central));
    fake_assert_done(&s->fake);
}

static void link_of_an_older_attempt_is_taken_down_unless_it_is_the_one_wanted(void **state)
{
    struct setup *s = *state;
    OPEN(s, CALL(CONNECT), SEND("02 1000 0000 02 a1a2a3a4a5a6 02 0600 0600 0000 9001"),
         CALL(DISCONNECT), SEND(LOST("16")), SEND(CONNECTED), STEPS_MTU, STEPS_LENGTH, STEPS_PHY,
         STEPS_DISCOVERY);
    assert_int_equal(connect_central(s), 0);
    assert_true(nordfu_address_equal(&nordfu_central_link(s->central)->address, &wish.address));
    finish(s);
}

static void link_that_comes_while_its_attempt_seems_in_the_way_is_used(void **state)
{
    struct setup *s = *state;
    OPEN(s, REFUSE(CONNECT, 8), REFUSE(CONNECT_CANCEL, 8), SEND(CONNECTED), STEPS_MTU, STEPS_LENGTH,
         STEPS_PHY, STEPS_DISCOVERY);
    assert_int_equal(connect_central(s), 0);
    finish(s);
}

static void attempt_the_dongle_gives_up_is_a_timeout(void **state)
{
    struct setup *s = *state;
    OPEN(s, CALL(CONNECT), DELAY(1000), SEND("02 1b00 ffff 02"), CALL(CONNECT_CANCEL));
    uint64_t until = in(s, 2000);
    assert_int_equal(connect_central(s), NORDFU_ERR_TIMEOUT);
    assert_true(s->fake.now < until);
    fake_assert_done(&s->fake);
}

static void cancelled_connect_leaves_no_attempt_behind(void **state)
{
    struct setup *s = *state;
    OPEN(s, CALL(CONNECT), DELAY(50), CANCEL, CALL(CONNECT_CANCEL));
    assert_int_equal(connect_central(s), NORDFU_ERR_CANCELLED);
    fake_assert_done(&s->fake);
}

static void connect_cancelled_before_its_answer_leaves_no_attempt_behind(void **state)
{
    struct setup *s = *state;
    OPEN(s, EXPECT(CONNECT), CANCEL, SEND("01 8c 00000000"), CALL(CONNECT_CANCEL));
    assert_int_equal(connect_central(s), NORDFU_ERR_CANCELLED);
    fake_assert_done(&s->fake);
}

static void cancelled_negotiation_leaves_no_link_behind(void **state)
{
    struct setup *s = *state;
    OPEN(s, STEPS_CONNECT, CALL(MTU_REQUEST), DELAY(10), CANCEL, CALL(DISCONNECT),
         SEND(LOST("16")));
    assert_int_equal(connect_central(s), NORDFU_ERR_CANCELLED);
    assert_null(nordfu_central_link(s->central));
    fake_assert_done(&s->fake);
}

static void link_that_never_came_about_is_tried_again(void **state)
{
    struct setup *s = *state;
    OPEN(s, STEPS_CONNECT, CALL(MTU_REQUEST), SEND(LOST("3e")), STEPS_CONNECT, STEPS_MTU,
         STEPS_LENGTH, STEPS_PHY, STEPS_DISCOVERY);
    assert_int_equal(connect_central(s), 0);
    finish(s);
}

static void link_lost_while_connecting_names_the_reason(void **state)
{
    struct setup *s = *state;
    OPEN(s, STEPS_CONNECT, CALL(MTU_REQUEST), SEND(LOST("08")));
    assert_int_equal(connect_central(s), NORDFU_ERR_LINK);
    assert_int_equal(s->error.speaker, NORDFU_SPEAKER_HCI);
    assert_int_equal(s->error.detail, 8);
    assert_non_null(strstr(s->error.text, "supervision timeout"));
    fake_assert_done(&s->fake);
}

static void refused_connect_names_the_status(void **state)
{
    struct setup *s = *state;
    OPEN(s, REFUSE(CONNECT, 7));
    assert_int_equal(connect_central(s), NORDFU_ERR_LINK);
    assert_int_equal(s->error.speaker, NORDFU_SPEAKER_SOFTDEVICE);
    assert_non_null(strstr(s->error.text, "NRF_ERROR_INVALID_PARAM"));
    fake_assert_done(&s->fake);
}

static void old_attempt_in_the_way_is_cancelled(void **state)
{
    struct setup *s = *state;
    OPEN(s, REFUSE(CONNECT, 8), CALL(CONNECT_CANCEL), STEPS_CONNECT, STEPS_MTU, STEPS_LENGTH,
         STEPS_PHY, STEPS_DISCOVERY);
    assert_int_equal(connect_central(s), 0);
    finish(s);
}

/* ---- Refusals ---- */

static void mtu_refused_by_the_dongle_is_a_note(void **state)
{
    struct setup *s = *state;
    NEGOTIATE(s, REFUSE(MTU_REQUEST, 7), STEPS_LENGTH, STEPS_PHY);
    assert_string_equal(s->notes, "The dongle refused to ask for an MTU of 247 "
                                  "(NRF_ERROR_INVALID_PARAM); 23 is used.");
    assert_int_equal(nordfu_central_link(s->central)->mtu, 23);
    finish(s);
}

static void mtu_refused_by_the_peer_is_a_note(void **state)
{
    struct setup *s = *state;
    NEGOTIATE(s, CALL(MTU_REQUEST), SEND(MTU_REFUSAL), STEPS_LENGTH, STEPS_PHY);
    assert_non_null(strstr(s->notes, "device refused"));
    assert_non_null(strstr(s->notes, "23 is used"));
    assert_int_equal(nordfu_central_link(s->central)->mtu, 23);
    finish(s);
}

static void smaller_mtu_of_the_peer_is_used(void **state)
{
    struct setup *s = *state;
    NEGOTIATE(s, CALL(MTU_REQUEST), SEND(MTU_RESPONSE("6400")), STEPS_LENGTH, STEPS_PHY);
    assert_int_equal(nordfu_central_link(s->central)->mtu, 100);
    assert_non_null(strstr(s->notes, "MTU of 100"));
    finish(s);
}

static void impossible_mtu_of_the_peer_counts_as_23(void **state)
{
    struct setup *s = *state;
    NEGOTIATE(s, CALL(MTU_REQUEST), SEND(MTU_RESPONSE("0000")), STEPS_LENGTH, STEPS_PHY);
    assert_int_equal(nordfu_central_link(s->central)->mtu, 23);
    finish(s);
}

static void silence_about_the_mtu_costs_a_second_connection_not_the_update(void **state)
{
    struct setup *s = *state;
    OPEN(s, STEPS_CONNECT, CALL(MTU_REQUEST), DELAY(2900), CALL(DISCONNECT), SEND(LOST("16")),
         CALL("00 8c 01" PEER "01 00 a000 a000 0900 01 0600 1800 0000 9001 01"), SEND(CONNECTED),
         STEPS_LENGTH, STEPS_PHY, STEPS_DISCOVERY);
    assert_int_equal(connect_central(s), 0);
    assert_int_equal(nordfu_central_link(s->central)->mtu, 23);
    assert_non_null(strstr(s->notes, "unanswered"));
    finish(s);
}

static void data_length_refused_by_the_dongle_is_a_note(void **state)
{
    struct setup *s = *state;
    NEGOTIATE(s, STEPS_MTU, REFUSE(LENGTH_REQUEST, 0x13), STEPS_PHY);
    assert_string_equal(s->notes, "The dongle refused a data length of 251 (NRF_ERROR_RESOURCES); "
                                  "27 is used.");
    assert_int_equal(nordfu_central_link(s->central)->tx_octets, 27);
    finish(s);
}

static void data_length_refused_by_the_peer_is_a_note(void **state)
{
    struct setup *s = *state;
    NEGOTIATE(s, STEPS_MTU, EXPECT(LENGTH_REQUEST), SEND(LENGTH_OK), SEND(LENGTH_UPDATE("1b00")),
              STEPS_PHY);
    assert_non_null(strstr(s->notes, "data length of 251; 27 is used"));
    finish(s);
}

static void silence_about_data_length_and_phy_is_bounded(void **state)
{
    struct setup *s = *state;
    uint64_t before = s->fake.now;
    NEGOTIATE(s, STEPS_MTU, EXPECT(LENGTH_REQUEST), SEND(LENGTH_OK), CALL(PHY_REQUEST));
    assert_non_null(strstr(s->notes, "27 is used"));
    assert_non_null(strstr(s->notes, "no answer"));
    assert_int_equal(nordfu_central_link(s->central)->tx_phy, 1);
    assert_true(s->fake.now - before < 3 * NORDFU_SECOND);
    finish(s);
}

static void phy_refused_by_the_dongle_is_a_note(void **state)
{
    struct setup *s = *state;
    NEGOTIATE(s, STEPS_MTU, STEPS_LENGTH, REFUSE(PHY_REQUEST, 6));
    assert_non_null(strstr(s->notes, "The dongle refused the 2M PHY"));
    assert_non_null(strstr(s->notes, "1M is used"));
    finish(s);
}

static void phy_refused_by_the_peer_is_a_note(void **state)
{
    struct setup *s = *state;
    NEGOTIATE(s, STEPS_MTU, STEPS_LENGTH, CALL(PHY_REQUEST), SEND(PHY_UPDATE("1a 00 00")));
    assert_non_null(strstr(s->notes, "not supported by the peer"));
    assert_int_equal(nordfu_central_link(s->central)->tx_phy, 1);
    finish(s);
}

static void dongle_that_stays_busy_is_given_up(void **state)
{
    struct setup *s = *state;
    const struct step before[] = {STEPS_OPEN, STEPS_CONNECT, STEPS_MTU, STEPS_LENGTH};
    const struct step busy[] = {REFUSE(PHY_REQUEST, 0x11)}, after[] = {STEPS_DISCOVERY};
    FAKE_ADD(&s->fake, before);
    /* Every 50 ms for a second. */
    for (int i = 0; i <= 20; i++)
        FAKE_ADD(&s->fake, busy);
    FAKE_ADD(&s->fake, after);
    assert_int_equal(open_central(s), 0);
    assert_int_equal(connect_central(s), 0);
    assert_non_null(strstr(s->notes, "NRF_ERROR_BUSY"));
    finish(s);
}

static void busy_dongle_is_asked_again_after_the_next_event(void **state)
{
    struct setup *s = *state;
    NEGOTIATE(s, STEPS_MTU, STEPS_LENGTH, REFUSE(PHY_REQUEST, 0x11), DELAY(5),
              SEND("02 1200 0000 0c00 0c00 0000 9001"), STEPS_PHY);
    assert_int_equal(nordfu_central_link(s->central)->tx_phy, 2);
    assert_int_equal(nordfu_central_link(s->central)->interval, 12);
    finish(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(open_describes_the_dongle),
        TEST(failed_open_closes_the_port),
        TEST(refused_event_extension_does_not_matter),
        TEST(scan_hands_on_reports_until_one_is_taken),
        TEST(scan_ends_at_its_deadline_and_is_stopped),
        TEST(flood_of_reports_does_not_outlast_the_deadline),
        TEST(cancelled_scan_is_stopped_all_the_same),
        TEST(scan_that_runs_already_is_started_anew),
        TEST(scan_that_never_starts_is_an_error),
        TEST(connect_negotiates_and_discovers),
        TEST(attempt_is_cancelled_at_the_deadline),
        TEST(link_that_comes_while_cancelled_is_taken_down),
        TEST(link_of_an_older_attempt_is_taken_down_unless_it_is_the_one_wanted),
        TEST(link_that_comes_while_its_attempt_seems_in_the_way_is_used),
        TEST(attempt_the_dongle_gives_up_is_a_timeout),
        TEST(cancelled_connect_leaves_no_attempt_behind),
        TEST(connect_cancelled_before_its_answer_leaves_no_attempt_behind),
        TEST(cancelled_negotiation_leaves_no_link_behind),
        TEST(link_that_never_came_about_is_tried_again),
        TEST(link_lost_while_connecting_names_the_reason),
        TEST(refused_connect_names_the_status),
        TEST(old_attempt_in_the_way_is_cancelled),
        TEST(mtu_refused_by_the_dongle_is_a_note),
        TEST(mtu_refused_by_the_peer_is_a_note),
        TEST(smaller_mtu_of_the_peer_is_used),
        TEST(impossible_mtu_of_the_peer_counts_as_23),
        TEST(silence_about_the_mtu_costs_a_second_connection_not_the_update),
        TEST(data_length_refused_by_the_dongle_is_a_note),
        TEST(data_length_refused_by_the_peer_is_a_note),
        TEST(silence_about_data_length_and_phy_is_bounded),
        TEST(phy_refused_by_the_dongle_is_a_note),
        TEST(phy_refused_by_the_peer_is_a_note),
        TEST(dongle_that_stays_busy_is_given_up),
        TEST(busy_dongle_is_asked_again_after_the_next_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
