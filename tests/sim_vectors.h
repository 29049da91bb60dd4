/* SPDX-License-Identifier: MIT
 * Vector files for the simulator's tests: a JSON file with an array "vectors", and hex strings. */
#ifndef NORDFU_TESTS_SIM_VECTORS_H
#define NORDFU_TESTS_SIM_VECTORS_H

#include <stdio.h>

#include <jansson.h>

#include "test.h"

/* The file's root object; the caller calls json_decref. */
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

/* A string member; NULL if it is missing. */
static inline const char *vectors_text(const json_t *vector, const char *key)
{
    return json_string_value(json_object_get(vector, key));
}

/* Hex to bytes; returns the size. */
static inline size_t vectors_hex(uint8_t *out, size_t capacity, const char *hex)
{
    assert_non_null(hex);
    size_t size = strlen(hex) / 2;
    assert_true(strlen(hex) % 2 == 0 && size <= capacity);
    for (size_t i = 0; i < size; i++) {
        unsigned value;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
        out[i] = (uint8_t)value;
    }
    return size;
}

#endif
