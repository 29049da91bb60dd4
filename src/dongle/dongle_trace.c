/* SPDX-License-Identifier: MIT */
#include "dongle/dongle_trace.h"

#include <stdio.h>

#include "base/crypto.h"
#include "dongle/rpc_names.h"
#include "dongle/rpc_secret.h"

/* Bytes of a packet: the rest of the longer ones is payload of the update. Keys stand further
 * behind, and who asks for them wants all of them. */
#define SHOWN_MOST      64
#define SHOWN_WITH_KEYS 300

static void write_line(const struct dongle_trace *trace, const char *what, const char *name,
                       const char *status, const uint8_t *packet, size_t size)
{
    char hex[2 * SHOWN_WITH_KEYS + 1] = "";
    size_t open = rpc_open_size(packet, size), most = SHOWN_MOST;
    if (trace->log->keys && open < size) {
        open = size;
        most = SHOWN_WITH_KEYS;
    }
    size_t shown = open < most ? open : most;
    for (size_t i = 0; i < shown; i++)
        snprintf(hex + 2 * i, 3, "%02x", packet[i]);
    if (shown == size)
        nordfu_log_trace(trace->log, trace->time, "dongle %s %s%s %s", what, name, status, hex);
    else
        nordfu_log_trace(trace->log, trace->time, "dongle %s %s%s %s... (%zu bytes%s)", what, name,
                         status, hex, size, open < size ? ", the keys in them are not shown" : "");
    crypto_wipe(hex, sizeof(hex));
}

void dongle_trace_request(const struct dongle_trace *trace, enum rpc_command command,
                          const void *packet, size_t size)
{
    if (nordfu_log_traces(trace->log))
        write_line(trace, ">", rpc_command_name(trace->dialect, command), "", packet, size);
}

void dongle_trace_response(const struct dongle_trace *trace, enum rpc_command command,
                           uint32_t status, const void *packet, size_t size)
{
    char text[64] = " success";
    if (!nordfu_log_traces(trace->log))
        return;
    if (status != 0)
        snprintf(text, sizeof(text), " %s",
                 rpc_status_name(rpc_dialect_api(trace->dialect), status));
    write_line(trace, "<", rpc_command_name(trace->dialect, command), text, packet, size);
}

void dongle_trace_event(const struct dongle_trace *trace, enum rpc_event event, const void *packet,
                        size_t size)
{
    if (nordfu_log_traces(trace->log))
        write_line(trace, "!", rpc_event_name(trace->dialect, event), "", packet, size);
}
