/*
 * SPDX-License-Identifier: MIT
 * What host and dongle say to each other as lines of the trace, keys left out unless they are asked
 * for: "dongle > GAP_SCAN_START 008a0101...", "dongle < GAP_SCAN_START success 018a00000000",
 * "dongle ! GAP_ADV_REPORT 021d00...".
 */
#ifndef NORDFU_DONGLE_DONGLE_TRACE_H
#define NORDFU_DONGLE_DONGLE_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "dongle/rpc.h"
#include "nordfu/log.h"

/* Where lines go and when; made anew for each. */
struct dongle_trace {
    const struct nordfu_log *log; /* may be NULL */
    uint64_t time;                /* µs on the port's clock */
    const struct rpc_dialect *dialect;
};

/* `packet` is the whole serialization packet, type byte first. */
void dongle_trace_request(const struct dongle_trace *trace, enum rpc_command command,
                          const void *packet, size_t size);
void dongle_trace_response(const struct dongle_trace *trace, enum rpc_command command,
                           uint32_t status, const void *packet, size_t size);
void dongle_trace_event(const struct dongle_trace *trace, enum rpc_event event, const void *packet,
                        size_t size);

#endif
