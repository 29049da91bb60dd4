/*
 * SPDX-License-Identifier: MIT
 * Phases 1 and 2 of pairing: features, confirm values, the short term key (Core Vol 3 Part H
 * 2.3.5, 3.5).
 */
#include <string.h>

#include "sim/smp_internal.h"

#define KEYS_LEGACY (SMP_KEY_ENC | SMP_KEY_ID | SMP_KEY_SIGN)

/* "Just works" is the temporary key 0. */
static const uint8_t just_works[16];

static void encode(const struct smp_params *params, uint8_t code, uint8_t pdu[7])
{
    const uint8_t bytes[7] = {code,
                              params->io_caps,
                              params->oob,
                              params->auth,
                              params->max_key_size,
                              params->initiator_keys,
                              params->responder_keys};
    memcpy(pdu, bytes, sizeof(bytes));
}

static bool decode(struct smp_params *params, const uint8_t pdu[7])
{
    *params = (struct smp_params){
        .io_caps = pdu[1],
        .oob = pdu[2] == 1,
        .auth = pdu[3],
        .max_key_size = pdu[4],
        .initiator_keys = pdu[5],
        .responder_keys = pdu[6],
    };
    return pdu[1] <= 4 && pdu[2] <= 1 && pdu[4] >= 7 && pdu[4] <= 16;
}

/* Both PDUs are there. Returns 0, or why this end does not want it so. */
static uint8_t agree(struct smp *smp)
{
    uint8_t size = smp->own.max_key_size < smp->theirs.max_key_size ? smp->own.max_key_size
                                                                    : smp->theirs.max_key_size;
    if (size < smp->own.min_key_size)
        return SMP_KEY_SIZE;
    /* Nothing but "just works" comes out of a pairing with this kind of end. */
    if (smp->own.auth & SMP_AUTH_MITM)
        return SMP_AUTH_REQUIREMENTS;
    smp->result.key_size = size;
    smp->result.bonded = (smp->own.auth & smp->theirs.auth & SMP_AUTH_BOND) != 0;
    return 0;
}

static void set_keys(struct smp *smp, const struct smp_params *last)
{
    bool initiator = smp->config.role == SMP_INITIATOR;
    uint8_t a = last->initiator_keys & KEYS_LEGACY, b = last->responder_keys & KEYS_LEGACY;
    smp->own_keys = initiator ? a : b;
    smp->peer_keys = initiator ? b : a;
    smp->awaited = 0;
    if (smp->peer_keys & SMP_KEY_ENC)
        smp->awaited |= 1u << SMP_ENCRYPTION_INFORMATION | 1u << SMP_CENTRAL_IDENTIFICATION;
    if (smp->peer_keys & SMP_KEY_ID)
        smp->awaited |= 1u << SMP_IDENTITY_INFORMATION | 1u << SMP_IDENTITY_ADDRESS;
    if (smp->peer_keys & SMP_KEY_SIGN)
        smp->awaited |= 1u << SMP_SIGNING_INFORMATION;
}

static void begin(struct smp *smp)
{
    smp->result = (struct smp_result){0};
    smp->confirmed.initiator = smp->initiator;
    smp->confirmed.responder = smp->responder;
    smp->deadline = smp->now + SMP_TIMEOUT_US;
    smp->ops.random(smp->context, smp->random, sizeof(smp->random));
}

/* Responder */

/* Whether keys are to be kept at all is for both to say. */
static void limit_keys(struct smp *smp)
{
    bool bond = smp->own.auth & smp->theirs.auth & SMP_AUTH_BOND;
    smp->own.initiator_keys &= bond ? smp->theirs.initiator_keys : 0;
    smp->own.responder_keys &= bond ? smp->theirs.responder_keys : 0;
}

void smp_on_request(struct smp *smp, const uint8_t *pdu)
{
    begin(smp);
    uint8_t reason = smp->now < smp->patient_until ? SMP_REPEATED : 0;
    if (!decode(&smp->theirs, pdu))
        reason = SMP_INVALID_PARAMETERS;
    if (reason == 0)
        reason = smp->ops.accept(smp->context, &smp->theirs, &smp->own);
    if (reason == 0)
        reason = agree(smp);
    if (reason != 0) {
        smp_fail(smp, reason);
        return;
    }
    limit_keys(smp);
    set_keys(smp, &smp->own);
    memcpy(smp->confirmed.request, pdu, 7);
    encode(&smp->own, SMP_PAIRING_RESPONSE, smp->confirmed.response);
    smp->state = SMP_AT_CONFIRM;
    smp_send(smp, smp->confirmed.response, 7);
}

/* Initiator */

void smp_pair(struct smp *smp, const struct smp_params *params, uint64_t now)
{
    smp->now = now;
    if (smp->state != SMP_IDLE)
        return;
    begin(smp);
    smp->own = *params;
    encode(params, SMP_PAIRING_REQUEST, smp->confirmed.request);
    smp->state = SMP_AT_RESPONSE;
    smp_send(smp, smp->confirmed.request, 7);
}

void smp_on_response(struct smp *smp, const uint8_t *pdu)
{
    bool sound = decode(&smp->theirs, pdu) &&
                 !(smp->theirs.initiator_keys & ~smp->own.initiator_keys) &&
                 !(smp->theirs.responder_keys & ~smp->own.responder_keys);
    memcpy(smp->confirmed.response, pdu, 7);
    uint8_t reason = sound ? agree(smp) : SMP_INVALID_PARAMETERS;
    if (reason != 0) {
        smp_fail(smp, reason);
        return;
    }
    set_keys(smp, &smp->theirs);
    smp->state = SMP_AT_HOST;
    smp->ops.answered(smp->context, &smp->theirs);
}

/* Confirm values and random numbers: the initiator's first, then the responder's. */

static void send_value(struct smp *smp, uint8_t code, const uint8_t value[16])
{
    uint8_t pdu[17] = {code};
    memcpy(pdu + 1, value, 16);
    smp_send(smp, pdu, sizeof(pdu));
}

static bool send_confirm(struct smp *smp)
{
    uint8_t confirm[16];
    if (!smp_c1(just_works, smp->random, &smp->confirmed, confirm)) {
        smp_fail(smp, SMP_UNSPECIFIED);
        return false;
    }
    send_value(smp, SMP_PAIRING_CONFIRM, confirm);
    return true;
}

void smp_go_on(struct smp *smp, uint64_t now)
{
    smp->now = now;
    if (smp->state == SMP_AT_HOST && send_confirm(smp))
        smp->state = SMP_AT_CONFIRM;
}

void smp_on_confirm(struct smp *smp, const uint8_t *pdu)
{
    memcpy(smp->peer_confirm, pdu + 1, 16);
    smp->state = SMP_AT_RANDOM;
    if (smp->config.role == SMP_INITIATOR)
        send_value(smp, SMP_PAIRING_RANDOM, smp->random);
    else
        send_confirm(smp);
}

void smp_on_random(struct smp *smp, const uint8_t *pdu)
{
    bool initiator = smp->config.role == SMP_INITIATOR;
    uint8_t confirm[16];
    memcpy(smp->peer_random, pdu + 1, 16);
    if (!smp_c1(just_works, smp->peer_random, &smp->confirmed, confirm) ||
        memcmp(confirm, smp->peer_confirm, 16) != 0 ||
        !smp_s1(just_works, initiator ? smp->peer_random : smp->random,
                initiator ? smp->random : smp->peer_random, smp->stk)) {
        smp_fail(smp, SMP_CONFIRM_FAILED);
        return;
    }
    smp_shorten(smp->stk, smp->result.key_size);
    smp->state = SMP_AT_ENCRYPTION;
    if (initiator)
        smp->ops.encrypt(smp->context, smp->stk, smp->result.key_size);
    else
        send_value(smp, SMP_PAIRING_RANDOM, smp->random);
}
