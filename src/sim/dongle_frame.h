/*
 * SPDX-License-Identifier: MIT
 * SLIP and H5 frames as the connectivity firmware reads and writes them (wire specification,
 * sections 2.2 and 3).
 *
 * Stricter than a host needs to be: a frame starts with its own C0 and the end of one frame never
 * starts the next.
 */
#ifndef NORDFU_SIM_DONGLE_FRAME_H
#define NORDFU_SIM_DONGLE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Header and CRC around a payload. */
#define DONGLE_FRAME_EXTRA 6

enum dongle_frame_type {
    DONGLE_FRAME_ACK = 0,
    DONGLE_FRAME_RESET = 5,
    DONGLE_FRAME_DATA = 14,
    DONGLE_FRAME_LINK = 15,
};

struct dongle_frame {
    uint8_t seq, ack; /* 0..7 */
    bool crc, reliable;
    uint8_t type;           /* 0..15 */
    const uint8_t *payload; /* into the decoded bytes */
    size_t size;            /* of the payload, 0..4095 */
};

/* The first check that a frame fails. */
enum dongle_frame_check {
    DONGLE_FRAME_GOOD,
    DONGLE_FRAME_TOO_SHORT,
    DONGLE_FRAME_CHECKSUM,
    DONGLE_FRAME_LENGTH,
    DONGLE_FRAME_CRC,
};

/* Decodes the bytes between the delimiters, escapes undone. *out is only valid if the answer is
 * DONGLE_FRAME_GOOD. */
enum dongle_frame_check dongle_frame_decode(struct dongle_frame *out, const uint8_t *bytes,
                                            size_t size);
/* Encodes into `out` (room for size + DONGLE_FRAME_EXTRA); returns the bytes written. */
size_t dongle_frame_encode(uint8_t *out, const struct dongle_frame *frame);

/* Escapes and delimits `size` bytes on both sides; room for 2 + 2 * size. Returns the bytes
 * written. */
size_t dongle_slip_encode(uint8_t *out, const uint8_t *bytes, size_t size);

enum dongle_slip_result {
    DONGLE_SLIP_MORE,    /* nothing ended */
    DONGLE_SLIP_FRAME,   /* a frame stands in frame[0..size) until the next byte */
    DONGLE_SLIP_SPOILED, /* a frame with a bad escape ended and is dropped */
    DONGLE_SLIP_LONG,    /* a frame too long for the buffer ended and is dropped */
};

struct dongle_slip {
    uint8_t *frame; /* the caller's */
    size_t capacity;
    size_t size;
    enum {
        DONGLE_SLIP_OUTSIDE, /* waiting for the C0 that starts a frame */
        DONGLE_SLIP_INSIDE,
        DONGLE_SLIP_ESCAPED,
        DONGLE_SLIP_BAD,
        DONGLE_SLIP_FULL,
    } state;
};

void dongle_slip_init(struct dongle_slip *slip, uint8_t *frame, size_t capacity);
/* Takes one byte from the line. */
enum dongle_slip_result dongle_slip_feed(struct dongle_slip *slip, uint8_t byte);

#endif
