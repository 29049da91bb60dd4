/*
 * SPDX-License-Identifier: MIT
 * The packets of the three-wire ("H5") transport as connectivity firmware uses it: header, payload,
 * CRC. SLIP is not done here. Byte layout: connectivity-wire section 3.
 */
#ifndef NORDFU_DONGLE_H5_H
#define NORDFU_DONGLE_H5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H5_HEADER_SIZE 4
#define H5_CRC_SIZE    2
/* The largest payload any firmware takes (v3, v5, v6; v2 takes 384 bytes). Packet type byte
 * included. */
#define H5_PAYLOAD_MAX 768
/* The largest packet between two SLIP delimiters, before escaping. */
#define H5_PACKET_MAX (H5_HEADER_SIZE + H5_PAYLOAD_MAX + H5_CRC_SIZE)

/* Packet types. No others occur. */
enum h5_type {
    H5_ACK = 0,
    H5_RESET = 5,
    H5_DATA = 14,
    H5_LINK = 15, /* link control: SYNC, CONFIG and their responses */
};

struct h5_packet {
    uint8_t seq; /* 0..7 */
    uint8_t ack; /* 0..7, the next number expected from the other side */
    bool crc_present;
    bool reliable;
    uint8_t type; /* 0..15, see enum h5_type */
    const uint8_t *payload;
    size_t size; /* of the payload, 0..4095 on the wire */
};

/* What is wrong with a packet; the first check that fails, in this order. */
enum h5_defect {
    H5_OK,
    H5_TOO_SHORT,       /* less than a header */
    H5_HEADER_CHECKSUM, /* the header bytes do not add up to 0 */
    H5_LENGTH,          /* not as many bytes as the header says */
    H5_CRC,
};

/* "ok", "too_short", "header_checksum", "length", "crc"; "unknown" for any other value. */
const char *h5_defect_name(enum h5_defect defect);

/*
 * Writes the packet's bytes as they stand between the SLIP delimiters, checksum and (if
 * crc_present) CRC computed. Returns their count, or 0 when a number is out of range, the payload
 * exceeds 4095 bytes, or `capacity` is too small.
 */
size_t h5_encode(const struct h5_packet *packet, uint8_t *out, size_t capacity);

/*
 * Takes one unescaped frame apart. packet->payload points into `bytes`. *packet is only filled in
 * for H5_OK. Any type and any combination of flags passes: what they are worth is the session's
 * business.
 */
enum h5_defect h5_decode(const void *bytes, size_t size, struct h5_packet *packet);

#endif
