/*
 * SPDX-License-Identifier: MIT
 * Buttonless DFU: an application is asked to start its bootloader (dfu-protocol D.2, D.3).
 */
#ifndef NORDFU_DFU_BUTTONLESS_H
#define NORDFU_DFU_BUTTONLESS_H

#include <stdbool.h>
#include <stdint.h>

#include "dfu/sink.h"
#include "nordfu/central.h"
#include "nordfu/error.h"

enum buttonless_device {
    BUTTONLESS_BOOTLOADER, /* no need: the bootloader runs already */
    /* The others are applications that can start it. */
    BUTTONLESS_UNBONDED, /* SDK 13 and later; its bootloader may take a name */
    BUTTONLESS_BONDED,   /* for peers with a bond only; its bootloader keeps the address */
    BUTTONLESS_SDK12,    /* experimental */
};

/* What became of the name for the bootloader. */
enum buttonless_named {
    BUTTONLESS_NAMELESS,     /* not taken: the bootloader has its usual one */
    BUTTONLESS_NAME_UNKNOWN, /* no answer: it may have been taken */
    BUTTONLESS_NAMED,
};

#define BUTTONLESS_NAME_MAX 20 /* bytes of a name */

/* A conversation with the application. */
struct buttonless {
    struct nordfu_central *central; /* not owned */
    const struct sink *sink;        /* not owned, may be NULL */
    uint16_t handle;
};

/*
 * Says what the central is linked to. Errors: NORDFU_ERR_NOT_FOUND (no DFU service; the sentence
 * lists the services), NORDFU_ERR_UNSUPPORTED (legacy DFU only), NORDFU_ERR_LINK.
 */
int buttonless_look(const struct nordfu_central *central, enum buttonless_device *device,
                    struct nordfu_error *error);

/*
 * Begins: subscribes to the application's answers. Nothing to release. Errors: NORDFU_ERR_REFUSED
 * (speaker GATT), NORDFU_ERR_NOT_FOUND, NORDFU_ERR_LINK, those of the central.
 */
int buttonless_open(struct buttonless *b, struct nordfu_central *central, const struct sink *sink,
                    struct nordfu_error *error);

/*
 * Gives the bootloader the advertising name `name` (at most BUTTONLESS_NAME_MAX bytes), where the
 * application has such a request; that it has not, or fails, is no error: see *named, and a NOTE
 * says why. Errors: NORDFU_ERR_LINK and other trouble that is not the application's.
 */
int buttonless_name(struct buttonless *b, const char *name, enum buttonless_named *named,
                    struct nordfu_error *error);

/*
 * Has the application jump and waits until the link is down; ends it if the device doesn't. A
 * device that resets before its answer arrives counts as jumped (a NOTE says so): the next scan
 * shows the truth. Errors: NORDFU_ERR_REFUSED (speaker BUTTONLESS or GATT), NORDFU_ERR_TIMEOUT,
 * NORDFU_ERR_TRANSFER (malformed or no useful answers), NORDFU_ERR_LINK, those of the central.
 */
int buttonless_jump(struct buttonless *b, struct nordfu_error *error);

#endif
