/*
 * SPDX-License-Identifier: MIT
 * Intel HEX: bytes at addresses, with holes. package.md 3.2, 3.7.
 */
#ifndef NORDFU_PACKAGE_IHEX_H
#define NORDFU_PACKAGE_IHEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "nordfu/error.h"

/* Largest file that is read, bytes: an image of 16 MiB in records of 16, and some. */
#define IHEX_MAX_FILE ((size_t)64 << 20)

/* Bytes without a hole. */
struct ihex_segment {
    uint32_t address; /* of the first byte; the last one's is at most 0xFFFFFFFF */
    size_t size;      /* at least 1 */
    const uint8_t *bytes;
};

struct ihex {
    struct ihex_segment *segments; /* by address; there is a hole between any two */
    size_t count;
    bool has_start;   /* a record of type 03 or 05 */
    uint8_t type;     /* 3 or 5, if has_start */
    uint32_t start;   /* its value: CS and IP, or a linear address */
    bool has_end;     /* a record of type 01 ended it, not the end of the text */
    struct buf bytes; /* of all segments */
};

/*
 * Reads the text of a file into `out`, whatever is in it before. Records may be in any order, their
 * digits in either case, lines end with LF, CRLF or CR, empty lines are skipped; what follows the
 * end record is not looked at, and it may be missing. Memory is bounded by the size of the text,
 * however far its addresses are apart. `what` and `path` name the file in sentences ("application",
 * "app.hex"). Errors: NORDFU_ERR_PACKAGE with the number of the first line (from 1) that is
 * defective or gives an address contents for the second time; NORDFU_ERR_SYSTEM (memory). Nothing
 * is to be freed after an error. A text without data gives no segments.
 */
int ihex_decode(struct ihex *out, const void *text, size_t size, const char *what, const char *path,
                struct nordfu_error *error);

/* The same from a file of at most IHEX_MAX_FILE bytes. Errors also as of file_read. */
int ihex_read(struct ihex *out, const char *path, const char *what, struct nordfu_error *error);

/* Frees and empties; a zeroed one is fine. */
void ihex_free(struct ihex *ihex);

/* Copies `size` bytes that begin at `address` to `out`; false, and nothing copied, unless every one
 * of them is there. */
bool ihex_get(const struct ihex *ihex, uint32_t address, void *out, size_t size);

/*
 * Appends the text to `out`: records of up to 16 bytes, upper-case digits, LF; records of type 04
 * only if an address is above 0xFFFF. Segments may be in any order and touch each other, not
 * overlap. Errors: NORDFU_ERR_USAGE (they overlap, or reach beyond 0xFFFFFFFF), NORDFU_ERR_SYSTEM
 * (memory); `out` is unchanged then.
 */
int ihex_encode(struct buf *out, const struct ihex_segment *segments, size_t count,
                struct nordfu_error *error);

#endif
