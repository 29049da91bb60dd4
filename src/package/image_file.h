/*
 * SPDX-License-Identifier: MIT
 * Firmware files, raw or Intel HEX, turned into the bytes that a bootloader writes. package.md 3.1,
 * 3.3, 3.6.
 */
#ifndef NORDFU_PACKAGE_IMAGE_FILE_H
#define NORDFU_PACKAGE_IMAGE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "nordfu/error.h"
#include "package/ihex.h"
#include "package/image_window.h"
#include "package/softdevice_info.h"

/* What is below belongs to the MBR, what is at or above to FICR, UICR and RAM; neither is part of
 * an image. */
#define IMAGE_FILE_LOW  0x1000u
#define IMAGE_FILE_HIGH 0x10000000u

struct image_file {
    struct buf bytes;    /* padded with FF to a multiple of 4; never empty */
    size_t size;         /* before that */
    bool is_raw;         /* .bin: address and dropped bytes are not known */
    uint32_t address;    /* of the first byte; 0 if raw */
    size_t low_bytes;    /* of a HEX file that were dropped: below the image */
    size_t high_bytes;   /* and above IMAGE_FILE_HIGH */
    size_t gap_bytes;    /* of holes that were filled with FF */
    bool has_softdevice; /* its information structure was found */
    struct softdevice_info softdevice;
};

/* True if the name ends with .bin, in either case; any other file is read as Intel HEX. */
bool image_file_is_raw(const char *path);

/*
 * Reads the file into `out`, whatever is in it before. `what` is its kind for sentences
 * ("application"). Errors: NORDFU_ERR_PACKAGE (as of file_read and ihex_decode; nothing for flash
 * in it; more than NORDFU_MAX_IMAGE_SIZE bytes from the first to the last address),
 * NORDFU_ERR_SYSTEM (memory). Nothing is to be freed after an error.
 */
int image_file_read(struct image_file *out, const char *path, const char *what,
                    struct nordfu_error *error);

/* The same from bytes that were read before; `path` names them and tells the format. */
int image_file_decode(struct image_file *out, const void *bytes, size_t size, const char *path,
                      const char *what, struct nordfu_error *error);

/* Which addresses of a HEX file make the image; none if first == end. */
struct image_window image_file_window(const struct ihex *ihex);

/* Frees and empties; a zeroed one is fine. */
void image_file_free(struct image_file *image);

/* Appends the image of a SoftDevice and bootloader to the empty `out`: one behind the other.
 * Errors: NORDFU_ERR_PACKAGE (larger than NORDFU_MAX_IMAGE_SIZE), NORDFU_ERR_SYSTEM. */
int image_file_join(struct buf *out, const struct image_file *softdevice,
                    const struct image_file *bootloader, struct nordfu_error *error);

#endif
