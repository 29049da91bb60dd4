/* SPDX-License-Identifier: MIT
 * A bond, the file that it makes, and what the tests of the bond store share. */
#ifndef NORDFU_TESTS_BOND_SAMPLE_H
#define NORDFU_TESTS_BOND_SAMPLE_H

#include "test.h"

#include <ftw.h>

#include "nordfu/bond.h"
#include "scratch.h"

static const struct nordfu_bond sample = {
    .peer = {1, {0xD8, 0x4C, 0x97, 0x3B, 0x06, 0xDE}},
    .own = {1, {0x01, 0x02, 0x03, 0x04, 0x05, 0xC6}},
    .ltk = {0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xAB, 0xAC, 0xAD,
            0xAE, 0xAF},
    .ltk_size = 16,
    .ediv = 0x1234,
    .rand = {0xB0, 0xB1, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7},
    .has_identity = true,
    .identity = {0, {0x21, 0x22, 0x23, 0x24, 0x25, 0xE6}},
    /* Core Specification Vol 3 Part H D.7: ah(ec0234a3 57c8ad05 341010a6 0a397d9b, 708194) is
     * 0dfbaa. */
    .irk = {0x9B, 0x7D, 0x39, 0x0A, 0xA6, 0x10, 0x10, 0x34, 0x05, 0xAD, 0xC8, 0x57, 0xA3, 0x34,
            0x02, 0xEC},
};

static const struct nordfu_address resolvable = {2, {0xAA, 0xFB, 0x0D, 0x94, 0x81, 0x70}};

#define FIRST_LINE "nordfu bonds 1\n"
#define LINE_AT(time)                                                                              \
    "created=" time " peer=DE:06:3B:97:4C:D8/static own=C6:05:04:03:02:01/static "                 \
    "ltk=a0a1a2a3a4a5a6a7a8a9aaabacadaeaf size=16 ediv=1234 rand=b0b1b2b3b4b5b6b7 lesc=no "        \
    "authenticated=no"
#define LINE  LINE_AT("2026-03-01T12:00:00Z")
#define ID    " identity=E6:25:24:23:22:21/public irk=9b7d390aa610103405adc857a33402ec"
#define WHOLE FIRST_LINE LINE ID "\nend\n"
#define MARCH 1772366400 /* 2026-03-01T12:00:00Z */

static inline int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
    (void)info;
    (void)type;
    return ftw->level == 0 ? 0 : remove(path);
}

static inline int leave_store(void **state)
{
    chmod("closed", 0700);
    nftw(".", remove_one, 16, FTW_DEPTH | FTW_PHYS);
    umask(022);
    return scratch_leave(state);
}

static inline struct nordfu_bond_store *open_store(const char *path)
{
    struct nordfu_bond_store *store;
    struct nordfu_error error = {0};
    if (nordfu_bond_store_open(&store, path, &error) != 0)
        fail_msg("%s", error.text);
    return store;
}

static inline void put_file(const char *path, const char *text)
{
    scratch_write(path, text, strlen(text));
    assert_int_equal(chmod(path, 0600), 0);
}

static inline void assert_file(const char *path, const char *text)
{
    size_t size;
    uint8_t *bytes = scratch_read(path, &size);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(bytes, text, size);
    free(bytes);
}

/* Opening fails, with these words. */
static inline void assert_refused(const char *path, const char *words)
{
    struct nordfu_bond_store *store = (void *)1;
    struct nordfu_error error = {0};
    assert_int_equal(nordfu_bond_store_open(&store, path, &error), NORDFU_ERR_SYSTEM);
    assert_null(store);
    assert_int_equal(error.code, NORDFU_ERR_SYSTEM);
    assert_non_null(strstr(error.text, path));
    if (strstr(error.text, words) == NULL)
        fail_msg("not in the sentence: %s", error.text);
}

static inline void assert_bond(const struct nordfu_bond *a, const struct nordfu_bond *b)
{
    assert_memory_equal(&a->peer, &b->peer, sizeof(a->peer));
    assert_memory_equal(&a->own, &b->own, sizeof(a->own));
    assert_memory_equal(a->ltk, b->ltk, sizeof(a->ltk));
    assert_int_equal(a->ltk_size, b->ltk_size);
    assert_int_equal(a->authenticated, b->authenticated);
    assert_int_equal(a->lesc, b->lesc);
    assert_int_equal(a->ediv, b->ediv);
    assert_memory_equal(a->rand, b->rand, sizeof(a->rand));
    assert_int_equal(a->has_identity, b->has_identity);
    assert_memory_equal(&a->identity, &b->identity, sizeof(a->identity));
    assert_memory_equal(a->irk, b->irk, sizeof(a->irk));
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, scratch_enter, leave_store)

#endif
