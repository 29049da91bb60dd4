/* SPDX-License-Identifier: MIT
 * SoftDevice API v5 (S132 5.1.0): the numbers of connectivity-wire sections 6, 7.2 and 7.3. */
#include "dongle/rpc_table.h"

static const struct rpc_variant options[] = {
    {.id = 0x01, .kind = RPC_OPTION_PA_LNA, .fields = rpc_fields_option_pa_lna},
    {.id = 0x02, .kind = RPC_OPTION_CONN_EVT_EXT, .fields = rpc_fields_option_conn_evt_ext},
    {.id = 0x20, .kind = RPC_OPTION_CH_MAP, .fields = rpc_fields_option_ch_map},
    {.id = 0x21,
     .kind = RPC_OPTION_LOCAL_CONN_LATENCY,
     .fields = rpc_fields_option_local_conn_latency},
    {.id = 0x22, .kind = RPC_OPTION_PASSKEY, .fields = rpc_fields_option_passkey},
    {.id = 0x23, .kind = RPC_OPTION_SCAN_REQ_REPORT, .fields = rpc_fields_option_scan_req_report},
    {.id = 0x24, .kind = RPC_OPTION_COMPAT_MODE_1, .fields = rpc_fields_option_compat_mode_1},
    {.id = 0x25,
     .kind = RPC_OPTION_AUTH_PAYLOAD_TIMEOUT,
     .fields = rpc_fields_option_auth_payload_timeout},
    {.id = 0x26,
     .kind = RPC_OPTION_SLAVE_LATENCY_DISABLE,
     .fields = rpc_fields_option_slave_latency_disable},
    {.fields = NULL},
};

static const struct rpc_field opt_set[] = {
    RPC_ROW_VARIANT(struct rpc_opt_set, option, options),
    RPC_END,
};

static const struct rpc_variant configs[] = {
    {.id = 0x01, .kind = RPC_CONFIG_VS_UUID, .fields = rpc_fields_config_vs_uuid},
    {.id = 0x20, .kind = RPC_CONFIG_CONN_GAP, .fields = rpc_fields_config_conn_gap},
    {.id = 0x21, .kind = RPC_CONFIG_CONN_GATTC, .fields = rpc_fields_config_conn_gattc},
    {.id = 0x22, .kind = RPC_CONFIG_CONN_GATTS, .fields = rpc_fields_config_conn_gatts},
    {.id = 0x23, .kind = RPC_CONFIG_CONN_GATT, .fields = rpc_fields_config_conn_gatt},
    {.id = 0x40, .kind = RPC_CONFIG_ROLE_COUNT, .fields = rpc_fields_config_role_count_v5},
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

/* A command that answers with a status only, and one with outputs. */
#define STATUS(command, number, fields)                                                            \
    [RPC_##command] = {.name = #command, .opcode = (number), .request = (fields)}
#define OUTPUT(command, number, fields, T, outputs)                                                \
    [RPC_##command] = {.name = #command,                                                           \
                       .opcode = (number),                                                         \
                       .request = (fields),                                                        \
                       .response = (outputs),                                                      \
                       .response_size = sizeof(T)}

static const struct rpc_command_row commands[RPC_COMMAND_COUNT] = {
    STATUS(ENABLE, 0x60, rpc_fields_none),
    OUTPUT(UUID_VS_ADD, 0x62, rpc_fields_uuid_vs_add, struct rpc_uuid_vs_add_response,
           rpc_fields_uuid_vs_add_response),
    OUTPUT(UUID_DECODE, 0x63, rpc_fields_uuid_decode, struct rpc_uuid_decode_response,
           rpc_fields_uuid_decode_response),
    OUTPUT(UUID_ENCODE, 0x64, rpc_fields_uuid_encode, struct rpc_uuid_encode_response,
           rpc_fields_uuid_encode_response),
    OUTPUT(VERSION_GET, 0x65, rpc_fields_version_get, struct rpc_version_get_response,
           rpc_fields_version_get_response),
    STATUS(USER_MEM_REPLY, 0x66, rpc_fields_user_mem_reply),
    STATUS(OPT_SET, 0x67, opt_set),
    STATUS(CFG_SET, 0x69, cfg_set),
    STATUS(GAP_ADDR_SET, 0x6C, rpc_fields_gap_addr_set),
    OUTPUT(GAP_ADDR_GET, 0x6D, rpc_fields_gap_addr_get, struct rpc_gap_addr_get_response,
           rpc_fields_gap_addr_get_response),
    STATUS(GAP_CONN_PARAM_UPDATE, 0x75, rpc_fields_gap_conn_param_update),
    STATUS(GAP_DISCONNECT, 0x76, rpc_fields_gap_disconnect),
    STATUS(GAP_TX_POWER_SET, 0x77, rpc_fields_gap_tx_power_set),
    STATUS(GAP_AUTHENTICATE, 0x7E, rpc_fields_gap_authenticate),
    OUTPUT(GAP_SEC_PARAMS_REPLY, 0x7F, rpc_fields_gap_sec_params_reply,
           struct rpc_gap_sec_params_reply_response, rpc_fields_gap_sec_params_reply_response),
    STATUS(GAP_AUTH_KEY_REPLY, 0x80, rpc_fields_gap_auth_key_reply),
    STATUS(GAP_LESC_DHKEY_REPLY, 0x81, rpc_fields_gap_lesc_dhkey_reply),
    STATUS(GAP_ENCRYPT, 0x85, rpc_fields_gap_encrypt),
    STATUS(GAP_SEC_INFO_REPLY, 0x86, rpc_fields_gap_sec_info_reply),
    OUTPUT(GAP_CONN_SEC_GET, 0x87, rpc_fields_gap_conn_sec_get,
           struct rpc_gap_conn_sec_get_response, rpc_fields_gap_conn_sec_get_response),
    STATUS(GAP_RSSI_START, 0x88, rpc_fields_gap_rssi_start),
    STATUS(GAP_RSSI_STOP, 0x89, rpc_fields_gap_rssi_stop),
    STATUS(GAP_SCAN_START, 0x8A, rpc_fields_gap_scan_start_v3),
    STATUS(GAP_SCAN_STOP, 0x8B, rpc_fields_none),
    STATUS(GAP_CONNECT, 0x8C, rpc_fields_gap_connect_v5),
    STATUS(GAP_CONNECT_CANCEL, 0x8D, rpc_fields_none),
    OUTPUT(GAP_RSSI_GET, 0x8E, rpc_fields_gap_rssi_get, struct rpc_gap_rssi_get_response,
           rpc_fields_gap_rssi_get_response),
    STATUS(GAP_PHY_UPDATE, 0x8F, rpc_fields_gap_phy_update),
    OUTPUT(GAP_DATA_LENGTH_UPDATE, 0x90, rpc_fields_gap_data_length_update,
           struct rpc_gap_data_length_update_response, rpc_fields_gap_data_length_update_response),
    STATUS(GATTC_PRIMARY_SERVICES_DISCOVER, 0x94, rpc_fields_gattc_primary_services_discover),
    STATUS(GATTC_CHARACTERISTICS_DISCOVER, 0x96, rpc_fields_gattc_range_discover),
    STATUS(GATTC_DESCRIPTORS_DISCOVER, 0x97, rpc_fields_gattc_range_discover),
    STATUS(GATTC_READ, 0x9A, rpc_fields_gattc_read),
    STATUS(GATTC_WRITE, 0x9C, rpc_fields_gattc_write),
    STATUS(GATTC_HV_CONFIRM, 0x9D, rpc_fields_gattc_hv_confirm),
    STATUS(GATTC_EXCHANGE_MTU_REQUEST, 0x9E, rpc_fields_gattc_exchange_mtu_request),
    STATUS(GATTS_EXCHANGE_MTU_REPLY, 0xAD, rpc_fields_gatts_exchange_mtu_reply),
    STATUS(GATTS_SYS_ATTR_SET, 0xA9, rpc_fields_gatts_sys_attr_set),
};

#define EVENT(event, number, list)                                                                 \
    [RPC_EVENT_##event] = {.name = #event, .id = (number), .fields = (list)}

static const struct rpc_event_row events[RPC_EVENT_COUNT] = {
    EVENT(USER_MEM_REQUEST, 0x01, rpc_fields_event_user_mem_request),
    EVENT(USER_MEM_RELEASE, 0x02, rpc_fields_event_user_mem_release),
    EVENT(GAP_CONNECTED, 0x10, rpc_fields_event_gap_connected_v3),
    EVENT(GAP_DISCONNECTED, 0x11, rpc_fields_event_gap_disconnected),
    EVENT(GAP_CONN_PARAM_UPDATE, 0x12, rpc_fields_event_gap_conn_param_update),
    EVENT(GAP_SEC_PARAMS_REQUEST, 0x13, rpc_fields_event_gap_sec_params_request),
    EVENT(GAP_SEC_INFO_REQUEST, 0x14, rpc_fields_event_gap_sec_info_request),
    EVENT(GAP_PASSKEY_DISPLAY, 0x15, rpc_fields_event_gap_passkey_display),
    EVENT(GAP_AUTH_KEY_REQUEST, 0x17, rpc_fields_event_gap_auth_key_request),
    EVENT(GAP_LESC_DHKEY_REQUEST, 0x18, rpc_fields_event_gap_lesc_dhkey_request),
    EVENT(GAP_AUTH_STATUS, 0x19, rpc_fields_event_gap_auth_status_v5),
    EVENT(GAP_CONN_SEC_UPDATE, 0x1A, rpc_fields_event_gap_conn_sec_update),
    EVENT(GAP_TIMEOUT, 0x1B, rpc_fields_event_gap_timeout),
    EVENT(GAP_RSSI_CHANGED, 0x1C, rpc_fields_event_gap_rssi_changed),
    EVENT(GAP_ADV_REPORT, 0x1D, rpc_fields_event_gap_adv_report_v3),
    EVENT(GAP_SEC_REQUEST, 0x1E, rpc_fields_event_gap_sec_request),
    EVENT(GAP_CONN_PARAM_UPDATE_REQUEST, 0x1F, rpc_fields_event_gap_conn_param_update),
    EVENT(GAP_PHY_UPDATE_REQUEST, 0x21, rpc_fields_event_gap_phy_update_request),
    EVENT(GAP_PHY_UPDATE, 0x22, rpc_fields_event_gap_phy_update),
    EVENT(GAP_DATA_LENGTH_UPDATE_REQUEST, 0x23, rpc_fields_event_gap_data_length_update),
    EVENT(GAP_DATA_LENGTH_UPDATE, 0x24, rpc_fields_event_gap_data_length_update),
    EVENT(GATTC_PRIM_SRVC_DISC_RSP, 0x30, rpc_fields_event_gattc_prim_srvc_disc_rsp),
    EVENT(GATTC_CHAR_DISC_RSP, 0x32, rpc_fields_event_gattc_char_disc_rsp),
    EVENT(GATTC_DESC_DISC_RSP, 0x33, rpc_fields_event_gattc_desc_disc_rsp),
    EVENT(GATTC_READ_RSP, 0x36, rpc_fields_event_gattc_read_rsp),
    EVENT(GATTC_WRITE_RSP, 0x38, rpc_fields_event_gattc_write_rsp),
    EVENT(GATTC_HVX, 0x39, rpc_fields_event_gattc_hvx),
    EVENT(GATTC_EXCHANGE_MTU_RSP, 0x3A, rpc_fields_event_gattc_exchange_mtu_rsp),
    EVENT(GATTC_TIMEOUT, 0x3B, rpc_fields_event_gattc_timeout),
    EVENT(GATTC_WRITE_CMD_TX_COMPLETE, 0x3C, rpc_fields_event_gattc_write_cmd_tx_complete),
    EVENT(GATTS_SYS_ATTR_MISSING, 0x52, rpc_fields_event_gatts_sys_attr_missing),
    EVENT(GATTS_HVC, 0x53, rpc_fields_event_gatts_hvc),
    EVENT(GATTS_EXCHANGE_MTU_REQUEST, 0x55, rpc_fields_event_gatts_exchange_mtu_request),
    EVENT(GATTS_TIMEOUT, 0x56, rpc_fields_event_gatts_timeout),
    EVENT(GATTS_HVN_TX_COMPLETE, 0x57, rpc_fields_event_gatts_hvn_tx_complete),
};

const struct rpc_dialect rpc_dialect_v5 = {.api = 5, .commands = commands, .events = events};
