/*
 * SPDX-License-Identifier: MIT
 * A cancel token: ends every wait that watches it, from another thread or from a signal handler.
 */
#ifndef NORDFU_CANCEL_H
#define NORDFU_CANCEL_H

#include <stdbool.h>

#include "nordfu/error.h"

struct nordfu_cancel;

/* Makes a token (caller frees it). Errors: NORDFU_ERR_SYSTEM. */
int nordfu_cancel_new(struct nordfu_cancel **out, struct nordfu_error *error);

/* Frees the token and nulls the pointer. Nothing may be waiting on it. */
void nordfu_cancel_free(struct nordfu_cancel **cancel);

/* Sets the token, for good. Any thread; async-signal-safe; NULL is ignored. */
void nordfu_cancel_set(struct nordfu_cancel *cancel);

/* True once set. NULL is never set. */
bool nordfu_cancel_is_set(const struct nordfu_cancel *cancel);

/* A descriptor that becomes readable when the token is set, for poll(); -1 for NULL. Don't read
 * from it. */
int nordfu_cancel_fd(const struct nordfu_cancel *cancel);

#endif
