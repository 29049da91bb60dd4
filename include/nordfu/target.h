/*
 * SPDX-License-Identifier: MIT
 * A target: the way to a device, from an address, and the update over it.
 *
 * The update is a blocking call on the caller's thread. Events are delivered on a thread of
 * nordfu's own, one at a time and in order, so a slow callback delays only the events behind it,
 * never the dongle. Only nordfu_target_cancel may be called from another thread.
 */
#ifndef NORDFU_TARGET_H
#define NORDFU_TARGET_H

#include <stdint.h>

#include "nordfu/error.h"
#include "nordfu/log.h"
#include "nordfu/package.h"
#include "nordfu/port.h"
#include "nordfu/update.h"

struct nordfu_target;

struct nordfu_target_options {
    const struct nordfu_log *log; /* may be NULL; must outlive the target */
    uint32_t baud;                /* serial rate of the dongle, 0 = 1 000 000 */
    int api_hint; /* SoftDevice API the dongle is thought to have, 0 = no idea; only a hint */
};

/*
 * Prepares a target from an address: "dongle:/dev/ttyACM0", or a bare path, which means the same.
 * Opens nothing yet. Errors: NORDFU_ERR_USAGE, NORDFU_ERR_SYSTEM.
 */
int nordfu_target_open(struct nordfu_target **out, const char *address,
                       const struct nordfu_target_options *options, struct nordfu_error *error);

/* The same on an open port to a dongle; takes over *port and nulls it, also on failure. */
int nordfu_target_open_port(struct nordfu_target **out, struct nordfu_port **port,
                            const struct nordfu_target_options *options,
                            struct nordfu_error *error);

/* Frees the target and nulls the pointer; no update may be running. NULL and *NULL are fine. */
void nordfu_target_free(struct nordfu_target **target);

/* Ends the running or next update as soon as possible with NORDFU_ERR_CANCELLED. Any thread;
 * async-signal-safe. */
void nordfu_target_cancel(struct nordfu_target *target);

/*
 * Updates the device with every image of the package: finds it, brings it into its bootloader,
 * transfers with resume and retry, and returns 0 only when the final Execute was accepted and the
 * device left the bootloader. `options` (the defaults), `on_event`, `result` and `error` may be
 * NULL. All events are delivered before it returns. Errors: any class; the device can always be
 * updated by the same call again, but a target from a port serves one update only.
 */
int nordfu_target_update(struct nordfu_target *target, const struct nordfu_package *package,
                         const struct nordfu_update_options *options, nordfu_event_fn on_event,
                         void *context, struct nordfu_update_result *result,
                         struct nordfu_error *error);

#endif
