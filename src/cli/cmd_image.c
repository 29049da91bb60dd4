/* SPDX-License-Identifier: MIT
 * nordfu image: what is in firmware files, and one kind made of the other. */
#include <inttypes.h>
#include <string.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/text.h"
#include "nordfu/image_file.h"

#define ADDRESS_OPTION                                                                             \
    {                                                                                              \
        NULL, "--address", ARGS_BASED,                                                             \
            "Where the first byte of a raw file (.bin) belongs in the flash.", NULL, false         \
    }

static const char *const vector_names[] = {
    [NORDFU_VECTORS_NONE] = "",
    [NORDFU_VECTORS_PLAUSIBLE] = "plausible",
    [NORDFU_VECTORS_BAD_STACK] = "bad-stack",
    [NORDFU_VECTORS_BAD_RESET] = "bad-reset",
};

/* ---- info ---- */

enum {
    INFO_ADDRESS,
    INFO_JSON,
    INFO_OPTIONS,
    MAX_ROWS = 200, /* of a file that is all holes more would only scroll by */
};

static const struct args_option info_options[INFO_OPTIONS] = {
    [INFO_ADDRESS] = ADDRESS_OPTION,
    [INFO_JSON] = {NULL, "--json", ARGS_FLAG, "JSON objects on standard output.", NULL, false},
};

/* What the first two words of a region come to, as words. */
static void print_vectors(const struct nordfu_image_region *region)
{
    unsigned stack = (unsigned)region->stack, reset = (unsigned)region->reset;
    if (region->vectors == NORDFU_VECTORS_PLAUSIBLE)
        printf("  stack 0x%08X, reset 0x%08X", stack, reset);
    else if (region->vectors == NORDFU_VECTORS_BAD_STACK)
        printf("  no vector table");
    else if (region->vectors == NORDFU_VECTORS_BAD_RESET)
        printf("  stack 0x%08X, but reset 0x%08X is no code of this file", stack, reset);
}

/* Bytes between a region and the next. */
static uint64_t gap_behind(const struct nordfu_image_file *file, size_t index)
{
    const struct nordfu_image_region *region = nordfu_image_file_region(file, index);
    const struct nordfu_image_region *next = nordfu_image_file_region(file, index + 1);
    return next != NULL ? (uint64_t)next->address - region->address - region->size : 0;
}

static void print_regions(const struct nordfu_image_file *file)
{
    const struct nordfu_image_file_info *info = nordfu_image_file_info(file);
    size_t rows = info->region_count < MAX_ROWS ? info->region_count : MAX_ROWS;
    for (size_t i = 0; i < rows; i++) {
        const struct nordfu_image_region *region = nordfu_image_file_region(file, i);
        uint32_t last = region->address + (region->size - 1);
        uint64_t gap = gap_behind(file, i);
        if (info->has_address)
            printf("  0x%08X-0x%08X", (unsigned)region->address, (unsigned)last);
        printf("  %-5s  %8u bytes", nordfu_area_name(region->area), (unsigned)region->size);
        print_vectors(region);
        printf("\n");
        if (gap > 0 && i + 1 < rows)
            printf("  %21s  gap    %8" PRIu64 " bytes\n", "", gap);
    }
    if (rows < info->region_count)
        printf("  ... and %zu regions more\n", info->region_count - rows);
}

static bool has_flash(const struct nordfu_image_file *file)
{
    const struct nordfu_image_region *region;
    for (size_t i = 0; (region = nordfu_image_file_region(file, i)) != NULL; i++)
        if (region->area == NORDFU_AREA_FLASH)
            return true;
    return false;
}

static void print_image(const struct nordfu_image_file *file)
{
    const struct nordfu_image_file_info *info = nordfu_image_file_info(file);
    if (!info->has_image) {
        printf("Image for an update: none, %s.\n", has_flash(file)
                                                       ? "its parts are too far from each other"
                                                       : "there is nothing for the flash");
        return;
    }
    printf("Image for an update: %zu bytes", info->image_size);
    if (info->has_address)
        printf(" from 0x%X on", (unsigned)info->image_address);
    if (info->image_gaps > 0)
        printf(", %zu of them gaps", info->image_gaps);
    printf("\n");
}

static void print_info(const struct nordfu_image_file *file)
{
    const struct nordfu_image_file_info *info = nordfu_image_file_info(file);
    const struct nordfu_softdevice *sd = &info->softdevice;
    printf("%s, %zu bytes in %zu region%s:\n", info->is_raw ? "Raw" : "Intel HEX", info->size,
           info->region_count, info->region_count == 1 ? "" : "s");
    print_regions(file);
    if (info->has_softdevice)
        printf("SoftDevice: %s, FWID 0x%02X, applications begin at 0x%X\n",
               sd->name[0] != 0 ? sd->name : "of an unknown version", (unsigned)sd->fwid,
               (unsigned)sd->end);
    if (info->has_bootloader)
        printf("UICR: bootloader at 0x%X\n", (unsigned)info->bootloader);
    if (info->has_mbr_parameters)
        printf("UICR: MBR parameters at 0x%X\n", (unsigned)info->mbr_parameters);
    if (info->has_start)
        printf("Start address: 0x%X\n", (unsigned)info->start);
    print_image(file);
}

static void json_region(const struct nordfu_image_file *file, size_t index)
{
    const struct nordfu_image_region *region = nordfu_image_file_region(file, index);
    struct json json;
    json_begin(&json, "region");
    if (nordfu_image_file_info(file)->has_address)
        json_number(&json, "address", region->address);
    json_number(&json, "size", region->size);
    json_text(&json, "area", nordfu_area_name(region->area));
    if (region->vectors != NORDFU_VECTORS_NONE) {
        json_text(&json, "vectors", vector_names[region->vectors]);
        json_number(&json, "stack", region->stack);
        json_number(&json, "reset", region->reset);
    }
    json_number(&json, "gap", (int64_t)gap_behind(file, index));
    json_end(&json, stdout);
}

static void json_softdevice(const struct nordfu_softdevice *softdevice)
{
    struct json json;
    json_begin(&json, "softdevice");
    json_text(&json, "name", softdevice->name);
    json_number(&json, "fwid", softdevice->fwid);
    json_number(&json, "address", softdevice->address);
    json_number(&json, "end", softdevice->end);
    json_end(&json, stdout);
}

static void json_image(const struct nordfu_image_file_info *info)
{
    struct json json;
    json_begin(&json, "image");
    if (info->has_address)
        json_number(&json, "address", info->image_address);
    json_number(&json, "size", (int64_t)info->image_size);
    json_number(&json, "gaps", (int64_t)info->image_gaps);
    json_end(&json, stdout);
}

static void json_info(const struct nordfu_image_file *file, const char *path)
{
    const struct nordfu_image_file_info *info = nordfu_image_file_info(file);
    struct json json;
    json_begin(&json, "file");
    json_text(&json, "path", path);
    json_text(&json, "format", info->is_raw ? "raw" : "hex");
    json_number(&json, "bytes", (int64_t)info->size);
    json_number(&json, "regions", (int64_t)info->region_count);
    if (info->has_bootloader)
        json_number(&json, "bootloader", info->bootloader);
    if (info->has_mbr_parameters)
        json_number(&json, "mbr_parameters", info->mbr_parameters);
    if (info->has_start)
        json_number(&json, "start", info->start);
    json_end(&json, stdout);
    for (size_t i = 0; i < info->region_count; i++)
        json_region(file, i);
    if (info->has_softdevice)
        json_softdevice(&info->softdevice);
    if (info->has_image)
        json_image(info);
}

static int run_info(struct app *app, const struct args *args)
{
    (void)app;
    const struct args_value *given = &args->values[INFO_ADDRESS];
    bool json = args->values[INFO_JSON].count > 0;
    uint32_t address = (uint32_t)given->number;
    struct nordfu_image_file *file;
    struct nordfu_error error = {0};
    int rc = nordfu_image_file_open(&file, args->arguments[0], given->count > 0 ? &address : NULL,
                                    &error);
    if (rc != 0) {
        if (json)
            json_print_error(stdout, &error, command_exit_code(rc));
        return command_fail(&error);
    }
    if (json)
        json_info(file, args->arguments[0]);
    else
        print_info(file);
    nordfu_image_file_free(&file);
    return 0;
}

static const struct args_argument info_arguments[] = {{"FILE"}};

const struct command cmd_image_info = {
    .args =
        {
            .name = "image info",
            .tail = "[OPTIONS] FILE",
            .summary = "Show what is in a firmware file.",
            .details = "FILE is raw if its name ends with .bin, and Intel HEX otherwise. Shown are "
                       "its regions and gaps, what begins like code, the SoftDevice in it, and "
                       "what an update would transfer of it.",
            .options = info_options,
            .option_count = INFO_OPTIONS,
            .arguments = info_arguments,
            .argument_count = 1,
        },
    .run = run_info,
};

/* ---- convert ---- */

enum { CONVERT_ADDRESS, CONVERT_FILL, CONVERT_PAD, CONVERT_PARTS, CONVERT_OPTIONS };

static const char *const parts[] = {"image", "all", NULL};

static const struct args_option convert_options[CONVERT_OPTIONS] = {
    [CONVERT_ADDRESS] = ADDRESS_OPTION,
    [CONVERT_FILL] = {NULL, "--fill", ARGS_BASED,
                      "The byte that gaps and the end are filled with, 0xFF by default. Gaps of "
                      "Intel HEX stay gaps without this option.",
                      NULL, false},
    [CONVERT_PAD] = {NULL, "--pad", ARGS_BASED,
                     "Fill the end up to a multiple of so many bytes (updates need 4).", NULL,
                     false},
    [CONVERT_PARTS] = {NULL, "--parts", ARGS_CHOICE,
                       "Of Intel HEX, keep what an update transfers (image; what a raw OUT gets by "
                       "default), or MBR, FICR, UICR and RAM, too (all; what Intel HEX gets).",
                       parts, false},
};

static enum nordfu_parts read_parts(const char *text)
{
    if (text == NULL)
        return NORDFU_PARTS_USUAL;
    return strcmp(text, "all") == 0 ? NORDFU_PARTS_ALL : NORDFU_PARTS_IMAGE;
}

static int read_conversion(const struct args *args, struct nordfu_conversion *how)
{
    const struct args_value *values = args->values;
    if (values[CONVERT_FILL].number > 0xFF)
        return args_complain(args, "Invalid value for '--fill': '%s' is no byte (0 to 0xFF).",
                             values[CONVERT_FILL].text);
    if (values[CONVERT_PAD].count > 0 &&
        (values[CONVERT_PAD].number < 1 || values[CONVERT_PAD].number > NORDFU_MAX_MULTIPLE))
        return args_complain(args, "Invalid value for '--pad': '%s' is not in the range 1 to %u.",
                             values[CONVERT_PAD].text, NORDFU_MAX_MULTIPLE);
    *how = (struct nordfu_conversion){
        .has_address = values[CONVERT_ADDRESS].count > 0,
        .address = (uint32_t)values[CONVERT_ADDRESS].number,
        .has_fill = values[CONVERT_FILL].count > 0,
        .fill = (uint8_t)values[CONVERT_FILL].number,
        .multiple = (uint32_t)values[CONVERT_PAD].number,
        .parts = read_parts(values[CONVERT_PARTS].text),
    };
    return ARGS_GO_ON;
}

static int run_convert(struct app *app, const struct args *args)
{
    (void)app;
    struct nordfu_conversion how;
    struct nordfu_converted done;
    struct nordfu_error error = {0};
    char path[1024];
    int code = read_conversion(args, &how);
    if (code != ARGS_GO_ON)
        return code;
    if (nordfu_image_file_convert(args->arguments[0], args->arguments[1], &how, &done, &error) != 0)
        return command_fail(&error);
    text_escape(path, sizeof(path), args->arguments[1]);
    printf("Wrote %zu bytes", done.size);
    if (done.has_address)
        printf(", from 0x%X on,", (unsigned)done.address);
    printf(" to %s\n", path);
    if (done.left_out > 0)
        printf("Left out: %zu bytes that belong to no image (MBR, FICR, UICR, RAM)\n",
               done.left_out);
    return 0;
}

static const struct args_argument convert_arguments[] = {{"IN"}, {"OUT"}};

const struct command cmd_image_convert = {
    .args =
        {
            .name = "image convert",
            .tail = "[OPTIONS] IN OUT",
            .summary = "Make a raw file of Intel HEX, or the other way round.",
            .details = "Files whose names end with .bin are raw, all others Intel HEX. An OUT that "
                       "exists is replaced.",
            .options = convert_options,
            .option_count = CONVERT_OPTIONS,
            .arguments = convert_arguments,
            .argument_count = 2,
        },
    .run = run_convert,
};
