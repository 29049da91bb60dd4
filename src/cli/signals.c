/* SPDX-License-Identifier: MIT */
#include "cli/signals.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { SAME_WISH_MS = 300 };

static void fill(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    struct sigaction hangup; /* nohup's wish is respected */
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN)
        sigaddset(set, SIGHUP);
    sigaddset(set, SIGUSR1); /* signals_end's way to end the thread */
}

static void die_of(int number)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    signal(number, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void *wait_for_signals(void *context)
{
    struct signals *signals = context;
    int64_t first = 0;
    int number = 0;
    sigset_t set;
    fill(&set);
    while (sigwait(&set, &number) == 0 && !atomic_load(&signals->over)) {
        if (number == SIGUSR1)
            continue; /* somebody else's, which must not make this deaf to Ctrl-C */
        if (signals->stopped && now_ms() - first > SAME_WISH_MS)
            die_of(number);
        if (signals->stopped)
            continue;
        signals->stopped = true;
        first = now_ms();
        signals->stop(signals->context);
    }
    return NULL;
}

int signals_start(struct signals *signals, void (*stop)(void *context), void *context)
{
    sigset_t set;
    fill(&set);
    signals->stop = stop;
    signals->context = context;
    signals->stopped = false;
    atomic_init(&signals->over, false);
    int result = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (result == 0)
        result = pthread_create(&signals->thread, NULL, wait_for_signals, signals);
    return result;
}

void signals_end(struct signals *signals)
{
    atomic_store(&signals->over, true);
    pthread_kill(signals->thread, SIGUSR1);
    pthread_join(signals->thread, NULL);
    if (signals->stopped)
        return;
    sigset_t set;
    fill(&set);
    sigdelset(&set, SIGUSR1);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
