/* SPDX-License-Identifier: MIT */
#include "dongle_bench.h"

/* Scanning and connecting */

static void no_reports_while_not_scanning(void **state)
{
    (void)state;
    struct host *h = host_started();
    ask(h, "0060", "016000000000");
    advertise(h);
    expect_nothing(h, 1000 * MS);
    ask(h, "008b", "018b08000000");
    ask(h, "008a0101a000a0000000", "018a00000000");
    ask(h, "008a0101a000a0000000", "018a08000000");
    run(h, 500 * MS);
    ask(h, "008b", "018b00000000");
    run(h, 100 * MS);
    h->count = 0;
    expect_nothing(h, 1000 * MS);
    host_free(h);
}

static void scan_parameters_are_checked_and_time_out(void **state)
{
    (void)state;
    struct host *h = host_started();
    ask(h, "0060", "016000000000");
    ask(h, "008a00", "018a10000000");
    ask(h, "008a0101030003000000", "018a07000000");
    ask(h, "008a0101a000a1000000", "018a07000000");
    ask(h, "008a0101400140010100", "018a00000000");
    expect(h, "021b00ffff01");
    ask(h, "008b", "018b08000000");
    host_free(h);
}

static void connecting_checks_its_parameters(void **state)
{
    (void)state;
    struct host *h = host_started();
    ask(h, "0069230000000101f700", "016900000000");
    ask(h, "0060", "016000000000");
    ask(h, "008d", "018d08000000");
    /* no peer; static address with the wrong top bits; interval below 6; unknown tag */
    ask(h, "008c000101a0005000000001060006000000900101", "018c10000000");
    ask(h, "008c0102718293a4b5060101a0005000000001060006000000900101", "018c02320000");
    ask(h, "008c0102718293a4b5c60101a0005000000001050006000000900101", "018c07000000");
    ask(h, "008c0102718293a4b5c60101a0005000000001060006000000900107", "018c05000000");
    /* nobody there: a time-out of one second, source 2 */
    ask(h, "008c0102718293a4b5c60101a0005000010001060006000000900101", "018c00000000");
    ask(h, CONNECT_TAG_1, "018c08000000");
    ask(h, "008a0101a00050000000", "018a08000000");
    expect(h, "021b00ffff02");
    ask(h, CONNECT_TAG_1, "018c00000000");
    ask(h, "008d", "018d00000000");
    advertise(h);
    expect_nothing(h, 1000 * MS);
    ask(h, CONNECT_TAG_1, "018c00000000");
    expect(h, CONNECTED);
    ask(h, CONNECT_TAG_1, "018c12000000"); /* one link per tag is the default */
    ask(h, "0076010013", "017602300000");
    ask(h, "0076000008", "017607000000");
    host_free(h);
}

static void connection_parameters_change_or_are_refused(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    ask(h, "0075000000", "017508000000");
    ask(h, "00750000010c00060000009001", "017507000000");
    ask(h, "007500000108000c0000009001", "017500000000");
    ask(h, "007500000108000c0000009001", "017511000000");
    expect(h, "02120000000c000c0000009001");
    air_request_params(h->link, 12, 24, 0, 400);
    expect(h, "021f0000000c00180000009001");
    ask(h, "0075000000", "017500000000");
    expect_nothing(h, 500 * MS);
    host_free(h);
}

static void a_silent_peer_ends_the_link_with_a_supervision_timeout(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    sim_run_until(h->world, sim_now(h->world) + 200000);
    air_vanish(h->link, AIR_PERIPHERAL);
    expect(h, "021100000008");
    ask(h, "009a00000d000000", "019a02300000");
    host_free(h);
}

static void a_peer_that_never_answers_is_a_link_that_was_not_established(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    air_vanish(h->link, AIR_PERIPHERAL);
    expect(h, "02110000003e");
    host_free(h);
}

/* Data length and PHY */

static void data_length_needs_event_length(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL); /* event length 3, the default */
    ask(h, "0090000001fb00fb000000000001", "019013000000");
    ask(h, "0090000001fb001b000000000001", "019006000000");
    ask(h, "00900000011a001a000000000001", "019007000000");
    ask(h, "00900000011b001b000000000000", "01900000000000");
    expect(h, "02240000001b001b0048014801");
    host_free(h);
}

static void with_event_length(const char *config, const char *response)
{
    struct host *h = host_started();
    ask(h, config, "016900000000");
    ask(h, "0060", "016000000000");
    advertise(h);
    ask(h, CONNECT_TAG_1, "018c00000000");
    expect(h, CONNECTED);
    ask(h, "0090000001fb00fb000000000000", response);
    host_free(h);
}

static void the_longest_packets_need_an_event_length_of_five(void **state)
{
    (void)state;
    with_event_length("0069200000000101010400", "019013000000");
    with_event_length("0069200000000101010500", "01900000000000");
}

/* The peer asks while a request for the same is in the dongle: the host can't know yet. */
static void a_peers_question_that_the_host_has_not_seen_makes_it_busy(void **state)
{
    (void)state;
    struct host *h = host_new(&(struct sim_dongle_config){.api = 5, .command_us = 200 * MS});
    start_link(h);
    configure(h);
    ask(h, "0060", "016000000000");
    advertise(h);
    ask(h, CONNECT_TAG_1, "018c00000000");
    expect(h, CONNECTED);
    assert_true(request_hex(h, "0090000001fb00fb000000000000"));
    air_request_length(h->link, AIR_PERIPHERAL, 251, 251);
    expect(h, "019011000000");
    expect(h, "0223000000fb00fb0048084808");
    ask(h, "0090000001fb00fb000000000000", "01900000000000");
    expect(h, "0224000000fb00fb0048084808");
    host_free(h);
}

static void the_peers_own_requests_must_be_answered(void **state)
{
    (void)state;
    struct host *h = host_connected(configure);
    air_request_length(h->link, AIR_PERIPHERAL, 251, 251);
    expect(h, "0223000000fb00fb0048084808");
    ask(h, "009000000000", "01900000000000");
    expect(h, "0224000000fb00fb0048084808");
    air_request_phy(h->link, AIR_PERIPHERAL, 2, 2);
    expect(h, "02210000000202");
    ask(h, "008f000000", "018f00000000");
    expect(h, "0222000000000202");
    ask(h, "008f0000010404", "018f07000000");
    ask(h, "008f0000010101", "018f00000000");
    ask(h, "008f0000010101", "018f11000000");
    expect(h, "0222000000000101");
    host_free(h);
}

static void a_peer_that_asks_for_the_mtu_first_is_answered(void **state)
{
    (void)state;
    struct host *h = host_connected(configure);
    ask(h, "00ad0000f700", "01ad08000000");
    air_send(h->link, AIR_PERIPHERAL, "\x02\x64\x00", 3, 0);
    expect(h, "02550000006400");
    ask(h, "00ad0000f800", "01ad07000000");
    ask(h, "00ad0000f700", "01ad00000000");
    uint8_t write[14 + 98] = {0x00, 0x9C, 0, 0, 1, 2, 0, 13, 0, 0, 0, 98, 0, 1};
    assert_true(request(h, write, sizeof(write)));
    expect(h, "019c0c000000"); /* MTU 100: 97 bytes at most */
    host_free(h);
}

/* GATT */

static void the_mtu_is_exchanged_once_within_its_limits(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    ask(h, "009e0000f800", "019e07000000");
    ask(h, "009e00001600", "019e07000000");
    ask(h, "009e0000f700", "019e00000000");
    expect(h, "023a00000000000000f700");
    ask(h, "009e0000f700", "019e08000000");
    host_free(h);
}

static void refusals_can_be_asked_for(void **state)
{
    (void)state;
    struct host *h = host_new(&(struct sim_dongle_config){
        .api = 5, .refuse_mtu = 7, .refuse_length = 0x13, .refuse_phy = 0x13});
    start_link(h);
    ask(h, "0069230000000101f700", "016900000000");
    ask(h, "0060", "016000000000");
    advertise(h);
    ask(h, CONNECT_TAG_1, "018c00000000");
    expect(h, CONNECTED);
    ask(h, "009e0000f700", "019e07000000");
    ask(h, "00900000011b001b000000000000", "019013000000");
    ask(h, "008f0000010202", "018f13000000");
    host_free(h);
}

static void one_client_procedure_at_a_time(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    h->no_answer = true;
    uint64_t begin = sim_now(h->world);
    ask(h, "009a00000d000000", "019a00000000");
    ask(h, "009a00000d000000", "019a11000000");
    ask(h, "0094000001000159fe01", "019411000000");
    ask(h, "009e0000f700", "019e11000000");
    ask(h, "009c0000010100100000000200010100", "019c11000000");
    expect(h, "023b0000000000000000"); /* the ATT time-out, 30 s */
    assert_in_range(sim_now(h->world) - begin, 30000 * MS, 30010 * MS);
    ask(h, "009a00000d000000", "019a08000000");
    host_free(h);
}

static void discovery_and_reads_carry_the_peers_answers(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    ask(h, "00940000010000", "019400000000");
    expect(h, "02300000000000000002000018010100050001180106000a00");
    ask(h, "00960000010b00ffff", "019600000000"); /* the base was never added: type 0 */
    expect(h, "023200000000000000020000000004000c000d0000000018000e000f00");
    ask(h, "00960000010f00ffff", "019600000000");
    expect(h, "02320000000a010f000000");
    ask(h, "00970000010f001000", "019700000000");
    expect(h, "02330000000000000001001000022901");
    ask(h, "009a000011000000", "019a00000000");
    expect(h, "023600000002011100000000000000");
    ask(h, "00970000010000ffff", "019707000000");
    ask(h, "00940000010001010002", "019407000000");
    host_free(h);
}

static void one_write_command_is_queued_unless_more_are_configured(void **state)
{
    (void)state;
    struct sim_dongle_stats stats;
    struct host *h = host_connected(NULL);
    ask(h, "009c00000102000d00000001000155", "019c00000000");
    ask(h, "009c00000102000d00000001000155", "019c13000000");
    expect(h, "023c0000000000000001");
    ask(h, "009c00000102000d00000001000155", "019c00000000");
    sim_dongle_get_stats(h->dongle, &stats);
    assert_int_equal(stats.queue_full, 1);
    host_free(h);
}

static void write_commands_complete_once_per_connection_event(void **state)
{
    (void)state;
    struct host *h = host_started();
    configure(h);
    ask(h, "0060", "016000000000");
    advertise(h);
    /* interval 400 ms, so that several requests fit between two connection events */
    ask(h, "008c0102718293a4b5c60101a0005000000001400140010000900101", "018c00000000");
    expect(h, "021000000002718293a4b5c6024001400100009001");
    for (int i = 0; i < 16; i++)
        ask(h, "009c00000102000d00000001000155", "019c00000000");
    ask(h, "009c00000102000d00000001000155", "019c13000000");
    uint8_t got[PAYLOAD_MAX];
    size_t size, events = 0, sum = 0;
    while (sum < 16 && next_packet(h, got, &size, false, 2000 * MS)) {
        assert_int_equal(size, 10);
        assert_int_equal(got[1], 0x3C);
        sum += got[9];
        events++;
    }
    assert_int_equal(sum, 16);
    assert_true(events <= 3);
    host_free(h);
}

static void long_writes_are_refused_with_data_size(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    uint8_t write[14 + 21] = {0x00, 0x9C, 0, 0, 1, 2, 0, 13, 0, 0, 0, 21, 0, 1};
    assert_true(request(h, write, sizeof(write)));
    expect(h, "019c0c000000");
    write[5] = 1;
    assert_true(request(h, write, sizeof(write)));
    expect(h, "019c0c000000");
    ask(h, "009c000000", "019c10000000");
    host_free(h);
}

static void an_indication_is_confirmed_once(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    ask(h, "009d00000f00", "019d08000000");
    air_send(h->link, AIR_PERIPHERAL, "\x1D\x0F\x00\x20\x01\x01", 6, 0);
    expect(h, "0239000000000000000f00020300200101");
    ask(h, "009d00001000", "019d03300000");
    ask(h, "009d00000f00", "019d00000000");
    ask(h, "009d00000f00", "019d08000000");
    host_free(h);
}

static void system_attributes_are_asked_for_when_a_peer_needs_them(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    air_send(h->link, AIR_PERIPHERAL, "\x12\x0D\x00\x02\x00", 5, 0);
    expect(h, "025200000000");
    ask(h, "00a9000000000000000000", "01a900000000");
    expect_nothing(h, 200 * MS);
    host_free(h);
}

static void pairing_is_refused_by_the_peer(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    ask(h, "007e0000013107100303", "017e00000000");
    ask(h, "007e0000013107100303", "017e11000000");
    expect(h, "0219000000850100000000");
    ask(h, "007f00000000010000000000000000", "017f08000000");
    ask(h, "0087000001", "018700000000011100");
    ask(h, "0085000001efbe505152535455565701202122232425262728292a2b2c2d2e2f40", "018500000000");
    expect(h, "021100000006");
    host_free(h);
}

static void signal_strength_is_reported_once_started(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    ask(h, "008e000001", "018e08000000");
    ask(h, "00880000050a", "018800000000");
    expect(h, "021c000000ce"); /* nothing was scanned before: -50 dBm */
    ask(h, "00880000ff00", "018808000000");
    ask(h, "008e000001", "018e0000000001ce");
    ask(h, "00890000", "018900000000");
    ask(h, "00890000", "018908000000");
    host_free(h);
}

static void commands_without_a_known_layout_are_not_supported(void **state)
{
    (void)state;
    struct host *h = host_started();
    ask(h, "006e", "016e06000000");
    ask(h, "00980000010100ffff", "019806000000");
    host_free(h);
}

/* Requests and ATT PDUs with flipped bytes, cut and extended: restarts are fine, nothing else is.
 */

static uint32_t noise(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static size_t spoil(uint8_t *bytes, size_t size, size_t capacity, uint32_t *seed)
{
    for (uint32_t flips = noise(seed) % 3; flips > 0 && size > 1; flips--)
        bytes[1 + noise(seed) % (size - 1)] = (uint8_t)noise(seed);
    if (noise(seed) % 8 == 0)
        size = 1 + noise(seed) % size;
    if (noise(seed) % 8 == 0 && size < capacity)
        bytes[size++] = (uint8_t)noise(seed);
    return size;
}

/* Back to a link, whatever happened: the peripheral needs its supervision timeout to notice. */
static void bring_up(struct host *h)
{
    run(h, 200 * MS);
    start_link(h);
    request_hex(h, "0069230000000101f700");
    request_hex(h, "0060");
    request_hex(h, CONNECT_TAG_1);
    for (int i = 0; i < 60 && h->link != NULL; i++)
        run(h, 100 * MS);
    if (h->advertiser == NULL)
        advertise(h);
    run(h, 300 * MS);
    h->count = 0;
}

static const char *const odd_requests[] = {
    "0069230000000101f700",
    "0060",
    "00620150eada308883b89f604f15f30000c98e01",
    "008a0101a00050000000",
    CONNECT_TAG_1,
    "009e0000f700",
    "0090000001fb00fb000000000001",
    "0094000001000159fe01",
    "00940000010000",
    "00960000010b00ffff",
    "009a00000d000000",
    "009c0000010100100000000200010100",
    "009c00000102000d00000001000155",
    "0076000013",
    "00750000010600060000009001",
    "008f0000010202",
    "00a9000000000000000000",
    "00ad0000f700",
    "007e0000013107100303",
    "008000000101303030313233",
    "008500000000",
};

static const char *const odd_pdus[] = {
    "02f700",
    "03f700",
    "0100000001",
    "0504010a00022803",
    "070b00ffff",
    "1106010005000018",
    "09150c00040d0050eada308883b89f604f15f30200c98e",
    "0501100002290100",
    "13",
    "0b616263",
    "1b0f00600101",
    "1d0f00600101",
    "12030001",
    "120d000100",
    "0a0300",
    "0c03000100",
    "040100ffff",
    "080100ffff0328",
    "100100ffff0028",
    "060100ffff00280018",
    "1601000000aa",
};

static void odd_traffic_only_makes_it_restart(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    unsigned linked = 0;
    struct host *h = host_connected(NULL);
    for (int i = 0; i < 4000; i++) {
        uint8_t bytes[64];
        const char *base =
            odd_requests[noise(&seed) % (sizeof(odd_requests) / sizeof(odd_requests[0]))];
        size_t size = spoil(bytes, from_hex(bytes, base), sizeof(bytes), &seed);
        bytes[0] = noise(&seed) % 64 == 0 ? (uint8_t)noise(&seed) : 0;
        if (!request(h, bytes, size) || h->link == NULL)
            bring_up(h);
        if (h->link != NULL) {
            base = odd_pdus[noise(&seed) % (sizeof(odd_pdus) / sizeof(odd_pdus[0]))];
            size = spoil(bytes, from_hex(bytes, base), sizeof(bytes), &seed);
            air_send(h->link, AIR_PERIPHERAL, bytes, size, 0);
            linked++;
        }
        run(h, noise(&seed) % 8 * MS);
        h->count = 0;
    }
    struct sim_dongle_stats stats;
    sim_dongle_get_stats(h->dongle, &stats);
    print_message("%u requests, %u restarts, %u ATT PDUs\n", (unsigned)stats.requests,
                  (unsigned)stats.restarts, linked);
    assert_true(stats.requests > 2000 && stats.restarts > 100 && linked > 2000);
    assert_false(sim_world_failed(h->world));
    host_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_reports_while_not_scanning),
        cmocka_unit_test(scan_parameters_are_checked_and_time_out),
        cmocka_unit_test(connecting_checks_its_parameters),
        cmocka_unit_test(connection_parameters_change_or_are_refused),
        cmocka_unit_test(a_silent_peer_ends_the_link_with_a_supervision_timeout),
        cmocka_unit_test(a_peer_that_never_answers_is_a_link_that_was_not_established),
        cmocka_unit_test(data_length_needs_event_length),
        cmocka_unit_test(the_longest_packets_need_an_event_length_of_five),
        cmocka_unit_test(a_peers_question_that_the_host_has_not_seen_makes_it_busy),
        cmocka_unit_test(the_peers_own_requests_must_be_answered),
        cmocka_unit_test(a_peer_that_asks_for_the_mtu_first_is_answered),
        cmocka_unit_test(the_mtu_is_exchanged_once_within_its_limits),
        cmocka_unit_test(refusals_can_be_asked_for),
        cmocka_unit_test(one_client_procedure_at_a_time),
        cmocka_unit_test(discovery_and_reads_carry_the_peers_answers),
        cmocka_unit_test(one_write_command_is_queued_unless_more_are_configured),
        cmocka_unit_test(write_commands_complete_once_per_connection_event),
        cmocka_unit_test(long_writes_are_refused_with_data_size),
        cmocka_unit_test(an_indication_is_confirmed_once),
        cmocka_unit_test(system_attributes_are_asked_for_when_a_peer_needs_them),
        cmocka_unit_test(pairing_is_refused_by_the_peer),
        cmocka_unit_test(signal_strength_is_reported_once_started),
        cmocka_unit_test(commands_without_a_known_layout_are_not_supported),
        cmocka_unit_test(odd_traffic_only_makes_it_restart),
    };
    return cmocka_run_group_tests_name("sim_softdevice", tests, NULL, NULL);
}
