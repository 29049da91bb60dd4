/* SPDX-License-Identifier: MIT */
#include "package/recipe.h"

#include <string.h>

#include "package/file.h"
#include "package/sd_req.h"

/* What SoftDevices have as version, and the SoftDevice ID that stands for any. */
#define NO_VERSION     UINT32_MAX
#define ANY_SOFTDEVICE 0xFFFE

static bool is_there(const struct nordfu_firmware *firmware)
{
    return firmware->path != NULL;
}

static int refuse(struct nordfu_error *error, const char *sentence)
{
    return nordfu_error_set(error, NORDFU_ERR_USAGE, "%s", sentence);
}

static int check_images(const struct nordfu_package_recipe *recipe, struct nordfu_error *error)
{
    bool application = is_there(&recipe->application), bootloader = is_there(&recipe->bootloader);
    bool softdevice = is_there(&recipe->softdevice);
    if (!application && !bootloader && !softdevice)
        return refuse(error, "A package needs an image: give an application, a bootloader or a "
                             "SoftDevice.");
    if (recipe->is_external && (!application || bootloader || softdevice))
        return refuse(error, "An external application is an application, and alone in its package: "
                             "make another package of the other images.");
    if (bootloader && application && !softdevice)
        return refuse(error,
                      "A bootloader and an application go into one package only together "
                      "with a SoftDevice: make two packages, and send the bootloader first.");
    return 0;
}

static int check_softdevices(const struct nordfu_package_recipe *recipe, struct nordfu_error *error)
{
    bool optional = recipe->is_external || recipe->is_debug;
    if (recipe->sd_req_count > NORDFU_MAX_SD_REQ || (recipe->sd_req_count == 0 && !optional))
        return nordfu_error_set(
            error, NORDFU_ERR_USAGE,
            "A package needs 1 to %d IDs of SoftDevices that the device may run before "
            "the update, not %zu: give them (0x00 for a device without SoftDevice).",
            NORDFU_MAX_SD_REQ, recipe->sd_req_count);
    if (recipe->sd_id_count > NORDFU_MAX_SD_REQ)
        return nordfu_error_set(
            error, NORDFU_ERR_USAGE,
            "At most %d IDs of SoftDevices fit into a package, not %zu: give fewer.",
            NORDFU_MAX_SD_REQ, recipe->sd_id_count);
    if (is_there(&recipe->softdevice) && is_there(&recipe->application) && recipe->sd_id_count == 0)
        return refuse(error, "An application in one package with a SoftDevice needs that "
                             "SoftDevice's ID, because it will run on it: give that, too.");
    return 0;
}

static bool needs_key(const struct nordfu_firmware *firmware, bool has, enum nordfu_validation how)
{
    return is_there(firmware) && has && how == NORDFU_VALIDATION_ECDSA;
}

static int check_validations(const struct nordfu_package_recipe *recipe, struct nordfu_error *error)
{
    if ((recipe->has_app_validation && recipe->app_validation > NORDFU_VALIDATION_ECDSA) ||
        (recipe->has_sd_validation && recipe->sd_validation > NORDFU_VALIDATION_ECDSA))
        return refuse(error, "There is no such boot validation: choose none, CRC, SHA-256 or "
                             "ECDSA.");
    if (recipe->key_path == NULL &&
        (needs_key(&recipe->application, recipe->has_app_validation, recipe->app_validation) ||
         needs_key(&recipe->softdevice, recipe->has_sd_validation, recipe->sd_validation)))
        return refuse(error, "Boot validation with ECDSA is a signature over the image: give a key "
                             "to sign with, or choose another validation.");
    return 0;
}

static bool is_source(const char *path, const struct nordfu_firmware *firmware)
{
    return is_there(firmware) && firmware->bytes == NULL && file_is_same(path, firmware->path);
}

int recipe_check(const struct nordfu_package_recipe *recipe, const char *path,
                 struct nordfu_error *error)
{
    int rc = check_images(recipe, error);
    if (rc == 0)
        rc = check_softdevices(recipe, error);
    if (rc == 0)
        rc = check_validations(recipe, error);
    if (rc != 0)
        return rc;
    if (is_source(path, &recipe->application) || is_source(path, &recipe->bootloader) ||
        is_source(path, &recipe->softdevice) ||
        (recipe->key_path != NULL && file_is_same(path, recipe->key_path)))
        return nordfu_error_set(
            error, NORDFU_ERR_USAGE,
            "The package can't be written to %s, because that is one of the files it "
            "is made from: choose another name.",
            path);
    return 0;
}

static bool contains(const uint32_t *list, size_t count, uint32_t value)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == value)
            return true;
    return false;
}

static bool is_application(enum nordfu_image_type type)
{
    return type == NORDFU_IMAGE_APPLICATION || type == NORDFU_IMAGE_EXTERNAL_APPLICATION;
}

/* The SoftDevices that an image asks for, as they are written. Returns their number. */
static size_t list_softdevices(uint32_t list[2 * NORDFU_MAX_SD_REQ], enum nordfu_image_type type,
                               const struct nordfu_package_recipe *recipe)
{
    uint32_t ids[NORDFU_MAX_SD_REQ];
    size_t count = 0, id_count = recipe->sd_id_count;
    memcpy(ids, recipe->sd_id, id_count * sizeof(ids[0]));
    id_count = sd_req_order(ids, id_count);
    if (!is_application(type) || id_count == 0) {
        count = recipe->sd_req_count;
        memcpy(list, recipe->sd_req, count * sizeof(list[0]));
    }
    for (size_t i = 0; i < id_count; i++)
        if (!contains(recipe->sd_req, is_application(type) ? 0 : recipe->sd_req_count, ids[i]))
            list[count++] = ids[i];
    if (count == 0)
        list[count++] = ANY_SOFTDEVICE;
    return sd_req_order(list, count);
}

static uint32_t version_of(enum nordfu_image_type type, const struct nordfu_package_recipe *recipe)
{
    if (is_application(type))
        return recipe->application_version;
    return type == NORDFU_IMAGE_SOFTDEVICE ? NO_VERSION : recipe->bootloader_version;
}

static void add_validation(struct nordfu_init_packet *init, bool has, enum nordfu_validation type)
{
    init->boot_validation[init->boot_validation_count++] =
        (struct nordfu_boot_validation){.type = has ? type : NORDFU_VALIDATION_CRC};
}

static void fill_validations(struct nordfu_init_packet *init,
                             const struct nordfu_package_recipe *recipe)
{
    if (is_application(init->type))
        add_validation(init, recipe->has_app_validation, recipe->app_validation);
    else if (init->type != NORDFU_IMAGE_BOOTLOADER)
        add_validation(init, recipe->has_sd_validation, recipe->sd_validation);
    if (init->type == NORDFU_IMAGE_BOOTLOADER || init->type == NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER)
        add_validation(init, false, NORDFU_VALIDATION_CRC);
}

int recipe_fill(struct nordfu_init_packet *init, enum nordfu_image_type type,
                const struct nordfu_package_recipe *recipe, struct nordfu_error *error)
{
    uint32_t list[2 * NORDFU_MAX_SD_REQ];
    size_t count = list_softdevices(list, type, recipe);
    if (count > NORDFU_MAX_SD_REQ)
        return nordfu_error_set(
            error, NORDFU_ERR_USAGE,
            "The package would accept %zu SoftDevices, but an init packet has room for %d: give "
            "fewer.",
            count, NORDFU_MAX_SD_REQ);
    *init = (struct nordfu_init_packet){
        .type = type,
        .is_debug = recipe->is_debug,
        .has_fw_version = true,
        .has_hw_version = true,
        .fw_version = version_of(type, recipe),
        .hw_version = recipe->hw_version,
        .sd_req_count = count,
    };
    memcpy(init->sd_req, list, count * sizeof(list[0]));
    fill_validations(init, recipe);
    return 0;
}
