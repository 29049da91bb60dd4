/*
 * SPDX-License-Identifier: MIT
 * The simulated world: a clock in microseconds, a queue of things to happen, one random sequence,
 * one event log.
 *
 * Everything simulated hangs on one world and runs on one thread. Time advances only in
 * sim_world_run_until: the event earliest in time runs next, those of equal time in the order they
 * were scheduled. Same seed, same inputs -> same history.
 */
#ifndef NORDFU_SIM_WORLD_H
#define NORDFU_SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_world;

typedef void (*sim_action)(void *context);

/* NULL when memory ran out. */
struct sim_world *sim_world_new(uint64_t seed);
/* Forgets all pending events and frees. Objects that live in the world are freed by their own
 * functions, before. */
void sim_world_free(struct sim_world **world);

/* µs since the world began. */
uint64_t sim_now(const struct sim_world *world);

/* Names a scheduled event; 0 is never one. */
typedef uint64_t sim_timer;

/* Runs `action` at `time` (not before now). Returns its name; a failed allocation ends the world's
 * usefulness: see sim_world_failed. */
sim_timer sim_at(struct sim_world *world, uint64_t time, sim_action action, void *context);
/* The same, `delay` µs from now. */
sim_timer sim_after(struct sim_world *world, uint64_t delay, sim_action action, void *context);
/* Cancels *timer if it is still pending and sets it to 0. */
void sim_cancel(struct sim_world *world, sim_timer *timer);

/* Time of the earliest pending event; UINT64_MAX if there is none. */
uint64_t sim_next(const struct sim_world *world);
/* Runs every event up to and including `time`, then sets the clock to `time`. */
void sim_run_until(struct sim_world *world, uint64_t time);
/* Runs the earliest event if it is not later than `limit`; true if one ran. Otherwise the clock
 * goes to `limit`. */
bool sim_step(struct sim_world *world, uint64_t limit);

/* Memory ran out somewhere; the history is no longer to be trusted. */
bool sim_world_failed(const struct sim_world *world);
void sim_world_fail(struct sim_world *world);

/* The world's random sequence: uniform in 0..n-1 (n > 0); in [0, 1). */
uint32_t sim_random(struct sim_world *world, uint32_t n);
double sim_chance(struct sim_world *world);

/*
 * The event log. `what` is a stable dotted name ("device.flash.erase"), `format` gives its data as
 * "key=value key=value" (no blanks in values). Without a listener nothing is formatted. The
 * listener prints lines or JSON.
 */
typedef void (*sim_listener)(void *context, uint64_t time, const char *what, const char *data);
void sim_listen(struct sim_world *world, sim_listener listener, void *context);
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void sim_log(struct sim_world *world, const char *what, const char *format, ...);

#endif
