/* SPDX-License-Identifier: MIT */
#include "dongle/rpc_engine.h"

#include <string.h>

/* `at` is the field's own place in the C struct, `base` the start of that struct. */
typedef void putter(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                    const uint8_t *base);
typedef void getter(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at, uint8_t *base);

/* ---- Single values. `at` comes from the struct's own member, so it is aligned; memcpy is for the
 * type rules. ---- */

static uint16_t load_u16(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static bool load_bool(const uint8_t *at)
{
    bool value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static struct rpc_view load_view(const uint8_t *at)
{
    struct rpc_view view;
    memcpy(&view, at, sizeof(view));
    return view;
}

/* A presence byte: only 0 and 1 exist. */
static bool get_presence(struct bytes_reader *r)
{
    uint8_t byte = bytes_get_u8(r);
    if (byte > 1)
        r->failed = true;
    return byte == 1;
}

static void put_u8(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                   const uint8_t *base)
{
    (void)f, (void)base;
    bytes_put_u8(w, *at);
}

static void get_u8(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at, uint8_t *base)
{
    (void)f, (void)base;
    *at = bytes_get_u8(r);
}

static void put_u16(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                    const uint8_t *base)
{
    (void)f, (void)base;
    bytes_put_u16(w, load_u16(at));
}

static void get_u16(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at, uint8_t *base)
{
    (void)f, (void)base;
    uint16_t value = bytes_get_u16(r);
    memcpy(at, &value, sizeof(value));
}

static void put_u32(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                    const uint8_t *base)
{
    (void)f, (void)base;
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    bytes_put_u32(w, value);
}

static void get_u32(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at, uint8_t *base)
{
    (void)f, (void)base;
    uint32_t value = bytes_get_u32(r);
    memcpy(at, &value, sizeof(value));
}

static void put_flag(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                     const uint8_t *base)
{
    (void)f, (void)base;
    bytes_put_u8(w, load_bool(at));
}

static void get_flag(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at, uint8_t *base)
{
    (void)f, (void)base;
    bool value = get_presence(r);
    memcpy(at, &value, sizeof(value));
}

static void put_bytes(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                      const uint8_t *base)
{
    (void)base;
    bytes_put(w, at, f->size);
}

static void get_bytes(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at, uint8_t *base)
{
    (void)base;
    bytes_get(r, at, f->size);
}

static void put_code(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                     const uint8_t *base)
{
    (void)base;
    uint8_t wire = 0;
    while (wire < f->size && f->codes[wire] != *at)
        wire++;
    if (wire == f->size)
        w->failed = true;
    bytes_put_u8(w, wire);
}

static void get_code(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at, uint8_t *base)
{
    (void)base;
    uint8_t wire = bytes_get_u8(r);
    *at = wire < f->size ? f->codes[wire] : RPC_CODE_UNKNOWN;
}

/* ---- Bit fields ---- */

static unsigned bit_max(const struct rpc_bit *bit)
{
    return (1u << bit->width) - 1;
}

static unsigned join_bits(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at)
{
    unsigned value = 0;
    for (const struct rpc_bit *bit = f->bits; bit->name != NULL; bit++) {
        if (bit->reserved)
            continue;
        if (at[bit->offset] > bit_max(bit))
            w->failed = true;
        value |= (unsigned)at[bit->offset] << bit->shift;
    }
    return value;
}

static void split_bits(const struct rpc_field *f, uint8_t *at, unsigned value)
{
    for (const struct rpc_bit *bit = f->bits; bit->name != NULL; bit++)
        if (!bit->reserved)
            at[bit->offset] = (uint8_t)(value >> bit->shift & bit_max(bit));
}

static void put_bits(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                     const uint8_t *base)
{
    (void)base;
    unsigned value = join_bits(w, f, at);
    if (f->kind == RPC_KIND_BITS16)
        bytes_put_u16(w, (uint16_t)value);
    else
        bytes_put_u8(w, (uint8_t)value);
}

static void get_bits(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at, uint8_t *base)
{
    (void)base;
    split_bits(f, at, f->kind == RPC_KIND_BITS16 ? bytes_get_u16(r) : bytes_get_u8(r));
}

static unsigned named_bits(const struct rpc_field *f)
{
    unsigned mask = 0;
    for (const struct rpc_bit *bit = f->bits; bit->name != NULL; bit++)
        mask |= bit_max(bit) << bit->shift;
    return mask;
}

static void put_mask(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                     const uint8_t *base)
{
    (void)base;
    if ((*at & ~named_bits(f)) != 0)
        w->failed = true;
    bytes_put_u8(w, *at);
}

static void get_mask(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at, uint8_t *base)
{
    (void)base;
    *at = (uint8_t)(bytes_get_u8(r) & named_bits(f));
}

/* How many bits lie below the length of RPC_KIND_BITS_DATA. */
static unsigned length_shift(const struct rpc_field *f)
{
    unsigned shift = 0;
    for (const struct rpc_bit *bit = f->bits; bit->name != NULL; bit++)
        shift = (unsigned)bit->shift + bit->width;
    return shift;
}

static void put_bits_data(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                          const uint8_t *base)
{
    struct rpc_view view = load_view(base + f->aux);
    unsigned shift = length_shift(f);
    unsigned value = join_bits(w, f, at);
    if (view.size > 0xFFu >> shift || (view.data == NULL && view.size > 0))
        w->failed = true;
    bytes_put_u8(w, (uint8_t)(value | (unsigned)view.size << shift));
    bytes_put(w, view.data, view.size);
}

static void get_bits_data(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at,
                          uint8_t *base)
{
    unsigned value = bytes_get_u8(r);
    struct rpc_view view = {.size = value >> length_shift(f)};
    split_bits(f, at, value);
    view.data = bytes_view(r, view.size);
    if (view.data == NULL)
        view.size = 0;
    memcpy(base + f->aux, &view, sizeof(view));
}

/* ---- Compositions ---- */

static void put_struct(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                       const uint8_t *base)
{
    (void)base;
    rpc_put_fields(w, f->fields, at);
}

static void get_struct(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at,
                       uint8_t *base)
{
    (void)base;
    rpc_get_fields(r, f->fields, at);
}

static void put_items(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                      uint16_t count)
{
    if (count > f->size)
        w->failed = true;
    for (size_t i = 0; i < count && !w->failed; i++)
        rpc_put_fields(w, f->fields, at + i * f->stride);
}

static void get_items(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at,
                      uint16_t count)
{
    if (count > f->size)
        r->failed = true;
    for (size_t i = 0; i < count && !r->failed; i++)
        rpc_get_fields(r, f->fields, at + i * f->stride);
}

static void put_list(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                     const uint8_t *base)
{
    uint16_t count = load_u16(base + f->aux);
    bytes_put_u16(w, count);
    put_items(w, f, at, count);
}

static void get_list(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at, uint8_t *base)
{
    uint16_t count = bytes_get_u16(r);
    memcpy(base + f->aux, &count, sizeof(count));
    get_items(r, f, at, count);
}

static void put_opt_list(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                         const uint8_t *base)
{
    bool present = load_bool(base + f->has);
    uint16_t count = present ? load_u16(base + f->aux) : 0;
    bytes_put_u8(w, (uint8_t)count);
    bytes_put_u8(w, present);
    put_items(w, f, at, count);
}

static void get_opt_list(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at,
                         uint8_t *base)
{
    uint16_t count = bytes_get_u8(r);
    bool present = get_presence(r);
    if (!present && count > 0)
        r->failed = true;
    memcpy(base + f->has, &present, sizeof(present));
    memcpy(base + f->aux, &count, sizeof(count));
    get_items(r, f, at, count);
}

static void put_variant(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                        const uint8_t *base)
{
    (void)base;
    const struct rpc_variant *v = f->variants;
    while (v->fields != NULL && v->kind != *at)
        v++;
    if (v->fields == NULL) {
        w->failed = true;
        return;
    }
    bytes_put_u32(w, v->id);
    bytes_put_u8(w, 1);
    rpc_put_fields(w, v->fields, at + v->offset);
}

static void get_variant(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at,
                        uint8_t *base)
{
    (void)base;
    uint32_t id = bytes_get_u32(r);
    const struct rpc_variant *v = f->variants;
    while (v->fields != NULL && v->id != id)
        v++;
    if (v->fields == NULL || !get_presence(r)) {
        r->failed = true;
        return;
    }
    *at = v->kind;
    rpc_get_fields(r, v->fields, at + v->offset);
}

/* ---- Data of any length ---- */

static bool is_view(const struct rpc_field *f)
{
    return f->kind >= RPC_KIND_BUF8;
}

static void put_view(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *at,
                     const uint8_t *base)
{
    struct rpc_view view = load_view(at);
    bool byte_length = f->kind == RPC_KIND_BUF8 || f->kind == RPC_KIND_RAW8;
    bool word_length = f->kind == RPC_KIND_BUF16 || f->kind == RPC_KIND_RAW16;
    size_t most = f->size != 0 ? f->size : byte_length ? UINT8_MAX : UINT16_MAX;
    if (view.size > most || (view.data == NULL && view.size > 0) ||
        (f->kind == RPC_KIND_SIZED && view.size != load_u16(base + f->aux)))
        w->failed = true;
    if (byte_length)
        bytes_put_u8(w, (uint8_t)view.size);
    if (word_length)
        bytes_put_u16(w, (uint16_t)view.size);
    if (f->kind == RPC_KIND_BUF8 || f->kind == RPC_KIND_BUF16)
        bytes_put_u8(w, view.data != NULL);
    bytes_put(w, view.data, view.size);
}

static size_t get_view_size(struct bytes_reader *r, const struct rpc_field *f, const uint8_t *base)
{
    switch (f->kind) {
    case RPC_KIND_BUF8:
    case RPC_KIND_RAW8:
        return bytes_get_u8(r);
    case RPC_KIND_BUF16:
    case RPC_KIND_RAW16:
        return bytes_get_u16(r);
    case RPC_KIND_SIZED:
        return load_u16(base + f->aux);
    default:
        return bytes_left(r);
    }
}

static void get_view(struct bytes_reader *r, const struct rpc_field *f, uint8_t *at, uint8_t *base)
{
    struct rpc_view view = {.size = get_view_size(r, f, base)};
    bool present = true;
    if (f->kind == RPC_KIND_BUF8 || f->kind == RPC_KIND_BUF16)
        present = get_presence(r);
    if (!present && view.size > 0)
        r->failed = true;
    if (present)
        view.data = bytes_view(r, view.size);
    if (view.data == NULL)
        view.size = 0;
    memcpy(at, &view, sizeof(view));
}

/* ---- The walk ---- */

static const struct {
    putter *put;
    getter *get;
} forms[RPC_KIND_COUNT] = {
    [RPC_KIND_U8] = {put_u8, get_u8},
    [RPC_KIND_U16] = {put_u16, get_u16},
    [RPC_KIND_U32] = {put_u32, get_u32},
    [RPC_KIND_I8] = {put_u8, get_u8},
    [RPC_KIND_FLAG] = {put_flag, get_flag},
    [RPC_KIND_BYTES] = {put_bytes, get_bytes},
    [RPC_KIND_CODE] = {put_code, get_code},
    [RPC_KIND_BITS] = {put_bits, get_bits},
    [RPC_KIND_BITS16] = {put_bits, get_bits},
    [RPC_KIND_BITS_DATA] = {put_bits_data, get_bits_data},
    [RPC_KIND_MASK] = {put_mask, get_mask},
    [RPC_KIND_STRUCT] = {put_struct, get_struct},
    [RPC_KIND_LIST] = {put_list, get_list},
    [RPC_KIND_OPT_LIST] = {put_opt_list, get_opt_list},
    [RPC_KIND_VARIANT] = {put_variant, get_variant},
    [RPC_KIND_BUF8] = {put_view, get_view},
    [RPC_KIND_BUF16] = {put_view, get_view},
    [RPC_KIND_RAW8] = {put_view, get_view},
    [RPC_KIND_RAW16] = {put_view, get_view},
    [RPC_KIND_REST] = {put_view, get_view},
    [RPC_KIND_SIZED] = {put_view, get_view},
};

/* Is the field to be written? Writes the presence byte, if there is one. */
static bool put_present(struct bytes_writer *w, const struct rpc_field *f, const uint8_t *base)
{
    bool present = true;
    if (is_view(f))
        present = load_view(base + f->offset).data != NULL;
    else if (f->presence != RPC_ALWAYS && f->presence != RPC_SENT)
        present = load_bool(base + f->has);
    if (f->presence == RPC_ALWAYS || f->presence == RPC_BARE)
        return true;
    if (present && f->presence == RPC_NEVER)
        w->failed = true;
    if (f->presence != RPC_IF_LEFT)
        bytes_put_u8(w, present);
    return present;
}

static bool get_present(struct bytes_reader *r, const struct rpc_field *f, uint8_t *base)
{
    bool present = true;
    if (f->presence == RPC_IF_LEFT)
        present = bytes_left(r) > 0;
    else if (f->presence != RPC_ALWAYS && f->presence != RPC_BARE)
        present = get_presence(r);
    if (present && f->presence == RPC_NEVER)
        r->failed = true;
    if (f->presence != RPC_ALWAYS && f->presence != RPC_SENT && !is_view(f))
        memcpy(base + f->has, &present, sizeof(present));
    return present;
}

void rpc_put_fields(struct bytes_writer *w, const struct rpc_field *fields, const void *base)
{
    const uint8_t *b = base;
    for (const struct rpc_field *f = fields; f->name != NULL && !w->failed; f++)
        if (put_present(w, f, b))
            forms[f->kind].put(w, f, b + f->offset, b);
}

void rpc_get_fields(struct bytes_reader *r, const struct rpc_field *fields, void *base)
{
    uint8_t *b = base;
    for (const struct rpc_field *f = fields; f->name != NULL && !r->failed; f++)
        if (get_present(r, f, b))
            forms[f->kind].get(r, f, b + f->offset, b);
}
