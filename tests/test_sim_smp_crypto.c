/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "sim/smp_crypto.h"

/* ---- Sample data of the Core Specification (Vol 3 Part H 2.2.3, 2.2.4, D.7) ---- */

/* Numbers as the specification writes them: most significant byte first. */
static void backwards(uint8_t *out, const char *number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)number[size - 1 - i];
}

static void c1_gives_the_sample_value(void **state)
{
    (void)state;
    uint8_t k[16] = {0}, r[16], out[16], expected[16];
    struct smp_confirmed confirmed = {.initiator.type = 1, .responder.type = 0};
    backwards(r, "\x57\x83\xD5\x21\x56\xAD\x6F\x0E\x63\x88\x27\x4E\xC6\x70\x2E\xE0", 16);
    backwards(confirmed.request, "\x07\x07\x10\x00\x00\x01\x01", 7);
    backwards(confirmed.response, "\x05\x00\x08\x00\x00\x03\x02", 7);
    backwards(confirmed.initiator.bytes, "\xA1\xA2\xA3\xA4\xA5\xA6", 6);
    backwards(confirmed.responder.bytes, "\xB1\xB2\xB3\xB4\xB5\xB6", 6);
    backwards(expected, "\x1E\x1E\x3F\xEF\x87\x89\x88\xEA\xD2\xA7\x4D\xC5\xBE\xF1\x3B\x86", 16);
    assert_true(smp_c1(k, r, &confirmed, out));
    assert_memory_equal(out, expected, 16);
}

static void s1_gives_the_sample_value(void **state)
{
    (void)state;
    uint8_t k[16] = {0}, r1[16], r2[16], out[16], expected[16];
    backwards(r1, "\x00\x0F\x0E\x0D\x0C\x0B\x0A\x09\x11\x22\x33\x44\x55\x66\x77\x88", 16);
    backwards(r2, "\x01\x02\x03\x04\x05\x06\x07\x08\x99\xAA\xBB\xCC\xDD\xEE\xFF\x00", 16);
    backwards(expected, "\x9A\x1F\xE1\xF0\xE8\xB0\xF4\x9B\x5B\x42\x16\xAE\x79\x6D\xA0\x62", 16);
    assert_true(smp_s1(k, r1, r2, out));
    assert_memory_equal(out, expected, 16);
}

static void ah_gives_the_sample_value_and_resolves_it(void **state)
{
    (void)state;
    uint8_t irk[16], out[3];
    backwards(irk, "\xEC\x02\x34\xA3\x57\xC8\xAD\x05\x34\x10\x10\xA6\x0A\x39\x7D\x9B", 16);
    struct smp_address address = {1, {0xAA, 0xFB, 0x0D, 0x94, 0x81, 0x70}};
    assert_true(smp_ah(irk, address.bytes + 3, out));
    assert_memory_equal(out, "\xAA\xFB\x0D", 3);
    assert_true(smp_resolves(irk, &address));
    irk[0] ^= 1;
    assert_false(smp_resolves(irk, &address));
    irk[0] ^= 1;
    address.type = 0; /* a public one is never made with a key */
    assert_false(smp_resolves(irk, &address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(c1_gives_the_sample_value),
        cmocka_unit_test(s1_gives_the_sample_value),
        cmocka_unit_test(ah_gives_the_sample_value_and_resolves_it),
    };
    return cmocka_run_group_tests_name("sim_smp_crypto", tests, NULL, NULL);
}
