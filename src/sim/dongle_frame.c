/* SPDX-License-Identifier: MIT */
#include "sim/dongle_frame.h"

#include <string.h>

#include "base/crc.h"

enum {
    HEADER = 4,
    DELIMITER = 0xC0,
    ESCAPE = 0xDB,
    ESCAPED_DELIMITER = 0xDC,
    ESCAPED_ESCAPE = 0xDD,
};

enum dongle_frame_check dongle_frame_decode(struct dongle_frame *out, const uint8_t *bytes,
                                            size_t size)
{
    if (size < HEADER)
        return DONGLE_FRAME_TOO_SHORT;
    if (((bytes[0] + bytes[1] + bytes[2] + bytes[3]) & 0xFF) != 0)
        return DONGLE_FRAME_CHECKSUM;
    *out = (struct dongle_frame){
        .seq = bytes[0] & 7,
        .ack = (bytes[0] >> 3) & 7,
        .crc = (bytes[0] >> 6) & 1,
        .reliable = bytes[0] >> 7,
        .type = bytes[1] & 15,
        .payload = bytes + HEADER,
        .size = (size_t)(bytes[1] >> 4) | (size_t)bytes[2] << 4,
    };
    if (size != HEADER + out->size + (out->crc ? 2u : 0u))
        return DONGLE_FRAME_LENGTH;
    if (!out->crc)
        return DONGLE_FRAME_GOOD;
    uint16_t crc = crc16(CRC16_START, bytes, size - 2);
    bool same = bytes[size - 2] == (crc & 0xFF) && bytes[size - 1] == crc >> 8;
    return same ? DONGLE_FRAME_GOOD : DONGLE_FRAME_CRC;
}

size_t dongle_frame_encode(uint8_t *out, const struct dongle_frame *frame)
{
    out[0] = (uint8_t)(frame->seq | frame->ack << 3 | frame->crc << 6 | frame->reliable << 7);
    out[1] = (uint8_t)(frame->type | (frame->size & 15) << 4);
    out[2] = (uint8_t)(frame->size >> 4);
    out[3] = (uint8_t) - (out[0] + out[1] + out[2]);
    if (frame->size > 0)
        memcpy(out + HEADER, frame->payload, frame->size);
    size_t size = HEADER + frame->size;
    if (!frame->crc)
        return size;
    uint16_t crc = crc16(CRC16_START, out, size);
    out[size++] = (uint8_t)crc;
    out[size++] = (uint8_t)(crc >> 8);
    return size;
}

size_t dongle_slip_encode(uint8_t *out, const uint8_t *bytes, size_t size)
{
    size_t n = 0;
    out[n++] = DELIMITER;
    for (size_t i = 0; i < size; i++) {
        bool special = bytes[i] == DELIMITER || bytes[i] == ESCAPE;
        if (special)
            out[n++] = ESCAPE;
        out[n++] = !special ? bytes[i] : bytes[i] == DELIMITER ? ESCAPED_DELIMITER : ESCAPED_ESCAPE;
    }
    out[n++] = DELIMITER;
    return n;
}

void dongle_slip_init(struct dongle_slip *slip, uint8_t *frame, size_t capacity)
{
    *slip = (struct dongle_slip){.frame = frame, .capacity = capacity};
}

/* A delimiter: starts a frame, goes on starting it (empty frames don't count), or ends it. */
static enum dongle_slip_result delimit(struct dongle_slip *slip)
{
    if (slip->state == DONGLE_SLIP_OUTSIDE ||
        (slip->state == DONGLE_SLIP_INSIDE && slip->size == 0)) {
        slip->state = DONGLE_SLIP_INSIDE;
        slip->size = 0;
        return DONGLE_SLIP_MORE;
    }
    enum dongle_slip_result result = slip->state == DONGLE_SLIP_INSIDE ? DONGLE_SLIP_FRAME
                                     : slip->state == DONGLE_SLIP_FULL ? DONGLE_SLIP_LONG
                                                                       : DONGLE_SLIP_SPOILED;
    slip->state = DONGLE_SLIP_OUTSIDE;
    return result;
}

enum dongle_slip_result dongle_slip_feed(struct dongle_slip *slip, uint8_t byte)
{
    if (byte == DELIMITER)
        return delimit(slip);
    if (slip->state != DONGLE_SLIP_INSIDE && slip->state != DONGLE_SLIP_ESCAPED)
        return DONGLE_SLIP_MORE;
    if (slip->state == DONGLE_SLIP_INSIDE && byte == ESCAPE) {
        slip->state = DONGLE_SLIP_ESCAPED;
        return DONGLE_SLIP_MORE;
    }
    if (slip->state == DONGLE_SLIP_ESCAPED) {
        if (byte != ESCAPED_DELIMITER && byte != ESCAPED_ESCAPE) {
            slip->state = DONGLE_SLIP_BAD;
            return DONGLE_SLIP_MORE;
        }
        byte = byte == ESCAPED_DELIMITER ? DELIMITER : ESCAPE;
        slip->state = DONGLE_SLIP_INSIDE;
    }
    if (slip->size == slip->capacity)
        slip->state = DONGLE_SLIP_FULL;
    else
        slip->frame[slip->size++] = byte;
    return DONGLE_SLIP_MORE;
}
