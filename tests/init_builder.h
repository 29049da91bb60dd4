/*
 * SPDX-License-Identifier: MIT
 * A builder of init packets, sound and defective, with its own encoder and the key that signs them.
 */
#ifndef NORDFU_TESTS_INIT_BUILDER_H
#define NORDFU_TESTS_INIT_BUILDER_H

#include "test.h"

#include "base/crypto.h"

static const char bench_pem[] = "-----BEGIN EC PRIVATE KEY-----\n"
                                "MHcCAQEEILxZ9hwWV2AgkdkwyLxaWHWom3MSGDNLXeshiuGmydWroAoGCCqGSM49\n"
                                "AwEHoUQDQgAEVwknNNRos89FiNliGPBCw0tzwGqFYF6zEEvQbLHNryo3BjrZGZmJ\n"
                                "7zPBDVj1qaDPNEnZeev+Kf0ln54LbCbJuQ==\n"
                                "-----END EC PRIVATE KEY-----\n";

/* Its public half, X then Y. */
static const uint8_t bench_public[64] = {
    0x57, 0x09, 0x27, 0x34, 0xD4, 0x68, 0xB3, 0xCF, 0x45, 0x88, 0xD9, 0x62, 0x18, 0xF0, 0x42, 0xC3,
    0x4B, 0x73, 0xC0, 0x6A, 0x85, 0x60, 0x5E, 0xB3, 0x10, 0x4B, 0xD0, 0x6C, 0xB1, 0xCD, 0xAF, 0x2A,
    0x37, 0x06, 0x3A, 0xD9, 0x19, 0x99, 0x89, 0xEF, 0x33, 0xC1, 0x0D, 0x58, 0xF5, 0xA9, 0xA0, 0xCF,
    0x34, 0x49, 0xD9, 0x79, 0xEB, 0xFE, 0x29, 0xFD, 0x25, 0x9F, 0x9E, 0x0B, 0x6C, 0x26, 0xC9, 0xB9,
};

static inline void bench_fill(uint8_t *image, size_t size, unsigned kind)
{
    for (size_t i = 0; i < size; i++)
        image[i] = (uint8_t)(i * 7 + (i >> 8) + kind * 101);
}

enum defect {
    NO_FW = 1,
    NO_HW = 2,
    NO_SD_REQ = 4,
    NO_TYPE = 8,
    NO_SIZE = 16,
    NO_HASH = 32,
    UNSIGNED = 64,
    WRONG_KEY = 128,
    NOT_REVERSED = 256,
    BOTH = 512,
    DEBUG = 1024,
    TRUNCATED = 2048,
    ZERO_SIZE = 4096,
    SD_REQ_ZERO = 8192,
};

/* What an init packet says; members that are 0 stand for what is right on the bench. */
struct recipe {
    unsigned defects; /* enum defect */
    uint32_t fw, hw, sd_req, sd_reqs, type, size, sd_size;
    uint8_t hash_type, hash_size, signature_type, signature_size;
    uint8_t validation; /* boot validation type + 1; 0 = CRC */
};

struct packet {
    uint8_t bytes[512];
    size_t size;
};

static inline void put_raw(struct packet *p, const void *bytes, size_t size)
{
    assert_true(p->size + size <= sizeof(p->bytes));
    memcpy(p->bytes + p->size, bytes, size);
    p->size += size;
}

static inline void put_varint(struct packet *p, uint64_t value)
{
    for (; value > 0x7F; value >>= 7)
        put_raw(p, &(uint8_t){(uint8_t)(value | 0x80)}, 1);
    put_raw(p, &(uint8_t){(uint8_t)value}, 1);
}

static inline void put_number(struct packet *p, uint32_t field, uint32_t value)
{
    put_varint(p, field << 3);
    put_varint(p, value);
}

static inline void put_bytes(struct packet *p, uint32_t field, const void *bytes, size_t size)
{
    put_varint(p, field << 3 | 2);
    put_varint(p, size);
    put_raw(p, bytes, size);
}

static inline void reverse_bytes(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t byte = bytes[i];
        bytes[i] = bytes[size - 1 - i];
        bytes[size - 1 - i] = byte;
    }
}

static inline void build_hash(struct packet *init, const struct recipe *r, const uint8_t *image,
                              size_t size)
{
    uint8_t digest[64] = {0};
    struct packet hash = {.size = 0};
    assert_true(crypto_sha256(digest, image, size));
    reverse_bytes(digest, 32);
    put_number(&hash, 1, r->hash_type ? r->hash_type : 3);
    put_bytes(&hash, 2, digest, r->hash_size ? r->hash_size : 32);
    put_bytes(init, 8, hash.bytes, hash.size);
}

static inline void build_sizes(struct packet *init, const struct recipe *r, size_t size)
{
    uint32_t announced = r->defects & ZERO_SIZE ? 0 : r->size ? r->size : (uint32_t)size;
    static const uint32_t field[] = {7, 5, 6, 6, 7};
    if (r->sd_size)
        put_number(init, 5, r->sd_size);
    if (!(r->defects & NO_SIZE))
        put_number(init, r->type < 5 ? field[r->type] : 7, announced);
}

static inline void build_command(struct packet *init, const struct recipe *r, const uint8_t *image,
                                 size_t size)
{
    struct packet wanted = {.size = 0}, validation = {.size = 0};
    uint32_t softdevice = r->defects & SD_REQ_ZERO ? 0 : r->sd_req ? r->sd_req : 0xCA;
    for (uint32_t i = 0; i < (r->sd_reqs ? r->sd_reqs : 1); i++)
        put_varint(&wanted, softdevice + i);
    if (!(r->defects & NO_FW))
        put_number(init, 1, r->fw ? r->fw : 2);
    if (!(r->defects & NO_HW))
        put_number(init, 2, r->hw ? r->hw : 52);
    if (!(r->defects & NO_SD_REQ))
        put_bytes(init, 3, wanted.bytes, wanted.size);
    if (!(r->defects & NO_TYPE))
        put_number(init, 4, r->type);
    build_sizes(init, r, size);
    if (!(r->defects & NO_HASH))
        build_hash(init, r, image, size);
    put_number(init, 9, r->defects & DEBUG ? 1 : 0);
    put_number(&validation, 1, r->validation ? r->validation - 1u : 1);
    put_bytes(&validation, 2, "", 0);
    put_bytes(init, 10, validation.bytes, validation.size);
}

static inline void build_signature(struct packet *to, const struct recipe *r,
                                   const struct packet *init)
{
    struct crypto_key *key = NULL;
    uint8_t hash[32], signature[CRYPTO_SIGNATURE_SIZE + 1] = {0};
    assert_int_equal(crypto_key_load(&key, bench_pem, strlen(bench_pem), "bench", NULL), 0);
    assert_true(crypto_sha256(hash, init->bytes, init->size));
    /* Something else is signed, which looks like another key's signature. */
    if (r->defects & WRONG_KEY)
        hash[0] ^= 1;
    assert_int_equal(crypto_sign(key, hash, signature, NULL), 0);
    crypto_key_free(&key);
    if (!(r->defects & NOT_REVERSED)) {
        reverse_bytes(signature, 32);
        reverse_bytes(signature + 32, 32);
    }
    put_bytes(to, 3, signature, r->signature_size ? r->signature_size : 64);
}

/* The init packet of an image, as the recipe wants it. */
static inline struct packet build_packet(const struct recipe *r, const uint8_t *image, size_t size)
{
    struct packet init = {.size = 0}, command = {.size = 0}, with = {.size = 0};
    struct packet packet = {.size = 0};
    build_command(&init, r, image, size);
    put_number(&command, 1, 1);
    put_bytes(&command, 2, init.bytes, init.size);
    put_bytes(&with, 1, command.bytes, command.size);
    put_number(&with, 2, r->signature_type);
    build_signature(&with, r, &init);
    if (r->defects & (UNSIGNED | BOTH))
        put_bytes(&packet, 1, command.bytes, command.size);
    if (!(r->defects & UNSIGNED))
        put_bytes(&packet, 2, with.bytes, with.size);
    if (r->defects & TRUNCATED)
        packet.size -= 3;
    return packet;
}

#endif
