/* SPDX-License-Identifier: MIT
 * Data packets: into RAM (init packet) or to the flash (image).
 *
 * SDK 15 and newer write each packet as it comes, out of a number of buffers. Older ones gather 256
 * bytes, have no count of buffers, and when the flash takes nothing more they tell an offset that
 * is back at the object's beginning.
 */
#include <string.h>

#include "base/crc.h"
#include "sim/bootloader_internal.h"

static void count_lost(struct bootloader *b)
{
    b->stats.packets_lost++;
    b->lost++;
}

/* The packet vanishes; only the offset that stays behind tells. */
static void lose(struct bootloader *b, const char *why)
{
    count_lost(b);
    NOTE(b, "lost", "why=%s offset=%u", why, (unsigned)b->settings.progress.image_offset);
}

static void data_written(void *context)
{
    struct bootloader *b = context;
    b->buffers--;
    bootloader_poll(b);
}

static enum dfu_result take_command(struct bootloader *b, const uint8_t *bytes, uint32_t size)
{
    struct settings_progress *p = &b->settings.progress;
    if (size > p->command_size - p->command_offset)
        return RESULT_PARAMETER;
    memcpy(b->settings.init + p->command_offset, bytes, size);
    p->command_offset += size;
    p->command_crc = crc32(p->command_crc, bytes, size);
    return RESULT_SUCCESS;
}

void data_begin(struct bootloader *b)
{
    b->chunk_size = 0;
    b->write_offset = b->settings.progress.image_offset_last;
}

/* True if the flash takes it: not when its queue is full or the address is no word's. Bytes behind
 * the last whole word are forgotten, as in the original, where the CRC of an image of odd size is
 * right and its hash is not. */
static bool write_data(struct bootloader *b, uint32_t address, const uint8_t *bytes, uint32_t size)
{
    uint32_t whole = size & ~3u;
    if (whole == 0)
        return true;
    if (!store_has_room(b, 1) || !flash_write(b->flash, address, bytes, whole, data_written, b)) {
        lose(b, "flash");
        return false;
    }
    b->buffers++;
    return true;
}

static void advance(struct bootloader *b, const uint8_t *bytes, uint32_t size)
{
    struct settings_progress *p = &b->settings.progress;
    p->image_offset += size;
    p->image_crc = crc32(p->image_crc, bytes, size);
}

/* What was gathered goes to the flash. If that takes nothing, the object has to be sent again: the
 * offset says so, and what still comes leads nowhere. */
static void write_chunk(struct bootloader *b)
{
    struct settings_progress *p = &b->settings.progress;
    uint32_t end = p->image_offset_last + p->object_size;
    bool inside = b->write_offset + b->chunk_size <= end;
    if (!inside || !write_data(b, b->image_address + b->write_offset, b->chunk, b->chunk_size)) {
        p->image_offset = p->image_offset_last;
        p->image_crc = p->image_crc_last;
    }
    b->write_offset += b->chunk_size;
    b->chunk_size = 0;
}

static void gather(struct bootloader *b, const uint8_t *bytes, uint32_t size)
{
    const struct settings_progress *p = &b->settings.progress;
    advance(b, bytes, size);
    while (size > 0) {
        uint32_t room = b->profile->chunk - b->chunk_size;
        uint32_t taken = size < room ? size : room;
        memcpy(b->chunk + b->chunk_size, bytes, taken);
        b->chunk_size += taken;
        bytes += taken;
        size -= taken;
        if (b->chunk_size == b->profile->chunk)
            write_chunk(b);
    }
    if (b->chunk_size > 0 && p->image_offset - p->image_offset_last == p->object_size)
        write_chunk(b);
}

/* RESULT_FAILED stands for a packet that was lost without a word. */
static enum dfu_result take_data(struct bootloader *b, const uint8_t *bytes, uint32_t size)
{
    const struct settings_progress *p = &b->settings.progress;
    if (!b->init_valid)
        return RESULT_NOT_PERMITTED;
    if (size > p->object_size - (p->image_offset - p->image_offset_last))
        return RESULT_PARAMETER;
    b->stats.bytes += size;
    if (b->profile->chunk != 0) {
        gather(b, bytes, size);
    } else if (write_data(b, b->image_address + p->image_offset, bytes, size)) {
        advance(b, bytes, size);
    } else {
        b->stats.bytes -= size;
        return RESULT_FAILED;
    }
    return RESULT_SUCCESS;
}

static void notify_receipt(struct bootloader *b, enum dfu_result result)
{
    if (b->prn == 0 || --b->prn_left > 0)
        return;
    b->prn_left = b->prn;
    if (result == RESULT_SUCCESS)
        object_report(b);
    else
        bootloader_answer_result(b, OP_CRC, result);
}

static void take_packet(struct bootloader *b, const uint8_t *bytes, size_t size)
{
    bool full = b->profile->buffers != 0 && b->buffers >= b->profile->buffers;
    if (full || size > b->profile->mtu - 3u) {
        lose(b, "buffers");
        return;
    }
    enum dfu_result result = RESULT_OBJECT;
    if (b->object == OBJECT_COMMAND)
        result = take_command(b, bytes, (uint32_t)size);
    else if (b->object == OBJECT_DATA)
        result = take_data(b, bytes, (uint32_t)size);
    if (result == RESULT_FAILED)
        return;
    if (result == RESULT_SUCCESS)
        b->stats.packets++;
    else
        NOTE(b, "refused", "data=%zu result=%02X", size, (unsigned)result);
    notify_receipt(b, result);
}

void bootloader_data(struct bootloader *b, const uint8_t *bytes, size_t size)
{
    const struct bootloader_watch *watch = b->watch;
    if (!b->running || b->activating || size == 0)
        return;
    if (watch != NULL && watch->packet != NULL)
        bytes = watch->packet(b->watch_context, bytes, size);
    if (bytes != NULL)
        take_packet(b, bytes, size);
    else
        count_lost(b);
    /* Last: it may cut the power. */
    if (watch != NULL && watch->taken != NULL)
        watch->taken(b->watch_context);
}
