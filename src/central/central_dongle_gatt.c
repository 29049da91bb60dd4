/* SPDX-License-Identifier: MIT
 * Writes and notifications (connectivity-wire section 13). */
#include <string.h>

#include "central/central_dongle.h"
#include "dongle/rpc_names.h"

#define CCCD_NOTIFY   0x01
#define CCCD_INDICATE 0x02

static struct central_dongle *self_of(struct nordfu_central *self)
{
    return (struct central_dongle *)self;
}

static struct rpc_gattc_write write_params(const struct central_dongle *c, enum rpc_write_op op,
                                           uint16_t handle, const void *bytes, size_t size)
{
    return (struct rpc_gattc_write){
        .conn = c->conn,
        .has_write = true,
        .write = {.op = (uint8_t)op,
                  .handle = handle,
                  .value = {size == 0 ? (const uint8_t *)"" : bytes, size}}};
}

static int check_size(const struct central_dongle *c, size_t size, struct nordfu_error *error)
{
    int rc = central_dongle_check(c, error);
    if (rc == 0 && size > c->link.mtu - 3u)
        rc =
            nordfu_error_set(error, NORDFU_ERR_USAGE,
                             "A write of %zu bytes does not fit the MTU of %u.", size, c->link.mtu);
    return rc;
}

static int judge_write(const struct central_dongle *c, uint16_t handle, uint16_t gatt_status,
                       struct nordfu_error *error)
{
    if (gatt_status == 0)
        return 0;
    return nordfu_error_from(error, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_GATT, gatt_status,
                             "The device %s refused a write to handle 0x%04X: %s (GATT 0x%04X).",
                             central_dongle_peer_text(c).text, handle,
                             rpc_gatt_status_text(gatt_status), gatt_status);
}

/* An answer for another handle is a late one, to a write that was given up. */
static bool answers(const union rpc_event_params *p, uint16_t handle)
{
    if (p->gattc.gatt_status == 0)
        return p->gattc_write_rsp.handle == handle;
    return p->gattc.error_handle == handle || p->gattc.error_handle == 0;
}

int central_dongle_write(struct nordfu_central *self, uint16_t handle, const void *bytes,
                         size_t size, uint64_t deadline, struct nordfu_error *error)
{
    struct central_dongle *c = self_of(self);
    const struct rpc_gattc_write params = write_params(c, RPC_WRITE_REQUEST, handle, bytes, size);
    struct dongle_event event;
    uint32_t status = 0;
    int rc = check_size(c, size, error);
    if (rc != 0)
        return rc;
    rc = central_dongle_call(c, RPC_GATTC_WRITE, &params, &status, deadline, error);
    if (rc == 0 && status != 0)
        rc = central_dongle_refused(c, "write to", status, error);
    do {
        if (rc == 0)
            rc = central_dongle_await(c, RPC_EVENT_GATTC_WRITE_RSP, &event, deadline, error);
    } while (rc == 0 && !answers(&event.params, handle));
    return rc != 0 ? rc : judge_write(c, handle, event.params.gattc.gatt_status, error);
}

int central_dongle_subscribe(struct nordfu_central *self,
                             const struct nordfu_characteristic *characteristic, uint64_t deadline,
                             struct nordfu_error *error)
{
    bool notifies = (characteristic->properties & NORDFU_PROPERTY_NOTIFY) != 0;
    const uint8_t value[2] = {notifies ? CCCD_NOTIFY : CCCD_INDICATE, 0};
    if (characteristic->cccd_handle == 0)
        return nordfu_error_set(error, NORDFU_ERR_REFUSED,
                                "The characteristic at handle 0x%04X of the device can't notify: "
                                "it has no CCCD.",
                                characteristic->value_handle);
    return central_dongle_write(self, characteristic->cccd_handle, value, sizeof(value), deadline,
                                error);
}

/* Waits for a free place in the dongle's queue. */
static int await_credit(struct central_dongle *c, uint64_t deadline, struct nordfu_error *error)
{
    int rc = central_dongle_check(c, error);
    while (rc == 0 && c->in_flight >= c->places)
        rc = central_dongle_await_change(c, &c->completions, c->completions, deadline, error);
    return rc;
}

/* Sends one; *taken tells if the queue had room. */
static int try_command(struct central_dongle *c, const struct rpc_gattc_write *params, bool *taken,
                       uint64_t deadline, struct nordfu_error *error)
{
    uint32_t status = 0;
    /* Counted beforehand: its completion can come together with the response. */
    c->in_flight++;
    int rc = central_dongle_call(c, RPC_GATTC_WRITE, params, &status, deadline, error);
    *taken = rc == 0 && status == 0;
    if (!*taken && c->in_flight > 0)
        c->in_flight--;
    if (rc == 0 && status != 0 && status != c->traits->status_full)
        rc = central_dongle_refused(c, "write to", status, error);
    return rc;
}

int central_dongle_write_command(struct nordfu_central *self, uint16_t handle, const void *bytes,
                                 size_t size, uint64_t deadline, struct nordfu_error *error)
{
    struct central_dongle *c = self_of(self);
    const struct rpc_gattc_write params = write_params(c, RPC_WRITE_COMMAND, handle, bytes, size);
    bool taken = false;
    int rc = check_size(c, size, error);
    while (rc == 0 && !taken) {
        rc = await_credit(c, deadline, error);
        uint32_t before = c->completions;
        if (rc == 0)
            rc = try_command(c, &params, &taken, deadline, error);
        /* Full in spite of the count: the next completion says that there is room, asking again
         * does not. */
        if (rc == 0 && !taken)
            rc = central_dongle_await_change(c, &c->completions, before, deadline, error);
    }
    if (rc == NORDFU_ERR_TIMEOUT)
        return nordfu_error_set(error, rc, "The device %s takes no packets: the queue stays full.",
                                central_dongle_peer_text(c).text);
    return rc;
}

static int take_notification(struct central_dongle *c, uint16_t *handle, void *buffer, size_t size)
{
    const struct central_notification *n = &c->notifications[c->notification_first];
    size_t fits = n->size < size ? n->size : size;
    if (fits > 0)
        memcpy(buffer, n->bytes, fits);
    *handle = n->handle;
    c->notification_first = (c->notification_first + 1) % CENTRAL_NOTIFICATIONS;
    c->notification_count--;
    return (int)fits;
}

int central_dongle_receive(struct nordfu_central *self, uint16_t *handle, void *buffer, size_t size,
                           uint64_t deadline, struct nordfu_error *error)
{
    struct central_dongle *c = self_of(self);
    while (c->notification_count == 0) {
        int rc = central_dongle_check(c, error);
        if (rc != 0)
            return rc;
        if (dongle_now(c->dongle) >= deadline)
            return nordfu_error_set(error, NORDFU_ERR_TIMEOUT,
                                    "The device %s sent no notification in time.",
                                    central_dongle_peer_text(c).text);
        rc = dongle_turn(c->dongle, deadline, error);
        if (rc != 0)
            return rc;
    }
    return take_notification(c, handle, buffer, size);
}

/* Without any link there is none to lose: then it is a mere wait. */
int central_dongle_wait(struct nordfu_central *self, uint64_t until, struct nordfu_error *error)
{
    struct central_dongle *c = self_of(self);
    for (;;) {
        int rc = c->state == CENTRAL_LINK_NONE ? 0 : central_dongle_check(c, error);
        if (rc != 0 || dongle_now(c->dongle) >= until)
            return rc;
        rc = dongle_turn(c->dongle, until, error);
        if (rc != 0)
            return rc;
    }
}
