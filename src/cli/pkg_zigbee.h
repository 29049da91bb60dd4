/* SPDX-License-Identifier: MIT
 * The Zigbee options of `pkg generate`. */
#ifndef NORDFU_CLI_PKG_ZIGBEE_H
#define NORDFU_CLI_PKG_ZIGBEE_H

#include "cli/args.h"
#include "nordfu/zigbee.h"

/* Where the options are in the table of the command, one behind the other. */
enum {
    PKG_ZIGBEE,
    PKG_ZIGBEE_MANUFACTURER,
    PKG_ZIGBEE_IMAGE_TYPE,
    PKG_ZIGBEE_COMMENT,
    PKG_ZIGBEE_OTA_HW,
    PKG_ZIGBEE_OTA_FW,
    PKG_ZIGBEE_MIN_HW,
    PKG_ZIGBEE_MAX_HW,
    PKG_ZIGBEE_OPTIONS,
};

struct pkg_zigbee {
    bool is_on;
    struct nordfu_zigbee_ota ota;
    char name[NORDFU_ZIGBEE_OTA_NAME]; /* of the OTA file */
    const char *warnings[3];           /* for a person, NULL = none */
};

/*
 * Reads the options, of which the first is args->values[first], for a package that is otherwise
 * complete. Returns ARGS_GO_ON, or EXIT_USAGE after a complaint.
 */
int pkg_zigbee_read(struct pkg_zigbee *zigbee, const struct args *args, int first,
                    const struct nordfu_package_recipe *recipe);

#endif
