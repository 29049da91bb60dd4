/*
 * SPDX-License-Identifier: MIT
 * The functions of LE legacy pairing and of private addresses (Core Vol 3 Part H 2.2).
 *
 * All numbers are in the order of the air here: least significant byte first. Each returns false,
 * with zeros in `out`, if the computer's AES can't be used.
 */
#ifndef NORDFU_SIM_SMP_CRYPTO_H
#define NORDFU_SIM_SMP_CRYPTO_H

#include <stdbool.h>
#include <stdint.h>

struct smp_address {
    uint8_t type;     /* 0 public, 1 random */
    uint8_t bytes[6]; /* least significant first */
};

/* What both confirm values are made over: the two PDUs (code included) and addresses of a pairing.
 */
struct smp_confirmed {
    uint8_t request[7], response[7];
    struct smp_address initiator, responder;
};

/* c1: the confirm value of the random number `r` under the temporary key `k` (2.2.3). */
bool smp_c1(const uint8_t k[16], const uint8_t r[16], const struct smp_confirmed *confirmed,
            uint8_t out[16]);
/* s1: the short term key; `r1` is the responder's random number, `r2` the initiator's (2.2.4). */
bool smp_s1(const uint8_t k[16], const uint8_t r1[16], const uint8_t r2[16], uint8_t out[16]);
/* ah: the hash in a resolvable private address (2.2.2). */
bool smp_ah(const uint8_t irk[16], const uint8_t prand[3], uint8_t out[3]);
/* Whether the address is a resolvable private one that was made with this key. */
bool smp_resolves(const uint8_t irk[16], const struct smp_address *address);

#endif
