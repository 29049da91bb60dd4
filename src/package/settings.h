/*
 * SPDX-License-Identifier: MIT
 * Finding bootloader settings pages among bytes at addresses; no file format is known here. The
 * pages themselves: nordfu/settings.h. package.md 5.
 */
#ifndef NORDFU_PACKAGE_SETTINGS_H
#define NORDFU_PACKAGE_SETTINGS_H

#include "nordfu/settings.h"

/* Places in a page. package.md 5.2. */
#define SETTINGS_HEAD_START       0x004u /* what the page's checksum covers, in both versions */
#define SETTINGS_HEAD_END         0x05Cu
#define SETTINGS_VALIDATION_CRC   0x25Cu
#define SETTINGS_VALIDATION_START 0x260u /* what that covers: type and bytes, three times */
#define SETTINGS_VALIDATION_END   0x323u

/* Bytes that follow each other. */
struct settings_span {
    uint32_t address; /* address + size is at most 2^32 */
    size_t size;      /* not 0 */
    const uint8_t *bytes;
};

/* What is known of a chip's memory: spans in ascending order, with a hole between any two. */
struct settings_memory {
    const struct settings_span *spans;
    size_t count;
};

/* Looks for a page as nordfu_settings_read does. */
void settings_find(struct nordfu_settings_found *found, const struct settings_memory *memory,
                   const uint32_t *address);

#endif
