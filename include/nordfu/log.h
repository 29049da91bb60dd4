/*
 * SPDX-License-Identifier: MIT
 * Where diagnostics go. nordfu has no global logger: a struct nordfu_log is handed down by whoever
 * opens something.
 */
#ifndef NORDFU_LOG_H
#define NORDFU_LOG_H

#include <stddef.h>

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
};

/* Formats and writes one line (at most 1023 bytes) when `level` is enabled. `log` may be NULL. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void nordfu_log(const struct nordfu_log *log, enum nordfu_log_level level, const char *format, ...);

/* One line at NORDFU_LOG_TRANSPORT: `label`, then `size` bytes in hex (at most 300 are shown). */
void nordfu_log_bytes(const struct nordfu_log *log, const char *label, const void *bytes,
                      size_t size);

#endif
