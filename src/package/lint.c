/* SPDX-License-Identifier: MIT
 * What may be in a package, but should not be shipped. */
#include "base/bytes.h"
#include "base/plain.h"
#include "nordfu/package.h"
#include "package/image_file.h"
#include "package/key.h"
#include "package/sign.h"
#include "package/softdevice_info.h"

struct lint {
    const char *path, *older_path;
    struct nordfu_package *package, *older; /* peeked into */
    nordfu_finding_fn report;
    void *context;
    int count;
    const char *member; /* the image that is looked at */
};

#define COMPLAIN(l, code, ...)                                                                     \
    do {                                                                                           \
        struct nordfu_error complaint;                                                             \
        nordfu_error_set(&complaint, NORDFU_ERR_PACKAGE, __VA_ARGS__);                             \
        complain(l, code, &complaint);                                                             \
    } while (0)

static void complain(struct lint *l, enum nordfu_finding_code code, struct nordfu_error *complaint)
{
    plain_text(complaint->text);
    const struct nordfu_finding finding = {code, l->member, complaint->text};
    l->report(l->context, &finding);
    l->count++;
}

static void check_signature(struct lint *l, const struct nordfu_image *image)
{
    const char *type = nordfu_image_type_name(image->init.type);
    if (!image->init.is_signed)
        COMPLAIN(l, NORDFU_FINDING_UNSIGNED,
                 "The %s in %s is not signed: make the package again with a key.", type, l->path);
    else if (sign_verify(&image->init, image->init_bytes, image->init_size, key_published()))
        COMPLAIN(l, NORDFU_FINDING_PUBLISHED_KEY,
                 "The %s in %s is signed with the published development key, with which anybody "
                 "can sign: make the package again with a key of your own.",
                 type, l->path);
}

static void check_debug(struct lint *l, const struct nordfu_image *image)
{
    if (image->init.is_debug)
        COMPLAIN(l, NORDFU_FINDING_DEBUG,
                 "The %s in %s is marked for debugging, so that debug bootloaders check no "
                 "versions: make the package again without debug mode.",
                 nordfu_image_type_name(image->init.type), l->path);
}

/* Whose version an init packet's fw_version is. SoftDevices have none. */
static enum nordfu_image_type version_of(enum nordfu_image_type type)
{
    return type == NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER ? NORDFU_IMAGE_BOOTLOADER : type;
}

static void compare(struct lint *l, const struct nordfu_init_packet *init,
                    const struct nordfu_init_packet *older)
{
    enum nordfu_image_type type = version_of(init->type);
    if (type == NORDFU_IMAGE_SOFTDEVICE || type != version_of(older->type) ||
        !init->has_fw_version || !older->has_fw_version || init->fw_version > older->fw_version)
        return;
    COMPLAIN(l, NORDFU_FINDING_NOT_NEWER,
             "The %s in %s has version %u, which is not higher than %u in %s: make the package "
             "again with a higher one.",
             nordfu_image_type_name(type), l->path, (unsigned)init->fw_version,
             (unsigned)older->fw_version, l->older_path);
}

static void check_versions(struct lint *l, const struct nordfu_image *image)
{
    size_t count = l->older != NULL ? nordfu_package_image_count(l->older) : 0;
    for (size_t i = 0; i < count; i++)
        compare(l, &image->init, &nordfu_package_image(l->older, i)->init);
}

/* The end of the SoftDevice in a package; 0 if there is none that tells it. */
static uint32_t softdevice_end(const struct nordfu_package *package)
{
    /* Where its information is in an image that begins behind the MBR. */
    const size_t offset = 0x3000 - IMAGE_FILE_LOW;
    const struct nordfu_image *first = nordfu_package_image(package, 0);
    struct softdevice_info info;
    bool has_one = first != NULL && (first->init.type == NORDFU_IMAGE_SOFTDEVICE ||
                                     first->init.type == NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER);
    if (!has_one || first->init.sd_size <= offset ||
        !softdevice_info_decode(&info, first->firmware + offset, first->init.sd_size - offset))
        return 0;
    return info.end;
}

/* True if the first two words are no vector table, or one whose code is in the image at `start`. */
static bool fits_at(const struct nordfu_image *image, uint32_t start)
{
    struct bytes_reader r;
    bytes_reader_init(&r, image->firmware, image->firmware_size);
    uint32_t stack = bytes_get_u32(&r), reset = bytes_get_u32(&r);
    bool is_table = image->firmware_size >= 8 && stack >> 28 == 2 && stack % 4 == 0;
    return !is_table || (reset % 2 == 1 && reset > start && reset - start < image->firmware_size);
}

static void check_place(struct lint *l, const struct nordfu_package *package)
{
    uint32_t start = softdevice_end(package);
    const struct nordfu_image *image;
    for (size_t i = 0; start != 0 && (image = nordfu_package_image(package, i)) != NULL; i++) {
        struct nordfu_image_names names;
        if (image->init.type != NORDFU_IMAGE_APPLICATION || fits_at(image, start))
            continue;
        nordfu_package_names(package, i, &names);
        l->member = names.member;
        COMPLAIN(l, NORDFU_FINDING_PLACE,
                 "The application in %s was not linked to start at 0x%X, where the SoftDevice in "
                 "the package ends: link it for that SoftDevice.",
                 l->path, (unsigned)start);
    }
}

static void check_images(struct lint *l)
{
    const struct nordfu_image *image;
    for (size_t i = 0; (image = nordfu_package_image(l->package, i)) != NULL; i++) {
        struct nordfu_image_names names;
        nordfu_package_names(l->package, i, &names);
        l->member = names.member;
        check_signature(l, image);
        check_debug(l, image);
        check_versions(l, image);
    }
}

static int check_package(struct lint *l, struct nordfu_error *error)
{
    struct nordfu_package *whole = NULL;
    l->count = nordfu_package_verify_file(l->path, NULL, l->report, l->context, error);
    if (l->count < 0)
        return l->count;
    int rc = nordfu_package_peek(&l->package, l->path, error);
    if (rc == NORDFU_ERR_PACKAGE && l->count > 0)
        return 0; /* that was reported, and there is nothing to look at */
    if (rc != 0)
        return rc;
    check_images(l);
    rc = nordfu_package_open(&whole, l->path, error);
    if (rc == 0)
        check_place(l, whole);
    nordfu_package_free(&whole);
    return rc == NORDFU_ERR_PACKAGE && l->count > 0 ? 0 : rc;
}

int nordfu_package_lint(const char *path, const char *older, nordfu_finding_fn report,
                        void *context, struct nordfu_error *error)
{
    struct lint l = {.path = path, .older_path = older, .report = report, .context = context};
    int rc = older != NULL ? nordfu_package_peek(&l.older, older, error) : 0;
    if (rc == 0)
        rc = check_package(&l, error);
    nordfu_package_free(&l.package);
    nordfu_package_free(&l.older);
    return rc == 0 ? l.count : rc;
}
