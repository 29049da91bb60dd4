/* SPDX-License-Identifier: MIT */
#include "nordfu/package.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/plain.h"
#include "package/archive.h"
#include "package/init_packet.h"
#include "package/key.h"
#include "package/manifest.h"
#include "package/sign.h"

/* One image with its bytes and what sentences call its files. */
struct content {
    struct manifest_image names;
    struct buf dat;
    struct buf firmware;
    struct nordfu_image image;
};

struct nordfu_package {
    char *path;
    struct archive *archive; /* while opening */
    bool peek;               /* the firmware stays in there */
    struct content contents[MANIFEST_KINDS];
    size_t count;
};

_Static_assert(MANIFEST_KINDS == NORDFU_MAX_IMAGES, "every member of a manifest has its image");

static bool kind_fits(enum manifest_kind kind, enum nordfu_image_type type)
{
    static const enum nordfu_image_type types[MANIFEST_KINDS] = {
        [MANIFEST_SOFTDEVICE_BOOTLOADER] = NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER,
        [MANIFEST_SOFTDEVICE] = NORDFU_IMAGE_SOFTDEVICE,
        [MANIFEST_BOOTLOADER] = NORDFU_IMAGE_BOOTLOADER,
        [MANIFEST_APPLICATION] = NORDFU_IMAGE_APPLICATION,
    };
    return types[kind] == type ||
           (kind == MANIFEST_APPLICATION && type == NORDFU_IMAGE_EXTERNAL_APPLICATION);
}

/* Bytes of firmware that the init packet announces: the sizes that matter for its type. */
static uint64_t announced_size(const struct nordfu_init_packet *init)
{
    static const struct {
        bool sd, bl, app;
    } counts[] = {
        [NORDFU_IMAGE_APPLICATION] = {.app = true},
        [NORDFU_IMAGE_SOFTDEVICE] = {.sd = true},
        [NORDFU_IMAGE_BOOTLOADER] = {.bl = true},
        [NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER] = {.sd = true, .bl = true},
        [NORDFU_IMAGE_EXTERNAL_APPLICATION] = {.app = true},
    };
    uint64_t size = 0;
    size += counts[init->type].sd ? init->sd_size : 0;
    size += counts[init->type].bl ? init->bl_size : 0;
    size += counts[init->type].app ? init->app_size : 0;
    return size;
}

static int check_size(const struct nordfu_package *package, const struct content *content,
                      struct nordfu_error *error)
{
    const char *bin = content->names.bin_file;
    size_t size = content->firmware.size;
    uint64_t announced = announced_size(&content->image.init);
    if (size == 0)
        return nordfu_error_set(
            error, NORDFU_ERR_PACKAGE,
            "The firmware file %s in %s is empty: make the package again from a "
            "file with contents.",
            bin, package->path);
    if (announced != size)
        return nordfu_error_set(
            error, NORDFU_ERR_PACKAGE,
            "The firmware file %s in %s has %zu bytes, but its init packet %s "
            "announces %ju: the files don't belong together; make the package again.",
            bin, package->path, size, content->names.dat_file, (uintmax_t)announced);
    /* Every CRC on the way would match and the device would refuse the image at the very end. */
    if (size % 4 != 0)
        return nordfu_error_set(
            error, NORDFU_ERR_PACKAGE,
            "The firmware file %s in %s has %zu bytes, which is not a multiple of "
            "4, and bootloaders refuse such an image after the whole transfer: pad "
            "the firmware with FF bytes and make the package again.",
            bin, package->path, size);
    return 0;
}

static int check_hash(const struct nordfu_package *package, const struct content *content,
                      struct nordfu_error *error)
{
    uint8_t hash[CRYPTO_SHA256_SIZE];
    if (!content->image.init.has_hash)
        return nordfu_error_set(
            error, NORDFU_ERR_PACKAGE,
            "The init packet %s in %s holds no SHA-256 of the firmware, without "
            "which bootloaders refuse it: make the package again.",
            content->names.dat_file, package->path);
    if (!crypto_sha256(hash, content->firmware.data, content->firmware.size))
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    if (memcmp(hash, content->image.init.hash, sizeof(hash)) != 0)
        return nordfu_error_set(
            error, NORDFU_ERR_PACKAGE,
            "The firmware file %s in %s does not have the SHA-256 that its init "
            "packet %s promises: it was changed or damaged after packing; make the "
            "package again.",
            content->names.bin_file, package->path, content->names.dat_file);
    return 0;
}

/* True if every size that matters for the type is there. */
static bool announces_size(const struct nordfu_init_packet *init)
{
    bool both = init->type == NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER;
    return announced_size(init) != 0 && (!both || (init->sd_size != 0 && init->bl_size != 0));
}

static int check_announced(const struct nordfu_package *package, const struct content *content,
                           struct nordfu_error *error)
{
    if (announces_size(&content->image.init))
        return 0;
    return nordfu_error_set(
        error, NORDFU_ERR_PACKAGE,
        "The init packet %s in %s announces no size of its %s, so every device would refuse it: "
        "make the package again.",
        content->names.dat_file, package->path, nordfu_image_type_name(content->image.init.type));
}

static int check_init(const struct nordfu_package *package, const struct content *content,
                      struct nordfu_error *error)
{
    const struct nordfu_init_packet *init = &content->image.init;
    const char *defect = NULL;
    /* A debug bootloader does not ask for versions if the package is marked for debugging. */
    if (!init->has_hw_version && !init->is_debug)
        defect = "names no hardware version";
    else if (init->type == NORDFU_IMAGE_BOOTLOADER && !init->has_fw_version && !init->is_debug)
        defect = "names no firmware version, which a bootloader must have";
    else if (init->is_signed && init->signature_type != 0)
        defect = "has a signature of type 1, while bootloaders know only type 0 (ECDSA on P-256)";
    if (defect == NULL)
        return 0;
    return nordfu_error_set(
        error, NORDFU_ERR_PACKAGE,
        "The init packet %s in %s %s, so every device would refuse it: make the "
        "package again.",
        content->names.dat_file, package->path, defect);
}

static int check_content(const struct nordfu_package *package, const struct content *content,
                         struct nordfu_error *error)
{
    enum nordfu_image_type type = content->image.init.type;
    if (!kind_fits(content->names.kind, type))
        return nordfu_error_set(
            error, NORDFU_ERR_PACKAGE,
            "The manifest.json in %s has an image \"%s\" whose init packet %s is for "
            "another kind (%s): the files are mixed up; make the package again.",
            package->path, manifest_kind_name(content->names.kind), content->names.dat_file,
            nordfu_image_type_name(type));
    int rc = check_init(package, content, error);
    if (rc == 0)
        rc = check_size(package, content, error);
    return rc == 0 ? check_hash(package, content, error) : rc;
}

static int read_content(struct nordfu_package *package, const struct manifest_image *names,
                        struct nordfu_error *error)
{
    struct content *content = &package->contents[package->count++];
    struct nordfu_image *image = &content->image;
    content->names = *names;
    /* One byte more than allowed may come out, so that the decoder's sentence says what is wrong
     * with it. */
    int rc = archive_read(package->archive, names->dat_file, NORDFU_MAX_INIT_PACKET + 1,
                          &content->dat, error);
    if (rc != 0)
        return rc;
    rc = init_packet_decode(&image->init, content->dat.data, content->dat.size, names->dat_file,
                            error);
    if (rc != 0)
        return rc;
    image->init_bytes = content->dat.data;
    image->init_size = content->dat.size;
    if (package->peek)
        return check_announced(package, content, error);
    rc = archive_read(package->archive, names->bin_file, NORDFU_MAX_IMAGE_SIZE, &content->firmware,
                      error);
    if (rc != 0)
        return rc;
    image->firmware = content->firmware.data;
    image->firmware_size = content->firmware.size;
    return check_content(package, content, error);
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
    for (size_t i = 0; i < (*package)->count; i++) {
        buf_free(&(*package)->contents[i].dat);
        buf_free(&(*package)->contents[i].firmware);
    }
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
