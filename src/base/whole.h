/*
 * SPDX-License-Identifier: MIT
 * Reading and writing all of something through a file descriptor, whatever pieces the system takes
 * it in.
 */
#ifndef NORDFU_BASE_WHOLE_H
#define NORDFU_BASE_WHOLE_H

#include <stddef.h>

#include "base/buf.h"

/* Fills text->data with up to text->size bytes and sets what there was. Returns 0 or errno. */
int whole_read(int fd, struct buf *text);
/* Writes and syncs. Returns 0 or errno. Closes the descriptor in any case. */
int whole_write(int fd, const void *bytes, size_t size);

#endif
