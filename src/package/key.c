/* SPDX-License-Identifier: MIT */
#include "package/key.h"

#include <string.h>

#include "base/buf.h"
#include "nordfu/package.h"
#include "package/file.h"

#define MAX_FILE ((size_t)64 << 10)

static void wipe(struct buf *text)
{
    if (text->data != NULL)
        crypto_wipe(text->data, text->capacity);
    buf_free(text);
}

int key_load(struct crypto_key **out, const char *path, const char *passphrase,
             struct nordfu_error *error)
{
    *out = NULL;
    struct buf text = {0};
    int rc = file_read(&text, path, MAX_FILE, "key", error);
    if (rc == 0)
        rc = crypto_key_unlock(out, (const char *)text.data, text.size, passphrase, path, error);
    wipe(&text);
    return rc;
}

int key_load_public(uint8_t xy[CRYPTO_PUBLIC_SIZE], const char *path, struct nordfu_error *error)
{
    struct buf text = {0};
    int rc = file_read(&text, path, MAX_FILE, "key", error);
    if (rc == 0)
        rc = crypto_public_load(xy, (const char *)text.data, text.size, path, error);
    wipe(&text);
    return rc;
}

int nordfu_key_is_encrypted(const char *path, bool *encrypted, struct nordfu_error *error)
{
    struct buf text = {0};
    int rc = file_read(&text, path, MAX_FILE, "key", error);
    *encrypted = rc == 0 && crypto_key_is_encrypted((const char *)text.data, text.size);
    wipe(&text);
    return rc;
}

int nordfu_key_generate(const char *path, bool overwrite, struct nordfu_error *error)
{
    char pem[CRYPTO_PEM_MAX];
    struct crypto_key *key = NULL;
    int rc = crypto_key_generate(&key, error);
    if (rc != 0)
        return rc;
    rc = crypto_key_encode(key, pem, error);
    if (rc == 0)
        rc = file_write(path, pem, strlen(pem), 0600, overwrite, "private key", error);
    crypto_wipe(pem, sizeof(pem));
    crypto_key_free(&key);
    return rc;
}

/* The public half of the key that tools and examples for DFU are published with. */
static const uint8_t published_key[CRYPTO_PUBLIC_SIZE] = {
    0x68, 0x76, 0x2b, 0x52, 0xef, 0xe8, 0x14, 0xa2, 0x17, 0x37, 0x8e, 0x7b, 0x18, 0x7f, 0xbc, 0x20,
    0xeb, 0xaf, 0xe8, 0xe2, 0x0f, 0x05, 0x12, 0xea, 0xa0, 0x78, 0xda, 0x10, 0xa3, 0x34, 0xc0, 0x8c,
    0xc9, 0x67, 0x49, 0x61, 0x7c, 0xef, 0xc0, 0xe7, 0x78, 0x4a, 0x1a, 0x32, 0x84, 0x8d, 0x84, 0xf7,
    0x54, 0xd4, 0xd0, 0xdd, 0x9a, 0xb5, 0x60, 0x1d, 0xe8, 0xe5, 0x04, 0x90, 0x30, 0xff, 0xcb, 0x46,
};

const uint8_t *key_published(void)
{
    return published_key;
}

int nordfu_key_is_published(const char *path, const char *passphrase, bool *published,
                            struct nordfu_error *error)
{
    uint8_t xy[CRYPTO_PUBLIC_SIZE];
    struct crypto_key *key = NULL;
    int rc = passphrase != NULL ? key_load(&key, path, passphrase, error)
                                : key_load_public(xy, path, error);
    if (key != NULL)
        crypto_key_public(key, xy);
    crypto_key_free(&key);
    *published = rc == 0 && memcmp(xy, published_key, sizeof(xy)) == 0;
    return rc;
}

int nordfu_key_write_public(const char *key_path, const char *public_path,
                            struct nordfu_error *error)
{
    uint8_t xy[CRYPTO_PUBLIC_SIZE];
    char pem[CRYPTO_PEM_MAX];
    if (file_is_same(key_path, public_path))
        return nordfu_error_set(
            error, NORDFU_ERR_USAGE,
            "The public key can't be written to %s, because that is the private "
            "key itself: choose another name.",
            public_path);
    int rc = key_load_public(xy, key_path, error);
    if (rc == 0)
        rc = crypto_public_encode(xy, pem, error);
    if (rc == 0)
        rc = file_write(public_path, pem, strlen(pem), 0666, true, "public key", error);
    return rc;
}
