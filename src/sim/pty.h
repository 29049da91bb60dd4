/* SPDX-License-Identifier: MIT
 * Dongles on ptys, in real time. */
#ifndef NORDFU_SIM_PTY_H
#define NORDFU_SIM_PTY_H

#include "nordfu/cancel.h"
#include "nordfu/error.h"
#include "sim/dongle.h"

struct sim_pty;

/* Makes a pty in raw mode; `link` (may be NULL) becomes a symlink to it: an existing symlink is
 * replaced, anything else is an error. Errors: NORDFU_ERR_SYSTEM, NORDFU_ERR_USAGE (something else
 * than a symlink is in the way). */
int sim_pty_new(struct sim_pty **out, const char *link, struct nordfu_error *error);
/* Removes the symlink if it still leads to this pty; nulls the pointer. */
void sim_pty_free(struct sim_pty **pty);
/* "/dev/pts/7"; another one after a USB dongle's restart, see sim_pty_run. */
const char *sim_pty_path(const struct sim_pty *pty);

#define SIM_PTY_MAX 16

/* A dongle and the pty that leads to it; neither is owned. */
struct sim_plug {
    struct sim_pty *pty;
    struct sim_dongle *dongle;
};

/*
 * Runs the world against the computer's clock, passing bytes between the ptys and their dongles (at
 * most SIM_PTY_MAX), until `cancel` is set (returns 0) or something breaks (NORDFU_ERR_SYSTEM).
 * Clients may come and go. When a USB dongle restarts or is unplugged its pty and symlink are gone,
 * too, as such a port is: whoever has it open is hung up; a second later a new pty comes with the
 * dongle ("dongle.port" in the event log), and the symlink leads there unless somebody else had
 * taken it. The other dongles take no notice. A client that does not read loses bytes beyond what
 * the kernel, this loop (4 KiB) and the dongle's line (64 KiB) hold, as on a UART without flow
 * control. When nothing has been read for a second, nobody is there: older bytes are lost, only the
 * newest packet is kept. After a stall of this process (stopped, suspended, overloaded) the world
 * goes on where it was instead of catching up.
 */
int sim_pty_run(const struct sim_plug *plugs, size_t count, struct sim_world *world,
                struct nordfu_cancel *cancel, struct nordfu_error *error);

#endif
