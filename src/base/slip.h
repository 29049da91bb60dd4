/*
 * SPDX-License-Identifier: MIT
 * SLIP framing (RFC 1055): C0 delimits, DB DC stands for C0 and DB DD for DB. No H5 and no DFU
 * knowledge here.
 */
#ifndef NORDFU_BASE_SLIP_H
#define NORDFU_BASE_SLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLIP_END 0xC0

/* Largest encoding of `size` bytes, both delimiters included. */
#define SLIP_ENCODED_MAX(size) (2 * (size) + 2)

/* Escapes `size` bytes into `out` (room for 2 * size), without delimiters. Returns the bytes
 * written. */
size_t slip_escape(uint8_t *out, const void *data, size_t size);

/* Decodes a stream. The caller owns the frame buffer; a frame that does not fit or has a bad escape
 * is dropped whole. */
struct slip_decoder {
    uint8_t *frame;
    size_t capacity;
    size_t size;
    bool escaped; /* the last byte was DB */
    bool spoiled; /* this frame is dropped at its end */
    bool ended;   /* the next byte begins a new frame */
};

/* Frames of at most `capacity` bytes will stand in the caller's `frame`. */
void slip_decoder_init(struct slip_decoder *d, uint8_t *frame, size_t capacity);

/*
 * Takes one byte. Returns true when it ends a good, non-empty frame, which then stands in
 * d->frame[0..d->size) until the next call. Any C0 ends what came before it, so frames may have
 * delimiters on both sides or share one.
 */
bool slip_decoder_feed(struct slip_decoder *d, uint8_t byte);

#endif
