/*
 * SPDX-License-Identifier: MIT
 * Events on a thread of their own: a callback may take as long as it likes without holding up the
 * flow.
 */
#ifndef NORDFU_TARGET_EVENTS_H
#define NORDFU_TARGET_EVENTS_H

#include "nordfu/error.h"
#include "nordfu/update.h"

/* Events that can wait for a slow callback. Progress is replaced by newer progress; from three
 * quarters on only events that mark a step are taken; what is left out is counted and told in a
 * note. */
#define TARGET_EVENTS_MAX 128

struct target_events;

/* Starts the thread. `event` must not be NULL. Errors: NORDFU_ERR_SYSTEM. */
int target_events_new(struct target_events **out, nordfu_event_fn event, void *context,
                      struct nordfu_error *error);

/* Queues a copy of `event`. Never blocks for the callback. The type of `events` is that of a
 * nordfu_event_fn's context. */
void target_events_put(void *events, const struct nordfu_event *event);

/* Delivers what is queued, ends the thread, frees and nulls; NULL is fine. */
void target_events_free(struct target_events **events);

#endif
