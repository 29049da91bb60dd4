/*
 * SPDX-License-Identifier: MIT
 * A port: a stream of bytes to a dongle or a device, and the clock that all waiting goes by.
 *
 * Everything that waits in nordfu waits in a port's `read` or `wait`, with a deadline on the port's
 * own clock, in microseconds. A serial port's clock is the computer's monotonic one; the
 * simulator's port (sim/port_sim.h) owns a virtual clock and runs the simulated world until bytes
 * arrive or the deadline passes. The same flow runs on both.
 *
 * To add a backend: embed struct nordfu_port as the first member, fill in `ops`, provide an open
 * function. A port belongs to one thread at a time; only its cancel token may be touched from
 * elsewhere.
 */
#ifndef NORDFU_PORT_H
#define NORDFU_PORT_H

#include <stddef.h>
#include <stdint.h>

#include "nordfu/cancel.h"
#include "nordfu/error.h"

#define NORDFU_MS     UINT64_C(1000)    /* microseconds in a millisecond */
#define NORDFU_SECOND UINT64_C(1000000) /* microseconds in a second */

struct nordfu_port;

/* Who is behind a port, as far as the computer knows without talking over it. */
struct nordfu_port_identity {
    uint16_t vid, pid; /* USB ids, 0 if it is no USB device or not known */
    char product[64];  /* USB product text, "" if none */
    /* What a connectivity dongle on USB tells about the firmware it runs: "ble-connectivity 4.1.4",
     * and where that begins in flash; "" and 0 if it is not to be had. */
    char firmware[64];
    uint32_t application;
};

struct nordfu_port_ops {
    /*
     * Waits until at least one byte is there, `deadline` (µs on this port's clock) passes, or the
     * cancel token is set. Returns the number of bytes put into `buffer` (1..size), 0 at the
     * deadline, or NORDFU_ERR_CANCELLED, NORDFU_ERR_PORT (the port vanished). A deadline in the
     * past polls.
     */
    int (*read)(struct nordfu_port *self, void *buffer, size_t size, uint64_t deadline,
                struct nordfu_error *error);
    /*
     * Writes all `size` bytes or fails: NORDFU_ERR_TIMEOUT at `deadline`, NORDFU_ERR_CANCELLED,
     * NORDFU_ERR_PORT. Returns 0 on success.
     */
    int (*write)(struct nordfu_port *self, const void *bytes, size_t size, uint64_t deadline,
                 struct nordfu_error *error);
    /* The port's clock, µs; starts anywhere, never goes back. */
    uint64_t (*now)(const struct nordfu_port *self);
    /* Closes and frees the port. Called once, by nordfu_port_free. */
    void (*close)(struct nordfu_port *self);
    /* See nordfu_port_reopen. NULL = this port can't. */
    int (*reopen)(struct nordfu_port *self, uint64_t deadline, struct nordfu_error *error);
    /* Fills in what is known; *identity is all zero before. NULL = nothing is. */
    void (*identify)(struct nordfu_port *self, struct nordfu_port_identity *identity);
};

struct nordfu_port {
    const struct nordfu_port_ops *ops;
    /* Watched by read and write; may be NULL; not owned. A flow that cleans up after a cancellation
     * sets it to NULL for the time of the clean-up. */
    struct nordfu_cancel *cancel;
    char name[128]; /* for sentences: "/dev/ttyACM0", "simulated dongle" */
};

int nordfu_port_read(struct nordfu_port *port, void *buffer, size_t size, uint64_t deadline,
                     struct nordfu_error *error);
int nordfu_port_write(struct nordfu_port *port, const void *bytes, size_t size, uint64_t deadline,
                      struct nordfu_error *error);
uint64_t nordfu_port_now(const struct nordfu_port *port);
/*
 * Opens a port again that has vanished: a USB device that restarts takes its port away for a second
 * or two. Waits until it is there again (the same path, or the same USB serial number, which may
 * change the port's name) and can be opened, until `deadline` at the latest. Errors:
 * NORDFU_ERR_UNSUPPORTED (this kind of port never comes back), NORDFU_ERR_CANCELLED,
 * NORDFU_ERR_PORT (the reason of the last attempt).
 */
int nordfu_port_reopen(struct nordfu_port *port, uint64_t deadline, struct nordfu_error *error);
/* Who is behind the port. May ask the USB device, which takes up to some 100 ms of real time, but
 * disturbs nothing. Fields that are not known are 0 or "". */
void nordfu_port_identify(struct nordfu_port *port, struct nordfu_port_identity *identity);
/* Closes, frees and nulls *port; NULL and *NULL are fine. */
void nordfu_port_free(struct nordfu_port **port);

struct nordfu_port_settings {
    uint32_t baud; /* bits per second; 0 = 1 000 000. Ignored by USB CDC ports and ptys. */
};

/*
 * Opens a serial port or pty (8N1, no flow control, DTR set, raw), exclusively: a port that another
 * process holds is refused with its name in the sentence where it can be known. Symlinks are
 * followed. Old input is discarded. Errors: NORDFU_ERR_PORT (missing, no permission, busy, not a
 * serial port), NORDFU_ERR_SYSTEM.
 */
int nordfu_port_open(struct nordfu_port **out, const char *path,
                     const struct nordfu_port_settings *settings, struct nordfu_error *error);

/* One serial port of this computer. */
struct nordfu_port_info {
    char path[128];
    char description[128];
    char serial[64];   /* USB serial number, "" if none */
    uint16_t vid, pid; /* USB ids, 0 if none */
};

/*
 * Lists serial ports, at most `capacity` into `ports`. Returns how many there are in all (may
 * exceed capacity) or NORDFU_ERR_SYSTEM. Opens nothing.
 */
int nordfu_port_list(struct nordfu_port_info *ports, size_t capacity, struct nordfu_error *error);

#endif
