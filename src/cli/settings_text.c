/* SPDX-License-Identifier: MIT */
#include "cli/settings_text.h"

#include <stdio.h>
#include <string.h>

#include "cli/json.h"

enum { PLACE_TEXT = 128 };

static void row(const char *label, uint32_t value)
{
    printf("* %-26s0x%08X\n", label, (unsigned)value);
}

static void row_with(const char *label, uint32_t value, const char *unit)
{
    printf("* %-26s0x%08X (%u%s)\n", label, (unsigned)value, (unsigned)value, unit);
}

void settings_print(const char *file, const struct nordfu_settings_page *page)
{
    const struct nordfu_settings *settings = &page->settings;
    printf("\nBootloader DFU Settings:\n");
    printf("* %-26s%s\n", "File:", file);
    printf("* %-26s%s\n", "Family:", nordfu_family_name(page->place.family));
    row("Start Address:", page->place.address);
    row("CRC:", page->place.crc_stored);
    row_with("Settings Version:", settings->version, "");
    row_with("App Version:", settings->app_version, "");
    row_with("Bootloader Version:", settings->bootloader_version, "");
    row("Bank Layout:", settings->bank_layout);
    row("Current Bank:", settings->current_bank);
    row_with("Application Size:", settings->bank0.size, " bytes");
    row("Application CRC:", settings->bank0.crc);
    row("Bank0 Bank Code:", settings->bank0.code);
    row_with("Softdevice Size:", settings->softdevice_size, " bytes");
    row("Boot Validation CRC:", page->validation_crc_stored);
    row_with("SD Boot Validation Type:", settings->sd_validation.type, "");
    row_with("App Boot Validation Type:", settings->app_validation.type, "");
    printf("\n");
}

/* What is at a place, to go on after "is" or "are". */
static const char *describe(const struct nordfu_settings_place *place, char text[PLACE_TEXT])
{
    static const char *const words[] = {
        [NORDFU_SETTINGS_VALID] = "a valid page",
        [NORDFU_SETTINGS_ABSENT] = "no byte",
        [NORDFU_SETTINGS_EMPTY] = "erased flash",
        [NORDFU_SETTINGS_INCOMPLETE] = "a part of a page",
        [NORDFU_SETTINGS_FOREIGN] = "something else",
        [NORDFU_SETTINGS_DAMAGED] = "a damaged page",
    };
    const char *word = words[place->state];
    if (place->state == NORDFU_SETTINGS_DAMAGED)
        snprintf(text, PLACE_TEXT, "%s (version %u; checksum 0x%08X, 0x%08X would be right)", word,
                 (unsigned)place->version, (unsigned)place->crc_stored, (unsigned)place->crc_right);
    else if (place->state == NORDFU_SETTINGS_FOREIGN && place->version < 0x100)
        snprintf(text, PLACE_TEXT, "%s, or a page of version %u, which is not known", word,
                 (unsigned)place->version);
    else
        snprintf(text, PLACE_TEXT, "%s", word);
    return text;
}

/* The place that should have held the page that was found in its backup. */
static const struct nordfu_settings_place *own_place(const struct nordfu_settings_found *found)
{
    const struct nordfu_settings_place *place = &found->looked_at[0];
    for (size_t i = 0; i < found->looked_at_count; i++)
        if (found->looked_at[i].family == found->page.place.family)
            place = &found->looked_at[i];
    return place;
}

static bool is_validation_damaged(const struct nordfu_settings_page *page)
{
    return page->validation_crc_stored != page->validation_crc_right;
}

void settings_print_warnings(const struct nordfu_settings_found *found)
{
    const struct nordfu_settings_page *page = &found->page;
    char text[PLACE_TEXT];
    if (found->is_backup)
        fprintf(stderr,
                "Warning: This is the backup page: at 0x%08X, where the settings belong, is %s.\n",
                (unsigned)own_place(found)->address, describe(own_place(found), text));
    if (is_validation_damaged(page))
        fprintf(stderr,
                "Warning: The boot validations are damaged, or this bootloader lays them out in "
                "another way: their checksum is 0x%08X, 0x%08X would be right.\n",
                (unsigned)page->validation_crc_stored, (unsigned)page->validation_crc_right);
    if (found->backup_differs)
        fprintf(stderr, "Warning: The backup page at 0x%08X has other contents.\n",
                (unsigned)(page->place.address - NORDFU_SETTINGS_BACKUP_DISTANCE));
}

static void json_hex(struct json *json, const char *key, uint32_t value)
{
    char text[16];
    snprintf(text, sizeof(text), "0x%08X", (unsigned)value);
    json_text(json, key, text);
}

static void json_bank(struct json *json, const char *key, const struct nordfu_settings_bank *bank)
{
    json_enter(json, key);
    json_number(json, "size", bank->size);
    json_hex(json, "crc", bank->crc);
    json_hex(json, "code", bank->code);
    json_leave(json);
}

static void json_validation(struct json *json, const char *key,
                            const struct nordfu_boot_validation *validation)
{
    static const char *const types[] = {"NO_VALIDATION", "VALIDATE_GENERATED_CRC",
                                        "VALIDATE_GENERATED_SHA256", "VALIDATE_ECDSA_P256_SHA256"};
    char hex[2 * sizeof(validation->bytes) + 1] = "";
    unsigned type = (unsigned)validation->type;
    for (size_t i = 0; i < validation->size && i < sizeof(validation->bytes); i++)
        snprintf(hex + 2 * i, 3, "%02x", validation->bytes[i]);
    json_enter(json, key);
    json_text(json, "type", type < sizeof(types) / sizeof(types[0]) ? types[type] : "unknown");
    json_number(json, "code", type);
    json_text(json, "bytes", hex);
    json_leave(json);
}

static void json_settings(struct json *json, const struct nordfu_settings_page *page)
{
    const struct nordfu_settings *settings = &page->settings;
    json_number(json, "version", settings->version);
    json_hex(json, "crc", page->place.crc_stored);
    json_number(json, "app_version", settings->app_version);
    json_number(json, "bootloader_version", settings->bootloader_version);
    json_number(json, "bank_layout", settings->bank_layout);
    json_number(json, "current_bank", settings->current_bank);
    json_bank(json, "bank0", &settings->bank0);
    json_bank(json, "bank1", &settings->bank1);
    json_number(json, "write_offset", settings->write_offset);
    json_number(json, "softdevice_size", settings->softdevice_size);
    json_number(json, "enter_buttonless_dfu", settings->enter_buttonless_dfu);
    if (settings->version == 1)
        return;
    json_hex(json, "boot_validation_crc", page->validation_crc_stored);
    json_bool(json, "boot_validation_intact", !is_validation_damaged(page));
    json_validation(json, "softdevice_validation", &settings->sd_validation);
    json_validation(json, "application_validation", &settings->app_validation);
    json_validation(json, "bootloader_validation", &settings->bl_validation);
}

void settings_print_json(const char *file, const struct nordfu_settings_found *found)
{
    struct json json;
    const struct nordfu_settings_page *page = &found->page;
    json_begin(&json, "settings");
    json_text(&json, "file", file);
    if (page->place.family < NORDFU_FAMILY_COUNT)
        json_text(&json, "family", nordfu_family_name(page->place.family));
    json_hex(&json, "address", page->place.address);
    json_bool(&json, "is_backup", found->is_backup);
    json_text(&json, "backup",
              !found->has_backup ? "none" : (found->backup_differs ? "differs" : "equal"));
    json_settings(&json, page);
    json_end(&json, stdout);
}

int settings_explain(const char *file, const struct nordfu_settings_found *found,
                     struct nordfu_error *error)
{
    char list[NORDFU_FAMILY_COUNT * (PLACE_TEXT + 48)] = "", text[PLACE_TEXT];
    for (size_t i = 0; i < found->looked_at_count; i++) {
        const struct nordfu_settings_place *place = &found->looked_at[i];
        size_t used = strlen(list);
        const char *family = nordfu_family_name(place->family);
        if (place->state == NORDFU_SETTINGS_ABSENT && found->looked_at_count > 1)
            continue;
        snprintf(list + used, sizeof(list) - used, "%s0x%08X%s%s%s %s %s",
                 used > 0 ? ", at " : "at ", (unsigned)place->address,
                 found->looked_at_count > 1 ? " (" : "", found->looked_at_count > 1 ? family : "",
                 found->looked_at_count > 1 ? ")" : "", "is", describe(place, text));
    }
    if (list[0] == 0)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "There is no bootloader settings page in %s, which has no byte "
                                "where any family's would be: give a settings file, or a dump of "
                                "the whole flash.",
                                file);
    return nordfu_error_set(error, NORDFU_ERR_USAGE,
                            "There is no bootloader settings page in %s: %s%s.", file, list,
                            found->looked_at_count > 1 ? "; nor anywhere else" : "");
}
