/* SPDX-License-Identifier: MIT
 * Banks: the installed application is bank 0, a received image waits behind it as bank 1. Where
 * both don't fit, the image is received over the application. */
#include <string.h>

#include "base/crc.h"
#include "base/crypto.h"
#include "sim/bootloader_internal.h"

#define SOFTDEVICE_ADDRESS 0x1000 /* behind the MBR */
#define SOFTDEVICE_MAGIC   0x51B1E5DBu
#define COPY_STEP          8 /* most pages moved between two saves of the progress */

enum validation {
    VALIDATE_NOTHING = 0,
    VALIDATE_CRC = 1,
    VALIDATE_SHA256 = 2,
    VALIDATE_ECDSA = 3,
};

static const enum settings_code codes[] = {
    [INIT_APPLICATION] = SETTINGS_APPLICATION,
    [INIT_SOFTDEVICE] = SETTINGS_SOFTDEVICE,
    [INIT_BOOTLOADER] = SETTINGS_BOOTLOADER,
    [INIT_SOFTDEVICE_BOOTLOADER] = SETTINGS_SOFTDEVICE_BOOTLOADER,
};

static uint32_t round_up(uint32_t size, uint32_t unit)
{
    return (size + unit - 1) / unit * unit;
}

/* Derived, not stored: bank 0 does not change before its successor is in place. */
static uint32_t bank1_address(const struct bootloader *b)
{
    uint32_t kept = b->settings.bank0.code == SETTINGS_APPLICATION ? b->settings.bank0.size : 0;
    return b->profile->application_address + round_up(kept, b->profile->page_size);
}

/* The parts must fit where they are to live in the end. */
static bool parts_fit(const struct bootloader *b, const struct init_command *init)
{
    const struct sim_profile *p = b->profile;
    uint32_t bootloader_end = p->settings_backup_address < p->settings_address
                                  ? p->settings_backup_address
                                  : p->settings_address;
    bool has_softdevice =
        init->type.value == INIT_SOFTDEVICE || init->type.value == INIT_SOFTDEVICE_BOOTLOADER;
    bool has_bootloader =
        init->type.value == INIT_BOOTLOADER || init->type.value == INIT_SOFTDEVICE_BOOTLOADER;
    return (!has_softdevice ||
            init->sd_size.value <= p->application_address - SOFTDEVICE_ADDRESS) &&
           (!has_bootloader || init->bl_size.value <= bootloader_end - p->bootloader_address);
}

bool bank_place(struct bootloader *b, uint32_t *address)
{
    const struct init_command *init = &init_inner(&b->packet)->init;
    uint32_t end = b->profile->bootloader_address;
    uint32_t size = init_image_size(init);
    *address = bank1_address(b);
    if (!parts_fit(b, init) || size > end - b->profile->application_address)
        return false;
    if (size <= end - *address)
        return true;
    NOTE(b, "bank", "mode=%s", "single");
    memset(&b->settings.bank0, 0, sizeof(b->settings.bank0));
    *address = bank1_address(b);
    return true;
}

static bool hash_fits(const struct init_typed *hash, const uint8_t *image, uint32_t size)
{
    uint8_t digest[CRYPTO_SHA256_SIZE];
    if (hash->bytes.size != sizeof(digest) || !crypto_sha256(digest, image, size))
        return false;
    for (size_t i = 0; i < sizeof(digest); i++) {
        if (hash->bytes.data[i] != digest[sizeof(digest) - 1 - i])
            return false;
    }
    return true;
}

bool bank_validation(const struct bootloader *b, struct settings_validation *validation,
                     const uint8_t *image, uint32_t size)
{
    struct bytes_writer w;
    bytes_writer_init(&w, validation->bytes, sizeof(validation->bytes));
    switch (validation->type) {
    case VALIDATE_NOTHING:
        return true;
    case VALIDATE_CRC:
        bytes_put_u32(&w, crc32(0, image, size));
        return true;
    case VALIDATE_SHA256:
        return crypto_sha256(validation->bytes, image, size);
    case VALIDATE_ECDSA:
        return !b->config.check_signature ||
               init_signature_fits(b->config.public_key, validation->bytes, image, size);
    default:
        return false;
    }
}

/* Boot validation number `index` of the packet, over that part of the image. */
static bool accept_validation(const struct bootloader *b, struct settings_validation *validation,
                              uint32_t index, uint32_t size)
{
    const struct init_command *init = &init_inner(&b->packet)->init;
    memset(validation, 0, sizeof(*validation));
    validation->type = VALIDATE_CRC;
    if (index < init->validations) {
        const struct init_typed *wanted = &init->validation[index];
        if (wanted->type.value > VALIDATE_ECDSA)
            return false;
        validation->type = (uint8_t)wanted->type.value;
        memcpy(validation->bytes, wanted->bytes.data, wanted->bytes.size);
    }
    return bank_validation(b, validation, flash_read(b->flash, b->image_address), size);
}

static void accept_versions(struct bootloader *b, const struct init_command *init)
{
    bool application = init->type.value == INIT_APPLICATION;
    if (application && init->fw_version.present)
        b->settings.app_version = init->fw_version.value;
    if (!application && init->type.value != INIT_SOFTDEVICE)
        b->settings.bootloader_version = init->fw_version.value;
    if (init->type.value == INIT_SOFTDEVICE || init->type.value == INIT_SOFTDEVICE_BOOTLOADER)
        b->settings.softdevice_size = init->sd_size.value;
}

struct init_verdict bank_accept(struct bootloader *b)
{
    const struct init_command *init = &init_inner(&b->packet)->init;
    const uint8_t *image = flash_read(b->flash, b->image_address);
    struct settings_validation validation;
    bool application = init->type.value == INIT_APPLICATION;
    uint32_t validated =
        application || init->type.value == INIT_BOOTLOADER ? b->image_size : init->sd_size.value;
    if (!hash_fits(&init->hash, image, b->image_size))
        return (struct init_verdict){RESULT_EXTENDED, EXTENDED_VERIFICATION, "hash"};
    if (!accept_validation(b, &validation, 0, validated))
        return (struct init_verdict){RESULT_OBJECT, EXTENDED_NONE, "boot_validation"};
    if (application)
        b->settings.application = validation;
    else if (init->type.value != INIT_BOOTLOADER)
        b->settings.softdevice = validation;
    accept_versions(b, init);
    b->settings.bank1 = (struct settings_bank){b->image_size, crc32(0, image, b->image_size),
                                               codes[init->type.value]};
    b->settings.write_offset = 0;
    return (struct init_verdict){RESULT_SUCCESS, EXTENDED_NONE, "ok"};
}

bool bank_is_whole(const struct bootloader *b, const struct settings_bank *bank)
{
    return crc32(0, flash_read(b->flash, b->profile->application_address), bank->size) == bank->crc;
}

bool bank_application_valid(const struct bootloader *b)
{
    const struct settings_bank *bank = &b->settings.bank0;
    uint32_t room = b->profile->bootloader_address - b->profile->application_address;
    if (bank->code != SETTINGS_APPLICATION || bank->size == 0 || bank->size > room)
        return false;
    const uint8_t *image = flash_read(b->flash, b->profile->application_address);
    struct settings_validation expected = b->settings.application;
    return bank_validation(b, &expected, image, bank->size) &&
           memcmp(&expected, &b->settings.application, sizeof(expected)) == 0;
}

/* One stretch of the waiting image and its place. */
struct part {
    uint32_t to;
    uint32_t start, end; /* offsets in the image */
};

static struct part find_part(const struct bootloader *b)
{
    const struct settings *s = &b->settings;
    bool softdevice_left = s->write_offset < s->softdevice_size;
    switch (s->bank1.code) {
    case SETTINGS_APPLICATION:
        return (struct part){b->profile->application_address, 0, s->bank1.size};
    case SETTINGS_SOFTDEVICE:
        return (struct part){SOFTDEVICE_ADDRESS, 0, s->bank1.size};
    case SETTINGS_BOOTLOADER:
        return (struct part){b->profile->bootloader_address, 0, s->bank1.size};
    default: /* SoftDevice, then bootloader */
        return softdevice_left ? (struct part){SOFTDEVICE_ADDRESS, 0, s->softdevice_size}
                               : (struct part){b->profile->bootloader_address, s->softdevice_size,
                                               s->bank1.size};
    }
}

/* Pages that can be moved without touching what a repetition of the step would need. */
static uint32_t step_pages(const struct bootloader *b, uint32_t from, uint32_t to)
{
    uint32_t distance = from > to ? from - to : to - from;
    uint32_t pages = distance / b->profile->page_size;
    return pages < COPY_STEP ? pages : COPY_STEP;
}

static void copy_step(struct bootloader *b)
{
    uint32_t page = b->profile->page_size;
    struct part part = find_part(b);
    uint32_t from = bank1_address(b) + b->settings.write_offset;
    uint32_t to = part.to + b->settings.write_offset - part.start;
    uint32_t size = step_pages(b, from, to) * page;
    if (size > part.end - b->settings.write_offset)
        size = part.end - b->settings.write_offset;
    flash_erase(b->flash, to, round_up(size, page) / page, bootloader_flash_done, b);
    for (uint32_t at = 0; at < size; at += page) {
        uint32_t bytes = size - at < page ? size - at : page;
        flash_write(b->flash, to + at, flash_read(b->flash, from + at), round_up(bytes, 4),
                    bootloader_flash_done, b);
    }
    b->settings.write_offset += size;
    if (b->settings.write_offset < b->settings.bank1.size)
        store_save(b);
}

static uint32_t softdevice_id(const struct bootloader *b)
{
    struct bytes_reader r;
    bytes_reader_init(&r, flash_read(b->flash, SOFTDEVICE_ADDRESS + 0x2000), 0x10);
    bytes_get(&r, NULL, 4);
    if (bytes_get_u32(&r) != SOFTDEVICE_MAGIC)
        return b->config.softdevice;
    bytes_get(&r, NULL, 4);
    return bytes_get_u16(&r);
}

/* Everything is in its place: the settings say so, and the next start runs it. */
static void finish_activation(struct bootloader *b)
{
    struct settings_bank waiting = b->settings.bank1;
    bool valid = true;
    if (waiting.code == SETTINGS_APPLICATION) {
        valid = bank_is_whole(b, &waiting);
        b->settings.bank0 = valid ? waiting : (struct settings_bank){0};
        b->installed_version = b->settings.app_version;
    } else if (waiting.code != SETTINGS_BOOTLOADER) {
        b->config.softdevice = softdevice_id(b);
    }
    memset(&b->settings.bank1, 0, sizeof(b->settings.bank1));
    b->settings.write_offset = 0;
    b->stats.activations += valid;
    b->reset_due = true;
    NOTE(b, "activated", "ok=%d size=%u app_version=%u", valid, (unsigned)waiting.size,
         (unsigned)b->settings.app_version);
    store_save(b);
    bootloader_poll(b);
}

void bank_activate(struct bootloader *b)
{
    bool in_place = b->settings.bank1.code == SETTINGS_APPLICATION &&
                    bank1_address(b) == b->profile->application_address;
    if (!in_place && b->settings.write_offset < b->settings.bank1.size)
        copy_step(b);
    else
        finish_activation(b);
}
