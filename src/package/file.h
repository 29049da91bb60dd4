/* SPDX-License-Identifier: MIT
 * Whole files in and out of memory. */
#ifndef NORDFU_PACKAGE_FILE_H
#define NORDFU_PACKAGE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "nordfu/error.h"

/*
 * Reads a regular file of at most `limit` bytes into the empty `out` with one allocation (so that a
 * secret has no stray copies). `what` is its kind for sentences ("package"). Errors:
 * NORDFU_ERR_PACKAGE (missing, forbidden, no file, too large, unreadable; speaker SYSTEM with errno
 * where there is one), NORDFU_ERR_SYSTEM (memory). `out` is empty after an error.
 */
int file_read(struct buf *out, const char *path, size_t limit, const char *what,
              struct nordfu_error *error);

/*
 * Writes a file all or nothing: under a temporary name in the same folder, synced, then renamed.
 * `mode` is cut by the umask. Without `overwrite` an existing file is kept, whoever made it and
 * when. Links to a file are followed. Errors: NORDFU_ERR_USAGE (exists, or exists and is no regular
 * file), NORDFU_ERR_SYSTEM with errno.
 */
int file_write(const char *path, const void *bytes, size_t size, unsigned mode, bool overwrite,
               const char *what, struct nordfu_error *error);

/* True if both paths lead to the same existing file. */
bool file_is_same(const char *a, const char *b);

#endif
