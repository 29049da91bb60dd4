/*
 * SPDX-License-Identifier: MIT
 * Damage to order: what is to go wrong on a device, and where in an update.
 *
 * Each order strikes once (an order for packets: on so many in a row), at the first time that an
 * update gets to its place, or that of one of its images. Every strike is a line in the
 * event log: "device.damage", with `what` and `at` as sim_damage_describe writes them. The same
 * orders in the same world strike at the same places.
 */
#ifndef NORDFU_SIM_DAMAGE_H
#define NORDFU_SIM_DAMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/device.h"
#include "sim/world.h"

struct sim_damage;

#define SIM_DAMAGE_MAX  16 /* orders for one device */
#define SIM_DAMAGE_EVER UINT64_MAX

enum sim_damage_kind {
    SIM_DAMAGE_CUT_LINK, /* the device falls silent: the other end's supervision timeout */
    SIM_DAMAGE_POWER_OFF,
    SIM_DAMAGE_DROP_PACKET, /* a data packet is lost in the device */
    SIM_DAMAGE_FLIP_PACKET, /* one bit of a data packet is wrong */
    SIM_DAMAGE_KINDS,
};

/* Objects are counted from 1; OBJECT, EXECUTE and ANSWER know two more, see below. */
enum sim_damage_place {
    SIM_DAMAGE_AT_INIT,    /* `number` bytes of the init packet have arrived (0 = 1) */
    SIM_DAMAGE_AT_BYTES,   /* `number` bytes of the image have arrived */
    SIM_DAMAGE_AT_PACKET,  /* the `number`th packet of the image has arrived; repeated ones count */
    SIM_DAMAGE_AT_OBJECT,  /* all of the object has arrived, it is not yet executed */
    SIM_DAMAGE_AT_EXECUTE, /* the object was executed; the answer does not leave the device */
    SIM_DAMAGE_AT_ANSWER,  /* that answer has reached the other end */
    SIM_DAMAGE_AT_JUMP,    /* the application is about to enter the bootloader */
    SIM_DAMAGE_AT_FLASH,   /* in the middle of the `number`th flash operation from the order on */
    SIM_DAMAGE_AT_TIME,    /* `number` ms after the world began */
    SIM_DAMAGE_PLACES,
};

#define SIM_DAMAGE_OF_INIT 0u         /* as an object's number: the init packet */
#define SIM_DAMAGE_OF_LAST UINT32_MAX /* the image's last object */

struct sim_damage_config {
    enum sim_damage_kind kind;
    enum sim_damage_place place;
    uint32_t number;
    uint64_t for_us; /* silent or without power for so long; 0 = 200 ms, 1 s; SIM_DAMAGE_EVER */
    uint32_t count;  /* packets in a row; 0 = 1 */
    uint32_t image;  /* only in the so-manieth image, counted since the first order; 0 = any */
};

/* "cut-link", "bytes" */
const char *sim_damage_kind_name(enum sim_damage_kind kind);
const char *sim_damage_place_name(enum sim_damage_place place);
/* Only packets can be dropped or altered, so not every kind goes with every place. */
bool sim_damage_fits(enum sim_damage_kind kind, enum sim_damage_place place);
/* Flash operations and times belong to no image. */
bool sim_damage_knows_image(enum sim_damage_place place);
/* "cut-link@execute=last" */
void sim_damage_describe(char *out, size_t size, const struct sim_damage_config *config);

/* One for each device, which must outlive it and has no other watch (sim_device_set_watch) or wish
 * for a flash operation meanwhile. NULL when memory ran out. */
struct sim_damage *sim_damage_new(struct sim_world *world, struct sim_device *device);
void sim_damage_free(struct sim_damage **damage);
/* False if the kind does not fit the place, the place knows no images but one is named, or there
 * are SIM_DAMAGE_MAX orders already. */
bool sim_damage_add(struct sim_damage *damage, const struct sim_damage_config *config);
/* How often the order (0 = the first that was added) has struck. */
uint32_t sim_damage_struck(const struct sim_damage *damage, size_t order);

#endif
