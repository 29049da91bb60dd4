/*
 * SPDX-License-Identifier: MIT
 * One side (the PC's) of an H5 link: link start, numbering, acknowledgement, resending.
 * Connectivity-wire section 4.
 *
 * No I/O, no clock, no allocation. The caller owns the struct and runs this loop:
 *
 *     h5_session_init(&s, log);
 *     h5_session_start(&s, now, true);
 *     for (;;) {
 *         next = h5_session_poll(&s, now);
 *         bytes = h5_session_output(&s, &size);
 *         ... write them to the port: h5_session_wrote(&s, written)
 *         ... read from the port until `next`: h5_session_feed(&s, bytes, size, now)
 *         while (h5_session_receive(&s, &payload, &size))
 *             ... a serialization packet (rpc.h)
 *     }
 *
 * Feed, poll, start and send may all leave bytes to be written: ask for output after each. `now` is
 * in microseconds and never runs backwards. Whatever the other side sends, memory is bounded by the
 * struct and time by the timers below.
 */
#ifndef NORDFU_DONGLE_H5_SESSION_H
#define NORDFU_DONGLE_H5_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slip.h"
#include "dongle/h5.h"
#include "nordfu/log.h"

/* Times in microseconds. */
#define H5_SESSION_RESET_TIME 300000u  /* deafness after RESET */
#define H5_SESSION_RETRY_TIME 300000u  /* between two tries of SYNC, CONFIG or a data packet */
#define H5_SESSION_START_TIME 3000000u /* for the whole link start, RESET included */
#define H5_SESSION_TRIES      6        /* of each; a period after the last it has failed */
#define H5_SESSION_QUEUE      16       /* received payloads that wait for h5_session_receive */

enum h5_state {
    H5_CLOSED,      /* not started */
    H5_RESETTING,   /* RESET sent, deaf */
    H5_SYNCING,     /* SYNC sent */
    H5_CONFIGURING, /* SYNC RESPONSE received, CONFIG sent */
    H5_ACTIVE,      /* data flows */
    H5_FAILED,      /* see enum h5_failure; only h5_session_start gets out of it */
};

enum h5_failure {
    H5_FAILURE_NONE,
    H5_FAILURE_NO_SYNC_RESPONSE,   /* nothing answered SYNC: no connectivity firmware there */
    H5_FAILURE_NO_CONFIG_RESPONSE, /* SYNC was answered, CONFIG was not */
    H5_FAILURE_UNACKNOWLEDGED,     /* a data packet was sent H5_SESSION_TRIES times in vain */
    H5_FAILURE_PROTOCOL,           /* it keeps acknowledging packets that were never sent */
    H5_FAILURE_RESTARTED, /* SYNC while active: the dongle restarted, all its state is lost */
};

/* What answered the first CONFIG: a hint at the firmware's generation (connectivity-wire
 * section 12.4), no proof. */
enum h5_clue {
    H5_CLUE_NONE,            /* no prompt answer to the first try, or not yet */
    H5_CLUE_CONFIG,          /* v3, v5 or v6 */
    H5_CLUE_CONFIG_RESPONSE, /* v2 */
};

/* For diagnosis; all counted since h5_session_start. */
struct h5_counters {
    uint32_t bad_frames; /* dropped: failed a check of h5_decode, or made no sense */
    uint32_t resent;     /* data packets sent again */
    uint32_t duplicates; /* data packets received with a number not expected */
    uint32_t refused;    /* data packets not acknowledged because the queue was full */
};

struct h5_inbound {
    uint16_t size;
    uint8_t payload[H5_PAYLOAD_MAX];
};

/* Read state, failure, clue and counters at will; everything below them is private. About 20 KiB.
 */
struct h5_session {
    enum h5_state state;
    enum h5_failure failure;
    enum h5_clue clue;
    struct h5_counters counters;

    const struct nordfu_log *log;
    uint64_t timer;       /* when the current state's timer expires; UINT64_MAX = stopped */
    uint64_t start_limit; /* when the link start must be over */
    uint8_t tries;        /* of what the timer repeats */
    uint8_t hurries;      /* CONFIGs sent ahead of the timer since that last expired */
    uint8_t seq;          /* of our next, or unacknowledged, data packet */
    uint8_t expected;     /* of the other side's next data packet */
    uint8_t wrong_acks;   /* impossible acknowledge numbers in a row */

    size_t payload_max;  /* of what is sent */
    size_t pending_size; /* of the unacknowledged payload; 0 = none */
    uint8_t pending[H5_PAYLOAD_MAX];

    size_t out_size;
    uint8_t out[2 * SLIP_ENCODED_MAX(H5_PACKET_MAX)];

    struct slip_decoder slip;
    uint8_t frame[H5_PACKET_MAX];

    size_t queue_head, queue_count;
    bool lent; /* the payload at the head was handed out by h5_session_receive */
    struct h5_inbound queue[H5_SESSION_QUEUE];
};

/* Prepares a session in state H5_CLOSED. `log` may be NULL and must outlive the session. A session
 * must not be copied or moved. */
void h5_session_init(struct h5_session *s, const struct nordfu_log *log);

/*
 * From now on, across starts, no payload above `most` bytes is sent: old firmware restarts if it
 * gets one (section 3; struct rpc_traits has the number). Without this, and at most, it is
 * H5_PAYLOAD_MAX. What is received is not concerned.
 */
void h5_session_limit(struct h5_session *s, size_t most);

/*
 * Starts the link, from any state; everything pending, queued or not yet written is dropped.
 * `reset` sends RESET and is deaf for H5_SESSION_RESET_TIME first, so that the dongle begins with a
 * clean SoftDevice; without it the dongle keeps its BLE state (section 4.1). Then the fast
 * procedure of section 4.3, which degrades to the patient one of section 4.2.
 */
void h5_session_start(struct h5_session *s, uint64_t now, bool reset);

/* Takes bytes from the port, in pieces of any size. Bytes that arrive in the states closed,
 * resetting and failed are dropped. */
void h5_session_feed(struct h5_session *s, const void *bytes, size_t size, uint64_t now);

/* Runs the timers that are due. Returns when it wants to be called again at the latest, UINT64_MAX
 * for never. */
uint64_t h5_session_poll(struct h5_session *s, uint64_t now);

/* The wire bytes (SLIP included) to be written next, *size of them (0 = none). Valid until the next
 * call of any function. */
const uint8_t *h5_session_output(const struct h5_session *s, size_t *size);

/* Says that the first `size` bytes of the output were written; a rest stays to be written. */
void h5_session_wrote(struct h5_session *s, size_t size);

/*
 * Sends `size` bytes (1..H5_PAYLOAD_MAX, or less: h5_session_limit) as one data packet; they are
 * copied. False, and nothing happens, while the previous packet is unacknowledged, in any state but
 * active, for a wrong size, and while the output has no room.
 */
bool h5_session_send(struct h5_session *s, const void *payload, size_t size, uint64_t now);

/* Active, and everything sent is acknowledged: h5_session_send would work. */
bool h5_session_idle(const struct h5_session *s);

/*
 * Takes the next payload received, in order and each exactly once; false when there is none. It
 * stays valid until the next call of h5_session_receive or h5_session_start. What arrived before a
 * failure is still handed out after it. Packets are acknowledged on arrival while the queue has
 * room; when it is full they are not, so that the dongle sends them again. Mind that it restarts
 * itself after one to two seconds of that (section 4.4).
 */
bool h5_session_receive(struct h5_session *s, const uint8_t **payload, size_t *size);

/* "closed", "active", ...: for logs. */
const char *h5_state_name(enum h5_state state);

/* A clause for a person, without a full stop ("the dongle does not answer"). "" for
 * H5_FAILURE_NONE. */
const char *h5_failure_text(enum h5_failure failure);

#endif
