/* SPDX-License-Identifier: MIT */
#include "base/slip.h"

enum {
    ESC = 0xDB,
    ESC_END = 0xDC,
    ESC_ESC = 0xDD,
};

size_t slip_escape(uint8_t *out, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != SLIP_END && bytes[i] != ESC) {
            out[n++] = bytes[i];
            continue;
        }
        out[n++] = ESC;
        out[n++] = bytes[i] == SLIP_END ? ESC_END : ESC_ESC;
    }
    return n;
}

void slip_decoder_init(struct slip_decoder *d, uint8_t *frame, size_t capacity)
{
    *d = (struct slip_decoder){.frame = frame, .capacity = capacity};
}

static void store(struct slip_decoder *d, uint8_t byte)
{
    if (d->size < d->capacity)
        d->frame[d->size++] = byte;
    else
        d->spoiled = true;
}

static bool end_frame(struct slip_decoder *d)
{
    bool good = !d->spoiled && !d->escaped && d->size > 0;
    d->escaped = false;
    d->spoiled = false;
    d->ended = true; /* the frame stays readable; the next data byte starts a new one */
    return good;
}

bool slip_decoder_feed(struct slip_decoder *d, uint8_t byte)
{
    if (d->ended) {
        d->size = 0;
        d->ended = false;
    }
    if (byte == SLIP_END)
        return end_frame(d);
    if (!d->escaped && byte == ESC) {
        d->escaped = true;
        return false;
    }
    if (d->escaped && byte != ESC_END && byte != ESC_ESC)
        d->spoiled = true;
    if (d->escaped)
        byte = byte == ESC_END ? SLIP_END : ESC;
    d->escaped = false;
    store(d, byte);
    return false;
}
