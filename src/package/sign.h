/* SPDX-License-Identifier: MIT
 * Signatures of init packets: ECDSA P-256 over the serialised InitCommand, r and s each little
 * endian. package.md 2.3. */
#ifndef NORDFU_PACKAGE_SIGN_H
#define NORDFU_PACKAGE_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crypto.h"
#include "nordfu/error.h"
#include "nordfu/image.h"

/* The signature over `bytes` as it stands in packages, as boot validation, too. Errors:
 * NORDFU_ERR_SYSTEM. */
int sign_bytes(uint8_t signature[CRYPTO_SIGNATURE_SIZE], const void *bytes, size_t size,
               const struct crypto_key *key, struct nordfu_error *error);

/* Signs the packet as it is: sets is_signed, signature_type and signature. Errors:
 * NORDFU_ERR_USAGE, NORDFU_ERR_SYSTEM. */
int sign_init_packet(struct nordfu_init_packet *packet, const struct crypto_key *key,
                     struct nordfu_error *error);

/* True if `packet`, decoded from `bytes`, bears a signature that the public key X || Y confirms
 * over those very bytes. */
bool sign_verify(const struct nordfu_init_packet *packet, const uint8_t *bytes, size_t size,
                 const uint8_t xy[CRYPTO_PUBLIC_SIZE]);

#endif
