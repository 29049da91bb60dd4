/* SPDX-License-Identifier: MIT
 * An image as it stands in packages, without a package. */
#ifndef NORDFU_PACKAGE_PACKAGE_PART_H
#define NORDFU_PACKAGE_PACKAGE_PART_H

#include "base/buf.h"
#include "nordfu/package.h"

struct package_part {
    uint32_t fw_version;
    uint8_t init[NORDFU_MAX_INIT_PACKET];
    size_t init_size;
    struct buf firmware; /* the caller's to free; empty after an error */
};

/* Makes the first image of a recipe that recipe_check let pass. Errors: as of
 * nordfu_package_write. */
int package_part_build(struct package_part *out, const struct nordfu_package_recipe *recipe,
                       struct nordfu_error *error);

#endif
