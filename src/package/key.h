/* SPDX-License-Identifier: MIT
 * Key files. nordfu_key_generate and nordfu_key_write_public (nordfu/package.h) are here, too. */
#ifndef NORDFU_PACKAGE_KEY_H
#define NORDFU_PACKAGE_KEY_H

#include "base/crypto.h"
#include "nordfu/error.h"

/* Reads a private key from a PEM file; the text is wiped from memory. `passphrase` NULL: only a key
 * that is not encrypted. Errors: NORDFU_ERR_PACKAGE, NORDFU_ERR_SYSTEM. */
int key_load(struct crypto_key **out, const char *path, const char *passphrase,
             struct nordfu_error *error);

/* Reads X || Y from a PEM file with a public or a private key. Errors as above. */
int key_load_public(uint8_t xy[CRYPTO_PUBLIC_SIZE], const char *path, struct nordfu_error *error);

/* X || Y of the key whose private half was published for development. */
const uint8_t *key_published(void);

#endif
