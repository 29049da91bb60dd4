/*
 * SPDX-License-Identifier: MIT
 * The files that `nordfu sim` writes at its end: applications and whole flashes, one per device.
 */
#ifndef NORDFU_CLI_SIM_FILES_H
#define NORDFU_CLI_SIM_FILES_H

#include <stddef.h>

#include "nordfu/error.h"
#include "sim/device.h"

/* Paths, the first device's first. */
struct sim_file_list {
    const char *const *paths;
    size_t count;
};

struct sim_files {
    struct sim_file_list images; /* --flash-out: the installed application */
    struct sim_file_list dumps;  /* --flash-dump: all of the flash */
};

/* At the start rather than at the end: there are devices for all files, and they can be written;
 * creates nothing, as the simulator may still fail. Errors: NORDFU_ERR_USAGE. */
int sim_files_check(const struct sim_files *files, size_t devices, struct nordfu_error *error);
/* Writes all that can be written. Errors, of the first that can't: NORDFU_ERR_NOT_FOUND (the device
 * has no valid application), NORDFU_ERR_SYSTEM. */
int sim_files_write(const struct sim_files *files, struct sim_device *const *devices,
                    struct nordfu_error *error);

#endif
