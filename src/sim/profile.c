/* SPDX-License-Identifier: MIT */
#include "sim/profile.h"

#include <stddef.h>
#include <string.h>

/* The first is the default. Keep `names` in step. */
static const struct sim_profile profiles[] = {
    {
        .name = "sdk17", /* SDK 17.0.2's secure bootloader on an nRF52840 with S140 7 */
        .flash_size = 0x100000,
        .page_size = 4096,
        .erase_us = 85000,
        .write_us = 41,
        .bootloader_address = 0xF8000,
        .settings_address = 0xFF000,
        .settings_backup_address = 0xFE000,
        .application_address = 0x27000,
        .flash_queue = 16,
        .buffers = 17,
        .max_data_object = 4096,
        .max_command_object = 512,
        .rounds_offset = false,
        .abort_disconnects = true,
        .reexecute_denied = true,
        .protocol_reduced = true,
        .inactivity_us = 120000000,
        .mtu = 247,
        .max_octets = 251,
        .phys = 3,
        .event_length_us = 7500,
        .interval = 12,
        .supervision_timeout = 600,
        .adv_interval_us = 25000,
    },
};

static const char names[] = "sdk17";

const struct sim_profile *sim_profile_find(const char *name)
{
    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    }
    return NULL;
}

const char *sim_profile_names(void)
{
    return names;
}
