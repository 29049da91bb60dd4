/*
 * SPDX-License-Identifier: MIT
 * Where bonds are kept between runs.
 *
 * One file, readable by its owner only (0600), replaced as a whole (written under another name,
 * synced, renamed), so that an interrupted write leaves the old one. Several processes may use it
 * at once: every change is made to what the file holds at that moment, under a lock.
 */
#ifndef NORDFU_BOND_H
#define NORDFU_BOND_H

#include <stddef.h>
#include <stdint.h>

#include "nordfu/central.h"
#include "nordfu/error.h"

struct nordfu_bond_store;

#define NORDFU_MAX_BONDS 1024 /* in one store; the oldest goes when another one is kept */

/* One bond as it is kept. */
struct nordfu_bond_entry {
    struct nordfu_bond bond;
    int64_t created; /* seconds since 1970, UTC */
};

/*
 * Opens the store in the file `path`; NULL: nordfu/bonds in $XDG_STATE_HOME, or in ~/.local/state
 * (%LOCALAPPDATA% on Windows). A file that does not exist is an empty store; it and its folder
 * (0700) are made when the first bond is kept. Errors: NORDFU_ERR_SYSTEM (can't be read, is no bond
 * store: the sentence names file and line; others may read it), NORDFU_ERR_USAGE (no home folder).
 */
int nordfu_bond_store_open(struct nordfu_bond_store **out, const char *path,
                           struct nordfu_error *error);
/* Wipes what is in memory, frees and nulls. NULL and *NULL are fine. */
void nordfu_bond_store_free(struct nordfu_bond_store **store);
/* The file's path; lives as long as the store. */
const char *nordfu_bond_store_path(const struct nordfu_bond_store *store);

/* The bonds, oldest first, as of the last call that read the file. NULL beyond the last; valid
 * until the next call. */
size_t nordfu_bond_store_count(const struct nordfu_bond_store *store);
const struct nordfu_bond_entry *nordfu_bond_store_get(const struct nordfu_bond_store *store,
                                                      size_t index);

/*
 * The newest bond with the device that advertises as `address`: the same address, its identity
 * address, or a resolvable one that was made with the bond's IRK. Reads the file anew. Returns 1
 * and fills in *bond, 0 if there is none, or NORDFU_ERR_SYSTEM.
 */
int nordfu_bond_store_find(struct nordfu_bond_store *store, const struct nordfu_address *address,
                           struct nordfu_bond *bond, struct nordfu_error *error);
/*
 * Proves, by writing what the file holds once more, that a bond could be kept: better known before
 * a device gives its only place for a bond away. Errors: NORDFU_ERR_SYSTEM.
 */
int nordfu_bond_store_ready(struct nordfu_bond_store *store, struct nordfu_error *error);
/* Keeps `bond` instead of earlier ones between the same two. Errors: NORDFU_ERR_SYSTEM,
 * NORDFU_ERR_USAGE (no key of 7 to 16 bytes). */
int nordfu_bond_store_keep(struct nordfu_bond_store *store, const struct nordfu_bond *bond,
                           struct nordfu_error *error);
/* Removes all bonds with the device (as for find); NULL: all. Returns how many, or
 * NORDFU_ERR_SYSTEM. */
int nordfu_bond_store_remove(struct nordfu_bond_store *store, const struct nordfu_address *address,
                             struct nordfu_error *error);

#endif
