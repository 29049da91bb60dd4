/*
 * SPDX-License-Identifier: MIT
 * What the files of a device share: device.c (chip), device_radio.c (links, advertising, services),
 * device_buttonless.c (the way into the bootloader), device_security.c (pairing and bonds).
 */
#ifndef NORDFU_SIM_DEVICE_INTERNAL_H
#define NORDFU_SIM_DEVICE_INTERNAL_H

#include "sim/device.h"
#include "sim/device_gatt.h"
#include "sim/flash.h"
#include "sim/peripheral.h"
#include "sim/smp.h"

#define HCI_REMOTE_USER 0x13
#define HCI_TIMEOUT     0x08

#define DEVICE_MAX_NAME 26

/* An application or a bootloader as the radio shows it. */
enum device_side_kind {
    DEVICE_APPLICATION,
    DEVICE_BOOTLOADER,
    DEVICE_BONDED_BOOTLOADER,
    DEVICE_SIDES,
};

struct device_side {
    struct device_gatt gatt;
    struct peripheral *server;
};

#define DEVICE_CCCDS 4 /* client configurations kept with a bond */

/* A peer's keys and subscriptions; in flash. */
struct device_bond {
    bool used;
    struct smp_keys own, peer;
    struct smp_address address; /* the identity, or what it connected as if it gave none */
    uint16_t cccds[DEVICE_CCCDS];
};

struct device_security {
    struct smp *smp;
    sim_timer timer;
    struct smp_address central;
    bool guards; /* the bootloader that runs has a peer of its own */
    bool encrypted;
    struct device_bond *bond; /* whose key encrypts the link; NULL = none */
    struct device_bond *next; /* whose key the link layer was given */
    /* in flash */
    uint8_t irk[16];
    bool has_irk;
    struct device_bond bonds[SIM_BONDS_MAX];
    struct device_bond handed; /* to the bootloader */
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
    struct device_side sides[DEVICE_SIDES];
    char given_name[DEVICE_MAX_NAME + 1]; /* by a set name request; kept in flash */
    char own_name[DEVICE_MAX_NAME + 1];   /* of the bootloader */
    struct air_advertiser *advertiser;
    struct air_link *link;
    struct device_security security;
    /* faults */
    struct device_watch watch;
    const struct sim_device_watch *onlooker; /* NULL = nobody */
    void *onlooker_context;
    uint32_t skip, drop, dropped;
};

/* device.c */
/* Restarts after all that is queued has been sent. */
void device_leave(struct sim_device *device, bool to_bootloader);
void device_all_sent(struct sim_device *device);
void device_link_lost(struct sim_device *device);

/* device_radio.c */
/* What runs now, or ran last. */
struct device_side *device_running(struct sim_device *device);
bool device_radio_build(struct sim_device *device);
void device_radio_free(struct sim_device *device);
/* Begins to advertise as what runs now. */
void device_radio_start(struct sim_device *device);
/* No more advertising. */
void device_radio_quiet(struct sim_device *device);
/* Silence at once; a link is left without a word. */
void device_radio_stop(struct sim_device *device);

/* device_buttonless.c: the application's buttonless characteristic was written; the client
 * confirmed the answer. */
void device_buttonless_written(struct sim_device *device, const uint8_t *bytes, size_t size);
void device_buttonless_confirmed(struct sim_device *device);

/* device_security.c */
bool device_security_build(struct sim_device *device);
void device_security_free(struct sim_device *device);
/* The chip has started as what `mode` says. */
void device_security_boot(struct sim_device *device);
/* The bootloader that runs has a peer of its own. */
bool device_is_bonded_bootloader(const struct sim_device *device);
/* A new link, and the end of one. */
void device_security_link(struct sim_device *device);
void device_security_unlink(struct sim_device *device);
/* Whether the bootloader lets this central in. */
bool device_security_accepts(struct sim_device *device, const struct air_address *central);
void device_security_receive(struct sim_device *device, const uint8_t *pdu, size_t size);
void device_security_key(struct sim_device *device, uint16_t ediv, const uint8_t rand[8]);
void device_security_encrypted(struct sim_device *device, uint8_t status);
/* A client configuration descriptor changed. */
void device_security_subscribed(struct sim_device *device);
/* The link's peer becomes the bootloader's; false if it is not bonded. */
bool device_security_hand_over(struct sim_device *device);

#endif
