/* SPDX-License-Identifier: MIT */
#include "sim/settle.h"

static bool any_busy(struct sim_device *const *devices, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sim_device_is_busy(devices[i]))
            return true;
    return false;
}

bool sim_settle(struct sim_world *world, struct sim_device *const *devices, size_t count,
                uint64_t limit_us)
{
    uint64_t end = sim_now(world) + limit_us;
    while (any_busy(devices, count))
        if (!sim_step(world, end))
            return !any_busy(devices, count);
    return true;
}
