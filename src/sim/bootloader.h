/*
 * SPDX-License-Identifier: MIT
 * The secure bootloader's DFU server, as that of the profile's SDK answers (own decoders; nothing
 * of the client's is used).
 *
 * Transport-neutral: requests and data packets are handed in, answers come out through `reply`. It
 * works on a flash, and on settings and banks in it; resets are asked of the device through
 * `reset`. dfu-protocol.md D.1 and D.5.
 */
#ifndef NORDFU_SIM_BOOTLOADER_H
#define NORDFU_SIM_BOOTLOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/flash.h"
#include "sim/profile.h"
#include "sim/world.h"

struct bootloader;

/* Entries a flash's queue needs beyond the profile's: while an image is put into its place, nobody
 * counts them. */
#define BOOTLOADER_FLASH_ROOM 32

struct bootloader_config {
    const struct sim_profile *profile;
    const char *label;      /* names the device in the event log; NULL = "device" */
    bool check_signature;   /* false: any signature passes (a debug bootloader with pubkey=any) */
    uint8_t public_key[64]; /* X then Y, big endian */
    bool is_debug;          /* honours is_debug in init packets */
    uint32_t hw_version;    /* what init packets must ask for */
    uint32_t softdevice;    /* FWID of the installed SoftDevice, 0 = none */
    uint32_t app_version;   /* in the settings page as long as nothing else is installed */
    uint32_t bootloader_version;
    enum sim_resume resume;        /* what Select reports */
    enum sim_choice save_progress; /* executed objects survive a reset */
    uint16_t mtu;                  /* 0 = the profile's; no data packet is longer than mtu - 3 */
    bool external_app;             /* built to receive images for somebody else (SDK 15.3 on) */
};

struct bootloader_ops {
    /* An answer or receipt notification for the control point. */
    void (*reply)(void *context, const uint8_t *bytes, size_t size);
    /* The bootloader wants a chip reset (before and after activation, after abort and inactivity):
     * bootloader_stop, then bootloader_start. May be done inside the call. */
    void (*reset)(void *context);
    /* A new SoftDevice is in its place and the application is still valid: the bootloader is in DFU
     * mode from now on, without a reset, and waits for the next image. NULL = don't care. */
    void (*ready)(void *context);
};

/* What survives resets: settings in flash, versions, the installed image. One per device. */
struct bootloader *bootloader_new(struct sim_world *world, struct flash *flash,
                                  const struct bootloader_config *config,
                                  const struct bootloader_ops *ops, void *context);
void bootloader_free(struct bootloader **bootloader);

/* Puts an application into bank 0 and valid settings into flash, at once, as a factory does. False
 * if it is too large for the space or no bytes (the flash is unchanged then). To be called before
 * bootloader_start. */
bool bootloader_install(struct bootloader *bootloader, const uint8_t *bytes, uint32_t size,
                        uint32_t version);

/* The chip starts in the bootloader: RAM state is gone, settings are read from flash. Returns true
 * if it must stay, false if the application is to be started. `requested`: someone asked for DFU
 * mode. It stays either in DFU mode, or, if an image waits for its activation, silently (see
 * bootloader_is_activating) until that is done: then it asks for a reset. */
bool bootloader_start(struct bootloader *bootloader, bool requested);
/* After bootloader_start returned true: an image is being activated. There is no radio and nothing
 * answers until `reset`. */
bool bootloader_is_activating(const struct bootloader *bootloader);
/* Something that was begun goes on by itself, whether or not a client is there: an activation, an
 * executed object on its way into flash, a reset that is due. */
bool bootloader_is_busy(const struct bootloader *bootloader);
/* The reset that is asked for comes at once, without a word to the other end: after an abort or a
 * timeout before SDK 16. */
bool bootloader_resets_at_once(const struct bootloader *bootloader);
/* Power is gone or the chip resets: no timers, nothing answers, what the flash was doing is cut.
 * Does nothing when stopped. */
void bootloader_stop(struct bootloader *bootloader);

/* One request on the control point. */
void bootloader_control(struct bootloader *bootloader, const uint8_t *bytes, size_t size);
/* One data packet. Silently lost when the flash queue or the buffers are full, as in the original.
 */
void bootloader_data(struct bootloader *bootloader, const uint8_t *bytes, size_t size);
/* The link is new or gone (does not reset progress). */
void bootloader_link_changed(struct bootloader *bootloader);

/* The installed application: version, address in flash, size in bytes (0 = no valid application).
 */
struct bootloader_image {
    bool valid;
    uint32_t version;
    uint32_t address;
    uint32_t size;
};
void bootloader_installed(const struct bootloader *bootloader, struct bootloader_image *image);

/* What is in flash. */
enum bootloader_part {
    BOOTLOADER_APPLICATION,
    BOOTLOADER_SOFTDEVICE,
    BOOTLOADER_BOOTLOADER,
    BOOTLOADER_EXTERNAL, /* an image for somebody else, complete and waiting for him */
};
/* The bytes of a part, valid until the world runs on, and their number. NULL and 0 if there is no
 * such thing: no valid application, no SoftDevice, nothing external. */
const uint8_t *bootloader_part(const struct bootloader *bootloader, enum bootloader_part part,
                               uint32_t *size);

/* What the next init packet is compared with. */
struct bootloader_versions {
    uint32_t application, bootloader;
    uint32_t softdevice; /* FWID, 0 = none */
};
void bootloader_get_versions(const struct bootloader *bootloader,
                             struct bootloader_versions *versions);

/* Where the transfer is. */
struct bootloader_progress {
    uint8_t object; /* what data packets belong to: 0 none, 1 command, 2 data */
    uint32_t command_size, command_taken; /* bytes of the init packet */
    uint32_t image_size, image_taken;     /* bytes of the image; size 0 = no valid init packet */
    uint32_t object_begin, object_size;   /* the current data object's place in the image */
    uint32_t object_max;                  /* bytes of a whole data object */
};
void bootloader_get_progress(const struct bootloader *bootloader,
                             struct bootloader_progress *progress);

/* Looks on, and may do harm; for damage to order. Each may be NULL. */
struct bootloader_watch {
    /* A data packet before it is looked at: what is to be taken instead (the same number of bytes,
     * valid until the next packet), NULL = it is lost. */
    const uint8_t *(*packet)(void *context, const uint8_t *bytes, size_t size);
    /* The packet was dealt with. The last thing done for it: power may be cut here. */
    void (*taken)(void *context);
    /* An answer is due; false = it is never given. Power may not be cut here. */
    bool (*answer)(void *context, const uint8_t *bytes, size_t size);
};
/* NULL = nobody. The watch is not copied. */
void bootloader_set_watch(struct bootloader *bootloader, const struct bootloader_watch *watch,
                          void *context);

/* Counters for tests and the event log. */
struct bootloader_stats {
    uint32_t packets;      /* data packets taken */
    uint32_t packets_lost; /* data packets dropped: queue or buffers full */
    uint32_t bytes;        /* data object bytes taken */
    uint32_t activations;  /* images activated; an external one counts when it is complete */
};
void bootloader_get_stats(const struct bootloader *bootloader, struct bootloader_stats *stats);

#endif
