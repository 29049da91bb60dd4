/* SPDX-License-Identifier: MIT
 * The SoftDevice's side of pairing and encryption, in all dialects (connectivity-wire.md 8.2, 9.2,
 * 10.5, 11.8, 14). */
#include "bond_bench.h"
#include "dialect_bench.h"

static const int apis[] = {2, 3, 5, 6};

#define EACH_API (size_t i = 0; i < sizeof(apis) / sizeof(apis[0]); i++)

/* A dongle of the API on a link to the device, in connection events of 30 ms. */
static struct scene joined(int api, const struct sim_device_config *config)
{
    static const char *const heads[] = {[2] = "008c0101" ADDRESS "010100a00050000000",
                                        [3] = "008c0102" ADDRESS "0101a00050000000",
                                        [5] = "008c0102" ADDRESS "0101a00050000000",
                                        [6] = "008c0102" ADDRESS "010401010000000000a00050000000"};
    char text[128];
    struct scene s = {.host = host_of(api)};
    s.device = sim_device_new(s.host->world, s.host->air, config);
    assert_non_null(s.device);
    if (api >= 5)
        ask(s.host, "0069230000000101f700", "016900000000");
    ask(s.host, enable_of(api), "016000000000");
    snprintf(text, sizeof(text), "%s010600180000009001%s", heads[api], api >= 5 ? "01" : "");
    ask(s.host, text, "018c00000000");
    until(s.host, "02100000");
    return s;
}

static struct sim_device_config open_device(void)
{
    struct sim_device_config config = bonded;
    config.buttonless = SIM_BUTTONLESS_UNBONDED;
    return config;
}

static void pairing_and_encryption_work_in_every_dialect(void **state)
{
    (void)state;
    for
        EACH_API
        {
            struct bond bond;
            struct scene s = joined(apis[i], &bonded);
            pair_of(s.host, apis[i], &bond);
            ask(s.host, "0087000001", "018700000000012110");
            /* The same link again, with the key of the bond. */
            encrypt(s.host, &bond);
            scene_free(&s);
        }
}

static void a_device_that_does_not_pair_says_so_in_every_dialect(void **state)
{
    (void)state;
    struct sim_device_config config = open_device();
    for
        EACH_API
        {
            struct scene s = joined(apis[i], &config);
            ask(s.host, "0087000001", "018700000000011100");
            ask(s.host, AUTHENTICATE, "017e00000000");
            ask(s.host, AUTHENTICATE, "017e11000000");
            ask(s.host, "00850000010000000000000000000001" ROOM16 "40", "018511000000");
            until(s.host, "0219000000850100000000");
            ask(s.host, "00850000010000000000000000000001" ROOM16 "40", "018500000000");
            until(s.host, "021100000006");
            scene_free(&s);
        }
}

static void a_refusal_reaches_the_host_with_its_reason(void **state)
{
    (void)state;
    struct sim_device_config config = bonded;
    for (config.refuse_pairing = 1; config.refuse_pairing <= 14; config.refuse_pairing++) {
        char status[32];
        struct scene s = joined(5, &config);
        ask(s.host, AUTHENTICATE, "017e00000000");
        snprintf(status, sizeof(status), "0219000000%02x0100000000", 0x80 + config.refuse_pairing);
        until(s.host, status);
        scene_free(&s);
    }
}

static void parameters_are_checked(void **state)
{
    (void)state;
    struct scene s = joined(5, &bonded);
    struct host *h = s.host;
    ask(h, "007e000000", "017e10000000");
    ask(h, "007e0000013106100303", "017e07000000"); /* key sizes are 7 to 16 */
    ask(h, "007e0000013107110303", "017e07000000");
    ask(h, "007e0000013110070303", "017e07000000");
    ask(h, "007e0000015107100303", "017e07000000"); /* no such capabilities */
    ask(h, "007e0000013107100703", "017e06000000"); /* signing */
    ask(h, "007e0000013107100308", "017e06000000"); /* link keys */
    ask(h, "007e0100013107100303", "017e02300000");
    ask(h, "007f00000000010000000000000000", "017f08000000");
    ask(h,
        "0085000000"
        "00",
        "018510000000");
    ask(h,
        "008500000100000000000000000000"
        "01" ROOM16 "44",
        "018507000000"); /* 17 bytes */
    ask(h,
        "0080000000"
        "00",
        "018008000000");
    ask(h, "00860000000000", "018608000000");
    ask(h, "0087000000", "018710000000");
    scene_free(&s);
}

static void answers_of_the_host_are_checked(void **state)
{
    (void)state;
    struct scene s = joined(5, &bonded);
    struct host *h = s.host;
    ask(h, AUTHENTICATE, "017e00000000");
    until(h, "02130000003107100303");
    ask(h,
        "007f000000"
        "013107100303"
        "00",
        "017f07000000"); /* parameters are a peripheral's */
    ask(h,
        "007f000003"
        "00"
        "00",
        "017f07000000"); /* no such status */
    ask(h,
        "007f000000"
        "00"
        "00",
        "017f0000000000");
    ask(h,
        "007f000000"
        "00"
        "00",
        "017f08000000");
    until(h, "021a0000002110");
    /* Keys were distributed, and nobody kept them. */
    until(h, "0219000000000403000303");
    scene_free(&s);
}

static void the_host_may_refuse_what_the_peer_offers(void **state)
{
    (void)state;
    struct scene s = joined(5, &bonded);
    ask(s.host, AUTHENTICATE, "017e00000000");
    until(s.host, "02130000003107100303");
    ask(s.host,
        "007f000083"
        "00"
        "00",
        "017f0000000000");
    until(s.host, "0219000000830000000000");
    assert_int_equal(sim_device_bonds(s.device), 0);
    /* The SoftDevice itself refuses where a passkey is wanted and nobody can type it. */
    ask(s.host, "007e0000013307100303", "017e00000000");
    until(s.host, "0219000000830000000000");
    scene_free(&s);
}

static void keys_come_back_where_there_was_room(void **state)
{
    (void)state;
    struct scene s = joined(5, &bonded);
    ask(s.host, AUTHENTICATE, "017e00000000");
    until(s.host, "02130000003107100303");
    /* Room for the peer's encryption key and for a signing key that is not distributed. */
    ask(s.host,
        "007f000000"
        "0001"
        "00000000" ROOM_ENC "00"
        "01" ROOM16 "00",
        "017f0000000001"
        "00000000" ROOM_ENC "00"
        "01" ROOM16 "00");
    const char *status = until(s.host, "0219000000000403000303");
    assert_memory_equal(status + 22,
                        "00000000"
                        "01",
                        10);
    assert_memory_not_equal(status + 32, ROOM16, 32);
    assert_string_equal(status + 22 + 8 + 56, "00"
                                              "01" ROOM16 "00");
    scene_free(&s);
}

static void each_side_has_its_own_identity_address(void **state)
{
    (void)state;
    enum { ADDRESS_AT = 2 * (28 + 17), SIDE = 2 * (28 + 24 + 2) };
    for
        EACH_API
        {
            struct scene s = joined(apis[i], &bonded);
            const char *type = apis[i] == 2 ? "01" : "02"; /* random, above the bit for a list */
            ask(s.host, AUTHENTICATE, "017e00000000");
            until(s.host, "02130000003107100303");
            assert_true(request_hex(s.host, "007f0000000001" ROOM ROOM));
            const char *own = until(s.host, "0219000000000403000303") + 22;
            assert_int_equal(strlen(own), 2 * SIDE);
            assert_memory_equal(own + ADDRESS_AT, type, 2);
            assert_memory_equal(own + ADDRESS_AT + 2, "015a3c0d06e1", 12);
            assert_memory_equal(own + SIDE + ADDRESS_AT, type, 2);
            assert_memory_equal(own + SIDE + ADDRESS_AT + 2, ADDRESS, 12);
            scene_free(&s);
        }
}

static void a_keyset_is_told_once(void **state)
{
    (void)state;
    struct bond bond;
    struct scene s = joined(5, &bonded);
    pair(s.host, &bond);
    ask(s.host, AUTHENTICATE, "017e00000000");
    assert_string_equal(until(s.host, "021900000085"), "0219000000850100000000");
    scene_free(&s);
}

static void links_pair_one_after_the_other_unless_more_is_configured(void **state)
{
    (void)state;
    struct sim_device_config config = bonded;
    struct scene s = {.host = host_started()};
    ask(s.host, "0069200000000101020300", "016900000000");
    ask(s.host, "0060", "016000000000");
    s.device = sim_device_new(s.host->world, s.host->air, &config);
    config.address.bytes[0] = 0x77;
    struct sim_device *second = sim_device_new(s.host->world, s.host->air, &config);
    join(s.host, ADDRESS);
    join(s.host, "774c973b06de");
    ask(s.host, AUTHENTICATE, "017e00000000");
    ask(s.host, "007e0100013107100303", "017e04000000");
    until(s.host, "02130000003107100303");
    ask(s.host, "007f0000850000", "017f0000000000");
    until(s.host, "0219000000850000000000");
    ask(s.host, "007e0100013107100303", "017e00000000");
    until(s.host, "02130001003107100303");
    sim_device_free(&second);
    scene_free(&s);
}

/* Section 11.8: the firmware has two places for keysets; a pairing that is over gives its own back.
 */
static void v2_holds_two_keysets_at_a_time(void **state)
{
    (void)state;
    static const char *const addresses[] = {ADDRESS, "d94c973b06de", "da4c973b06de"};
    struct sim_device *devices[3];
    struct sim_device_config config = bonded;
    struct host *h = host_of(2);
    char text[128];
    ask(h, "0060010a00000003030100000000", "016000000000");
    for (unsigned i = 0; i < 3; i++) {
        config.address.bytes[0] = (uint8_t)(0xD8 + i);
        devices[i] = sim_device_new(h->world, h->air, &config);
        snprintf(text, sizeof(text), "008c0101%s010100a00050000000010600180000009001",
                 addresses[i]);
        ask(h, text, "018c00000000");
        until(h, "0210");
    }
    for (unsigned i = 0; i < 3; i++) {
        snprintf(text, sizeof(text), "007e%02x00013107100303", i);
        ask(h, text, "017e00000000");
        snprintf(text, sizeof(text), "0213%02x%02x003107100303", 0, i);
        until(h, text);
    }
    ask(h, "007f00000000010000000000000000", "017f00000000010000000000000000");
    ask(h, "007f01000000010000000000000000", "017f00000000010000000000000000");
    ask(h, "007f02000000010000000000000000", "017f04000000");
    until(h, "021900");
    until(h, "021900");
    ask(h, "007f02000000010000000000000000", "017f00000000010000000000000000");
    until(h, "02190002000004");
    for (int i = 0; i < 3; i++)
        sim_device_free(&devices[i]);
    host_free(h);
}

static void silence_of_the_host_ends_pairing_for_good(void **state)
{
    (void)state;
    struct scene s = joined(5, &bonded);
    ask(s.host, AUTHENTICATE, "017e00000000");
    until(s.host, "02130000003107100303");
    uint64_t asked = sim_now(s.host->world);
    until(s.host, "0219000000010000000000");
    assert_in_range(sim_now(s.host->world) - asked, 29 * SECOND, 30 * SECOND);
    ask(s.host, AUTHENTICATE, "017e0d000000");
    ask(s.host, "007f00000000010000000000000000", "017f08000000");
    scene_free(&s);
}

static void a_device_may_ask_for_security(void **state)
{
    (void)state;
    struct sim_device_config config = bonded;
    config.ask_security_first = true;
    for
        EACH_API
        {
            struct bond bond;
            struct scene s = joined(apis[i], &config);
            until(s.host, "021e00000001");
            pair_of(s.host, apis[i], &bond);
            scene_free(&s);
        }
}

/* Section 14, trap 1. */
static void a_key_of_a_wrong_length_is_a_wrong_key(void **state)
{
    (void)state;
    struct bond bond;
    struct scene s = joined(2, &bonded);
    pair_of(s.host, 2, &bond);
    memcpy(bond.enc_info + 32, "20", 2);
    encrypt_with(s.host, &bond);
    until(s.host, "02110000003d");
    scene_free(&s);
}

/* Trap 2. */
static void v2_does_not_survive_a_reply_without_a_keyset(void **state)
{
    (void)state;
    struct sim_dongle_stats stats;
    struct scene s = joined(2, &bonded);
    ask(s.host, AUTHENTICATE, "017e00000000");
    until(s.host, "02130000003107100303");
    ask(s.host,
        "007f010000"
        "00"
        "00",
        "017f02300000"); /* an error needs no keyset */
    sim_dongle_get_stats(s.host->dongle, &stats);
    assert_int_equal(stats.restarts, 0);
    assert_true(request_hex(s.host, "007f000000"
                                    "00"
                                    "00"));
    run(s.host, SECOND);
    sim_dongle_get_stats(s.host->dongle, &stats);
    assert_int_equal(stats.restarts, 1);
    scene_free(&s);
}

static void a_lost_link_forgets_a_pairing(void **state)
{
    (void)state;
    struct bond bond;
    struct scene s = joined(5, &bonded);
    ask(s.host, AUTHENTICATE, "017e00000000");
    until(s.host, "02130000003107100303");
    sim_device_cut_link(s.device, SECOND);
    until(s.host, "021100000008");
    run(s.host, SECOND);
    join(s.host, ADDRESS);
    ask(s.host, "007f00000000010000000000000000", "017f08000000");
    pair(s.host, &bond);
    scene_free(&s);
}

/* Two dongles, two devices: what one link goes through does not touch the other. */
static void links_of_two_dongles_are_independent(void **state)
{
    (void)state;
    struct bond bond, other_bond;
    struct scene s = joined(5, &bonded);
    struct sim_device_config config = bonded;
    config.address.bytes[0] = 0x77;
    struct sim_device *other_device = sim_device_new(s.host->world, s.host->air, &config);
    struct host *other = second_host(s.host);
    pair(s.host, &bond);
    join(other, "774c973b06de");
    pair_with(other, 5, "774c973b06de", &other_bond);
    assert_string_not_equal(bond.enc_info, other_bond.enc_info);
    ask(s.host, "0087000001", "018700000000012110");
    sim_device_power_off(s.device);
    until(s.host, "021100000008");
    ask(other, "0087000001", "018700000000012110");
    assert_string_equal(write(other, "1700", "0200"), "0000");
    leave(other);
    assert_int_equal(sim_device_bonds(s.device), 1);
    assert_int_equal(sim_device_bonds(other_device), 1);
    sim_device_free(&other_device);
    second_host_free(other);
    scene_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairing_and_encryption_work_in_every_dialect),
        cmocka_unit_test(a_device_that_does_not_pair_says_so_in_every_dialect),
        cmocka_unit_test(a_refusal_reaches_the_host_with_its_reason),
        cmocka_unit_test(parameters_are_checked),
        cmocka_unit_test(answers_of_the_host_are_checked),
        cmocka_unit_test(the_host_may_refuse_what_the_peer_offers),
        cmocka_unit_test(keys_come_back_where_there_was_room),
        cmocka_unit_test(each_side_has_its_own_identity_address),
        cmocka_unit_test(a_keyset_is_told_once),
        cmocka_unit_test(links_pair_one_after_the_other_unless_more_is_configured),
        cmocka_unit_test(v2_holds_two_keysets_at_a_time),
        cmocka_unit_test(silence_of_the_host_ends_pairing_for_good),
        cmocka_unit_test(a_device_may_ask_for_security),
        cmocka_unit_test(a_key_of_a_wrong_length_is_a_wrong_key),
        cmocka_unit_test(v2_does_not_survive_a_reply_without_a_keyset),
        cmocka_unit_test(a_lost_link_forgets_a_pairing),
        cmocka_unit_test(links_of_two_dongles_are_independent),
    };
    return cmocka_run_group_tests_name("sim_security", tests, NULL, NULL);
}
