/* SPDX-License-Identifier: MIT */
#include "sim_vectors.h"

#include "sim/dongle_rpc.h"

enum {
    PACKET_MAX = 768,
    ARENA_MAX = 4096,
};

static json_t *root;
static const struct dongle_rpc_dialect *v5;

static int load(void **state)
{
    (void)state;
    root = vectors_load("sd_api_v5.json");
    v5 = dongle_rpc_dialect_of(5);
    return v5 == NULL;
}

static int unload(void **state)
{
    (void)state;
    json_decref(root);
    return 0;
}

/* Values as the vector file has them, under the names that the codec uses. */
struct flat {
    struct dongle_rpc_values values;
    uint8_t arena[ARENA_MAX];
    size_t used;
};

static void flatten(struct flat *flat, const char *name, const json_t *value)
{
    char child[64];
    if (json_is_object(value)) {
        const char *key;
        json_t *member;
        if (name[0] != '\0')
            dongle_rpc_put_kind(&flat->values, name, DONGLE_RPC_STRUCT, 0);
        json_object_foreach((json_t *)value, key, member)
        {
            snprintf(child, sizeof(child), "%s%s%s", name, name[0] != '\0' ? "." : "", key);
            flatten(flat, child, member);
        }
    } else if (json_is_array(value)) {
        dongle_rpc_put_kind(&flat->values, name, DONGLE_RPC_LIST, (int64_t)json_array_size(value));
        for (size_t i = 0; i < json_array_size(value); i++) {
            snprintf(child, sizeof(child), "%s.%zu", name, i);
            flatten(flat, child, json_array_get(value, i));
        }
    } else if (json_is_string(value)) {
        uint8_t *bytes = flat->arena + flat->used;
        size_t size = vectors_hex(bytes, ARENA_MAX - flat->used, json_string_value(value));
        flat->used += size;
        dongle_rpc_put_bytes(&flat->values, name, bytes, size);
    } else if (json_is_null(value)) {
        dongle_rpc_put_kind(&flat->values, name, DONGLE_RPC_ABSENT, 0);
    } else {
        int64_t number = json_is_boolean(value) ? json_is_true(value) : json_integer_value(value);
        dongle_rpc_put(&flat->values, name, number);
    }
}

static void compare(const char *vector, struct dongle_rpc_values *got,
                    const struct dongle_rpc_values *want)
{
    for (size_t i = 0; i < want->count; i++) {
        const struct dongle_rpc_value *w = &want->items[i];
        const struct dongle_rpc_value *g = dongle_rpc_find(got, w->name);
        if (g == NULL)
            fail_msg("%s: no value %s", vector, w->name);
        if (g->kind != w->kind || g->number != w->number || g->size != w->size)
            fail_msg("%s: %s differs", vector, w->name);
        if (w->size > 0)
            assert_memory_equal(g->bytes, w->bytes, w->size);
    }
    assert_int_equal(got->count, want->count);
}

static void check_request(const char *name, const json_t *vector, const uint8_t *bytes, size_t size,
                          struct flat *flat)
{
    const struct dongle_rpc_message *command = dongle_rpc_command(v5, bytes[1]);
    assert_int_equal(bytes[0], DONGLE_RPC_REQUEST);
    assert_non_null(command);
    assert_string_equal(command->name, vectors_text(vector, "message"));
    struct dongle_rpc_values got = {0};
    if (!dongle_rpc_decode(v5, command->request, bytes + 2, size - 2, &got))
        fail_msg("%s is not understood", name);
    compare(name, &got, &flat->values);
    dongle_rpc_free(&got);
}

static void check_response(const char *name, const json_t *vector, const uint8_t *bytes,
                           size_t size, struct flat *flat)
{
    const struct dongle_rpc_message *command = dongle_rpc_command(v5, bytes[1]);
    assert_non_null(command);
    assert_string_equal(command->name, vectors_text(vector, "message"));
    uint8_t out[PACKET_MAX];
    uint32_t status = (uint32_t)dongle_rpc_number(&flat->values, "status");
    size_t n = dongle_rpc_encode_response(v5, command, status, &flat->values, out, sizeof(out));
    assert_int_equal(n, size);
    assert_memory_equal(out, bytes, size);
    if (status != 0)
        return;
    struct dongle_rpc_values got = {0};
    assert_true(dongle_rpc_decode(v5, command->response, bytes + 6, size - 6, &got));
    dongle_rpc_put(&got, "status", 0);
    compare(name, &got, &flat->values);
    dongle_rpc_free(&got);
}

static void check_event(const char *name, const json_t *vector, const uint8_t *bytes, size_t size,
                        struct flat *flat)
{
    const struct dongle_rpc_message *event = dongle_rpc_event(v5, vectors_text(vector, "message"));
    assert_non_null(event);
    uint8_t out[PACKET_MAX];
    size_t n = dongle_rpc_encode_event(v5, event, &flat->values, out, sizeof(out));
    assert_int_equal(n, size);
    assert_memory_equal(out, bytes, size);
    struct dongle_rpc_values got = {0};
    assert_true(dongle_rpc_decode(v5, event->request, bytes + 3, size - 3, &got));
    compare(name, &got, &flat->values);
    dongle_rpc_free(&got);
}

static void each(const char *kind, size_t expected,
                 void (*check)(const char *name, const json_t *vector, const uint8_t *bytes,
                               size_t size, struct flat *flat))
{
    size_t count = 0, index;
    json_t *vector;
    json_array_foreach(json_object_get(root, "vectors"), index, vector)
    {
        if (strcmp(vectors_text(vector, "kind"), kind) != 0)
            continue;
        uint8_t bytes[PACKET_MAX];
        size_t size = vectors_hex(bytes, sizeof(bytes), vectors_text(vector, "hex"));
        struct flat flat = {0};
        flatten(&flat, "", json_object_get(vector, "fields"));
        assert_false(flat.values.failed);
        check(vectors_text(vector, "name"), vector, bytes, size, &flat);
        dongle_rpc_free(&flat.values);
        count++;
    }
    print_message("%zu v5 vectors of kind %s\n", count, kind);
    assert_int_equal(count, expected);
}

static void requests_decode_to_the_fields_of_the_vectors(void **state)
{
    (void)state;
    each("request", 102, check_request);
}

static void responses_encode_to_the_bytes_of_the_vectors(void **state)
{
    (void)state;
    each("response", 88, check_response);
}

static void events_encode_to_the_bytes_of_the_vectors(void **state)
{
    (void)state;
    each("event", 71, check_event);
}

static bool understood(const uint8_t *bytes, size_t size)
{
    const struct dongle_rpc_message *command = dongle_rpc_command(v5, bytes[1]);
    struct dongle_rpc_values got = {0};
    bool good = command != NULL && command->request != NULL &&
                dongle_rpc_decode(v5, command->request, bytes + 2, size - 2, &got);
    dongle_rpc_free(&got);
    return good;
}

static void check_lengths(const char *name, const json_t *vector, const uint8_t *bytes, size_t size,
                          struct flat *flat)
{
    (void)vector;
    (void)flat;
    uint8_t copy[PACKET_MAX + 1];
    for (size_t n = 2; n < size; n++) {
        memcpy(copy, bytes, n);
        if (understood(copy, n))
            fail_msg("%s is understood when cut to %zu bytes", name, n);
    }
    memcpy(copy, bytes, size);
    copy[size] = 0;
    if (understood(copy, size + 1))
        fail_msg("%s is understood with a byte too many", name);
}

static void a_request_cut_anywhere_or_a_byte_too_long_is_malformed(void **state)
{
    (void)state;
    each("request", 102, check_lengths);
}

static void malformed_requests_of_the_specification_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "006500",               /* VERSION_GET without its output flag */
        "006d00",               /* GAP_ADDR_GET likewise */
        "006502",               /* presence byte above 01 */
        "006601",               /* VERSION_GET of v2: USER_MEM_REPLY here */
        "006000",               /* ENABLE of v2 */
        "00610000",             /* no such opcode */
        "009400000100020059fe", /* presence byte 02 before a UUID */
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t bytes[16];
        size_t size = vectors_hex(bytes, sizeof(bytes), bad[i]);
        if (understood(bytes, size))
            fail_msg("%s is understood", bad[i]);
    }
}

static void a_write_above_244_bytes_is_malformed(void **state)
{
    (void)state;
    uint8_t bytes[2 + 2 + 1 + 6 + 3 + 245] = {0x00, 0x9C, 0, 0, 1, 2, 0, 13, 0, 0, 0, 244, 0, 1};
    assert_true(understood(bytes, 14 + 244));
    bytes[11] = 245;
    assert_false(understood(bytes, 14 + 245));
}

static void an_unknown_configuration_is_a_value_not_a_fault(void **state)
{
    (void)state;
    static const uint8_t request[] = {0x00, 0x69, 0x77, 0, 0, 0, 1, 1, 2, 3};
    assert_true(understood(request, sizeof(request)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_decode_to_the_fields_of_the_vectors),
        cmocka_unit_test(responses_encode_to_the_bytes_of_the_vectors),
        cmocka_unit_test(events_encode_to_the_bytes_of_the_vectors),
        cmocka_unit_test(a_request_cut_anywhere_or_a_byte_too_long_is_malformed),
        cmocka_unit_test(malformed_requests_of_the_specification_are_refused),
        cmocka_unit_test(a_write_above_244_bytes_is_malformed),
        cmocka_unit_test(an_unknown_configuration_is_a_value_not_a_fault),
    };
    return cmocka_run_group_tests_name("sim_rpc", tests, load, unload);
}
