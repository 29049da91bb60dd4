/* SPDX-License-Identifier: MIT */
/* OPT_SET, whose ids mean other things in every API (wire specification, section 7.2), and the
 * transmit power. */
#include "sim/softdevice_internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
    EVERY = 0, /* as an API: all of them */
    OCTETS_MIN = 27,
    OCTETS_MAX = 251,
    BANDWIDTH_LOW = 1,
    BANDWIDTH_HIGH = 3,
    ADVERTISER = 1, /* roles of TX_POWER_SET */
    CONNECTION = 3,
};

/*
 * A bandwidth is a number of packets per connection event: 1, 3, 6. Here it is a time; an exchange
 * of 27 octets takes 708 us. (As it is remembered; the wire specification has no numbers.)
 */
uint16_t sd_bandwidth_us(int64_t bandwidth)
{
    static const uint16_t times[] = {[BANDWIDTH_LOW] = 750, [2] = 2250, [BANDWIDTH_HIGH] = 4500};
    return times[bandwidth];
}

/* v2, v3: of links that begin later. */
static uint32_t set_bandwidth(struct sd_call *call)
{
    int64_t role = dongle_rpc_number(call->in, "option.value.role");
    int64_t tx = dongle_rpc_number(call->in, "option.value.tx");
    int64_t rx = dongle_rpc_number(call->in, "option.value.rx");
    if (role < 1 || role > SD_ROLE_CENTRAL || tx < BANDWIDTH_LOW || tx > BANDWIDTH_HIGH ||
        rx < BANDWIDTH_LOW || rx > BANDWIDTH_HIGH)
        return SD_INVALID_PARAM;
    if (role == SD_ROLE_CENTRAL)
        call->sd->config.plain.event_us = sd_bandwidth_us(tx > rx ? tx : rx);
    return SD_SUCCESS;
}

/* v3: of links that begin later; their data length procedure then starts by itself. */
static uint32_t set_octets(struct sd_call *call)
{
    int64_t octets = dongle_rpc_number(call->in, "option.value.max_pdu_payload");
    if (octets < OCTETS_MIN || octets > OCTETS_MAX)
        return SD_INVALID_PARAM;
    if (call->sd->setup.refuse_length != 0)
        return call->sd->setup.refuse_length;
    call->sd->octets = (uint16_t)octets;
    return SD_SUCCESS;
}

/* A switch that changes nothing here. */
static uint32_t set_switch(struct sd_call *call)
{
    return dongle_rpc_number(call->in, "option.value.enable") > 1 ? SD_INVALID_PARAM : SD_SUCCESS;
}

static uint32_t set_extended_events(struct sd_call *call)
{
    uint32_t status = set_switch(call);
    if (status == SD_SUCCESS)
        call->sd->extended_events = dongle_rpc_number(call->in, "option.value.enable") == 1;
    return status;
}

static uint32_t set_nothing(struct sd_call *call)
{
    (void)call;
    return SD_SUCCESS;
}

static uint32_t check_link(struct sd_call *call)
{
    int64_t conn = dongle_rpc_number(call->in, "option.value.conn");
    return conn >= SD_LINKS_MAX || call->sd->links[conn].air == NULL ? SD_INVALID_CONN_HANDLE
                                                                     : SD_SUCCESS;
}

/* Slave latency: for links on which this side is the peripheral. */
static uint32_t set_as_peripheral(struct sd_call *call)
{
    uint32_t status = check_link(call);
    return status == SD_SUCCESS ? SD_INVALID_STATE : status;
}

static uint32_t refuse(struct sd_call *call)
{
    (void)call;
    return SD_NOT_SUPPORTED; /* not modelled */
}

static const struct option {
    int api;
    uint32_t id;
    uint32_t (*set)(struct sd_call *call);
} options[] = {
    {EVERY, 0x20, set_nothing}, /* channel map */
    {EVERY, 0x21, set_as_peripheral},
    {EVERY, 0x22, set_nothing}, /* passkey */
    {2, 0x01, set_bandwidth},
    {2, 0x23, refuse}, /* privacy */
    {2, 0x24, set_switch},
    {2, 0x25, set_switch},
    {3, 0x01, set_bandwidth},
    {3, 0x02, set_nothing}, /* amplifiers */
    {3, 0x03, set_extended_events},
    {3, 0x23, set_switch},
    {3, 0x24, set_switch},
    {3, 0x25, check_link}, /* authenticated payload timeout */
    {3, 0x26, set_octets},
    {5, 0x01, set_nothing},
    {5, 0x02, set_extended_events},
    {5, 0x23, set_switch},
    {5, 0x24, set_switch},
    {5, 0x25, check_link},
    {5, 0x26, set_as_peripheral},
    {6, 0x01, set_nothing},
    {6, 0x02, set_extended_events},
    {6, 0x23, set_switch},
    {6, 0x24, check_link},
    {6, 0x25, set_as_peripheral},
};

static uint32_t opt_set(struct sd_call *call)
{
    uint32_t id = (uint32_t)dongle_rpc_number(call->in, "option.id");
    if (!dongle_rpc_present(call->in, "option.value"))
        return SD_INVALID_ADDR;
    for (size_t i = 0; i < COUNT(options); i++)
        if (options[i].id == id &&
            (options[i].api == EVERY || options[i].api == call->sd->traits->api))
            return options[i].set(call);
    return SD_INVALID_PARAM;
}

/* v6 says for what the power is meant. */
static uint32_t check_target(struct sd_call *call)
{
    int64_t role = dongle_rpc_number(call->in, "role");
    int64_t handle = dongle_rpc_number(call->in, "handle");
    if (role < ADVERTISER || role > CONNECTION)
        return SD_INVALID_PARAM;
    if (role == ADVERTISER)
        return SD_INVALID_ADV_HANDLE; /* there are no advertising sets */
    bool known = handle < SD_LINKS_MAX && call->sd->links[handle].air != NULL;
    return role == CONNECTION && !known ? SD_INVALID_CONN_HANDLE : SD_SUCCESS;
}

static uint32_t tx_power_set(struct sd_call *call)
{
    static const struct {
        int8_t dbm;
        uint8_t from, to; /* APIs */
        bool nrf52840;    /* on this chip only */
    } powers[] = {
        {-40, 2, 6, false}, {-30, 2, 2, false}, {-20, 2, 6, false}, {-16, 2, 6, false},
        {-12, 2, 6, false}, {-8, 2, 6, false},  {-4, 2, 6, false},  {0, 2, 6, false},
        {2, 6, 6, true},    {3, 3, 6, false},   {4, 2, 6, false},   {5, 6, 6, true},
        {6, 6, 6, true},    {7, 6, 6, true},    {8, 6, 6, true},
    };
    const struct softdevice *sd = call->sd;
    int api = sd->traits->api;
    int64_t power = dongle_rpc_number(call->in, "tx_power");
    for (size_t i = 0; i < COUNT(powers); i++)
        if (powers[i].dbm == power && api >= powers[i].from && api <= powers[i].to &&
            (sd->setup.nrf52840 || !powers[i].nrf52840))
            return api == 6 ? check_target(call) : SD_SUCCESS;
    return SD_INVALID_PARAM;
}

const struct sd_command sd_option_commands[] = {
    {"OPT_SET", SD_ENABLED, opt_set},
    {"GAP_TX_POWER_SET", SD_ENABLED, tx_power_set},
    {NULL, SD_ALWAYS, NULL},
};
