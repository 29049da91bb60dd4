/* SPDX-License-Identifier: MIT
 * Vector files for the simulator's tests: a JSON file with an array "vectors", and hex strings. */
#ifndef NORDFU_TESTS_SIM_VECTORS_H
#define NORDFU_TESTS_SIM_VECTORS_H

#include <stdio.h>

#include <jansson.h>

#include "test.h"
#include "vectors.h"

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
