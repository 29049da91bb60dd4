/* SPDX-License-Identifier: MIT
 * nordfu settings: make and show bootloader settings pages. */
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/passphrase.h"
#include "cli/settings_text.h"
#include "cli/version_text.h"
#include "nordfu/package.h"
#include "nordfu/settings.h"

enum {
    OPTION_FAMILY,
    OPTION_APPLICATION,
    OPTION_VERSION,
    OPTION_VERSION_STRING,
    OPTION_BOOTLOADER_VERSION,
    OPTION_PAGE_VERSION,
    OPTION_START,
    OPTION_NO_BACKUP,
    OPTION_BACKUP,
    OPTION_APP_VALIDATION,
    OPTION_SD_VALIDATION,
    OPTION_SOFTDEVICE,
    OPTION_KEY,
    OPTION_PASSPHRASE,
    OPTIONS,
};

/* In the order of enum nordfu_family. */
static const char *const families[] = {"NRF51", "NRF52", "NRF52QFAB", "NRF52810", "NRF52840", NULL};

/* In the order of enum nordfu_validation. */
static const char *const validations[] = {"NO_VALIDATION", "VALIDATE_GENERATED_CRC",
                                          "VALIDATE_GENERATED_SHA256", "VALIDATE_ECDSA_P256_SHA256",
                                          NULL};

static const struct args_option options[OPTIONS] = {
    [OPTION_FAMILY] = {NULL, "--family", ARGS_CHOICE, "The chip, which tells where the page is.",
                       families, true},
    [OPTION_APPLICATION] = {NULL, "--application", ARGS_TEXT,
                            "The application that is programmed with the page (.hex or .bin).",
                            NULL, false},
    [OPTION_VERSION] = {NULL, "--application-version", ARGS_WRAPPED, "The application's version.",
                        NULL, false},
    [OPTION_VERSION_STRING] = {NULL, "--application-version-string", ARGS_TEXT,
                               "The version as A.B.C, which counts as A x 10000 + B x 100 + C.",
                               NULL, false},
    [OPTION_BOOTLOADER_VERSION] = {NULL, "--bootloader-version", ARGS_WRAPPED,
                                   "The bootloader's version.", NULL, true},
    [OPTION_PAGE_VERSION] = {NULL, "--bl-settings-version", ARGS_WRAPPED,
                             "1 for bootloaders of SDK 12.0 to 15.2, 2 for SDK 15.3 and newer.",
                             NULL, true},
    [OPTION_START] = {NULL, "--start-address", ARGS_BASED,
                      "Where the page is, if not where the family has it.", NULL, false},
    [OPTION_NO_BACKUP] = {NULL, "--no-backup", ARGS_FLAG,
                          "Make no backup page; bootloaders before SDK 15.1 have none.", NULL,
                          false},
    [OPTION_BACKUP] = {NULL, "--backup-address", ARGS_BASED,
                       "Where the backup page is, if not 0x1000 below the page.", NULL, false},
    [OPTION_APP_VALIDATION] = {NULL, "--app-boot-validation", ARGS_CHOICE,
                               "How the bootloader checks the application at every start; "
                               "version 2 only, which has VALIDATE_GENERATED_CRC without it.",
                               validations, false},
    [OPTION_SD_VALIDATION] = {NULL, "--sd-boot-validation", ARGS_CHOICE,
                              "The same for the SoftDevice.", validations, false},
    [OPTION_SOFTDEVICE] = {NULL, "--softdevice", ARGS_FILE,
                           "The SoftDevice that is programmed with the page (.hex).", NULL, false},
    [OPTION_KEY] = {NULL, "--key-file", ARGS_FILE,
                    "The private key for VALIDATE_ECDSA_P256_SHA256.", NULL, false},
    [OPTION_PASSPHRASE] = {NULL, "--passphrase-file", ARGS_FILE, PASSPHRASE_HELP, NULL, false},
};

/* A choice's place in its list. */
static unsigned index_of(const char *const *choices, const char *text)
{
    unsigned i = 0;
    while (choices[i] != NULL && strcmp(choices[i], text) != 0)
        i++;
    return i;
}

static int refuse(const char *sentence)
{
    fprintf(stderr, "Error: %s\n", sentence);
    return 1;
}

/* NULL for an option that was not given, or with an empty value. */
static const char *text_of(const struct args *args, int option)
{
    const char *text = args->values[option].text;
    return text != NULL && text[0] != 0 ? text : NULL;
}

static int read_version(const struct args *args, uint32_t *version)
{
    const struct args_value *number = &args->values[OPTION_VERSION];
    const char *text = text_of(args, OPTION_VERSION_STRING);
    *version = (uint32_t)number->number;
    return text != NULL ? version_text_read(args, text, version) : ARGS_GO_ON;
}

static int check_application(const struct args *args)
{
    const char *path = args->values[OPTION_APPLICATION].text;
    struct stat status;
    if (path == NULL)
        return ARGS_GO_ON;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)) {
        fprintf(stderr, "Error: Could not open file '%s': Application file not found\n", path);
        return 1;
    }
    if (args->values[OPTION_VERSION].count == 0 && text_of(args, OPTION_VERSION_STRING) == NULL)
        return args_complain(args, "--application-version or --application-version-string required "
                                   "with application image.");
    return ARGS_GO_ON;
}

/* Where pages go. */
struct places {
    uint32_t address, backup;
    bool has_backup;
};

static int read_places(const struct args *args, struct places *places)
{
    const struct args_value *values = args->values;
    enum nordfu_family family = (enum nordfu_family)index_of(families, values[OPTION_FAMILY].text);
    bool has_own = values[OPTION_BACKUP].count > 0;
    places->has_backup = values[OPTION_NO_BACKUP].count == 0;
    places->address = values[OPTION_START].count > 0 ? (uint32_t)values[OPTION_START].number
                                                     : nordfu_family_settings_address(family);
    places->backup = has_own ? (uint32_t)values[OPTION_BACKUP].number
                             : places->address - NORDFU_SETTINGS_BACKUP_DISTANCE;
    if (has_own && !places->has_backup)
        return args_complain(args, "Invalid value for backup_address: Bootloader DFU settings "
                                   "backup page cannot be specified if backup is disabled.");
    if (places->has_backup && !has_own && places->address < NORDFU_SETTINGS_BACKUP_DISTANCE)
        return refuse("The backup page, 0x1000 below the settings page, would begin below address "
                      "0: choose --backup-address, or --no-backup.");
    return ARGS_GO_ON;
}

static int read_validation(const struct args *args, int option, int image, const char *complaint,
                           enum nordfu_validation *validation)
{
    const char *text = args->values[option].text;
    bool has_image = text_of(args, image) != NULL;
    bool is_first = args->values[OPTION_PAGE_VERSION].number == 1;
    *validation = has_image && !is_first ? NORDFU_VALIDATION_CRC : NORDFU_VALIDATION_NONE;
    if (text == NULL)
        return ARGS_GO_ON;
    *validation = (enum nordfu_validation)index_of(validations, text);
    if (is_first)
        return args_complain(args, "Invalid value for bl_settings_version: Bootloader settings "
                                   "version 1 does not support boot validation.");
    if (*validation == NORDFU_VALIDATION_ECDSA && args->values[OPTION_KEY].text == NULL)
        return args_complain(args, "Key file must be given when 'VALIDATE_ECDSA_P256_SHA256' boot "
                                   "validation is used");
    if (!has_image)
        return args_complain(args, "%s", complaint);
    return ARGS_GO_ON;
}

static int read_recipe(const struct args *args, struct nordfu_settings_recipe *recipe)
{
    *recipe = (struct nordfu_settings_recipe){
        .version = (uint32_t)args->values[OPTION_PAGE_VERSION].number,
        .bootloader_version = (uint32_t)args->values[OPTION_BOOTLOADER_VERSION].number,
        .application = {.path = args->values[OPTION_APPLICATION].text},
        .softdevice = {.path = args->values[OPTION_SOFTDEVICE].text},
        .key_path = args->values[OPTION_KEY].text,
    };
    int code =
        read_validation(args, OPTION_APP_VALIDATION, OPTION_APPLICATION,
                        "--application hex file must be set when using --app_boot_validation",
                        &recipe->app_validation);
    if (code == ARGS_GO_ON)
        code = read_validation(args, OPTION_SD_VALIDATION, OPTION_SOFTDEVICE,
                               "--softdevice hex file must be set when using --sd_boot_validation",
                               &recipe->sd_validation);
    if (code == ARGS_GO_ON && recipe->version != 1 && recipe->version != 2)
        code = refuse("Invalid value for '--bl-settings-version': there are versions 1 (SDK 12.0 "
                      "to 15.2) and 2 (SDK 15.3 and newer).");
    return code;
}

/* True if both are the same file. */
static bool is_same(const char *a, const char *b)
{
    struct stat one, other;
    return a != NULL && b != NULL && stat(a, &one) == 0 && stat(b, &other) == 0 &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static int check_output(const struct args *args)
{
    static const int inputs[] = {OPTION_APPLICATION, OPTION_SOFTDEVICE, OPTION_KEY,
                                 OPTION_PASSPHRASE};
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
        if (is_same(args->arguments[0], args->values[inputs[i]].text))
            return args_complain(args,
                                 "Invalid value for 'HEX_FILE': '%s' is the file of %s, and would "
                                 "be overwritten.",
                                 args->arguments[0], options[inputs[i]].name);
    return ARGS_GO_ON;
}

/* What people should know besides the page. */
static void print_notes(const struct args *args, const struct places *places, bool published)
{
    if (text_of(args, OPTION_VERSION_STRING) != NULL && args->values[OPTION_VERSION].number != 0)
        printf("Warning: When both application-version-string and application-version are "
               "provided, only the string will be used.\n");
    if (places->has_backup)
        printf("\nNote: Generating a DFU settings page with backup page included.\n"
               "This is only required for bootloaders from nRF5 SDK 15.1 and newer.\n"
               "If you want to skip backup page generation, use --no-backup option.\n");
    if (args->values[OPTION_START].count > 0 && args->values[OPTION_BACKUP].count == 0)
        printf("WARNING: Using default offset in order to calculate bootloader settings backup "
               "page\n");
    if (published)
        printf("Warning: the key is a published one that everybody has; don't use it in a "
               "product.\n");
}

static void print_result(const struct args *args, const struct nordfu_settings *settings,
                         uint32_t address)
{
    uint8_t bytes[NORDFU_SETTINGS_MAX_SIZE];
    struct nordfu_settings_page page;
    nordfu_settings_decode(&page, bytes, nordfu_settings_encode(settings, bytes));
    page.place.address = address;
    page.place.family = (enum nordfu_family)index_of(families, args->values[OPTION_FAMILY].text);
    printf("\nGenerated Bootloader DFU settings .hex file and stored it in: %s\n",
           args->arguments[0]);
    settings_print(args->arguments[0], &page);
}

static bool is_signing(const struct nordfu_settings_recipe *recipe)
{
    return recipe->app_validation == NORDFU_VALIDATION_ECDSA ||
           recipe->sd_validation == NORDFU_VALIDATION_ECDSA;
}

static int generate(const struct args *args, const struct nordfu_settings_recipe *recipe,
                    const struct places *places)
{
    struct nordfu_settings settings;
    struct nordfu_error error = {0};
    bool published = false;
    int code = nordfu_settings_build(&settings, recipe, &error);
    if (code == 0 && is_signing(recipe))
        code =
            nordfu_key_is_published(recipe->key_path, recipe->key_passphrase, &published, &error);
    if (code == 0)
        code = nordfu_settings_write(args->arguments[0], &settings, places->address,
                                     places->has_backup ? &places->backup : NULL, &error);
    if (code != 0)
        return command_fail(&error);
    print_notes(args, places, published);
    print_result(args, &settings, places->address);
    return 0;
}

static int run_generate(struct app *app, const struct args *args)
{
    (void)app;
    struct nordfu_settings_recipe recipe;
    struct places places;
    uint32_t version = 0;
    int code = read_version(args, &version);
    if (code == ARGS_GO_ON)
        code = check_application(args);
    if (code == ARGS_GO_ON)
        code = read_places(args, &places);
    if (code == ARGS_GO_ON)
        code = read_recipe(args, &recipe);
    if (code == ARGS_GO_ON)
        code = check_output(args);
    if (code != ARGS_GO_ON)
        return code;
    recipe.app_version = version;
    struct passphrase passphrase;
    struct nordfu_error error = {0};
    code = passphrase_find(&passphrase, is_signing(&recipe) ? recipe.key_path : NULL,
                           args->values[OPTION_PASSPHRASE].text, &error);
    recipe.key_passphrase = passphrase.text;
    code = code == 0 ? generate(args, &recipe, &places) : command_fail(&error);
    passphrase_wipe(&passphrase);
    return code;
}

static const struct args_argument hex_file[] = {{"HEX_FILE"}};

const struct command cmd_settings_generate = {
    .args =
        {
            .name = "settings generate",
            .tail = "[OPTIONS] HEX_FILE",
            .summary = "Make a bootloader settings page and store it in HEX_FILE.",
            .details = "A new device that gets the page together with bootloader, SoftDevice and "
                       "application starts its application at once.",
            .options = options,
            .option_count = OPTIONS,
            .arguments = hex_file,
            .argument_count = 1,
        },
    .run = run_generate,
};

enum { DISPLAY_START, DISPLAY_JSON, DISPLAY_OPTIONS };

static const struct args_option display_options[DISPLAY_OPTIONS] = {
    [DISPLAY_START] = {NULL, "--start-address", ARGS_BASED,
                       "Look for the page only at this address.", NULL, false},
    [DISPLAY_JSON] = {NULL, "--json", ARGS_FLAG, "One JSON object on standard output.", NULL,
                      false},
};

/* The text is that of nrfutil, which has 0 for the SoftDevice of a version 1 page; JSON has what is
 * stored. */
static void print_found(const char *file, const struct nordfu_settings_found *found)
{
    struct nordfu_settings_page page = found->page;
    if (page.settings.version == 1)
        page.settings.softdevice_size = 0;
    settings_print(file, &page);
}

static int run_display(struct app *app, const struct args *args)
{
    (void)app;
    const struct args_value *start = &args->values[DISPLAY_START];
    uint32_t address = (uint32_t)start->number;
    bool json = args->values[DISPLAY_JSON].count > 0;
    struct nordfu_settings_found found;
    struct nordfu_error error = {0};
    const char *file = args->arguments[0];
    int code = nordfu_settings_read(&found, file, start->count > 0 ? &address : NULL, &error);
    if (code == 0 && !found.is_found)
        code = settings_explain(file, &found, &error);
    if (code != 0 && json)
        json_print_error(stdout, &error, command_exit_code(code));
    if (code != 0)
        return command_fail(&error);
    if (json)
        settings_print_json(file, &found);
    else
        print_found(file, &found);
    settings_print_warnings(&found);
    return 0;
}

const struct command cmd_settings_display = {
    .args =
        {
            .name = "settings display",
            .tail = "[OPTIONS] HEX_FILE",
            .summary = "Show the bootloader settings page in HEX_FILE.",
            .details = "HEX_FILE may be a settings file or a dump of a device's flash: Intel HEX, "
                       "or raw (.bin) from address 0 on.",
            .options = display_options,
            .option_count = DISPLAY_OPTIONS,
            .arguments = hex_file,
            .argument_count = 1,
        },
    .run = run_display,
};
