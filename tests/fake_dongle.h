/* SPDX-License-Identifier: MIT
 * A port with a scripted dongle behind it and a clock that only moves when somebody waits. A script
 * is a conversation as a list of packets: it knows the order of things and nothing else. Frames are
 * made and taken apart here, without the client's codec. */
#ifndef NORDFU_TESTS_FAKE_DONGLE_H
#define NORDFU_TESTS_FAKE_DONGLE_H

#include <ctype.h>
#include <stdio.h>

#include "base/crc.h"
#include "base/slip.h"
#include "nordfu/port.h"

enum step_kind {
    STEP_EXPECT,  /* the host sends this packet */
    STEP_CALL,    /* ... and gets the response with `status` */
    STEP_SEND,    /* the dongle sends this packet */
    STEP_DELAY,   /* µs pass */
    STEP_RESTART, /* the dongle restarts: SYNC, and deaf to everything */
    STEP_VANISH,  /* the port is gone */
    STEP_CANCEL,  /* somebody sets the cancel token */
    STEP_MUTE,    /* nothing is acknowledged any more */
};

struct step {
    enum step_kind kind;
    const char *hex; /* blanks are skipped; in EXPECT and CALL ".." is any byte */
    uint32_t number; /* status, or µs */
};

#define EXPECT(hex)                                                                                \
    {                                                                                              \
        STEP_EXPECT, hex, 0                                                                        \
    }
#define CALL(hex)                                                                                  \
    {                                                                                              \
        STEP_CALL, hex, 0                                                                          \
    }
#define REFUSE(hex, status)                                                                        \
    {                                                                                              \
        STEP_CALL, hex, status                                                                     \
    }
#define SEND(hex)                                                                                  \
    {                                                                                              \
        STEP_SEND, hex, 0                                                                          \
    }
#define DELAY(ms)                                                                                  \
    {                                                                                              \
        STEP_DELAY, "", (ms)*1000                                                                  \
    }
#define RESTART                                                                                    \
    {                                                                                              \
        STEP_RESTART, "", 0                                                                        \
    }
#define VANISH                                                                                     \
    {                                                                                              \
        STEP_VANISH, "", 0                                                                         \
    }
#define CANCEL                                                                                     \
    {                                                                                              \
        STEP_CANCEL, "", 0                                                                         \
    }
#define MUTE                                                                                       \
    {                                                                                              \
        STEP_MUTE, "", 0                                                                           \
    }

#define FAKE_MAX_STEPS 1024

struct fake_dongle {
    struct nordfu_port port;
    uint64_t now, wake; /* wake: when a DELAY ends */
    uint64_t tick;      /* µs that every read takes, normally none */
    struct step steps[FAKE_MAX_STEPS];
    size_t count, at;
    char mismatch[512];     /* "" = so far so good */
    const char *noise;      /* says this instead of speaking H5; NULL = speaks H5 */
    bool old;               /* answers CONFIG at once, as firmware of API v2 does */
    uint64_t returns_after; /* µs from vanishing until the port is back; 0 = never */
    unsigned reopened;
    struct nordfu_port_identity identity, returns_as; /* now, and after it vanished */
    bool gone, mute, deaf, closed;
    unsigned resets, acks_of_host;
    uint8_t seq, expected; /* own next number, host's next number */
    bool configured, answered, active,
        unacked;         /* the stages of link start; a packet of its own is on its way */
    uint8_t response[6]; /* waits until the packet before it is acknowledged */
    bool responding;
    uint8_t frame[2048];
    struct slip_decoder slip;
    uint8_t out[8192]; /* on its way to the host */
    size_t out_size;
};

static inline void fake_put_frame(struct fake_dongle *f, const uint8_t *bytes, size_t size)
{
    f->out[f->out_size++] = SLIP_END;
    f->out_size += slip_escape(f->out + f->out_size, bytes, size);
    f->out[f->out_size++] = SLIP_END;
}

static inline void fake_put_packet(struct fake_dongle *f, uint8_t first, uint8_t type,
                                   const uint8_t *payload, size_t size)
{
    uint8_t bytes[1024] = {first, (uint8_t)(type | (size & 15) << 4), (uint8_t)(size >> 4), 0};
    bytes[3] = (uint8_t)(0 - bytes[0] - bytes[1] - bytes[2]);
    memcpy(bytes + 4, payload, size);
    size += 4;
    if (first & 0x40) {
        uint16_t crc = crc16(CRC16_START, bytes, size);
        bytes[size++] = (uint8_t)crc;
        bytes[size++] = (uint8_t)(crc >> 8);
    }
    fake_put_frame(f, bytes, size);
}

static inline void fake_put_data(struct fake_dongle *f, const uint8_t *payload, size_t size)
{
    fake_put_packet(f, (uint8_t)(0xC0 | f->expected << 3 | f->seq), 14, payload, size);
    f->unacked = true;
}

static inline void fake_put_ack(struct fake_dongle *f)
{
    fake_put_packet(f, (uint8_t)(f->expected << 3), 0, (const uint8_t *)"", 0);
}

static inline int fake_nibble(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Bytes of a hex text; any[i] tells the ".." ones. */
static inline size_t fake_parse(const char *hex, uint8_t *bytes, bool *any)
{
    size_t n = 0;
    for (; *hex != '\0'; hex++) {
        if (isspace((unsigned char)*hex))
            continue;
        any[n] = *hex == '.';
        bytes[n] = (uint8_t)(any[n] ? 0 : fake_nibble(hex[0]) << 4 | fake_nibble(hex[1]));
        n++;
        hex++;
    }
    return n;
}

static inline void fake_complain(struct fake_dongle *f, const uint8_t *got, size_t size)
{
    if (f->mismatch[0] != '\0')
        return;
    int n = snprintf(f->mismatch, sizeof(f->mismatch), "step %zu: wanted %s, got ", f->at,
                     f->at < f->count && f->steps[f->at].kind <= STEP_CALL ? f->steps[f->at].hex
                                                                           : "nothing");
    for (size_t i = 0; i < size && n < (int)sizeof(f->mismatch) - 3; i++)
        n += snprintf(f->mismatch + n, sizeof(f->mismatch) - (size_t)n, "%02x", got[i]);
}

/* Plays what is the dongle's to do until it is the host's turn. */
static inline void fake_play(struct fake_dongle *f)
{
    uint8_t bytes[1024];
    bool any[1024];
    if (f->responding && !f->unacked) {
        fake_put_data(f, f->response, sizeof(f->response));
        f->responding = false;
    }
    while (f->active && f->at < f->count && !f->unacked && f->now >= f->wake && !f->gone) {
        const struct step *step = &f->steps[f->at];
        if (step->kind <= STEP_CALL)
            return;
        f->at++;
        if (step->kind == STEP_SEND)
            fake_put_data(f, bytes, fake_parse(step->hex, bytes, any));
        else if (step->kind == STEP_DELAY)
            f->wake = f->now + step->number;
        else if (step->kind == STEP_CANCEL)
            nordfu_cancel_set(f->port.cancel);
        f->mute |= step->kind == STEP_MUTE;
        f->gone |= step->kind == STEP_VANISH;
        if (step->kind == STEP_RESTART) {
            fake_put_packet(f, 0, 15, (const uint8_t *)"\x01\x7E", 2);
            f->deaf = true;
        }
    }
}

static inline void fake_take_request(struct fake_dongle *f, const uint8_t *payload, size_t size)
{
    uint8_t bytes[1024];
    bool any[1024];
    const struct step *step = &f->steps[f->at];
    bool same =
        f->at < f->count && step->kind <= STEP_CALL && fake_parse(step->hex, bytes, any) == size;
    for (size_t i = 0; same && i < size; i++)
        same = any[i] || bytes[i] == payload[i];
    if (!same) {
        fake_complain(f, payload, size);
        f->deaf = true;
        return;
    }
    f->at++;
    f->responding = step->kind == STEP_CALL;
    f->response[0] = 1;
    f->response[1] = payload[1];
    f->response[2] = (uint8_t)step->number;
    f->response[3] = (uint8_t)(step->number >> 8);
    fake_play(f);
}

static inline void fake_take_link(struct fake_dongle *f, const uint8_t *payload)
{
    if (payload[0] == 1) {
        f->configured = f->answered = f->active = f->unacked = f->deaf = false;
        f->seq = f->expected = 0;
        fake_put_packet(f, 0, 15, (const uint8_t *)"\x02\x7D", 2);
    } else if (payload[0] == 3 && (f->configured || f->old)) {
        f->answered = true;
        fake_put_packet(f, 0, 15, (const uint8_t *)"\x04\x7B\x11", 3);
    } else if (payload[0] == 3) {
        f->configured = true;
        fake_put_packet(f, 0, 15, (const uint8_t *)"\x03\xFC\x11", 3);
    } else if (payload[0] == 4) {
        f->active = f->answered;
    }
}

static inline void fake_take_frame(struct fake_dongle *f, const uint8_t *frame, size_t size)
{
    uint8_t type = frame[1] & 15;
    if (type == 5)
        f->resets++;
    if (type == 15)
        fake_take_link(f, frame + 4);
    if (f->deaf)
        return;
    if (type == 0) {
        f->acks_of_host++;
        if ((frame[0] >> 3 & 7) == ((f->seq + 1) & 7) && f->unacked) {
            f->seq = (f->seq + 1) & 7;
            f->unacked = false;
        }
    }
    if (type != 14 || f->mute)
        return;
    bool expected = (frame[0] & 7) == f->expected;
    f->expected = (frame[0] + 1) & 7;
    fake_put_ack(f);
    if (expected)
        fake_take_request(f, frame + 4, size - 6);
}

static inline int fake_write(struct nordfu_port *self, const void *bytes, size_t size,
                             uint64_t deadline, struct nordfu_error *error)
{
    struct fake_dongle *f = (struct fake_dongle *)self;
    (void)deadline;
    if (f->gone)
        return nordfu_error_set(error, NORDFU_ERR_PORT, "The fake port is gone.");
    for (size_t i = 0; i < size; i++) {
        if (slip_decoder_feed(&f->slip, ((const uint8_t *)bytes)[i]) && f->noise == NULL)
            fake_take_frame(f, f->slip.frame, f->slip.size);
    }
    fake_play(f);
    return 0;
}

static inline int fake_read(struct nordfu_port *self, void *buffer, size_t size, uint64_t deadline,
                            struct nordfu_error *error)
{
    struct fake_dongle *f = (struct fake_dongle *)self;
    f->now += f->tick;
    fake_play(f);
    if (f->out_size == 0 && f->now < f->wake && f->wake <= deadline) {
        f->now = f->wake;
        fake_play(f);
    } else if (f->out_size == 0 && deadline == UINT64_MAX) {
        /* Nothing would ever end this wait. */
        fake_complain(f, (const uint8_t *)"", 0);
        f->gone = true;
    } else if (f->out_size == 0 && f->now < deadline) {
        f->now = deadline;
        if (f->noise != NULL)
            f->out_size = (size_t)snprintf((char *)f->out, sizeof(f->out), "%s", f->noise);
    }
    if (nordfu_cancel_is_set(f->port.cancel))
        return nordfu_error_set(error, NORDFU_ERR_CANCELLED, "Cancelled.");
    if (f->gone)
        return nordfu_error_set(error, NORDFU_ERR_PORT, "The fake port is gone.");
    size_t n = f->out_size < size ? f->out_size : size;
    memcpy(buffer, f->out, n);
    f->out_size -= n;
    memmove(f->out, f->out + n, f->out_size);
    return (int)n;
}

static inline uint64_t fake_now(const struct nordfu_port *self)
{
    return ((const struct fake_dongle *)self)->now;
}

/* The test owns the memory: it looks at the fake after it was closed. */
static inline void fake_close(struct nordfu_port *self)
{
    ((struct fake_dongle *)self)->closed = true;
}

/* A port that vanished comes back if `returns_after` says so; the dongle has restarted then. */
static inline int fake_reopen(struct nordfu_port *self, uint64_t deadline,
                              struct nordfu_error *error)
{
    struct fake_dongle *f = (struct fake_dongle *)self;
    if (f->returns_after == 0 || f->now + f->returns_after > deadline) {
        f->now = deadline;
        return nordfu_error_set(error, NORDFU_ERR_PORT, "The fake port stays away.");
    }
    f->now += f->returns_after;
    f->gone = false;
    f->reopened++;
    f->identity = f->returns_as;
    f->out_size = 0;
    f->deaf = f->unacked = f->active = f->responding = false;
    return 0;
}

static inline void fake_identify(struct nordfu_port *self, struct nordfu_port_identity *identity)
{
    *identity = ((const struct fake_dongle *)self)->identity;
}

static const struct nordfu_port_ops fake_ops = {.read = fake_read,
                                                .write = fake_write,
                                                .now = fake_now,
                                                .close = fake_close,
                                                .reopen = fake_reopen,
                                                .identify = fake_identify};

static inline void fake_init(struct fake_dongle *f)
{
    memset(f, 0, sizeof(*f));
    f->port.ops = &fake_ops;
    f->now = 5 * NORDFU_SECOND;
    snprintf(f->port.name, sizeof(f->port.name), "/dev/fake");
    slip_decoder_init(&f->slip, f->frame, sizeof(f->frame));
}

/* Appends to the script. */
static inline void fake_add(struct fake_dongle *f, const struct step *steps, size_t count)
{
    assert_true(f->count + count <= FAKE_MAX_STEPS);
    memcpy(f->steps + f->count, steps, count * sizeof(steps[0]));
    f->count += count;
}

#define FAKE_ADD(f, steps) fake_add(f, steps, sizeof(steps) / sizeof((steps)[0]))

/* The conversation went as the script says, to its end. */
static inline void fake_assert_done(const struct fake_dongle *f)
{
    if (f->mismatch[0] != '\0')
        fail_msg("%s", f->mismatch);
    if (f->at != f->count)
        fail_msg("%zu of %zu steps were played; next is %s", f->at, f->count, f->steps[f->at].hex);
}

#endif
