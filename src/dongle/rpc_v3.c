/* SPDX-License-Identifier: MIT
 * SoftDevice API v3 (S132 3.1.0): the numbers of connectivity-wire sections 6 and 7.2,
 * and the layouts that only this API has. */
#include "dongle/rpc_table.h"

/* ---- Structures ---- */

#define T struct rpc_bandwidth_counts
static const struct rpc_field tx_counts[] = {
    RPC_ROW_AS("high", U8, T, tx.high, 1),
    RPC_ROW_AS("mid", U8, T, tx.mid, 1),
    RPC_ROW_AS("low", U8, T, tx.low, 1),
    RPC_END,
};

static const struct rpc_field rx_counts[] = {
    RPC_ROW_AS("high", U8, T, rx.high, 1),
    RPC_ROW_AS("mid", U8, T, rx.mid, 1),
    RPC_ROW_AS("low", U8, T, rx.low, 1),
    RPC_END,
};

static const struct rpc_field bandwidth_counts[] = {
    {.name = "tx", .kind = RPC_KIND_STRUCT, .fields = tx_counts},
    {.name = "rx", .kind = RPC_KIND_STRUCT, .fields = rx_counts},
    RPC_END,
};
#undef T

#define T struct rpc_enable_params
static const struct rpc_field enable_params[] = {
    RPC_ROW_U16(T, vs_uuid_count),    RPC_ROW_OPT_STRUCT(T, bandwidth, bandwidth_counts),
    RPC_ROW_U8(T, periph_conn_count), RPC_ROW_U8(T, central_conn_count),
    RPC_ROW_U8(T, central_sec_count), RPC_ROW_OPT_STRUCT(T, device_name, rpc_fields_device_name),
    RPC_ROW_U16(T, att_mtu),          RPC_ROW_U8(T, service_changed),
    RPC_ROW_U32(T, attr_tab_size),    RPC_END,
};
#undef T

/* ---- Requests ---- */

static const struct rpc_field enable[] = {
    RPC_ROW_OPT_STRUCT(struct rpc_enable, params, enable_params),
    RPC_END,
};

static const struct rpc_field option_ext_len[] = {
    RPC_ROW_AS("max_pdu_payload", U8, struct rpc_option, value.ext_len.max_pdu_payload, 1),
    RPC_END,
};

static const struct rpc_variant options[] = {
    {.id = 0x01, .kind = RPC_OPTION_CONN_BW, .fields = rpc_fields_option_conn_bw},
    {.id = 0x02, .kind = RPC_OPTION_PA_LNA, .fields = rpc_fields_option_pa_lna},
    {.id = 0x03, .kind = RPC_OPTION_CONN_EVT_EXT, .fields = rpc_fields_option_conn_evt_ext},
    {.id = 0x20, .kind = RPC_OPTION_CH_MAP, .fields = rpc_fields_option_ch_map},
    {.id = 0x21,
     .kind = RPC_OPTION_LOCAL_CONN_LATENCY,
     .fields = rpc_fields_option_local_conn_latency},
    {.id = 0x22, .kind = RPC_OPTION_PASSKEY, .fields = rpc_fields_option_passkey},
    {.id = 0x23, .kind = RPC_OPTION_SCAN_REQ_REPORT, .fields = rpc_fields_option_scan_req_report},
    {.id = 0x24, .kind = RPC_OPTION_COMPAT_MODE, .fields = rpc_fields_option_compat_mode},
    {.id = 0x25,
     .kind = RPC_OPTION_AUTH_PAYLOAD_TIMEOUT,
     .fields = rpc_fields_option_auth_payload_timeout},
    {.id = 0x26, .kind = RPC_OPTION_EXT_LEN, .fields = option_ext_len},
    {.fields = NULL},
};

static const struct rpc_field opt_set[] = {
    RPC_ROW_VARIANT(struct rpc_opt_set, option, options),
    RPC_END,
};

/* No configuration tags yet. */
#define T struct rpc_gap_connect
static const struct rpc_field gap_connect[] = {
    RPC_ROW_OPT_STRUCT(T, peer, rpc_fields_addr),
    RPC_ROW_OPT_STRUCT(T, scan, rpc_fields_scan_params_v3),
    RPC_ROW_OPT_STRUCT(T, conn_params, rpc_fields_conn_params),
    RPC_END,
};
#undef T

/* ---- Events ---- */

/* Another order than later. */
#define T struct rpc_event_gap_data_length_update
static const struct rpc_field event_data_length_changed[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_AS("max_tx_octets", U16, T, params.max_tx_octets, 2),
    RPC_ROW_AS("max_tx_time_us", U16, T, params.max_tx_time_us, 2),
    RPC_ROW_AS("max_rx_octets", U16, T, params.max_rx_octets, 2),
    RPC_ROW_AS("max_rx_time_us", U16, T, params.max_rx_time_us, 2),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_auth_status
static const struct rpc_field event_gap_auth_status[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, auth_status),
    RPC_ROW_BITS("flags", rpc_bits_auth_status_v3),
    RPC_ROW_MASK(T, sm1, rpc_bits_levels),
    RPC_ROW_MASK(T, sm2, rpc_bits_levels),
    RPC_ROW_MASK(T, kdist_own, rpc_bits_kdist),
    RPC_ROW_MASK(T, kdist_peer, rpc_bits_kdist),
    RPC_ROW_STRUCT_IF_LEFT(T, keyset, rpc_fields_keyset),
    RPC_END,
};
#undef T

/* ---- Messages ---- */

static const struct rpc_command_row commands[RPC_COMMAND_COUNT] = {
    RPC_STATUS_ROW(ENABLE, 0x60, enable),
    RPC_OUTPUT_ROW(TX_PACKET_COUNT_GET, 0x62, rpc_fields_tx_packet_count_get,
                   struct rpc_tx_packet_count_get_response,
                   rpc_fields_tx_packet_count_get_response),
    RPC_OUTPUT_ROW(UUID_VS_ADD, 0x63, rpc_fields_uuid_vs_add, struct rpc_uuid_vs_add_response,
                   rpc_fields_uuid_vs_add_response),
    RPC_OUTPUT_ROW(UUID_DECODE, 0x64, rpc_fields_uuid_decode, struct rpc_uuid_decode_response,
                   rpc_fields_uuid_decode_response),
    RPC_OUTPUT_ROW(UUID_ENCODE, 0x65, rpc_fields_uuid_encode, struct rpc_uuid_encode_response,
                   rpc_fields_uuid_encode_response),
    RPC_OUTPUT_ROW(VERSION_GET, 0x66, rpc_fields_version_get, struct rpc_version_get_response,
                   rpc_fields_version_get_response),
    RPC_STATUS_ROW(USER_MEM_REPLY, 0x67, rpc_fields_user_mem_reply),
    RPC_STATUS_ROW(OPT_SET, 0x68, opt_set),
    RPC_STATUS_ROW(GAP_ADDR_SET, 0x6C, rpc_fields_gap_addr_set),
    RPC_OUTPUT_ROW(GAP_ADDR_GET, 0x6D, rpc_fields_gap_addr_get, struct rpc_gap_addr_get_response,
                   rpc_fields_gap_addr_get_response),
    RPC_STATUS_ROW(GAP_CONN_PARAM_UPDATE, 0x75, rpc_fields_gap_conn_param_update),
    RPC_STATUS_ROW(GAP_DISCONNECT, 0x76, rpc_fields_gap_disconnect),
    RPC_STATUS_ROW(GAP_TX_POWER_SET, 0x77, rpc_fields_gap_tx_power_set),
    RPC_STATUS_ROW(GAP_AUTHENTICATE, 0x7E, rpc_fields_gap_authenticate),
    RPC_OUTPUT_ROW(GAP_SEC_PARAMS_REPLY, 0x7F, rpc_fields_gap_sec_params_reply,
                   struct rpc_gap_sec_params_reply_response,
                   rpc_fields_gap_sec_params_reply_response),
    RPC_STATUS_ROW(GAP_AUTH_KEY_REPLY, 0x80, rpc_fields_gap_auth_key_reply),
    RPC_STATUS_ROW(GAP_LESC_DHKEY_REPLY, 0x81, rpc_fields_gap_lesc_dhkey_reply),
    RPC_STATUS_ROW(GAP_ENCRYPT, 0x85, rpc_fields_gap_encrypt),
    RPC_STATUS_ROW(GAP_SEC_INFO_REPLY, 0x86, rpc_fields_gap_sec_info_reply),
    RPC_OUTPUT_ROW(GAP_CONN_SEC_GET, 0x87, rpc_fields_gap_conn_sec_get,
                   struct rpc_gap_conn_sec_get_response, rpc_fields_gap_conn_sec_get_response),
    RPC_STATUS_ROW(GAP_RSSI_START, 0x88, rpc_fields_gap_rssi_start),
    RPC_STATUS_ROW(GAP_RSSI_STOP, 0x89, rpc_fields_gap_rssi_stop),
    RPC_STATUS_ROW(GAP_SCAN_START, 0x8A, rpc_fields_gap_scan_start_v3),
    RPC_STATUS_ROW(GAP_SCAN_STOP, 0x8B, rpc_fields_none),
    RPC_STATUS_ROW(GAP_CONNECT, 0x8C, gap_connect),
    RPC_STATUS_ROW(GAP_CONNECT_CANCEL, 0x8D, rpc_fields_none),
    RPC_OUTPUT_ROW(GAP_RSSI_GET, 0x8E, rpc_fields_gap_rssi_get, struct rpc_gap_rssi_get_response,
                   rpc_fields_gap_rssi_get_response),
    RPC_STATUS_ROW(GATTC_PRIMARY_SERVICES_DISCOVER, 0x94,
                   rpc_fields_gattc_primary_services_discover),
    RPC_STATUS_ROW(GATTC_CHARACTERISTICS_DISCOVER, 0x96, rpc_fields_gattc_range_discover),
    RPC_STATUS_ROW(GATTC_DESCRIPTORS_DISCOVER, 0x97, rpc_fields_gattc_range_discover),
    RPC_STATUS_ROW(GATTC_READ, 0x9A, rpc_fields_gattc_read),
    RPC_STATUS_ROW(GATTC_WRITE, 0x9C, rpc_fields_gattc_write),
    RPC_STATUS_ROW(GATTC_HV_CONFIRM, 0x9D, rpc_fields_gattc_hv_confirm),
    RPC_STATUS_ROW(GATTC_EXCHANGE_MTU_REQUEST, 0x9E, rpc_fields_gattc_exchange_mtu_request),
    RPC_STATUS_ROW(GATTS_EXCHANGE_MTU_REPLY, 0xAD, rpc_fields_gatts_exchange_mtu_reply),
    RPC_STATUS_ROW(GATTS_SYS_ATTR_SET, 0xA9, rpc_fields_gatts_sys_attr_set),
};

static const struct rpc_event_row events[RPC_EVENT_COUNT] = {
    RPC_EVENT_ROW(USER_MEM_REQUEST, 0x02, rpc_fields_event_user_mem_request),
    RPC_EVENT_ROW(USER_MEM_RELEASE, 0x03, rpc_fields_event_user_mem_release),
    RPC_EVENT_ROW(GAP_CONNECTED, 0x10, rpc_fields_event_gap_connected_v3),
    RPC_EVENT_ROW(GAP_DISCONNECTED, 0x11, rpc_fields_event_gap_disconnected),
    RPC_EVENT_ROW(GAP_CONN_PARAM_UPDATE, 0x12, rpc_fields_event_gap_conn_param_update),
    RPC_EVENT_ROW(GAP_SEC_PARAMS_REQUEST, 0x13, rpc_fields_event_gap_sec_params_request),
    RPC_EVENT_ROW(GAP_SEC_INFO_REQUEST, 0x14, rpc_fields_event_gap_sec_info_request),
    RPC_EVENT_ROW(GAP_PASSKEY_DISPLAY, 0x15, rpc_fields_event_gap_passkey_display),
    RPC_EVENT_ROW(GAP_AUTH_KEY_REQUEST, 0x17, rpc_fields_event_gap_auth_key_request),
    RPC_EVENT_ROW(GAP_LESC_DHKEY_REQUEST, 0x18, rpc_fields_event_gap_lesc_dhkey_request),
    RPC_EVENT_ROW(GAP_AUTH_STATUS, 0x19, event_gap_auth_status),
    RPC_EVENT_ROW(GAP_CONN_SEC_UPDATE, 0x1A, rpc_fields_event_gap_conn_sec_update),
    RPC_EVENT_ROW(GAP_TIMEOUT, 0x1B, rpc_fields_event_gap_timeout_v3),
    RPC_EVENT_ROW(GAP_RSSI_CHANGED, 0x1C, rpc_fields_event_gap_rssi_changed),
    RPC_EVENT_ROW(GAP_ADV_REPORT, 0x1D, rpc_fields_event_gap_adv_report_v3),
    RPC_EVENT_ROW(GAP_SEC_REQUEST, 0x1E, rpc_fields_event_gap_sec_request),
    RPC_EVENT_ROW(GAP_CONN_PARAM_UPDATE_REQUEST, 0x1F, rpc_fields_event_gap_conn_param_update),
    [RPC_EVENT_GAP_DATA_LENGTH_UPDATE] = {.name = "DATA_LENGTH_CHANGED",
                                          .id = 0x04,
                                          .fields = event_data_length_changed},
    RPC_EVENT_ROW(GATTC_PRIM_SRVC_DISC_RSP, 0x30, rpc_fields_event_gattc_prim_srvc_disc_rsp),
    RPC_EVENT_ROW(GATTC_CHAR_DISC_RSP, 0x32, rpc_fields_event_gattc_char_disc_rsp),
    RPC_EVENT_ROW(GATTC_DESC_DISC_RSP, 0x33, rpc_fields_event_gattc_desc_disc_rsp),
    RPC_EVENT_ROW(GATTC_READ_RSP, 0x36, rpc_fields_event_gattc_read_rsp),
    RPC_EVENT_ROW(GATTC_WRITE_RSP, 0x38, rpc_fields_event_gattc_write_rsp),
    RPC_EVENT_ROW(GATTC_HVX, 0x39, rpc_fields_event_gattc_hvx),
    RPC_EVENT_ROW(GATTC_EXCHANGE_MTU_RSP, 0x3A, rpc_fields_event_gattc_exchange_mtu_rsp),
    RPC_EVENT_ROW(GATTC_TIMEOUT, 0x3B, rpc_fields_event_gattc_timeout),
    [RPC_EVENT_GATTC_WRITE_CMD_TX_COMPLETE] = {.name = "TX_COMPLETE",
                                               .id = 0x01,
                                               .fields = rpc_fields_event_tx_complete},
    RPC_EVENT_ROW(GATTS_SYS_ATTR_MISSING, 0x52, rpc_fields_event_gatts_sys_attr_missing),
    RPC_EVENT_ROW(GATTS_HVC, 0x53, rpc_fields_event_gatts_hvc),
    RPC_EVENT_ROW(GATTS_EXCHANGE_MTU_REQUEST, 0x55, rpc_fields_event_gatts_exchange_mtu_request),
    RPC_EVENT_ROW(GATTS_TIMEOUT, 0x56, rpc_fields_event_gatts_timeout),
};

const struct rpc_dialect rpc_dialect_v3 = {.api = 3,
                                           .traits = {.payload_max = 768,
                                                      .write_max = 244,
                                                      .mtu_max = 247,
                                                      .status_full = 0x3004,
                                                      .scan_timeout_unit = 1000000},
                                           .commands = commands,
                                           .events = events};
