/* SPDX-License-Identifier: MIT */
#include "package/sign.h"

#include "package/init_packet.h"

/* SignatureType of the init packet. */
#define ECDSA_P256_SHA256 0

/* r || s with the byte order of each half turned around. */
static void swap_halves(uint8_t out[CRYPTO_SIGNATURE_SIZE], const uint8_t in[CRYPTO_SIGNATURE_SIZE])
{
    const size_t half = CRYPTO_SIGNATURE_SIZE / 2;
    for (size_t i = 0; i < half; i++) {
        out[i] = in[half - 1 - i];
        out[half + i] = in[2 * half - 1 - i];
    }
}

int sign_bytes(uint8_t signature[CRYPTO_SIGNATURE_SIZE], const void *bytes, size_t size,
               const struct crypto_key *key, struct nordfu_error *error)
{
    uint8_t hash[CRYPTO_SHA256_SIZE], numbers[CRYPTO_SIGNATURE_SIZE];
    if (!crypto_sha256(hash, bytes, size))
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    int rc = crypto_sign(key, hash, numbers, error);
    if (rc == 0)
        swap_halves(signature, numbers);
    return rc;
}

int sign_init_packet(struct nordfu_init_packet *packet, const struct crypto_key *key,
                     struct nordfu_error *error)
{
    uint8_t command[NORDFU_MAX_INIT_PACKET];
    size_t size = 0;
    int rc = init_packet_encode_command(packet, command, &size, error);
    if (rc == 0)
        rc = sign_bytes(packet->signature, command, size, key, error);
    if (rc != 0)
        return rc;
    packet->signature_type = ECDSA_P256_SHA256;
    packet->is_signed = true;
    return 0;
}

bool sign_verify(const struct nordfu_init_packet *packet, const uint8_t *bytes, size_t size,
                 const uint8_t xy[CRYPTO_PUBLIC_SIZE])
{
    uint8_t hash[CRYPTO_SHA256_SIZE], signature[CRYPTO_SIGNATURE_SIZE];
    const uint8_t *command = NULL;
    size_t command_size = 0;
    if (!packet->is_signed || packet->signature_type != ECDSA_P256_SHA256 ||
        init_packet_find_command(bytes, size, &command, &command_size) != 0 ||
        !crypto_sha256(hash, command, command_size))
        return false;
    swap_halves(signature, packet->signature);
    return crypto_verify(xy, hash, signature);
}
