/*
 * SPDX-License-Identifier: MIT
 * Advertising, scanning and initiating.
 *
 * Advertisers are silent while nobody listens: that is unobservable, and free.
 */
#include "sim/air.h"

#include <stdlib.h>
#include <string.h>

#include "sim/air_internal.h"

#define ADV_DELAY_US    10000u
#define CONNECT_IND_US  352u
#define SCAN_REQUEST_US 176u
#define DEFAULT_RSSI    (-50)

struct window {
    uint64_t start;
    uint32_t interval, length; /* µs; interval 0 = always open */
};

struct air_advertiser {
    struct air_advertiser *next;
    bool dead;
    struct air *air;
    struct air_advert advert;
    struct air_capabilities capabilities;
    const struct air_link_ops *ops;
    void (*connected)(void *context, struct air_link *link);
    void *context;
    sim_timer event, response;
};

struct air_scanner {
    struct air_scanner *next;
    bool dead;
    struct air *air;
    bool active;
    struct window window;
    air_report report;
    void *context;
};

struct air_initiator {
    struct air_initiator *next;
    bool dead;
    struct air *air;
    struct window window;
    struct air_address peer, own;
    struct air_conn_params params;
    struct air_capabilities capabilities;
    const struct air_link_ops *ops;
    void (*connected)(void *context, struct air_link *link);
    void *context;
};

static bool window_open(const struct window *w, uint64_t time)
{
    return time >= w->start && (w->interval == 0 || (time - w->start) % w->interval < w->length);
}

/* Of a legacy advertising channel packet with an address and `size` bytes of data. */
static uint64_t packet_us(size_t size)
{
    return (16u + size) * 8u;
}

struct air *air_new(struct sim_world *world, const struct air_config *config)
{
    struct air *air = calloc(1, sizeof(*air));
    if (air == NULL)
        return NULL;
    air->world = world;
    air->loss = config != NULL ? config->loss : 0;
    air->rssi = config != NULL && config->rssi != 0 ? config->rssi : DEFAULT_RSSI;
    return air;
}

static void advertiser_silence(struct air_advertiser *a)
{
    sim_cancel(a->air->world, &a->event);
    sim_cancel(a->air->world, &a->response);
    a->dead = true;
}

/* Frees what died while lists were being walked. */
static void sweep(struct air *air)
{
    if (air->walking > 0)
        return;
    for (struct air_advertiser **p = &air->advertisers, *a; (a = *p) != NULL;) {
        if (!a->dead) {
            p = &a->next;
            continue;
        }
        *p = a->next;
        free(a);
    }
    for (struct air_scanner **p = &air->scanners, *s; (s = *p) != NULL;) {
        if (!s->dead) {
            p = &s->next;
            continue;
        }
        *p = s->next;
        free(s);
    }
    for (struct air_initiator **p = &air->initiators, *i; (i = *p) != NULL;) {
        if (!i->dead) {
            p = &i->next;
            continue;
        }
        *p = i->next;
        free(i);
    }
}

void air_free(struct air **air)
{
    struct air *a = *air;
    if (a == NULL)
        return;
    for (struct air_advertiser *it = a->advertisers; it != NULL; it = it->next)
        advertiser_silence(it);
    for (struct air_scanner *it = a->scanners; it != NULL; it = it->next)
        it->dead = true;
    for (struct air_initiator *it = a->initiators; it != NULL; it = it->next)
        it->dead = true;
    sweep(a);
    while (a->links != NULL)
        air_link_free(a->links);
    free(a);
    *air = NULL;
}

unsigned air_number(struct air *air)
{
    return ++air->numbers;
}

void air_set_loss(struct air *air, double loss)
{
    air->loss = loss;
    for (struct air_link *link = air->links; link != NULL; link = link->next)
        air_link_wake(link);
}

static bool same_address(const struct air_address *a, const struct air_address *b)
{
    return a->type == b->type && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool anybody_listens(const struct air *air)
{
    for (const struct air_scanner *s = air->scanners; s != NULL; s = s->next) {
        if (!s->dead)
            return true;
    }
    for (const struct air_initiator *i = air->initiators; i != NULL; i = i->next) {
        if (!i->dead)
            return true;
    }
    return false;
}

static void report_all(struct air_advertiser *a, bool scan_response, size_t size,
                       const uint8_t *data)
{
    struct air *air = a->air;
    uint64_t began = sim_now(air->world) - packet_us(size);
    for (struct air_scanner *s = air->scanners; s != NULL && !a->dead; s = s->next) {
        if (s->dead || (scan_response && !s->active) || !window_open(&s->window, began))
            continue;
        s->report(s->context, &a->advert.address, air->rssi, a->advert.connectable,
                  a->advert.scannable, scan_response, data, size);
    }
}

static void scan_response(void *context)
{
    struct air_advertiser *a = context;
    struct air *air = a->air;
    a->response = 0;
    air->walking++;
    report_all(a, true, a->advert.scan_response_size, a->advert.scan_response);
    air->walking--;
    sweep(air);
}

static bool anybody_scans_actively(const struct air *air)
{
    for (const struct air_scanner *s = air->scanners; s != NULL; s = s->next) {
        if (!s->dead && s->active)
            return true;
    }
    return false;
}

static struct air_initiator *find_initiator(struct air_advertiser *a)
{
    uint64_t began = sim_now(a->air->world) - packet_us(a->advert.data_size);
    for (struct air_initiator *i = a->air->initiators; i != NULL; i = i->next) {
        if (!i->dead && same_address(&i->peer, &a->advert.address) &&
            window_open(&i->window, began))
            return i;
    }
    return NULL;
}

static void side_init(struct air_side *side, const struct air_link_ops *ops, void *context,
                      const struct air_capabilities *capabilities)
{
    static const struct air_link_ops deaf = {0};
    side->ops = ops != NULL ? ops : &deaf;
    side->context = context;
    side->capabilities = *capabilities;
}

/* The first connection event follows 1.25 ms after the request, plus an offset that the initiator
 * chooses to fit its schedule. */
static void join(struct air_advertiser *a, struct air_initiator *i)
{
    struct sim_world *world = a->air->world;
    uint32_t slots = i->params.interval > 0 ? i->params.interval : 1;
    uint64_t anchor = sim_now(world) + AIR_IFS_US + CONNECT_IND_US + AIR_UNIT_US +
                      (uint64_t)sim_random(world, slots) * AIR_UNIT_US;
    advertiser_silence(a);
    i->dead = true;
    struct air_link *link = air_link_new(a->air, anchor, &i->params);
    if (link == NULL) {
        sim_world_fail(world);
        return;
    }
    link->state.central = i->own;
    link->state.peripheral = a->advert.address;
    side_init(&link->side[AIR_CENTRAL], i->ops, i->context, &i->capabilities);
    side_init(&link->side[AIR_PERIPHERAL], a->ops, a->context, &a->capabilities);
    if (a->connected != NULL)
        a->connected(a->context, link);
    if (i->connected != NULL)
        i->connected(i->context, link);
}

/* The advertiser ignores the request; the initiator has sent it and waits for its first packet. */
static void ignore(struct air_advertiser *a, struct air_initiator *i)
{
    struct sim_world *world = a->air->world;
    i->dead = true;
    struct air_link *link = air_link_new(
        a->air, sim_now(world) + AIR_IFS_US + CONNECT_IND_US + AIR_UNIT_US, &i->params);
    if (link == NULL) {
        sim_world_fail(world);
        return;
    }
    link->state.central = i->own;
    link->state.peripheral = a->advert.address;
    side_init(&link->side[AIR_CENTRAL], i->ops, i->context, &i->capabilities);
    side_init(&link->side[AIR_PERIPHERAL], NULL, NULL, &a->capabilities);
    air_vanish(link, AIR_PERIPHERAL);
    if (i->connected != NULL)
        i->connected(i->context, link);
}

static void meet(struct air_advertiser *a, struct air_initiator *i)
{
    if (a->advert.accepts == NULL || a->advert.accepts(a->context, &i->own))
        join(a, i);
    else
        ignore(a, i);
}

static void advertise_event(void *context);

static void schedule_advert(struct air_advertiser *a, uint64_t delay)
{
    if (a->event == 0 && !a->dead && anybody_listens(a->air))
        a->event =
            sim_after(a->air->world, delay + packet_us(a->advert.data_size), advertise_event, a);
}

/* The packet is on the air completely now. */
static void advertise_event(void *context)
{
    struct air_advertiser *a = context;
    struct air *air = a->air;
    a->event = 0;
    schedule_advert(a, a->advert.interval_us - packet_us(a->advert.data_size) +
                           sim_random(air->world, ADV_DELAY_US + 1));
    if (air->loss > 0 && sim_chance(air->world) < air->loss)
        return;
    air->walking++;
    if (a->advert.scannable && anybody_scans_actively(air) && a->response == 0)
        a->response = sim_after(air->world,
                                AIR_IFS_US + SCAN_REQUEST_US + AIR_IFS_US +
                                    packet_us(a->advert.scan_response_size),
                                scan_response, a);
    report_all(a, false, a->advert.data_size, a->advert.data);
    struct air_initiator *i = !a->dead && a->advert.connectable ? find_initiator(a) : NULL;
    if (i != NULL)
        meet(a, i);
    air->walking--;
    sweep(air);
}

struct air_advertiser *air_advertise(struct air *air, const struct air_advert *advert,
                                     const struct air_capabilities *capabilities,
                                     const struct air_link_ops *ops,
                                     void (*connected)(void *context, struct air_link *link),
                                     void *context)
{
    struct air_advertiser *a = calloc(1, sizeof(*a));
    if (a == NULL) {
        sim_world_fail(air->world);
        return NULL;
    }
    a->air = air;
    a->advert = *advert;
    if (a->advert.interval_us < packet_us(sizeof(advert->data)))
        a->advert.interval_us = (uint32_t)packet_us(sizeof(advert->data));
    a->capabilities = *capabilities;
    a->ops = ops;
    a->connected = connected;
    a->context = context;
    a->next = air->advertisers;
    air->advertisers = a;
    schedule_advert(a, 0);
    return a;
}

void air_advertise_stop(struct air_advertiser **advertiser)
{
    struct air_advertiser *a = *advertiser;
    *advertiser = NULL;
    if (a == NULL)
        return;
    advertiser_silence(a);
    sweep(a->air);
}

/* Somebody listens: advertisers join in at a random point of their interval. */
static void wake_advertisers(struct air *air)
{
    for (struct air_advertiser *a = air->advertisers; a != NULL; a = a->next) {
        if (a->event == 0)
            schedule_advert(a, sim_random(air->world, a->advert.interval_us));
    }
}

struct air_scanner *air_scan(struct air *air, bool active, uint32_t interval_us, uint32_t window_us,
                             air_report report, void *context)
{
    struct air_scanner *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        sim_world_fail(air->world);
        return NULL;
    }
    s->air = air;
    s->active = active;
    s->window = (struct window){sim_now(air->world), interval_us, window_us};
    s->report = report;
    s->context = context;
    s->next = air->scanners;
    air->scanners = s;
    wake_advertisers(air);
    return s;
}

void air_scan_stop(struct air_scanner **scanner)
{
    struct air_scanner *s = *scanner;
    *scanner = NULL;
    if (s == NULL)
        return;
    s->dead = true;
    sweep(s->air);
}

struct air_initiator *
air_connect(struct air *air, const struct air_address *peer, const struct air_address *own,
            uint32_t interval_us, uint32_t window_us, const struct air_conn_params *params,
            const struct air_capabilities *capabilities, const struct air_link_ops *ops,
            void (*connected)(void *context, struct air_link *link), void *context)
{
    struct air_initiator *i = calloc(1, sizeof(*i));
    if (i == NULL) {
        sim_world_fail(air->world);
        return NULL;
    }
    i->air = air;
    i->window = (struct window){sim_now(air->world), interval_us, window_us};
    i->peer = *peer;
    i->own = *own;
    i->params = *params;
    i->capabilities = *capabilities;
    i->ops = ops;
    i->connected = connected;
    i->context = context;
    i->next = air->initiators;
    air->initiators = i;
    wake_advertisers(air);
    return i;
}

void air_connect_stop(struct air_initiator **initiator)
{
    struct air_initiator *i = *initiator;
    *initiator = NULL;
    if (i == NULL)
        return;
    i->dead = true;
    sweep(i->air);
}
