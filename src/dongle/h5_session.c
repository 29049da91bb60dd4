/* SPDX-License-Identifier: MIT */
#include "dongle/h5_session.h"

#include <string.h>

#include "dongle/rpc_secret.h"

enum {
    NUMBERS = 8,          /* sequence numbers run modulo this */
    PROMPT = 100000,      /* microseconds; the shortest timer of a dongle is 200 ms */
    HURRIES_LIMIT = 2,    /* per period: one answers a SYNC, one a CONFIG */
    WRONG_ACKS_LIMIT = 3, /* in a row; one alone may be noise behind a lucky 8-bit checksum */
};

static const uint8_t SYNC[] = {0x01, 0x7E};
static const uint8_t SYNC_RESPONSE[] = {0x02, 0x7D};
static const uint8_t CONFIG[] = {0x03, 0xFC, 0x11};
static const uint8_t CONFIG_RESPONSE[] = {0x04, 0x7B, 0x11};

/* All bytes of a packet, but for keys that nobody asked to see. */
static void log_packet(const struct h5_session *s, bool ours, const uint8_t *frame, size_t size)
{
    size_t payload = size - H5_HEADER_SIZE;
    bool all = s->log != NULL && s->log->keys;
    size_t open = all ? payload : rpc_open_size(frame + H5_HEADER_SIZE, payload);
    if (open == payload)
        nordfu_log_bytes(s->log, ours ? "H5 > " : "H5 < ", frame, size);
    else
        nordfu_log_bytes(s->log, ours ? "H5 > (without keys) " : "H5 < (without keys) ", frame,
                         H5_HEADER_SIZE + open);
}

/* ---- Output ---- */

/* Appends one packet as a SLIP frame; false when there is no room for the worst case of it. */
static bool put_packet(struct h5_session *s, const struct h5_packet *packet)
{
    uint8_t frame[H5_PACKET_MAX];
    size_t size = h5_encode(packet, frame, sizeof(frame));
    if (size == 0 || SLIP_ENCODED_MAX(size) > sizeof(s->out) - s->out_size)
        return false;
    s->out[s->out_size++] = SLIP_END;
    s->out_size += slip_escape(s->out + s->out_size, frame, size);
    s->out[s->out_size++] = SLIP_END;
    log_packet(s, true, frame, size);
    return true;
}

/* What does not fit is lost like a frame on the wire: timers and the other side's own resending
 * make up for it. */
static void put_link(struct h5_session *s, const uint8_t *payload, size_t size)
{
    put_packet(s, &(struct h5_packet){.type = H5_LINK, .payload = payload, .size = size});
}

static void put_ack(struct h5_session *s)
{
    put_packet(s, &(struct h5_packet){.type = H5_ACK, .ack = s->expected});
}

static bool put_data(struct h5_session *s, const uint8_t *payload, size_t size)
{
    return put_packet(s, &(struct h5_packet){
                             .seq = s->seq,
                             .ack = s->expected,
                             .crc_present = true,
                             .reliable = true,
                             .type = H5_DATA,
                             .payload = payload,
                             .size = size,
                         });
}

const uint8_t *h5_session_output(const struct h5_session *s, size_t *size)
{
    *size = s->out_size;
    return s->out;
}

void h5_session_wrote(struct h5_session *s, size_t size)
{
    if (size > s->out_size)
        size = s->out_size;
    s->out_size -= size;
    memmove(s->out, s->out + size, s->out_size);
}

/* ---- States ---- */

static void enter(struct h5_session *s, enum h5_state state)
{
    nordfu_log(s->log, NORDFU_LOG_DEBUG, "H5: %s -> %s", h5_state_name(s->state),
               h5_state_name(state));
    s->state = state;
    s->timer = UINT64_MAX;
    s->tries = 0;
    s->hurries = 0;
}

static void fail(struct h5_session *s, enum h5_failure failure)
{
    enter(s, H5_FAILED);
    s->failure = failure;
    s->pending_size = 0;
    nordfu_log(s->log, NORDFU_LOG_DEBUG, "H5: %s", h5_failure_text(failure));
}

/* Sends again what the timer of the present state is about. */
static void try_once(struct h5_session *s, uint64_t now)
{
    if (s->state == H5_SYNCING)
        put_link(s, SYNC, sizeof(SYNC));
    else if (s->state == H5_CONFIGURING)
        put_link(s, CONFIG, sizeof(CONFIG));
    else
        put_data(s, s->pending, s->pending_size);
    s->tries++;
    s->hurries = 0;
    s->timer = now + H5_SESSION_RETRY_TIME;
}

static void begin_sync(struct h5_session *s, uint64_t now)
{
    enter(s, H5_SYNCING);
    try_once(s, now);
}

static void begin_config(struct h5_session *s, uint64_t now)
{
    enter(s, H5_CONFIGURING);
    put_link(s, SYNC_RESPONSE,
             sizeof(SYNC_RESPONSE)); /* unasked, instead of waiting for its SYNC */
    try_once(s, now);
}

void h5_session_init(struct h5_session *s, const struct nordfu_log *log)
{
    memset(s, 0, sizeof(*s));
    s->log = log;
    s->timer = UINT64_MAX;
    s->payload_max = H5_PAYLOAD_MAX;
    slip_decoder_init(&s->slip, s->frame, sizeof(s->frame));
}

void h5_session_limit(struct h5_session *s, size_t most)
{
    s->payload_max = most < H5_PAYLOAD_MAX ? most : H5_PAYLOAD_MAX;
}

void h5_session_start(struct h5_session *s, uint64_t now, bool reset)
{
    size_t payload_max = s->payload_max;
    h5_session_init(s, s->log);
    s->payload_max = payload_max;
    s->start_limit = now + H5_SESSION_START_TIME;
    if (!reset) {
        begin_sync(s, now);
        return;
    }
    enter(s, H5_RESETTING);
    /* Somebody who was killed may have left half a frame behind, which would swallow the RESET: end
     * it. */
    s->out[s->out_size++] = SLIP_END;
    put_packet(s, &(struct h5_packet){.type = H5_RESET});
    s->timer = now + H5_SESSION_RESET_TIME;
}

/* ---- Timers ---- */

static enum h5_failure failure_of(enum h5_state state)
{
    switch (state) {
    case H5_SYNCING:
        return H5_FAILURE_NO_SYNC_RESPONSE;
    case H5_CONFIGURING:
        return H5_FAILURE_NO_CONFIG_RESPONSE;
    default:
        return H5_FAILURE_UNACKNOWLEDGED;
    }
}

static bool starting(const struct h5_session *s)
{
    return s->state == H5_SYNCING || s->state == H5_CONFIGURING;
}

static uint64_t next_timer(const struct h5_session *s)
{
    return starting(s) && s->start_limit < s->timer ? s->start_limit : s->timer;
}

uint64_t h5_session_poll(struct h5_session *s, uint64_t now)
{
    if (now < next_timer(s))
        return next_timer(s);
    bool late = starting(s) && now >= s->start_limit;
    if (s->state == H5_RESETTING) {
        begin_sync(s, now);
    } else if (late || s->tries >= H5_SESSION_TRIES) {
        fail(s, failure_of(s->state));
    } else {
        if (s->state == H5_ACTIVE)
            s->counters.resent++;
        try_once(s, now);
    }
    return next_timer(s);
}

/* ---- Input ---- */

static bool is(const struct h5_packet *packet, const uint8_t *message, size_t size)
{
    return packet->size == size && memcmp(packet->payload, message, size) == 0;
}

/*
 * Only a prompt answer to the very first CONFIG tells the firmware's generation; what comes later
 * may be due to the dongle's own timer, which sends CONFIG in every generation.
 */
static void note_clue(struct h5_session *s, enum h5_clue clue, uint64_t now)
{
    if (s->clue == H5_CLUE_NONE && s->tries == 1 && now + H5_SESSION_RETRY_TIME < s->timer + PROMPT)
        s->clue = clue;
}

/* CONFIG ahead of its timer: what the dongle just sent says that it can answer now. */
static void hurry(struct h5_session *s)
{
    if (s->hurries == HURRIES_LIMIT)
        return;
    s->hurries++;
    put_link(s, CONFIG, sizeof(CONFIG));
}

static void take_sync(struct h5_session *s)
{
    if (s->state == H5_ACTIVE) {
        fail(s, H5_FAILURE_RESTARTED);
        return;
    }
    put_link(s, SYNC_RESPONSE, sizeof(SYNC_RESPONSE));
    if (s->state == H5_CONFIGURING)
        hurry(s);
}

static void take_config(struct h5_session *s, uint64_t now)
{
    if (s->state == H5_SYNCING)
        return; /* a leftover of an earlier start: answering would make the dongle active too early
                 */
    put_link(s, CONFIG_RESPONSE, sizeof(CONFIG_RESPONSE));
    if (s->state != H5_CONFIGURING)
        return;
    note_clue(s, H5_CLUE_CONFIG, now);
    hurry(s);
}

static void take_config_response(struct h5_session *s, uint64_t now)
{
    if (s->state != H5_CONFIGURING)
        return;
    note_clue(s, H5_CLUE_CONFIG_RESPONSE, now);
    put_link(s, CONFIG_RESPONSE,
             sizeof(CONFIG_RESPONSE)); /* unasked, instead of waiting for CONFIG */
    enter(s, H5_ACTIVE);
}

static void take_link(struct h5_session *s, const struct h5_packet *packet, uint64_t now)
{
    if (is(packet, SYNC, sizeof(SYNC)))
        take_sync(s);
    else if (is(packet, SYNC_RESPONSE, sizeof(SYNC_RESPONSE)) && s->state == H5_SYNCING)
        begin_config(s, now);
    else if (is(packet, CONFIG, sizeof(CONFIG)))
        take_config(s, now);
    else if (is(packet, CONFIG_RESPONSE, sizeof(CONFIG_RESPONSE)))
        take_config_response(s, now);
}

static void take_ack(struct h5_session *s, uint8_t number)
{
    if (s->state != H5_ACTIVE || number == s->seq)
        return; /* an old one */
    if (s->pending_size > 0 && number == (s->seq + 1) % NUMBERS) {
        s->seq = number;
        s->pending_size = 0;
        s->tries = 0;
        s->timer = UINT64_MAX;
        s->wrong_acks = 0;
        return;
    }
    if (++s->wrong_acks >= WRONG_ACKS_LIMIT)
        fail(s, H5_FAILURE_PROTOCOL);
}

static void enqueue(struct h5_session *s, const struct h5_packet *packet)
{
    struct h5_inbound *in = &s->queue[(s->queue_head + s->queue_count) % H5_SESSION_QUEUE];
    memcpy(in->payload, packet->payload, packet->size);
    in->size = (uint16_t)packet->size;
    s->queue_count++;
}

static void take_data(struct h5_session *s, const struct h5_packet *packet)
{
    if (s->state != H5_ACTIVE)
        return; /* it comes again */
    if (!packet->reliable || !packet->crc_present || packet->size == 0) {
        s->counters.bad_frames++;
        return;
    }
    if (packet->seq != s->expected) {
        s->counters.duplicates++;
        put_ack(s);
        return;
    }
    if (s->queue_count == H5_SESSION_QUEUE) {
        s->counters.refused++;
        return;
    }
    enqueue(s, packet);
    s->expected = (uint8_t)((s->expected + 1) % NUMBERS);
    put_ack(s);
}

static void take_frame(struct h5_session *s, uint64_t now)
{
    struct h5_packet packet;
    enum h5_defect defect = h5_decode(s->frame, s->slip.size, &packet);
    if (defect != H5_OK) {
        nordfu_log(s->log, NORDFU_LOG_DEBUG, "H5: frame of %zu bytes dropped: %s", s->slip.size,
                   h5_defect_name(defect));
        s->counters.bad_frames++;
        return;
    }
    log_packet(s, false, s->frame, s->slip.size);
    if (packet.type == H5_LINK)
        take_link(s, &packet, now);
    else if (packet.type == H5_ACK)
        take_ack(s, packet.ack);
    else if (packet.type == H5_DATA)
        take_data(s, &packet);
    else
        s->counters.bad_frames++;
}

static bool listening(const struct h5_session *s)
{
    return starting(s) || s->state == H5_ACTIVE;
}

void h5_session_feed(struct h5_session *s, const void *bytes, size_t size, uint64_t now)
{
    const uint8_t *b = bytes;
    for (size_t i = 0; i < size && listening(s); i++)
        if (slip_decoder_feed(&s->slip, b[i]))
            take_frame(s, now);
}

/* ---- Payloads ---- */

bool h5_session_idle(const struct h5_session *s)
{
    return s->state == H5_ACTIVE && s->pending_size == 0;
}

bool h5_session_send(struct h5_session *s, const void *payload, size_t size, uint64_t now)
{
    if (!h5_session_idle(s) || size == 0 || size > s->payload_max || !put_data(s, payload, size))
        return false;
    memcpy(s->pending, payload, size);
    s->pending_size = size;
    s->tries = 1;
    s->timer = now + H5_SESSION_RETRY_TIME;
    return true;
}

bool h5_session_receive(struct h5_session *s, const uint8_t **payload, size_t *size)
{
    if (s->lent) {
        s->queue_head = (s->queue_head + 1) % H5_SESSION_QUEUE;
        s->queue_count--;
        s->lent = false;
    }
    if (s->queue_count == 0)
        return false;
    s->lent = true;
    *payload = s->queue[s->queue_head].payload;
    *size = s->queue[s->queue_head].size;
    return true;
}

/* ---- Words ---- */

const char *h5_state_name(enum h5_state state)
{
    static const char *const names[] = {
        [H5_CLOSED] = "closed",           [H5_RESETTING] = "resetting", [H5_SYNCING] = "syncing",
        [H5_CONFIGURING] = "configuring", [H5_ACTIVE] = "active",       [H5_FAILED] = "failed",
    };
    return (size_t)state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

const char *h5_failure_text(enum h5_failure failure)
{
    static const char *const texts[] = {
        [H5_FAILURE_NONE] = "",
        [H5_FAILURE_NO_SYNC_RESPONSE] = "nothing answers the link start (SYNC)",
        [H5_FAILURE_NO_CONFIG_RESPONSE] =
            "the link start was answered (SYNC) but never completed (CONFIG)",
        [H5_FAILURE_UNACKNOWLEDGED] = "the dongle stopped acknowledging packets",
        [H5_FAILURE_PROTOCOL] = "the dongle acknowledges packets that were never sent",
        [H5_FAILURE_RESTARTED] = "the dongle restarted",
    };
    return (size_t)failure < sizeof(texts) / sizeof(texts[0]) ? texts[failure] : "?";
}
