/*
 * SPDX-License-Identifier: MIT
 * Pairing: which PDU is taken when, the distribution of keys (Core Vol 3 Part H 2.4, 3.6), and how
 * it ends.
 */
#include "sim/smp.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "sim/smp_internal.h"

struct smp *smp_new(const struct smp_config *config, const struct smp_ops *ops, void *context)
{
    struct smp *smp = calloc(1, sizeof(*smp));
    if (smp == NULL)
        return NULL;
    smp->config = *config;
    smp->ops = *ops;
    smp->context = context;
    smp->state = SMP_IDLE;
    smp->deadline = UINT64_MAX;
    return smp;
}

void smp_free(struct smp **smp)
{
    free(*smp);
    *smp = NULL;
}

static void settle(struct smp *smp, enum smp_state state)
{
    smp->state = state;
    smp->deadline = UINT64_MAX;
    smp->awaited = 0;
}

void smp_link(struct smp *smp, const struct smp_address *initiator,
              const struct smp_address *responder)
{
    settle(smp, SMP_IDLE);
    smp->initiator = *initiator;
    smp->responder = *responder;
}

bool smp_is_busy(const struct smp *smp)
{
    return smp->state != SMP_IDLE && smp->state != SMP_DEAD;
}

bool smp_is_dead(const struct smp *smp)
{
    return smp->state == SMP_DEAD;
}

uint64_t smp_deadline(const struct smp *smp)
{
    return smp->deadline;
}

/* Each PDU sent begins the time anew (3.4). */
void smp_send(struct smp *smp, const uint8_t *pdu, size_t size)
{
    if (smp_is_busy(smp))
        smp->deadline = smp->now + SMP_TIMEOUT_US;
    smp->ops.send(smp->context, pdu, size);
}

void smp_shorten(uint8_t key[16], uint8_t size)
{
    if (size < 16)
        memset(key + size, 0, 16u - size);
}

/* How it ends */

static void end(struct smp *smp, uint8_t status, bool by_peer)
{
    struct smp_result result = smp->result;
    result.status = status;
    result.by_peer = by_peer;
    if (status != SMP_SUCCESS) {
        result.bonded = false;
        result.own = result.peer = (struct smp_keys){0};
    }
    if (status != SMP_SUCCESS && status != SMP_REPEATED)
        smp->patient_until = smp->now + smp->config.patience_us;
    settle(smp, status == SMP_TIMED_OUT ? SMP_DEAD : SMP_IDLE);
    if (smp->ops.over != NULL)
        smp->ops.over(smp->context, &result);
}

static void send_failed(struct smp *smp, uint8_t reason)
{
    const uint8_t pdu[2] = {SMP_PAIRING_FAILED, reason};
    smp->ops.send(smp->context, pdu, sizeof(pdu));
}

void smp_fail(struct smp *smp, uint8_t reason)
{
    send_failed(smp, reason);
    end(smp, reason, false);
}

/* The PDU is wrong: so is the pairing, if there is one. */
static void object(struct smp *smp, uint8_t reason)
{
    if (smp_is_busy(smp))
        smp_fail(smp, reason);
    else
        send_failed(smp, reason);
}

void smp_abort(struct smp *smp, uint8_t reason, uint64_t now)
{
    smp->now = now;
    if (smp_is_busy(smp))
        smp_fail(smp, reason);
}

void smp_poll(struct smp *smp, uint64_t now)
{
    smp->now = now;
    if (now >= smp->deadline)
        end(smp, SMP_TIMED_OUT, false);
}

static void failed(struct smp *smp, const uint8_t *pdu)
{
    end(smp, pdu[1] != 0 ? pdu[1] : SMP_UNSPECIFIED, true);
}

/* Keys of this end */

static void make_keys(struct smp *smp, struct smp_keys *keys)
{
    uint8_t ediv[2];
    *keys = (struct smp_keys){.which = smp->own_keys, .key_size = smp->result.key_size};
    smp->ops.random(smp->context, keys->ltk, sizeof(keys->ltk));
    smp_shorten(keys->ltk, keys->key_size);
    smp->ops.random(smp->context, keys->rand, sizeof(keys->rand));
    smp->ops.random(smp->context, ediv, sizeof(ediv));
    keys->ediv = (uint16_t)(ediv[0] | ediv[1] << 8 | 1); /* 0 is the pairing's own key */
    smp->ops.random(smp->context, keys->csrk, sizeof(keys->csrk));
    smp->ops.identity(smp->context, keys->irk, &keys->identity);
}

static void send_bytes(struct smp *smp, uint8_t code, const void *a, size_t a_size, const void *b,
                       size_t b_size)
{
    uint8_t pdu[17];
    struct bytes_writer w;
    bytes_writer_init(&w, pdu, sizeof(pdu));
    bytes_put_u8(&w, code);
    bytes_put(&w, a, a_size);
    bytes_put(&w, b, b_size);
    smp_send(smp, pdu, w.at);
}

static void distribute(struct smp *smp)
{
    struct smp_keys *keys = &smp->result.own;
    if (smp->own_keys == 0)
        return;
    make_keys(smp, keys);
    const uint8_t ediv[2] = {(uint8_t)keys->ediv, (uint8_t)(keys->ediv >> 8)};
    if (keys->which & SMP_KEY_ENC) {
        send_bytes(smp, SMP_ENCRYPTION_INFORMATION, keys->ltk, 16, NULL, 0);
        send_bytes(smp, SMP_CENTRAL_IDENTIFICATION, ediv, 2, keys->rand, 8);
    }
    if (keys->which & SMP_KEY_ID) {
        send_bytes(smp, SMP_IDENTITY_INFORMATION, keys->irk, 16, NULL, 0);
        send_bytes(smp, SMP_IDENTITY_ADDRESS, &keys->identity.type, 1, keys->identity.bytes, 6);
    }
    if (keys->which & SMP_KEY_SIGN)
        send_bytes(smp, SMP_SIGNING_INFORMATION, keys->csrk, 16, NULL, 0);
}

/* The responder's keys go first, then the initiator's. */
static void keys_taken(struct smp *smp)
{
    if (smp->awaited != 0)
        return;
    if (smp->config.role == SMP_INITIATOR)
        distribute(smp);
    end(smp, SMP_SUCCESS, false);
}

void smp_encrypted(struct smp *smp, uint64_t now)
{
    smp->now = now;
    if (smp->state != SMP_AT_ENCRYPTION)
        return;
    smp->state = SMP_AT_KEYS;
    if (smp->config.role == SMP_RESPONDER)
        distribute(smp);
    keys_taken(smp);
}

bool smp_key(const struct smp *smp, uint16_t ediv, const uint8_t rand[8], uint8_t key[16])
{
    static const uint8_t none[8];
    bool meant = smp->state == SMP_AT_ENCRYPTION && ediv == 0 && memcmp(rand, none, 8) == 0;
    if (meant)
        memcpy(key, smp->stk, 16);
    return meant;
}

/* Keys of the peer: each PDU once, and in the order of their codes. */
static void key_arrived(struct smp *smp, const uint8_t *pdu)
{
    struct smp_keys *keys = &smp->result.peer;
    uint16_t bit = (uint16_t)(1u << pdu[0]);
    if (!(smp->awaited & bit) || (smp->awaited & (bit - 1u))) {
        smp_fail(smp, SMP_UNSPECIFIED);
        return;
    }
    smp->awaited &= (uint16_t)~bit;
    keys->which = smp->peer_keys;
    keys->key_size = smp->result.key_size;
    if (pdu[0] == SMP_ENCRYPTION_INFORMATION) {
        memcpy(keys->ltk, pdu + 1, 16);
    } else if (pdu[0] == SMP_CENTRAL_IDENTIFICATION) {
        keys->ediv = (uint16_t)(pdu[1] | pdu[2] << 8);
        memcpy(keys->rand, pdu + 3, 8);
    } else if (pdu[0] == SMP_IDENTITY_INFORMATION) {
        memcpy(keys->irk, pdu + 1, 16);
    } else if (pdu[0] == SMP_IDENTITY_ADDRESS) {
        keys->identity.type = pdu[1];
        memcpy(keys->identity.bytes, pdu + 2, 6);
    } else {
        memcpy(keys->csrk, pdu + 1, 16);
    }
    keys_taken(smp);
}

/* Security requests */

void smp_ask(struct smp *smp, uint8_t auth)
{
    const uint8_t pdu[2] = {SMP_SECURITY_REQUEST, auth};
    if (smp->state == SMP_IDLE)
        smp->ops.send(smp->context, pdu, sizeof(pdu));
}

/* While a pairing is under way it is answered already (2.4.6). */
static void asked(struct smp *smp, const uint8_t *pdu)
{
    if (smp->state == SMP_IDLE && smp->ops.asked != NULL)
        smp->ops.asked(smp->context, pdu[1]);
}

/* What arrives */

#define ANY_STATE 0xFFu
#define BUSY      (ANY_STATE & ~(unsigned)SMP_IDLE)
#define BOTH      (1u << SMP_INITIATOR | 1u << SMP_RESPONDER)

static const struct handler {
    uint8_t code, size;
    uint8_t roles;  /* that receive it, by bit */
    uint8_t states; /* in which it is due */
    void (*handle)(struct smp *smp, const uint8_t *pdu);
} handlers[] = {
    {SMP_PAIRING_REQUEST, 7, 1u << SMP_RESPONDER, SMP_IDLE, smp_on_request},
    {SMP_PAIRING_RESPONSE, 7, 1u << SMP_INITIATOR, SMP_AT_RESPONSE, smp_on_response},
    {SMP_PAIRING_CONFIRM, 17, BOTH, SMP_AT_CONFIRM, smp_on_confirm},
    {SMP_PAIRING_RANDOM, 17, BOTH, SMP_AT_RANDOM, smp_on_random},
    {SMP_PAIRING_FAILED, 2, BOTH, BUSY, failed},
    {SMP_ENCRYPTION_INFORMATION, 17, BOTH, SMP_AT_KEYS, key_arrived},
    {SMP_CENTRAL_IDENTIFICATION, 11, BOTH, SMP_AT_KEYS, key_arrived},
    {SMP_IDENTITY_INFORMATION, 17, BOTH, SMP_AT_KEYS, key_arrived},
    {SMP_IDENTITY_ADDRESS, 8, BOTH, SMP_AT_KEYS, key_arrived},
    {SMP_SIGNING_INFORMATION, 17, BOTH, SMP_AT_KEYS, key_arrived},
    {SMP_SECURITY_REQUEST, 2, 1u << SMP_INITIATOR, ANY_STATE, asked},
};

/* What belongs to nothing that this end does. */
static void unwanted(struct smp *smp, uint8_t code)
{
    bool reserved = code == 0 || code > SMP_KEYPRESS;
    if (!reserved)
        object(smp, SMP_COMMAND_NOT_SUPPORTED);
}

void smp_receive(struct smp *smp, const uint8_t *pdu, size_t size, uint64_t now)
{
    const struct handler *h = handlers;
    const struct handler *last = handlers + sizeof(handlers) / sizeof(handlers[0]);
    smp->now = now;
    if (size == 0 || smp->state == SMP_DEAD)
        return;
    while (h != last && h->code != pdu[0])
        h++;
    if (h == last || !(h->roles & 1u << smp->config.role))
        unwanted(smp, pdu[0]);
    else if (size == h->size && (h->states & smp->state))
        h->handle(smp, pdu);
    else if (pdu[0] != SMP_PAIRING_FAILED)
        object(smp, size != h->size ? SMP_INVALID_PARAMETERS : SMP_UNSPECIFIED);
}
