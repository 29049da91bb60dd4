/* SPDX-License-Identifier: MIT
 * Which firmware is this dongle? Identification and configuration, connectivity-wire
 * sections 11.1, 11.2 and 12. */
#ifndef NORDFU_DONGLE_PROBE_H
#define NORDFU_DONGLE_PROBE_H

#include <stdint.h>

#include "dongle/dongle.h"

#define PROBE_CFG_TAG 1 /* names the configuration in GAP_CONNECT */

/* What links shall be able to do; the dongle may have memory for less. */
struct probe_config {
    uint16_t mtu;          /* ATT_MTU, 23..247 */
    uint8_t write_queue;   /* write commands, 1... */
    uint16_t event_length; /* x 1.25 ms, 2... */
};

struct probe_identity {
    int api;                    /* SoftDevice API number */
    uint16_t fwid;              /* SoftDevice firmware id */
    char text[80];              /* "SoftDevice API v5 (S132 5.1.0)" */
    struct probe_config config; /* what the dongle agreed to */
};

/*
 * Starts the line (dongle_start; once more if the dongle turns out to be enabled already or
 * restarts meanwhile), configures and enables the SoftDevice, asks what it is and sets the dongle's
 * dialect. Asks for a shorter queue, then a smaller MTU, as long as the dongle lacks memory. Now:
 * SoftDevice API v5 only. Errors: NORDFU_ERR_DONGLE (other or no connectivity firmware),
 * NORDFU_ERR_PORT, NORDFU_ERR_CANCELLED.
 */
int probe_open(struct dongle *dongle, const struct probe_config *wish,
               struct probe_identity *identity, struct nordfu_error *error);

/* SoftDevice API of a FWID as its VERSION_GET response told it with the opcode of v5 and v6
 * (section 12.3). Unknown ones below those of v6 count as v5. */
int probe_api_of(uint16_t fwid);

#endif
