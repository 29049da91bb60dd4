/* SPDX-License-Identifier: MIT */
#include "sim/profile.h"

#include <stddef.h>
#include <string.h>

#include "sim/sd_info.h"

/* The chips. An nRF51 has pages of 1 KiB, and no page for the MBR's parameters in front of the
 * settings. Times: nRF52840 and nRF51 as measured, nRF52832 typical, 67.5 us rounded. */

#define CHIP_NRF51                                                                                 \
    .chip = "nrf51", .flash_size = 0x40000, .page_size = 1024, .erase_us = 22300, .write_us = 46,  \
    .settings_address = 0x3FC00, .bootloader_end = 0x3FC00, .hw_version = 51, .phys = 1

#define CHIP_NRF52832                                                                              \
    .chip = "nrf52832", .flash_size = 0x80000, .page_size = 4096, .erase_us = 89700,               \
    .write_us = 68, .settings_address = 0x7F000, .bootloader_end = 0x7E000, .hw_version = 52

#define CHIP_NRF52840                                                                              \
    .chip = "nrf52840", .flash_size = 0x100000, .page_size = 4096, .erase_us = 85000,              \
    .write_us = 41, .settings_address = 0xFF000, .bootloader_end = 0xFE000, .hw_version = 52

/* The SDKs. */

/* 12.3 and 13.1: 256 bytes go to flash at a time, through a short queue, and every executed object
 * is written down. Nothing makes a bootloader of these leave DFU mode by itself. */
#define SDK_OLD                                                                                    \
    .settings_version = 1, .flash_queue = 4, .chunk = 256, .max_data_object = 4096,                \
    .max_command_object = 256, .saves_progress = true, .mtu = 23, .max_octets = 27,                \
    .event_length_us = 3750, .supervision_timeout = 400, .adv_interval_us = 25000

#define SDK_14                                                                                     \
    .sdk = 14, .settings_version = 1, .flash_queue = 8, .chunk = 256, .max_data_object = 4096,     \
    .max_command_object = 256, .saves_progress = true, .set_name = true,                           \
    .inactivity_us = 120000000, .continuation_us = 10000000, .mtu = 23, .max_octets = 27,          \
    .event_length_us = 3750, .supervision_timeout = 400, .adv_interval_us = 25000

#define SDK_NEW                                                                                    \
    .settings_version = 2, .flash_queue = 16, .buffers = 17, .max_data_object = 4096,              \
    .max_command_object = 512, .execute_waits = true, .reexecute_denied = true, .set_name = true,  \
    .inactivity_us = 120000000, .continuation_us = 10000000, .mtu = 247, .max_octets = 251,        \
    .phys = 3, .event_length_us = 7500, .interval = 12, .supervision_timeout = 600,                \
    .adv_interval_us = 25000

/* 15.3: an abort resets without a word to the other end; reports whole objects, as some builds do.
 */
#define SDK_15 .sdk = 15, SDK_NEW, .rounds_offset = true
#define SDK_16 .sdk = 16, SDK_NEW, .abort_disconnects = true, .protocol_reduced = true
#define SDK_17 .sdk = 17, SDK_NEW, .abort_disconnects = true, .protocol_reduced = true

/* Where things are. */
#define NRF52832_BOOTLOADER(debug)                                                                 \
    .bootloader_address = 0x78000, .debug_bootloader_address = (debug)
#define NRF52840_BOOTLOADER(debug)                                                                 \
    .bootloader_address = 0xF8000, .debug_bootloader_address = (debug)
#define NRF52832_BACKUP     .settings_backup_address = 0x7E000
#define NRF52840_BACKUP     .settings_backup_address = 0xFE000
#define SOFTDEVICE(id, end) .softdevice = (id), .application_address = (end)

/* The first of a name is its usual chip. Keep `names` in step. */
static const struct sim_profile profiles[] = {
    {.name = "sdk12",
     .sdk = 12,
     CHIP_NRF52832,
     SDK_OLD,
     NRF52832_BOOTLOADER(0x75000),
     SOFTDEVICE(0x91, 0x1F000),
     .phys = 1},
    {.name = "sdk12",
     .sdk = 12,
     CHIP_NRF51,
     SDK_OLD,
     .bootloader_address = 0x3AC00,
     .debug_bootloader_address = 0x35C00,
     SOFTDEVICE(0x87, 0x1B000)},
    {.name = "sdk13",
     .sdk = 13,
     CHIP_NRF52832,
     SDK_OLD,
     NRF52832_BOOTLOADER(0x75000),
     SOFTDEVICE(0x98, 0x1F000),
     .phys = 1},
    {.name = "sdk14",
     CHIP_NRF52832,
     SDK_14,
     NRF52832_BOOTLOADER(0x73000),
     SOFTDEVICE(0x9D, 0x23000),
     .phys = 3},
    {.name = "sdk14",
     CHIP_NRF52840,
     SDK_14,
     NRF52840_BOOTLOADER(0xF3000),
     SOFTDEVICE(0x96, 0x22000),
     .phys = 3},
    {.name = "sdk15",
     CHIP_NRF52840,
     SDK_15,
     NRF52840_BOOTLOADER(0xF1000),
     NRF52840_BACKUP,
     SOFTDEVICE(0xB6, 0x26000)},
    {.name = "sdk15",
     CHIP_NRF52832,
     SDK_15,
     NRF52832_BOOTLOADER(0x72000),
     NRF52832_BACKUP,
     SOFTDEVICE(0xB7, 0x26000)},
    {.name = "sdk16",
     CHIP_NRF52840,
     SDK_16,
     NRF52840_BOOTLOADER(0xF1000),
     NRF52840_BACKUP,
     SOFTDEVICE(0xCA, 0x27000)},
    {.name = "sdk16",
     CHIP_NRF52832,
     SDK_16,
     NRF52832_BOOTLOADER(0x72000),
     NRF52832_BACKUP,
     SOFTDEVICE(0xCB, 0x26000)},
    /* 17.0.2 comes with S140 7.2.0 (0x100); the older one is what most packages ask for. */
    {.name = "sdk17",
     CHIP_NRF52840,
     SDK_17,
     NRF52840_BOOTLOADER(0xF1000),
     NRF52840_BACKUP,
     SOFTDEVICE(0xCA, 0x27000)},
    {.name = "sdk17",
     CHIP_NRF52832,
     SDK_17,
     NRF52832_BOOTLOADER(0x72000),
     NRF52832_BACKUP,
     SOFTDEVICE(0xCB, 0x26000)},
};

static const char names[] = "sdk12, sdk13, sdk14, sdk15, sdk16, sdk17";

#define COUNT (sizeof(profiles) / sizeof(profiles[0]))

const struct sim_profile *sim_profile_find(const char *name)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    }
    return NULL;
}

const struct sim_profile *sim_profile_on(const struct sim_profile *profile, const char *chip)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (profiles[i].sdk == profile->sdk && strcmp(profiles[i].chip, chip) == 0)
            return &profiles[i];
    }
    return NULL;
}

const char *sim_profile_names(void)
{
    return names;
}

const struct sim_profile *sim_profile_at(size_t index)
{
    return index < COUNT ? &profiles[index] : NULL;
}

struct sim_profile sim_profile_debug(const struct sim_profile *profile)
{
    struct sim_profile debug = *profile;
    debug.bootloader_address = profile->debug_bootloader_address;
    return debug;
}

uint32_t sim_profile_room(const struct sim_profile *profile, uint32_t fwid)
{
    const struct sd_info *known = sd_info_known(fwid);
    uint32_t start = known ? known->end : fwid ? profile->application_address : SD_ADDRESS;
    return profile->bootloader_address - start;
}
