/* SPDX-License-Identifier: MIT */
/* A link's procedures: parameters, data length, PHY, signal strength. */
#include <stdlib.h>
#include <string.h>

#include "sim/softdevice_internal.h"
#include "sim/softdevice_security.h"

enum {
    OCTETS_MIN = 27,
    OCTETS_MAX = 251,
    TIME_MIN = 328, /* us */
    TIME_MAX = 17040,
    PHY_1M = 1,
    PHY_2M = 2,
    CHANNEL = 12, /* of the link's last packet: it is always this one here */
    IFS_US = 150,
    EVENT_OVERHEAD_US = 1000, /* radio start and scheduling inside an event */
};

/* µs on the 1M PHY of a packet with this many octets. */
static uint32_t packet_us(int64_t octets)
{
    return (uint32_t)(octets + 14) * 8;
}

/* Lifetime */

struct air_capabilities sd_link_capabilities(const struct softdevice *sd, const struct sd_tag *tag)
{
    uint16_t octets = sd->traits->length == SD_LENGTH_HOST ? OCTETS_MAX : sd->octets;
    return (struct air_capabilities){
        .max_octets = octets,
        .phys = sd->traits->phys,
        .event_length_us = sd->extended_events ? 0 : tag->event_us,
        .supports_length = sd->traits->length != SD_LENGTH_NONE,
    };
}

void sd_link_up(struct sd_link *link, struct air_link *air)
{
    link->state = SD_LINK_UP;
    link->air = air;
    link->mtu = SD_ATT_MTU;
    link->tx_octets = link->rx_octets = OCTETS_MIN;
    if (link->sd->traits->length == SD_LENGTH_ALONE && link->sd->octets > OCTETS_MIN)
        air_request_length(air, AIR_CENTRAL, link->sd->octets, link->sd->octets);
}

void sd_link_drop(struct sd_link *link)
{
    sd_gattc_stop(link);
    sd_security_drop(link);
    *link = (struct sd_link){.sd = link->sd, .handle = link->handle};
}

static void closed(void *context, struct air_link *air, uint8_t reason)
{
    (void)air;
    struct sd_link *link = context;
    struct dongle_rpc_values *event = sd_event_on(link);
    dongle_rpc_put(event, "reason", link->close_reason != 0 ? link->close_reason : reason);
    sd_event_send(link->sd, "GAP_DISCONNECTED", NULL);
    sd_link_drop(link);
}

static void receive(void *context, struct air_link *air, const uint8_t *pdu, size_t size)
{
    (void)air;
    struct sd_link *link = context;
    if (size == 0 || link->state != SD_LINK_UP)
        return;
    bool client = pdu[0] == ATT_ERROR || pdu[0] == ATT_NOTIFICATION || pdu[0] == ATT_INDICATION ||
                  ((pdu[0] & 0x41) == 1 && pdu[0] <= ATT_EXECUTE_RESPONSE);
    if (client)
        sd_gattc_receive(link, pdu, size);
    else
        sd_gatts_receive(link, pdu, size);
}

static void sent(void *context, struct air_link *air, const uint32_t *tags, size_t count)
{
    (void)air;
    size_t writes = 0;
    for (size_t i = 0; i < count; i++)
        writes += tags[i] == SD_AIR_WRITE_COMMAND;
    if (writes > 0)
        sd_gattc_written(context, writes);
}

/* Connection parameters */

static void params_changed(void *context, struct air_link *air,
                           const struct air_conn_params *params)
{
    (void)air;
    struct sd_link *link = context;
    link->params_pending = false;
    sd_params_put(sd_event_on(link), "params", params->interval, params);
    sd_event_send(link->sd, "GAP_CONN_PARAM_UPDATE", NULL);
}

static void params_requested(void *context, struct air_link *air, uint16_t interval_min,
                             uint16_t interval_max, uint16_t latency, uint16_t supervision_timeout)
{
    (void)air;
    struct sd_link *link = context;
    link->params_asked = true;
    const struct air_conn_params params = {interval_max, latency, supervision_timeout};
    sd_params_put(sd_event_on(link), "params", interval_min, &params);
    sd_event_send(link->sd, "GAP_CONN_PARAM_UPDATE_REQUEST", NULL);
}

static uint32_t conn_param_update(struct sd_call *call)
{
    struct sd_link *link = call->link;
    struct air_conn_params params;
    if (!dongle_rpc_present(call->in, "params")) {
        if (!link->params_asked)
            return SD_INVALID_STATE;
        link->params_asked = false;
        air_reject_params(link->air);
        return SD_SUCCESS;
    }
    if (sd_params_get(call->in, "params", &params) != SD_SUCCESS)
        return SD_INVALID_PARAM;
    if (link->params_pending)
        return SD_BUSY;
    link->params_asked = false;
    link->params_pending = true;
    air_update_params(link->air, &params);
    return SD_SUCCESS;
}

/* Data length */

static void put_length(struct sd_link *link, uint16_t tx, uint16_t rx, const char *name, bool *told)
{
    struct dongle_rpc_values *event = sd_event_on(link);
    dongle_rpc_put(event, "params.max_tx_octets", tx);
    dongle_rpc_put(event, "params.max_rx_octets", rx);
    dongle_rpc_put(event, "params.max_tx_time_us", packet_us(tx));
    dongle_rpc_put(event, "params.max_rx_time_us", packet_us(rx));
    sd_event_send(link->sd, name, told);
}

static void length_changed(void *context, struct air_link *air, uint16_t tx, uint16_t rx)
{
    (void)air;
    struct sd_link *link = context;
    link->length_pending = false;
    put_length(link, tx, rx, "GAP_DATA_LENGTH_UPDATE", NULL);
}

/* The SoftDevice's own procedure, or the peer's, is over: only a change is told. */
static void length_changed_alone(void *context, struct air_link *air, uint16_t tx, uint16_t rx)
{
    (void)air;
    struct sd_link *link = context;
    if (tx == link->tx_octets && rx == link->rx_octets)
        return;
    link->tx_octets = tx;
    link->rx_octets = rx;
    struct dongle_rpc_values *event = sd_event_on(link);
    dongle_rpc_put(event, "max_tx_octets", tx);
    dongle_rpc_put(event, "max_tx_time_us", packet_us(tx));
    dongle_rpc_put(event, "max_rx_octets", rx);
    dongle_rpc_put(event, "max_rx_time_us", packet_us(rx));
    sd_event_send(link->sd, "DATA_LENGTH_CHANGED", NULL);
}

static void length_requested(void *context, struct air_link *air, uint16_t max_tx, uint16_t max_rx)
{
    (void)air;
    struct sd_link *link = context;
    link->length_asked = true;
    link->length_told = false;
    put_length(link, max_tx, max_rx, "GAP_DATA_LENGTH_UPDATE_REQUEST", &link->length_told);
}

/* Whether a connection event has room for one packet of this length each way. */
static bool fits(const struct sd_link *link, int64_t tx, int64_t rx)
{
    uint32_t need = packet_us(tx) + packet_us(rx) + 2 * IFS_US + EVENT_OVERHEAD_US;
    return need <= link->tag.event_us;
}

/* What "automatic" means: the longest packets that the event length allows. */
static int64_t longest(const struct sd_link *link)
{
    int64_t octets = OCTETS_MAX;
    while (octets > OCTETS_MIN && !fits(link, octets, octets))
        octets--;
    return octets;
}

/* The octets of a packet of at most `us`, which may be 0: no limit. */
static int64_t limit_octets(int64_t octets, int64_t us)
{
    int64_t most = us / 8 - 14;
    return us != 0 && most < octets ? most : octets;
}

static bool in_range(int64_t octets, int64_t us)
{
    return (octets == 0 || (octets >= OCTETS_MIN && octets <= OCTETS_MAX)) &&
           (us == 0 || (us >= TIME_MIN && us <= TIME_MAX));
}

static uint32_t check_length(struct sd_call *call, int64_t *tx, int64_t *rx)
{
    int64_t tx_us = dongle_rpc_number(call->in, "params.max_tx_time_us");
    int64_t rx_us = dongle_rpc_number(call->in, "params.max_rx_time_us");
    *tx = dongle_rpc_number(call->in, "params.max_tx_octets");
    *rx = dongle_rpc_number(call->in, "params.max_rx_octets");
    if (call->sd->traits->api == 5 && (tx_us != 0 || rx_us != 0 || *tx != *rx))
        return in_range(*tx, 0) && in_range(*rx, 0) ? SD_NOT_SUPPORTED : SD_INVALID_PARAM;
    if (!in_range(*tx, tx_us) || !in_range(*rx, rx_us))
        return SD_INVALID_PARAM;
    int64_t most = longest(call->link);
    *tx = limit_octets(*tx != 0 ? *tx : most, tx_us);
    *rx = limit_octets(*rx != 0 ? *rx : most, rx_us);
    return fits(call->link, *tx, *rx) ? SD_SUCCESS : SD_RESOURCES;
}

static uint32_t data_length_update(struct sd_call *call)
{
    struct sd_link *link = call->link;
    int64_t tx, rx;
    if (call->sd->setup.refuse_length != 0)
        return call->sd->setup.refuse_length;
    uint32_t status = check_length(call, &tx, &rx);
    if (status != SD_SUCCESS)
        return status;
    if (link->length_pending || (link->length_asked && !link->length_told))
        return SD_BUSY;
    link->length_pending =
        !link->length_asked; /* an answer that changes nothing ends without an event */
    link->length_asked = false;
    air_request_length(link->air, AIR_CENTRAL, (uint16_t)tx, (uint16_t)rx);
    if (dongle_rpc_number(call->in, "want_limitation") != 0)
        dongle_rpc_put_kind(call->out, "limitation", DONGLE_RPC_STRUCT, 0);
    return SD_SUCCESS;
}

/* PHY */

static void phy_changed(void *context, struct air_link *air, uint8_t status, uint8_t tx_phy,
                        uint8_t rx_phy)
{
    (void)air;
    struct sd_link *link = context;
    link->phy_pending = false;
    struct dongle_rpc_values *event = sd_event_on(link);
    dongle_rpc_put(event, "status", status);
    dongle_rpc_put(event, "tx_phy", tx_phy);
    dongle_rpc_put(event, "rx_phy", rx_phy);
    sd_event_send(link->sd, "GAP_PHY_UPDATE", NULL);
}

static void phy_requested(void *context, struct air_link *air, uint8_t tx_phys, uint8_t rx_phys)
{
    (void)air;
    struct sd_link *link = context;
    link->phy_asked = true;
    link->phy_told = false;
    struct dongle_rpc_values *event = sd_event_on(link);
    dongle_rpc_put(event, "phys.tx", tx_phys);
    dongle_rpc_put(event, "phys.rx", rx_phys);
    sd_event_send(link->sd, "GAP_PHY_UPDATE_REQUEST", &link->phy_told);
}

static uint32_t phy_update(struct sd_call *call)
{
    struct sd_link *link = call->link;
    if (call->sd->setup.refuse_phy != 0)
        return call->sd->setup.refuse_phy;
    int64_t tx = dongle_rpc_number(call->in, "phys.tx"),
            rx = dongle_rpc_number(call->in, "phys.rx");
    if (!dongle_rpc_present(call->in, "phys") && !link->phy_asked)
        return SD_INVALID_STATE; /* there is nothing to be answered */
    if (((tx | rx) & ~(PHY_1M | PHY_2M)) != 0)
        return SD_INVALID_PARAM;
    if (link->phy_pending || (link->phy_asked && !link->phy_told))
        return SD_BUSY;
    link->phy_pending = !link->phy_asked;
    link->phy_asked = false;
    air_request_phy(link->air, AIR_CENTRAL, (uint8_t)tx, (uint8_t)rx);
    return SD_SUCCESS;
}

/* Signal strength */

static uint32_t rssi_start(struct sd_call *call)
{
    if (call->link->rssi_running)
        return SD_INVALID_STATE;
    call->link->rssi_running = true;
    if (dongle_rpc_number(call->in, "threshold_dbm") == 0xFF)
        return SD_SUCCESS;
    /* The strength never changes here, so there is one event: that of the first sample. */
    struct dongle_rpc_values *event = sd_event_on(call->link);
    dongle_rpc_put(event, "rssi", call->sd->rssi);
    dongle_rpc_put(event, "ch_index", CHANNEL);
    sd_event_send(call->sd, "GAP_RSSI_CHANGED", NULL);
    return SD_SUCCESS;
}

static uint32_t rssi_stop(struct sd_call *call)
{
    if (!call->link->rssi_running)
        return SD_INVALID_STATE;
    call->link->rssi_running = false;
    return SD_SUCCESS;
}

static uint32_t rssi_get(struct sd_call *call)
{
    const struct dongle_rpc_value *channel = dongle_rpc_find(call->in, "want_ch_index");
    if (dongle_rpc_number(call->in, "want_rssi") == 0 || (channel != NULL && channel->number == 0))
        return SD_INVALID_ADDR;
    if (!call->link->rssi_running)
        return SD_INVALID_STATE;
    dongle_rpc_put(call->out, "rssi", call->sd->rssi);
    dongle_rpc_put(call->out, "ch_index", CHANNEL);
    return SD_SUCCESS;
}

/* Security */

static void receive_smp(void *context, struct air_link *air, const uint8_t *pdu, size_t size)
{
    (void)air;
    sd_security_receive(context, pdu, size);
}

static void sent_smp(void *context, struct air_link *air)
{
    (void)air;
    sd_security_sent(context);
}

static void encrypted(void *context, struct air_link *air, uint8_t status)
{
    (void)air;
    sd_security_encrypted(context, status);
}

const struct air_link_ops *sd_link_ops(const struct softdevice *sd)
{
    static const struct air_link_ops asked = {
        .receive = receive,
        .sent = sent,
        .closed = closed,
        .params_changed = params_changed,
        .params_requested = params_requested,
        .receive_smp = receive_smp,
        .sent_smp = sent_smp,
        .encrypted = encrypted,
        .length_changed = length_changed,
        .phy_changed = phy_changed,
        .length_requested = length_requested,
        .phy_requested = phy_requested,
    };
    /* v2, v3: the link layer answers by itself. */
    static const struct air_link_ops alone = {
        .receive = receive,
        .sent = sent,
        .closed = closed,
        .params_changed = params_changed,
        .params_requested = params_requested,
        .receive_smp = receive_smp,
        .sent_smp = sent_smp,
        .encrypted = encrypted,
        .length_changed = length_changed_alone,
    };
    return sd->traits->length == SD_LENGTH_HOST ? &asked : &alone;
}

const struct sd_command sd_link_commands[] = {
    {"GAP_CONN_PARAM_UPDATE", SD_LINK, conn_param_update},
    {"GAP_DATA_LENGTH_UPDATE", SD_LINK, data_length_update},
    {"GAP_PHY_UPDATE", SD_LINK, phy_update},
    {"GAP_RSSI_START", SD_LINK, rssi_start},
    {"GAP_RSSI_STOP", SD_LINK, rssi_stop},
    {"GAP_RSSI_GET", SD_LINK, rssi_get},
    {NULL, SD_ALWAYS, NULL},
};
