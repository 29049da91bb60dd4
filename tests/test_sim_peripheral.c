/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>

#include "sim/peripheral.h"

#define LONG_UUID(first)                                                                           \
    {                                                                                              \
        16,                                                                                        \
        {                                                                                          \
            first, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15                               \
        }                                                                                          \
    }
/* LONG_UUID's bytes behind the first, as text. */
#define TAIL "0102030405060708090a0b0c0d0e0f"

static const uint8_t fifty[50] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
                                  13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
                                  26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
                                  39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49};
static const uint8_t level[1] = {0x64};

static const struct peripheral_characteristic gap[] = {
    {{2, {0x00, 0x2A}}, PERIPHERAL_READ, false, 0, "Thermo", 6, false},
};
static const struct peripheral_characteristic battery[] = {
    {{2, {0x19, 0x2A}}, PERIPHERAL_READ | PERIPHERAL_NOTIFY, false, 0, level, 1, false},
};
static const struct peripheral_characteristic vendor[] = {
    {LONG_UUID(0xA1), PERIPHERAL_WRITE | PERIPHERAL_INDICATE, true, 10, NULL, 0, false},
    {LONG_UUID(0xA2), PERIPHERAL_WRITE_COMMAND, false, 0, NULL, 0, false},
    {{2, {0x99, 0x2A}}, PERIPHERAL_READ | PERIPHERAL_WRITE, false, 0, fifty, 50, false},
};

/* Value 3 and descriptor 4 for encrypted links only, value 6 for everybody. */
static const struct peripheral_characteristic guarded[] = {
    {LONG_UUID(0xB1),
     PERIPHERAL_READ | PERIPHERAL_WRITE | PERIPHERAL_WRITE_COMMAND | PERIPHERAL_NOTIFY, false, 0,
     level, 1, true},
    {LONG_UUID(0xB2), PERIPHERAL_READ | PERIPHERAL_INDICATE, false, 0, level, 1, false},
};
static const struct peripheral_service guarded_service = {LONG_UUID(0xB0), guarded, 2};

/* Handles: 1 to 3 GAP, 4 to 7 battery, 8 to F vendor (A value, B descriptor, D, F). */
static const struct peripheral_service services[] = {
    {{2, {0x00, 0x18}}, gap, 1},
    {{2, {0x0F, 0x18}}, battery, 1},
    {LONG_UUID(0xA0), vendor, 3},
};

struct bench {
    struct peripheral *server;
    char out[2048]; /* everything sent, as hex, one blank between PDUs */
    const struct peripheral_characteristic *written, *confirmed;
    uint8_t bytes[512];
    size_t size;
    size_t out_when_written; /* length of `out` at that time */
    unsigned refusals, subscriptions;
    uint8_t error;
    uint16_t mtu;
};

static void on_send(void *context, const uint8_t *pdu, size_t size)
{
    struct bench *b = context;
    size_t at = strlen(b->out);
    if (at > 0)
        b->out[at++] = ' ';
    for (size_t i = 0; i < size; i++, at += 2)
        snprintf(b->out + at, sizeof(b->out) - at, "%02x", pdu[i]);
}

static void on_written(void *context, const struct peripheral_characteristic *characteristic,
                       const uint8_t *bytes, size_t size)
{
    struct bench *b = context;
    b->written = characteristic;
    b->size = size;
    b->out_when_written = strlen(b->out);
    memcpy(b->bytes, bytes, size);
}

static void on_confirmed(void *context, const struct peripheral_characteristic *characteristic)
{
    struct bench *b = context;
    b->confirmed = characteristic;
}

static void on_mtu(void *context, uint16_t mtu)
{
    struct bench *b = context;
    b->mtu = mtu;
}

static void on_refused(void *context, uint8_t opcode, uint16_t handle, uint8_t error)
{
    struct bench *b = context;
    (void)opcode;
    (void)handle;
    b->refusals++;
    b->error = error;
}

static void on_subscribed(void *context)
{
    struct bench *b = context;
    b->subscriptions++;
}

static const struct peripheral_ops ops = {on_send, on_written, on_confirmed,
                                          on_mtu,  on_refused, on_subscribed};

static void bench_init(struct bench *b, uint16_t mtu, bool refuse_mtu)
{
    memset(b, 0, sizeof(*b));
    const struct peripheral_config config = {services, 3, mtu, refuse_mtu};
    b->server = peripheral_new(&config, &ops, b);
    assert_non_null(b->server);
}

static void say(struct bench *b, const char *hex)
{
    uint8_t pdu[512];
    size_t size = 0;
    for (const char *p = hex; *p != 0; p++) {
        if (*p == ' ')
            continue;
        char pair[3] = {p[0], p[1], 0};
        pdu[size++] = (uint8_t)strtoul(pair, NULL, 16);
        p++;
    }
    b->out[0] = 0;
    /* A heap copy of the exact size: reading past the end is found. */
    uint8_t *exact = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    memcpy(exact, pdu, size);
    peripheral_receive(b->server, exact, size);
    free(exact);
}

struct pair {
    const char *in, *out; /* blanks in `in` are only for the eye */
};

static void expect_pairs(struct bench *b, const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        say(b, pairs[i].in);
        if (strcmp(b->out, pairs[i].out) != 0)
            fail_msg("%s: answered %s instead of %s", pairs[i].in, b->out, pairs[i].out);
    }
}

#define EXPECT(bench, pairs) expect_pairs(bench, pairs, sizeof(pairs) / sizeof(pairs[0]))

static const struct pair discoveries[] = {
    /* Find Information: one format per answer */
    {"04 0100 ffff", "0501"
                     "01000028"
                     "02000328"
                     "0300002a"
                     "04000028"
                     "05000328"},
    {"04 0900 0b00", "0501"
                     "09000328"},
    {"04 0a00 0a00", "0502"
                     "0a00"
                     "a1" TAIL},
    {"04 0b00 0b00", "0501"
                     "0b000229"},
    /* Find By Type Value */
    {"06 0100 ffff 0028 0018", "07"
                               "01000300"},
    {"06 0100 ffff 0028 a0" TAIL, "07"
                                  "0800ffff"},
    {"06 0100 ffff 002a 546865726d6f", "07"
                                       "03000300"},
    /* Read By Group Type: values of one length per answer */
    {"10 0100 ffff 0028", "1106"
                          "010003000018"
                          "040007000f18"},
    {"10 0400 0400 0028", "1106"
                          "040007000f18"},
    {"10 0800 ffff 0028", "1114"
                          "0800ffff"
                          "a0" TAIL},
    {"10 0100 ffff fb349b5f800000800010000000280000", "1106"
                                                      "010003000018"
                                                      "040007000f18"},
    /* Read By Type: declarations and values */
    {"08 0100 ffff 0328", "0907"
                          "0200020300002a"
                          "0500120600192a"},
    {"08 0600 ffff 0328", "0915"
                          "0900280a00"
                          "a1" TAIL},
    {"08 0a00 ffff 0328", "0915"
                          "0c00040d00"
                          "a2" TAIL},
    {"08 0d00 ffff 0328", "0907"
                          "0e000a0f00992a"},
    {"08 0100 ffff 002a", "0908"
                          "0300546865726d6f"},
    {"08 0100 ffff fb349b5f8000008000100000002a0000", "0908"
                                                      "0300546865726d6f"},
    {"08 0100 ffff 0229", "0904"
                          "07000000"
                          "0b000000"},
    {"08 0100 ffff 992a", "0915"
                          "0f00"
                          "000102030405060708090a0b0c0d0e0f101112"},
};

static void discovery_requests_list_the_table(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 247, false);
    EXPECT(&b, discoveries);
    assert_int_equal(b.refusals, 0);
    peripheral_free(&b.server);
    assert_null(b.server);
}

static void discovery_errors_are_those_of_the_standard(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        /* nothing there */
        {"04 1000 ffff", "010410000a"},
        {"06 0100 ffff 0028 59fe", "010601000a"},
        {"06 0900 ffff 0028 0018", "010609000a"},
        {"08 0100 ffff 0128", "010801000a"},
        {"10 0900 ffff 0028", "011009000a"},
        {"10 0100 ffff 0128", "011001000a"},
        /* no group */
        {"10 0100 ffff 0328", "0110010010"},
        /* not readable, when it comes first */
        {"08 0100 ffff a1" TAIL, "01080a0002"},
        /* impossible ranges */
        {"04 0000 ffff", "0104000001"},
        {"04 0500 0400", "0104050001"},
        {"06 0000 ffff 0028 0018", "0106000001"},
        {"08 0500 0400 0328", "0108050001"},
        {"10 0000 0000 0028", "0110000001"},
        /* wrong lengths */
        {"04 0100 ff", "0104000004"},
        {"04 0100 ffff 00", "0104000004"},
        {"06 0100 ffff 00", "0106000004"},
        {"08 0100 ffff 002803", "0108000004"},
        {"10 0100 ffff 28", "0110000004"},
    };
    struct bench b;
    bench_init(&b, 247, false);
    EXPECT(&b, pairs);
    assert_int_equal(b.refusals, sizeof(pairs) / sizeof(pairs[0]));
    peripheral_free(&b.server);
}

static void reading_gives_values_in_pieces_of_the_mtu(void **state)
{
    (void)state;
    static const struct pair small[] = {
        {"0a 0300", "0b546865726d6f"},
        {"0a 0600", "0b64"},
        {"0a 0100", "0b0018"},
        {"0a 0700", "0b0000"},
        {"0a 0c00", "0b040d00"
                    "a2" TAIL},
        {"0a 0f00", "0b"
                    "000102030405060708090a0b0c0d0e0f101112131415"},
        {"0c 0f00 1600", "0d"
                         "161718191a1b1c1d1e1f202122232425262728292a2b"},
        {"0c 0f00 2c00", "0d"
                         "2c2d2e2f3031"},
        {"0c 0f00 3200", "0d"},
        {"0c 0300 0200", "0d65726d6f"},
        {"02 3000", "03f700"}, /* MTU 48 */
    };
    struct bench b;
    bench_init(&b, 247, false);
    EXPECT(&b, small);
    assert_int_equal(b.mtu, 48);
    say(&b, "0c 0f00 0200");
    assert_int_equal(strlen(b.out), 2 * 48);
    say(&b, "0c 0f00 0400");
    assert_int_equal(strlen(b.out), 2 * 47);
    peripheral_free(&b.server);
}

static void reading_errors_are_those_of_the_standard(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"0a 0000", "010a000001"},      {"0a 1000", "010a100001"},
        {"0a 0a00", "010a0a0002"},      {"0a 0d00", "010a0d0002"},
        {"0a 00", "010a000004"},        {"0a 030000", "010a000004"},
        {"0c 0f00 3300", "010c0f0007"}, {"0c 0300 0700", "010c030007"},
        {"0c 1000 0000", "010c100001"}, {"0c 0a00 0000", "010c0a0002"},
        {"0c 0f00 00", "010c000004"},
    };
    struct bench b;
    bench_init(&b, 247, false);
    EXPECT(&b, pairs);
    peripheral_free(&b.server);
}

static void writes_are_answered_before_they_act(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 247, false);
    say(&b, "12 0b00 0200");
    assert_string_equal(b.out, "13");
    assert_null(b.written);
    say(&b, "12 0a00 c0ffee");
    assert_string_equal(b.out, "13");
    assert_int_equal(b.out_when_written, 2);
    assert_ptr_equal(b.written, &vendor[0]);
    assert_int_equal(b.size, 3);
    assert_memory_equal(b.bytes, "\xc0\xff\xee", 3);
    say(&b, "12 0f00");
    assert_string_equal(b.out, "13");
    assert_ptr_equal(b.written, &vendor[2]);
    assert_int_equal(b.size, 0);
    peripheral_free(&b.server);
}

static void write_errors_are_those_of_the_standard(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"12 0000 01", "0112000001"},   {"12 1000 01", "0112100001"},
        {"12 0300 01", "0112030003"}, /* read only */
        {"12 0900 01", "0112090003"}, /* a declaration */
        {"12 0100 01", "0112010003"}, /* a service */
        {"12 0d00 01", "01120d0003"}, /* write command only */
        {"12 0a00 01", "01120a00fd"}, /* indications are off */
        {"12 0b00 02", "01120b000d"},   {"12 0b00 020000", "01120b000d"},
        {"12 0b00 0100", "01120b0013"}, /* notifications of what only indicates */
        {"12 0700 0200", "0112070013"}, {"12 0700 0001", "0112070013"},
        {"12 0b00 0200", "13"},         {"12 0a00 0102030405060708090a0b", "01120a000d"},
        {"12 0b00 0000", "13"},         {"12 0a00 01", "01120a00fd"},
        {"12 00", "0112000004"},        {"12", "0112000004"},
    };
    struct bench b;
    bench_init(&b, 247, false);
    EXPECT(&b, pairs);
    assert_null(b.written);
    peripheral_free(&b.server);
}

static void write_commands_are_obeyed_or_ignored_in_silence(void **state)
{
    (void)state;
    static const struct pair ignored[] = {
        {"52 0a00 01", ""}, {"52 1000 01", ""},   {"52 0000", ""},    {"52 00", ""},
        {"52 0300 01", ""}, {"52 0b00 0200", ""}, {"52 0f00 01", ""},
    };
    struct bench b;
    bench_init(&b, 247, false);
    expect_pairs(&b, ignored, 5);
    assert_null(b.written);
    assert_int_equal(b.refusals, 4); /* the short one is no write at all */
    say(&b, "52 0d00 aabb");
    assert_string_equal(b.out, "");
    assert_ptr_equal(b.written, &vendor[1]);
    assert_int_equal(b.size, 2);
    say(&b, ignored[6].in);
    assert_ptr_equal(b.written, &vendor[1]);
    peripheral_free(&b.server);
}

static void mtu_is_the_lesser_of_both_and_at_least_23(void **state)
{
    (void)state;
    static const struct {
        uint16_t own;
        const char *in, *out;
        uint16_t mtu;
    } cases[] = {
        {247, "02 f700", "03f700", 247}, {247, "02 0502", "03f700", 247},
        {100, "02 f700", "036400", 100}, {247, "02 6400", "03f700", 100},
        {247, "02 1700", "03f700", 23},  {247, "02 0100", "03f700", 23},
        {23, "02 f700", "031700", 23},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench b;
        bench_init(&b, cases[i].own, false);
        say(&b, cases[i].in);
        assert_string_equal(b.out, cases[i].out);
        assert_int_equal(peripheral_mtu(b.server), cases[i].mtu);
        peripheral_reset(b.server);
        assert_int_equal(peripheral_mtu(b.server), 23);
        peripheral_free(&b.server);
    }
}

static void mtu_may_be_refused(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 247, true);
    say(&b, "02 f700");
    assert_string_equal(b.out, "0102000006");
    say(&b, "02 f7");
    assert_string_equal(b.out, "0102000004");
    assert_int_equal(peripheral_mtu(b.server), 23);
    peripheral_free(&b.server);
}

static void mtu_may_be_asked_for_by_the_server(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 247, false);
    say(&b, "03 6400");
    assert_int_equal(peripheral_mtu(b.server), 23); /* nobody asked */
    peripheral_ask_mtu(b.server);
    assert_string_equal(b.out, "02f700");
    say(&b, "03 6400");
    assert_string_equal(b.out, "");
    assert_int_equal(peripheral_mtu(b.server), 100);
    peripheral_reset(b.server);
    peripheral_ask_mtu(b.server);
    say(&b, "01 02 0000 06");
    assert_string_equal(b.out, "");
    assert_int_equal(peripheral_mtu(b.server), 23);
    peripheral_free(&b.server);
}

static void what_is_not_supported_is_said_once(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        {"16 0f00 0000 01", "0116000006"}, /* prepare write */
        {"18 01", "0118000006"},           /* execute write */
        {"0e 0300 0600", "010e000006"},    /* read multiple */
        {"20 0300 0600", "0120000006"},
        {"3e", "013e000006"},
        {"d2 0d00 01", ""}, /* signed write: a command */
        {"42", ""},
        {"0b 01", ""}, /* responses to nothing */
        {"13", ""},
        {"1b 0300 01", ""},   /* a notification for a client that is none */
        {"1d 0300 01", "1e"}, /* an indication must be confirmed all the same */
        {"1e", ""},
        {"", ""},
    };
    struct bench b;
    bench_init(&b, 247, false);
    EXPECT(&b, pairs);
    assert_null(b.confirmed);
    peripheral_free(&b.server);
}

static void pdus_above_the_mtu_are_invalid(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 247, false);
    say(&b, "12 0f00 000102030405060708090a0b0c0d0e0f10111213");
    assert_string_equal(b.out, "13");
    say(&b, "12 0f00 000102030405060708090a0b0c0d0e0f1011121314");
    assert_string_equal(b.out, "0112000004");
    peripheral_free(&b.server);
}

static void notifications_go_to_subscribers_that_can_take_them(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 247, false);
    assert_false(peripheral_notify(b.server, &battery[0], "\x63", 1));
    say(&b, "12 0700 0100");
    b.out[0] = 0;
    assert_true(peripheral_notify(b.server, &battery[0], "\x63", 1));
    assert_string_equal(b.out, "1b060063");
    assert_true(peripheral_notify(b.server, &battery[0], fifty, 20));
    assert_false(peripheral_notify(b.server, &battery[0], fifty, 21));
    assert_false(peripheral_indicate(b.server, &battery[0], "\x63", 1));
    assert_false(peripheral_notify(b.server, &vendor[1], "\x63", 1));
    peripheral_reset(b.server);
    assert_false(peripheral_notify(b.server, &battery[0], "\x63", 1));
    peripheral_free(&b.server);
}

static void one_indication_waits_for_its_confirmation(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 247, false);
    assert_false(peripheral_indicate(b.server, &vendor[0], "\x20\x01\x01", 3));
    say(&b, "12 0b00 0200");
    b.out[0] = 0;
    assert_true(peripheral_indicate(b.server, &vendor[0], "\x20\x01\x01", 3));
    assert_string_equal(b.out, "1d0a00200101");
    assert_false(peripheral_indicate(b.server, &vendor[0], "\x20\x01\x01", 3));
    say(&b, "1e");
    assert_ptr_equal(b.confirmed, &vendor[0]);
    assert_true(peripheral_indicate(b.server, &vendor[0], "\x20\x02\x01", 3));
    assert_int_equal(peripheral_handle(b.server, &vendor[0]), 0x0A);
    assert_int_equal(peripheral_handle(b.server, NULL), 0);
    peripheral_free(&b.server);
}

/* Whatever arrives: at most one answer, never longer than the MTU, nothing read past the end. */
static void any_bytes_at_all_are_survived(void **state)
{
    (void)state;
    struct bench b;
    uint32_t random = 1;
    bench_init(&b, 247, false);
    for (int i = 0; i < 20000; i++) {
        char hex[2 * 40 + 1] = "";
        random = random * 1664525u + 1013904223u;
        size_t size = (random >> 16) % 40;
        for (size_t n = 0; n < size; n++) {
            random = random * 1664525u + 1013904223u;
            /* Mostly small numbers, so that opcodes and handles mean something. */
            unsigned byte = (random >> 24) & (random >> 8 & 1 ? 0xFFu : 0x13u);
            snprintf(hex + 2 * n, 3, "%02x", byte);
        }
        say(&b, hex);
        assert_null(strchr(b.out, ' '));
        assert_true(strlen(b.out) <= 2u * peripheral_mtu(b.server));
    }
    peripheral_free(&b.server);
}

static void secure_characteristics_want_an_encrypted_link(void **state)
{
    (void)state;
    static const struct pair stranger[] = {
        {"0a 0300", "010a030005"},
        {"12 0300 01", "0112030005"},
        {"12 0400 0100", "0112040005"},
        {"52 0300 01", ""},
        {"0a 0400", "0b0000"},
        {"0a 0600", "0b64"},
        {"08 0100 ffff b1" TAIL, "0108030005"},
    };
    static const struct pair bonded[] = {
        {"0a 0300", "010a03000f"}, {"12 0300 01", "011203000f"}, {"12 0400 0100", "011204000f"}};
    static const struct pair encrypted[] = {
        {"0a 0300", "0b64"}, {"12 0300 01", "13"}, {"12 0400 0100", "13"}, {"12 0700 0200", "13"}};
    struct bench b = {0};
    const struct peripheral_config config = {&guarded_service, 1, 247, false};
    uint16_t cccds[3] = {9, 9, 9};
    b.server = peripheral_new(&config, &ops, &b);
    EXPECT(&b, stranger);
    peripheral_set_security(b.server, false, true);
    EXPECT(&b, bonded);
    assert_null(b.written);
    assert_int_equal(b.subscriptions, 0);
    peripheral_set_security(b.server, true, true);
    EXPECT(&b, encrypted);
    assert_ptr_equal(b.written, &guarded[0]);
    assert_int_equal(b.subscriptions, 2);
    assert_int_equal(peripheral_get_cccds(b.server, cccds, 1), 1);
    assert_int_equal(peripheral_get_cccds(b.server, cccds, 3), 2);
    assert_memory_equal(cccds, ((const uint16_t[3]){1, 2, 9}), sizeof(cccds));
    peripheral_reset(b.server);
    EXPECT(&b, stranger);
    assert_false(peripheral_notify(b.server, &guarded[0], "x", 1));
    peripheral_set_cccds(b.server, cccds, 2);
    assert_true(peripheral_notify(b.server, &guarded[0], "x", 1));
    assert_true(peripheral_indicate(b.server, &guarded[1], "x", 1));
    peripheral_free(&b.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discovery_requests_list_the_table),
        cmocka_unit_test(discovery_errors_are_those_of_the_standard),
        cmocka_unit_test(reading_gives_values_in_pieces_of_the_mtu),
        cmocka_unit_test(reading_errors_are_those_of_the_standard),
        cmocka_unit_test(writes_are_answered_before_they_act),
        cmocka_unit_test(write_errors_are_those_of_the_standard),
        cmocka_unit_test(write_commands_are_obeyed_or_ignored_in_silence),
        cmocka_unit_test(mtu_is_the_lesser_of_both_and_at_least_23),
        cmocka_unit_test(mtu_may_be_refused),
        cmocka_unit_test(mtu_may_be_asked_for_by_the_server),
        cmocka_unit_test(what_is_not_supported_is_said_once),
        cmocka_unit_test(pdus_above_the_mtu_are_invalid),
        cmocka_unit_test(notifications_go_to_subscribers_that_can_take_them),
        cmocka_unit_test(one_indication_waits_for_its_confirmation),
        cmocka_unit_test(any_bytes_at_all_are_survived),
        cmocka_unit_test(secure_characteristics_want_an_encrypted_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
