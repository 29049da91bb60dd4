/* SPDX-License-Identifier: MIT
 * What the files of a new package are called. package.md 1.3. */
#ifndef NORDFU_PACKAGE_NAMES_H
#define NORDFU_PACKAGE_NAMES_H

#include <stddef.h>

#include "nordfu/error.h"
#include "package/manifest.h"

/*
 * Names firmware and init packet of an image after the file `path`: .bin and .dat instead of .hex
 * or .bin, whatever the case of the last suffix; behind the name if there is none. The two names
 * always differ. Errors: NORDFU_ERR_USAGE (too long).
 */
int names_from_path(struct manifest_image *image, const char *path, struct nordfu_error *error);

/* The names of the image of SoftDevice and bootloader. */
void names_of_both(struct manifest_image *image);

/* Gives `image` other names if one of its own is taken by `other`. Errors: NORDFU_ERR_USAGE (too
 * long then). */
int names_make_unique(struct manifest_image *image, const struct manifest_image *other,
                      struct nordfu_error *error);

#endif
