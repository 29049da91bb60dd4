/* SPDX-License-Identifier: MIT
 * One image of a package: its files, and everything that can be checked about them. package.md 1.2,
 * 2. */
#ifndef NORDFU_PACKAGE_CONTENT_H
#define NORDFU_PACKAGE_CONTENT_H

#include "base/buf.h"
#include "nordfu/error.h"
#include "nordfu/image.h"
#include "package/archive.h"
#include "package/manifest.h"

/* One image with its bytes and what sentences call its files. `names` is set before anything is
 * read. */
struct content {
    struct manifest_image names;
    struct buf dat;
    struct buf firmware;
    struct nordfu_image image; /* views into these */
};

/* Reads and decodes the init packet. Errors as of archive_read and init_packet_decode. */
int content_read_init(struct content *content, struct archive *archive, struct nordfu_error *error);
/* Reads the firmware. Errors as of archive_read. */
int content_read_firmware(struct content *content, struct archive *archive,
                          struct nordfu_error *error);
void content_free(struct content *content);

/* Each is for one kind of defect: NORDFU_ERR_PACKAGE with its sentence, in which `path` is the
 * package. These look at the init packet: */
int content_check_kind(const struct content *content, const char *path, struct nordfu_error *error);
int content_check_init(const struct content *content, const char *path, struct nordfu_error *error);
int content_check_announced(const struct content *content, const char *path,
                            struct nordfu_error *error);
/* And these at the firmware (content_check_hash also: NORDFU_ERR_SYSTEM). */
int content_check_size(const struct content *content, const char *path, struct nordfu_error *error);
int content_check_length(const struct content *content, const char *path,
                         struct nordfu_error *error);
int content_check_hash(const struct content *content, const char *path, struct nordfu_error *error);

#endif
