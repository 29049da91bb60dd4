/*
 * SPDX-License-Identifier: MIT
 * What the files of a device share: device.c (chip), device_radio.c (links, advertising, services).
 */
#ifndef NORDFU_SIM_DEVICE_INTERNAL_H
#define NORDFU_SIM_DEVICE_INTERNAL_H

#include "sim/device.h"
#include "sim/device_gatt.h"
#include "sim/flash.h"
#include "sim/peripheral.h"

#define HCI_REMOTE_USER 0x13
#define HCI_TIMEOUT     0x08

#define DEVICE_MAX_NAME 26

/* An application or a bootloader as the radio shows it. */
struct device_side {
    struct device_gatt gatt;
    struct peripheral *server;
};

struct device_watch {
    uint32_t left; /* bytes until `action`; NULL = not watching */
    sim_action action;
    void *context;
};

struct sim_device {
    struct sim_world *world;
    struct air *air;
    struct sim_device_config config;
    const struct sim_profile *profile;
    char label[18];
    struct flash *flash;
    struct bootloader *bootloader;
    enum sim_device_mode mode;
    bool started;   /* has been switched on before */
    bool requested; /* the next start stays in the bootloader */
    bool leaving;   /* a reset is on its way */
    bool jumps;     /* enters the bootloader once the client has confirmed the answer */
    uint32_t activations;
    sim_timer boot, leave, silence;
    /* radio */
    struct device_side sides[2];          /* by mode */
    char given_name[DEVICE_MAX_NAME + 1]; /* by a set name request; kept in flash */
    char own_name[DEVICE_MAX_NAME + 1];   /* of the bootloader */
    struct air_advertiser *advertiser;
    struct air_link *link;
    /* faults */
    struct device_watch watch;
    uint32_t skip, drop, dropped;
};

/* device.c */
/* Restarts after all that is queued has been sent. */
void device_leave(struct sim_device *device, bool to_bootloader);
void device_all_sent(struct sim_device *device);
void device_link_lost(struct sim_device *device);

/* device_radio.c */
bool device_radio_build(struct sim_device *device);
void device_radio_free(struct sim_device *device);
/* Begins to advertise as what runs now. */
void device_radio_start(struct sim_device *device);
/* No more advertising. */
void device_radio_quiet(struct sim_device *device);
/* Silence at once; a link is left without a word. */
void device_radio_stop(struct sim_device *device);

#endif
