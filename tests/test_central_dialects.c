/* SPDX-License-Identifier: MIT
 * The central on scripted dongles of SoftDevice API v2, v3 and v6: what it does otherwise than on
 * v5, packet by packet. */
#include "test.h"

#include "central_script.h"

#define BASE "50eada308883b89f604f15f30100c98e"

/* ---- v2 ---- */

#define V2_OPEN                                                                                    \
    REFUSE("00 66 01", 0x3001), CALL("00 60 01 0a00 00 00 01 01 01 00000000"), EXPECT("00 66 01"), \
        SEND("01 66 00000000 07 5900 8700"), CALL("00 68 01000000 01 02 03 03"),                   \
        EXPECT("00 63 01 " BASE " 01"), SEND("01 63 00000000 01 02")
#define V2_PEER      "01 718293a4b5c6" /* the type alone */
#define V2_SCAN      "00 8a 01 01 00 a000 a000 0c00"
#define V2_CONNECT   "00 8c 01" V2_PEER "01 00 00 a000 a000 0c00 01 0600 1800 0000 9001"
#define V2_CONNECTED "02 1000 0000 " V2_PEER "01 010203040506 02 00 0600 0600 0000 9001"
#define COUNT_GET    "00 62 0000 01"
#define COUNT(n)     "01 62 00000000 01 " n
#define V2_DISCOVERY                                                                               \
    CALL("00 90 0000 0100 00"), SEND(SERVICE_LIST("0100", "59fe01 0b00ffff")),                     \
        CALL("00 92 0000 01 0b00 ffff"),                                                           \
        SEND(CHAR_LIST("0200", "020002 04 00 0c00 0d00"                                            \
                               "010002 18 00 0e00 0f00")),                                         \
        CALL("00 92 0000 01 1000 ffff"), SEND(CHARS_END), CALL("00 93 0000 01 1000 ffff"),         \
        SEND(DESC_LIST("0100", "1000 022901"))
#define V2_LINK                                                                                    \
    V2_OPEN, CALL(V2_CONNECT), SEND(V2_CONNECTED), EXPECT(COUNT_GET), SEND(COUNT("02")),           \
        V2_DISCOVERY
#define V2_COMMAND     "00 98 0000 01 02 00 0d00 0000 0200 01 aabb"
#define TX_COMPLETE(n) "02 0100 0000 " n

#define PLAY(s, ...)                                                                               \
    do {                                                                                           \
        const struct step steps_[] = {__VA_ARGS__};                                                \
        FAKE_ADD(&(s)->fake, steps_);                                                              \
    } while (0)

static void open_or_fail(struct setup *s)
{
    if (open_central(s) != 0)
        fail_msg("%s; %s", s->error.text, s->fake.mismatch);
}

static void connect_or_fail(struct setup *s)
{
    open_or_fail(s);
    if (connect_central(s) != 0)
        fail_msg("%s; %s", s->error.text, s->fake.mismatch);
}

static int send_command(struct setup *s, uint64_t ms)
{
    return nordfu_central_write_command(s->central, 0x0D, "\xAA\xBB", 2, in(s, ms), &s->error);
}

static void v2_link_has_an_mtu_of_23_and_says_so_once(void **state)
{
    struct setup *s = *state;
    s->fake.old = true;
    PLAY(s, V2_LINK);
    connect_or_fail(s);
    const struct nordfu_link *link = nordfu_central_link(s->central);
    assert_int_equal(link->mtu, 23);
    assert_int_equal(link->tx_octets, 27);
    assert_int_equal(link->tx_phy, 1);
    assert_int_equal(link->characteristic_count, 2);
    assert_int_equal(link->characteristics[1].cccd_handle, 0x10);
    assert_string_equal(s->notes,
                        "The dongle's SoftDevice API v2 knows only an MTU of 23, which is slow; "
                        "for full speed take a dongle with an nRF52.");
    assert_string_equal(s->central->description,
                        "nRF connectivity dongle on /dev/fake, SoftDevice API v2 (S130 2.0.1)");
    fake_assert_done(&s->fake);
    finish(s);
}

static bool take_first(void *context, const struct nordfu_advert *advert)
{
    struct setup *s = context;
    s->found = *advert;
    s->reports++;
    return true;
}

static void v2_on_an_nrf52_can_be_programmed_with_something_faster(void **state)
{
    struct setup *s = *state;
    s->fake.old = true;
    PLAY(s, REFUSE("00 66 01", 0x3001), CALL("00 60 01 0a00 00 00 01 01 01 00000000"),
         EXPECT("00 66 01"), SEND("01 66 00000000 07 5900 8800"),
         CALL("00 68 01000000 01 02 03 03"), EXPECT("00 63 01 " BASE " 01"),
         SEND("01 63 00000000 01 02"));
    open_or_fail(s);
    assert_non_null(
        strstr(s->notes, "full speed program it with connectivity firmware of API v5."));
}

static void v2_report_is_read(void **state)
{
    struct setup *s = *state;
    s->fake.old = true;
    /* Length, kind and scan response share a byte: three bytes of a device that is scannable. */
    PLAY(s, V2_OPEN, CALL(V2_SCAN), SEND("02 1d00 ffff " V2_PEER " c8 1c 020106"), CALL(SCAN_STOP));
    open_or_fail(s);
    assert_int_equal(nordfu_central_scan(s->central, take_first, s, in(s, 10000), &s->error), 0);
    assert_int_equal(s->found.rssi, -56);
    assert_false(s->found.connectable);
    assert_true(nordfu_address_equal(&s->found.address, &wish.address));
    assert_int_equal(s->found.address.type, wish.address.type);
    fake_assert_done(&s->fake);
}

static void v2_writes_wait_for_places(void **state)
{
    struct setup *s = *state;
    s->fake.old = true;
    PLAY(s, V2_LINK, CALL(V2_COMMAND), CALL(V2_COMMAND), DELAY(30), SEND(TX_COMPLETE("02")),
         CALL(V2_COMMAND), CALL(V2_COMMAND));
    connect_or_fail(s);
    for (int i = 0; i < 4; i++)
        assert_int_equal(send_command(s, 1000), 0);
    assert_int_equal(send_command(s, 100), NORDFU_ERR_TIMEOUT);
    fake_assert_done(&s->fake);
    finish(s);
}

/* More than were counted are in use: then it is a completion that helps. */
static void v2_that_has_no_buffer_left_is_waited_for(void **state)
{
    struct setup *s = *state;
    s->fake.old = true;
    PLAY(s, V2_LINK, REFUSE(V2_COMMAND, 0x3004), DELAY(30), SEND(TX_COMPLETE("01")),
         CALL(V2_COMMAND));
    connect_or_fail(s);
    assert_int_equal(send_command(s, 1000), 0);
    fake_assert_done(&s->fake);
    finish(s);
}

static void v2_that_has_no_memory_for_long_events_gets_shorter_ones(void **state)
{
    struct setup *s = *state;
    s->fake.old = true;
    PLAY(s, V2_OPEN, REFUSE(V2_CONNECT, 4), CALL("00 68 01000000 01 02 02 02"), CALL(V2_CONNECT),
         SEND(V2_CONNECTED), EXPECT(COUNT_GET), SEND(COUNT("07")), V2_DISCOVERY);
    connect_or_fail(s);
    finish(s);
}

static void v2_that_has_no_memory_at_all_is_an_error(void **state)
{
    struct setup *s = *state;
    s->fake.old = true;
    PLAY(s, V2_OPEN, REFUSE(V2_CONNECT, 4), CALL("00 68 01000000 01 02 02 02"),
         REFUSE(V2_CONNECT, 4));
    open_or_fail(s);
    assert_int_equal(connect_central(s), NORDFU_ERR_LINK);
    assert_int_equal(s->error.detail, 4);
    fake_assert_done(&s->fake);
}

/* Its number is that of an MTU response in later dialects. */
static void v2_att_timeout_ends_the_use_of_the_link(void **state)
{
    struct setup *s = *state;
    s->fake.old = true;
    PLAY(s, V2_LINK, SEND("02 3a00 0000 00"));
    connect_or_fail(s);
    assert_int_equal(nordfu_central_wait(s->central, in(s, 50), &s->error), NORDFU_ERR_LINK);
    assert_non_null(strstr(s->error.text, "30 s"));
    finish(s);
}

static void v2_connect_that_times_out_is_noticed(void **state)
{
    struct setup *s = *state;
    s->fake.old = true;
    PLAY(s, V2_OPEN, CALL(V2_CONNECT), DELAY(50), SEND("02 1b00 ffff 03"),
         REFUSE(CONNECT_CANCEL, 8));
    open_or_fail(s);
    uint64_t before = s->fake.now;
    assert_int_equal(connect_central(s), NORDFU_ERR_TIMEOUT);
    assert_true(s->fake.now - before < NORDFU_SECOND);
}

/* ---- v3 ---- */

#define V3_OPEN                                                                                    \
    EXPECT("00 65 01"), RESTART, REFUSE("00 66 01", 0x3001),                                       \
        CALL("00 60 01 0a00 00 00 01 01 00 f700 01 00000000"), EXPECT("00 66 01"),                 \
        SEND("01 66 00000000 08 5900 9100"), CALL("00 68 03000000 01 01"),                         \
        EXPECT("00 63 01 " BASE " 01"), SEND("01 63 00000000 01 02")
#define V3_CONNECT     "00 8c 01" PEER "01 00 a000 a000 0c00 01 0600 1800 0000 9001"
#define EXT_LEN        "00 68 26000000 01 fb"
#define LENGTH_CHANGED "02 0400 0000 fb00 4808 fb00 4808"
#define V3_BEGIN                                                                                   \
    CALL(V3_CONNECT), SEND(CONNECTED), EXPECT(COUNT_GET), SEND(COUNT("07")), CALL(MTU_REQUEST),    \
        SEND(MTU_RESPONSE("f700"))

static void v3_link_gets_its_data_length_by_an_option(void **state)
{
    struct setup *s = *state;
    PLAY(s, V3_OPEN, CALL(EXT_LEN), V3_BEGIN, SEND(LENGTH_CHANGED), STEPS_DISCOVERY);
    connect_or_fail(s);
    const struct nordfu_link *link = nordfu_central_link(s->central);
    assert_int_equal(link->mtu, 247);
    assert_int_equal(link->tx_octets, 251);
    assert_int_equal(link->rx_octets, 251);
    assert_int_equal(link->tx_phy, 1);
    assert_string_equal(s->notes, "");
    finish(s);
}

static void v3_that_refuses_the_option_works_with_27_octets(void **state)
{
    struct setup *s = *state;
    PLAY(s, V3_OPEN, REFUSE(EXT_LEN, 6), V3_BEGIN, STEPS_DISCOVERY);
    connect_or_fail(s);
    assert_int_equal(nordfu_central_link(s->central)->tx_octets, 27);
    assert_non_null(strstr(s->notes, "27 is used"));
    finish(s);
}

static void v3_that_does_not_tell_its_places_gets_one_write_at_a_time(void **state)
{
    struct setup *s = *state;
    PLAY(s, V3_OPEN, CALL(EXT_LEN), CALL(V3_CONNECT), SEND(CONNECTED), REFUSE(COUNT_GET, 3),
         STEPS_MTU, STEPS_DISCOVERY, CALL(COMMAND), DELAY(30), SEND(TX_COMPLETE("01")),
         CALL(COMMAND));
    connect_or_fail(s);
    assert_int_equal(send_command(s, 1000), 0);
    assert_int_equal(send_command(s, 1000), 0);
    finish(s);
}

/* ---- v6 ---- */

#define V6_OPEN                                                                                    \
    REFUSE("00 65 01", 0x3001), CALL("00 69 23000000 01 01 f700"),                                 \
        CALL("00 69 20000000 01 01 01 0600"), CALL("00 69 21000000 01 01 04"), CALL("00 60"),      \
        EXPECT("00 65 01"), SEND("01 65 00000000 09 5900 b700"), CALL("00 67 02000000 01 01"),     \
        EXPECT("00 62 01 " BASE " 01"), SEND("01 62 00000000 01 02")
#define BUFFER   "01 01000000 1f00"
#define V6_SCAN  "00 8a 01 04 01 01 0000000000 a000 a000 b004 " BUFFER
#define V6_GO_ON "00 8a 00 " BUFFER
#define V6_REPORT(of)                                                                              \
    "02 1d00 ffff " of " 00000000000000 01 ff 7f c8 25 ff 0000 01000000 0300 01 "                  \
    "020106 0000 00"
#define ADVERTISEMENT "0300 " PEER /* connectable, scannable */
#define INCOMPLETE    "3300 " PEER /* extended, more to come */
#define V6_CONNECT    "00 8c 01" PEER "01 00 01 01 0000000000 a000 a000 b004 01 0600 1800 0000 9001 01"
#define V6_CONNECTED  CONNECTED " ff 00000000 0000 00000000 0000"
#define V6_DISCOVERY                                                                               \
    CALL("00 9b 0000 0100 00"), SEND(SERVICE_LIST("0100", "59fe01 0b00ffff")),                     \
        CALL("00 9d 0000 01 0b00 ffff"),                                                           \
        SEND(CHAR_LIST("0200", "020002 04 00 0c00 0d00"                                            \
                               "010002 18 00 0e00 0f00")),                                         \
        CALL("00 9d 0000 01 1000 ffff"), SEND(CHARS_END), CALL("00 9e 0000 01 1000 ffff"),         \
        SEND(DESC_LIST("0100", "1000 022901"))

static bool take_third(void *context, const struct nordfu_advert *advert)
{
    return take_first(context, advert) && ((struct setup *)context)->reports == 3;
}

static void v6_scan_goes_on_after_every_complete_report(void **state)
{
    struct setup *s = *state;
    PLAY(s, V6_OPEN, CALL(V6_SCAN), SEND(V6_REPORT(ADVERTISEMENT)), CALL(V6_GO_ON),
         SEND(V6_REPORT(INCOMPLETE)), SEND(V6_REPORT(ADVERTISEMENT)), CALL(V6_GO_ON),
         CALL(SCAN_STOP));
    open_or_fail(s);
    assert_int_equal(nordfu_central_scan(s->central, take_third, s, in(s, 10000), &s->error), 0);
    assert_true(s->found.connectable);
    assert_int_equal(s->found.rssi, -56);
    fake_assert_done(&s->fake);
}

static void v6_report_after_the_scan_does_not_start_it_again(void **state)
{
    struct setup *s = *state;
    PLAY(s, V6_OPEN, CALL(V6_SCAN), SEND(V6_REPORT(ADVERTISEMENT)), CALL(V6_GO_ON), CALL(SCAN_STOP),
         SEND(V6_REPORT(ADVERTISEMENT)));
    open_or_fail(s);
    assert_int_equal(nordfu_central_scan(s->central, take_first, s, in(s, 10000), &s->error), 0);
    assert_int_equal(nordfu_central_wait(s->central, in(s, 50), &s->error), 0);
    fake_assert_done(&s->fake);
}

static void v6_link_is_made_and_written_to(void **state)
{
    struct setup *s = *state;
    PLAY(s, V6_OPEN, CALL(V6_CONNECT), SEND(V6_CONNECTED), CALL("00 a5 0000 f700"),
         SEND(MTU_RESPONSE("f700")), STEPS_LENGTH, STEPS_PHY, V6_DISCOVERY,
         CALL("00 a3 0000 01 02 00 0d00 0000 0200 01 aabb"), SEND(SENT("01")),
         SEND(INDICATION("0100 01")), CALL("00 a4 0000 0f00"));
    connect_or_fail(s);
    const struct nordfu_link *link = nordfu_central_link(s->central);
    assert_int_equal(link->mtu, 247);
    assert_int_equal(link->tx_octets, 251);
    assert_int_equal(link->tx_phy, 2);
    assert_int_equal(send_command(s, 1000), 0);
    assert_int_equal(nordfu_central_wait(s->central, in(s, 50), &s->error), 0);
    assert_string_equal(s->notes, "");
    fake_assert_done(&s->fake);
    finish(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(v2_link_has_an_mtu_of_23_and_says_so_once),
        TEST(v2_on_an_nrf52_can_be_programmed_with_something_faster),
        TEST(v2_report_is_read),
        TEST(v2_writes_wait_for_places),
        TEST(v2_that_has_no_buffer_left_is_waited_for),
        TEST(v2_that_has_no_memory_for_long_events_gets_shorter_ones),
        TEST(v2_that_has_no_memory_at_all_is_an_error),
        TEST(v2_att_timeout_ends_the_use_of_the_link),
        TEST(v2_connect_that_times_out_is_noticed),
        TEST(v3_link_gets_its_data_length_by_an_option),
        TEST(v3_that_refuses_the_option_works_with_27_octets),
        TEST(v3_that_does_not_tell_its_places_gets_one_write_at_a_time),
        TEST(v6_scan_goes_on_after_every_complete_report),
        TEST(v6_report_after_the_scan_does_not_start_it_again),
        TEST(v6_link_is_made_and_written_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
