/*
 * SPDX-License-Identifier: MIT
 * The results of SoftDevice calls and the contents of its events (connectivity-wire sections 8 and
 * 9). Same conventions as rpc_types.h. `conn` is a connection handle, RPC_CONN_NONE for none.
 */
#ifndef NORDFU_DONGLE_RPC_EVENTS_H
#define NORDFU_DONGLE_RPC_EVENTS_H

#include "dongle/rpc_types.h"

/* ---- Output fields of responses. All other commands answer with a status only. ---- */

struct rpc_uuid_vs_add_response {
    bool has_type;
    uint8_t type; /* UUID type of this base, 2... */
};

struct rpc_uuid_encode_response {
    struct rpc_view raw; /* 2 or 16 bytes */
};

struct rpc_uuid_decode_response {
    bool has_uuid;
    struct rpc_uuid uuid;
};

struct rpc_version_get_response {
    struct rpc_version version;
};

struct rpc_tx_packet_count_get_response {
    bool has_count;
    uint8_t count; /* buffers for writes and notifications on this link */
};

struct rpc_gap_addr_get_response {
    struct rpc_addr addr;
};

struct rpc_gap_sec_params_reply_response {
    bool has_keyset;
    struct rpc_keyset keyset; /* an echo of the request; of no use */
};

struct rpc_gap_conn_sec_get_response {
    bool has_conn_sec;
    struct rpc_conn_sec conn_sec;
};

struct rpc_gap_rssi_get_response {
    bool has_rssi;
    int8_t rssi; /* dBm */
    bool has_ch_index;
    uint8_t ch_index; /* v6 */
};

struct rpc_gap_data_length_update_response {
    bool has_limitation;
    struct rpc_dl_limitation limitation; /* of no use (section 14, trap 7) */
};

union rpc_response_params {
    struct rpc_uuid_vs_add_response uuid_vs_add;
    struct rpc_uuid_encode_response uuid_encode;
    struct rpc_uuid_decode_response uuid_decode;
    struct rpc_version_get_response version_get;
    struct rpc_tx_packet_count_get_response tx_packet_count_get;
    struct rpc_gap_addr_get_response gap_addr_get;
    struct rpc_gap_sec_params_reply_response gap_sec_params_reply;
    struct rpc_gap_conn_sec_get_response gap_conn_sec_get;
    struct rpc_gap_rssi_get_response gap_rssi_get;
    struct rpc_gap_data_length_update_response gap_data_length_update;
};

/* ---- Events. In all of them `conn` comes first, so params->conn works for any. ---- */

struct rpc_event_user_mem_request {
    uint16_t conn;
    uint8_t type; /* 1 = queued writes */
};

struct rpc_event_user_mem_release {
    uint16_t conn;
    uint8_t type;
    uint16_t len;
    bool mem;
};

struct rpc_event_gap_connected {
    uint16_t conn;
    struct rpc_addr peer;
    uint8_t role;                       /* 1 peripheral, 2 central */
    struct rpc_conn_params conn_params; /* in force; min and max interval are equal */
    struct rpc_addr own;                /* v2: the address it uses itself */
    uint8_t irk_match, irk_match_idx;   /* v2: resolved with that key of the whitelist */
    uint8_t adv_handle;                 /* v6, peripheral, as the rest */
    struct rpc_buffer_ref adv_data, scan_rsp_data;
};

struct rpc_event_gap_disconnected {
    uint16_t conn;
    uint8_t reason; /* HCI status, section 10.3 */
};

/* GAP_CONN_PARAM_UPDATE (now in force) and GAP_CONN_PARAM_UPDATE_REQUEST (the peer's wish). */
struct rpc_event_gap_conn_param_update {
    uint16_t conn;
    struct rpc_conn_params params;
};

struct rpc_event_gap_sec_params_request {
    uint16_t conn;
    struct rpc_sec_params params;
};

struct rpc_event_gap_sec_info_request {
    uint16_t conn;
    struct rpc_addr peer;
    struct rpc_master_id master_id;
    uint8_t enc_info, id_info, sign_info; /* 0 or 1: asked for */
};

struct rpc_event_gap_passkey_display {
    uint16_t conn;
    uint8_t passkey[6]; /* ASCII digits */
    uint8_t match_request;
};

struct rpc_event_gap_auth_key_request {
    uint16_t conn;
    uint8_t key_type; /* 1 passkey, 2 out of band */
};

struct rpc_event_gap_lesc_dhkey_request {
    uint16_t conn;
    bool has_peer_pk;
    uint8_t peer_pk[64];
    uint8_t oob_required;
};

struct rpc_event_gap_auth_status {
    uint16_t conn;
    uint8_t auth_status;           /* section 10.5 */
    uint8_t error_src;             /* 0 own side, 1 peer */
    uint8_t bonded;                /* 0 or 1 */
    uint8_t lesc;                  /* 0 or 1; v2 and v3: see the keys, always 0 here */
    uint8_t sm1, sm2;              /* levels reached in security modes 1 and 2: bit 0 is level 1 */
    uint8_t kdist_own, kdist_peer; /* enum rpc_key_dist */
    bool has_keyset;               /* only after a SEC_PARAMS_REPLY with a keyset */
    struct rpc_keyset keyset;
};

struct rpc_event_gap_conn_sec_update {
    uint16_t conn;
    struct rpc_conn_sec conn_sec;
};

/* The same in every dialect, though the wire's numbers differ (section 10.7). */
enum rpc_timeout_source {
    RPC_TIMEOUT_ADVERTISING = 0,
    RPC_TIMEOUT_SCAN = 1,
    RPC_TIMEOUT_CONN = 2,
    RPC_TIMEOUT_AUTH_PAYLOAD = 3,
    RPC_TIMEOUT_SECURITY_REQUEST = 4, /* v2, v3 */
    RPC_TIMEOUT_UNKNOWN = 0xFF,
};

struct rpc_event_gap_timeout {
    uint16_t conn;
    uint8_t src;     /* enum rpc_timeout_source */
    bool has_buffer; /* v6, end of a scan: its buffer handed back */
    struct rpc_buffer_ref buffer;
};

struct rpc_event_gap_rssi_changed {
    uint16_t conn;
    int8_t rssi;      /* dBm */
    uint8_t ch_index; /* v6 */
};

struct rpc_event_gap_adv_report {
    uint16_t conn; /* always RPC_CONN_NONE */
    struct rpc_addr peer;
    struct rpc_addr direct; /* target of a directed advertisement, else zeros; not in v2 */
    int8_t rssi;            /* dBm */
    uint8_t scan_rsp;       /* 1: an answer to a scan request */
    uint8_t adv_type;       /* 0 connectable, 1 directed, 2 scannable, 3 neither */
    struct rpc_view data;
    /* The rest: v6 only. adv_type is made from the first three. */
    uint8_t connectable, scannable, directed, extended_pdu; /* 0 or 1 */
    uint8_t status; /* 0 complete, 1 more to come, 2 truncated, 3 missed. Unless it is 1 the scan
                       has paused (section 11.5). */
    uint8_t primary_phy, secondary_phy; /* 0xFF = none */
    int8_t tx_power;                    /* dBm, 127 = unknown */
    uint8_t ch_index;
    uint8_t set_id;   /* 0xFF = none */
    uint16_t data_id; /* means something if there is a set_id */
    uint32_t buffer_id;
    uint16_t aux_offset; /* us to the next packet, 0 = none */
    uint8_t aux_phy;     /* 0 = none */
};

struct rpc_event_gap_sec_request {
    uint16_t conn;
    uint8_t bond, mitm, lesc, keypress; /* 0 or 1 */
};

struct rpc_event_gap_phy_update_request {
    uint16_t conn;
    struct rpc_phys phys;
};

struct rpc_event_gap_phy_update {
    uint16_t conn;
    uint8_t status; /* HCI status */
    uint8_t tx_phy, rx_phy;
};

/* GAP_DATA_LENGTH_UPDATE (v3: DATA_LENGTH_CHANGED; now in force) and GAP_DATA_LENGTH_UPDATE_REQUEST
 * (the peer's values). */
struct rpc_event_gap_data_length_update {
    uint16_t conn;
    struct rpc_dl_params params;
};

/* All GATT client events begin like this. With gatt_status not 0 the fields behind it mean nothing.
 */
struct rpc_event_gattc {
    uint16_t conn;
    uint16_t gatt_status;  /* 0 or section 10.4 */
    uint16_t error_handle; /* what the error refers to */
};

struct rpc_event_gattc_prim_srvc_disc_rsp {
    struct rpc_event_gattc gattc;
    uint16_t count;
    struct rpc_service services[RPC_MAX_SERVICES];
};

struct rpc_event_gattc_char_disc_rsp {
    struct rpc_event_gattc gattc;
    uint16_t count;
    struct rpc_characteristic chars[RPC_MAX_CHARACTERISTICS];
};

struct rpc_event_gattc_desc_disc_rsp {
    struct rpc_event_gattc gattc;
    uint16_t count;
    struct rpc_descriptor descs[RPC_MAX_DESCRIPTORS];
};

struct rpc_event_gattc_read_rsp {
    struct rpc_event_gattc gattc;
    uint16_t handle, offset;
    struct rpc_view data;
};

struct rpc_event_gattc_write_rsp {
    struct rpc_event_gattc gattc;
    uint16_t handle;
    uint8_t op; /* enum rpc_write_op */
    uint16_t offset;
    struct rpc_view data; /* prepare write: the echo */
};

struct rpc_event_gattc_hvx {
    struct rpc_event_gattc gattc;
    uint16_t handle;
    uint8_t type; /* 1 notification, 2 indication (to be confirmed with GATTC_HV_CONFIRM) */
    struct rpc_view data;
};

struct rpc_event_gattc_exchange_mtu_rsp {
    struct rpc_event_gattc gattc;
    uint16_t server_rx_mtu;
};

struct rpc_event_gattc_timeout {
    struct rpc_event_gattc gattc; /* v2 has only conn: the rest is 0 */
    uint8_t src;                  /* 0 = ATT transaction */
};

/* v2, v3: TX_COMPLETE, which also counts notifications and has only conn of gattc. */
struct rpc_event_gattc_write_cmd_tx_complete {
    struct rpc_event_gattc gattc;
    uint8_t count; /* places freed in the write command queue, or buffers (v2, v3) */
};

struct rpc_event_gatts_sys_attr_missing {
    uint16_t conn;
    uint8_t hint;
};

struct rpc_event_gatts_hvc {
    uint16_t conn, handle;
};

struct rpc_event_gatts_exchange_mtu_request {
    uint16_t conn;
    uint16_t client_rx_mtu;
};

struct rpc_event_gatts_timeout {
    uint16_t conn;
    uint8_t src;
};

struct rpc_event_gatts_hvn_tx_complete {
    uint16_t conn;
    uint8_t count;
};

/* About 1 KiB. */
union rpc_event_params {
    uint16_t conn;                /* of every event */
    struct rpc_event_gattc gattc; /* of every GATT client event */
    struct rpc_event_user_mem_request user_mem_request;
    struct rpc_event_user_mem_release user_mem_release;
    struct rpc_event_gap_connected gap_connected;
    struct rpc_event_gap_disconnected gap_disconnected;
    struct rpc_event_gap_conn_param_update gap_conn_param_update;
    struct rpc_event_gap_conn_param_update gap_conn_param_update_request;
    struct rpc_event_gap_sec_params_request gap_sec_params_request;
    struct rpc_event_gap_sec_info_request gap_sec_info_request;
    struct rpc_event_gap_passkey_display gap_passkey_display;
    struct rpc_event_gap_auth_key_request gap_auth_key_request;
    struct rpc_event_gap_lesc_dhkey_request gap_lesc_dhkey_request;
    struct rpc_event_gap_auth_status gap_auth_status;
    struct rpc_event_gap_conn_sec_update gap_conn_sec_update;
    struct rpc_event_gap_timeout gap_timeout;
    struct rpc_event_gap_rssi_changed gap_rssi_changed;
    struct rpc_event_gap_adv_report gap_adv_report;
    struct rpc_event_gap_sec_request gap_sec_request;
    struct rpc_event_gap_phy_update_request gap_phy_update_request;
    struct rpc_event_gap_phy_update gap_phy_update;
    struct rpc_event_gap_data_length_update gap_data_length_update;
    struct rpc_event_gap_data_length_update gap_data_length_update_request;
    struct rpc_event_gattc_prim_srvc_disc_rsp gattc_prim_srvc_disc_rsp;
    struct rpc_event_gattc_char_disc_rsp gattc_char_disc_rsp;
    struct rpc_event_gattc_desc_disc_rsp gattc_desc_disc_rsp;
    struct rpc_event_gattc_read_rsp gattc_read_rsp;
    struct rpc_event_gattc_write_rsp gattc_write_rsp;
    struct rpc_event_gattc_hvx gattc_hvx;
    struct rpc_event_gattc_exchange_mtu_rsp gattc_exchange_mtu_rsp;
    struct rpc_event_gattc_timeout gattc_timeout;
    struct rpc_event_gattc_write_cmd_tx_complete gattc_write_cmd_tx_complete;
    struct rpc_event_gatts_sys_attr_missing gatts_sys_attr_missing;
    struct rpc_event_gatts_hvc gatts_hvc;
    struct rpc_event_gatts_exchange_mtu_request gatts_exchange_mtu_request;
    struct rpc_event_gatts_timeout gatts_timeout;
    struct rpc_event_gatts_hvn_tx_complete gatts_hvn_tx_complete;
};

#endif
