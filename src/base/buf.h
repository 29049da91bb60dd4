/* SPDX-License-Identifier: MIT
 * Owned bytes that grow. */
#ifndef NORDFU_BASE_BUF_H
#define NORDFU_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialise to start empty. */
struct buf {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

/* Appends a copy (bytes NULL = zeros; not of b itself). False, and no change, when memory ran out.
 */
bool buf_append(struct buf *b, const void *bytes, size_t size);
/* Removes `size` bytes (at most b->size) from the front. */
void buf_consume(struct buf *b, size_t size);
/* Frees and empties. */
void buf_free(struct buf *b);

#endif
