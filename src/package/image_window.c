/* SPDX-License-Identifier: MIT */
#include "package/image_window.h"

#include <string.h>

#include "nordfu/package.h"

bool image_window_cut(const struct image_window *window, struct ihex_segment *segment)
{
    uint64_t begin = segment->address, end = begin + segment->size;
    begin = begin < window->first ? window->first : begin;
    end = end > window->end ? window->end : end;
    if (begin >= end)
        return false;
    segment->bytes += begin - segment->address;
    segment->address = (uint32_t)begin;
    segment->size = (size_t)(end - begin);
    return true;
}

struct image_window image_window_shrink(const struct image_window *window, const struct ihex *ihex)
{
    struct image_window found = {0};
    for (size_t i = 0; i < ihex->count; i++) {
        struct ihex_segment segment = ihex->segments[i];
        if (!image_window_cut(window, &segment))
            continue;
        found.first = found.end == 0 ? segment.address : found.first;
        found.end = (uint64_t)segment.address + segment.size;
    }
    return found;
}

int image_window_check_size(const struct image_window *window, const char *path, const char *what,
                            struct nordfu_error *error)
{
    uint64_t size = window->end - window->first;
    if (size <= NORDFU_MAX_IMAGE_SIZE)
        return 0;
    return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                            "The %s %s reaches from 0x%X to 0x%X, which makes an image of %ju "
                            "bytes, and at most %u are possible: take out what lies far from the "
                            "rest.",
                            what, path, (unsigned)window->first, (unsigned)(window->end - 1),
                            (uintmax_t)size, NORDFU_MAX_IMAGE_SIZE);
}

bool image_window_fill(const struct image_window *window, const struct ihex *ihex, uint8_t fill,
                       struct buf *out, size_t *gaps)
{
    size_t size = (size_t)(window->end - window->first), before = out->size, kept = 0;
    if (!buf_append(out, NULL, size))
        return false;
    if (size > 0)
        memset(out->data + before, fill, size);
    for (size_t i = 0; i < ihex->count; i++) {
        struct ihex_segment segment = ihex->segments[i];
        if (!image_window_cut(window, &segment))
            continue;
        memcpy(out->data + before + (segment.address - window->first), segment.bytes, segment.size);
        kept += segment.size;
    }
    if (gaps != NULL)
        *gaps = size - kept;
    return true;
}
