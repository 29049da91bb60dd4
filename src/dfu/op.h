/*
 * SPDX-License-Identifier: MIT
 * The opcodes of Secure DFU: requests to bytes, bytes to responses. No I/O, no policy.
 */
#ifndef NORDFU_DFU_OP_H
#define NORDFU_DFU_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum op_code {
    OP_CREATE = 0x01,
    OP_SET_PRN = 0x02,
    OP_CRC = 0x03,
    OP_EXECUTE = 0x04,
    OP_SELECT = 0x06,
    OP_HARDWARE = 0x0A,
    OP_FIRMWARE = 0x0B,
    OP_ABORT = 0x0C,
    OP_RESPONSE = 0x60, /* first byte of every answer */
};

enum op_object {
    OP_COMMAND = 1, /* the init packet */
    OP_DATA = 2,    /* a piece of the firmware */
};

enum op_result {
    OP_INVALID_CODE = 0x00,
    OP_SUCCESS = 0x01,
    OP_NOT_SUPPORTED = 0x02,
    OP_INVALID_PARAMETER = 0x03,
    OP_NO_RESOURCES = 0x04,
    OP_INVALID_OBJECT = 0x05,
    OP_UNSUPPORTED_TYPE = 0x07,
    OP_NOT_PERMITTED = 0x08,
    OP_FAILED = 0x0A,
    OP_EXTENDED = 0x0B, /* one more byte says what */
};

/* The extended errors that more than a sentence depends on. */
enum op_extended {
    OP_EXTENDED_VERSION = 0x05,    /* not newer than what the device runs */
    OP_EXTENDED_SOFTDEVICE = 0x07, /* not made for the SoftDevice that the device has */
    OP_EXTENDED_PRESENT = 0x0E,    /* the device runs this very image */
};

struct op_request {
    enum op_code code;
    enum op_object object; /* create, select */
    uint32_t size;         /* create: bytes of the object */
    uint16_t prn;          /* set PRN: packets per receipt notification, 0 = none */
    uint8_t index;         /* firmware: 0 = bootloader, then SoftDevice and application */
};

#define OP_REQUEST_MAX  6  /* bytes of the longest request */
#define OP_RESPONSE_MAX 23 /* bytes of the longest response that is understood */

/* Writes the request into `out`; returns its size. */
size_t op_encode(const struct op_request *request, uint8_t out[OP_REQUEST_MAX]);

enum op_firmware_type {
    OP_FIRMWARE_SOFTDEVICE = 0,
    OP_FIRMWARE_APPLICATION = 1,
    OP_FIRMWARE_BOOTLOADER = 2,
    OP_FIRMWARE_NONE = 0xFF, /* nothing has that index */
};

struct op_response {
    uint8_t code;      /* the request that is answered */
    uint8_t result;    /* enum op_result */
    uint8_t extended;  /* with OP_EXTENDED */
    uint32_t max_size; /* select: largest object, bytes */
    uint32_t offset;   /* select, CRC: bytes of all objects so far */
    uint32_t crc;      /* select, CRC: CRC-32 of those bytes */
    /* Hardware and firmware versions. Over BLE many bootloaders answer "success" and tell nothing.
     */
    bool told;
    uint32_t part, rom,
        ram;                /* hardware: number of the chip, e.g. 0x52840; bytes of flash and RAM */
    uint8_t type;           /* firmware: enum op_firmware_type */
    uint32_t version, size; /* firmware: its own number; bytes */
};

enum op_decoded {
    OP_ANSWER,    /* *response is filled in */
    OP_UNRELATED, /* no response, or a response to another request than `expected` */
    OP_MALFORMED, /* claims to be the answer, but its length is wrong */
};

/* Reads an answer to the request `expected`. Any bytes may be given. */
enum op_decoded op_decode(struct op_response *response, enum op_code expected, const void *bytes,
                          size_t size);

/* "Select", "Create", ...; "request" for an unknown one. Never NULL. */
const char *op_name(unsigned code);
/* "operation not permitted", ...; "unknown result" for an unknown one. Never NULL. */
const char *op_result_name(unsigned result);
/* "SoftDevice version", ...; "unknown extended error" for an unknown one. Never NULL. */
const char *op_extended_name(unsigned extended);

#endif
