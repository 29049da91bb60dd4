/* SPDX-License-Identifier: MIT
 * A range of addresses of an Intel HEX file. */
#ifndef NORDFU_PACKAGE_IMAGE_WINDOW_H
#define NORDFU_PACKAGE_IMAGE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "nordfu/error.h"
#include "package/ihex.h"

/* Addresses first..end-1; none if they are equal. */
struct image_window {
    uint64_t first, end;
};

#define IMAGE_WINDOW_ALL ((struct image_window){0, (uint64_t)UINT32_MAX + 1})

/* Cuts a segment to its part in the window; false if nothing is left. */
bool image_window_cut(const struct image_window *window, struct ihex_segment *segment);

/* The first and the last byte in the window that there are. */
struct image_window image_window_shrink(const struct image_window *window, const struct ihex *ihex);

/* Errors: NORDFU_ERR_PACKAGE if the window has more than NORDFU_MAX_IMAGE_SIZE bytes. `what` and
 * `path` name the file. */
int image_window_check_size(const struct image_window *window, const char *path, const char *what,
                            struct nordfu_error *error);

/* Appends all bytes of the window, holes filled with `fill`; *gaps (may be NULL) tells how many
 * those were. False when memory ran out. */
bool image_window_fill(const struct image_window *window, const struct ihex *ihex, uint8_t fill,
                       struct buf *out, size_t *gaps);

#endif
