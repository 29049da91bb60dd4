/* SPDX-License-Identifier: MIT
 * Zip files with any lie in them: written by hand, so that every field can be wrong. */
#ifndef NORDFU_TESTS_ZIP_BUILDER_H
#define NORDFU_TESTS_ZIP_BUILDER_H

#include "test.h"

#include "base/buf.h"
#include "base/crc.h"

#define ZIP_BUILDER_MAX 8

/* One file; a zero-initialised rest means: stored and honest. */
struct zip_builder_file {
    const char *name;
    const void *bytes; /* as they stand in the archive (compressed, if so) */
    size_t size;
    uint16_t method;    /* 0 stored, 8 deflated */
    uint16_t flags;     /* bit 0: encrypted */
    uint32_t real_size; /* declared unpacked size; 0 = size */
    uint32_t crc;       /* declared CRC-32 of the unpacked bytes; 0 = that of `bytes` */
};

struct zip_builder {
    struct buf zip;
    struct buf directory;
    uint16_t count;
};

static inline void zip_builder_put(struct buf *b, uint32_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);
        assert_true(buf_append(b, &byte, 1));
    }
}

/* The part that local header and directory share. */
static inline void zip_builder_common(struct buf *b, const struct zip_builder_file *file)
{
    zip_builder_put(b, 20, 2);
    zip_builder_put(b, file->flags, 2);
    zip_builder_put(b, file->method, 2);
    zip_builder_put(b, 0x00210000, 4);
    zip_builder_put(b, file->crc != 0 ? file->crc : crc32(0, file->bytes, file->size), 4);
    zip_builder_put(b, (uint32_t)file->size, 4);
    zip_builder_put(b, file->real_size != 0 ? file->real_size : (uint32_t)file->size, 4);
    zip_builder_put(b, (uint32_t)strlen(file->name), 2);
    zip_builder_put(b, 0, 2);
}

static inline void zip_builder_add(struct zip_builder *z, const struct zip_builder_file *file)
{
    uint32_t offset = (uint32_t)z->zip.size;
    zip_builder_put(&z->zip, 0x04034B50, 4);
    zip_builder_common(&z->zip, file);
    assert_true(buf_append(&z->zip, file->name, strlen(file->name)));
    assert_true(buf_append(&z->zip, file->bytes, file->size));
    zip_builder_put(&z->directory, 0x02014B50, 4);
    zip_builder_put(&z->directory, 0x0314, 2);
    zip_builder_common(&z->directory, file);
    zip_builder_put(&z->directory, 0, 4);
    zip_builder_put(&z->directory, 0, 2);
    zip_builder_put(&z->directory, 0x81A40000, 4);
    zip_builder_put(&z->directory, offset, 4);
    assert_true(buf_append(&z->directory, file->name, strlen(file->name)));
    z->count++;
}

/* Completes z->zip. Free it with zip_builder_free. */
static inline void zip_builder_end(struct zip_builder *z)
{
    uint32_t offset = (uint32_t)z->zip.size;
    assert_true(buf_append(&z->zip, z->directory.data, z->directory.size));
    zip_builder_put(&z->zip, 0x06054B50, 4);
    zip_builder_put(&z->zip, 0, 4);
    zip_builder_put(&z->zip, z->count, 2);
    zip_builder_put(&z->zip, z->count, 2);
    zip_builder_put(&z->zip, (uint32_t)z->directory.size, 4);
    zip_builder_put(&z->zip, offset, 4);
    zip_builder_put(&z->zip, 0, 2);
}

static inline void zip_builder_free(struct zip_builder *z)
{
    buf_free(&z->zip);
    buf_free(&z->directory);
}

#endif
