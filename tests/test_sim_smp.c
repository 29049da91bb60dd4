/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "sim/smp.h"

/* ---- Two ends on a table ---- */

static const struct smp_address central = {1, {1, 2, 3, 4, 5, 0xC6}};
static const struct smp_address device = {1, {0xD8, 0x4C, 0x97, 0x3B, 0x06, 0xDE}};

struct pdu {
    uint8_t bytes[24];
    size_t size;
};

struct end {
    struct smp *smp;
    struct pdu sent[64];
    size_t head, tail;
    uint8_t next_random;
    uint8_t refuses; /* reason; 0 = accepts */
    struct smp_params own, answered;
    unsigned answers, asks, overs;
    uint8_t asked;
    uint8_t key[16];
    uint8_t key_size;
    unsigned keys;
    struct smp_result result;
};

static void take(void *context, const uint8_t *pdu, size_t size)
{
    struct end *e = context;
    struct pdu *slot = &e->sent[e->tail++ % 64];
    assert_in_range(size, 1, sizeof(slot->bytes));
    memcpy(slot->bytes, pdu, size);
    slot->size = size;
}

static void count_up(void *context, uint8_t *out, size_t size)
{
    struct end *e = context;
    for (size_t i = 0; i < size; i++)
        out[i] = e->next_random++;
}

static void identity(void *context, uint8_t irk[16], struct smp_address *address)
{
    struct end *e = context;
    memset(irk, 0x11 + (e->own.auth & 1), 16);
    *address = device;
}

static uint8_t accept(void *context, const struct smp_params *theirs, struct smp_params *own)
{
    struct end *e = context;
    e->answered = *theirs;
    *own = e->own;
    return e->refuses;
}

static void answered(void *context, const struct smp_params *theirs)
{
    struct end *e = context;
    e->answered = *theirs;
    e->answers++;
}

static void asked(void *context, uint8_t auth)
{
    struct end *e = context;
    e->asked = auth;
    e->asks++;
}

static void encrypt(void *context, const uint8_t key[16], uint8_t key_size)
{
    struct end *e = context;
    memcpy(e->key, key, 16);
    e->key_size = key_size;
    e->keys++;
}

static void over(void *context, const struct smp_result *result)
{
    struct end *e = context;
    e->result = *result;
    e->overs++;
}

static const struct smp_ops ops = {take,     count_up, identity, accept,
                                   answered, asked,    encrypt,  over};

static const struct smp_params bonding = {
    .io_caps = SMP_NO_INPUT_NO_OUTPUT,
    .auth = SMP_AUTH_BOND,
    .min_key_size = 7,
    .max_key_size = 16,
    .initiator_keys = SMP_KEY_ENC | SMP_KEY_ID,
    .responder_keys = SMP_KEY_ENC | SMP_KEY_ID,
};

static void end_init(struct end *e, enum smp_role role, uint64_t patience_us)
{
    const struct smp_config config = {role, patience_us};
    *e = (struct end){.own = bonding, .next_random = role == SMP_INITIATOR ? 0x40 : 0x80};
    e->smp = smp_new(&config, &ops, e);
    assert_non_null(e->smp);
    smp_link(e->smp, &central, &device);
}

static void end_free(struct end *e)
{
    assert_int_equal(e->head, e->tail); /* nothing more was said */
    smp_free(&e->smp);
    assert_null(e->smp);
}

static const struct pdu *next(struct end *e)
{
    assert_true(e->head < e->tail);
    return &e->sent[e->head++ % 64];
}

static void hear(struct end *e, const void *bytes, size_t size)
{
    const struct pdu *pdu = next(e);
    assert_int_equal(pdu->size, size);
    assert_memory_equal(pdu->bytes, bytes, size);
}

static void say(struct end *e, const void *bytes, size_t size, uint64_t now)
{
    smp_receive(e->smp, bytes, size, now);
}

#define SAY(e, text)  say(e, text, sizeof(text) - 1, 0)
#define HEAR(e, text) hear(e, text, sizeof(text) - 1)

#define REQUEST  "\x01\x03\x00\x01\x10\x03\x03"
#define RESPONSE "\x02\x03\x00\x01\x10\x03\x03"

/* Carries what each says to the other until both are quiet. */
static void talk(struct end *a, struct end *b)
{
    while (a->head < a->tail || b->head < b->tail) {
        struct end *from = a->head < a->tail ? a : b;
        const struct pdu *pdu = next(from);
        smp_receive(from == a ? b->smp : a->smp, pdu->bytes, pdu->size, 0);
    }
}

/* ---- Responder ---- */

struct pairing {
    struct smp_confirmed confirmed;
    uint8_t random[16], confirm[16], stk[16];
    uint8_t peer_confirm[16], peer_random[16];
};

/* A hand-written initiator, up to where the link is to be encrypted. */
static void pair_by_hand(struct end *e, struct pairing *p)
{
    static const uint8_t tk[16];
    uint8_t pdu[17];
    memset(p, 0, sizeof(*p));
    memcpy(p->confirmed.request, REQUEST, 7);
    memcpy(p->confirmed.response, RESPONSE, 7);
    p->confirmed.initiator = central;
    p->confirmed.responder = device;
    memset(p->random, 0x5A, 16);
    assert_true(smp_c1(tk, p->random, &p->confirmed, p->confirm));
    SAY(e, REQUEST);
    HEAR(e, RESPONSE);
    pdu[0] = 3;
    memcpy(pdu + 1, p->confirm, 16);
    say(e, pdu, 17, 0);
    const struct pdu *heard = next(e);
    assert_int_equal(heard->size, 17);
    assert_int_equal(heard->bytes[0], 3);
    memcpy(p->peer_confirm, heard->bytes + 1, 16);
    pdu[0] = 4;
    memcpy(pdu + 1, p->random, 16);
    say(e, pdu, 17, 0);
    heard = next(e);
    assert_int_equal(heard->size, 17);
    assert_int_equal(heard->bytes[0], 4);
    memcpy(p->peer_random, heard->bytes + 1, 16);
    uint8_t confirm[16];
    assert_true(smp_c1(tk, p->peer_random, &p->confirmed, confirm));
    assert_memory_equal(confirm, p->peer_confirm, 16);
    assert_true(smp_s1(tk, p->peer_random, p->random, p->stk));
}

static void responder_pairs_with_a_hand_written_initiator(void **state)
{
    (void)state;
    static const uint8_t none[8], other[8] = {1};
    struct end e;
    struct pairing p;
    uint8_t key[16];
    end_init(&e, SMP_RESPONDER, 0);
    pair_by_hand(&e, &p);
    assert_true(smp_is_busy(e.smp));
    assert_false(smp_key(e.smp, 1, none, key));
    assert_false(smp_key(e.smp, 0, other, key));
    assert_true(smp_key(e.smp, 0, none, key));
    assert_memory_equal(key, p.stk, 16);
    smp_encrypted(e.smp, 0);
    assert_false(smp_key(e.smp, 0, none, key));
    /* Its keys first... */
    const struct pdu *ltk = next(&e), *id = next(&e);
    assert_int_equal(ltk->size, 17);
    assert_int_equal(ltk->bytes[0], 6);
    assert_int_equal(id->size, 11);
    assert_int_equal(id->bytes[0], 7);
    HEAR(&e, "\x08\x12\x12\x12\x12\x12\x12\x12\x12\x12\x12\x12\x12\x12\x12\x12\x12");
    HEAR(&e, "\x09\x01\xD8\x4C\x97\x3B\x06\xDE");
    assert_int_equal(e.overs, 0);
    /* ...then the initiator's. */
    SAY(&e, "\x06LTKLTKLTKLTKLTKL");
    SAY(&e, "\x07\x34\x12RANDRAND");
    SAY(&e, "\x08IRKIRKIRKIRKIRKI");
    assert_int_equal(e.overs, 0);
    SAY(&e, "\x09\x01\x01\x02\x03\x04\x05\xC6");
    assert_int_equal(e.overs, 1);
    assert_int_equal(e.result.status, SMP_SUCCESS);
    assert_true(e.result.bonded);
    assert_int_equal(e.result.key_size, 16);
    assert_int_equal(e.result.own.which, SMP_KEY_ENC | SMP_KEY_ID);
    assert_memory_equal(e.result.own.ltk, ltk->bytes + 1, 16);
    assert_int_equal(e.result.own.ediv, ltk[1].bytes[1] | ltk[1].bytes[2] << 8);
    assert_memory_equal(e.result.own.rand, id->bytes + 3, 8);
    assert_int_equal(e.result.peer.which, SMP_KEY_ENC | SMP_KEY_ID);
    assert_memory_equal(e.result.peer.ltk, "LTKLTKLTKLTKLTKL", 16);
    assert_int_equal(e.result.peer.ediv, 0x1234);
    assert_memory_equal(e.result.peer.irk, "IRKIRKIRKIRKIRKI", 16);
    assert_memory_equal(&e.result.peer.identity, &central, sizeof(central));
    assert_false(smp_is_busy(e.smp));
    assert_true(smp_deadline(e.smp) == UINT64_MAX);
    end_free(&e);
}

static void a_wrong_confirm_value_ends_the_pairing(void **state)
{
    (void)state;
    struct end e;
    end_init(&e, SMP_RESPONDER, 0);
    SAY(&e, REQUEST);
    HEAR(&e, RESPONSE);
    SAY(&e, "\x03"
            "confirmconfirmco");
    next(&e);
    SAY(&e, "\x04randomrandomrand");
    HEAR(&e, "\x05\x04");
    assert_int_equal(e.overs, 1);
    assert_int_equal(e.result.status, SMP_CONFIRM_FAILED);
    assert_false(e.result.by_peer);
    assert_false(e.result.bonded);
    /* The next one may begin at once. */
    SAY(&e, REQUEST);
    HEAR(&e, RESPONSE);
    SAY(&e, "\x05\x08");
    assert_int_equal(e.overs, 2);
    assert_int_equal(e.result.status, SMP_UNSPECIFIED);
    assert_true(e.result.by_peer);
    end_free(&e);
}

static void repeated_attempts_have_to_wait(void **state)
{
    (void)state;
    struct end e;
    end_init(&e, SMP_RESPONDER, 5000000);
    SAY(&e, REQUEST);
    HEAR(&e, RESPONSE);
    SAY(&e, "\x05\x04");
    say(&e, REQUEST, 7, 4999999);
    HEAR(&e, "\x05\x09");
    smp_link(e.smp, &central, &device); /* a new link does not help */
    say(&e, REQUEST, 7, 4999999);
    HEAR(&e, "\x05\x09");
    say(&e, REQUEST, 7, 5000000);
    HEAR(&e, RESPONSE);
    end_free(&e);
}

static void the_responder_may_refuse(void **state)
{
    (void)state;
    struct end e;
    end_init(&e, SMP_RESPONDER, 0);
    e.refuses = SMP_NOT_SUPPORTED;
    SAY(&e, REQUEST);
    HEAR(&e, "\x05\x05");
    assert_int_equal(e.overs, 1);
    assert_int_equal(e.result.status, SMP_NOT_SUPPORTED);
    e.refuses = 0;
    e.own.min_key_size = 16;
    SAY(&e, "\x01\x03\x00\x01\x0F\x03\x03");
    HEAR(&e, "\x05\x06");
    e.own.min_key_size = 7;
    e.own.auth |= SMP_AUTH_MITM;
    SAY(&e, "\x01\x04\x00\x05\x10\x03\x03");
    HEAR(&e, "\x05\x03");
    end_free(&e);
}

static void the_response_offers_no_more_than_was_asked_for(void **state)
{
    (void)state;
    struct end e;
    end_init(&e, SMP_RESPONDER, 0);
    SAY(&e, "\x01\x03\x00\x0D\x07\x02\x01"); /* secure connections and MITM are not for it */
    HEAR(&e, "\x02\x03\x00\x01\x10\x02\x01");
    SAY(&e, "\x05\x08");
    SAY(&e, "\x01\x03\x00\x00\x10\x03\x03"); /* no bonding: no keys */
    HEAR(&e, "\x02\x03\x00\x01\x10\x00\x00");
    end_free(&e);
}

static void odd_pdus_are_answered_as_the_standard_says(void **state)
{
    (void)state;
    struct end e;
    end_init(&e, SMP_RESPONDER, 0);
    SAY(&e, "\x00");
    SAY(&e, "\x0F\x01");
    SAY(&e, "\xFF");
    say(&e, "", 0, 0);
    SAY(&e, "\x05\x04"); /* nothing is under way */
    assert_int_equal(e.tail, 0);
    SAY(&e, "\x0C");
    HEAR(&e, "\x05\x07");
    SAY(&e, "\x0B\x01"); /* only a central gets that */
    HEAR(&e, "\x05\x07");
    SAY(&e, "\x01\x03\x00\x01\x10\x03");
    HEAR(&e, "\x05\x0A");
    SAY(&e, "\x01\x05\x00\x01\x10\x03\x03");
    HEAR(&e, "\x05\x0A");
    SAY(&e, "\x01\x03\x00\x01\x11\x03\x03");
    HEAR(&e, "\x05\x0A");
    SAY(&e, "\x04randomrandomrand");
    HEAR(&e, "\x05\x08");
    unsigned overs = e.overs;
    SAY(&e, REQUEST);
    HEAR(&e, RESPONSE);
    SAY(&e, REQUEST);
    HEAR(&e, "\x05\x08");
    assert_int_equal(e.overs, overs + 1);
    end_free(&e);
}

static void keys_out_of_order_end_the_pairing(void **state)
{
    (void)state;
    struct end e;
    struct pairing p;
    end_init(&e, SMP_RESPONDER, 0);
    pair_by_hand(&e, &p);
    smp_encrypted(e.smp, 0);
    e.head = e.tail;
    SAY(&e, "\x07\x34\x12RANDRAND");
    HEAR(&e, "\x05\x08");
    assert_int_equal(e.result.status, SMP_UNSPECIFIED);
    end_free(&e);
}

static void silence_for_30_s_is_the_end_of_pairing_on_a_link(void **state)
{
    (void)state;
    struct end e;
    end_init(&e, SMP_RESPONDER, 0);
    say(&e, REQUEST, 7, 1000);
    HEAR(&e, RESPONSE);
    assert_int_equal(smp_deadline(e.smp), 1000 + SMP_TIMEOUT_US);
    smp_poll(e.smp, 999 + SMP_TIMEOUT_US);
    assert_int_equal(e.overs, 0);
    smp_poll(e.smp, 1000 + SMP_TIMEOUT_US);
    assert_int_equal(e.overs, 1);
    assert_int_equal(e.result.status, SMP_TIMED_OUT);
    assert_true(smp_is_dead(e.smp));
    SAY(&e, REQUEST);
    assert_int_equal(e.head, e.tail);
    smp_link(e.smp, &central, &device);
    say(&e, REQUEST, 7, 1000 + SMP_TIMEOUT_US);
    HEAR(&e, RESPONSE);
    end_free(&e);
}

/* ---- Initiator ---- */

static void initiator_and_responder_pair(void **state)
{
    (void)state;
    static const uint8_t none[8];
    static const uint8_t sizes[] = {16, 7};
    for (size_t i = 0; i < 2; i++) {
        struct end a, b;
        uint8_t key[16];
        end_init(&a, SMP_INITIATOR, 0);
        end_init(&b, SMP_RESPONDER, 0);
        b.own.max_key_size = sizes[i];
        a.own.initiator_keys |= SMP_KEY_SIGN;
        b.own.initiator_keys |= SMP_KEY_SIGN;
        smp_pair(a.smp, &a.own, 0);
        talk(&a, &b);
        assert_int_equal(a.answers, 1);
        assert_int_equal(a.answered.max_key_size, sizes[i]);
        smp_go_on(a.smp, 0);
        talk(&a, &b);
        assert_int_equal(a.keys, 1);
        assert_int_equal(a.key_size, sizes[i]);
        assert_true(smp_key(b.smp, 0, none, key));
        assert_memory_equal(key, a.key, 16);
        for (size_t at = sizes[i]; at < 16; at++)
            assert_int_equal(key[at], 0);
        smp_encrypted(b.smp, 0);
        smp_encrypted(a.smp, 0);
        talk(&a, &b);
        assert_int_equal(a.overs, 1);
        assert_int_equal(b.overs, 1);
        assert_int_equal(a.result.status, SMP_SUCCESS);
        assert_true(a.result.bonded && b.result.bonded);
        assert_int_equal(b.result.peer.which, SMP_KEY_ENC | SMP_KEY_ID | SMP_KEY_SIGN);
        assert_memory_equal(&a.result.own, &b.result.peer, sizeof(a.result.own));
        assert_memory_equal(a.result.peer.ltk, b.result.own.ltk, 16);
        assert_int_equal(a.result.peer.ediv, b.result.own.ediv);
        assert_memory_equal(a.result.peer.rand, b.result.own.rand, 8);
        assert_int_equal(a.result.peer.key_size, sizes[i]);
        end_free(&a);
        end_free(&b);
    }
}

static void the_initiator_refuses_what_it_does_not_want(void **state)
{
    (void)state;
    struct end e;
    end_init(&e, SMP_INITIATOR, 0);
    smp_pair(e.smp, &e.own, 0);
    HEAR(&e, REQUEST);
    SAY(&e, "\x02\x03\x00\x01\x10\x07\x03"); /* more keys than it offered */
    HEAR(&e, "\x05\x0A");
    e.own.auth |= SMP_AUTH_MITM;
    smp_pair(e.smp, &e.own, 0);
    next(&e);
    SAY(&e, RESPONSE);
    HEAR(&e, "\x05\x03");
    assert_int_equal(e.result.status, SMP_AUTH_REQUIREMENTS);
    assert_false(e.result.by_peer);
    e.own.auth = SMP_AUTH_BOND;
    smp_pair(e.smp, &e.own, 0);
    next(&e);
    SAY(&e, RESPONSE);
    smp_abort(e.smp, SMP_UNSPECIFIED, 0);
    HEAR(&e, "\x05\x08");
    smp_pair(e.smp, &e.own, 0);
    next(&e);
    SAY(&e, "\x05\x05");
    assert_int_equal(e.result.status, SMP_NOT_SUPPORTED);
    assert_true(e.result.by_peer);
    SAY(&e, REQUEST); /* nobody pairs with a central */
    HEAR(&e, "\x05\x07");
    end_free(&e);
}

static void a_security_request_is_told_unless_a_pairing_is_under_way(void **state)
{
    (void)state;
    struct end a, b;
    end_init(&a, SMP_INITIATOR, 0);
    end_init(&b, SMP_RESPONDER, 0);
    smp_ask(b.smp, SMP_AUTH_BOND);
    talk(&a, &b);
    assert_int_equal(a.asks, 1);
    assert_int_equal(a.asked, SMP_AUTH_BOND);
    smp_pair(a.smp, &a.own, 0);
    SAY(&a, "\x0B\x01");
    assert_int_equal(a.asks, 1);
    talk(&a, &b);
    assert_int_equal(a.answers, 1);
    smp_ask(b.smp, SMP_AUTH_BOND); /* nor asked for */
    end_free(&a);
    end_free(&b);
}

/* ---- Anything at all ---- */

static uint32_t noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

/* Real PDUs of a pairing in a wrong order, with flipped bytes and of wrong sizes, and what the
 * owner of the link may do at any time. */
static void any_pdus_at_all_are_survived(void **state)
{
    (void)state;
    static const uint8_t sizes[] = {1, 7, 7, 17, 17, 2, 17, 11, 17, 8, 17, 2, 65, 33, 2};
    uint32_t seed = 7;
    for (int role = 0; role < 2; role++) {
        struct end e;
        uint64_t now = 0;
        end_init(&e, (enum smp_role)role, 1000);
        for (int i = 0; i < 100000; i++) {
            uint8_t code = (uint8_t)(noise(&seed) % 15);
            size_t size = noise(&seed) % 8 == 0 ? noise(&seed) % 66 : sizes[code];
            uint8_t *pdu = malloc(size > 0 ? size : 1); /* reading past the end is found */
            assert_non_null(pdu);
            for (size_t at = 0; at < size; at++)
                pdu[at] = (uint8_t)(noise(&seed) & (at == 0 ? 0 : 0x13));
            if (size > 0)
                pdu[0] = code;
            if (code == 1 && size == 7)
                memcpy(pdu, REQUEST, 7);
            smp_receive(e.smp, pdu, size, now += noise(&seed) % 5000);
            free(pdu);
            if (noise(&seed) % 4 == 0)
                smp_encrypted(e.smp, now);
            if (role == SMP_INITIATOR && noise(&seed) % 4 == 0)
                smp_pair(e.smp, &bonding, now);
            if (noise(&seed) % 8 == 0)
                smp_go_on(e.smp, now);
            smp_poll(e.smp, noise(&seed) % 4096 == 0 ? smp_deadline(e.smp) - 1 : now);
            if (smp_is_dead(e.smp))
                smp_link(e.smp, &central, &device);
        }
        assert_in_range(e.overs, 1000, 100000);
        e.head = e.tail;
        end_free(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(responder_pairs_with_a_hand_written_initiator),
        cmocka_unit_test(a_wrong_confirm_value_ends_the_pairing),
        cmocka_unit_test(repeated_attempts_have_to_wait),
        cmocka_unit_test(the_responder_may_refuse),
        cmocka_unit_test(the_response_offers_no_more_than_was_asked_for),
        cmocka_unit_test(odd_pdus_are_answered_as_the_standard_says),
        cmocka_unit_test(keys_out_of_order_end_the_pairing),
        cmocka_unit_test(silence_for_30_s_is_the_end_of_pairing_on_a_link),
        cmocka_unit_test(initiator_and_responder_pair),
        cmocka_unit_test(the_initiator_refuses_what_it_does_not_want),
        cmocka_unit_test(a_security_request_is_told_unless_a_pairing_is_under_way),
        cmocka_unit_test(any_pdus_at_all_are_survived),
    };
    return cmocka_run_group_tests_name("sim_smp", tests, NULL, NULL);
}
