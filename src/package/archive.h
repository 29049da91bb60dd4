/*
 * SPDX-License-Identifier: MIT
 * Zip archives in memory, with libzip hidden behind them. Nothing is ever unpacked to disk.
 * package.md 1.1.
 */
#ifndef NORDFU_PACKAGE_ARCHIVE_H
#define NORDFU_PACKAGE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "nordfu/error.h"
#include "nordfu/package.h"

/* Limits that hold before anything is unpacked. A package needs at most nine entries; strangers
 * among them are tolerated. */
#define ARCHIVE_MAX_ENTRIES 64
#define ARCHIVE_MAX_ENTRY   ((size_t)NORDFU_MAX_IMAGE_SIZE)
#define ARCHIVE_MAX_TOTAL   (NORDFU_MAX_IMAGES * ARCHIVE_MAX_ENTRY + ((size_t)1 << 20))
/* Entries up to this size may be compressed as well as can be (an image may be one large gap);
 * larger ones 100 : 1. */
#define ARCHIVE_FREE_RATIO ((size_t)1 << 20)
#define ARCHIVE_MAX_RATIO  100

struct archive;

/*
 * Reads the file and checks the directory of the archive: number, names, sizes, ratio, encryption
 * and compression method of every entry. Deflated and stored entries, data descriptors, comments
 * and bytes in front of the archive are fine; folders are ignored. Errors: NORDFU_ERR_PACKAGE,
 * NORDFU_ERR_SYSTEM.
 */
int archive_open(struct archive **out, const char *path, struct nordfu_error *error);
/* Frees and nulls; NULL and *NULL are fine. */
void archive_free(struct archive **archive);

/* True if there is a file of exactly that name. */
bool archive_has(const struct archive *archive, const char *name);

/* Names of files and folders (those end with '/') in the order of the directory; NULL behind the
 * last one. Views, valid until the archive is freed. */
const char *archive_name(const struct archive *archive, size_t index);

/*
 * Unpacks the file of that name into the empty `out`; at most `limit` bytes. Errors:
 * NORDFU_ERR_PACKAGE (none of that name, larger, damaged, of another size than declared),
 * NORDFU_ERR_SYSTEM. `out` is empty after an error.
 */
int archive_read(struct archive *archive, const char *name, size_t limit, struct buf *out,
                 struct nordfu_error *error);

struct archive_file {
    const char *name; /* UTF-8 */
    const void *bytes;
    size_t size;
};

/*
 * Writes an archive with these files in this order: stored, mode 0644, dated SOURCE_DATE_EPOCH
 * (UTC) if that is set, else 1980-01-01, so equal contents give equal bytes. All or nothing; an
 * existing file is replaced. Errors: NORDFU_ERR_USAGE (names that archive_open would refuse),
 * NORDFU_ERR_SYSTEM.
 */
int archive_write(const char *path, const struct archive_file *files, size_t count,
                  struct nordfu_error *error);

#endif
