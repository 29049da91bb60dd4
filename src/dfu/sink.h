/*
 * SPDX-License-Identifier: MIT
 * Where a flow's events go.
 */
#ifndef NORDFU_DFU_SINK_H
#define NORDFU_DFU_SINK_H

#include "nordfu/log.h"
#include "nordfu/update.h"

/* Zero-initialised: nobody listens. Must be quick, as the flow waits for it. */
struct sink {
    nordfu_event_fn event;
    void *context;
    const struct nordfu_log *log; /* every event is also a line at level info; progress is not */
};

/* Hands out `event`; NULL sink is fine. */
void sink_event(const struct sink *sink, const struct nordfu_event *event);

/* An event of one sentence, printf-like; longer ones are cut. `time` in µs. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void sink_text(const struct sink *sink, uint64_t time, enum nordfu_event_type type,
               const char *format, ...);

/* An event of numbers: `bytes` of `total`. */
void sink_bytes(const struct sink *sink, uint64_t time, enum nordfu_event_type type, uint32_t bytes,
                uint32_t total);

#endif
