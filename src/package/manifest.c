/* SPDX-License-Identifier: MIT */
#include "package/manifest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static const char byte_order_mark[] = "\xEF\xBB\xBF";

const char *manifest_kind_name(enum manifest_kind kind)
{
    static const char *const names[MANIFEST_KINDS] = {
        [MANIFEST_SOFTDEVICE_BOOTLOADER] = "softdevice_bootloader",
        [MANIFEST_SOFTDEVICE] = "softdevice",
        [MANIFEST_BOOTLOADER] = "bootloader",
        [MANIFEST_APPLICATION] = "application",
    };
    return (unsigned)kind < MANIFEST_KINDS ? names[kind] : "unknown";
}

__attribute__((format(printf, 3, 4))) static int
refuse(struct nordfu_error *error, const char *package, const char *format, ...)
{
    char defect[300];
    va_list args;
    va_start(args, format);
    vsnprintf(defect, sizeof(defect), format, args);
    va_end(args);
    return nordfu_error_set(
        error, NORDFU_ERR_PACKAGE,
        "The manifest.json in %s %s: make the package again, or ask whoever made "
        "it.",
        package, defect);
}

static bool is_absent(const json_t *value)
{
    return value == NULL || json_is_null(value) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

static bool is_legacy(json_t *members)
{
    const char *name;
    json_t *value;
    if (!is_absent(json_object_get(members, "dfu_version")))
        return true;
    json_object_foreach(members, name,
                        value) if (json_object_get(value, "init_packet_data") != NULL) return true;
    return false;
}

static int take_file(char out[MANIFEST_MAX_FILE], const json_t *image, const char *kind,
                     const char *member, const char *package, struct nordfu_error *error)
{
    const json_t *value = json_object_get(image, member);
    const char *text = json_string_value(value);
    if (is_absent(value) || (text != NULL && text[0] == '\0'))
        return refuse(error, package, "names no %s for its image \"%s\"", member, kind);
    if (text == NULL)
        return refuse(error, package, "has something other than text as %s of its image \"%s\"",
                      member, kind);
    if (strlen(text) >= MANIFEST_MAX_FILE)
        return refuse(error, package, "has a name longer than %d bytes as %s of its image \"%s\"",
                      MANIFEST_MAX_FILE - 1, member, kind);
    strcpy(out, text);
    return 0;
}

static bool take_size(uint32_t *out, const json_t *metadata, const char *member)
{
    const json_t *value = json_object_get(metadata, member);
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || number > UINT32_MAX)
        return false;
    *out = (uint32_t)number;
    return true;
}

static int take_image(struct manifest_image *image, const json_t *value, const char *package,
                      struct nordfu_error *error)
{
    const char *kind = manifest_kind_name(image->kind);
    if (!json_is_object(value))
        return refuse(error, package, "has something other than an object as its image \"%s\"",
                      kind);
    int rc = take_file(image->bin_file, value, kind, "bin_file", package, error);
    if (rc != 0)
        return rc;
    rc = take_file(image->dat_file, value, kind, "dat_file", package, error);
    if (rc != 0)
        return rc;
    const json_t *metadata = json_object_get(value, "info_read_only_metadata");
    image->has_sizes = take_size(&image->bl_size, metadata, "bl_size") &&
                       take_size(&image->sd_size, metadata, "sd_size");
    return 0;
}

static int take_members(struct manifest *manifest, json_t *root, const char *package,
                        struct nordfu_error *error)
{
    json_t *members = json_object_get(root, "manifest");
    if (!json_is_object(members))
        return refuse(error, package, "has no object \"manifest\"");
    if (is_legacy(members))
        return nordfu_error_set(error, NORDFU_ERR_UNSUPPORTED,
                                "The package %s is for a legacy bootloader (SDK 11 or older), and "
                                "legacy DFU is not supported yet: use a package made for a secure "
                                "bootloader (SDK 12 or newer).",
                                package);
    for (enum manifest_kind kind = 0; kind < MANIFEST_KINDS; kind++) {
        const json_t *value = json_object_get(members, manifest_kind_name(kind));
        if (is_absent(value))
            continue;
        struct manifest_image *image = &manifest->images[manifest->count++];
        image->kind = kind;
        int rc = take_image(image, value, package, error);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int manifest_decode(struct manifest *manifest, const void *text, size_t size, const char *package,
                    struct nordfu_error *error)
{
    *manifest = (struct manifest){0};
    const char *at = text;
    const size_t mark = sizeof(byte_order_mark) - 1;
    if (size >= mark && memcmp(at, byte_order_mark, mark) == 0) {
        at += mark;
        size -= mark;
    }
    if (size == 0)
        return refuse(error, package, "is empty");
    json_error_t defect = {0};
    /* Of two members with one name readers take different ones: then nobody knows what is in the
     * package. */
    json_t *root = json_loadb(at, size, JSON_REJECT_DUPLICATES, &defect);
    if (root == NULL)
        return refuse(error, package, "is not valid JSON (line %d: %s)", defect.line, defect.text);
    int rc = take_members(manifest, root, package, error);
    json_decref(root);
    return rc;
}

static json_t *make_image(const struct manifest_image *image)
{
    json_t *value =
        json_pack("{s:s, s:s}", "bin_file", image->bin_file, "dat_file", image->dat_file);
    if (value == NULL || !image->has_sizes)
        return value;
    json_t *metadata = json_pack("{s:I, s:I}", "bl_size", (json_int_t)image->bl_size, "sd_size",
                                 (json_int_t)image->sd_size);
    if (json_object_set_new(value, "info_read_only_metadata", metadata) != 0) {
        json_decref(value);
        return NULL;
    }
    return value;
}

/* The original writes the digits of \uXXXX in lower case, jansson in upper case. */
static void lower_escapes(char *text)
{
    for (char *at = strchr(text, '\\'); at != NULL && at[1] != '\0'; at = strchr(at + 2, '\\'))
        for (int i = 2; at[1] == 'u' && i < 6; i++)
            if (at[i] >= 'A' && at[i] <= 'F')
                at[i] = (char)(at[i] - 'A' + 'a');
}

int manifest_encode(const struct manifest *manifest, struct buf *out, struct nordfu_error *error)
{
    char *text = NULL;
    json_t *members = json_object();
    bool good = members != NULL;
    for (size_t i = 0; i < manifest->count && good; i++)
        good = json_object_set_new(members, manifest_kind_name(manifest->images[i].kind),
                                   make_image(&manifest->images[i])) == 0;
    json_t *root = good ? json_pack("{s:O}", "manifest", members) : NULL;
    if (root != NULL)
        text = json_dumps(root, JSON_INDENT(4) | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    json_decref(root);
    json_decref(members);
    if (!good)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The manifest can't be written, because a file name in it is not "
                                "UTF-8: rename the file.");
    if (text != NULL)
        lower_escapes(text);
    good = text != NULL && buf_append(out, text, strlen(text));
    free(text);
    return good ? 0 : nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
}
