/* SPDX-License-Identifier: MIT */
#include "nordfu/package.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "package/archive.h"
#include "package/image_file.h"
#include "package/init_packet.h"
#include "package/key.h"
#include "package/manifest.h"
#include "package/names.h"
#include "package/package_part.h"
#include "package/recipe.h"
#include "package/sign.h"

/* SoftDevice and bootloader are one image: at most that and an application. */
#define MAX_PARTS 2

/* One image with its two files. */
struct part {
    struct nordfu_init_packet init;
    struct buf firmware;
    size_t sd_size; /* bytes of `firmware` that are a SoftDevice */
    uint8_t dat[NORDFU_MAX_INIT_PACKET];
    size_t dat_size;
};

/* Everything that goes into the zip. */
struct draft {
    const struct nordfu_package_recipe *recipe;
    struct crypto_key *key; /* NULL = unsigned */
    struct manifest manifest;
    struct buf manifest_text;
    struct part parts[MAX_PARTS]; /* as in manifest.images */
};

static int read_image(struct image_file *image, const struct nordfu_firmware *firmware,
                      const char *kind, struct nordfu_error *error)
{
    if (firmware->bytes == NULL)
        return image_file_read(image, firmware->path, kind, error);
    return image_file_decode(image, firmware->bytes, firmware->size, firmware->path, kind, error);
}

/* Begins the next image. */
static struct part *begin_part(struct draft *draft, enum manifest_kind kind)
{
    struct part *part = &draft->parts[draft->manifest.count];
    draft->manifest.images[draft->manifest.count++].kind = kind;
    return part;
}

static int sign_validation(struct part *part, const struct crypto_key *key,
                           struct nordfu_error *error)
{
    struct nordfu_boot_validation *validation = &part->init.boot_validation[0];
    size_t size = part->sd_size != 0 ? part->sd_size : part->firmware.size;
    if (validation->type != NORDFU_VALIDATION_ECDSA)
        return 0;
    validation->size = sizeof(validation->bytes);
    return sign_bytes(validation->bytes, part->firmware.data, size, key, error);
}

/* The init packet of an image whose firmware is complete. */
static int finish_part(struct draft *draft, struct part *part, enum nordfu_image_type type,
                       struct nordfu_error *error)
{
    struct nordfu_init_packet *init = &part->init;
    size_t rest = part->firmware.size - part->sd_size;
    int rc = recipe_fill(init, type, draft->recipe, error);
    if (rc != 0)
        return rc;
    init->sd_size = (uint32_t)part->sd_size;
    if (type == NORDFU_IMAGE_APPLICATION || type == NORDFU_IMAGE_EXTERNAL_APPLICATION)
        init->app_size = (uint32_t)rest;
    else
        init->bl_size = (uint32_t)rest;
    init->has_hash = true;
    if (!crypto_sha256(init->hash, part->firmware.data, part->firmware.size))
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    if (draft->key != NULL) {
        rc = sign_validation(part, draft->key, error);
        if (rc == 0)
            rc = sign_init_packet(init, draft->key, error);
    }
    return rc == 0 ? init_packet_encode(init, part->dat, &part->dat_size, error) : rc;
}

static int add_softdevice_bootloader(struct draft *draft, struct nordfu_error *error)
{
    struct manifest_image *names = &draft->manifest.images[draft->manifest.count];
    struct part *part = begin_part(draft, MANIFEST_SOFTDEVICE_BOOTLOADER);
    struct image_file softdevice = {0}, bootloader = {0};
    int rc = read_image(&softdevice, &draft->recipe->softdevice, "SoftDevice", error);
    if (rc == 0)
        rc = read_image(&bootloader, &draft->recipe->bootloader, "bootloader", error);
    if (rc == 0)
        rc = image_file_join(&part->firmware, &softdevice, &bootloader, error);
    part->sd_size = softdevice.bytes.size;
    names_of_both(names);
    names->has_sizes = true;
    names->sd_size = (uint32_t)softdevice.bytes.size;
    names->bl_size = (uint32_t)bootloader.bytes.size;
    image_file_free(&softdevice);
    image_file_free(&bootloader);
    return rc == 0 ? finish_part(draft, part, NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER, error) : rc;
}

/* An image of one file. */
static int add_single(struct draft *draft, enum manifest_kind kind, enum nordfu_image_type type,
                      const struct nordfu_firmware *firmware, struct nordfu_error *error)
{
    size_t index = draft->manifest.count;
    struct part *part = begin_part(draft, kind);
    struct manifest_image *names = &draft->manifest.images[index];
    struct image_file image;
    const char *word = kind == MANIFEST_APPLICATION ? "application" : nordfu_image_type_name(type);
    int rc = read_image(&image, firmware, word, error);
    if (rc == 0)
        part->firmware = image.bytes; /* moved */
    if (kind == MANIFEST_SOFTDEVICE)
        part->sd_size = part->firmware.size;
    if (rc == 0)
        rc = names_from_path(names, firmware->path, error);
    if (rc == 0 && index > 0)
        rc = names_make_unique(names, &draft->manifest.images[0], error);
    return rc == 0 ? finish_part(draft, part, type, error) : rc;
}

static int add_images(struct draft *draft, struct nordfu_error *error)
{
    const struct nordfu_package_recipe *recipe = draft->recipe;
    bool softdevice = recipe->softdevice.path != NULL, bootloader = recipe->bootloader.path != NULL;
    int rc = 0;
    if (softdevice && bootloader)
        rc = add_softdevice_bootloader(draft, error);
    else if (softdevice)
        rc = add_single(draft, MANIFEST_SOFTDEVICE, NORDFU_IMAGE_SOFTDEVICE, &recipe->softdevice,
                        error);
    else if (bootloader)
        rc = add_single(draft, MANIFEST_BOOTLOADER, NORDFU_IMAGE_BOOTLOADER, &recipe->bootloader,
                        error);
    if (rc == 0 && recipe->application.path != NULL)
        rc = add_single(draft, MANIFEST_APPLICATION,
                        recipe->is_external ? NORDFU_IMAGE_EXTERNAL_APPLICATION
                                            : NORDFU_IMAGE_APPLICATION,
                        &recipe->application, error);
    return rc;
}

static int write_zip(const char *path, const struct draft *draft, struct nordfu_error *error)
{
    struct archive_file files[1 + 2 * MAX_PARTS] = {
        {MANIFEST_NAME, draft->manifest_text.data, draft->manifest_text.size}};
    size_t count = 1;
    for (size_t i = 0; i < draft->manifest.count; i++) {
        const struct manifest_image *names = &draft->manifest.images[i];
        const struct part *part = &draft->parts[i];
        files[count++] =
            (struct archive_file){names->bin_file, part->firmware.data, part->firmware.size};
        files[count++] = (struct archive_file){names->dat_file, part->dat, part->dat_size};
    }
    return archive_write(path, files, count, error);
}

static int build(struct draft *draft, struct nordfu_error *error)
{
    int rc = 0;
    if (draft->recipe->key_path != NULL)
        rc = key_load(&draft->key, draft->recipe->key_path, draft->recipe->key_passphrase, error);
    if (rc == 0)
        rc = add_images(draft, error);
    if (rc == 0)
        rc = manifest_encode(&draft->manifest, &draft->manifest_text, error);
    return rc;
}

static void free_draft(struct draft *draft)
{
    crypto_key_free(&draft->key);
    for (size_t i = 0; i < MAX_PARTS; i++)
        buf_free(&draft->parts[i].firmware);
    buf_free(&draft->manifest_text);
    free(draft);
}

int package_part_build(struct package_part *out, const struct nordfu_package_recipe *recipe,
                       struct nordfu_error *error)
{
    struct draft *draft = calloc(1, sizeof(*draft));
    if (draft == NULL)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    draft->recipe = recipe;
    int rc = build(draft, error);
    *out = (struct package_part){0};
    if (rc == 0) {
        struct part *part = &draft->parts[0];
        out->fw_version = part->init.fw_version;
        out->init_size = part->dat_size;
        memcpy(out->init, part->dat, part->dat_size);
        out->firmware = part->firmware;
        part->firmware = (struct buf){0}; /* moved */
    }
    free_draft(draft);
    return rc;
}

int nordfu_package_write(const char *path, const struct nordfu_package_recipe *recipe,
                         struct nordfu_error *error)
{
    int rc = recipe_check(recipe, path, error);
    if (rc != 0)
        return rc;
    struct draft *draft = calloc(1, sizeof(*draft));
    if (draft == NULL)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    draft->recipe = recipe;
    rc = build(draft, error);
    if (rc == 0)
        rc = write_zip(path, draft, error);
    free_draft(draft);
    return rc;
}
