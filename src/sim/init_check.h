/*
 * SPDX-License-Identifier: MIT
 * May this image be installed here? The original's checks in the original's order, with its
 * answers. dfu-protocol.md D.5.
 */
#ifndef NORDFU_SIM_INIT_CHECK_H
#define NORDFU_SIM_INIT_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/init_decode.h"

#define INIT_HASH_SHA256 3

/* Results of the control point. */
enum dfu_result {
    RESULT_SUCCESS = 0x01,
    RESULT_UNSUPPORTED_OP = 0x02,
    RESULT_PARAMETER = 0x03,
    RESULT_RESOURCES = 0x04,
    RESULT_OBJECT = 0x05,
    RESULT_NOT_PERMITTED = 0x08,
    RESULT_FAILED = 0x0A,
    RESULT_EXTENDED = 0x0B,
};

/* What follows RESULT_EXTENDED. */
enum dfu_extended {
    EXTENDED_NONE = 0x00,
    EXTENDED_UNKNOWN_COMMAND = 0x03,
    EXTENDED_INIT_INVALID = 0x04,
    EXTENDED_FW_VERSION = 0x05,
    EXTENDED_HW_VERSION = 0x06,
    EXTENDED_SD_VERSION = 0x07,
    EXTENDED_SIGNATURE_MISSING = 0x08,
    EXTENDED_HASH_TYPE = 0x09,
    EXTENDED_SIGNATURE_TYPE = 0x0B,
    EXTENDED_VERIFICATION = 0x0C,
};

/* An answer, and one word about it for the event log. */
struct init_verdict {
    enum dfu_result result;
    enum dfu_extended extended;
    const char *why;
};

/* What the device is and asks for. */
struct init_rules {
    uint32_t sdk;      /* 17: whose checks these are */
    bool external_app; /* external applications are welcome (SDK 15.3 on) */
    bool check_signature;
    const uint8_t *public_key; /* X then Y, big endian */
    bool is_debug;
    uint32_t hw_version;
    uint32_t softdevice; /* FWID, 0 = none */
    uint32_t app_version, bootloader_version;
};

/* Everything but space. SDK 15 and newer: signature, type, hash type, hw version, sd_req, version,
 * size. Older ones: hw version, sd_req, type and version, signature, size; they want every packet
 * signed, and SDK 12 has no extended errors: it says 0A instead. */
struct init_verdict init_check(const struct init_packet *packet, const struct init_rules *rules);

/* True if `signature` (r then s, each least significant byte first) signs the bytes. */
bool init_signature_fits(const uint8_t *public_key, const uint8_t *signature, const void *bytes,
                         uint32_t size);

#endif
