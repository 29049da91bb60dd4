/*
 * SPDX-License-Identifier: MIT
 * What is at a port that is no dongle with connectivity firmware of a known API: told from its USB
 * ids and from what came back; said in a sentence, with what mends it. No I/O.
 */
#ifndef NORDFU_DONGLE_DIAGNOSIS_H
#define NORDFU_DONGLE_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nordfu/error.h"
#include "nordfu/port.h"

#define DIAGNOSIS_HEARD 256 /* bytes of an answer that are enough to tell */

enum diagnosis {
    DIAGNOSIS_NONE,           /* nothing is wrong so far */
    DIAGNOSIS_SILENCE,        /* not a byte came back */
    DIAGNOSIS_ECHO,           /* what is sent comes back */
    DIAGNOSIS_MODEM,          /* AT commands are understood there */
    DIAGNOSIS_TEXT,           /* a program that writes text */
    DIAGNOSIS_NOISE,          /* bytes without sense: another device, or another rate */
    DIAGNOSIS_BOOTLOADER,     /* a dongle in its DFU bootloader */
    DIAGNOSIS_EXAMPLE,        /* the SDK's example, which speaks a language of its own */
    DIAGNOSIS_OTHER_FIRMWARE, /* a Nordic device on USB that runs something else */
    DIAGNOSIS_HALF_LINK,      /* SYNC was answered, CONFIG was not */
    DIAGNOSIS_UNKNOWN_API,    /* H5 works, but no command is understood */
    DIAGNOSIS_FOREIGN_API,    /* it named an API that nordfu does not speak */
    DIAGNOSIS_COUNT,
};

/* All that can be known before a byte is sent: DIAGNOSIS_BOOTLOADER, DIAGNOSIS_EXAMPLE or
 * DIAGNOSIS_NONE. */
enum diagnosis diagnosis_of_identity(const struct nordfu_port_identity *identity);

/* What the first `size` bytes that came back, after RESET and SYNC were sent, tell of something
 * that never completed the link start. Never DIAGNOSIS_NONE. */
enum diagnosis diagnosis_of_answer(const struct nordfu_port_identity *identity,
                                   const uint8_t *heard, size_t size);

/* True if a RESET packet is among the bytes: a dongle never sends one, an echo does. */
bool diagnosis_is_echo(const uint8_t *heard, size_t size);

/* What is known for the sentence. */
struct diagnosis_case {
    const char *port; /* its name */
    const struct nordfu_port_identity *identity;
    const uint8_t *heard; /* quoted where it is text */
    size_t heard_size;
    const char *api; /* DIAGNOSIS_FOREIGN_API: what it named, "SoftDevice API v4 (S132 4.0.2)" */
};

/* Fills in *error: NORDFU_ERR_DONGLE, what is there, and what mends it. Returns the class. */
int diagnosis_error(enum diagnosis diagnosis, const struct diagnosis_case *facts,
                    struct nordfu_error *error);

#endif
