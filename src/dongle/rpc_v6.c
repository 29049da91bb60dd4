/* SPDX-License-Identifier: MIT
 * SoftDevice API v6 (S132 6.1.1, S140 6.1.1): the numbers of connectivity-wire sections
 * 6, 7.2 and 7.3, and the layouts that only this API has. */
#include "dongle/rpc_table.h"

static const struct rpc_variant options[] = {
    {.id = 0x01, .kind = RPC_OPTION_PA_LNA, .fields = rpc_fields_option_pa_lna},
    {.id = 0x02, .kind = RPC_OPTION_CONN_EVT_EXT, .fields = rpc_fields_option_conn_evt_ext},
    {.id = 0x20, .kind = RPC_OPTION_CH_MAP, .fields = rpc_fields_option_ch_map},
    {.id = 0x21,
     .kind = RPC_OPTION_LOCAL_CONN_LATENCY,
     .fields = rpc_fields_option_local_conn_latency},
    {.id = 0x22, .kind = RPC_OPTION_PASSKEY, .fields = rpc_fields_option_passkey},
    {.id = 0x23, .kind = RPC_OPTION_COMPAT_MODE_1, .fields = rpc_fields_option_compat_mode_1},
    {.id = 0x24,
     .kind = RPC_OPTION_AUTH_PAYLOAD_TIMEOUT,
     .fields = rpc_fields_option_auth_payload_timeout},
    {.id = 0x25,
     .kind = RPC_OPTION_SLAVE_LATENCY_DISABLE,
     .fields = rpc_fields_option_slave_latency_disable},
    {.fields = NULL},
};

static const struct rpc_field opt_set[] = {
    RPC_ROW_VARIANT(struct rpc_opt_set, option, options),
    RPC_END,
};

#define T struct rpc_config
static const struct rpc_field config_role_count[] = {
    RPC_ROW_AS("periph", U8, T, value.role_count.periph, 1),
    RPC_ROW_AS("central", U8, T, value.role_count.central, 1),
    RPC_ROW_AS("central_sec", U8, T, value.role_count.central_sec, 1),
    RPC_ROW_AS("adv_sets", U8, T, value.role_count.adv_sets, 1),
    RPC_ROW_AS("qos_channel_survey", U8, T, value.role_count.qos_channel_survey, 1),
    RPC_END,
};
#undef T

static const struct rpc_variant configs[] = {
    {.id = 0x01, .kind = RPC_CONFIG_VS_UUID, .fields = rpc_fields_config_vs_uuid},
    {.id = 0x20, .kind = RPC_CONFIG_CONN_GAP, .fields = rpc_fields_config_conn_gap},
    {.id = 0x21, .kind = RPC_CONFIG_CONN_GATTC, .fields = rpc_fields_config_conn_gattc},
    {.id = 0x22, .kind = RPC_CONFIG_CONN_GATTS, .fields = rpc_fields_config_conn_gatts},
    {.id = 0x23, .kind = RPC_CONFIG_CONN_GATT, .fields = rpc_fields_config_conn_gatt},
    {.id = 0x40, .kind = RPC_CONFIG_ROLE_COUNT, .fields = config_role_count},
    {.id = 0x41,
     .kind = RPC_CONFIG_DEVICE_NAME,
     .fields = rpc_fields_device_name,
     .offset = offsetof(struct rpc_config, value.device_name)},
    {.id = 0xA0, .kind = RPC_CONFIG_SERVICE_CHANGED, .fields = rpc_fields_config_service_changed},
    {.id = 0xA1, .kind = RPC_CONFIG_ATTR_TAB_SIZE, .fields = rpc_fields_config_attr_tab_size},
    {.fields = NULL},
};

static const struct rpc_field cfg_set[] = {
    RPC_ROW_VARIANT(struct rpc_cfg_set, cfg, configs),
    RPC_END,
};

/* ---- Structures ---- */

#define T struct rpc_scan_params
static const struct rpc_bit scan_bits[] = {
    RPC_BIT(T, extended, 0, 1),
    RPC_BIT(T, report_incomplete, 1, 1),
    RPC_BIT(T, active, 2, 1),
    RPC_BIT_AS("filter_policy", T, use_whitelist, 3, 2),
    RPC_END,
};

static const struct rpc_field scan_params[] = {
    RPC_ROW_BITS("flags", scan_bits),
    RPC_ROW_U8(T, phys),
    {.name = "channel_mask",
     .kind = RPC_KIND_BYTES,
     .presence = RPC_SENT,
     .size = 5,
     .offset = RPC_AT(T, channel_mask, 5)},
    RPC_ROW_U16(T, interval),
    RPC_ROW_U16(T, window),
    RPC_ROW_U16(T, timeout),
    RPC_END,
};
#undef T

static const struct rpc_field buffer_ref[] = {
    RPC_ROW_U32(struct rpc_buffer_ref, id),
    RPC_ROW_U16(struct rpc_buffer_ref, len),
    RPC_END,
};

/* ---- Requests and responses ---- */

#define T struct rpc_gap_tx_power_set
static const struct rpc_field gap_tx_power_set[] = {
    RPC_ROW_U8(T, role),
    RPC_ROW_U16(T, handle),
    RPC_ROW_I8(T, tx_power),
    RPC_END,
};
#undef T

#define T struct rpc_gap_scan_start
static const struct rpc_field gap_scan_start[] = {
    RPC_ROW_OPT_STRUCT(T, params, scan_params),
    RPC_ROW_OPT_STRUCT(T, buffer, buffer_ref),
    RPC_END,
};
#undef T

#define T struct rpc_gap_connect
static const struct rpc_field gap_connect[] = {
    RPC_ROW_OPT_STRUCT(T, peer, rpc_fields_addr),
    RPC_ROW_OPT_STRUCT(T, scan, scan_params),
    RPC_ROW_OPT_STRUCT(T, conn_params, rpc_fields_conn_params),
    RPC_ROW_U8(T, cfg_tag),
    RPC_END,
};
#undef T

#define T struct rpc_gap_rssi_get
static const struct rpc_field gap_rssi_get[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_FLAG(T, want_rssi),
    RPC_ROW_FLAG(T, want_ch_index),
    RPC_END,
};
#undef T

static const struct rpc_field gap_rssi_get_response[] = {
    RPC_ROW_OPT_I8(struct rpc_gap_rssi_get_response, rssi),
    RPC_ROW_OPT_U8(struct rpc_gap_rssi_get_response, ch_index),
    RPC_END,
};

/* ---- Events ---- */

#define T struct rpc_event_gap_connected
static const struct rpc_field event_gap_connected[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_STRUCT(T, peer, rpc_fields_addr),
    RPC_ROW_U8(T, role),
    RPC_ROW_STRUCT(T, conn_params, rpc_fields_conn_params),
    RPC_ROW_U8(T, adv_handle),
    RPC_ROW_STRUCT(T, adv_data, buffer_ref),
    RPC_ROW_STRUCT(T, scan_rsp_data, buffer_ref),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_timeout
static const struct rpc_field event_gap_timeout[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, src),
    RPC_ROW_STRUCT_IF_LEFT(T, buffer, buffer_ref),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_rssi_changed
static const struct rpc_field event_gap_rssi_changed[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_I8(T, rssi),
    RPC_ROW_U8(T, ch_index),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_adv_report
static const struct rpc_bit report_bits[] = {
    RPC_BIT(T, connectable, 0, 1),      RPC_BIT(T, scannable, 1, 1),
    RPC_BIT(T, directed, 2, 1),         RPC_BIT_AS("scan_response", T, scan_rsp, 3, 1),
    RPC_BIT(T, extended_pdu, 4, 1),     RPC_BIT(T, status, 5, 2),
    RPC_BIT_RESERVED("reserved", 7, 9), RPC_END,
};

static const struct rpc_field buffer_data[] = {
    RPC_ROW_AS("id", U32, T, buffer_id, 4),
    RPC_ROW_VIEW(T, data, BUF16, 0),
    RPC_END,
};

static const struct rpc_field event_gap_adv_report[] = {
    RPC_ROW_U16(T, conn),
    {.name = "type", .kind = RPC_KIND_BITS16, .bits = report_bits},
    RPC_ROW_STRUCT(T, peer, rpc_fields_addr),
    RPC_ROW_STRUCT(T, direct, rpc_fields_addr),
    RPC_ROW_U8(T, primary_phy),
    RPC_ROW_U8(T, secondary_phy),
    RPC_ROW_I8(T, tx_power),
    RPC_ROW_I8(T, rssi),
    RPC_ROW_U8(T, ch_index),
    RPC_ROW_U8(T, set_id),
    RPC_ROW_U16(T, data_id),
    {.name = "data", .kind = RPC_KIND_STRUCT, .fields = buffer_data},
    RPC_ROW_U16(T, aux_offset),
    RPC_ROW_U8(T, aux_phy),
    RPC_END,
};
#undef T

/* As older dialects say it. */
static void set_adv_type(union rpc_event_params *params)
{
    struct rpc_event_gap_adv_report *report = &params->gap_adv_report;
    if (report->connectable)
        report->adv_type = report->directed ? 1 : 0;
    else
        report->adv_type = report->scannable ? 2 : 3;
}

/* ---- Messages ---- */

static const struct rpc_command_row commands[RPC_COMMAND_COUNT] = {
    RPC_STATUS_ROW(ENABLE, 0x60, rpc_fields_none),
    RPC_OUTPUT_ROW(UUID_VS_ADD, 0x62, rpc_fields_uuid_vs_add, struct rpc_uuid_vs_add_response,
                   rpc_fields_uuid_vs_add_response),
    RPC_OUTPUT_ROW(UUID_DECODE, 0x63, rpc_fields_uuid_decode, struct rpc_uuid_decode_response,
                   rpc_fields_uuid_decode_response),
    RPC_OUTPUT_ROW(UUID_ENCODE, 0x64, rpc_fields_uuid_encode, struct rpc_uuid_encode_response,
                   rpc_fields_uuid_encode_response),
    RPC_OUTPUT_ROW(VERSION_GET, 0x65, rpc_fields_version_get, struct rpc_version_get_response,
                   rpc_fields_version_get_response),
    RPC_STATUS_ROW(USER_MEM_REPLY, 0x66, rpc_fields_user_mem_reply),
    RPC_STATUS_ROW(OPT_SET, 0x67, opt_set),
    RPC_STATUS_ROW(CFG_SET, 0x69, cfg_set),
    RPC_STATUS_ROW(GAP_ADDR_SET, 0x6C, rpc_fields_gap_addr_set),
    RPC_OUTPUT_ROW(GAP_ADDR_GET, 0x6D, rpc_fields_gap_addr_get, struct rpc_gap_addr_get_response,
                   rpc_fields_gap_addr_get_response),
    RPC_STATUS_ROW(GAP_CONN_PARAM_UPDATE, 0x75, rpc_fields_gap_conn_param_update),
    RPC_STATUS_ROW(GAP_DISCONNECT, 0x76, rpc_fields_gap_disconnect),
    RPC_STATUS_ROW(GAP_TX_POWER_SET, 0x77, gap_tx_power_set),
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
    RPC_STATUS_ROW(GAP_SCAN_START, 0x8A, gap_scan_start),
    RPC_STATUS_ROW(GAP_SCAN_STOP, 0x8B, rpc_fields_none),
    RPC_STATUS_ROW(GAP_CONNECT, 0x8C, gap_connect),
    RPC_STATUS_ROW(GAP_CONNECT_CANCEL, 0x8D, rpc_fields_none),
    RPC_OUTPUT_ROW(GAP_RSSI_GET, 0x8E, gap_rssi_get, struct rpc_gap_rssi_get_response,
                   gap_rssi_get_response),
    RPC_STATUS_ROW(GAP_PHY_UPDATE, 0x8F, rpc_fields_gap_phy_update),
    RPC_OUTPUT_ROW(GAP_DATA_LENGTH_UPDATE, 0x90, rpc_fields_gap_data_length_update,
                   struct rpc_gap_data_length_update_response,
                   rpc_fields_gap_data_length_update_response),
    RPC_STATUS_ROW(GATTC_PRIMARY_SERVICES_DISCOVER, 0x9B,
                   rpc_fields_gattc_primary_services_discover),
    RPC_STATUS_ROW(GATTC_CHARACTERISTICS_DISCOVER, 0x9D, rpc_fields_gattc_range_discover),
    RPC_STATUS_ROW(GATTC_DESCRIPTORS_DISCOVER, 0x9E, rpc_fields_gattc_range_discover),
    RPC_STATUS_ROW(GATTC_READ, 0xA1, rpc_fields_gattc_read),
    RPC_STATUS_ROW(GATTC_WRITE, 0xA3, rpc_fields_gattc_write),
    RPC_STATUS_ROW(GATTC_HV_CONFIRM, 0xA4, rpc_fields_gattc_hv_confirm),
    RPC_STATUS_ROW(GATTC_EXCHANGE_MTU_REQUEST, 0xA5, rpc_fields_gattc_exchange_mtu_request),
    RPC_STATUS_ROW(GATTS_EXCHANGE_MTU_REPLY, 0xB5, rpc_fields_gatts_exchange_mtu_reply),
    RPC_STATUS_ROW(GATTS_SYS_ATTR_SET, 0xB1, rpc_fields_gatts_sys_attr_set),
};

static const struct rpc_event_row events[RPC_EVENT_COUNT] = {
    RPC_EVENT_ROW(USER_MEM_REQUEST, 0x01, rpc_fields_event_user_mem_request),
    RPC_EVENT_ROW(USER_MEM_RELEASE, 0x02, rpc_fields_event_user_mem_release),
    RPC_EVENT_ROW(GAP_CONNECTED, 0x10, event_gap_connected),
    RPC_EVENT_ROW(GAP_DISCONNECTED, 0x11, rpc_fields_event_gap_disconnected),
    RPC_EVENT_ROW(GAP_CONN_PARAM_UPDATE, 0x12, rpc_fields_event_gap_conn_param_update),
    RPC_EVENT_ROW(GAP_SEC_PARAMS_REQUEST, 0x13, rpc_fields_event_gap_sec_params_request),
    RPC_EVENT_ROW(GAP_SEC_INFO_REQUEST, 0x14, rpc_fields_event_gap_sec_info_request),
    RPC_EVENT_ROW(GAP_PASSKEY_DISPLAY, 0x15, rpc_fields_event_gap_passkey_display),
    RPC_EVENT_ROW(GAP_AUTH_KEY_REQUEST, 0x17, rpc_fields_event_gap_auth_key_request),
    RPC_EVENT_ROW(GAP_LESC_DHKEY_REQUEST, 0x18, rpc_fields_event_gap_lesc_dhkey_request),
    RPC_EVENT_ROW(GAP_AUTH_STATUS, 0x19, rpc_fields_event_gap_auth_status_v5),
    RPC_EVENT_ROW(GAP_CONN_SEC_UPDATE, 0x1A, rpc_fields_event_gap_conn_sec_update),
    RPC_EVENT_ROW(GAP_TIMEOUT, 0x1B, event_gap_timeout),
    RPC_EVENT_ROW(GAP_RSSI_CHANGED, 0x1C, event_gap_rssi_changed),
    [RPC_EVENT_GAP_ADV_REPORT] = {.name = "GAP_ADV_REPORT",
                                  .id = 0x1D,
                                  .fields = event_gap_adv_report,
                                  .finish = set_adv_type},
    RPC_EVENT_ROW(GAP_SEC_REQUEST, 0x1E, rpc_fields_event_gap_sec_request),
    RPC_EVENT_ROW(GAP_CONN_PARAM_UPDATE_REQUEST, 0x1F, rpc_fields_event_gap_conn_param_update),
    RPC_EVENT_ROW(GAP_PHY_UPDATE_REQUEST, 0x21, rpc_fields_event_gap_phy_update_request),
    RPC_EVENT_ROW(GAP_PHY_UPDATE, 0x22, rpc_fields_event_gap_phy_update),
    RPC_EVENT_ROW(GAP_DATA_LENGTH_UPDATE_REQUEST, 0x23, rpc_fields_event_gap_data_length_update),
    RPC_EVENT_ROW(GAP_DATA_LENGTH_UPDATE, 0x24, rpc_fields_event_gap_data_length_update),
    RPC_EVENT_ROW(GATTC_PRIM_SRVC_DISC_RSP, 0x30, rpc_fields_event_gattc_prim_srvc_disc_rsp),
    RPC_EVENT_ROW(GATTC_CHAR_DISC_RSP, 0x32, rpc_fields_event_gattc_char_disc_rsp),
    RPC_EVENT_ROW(GATTC_DESC_DISC_RSP, 0x33, rpc_fields_event_gattc_desc_disc_rsp),
    RPC_EVENT_ROW(GATTC_READ_RSP, 0x36, rpc_fields_event_gattc_read_rsp),
    RPC_EVENT_ROW(GATTC_WRITE_RSP, 0x38, rpc_fields_event_gattc_write_rsp),
    RPC_EVENT_ROW(GATTC_HVX, 0x39, rpc_fields_event_gattc_hvx),
    RPC_EVENT_ROW(GATTC_EXCHANGE_MTU_RSP, 0x3A, rpc_fields_event_gattc_exchange_mtu_rsp),
    RPC_EVENT_ROW(GATTC_TIMEOUT, 0x3B, rpc_fields_event_gattc_timeout),
    RPC_EVENT_ROW(GATTC_WRITE_CMD_TX_COMPLETE, 0x3C, rpc_fields_event_gattc_write_cmd_tx_complete),
    RPC_EVENT_ROW(GATTS_SYS_ATTR_MISSING, 0x52, rpc_fields_event_gatts_sys_attr_missing),
    RPC_EVENT_ROW(GATTS_HVC, 0x53, rpc_fields_event_gatts_hvc),
    RPC_EVENT_ROW(GATTS_EXCHANGE_MTU_REQUEST, 0x55, rpc_fields_event_gatts_exchange_mtu_request),
    RPC_EVENT_ROW(GATTS_TIMEOUT, 0x56, rpc_fields_event_gatts_timeout),
    RPC_EVENT_ROW(GATTS_HVN_TX_COMPLETE, 0x57, rpc_fields_event_gatts_hvn_tx_complete),
};

const struct rpc_dialect rpc_dialect_v6 = {.api = 6,
                                           .traits = {.payload_max = 768,
                                                      .write_max = 244,
                                                      .mtu_max = 247,
                                                      .status_full = 0x13,
                                                      .scan_timeout_unit = 10000,
                                                      .scan_pauses = true},
                                           .commands = commands,
                                           .events = events};
