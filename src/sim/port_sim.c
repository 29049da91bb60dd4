/* SPDX-License-Identifier: MIT */
#include "sim/port_sim.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define WRITE_AHEAD_US 50000u /* a kernel's buffer, more or less */

struct port_sim {
    struct nordfu_port port;
    struct sim_world *world;
    struct sim_dongle *dongle;
    uint32_t vanished; /* how often the dongle's port had vanished when this one was opened */
};

/* What ends every wait. 0 = go on. */
static int check(const struct port_sim *p, struct nordfu_error *error)
{
    if (nordfu_cancel_is_set(p->port.cancel))
        return nordfu_error_set(error, NORDFU_ERR_CANCELLED, "Cancelled.");
    if (sim_dongle_unplugged(p->dongle) || sim_dongle_vanished(p->dongle) != p->vanished)
        return nordfu_error_set(error, NORDFU_ERR_PORT,
                                "The %s vanished from this computer; plug it in again.",
                                p->port.name);
    if (sim_world_failed(p->world))
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out in the simulator.");
    return 0;
}

static int sim_read(struct nordfu_port *self, void *buffer, size_t size, uint64_t deadline,
                    struct nordfu_error *error)
{
    struct port_sim *p = (struct port_sim *)self;
    size = size < INT_MAX ? size : INT_MAX;
    for (;;) {
        int code = check(p, error);
        if (code != 0)
            return code;
        size_t n = sim_dongle_take(p->dongle, buffer, size);
        if (n > 0)
            return (int)n;
        if (sim_now(p->world) >= deadline)
            return 0;
        sim_step(p->world, deadline);
    }
}

static int sim_write(struct nordfu_port *self, const void *bytes, size_t size, uint64_t deadline,
                     struct nordfu_error *error)
{
    struct port_sim *p = (struct port_sim *)self;
    for (;;) {
        int code = check(p, error);
        if (code != 0)
            return code;
        if (sim_dongle_line_free(p->dongle) <= sim_now(p->world) + WRITE_AHEAD_US)
            break;
        if (sim_now(p->world) >= deadline)
            return nordfu_error_set(error, NORDFU_ERR_TIMEOUT,
                                    "The %s takes no more bytes; it is slower than expected.",
                                    p->port.name);
        sim_step(p->world, deadline);
    }
    sim_dongle_receive(p->dongle, bytes, size);
    return 0;
}

static uint64_t sim_port_now(const struct nordfu_port *self)
{
    return sim_now(((const struct port_sim *)self)->world);
}

/* A USB dongle's port comes back once it has restarted; one that was unplugged does not. */
static int sim_reopen(struct nordfu_port *self, uint64_t deadline, struct nordfu_error *error)
{
    struct port_sim *p = (struct port_sim *)self;
    while (sim_dongle_unplugged(p->dongle)) {
        if (nordfu_cancel_is_set(p->port.cancel))
            return nordfu_error_set(error, NORDFU_ERR_CANCELLED, "Cancelled.");
        if (sim_now(p->world) >= deadline)
            return nordfu_error_set(error, NORDFU_ERR_PORT, "The %s did not come back.",
                                    p->port.name);
        sim_step(p->world, deadline);
    }
    p->vanished = sim_dongle_vanished(p->dongle);
    sim_dongle_discard(p->dongle);
    return 0;
}

static void sim_close(struct nordfu_port *self)
{
    free(self);
}

int sim_port_new(struct nordfu_port **out, struct sim_world *world, struct sim_dongle *dongle,
                 struct nordfu_error *error)
{
    static const struct nordfu_port_ops ops = {.read = sim_read,
                                               .write = sim_write,
                                               .now = sim_port_now,
                                               .close = sim_close,
                                               .reopen = sim_reopen};
    *out = NULL;
    if (sim_dongle_unplugged(dongle))
        return nordfu_error_set(error, NORDFU_ERR_PORT, "The simulated dongle is not plugged in.");
    struct port_sim *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    p->port.ops = &ops;
    unsigned number = sim_dongle_number(dongle);
    char which[16] = "";
    if (number > 1)
        snprintf(which, sizeof(which), " %u", number);
    snprintf(p->port.name, sizeof(p->port.name), "simulated dongle%s", which);
    p->world = world;
    p->dongle = dongle;
    p->vanished = sim_dongle_vanished(dongle);
    sim_dongle_discard(dongle); /* opening a port discards old input */
    *out = &p->port;
    return 0;
}
