/* SPDX-License-Identifier: MIT
 * Layouts of the requests in connectivity-wire section 8. */
#include "dongle/rpc_table.h"

#define T struct rpc_tx_packet_count_get
const struct rpc_field rpc_fields_tx_packet_count_get[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_FLAG(T, want_count),
    RPC_END,
};
#undef T

#define T struct rpc_uuid_vs_add
const struct rpc_field rpc_fields_uuid_vs_add[] = {
    RPC_ROW_OPT_BYTES(T, base, 16),
    RPC_ROW_FLAG(T, want_type),
    RPC_END,
};
#undef T

#define T struct rpc_uuid_decode
const struct rpc_field rpc_fields_uuid_decode[] = {
    RPC_ROW_VIEW(T, raw, BUF8, 16),
    RPC_ROW_FLAG(T, want_uuid),
    RPC_END,
};
#undef T

#define T struct rpc_uuid_encode
const struct rpc_field rpc_fields_uuid_encode[] = {
    RPC_ROW_OPT_STRUCT(T, uuid, rpc_fields_uuid),
    RPC_ROW_FLAG(T, want_len),
    RPC_ROW_FLAG(T, want_raw),
    RPC_END,
};
#undef T

const struct rpc_field rpc_fields_version_get[] = {
    RPC_ROW_FLAG(struct rpc_version_get, want_version),
    RPC_END,
};

#define T struct rpc_user_mem_reply
const struct rpc_field rpc_fields_user_mem_reply[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_OPT_STRUCT(T, block, rpc_fields_mem_block),
    RPC_END,
};
#undef T

const struct rpc_field rpc_fields_gap_addr_set[] = {
    RPC_ROW_OPT_STRUCT(struct rpc_gap_addr_set, addr, rpc_fields_addr),
    RPC_END,
};

const struct rpc_field rpc_fields_gap_addr_get[] = {
    RPC_ROW_FLAG(struct rpc_gap_addr_get, want_addr),
    RPC_END,
};

#define T struct rpc_gap_conn_param_update
const struct rpc_field rpc_fields_gap_conn_param_update[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_OPT_STRUCT(T, params, rpc_fields_conn_params),
    RPC_END,
};
#undef T

#define T struct rpc_gap_disconnect
const struct rpc_field rpc_fields_gap_disconnect[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, reason),
    RPC_END,
};
#undef T

const struct rpc_field rpc_fields_gap_tx_power_set[] = {
    RPC_ROW_I8(struct rpc_gap_tx_power_set, tx_power),
    RPC_END,
};

#define T struct rpc_gap_authenticate
const struct rpc_field rpc_fields_gap_authenticate[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_OPT_STRUCT(T, params, rpc_fields_sec_params),
    RPC_END,
};
#undef T

#define T struct rpc_gap_sec_params_reply
const struct rpc_field rpc_fields_gap_sec_params_reply[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, sec_status),
    RPC_ROW_OPT_STRUCT(T, params, rpc_fields_sec_params),
    RPC_ROW_OPT_STRUCT(T, keyset, rpc_fields_keyset),
    RPC_END,
};
#undef T

#define T struct rpc_gap_auth_key_reply
const struct rpc_field rpc_fields_gap_auth_key_reply[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, key_type),
    {.name = "key",
     .kind = RPC_KIND_REST,
     .presence = RPC_OPT,
     .size = 16,
     .offset = RPC_AT(T, key, sizeof(struct rpc_view))},
    RPC_END,
};
#undef T

#define T struct rpc_gap_lesc_dhkey_reply
const struct rpc_field rpc_fields_gap_lesc_dhkey_reply[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_OPT_BYTES(T, dhkey, 32),
    RPC_END,
};
#undef T

#define T struct rpc_gap_encrypt
const struct rpc_field rpc_fields_gap_encrypt[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_OPT_STRUCT(T, master_id, rpc_fields_master_id),
    RPC_ROW_OPT_STRUCT(T, enc_info, rpc_fields_enc_info),
    RPC_END,
};
#undef T

#define T struct rpc_gap_sec_info_reply
const struct rpc_field rpc_fields_gap_sec_info_reply[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_OPT_STRUCT(T, enc_info, rpc_fields_enc_info),
    RPC_ROW_OPT_BYTES(T, irk, 16),
    RPC_ROW_OPT_BYTES(T, csrk, 16),
    RPC_END,
};
#undef T

#define T struct rpc_gap_conn_sec_get
const struct rpc_field rpc_fields_gap_conn_sec_get[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_FLAG(T, want_conn_sec),
    RPC_END,
};
#undef T

#define T struct rpc_gap_rssi_start
const struct rpc_field rpc_fields_gap_rssi_start[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U8(T, threshold_dbm),
    RPC_ROW_U8(T, skip_count),
    RPC_END,
};
#undef T

const struct rpc_field rpc_fields_gap_rssi_stop[] = {
    RPC_ROW_U16(struct rpc_gap_rssi_stop, conn),
    RPC_END,
};

#define T struct rpc_gap_rssi_get
const struct rpc_field rpc_fields_gap_rssi_get[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_FLAG(T, want_rssi),
    RPC_END,
};
#undef T

const struct rpc_field rpc_fields_gap_scan_start_v3[] = {
    RPC_ROW_OPT_STRUCT(struct rpc_gap_scan_start, params, rpc_fields_scan_params_v3),
    RPC_END,
};

#define T struct rpc_gap_connect
const struct rpc_field rpc_fields_gap_connect_v5[] = {
    RPC_ROW_OPT_STRUCT(T, peer, rpc_fields_addr),
    RPC_ROW_OPT_STRUCT(T, scan, rpc_fields_scan_params_v3),
    RPC_ROW_OPT_STRUCT(T, conn_params, rpc_fields_conn_params),
    RPC_ROW_U8(T, cfg_tag),
    RPC_END,
};
#undef T

#define T struct rpc_gap_phy_update
const struct rpc_field rpc_fields_gap_phy_update[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_OPT_STRUCT(T, phys, rpc_fields_phys),
    RPC_END,
};
#undef T

#define T struct rpc_gap_data_length_update
const struct rpc_field rpc_fields_gap_data_length_update[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_OPT_STRUCT(T, params, rpc_fields_dl_params),
    RPC_ROW_FLAG(T, want_limitation),
    RPC_END,
};
#undef T

#define T struct rpc_gattc_primary_services_discover
const struct rpc_field rpc_fields_gattc_primary_services_discover[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U16(T, start_handle),
    RPC_ROW_OPT_STRUCT(T, uuid, rpc_fields_uuid),
    RPC_END,
};
#undef T

#define T struct rpc_gattc_characteristics_discover
const struct rpc_field rpc_fields_gattc_range_discover[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_OPT_STRUCT(T, range, rpc_fields_handle_range),
    RPC_END,
};
#undef T

#define T struct rpc_gattc_read
const struct rpc_field rpc_fields_gattc_read[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U16(T, handle),
    RPC_ROW_U16(T, offset),
    RPC_END,
};
#undef T

#define T struct rpc_gattc_write
const struct rpc_field rpc_fields_gattc_write[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_OPT_STRUCT(T, write, rpc_fields_write_params),
    RPC_END,
};
#undef T

#define T struct rpc_gattc_hv_confirm
const struct rpc_field rpc_fields_gattc_hv_confirm[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U16(T, handle),
    RPC_END,
};
#undef T

#define T struct rpc_gattc_exchange_mtu_request
const struct rpc_field rpc_fields_gattc_exchange_mtu_request[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U16(T, client_rx_mtu),
    RPC_END,
};
#undef T

#define T struct rpc_gatts_exchange_mtu_reply
const struct rpc_field rpc_fields_gatts_exchange_mtu_reply[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_U16(T, server_rx_mtu),
    RPC_END,
};
#undef T

#define T struct rpc_gatts_sys_attr_set
const struct rpc_field rpc_fields_gatts_sys_attr_set[] = {
    RPC_ROW_U16(T, conn),
    RPC_ROW_VIEW(T, data, BUF16, 0),
    RPC_ROW_U32(T, flags),
    RPC_END,
};
#undef T
