/* SPDX-License-Identifier: MIT */
/* The GATT client: every call becomes one ATT request, every ATT response one event. */
#include <stdio.h>
#include <string.h>

#include "sim/softdevice_internal.h"

#define ATT_TIMEOUT_US UINT64_C(30000000)

enum {
    GATT_UNKNOWN = 0x0001,
    GATT_ATT_ERROR = 0x0100, /* plus the ATT error code */
    PRIMARY_SERVICE = 0x2800,
    CHARACTERISTIC = 0x2803,
    WRITE_REQUEST = 1,
    WRITE_COMMAND = 2,
    PREPARE = 4,
    EXECUTE = 5,
    NOTIFICATION = 1,
    INDICATION = 2,
    EXTENDED_PROPERTIES = 0x80,
};

/* Responses */

static void put_uuid(struct sd_link *link, struct dongle_rpc_values *out, const char *list,
                     size_t index, const uint8_t *raw, size_t size)
{
    struct sd_uuid uuid = sd_uuid_from(link->sd, raw, size);
    sd_put(out, uuid.uuid, "%s.%zu.uuid.uuid", list, index);
    sd_put(out, uuid.type, "%s.%zu.uuid.type", list, index);
}

static void put_count(struct dongle_rpc_values *out, const char *list, size_t count)
{
    dongle_rpc_put_kind(out, list, DONGLE_RPC_LIST, (int64_t)count);
}

/* All services: entries of start, end, UUID. */
static bool fill_groups(struct sd_link *link, struct bytes_reader *r, struct dongle_rpc_values *out)
{
    size_t each = bytes_get_u8(r), count = 0;
    if ((each != 6 && each != 20) || bytes_left(r) == 0 || bytes_left(r) % each != 0)
        return false;
    put_count(out, "services", bytes_left(r) / each);
    for (; bytes_left(r) > 0; count++) {
        uint16_t start = bytes_get_u16(r), end = bytes_get_u16(r);
        put_uuid(link, out, "services", count, bytes_view(r, each - 4), each - 4);
        sd_put(out, start, "services.%zu.range.start", count);
        sd_put(out, end, "services.%zu.range.end", count);
    }
    return true;
}

/* Services of one UUID: entries of start and end. */
static bool fill_found(struct sd_link *link, struct bytes_reader *r, struct dongle_rpc_values *out)
{
    size_t count = 0;
    if (bytes_left(r) == 0 || bytes_left(r) % 4 != 0)
        return false;
    put_count(out, "services", bytes_left(r) / 4);
    for (; bytes_left(r) > 0; count++) {
        sd_put(out, link->procedure.uuid.uuid, "services.%zu.uuid.uuid", count);
        sd_put(out, link->procedure.uuid.type, "services.%zu.uuid.type", count);
        sd_put(out, bytes_get_u16(r), "services.%zu.range.start", count);
        sd_put(out, bytes_get_u16(r), "services.%zu.range.end", count);
    }
    return true;
}

static void put_properties(struct dongle_rpc_values *out, size_t index, uint8_t properties)
{
    static const char *const names[] = {"broadcast", "read",     "write_wo_resp", "write",
                                        "notify",    "indicate", "auth_signed_wr"};
    for (size_t bit = 0; bit < sizeof(names) / sizeof(names[0]); bit++)
        sd_put(out, properties >> bit & 1, "chars.%zu.props.%s", index, names[bit]);
    sd_put(out, (properties & EXTENDED_PROPERTIES) != 0, "chars.%zu.ext_props", index);
}

static bool fill_chars(struct sd_link *link, struct bytes_reader *r, struct dongle_rpc_values *out)
{
    size_t each = bytes_get_u8(r), count = 0;
    if ((each != 7 && each != 21) || bytes_left(r) == 0 || bytes_left(r) % each != 0)
        return false;
    put_count(out, "chars", bytes_left(r) / each);
    for (; bytes_left(r) > 0; count++) {
        uint16_t declaration = bytes_get_u16(r);
        uint8_t properties = bytes_get_u8(r);
        uint16_t value = bytes_get_u16(r);
        put_uuid(link, out, "chars", count, bytes_view(r, each - 5), each - 5);
        put_properties(out, count, properties);
        sd_put(out, declaration, "chars.%zu.decl_handle", count);
        sd_put(out, value, "chars.%zu.value_handle", count);
    }
    return true;
}

static bool fill_descs(struct sd_link *link, struct bytes_reader *r, struct dongle_rpc_values *out)
{
    uint8_t format = bytes_get_u8(r);
    size_t size = format == 1 ? 2 : 16, count = 0;
    if ((format != 1 && format != 2) || bytes_left(r) == 0 || bytes_left(r) % (size + 2) != 0)
        return false;
    put_count(out, "descs", bytes_left(r) / (size + 2));
    for (; bytes_left(r) > 0; count++) {
        sd_put(out, bytes_get_u16(r), "descs.%zu.handle", count);
        put_uuid(link, out, "descs", count, bytes_view(r, size), size);
    }
    return true;
}

static void put_rest(struct bytes_reader *r, struct dongle_rpc_values *out)
{
    size_t size = bytes_left(r);
    dongle_rpc_put_bytes(out, "data", bytes_view(r, size), size);
}

static bool fill_read(struct sd_link *link, struct bytes_reader *r, struct dongle_rpc_values *out)
{
    dongle_rpc_put(out, "handle", link->procedure.handle);
    dongle_rpc_put(out, "offset", link->procedure.offset);
    put_rest(r, out);
    return true;
}

static bool fill_write(struct sd_link *link, struct bytes_reader *r, struct dongle_rpc_values *out)
{
    dongle_rpc_put(out, "handle", link->procedure.handle);
    return bytes_left(r) == 0;
}

static bool fill_prepare(struct sd_link *link, struct bytes_reader *r,
                         struct dongle_rpc_values *out)
{
    (void)link;
    dongle_rpc_put(out, "handle", bytes_get_u16(r));
    dongle_rpc_put(out, "offset", bytes_get_u16(r));
    put_rest(r, out);
    return !r->failed;
}

static bool fill_mtu(struct sd_link *link, struct bytes_reader *r, struct dongle_rpc_values *out)
{
    uint16_t peer = bytes_get_u16(r), own = link->procedure.mtu;
    if (!bytes_reader_done(r))
        return false;
    uint16_t mtu = peer < own ? peer : own;
    link->mtu = mtu < SD_ATT_MTU ? SD_ATT_MTU : mtu;
    dongle_rpc_put(out, "server_rx_mtu", peer);
    return true;
}

/* Kinds of procedure */

static const struct sd_procedure_kind
    all_services = {ATT_READ_BY_GROUP_REQUEST, ATT_READ_BY_GROUP_RESPONSE,
                    "GATTC_PRIM_SRVC_DISC_RSP", fill_groups},
    one_service = {ATT_FIND_BY_TYPE_REQUEST, ATT_FIND_BY_TYPE_RESPONSE, "GATTC_PRIM_SRVC_DISC_RSP",
                   fill_found},
    characteristics = {ATT_READ_BY_TYPE_REQUEST, ATT_READ_BY_TYPE_RESPONSE, "GATTC_CHAR_DISC_RSP",
                       fill_chars},
    descriptors = {ATT_FIND_INFO_REQUEST, ATT_FIND_INFO_RESPONSE, "GATTC_DESC_DISC_RSP",
                   fill_descs},
    read_value = {ATT_READ_REQUEST, ATT_READ_RESPONSE, "GATTC_READ_RSP", fill_read},
    read_blob = {ATT_READ_BLOB_REQUEST, ATT_READ_BLOB_RESPONSE, "GATTC_READ_RSP", fill_read},
    write_value = {ATT_WRITE_REQUEST, ATT_WRITE_RESPONSE, "GATTC_WRITE_RSP", fill_write},
    prepare_write = {ATT_PREPARE_REQUEST, ATT_PREPARE_RESPONSE, "GATTC_WRITE_RSP", fill_prepare},
    execute_write = {ATT_EXECUTE_REQUEST, ATT_EXECUTE_RESPONSE, "GATTC_WRITE_RSP", fill_write},
    exchange_mtu = {ATT_MTU_REQUEST, ATT_MTU_RESPONSE, "GATTC_EXCHANGE_MTU_RSP", fill_mtu};

void sd_gattc_stop(struct sd_link *link)
{
    sim_cancel(link->sd->world, &link->procedure.timeout);
    link->procedure.kind = NULL;
}

static void timed_out(void *context)
{
    struct sd_link *link = context;
    link->procedure.timeout = 0;
    sd_gattc_stop(link);
    link->att_dead = true;
    dongle_rpc_put(sd_event_on(link), "src", 0);
    sd_event_send(link->sd, "GATTC_TIMEOUT", NULL);
}

/* What every procedure asks first; afterwards the link is free for one. */
static uint32_t check_free(const struct sd_link *link)
{
    return link->att_dead                 ? link->sd->traits->att_timed_out
           : link->procedure.kind != NULL ? SD_BUSY
                                          : SD_SUCCESS;
}

/* Sends the request that begins a procedure; link->procedure holds what its event needs. */
static uint32_t begin(struct sd_link *link, const struct sd_procedure_kind *kind,
                      const struct bytes_writer *pdu)
{
    link->procedure.kind = kind;
    link->procedure.timeout = sim_after(link->sd->world, ATT_TIMEOUT_US, timed_out, link);
    air_send(link->air, AIR_CENTRAL, pdu->data, pdu->at, SD_AIR_OTHER);
    return SD_SUCCESS;
}

static struct bytes_writer pdu_begin(uint8_t *room, size_t size,
                                     const struct sd_procedure_kind *kind)
{
    struct bytes_writer w;
    bytes_writer_init(&w, room, size);
    bytes_put_u8(&w, kind->request);
    return w;
}

/* Discovery */

static uint32_t discover_services(struct sd_call *call)
{
    struct sd_link *link = call->link;
    uint8_t room[32], raw[16];
    uint32_t status = check_free(link);
    uint16_t start = (uint16_t)dongle_rpc_number(call->in, "start_handle");
    bool one = dongle_rpc_present(call->in, "uuid");
    struct sd_uuid uuid = sd_uuid_get(call->in, "uuid");
    size_t size = one ? sd_uuid_raw(call->sd, uuid, raw) : 0;
    if (status != SD_SUCCESS)
        return status;
    if (start == 0 || (one && size == 0))
        return SD_INVALID_PARAM;
    link->procedure = (struct sd_procedure){.uuid = uuid};
    const struct sd_procedure_kind *kind = one ? &one_service : &all_services;
    struct bytes_writer w = pdu_begin(room, sizeof(room), kind);
    bytes_put_u16(&w, start);
    bytes_put_u16(&w, 0xFFFF);
    bytes_put_u16(&w, PRIMARY_SERVICE);
    bytes_put(&w, raw, size);
    return begin(link, kind, &w);
}

/* A request over the range in the call; `type` 0 = none in it. */
static uint32_t discover_range(struct sd_call *call, const struct sd_procedure_kind *kind,
                               uint16_t type)
{
    uint8_t room[8];
    uint32_t status = check_free(call->link);
    uint16_t start = (uint16_t)dongle_rpc_number(call->in, "range.start");
    uint16_t end = (uint16_t)dongle_rpc_number(call->in, "range.end");
    if (status != SD_SUCCESS)
        return status;
    if (!dongle_rpc_present(call->in, "range"))
        return SD_INVALID_ADDR;
    if (start == 0 || start > end)
        return SD_INVALID_PARAM;
    call->link->procedure = (struct sd_procedure){0};
    struct bytes_writer w = pdu_begin(room, sizeof(room), kind);
    bytes_put_u16(&w, start);
    bytes_put_u16(&w, end);
    if (type != 0)
        bytes_put_u16(&w, type);
    return begin(call->link, kind, &w);
}

static uint32_t discover_characteristics(struct sd_call *call)
{
    return discover_range(call, &characteristics, CHARACTERISTIC);
}

static uint32_t discover_descriptors(struct sd_call *call)
{
    return discover_range(call, &descriptors, 0);
}

/* Values */

static uint32_t read_handle(struct sd_call *call)
{
    uint8_t room[8];
    uint32_t status = check_free(call->link);
    uint16_t handle = (uint16_t)dongle_rpc_number(call->in, "handle");
    uint16_t offset = (uint16_t)dongle_rpc_number(call->in, "offset");
    if (status != SD_SUCCESS)
        return status;
    if (handle == 0)
        return SD_INVALID_ATTR_HANDLE;
    const struct sd_procedure_kind *kind = offset == 0 ? &read_value : &read_blob;
    call->link->procedure = (struct sd_procedure){.handle = handle, .offset = offset};
    struct bytes_writer w = pdu_begin(room, sizeof(room), kind);
    bytes_put_u16(&w, handle);
    if (offset != 0)
        bytes_put_u16(&w, offset);
    return begin(call->link, kind, &w);
}

static uint32_t write_command(struct sd_link *link, uint16_t handle,
                              const struct dongle_rpc_value *value)
{
    uint8_t room[SD_PDU_MAX];
    struct bytes_writer w;
    if (link->att_dead)
        return link->sd->traits->att_timed_out;
    if (value->size > link->mtu - 3u)
        return SD_DATA_SIZE;
    if (link->writes_queued >= link->tag.write_queue) {
        link->sd->queue_full++;
        return link->sd->traits->queue_full;
    }
    bytes_writer_init(&w, room, sizeof(room));
    bytes_put_u8(&w, ATT_WRITE_COMMAND);
    bytes_put_u16(&w, handle);
    bytes_put(&w, value->bytes, value->size);
    link->writes_queued++;
    air_send(link->air, AIR_CENTRAL, room, w.at, SD_AIR_WRITE_COMMAND);
    return SD_SUCCESS;
}

/* Writes that are answered: request, prepare, execute. */
static uint32_t write_answered(struct sd_call *call, const struct sd_procedure_kind *kind,
                               const struct sd_procedure *procedure,
                               const struct dongle_rpc_value *value)
{
    uint8_t room[SD_PDU_MAX];
    struct sd_link *link = call->link;
    uint32_t status = check_free(link);
    size_t header = kind == &prepare_write ? 5 : 3;
    if (status != SD_SUCCESS)
        return status;
    if (value->size > link->mtu - header)
        return SD_DATA_SIZE;
    link->procedure = *procedure;
    struct bytes_writer w = pdu_begin(room, sizeof(room), kind);
    if (kind == &execute_write) {
        bytes_put_u8(&w, (uint8_t)dongle_rpc_number(call->in, "write.flags"));
        return begin(link, kind, &w);
    }
    bytes_put_u16(&w, procedure->handle);
    if (kind == &prepare_write)
        bytes_put_u16(&w, procedure->offset);
    bytes_put(&w, value->bytes, value->size);
    return begin(link, kind, &w);
}

static uint32_t write_handle(struct sd_call *call)
{
    static const struct sd_procedure_kind *const kinds[] = {
        [WRITE_REQUEST] = &write_value, [PREPARE] = &prepare_write, [EXECUTE] = &execute_write};
    if (!dongle_rpc_present(call->in, "write"))
        return SD_INVALID_ADDR;
    const struct sd_procedure procedure = {
        .op = (uint8_t)dongle_rpc_number(call->in, "write.op"),
        .handle = (uint16_t)dongle_rpc_number(call->in, "write.handle"),
        .offset = (uint16_t)dongle_rpc_number(call->in, "write.offset"),
    };
    const struct dongle_rpc_value *value = dongle_rpc_find(call->in, "write.value");
    if (procedure.op > EXECUTE || procedure.op == 0 || procedure.op == 3)
        return SD_INVALID_PARAM; /* 3, signed writes, need a bond */
    if (procedure.handle == 0 && procedure.op != EXECUTE)
        return SD_INVALID_ATTR_HANDLE;
    if (procedure.op == WRITE_COMMAND)
        return write_command(call->link, procedure.handle, value);
    return write_answered(call, kinds[procedure.op], &procedure, value);
}

void sd_gattc_written(struct sd_link *link, size_t count)
{
    link->writes_queued -= count < link->writes_queued ? (unsigned)count : link->writes_queued;
    dongle_rpc_put(sd_event_on(link), "count", (int64_t)count);
    sd_event_send(link->sd, link->sd->traits->write_sent, NULL);
}

static uint32_t packet_count_get(struct sd_call *call)
{
    if (dongle_rpc_number(call->in, "want_count") == 0)
        return SD_INVALID_ADDR;
    dongle_rpc_put(call->out, "count", call->link->tag.write_queue);
    return SD_SUCCESS;
}

static uint32_t exchange(struct sd_call *call)
{
    uint8_t room[4];
    struct sd_link *link = call->link;
    uint16_t mtu = (uint16_t)dongle_rpc_number(call->in, "client_rx_mtu");
    if (call->sd->setup.refuse_mtu != 0)
        return call->sd->setup.refuse_mtu;
    if (mtu < SD_ATT_MTU || mtu > link->tag.att_mtu)
        return SD_INVALID_PARAM;
    uint32_t status = check_free(link);
    if (status != SD_SUCCESS)
        return status;
    if (link->mtu_exchanged)
        return SD_INVALID_STATE;
    link->mtu_exchanged = true;
    link->procedure = (struct sd_procedure){.mtu = mtu};
    struct bytes_writer w = pdu_begin(room, sizeof(room), &exchange_mtu);
    bytes_put_u16(&w, mtu);
    return begin(link, &exchange_mtu, &w);
}

static uint32_t hv_confirm(struct sd_call *call)
{
    static const uint8_t confirmation[] = {ATT_CONFIRMATION};
    struct sd_link *link = call->link;
    if (link->indicated == 0)
        return SD_INVALID_STATE;
    if (dongle_rpc_number(call->in, "handle") != link->indicated)
        return SD_INVALID_ATTR_HANDLE;
    link->indicated = 0;
    air_send(link->air, AIR_CENTRAL, confirmation, sizeof(confirmation), SD_AIR_OTHER);
    return SD_SUCCESS;
}

/* What arrives */

static void value_arrived(struct sd_link *link, struct bytes_reader *r, uint8_t type)
{
    uint16_t handle = bytes_get_u16(r);
    if (r->failed)
        return;
    if (type == INDICATION)
        link->indicated = handle;
    struct dongle_rpc_values *event = sd_event_on(link);
    dongle_rpc_put(event, "handle", handle);
    dongle_rpc_put(event, "type", type);
    put_rest(r, event);
    sd_event_send(link->sd, "GATTC_HVX", NULL);
}

static void procedure_ended(struct sd_link *link)
{
    const char *name = link->procedure.kind->event;
    sd_gattc_stop(link);
    sd_event_send(link->sd, name, NULL);
}

/* The event of a procedure that failed: the status, and nothing else but the write operation. */
static void procedure_failed(struct sd_link *link, uint16_t gatt_status, uint16_t handle)
{
    struct dongle_rpc_values *event = sd_event_on(link);
    dongle_rpc_put(event, "gatt_status", gatt_status);
    dongle_rpc_put(event, "error_handle", handle);
    dongle_rpc_put(event, "op", link->procedure.op);
    procedure_ended(link);
}

static void error_arrived(struct sd_link *link, struct bytes_reader *r)
{
    const struct sd_procedure_kind *kind = link->procedure.kind;
    uint8_t request = bytes_get_u8(r);
    uint16_t handle = bytes_get_u16(r);
    uint8_t code = bytes_get_u8(r);
    if (!r->failed && kind != NULL && kind->request == request)
        procedure_failed(link, (uint16_t)(GATT_ATT_ERROR + code), handle);
}

static void response_arrived(struct sd_link *link, uint8_t opcode, struct bytes_reader *r)
{
    const struct sd_procedure_kind *kind = link->procedure.kind;
    if (kind == NULL || kind->response != opcode)
        return;
    struct dongle_rpc_values *event = sd_event_on(link);
    dongle_rpc_put(event, "op", link->procedure.op);
    if (kind->fill(link, r, event))
        procedure_ended(link);
    else
        procedure_failed(link, GATT_UNKNOWN, 0);
}

void sd_gattc_receive(struct sd_link *link, const uint8_t *pdu, size_t size)
{
    struct bytes_reader r;
    bytes_reader_init(&r, pdu, size);
    uint8_t opcode = bytes_get_u8(&r);
    if (opcode == ATT_NOTIFICATION || opcode == ATT_INDICATION)
        value_arrived(link, &r, opcode == ATT_NOTIFICATION ? NOTIFICATION : INDICATION);
    else if (opcode == ATT_ERROR)
        error_arrived(link, &r);
    else
        response_arrived(link, opcode, &r);
}

const struct sd_command sd_gattc_commands[] = {
    {"GATTC_PRIMARY_SERVICES_DISCOVER", SD_LINK, discover_services},
    {"GATTC_CHARACTERISTICS_DISCOVER", SD_LINK, discover_characteristics},
    {"GATTC_DESCRIPTORS_DISCOVER", SD_LINK, discover_descriptors},
    {"GATTC_READ", SD_LINK, read_handle},
    {"GATTC_WRITE", SD_LINK, write_handle},
    {"TX_PACKET_COUNT_GET", SD_LINK, packet_count_get},
    {"GATTC_HV_CONFIRM", SD_LINK, hv_confirm},
    {"GATTC_EXCHANGE_MTU_REQUEST", SD_LINK, exchange},
    {NULL, SD_ALWAYS, NULL},
};
