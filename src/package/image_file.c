/* SPDX-License-Identifier: MIT */
#include "package/image_file.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "nordfu/package.h"
#include "package/file.h"

/* Where the information structure is in a raw SoftDevice, without MBR and with it. */
enum { RAW_INFO = 0x2000, RAW_INFO_WITH_MBR = 0x3000 };

bool image_file_is_raw(const char *path)
{
    size_t size = strlen(path);
    return size >= 4 && strcasecmp(path + size - 4, ".bin") == 0;
}

static int out_of_memory(struct nordfu_error *error)
{
    return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
}

static int pad(struct image_file *image, struct nordfu_error *error)
{
    image->size = image->bytes.size;
    return buf_append(&image->bytes, "\xFF\xFF\xFF", (4 - image->size % 4) % 4)
               ? 0
               : out_of_memory(error);
}

/* What of a HEX file belongs to an image: addresses first..end-1 (none if they are equal). */
struct window {
    uint64_t first, end;
};

/* Cuts a segment to the part from `low` on that is in front of `high`; false if nothing is left. */
static bool cut(struct ihex_segment *segment, uint64_t low, uint64_t high)
{
    uint64_t begin = segment->address, end = begin + segment->size;
    begin = begin < low ? low : begin;
    end = end > high ? high : end;
    if (begin >= end)
        return false;
    segment->bytes += begin - segment->address;
    segment->address = (uint32_t)begin;
    segment->size = (size_t)(end - begin);
    return true;
}

static struct window find_window(const struct ihex *ihex, uint32_t floor)
{
    struct window window = {0};
    for (size_t i = 0; i < ihex->count; i++) {
        struct ihex_segment segment = ihex->segments[i];
        if (!cut(&segment, floor, IMAGE_FILE_HIGH))
            continue;
        window.first = window.end == 0 ? segment.address : window.first;
        window.end = segment.address + segment.size;
    }
    return window;
}

static int check_window(const struct window *window, uint32_t floor, const char *path,
                        const char *what, struct nordfu_error *error)
{
    uint64_t size = window->end - window->first;
    if (size == 0)
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "The %s %s holds nothing for the flash from 0x%X on: check that it "
                                "is the right file.",
                                what, path, (unsigned)floor);
    if (size > NORDFU_MAX_IMAGE_SIZE)
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "The %s %s reaches from 0x%X to 0x%X, which makes an image of %ju "
                                "bytes, and at most %u are possible: take out what lies far from "
                                "the rest.",
                                what, path, (unsigned)window->first, (unsigned)(window->end - 1),
                                (uintmax_t)size, NORDFU_MAX_IMAGE_SIZE);
    return 0;
}

/* Copies the segments in the window, holes filled with FF. */
static int fill(struct image_file *image, const struct ihex *ihex, const struct window *window,
                struct nordfu_error *error)
{
    if (!buf_append(&image->bytes, NULL, (size_t)(window->end - window->first)))
        return out_of_memory(error);
    image->gap_bytes = image->bytes.size;
    memset(image->bytes.data, 0xFF, image->bytes.size);
    for (size_t i = 0; i < ihex->count; i++) {
        struct ihex_segment segment = ihex->segments[i];
        size_t kept = 0;
        if (cut(&segment, window->first, window->end)) {
            memcpy(image->bytes.data + (segment.address - window->first), segment.bytes,
                   segment.size);
            kept = segment.size;
        }
        image->gap_bytes -= kept;
        if (ihex->segments[i].address < window->first)
            image->low_bytes += ihex->segments[i].size - kept;
        else
            image->high_bytes += ihex->segments[i].size - kept;
    }
    return pad(image, error);
}

static int decode_hex(struct image_file *image, const void *text, size_t size, const char *path,
                      const char *what, struct nordfu_error *error)
{
    struct ihex ihex;
    int rc = ihex_decode(&ihex, text, size, what, path, error);
    if (rc != 0)
        return rc;
    uint32_t floor = softdevice_info_floor(&ihex);
    struct window window = find_window(&ihex, floor);
    rc = check_window(&window, floor, path, what, error);
    if (rc == 0)
        rc = fill(image, &ihex, &window, error);
    image->address = (uint32_t)window.first;
    image->has_softdevice = softdevice_info_find(&image->softdevice, &ihex);
    ihex_free(&ihex);
    return rc;
}

static bool find_raw(struct image_file *image, uint32_t offset)
{
    if (offset >= image->size ||
        !softdevice_info_decode(&image->softdevice, image->bytes.data + offset,
                                image->size - offset))
        return false;
    image->softdevice.address = offset;
    return true;
}

static int decode_raw(struct image_file *image, const void *bytes, size_t size, const char *path,
                      const char *what, struct nordfu_error *error)
{
    image->is_raw = true;
    if (size == 0)
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "The %s %s is empty: give a file with contents.", what, path);
    if (size > NORDFU_MAX_IMAGE_SIZE)
        return nordfu_error_set(
            error, NORDFU_ERR_PACKAGE,
            "The %s %s is too large (%zu bytes, at most %u are possible): check "
            "that it is the right file.",
            what, path, size, NORDFU_MAX_IMAGE_SIZE);
    if (!buf_append(&image->bytes, bytes, size))
        return out_of_memory(error);
    int rc = pad(image, error);
    image->has_softdevice =
        rc == 0 && (find_raw(image, RAW_INFO) || find_raw(image, RAW_INFO_WITH_MBR));
    return rc;
}

int image_file_decode(struct image_file *out, const void *bytes, size_t size, const char *path,
                      const char *what, struct nordfu_error *error)
{
    *out = (struct image_file){0};
    int rc = image_file_is_raw(path) ? decode_raw(out, bytes, size, path, what, error)
                                     : decode_hex(out, bytes, size, path, what, error);
    if (rc != 0)
        image_file_free(out);
    return rc;
}

int image_file_read(struct image_file *out, const char *path, const char *what,
                    struct nordfu_error *error)
{
    struct buf bytes = {0};
    *out = (struct image_file){0};
    size_t limit = image_file_is_raw(path) ? NORDFU_MAX_IMAGE_SIZE : IHEX_MAX_FILE;
    int rc = file_read(&bytes, path, limit, what, error);
    if (rc == 0)
        rc = image_file_decode(out, bytes.data, bytes.size, path, what, error);
    buf_free(&bytes);
    return rc;
}

void image_file_free(struct image_file *image)
{
    buf_free(&image->bytes);
    *image = (struct image_file){0};
}

int image_file_join(struct buf *out, const struct image_file *softdevice,
                    const struct image_file *bootloader, struct nordfu_error *error)
{
    size_t size = softdevice->bytes.size + bootloader->bytes.size;
    if (size > NORDFU_MAX_IMAGE_SIZE)
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "SoftDevice and bootloader make an image of %zu bytes, and at most "
                                "%u are possible: check that they are the right files.",
                                size, NORDFU_MAX_IMAGE_SIZE);
    if (!buf_append(out, softdevice->bytes.data, softdevice->bytes.size) ||
        !buf_append(out, bootloader->bytes.data, bootloader->bytes.size)) {
        buf_free(out);
        return out_of_memory(error);
    }
    return 0;
}
