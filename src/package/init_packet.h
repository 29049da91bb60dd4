/*
 * SPDX-License-Identifier: MIT
 * The secure init packet: struct nordfu_init_packet <-> the bytes of a .dat file. No I/O.
 * package.md 2.1 to 2.3.
 */
#ifndef NORDFU_PACKAGE_INIT_PACKET_H
#define NORDFU_PACKAGE_INIT_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "nordfu/error.h"
#include "nordfu/image.h"

/*
 * Decodes the bytes of a .dat file; `name` is what error sentences call it. Fields that are absent
 * read as 0 or false. Errors: NORDFU_ERR_PACKAGE (longer than NORDFU_MAX_INIT_PACKET, not
 * decodable, lists or bytes longer than a bootloader's decoder takes, both or none of a signed and
 * an unsigned command, no init command, no or an unknown type, a signature that is not 64 bytes).
 */
int init_packet_decode(struct nordfu_init_packet *packet, const void *bytes, size_t size,
                       const char *name, struct nordfu_error *error);

/*
 * The view of the InitCommand inside an init packet: the bytes that its signature covers.
 * NORDFU_ERR_PACKAGE without a sentence if there are none (init_packet_decode says why).
 */
int init_packet_find_command(const uint8_t *bytes, size_t size, const uint8_t **command,
                             size_t *command_size);

/*
 * Writes the serialised InitCommand alone, all ten fields (versions and hash only where their has_
 * flag is set), sd_req in the given order. Errors: NORDFU_ERR_USAGE (counts out of range),
 * NORDFU_ERR_SYSTEM.
 */
int init_packet_encode_command(const struct nordfu_init_packet *packet,
                               uint8_t out[NORDFU_MAX_INIT_PACKET], size_t *size,
                               struct nordfu_error *error);

/* Writes the whole packet, with packet->signature if packet->is_signed. Errors as above. */
int init_packet_encode(const struct nordfu_init_packet *packet, uint8_t out[NORDFU_MAX_INIT_PACKET],
                       size_t *size, struct nordfu_error *error);

#endif
