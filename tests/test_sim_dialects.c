/* SPDX-License-Identifier: MIT */
/* Dongles of SoftDevice API v2, v3 and v6: whole conversations, and what each has of its own. */
#include "dongle_bench.h"

#define BASE "50eada308883b89f604f15f30000c98e"
#define DATA "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3"

#define ENABLE_V2        "0060010a00000001010100000000"
#define ENABLE_V3_MTU247 "0060010a000000010100f7000100000000"
#define SCAN_V2          "008a010100a00050000000"
#define SCAN_V3          "008a0101a00050000000"
#define SCAN_V6          "008a010401010000000000a0005000000001010000001f00"
#define SCAN_ON_V6       "008a0001010000001f00"
#define CONNECT_V2       "008c0101718293a4b5c6010100a00050000000010600060000009001"
#define CONNECT_V3       "008c0102718293a4b5c60101a00050000000010600060000009001"
#define CONNECT_V6       "008c0102718293a4b5c6010401010000000000a0005000000001060006000000900101"
#define CONNECTED_V2     "021000000001718293a4b5c601015a3c0d06e102000600060000009001"
#define CONNECTED_V6     "021000000002718293a4b5c6020600060000009001ff000000000000000000000000"

/* What a peripheral with an MTU of 23 says: one characteristic of 128 bits per answer. */
static const struct answer small_answers[] = {
    {"060100ffff002859fe", "070b00ffff"},
    {"080b00ffff0328", "0915"
                       "0c00040d0050eada308883b89f604f15f30200c98e"},
    {"080d00ffff0328", "0915"
                       "0e00180f0050eada308883b89f604f15f30100c98e"},
    {"080f00ffff0328", "01080f000a"},
    {"040f001000", "05011000"
                   "0229"},
    {"1210000100", "13"},
    {NULL, NULL},
};

/* Adds up the buffers that events with this beginning give back, until there are `all`. */
static void expect_credits(struct host *h, const char *event, unsigned all)
{
    uint8_t head[16], got[PAYLOAD_MAX];
    size_t head_size = from_hex(head, event), size = 0;
    for (unsigned sum = 0; sum < all; sum += got[size - 1]) {
        assert_true(next_packet(h, got, &size, false, 1000 * MS));
        assert_int_equal(size, head_size + 1);
        assert_memory_equal(got, head, head_size);
        assert_in_range(got[size - 1], 1, all - sum);
    }
}

/* v2 */

static struct host *v2_connected(void)
{
    struct host *h = host_of(2);
    h->answers = small_answers;
    ask(h, ENABLE_V2, "016000000000");
    advertise(h);
    ask(h, CONNECT_V2, "018c00000000");
    expect(h, CONNECTED_V2);
    return h;
}

static void a_whole_conversation_with_v2(void **state)
{
    (void)state;
    struct host *h = host_of(2);
    h->answers = small_answers;
    ask(h, "006601", "016601300000");
    ask(h, ENABLE_V2, "016000000000");
    ask(h, "006601", "0166000000000859008800");
    ask(h, "006301" BASE "01", "0163000000000102");
    advertise(h);
    ask(h, SCAN_V2, "018a00000000");
    expect(h, "021d00ffff01718293a4b5c6c9a00201060302f5fe0d0944667554617267c0db3132");
    ask(h, CONNECT_V2, "018c00000000");
    expect(h, CONNECTED_V2);
    ask(h, "0062000001", "0162000000000107");
    ask(h, "0090000001000159fe01", "019000000000");
    expect(h, "023000000000000000010059fe010b00ffff");
    ask(h, "00920000010b00ffff", "019200000000");
    expect(h, "023200000000000000010002000204000c000d00");
    ask(h, "00920000010d00ffff", "019200000000");
    expect(h, "023200000000000000010001000218000e000f00");
    ask(h, "00930000010f001000", "019300000000");
    expect(h, "02330000000000000001001000022901");
    ask(h, "00980000010100100000000200010100", "019800000000");
    expect(h, "02380000000000000010000100000000");
    h->notify_after = 50 * MS;
    ask(h, "009800000102000d000000140001" DATA, "019800000000");
    expect(h, "020100000001");
    expect(h, "0239000000000000000f00010300600101");
    ask(h, "0076000013", "017600000000");
    expect(h, "021100000016");
    host_free(h);
}

static void v2_gives_seven_buffers_and_takes_no_eighth(void **state)
{
    (void)state;
    static const char write[] = "009800000102000d000000140001" DATA;
    struct sim_dongle_stats stats;
    struct host *h = v2_connected();
    air_request_params(h->link, 400, 400, 0, 400); /* 500 ms: nothing is sent meanwhile */
    expect(h, "021f0000009001900100009001");
    ask(h, "00750000019001900100009001", "017500000000");
    expect(h, "02120000009001900100009001");
    for (int i = 0; i < 7; i++)
        ask(h, write, "019800000000");
    ask(h, write, "019804300000");
    expect_credits(h, "0201000000", 7);
    ask(h, write, "019800000000");
    expect_credits(h, "0201000000", 1);
    sim_dongle_get_stats(h->dongle, &stats);
    assert_int_equal(stats.queue_full, 1);
    host_free(h);
}

/* v3 */

static void a_whole_conversation_with_v3(void **state)
{
    (void)state;
    struct host *h = host_of(3);
    h->notify_after = 50 * MS;
    ask(h, "006601", "016601300000");
    ask(h, ENABLE_V3_MTU247, "016000000000");
    ask(h, "006601", "0166000000000859009100");
    ask(h, "00682600000001fb", "016800000000");
    ask(h, "006301" BASE "01", "0163000000000102");
    advertise(h);
    ask(h, SCAN_V3, "018a00000000");
    expect(h, "021d00ffff02718293a4b5c600000000000000c9001401"
              "0201060302f5fe0d0944667554617267c0db3132");
    ask(h, CONNECT_V3, "018c00000000");
    expect(h, CONNECTED);
    expect(h, "0204000000fb004808fb004808");
    ask(h, "0062000001", "0162000000000107");
    ask(h, "009e0000f700", "019e00000000");
    expect(h, "023a00000000000000f700");
    ask(h, "0094000001000159fe01", "019400000000");
    expect(h, "023000000000000000010059fe010b00ffff");
    ask(h, "00960000010b00ffff", "019600000000");
    expect(h, "023200000000000000020002000204000c000d0001000218000e000f00");
    ask(h, "009c0000010100100000000200010100", "019c00000000");
    expect(h, "02380000000000000010000100000000");
    ask(h, "009c00000102000d000000140001" DATA, "019c00000000");
    expect(h, "020100000001");
    expect(h, "0239000000000000000f00010300600101");
    ask(h, "0076000013", "017600000000");
    expect(h, "021100000016");
    host_free(h);
}

/* v6 */

static void a_whole_conversation_with_v6(void **state)
{
    (void)state;
    struct host *h = host_of(6);
    h->notify_after = 50 * MS;
    ask(h, "006501", "016501300000");
    configure(h);
    ask(h, "006940000000010001010000", "016900000000");
    ask(h, "0060", "016000000000");
    ask(h, "006501", "016500000000095900b700");
    ask(h, "006201" BASE "01", "0162000000000102");
    advertise(h);
    ask(h, SCAN_V6, "018a00000000");
    expect(h, "021d00ffff010002718293a4b5c60000000000000001ff7fc925ffff0f01000000"
              "1400010201060302f5fe0d0944667554617267c0db3132000000");
    ask(h, CONNECT_V6, "018c00000000");
    expect(h, CONNECTED_V6);
    ask(h, "00a50000f700", "01a500000000");
    expect(h, "023a00000000000000f700");
    ask(h, "0090000001fb00fb000000000001", "01900000000001000000000000");
    expect(h, "0224000000fb00fb0048084808");
    ask(h, "008f0000010202", "018f00000000");
    expect(h, "0222000000000202");
    ask(h, "009b000001000159fe01", "019b00000000");
    expect(h, "023000000000000000010059fe010b00ffff");
    ask(h, "009d0000010b00ffff", "019d00000000");
    expect(h, "023200000000000000020002000204000c000d0001000218000e000f00");
    ask(h, "00a30000010100100000000200010100", "01a300000000");
    expect(h, "02380000000000000010000100000000");
    ask(h, "00a300000102000d000000140001" DATA, "01a300000000");
    expect(h, "023c0000000000000001");
    expect(h, "0239000000000000000f00010300600101");
    ask(h, "0076000013", "017600000000");
    expect(h, "021100000016");
    host_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_conversation_with_v2),
        cmocka_unit_test(v2_gives_seven_buffers_and_takes_no_eighth),
        cmocka_unit_test(a_whole_conversation_with_v3),
        cmocka_unit_test(a_whole_conversation_with_v6),
    };
    return cmocka_run_group_tests_name("sim_dialects", tests, NULL, NULL);
}
