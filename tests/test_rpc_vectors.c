/* SPDX-License-Identifier: MIT
 * Every entry of every dialect's vectors: encoded, decoded, cut, extended and spoiled. */
#include "test.h"

#include "dongle/h5.h"
#include "dongle/rpc.h"
#include "dongle/rpc_engine.h"
#include "rpc_json.h"

typedef void check_entry(const struct rpc_dialect *dialect, const json_t *entry);

static const struct {
    int api;
    const char *file;
    size_t requests, responses, events;
} dialects[] = {
    {2, "sd_api_v2.json", 82, 73, 61},
    {3, "sd_api_v3.json", 89, 78, 66},
    {5, "sd_api_v5.json", 102, 88, 71},
    {6, "sd_api_v6.json", 102, 88, 72},
};
#define DIALECTS (sizeof(dialects) / sizeof(dialects[0]))

static void each_of(size_t i, const char *kind, check_entry *check, size_t expected)
{
    const struct rpc_dialect *dialect = rpc_dialect_find(dialects[i].api);
    json_t *root = vectors_load(dialects[i].file);
    size_t count = 0, at;
    json_t *entry;
    assert_non_null(dialect);
    assert_int_equal(rpc_dialect_api(dialect), vectors_number(root, "api"));
    json_array_foreach(json_object_get(root, "vectors"), at, entry)
    {
        if (strcmp(vectors_string(entry, "kind"), kind) != 0)
            continue;
        check(dialect, entry);
        count++;
    }
    json_decref(root);
    print_message("%s: %zu %s entries\n", dialects[i].file, count, kind);
    assert_int_equal(count, expected);
}

static void each_request(check_entry *check)
{
    for (size_t i = 0; i < DIALECTS; i++)
        each_of(i, "request", check, dialects[i].requests);
}

static void each_response(check_entry *check)
{
    for (size_t i = 0; i < DIALECTS; i++)
        each_of(i, "response", check, dialects[i].responses);
}

static void each_event(check_entry *check)
{
    for (size_t i = 0; i < DIALECTS; i++)
        each_of(i, "event", check, dialects[i].events);
}

static enum rpc_command command_of(const struct rpc_dialect *dialect, const json_t *entry)
{
    const char *message = vectors_string(entry, "message");
    for (int i = 0; i < RPC_COMMAND_COUNT; i++)
        if (strcmp(rpc_command_name(dialect, (enum rpc_command)i), message) == 0)
            return (enum rpc_command)i;
    fail_msg("no command %s", message);
    return RPC_COMMAND_COUNT;
}

static enum rpc_event event_of(const struct rpc_dialect *dialect, const json_t *entry)
{
    const char *message = vectors_string(entry, "message");
    for (int i = 0; i < RPC_EVENT_COUNT; i++)
        if (strcmp(rpc_event_name(dialect, (enum rpc_event)i), message) == 0)
            return (enum rpc_event)i;
    fail_msg("no event %s", message);
    return RPC_EVENT_COUNT;
}

static const json_t *fields_of(const json_t *entry)
{
    return rpc_json_member(entry, "fields");
}

/* ---- Requests ---- */

static void check_request(const struct rpc_dialect *dialect, const json_t *entry)
{
    enum rpc_command command = command_of(dialect, entry);
    struct vector_bytes expected = vectors_bytes(entry, "hex");
    union rpc_room room = {0};
    struct rpc_arena arena = {0};
    rpc_json_fill(fields_of(entry), dialect->commands[command].request, room.bytes, &arena);
    uint8_t out[H5_PAYLOAD_MAX];
    size_t size = rpc_encode_request(dialect, command, &room, out, sizeof(out));
    if (size != expected.size || memcmp(out, expected.data, size) != 0)
        fail_msg("%s is not encoded as in the vector", vectors_string(entry, "name"));
    for (size_t capacity = 0; capacity < size; capacity++)
        assert_int_equal(rpc_encode_request(dialect, command, &room, out, capacity), 0);
}

static void every_request_is_encoded_as_the_vectors_say(void **state)
{
    (void)state;
    each_request(check_request);
}

/* The engine also reads what it writes. The bytes are a copy of exactly this size on the heap, so
 * that one byte too far is caught. */
static bool read_request(const struct rpc_dialect *dialect, const json_t *entry,
                         const uint8_t *bytes, size_t size, union rpc_room *room)
{
    struct bytes_reader r;
    uint8_t *exact = malloc(size);
    assert_non_null(exact);
    memcpy(exact, bytes, size);
    bytes_reader_init(&r, exact, size);
    assert_int_equal(bytes_get_u8(&r), RPC_REQUEST);
    assert_int_equal(bytes_get_u8(&r), vectors_number(entry, "opcode"));
    rpc_get_fields(&r, dialect->commands[command_of(dialect, entry)].request, room);
    bool done = bytes_reader_done(&r);
    if (done && size == vectors_bytes(entry, "hex").size)
        rpc_json_compare(fields_of(entry), dialect->commands[command_of(dialect, entry)].request,
                         room->bytes);
    free(exact);
    return done;
}

/* The key of AUTH_KEY_REPLY is what is left, of any length, from here on. */
static bool is_open_request(const json_t *entry, size_t size)
{
    return strcmp(vectors_string(entry, "message"), "GAP_AUTH_KEY_REPLY") == 0 && size >= 6;
}

static void check_request_reads_back(const struct rpc_dialect *dialect, const json_t *entry)
{
    struct vector_bytes bytes = vectors_bytes(entry, "hex");
    for (size_t size = 2; size < bytes.size; size++) {
        union rpc_room room = {0};
        assert_int_equal(read_request(dialect, entry, bytes.data, size, &room),
                         is_open_request(entry, size));
    }
    union rpc_room room = {0};
    assert_true(read_request(dialect, entry, bytes.data, bytes.size, &room));
}

static void every_request_reads_back_if_it_is_complete(void **state)
{
    (void)state;
    each_request(check_request_reads_back);
}

/* ---- Responses ---- */

/* What lies behind the status: the vector's fields without the status itself. */
static json_t *output_fields(const json_t *entry)
{
    json_t *fields = json_copy((json_t *)fields_of(entry));
    json_object_del(fields, "status");
    return fields;
}

static const struct rpc_field *response_fields(const struct rpc_dialect *dialect,
                                               enum rpc_command command)
{
    const struct rpc_field *fields = dialect->commands[command].response;
    return fields != NULL ? fields : rpc_fields_none;
}

static void check_response(const struct rpc_dialect *dialect, const json_t *entry)
{
    enum rpc_command command = command_of(dialect, entry);
    struct vector_bytes bytes = vectors_bytes(entry, "hex");
    union rpc_response_params params = {0};
    uint32_t status = 0xFFFFFFFF;
    assert_int_equal(bytes.data[1], vectors_number(entry, "opcode"));
    assert_int_equal(
        rpc_decode_response(dialect, command, bytes.data, bytes.size, &status, &params), RPC_OK);
    assert_int_equal(status, vectors_number(fields_of(entry), "status"));
    json_t *fields = output_fields(entry);
    if (status == 0)
        rpc_json_compare(fields, response_fields(dialect, command), (const uint8_t *)&params);
    else
        assert_int_equal(json_object_size(fields), 0);
    json_decref(fields);
    assert_int_equal(rpc_decode_response(dialect, command, bytes.data, bytes.size, &status, NULL),
                     RPC_OK);
}

static void every_response_is_decoded_as_the_vectors_say(void **state)
{
    (void)state;
    each_response(check_response);
}

/* ---- Events ---- */

static void check_event(const struct rpc_dialect *dialect, const json_t *entry)
{
    struct vector_bytes bytes = vectors_bytes(entry, "hex");
    union rpc_event_params params;
    enum rpc_event event = RPC_EVENT_COUNT;
    assert_int_equal(bytes.data[1] | bytes.data[2] << 8, vectors_number(entry, "event_id"));
    assert_int_equal(rpc_decode_event(dialect, bytes.data, bytes.size, &event, &params), RPC_OK);
    assert_int_equal(event, event_of(dialect, entry));
    assert_int_equal(params.conn, vectors_number(fields_of(entry), "conn"));
    rpc_json_compare(fields_of(entry), dialect->events[event].fields, (const uint8_t *)&params);
}

static void every_event_is_decoded_as_the_vectors_say(void **state)
{
    (void)state;
    each_event(check_event);
}

/* ---- Both: cut, extended, spoiled ---- */

static enum rpc_verdict decode_exactly(const struct rpc_dialect *dialect, const json_t *entry,
                                       const uint8_t *bytes, size_t size)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    if (size > 0)
        memcpy(exact, bytes, size);
    union rpc_event_params params;
    enum rpc_event event;
    uint32_t status;
    enum rpc_verdict verdict;
    if (strcmp(vectors_string(entry, "kind"), "event") == 0)
        verdict = rpc_decode_event(dialect, exact, size, &event, &params);
    else
        verdict =
            rpc_decode_response(dialect, command_of(dialect, entry), exact, size, &status, NULL);
    free(exact);
    return verdict;
}

/* Two events are complete without their last field, which starts here. */
static bool is_complete(const struct rpc_dialect *dialect, const json_t *entry, size_t size)
{
    const char *message = vectors_string(entry, "message");
    return (size == 11 && strcmp(message, "GAP_AUTH_STATUS") == 0) ||
           (size == 6 && strcmp(message, "GAP_TIMEOUT") == 0 && rpc_dialect_api(dialect) == 6);
}

static void check_lengths(const struct rpc_dialect *dialect, const json_t *entry)
{
    struct vector_bytes bytes = vectors_bytes(entry, "hex");
    for (size_t size = 0; size < bytes.size; size++) {
        enum rpc_verdict expected = is_complete(dialect, entry, size) ? RPC_OK : RPC_MALFORMED;
        assert_int_equal(decode_exactly(dialect, entry, bytes.data, size), expected);
    }
    for (unsigned extra = 0; extra < 256; extra++) {
        bytes.data[bytes.size] = (uint8_t)extra;
        assert_int_equal(decode_exactly(dialect, entry, bytes.data, bytes.size + 1), RPC_MALFORMED);
    }
}

static void responses_and_events_of_any_other_length_are_malformed(void **state)
{
    (void)state;
    each_response(check_lengths);
    each_event(check_lengths);
}

/* Every byte with many values: whatever the verdict, nothing is read or written out of bounds (the
 * sanitizers watch). */
static void check_spoiled(const struct rpc_dialect *dialect, const json_t *entry)
{
    struct vector_bytes bytes = vectors_bytes(entry, "hex");
    for (size_t i = 0; i < bytes.size; i++) {
        uint8_t good = bytes.data[i];
        for (unsigned value = 0; value < 256; value += 3) {
            bytes.data[i] = (uint8_t)value;
            decode_exactly(dialect, entry, bytes.data, bytes.size);
        }
        bytes.data[i] = good;
    }
    assert_int_equal(decode_exactly(dialect, entry, bytes.data, bytes.size), RPC_OK);
}

static void spoiled_packets_do_no_harm(void **state)
{
    (void)state;
    each_response(check_spoiled);
    each_event(check_spoiled);
}

/* What one dialect sends may reach another's decoder as long as the dialect is a guess. */
static void check_misread(const struct rpc_dialect *dialect, const json_t *entry)
{
    struct vector_bytes bytes = vectors_bytes(entry, "hex");
    bool is_event = strcmp(vectors_string(entry, "kind"), "event") == 0;
    for (size_t i = 0; i < DIALECTS; i++) {
        const struct rpc_dialect *other = rpc_dialect_find(dialects[i].api);
        union rpc_event_params params;
        enum rpc_event event;
        uint32_t status;
        if (is_event)
            rpc_decode_event(other, bytes.data, bytes.size, &event, &params);
        for (int command = 0; !is_event && command < RPC_COMMAND_COUNT; command++)
            rpc_decode_response(other, (enum rpc_command)command, bytes.data, bytes.size, &status,
                                NULL);
    }
    assert_int_equal(decode_exactly(dialect, entry, bytes.data, bytes.size), RPC_OK);
}

static void packets_of_another_dialect_do_no_harm(void **state)
{
    (void)state;
    each_response(check_misread);
    each_event(check_misread);
}

/* ---- Noise ---- */

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Presence bytes and short lengths are likely, or nothing would get far. At the end of the room, so
 * that one byte too far is caught. */
static uint8_t *make_noise(uint32_t *seed, uint8_t *room, size_t capacity, size_t *size)
{
    *size = 6 + next_random(seed) % (capacity - 6);
    for (uint8_t *byte = room + capacity - *size; byte < room + capacity; byte++) {
        uint32_t value = next_random(seed);
        *byte = (uint8_t)(value % 4 == 0 ? value >> 4 : (value >> 4) % 3);
    }
    return room + capacity - *size;
}

static bool is_understood_event(const struct rpc_dialect *dialect, uint32_t *seed)
{
    union rpc_event_params params;
    enum rpc_event event;
    uint8_t room[300];
    size_t size;
    uint8_t *bytes = make_noise(seed, room, sizeof(room), &size);
    bytes[0] = RPC_EVENT;
    bytes[1] = (uint8_t)dialect->events[next_random(seed) % RPC_EVENT_COUNT].id;
    bytes[2] = 0;
    return rpc_decode_event(dialect, bytes, size, &event, &params) == RPC_OK;
}

static bool is_understood_response(const struct rpc_dialect *dialect, uint32_t *seed)
{
    union rpc_response_params outputs;
    uint32_t status;
    uint8_t room[300];
    size_t size;
    uint8_t *bytes = make_noise(seed, room, sizeof(room), &size);
    enum rpc_command command = (enum rpc_command)(next_random(seed) % RPC_COMMAND_COUNT);
    const uint8_t head[] = {RPC_RESPONSE, dialect->commands[command].opcode, 0, 0, 0, 0};
    memcpy(bytes, head, sizeof(head));
    return rpc_decode_response(dialect, command, bytes, size, &status, &outputs) == RPC_OK;
}

static void noise_does_no_harm(void **state)
{
    (void)state;
    uint32_t seed = 1;
    size_t events = 0, responses = 0;
    for (size_t round = 0; round < 60000; round++) {
        const struct rpc_dialect *dialect = rpc_dialect_find(dialects[round % DIALECTS].api);
        events += is_understood_event(dialect, &seed);
        responses += is_understood_response(dialect, &seed);
    }
    assert_true(events > 0 && responses > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_is_encoded_as_the_vectors_say),
        cmocka_unit_test(every_request_reads_back_if_it_is_complete),
        cmocka_unit_test(every_response_is_decoded_as_the_vectors_say),
        cmocka_unit_test(every_event_is_decoded_as_the_vectors_say),
        cmocka_unit_test(responses_and_events_of_any_other_length_are_malformed),
        cmocka_unit_test(spoiled_packets_do_no_harm),
        cmocka_unit_test(packets_of_another_dialect_do_no_harm),
        cmocka_unit_test(noise_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
