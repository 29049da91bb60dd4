/*
 * SPDX-License-Identifier: MIT
 * What the parts of one update share: update.c (images, retries, the end), update_reach.c (finding,
 * connecting, jumping), update_bond.c (bonds), update_plan.c (dry runs). Nobody else includes this.
 */
#ifndef NORDFU_DFU_UPDATE_FLOW_H
#define NORDFU_DFU_UPDATE_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dfu/buttonless.h"
#include "dfu/limit.h"
#include "dfu/locate.h"
#include "dfu/pipe_ble.h"
#include "dfu/secure.h"
#include "dfu/sink.h"
#include "nordfu/port.h"
#include "nordfu/update.h"

#define UPDATE_SUBSCRIBE_TIMEOUT  (5 * NORDFU_SECOND)
#define UPDATE_DISCONNECT_TIMEOUT (5 * NORDFU_SECOND)
#define UPDATE_MTU_SMALL          23

/* One update of one device. */
struct flow {
    struct nordfu_central *central; /* the caller's, or `limit` around it */
    struct limit limit;
    struct nordfu_update_options options;
    const struct sink *sink;
    struct nordfu_update_result *result;
    struct nordfu_error *error;
    struct secure_session session;
    const struct nordfu_image *image; /* that is on its way */
    bool more;                        /* it is not the last one */
    uint64_t scan_timeout;            /* µs */
    uint16_t mtu;                     /* to ask for */
    uint32_t jumps;
    bool jumped; /* the application was told to start its bootloader, which is not found yet */
    bool knows_application, knows_bootloader;
    bool alone;        /* nobody else uses the address that was asked for */
    uint32_t met;      /* how often a link was to a neighbour's application */
    bool service_only; /* where the bootloader should be, a neighbour's application advertises */
    struct nordfu_address application;
    struct locate_found bootloader;
    struct locate_heard heard;     /* who was on the air before the jump */
    struct locate_found neighbour; /* a bootloader heard before the jump where ours may be going */
    char name[32];                 /* that the bootloader was asked to have; "" = none */
    enum buttonless_named named;
    bool has_bond;           /* `bond` is one with the device */
    bool bond_fails;         /* the device does not accept the bond that is kept */
    bool bonded;             /* the bootloader was started by a bonded peer */
    struct nordfu_bond bond; /* secret: wiped at the end */
    bool doubted; /* the image is repeated, as the device fell silent right after its last answer */
    struct nordfu_error skipped; /* why an earlier image was refused; code 0 = none was */
    char lost[176];              /* why the last link ended; a long sentence is cut */
};

uint64_t update_now(const struct flow *f);

/* update_reach.c. All return 0 or a class of error with its sentence in f->error. */

/* Returns with a link to the device, whatever it runs. */
int update_reach(struct flow *f, struct locate_found *found, enum buttonless_device *device);
/* Returns with a link to the device's bootloader. */
int update_reach_bootloader(struct flow *f);
/* Makes a pipe of the link to the bootloader. */
int update_open_pipe(struct flow *f, struct pipe_ble *ble);

/* update.c */

/* Which of the images goes after the one with the index `last` (`count`: which is the first); those
 * after which the device restarts into its bootloader go first. `count` if there is none. */
size_t update_next(const struct nordfu_image *const *images, size_t count, size_t last);

/* What the device has against f->image, where f->error is a refusal that needs not end the update,
 * as the device may have this part of the package already; else NULL. */
const char *update_reason_to_go_on(const struct flow *f);

/* update_bond.c */

/* The bond to use with the device at `address`; *bond becomes NULL if there is none. */
int update_choose_bond(struct flow *f, const struct nordfu_address *address,
                       const struct nordfu_bond **bond);
/* The device did not accept the bond: tells so and gives it up for this update. */
void update_give_bond_up(struct flow *f);
/* Has the link to an application that wants a bond encrypted, pairing if need be. */
int update_have_bond(struct flow *f);
/* Replaces f->error: the bootloader is only there for somebody else's bond. */
int update_explain_foreign_bond(struct flow *f, const struct nordfu_address *address);
/* Wipes the secrets. */
void update_forget_bond(struct flow *f);

/* update_plan.c */

/* Tells what would be done with each image. */
void update_plan_images(struct flow *f, const struct nordfu_image *const *images, size_t count);
/* Reaches the device and tells what an update, whose first image is f->image, would do with it. */
int update_plan(struct flow *f);

#endif
