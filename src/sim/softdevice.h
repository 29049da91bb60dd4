/*
 * SPDX-License-Identifier: MIT
 * The SoftDevice behind the connectivity firmware: carries out requests, produces events, drives
 * the air.
 *
 * Requests and events are whole serialization packets; layouts come from dongle_rpc, behaviour from
 * sections 10 and 11 of the wire specification. Where those are silent the Bluetooth specification
 * decides, and comments say what was chosen.
 */
#ifndef NORDFU_SIM_SOFTDEVICE_H
#define NORDFU_SIM_SOFTDEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/air.h"
#include "sim/world.h"

struct softdevice;

struct softdevice_config {
    int api;
    unsigned dongle;            /* names it in the event log */
    uint32_t ram;               /* bytes that the firmware build left for the SoftDevice */
    uint16_t fwid;              /* that VERSION_GET shows */
    bool nrf52840;              /* the chip, else an nRF52832 */
    struct air_address address; /* from the factory; zeros: one that no other dongle has */
    /* A status that the command gets instead of being carried out; 0 = normal. */
    uint32_t refuse_mtu, refuse_length, refuse_phy;
    /* Events are there to be taken. */
    void (*wake)(void *context);
    void *context;
};

/* NULL if the API is not known or memory ran out. `air` must outlive it. */
struct softdevice *softdevice_new(struct sim_world *world, struct air *air,
                                  const struct softdevice_config *config);
void softdevice_free(struct softdevice **sd);

/* The chip resets: links fall silent, everything is forgotten, ENABLE may be called again. */
void softdevice_reset(struct softdevice *sd);

/*
 * Carries out one request (type byte first) and puts the response into `response`, its size into
 * *response_size. Returns NULL, or a word for why the firmware does not survive the request: there
 * is no response then.
 */
const char *softdevice_request(struct softdevice *sd, const uint8_t *request, size_t size,
                               uint8_t *response, size_t capacity, size_t *response_size);

/* Takes the oldest event; returns its size, 0 if there is none. */
size_t softdevice_take_event(struct softdevice *sd, uint8_t *event, size_t capacity);

/* Write commands refused so far because no buffer was free. */
uint32_t softdevice_queue_full(const struct softdevice *sd);

#endif
