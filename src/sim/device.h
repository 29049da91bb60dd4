/*
 * SPDX-License-Identifier: MIT
 * A device: chip, flash, bootloader, application, radio. It boots into one or the other, jumps,
 * resets, advertises.
 *
 * The application is always of one kind, whatever image is installed: it has a user service and, as
 * configured, a buttonless service (dfu-protocol.md D.2, D.3); only its version comes from the
 * image. With bonded buttonless it keeps bonds in flash; a jump hands the peer's to the bootloader,
 * which from then on keeps the address, hides, and lets that peer in only, over an encrypted link.
 * The bootloader has the DFU service (D.1), handles and GATT table of its own, and the stock
 * bootloader's radio habits (radio-and-flash.md C.4). A device that means to restart sends what is
 * queued, ends the link (13) and waits a moment, as SDK 17 does; with silent_reset it just stops
 * answering (08 at the other end).
 */
#ifndef NORDFU_SIM_DEVICE_H
#define NORDFU_SIM_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/air.h"
#include "sim/bootloader.h"
#include "sim/world.h"

struct sim_device;

enum sim_device_mode {
    SIM_MODE_APPLICATION,
    SIM_MODE_BOOTLOADER,
    SIM_MODE_OFF,
};

enum sim_buttonless {
    SIM_BUTTONLESS_NONE,
    SIM_BUTTONLESS_UNBONDED, /* 8EC90003; anybody may use it */
    SIM_BUTTONLESS_BONDED,   /* 8EC90004; the application pairs, the bootloader knows the peer */
    SIM_BUTTONLESS_SDK12,    /* 8E400001; notifies */
};

/* What setting the bootloader's name comes to. */
enum sim_set_name {
    SIM_SET_NAME_PROFILE,     /* as the SDK has it */
    SIM_SET_NAME_OK,          /* taken */
    SIM_SET_NAME_REFUSED,     /* 04, as with a protected settings page */
    SIM_SET_NAME_UNSUPPORTED, /* 02 */
};

#define SIM_BONDS_MAX 8

struct sim_device_config {
    struct air_address address;        /* the device's own, as its application uses it */
    char name[27];                     /* the application's advertised name */
    char bootloader_name[27];          /* "" = "DfuTarg" */
    enum sim_device_mode mode;         /* at the beginning */
    enum sim_buttonless buttonless;    /* what the application offers */
    bool same_address;                 /* the bootloader keeps the address instead of adding one */
    const struct sim_profile *profile; /* NULL = sdk17 */
    char chip[12];                     /* "nrf52832"; "" = the profile's */
    bool check_signature;
    uint8_t public_key[64]; /* X then Y, big endian */
    bool debug_bootloader;
    uint32_t hw_version;
    uint32_t softdevice;
    uint32_t app_version;
    uint32_t app_size;   /* bytes of the application at the beginning (generated); 0 = 16 KiB */
    bool no_application; /* starts without one: the bootloader stays */
    uint32_t bootloader_version;
    bool silent_reset; /* restarts without ending the link first, as an SDK 15 bootloader always
                          does */
    enum sim_resume resume;        /* what Select reports of an incomplete object */
    enum sim_choice save_progress; /* executed objects survive a reset */
    bool external_app;             /* receives external applications (SDK 15.3 on) */
    /* Radio habits. */
    uint16_t mtu;          /* 0 = the profile's */
    bool refuse_mtu;       /* answers the MTU request with ATT error 06 */
    bool ask_mtu_first;    /* sends its own MTU request right after connecting */
    bool refuse_length;    /* does not know the data length procedure */
    bool refuse_phy;       /* only 1M */
    bool ask_length_first; /* begins the data length procedure itself */
    bool ask_phy_first;
    /* Bonds, with SIM_BUTTONLESS_BONDED. */
    uint8_t bonds;              /* how many peers the application pairs with; 0 = 1 */
    bool repairing;             /* a peer that is bonded may pair again */
    uint8_t refuse_pairing;     /* the reason with which every pairing is refused; 0 = normal */
    bool ask_security_first;    /* the application sends a security request after connecting */
    enum sim_set_name set_name; /* never taken where peers are bonded */
};

/* The profile on the chip; NULL if the SDK has no bootloader for that. */
const struct sim_profile *sim_device_profile(const struct sim_device_config *config);
/* Built, and switched on at once unless mode is SIM_MODE_OFF. NULL when memory ran out, the
 * application does not fit or the profile does not go with the chip. */
struct sim_device *sim_device_new(struct sim_world *world, struct air *air,
                                  const struct sim_device_config *config);
/* Before the air and the world. */
void sim_device_free(struct sim_device **device);

/* Faults, from tests and scripts, to be called from an event or between runs. Power off cuts flash
 * in the middle of what it does. */
void sim_device_power_off(struct sim_device *device);
void sim_device_power_on(struct sim_device *device);
/* Power off in the middle of the `operation`th flash operation that begins from now on (1 = the
 * next). */
void sim_device_cut_power_at(struct sim_device *device, uint32_t operation);
/* Calls `action` in the middle of the `operation`th flash operation that begins from now on; in
 * place of an earlier wish. */
void sim_device_on_operation(struct sim_device *device, uint32_t operation, sim_action action,
                             void *context);
/* Flash operations begun so far. */
uint32_t sim_device_operations(const struct sim_device *device);
/* The link is lost (supervision timeout at the other end); the device advertises again after
 * `silence_us`. */
void sim_device_cut_link(struct sim_device *device, uint64_t silence_us);
/* Calls `action` once when `bytes` bytes of data packets have arrived since the call. */
void sim_device_on_bytes(struct sim_device *device, uint32_t bytes, sim_action action,
                         void *context);
/* The next `count` data packets after `skip` more are lost in the bootloader's queue. */
void sim_device_drop_packets(struct sim_device *device, uint32_t skip, uint32_t count);

/* Looks on what the device does, for damage to order (damage.h). Each may be NULL. */
struct sim_device_watch {
    struct bootloader_watch bootloader;
    void (*jumps)(void *context); /* is about to enter its bootloader; the link is still there */
    void (*sent)(void *context);  /* all that was queued has reached the other end */
};
/* NULL = nobody. The watch is not copied. */
void sim_device_set_watch(struct sim_device *device, const struct sim_device_watch *watch,
                          void *context);
void sim_device_get_progress(const struct sim_device *device, struct bootloader_progress *progress);

/* What runs, or ran last while the chip restarts. */
enum sim_device_mode sim_device_mode(const struct sim_device *device);
/* The device is about to run something else: it ends its link, restarts, or puts a new image into
 * its place. No client is needed for that to go on. */
bool sim_device_is_busy(const struct sim_device *device);
void sim_device_installed(const struct sim_device *device, struct bootloader_image *image);
/* The flash bytes of the installed application; valid until the world runs on. */
const uint8_t *sim_device_image_bytes(const struct sim_device *device);
/* A part of the flash, valid until the world runs on. False if there is no such thing. */
bool sim_device_flash(const struct sim_device *device, enum bootloader_part part,
                      const uint8_t **bytes, uint32_t *size);
/* All of the flash from address 0, valid until the world runs on, and its size in bytes. */
const uint8_t *sim_device_whole_flash(const struct sim_device *device, uint32_t *size);
/* The versions that the next init packet is compared with. */
void sim_device_versions(const struct sim_device *device, struct bootloader_versions *versions);
void sim_device_get_stats(const struct sim_device *device, struct bootloader_stats *stats);
/* Bonds of the application. */
size_t sim_device_bonds(const struct sim_device *device);
/* Erases them, and what a jump has handed to the bootloader. */
void sim_device_forget_bonds(struct sim_device *device);
/* "DE:06:3B:97:4C:D8" */
const char *sim_device_label(const struct sim_device *device);

#endif
