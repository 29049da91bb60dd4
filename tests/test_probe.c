/* SPDX-License-Identifier: MIT
 * Which firmware is it? Conversations with a scripted dongle, packet by packet; test_probe_sim.c
 * has the whole thing in time. */
#include "test.h"

#include "dongle/probe.h"
#include "fake_dongle.h"

#define CFG_GATT(mtu)    "00 69 23000000 01 01 " mtu
#define CFG_GAP          "00 69 20000000 01 01 01 0600"
#define CFG_GATTC(queue) "00 69 21000000 01 01 " queue
#define ENABLE           "00 60"
#define ENABLE_V2        "00 60 01 0a00 00 00 01 01 01 00000000"
#define ENABLE_V3(mtu)   "00 60 01 0a00 00 00 01 01 00 " mtu " 01 00000000"
#define VERSION_NEW      "00 65 01"
#define VERSION_OLD      "00 66 01"
#define TOLD_NEW(fwid)   "01 65 00000000 09 5900 " fwid
#define TOLD_OLD(fwid)   "01 66 00000000 08 5900 " fwid
#define NOT_ENABLED      0x3001

/* Pieces of conversations. */
#define UNDERSTOOD_NEW REFUSE(VERSION_NEW, NOT_ENABLED)
#define UNDERSTOOD_OLD REFUSE(VERSION_OLD, NOT_ENABLED)
#define CONFIGURED_NEW CALL(CFG_GATT("f700")), CALL(CFG_GAP), CALL(CFG_GATTC("10")), CALL(ENABLE)
#define TELLS_NEW(f)   EXPECT(VERSION_NEW), SEND(TOLD_NEW(f))
#define TELLS_OLD(f)   EXPECT(VERSION_OLD), SEND(TOLD_OLD(f))

struct setup {
    struct fake_dongle fake;
    struct dongle *dongle;
    struct nordfu_error error;
    struct probe_identity identity;
    uint64_t patience; /* us */
};

static int set_up(void **state)
{
    struct setup *s = calloc(1, sizeof(*s));
    fake_init(&s->fake);
    s->patience = PROBE_PATIENCE;
    struct nordfu_port *port = &s->fake.port;
    *state = s;
    return dongle_open(&s->dongle, &port, NULL, &s->error);
}

static int tear_down(void **state)
{
    struct setup *s = *state;
    dongle_close(&s->dongle);
    free(s);
    return 0;
}

static int probe(struct setup *s, int hint)
{
    static const struct probe_config wish = {247, 16, 6};
    return probe_open(s->dongle, &wish, hint, s->patience, &s->identity, &s->error);
}

/* It is of this API, and the script was played to its end. */
static void found(struct setup *s, int hint, int api)
{
    if (probe(s, hint) != 0)
        fail_msg("%s; %s", s->error.text, s->fake.mismatch);
    assert_int_equal(s->identity.api, api);
    assert_int_equal(dongle_api(s->dongle), api);
    assert_true(dongle_usable(s->dongle));
    fake_assert_done(&s->fake);
}

static void says(const struct setup *s, const char *part)
{
    if (strstr(s->error.text, part) == NULL)
        fail_msg("no \"%s\" in: %s", part, s->error.text);
}

#define PLAY(s, ...)                                                                               \
    do {                                                                                           \
        const struct step steps_[] = {__VA_ARGS__};                                                \
        FAKE_ADD(&(s)->fake, steps_);                                                              \
    } while (0)

/* ---- The right guess ---- */

static void v5_dongle_is_configured_and_identified(void **state)
{
    struct setup *s = *state;
    PLAY(s, UNDERSTOOD_NEW, CONFIGURED_NEW, TELLS_NEW("a500"));
    found(s, 0, 5);
    assert_int_equal(s->identity.fwid, 0xA5);
    assert_string_equal(s->identity.text, "SoftDevice API v5 (S132 5.1.0)");
    assert_int_equal(s->identity.config.mtu, 247);
    assert_int_equal(s->identity.config.write_queue, 16);
}

static void v6_dongle_is_configured_like_v5_and_identified(void **state)
{
    struct setup *s = *state;
    PLAY(s, UNDERSTOOD_NEW, CONFIGURED_NEW, TELLS_NEW("b700"));
    found(s, 0, 6);
    assert_string_equal(s->identity.text, "SoftDevice API v6 (S132 6.1.1)");
}

static void v2_dongle_is_told_by_its_first_config(void **state)
{
    struct setup *s = *state;
    s->fake.old = true;
    PLAY(s, UNDERSTOOD_OLD, CALL(ENABLE_V2), TELLS_OLD("8700"));
    found(s, 0, 2);
    assert_int_equal(s->identity.config.mtu, 23);
    assert_string_equal(s->identity.text, "SoftDevice API v2 (S130 2.0.1)");
}

static void hint_for_an_old_chip_finds_v3_at_once(void **state)
{
    struct setup *s = *state;
    PLAY(s, UNDERSTOOD_OLD, CALL(ENABLE_V3("f700")), TELLS_OLD("9100"));
    found(s, 2, 3);
    assert_int_equal(s->identity.config.mtu, 247);
}

static void usb_tells_the_dialect_before_anything_is_sent(void **state)
{
    struct setup *s = *state;
    s->fake.identity = (struct nordfu_port_identity){
        .vid = 0x1915, .pid = 0xC00A, .firmware = "ble-connectivity 4.1.4", .application = 0x1F000};
    PLAY(s, UNDERSTOOD_OLD, CALL(ENABLE_V3("f700")), TELLS_OLD("9100"));
    /* The hint is wrong and does not matter. */
    found(s, 5, 3);
}

/* ---- The wrong guess ---- */

static void wrong_guess_shows_as_a_restart_and_is_mended(void **state)
{
    struct setup *s = *state;
    PLAY(s, EXPECT(VERSION_NEW), RESTART, UNDERSTOOD_OLD, CALL(ENABLE_V3("f700")),
         TELLS_OLD("9100"));
    found(s, 0, 3);
    /* One that has just restarted needs no RESET. */
    assert_int_equal(s->fake.resets, 1);
}

static void wrong_guess_on_usb_takes_the_port_away_for_a_while(void **state)
{
    struct setup *s = *state;
    s->fake.returns_after = 1200 * NORDFU_MS;
    PLAY(s, EXPECT(VERSION_OLD), VANISH, UNDERSTOOD_NEW, CONFIGURED_NEW, TELLS_NEW("a500"));
    found(s, 2, 5);
    assert_int_equal(s->fake.reopened, 1);
    assert_int_equal(s->fake.resets, 1);
}

static void dongle_that_hangs_after_a_wrong_guess_is_reset(void **state)
{
    struct setup *s = *state;
    PLAY(s, EXPECT(VERSION_OLD), UNDERSTOOD_NEW, CONFIGURED_NEW, TELLS_NEW("a500"));
    found(s, 2, 5);
    assert_int_equal(s->fake.resets, 2);
}

static void dongle_that_says_it_does_not_understand_is_asked_in_the_other_language(void **state)
{
    struct setup *s = *state;
    PLAY(s, REFUSE(VERSION_OLD, 6), UNDERSTOOD_NEW, CONFIGURED_NEW, TELLS_NEW("a500"));
    found(s, 2, 5);
    PLAY(s, REFUSE(VERSION_OLD, 9), REFUSE(VERSION_NEW, 9));
    assert_int_equal(probe(s, 2), NORDFU_ERR_DONGLE);
    says(s, "understands no command");
}

static void misleading_clue_costs_one_more_restart(void **state)
{
    struct setup *s = *state;
    s->fake.old = true;
    PLAY(s, UNDERSTOOD_OLD, EXPECT(ENABLE_V2), RESTART, UNDERSTOOD_OLD, CALL(ENABLE_V3("f700")),
         TELLS_OLD("9100"));
    found(s, 0, 3);
}

static void three_wrong_guesses_are_survived(void **state)
{
    struct setup *s = *state;
    PLAY(s, EXPECT(VERSION_NEW), RESTART, UNDERSTOOD_OLD, EXPECT(ENABLE_V3("f700")), RESTART,
         UNDERSTOOD_OLD, CALL(ENABLE_V2), TELLS_OLD("8000"));
    found(s, 5, 2);
}

/* As a USB dongle does that obeys RESET later than expected: wherever it strikes, it is got over,
 * and without another late RESET. */
static void restart_for_another_reason_is_survived(void **state)
{
    struct setup *s = *state;
    const struct step all[] = {UNDERSTOOD_NEW, CONFIGURED_NEW, TELLS_NEW("a500")};
    const struct step wrong[] = {EXPECT(VERSION_OLD), RESTART};
    for (size_t i = 0; i < 6; i++) {
        const struct step last[] = {EXPECT(all[i].hex), RESTART};
        fake_add(&s->fake, all, i);
        FAKE_ADD(&s->fake, last);
        if (i == 0)
            FAKE_ADD(&s->fake, wrong);
        FAKE_ADD(&s->fake, all);
        found(s, 0, 5);
        assert_int_equal(s->fake.resets, i + 1);
    }
}

static void dongle_that_understands_nothing_is_given_up(void **state)
{
    struct setup *s = *state;
    PLAY(s, EXPECT(VERSION_NEW), RESTART, EXPECT(VERSION_OLD), RESTART, EXPECT(VERSION_NEW),
         RESTART);
    assert_int_equal(probe(s, 0), NORDFU_ERR_DONGLE);
    says(s, "understands no command");
    fake_assert_done(&s->fake);
}

static void usb_dongle_that_understands_nothing_is_given_up(void **state)
{
    struct setup *s = *state;
    s->fake.returns_after = NORDFU_SECOND;
    PLAY(s, EXPECT(VERSION_NEW), VANISH, EXPECT(VERSION_OLD), VANISH);
    assert_int_equal(probe(s, 0), NORDFU_ERR_DONGLE);
    says(s, "understands no command");
    fake_assert_done(&s->fake);
}

static void unplugged_dongle_is_waited_for_but_not_for_long(void **state)
{
    struct setup *s = *state;
    PLAY(s, EXPECT(VERSION_NEW), VANISH);
    uint64_t before = s->fake.now;
    assert_int_equal(probe(s, 0), NORDFU_ERR_PORT);
    says(s, "unplugged");
    assert_in_range(s->fake.now - before, 5 * NORDFU_SECOND, 6 * NORDFU_SECOND);
}

static void dongle_that_restarts_at_enable_every_time_is_given_up(void **state)
{
    struct setup *s = *state;
    for (int i = 0; i < 3; i++)
        PLAY(s, UNDERSTOOD_NEW, EXPECT(CFG_GATT("f700")), RESTART);
    assert_int_equal(probe(s, 0), NORDFU_ERR_DONGLE);
    says(s, "restarts again and again");
    fake_assert_done(&s->fake);
}

/* ---- Memory ---- */

static void lack_of_memory_shortens_the_queue_then_the_mtu(void **state)
{
    struct setup *s = *state;
    static const char *const ladder[][2] = {
        {CFG_GATT("f700"), CFG_GATTC("10")}, {CFG_GATT("f700"), CFG_GATTC("08")},
        {CFG_GATT("f700"), CFG_GATTC("04")}, {CFG_GATT("f700"), CFG_GATTC("02")},
        {CFG_GATT("f700"), CFG_GATTC("01")}, {CFG_GATT("7b00"), CFG_GATTC("01")},
    };
    const size_t rungs = sizeof(ladder) / sizeof(ladder[0]);
    PLAY(s, UNDERSTOOD_NEW);
    for (size_t i = 0; i < rungs; i++)
        PLAY(s, CALL(ladder[i][0]), CALL(CFG_GAP), CALL(ladder[i][1]),
             REFUSE(ENABLE, i + 1 < rungs ? 4 : 0));
    PLAY(s, TELLS_NEW("a500"));
    found(s, 0, 5);
    assert_int_equal(s->identity.config.mtu, 123);
    assert_int_equal(s->identity.config.write_queue, 1);
}

static void lack_of_memory_in_v3_lowers_the_mtu(void **state)
{
    struct setup *s = *state;
    PLAY(s, UNDERSTOOD_OLD, REFUSE(ENABLE_V3("f700"), 4), REFUSE(ENABLE_V3("7b00"), 4),
         CALL(ENABLE_V3("3d00")), TELLS_OLD("9100"));
    found(s, 3, 3);
    assert_int_equal(s->identity.config.mtu, 61);
}

static void lack_of_memory_for_anything_is_an_error(void **state)
{
    struct setup *s = *state;
    PLAY(s, UNDERSTOOD_NEW);
    for (int i = 0; i < 8; i++)
        PLAY(s, REFUSE(CFG_GATT("...."), 4));
    assert_int_equal(probe(s, 0), NORDFU_ERR_DONGLE);
    assert_int_equal(s->error.speaker, NORDFU_SPEAKER_SOFTDEVICE);
    assert_int_equal(s->error.detail, 4);
    says(s, "NRF_ERROR_NO_MEM");
}

/* ---- A SoftDevice that is enabled already ---- */

static void told_slowly(struct setup *s, uint64_t patience, uint64_t most)
{
    const struct step slow[] = {EXPECT("00 69 23000000 01 01 ...."),
                                DELAY(1400),
                                SEND("01 69 00000000"),
                                EXPECT(CFG_GAP),
                                DELAY(1400),
                                SEND("01 69 00000000"),
                                EXPECT(CFG_GATTC("..")),
                                DELAY(1400),
                                SEND("01 69 00000000"),
                                EXPECT(ENABLE),
                                DELAY(1400),
                                SEND("01 60 04000000")};
    PLAY(s, UNDERSTOOD_NEW);
    for (int i = 0; i < 20; i++)
        FAKE_ADD(&s->fake, slow);
    s->patience = patience;
    uint64_t until = s->fake.now + most;
    assert_int_equal(probe(s, 0), NORDFU_ERR_DONGLE);
    says(s, "NRF_ERROR_NO_MEM");
    assert_true(s->fake.now < until);
    assert_string_equal(s->fake.mismatch, "");
}

static void lack_of_memory_told_slowly_ends_in_time(void **state)
{
    told_slowly(*state, PROBE_PATIENCE, 30 * NORDFU_SECOND);
}

static void who_gives_less_time_waits_less(void **state)
{
    told_slowly(*state, 4 * NORDFU_SECOND, 8 * NORDFU_SECOND);
}

static void dongle_that_is_enabled_already_is_reset_once_more(void **state)
{
    struct setup *s = *state;
    PLAY(s, TELLS_NEW("a500"), REFUSE(CFG_GATT("f700"), 8), UNDERSTOOD_NEW, CONFIGURED_NEW,
         TELLS_NEW("a500"));
    found(s, 0, 5);
    assert_int_equal(s->fake.resets, 2);
}

static void v2_dongle_that_is_enabled_already_is_told_by_its_fwid(void **state)
{
    struct setup *s = *state;
    PLAY(s, TELLS_OLD("8000"), REFUSE(ENABLE_V2, 8), UNDERSTOOD_OLD, CALL(ENABLE_V2),
         TELLS_OLD("8000"));
    /* The clue says v3, and is wrong. */
    found(s, 2, 2);
}

static void dongle_that_stays_enabled_is_given_up(void **state)
{
    struct setup *s = *state;
    for (int i = 0; i < 2; i++)
        PLAY(s, UNDERSTOOD_NEW, REFUSE(CFG_GATT("f700"), 8));
    assert_int_equal(probe(s, 0), NORDFU_ERR_DONGLE);
    assert_int_equal(s->error.detail, 8);
    fake_assert_done(&s->fake);
}

/* ---- Other firmware ---- */

static void foreign_api_is_named(void **state)
{
    struct setup *s = *state;
    PLAY(s, UNDERSTOOD_NEW, CONFIGURED_NEW, TELLS_NEW("9800"));
    assert_int_equal(probe(s, 0), NORDFU_ERR_DONGLE);
    says(s, "SoftDevice API v4 (S132 4.0.2)");
    says(s, "connectivity_4.1.4_");
}

static void bootloader_and_example_are_known_by_usb_and_left_in_peace(void **state)
{
    struct setup *s = *state;
    static const struct {
        uint16_t pid;
        const char *text;
    } cases[] = {{0x521F, "DFU bootloader"}, {0x521B, "ble_connectivity example"}};
    for (size_t i = 0; i < 2; i++) {
        struct nordfu_port *port = &s->fake.port;
        dongle_close(&s->dongle);
        s->fake.identity = (struct nordfu_port_identity){.vid = 0x1915, .pid = cases[i].pid};
        assert_int_equal(dongle_open(&s->dongle, &port, NULL, &s->error), 0);
        uint64_t before = s->fake.now;
        assert_int_equal(probe(s, 0), NORDFU_ERR_DONGLE);
        says(s, cases[i].text);
        says(s, "nrfutil dfu usb-serial -pkg connectivity_4.1.4_usb");
        says(s, "-p /dev/fake");
        assert_int_equal(s->fake.resets, 0);
        assert_int_equal(s->fake.now, before);
    }
}

static void dongle_that_comes_back_as_its_bootloader_is_named(void **state)
{
    struct setup *s = *state;
    s->fake.returns_after = NORDFU_SECOND;
    s->fake.returns_as = (struct nordfu_port_identity){.vid = 0x1915, .pid = 0x521F};
    PLAY(s, EXPECT(VERSION_NEW), VANISH);
    assert_int_equal(probe(s, 0), NORDFU_ERR_DONGLE);
    says(s, "DFU bootloader");
    assert_int_equal(s->fake.resets, 1);
}

static void fwids_are_sorted_into_apis(void **state)
{
    (void)state;
    static const struct {
        uint16_t fwid;
        bool old;
        int api;
    } cases[] = {{0x67, true, 1},  {0x80, true, 2},   {0x88, true, 2},   {0x8C, true, 3},
                 {0x91, true, 3},  {0x50, true, 0},   {0xFFFE, true, 0}, {0x95, false, 4},
                 {0x9D, false, 5}, {0x9E, false, 4},  {0xA5, false, 5},  {0xA0, false, 5},
                 {0xA8, false, 6}, {0xB6, false, 6},  {0xB7, false, 6},  {0x123, false, 6},
                 {0x88, false, 5}, {0xFFFE, false, 6}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(probe_api_of(cases[i].fwid, cases[i].old), cases[i].api);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(v5_dongle_is_configured_and_identified),
        TEST(v6_dongle_is_configured_like_v5_and_identified),
        TEST(v2_dongle_is_told_by_its_first_config),
        TEST(hint_for_an_old_chip_finds_v3_at_once),
        TEST(usb_tells_the_dialect_before_anything_is_sent),
        TEST(wrong_guess_shows_as_a_restart_and_is_mended),
        TEST(wrong_guess_on_usb_takes_the_port_away_for_a_while),
        TEST(dongle_that_hangs_after_a_wrong_guess_is_reset),
        TEST(dongle_that_says_it_does_not_understand_is_asked_in_the_other_language),
        TEST(misleading_clue_costs_one_more_restart),
        TEST(dongle_that_comes_back_as_its_bootloader_is_named),
        TEST(three_wrong_guesses_are_survived),
        TEST(restart_for_another_reason_is_survived),
        TEST(dongle_that_understands_nothing_is_given_up),
        TEST(usb_dongle_that_understands_nothing_is_given_up),
        TEST(unplugged_dongle_is_waited_for_but_not_for_long),
        TEST(dongle_that_restarts_at_enable_every_time_is_given_up),
        TEST(lack_of_memory_shortens_the_queue_then_the_mtu),
        TEST(lack_of_memory_in_v3_lowers_the_mtu),
        TEST(lack_of_memory_for_anything_is_an_error),
        TEST(lack_of_memory_told_slowly_ends_in_time),
        TEST(who_gives_less_time_waits_less),
        TEST(dongle_that_is_enabled_already_is_reset_once_more),
        TEST(v2_dongle_that_is_enabled_already_is_told_by_its_fwid),
        TEST(dongle_that_stays_enabled_is_given_up),
        TEST(foreign_api_is_named),
        TEST(bootloader_and_example_are_known_by_usb_and_left_in_peace),
        TEST(fwids_are_sorted_into_apis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
