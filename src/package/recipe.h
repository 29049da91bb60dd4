/* SPDX-License-Identifier: MIT
 * What may go into a new package together, and what its init packets say. package.md 2.2, 2.5,
 * 7.5. */
#ifndef NORDFU_PACKAGE_RECIPE_H
#define NORDFU_PACKAGE_RECIPE_H

#include "nordfu/error.h"
#include "nordfu/package.h"

/* Checks all of a recipe but the contents of its files, and that the package at `path` is none of
 * those. Errors: NORDFU_ERR_USAGE. */
int recipe_check(const struct nordfu_package_recipe *recipe, const char *path,
                 struct nordfu_error *error);

/*
 * Fills the init packet of an image of that type: everything but sizes, hash, signature, and the
 * bytes of boot validations. Errors: NORDFU_ERR_USAGE (more SoftDevices than a packet has room
 * for).
 */
int recipe_fill(struct nordfu_init_packet *init, enum nordfu_image_type type,
                const struct nordfu_package_recipe *recipe, struct nordfu_error *error);

#endif
