/* SPDX-License-Identifier: MIT */
#include "dongle/h5.h"

#include "base/bytes.h"
#include "base/crc.h"

enum {
    NUMBER_MAX = 7,
    TYPE_MAX = 15,
    LENGTH_MAX = 0xFFF,
    CRC_PRESENT = 0x40,
    RELIABLE = 0x80,
};

const char *h5_defect_name(enum h5_defect defect)
{
    static const char *const names[] = {
        [H5_OK] = "ok",
        [H5_TOO_SHORT] = "too_short",
        [H5_HEADER_CHECKSUM] = "header_checksum",
        [H5_LENGTH] = "length",
        [H5_CRC] = "crc",
    };
    return (size_t)defect < sizeof(names) / sizeof(names[0]) ? names[defect] : "unknown";
}

static void encode_header(const struct h5_packet *p, uint8_t header[H5_HEADER_SIZE])
{
    header[0] = (uint8_t)(p->seq | p->ack << 3 | (p->crc_present ? CRC_PRESENT : 0) |
                          (p->reliable ? RELIABLE : 0));
    header[1] = (uint8_t)(p->type | (p->size & 0x0F) << 4);
    header[2] = (uint8_t)(p->size >> 4);
    header[3] = (uint8_t)(0 - (header[0] + header[1] + header[2]));
}

size_t h5_encode(const struct h5_packet *packet, uint8_t *out, size_t capacity)
{
    if (packet->seq > NUMBER_MAX || packet->ack > NUMBER_MAX || packet->type > TYPE_MAX ||
        packet->size > LENGTH_MAX)
        return 0;
    uint8_t header[H5_HEADER_SIZE];
    encode_header(packet, header);
    struct bytes_writer w;
    bytes_writer_init(&w, out, capacity);
    bytes_put(&w, header, sizeof(header));
    bytes_put(&w, packet->payload, packet->size);
    if (packet->crc_present && !w.failed)
        bytes_put_u16(&w, crc16(CRC16_START, out, w.at));
    return w.failed ? 0 : w.at;
}

static size_t payload_size(const uint8_t *header)
{
    return (size_t)(header[1] >> 4) | (size_t)header[2] << 4;
}

enum h5_defect h5_decode(const void *bytes, size_t size, struct h5_packet *packet)
{
    const uint8_t *b = bytes;
    if (size < H5_HEADER_SIZE)
        return H5_TOO_SHORT;
    if ((uint8_t)(b[0] + b[1] + b[2] + b[3]) != 0)
        return H5_HEADER_CHECKSUM;
    bool crc_present = (b[0] & CRC_PRESENT) != 0;
    size_t covered = H5_HEADER_SIZE + payload_size(b);
    if (size != covered + (crc_present ? H5_CRC_SIZE : 0))
        return H5_LENGTH;
    if (crc_present && crc16(CRC16_START, b, covered) != (b[covered] | b[covered + 1] << 8))
        return H5_CRC;
    *packet = (struct h5_packet){
        .seq = b[0] & NUMBER_MAX,
        .ack = b[0] >> 3 & NUMBER_MAX,
        .crc_present = crc_present,
        .reliable = (b[0] & RELIABLE) != 0,
        .type = b[1] & TYPE_MAX,
        .payload = b + H5_HEADER_SIZE,
        .size = payload_size(b),
    };
    return H5_OK;
}
