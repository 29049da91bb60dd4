/*
 * SPDX-License-Identifier: MIT
 * What the system knows about one serial port. Listing them all is in nordfu/port.h.
 */
#ifndef NORDFU_PORT_PORTS_H
#define NORDFU_PORT_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ports_usb {
    uint16_t vid, pid;
    int bus, address; /* where on USB it is now */
    char product[64]; /* "" if it has none */
    char serial[64];
};

/* Finds the USB device behind the port `path` (symlinks resolved). False if there is none. */
bool ports_find_usb(const char *path, struct ports_usb *usb);

/* The path of the port whose USB device has this vendor and serial number (not ""); false if there
 * is none at the moment. */
bool ports_find_path(uint16_t vid, const char *serial, char *path, size_t size);

#endif
