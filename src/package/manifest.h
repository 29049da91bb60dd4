/*
 * SPDX-License-Identifier: MIT
 * manifest.json: which files of a package belong together. No I/O. package.md 1.2.
 */
#ifndef NORDFU_PACKAGE_MANIFEST_H
#define NORDFU_PACKAGE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "nordfu/error.h"

#define MANIFEST_NAME     "manifest.json"
#define MANIFEST_MAX_SIZE ((size_t)64 << 10) /* bytes of text */
#define MANIFEST_MAX_FILE 256                /* bytes of a file name with its terminating zero */

/* What a member of the manifest holds, in the order of transfer. */
enum manifest_kind {
    MANIFEST_SOFTDEVICE_BOOTLOADER,
    MANIFEST_SOFTDEVICE,
    MANIFEST_BOOTLOADER,
    MANIFEST_APPLICATION, /* external ones too: their init packet tells */
    MANIFEST_KINDS,
};

struct manifest_image {
    enum manifest_kind kind;
    char bin_file[MANIFEST_MAX_FILE];
    char dat_file[MANIFEST_MAX_FILE];
    bool has_sizes; /* info_read_only_metadata, written for SoftDevice and bootloader; information
                       only */
    uint32_t bl_size, sd_size; /* bytes */
};

struct manifest {
    struct manifest_image images[MANIFEST_KINDS]; /* in the order of transfer */
    size_t count;
};

/* The name of the member ("softdevice_bootloader"); never NULL. */
const char *manifest_kind_name(enum manifest_kind kind);

/*
 * Reads the text of a manifest. Unknown members are ignored; null and an empty object count as
 * absent; a byte-order mark is skipped; there may be no image at all. `package` is named in error
 * sentences. Errors: NORDFU_ERR_PACKAGE (no JSON, no "manifest", an image without its files),
 * NORDFU_ERR_UNSUPPORTED (a legacy package, package.md 1.4).
 */
int manifest_decode(struct manifest *manifest, const void *text, size_t size, const char *package,
                    struct nordfu_error *error);

/*
 * Appends the text form that the original tool writes, byte for byte. Errors: NORDFU_ERR_USAGE (a
 * file name that is not UTF-8), NORDFU_ERR_SYSTEM.
 */
int manifest_encode(const struct manifest *manifest, struct buf *out, struct nordfu_error *error);

#endif
