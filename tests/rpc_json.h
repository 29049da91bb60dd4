/*
 * SPDX-License-Identifier: MIT
 * The "fields" of a vector entry into the C structs of rpc.h and back, by way of the codec's own
 * field tables. Names and nesting come from the JSON, so a row with a wrong name or place shows.
 */
#ifndef NORDFU_TESTS_RPC_JSON_H
#define NORDFU_TESTS_RPC_JSON_H

#include "dongle/rpc_table.h"
#include "vectors.h"

/* Room for any of the C structs. */
union rpc_room {
    union rpc_event_params event;
    union rpc_response_params response;
    max_align_t align;
    uint8_t bytes[4096];
};

/* Where the data behind views lives while a struct is in use. */
struct rpc_arena {
    size_t used;
    uint8_t data[VECTOR_BYTES_MAX];
};

static inline void rpc_json_fill(const json_t *object, const struct rpc_field *fields,
                                 uint8_t *base, struct rpc_arena *arena);
static inline void rpc_json_compare(const json_t *object, const struct rpc_field *fields,
                                    const uint8_t *base);

static inline void rpc_json_fill_field(const json_t *value, const struct rpc_field *f,
                                       uint8_t *base, struct rpc_arena *arena);
static inline void rpc_json_compare_field(const json_t *value, const struct rpc_field *f,
                                          const uint8_t *base);

static inline bool rpc_json_is_view(const struct rpc_field *f)
{
    return f->kind >= RPC_KIND_BUF8;
}

/* Does a bool at `has` tell whether the field is there? */
static inline bool rpc_json_has_flag(const struct rpc_field *f)
{
    if (f->kind == RPC_KIND_OPT_LIST)
        return true;
    return f->presence != RPC_ALWAYS && f->presence != RPC_SENT && !rpc_json_is_view(f);
}

static inline const json_t *rpc_json_member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (value == NULL)
        fail_msg("the vector has no field \"%s\"", name);
    return value;
}

/* Each field has its row and each row its field. */
static inline void rpc_json_same_names(const json_t *object, const struct rpc_field *fields)
{
    size_t rows = 0;
    for (const struct rpc_field *f = fields; f->name != NULL; f++, rows++)
        rpc_json_member(object, f->name);
    assert_int_equal(json_object_size(object), rows);
}

static inline const struct rpc_variant *rpc_json_variant(const json_t *object,
                                                         const struct rpc_field *f)
{
    const struct rpc_variant *v = f->variants;
    while (v->fields != NULL && v->id != (uint32_t)vectors_number(object, "id"))
        v++;
    assert_non_null(v->fields);
    return v;
}

static inline void rpc_json_fill_integer(const json_t *value, const struct rpc_field *f,
                                         uint8_t *at)
{
    json_int_t number = json_integer_value(value);
    assert_true(json_is_integer(value));
    if (f->kind == RPC_KIND_U8) {
        *at = (uint8_t)number;
    } else if (f->kind == RPC_KIND_I8) {
        *(int8_t *)at = (int8_t)number;
    } else if (f->kind == RPC_KIND_U16) {
        *(uint16_t *)at = (uint16_t)number;
    } else {
        *(uint32_t *)at = (uint32_t)number;
    }
}

static inline void rpc_json_fill_bits(const json_t *object, const struct rpc_field *f, uint8_t *at)
{
    size_t rows = f->kind == RPC_KIND_BITS_DATA;
    for (const struct rpc_bit *bit = f->bits; bit->name != NULL; bit++, rows++) {
        uint8_t number = (uint8_t)vectors_number(object, bit->name);
        if (bit->reserved)
            assert_int_equal(number, 0);
        else if (f->kind == RPC_KIND_MASK)
            *at = (uint8_t)(*at | (unsigned)number << bit->shift);
        else
            at[bit->offset] = number;
    }
    assert_int_equal(json_object_size(object), rows);
}

static inline void rpc_json_fill_list(const json_t *array, const struct rpc_field *f, uint8_t *at,
                                      uint8_t *base, struct rpc_arena *arena)
{
    size_t count = json_array_size(array);
    assert_true(json_is_array(array) && count <= f->size);
    for (size_t i = 0; i < count; i++)
        rpc_json_fill(json_array_get(array, i), f->fields, at + i * f->stride, arena);
    *(uint16_t *)(base + f->aux) = (uint16_t)count;
}

/* Each element is an optional value by itself. */
static inline void rpc_json_fill_opt_list(const json_t *array, const struct rpc_field *f,
                                          uint8_t *at, uint8_t *base, struct rpc_arena *arena)
{
    size_t count = json_array_size(array);
    assert_true(json_is_array(array) && count <= f->size);
    for (size_t i = 0; i < count; i++, at += f->stride) {
        const json_t *value = json_array_get(array, i);
        *(bool *)(at + f->fields->has) = !json_is_null(value);
        if (!json_is_null(value))
            rpc_json_fill_field(value, f->fields, at, arena);
    }
    *(uint16_t *)(base + f->aux) = (uint16_t)count;
}

static inline void rpc_json_fill_view(const json_t *value, uint8_t *at, struct rpc_arena *arena)
{
    struct vector_bytes bytes = vectors_unhex(value);
    assert_true(bytes.size <= sizeof(arena->data) - arena->used);
    uint8_t *copy = arena->data + arena->used;
    memcpy(copy, bytes.data, bytes.size);
    arena->used += bytes.size;
    *(struct rpc_view *)at = (struct rpc_view){.data = copy, .size = bytes.size};
}

static inline void rpc_json_fill_field(const json_t *value, const struct rpc_field *f,
                                       uint8_t *base, struct rpc_arena *arena)
{
    uint8_t *at = base + f->offset;
    switch (f->kind) {
    case RPC_KIND_U8:
    case RPC_KIND_U16:
    case RPC_KIND_U32:
    case RPC_KIND_I8:
        rpc_json_fill_integer(value, f, at);
        break;
    case RPC_KIND_FLAG:
        assert_true(json_is_boolean(value));
        *(bool *)at = json_is_true(value);
        break;
    case RPC_KIND_BYTES: {
        struct vector_bytes bytes = vectors_unhex(value);
        assert_int_equal(bytes.size, f->size);
        memcpy(at, bytes.data, bytes.size);
        break;
    }
    case RPC_KIND_CODE:
        *at = f->codes[json_integer_value(value)];
        break;
    case RPC_KIND_BITS_DATA:
        rpc_json_fill_view(rpc_json_member(value, "data"), base + f->aux, arena);
        rpc_json_fill_bits(value, f, at);
        break;
    case RPC_KIND_BITS:
    case RPC_KIND_BITS16:
    case RPC_KIND_MASK:
        rpc_json_fill_bits(value, f, at);
        break;
    case RPC_KIND_STRUCT:
        rpc_json_fill(value, f->fields, at, arena);
        break;
    case RPC_KIND_LIST:
        rpc_json_fill_list(value, f, at, base, arena);
        break;
    case RPC_KIND_OPT_LIST:
        rpc_json_fill_opt_list(value, f, at, base, arena);
        break;
    case RPC_KIND_VARIANT: {
        const struct rpc_variant *v = rpc_json_variant(value, f);
        *at = v->kind;
        rpc_json_fill(rpc_json_member(value, "value"), v->fields, at + v->offset, arena);
        break;
    }
    default:
        rpc_json_fill_view(value, at, arena);
    }
}

/* The struct at `base` is zeroed beforehand. */
static inline void rpc_json_fill(const json_t *object, const struct rpc_field *fields,
                                 uint8_t *base, struct rpc_arena *arena)
{
    rpc_json_same_names(object, fields);
    for (const struct rpc_field *f = fields; f->name != NULL; f++) {
        const json_t *value = rpc_json_member(object, f->name);
        if (json_is_null(value)) {
            assert_true(rpc_json_has_flag(f) || rpc_json_is_view(f));
            continue;
        }
        if (rpc_json_has_flag(f))
            *(bool *)(base + f->has) = true;
        rpc_json_fill_field(value, f, base, arena);
    }
}

static inline void rpc_json_compare_integer(const json_t *value, const struct rpc_field *f,
                                            const uint8_t *at)
{
    assert_true(json_is_integer(value));
    json_int_t number = *at;
    if (f->kind == RPC_KIND_I8)
        number = *(const int8_t *)at;
    else if (f->kind == RPC_KIND_U16)
        number = *(const uint16_t *)at;
    else if (f->kind == RPC_KIND_U32)
        number = *(const uint32_t *)at;
    assert_int_equal(number, json_integer_value(value));
}

static inline void rpc_json_compare_bits(const json_t *object, const struct rpc_field *f,
                                         const uint8_t *at)
{
    size_t rows = f->kind == RPC_KIND_BITS_DATA;
    for (const struct rpc_bit *bit = f->bits; bit->name != NULL; bit++, rows++) {
        unsigned number = 0;
        if (f->kind == RPC_KIND_MASK)
            number = *at >> bit->shift & ((1u << bit->width) - 1);
        else if (!bit->reserved)
            number = at[bit->offset];
        assert_int_equal(number, vectors_number(object, bit->name));
    }
    assert_int_equal(json_object_size(object), rows);
}

static inline void rpc_json_compare_bytes(const json_t *value, const uint8_t *data, size_t size)
{
    struct vector_bytes bytes = vectors_unhex(value);
    assert_int_equal(size, bytes.size);
    assert_memory_equal(data, bytes.data, size);
}

static inline void rpc_json_compare_view(const json_t *value, const uint8_t *at)
{
    const struct rpc_view *view = (const struct rpc_view *)at;
    rpc_json_compare_bytes(value, view->data, view->size);
}

static inline void rpc_json_compare_opt_list(const json_t *array, const struct rpc_field *f,
                                             const uint8_t *at, const uint8_t *base)
{
    assert_int_equal(*(const uint16_t *)(base + f->aux), json_array_size(array));
    for (size_t i = 0; i < json_array_size(array); i++, at += f->stride) {
        const json_t *value = json_array_get(array, i);
        assert_int_equal(*(const bool *)(at + f->fields->has), !json_is_null(value));
        if (!json_is_null(value))
            rpc_json_compare_field(value, f->fields, at);
    }
}

static inline void rpc_json_compare_field(const json_t *value, const struct rpc_field *f,
                                          const uint8_t *base)
{
    const uint8_t *at = base + f->offset;
    switch (f->kind) {
    case RPC_KIND_U8:
    case RPC_KIND_U16:
    case RPC_KIND_U32:
    case RPC_KIND_I8:
        rpc_json_compare_integer(value, f, at);
        break;
    case RPC_KIND_FLAG:
        assert_int_equal(*(const bool *)at, json_is_true(value));
        break;
    case RPC_KIND_BYTES:
        rpc_json_compare_bytes(value, at, f->size);
        break;
    case RPC_KIND_CODE:
        assert_int_equal(*at, f->codes[json_integer_value(value)]);
        break;
    case RPC_KIND_BITS_DATA:
        rpc_json_compare_view(rpc_json_member(value, "data"), base + f->aux);
        rpc_json_compare_bits(value, f, at);
        break;
    case RPC_KIND_BITS:
    case RPC_KIND_BITS16:
    case RPC_KIND_MASK:
        rpc_json_compare_bits(value, f, at);
        break;
    case RPC_KIND_STRUCT:
        rpc_json_compare(value, f->fields, at);
        break;
    case RPC_KIND_LIST:
        assert_int_equal(*(const uint16_t *)(base + f->aux), json_array_size(value));
        for (size_t i = 0; i < json_array_size(value); i++)
            rpc_json_compare(json_array_get(value, i), f->fields, at + i * f->stride);
        break;
    case RPC_KIND_OPT_LIST:
        rpc_json_compare_opt_list(value, f, at, base);
        break;
    case RPC_KIND_VARIANT:
        assert_int_equal(*at, rpc_json_variant(value, f)->kind);
        rpc_json_compare(rpc_json_member(value, "value"), rpc_json_variant(value, f)->fields,
                         at + rpc_json_variant(value, f)->offset);
        break;
    default:
        rpc_json_compare_view(value, at);
    }
}

static inline bool rpc_json_present(const struct rpc_field *f, const uint8_t *base)
{
    if (rpc_json_is_view(f))
        return ((const struct rpc_view *)(base + f->offset))->data != NULL;
    return !rpc_json_has_flag(f) || *(const bool *)(base + f->has);
}

static inline void rpc_json_compare(const json_t *object, const struct rpc_field *fields,
                                    const uint8_t *base)
{
    rpc_json_same_names(object, fields);
    for (const struct rpc_field *f = fields; f->name != NULL; f++) {
        const json_t *value = rpc_json_member(object, f->name);
        assert_int_equal(rpc_json_present(f, base), !json_is_null(value));
        if (!json_is_null(value))
            rpc_json_compare_field(value, f, base);
    }
}

#endif
