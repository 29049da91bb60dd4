/*
 * SPDX-License-Identifier: MIT
 * A central whose calls end when the time for all of them together is over.
 */
#ifndef NORDFU_DFU_LIMIT_H
#define NORDFU_DFU_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "nordfu/central.h"

struct limit {
    struct nordfu_central central; /* to be used instead of `inner` */
    struct nordfu_central *inner;  /* not owned */
    uint64_t until;                /* µs on its clock */
    bool over;                     /* a call was ended or refused by it */
};

/*
 * Puts a limit of `time` µs from now around `inner`. Nothing to release. Its calls have the limit
 * for a deadline at the latest and return NORDFU_ERR_TIMEOUT once it has passed; disconnecting is
 * always possible.
 */
void limit_init(struct limit *limit, struct nordfu_central *inner, uint64_t time);

#endif
