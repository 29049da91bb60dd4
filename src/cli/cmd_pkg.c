/* SPDX-License-Identifier: MIT
 * nordfu pkg: make update packages. */
#include <string.h>

#include "cli/command.h"
#include "nordfu/package.h"

enum {
    OPTION_DEBUG,
    OPTION_APPLICATION,
    OPTION_VERSION,
    OPTION_VERSION_STRING,
    OPTION_HW,
    OPTION_SD_REQ,
    OPTION_KEY,
    OPTION_BOOTLOADER, /* from here on: known, but not possible yet */
    OPTION_BOOTLOADER_VERSION,
    OPTION_SOFTDEVICE,
    OPTION_SD_ID,
    OPTION_SD_VALIDATION,
    OPTION_APP_VALIDATION,
    OPTION_EXTERNAL,
    OPTION_ZIGBEE,
    OPTIONS,
};

#define NOT_YET "Not possible yet."

static const struct args_option options[OPTIONS] = {
    [OPTION_DEBUG] =
        {NULL, "--debug-mode", ARGS_FLAG,
         "Mark the package as one for debug bootloaders, which then check no versions.", NULL,
         false},
    [OPTION_APPLICATION] = {NULL, "--application", ARGS_TEXT, "The application's image (.bin).",
                            NULL, false},
    [OPTION_VERSION] = {NULL, "--application-version", ARGS_BASED, "The application's version.",
                        NULL, false},
    [OPTION_VERSION_STRING] = {NULL, "--application-version-string", ARGS_TEXT,
                               "The version as A.B.C, which counts as A x 10000 + B x 100 + C.",
                               NULL, false},
    [OPTION_HW] = {NULL, "--hw-version", ARGS_BASED, "The hardware version the image is for.", NULL,
                   false},
    [OPTION_SD_REQ] = {NULL, "--sd-req", ARGS_LIST,
                       "SoftDevice ids (FWID) the image works with, separated by commas.", NULL,
                       false},
    [OPTION_KEY] = {NULL, "--key-file", ARGS_FILE, "The private key to sign with.", NULL, false},
    [OPTION_BOOTLOADER] = {NULL, "--bootloader", ARGS_TEXT, NOT_YET, NULL, false},
    [OPTION_BOOTLOADER_VERSION] = {NULL, "--bootloader-version", ARGS_BASED, NOT_YET, NULL, false},
    [OPTION_SOFTDEVICE] = {NULL, "--softdevice", ARGS_TEXT, NOT_YET, NULL, false},
    [OPTION_SD_ID] = {NULL, "--sd-id", ARGS_LIST, NOT_YET, NULL, false},
    [OPTION_SD_VALIDATION] = {NULL, "--sd-boot-validation", ARGS_TEXT, NOT_YET, NULL, false},
    [OPTION_APP_VALIDATION] = {NULL, "--app-boot-validation", ARGS_TEXT, NOT_YET, NULL, false},
    [OPTION_EXTERNAL] = {NULL, "--external-app", ARGS_FLAG, NOT_YET, NULL, false},
    [OPTION_ZIGBEE] = {NULL, "--zigbee", ARGS_TEXT, NOT_YET, NULL, false},
};

#define DEBUG_VERSION UINT32_MAX
#define DEBUG_SD_REQ  0xFFFEu

/* "1.2.3" -> 10203 */
static int read_version_string(const struct args *args, const char *text, uint32_t *version)
{
    unsigned a, b, c;
    int used = 0;
    if (strspn(text, "0123456789.") != strlen(text) ||
        sscanf(text, "%9u.%9u.%9u%n", &a, &b, &c, &used) != 3 || text[used] != 0 || a > 400000)
        return args_complain(
            args, "Invalid value for application-version-string: Must be on the format x.y.z");
    uint64_t number = (uint64_t)a * 10000 + (uint64_t)b * 100 + c;
    if (number > UINT32_MAX)
        return args_complain(args, "Invalid value for application-version-string: Too large.");
    *version = (uint32_t)number;
    return ARGS_GO_ON;
}

static int read_version(const struct args *args, uint32_t *version)
{
    const struct args_value *number = &args->values[OPTION_VERSION];
    const char *text = args->values[OPTION_VERSION_STRING].text;
    bool debug = args->values[OPTION_DEBUG].count > 0;
    *version = number->count > 0 ? (uint32_t)number->number : DEBUG_VERSION;
    if (text != NULL && text[0] != 0)
        return read_version_string(args, text, version);
    if (number->count == 0 && !debug)
        return args_complain(args, "--application-version or --application-version-string required "
                                   "with application image.");
    return ARGS_GO_ON;
}

static int read_sd_req(const struct args *args, struct nordfu_package_recipe *recipe)
{
    const struct args_value *value = &args->values[OPTION_SD_REQ];
    if (value->count > 1)
        return args_complain(args,
                             "Invalid value for sd_req: Please specify SoftDevice requirements "
                             "as a comma-separated list: --sd-req 0xXXXX,0xYYYY,...");
    bool given = value->count > 0 && strcmp(value->text, "none") != 0;
    if (!given && !recipe->is_debug)
        return args_complain(args, "--sd-req required.");
    if (!given)
        recipe->sd_req[recipe->sd_req_count++] = DEBUG_SD_REQ;
    for (const char *next = given ? value->text : NULL; next != NULL;) {
        char element[32];
        size_t size = strcspn(next, ",");
        snprintf(element, sizeof(element), "%.*s", (int)(size < 31 ? size : 31), next);
        if (recipe->sd_req_count == NORDFU_MAX_SD_REQ)
            return args_complain(args, "Invalid value for sd_req: At most %d ids are possible.",
                                 NORDFU_MAX_SD_REQ);
        if (!args_read_based(element, &recipe->sd_req[recipe->sd_req_count]))
            return args_complain(args, "Invalid value for sd_req: %s is not a valid integer",
                                 element);
        recipe->sd_req_count++;
        next = next[size] == ',' ? next + size + 1 : NULL;
    }
    return ARGS_GO_ON;
}

static int read_recipe(const struct args *args, struct nordfu_package_recipe *recipe)
{
    const struct args_value *values = args->values;
    *recipe = (struct nordfu_package_recipe){
        .application = {.path = values[OPTION_APPLICATION].text},
        .hw_version =
            values[OPTION_HW].count > 0 ? (uint32_t)values[OPTION_HW].number : DEBUG_VERSION,
        .is_debug = values[OPTION_DEBUG].count > 0,
        .key_path = values[OPTION_KEY].text,
    };
    for (int i = OPTION_BOOTLOADER; i < OPTIONS; i++)
        if (values[i].count > 0)
            return args_complain(args,
                                 "Option '%s' is not possible yet; this version makes packages "
                                 "with one application.",
                                 options[i].name);
    if (recipe->application.path == NULL && values[OPTION_VERSION].count > 0)
        return args_complain(args, "Application version with no image.");
    if (recipe->application.path == NULL)
        return args_complain(args, "--application required; this version makes packages with one "
                                   "application.");
    if (values[OPTION_HW].count == 0 && !recipe->is_debug)
        return args_complain(args, "--hw-version required.");
    int code = read_sd_req(args, recipe);
    return code == ARGS_GO_ON ? read_version(args, &recipe->application_version) : code;
}

/* What is special about a package that was made. */
static void warn(const struct args *args, const struct nordfu_package_recipe *recipe)
{
    const struct args_value *number = &args->values[OPTION_VERSION];
    const char *text = args->values[OPTION_VERSION_STRING].text;
    if (text != NULL && text[0] != 0 && number->count > 0 && number->number != 0)
        printf("Warning: When both application-version-string and application-version are "
               "provided, only the string will be used.\n");
    if (recipe->is_debug)
        printf("Warning: the debug bit is set; only debug bootloaders accept this package.\n");
    if (recipe->key_path == NULL)
        printf("Warning: the package is not signed; only bootloaders without a key accept it.\n");
}

static int run_generate(struct app *app, const struct args *args)
{
    (void)app;
    struct nordfu_package_recipe recipe;
    struct nordfu_error error = {0};
    int code = read_recipe(args, &recipe);
    if (code != ARGS_GO_ON)
        return code;
    code = nordfu_package_write(args->arguments[0], &recipe, &error);
    if (code != 0)
        return command_fail(&error);
    warn(args, &recipe);
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
            .options = options,
            .option_count = OPTIONS,
            .arguments = zip_file,
            .argument_count = 1,
        },
    .run = run_generate,
};
