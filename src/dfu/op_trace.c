/* SPDX-License-Identifier: MIT */
#include "dfu/op_trace.h"

#include <inttypes.h>
#include <stdio.h>

static uint64_t now(const struct pipe *pipe)
{
    return pipe->ops->now(pipe);
}

static const char *object_name(enum op_object object)
{
    return object == OP_COMMAND ? "command" : "data";
}

void op_trace_request(const struct pipe *pipe, const struct op_request *request)
{
    const char *name = op_name(request->code);
    if (!nordfu_log_traces(pipe->log))
        return;
    switch (request->code) {
    case OP_CREATE:
        nordfu_log_trace(pipe->log, now(pipe), "dfu > %s %s, %" PRIu32 " bytes", name,
                         object_name(request->object), request->size);
        break;
    case OP_SELECT:
        nordfu_log_trace(pipe->log, now(pipe), "dfu > %s %s", name, object_name(request->object));
        break;
    case OP_SET_PRN:
        nordfu_log_trace(pipe->log, now(pipe), "dfu > %s %u", name, request->prn);
        break;
    case OP_FIRMWARE:
        nordfu_log_trace(pipe->log, now(pipe), "dfu > %s %u", name, request->index);
        break;
    default:
        nordfu_log_trace(pipe->log, now(pipe), "dfu > %s", name);
    }
}

/* What follows "success" or the error. */
static void describe_payload(char *text, size_t size, const struct op_response *response)
{
    text[0] = '\0';
    if (response->result == OP_EXTENDED)
        snprintf(text, size, " 0x%02X (%s)", response->extended,
                 op_extended_name(response->extended));
    if (response->result != OP_SUCCESS)
        return;
    if (response->code == OP_SELECT)
        snprintf(text, size, ", at most %" PRIu32 " bytes, offset %" PRIu32 ", CRC %08" PRIX32,
                 response->max_size, response->offset, response->crc);
    if (response->code == OP_CRC)
        snprintf(text, size, ", offset %" PRIu32 ", CRC %08" PRIX32, response->offset,
                 response->crc);
    if (response->code == OP_FIRMWARE && response->told)
        snprintf(text, size, ", type %u, version %" PRIu32 ", %" PRIu32 " bytes", response->type,
                 response->version, response->size);
    if (response->code == OP_HARDWARE && response->told)
        snprintf(text, size, ", part %05" PRIX32 ", %" PRIu32 " bytes of flash", response->part,
                 response->rom);
}

void op_trace_response(const struct pipe *pipe, const struct op_response *response)
{
    char payload[96];
    if (!nordfu_log_traces(pipe->log))
        return;
    describe_payload(payload, sizeof(payload), response);
    nordfu_log_trace(pipe->log, now(pipe), "dfu < %s: %s%s", op_name(response->code),
                     op_result_name(response->result), payload);
}

void op_trace_packet(const struct pipe *pipe, uint32_t offset, size_t size)
{
    nordfu_log_trace(pipe->log, now(pipe), "dfu > packet, bytes %" PRIu32 " to %zu", offset,
                     offset + size);
}
