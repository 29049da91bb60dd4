/* SPDX-License-Identifier: MIT */
#include "package/firmware.h"

#include <string.h>
#include <strings.h>

#include "package/file.h"

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);
    return size >= tail && strcasecmp(text + size - tail, end) == 0;
}

static int append(struct buf *out, const void *bytes, size_t size, struct nordfu_error *error)
{
    return buf_append(out, bytes, size)
               ? 0
               : nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
}

/* The contents of the file, whatever their form. */
static int read_contents(struct buf *out, const struct nordfu_firmware *firmware, const char *kind,
                         struct nordfu_error *error)
{
    if (firmware->bytes == NULL)
        return file_read(out, firmware->path, NORDFU_MAX_IMAGE_SIZE, kind, error);
    if (firmware->size > NORDFU_MAX_IMAGE_SIZE)
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "The %s %s is too large (%zu bytes, at most %u are possible): "
                                "check that it is the right file.",
                                kind, firmware->path, firmware->size, NORDFU_MAX_IMAGE_SIZE);
    return append(out, firmware->bytes, firmware->size, error);
}

int firmware_read(struct buf *out, const struct nordfu_firmware *firmware, const char *kind,
                  struct nordfu_error *error)
{
    struct buf image = {0};
    if (!ends_with(firmware->path, ".bin"))
        return nordfu_error_set(
            error, NORDFU_ERR_UNSUPPORTED,
            "The %s %s is not a .bin file by its name, and only raw .bin files are supported "
            "yet: convert it first (objcopy -I ihex -O binary IN.hex OUT.bin).",
            kind, firmware->path);
    int rc = read_contents(&image, firmware, kind, error);
    if (rc == 0 && image.size == 0)
        rc = nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                              "The %s %s is empty: give a file with contents.", kind,
                              firmware->path);
    if (rc == 0)
        rc = append(out, image.data, image.size, error);
    if (rc == 0)
        rc = append(out, "\xFF\xFF\xFF", (4 - image.size % 4) % 4, error);
    buf_free(&image);
    return rc;
}
