/* SPDX-License-Identifier: MIT
 * The bond store: what is kept, found and removed. */
#include "test.h"

#include <time.h>

#include "bond_sample.h"

/* ---- Keeping and finding ---- */

static void store_without_file_is_empty_and_makes_none(void **state)
{
    (void)state;
    struct nordfu_bond_store *store = open_store("sub/bonds");
    struct nordfu_bond bond;
    assert_string_equal(nordfu_bond_store_path(store), "sub/bonds");
    assert_int_equal(nordfu_bond_store_count(store), 0);
    assert_null(nordfu_bond_store_get(store, 0));
    assert_int_equal(nordfu_bond_store_find(store, &sample.peer, &bond, NULL), 0);
    assert_int_equal(nordfu_bond_store_remove(store, NULL, NULL), 0);
    nordfu_bond_store_free(&store);
    assert_null(store);
    nordfu_bond_store_free(&store);
    nordfu_bond_store_free(NULL);
    assert_int_equal(scratch_count(false), 0);
}

static void bond_kept_is_found_by_others(void **state)
{
    (void)state;
    struct nordfu_bond_store *other = open_store("bonds"), *store = open_store("bonds");
    struct nordfu_bond found;
    int64_t before = time(NULL);
    assert_int_equal(nordfu_bond_store_keep(store, &sample, NULL), 0);
    assert_int_equal(nordfu_bond_store_count(store), 1);
    assert_int_equal(nordfu_bond_store_find(other, &sample.peer, &found, NULL), 1);
    assert_bond(&found, &sample);
    assert_int_equal(nordfu_bond_store_count(other), 1);
    assert_null(nordfu_bond_store_get(other, 1));
    assert_in_range(nordfu_bond_store_get(other, 0)->created, before, time(NULL));
    nordfu_bond_store_free(&store);
    nordfu_bond_store_free(&other);
}

static void store_that_is_ready_keeps_what_it_has(void **state)
{
    (void)state;
    struct nordfu_bond_store *store = open_store("bonds");
    struct nordfu_bond found;
    assert_int_equal(nordfu_bond_store_ready(store, NULL), 0);
    assert_int_equal(nordfu_bond_store_keep(store, &sample, NULL), 0);
    assert_int_equal(nordfu_bond_store_ready(store, NULL), 0);
    assert_int_equal(nordfu_bond_store_find(store, &sample.peer, &found, NULL), 1);
    assert_bond(&found, &sample);
    scratch_write("bonds", "garbage\n", 8);
    assert_int_equal(nordfu_bond_store_ready(store, NULL), NORDFU_ERR_SYSTEM);
    nordfu_bond_store_free(&store);
}

static void every_kind_of_bond_survives(void **state)
{
    (void)state;
    struct nordfu_bond bonds[3] = {sample, sample, sample};
    bonds[1].peer = (struct nordfu_address){2, {1, 2, 3, 4, 5, 0x46}};
    bonds[1].own.type = NORDFU_ADDRESS_PUBLIC;
    bonds[1].ltk_size = 7;
    bonds[1].lesc = bonds[1].authenticated = true;
    bonds[1].ediv = 0;
    memset(bonds[1].rand, 0, sizeof(bonds[1].rand));
    bonds[1].identity = (struct nordfu_address){1, {9, 9, 9, 9, 9, 0xC9}};
    bonds[2].peer = (struct nordfu_address){3, {1, 2, 3, 4, 5, 0x06}};
    bonds[2].has_identity = false;
    memset(&bonds[2].identity, 0, sizeof(bonds[2].identity));
    memset(bonds[2].irk, 0, sizeof(bonds[2].irk));
    struct nordfu_bond_store *store = open_store("bonds");
    for (int i = 0; i < 3; i++)
        assert_int_equal(nordfu_bond_store_keep(store, &bonds[i], NULL), 0);
    nordfu_bond_store_free(&store);
    store = open_store("bonds");
    assert_int_equal(nordfu_bond_store_count(store), 3);
    for (int i = 0; i < 3; i++)
        assert_bond(&nordfu_bond_store_get(store, (size_t)i)->bond, &bonds[i]);
    nordfu_bond_store_free(&store);
}

static void newer_bond_between_the_same_two_replaces(void **state)
{
    (void)state;
    struct nordfu_bond_store *store = open_store("bonds");
    struct nordfu_bond other_own = sample, other_peer = sample, newer = sample, found;
    other_own.own.bytes[0] ^= 1;
    other_peer.peer.bytes[0] ^= 1;
    other_peer.has_identity = false;
    newer.ltk[0] = 0x55;
    assert_int_equal(nordfu_bond_store_keep(store, &sample, NULL), 0);
    assert_int_equal(nordfu_bond_store_keep(store, &other_own, NULL), 0);
    assert_int_equal(nordfu_bond_store_keep(store, &other_peer, NULL), 0);
    assert_int_equal(nordfu_bond_store_find(store, &sample.peer, &found, NULL), 1);
    assert_memory_equal(&found.own, &other_own.own, sizeof(found.own)); /* the newest */
    assert_int_equal(nordfu_bond_store_keep(store, &newer, NULL), 0);
    assert_int_equal(nordfu_bond_store_count(store), 3);
    assert_int_equal(nordfu_bond_store_find(store, &sample.peer, &found, NULL), 1);
    assert_bond(&found, &newer);
    /* The same device, which goes by another private address today. */
    newer.peer = (struct nordfu_address){2, {1, 1, 1, 1, 1, 0x41}};
    assert_int_equal(nordfu_bond_store_keep(store, &newer, NULL), 0);
    assert_int_equal(nordfu_bond_store_count(store), 3);
    nordfu_bond_store_free(&store);
}

static void device_is_known_by_its_addresses(void **state)
{
    (void)state;
    struct nordfu_bond_store *store = open_store("bonds");
    struct nordfu_bond bond = sample, found;
    struct nordfu_address address = sample.peer;
    assert_int_equal(nordfu_bond_store_keep(store, &bond, NULL), 0);
    address.type = NORDFU_ADDRESS_PUBLIC; /* as guessed from what somebody typed */
    assert_int_equal(nordfu_bond_store_find(store, &address, &found, NULL), 1);
    assert_int_equal(nordfu_bond_store_find(store, &sample.identity, &found, NULL), 1);
    assert_int_equal(nordfu_bond_store_find(store, &sample.own, &found, NULL), 0);
    assert_int_equal(nordfu_bond_store_find(store, &resolvable, &found, NULL), 1);
    assert_bond(&found, &sample);
    for (int i = 0; i < 6; i++) {
        address = resolvable;
        address.bytes[i] ^= 1;
        assert_int_equal(nordfu_bond_store_find(store, &address, &found, NULL), 0);
    }
    /* Made in the same way, but of bits that make another kind of address. */
    static const struct nordfu_address others[] = {{2, {0x60, 0xA7, 0x61, 0x94, 0x81, 0x30}},
                                                   {2, {0x77, 0x00, 0x30, 0x94, 0x81, 0xC0}}};
    assert_int_equal(nordfu_bond_store_find(store, &others[0], &found, NULL), 0);
    assert_int_equal(nordfu_bond_store_find(store, &others[1], &found, NULL), 0);
    address = resolvable;
    address.type = NORDFU_ADDRESS_RANDOM_STATIC;
    assert_int_equal(nordfu_bond_store_find(store, &address, &found, NULL), 0);
    nordfu_bond_store_free(&store);
}

/* AES of zeros with a key of zeros begins with 66e94bd4 and ends with ca342b2e: with such a key
 * this would be an address of everybody's. */
static void key_of_zeros_resolves_nothing(void **state)
{
    (void)state;
    struct nordfu_bond_store *store = open_store("bonds");
    struct nordfu_bond bond = sample, found;
    memset(bond.irk, 0, sizeof(bond.irk));
    assert_int_equal(nordfu_bond_store_keep(store, &bond, NULL), 0);
    for (unsigned low = 0; low < 256; low++) {
        const struct nordfu_address address = {2, {(uint8_t)low, 0, 0, 0, 0, 0x40}};
        assert_int_equal(nordfu_bond_store_find(store, &address, &found, NULL), 0);
    }
    nordfu_bond_store_free(&store);
}

static void bonds_are_removed_by_device_or_all(void **state)
{
    (void)state;
    struct nordfu_bond_store *store = open_store("bonds");
    struct nordfu_bond bond = sample;
    assert_int_equal(nordfu_bond_store_keep(store, &bond, NULL), 0);
    bond.own.bytes[0] ^= 1;
    assert_int_equal(nordfu_bond_store_keep(store, &bond, NULL), 0);
    bond.peer.bytes[0] ^= 1;
    bond.has_identity = false;
    assert_int_equal(nordfu_bond_store_keep(store, &bond, NULL), 0);
    assert_int_equal(nordfu_bond_store_remove(store, &sample.own, NULL), 0);
    assert_int_equal(nordfu_bond_store_remove(store, &resolvable, NULL), 2);
    assert_int_equal(nordfu_bond_store_count(store), 1);
    assert_bond(&nordfu_bond_store_get(store, 0)->bond,
                &(struct nordfu_bond){.peer = bond.peer,
                                      .own = bond.own,
                                      .ltk = {0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8,
                                              0xA9, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE, 0xAF},
                                      .ltk_size = 16,
                                      .ediv = 0x1234,
                                      .rand = {0xB0, 0xB1, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7}});
    assert_int_equal(nordfu_bond_store_remove(store, NULL, NULL), 1);
    assert_int_equal(nordfu_bond_store_remove(store, NULL, NULL), 0);
    nordfu_bond_store_free(&store);
    assert_file("bonds", FIRST_LINE "end\n");
}

static void oldest_goes_when_the_store_is_full(void **state)
{
    (void)state;
    FILE *file = fopen("bonds", "w");
    fputs(FIRST_LINE, file);
    for (int i = 0; i < NORDFU_MAX_BONDS; i++)
        fprintf(file,
                "created=2026-03-01T12:00:00Z peer=DE:06:3B:97:%02X:%02X/static "
                "own=C6:05:04:03:02:01/static ltk=a0a1a2a3a4a5a6a7a8a9aaabacadaeaf size=16 "
                "ediv=1234 rand=b0b1b2b3b4b5b6b7 lesc=no authenticated=no\n",
                i >> 8, i & 0xFF);
    fputs("end\n", file);
    fclose(file);
    chmod("bonds", 0600);
    struct nordfu_bond_store *store = open_store("bonds");
    assert_int_equal(nordfu_bond_store_count(store), NORDFU_MAX_BONDS);
    assert_int_equal(nordfu_bond_store_keep(store, &sample, NULL), 0);
    assert_int_equal(nordfu_bond_store_count(store), NORDFU_MAX_BONDS);
    assert_int_equal(nordfu_bond_store_get(store, 0)->bond.peer.bytes[0], 1);
    assert_bond(&nordfu_bond_store_get(store, NORDFU_MAX_BONDS - 1)->bond, &sample);
    nordfu_bond_store_free(&store);
}

static void bond_without_a_proper_key_is_not_kept(void **state)
{
    (void)state;
    struct nordfu_bond_store *store = open_store("bonds");
    struct nordfu_bond bond = sample;
    for (bond.ltk_size = 0; bond.ltk_size < 20; bond.ltk_size++) {
        if (bond.ltk_size == 7)
            bond.ltk_size = 17;
        assert_int_equal(nordfu_bond_store_keep(store, &bond, NULL), NORDFU_ERR_USAGE);
    }
    nordfu_bond_store_free(&store);
    assert_int_equal(scratch_count(false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(store_without_file_is_empty_and_makes_none),
        STORE_TEST(bond_kept_is_found_by_others),
        STORE_TEST(store_that_is_ready_keeps_what_it_has),
        STORE_TEST(every_kind_of_bond_survives),
        STORE_TEST(newer_bond_between_the_same_two_replaces),
        STORE_TEST(device_is_known_by_its_addresses),
        STORE_TEST(key_of_zeros_resolves_nothing),
        STORE_TEST(bonds_are_removed_by_device_or_all),
        STORE_TEST(oldest_goes_when_the_store_is_full),
        STORE_TEST(bond_without_a_proper_key_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
