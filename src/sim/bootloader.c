/* SPDX-License-Identifier: MIT */
#include "sim/bootloader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "sim/bootloader_internal.h"

struct bootloader *bootloader_new(struct sim_world *world, struct flash *flash,
                                  const struct bootloader_config *config,
                                  const struct bootloader_ops *ops, void *context)
{
    struct bootloader *b = calloc(1, sizeof(*b));
    if (!b)
        return NULL;
    b->world = world;
    b->flash = flash;
    b->profile = config->profile;
    b->config = *config;
    b->ops = *ops;
    b->context = context;
    snprintf(b->label, sizeof(b->label), "%s", config->label ? config->label : "device");
    b->config.label = b->label;
    store_prepare(b);
    b->installed_version = b->settings.app_version;
    return b;
}

void bootloader_free(struct bootloader **pointer)
{
    if (!pointer || !*pointer)
        return;
    bootloader_stop(*pointer);
    /* A repair of the settings may go on while the application runs. */
    flash_cut((*pointer)->flash);
    free(*pointer);
    *pointer = NULL;
}

bool bootloader_install(struct bootloader *b, const uint8_t *bytes, uint32_t size, uint32_t version)
{
    uint32_t address = b->profile->application_address;
    if (size == 0 || size > b->profile->bootloader_address - address)
        return false;
    flash_load(b->flash, address, bytes, size);
    memset(&b->settings, 0, sizeof(b->settings));
    b->settings.app_version = version;
    b->settings.bootloader_version = b->config.bootloader_version;
    b->settings.bank0 = (struct settings_bank){size, crc32(0, bytes, size), SETTINGS_APPLICATION};
    b->settings.application.type = 1;
    bank_validation(b, &b->settings.application, bytes, size);
    b->installed_version = version;
    store_force(b);
    return true;
}

void bootloader_installed(const struct bootloader *b, struct bootloader_image *image)
{
    memset(image, 0, sizeof(*image));
    image->address = b->profile->application_address;
    image->valid = bank_application_valid(b) && bank_is_whole(b, &b->settings.bank0);
    if (image->valid) {
        image->version = b->installed_version;
        image->size = b->settings.bank0.size;
    }
}

void bootloader_get_stats(const struct bootloader *b, struct bootloader_stats *stats)
{
    *stats = b->stats;
}

static void do_reset(void *context)
{
    struct bootloader *b = context;
    b->reset = 0;
    NOTE(b, "reset", "activating=%d", b->activating);
    /* Last: the device may stop and start this bootloader inside. */
    b->ops.reset(b->context);
}

static void ask_reset(struct bootloader *b)
{
    b->reset_due = false;
    if (b->reset == 0)
        b->reset = sim_after(b->world, 0, do_reset, b);
}

static void inactive(void *context)
{
    struct bootloader *b = context;
    b->inactivity = 0;
    NOTE(b, "inactive", "seconds=%u", (unsigned)(b->profile->inactivity_us / 1000000));
    ask_reset(b);
}

void bootloader_stay_active(struct bootloader *b)
{
    sim_cancel(b->world, &b->inactivity);
    if (b->profile->inactivity_us)
        b->inactivity = sim_after(b->world, b->profile->inactivity_us, inactive, b);
}

static void forget_ram(struct bootloader *b)
{
    b->activating = b->init_valid = b->relinked = b->reset_due = false;
    b->object = OBJECT_INVALID;
    b->prn = b->prn_left = 0;
    b->buffers = b->lost = b->owed = 0;
    b->image_address = b->image_size = 0;
}

bool bootloader_start(struct bootloader *b, bool requested)
{
    bootloader_stop(b);
    flash_cut(b->flash);
    forget_ram(b);
    b->running = true;
    store_load(b);
    if (b->settings.bank1.code != SETTINGS_INVALID) {
        b->activating = true;
        NOTE(b, "activating", "size=%u from=%u", (unsigned)b->settings.bank1.size,
             (unsigned)b->settings.write_offset);
        bootloader_poll(b);
        return true;
    }
    bool valid = bank_application_valid(b);
    b->running = requested || !valid;
    NOTE(b, "start", "mode=%s app_valid=%d", b->running ? "dfu" : "application", valid);
    if (!b->running)
        return false;
    object_restore(b);
    bootloader_stay_active(b);
    return true;
}

bool bootloader_is_activating(const struct bootloader *b)
{
    return b->running && b->activating;
}

bool bootloader_is_busy(const struct bootloader *b)
{
    return b->running && (b->activating || b->owed > 0 || b->reset_due || b->reset != 0);
}

void bootloader_stop(struct bootloader *b)
{
    if (!b->running)
        return;
    b->running = b->activating = false;
    sim_cancel(b->world, &b->inactivity);
    sim_cancel(b->world, &b->reset);
    flash_cut(b->flash);
}

void bootloader_poll(struct bootloader *b)
{
    if (!b->running || flash_pending(b->flash) > 0)
        return;
    if (b->reset_due)
        ask_reset(b);
    else if (b->activating && b->reset == 0)
        bank_activate(b);
    else if (b->owed > 0)
        object_flushed(b);
    if (b->running && b->reset_due && flash_pending(b->flash) == 0)
        ask_reset(b);
}

void bootloader_flash_done(void *context)
{
    bootloader_poll(context);
}

void bootloader_answer(struct bootloader *b, enum op op, struct init_verdict verdict)
{
    uint8_t bytes[4] = {0x60, (uint8_t)op, (uint8_t)verdict.result, (uint8_t)verdict.extended};
    b->ops.reply(b->context, bytes, verdict.result == RESULT_EXTENDED ? 4 : 3);
}

void bootloader_answer_result(struct bootloader *b, enum op op, enum dfu_result result)
{
    bootloader_answer(b, op, (struct init_verdict){result, EXTENDED_NONE, ""});
}

static void set_prn(struct bootloader *b, struct bytes_reader *request)
{
    b->prn = b->prn_left = bytes_get_u16(request);
    bootloader_answer_result(b, OP_SET_PRN, RESULT_SUCCESS);
}

static void protocol_version(struct bootloader *b, struct bytes_reader *request)
{
    (void)request;
    b->ops.reply(b->context, (const uint8_t[]){0x60, OP_PROTOCOL_VERSION, RESULT_SUCCESS, 1}, 4);
}

/* Over BLE the original sends these answers without their payload. */
static void hardware_version(struct bootloader *b, struct bytes_reader *request)
{
    (void)request;
    bootloader_answer_result(b, OP_HARDWARE_VERSION, RESULT_SUCCESS);
}

static void firmware_version(struct bootloader *b, struct bytes_reader *request)
{
    (void)request;
    bootloader_answer_result(b, OP_FIRMWARE_VERSION, RESULT_SUCCESS);
}

static void abort_update(struct bootloader *b, struct bytes_reader *request)
{
    (void)request;
    NOTE(b, "abort", "offset=%u", (unsigned)b->settings.progress.image_offset);
    ask_reset(b);
}

struct request_kind {
    uint8_t op;
    uint8_t size;   /* bytes behind the op */
    bool reducible; /* missing where version requests are compiled out */
    void (*handle)(struct bootloader *b, struct bytes_reader *request);
};

static const struct request_kind kinds[] = {
    {OP_PROTOCOL_VERSION, 0, true, protocol_version},
    {OP_CREATE, 5, false, object_create},
    {OP_SET_PRN, 2, false, set_prn},
    {OP_CRC, 0, false, object_crc},
    {OP_EXECUTE, 0, false, object_execute},
    {OP_SELECT, 1, false, object_select},
    {OP_HARDWARE_VERSION, 0, true, hardware_version},
    {OP_FIRMWARE_VERSION, 1, true, firmware_version},
    {OP_ABORT, 0, false, abort_update},
};

static const struct request_kind *find_kind(const struct bootloader *b, uint8_t op)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].op == op)
            return kinds[i].reducible && b->profile->protocol_reduced ? NULL : &kinds[i];
    }
    return NULL;
}

void bootloader_control(struct bootloader *b, const uint8_t *bytes, size_t size)
{
    if (!b->running || b->activating || size == 0)
        return;
    struct bytes_reader request;
    bytes_reader_init(&request, bytes, size);
    uint8_t op = bytes_get_u8(&request);
    const struct request_kind *kind = find_kind(b, op);
    enum dfu_result wrong = kind ? RESULT_PARAMETER : RESULT_UNSUPPORTED_OP;
    if (kind && size == 1u + kind->size) {
        kind->handle(b, &request);
    } else {
        NOTE(b, "refused", "op=%02X size=%zu result=%02X", (unsigned)op, size, (unsigned)wrong);
        bootloader_answer_result(b, (enum op)op, wrong);
    }
}

/* The packet vanishes; only the offset that stays behind tells. */
static void lose(struct bootloader *b, const char *why)
{
    b->stats.packets_lost++;
    b->lost++;
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

/* True if the flash takes it: not when its queue is full or the address is no word's. Bytes behind
 * the last whole word are forgotten, as in the original, where the CRC of an image of odd size is
 * right and its hash is not. */
static bool write_data(struct bootloader *b, uint32_t address, const uint8_t *bytes, uint32_t size)
{
    uint32_t whole = size & ~3u;
    if (whole == 0)
        return true;
    if (!flash_write(b->flash, address, bytes, whole, data_written, b)) {
        lose(b, "flash");
        return false;
    }
    b->buffers++;
    return true;
}

/* RESULT_FAILED stands for a packet that was lost without a word. */
static enum dfu_result take_data(struct bootloader *b, const uint8_t *bytes, uint32_t size)
{
    struct settings_progress *p = &b->settings.progress;
    if (!b->init_valid)
        return RESULT_NOT_PERMITTED;
    if (size > p->object_size - (p->image_offset - p->image_offset_last))
        return RESULT_PARAMETER;
    if (!write_data(b, b->image_address + p->image_offset, bytes, size))
        return RESULT_FAILED;
    p->image_offset += size;
    p->image_crc = crc32(p->image_crc, bytes, size);
    b->stats.bytes += size;
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

void bootloader_data(struct bootloader *b, const uint8_t *bytes, size_t size)
{
    if (!b->running || b->activating || size == 0)
        return;
    if (b->buffers >= b->profile->buffers || size > b->profile->mtu - 3u) {
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

void bootloader_link_changed(struct bootloader *b)
{
    b->relinked = true;
}
