/*
 * SPDX-License-Identifier: MIT
 * A dongle: connectivity firmware behind a serial line. Bytes in, bytes out; H5, RPC and SoftDevice
 * inside, all of them own code.
 */
#ifndef NORDFU_SIM_DONGLE_H
#define NORDFU_SIM_DONGLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/air.h"
#include "sim/world.h"

struct sim_dongle;

/* What runs behind the port. All but the first are rehearsals of what a host may find there
 * instead. */
enum sim_firmware {
    SIM_FIRMWARE_CONNECTIVITY,
    SIM_FIRMWARE_SILENT,     /* never answers */
    SIM_FIRMWARE_GARBAGE,    /* prints a line of a log every 100 ms, takes no notice of the host */
    SIM_FIRMWARE_ECHO,       /* like a modem: sends back what it gets, "ERROR" behind every line */
    SIM_FIRMWARE_BOOTLOADER, /* the USB bootloader: DFU requests over SLIP (dfu-protocol, D.5); says
                                who it is, refuses to be updated */
};

struct sim_dongle_config {
    int api;             /* 2, 3, 5 or 6; 2 has no USB builds */
    unsigned number;     /* names it in the event log; 0 = 1 */
    uint32_t baud;       /* both directions, 10 bits per byte; 0 = 1 000 000 */
    bool usb;            /* USB CDC: no byte times worth speaking of, RESET is a soft reset */
    uint32_t command_us; /* from the last byte of a request to the first of its response; 0 = 300 */
    enum sim_firmware firmware;
    bool silent;   /* the same as SIM_FIRMWARE_SILENT */
    uint16_t fwid; /* that VERSION_GET shows; 0 = that of the API's SoftDevice */
    struct air_address
        address; /* its own; zeros: E1:06:0D:3C:5A:01, the next dongle's ends in 02 */
    /* A status that a command gets instead of being carried out; 0 = normal. */
    uint32_t refuse_mtu;
    uint32_t refuse_length;
    uint32_t refuse_phy;
};

/* What the specification leaves open is chosen in dongle.c: the chip is deaf for 150 ms after RESET
 * or a restart (USB: its port is gone for 1 s after a restart; RESET is carried out after 100 ms),
 * and bytes that the host does not take are lost beyond 64 KiB. NULL if there is no such build or
 * memory ran out. The air must outlive the dongle. */
struct sim_dongle *sim_dongle_new(struct sim_world *world, struct air *air,
                                  const struct sim_dongle_config *config);
void sim_dongle_free(struct sim_dongle **dongle);

/* Host -> dongle: the bytes begin to travel now (behind those still travelling). */
void sim_dongle_receive(struct sim_dongle *dongle, const void *bytes, size_t size);
/* Dongle -> host: takes what has arrived by now; returns the number of bytes. */
size_t sim_dongle_take(struct sim_dongle *dongle, void *buffer, size_t size);
/* Bytes have arrived at the host and wait to be taken. */
size_t sim_dongle_available(const struct sim_dongle *dongle);

/* Forgets what has arrived at the host: nobody had the port open. */
void sim_dongle_discard(struct sim_dongle *dongle);
/* When the line will have carried everything given to sim_dongle_receive, µs. Writers should not
 * run far ahead of it. */
uint64_t sim_dongle_line_free(const struct sim_dongle *dongle);

/* Pulled out of the computer: nothing answers from now on and links fall silent. sim_port then
 * reports a vanished port. */
void sim_dongle_unplug(struct sim_dongle *dongle);
bool sim_dongle_unplugged(const struct sim_dongle *dongle);
/* How often the port vanished: an open port is worthless once this has changed. A USB dongle's
 * comes back after a restart. */
uint32_t sim_dongle_vanished(const struct sim_dongle *dongle);

/* Names it in the event log. */
unsigned sim_dongle_number(const struct sim_dongle *dongle);

struct sim_dongle_stats {
    uint32_t restarts;   /* chip restarts: faults, unacknowledged packets, RESET not counted */
    uint32_t resets;     /* RESET packets obeyed */
    uint32_t requests;   /* commands carried out */
    uint32_t queue_full; /* write commands answered with RESOURCES */
};
void sim_dongle_get_stats(const struct sim_dongle *dongle, struct sim_dongle_stats *stats);

#endif
