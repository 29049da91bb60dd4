/*
 * SPDX-License-Identifier: MIT
 * The file of a bond store: all that bond_store.c wants of the operating system. One source per
 * system (bond_file_posix.c). Every error is NORDFU_ERR_SYSTEM with a sentence that names the file,
 * unless it says otherwise.
 */
#ifndef NORDFU_CENTRAL_BOND_FILE_H
#define NORDFU_CENTRAL_BOND_FILE_H

#include <stdint.h>

#include "base/buf.h"
#include "nordfu/error.h"

#define BOND_FILE_PATH 4096                 /* bytes of a path with its terminating zero */
#define BOND_FILE_WAIT ((uint64_t)5000000u) /* µs for others to be done */

/*
 * The path to use: `given`, or the user's default place for NULL; links to a file are followed.
 * Errors: also NORDFU_ERR_USAGE (no home folder, path too long).
 */
int bond_file_locate(char path[BOND_FILE_PATH], const char *given, struct nordfu_error *error);

/*
 * Reads at most `limit` bytes into the empty `text`, with one allocation; text->data stays NULL if
 * there is no such file. Refuses one that others may read or write, or that somebody else owns. The
 * caller wipes the text.
 */
int bond_file_read(struct buf *text, const char *path, size_t limit, struct nordfu_error *error);

/*
 * Replaces the file, readable by its owner only: at every moment there is the old one or the new
 * one, whatever fails. The lock must be held: what an interrupted write has left is cleared away.
 */
int bond_file_write(const char *path, const void *text, size_t size, struct nordfu_error *error);

/*
 * Keeps other processes from changing the file, until bond_file_unlock; waits for them to be done
 * at most `wait` µs. Makes the file's folder. Returns a handle, 0 or more, or NORDFU_ERR_SYSTEM.
 */
int bond_file_lock(const char *path, uint64_t wait, struct nordfu_error *error);
void bond_file_unlock(int lock);

/* Seconds since 1970, UTC. */
int64_t bond_file_time(void);

#endif
