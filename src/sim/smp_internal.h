/*
 * SPDX-License-Identifier: MIT
 * What the files of pairing share: smp.c (dispatch, keys), smp_phase.c (requests, values).
 */
#ifndef NORDFU_SIM_SMP_INTERNAL_H
#define NORDFU_SIM_SMP_INTERNAL_H

#include "sim/smp.h"

enum smp_code {
    SMP_PAIRING_REQUEST = 0x01,
    SMP_PAIRING_RESPONSE = 0x02,
    SMP_PAIRING_CONFIRM = 0x03,
    SMP_PAIRING_RANDOM = 0x04,
    SMP_PAIRING_FAILED = 0x05,
    SMP_ENCRYPTION_INFORMATION = 0x06,
    SMP_CENTRAL_IDENTIFICATION = 0x07,
    SMP_IDENTITY_INFORMATION = 0x08,
    SMP_IDENTITY_ADDRESS = 0x09,
    SMP_SIGNING_INFORMATION = 0x0A,
    SMP_SECURITY_REQUEST = 0x0B,
    SMP_PUBLIC_KEY = 0x0C,
    SMP_KEYPRESS = 0x0E,
};

/* What an end waits for, as bits. */
enum smp_state {
    SMP_IDLE = 0x01,
    SMP_AT_RESPONSE = 0x02,
    SMP_AT_HOST = 0x04, /* smp_go_on or smp_abort */
    SMP_AT_CONFIRM = 0x08,
    SMP_AT_RANDOM = 0x10,
    SMP_AT_ENCRYPTION = 0x20,
    SMP_AT_KEYS = 0x40,
    SMP_DEAD = 0x80,
};

struct smp {
    struct smp_config config;
    struct smp_ops ops;
    void *context;
    struct smp_address initiator, responder;
    enum smp_state state;
    uint64_t now;
    uint64_t deadline;
    uint64_t patient_until;
    /* the pairing under way */
    struct smp_params own, theirs;
    uint8_t own_keys, peer_keys; /* enum smp_key: to be distributed by each */
    uint16_t awaited;            /* PDUs with keys that have not come, by the bit of their code */
    struct smp_confirmed confirmed;
    uint8_t random[16], peer_confirm[16], peer_random[16];
    uint8_t stk[16];
    struct smp_result result;
};

/* smp.c */
void smp_send(struct smp *smp, const uint8_t *pdu, size_t size);
/* Ends the pairing and says why: to the peer, too, unless the peer has said it. */
void smp_fail(struct smp *smp, uint8_t reason);
/* Zeros behind the first `size` bytes: a key of that size. */
void smp_shorten(uint8_t key[16], uint8_t size);

/* smp_phase.c: phases 1 and 2. `pdu` has its right size. */
void smp_on_request(struct smp *smp, const uint8_t *pdu);
void smp_on_response(struct smp *smp, const uint8_t *pdu);
void smp_on_confirm(struct smp *smp, const uint8_t *pdu);
void smp_on_random(struct smp *smp, const uint8_t *pdu);

#endif
