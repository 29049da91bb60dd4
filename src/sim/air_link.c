/*
 * SPDX-License-Identifier: MIT
 * Links: connection events and the exchanges in them.
 *
 * An exchange is the central's packet, the peripheral's packet and an inter frame space behind
 * each. What an end sends, and whether it says "more data", is settled when the exchange begins: an
 * answer to what was just heard goes out in the next exchange if the other end or an earlier packet
 * keeps the event open, else in the next event, as with real link layers. Connection events in
 * which both ends have nothing to say are not simulated at all.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/air_internal.h"

#define CONTROL_BYTES 12u /* a link layer control PDU, about */
#define SIGNAL_BYTES  16u /* a connection parameter request with its headers */
#define MIC_BYTES     4u  /* on an encrypted link, behind whatever is not empty */
#define FIRST_EVENTS  6u  /* a link whose ends have not heard each other by then is none */

static enum air_end other(enum air_end end)
{
    return end == AIR_CENTRAL ? AIR_PERIPHERAL : AIR_CENTRAL;
}

/* Preamble, access address, header, payload, CRC (Core Vol 6 Part B 2.1, 2.2). */
static uint64_t packet_us(size_t size, uint8_t phy)
{
    return phy == AIR_PHY_2M ? (11u + size) * 4u : (10u + size) * 8u;
}

uint64_t air_link_interval(const struct air_link *link)
{
    return (uint64_t)link->state.params.interval * AIR_UNIT_US;
}

static uint64_t supervision_us(const struct air_link *link)
{
    return (uint64_t)link->state.params.supervision_timeout * 10000u;
}

/* Queues */

static void queue_init(struct air_queue *queue)
{
    queue->head = NULL;
    queue->tail = &queue->head;
}

static void queue_push(struct air_queue *queue, struct air_packet *packet)
{
    *queue->tail = packet;
    queue->tail = &packet->next;
}

static struct air_packet *queue_pop(struct air_queue *queue)
{
    struct air_packet *packet = queue->head;
    queue->head = packet->next;
    if (queue->head == NULL)
        queue->tail = &queue->head;
    return packet;
}

static void queue_free(struct air_queue *queue)
{
    while (queue->head != NULL)
        free(queue_pop(queue));
}

static bool sendable(const struct air_link *link, const struct air_packet *control)
{
    return control != NULL && !air_procedure_blocks(link, control);
}

/* Data begun goes on; none is begun while the link is being encrypted. */
static struct air_packet *next_data(const struct air_link *link, enum air_end end)
{
    struct air_packet *packet = link->side[end].data.head;
    return packet != NULL && link->encryption.running && packet->done == 0 ? NULL : packet;
}

/* What the end sends next; NULL = nothing. Control goes first. */
static struct air_packet *next_packet(const struct air_link *link, enum air_end end)
{
    struct air_packet *control = link->side[end].control.head;
    return sendable(link, control) ? control : next_data(link, end);
}

static bool has_more(const struct air_link *link, enum air_end end, size_t size)
{
    const struct air_side *side = &link->side[end];
    const struct air_packet *packet = next_packet(link, end);
    if (packet == NULL)
        return false;
    if (packet->done + size < packet->air_size)
        return true;
    if (packet == side->data.head)
        return packet->next != NULL && !link->encryption.running;
    return sendable(link, packet->next) || next_data(link, end) != NULL;
}

/* Links */

struct air_link *air_link_new(struct air *air, uint64_t anchor,
                              const struct air_conn_params *params)
{
    struct air_link *link = calloc(1, sizeof(*link));
    if (link == NULL)
        return NULL;
    link->air = air;
    link->first = anchor;
    link->anchor = anchor;
    link->last_heard = anchor;
    link->state.params = *params;
    if (link->state.params.interval == 0)
        link->state.params.interval = 1;
    for (int end = 0; end < 2; end++) {
        link->state.tx_octets[end] = AIR_MIN_OCTETS;
        link->state.tx_phy[end] = AIR_PHY_1M;
        queue_init(&link->side[end].data);
        queue_init(&link->side[end].control);
    }
    link->next = air->links;
    air->links = link;
    return link;
}

static void stop(struct air_link *link)
{
    struct sim_world *world = link->air->world;
    sim_cancel(world, &link->event);
    sim_cancel(world, &link->close);
    sim_cancel(world, &link->exchange.heard);
    sim_cancel(world, &link->exchange.through);
    sim_cancel(world, &link->pending.timer);
    link->exchange.running = false;
}

void air_link_free(struct air_link *link)
{
    struct air_link **p = &link->air->links;
    while (*p != link)
        p = &(*p)->next;
    *p = link->next;
    stop(link);
    for (int end = 0; end < 2; end++) {
        queue_free(&link->side[end].data);
        queue_free(&link->side[end].control);
        free(link->side[end].tags);
    }
    free(link);
}

static void close_link(struct air_link *link, uint8_t central_reason, uint8_t peripheral_reason)
{
    stop(link);
    link->broken = true;
    link->closing = true;
    const uint8_t reasons[2] = {central_reason, peripheral_reason};
    for (int end = 0; end < 2; end++) {
        struct air_side *side = &link->side[end];
        if (!side->vanished && side->ops->closed != NULL)
            side->ops->closed(side->context, link, reasons[end]);
    }
    air_link_free(link);
}

static void close_silent(void *context)
{
    struct air_link *link = context;
    link->close = 0;
    uint8_t reasons[2];
    uint8_t silence = link->failed ? HCI_NOT_ESTABLISHED : HCI_SUPERVISION_TIMEOUT;
    for (int end = 0; end < 2; end++)
        reasons[end] = link->side[end].leaving ? HCI_LOCAL_HOST_ENDED : silence;
    close_link(link, reasons[AIR_CENTRAL], reasons[AIR_PERIPHERAL]);
}

static void close_terminated(struct air_link *link)
{
    bool by_central = link->terminator == AIR_CENTRAL;
    close_link(link, by_central ? HCI_LOCAL_HOST_ENDED : link->reason,
               by_central ? link->reason : HCI_LOCAL_HOST_ENDED);
}

/* Exchanges */

static void note_sent(struct air_link *link, enum air_end end, uint32_t tag)
{
    struct air_side *side = &link->side[end];
    if (side->tag_count == side->tag_capacity) {
        size_t capacity = side->tag_capacity > 0 ? 2 * side->tag_capacity : 16;
        uint32_t *tags = realloc(side->tags, capacity * sizeof(*tags));
        if (tags == NULL) {
            sim_world_fail(link->air->world);
            return;
        }
        side->tags = tags;
        side->tag_capacity = capacity;
    }
    side->tags[side->tag_count++] = tag;
}

static void deliver(struct air_link *link, enum air_end from, const struct air_packet *packet)
{
    struct air_side *side = &link->side[other(from)];
    if (side->ops->receive != NULL)
        side->ops->receive(side->context, link, packet->pdu, packet->size);
}

static bool completes(const struct air_exchange *x, enum air_end end)
{
    const struct air_packet *packet = x->sent[end];
    return packet != NULL && packet->done + x->size[end] == packet->air_size;
}

/* The last piece of a PDU from the central is through. */
static void central_heard(void *context)
{
    struct air_link *link = context;
    link->exchange.heard = 0;
    deliver(link, AIR_CENTRAL, link->exchange.sent[AIR_CENTRAL]);
}

/* The other end has this end's packet and said so. */
static void acknowledged(struct air_link *link, enum air_end end)
{
    struct air_exchange *x = &link->exchange;
    struct air_packet *packet = x->sent[end];
    if (packet == NULL)
        return;
    packet->done += x->size[end];
    if (packet->done < packet->air_size)
        return;
    struct air_side *side = &link->side[end];
    queue_pop(packet == side->data.head ? &side->data : &side->control);
    x->sent[end] = NULL;
    if (packet->kind != AIR_ATT) {
        air_procedure_arrived(link, end, packet);
    } else {
        note_sent(link, end, packet->tag);
        if (end == AIR_PERIPHERAL)
            deliver(link, end, packet);
    }
    free(packet);
}

static void end_event(struct air_link *link)
{
    link->exchange.running = false;
    for (int end = 0; end < 2 && !link->broken; end++) {
        struct air_side *side = &link->side[end];
        size_t count = side->tag_count;
        side->tag_count = 0;
        side->att_count -= count;
        if (count > 0 && side->ops->sent != NULL)
            side->ops->sent(side->context, link, side->tags, count);
    }
    if (link->broken)
        return;
    uint64_t now = sim_now(link->air->world);
    if (!link->established && now > link->first + (FIRST_EVENTS - 1) * air_link_interval(link))
        close_link(link, HCI_NOT_ESTABLISHED, HCI_NOT_ESTABLISHED);
    else if (now - link->last_heard > supervision_us(link))
        close_link(link, HCI_SUPERVISION_TIMEOUT, HCI_SUPERVISION_TIMEOUT);
    else
        air_link_wake(link);
}

static void exchange_through(void *context);

/* Begins an exchange if there is room for it in the event (the first one always has). */
static bool begin_exchange(struct air_link *link, uint64_t start)
{
    struct sim_world *world = link->air->world;
    struct air_exchange *x = &link->exchange;
    uint64_t us[2];
    x->more = false;
    for (int e = 0; e < 2; e++) {
        enum air_end end = (enum air_end)e;
        struct air_packet *packet = next_packet(link, end);
        size_t left = packet != NULL ? packet->air_size - packet->done : 0;
        size_t octets = link->state.tx_octets[end];
        x->sent[end] = packet;
        x->size[end] = left < octets ? left : octets;
        x->more |= has_more(link, end, x->size[end]);
        size_t mic = link->state.encrypted && x->size[end] > 0 ? MIC_BYTES : 0;
        us[end] = packet_us(x->size[end] + mic, link->state.tx_phy[end]) + AIR_IFS_US;
    }
    if (x->count > 0 && start + us[AIR_CENTRAL] + us[AIR_PERIPHERAL] > x->limit)
        return false;
    x->count++;
    x->lost = link->air->loss > 0 && sim_chance(world) < link->air->loss;
    if (!x->lost && completes(x, AIR_CENTRAL) && x->sent[AIR_CENTRAL]->kind == AIR_ATT)
        x->heard = sim_at(world, start + us[AIR_CENTRAL] - AIR_IFS_US, central_heard, link);
    x->through = sim_at(world, start + us[AIR_CENTRAL] + us[AIR_PERIPHERAL] - AIR_IFS_US,
                        exchange_through, link);
    return true;
}

/* The peripheral's packet has been heard, or nothing has: then the ends close the event and try
 * again in the next one (Core Vol 6 Part B 4.5.6). */
static void exchange_through(void *context)
{
    struct air_link *link = context;
    struct air_exchange *x = &link->exchange;
    uint64_t now = sim_now(link->air->world);
    x->through = 0;
    bool more = x->more && !x->lost;
    if (!x->lost) {
        link->last_heard = now;
        link->established = true;
        acknowledged(link, AIR_CENTRAL);
        if (!link->broken)
            acknowledged(link, AIR_PERIPHERAL);
    }
    if (link->broken)
        return;
    if (link->mic_failed)
        close_link(link, HCI_MIC_FAILURE, HCI_MIC_FAILURE);
    else if (link->terminated)
        close_terminated(link);
    else if (!more || !begin_exchange(link, now + AIR_IFS_US))
        end_event(link);
}

/* Connection events */

static uint64_t event_limit(const struct air_link *link)
{
    uint64_t limit = air_link_interval(link);
    for (int end = 0; end < 2; end++) {
        uint64_t length = link->side[end].capabilities.event_length_us;
        if (length != 0 && length < limit)
            limit = length;
    }
    return limit;
}

static void begin_event(void *context)
{
    struct air_link *link = context;
    uint64_t now = sim_now(link->air->world);
    uint64_t interval = air_link_interval(link);
    struct air_exchange *x = &link->exchange;
    link->event = 0;
    x->running = true;
    /* Events were left out because nobody had anything to say: they would have gone well. */
    if (now > link->anchor + interval * (link->state.params.latency + 1u) &&
        link->last_heard < now - interval) {
        link->last_heard = now - interval;
        link->established = true;
    }
    air_procedure_instant(link);
    if (link->broken)
        return;
    link->anchor = now;
    link->held = now;
    x->count = 0;
    x->start = now;
    x->limit = now + event_limit(link);
    begin_exchange(link, now);
}

/* With latency the peripheral sleeps through events unless it has something to say itself. */
static uint64_t next_event_time(const struct air_link *link)
{
    uint64_t now = sim_now(link->air->world);
    uint64_t period = air_link_interval(link);
    if (now <= link->anchor && link->held != link->anchor)
        return link->anchor;
    if (next_packet(link, AIR_PERIPHERAL) == NULL)
        period *= link->state.params.latency + 1u;
    return link->anchor + ((now - link->anchor) / period + 1) * period;
}

void air_link_wake(struct air_link *link)
{
    if (link->broken || link->exchange.running)
        return;
    if (link->air->loss < 1 && next_packet(link, AIR_CENTRAL) == NULL &&
        next_packet(link, AIR_PERIPHERAL) == NULL)
        return;
    uint64_t time = next_event_time(link);
    if (link->event != 0 && link->event_time <= time)
        return;
    sim_cancel(link->air->world, &link->event);
    link->event_time = time;
    link->event = sim_at(link->air->world, time, begin_event, link);
}

/* What the ends do */

void air_link_push(struct air_link *link, enum air_end end, enum air_kind kind,
                   const uint16_t value[4])
{
    struct air_packet *packet = calloc(1, sizeof(*packet));
    if (packet == NULL) {
        sim_world_fail(link->air->world);
        return;
    }
    bool signal = kind == AIR_PARAMS_REQUEST || kind == AIR_PARAMS_ANSWER;
    packet->kind = kind;
    packet->air_size = signal ? SIGNAL_BYTES : CONTROL_BYTES;
    memcpy(packet->value, value, sizeof(packet->value));
    queue_push(signal ? &link->side[end].data : &link->side[end].control, packet);
    air_link_wake(link);
}

static bool push_pdu(struct air_link *link, enum air_end end, enum air_kind kind, const void *pdu,
                     size_t size, uint32_t tag)
{
    struct air_packet *packet = malloc(sizeof(*packet) + size);
    if (packet == NULL) {
        sim_world_fail(link->air->world);
        return false;
    }
    *packet = (struct air_packet){
        .kind = kind, .air_size = size + AIR_L2CAP_HEADER, .tag = tag, .size = size};
    if (size > 0)
        memcpy(packet->pdu, pdu, size);
    queue_push(&link->side[end].data, packet);
    link->side[end].att_count += kind == AIR_ATT;
    link->side[end].smp_count += kind == AIR_SMP;
    air_link_wake(link);
    return true;
}

bool air_send(struct air_link *link, enum air_end end, const void *pdu, size_t size, uint32_t tag)
{
    return push_pdu(link, end, AIR_ATT, pdu, size, tag);
}

bool air_send_smp(struct air_link *link, enum air_end end, const void *pdu, size_t size)
{
    return push_pdu(link, end, AIR_SMP, pdu, size, 0);
}

size_t air_queued(const struct air_link *link, enum air_end end)
{
    return link->side[end].att_count;
}

void air_disconnect(struct air_link *link, enum air_end end, uint8_t reason)
{
    struct air_side *side = &link->side[end];
    if (side->vanished || side->leaving)
        return;
    side->leaving = true;
    air_link_push(link, end, AIR_TERMINATE, (const uint16_t[4]){reason});
}

/* When the ends heard each other last, the silent events included. */
static uint64_t heard_until(const struct air_link *link)
{
    uint64_t now = sim_now(link->air->world);
    if (link->exchange.running || now < link->anchor || link->air->loss >= 1)
        return link->last_heard;
    uint64_t interval = air_link_interval(link);
    uint64_t last = link->anchor + (now - link->anchor) / interval * interval;
    return last > link->last_heard ? last : link->last_heard;
}

void air_vanish(struct air_link *link, enum air_end end)
{
    link->side[end].vanished = true;
    if (link->closing)
        return;
    struct sim_world *world = link->air->world;
    uint64_t deadline = heard_until(link) + supervision_us(link);
    if (!link->established && (link->exchange.running || sim_now(world) < link->first)) {
        link->failed = true;
        deadline = link->first + FIRST_EVENTS * air_link_interval(link);
    }
    if (link->side[other(end)].vanished)
        deadline = sim_now(world);
    else if (link->broken)
        return;
    stop(link);
    link->broken = true;
    link->close = sim_at(world, deadline, close_silent, link);
}

void air_link_get(const struct air_link *link, struct air_link_state *state)
{
    *state = link->state;
}
