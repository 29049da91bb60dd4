/*
 * SPDX-License-Identifier: MIT
 * Handles come out as SoftDevices number them: GAP 1 to 9, GATT from A, the application's services
 * behind. A bootloader without bonds has no Service Changed, so its DFU service begins at B
 * (connectivity-wire.md 15), with bonds at E, an application's elsewhere: nobody can get by with
 * remembered handles.
 */
#include "sim/device_gatt.h"

#include <string.h>

#define UUID16(value)                                                                              \
    {                                                                                              \
        2,                                                                                         \
        {                                                                                          \
            (value) & 0xFF, (value) >> 8                                                           \
        }                                                                                          \
    }
/* 8EC9xxxx-F315-4F60-9FB8-838830DAEA50 */
#define UUID_DFU(value)                                                                            \
    {                                                                                              \
        16,                                                                                        \
        {                                                                                          \
            0x50, 0xEA, 0xDA, 0x30, 0x88, 0x83, 0xB8, 0x9F, 0x60, 0x4F, 0x15, 0xF3, (value), 0x00, \
                0xC9, 0x8E                                                                         \
        }                                                                                          \
    }

/* 8E400001-F315-4F60-9FB8-838830DAEA50 */
#define UUID_SDK12                                                                                 \
    {                                                                                              \
        16,                                                                                        \
        {                                                                                          \
            0x50, 0xEA, 0xDA, 0x30, 0x88, 0x83, 0xB8, 0x9F, 0x60, 0x4F, 0x15, 0xF3, 0x01, 0x00,    \
                0x40, 0x8E                                                                         \
        }                                                                                          \
    }

static const uint8_t no_appearance[2];
static const uint8_t preferred_parameters[8] = {0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF};
static const uint8_t no_address_resolution[1];
static const uint8_t chest[1] = {1};

static const struct peripheral_characteristic gap_template[4] = {
    {UUID16(0x2A00), PERIPHERAL_READ, false, 0, NULL, 0, false},
    {UUID16(0x2A01), PERIPHERAL_READ, false, 0, no_appearance, sizeof(no_appearance), false},
    {UUID16(0x2A04), PERIPHERAL_READ, false, 0, preferred_parameters, sizeof(preferred_parameters),
     false},
    {UUID16(0x2AA6), PERIPHERAL_READ, false, 0, no_address_resolution,
     sizeof(no_address_resolution), false},
};

static const struct peripheral_characteristic service_changed[1] = {
    {UUID16(0x2A05), PERIPHERAL_INDICATE, false, 0, NULL, 0, false},
};

/* A heart rate sensor, as a user's application. */
static const struct peripheral_characteristic heart_rate[2] = {
    {UUID16(0x2A37), PERIPHERAL_NOTIFY, false, 0, NULL, 0, false},
    {UUID16(0x2A38), PERIPHERAL_READ, false, 0, chest, sizeof(chest), false},
};

static const struct peripheral_characteristic buttonless_templates[] = {
    [SIM_BUTTONLESS_UNBONDED] = {UUID_DFU(3), PERIPHERAL_WRITE | PERIPHERAL_INDICATE, true, 0, NULL,
                                 0, false},
    [SIM_BUTTONLESS_BONDED] = {UUID_DFU(4), PERIPHERAL_WRITE | PERIPHERAL_INDICATE, true, 0, NULL,
                               0, true},
    [SIM_BUTTONLESS_SDK12] = {UUID_SDK12, PERIPHERAL_WRITE | PERIPHERAL_NOTIFY, true, 0, NULL, 0,
                              false},
};

static const struct peripheral_characteristic dfu_template[2] = {
    {UUID_DFU(2), PERIPHERAL_WRITE_COMMAND, false, 0, NULL, 0, false},
    {UUID_DFU(1), PERIPHERAL_WRITE | PERIPHERAL_NOTIFY, true, 0, NULL, 0, false},
};

static void add(struct device_gatt *gatt, const struct peripheral_uuid *uuid,
                const struct peripheral_characteristic *characteristics, size_t count)
{
    gatt->services[gatt->count++] = (struct peripheral_service){*uuid, characteristics, count};
}

static void begin(struct device_gatt *gatt, const char *name, bool changes)
{
    static const struct peripheral_uuid access = UUID16(0x1800), attributes = UUID16(0x1801);
    memset(gatt, 0, sizeof(*gatt));
    memcpy(gatt->gap, gap_template, sizeof(gap_template));
    gatt->gap[0].value = name;
    gatt->gap[0].value_size = strlen(name);
    add(gatt, &access, gatt->gap, 4);
    add(gatt, &attributes, changes ? service_changed : NULL, changes ? 1 : 0);
    gatt->service_changed = changes ? service_changed : NULL;
}

static const struct peripheral_uuid dfu_service = UUID16(0xFE59);

void device_gatt_application(struct device_gatt *gatt, const char *name,
                             enum sim_buttonless buttonless, uint16_t mtu)
{
    static const struct peripheral_uuid heart = UUID16(0x180D), sdk12_service = UUID_SDK12;
    begin(gatt, name, true);
    add(gatt, &heart, heart_rate, 2);
    if (buttonless == SIM_BUTTONLESS_NONE)
        return;
    gatt->own[0] = buttonless_templates[buttonless];
    gatt->own[0].max_size = (uint16_t)(mtu - 3);
    gatt->buttonless = &gatt->own[0];
    add(gatt, buttonless == SIM_BUTTONLESS_SDK12 ? &sdk12_service : &dfu_service, gatt->own, 1);
}

void device_gatt_bootloader(struct device_gatt *gatt, const char *name, bool bonded, uint16_t mtu)
{
    begin(gatt, name, bonded);
    for (int i = 0; i < 2; i++) {
        gatt->own[i] = dfu_template[i];
        gatt->own[i].max_size = (uint16_t)(mtu - 3);
        gatt->own[i].secure = bonded;
    }
    gatt->packet = &gatt->own[0];
    gatt->control = &gatt->own[1];
    add(gatt, &dfu_service, gatt->own, 2);
}
