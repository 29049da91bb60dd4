/*
 * SPDX-License-Identifier: MIT
 * The firmware's end of the H5 link (wire specification, sections 4.1 to 4.5): no I/O and no clock,
 * frames without SLIP.
 *
 * Nobody may call into the link from one of its callbacks except dongle_h5_queue from `done` and
 * `ready`.
 */
#ifndef NORDFU_SIM_DONGLE_H5_H
#define NORDFU_SIM_DONGLE_H5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/dongle_frame.h"

/* The largest payload of any dialect. */
#define DONGLE_H5_PAYLOAD_MAX 768

/* What differs between firmware generations. */
struct dongle_h5_rules {
    bool answers_config_at_once; /* v2; the others send their own CONFIG first */
    uint32_t period_us;          /* retransmission time: 400 ms, v2 200 ms or (slow) 340 ms */
    size_t payload_max;          /* 768, v2 384 */
};

/* v2 with a UART at 115200 baud. */
#define DONGLE_H5_SLOW_V2 (-2)

/* The rules of SoftDevice API 2, 3, 5 or 6, or DONGLE_H5_SLOW_V2. */
const struct dongle_h5_rules *dongle_h5_rules_of(int api);

struct dongle_h5_ops {
    /* A frame (header first, escapes not yet added) for the host. */
    void (*send)(void *context, const uint8_t *frame, size_t size);
    /* A data packet arrived in order. False: there is no buffer for it, so it is neither taken nor
     * acknowledged. */
    bool (*deliver)(void *context, const uint8_t *payload, size_t size);
    /* The queued packet was acknowledged; the next may be queued. */
    void (*done)(void *context);
    /* Data may flow in both directions. */
    void (*ready)(void *context);
    /* The link gave up or the host broke a rule that the firmware does not survive: the chip
     * restarts. */
    void (*fault)(void *context, const char *reason);
    /* RESET arrived. */
    void (*reset)(void *context);
    /* The timer period starts anew: dongle_h5_tick is due one period from now, and then every
     * period. */
    void (*rearm)(void *context);
};

enum dongle_h5_state {
    DONGLE_H5_UNINITIALISED,
    DONGLE_H5_INITIALISED,
    DONGLE_H5_ACTIVE,
    DONGLE_H5_DEAD, /* gave up; only dongle_h5_init helps */
};

struct dongle_h5 {
    const struct dongle_h5_rules *rules;
    const struct dongle_h5_ops *ops;
    void *context;
    enum dongle_h5_state state;
    bool config_sent;       /* an own CONFIG is out */
    bool config_answered;   /* an own CONFIG RESPONSE is out */
    uint8_t expected;       /* next sequence number from the host */
    uint8_t next;           /* sequence number of the packet in `packet` */
    unsigned transmissions; /* of that packet; 0 = not sent yet */
    size_t packet_size;     /* 0 = no packet */
    uint8_t packet[DONGLE_H5_PAYLOAD_MAX];
};

/* A link as after a chip start. Calls nothing back; the owner starts the timer. */
void dongle_h5_init(struct dongle_h5 *h5, const struct dongle_h5_rules *rules,
                    const struct dongle_h5_ops *ops, void *context);
/* One frame from the host, escapes undone. Bad ones are dropped. */
void dongle_h5_frame(struct dongle_h5 *h5, const uint8_t *frame, size_t size);
/* The timer expired. */
void dongle_h5_tick(struct dongle_h5 *h5);
/* True when no packet waits for its acknowledgement. */
bool dongle_h5_idle(const struct dongle_h5 *h5);
/* Both sides are settled. */
bool dongle_h5_ready(const struct dongle_h5 *h5);
/* Sends one packet (1..payload_max bytes) as soon as the link is ready. False if another one is
 * still on its way. */
bool dongle_h5_queue(struct dongle_h5 *h5, const uint8_t *payload, size_t size);

#endif
