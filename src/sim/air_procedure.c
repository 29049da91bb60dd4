/*
 * SPDX-License-Identifier: MIT
 * Link layer procedures: connection parameters, data length, PHY (Core Vol 6 Part B 5.1), each as
 * the few packets it is made of.
 */
#include <string.h>

#include "sim/air_internal.h"

#define MAX_OCTETS 251u

static enum air_end other(enum air_end end)
{
    return end == AIR_CENTRAL ? AIR_PERIPHERAL : AIR_CENTRAL;
}

static uint16_t least(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

/* Instants */

bool air_procedure_blocks(const struct air_link *link, const struct air_packet *packet)
{
    return (packet->kind == AIR_UPDATE || packet->kind == AIR_PHY_UPDATE) &&
           (link->pending.update || link->pending.phy);
}

static void instant_due(void *context)
{
    air_procedure_instant(context);
}

static void set_instant(struct air_link *link)
{
    struct air_pending *pending = &link->pending;
    pending->time = link->held + AIR_INSTANT_EVENTS * air_link_interval(link);
    pending->timer = sim_at(link->air->world, pending->time, instant_due, link);
}

static void tell_params(struct air_link *link)
{
    for (int end = 0; end < 2 && !link->broken; end++) {
        struct air_side *side = &link->side[end];
        if (side->ops->params_changed != NULL)
            side->ops->params_changed(side->context, link, &link->state.params);
    }
}

/* The end that began the procedure learns its end in any case, the other one only of a change. */
static void tell_phys(struct air_link *link, bool changed)
{
    for (int end = 0; end < 2 && !link->broken; end++) {
        struct air_side *side = &link->side[end];
        bool tell = side->phy.began || changed;
        side->phy.began = false;
        if (tell && side->ops->phy_changed != NULL)
            side->ops->phy_changed(side->context, link, 0, link->state.tx_phy[end],
                                   link->state.tx_phy[1 - end]);
    }
}

static void apply_phys(struct air_link *link, const uint8_t phys[2])
{
    for (int end = 0; end < 2; end++) {
        if (phys[end] != 0)
            link->state.tx_phy[end] = phys[end];
    }
}

void air_procedure_instant(struct air_link *link)
{
    struct air_pending due = link->pending;
    struct sim_world *world = link->air->world;
    if ((!due.update && !due.phy) || sim_now(world) < due.time)
        return;
    sim_cancel(world, &link->pending.timer);
    link->pending = (struct air_pending){0};
    if (due.update) {
        link->state.params = due.params;
        link->anchor = due.time;
        sim_cancel(world, &link->event);
        tell_params(link);
    } else {
        apply_phys(link, due.phys);
        tell_phys(link, true);
    }
    air_link_wake(link);
}

/* Connection parameters */

static void params_request_arrived(struct air_link *link, enum air_end end,
                                   const struct air_packet *packet)
{
    (void)end;
    const uint16_t *v = packet->value;
    const struct air_side *central = &link->side[AIR_CENTRAL];
    link->params_asked = true;
    if (central->ops->params_requested != NULL) {
        central->ops->params_requested(central->context, link, v[0], v[1], v[2], v[3]);
        return;
    }
    const struct air_conn_params params = {v[1], v[2], v[3]};
    air_update_params(link, &params);
}

static void params_answer_arrived(struct air_link *link, enum air_end end,
                                  const struct air_packet *packet)
{
    const struct air_side *side = &link->side[other(end)];
    if (side->ops->params_answered != NULL)
        side->ops->params_answered(side->context, link, packet->value[0] != 0);
}

static void update_arrived(struct air_link *link, enum air_end end, const struct air_packet *packet)
{
    (void)end;
    link->pending.update = true;
    link->pending.params =
        (struct air_conn_params){packet->value[0], packet->value[1], packet->value[2]};
    set_instant(link);
}

void air_request_params(struct air_link *link, uint16_t interval_min, uint16_t interval_max,
                        uint16_t latency, uint16_t supervision_timeout)
{
    air_link_push(link, AIR_PERIPHERAL, AIR_PARAMS_REQUEST,
                  (const uint16_t[4]){interval_min, interval_max, latency, supervision_timeout});
}

static void answer_params(struct air_link *link, bool accepted)
{
    if (!link->params_asked)
        return;
    link->params_asked = false;
    air_link_push(link, AIR_CENTRAL, AIR_PARAMS_ANSWER, (const uint16_t[4]){accepted});
}

void air_update_params(struct air_link *link, const struct air_conn_params *params)
{
    answer_params(link, true);
    uint16_t interval = params->interval > 0 ? params->interval : 1;
    air_link_push(link, AIR_CENTRAL, AIR_UPDATE,
                  (const uint16_t[4]){interval, params->latency, params->supervision_timeout});
}

void air_reject_params(struct air_link *link)
{
    answer_params(link, false);
}

static void terminate_arrived(struct air_link *link, enum air_end end,
                              const struct air_packet *packet)
{
    if (link->terminated)
        return;
    link->terminated = true;
    link->terminator = end;
    link->reason = (uint8_t)packet->value[0];
}

/* Data length */

static uint16_t clamp_octets(const struct air_side *side, uint16_t octets)
{
    uint16_t most = least(side->capabilities.max_octets, MAX_OCTETS);
    octets = least(octets, most);
    return octets < AIR_MIN_OCTETS ? AIR_MIN_OCTETS : octets;
}

static void tell_length(struct air_link *link, enum air_end end)
{
    const struct air_side *side = &link->side[end];
    if (!link->broken && side->ops->length_changed != NULL)
        side->ops->length_changed(side->context, link, link->state.tx_octets[end],
                                  link->state.tx_octets[other(end)]);
}

static void push_length(struct air_link *link, enum air_end end, enum air_kind kind)
{
    const uint16_t *own = link->side[end].length.own;
    air_link_push(link, end, kind, (const uint16_t[4]){own[0], own[1]});
}

void air_request_length(struct air_link *link, enum air_end end, uint16_t max_tx, uint16_t max_rx)
{
    struct air_side *side = &link->side[end];
    struct air_procedure *length = &side->length;
    if (!side->capabilities.supports_length || (length->began && !length->asked))
        return;
    length->own[0] = clamp_octets(side, max_tx);
    length->own[1] = clamp_octets(side, max_rx);
    if (!length->asked)
        length->began = true;
    push_length(link, end, length->asked ? AIR_LENGTH_ANSWER : AIR_LENGTH_REQUEST);
    length->asked = false;
}

static void length_request_arrived(struct air_link *link, enum air_end end,
                                   const struct air_packet *packet)
{
    enum air_end to = other(end);
    struct air_side *side = &link->side[to];
    if (!side->capabilities.supports_length) {
        air_link_push(link, to, AIR_LENGTH_UNKNOWN, (const uint16_t[4]){0});
    } else if (side->length.began) {
        push_length(link, to, AIR_LENGTH_ANSWER);
    } else {
        side->length.asked = true;
        if (side->ops->length_requested != NULL)
            side->ops->length_requested(side->context, link, packet->value[0], packet->value[1]);
        else
            air_request_length(link, to, MAX_OCTETS, MAX_OCTETS);
    }
}

static void length_answer_arrived(struct air_link *link, enum air_end end,
                                  const struct air_packet *packet)
{
    enum air_end to = other(end);
    struct air_procedure *length = &link->side[to].length;
    uint16_t tx = least(length->own[0], packet->value[1]);
    uint16_t rx = least(length->own[1], packet->value[0]);
    bool changed = link->state.tx_octets[to] != tx || link->state.tx_octets[end] != rx;
    link->state.tx_octets[to] = tx;
    link->state.tx_octets[end] = rx;
    length->began = false;
    tell_length(link, to);
    if (changed)
        tell_length(link, end);
}

static void length_unknown_arrived(struct air_link *link, enum air_end end,
                                   const struct air_packet *packet)
{
    (void)packet;
    link->side[other(end)].length.began = false;
    tell_length(link, other(end));
}

/* PHY */

/* The PHY for one direction: the fastest that both can; 0 = no change. */
static uint16_t choose_phy(uint16_t tx, uint16_t rx, uint8_t now)
{
    uint16_t both = tx & rx;
    uint8_t phy = both & AIR_PHY_2M ? AIR_PHY_2M : both & AIR_PHY_1M ? AIR_PHY_1M : now;
    return phy == now ? 0 : phy;
}

/* The central has heard what the peripheral can, and decides. */
static void decide_phys(struct air_link *link)
{
    const struct air_procedure *phy = &link->side[AIR_CENTRAL].phy;
    const uint8_t *now = link->state.tx_phy;
    const uint16_t value[4] = {choose_phy(phy->own[0], phy->peer[1], now[AIR_CENTRAL]),
                               choose_phy(phy->peer[0], phy->own[1], now[AIR_PERIPHERAL])};
    air_link_push(link, AIR_CENTRAL, AIR_PHY_UPDATE, value);
}

static void push_phys(struct air_link *link, enum air_end end, enum air_kind kind)
{
    const uint16_t *own = link->side[end].phy.own;
    air_link_push(link, end, kind, (const uint16_t[4]){own[0], own[1]});
}

static uint8_t mask_phys(const struct air_side *side, uint8_t phys)
{
    uint8_t able = side->capabilities.phys;
    return phys == 0 ? able : phys & able;
}

void air_request_phy(struct air_link *link, enum air_end end, uint8_t tx_phys, uint8_t rx_phys)
{
    struct air_side *side = &link->side[end];
    struct air_procedure *phy = &side->phy;
    if (side->capabilities.phys == 0 || (phy->began && !phy->asked))
        return;
    phy->own[0] = mask_phys(side, tx_phys);
    phy->own[1] = mask_phys(side, rx_phys);
    if (!phy->asked) {
        phy->began = true;
        push_phys(link, end, AIR_PHY_REQUEST);
    } else if (end == AIR_CENTRAL) {
        decide_phys(link);
    } else {
        push_phys(link, end, AIR_PHY_ANSWER);
    }
    phy->asked = false;
}

static void phy_request_arrived(struct air_link *link, enum air_end end,
                                const struct air_packet *packet)
{
    enum air_end to = other(end);
    struct air_side *side = &link->side[to];
    memcpy(side->phy.peer, packet->value, sizeof(side->phy.peer));
    if (side->capabilities.phys == 0) {
        air_link_push(link, to, AIR_PHY_REJECT, (const uint16_t[4]){HCI_UNSUPPORTED_FEATURE});
    } else if (side->phy.began && to == AIR_CENTRAL) {
        air_link_push(link, to, AIR_PHY_REJECT, (const uint16_t[4]){HCI_COLLISION});
    } else if (side->phy.began) {
        push_phys(link, to, AIR_PHY_ANSWER);
    } else {
        side->phy.asked = true;
        if (side->ops->phy_requested != NULL)
            side->ops->phy_requested(side->context, link, (uint8_t)packet->value[0],
                                     (uint8_t)packet->value[1]);
        else
            air_request_phy(link, to, 0, 0);
    }
}

static void phy_answer_arrived(struct air_link *link, enum air_end end,
                               const struct air_packet *packet)
{
    struct air_procedure *phy = &link->side[other(end)].phy;
    memcpy(phy->peer, packet->value, sizeof(phy->peer));
    decide_phys(link);
}

static void phy_update_arrived(struct air_link *link, enum air_end end,
                               const struct air_packet *packet)
{
    (void)end;
    uint8_t phys[2] = {(uint8_t)packet->value[0], (uint8_t)packet->value[1]};
    if (phys[0] == 0 && phys[1] == 0) {
        tell_phys(link, false);
        return;
    }
    link->pending.phy = true;
    memcpy(link->pending.phys, phys, sizeof(phys));
    set_instant(link);
}

static void phy_reject_arrived(struct air_link *link, enum air_end end,
                               const struct air_packet *packet)
{
    enum air_end to = other(end);
    struct air_side *side = &link->side[to];
    side->phy.began = false;
    if (side->ops->phy_changed != NULL)
        side->ops->phy_changed(side->context, link, (uint8_t)packet->value[0],
                               link->state.tx_phy[to], link->state.tx_phy[end]);
}

typedef void (*arrival)(struct air_link *link, enum air_end end, const struct air_packet *packet);

static const arrival arrivals[] = {
    [AIR_PARAMS_REQUEST] = params_request_arrived,
    [AIR_PARAMS_ANSWER] = params_answer_arrived,
    [AIR_TERMINATE] = terminate_arrived,
    [AIR_UPDATE] = update_arrived,
    [AIR_LENGTH_REQUEST] = length_request_arrived,
    [AIR_LENGTH_ANSWER] = length_answer_arrived,
    [AIR_LENGTH_UNKNOWN] = length_unknown_arrived,
    [AIR_PHY_REQUEST] = phy_request_arrived,
    [AIR_PHY_ANSWER] = phy_answer_arrived,
    [AIR_PHY_UPDATE] = phy_update_arrived,
    [AIR_PHY_REJECT] = phy_reject_arrived,
    [AIR_SMP] = air_smp_arrived,
    [AIR_ENCRYPT_REQUEST] = air_encrypt_request_arrived,
    [AIR_ENCRYPT_ANSWER] = air_encrypt_answer_arrived,
    [AIR_ENCRYPT_REJECT] = air_encrypt_reject_arrived,
    [AIR_ENCRYPT_START] = air_encrypt_start_arrived,
    [AIR_ENCRYPT_STARTED] = air_encrypt_started_arrived,
};

void air_procedure_arrived(struct air_link *link, enum air_end end, const struct air_packet *packet)
{
    arrivals[packet->kind](link, end, packet);
}
