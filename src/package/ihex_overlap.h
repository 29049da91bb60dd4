/* SPDX-License-Identifier: MIT
 * The data records of an Intel HEX file: their order, and where two of them meet. */
#ifndef NORDFU_PACKAGE_IHEX_OVERLAP_H
#define NORDFU_PACKAGE_IHEX_OVERLAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One data record. Its last byte is at 0xFFFFFFFF at most. */
struct ihex_piece {
    uint32_t address;
    uint32_t line; /* no two have the same */
    uint32_t at;   /* where its bytes are */
    uint32_t size; /* 1..255 */
};

/* Sorts by address, those of one address by line. */
void ihex_sort(struct ihex_piece *pieces, size_t count);

/*
 * Finds the first line that gives an address contents for the second time, and the lowest such
 * address of it, among sorted pieces. False if there is none. Takes O(n log n) whatever overlaps.
 */
bool ihex_find_overlap(const struct ihex_piece *pieces, size_t count, uint32_t *line,
                       uint32_t *address);

#endif
