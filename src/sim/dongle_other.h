/*
 * SPDX-License-Identifier: MIT
 * What is behind a serial port when it is not connectivity firmware: raw bytes in, raw bytes out.
 */
#ifndef NORDFU_SIM_DONGLE_OTHER_H
#define NORDFU_SIM_DONGLE_OTHER_H

#include "sim/dongle.h"
#include "sim/dongle_line.h"

struct dongle_other;

/* Starts the firmware of config->firmware; it sends on `line`, which must outlive it. NULL when
 * memory ran out. */
struct dongle_other *dongle_other_new(struct sim_world *world, struct dongle_line *line,
                                      const struct sim_dongle_config *config);
void dongle_other_free(struct dongle_other **other);

/* Bytes reached the chip. */
void dongle_other_receive(struct dongle_other *other, const uint8_t *bytes, size_t size);

#endif
