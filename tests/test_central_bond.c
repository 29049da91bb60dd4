/* SPDX-License-Identifier: MIT
 * The central on a scripted dongle: pairing, encryption with a bond, addresses, and that keys stay
 * out of the log. */
#include "test.h"

#include "central_script.h"

/* ---- Packets (connectivity-wire sections 7.1, 8.2, 9.2) ---- */

#define FACTORY "02 0102030405c6"
#define BONDED  "02 1112131415d6"

#define ADDR_GET      "00 6d 01"
#define ADDR(address) "01 6d 00000000 " address
#define ADDR_SET(a)   "00 6c 01" a

#define LTK          "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
#define MASTER_ID    "3412 b0b1b2b3b4b5b6b7"
#define IRK          "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
#define IDENTITY     "00 2122232425e6" /* public */
#define ENCRYPT      "00 85 0000 01" MASTER_ID "01" LTK "40"
#define SEC_UPDATE   "02 1a00 0000 21 10"
#define SEC_NO       "02 1a00 0000 11 00"
#define SEC_REQUEST  "02 1e00 0000 01"
#define AUTHENTICATE "00 7e 0000 01 31 07 10 03 03"
#define SEC_PARAMS   "02 1300 0000 01 07 10 03 03"
#define SIXTEEN      "00000000 00000000 00000000 00000000"
#define NO_ENC       "01" SIXTEEN "00 0000 0000000000000000"
#define NO_ID        "01" SIXTEEN "00 000000000000"
#define ROOM         NO_ENC NO_ID "00 00"
#define SEC_REPLY    "00 7f 0000 00 00 01" ROOM ROOM
#define SEC_REPLY_OK "01 7f 00000000 01" ROOM ROOM
/* What the dongle made itself is as secret as the rest. */
#define OWN_LTK "e0e1e2e3e4e5e6e7e8e9eaebecedeeef"
#define OWN     "01" OWN_LTK "40" MASTER_ID NO_ID "00 00"
#define PEER_ID "01" IRK IDENTITY
/* Status, flags (0x04: bonded), levels, distributed keys, keys. */
#define AUTH_STATUS(status, flags, kdist, ltk_flags)                                               \
    "02 1900 0000 " status flags "03 00 03 " kdist OWN "01" LTK ltk_flags MASTER_ID PEER_ID "00 "  \
    "00"
#define BONDED_STATUS              AUTH_STATUS("00", "04", "03", "40")
#define AUTH_FAILED(status, flags) "02 1900 0000 " status flags "00 00 00 00"

#define STEPS_OWN  CALL(ADDR_SET(BONDED))
#define STEPS_REST STEPS_MTU, STEPS_LENGTH, STEPS_PHY, STEPS_DISCOVERY

static const struct nordfu_bond bond = {
    .peer = {1, {0x71, 0x82, 0x93, 0xa4, 0xb5, 0xc6}},
    .own = {1, {0x11, 0x12, 0x13, 0x14, 0x15, 0xd6}},
    .ltk = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad,
            0xae, 0xaf},
    .ltk_size = 16,
    .ediv = 0x1234,
    .rand = {0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7},
};

static int connect_with(struct setup *s, const struct nordfu_bond *with)
{
    struct nordfu_connect_wish bonded = wish;
    bonded.bond = with;
    return nordfu_central_connect(s->central, &bonded, in(s, 10000), &s->error);
}

/* Plays `steps` after opening and ends with the link that they lead to. */
#define CONNECT_BONDED(s, ...)                                                                     \
    do {                                                                                           \
        OPEN(s, EXPECT(ADDR_GET), SEND(ADDR(FACTORY)), STEPS_OWN, __VA_ARGS__);                    \
        assert_int_equal(connect_with(s, &bond), 0);                                               \
        assert_true(nordfu_central_link(s->central)->encrypted);                                   \
    } while (0)

/* ---- Encryption ---- */

static void bond_is_used_before_anything_else(void **state)
{
    struct setup *s = *state;
    CONNECT_BONDED(s, STEPS_CONNECT, CALL(ENCRYPT), SEND(SEC_UPDATE), STEPS_REST);
    finish(s);
}

static void link_without_bond_is_not_encrypted(void **state)
{
    struct setup *s = *state;
    LINK(s);
    assert_false(nordfu_central_link(s->central)->encrypted);
    finish(s);
}

static void wish_for_security_changes_nothing_about_a_bond(void **state)
{
    struct setup *s = *state;
    CONNECT_BONDED(s, STEPS_CONNECT, CALL(ENCRYPT), SEND(SEC_REQUEST), SEND(SEC_UPDATE), STEPS_MTU,
                   SEND(SEC_REQUEST), STEPS_LENGTH, STEPS_PHY, STEPS_DISCOVERY);
    finish(s);
}

static void address_of_the_beginning_returns_without_bond(void **state)
{
    struct setup *s = *state;
    CONNECT_BONDED(s, STEPS_CONNECT, CALL(ENCRYPT), SEND(SEC_UPDATE), STEPS_REST, CALL(DISCONNECT),
                   SEND(LOST("16")), CALL(ADDR_SET(FACTORY)), STEPS_CONNECT, STEPS_REST);
    assert_int_equal(connect_with(s, NULL), 0);
    assert_false(nordfu_central_link(s->central)->encrypted);
    finish(s);
}

static void address_is_set_only_when_it_changes(void **state)
{
    struct setup *s = *state;
    CONNECT_BONDED(s, STEPS_CONNECT, CALL(ENCRYPT), SEND(SEC_UPDATE), STEPS_REST, CALL(DISCONNECT),
                   SEND(LOST("16")), STEPS_CONNECT, CALL(ENCRYPT), SEND(SEC_UPDATE), STEPS_REST);
    assert_int_equal(connect_with(s, &bond), 0);
    finish(s);
}

static void bond_of_this_very_address_needs_no_change(void **state)
{
    struct setup *s = *state;
    OPEN(s, EXPECT(ADDR_GET), SEND(ADDR(BONDED)), STEPS_CONNECT, CALL(ENCRYPT), SEND(SEC_UPDATE),
         STEPS_REST);
    assert_int_equal(connect_with(s, &bond), 0);
    finish(s);
}

static void assert_refused(struct setup *s, int rc, int class, enum nordfu_speaker speaker,
                           uint32_t detail, const char *words)
{
    assert_int_equal(rc, class);
    assert_int_equal(s->error.code, class);
    assert_int_equal(s->error.speaker, speaker);
    assert_int_equal(s->error.detail, detail);
    if (strstr(s->error.text, words) == NULL)
        fail_msg("not in the sentence: %s", s->error.text);
    fake_assert_done(&s->fake);
}

static void address_the_dongle_refuses_is_said(void **state)
{
    struct setup *s = *state;
    OPEN(s, EXPECT(ADDR_GET), SEND(ADDR(FACTORY)), REFUSE(ADDR_SET(BONDED), 0x3202));
    assert_refused(s, connect_with(s, &bond), NORDFU_ERR_DONGLE, NORDFU_SPEAKER_SOFTDEVICE, 0x3202,
                   "refused to take the address D6:15:14:13:12:11");
}

static void address_whose_change_was_cancelled_is_set_anew(void **state)
{
    struct setup *s = *state;
    struct nordfu_cancel *second;
    OPEN(s, EXPECT(ADDR_GET), SEND(ADDR(FACTORY)), EXPECT(ADDR_SET(BONDED)), CANCEL,
         SEND("01 6c 00000000"), CALL(ADDR_SET(FACTORY)), STEPS_CONNECT, STEPS_REST);
    assert_int_equal(connect_with(s, &bond), NORDFU_ERR_CANCELLED);
    assert_int_equal(nordfu_cancel_new(&second, NULL), 0);
    s->fake.port.cancel = second;
    assert_int_equal(connect_with(s, NULL), 0);
    finish(s);
    nordfu_central_free(&s->central);
    nordfu_cancel_free(&second);
}

static void public_address_of_the_same_bytes_is_another(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond by_public = bond;
    by_public.own.type = NORDFU_ADDRESS_PUBLIC;
    OPEN(s, EXPECT(ADDR_GET), SEND(ADDR(BONDED)), CALL(ADDR_SET("00 1112131415d6")), STEPS_CONNECT,
         CALL(ENCRYPT), SEND(SEC_UPDATE), STEPS_REST);
    assert_int_equal(connect_with(s, &by_public), 0);
    finish(s);
}

static void outcome_of_a_pairing_nobody_began_is_nothing(void **state)
{
    struct setup *s = *state;
    CONNECT_BONDED(s, STEPS_CONNECT, CALL(ENCRYPT), SEND(AUTH_FAILED("85", "01")), DELAY(5),
                   SEND(SEC_UPDATE), STEPS_REST);
    finish(s);
}

static void device_without_its_key_is_said_with_what_to_do(void **state)
{
    struct setup *s = *state;
    OPEN(s, EXPECT(ADDR_GET), SEND(ADDR(FACTORY)), STEPS_OWN, STEPS_CONNECT, CALL(ENCRYPT),
         SEND(LOST("06")));
    assert_refused(s, connect_with(s, &bond), NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, 0x06,
                   "has lost the bond that was kept (HCI 0x06). Delete the bond with `nordfu bond "
                   "remove C6:B5:A4:93:82:71`");
    assert_null(nordfu_central_link(s->central));
}

static void device_with_another_key_is_said(void **state)
{
    struct setup *s = *state;
    OPEN(s, EXPECT(ADDR_GET), SEND(ADDR(FACTORY)), STEPS_OWN, STEPS_CONNECT, CALL(ENCRYPT),
         SEND(LOST("3d")));
    assert_refused(s, connect_with(s, &bond), NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, 0x3D,
                   "has another key");
}

static void device_that_cannot_prove_itself_is_said(void **state)
{
    struct setup *s = *state;
    OPEN(s, EXPECT(ADDR_GET), SEND(ADDR(FACTORY)), STEPS_OWN, STEPS_CONNECT, CALL(ENCRYPT),
         SEND(LOST("05")));
    assert_refused(s, connect_with(s, &bond), NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, 0x05,
                   "`nordfu bond remove");
}

static void encryption_that_yields_none_is_a_lost_bond(void **state)
{
    struct setup *s = *state;
    OPEN(s, EXPECT(ADDR_GET), SEND(ADDR(FACTORY)), STEPS_OWN, STEPS_CONNECT, CALL(ENCRYPT),
         SEND(SEC_NO), CALL(DISCONNECT), SEND(LOST("16")));
    assert_refused(s, connect_with(s, &bond), NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, 0x06,
                   "has lost the bond");
}

static void link_lost_for_other_reasons_is_no_lost_bond(void **state)
{
    struct setup *s = *state;
    OPEN(s, EXPECT(ADDR_GET), SEND(ADDR(FACTORY)), STEPS_OWN, STEPS_CONNECT, CALL(ENCRYPT),
         SEND(LOST("08")));
    assert_refused(s, connect_with(s, &bond), NORDFU_ERR_LINK, NORDFU_SPEAKER_HCI, 0x08, "lost");
}

static void silence_about_encryption_ends_in_time(void **state)
{
    struct setup *s = *state;
    OPEN(s, EXPECT(ADDR_GET), SEND(ADDR(FACTORY)), STEPS_OWN, STEPS_CONNECT, CALL(ENCRYPT),
         CALL(DISCONNECT), SEND(LOST("16")));
    uint64_t before = s->fake.now;
    assert_refused(s, connect_with(s, &bond), NORDFU_ERR_TIMEOUT, NORDFU_SPEAKER_NONE, 0,
                   "did not say in time");
    assert_in_range(s->fake.now - before, 9 * NORDFU_SECOND, 11 * NORDFU_SECOND);
}

static void link_that_never_was_is_made_again_with_the_bond(void **state)
{
    struct setup *s = *state;
    CONNECT_BONDED(s, STEPS_CONNECT, CALL(ENCRYPT), SEND(LOST("3e")), STEPS_CONNECT, CALL(ENCRYPT),
                   SEND(SEC_UPDATE), STEPS_REST);
    finish(s);
}

/* ---- Pairing ---- */

/* Pairs over an open link, in these steps. */
#define PAIR(s, keys, ...)                                                                         \
    (prepare_pairing(s, (const struct step[]){__VA_ARGS__},                                        \
                     sizeof((const struct step[]){__VA_ARGS__}) / sizeof(struct step)),            \
     nordfu_central_pair((s)->central, keys, in(s, 20000), &(s)->error))

static void prepare_pairing(struct setup *s, const struct step *steps, size_t count)
{
    LINK(s, EXPECT(ADDR_GET), SEND(ADDR(FACTORY)));
    fake_add(&s->fake, steps, count);
}

#define STEPS_AGREE CALL(AUTHENTICATE), SEND(SEC_PARAMS), EXPECT(SEC_REPLY), SEND(SEC_REPLY_OK)

static void pairing_yields_the_keys_of_the_peer(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    assert_int_equal(PAIR(s, &keys, STEPS_AGREE, SEND(SEC_UPDATE), SEND(BONDED_STATUS)), 0);
    assert_true(nordfu_central_link(s->central)->encrypted);
    assert_memory_equal(&keys.peer, &bond.peer, sizeof(keys.peer));
    const struct nordfu_address own = {1, {1, 2, 3, 4, 5, 0xc6}};
    assert_memory_equal(&keys.own, &own, sizeof(own));
    assert_memory_equal(keys.ltk, bond.ltk, sizeof(keys.ltk));
    assert_int_equal(keys.ltk_size, 16);
    assert_false(keys.authenticated);
    assert_false(keys.lesc);
    assert_int_equal(keys.ediv, bond.ediv);
    assert_memory_equal(keys.rand, bond.rand, sizeof(keys.rand));
    assert_true(keys.has_identity);
    const struct nordfu_address identity = {0, {0x21, 0x22, 0x23, 0x24, 0x25, 0xe6}};
    assert_memory_equal(&keys.identity, &identity, sizeof(identity));
    assert_int_equal(keys.irk[0], 0xd0);
    assert_int_equal(keys.irk[15], 0xdf);
    finish(s);
}

static void pairing_cancelled_when_the_peer_may_have_its_keys_yields_ours(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    int rc = PAIR(s, &keys, STEPS_AGREE, DELAY(20), CANCEL, DELAY(300), SEND(SEC_UPDATE),
                  SEND(BONDED_STATUS));
    assert_int_equal(rc, 0);
    assert_memory_equal(keys.ltk, bond.ltk, sizeof(keys.ltk));
    assert_int_equal(nordfu_central_wait(s->central, in(s, 100), &s->error), NORDFU_ERR_CANCELLED);
    fake_assert_done(&s->fake);
}

static void pairing_cancelled_without_outcome_ends_soon(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    int rc = PAIR(s, &keys, STEPS_AGREE, DELAY(20), CANCEL);
    assert_int_equal(rc, NORDFU_ERR_CANCELLED);
    assert_true(in(s, 0) < 10 * NORDFU_SECOND);
    fake_assert_done(&s->fake);
}

static void pairing_cancelled_before_both_agreed_ends_at_once(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    int rc = PAIR(s, &keys, CALL(AUTHENTICATE), DELAY(20), CANCEL);
    assert_int_equal(rc, NORDFU_ERR_CANCELLED);
    assert_true(in(s, 0) < 7 * NORDFU_SECOND);
    fake_assert_done(&s->fake);
}

static void identity_the_peer_kept_for_itself_is_none(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    int rc =
        PAIR(s, &keys, STEPS_AGREE, SEND(SEC_UPDATE), SEND(AUTH_STATUS("00", "04", "01", "40")));
    assert_int_equal(rc, 0);
    assert_false(keys.has_identity);
    finish(s);
}

static void encryption_may_be_told_after_the_outcome(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    int rc = PAIR(s, &keys, STEPS_AGREE, SEND(BONDED_STATUS), DELAY(5), SEND(SEC_UPDATE));
    assert_int_equal(rc, 0);
    assert_true(nordfu_central_link(s->central)->encrypted);
    finish(s);
}

static void pairing_after_the_peers_own_wish_works(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    OPEN(s, STEPS_CONNECT, SEND(SEC_REQUEST), STEPS_REST, EXPECT(ADDR_GET), SEND(ADDR(FACTORY)),
         STEPS_AGREE, SEND(SEC_UPDATE), SEND(BONDED_STATUS));
    assert_int_equal(connect_central(s), 0);
    assert_int_equal(nordfu_central_pair(s->central, &keys, in(s, 20000), &s->error), 0);
    finish(s);
}

static void pairing_is_refused_with_the_peers_reason(void **state)
{
    static const struct {
        const char *event;
        uint32_t status;
        const char *words;
    } reasons[] = {
        {AUTH_FAILED("01", "00"), 0x01, "as the dongle said: timeout (0x01). Bring it closer"},
        {AUTH_FAILED("83", "01"), 0x83, "as the device said: authentication requirements not met"},
        {AUTH_FAILED("85", "01"), 0x85, "It is bonded already, with another central"},
        {AUTH_FAILED("89", "01"), 0x89, "Wait a minute"},
        {AUTH_FAILED("8a", "01"), 0x8A, "Restart the device"},
    };
    struct setup *s = *state;
    struct nordfu_bond keys;
    LINK(s, EXPECT(ADDR_GET), SEND(ADDR(FACTORY)));
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        const struct step steps[] = {CALL(AUTHENTICATE), SEND(reasons[i].event)};
        FAKE_ADD(&s->fake, steps);
        int rc = nordfu_central_pair(s->central, &keys, in(s, 20000), &s->error);
        assert_refused(s, rc, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, reasons[i].status,
                       reasons[i].words);
    }
    finish(s);
}

static void pairing_that_ends_while_it_is_answered_has_its_own_reason(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    int rc = PAIR(s, &keys, CALL(AUTHENTICATE), SEND(SEC_PARAMS), EXPECT(SEC_REPLY),
                  SEND(AUTH_FAILED("88", "01")), SEND("01 7f 08000000"));
    assert_refused(s, rc, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, 0x88, "unspecified reason");
    finish(s);
}

static void reason_counts_even_if_the_link_ends_with_it(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    int rc = PAIR(s, &keys, STEPS_AGREE, SEND(AUTH_FAILED("85", "01")), SEND(LOST("13")));
    assert_refused(s, rc, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, 0x85, "pairing not supported");
}

static void peer_that_hangs_up_instead_of_pairing_refused(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    int rc = PAIR(s, &keys, CALL(AUTHENTICATE), SEND(LOST("13")));
    assert_refused(s, rc, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, 0x13, "instead of pairing");
    assert_null(nordfu_central_link(s->central));
}

static void link_that_fades_during_pairing_is_a_lost_link(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    int rc = PAIR(s, &keys, STEPS_AGREE, SEND(LOST("08")));
    assert_refused(s, rc, NORDFU_ERR_LINK, NORDFU_SPEAKER_HCI, 0x08, "lost");
}

static void peer_that_pairs_without_bond_is_refused(void **state)
{
    static const char *const events[] = {
        AUTH_STATUS("00", "00", "03", "40"), /* not bonded */
        AUTH_STATUS("00", "04", "02", "40"), /* key not distributed */
        AUTH_STATUS("00", "04", "03", "18"), /* key of 6 bytes */
        AUTH_STATUS("00", "04", "03", "44"), /* key of 17 bytes */
        "02 1900 0000 00 04 03 00 03 03",    /* no keys */
    };
    struct setup *s = *state;
    struct nordfu_bond keys;
    LINK(s, EXPECT(ADDR_GET), SEND(ADDR(FACTORY)));
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        const struct step steps[] = {STEPS_AGREE, SEND(SEC_UPDATE), SEND(events[i])};
        FAKE_ADD(&s->fake, steps);
        int rc = nordfu_central_pair(s->central, &keys, in(s, 20000), &s->error);
        assert_refused(s, rc, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, 0, "does not bond");
    }
    finish(s);
}

static void passkeys_are_refused_cleanly(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    int rc = PAIR(s, &keys, STEPS_AGREE, SEND("02 1700 0000 01"), CALL("00 80 0000 00 00"),
                  SEND("02 1500 0000 313233343536 01"), CALL("00 80 0000 00 00"),
                  SEND("02 1500 0000 313233343536 00"), SEND(AUTH_FAILED("81", "00")));
    assert_refused(s, rc, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, 0x81, "can't be given here");
    finish(s);
}

static void dongle_that_does_not_pair_is_said(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    int rc = PAIR(s, &keys, REFUSE(AUTHENTICATE, 0x06));
    assert_refused(s, rc, NORDFU_ERR_LINK, NORDFU_SPEAKER_SOFTDEVICE, 0x06, "refused to pair with");
    finish(s);
}

/* Why an older link ended does not matter. */
static void refusal_after_a_link_that_the_peer_ended_is_the_dongles(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    LINK(s, SEND(LOST("13")), STEPS_CONNECT, STEPS_REST, EXPECT(ADDR_GET), SEND(ADDR(FACTORY)),
         REFUSE(AUTHENTICATE, 0x06));
    assert_int_equal(nordfu_central_wait(s->central, in(s, 1000), &s->error), NORDFU_ERR_LINK);
    assert_int_equal(connect_with(s, NULL), 0);
    int rc = nordfu_central_pair(s->central, &keys, in(s, 20000), &s->error);
    assert_refused(s, rc, NORDFU_ERR_LINK, NORDFU_SPEAKER_SOFTDEVICE, 0x06, "refused to pair with");
    finish(s);
}

static void silence_about_pairing_ends_at_the_deadline(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    uint64_t until = in(s, 0);
    int rc = PAIR(s, &keys, STEPS_AGREE);
    assert_int_equal(rc, NORDFU_ERR_TIMEOUT);
    assert_in_range(s->fake.now - until, 20 * NORDFU_SECOND, 22 * NORDFU_SECOND);
    finish(s);
}

static void bond_just_made_encrypts_the_next_link(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    int rc = PAIR(s, &keys, STEPS_AGREE, SEND(SEC_UPDATE), SEND(BONDED_STATUS), CALL(DISCONNECT),
                  SEND(LOST("16")), STEPS_CONNECT, CALL(ENCRYPT), SEND(SEC_UPDATE), STEPS_REST);
    assert_int_equal(rc, 0);
    assert_int_equal(connect_with(s, &keys), 0);
    assert_true(nordfu_central_link(s->central)->encrypted);
    finish(s);
}

/* ---- The log ---- */

#define LOG_MAX ((size_t)1 << 17)

static void take_line(void *context, enum nordfu_log_level level, const char *line)
{
    char *text = context;
    (void)level;
    assert_true(strlen(text) + strlen(line) + 2 < LOG_MAX);
    strcat(strcat(text, line), "\n");
}

static void take_trace(void *context, uint64_t time, const char *line)
{
    (void)time;
    take_line(context, NORDFU_LOG_ERROR, line);
}

static void keys_stay_out_of_log_and_trace(void **state)
{
    /* Without the first byte and the last: parts would give them away, too. */
    static const char *const secrets[] = {"a1a2a3", "e1e2e3", "d1d2d3", "b1b2b3", "3132333435"};
    struct setup *s = *state;
    struct nordfu_bond keys;
    char *text = calloc(1, LOG_MAX);
    s->log = (struct nordfu_log){.level = NORDFU_LOG_TRANSPORT,
                                 .write = take_line,
                                 .context = text,
                                 .trace = take_trace,
                                 .trace_context = text};
    int rc = PAIR(s, &keys, STEPS_AGREE, SEND("02 1500 0000 313233343536 00"), SEND(SEC_UPDATE),
                  SEND(BONDED_STATUS), SEND(BONDED_STATUS "ff"), CALL(DISCONNECT), SEND(LOST("16")),
                  STEPS_CONNECT, CALL(ENCRYPT), SEND(SEC_UPDATE), STEPS_REST);
    assert_int_equal(rc, 0);
    assert_int_equal(connect_with(s, &keys), 0);
    finish(s);
    assert_non_null(strstr(text, "H5 > "));
    assert_non_null(strstr(text, "Event skipped")); /* the one that is too long */
    assert_non_null(strstr(text, "dongle ! GAP_AUTH_STATUS 0219"));
    assert_non_null(strstr(text, "bytes, the keys in them are not shown)"));
    assert_non_null(strstr(text, "dongle < GAP_ENCRYPT success 0185"));
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        if (strstr(text, secrets[i]) != NULL)
            fail_msg("%s is in the log", secrets[i]);
    }
    nordfu_central_free(&s->central);
    free(text);
}

static void keys_are_in_the_trace_on_request(void **state)
{
    struct setup *s = *state;
    struct nordfu_bond keys;
    char *text = calloc(1, LOG_MAX);
    s->log = (struct nordfu_log){.trace = take_trace, .trace_context = text, .keys = true};
    int rc = PAIR(s, &keys, STEPS_AGREE, SEND(SEC_UPDATE), SEND(BONDED_STATUS));
    assert_int_equal(rc, 0);
    finish(s);
    nordfu_central_free(&s->central);
    const char *line = strstr(text, "dongle ! GAP_AUTH_STATUS ");
    assert_non_null(line);
    *strchr(line, '\n') = '\0';
    assert_non_null(strstr(line, OWN_LTK));
    assert_non_null(strstr(line, LTK));
    assert_non_null(strstr(line, IRK));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bond_is_used_before_anything_else),
        TEST(link_without_bond_is_not_encrypted),
        TEST(wish_for_security_changes_nothing_about_a_bond),
        TEST(address_of_the_beginning_returns_without_bond),
        TEST(address_is_set_only_when_it_changes),
        TEST(bond_of_this_very_address_needs_no_change),
        TEST(address_the_dongle_refuses_is_said),
        TEST(address_whose_change_was_cancelled_is_set_anew),
        TEST(public_address_of_the_same_bytes_is_another),
        TEST(outcome_of_a_pairing_nobody_began_is_nothing),
        TEST(device_without_its_key_is_said_with_what_to_do),
        TEST(device_with_another_key_is_said),
        TEST(device_that_cannot_prove_itself_is_said),
        TEST(encryption_that_yields_none_is_a_lost_bond),
        TEST(link_lost_for_other_reasons_is_no_lost_bond),
        TEST(silence_about_encryption_ends_in_time),
        TEST(link_that_never_was_is_made_again_with_the_bond),
        TEST(pairing_yields_the_keys_of_the_peer),
        TEST(pairing_cancelled_when_the_peer_may_have_its_keys_yields_ours),
        TEST(pairing_cancelled_without_outcome_ends_soon),
        TEST(pairing_cancelled_before_both_agreed_ends_at_once),
        TEST(identity_the_peer_kept_for_itself_is_none),
        TEST(encryption_may_be_told_after_the_outcome),
        TEST(pairing_after_the_peers_own_wish_works),
        TEST(pairing_is_refused_with_the_peers_reason),
        TEST(pairing_that_ends_while_it_is_answered_has_its_own_reason),
        TEST(reason_counts_even_if_the_link_ends_with_it),
        TEST(peer_that_hangs_up_instead_of_pairing_refused),
        TEST(link_that_fades_during_pairing_is_a_lost_link),
        TEST(peer_that_pairs_without_bond_is_refused),
        TEST(passkeys_are_refused_cleanly),
        TEST(dongle_that_does_not_pair_is_said),
        TEST(refusal_after_a_link_that_the_peer_ended_is_the_dongles),
        TEST(silence_about_pairing_ends_at_the_deadline),
        TEST(bond_just_made_encrypts_the_next_link),
        TEST(keys_stay_out_of_log_and_trace),
        TEST(keys_are_in_the_trace_on_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
