/* SPDX-License-Identifier: MIT
 * Everything that is wrong with a package, found in one go. */
#include <string.h>

#include "base/plain.h"
#include "nordfu/package.h"
#include "package/archive.h"
#include "package/content.h"
#include "package/key.h"
#include "package/manifest.h"
#include "package/sign.h"

static const char *const finding_names[NORDFU_FINDINGS] = {
    [NORDFU_FINDING_ARCHIVE] = "archive",
    [NORDFU_FINDING_MANIFEST] = "manifest",
    [NORDFU_FINDING_NO_IMAGE] = "no-image",
    [NORDFU_FINDING_DUPLICATE] = "duplicate",
    [NORDFU_FINDING_SHARED_FILE] = "shared-file",
    [NORDFU_FINDING_MISSING_FILE] = "missing-file",
    [NORDFU_FINDING_DAMAGED_FILE] = "damaged-file",
    [NORDFU_FINDING_SURPLUS_FILE] = "surplus-file",
    [NORDFU_FINDING_INIT_PACKET] = "init-packet",
    [NORDFU_FINDING_KIND] = "kind",
    [NORDFU_FINDING_METADATA] = "metadata",
    [NORDFU_FINDING_SIZE] = "size",
    [NORDFU_FINDING_LENGTH] = "length",
    [NORDFU_FINDING_HASH] = "hash",
    [NORDFU_FINDING_UNSIGNED] = "unsigned",
    [NORDFU_FINDING_SIGNATURE] = "signature",
    [NORDFU_FINDING_PUBLISHED_KEY] = "published-key",
    [NORDFU_FINDING_DEBUG] = "debug",
    [NORDFU_FINDING_NOT_NEWER] = "not-newer",
    [NORDFU_FINDING_PLACE] = "place",
};

const char *nordfu_finding_name(enum nordfu_finding_code code)
{
    return (unsigned)code < NORDFU_FINDINGS ? finding_names[code] : "unknown";
}

struct verification {
    const char *path;
    const char *key_path; /* NULL: signatures are not looked at */
    uint8_t key[CRYPTO_PUBLIC_SIZE];
    nordfu_finding_fn report;
    void *context;
    int count;          /* of findings */
    const char *member; /* the image that is looked at, or NULL */
    struct archive *archive;
    struct manifest manifest;
    struct nordfu_error error; /* of the check that ran last */
};

/* Reports what a check complained of. Returns 0, or the class of an error that is none of the
 * package's. */
static int take(struct verification *v, enum nordfu_finding_code code, int rc)
{
    if (rc != NORDFU_ERR_PACKAGE)
        return rc;
    plain_text(v->error.text);
    const struct nordfu_finding finding = {code, v->member, v->error.text};
    v->report(v->context, &finding);
    v->count++;
    return 0;
}

#define COMPLAIN(v, code, ...)                                                                     \
    take(v, code, nordfu_error_set(&(v)->error, NORDFU_ERR_PACKAGE, __VA_ARGS__))

/* ---- the package as a whole ---- */

static bool has_kind(const struct manifest *manifest, enum manifest_kind kind)
{
    for (size_t i = 0; i < manifest->count; i++)
        if (manifest->images[i].kind == kind)
            return true;
    return false;
}

static void check_duplicates(struct verification *v)
{
    static const enum manifest_kind parts[] = {MANIFEST_SOFTDEVICE, MANIFEST_BOOTLOADER};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (has_kind(&v->manifest, MANIFEST_SOFTDEVICE_BOOTLOADER) &&
            has_kind(&v->manifest, parts[i]))
            COMPLAIN(v, NORDFU_FINDING_DUPLICATE,
                     "The manifest.json in %s has a \"%s\" beside the one in "
                     "\"softdevice_bootloader\", and the device keeps only one: make the package "
                     "again with one of them.",
                     v->path, manifest_kind_name(parts[i]));
}

enum { MAX_NAMES = 1 + 2 * MANIFEST_KINDS };

/* All files that have a purpose. */
static size_t list_names(const struct manifest *manifest, const char *names[MAX_NAMES])
{
    size_t count = 0;
    names[count++] = MANIFEST_NAME;
    for (size_t i = 0; i < manifest->count; i++) {
        names[count++] = manifest->images[i].bin_file;
        names[count++] = manifest->images[i].dat_file;
    }
    return count;
}

static bool is_among(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void check_purposes(struct verification *v)
{
    const char *names[MAX_NAMES];
    size_t count = list_names(&v->manifest, names);
    for (size_t i = 1; i < count; i++)
        if (is_among(names, i, names[i]))
            COMPLAIN(v, NORDFU_FINDING_SHARED_FILE,
                     "The manifest.json in %s names the file %s for two purposes: make the package "
                     "again.",
                     v->path, names[i]);
}

static void check_surplus(struct verification *v)
{
    const char *names[MAX_NAMES], *name;
    size_t count = list_names(&v->manifest, names);
    for (size_t i = 0; (name = archive_name(v->archive, i)) != NULL; i++)
        if (name[0] != '\0' && name[strlen(name) - 1] != '/' && !is_among(names, count, name))
            COMPLAIN(v, NORDFU_FINDING_SURPLUS_FILE,
                     "The package %s holds a file %s that its manifest.json does not name, and "
                     "that no device gets: remove it, or make the package again.",
                     v->path, name);
}

/* ---- each image ---- */

static int check_metadata(struct verification *v, const struct content *content)
{
    const struct manifest_image *names = &content->names;
    const struct nordfu_init_packet *init = &content->image.init;
    if (!names->has_sizes || (names->sd_size == init->sd_size && names->bl_size == init->bl_size))
        return 0;
    return COMPLAIN(v, NORDFU_FINDING_METADATA,
                    "The manifest.json in %s tells a SoftDevice of %u bytes and a bootloader of "
                    "%u, but the init packet %s tells %u and %u: make the package again.",
                    v->path, (unsigned)names->sd_size, (unsigned)names->bl_size, names->dat_file,
                    (unsigned)init->sd_size, (unsigned)init->bl_size);
}

static int check_signature(struct verification *v, const struct content *content)
{
    const struct nordfu_image *image = &content->image;
    const char *type = nordfu_image_type_name(image->init.type);
    if (v->key_path == NULL ||
        sign_verify(&image->init, image->init_bytes, image->init_size, v->key))
        return 0;
    if (!image->init.is_signed)
        return COMPLAIN(v, NORDFU_FINDING_UNSIGNED,
                        "The %s in %s is not signed: make the package again with a key.", type,
                        v->path);
    return COMPLAIN(v, NORDFU_FINDING_SIGNATURE,
                    "The signature of the %s in %s was not made with the private half of the key "
                    "%s, or the init packet was changed afterwards: sign it with the key that "
                    "belongs to the device.",
                    type, v->path, v->key_path);
}

/* What is wrong with a file of the zip that could not be read, or not be understood. */
static enum nordfu_finding_code file_code(const struct verification *v, const char *name,
                                          enum nordfu_finding_code otherwise)
{
    return archive_has(v->archive, name) ? otherwise : NORDFU_FINDING_MISSING_FILE;
}

static int check_packet(struct verification *v, const struct content *content)
{
    int rc = content_check_kind(content, v->path, &v->error);
    if (rc != 0) /* then its sizes are those of another image */
        rc = take(v, NORDFU_FINDING_KIND, rc);
    else
        rc = check_metadata(v, content);
    if (rc == 0)
        rc = take(v, NORDFU_FINDING_INIT_PACKET, content_check_init(content, v->path, &v->error));
    return rc == 0 ? check_signature(v, content) : rc;
}

static int check_firmware(struct verification *v, const struct content *content)
{
    int rc = take(v, NORDFU_FINDING_SIZE, content_check_size(content, v->path, &v->error));
    if (rc == 0)
        rc = take(v, NORDFU_FINDING_LENGTH, content_check_length(content, v->path, &v->error));
    if (rc == 0)
        rc = take(v, NORDFU_FINDING_HASH, content_check_hash(content, v->path, &v->error));
    return rc;
}

static int check_image(struct verification *v, const struct manifest_image *names)
{
    struct content content = {.names = *names};
    v->member = manifest_kind_name(names->kind);
    int rc = content_read_init(&content, v->archive, &v->error);
    bool decoded = rc == 0;
    rc = take(v, file_code(v, names->dat_file, NORDFU_FINDING_INIT_PACKET), rc);
    if (rc == 0 && decoded)
        rc = check_packet(v, &content);
    if (rc == 0) {
        rc = content_read_firmware(&content, v->archive, &v->error);
        decoded = decoded && rc == 0;
        rc = take(v, file_code(v, names->bin_file, NORDFU_FINDING_DAMAGED_FILE), rc);
    }
    if (rc == 0 && decoded)
        rc = check_firmware(v, &content);
    content_free(&content);
    v->member = NULL;
    return rc;
}

/* ---- all of it ---- */

static int read_manifest(struct verification *v)
{
    struct buf text = {0};
    if (!archive_has(v->archive, MANIFEST_NAME))
        return nordfu_error_set(&v->error, NORDFU_ERR_PACKAGE,
                                "The zip file %s holds no manifest.json at its top level, so it is "
                                "no DFU package: give the .zip that was made for DFU.",
                                v->path);
    int rc = archive_read(v->archive, MANIFEST_NAME, MANIFEST_MAX_SIZE, &text, &v->error);
    if (rc == 0)
        rc = manifest_decode(&v->manifest, text.data, text.size, v->path, &v->error);
    buf_free(&text);
    return rc;
}

static int check_contents(struct verification *v)
{
    int rc = 0;
    if (v->manifest.count == 0)
        COMPLAIN(v, NORDFU_FINDING_NO_IMAGE,
                 "The manifest.json in %s names no image (softdevice_bootloader, softdevice, "
                 "bootloader or application): make the package again.",
                 v->path);
    check_duplicates(v);
    check_purposes(v);
    for (size_t i = 0; rc == 0 && i < v->manifest.count; i++)
        rc = check_image(v, &v->manifest.images[i]);
    if (rc == 0)
        check_surplus(v);
    return rc;
}

static int check_package(struct verification *v)
{
    int rc = archive_open(&v->archive, v->path, &v->error);
    if (rc != 0)
        return v->error.speaker == NORDFU_SPEAKER_SYSTEM ? rc : take(v, NORDFU_FINDING_ARCHIVE, rc);
    rc = read_manifest(v);
    rc = rc != 0 ? take(v, NORDFU_FINDING_MANIFEST, rc) : check_contents(v);
    archive_free(&v->archive);
    return rc;
}

int nordfu_package_verify_file(const char *path, const char *key_path, nordfu_finding_fn report,
                               void *context, struct nordfu_error *error)
{
    struct verification v = {
        .path = path, .key_path = key_path, .report = report, .context = context};
    int rc = key_path != NULL ? key_load_public(v.key, key_path, &v.error) : 0;
    if (rc == 0)
        rc = check_package(&v);
    if (rc == 0)
        return v.count;
    plain_text(v.error.text);
    if (error != NULL)
        *error = v.error;
    return rc;
}
