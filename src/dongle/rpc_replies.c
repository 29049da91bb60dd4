/* SPDX-License-Identifier: MIT
 * Layouts of the responses (connectivity-wire section 8) and events (section 9). */
#include "dongle/rpc_table.h"

/* ---- Responses, behind the status ---- */

const struct rpc_field rpc_fields_tx_packet_count_get_response[] = {
    RPC_ROW_OPT_U8(struct rpc_tx_packet_count_get_response, count),
    RPC_END,
};

const struct rpc_field rpc_fields_uuid_vs_add_response[] = {
    RPC_ROW_OPT_U8(struct rpc_uuid_vs_add_response, type),
    RPC_END,
};

const struct rpc_field rpc_fields_uuid_decode_response[] = {
    RPC_ROW_OPT_STRUCT(struct rpc_uuid_decode_response, uuid, rpc_fields_uuid),
    RPC_END,
};

const struct rpc_field rpc_fields_uuid_encode_response[] = {
    RPC_ROW_VIEW(struct rpc_uuid_encode_response, raw, RAW8, 0),
    RPC_END,
};

const struct rpc_field rpc_fields_version_get_response[] = {
    RPC_ROW_STRUCT(struct rpc_version_get_response, version, rpc_fields_version),
    RPC_END,
};

const struct rpc_field rpc_fields_gap_addr_get_response[] = {
    RPC_ROW_STRUCT(struct rpc_gap_addr_get_response, addr, rpc_fields_addr),
    RPC_END,
};

const struct rpc_field rpc_fields_gap_sec_params_reply_response[] = {
    RPC_ROW_OPT_STRUCT(struct rpc_gap_sec_params_reply_response, keyset, rpc_fields_keyset),
    RPC_END,
};

const struct rpc_field rpc_fields_gap_conn_sec_get_response[] = {
    RPC_ROW_OPT_STRUCT(struct rpc_gap_conn_sec_get_response, conn_sec, rpc_fields_conn_sec),
    RPC_END,
};

const struct rpc_field rpc_fields_gap_rssi_get_response[] = {
    RPC_ROW_OPT_I8(struct rpc_gap_rssi_get_response, rssi),
    RPC_END,
};

#define T struct rpc_gap_data_length_update_response
const struct rpc_field rpc_fields_gap_data_length_update_response[] = {
    RPC_ROW_OPT_STRUCT(T, limitation, rpc_fields_dl_limitation),
    RPC_END,
};
#undef T

/* ---- Common events ---- */

#define T struct rpc_event_gattc_write_cmd_tx_complete
const struct rpc_field rpc_fields_event_tx_complete[] = {
    RPC_ROW_U16(struct rpc_event_gattc, conn),
    RPC_ROW_U8(T, count),
    RPC_END,
};
#undef T

#define T struct rpc_event_user_mem_request
const struct rpc_field rpc_fields_event_user_mem_request[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, type),
    RPC_END,
};
#undef T

#define T struct rpc_event_user_mem_release
const struct rpc_field rpc_fields_event_user_mem_release[] = {
    RPC_ROW_U16(T, conn), RPC_ROW_U8(T, type), RPC_ROW_U16(T, len), RPC_ROW_FLAG(T, mem), RPC_END,
};
#undef T

/* ---- GAP events ---- */

#define T struct rpc_event_gap_connected
const struct rpc_field rpc_fields_event_gap_connected_v3[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_STRUCT(T, peer, rpc_fields_addr),
    RPC_ROW_U8(T, role),
    RPC_ROW_STRUCT(T, conn_params, rpc_fields_conn_params),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_disconnected
const struct rpc_field rpc_fields_event_gap_disconnected[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, reason),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_conn_param_update
const struct rpc_field rpc_fields_event_gap_conn_param_update[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_STRUCT(T, params, rpc_fields_conn_params),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_sec_params_request
const struct rpc_field rpc_fields_event_gap_sec_params_request[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_STRUCT(T, params, rpc_fields_sec_params),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_sec_info_request
const struct rpc_bit rpc_bits_sec_info_request[] = {
    RPC_BIT(T, enc_info, 0, 1),
    RPC_BIT(T, id_info, 1, 1),
    RPC_BIT(T, sign_info, 2, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_event_gap_sec_info_request[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_STRUCT(T, peer, rpc_fields_addr),
    RPC_ROW_STRUCT(T, master_id, rpc_fields_master_id),
    RPC_ROW_BITS("request", rpc_bits_sec_info_request),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_passkey_display
const struct rpc_field rpc_fields_event_gap_passkey_display[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_BYTES(T, passkey, 6),
    RPC_ROW_U8(T, match_request),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_auth_key_request
const struct rpc_field rpc_fields_event_gap_auth_key_request[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, key_type),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_lesc_dhkey_request
const struct rpc_field rpc_fields_event_gap_lesc_dhkey_request[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_OPT_BYTES(T, peer_pk, 64),
    RPC_ROW_U8(T, oob_required),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_auth_status
const struct rpc_bit rpc_bits_auth_status_v3[] = {
    RPC_BIT(T, error_src, 0, 2),
    RPC_BIT(T, bonded, 2, 1),
    RPC_END,
};

static const struct rpc_bit auth_bits_v5[] = {
    RPC_BIT(T, error_src, 0, 2),
    RPC_BIT(T, bonded, 2, 1),
    RPC_BIT(T, lesc, 3, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_event_gap_auth_status_v5[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, auth_status),
    RPC_ROW_BITS("flags", auth_bits_v5),
    RPC_ROW_MASK(T, sm1, rpc_bits_levels),
    RPC_ROW_MASK(T, sm2, rpc_bits_levels),
    RPC_ROW_MASK(T, kdist_own, rpc_bits_kdist),
    RPC_ROW_MASK(T, kdist_peer, rpc_bits_kdist),
    RPC_ROW_STRUCT_IF_LEFT(T, keyset, rpc_fields_keyset),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_conn_sec_update
const struct rpc_field rpc_fields_event_gap_conn_sec_update[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_STRUCT(T, conn_sec, rpc_fields_conn_sec),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_timeout
static const uint8_t timeout_sources_v3[] = {
    RPC_TIMEOUT_ADVERTISING, RPC_TIMEOUT_SECURITY_REQUEST, RPC_TIMEOUT_SCAN,
    RPC_TIMEOUT_CONN,        RPC_TIMEOUT_AUTH_PAYLOAD,
};

const struct rpc_field rpc_fields_event_gap_timeout_v3[] = {
    RPC_ROW_U16(T, conn),
    {.name = "src",
     .kind = RPC_KIND_CODE,
     .codes = timeout_sources_v3,
     .size = sizeof(timeout_sources_v3),
     .offset = RPC_AT(T, src, 1)},
    RPC_END,
};

const struct rpc_field rpc_fields_event_gap_timeout[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, src),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_rssi_changed
const struct rpc_field rpc_fields_event_gap_rssi_changed[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_I8(T, rssi),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_adv_report
static const struct rpc_bit report_bits_v3[] = {
    RPC_BIT(T, scan_rsp, 0, 1),
    RPC_BIT(T, adv_type, 1, 2),
    RPC_END,
};

const struct rpc_field rpc_fields_event_gap_adv_report_v3[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_STRUCT(T, peer, rpc_fields_addr),
    RPC_ROW_STRUCT(T, direct, rpc_fields_addr),
    RPC_ROW_I8(T, rssi),
    RPC_ROW_BITS("flags", report_bits_v3),
    RPC_ROW_VIEW(T, data, BUF8, 0),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_sec_request
static const struct rpc_bit sec_request_bits[] = {
    RPC_BIT(T, bond, 0, 1),
    RPC_BIT(T, mitm, 1, 1),
    RPC_BIT(T, lesc, 2, 1),
    RPC_BIT(T, keypress, 3, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_event_gap_sec_request[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_BITS("request", sec_request_bits),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_phy_update_request
const struct rpc_field rpc_fields_event_gap_phy_update_request[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_STRUCT(T, phys, rpc_fields_phys),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_phy_update
const struct rpc_field rpc_fields_event_gap_phy_update[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, status),
    RPC_ROW_U8(T, tx_phy),
    RPC_ROW_U8(T, rx_phy),
    RPC_END,
};
#undef T

#define T struct rpc_event_gap_data_length_update
const struct rpc_field rpc_fields_event_gap_data_length_update[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_STRUCT(T, params, rpc_fields_dl_params),
    RPC_END,
};
#undef T

/* ---- GATT client events; they all begin with a struct rpc_event_gattc. ---- */

#define GATTC_HEAD                                                                                 \
    RPC_ROW_U16(struct rpc_event_gattc, conn), RPC_ROW_U16(struct rpc_event_gattc, gatt_status),   \
        RPC_ROW_U16(struct rpc_event_gattc, error_handle)

const struct rpc_field rpc_fields_event_gattc_prim_srvc_disc_rsp[] = {
    GATTC_HEAD,
    RPC_ROW_LIST(struct rpc_event_gattc_prim_srvc_disc_rsp, services, rpc_fields_service),
    RPC_END,
};

const struct rpc_field rpc_fields_event_gattc_char_disc_rsp[] = {
    GATTC_HEAD,
    RPC_ROW_LIST(struct rpc_event_gattc_char_disc_rsp, chars, rpc_fields_characteristic),
    RPC_END,
};

const struct rpc_field rpc_fields_event_gattc_desc_disc_rsp[] = {
    GATTC_HEAD,
    RPC_ROW_LIST(struct rpc_event_gattc_desc_disc_rsp, descs, rpc_fields_descriptor),
    RPC_END,
};

#define T struct rpc_event_gattc_read_rsp
const struct rpc_field rpc_fields_event_gattc_read_rsp[] = {
    GATTC_HEAD, RPC_ROW_U16(T, handle), RPC_ROW_U16(T, offset), RPC_ROW_VIEW(T, data, RAW16, 0),
    RPC_END,
};
#undef T

#define T struct rpc_event_gattc_write_rsp
const struct rpc_field rpc_fields_event_gattc_write_rsp[] = {
    GATTC_HEAD,
    RPC_ROW_U16(T, handle),
    RPC_ROW_U8(T, op),
    RPC_ROW_U16(T, offset),
    RPC_ROW_VIEW(T, data, RAW16, 0),
    RPC_END,
};
#undef T

#define T struct rpc_event_gattc_hvx
const struct rpc_field rpc_fields_event_gattc_hvx[] = {
    GATTC_HEAD, RPC_ROW_U16(T, handle), RPC_ROW_U8(T, type), RPC_ROW_VIEW(T, data, RAW16, 0),
    RPC_END,
};
#undef T

const struct rpc_field rpc_fields_event_gattc_exchange_mtu_rsp[] = {
    GATTC_HEAD,
    RPC_ROW_U16(struct rpc_event_gattc_exchange_mtu_rsp, server_rx_mtu),
    RPC_END,
};

const struct rpc_field rpc_fields_event_gattc_timeout[] = {
    GATTC_HEAD,
    RPC_ROW_U8(struct rpc_event_gattc_timeout, src),
    RPC_END,
};

const struct rpc_field rpc_fields_event_gattc_write_cmd_tx_complete[] = {
    GATTC_HEAD,
    RPC_ROW_U8(struct rpc_event_gattc_write_cmd_tx_complete, count),
    RPC_END,
};

/* ---- GATT server events ---- */

#define T struct rpc_event_gatts_sys_attr_missing
const struct rpc_field rpc_fields_event_gatts_sys_attr_missing[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, hint),
    RPC_END,
};
#undef T

#define T struct rpc_event_gatts_hvc
const struct rpc_field rpc_fields_event_gatts_hvc[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U16(T, handle),
    RPC_END,
};
#undef T

#define T struct rpc_event_gatts_exchange_mtu_request
const struct rpc_field rpc_fields_event_gatts_exchange_mtu_request[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U16(T, client_rx_mtu),
    RPC_END,
};
#undef T

#define T struct rpc_event_gatts_timeout
const struct rpc_field rpc_fields_event_gatts_timeout[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, src),
    RPC_END,
};
#undef T

#define T struct rpc_event_gatts_hvn_tx_complete
const struct rpc_field rpc_fields_event_gatts_hvn_tx_complete[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, count),
    RPC_END,
};
#undef T
