/*
 * SPDX-License-Identifier: MIT
 * The application's way into the bootloader (dfu-protocol.md D.2, D.3).
 */
#include <string.h>

#include "sim/device_internal.h"

#define MAX_GIVEN_NAME 20u

enum buttonless_op {
    BUTTONLESS_ENTER = 0x01,
    BUTTONLESS_SET_NAME = 0x02,
    BUTTONLESS_RESPONSE = 0x20,
};

enum buttonless_status {
    BUTTONLESS_OK = 0x01,
    BUTTONLESS_NOT_SUPPORTED = 0x02,
    BUTTONLESS_FAILED = 0x04,
    BUTTONLESS_BAD_NAME = 0x05,
    BUTTONLESS_BUSY = 0x06,
    BUTTONLESS_NOT_BONDED = 0x07,
};

static enum sim_set_name set_name_of(const struct sim_device *d)
{
    if (d->config.buttonless != SIM_BUTTONLESS_UNBONDED)
        return SIM_SET_NAME_UNSUPPORTED;
    if (d->config.set_name != SIM_SET_NAME_PROFILE)
        return d->config.set_name;
    return d->profile->set_name ? SIM_SET_NAME_OK : SIM_SET_NAME_UNSUPPORTED;
}

static uint8_t take_name(struct sim_device *d, const uint8_t *bytes, size_t size)
{
    enum sim_set_name allowed = set_name_of(d);
    if (allowed == SIM_SET_NAME_UNSUPPORTED)
        return BUTTONLESS_NOT_SUPPORTED;
    if (size < 2 || bytes[1] == 0 || bytes[1] > MAX_GIVEN_NAME || size != 2u + bytes[1])
        return BUTTONLESS_BAD_NAME;
    if (allowed == SIM_SET_NAME_REFUSED)
        return BUTTONLESS_FAILED;
    memcpy(d->given_name, bytes + 2, bytes[1]);
    d->given_name[bytes[1]] = 0;
    return BUTTONLESS_OK;
}

static uint8_t enter(struct sim_device *d)
{
    bool bonded = d->config.buttonless == SIM_BUTTONLESS_BONDED;
    return bonded && !device_security_hand_over(d) ? BUTTONLESS_NOT_BONDED : BUTTONLESS_OK;
}

static bool answer(struct sim_device *d, const uint8_t bytes[3])
{
    struct device_side *side = device_running(d);
    if (d->config.buttonless == SIM_BUTTONLESS_SDK12)
        return peripheral_notify(side->server, side->gatt.buttonless, bytes, 3);
    return peripheral_indicate(side->server, side->gatt.buttonless, bytes, 3);
}

/* The jump itself waits for the confirmation; a notification has none. */
void device_buttonless_written(struct sim_device *d, const uint8_t *bytes, size_t size)
{
    uint8_t status = BUTTONLESS_NOT_SUPPORTED;
    if (size == 0)
        return;
    if (d->jumps)
        status = BUTTONLESS_BUSY;
    else if (bytes[0] == BUTTONLESS_ENTER)
        status = enter(d);
    else if (bytes[0] == BUTTONLESS_SET_NAME)
        status = take_name(d, bytes, size);
    const uint8_t response[3] = {BUTTONLESS_RESPONSE, bytes[0], status};
    sim_log(d->world, "device.buttonless", "device=%s op=%02x status=%02x", d->label,
            (unsigned)bytes[0], (unsigned)status);
    if (!answer(d, response) || bytes[0] != BUTTONLESS_ENTER || status != BUTTONLESS_OK)
        return;
    if (d->config.buttonless == SIM_BUTTONLESS_SDK12)
        device_leave(d, true);
    else
        d->jumps = true;
}

void device_buttonless_confirmed(struct sim_device *d)
{
    if (d->jumps)
        device_leave(d, true);
}
