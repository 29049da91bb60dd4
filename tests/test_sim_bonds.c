/* SPDX-License-Identifier: MIT
 * Pairing, bonds and the bonded way into the bootloader, by a bare host that speaks to a simulated
 * dongle (connectivity-wire.md 11.8; dfu-protocol.md D.2). */
#include "bond_bench.h"
#include "sim/smp_crypto.h"

static void a_bonded_host_gets_into_the_bootloader_and_through_it(void **state)
{
    (void)state;
    struct scene s = scene_new(&bonded);
    struct host *h = s.host;
    struct bond bond;
    join(h, ADDRESS);
    assert_string_equal(write(h, "1700", "0200"), "0501"); /* a stranger */
    pair(h, &bond);
    assert_int_equal(sim_device_bonds(s.device), 1);
    ask(h, "0087000001", "018700000000012110");
    assert_string_equal(write(h, "0d00", "0200"), "0000"); /* Service Changed */
    leave(h);
    run(h, SECOND);
    join(h, ADDRESS);
    assert_string_equal(write(h, "1700", "0200"), "0f01"); /* the link could be encrypted */
    encrypt(h, &bond);
    /* No name is taken from a bonded peer: it knows the address. */
    assert_string_equal(write(h, "1700", "0200"), "0000");
    assert_string_equal(write(h, "1600", "020141"), "0000");
    until(h, "0239000000"
             "00000000"
             "1600"
             "02"
             "0300"
             "200202");
    assert_true(request_hex(h, "009d00001600"));
    jump(h);
    run(h, SECOND);
    assert_int_equal(sim_device_mode(s.device), SIM_MODE_BOOTLOADER);
    /* The same address, other handles, the same key. */
    join(h, ADDRESS);
    assert_string_equal(write(h, "1300", "0100"), "0f01");
    encrypt(h, &bond);
    until(h, "0239000000"
             "00000000"
             "0c00"
             "02"
             "0400"
             "0e00ffff");
    assert_true(request_hex(h, "009d00000c00"));
    assert_string_equal(write(h, "1300", "0100"), "0000");
    assert_string_equal(write(h, "1200", "0601"), "0000");
    until(h, "0239000000"
             "00000000"
             "1200"
             "01"
             "0f00"
             "60060100020000");
    /* Nobody pairs there. */
    ask(h, AUTHENTICATE, "017e00000000");
    until(h, "0219000000850100000000");
    scene_free(&s);
}

static void bonds_survive_restarts_and_power_cuts(void **state)
{
    (void)state;
    struct scene s = scene_new(&bonded);
    struct host *h = s.host;
    struct bond bond;
    join(h, ADDRESS);
    pair(h, &bond);
    assert_string_equal(write(h, "1100", "0100"), "0000"); /* heart rate */
    leave(h);
    sim_device_power_off(s.device);
    run(h, SECOND);
    sim_device_power_on(s.device);
    run(h, SECOND);
    assert_int_equal(sim_device_bonds(s.device), 1);
    join(h, ADDRESS);
    assert_true(request_hex(h, "009a000011000000")); /* subscriptions come back with encryption */
    assert_memory_equal(until(h, "0236000000") + 26, "02000000", 8);
    encrypt(h, &bond);
    assert_true(request_hex(h, "009a000011000000"));
    assert_memory_equal(until(h, "0236000000") + 26, "02000100", 8);
    jump(h);
    run(h, SECOND);
    /* The power fails in the bootloader: the application runs again, and lets it jump again. */
    sim_device_power_off(s.device);
    sim_device_power_on(s.device);
    run(h, SECOND);
    assert_int_equal(sim_device_mode(s.device), SIM_MODE_APPLICATION);
    join(h, ADDRESS);
    encrypt(h, &bond);
    jump(h);
    run(h, SECOND);
    join(h, ADDRESS);
    encrypt(h, &bond);
    scene_free(&s);
}

static void a_full_application_pairs_with_nobody_else(void **state)
{
    (void)state;
    struct sim_device_config config = bonded;
    for (uint8_t bonds = 1; bonds <= 2; bonds++) {
        config.bonds = bonds;
        struct scene s = scene_new(&config);
        struct host *other = second_host(s.host);
        struct bond bond, second;
        make_bond(s.host, &bond);
        /* Nor again with the one it has. */
        run(s.host, SECOND);
        join(s.host, ADDRESS);
        ask(s.host, AUTHENTICATE, "017e00000000");
        until(s.host, "0219000000850100000000");
        leave(s.host);
        run(s.host, SECOND);
        if (bonds == 2) {
            make_bond(other, &second);
            assert_string_not_equal(bond.enc_info, second.enc_info);
        } else {
            join(other, ADDRESS);
            ask(other, AUTHENTICATE, "017e00000000");
            until(other, "0219000000850100000000");
        }
        assert_int_equal(sim_device_bonds(s.device), bonds);
        second_host_free(other);
        scene_free(&s);
    }
}

static void a_peer_may_pair_again_where_that_is_allowed(void **state)
{
    (void)state;
    struct sim_device_config config = bonded;
    config.repairing = true;
    struct scene s = scene_new(&config);
    struct bond bond, again;
    make_bond(s.host, &bond);
    run(s.host, SECOND);
    join(s.host, ADDRESS);
    pair(s.host, &again);
    /* Also on an encrypted link. */
    pair(s.host, &again);
    assert_string_not_equal(bond.enc_info, again.enc_info);
    assert_int_equal(sim_device_bonds(s.device), 1);
    scene_free(&s);
}

/* The bootloader, once entered with a bond. */
static struct scene entered(struct bond *bond)
{
    struct scene s = scene_new(&bonded);
    join(s.host, ADDRESS);
    pair(s.host, bond);
    jump(s.host);
    run(s.host, SECOND);
    assert_int_equal(sim_device_mode(s.device), SIM_MODE_BOOTLOADER);
    return s;
}

static void a_bonded_bootloader_hides_but_answers_scanners(void **state)
{
    (void)state;
    struct bond bond;
    struct scene s = entered(&bond);
    struct host *other = second_host(s.host);
    assert_true(request_hex(other, "008a0101a00050000000"));
    uint8_t got[PAYLOAD_MAX];
    size_t size, seen[2] = {0};
    for (int i = 0; i < 20; i++) {
        assert_true(next_packet(other, got, &size, true, SECOND));
        if (got[1] != 0x1D)
            continue;
        assert_memory_equal(got + 6, "\xD8\x4C\x97\x3B\x06\xDE", 6);
        bool response = got[20] & 1;
        seen[response]++;
        if (!response)
            assert_memory_equal(got + 23, "\x02\x01\x04\x03\x02\x59\xFE", 7);
    }
    assert_true(seen[0] > 0 && seen[1] > 0);
    second_host_free(other);
    scene_free(&s);
}

static void a_bonded_bootloader_lets_in_its_peers_address_only(void **state)
{
    (void)state;
    struct bond bond;
    struct scene s = entered(&bond);
    struct host *other = second_host(s.host);
    /* The request is sent, and nothing comes back. */
    join(other, ADDRESS);
    until(other, "02110000003e");
    assert_int_equal(sim_device_mode(s.device), SIM_MODE_BOOTLOADER);
    /* Whoever takes over the address gets in, and no further without the key. */
    ask(other, "006d01", "016d0000000002025a3c0d06e1");
    ask(other, "006c0102015a3c0d06e1", "016c00000000");
    join(other, ADDRESS);
    assert_string_equal(write(other, "1300", "0100"), "0f01");
    leave(other);
    /* And the peer gets in after all that. */
    run(s.host, SECOND);
    ask(s.host, "006c0102998877665544", "016c02320000"); /* no static address */
    ask(s.host, "006c01029988776655c4", "016c00000000");
    join(s.host, ADDRESS);
    until(s.host, "02110000003e");
    ask(s.host, "006c0102015a3c0d06e1", "016c00000000");
    join(s.host, ADDRESS);
    encrypt(s.host, &bond);
    second_host_free(other);
    scene_free(&s);
}

struct visit {
    struct air_link *link;
    uint8_t reason;
};

static void visit_begins(void *context, struct air_link *link)
{
    struct visit *visit = context;
    visit->link = link;
}

static void visit_ends(void *context, struct air_link *link, uint8_t reason)
{
    struct visit *visit = context;
    assert_ptr_equal(link, visit->link);
    visit->link = NULL;
    visit->reason = reason;
}

/* A central that is no dongle connects; it is told a second later what came of it. */
static void call(const struct scene *s, const struct air_address *central, struct visit *visit)
{
    static const struct air_conn_params params = {24, 0, 400};
    static const struct air_capabilities able = {.max_octets = 27};
    static const struct air_link_ops ops = {.closed = visit_ends};
    air_connect(s->host->air, &bonded.address, central, 0, 0, &params, &able, &ops, visit_begins,
                visit);
    run(s->host, SECOND);
}

/* A central with an address that its identity key resolves, as a computer with privacy has. */
static void a_bonded_bootloader_lets_in_a_private_address_of_its_peer(void **state)
{
    (void)state;
    static const uint8_t prand[3] = {0x12, 0x34, 0x56};
    struct bond bond;
    struct scene s = entered(&bond);
    for (int own = 0; own < 2; own++) {
        struct visit visit = {NULL, 0};
        struct air_address central = {1, {0, 0, 0, prand[0], prand[1], prand[2]}};
        assert_true(smp_ah(own ? bond.own_irk : bond.irk, prand, central.bytes));
        call(&s, &central, &visit);
        assert_int_equal(visit.reason, own ? 0 : 0x3E);
        assert_int_equal(visit.link != NULL, own);
        if (own)
            air_disconnect(visit.link, AIR_CENTRAL, 0x13);
        run(s.host, SECOND);
        assert_null(visit.link);
    }
    scene_free(&s);
}

/* A peer that gave no identity key is known by its address alone: nothing resolves by a key of
 * zeros. */
static void a_peer_without_an_identity_is_its_address(void **state)
{
    (void)state;
    static const uint8_t zeros[16], prand[3] = {0x12, 0x34, 0x56};
    struct scene s = scene_new(&bonded);
    join(s.host, ADDRESS);
    ask(s.host, "007e0000013107100103", "017e00000000");
    until(s.host, "02130000003107100301");
    ask(s.host, "007f0000000000", "017f0000000000");
    until(s.host, "0219000000000403000103");
    jump(s.host);
    run(s.host, SECOND);
    struct visit visit = {NULL, 0};
    struct air_address central = {1, {0, 0, 0, prand[0], prand[1], prand[2]}};
    assert_true(smp_ah(zeros, prand, central.bytes));
    call(&s, &central, &visit);
    assert_int_equal(visit.reason, 0x3E);
    join(s.host, ADDRESS);
    assert_string_equal(write(s.host, "1300", "0100"), "0f01");
    scene_free(&s);
}

static void who_has_lost_the_key_is_told_so(void **state)
{
    (void)state;
    struct bond bond, wrong;
    struct scene s = scene_new(&bonded);
    make_bond(s.host, &bond);
    run(s.host, SECOND);
    join(s.host, ADDRESS);
    wrong = bond;
    wrong.enc_info[0] = wrong.enc_info[0] == '0' ? '1' : '0';
    encrypt_with(s.host, &wrong);
    until(s.host, "02110000003d");
    run(s.host, SECOND);
    sim_device_forget_bonds(s.device);
    join(s.host, ADDRESS);
    encrypt_with(s.host, &bond);
    until(s.host, "021100000006");
    scene_free(&s);
}

static void a_key_without_a_bond_is_not_enough_to_jump(void **state)
{
    (void)state;
    struct scene s = scene_new(&bonded);
    struct host *h = s.host;
    join(h, ADDRESS);
    ask(h, "007e0000013007100000", "017e00000000");
    until(h, "02130000003107100000");
    ask(h, "007f00000000010000000000000000", "017f00000000010000000000000000");
    until(h, "021a0000002110");
    /* Success, not bonded, the keyset that was sent: no room for any key. */
    until(h, "02190000000000030000000000000000000000");
    assert_int_equal(sim_device_bonds(s.device), 0);
    assert_string_equal(write(h, "1700", "0200"), "0000");
    assert_string_equal(write(h, "1600", "01"), "0000");
    until(h, "0239000000"
             "00000000"
             "1600"
             "02"
             "0300"
             "200107");
    assert_true(request_hex(h, "009d00001600"));
    run(h, SECOND);
    assert_int_equal(sim_device_mode(s.device), SIM_MODE_APPLICATION);
    scene_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bonded_host_gets_into_the_bootloader_and_through_it),
        cmocka_unit_test(bonds_survive_restarts_and_power_cuts),
        cmocka_unit_test(a_full_application_pairs_with_nobody_else),
        cmocka_unit_test(a_peer_may_pair_again_where_that_is_allowed),
        cmocka_unit_test(a_bonded_bootloader_hides_but_answers_scanners),
        cmocka_unit_test(a_bonded_bootloader_lets_in_its_peers_address_only),
        cmocka_unit_test(a_bonded_bootloader_lets_in_a_private_address_of_its_peer),
        cmocka_unit_test(a_peer_without_an_identity_is_its_address),
        cmocka_unit_test(who_has_lost_the_key_is_told_so),
        cmocka_unit_test(a_key_without_a_bond_is_not_enough_to_jump),
    };
    return cmocka_run_group_tests_name("sim_bonds", tests, NULL, NULL);
}
