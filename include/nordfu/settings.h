/*
 * SPDX-License-Identifier: MIT
 * The settings page of a secure bootloader: where it notes which application is valid, how to check
 * it at every start, and how far an update got. A page that is programmed together with
 * SoftDevice, application and bootloader lets a new device start its application at once.
 */
#ifndef NORDFU_SETTINGS_H
#define NORDFU_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nordfu/error.h"
#include "nordfu/image.h"
#include "nordfu/package.h"

/* Bytes that are written of a page, by its version. */
#define NORDFU_SETTINGS_V1_SIZE  92u
#define NORDFU_SETTINGS_V2_SIZE  804u
#define NORDFU_SETTINGS_MAX_SIZE NORDFU_SETTINGS_V2_SIZE

#define NORDFU_SETTINGS_INIT_SIZE 512u /* bytes kept of an init command; version 2 */

/* Bytes from the backup page up to the settings page, on every chip. */
#define NORDFU_SETTINGS_BACKUP_DISTANCE 0x1000u

/* Chips by where their bootloaders keep the page, in the order in which pages are looked for. */
enum nordfu_family {
    NORDFU_FAMILY_NRF51,
    NORDFU_FAMILY_NRF52, /* nRF52832, and other chips with 512 KiB of flash */
    NORDFU_FAMILY_NRF52QFAB,
    NORDFU_FAMILY_NRF52810,
    NORDFU_FAMILY_NRF52840,
    NORDFU_FAMILY_COUNT, /* and, of a page at another address: no known family */
};

/* "nRF52", "NRF52840", ... as people read it; "unknown" for other values; never NULL. */
const char *nordfu_family_name(enum nordfu_family family);
/* Where the page is; 0 for other values. */
uint32_t nordfu_family_settings_address(enum nordfu_family family);

/* Codes of a bank. */
enum nordfu_bank_code {
    NORDFU_BANK_INVALID = 0x00,
    NORDFU_BANK_APPLICATION = 0x01,
    NORDFU_BANK_SOFTDEVICE = 0xA5,
    NORDFU_BANK_BOOTLOADER = 0xAA,
    NORDFU_BANK_SOFTDEVICE_BOOTLOADER = 0xAC,
    NORDFU_BANK_EXTERNAL_APPLICATION = 0xB1,
};

struct nordfu_settings_bank {
    uint32_t size; /* bytes of the image */
    uint32_t crc;  /* CRC-32 of the image */
    uint32_t code; /* enum nordfu_bank_code */
};

/* The fields of a page. package.md 5.2. */
struct nordfu_settings {
    uint32_t version; /* 1 (SDK 12.0 to 15.2) or 2 (SDK 15.3 and newer) */
    uint32_t app_version;
    uint32_t bootloader_version;
    uint32_t bank_layout, current_bank;
    struct nordfu_settings_bank bank0, bank1;
    uint32_t write_offset;    /* bytes of bank 1 that are already at their place */
    uint32_t softdevice_size; /* bytes */
    uint32_t progress[8];     /* how far a transfer got, as the bootloader keeps it */
    uint32_t enter_buttonless_dfu;
    /* Of version 2 only, zeros otherwise: */
    uint8_t init_command[NORDFU_SETTINGS_INIT_SIZE];
    struct nordfu_boot_validation sd_validation, app_validation, bl_validation;
};

/*
 * Writes the page with its checksums, without touching anything else. Returns its size in bytes, or
 * 0 for an unknown version or a boot validation of more than 64 bytes.
 */
size_t nordfu_settings_encode(const struct nordfu_settings *settings,
                              uint8_t page[NORDFU_SETTINGS_MAX_SIZE]);

/* What is at a place where a page might be. */
enum nordfu_settings_state {
    NORDFU_SETTINGS_VALID,      /* a page, and the checksum over its head is right */
    NORDFU_SETTINGS_ABSENT,     /* no bytes there */
    NORDFU_SETTINGS_EMPTY,      /* erased flash */
    NORDFU_SETTINGS_INCOMPLETE, /* the beginning of something, but bytes of it are missing */
    NORDFU_SETTINGS_FOREIGN,    /* something else: no known version */
    NORDFU_SETTINGS_DAMAGED,    /* a known version, but the checksum is wrong */
};

struct nordfu_settings_place {
    uint32_t address;
    enum nordfu_family family; /* NORDFU_FAMILY_COUNT = the address is that of no family */
    enum nordfu_settings_state state;
    uint32_t version;               /* as stored: FOREIGN, DAMAGED, VALID */
    uint32_t crc_stored, crc_right; /* over the page's head: DAMAGED, VALID */
};

/* A page that was found. */
struct nordfu_settings_page {
    struct nordfu_settings_place place;
    struct nordfu_settings settings;
    /* Checksum over the boot validations; version 2, otherwise 0. It may be wrong although the
     * page's own is right. */
    uint32_t validation_crc_stored, validation_crc_right;
};

/*
 * Reads a page of `size` bytes: place.state says what it is, the rest of `page` counts if that is
 * NORDFU_SETTINGS_VALID. The address is 0 and of no family. Any bytes may be given.
 */
void nordfu_settings_decode(struct nordfu_settings_page *page, const uint8_t *bytes, size_t size);

/* What a file holds. */
struct nordfu_settings_found {
    /* Places that were looked at for their address: those of the families, or the one asked for. */
    struct nordfu_settings_place looked_at[NORDFU_FAMILY_COUNT];
    size_t looked_at_count;
    bool is_found; /* there is a page, and the following counts: */
    struct nordfu_settings_page page;
    bool is_backup;      /* `page` is the backup of a page that is not valid: looked_at tells why */
    bool has_backup;     /* there is a valid page 0x1000 below `page`, too */
    bool backup_differs; /* ... with other contents */
};

/*
 * Looks for a page in a file: Intel HEX, or by its name (.bin) raw flash from address 0 on. With
 * `address` (NULL = none) it is looked for only there. Otherwise at the families' addresses; then,
 * where one of these holds something that is no valid page, at its backup; then at every multiple
 * of 0x400 and wherever bytes begin after a gap, of which the last one counts. Bytes that the file
 * leaves out in the middle of a page count as erased. A file without a page is no failure
 * (is_found). Errors: NORDFU_ERR_PACKAGE (unreadable, broken), NORDFU_ERR_SYSTEM.
 */
int nordfu_settings_read(struct nordfu_settings_found *found, const char *path,
                         const uint32_t *address, struct nordfu_error *error);

/* What goes into a new page. Strings and bytes are the caller's. */
struct nordfu_settings_recipe {
    uint32_t version; /* 1 or 2 */
    uint32_t app_version, bootloader_version;
    struct nordfu_firmware application; /* raw or Intel HEX; path NULL = none */
    struct nordfu_firmware softdevice;  /* Intel HEX; path NULL = none */
    /* How they are checked at every start; only version 2 can, and only what is there. */
    enum nordfu_validation app_validation, sd_validation;
    const char *key_path; /* PEM private key, needed for NORDFU_VALIDATION_ECDSA, else ignored */
    const char *key_passphrase; /* if the key is encrypted, else NULL */
};

/*
 * Makes the settings of a new device from its images. Signatures are made with the key, and may
 * differ from run to run; everything else is the same for the same inputs. Errors:
 * NORDFU_ERR_USAGE (version, validation without image or key), NORDFU_ERR_PACKAGE (image, key),
 * NORDFU_ERR_SYSTEM.
 */
int nordfu_settings_build(struct nordfu_settings *settings,
                          const struct nordfu_settings_recipe *recipe, struct nordfu_error *error);

/*
 * Writes a page as Intel HEX, for `address` and, unless NULL, for the address of its backup, too.
 * An existing file is replaced when the new one is complete. Errors: NORDFU_ERR_USAGE (pages
 * overlap or don't fit into 32 bits; unknown version), NORDFU_ERR_SYSTEM.
 */
int nordfu_settings_write(const char *path, const struct nordfu_settings *settings,
                          uint32_t address, const uint32_t *backup_address,
                          struct nordfu_error *error);

#endif
