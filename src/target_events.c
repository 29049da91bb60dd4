/* SPDX-License-Identifier: MIT */
#include "target_events.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESERVED (TARGET_EVENTS_MAX / 4) /* places for events that mark a step */

struct target_events {
    nordfu_event_fn event;
    void *context;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool ending;
    uint32_t left_out;
    size_t first, count;
    struct nordfu_event ring[TARGET_EVENTS_MAX];
};

static struct nordfu_event *place(struct target_events *e, size_t index)
{
    return &e->ring[(e->first + index) % TARGET_EVENTS_MAX];
}

/* Takes the oldest event, waiting for one; false at the end. */
static bool take(struct target_events *e, struct nordfu_event *event)
{
    pthread_mutex_lock(&e->mutex);
    while (e->count == 0 && !e->ending)
        pthread_cond_wait(&e->changed, &e->mutex);
    bool any = e->count > 0;
    if (any) {
        *event = *place(e, 0);
        e->first = (e->first + 1) % TARGET_EVENTS_MAX;
        e->count--;
    }
    pthread_mutex_unlock(&e->mutex);
    return any;
}

static void *deliver(void *context)
{
    struct target_events *e = context;
    struct nordfu_event event;
    while (take(e, &event))
        e->event(e->context, &event);
    return NULL;
}

static bool marks_a_step(const struct nordfu_event *event)
{
    return event->type != NORDFU_EVENT_PROGRESS && event->type != NORDFU_EVENT_NOTE &&
           event->type != NORDFU_EVENT_RETRY;
}

static void append(struct target_events *e, const struct nordfu_event *event)
{
    *place(e, e->count) = *event;
    e->count++;
}

/* Tells of what was left out as soon as there is room for that and the next event. */
static void own_up(struct target_events *e, uint64_t time, size_t room)
{
    if (e->left_out == 0 || e->count + 2 > room)
        return;
    struct nordfu_event note = {.type = NORDFU_EVENT_NOTE, .time = time};
    snprintf(note.text, sizeof(note.text), "%u events were left out, as the callback was slow.",
             e->left_out);
    append(e, &note);
    e->left_out = 0;
}

static void queue(struct target_events *e, const struct nordfu_event *event)
{
    size_t room = marks_a_step(event) ? TARGET_EVENTS_MAX : TARGET_EVENTS_MAX - RESERVED;
    own_up(e, event->time, room);
    struct nordfu_event *last = e->count > 0 ? place(e, e->count - 1) : NULL;
    bool progress = event->type == NORDFU_EVENT_PROGRESS;
    if (progress && last != NULL && last->type == NORDFU_EVENT_PROGRESS) {
        *last = *event;
        return;
    }
    if (e->count < room) {
        append(e, event);
        return;
    }
    e->left_out++;
    if (event->type == NORDFU_EVENT_DONE)
        *last = *event; /* the one that must not be missed, at the cost of another */
}

void target_events_put(void *events, const struct nordfu_event *event)
{
    struct target_events *e = events;
    pthread_mutex_lock(&e->mutex);
    queue(e, event);
    pthread_cond_signal(&e->changed);
    pthread_mutex_unlock(&e->mutex);
}

/* Signals belong to the application's own threads. */
static int start_thread(struct target_events *e)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&e->thread, NULL, deliver, e);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

int target_events_new(struct target_events **out, nordfu_event_fn event, void *context,
                      struct nordfu_error *error)
{
    *out = NULL;
    struct target_events *e = calloc(1, sizeof(*e));
    if (e == NULL)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    e->event = event;
    e->context = context;
    pthread_mutex_init(&e->mutex, NULL);
    pthread_cond_init(&e->changed, NULL);
    int code = start_thread(e);
    if (code != 0) {
        pthread_cond_destroy(&e->changed);
        pthread_mutex_destroy(&e->mutex);
        free(e);
        return nordfu_error_from(error, NORDFU_ERR_SYSTEM, NORDFU_SPEAKER_SYSTEM, (uint32_t)code,
                                 "A thread for events can't be started: %s.", strerror(code));
    }
    *out = e;
    return 0;
}

void target_events_free(struct target_events **events)
{
    if (events == NULL || *events == NULL)
        return;
    struct target_events *e = *events;
    pthread_mutex_lock(&e->mutex);
    e->ending = true;
    pthread_cond_signal(&e->changed);
    pthread_mutex_unlock(&e->mutex);
    pthread_join(e->thread, NULL);
    pthread_cond_destroy(&e->changed);
    pthread_mutex_destroy(&e->mutex);
    free(e);
    *events = NULL;
}
