/* SPDX-License-Identifier: MIT
 * What the dialects differ in, and what their users need not know of it. */
#include "test.h"

#include "dongle/h5.h"
#include "dongle/rpc.h"
#include "dongle/rpc_engine.h"

static const int apis[] = {2, 3, 5, 6};
#define APIS (sizeof(apis) / sizeof(apis[0]))

static void every_dialect_is_found_by_its_api(void **state)
{
    (void)state;
    for (size_t i = 0; i < APIS; i++)
        assert_int_equal(rpc_dialect_api(rpc_dialect_find(apis[i])), apis[i]);
    assert_null(rpc_dialect_find(4));
    assert_null(rpc_dialect_find(7));
}

static void each_dialect_has_its_own_commands(void **state)
{
    (void)state;
    const struct {
        enum rpc_command command;
        bool has[APIS];
    } rows[] = {
        {RPC_ENABLE, {true, true, true, true}},
        {RPC_CFG_SET, {false, false, true, true}},
        {RPC_TX_PACKET_COUNT_GET, {true, true, false, false}},
        {RPC_GAP_DATA_LENGTH_UPDATE, {false, false, true, true}},
        {RPC_GAP_PHY_UPDATE, {false, false, true, true}},
        {RPC_GATTC_EXCHANGE_MTU_REQUEST, {false, true, true, true}},
        {RPC_GATTS_EXCHANGE_MTU_REPLY, {false, true, true, true}},
    };
    for (size_t i = 0; i < APIS; i++)
        for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++)
            assert_int_equal(rpc_dialect_has(rpc_dialect_find(apis[i]), rows[row].command),
                             rows[row].has[i]);
}

static void traits_are_those_of_the_firmware(void **state)
{
    (void)state;
    for (size_t i = 0; i < APIS; i++) {
        const struct rpc_traits *traits = rpc_dialect_traits(rpc_dialect_find(apis[i]));
        assert_int_equal(traits->payload_max, apis[i] == 2 ? 384 : 768);
        assert_int_equal(traits->write_max, apis[i] == 2 ? 20 : 244);
        assert_int_equal(traits->mtu_max, traits->write_max + 3);
        assert_int_equal(traits->status_full, apis[i] < 5 ? 0x3004 : 0x13);
        assert_int_equal(traits->scan_timeout_unit, apis[i] == 6 ? 10000 : 1000000);
        assert_int_equal(traits->scan_pauses, apis[i] == 6);
    }
}

static void no_dialect_encodes_more_than_its_firmware_survives(void **state)
{
    (void)state;
    static const uint8_t data[H5_PAYLOAD_MAX];
    uint8_t out[H5_PAYLOAD_MAX + 1];
    for (size_t i = 0; i < APIS; i++) {
        const struct rpc_dialect *dialect = rpc_dialect_find(apis[i]);
        const struct rpc_traits *traits = rpc_dialect_traits(dialect);
        struct rpc_gattc_write write = {.has_write = true,
                                        .write.value = {data, traits->write_max}};
        assert_int_equal(rpc_encode_request(dialect, RPC_GATTC_WRITE, &write, out, sizeof(out)),
                         14 + traits->write_max);
        write.write.value.size++;
        assert_int_equal(rpc_encode_request(dialect, RPC_GATTC_WRITE, &write, out, sizeof(out)), 0);
        /* Eleven bytes lie around the data. */
        struct rpc_gatts_sys_attr_set set = {.data = {data, traits->payload_max - 11u}};
        assert_int_equal(
            rpc_encode_request(dialect, RPC_GATTS_SYS_ATTR_SET, &set, out, sizeof(out)),
            traits->payload_max);
        set.data.size++;
        assert_int_equal(
            rpc_encode_request(dialect, RPC_GATTS_SYS_ATTR_SET, &set, out, sizeof(out)), 0);
    }
}

static void the_largest_keyset_fits_every_dialect(void **state)
{
    (void)state;
    uint8_t out[H5_PAYLOAD_MAX];
    const struct rpc_sec_keys all = {
        .has_enc = true, .has_id = true, .has_sign = true, .has_pk = 1};
    const struct rpc_gap_sec_params_reply params = {.has_keyset = true, .keyset = {all, all}};
    for (size_t i = 0; i < APIS; i++)
        assert_int_equal(rpc_encode_request(rpc_dialect_find(apis[i]), RPC_GAP_SEC_PARAMS_REPLY,
                                            &params, out, sizeof(out)),
                         7 + 2 * (28 + 24 + 17 + 65));
}

/* What a central asks for that wants to bond: the peer's LTK and identity, its own of both. */
static void a_reply_asks_for_the_keys_to_be_kept(void **state)
{
    (void)state;
    const struct rpc_sec_keys keys = {.has_enc = true, .has_id = true};
    const struct rpc_gap_sec_params_reply params = {
        .conn = 3, .has_keyset = true, .keyset = {keys, keys}};
    uint8_t expected[7 + 2 * (28 + 24 + 1 + 1)] = {0x00, 0x7f, 3, 0, 0, 0, 1};
    uint8_t out[H5_PAYLOAD_MAX];
    for (size_t side = 0; side < 2; side++)
        expected[7 + side * 54] = expected[7 + side * 54 + 28] = 1;
    for (size_t i = 0; i < APIS; i++) {
        assert_int_equal(rpc_encode_request(rpc_dialect_find(apis[i]), RPC_GAP_SEC_PARAMS_REPLY,
                                            &params, out, sizeof(out)),
                         sizeof(expected));
        assert_memory_equal(out, expected, sizeof(expected));
    }
}

/* An AUTH_STATUS without own keys and with the peer's LTK and identity, the address type given as
 * that dialect's byte. */
static size_t auth_status(uint8_t address_type, uint8_t *bytes)
{
    static const uint8_t head[] = {0x02, 0x19, 0, 7, 0, 0, 0x04, 0x03, 0, 0, 3, 0, 0, 0, 0, 1};
    static const uint8_t tail[] = {1, 2, 3, 0xc4, 0xd5, 0xe6, 0, 0};
    size_t size = sizeof(head);
    memcpy(bytes, head, size);
    memset(bytes + size, 0x11, 16); /* LTK */
    bytes[size + 16] = 0x42;        /* of 16 bytes, authenticated */
    bytes[size + 17] = 0x34;
    bytes[size + 18] = 0x12;
    memset(bytes + size + 19, 0x22, 8); /* RAND */
    bytes[size + 27] = 1;
    memset(bytes + size + 28, 0x33, 16); /* IRK */
    bytes[size + 44] = address_type;
    memcpy(bytes + size + 45, tail, sizeof(tail));
    return size + 45 + sizeof(tail);
}

static void a_bond_is_read_from_auth_status_in_every_dialect(void **state)
{
    (void)state;
    const uint8_t address[] = {1, 2, 3, 0xc4, 0xd5, 0xe6};
    uint8_t ltk[16], rand[8], irk[16];
    memset(ltk, 0x11, sizeof(ltk));
    memset(rand, 0x22, sizeof(rand));
    memset(irk, 0x33, sizeof(irk));
    for (size_t i = 0; i < APIS; i++) {
        uint8_t bytes[128];
        size_t size = auth_status(apis[i] == 2 ? 1 : 2, bytes);
        union rpc_event_params params;
        enum rpc_event event;
        assert_int_equal(rpc_decode_event(rpc_dialect_find(apis[i]), bytes, size, &event, &params),
                         RPC_OK);
        assert_int_equal(event, RPC_EVENT_GAP_AUTH_STATUS);
        assert_int_equal(params.gap_auth_status.conn, 7);
        assert_int_equal(params.gap_auth_status.bonded, 1);
        assert_int_equal(params.gap_auth_status.kdist_peer, RPC_KEY_ENC | RPC_KEY_ID);
        assert_true(params.gap_auth_status.has_keyset);
        const struct rpc_keyset *keyset = &params.gap_auth_status.keyset;
        assert_false(keyset->own.has_enc || keyset->own.has_id);
        assert_true(keyset->peer.has_enc && keyset->peer.has_id);
        assert_memory_equal(keyset->peer.enc.enc_info.ltk, ltk, sizeof(ltk));
        assert_int_equal(keyset->peer.enc.enc_info.ltk_len, 16);
        assert_int_equal(keyset->peer.enc.enc_info.auth, 1);
        assert_int_equal(keyset->peer.enc.enc_info.lesc, 0);
        assert_int_equal(keyset->peer.enc.master_id.ediv, 0x1234);
        assert_memory_equal(keyset->peer.enc.master_id.rand, rand, sizeof(rand));
        assert_memory_equal(keyset->peer.id.irk, irk, sizeof(irk));
        assert_int_equal(keyset->peer.id.addr.type, 1);
        assert_memory_equal(keyset->peer.id.addr.addr, address, sizeof(address));
    }
}

static enum rpc_verdict decode(int api, const uint8_t *bytes, size_t size, enum rpc_event *event,
                               union rpc_event_params *params)
{
    return rpc_decode_event(rpc_dialect_find(api), bytes, size, event, params);
}

static void timeout_sources_read_the_same_in_every_dialect(void **state)
{
    (void)state;
    static const uint8_t old[] = {RPC_TIMEOUT_ADVERTISING, RPC_TIMEOUT_SECURITY_REQUEST,
                                  RPC_TIMEOUT_SCAN, RPC_TIMEOUT_CONN, RPC_TIMEOUT_AUTH_PAYLOAD};
    static const uint8_t new[] = {RPC_TIMEOUT_ADVERTISING, RPC_TIMEOUT_SCAN, RPC_TIMEOUT_CONN,
                                  RPC_TIMEOUT_AUTH_PAYLOAD};
    for (size_t i = 0; i < APIS; i++)
        for (uint8_t source = 0; source < (apis[i] < 5 ? sizeof(old) : sizeof(new)); source++) {
            const uint8_t bytes[] = {0x02, 0x1b, 0, 0xff, 0xff, source};
            union rpc_event_params params;
            enum rpc_event event;
            assert_int_equal(decode(apis[i], bytes, sizeof(bytes), &event, &params), RPC_OK);
            assert_int_equal(params.gap_timeout.src, apis[i] < 5 ? old[source] : new[source]);
        }
    const uint8_t unheard_of[] = {0x02, 0x1b, 0, 0xff, 0xff, 5};
    union rpc_event_params params;
    enum rpc_event event;
    assert_int_equal(decode(2, unheard_of, sizeof(unheard_of), &event, &params), RPC_OK);
    assert_int_equal(params.gap_timeout.src, RPC_TIMEOUT_UNKNOWN);
}

static void older_events_are_read_as_the_newer_ones(void **state)
{
    (void)state;
    const uint8_t sent[] = {0x02, 0x01, 0, 5, 0, 3};
    const uint8_t length[] = {0x02, 0x04, 0, 5, 0, 251, 0, 1, 0, 27, 0, 2, 0};
    const uint8_t late[] = {0x02, 0x3a, 0, 5, 0, 0};
    union rpc_event_params p;
    enum rpc_event event;
    for (int api = 2; api <= 3; api++) {
        assert_int_equal(decode(api, sent, sizeof(sent), &event, &p), RPC_OK);
        assert_int_equal(event, RPC_EVENT_GATTC_WRITE_CMD_TX_COMPLETE);
        assert_int_equal(p.conn, 5);
        assert_int_equal(p.gattc_write_cmd_tx_complete.count, 3);
        assert_int_equal(p.gattc.gatt_status, 0);
    }
    assert_int_equal(decode(3, length, sizeof(length), &event, &p), RPC_OK);
    assert_int_equal(event, RPC_EVENT_GAP_DATA_LENGTH_UPDATE);
    assert_int_equal(p.gap_data_length_update.params.max_tx_octets, 251);
    assert_int_equal(p.gap_data_length_update.params.max_tx_time_us, 1);
    assert_int_equal(p.gap_data_length_update.params.max_rx_octets, 27);
    assert_int_equal(p.gap_data_length_update.params.max_rx_time_us, 2);
    assert_int_equal(decode(2, length, sizeof(length), &event, &p), RPC_UNKNOWN);
    assert_int_equal(decode(2, late, sizeof(late), &event, &p), RPC_OK);
    assert_int_equal(event, RPC_EVENT_GATTC_TIMEOUT);
    assert_int_equal(p.gattc.gatt_status, 0);
}

/* The type of a v6 report in bits: connectable, scannable, directed. */
static void v6_reports_have_the_type_of_older_ones(void **state)
{
    (void)state;
    static const uint8_t types[] = {3, 0, 2, 0, 3, 1, 2, 1};
    for (uint8_t bits = 0; bits < 8; bits++) {
        uint8_t bytes[39] = {0x02, 0x1d, 0, 0xff, 0xff, (uint8_t)(0x88 | bits), 0xff};
        union rpc_event_params params;
        enum rpc_event event;
        bytes[35] = 1;
        assert_int_equal(decode(6, bytes, sizeof(bytes), &event, &params), RPC_OK);
        assert_int_equal(params.gap_adv_report.adv_type, types[bits]);
        assert_int_equal(params.gap_adv_report.scan_rsp, 1);
        assert_int_equal(params.gap_adv_report.status, 0);
        assert_non_null(params.gap_adv_report.data.data);
        assert_int_equal(params.gap_adv_report.data.size, 0);
    }
}

static void a_v2_report_has_exactly_the_data_it_states(void **state)
{
    (void)state;
    uint8_t bytes[14 + 32] = {0x02, 0x1d, 0, 0xff, 0xff};
    union rpc_event_params params;
    enum rpc_event event;
    for (size_t length = 0; length < 32; length++) {
        bytes[13] = (uint8_t)(length << 3 | 0x05);
        assert_int_equal(decode(2, bytes, 14 + length, &event, &params), RPC_OK);
        assert_ptr_equal(params.gap_adv_report.data.data, bytes + 14);
        assert_int_equal(params.gap_adv_report.data.size, length);
        assert_int_equal(params.gap_adv_report.adv_type, 2);
        assert_int_equal(params.gap_adv_report.scan_rsp, 1);
        assert_int_equal(decode(2, bytes, 14 + length + 1, &event, &params), RPC_MALFORMED);
    }
}

static void a_v2_link_names_both_addresses_and_the_key_used(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x02, 0x10, 0, 1, 0, 2,    1, 1, 1, 1, 1, 1, 3,   2, 2,
                             2,    2,    2, 2, 2, 0xff, 6, 0, 6, 0, 0, 0, 100, 0};
    union rpc_event_params p;
    enum rpc_event event;
    assert_int_equal(decode(2, bytes, sizeof(bytes), &event, &p), RPC_OK);
    assert_int_equal(p.gap_connected.peer.type, 2);
    assert_int_equal(p.gap_connected.peer.addr[5], 1);
    assert_int_equal(p.gap_connected.own.type, 3);
    assert_int_equal(p.gap_connected.own.addr[0], 2);
    assert_int_equal(p.gap_connected.role, 2);
    assert_int_equal(p.gap_connected.irk_match, 1);
    assert_int_equal(p.gap_connected.irk_match_idx, 127);
    assert_int_equal(p.gap_connected.conn_params.sup_timeout, 100);
}

static void a_count_without_its_list_is_malformed(void **state)
{
    (void)state;
    /* SCAN_START's parameters with a whitelist: addresses, keys; a byte to spare for an element. */
    uint8_t bytes[14] = {1, 0, 1};
    const struct rpc_field *fields = rpc_dialect_find(2)->commands[RPC_GAP_SCAN_START].request;
    for (int keys = 0; keys < 2; keys++) {
        struct rpc_gap_scan_start scan = {0};
        struct bytes_reader r;
        bytes_reader_init(&r, bytes, sizeof(bytes) - 1);
        rpc_get_fields(&r, fields, &scan);
        assert_true(bytes_reader_done(&r));
        bytes[3 + 2 * keys] = 1;
        bytes_reader_init(&r, bytes, sizeof(bytes));
        rpc_get_fields(&r, fields, &scan);
        assert_false(bytes_reader_done(&r));
        bytes[3 + 2 * keys] = 0;
    }
}

static void a_bare_rssi_counts_as_present(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x01, 0x8e, 0, 0, 0, 0, 0xc4};
    struct rpc_gap_rssi_get_response rssi = {0};
    uint32_t status;
    assert_int_equal(rpc_decode_response(rpc_dialect_find(2), RPC_GAP_RSSI_GET, bytes,
                                         sizeof(bytes), &status, &rssi),
                     RPC_OK);
    assert_true(rssi.has_rssi);
    assert_int_equal(rssi.rssi, -60);
}

/* One call that asks for everything: each dialect takes what it knows. */
static void every_dialect_leaves_out_what_it_lacks(void **state)
{
    (void)state;
    static const size_t scan_sizes[] = {3 + 8, 3 + 7, 3 + 7, 3 + 14 + 7};
    static const size_t connect_sizes[] = {2 + 8 + 9 + 9, 2 + 8 + 8 + 9, 2 + 8 + 8 + 9 + 1,
                                           2 + 8 + 15 + 9 + 1};
    uint8_t out[64];
    const struct rpc_gap_scan_start scan = {.has_params = true,
                                            .params = {.active = 1, .interval = 160, .window = 80},
                                            .has_buffer = true,
                                            .buffer = {1, 31}};
    const struct rpc_gap_connect connect = {.has_peer = true,
                                            .peer.type = 1,
                                            .has_scan = true,
                                            .scan = {.active = 1, .interval = 160, .window = 80},
                                            .has_conn_params = true,
                                            .cfg_tag = 1};
    for (size_t i = 0; i < APIS; i++) {
        const struct rpc_dialect *dialect = rpc_dialect_find(apis[i]);
        assert_int_equal(rpc_encode_request(dialect, RPC_GAP_SCAN_START, &scan, out, sizeof(out)),
                         scan_sizes[i]);
        assert_int_equal(rpc_encode_request(dialect, RPC_GAP_CONNECT, &connect, out, sizeof(out)),
                         connect_sizes[i]);
    }
}

static void bandwidth_counts_never_reach_a_v2_dongle(void **state)
{
    (void)state;
    uint8_t out[64];
    struct rpc_enable enable = {.has_params = true, .params = {.has_bandwidth = true}};
    const struct rpc_dialect *v2 = rpc_dialect_find(2), *v3 = rpc_dialect_find(3);
    assert_int_equal(rpc_encode_request(v2, RPC_ENABLE, &enable, out, sizeof(out)), 0);
    assert_int_equal(rpc_encode_request(v3, RPC_ENABLE, &enable, out, sizeof(out)), 23);
    enable.params.has_bandwidth = false;
    assert_int_equal(rpc_encode_request(v2, RPC_ENABLE, &enable, out, sizeof(out)), 14);
}

static void a_whitelist_longer_than_its_room_is_not_encoded(void **state)
{
    (void)state;
    uint8_t out[H5_PAYLOAD_MAX];
    struct rpc_gap_scan_start scan = {
        .has_params = true,
        .params = {.has_whitelist = true,
                   .whitelist = {.has_addrs = true, .addr_count = RPC_MAX_WHITELIST}},
    };
    const struct rpc_dialect *v2 = rpc_dialect_find(2);
    assert_int_equal(rpc_encode_request(v2, RPC_GAP_SCAN_START, &scan, out, sizeof(out)),
                     3 + 2 + 2 + RPC_MAX_WHITELIST + 2 + 6);
    scan.params.whitelist.addr_count++;
    assert_int_equal(rpc_encode_request(v2, RPC_GAP_SCAN_START, &scan, out, sizeof(out)), 0);
}

static void options_and_keys_of_other_dialects_are_not_encoded(void **state)
{
    (void)state;
    static const bool has[][APIS] = {
        [RPC_OPTION_CONN_BW] = {true, true, false, false},
        [RPC_OPTION_PRIVACY] = {true, false, false, false},
        [RPC_OPTION_EXT_LEN] = {false, true, false, false},
        [RPC_OPTION_CONN_EVT_EXT] = {false, true, true, true},
        [RPC_OPTION_SLAVE_LATENCY_DISABLE] = {false, false, true, true},
    };
    const uint8_t kinds[] = {RPC_OPTION_CONN_BW, RPC_OPTION_PRIVACY, RPC_OPTION_EXT_LEN,
                             RPC_OPTION_CONN_EVT_EXT, RPC_OPTION_SLAVE_LATENCY_DISABLE};
    uint8_t out[64];
    for (size_t i = 0; i < APIS; i++)
        for (size_t k = 0; k < sizeof(kinds); k++) {
            const struct rpc_opt_set set = {.option.kind = kinds[k]};
            size_t size =
                rpc_encode_request(rpc_dialect_find(apis[i]), RPC_OPT_SET, &set, out, sizeof(out));
            assert_int_equal(size > 0, has[kinds[k]][i]);
        }
    const struct rpc_gap_authenticate link = {.has_params = true, .params.kdist_own = RPC_KEY_LINK};
    assert_int_equal(
        rpc_encode_request(rpc_dialect_find(2), RPC_GAP_AUTHENTICATE, &link, out, sizeof(out)), 0);
    assert_int_equal(
        rpc_encode_request(rpc_dialect_find(3), RPC_GAP_AUTHENTICATE, &link, out, sizeof(out)), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dialect_is_found_by_its_api),
        cmocka_unit_test(each_dialect_has_its_own_commands),
        cmocka_unit_test(traits_are_those_of_the_firmware),
        cmocka_unit_test(no_dialect_encodes_more_than_its_firmware_survives),
        cmocka_unit_test(the_largest_keyset_fits_every_dialect),
        cmocka_unit_test(a_reply_asks_for_the_keys_to_be_kept),
        cmocka_unit_test(a_bond_is_read_from_auth_status_in_every_dialect),
        cmocka_unit_test(timeout_sources_read_the_same_in_every_dialect),
        cmocka_unit_test(older_events_are_read_as_the_newer_ones),
        cmocka_unit_test(v6_reports_have_the_type_of_older_ones),
        cmocka_unit_test(a_v2_report_has_exactly_the_data_it_states),
        cmocka_unit_test(a_v2_link_names_both_addresses_and_the_key_used),
        cmocka_unit_test(a_count_without_its_list_is_malformed),
        cmocka_unit_test(a_bare_rssi_counts_as_present),
        cmocka_unit_test(every_dialect_leaves_out_what_it_lacks),
        cmocka_unit_test(bandwidth_counts_never_reach_a_v2_dongle),
        cmocka_unit_test(a_whitelist_longer_than_its_room_is_not_encoded),
        cmocka_unit_test(options_and_keys_of_other_dialects_are_not_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
