/*
 * SPDX-License-Identifier: MIT
 * A central whose host is a foreign program: frames come in, the air is scanned, joined and spoken
 * to, frames go out. docs/simulator.md has the frames.
 *
 * No I/O here: bytes are handed in, and wait in `output` to be taken.
 */
#ifndef NORDFU_SIM_ATT_CLIENT_H
#define NORDFU_SIM_ATT_CLIENT_H

#include "base/buf.h"
#include "sim/air.h"

#define ATT_CLIENT_PDU_MAX   517u
#define ATT_CLIENT_FRAME_MAX (2u + 1u + ATT_CLIENT_PDU_MAX) /* bytes, its size included */

struct att_client;

enum att_client_fault {
    ATT_CLIENT_FINE,
    ATT_CLIENT_MALFORMED, /* a frame that is none, or out of order */
    ATT_CLIENT_UNREAD,    /* 64 KiB wait to be taken */
};

/* `number` (from 1) is part of its address, C1:54:54:41:nn:nn, and its name in the log. NULL when
 * memory ran out. */
struct att_client *att_client_new(struct sim_world *world, struct air *air, uint16_t number);
/* A link it has falls silent: the peripheral sees a supervision timeout. Before the air. */
void att_client_free(struct att_client **client);

/* Obeys the whole frames in `bytes` and returns how many bytes they have. Stops early, for now,
 * while 32 PDUs wait for the air, and for good after a fault. Not from inside a callback of the
 * air. */
size_t att_client_feed(struct att_client *client, const uint8_t *bytes, size_t size);
/* Whether a feed would get on. */
bool att_client_listens(const struct att_client *client);
enum att_client_fault att_client_fault(const struct att_client *client);
/* Whether its link is being ended, as it asked. */
bool att_client_is_leaving(const struct att_client *client);
/* What is to be sent to the program; the caller consumes it. */
struct buf *att_client_output(struct att_client *client);

#endif
