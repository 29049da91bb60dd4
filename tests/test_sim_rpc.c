/* SPDX-License-Identifier: MIT */
#include "sim_vectors.h"

#include "sim/dongle_rpc.h"

enum {
    PACKET_MAX = 768,
    ARENA_MAX = 4096,
};

/* A dialect, and how many vectors there are for it. */
struct file {
    int api;
    const char *name;
    size_t requests, responses, events;
    json_t *root;
    const struct dongle_rpc_dialect *dialect;
};

static struct file files[] = {
    {2, "sd_api_v2.json", 82, 73, 61, NULL, NULL},
    {3, "sd_api_v3.json", 89, 78, 66, NULL, NULL},
    {5, "sd_api_v5.json", 102, 88, 71, NULL, NULL},
    {6, "sd_api_v6.json", 102, 88, 72, NULL, NULL},
};

#define FILES (sizeof(files) / sizeof(files[0]))

static int load(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        files[i].root = vectors_load(files[i].name);
        files[i].dialect = dongle_rpc_dialect_of(files[i].api);
        if (files[i].dialect == NULL)
            return 1;
    }
    return 0;
}

static int unload(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++)
        json_decref(files[i].root);
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

/* One vector. */
struct entry {
    const struct dongle_rpc_dialect *dialect;
    const char *name, *message;
    const uint8_t *bytes;
    size_t size;
    struct flat *fields;
};

static const struct dongle_rpc_message *command_of(const struct entry *e)
{
    const struct dongle_rpc_message *command = dongle_rpc_command(e->dialect, e->bytes[1]);
    assert_non_null(command);
    assert_string_equal(command->name, e->message);
    return command;
}

static void check_request(const struct entry *e)
{
    const struct dongle_rpc_message *command = command_of(e);
    assert_int_equal(e->bytes[0], DONGLE_RPC_REQUEST);
    struct dongle_rpc_values got = {0};
    if (!dongle_rpc_decode(e->dialect, command->request, e->bytes + 2, e->size - 2, &got))
        fail_msg("%s is not understood", e->name);
    compare(e->name, &got, &e->fields->values);
    dongle_rpc_free(&got);
}

static void check_bytes(const struct entry *e, const uint8_t *out, size_t size)
{
    if (size != e->size || memcmp(out, e->bytes, size) != 0)
        fail_msg("%s becomes other bytes", e->name);
}

static void check_response(const struct entry *e)
{
    const struct dongle_rpc_message *command = command_of(e);
    uint8_t out[PACKET_MAX];
    uint32_t status = (uint32_t)dongle_rpc_number(&e->fields->values, "status");
    check_bytes(e, out,
                dongle_rpc_encode_response(e->dialect, command, status, &e->fields->values, out,
                                           sizeof(out)));
    if (status != 0)
        return;
    struct dongle_rpc_values got = {0};
    assert_true(dongle_rpc_decode(e->dialect, command->response, e->bytes + 6, e->size - 6, &got));
    dongle_rpc_put(&got, "status", 0);
    compare(e->name, &got, &e->fields->values);
    dongle_rpc_free(&got);
}

static void check_event(const struct entry *e)
{
    const struct dongle_rpc_message *event = dongle_rpc_event(e->dialect, e->message);
    assert_non_null(event);
    uint8_t out[PACKET_MAX];
    check_bytes(e, out,
                dongle_rpc_encode_event(e->dialect, event, &e->fields->values, out, sizeof(out)));
    struct dongle_rpc_values got = {0};
    assert_true(dongle_rpc_decode(e->dialect, event->request, e->bytes + 3, e->size - 3, &got));
    compare(e->name, &got, &e->fields->values);
    dongle_rpc_free(&got);
}

static void check_vector(const struct file *file, const json_t *vector,
                         void (*check)(const struct entry *e))
{
    uint8_t bytes[PACKET_MAX];
    struct flat flat = {0};
    flatten(&flat, "", json_object_get(vector, "fields"));
    assert_false(flat.values.failed);
    check(&(struct entry){
        .dialect = file->dialect,
        .name = vectors_text(vector, "name"),
        .message = vectors_text(vector, "message"),
        .bytes = bytes,
        .size = vectors_hex(bytes, sizeof(bytes), vectors_text(vector, "hex")),
        .fields = &flat,
    });
    dongle_rpc_free(&flat.values);
}

static void each(const struct file *file, const char *kind, size_t expected,
                 void (*check)(const struct entry *e))
{
    size_t count = 0, index;
    json_t *vector;
    json_array_foreach(json_object_get(file->root, "vectors"), index, vector)
    {
        if (strcmp(vectors_text(vector, "kind"), kind) != 0)
            continue;
        check_vector(file, vector, check);
        count++;
    }
    print_message("v%d: %zu vectors of kind %s\n", file->api, count, kind);
    assert_int_equal(count, expected);
}

static void requests_decode_to_the_fields_of_the_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++)
        each(&files[i], "request", files[i].requests, check_request);
}

static void responses_encode_to_the_bytes_of_the_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++)
        each(&files[i], "response", files[i].responses, check_response);
}

static void events_encode_to_the_bytes_of_the_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++)
        each(&files[i], "event", files[i].events, check_event);
}

static bool understood(const struct dongle_rpc_dialect *dialect, const uint8_t *bytes, size_t size)
{
    const struct dongle_rpc_message *command = dongle_rpc_command(dialect, bytes[1]);
    struct dongle_rpc_values got = {0};
    bool good = command != NULL && command->request != NULL &&
                dongle_rpc_decode(dialect, command->request, bytes + 2, size - 2, &got);
    dongle_rpc_free(&got);
    return good;
}

static void check_lengths(const struct entry *e)
{
    uint8_t copy[PACKET_MAX + 1];
    for (size_t n = 2; n < e->size; n++) {
        memcpy(copy, e->bytes, n);
        if (understood(e->dialect, copy, n))
            fail_msg("%s is understood when cut to %zu bytes", e->name, n);
    }
    memcpy(copy, e->bytes, e->size);
    copy[e->size] = 0;
    if (understood(e->dialect, copy, e->size + 1))
        fail_msg("%s is understood with a byte too many", e->name);
}

static void a_request_cut_anywhere_or_a_byte_too_long_is_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++)
        each(&files[i], "request", files[i].requests, check_lengths);
}

static void malformed_requests_of_the_specification_are_refused(void **state)
{
    (void)state;
    static const struct {
        int api;
        const char *request;
    } bad[] = {
        {2, "006600"},                                   /* VERSION_GET without its output flag */
        {2, "007100"},                                   /* GAP_ADDR_GET likewise */
        {2, "006501"},                                   /* VERSION_GET of v5: UUID_ENCODE here */
        {2, "0060"},                                     /* ENABLE of v5 */
        {2, "0060010a00000001010017000100000000"},       /* ENABLE of v3 */
        {2, "0060010a00010100000102030001010100000000"}, /* bandwidth counts */
        {2, "008a010100a0005000000000"},                 /* a byte too many */
        {2, "008a0101010001a00050000000"},               /* addresses absent, but counted */
        {2, "009e0000f700"},                             /* no such opcode: MTU exchange */
        {3, "006600"},                                   /* VERSION_GET without its output flag */
        {3, "006501"},                                   /* VERSION_GET of v5: UUID_ENCODE here */
        {3, "0060"},                                     /* ENABLE of v5 */
        {3, "0060010a00000001010100000000"},             /* ENABLE of v2 */
        {3, "0069230000000101f700"},                     /* CFG_SET: OPT_GET here, not modelled */
        {3, "0090000001fb00fb000000000001"},             /* no such opcode: data length */
        {5, "006500"},                                   /* VERSION_GET without its output flag */
        {5, "006d00"},                                   /* GAP_ADDR_GET likewise */
        {5, "006502"},                                   /* presence byte above 01 */
        {5, "006601"},               /* VERSION_GET of v2: USER_MEM_REPLY here */
        {5, "006000"},               /* ENABLE of v2 */
        {5, "00610000"},             /* no such opcode */
        {5, "009400000100020059fe"}, /* presence byte 02 before a UUID */
        {6, "006601"},               /* VERSION_GET of v2: USER_MEM_REPLY here */
        {6, "006000"},               /* ENABLE of v2 */
        {6, "00694000000001000101"}, /* role count of v5 */
        {6, "008a0101a00050000000"}, /* SCAN_START of v5 */
        {6, "007704"},               /* TX_POWER_SET of v5 */
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t bytes[32];
        size_t size = vectors_hex(bytes, sizeof(bytes), bad[i].request);
        if (understood(dongle_rpc_dialect_of(bad[i].api), bytes, size))
            fail_msg("v%d understands %s", bad[i].api, bad[i].request);
    }
}

/* WRITE without parameters is as long as RELATIONSHIPS_DISCOVER without a range, and has its opcode
 * in v6. */
static void check_elsewhere(const struct entry *e)
{
    for (size_t i = 0; i < FILES; i++) {
        const struct dongle_rpc_dialect *other = files[i].dialect;
        const struct dongle_rpc_message *command = dongle_rpc_command(other, e->bytes[1]);
        if (command == NULL || strcmp(command->name, e->message) == 0 ||
            !understood(other, e->bytes, e->size))
            continue;
        if (strcmp(e->name, "gattc_write.null") != 0)
            fail_msg("v%d takes %s for %s", files[i].api, e->name, command->name);
    }
}

static void a_request_of_another_dialect_is_not_taken_for_another_command(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++)
        each(&files[i], "request", files[i].requests, check_elsewhere);
}

static void a_write_above_the_dialects_limit_is_malformed(void **state)
{
    (void)state;
    static const struct {
        int api;
        uint8_t opcode, limit;
    } writes[] = {{2, 0x98, 20}, {3, 0x9C, 244}, {5, 0x9C, 244}, {6, 0xA3, 244}};
    for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
        const struct dongle_rpc_dialect *dialect = dongle_rpc_dialect_of(writes[i].api);
        size_t limit = writes[i].limit;
        uint8_t bytes[14 + 245] = {0, writes[i].opcode, 0, 0, 1, 2, 0, 13, 0, 0,
                                   0, (uint8_t)limit,   0, 1};
        assert_true(understood(dialect, bytes, 14 + limit));
        bytes[11]++;
        assert_false(understood(dialect, bytes, 14 + limit + 1));
    }
}

static void an_unknown_configuration_is_a_value_not_a_fault(void **state)
{
    (void)state;
    static const uint8_t request[] = {0x00, 0x69, 0x77, 0, 0, 0, 1, 1, 2, 3};
    assert_true(understood(dongle_rpc_dialect_of(5), request, sizeof(request)));
    assert_true(understood(dongle_rpc_dialect_of(6), request, sizeof(request)));
}

static void there_are_four_dialects(void **state)
{
    (void)state;
    for (int api = 0; api < 10; api++) {
        const struct dongle_rpc_dialect *dialect = dongle_rpc_dialect_of(api);
        bool exists = api == 2 || api == 3 || api == 5 || api == 6;
        assert_int_equal(dialect != NULL, exists);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_decode_to_the_fields_of_the_vectors),
        cmocka_unit_test(responses_encode_to_the_bytes_of_the_vectors),
        cmocka_unit_test(events_encode_to_the_bytes_of_the_vectors),
        cmocka_unit_test(a_request_cut_anywhere_or_a_byte_too_long_is_malformed),
        cmocka_unit_test(malformed_requests_of_the_specification_are_refused),
        cmocka_unit_test(a_request_of_another_dialect_is_not_taken_for_another_command),
        cmocka_unit_test(a_write_above_the_dialects_limit_is_malformed),
        cmocka_unit_test(an_unknown_configuration_is_a_value_not_a_fault),
        cmocka_unit_test(there_are_four_dialects),
    };
    return cmocka_run_group_tests_name("sim_rpc", tests, load, unload);
}
