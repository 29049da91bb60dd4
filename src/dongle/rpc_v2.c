/* SPDX-License-Identifier: MIT
 * SoftDevice API v2 (S130 and S132 2.0.x): the numbers of connectivity-wire sections
 * 6 and 7.2, and the layouts that only this API has. */
#include "dongle/rpc_table.h"

/* ---- Structures ---- */

static const struct rpc_field addr[] = {
    RPC_ROW_U8(struct rpc_addr, type),
    RPC_ROW_BYTES(struct rpc_addr, addr, 6),
    RPC_END,
};

static const struct rpc_field whitelist_addr[] = {
    RPC_ROW_OPT_STRUCT(struct rpc_whitelist_addr, addr, addr),
    RPC_END,
};

static const struct rpc_field whitelist_irk[] = {
    RPC_ROW_OPT_BYTES(struct rpc_whitelist_irk, irk, 16),
    RPC_END,
};

static const struct rpc_field whitelist[] = {
    RPC_ROW_OPT_LIST(struct rpc_whitelist, addrs, addr_count, whitelist_addr),
    RPC_ROW_OPT_LIST(struct rpc_whitelist, irks, irk_count, whitelist_irk),
    RPC_END,
};

#define T struct rpc_scan_params
static const struct rpc_bit scan_bits[] = {
    RPC_BIT(T, active, 0, 1),
    RPC_BIT_AS("selective", T, use_whitelist, 1, 7),
    RPC_END,
};

static const struct rpc_field scan_params[] = {
    RPC_ROW_BITS("flags", scan_bits), RPC_ROW_OPT_STRUCT(T, whitelist, whitelist),
    RPC_ROW_U16(T, interval),         RPC_ROW_U16(T, window),
    RPC_ROW_U16(T, timeout),          RPC_END,
};
#undef T

static const struct rpc_bit kdist_bits[] = {
    RPC_MASK_BIT("enc", 0),
    RPC_MASK_BIT("id", 1),
    RPC_MASK_BIT("sign", 2),
    RPC_END,
};

#define T struct rpc_sec_params
static const struct rpc_field sec_params[] = {
    RPC_ROW_BITS("flags", rpc_bits_sec_params),
    RPC_ROW_U8(T, min_key_size),
    RPC_ROW_U8(T, max_key_size),
    RPC_ROW_MASK(T, kdist_own, kdist_bits),
    RPC_ROW_MASK(T, kdist_peer, kdist_bits),
    RPC_END,
};
#undef T

static const struct rpc_field id_key[] = {
    RPC_ROW_BYTES(struct rpc_id_key, irk, 16),
    RPC_ROW_STRUCT(struct rpc_id_key, addr, addr),
    RPC_END,
};

#define T struct rpc_sec_keys
static const struct rpc_field sec_keys[] = {
    RPC_ROW_OPT_STRUCT(T, enc, rpc_fields_enc_key),
    RPC_ROW_OPT_STRUCT(T, id, id_key),
    RPC_ROW_OPT_BYTES(T, sign, 16),
    RPC_ROW_OPT_BYTES(T, pk, 64),
    RPC_END,
};
#undef T

static const struct rpc_field keyset[] = {
    RPC_ROW_STRUCT(struct rpc_keyset, own, sec_keys),
    RPC_ROW_STRUCT(struct rpc_keyset, peer, sec_keys),
    RPC_END,
};

#define T struct rpc_enable_params
static const struct rpc_field enable_params[] = {
    RPC_ROW_U16(T, vs_uuid_count),
    /* The firmware would write through a wild pointer (section 14, trap 4). */
    {.name = "bandwidth",
     .kind = RPC_KIND_STRUCT,
     .presence = RPC_NEVER,
     .has = RPC_HAS(T, bandwidth),
     .fields = rpc_fields_none},
    RPC_ROW_U8(T, periph_conn_count),
    RPC_ROW_U8(T, central_conn_count),
    RPC_ROW_U8(T, central_sec_count),
    RPC_ROW_U8(T, service_changed),
    RPC_ROW_U32(T, attr_tab_size),
    RPC_END,
};
#undef T

/* ---- Requests and responses ---- */

static const struct rpc_field enable[] = {
    RPC_ROW_OPT_STRUCT(struct rpc_enable, params, enable_params),
    RPC_END,
};

#define T struct rpc_option
static const struct rpc_field option_privacy[] = {
    {.name = "irk",
     .kind = RPC_KIND_BYTES,
     .presence = RPC_OPT,
     .size = 16,
     .has = RPC_AT(T, value.privacy.has_irk, sizeof(bool)),
     .offset = RPC_AT(T, value.privacy.irk, 16)},
    RPC_ROW_AS("interval_s", U16, T, value.privacy.interval_s, 2),
    RPC_END,
};
#undef T

static const struct rpc_variant options[] = {
    {.id = 0x01, .kind = RPC_OPTION_CONN_BW, .fields = rpc_fields_option_conn_bw},
    {.id = 0x20, .kind = RPC_OPTION_CH_MAP, .fields = rpc_fields_option_ch_map},
    {.id = 0x21,
     .kind = RPC_OPTION_LOCAL_CONN_LATENCY,
     .fields = rpc_fields_option_local_conn_latency},
    {.id = 0x22, .kind = RPC_OPTION_PASSKEY, .fields = rpc_fields_option_passkey},
    {.id = 0x23, .kind = RPC_OPTION_PRIVACY, .fields = option_privacy},
    {.id = 0x24, .kind = RPC_OPTION_SCAN_REQ_REPORT, .fields = rpc_fields_option_scan_req_report},
    {.id = 0x25, .kind = RPC_OPTION_COMPAT_MODE, .fields = rpc_fields_option_compat_mode},
    {.fields = NULL},
};

static const struct rpc_field opt_set[] = {
    RPC_ROW_VARIANT(struct rpc_opt_set, option, options),
    RPC_END,
};

#define T struct rpc_gap_addr_set
static const struct rpc_field gap_addr_set[] = {
    RPC_ROW_U8(T, cycle_mode),
    RPC_ROW_OPT_STRUCT(T, addr, addr),
    RPC_END,
};
#undef T

static const struct rpc_field gap_addr_get_response[] = {
    RPC_ROW_STRUCT(struct rpc_gap_addr_get_response, addr, addr),
    RPC_END,
};

#define T struct rpc_gap_authenticate
static const struct rpc_field gap_authenticate[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_OPT_STRUCT(T, params, sec_params),
    RPC_END,
};
#undef T

#define T struct rpc_gap_sec_params_reply
static const struct rpc_field gap_sec_params_reply[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, sec_status),
    RPC_ROW_OPT_STRUCT(T, params, sec_params),
    RPC_ROW_OPT_STRUCT(T, keyset, keyset),
    RPC_END,
};
#undef T

static const struct rpc_field gap_sec_params_reply_response[] = {
    RPC_ROW_OPT_STRUCT(struct rpc_gap_sec_params_reply_response, keyset, keyset),
    RPC_END,
};

static const struct rpc_field gap_scan_start[] = {
    RPC_ROW_OPT_STRUCT(struct rpc_gap_scan_start, params, scan_params),
    RPC_END,
};

#define T struct rpc_gap_connect
static const struct rpc_field gap_connect[] = {
    RPC_ROW_OPT_STRUCT(T, peer, addr),
    RPC_ROW_OPT_STRUCT(T, scan, scan_params),
    RPC_ROW_OPT_STRUCT(T, conn_params, rpc_fields_conn_params),
    RPC_END,
};
#undef T

#define T struct rpc_gap_rssi_get_response
static const struct rpc_field gap_rssi_get_response[] = {
    {.name = "rssi",
     .kind = RPC_KIND_I8,
     .presence = RPC_BARE,
     .has = RPC_HAS(T, rssi),
     .offset = RPC_AT(T, rssi, 1)},
    RPC_END,
};
#undef T

#define T struct rpc_write_params
static const struct rpc_field write_params[] = {
    RPC_ROW_U8(T, op),
    RPC_ROW_U8(T, flags),
    RPC_ROW_U16(T, handle),
    RPC_ROW_U16(T, offset),
    RPC_ROW_VIEW(T, value, BUF16, 20), /* a longer one restarts the dongle */
    RPC_END,
};
#undef T

static const struct rpc_field gattc_write[] = {
    RPC_ROW_U16(struct rpc_gattc_write, conn),
    RPC_ROW_OPT_STRUCT(struct rpc_gattc_write, write, write_params),
    RPC_END,
};

/* Here the presence byte comes first. */
#define T struct rpc_gatts_sys_attr_set
static const struct rpc_field gatts_sys_attr_set[] = {
    RPC_ROW_U16(T, conn),
    {.name = "data",
     .kind = RPC_KIND_RAW16,
     .presence = RPC_OPT,
     .offset = RPC_AT(T, data, sizeof(struct rpc_view))},
    RPC_ROW_U32(T, flags),
    RPC_END,
};
#undef T

/* ---- Events ---- */

#define T struct rpc_event_gap_connected
static const struct rpc_bit irk_bits[] = {
    RPC_BIT_AS("match", T, irk_match, 0, 1),
    RPC_BIT_AS("match_idx", T, irk_match_idx, 1, 7),
    RPC_END,
};

static const struct rpc_field event_gap_connected[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_STRUCT(T, peer, addr),
    RPC_ROW_STRUCT(T, own, addr),
    RPC_ROW_U8(T, role),
    RPC_ROW_BITS("irk", irk_bits),
    RPC_ROW_STRUCT(T, conn_params, rpc_fields_conn_params),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_sec_params_request
static const struct rpc_field event_gap_sec_params_request[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_STRUCT(T, params, sec_params),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_sec_info_request
static const struct rpc_field event_gap_sec_info_request[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_STRUCT(T, peer, addr),
    RPC_ROW_STRUCT(T, master_id, rpc_fields_master_id),
    RPC_ROW_BITS("request", rpc_bits_sec_info_request),
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
    RPC_ROW_MASK(T, kdist_own, kdist_bits),
    RPC_ROW_MASK(T, kdist_peer, kdist_bits),
    RPC_ROW_STRUCT_IF_LEFT(T, keyset, keyset),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_adv_report
static const struct rpc_bit report_bits[] = {
    RPC_BIT(T, scan_rsp, 0, 1),
    RPC_BIT(T, adv_type, 1, 2),
    RPC_END,
};

static const struct rpc_field event_gap_adv_report[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_STRUCT(T, peer, addr),
    RPC_ROW_I8(T, rssi),
    {.name = "report",
     .kind = RPC_KIND_BITS_DATA,
     .bits = report_bits,
     .aux = RPC_AT(T, data, sizeof(struct rpc_view))},
    RPC_END,
};
#undef T

/* No status yet. */
#define T struct rpc_event_gattc_timeout
static const struct rpc_field event_gattc_timeout[] = {
    RPC_ROW_U16(struct rpc_event_gattc, conn),
    RPC_ROW_U8(T, src),
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
    RPC_STATUS_ROW(GAP_ADDR_SET, 0x70, gap_addr_set),
    RPC_OUTPUT_ROW(GAP_ADDR_GET, 0x71, rpc_fields_gap_addr_get, struct rpc_gap_addr_get_response,
                   gap_addr_get_response),
    RPC_STATUS_ROW(GAP_CONN_PARAM_UPDATE, 0x75, rpc_fields_gap_conn_param_update),
    RPC_STATUS_ROW(GAP_DISCONNECT, 0x76, rpc_fields_gap_disconnect),
    RPC_STATUS_ROW(GAP_TX_POWER_SET, 0x77, rpc_fields_gap_tx_power_set),
    RPC_STATUS_ROW(GAP_AUTHENTICATE, 0x7E, gap_authenticate),
    RPC_OUTPUT_ROW(GAP_SEC_PARAMS_REPLY, 0x7F, gap_sec_params_reply,
                   struct rpc_gap_sec_params_reply_response, gap_sec_params_reply_response),
    RPC_STATUS_ROW(GAP_AUTH_KEY_REPLY, 0x80, rpc_fields_gap_auth_key_reply),
    RPC_STATUS_ROW(GAP_LESC_DHKEY_REPLY, 0x81, rpc_fields_gap_lesc_dhkey_reply),
    RPC_STATUS_ROW(GAP_ENCRYPT, 0x85, rpc_fields_gap_encrypt),
    RPC_STATUS_ROW(GAP_SEC_INFO_REPLY, 0x86, rpc_fields_gap_sec_info_reply),
    RPC_OUTPUT_ROW(GAP_CONN_SEC_GET, 0x87, rpc_fields_gap_conn_sec_get,
                   struct rpc_gap_conn_sec_get_response, rpc_fields_gap_conn_sec_get_response),
    RPC_STATUS_ROW(GAP_RSSI_START, 0x88, rpc_fields_gap_rssi_start),
    RPC_STATUS_ROW(GAP_RSSI_STOP, 0x89, rpc_fields_gap_rssi_stop),
    RPC_STATUS_ROW(GAP_SCAN_START, 0x8A, gap_scan_start),
    RPC_STATUS_ROW(GAP_SCAN_STOP, 0x8B, rpc_fields_none),
    RPC_STATUS_ROW(GAP_CONNECT, 0x8C, gap_connect),
    RPC_STATUS_ROW(GAP_CONNECT_CANCEL, 0x8D, rpc_fields_none),
    RPC_OUTPUT_ROW(GAP_RSSI_GET, 0x8E, rpc_fields_gap_rssi_get, struct rpc_gap_rssi_get_response,
                   gap_rssi_get_response),
    RPC_STATUS_ROW(GATTC_PRIMARY_SERVICES_DISCOVER, 0x90,
                   rpc_fields_gattc_primary_services_discover),
    RPC_STATUS_ROW(GATTC_CHARACTERISTICS_DISCOVER, 0x92, rpc_fields_gattc_range_discover),
    RPC_STATUS_ROW(GATTC_DESCRIPTORS_DISCOVER, 0x93, rpc_fields_gattc_range_discover),
    RPC_STATUS_ROW(GATTC_READ, 0x96, rpc_fields_gattc_read),
    RPC_STATUS_ROW(GATTC_WRITE, 0x98, gattc_write),
    RPC_STATUS_ROW(GATTC_HV_CONFIRM, 0x99, rpc_fields_gattc_hv_confirm),
    RPC_STATUS_ROW(GATTS_SYS_ATTR_SET, 0xA9, gatts_sys_attr_set),
};

static const struct rpc_event_row events[RPC_EVENT_COUNT] = {
    RPC_EVENT_ROW(USER_MEM_REQUEST, 0x02, rpc_fields_event_user_mem_request),
    RPC_EVENT_ROW(USER_MEM_RELEASE, 0x03, rpc_fields_event_user_mem_release),
    RPC_EVENT_ROW(GAP_CONNECTED, 0x10, event_gap_connected),
    RPC_EVENT_ROW(GAP_DISCONNECTED, 0x11, rpc_fields_event_gap_disconnected),
    RPC_EVENT_ROW(GAP_CONN_PARAM_UPDATE, 0x12, rpc_fields_event_gap_conn_param_update),
    RPC_EVENT_ROW(GAP_SEC_PARAMS_REQUEST, 0x13, event_gap_sec_params_request),
    RPC_EVENT_ROW(GAP_SEC_INFO_REQUEST, 0x14, event_gap_sec_info_request),
    RPC_EVENT_ROW(GAP_PASSKEY_DISPLAY, 0x15, rpc_fields_event_gap_passkey_display),
    RPC_EVENT_ROW(GAP_AUTH_KEY_REQUEST, 0x17, rpc_fields_event_gap_auth_key_request),
    RPC_EVENT_ROW(GAP_LESC_DHKEY_REQUEST, 0x18, rpc_fields_event_gap_lesc_dhkey_request),
    RPC_EVENT_ROW(GAP_AUTH_STATUS, 0x19, event_gap_auth_status),
    RPC_EVENT_ROW(GAP_CONN_SEC_UPDATE, 0x1A, rpc_fields_event_gap_conn_sec_update),
    RPC_EVENT_ROW(GAP_TIMEOUT, 0x1B, rpc_fields_event_gap_timeout_v3),
    RPC_EVENT_ROW(GAP_RSSI_CHANGED, 0x1C, rpc_fields_event_gap_rssi_changed),
    RPC_EVENT_ROW(GAP_ADV_REPORT, 0x1D, event_gap_adv_report),
    RPC_EVENT_ROW(GAP_SEC_REQUEST, 0x1E, rpc_fields_event_gap_sec_request),
    RPC_EVENT_ROW(GAP_CONN_PARAM_UPDATE_REQUEST, 0x1F, rpc_fields_event_gap_conn_param_update),
    RPC_EVENT_ROW(GATTC_PRIM_SRVC_DISC_RSP, 0x30, rpc_fields_event_gattc_prim_srvc_disc_rsp),
    RPC_EVENT_ROW(GATTC_CHAR_DISC_RSP, 0x32, rpc_fields_event_gattc_char_disc_rsp),
    RPC_EVENT_ROW(GATTC_DESC_DISC_RSP, 0x33, rpc_fields_event_gattc_desc_disc_rsp),
    RPC_EVENT_ROW(GATTC_READ_RSP, 0x36, rpc_fields_event_gattc_read_rsp),
    RPC_EVENT_ROW(GATTC_WRITE_RSP, 0x38, rpc_fields_event_gattc_write_rsp),
    RPC_EVENT_ROW(GATTC_HVX, 0x39, rpc_fields_event_gattc_hvx),
    RPC_EVENT_ROW(GATTC_TIMEOUT, 0x3A, event_gattc_timeout),
    [RPC_EVENT_GATTC_WRITE_CMD_TX_COMPLETE] = {.name = "TX_COMPLETE",
                                               .id = 0x01,
                                               .fields = rpc_fields_event_tx_complete},
    RPC_EVENT_ROW(GATTS_SYS_ATTR_MISSING, 0x52, rpc_fields_event_gatts_sys_attr_missing),
    RPC_EVENT_ROW(GATTS_HVC, 0x53, rpc_fields_event_gatts_hvc),
    RPC_EVENT_ROW(GATTS_TIMEOUT, 0x55, rpc_fields_event_gatts_timeout),
};

const struct rpc_dialect rpc_dialect_v2 = {.api = 2,
                                           .traits = {.payload_max = 384,
                                                      .write_max = 20,
                                                      .mtu_max = 23,
                                                      .status_full = 0x3004,
                                                      .scan_timeout_unit = 1000000},
                                           .commands = commands,
                                           .events = events};
