/* SPDX-License-Identifier: MIT
 * What is in a firmware file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "nordfu/image_file.h"
#include "nordfu/package.h"
#include "package/image_file.h"
#include "package/image_load.h"

struct nordfu_image_file {
    struct ihex ihex;
    struct nordfu_image_region *regions;
    struct nordfu_image_file_info info;
};

enum {
    UICR_BOOTLOADER = 0x10001014,
    UICR_MBR_PARAMETERS = 0x10001018,
    RAM = 0x20000000,
    RAM_END = 0x20080000,    /* of the largest chip, 512 KiB */
    TABLE_ALIGNMENT = 0x100, /* a vector table can't be anywhere */
    RAW_INFO = 0x2000,
    RAW_INFO_WITH_MBR = 0x3000,
};

/* Each area begins where the one before ends. */
static const struct {
    uint64_t end;
    enum nordfu_area area;
} areas[] = {
    {IMAGE_FILE_LOW, NORDFU_AREA_MBR},
    {IMAGE_FILE_HIGH, NORDFU_AREA_FLASH},
    {0x10001000, NORDFU_AREA_FICR},
    {0x10002000, NORDFU_AREA_UICR},
    {RAM, NORDFU_AREA_OTHER},
    {0x40000000, NORDFU_AREA_RAM},
    {(uint64_t)UINT32_MAX + 1, NORDFU_AREA_OTHER},
};

enum { AREAS = sizeof(areas) / sizeof(areas[0]) };

const char *nordfu_area_name(enum nordfu_area area)
{
    static const char *const names[] = {"MBR", "flash", "FICR", "UICR", "RAM", "other"};
    return (unsigned)area < sizeof(names) / sizeof(names[0]) ? names[area] : "other";
}

static bool read_word(const struct ihex *ihex, uint32_t address, uint32_t *word)
{
    uint8_t bytes[4];
    struct bytes_reader r;
    if (!ihex_get(ihex, address, bytes, sizeof(bytes)))
        return false;
    bytes_reader_init(&r, bytes, sizeof(bytes));
    *word = bytes_get_u32(&r);
    return true;
}

/* A word that is erased says nothing. */
static bool read_setting(const struct ihex *ihex, uint32_t address, uint32_t *word)
{
    return read_word(ihex, address, word) && *word != UINT32_MAX;
}

/* A reset handler is Thumb code that is in the file; of a file whose address is not known, anywhere
 * in the flash. */
static bool is_code(const struct nordfu_image_file *file, uint32_t reset)
{
    uint8_t byte;
    if (reset % 2 == 0)
        return false;
    return file->info.has_address ? ihex_get(&file->ihex, reset - 1, &byte, 1)
                                  : reset < IMAGE_FILE_HIGH;
}

static void look_at_vectors(const struct nordfu_image_file *file,
                            struct nordfu_image_region *region)
{
    if (region->area > NORDFU_AREA_FLASH || region->size < 8 ||
        region->address % TABLE_ALIGNMENT != 0)
        return;
    read_word(&file->ihex, region->address, &region->stack);
    read_word(&file->ihex, region->address + 4, &region->reset);
    if (region->stack <= RAM || region->stack > RAM_END || region->stack % 4 != 0)
        region->vectors = NORDFU_VECTORS_BAD_STACK;
    else
        region->vectors =
            is_code(file, region->reset) ? NORDFU_VECTORS_PLAUSIBLE : NORDFU_VECTORS_BAD_RESET;
}

static void add_region(struct nordfu_image_file *file, const struct ihex_segment *part,
                       enum nordfu_area area)
{
    struct nordfu_image_region *region = &file->regions[file->info.region_count++];
    *region = (struct nordfu_image_region){
        .address = part->address, .size = (uint32_t)part->size, .area = area};
    file->info.size += part->size;
    look_at_vectors(file, region);
}

/* Cuts a segment where areas end. */
static void split(struct nordfu_image_file *file, const struct ihex_segment *segment)
{
    struct image_window window = {0};
    for (size_t i = 0; i < AREAS; i++, window.first = window.end) {
        struct ihex_segment part = *segment;
        window.end = areas[i].end;
        if (image_window_cut(&window, &part))
            add_region(file, &part, areas[i].area);
    }
}

static int find_regions(struct nordfu_image_file *file)
{
    const struct ihex *ihex = &file->ihex;
    file->regions = calloc(ihex->count + AREAS, sizeof(*file->regions));
    if (file->regions == NULL)
        return NORDFU_ERR_SYSTEM;
    for (size_t i = 0; i < ihex->count; i++) {
        if (file->info.has_address)
            split(file, &ihex->segments[i]);
        else
            add_region(file, &ihex->segments[i], NORDFU_AREA_FLASH);
    }
    return 0;
}

static bool find_raw_softdevice(const struct ihex *ihex, struct softdevice_info *found)
{
    static const uint32_t places[] = {RAW_INFO, RAW_INFO_WITH_MBR};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        uint32_t at = places[i];
        if (ihex->bytes.size > at &&
            softdevice_info_decode(found, ihex->bytes.data + at, ihex->bytes.size - at)) {
            found->address = ihex->segments[0].address + at;
            return true;
        }
    }
    return false;
}

static void name_softdevice(struct nordfu_softdevice *out, const struct softdevice_info *found)
{
    const char *known = nordfu_softdevice_name(found->fwid);
    if (found->has_version)
        snprintf(out->name, sizeof(out->name), "S%u %u.%u.%u", (unsigned)found->number,
                 (unsigned)(found->version / 1000000), (unsigned)(found->version / 1000 % 1000),
                 (unsigned)(found->version % 1000));
    else if (known != NULL)
        snprintf(out->name, sizeof(out->name), "%s", known);
}

static void find_softdevice(struct nordfu_image_file *file)
{
    struct softdevice_info found = {0};
    struct nordfu_image_file_info *info = &file->info;
    info->has_softdevice = softdevice_info_find(&found, &file->ihex) ||
                           (info->is_raw && find_raw_softdevice(&file->ihex, &found));
    if (!info->has_softdevice)
        return;
    info->softdevice.address = found.address;
    info->softdevice.end = found.end;
    info->softdevice.fwid = found.fwid;
    name_softdevice(&info->softdevice, &found);
}

/* What a package would hold of the file: all of a raw one. */
static void find_image(struct nordfu_image_file *file)
{
    struct nordfu_image_file_info *info = &file->info;
    const struct ihex_segment *segments = file->ihex.segments;
    struct image_window window = image_file_window(&file->ihex);
    if (info->is_raw) {
        window.first = segments[0].address;
        window.end = window.first + segments[0].size;
    }
    uint64_t size = window.end - window.first, there = 0;
    info->has_image = size > 0 && size <= NORDFU_MAX_IMAGE_SIZE;
    if (!info->has_image)
        return;
    for (size_t i = 0; i < file->ihex.count; i++) {
        struct ihex_segment part = segments[i];
        there += image_window_cut(&window, &part) ? part.size : 0;
    }
    info->image_address = (uint32_t)window.first;
    info->image_size = (size_t)(size + 3) / 4 * 4;
    info->image_gaps = (size_t)(size - there);
}

static int look(struct nordfu_image_file *file, struct nordfu_error *error)
{
    struct nordfu_image_file_info *info = &file->info;
    const struct ihex *ihex = &file->ihex;
    if (find_regions(file) != 0)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    info->has_start = ihex->has_start;
    info->start = ihex->start;
    info->has_bootloader = read_setting(ihex, UICR_BOOTLOADER, &info->bootloader);
    info->has_mbr_parameters = read_setting(ihex, UICR_MBR_PARAMETERS, &info->mbr_parameters);
    find_softdevice(file);
    find_image(file);
    return 0;
}

int nordfu_image_file_open(struct nordfu_image_file **out, const char *path,
                           const uint32_t *address, struct nordfu_error *error)
{
    *out = NULL;
    struct nordfu_image_file *file = calloc(1, sizeof(*file));
    if (file == NULL)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    file->info.is_raw = image_file_is_raw(path);
    file->info.has_address = !file->info.is_raw || address != NULL;
    int rc = image_load(&file->ihex, path, address, error);
    if (rc == 0)
        rc = look(file, error);
    if (rc != 0)
        nordfu_image_file_free(&file);
    *out = file;
    return rc;
}

void nordfu_image_file_free(struct nordfu_image_file **file)
{
    if (file == NULL || *file == NULL)
        return;
    ihex_free(&(*file)->ihex);
    free((*file)->regions);
    free(*file);
    *file = NULL;
}

const struct nordfu_image_file_info *nordfu_image_file_info(const struct nordfu_image_file *file)
{
    return &file->info;
}

const struct nordfu_image_region *nordfu_image_file_region(const struct nordfu_image_file *file,
                                                           size_t index)
{
    return index < file->info.region_count ? &file->regions[index] : NULL;
}
