/* SPDX-License-Identifier: MIT
 * The order in which a list of SoftDevice IDs is written. */
#ifndef NORDFU_PACKAGE_SD_REQ_H
#define NORDFU_PACKAGE_SD_REQ_H

#include <stddef.h>
#include <stdint.h>

/* Most values that sd_req_order takes. */
#define SD_REQ_MAX 64

/*
 * Drops repeated values and puts the rest into the order of the original tool (that of a CPython
 * set, package.md 2.4), in place. The order is more than looks: bootloaders treat a 0 in the first
 * place specially. Returns the new count; `count` is at most SD_REQ_MAX.
 */
size_t sd_req_order(uint32_t *values, size_t count);

#endif
