/* SPDX-License-Identifier: MIT */
/* Dongles of SoftDevice API v2, v3 and v6: what each has of its own. */
#include "dialect_bench.h"

#define WRITE_V2 "009800000102000d000000140001" DATA
#define WRITE_V3 "009c00000102000d000000140001" DATA

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

static struct host *v6_connected(void)
{
    struct host *h = host_of(6);
    configure(h);
    ask(h, "0060", "016000000000");
    advertise(h);
    ask(h, CONNECT_V6, "018c00000000");
    expect(h, CONNECTED_V6);
    return h;
}

/* ENABLE of v2 and v3 */

static void enable_checks_what_it_carries(void **state)
{
    (void)state;
    static const struct {
        int api;
        const char *request, *response;
    } steps[] = {
        {2, "006000", "016010000000"},                       /* no parameters */
        {2, "0060010a00000108010100000000", "016007000000"}, /* nine links */
        {2, "0060010a00000001020100000000", "016007000000"}, /* more pairing than links */
        {2, "0060010a00000001010200000000", "016007000000"}, /* service changed */
        {2, "0060010a00000001010181050000", "016007000000"}, /* not a multiple of 4 */
        {2, "0060010a000000010101d4000000", "016007000000"}, /* below 0xD8 */
        {2, "0060010a00000001010100400000", "016004000000"}, /* more than the RAM */
        {2, "0060010a000000010101d8000000", "016000000000"},
        {2, ENABLE_V2, "016008000000"},
        {3, "006000", "016010000000"},
        {3, "0060010a00000001010016000100000000", "016007000000"}, /* MTU 22 */
        {3, "0060010a000000010100f8000100000000", "016007000000"}, /* MTU 248 */
        {3, "0060010a00000001010000000100000000", "016000000000"}, /* MTU 0: the default */
        {3, ENABLE_V3_MTU247, "016008000000"},
    };
    struct host *v2 = host_of(2), *v3 = host_of(3);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        ask(steps[i].api == 2 ? v2 : v3, steps[i].request, steps[i].response);
    host_free(v2);
    host_free(v3);
}

static void enable_takes_as_many_links_as_the_hosts_library_asks_for(void **state)
{
    (void)state;
    struct host *h = host_of(2);
    ask(h, "0060010100000107010080050000", "016000000000");
    ask(h, "006301" BASE "01", "0163000000000102");
    ask(h, "006301000102030405060708090a0b0c0d0e0f01", "016304000000"); /* one base */
    host_free(h);
    h = host_of(3);
    ask(h, "00600101000001070101110104001f000164667530f7000080050000", "016000000000");
    host_free(h);
}

/* MTU and data length */

static void a_v2_softdevice_answers_the_peers_mtu_request_itself(void **state)
{
    (void)state;
    static const struct answer with_23[] = {{"031700", "1b0f0023"}, {NULL, NULL}};
    struct host *h = v2_connected();
    h->answers = with_23;
    air_send(h->link, AIR_PERIPHERAL, "\x02\xF7\x00", 3, 0);
    expect(h, "0239000000000000000f0001010023");
    expect_nothing(h, 200 * MS);
    ask(h, "009800000102000d000000140001" DATA, "019800000000");
    expect(h, "020100000001");
    host_free(h);
}

static void the_peers_wish_for_long_packets_is_nothing_to_v2(void **state)
{
    (void)state;
    struct air_link_state link;
    struct host *h = v2_connected();
    air_request_length(h->link, AIR_PERIPHERAL, 251, 251);
    air_request_phy(h->link, AIR_PERIPHERAL, 2, 2);
    expect_nothing(h, 500 * MS);
    air_link_get(h->link, &link);
    assert_int_equal(link.tx_octets[AIR_CENTRAL], 27);
    assert_int_equal(link.tx_phy[AIR_CENTRAL], 1);
    host_free(h);
}

static struct host *v3_connected(const char *option)
{
    struct host *h = host_of(3);
    ask(h, ENABLE_V3_MTU247, "016000000000");
    if (option != NULL)
        ask(h, option, "016800000000");
    advertise(h);
    ask(h, CONNECT_V3, "018c00000000");
    expect(h, CONNECTED);
    return h;
}

static void data_length_of_v3_follows_the_option_and_tells_changes_only(void **state)
{
    (void)state;
    struct host *h = v3_connected(NULL);
    ask(h, "006826000000011a", "016807000000");
    ask(h, "00682600000001fc", "016807000000");
    ask(h, "00682600000001fb", "016800000000"); /* for the next link */
    expect_nothing(h, 500 * MS);
    air_request_length(h->link, AIR_PERIPHERAL, 251, 251);
    expect_nothing(h, 500 * MS); /* the SoftDevice said 27 */
    host_free(h);
    h = v3_connected("0068260000000164");
    expect(h, "02040000006400900364009003");
    host_free(h);
    h = host_of(3);
    h->short_packets = true; /* the peer refuses: nothing changes */
    ask(h, ENABLE_V3_MTU247, "016000000000");
    ask(h, "00682600000001fb", "016800000000");
    advertise(h);
    ask(h, CONNECT_V3, "018c00000000");
    expect(h, CONNECTED);
    expect_nothing(h, 500 * MS);
    host_free(h);
}

static void the_mtu_of_v3_is_that_of_enable(void **state)
{
    (void)state;
    struct host *h = host_of(3);
    ask(h, "0060010a00000001010064000100000000", "016000000000"); /* 100 */
    advertise(h);
    ask(h, CONNECT_V3, "018c00000000");
    expect(h, CONNECTED);
    ask(h, "009e00006500", "019e07000000");
    ask(h, "009e00006400", "019e00000000");
    host_free(h);
}

/* Scanning */

#define REPORT_V6(type)                                                                            \
    "021d00ffff" type "0002718293a4b5c60000000000000001ff7fc925ffff0f01000000"                     \
    "1400010201060302f5fe0d0944667554617267c0db3132000000"

static void v6_pauses_after_every_report(void **state)
{
    (void)state;
    static const char report[] = REPORT_V6("03");
    static const char response[] = "021d00ffff0b0002718293a4b5c60000000000000001ff7fc925ffff0f0100"
                                   "00000300010201ff000000";
    struct host *h = host_of(6);
    h->scan_response = "0201ff";
    ask(h, "0060", "016000000000");
    advertise(h);
    ask(h, SCAN_ON_V6, "018a08000000"); /* nothing to go on with */
    ask(h, SCAN_V6, "018a00000000");
    for (int i = 0; i < 3; i++) {
        expect(h, report);
        expect_nothing(h, 500 * MS);
        ask(h, SCAN_V6, "018a08000000");
        ask(h, "008a0001010000001e00", "018a09000000"); /* too small a buffer */
        ask(h, SCAN_ON_V6, "018a00000000");
        expect(h, response); /* heard before the halt */
        expect_nothing(h, 500 * MS);
        ask(h, SCAN_ON_V6, "018a00000000");
    }
    expect(h, report);
    ask(h, "008b", "018b00000000"); /* ends the pause, too */
    ask(h, "008b", "018b08000000");
    ask(h, SCAN_ON_V6, "018a08000000");
    host_free(h);
}

static void v6_holds_no_scan_response_of_a_later_advertisement(void **state)
{
    (void)state;
    struct host *h = host_of(6);
    ask(h, "0060", "016000000000");
    ask(h, SCAN_V6, "018a00000000");
    ask(h, SCAN_ON_V6, "018a08000000"); /* there was no halt */
    advertise(h);
    expect(h, "021d00ffff010002718293a4b5c60000000000000001ff7fc925ffff0f01000000"
              "1400010201060302f5fe0d0944667554617267c0db3132000000");
    air_advertise_stop(&h->advertiser);
    h->scan_response = "0201ff";
    advertise(h);
    run(h, 300 * MS);
    ask(h, SCAN_ON_V6, "018a00000000");
    expect(h, "021d00ffff030002718293a4b5c60000000000000001ff7fc925ffff0f01000000"
              "1400010201060302f5fe0d0944667554617267c0db3132000000");
    host_free(h);
}

static void a_v6_report_is_never_lost(void **state)
{
    (void)state;
    unsigned reports = 0, others = 0;
    uint8_t got[PAYLOAD_MAX];
    size_t size;
    struct host *h = v6_connected();
    ask(h, SCAN_V6, "018a00000000");
    h->no_ack = true;
    for (int i = 0; i < 60; i++)
        air_send(h->link, AIR_PERIPHERAL, "\x1B\x0F\x00\xAA", 4, 0);
    run(h, 200 * MS);
    advertise(h);
    run(h, 100 * MS);
    h->no_ack = false;
    while (reports < 10 && next_packet(h, got, &size, true, 1000 * MS))
        *(got[1] == 0x1D ? &reports : &others) += 1;
    assert_int_equal(reports, 1);
    assert_int_equal(others, 60);
    host_free(h);
}

static void v6_checks_scan_parameters_and_buffer(void **state)
{
    (void)state;
    static const char *const steps[][2] = {
        {"008a010401010000000000a0005000000000", "018a10000000"},             /* no buffer */
        {"008a010401010000000000a0005000000001010000001e00", "018a09000000"}, /* wants 31 */
        {"008a01050100a000500000000101000000fe00", "018a09000000"}, /* extended wants 255 */
        {"008a01040400a0005000000001010000001f00", "018a06000000"}, /* coded PHY */
        {"008a0104010100000000e0a0005000000001010000001f00", "018a07000000"}, /* no channel left */
        {"008a010c0100a0005000000001010000001f00", "018a07000000"},           /* whitelist */
        {"008a01040100a000a100000001010000001f00", "018a07000000"}, /* window above interval */
        {"008a01040100ffff5000000001010000001f00", "018a00000000"}, /* the longest interval */
        {"008b", "018b00000000"},
        {"008a01050100a000500000000101000000ff00", "018a00000000"},
    };
    struct host *h = host_of(6);
    ask(h, "0060", "016000000000");
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        ask(h, steps[i][0], steps[i][1]);
    host_free(h);
}

/* 100 bytes is what Nordic's own example hands in; each report may get another buffer. */
static void v6_takes_larger_buffers_than_it_needs(void **state)
{
    (void)state;
    struct host *h = host_of(6);
    ask(h, "0060", "016000000000");
    advertise(h);
    ask(h, "008a01040100a00050003c0001010000006400", "018a00000000"); /* for 600 ms */
    expect(h, REPORT_V6("01"));
    ask(h, "008a000101000000ff00", "018a00000000");
    expect(h, REPORT_V6("01"));
    expect(h, "021b00ffff0101000000ff00"); /* the timeout gives the last one back */
    host_free(h);
}

static void timeouts_have_their_own_units_and_sources(void **state)
{
    (void)state;
    static const struct {
        int api;
        uint32_t ms;
        const char *scan, *scan_event, *connect, *connect_event;
    } searches[] = {
        {2, 1000, "008a010100a00050000100", "021b00ffff02",
         "008c0101718293a4b5c6010100a00050000100010600060000009001", "021b00ffff03"},
        {3, 1000, "008a0101a00050000100", "021b00ffff02",
         "008c0102718293a4b5c60101a00050000100010600060000009001", "021b00ffff03"},
        {5, 1000, "008a0101a00050000100", "021b00ffff01",
         "008c0102718293a4b5c60101a0005000010001060006000000900100", "021b00ffff02"},
        {6, 100, "008a01040100a00050000a0001010000001f00", "021b00ffff01010000001f00",
         "008c0102718293a4b5c601040100a00050000a0001060006000000900100", "021b00ffff02"},
    };
    for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
        struct host *h = host_of(searches[i].api);
        ask(h, enable_of(searches[i].api), "016000000000");
        ask(h, searches[i].scan, "018a00000000");
        expect_nothing(h, (searches[i].ms - 10) * MS);
        expect(h, searches[i].scan_event);
        ask(h, searches[i].connect, "018c00000000");
        expect_nothing(h, (searches[i].ms - 10) * MS);
        expect(h, searches[i].connect_event);
        host_free(h);
    }
}

/* Options, power, signal strength */

static void options_mean_what_the_dialect_says(void **state)
{
    (void)state;
    static const struct {
        int api;
        const char *request, *response;
    } steps[] = {
        {2, "00680100000001020303", "016800000000"}, /* bandwidth */
        {2, "00680100000001020403", "016807000000"},
        {2, "00680200000001020403", "016807000000"}, /* unknown */
        {2, "0068240000000102", "016807000000"},
        {2, "0068250000000101", "016800000000"},
        {3, "00680100000001020303", "016800000000"},
        {3, "006802000000016365010002", "016800000000"}, /* amplifiers */
        {3, "0068030000000101", "016800000000"},         /* long events */
        {3, "0068030000000102", "016807000000"},
        {3, "00682500000001000080bb", "016802300000"}, /* of a link that is not there */
        {3, "00682600000000", "016810000000"},         /* no value */
        {6, "006701000000016365010002", "016700000000"},
        {6, "0067020000000101", "016700000000"},
        {6, "0067230000000101", "016700000000"},
        {6, "00672400000001000080bb", "016702300000"},
        {6, "006726000000010000", "016707000000"}, /* unknown */
    };
    struct host *hosts[7] = {[2] = host_of(2), [3] = host_of(3), [6] = host_of(6)};
    for (int api = 2; api <= 6; api++)
        if (hosts[api] != NULL)
            ask(hosts[api], enable_of(api), "016000000000");
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        ask(hosts[steps[i].api], steps[i].request, steps[i].response);
    for (int api = 2; api <= 6; api++)
        if (hosts[api] != NULL)
            host_free(hosts[api]);
}

/* How many of seven writes are sent in the first connection event. */
static unsigned sent_at_once(int api, const char *option)
{
    static const char *const connects[] = {
        [2] = "008c0101718293a4b5c6010100a00050000000019001900100009001",
        [3] = "008c0102718293a4b5c60101a00050000000019001900100009001"};
    uint8_t got[PAYLOAD_MAX];
    size_t size;
    struct host *h = host_of(api);
    ask(h, enable_of(api), "016000000000");
    if (option != NULL)
        ask(h, option, "016800000000");
    advertise(h);
    ask(h, connects[api], "018c00000000"); /* 500 ms between connection events */
    assert_true(next_packet(h, got, &size, false, 1000 * MS));
    run(h, 600 * MS);
    for (int n = 0; n < 7; n++)
        ask(h, api == 2 ? WRITE_V2 : WRITE_V3, api == 2 ? "019800000000" : "019c00000000");
    assert_true(next_packet(h, got, &size, false, 2000 * MS));
    assert_int_equal(got[1], 1);
    host_free(h);
    return got[5];
}

static void bandwidth_is_packets_per_connection_event(void **state)
{
    (void)state;
    assert_int_equal(sent_at_once(2, "00680100000001020101"), 1);
    assert_int_equal(sent_at_once(2, NULL), 3);
    assert_int_equal(sent_at_once(2, "00680100000001010303"), 3); /* of a peripheral */
    assert_int_equal(sent_at_once(2, "00680100000001020303"), 6);
    assert_int_equal(sent_at_once(3, NULL), 3);
    assert_int_equal(sent_at_once(3, "0068030000000101"), 7); /* no limit */
}

static void transmit_power_has_a_target_in_v6(void **state)
{
    (void)state;
    static const struct {
        int api;
        const char *request, *response;
    } steps[] = {
        {2, "0077e2", "017700000000"}, /* -30 */
        {2, "007703", "017707000000"},       {3, "007703", "017700000000"},
        {3, "0077e2", "017707000000"},       {6, "007702000003", "017700000000"},
        {6, "007702000008", "017707000000"}, /* on an nRF52840 only */
        {6, "007701000000", "017704300000"}, /* no advertising set */
        {6, "007703000000", "017702300000"}, /* no link */
        {6, "007704000000", "017707000000"},
    };
    struct host *hosts[7] = {[2] = host_of(2), [3] = host_of(3), [6] = host_of(6)};
    for (int api = 2; api <= 6; api++)
        if (hosts[api] != NULL)
            ask(hosts[api], enable_of(api), "016000000000");
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        ask(hosts[steps[i].api], steps[i].request, steps[i].response);
    for (int api = 2; api <= 6; api++)
        if (hosts[api] != NULL)
            host_free(hosts[api]);
    struct host *usb = host_new(&(struct sim_dongle_config){.api = 6, .usb = true});
    start_link(usb);
    ask(usb, "0060", "016000000000");
    ask(usb, "007702000008", "017700000000");
    host_free(usb);
}

static void signal_strength_comes_bare_in_v2_and_with_a_channel_in_v6(void **state)
{
    (void)state;
    struct host *h = v2_connected();
    ask(h, "00880000ff00", "018800000000");
    ask(h, "008e000001", "018e00000000ce");
    host_free(h);
    h = v3_connected(NULL);
    ask(h, "00880000ff00", "018800000000");
    ask(h, "008e000001", "018e0000000001ce");
    host_free(h);
    h = v6_connected();
    ask(h, "008800000000", "018800000000");
    expect(h, "021c000000ce0c");
    ask(h, "008e00000101", "018e0000000001ce010c");
    ask(h, "008e00000100", "018e10000000");
    host_free(h);
}

/* Buffers */

/* Nothing is sent for 500 ms at a time, so that writes stay in their buffers. */
static void slow_down(struct host *h)
{
    air_request_params(h->link, 400, 400, 0, 400);
    expect(h, "021f0000009001900100009001");
    ask(h, "00750000019001900100009001", "017500000000");
    expect(h, "02120000009001900100009001");
}

static void check_buffers(struct host *h, const char *write, const char *taken, const char *full,
                          const char *event, unsigned count)
{
    struct sim_dongle_stats stats;
    slow_down(h);
    for (unsigned i = 0; i < count; i++)
        ask(h, write, taken);
    ask(h, write, full);
    expect_credits(h, event, count);
    ask(h, write, taken);
    expect_credits(h, event, 1);
    sim_dongle_get_stats(h->dongle, &stats);
    assert_int_equal(stats.queue_full, 1);
    host_free(h);
}

static void writes_find_as_many_buffers_as_the_dialect_says(void **state)
{
    (void)state;
    check_buffers(v2_connected(), WRITE_V2, "019800000000", "019804300000", "0201000000", 7);
    check_buffers(v3_connected(NULL), WRITE_V3, "019c00000000", "019c04300000", "0201000000", 7);
    check_buffers(v6_connected(), "00a300000102000d000000140001" DATA, "01a300000000",
                  "01a313000000", "023c00000000000000", 16);
}

/* What is left of v6 */

static void v6_takes_times_and_unequal_lengths(void **state)
{
    (void)state;
    struct host *h = v6_connected();
    ask(h, "0090000001fb00fb004701000000", "019007000000"); /* 327 us */
    ask(h, "0090000001fb001b000000000000", "01900000000000");
    expect(h, "0224000000fb001b0048084801");
    host_free(h);
    h = v6_connected();
    ask(h, "0090000001fb00fb004804480400", "01900000000000"); /* 1096 us are 123 octets */
    expect(h, "02240000007b007b0048044804");
    host_free(h);
}

static void an_att_timeout_has_the_dialects_own_words(void **state)
{
    (void)state;
    struct host *h = v2_connected();
    h->no_answer = true;
    ask(h, "009600000d000000", "019600000000");
    expect(h, "023a00000000");
    ask(h, "009600000d000000", "019608000000");
    host_free(h);
    h = v6_connected();
    h->no_answer = true;
    ask(h, "00a100000d000000", "01a100000000");
    expect(h, "023b0000000000000000");
    ask(h, "00a100000d000000", "01a10d000000");
    ask(h, "00a300000102000d000000140001" DATA, "01a30d000000");
    host_free(h);
}

static void v6_checks_its_role_counts(void **state)
{
    (void)state;
    struct host *h = host_of(6);
    ask(h, "006940000000010001010100", "016900000000");
    ask(h, "006940000000010001010200", "016907000000");
    ask(h, "006940000000010001010002", "016907000000");
    ask(h, "006940000000010001020000", "016907000000");
    host_free(h);
}

static void v6_names_an_unknown_configuration_tag(void **state)
{
    (void)state;
    struct host *h = host_of(6);
    ask(h, "0060", "016000000000");
    ask(h, "008c0102718293a4b5c601040100a0005000000001060006000000900107", "018c05000000");
    host_free(h);
}

static void an_enable_without_pairing_leaves_no_room_for_it(void **state)
{
    (void)state;
    struct host *h = host_of(2);
    ask(h, "0060010a00000001000100000000", "016000000000");
    advertise(h);
    ask(h, CONNECT_V2, "018c00000000");
    expect(h, CONNECTED_V2);
    ask(h, "007e0000010107100000", "017e04000000");
    host_free(h);
}

static void a_second_link_is_one_too_many_for_an_enable_with_one(void **state)
{
    (void)state;
    struct host *h = v2_connected();
    ask(h, "008c0101718293a4b5c7010100a00050000000010600060000009001", "018c12000000");
    host_free(h);
}

static void the_own_address_of_v2_is_set_with_a_mode(void **state)
{
    (void)state;
    struct host *h = host_of(2);
    ask(h, ENABLE_V2, "016000000000");
    ask(h, "007101", "01710000000001015a3c0d06e1");
    ask(h, "0070000101010203040506", "017002320000"); /* static, but the top bits are not */
    ask(h, "00700101010102030405c6", "017006000000"); /* changing addresses are not modelled */
    ask(h, "00700001010102030405c6", "017000000000");
    ask(h, "007101", "017100000000010102030405c6");
    host_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enable_checks_what_it_carries),
        cmocka_unit_test(enable_takes_as_many_links_as_the_hosts_library_asks_for),
        cmocka_unit_test(a_v2_softdevice_answers_the_peers_mtu_request_itself),
        cmocka_unit_test(the_peers_wish_for_long_packets_is_nothing_to_v2),
        cmocka_unit_test(data_length_of_v3_follows_the_option_and_tells_changes_only),
        cmocka_unit_test(the_mtu_of_v3_is_that_of_enable),
        cmocka_unit_test(v6_pauses_after_every_report),
        cmocka_unit_test(v6_holds_no_scan_response_of_a_later_advertisement),
        cmocka_unit_test(a_v6_report_is_never_lost),
        cmocka_unit_test(v6_checks_scan_parameters_and_buffer),
        cmocka_unit_test(v6_takes_larger_buffers_than_it_needs),
        cmocka_unit_test(timeouts_have_their_own_units_and_sources),
        cmocka_unit_test(options_mean_what_the_dialect_says),
        cmocka_unit_test(bandwidth_is_packets_per_connection_event),
        cmocka_unit_test(transmit_power_has_a_target_in_v6),
        cmocka_unit_test(signal_strength_comes_bare_in_v2_and_with_a_channel_in_v6),
        cmocka_unit_test(writes_find_as_many_buffers_as_the_dialect_says),
        cmocka_unit_test(v6_takes_times_and_unequal_lengths),
        cmocka_unit_test(an_att_timeout_has_the_dialects_own_words),
        cmocka_unit_test(v6_checks_its_role_counts),
        cmocka_unit_test(v6_names_an_unknown_configuration_tag),
        cmocka_unit_test(an_enable_without_pairing_leaves_no_room_for_it),
        cmocka_unit_test(a_second_link_is_one_too_many_for_an_enable_with_one),
        cmocka_unit_test(the_own_address_of_v2_is_set_with_a_mode),
    };
    return cmocka_run_group_tests_name("sim_dialects", tests, NULL, NULL);
}
