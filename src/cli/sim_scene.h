/*
 * SPDX-License-Identifier: MIT
 * What `nordfu sim` simulates: dongles, devices, damage and the air between them.
 */
#ifndef NORDFU_CLI_SIM_SCENE_H
#define NORDFU_CLI_SIM_SCENE_H

#include <assert.h>

#include "cli/args.h"
#include "cli/damage_text.h"
#include "cli/sim_config.h"
#include "cli/sim_files.h"
#include "sim/att_socket.h"
#include "sim/pty.h"

static_assert((int)ARGS_MAX_REPEATS <= SIM_PTY_MAX, "a loop that serves all dongles");
static_assert((int)ARGS_MAX_REPEATS <= SIM_DAMAGE_MAX, "room for all orders on one device");

/* Everything simulated, in the order of making. */
struct sim_scene {
    bool json;
    struct sim_world *world;
    struct air *air;
    struct sim_plug plugs[ARGS_MAX_REPEATS];
    struct sim_dongle_setup setups[ARGS_MAX_REPEATS];
    size_t plug_count;
    struct att_socket *att;
    struct sim_device *devices[ARGS_MAX_REPEATS];
    struct sim_device_config configs[ARGS_MAX_REPEATS];
    struct sim_damage *damages[ARGS_MAX_REPEATS]; /* by device; NULL = nothing goes wrong there */
    size_t count;
    struct damage_order orders[ARGS_MAX_REPEATS];
    size_t order_count;
    struct sim_files files;
};

#endif
