/* SPDX-License-Identifier: MIT */
#include "nordfu/central.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

void nordfu_address_format(const struct nordfu_address *address, char text[NORDFU_ADDRESS_TEXT])
{
    const uint8_t *b = address->bytes;
    snprintf(text, NORDFU_ADDRESS_TEXT, "%02X:%02X:%02X:%02X:%02X:%02X", b[5], b[4], b[3], b[2],
             b[1], b[0]);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_address(uint8_t bytes[6], const char *text)
{
    for (int i = 5; i >= 0; i--) {
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
        text += 2;
        if (i > 0 && (*text == ':' || *text == '-'))
            text++;
    }
    return *text == '\0';
}

int nordfu_address_parse(struct nordfu_address *address, const char *text,
                         struct nordfu_error *error)
{
    *address = (struct nordfu_address){0};
    if (!parse_address(address->bytes, text))
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "'%.40s' is no Bluetooth address; it must be exactly 6 bytes HEX, "
                                "e.g. ABCDEF123456 or AB:CD:EF:12:34:56.",
                                text);
    bool is_static = (address->bytes[5] & 0xC0) == 0xC0;
    address->type = is_static ? NORDFU_ADDRESS_RANDOM_STATIC : NORDFU_ADDRESS_PUBLIC;
    return 0;
}

bool nordfu_address_equal(const struct nordfu_address *a, const struct nordfu_address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

struct nordfu_uuid nordfu_uuid16(uint16_t value)
{
    /* 0000xxxx-0000-1000-8000-00805F9B34FB */
    struct nordfu_uuid uuid = {{0xFB, 0x34, 0x9B, 0x5F, 0x80, 0x00, 0x00, 0x80, 0x00, 0x10}};
    uuid.bytes[12] = (uint8_t)value;
    uuid.bytes[13] = (uint8_t)(value >> 8);
    return uuid;
}

bool nordfu_uuid_equal(const struct nordfu_uuid *a, const struct nordfu_uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

int nordfu_central_scan(struct nordfu_central *central,
                        bool (*report)(void *context, const struct nordfu_advert *advert),
                        void *context, uint64_t deadline, struct nordfu_error *error)
{
    return central->ops->scan(central, report, context, deadline, error);
}

int nordfu_central_connect(struct nordfu_central *central, const struct nordfu_connect_wish *wish,
                           uint64_t deadline, struct nordfu_error *error)
{
    return central->ops->connect(central, wish, deadline, error);
}

int nordfu_central_pair(struct nordfu_central *central, struct nordfu_bond *bond, uint64_t deadline,
                        struct nordfu_error *error)
{
    if (central->ops->pair == NULL)
        return nordfu_error_set(error, NORDFU_ERR_UNSUPPORTED, "%s can't pair with devices.",
                                central->description);
    return central->ops->pair(central, bond, deadline, error);
}

int nordfu_central_disconnect(struct nordfu_central *central, uint64_t deadline,
                              struct nordfu_error *error)
{
    return central->ops->disconnect(central, deadline, error);
}

int nordfu_central_subscribe(struct nordfu_central *central,
                             const struct nordfu_characteristic *characteristic, uint64_t deadline,
                             struct nordfu_error *error)
{
    return central->ops->subscribe(central, characteristic, deadline, error);
}

int nordfu_central_write(struct nordfu_central *central, uint16_t handle, const void *bytes,
                         size_t size, uint64_t deadline, struct nordfu_error *error)
{
    return central->ops->write(central, handle, bytes, size, deadline, error);
}

int nordfu_central_write_command(struct nordfu_central *central, uint16_t handle, const void *bytes,
                                 size_t size, uint64_t deadline, struct nordfu_error *error)
{
    return central->ops->write_command(central, handle, bytes, size, deadline, error);
}

int nordfu_central_receive(struct nordfu_central *central, uint16_t *handle, void *buffer,
                           size_t size, uint64_t deadline, struct nordfu_error *error)
{
    return central->ops->receive(central, handle, buffer, size, deadline, error);
}

int nordfu_central_wait(struct nordfu_central *central, uint64_t until, struct nordfu_error *error)
{
    return central->ops->wait(central, until, error);
}

const struct nordfu_link *nordfu_central_link(const struct nordfu_central *central)
{
    return central->ops->link(central);
}

uint64_t nordfu_central_now(const struct nordfu_central *central)
{
    return central->ops->now(central);
}

void nordfu_central_free(struct nordfu_central **central)
{
    if (central == NULL || *central == NULL)
        return;
    (*central)->ops->close(*central);
    *central = NULL;
}
