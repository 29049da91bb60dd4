/*
 * SPDX-License-Identifier: MIT
 * Serialization packets (the payloads of H5 data packets): requests, responses, events. One table
 * per SoftDevice API, one engine for all of them. Connectivity-wire sections 5 to 9. No I/O, no
 * allocation, no state.
 */
#ifndef NORDFU_DONGLE_RPC_H
#define NORDFU_DONGLE_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dongle/rpc_events.h"
#include "dongle/rpc_types.h"

/* First byte of a packet. */
enum rpc_packet {
    RPC_REQUEST = 0,
    RPC_RESPONSE = 1,
    RPC_EVENT = 2,
};

/* Every command some dialect has. The argument struct of RPC_X is struct rpc_x, its results are
 * struct rpc_x_response. */
enum rpc_command {
    RPC_ENABLE,
    RPC_TX_PACKET_COUNT_GET, /* v2, v3 */
    RPC_UUID_VS_ADD,
    RPC_UUID_DECODE,
    RPC_UUID_ENCODE,
    RPC_VERSION_GET,
    RPC_USER_MEM_REPLY,
    RPC_OPT_SET,
    RPC_CFG_SET, /* v5, v6 */
    RPC_GAP_ADDR_SET,
    RPC_GAP_ADDR_GET,
    RPC_GAP_CONN_PARAM_UPDATE,
    RPC_GAP_DISCONNECT,
    RPC_GAP_TX_POWER_SET,
    RPC_GAP_AUTHENTICATE,
    RPC_GAP_SEC_PARAMS_REPLY,
    RPC_GAP_AUTH_KEY_REPLY,
    RPC_GAP_LESC_DHKEY_REPLY,
    RPC_GAP_ENCRYPT,
    RPC_GAP_SEC_INFO_REPLY,
    RPC_GAP_CONN_SEC_GET,
    RPC_GAP_RSSI_START,
    RPC_GAP_RSSI_STOP,
    RPC_GAP_SCAN_START,
    RPC_GAP_SCAN_STOP,
    RPC_GAP_CONNECT,
    RPC_GAP_CONNECT_CANCEL,
    RPC_GAP_RSSI_GET,
    RPC_GAP_PHY_UPDATE,         /* v5, v6 */
    RPC_GAP_DATA_LENGTH_UPDATE, /* v5, v6 */
    RPC_GATTC_PRIMARY_SERVICES_DISCOVER,
    RPC_GATTC_CHARACTERISTICS_DISCOVER,
    RPC_GATTC_DESCRIPTORS_DISCOVER, /* struct rpc_gattc_characteristics_discover */
    RPC_GATTC_READ,
    RPC_GATTC_WRITE,
    RPC_GATTC_HV_CONFIRM,
    RPC_GATTC_EXCHANGE_MTU_REQUEST, /* not in v2 */
    RPC_GATTS_EXCHANGE_MTU_REPLY,   /* not in v2 */
    RPC_GATTS_SYS_ATTR_SET,
    RPC_COMMAND_COUNT,
};

/* Every event some dialect has. The contents of RPC_EVENT_X are the member x of union
 * rpc_event_params. Where an older dialect says the same with another event, that is read as the
 * newer one. */
enum rpc_event {
    RPC_EVENT_USER_MEM_REQUEST,
    RPC_EVENT_USER_MEM_RELEASE,
    RPC_EVENT_GAP_CONNECTED,
    RPC_EVENT_GAP_DISCONNECTED,
    RPC_EVENT_GAP_CONN_PARAM_UPDATE,
    RPC_EVENT_GAP_SEC_PARAMS_REQUEST,
    RPC_EVENT_GAP_SEC_INFO_REQUEST,
    RPC_EVENT_GAP_PASSKEY_DISPLAY,
    RPC_EVENT_GAP_AUTH_KEY_REQUEST,
    RPC_EVENT_GAP_LESC_DHKEY_REQUEST,
    RPC_EVENT_GAP_AUTH_STATUS,
    RPC_EVENT_GAP_CONN_SEC_UPDATE,
    RPC_EVENT_GAP_TIMEOUT,
    RPC_EVENT_GAP_RSSI_CHANGED,
    RPC_EVENT_GAP_ADV_REPORT,
    RPC_EVENT_GAP_SEC_REQUEST,
    RPC_EVENT_GAP_CONN_PARAM_UPDATE_REQUEST,
    RPC_EVENT_GAP_PHY_UPDATE_REQUEST,
    RPC_EVENT_GAP_PHY_UPDATE,
    RPC_EVENT_GAP_DATA_LENGTH_UPDATE_REQUEST,
    RPC_EVENT_GAP_DATA_LENGTH_UPDATE, /* v3: DATA_LENGTH_CHANGED */
    RPC_EVENT_GATTC_PRIM_SRVC_DISC_RSP,
    RPC_EVENT_GATTC_CHAR_DISC_RSP,
    RPC_EVENT_GATTC_DESC_DISC_RSP,
    RPC_EVENT_GATTC_READ_RSP,
    RPC_EVENT_GATTC_WRITE_RSP,
    RPC_EVENT_GATTC_HVX,
    RPC_EVENT_GATTC_EXCHANGE_MTU_RSP,
    RPC_EVENT_GATTC_TIMEOUT,
    RPC_EVENT_GATTC_WRITE_CMD_TX_COMPLETE, /* v2, v3: TX_COMPLETE */
    RPC_EVENT_GATTS_SYS_ATTR_MISSING,
    RPC_EVENT_GATTS_HVC,
    RPC_EVENT_GATTS_EXCHANGE_MTU_REQUEST,
    RPC_EVENT_GATTS_TIMEOUT,
    RPC_EVENT_GATTS_HVN_TX_COMPLETE,
    RPC_EVENT_COUNT,
};

/* The encodings of one SoftDevice API. */
struct rpc_dialect;

/* The dialect of SoftDevice API `api` (2, 3, 5 or 6), NULL when there is none. Lives as long as the
 * program. */
const struct rpc_dialect *rpc_dialect_find(int api);
/* Its API number. */
int rpc_dialect_api(const struct rpc_dialect *dialect);

/* What else depends on the dialect. */
struct rpc_traits {
    uint16_t payload_max;       /* of a request; a longer one restarts the dongle (section 3) */
    uint16_t write_max;         /* bytes in one GATTC_WRITE; the same */
    uint16_t mtu_max;           /* the largest ATT_MTU; 23: there is no exchange */
    uint16_t status_full;       /* GATTC_WRITE's answer when all buffers are in use (section 13) */
    uint32_t scan_timeout_unit; /* us: of timeout in struct rpc_scan_params */
    bool scan_pauses;           /* a scan has to be continued after its reports (section 11.5) */
};

/* Those of this dialect. They live as long as the program. */
const struct rpc_traits *rpc_dialect_traits(const struct rpc_dialect *dialect);

/* Does the dialect have this command? */
bool rpc_dialect_has(const struct rpc_dialect *dialect, enum rpc_command command);

/* "GAP_CONNECT", as the specification has it; "?" for a command the dialect lacks. */
const char *rpc_command_name(const struct rpc_dialect *dialect, enum rpc_command command);
/* "GAP_ADV_REPORT"; "?" for an event the dialect lacks. */
const char *rpc_event_name(const struct rpc_dialect *dialect, enum rpc_event event);

/*
 * Writes the request `command` with the arguments *params (its own struct; NULL where there are
 * none) to `out`, packet type byte included. Returns its size, or 0 and nothing is worth sending:
 * the dialect lacks the command, option or configuration, a value does not fit its bits or the
 * firmware would not survive it (sections 5.1 and 14), or `capacity` is too small. H5_PAYLOAD_MAX
 * is always enough.
 */
size_t rpc_encode_request(const struct rpc_dialect *dialect, enum rpc_command command,
                          const void *params, void *out, size_t capacity);

enum rpc_verdict {
    RPC_OK,
    RPC_UNKNOWN,   /* well, but not this: another packet type, another command's response, an event
                      the dialect lacks */
    RPC_MALFORMED, /* too short, too long, a presence byte above 1, a list that can't be */
};

/*
 * Reads the response to `command`. *status is the SoftDevice's answer (0 = success). For status 0
 * the output fields go to *params (the command's response struct, or a whole union
 * rpc_response_params; NULL if of no interest); for any other there are none and *params is
 * untouched. Views point into `bytes`. With a verdict other than RPC_OK the outputs are worth
 * nothing.
 */
enum rpc_verdict rpc_decode_response(const struct rpc_dialect *dialect, enum rpc_command command,
                                     const void *bytes, size_t size, uint32_t *status,
                                     void *params);

/*
 * Reads an event: which one to *event, its contents to *params. Views point into `bytes`. With a
 * verdict other than RPC_OK the outputs are worth nothing. Unknown events are to be skipped
 * (section 5).
 */
enum rpc_verdict rpc_decode_event(const struct rpc_dialect *dialect, const void *bytes, size_t size,
                                  enum rpc_event *event, union rpc_event_params *params);

#endif
