/* SPDX-License-Identifier: MIT */
#include "sim/smp_crypto.h"

#include <string.h>

#include "base/crypto.h"

static void reverse(uint8_t *out, const uint8_t *in, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = in[size - 1 - i];
}

/* e: AES-128 with everything least significant byte first (2.2.1). */
static bool e(const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    uint8_t k[16], block[16];
    reverse(k, key, 16);
    reverse(block, in, 16);
    bool good = crypto_aes128(k, block, block, NULL) == 0;
    reverse(out, block, 16);
    return good;
}

static void mix(uint8_t block[16], const uint8_t with[16])
{
    for (int i = 0; i < 16; i++)
        block[i] ^= with[i];
}

bool smp_c1(const uint8_t k[16], const uint8_t r[16], const struct smp_confirmed *confirmed,
            uint8_t out[16])
{
    uint8_t p1[16], p2[16] = {0};
    p1[0] = confirmed->initiator.type;
    p1[1] = confirmed->responder.type;
    memcpy(p1 + 2, confirmed->request, 7);
    memcpy(p1 + 9, confirmed->response, 7);
    memcpy(p2, confirmed->responder.bytes, 6);
    memcpy(p2 + 6, confirmed->initiator.bytes, 6);
    mix(p1, r);
    bool good = e(k, p1, out);
    mix(p2, out);
    good = good && e(k, p2, out);
    if (!good)
        memset(out, 0, 16);
    return good;
}

bool smp_s1(const uint8_t k[16], const uint8_t r1[16], const uint8_t r2[16], uint8_t out[16])
{
    uint8_t r[16];
    memcpy(r, r2, 8);
    memcpy(r + 8, r1, 8);
    return e(k, r, out);
}

bool smp_ah(const uint8_t irk[16], const uint8_t prand[3], uint8_t out[3])
{
    uint8_t block[16] = {prand[0], prand[1], prand[2]};
    bool good = e(irk, block, block);
    memcpy(out, block, 3);
    return good;
}

bool smp_resolves(const uint8_t irk[16], const struct smp_address *address)
{
    uint8_t hash[3];
    bool resolvable = address->type == 1 && address->bytes[5] >> 6 == 1;
    return resolvable && smp_ah(irk, address->bytes + 3, hash) &&
           memcmp(hash, address->bytes, 3) == 0;
}
