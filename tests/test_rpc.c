/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dongle/h5.h"
#include "dongle/rpc.h"
#include "dongle/rpc_names.h"

static const struct rpc_dialect *v5(void)
{
    const struct rpc_dialect *dialect = rpc_dialect_find(5);
    assert_non_null(dialect);
    return dialect;
}

/* ---- Requests ---- */

static size_t encode_write(const struct rpc_view *value)
{
    uint8_t out[H5_PAYLOAD_MAX];
    struct rpc_gattc_write params = {
        .has_write = true,
        .write = {.op = RPC_WRITE_COMMAND, .value = *value},
    };
    return rpc_encode_request(v5(), RPC_GATTC_WRITE, &params, out, sizeof(out));
}

static void a_write_that_would_restart_the_dongle_is_not_encoded(void **state)
{
    (void)state;
    static const uint8_t value[245];
    assert_int_equal(encode_write(&(struct rpc_view){value, 244}), 14 + 244);
    assert_int_equal(encode_write(&(struct rpc_view){value, 245}), 0);
    assert_int_equal(encode_write(&(struct rpc_view){NULL, 1}), 0);
}

static void values_that_do_not_fit_their_bits_are_not_encoded(void **state)
{
    (void)state;
    uint8_t out[64];
    struct rpc_gap_scan_start scan = {.has_params = true, .params = {.active = 2}};
    assert_int_equal(rpc_encode_request(v5(), RPC_GAP_SCAN_START, &scan, out, sizeof(out)), 0);
    struct rpc_gap_authenticate pair = {.has_params = true, .params = {.kdist_own = 0x10}};
    assert_int_equal(rpc_encode_request(v5(), RPC_GAP_AUTHENTICATE, &pair, out, sizeof(out)), 0);
    struct rpc_gap_addr_set address = {.has_addr = true, .addr = {.type = 128}};
    assert_int_equal(rpc_encode_request(v5(), RPC_GAP_ADDR_SET, &address, out, sizeof(out)), 0);
}

static void what_the_dialect_lacks_is_not_encoded(void **state)
{
    (void)state;
    uint8_t out[64];
    struct rpc_cfg_set cfg = {.cfg = {.kind = 99}};
    assert_int_equal(rpc_encode_request(v5(), RPC_CFG_SET, &cfg, out, sizeof(out)), 0);
    assert_int_equal(rpc_encode_request(v5(), RPC_COMMAND_COUNT, &cfg, out, sizeof(out)), 0);
    assert_int_equal(rpc_encode_request(v5(), RPC_GAP_CONNECT, NULL, out, sizeof(out)), 0);
    assert_int_equal(rpc_encode_request(v5(), RPC_ENABLE, NULL, out, sizeof(out)), 2);
    assert_false(rpc_dialect_has(v5(), RPC_COMMAND_COUNT));
    assert_true(rpc_dialect_has(v5(), RPC_ENABLE));
    assert_null(rpc_dialect_find(4));
    assert_int_equal(rpc_dialect_api(v5()), 5);
}

static void a_device_name_must_have_the_length_it_states(void **state)
{
    (void)state;
    uint8_t out[64];
    struct rpc_cfg_set cfg = {
        .cfg = {.kind = RPC_CONFIG_DEVICE_NAME,
                .value.device_name = {.vloc = 1, .current_len = 3, .max_len = 3}},
    };
    cfg.cfg.value.device_name.value = (struct rpc_view){(const uint8_t *)"dfux", 4};
    assert_int_equal(rpc_encode_request(v5(), RPC_CFG_SET, &cfg, out, sizeof(out)), 0);
    cfg.cfg.value.device_name.value.size = 3;
    assert_int_equal(rpc_encode_request(v5(), RPC_CFG_SET, &cfg, out, sizeof(out)), 17);
}

/* ---- Responses ---- */

static void another_commands_response_is_told_apart(void **state)
{
    (void)state;
    uint32_t status;
    const uint8_t disconnect[] = {0x01, 0x76, 0, 0, 0, 0};
    const uint8_t event[] = {0x02, 0x76, 0, 0, 0, 0};
    assert_int_equal(rpc_decode_response(v5(), RPC_ENABLE, disconnect, 6, &status, NULL),
                     RPC_UNKNOWN);
    assert_int_equal(rpc_decode_response(v5(), RPC_GAP_DISCONNECT, event, 6, &status, NULL),
                     RPC_UNKNOWN);
    assert_int_equal(rpc_decode_response(v5(), RPC_GAP_DISCONNECT, disconnect, 6, &status, NULL),
                     RPC_OK);
}

static void outputs_after_a_failure_are_malformed(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x01, 0x62, 4, 0, 0, 0, 1, 2};
    struct rpc_uuid_vs_add_response params = {0};
    uint32_t status;
    assert_int_equal(
        rpc_decode_response(v5(), RPC_UUID_VS_ADD, bytes, sizeof(bytes), &status, &params),
        RPC_MALFORMED);
    assert_false(params.has_type);
}

/* ---- Events ---- */

/* No vector has this one. */
static void user_mem_release_is_decoded_as_specified(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x02, 0x02, 0x00, 0x03, 0x00, 0x01, 0x10, 0x02, 0x01};
    union rpc_event_params params;
    enum rpc_event event;
    assert_int_equal(rpc_decode_event(v5(), bytes, sizeof(bytes), &event, &params), RPC_OK);
    assert_int_equal(event, RPC_EVENT_USER_MEM_RELEASE);
    assert_int_equal(params.user_mem_release.conn, 3);
    assert_int_equal(params.user_mem_release.type, 1);
    assert_int_equal(params.user_mem_release.len, 0x210);
    assert_true(params.user_mem_release.mem);
}

static void unnamed_bits_are_ignored(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x02, 0x32, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 2, 0xff, 0, 12, 0, 13, 0};
    const uint8_t request[] = {0x02, 0x1e, 0, 0, 0, 0xf1};
    union rpc_event_params params;
    enum rpc_event event;
    assert_int_equal(rpc_decode_event(v5(), bytes, sizeof(bytes), &event, &params), RPC_OK);
    assert_int_equal(params.gattc_char_disc_rsp.chars[0].props, 0x7f);
    assert_int_equal(rpc_decode_event(v5(), request, sizeof(request), &event, &params), RPC_OK);
    assert_int_equal(params.gap_sec_request.bond, 1);
    assert_int_equal(params.gap_sec_request.keypress, 0);
}

static void what_is_absent_reads_as_zeros(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x02, 0x18, 0, 0, 0, 0, 0};
    static const uint8_t zeros[64];
    union rpc_event_params params;
    enum rpc_event event;
    memset(&params, 0xff, sizeof(params));
    assert_int_equal(rpc_decode_event(v5(), bytes, sizeof(bytes), &event, &params), RPC_OK);
    assert_false(params.gap_lesc_dhkey_request.has_peer_pk);
    assert_memory_equal(params.gap_lesc_dhkey_request.peer_pk, zeros, sizeof(zeros));
}

static void unknown_events_are_told_from_malformed_ones(void **state)
{
    (void)state;
    union rpc_event_params params;
    enum rpc_event event;
    const uint8_t key_pressed[] = {0x02, 0x16, 0x00, 0x00, 0x00, 0x01};
    const uint8_t response[] = {0x01, 0x60, 0, 0, 0, 0};
    assert_int_equal(rpc_decode_event(v5(), key_pressed, 6, &event, &params), RPC_UNKNOWN);
    assert_int_equal(rpc_decode_event(v5(), response, 6, &event, &params), RPC_UNKNOWN);
    assert_int_equal(rpc_decode_event(v5(), key_pressed, 2, &event, &params), RPC_MALFORMED);
    assert_int_equal(rpc_decode_event(v5(), key_pressed, 0, &event, &params), RPC_MALFORMED);
}

static void a_presence_byte_above_one_is_malformed(void **state)
{
    (void)state;
    const uint8_t response[] = {0x01, 0x62, 0, 0, 0, 0, 2, 2};
    const uint8_t report[] = {0x02, 0x1d, 0x00, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0,
                              0,    0,    0,    0,    0,    0, 0, 0, 0, 0, 2};
    const uint8_t mem[] = {0x02, 0x02, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x02};
    union rpc_event_params params;
    enum rpc_event event;
    uint32_t status;
    assert_int_equal(rpc_decode_response(v5(), RPC_UUID_VS_ADD, response, 8, &status, NULL),
                     RPC_MALFORMED);
    assert_int_equal(rpc_decode_event(v5(), report, sizeof(report), &event, &params),
                     RPC_MALFORMED);
    assert_int_equal(rpc_decode_event(v5(), mem, sizeof(mem), &event, &params), RPC_MALFORMED);
}

static void absent_data_with_a_length_is_malformed(void **state)
{
    (void)state;
    uint8_t report[] = {0x02, 0x1d, 0x00, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0,
                        0,    0,    0,    0,    0,    0, 0, 0, 0, 1, 0};
    union rpc_event_params params;
    enum rpc_event event;
    assert_int_equal(rpc_decode_event(v5(), report, sizeof(report), &event, &params),
                     RPC_MALFORMED);
    report[21] = 0;
    assert_int_equal(rpc_decode_event(v5(), report, sizeof(report), &event, &params), RPC_OK);
    assert_null(params.gap_adv_report.data.data);
}

static void the_longest_lists_of_a_packet_fit(void **state)
{
    (void)state;
    static const struct {
        uint8_t id;
        uint8_t size;
        uint8_t most;
    } lists[] = {
        {0x30, 7, RPC_MAX_SERVICES},
        {0x32, 9, RPC_MAX_CHARACTERISTICS},
        {0x33, 5, RPC_MAX_DESCRIPTORS},
    };
    for (size_t i = 0; i < 3; i++) {
        uint8_t bytes[1024] = {0x02, lists[i].id};
        union rpc_event_params params;
        enum rpc_event event;
        assert_int_equal(lists[i].most, (H5_PAYLOAD_MAX - 11) / lists[i].size);
        bytes[9] = lists[i].most;
        size_t size = 11u + (size_t)lists[i].size * lists[i].most;
        assert_int_equal(rpc_decode_event(v5(), bytes, size, &event, &params), RPC_OK);
        bytes[9]++;
        size += lists[i].size;
        assert_int_equal(rpc_decode_event(v5(), bytes, size, &event, &params), RPC_MALFORMED);
    }
}

/* ---- Names ---- */

static void codes_have_the_names_of_their_api(void **state)
{
    (void)state;
    assert_string_equal(rpc_status_name(5, 0x07), "NRF_ERROR_INVALID_PARAM");
    assert_string_equal(rpc_status_name(5, 0x3001), "BLE_ERROR_NOT_ENABLED");
    assert_string_equal(rpc_status_name(2, 0x3004), "BLE_ERROR_NO_TX_PACKETS");
    assert_string_equal(rpc_status_name(5, 0x3004), "BLE_ERROR_INVALID_ROLE");
    assert_string_equal(rpc_status_name(6, 0x3004), "BLE_ERROR_INVALID_ADV_HANDLE");
    assert_string_equal(rpc_status_name(5, 0x3005), "unknown status");
    assert_string_equal(rpc_status_name(99, 0x07), "unknown status");
    assert_string_equal(rpc_hci_text(0x08), "supervision timeout");
    assert_string_equal(rpc_hci_text(0xEE), "unknown reason");
    assert_string_equal(rpc_gatt_status_text(0x0103), "write not permitted");
    assert_string_equal(rpc_gatt_status_text(0x0181), "application error");
    assert_string_equal(rpc_gatt_status_text(0x0200), "unknown GATT status");
    assert_string_equal(rpc_security_status_text(0x85), "pairing not supported");
    assert_string_equal(rpc_fwid_text(0xA5), "S132 5.1.0");
    assert_string_equal(rpc_fwid_text(0x1234), "unknown SoftDevice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_that_would_restart_the_dongle_is_not_encoded),
        cmocka_unit_test(values_that_do_not_fit_their_bits_are_not_encoded),
        cmocka_unit_test(what_the_dialect_lacks_is_not_encoded),
        cmocka_unit_test(a_device_name_must_have_the_length_it_states),
        cmocka_unit_test(another_commands_response_is_told_apart),
        cmocka_unit_test(outputs_after_a_failure_are_malformed),
        cmocka_unit_test(user_mem_release_is_decoded_as_specified),
        cmocka_unit_test(unnamed_bits_are_ignored),
        cmocka_unit_test(what_is_absent_reads_as_zeros),
        cmocka_unit_test(unknown_events_are_told_from_malformed_ones),
        cmocka_unit_test(a_presence_byte_above_one_is_malformed),
        cmocka_unit_test(absent_data_with_a_length_is_malformed),
        cmocka_unit_test(the_longest_lists_of_a_packet_fit),
        cmocka_unit_test(codes_have_the_names_of_their_api),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
