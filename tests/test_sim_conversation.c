/* SPDX-License-Identifier: MIT */
/* A whole conversation with a dongle of each of SoftDevice API v2, v3 and v6, byte for byte. (v5's,
 * which is the specification's own, is in test_sim_dongle.c.) */
#include "dialect_bench.h"

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
        cmocka_unit_test(a_whole_conversation_with_v3),
        cmocka_unit_test(a_whole_conversation_with_v6),
    };
    return cmocka_run_group_tests_name("sim_conversation", tests, NULL, NULL);
}
