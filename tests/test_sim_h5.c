/* SPDX-License-Identifier: MIT */
#include "sim_vectors.h"

#include "sim/dongle_h5.h"

enum {
    FRAME_MAX = 2048,
    LIST_MAX = 8,
};

static json_t *root;

static int load(void **state)
{
    (void)state;
    root = vectors_load("h5.json");
    return 0;
}

static int unload(void **state)
{
    (void)state;
    json_decref(root);
    return 0;
}

/* Calls `check` for every vector of a kind, and says how many there were. */
static void each(const char *kind, size_t expected, void (*check)(const json_t *vector))
{
    size_t count = 0, index;
    json_t *vector;
    json_array_foreach(json_object_get(root, "vectors"), index, vector)
    {
        if (strcmp(vectors_text(vector, "kind"), kind) != 0)
            continue;
        check(vector);
        count++;
    }
    print_message("%zu h5 vectors of kind %s\n", count, kind);
    assert_int_equal(count, expected);
}

/* Runs a byte stream through SLIP; the last frame is left in *frame. Counts frames and remembers
 * the worst result. */
static size_t slip_frames(const json_t *vector, uint8_t *frame, size_t *size,
                          enum dongle_slip_result *worst)
{
    uint8_t stream[FRAME_MAX], room[FRAME_MAX];
    size_t n = vectors_hex(stream, sizeof(stream), vectors_text(vector, "hex")), frames = 0;
    struct dongle_slip slip;
    dongle_slip_init(&slip, room, sizeof(room));
    *worst = DONGLE_SLIP_MORE;
    for (size_t i = 0; i < n; i++) {
        enum dongle_slip_result result = dongle_slip_feed(&slip, stream[i]);
        *worst = result > *worst ? result : *worst;
        if (result != DONGLE_SLIP_FRAME)
            continue;
        frames++;
        *size = slip.size;
        memcpy(frame, slip.frame, slip.size);
    }
    return frames;
}

static unsigned field(const json_t *vector, const char *name)
{
    const json_t *value = json_object_get(json_object_get(vector, "fields"), name);
    assert_non_null(value);
    return (unsigned)json_integer_value(value);
}

static void check_frame(const json_t *vector)
{
    uint8_t h5[FRAME_MAX], payload[FRAME_MAX], frame[FRAME_MAX], hex[FRAME_MAX], wire[FRAME_MAX];
    size_t h5_size = vectors_hex(h5, sizeof(h5), vectors_text(vector, "h5")), size = 0;
    enum dongle_slip_result worst;
    assert_int_equal(slip_frames(vector, frame, &size, &worst), 1);
    assert_int_equal(size, h5_size);
    assert_memory_equal(frame, h5, size);
    struct dongle_frame decoded;
    assert_int_equal(dongle_frame_decode(&decoded, frame, size), DONGLE_FRAME_GOOD);
    assert_int_equal(decoded.seq, field(vector, "seq"));
    assert_int_equal(decoded.ack, field(vector, "ack"));
    assert_int_equal(decoded.crc, field(vector, "crc_present"));
    assert_int_equal(decoded.reliable, field(vector, "reliable"));
    assert_int_equal(decoded.type, field(vector, "type"));
    assert_int_equal(decoded.size, field(vector, "payload_len"));
    size_t payload_size = vectors_hex(payload, sizeof(payload),
                                      vectors_text(json_object_get(vector, "fields"), "payload"));
    assert_int_equal(decoded.size, payload_size);
    assert_memory_equal(decoded.payload, payload, payload_size);
    uint8_t encoded[FRAME_MAX];
    decoded.payload = payload;
    assert_int_equal(dongle_frame_encode(encoded, &decoded), h5_size);
    assert_memory_equal(encoded, h5, h5_size);
    size_t hex_size = vectors_hex(hex, sizeof(hex), vectors_text(vector, "hex"));
    assert_int_equal(dongle_slip_encode(wire, encoded, h5_size), hex_size);
    assert_memory_equal(wire, hex, hex_size);
}

static void frames_decode_and_encode_as_the_vectors_say(void **state)
{
    (void)state;
    each("frame", 34, check_frame);
}

static void check_bad_frame(const json_t *vector)
{
    static const struct {
        const char *name;
        enum dongle_frame_check check;
    } checks[] = {
        {"too_short", DONGLE_FRAME_TOO_SHORT},
        {"header_checksum", DONGLE_FRAME_CHECKSUM},
        {"length", DONGLE_FRAME_LENGTH},
        {"crc", DONGLE_FRAME_CRC},
    };
    uint8_t frame[FRAME_MAX];
    size_t size = 0;
    enum dongle_slip_result worst;
    size_t frames = slip_frames(vector, frame, &size, &worst);
    const char *expected = vectors_text(vector, "decode");
    if (strcmp(expected, "slip_escape") == 0) {
        assert_int_equal(frames, 0);
        assert_int_equal(worst, DONGLE_SLIP_SPOILED);
        return;
    }
    assert_int_equal(frames, 1);
    struct dongle_frame decoded;
    enum dongle_frame_check check = dongle_frame_decode(&decoded, frame, size);
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        if (strcmp(expected, checks[i].name) == 0)
            assert_int_equal(check, checks[i].check);
    assert_int_not_equal(check, DONGLE_FRAME_GOOD);
}

static void bad_frames_fail_the_named_check(void **state)
{
    (void)state;
    each("bad_frame", 9, check_bad_frame);
}

static void check_stream(const json_t *vector)
{
    uint8_t stream[FRAME_MAX], room[FRAME_MAX], want[FRAME_MAX];
    size_t n = vectors_hex(stream, sizeof(stream), vectors_text(vector, "hex")), found = 0;
    const json_t *frames = json_object_get(vector, "frames");
    struct dongle_slip slip;
    dongle_slip_init(&slip, room, sizeof(room));
    for (size_t i = 0; i < n; i++) {
        struct dongle_frame frame;
        if (dongle_slip_feed(&slip, stream[i]) != DONGLE_SLIP_FRAME ||
            dongle_frame_decode(&frame, slip.frame, slip.size) != DONGLE_FRAME_GOOD)
            continue;
        size_t size =
            vectors_hex(want, sizeof(want), json_string_value(json_array_get(frames, found++)));
        assert_int_equal(slip.size, size);
        assert_memory_equal(slip.frame, want, size);
    }
    assert_int_equal(found, json_array_size(frames));
}

static void streams_deliver_the_listed_frames(void **state)
{
    (void)state;
    each("stream", 4, check_stream);
}

/* What the link did since the last look. */
struct record {
    struct dongle_h5 h5;
    uint8_t sent[LIST_MAX][FRAME_MAX];
    size_t sent_size[LIST_MAX], sent_count;
    uint8_t accepted[LIST_MAX][FRAME_MAX];
    size_t accepted_size[LIST_MAX], accepted_count;
    bool done, gave_up, reset, refuse;
    unsigned rearmed, ready;
};

static void on_send(void *context, const uint8_t *frame, size_t size)
{
    struct record *r = context;
    assert_true(r->sent_count < LIST_MAX);
    memcpy(r->sent[r->sent_count], frame, size);
    r->sent_size[r->sent_count++] = size;
}

static bool on_deliver(void *context, const uint8_t *payload, size_t size)
{
    struct record *r = context;
    if (r->refuse)
        return false;
    assert_true(r->accepted_count < LIST_MAX);
    memcpy(r->accepted[r->accepted_count], payload, size);
    r->accepted_size[r->accepted_count++] = size;
    return true;
}

static void on_done(void *context)
{
    ((struct record *)context)->done = true;
}

static void on_ready(void *context)
{
    ((struct record *)context)->ready++;
}

static void on_fault(void *context, const char *reason)
{
    assert_non_null(reason);
    ((struct record *)context)->gave_up = true;
}

static void on_reset(void *context)
{
    ((struct record *)context)->reset = true;
}

static void on_rearm(void *context)
{
    ((struct record *)context)->rearmed++;
}

static const struct dongle_h5_ops ops = {on_send,  on_deliver, on_done, on_ready,
                                         on_fault, on_reset,   on_rearm};

static void look_again(struct record *r)
{
    r->sent_count = r->accepted_count = 0;
    r->done = r->gave_up = r->reset = false;
    r->rearmed = r->ready = 0;
}

static void compare_list(const json_t *list, uint8_t bytes[][FRAME_MAX], const size_t *sizes,
                         size_t count)
{
    assert_int_equal(json_array_size(list), count);
    for (size_t i = 0; i < count; i++) {
        uint8_t want[FRAME_MAX];
        size_t size = vectors_hex(want, sizeof(want), json_string_value(json_array_get(list, i)));
        assert_int_equal(sizes[i], size);
        assert_memory_equal(bytes[i], want, size);
    }
}

static void run_step(struct record *r, const json_t *step)
{
    uint8_t bytes[FRAME_MAX];
    look_again(r);
    if (vectors_text(step, "host_sends") != NULL) {
        size_t size = vectors_hex(bytes, sizeof(bytes), vectors_text(step, "host_sends"));
        dongle_h5_frame(&r->h5, bytes, size);
    } else if (vectors_text(step, "firmware_queues") != NULL) {
        size_t size = vectors_hex(bytes, sizeof(bytes), vectors_text(step, "firmware_queues"));
        assert_true(dongle_h5_queue(&r->h5, bytes, size));
    } else {
        assert_non_null(json_object_get(step, "timer_tick"));
        dongle_h5_tick(&r->h5);
    }
    compare_list(json_object_get(step, "firmware_sends"), r->sent, r->sent_size, r->sent_count);
    compare_list(json_object_get(step, "firmware_accepts_payload"), r->accepted, r->accepted_size,
                 r->accepted_count);
    assert_int_equal(r->done, json_is_true(json_object_get(step, "firmware_packet_done")));
    assert_int_equal(r->gave_up, json_is_true(json_object_get(step, "firmware_gives_up")));
    assert_int_equal(r->reset, json_is_true(json_object_get(step, "chip_reset")));
}

static size_t steps;

static void check_transcript(const json_t *vector)
{
    const char *name = vectors_text(vector, "name");
    int api = strcmp(name + strlen(name) - 3, "_v2") == 0 ? 2 : 5;
    static struct record r;
    memset(&r, 0, sizeof(r));
    dongle_h5_init(&r.h5, dongle_h5_rules_of(api), &ops, &r);
    size_t index;
    json_t *step;
    json_array_foreach(json_object_get(vector, "steps"), index, step)
    {
        run_step(&r, step);
        steps++;
    }
}

static void the_link_behaves_as_in_every_transcript(void **state)
{
    (void)state;
    steps = 0;
    each("transcript", 16, check_transcript);
    print_message("%zu transcript steps\n", steps);
}

static void host_frame(struct record *r, const char *hex)
{
    uint8_t bytes[FRAME_MAX];
    dongle_h5_frame(&r->h5, bytes, vectors_hex(bytes, sizeof(bytes), hex));
}

static struct record *active_link(void)
{
    static struct record r;
    memset(&r, 0, sizeof(r));
    dongle_h5_init(&r.h5, dongle_h5_rules_of(5), &ops, &r);
    host_frame(&r, "002f00d1027d");
    host_frame(&r, "003f00c103fc11");
    host_frame(&r, "003f00c1047b11");
    host_frame(&r, "003f00c103fc11");
    assert_true(dongle_h5_ready(&r.h5));
    assert_int_equal(r.ready, 1);
    look_again(&r);
    return &r;
}

static void a_packet_without_a_buffer_is_not_acknowledged(void **state)
{
    (void)state;
    struct record *r = active_link();
    r->refuse = true;
    host_frame(r, "c03e00020066001064");
    assert_int_equal(r->sent_count, 0);
    r->refuse = false;
    host_frame(r, "c03e00020066001064");
    assert_int_equal(r->sent_count, 1);
    assert_int_equal(r->accepted_count, 1);
}

static void every_transmission_waits_a_whole_period(void **state)
{
    (void)state;
    struct record *r = active_link();
    assert_true(dongle_h5_queue(&r->h5, (const uint8_t *)"\x01\x66", 2));
    assert_int_equal(r->rearmed, 1);
    assert_false(dongle_h5_queue(&r->h5, (const uint8_t *)"\x01\x66", 2));
    assert_int_equal(dongle_h5_rules_of(5)->period_us, 400000);
    assert_int_equal(dongle_h5_rules_of(2)->period_us, 200000);
}

static void a_packet_on_its_way_survives_a_new_link_with_number_zero(void **state)
{
    (void)state;
    struct record *r = active_link();
    assert_true(dongle_h5_queue(&r->h5, (const uint8_t *)"\x01\x66", 2));
    host_frame(r, "080000f8");
    assert_true(dongle_h5_queue(&r->h5, (const uint8_t *)"\x01\x67", 2));
    look_again(r);
    host_frame(r, "002f00d1017e");
    assert_int_equal(r->rearmed, 1);
    host_frame(r, "002f00d1027d");
    host_frame(r, "003f00c103fc11");
    host_frame(r, "003f00c1047b11");
    look_again(r);
    host_frame(r, "003f00c103fc11");
    assert_int_equal(r->sent_count, 2); /* CONFIG RESPONSE and the packet */
    assert_int_equal(r->sent[1][0] & 7, 0);
    assert_memory_equal(r->sent[1] + 4, "\x01\x67", 2);
}

static void a_payload_beyond_the_limit_is_fatal(void **state)
{
    (void)state;
    struct record *r = active_link();
    uint8_t payload[769] = {0}, bytes[FRAME_MAX];
    struct dongle_frame frame = {.crc = true,
                                 .reliable = true,
                                 .type = DONGLE_FRAME_DATA,
                                 .payload = payload,
                                 .size = sizeof(payload)};
    dongle_h5_frame(&r->h5, bytes, dongle_frame_encode(bytes, &frame));
    assert_true(r->gave_up);
    assert_int_equal(r->sent_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_decode_and_encode_as_the_vectors_say),
        cmocka_unit_test(bad_frames_fail_the_named_check),
        cmocka_unit_test(streams_deliver_the_listed_frames),
        cmocka_unit_test(the_link_behaves_as_in_every_transcript),
        cmocka_unit_test(a_packet_without_a_buffer_is_not_acknowledged),
        cmocka_unit_test(every_transmission_waits_a_whole_period),
        cmocka_unit_test(a_packet_on_its_way_survives_a_new_link_with_number_zero),
        cmocka_unit_test(a_payload_beyond_the_limit_is_fatal),
    };
    return cmocka_run_group_tests_name("sim_h5", tests, load, unload);
}
