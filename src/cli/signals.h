/*
 * SPDX-License-Identifier: MIT
 * Ctrl-C: the first one calls a function, a later one kills.
 *
 * A thread waits for the signals, so nothing runs in a signal handler and no global is needed.
 */
#ifndef NORDFU_CLI_SIGNALS_H
#define NORDFU_CLI_SIGNALS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct signals {
    void (*stop)(void *context);
    void *context;
    pthread_t thread;
    bool stopped;     /* for signals_end */
    atomic_bool over; /* for the thread */
};

/*
 * From now on SIGINT, SIGTERM and SIGHUP call `stop` on a thread of its own, once. What follows
 * within 300 ms is the same wish (timeout(1) signals a program and then its group) and ignored;
 * what comes later kills. To be called before other threads are made. Returns 0 or an errno.
 */
int signals_start(struct signals *signals, void (*stop)(void *context), void *context);
/* No more calls. Back to normal, or, if `stop` was called, deaf for the rest: the program is about
 * to end and says itself how. */
void signals_end(struct signals *signals);

#endif
