/* SPDX-License-Identifier: MIT
 * Discovery: services, their characteristics, their CCCDs. On every connection afresh: handles
 * differ between an application and its bootloader. The peer is not trusted: handles must increase,
 * lists are bounded. */
#include <string.h>

#include "central/central_dongle.h"
#include "dongle/rpc_names.h"

#define MAX_SERVICES        64
#define MAX_QUERIES         32 /* for the descriptors of one characteristic */
#define LAST_HANDLE         0xFFFF
#define ATTRIBUTE_NOT_FOUND 0x010A /* the end of a list */
#define UUID_CCCD           0x2902
#define UUID_TYPE_SIG       1

struct services {
    size_t count;
    struct rpc_service items[MAX_SERVICES];
};

/* Where the declarations of the characteristics of one service stand. */
struct declarations {
    size_t first; /* index of the service's first in the link's list */
    uint16_t handles[NORDFU_MAX_CHARACTERISTICS];
};

static struct nordfu_uuid expand(const struct central_dongle *c, const struct rpc_uuid *uuid)
{
    struct nordfu_uuid full = nordfu_uuid16(uuid->uuid);
    if (uuid->type == UUID_TYPE_SIG)
        return full;
    for (size_t i = 0; i < c->base_count; i++) {
        if (c->bases[i].type != uuid->type)
            continue;
        memcpy(full.bytes, c->bases[i].uuid.bytes, 12);
        memcpy(full.bytes + 14, c->bases[i].uuid.bytes + 14, 2);
        return full;
    }
    /* A base the dongle was not told: nobody asked for it. */
    memset(&full, 0, sizeof(full));
    return full;
}

/* One question and its answer. Sets *end if the list is over. */
static int query(struct central_dongle *c, enum rpc_command command, const void *params,
                 enum rpc_event id, struct dongle_event *event, bool *end, uint64_t deadline,
                 struct nordfu_error *error)
{
    uint32_t status = 0;
    int rc = central_dongle_call(c, command, params, &status, deadline, error);
    if (rc == 0 && status != 0)
        rc = central_dongle_refused(c, "look for the services of", status, error);
    if (rc == 0)
        rc = central_dongle_await(c, id, event, deadline, error);
    if (rc != 0)
        return rc;
    uint16_t gatt_status = event->params.gattc.gatt_status;
    *end = gatt_status != 0;
    if (gatt_status != 0 && gatt_status != ATTRIBUTE_NOT_FOUND)
        nordfu_log(c->log, NORDFU_LOG_WARNING, "The device cut its attribute list short: %s.",
                   rpc_gatt_status_text(gatt_status));
    return 0;
}

static void nonsense(struct central_dongle *c)
{
    nordfu_log(c->log, NORDFU_LOG_WARNING,
               "The device's attribute list makes no sense; the rest of it is left out.");
}

/* Adds what came; returns the handle to go on from, 0 = the list is over. */
static uint16_t add_services(struct central_dongle *c, struct services *services, uint16_t start,
                             const struct rpc_event_gattc_prim_srvc_disc_rsp *rsp)
{
    for (size_t i = 0; i < rsp->count; i++) {
        const struct rpc_handle_range *range = &rsp->services[i].range;
        if (range->start < start || range->end < range->start || services->count == MAX_SERVICES) {
            nonsense(c);
            return 0;
        }
        services->items[services->count++] = rsp->services[i];
        if (range->end == LAST_HANDLE)
            return 0;
        start = (uint16_t)(range->end + 1);
    }
    return rsp->count == 0 ? 0 : start;
}

static int discover_services(struct central_dongle *c, struct services *services, uint64_t deadline,
                             struct nordfu_error *error)
{
    uint16_t start = 1;
    while (start != 0) {
        const struct rpc_gattc_primary_services_discover params = {.conn = c->conn,
                                                                   .start_handle = start};
        struct dongle_event event;
        bool end = false;
        int rc = query(c, RPC_GATTC_PRIMARY_SERVICES_DISCOVER, &params,
                       RPC_EVENT_GATTC_PRIM_SRVC_DISC_RSP, &event, &end, deadline, error);
        if (rc != 0 || end)
            return rc;
        start = add_services(c, services, start, &event.params.gattc_prim_srvc_disc_rsp);
    }
    return 0;
}

/* Adds what came; returns the handle to go on from, 0 = the list is over. */
static uint16_t add_characteristics(struct central_dongle *c, const struct rpc_service *service,
                                    struct declarations *declarations, uint16_t start,
                                    const struct rpc_event_gattc_char_disc_rsp *rsp)
{
    for (size_t i = 0; i < rsp->count; i++) {
        const struct rpc_characteristic *found = &rsp->chars[i];
        size_t index = c->link.characteristic_count;
        if (found->decl_handle < start || found->value_handle <= found->decl_handle ||
            found->value_handle > service->range.end || index == NORDFU_MAX_CHARACTERISTICS) {
            nonsense(c);
            return 0;
        }
        declarations->handles[index] = found->decl_handle;
        c->link.characteristics[index] =
            (struct nordfu_characteristic){.service = expand(c, &service->uuid),
                                           .uuid = expand(c, &found->uuid),
                                           .value_handle = found->value_handle,
                                           .properties = found->props};
        c->link.characteristic_count++;
        if (found->value_handle == service->range.end)
            return 0;
        start = (uint16_t)(found->value_handle + 1);
    }
    return rsp->count == 0 ? 0 : start;
}

static int discover_characteristics(struct central_dongle *c, const struct rpc_service *service,
                                    struct declarations *declarations, uint64_t deadline,
                                    struct nordfu_error *error)
{
    uint16_t start = service->range.start;
    while (start != 0) {
        const struct rpc_gattc_characteristics_discover params = {
            .conn = c->conn, .has_range = true, .range = {start, service->range.end}};
        struct dongle_event event;
        bool end = false;
        int rc = query(c, RPC_GATTC_CHARACTERISTICS_DISCOVER, &params,
                       RPC_EVENT_GATTC_CHAR_DISC_RSP, &event, &end, deadline, error);
        if (rc != 0 || end)
            return rc;
        start =
            add_characteristics(c, service, declarations, start, &event.params.gattc_char_disc_rsp);
    }
    return 0;
}

/* Looks for the CCCD in what came; returns the handle to go on from, 0 = no more need. */
static uint16_t find_cccd(struct nordfu_characteristic *characteristic, uint16_t start,
                          uint16_t last, const struct rpc_event_gattc_desc_disc_rsp *rsp)
{
    for (size_t i = 0; i < rsp->count; i++) {
        const struct rpc_descriptor *found = &rsp->descs[i];
        if (found->handle < start || found->handle > last)
            return 0;
        if (found->uuid.type == UUID_TYPE_SIG && found->uuid.uuid == UUID_CCCD) {
            characteristic->cccd_handle = found->handle;
            return 0;
        }
        if (found->handle == last)
            return 0;
        start = (uint16_t)(found->handle + 1);
    }
    return rsp->count == 0 ? 0 : start;
}

/* `last` is the last handle that belongs to the characteristic. */
static int discover_cccd(struct central_dongle *c, struct nordfu_characteristic *characteristic,
                         uint16_t last, uint64_t deadline, struct nordfu_error *error)
{
    if (characteristic->value_handle >= last ||
        !(characteristic->properties & (NORDFU_PROPERTY_NOTIFY | NORDFU_PROPERTY_INDICATE)))
        return 0;
    uint16_t start = (uint16_t)(characteristic->value_handle + 1);
    for (int queries = 0; start != 0 && queries < MAX_QUERIES; queries++) {
        const struct rpc_gattc_characteristics_discover params = {
            .conn = c->conn, .has_range = true, .range = {start, last}};
        struct dongle_event event;
        bool end = false;
        int rc = query(c, RPC_GATTC_DESCRIPTORS_DISCOVER, &params, RPC_EVENT_GATTC_DESC_DISC_RSP,
                       &event, &end, deadline, error);
        if (rc != 0 || end)
            return rc;
        start = find_cccd(characteristic, start, last, &event.params.gattc_desc_disc_rsp);
    }
    return 0;
}

static int discover_service(struct central_dongle *c, const struct rpc_service *service,
                            uint64_t deadline, struct nordfu_error *error)
{
    struct declarations declarations = {.first = c->link.characteristic_count};
    int rc = discover_characteristics(c, service, &declarations, deadline, error);
    size_t count = c->link.characteristic_count;
    for (size_t i = declarations.first; rc == 0 && i < count; i++) {
        uint16_t last =
            i + 1 < count ? (uint16_t)(declarations.handles[i + 1] - 1) : service->range.end;
        rc = discover_cccd(c, &c->link.characteristics[i], last, deadline, error);
    }
    return rc;
}

int central_dongle_discover(struct central_dongle *c, uint64_t deadline, struct nordfu_error *error)
{
    struct services services = {0};
    c->link.characteristic_count = 0;
    int rc = discover_services(c, &services, deadline, error);
    for (size_t i = 0; rc == 0 && i < services.count; i++)
        rc = discover_service(c, &services.items[i], deadline, error);
    nordfu_log(c->log, NORDFU_LOG_DEBUG, "%zu services, %zu characteristics", services.count,
               c->link.characteristic_count);
    return rc;
}
