/* SPDX-License-Identifier: MIT */
#include "base/crypto.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#define CURVE       "prime256v1"
#define NUMBER_SIZE 32 /* bytes of a coordinate, of the scalar, of r and of s */

/* A DER signature of two P-256 numbers takes at most 72 bytes. */
#define DER_SIGNATURE_MAX 80

struct crypto_hash {
    EVP_MD_CTX *context;
    bool failed;
};

struct crypto_key {
    EVP_PKEY *pkey;
    uint8_t xy[CRYPTO_PUBLIC_SIZE];
};

void crypto_wipe(void *data, size_t size)
{
    OPENSSL_cleanse(data, size);
}

bool crypto_sha256(uint8_t hash[CRYPTO_SHA256_SIZE], const void *data, size_t size)
{
    memset(hash, 0, CRYPTO_SHA256_SIZE);
    return EVP_Digest(data, size, hash, NULL, EVP_sha256(), NULL) == 1;
}

struct crypto_hash *crypto_hash_new(void)
{
    struct crypto_hash *hash = calloc(1, sizeof(*hash));
    if (hash == NULL)
        return NULL;
    hash->context = EVP_MD_CTX_new();
    if (hash->context == NULL || EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) != 1)
        crypto_hash_free(&hash);
    return hash;
}

void crypto_hash_feed(struct crypto_hash *hash, const void *data, size_t size)
{
    if (hash != NULL && EVP_DigestUpdate(hash->context, data, size) != 1)
        hash->failed = true;
}

bool crypto_hash_finish(struct crypto_hash *hash, uint8_t out[CRYPTO_SHA256_SIZE])
{
    memset(out, 0, CRYPTO_SHA256_SIZE);
    if (hash == NULL)
        return false;
    bool good = !hash->failed && EVP_DigestFinal_ex(hash->context, out, NULL) == 1;
    hash->failed = EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) != 1;
    if (!good)
        memset(out, 0, CRYPTO_SHA256_SIZE);
    return good;
}

void crypto_hash_free(struct crypto_hash **hash)
{
    if (hash == NULL || *hash == NULL)
        return;
    EVP_MD_CTX_free((*hash)->context);
    free(*hash);
    *hash = NULL;
}

static int trouble(struct nordfu_error *error, const char *what)
{
    ERR_clear_error();
    return nordfu_error_set(error, NORDFU_ERR_SYSTEM,
                            "The computer's OpenSSL library could not %s: memory ran out or it is "
                            "restricted by its configuration.",
                            what);
}

static bool get_number(const EVP_PKEY *pkey, const char *name, uint8_t out[NUMBER_SIZE])
{
    BIGNUM *number = NULL;
    bool good = EVP_PKEY_get_bn_param(pkey, name, &number) == 1 &&
                BN_bn2binpad(number, out, NUMBER_SIZE) == NUMBER_SIZE;
    BN_clear_free(number);
    return good;
}

static bool get_public(const EVP_PKEY *pkey, uint8_t xy[CRYPTO_PUBLIC_SIZE])
{
    return get_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, xy) &&
           get_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, xy + NUMBER_SIZE);
}

static OSSL_PARAM *make_params(const uint8_t point[1 + CRYPTO_PUBLIC_SIZE], const BIGNUM *scalar)
{
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, CURVE, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
                                         1 + CRYPTO_PUBLIC_SIZE) == 1 &&
        (scalar == NULL || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1))
        params = OSSL_PARAM_BLD_to_param(build);
    OSSL_PARAM_BLD_free(build);
    return params;
}

/* A key on the named curve from its numbers, NULL if they are none. `scalar` NULL: a public key. */
static EVP_PKEY *make_pkey(const uint8_t xy[CRYPTO_PUBLIC_SIZE], const BIGNUM *scalar)
{
    uint8_t point[1 + CRYPTO_PUBLIC_SIZE] = {POINT_CONVERSION_UNCOMPRESSED};
    memcpy(point + 1, xy, CRYPTO_PUBLIC_SIZE);
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params = make_params(point, scalar);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (params == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &pkey, scalar != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                          params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    ERR_clear_error();
    return pkey;
}

static bool has_label(const char *pem, size_t size, const char *label)
{
    return memmem(pem, size, label, strlen(label)) != NULL;
}

bool crypto_key_is_encrypted(const char *pem, size_t size)
{
    return has_label(pem, size, "BEGIN ENCRYPTED PRIVATE KEY") ||
           has_label(pem, size, "Proc-Type: 4,ENCRYPTED");
}

/* OpenSSL's question for a passphrase; -1 when there is none. */
static int give_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)writing;
    const char *passphrase = context;
    size_t length = passphrase != NULL ? strlen(passphrase) : 0;
    if (passphrase == NULL || length > (size_t)size)
        return -1;
    memcpy(buffer, passphrase, length);
    return (int)length;
}

/* What keeps PEM text from being a private key, as far as its labels tell; NULL if nothing does. */
static const char *label_defect(const char *pem, size_t size, bool can_decrypt)
{
    if (crypto_key_is_encrypted(pem, size))
        return can_decrypt ? NULL
                           : "is encrypted, and its passphrase is not known: give that, or decrypt "
                             "the key first (openssl pkey -in KEY -out PLAIN)";
    if (has_label(pem, size, "BEGIN EC PRIVATE KEY") || has_label(pem, size, "BEGIN PRIVATE KEY"))
        return NULL;
    if (has_label(pem, size, "BEGIN RSA PRIVATE KEY"))
        return "is an RSA key, but DFU signatures need an elliptic-curve key on P-256: make one "
               "with 'keys generate'";
    if (has_label(pem, size, "BEGIN PUBLIC KEY"))
        return "holds only a public key: give the private key that belongs to it";
    return "is no private key in PEM form (a text with BEGIN EC PRIVATE KEY): give the file that "
           "'keys generate' made";
}

/* What keeps a readable key from being used; NULL if nothing does. */
static const char *key_defect(const EVP_PKEY *pkey)
{
    char curve[64] = "";
    if (pkey == NULL)
        return "is damaged: its contents can't be decoded; restore it from a copy";
    if (EVP_PKEY_is_a(pkey, "EC") != 1)
        return "is not an elliptic-curve key, but DFU signatures need one on P-256: make one with "
               "'keys generate'";
    if (EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), NULL) != 1 || strcmp(curve, CURVE) != 0)
        return "is on another curve than P-256, the only one that bootloaders can check: make one "
               "with 'keys generate'";
    return NULL;
}

static int refuse(struct nordfu_error *error, const char *name, const char *defect)
{
    ERR_clear_error();
    return nordfu_error_set(error, NORDFU_ERR_PACKAGE, "The key %s %s.", name, defect);
}

typedef EVP_PKEY *(*pem_reader)(BIO *, EVP_PKEY **, pem_password_cb *, void *);

static EVP_PKEY *read_pem(pem_reader reader, const char *pem, size_t size, const char *passphrase)
{
    BIO *bio = size <= INT32_MAX ? BIO_new_mem_buf(pem, (int)size) : NULL;
    EVP_PKEY *pkey =
        bio != NULL ? reader(bio, NULL, give_passphrase, (void *)(uintptr_t)passphrase) : NULL;
    BIO_free(bio);
    return pkey;
}

/* The public half was either read from the file or computed from the scalar: it must fit the scalar
 * in any case. */
static bool halves_match(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool good = context != NULL && EVP_PKEY_check(context) == 1;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return good;
}

/* The same key on the named curve with an uncompressed point, however the file had written it. */
static struct crypto_key *make_key(const EVP_PKEY *pkey)
{
    struct crypto_key *key = calloc(1, sizeof(*key));
    BIGNUM *scalar = BN_secure_new(); /* copies of such a number are cleared, too */
    if (key == NULL)
        goto out;
    if (get_public(pkey, key->xy) &&
        EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1)
        key->pkey = make_pkey(key->xy, scalar);
    if (key->pkey == NULL || !halves_match(key->pkey))
        crypto_key_free(&key);
out:
    BN_clear_free(scalar);
    return key;
}

int crypto_key_load(struct crypto_key **out, const char *pem, size_t size, const char *name,
                    struct nordfu_error *error)
{
    return crypto_key_unlock(out, pem, size, NULL, name, error);
}

int crypto_key_unlock(struct crypto_key **out, const char *pem, size_t size, const char *passphrase,
                      const char *name, struct nordfu_error *error)
{
    *out = NULL;
    const char *defect = label_defect(pem, size, passphrase != NULL);
    if (defect != NULL)
        return refuse(error, name, defect);
    EVP_PKEY *pkey = read_pem(PEM_read_bio_PrivateKey, pem, size, passphrase);
    defect = pkey == NULL && crypto_key_is_encrypted(pem, size)
                 ? "can't be decrypted: its passphrase is another one, or the file is damaged"
                 : key_defect(pkey);
    if (defect == NULL) {
        *out = make_key(pkey);
        if (*out == NULL)
            defect = "is damaged: its private and its public half don't fit together; restore it "
                     "from a copy";
    }
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return defect == NULL ? 0 : refuse(error, name, defect);
}

int crypto_key_generate(struct crypto_key **out, struct nordfu_error *error)
{
    EVP_PKEY *pkey = EVP_EC_gen(CURVE);
    *out = pkey != NULL ? make_key(pkey) : NULL;
    EVP_PKEY_free(pkey);
    return *out != NULL ? 0 : trouble(error, "make a key");
}

void crypto_key_free(struct crypto_key **key)
{
    if (key == NULL || *key == NULL)
        return;
    EVP_PKEY_free((*key)->pkey); /* clears the scalar */
    free(*key);
    *key = NULL;
}

void crypto_key_public(const struct crypto_key *key, uint8_t xy[CRYPTO_PUBLIC_SIZE])
{
    memcpy(xy, key->xy, CRYPTO_PUBLIC_SIZE);
}

int crypto_key_scalar(const struct crypto_key *key, uint8_t scalar[CRYPTO_SCALAR_SIZE],
                      struct nordfu_error *error)
{
    return get_number(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, scalar)
               ? 0
               : trouble(error, "read a private key");
}

static bool encode_pem(const EVP_PKEY *pkey, int selection, const char *structure,
                       char pem[CRYPTO_PEM_MAX])
{
    unsigned char *text = NULL;
    size_t size = 0;
    OSSL_ENCODER_CTX *context =
        OSSL_ENCODER_CTX_new_for_pkey(pkey, selection, "PEM", structure, NULL);
    bool good = context != NULL && OSSL_ENCODER_to_data(context, &text, &size) == 1 &&
                size < CRYPTO_PEM_MAX;
    memset(pem, 0, CRYPTO_PEM_MAX);
    if (good)
        memcpy(pem, text, size);
    OPENSSL_clear_free(text, size);
    OSSL_ENCODER_CTX_free(context);
    return good;
}

int crypto_key_encode(const struct crypto_key *key, char pem[CRYPTO_PEM_MAX],
                      struct nordfu_error *error)
{
    return encode_pem(key->pkey, EVP_PKEY_KEYPAIR, "type-specific", pem)
               ? 0
               : trouble(error, "encode a private key");
}

int crypto_public_load(uint8_t xy[CRYPTO_PUBLIC_SIZE], const char *pem, size_t size,
                       const char *name, struct nordfu_error *error)
{
    if (has_label(pem, size, "PRIVATE KEY")) {
        struct crypto_key *key = NULL;
        int rc = crypto_key_load(&key, pem, size, name, error);
        if (rc == 0)
            crypto_key_public(key, xy);
        crypto_key_free(&key);
        return rc;
    }
    if (!has_label(pem, size, "BEGIN PUBLIC KEY"))
        return refuse(
            error, name,
            "is no key in PEM form: give the file of a private key (BEGIN EC PRIVATE KEY, "
            "made by 'keys generate') or of a public one (BEGIN PUBLIC KEY)");
    EVP_PKEY *pkey = read_pem(PEM_read_bio_PUBKEY, pem, size, NULL);
    const char *defect = key_defect(pkey);
    if (defect == NULL && !get_public(pkey, xy))
        defect = "is damaged: it holds no point of the curve; restore it from a copy";
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return defect == NULL ? 0 : refuse(error, name, defect);
}

int crypto_public_encode(const uint8_t xy[CRYPTO_PUBLIC_SIZE], char pem[CRYPTO_PEM_MAX],
                         struct nordfu_error *error)
{
    memset(pem, 0, CRYPTO_PEM_MAX);
    EVP_PKEY *pkey = make_pkey(xy, NULL);
    if (pkey == NULL)
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "The public key is damaged: it is no point of the curve P-256.");
    bool good = encode_pem(pkey, EVP_PKEY_PUBLIC_KEY, "SubjectPublicKeyInfo", pem);
    EVP_PKEY_free(pkey);
    return good ? 0 : trouble(error, "encode a public key");
}

static bool numbers_from_der(const uint8_t *der, size_t size, uint8_t raw[CRYPTO_SIGNATURE_SIZE])
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);
    bool good = pair != NULL &&
                BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, NUMBER_SIZE) == NUMBER_SIZE &&
                BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + NUMBER_SIZE, NUMBER_SIZE) == NUMBER_SIZE;
    ECDSA_SIG_free(pair);
    return good;
}

/* Returns the size of the DER form in `der`, 0 on failure. */
static size_t numbers_to_der(const uint8_t raw[CRYPTO_SIGNATURE_SIZE],
                             uint8_t der[DER_SIGNATURE_MAX])
{
    int size = 0;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, NUMBER_SIZE, NULL);
    BIGNUM *s = BN_bin2bn(raw + NUMBER_SIZE, NUMBER_SIZE, NULL);
    if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; /* owned by the pair now */
        size = i2d_ECDSA_SIG(pair, &der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return size > 0 ? (size_t)size : 0;
}

/* Asks for a nonce that follows from key and digest (RFC 6979), where OpenSSL offers it: from 3.2
 * on, whatever it was when this was compiled. Otherwise the nonce is random. */
static bool choose_nonce(EVP_PKEY_CTX *context)
{
    static const char name[] = "nonce-type";
    unsigned deterministic = 1;
    const OSSL_PARAM *known = EVP_PKEY_CTX_settable_params(context);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_uint(name, &deterministic),
                           OSSL_PARAM_construct_end()};
    if (known == NULL || OSSL_PARAM_locate_const(known, name) == NULL)
        return true;
    return EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_params(context, params) == 1;
}

int crypto_sign(const struct crypto_key *key, const uint8_t hash[CRYPTO_SHA256_SIZE],
                uint8_t signature[CRYPTO_SIGNATURE_SIZE], struct nordfu_error *error)
{
    uint8_t der[DER_SIGNATURE_MAX];
    size_t size = sizeof(der);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
    bool good = context != NULL && EVP_PKEY_sign_init(context) == 1 && choose_nonce(context) &&
                EVP_PKEY_sign(context, der, &size, hash, CRYPTO_SHA256_SIZE) == 1 &&
                numbers_from_der(der, size, signature);
    EVP_PKEY_CTX_free(context);
    return good ? 0 : trouble(error, "sign");
}

bool crypto_verify(const uint8_t xy[CRYPTO_PUBLIC_SIZE], const uint8_t hash[CRYPTO_SHA256_SIZE],
                   const uint8_t signature[CRYPTO_SIGNATURE_SIZE])
{
    uint8_t der[DER_SIGNATURE_MAX];
    size_t size = numbers_to_der(signature, der);
    EVP_PKEY *pkey = make_pkey(xy, NULL);
    EVP_PKEY_CTX *context = pkey != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL) : NULL;
    bool good = size > 0 && context != NULL && EVP_PKEY_verify_init(context) == 1 &&
                EVP_PKEY_verify(context, der, size, hash, CRYPTO_SHA256_SIZE) == 1;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return good;
}

int crypto_aes128(const uint8_t key[CRYPTO_AES_SIZE], const uint8_t in[CRYPTO_AES_SIZE],
                  uint8_t out[CRYPTO_AES_SIZE], struct nordfu_error *error)
{
    uint8_t block[CRYPTO_AES_SIZE] = {0};
    int size = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool good =
        context != NULL && EVP_EncryptInit_ex2(context, EVP_aes_128_ecb(), key, NULL, NULL) == 1 &&
        EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
        EVP_EncryptUpdate(context, block, &size, in, sizeof(block)) == 1 && size == sizeof(block);
    EVP_CIPHER_CTX_free(context); /* clears the key */
    if (!good)
        crypto_wipe(block, sizeof(block));
    memcpy(out, block, sizeof(block));
    crypto_wipe(block, sizeof(block));
    return good ? 0 : trouble(error, "encrypt a block with AES-128");
}
