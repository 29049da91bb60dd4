/* SPDX-License-Identifier: MIT
 * Activation: a received image is moved to its place, page by page. What is done is written down,
 * so that after a power cut it goes on where it was.
 *
 * A bootloader does not move itself: the MBR does that, from the beginning if it was interrupted,
 * and restarts the chip. The new bootloader then finds itself in place.
 */
#include <string.h>

#include "sim/bootloader_internal.h"

#define COPY_STEP 8 /* most pages moved at once */

/* One stretch of the waiting image and its place. */
struct part {
    uint32_t from, to;
    uint32_t size;
};

static bool moves_softdevice(const struct settings *s)
{
    return s->bank1.code == SETTINGS_SOFTDEVICE || s->bank1.code == SETTINGS_SOFTDEVICE_BOOTLOADER;
}

static bool moves_bootloader(const struct settings *s)
{
    return s->bank1.code == SETTINGS_BOOTLOADER || s->bank1.code == SETTINGS_SOFTDEVICE_BOOTLOADER;
}

bool activate_due(const struct bootloader *b)
{
    const struct settings *s = &b->settings;
    uint32_t from = bank_waiting_address(b), end = b->profile->bootloader_address;
    return s->bank1.code != SETTINGS_INVALID && s->bank1.code != SETTINGS_EXTERNAL && from < end &&
           s->bank1.size <= end - from && s->write_offset <= s->bank1.size &&
           (!moves_softdevice(s) || s->softdevice_size <= s->bank1.size);
}

/* What moves by the settings' write offset: application or SoftDevice. */
static struct part own_part(const struct bootloader *b)
{
    const struct settings *s = &b->settings;
    uint32_t from = bank_waiting_address(b);
    if (moves_softdevice(s))
        return (struct part){from, SD_ADDRESS, s->softdevice_size};
    if (s->bank1.code == SETTINGS_APPLICATION)
        return (struct part){from, bank_application_address(b), s->bank1.size};
    return (struct part){from, from, 0};
}

static struct part bootloader_part_of(const struct bootloader *b)
{
    const struct settings *s = &b->settings;
    uint32_t before = moves_softdevice(s) ? s->softdevice_size : 0;
    return (struct part){bank_waiting_address(b) + before, b->profile->bootloader_address,
                         s->bank1.size - before};
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Moves up to `pages` pages from `offset` on. Returns the bytes. */
static uint32_t move(struct bootloader *b, const struct part *part, uint32_t offset, uint32_t pages)
{
    uint32_t page = b->profile->page_size;
    uint32_t size = smaller(pages * page, part->size - offset);
    uint32_t to = part->to + offset;
    const uint8_t *from = flash_read(b->flash, part->from + offset);
    flash_erase(b->flash, to, (size + page - 1) / page, bootloader_flash_done, b);
    for (uint32_t at = 0; at < size; at += page)
        flash_write(b->flash, to + at, from + at, (smaller(size - at, page) + 3) & ~3u,
                    bootloader_flash_done, b);
    return size;
}

/* Pages that can be moved without touching what a repetition of the step would need. Before SDK 15
 * an application moves page by page. */
static uint32_t step_pages(const struct bootloader *b, const struct part *part)
{
    uint32_t distance = part->from > part->to ? part->from - part->to : part->to - part->from;
    bool single = b->profile->sdk < 15 && b->settings.bank1.code == SETTINGS_APPLICATION;
    return smaller(distance / b->profile->page_size, single ? 1 : COPY_STEP);
}

/* True if a step of application or SoftDevice was begun, false if all is in place. */
static bool move_own(struct bootloader *b)
{
    struct settings *s = &b->settings;
    struct part part = own_part(b);
    if (part.from == part.to || s->write_offset >= part.size)
        return false;
    s->write_offset += move(b, &part, s->write_offset, step_pages(b, &part));
    if (s->write_offset < s->bank1.size)
        store_save(b);
    return true;
}

/* The same for a bootloader. When that has come to an end, the chip restarts. */
static bool move_bootloader(struct bootloader *b)
{
    struct part part = bootloader_part_of(b);
    if (b->moved == 0 &&
        memcmp(flash_read(b->flash, part.to), flash_read(b->flash, part.from), part.size) == 0)
        return false;
    if (b->moved < part.size) {
        b->moved += move(b, &part, b->moved, COPY_STEP);
        return true;
    }
    NOTE(b, "moved", "bootloader=%u", (unsigned)part.size);
    b->reset_due = true;
    return true;
}

static void note_new(struct bootloader *b, bool valid)
{
    struct settings *s = &b->settings;
    if (s->bank1.code == SETTINGS_APPLICATION) {
        s->bank0 = valid ? s->bank1 : (struct settings_bank){0};
        b->installed_version = b->received_version;
    }
    if (moves_bootloader(s))
        b->bootloader_size = bootloader_part_of(b).size;
    if (moves_softdevice(s)) {
        bank_read_softdevice(b);
        b->softdevice_size = s->softdevice_size;
    }
}

/* Everything is in its place: the settings say so, and the next start runs it (before SDK 15
 * without that start, which nobody can tell). After a SoftDevice more is expected as long as there
 * is an application to go back to. */
static void finish(struct bootloader *b)
{
    struct settings *s = &b->settings;
    struct settings_bank waiting = s->bank1;
    bool application = waiting.code == SETTINGS_APPLICATION;
    bool valid = !application || bank_is_whole(b, &waiting);
    bool softdevice = moves_softdevice(s);
    note_new(b, valid);
    memset(&s->bank1, 0, sizeof(s->bank1));
    memset(&s->progress, 0, sizeof(s->progress));
    s->write_offset = 0;
    b->stats.activations += valid;
    b->continues = softdevice && bank_application_valid(b);
    b->reset_due = !b->continues;
    NOTE(b, "activated", "ok=%d size=%u app_version=%u", valid, (unsigned)waiting.size,
         (unsigned)s->app_version);
    store_save(b);
    bootloader_poll(b);
}

void activate_step(struct bootloader *b)
{
    if (b->continues) {
        b->continues = false;
        bootloader_continue(b);
        return;
    }
    if (move_own(b))
        return;
    if (!moves_bootloader(&b->settings) || !move_bootloader(b))
        finish(b);
    else if (b->reset_due)
        bootloader_poll(b);
}
