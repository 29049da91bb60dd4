/*
 * SPDX-License-Identifier: MIT
 * The update of one device over a BLE central: find, jump, transfer every image, reconnect and
 * resume, see it leave.
 */
#ifndef NORDFU_DFU_UPDATE_H
#define NORDFU_DFU_UPDATE_H

#include <stddef.h>

#include "dfu/sink.h"
#include "nordfu/central.h"
#include "nordfu/error.h"
#include "nordfu/image.h"
#include "nordfu/update.h"

/*
 * Updates the device that `options` name (NULL, zeros: update_defaults) with `count` images, in
 * that order. *result is filled in as far as it goes, but for `central` and `total_time`. Returns 0
 * when the final Execute was accepted and the device left its bootloader. The link is the caller's
 * to end, also on failure. Errors: those of locate, buttonless, secure and the central.
 */
int update_run(struct nordfu_central *central, const struct nordfu_image *const *images,
               size_t count, const struct nordfu_update_options *options, const struct sink *sink,
               struct nordfu_update_result *result, struct nordfu_error *error);

/* Replaces zeros by the defaults that nordfu_update_options documents. `options` may be NULL: all
 * of them. */
struct nordfu_update_options update_defaults(const struct nordfu_update_options *options);

#endif
