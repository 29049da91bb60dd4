/* SPDX-License-Identifier: MIT */
#include "dongle/rpc.h"

#include <string.h>

#include "base/bytes.h"
#include "dongle/rpc_engine.h"
#include "dongle/rpc_table.h"

const struct rpc_dialect *rpc_dialect_find(int api)
{
    static const struct rpc_dialect *const dialects[] = {&rpc_dialect_v2, &rpc_dialect_v3,
                                                         &rpc_dialect_v5, &rpc_dialect_v6};
    for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
        if (dialects[i]->api == api)
            return dialects[i];
    return NULL;
}

int rpc_dialect_api(const struct rpc_dialect *dialect)
{
    return dialect->api;
}

const struct rpc_traits *rpc_dialect_traits(const struct rpc_dialect *dialect)
{
    return &dialect->traits;
}

static const struct rpc_command_row *command_row(const struct rpc_dialect *dialect,
                                                 enum rpc_command command)
{
    static const struct rpc_command_row none = {.name = NULL};
    return (size_t)command < RPC_COMMAND_COUNT ? &dialect->commands[command] : &none;
}

bool rpc_dialect_has(const struct rpc_dialect *dialect, enum rpc_command command)
{
    return command_row(dialect, command)->name != NULL;
}

const char *rpc_command_name(const struct rpc_dialect *dialect, enum rpc_command command)
{
    const char *name = command_row(dialect, command)->name;
    return name != NULL ? name : "?";
}

const char *rpc_event_name(const struct rpc_dialect *dialect, enum rpc_event event)
{
    const char *name = (size_t)event < RPC_EVENT_COUNT ? dialect->events[event].name : NULL;
    return name != NULL ? name : "?";
}

size_t rpc_encode_request(const struct rpc_dialect *dialect, enum rpc_command command,
                          const void *params, void *out, size_t capacity)
{
    const struct rpc_command_row *row = command_row(dialect, command);
    if (row->name == NULL || (params == NULL && row->request->name != NULL))
        return 0;
    struct bytes_writer w;
    bytes_writer_init(
        &w, out, capacity < dialect->traits.payload_max ? capacity : dialect->traits.payload_max);
    bytes_put_u8(&w, RPC_REQUEST);
    bytes_put_u8(&w, row->opcode);
    rpc_put_fields(&w, row->request, params);
    return w.failed ? 0 : w.at;
}

static enum rpc_verdict decode_outputs(const struct rpc_command_row *row, struct bytes_reader *r,
                                       void *params)
{
    union rpc_response_params outputs;
    memset(&outputs, 0, sizeof(outputs));
    if (row->response != NULL)
        rpc_get_fields(r, row->response, &outputs);
    if (!bytes_reader_done(r))
        return RPC_MALFORMED;
    if (params != NULL)
        memcpy(params, &outputs, row->response_size);
    return RPC_OK;
}

enum rpc_verdict rpc_decode_response(const struct rpc_dialect *dialect, enum rpc_command command,
                                     const void *bytes, size_t size, uint32_t *status, void *params)
{
    const struct rpc_command_row *row = command_row(dialect, command);
    struct bytes_reader r;
    bytes_reader_init(&r, bytes, size);
    uint8_t packet = bytes_get_u8(&r);
    uint8_t opcode = bytes_get_u8(&r);
    if (r.failed)
        return RPC_MALFORMED;
    if (row->name == NULL || packet != RPC_RESPONSE || opcode != row->opcode)
        return RPC_UNKNOWN;
    *status = bytes_get_u32(&r);
    if (!r.failed && *status == 0)
        return decode_outputs(row, &r, params);
    return bytes_reader_done(&r) ? RPC_OK : RPC_MALFORMED;
}

static const struct rpc_event_row *event_row(const struct rpc_dialect *dialect, uint16_t id)
{
    for (size_t i = 0; i < RPC_EVENT_COUNT; i++)
        if (dialect->events[i].name != NULL && dialect->events[i].id == id)
            return &dialect->events[i];
    return NULL;
}

enum rpc_verdict rpc_decode_event(const struct rpc_dialect *dialect, const void *bytes, size_t size,
                                  enum rpc_event *event, union rpc_event_params *params)
{
    struct bytes_reader r;
    bytes_reader_init(&r, bytes, size);
    uint8_t packet = bytes_get_u8(&r);
    uint16_t id = bytes_get_u16(&r);
    if (size > 0 && packet != RPC_EVENT)
        return RPC_UNKNOWN;
    if (r.failed)
        return RPC_MALFORMED;
    const struct rpc_event_row *row = event_row(dialect, id);
    if (row == NULL)
        return RPC_UNKNOWN;
    *event = (enum rpc_event)(row - dialect->events);
    memset(params, 0, sizeof(*params));
    rpc_get_fields(&r, row->fields, params);
    if (!bytes_reader_done(&r))
        return RPC_MALFORMED;
    if (row->finish != NULL)
        row->finish(params);
    return RPC_OK;
}
