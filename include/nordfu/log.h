/*
 * SPDX-License-Identifier: MIT
 * Where diagnostics go. nordfu has no global logger: a struct nordfu_log is handed down by whoever
 * opens something.
 */
#ifndef NORDFU_LOG_H
#define NORDFU_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nordfu_log_level {
    NORDFU_LOG_ERROR,
    NORDFU_LOG_WARNING,
    NORDFU_LOG_INFO,
    NORDFU_LOG_DEBUG,
    NORDFU_LOG_TRANSPORT, /* every byte on the wire */
};

struct nordfu_log {
    enum nordfu_log_level level; /* lines above this level are not even formatted */
    /* Called with one line without line break, from whichever thread has something to say; must be
     * quick. NULL = silent. */
    void (*write)(void *context, enum nordfu_log_level level, const char *line);
    void *context;
    /* Called with one line of the trace: who said what to whom, readable, whatever `level` is; on
     * the thread that says it; `time` in µs on the clock of the port. NULL = no trace. */
    void (*trace)(void *context, uint64_t time, const char *line);
    void *trace_context;
    bool keys; /* show key material, in the trace and in the log; it is left out otherwise */
};

/* Formats and writes one line (at most 1023 bytes) when `level` is enabled. `log` may be NULL. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void nordfu_log(const struct nordfu_log *log, enum nordfu_log_level level, const char *format, ...);

/* Whether a trace is kept, so that what is costly to say needs not be said. `log` may be NULL. */
bool nordfu_log_traces(const struct nordfu_log *log);

/* One line for the trace (at most 1023 bytes), if there is one. `log` may be NULL. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void nordfu_log_trace(const struct nordfu_log *log, uint64_t time, const char *format, ...);

/* One line at NORDFU_LOG_TRANSPORT: `label`, then `size` bytes in hex (at most 300 are shown). */
void nordfu_log_bytes(const struct nordfu_log *log, const char *label, const void *bytes,
                      size_t size);

#endif
