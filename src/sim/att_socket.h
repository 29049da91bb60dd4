/*
 * SPDX-License-Identifier: MIT
 * A Unix-domain socket into the simulated air: every connection is one central with a foreign
 * program as its host (sim/att_client.h).
 *
 * It looks at its sockets in events of the world, without ever blocking, so whoever runs the world
 * serves it, in real or in virtual time.
 */
#ifndef NORDFU_SIM_ATT_SOCKET_H
#define NORDFU_SIM_ATT_SOCKET_H

#include "nordfu/error.h"
#include "sim/air.h"

#define ATT_SOCKET_CLIENTS 16 /* at a time; one more is closed at once */

struct att_socket;

/* Listens at `path`, open to this user only. A socket there that nobody listens to is replaced.
 * Errors: NORDFU_ERR_USAGE (path too long, or taken by something else or by a listener),
 * NORDFU_ERR_SYSTEM. */
int att_socket_new(struct att_socket **out, struct sim_world *world, struct air *air,
                   const char *path, struct nordfu_error *error);
/* Closes all connections, and removes the socket if it is still this one. Before the air. */
void att_socket_free(struct att_socket **socket);

#endif
