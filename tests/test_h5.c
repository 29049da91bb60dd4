/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/slip.h"
#include "dongle/h5.h"
#include "dongle/h5_session.h"
#include "vectors.h"

static void check_fields(const json_t *fields, const struct h5_packet *p)
{
    struct vector_bytes payload = vectors_bytes(fields, "payload");
    assert_int_equal(p->seq, vectors_number(fields, "seq"));
    assert_int_equal(p->ack, vectors_number(fields, "ack"));
    assert_int_equal(p->crc_present, vectors_number(fields, "crc_present"));
    assert_int_equal(p->reliable, vectors_number(fields, "reliable"));
    assert_int_equal(p->type, vectors_number(fields, "type"));
    assert_int_equal(p->size, vectors_number(fields, "payload_len"));
    assert_int_equal(p->size, payload.size);
    assert_memory_equal(p->payload, payload.data, payload.size);
}

static void check_encoding(const json_t *fields, const struct vector_bytes *expected)
{
    struct vector_bytes payload = vectors_bytes(fields, "payload");
    struct h5_packet p = {
        .seq = (uint8_t)vectors_number(fields, "seq"),
        .ack = (uint8_t)vectors_number(fields, "ack"),
        .crc_present = vectors_number(fields, "crc_present") != 0,
        .reliable = vectors_number(fields, "reliable") != 0,
        .type = (uint8_t)vectors_number(fields, "type"),
        .payload = payload.data,
        .size = payload.size,
    };
    uint8_t out[H5_PACKET_MAX];
    assert_int_equal(h5_encode(&p, out, sizeof(out)), expected->size);
    assert_memory_equal(out, expected->data, expected->size);
    assert_int_equal(h5_encode(&p, out, expected->size - 1), 0);
}

/* The whole frame, delimiters included, as h5_session puts it on the wire. */
static void check_frame_on_the_wire(const json_t *entry, const struct vector_bytes *h5)
{
    struct vector_bytes wire = vectors_bytes(entry, "hex");
    uint8_t out[SLIP_ENCODED_MAX(H5_PACKET_MAX)];
    size_t size = 0;
    out[size++] = SLIP_END;
    size += slip_escape(out + size, h5->data, h5->size);
    out[size++] = SLIP_END;
    assert_int_equal(size, wire.size);
    assert_memory_equal(out, wire.data, size);
}

static void check_frame(const json_t *entry)
{
    struct vector_bytes h5 = vectors_bytes(entry, "h5");
    struct h5_packet p;
    assert_string_equal(h5_defect_name(h5_decode(h5.data, h5.size, &p)),
                        vectors_string(entry, "decode"));
    check_fields(json_object_get(entry, "fields"), &p);
    check_encoding(json_object_get(entry, "fields"), &h5);
    check_frame_on_the_wire(entry, &h5);
}

/* The name of what is wrong with the only frame in the bytes: the codec's word, or SLIP's when that
 * lets nothing through. */
static const char *defect_of(const struct vector_bytes *wire)
{
    uint8_t room[H5_PACKET_MAX];
    struct slip_decoder d;
    slip_decoder_init(&d, room, sizeof(room));
    const char *defect = "slip_escape";
    for (size_t i = 0; i < wire->size; i++) {
        struct h5_packet p;
        if (slip_decoder_feed(&d, wire->data[i]))
            defect = h5_defect_name(h5_decode(room, d.size, &p));
    }
    return defect;
}

static void check_bad_frame(const json_t *entry)
{
    struct vector_bytes wire = vectors_bytes(entry, "hex");
    assert_string_equal(defect_of(&wire), vectors_string(entry, "decode"));
}

static void check_stream(const json_t *entry)
{
    struct vector_bytes wire = vectors_bytes(entry, "hex");
    const json_t *frames = json_object_get(entry, "frames");
    uint8_t room[H5_PACKET_MAX];
    struct slip_decoder d;
    slip_decoder_init(&d, room, sizeof(room));
    size_t seen = 0;
    for (size_t i = 0; i < wire.size; i++) {
        struct h5_packet p;
        if (!slip_decoder_feed(&d, wire.data[i]) || h5_decode(room, d.size, &p) != H5_OK)
            continue;
        assert_true(seen < json_array_size(frames));
        struct vector_bytes expected = vectors_unhex(json_array_get(frames, seen++));
        assert_int_equal(d.size, expected.size);
        assert_memory_equal(room, expected.data, expected.size);
    }
    assert_int_equal(seen, json_array_size(frames));
}

static void every_frame_encodes_and_decodes_as_the_vectors_say(void **state)
{
    (void)state;
    vectors_each("h5.json", "frame", check_frame, 34);
}

static void every_bad_frame_is_refused_for_its_reason(void **state)
{
    (void)state;
    vectors_each("h5.json", "bad_frame", check_bad_frame, 9);
}

static void every_stream_yields_its_frames(void **state)
{
    (void)state;
    vectors_each("h5.json", "stream", check_stream, 4);
}

static void check_truncations(const json_t *entry)
{
    struct vector_bytes h5 = vectors_bytes(entry, "h5");
    struct h5_packet p;
    for (size_t size = 0; size < h5.size; size++) {
        uint8_t *exact = malloc(size + 1); /* so that a read past the end is caught */
        memcpy(exact, h5.data, size);
        exact = realloc(exact, size > 0 ? size : 1);
        enum h5_defect defect = h5_decode(exact, size, &p);
        assert_int_equal(defect, size < H5_HEADER_SIZE ? H5_TOO_SHORT : H5_LENGTH);
        free(exact);
    }
}

static void a_frame_cut_anywhere_is_refused(void **state)
{
    (void)state;
    vectors_each("h5.json", "frame", check_truncations, 34);
}

static void numbers_out_of_range_are_not_encoded(void **state)
{
    (void)state;
    static const uint8_t payload[4096];
    static const struct h5_packet packets[] = {
        {.seq = 8},
        {.ack = 8},
        {.type = 16},
        {.payload = payload, .size = 4096},
    };
    uint8_t out[4200];
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
        assert_int_equal(h5_encode(&packets[i], out, sizeof(out)), 0);
    assert_int_equal(
        h5_encode(&(struct h5_packet){.payload = payload, .size = 4095}, out, sizeof(out)), 4099);
}

/* ---- What real firmware sent, played to a session ---- */

/* Puts one packet, given in hex, on the session's wire. */
static void feed_packet(struct h5_session *s, const json_t *hex)
{
    struct vector_bytes h5 = vectors_unhex(hex);
    uint8_t wire[SLIP_ENCODED_MAX(H5_PACKET_MAX)] = {SLIP_END};
    size_t size = 1 + slip_escape(wire + 1, h5.data, h5.size);
    wire[size++] = SLIP_END;
    h5_session_feed(s, wire, size, 0);
}

/* The next packet in the session's output must be this one. */
static void expect_packet(struct h5_session *s, const json_t *hex)
{
    struct vector_bytes h5 = vectors_unhex(hex);
    uint8_t wire[SLIP_ENCODED_MAX(H5_PACKET_MAX)] = {SLIP_END};
    size_t size = 1 + slip_escape(wire + 1, h5.data, h5.size), waiting;
    wire[size++] = SLIP_END;
    const uint8_t *output = h5_session_output(s, &waiting);
    assert_true(waiting >= size);
    assert_memory_equal(output, wire, size);
    h5_session_wrote(s, size);
}

static const char *first_packet(const json_t *step)
{
    return json_string_value(json_object_get(step, "host_sends"));
}

/* Plays the firmware's packets up to the first data packet; with `exactly`, the session must send
 * just what the host sent. */
static void play_handshake(const json_t *entry, struct h5_session *s, bool exactly)
{
    h5_session_init(s, NULL);
    h5_session_start(s, 0, false);
    size_t i, j;
    json_t *step, *packet;
    json_array_foreach(json_object_get(entry, "steps"), i, step)
    {
        if (first_packet(step) != NULL && strncmp(first_packet(step), "c0", 2) == 0)
            break;
        if (exactly)
            expect_packet(s, json_object_get(step, "host_sends"));
        json_array_foreach(json_object_get(step, "firmware_sends"), j, packet)
            feed_packet(s, packet);
    }
}

static void check_handshake(const json_t *entry)
{
    const char *name = vectors_string(entry, "name");
    if (strncmp(name, "handshake", 9) != 0)
        return;
    bool fast = strstr(name, "fast") != NULL, v2 = strstr(name, "v2") != NULL;
    struct h5_session s;
    size_t size;
    play_handshake(entry, &s, fast && !v2);
    assert_int_equal(s.state, H5_ACTIVE);
    h5_session_output(&s, &size);
    assert_true(!fast || v2 || size == 0);
    if (fast)
        assert_int_equal(s.clue, v2 ? H5_CLUE_CONFIG_RESPONSE : H5_CLUE_CONFIG);
    print_message("%s: active\n", name);
}

static void every_recorded_handshake_makes_the_session_active(void **state)
{
    (void)state;
    vectors_each("h5.json", "transcript", check_handshake, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_encodes_and_decodes_as_the_vectors_say),
        cmocka_unit_test(every_bad_frame_is_refused_for_its_reason),
        cmocka_unit_test(every_stream_yields_its_frames),
        cmocka_unit_test(a_frame_cut_anywhere_is_refused),
        cmocka_unit_test(numbers_out_of_range_are_not_encoded),
        cmocka_unit_test(every_recorded_handshake_makes_the_session_active),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
