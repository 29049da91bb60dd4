/* SPDX-License-Identifier: MIT
 * A firmware file of either kind as bytes at addresses. */
#ifndef NORDFU_PACKAGE_IMAGE_LOAD_H
#define NORDFU_PACKAGE_IMAGE_LOAD_H

#include "package/ihex.h"

/*
 * Reads the file into `out`, whatever is in it before; a raw one becomes one segment at `address`
 * (NULL = 0). Errors: NORDFU_ERR_PACKAGE (as of file_read and ihex_decode; a raw file is empty),
 * NORDFU_ERR_USAGE (an address for Intel HEX, or one so high that the file would not fit),
 * NORDFU_ERR_SYSTEM (memory). Nothing is to be freed after an error.
 */
int image_load(struct ihex *out, const char *path, const uint32_t *address,
               struct nordfu_error *error);

#endif
