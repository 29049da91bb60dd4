/*
 * SPDX-License-Identifier: MIT
 * The GATT tables of a device: its application's, and its bootloader's for everybody or for a
 * bonded peer.
 */
#ifndef NORDFU_SIM_DEVICE_GATT_H
#define NORDFU_SIM_DEVICE_GATT_H

#include "sim/device.h"
#include "sim/peripheral.h"

#define DEVICE_GATT_SERVICES 4

/* The characteristics a device acts on; NULL where a table lacks them. */
struct device_gatt {
    struct peripheral_characteristic gap[4];
    struct peripheral_characteristic own[2]; /* of the last service */
    struct peripheral_service services[DEVICE_GATT_SERVICES];
    size_t count;
    const struct peripheral_characteristic *buttonless, *packet, *control, *service_changed;
};

/* `name` is what reading the device name gives; it must outlive the table. `mtu` limits writes. The
 * table must not be moved. */
void device_gatt_application(struct device_gatt *gatt, const char *name,
                             enum sim_buttonless buttonless, uint16_t mtu);
void device_gatt_bootloader(struct device_gatt *gatt, const char *name, bool bonded, uint16_t mtu);

#endif
