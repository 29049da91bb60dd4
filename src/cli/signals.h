/*
 * SPDX-License-Identifier: MIT
 * Ctrl-C: the first one calls a function, the second one kills.
 *
 * A thread waits for the signals, so nothing runs in a signal handler and no global is needed.
 */
#ifndef NORDFU_CLI_SIGNALS_H
#define NORDFU_CLI_SIGNALS_H

#include <pthread.h>

struct signals {
    void (*stop)(void *context);
    void *context;
    pthread_t thread;
};

/*
 * From now on SIGINT, SIGTERM and SIGHUP call `stop` on a thread of its own. To be called before
 * other threads are made. Returns 0 or an errno.
 */
int signals_start(struct signals *signals, void (*stop)(void *context), void *context);
/* Back to normal. */
void signals_end(struct signals *signals);

#endif
