/* SPDX-License-Identifier: MIT */
#include "package/settings.h"

#include <string.h>

#include "base/bytes.h"
#include "base/crc.h"

#define VALIDATION_SIZE 64u

static const struct {
    const char *name;
    uint32_t address;
} families[NORDFU_FAMILY_COUNT] = {
    [NORDFU_FAMILY_NRF51] = {"nRF51", 0x0003FC00},
    [NORDFU_FAMILY_NRF52] = {"nRF52", 0x0007F000},
    [NORDFU_FAMILY_NRF52QFAB] = {"nRF52QFAB", 0x0003F000},
    [NORDFU_FAMILY_NRF52810] = {"NRF52810", 0x0002F000},
    [NORDFU_FAMILY_NRF52840] = {"NRF52840", 0x000FF000},
};

const char *nordfu_family_name(enum nordfu_family family)
{
    return (unsigned)family < NORDFU_FAMILY_COUNT ? families[family].name : "unknown";
}

uint32_t nordfu_family_settings_address(enum nordfu_family family)
{
    return (unsigned)family < NORDFU_FAMILY_COUNT ? families[family].address : 0;
}

static void put_bank(struct bytes_writer *w, const struct nordfu_settings_bank *bank)
{
    bytes_put_u32(w, bank->size);
    bytes_put_u32(w, bank->crc);
    bytes_put_u32(w, bank->code);
}

static void put_head(struct bytes_writer *w, const struct nordfu_settings *settings)
{
    bytes_put_u32(w, settings->version);
    bytes_put_u32(w, settings->app_version);
    bytes_put_u32(w, settings->bootloader_version);
    bytes_put_u32(w, settings->bank_layout);
    bytes_put_u32(w, settings->current_bank);
    put_bank(w, &settings->bank0);
    put_bank(w, &settings->bank1);
    bytes_put_u32(w, settings->write_offset);
    bytes_put_u32(w, settings->softdevice_size);
    for (size_t i = 0; i < sizeof(settings->progress) / sizeof(settings->progress[0]); i++)
        bytes_put_u32(w, settings->progress[i]);
    bytes_put_u32(w, settings->enter_buttonless_dfu);
}

/* All 64 bytes leave, so that an unused end is zeros. */
static void put_validation(struct bytes_writer *w, const struct nordfu_boot_validation *validation)
{
    uint8_t bytes[VALIDATION_SIZE] = {0};
    memcpy(bytes, validation->bytes, validation->size);
    bytes_put_u8(w, (uint8_t)validation->type);
    bytes_put(w, bytes, sizeof(bytes));
}

static void put_crc(uint8_t *page, size_t at, size_t start, size_t end)
{
    struct bytes_writer w;
    bytes_writer_init(&w, page + at, sizeof(uint32_t));
    bytes_put_u32(&w, crc32(0, page + start, end - start));
}

static void encode_tail(const struct nordfu_settings *settings,
                        uint8_t page[NORDFU_SETTINGS_V2_SIZE])
{
    struct bytes_writer w;
    bytes_writer_init(&w, page + SETTINGS_HEAD_END, NORDFU_SETTINGS_V2_SIZE - SETTINGS_HEAD_END);
    bytes_put(&w, settings->init_command, sizeof(settings->init_command));
    bytes_put_u32(&w, 0); /* the checksum, once the rest is there */
    put_validation(&w, &settings->sd_validation);
    put_validation(&w, &settings->app_validation);
    put_validation(&w, &settings->bl_validation);
    bytes_put_u8(&w, 0xFF); /* flash is written in words */
    put_crc(page, SETTINGS_VALIDATION_CRC, SETTINGS_VALIDATION_START, SETTINGS_VALIDATION_END);
}

size_t nordfu_settings_encode(const struct nordfu_settings *settings,
                              uint8_t page[NORDFU_SETTINGS_MAX_SIZE])
{
    struct bytes_writer w;
    if (settings->version != 1 && settings->version != 2)
        return 0;
    if (settings->sd_validation.size > VALIDATION_SIZE ||
        settings->app_validation.size > VALIDATION_SIZE ||
        settings->bl_validation.size > VALIDATION_SIZE)
        return 0;
    memset(page, 0, NORDFU_SETTINGS_MAX_SIZE);
    bytes_writer_init(&w, page + SETTINGS_HEAD_START, SETTINGS_HEAD_END - SETTINGS_HEAD_START);
    put_head(&w, settings);
    put_crc(page, 0, SETTINGS_HEAD_START, SETTINGS_HEAD_END);
    if (settings->version == 1)
        return NORDFU_SETTINGS_V1_SIZE;
    encode_tail(settings, page);
    return NORDFU_SETTINGS_V2_SIZE;
}
