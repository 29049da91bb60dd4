/* SPDX-License-Identifier: MIT
 * The client's port into a simulated world, in virtual time: reading runs the world. */
#ifndef NORDFU_SIM_PORT_SIM_H
#define NORDFU_SIM_PORT_SIM_H

#include "nordfu/port.h"
#include "sim/dongle.h"

/*
 * The world and dongle are not owned and must outlive the port; a dongle has one port at a time.
 * Several dongles of one world may have their ports open, driven by one thread, one after the
 * other: while one port waits, the world runs on for all, and what the other dongles say meanwhile
 * waits to be read (64 KiB; they take a host that does not answer for dead, as real ones do).
 */
int sim_port_new(struct nordfu_port **out, struct sim_world *world, struct sim_dongle *dongle,
                 struct nordfu_error *error);

#endif
