/*
 * SPDX-License-Identifier: MIT
 * Reading the JSON files of tests/vectors. All functions fail the running test when a file or an
 * entry is not as it should be.
 */
#ifndef NORDFU_TESTS_VECTORS_H
#define NORDFU_TESTS_VECTORS_H

#include "test.h"

#include <jansson.h>
#include <stdio.h>

#define VECTOR_BYTES_MAX 2048

struct vector_bytes {
    size_t size;
    uint8_t data[VECTOR_BYTES_MAX];
};

/* The parsed file; the caller decrefs it. */
static inline json_t *vectors_load(const char *name)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/vectors/%s", TEST_DIR, name);
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    if (root == NULL)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    return root;
}

static inline uint8_t vectors_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (uint8_t)(c - '0');
    assert_true(c >= 'a' && c <= 'f');
    return (uint8_t)(c - 'a' + 10);
}

/* Hex to bytes. */
static inline struct vector_bytes vectors_unhex(const json_t *hex)
{
    struct vector_bytes b = {0};
    const char *text = json_string_value(hex);
    assert_non_null(text);
    size_t digits = strlen(text);
    assert_true(digits % 2 == 0 && digits / 2 <= sizeof(b.data));
    b.size = digits / 2;
    for (size_t i = 0; i < b.size; i++)
        b.data[i] = (uint8_t)(vectors_digit(text[2 * i]) << 4 | vectors_digit(text[2 * i + 1]));
    return b;
}

/* The bytes of an entry's member. */
static inline struct vector_bytes vectors_bytes(const json_t *entry, const char *member)
{
    return vectors_unhex(json_object_get(entry, member));
}

static inline const char *vectors_string(const json_t *entry, const char *member)
{
    const char *text = json_string_value(json_object_get(entry, member));
    if (text == NULL)
        fail_msg("no string \"%s\"", member);
    return text;
}

static inline json_int_t vectors_number(const json_t *entry, const char *member)
{
    const json_t *number = json_object_get(entry, member);
    if (!json_is_integer(number))
        fail_msg("no number \"%s\"", member);
    return json_integer_value(number);
}

/* Runs `check` on every entry of the file's "vectors" with this kind; fails unless there are
 * `expected` of them. */
static inline void vectors_each(const char *file, const char *kind,
                                void (*check)(const json_t *entry), size_t expected)
{
    json_t *root = vectors_load(file);
    size_t count = 0, i;
    json_t *entry;
    json_array_foreach(json_object_get(root, "vectors"), i, entry)
    {
        if (strcmp(vectors_string(entry, "kind"), kind) != 0)
            continue;
        check(entry);
        count++;
    }
    json_decref(root);
    print_message("%s: %zu %s entries\n", file, count, kind);
    assert_int_equal(count, expected);
}

#endif
