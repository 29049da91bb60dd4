/* SPDX-License-Identifier: MIT
 * nordfu pkg display: what a package says about its images. */
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/text.h"
#include "nordfu/package.h"

enum { OPTION_JSON, OPTIONS };

static const struct args_option options[OPTIONS] = {
    [OPTION_JSON] = {NULL, "--json", ARGS_FLAG, "One JSON object per image (docs/json.md).", NULL,
                     false},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define HEX_SIZE     (2 * 64 + 1) /* text of 64 bytes, the most there are */

static const char *const image_types[] = {"APPLICATION", "SOFTDEVICE", "BOOTLOADER",
                                          "SOFTDEVICE_BOOTLOADER", "EXTERNAL_APPLICATION"};
static const char *const hash_types[] = {"NONE", "CRC", "SHA128", "SHA256", "SHA512"};
static const char *const signature_types[] = {"ECDSA_P256_SHA256", "ED25519"};
static const char *const validation_types[] = {"NO_VALIDATION", "VALIDATE_GENERATED_CRC",
                                               "VALIDATE_GENERATED_SHA256",
                                               "VALIDATE_ECDSA_P256_SHA256"};

static const char *name_in(const char *const *names, size_t count, unsigned value)
{
    return value < count ? names[value] : "UNKNOWN";
}

static const char *signature_type(const struct nordfu_init_packet *init)
{
    return init->is_signed ? name_in(signature_types, COUNT(signature_types), init->signature_type)
                           : "UNSIGNED";
}

static void to_hex(char text[HEX_SIZE], const uint8_t *bytes, size_t size)
{
    text[0] = 0;
    for (size_t i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

/* As it stands in the init packet: the last byte first. */
static void hash_to_hex(char text[HEX_SIZE], const struct nordfu_init_packet *init)
{
    uint8_t reversed[sizeof(init->hash)];
    for (size_t i = 0; i < sizeof(reversed); i++)
        reversed[i] = init->hash[sizeof(reversed) - 1 - i];
    to_hex(text, reversed, sizeof(reversed));
}

/* The word for what the manifest's member holds. */
static const char *kind_word(const char *member)
{
    return strcmp(member, "softdevice_bootloader") == 0 ? "sd_bl" : member;
}

static void print_name(const char *row, const char *name)
{
    char safe[1100];
    text_escape(safe, sizeof(safe), name);
    printf("   |- %s: %s\n", row, safe);
}

static void print_versions(const struct nordfu_init_packet *init)
{
    printf("      |- fw_version: 0x%08X (%u)\n", (unsigned)init->fw_version,
           (unsigned)init->fw_version);
    printf("      |- hw_version 0x%08X (%u)\n", (unsigned)init->hw_version,
           (unsigned)init->hw_version);
    printf("      |- sd_req: ");
    for (size_t i = 0; i < init->sd_req_count; i++)
        printf("%s0x%02X", i > 0 ? ", " : "", (unsigned)init->sd_req[i]);
    printf("\n      |- type: %s\n", name_in(image_types, COUNT(image_types), init->type));
    printf("      |- sd_size: %u\n", (unsigned)init->sd_size);
    printf("      |- bl_size: %u\n", (unsigned)init->bl_size);
    printf("      |- app_size: %u\n", (unsigned)init->app_size);
}

static void print_validations(const struct nordfu_init_packet *init)
{
    char hex[HEX_SIZE];
    printf("      |- boot_validation_type: [");
    for (size_t i = 0; i < init->boot_validation_count; i++)
        printf("%s'%s'", i > 0 ? ", " : "",
               name_in(validation_types, COUNT(validation_types), init->boot_validation[i].type));
    printf("]\n      |- boot_validation_signature (little-endian): [");
    for (size_t i = 0; i < init->boot_validation_count; i++) {
        to_hex(hex, init->boot_validation[i].bytes, init->boot_validation[i].size);
        printf("%sb'%s'", i > 0 ? ", " : "", hex);
    }
    printf("]\n");
}

static void print_init(const struct nordfu_init_packet *init)
{
    char hex[HEX_SIZE];
    printf("      |\n      |- op_code: INIT\n");
    printf("      |- signature_type: %s\n", signature_type(init));
    to_hex(hex, init->signature, sizeof(init->signature));
    if (init->is_signed)
        printf("      |- signature (little-endian): b'%s'\n", hex);
    else
        printf("      |- signature (little-endian): N/A\n");
    printf("      |\n");
    print_versions(init);
    printf("      |\n      |- hash_type: %s\n",
           name_in(hash_types, COUNT(hash_types), init->hash_type));
    hash_to_hex(hex, init);
    if (init->has_hash)
        printf("      |- hash (little-endian): b'%s'\n", hex);
    else
        printf("      |- hash (little-endian): N/A\n");
    printf("      |\n");
    print_validations(init);
    printf("      |\n      |- is_debug: %s\n\n", init->is_debug ? "True" : "False");
}

static void print_package(const struct nordfu_package *package, const char *path)
{
    char safe[4096];
    size_t count = nordfu_package_image_count(package);
    text_escape(safe, sizeof(safe), path);
    printf("\nDFU Package: <%s>:\n|\n|- Image count: %zu\n", safe, count);
    for (size_t i = 0; i < count; i++) {
        struct nordfu_image_names names;
        nordfu_package_names(package, i, &names);
        printf("|\n|- Image #%zu:\n", i);
        print_name("Type", kind_word(names.member));
        print_name("Image file", names.firmware);
        print_name("Init packet file", names.init_packet);
        print_init(&nordfu_package_image(package, i)->init);
    }
    printf("\n");
}

static void json_validations(struct json *json, const struct nordfu_init_packet *init)
{
    char hex[NORDFU_MAX_BOOT_VALIDATION][HEX_SIZE];
    const char *types[NORDFU_MAX_BOOT_VALIDATION], *bytes[NORDFU_MAX_BOOT_VALIDATION];
    for (size_t i = 0; i < init->boot_validation_count; i++) {
        const struct nordfu_boot_validation *validation = &init->boot_validation[i];
        types[i] = name_in(validation_types, COUNT(validation_types), validation->type);
        to_hex(hex[i], validation->bytes, validation->size);
        bytes[i] = hex[i];
    }
    json_texts(json, "boot_validation", types, init->boot_validation_count);
    json_texts(json, "boot_validation_bytes", bytes, init->boot_validation_count);
}

static void json_versions(struct json *json, const struct nordfu_init_packet *init)
{
    if (init->has_fw_version)
        json_number(json, "fw_version", init->fw_version);
    if (init->has_hw_version)
        json_number(json, "hw_version", init->hw_version);
    json_numbers(json, "sd_req", init->sd_req, init->sd_req_count);
    json_number(json, "sd_size", init->sd_size);
    json_number(json, "bl_size", init->bl_size);
    json_number(json, "app_size", init->app_size);
}

static void json_print_image(const struct nordfu_image_names *names,
                             const struct nordfu_init_packet *init)
{
    struct json json;
    char hex[HEX_SIZE];
    json_begin(&json, "image");
    json_text(&json, "member", names->member);
    json_text(&json, "bin_file", names->firmware);
    json_text(&json, "dat_file", names->init_packet);
    json_text(&json, "type", name_in(image_types, COUNT(image_types), init->type));
    json_text(&json, "signature_type", signature_type(init));
    to_hex(hex, init->signature, sizeof(init->signature));
    if (init->is_signed)
        json_text(&json, "signature", hex);
    json_versions(&json, init);
    json_text(&json, "hash_type", name_in(hash_types, COUNT(hash_types), init->hash_type));
    to_hex(hex, init->hash, sizeof(init->hash));
    if (init->has_hash)
        json_text(&json, "hash", hex);
    json_validations(&json, init);
    json_bool(&json, "is_debug", init->is_debug);
    json_end(&json, stdout);
}

static void print_json(const struct nordfu_package *package, const char *path)
{
    struct json json;
    size_t count = nordfu_package_image_count(package);
    json_begin(&json, "package");
    json_text(&json, "path", path);
    json_number(&json, "images", (int64_t)count);
    json_end(&json, stdout);
    for (size_t i = 0; i < count; i++) {
        struct nordfu_image_names names;
        nordfu_package_names(package, i, &names);
        json_print_image(&names, &nordfu_package_image(package, i)->init);
    }
}

static int run_display(struct app *app, const struct args *args)
{
    (void)app;
    struct nordfu_package *package = NULL;
    struct nordfu_error error = {0};
    bool json = args->values[OPTION_JSON].count > 0;
    int rc = nordfu_package_peek(&package, args->arguments[0], &error);
    if (rc != 0 && json)
        json_print_error(stdout, &error, command_exit_code(error.code));
    if (rc != 0)
        return command_fail(&error);
    if (json)
        print_json(package, args->arguments[0]);
    else
        print_package(package, args->arguments[0]);
    nordfu_package_free(&package);
    return 0;
}

static const struct args_argument zip_file[] = {{"ZIP_FILE"}};

const struct command cmd_pkg_display = {
    .args =
        {
            .name = "pkg display",
            .tail = "[OPTIONS] ZIP_FILE",
            .summary = "Show what a package says about its images.",
            .details = "Manifest and init packets are shown as they are; firmware and signatures "
                       "are not checked.",
            .options = options,
            .option_count = OPTIONS,
            .arguments = zip_file,
            .argument_count = 1,
        },
    .run = run_display,
};
