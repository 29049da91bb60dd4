/* SPDX-License-Identifier: MIT */
#include "base/bytes.h"

#include <string.h>

void bytes_reader_init(struct bytes_reader *r, const void *data, size_t size)
{
    *r = (struct bytes_reader){.data = data, .size = size};
}

size_t bytes_left(const struct bytes_reader *r)
{
    return r->size - r->at;
}

bool bytes_reader_done(const struct bytes_reader *r)
{
    return !r->failed && r->at == r->size;
}

const uint8_t *bytes_view(struct bytes_reader *r, size_t size)
{
    if (r->failed || size > bytes_left(r)) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *view = r->data + r->at;
    r->at += size;
    return view;
}

void bytes_get(struct bytes_reader *r, void *out, size_t size)
{
    const uint8_t *view = bytes_view(r, size);
    if (out == NULL || size == 0)
        return;
    if (view != NULL)
        memcpy(out, view, size);
    else
        memset(out, 0, size);
}

static uint32_t get_le(struct bytes_reader *r, size_t size)
{
    const uint8_t *view = bytes_view(r, size);
    uint32_t value = 0;
    for (size_t i = 0; view != NULL && i < size; i++)
        value |= (uint32_t)view[i] << (8 * i);
    return value;
}

uint8_t bytes_get_u8(struct bytes_reader *r)
{
    return (uint8_t)get_le(r, 1);
}

uint16_t bytes_get_u16(struct bytes_reader *r)
{
    return (uint16_t)get_le(r, 2);
}

uint32_t bytes_get_u32(struct bytes_reader *r)
{
    return get_le(r, 4);
}

void bytes_writer_init(struct bytes_writer *w, void *data, size_t size)
{
    *w = (struct bytes_writer){.data = data, .size = size};
}

void bytes_put(struct bytes_writer *w, const void *data, size_t size)
{
    if (w->failed || size > w->size - w->at) {
        w->failed = true;
        return;
    }
    if (size > 0)
        memcpy(w->data + w->at, data, size);
    w->at += size;
}

static void put_le(struct bytes_writer *w, uint32_t value, size_t size)
{
    uint8_t bytes[4];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    bytes_put(w, bytes, size);
}

void bytes_put_u8(struct bytes_writer *w, uint8_t value)
{
    put_le(w, value, 1);
}

void bytes_put_u16(struct bytes_writer *w, uint16_t value)
{
    put_le(w, value, 2);
}

void bytes_put_u32(struct bytes_writer *w, uint32_t value)
{
    put_le(w, value, 4);
}
