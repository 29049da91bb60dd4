/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/buf.h"
#include "nordfu/package.h"
#include "package/file.h"
#include "package/ihex.h"
#include "package/image_file.h"
#include "package/settings.h"

static int read_raw(struct nordfu_settings_found *found, const char *path, const uint32_t *address,
                    struct nordfu_error *error)
{
    struct buf bytes = {0};
    int rc = file_read(&bytes, path, NORDFU_MAX_IMAGE_SIZE, "flash dump", error);
    if (rc != 0)
        return rc;
    const struct settings_span span = {.address = 0, .size = bytes.size, .bytes = bytes.data};
    const struct settings_memory memory = {.spans = &span, .count = bytes.size > 0};
    settings_find(found, &memory, address);
    buf_free(&bytes);
    return 0;
}

static int read_hex(struct nordfu_settings_found *found, const char *path, const uint32_t *address,
                    struct nordfu_error *error)
{
    struct ihex ihex;
    int rc = ihex_read(&ihex, path, "settings file", error);
    if (rc != 0)
        return rc;
    struct settings_span *spans = calloc(ihex.count + 1, sizeof(*spans));
    for (size_t i = 0; spans != NULL && i < ihex.count; i++)
        spans[i] = (struct settings_span){.address = ihex.segments[i].address,
                                          .size = ihex.segments[i].size,
                                          .bytes = ihex.segments[i].bytes};
    if (spans != NULL)
        settings_find(found, &(struct settings_memory){.spans = spans, .count = ihex.count},
                      address);
    else
        rc = nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    free(spans);
    ihex_free(&ihex);
    return rc;
}

int nordfu_settings_read(struct nordfu_settings_found *found, const char *path,
                         const uint32_t *address, struct nordfu_error *error)
{
    *found = (struct nordfu_settings_found){0};
    return image_file_is_raw(path) ? read_raw(found, path, address, error)
                                   : read_hex(found, path, address, error);
}
