/* SPDX-License-Identifier: MIT */
#include "dfu/op.h"

#include "base/bytes.h"

size_t op_encode(const struct op_request *request, uint8_t out[OP_REQUEST_MAX])
{
    struct bytes_writer w;
    bytes_writer_init(&w, out, OP_REQUEST_MAX);
    bytes_put_u8(&w, (uint8_t)request->code);
    if (request->code == OP_CREATE || request->code == OP_SELECT)
        bytes_put_u8(&w, (uint8_t)request->object);
    if (request->code == OP_CREATE)
        bytes_put_u32(&w, request->size);
    if (request->code == OP_SET_PRN)
        bytes_put_u16(&w, request->prn);
    if (request->code == OP_FIRMWARE)
        bytes_put_u8(&w, request->index);
    return w.at;
}

static void decode_hardware(struct op_response *response, struct bytes_reader *r)
{
    response->part = bytes_get_u32(r);
    bytes_get_u32(r); /* variant */
    response->rom = bytes_get_u32(r);
    response->ram = bytes_get_u32(r);
    bytes_get_u32(r); /* page size */
}

static void decode_firmware(struct op_response *response, struct bytes_reader *r)
{
    response->type = bytes_get_u8(r);
    response->version = bytes_get_u32(r);
    bytes_get_u32(r); /* address */
    response->size = bytes_get_u32(r);
}

/* Reads what follows the result byte. */
static void decode_payload(struct op_response *response, struct bytes_reader *r)
{
    if (response->result == OP_EXTENDED)
        response->extended = bytes_get_u8(r);
    if (response->result != OP_SUCCESS)
        return;
    if (response->code == OP_SELECT)
        response->max_size = bytes_get_u32(r);
    if (response->code == OP_SELECT || response->code == OP_CRC) {
        response->offset = bytes_get_u32(r);
        response->crc = bytes_get_u32(r);
    }
    response->told = bytes_left(r) > 0;
    if (response->code == OP_HARDWARE && response->told)
        decode_hardware(response, r);
    if (response->code == OP_FIRMWARE && response->told)
        decode_firmware(response, r);
}

enum op_decoded op_decode(struct op_response *response, enum op_code expected, const void *bytes,
                          size_t size)
{
    struct bytes_reader r;
    bytes_reader_init(&r, bytes, size);
    *response = (struct op_response){0};
    if (bytes_get_u8(&r) != OP_RESPONSE)
        return OP_UNRELATED;
    response->code = bytes_get_u8(&r);
    if (!r.failed && response->code != expected)
        return OP_UNRELATED;
    response->result = bytes_get_u8(&r);
    decode_payload(response, &r);
    return bytes_reader_done(&r) ? OP_ANSWER : OP_MALFORMED;
}

static const char *look_up(const char *const *names, size_t count, unsigned index,
                           const char *unknown)
{
    return index < count && names[index] != NULL ? names[index] : unknown;
}

const char *op_name(unsigned code)
{
    static const char *const names[] = {
        [OP_CREATE] = "Create",
        [OP_SET_PRN] = "Set PRN",
        [OP_CRC] = "CRC",
        [OP_EXECUTE] = "Execute",
        [OP_SELECT] = "Select",
        [OP_ABORT] = "Abort",
        [OP_HARDWARE] = "Hardware Version",
        [OP_FIRMWARE] = "Firmware Version",
    };
    return look_up(names, sizeof(names) / sizeof(names[0]), code, "request");
}

const char *op_result_name(unsigned result)
{
    static const char *const names[] = {
        [OP_INVALID_CODE] = "invalid opcode",
        [OP_SUCCESS] = "success",
        [OP_NOT_SUPPORTED] = "operation not supported",
        [OP_INVALID_PARAMETER] = "invalid parameter",
        [OP_NO_RESOURCES] = "insufficient resources",
        [OP_INVALID_OBJECT] = "invalid object",
        [OP_UNSUPPORTED_TYPE] = "unsupported object type",
        [OP_NOT_PERMITTED] = "operation not permitted",
        [OP_FAILED] = "operation failed",
        [OP_EXTENDED] = "extended error",
    };
    return look_up(names, sizeof(names) / sizeof(names[0]), result, "unknown result");
}

const char *op_extended_name(unsigned extended)
{
    static const char *const names[] = {
        "no error",
        "invalid error code",
        "wrong command format",
        "unknown command",
        "init command invalid",
        "firmware version",
        "hardware version",
        "SoftDevice version",
        "signature missing",
        "wrong hash type",
        "hash failed",
        "wrong signature type",
        "verification failed",
        "insufficient space",
        "firmware already present",
    };
    return look_up(names, sizeof(names) / sizeof(names[0]), extended, "unknown extended error");
}
