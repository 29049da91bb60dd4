/* SPDX-License-Identifier: MIT */
#include "sim/dongle_rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "sim/dongle_rpc_v2.h"
#include "sim/dongle_rpc_v3.h"
#include "sim/dongle_rpc_v5.h"
#include "sim/dongle_rpc_v6.h"

enum {
    TYPE_MAX = 32,
    NESTING_MAX = 12,
};

/* A walk over a line of fields, reading values from bytes or writing bytes from values. */
struct walk {
    const struct dongle_rpc_dialect *dialect;
    struct dongle_rpc_values *values;
    struct bytes_reader in;
    struct bytes_writer out;
    bool encoding;
    bool failed; /* the bytes are not what the fields ask for, or the tables are wrong */
    int depth;
    char name[64]; /* dotted name of the value in hand */
    size_t length;
};

static void walk_type(struct walk *w, const char *type);
static void walk_fields(struct walk *w, const char *fields);

/* Appends ".name" (or "name" at the top). The caller restores the length with leave(). */
static void enter(struct walk *w, const char *name, size_t size)
{
    int n = snprintf(w->name + w->length, sizeof(w->name) - w->length, "%s%.*s",
                     w->length > 0 ? "." : "", (int)size, name);
    if (n < 0 || (size_t)n >= sizeof(w->name) - w->length)
        w->failed = true;
    else
        w->length += (size_t)n;
}

static void leave(struct walk *w, size_t length)
{
    w->length = length;
    w->name[length] = '\0';
}

static uint32_t number_bytes(struct walk *w, size_t size, uint32_t value)
{
    if (w->encoding) {
        for (size_t i = 0; i < size; i++)
            bytes_put_u8(&w->out, (uint8_t)(value >> 8 * i));
        return value;
    }
    value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint32_t)bytes_get_u8(&w->in) << 8 * i;
    return value;
}

static void walk_number(struct walk *w, size_t size, bool is_signed)
{
    if (w->encoding) {
        number_bytes(w, size, (uint32_t)dongle_rpc_number(w->values, w->name));
        return;
    }
    uint32_t value = number_bytes(w, size, 0);
    dongle_rpc_put(w->values, w->name, is_signed ? (int8_t)value : (int64_t)value);
}

/* A presence byte: 0 or 1, anything else is an error. */
static bool presence(struct walk *w, bool present)
{
    uint32_t value = number_bytes(w, 1, present);
    if (value > 1)
        w->failed = true;
    return value == 1;
}

static void walk_flag(struct walk *w, bool must)
{
    bool set = presence(w, w->encoding && dongle_rpc_number(w->values, w->name) != 0);
    if (!w->encoding)
        dongle_rpc_put(w->values, w->name, set);
    if (must && !set)
        w->failed = true;
}

/* A presence byte that must be 0. */
static void walk_none(struct walk *w)
{
    if (presence(w, false))
        w->failed = true;
    if (!w->encoding)
        dongle_rpc_put_kind(w->values, w->name, DONGLE_RPC_ABSENT, 0);
}

static void walk_bytes(struct walk *w, size_t size)
{
    if (!w->encoding) {
        const uint8_t *view = bytes_view(&w->in, size);
        dongle_rpc_put_bytes(w->values, w->name, view, view == NULL ? 0 : size);
        return;
    }
    const struct dongle_rpc_value *value = dongle_rpc_find(w->values, w->name);
    for (size_t i = 0; i < size; i++)
        bytes_put_u8(&w->out, value != NULL && i < value->size ? value->bytes[i] : 0);
}

/* Length, presence byte unless raw, data. */
static void walk_buffer(struct walk *w, size_t length_size, bool raw, size_t limit)
{
    const struct dongle_rpc_value *value = w->encoding ? dongle_rpc_find(w->values, w->name) : NULL;
    bool present = value != NULL && value->kind == DONGLE_RPC_BYTES;
    size_t size = number_bytes(w, length_size, present ? (uint32_t)value->size : 0);
    if (size > limit)
        w->failed = true;
    if (!raw && !presence(w, present)) {
        if (size != 0)
            w->failed = true;
        if (!w->encoding)
            dongle_rpc_put_kind(w->values, w->name, DONGLE_RPC_ABSENT, 0);
        return;
    }
    if (!w->failed)
        walk_bytes(w, size);
}

/* A key without a length of its own: 6 or 16 bytes, by the number key_type. */
static void walk_key(struct walk *w)
{
    int64_t type = dongle_rpc_number(w->values, "key_type");
    if (type == 1 || type == 2)
        walk_bytes(w, type == 1 ? 6 : 16);
    else
        w->failed = true;
}

static void walk_optional(struct walk *w, const char *type)
{
    bool wanted = w->encoding && dongle_rpc_present(w->values, w->name);
    if (presence(w, wanted))
        walk_type(w, type);
    else if (!w->encoding)
        dongle_rpc_put_kind(w->values, w->name, DONGLE_RPC_ABSENT, 0);
}

static void walk_if_bytes_remain(struct walk *w, const char *type)
{
    bool there = w->encoding ? dongle_rpc_present(w->values, w->name) : bytes_left(&w->in) > 0;
    if (there)
        walk_type(w, type);
    else if (!w->encoding)
        dongle_rpc_put_kind(w->values, w->name, DONGLE_RPC_ABSENT, 0);
}

static void walk_items(struct walk *w, const char *type, uint32_t count)
{
    size_t length = w->length;
    for (uint32_t i = 0; i < count && !w->failed && !w->in.failed && !w->out.failed; i++) {
        char index[12];
        int n = snprintf(index, sizeof(index), "%u", (unsigned)i);
        enter(w, index, (size_t)n);
        walk_type(w, type);
        leave(w, length);
    }
}

static void walk_list(struct walk *w, const char *type)
{
    uint32_t count =
        number_bytes(w, 2, w->encoding ? (uint32_t)dongle_rpc_number(w->values, w->name) : 0);
    if (!w->encoding)
        dongle_rpc_put_kind(w->values, w->name, DONGLE_RPC_LIST, count);
    walk_items(w, type, count);
}

/* Count, presence byte, items. */
static void walk_optional_list(struct walk *w, const char *type)
{
    bool wanted = w->encoding && dongle_rpc_present(w->values, w->name);
    uint32_t count =
        number_bytes(w, 1, wanted ? (uint32_t)dongle_rpc_number(w->values, w->name) : 0);
    bool present = presence(w, wanted);
    if (!present && count != 0)
        w->failed = true;
    if (!w->encoding)
        dongle_rpc_put_kind(w->values, w->name, present ? DONGLE_RPC_LIST : DONGLE_RPC_ABSENT,
                            count);
    if (present)
        walk_items(w, type, count);
}

static const char *fields_of(const struct walk *w, const char *type)
{
    for (size_t i = 0; i < w->dialect->type_count; i++)
        if (strcmp(w->dialect->types[i].name, type) == 0)
            return w->dialect->types[i].fields;
    return NULL;
}

/* How many bytes the members "name:width name:width" fill. */
static size_t bit_bytes(const char *members)
{
    unsigned bits = 0;
    for (const char *colon = strchr(members, ':'); colon != NULL; colon = strchr(colon + 1, ':'))
        bits += (unsigned)(colon[1] - '0');
    return bits > 8 ? 2 : 1;
}

/* One member "name:width": its bits are taken from *bits, or put there at `shift`; returns the
 * width. Behind "name:width=" it is the size of the byte string `name`, which follows. */
static uint32_t walk_bit_member(struct walk *w, const char *member, uint32_t *bits, uint32_t shift)
{
    size_t name = strcspn(member, ":"), length = w->length;
    uint32_t width = (uint32_t)(member[name + 1] - '0'), mask = (1u << width) - 1;
    bool sized = member[name + 2] == '=';
    enter(w, member, name);
    const struct dongle_rpc_value *value = w->encoding ? dongle_rpc_find(w->values, w->name) : NULL;
    if (value != NULL)
        *bits |= ((uint32_t)(sized ? (int64_t)value->size : value->number) & mask) << shift;
    if (!w->encoding && !sized)
        dongle_rpc_put(w->values, w->name, (*bits >> shift) & mask);
    leave(w, length);
    return width;
}

/* The byte string whose size the last member was. */
static void walk_bit_string(struct walk *w, const char *member, uint32_t size)
{
    size_t length = w->length;
    enter(w, member, strcspn(member, ":"));
    walk_bytes(w, size);
    leave(w, length);
}

/* Members "name:width name:width", from bit 0. */
static void walk_bits(struct walk *w, const char *type)
{
    const char *member = fields_of(w, type), *last = NULL;
    if (member == NULL) {
        w->failed = true;
        return;
    }
    size_t size = bit_bytes(member);
    uint32_t shift = 0, start = 0, bits = w->encoding ? 0 : number_bytes(w, size, 0);
    if (!w->encoding)
        dongle_rpc_put_kind(w->values, w->name, DONGLE_RPC_STRUCT, 0);
    for (; *member != '\0'; member += *member == ' ') {
        last = member;
        start = shift;
        shift += walk_bit_member(w, member, &bits, shift);
        member += strcspn(member, " ");
    }
    if (w->encoding)
        number_bytes(w, size, bits);
    if (last != NULL && last[strlen(last) - 1] == '=')
        walk_bit_string(w, last, bits >> start);
}

static void walk_members(struct walk *w, const char *fields)
{
    if (!w->encoding)
        dongle_rpc_put_kind(w->values, w->name, DONGLE_RPC_STRUCT, 0);
    walk_fields(w, fields);
}

static const char *choice_of(const struct walk *w, const char *choice, uint32_t id)
{
    for (size_t i = 0; i < w->dialect->choice_count; i++)
        if (w->dialect->choices[i].id == id && strcmp(w->dialect->choices[i].choice, choice) == 0)
            return w->dialect->choices[i].fields;
    return NULL;
}

/* An id, a presence byte and the id's value; the value of an unknown id is taken as it is. */
static void walk_choice(struct walk *w, const char *choice)
{
    size_t length = w->length;
    if (!w->encoding)
        dongle_rpc_put_kind(w->values, w->name, DONGLE_RPC_STRUCT, 0);
    enter(w, "id", 2);
    walk_number(w, 4, false);
    const char *fields = choice_of(w, choice, (uint32_t)dongle_rpc_number(w->values, w->name));
    leave(w, length);
    enter(w, "value", 5);
    if (!presence(w, true))
        dongle_rpc_put_kind(w->values, w->name, DONGLE_RPC_ABSENT, 0);
    else if (fields == NULL)
        walk_bytes(w, bytes_left(&w->in));
    else
        walk_members(w, fields);
    leave(w, length);
}

/* As many bytes as a number in the same structure says. */
static void walk_sized(struct walk *w, const char *sibling)
{
    char name[sizeof(w->name)];
    const char *dot = strrchr(w->name, '.');
    int prefix = dot == NULL ? 0 : (int)(dot - w->name) + 1;
    int n = snprintf(name, sizeof(name), "%.*s%s", prefix, w->name, sibling);
    if (n < 0 || (size_t)n >= sizeof(name))
        w->failed = true;
    else
        walk_bytes(w, (size_t)dongle_rpc_number(w->values, name));
}

static void walk_structure(struct walk *w, const char *type)
{
    const char *fields = fields_of(w, type);
    if (fields == NULL || ++w->depth > NESTING_MAX) {
        w->failed = true;
        return;
    }
    walk_members(w, fields);
    w->depth--;
}

/* The types that are plain words. False if `type` is none of them. */
static bool walk_word(struct walk *w, const char *type)
{
    static const struct {
        const char *word;
        uint8_t size; /* of a number, or of a length */
        enum { NUMBER, SIGNED, FLAG, NEED, NONE, BUFFER, RAW, KEY } what;
    } words[] = {
        {"u8", 1, NUMBER}, {"u16", 2, NUMBER}, {"u32", 4, NUMBER},  {"i8", 1, SIGNED},
        {"flag", 1, FLAG}, {"need", 1, NEED},  {"buf8", 1, BUFFER}, {"buf16", 2, BUFFER},
        {"raw8", 1, RAW},  {"raw16", 2, RAW},  {"key", 0, KEY},     {"none", 1, NONE},
    };
    size_t i = 0, count = sizeof(words) / sizeof(words[0]), length = strcspn(type, "<");
    while (i < count &&
           (strlen(words[i].word) != length || strncmp(words[i].word, type, length) != 0))
        i++;
    if (i == count)
        return false;
    size_t limit = type[length] == '<' ? strtoul(type + length + 1, NULL, 10) : SIZE_MAX;
    if (words[i].what <= SIGNED)
        walk_number(w, words[i].size, words[i].what == SIGNED);
    else if (words[i].what <= NEED)
        walk_flag(w, words[i].what == NEED);
    else if (words[i].what == NONE)
        walk_none(w);
    else if (words[i].what <= RAW)
        walk_buffer(w, words[i].size, words[i].what == RAW, limit);
    else
        walk_key(w);
    return true;
}

static void walk_type(struct walk *w, const char *type)
{
    static const struct {
        char mark;
        void (*walk)(struct walk *w, const char *type);
    } marks[] = {
        {'?', walk_optional}, {'~', walk_if_bytes_remain},
        {'*', walk_list},     {'#', walk_optional_list},
        {'%', walk_bits},     {'@', walk_choice},
        {'=', walk_sized},
    };
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (type[0] != marks[i].mark)
            continue;
        marks[i].walk(w, type + 1);
        return;
    }
    if (type[0] == 'x')
        walk_bytes(w, strtoul(type + 1, NULL, 10));
    else if (!walk_word(w, type))
        walk_structure(w, type);
}

static void walk_fields(struct walk *w, const char *fields)
{
    size_t length = w->length;
    while (*fields != '\0' && !w->failed && !w->in.failed && !w->out.failed) {
        size_t name = strcspn(fields, ":"), type = strcspn(fields + name + 1, " ");
        char word[TYPE_MAX];
        snprintf(word, sizeof(word), "%.*s", (int)type, fields + name + 1);
        enter(w, fields, name);
        walk_type(w, word);
        leave(w, length);
        fields += name + 1 + type;
        fields += *fields == ' ';
    }
}

bool dongle_rpc_decode(const struct dongle_rpc_dialect *dialect, const char *fields,
                       const uint8_t *bytes, size_t size, struct dongle_rpc_values *out)
{
    struct walk w = {.dialect = dialect, .values = out};
    bytes_reader_init(&w.in, bytes, size);
    dongle_rpc_clear(out);
    walk_fields(&w, fields);
    return !w.failed && !out->failed && bytes_reader_done(&w.in);
}

static size_t encode(struct walk *w, const char *fields)
{
    walk_fields(w, fields);
    return w->failed || w->out.failed || w->values->failed ? 0 : w->out.at;
}

size_t dongle_rpc_encode_response(const struct dongle_rpc_dialect *dialect,
                                  const struct dongle_rpc_message *command, uint32_t status,
                                  struct dongle_rpc_values *values, uint8_t *out, size_t capacity)
{
    struct walk w = {.dialect = dialect, .values = values, .encoding = true};
    bytes_writer_init(&w.out, out, capacity);
    bytes_put_u8(&w.out, DONGLE_RPC_RESPONSE);
    bytes_put_u8(&w.out, (uint8_t)command->id);
    bytes_put_u32(&w.out, status);
    return encode(&w, status == 0 ? command->response : "");
}

size_t dongle_rpc_encode_event(const struct dongle_rpc_dialect *dialect,
                               const struct dongle_rpc_message *event,
                               struct dongle_rpc_values *values, uint8_t *out, size_t capacity)
{
    struct walk w = {.dialect = dialect, .values = values, .encoding = true};
    bytes_writer_init(&w.out, out, capacity);
    bytes_put_u8(&w.out, DONGLE_RPC_EVENT);
    bytes_put_u16(&w.out, event->id);
    return encode(&w, event->request);
}

const struct dongle_rpc_dialect *dongle_rpc_dialect_of(int api)
{
    const struct dongle_rpc_dialect *const dialects[] = {&dongle_rpc_v2, &dongle_rpc_v3,
                                                         &dongle_rpc_v5, &dongle_rpc_v6};
    for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
        if (dialects[i]->api == api)
            return dialects[i];
    return NULL;
}

const struct dongle_rpc_message *dongle_rpc_command(const struct dongle_rpc_dialect *dialect,
                                                    uint8_t opcode)
{
    for (size_t i = 0; i < dialect->command_count; i++)
        if (dialect->commands[i].id == opcode)
            return &dialect->commands[i];
    return NULL;
}

const struct dongle_rpc_message *dongle_rpc_event(const struct dongle_rpc_dialect *dialect,
                                                  const char *name)
{
    for (size_t i = 0; i < dialect->event_count; i++)
        if (strcmp(dialect->events[i].name, name) == 0)
            return &dialect->events[i];
    return NULL;
}
