/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/crc.h"
#include "nordfu/zigbee.h"
#include "package/file.h"
#include "package/package_part.h"
#include "package/recipe.h"

#define FILE_ID        0x0BEEF11Eu
#define HEADER_VERSION 0x0100
#define STACK_VERSION  0x0002
#define HEADER_SIZE    56u
#define RANGE_SIZE     4u /* of hardware versions, behind the header */
#define HAS_RANGE      0x0004
#define COMMENT_ROOM   31u
#define ELEMENT_SIZE   6u /* tag and length */
#define TAG_TRIGGER    0xCDEF
#define TAG_IMAGE      0x0000
#define TRIGGER_SIZE   17u
#define TRIGGER_V1     0x10
#define ANY_SOFTDEVICE 0xFFFE
#define NO_VERSION     UINT32_MAX /* of SoftDevices */
/* What is in front of the init packet, at most, and between it and the firmware. */
#define LEAD_SIZE (HEADER_SIZE + RANGE_SIZE + ELEMENT_SIZE + TRIGGER_SIZE + ELEMENT_SIZE)

static uint32_t version_of(const struct nordfu_package_recipe *recipe)
{
    if (recipe->application.path != NULL)
        return recipe->application_version;
    return recipe->bootloader.path != NULL ? recipe->bootloader_version : NO_VERSION;
}

void nordfu_zigbee_ota_name(char name[NORDFU_ZIGBEE_OTA_NAME], const struct nordfu_zigbee_ota *ota,
                            const struct nordfu_package_recipe *recipe)
{
    snprintf(name, NORDFU_ZIGBEE_OTA_NAME, "%04X-%04X-%08" PRIX32 "-%.*s.zigbee",
             (unsigned)ota->manufacturer, (unsigned)ota->image_type, version_of(recipe),
             (int)NORDFU_ZIGBEE_COMMENT_MAX, ota->comment);
}

static int check_ota(const struct nordfu_zigbee_ota *ota,
                     const struct nordfu_package_recipe *recipe, struct nordfu_error *error)
{
    int images = (recipe->application.path != NULL) + (recipe->bootloader.path != NULL) +
                 (recipe->softdevice.path != NULL);
    size_t size = strnlen(ota->comment, sizeof(ota->comment));
    if (images != 1)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "An update over Zigbee is one image, not %d: give an application, "
                                "a bootloader or a SoftDevice, and make one update of each.",
                                images);
    for (size_t i = 0; i < size; i++)
        if (ota->comment[i] < ' ' || ota->comment[i] > '~' || ota->comment[i] == '/')
            return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                    "The Zigbee comment becomes a part of a file name: give one of "
                                    "printable ASCII characters without a slash.");
    if (size > NORDFU_ZIGBEE_COMMENT_MAX)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The Zigbee comment is too long: give at most %u characters.",
                                NORDFU_ZIGBEE_COMMENT_MAX);
    return 0;
}

static void put_header(struct bytes_writer *w, const struct nordfu_zigbee_ota *ota,
                       uint32_t version, uint32_t total)
{
    char comment[COMMENT_ROOM + 1] = "";
    size_t size = strnlen(ota->comment, NORDFU_ZIGBEE_COMMENT_MAX);
    memcpy(comment, ota->comment, size);
    bytes_put_u32(w, FILE_ID);
    bytes_put_u16(w, HEADER_VERSION);
    bytes_put_u16(w, ota->has_hw_range ? HEADER_SIZE + RANGE_SIZE : HEADER_SIZE);
    bytes_put_u16(w, ota->has_hw_range ? HAS_RANGE : 0);
    bytes_put_u16(w, ota->manufacturer);
    bytes_put_u16(w, ota->image_type);
    bytes_put_u32(w, version);
    bytes_put_u16(w, STACK_VERSION);
    bytes_put_u8(w, (uint8_t)size);
    bytes_put(w, comment, COMMENT_ROOM);
    bytes_put_u32(w, total);
    if (ota->has_hw_range) {
        bytes_put_u16(w, ota->min_hw);
        bytes_put_u16(w, ota->max_hw);
    }
}

static void put_element(struct bytes_writer *w, uint16_t tag, size_t size)
{
    bytes_put_u16(w, tag);
    bytes_put_u32(w, (uint32_t)size);
}

/* The one place that is big endian. */
static void put_u32_be(struct bytes_writer *w, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes_put_u8(w, (uint8_t)(value >> shift));
}

static void put_trigger(struct bytes_writer *w, const struct package_part *part)
{
    put_element(w, TAG_TRIGGER, TRIGGER_SIZE);
    bytes_put_u8(w, TRIGGER_V1);
    put_u32_be(w, (uint32_t)part->init_size);
    put_u32_be(w, crc32(0, part->init, part->init_size));
    put_u32_be(w, (uint32_t)part->firmware.size);
    put_u32_be(w, crc32(0, part->firmware.data, part->firmware.size));
}

/* Appends the whole file to the empty `out`. */
static bool encode(struct buf *out, const struct nordfu_zigbee_ota *ota,
                   const struct package_part *part)
{
    uint8_t lead[LEAD_SIZE], tail[ELEMENT_SIZE];
    struct bytes_writer w;
    size_t total = (ota->has_hw_range ? LEAD_SIZE : LEAD_SIZE - RANGE_SIZE) + part->init_size +
                   ELEMENT_SIZE + part->firmware.size;
    bytes_writer_init(&w, lead, sizeof(lead));
    put_header(&w, ota, part->fw_version, (uint32_t)total);
    put_trigger(&w, part);
    put_element(&w, TAG_IMAGE, part->init_size);
    bool ok = buf_append(out, lead, w.at) && buf_append(out, part->init, part->init_size);
    bytes_writer_init(&w, tail, sizeof(tail));
    put_element(&w, TAG_IMAGE, part->firmware.size);
    return ok && buf_append(out, tail, sizeof(tail)) &&
           buf_append(out, part->firmware.data, part->firmware.size);
}

/* The package for the device that hands the file out. */
static int write_outer(const char *path, const struct buf *file,
                       const struct nordfu_package_recipe *recipe,
                       const struct nordfu_zigbee_ota *ota, struct nordfu_error *error)
{
    char name[NORDFU_ZIGBEE_OTA_NAME];
    nordfu_zigbee_ota_name(name, ota, recipe);
    strcpy(name + strlen(name) - strlen(".zigbee"), ".bin");
    struct nordfu_package_recipe outer = *recipe;
    outer.softdevice = outer.bootloader = (struct nordfu_firmware){0};
    outer.application =
        (struct nordfu_firmware){.path = name, .bytes = file->data, .size = file->size};
    outer.application_version = ota->fw_version;
    outer.hw_version = ota->hw_version;
    outer.sd_req[0] = ANY_SOFTDEVICE;
    outer.sd_req_count = 1;
    outer.sd_id_count = 0;
    outer.is_external = true;
    outer.has_app_validation = outer.has_sd_validation = false;
    return nordfu_package_write(path, &outer, error);
}

static int check_all(const char *path, const char *ota_path,
                     const struct nordfu_package_recipe *recipe,
                     const struct nordfu_zigbee_ota *ota, struct nordfu_error *error)
{
    int rc = check_ota(ota, recipe, error);
    if (rc == 0)
        rc = recipe_check(recipe, path, error);
    if (rc == 0)
        rc = recipe_check(recipe, ota_path, error);
    if (rc == 0 && (strcmp(path, ota_path) == 0 || file_is_same(path, ota_path)))
        rc = nordfu_error_set(error, NORDFU_ERR_USAGE,
                              "%s is to be the Zigbee OTA file, too: choose another name for the "
                              "package.",
                              path);
    return rc;
}

int nordfu_zigbee_package_write(const char *path, const char *ota_path,
                                const struct nordfu_package_recipe *recipe,
                                const struct nordfu_zigbee_ota *ota, struct nordfu_error *error)
{
    struct nordfu_package_recipe inner = *recipe;
    struct package_part part = {0};
    struct buf file = {0};
    inner.is_external = false;
    int rc = check_all(path, ota_path, &inner, ota, error);
    if (rc == 0)
        rc = package_part_build(&part, &inner, error);
    if (rc == 0 && !encode(&file, ota, &part))
        rc = nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    if (rc == 0)
        rc = write_outer(path, &file, recipe, ota, error);
    if (rc == 0)
        rc = file_write(ota_path, file.data, file.size, 0666, true, "Zigbee OTA file", error);
    buf_free(&part.firmware);
    buf_free(&file);
    return rc;
}
