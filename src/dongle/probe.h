/* SPDX-License-Identifier: MIT
 * Which firmware is this dongle? Identification and configuration, connectivity-wire
 * sections 11.1, 11.2 and 12. */
#ifndef NORDFU_DONGLE_PROBE_H
#define NORDFU_DONGLE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "dongle/dongle.h"

/* us; some dongle may take long over each of many answers */
#define PROBE_PATIENCE (20 * NORDFU_SECOND)
#define PROBE_CFG_TAG  1 /* names the configuration in GAP_CONNECT (v5, v6) */

/* What links shall be able to do; the dongle may have memory for less. */
struct probe_config {
    uint16_t mtu;          /* ATT_MTU, 23..247 */
    uint8_t write_queue;   /* write commands, 1...; v5, v6 */
    uint16_t event_length; /* x 1.25 ms, 2...; v5, v6 */
};

struct probe_identity {
    int api;                    /* SoftDevice API number */
    uint16_t fwid;              /* SoftDevice firmware id */
    char text[80];              /* "SoftDevice API v5 (S132 5.1.0)" */
    struct probe_config config; /* what the dongle agreed to */
};

/*
 * Finds out which of the dialects the dongle speaks, configures and enables its SoftDevice and sets
 * the dongle's dialect; the line is set up by this, so nothing need have been done before.
 *
 * What it is told by USB goes first (section 12.1), then `api_hint` (an API number, 0 = none), then
 * the clue of the link start; none of them decides. A dongle that was asked in the wrong language
 * restarts, which costs a second; it is then asked in the next. Asks for a shorter queue, then a
 * smaller MTU, as long as the dongle lacks memory; an MTU that the dialect does not have is cut
 * without an error. A dongle that turns out to be enabled already, or restarts for another reason,
 * is started once more. After `patience` us, PROBE_PATIENCE at most, nothing new is begun. Takes up
 * to 2 s with a dongle as it should be, and about 30 s with one that is slow over everything.
 *
 * Errors: NORDFU_ERR_DONGLE (silence; something else, and what; another API), NORDFU_ERR_PORT,
 * NORDFU_ERR_CANCELLED.
 */
int probe_open(struct dongle *dongle, const struct probe_config *wish, int api_hint,
               uint64_t patience, struct probe_identity *identity, struct nordfu_error *error);

/* SoftDevice API of a FWID (section 12.3) as VERSION_GET told it, with the number that the command
 * has in v2 and v3 (`old`) or v5 and v6. 0: not known, which happens with `old` only. */
int probe_api_of(uint16_t fwid, bool old);

#endif
