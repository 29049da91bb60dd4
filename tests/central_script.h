/* SPDX-License-Identifier: MIT
 * A central on a scripted dongle: the packets of connectivity-wire sections 8, 9 and 15, pieces of
 * conversations, opening and connecting. */
#ifndef NORDFU_TESTS_CENTRAL_SCRIPT_H
#define NORDFU_TESTS_CENTRAL_SCRIPT_H

#include "fake_dongle.h"
#include "nordfu/central.h"

/* ---- Packets (connectivity-wire sections 8, 9, 15) ---- */

#define PEER "02 718293a4b5c6" /* random static */

#define SCAN_START "00 8a 01 01 a000 a000 0c00"
#define SCAN_STOP  "00 8b"
#define REPORT                                                                                     \
    "02 1d00 ffff " PEER " 00000000000000 c9 00 1401 020106 0302f5fe 0c09446675546172674162"       \
    "6364"
#define SCAN_RESPONSE "02 1d00 ffff " PEER " 00000000000000 c8 07 0401 03094142"

#define CONNECT        "00 8c 01" PEER "01 00 a000 a000 0c00 01 0600 1800 0000 9001 01"
#define CONNECT_CANCEL "00 8d"
#define CONNECTED      "02 1000 0000 " PEER " 02 0600 0600 0000 9001"
#define DISCONNECT     "00 76 0000 13"
#define LOST(reason)   "02 1100 0000 " reason

#define MTU_REQUEST        "00 9e 0000 f700"
#define MTU_RESPONSE(mtu)  "02 3a00 0000 0000 0000 " mtu
#define MTU_REFUSAL        "02 3a00 0000 0601 0000 0000"
#define PEER_MTU(mtu)      "02 5500 0000 " mtu
#define MTU_REPLY(mtu)     "00 ad 0000 " mtu
#define LENGTH_REQUEST     "00 90 0000 01 fb00 fb00 0000 0000 01"
#define LENGTH_OK          "01 90 00000000 01 0000 0000 0000"
#define LENGTH_UPDATE(n)   "02 2400 0000 " n n "4808 4808"
#define PEER_LENGTH        "02 2300 0000 fb00 fb00 4808 4808"
#define PHY_REQUEST        "00 8f 0000 01 02 02"
#define PHY_UPDATE(result) "02 2200 0000 " result
#define PEER_PHY           "02 2100 0000 03 03"
#define PHY_REPLY          "00 8f 0000 01 03 03"

#define SERVICES(start)       "00 94 0000 " start " 00"
#define SERVICE_LIST(n, list) "02 3000 0000 0000 0000 " n list
#define SERVICES_END          "02 3000 0000 0a01 0000 0000"
#define CHARS(start, end)     "00 96 0000 01 " start end
#define CHAR_LIST(n, list)    "02 3200 0000 0000 0000 " n list
#define CHARS_END             "02 3200 0000 0a01 0000 0000"
#define DESCS(start, end)     "00 97 0000 01 " start end
#define DESC_LIST(n, list)    "02 3300 0000 0000 0000 " n list
#define DESCS_END             "02 3300 0000 0a01 0000 0000"

#define WRITE(op, handle, value)       "00 9c 0000 01 " op " 00 " handle " 0000 " value
#define WRITE_RESPONSE(status, handle) "02 3800 0000 " status " 0000 " handle " 01 0000 0000"
#define NOTIFICATION(value)            "02 3900 0000 0000 0000 0f00 01 " value
#define INDICATION(value)              "02 3900 0000 0000 0000 0f00 02 " value
#define CONFIRM                        "00 9d 0000 0f00"
#define SENT(count)                    "02 3c00 0000 0000 0000 " count
#define COMMAND                        WRITE("02", "0d00", "0200 01 aabb")

/* ---- Pieces of conversations ---- */

#define STEPS_OPEN                                                                                 \
    REFUSE("00 65 01", 0x3001), CALL("00 69 23000000 01 01 f700"),                                 \
        CALL("00 69 20000000 01 01 01 0600"), CALL("00 69 21000000 01 01 04"), CALL("00 60"),      \
        EXPECT("00 65 01"), SEND("01 65 00000000 09 5900 a500"), CALL("00 67 02000000 01 01"),     \
        EXPECT("00 62 01 50eada308883b89f604f15f30100c98e 01"), SEND("01 62 00000000 01 02")
#define STEPS_CONNECT CALL(CONNECT), SEND(CONNECTED)
#define STEPS_MTU     CALL(MTU_REQUEST), SEND(MTU_RESPONSE("f700"))
#define STEPS_LENGTH  EXPECT(LENGTH_REQUEST), SEND(LENGTH_OK), SEND(LENGTH_UPDATE("fb00"))
#define STEPS_PHY     CALL(PHY_REQUEST), SEND(PHY_UPDATE("00 02 02"))
/* One service FE59 with a packet characteristic at 0x0D and a control point at 0x0F, its CCCD at
 * 0x10. */
#define STEPS_DISCOVERY                                                                            \
    CALL(SERVICES("0100")), SEND(SERVICE_LIST("0100", "59fe01 0b00ffff")),                         \
        CALL(CHARS("0b00", "ffff")),                                                               \
        SEND(CHAR_LIST("0200", "020002 04 00 0c00 0d00"                                            \
                               "010002 18 00 0e00 0f00")),                                         \
        CALL(CHARS("1000", "ffff")), SEND(CHARS_END), CALL(DESCS("1000", "ffff")),                 \
        SEND(DESC_LIST("0100", "1000 022901"))

struct setup {
    struct fake_dongle fake;
    struct nordfu_central *central;
    struct nordfu_cancel *cancel;
    struct nordfu_log log; /* silent */
    struct nordfu_error error;
    char notes[1024];
    struct nordfu_advert found;
    int reports;
    size_t text_count;
    char texts[256][64]; /* of steps made by a loop */
};

static const struct nordfu_connect_wish wish = {
    .address = {.type = 1, .bytes = {0x71, 0x82, 0x93, 0xa4, 0xb5, 0xc6}},
    .mtu = 247,
    .data_length = 251,
    .phy = 2};

static inline void take_note(void *context, const char *sentence)
{
    struct setup *s = context;
    strncat(s->notes, sentence, sizeof(s->notes) - strlen(s->notes) - 1);
}

static inline int set_up(void **state)
{
    struct setup *s = calloc(1, sizeof(*s));
    fake_init(&s->fake);
    nordfu_cancel_new(&s->cancel, NULL);
    s->fake.port.cancel = s->cancel;
    *state = s;
    return 0;
}

static inline int tear_down(void **state)
{
    struct setup *s = *state;
    nordfu_central_free(&s->central);
    nordfu_cancel_free(&s->cancel);
    bool closed = s->fake.closed;
    free(s);
    return closed ? 0 : -1;
}

/* Two UUIDs of one base and one of Bluetooth's: one base to tell the dongle. */
static inline int open_central(struct setup *s)
{
    static const struct nordfu_uuid uuids[] = {
        {{0x50, 0xea, 0xda, 0x30, 0x88, 0x83, 0xb8, 0x9f, 0x60, 0x4f, 0x15, 0xf3, 1, 0, 0xc9,
          0x8e}},
        {{0x50, 0xea, 0xda, 0x30, 0x88, 0x83, 0xb8, 0x9f, 0x60, 0x4f, 0x15, 0xf3, 2, 0, 0xc9,
          0x8e}},
        {{0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0, 0x59, 0xfe, 0, 0}}};
    const struct nordfu_central_options options = {.log = &s->log,
                                                   .note = take_note,
                                                   .context = s,
                                                   .uuids = uuids,
                                                   .uuid_count = 3,
                                                   .write_queue = 4};
    struct nordfu_port *port = &s->fake.port;
    int rc = nordfu_central_dongle_open(&s->central, &port, &options, &s->error);
    assert_null(port);
    return rc;
}

static inline uint64_t in(const struct setup *s, uint64_t ms)
{
    return s->fake.now + ms * NORDFU_MS;
}

static inline int connect_central(struct setup *s)
{
    return nordfu_central_connect(s->central, &wish, in(s, 10000), &s->error);
}

/* Plays `steps` after opening; the central is open then. */
#define OPEN(s, ...)                                                                               \
    do {                                                                                           \
        const struct step steps_[] = {STEPS_OPEN, __VA_ARGS__};                                    \
        FAKE_ADD(&(s)->fake, steps_);                                                              \
        assert_int_equal(open_central(s), 0);                                                      \
    } while (0)

/* The same after connecting. */
#define LINK(s, ...)                                                                               \
    do {                                                                                           \
        OPEN(s, STEPS_CONNECT, STEPS_MTU, STEPS_LENGTH, STEPS_PHY, STEPS_DISCOVERY, __VA_ARGS__);  \
        assert_int_equal(connect_central(s), 0);                                                   \
        assert_string_equal((s)->notes, "");                                                       \
    } while (0)

/* Adds the end of a link and goes through it. */
static inline void finish(struct setup *s)
{
    const struct step steps[] = {CALL(DISCONNECT), SEND(LOST("16"))};
    FAKE_ADD(&s->fake, steps);
    assert_int_equal(nordfu_central_disconnect(s->central, in(s, 1000), &s->error), 0);
    assert_null(nordfu_central_link(s->central));
    fake_assert_done(&s->fake);
}

/* Connects, with these steps in the place of MTU, data length and PHY, and returns the link. */
#define NEGOTIATE(s, ...)                                                                          \
    do {                                                                                           \
        OPEN(s, STEPS_CONNECT, __VA_ARGS__, STEPS_DISCOVERY);                                      \
        assert_int_equal(connect_central(s), 0);                                                   \
    } while (0)

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
