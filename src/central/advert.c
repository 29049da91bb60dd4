/* SPDX-License-Identifier: MIT */
#include "central/advert.h"

#include <string.h>

#include "base/bytes.h"

enum ad_type {
    AD_SERVICES_16_INCOMPLETE = 0x02,
    AD_SERVICES_16 = 0x03,
    AD_SERVICES_32_INCOMPLETE = 0x04,
    AD_SERVICES_32 = 0x05,
    AD_SERVICES_128_INCOMPLETE = 0x06,
    AD_SERVICES_128 = 0x07,
    AD_NAME_SHORT = 0x08,
    AD_NAME = 0x09,
};

/* Bytes per UUID in the service lists, 0 for every other type. */
static const uint8_t uuid_sizes[] = {
    [AD_SERVICES_16_INCOMPLETE] = 2,   [AD_SERVICES_16] = 2,
    [AD_SERVICES_32_INCOMPLETE] = 4,   [AD_SERVICES_32] = 4,
    [AD_SERVICES_128_INCOMPLETE] = 16, [AD_SERVICES_128] = 16,
};

static struct nordfu_uuid expand(const uint8_t *bytes, size_t size)
{
    struct nordfu_uuid uuid = nordfu_uuid16(0);
    memcpy(uuid.bytes + (size == 16 ? 0 : 12), bytes, size);
    return uuid;
}

static bool take_services(struct nordfu_advert *advert, const uint8_t *value, size_t size,
                          size_t uuid_size)
{
    for (; size >= uuid_size; value += uuid_size, size -= uuid_size) {
        if (advert->service_count < NORDFU_ADVERT_MAX_UUIDS)
            advert->services[advert->service_count++] = expand(value, uuid_size);
    }
    return size == 0;
}

/* The longest part of at most `room` bytes that does not end inside a UTF-8 character. */
static size_t cut(const uint8_t *value, size_t size, size_t room)
{
    if (size <= room)
        return size;
    while (room > 0 && (value[room] & 0xC0) == 0x80)
        room--;
    return room;
}

static void take_name(struct nordfu_advert *advert, const uint8_t *value, size_t size,
                      bool complete)
{
    if (advert->name_complete)
        return;
    /* Some devices pad the name with zeros. */
    const uint8_t *end = memchr(value, 0, size);
    if (end != NULL)
        size = (size_t)(end - value);
    size_t fits = cut(value, size, sizeof(advert->name) - 1);
    memcpy(advert->name, value, fits);
    advert->name[fits] = '\0';
    advert->name_complete = complete && fits == size;
}

static bool take_structure(struct nordfu_advert *advert, const uint8_t *structure, size_t size)
{
    uint8_t type = structure[0];
    if (type == AD_NAME || type == AD_NAME_SHORT)
        take_name(advert, structure + 1, size - 1, type == AD_NAME);
    else if (type < sizeof(uuid_sizes) && uuid_sizes[type] != 0)
        return take_services(advert, structure + 1, size - 1, uuid_sizes[type]);
    return true;
}

bool advert_decode(struct nordfu_advert *advert, const void *data, size_t size)
{
    advert->name[0] = '\0';
    advert->name_complete = false;
    advert->service_count = 0;
    struct bytes_reader r;
    bytes_reader_init(&r, data, size);
    while (bytes_left(&r) > 0) {
        uint8_t length = bytes_get_u8(&r);
        /* A length of zero ends the data early. */
        if (length == 0)
            return true;
        const uint8_t *structure = bytes_view(&r, length);
        if (structure == NULL || !take_structure(advert, structure, length))
            return false;
    }
    return true;
}
