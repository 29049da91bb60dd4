/* SPDX-License-Identifier: MIT
 * UUIDs of Nordic's DFU services as the protocol's description has them, not as the code under test
 * does. */
#ifndef NORDFU_TESTS_DFU_UUID_H
#define NORDFU_TESTS_DFU_UUID_H

#include "nordfu/central.h"

/* xxxxxxxx-F315-4F60-9FB8-838830DAEA50 */
static inline struct nordfu_uuid nordic(uint32_t head)
{
    struct nordfu_uuid uuid = {
        {0x50, 0xEA, 0xDA, 0x30, 0x88, 0x83, 0xB8, 0x9F, 0x60, 0x4F, 0x15, 0xF3}};
    for (int i = 0; i < 4; i++)
        uuid.bytes[12 + i] = (uint8_t)(head >> 8 * i);
    return uuid;
}

#endif
