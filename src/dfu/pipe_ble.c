/* SPDX-License-Identifier: MIT */
#include "dfu/pipe_ble.h"

#include "dfu/gatt.h"

/* An SDK 15+ bootloader's receive buffers have 244 bytes whatever the MTU; flash is written in
 * words of 4. */
#define PACKET_MAX 244
#define ATT_HEADER 3

#define FOREIGN_MOST 256 /* notifications of other characteristics skipped in one receive */

static struct pipe_ble *ble_of(struct pipe *self)
{
    return (struct pipe_ble *)self; /* its first member */
}

static int ble_control(struct pipe *self, const void *request, size_t size, uint64_t deadline,
                       struct nordfu_error *error)
{
    struct pipe_ble *ble = ble_of(self);
    return nordfu_central_write(ble->central, ble->control, request, size, deadline, error);
}

static int ble_data(struct pipe *self, const void *bytes, size_t size, uint64_t deadline,
                    struct nordfu_error *error)
{
    struct pipe_ble *ble = ble_of(self);
    return nordfu_central_write_command(ble->central, ble->packet, bytes, size, deadline, error);
}

static int ble_receive(struct pipe *self, void *buffer, size_t size, uint64_t deadline,
                       struct nordfu_error *error)
{
    struct pipe_ble *ble = ble_of(self);
    for (int i = 0; i < FOREIGN_MOST; i++) {
        uint16_t handle = 0;
        int n = nordfu_central_receive(ble->central, &handle, buffer, size, deadline, error);
        if (n < 0 || handle == ble->control)
            return n;
    }
    return nordfu_error_set(error, NORDFU_ERR_TRANSFER,
                            "The device sent %d notifications and none from its DFU Control Point; "
                            "reset it and try again.",
                            FOREIGN_MOST);
}

static int ble_wait(struct pipe *self, uint64_t until, struct nordfu_error *error)
{
    return nordfu_central_wait(ble_of(self)->central, until, error);
}

static uint64_t ble_now(const struct pipe *self)
{
    return nordfu_central_now(((const struct pipe_ble *)self)->central);
}

static const struct pipe_ops ble_ops = {
    .control = ble_control,
    .data = ble_data,
    .receive = ble_receive,
    .wait = ble_wait,
    .now = ble_now,
};

int pipe_ble_init(struct pipe_ble *ble, struct nordfu_central *central, uint64_t deadline,
                  struct nordfu_error *error)
{
    const struct nordfu_link *link = nordfu_central_link(central);
    if (link == NULL)
        return nordfu_error_set(error, NORDFU_ERR_LINK, "There is no link to the device.");
    const struct nordfu_characteristic *control = gatt_find(link, GATT_CONTROL_POINT);
    const struct nordfu_characteristic *packet = gatt_find(link, GATT_PACKET);
    if (control == NULL || packet == NULL)
        return nordfu_error_set(error, NORDFU_ERR_NOT_FOUND,
                                "The device lacks a characteristic of the Secure DFU service (%s); "
                                "its bootloader can't be used.",
                                control == NULL ? "Control Point" : "Packet");
    size_t payload = link->mtu > ATT_HEADER ? link->mtu - ATT_HEADER : 0;
    *ble = (struct pipe_ble){
        .pipe = {.ops = &ble_ops,
                 .packet_size = (payload < PACKET_MAX ? payload : PACKET_MAX) / 4 * 4},
        .central = central,
        .control = control->value_handle,
        .packet = packet->value_handle,
    };
    if (ble->pipe.packet_size == 0)
        return nordfu_error_set(error, NORDFU_ERR_LINK, "The MTU %u leaves no room for data.",
                                link->mtu);
    return nordfu_central_subscribe(central, control, deadline, error);
}
