/*
 * SPDX-License-Identifier: MIT
 * Zigbee: the production configuration, which gives a device what is its own (address, install
 * code, ...) at a place in flash where the stack looks for it; and updates over Zigbee.
 */
#ifndef NORDFU_ZIGBEE_H
#define NORDFU_ZIGBEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nordfu/error.h"
#include "nordfu/package.h"

#define NORDFU_ZIGBEE_INSTALL_CODE 16u  /* bytes */
#define NORDFU_ZIGBEE_APP_DATA_MAX 74u  /* bytes */
#define NORDFU_ZIGBEE_CONFIG_MAX   132u /* bytes of a configuration in flash */
/* Where the nRF5 SDK for Thread and Zigbee 3.x has it on an nRF52840; 4.x: 0xFF000 there, 0x7F000
 * on an nRF52833. */
#define NORDFU_ZIGBEE_CONFIG_ADDRESS 0xFC000u

struct nordfu_zigbee_config {
    uint32_t channel_mask;
    uint64_t extended_address;
    uint8_t tx_power; /* the same on all channels */
    bool has_install_code;
    uint8_t install_code[NORDFU_ZIGBEE_INSTALL_CODE];
    uint8_t app_data[NORDFU_ZIGBEE_APP_DATA_MAX];
    size_t app_data_size;
};

/*
 * Reads a configuration from the text of a YAML file of that name: a mapping with any of the
 * members channel_mask, extended_address, install_code, tx_power and app_data; others are ignored.
 * What is missing has its default: all channels, and zeros. The caller wipes `config` where the
 * install code is a secret. Errors: NORDFU_ERR_USAGE (no such YAML, or not of the right types and
 * sizes), NORDFU_ERR_PACKAGE (a channel mask or an address that is too large), NORDFU_ERR_SYSTEM
 * (memory). package.md 6.2.
 */
int nordfu_zigbee_config_decode(struct nordfu_zigbee_config *config, const void *text, size_t size,
                                const char *path, struct nordfu_error *error);

/* The same from the file `path`. Errors: also NORDFU_ERR_PACKAGE (the file can't be read). */
int nordfu_zigbee_config_read(struct nordfu_zigbee_config *config, const char *path,
                              struct nordfu_error *error);

/* Writes a configuration as it is in flash. Returns its size, or 0 if app_data_size is too large.
 * package.md 6.3. */
size_t nordfu_zigbee_config_encode(const struct nordfu_zigbee_config *config,
                                   uint8_t bytes[NORDFU_ZIGBEE_CONFIG_MAX]);

/*
 * Writes a configuration for `address` as Intel HEX. An existing file is replaced when the new one
 * is complete. Errors: NORDFU_ERR_USAGE (it ends beyond 32 bits; too much app_data),
 * NORDFU_ERR_SYSTEM.
 */
int nordfu_zigbee_config_write(const char *path, const struct nordfu_zigbee_config *config,
                               uint32_t address, struct nordfu_error *error);

#define NORDFU_ZIGBEE_COMMENT_MAX 30u
#define NORDFU_ZIGBEE_OTA_NAME    64u /* bytes, with the zero at the end */

/* What an OTA file says to Zigbee devices, and the package around it to the device that hands it
 * out. */
struct nordfu_zigbee_ota {
    uint16_t manufacturer;                       /* 0xFFFF = any */
    uint16_t image_type;                         /* 0xFFFF = any */
    char comment[NORDFU_ZIGBEE_COMMENT_MAX + 1]; /* printable ASCII, no slash; part of the name */
    bool has_hw_range;
    uint16_t min_hw, max_hw; /* if has_hw_range: devices for which it is */
    uint32_t hw_version;     /* of the device that hands it out */
    uint32_t fw_version;     /* that of the package for that device, usually 0 */
};

/* What the OTA file of an image is called by custom. */
void nordfu_zigbee_ota_name(char name[NORDFU_ZIGBEE_OTA_NAME], const struct nordfu_zigbee_ota *ota,
                            const struct nordfu_package_recipe *recipe);

/*
 * Writes an OTA file with the one image of `recipe` (is_external does not count) to `ota_path`, and
 * to `path` a package with that as external application, for the device from which other devices
 * get it. Its image is named by nordfu_zigbee_ota_name. Errors: NORDFU_ERR_USAGE (comment, not
 * exactly one image, recipe, or paths of the same or an input file), otherwise as of
 * nordfu_package_write. package.md 6.1.
 */
int nordfu_zigbee_package_write(const char *path, const char *ota_path,
                                const struct nordfu_package_recipe *recipe,
                                const struct nordfu_zigbee_ota *ota, struct nordfu_error *error);

#endif
