/* SPDX-License-Identifier: MIT
 * The client's port into a simulated world, in virtual time: reading runs the world. */
#ifndef NORDFU_SIM_PORT_SIM_H
#define NORDFU_SIM_PORT_SIM_H

#include "nordfu/port.h"
#include "sim/dongle.h"

/* The world and dongle are not owned and must outlive the port. One port per world at a time. */
int sim_port_new(struct nordfu_port **out, struct sim_world *world, struct sim_dongle *dongle,
                 struct nordfu_error *error);

#endif
