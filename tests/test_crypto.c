/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>

#include "base/crypto.h"

#define INPUTS TEST_DIR "/vectors/package/inputs/"

/* The public half of inputs/test_key.pem, X || Y big endian. */
static const uint8_t test_xy[CRYPTO_PUBLIC_SIZE] = {
    0xED, 0x58, 0x7F, 0x7B, 0x18, 0x0C, 0x5A, 0xF6, 0x57, 0x77, 0x9D, 0xDB, 0xF5, 0xC8, 0xF9, 0x4C,
    0x37, 0x9B, 0xBE, 0x81, 0x3D, 0xDA, 0xCD, 0xAC, 0xAD, 0xCB, 0xB7, 0xA6, 0x19, 0x70, 0x56, 0x9C,
    0xF1, 0xE4, 0x95, 0x22, 0x35, 0xEF, 0x4E, 0x26, 0x77, 0x94, 0x7B, 0x25, 0x4C, 0xBC, 0x1D, 0x9E,
    0xC6, 0x11, 0xA5, 0x13, 0x9A, 0xD0, 0xDD, 0xD7, 0xE8, 0xDC, 0xB8, 0x47, 0xA9, 0x89, 0x86, 0x7E};

struct text {
    char data[4096];
    size_t size;
};

static struct text read_text(const char *name)
{
    struct text text = {.size = 0};
    char path[512];
    snprintf(path, sizeof(path), INPUTS "%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text.size = fread(text.data, 1, sizeof(text.data), file);
    fclose(file);
    assert_in_range(text.size, 1, sizeof(text.data) - 1);
    return text;
}

static struct crypto_key *load(const char *name)
{
    struct text text = read_text(name);
    struct nordfu_error error = {0};
    struct crypto_key *key = NULL;
    if (crypto_key_load(&key, text.data, text.size, name, &error) != 0)
        fail_msg("%s", error.text);
    return key;
}

static void sha256_check_values_are_the_published_ones(void **state)
{
    (void)state;
    static const uint8_t abc[32] = {0xBA, 0x78, 0x16, 0xBF, 0x8F, 0x01, 0xCF, 0xEA,
                                    0x41, 0x41, 0x40, 0xDE, 0x5D, 0xAE, 0x22, 0x23,
                                    0xB0, 0x03, 0x61, 0xA3, 0x96, 0x17, 0x7A, 0x9C,
                                    0xB4, 0x10, 0xFF, 0x61, 0xF2, 0x00, 0x15, 0xAD};
    uint8_t hash[32];
    assert_true(crypto_sha256(hash, "abc", 3));
    assert_memory_equal(hash, abc, 32);
    assert_true(crypto_sha256(hash, NULL, 0));
    assert_memory_equal(hash, "\xE3\xB0\xC4\x42", 4);
}

static void sha256_in_pieces_is_that_of_the_whole(void **state)
{
    (void)state;
    uint8_t data[1000], whole[32], pieces[32];
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 7);
    assert_true(crypto_sha256(whole, data, sizeof(data)));
    struct crypto_hash *hash = crypto_hash_new();
    for (int round = 0; round < 2; round++) {
        for (size_t at = 0; at < sizeof(data); at += 125)
            crypto_hash_feed(hash, data + at, 125);
        assert_true(crypto_hash_finish(hash, pieces));
        assert_memory_equal(pieces, whole, 32);
    }
    crypto_hash_free(&hash);
    assert_null(hash);
    crypto_hash_free(&hash);
    crypto_hash_feed(NULL, data, 1);
    assert_false(crypto_hash_finish(NULL, pieces));
}

static void every_form_of_the_private_key_gives_the_same_key(void **state)
{
    (void)state;
    static const char *const names[] = {
        "test_key.pem",       "test_key_pkcs8.pem",      "test_key_ecparam.pem",
        "test_key_nopub.pem", "test_key_compressed.pem", "test_key_explicit.pem",
        "test_key_crlf.pem",
    };
    struct text original = read_text("test_key.pem");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct crypto_key *key = load(names[i]);
        uint8_t xy[CRYPTO_PUBLIC_SIZE];
        char pem[CRYPTO_PEM_MAX];
        crypto_key_public(key, xy);
        assert_memory_equal(xy, test_xy, sizeof(xy));
        assert_int_equal(crypto_key_encode(key, pem, NULL), 0);
        assert_int_equal(strlen(pem), 227);
        assert_string_equal(pem, original.data);
        crypto_key_free(&key);
        assert_null(key);
    }
}

struct refusal {
    const char *name;
    const char *fragment;
};

static void unusable_private_keys_are_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct refusal table[] = {
        {"test_pub.pem", "only a public key"}, {"enc_sec1.pem", "encrypted"},
        {"enc_pkcs8.pem", "encrypted"},        {"rsa.pem", "not an elliptic-curve key"},
        {"p384.pem", "another curve"},         {"k256.pem", "another curve"},
        {"garbage.pem", "no private key"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct text text = read_text(table[i].name);
        struct nordfu_error error = {0};
        struct crypto_key *key = NULL;
        assert_int_equal(crypto_key_load(&key, text.data, text.size, table[i].name, &error),
                         NORDFU_ERR_PACKAGE);
        assert_null(key);
        assert_non_null(strstr(error.text, table[i].name));
        if (strstr(error.text, table[i].fragment) == NULL)
            fail_msg("'%s' is not in: %s", table[i].fragment, error.text);
    }
}

static void no_cut_key_text_is_read(void **state)
{
    (void)state;
    struct text text = read_text("test_key.pem");
    for (size_t size = 0; size < text.size - 40; size++) {
        struct crypto_key *key = NULL;
        assert_int_equal(crypto_key_load(&key, text.data, size, "k", NULL), NORDFU_ERR_PACKAGE);
        assert_null(key);
    }
}

static void halves_that_do_not_belong_together_are_refused(void **state)
{
    (void)state;
    /* The scalar of the test key with the public half of RFC 6979, which is a good point of the
     * curve. */
    static const char pem[] = "-----BEGIN EC PRIVATE KEY-----\n"
                              "MHcCAQEEIJv+4eyiaqRCEEQQLtPnmSyYdr1tY4Urvq66B1qMq7z6oAoGCCqGSM49\n"
                              "AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8\n"
                              "maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
                              "-----END EC PRIVATE KEY-----\n";
    struct nordfu_error error = {0};
    struct crypto_key *key = NULL;
    assert_int_equal(crypto_key_load(&key, pem, sizeof(pem) - 1, "k", &error), NORDFU_ERR_PACKAGE);
    assert_null(key);
    assert_non_null(strstr(error.text, "don't fit together"));
}

static void public_key_is_read_from_either_half(void **state)
{
    (void)state;
    static const char *const names[] = {"test_pub.pem", "test_key.pem", "test_key_pkcs8.pem"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct text text = read_text(names[i]);
        uint8_t xy[CRYPTO_PUBLIC_SIZE] = {0};
        assert_int_equal(crypto_public_load(xy, text.data, text.size, names[i], NULL), 0);
        assert_memory_equal(xy, test_xy, sizeof(xy));
    }
    struct text garbage = read_text("garbage.pem");
    struct nordfu_error error = {0};
    uint8_t xy[CRYPTO_PUBLIC_SIZE];
    assert_int_equal(crypto_public_load(xy, garbage.data, garbage.size, "garbage.pem", &error),
                     NORDFU_ERR_PACKAGE);
    assert_non_null(strstr(error.text, "no key"));
    garbage = read_text("rsa.pem");
    assert_int_equal(crypto_public_load(xy, garbage.data, garbage.size, "rsa.pem", &error),
                     NORDFU_ERR_PACKAGE);
    assert_non_null(strstr(error.text, "not an elliptic-curve key"));
}

static void public_key_is_written_as_in_the_vector(void **state)
{
    (void)state;
    struct text expected = read_text("test_pub.pem");
    char pem[CRYPTO_PEM_MAX];
    assert_int_equal(crypto_public_encode(test_xy, pem, NULL), 0);
    assert_string_equal(pem, expected.data);
    uint8_t off_curve[CRYPTO_PUBLIC_SIZE];
    memcpy(off_curve, test_xy, sizeof(off_curve));
    off_curve[63] ^= 1;
    assert_int_equal(crypto_public_encode(off_curve, pem, NULL), NORDFU_ERR_PACKAGE);
}

/* RFC 6979 A.2.5: P-256, SHA-256, message "sample". */
static const uint8_t sample_xy[CRYPTO_PUBLIC_SIZE] = {
    0x60, 0xFE, 0xD4, 0xBA, 0x25, 0x5A, 0x9D, 0x31, 0xC9, 0x61, 0xEB, 0x74, 0xC6, 0x35, 0x6D, 0x68,
    0xC0, 0x49, 0xB8, 0x92, 0x3B, 0x61, 0xFA, 0x6C, 0xE6, 0x69, 0x62, 0x2E, 0x60, 0xF2, 0x9F, 0xB6,
    0x79, 0x03, 0xFE, 0x10, 0x08, 0xB8, 0xBC, 0x99, 0xA4, 0x1A, 0xE9, 0xE9, 0x56, 0x28, 0xBC, 0x64,
    0xF2, 0xF1, 0xB2, 0x0C, 0x2D, 0x7E, 0x9F, 0x51, 0x77, 0xA3, 0xC2, 0x94, 0xD4, 0x46, 0x22, 0x99};
static const uint8_t sample_signature[CRYPTO_SIGNATURE_SIZE] = {
    0xEF, 0xD4, 0x8B, 0x2A, 0xAC, 0xB6, 0xA8, 0xFD, 0x11, 0x40, 0xDD, 0x9C, 0xD4, 0x5E, 0x81, 0xD6,
    0x9D, 0x2C, 0x87, 0x7B, 0x56, 0xAA, 0xF9, 0x91, 0xC3, 0x4D, 0x0E, 0xA8, 0x4E, 0xAF, 0x37, 0x16,
    0xF7, 0xCB, 0x1C, 0x94, 0x2D, 0x65, 0x7C, 0x41, 0xD4, 0x36, 0xC7, 0xA1, 0xB6, 0xE2, 0x9F, 0x65,
    0xF3, 0xE9, 0x00, 0xDB, 0xB9, 0xAF, 0xF4, 0x06, 0x4D, 0xC4, 0xAB, 0x2F, 0x84, 0x3A, 0xCD, 0xA8};

static void a_published_signature_verifies_and_no_changed_one_does(void **state)
{
    (void)state;
    uint8_t hash[32], changed[CRYPTO_SIGNATURE_SIZE];
    assert_true(crypto_sha256(hash, "sample", 6));
    assert_true(crypto_verify(sample_xy, hash, sample_signature));
    assert_false(crypto_verify(test_xy, hash, sample_signature));
    for (size_t i = 0; i < sizeof(changed); i++) {
        memcpy(changed, sample_signature, sizeof(changed));
        changed[i] ^= 0x10;
        assert_false(crypto_verify(sample_xy, hash, changed));
    }
    memset(changed, 0, sizeof(changed));
    assert_false(crypto_verify(sample_xy, hash, changed));
    memset(changed, 0xFF, sizeof(changed));
    assert_false(crypto_verify(sample_xy, hash, changed));
    assert_false(crypto_verify(changed, hash, sample_signature));
}

/* The private half of sample_xy. */
static void signatures_are_equal_where_the_library_can_make_them_so(void **state)
{
    (void)state;
    static const char pem[] = "-----BEGIN EC PRIVATE KEY-----\n"
                              "MHcCAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\n"
                              "AwEHoUQDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8\n"
                              "maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
                              "-----END EC PRIVATE KEY-----\n";
    uint8_t hash[CRYPTO_SHA256_SIZE], one[CRYPTO_SIGNATURE_SIZE], other[CRYPTO_SIGNATURE_SIZE];
    struct crypto_key *key = NULL;
    struct nordfu_error error = {0};
    if (crypto_key_load(&key, pem, strlen(pem), "pem", &error) != 0)
        fail_msg("%s", error.text);
    assert_true(crypto_sha256(hash, "sample", 6));
    assert_int_equal(crypto_sign(key, hash, one, NULL), 0);
    assert_int_equal(crypto_sign(key, hash, other, NULL), 0);
    assert_true(crypto_verify(sample_xy, hash, one));
    bool equal = memcmp(one, other, sizeof(one)) == 0;
    print_message("signatures are %s here\n", equal ? "deterministic" : "random");
    if (equal)
        assert_memory_equal(one, sample_signature, sizeof(one));
    crypto_key_free(&key);
}

static void generated_keys_differ_sign_and_survive_their_pem(void **state)
{
    (void)state;
    uint8_t xy[2][CRYPTO_PUBLIC_SIZE], again[CRYPTO_PUBLIC_SIZE], hash[32], signature[64];
    assert_true(crypto_sha256(hash, "x", 1));
    for (int i = 0; i < 2; i++) {
        struct crypto_key *key = NULL, *copy = NULL;
        char pem[CRYPTO_PEM_MAX];
        assert_int_equal(crypto_key_generate(&key, NULL), 0);
        crypto_key_public(key, xy[i]);
        assert_int_equal(crypto_key_encode(key, pem, NULL), 0);
        assert_int_equal(strlen(pem), 227);
        assert_int_equal(crypto_key_load(&copy, pem, strlen(pem), "copy", NULL), 0);
        crypto_key_public(copy, again);
        assert_memory_equal(again, xy[i], sizeof(again));
        assert_int_equal(crypto_sign(copy, hash, signature, NULL), 0);
        assert_true(crypto_verify(xy[i], hash, signature));
        hash[0] ^= 1;
        assert_false(crypto_verify(xy[i], hash, signature));
        crypto_key_free(&key);
        crypto_key_free(&copy);
        crypto_key_free(&copy);
    }
    assert_memory_not_equal(xy[0], xy[1], sizeof(xy[0]));
}

/* FIPS-197, appendices B and C.1. */
static void aes128_gives_the_published_blocks(void **state)
{
    (void)state;
    static const struct {
        uint8_t key[16], in[16], out[16];
    } table[] = {
        {{0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6, 0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F,
          0x3C},
         {0x32, 0x43, 0xF6, 0xA8, 0x88, 0x5A, 0x30, 0x8D, 0x31, 0x31, 0x98, 0xA2, 0xE0, 0x37, 0x07,
          0x34},
         {0x39, 0x25, 0x84, 0x1D, 0x02, 0xDC, 0x09, 0xFB, 0xDC, 0x11, 0x85, 0x97, 0x19, 0x6A, 0x0B,
          0x32}},
        {{0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E,
          0x0F},
         {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE,
          0xFF},
         {0x69, 0xC4, 0xE0, 0xD8, 0x6A, 0x7B, 0x04, 0x30, 0xD8, 0xCD, 0xB7, 0x80, 0x70, 0xB4, 0xC5,
          0x5A}},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        uint8_t block[CRYPTO_AES_SIZE];
        assert_int_equal(crypto_aes128(table[i].key, table[i].in, block, NULL), 0);
        assert_memory_equal(block, table[i].out, sizeof(block));
        memcpy(block, table[i].in, sizeof(block));
        assert_int_equal(crypto_aes128(table[i].key, block, block, NULL), 0);
        assert_memory_equal(block, table[i].out, sizeof(block));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_check_values_are_the_published_ones),
        cmocka_unit_test(sha256_in_pieces_is_that_of_the_whole),
        cmocka_unit_test(every_form_of_the_private_key_gives_the_same_key),
        cmocka_unit_test(unusable_private_keys_are_refused_with_the_reason),
        cmocka_unit_test(no_cut_key_text_is_read),
        cmocka_unit_test(halves_that_do_not_belong_together_are_refused),
        cmocka_unit_test(public_key_is_read_from_either_half),
        cmocka_unit_test(public_key_is_written_as_in_the_vector),
        cmocka_unit_test(a_published_signature_verifies_and_no_changed_one_does),
        cmocka_unit_test(signatures_are_equal_where_the_library_can_make_them_so),
        cmocka_unit_test(generated_keys_differ_sign_and_survive_their_pem),
        cmocka_unit_test(aes128_gives_the_published_blocks),
    };
    return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}
