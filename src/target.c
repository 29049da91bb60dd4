/* SPDX-License-Identifier: MIT */
#include "nordfu/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dfu/gatt.h"
#include "dfu/update.h"
#include "target_events.h"

#define DONGLE_PREFIX "dongle:"

struct nordfu_target {
    struct nordfu_target_options options;
    char path[256];           /* "" if it was made from an open port */
    struct nordfu_port *port; /* open and not used yet */
    struct nordfu_cancel *cancel;
};

/* One call of nordfu_target_update. */
struct update {
    struct nordfu_target *target;
    struct nordfu_central *central;
    struct target_events *events; /* NULL: nobody listens */
    struct sink sink;
    uint64_t began; /* µs */
    struct nordfu_update_result *result;
};

static int new_target(struct nordfu_target **out, const struct nordfu_target_options *options,
                      struct nordfu_error *error)
{
    *out = NULL;
    struct nordfu_target *target = calloc(1, sizeof(*target));
    if (target == NULL)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    if (options != NULL)
        target->options = *options;
    int rc = nordfu_cancel_new(&target->cancel, error);
    if (rc != 0)
        free(target);
    else
        *out = target;
    return rc;
}

int nordfu_target_open(struct nordfu_target **out, const char *address,
                       const struct nordfu_target_options *options, struct nordfu_error *error)
{
    *out = NULL;
    size_t prefix = strlen(DONGLE_PREFIX);
    const char *path = strncmp(address, DONGLE_PREFIX, prefix) == 0 ? address + prefix : address;
    if (path[0] == '\0' || strlen(path) >= sizeof((*out)->path))
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "'%.100s' names no port; give the dongle's serial port, e.g. "
                                "/dev/ttyACM0 or dongle:/dev/ttyACM0.",
                                address);
    int rc = new_target(out, options, error);
    if (rc == 0)
        snprintf((*out)->path, sizeof((*out)->path), "%s", path);
    return rc;
}

int nordfu_target_open_port(struct nordfu_target **out, struct nordfu_port **port,
                            const struct nordfu_target_options *options, struct nordfu_error *error)
{
    int rc = new_target(out, options, error);
    if (rc != 0) {
        nordfu_port_free(port);
        return rc;
    }
    (*out)->port = *port;
    *port = NULL;
    return 0;
}

void nordfu_target_free(struct nordfu_target **target)
{
    if (target == NULL || *target == NULL)
        return;
    nordfu_port_free(&(*target)->port);
    nordfu_cancel_free(&(*target)->cancel);
    free(*target);
    *target = NULL;
}

void nordfu_target_cancel(struct nordfu_target *target)
{
    nordfu_cancel_set(target->cancel);
}

static void pass_note(void *context, const char *sentence)
{
    struct update *u = context;
    /* Before the central is open its clock can't be read. */
    uint64_t time = u->central != NULL ? nordfu_central_now(u->central) : u->began;
    sink_text(&u->sink, time, NORDFU_EVENT_NOTE, "%s", sentence);
}

static int open_port(struct nordfu_target *target, struct nordfu_port **port,
                     struct nordfu_error *error)
{
    *port = target->port;
    target->port = NULL;
    if (*port == NULL && target->path[0] == '\0')
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The port of this target was used up by an earlier update: open it "
                                "again and make a new target.");
    if (*port != NULL)
        return 0;
    struct nordfu_port_settings settings = {.baud = target->options.baud};
    return nordfu_port_open(port, target->path, &settings, error);
}

static int open_central(struct update *u, const struct nordfu_update_options *full,
                        struct nordfu_error *error)
{
    struct nordfu_port *port;
    int rc = open_port(u->target, &port, error);
    if (rc != 0)
        return rc;
    port->cancel = u->target->cancel;
    u->began = nordfu_port_now(port);
    struct nordfu_central_options options = {
        .log = u->target->options.log,
        .note = pass_note,
        .context = u,
        .mtu = full->mtu,
        .api_hint = u->target->options.api_hint,
        .open_timeout_ms = full->timeout_ms,
    };
    options.uuids = gatt_uuids(&options.uuid_count);
    rc = nordfu_central_dongle_open(&u->central, &port, &options, error);
    if (rc != 0)
        return rc;
    snprintf(u->result->central, sizeof(u->result->central), "%s", u->central->description);
    sink_text(&u->sink, nordfu_central_now(u->central), NORDFU_EVENT_DONGLE, "%s",
              u->central->description);
    return 0;
}

static int list_images(const struct nordfu_package *package, const struct nordfu_image **images,
                       size_t *count, struct nordfu_error *error)
{
    *count = nordfu_package_image_count(package);
    if (*count == 0 || *count > NORDFU_MAX_IMAGES)
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "The package holds %zu images, not 1 to %d: make it again.", *count,
                                NORDFU_MAX_IMAGES);
    for (size_t i = 0; i < *count; i++) {
        images[i] = nordfu_package_image(package, i);
        if (images[i]->firmware == NULL)
            return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                    "The package was only peeked into, without its firmware: open "
                                    "it with nordfu_package_open to send it.");
    }
    return 0;
}

/* What opening the dongle leaves of the time for the whole call, at least a moment. */
static uint32_t time_left(const struct update *u, uint32_t timeout_ms)
{
    uint64_t spent = (nordfu_central_now(u->central) - u->began) / NORDFU_MS;
    return timeout_ms == 0 ? 0 : spent < timeout_ms ? timeout_ms - (uint32_t)spent : 1;
}

static int run(struct update *u, const struct nordfu_package *package,
               const struct nordfu_update_options *options, struct nordfu_error *error)
{
    const struct nordfu_image *images[NORDFU_MAX_IMAGES];
    size_t count;
    struct nordfu_update_options full = update_defaults(options);
    if (full.mtu < 23 || full.mtu > 247)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The MTU %u is out of range; it must be 23 to 247.", full.mtu);
    if (full.phy > 2 || (full.interval != 0 && (full.interval < 6 || full.interval > 100)))
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "PHY %u or interval %u is out of range; a PHY is 1 or 2, an "
                                "interval 6 to 100 x 1.25 ms.",
                                full.phy, full.interval);
    int rc = list_images(package, images, &count, error);
    if (rc == 0)
        rc = open_central(u, &full, error);
    if (rc == 0)
        full.timeout_ms = time_left(u, full.timeout_ms);
    if (rc == 0)
        rc = update_run(u->central, images, count, &full, &u->sink, u->result, error);
    if (u->central != NULL)
        u->result->total_time = nordfu_central_now(u->central) - u->began;
    return rc;
}

int nordfu_target_update(struct nordfu_target *target, const struct nordfu_package *package,
                         const struct nordfu_update_options *options, nordfu_event_fn on_event,
                         void *context, struct nordfu_update_result *result,
                         struct nordfu_error *error)
{
    struct nordfu_update_result own;
    struct update u = {.target = target, .result = result != NULL ? result : &own};
    *u.result = (struct nordfu_update_result){0};
    u.sink.log = target->options.log;
    if (on_event != NULL) {
        int rc = target_events_new(&u.events, on_event, context, error);
        if (rc != 0)
            return rc;
        u.sink.event = target_events_put;
        u.sink.context = u.events;
    }
    int rc = run(&u, package, options, error);
    nordfu_central_free(&u.central);
    target_events_free(&u.events);
    return rc;
}
