/*
 * SPDX-License-Identifier: MIT
 * A target: the way to a device, from an address, and the update over it.
 *
 * The update is a blocking call on the caller's thread. Events are delivered on a thread of nordfu's own, one at a time and in order, so
 * a slow callback delays only the events behind it, never the dongle. Only nordfu_target_cancel may be called from another thread.
 */
#ifndef NORDFU_TARGET_H
#define NORDFU_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "nordfu/central.h"
#include "nordfu/error.h"
#include "nordfu/log.h"
#include "nordfu/package.h"
#include "nordfu/port.h"

struct nordfu_target;

struct nordfu_target_options {
    const struct nordfu_log *log; /* may be NULL; must outlive the target */
    uint32_t baud;                /* serial rate of the dongle, 0 = 1 000 000 */
};

/*
 * Prepares a target from an address: "dongle:/dev/ttyACM0", or a bare path, which means the same. Opens nothing yet.
 * Errors: NORDFU_ERR_USAGE, NORDFU_ERR_SYSTEM.
 */
int nordfu_target_open(struct nordfu_target **out, const char *address,
                       const struct nordfu_target_options *options, struct nordfu_error *error);

/* The same on an open port to a dongle; takes over *port and nulls it, also on failure. */
int nordfu_target_open_port(struct nordfu_target **out, struct nordfu_port **port,
                            const struct nordfu_target_options *options,
                            struct nordfu_error *error);

void nordfu_target_free(struct nordfu_target **target);

/* Ends the running or next update as soon as possible with NORDFU_ERR_CANCELLED. Any thread; async-signal-safe. */
void nordfu_target_cancel(struct nordfu_target *target);

/* How the device was recognised. */
enum nordfu_match {
    NORDFU_MATCH_NONE,
    NORDFU_MATCH_ADDRESS,  /* the address that was asked for */
    NORDFU_MATCH_PLUS_ONE, /* that address with the low byte one higher (wrapping): its bootloader */
    NORDFU_MATCH_NAME,     /* the name that was asked for */
};
const char *nordfu_match_name(enum nordfu_match match);

struct nordfu_update_options {
    bool has_address;
    struct nordfu_address address; /* of the application; its bootloader is found from it */
    char name[32];                 /* advertised name; used when there is no address; "" = "DfuTarg" */
    uint16_t mtu;                  /* largest ATT_MTU to ask for, 23..247; 0 = 247 */
    uint32_t connect_delay_ms;     /* wait before connecting, ms; 0 is best */
    uint32_t scan_timeout_ms;      /* how long to look for the device each time; 0 = 10 000 */
    uint32_t attempts;             /* links that may be lost before giving up; 0 = 3 */
};

enum nordfu_event_type {
    NORDFU_EVENT_DONGLE,     /* the central is open; text describes it */
    NORDFU_EVENT_SCANNING,   /* text says for what */
    NORDFU_EVENT_FOUND,      /* address, match and text (name) */
    NORDFU_EVENT_CONNECTED,  /* link */
    NORDFU_EVENT_JUMPING,    /* the application was told to start its bootloader */
    NORDFU_EVENT_IMAGE,      /* a transfer begins: total; bytes = what a resume saves */
    NORDFU_EVENT_PROGRESS,   /* bytes of total are confirmed by CRC or on their way */
    NORDFU_EVENT_RETRY,      /* something went wrong and is mended; text says what */
    NORDFU_EVENT_NOTE,       /* text: worth knowing, nothing is wrong */
    NORDFU_EVENT_ACTIVATING, /* everything is transferred; the bootloader checks and activates */
    NORDFU_EVENT_DONE,       /* the device left the bootloader */
};

struct nordfu_event {
    enum nordfu_event_type type;
    uint64_t time;  /* µs on the target's clock */
    uint32_t bytes; /* of the image */
    uint32_t total;
    enum nordfu_match match;
    struct nordfu_address address;
    struct nordfu_link link; /* the characteristics are left out */
    char text[256];          /* "" if nothing to say */
};

/* Called on nordfu's event thread. `event` is valid during the call. Progress may be skipped when the callback is slow. */
typedef void (*nordfu_event_fn)(void *context, const struct nordfu_event *event);

/* What came of an update; filled in as far as it went, also on failure. */
struct nordfu_update_result {
    char central[160];       /* how the dongle described itself */
    struct nordfu_link link; /* the last link to the bootloader; the characteristics are left out */
    enum nordfu_match match;
    uint32_t bytes;         /* image bytes confirmed by the device in this run */
    uint32_t resumed;       /* image bytes that were there already */
    uint64_t transfer_time; /* µs from the first Create (or resume) to the reply to the last Execute */
    uint64_t total_time;    /* µs of the whole call */
    uint32_t retries;       /* objects sent again */
    uint32_t reconnects;
};

/*
 * Updates the device with every image of the package: finds it, brings it into its bootloader, transfers with resume and
 * retry, and returns 0 only when the final Execute was accepted and the device left the bootloader.
 * `on_event` and `result` may be NULL. Errors: any class; the device can always be updated by the same call again.
 */
int nordfu_target_update(struct nordfu_target *target, const struct nordfu_package *package,
                         const struct nordfu_update_options *options, nordfu_event_fn on_event,
                         void *context, struct nordfu_update_result *result,
                         struct nordfu_error *error);

#endif
