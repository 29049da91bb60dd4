/*
 * SPDX-License-Identifier: MIT
 * The end of a simulation: devices finish what they have begun.
 *
 * "Device programmed." comes before the device runs the new image: that is yet to be copied, which
 * takes seconds of the world's time. Who wants to know what a device runs lets it settle first.
 */
#ifndef NORDFU_SIM_SETTLE_H
#define NORDFU_SIM_SETTLE_H

#include "sim/device.h"

/* Runs the world on, for no time of this computer's but what it takes to compute, until no device
 * is busy any more (see sim_device_is_busy), but no longer than `limit_us` of the world's time.
 * True if they came to rest. */
bool sim_settle(struct sim_world *world, struct sim_device *const *devices, size_t count,
                uint64_t limit_us);

#endif
