/* SPDX-License-Identifier: MIT */
#include "package/init_packet.h"

#include <string.h>

#include <pb_decode.h>
#include <pb_encode.h>

#include "init_packet.pb.h"

_Static_assert(sizeof(((pb_InitCommand *)0)->sd_req) / sizeof(uint32_t) == NORDFU_MAX_SD_REQ,
               "schema and interface agree on the SoftDevice IDs");
_Static_assert(sizeof(((pb_InitCommand *)0)->boot_validation) / sizeof(pb_BootValidation) ==
                   NORDFU_MAX_BOOT_VALIDATION,
               "schema and interface agree on the boot validations");
/* With the tag and length in front. */
_Static_assert(pb_SignedCommand_size + 3 <= NORDFU_MAX_INIT_PACKET,
               "the longest packet fits a bootloader");

#define HASH_SIZE      32
#define SIGNATURE_SIZE 64

/* The firmware hash is stored with its last byte first. */
static void copy_reversed(uint8_t *out, const uint8_t *in, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = in[size - 1 - i];
}

static void take_boot_validation(struct nordfu_init_packet *packet, const pb_InitCommand *init)
{
    packet->boot_validation_count = init->boot_validation_count;
    for (size_t i = 0; i < init->boot_validation_count; i++) {
        const pb_BootValidation *from = &init->boot_validation[i];
        struct nordfu_boot_validation *to = &packet->boot_validation[i];
        to->type = (enum nordfu_validation)from->type;
        to->size = (uint8_t)from->bytes.size;
        memcpy(to->bytes, from->bytes.bytes, from->bytes.size);
    }
}

static void take_command(struct nordfu_init_packet *packet, const pb_InitCommand *init)
{
    packet->type = (enum nordfu_image_type)init->type;
    packet->has_fw_version = init->has_fw_version;
    packet->has_hw_version = init->has_hw_version;
    packet->fw_version = init->fw_version;
    packet->hw_version = init->hw_version;
    packet->is_debug = init->is_debug;
    packet->sd_size = init->sd_size;
    packet->bl_size = init->bl_size;
    packet->app_size = init->app_size;
    packet->sd_req_count = init->sd_req_count;
    memcpy(packet->sd_req, init->sd_req, init->sd_req_count * sizeof(init->sd_req[0]));
    packet->hash_type = init->has_hash ? (uint8_t)init->hash.hash_type : 0;
    packet->has_hash = init->has_hash && init->hash.hash_type == pb_HashType_HASH_SHA256 &&
                       init->hash.hash.size == HASH_SIZE;
    if (packet->has_hash)
        copy_reversed(packet->hash, init->hash.hash.bytes, HASH_SIZE);
    take_boot_validation(packet, init);
}

/* What is wrong with a packet that could be decoded; NULL if nothing. */
static const char *find_defect(const pb_Packet *packet, const pb_Command *command)
{
    if (packet->has_command && packet->has_signed_command)
        return "holds both a signed and an unsigned command, which bootloaders refuse";
    if (!packet->has_command && !packet->has_signed_command)
        return "holds no command";
    if (packet->has_signed_command && packet->signed_command.signature.size != SIGNATURE_SIZE)
        return "holds a signature that is not 64 bytes long";
    if (command->op_code != pb_OpCode_OP_INIT || !command->has_init)
        return "holds another command than the one that announces an image";
    if (!command->init.has_type)
        return "does not say what kind of image it is for";
    if (command->init.type > _pb_FwType_MAX)
        return "is for a kind of image that nordfu and the bootloaders it knows have never heard "
               "of";
    return NULL;
}

static int refuse(struct nordfu_error *error, const char *name, const char *defect)
{
    return nordfu_error_set(
        error, NORDFU_ERR_PACKAGE,
        "The init packet %s %s: make the package again, or ask whoever made it.", name, defect);
}

int init_packet_decode(struct nordfu_init_packet *packet, const void *bytes, size_t size,
                       const char *name, struct nordfu_error *error)
{
    *packet = (struct nordfu_init_packet){0};
    if (size == 0)
        return refuse(error, name, "is empty");
    if (size > NORDFU_MAX_INIT_PACKET)
        return refuse(error, name, "is longer than the 512 bytes that bootloaders take");
    pb_Packet decoded = pb_Packet_init_default;
    pb_istream_t stream = pb_istream_from_buffer(bytes, size);
    if (!pb_decode(&stream, pb_Packet_fields, &decoded))
        return nordfu_error_set(
            error, NORDFU_ERR_PACKAGE,
            "The init packet %s can't be decoded (%s): it is damaged, cut off, or "
            "not for a secure bootloader; make the package again, or ask whoever "
            "made it.",
            name, PB_GET_ERROR(&stream));
    const pb_Command *command =
        decoded.has_signed_command ? &decoded.signed_command.command : &decoded.command;
    const char *defect = find_defect(&decoded, command);
    if (defect != NULL)
        return refuse(error, name, defect);
    take_command(packet, &command->init);
    packet->is_signed = decoded.has_signed_command;
    if (packet->is_signed) {
        packet->signature_type = (uint8_t)decoded.signed_command.signature_type;
        memcpy(packet->signature, decoded.signed_command.signature.bytes, SIGNATURE_SIZE);
    }
    return 0;
}

/* Narrows *view to the contents of its field `wanted`. False unless there is exactly one. */
static bool enter(const uint8_t **view, size_t *size, uint32_t wanted)
{
    pb_istream_t stream = pb_istream_from_buffer(*view, *size);
    const uint8_t *end = *view + *size;
    const uint8_t *found = NULL;
    pb_wire_type_t type;
    uint32_t tag;
    bool eof;
    while (pb_decode_tag(&stream, &type, &tag, &eof)) {
        uint32_t length = 0;
        if (tag != wanted || type != PB_WT_STRING) {
            if (!pb_skip_field(&stream, type))
                return false;
            continue;
        }
        if (found != NULL || !pb_decode_varint32(&stream, &length) || length > stream.bytes_left)
            return false;
        found = end - stream.bytes_left;
        *size = length;
        if (!pb_read(&stream, NULL, length))
            return false;
    }
    *view = found;
    return eof && found != NULL;
}

int init_packet_find_command(const uint8_t *bytes, size_t size, const uint8_t **command,
                             size_t *command_size)
{
    const uint8_t *view = bytes;
    size_t left = size;
    if (enter(&view, &left, pb_Packet_signed_command_tag)) {
        if (!enter(&view, &left, pb_SignedCommand_command_tag))
            return NORDFU_ERR_PACKAGE;
    } else {
        view = bytes;
        left = size;
        if (!enter(&view, &left, pb_Packet_command_tag))
            return NORDFU_ERR_PACKAGE;
    }
    if (!enter(&view, &left, pb_Command_init_tag))
        return NORDFU_ERR_PACKAGE;
    *command = view;
    *command_size = left;
    return 0;
}

static void put_boot_validation(pb_InitCommand *init, const struct nordfu_init_packet *packet)
{
    init->boot_validation_count = (pb_size_t)packet->boot_validation_count;
    for (size_t i = 0; i < packet->boot_validation_count; i++) {
        const struct nordfu_boot_validation *from = &packet->boot_validation[i];
        pb_BootValidation *to = &init->boot_validation[i];
        to->type = (pb_ValidationType)from->type;
        to->bytes.size = from->size;
        memcpy(to->bytes.bytes, from->bytes, from->size);
    }
}

static void put_command(pb_InitCommand *init, const struct nordfu_init_packet *packet)
{
    *init = (pb_InitCommand)pb_InitCommand_init_default;
    init->has_fw_version = packet->has_fw_version;
    init->fw_version = packet->fw_version;
    init->has_hw_version = packet->has_hw_version;
    init->hw_version = packet->hw_version;
    init->sd_req_count = (pb_size_t)packet->sd_req_count;
    memcpy(init->sd_req, packet->sd_req, packet->sd_req_count * sizeof(packet->sd_req[0]));
    init->has_type = init->has_sd_size = init->has_bl_size = init->has_app_size = true;
    init->type = (pb_FwType)packet->type;
    init->sd_size = packet->sd_size;
    init->bl_size = packet->bl_size;
    init->app_size = packet->app_size;
    init->has_hash = packet->has_hash;
    init->hash.hash_type = pb_HashType_HASH_SHA256;
    init->hash.hash.size = HASH_SIZE;
    copy_reversed(init->hash.hash.bytes, packet->hash, HASH_SIZE);
    init->has_is_debug = true;
    init->is_debug = packet->is_debug;
    put_boot_validation(init, packet);
}

static bool counts_fit(const struct nordfu_init_packet *packet)
{
    if (packet->sd_req_count > NORDFU_MAX_SD_REQ ||
        packet->boot_validation_count > NORDFU_MAX_BOOT_VALIDATION)
        return false;
    for (size_t i = 0; i < packet->boot_validation_count; i++)
        if (packet->boot_validation[i].size > sizeof(packet->boot_validation[i].bytes))
            return false;
    return true;
}

static int encode(const pb_msgdesc_t *fields, const void *message, uint8_t *out, size_t *size,
                  struct nordfu_error *error)
{
    pb_ostream_t stream = pb_ostream_from_buffer(out, NORDFU_MAX_INIT_PACKET);
    if (!pb_encode(&stream, fields, message))
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "The init packet can't be encoded (%s).",
                                PB_GET_ERROR(&stream));
    *size = stream.bytes_written;
    return 0;
}

static int refuse_counts(struct nordfu_error *error)
{
    return nordfu_error_set(error, NORDFU_ERR_USAGE,
                            "An init packet has room for at most %d SoftDevice IDs and %d boot "
                            "validations of 64 bytes: give fewer.",
                            NORDFU_MAX_SD_REQ, NORDFU_MAX_BOOT_VALIDATION);
}

int init_packet_encode_command(const struct nordfu_init_packet *packet,
                               uint8_t out[NORDFU_MAX_INIT_PACKET], size_t *size,
                               struct nordfu_error *error)
{
    if (!counts_fit(packet))
        return refuse_counts(error);
    pb_InitCommand init;
    put_command(&init, packet);
    return encode(pb_InitCommand_fields, &init, out, size, error);
}

int init_packet_encode(const struct nordfu_init_packet *packet, uint8_t out[NORDFU_MAX_INIT_PACKET],
                       size_t *size, struct nordfu_error *error)
{
    if (!counts_fit(packet))
        return refuse_counts(error);
    pb_Packet message = pb_Packet_init_default;
    pb_SignedCommand *with = &message.signed_command;
    pb_Command *command = packet->is_signed ? &with->command : &message.command;
    message.has_command = !packet->is_signed;
    message.has_signed_command = packet->is_signed;
    command->has_op_code = true;
    command->op_code = pb_OpCode_OP_INIT;
    command->has_init = true;
    put_command(&command->init, packet);
    if (packet->is_signed) {
        with->signature_type = (pb_SignatureType)packet->signature_type;
        with->signature.size = SIGNATURE_SIZE;
        memcpy(with->signature.bytes, packet->signature, SIGNATURE_SIZE);
    }
    return encode(pb_Packet_fields, &message, out, size, error);
}
