/* SPDX-License-Identifier: MIT */
#include "dfu/sink.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* The event as a sentence; "" for those that are only numbers. */
static void describe(char *text, size_t size, const struct nordfu_event *event)
{
    const struct nordfu_link *link = &event->link;
    char address[NORDFU_ADDRESS_TEXT];
    nordfu_address_format(&event->address, address);
    if (event->type == NORDFU_EVENT_FOUND)
        snprintf(text, size, "Found '%s' at %s by %s.", event->text, address,
                 nordfu_match_name(event->match));
    else if (event->type == NORDFU_EVENT_CONNECTED)
        snprintf(text, size,
                 "Connected to %s: MTU %u, data length %u/%u, PHY %u/%u, interval %.2f ms%s.",
                 address, link->mtu, link->tx_octets, link->rx_octets, link->tx_phy, link->rx_phy,
                 link->interval * 1.25, link->encrypted ? ", encrypted" : "");
    else if (event->type == NORDFU_EVENT_IMAGE)
        snprintf(text, size, "Image of %" PRIu32 " bytes, %" PRIu32 " are there.", event->total,
                 event->bytes);
    else
        snprintf(text, size, "%s", event->text);
}

static void log_event(const struct nordfu_log *log, const struct nordfu_event *event)
{
    char text[400];
    describe(text, sizeof(text), event);
    if (text[0] == '\0')
        return;
    nordfu_log(log, NORDFU_LOG_INFO, "%s", text);
    nordfu_log_trace(log, event->time, "update%s %s",
                     event->type == NORDFU_EVENT_RETRY ? " retry:" : "", text);
}

void sink_event(const struct sink *sink, const struct nordfu_event *event)
{
    if (sink == NULL)
        return;
    log_event(sink->log, event);
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
