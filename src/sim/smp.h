/*
 * SPDX-License-Identifier: MIT
 * Pairing: one end of the Security Manager Protocol (Core Vol 3 Part H), as LE legacy pairing with
 * "just works", responder or initiator.
 *
 * It knows no radio: the PDUs of L2CAP channel 6 are handed in and come out through `send`, the
 * link is encrypted by whoever owns it. So the same end runs on the simulated air and on a real
 * controller. It reads no clock: `now` is handed in, and smp_deadline says when to poll.
 *
 * An end of this kind has no screen, no keys and no other channel, and no secure connections.
 */
#ifndef NORDFU_SIM_SMP_H
#define NORDFU_SIM_SMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/smp_crypto.h"

struct smp;

enum smp_role {
    SMP_INITIATOR, /* the central */
    SMP_RESPONDER, /* the peripheral */
};

/* Bits of key distribution. */
enum smp_key {
    SMP_KEY_ENC = 0x01,  /* LTK, EDIV, RAND */
    SMP_KEY_ID = 0x02,   /* IRK, identity address */
    SMP_KEY_SIGN = 0x04, /* CSRK */
};

/* Bits of AuthReq (3.5.1). */
enum smp_auth {
    SMP_AUTH_BOND = 0x01,
    SMP_AUTH_MITM = 0x04,
    SMP_AUTH_SC = 0x08,
    SMP_AUTH_KEYPRESS = 0x10,
};

/* Reasons of Pairing Failed (3.5.5), and one for an end that does not hear any. */
enum smp_status {
    SMP_SUCCESS = 0x00,
    SMP_AUTH_REQUIREMENTS = 0x03,
    SMP_CONFIRM_FAILED = 0x04,
    SMP_NOT_SUPPORTED = 0x05,
    SMP_KEY_SIZE = 0x06,
    SMP_COMMAND_NOT_SUPPORTED = 0x07,
    SMP_UNSPECIFIED = 0x08,
    SMP_REPEATED = 0x09,
    SMP_INVALID_PARAMETERS = 0x0A,
    SMP_TIMED_OUT = 0xFF, /* 30 s without the PDU that is due */
};

#define SMP_NO_INPUT_NO_OUTPUT 3
#define SMP_TIMEOUT_US         30000000u

/* What an end wants, as in Pairing Request and Response. */
struct smp_params {
    uint8_t io_caps;
    bool oob;
    uint8_t auth;           /* enum smp_auth */
    uint8_t min_key_size;   /* 7..16; not sent */
    uint8_t max_key_size;   /* 7..16 */
    uint8_t initiator_keys; /* enum smp_key: distributed by the initiator */
    uint8_t responder_keys;
};

/* What one end has distributed. Keys begin with their least significant byte. */
struct smp_keys {
    uint8_t which; /* enum smp_key: which of them are there */
    uint8_t ltk[16];
    uint8_t key_size;
    uint16_t ediv;
    uint8_t rand[8];
    uint8_t irk[16];
    struct smp_address identity;
    uint8_t csrk[16];
};

struct smp_result {
    uint8_t status; /* enum smp_status, or another reason that the peer gave */
    bool by_peer;   /* the peer ended it */
    bool bonded;
    uint8_t key_size;
    struct smp_keys own, peer;
};

/* Called from inside smp_receive, smp_poll, smp_encrypted and the initiator's own calls. */
struct smp_ops {
    void (*send)(void *context, const uint8_t *pdu, size_t size);
    void (*random)(void *context, uint8_t *out, size_t size);
    /* What this end distributes as its identity. */
    void (*identity)(void *context, uint8_t irk[16], struct smp_address *address);
    /* Responder: the peer wants to pair. Returns 0 with *own filled, or the reason against it. */
    uint8_t (*accept)(void *context, const struct smp_params *theirs, struct smp_params *own);
    /* Initiator: the peer's choice; smp_go_on or smp_abort must follow, not from in here. */
    void (*answered)(void *context, const struct smp_params *theirs);
    /* Initiator: the peer asks for security (enum smp_auth). */
    void (*asked)(void *context, uint8_t auth);
    /* Initiator: encrypt the link with this key, EDIV and RAND 0; smp_encrypted tells when. */
    void (*encrypt)(void *context, const uint8_t key[16], uint8_t key_size);
    /* A pairing is over, well or not. */
    void (*over)(void *context, const struct smp_result *result);
};

struct smp_config {
    enum smp_role role;
    uint64_t patience_us; /* responder: after a failure, requests get "repeated attempts" for so
                             long (2.3.6); 0 = they don't */
};

/* NULL when memory ran out. Members of `ops` that belong to the other role may be NULL. */
struct smp *smp_new(const struct smp_config *config, const struct smp_ops *ops, void *context);
void smp_free(struct smp **smp);

/* A new link between these addresses, or the loss of one: a pairing under way is forgotten without
 * `over`. */
void smp_link(struct smp *smp, const struct smp_address *initiator,
              const struct smp_address *responder);
/* One PDU from the peer. Whatever it is, it is answered or ignored as the standard says: reserved
 * codes and everything after a timeout are ignored, what comes at a wrong time ends the pairing
 * with "unspecified reason". */
void smp_receive(struct smp *smp, const uint8_t *pdu, size_t size, uint64_t now);
/* Does what is due. */
void smp_poll(struct smp *smp, uint64_t now);
/* When to poll next, µs; UINT64_MAX = not at all. */
uint64_t smp_deadline(const struct smp *smp);
/* A pairing is under way. */
bool smp_is_busy(const struct smp *smp);
/* The pairing timed out: there is none any more on this link. */
bool smp_is_dead(const struct smp *smp);

/* The link is encrypted now. */
void smp_encrypted(struct smp *smp, uint64_t now);
/* Responder: the key of the pairing under way, if that is what the central means by EDIV and RAND.
 */
bool smp_key(const struct smp *smp, uint16_t ediv, const uint8_t rand[8], uint8_t key[16]);
/* Responder: asks the central for security (enum smp_auth). */
void smp_ask(struct smp *smp, uint8_t auth);

/* Initiator: begins a pairing; does nothing while one is under way. */
void smp_pair(struct smp *smp, const struct smp_params *params, uint64_t now);
/* Initiator: after `answered`. */
void smp_go_on(struct smp *smp, uint64_t now);
/* Initiator: ends the pairing under way with this reason. */
void smp_abort(struct smp *smp, uint8_t reason, uint64_t now);

#endif
