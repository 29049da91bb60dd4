/* SPDX-License-Identifier: MIT
 * Layouts of the structures in connectivity-wire section 7.1. */
#include "dongle/rpc_table.h"

const struct rpc_field rpc_fields_none[] = {RPC_END};

#define T struct rpc_addr
static const struct rpc_bit type_id_bits[] = {
    RPC_BIT(T, id_peer, 0, 1),
    RPC_BIT(T, type, 1, 7),
    RPC_END,
};

const struct rpc_field rpc_fields_addr[] = {
    RPC_ROW_BITS("type_id", type_id_bits),
    RPC_ROW_BYTES(T, addr, 6),
    RPC_END,
};
#undef T

#define T struct rpc_conn_params
const struct rpc_field rpc_fields_conn_params[] = {
    RPC_ROW_U16(T, min_interval),
    RPC_ROW_U16(T, max_interval),
    RPC_ROW_U16(T, latency),
    RPC_ROW_U16(T, sup_timeout),
    RPC_END,
};
#undef T

#define T struct rpc_scan_params
static const struct rpc_bit scan_bits_v3[] = {
    RPC_BIT(T, active, 0, 1),
    RPC_BIT(T, use_whitelist, 1, 1),
    RPC_BIT(T, adv_dir_report, 2, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_scan_params_v3[] = {
    RPC_ROW_BITS("flags", scan_bits_v3),
    RPC_ROW_U16(T, interval),
    RPC_ROW_U16(T, window),
    RPC_ROW_U16(T, timeout),
    RPC_END,
};
#undef T

const struct rpc_bit rpc_bits_kdist[] = {
    RPC_MASK_BIT("enc", 0),
    RPC_MASK_BIT("id", 1),
    RPC_MASK_BIT("sign", 2),
    RPC_MASK_BIT("link", 3),
    RPC_END,
};

const struct rpc_bit rpc_bits_levels[] = {
    RPC_MASK_BIT("lv1", 0),
    RPC_MASK_BIT("lv2", 1),
    RPC_MASK_BIT("lv3", 2),
    RPC_MASK_BIT("lv4", 3),
    RPC_END,
};

#define T struct rpc_sec_params
const struct rpc_bit rpc_bits_sec_params[] = {
    RPC_BIT(T, bond, 0, 1),
    RPC_BIT(T, mitm, 1, 1),
    RPC_BIT(T, lesc, 2, 1),
    RPC_BIT(T, keypress, 3, 1),
    RPC_BIT(T, io_caps, 4, 3),
    RPC_BIT(T, oob, 7, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_sec_params[] = {
    RPC_ROW_BITS("flags", rpc_bits_sec_params),
    RPC_ROW_U8(T, min_key_size),
    RPC_ROW_U8(T, max_key_size),
    RPC_ROW_MASK(T, kdist_own, rpc_bits_kdist),
    RPC_ROW_MASK(T, kdist_peer, rpc_bits_kdist),
    RPC_END,
};
#undef T

#define T struct rpc_enc_info
static const struct rpc_bit enc_info_bits[] = {
    RPC_BIT(T, lesc, 0, 1),
    RPC_BIT(T, auth, 1, 1),
    RPC_BIT(T, ltk_len, 2, 6),
    RPC_END,
};

const struct rpc_field rpc_fields_enc_info[] = {
    RPC_ROW_BYTES(T, ltk, 16),
    RPC_ROW_BITS("flags", enc_info_bits),
    RPC_END,
};
#undef T

#define T struct rpc_master_id
const struct rpc_field rpc_fields_master_id[] = {
    RPC_ROW_U16(T, ediv),
    RPC_ROW_BYTES(T, rand, 8),
    RPC_END,
};
#undef T

const struct rpc_field rpc_fields_enc_key[] = {
    RPC_ROW_STRUCT(struct rpc_enc_key, enc_info, rpc_fields_enc_info),
    RPC_ROW_STRUCT(struct rpc_enc_key, master_id, rpc_fields_master_id),
    RPC_END,
};

static const struct rpc_field id_key[] = {
    RPC_ROW_BYTES(struct rpc_id_key, irk, 16),
    RPC_ROW_STRUCT(struct rpc_id_key, addr, rpc_fields_addr),
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

const struct rpc_field rpc_fields_keyset[] = {
    RPC_ROW_STRUCT(struct rpc_keyset, own, sec_keys),
    RPC_ROW_STRUCT(struct rpc_keyset, peer, sec_keys),
    RPC_END,
};

#define T struct rpc_conn_sec
static const struct rpc_bit mode_bits[] = {
    RPC_BIT(T, sm, 0, 4),
    RPC_BIT(T, lv, 4, 4),
    RPC_END,
};

const struct rpc_field rpc_fields_conn_sec[] = {
    RPC_ROW_BITS("mode", mode_bits),
    RPC_ROW_U8(T, key_size),
    RPC_END,
};
#undef T

const struct rpc_field rpc_fields_uuid[] = {
    RPC_ROW_U16(struct rpc_uuid, uuid),
    RPC_ROW_U8(struct rpc_uuid, type),
    RPC_END,
};

const struct rpc_field rpc_fields_handle_range[] = {
    RPC_ROW_U16(struct rpc_handle_range, start),
    RPC_ROW_U16(struct rpc_handle_range, end),
    RPC_END,
};

const struct rpc_field rpc_fields_mem_block[] = {
    RPC_ROW_U16(struct rpc_mem_block, len),
    RPC_ROW_FLAG(struct rpc_mem_block, mem),
    RPC_END,
};

#define T struct rpc_write_params
const struct rpc_field rpc_fields_write_params[] = {
    RPC_ROW_U8(T, op),
    RPC_ROW_U8(T, flags),
    RPC_ROW_U16(T, handle),
    RPC_ROW_U16(T, offset),
    RPC_ROW_VIEW(T, value, BUF16, 244), /* a longer one restarts the dongle */
    RPC_END,
};
#undef T

const struct rpc_field rpc_fields_service[] = {
    RPC_ROW_STRUCT(struct rpc_service, uuid, rpc_fields_uuid),
    RPC_ROW_STRUCT(struct rpc_service, range, rpc_fields_handle_range),
    RPC_END,
};

static const struct rpc_bit props_bits[] = {
    RPC_MASK_BIT("broadcast", 0),      RPC_MASK_BIT("read", 1),
    RPC_MASK_BIT("write_wo_resp", 2),  RPC_MASK_BIT("write", 3),
    RPC_MASK_BIT("notify", 4),         RPC_MASK_BIT("indicate", 5),
    RPC_MASK_BIT("auth_signed_wr", 6), RPC_END,
};

#define T struct rpc_characteristic
const struct rpc_field rpc_fields_characteristic[] = {
    RPC_ROW_STRUCT(T, uuid, rpc_fields_uuid),
    RPC_ROW_MASK(T, props, props_bits),
    RPC_ROW_U8(T, ext_props),
    RPC_ROW_U16(T, decl_handle),
    RPC_ROW_U16(T, value_handle),
    RPC_END,
};
#undef T

const struct rpc_field rpc_fields_descriptor[] = {
    RPC_ROW_U16(struct rpc_descriptor, handle),
    RPC_ROW_STRUCT(struct rpc_descriptor, uuid, rpc_fields_uuid),
    RPC_END,
};

const struct rpc_field rpc_fields_phys[] = {
    RPC_ROW_U8(struct rpc_phys, tx),
    RPC_ROW_U8(struct rpc_phys, rx),
    RPC_END,
};

#define T struct rpc_dl_params
const struct rpc_field rpc_fields_dl_params[] = {
    RPC_ROW_U16(T, max_tx_octets),
    RPC_ROW_U16(T, max_rx_octets),
    RPC_ROW_U16(T, max_tx_time_us),
    RPC_ROW_U16(T, max_rx_time_us),
    RPC_END,
};
#undef T

#define T struct rpc_dl_limitation
const struct rpc_field rpc_fields_dl_limitation[] = {
    RPC_ROW_U16(T, tx_limited_octets),
    RPC_ROW_U16(T, rx_limited_octets),
    RPC_ROW_U16(T, tx_rx_limited_time_us),
    RPC_END,
};
#undef T

#define T struct rpc_version
const struct rpc_field rpc_fields_version[] = {
    RPC_ROW_U8(T, version_number),
    RPC_ROW_U16(T, company_id),
    RPC_ROW_U16(T, subversion_number),
    RPC_END,
};
#undef T

#define T struct rpc_device_name
static const struct rpc_bit write_perm_bits[] = {
    RPC_BIT(T, sm, 0, 4),
    RPC_BIT(T, lv, 4, 4),
    RPC_END,
};

const struct rpc_field rpc_fields_device_name[] = {
    RPC_ROW_BITS("write_perm", write_perm_bits),
    RPC_ROW_U8(T, vloc),
    RPC_ROW_U16(T, current_len),
    RPC_ROW_U16(T, max_len),
    {.name = "value",
     .kind = RPC_KIND_SIZED,
     .presence = RPC_OPT,
     .aux = RPC_AT(T, current_len, 2),
     .offset = RPC_AT(T, value, sizeof(struct rpc_view))},
    RPC_END,
};
#undef T
