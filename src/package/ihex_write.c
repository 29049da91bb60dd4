/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "package/ihex.h"

enum {
    RECORD_BYTES = 16,
    RECORD_TEXT = 1 + 2 * (RECORD_BYTES + 5) + 1, /* colon, digits, line end */
    TYPE_DATA = 0,
    TYPE_END = 1,
    TYPE_UPPER = 4, /* extended linear address */
};

static int by_address(const void *a, const void *b)
{
    const struct ihex_segment *one = a, *other = b;
    return (one->address > other->address) - (one->address < other->address);
}

static bool put_record(struct buf *out, uint8_t type, uint16_t address, const uint8_t *bytes,
                       size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    uint8_t record[RECORD_BYTES + 5] = {(uint8_t)size, (uint8_t)(address >> 8), (uint8_t)address,
                                        type};
    if (size > 0)
        memcpy(record + 4, bytes, size);
    uint8_t sum = 0;
    for (size_t i = 0; i < size + 4; i++)
        sum = (uint8_t)(sum + record[i]);
    record[size + 4] = (uint8_t)(0u - sum);
    char text[RECORD_TEXT] = ":";
    size_t at = 1;
    for (size_t i = 0; i < size + 5; i++) {
        text[at++] = digits[record[i] >> 4];
        text[at++] = digits[record[i] & 15];
    }
    text[at++] = '\n';
    return buf_append(out, text, at);
}

/* Where the writer is: at `at` of segments[index]. */
struct cursor {
    const struct ihex_segment *segments;
    size_t count, index, at;
};

static uint32_t cursor_address(const struct cursor *cursor)
{
    return cursor->segments[cursor->index].address + (uint32_t)cursor->at;
}

/* Takes the bytes of one record, over segments that touch. Returns how many. */
static size_t take(struct cursor *cursor, uint8_t bytes[RECORD_BYTES])
{
    size_t size = 0;
    uint32_t first = cursor_address(cursor);
    do {
        const struct ihex_segment *segment = &cursor->segments[cursor->index];
        bytes[size++] = segment->bytes[cursor->at++];
        if (cursor->at == segment->size) {
            cursor->at = 0;
            cursor->index++;
        }
    } while (size < RECORD_BYTES && cursor->index < cursor->count &&
             ((first + size) & 0xFFFF) != 0 && cursor_address(cursor) == first + size);
    return size;
}

static bool put_all(struct buf *out, const struct ihex_segment *segments, size_t count)
{
    struct cursor cursor = {.segments = segments, .count = count};
    const struct ihex_segment *last = count > 0 ? &segments[count - 1] : NULL;
    bool wide = last != NULL && last->address + (uint32_t)(last->size - 1) > 0xFFFF;
    uint32_t upper = UINT32_MAX; /* of the addresses at this place; at first none */
    bool ok = true;
    while (ok && cursor.index < count) {
        uint32_t address = cursor_address(&cursor);
        if (wide && upper != address >> 16) {
            upper = address >> 16;
            uint8_t value[2] = {(uint8_t)(upper >> 8), (uint8_t)upper};
            ok = put_record(out, TYPE_UPPER, 0, value, sizeof(value));
        }
        uint8_t bytes[RECORD_BYTES];
        size_t size = take(&cursor, bytes);
        ok = ok && put_record(out, TYPE_DATA, (uint16_t)address, bytes, size);
    }
    return ok && put_record(out, TYPE_END, 0, NULL, 0);
}

/* The segments that have bytes, by address; `sorted` has room for them. Returns their number. */
static size_t sort(struct ihex_segment *sorted, const struct ihex_segment *segments, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (segments[i].size > 0)
            sorted[kept++] = segments[i];
    qsort(sorted, kept, sizeof(sorted[0]), by_address);
    return kept;
}

static int check(const struct ihex_segment *sorted, size_t count, struct nordfu_error *error)
{
    uint64_t end = 0;
    for (size_t i = 0; i < count; i++) {
        if (sorted[i].address < end)
            return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                    "Intel HEX can't be written with two contents for address "
                                    "0x%X: let the parts not overlap.",
                                    (unsigned)sorted[i].address);
        end = (uint64_t)sorted[i].address + sorted[i].size;
        if (end > (uint64_t)UINT32_MAX + 1)
            return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                    "Intel HEX can't be written beyond address 0xFFFFFFFF, and "
                                    "%zu bytes at 0x%X reach further: choose a lower address.",
                                    sorted[i].size, (unsigned)sorted[i].address);
    }
    return 0;
}

int ihex_encode(struct buf *out, const struct ihex_segment *segments, size_t count,
                struct nordfu_error *error)
{
    size_t before = out->size;
    struct ihex_segment *sorted = calloc(count + 1, sizeof(*sorted));
    if (sorted == NULL)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    size_t kept = sort(sorted, segments, count);
    int rc = check(sorted, kept, error);
    if (rc == 0 && !put_all(out, sorted, kept))
        rc = nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    if (rc != 0)
        out->size = before;
    free(sorted);
    return rc;
}
