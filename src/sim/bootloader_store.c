/* SPDX-License-Identifier: MIT
 * Settings in two flash pages, where the SDK has the second. At any moment at least one of them is
 * whole then, so a power cut never leaves the bootloader without. With one page it may: everything
 * installed is forgotten then. */
#include <string.h>

#include "sim/bootloader_internal.h"

static int pages(const struct bootloader *b)
{
    return b->profile->settings_backup_address ? 2 : 1;
}

/* Bytes of a page in use. */
static uint32_t page_used(const struct bootloader *b)
{
    return b->profile->settings_version == 1 ? SETTINGS_PAGE_V1 : SETTINGS_PAGE_SIZE;
}

bool store_has_room(const struct bootloader *b, uint32_t operations)
{
    return b->activating || flash_pending(b->flash) + operations <= b->profile->flash_queue;
}

static bool page_queue(struct bootloader *b, struct store_page *page, const uint8_t *bytes)
{
    uint32_t used = page_used(b);
    if (memcmp(page->bytes, bytes, used) == 0)
        return true;
    if (!store_has_room(b, 2))
        return false;
    memcpy(page->bytes, bytes, SETTINGS_PAGE_SIZE);
    return flash_erase(b->flash, page->address, 1, bootloader_flash_done, b) &&
           flash_write(b->flash, page->address, bytes, used, bootloader_flash_done, b);
}

/* What of the progress goes to flash: an update interrupted by a reset begins its data anew, unless
 * the bootloader keeps a record of executed objects. */
static struct settings_progress persistent_progress(const struct bootloader *b)
{
    const struct settings_progress *p = &b->settings.progress;
    struct settings_progress kept = {
        .command_size = p->command_size,
        .command_offset = p->command_offset,
        .command_crc = p->command_crc,
    };
    if (b->settings.bank1.code != SETTINGS_INVALID)
        kept.object_size = p->object_size;
    if (b->profile->saves_progress) {
        kept.image_offset = kept.image_offset_last = p->image_offset_last;
        kept.image_crc = kept.image_crc_last = p->image_crc_last;
    }
    return kept;
}

static void persistent_page(const struct bootloader *b, uint8_t page[SETTINGS_PAGE_SIZE])
{
    struct settings settings = b->settings;
    settings.progress = persistent_progress(b);
    settings_encode(&settings, page);
}

bool store_save(struct bootloader *b)
{
    uint8_t page[SETTINGS_PAGE_SIZE];
    bool same = true;
    persistent_page(b, page);
    for (int i = 0; i < pages(b); i++)
        same &= memcmp(b->store[i].bytes, page, page_used(b)) == 0;
    if (same)
        return true;
    if (!store_has_room(b, 2 * (uint32_t)pages(b)))
        return false;
    for (int i = 0; i < pages(b); i++)
        page_queue(b, &b->store[i], page);
    return true;
}

void store_force(struct bootloader *b)
{
    uint8_t page[SETTINGS_PAGE_SIZE];
    persistent_page(b, page);
    for (int i = 0; i < pages(b); i++) {
        memcpy(b->store[i].bytes, page, sizeof(page));
        flash_load(b->flash, b->store[i].address, page, page_used(b));
    }
}

static void factory_settings(struct bootloader *b)
{
    memset(&b->settings, 0, sizeof(b->settings));
    b->settings.version = b->profile->settings_version;
    b->settings.app_version = b->config.app_version;
    b->settings.bootloader_version = b->config.bootloader_version;
}

/* Takes what is in flash; tells which of the pages are whole. */
static void read_pages(struct bootloader *b, bool valid[2])
{
    struct settings ignored;
    valid[1] = false;
    for (int i = 0; i < pages(b); i++) {
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
    bank_fill(b);
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
    if (pages(b) == 2)
        page_queue(b, &b->store[1 - good], page);
}
