/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>

#include "sim/air.h"
#include "sim/dongle.h"
#include "sim/dongle_frame.h"
#include "sim/world.h"

enum {
    PAYLOAD_MAX = 768,
    WAITING_MAX = 64,
    MS = 1000,
};

/* A host: just enough H5 to talk, driven by hand. */
struct host {
    struct sim_world *world;
    struct air *air;
    struct sim_dongle *dongle;
    struct air_advertiser *advertiser;
    struct air_link *link; /* the peripheral's end */
    uint32_t notify_after; /* µs after a write command */
    bool no_answer;        /* the peripheral leaves ATT requests unanswered */
    bool no_ack;           /* the host acknowledges nothing */
    uint8_t seq, expected;
    bool acked;
    unsigned syncs, configs, acks;
    struct dongle_slip slip;
    uint8_t slip_room[PAYLOAD_MAX + DONGLE_FRAME_EXTRA];
    struct {
        uint8_t bytes[PAYLOAD_MAX];
        size_t size;
    } waiting[WAITING_MAX];
    size_t first, count;
    unsigned data_frames; /* repetitions included */
};

static size_t from_hex(uint8_t *out, const char *hex)
{
    size_t size = strlen(hex) / 2;
    for (size_t i = 0; i < size; i++) {
        unsigned value = 0;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
        out[i] = (uint8_t)value;
    }
    return size;
}

static void put_frame(struct host *h, const struct dongle_frame *frame)
{
    uint8_t bytes[PAYLOAD_MAX + DONGLE_FRAME_EXTRA], wire[2 * sizeof(bytes) + 2];
    size_t size = dongle_frame_encode(bytes, frame);
    sim_dongle_receive(h->dongle, wire, dongle_slip_encode(wire, bytes, size));
}

static void put_link(struct host *h, const char *hex)
{
    uint8_t message[4];
    size_t size = from_hex(message, hex);
    put_frame(h,
              &(struct dongle_frame){.type = DONGLE_FRAME_LINK, .payload = message, .size = size});
}

static void take_data(struct host *h, const struct dongle_frame *frame)
{
    h->data_frames++;
    if (h->no_ack)
        return;
    if (frame->seq == h->expected) {
        assert_true(h->count < WAITING_MAX);
        size_t slot = (h->first + h->count++) % WAITING_MAX;
        memcpy(h->waiting[slot].bytes, frame->payload, frame->size);
        h->waiting[slot].size = frame->size;
        h->expected = (h->expected + 1) & 7;
    }
    put_frame(h, &(struct dongle_frame){.type = DONGLE_FRAME_ACK, .ack = h->expected});
}

static void take_frame(struct host *h, const struct dongle_frame *frame)
{
    if (frame->type == DONGLE_FRAME_DATA) {
        take_data(h, frame);
    } else if (frame->type == DONGLE_FRAME_ACK) {
        h->acks++;
        h->acked |= frame->ack == ((h->seq + 1) & 7);
    } else if (frame->type == DONGLE_FRAME_LINK) {
        h->syncs += frame->payload[0] == 1;
        h->configs += frame->payload[0] == 3;
    }
}

static void take_bytes(struct host *h)
{
    uint8_t byte;
    while (sim_dongle_take(h->dongle, &byte, 1) == 1) {
        struct dongle_frame frame;
        if (dongle_slip_feed(&h->slip, byte) != DONGLE_SLIP_FRAME)
            continue;
        assert_int_equal(dongle_frame_decode(&frame, h->slip.frame, h->slip.size),
                         DONGLE_FRAME_GOOD);
        take_frame(h, &frame);
    }
}

static void run(struct host *h, uint64_t us)
{
    uint64_t end = sim_now(h->world) + us;
    while (sim_step(h->world, end))
        take_bytes(h);
    take_bytes(h);
}

/* The fast start of section 4.3. */
static void start_link(struct host *h)
{
    h->seq = h->expected = 0;
    put_link(h, "017e");
    run(h, 2 * MS);
    put_link(h, "027d");
    for (int i = 0; i < 2; i++) {
        put_link(h, "03fc11");
        run(h, 2 * MS);
        put_link(h, "047b11");
        run(h, 2 * MS);
    }
}

static struct host *host_new(const struct sim_dongle_config *config)
{
    struct host *h = test_calloc(1, sizeof(*h));
    h->world = sim_world_new(1);
    h->air = air_new(h->world, &(struct air_config){.rssi = -55});
    h->dongle = sim_dongle_new(h->world, h->air, config);
    assert_non_null(h->dongle);
    dongle_slip_init(&h->slip, h->slip_room, sizeof(h->slip_room));
    return h;
}

static struct host *host_started(void)
{
    struct host *h = host_new(&(struct sim_dongle_config){.api = 5});
    start_link(h);
    return h;
}

static void host_free(struct host *h)
{
    sim_dongle_free(&h->dongle);
    air_advertise_stop(&h->advertiser);
    air_free(&h->air);
    sim_world_free(&h->world);
    test_free(h);
}

/* Sends one request; true when it was acknowledged. */
static bool request(struct host *h, const uint8_t *payload, size_t size)
{
    h->acked = false;
    for (int i = 0; i < 6 && !h->acked; i++) {
        put_frame(h, &(struct dongle_frame){.seq = h->seq,
                                            .ack = h->expected,
                                            .crc = true,
                                            .reliable = true,
                                            .type = DONGLE_FRAME_DATA,
                                            .payload = payload,
                                            .size = size});
        for (int ms = 0; ms < 20 && !h->acked; ms++)
            run(h, MS);
    }
    if (h->acked)
        h->seq = (h->seq + 1) & 7;
    return h->acked;
}

static bool request_hex(struct host *h, const char *hex)
{
    uint8_t payload[PAYLOAD_MAX];
    return request(h, payload, from_hex(payload, hex));
}

/* The next packet within 30 s that is no advertising report (unless one is wanted). */
static bool next_packet(struct host *h, uint8_t *bytes, size_t *size, bool reports,
                        uint64_t patience)
{
    uint64_t end = sim_now(h->world) + patience;
    for (;;) {
        while (h->count > 0) {
            size_t slot = h->first;
            h->first = (h->first + 1) % WAITING_MAX;
            h->count--;
            *size = h->waiting[slot].size;
            memcpy(bytes, h->waiting[slot].bytes, *size);
            if (reports || bytes[0] != 2 || bytes[1] != 0x1D)
                return true;
        }
        if (sim_now(h->world) >= end)
            return false;
        sim_step(h->world, end);
        take_bytes(h);
    }
}

static void expect(struct host *h, const char *hex)
{
    uint8_t got[PAYLOAD_MAX], want[PAYLOAD_MAX];
    size_t got_size = 0, size = from_hex(want, hex);
    if (!next_packet(h, got, &got_size, want[0] == 2 && want[1] == 0x1D, 35000 * MS))
        fail_msg("%s never came", hex);
    char text[2 * PAYLOAD_MAX + 1] = "";
    for (size_t i = 0; i < got_size; i++)
        snprintf(text + 2 * i, 3, "%02x", got[i]);
    assert_string_equal(text, hex);
    assert_int_equal(got_size, size);
}

static void expect_nothing(struct host *h, uint64_t us)
{
    uint8_t got[PAYLOAD_MAX];
    size_t size;
    assert_false(next_packet(h, got, &size, true, us));
}

static void ask(struct host *h, const char *payload, const char *response)
{
    assert_true(request_hex(h, payload));
    expect(h, response);
}

/* A peripheral with the DFU service, one ATT PDU for another. */

static const struct {
    const char *request;
    const char *response;
} answers[] = {
    {"02f700", "03f700"},
    {"060100ffff002859fe", "070b00ffff"},
    {"100100ffff0028", "1106010005000018"
                       "06000a000118"},
    {"080b00ffff0328", "0915"
                       "0c00040d0050eada308883b89f604f15f30200c98e"
                       "0e00180f0050eada308883b89f604f15f30100c98e"},
    {"080f00ffff0328", "01080f000a"},
    {"040f001000", "05011000"
                   "0229"},
    {"1210000100", "13"},
    {"0a0d00", "0b616263"},
    {"0a1100", "010a110002"},
};

static void notify(void *context)
{
    struct host *h = context;
    uint8_t pdu[8];
    if (h->link != NULL)
        air_send(h->link, AIR_PERIPHERAL, pdu, from_hex(pdu, "1b0f00600101"), 0);
}

static void peripheral_receive(void *context, struct air_link *link, const uint8_t *pdu,
                               size_t size)
{
    struct host *h = context;
    uint8_t known[64], response[64];
    if (pdu[0] == 0x52 && h->notify_after != 0)
        sim_after(h->world, h->notify_after, notify, h);
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]) && !h->no_answer; i++) {
        if (from_hex(known, answers[i].request) != size || memcmp(known, pdu, size) != 0)
            continue;
        air_send(link, AIR_PERIPHERAL, response, from_hex(response, answers[i].response), 0);
    }
}

static void peripheral_connected(void *context, struct air_link *link)
{
    struct host *h = context;
    h->link = link;
    h->advertiser = NULL;
}

static void peripheral_closed(void *context, struct air_link *link, uint8_t reason)
{
    (void)link;
    (void)reason;
    ((struct host *)context)->link = NULL;
}

static const struct air_link_ops peripheral_ops = {.receive = peripheral_receive,
                                                   .closed = peripheral_closed};

static void advertise(struct host *h)
{
    struct air_advert advert = {
        .address = {1, {0x71, 0x82, 0x93, 0xA4, 0xB5, 0xC6}},
        .interval_us = 30 * MS,
        .connectable = true,
    };
    const struct air_capabilities capabilities = {
        .max_octets = 251, .phys = 3, .supports_length = true};
    advert.data_size = (uint8_t)from_hex(advert.data, "0201060302f5fe0d0944667554617267c0db3132");
    h->advertiser =
        air_advertise(h->air, &advert, &capabilities, &peripheral_ops, peripheral_connected, h);
}

#define CONNECT_TAG_1 "008c0102718293a4b5c60101a0005000000001060006000000900101"
#define CONNECTED     "021000000002718293a4b5c6020600060000009001"

static void configure(struct host *h)
{
    ask(h, "0069230000000101f700", "016900000000");
    ask(h, "0069200000000101010500", "016900000000");
    ask(h, "006921000000010110", "016900000000");
}

static struct host *host_connected(void (*set_up)(struct host *h))
{
    struct host *h = host_started();
    if (set_up != NULL)
        set_up(h);
    ask(h, "0069230000000101f700", "016900000000");
    ask(h, "0060", "016000000000");
    advertise(h);
    ask(h, CONNECT_TAG_1, "018c00000000");
    expect(h, CONNECTED);
    return h;
}

static void the_session_of_the_specification_runs_byte_for_byte(void **state)
{
    (void)state;
    struct host *h = host_started();
    h->notify_after = 50 * MS;
    configure(h);
    ask(h, "0060", "016000000000");
    ask(h, "006501", "016500000000095900a500");
    ask(h, "00620150eada308883b89f604f15f30000c98e01", "0162000000000102");
    advertise(h);
    ask(h, "008a0101a00050000000", "018a00000000");
    expect(h, "021d00ffff02718293a4b5c600000000000000c9001401"
              "0201060302f5fe0d0944667554617267c0db3132");
    ask(h, CONNECT_TAG_1, "018c00000000");
    expect(h, CONNECTED);
    ask(h, "009e0000f700", "019e00000000");
    expect(h, "023a00000000000000f700");
    ask(h, "0090000001fb00fb000000000001", "01900000000001000000000000");
    expect(h, "0224000000fb00fb0048084808");
    ask(h, "0094000001000159fe01", "019400000000");
    expect(h, "023000000000000000010059fe010b00ffff");
    ask(h, "00960000010b00ffff", "019600000000");
    expect(h, "023200000000000000020002000204000c000d0001000218000e000f00");
    ask(h, "009c0000010100100000000200010100", "019c00000000");
    expect(h, "02380000000000000010000100000000");
    ask(h, "009c00000102000d000000140001c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3", "019c00000000");
    expect(h, "023c0000000000000001");
    expect(h, "0239000000000000000f00010300600101");
    ask(h, "0076000013", "017600000000");
    expect(h, "021100000016");
    host_free(h);
}

/* Link */

static void an_unacknowledged_packet_is_sent_five_times_then_the_chip_restarts(void **state)
{
    (void)state;
    struct sim_dongle_stats stats;
    struct host *h = host_started();
    h->no_ack = true;
    assert_true(request_hex(h, "0060"));
    run(h, 1900 * MS);
    assert_int_equal(h->data_frames, 5);
    sim_dongle_get_stats(h->dongle, &stats);
    assert_int_equal(stats.restarts, 0);
    run(h, 200 * MS);
    sim_dongle_get_stats(h->dongle, &stats);
    assert_int_equal(stats.restarts, 1);
    assert_int_equal(h->data_frames, 5);
    h->no_ack = false;
    run(h, 600 * MS);
    start_link(h);
    ask(h, "006501", "016501300000"); /* the SoftDevice forgot that it was enabled */
    host_free(h);
}

static void the_chip_is_deaf_after_reset_and_then_sends_sync(void **state)
{
    (void)state;
    struct sim_dongle_stats stats;
    struct host *h = host_started();
    ask(h, "0060", "016000000000");
    put_frame(h, &(struct dongle_frame){.type = DONGLE_FRAME_RESET});
    run(h, 50 * MS);
    h->syncs = 0;
    put_link(h, "017e");
    put_link(h, "017e");
    run(h, 90 * MS);
    assert_int_equal(h->syncs, 0);
    unsigned before = h->syncs;
    run(h, 420 * MS);
    assert_int_equal(h->syncs, before + 1);
    sim_dongle_get_stats(h->dongle, &stats);
    assert_int_equal(stats.resets, 1);
    assert_int_equal(stats.restarts, 0);
    start_link(h);
    ask(h, "006501", "016501300000");
    host_free(h);
}

static void a_new_link_keeps_the_softdevice(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    start_link(h);
    ask(h, "009a00000d000000", "019a00000000");
    expect(h, "0236000000000000000d0000000300616263");
    host_free(h);
}

static void a_usb_dongle_resets_softly_and_vanishes_on_a_fault(void **state)
{
    (void)state;
    struct host *h = host_new(&(struct sim_dongle_config){.api = 5, .usb = true});
    start_link(h);
    ask(h, "0060", "016000000000");
    for (int i = 0; i < 3; i++)
        put_frame(h, &(struct dongle_frame){.type = DONGLE_FRAME_RESET});
    run(h, 150 * MS);
    struct sim_dongle_stats stats;
    sim_dongle_get_stats(h->dongle, &stats);
    assert_int_equal(stats.resets, 1);
    assert_int_equal(sim_dongle_vanished(h->dongle), 0);
    start_link(h);
    ask(h, "006501", "016501300000");
    request_hex(h, "006500");
    run(h, 10 * MS);
    assert_true(sim_dongle_unplugged(h->dongle));
    run(h, 1100 * MS);
    assert_false(sim_dongle_unplugged(h->dongle));
    assert_int_equal(sim_dongle_vanished(h->dongle), 1);
    host_free(h);
}

static void malformed_requests_restart_the_chip_without_a_response(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "006500", /* absent mandatory output */
        "006601", /* VERSION_GET of v2 */
        "006000", /* ENABLE with a byte too many */
        "0065",   /* too short */
        "006502", /* presence byte above 01 */
        "006101", /* unknown opcode */
        "0300",   /* DTM */
        "0502",   /* control packet that does not exist */
        "00",     /* no opcode */
    };
    struct host *h = host_started();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct sim_dongle_stats before, after;
        sim_dongle_get_stats(h->dongle, &before);
        assert_true(request_hex(h, bad[i]));
        expect_nothing(h, 300 * MS);
        sim_dongle_get_stats(h->dongle, &after);
        assert_int_equal(after.restarts, before.restarts + 1);
        start_link(h);
    }
    host_free(h);
}

static void control_packets_restart_the_chip(void **state)
{
    (void)state;
    struct sim_dongle_stats stats;
    struct host *h = host_started();
    for (int i = 0; i < 2; i++) {
        ask(h, "0060", "016000000000");
        assert_true(request_hex(h, i == 0 ? "0500" : "0501"));
        run(h, 300 * MS);
        start_link(h);
        ask(h, "006501", "016501300000");
    }
    sim_dongle_get_stats(h->dongle, &stats);
    assert_int_equal(stats.resets, 2);
    assert_int_equal(stats.restarts, 0);
    host_free(h);
}

static void a_silent_port_never_answers(void **state)
{
    (void)state;
    struct host *h = host_new(&(struct sim_dongle_config){.api = 5, .silent = true});
    start_link(h);
    run(h, 3000 * MS);
    assert_int_equal(h->syncs + h->configs + h->acks, 0);
    host_free(h);
}

/* Configuration */

static void configuration_has_its_place_and_its_ranges(void **state)
{
    (void)state;
    static const char *const steps[][2] = {
        {"0076ffff13", "017601300000"},             /* not enabled */
        {"006501", "016501300000"},                 /* VERSION_GET neither */
        {"00692300000001001700", "016907000000"},   /* tag 0 */
        {"00692300000001011600", "016907000000"},   /* MTU 22 */
        {"0069230000000101f800", "016907000000"},   /* MTU 248 */
        {"0069200000000101010100", "016907000000"}, /* event length 1 */
        {"006921000000010100", "016907000000"},     /* no queue */
        {"0069a10000000181050000", "016907000000"}, /* not a multiple of 4 */
        {"00697700000001", "016907000000"},         /* unknown id */
        {"0069230000000101f700", "016900000000"},
        {"0069210000000101ff", "016900000000"}, /* 255 writes of 247 bytes: more than the RAM */
        {"0060", "016004000000"},
        {"006921000000010110", "016900000000"},
        {"0060", "016000000000"},
        {"0060", "016008000000"},               /* once per reset */
        {"006921000000010110", "016908000000"}, /* too late */
        {"0076ffff13", "017602300000"},
    };
    struct host *h = host_started();
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        ask(h, steps[i][0], steps[i][1]);
    host_free(h);
}

static void uuid_bases_are_numbered_and_deduplicated(void **state)
{
    (void)state;
    struct host *h = host_started();
    ask(h, "0069010000000101", "016900000000"); /* room for one base */
    ask(h, "0060", "016000000000");
    ask(h, "00620150eada308883b89f604f15f30000c98e01", "0162000000000102");
    ask(h, "00620150eada308883b89f604f15f31234c98e01", "0162000000000102");
    ask(h, "006201000102030405060708090a0b0c0d0e0f01", "016204000000");
    ask(h, "0063100150eada308883b89f604f15f30300c98e01", "01630000000001030002");
    ask(h, "00631001000102030405060708090a0b0c0d0e0f01", "016305000000");
    ask(h, "0064010100020101", "0164000000001050eada308883b89f604f15f30100c98e");
    ask(h, "00640159fe010101", "0164000000000259fe");
    ask(h, "0064010100030101", "016407000000");
    host_free(h);
}

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
    air_vanish(h->link, AIR_PERIPHERAL);
    expect(h, "021100000008");
    ask(h, "009a00000d000000", "019a02300000");
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
    ask(h, "009a00000d000000", "019a00000000");
    ask(h, "009a00000d000000", "019a11000000");
    ask(h, "0094000001000159fe01", "019411000000");
    ask(h, "009e0000f700", "019e11000000");
    ask(h, "009c0000010100100000000200010100", "019c11000000");
    expect(h, "023b0000000000000000"); /* the ATT time-out, 30 s */
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

/* Flow between the two directions */

static void events_wait_while_a_request_is_processed(void **state)
{
    (void)state;
    struct host *h = host_new(&(struct sim_dongle_config){.api = 5, .command_us = 200 * MS});
    start_link(h);
    ask(h, "0060", "016000000000");
    advertise(h);
    ask(h, "008a0101a000a0000000", "018a00000000");
    run(h, 1000 * MS);
    assert_true(request_hex(h, "006501"));
    h->count = 0; /* reports up to here may still have been on their way */
    uint8_t got[PAYLOAD_MAX];
    size_t size;
    run(h, 20 * MS);
    h->count = 0;
    assert_true(next_packet(h, got, &size, true, 1000 * MS));
    assert_int_equal(got[0], 1);
    host_free(h);
}

static void a_slow_line_takes_its_time(void **state)
{
    (void)state;
    struct host *h = host_new(&(struct sim_dongle_config){.api = 5, .baud = 115200});
    uint64_t start = sim_now(h->world);
    put_link(h, "017e");
    assert_int_equal(sim_dongle_line_free(h->dongle) - start, 695); /* 8 bytes of 86.8 us */
    sim_run_until(h->world, start + 1388);
    assert_int_equal(sim_dongle_available(h->dongle), 0);
    sim_run_until(h->world, start + 1392);
    assert_int_equal(sim_dongle_available(h->dongle), 8);
    host_free(h);
}

static void an_unplugged_dongle_is_gone_and_its_links_fall_silent(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    sim_dongle_unplug(h->dongle);
    assert_true(sim_dongle_unplugged(h->dongle));
    run(h, 5000 * MS);
    assert_null(h->link);
    assert_int_equal(sim_dongle_available(h->dongle), 0);
    host_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_session_of_the_specification_runs_byte_for_byte),
        cmocka_unit_test(an_unacknowledged_packet_is_sent_five_times_then_the_chip_restarts),
        cmocka_unit_test(the_chip_is_deaf_after_reset_and_then_sends_sync),
        cmocka_unit_test(a_new_link_keeps_the_softdevice),
        cmocka_unit_test(a_usb_dongle_resets_softly_and_vanishes_on_a_fault),
        cmocka_unit_test(malformed_requests_restart_the_chip_without_a_response),
        cmocka_unit_test(control_packets_restart_the_chip),
        cmocka_unit_test(a_silent_port_never_answers),
        cmocka_unit_test(configuration_has_its_place_and_its_ranges),
        cmocka_unit_test(uuid_bases_are_numbered_and_deduplicated),
        cmocka_unit_test(no_reports_while_not_scanning),
        cmocka_unit_test(scan_parameters_are_checked_and_time_out),
        cmocka_unit_test(connecting_checks_its_parameters),
        cmocka_unit_test(connection_parameters_change_or_are_refused),
        cmocka_unit_test(a_silent_peer_ends_the_link_with_a_supervision_timeout),
        cmocka_unit_test(data_length_needs_event_length),
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
        cmocka_unit_test(events_wait_while_a_request_is_processed),
        cmocka_unit_test(a_slow_line_takes_its_time),
        cmocka_unit_test(an_unplugged_dongle_is_gone_and_its_links_fall_silent),
    };
    return cmocka_run_group_tests_name("sim_dongle", tests, NULL, NULL);
}
