/* SPDX-License-Identifier: MIT */
#include "sim/init_decode.h"

#include <string.h>

#include "base/bytes.h"

enum wire {
    WIRE_VARINT = 0,
    WIRE_64 = 1,
    WIRE_LENGTH = 2,
    WIRE_32 = 5,
};

enum kind {
    NUMBER,
    NUMBERS, /* packed or not */
    BYTES,
    MESSAGE,
    MESSAGES, /* struct init_typed, counted by init_command.validations */
};

struct message;

struct field {
    uint32_t number;
    enum kind kind;
    bool required;
    size_t offset;  /* of the value in its message */
    uint32_t limit; /* most bytes (BYTES) or entries */
    const struct message *message;
};

struct message {
    const struct field *fields;
    size_t count;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct field hash_fields[] = {
    {1, NUMBER, true, offsetof(struct init_typed, type), 0, NULL},
    {2, BYTES, true, offsetof(struct init_typed, bytes), 32, NULL},
};
static const struct message hash_message = {hash_fields, COUNT(hash_fields)};

static const struct field validation_fields[] = {
    {1, NUMBER, true, offsetof(struct init_typed, type), 0, NULL},
    {2, BYTES, true, offsetof(struct init_typed, bytes), 64, NULL},
};
static const struct message validation_message = {validation_fields, COUNT(validation_fields)};

static const struct field init_fields[] = {
    {1, NUMBER, false, offsetof(struct init_command, fw_version), 0, NULL},
    {2, NUMBER, false, offsetof(struct init_command, hw_version), 0, NULL},
    {3, NUMBERS, false, offsetof(struct init_command, sd_req), INIT_SD_REQ_MAX, NULL},
    {4, NUMBER, false, offsetof(struct init_command, type), 0, NULL},
    {5, NUMBER, false, offsetof(struct init_command, sd_size), 0, NULL},
    {6, NUMBER, false, offsetof(struct init_command, bl_size), 0, NULL},
    {7, NUMBER, false, offsetof(struct init_command, app_size), 0, NULL},
    {8, MESSAGE, false, offsetof(struct init_command, hash), 0, &hash_message},
    {9, NUMBER, false, offsetof(struct init_command, is_debug), 0, NULL},
    {10, MESSAGES, false, offsetof(struct init_command, validation), INIT_VALIDATIONS_MAX,
     &validation_message},
};
static const struct message init_message = {init_fields, COUNT(init_fields)};

static const struct message reset_message = {NULL, 0};

static const struct field outer_fields[] = {
    {1, NUMBER, false, offsetof(struct init_outer, op_code), 0, NULL},
    {2, MESSAGE, false, offsetof(struct init_outer, init), 0, &init_message},
    {3, MESSAGE, false, offsetof(struct init_outer, reset), 0, &reset_message},
};
static const struct message outer_message = {outer_fields, COUNT(outer_fields)};

static const struct field signed_fields[] = {
    {1, MESSAGE, true, offsetof(struct init_signed, command), 0, &outer_message},
    {2, NUMBER, true, offsetof(struct init_signed, signature_type), 0, NULL},
    {3, BYTES, true, offsetof(struct init_signed, signature), 64, NULL},
};
static const struct message signed_message = {signed_fields, COUNT(signed_fields)};

static const struct field packet_fields[] = {
    {1, MESSAGE, false, offsetof(struct init_packet, command), 0, &outer_message},
    {2, MESSAGE, false, offsetof(struct init_packet, signed_command), 0, &signed_message},
};
static const struct message packet_message = {packet_fields, COUNT(packet_fields)};

static bool decode_message(const struct message *message, void *out, const uint8_t *bytes,
                           size_t size);

static uint64_t get_varint(struct bytes_reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = bytes_get_u8(r);
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return value;
    }
    r->failed = true;
    return 0;
}

static uint32_t get_number(struct bytes_reader *r)
{
    uint64_t value = get_varint(r);
    if (value > UINT32_MAX)
        r->failed = true;
    return (uint32_t)value;
}

/* A length and a view of that many bytes. */
static const uint8_t *get_span(struct bytes_reader *r, size_t *size)
{
    uint64_t length = get_varint(r);
    *size = length <= bytes_left(r) ? (size_t)length : 0;
    if (*size != length)
        r->failed = true;
    return *size ? bytes_view(r, *size) : NULL;
}

static void get_numbers(struct init_numbers *numbers, const struct field *field, uint32_t wire,
                        struct bytes_reader *r)
{
    struct bytes_reader packed;
    struct bytes_reader *from = r;
    size_t size = 1;
    if (wire == WIRE_LENGTH) {
        const uint8_t *bytes = get_span(r, &size);
        bytes_reader_init(&packed, bytes, size);
        from = &packed;
    }
    while (!r->failed && !from->failed && size > 0) {
        if (numbers->count == field->limit) {
            r->failed = true;
            return;
        }
        numbers->values[numbers->count++] = get_number(from);
        size = wire == WIRE_LENGTH ? bytes_left(from) : 0;
    }
    numbers->present = true;
    r->failed |= from->failed;
}

static void get_bytes(struct init_bytes *bytes, const struct field *field, struct bytes_reader *r)
{
    size_t size;
    const uint8_t *data = get_span(r, &size);
    if (r->failed || size > field->limit) {
        r->failed = true;
        return;
    }
    bytes->present = true;
    bytes->size = (uint8_t)size;
    if (size)
        memcpy(bytes->data, data, size);
}

static void get_message(void *out, const struct field *field, struct bytes_reader *r)
{
    struct init_span *span = out;
    span->bytes = get_span(r, &span->size);
    span->present = true;
    if (r->failed || !decode_message(field->message, out, span->bytes, span->size))
        r->failed = true;
}

static void get_messages(struct init_command *command, const struct field *field,
                         struct bytes_reader *r)
{
    if (command->validations == field->limit)
        r->failed = true;
    else
        get_message(&command->validation[command->validations++], field, r);
}

static void get_field(const struct field *field, void *out, uint32_t wire, struct bytes_reader *r)
{
    void *value = (uint8_t *)out + field->offset;
    uint32_t expected = field->kind == NUMBER ? WIRE_VARINT : WIRE_LENGTH;
    if (wire != expected && !(field->kind == NUMBERS && wire == WIRE_VARINT))
        r->failed = true;
    else if (field->kind == NUMBER)
        *(struct init_number *)value = (struct init_number){true, get_number(r)};
    else if (field->kind == NUMBERS)
        get_numbers(value, field, wire, r);
    else if (field->kind == BYTES)
        get_bytes(value, field, r);
    else if (field->kind == MESSAGE)
        get_message(value, field, r);
    else
        get_messages(out, field, r);
}

static void skip_field(uint32_t wire, struct bytes_reader *r)
{
    size_t size;
    if (wire == WIRE_VARINT)
        get_varint(r);
    else if (wire == WIRE_LENGTH)
        get_span(r, &size);
    else if (wire == WIRE_64 || wire == WIRE_32)
        bytes_get(r, NULL, wire == WIRE_64 ? 8 : 4);
    else
        r->failed = true;
}

static const struct field *find_field(const struct message *message, uint32_t number)
{
    for (size_t i = 0; i < message->count; i++) {
        if (message->fields[i].number == number)
            return &message->fields[i];
    }
    return NULL;
}

static bool has_required(const struct message *message, const void *out)
{
    for (size_t i = 0; i < message->count; i++) {
        const struct field *field = &message->fields[i];
        if (field->required && !*(const bool *)((const uint8_t *)out + field->offset))
            return false;
    }
    return true;
}

static bool decode_message(const struct message *message, void *out, const uint8_t *bytes,
                           size_t size)
{
    struct bytes_reader r;
    bytes_reader_init(&r, bytes, size);
    while (!r.failed && bytes_left(&r) > 0) {
        uint32_t tag = get_number(&r);
        const struct field *field = find_field(message, tag >> 3);
        if (r.failed || tag >> 3 == 0)
            return false;
        if (field)
            get_field(field, out, tag & 7, &r);
        else
            skip_field(tag & 7, &r);
    }
    return !r.failed && has_required(message, out);
}

bool init_decode(struct init_packet *packet, const uint8_t *bytes, size_t size)
{
    memset(packet, 0, sizeof(*packet));
    return decode_message(&packet_message, packet, bytes, size) &&
           packet->command.span.present != packet->signed_command.span.present;
}

const struct init_outer *init_inner(const struct init_packet *packet)
{
    return packet->signed_command.span.present ? &packet->signed_command.command : &packet->command;
}

uint32_t init_image_size(const struct init_command *init)
{
    uint64_t both = (uint64_t)init->sd_size.value + init->bl_size.value;
    switch (init->type.value) {
    case INIT_APPLICATION:
    case INIT_EXTERNAL_APPLICATION:
        return init->app_size.value;
    case INIT_SOFTDEVICE:
        return init->sd_size.value;
    case INIT_BOOTLOADER:
        return init->bl_size.value;
    case INIT_SOFTDEVICE_BOOTLOADER:
        return init->sd_size.value && init->bl_size.value && both <= UINT32_MAX ? (uint32_t)both
                                                                                : 0;
    default:
        return 0;
    }
}
