/* SPDX-License-Identifier: MIT
 * Events for a callback that is slow: what waits, what is left out, what is told. */
#include "test.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

#include "target_events.h"

#define RECORD_MAX 400

/* A callback that waits in its first event until it is let go. */
struct listener {
    sem_t entered, gate;
    struct target_events *events;
    size_t count;
    struct nordfu_event *record;
};

static void listen(void *context, const struct nordfu_event *event)
{
    struct listener *l = context;
    if (l->count == 0) {
        sem_post(&l->entered);
        sem_wait(&l->gate);
    }
    if (l->count < RECORD_MAX)
        l->record[l->count++] = *event;
}

static void put(struct listener *l, enum nordfu_event_type type, uint32_t bytes)
{
    struct nordfu_event event = {.type = type, .bytes = bytes};
    target_events_put(l->events, &event);
}

/* The callback hangs in an event numbered 0, nothing else waits. */
static void listener_new(struct listener *l)
{
    struct nordfu_error error;
    *l = (struct listener){.record = test_calloc(RECORD_MAX, sizeof(*l->record))};
    assert_int_equal(sem_init(&l->entered, 0, 0), 0);
    assert_int_equal(sem_init(&l->gate, 0, 0), 0);
    assert_int_equal(target_events_new(&l->events, listen, l, &error), 0);
    put(l, NORDFU_EVENT_NOTE, 0);
    sem_wait(&l->entered);
}

/* Lets the callback go and waits until it has everything. */
static void release(struct listener *l)
{
    sem_post(&l->gate);
    target_events_free(&l->events);
    assert_null(l->events);
}

static void listener_free(struct listener *l)
{
    sem_destroy(&l->entered);
    sem_destroy(&l->gate);
    test_free(l->record);
}

static const struct nordfu_event *last(const struct listener *l)
{
    return &l->record[l->count - 1];
}

static void all_events_come_in_order(void **state)
{
    (void)state;
    struct listener l;
    listener_new(&l);
    for (uint32_t i = 1; i <= 90; i++)
        put(&l, NORDFU_EVENT_NOTE, i);
    release(&l);
    assert_int_equal(l.count, 91);
    for (uint32_t i = 0; i < l.count; i++)
        assert_int_equal(l.record[i].bytes, i);
    listener_free(&l);
}

static void waiting_progress_is_replaced_by_newer_progress(void **state)
{
    (void)state;
    struct listener l;
    listener_new(&l);
    for (uint32_t i = 1; i <= 1000; i++)
        put(&l, NORDFU_EVENT_PROGRESS, i);
    put(&l, NORDFU_EVENT_DONE, 0);
    release(&l);
    assert_int_equal(l.count, 3);
    assert_int_equal(l.record[1].bytes, 1000);
    assert_int_equal(last(&l)->type, NORDFU_EVENT_DONE);
    listener_free(&l);
}

static void notes_are_left_out_first_and_that_is_told(void **state)
{
    (void)state;
    struct listener l;
    listener_new(&l);
    for (uint32_t i = 1; i <= 200; i++)
        put(&l, NORDFU_EVENT_NOTE, i);
    put(&l, NORDFU_EVENT_IMAGE, 0);
    put(&l, NORDFU_EVENT_DONE, 0);
    release(&l);
    assert_int_equal(l.count, 1 + 96 + 3);
    assert_int_equal(l.record[97].type, NORDFU_EVENT_NOTE);
    assert_string_equal(l.record[97].text, "104 events were left out, as the callback was slow.");
    assert_int_equal(l.record[98].type, NORDFU_EVENT_IMAGE);
    assert_int_equal(last(&l)->type, NORDFU_EVENT_DONE);
    listener_free(&l);
}

static void the_end_is_never_missed(void **state)
{
    (void)state;
    struct listener l;
    listener_new(&l);
    for (uint32_t i = 1; i <= 300; i++)
        put(&l, NORDFU_EVENT_IMAGE, i);
    put(&l, NORDFU_EVENT_DONE, 0);
    release(&l);
    assert_int_equal(l.count, 1 + TARGET_EVENTS_MAX);
    assert_int_equal(last(&l)->type, NORDFU_EVENT_DONE);
    listener_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_events_come_in_order),
        cmocka_unit_test(waiting_progress_is_replaced_by_newer_progress),
        cmocka_unit_test(notes_are_left_out_first_and_that_is_told),
        cmocka_unit_test(the_end_is_never_missed),
    };
    return cmocka_run_group_tests_name("target_events", tests, NULL, NULL);
}
