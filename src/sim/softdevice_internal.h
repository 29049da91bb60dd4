/*
 * SPDX-License-Identifier: MIT
 * What the files of the SoftDevice share: softdevice.c (dispatch, events), _dialect.c (what differs
 * between the APIs), _config.c (before and around ENABLE), _options.c, _scan.c, _gap.c (connect),
 * _link.c (procedures of a link), _security.c and _security_commands.c (pairing, encryption),
 * _gattc.c (client), _gatts.c (server).
 */
#ifndef NORDFU_SIM_SOFTDEVICE_INTERNAL_H
#define NORDFU_SIM_SOFTDEVICE_INTERNAL_H

#include "base/bytes.h"
#include "sim/dongle_rpc.h"
#include "sim/softdevice.h"

#define SD_LINKS_MAX     20
#define SD_TAGS_MAX      8
#define SD_BASES_MAX     254
#define SD_NAME_MAX      248
#define SD_ATT_MTU       23 /* the default, and the least */
#define SD_ATT_MTU_MAX   247
#define SD_VALUE_MAX     244 /* of a write */
#define SD_PDU_MAX       SD_ATT_MTU_MAX
#define SD_NO_CONNECTION 0xFFFF
#define SD_ROLE_CENTRAL  2
#define SD_SCAN_UNIT_US  625u

/* Wire specification, section 10.1. */
enum sd_status {
    SD_SUCCESS = 0x00,
    SD_NO_MEM = 0x04,
    SD_NOT_FOUND = 0x05,
    SD_NOT_SUPPORTED = 0x06,
    SD_INVALID_PARAM = 0x07,
    SD_INVALID_STATE = 0x08,
    SD_INVALID_LENGTH = 0x09,
    SD_DATA_SIZE = 0x0C,
    SD_TIMEOUT = 0x0D,
    SD_INVALID_ADDR = 0x10,
    SD_BUSY = 0x11,
    SD_CONN_COUNT = 0x12,
    SD_RESOURCES = 0x13,
    SD_NOT_ENABLED = 0x3001,
    SD_INVALID_CONN_HANDLE = 0x3002,
    SD_INVALID_ATTR_HANDLE = 0x3003,
    SD_NO_TX_PACKETS = 0x3004,      /* v2, v3 */
    SD_INVALID_ADV_HANDLE = 0x3004, /* v6 */
    SD_INVALID_BLE_ADDR = 0x3202,
};

struct softdevice;
struct sd_link;
struct sd_security;

/* An advertisement or scan response that was heard. */
struct sd_report {
    struct air_address address;
    int8_t rssi;
    bool connectable, scannable, scan_response;
    uint8_t data[31];
    uint8_t size;
};

/* What differs between the SoftDevice APIs, besides the layouts. */
struct sd_traits {
    int api;
    uint8_t link_layer;     /* version number that VERSION_GET shows */
    bool enable_configures; /* ENABLE carries what CFG_SET says elsewhere */
    uint16_t att_mtu_max;
    uint16_t attr_tab_min;
    enum {
        SD_LENGTH_NONE,  /* the procedure is unknown */
        SD_LENGTH_ALONE, /* the SoftDevice does it by itself, up to what an option says */
        SD_LENGTH_HOST,  /* the host begins it and answers the peer's */
    } length;
    uint8_t phys;     /* as in air_capabilities: 0 = there is no PHY procedure */
    bool scan_pauses; /* every report is a halt until the host says go on */
    uint16_t scan_interval_max;
    uint32_t search_unit_us;               /* of the timeouts of scan and connection attempt */
    uint8_t scan_timeout, connect_timeout; /* sources in GAP_TIMEOUT (section 10.7) */
    const char *write_sent;                /* the event that gives buffers back */
    uint16_t queue_full;                   /* status of a write command without a buffer */
    uint16_t att_timed_out;                /* status after an ATT transaction timed out */
    void (*put_report)(struct dongle_rpc_values *event, const struct sd_report *report);
};

/* What CFG_SET or ENABLE say about links of one tag (section 11.2). */
struct sd_tag {
    uint8_t tag;
    uint8_t conn_count;
    uint32_t event_us;   /* length of a connection event */
    uint8_t write_queue; /* v2, v3: of write commands and notifications together */
    uint8_t hvn_queue;
    uint16_t att_mtu;
};

struct sd_config {
    struct sd_tag plain; /* of tag 0: the defaults, v2 and v3: what ENABLE said */
    struct sd_tag tags[SD_TAGS_MAX];
    size_t tag_count;
    uint8_t base_count_max;
    uint8_t periph, central, central_sec;
    uint8_t service_changed;
    uint32_t attr_tab_size;
    uint8_t name[SD_NAME_MAX];
    uint16_t name_size;
};

struct sd_uuid {
    uint16_t uuid;
    uint8_t type; /* 0 unknown, 1 Bluetooth SIG, 2... bases in the order they were added */
};

/* One kind of GATT client procedure: which answer ends it, and what event it becomes. */
struct sd_procedure_kind {
    uint8_t request;
    uint8_t response;
    const char *event;
    /* Reads the response's parameters into the event's values; false = malformed. */
    bool (*fill)(struct sd_link *link, struct bytes_reader *r, struct dongle_rpc_values *out);
};

struct sd_procedure {
    const struct sd_procedure_kind *kind; /* NULL = none is running */
    uint16_t handle, offset;
    uint8_t op;
    struct sd_uuid uuid;
    uint16_t mtu;
    sim_timer timeout;
};

struct sd_link {
    struct softdevice *sd;
    uint16_t handle;
    enum { SD_LINK_FREE, SD_LINK_CONNECTING, SD_LINK_UP, SD_LINK_CLOSING } state;
    struct air_link *air; /* while up or closing */
    struct sd_tag tag;
    struct air_address peer;
    uint8_t close_reason; /* shown instead of the air's; 0 = none */

    bool params_pending; /* own update is under way */
    bool params_asked;   /* the peripheral waits for an answer */
    bool length_pending, length_asked, length_told;
    uint16_t tx_octets, rx_octets; /* as last told; 0 = the least */
    bool phy_pending, phy_asked, phy_told;

    bool rssi_running;
    struct sd_security *security; /* softdevice_security.c; NULL = nothing happened yet */

    uint16_t mtu;
    bool mtu_exchanged; /* as a client; once per link */
    bool att_dead;      /* a transaction timed out */
    struct sd_procedure procedure;
    unsigned writes_queued; /* write commands not yet sent */
    uint16_t indicated;     /* handle of the indication to be confirmed; 0 = none */

    uint16_t mtu_asked; /* the peer's client MTU, to be answered; 0 = none */
    bool sys_attr_set;
    uint16_t cccd;            /* of Service Changed */
    uint8_t held[SD_PDU_MAX]; /* a request that waits for SYS_ATTR_SET */
    size_t held_size;
};

struct sd_event;

/* A scan that halts after every report (section 11.5). */
struct sd_scan {
    bool paused;
    bool extended;           /* needs larger buffers */
    uint16_t buffer;         /* size that the host named last */
    bool holds;              /* `last` is a scan response that waits for the scan to go on */
    struct sd_report last;   /* what was heard last */
    uint64_t response_until; /* when the scan response to it must have come */
};

struct softdevice {
    struct sim_world *world;
    struct air *air;
    struct softdevice_config setup;
    const struct dongle_rpc_dialect *dialect;
    const struct sd_traits *traits;
    const struct sd_command *commands[256]; /* by opcode */
    struct dongle_rpc_values in, out, event;

    struct sd_event *events, **events_end;
    size_t event_count;
    uint32_t queue_full;

    bool enabled;
    struct sd_config config;
    uint8_t bases[SD_BASES_MAX][16];
    size_t base_count;
    uint8_t raw[16]; /* of the UUID in the response in hand */
    struct air_address address;
    uint8_t irk[16];
    bool has_irk;
    bool extended_events; /* option CONN_EVT_EXT */
    uint16_t octets;      /* option EXT_LEN: data length of the next link */
    int8_t rssi;          /* of the last packet heard, dBm */

    struct air_scanner *scanner;
    struct sd_scan scan;
    struct air_initiator *initiator;
    sim_timer search_timer; /* timeout of scan or connection attempt */
    struct sd_link links[SD_LINKS_MAX];
};

/* A request being carried out. */
struct sd_call {
    struct softdevice *sd;
    struct sd_link *link; /* for commands with a connection handle */
    struct dongle_rpc_values *in, *out;
};

struct sd_command {
    const char *name;
    enum { SD_ALWAYS, SD_ENABLED, SD_LINK } needs;
    uint32_t (*run)(struct sd_call *call);
};

/* The commands of each file; the last entry has no name. */
extern const struct sd_command sd_config_commands[];
extern const struct sd_command sd_option_commands[];
extern const struct sd_command sd_scan_commands[];
extern const struct sd_command sd_gap_commands[];
extern const struct sd_command sd_link_commands[];
extern const struct sd_command sd_gattc_commands[];
extern const struct sd_command sd_gatts_commands[];

/* softdevice.c */

/* The value list of the next event, emptied. */
struct dongle_rpc_values *sd_event_begin(struct softdevice *sd);
/* The same with "conn" in it. */
struct dongle_rpc_values *sd_event_on(struct sd_link *link);
/* Encodes and queues it; *told (may be NULL) is set when the host fetches it. */
void sd_event_send(struct softdevice *sd, const char *name, bool *told);
/* "services.3.uuid" and the like, formatted into a buffer of 48 bytes. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void sd_put(struct dongle_rpc_values *values, int64_t number, const char *format, ...);

/* _dialect.c */

/* The traits of an API that has a dialect. */
const struct sd_traits *sd_traits_of(int api);

/* _config.c */

/* Defaults, as after a reset. */
void sd_config_reset(struct softdevice *sd);
/* The configuration of a tag, NULL if it was never configured; tag 0 is the defaults. */
const struct sd_tag *sd_config_tag(struct softdevice *sd, uint8_t tag);
/* A UUID as it travels in ATT (2 or 16 bytes) to its short form; an unknown base gives type 0. */
struct sd_uuid sd_uuid_from(const struct softdevice *sd, const uint8_t *raw, size_t size);
/* The other way; returns 2, 16, or 0 if the type is not known. */
size_t sd_uuid_raw(const struct softdevice *sd, struct sd_uuid uuid, uint8_t raw[16]);
/* The UUID in values "<name>.uuid" and "<name>.type". */
struct sd_uuid sd_uuid_get(struct dongle_rpc_values *values, const char *name);

/* _options.c */

/* The connection event length that a bandwidth of 1 to 3 stands for (v2, v3), µs. */
uint16_t sd_bandwidth_us(int64_t bandwidth);

/* _scan.c */

/* Scan parameters in values "<name>.interval" ...; 0, or the status that they deserve. */
uint32_t sd_scan_check(const struct softdevice *sd, struct dongle_rpc_values *values,
                       const char *name);
/* The timeout in "<name>.timeout" begins to run. */
void sd_search_begin(struct softdevice *sd, struct dongle_rpc_values *values, const char *name);

/* _gap.c */

/* The number "<name>.<what>". */
int64_t sd_member(struct dongle_rpc_values *values, const char *name, const char *what);
/* Stops scanning and connecting. */
void sd_gap_stop(struct softdevice *sd);
/* An address in values "<name>.addr" and "<name>.type_id.type" (v2: "<name>.type"); 0, or the
 * status that it deserves.
 */
uint32_t sd_address_get(struct dongle_rpc_values *values, const char *name,
                        struct air_address *out);
void sd_address_put(struct dongle_rpc_values *values, const char *name,
                    const struct air_address *address);
/* Connection parameters in values "<name>.min_interval" ...; 0, or INVALID_PARAM. The interval is
 * the longest that is allowed. */
uint32_t sd_params_get(struct dongle_rpc_values *values, const char *name,
                       struct air_conn_params *out);
void sd_params_put(struct dongle_rpc_values *values, const char *name, uint16_t interval_min,
                   const struct air_conn_params *params);

/* _link.c */

/* The end of an air link that the SoftDevice holds. */
const struct air_link_ops *sd_link_ops(const struct softdevice *sd);
/* What the SoftDevice can do on a link with this configuration. */
struct air_capabilities sd_link_capabilities(const struct softdevice *sd, const struct sd_tag *tag);
void sd_link_up(struct sd_link *link, struct air_link *air);
/* Forgets a link; nothing is sent. */
void sd_link_drop(struct sd_link *link);

/* _gattc.c and _gatts.c */

/* Ends the client's procedure and timers without an event. */
void sd_gattc_stop(struct sd_link *link);
/* An ATT PDU from the peer that is a response, a notification or an indication. */
void sd_gattc_receive(struct sd_link *link, const uint8_t *pdu, size_t size);
/* The link layer has delivered `count` write commands. */
void sd_gattc_written(struct sd_link *link, size_t count);
/* An ATT PDU from the peer that is a request or a command. */
void sd_gatts_receive(struct sd_link *link, const uint8_t *pdu, size_t size);

/* Tags of ATT PDUs given to the air. */
enum sd_air_tag {
    SD_AIR_OTHER,
    SD_AIR_WRITE_COMMAND,
};

/* ATT opcodes (Core Vol 3 Part F 3.4.8). */
enum sd_att {
    ATT_ERROR = 0x01,
    ATT_MTU_REQUEST = 0x02,
    ATT_MTU_RESPONSE = 0x03,
    ATT_FIND_INFO_REQUEST = 0x04,
    ATT_FIND_INFO_RESPONSE = 0x05,
    ATT_FIND_BY_TYPE_REQUEST = 0x06,
    ATT_FIND_BY_TYPE_RESPONSE = 0x07,
    ATT_READ_BY_TYPE_REQUEST = 0x08,
    ATT_READ_BY_TYPE_RESPONSE = 0x09,
    ATT_READ_REQUEST = 0x0A,
    ATT_READ_RESPONSE = 0x0B,
    ATT_READ_BLOB_REQUEST = 0x0C,
    ATT_READ_BLOB_RESPONSE = 0x0D,
    ATT_READ_BY_GROUP_REQUEST = 0x10,
    ATT_READ_BY_GROUP_RESPONSE = 0x11,
    ATT_WRITE_REQUEST = 0x12,
    ATT_WRITE_RESPONSE = 0x13,
    ATT_PREPARE_REQUEST = 0x16,
    ATT_PREPARE_RESPONSE = 0x17,
    ATT_EXECUTE_REQUEST = 0x18,
    ATT_EXECUTE_RESPONSE = 0x19,
    ATT_NOTIFICATION = 0x1B,
    ATT_INDICATION = 0x1D,
    ATT_CONFIRMATION = 0x1E,
    ATT_WRITE_COMMAND = 0x52,
};

#endif
