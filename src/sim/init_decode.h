/*
 * SPDX-License-Identifier: MIT
 * The bootloader's own decoder of init packets, with the limits of the original's. package.md 2.1,
 * dfu-protocol.md D.5.
 */
#ifndef NORDFU_SIM_INIT_DECODE_H
#define NORDFU_SIM_INIT_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INIT_SD_REQ_MAX      16
#define INIT_BYTES_MAX       64
#define INIT_VALIDATIONS_MAX 3

/* Every kind of field begins with `present`: the decoder's tables rely on it. */
struct init_number {
    bool present;
    uint32_t value;
};

struct init_bytes {
    bool present;
    uint8_t size;
    uint8_t data[INIT_BYTES_MAX];
};

struct init_numbers {
    bool present;
    uint32_t count;
    uint32_t values[INIT_SD_REQ_MAX];
};

/* Where a message stood in the packet: a view. */
struct init_span {
    bool present;
    const uint8_t *bytes;
    size_t size;
};

/* A hash (type is a HashType), or a boot validation (type is a ValidationType). */
struct init_typed {
    struct init_span span;
    struct init_number type;
    struct init_bytes bytes;
};

struct init_command {
    struct init_span span; /* the signed bytes */
    struct init_number fw_version, hw_version;
    struct init_numbers sd_req;
    struct init_number type;
    struct init_number sd_size, bl_size, app_size; /* bytes */
    struct init_typed hash;
    struct init_number is_debug;
    uint32_t validations; /* entries of `validation` in use */
    struct init_typed validation[INIT_VALIDATIONS_MAX];
};

struct init_outer {
    struct init_span span;
    struct init_number op_code;
    struct init_command init;
    struct init_span reset;
};

struct init_signed {
    struct init_span span;
    struct init_outer command;
    struct init_number signature_type;
    struct init_bytes signature;
};

struct init_packet {
    struct init_span span;
    struct init_outer command;
    struct init_signed signed_command;
};

enum init_type {
    INIT_APPLICATION = 0,
    INIT_SOFTDEVICE = 1,
    INIT_BOOTLOADER = 2,
    INIT_SOFTDEVICE_BOOTLOADER = 3,
    INIT_EXTERNAL_APPLICATION = 4,
};

/* Decodes `size` bytes; views point into them. False if the original can't decode them: malformed,
 * a limit exceeded, a required field missing, or not exactly one of a signed and an unsigned
 * command. */
bool init_decode(struct init_packet *packet, const uint8_t *bytes, size_t size);

/* The command inside, signed or not, of a packet that init_decode accepted. */
const struct init_outer *init_inner(const struct init_packet *packet);

/* Bytes of the image that the init command announces; 0 if its type's sizes are missing, zero or
 * too large for 32 bits. */
uint32_t init_image_size(const struct init_command *init);

#endif
