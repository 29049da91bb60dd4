/* SPDX-License-Identifier: MIT */
#include "sim/settings.h"

#include <string.h>

#include "base/bytes.h"
#include "base/crc.h"

#define HEAD_END         0x05C /* what the first checksum covers ends here */
#define VALIDATION_CRC   0x25C
#define VALIDATION_START 0x260
#define VALIDATION_END   0x323

static void put_bank(struct bytes_writer *w, const struct settings_bank *bank)
{
    bytes_put_u32(w, bank->size);
    bytes_put_u32(w, bank->crc);
    bytes_put_u32(w, bank->code);
}

static void get_bank(struct bytes_reader *r, struct settings_bank *bank)
{
    bank->size = bytes_get_u32(r);
    bank->crc = bytes_get_u32(r);
    bank->code = bytes_get_u32(r);
}

static void put_progress(struct bytes_writer *w, const struct settings_progress *progress)
{
    bytes_put_u32(w, progress->command_size);
    bytes_put_u32(w, progress->command_offset);
    bytes_put_u32(w, progress->command_crc);
    bytes_put_u32(w, progress->object_size);
    bytes_put_u32(w, progress->image_crc);
    bytes_put_u32(w, progress->image_crc_last);
    bytes_put_u32(w, progress->image_offset);
    bytes_put_u32(w, progress->image_offset_last);
}

static void get_progress(struct bytes_reader *r, struct settings_progress *progress)
{
    progress->command_size = bytes_get_u32(r);
    progress->command_offset = bytes_get_u32(r);
    progress->command_crc = bytes_get_u32(r);
    progress->object_size = bytes_get_u32(r);
    progress->image_crc = bytes_get_u32(r);
    progress->image_crc_last = bytes_get_u32(r);
    progress->image_offset = bytes_get_u32(r);
    progress->image_offset_last = bytes_get_u32(r);
}

static void put_checksum(uint8_t *page, uint32_t at, uint32_t start, uint32_t end)
{
    struct bytes_writer w;
    bytes_writer_init(&w, page + at, 4);
    bytes_put_u32(&w, crc32(0, page + start, end - start));
}

static bool checksum_fits(const uint8_t *page, uint32_t at, uint32_t start, uint32_t end)
{
    struct bytes_reader r;
    bytes_reader_init(&r, page + at, 4);
    return bytes_get_u32(&r) == crc32(0, page + start, end - start);
}

/* All that the versions have in common, and the init packet. */
static void put_head(struct bytes_writer *w, const struct settings *settings, uint32_t version)
{
    bytes_put_u32(w, 0);
    bytes_put_u32(w, version);
    bytes_put_u32(w, settings->app_version);
    bytes_put_u32(w, settings->bootloader_version);
    bytes_put_u32(w, 0); /* bank layout */
    bytes_put_u32(w, 0); /* current bank */
    put_bank(w, &settings->bank0);
    put_bank(w, &settings->bank1);
    bytes_put_u32(w, settings->write_offset);
    bytes_put_u32(w, settings->softdevice_size);
    put_progress(w, &settings->progress);
    bytes_put_u32(w, 0); /* enter buttonless DFU */
    bytes_put(w, settings->init, version == 1 ? SETTINGS_INIT_V1 : SETTINGS_INIT_MAX);
}

static void put_validations(struct bytes_writer *w, const struct settings *settings)
{
    static const uint8_t bootloader_validation[1 + SETTINGS_VALIDATION];
    bytes_put_u32(w, 0);
    bytes_put_u8(w, settings->softdevice.type);
    bytes_put(w, settings->softdevice.bytes, SETTINGS_VALIDATION);
    bytes_put_u8(w, settings->application.type);
    bytes_put(w, settings->application.bytes, SETTINGS_VALIDATION);
    bytes_put(w, bootloader_validation, sizeof(bootloader_validation));
    bytes_put_u8(w, 0xFF);
}

void settings_encode(const struct settings *settings, uint8_t page[SETTINGS_PAGE_SIZE])
{
    uint32_t version = settings->version ? settings->version : 2;
    struct bytes_writer w;
    memset(page, 0, SETTINGS_PAGE_SIZE);
    bytes_writer_init(&w, page, SETTINGS_PAGE_SIZE);
    put_head(&w, settings, version);
    put_checksum(page, 0, 4, HEAD_END);
    if (version == 1)
        return;
    put_validations(&w, settings);
    put_checksum(page, VALIDATION_CRC, VALIDATION_START, VALIDATION_END);
}

/* What version 1 says about an application's check: its CRC, unless that is 0. */
static void validate_by_bank(struct settings *settings)
{
    struct bytes_writer w;
    memset(&settings->softdevice, 0, sizeof(settings->softdevice));
    memset(&settings->application, 0, sizeof(settings->application));
    settings->application.type = settings->bank0.crc != 0;
    bytes_writer_init(&w, settings->application.bytes, 4);
    bytes_put_u32(&w, settings->bank0.crc);
}

static void get_validations(struct bytes_reader *r, struct settings *settings)
{
    bytes_get(r, NULL, 4);
    settings->softdevice.type = bytes_get_u8(r);
    bytes_get(r, settings->softdevice.bytes, SETTINGS_VALIDATION);
    settings->application.type = bytes_get_u8(r);
    bytes_get(r, settings->application.bytes, SETTINGS_VALIDATION);
}

bool settings_decode(struct settings *settings, const uint8_t page[SETTINGS_PAGE_SIZE])
{
    struct bytes_reader r;
    bytes_reader_init(&r, page, SETTINGS_PAGE_SIZE);
    bytes_get(&r, NULL, 4);
    settings->version = bytes_get_u32(&r);
    settings->app_version = bytes_get_u32(&r);
    settings->bootloader_version = bytes_get_u32(&r);
    bytes_get(&r, NULL, 8);
    get_bank(&r, &settings->bank0);
    get_bank(&r, &settings->bank1);
    settings->write_offset = bytes_get_u32(&r);
    settings->softdevice_size = bytes_get_u32(&r);
    get_progress(&r, &settings->progress);
    bytes_get(&r, NULL, 4);
    memset(settings->init, 0, sizeof(settings->init));
    bytes_get(&r, settings->init, settings->version == 1 ? SETTINGS_INIT_V1 : SETTINGS_INIT_MAX);
    if (settings->version == 1)
        validate_by_bank(settings);
    else
        get_validations(&r, settings);
    /* The second checksum stands behind the init packet: if it fits, the page was written to its
     * end. */
    return checksum_fits(page, 0, 4, HEAD_END) &&
           (settings->version == 1 ||
            (settings->version == 2 &&
             checksum_fits(page, VALIDATION_CRC, VALIDATION_START, VALIDATION_END)));
}
