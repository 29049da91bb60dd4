/*
 * SPDX-License-Identifier: MIT
 * An update as people see it: on a terminal a bar that is redrawn in place below lines that stay;
 * elsewhere plain lines only.
 */
#ifndef NORDFU_CLI_PROGRESS_H
#define NORDFU_CLI_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "nordfu/target.h"

struct progress {
    pthread_mutex_t lock; /* lines may come from several threads */
    FILE *out;
    bool bar;       /* `out` is a terminal that can redraw a line */
    bool colour;    /* and that may be coloured */
    bool drawn;     /* a bar stands in the present line */
    uint64_t began; /* of the present image, on the target's clock */
    uint64_t drawn_at;
    uint32_t began_bytes; /* what was there already */
    uint32_t plain_step;  /* tenths of the image that plain lines told of */
};

/* `allow_bar`: false where other lines are expected on the same terminal. */
void progress_init(struct progress *progress, FILE *out, bool allow_bar);
void progress_close(struct progress *progress);
/* Shows one event. Called on the event thread. */
void progress_event(struct progress *progress, const struct nordfu_event *event);
/* Takes the bar away; any thread. */
void progress_clear(struct progress *progress);
/* Takes the bar away and keeps everything else waiting until progress_release, so that another
 * line can be written to the same terminal; any thread. */
void progress_hold(struct progress *progress);
void progress_release(struct progress *progress);
/* The lines after a success, up to "Device programmed." */
void progress_summary(struct progress *progress, const struct nordfu_update_result *result);

/* The text of a bar for a terminal `columns` wide, without colours; for tests, too. */
void progress_bar(char *out, size_t size, unsigned columns, uint32_t bytes, uint32_t total,
                  double rate);

#endif
