/* SPDX-License-Identifier: MIT
 * Chips and SDKs: the numbers in which one bootloader differs from another. */
#ifndef NORDFU_SIM_PROFILE_H
#define NORDFU_SIM_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

struct sim_profile {
    const char *name; /* "sdk17" */
    /* chip */
    uint32_t flash_size, page_size; /* bytes */
    uint32_t erase_us;              /* per page */
    uint32_t write_us;              /* per word */
    uint32_t bootloader_address;    /* first byte the bootloader owns */
    uint32_t settings_address, settings_backup_address;
    uint32_t application_address; /* end of the SoftDevice */
    /* bootloader */
    uint32_t flash_queue;        /* operations */
    uint32_t buffers;            /* receive buffers */
    uint32_t max_data_object;    /* bytes */
    uint32_t max_command_object; /* bytes */
    bool rounds_offset;          /* select reports whole objects only */
    bool abort_disconnects;
    bool reexecute_denied;  /* 08 for Execute of an object executed before the link was lost */
    bool protocol_reduced;  /* version requests are compiled out */
    uint32_t inactivity_us; /* until a reset, 0 = never */
    /* radio */
    uint16_t mtu;
    uint16_t max_octets;
    uint8_t phys;
    uint32_t event_length_us;
    uint16_t interval; /* x 1.25 ms, asked for right after connecting; 0 = does not ask */
    uint16_t supervision_timeout; /* x 10 ms */
    uint32_t adv_interval_us;
};

/* NULL if there is no such profile. */
const struct sim_profile *sim_profile_find(const char *name);
/* The names, for messages: "sdk17, ..." */
const char *sim_profile_names(void);

#endif
