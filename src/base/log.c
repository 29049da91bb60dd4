/* SPDX-License-Identifier: MIT */
#include "nordfu/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

enum {
    LINE_MAX_BYTES = 1024,
    DUMP_MAX_BYTES = 300,
};

static int enabled(const struct nordfu_log *log, enum nordfu_log_level level)
{
    return log != NULL && log->write != NULL && level <= log->level;
}

void nordfu_log(const struct nordfu_log *log, enum nordfu_log_level level, const char *format, ...)
{
    if (!enabled(log, level))
        return;
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    log->write(log->context, level, line);
}

bool nordfu_log_traces(const struct nordfu_log *log)
{
    return log != NULL && log->trace != NULL;
}

void nordfu_log_trace(const struct nordfu_log *log, uint64_t time, const char *format, ...)
{
    if (!nordfu_log_traces(log))
        return;
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    log->trace(log->trace_context, time, line);
}

void nordfu_log_bytes(const struct nordfu_log *log, const char *label, const void *bytes,
                      size_t size)
{
    if (!enabled(log, NORDFU_LOG_TRANSPORT))
        return;
    const uint8_t *b = bytes;
    char hex[2 * DUMP_MAX_BYTES + 1] = "";
    size_t shown = size < DUMP_MAX_BYTES ? size : DUMP_MAX_BYTES;
    for (size_t i = 0; i < shown; i++)
        snprintf(hex + 2 * i, 3, "%02x", b[i]);
    nordfu_log(log, NORDFU_LOG_TRANSPORT, "%s %s%s", label, hex, shown < size ? "..." : "");
}
