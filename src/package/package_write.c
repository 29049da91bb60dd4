/* SPDX-License-Identifier: MIT */
#include "nordfu/package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "package/archive.h"
#include "package/file.h"
#include "package/init_packet.h"
#include "package/key.h"
#include "package/manifest.h"
#include "package/sd_req.h"
#include "package/sign.h"

/* Everything that goes into the zip. */
struct parts {
    struct buf firmware;
    struct buf manifest_text;
    struct manifest manifest;
    uint8_t dat[NORDFU_MAX_INIT_PACKET];
    size_t dat_size;
};

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);
    return size >= tail && strcasecmp(text + size - tail, end) == 0;
}

static int check_recipe(const char *path, const struct nordfu_package_recipe *recipe,
                        struct nordfu_error *error)
{
    if (recipe->sd_req_count == 0 || recipe->sd_req_count > NORDFU_MAX_SD_REQ)
        return nordfu_error_set(
            error, NORDFU_ERR_USAGE,
            "A package needs 1 to %d IDs of SoftDevices that the application runs "
            "on, not %zu: give them (0x00 for a device without SoftDevice).",
            NORDFU_MAX_SD_REQ, recipe->sd_req_count);
    if (ends_with(recipe->firmware_path, ".hex"))
        return nordfu_error_set(
            error, NORDFU_ERR_UNSUPPORTED,
            "The firmware %s is Intel HEX, and only raw .bin files are supported "
            "yet: convert it first (objcopy -I ihex -O binary IN.hex OUT.bin).",
            recipe->firmware_path);
    if (!ends_with(recipe->firmware_path, ".bin"))
        return nordfu_error_set(
            error, NORDFU_ERR_USAGE,
            "The firmware %s is neither .bin nor .hex by its name: give a raw image "
            "named .bin.",
            recipe->firmware_path);
    if (file_is_same(path, recipe->firmware_path) ||
        (recipe->key_path != NULL && file_is_same(path, recipe->key_path)))
        return nordfu_error_set(
            error, NORDFU_ERR_USAGE,
            "The package can't be written to %s, because that is one of the files it "
            "is made from: choose another name.",
            path);
    return 0;
}

/* Reads the image and pads it to a multiple of 4 with FF, as bootloaders need it. */
static int read_firmware(struct buf *firmware, const char *path, struct nordfu_error *error)
{
    int rc = file_read(firmware, path, NORDFU_MAX_IMAGE_SIZE, "firmware", error);
    if (rc != 0)
        return rc;
    if (firmware->size == 0)
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "The firmware %s is empty: give a file with contents.", path);
    if (!buf_append(firmware, "\xFF\xFF\xFF", (4 - firmware->size % 4) % 4))
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    return 0;
}

/* Copies `name` with every ".bin" replaced by ".dat"; appends ".dat" when there is none. The sizes
 * fit: see below. */
static void make_dat_name(char out[MANIFEST_MAX_FILE], const char *name)
{
    char *at = out;
    strcpy(out, name);
    bool replaced = false;
    while ((at = strstr(at, ".bin")) != NULL) {
        memcpy(at, ".dat", 4);
        replaced = true;
    }
    if (!replaced) /* ".BIN": the names must differ */
        strcat(out, ".dat");
}

/* Names as in package.md 1.3. */
static int make_manifest(struct parts *parts, const char *firmware_path, struct nordfu_error *error)
{
    const char *base = last_component(firmware_path);
    struct manifest_image *image = &parts->manifest.images[0];
    if (strlen(base) + strlen(".dat") >= MANIFEST_MAX_FILE)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The firmware %s has too long a name for a package: rename it.",
                                firmware_path);
    parts->manifest.count = 1;
    image->kind = MANIFEST_APPLICATION;
    strcpy(image->bin_file, base);
    make_dat_name(image->dat_file, base);
    return manifest_encode(&parts->manifest, &parts->manifest_text, error);
}

static int fill_init(struct nordfu_init_packet *init, const struct nordfu_package_recipe *recipe,
                     const struct buf *firmware, struct nordfu_error *error)
{
    *init = (struct nordfu_init_packet){
        .type = NORDFU_IMAGE_APPLICATION,
        .is_debug = recipe->is_debug,
        .has_fw_version = true,
        .has_hw_version = true,
        .fw_version = recipe->fw_version,
        .hw_version = recipe->hw_version,
        .app_size = (uint32_t)firmware->size,
        .has_hash = true,
        .boot_validation = {{.type = NORDFU_VALIDATION_CRC}},
        .boot_validation_count = 1,
    };
    memcpy(init->sd_req, recipe->sd_req, recipe->sd_req_count * sizeof(init->sd_req[0]));
    init->sd_req_count = sd_req_order(init->sd_req, recipe->sd_req_count);
    if (!crypto_sha256(init->hash, firmware->data, firmware->size))
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    return 0;
}

static int make_dat(struct parts *parts, const struct nordfu_package_recipe *recipe,
                    struct nordfu_error *error)
{
    struct nordfu_init_packet init;
    struct crypto_key *key = NULL;
    int rc = fill_init(&init, recipe, &parts->firmware, error);
    if (rc == 0 && recipe->key_path != NULL) {
        rc = key_load(&key, recipe->key_path, error);
        if (rc == 0)
            rc = sign_init_packet(&init, key, error);
        crypto_key_free(&key);
    }
    return rc == 0 ? init_packet_encode(&init, parts->dat, &parts->dat_size, error) : rc;
}

static int write_zip(const char *path, const struct parts *parts, struct nordfu_error *error)
{
    const struct manifest_image *image = &parts->manifest.images[0];
    const struct archive_file files[] = {
        {MANIFEST_NAME, parts->manifest_text.data, parts->manifest_text.size},
        {image->bin_file, parts->firmware.data, parts->firmware.size},
        {image->dat_file, parts->dat, parts->dat_size},
    };
    return archive_write(path, files, sizeof(files) / sizeof(files[0]), error);
}

int nordfu_package_write(const char *path, const struct nordfu_package_recipe *recipe,
                         struct nordfu_error *error)
{
    int rc = check_recipe(path, recipe, error);
    if (rc != 0)
        return rc;
    struct parts *parts = calloc(1, sizeof(*parts));
    if (parts == NULL)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    rc = read_firmware(&parts->firmware, recipe->firmware_path, error);
    if (rc == 0)
        rc = make_manifest(parts, recipe->firmware_path, error);
    if (rc == 0)
        rc = make_dat(parts, recipe, error);
    if (rc == 0)
        rc = write_zip(path, parts, error);
    buf_free(&parts->firmware);
    buf_free(&parts->manifest_text);
    free(parts);
    return rc;
}
