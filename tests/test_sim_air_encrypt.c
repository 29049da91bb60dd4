/* SPDX-License-Identifier: MIT */
#include "air_bench.h"

static const uint8_t key_a[AIR_KEY_SIZE] = "key A..........";
static const uint8_t key_b[AIR_KEY_SIZE] = "key B..........";
static const uint8_t random_part[8] = "random.";

/* What the security of a link came to, at both ends. */
struct security {
    struct bench bench;
    const uint8_t *key; /* of the peripheral */
    bool hesitates;     /* answers later */
    unsigned requests;
    uint16_t ediv;
    uint8_t rand[8];
    unsigned told[2];
    uint8_t status[2];
    unsigned pdus[2], quiet[2];
    uint8_t pdu[2][32];
    size_t size[2];
    unsigned att_before; /* ATT PDUs that had come when encryption was told */
};

static struct security *of(struct end *e)
{
    struct bench *b = e->which == AIR_CENTRAL
                          ? (struct bench *)((char *)e - offsetof(struct bench, central))
                          : (struct bench *)((char *)e - offsetof(struct bench, peripheral));
    return (struct security *)b;
}

static void on_key(void *context, struct air_link *link, uint16_t ediv, const uint8_t rand[8])
{
    struct security *s = of(context);
    s->requests++;
    s->ediv = ediv;
    memcpy(s->rand, rand, 8);
    if (!s->hesitates)
        air_answer_key(link, s->key);
}

static void on_encrypted(void *context, struct air_link *link, uint8_t status)
{
    struct end *e = context;
    struct security *s = of(e);
    (void)link;
    s->told[e->which]++;
    s->status[e->which] = status;
    s->att_before = s->bench.peripheral.received;
}

static void on_smp(void *context, struct air_link *link, const uint8_t *pdu, size_t size)
{
    struct end *e = context;
    struct security *s = of(e);
    (void)link;
    s->pdus[e->which]++;
    s->size[e->which] = size;
    memcpy(s->pdu[e->which], pdu, size);
}

static void on_sent_smp(void *context, struct air_link *link)
{
    struct end *e = context;
    assert_int_equal(air_queued_smp(link, e->which), 0);
    of(e)->quiet[e->which]++;
}

static struct security *connected(uint64_t seed)
{
    struct security *s = test_calloc(1, sizeof(*s));
    bench_init(&s->bench, seed, 24, 0);
    struct air_link_ops *ops[2] = {&s->bench.central_ops, &s->bench.peripheral_ops};
    for (int i = 0; i < 2; i++) {
        ops[i]->encrypted = on_encrypted;
        ops[i]->receive_smp = on_smp;
        ops[i]->sent_smp = on_sent_smp;
    }
    s->bench.peripheral_ops.key_requested = on_key;
    s->key = key_a;
    bench_connect(&s->bench);
    return s;
}

static void finish(struct security *s)
{
    bench_free(&s->bench);
    test_free(s);
}

static bool is_encrypted(const struct security *s)
{
    struct air_link_state state;
    air_link_get(s->bench.central.link, &state);
    return state.encrypted;
}

static void equal_keys_encrypt_the_link(void **state)
{
    (void)state;
    struct security *s = connected(1);
    assert_false(is_encrypted(s));
    air_encrypt(s->bench.central.link, 0x1234, random_part, key_a);
    run(&s->bench, 500000);
    assert_int_equal(s->requests, 1);
    assert_int_equal(s->ediv, 0x1234);
    assert_memory_equal(s->rand, random_part, 8);
    assert_int_equal(s->told[AIR_CENTRAL], 1);
    assert_int_equal(s->told[AIR_PERIPHERAL], 1);
    assert_int_equal(s->status[AIR_CENTRAL], 0);
    assert_int_equal(s->status[AIR_PERIPHERAL], 0);
    assert_true(is_encrypted(s));
    /* And again, with another one. */
    s->key = key_b;
    air_encrypt(s->bench.central.link, 1, random_part, key_b);
    run(&s->bench, 500000);
    assert_int_equal(s->told[AIR_CENTRAL], 2);
    assert_true(is_encrypted(s));
    finish(s);
}

static void different_keys_end_the_link_on_both_ends(void **state)
{
    (void)state;
    struct security *s = connected(1);
    air_encrypt(s->bench.central.link, 1, random_part, key_b);
    run(&s->bench, 500000);
    assert_int_equal(s->told[AIR_CENTRAL] + s->told[AIR_PERIPHERAL], 0);
    assert_int_equal(s->bench.central.closed, 1);
    assert_int_equal(s->bench.central.reason, 0x3D);
    assert_int_equal(s->bench.peripheral.closed, 1);
    assert_int_equal(s->bench.peripheral.reason, 0x3D);
    finish(s);
}

static void a_missing_key_leaves_the_link_as_it_was(void **state)
{
    (void)state;
    struct security *s = connected(1);
    s->key = NULL;
    air_encrypt(s->bench.central.link, 1, random_part, key_a);
    run(&s->bench, 500000);
    assert_int_equal(s->told[AIR_CENTRAL], 1);
    assert_int_equal(s->status[AIR_CENTRAL], 0x06);
    assert_int_equal(s->told[AIR_PERIPHERAL], 0);
    assert_false(is_encrypted(s));
    send_numbered(&s->bench, AIR_CENTRAL, 0, 3, 20);
    run(&s->bench, 500000);
    assert_int_equal(s->bench.peripheral.received, 3);
    finish(s);
}

static void an_encrypted_link_ends_when_the_next_key_is_missing(void **state)
{
    (void)state;
    struct security *s = connected(1);
    air_encrypt(s->bench.central.link, 1, random_part, key_a);
    run(&s->bench, 500000);
    s->key = NULL;
    air_encrypt(s->bench.central.link, 2, random_part, key_b);
    run(&s->bench, 500000);
    assert_int_equal(s->bench.peripheral.closed, 1);
    assert_int_equal(s->bench.peripheral.reason, 0x06);
    assert_int_equal(s->bench.central.reason, 0x16);
    finish(s);
}

static void a_peripheral_without_security_has_no_keys(void **state)
{
    (void)state;
    struct security *s = test_calloc(1, sizeof(*s));
    bench_init(&s->bench, 1, 24, 0);
    s->bench.central_ops.encrypted = on_encrypted;
    bench_connect(&s->bench);
    air_encrypt(s->bench.central.link, 1, random_part, key_a);
    air_send_smp(s->bench.central.link, AIR_CENTRAL, "\x01", 1); /* nobody listens */
    run(&s->bench, 500000);
    assert_int_equal(s->status[AIR_CENTRAL], 0x06);
    finish(s);
}

static void data_waits_while_the_link_is_being_encrypted(void **state)
{
    (void)state;
    struct security *s = connected(1);
    s->hesitates = true;
    air_encrypt(s->bench.central.link, 1, random_part, key_a);
    send_numbered(&s->bench, AIR_CENTRAL, 0, 3, 20);
    send_numbered(&s->bench, AIR_PERIPHERAL, 0, 3, 20);
    air_encrypt(s->bench.central.link, 2, random_part, key_b); /* is ignored */
    run(&s->bench, 1000000);
    assert_int_equal(s->requests, 1);
    assert_int_equal(s->bench.central.received + s->bench.peripheral.received, 0);
    air_answer_key(s->bench.peripheral.link, key_a);
    air_answer_key(s->bench.peripheral.link, key_b); /* nobody asked any more */
    run(&s->bench, 500000);
    assert_int_equal(s->att_before, 0);
    assert_true(is_encrypted(s));
    assert_int_equal(s->bench.central.received, 3);
    assert_int_equal(s->bench.peripheral.received, 3);
    assert_true(s->bench.central.in_order && s->bench.peripheral.in_order);
    finish(s);
}

static void security_pdus_travel_beside_the_others(void **state)
{
    (void)state;
    struct security *s = connected(1);
    send_numbered(&s->bench, AIR_CENTRAL, 0, 2, 20);
    assert_true(air_send_smp(s->bench.central.link, AIR_CENTRAL, "request", 7));
    assert_true(air_send_smp(s->bench.central.link, AIR_CENTRAL, "and more", 8));
    assert_true(air_send_smp(s->bench.central.link, AIR_PERIPHERAL, "no", 2));
    assert_int_equal(air_queued(s->bench.central.link, AIR_CENTRAL), 2);
    assert_int_equal(air_queued_smp(s->bench.central.link, AIR_CENTRAL), 2);
    run(&s->bench, 500000);
    assert_int_equal(s->bench.peripheral.received, 2);
    assert_int_equal(s->bench.central.sent, 2);
    assert_int_equal(s->pdus[AIR_PERIPHERAL], 2);
    assert_int_equal(s->size[AIR_PERIPHERAL], 8);
    assert_memory_equal(s->pdu[AIR_PERIPHERAL], "and more", 8);
    assert_int_equal(s->pdus[AIR_CENTRAL], 1);
    assert_memory_equal(s->pdu[AIR_CENTRAL], "no", 2);
    assert_int_equal(s->quiet[AIR_CENTRAL], 1);
    assert_int_equal(s->quiet[AIR_PERIPHERAL], 1);
    finish(s);
}

static void losses_only_delay_encryption(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct security *s = connected(seed);
        run(&s->bench, 200000);
        air_set_loss(s->bench.air, 0.4);
        air_encrypt(s->bench.central.link, 1, random_part, key_a);
        send_numbered(&s->bench, AIR_CENTRAL, 0, 5, 60);
        run(&s->bench, 20000000);
        assert_int_equal(s->bench.central.closed, 0);
        assert_true(is_encrypted(s));
        assert_int_equal(s->bench.peripheral.received, 5);
        finish(s);
    }
}

static void an_encrypted_link_pays_for_its_checksums(void **state)
{
    (void)state;
    uint64_t times[2];
    for (int encrypted = 0; encrypted < 2; encrypted++) {
        struct security *s = connected(1);
        if (encrypted)
            air_encrypt(s->bench.central.link, 1, random_part, key_a);
        run(&s->bench, 1000000);
        send_numbered(&s->bench, AIR_CENTRAL, 0, 1, 20);
        run(&s->bench, 1000000);
        air_send(s->bench.central.link, AIR_CENTRAL, "\x01\x00\x00\x00", 4, 0);
        run(&s->bench, 1000000);
        times[encrypted] = s->bench.peripheral.times[0] % 30000;
        finish(s);
    }
    assert_int_equal(times[1] - times[0], 4 * 8); /* 4 bytes at 1 Mbit/s */
}

/* ---- Whitelists ---- */

static bool accepts_nobody(void *context, const struct air_address *central)
{
    struct end *e = context;
    assert_memory_equal(central, &dongle_address, sizeof(*central));
    e->accepted = true;
    return false;
}

static void who_is_not_accepted_hears_nothing(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, 1, 24, 0);
    struct air_advert advert = sample_advert;
    advert.address = device_address;
    advert.accepts = accepts_nobody;
    b.advertiser = air_advertise(b.air, &advert, &b.peripheral_can, &b.peripheral_ops, on_connected,
                                 &b.peripheral);
    b.initiator = air_connect(b.air, &device_address, &dongle_address, 0, 0, &b.params,
                              &b.central_can, &b.central_ops, on_connected, &b.central);
    run(&b, 40000);
    assert_true(b.peripheral.accepted);
    assert_int_equal(b.central.connected, 1);
    air_send(b.central.link, AIR_CENTRAL, "\0\0\0\0", 4, 0);
    run(&b, 1000000);
    assert_int_equal(b.central.closed, 1);
    assert_int_equal(b.central.reason, 0x3E);
    assert_int_equal(b.peripheral.connected, 0);
    assert_int_equal(b.peripheral.received, 0);
    air_advertise_stop(&b.advertiser); /* it went on */
    bench_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_keys_encrypt_the_link),
        cmocka_unit_test(different_keys_end_the_link_on_both_ends),
        cmocka_unit_test(a_missing_key_leaves_the_link_as_it_was),
        cmocka_unit_test(an_encrypted_link_ends_when_the_next_key_is_missing),
        cmocka_unit_test(a_peripheral_without_security_has_no_keys),
        cmocka_unit_test(data_waits_while_the_link_is_being_encrypted),
        cmocka_unit_test(security_pdus_travel_beside_the_others),
        cmocka_unit_test(losses_only_delay_encryption),
        cmocka_unit_test(an_encrypted_link_pays_for_its_checksums),
        cmocka_unit_test(who_is_not_accepted_hears_nothing),
    };
    return cmocka_run_group_tests_name("sim_air_encrypt", tests, NULL, NULL);
}
