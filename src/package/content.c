/* SPDX-License-Identifier: MIT */
#include "package/content.h"

#include <string.h>

#include "base/crypto.h"
#include "package/init_packet.h"

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

int content_check_size(const struct content *content, const char *path, struct nordfu_error *error)
{
    const char *bin = content->names.bin_file;
    size_t size = content->firmware.size;
    uint64_t announced = announced_size(&content->image.init);
    if (size == 0)
        return nordfu_error_set(
            error, NORDFU_ERR_PACKAGE,
            "The firmware file %s in %s is empty: make the package again from a "
            "file with contents.",
            bin, path);
    if (announced != size)
        return nordfu_error_set(
            error, NORDFU_ERR_PACKAGE,
            "The firmware file %s in %s has %zu bytes, but its init packet %s "
            "announces %ju: the files don't belong together; make the package again.",
            bin, path, size, content->names.dat_file, (uintmax_t)announced);
    return 0;
}

int content_check_length(const struct content *content, const char *path,
                         struct nordfu_error *error)
{
    const char *bin = content->names.bin_file;
    size_t size = content->firmware.size;
    /* Every CRC on the way would match and the device would refuse the image at the very end. */
    if (size % 4 != 0)
        return nordfu_error_set(
            error, NORDFU_ERR_PACKAGE,
            "The firmware file %s in %s has %zu bytes, which is not a multiple of "
            "4, and bootloaders refuse such an image after the whole transfer: pad "
            "the firmware with FF bytes and make the package again.",
            bin, path, size);
    return 0;
}

int content_check_hash(const struct content *content, const char *path, struct nordfu_error *error)
{
    uint8_t hash[CRYPTO_SHA256_SIZE];
    if (!content->image.init.has_hash)
        return nordfu_error_set(
            error, NORDFU_ERR_PACKAGE,
            "The init packet %s in %s holds no SHA-256 of the firmware, without "
            "which bootloaders refuse it: make the package again.",
            content->names.dat_file, path);
    if (!crypto_sha256(hash, content->firmware.data, content->firmware.size))
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    if (memcmp(hash, content->image.init.hash, sizeof(hash)) != 0)
        return nordfu_error_set(
            error, NORDFU_ERR_PACKAGE,
            "The firmware file %s in %s does not have the SHA-256 that its init "
            "packet %s promises: it was changed or damaged after packing; make the "
            "package again.",
            content->names.bin_file, path, content->names.dat_file);
    return 0;
}

/* True if every size that matters for the type is there. */
static bool announces_size(const struct nordfu_init_packet *init)
{
    bool both = init->type == NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER;
    return announced_size(init) != 0 && (!both || (init->sd_size != 0 && init->bl_size != 0));
}

int content_check_announced(const struct content *content, const char *path,
                            struct nordfu_error *error)
{
    if (announces_size(&content->image.init))
        return 0;
    return nordfu_error_set(
        error, NORDFU_ERR_PACKAGE,
        "The init packet %s in %s announces no size of its %s, so every device would refuse it: "
        "make the package again.",
        content->names.dat_file, path, nordfu_image_type_name(content->image.init.type));
}

int content_check_init(const struct content *content, const char *path, struct nordfu_error *error)
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
        content->names.dat_file, path, defect);
}

int content_check_kind(const struct content *content, const char *path, struct nordfu_error *error)
{
    enum nordfu_image_type type = content->image.init.type;
    if (kind_fits(content->names.kind, type))
        return 0;
    return nordfu_error_set(
        error, NORDFU_ERR_PACKAGE,
        "The manifest.json in %s has an image \"%s\" whose init packet %s is for "
        "another kind (%s): the files are mixed up; make the package again.",
        path, manifest_kind_name(content->names.kind), content->names.dat_file,
        nordfu_image_type_name(type));
}

int content_read_init(struct content *content, struct archive *archive, struct nordfu_error *error)
{
    struct nordfu_image *image = &content->image;
    const char *dat = content->names.dat_file;
    /* One byte more than allowed may come out, so that the decoder's sentence says what is wrong
     * with it. */
    int rc = archive_read(archive, dat, NORDFU_MAX_INIT_PACKET + 1, &content->dat, error);
    if (rc == 0)
        rc = init_packet_decode(&image->init, content->dat.data, content->dat.size, dat, error);
    if (rc != 0)
        return rc;
    image->init_bytes = content->dat.data;
    image->init_size = content->dat.size;
    return 0;
}

int content_read_firmware(struct content *content, struct archive *archive,
                          struct nordfu_error *error)
{
    int rc = archive_read(archive, content->names.bin_file, NORDFU_MAX_IMAGE_SIZE,
                          &content->firmware, error);
    if (rc != 0)
        return rc;
    content->image.firmware = content->firmware.data;
    content->image.firmware_size = content->firmware.size;
    return 0;
}

void content_free(struct content *content)
{
    buf_free(&content->dat);
    buf_free(&content->firmware);
}
