/* SPDX-License-Identifier: MIT */
#include "dfu/sink.h"

#include <stdarg.h>
#include <stdio.h>

void sink_event(const struct sink *sink, const struct nordfu_event *event)
{
    if (sink == NULL)
        return;
    if (event->text[0] != '\0')
        nordfu_log(sink->log, NORDFU_LOG_INFO, "%s", event->text);
    if (sink->event != NULL)
        sink->event(sink->context, event);
}

void sink_text(const struct sink *sink, uint64_t time, enum nordfu_event_type type,
               const char *format, ...)
{
    struct nordfu_event event = {.type = type, .time = time};
    va_list args;
    va_start(args, format);
    vsnprintf(event.text, sizeof(event.text), format, args);
    va_end(args);
    sink_event(sink, &event);
}

void sink_bytes(const struct sink *sink, uint64_t time, enum nordfu_event_type type, uint32_t bytes,
                uint32_t total)
{
    struct nordfu_event event = {.type = type, .time = time, .bytes = bytes, .total = total};
    sink_event(sink, &event);
}
