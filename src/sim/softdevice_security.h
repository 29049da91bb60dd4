/*
 * SPDX-License-Identifier: MIT
 * The SoftDevice's pairing and encryption, as a central (wire specification, section 11.8).
 */
#ifndef NORDFU_SIM_SOFTDEVICE_SECURITY_H
#define NORDFU_SIM_SOFTDEVICE_SECURITY_H

#include "sim/smp.h"
#include "sim/softdevice_internal.h"

#define SD_SECURITY_FAILED 0x80 /* status: plus the reason of Pairing Failed */

enum sd_level {
    SD_LEVEL_OPEN = 1,
    SD_LEVEL_UNAUTHENTICATED = 2,
    SD_LEVEL_AUTHENTICATED = 3,
    SD_LEVEL_SECURE = 4,
};

/* Which keys the host has room for, of one side. What it sends in their place does not matter and
 * is normally zeros: a key that is not distributed comes back as zeros. */
struct sd_key_room {
    bool enc, id, sign, pk;
};

struct sd_security {
    struct sd_link *link;
    struct smp *smp;
    sim_timer timer;
    bool waits;      /* for SEC_PARAMS_REPLY */
    bool encrypting; /* with a key of the host's */
    bool finishing;  /* a pairing is over, but for its last PDUs */
    struct smp_result result;
    uint8_t next_level, next_size;
    uint8_t level, key_size; /* in force */
    bool holds;              /* a copy of a keyset */
    struct sd_key_room own, peer;
};

/* softdevice_security.c: what pairing and link bring */

/* The link's; made when it is first needed. NULL when memory ran out. */
struct sd_security *sd_security_of(struct sd_link *link);
/* Waits for the pairing's next deadline; after whatever may have moved it. */
void sd_security_arm(struct sd_security *security);
/* A PDU of the security manager's channel arrived. */
void sd_security_receive(struct sd_link *link, const uint8_t *pdu, size_t size);
/* All PDUs given to that channel are through. */
void sd_security_sent(struct sd_link *link);
/* The link layer's encryption procedure is over. */
void sd_security_encrypted(struct sd_link *link, uint8_t status);
/* Forgets all about a link that is gone. */
void sd_security_drop(struct sd_link *link);

/* softdevice_security_commands.c: what the host says */
extern const struct sd_command sd_security_commands[];

#endif
