/* SPDX-License-Identifier: MIT
 * Intel HEX to test with: records with their checksums, files of the vectors, and numbers that look
 * random and are the same in every run. */
#ifndef NORDFU_TESTS_IHEX_TEXT_H
#define NORDFU_TESTS_IHEX_TEXT_H

#include "test.h"

#include <stdio.h>

#include "package/file.h"

/* Appends a line with the record; its checksum is right. */
static inline void text_add(struct buf *text, unsigned type, unsigned address, const void *bytes,
                            size_t size)
{
    char line[600];
    unsigned sum = (unsigned)size + type + (address >> 8) + address;
    int at = snprintf(line, sizeof(line), ":%02X%04X%02X", (unsigned)size, address, type);
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = ((const uint8_t *)bytes)[i];
        sum += byte;
        at += snprintf(line + at, sizeof(line) - (size_t)at, "%02X", byte);
    }
    at += snprintf(line + at, sizeof(line) - (size_t)at, "%02X\n", (0u - sum) & 0xFF);
    assert_true(buf_append(text, line, (size_t)at));
}

/* Appends a record of type 04. */
static inline void text_add_upper(struct buf *text, unsigned upper)
{
    uint8_t value[2] = {(uint8_t)(upper >> 8), (uint8_t)upper};
    text_add(text, 4, 0, value, sizeof(value));
}

static inline void vector_path(char path[512], const char *name)
{
    snprintf(path, 512, "%s/vectors/package/%s", TEST_DIR, name);
}

/* A file of the vectors; the caller frees. */
static inline struct buf vector_file(const char *name)
{
    char path[512];
    struct buf bytes = {0};
    struct nordfu_error error = {0};
    vector_path(path, name);
    if (file_read(&bytes, path, (size_t)1 << 20, "file", &error) != 0)
        fail_msg("%s", error.text);
    return bytes;
}

struct noise {
    uint64_t state;
};

/* 0..limit-1 */
static inline uint32_t noise_below(struct noise *noise, uint32_t limit)
{
    noise->state = noise->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(noise->state >> 33) % limit;
}

#endif
