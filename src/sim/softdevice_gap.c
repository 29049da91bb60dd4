/* SPDX-License-Identifier: MIT */
/* Scanning, connecting, disconnecting. */
#include <stdio.h>
#include <string.h>

#include "sim/softdevice_internal.h"

#define SCAN_UNIT_US   625u
#define SEARCH_UNIT_US 1000000u /* v5 counts timeouts of scan and connect in seconds */

/* Values with dotted names */

static int64_t member(struct dongle_rpc_values *values, const char *name, const char *what)
{
    char dotted[48];
    snprintf(dotted, sizeof(dotted), "%s.%s", name, what);
    return dongle_rpc_number(values, dotted);
}

uint32_t sd_address_get(struct dongle_rpc_values *values, const char *name, struct air_address *out)
{
    /* The top two bits of a random address name its kind: static, resolvable, non-resolvable. */
    static const int top_bits[] = {-1, 3, 1, 0};
    char dotted[48];
    snprintf(dotted, sizeof(dotted), "%s.addr", name);
    const struct dongle_rpc_value *addr = dongle_rpc_find(values, dotted);
    int64_t type = member(values, name, "type_id.type");
    if (addr == NULL || addr->size != 6)
        return SD_INVALID_ADDR;
    if (type > 3 || (type > 0 && addr->bytes[5] >> 6 != top_bits[type]))
        return SD_INVALID_BLE_ADDR;
    if (member(values, name, "type_id.id_peer") != 0)
        return SD_INVALID_PARAM; /* no identities were ever set */
    out->type = (uint8_t)type;
    memcpy(out->bytes, addr->bytes, 6);
    return SD_SUCCESS;
}

void sd_address_put(struct dongle_rpc_values *values, const char *name,
                    const struct air_address *address)
{
    char dotted[48];
    sd_put(values, address->type, "%s.type_id.type", name);
    snprintf(dotted, sizeof(dotted), "%s.addr", name);
    dongle_rpc_put_bytes(values, dotted, address->bytes, 6);
}

uint32_t sd_params_get(struct dongle_rpc_values *values, const char *name,
                       struct air_conn_params *out)
{
    int64_t least = member(values, name, "min_interval"),
            most = member(values, name, "max_interval");
    int64_t latency = member(values, name, "latency");
    int64_t timeout = member(values, name, "sup_timeout");
    bool good = least >= 6 && least <= most && most <= 3200 && latency <= 499 && timeout >= 10 &&
                timeout <= 3200 && timeout * 4 > (1 + latency) * most;
    *out = (struct air_conn_params){(uint16_t)most, (uint16_t)latency, (uint16_t)timeout};
    return good ? SD_SUCCESS : SD_INVALID_PARAM;
}

void sd_params_put(struct dongle_rpc_values *values, const char *name, uint16_t interval_min,
                   const struct air_conn_params *params)
{
    sd_put(values, interval_min, "%s.min_interval", name);
    sd_put(values, params->interval, "%s.max_interval", name);
    sd_put(values, params->latency, "%s.latency", name);
    sd_put(values, params->supervision_timeout, "%s.sup_timeout", name);
}

/* Scanning */

static uint32_t check_scan(struct dongle_rpc_values *values, const char *name)
{
    int64_t interval = member(values, name, "interval"), window = member(values, name, "window");
    /* A whitelist can't have been set: that command is not modelled. */
    bool good = window >= 4 && window <= interval && interval <= 0x4000 &&
                member(values, name, "flags.use_whitelist") == 0;
    return good ? SD_SUCCESS : SD_INVALID_PARAM;
}

void sd_gap_stop(struct softdevice *sd)
{
    sim_cancel(sd->world, &sd->search_timer);
    air_scan_stop(&sd->scanner);
    air_connect_stop(&sd->initiator);
    for (size_t i = 0; i < SD_LINKS_MAX; i++)
        if (sd->links[i].state == SD_LINK_CONNECTING)
            sd->links[i].state = SD_LINK_FREE;
}

static void search_timed_out(void *context)
{
    struct softdevice *sd = context;
    sd->search_timer = 0;
    bool scanning = sd->scanner != NULL;
    sd_gap_stop(sd);
    struct dongle_rpc_values *event = sd_event_begin(sd);
    dongle_rpc_put(event, "conn", SD_NO_CONNECTION);
    dongle_rpc_put(event, "src", scanning ? SD_TIMEOUT_SCAN : SD_TIMEOUT_CONNECT);
    sd_event_send(sd, "GAP_TIMEOUT", NULL);
}

static void start_search_timer(struct softdevice *sd, int64_t seconds)
{
    if (seconds > 0)
        sd->search_timer =
            sim_after(sd->world, (uint64_t)seconds * SEARCH_UNIT_US, search_timed_out, sd);
}

static void report(void *context, const struct air_address *address, int8_t rssi, bool connectable,
                   bool scannable, bool scan_response, const uint8_t *data, size_t size)
{
    struct softdevice *sd = context;
    struct dongle_rpc_values *event = sd_event_begin(sd);
    sd->rssi = rssi;
    dongle_rpc_put(event, "conn", SD_NO_CONNECTION);
    sd_address_put(event, "peer", address);
    dongle_rpc_put(event, "rssi", rssi);
    dongle_rpc_put(event, "flags.scan_rsp", scan_response);
    dongle_rpc_put(event, "flags.adv_type", connectable || scan_response ? 0 : scannable ? 2 : 3);
    dongle_rpc_put_bytes(event, "data", data, size);
    sd_event_send(sd, "GAP_ADV_REPORT", NULL);
}

static uint32_t scan_start(struct sd_call *call)
{
    struct softdevice *sd = call->sd;
    if (!dongle_rpc_present(call->in, "params"))
        return SD_INVALID_ADDR;
    if (check_scan(call->in, "params") != SD_SUCCESS)
        return SD_INVALID_PARAM;
    if (sd->scanner != NULL || sd->initiator != NULL)
        return SD_INVALID_STATE;
    sd->scanner =
        air_scan(sd->air, member(call->in, "params", "flags.active") != 0,
                 (uint32_t)member(call->in, "params", "interval") * SCAN_UNIT_US,
                 (uint32_t)member(call->in, "params", "window") * SCAN_UNIT_US, report, sd);
    start_search_timer(sd, member(call->in, "params", "timeout"));
    return SD_SUCCESS;
}

static uint32_t scan_stop(struct sd_call *call)
{
    if (call->sd->scanner == NULL)
        return SD_INVALID_STATE;
    sd_gap_stop(call->sd);
    return SD_SUCCESS;
}

/* Connecting */

static void connected(void *context, struct air_link *air)
{
    struct sd_link *link = context;
    struct softdevice *sd = link->sd;
    struct air_link_state state;
    sd->initiator = NULL; /* it ended itself */
    sim_cancel(sd->world, &sd->search_timer);
    sd_link_up(link, air);
    air_link_get(air, &state);
    struct dongle_rpc_values *event = sd_event_on(link);
    sd_address_put(event, "peer", &link->peer);
    dongle_rpc_put(event, "role", SD_ROLE_CENTRAL);
    sd_params_put(event, "conn_params", state.params.interval, &state.params);
    sd_event_send(sd, "GAP_CONNECTED", NULL);
}

/* A free handle for a link of this tag; NULL and a status if there is none. */
static struct sd_link *free_link(struct softdevice *sd, const struct sd_tag *tag, uint32_t *status)
{
    struct sd_link *found = NULL;
    unsigned all = 0, same = 0;
    for (size_t i = 0; i < SD_LINKS_MAX; i++) {
        struct sd_link *link = &sd->links[i];
        if (link->state == SD_LINK_FREE) {
            found = found == NULL ? link : found;
            continue;
        }
        all++;
        same += link->tag.tag == tag->tag;
    }
    *status = same >= tag->conn_count     ? SD_CONN_COUNT
              : all >= sd->config.central ? SD_RESOURCES
                                          : SD_SUCCESS;
    return *status == SD_SUCCESS ? found : NULL;
}

static uint32_t check_connect(struct sd_call *call, struct air_address *peer,
                              struct air_conn_params *params)
{
    if (!dongle_rpc_present(call->in, "scan") || !dongle_rpc_present(call->in, "conn_params"))
        return SD_INVALID_ADDR;
    if (check_scan(call->in, "scan") != SD_SUCCESS)
        return SD_INVALID_PARAM;
    if (!dongle_rpc_present(call->in, "peer"))
        return SD_INVALID_ADDR;
    uint32_t status = sd_address_get(call->in, "peer", peer);
    return status != SD_SUCCESS ? status : sd_params_get(call->in, "conn_params", params);
}

static uint32_t gap_connect(struct sd_call *call)
{
    struct softdevice *sd = call->sd;
    struct air_address peer;
    struct air_conn_params params;
    uint32_t status = check_connect(call, &peer, &params);
    if (status != SD_SUCCESS)
        return status;
    if (sd->initiator != NULL)
        return SD_INVALID_STATE;
    const struct sd_tag *tag = sd_config_tag(sd, (uint8_t)dongle_rpc_number(call->in, "cfg_tag"));
    if (tag == NULL)
        return SD_NOT_FOUND;
    struct sd_link *link = free_link(sd, tag, &status);
    if (link == NULL)
        return status;
    sd_gap_stop(sd);
    link->state = SD_LINK_CONNECTING;
    link->tag = *tag;
    link->peer = peer;
    struct air_capabilities capabilities = sd_link_capabilities(sd, tag);
    sd->initiator = air_connect(sd->air, &peer, &sd->address,
                                (uint32_t)member(call->in, "scan", "interval") * SCAN_UNIT_US,
                                (uint32_t)member(call->in, "scan", "window") * SCAN_UNIT_US,
                                &params, &capabilities, &sd_link_ops, connected, link);
    start_search_timer(sd, member(call->in, "scan", "timeout"));
    return SD_SUCCESS;
}

static uint32_t connect_cancel(struct sd_call *call)
{
    if (call->sd->initiator == NULL)
        return SD_INVALID_STATE;
    sd_gap_stop(call->sd);
    return SD_SUCCESS;
}

static uint32_t disconnect(struct sd_call *call)
{
    uint8_t reason = (uint8_t)dongle_rpc_number(call->in, "reason");
    if (reason != 0x13 && reason != 0x3B)
        return SD_INVALID_PARAM;
    call->link->state = SD_LINK_CLOSING;
    air_disconnect(call->link->air, AIR_CENTRAL, reason);
    return SD_SUCCESS;
}

const struct sd_command sd_gap_commands[] = {
    {"GAP_SCAN_START", SD_ENABLED, scan_start}, {"GAP_SCAN_STOP", SD_ENABLED, scan_stop},
    {"GAP_CONNECT", SD_ENABLED, gap_connect},   {"GAP_CONNECT_CANCEL", SD_ENABLED, connect_cancel},
    {"GAP_DISCONNECT", SD_LINK, disconnect},    {NULL, SD_ALWAYS, NULL},
};
