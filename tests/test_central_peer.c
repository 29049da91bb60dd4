/* SPDX-License-Identifier: MIT
 * The central on a scripted dongle. What the peer asks, and what it says it has. */
#include "test.h"

#include "central_script.h"

/* ---- The peer asks ---- */

static void peer_that_asks_for_the_mtu_first_settles_it(void **state)
{
    struct setup *s = *state;
    NEGOTIATE(s, SEND(PEER_MTU("b900")), REFUSE(MTU_REQUEST, 8), CALL(MTU_REPLY("f700")),
              STEPS_LENGTH, STEPS_PHY);
    assert_int_equal(nordfu_central_link(s->central)->mtu, 185);
    assert_string_equal(s->notes, "");
    finish(s);
}

static void both_sides_asking_for_the_mtu_agree_on_the_smaller(void **state)
{
    struct setup *s = *state;
    NEGOTIATE(s, SEND(PEER_MTU("b900")), CALL(MTU_REQUEST), CALL(MTU_REPLY("f700")),
              SEND(MTU_RESPONSE("f700")), STEPS_LENGTH, STEPS_PHY);
    assert_int_equal(nordfu_central_link(s->central)->mtu, 185);
    finish(s);
}

static void mtu_answer_the_dongle_refuses_is_given_as_23(void **state)
{
    struct setup *s = *state;
    NEGOTIATE(s, SEND(PEER_MTU("f700")), REFUSE(MTU_REQUEST, 7), REFUSE(MTU_REPLY("f700"), 7),
              CALL(MTU_REPLY("1700")), STEPS_LENGTH, STEPS_PHY);
    assert_int_equal(nordfu_central_link(s->central)->mtu, 23);
    assert_non_null(strstr(s->notes, "refused to offer an MTU of 247"));
    finish(s);
}

/* The wait for the peer's first list of services, in which it asks `...` instead. */
#define WHILE_WAITING(s, ...)                                                                      \
    do {                                                                                           \
        OPEN(s, STEPS_CONNECT, STEPS_MTU, STEPS_LENGTH, STEPS_PHY, CALL(SERVICES("0100")),         \
             __VA_ARGS__, SEND(SERVICES_END));                                                     \
        assert_int_equal(connect_central(s), 0);                                                   \
        finish(s);                                                                                 \
    } while (0)

static void every_request_of_the_peer_is_answered_in_the_middle_of_a_wait(void **state)
{
    struct setup *s = *state;
    WHILE_WAITING(s, SEND(PEER_LENGTH), EXPECT(LENGTH_REQUEST), SEND(LENGTH_OK), /* data length */
                  SEND(PEER_PHY), CALL(PHY_REPLY),                               /* PHY */
                  SEND(PEER_MTU("f700")), CALL(MTU_REPLY("f700")),               /* MTU */
                  SEND("02 1f00 0000 0c00 0c00 0000 5802"),                      /* parameters */
                  CALL("00 75 0000 01 0c00 0c00 0000 5802"),                     /* accepted */
                  SEND("02 5200 0000 00"),                                       /* SYS_ATTR */
                  CALL("00 a9 0000 0000 00 00000000"),                           /* defaults */
                  SEND("02 0100 0000 01"), CALL("00 66 0000 00"),                /* USER_MEM */
                  SEND("02 1300 0000 0107 1000 00"),                             /* SEC_PARAMS */
                  EXPECT("00 7f 0000 85 00 00"), SEND("01 7f 00000000 00"),      /* not here */
                  SEND("02 1400 0000 " PEER "0000 0000000000000000 01"),         /* SEC_INFO */
                  CALL("00 86 0000 00 00 00"),                                   /* no keys */
                  SEND("02 1700 0000 01"), CALL("00 80 0000 00 00")); /* AUTH_KEY: none */
}

static void impossible_connection_parameters_are_declined(void **state)
{
    struct setup *s = *state;
    WHILE_WAITING(s, SEND("02 1f00 0000 0c00 0c00 f401 5802"), CALL("00 75 0000 00"), /* latency */
                  SEND("02 1f00 0000 0500 0c00 0000 5802"), CALL("00 75 0000 00"),    /* 6.25 ms */
                  SEND("02 1f00 0000 800c 800c 0000 2003"), CALL("00 75 0000 00"));   /* timeout */
}

static void answers_the_dongle_refuses_are_given_plainly(void **state)
{
    struct setup *s = *state;
    WHILE_WAITING(s, SEND(PEER_LENGTH), REFUSE(LENGTH_REQUEST, 0x13), EXPECT("00 90 0000 00 01"),
                  SEND(LENGTH_OK),                                                  /* automatic */
                  SEND(PEER_PHY), REFUSE(PHY_REPLY, 7), REFUSE("00 8f 0000 00", 7), /* no more */
                  SEND("02 1f00 0000 0c00 0c00 0000 5802"),
                  REFUSE("00 75 0000 01 0c00 0c00 0000 5802", 7), CALL("00 75 0000 00"));
}

static void answers_are_repeated_when_a_procedure_was_in_the_way(void **state)
{
    struct setup *s = *state;
    WHILE_WAITING(s, SEND("02 1f00 0000 0c00 0c00 0000 5802"),
                  REFUSE("00 75 0000 01 0c00 0c00 0000 5802", 0x11), DELAY(20),
                  SEND(PHY_UPDATE("00 02 02")), CALL("00 75 0000 01 0c00 0c00 0000 5802"),
                  SEND("02 1200 0000 0c00 0c00 0000 5802"));
}

/* It gets on without pairing, or it must be paired with on purpose. */
static void security_nobody_here_wants_is_not_answered(void **state)
{
    struct setup *s = *state;
    WHILE_WAITING(s, SEND("02 1e00 0000 01"));
}

static void requests_for_another_link_are_not_answered(void **state)
{
    struct setup *s = *state;
    WHILE_WAITING(s, SEND("02 5500 0100 f700"), SEND("02 2100 0100 03 03"),
                  SEND("02 1100 0100 08"));
}

/* ---- Discovery ---- */

static size_t discover_with(struct setup *s, const struct step *steps, size_t count)
{
    const struct step before[] = {STEPS_OPEN, STEPS_CONNECT, STEPS_MTU, STEPS_LENGTH, STEPS_PHY};
    FAKE_ADD(&s->fake, before);
    fake_add(&s->fake, steps, count);
    assert_int_equal(open_central(s), 0);
    assert_int_equal(connect_central(s), 0);
    size_t found = nordfu_central_link(s->central)->characteristic_count;
    finish(s);
    return found;
}

#define DISCOVER(s, ...)                                                                           \
    discover_with(s, (const struct step[]){__VA_ARGS__},                                           \
                  sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step))

static void several_services_are_walked_through(void **state)
{
    struct setup *s = *state;
    size_t n =
        DISCOVER(s, CALL(SERVICES("0100")),
                 SEND(SERVICE_LIST("0200", "001801 01000900"
                                           "59fe01 0a000e00")),
                 CALL(SERVICES("0f00")), SEND(SERVICE_LIST("0100", "341200 0f001400")),
                 CALL(SERVICES("1500")), SEND(SERVICES_END), /* two, one */
                 CALL(CHARS("0100", "0900")), SEND(CHAR_LIST("0100", "002a01 02 00 0200 0300")),
                 CALL(CHARS("0400", "0900")), SEND(CHARS_END), /* name */
                 CALL(CHARS("0a00", "0e00")), SEND(CHAR_LIST("0100", "030002 28 00 0b00 0c00")),
                 CALL(CHARS("0d00", "0e00")), SEND(CHARS_END), /* indicates */
                 CALL(DESCS("0d00", "0e00")), SEND(DESC_LIST("0100", "0d00 012901")), /* no CCCD */
                 CALL(DESCS("0e00", "0e00")), SEND(DESC_LIST("0100", "0e00 022901")), /* here */
                 CALL(CHARS("0f00", "1400")), SEND(CHAR_LIST("0100", "cdab00 10 00 1000 1400")));
    assert_int_equal(n, 3);
}

static void empty_list_without_error_ends_discovery(void **state)
{
    struct setup *s = *state;
    assert_int_equal(DISCOVER(s, CALL(SERVICES("0100")), SEND(SERVICE_LIST("0000", ""))), 0);
}

static void other_att_errors_end_a_list(void **state)
{
    struct setup *s = *state;
    assert_int_equal(
        DISCOVER(s, CALL(SERVICES("0100")), SEND("02 3000 0000 0f01 0100 0100 59fe01 0100ffff")),
        0);
}

static void services_that_go_back_end_the_list(void **state)
{
    struct setup *s = *state;
    size_t n = DISCOVER(s, CALL(SERVICES("0100")),
                        SEND(SERVICE_LIST("0200", "59fe01 01000500"
                                                  "59fe01 01000500")),
                        CALL(CHARS("0100", "0500")), SEND(CHARS_END));
    assert_int_equal(n, 0);
}

static void services_that_end_before_they_start_end_the_list(void **state)
{
    struct setup *s = *state;
    assert_int_equal(
        DISCOVER(s, CALL(SERVICES("0100")), SEND(SERVICE_LIST("0100", "59fe01 05000400"))), 0);
}

static void characteristics_outside_their_service_end_the_list(void **state)
{
    struct setup *s = *state;
    size_t n = DISCOVER(s, CALL(SERVICES("0100")), SEND(SERVICE_LIST("0100", "59fe01 0100ffff")),
                        CALL(CHARS("0100", "ffff")),
                        SEND(CHAR_LIST("0200", "010002 04 00 0200 0300"
                                               "020002 04 00 0200 0300")));
    assert_int_equal(n, 1);
}

static void characteristic_whose_value_precedes_it_ends_the_list(void **state)
{
    struct setup *s = *state;
    size_t n =
        DISCOVER(s, CALL(SERVICES("0100")), SEND(SERVICE_LIST("0100", "59fe01 0100ffff")),
                 CALL(CHARS("0100", "ffff")), SEND(CHAR_LIST("0100", "010002 04 00 0500 0500")));
    assert_int_equal(n, 0);
}

static void descriptors_that_do_not_progress_end_the_search(void **state)
{
    struct setup *s = *state;
    size_t n =
        DISCOVER(s, CALL(SERVICES("0100")), SEND(SERVICE_LIST("0100", "59fe01 0100ffff")),
                 CALL(CHARS("0100", "ffff")), SEND(CHAR_LIST("0100", "010002 10 00 0200 0300")),
                 CALL(CHARS("0400", "ffff")), SEND(CHARS_END), CALL(DESCS("0400", "ffff")),
                 SEND(DESC_LIST("0200", "0400 012901 0400 012901")));
    assert_int_equal(n, 1);
}

/* Adds one step with a text made for it; texts[] lives as long as the test. */
static void add_text(struct setup *s, enum step_kind kind, const char *before, uint16_t start,
                     const char *between, uint16_t end)
{
    char *text = s->texts[s->text_count++];
    assert_true(s->text_count <= sizeof(s->texts) / sizeof(s->texts[0]));
    snprintf(text, sizeof(s->texts[0]), "%s %02x%02x %s %02x%02x", before, start & 0xFF, start >> 8,
             between, end & 0xFF, end >> 8);
    const struct step step = {kind, text, 0};
    fake_add(&s->fake, &step, 1);
}

static void endless_services_are_cut_off(void **state)
{
    struct setup *s = *state;
    const struct step before[] = {STEPS_OPEN, STEPS_CONNECT, STEPS_MTU, STEPS_LENGTH, STEPS_PHY};
    const struct step end[] = {SEND(CHARS_END)};
    FAKE_ADD(&s->fake, before);
    for (uint16_t i = 1; i <= 65; i++) {
        /* SERVICES(i), its trailing 00 being the high byte of nothing: start and absent UUID */
        char *text = s->texts[s->text_count++];
        snprintf(text, sizeof(s->texts[0]), "00 94 0000 %02x00 00", i);
        const struct step ask = {STEP_CALL, text, 0};
        fake_add(&s->fake, &ask, 1);
        add_text(s, STEP_SEND, "02 3000 0000 0000 0000 0100 59fe01", i, "", i);
    }
    for (uint16_t i = 1; i <= 64; i++) {
        add_text(s, STEP_CALL, "00 96 0000 01", i, "", i);
        FAKE_ADD(&s->fake, end);
    }
    assert_int_equal(open_central(s), 0);
    assert_int_equal(connect_central(s), 0);
    finish(s);
}

static void more_characteristics_than_room_are_cut_off(void **state)
{
    struct setup *s = *state;
    const struct step before[] = {STEPS_OPEN,
                                  STEPS_CONNECT,
                                  STEPS_MTU,
                                  STEPS_LENGTH,
                                  STEPS_PHY,
                                  CALL(SERVICES("0100")),
                                  SEND(SERVICE_LIST("0100", "59fe01 0100ffff"))};
    FAKE_ADD(&s->fake, before);
    for (uint16_t i = 0; i <= NORDFU_MAX_CHARACTERISTICS; i++) {
        uint16_t start = (uint16_t)(1 + 2 * i);
        add_text(s, STEP_CALL, "00 96 0000 01", start, "", 0xFFFF);
        add_text(s, STEP_SEND, "02 3200 0000 0000 0000 0100 010002 04 00", start, "",
                 (uint16_t)(start + 1));
    }
    assert_int_equal(open_central(s), 0);
    assert_int_equal(connect_central(s), 0);
    assert_int_equal(nordfu_central_link(s->central)->characteristic_count,
                     NORDFU_MAX_CHARACTERISTICS);
    finish(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(peer_that_asks_for_the_mtu_first_settles_it),
        TEST(both_sides_asking_for_the_mtu_agree_on_the_smaller),
        TEST(mtu_answer_the_dongle_refuses_is_given_as_23),
        TEST(every_request_of_the_peer_is_answered_in_the_middle_of_a_wait),
        TEST(impossible_connection_parameters_are_declined),
        TEST(answers_the_dongle_refuses_are_given_plainly),
        TEST(answers_are_repeated_when_a_procedure_was_in_the_way),
        TEST(security_nobody_here_wants_is_not_answered),
        TEST(requests_for_another_link_are_not_answered),
        TEST(several_services_are_walked_through),
        TEST(empty_list_without_error_ends_discovery),
        TEST(other_att_errors_end_a_list),
        TEST(services_that_go_back_end_the_list),
        TEST(services_that_end_before_they_start_end_the_list),
        TEST(characteristics_outside_their_service_end_the_list),
        TEST(characteristic_whose_value_precedes_it_ends_the_list),
        TEST(descriptors_that_do_not_progress_end_the_search),
        TEST(endless_services_are_cut_off),
        TEST(more_characteristics_than_room_are_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
