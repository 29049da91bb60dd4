/* SPDX-License-Identifier: MIT
 * The passphrase of an encrypted key: from a file, or asked for at the terminal. */
#ifndef NORDFU_CLI_PASSPHRASE_H
#define NORDFU_CLI_PASSPHRASE_H

#include "nordfu/error.h"

#define PASSPHRASE_MAX 1024 /* bytes with the terminating zero; OpenSSL takes no longer one */

/* The help text of --passphrase-file. */
#define PASSPHRASE_HELP                                                                            \
    "The first line of this file is the passphrase of an encrypted key; it is asked for "          \
    "otherwise."

struct passphrase {
    char bytes[PASSPHRASE_MAX];
    const char *text; /* NULL = the key needs none */
};

/*
 * Finds the passphrase of the private key in `key_path`, if that is encrypted: the first line of
 * `file` (which may be a pipe), or with NULL what is typed, unseen, at the terminal that standard
 * input is. `key_path` NULL: there is no key. The caller wipes in any case. Errors:
 * NORDFU_ERR_PACKAGE (key or file unreadable, no terminal), NORDFU_ERR_CANCELLED.
 */
int passphrase_find(struct passphrase *passphrase, const char *key_path, const char *file,
                    struct nordfu_error *error);
void passphrase_wipe(struct passphrase *passphrase);

#endif
