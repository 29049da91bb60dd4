/*
 * SPDX-License-Identifier: MIT
 * An image: what a package hands to a transfer. Views only; the package owns the bytes.
 */
#ifndef NORDFU_IMAGE_H
#define NORDFU_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Values are those of FwType in the init packet. */
enum nordfu_image_type {
    NORDFU_IMAGE_APPLICATION = 0,
    NORDFU_IMAGE_SOFTDEVICE = 1,
    NORDFU_IMAGE_BOOTLOADER = 2,
    NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER = 3,
    NORDFU_IMAGE_EXTERNAL_APPLICATION = 4,
};

/* Largest init packet that a bootloader takes, bytes, and the array limits of its decoder. */
#define NORDFU_MAX_INIT_PACKET     512
#define NORDFU_MAX_SD_REQ          16
#define NORDFU_MAX_BOOT_VALIDATION 3

/* How the bootloader checks an image at every start. Values are those of ValidationType in the init
 * packet. */
enum nordfu_validation {
    NORDFU_VALIDATION_NONE = 0,
    NORDFU_VALIDATION_CRC = 1, /* computed by the bootloader */
    NORDFU_VALIDATION_SHA256 = 2,
    NORDFU_VALIDATION_ECDSA = 3, /* bytes hold a signature over the image */
};

struct nordfu_boot_validation {
    enum nordfu_validation type;
    uint8_t size; /* bytes: 64 with ECDSA, usually 0 otherwise */
    uint8_t bytes[64];
};

/* The fields of an init packet that a person or a check may want; absent fields have their has_
 * flag false. */
struct nordfu_init_packet {
    enum nordfu_image_type type;
    bool is_signed;
    bool is_debug;
    bool has_fw_version;
    bool has_hw_version;
    uint32_t fw_version;
    uint32_t hw_version;
    uint32_t sd_req[NORDFU_MAX_SD_REQ]; /* SoftDevice FWIDs that the image accepts */
    size_t sd_req_count;
    uint32_t sd_size, bl_size, app_size; /* bytes */
    bool has_hash;                       /* of type SHA-256 and as long as that */
    uint8_t hash[32];                    /* SHA-256 of the firmware in normal byte order */
    struct nordfu_boot_validation boot_validation[NORDFU_MAX_BOOT_VALIDATION];
    size_t boot_validation_count;
    uint8_t hash_type;      /* as decoded: 0 none, 1 CRC, 2 SHA-128, 3 SHA-256, 4 SHA-512 */
    uint8_t signature_type; /* 0 = ECDSA P-256 with SHA-256 */
    uint8_t signature[64];  /* as on the wire: r and s, each little endian */
};

struct nordfu_image {
    struct nordfu_init_packet init;
    const uint8_t *init_bytes; /* the encoded init packet, sent as it is */
    size_t init_size;
    const uint8_t *firmware;
    size_t firmware_size;
};

/* "application", "SoftDevice", ... as a word for sentences; "unknown image" for other values; never
 * NULL. */
const char *nordfu_image_type_name(enum nordfu_image_type type);

#endif
