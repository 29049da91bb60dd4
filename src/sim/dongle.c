/*
 * SPDX-License-Identifier: MIT
 * The chip: power, H5 link, and the main loop that moves requests, responses and events (wire
 * specification, section 5).
 */
#include "sim/dongle.h"

#include <stdlib.h>
#include <string.h>

#include "sim/dongle_h5.h"
#include "sim/dongle_line.h"
#include "sim/dongle_other.h"
#include "sim/dongle_rpc.h"
#include "sim/softdevice.h"

#define UART_BOOT_US  150000u
#define USB_BOOT_US   1000000u
#define SOFT_RESET_US 100000u
#define COMMAND_US    300u
#define UART_BAUD     1000000u
#define SLOW_BAUD     115200u
#define USB_BYTE_NS   1000u
#define EVENTS_UART   16u
#define EVENTS_USB    64u

/* The firmware builds that there are: UART on an nRF52832, USB on an nRF52840, each with its
 * SoftDevice's FWID and the RAM left for that (wire specification, sections 11.2 and 12.3). */
static const struct build {
    int api;
    bool usb;
    uint16_t fwid;
    uint32_t ram;
} builds[] = {
    {2, false, 0x0088, 0x4300}, {3, false, 0x0091, 0xAC38}, {3, true, 0x0091, 0x199C0},
    {5, false, 0x00A5, 0xA5F8}, {5, true, 0x00A5, 0x19380}, {6, false, 0x00B7, 0xAB20},
    {6, true, 0x00B6, 0x1AD58},
};

struct packet {
    size_t size; /* 0 = none */
    uint8_t bytes[DONGLE_H5_PAYLOAD_MAX];
};

struct sim_dongle {
    struct sim_world *world;
    struct sim_dongle_config config;
    struct sim_dongle_stats stats;
    struct dongle_line *line;
    struct dongle_other *other; /* runs instead of connectivity firmware */
    struct softdevice *sd;
    struct dongle_h5 h5;
    bool unplugged;
    bool gone; /* a USB dongle between restart and its next appearance */
    uint32_t vanished;

    bool awake;
    uint64_t awake_since;
    sim_timer boot_timer, h5_timer, reset_timer, pump_timer, command_timer;

    struct packet request, response;
    bool request_due;      /* its processing time is over */
    struct packet *events; /* a ring of `event_room` that were fetched and wait for the line */
    size_t event_room, event_first, event_count;
    bool fetching; /* paused from full enough to half empty */
    bool link_ready;
};

static void start_over(struct sim_dongle *d, uint64_t boot_us);

/* Power */

static void rearm(void *context);

static void boot(void *context)
{
    struct sim_dongle *d = context;
    d->boot_timer = 0;
    d->awake = true;
    d->gone = false;
    d->awake_since = sim_now(d->world);
    rearm(d);
    sim_log(d->world, "dongle.boot", "dongle=%u api=%d", d->config.number, d->config.api);
}

/* Everything in RAM is forgotten. */
static void forget(struct sim_dongle *d)
{
    sim_timer *const timers[] = {&d->boot_timer, &d->h5_timer, &d->reset_timer, &d->pump_timer,
                                 &d->command_timer};
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
        sim_cancel(d->world, timers[i]);
    d->request.size = 0;
    d->response.size = 0;
    d->request_due = false;
    d->event_count = 0;
    d->fetching = true;
    d->link_ready = false;
    softdevice_reset(d->sd);
}

static void restart_chip(struct sim_dongle *d)
{
    start_over(d, d->config.usb ? USB_BOOT_US : UART_BOOT_US);
    d->gone = d->config.usb;
    d->vanished += d->config.usb;
}

static void fault(void *context, const char *reason)
{
    struct sim_dongle *d = context;
    d->stats.restarts++;
    sim_log(d->world, "dongle.restart", "dongle=%u reason=%s", d->config.number, reason);
    restart_chip(d);
}

static void soft_reset(void *context)
{
    struct sim_dongle *d = context;
    d->reset_timer = 0;
    start_over(d, 0);
}

/* The link restarts and the SoftDevice is disabled, a little later; until then nothing changes. */
static void reset_softly(struct sim_dongle *d)
{
    if (d->reset_timer != 0)
        return;
    d->stats.resets++;
    sim_log(d->world, "dongle.reset", "dongle=%u kind=soft", d->config.number);
    d->reset_timer = sim_after(d->world, SOFT_RESET_US, soft_reset, d);
}

static void reset_chip(struct sim_dongle *d)
{
    d->stats.resets++;
    sim_log(d->world, "dongle.reset", "dongle=%u kind=chip", d->config.number);
    restart_chip(d);
}

static void reset(void *context)
{
    struct sim_dongle *d = context;
    if (d->config.usb)
        reset_softly(d);
    else
        reset_chip(d);
}

/* The link, upwards */

static void send(void *context, const uint8_t *frame, size_t size)
{
    struct sim_dongle *d = context;
    dongle_line_send(d->line, frame, size);
}

static void pump(void *context);

static void wake(void *context)
{
    struct sim_dongle *d = context;
    if (d->pump_timer == 0 && d->awake)
        d->pump_timer = sim_after(d->world, 0, pump, d);
}

static void command_due(void *context)
{
    struct sim_dongle *d = context;
    d->command_timer = 0;
    d->request_due = true;
    pump(d);
}

/* The firmware has one buffer for requests; it is free again when the response is on its way. */
static bool deliver(void *context, const uint8_t *payload, size_t size)
{
    struct sim_dongle *d = context;
    if (d->request.size != 0)
        return false;
    if (size == 0)
        return true;
    memcpy(d->request.bytes, payload, size);
    d->request.size = size;
    d->command_timer = sim_after(d->world, d->config.command_us, command_due, d);
    return true;
}

static void tick(void *context)
{
    struct sim_dongle *d = context;
    d->h5_timer = 0;
    rearm(d);
    dongle_h5_tick(&d->h5);
}

static void rearm(void *context)
{
    struct sim_dongle *d = context;
    sim_cancel(d->world, &d->h5_timer);
    d->h5_timer = sim_after(d->world, d->h5.rules->period_us, tick, d);
}

static const struct dongle_h5_ops link_ops = {
    .send = send,
    .deliver = deliver,
    .done = wake,
    .ready = wake,
    .fault = fault,
    .reset = reset,
    .rearm = rearm,
};

/* Old v2 builds run their UART at 115200 baud and wait longer. */
static const struct dongle_h5_rules *rules_of(const struct sim_dongle_config *config)
{
    return dongle_h5_rules_of(config->baud <= SLOW_BAUD && config->api == 2 ? DONGLE_H5_SLOW_V2
                                                                            : config->api);
}

static void start_over(struct sim_dongle *d, uint64_t boot_us)
{
    forget(d);
    d->awake = false;
    dongle_line_break(d->line);
    dongle_h5_init(&d->h5, rules_of(&d->config), &link_ops, d);
    d->boot_timer = sim_after(d->world, boot_us, boot, d);
}

/* A chip that was asleep when a frame began has missed it. */
static void frame_arrived(void *context, const uint8_t *frame, size_t size, uint64_t start)
{
    struct sim_dongle *d = context;
    if (d->other != NULL)
        dongle_other_receive(d->other, frame, size);
    if (!d->awake || start < d->awake_since)
        return;
    dongle_h5_frame(&d->h5, frame, size);
    bool ready = dongle_h5_ready(&d->h5);
    if (ready != d->link_ready)
        sim_log(d->world, "dongle.link", "dongle=%u state=%s", d->config.number,
                ready ? "active" : "down");
    d->link_ready = ready;
}

/* Main loop */

/* "5 00" restarts the chip, "5 01" is the soft reset of section 4.5. v2 knows no difference. */
static void control(struct sim_dongle *d)
{
    uint8_t what = d->request.bytes[1];
    if (d->config.api == 2) {
        reset_chip(d);
        return;
    }
    if (d->request.size != 2 || what > 1) {
        fault(d, "malformed_control_packet");
        return;
    }
    d->request.size = 0;
    if (what == 1)
        reset_softly(d);
    else
        reset_chip(d);
}

static void carry_out(struct sim_dongle *d)
{
    d->request_due = false;
    if (d->request.bytes[0] == DONGLE_RPC_CONTROL) {
        control(d);
        return;
    }
    if (d->request.bytes[0] != DONGLE_RPC_REQUEST) {
        fault(d, "unknown_packet_type");
        return;
    }
    const char *reason =
        softdevice_request(d->sd, d->request.bytes, d->request.size, d->response.bytes,
                           sizeof(d->response.bytes), &d->response.size);
    d->stats.requests++;
    if (reason != NULL)
        fault(d, reason);
}

/* Fetches events until the queue is full enough; not while a request is in hand. */
static void fetch(struct sim_dongle *d)
{
    if (d->event_count < d->event_room / 2)
        d->fetching = true;
    /* v2 stops when there is no room left, its successors a quarter earlier. */
    size_t most = d->config.api == 2 ? d->event_room : d->event_room * 3 / 4;
    while (d->request.size == 0 && d->fetching) {
        struct packet *slot = &d->events[(d->event_first + d->event_count) % d->event_room];
        slot->size = softdevice_take_event(d->sd, slot->bytes, sizeof(slot->bytes));
        if (slot->size == 0)
            return;
        d->event_count++;
        d->fetching = d->event_count < most;
    }
}

static void pump(void *context)
{
    struct sim_dongle *d = context;
    sim_cancel(d->world, &d->pump_timer);
    fetch(d);
    if (d->event_count == 0 && d->request_due)
        carry_out(d);
    if (!d->awake || !dongle_h5_idle(&d->h5))
        return;
    if (d->event_count > 0) {
        const struct packet *event = &d->events[d->event_first];
        dongle_h5_queue(&d->h5, event->bytes, event->size);
        d->event_first = (d->event_first + 1) % d->event_room;
        d->event_count--;
        if (d->event_count == 0)
            wake(d); /* a request may have waited for that */
    } else if (d->response.size > 0) {
        dongle_h5_queue(&d->h5, d->response.bytes, d->response.size);
        d->response.size = 0;
        d->request.size = 0;
    }
}

/* Interface */

static uint32_t byte_ns(const struct sim_dongle_config *config)
{
    return config->usb ? USB_BYTE_NS : (uint32_t)(UINT64_C(10000000000) / config->baud);
}

static const struct build *build_of(const struct sim_dongle_config *config)
{
    for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++)
        if (builds[i].api == config->api && builds[i].usb == config->usb)
            return &builds[i];
    return NULL;
}

static bool run_firmware(struct sim_dongle *d)
{
    if (d->config.firmware == SIM_FIRMWARE_CONNECTIVITY)
        boot(d);
    if (d->config.firmware <= SIM_FIRMWARE_SILENT)
        return true;
    dongle_line_set_raw(d->line);
    d->other = dongle_other_new(d->world, d->line, &d->config);
    return d->other != NULL;
}

struct sim_dongle *sim_dongle_new(struct sim_world *world, struct air *air,
                                  const struct sim_dongle_config *config)
{
    const struct build *build = build_of(config);
    struct sim_dongle *d = build == NULL ? NULL : calloc(1, sizeof(*d));
    if (d == NULL)
        return NULL;
    d->world = world;
    d->config = *config;
    d->config.number = config->number != 0 ? config->number : 1;
    d->config.baud = config->baud != 0 ? config->baud : UART_BAUD;
    d->config.command_us = config->command_us != 0 ? config->command_us : COMMAND_US;
    if (config->silent)
        d->config.firmware = SIM_FIRMWARE_SILENT;
    d->event_room = config->usb ? EVENTS_USB : EVENTS_UART;
    d->fetching = true;
    const struct softdevice_config setup = {.api = config->api,
                                            .dongle = d->config.number,
                                            .ram = build->ram,
                                            .fwid = config->fwid != 0 ? config->fwid : build->fwid,
                                            .nrf52840 = config->usb,
                                            .address = config->address,
                                            .refuse_mtu = config->refuse_mtu,
                                            .refuse_length = config->refuse_length,
                                            .refuse_phy = config->refuse_phy,
                                            .wake = wake,
                                            .context = d};
    d->events = calloc(d->event_room, sizeof(*d->events));
    d->line = dongle_line_new(world, byte_ns(&d->config), frame_arrived, d);
    d->sd = softdevice_new(world, air, &setup);
    if (d->events == NULL || d->line == NULL || d->sd == NULL) {
        sim_dongle_free(&d);
        return NULL;
    }
    dongle_h5_init(&d->h5, rules_of(&d->config), &link_ops, d);
    if (!run_firmware(d))
        sim_dongle_free(&d);
    return d;
}

void sim_dongle_free(struct sim_dongle **dongle)
{
    struct sim_dongle *d = *dongle;
    *dongle = NULL;
    if (d == NULL)
        return;
    if (d->sd != NULL)
        forget(d);
    softdevice_free(&d->sd);
    dongle_other_free(&d->other);
    dongle_line_free(&d->line);
    free(d->events);
    free(d);
}

void sim_dongle_receive(struct sim_dongle *dongle, const void *bytes, size_t size)
{
    if (!sim_dongle_unplugged(dongle))
        dongle_line_write(dongle->line, bytes, size);
}

size_t sim_dongle_take(struct sim_dongle *dongle, void *buffer, size_t size)
{
    return dongle_line_take(dongle->line, buffer, size);
}

size_t sim_dongle_available(const struct sim_dongle *dongle)
{
    return dongle_line_available(dongle->line);
}

void sim_dongle_discard(struct sim_dongle *dongle)
{
    uint8_t nobody[256];
    while (dongle_line_take(dongle->line, nobody, sizeof(nobody)) > 0)
        ;
}

uint64_t sim_dongle_line_free(const struct sim_dongle *dongle)
{
    return dongle_line_idle_at(dongle->line);
}

void sim_dongle_unplug(struct sim_dongle *dongle)
{
    if (dongle->unplugged)
        return;
    dongle->unplugged = true;
    dongle->vanished++;
    dongle->awake = false;
    forget(dongle);
    dongle_other_free(&dongle->other);
    dongle_line_clear(dongle->line);
    sim_log(dongle->world, "dongle.unplug", "dongle=%u vanished=%u", dongle->config.number,
            (unsigned)dongle->vanished);
}

bool sim_dongle_unplugged(const struct sim_dongle *dongle)
{
    return dongle->unplugged || dongle->gone;
}

uint32_t sim_dongle_vanished(const struct sim_dongle *dongle)
{
    return dongle->vanished;
}

unsigned sim_dongle_number(const struct sim_dongle *dongle)
{
    return dongle->config.number;
}

void sim_dongle_get_stats(const struct sim_dongle *dongle, struct sim_dongle_stats *stats)
{
    *stats = dongle->stats;
    stats->queue_full = softdevice_queue_full(dongle->sd);
}
