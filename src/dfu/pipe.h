/*
 * SPDX-License-Identifier: MIT
 * What the DFU protocol needs of a transport: a control point that answers and a stream of data
 * packets (shared by BLE and serial). Deadlines are µs on the pipe's clock. Errors are those of the
 * transport beneath; NORDFU_ERR_LINK means that the connection is gone and a new one is needed.
 */
#ifndef NORDFU_DFU_PIPE_H
#define NORDFU_DFU_PIPE_H

#include <stddef.h>
#include <stdint.h>

#include "nordfu/error.h"
#include "nordfu/log.h"

struct pipe;

struct pipe_ops {
    /* Sends one request to the control point; over BLE it stays in order with data sent before. */
    int (*control)(struct pipe *self, const void *request, size_t size, uint64_t deadline,
                   struct nordfu_error *error);
    /* Sends one data packet of at most self->packet_size bytes. Not answered. */
    int (*data)(struct pipe *self, const void *bytes, size_t size, uint64_t deadline,
                struct nordfu_error *error);
    /* The next response or receipt notification. Returns its size, or NORDFU_ERR_TIMEOUT,
     * NORDFU_ERR_LINK, ... */
    int (*receive)(struct pipe *self, void *buffer, size_t size, uint64_t deadline,
                   struct nordfu_error *error);
    /* Lets time pass while the transport is served. */
    int (*wait)(struct pipe *self, uint64_t until, struct nordfu_error *error);
    uint64_t (*now)(const struct pipe *self);
};

struct pipe {
    const struct pipe_ops *ops;
    size_t packet_size;           /* largest data packet, a multiple of 4 */
    const struct nordfu_log *log; /* for the trace, set by the flow; may be NULL */
};

#endif
