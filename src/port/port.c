/* SPDX-License-Identifier: MIT */
#include "nordfu/port.h"

int nordfu_port_read(struct nordfu_port *port, void *buffer, size_t size, uint64_t deadline,
                     struct nordfu_error *error)
{
    return port->ops->read(port, buffer, size, deadline, error);
}

int nordfu_port_write(struct nordfu_port *port, const void *bytes, size_t size, uint64_t deadline,
                      struct nordfu_error *error)
{
    return port->ops->write(port, bytes, size, deadline, error);
}

uint64_t nordfu_port_now(const struct nordfu_port *port)
{
    return port->ops->now(port);
}

int nordfu_port_reopen(struct nordfu_port *port, uint64_t deadline, struct nordfu_error *error)
{
    if (port->ops->reopen == NULL)
        return nordfu_error_set(error, NORDFU_ERR_UNSUPPORTED, "%s can't be opened again.",
                                port->name);
    return port->ops->reopen(port, deadline, error);
}

void nordfu_port_identify(struct nordfu_port *port, struct nordfu_port_identity *identity)
{
    *identity = (struct nordfu_port_identity){0};
    if (port->ops->identify != NULL)
        port->ops->identify(port, identity);
}

void nordfu_port_free(struct nordfu_port **port)
{
    if (port == NULL || *port == NULL)
        return;
    (*port)->ops->close(*port);
    *port = NULL;
}
