/* SPDX-License-Identifier: MIT
 * Settings in two flash pages. At any moment at least one of them is whole, so a power cut never
 * leaves the bootloader without. */
#include <string.h>

#include "sim/bootloader_internal.h"

static bool page_queue(struct bootloader *b, struct store_page *page, const uint8_t *bytes)
{
    if (memcmp(page->bytes, bytes, SETTINGS_PAGE_SIZE) == 0)
        return true;
    if (flash_pending(b->flash) + 2 > b->profile->flash_queue)
        return false;
    memcpy(page->bytes, bytes, SETTINGS_PAGE_SIZE);
    return flash_erase(b->flash, page->address, 1, bootloader_flash_done, b) &&
           flash_write(b->flash, page->address, bytes, SETTINGS_PAGE_SIZE, bootloader_flash_done,
                       b);
}

/* As they go to flash: an update interrupted by a reset begins its data anew. */
static void persistent_page(const struct bootloader *b, uint8_t page[SETTINGS_PAGE_SIZE])
{
    struct settings settings = b->settings;
    settings.progress = (struct settings_progress){
        .command_size = b->settings.progress.command_size,
        .command_offset = b->settings.progress.command_offset,
        .command_crc = b->settings.progress.command_crc,
    };
    settings_encode(&settings, page);
}

bool store_save(struct bootloader *b)
{
    uint8_t page[SETTINGS_PAGE_SIZE];
    persistent_page(b, page);
    if (flash_pending(b->flash) + 4 > b->profile->flash_queue)
        return memcmp(b->store[0].bytes, page, sizeof(page)) == 0 &&
               memcmp(b->store[1].bytes, page, sizeof(page)) == 0;
    return page_queue(b, &b->store[0], page) && page_queue(b, &b->store[1], page);
}

void store_force(struct bootloader *b)
{
    uint8_t page[SETTINGS_PAGE_SIZE];
    persistent_page(b, page);
    for (int i = 0; i < 2; i++) {
        memcpy(b->store[i].bytes, page, sizeof(page));
        flash_load(b->flash, b->store[i].address, page, sizeof(page));
    }
}

static void factory_settings(struct bootloader *b)
{
    memset(&b->settings, 0, sizeof(b->settings));
    b->settings.app_version = b->config.app_version;
    b->settings.bootloader_version = b->config.bootloader_version;
}

/* Takes what is in flash; tells which of the pages are whole. */
static void read_pages(struct bootloader *b, bool valid[2])
{
    struct settings ignored;
    for (int i = 0; i < 2; i++) {
        struct store_page *page = &b->store[i];
        memcpy(page->bytes, flash_read(b->flash, page->address), SETTINGS_PAGE_SIZE);
        valid[i] = settings_decode(&ignored, page->bytes);
    }
}

void store_prepare(struct bootloader *b)
{
    bool valid[2];
    b->store[0].address = b->profile->settings_address;
    b->store[1].address = b->profile->settings_backup_address;
    read_pages(b, valid);
    if (valid[0] || valid[1]) {
        settings_decode(&b->settings, b->store[valid[0] ? 0 : 1].bytes);
        return;
    }
    factory_settings(b);
    store_force(b);
}

void store_load(struct bootloader *b)
{
    bool valid[2];
    read_pages(b, valid);
    if (!valid[0] && !valid[1]) {
        factory_settings(b);
        NOTE(b, "settings", "from=%s", "factory");
        store_save(b);
        return;
    }
    int good = valid[0] ? 0 : 1;
    uint8_t page[SETTINGS_PAGE_SIZE];
    memcpy(page, b->store[good].bytes, sizeof(page));
    settings_decode(&b->settings, page);
    if (good == 1)
        NOTE(b, "settings", "from=%s", "backup");
    page_queue(b, &b->store[1 - good], page);
}
