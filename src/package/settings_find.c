/* SPDX-License-Identifier: MIT */
#include "package/settings.h"

#include <string.h>

#include "base/bytes.h"
#include "base/crc.h"

/* The smallest flash page of any chip: settings begin at a multiple of it. */
#define FLASH_PAGE 0x400u

/* A piece of memory where a page might be. */
struct excerpt {
    uint8_t bytes[NORDFU_SETTINGS_MAX_SIZE]; /* 0xFF where nothing is known */
    bool known[NORDFU_SETTINGS_MAX_SIZE];
    size_t known_count;
};

/* Index of the first span that ends behind `address`. */
static size_t first_span(const struct settings_memory *memory, uint32_t address)
{
    size_t low = 0, high = memory->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct settings_span *span = &memory->spans[middle];
        if ((uint64_t)span->address + span->size <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Copies what is known of `size` bytes from `address` on. */
static void take(struct excerpt *excerpt, const struct settings_memory *memory, uint32_t address,
                 size_t size)
{
    uint64_t end = (uint64_t)address + size;
    memset(excerpt->bytes, 0xFF, sizeof(excerpt->bytes));
    memset(excerpt->known, 0, sizeof(excerpt->known));
    excerpt->known_count = 0;
    for (size_t i = first_span(memory, address); i < memory->count; i++) {
        const struct settings_span *span = &memory->spans[i];
        if (span->address >= end)
            break;
        uint64_t from = span->address > address ? span->address : address;
        uint64_t to = (uint64_t)span->address + span->size;
        to = to < end ? to : end;
        size_t at = (size_t)(from - address), count = (size_t)(to - from);
        memcpy(excerpt->bytes + at, span->bytes + (from - span->address), count);
        memset(excerpt->known + at, 1, count);
        excerpt->known_count += count;
    }
}

static bool is_known(const struct excerpt *excerpt, size_t at, size_t size)
{
    return memchr(excerpt->known + at, 0, size) == NULL;
}

static bool is_erased(const struct excerpt *excerpt)
{
    for (size_t i = 0; i < sizeof(excerpt->bytes); i++)
        if (excerpt->bytes[i] != 0xFF)
            return false;
    return true;
}

static uint32_t word_at(const struct excerpt *excerpt, size_t at)
{
    struct bytes_reader r;
    bytes_reader_init(&r, excerpt->bytes + at, sizeof(uint32_t));
    return bytes_get_u32(&r);
}

/* What a version 2 page must have: the checksum of the boot validations, and their types. */
static bool has_tail(const struct excerpt *excerpt)
{
    return is_known(excerpt, SETTINGS_VALIDATION_CRC,
                    SETTINGS_VALIDATION_START - SETTINGS_VALIDATION_CRC + 1) &&
           is_known(excerpt, SETTINGS_VALIDATION_START + 65, 1) &&
           is_known(excerpt, SETTINGS_VALIDATION_END - 65, 1);
}

/* Judges an excerpt whose address and family are in `place` already. */
static void judge(struct nordfu_settings_place *place, const struct excerpt *excerpt)
{
    place->state = NORDFU_SETTINGS_ABSENT;
    if (excerpt->known_count == 0)
        return;
    place->state = NORDFU_SETTINGS_EMPTY;
    if (is_erased(excerpt))
        return;
    place->state = NORDFU_SETTINGS_INCOMPLETE;
    if (!is_known(excerpt, 0, 8))
        return;
    place->version = word_at(excerpt, 4);
    place->state = NORDFU_SETTINGS_FOREIGN;
    if (place->version != 1 && place->version != 2)
        return;
    place->crc_stored = word_at(excerpt, 0);
    place->crc_right =
        crc32(0, excerpt->bytes + SETTINGS_HEAD_START, SETTINGS_HEAD_END - SETTINGS_HEAD_START);
    place->state = NORDFU_SETTINGS_VALID;
    if (place->version == 2 && !has_tail(excerpt))
        place->state = NORDFU_SETTINGS_INCOMPLETE;
    else if (place->crc_stored != place->crc_right)
        place->state = is_known(excerpt, 0, SETTINGS_HEAD_END) ? NORDFU_SETTINGS_DAMAGED
                                                               : NORDFU_SETTINGS_INCOMPLETE;
}

static void get_bank(struct bytes_reader *r, struct nordfu_settings_bank *bank)
{
    bank->size = bytes_get_u32(r);
    bank->crc = bytes_get_u32(r);
    bank->code = bytes_get_u32(r);
}

static void get_head(struct bytes_reader *r, struct nordfu_settings *settings)
{
    settings->version = bytes_get_u32(r);
    settings->app_version = bytes_get_u32(r);
    settings->bootloader_version = bytes_get_u32(r);
    settings->bank_layout = bytes_get_u32(r);
    settings->current_bank = bytes_get_u32(r);
    get_bank(r, &settings->bank0);
    get_bank(r, &settings->bank1);
    settings->write_offset = bytes_get_u32(r);
    settings->softdevice_size = bytes_get_u32(r);
    for (size_t i = 0; i < sizeof(settings->progress) / sizeof(settings->progress[0]); i++)
        settings->progress[i] = bytes_get_u32(r);
    settings->enter_buttonless_dfu = bytes_get_u32(r);
}

static void get_validation(struct bytes_reader *r, struct nordfu_boot_validation *validation)
{
    static const uint8_t sizes[] = {
        [NORDFU_VALIDATION_NONE] = 0,
        [NORDFU_VALIDATION_CRC] = 4,
        [NORDFU_VALIDATION_SHA256] = 32,
        [NORDFU_VALIDATION_ECDSA] = 64,
    };
    uint8_t type = bytes_get_u8(r);
    validation->type = (enum nordfu_validation)type;
    validation->size = type < sizeof(sizes) ? sizes[type] : sizeof(validation->bytes);
    bytes_get(r, validation->bytes, sizeof(validation->bytes));
}

/* Reads a valid page. */
static void read_page(struct nordfu_settings_page *page, const struct excerpt *excerpt)
{
    struct nordfu_settings *settings = &page->settings;
    struct bytes_reader r;
    bytes_reader_init(&r, excerpt->bytes + SETTINGS_HEAD_START,
                      sizeof(excerpt->bytes) - SETTINGS_HEAD_START);
    get_head(&r, settings);
    if (settings->version == 1)
        return;
    bytes_get(&r, settings->init_command, sizeof(settings->init_command));
    page->validation_crc_stored = bytes_get_u32(&r);
    page->validation_crc_right = crc32(0, excerpt->bytes + SETTINGS_VALIDATION_START,
                                       SETTINGS_VALIDATION_END - SETTINGS_VALIDATION_START);
    get_validation(&r, &settings->sd_validation);
    get_validation(&r, &settings->app_validation);
    get_validation(&r, &settings->bl_validation);
}

/* True if there is a valid page, which is then in `page`; page->place tells either way. */
static bool look(struct nordfu_settings_page *page, const struct settings_memory *memory,
                 uint32_t address)
{
    struct excerpt excerpt;
    enum nordfu_family family = 0;
    while (family < NORDFU_FAMILY_COUNT && nordfu_family_settings_address(family) != address)
        family++;
    memset(page, 0, sizeof(*page));
    page->place.address = address;
    page->place.family = family;
    take(&excerpt, memory, address, sizeof(excerpt.bytes));
    judge(&page->place, &excerpt);
    if (page->place.state == NORDFU_SETTINGS_VALID)
        read_page(page, &excerpt);
    return page->place.state == NORDFU_SETTINGS_VALID;
}

void nordfu_settings_decode(struct nordfu_settings_page *page, const uint8_t *bytes, size_t size)
{
    size_t used = size < NORDFU_SETTINGS_MAX_SIZE ? size : NORDFU_SETTINGS_MAX_SIZE;
    const struct settings_span span = {.address = 0, .size = used, .bytes = bytes};
    const struct settings_memory memory = {.spans = &span, .count = used > 0};
    look(page, &memory, 0);
}

/* True unless the first 8 bytes tell already that there is no page `at` bytes behind the span's
 * beginning: most of them are looked at for nothing. */
static bool may_be_page(const struct settings_span *span, uint64_t at)
{
    struct bytes_reader r;
    bytes_reader_init(&r, span->bytes + at, span->size - (size_t)at);
    bytes_get_u32(&r);
    uint32_t version = bytes_get_u32(&r);
    return version == 1 || version == 2;
}

/* Looks at the span's beginning and at every multiple of a flash page in it. The last page counts:
 * a backup lies below its page. */
static void search_span(struct nordfu_settings_found *found, const struct settings_memory *memory,
                        const struct settings_span *span)
{
    uint64_t end = (uint64_t)span->address + span->size;
    uint64_t at = span->address;
    while (at < end) {
        struct nordfu_settings_page page;
        if (may_be_page(span, at - span->address) && look(&page, memory, (uint32_t)at)) {
            found->page = page;
            found->is_found = true;
        }
        at = (at / FLASH_PAGE + 1) * FLASH_PAGE;
    }
}

static bool look_at_families(struct nordfu_settings_found *found,
                             const struct settings_memory *memory)
{
    for (enum nordfu_family family = 0; family < NORDFU_FAMILY_COUNT && !found->is_found;
         family++) {
        found->is_found = look(&found->page, memory, nordfu_family_settings_address(family));
        found->looked_at[found->looked_at_count++] = found->page.place;
    }
    return found->is_found;
}

/* Where there should be a page, there is none: perhaps its backup is fine. */
static bool look_at_backups(struct nordfu_settings_found *found,
                            const struct settings_memory *memory)
{
    for (size_t i = 0; i < found->looked_at_count && !found->is_found; i++) {
        const struct nordfu_settings_place *place = &found->looked_at[i];
        if (place->state == NORDFU_SETTINGS_ABSENT ||
            place->address < NORDFU_SETTINGS_BACKUP_DISTANCE)
            continue;
        found->is_found =
            look(&found->page, memory, place->address - NORDFU_SETTINGS_BACKUP_DISTANCE);
        found->is_backup = found->is_found;
        if (found->is_found)
            found->page.place.family = place->family;
    }
    return found->is_found;
}

static void compare_backup(struct nordfu_settings_found *found,
                           const struct settings_memory *memory)
{
    struct nordfu_settings_page backup;
    uint32_t address = found->page.place.address;
    if (found->is_backup || address < NORDFU_SETTINGS_BACKUP_DISTANCE ||
        !look(&backup, memory, address - NORDFU_SETTINGS_BACKUP_DISTANCE))
        return;
    struct excerpt ours, theirs;
    size_t size = backup.settings.version == 1 ? NORDFU_SETTINGS_V1_SIZE : SETTINGS_VALIDATION_END;
    take(&ours, memory, address, size);
    take(&theirs, memory, address - NORDFU_SETTINGS_BACKUP_DISTANCE, size);
    found->has_backup = true;
    found->backup_differs = memcmp(ours.bytes, theirs.bytes, size) != 0;
}

void settings_find(struct nordfu_settings_found *found, const struct settings_memory *memory,
                   const uint32_t *address)
{
    memset(found, 0, sizeof(*found));
    if (address != NULL) {
        found->is_found = look(&found->page, memory, *address);
        found->looked_at[found->looked_at_count++] = found->page.place;
    } else if (!look_at_families(found, memory) && !look_at_backups(found, memory)) {
        for (size_t i = 0; i < memory->count; i++)
            search_span(found, memory, &memory->spans[i]);
    }
    if (found->is_found)
        compare_backup(found, memory);
}
