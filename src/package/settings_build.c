/* SPDX-License-Identifier: MIT */
#include "nordfu/settings.h"

#include <string.h>

#include "base/bytes.h"
#include "base/crc.h"
#include "base/crypto.h"
#include "package/file.h"
#include "package/ihex.h"
#include "package/image_file.h"
#include "package/key.h"
#include "package/sign.h"

static int check_validation(const struct nordfu_settings_recipe *recipe,
                            enum nordfu_validation type, const char *path, const char *what,
                            struct nordfu_error *error)
{
    if ((unsigned)type > NORDFU_VALIDATION_ECDSA)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The boot validation of the %s is of no known type (%u): choose "
                                "none, CRC, SHA-256 or ECDSA.",
                                what, (unsigned)type);
    if (type != NORDFU_VALIDATION_NONE && recipe->version == 1)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "Settings of version 1 know no boot validation: leave out that of "
                                "the %s, or make a page of version 2 (SDK 15.3 and newer).",
                                what);
    if (type != NORDFU_VALIDATION_NONE && path == NULL)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "There is a boot validation of the %s, but no %s: give its file, "
                                "too.",
                                what, what);
    if (type == NORDFU_VALIDATION_ECDSA && recipe->key_path == NULL)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The boot validation of the %s is a signature, but there is no key "
                                "to sign with: give a private key.",
                                what);
    return 0;
}

static int check_recipe(const struct nordfu_settings_recipe *recipe, struct nordfu_error *error)
{
    if (recipe->version != 1 && recipe->version != 2)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "There is no version %u of bootloader settings: give 1 (SDK 12.0 "
                                "to 15.2) or 2 (SDK 15.3 and newer).",
                                (unsigned)recipe->version);
    int rc = check_validation(recipe, recipe->app_validation, recipe->application.path,
                              "application", error);
    return rc != 0 ? rc
                   : check_validation(recipe, recipe->sd_validation, recipe->softdevice.path,
                                      "SoftDevice", error);
}

/* Fills `validation` with what the bootloader will compare `image` to. `key` may be NULL if none is
 * needed. */
static int validate(struct nordfu_boot_validation *validation, enum nordfu_validation type,
                    const struct buf *image, const struct crypto_key *key,
                    struct nordfu_error *error)
{
    struct bytes_writer w;
    validation->type = type;
    switch (type) {
    case NORDFU_VALIDATION_CRC:
        bytes_writer_init(&w, validation->bytes, sizeof(validation->bytes));
        bytes_put_u32(&w, crc32(0, image->data, image->size));
        validation->size = (uint8_t)w.at;
        return 0;
    case NORDFU_VALIDATION_SHA256:
        validation->size = CRYPTO_SHA256_SIZE;
        if (!crypto_sha256(validation->bytes, image->data, image->size))
            return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
        return 0;
    case NORDFU_VALIDATION_ECDSA:
        validation->size = CRYPTO_SIGNATURE_SIZE;
        return sign_bytes(validation->bytes, image->data, image->size, key, error);
    default:
        return 0;
    }
}

static int read_image(struct image_file *image, const struct nordfu_firmware *firmware,
                      const char *what, struct nordfu_error *error)
{
    if (firmware->bytes == NULL)
        return image_file_read(image, firmware->path, what, error);
    return image_file_decode(image, firmware->bytes, firmware->size, firmware->path, what, error);
}

static int add_application(struct nordfu_settings *settings,
                           const struct nordfu_settings_recipe *recipe,
                           const struct crypto_key *key, struct nordfu_error *error)
{
    struct image_file image;
    if (recipe->application.path == NULL)
        return 0;
    int rc = read_image(&image, &recipe->application, "application", error);
    if (rc != 0)
        return rc;
    settings->bank0.size = (uint32_t)image.bytes.size;
    settings->bank0.crc = crc32(0, image.bytes.data, image.bytes.size);
    settings->bank0.code = NORDFU_BANK_APPLICATION;
    rc = validate(&settings->app_validation, recipe->app_validation, &image.bytes, key, error);
    image_file_free(&image);
    return rc;
}

static int add_softdevice(struct nordfu_settings *settings,
                          const struct nordfu_settings_recipe *recipe, const struct crypto_key *key,
                          struct nordfu_error *error)
{
    struct image_file image;
    if (recipe->softdevice.path == NULL)
        return 0;
    if (image_file_is_raw(recipe->softdevice.path))
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "The SoftDevice %s is a raw image, which doesn't tell where the "
                                "MBR ends: give the .hex file that it comes in.",
                                recipe->softdevice.path);
    int rc = read_image(&image, &recipe->softdevice, "SoftDevice", error);
    if (rc != 0)
        return rc;
    settings->softdevice_size = (uint32_t)image.bytes.size;
    rc = validate(&settings->sd_validation, recipe->sd_validation, &image.bytes, key, error);
    image_file_free(&image);
    return rc;
}

int nordfu_settings_build(struct nordfu_settings *settings,
                          const struct nordfu_settings_recipe *recipe, struct nordfu_error *error)
{
    struct crypto_key *key = NULL;
    *settings = (struct nordfu_settings){
        .version = recipe->version,
        .app_version = recipe->app_version,
        .bootloader_version = recipe->bootloader_version,
    };
    bool signing = recipe->app_validation == NORDFU_VALIDATION_ECDSA ||
                   recipe->sd_validation == NORDFU_VALIDATION_ECDSA;
    int rc = check_recipe(recipe, error);
    if (rc == 0 && signing)
        rc = key_load(&key, recipe->key_path, recipe->key_passphrase, error);
    if (rc == 0)
        rc = add_application(settings, recipe, key, error);
    if (rc == 0)
        rc = add_softdevice(settings, recipe, key, error);
    crypto_key_free(&key);
    return rc;
}

static bool overlap(const struct ihex_segment *a, const struct ihex_segment *b)
{
    return a->address < (uint64_t)b->address + b->size &&
           b->address < (uint64_t)a->address + a->size;
}

static int check_segments(const struct ihex_segment *segments, size_t count,
                          struct nordfu_error *error)
{
    for (size_t i = 0; i < count; i++)
        if ((uint64_t)segments[i].address + segments[i].size > (uint64_t)UINT32_MAX + 1)
            return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                    "A settings page at 0x%08X would reach beyond the last "
                                    "address: choose a lower one.",
                                    (unsigned)segments[i].address);
    if (count == 2 && overlap(&segments[0], &segments[1]))
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The backup page at 0x%08X would overlap the settings page at "
                                "0x%08X: choose addresses on different flash pages.",
                                (unsigned)segments[1].address, (unsigned)segments[0].address);
    return 0;
}

int nordfu_settings_write(const char *path, const struct nordfu_settings *settings,
                          uint32_t address, const uint32_t *backup_address,
                          struct nordfu_error *error)
{
    uint8_t page[NORDFU_SETTINGS_MAX_SIZE];
    struct buf text = {0};
    size_t size = nordfu_settings_encode(settings, page);
    if (size == 0)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "These settings fit on no page: the version must be 1 or 2 (it is "
                                "%u), and a boot validation has at most 64 bytes.",
                                (unsigned)settings->version);
    struct ihex_segment segments[2] = {{.address = address, .size = size, .bytes = page}};
    size_t count = 1;
    if (backup_address != NULL)
        segments[count++] =
            (struct ihex_segment){.address = *backup_address, .size = size, .bytes = page};
    int rc = check_segments(segments, count, error);
    if (rc == 0)
        rc = ihex_encode(&text, segments, count, error);
    if (rc == 0)
        rc = file_write(path, text.data, text.size, 0666, true, "settings page", error);
    buf_free(&text);
    return rc;
}
