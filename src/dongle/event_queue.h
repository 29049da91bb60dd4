/*
 * SPDX-License-Identifier: MIT
 * Events of the dongle that wait for somebody to take them, as they came: decoded ones hold views.
 */
#ifndef NORDFU_DONGLE_EVENT_QUEUE_H
#define NORDFU_DONGLE_EVENT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dongle/h5.h"

#define EVENT_QUEUE_SIZE 64 /* half of it at most are advertising reports */

struct event_queue_item {
    bool report; /* an advertising report, which may be dropped */
    uint16_t size;
    uint8_t bytes[H5_PAYLOAD_MAX];
};

/* All zero is empty. */
struct event_queue {
    size_t count, report_count;
    struct event_queue_item items[EVENT_QUEUE_SIZE];
    struct event_queue_item taken; /* what the last event's views point into */
};

/* Appends a copy of at most H5_PAYLOAD_MAX bytes. Where there is no room the oldest report is
 * dropped; false if that would have to be an event that counts. */
bool event_queue_keep(struct event_queue *queue, const uint8_t *bytes, size_t size, bool report);
/* Takes the oldest event, NULL if there is none. It stays valid until the next is taken. */
const struct event_queue_item *event_queue_take(struct event_queue *queue);
void event_queue_clear(struct event_queue *queue);

#endif
