/*
 * SPDX-License-Identifier: MIT
 * The arguments of SoftDevice calls and events as plain C structs: the union of what all API
 * versions carry. Field names are those of connectivity-wire sections 7 to 9; values are the wire's
 * own (units and codes there).
 *
 * A member behind a `bool has_x` is optional on the wire: x counts only if has_x. A struct rpc_view
 * is optional by itself where the comment says so: data NULL is absent, size 0 with data not NULL
 * is present but empty. `want_x` asks for the output x.
 */
#ifndef NORDFU_DONGLE_RPC_TYPES_H
#define NORDFU_DONGLE_RPC_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that belong to someone else: the caller's when encoding, the decoded packet's when
 * decoding. */
struct rpc_view {
    const uint8_t *data;
    size_t size;
};

/* Lists never exceed what the largest packet (H5_PAYLOAD_MAX) can hold. */
#define RPC_MAX_SERVICES        108
#define RPC_MAX_CHARACTERISTICS 84
#define RPC_MAX_DESCRIPTORS     151

#define RPC_CONN_NONE 0xFFFF /* no connection handle */

/* ---- Structures (section 7) ---- */

struct rpc_addr {
    uint8_t id_peer; /* 1: addr is a resolved identity address (v3 and later) */
    uint8_t type;    /* section 10.6; the numbers of enum nordfu_address_type */
    uint8_t addr[6]; /* least significant byte first */
};

struct rpc_conn_params {
    uint16_t min_interval; /* x 1.25 ms, 6..3200 */
    uint16_t max_interval;
    uint16_t latency;     /* connection events, 0..499 */
    uint16_t sup_timeout; /* x 10 ms, 10..3200 */
};

#define RPC_MAX_WHITELIST 8 /* addresses, and as many keys */

struct rpc_whitelist_addr {
    bool has_addr;
    struct rpc_addr addr;
};

struct rpc_whitelist_irk {
    bool has_irk;
    uint8_t irk[16];
};

struct rpc_whitelist {
    bool has_addrs, has_irks;
    uint16_t addr_count, irk_count;
    struct rpc_whitelist_addr addrs[RPC_MAX_WHITELIST];
    struct rpc_whitelist_irk irks[RPC_MAX_WHITELIST];
};

/* A dialect takes what it has and leaves out the rest. */
struct rpc_scan_params {
    uint8_t active;
    uint8_t use_whitelist;     /* v2: `selective`; v6: `filter_policy`, section 10.7 */
    uint8_t adv_dir_report;    /* v3, v5 */
    uint8_t extended;          /* v6: also extended advertising */
    uint8_t report_incomplete; /* v6 */
    uint8_t phys;              /* v6: as in struct rpc_phys; 0 also means 1M */
    uint8_t channel_mask[5];   /* v6: set bits are channels not to be used */
    bool has_whitelist;        /* v2 */
    struct rpc_whitelist whitelist;
    uint16_t interval; /* x 0.625 ms */
    uint16_t window;   /* x 0.625 ms */
    uint16_t timeout;  /* x rpc_traits.scan_timeout_unit; 0 = none */
};

/* Bits of key distributions (kdist_own, kdist_peer). */
enum rpc_key_dist {
    RPC_KEY_ENC = 0x01,
    RPC_KEY_ID = 0x02,
    RPC_KEY_SIGN = 0x04,
    RPC_KEY_LINK = 0x08, /* not in v2 */
};

struct rpc_sec_params {
    uint8_t bond, mitm, lesc, keypress; /* 0 or 1 */
    uint8_t io_caps;                    /* section 10.7 */
    uint8_t oob;                        /* 0 or 1 */
    uint8_t min_key_size, max_key_size; /* 7..16 */
    uint8_t kdist_own, kdist_peer;      /* enum rpc_key_dist */
};

struct rpc_enc_info {
    uint8_t ltk[16];
    uint8_t lesc, auth; /* 0 or 1 */
    uint8_t ltk_len;    /* 0..16 */
};

struct rpc_master_id {
    uint16_t ediv;
    uint8_t rand[8];
};

struct rpc_enc_key {
    struct rpc_enc_info enc_info;
    struct rpc_master_id master_id;
};

struct rpc_id_key {
    uint8_t irk[16];
    struct rpc_addr addr;
};

struct rpc_sec_keys {
    bool has_enc, has_id, has_sign, has_pk;
    struct rpc_enc_key enc;
    struct rpc_id_key id;
    uint8_t sign[16];
    uint8_t pk[64]; /* X then Y, each little endian */
};

/* After pairing as central the key of later connections (GAP_ENCRYPT) is peer.enc, or own.enc where
 * that is marked as LESC. peer.id is who the peer is. */
struct rpc_keyset {
    struct rpc_sec_keys own, peer;
};

struct rpc_conn_sec {
    uint8_t sm, lv; /* security mode and level */
    uint8_t key_size;
};

struct rpc_uuid {
    uint16_t uuid;
    uint8_t type; /* 0 unknown, 1 Bluetooth SIG, 2... as UUID_VS_ADD assigned them */
};

struct rpc_handle_range {
    uint16_t start, end;
};

struct rpc_mem_block {
    uint16_t len;
    bool mem;
};

enum rpc_write_op {
    RPC_WRITE_REQUEST = 1,
    RPC_WRITE_COMMAND = 2,
    RPC_WRITE_SIGNED = 3,
    RPC_WRITE_PREPARE = 4,
    RPC_WRITE_EXECUTE = 5,
};

struct rpc_write_params {
    uint8_t op;    /* enum rpc_write_op */
    uint8_t flags; /* execute only: 1 = write, 0 = cancel */
    uint16_t handle;
    uint16_t offset;
    struct rpc_view value; /* optional; at most 20 (v2) or 244 bytes */
};

struct rpc_service {
    struct rpc_uuid uuid;
    struct rpc_handle_range range;
};

struct rpc_characteristic {
    struct rpc_uuid uuid;
    uint8_t props; /* the bits of enum nordfu_property, and 0x01 broadcast, 0x40 signed write */
    uint8_t ext_props;
    uint16_t decl_handle;
    uint16_t value_handle;
};

struct rpc_descriptor {
    uint16_t handle;
    struct rpc_uuid uuid;
};

struct rpc_phys {
    uint8_t tx, rx; /* 1 = 1M, 2 = 2M, 4 = coded, or-ed where a preference; 0 = automatic */
};

struct rpc_dl_params {
    uint16_t max_tx_octets, max_rx_octets;   /* 27..251, 0 = automatic */
    uint16_t max_tx_time_us, max_rx_time_us; /* 0 = automatic (v5 accepts only 0) */
};

struct rpc_dl_limitation {
    uint16_t tx_limited_octets, rx_limited_octets;
    uint16_t tx_rx_limited_time_us;
};

struct rpc_version {
    uint8_t version_number;
    uint16_t company_id;
    uint16_t subversion_number; /* SoftDevice FWID, section 12.3 */
};

/* A report buffer of v6 (section 11.5). */
struct rpc_buffer_ref {
    uint32_t id;
    uint16_t len;
};

struct rpc_amplifier {
    uint8_t enable, active_high; /* 0 or 1 */
    uint8_t gpio_pin;            /* 0..63 */
};

/* Options by meaning: their numbers differ between dialects, and not every dialect has all of them
 * (section 7.2). */
enum rpc_option_kind {
    RPC_OPTION_PA_LNA,
    RPC_OPTION_CONN_EVT_EXT,
    RPC_OPTION_CH_MAP,
    RPC_OPTION_LOCAL_CONN_LATENCY,
    RPC_OPTION_PASSKEY,
    RPC_OPTION_SCAN_REQ_REPORT,
    RPC_OPTION_COMPAT_MODE_1,
    RPC_OPTION_AUTH_PAYLOAD_TIMEOUT,
    RPC_OPTION_SLAVE_LATENCY_DISABLE,
    RPC_OPTION_CONN_BW,     /* v2, v3 */
    RPC_OPTION_PRIVACY,     /* v2 */
    RPC_OPTION_COMPAT_MODE, /* v2, v3 */
    RPC_OPTION_EXT_LEN,     /* v3: the link layer payload; later a command of its own */
};

struct rpc_option {
    uint8_t
        kind; /* enum rpc_option_kind: which member of value counts. Must stay the first member. */
    union {
        struct {
            struct rpc_amplifier pa, lna;
            uint8_t ppi_set, ppi_clr, gpiote_ch;
        } pa_lna;
        struct {
            uint8_t enable;
        } conn_evt_ext, scan_req_report, compat_mode_1, compat_mode;
        struct {
            uint16_t conn;
            uint8_t map[5];
        } ch_map;
        struct {
            uint16_t conn, requested;
            bool has_actual; /* an output: false in requests */
            uint16_t actual;
        } local_conn_latency;
        struct {
            bool has_passkey;
            uint8_t passkey[6];
        } passkey;
        struct {
            uint16_t conn, timeout;
        } auth_payload_timeout;
        struct {
            uint16_t conn;
            uint8_t disable;
        } slave_latency_disable;
        struct {
            uint8_t role;   /* 1 peripheral, 2 central */
            uint8_t rx, tx; /* 1 low, 2 mid, 3 high */
        } conn_bw;
        struct {
            bool has_irk;
            uint8_t irk[16];
            uint16_t interval_s;
        } privacy;
        struct {
            uint8_t max_pdu_payload; /* 27..251 */
        } ext_len;
    } value;
};

/* Configurations by meaning (section 7.3). */
enum rpc_config_kind {
    RPC_CONFIG_VS_UUID,
    RPC_CONFIG_CONN_GAP,
    RPC_CONFIG_CONN_GATTC,
    RPC_CONFIG_CONN_GATTS,
    RPC_CONFIG_CONN_GATT,
    RPC_CONFIG_ROLE_COUNT,
    RPC_CONFIG_DEVICE_NAME,
    RPC_CONFIG_SERVICE_CHANGED,
    RPC_CONFIG_ATTR_TAB_SIZE,
};

struct rpc_device_name {
    uint8_t sm, lv; /* write permission, 0 = not writable by the peer */
    uint8_t vloc;   /* 1 stack memory, 2 user memory */
    uint16_t current_len;
    uint16_t max_len;      /* at most 248 */
    struct rpc_view value; /* optional; if present its size must be current_len */
};

struct rpc_config {
    uint8_t
        kind; /* enum rpc_config_kind: which member of value counts. Must stay the first member. */
    union {
        struct {
            uint8_t vs_uuid_count;
        } vs_uuid;
        struct {
            uint8_t cfg_tag, conn_count;
            uint16_t event_length; /* x 1.25 ms */
        } conn_gap;
        struct {
            uint8_t cfg_tag, write_cmd_tx_queue_size;
        } conn_gattc;
        struct {
            uint8_t cfg_tag, hvn_tx_queue_size;
        } conn_gatts;
        struct {
            uint8_t cfg_tag;
            uint16_t att_mtu;
        } conn_gatt;
        struct {
            uint8_t periph, central, central_sec;
            uint8_t adv_sets, qos_channel_survey; /* v6 */
        } role_count;
        struct rpc_device_name device_name;
        struct {
            uint8_t service_changed;
        } service_changed;
        struct {
            uint32_t attr_tab_size;
        } attr_tab_size;
    } value;
};

/* Links per bandwidth (v3). */
struct rpc_bandwidth_counts {
    struct {
        uint8_t high, mid, low;
    } tx, rx;
};

/* What v2 and v3 are configured with. */
struct rpc_enable_params {
    uint16_t vs_uuid_count; /* 0 = 10 */
    bool has_bandwidth;     /* v2: must be false (section 14, trap 4) */
    struct rpc_bandwidth_counts bandwidth;
    uint8_t periph_conn_count, central_conn_count;
    uint8_t central_sec_count; /* links that may pair at the same time */
    bool has_device_name;      /* v3; false = default */
    struct rpc_device_name device_name;
    uint16_t att_mtu;        /* v3: the largest, 0 = 23; at most 247 */
    uint8_t service_changed; /* 0 or 1 */
    uint32_t attr_tab_size;  /* 0 = default */
};

/* ---- Requests (section 8). GAP_SCAN_STOP and GAP_CONNECT_CANCEL have no arguments. A dialect
 * leaves out the members it has no field for. ---- */

/* v2, v3. v5 and v6 have no arguments and are configured with CFG_SET. */
struct rpc_enable {
    bool has_params; /* must be true to be of use */
    struct rpc_enable_params params;
};

/* v2, v3. */
struct rpc_tx_packet_count_get {
    uint16_t conn;
    bool want_count;
};

struct rpc_uuid_vs_add {
    bool has_base;
    uint8_t base[16]; /* least significant byte first; bytes 12 and 13 are ignored */
    bool want_type;
};

struct rpc_uuid_encode {
    bool has_uuid;
    struct rpc_uuid uuid;
    bool want_len, want_raw;
};

struct rpc_uuid_decode {
    struct rpc_view raw; /* optional; 2 or 16 bytes, least significant byte first */
    bool want_uuid;
};

struct rpc_version_get {
    bool want_version; /* must be true: false restarts the dongle */
};

struct rpc_user_mem_reply {
    uint16_t conn;
    bool has_block; /* false: refuse */
    struct rpc_mem_block block;
};

struct rpc_opt_set {
    struct rpc_option option;
};

struct rpc_cfg_set {
    struct rpc_config cfg;
};

struct rpc_gap_addr_get {
    bool want_addr;
};

struct rpc_gap_addr_set {
    bool has_addr;
    struct rpc_addr addr;
    uint8_t cycle_mode; /* v2: 0 = the address stays, 1 = private addresses by turns */
};

struct rpc_gap_conn_param_update {
    uint16_t conn;
    bool has_params; /* false: reject the peer's wish */
    struct rpc_conn_params params;
};

struct rpc_gap_disconnect {
    uint16_t conn;
    uint8_t reason; /* 0x13 or 0x3B */
};

struct rpc_gap_tx_power_set {
    int8_t tx_power; /* dBm */
    uint8_t role;    /* v6: 1 advertiser, 2 scanner and initiator, 3 connection */
    uint16_t handle; /* v6: advertising set (role 1), connection (role 3) */
};

struct rpc_gap_authenticate {
    uint16_t conn;
    bool has_params;
    struct rpc_sec_params params;
};

struct rpc_gap_sec_params_reply {
    uint16_t conn;
    uint8_t sec_status; /* section 10.5 */
    bool has_params;    /* central: must be false */
    struct rpc_sec_params params;
    /* Which keys to keep, section 11.8. v2: must be true, be it without any key, or the dongle
       restarts (section 14, trap 2). */
    bool has_keyset;
    struct rpc_keyset keyset;
};

struct rpc_gap_auth_key_reply {
    uint16_t conn;
    uint8_t key_type;    /* 0 none, 1 passkey, 2 out of band */
    struct rpc_view key; /* optional; 6 digits or 16 bytes */
};

struct rpc_gap_lesc_dhkey_reply {
    uint16_t conn;
    bool has_dhkey;
    uint8_t dhkey[32];
};

struct rpc_gap_encrypt {
    uint16_t conn;
    bool has_master_id;
    struct rpc_master_id master_id;
    bool has_enc_info;
    struct rpc_enc_info enc_info;
};

struct rpc_gap_sec_info_reply {
    uint16_t conn;
    bool has_enc_info, has_irk, has_csrk;
    struct rpc_enc_info enc_info;
    uint8_t irk[16], csrk[16];
};

struct rpc_gap_conn_sec_get {
    uint16_t conn;
    bool want_conn_sec;
};

struct rpc_gap_rssi_start {
    uint16_t conn;
    uint8_t threshold_dbm; /* 0xFF: no events */
    uint8_t skip_count;
};

struct rpc_gap_rssi_stop {
    uint16_t conn;
};

struct rpc_gap_rssi_get {
    uint16_t conn;
    bool want_rssi;
    bool want_ch_index; /* v6: must be true */
};

struct rpc_gap_scan_start {
    bool has_params; /* v6: false continues after a report; else must be true */
    struct rpc_scan_params params;
    bool has_buffer; /* v6: must be true */
    struct rpc_buffer_ref buffer;
};

struct rpc_gap_connect {
    bool has_peer, has_scan, has_conn_params;
    struct rpc_addr peer;
    struct rpc_scan_params scan;
    struct rpc_conn_params conn_params;
    uint8_t cfg_tag; /* v5, v6: section 11.2; 0 = defaults */
};

struct rpc_gap_phy_update {
    uint16_t conn;
    bool has_phys;
    struct rpc_phys phys;
};

struct rpc_gap_data_length_update {
    uint16_t conn;
    bool has_params;
    struct rpc_dl_params params;
    bool want_limitation;
};

struct rpc_gattc_primary_services_discover {
    uint16_t conn;
    uint16_t start_handle;
    bool has_uuid; /* false: all services */
    struct rpc_uuid uuid;
};

/* Also GATTC_DESCRIPTORS_DISCOVER. */
struct rpc_gattc_characteristics_discover {
    uint16_t conn;
    bool has_range;
    struct rpc_handle_range range;
};

struct rpc_gattc_read {
    uint16_t conn, handle, offset;
};

struct rpc_gattc_write {
    uint16_t conn;
    bool has_write; /* must be true to be of use */
    struct rpc_write_params write;
};

struct rpc_gattc_hv_confirm {
    uint16_t conn, handle;
};

struct rpc_gattc_exchange_mtu_request {
    uint16_t conn;
    uint16_t client_rx_mtu; /* 23... */
};

struct rpc_gatts_exchange_mtu_reply {
    uint16_t conn;
    uint16_t server_rx_mtu; /* 23... */
};

struct rpc_gatts_sys_attr_set {
    uint16_t conn;
    struct rpc_view data; /* optional; absent = defaults */
    uint32_t flags;       /* bit 0 system services, bit 1 user services; 0 = all */
};

#endif
