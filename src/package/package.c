/* SPDX-License-Identifier: MIT */
#include "nordfu/package.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/plain.h"
#include "package/archive.h"
#include "package/content.h"
#include "package/key.h"
#include "package/manifest.h"
#include "package/sign.h"

struct nordfu_package {
    char *path;
    struct archive *archive; /* while opening */
    bool peek;               /* the firmware stays in there */
    struct content contents[MANIFEST_KINDS];
    size_t count;
};

_Static_assert(MANIFEST_KINDS == NORDFU_MAX_IMAGES, "every member of a manifest has its image");

static int check_content(const struct content *content, const char *path,
                         struct nordfu_error *error)
{
    int rc = content_check_kind(content, path, error);
    if (rc == 0)
        rc = content_check_init(content, path, error);
    if (rc == 0)
        rc = content_check_size(content, path, error);
    if (rc == 0)
        rc = content_check_length(content, path, error);
    return rc == 0 ? content_check_hash(content, path, error) : rc;
}

static int read_content(struct nordfu_package *package, const struct manifest_image *names,
                        struct nordfu_error *error)
{
    struct content *content = &package->contents[package->count++];
    content->names = *names;
    int rc = content_read_init(content, package->archive, error);
    if (rc == 0 && package->peek)
        return content_check_announced(content, package->path, error);
    if (rc == 0)
        rc = content_read_firmware(content, package->archive, error);
    return rc == 0 ? check_content(content, package->path, error) : rc;
}

static int read_manifest(struct nordfu_package *package, struct manifest *manifest,
                         struct nordfu_error *error)
{
    struct buf text = {0};
    if (!archive_has(package->archive, MANIFEST_NAME))
        return nordfu_error_set(
            error, NORDFU_ERR_PACKAGE,
            "The zip file %s holds no manifest.json at its top level, so it is no "
            "DFU package: give the .zip that was made for DFU.",
            package->path);
    int rc = archive_read(package->archive, MANIFEST_NAME, MANIFEST_MAX_SIZE, &text, error);
    if (rc == 0)
        rc = manifest_decode(manifest, text.data, text.size, package->path, error);
    buf_free(&text);
    return rc;
}

static int read_package(struct nordfu_package *package, struct nordfu_error *error)
{
    struct manifest manifest;
    int rc = archive_open(&package->archive, package->path, error);
    if (rc == 0)
        rc = read_manifest(package, &manifest, error);
    if (rc == 0 && manifest.count == 0 && !package->peek)
        rc = nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                              "The manifest.json in %s names no image (softdevice_bootloader, "
                              "softdevice, bootloader or application): make the package again, or "
                              "ask whoever made it.",
                              package->path);
    for (size_t i = 0; rc == 0 && i < manifest.count; i++)
        rc = read_content(package, &manifest.images[i], error);
    archive_free(&package->archive);
    return rc;
}

static int open_package(struct nordfu_package **out, const char *path, bool peek,
                        struct nordfu_error *error)
{
    *out = NULL;
    struct nordfu_package *package = calloc(1, sizeof(*package));
    if (package == NULL)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    package->peek = peek;
    package->path = strdup(path);
    int rc = package->path != NULL ? read_package(package, error)
                                   : nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    if (rc != 0) {
        /* Names and JSON from a hostile package stand in the sentence. */
        if (error != NULL)
            plain_text(error->text);
        nordfu_package_free(&package);
    }
    *out = package;
    return rc;
}

int nordfu_package_open(struct nordfu_package **out, const char *path, struct nordfu_error *error)
{
    return open_package(out, path, false, error);
}

int nordfu_package_peek(struct nordfu_package **out, const char *path, struct nordfu_error *error)
{
    return open_package(out, path, true, error);
}

void nordfu_package_free(struct nordfu_package **package)
{
    if (package == NULL || *package == NULL)
        return;
    for (size_t i = 0; i < (*package)->count; i++)
        content_free(&(*package)->contents[i]);
    free((*package)->path);
    free(*package);
    *package = NULL;
}

size_t nordfu_package_image_count(const struct nordfu_package *package)
{
    return package->count;
}

const struct nordfu_image *nordfu_package_image(const struct nordfu_package *package, size_t index)
{
    return index < package->count ? &package->contents[index].image : NULL;
}

bool nordfu_package_names(const struct nordfu_package *package, size_t index,
                          struct nordfu_image_names *names)
{
    if (index >= package->count)
        return false;
    const struct manifest_image *image = &package->contents[index].names;
    *names = (struct nordfu_image_names){manifest_kind_name(image->kind), image->bin_file,
                                         image->dat_file};
    return true;
}

int nordfu_package_verify(const struct nordfu_package *package, const char *key_path,
                          struct nordfu_error *error)
{
    uint8_t xy[CRYPTO_PUBLIC_SIZE];
    int rc = key_load_public(xy, key_path, error);
    for (size_t i = 0; rc == 0 && i < package->count; i++) {
        const struct nordfu_image *image = &package->contents[i].image;
        const char *type = nordfu_image_type_name(image->init.type);
        if (!image->init.is_signed)
            rc = nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                  "The %s in %s is not signed: make the package again with a key.",
                                  type, package->path);
        else if (!sign_verify(&image->init, image->init_bytes, image->init_size, xy))
            rc = nordfu_error_set(
                error, NORDFU_ERR_PACKAGE,
                "The signature of the %s in %s was not made with the private half of "
                "the key %s, or the init packet was changed afterwards: sign it with "
                "the key that belongs to the device.",
                type, package->path, key_path);
    }
    return rc;
}
