/* SPDX-License-Identifier: MIT
 * Banks: the installed application is bank 0, a received image waits behind it as bank 1. Where
 * both don't fit, the image is received over the application. */
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "base/crypto.h"
#include "sim/bootloader_internal.h"

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
    [INIT_EXTERNAL_APPLICATION] = SETTINGS_EXTERNAL,
};

static uint32_t round_up(uint32_t size, uint32_t unit)
{
    return (size + unit - 1) / unit * unit;
}

static bool has_softdevice(const struct init_command *init)
{
    return init->type.value == INIT_SOFTDEVICE || init->type.value == INIT_SOFTDEVICE_BOOTLOADER;
}

static bool has_bootloader(const struct init_command *init)
{
    return init->type.value == INIT_BOOTLOADER || init->type.value == INIT_SOFTDEVICE_BOOTLOADER;
}

uint32_t bank_application_address(const struct bootloader *b)
{
    return b->softdevice.fwid ? round_up(b->softdevice.end, b->profile->page_size) : SD_ADDRESS;
}

static uint32_t bank1_address(const struct bootloader *b)
{
    uint32_t kept = b->settings.bank0.code == SETTINGS_APPLICATION ? b->settings.bank0.size : 0;
    return bank_application_address(b) + round_up(kept, b->profile->page_size);
}

/* A new SoftDevice may end elsewhere, so this is written down while it moves. */
uint32_t bank_waiting_address(const struct bootloader *b)
{
    const struct settings *s = &b->settings;
    bool noted = s->bank1.code != SETTINGS_INVALID && s->bank1.code != SETTINGS_EXTERNAL;
    return noted ? s->progress.object_size : bank1_address(b);
}

void bank_note_waiting(struct bootloader *b)
{
    if (b->settings.bank1.code != SETTINGS_INVALID)
        b->settings.progress.object_size = b->image_address;
}

bool bank_place(struct bootloader *b, uint32_t *address)
{
    const struct init_command *init = &init_inner(&b->packet)->init;
    uint32_t end = b->profile->bootloader_address;
    uint32_t size = init_image_size(init);
    *address = bank1_address(b);
    if (has_bootloader(init) && init->bl_size.value > b->profile->bootloader_end - end)
        return false;
    if (size > end - bank_application_address(b))
        return false;
    memset(&b->settings.bank1, 0, sizeof(b->settings.bank1));
    if (*address <= end && size <= end - *address)
        return true;
    NOTE(b, "bank", "mode=%s", "single");
    memset(&b->settings.bank0, 0, sizeof(b->settings.bank0));
    *address = bank1_address(b);
    return true;
}

static void fill(struct flash *flash, uint32_t address, uint32_t end, unsigned kind)
{
    uint8_t *bytes = malloc(end - address);
    if (!bytes)
        return;
    for (uint32_t i = 0; i < end - address; i++)
        bytes[i] = (uint8_t)(i * 29u + (i >> 8) * 3u + kind);
    flash_load(flash, address, bytes, end - address);
    free(bytes);
}

void bank_fill(struct bootloader *b)
{
    const struct sd_info *known = sd_info_known(b->config.softdevice);
    uint8_t bytes[SD_INFO_SIZE];
    struct sd_info info = {
        .end = b->profile->application_address,
        .fwid = (uint16_t)b->config.softdevice,
        .family = strcmp(b->profile->chip, "nrf52840") == 0   ? 140
                  : strcmp(b->profile->chip, "nrf52832") == 0 ? 132
                                                              : 130,
        .version = (b->profile->sdk - 10) * 1000000,
    };
    b->bootloader_size = b->profile->bootloader_end - b->profile->bootloader_address;
    fill(b->flash, b->profile->bootloader_address, b->profile->bootloader_end, 7);
    if (b->config.softdevice == 0)
        return;
    if (known)
        info = *known;
    fill(b->flash, SD_ADDRESS, info.end, 3);
    sd_info_write(&info, bytes);
    flash_load(b->flash, SD_ADDRESS + SD_INFO_AT, bytes, sizeof(bytes));
    b->softdevice_size = info.end - SD_ADDRESS;
}

void bank_read_softdevice(struct bootloader *b)
{
    struct sd_info info;
    uint32_t room = b->profile->bootloader_address - SD_ADDRESS;
    if (sd_info_read(&info, flash_read(b->flash, SD_ADDRESS), room) && info.fwid != 0 &&
        info.end > SD_ADDRESS && info.end < b->profile->bootloader_address)
        b->softdevice = info;
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
    if (index < init->validations && b->profile->settings_version > 1) {
        const struct init_typed *wanted = &init->validation[index];
        if (wanted->type.value > VALIDATE_ECDSA)
            return false;
        validation->type = (uint8_t)wanted->type.value;
        memcpy(validation->bytes, wanted->bytes.data, wanted->bytes.size);
    }
    return bank_validation(b, validation, flash_read(b->flash, b->image_address), size);
}

/* Debug packets are not checked for their version, so leave no trace there. */
static void accept_versions(struct bootloader *b, const struct init_command *init)
{
    bool debug = b->config.is_debug && init->is_debug.value;
    if (init->type.value == INIT_APPLICATION && init->fw_version.present && !debug)
        b->settings.app_version = init->fw_version.value;
    if (has_bootloader(init) && !debug)
        b->settings.bootloader_version = init->fw_version.value;
    if (has_softdevice(init))
        b->settings.softdevice_size = init->sd_size.value;
    b->received_version =
        init->fw_version.present ? init->fw_version.value : b->settings.app_version;
}

/* A SoftDevice must not take the ground from under the bootloader. SDK 14 on look at its major
 * version: another one needs a bootloader that comes with it, and makes the application useless.
 * Later SDKs check more. Unlike the original's, an image that does not say what it is passes. */
static bool accept_softdevice(struct bootloader *b, const struct init_command *init)
{
    struct sd_info info;
    const uint8_t *image = flash_read(b->flash, b->image_address);
    const struct sd_info *old = &b->softdevice;
    uint32_t size = init->sd_size.value;
    if (!sd_info_read(&info, image, size) || b->profile->sdk < 14)
        return true;
    if (b->profile->sdk >= 15 && info.end < round_up(size + SD_ADDRESS, b->profile->page_size))
        return false;
    if (b->profile->sdk >= 16 && old->fwid && old->family != info.family)
        return false;
    if (old->fwid && old->version / 1000000 == info.version / 1000000)
        return true;
    if (init->type.value == INIT_SOFTDEVICE)
        return false;
    NOTE(b, "bank", "application=%s", "incompatible");
    memset(&b->settings.bank0, 0, sizeof(b->settings.bank0));
    return true;
}

static struct init_verdict accept_hash(const struct bootloader *b, const struct init_command *init)
{
    bool plain = b->profile->sdk < 13;
    if (init->hash.type.value != INIT_HASH_SHA256)
        return (struct init_verdict){plain ? RESULT_FAILED : RESULT_EXTENDED,
                                     plain ? EXTENDED_NONE : EXTENDED_HASH_TYPE, "hash_type"};
    if (!hash_fits(&init->hash, flash_read(b->flash, b->image_address), b->image_size))
        return (struct init_verdict){plain ? RESULT_OBJECT : RESULT_EXTENDED,
                                     plain ? EXTENDED_NONE : EXTENDED_VERIFICATION, "hash"};
    return (struct init_verdict){RESULT_SUCCESS, EXTENDED_NONE, "ok"};
}

struct init_verdict bank_accept(struct bootloader *b)
{
    const struct init_command *init = &init_inner(&b->packet)->init;
    const uint8_t *image = flash_read(b->flash, b->image_address);
    struct settings_validation validation;
    uint32_t validated = has_softdevice(init) ? init->sd_size.value : b->image_size;
    struct init_verdict verdict = accept_hash(b, init);
    if (verdict.result != RESULT_SUCCESS)
        return verdict;
    if (!accept_validation(b, &validation, 0, validated))
        return (struct init_verdict){RESULT_OBJECT, EXTENDED_NONE, "boot_validation"};
    if (has_softdevice(init) && !accept_softdevice(b, init))
        return (struct init_verdict){RESULT_OBJECT, EXTENDED_NONE, "softdevice"};
    if (init->type.value == INIT_APPLICATION)
        b->settings.application = validation;
    else if (has_softdevice(init))
        b->settings.softdevice = validation;
    accept_versions(b, init);
    b->settings.bank1 = (struct settings_bank){b->image_size, crc32(0, image, b->image_size),
                                               codes[init->type.value]};
    b->settings.write_offset = 0;
    b->stats.activations += init->type.value == INIT_EXTERNAL_APPLICATION;
    return verdict;
}

bool bank_is_whole(const struct bootloader *b, const struct settings_bank *bank)
{
    return crc32(0, flash_read(b->flash, bank_application_address(b)), bank->size) == bank->crc;
}

bool bank_application_valid(const struct bootloader *b)
{
    const struct settings_bank *bank = &b->settings.bank0;
    uint32_t room = b->profile->bootloader_address - bank_application_address(b);
    if (bank->code != SETTINGS_APPLICATION || bank->size == 0 || bank->size > room)
        return false;
    const uint8_t *image = flash_read(b->flash, bank_application_address(b));
    struct settings_validation expected = b->settings.application;
    return bank_validation(b, &expected, image, bank->size) &&
           memcmp(&expected, &b->settings.application, sizeof(expected)) == 0;
}
