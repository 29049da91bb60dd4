/*
 * SPDX-License-Identifier: MIT
 * What can't be done from where it is noticed (in the middle of an answer) is done by an event at
 * the same time.
 */
#include "sim/damage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SILENCE_US   200000u
#define POWERLESS_US 1000000u
#define PACKET_MAX   512

enum { COMMAND = 1, DATA = 2 };

struct order {
    struct sim_damage *damage;
    struct sim_damage_config config;
    uint32_t packets_left; /* to be hit yet */
    uint32_t struck;
    uint32_t operation; /* AT_FLASH: counted from the device's first */
    bool answered;      /* AT_ANSWER: it is on its way */
    sim_timer timer;
};

struct sim_damage {
    struct sim_world *world;
    struct sim_device *device;
    struct order orders[SIM_DAMAGE_MAX];
    size_t count;
    uint32_t packets; /* of the image so far */
    uint32_t object;  /* number of the object that the newest packet of the image belongs to */
    bool last;        /* it was the image's last one */
    uint32_t images;  /* completely received so far */
    uint8_t altered[PACKET_MAX];
    sim_timer power;
};

/* Names */

static const char *const kind_names[SIM_DAMAGE_KINDS] = {
    [SIM_DAMAGE_CUT_LINK] = "cut-link",
    [SIM_DAMAGE_POWER_OFF] = "power-off",
    [SIM_DAMAGE_DROP_PACKET] = "drop-packet",
    [SIM_DAMAGE_FLIP_PACKET] = "flip-packet",
};

static const char *const place_names[SIM_DAMAGE_PLACES] = {
    [SIM_DAMAGE_AT_INIT] = "init",       [SIM_DAMAGE_AT_BYTES] = "bytes",
    [SIM_DAMAGE_AT_PACKET] = "packet",   [SIM_DAMAGE_AT_OBJECT] = "object",
    [SIM_DAMAGE_AT_EXECUTE] = "execute", [SIM_DAMAGE_AT_ANSWER] = "answer",
    [SIM_DAMAGE_AT_JUMP] = "jump",       [SIM_DAMAGE_AT_FLASH] = "flash",
    [SIM_DAMAGE_AT_TIME] = "time",
};

const char *sim_damage_kind_name(enum sim_damage_kind kind)
{
    return kind_names[kind];
}

const char *sim_damage_place_name(enum sim_damage_place place)
{
    return place_names[place];
}

static bool hits_packets(enum sim_damage_kind kind)
{
    return kind == SIM_DAMAGE_DROP_PACKET || kind == SIM_DAMAGE_FLIP_PACKET;
}

bool sim_damage_fits(enum sim_damage_kind kind, enum sim_damage_place place)
{
    return !hits_packets(kind) || place == SIM_DAMAGE_AT_INIT || place == SIM_DAMAGE_AT_BYTES ||
           place == SIM_DAMAGE_AT_PACKET;
}

bool sim_damage_knows_image(enum sim_damage_place place)
{
    return place != SIM_DAMAGE_AT_FLASH && place != SIM_DAMAGE_AT_TIME;
}

static bool names_object(enum sim_damage_place place)
{
    return place == SIM_DAMAGE_AT_OBJECT || place == SIM_DAMAGE_AT_EXECUTE ||
           place == SIM_DAMAGE_AT_ANSWER;
}

static void describe_place(char *out, size_t size, const struct sim_damage_config *config)
{
    const char *name = place_names[config->place];
    bool object = names_object(config->place);
    if (config->place == SIM_DAMAGE_AT_JUMP)
        snprintf(out, size, "%s", name);
    else if (object && config->number == SIM_DAMAGE_OF_INIT)
        snprintf(out, size, "%s=init", name);
    else if (object && config->number == SIM_DAMAGE_OF_LAST)
        snprintf(out, size, "%s=last", name);
    else if (config->place == SIM_DAMAGE_AT_TIME)
        snprintf(out, size, "%s=%ums", name, (unsigned)config->number);
    else
        snprintf(out, size, "%s=%u", name, (unsigned)config->number);
}

void sim_damage_describe(char *out, size_t size, const struct sim_damage_config *config)
{
    char place[40];
    describe_place(place, sizeof(place), config);
    snprintf(out, size, "%s@%s", kind_names[config->kind], place);
}

/* Striking */

static void power_returns(void *context)
{
    struct sim_damage *d = context;
    d->power = 0;
    sim_device_power_on(d->device);
}

static void watch_flash(struct sim_damage *d);

static void cut_power(struct sim_damage *d, uint64_t for_us)
{
    sim_device_power_off(d->device);
    watch_flash(d); /* the operation that was awaited may have been cut before its middle */
    sim_cancel(d->world, &d->power);
    if (for_us != SIM_DAMAGE_EVER)
        d->power = sim_after(d->world, for_us != 0 ? for_us : POWERLESS_US, power_returns, d);
}

static void note(struct order *o)
{
    char place[40];
    describe_place(place, sizeof(place), &o->config);
    o->struck++;
    sim_log(o->damage->world, "device.damage", "device=%s what=%s at=%s",
            sim_device_label(o->damage->device), kind_names[o->config.kind], place);
}

static void strike(struct order *o)
{
    struct sim_damage *d = o->damage;
    note(o);
    if (o->config.kind == SIM_DAMAGE_POWER_OFF)
        cut_power(d, o->config.for_us);
    else
        sim_device_cut_link(d->device, o->config.for_us != 0 ? o->config.for_us : SILENCE_US);
}

static void strike_due(void *context)
{
    struct order *o = context;
    o->timer = 0;
    strike(o);
}

static void strike_next(struct order *o)
{
    o->timer = sim_after(o->damage->world, 0, strike_due, o);
}

static bool is_image(const struct order *o)
{
    return o->config.image == 0 || o->config.image == o->damage->images + 1;
}

static bool waits(const struct order *o, enum sim_damage_place place)
{
    return o->config.place == place && o->struck == 0 && o->timer == 0 && is_image(o);
}

/* Packets */

/* With `size` more bytes of the object that the packet belongs to. */
static bool packet_reaches(const struct order *o, const struct bootloader_progress *p, size_t size)
{
    const struct sim_damage_config *c = &o->config;
    switch (c->place) {
    case SIM_DAMAGE_AT_INIT:
        return p->object == COMMAND && p->command_taken + size >= c->number;
    case SIM_DAMAGE_AT_BYTES:
        return p->object == DATA && p->image_taken + size >= c->number;
    case SIM_DAMAGE_AT_PACKET:
        return p->object == DATA && o->damage->packets >= c->number;
    default:
        return false;
    }
}

/* The wrong bit is in the byte that was named, if one was. */
static const uint8_t *flip(struct order *o, const struct bootloader_progress *p,
                           const uint8_t *bytes, size_t size)
{
    uint8_t *altered = o->damage->altered;
    if (size > PACKET_MAX)
        return bytes;
    if (bytes != altered)
        memcpy(altered, bytes, size);
    uint32_t taken = o->config.place == SIM_DAMAGE_AT_INIT ? p->command_taken : p->image_taken;
    uint32_t at = o->config.number - 1 - taken; /* beyond `size` if it wraps */
    bool named = o->config.place != SIM_DAMAGE_AT_PACKET && o->config.number > 0 && at < size;
    altered[named ? at : size / 2] ^= 1;
    return altered;
}

/* True if the order is for this packet: the first it was waiting for, or one behind it. */
static bool is_hit(struct order *o, const struct bootloader_progress *p, size_t size)
{
    uint8_t object = o->config.place == SIM_DAMAGE_AT_INIT ? COMMAND : DATA;
    if (waits(o, o->config.place) && o->packets_left == 0 && packet_reaches(o, p, size))
        o->packets_left = o->config.count != 0 ? o->config.count : 1;
    if (o->packets_left == 0 || p->object != object)
        return false;
    o->packets_left--;
    return true;
}

static const uint8_t *packet_comes(void *context, const uint8_t *bytes, size_t size)
{
    struct sim_damage *d = context;
    struct bootloader_progress progress;
    sim_device_get_progress(d->device, &progress);
    d->packets += progress.object == DATA;
    for (size_t i = 0; i < d->count && bytes != NULL; i++) {
        struct order *o = &d->orders[i];
        if (!hits_packets(o->config.kind) || !is_hit(o, &progress, size))
            continue;
        note(o);
        bytes = o->config.kind == SIM_DAMAGE_DROP_PACKET ? NULL : flip(o, &progress, bytes, size);
    }
    return bytes;
}

static bool is_object(const struct sim_damage *d, const struct bootloader_progress *p,
                      uint32_t number)
{
    if (number == SIM_DAMAGE_OF_INIT || p->object == COMMAND)
        return number == SIM_DAMAGE_OF_INIT && p->object == COMMAND;
    return p->object == DATA && (number == SIM_DAMAGE_OF_LAST ? d->last : d->object == number);
}

static bool is_complete(const struct bootloader_progress *p)
{
    if (p->object == COMMAND)
        return p->command_size > 0 && p->command_taken == p->command_size;
    return p->object_size > 0 && p->image_taken == p->object_begin + p->object_size;
}

static void packet_taken(void *context)
{
    struct sim_damage *d = context;
    struct bootloader_progress p;
    sim_device_get_progress(d->device, &p);
    if (p.object == DATA && p.object_max > 0 && p.object_size > 0) {
        d->object = p.object_begin / p.object_max + 1;
        d->last = p.object_begin + p.object_size == p.image_size;
    }
    for (size_t i = 0; i < d->count; i++) {
        struct order *o = &d->orders[i];
        bool there = waits(o, SIM_DAMAGE_AT_OBJECT)
                         ? is_object(d, &p, o->config.number) && is_complete(&p)
                         : waits(o, o->config.place) && packet_reaches(o, &p, 0);
        if (!there || hits_packets(o->config.kind))
            continue;
        strike(o);
        return; /* one catastrophe is enough for a packet */
    }
}

/* The other places */

/* The image is complete; what comes belongs to the next one. */
static void count_image(struct sim_damage *d, const struct bootloader_progress *p)
{
    if (p->object != DATA || !d->last)
        return;
    d->images++;
    d->last = false;
    d->object = 0;
}

static bool answer_due(void *context, const uint8_t *bytes, size_t size)
{
    struct sim_damage *d = context;
    struct bootloader_progress p;
    bool given = true;
    for (size_t i = 0; i < d->count; i++)
        d->orders[i].answered = false;
    if (size < 3 || bytes[0] != 0x60 || bytes[1] != 0x04 || bytes[2] != 0x01)
        return true;
    sim_device_get_progress(d->device, &p);
    for (size_t i = 0; i < d->count && given; i++) {
        struct order *o = &d->orders[i];
        if (!names_object(o->config.place) || !is_object(d, &p, o->config.number))
            continue;
        o->answered = waits(o, SIM_DAMAGE_AT_ANSWER);
        given = !waits(o, SIM_DAMAGE_AT_EXECUTE);
        if (!given)
            strike_next(o);
    }
    count_image(d, &p);
    return given;
}

static void all_sent(void *context)
{
    struct sim_damage *d = context;
    for (size_t i = 0; i < d->count; i++) {
        struct order *o = &d->orders[i];
        if (o->answered)
            strike_next(o);
        o->answered = false;
    }
}

static void jumps(void *context)
{
    struct sim_damage *d = context;
    for (size_t i = 0; i < d->count; i++)
        if (waits(&d->orders[i], SIM_DAMAGE_AT_JUMP)) {
            strike_next(&d->orders[i]);
            return;
        }
}

static void in_flash(void *context)
{
    struct sim_damage *d = context;
    uint32_t now = sim_device_operations(d->device);
    for (size_t i = 0; i < d->count; i++) {
        struct order *o = &d->orders[i];
        if (waits(o, SIM_DAMAGE_AT_FLASH) && o->operation == now)
            strike(o);
    }
    watch_flash(d);
}

/* Waits for the nearest of the operations that orders name. */
static void watch_flash(struct sim_damage *d)
{
    uint32_t now = sim_device_operations(d->device);
    uint32_t nearest = UINT32_MAX;
    for (size_t i = 0; i < d->count; i++) {
        const struct order *o = &d->orders[i];
        if (waits(o, SIM_DAMAGE_AT_FLASH) && o->operation > now && o->operation < nearest)
            nearest = o->operation;
    }
    if (nearest != UINT32_MAX)
        sim_device_on_operation(d->device, nearest - now, in_flash, d);
}

/* Orders */

struct sim_damage *sim_damage_new(struct sim_world *world, struct sim_device *device)
{
    static const struct sim_device_watch watch = {
        .bootloader = {packet_comes, packet_taken, answer_due},
        .jumps = jumps,
        .sent = all_sent,
    };
    struct sim_damage *d = calloc(1, sizeof(*d));
    if (d == NULL)
        return NULL;
    d->world = world;
    d->device = device;
    sim_device_set_watch(device, &watch, d);
    return d;
}

void sim_damage_free(struct sim_damage **damage)
{
    struct sim_damage *d = *damage;
    *damage = NULL;
    if (d == NULL)
        return;
    sim_device_set_watch(d->device, NULL, NULL);
    sim_device_on_operation(d->device, 1, NULL, NULL);
    sim_cancel(d->world, &d->power);
    for (size_t i = 0; i < d->count; i++)
        sim_cancel(d->world, &d->orders[i].timer);
    free(d);
}

bool sim_damage_add(struct sim_damage *d, const struct sim_damage_config *config)
{
    if (d->count == SIM_DAMAGE_MAX || !sim_damage_fits(config->kind, config->place) ||
        (config->image != 0 && !sim_damage_knows_image(config->place)))
        return false;
    struct order *o = &d->orders[d->count++];
    *o = (struct order){.damage = d, .config = *config};
    if (config->place == SIM_DAMAGE_AT_INIT && config->number == 0)
        o->config.number = 1;
    o->operation = sim_device_operations(d->device) + config->number;
    if (config->place == SIM_DAMAGE_AT_FLASH)
        watch_flash(d);
    if (config->place == SIM_DAMAGE_AT_TIME)
        o->timer = sim_at(d->world, (uint64_t)config->number * 1000, strike_due, o);
    return true;
}

uint32_t sim_damage_struck(const struct sim_damage *d, size_t order)
{
    return order < d->count ? d->orders[order].struck : 0;
}
