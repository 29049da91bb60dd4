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

/* Where what is dropped lies. */
static void count_dropped(struct image_file *image, const struct ihex *ihex,
                          const struct image_window *window)
{
    for (size_t i = 0; i < ihex->count; i++) {
        struct ihex_segment kept = ihex->segments[i];
        size_t dropped = kept.size - (image_window_cut(window, &kept) ? kept.size : 0);
        if (ihex->segments[i].address < window->first)
            image->low_bytes += dropped;
        else
            image->high_bytes += dropped;
    }
}

static int take_window(struct image_file *image, const struct ihex *ihex,
                       const struct image_window *window, struct nordfu_error *error)
{
    image->address = (uint32_t)window->first;
    count_dropped(image, ihex, window);
    return image_window_fill(window, ihex, 0xFF, &image->bytes, &image->gap_bytes)
               ? pad(image, error)
               : out_of_memory(error);
}

struct image_window image_file_window(const struct ihex *ihex)
{
    const struct image_window possible = {softdevice_info_floor(ihex), IMAGE_FILE_HIGH};
    return image_window_shrink(&possible, ihex);
}

static int decode_hex(struct image_file *image, const void *text, size_t size, const char *path,
                      const char *what, struct nordfu_error *error)
{
    struct ihex ihex;
    int rc = ihex_decode(&ihex, text, size, what, path, error);
    if (rc != 0)
        return rc;
    struct image_window window = image_file_window(&ihex);
    if (window.first == window.end)
        rc = nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                              "The %s %s holds nothing for the flash from 0x%X to 0x%X: check that "
                              "it is the right file.",
                              what, path, IMAGE_FILE_LOW, IMAGE_FILE_HIGH - 1);
    if (rc == 0)
        rc = image_window_check_size(&window, path, what, error);
    if (rc == 0)
        rc = take_window(image, &ihex, &window, error);
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
