/*
 * SPDX-License-Identifier: MIT
 * The bootloader's settings page, version 2 (SDK 15.3 and newer) or 1 (older), as the simulated
 * bootloader keeps it. package.md 5.2.
 */
#ifndef NORDFU_SIM_SETTINGS_H
#define NORDFU_SIM_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#define SETTINGS_PAGE_SIZE  804 /* bytes in use, by either version */
#define SETTINGS_PAGE_V1    348 /* bytes in use by version 1 */
#define SETTINGS_INIT_MAX   512
#define SETTINGS_INIT_V1    256
#define SETTINGS_VALIDATION 64

/* Bank codes. */
enum settings_code {
    SETTINGS_INVALID = 0x00,
    SETTINGS_APPLICATION = 0x01,
    SETTINGS_SOFTDEVICE = 0xA5,
    SETTINGS_BOOTLOADER = 0xAA,
    SETTINGS_SOFTDEVICE_BOOTLOADER = 0xAC,
    SETTINGS_EXTERNAL = 0xB1, /* waits for somebody else, is never activated here */
};

struct settings_bank {
    uint32_t size; /* bytes */
    uint32_t crc;  /* CRC-32 of the image */
    uint32_t code;
};

struct settings_progress {
    uint32_t command_size, command_offset, command_crc;
    uint32_t object_size; /* while an image waits for its activation: where it waits */
    uint32_t image_crc, image_crc_last; /* of all bytes taken; of executed objects */
    uint32_t image_offset, image_offset_last;
};

struct settings_validation {
    uint8_t type; /* 0 none, 1 CRC, 2 SHA-256, 3 ECDSA */
    uint8_t bytes[SETTINGS_VALIDATION];
};

struct settings {
    uint32_t version; /* 1 or 2; 0 = 2 */
    uint32_t app_version, bootloader_version;
    struct settings_bank bank0, bank1;
    uint32_t write_offset; /* bytes of bank 1 already moved to their place */
    uint32_t softdevice_size;
    struct settings_progress progress;
    uint8_t init[SETTINGS_INIT_MAX]; /* progress.command_offset bytes of it are in use */
    /* Version 1 knows none: an application is then checked by bank 0's CRC. */
    struct settings_validation softdevice, application;
};

/* A version 1 page keeps SETTINGS_INIT_V1 bytes of the init packet. */
void settings_encode(const struct settings *settings, uint8_t page[SETTINGS_PAGE_SIZE]);
/* False if a checksum or the version is wrong: the page is blank, foreign, or was not written to
 * its end (which a page of version 1 can't always tell). */
bool settings_decode(struct settings *settings, const uint8_t page[SETTINGS_PAGE_SIZE]);

#endif
