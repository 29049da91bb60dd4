/* SPDX-License-Identifier: MIT
 * Requests about the two objects, init packet (command) and image (data). */
#include <string.h>

#include "base/crc.h"
#include "sim/bootloader_internal.h"

#define OWED_MAX 8 /* unanswered data executes; the original's event queue is short, too */

static void forget_progress(struct bootloader *b)
{
    memset(&b->settings.progress, 0, sizeof(b->settings.progress));
    b->init_valid = false;
    b->image_size = 0;
}

static void log_result(struct bootloader *b, const char *what, uint8_t object,
                       struct init_verdict verdict)
{
    sim_log(b->world, what, "device=%s object=%u result=%02X extended=%02X why=%s", b->label,
            (unsigned)object, (unsigned)verdict.result, (unsigned)verdict.extended, verdict.why);
}

static struct init_verdict plain(enum dfu_result result, const char *why)
{
    return (struct init_verdict){result, EXTENDED_NONE, why};
}

static struct init_verdict create_command(struct bootloader *b, uint32_t size)
{
    if (size == 0)
        return plain(RESULT_PARAMETER, "size");
    if (size > b->profile->max_command_object || size > SETTINGS_INIT_MAX)
        return plain(RESULT_RESOURCES, "size");
    forget_progress(b);
    b->settings.progress.command_size = size;
    bootloader_stay_active(b);
    return plain(RESULT_SUCCESS, "ok");
}

/* Before SDK 15 a missing init packet is noticed last but one. */
static struct init_verdict check_data_size(const struct bootloader *b, uint32_t size)
{
    uint32_t page = b->profile->page_size;
    uint32_t left = b->image_size - b->settings.progress.image_offset_last;
    if (!b->init_valid && b->profile->sdk >= 15)
        return plain(RESULT_NOT_PERMITTED, "no_init_packet");
    if (size == 0 || (size % page != 0 && size != left))
        return plain(RESULT_PARAMETER, "size");
    if (size > b->profile->max_data_object)
        return plain(RESULT_RESOURCES, "size");
    if (!b->init_valid)
        return plain(RESULT_NOT_PERMITTED, "no_init_packet");
    if (size > left)
        return plain(RESULT_NOT_PERMITTED, "end");
    return plain(RESULT_SUCCESS, "ok");
}

static struct init_verdict create_data(struct bootloader *b, uint32_t size)
{
    struct settings_progress *p = &b->settings.progress;
    uint32_t page = b->profile->page_size;
    struct init_verdict verdict = check_data_size(b, size);
    if (verdict.result != RESULT_SUCCESS)
        return verdict;
    /* The answer does not wait for the erase: what follows at once queues up behind it. */
    if (!store_has_room(b, 1) || !flash_erase(b->flash, b->image_address + p->image_offset_last,
                                              (size + page - 1) / page, bootloader_flash_done, b))
        return plain(RESULT_FAILED, "flash_queue");
    p->image_offset = p->image_offset_last;
    p->image_crc = p->image_crc_last;
    p->object_size = size;
    data_begin(b);
    b->lost = 0;
    return plain(RESULT_SUCCESS, "ok");
}

void object_create(struct bootloader *b, struct bytes_reader *request)
{
    b->object = bytes_get_u8(request);
    b->prn_left = b->prn;
    uint32_t size = bytes_get_u32(request);
    struct init_verdict verdict = plain(RESULT_OBJECT, "type");
    if (b->object == OBJECT_COMMAND)
        verdict = create_command(b, size);
    else if (b->object == OBJECT_DATA)
        verdict = create_data(b, size);
    NOTE(b, "create", "object=%u size=%u result=%02X offset=%u", (unsigned)b->object,
         (unsigned)size, (unsigned)verdict.result,
         (unsigned)b->settings.progress.image_offset_last);
    bootloader_answer(b, OP_CREATE, verdict);
}

/* Offset and CRC as Select tells them. */
static void selected(const struct bootloader *b, uint32_t out[3])
{
    const struct settings_progress *p = &b->settings.progress;
    if (b->object == OBJECT_COMMAND) {
        out[0] = b->profile->max_command_object;
        out[1] = p->command_offset;
        out[2] = p->command_crc;
    } else {
        out[0] = b->profile->max_data_object;
        out[1] = b->profile->rounds_offset ? p->image_offset_last : p->image_offset;
        out[2] = b->profile->rounds_offset ? p->image_crc_last : p->image_crc;
    }
}

static void send_words(struct bootloader *b, enum op op, const uint32_t *words, int count)
{
    uint8_t bytes[3 + 3 * 4];
    struct bytes_writer w;
    bytes_writer_init(&w, bytes, sizeof(bytes));
    bytes_put_u8(&w, 0x60);
    bytes_put_u8(&w, (uint8_t)op);
    bytes_put_u8(&w, RESULT_SUCCESS);
    for (int i = 0; i < count; i++)
        bytes_put_u32(&w, words[i]);
    bootloader_reply(b, bytes, w.at);
}

void object_select(struct bootloader *b, struct bytes_reader *request)
{
    b->object = bytes_get_u8(request);
    if (b->object != OBJECT_COMMAND && b->object != OBJECT_DATA) {
        bootloader_answer_result(b, OP_SELECT, RESULT_OBJECT);
        return;
    }
    uint32_t words[3];
    selected(b, words);
    NOTE(b, "select", "object=%u offset=%u crc=%08X", (unsigned)b->object, (unsigned)words[1],
         (unsigned)words[2]);
    send_words(b, OP_SELECT, words, 3);
}

void object_report(struct bootloader *b)
{
    const struct settings_progress *p = &b->settings.progress;
    if (b->object == OBJECT_COMMAND)
        send_words(b, OP_CRC, (const uint32_t[]){p->command_offset, p->command_crc}, 2);
    else if (b->object == OBJECT_DATA)
        send_words(b, OP_CRC, (const uint32_t[]){p->image_offset, p->image_crc}, 2);
    else
        bootloader_answer_result(b, OP_CRC, RESULT_OBJECT);
}

void object_crc(struct bootloader *b, struct bytes_reader *request)
{
    (void)request;
    object_report(b);
}

/* Decodes the stored packet, judges it and finds room for its image. */
static struct init_verdict judge(struct bootloader *b)
{
    struct init_rules rules = {
        .check_signature = b->config.check_signature,
        .public_key = b->config.public_key,
        .is_debug = b->config.is_debug,
        .sdk = b->profile->sdk,
        .external_app = b->config.external_app,
        .hw_version = b->config.hw_version,
        .softdevice = b->softdevice.fwid,
        .app_version = b->settings.app_version,
        .bootloader_version = b->settings.bootloader_version,
    };
    struct init_verdict verdict = init_check(&b->packet, &rules);
    if (verdict.result == RESULT_SUCCESS && !bank_place(b, &b->image_address))
        verdict = plain(RESULT_RESOURCES, "space");
    if (verdict.result != RESULT_SUCCESS) {
        /* Older ones keep the bytes; Execute again, and they judge again. */
        if (b->profile->sdk >= 15)
            forget_progress(b);
        return verdict;
    }
    b->image_size = init_image_size(&init_inner(&b->packet)->init);
    b->init_valid = true;
    return verdict;
}

static struct init_verdict execute_command(struct bootloader *b)
{
    const struct settings_progress *p = &b->settings.progress;
    struct init_verdict verdict = plain(RESULT_SUCCESS, "again");
    if (p->command_offset != p->command_size)
        return plain(RESULT_NOT_PERMITTED, "incomplete");
    if (!b->init_valid && !init_decode(&b->packet, b->settings.init, p->command_size))
        return plain(RESULT_OBJECT, "undecodable");
    if (!b->init_valid)
        verdict = judge(b);
    if (verdict.result == RESULT_SUCCESS && !store_save(b))
        return plain(RESULT_FAILED, "flash_queue");
    return verdict;
}

/* Success means that the answer may have to wait until the flash is idle. */
static struct init_verdict execute_data(struct bootloader *b)
{
    struct settings_progress *p = &b->settings.progress;
    if (!b->init_valid || p->image_offset == 0)
        return plain(RESULT_NOT_PERMITTED, "nothing");
    if (p->image_offset - p->image_offset_last != p->object_size)
        return plain(RESULT_NOT_PERMITTED, "incomplete");
    if (p->object_size == 0 && b->relinked && b->profile->reexecute_denied)
        return plain(RESULT_NOT_PERMITTED, "again");
    if (b->owed == OWED_MAX)
        return plain(RESULT_FAILED, "busy");
    b->relinked = false;
    p->object_size = 0;
    p->image_offset_last = p->image_offset;
    p->image_crc_last = p->image_crc;
    b->owed++;
    bootloader_stay_active(b);
    return plain(RESULT_SUCCESS, "ok");
}

/* Where Execute does not wait for the flash, it does so only for the last object, and where there
 * is no room for the settings. */
static bool answers_now(struct bootloader *b)
{
    const struct settings_progress *p = &b->settings.progress;
    return !b->profile->execute_waits && b->owed == 1 && p->image_offset_last != b->image_size &&
           (!b->profile->saves_progress || store_has_room(b, 2));
}

static void note_object(struct bootloader *b)
{
    NOTE(b, "object", "offset=%u lost=%u", (unsigned)b->settings.progress.image_offset_last,
         (unsigned)b->lost);
}

void object_execute(struct bootloader *b, struct bytes_reader *request)
{
    (void)request;
    struct init_verdict verdict = plain(RESULT_OBJECT, "type");
    if (b->object == OBJECT_COMMAND)
        verdict = execute_command(b);
    else if (b->object == OBJECT_DATA)
        verdict = execute_data(b);
    bool waits = b->object == OBJECT_DATA && verdict.result == RESULT_SUCCESS;
    if (waits && answers_now(b)) {
        waits = false;
        b->owed--;
        note_object(b);
        if (b->profile->saves_progress)
            store_save(b);
    }
    log_result(b, "bootloader.execute", b->object, verdict);
    if (waits)
        bootloader_poll(b);
    else
        bootloader_answer(b, OP_EXECUTE, verdict);
}

void object_flushed(struct bootloader *b)
{
    const struct settings_progress *p = &b->settings.progress;
    struct init_verdict verdict = plain(RESULT_SUCCESS, "ok");
    bool last = b->init_valid && p->image_offset_last == b->image_size;
    note_object(b);
    if (last) {
        verdict = bank_accept(b);
        log_result(b, "bootloader.image", OBJECT_DATA, verdict);
        forget_progress(b);
        bank_note_waiting(b);
        store_save(b);
        b->reset_due = true;
    }
    for (; b->owed > 0; b->owed--)
        bootloader_answer(b, OP_EXECUTE, verdict);
    if (!last && b->profile->saves_progress)
        store_save(b);
}

/* Where the last executed object ended, as the settings have it; the beginning if they can't be
 * right. */
static void restore_offset(struct bootloader *b)
{
    struct settings_progress *p = &b->settings.progress;
    p->object_size = 0;
    if (!b->profile->saves_progress || p->image_offset_last >= b->image_size)
        p->image_offset_last = p->image_crc_last = 0;
    p->image_offset = p->image_offset_last;
    p->image_crc = p->image_crc_last;
    data_begin(b);
}

void object_restore(struct bootloader *b)
{
    struct settings_progress *p = &b->settings.progress;
    b->init_valid = false;
    if (p->command_size > 0 && p->command_size <= SETTINGS_INIT_MAX &&
        p->command_offset == p->command_size &&
        crc32(0, b->settings.init, p->command_size) == p->command_crc &&
        init_decode(&b->packet, b->settings.init, p->command_size) &&
        bank_place(b, &b->image_address)) {
        b->image_size = init_image_size(&init_inner(&b->packet)->init);
        b->init_valid = true;
        restore_offset(b);
    } else {
        forget_progress(b);
    }
}
