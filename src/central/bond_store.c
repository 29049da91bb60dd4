/* SPDX-License-Identifier: MIT
 * The bond store: what to keep, to find and to remove. bond_text.c knows the form, bond_file_*.c
 * the operating system. */
#include "nordfu/bond.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "central/bond_file.h"
#include "central/bond_text.h"

struct nordfu_bond_store {
    char path[BOND_FILE_PATH];
    struct bond_list list;
};

/* ---- The file ---- */

static void empty(struct bond_list *list)
{
    crypto_wipe(list, sizeof(*list));
}

static void wipe_text(struct buf *text)
{
    if (text->data != NULL)
        crypto_wipe(text->data, text->capacity);
    buf_free(text);
}

static int load(struct nordfu_bond_store *store, struct nordfu_error *error)
{
    struct buf text = {0};
    struct bond_text_defect defect;
    empty(&store->list);
    int rc = bond_file_read(&text, store->path, BOND_TEXT_MAX, error);
    if (rc == 0 && text.data != NULL &&
        !bond_text_decode(&store->list, (const char *)text.data, text.size, &defect)) {
        empty(&store->list);
        rc = nordfu_error_set(error, NORDFU_ERR_SYSTEM,
                              "The bond store %s is damaged or something else: line %zu %s. Mend "
                              "it, or move it away and pair again.",
                              store->path, defect.line, defect.what);
    }
    wipe_text(&text);
    return rc;
}

static int save(struct nordfu_bond_store *store, struct nordfu_error *error)
{
    struct buf text = {0};
    if (!buf_append(&text, NULL, BOND_TEXT_SIZE(store->list.count)))
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    size_t size = bond_text_encode(&store->list, (char *)text.data);
    int rc = bond_file_write(store->path, text.data, size, error);
    wipe_text(&text);
    return rc;
}

/* ---- Opening ---- */

int nordfu_bond_store_open(struct nordfu_bond_store **out, const char *path,
                           struct nordfu_error *error)
{
    *out = NULL;
    struct nordfu_bond_store *store = calloc(1, sizeof(*store));
    if (store == NULL)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    int rc = bond_file_locate(store->path, path, error);
    if (rc == 0)
        rc = load(store, error);
    if (rc == 0)
        *out = store;
    else
        nordfu_bond_store_free(&store);
    return rc;
}

void nordfu_bond_store_free(struct nordfu_bond_store **store)
{
    if (store == NULL || *store == NULL)
        return;
    empty(&(*store)->list);
    free(*store);
    *store = NULL;
}

const char *nordfu_bond_store_path(const struct nordfu_bond_store *store)
{
    return store->path;
}

size_t nordfu_bond_store_count(const struct nordfu_bond_store *store)
{
    return store->list.count;
}

const struct nordfu_bond_entry *nordfu_bond_store_get(const struct nordfu_bond_store *store,
                                                      size_t index)
{
    return index < store->list.count ? &store->list.entries[index] : NULL;
}

/* ---- Whose bond is it? ---- */

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

/* Was a resolvable private address made with the key? Core Specification Vol 6 Part B 1.3.2.3: the
 * upper half is a random number, the lower half its hash, ah (Vol 3 Part H 2.2.2). */
static bool resolves(const uint8_t irk[16], const struct nordfu_address *address)
{
    const uint8_t *a = address->bytes;
    uint8_t key[CRYPTO_AES_SIZE], hash[CRYPTO_AES_SIZE];
    uint8_t plain[CRYPTO_AES_SIZE] = {[13] = a[5], [14] = a[4], [15] = a[3]};
    bool is_random = address->type != NORDFU_ADDRESS_RANDOM_STATIC &&
                     address->type != NORDFU_ADDRESS_RANDOM_NON_RESOLVABLE;
    /* A device without a key of its own hands out zeros. A typed address has no certain type. */
    if (!is_random || (a[5] & 0xC0) != 0x40 || is_zero(irk, 16))
        return false;
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = irk[15 - i];
    bool made = crypto_aes128(key, plain, hash, NULL) == 0 && hash[13] == a[2] &&
                hash[14] == a[1] && hash[15] == a[0];
    crypto_wipe(key, sizeof(key));
    return made;
}

static bool is_with(const struct nordfu_bond *bond, const struct nordfu_address *address)
{
    return nordfu_address_equal(&bond->peer, address) ||
           (bond->has_identity &&
            (nordfu_address_equal(&bond->identity, address) || resolves(bond->irk, address)));
}

/* Between the same two: the newer replaces the older. */
static bool replaces(const struct nordfu_bond *newer, const struct nordfu_bond *older)
{
    bool same_identity = newer->has_identity && older->has_identity &&
                         nordfu_address_equal(&newer->identity, &older->identity);
    return nordfu_address_equal(&newer->own, &older->own) &&
           (nordfu_address_equal(&newer->peer, &older->peer) || same_identity);
}

/* ---- Find, keep, remove ---- */

int nordfu_bond_store_find(struct nordfu_bond_store *store, const struct nordfu_address *address,
                           struct nordfu_bond *bond, struct nordfu_error *error)
{
    int rc = load(store, error);
    if (rc != 0)
        return rc;
    for (size_t i = store->list.count; i > 0; i--) {
        if (!is_with(&store->list.entries[i - 1].bond, address))
            continue;
        *bond = store->list.entries[i - 1].bond;
        return 1;
    }
    return 0;
}

static void remove_entry(struct bond_list *list, size_t index)
{
    list->count--;
    memmove(&list->entries[index], &list->entries[index + 1],
            (list->count - index) * sizeof(list->entries[0]));
    crypto_wipe(&list->entries[list->count], sizeof(list->entries[0]));
}

/* Removes what `bond` replaces, and the oldest if there is no room, and appends it. */
static void put(struct bond_list *list, const struct nordfu_bond *bond)
{
    for (size_t i = list->count; i > 0; i--) {
        if (replaces(bond, &list->entries[i - 1].bond))
            remove_entry(list, i - 1);
    }
    if (list->count == NORDFU_MAX_BONDS)
        remove_entry(list, 0);
    list->entries[list->count++] = (struct nordfu_bond_entry){*bond, bond_file_time()};
}

int nordfu_bond_store_ready(struct nordfu_bond_store *store, struct nordfu_error *error)
{
    int lock = bond_file_lock(store->path, BOND_FILE_WAIT, error);
    if (lock < 0)
        return lock;
    int rc = load(store, error);
    if (rc == 0)
        rc = save(store, error);
    bond_file_unlock(lock);
    return rc;
}

int nordfu_bond_store_keep(struct nordfu_bond_store *store, const struct nordfu_bond *bond,
                           struct nordfu_error *error)
{
    if (bond->ltk_size < 7 || bond->ltk_size > 16)
        return nordfu_error_set(error, NORDFU_ERR_USAGE, "A bond has a key of 7 to 16 bytes.");
    int lock = bond_file_lock(store->path, BOND_FILE_WAIT, error);
    if (lock < 0)
        return lock;
    int rc = load(store, error);
    if (rc == 0) {
        put(&store->list, bond);
        rc = save(store, error);
    }
    bond_file_unlock(lock);
    return rc;
}

/* Returns how many. */
static int remove_with(struct bond_list *list, const struct nordfu_address *address)
{
    size_t before = list->count;
    for (size_t i = list->count; i > 0; i--) {
        if (address == NULL || is_with(&list->entries[i - 1].bond, address))
            remove_entry(list, i - 1);
    }
    return (int)(before - list->count);
}

int nordfu_bond_store_remove(struct nordfu_bond_store *store, const struct nordfu_address *address,
                             struct nordfu_error *error)
{
    /* Nothing is locked, made or written for nothing. */
    int rc = load(store, error);
    if (rc != 0 || store->list.count == 0)
        return rc;
    int lock = bond_file_lock(store->path, BOND_FILE_WAIT, error);
    if (lock < 0)
        return lock;
    rc = load(store, error);
    int count = rc == 0 ? remove_with(&store->list, address) : 0;
    if (count > 0)
        rc = save(store, error);
    bond_file_unlock(lock);
    return rc != 0 ? rc : count;
}
