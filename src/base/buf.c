/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

static bool reserve(struct buf *b, size_t extra)
{
    if (extra > SIZE_MAX / 2 - b->size)
        return false;
    size_t need = b->size + extra;
    if (need <= b->capacity)
        return true;
    size_t capacity = b->capacity > 0 ? b->capacity : 64;
    while (capacity < need)
        capacity *= 2;
    uint8_t *data = realloc(b->data, capacity);
    if (data == NULL)
        return false;
    b->data = data;
    b->capacity = capacity;
    return true;
}

bool buf_append(struct buf *b, const void *bytes, size_t size)
{
    if (!reserve(b, size))
        return false;
    if (size > 0 && bytes != NULL)
        memcpy(b->data + b->size, bytes, size);
    else if (size > 0)
        memset(b->data + b->size, 0, size);
    b->size += size;
    return true;
}

void buf_consume(struct buf *b, size_t size)
{
    if (size >= b->size) {
        b->size = 0;
        return;
    }
    memmove(b->data, b->data + size, b->size - size);
    b->size -= size;
}

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}
