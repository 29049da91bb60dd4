/* SPDX-License-Identifier: MIT
 * Layouts of option and configuration values (connectivity-wire sections 7.2 and 7.3). Which id
 * each has is the dialects' business.
 */
#include "dongle/rpc_table.h"

/* ---- Options ---- */

#define T struct rpc_amplifier
static const struct rpc_bit amplifier_bits[] = {
    RPC_BIT(T, enable, 0, 1),
    RPC_BIT(T, active_high, 1, 1),
    RPC_BIT(T, gpio_pin, 2, 6),
    RPC_END,
};
#undef T

/* A member of an option's or configuration's value, under the wire's name for it. */
#define VALUE(form, T, label, m, n) RPC_ROW_AS(label, form, T, value.m, n)

#define T struct rpc_option
const struct rpc_field rpc_fields_option_conn_bw[] = {
    VALUE(U8, T, "role", conn_bw.role, 1),
    VALUE(U8, T, "rx", conn_bw.rx, 1),
    VALUE(U8, T, "tx", conn_bw.tx, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_option_pa_lna[] = {
    {.name = "pa",
     .kind = RPC_KIND_BITS,
     .bits = amplifier_bits,
     .offset = offsetof(T, value.pa_lna.pa)},
    {.name = "lna",
     .kind = RPC_KIND_BITS,
     .bits = amplifier_bits,
     .offset = offsetof(T, value.pa_lna.lna)},
    VALUE(U8, T, "ppi_set", pa_lna.ppi_set, 1),
    VALUE(U8, T, "ppi_clr", pa_lna.ppi_clr, 1),
    VALUE(U8, T, "gpiote_ch", pa_lna.gpiote_ch, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_option_conn_evt_ext[] = {
    VALUE(U8, T, "enable", conn_evt_ext.enable, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_option_ch_map[] = {
    VALUE(U16, T, "conn", ch_map.conn, 2),
    {.name = "map", .kind = RPC_KIND_BYTES, .size = 5, .offset = RPC_AT(T, value.ch_map.map, 5)},
    RPC_END,
};

const struct rpc_field rpc_fields_option_local_conn_latency[] = {
    VALUE(U16, T, "conn", local_conn_latency.conn, 2),
    VALUE(U16, T, "requested", local_conn_latency.requested, 2),
    {.name = "actual",
     .kind = RPC_KIND_U16,
     .presence = RPC_OPT,
     .has = RPC_AT(T, value.local_conn_latency.has_actual, sizeof(bool)),
     .offset = RPC_AT(T, value.local_conn_latency.actual, 2)},
    RPC_END,
};

const struct rpc_field rpc_fields_option_passkey[] = {
    {.name = "passkey",
     .kind = RPC_KIND_BYTES,
     .presence = RPC_OPT,
     .size = 6,
     .has = RPC_AT(T, value.passkey.has_passkey, sizeof(bool)),
     .offset = RPC_AT(T, value.passkey.passkey, 6)},
    RPC_END,
};

const struct rpc_field rpc_fields_option_scan_req_report[] = {
    VALUE(U8, T, "enable", scan_req_report.enable, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_option_compat_mode_1[] = {
    VALUE(U8, T, "enable", compat_mode_1.enable, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_option_compat_mode[] = {
    VALUE(U8, T, "enable", compat_mode.enable, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_option_auth_payload_timeout[] = {
    VALUE(U16, T, "conn", auth_payload_timeout.conn, 2),
    VALUE(U16, T, "timeout", auth_payload_timeout.timeout, 2),
    RPC_END,
};

const struct rpc_field rpc_fields_option_slave_latency_disable[] = {
    VALUE(U16, T, "conn", slave_latency_disable.conn, 2),
    VALUE(U8, T, "disable", slave_latency_disable.disable, 1),
    RPC_END,
};
#undef T

/* ---- Configurations ---- */

#define T struct rpc_config
const struct rpc_field rpc_fields_config_vs_uuid[] = {
    VALUE(U8, T, "vs_uuid_count", vs_uuid.vs_uuid_count, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_config_conn_gap[] = {
    VALUE(U8, T, "cfg_tag", conn_gap.cfg_tag, 1),
    VALUE(U8, T, "conn_count", conn_gap.conn_count, 1),
    VALUE(U16, T, "event_length", conn_gap.event_length, 2),
    RPC_END,
};

const struct rpc_field rpc_fields_config_conn_gattc[] = {
    VALUE(U8, T, "cfg_tag", conn_gattc.cfg_tag, 1),
    VALUE(U8, T, "write_cmd_tx_queue_size", conn_gattc.write_cmd_tx_queue_size, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_config_conn_gatts[] = {
    VALUE(U8, T, "cfg_tag", conn_gatts.cfg_tag, 1),
    VALUE(U8, T, "hvn_tx_queue_size", conn_gatts.hvn_tx_queue_size, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_config_conn_gatt[] = {
    VALUE(U8, T, "cfg_tag", conn_gatt.cfg_tag, 1),
    VALUE(U16, T, "att_mtu", conn_gatt.att_mtu, 2),
    RPC_END,
};

const struct rpc_field rpc_fields_config_role_count_v5[] = {
    VALUE(U8, T, "periph", role_count.periph, 1),
    VALUE(U8, T, "central", role_count.central, 1),
    VALUE(U8, T, "central_sec", role_count.central_sec, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_config_service_changed[] = {
    VALUE(U8, T, "service_changed", service_changed.service_changed, 1),
    RPC_END,
};

const struct rpc_field rpc_fields_config_attr_tab_size[] = {
    VALUE(U32, T, "attr_tab_size", attr_tab_size.attr_tab_size, 4),
    RPC_END,
};
#undef T
