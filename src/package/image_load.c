/* SPDX-License-Identifier: MIT */
#include "package/image_load.h"

#include <stdlib.h>

#include "nordfu/package.h"
#include "package/file.h"
#include "package/image_file.h"

#define WHAT "firmware"

static int place(struct ihex *out, const char *path, uint32_t address, struct nordfu_error *error)
{
    if (out->bytes.size == 0)
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "The " WHAT " %s is empty: give a file with contents.", path);
    if (address + (uint64_t)out->bytes.size > (uint64_t)UINT32_MAX + 1)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The " WHAT " %s (%zu bytes) does not fit behind address 0x%X: "
                                "give the address of its first byte.",
                                path, out->bytes.size, (unsigned)address);
    out->segments = malloc(sizeof(*out->segments));
    if (out->segments == NULL)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    out->segments[0] = (struct ihex_segment){
        .address = address, .size = out->bytes.size, .bytes = out->bytes.data};
    out->count = 1;
    return 0;
}

int image_load(struct ihex *out, const char *path, const uint32_t *address,
               struct nordfu_error *error)
{
    bool is_raw = image_file_is_raw(path);
    *out = (struct ihex){0};
    if (!is_raw && address != NULL)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The " WHAT " %s is Intel HEX, which holds its addresses: give an "
                                "address with raw files (.bin) only.",
                                path);
    if (!is_raw)
        return ihex_read(out, path, WHAT, error);
    int rc = file_read(&out->bytes, path, NORDFU_MAX_IMAGE_SIZE, WHAT, error);
    if (rc == 0)
        rc = place(out, path, address != NULL ? *address : 0, error);
    if (rc != 0)
        ihex_free(out);
    return rc;
}
