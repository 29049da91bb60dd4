/* SPDX-License-Identifier: MIT
 * Chips and SDKs: the numbers in which one bootloader differs from another. dfu-protocol.md D.1 to
 * D.5, radio-and-flash.md C.3 and C.4. */
#ifndef NORDFU_SIM_PROFILE_H
#define NORDFU_SIM_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_profile {
    const char *name; /* "sdk17" */
    const char *chip; /* "nrf52840" */
    uint32_t sdk;     /* 17 */
    /* chip */
    uint32_t flash_size, page_size;    /* bytes */
    uint32_t erase_us;                 /* per page */
    uint32_t write_us;                 /* per word */
    uint32_t bootloader_address;       /* first byte the bootloader owns */
    uint32_t debug_bootloader_address; /* the same for a debug bootloader, which is larger */
    uint32_t settings_address;
    uint32_t settings_backup_address; /* 0 = no second page */
    uint32_t bootloader_end;          /* first byte behind the room for a bootloader */
    uint32_t application_address;     /* end of the SoftDevice that the SDK comes with */
    uint16_t softdevice;              /* its FWID */
    uint32_t hw_version;              /* what the SDK's bootloader asks for: 51 or 52 */
    /* bootloader */
    uint32_t settings_version; /* 1 or 2 */
    uint32_t flash_queue;      /* operations */
    uint32_t buffers;          /* receive buffers, 0 = as many as wanted */
    uint32_t chunk;           /* bytes gathered for one write to flash, 0 = each packet by itself */
    uint32_t max_data_object; /* bytes */
    uint32_t max_command_object; /* bytes */
    bool rounds_offset;          /* select reports whole objects only */
    bool saves_progress;         /* executed objects survive a reset */
    bool execute_waits;          /* Execute of data answers when the flash is idle */
    bool abort_disconnects;      /* the link is ended before a reset by abort or timeout */
    bool reexecute_denied;       /* 08 for Execute of an object executed before the link was lost */
    bool protocol_reduced;       /* version requests are compiled out */
    bool set_name;               /* the buttonless service can set the bootloader's name */
    uint32_t inactivity_us;      /* until a reset, 0 = never */
    uint32_t continuation_us;    /* the same after a new SoftDevice, for the next image */
    /* radio */
    uint16_t mtu;
    uint16_t max_octets;
    uint8_t phys;
    uint32_t event_length_us;
    uint16_t interval; /* x 1.25 ms, asked for right after connecting; 0 = does not ask */
    uint16_t supervision_timeout; /* x 10 ms */
    uint32_t adv_interval_us;
};

/* What Select reports of an object that was received in part. */
enum sim_resume {
    SIM_RESUME_PROFILE, /* as the profile has it */
    SIM_RESUME_EXACT,   /* to the byte */
    SIM_RESUME_ROUNDED, /* executed objects only */
};

/* A property that a profile has, or has not, unless somebody says otherwise. */
enum sim_choice {
    SIM_AS_PROFILE,
    SIM_YES,
    SIM_NO,
};

/* The profile on its usual chip. NULL if there is no such profile. */
const struct sim_profile *sim_profile_find(const char *name);
/* The same SDK on another chip. NULL if there is no such chip, or the SDK has no bootloader for it.
 */
const struct sim_profile *sim_profile_on(const struct sim_profile *profile, const char *chip);
/* The names, for messages: "sdk12, ..." */
const char *sim_profile_names(void);
/* All of them, on all their chips, from index 0 on; NULL behind the last. */
const struct sim_profile *sim_profile_at(size_t index);
/* The profile as a debug bootloader has it: that one is larger, so begins at another address. */
struct sim_profile sim_profile_debug(const struct sim_profile *profile);
/* Bytes an application may have at most above SoftDevice `fwid` (0 = none). */
uint32_t sim_profile_room(const struct sim_profile *profile, uint32_t fwid);

#endif
