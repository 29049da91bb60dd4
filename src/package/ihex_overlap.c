/* SPDX-License-Identifier: MIT */
#include "package/ihex_overlap.h"

#include <stdlib.h>
#include <string.h>

static int by_address(const void *a, const void *b)
{
    const struct ihex_piece *one = a, *other = b;
    if (one->address != other->address)
        return one->address < other->address ? -1 : 1;
    return (one->line > other->line) - (one->line < other->line);
}

void ihex_sort(struct ihex_piece *pieces, size_t count)
{
    bool needed = false;
    for (size_t i = 1; i < count && !needed; i++)
        needed = by_address(&pieces[i - 1], &pieces[i]) > 0;
    /* Nearly all files are sorted already. */
    if (needed)
        qsort(pieces, count, sizeof(pieces[0]), by_address);
}

/* True if two of the pieces up to this line overlap. */
static bool any_overlap(const struct ihex_piece *pieces, size_t count, uint32_t last_line)
{
    uint64_t end = 0;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].line > last_line)
            continue;
        if (pieces[i].address < end)
            return true;
        end = (uint64_t)pieces[i].address + pieces[i].size;
    }
    return false;
}

static uint32_t last_line_of(const struct ihex_piece *pieces, size_t count)
{
    uint32_t last = 0;
    for (size_t i = 0; i < count; i++)
        last = pieces[i].line > last ? pieces[i].line : last;
    return last;
}

static const struct ihex_piece *piece_of_line(const struct ihex_piece *pieces, size_t count,
                                              uint32_t line)
{
    for (size_t i = 0; i < count; i++)
        if (pieces[i].line == line)
            return &pieces[i];
    return NULL;
}

/* The lowest address of the piece that one of the lines before has, too. */
static uint32_t first_shared(const struct ihex_piece *pieces, size_t count,
                             const struct ihex_piece *piece)
{
    uint64_t lowest = UINT64_MAX;
    uint64_t end = (uint64_t)piece->address + piece->size;
    for (size_t i = 0; i < count; i++) {
        const struct ihex_piece *other = &pieces[i];
        uint64_t begin = other->address > piece->address ? other->address : piece->address;
        if (other->line < piece->line && begin < end &&
            begin < (uint64_t)other->address + other->size && begin < lowest)
            lowest = begin;
    }
    return (uint32_t)lowest;
}

bool ihex_find_overlap(const struct ihex_piece *pieces, size_t count, uint32_t *line,
                       uint32_t *address)
{
    uint32_t high = last_line_of(pieces, count), low = 0;
    if (!any_overlap(pieces, count, high))
        return false;
    /* Up to `low` nothing overlaps, up to `high` something does. */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (any_overlap(pieces, count, middle))
            high = middle;
        else
            low = middle;
    }
    *line = high;
    *address = first_shared(pieces, count, piece_of_line(pieces, count, high));
    return true;
}
