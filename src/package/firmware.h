/* SPDX-License-Identifier: MIT
 * Firmware files of a recipe as they are packed. package.md 3.1, 3.3. */
#ifndef NORDFU_PACKAGE_FIRMWARE_H
#define NORDFU_PACKAGE_FIRMWARE_H

#include "base/buf.h"
#include "nordfu/error.h"
#include "nordfu/package.h"

/*
 * Appends the image to `out`, padded with FF to a multiple of 4 bytes, as bootloaders need it.
 * `kind` is its kind for sentences ("application"). Errors: NORDFU_ERR_PACKAGE (missing,
 * unreadable, empty, too large, defective), NORDFU_ERR_UNSUPPORTED, NORDFU_ERR_SYSTEM.
 */
int firmware_read(struct buf *out, const struct nordfu_firmware *firmware, const char *kind,
                  struct nordfu_error *error);

#endif
