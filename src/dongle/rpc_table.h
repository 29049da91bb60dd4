/*
 * SPDX-License-Identifier: MIT
 * How a serialization packet is laid out, as data. Each dialect is a table of messages (rpc_v2.c,
 * ...), each message a list of fields (rpc_requests.c, rpc_replies.c), each field a row: its name,
 * its wire form, where it stands in the C struct. The engine (rpc_engine.h) walks the rows in wire
 * order. What only one dialect has stands in that dialect's file.
 */
#ifndef NORDFU_DONGLE_RPC_TABLE_H
#define NORDFU_DONGLE_RPC_TABLE_H

#include <stdint.h>

#include "dongle/rpc.h"

/* Wire forms; the words are those of connectivity-wire section 1. */
enum rpc_kind {
    RPC_KIND_U8,
    RPC_KIND_U16,
    RPC_KIND_U32,
    RPC_KIND_I8,
    RPC_KIND_FLAG,      /* a presence byte with nothing behind it; a bool */
    RPC_KIND_BYTES,     /* bytes[size] */
    RPC_KIND_CODE,      /* u8, kept as another number: codes[wire] */
    RPC_KIND_BITS,      /* bit fields of one byte, each a uint8_t member of its own */
    RPC_KIND_BITS16,    /* the same of a u16 */
    RPC_KIND_BITS_DATA, /* BITS; in the bits above the last one a length, then that many bytes, a
                           struct rpc_view at `aux` */
    RPC_KIND_MASK,      /* bit fields of one byte, kept together in one uint8_t */
    RPC_KIND_STRUCT,    /* another list of fields */
    RPC_KIND_LIST, /* u16 n, n times a list of fields; an array and, at `aux`, a uint16_t count */
    RPC_KIND_OPT_LIST, /* u8 n, presence byte, n times a list of fields; an array, at `has` a bool
                          and at `aux` a uint16_t count */
    RPC_KIND_VARIANT,  /* u32 id, 01, the fields that belong to the id */
    /* Data of any length, a struct rpc_view. `size` is the most that is ever sent; 0 = whatever the
       length can say. */
    RPC_KIND_BUF8,
    RPC_KIND_BUF16,
    RPC_KIND_RAW8,
    RPC_KIND_RAW16,
    RPC_KIND_REST,  /* the rest of the packet */
    RPC_KIND_SIZED, /* as many bytes as the uint16_t at `aux` says, which was a field of its own
                       before */
    RPC_KIND_COUNT,
};

#define RPC_CODE_UNKNOWN 0xFF /* RPC_KIND_CODE: a wire number beyond its codes */

/* What stands before a field. For views absent is data == NULL, else there is a bool at `has`. */
enum rpc_presence {
    RPC_ALWAYS,  /* nothing: the field is there */
    RPC_OPT,     /* opt: a presence byte */
    RPC_IF_LEFT, /* nothing: the field is there if bytes are left */
    RPC_SENT,    /* opt, always sent as present; absent reads as zeros. No bool */
    RPC_BARE,    /* nothing: the field is there, which the bool then says, as where it is opt */
    RPC_NEVER,   /* opt, and it must be absent */
};

/* A bit field. */
struct rpc_bit {
    const char *name; /* NULL ends a list */
    uint8_t shift, width;
    uint16_t offset; /* of the uint8_t, from the field's own place; not for RPC_KIND_MASK */
    bool reserved;   /* no member: 0 when written, ignored when read */
};

struct rpc_variant;

struct rpc_field {
    const char *name; /* NULL ends a list */
    uint8_t kind;     /* enum rpc_kind */
    uint8_t presence; /* enum rpc_presence */
    uint16_t offset;  /* of the member in the C struct */
    uint16_t has;     /* of the bool that says whether it is there; see above */
    uint16_t aux;     /* see the kinds */
    uint16_t size;   /* RPC_KIND_BYTES: n. Lists: room in the array. RPC_KIND_CODE: how many. Views:
                        see above */
    uint16_t stride; /* lists: size of an element */
    const struct rpc_field *fields;     /* RPC_KIND_STRUCT, lists */
    const struct rpc_bit *bits;         /* RPC_KIND_BITS..., RPC_KIND_MASK */
    const uint8_t *codes;               /* RPC_KIND_CODE */
    const struct rpc_variant *variants; /* RPC_KIND_VARIANT */
};

/* One layout behind an id. The C struct begins with the kind, a uint8_t. */
struct rpc_variant {
    const struct rpc_field *fields; /* NULL ends a list */
    uint16_t offset; /* of what the fields' own offsets count from; 0 = that C struct */
    uint8_t kind;    /* enum rpc_option_kind or rpc_config_kind */
    uint32_t id;
};

struct rpc_command_row {
    const char *name; /* NULL: the dialect lacks the command */
    uint8_t opcode;
    uint16_t response_size; /* of the response's C struct, 0 = none */
    const struct rpc_field *request;
    const struct rpc_field *response; /* NULL: a status only */
};

struct rpc_event_row {
    const char *name; /* NULL: the dialect lacks the event */
    uint16_t id;
    const struct rpc_field *fields;
    /* NULL, or sets members of its C struct by the ones that were read. */
    void (*finish)(union rpc_event_params *params);
};

struct rpc_dialect {
    int api;
    struct rpc_traits traits;
    const struct rpc_command_row *commands; /* RPC_COMMAND_COUNT rows, by enum rpc_command */
    const struct rpc_event_row *events;     /* RPC_EVENT_COUNT rows, by enum rpc_event */
};

/* ---- Rows. T is the C struct, m its member, which also gives the name; it must have n bytes or
 * nothing compiles. ---- */

#define RPC_AT(T, m, n)                                                                            \
    ((uint16_t)(offsetof(T, m) + 0 * sizeof(char[sizeof(((T *)0)->m) == (n) ? 1 : -1])))
#define RPC_HAS(T, m) RPC_AT(T, has_##m, sizeof(bool))

#define RPC_ROW_U8(T, m)                                                                           \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_U8, .offset = RPC_AT(T, m, 1)                                 \
    }
#define RPC_ROW_I8(T, m)                                                                           \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_I8, .offset = RPC_AT(T, m, 1)                                 \
    }
#define RPC_ROW_U16(T, m)                                                                          \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_U16, .offset = RPC_AT(T, m, 2)                                \
    }
#define RPC_ROW_U32(T, m)                                                                          \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_U32, .offset = RPC_AT(T, m, 4)                                \
    }
#define RPC_ROW_FLAG(T, m)                                                                         \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_FLAG, .offset = RPC_AT(T, m, sizeof(bool))                    \
    }
#define RPC_ROW_BYTES(T, m, n)                                                                     \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_BYTES, .size = (n), .offset = RPC_AT(T, m, n)                 \
    }
#define RPC_ROW_MASK(T, m, b)                                                                      \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_MASK, .bits = (b), .offset = RPC_AT(T, m, 1)                  \
    }
/* The bits are members of the struct itself; `label` is only a name. */
#define RPC_ROW_BITS(label, b)                                                                     \
    {                                                                                              \
        .name = (label), .kind = RPC_KIND_BITS, .bits = (b)                                        \
    }
#define RPC_ROW_STRUCT(T, m, f)                                                                    \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_STRUCT, .fields = (f), .offset = offsetof(T, m)               \
    }
#define RPC_ROW_VIEW(T, m, form, most)                                                             \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_##form, .size = (most),                                       \
        .offset = RPC_AT(T, m, sizeof(struct rpc_view))                                            \
    }
#define RPC_ROW_LIST(T, m, f)                                                                      \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_LIST, .fields = (f), .offset = offsetof(T, m),                \
        .aux = RPC_AT(T, count, 2), .size = sizeof(((T *)0)->m) / sizeof(((T *)0)->m[0]),          \
        .stride = sizeof(((T *)0)->m[0])                                                           \
    }
#define RPC_ROW_VARIANT(T, m, v)                                                                   \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_VARIANT, .variants = (v), .offset = offsetof(T, m)            \
    }

/* Under another name than the member's. */
#define RPC_ROW_AS(label, form, T, m, n)                                                           \
    {                                                                                              \
        .name = (label), .kind = RPC_KIND_##form, .offset = RPC_AT(T, m, n)                        \
    }
/* `has` and `count` belong to this list alone. */
#define RPC_ROW_OPT_LIST(T, m, counter, f)                                                         \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_OPT_LIST, .fields = (f), .offset = offsetof(T, m),            \
        .has = RPC_HAS(T, m), .aux = RPC_AT(T, counter, 2),                                        \
        .size = sizeof(((T *)0)->m) / sizeof(((T *)0)->m[0]), .stride = sizeof(((T *)0)->m[0])     \
    }

/* The same behind a presence byte, with a member has_m. */
#define RPC_ROW_OPT_U8(T, m)                                                                       \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_U8, .presence = RPC_OPT, .has = RPC_HAS(T, m),                \
        .offset = RPC_AT(T, m, 1)                                                                  \
    }
#define RPC_ROW_OPT_I8(T, m)                                                                       \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_I8, .presence = RPC_OPT, .has = RPC_HAS(T, m),                \
        .offset = RPC_AT(T, m, 1)                                                                  \
    }
#define RPC_ROW_OPT_BYTES(T, m, n)                                                                 \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_BYTES, .presence = RPC_OPT, .has = RPC_HAS(T, m),             \
        .size = (n), .offset = RPC_AT(T, m, n)                                                     \
    }
#define RPC_ROW_OPT_STRUCT(T, m, f)                                                                \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_STRUCT, .presence = RPC_OPT, .has = RPC_HAS(T, m),            \
        .fields = (f), .offset = offsetof(T, m)                                                    \
    }

/* The last field, there if bytes are left. */
#define RPC_ROW_STRUCT_IF_LEFT(T, m, f)                                                            \
    {                                                                                              \
        .name = #m, .kind = RPC_KIND_STRUCT, .presence = RPC_IF_LEFT, .has = RPC_HAS(T, m),        \
        .fields = (f), .offset = offsetof(T, m)                                                    \
    }

#define RPC_BIT(T, m, from, bits_wide)                                                             \
    {                                                                                              \
        .name = #m, .shift = (from), .width = (bits_wide), .offset = RPC_AT(T, m, 1)               \
    }
#define RPC_BIT_AS(label, T, m, from, bits_wide)                                                   \
    {                                                                                              \
        .name = (label), .shift = (from), .width = (bits_wide), .offset = RPC_AT(T, m, 1)          \
    }
#define RPC_BIT_RESERVED(label, from, bits_wide)                                                   \
    {                                                                                              \
        .name = (label), .shift = (from), .width = (bits_wide), .reserved = true                   \
    }
#define RPC_MASK_BIT(label, from)                                                                  \
    {                                                                                              \
        .name = (label), .shift = (from), .width = 1                                               \
    }
#define RPC_END                                                                                    \
    {                                                                                              \
        .name = NULL                                                                               \
    }

/* A command that answers with a status only, one with outputs (T is their C struct), an event. */
#define RPC_STATUS_ROW(command, number, fields)                                                    \
    [RPC_##command] = {.name = #command, .opcode = (number), .request = (fields)}
#define RPC_OUTPUT_ROW(command, number, fields, T, outputs)                                        \
    [RPC_##command] = {.name = #command,                                                           \
                       .opcode = (number),                                                         \
                       .request = (fields),                                                        \
                       .response = (outputs),                                                      \
                       .response_size = sizeof(T)}
#define RPC_EVENT_ROW(event, number, list)                                                         \
    [RPC_EVENT_##event] = {.name = #event, .id = (number), .fields = (list)}

/* ---- Field lists. Without a suffix: the same in every dialect, or (where noted) in all that share
 * it. ---- */

extern const struct rpc_field rpc_fields_none[];

/* Structures (rpc_structs.c). */
extern const struct rpc_bit rpc_bits_kdist[]; /* v3 and later */
extern const struct rpc_bit rpc_bits_levels[];
extern const struct rpc_bit rpc_bits_sec_params[];
extern const struct rpc_bit rpc_bits_sec_info_request[];
extern const struct rpc_bit rpc_bits_auth_status_v3[]; /* v2, v3 */
extern const struct rpc_field rpc_fields_addr[];       /* v3 and later */
extern const struct rpc_field rpc_fields_conn_params[];
extern const struct rpc_field rpc_fields_scan_params_v3[]; /* v3, v5 */
extern const struct rpc_field rpc_fields_sec_params[];     /* v3 and later */
extern const struct rpc_field rpc_fields_enc_info[];
extern const struct rpc_field rpc_fields_master_id[];
extern const struct rpc_field rpc_fields_enc_key[];
extern const struct rpc_field rpc_fields_keyset[]; /* v3 and later */
extern const struct rpc_field rpc_fields_conn_sec[];
extern const struct rpc_field rpc_fields_uuid[];
extern const struct rpc_field rpc_fields_handle_range[];
extern const struct rpc_field rpc_fields_mem_block[];
extern const struct rpc_field rpc_fields_write_params[]; /* v3 and later */
extern const struct rpc_field rpc_fields_service[];
extern const struct rpc_field rpc_fields_characteristic[];
extern const struct rpc_field rpc_fields_descriptor[];
extern const struct rpc_field rpc_fields_phys[];
extern const struct rpc_field rpc_fields_dl_params[];
extern const struct rpc_field rpc_fields_dl_limitation[];
extern const struct rpc_field rpc_fields_version[];
extern const struct rpc_field rpc_fields_device_name[];

/* Values of options and configurations (rpc_options.c), from struct rpc_option and struct
 * rpc_config. */
extern const struct rpc_field rpc_fields_option_pa_lna[];
extern const struct rpc_field rpc_fields_option_conn_evt_ext[];
extern const struct rpc_field rpc_fields_option_ch_map[];
extern const struct rpc_field rpc_fields_option_local_conn_latency[];
extern const struct rpc_field rpc_fields_option_passkey[];
extern const struct rpc_field rpc_fields_option_scan_req_report[];
extern const struct rpc_field rpc_fields_option_compat_mode_1[];
extern const struct rpc_field rpc_fields_option_auth_payload_timeout[];
extern const struct rpc_field rpc_fields_option_slave_latency_disable[];
extern const struct rpc_field rpc_fields_option_conn_bw[];
extern const struct rpc_field rpc_fields_option_compat_mode[];
extern const struct rpc_field rpc_fields_config_vs_uuid[];
extern const struct rpc_field rpc_fields_config_conn_gap[];
extern const struct rpc_field rpc_fields_config_conn_gattc[];
extern const struct rpc_field rpc_fields_config_conn_gatts[];
extern const struct rpc_field rpc_fields_config_conn_gatt[];
extern const struct rpc_field rpc_fields_config_role_count_v5[];
extern const struct rpc_field rpc_fields_config_service_changed[];
extern const struct rpc_field rpc_fields_config_attr_tab_size[];

/* Requests (rpc_requests.c). */
extern const struct rpc_field rpc_fields_tx_packet_count_get[]; /* v2, v3 */
extern const struct rpc_field rpc_fields_uuid_vs_add[];
extern const struct rpc_field rpc_fields_uuid_decode[];
extern const struct rpc_field rpc_fields_uuid_encode[];
extern const struct rpc_field rpc_fields_version_get[];
extern const struct rpc_field rpc_fields_user_mem_reply[];
extern const struct rpc_field rpc_fields_gap_addr_set[]; /* v3 and later */
extern const struct rpc_field rpc_fields_gap_addr_get[];
extern const struct rpc_field rpc_fields_gap_conn_param_update[];
extern const struct rpc_field rpc_fields_gap_disconnect[];
extern const struct rpc_field rpc_fields_gap_tx_power_set[]; /* v2, v3, v5 */
extern const struct rpc_field rpc_fields_gap_authenticate[];
extern const struct rpc_field rpc_fields_gap_sec_params_reply[];
extern const struct rpc_field rpc_fields_gap_auth_key_reply[];
extern const struct rpc_field rpc_fields_gap_lesc_dhkey_reply[];
extern const struct rpc_field rpc_fields_gap_encrypt[];
extern const struct rpc_field rpc_fields_gap_sec_info_reply[];
extern const struct rpc_field rpc_fields_gap_conn_sec_get[];
extern const struct rpc_field rpc_fields_gap_rssi_start[];
extern const struct rpc_field rpc_fields_gap_rssi_stop[];
extern const struct rpc_field rpc_fields_gap_rssi_get[];      /* v2, v3, v5 */
extern const struct rpc_field rpc_fields_gap_scan_start_v3[]; /* v3, v5 */
extern const struct rpc_field rpc_fields_gap_connect_v5[];
extern const struct rpc_field rpc_fields_gap_phy_update[];
extern const struct rpc_field rpc_fields_gap_data_length_update[];
extern const struct rpc_field rpc_fields_gattc_primary_services_discover[];
extern const struct rpc_field rpc_fields_gattc_range_discover[];
extern const struct rpc_field rpc_fields_gattc_read[];
extern const struct rpc_field rpc_fields_gattc_write[]; /* v3 and later */
extern const struct rpc_field rpc_fields_gattc_hv_confirm[];
extern const struct rpc_field rpc_fields_gattc_exchange_mtu_request[];
extern const struct rpc_field rpc_fields_gatts_exchange_mtu_reply[];
extern const struct rpc_field rpc_fields_gatts_sys_attr_set[]; /* v3 and later */

/* Responses and events (rpc_replies.c). */
extern const struct rpc_field rpc_fields_tx_packet_count_get_response[]; /* v2, v3 */
extern const struct rpc_field rpc_fields_uuid_vs_add_response[];
extern const struct rpc_field rpc_fields_uuid_decode_response[];
extern const struct rpc_field rpc_fields_uuid_encode_response[];
extern const struct rpc_field rpc_fields_version_get_response[];
extern const struct rpc_field rpc_fields_gap_addr_get_response[];
extern const struct rpc_field rpc_fields_gap_sec_params_reply_response[];
extern const struct rpc_field rpc_fields_gap_conn_sec_get_response[];
extern const struct rpc_field rpc_fields_gap_rssi_get_response[]; /* v3, v5 */
extern const struct rpc_field rpc_fields_gap_data_length_update_response[];
extern const struct rpc_field rpc_fields_event_user_mem_request[];
extern const struct rpc_field rpc_fields_event_user_mem_release[];
extern const struct rpc_field rpc_fields_event_gap_connected_v3[]; /* v3, v5 */
extern const struct rpc_field rpc_fields_event_gap_disconnected[];
extern const struct rpc_field rpc_fields_event_gap_conn_param_update[]; /* also ..._REQUEST */
extern const struct rpc_field rpc_fields_event_gap_sec_params_request[];
extern const struct rpc_field rpc_fields_event_gap_sec_info_request[];
extern const struct rpc_field rpc_fields_event_gap_passkey_display[];
extern const struct rpc_field rpc_fields_event_gap_auth_key_request[];
extern const struct rpc_field rpc_fields_event_gap_lesc_dhkey_request[];
extern const struct rpc_field rpc_fields_event_gap_auth_status_v5[]; /* v5, v6 */
extern const struct rpc_field rpc_fields_event_gap_conn_sec_update[];
extern const struct rpc_field rpc_fields_event_tx_complete[];       /* v2, v3 */
extern const struct rpc_field rpc_fields_event_gap_timeout_v3[];    /* v2, v3 */
extern const struct rpc_field rpc_fields_event_gap_timeout[];       /* v5 */
extern const struct rpc_field rpc_fields_event_gap_rssi_changed[];  /* v2, v3, v5 */
extern const struct rpc_field rpc_fields_event_gap_adv_report_v3[]; /* v3, v5 */
extern const struct rpc_field rpc_fields_event_gap_sec_request[];
extern const struct rpc_field rpc_fields_event_gap_phy_update_request[];
extern const struct rpc_field rpc_fields_event_gap_phy_update[];
extern const struct rpc_field rpc_fields_event_gap_data_length_update[]; /* also ..._REQUEST */
extern const struct rpc_field rpc_fields_event_gattc_prim_srvc_disc_rsp[];
extern const struct rpc_field rpc_fields_event_gattc_char_disc_rsp[];
extern const struct rpc_field rpc_fields_event_gattc_desc_disc_rsp[];
extern const struct rpc_field rpc_fields_event_gattc_read_rsp[];
extern const struct rpc_field rpc_fields_event_gattc_write_rsp[];
extern const struct rpc_field rpc_fields_event_gattc_hvx[];
extern const struct rpc_field rpc_fields_event_gattc_exchange_mtu_rsp[];
extern const struct rpc_field rpc_fields_event_gattc_timeout[]; /* v3 and later */
extern const struct rpc_field rpc_fields_event_gattc_write_cmd_tx_complete[];
extern const struct rpc_field rpc_fields_event_gatts_sys_attr_missing[];
extern const struct rpc_field rpc_fields_event_gatts_hvc[];
extern const struct rpc_field rpc_fields_event_gatts_exchange_mtu_request[];
extern const struct rpc_field rpc_fields_event_gatts_timeout[];
extern const struct rpc_field rpc_fields_event_gatts_hvn_tx_complete[];

/* Dialects. */
extern const struct rpc_dialect rpc_dialect_v2;
extern const struct rpc_dialect rpc_dialect_v3;
extern const struct rpc_dialect rpc_dialect_v5;
extern const struct rpc_dialect rpc_dialect_v6;

#endif
