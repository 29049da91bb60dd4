/* SPDX-License-Identifier: MIT */
#include "sim/bootloader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "sim/bootloader_internal.h"

static bool choose(enum sim_choice choice, bool otherwise)
{
    return choice == SIM_AS_PROFILE ? otherwise : choice == SIM_YES;
}

static void own_profile(struct bootloader *b)
{
    const struct bootloader_config *c = &b->config;
    b->own = c->is_debug ? sim_profile_debug(c->profile) : *c->profile;
    b->own.saves_progress = choose(c->save_progress, b->own.saves_progress);
    if (c->mtu != 0)
        b->own.mtu = c->mtu;
    if (c->resume != SIM_RESUME_PROFILE)
        b->own.rounds_offset = c->resume == SIM_RESUME_ROUNDED;
    b->profile = &b->own;
}

struct bootloader *bootloader_new(struct sim_world *world, struct flash *flash,
                                  const struct bootloader_config *config,
                                  const struct bootloader_ops *ops, void *context)
{
    struct bootloader *b = calloc(1, sizeof(*b));
    if (!b)
        return NULL;
    b->world = world;
    b->flash = flash;
    b->config = *config;
    own_profile(b);
    b->ops = *ops;
    b->context = context;
    snprintf(b->label, sizeof(b->label), "%s", config->label ? config->label : "device");
    b->config.label = b->label;
    store_prepare(b);
    bank_read_softdevice(b);
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
    uint32_t address = bank_application_address(b);
    if (size == 0 || size > b->profile->bootloader_address - address)
        return false;
    flash_load(b->flash, address, bytes, size);
    memset(&b->settings, 0, sizeof(b->settings));
    b->settings.version = b->profile->settings_version;
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
    image->address = bank_application_address(b);
    image->valid = bank_application_valid(b) && bank_is_whole(b, &b->settings.bank0);
    if (image->valid) {
        image->version = b->installed_version;
        image->size = b->settings.bank0.size;
    }
}

const uint8_t *bootloader_part(const struct bootloader *b, enum bootloader_part part,
                               uint32_t *size)
{
    struct bootloader_image application;
    uint32_t address = bank_application_address(b);
    *size = 0;
    switch (part) {
    case BOOTLOADER_APPLICATION:
        bootloader_installed(b, &application);
        *size = application.size;
        break;
    case BOOTLOADER_SOFTDEVICE:
        address = SD_ADDRESS;
        *size = b->softdevice_size;
        break;
    case BOOTLOADER_BOOTLOADER:
        address = b->profile->bootloader_address;
        *size = b->bootloader_size;
        break;
    case BOOTLOADER_EXTERNAL:
        address = bank_waiting_address(b);
        *size = b->settings.bank1.code == SETTINGS_EXTERNAL ? b->settings.bank1.size : 0;
        break;
    }
    return *size ? flash_read(b->flash, address) : NULL;
}

void bootloader_get_versions(const struct bootloader *b, struct bootloader_versions *versions)
{
    versions->application = b->settings.app_version;
    versions->bootloader = b->settings.bootloader_version;
    versions->softdevice = b->softdevice.fwid;
}

void bootloader_get_progress(const struct bootloader *b, struct bootloader_progress *progress)
{
    const struct settings_progress *p = &b->settings.progress;
    *progress = (struct bootloader_progress){
        .object = b->object,
        .command_size = p->command_size,
        .command_taken = p->command_offset,
        .image_size = b->init_valid ? b->image_size : 0,
        .image_taken = p->image_offset,
        .object_begin = p->image_offset_last,
        .object_size = p->object_size,
        .object_max = b->profile->max_data_object,
    };
}

void bootloader_set_watch(struct bootloader *b, const struct bootloader_watch *watch, void *context)
{
    b->watch = watch;
    b->watch_context = context;
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

static void give_up(struct bootloader *b)
{
    b->at_once = !b->profile->abort_disconnects;
    ask_reset(b);
}

static void inactive(void *context)
{
    struct bootloader *b = context;
    b->inactivity = 0;
    NOTE(b, "inactive", "seconds=%u", (unsigned)(b->patience / 1000000));
    give_up(b);
}

static void wait_for_client(struct bootloader *b, uint32_t us)
{
    sim_cancel(b->world, &b->inactivity);
    b->patience = us;
    if (us)
        b->inactivity = sim_after(b->world, us, inactive, b);
}

void bootloader_stay_active(struct bootloader *b)
{
    wait_for_client(b, b->profile->inactivity_us);
}

void bootloader_continue(struct bootloader *b)
{
    b->activating = false;
    NOTE(b, "start", "mode=%s app_valid=1", "continuation");
    object_restore(b);
    wait_for_client(b, b->profile->continuation_us);
    /* Last: it begins to advertise. */
    if (b->ops.ready)
        b->ops.ready(b->context);
}

static void forget_ram(struct bootloader *b)
{
    b->activating = b->init_valid = b->relinked = b->reset_due = b->continues = b->at_once = false;
    b->object = OBJECT_INVALID;
    b->prn = b->prn_left = 0;
    b->buffers = b->lost = b->owed = 0;
    b->image_address = b->image_size = b->moved = 0;
    data_begin(b);
}

bool bootloader_start(struct bootloader *b, bool requested)
{
    bootloader_stop(b);
    flash_cut(b->flash);
    forget_ram(b);
    b->running = true;
    store_load(b);
    if (activate_due(b)) {
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

bool bootloader_resets_at_once(const struct bootloader *b)
{
    return b->at_once;
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
        activate_step(b);
    else if (b->owed > 0)
        object_flushed(b);
    if (b->running && b->reset_due && flash_pending(b->flash) == 0)
        ask_reset(b);
}

void bootloader_flash_done(void *context)
{
    bootloader_poll(context);
}

void bootloader_reply(struct bootloader *b, const uint8_t *bytes, size_t size)
{
    const struct bootloader_watch *watch = b->watch;
    if (watch == NULL || watch->answer == NULL || watch->answer(b->watch_context, bytes, size))
        b->ops.reply(b->context, bytes, size);
}

void bootloader_answer(struct bootloader *b, enum op op, struct init_verdict verdict)
{
    uint8_t bytes[4] = {0x60, (uint8_t)op, (uint8_t)verdict.result, (uint8_t)verdict.extended};
    bootloader_reply(b, bytes, verdict.result == RESULT_EXTENDED ? 4 : 3);
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
    bootloader_reply(b, (const uint8_t[]){0x60, OP_PROTOCOL_VERSION, RESULT_SUCCESS, 1}, 4);
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
    give_up(b);
}

struct request_kind {
    uint8_t op;
    uint8_t size;   /* bytes behind the op */
    uint8_t since;  /* the first SDK that has it */
    bool reducible; /* missing where version requests are compiled out */
    void (*handle)(struct bootloader *b, struct bytes_reader *request);
};

static const struct request_kind kinds[] = {
    {OP_PROTOCOL_VERSION, 0, 15, true, protocol_version},
    {OP_CREATE, 5, 12, false, object_create},
    {OP_SET_PRN, 2, 12, false, set_prn},
    {OP_CRC, 0, 12, false, object_crc},
    {OP_EXECUTE, 0, 12, false, object_execute},
    {OP_SELECT, 1, 12, false, object_select},
    {OP_HARDWARE_VERSION, 0, 15, true, hardware_version},
    {OP_FIRMWARE_VERSION, 1, 15, true, firmware_version},
    {OP_ABORT, 0, 15, false, abort_update},
};

static const struct request_kind *find_kind(const struct bootloader *b, uint8_t op)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct request_kind *kind = &kinds[i];
        if (kind->op == op && kind->since <= b->profile->sdk &&
            !(kind->reducible && b->profile->protocol_reduced))
            return kind;
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

void bootloader_link_changed(struct bootloader *b)
{
    b->relinked = true;
}
