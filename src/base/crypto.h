/*
 * SPDX-License-Identifier: MIT
 * SHA-256, ECDSA P-256 and AES-128: the primitives, with OpenSSL hidden behind them.
 *
 * Integers are big endian here (X || Y, r || s); the byte orders of the DFU formats are their
 * users' business. Thread-safe as long as no two threads share one object.
 */
#ifndef NORDFU_BASE_CRYPTO_H
#define NORDFU_BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nordfu/error.h"

#define CRYPTO_SHA256_SIZE    32
#define CRYPTO_SIGNATURE_SIZE 64 /* r || s */
#define CRYPTO_PUBLIC_SIZE    64 /* X || Y */
#define CRYPTO_SCALAR_SIZE    32
#define CRYPTO_PEM_MAX        512 /* room for any PEM text written here, with its terminating zero */

/* SHA-256 of `size` bytes. False when memory ran out; `hash` is all zeros then. */
bool crypto_sha256(uint8_t hash[CRYPTO_SHA256_SIZE], const void *data, size_t size);

/* SHA-256 in pieces. */
struct crypto_hash;

/* NULL when memory ran out. */
struct crypto_hash *crypto_hash_new(void);
/* A NULL hash stays quiet until `finish`. */
void crypto_hash_feed(struct crypto_hash *hash, const void *data, size_t size);
/* The hash of everything fed; starts afresh afterwards. False (and zeros) when something failed on
 * the way. */
bool crypto_hash_finish(struct crypto_hash *hash, uint8_t out[CRYPTO_SHA256_SIZE]);
/* Frees and nulls; NULL and *NULL are fine. */
void crypto_hash_free(struct crypto_hash **hash);

/* A P-256 private key. */
struct crypto_key;

/*
 * Reads a private key from PEM text (need not end in a zero): SEC1 or PKCS#8, also after an EC
 * PARAMETERS block. `name` is what an error sentence calls it (a path). Errors: NORDFU_ERR_PACKAGE
 * (no key, only a public one, encrypted, not P-256, damaged). package.md 4.1.
 */
int crypto_key_load(struct crypto_key **out, const char *pem, size_t size, const char *name,
                    struct nordfu_error *error);
/* True if PEM text holds an encrypted private key. */
bool crypto_key_is_encrypted(const char *pem, size_t size);
/* As crypto_key_load, for an encrypted key, too: with its passphrase, or NULL. Errors: also
 * NORDFU_ERR_PACKAGE (another passphrase). */
int crypto_key_unlock(struct crypto_key **out, const char *pem, size_t size, const char *passphrase,
                      const char *name, struct nordfu_error *error);
/* Makes a new key. Errors: NORDFU_ERR_SYSTEM. */
int crypto_key_generate(struct crypto_key **out, struct nordfu_error *error);
/* Wipes, frees and nulls; NULL and *NULL are fine. */
void crypto_key_free(struct crypto_key **key);
/* The public half, X || Y. */
void crypto_key_public(const struct crypto_key *key, uint8_t xy[CRYPTO_PUBLIC_SIZE]);
/* The secret half. The caller wipes `scalar`. Errors: NORDFU_ERR_SYSTEM. */
int crypto_key_scalar(const struct crypto_key *key, uint8_t scalar[CRYPTO_SCALAR_SIZE],
                      struct nordfu_error *error);
/*
 * Writes the key as SEC1 PEM (227 characters and a zero). The caller wipes `pem`. Errors:
 * NORDFU_ERR_SYSTEM.
 */
int crypto_key_encode(const struct crypto_key *key, char pem[CRYPTO_PEM_MAX],
                      struct nordfu_error *error);

/*
 * Reads a public key into X || Y from PEM text: SubjectPublicKeyInfo, or the public half of a
 * private key. Errors and `name` as with crypto_key_load.
 */
int crypto_public_load(uint8_t xy[CRYPTO_PUBLIC_SIZE], const char *pem, size_t size,
                       const char *name, struct nordfu_error *error);
/* Writes X || Y as SubjectPublicKeyInfo PEM (178 characters and a zero). NORDFU_ERR_PACKAGE: no
 * point of the curve. */
int crypto_public_encode(const uint8_t xy[CRYPTO_PUBLIC_SIZE], char pem[CRYPTO_PEM_MAX],
                         struct nordfu_error *error);

/* Signs a SHA-256 digest: equally every time with OpenSSL 3.2 or newer (RFC 6979), else with a
 * random nonce. Errors: NORDFU_ERR_SYSTEM. */
int crypto_sign(const struct crypto_key *key, const uint8_t hash[CRYPTO_SHA256_SIZE],
                uint8_t signature[CRYPTO_SIGNATURE_SIZE], struct nordfu_error *error);
/* True if the signature over the digest was made with the other half of the key. False for anything
 * malformed. */
bool crypto_verify(const uint8_t xy[CRYPTO_PUBLIC_SIZE], const uint8_t hash[CRYPTO_SHA256_SIZE],
                   const uint8_t signature[CRYPTO_SIGNATURE_SIZE]);

#define CRYPTO_AES_SIZE 16 /* bytes of an AES-128 key, and of a block */

/*
 * Encrypts one block with AES-128. All three are in the order of FIPS-197: byte 0 is the most
 * significant one. Bluetooth (Core Vol 3 Part H 2.2.1) writes its numbers that way, too, but
 * transmits and stores them least significant byte first: reverse those before and after. `in` and
 * `out` may be the same. Errors: NORDFU_ERR_SYSTEM; `out` is all zeros then.
 */
int crypto_aes128(const uint8_t key[CRYPTO_AES_SIZE], const uint8_t in[CRYPTO_AES_SIZE],
                  uint8_t out[CRYPTO_AES_SIZE], struct nordfu_error *error);

/* Overwrites a secret in a way that the compiler does not drop. */
void crypto_wipe(void *data, size_t size);

#endif
