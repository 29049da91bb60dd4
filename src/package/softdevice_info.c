/* SPDX-License-Identifier: MIT */
#include "package/softdevice_info.h"

#include <string.h>

#include "base/bytes.h"

enum {
    FIRST_PLACE = 0x3000,
    LAST_PLACE = 0x7000,
    PLACE_STEP = 0x1000,
    MBR_SIZE = 0x1000,
    MAGIC_OFFSET = 4,
    FWID_END = 0x0E,
    NUMBER_END = 0x14,
    VERSION_END = 0x18,
};

#define MAGIC 0x51B1E5DBu

static bool is_magic(const uint8_t bytes[4])
{
    struct bytes_reader r;
    bytes_reader_init(&r, bytes, 4);
    return bytes_get_u32(&r) == MAGIC;
}

bool softdevice_info_decode(struct softdevice_info *out, const uint8_t *bytes, size_t size)
{
    if (size < FWID_END || bytes[0] < FWID_END || !is_magic(bytes + MAGIC_OFFSET))
        return false;
    struct bytes_reader r;
    size_t own = bytes[0] < size ? bytes[0] : size;
    bytes_reader_init(&r, bytes, own);
    bytes_get(&r, NULL, 8);
    out->end = bytes_get_u32(&r);
    out->fwid = bytes_get_u16(&r);
    bytes_get(&r, NULL, 2);
    out->has_number = own >= NUMBER_END;
    out->has_version = own >= VERSION_END;
    out->has_unique = own >= SOFTDEVICE_INFO_MAX;
    out->number = bytes_get_u32(&r);
    out->version = bytes_get_u32(&r);
    memset(out->unique, 0, sizeof(out->unique));
    bytes_get(&r, out->unique, sizeof(out->unique));
    return true;
}

static bool has_magic(const struct ihex *ihex, uint32_t place)
{
    uint8_t bytes[4];
    return ihex_get(ihex, place + MAGIC_OFFSET, bytes, sizeof(bytes)) && is_magic(bytes);
}

bool softdevice_info_find(struct softdevice_info *out, const struct ihex *ihex)
{
    for (uint32_t place = FIRST_PLACE; place <= LAST_PLACE; place += PLACE_STEP) {
        uint8_t bytes[SOFTDEVICE_INFO_MAX];
        size_t size = sizeof(bytes);
        while (size > 0 && !ihex_get(ihex, place, bytes, size))
            size--;
        if (softdevice_info_decode(out, bytes, size)) {
            out->address = place;
            return true;
        }
    }
    return false;
}

uint32_t softdevice_info_floor(const struct ihex *ihex)
{
    if (has_magic(ihex, FIRST_PLACE))
        return MBR_SIZE;
    for (uint32_t place = FIRST_PLACE + PLACE_STEP; place <= LAST_PLACE; place += PLACE_STEP)
        if (has_magic(ihex, place))
            return FIRST_PLACE;
    return MBR_SIZE;
}
