/* SPDX-License-Identifier: MIT
 * nordfu pkg generate: make update packages. */
#include <string.h>

#include "cli/command.h"
#include "cli/passphrase.h"
#include "cli/pkg_zigbee.h"
#include "cli/version_text.h"
#include "nordfu/package.h"

enum {
    OPTION_DEBUG,
    OPTION_APPLICATION,
    OPTION_APP_VERSION,
    OPTION_APP_VERSION_STRING,
    OPTION_BOOTLOADER,
    OPTION_BL_VERSION,
    OPTION_HW,
    OPTION_SD_REQ,
    OPTION_SD_ID,
    OPTION_SOFTDEVICE,
    OPTION_SD_VALIDATION,
    OPTION_APP_VALIDATION,
    OPTION_KEY,
    OPTION_PASSPHRASE,
    OPTION_EXTERNAL,
    OPTION_ZIGBEE, /* the first of PKG_ZIGBEE_OPTIONS */
    OPTIONS = OPTION_ZIGBEE + PKG_ZIGBEE_OPTIONS,
};

/* In the order of enum nordfu_validation. */
static const char *const validations[] = {"NO_VALIDATION", "VALIDATE_GENERATED_CRC",
                                          "VALIDATE_GENERATED_SHA256", "VALIDATE_ECDSA_P256_SHA256",
                                          NULL};

static const struct args_option options[OPTIONS] = {
    [OPTION_DEBUG] =
        {NULL, "--debug-mode", ARGS_FLAG,
         "Mark the package as one for debug bootloaders, which then check no versions.", NULL,
         false},
    [OPTION_APPLICATION] = {NULL, "--application", ARGS_TEXT,
                            "The application's image: a raw .bin file, or Intel HEX.", NULL, false},
    [OPTION_APP_VERSION] = {NULL, "--application-version", ARGS_BASED, "The application's version.",
                            NULL, false},
    [OPTION_APP_VERSION_STRING] = {NULL, "--application-version-string", ARGS_TEXT,
                                   "The version as A.B.C, which counts as A x 10000 + B x 100 + C.",
                                   NULL, false},
    [OPTION_BOOTLOADER] = {NULL, "--bootloader", ARGS_TEXT, "The bootloader's image.", NULL, false},
    [OPTION_BL_VERSION] = {NULL, "--bootloader-version", ARGS_BASED, "The bootloader's version.",
                           NULL, false},
    [OPTION_HW] = {NULL, "--hw-version", ARGS_BASED, "The hardware version the images are for.",
                   NULL, false},
    [OPTION_SD_REQ] = {NULL, "--sd-req", ARGS_LIST,
                       "SoftDevice ids (FWID) that the device may run before the update, separated "
                       "by commas.",
                       NULL, false},
    [OPTION_SD_ID] = {NULL, "--sd-id", ARGS_LIST,
                      "The id of the SoftDevice in the package, which the application asks for "
                      "instead; with application and SoftDevice.",
                      NULL, false},
    [OPTION_SOFTDEVICE] = {NULL, "--softdevice", ARGS_TEXT, "The SoftDevice's image.", NULL, false},
    [OPTION_SD_VALIDATION] = {NULL, "--sd-boot-validation", ARGS_CHOICE,
                              "How the bootloader checks the SoftDevice at every start; default "
                              "VALIDATE_GENERATED_CRC.",
                              validations, false},
    [OPTION_APP_VALIDATION] = {NULL, "--app-boot-validation", ARGS_CHOICE,
                               "The same for the application.", validations, false},
    [OPTION_KEY] = {NULL, "--key-file", ARGS_FILE, "The private key to sign with.", NULL, false},
    [OPTION_PASSPHRASE] = {NULL, "--passphrase-file", ARGS_FILE, PASSPHRASE_HELP, NULL, false},
    [OPTION_EXTERNAL] = {NULL, "--external-app", ARGS_FLAG,
                         "The application is for another chip, to which the device passes it on.",
                         NULL, false},
    [OPTION_ZIGBEE + PKG_ZIGBEE] = {NULL, "--zigbee", ARGS_TEXT,
                                    "true: make an update over Zigbee: an OTA file in the current "
                                    "folder, and a package of that.",
                                    NULL, false},
    [OPTION_ZIGBEE + PKG_ZIGBEE_MANUFACTURER] = {NULL, "--zigbee-manufacturer-id", ARGS_BASED,
                                                 "The manufacturer's code; default 0xFFFF.", NULL,
                                                 false},
    [OPTION_ZIGBEE + PKG_ZIGBEE_IMAGE_TYPE] =
        {NULL, "--zigbee-image-type", ARGS_BASED,
         "The manufacturer's number for this kind of firmware; default 0xFFFF.", NULL, false},
    [OPTION_ZIGBEE + PKG_ZIGBEE_COMMENT] = {NULL, "--zigbee-comment", ARGS_TEXT,
                                            "Up to 30 characters for the file and its name.", NULL,
                                            false},
    [OPTION_ZIGBEE +
        PKG_ZIGBEE_OTA_HW] = {NULL, "--zigbee-ota-hw-version", ARGS_BASED,
                              "The hardware version of the device that hands the update out.", NULL,
                              false},
    [OPTION_ZIGBEE + PKG_ZIGBEE_OTA_FW] = {NULL, "--zigbee-ota-fw-version", ARGS_BASED,
                                           "The version of the package for that device; default 0.",
                                           NULL, false},
    [OPTION_ZIGBEE + PKG_ZIGBEE_MIN_HW] = {NULL, "--zigbee-ota-min-hw-version", ARGS_BASED,
                                           "The lowest hardware version that takes the update.",
                                           NULL, false},
    [OPTION_ZIGBEE + PKG_ZIGBEE_MAX_HW] = {NULL, "--zigbee-ota-max-hw-version", ARGS_BASED,
                                           "The highest one; only both together count.", NULL,
                                           false},
};

#define DEBUG_VERSION UINT32_MAX

static bool is_given(const struct args *args, int option)
{
    return args->values[option].count > 0;
}

static bool has_version_string(const struct args *args)
{
    const char *text = args->values[OPTION_APP_VERSION_STRING].text;
    return text != NULL && text[0] != 0;
}

/* What makes no sense together, and the words of nrfutil for it. */
struct rule {
    bool broken;
    const char *words;
};

static int check_rules(const struct args *args, const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rules[i].broken)
            return args_complain(args, "%s", rules[i].words);
    return ARGS_GO_ON;
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The value of a list option that is there, else NULL ("none"). */
static const char *list_text(const struct args *args, int option)
{
    const char *text = args->values[option].text;
    return text != NULL && strcmp(text, "none") != 0 ? text : NULL;
}

static int check_list_once(const struct args *args, int option, const char *name)
{
    if (args->values[option].count < 2)
        return ARGS_GO_ON;
    return args_complain(args,
                         "Invalid value for %s: Please specify SoftDevice requirements as a "
                         "comma-separated list: %s 0xXXXX,0xYYYY,...",
                         name, options[option].name);
}

static int read_list(const struct args *args, int option, const char *name, uint32_t *list,
                     size_t *count)
{
    for (const char *next = list_text(args, option); next != NULL;) {
        char element[32] = "";
        size_t size = strcspn(next, ",");
        if (size < sizeof(element))
            memcpy(element, next, size);
        if (*count == NORDFU_MAX_SD_REQ)
            return args_complain(args, "Invalid value for %s: At most %d ids are possible.", name,
                                 NORDFU_MAX_SD_REQ);
        if (!args_read_based(element, &list[*count]))
            return args_complain(args, "Invalid value for %s: '%.*s' is not a valid integer", name,
                                 (int)size, next);
        (*count)++;
        next = next[size] == ',' ? next + size + 1 : NULL;
    }
    return ARGS_GO_ON;
}

static int check_files(const struct args *args)
{
    static const int files[] = {OPTION_APPLICATION, OPTION_BOOTLOADER, OPTION_SOFTDEVICE};
    for (size_t i = 0; i < COUNT(files); i++)
        if (is_given(args, files[i]) && args->values[files[i]].text[0] == 0)
            return args_complain(args,
                                 "Invalid value for '%s': it is empty, and not the name of a file.",
                                 options[files[i]].name);
    return ARGS_GO_ON;
}

/* Lists that are given twice, and versions without their images. */
static int check_surplus(const struct args *args)
{
    const struct rule rules[] = {
        {(is_given(args, OPTION_APP_VERSION) || has_version_string(args)) &&
             !is_given(args, OPTION_APPLICATION),
         "Application version with no image."},
        {is_given(args, OPTION_BL_VERSION) && !is_given(args, OPTION_BOOTLOADER),
         "Bootloader version with no image."},
    };
    int code = check_list_once(args, OPTION_SD_REQ, "sd_req");
    if (code == ARGS_GO_ON)
        code = check_list_once(args, OPTION_SD_ID, "sd_id");
    return code == ARGS_GO_ON ? check_rules(args, rules, COUNT(rules)) : code;
}

static bool is_ecdsa(const struct args *args, int image, int validation)
{
    const char *text = args->values[validation].text;
    return is_given(args, image) && text != NULL &&
           strcmp(text, validations[NORDFU_VALIDATION_ECDSA]) == 0;
}

/* What is missing, or not possible together. */
static int check_needs(const struct args *args)
{
    bool debug = is_given(args, OPTION_DEBUG), external = is_given(args, OPTION_EXTERNAL);
    bool application = is_given(args, OPTION_APPLICATION);
    bool bootloader = is_given(args, OPTION_BOOTLOADER);
    bool softdevice = is_given(args, OPTION_SOFTDEVICE);
    bool ecdsa = is_ecdsa(args, OPTION_APPLICATION, OPTION_APP_VALIDATION) ||
                 is_ecdsa(args, OPTION_SOFTDEVICE, OPTION_SD_VALIDATION);
    const struct rule rules[] = {
        {!debug && !is_given(args, OPTION_HW), "--hw-version required."},
        {!debug && !external && list_text(args, OPTION_SD_REQ) == NULL, "--sd-req required."},
        {application && !debug && !is_given(args, OPTION_APP_VERSION) && !has_version_string(args),
         "--application-version or --application-version-string required with application image."},
        {bootloader && !debug && !is_given(args, OPTION_BL_VERSION),
         "--bootloader-version required with bootloader image."},
        {application && softdevice && list_text(args, OPTION_SD_ID) == NULL,
         "--sd-id required with softdevice and application images."},
        {external && !application, "--external-app requires an application."},
        {external && softdevice,
         "--external-app is only possible for application only DFU packages."},
        {!application && !bootloader && !softdevice,
         "An image is required: --application, --bootloader or --softdevice."},
        {ecdsa && !is_given(args, OPTION_KEY),
         "--key-file required with VALIDATE_ECDSA_P256_SHA256, which is a signature."},
        {is_given(args, OPTION_PASSPHRASE) && !is_given(args, OPTION_KEY),
         "--passphrase-file without --key-file: there is no key that it could be for."},
    };
    return check_rules(args, rules, COUNT(rules));
}

static void take_validation(const struct args *args, int option, bool *has,
                            enum nordfu_validation *validation)
{
    *has = is_given(args, option);
    for (int i = 0; *has && validations[i] != NULL; i++)
        if (strcmp(args->values[option].text, validations[i]) == 0)
            *validation = (enum nordfu_validation)i;
}

static uint32_t version_of(const struct args *args, int option)
{
    return is_given(args, option) ? (uint32_t)args->values[option].number : DEBUG_VERSION;
}

static void take_values(const struct args *args, struct nordfu_package_recipe *recipe)
{
    const struct args_value *values = args->values;
    *recipe = (struct nordfu_package_recipe){
        .application = {.path = values[OPTION_APPLICATION].text},
        .bootloader = {.path = values[OPTION_BOOTLOADER].text},
        .softdevice = {.path = values[OPTION_SOFTDEVICE].text},
        .application_version = version_of(args, OPTION_APP_VERSION),
        .bootloader_version = version_of(args, OPTION_BL_VERSION),
        .hw_version = version_of(args, OPTION_HW),
        .is_debug = is_given(args, OPTION_DEBUG),
        .is_external = is_given(args, OPTION_EXTERNAL),
        .key_path = values[OPTION_KEY].text,
    };
    take_validation(args, OPTION_APP_VALIDATION, &recipe->has_app_validation,
                    &recipe->app_validation);
    take_validation(args, OPTION_SD_VALIDATION, &recipe->has_sd_validation, &recipe->sd_validation);
}

/* In the order of nrfutil, so that the same mistake is named first. */
static int read_recipe(const struct args *args, struct nordfu_package_recipe *recipe)
{
    int code = check_files(args);
    if (code == ARGS_GO_ON && is_given(args, OPTION_BOOTLOADER) &&
        is_given(args, OPTION_APPLICATION) && !is_given(args, OPTION_SOFTDEVICE))
        code = args_complain(args, "Invalid combination: use two .zip packages instead.");
    take_values(args, recipe);
    if (code == ARGS_GO_ON && has_version_string(args))
        code = version_text_read(args, args->values[OPTION_APP_VERSION_STRING].text,
                                 &recipe->application_version);
    if (code == ARGS_GO_ON)
        code = check_surplus(args);
    if (code == ARGS_GO_ON)
        code = check_needs(args);
    if (code == ARGS_GO_ON)
        code = read_list(args, OPTION_SD_REQ, "sd_req", recipe->sd_req, &recipe->sd_req_count);
    if (code == ARGS_GO_ON)
        code = read_list(args, OPTION_SD_ID, "sd_id", recipe->sd_id, &recipe->sd_id_count);
    return code;
}

/* What is special about a package that was made. */
static void warn(const struct args *args, const struct nordfu_package_recipe *recipe,
                 bool published)
{
    if (has_version_string(args) && args->values[OPTION_APP_VERSION].number != 0)
        printf("Warning: When both application-version-string and application-version are "
               "provided, only the string will be used.\n");
    if (recipe->is_debug)
        printf("Warning: the debug bit is set; only debug bootloaders accept this package.\n");
    if (recipe->key_path == NULL)
        printf("Warning: the package is not signed; only bootloaders without a key accept it.\n");
    if (published)
        printf("Warning: the key is a published one that everybody has; don't use it in a "
               "product.\n");
}

static int write_package(const char *path, const struct nordfu_package_recipe *recipe,
                         const struct pkg_zigbee *zigbee, struct nordfu_error *error)
{
    if (zigbee->is_on)
        return nordfu_zigbee_package_write(path, zigbee->name, recipe, &zigbee->ota, error);
    return nordfu_package_write(path, recipe, error);
}

static void report_zigbee(const struct pkg_zigbee *zigbee)
{
    for (size_t i = 0; i < COUNT(zigbee->warnings); i++)
        if (zigbee->warnings[i] != NULL)
            printf("Warning: %s\n", zigbee->warnings[i]);
    if (zigbee->is_on)
        printf("Zigbee update created at %s\n", zigbee->name);
}

static int run_generate(struct app *app, const struct args *args)
{
    (void)app;
    struct nordfu_package_recipe recipe;
    struct passphrase passphrase;
    struct pkg_zigbee zigbee;
    struct nordfu_error error = {0};
    bool published = false;
    int code = read_recipe(args, &recipe);
    if (code == ARGS_GO_ON)
        code = pkg_zigbee_read(&zigbee, args, OPTION_ZIGBEE, &recipe);
    if (code != ARGS_GO_ON)
        return code;
    code =
        passphrase_find(&passphrase, recipe.key_path, args->values[OPTION_PASSPHRASE].text, &error);
    recipe.key_passphrase = passphrase.text;
    if (code == 0)
        code = write_package(args->arguments[0], &recipe, &zigbee, &error);
    if (code == 0 && recipe.key_path != NULL)
        code = nordfu_key_is_published(recipe.key_path, passphrase.text, &published, &error);
    passphrase_wipe(&passphrase);
    if (code != 0)
        return command_fail(&error);
    warn(args, &recipe, published);
    report_zigbee(&zigbee);
    printf("Zip created at %s\n", args->arguments[0]);
    return 0;
}

static const struct args_argument zip_file[] = {{"ZIPFILE"}};

const struct command cmd_pkg_generate = {
    .args =
        {
            .name = "pkg generate",
            .tail = "[OPTIONS] ZIPFILE",
            .summary = "Make an update package.",
            .details =
                "Possible are a bootloader, a SoftDevice, an application, a SoftDevice with a "
                "bootloader, and a SoftDevice with an application or with both.",
            .options = options,
            .option_count = OPTIONS,
            .arguments = zip_file,
            .argument_count = 1,
        },
    .run = run_generate,
};
