/* SPDX-License-Identifier: MIT */
#include "sim/softdevice.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/softdevice_internal.h"
#include "sim/softdevice_security.h"

enum {
    EVENT_MAX = 768,   /* bytes */
    REPORTS_MAX = 32,  /* events waiting when further advertising reports are lost */
    EVENTS_MAX = 4096, /* a host that acknowledges nothing is gone long before this */
};

struct sd_event {
    struct sd_event *next;
    const char *name;
    bool *told;
    size_t size;
    uint8_t bytes[];
};

static const struct sd_command *find_command(const char *name)
{
    const struct sd_command *const tables[] = {
        sd_config_commands, sd_option_commands, sd_scan_commands,  sd_gap_commands,
        sd_link_commands,   sd_gattc_commands,  sd_gatts_commands, sd_security_commands,
    };
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (const struct sd_command *command = tables[i]; command->name != NULL; command++)
            if (strcmp(command->name, name) == 0)
                return command;
    return NULL;
}

/* Random static, and the same in every run: one by one. */
static void set_address(struct softdevice *sd)
{
    static const struct air_address nobody = {0}, first = {1, {0, 0x5A, 0x3C, 0x0D, 0x06, 0xE1}};
    struct air_address *address = &sd->setup.address;
    if (memcmp(address, &nobody, sizeof(nobody)) != 0)
        return;
    *address = first;
    address->bytes[0] = (uint8_t)air_number(sd->air);
}

struct softdevice *softdevice_new(struct sim_world *world, struct air *air,
                                  const struct softdevice_config *config)
{
    const struct dongle_rpc_dialect *dialect = dongle_rpc_dialect_of(config->api);
    struct softdevice *sd = dialect == NULL ? NULL : calloc(1, sizeof(*sd));
    if (sd == NULL)
        return NULL;
    sd->world = world;
    sd->air = air;
    sd->setup = *config;
    set_address(sd);
    sd->dialect = dialect;
    sd->traits = sd_traits_of(config->api);
    for (size_t i = 0; i < dialect->command_count; i++)
        sd->commands[dialect->commands[i].id & 0xFF] = find_command(dialect->commands[i].name);
    sd->events_end = &sd->events;
    for (uint16_t i = 0; i < SD_LINKS_MAX; i++)
        sd->links[i] = (struct sd_link){.sd = sd, .handle = i};
    sd_config_reset(sd);
    return sd;
}

static void drop_events(struct softdevice *sd)
{
    while (sd->events != NULL) {
        struct sd_event *event = sd->events;
        sd->events = event->next;
        free(event);
    }
    sd->events_end = &sd->events;
    sd->event_count = 0;
}

void softdevice_reset(struct softdevice *sd)
{
    sd_gap_stop(sd);
    for (size_t i = 0; i < SD_LINKS_MAX; i++) {
        struct sd_link *link = &sd->links[i];
        if (link->air != NULL)
            air_vanish(link->air, AIR_CENTRAL);
        sd_link_drop(link);
    }
    drop_events(sd);
    sd_config_reset(sd);
}

void softdevice_free(struct softdevice **sd)
{
    struct softdevice *s = *sd;
    *sd = NULL;
    if (s == NULL)
        return;
    softdevice_reset(s);
    dongle_rpc_free(&s->in);
    dongle_rpc_free(&s->out);
    dongle_rpc_free(&s->event);
    free(s);
}

uint32_t softdevice_queue_full(const struct softdevice *sd)
{
    return sd->queue_full;
}

/* Requests */

static uint32_t run(struct softdevice *sd, const struct dongle_rpc_message *message)
{
    const struct sd_command *command = sd->commands[message->id];
    if (command == NULL)
        return SD_NOT_SUPPORTED;
    struct sd_call call = {.sd = sd, .in = &sd->in, .out = &sd->out};
    if (command->needs != SD_ALWAYS && !sd->enabled)
        return SD_NOT_ENABLED;
    if (command->needs == SD_LINK) {
        int64_t handle = dongle_rpc_number(&sd->in, "conn");
        if (handle >= SD_LINKS_MAX || sd->links[handle].air == NULL)
            return SD_INVALID_CONN_HANDLE;
        call.link = &sd->links[handle];
        if (call.link->state == SD_LINK_CLOSING)
            return SD_INVALID_STATE;
    }
    return command->run(&call);
}

const char *softdevice_request(struct softdevice *sd, const uint8_t *request, size_t size,
                               uint8_t *response, size_t capacity, size_t *response_size)
{
    const struct dongle_rpc_message *message =
        size < 2 ? NULL : dongle_rpc_command(sd->dialect, request[1]);
    if (message == NULL)
        return size < 2 ? "request_too_short" : "unknown_opcode";
    dongle_rpc_clear(&sd->in);
    dongle_rpc_clear(&sd->out);
    /* Commands whose layout the specification does not give can't be checked; a status says so. */
    bool known = message->request != NULL;
    if (known && !dongle_rpc_decode(sd->dialect, message->request, request + 2, size - 2, &sd->in))
        return "malformed_request";
    uint32_t status = known ? run(sd, message) : SD_NOT_SUPPORTED;
    sim_log(sd->world, "dongle.request", "dongle=%u name=%s status=0x%x", sd->setup.dongle,
            message->name, (unsigned)status);
    *response_size =
        dongle_rpc_encode_response(sd->dialect, message, status, &sd->out, response, capacity);
    return *response_size == 0 ? "response_not_encodable" : NULL;
}

/* Events */

struct dongle_rpc_values *sd_event_begin(struct softdevice *sd)
{
    dongle_rpc_clear(&sd->event);
    return &sd->event;
}

struct dongle_rpc_values *sd_event_on(struct sd_link *link)
{
    struct dongle_rpc_values *values = sd_event_begin(link->sd);
    dongle_rpc_put(values, "conn", link->handle);
    return values;
}

void sd_put(struct dongle_rpc_values *values, int64_t number, const char *format, ...)
{
    char name[48];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof(name), format, args);
    va_end(args);
    dongle_rpc_put(values, name, number);
}

static bool no_room(const struct softdevice *sd, const char *name)
{
    /* A scan that pauses has one report waiting at most, and would never go on without it. */
    bool report = !sd->traits->scan_pauses && strcmp(name, "GAP_ADV_REPORT") == 0;
    return sd->event_count >= (report ? REPORTS_MAX : EVENTS_MAX);
}

void sd_event_send(struct softdevice *sd, const char *name, bool *told)
{
    if (no_room(sd, name))
        return;
    uint8_t bytes[EVENT_MAX];
    const struct dongle_rpc_message *message = dongle_rpc_event(sd->dialect, name);
    size_t size = message == NULL ? 0
                                  : dongle_rpc_encode_event(sd->dialect, message, &sd->event, bytes,
                                                            sizeof(bytes));
    struct sd_event *event = size == 0 ? NULL : malloc(sizeof(*event) + size);
    if (event == NULL) {
        sim_world_fail(sd->world);
        return;
    }
    *event = (struct sd_event){.name = message->name, .told = told, .size = size};
    memcpy(event->bytes, bytes, size);
    *sd->events_end = event;
    sd->events_end = &event->next;
    sd->event_count++;
    sd->setup.wake(sd->setup.context);
}

size_t softdevice_take_event(struct softdevice *sd, uint8_t *bytes, size_t capacity)
{
    struct sd_event *event = sd->events;
    if (event == NULL || event->size > capacity)
        return 0;
    sd->events = event->next;
    if (sd->events == NULL)
        sd->events_end = &sd->events;
    sd->event_count--;
    size_t size = event->size;
    memcpy(bytes, event->bytes, size);
    if (event->told != NULL)
        *event->told = true;
    sim_log(sd->world, "dongle.event", "dongle=%u name=%s", sd->setup.dongle, event->name);
    free(event);
    return size;
}
