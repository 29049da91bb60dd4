/* SPDX-License-Identifier: MIT */
/* Connecting, disconnecting, and what addresses and parameters look like. */
#include <stdio.h>
#include <string.h>

#include "sim/softdevice_internal.h"

#define NO_ADV_SET 0xFF

/* Values with dotted names */

int64_t sd_member(struct dongle_rpc_values *values, const char *name, const char *what)
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
    int64_t type =
        sd_member(values, name, "type_id.type") | sd_member(values, name, "type"); /* v2 */
    if (addr == NULL || addr->size != 6)
        return SD_INVALID_ADDR;
    if (type > 3 || (type > 0 && addr->bytes[5] >> 6 != top_bits[type]))
        return SD_INVALID_BLE_ADDR;
    if (sd_member(values, name, "type_id.id_peer") != 0)
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
    sd_put(values, address->type, "%s.type", name); /* v2 */
    snprintf(dotted, sizeof(dotted), "%s.addr", name);
    dongle_rpc_put_bytes(values, dotted, address->bytes, 6);
}

uint32_t sd_params_get(struct dongle_rpc_values *values, const char *name,
                       struct air_conn_params *out)
{
    int64_t least = sd_member(values, name, "min_interval"),
            most = sd_member(values, name, "max_interval");
    int64_t latency = sd_member(values, name, "latency");
    int64_t timeout = sd_member(values, name, "sup_timeout");
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

void sd_gap_stop(struct softdevice *sd)
{
    sim_cancel(sd->world, &sd->search_timer);
    air_scan_stop(&sd->scanner);
    sd->scan = (struct sd_scan){0};
    air_connect_stop(&sd->initiator);
    for (size_t i = 0; i < SD_LINKS_MAX; i++)
        if (sd->links[i].state == SD_LINK_CONNECTING)
            sd->links[i].state = SD_LINK_FREE;
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
    sd_address_put(event, "own", &state.central);
    dongle_rpc_put(event, "adv_handle", NO_ADV_SET);
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
    uint32_t status = sd_scan_check(call->sd, call->in, "scan");
    if (status != SD_SUCCESS)
        return status;
    if (!dongle_rpc_present(call->in, "peer"))
        return SD_INVALID_ADDR;
    status = sd_address_get(call->in, "peer", peer);
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
                                (uint32_t)sd_member(call->in, "scan", "interval") * SD_SCAN_UNIT_US,
                                (uint32_t)sd_member(call->in, "scan", "window") * SD_SCAN_UNIT_US,
                                &params, &capabilities, sd_link_ops(sd), connected, link);
    sd_search_begin(sd, call->in, "scan");
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
    {"GAP_CONNECT", SD_ENABLED, gap_connect},
    {"GAP_CONNECT_CANCEL", SD_ENABLED, connect_cancel},
    {"GAP_DISCONNECT", SD_LINK, disconnect},
    {NULL, SD_ALWAYS, NULL},
};
