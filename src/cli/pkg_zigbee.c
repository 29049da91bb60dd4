/* SPDX-License-Identifier: MIT */
#include "cli/pkg_zigbee.h"

#include <string.h>
#include <strings.h>

/* Both are 16 bits wide in the file. */
#define SHORT_MAX 0xFFFF

static bool read_bool(const char *text, bool *value)
{
    static const char *const words[] = {"0",  "1",   "false", "true", "f",   "t",
                                        "no", "yes", "n",     "y",    "off", "on"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(text, words[i]) == 0) {
            *value = i % 2 == 1;
            return true;
        }
    return false;
}

static int check_short(const struct args *args, const struct args_value *value, const char *name)
{
    if (value->count == 0 || value->number <= SHORT_MAX)
        return ARGS_GO_ON;
    return args_complain(args, "Invalid value for %s: Exceeds 2-byte long integer.", name);
}

static int check_shorts(const struct args *args, const struct args_value *values)
{
    static const struct {
        int option;
        const char *name;
    } table[] = {
        {PKG_ZIGBEE_MIN_HW, "zigbee-ota-min-hw-version"},
        {PKG_ZIGBEE_MAX_HW, "zigbee-ota-max-hw-version"},
        {PKG_ZIGBEE_MANUFACTURER, "zigbee-manufacturer-id"},
        {PKG_ZIGBEE_IMAGE_TYPE, "zigbee-image-type"},
    };
    int code = ARGS_GO_ON;
    for (size_t i = 0; code == ARGS_GO_ON && i < sizeof(table) / sizeof(table[0]); i++)
        code = check_short(args, &values[table[i].option], table[i].name);
    return code;
}

static int check_needs(const struct args *args, const struct args_value *values,
                       const struct nordfu_package_recipe *recipe)
{
    int images = (recipe->application.path != NULL) + (recipe->bootloader.path != NULL) +
                 (recipe->softdevice.path != NULL);
    if (images != 1)
        return args_complain(args, "Provide either --application, --softdevice, or --bootloader "
                                   "for Zigbee package generation (not a combination).");
    if (values[PKG_ZIGBEE_OTA_HW].count == 0)
        return args_complain(args, "--zigbee-ota-hw-version is required.");
    if (recipe->hw_version > SHORT_MAX)
        return args_complain(args, "Invalid value for hw-version: Exceeds 2-byte long integer.");
    return ARGS_GO_ON;
}

static int take_comment(struct pkg_zigbee *zigbee, const struct args *args, const char *text)
{
    char *comment = zigbee->ota.comment;
    size_t size = strlen(text), room = sizeof(zigbee->ota.comment) - 1;
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)text[i] > '~' + 1) {
            zigbee->warnings[0] = "Non-ASCII characters in the comment are not allowed. "
                                  "Discarding comment.";
            return ARGS_GO_ON;
        }
        if (text[i] < ' ' || text[i] > '~' || text[i] == '/')
            return args_complain(args, "Invalid value for '--zigbee-comment': it becomes a part of "
                                       "a file name, and can't hold a slash or control "
                                       "characters.");
    }
    if (size > room)
        zigbee->warnings[0] = "truncating the comment to 30 bytes.";
    memcpy(comment, text, size > room ? room : size);
    return ARGS_GO_ON;
}

static void take_range(struct pkg_zigbee *zigbee, const struct args_value *values,
                       uint32_t hw_version)
{
    const struct args_value *min = &values[PKG_ZIGBEE_MIN_HW], *max = &values[PKG_ZIGBEE_MAX_HW];
    struct nordfu_zigbee_ota *ota = &zigbee->ota;
    if ((min->count == 0) != (max->count == 0))
        zigbee->warnings[1] = "min/max zigbee ota hardware version is missing. Discarding min/max "
                              "hardware version.";
    if (min->count == 0 || max->count == 0)
        return;
    ota->has_hw_range = true;
    ota->min_hw = (uint16_t)min->number;
    ota->max_hw = (uint16_t)max->number;
    if (ota->min_hw > ota->max_hw)
        zigbee->warnings[1] = "zigbee-ota-min-hw-version is higher than zigbee-ota-max-hw-version.";
    if (hw_version < ota->min_hw || hw_version > ota->max_hw)
        zigbee->warnings[2] = "hw-version is outside the specified range specified by "
                              "zigbee_ota_min_hw_version and zigbee_ota_max_hw_version.";
}

static uint16_t short_of(const struct args_value *value)
{
    return value->count > 0 ? (uint16_t)value->number : SHORT_MAX;
}

int pkg_zigbee_read(struct pkg_zigbee *zigbee, const struct args *args, int first,
                    const struct nordfu_package_recipe *recipe)
{
    const struct args_value *values = &args->values[first];
    const char *on = values[PKG_ZIGBEE].text, *comment = values[PKG_ZIGBEE_COMMENT].text;
    *zigbee = (struct pkg_zigbee){0};
    if (on != NULL && !read_bool(on, &zigbee->is_on))
        return args_complain(args, "Invalid value for '--zigbee': '%s' is not a valid boolean.",
                             on);
    int code = check_shorts(args, values);
    if (code == ARGS_GO_ON && zigbee->is_on)
        code = check_needs(args, values, recipe);
    if (code != ARGS_GO_ON || !zigbee->is_on)
        return code;
    zigbee->ota.manufacturer = short_of(&values[PKG_ZIGBEE_MANUFACTURER]);
    zigbee->ota.image_type = short_of(&values[PKG_ZIGBEE_IMAGE_TYPE]);
    zigbee->ota.hw_version = (uint32_t)values[PKG_ZIGBEE_OTA_HW].number;
    zigbee->ota.fw_version = (uint32_t)values[PKG_ZIGBEE_OTA_FW].number;
    take_range(zigbee, values, recipe->hw_version);
    code = comment != NULL ? take_comment(zigbee, args, comment) : ARGS_GO_ON;
    nordfu_zigbee_ota_name(zigbee->name, &zigbee->ota, recipe);
    return code;
}
