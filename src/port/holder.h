/* SPDX-License-Identifier: MIT
 * Who holds a device file open, as far as /proc tells. */
#ifndef NORDFU_PORT_HOLDER_H
#define NORDFU_PORT_HOLDER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Looks for another process that has `path` (symlinks resolved) open. On success `text` reads
 * "minicom (process 4711)". Processes of other users are visible to root only, so false may also
 * mean "not known".
 */
bool port_holder_find(const char *path, char *text, size_t size);

#endif
