/*
 * SPDX-License-Identifier: MIT
 * Bounded little-endian cursors. An access past the end sets `failed`, yields zeros and stays
 * failed, so a parser checks once, at its end.
 */
#ifndef NORDFU_BASE_BYTES_H
#define NORDFU_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes_reader {
    const uint8_t *data;
    size_t size;
    size_t at;
    bool failed;
};

struct bytes_writer {
    uint8_t *data;
    size_t size;
    size_t at;
    bool failed;
};

/* Reads `size` bytes that stay the caller's. */
void bytes_reader_init(struct bytes_reader *r, const void *data, size_t size);
uint8_t bytes_get_u8(struct bytes_reader *r);
uint16_t bytes_get_u16(struct bytes_reader *r);
uint32_t bytes_get_u32(struct bytes_reader *r);
/* Copies `size` bytes to `out` (NULL = skip). */
void bytes_get(struct bytes_reader *r, void *out, size_t size);
/* A view of the next `size` bytes, NULL if there are fewer. */
const uint8_t *bytes_view(struct bytes_reader *r, size_t size);
size_t bytes_left(const struct bytes_reader *r);
/* Nothing failed and nothing is left. */
bool bytes_reader_done(const struct bytes_reader *r);

/* Writes at most `size` bytes into the caller's `data`; w->at tells how many there are. */
void bytes_writer_init(struct bytes_writer *w, void *data, size_t size);
void bytes_put_u8(struct bytes_writer *w, uint8_t value);
void bytes_put_u16(struct bytes_writer *w, uint16_t value);
void bytes_put_u32(struct bytes_writer *w, uint32_t value);
/* All of `size` bytes or none. */
void bytes_put(struct bytes_writer *w, const void *data, size_t size);

#endif
