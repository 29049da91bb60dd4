/* SPDX-License-Identifier: MIT
 * Settings pages as bytes at addresses. */
#include "test.h"

#include <stdio.h>

#include "package/settings.h"
#include "sim/settings.h"

#define PAGE_NRF52 0x7F000u
#define PAGE_840   0xFF000u

/* A generator for everything random here. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* CRC-32 bit by bit, not the one under test. */
static uint32_t slow_crc(const uint8_t *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static struct nordfu_settings sample(uint32_t version)
{
    struct nordfu_settings settings = {
        .version = version,
        .app_version = 0x01020304,
        .bootloader_version = 7,
        .current_bank = 1,
        .bank0 = {0x1234, 0xCAFEBABE, NORDFU_BANK_APPLICATION},
        .bank1 = {0x5678, 0xDEADBEEF, NORDFU_BANK_SOFTDEVICE_BOOTLOADER},
        .write_offset = 0x400,
        .softdevice_size = 0x25000,
        .progress = {1, 2, 3, 4, 5, 6, 7, 8},
        .enter_buttonless_dfu = 1,
    };
    if (version == 1)
        return settings;
    settings.init_command[0] = 0x12;
    settings.init_command[NORDFU_SETTINGS_INIT_SIZE - 1] = 0x34;
    settings.sd_validation.type = NORDFU_VALIDATION_CRC;
    settings.sd_validation.size = 4;
    memcpy(settings.sd_validation.bytes, "\x01\x02\x03\x04", 4);
    settings.app_validation.type = NORDFU_VALIDATION_ECDSA;
    settings.app_validation.size = 64;
    memset(settings.app_validation.bytes, 0x5A, 64);
    return settings;
}

/* By their pages: between members there may be anything. */
static void assert_same(const struct nordfu_settings *a, const struct nordfu_settings *b)
{
    uint8_t one[NORDFU_SETTINGS_MAX_SIZE], other[NORDFU_SETTINGS_MAX_SIZE];
    size_t size = nordfu_settings_encode(a, one);
    assert_true(size > 0);
    assert_int_equal(nordfu_settings_encode(b, other), size);
    assert_memory_equal(one, other, size);
    assert_int_equal(a->app_validation.size, b->app_validation.size);
    assert_int_equal(a->sd_validation.size, b->sd_validation.size);
}

static size_t sample_page(uint32_t version, uint8_t page[NORDFU_SETTINGS_MAX_SIZE])
{
    const struct nordfu_settings settings = sample(version);
    return nordfu_settings_encode(&settings, page);
}

static struct nordfu_settings_found find(const struct settings_span *spans, size_t count)
{
    struct nordfu_settings_found found;
    settings_find(&found, &(struct settings_memory){.spans = spans, .count = count}, NULL);
    return found;
}

static void a_page_read_again_is_what_was_written(void **state)
{
    (void)state;
    for (uint32_t version = 1; version <= 2; version++) {
        uint8_t bytes[NORDFU_SETTINGS_MAX_SIZE];
        struct nordfu_settings_page page;
        const struct nordfu_settings settings = sample(version);
        size_t size = nordfu_settings_encode(&settings, bytes);
        assert_int_equal(size, version == 1 ? 92 : 804);
        nordfu_settings_decode(&page, bytes, size);
        assert_int_equal(page.place.state, NORDFU_SETTINGS_VALID);
        assert_same(&page.settings, &settings);
        assert_int_equal(page.validation_crc_stored, page.validation_crc_right);
        assert_int_equal(page.place.crc_stored, slow_crc(bytes + 4, 88));
    }
}

static void what_fits_on_no_page_is_not_written(void **state)
{
    (void)state;
    uint8_t bytes[NORDFU_SETTINGS_MAX_SIZE];
    struct nordfu_settings settings = sample(2);
    settings.bl_validation.size = 65;
    assert_int_equal(nordfu_settings_encode(&settings, bytes), 0);
    settings = sample(3);
    assert_int_equal(nordfu_settings_encode(&settings, bytes), 0);
    settings = sample(0);
    assert_int_equal(nordfu_settings_encode(&settings, bytes), 0);
}

/* The simulator's page has a code of its own. */
static void the_simulated_bootloader_reads_our_page(void **state)
{
    (void)state;
    uint8_t bytes[SETTINGS_PAGE_SIZE];
    struct settings theirs;
    const struct nordfu_settings ours = sample(2);
    assert_int_equal(nordfu_settings_encode(&ours, bytes), sizeof(bytes));
    assert_true(settings_decode(&theirs, bytes));
    assert_int_equal(theirs.version, 2);
    assert_int_equal(theirs.app_version, ours.app_version);
    assert_int_equal(theirs.bootloader_version, ours.bootloader_version);
    assert_memory_equal(&theirs.bank0, &ours.bank0, sizeof(ours.bank0));
    assert_memory_equal(&theirs.bank1, &ours.bank1, sizeof(ours.bank1));
    assert_int_equal(theirs.write_offset, ours.write_offset);
    assert_int_equal(theirs.softdevice_size, ours.softdevice_size);
    assert_int_equal(theirs.progress.command_size, 1);
    assert_int_equal(theirs.progress.image_offset_last, 8);
    assert_int_equal(theirs.softdevice.type, 1);
    assert_memory_equal(theirs.softdevice.bytes, ours.sd_validation.bytes, 64);
    assert_int_equal(theirs.application.type, 3);
    assert_memory_equal(theirs.application.bytes, ours.app_validation.bytes, 64);
}

static void we_read_the_simulated_bootloaders_page(void **state)
{
    (void)state;
    for (uint32_t version = 1; version <= 2; version++) {
        uint8_t bytes[SETTINGS_PAGE_SIZE];
        struct nordfu_settings_page page;
        const struct settings theirs = {.version = version,
                                        .app_version = 9,
                                        .bank0 = {100, 200, SETTINGS_APPLICATION},
                                        .softdevice_size = 0x1000,
                                        .application = {.type = 2, .bytes = {1, 2, 3}}};
        settings_encode(&theirs, bytes);
        nordfu_settings_decode(&page, bytes, sizeof(bytes));
        assert_int_equal(page.place.state, NORDFU_SETTINGS_VALID);
        assert_int_equal(page.settings.version, version);
        assert_int_equal(page.settings.app_version, 9);
        assert_int_equal(page.settings.bank0.crc, 200);
        assert_int_equal(page.settings.softdevice_size, 0x1000);
        assert_int_equal(page.settings.app_validation.type, version == 2 ? 2 : 0);
        assert_int_equal(page.settings.app_validation.size, version == 2 ? 32 : 0);
        assert_int_equal(page.validation_crc_stored, page.validation_crc_right);
    }
}

static void what_is_no_page_is_told_apart(void **state)
{
    (void)state;
    uint8_t bytes[NORDFU_SETTINGS_MAX_SIZE];
    struct nordfu_settings_page page;
    memset(bytes, 0xFF, sizeof(bytes));
    nordfu_settings_decode(&page, bytes, 0);
    assert_int_equal(page.place.state, NORDFU_SETTINGS_ABSENT);
    nordfu_settings_decode(&page, bytes, sizeof(bytes));
    assert_int_equal(page.place.state, NORDFU_SETTINGS_EMPTY);
    size_t size = sample_page(2, bytes);
    nordfu_settings_decode(&page, bytes, 7);
    assert_int_equal(page.place.state, NORDFU_SETTINGS_INCOMPLETE);
    nordfu_settings_decode(&page, bytes, 0x5C);
    assert_int_equal(page.place.state, NORDFU_SETTINGS_INCOMPLETE);
    nordfu_settings_decode(&page, bytes, 0x2E2);
    assert_int_equal(page.place.state, NORDFU_SETTINGS_INCOMPLETE);
    nordfu_settings_decode(&page, bytes, size);
    assert_int_equal(page.place.state, NORDFU_SETTINGS_VALID);
    bytes[8] ^= 1;
    nordfu_settings_decode(&page, bytes, size);
    assert_int_equal(page.place.state, NORDFU_SETTINGS_DAMAGED);
    assert_int_equal(page.place.crc_right, slow_crc(bytes + 4, 88));
    put32(bytes + 4, 9);
    nordfu_settings_decode(&page, bytes, size);
    assert_int_equal(page.place.state, NORDFU_SETTINGS_FOREIGN);
    assert_int_equal(page.place.version, 9);
}

static void bytes_that_a_file_leaves_out_are_erased_flash(void **state)
{
    (void)state;
    uint8_t bytes[NORDFU_SETTINGS_MAX_SIZE];
    struct nordfu_settings settings = sample(1);
    memset(settings.progress, 0xFF, sizeof(settings.progress));
    nordfu_settings_encode(&settings, bytes);
    const struct settings_span spans[] = {{PAGE_NRF52, 0x38, bytes},
                                          {PAGE_NRF52 + 0x58, 4, bytes + 0x58}};
    struct nordfu_settings_found found = find(spans, 2);
    assert_true(found.is_found);
    assert_same(&found.page.settings, &settings);
    settings.progress[0] = 0;
    nordfu_settings_encode(&settings, bytes);
    found = find(spans, 2);
    assert_false(found.is_found);
    assert_int_equal(found.looked_at[NORDFU_FAMILY_NRF52].state, NORDFU_SETTINGS_INCOMPLETE);
}

static void every_family_has_its_place(void **state)
{
    (void)state;
    static const char *const names[] = {"nRF51", "nRF52", "nRF52QFAB", "NRF52810", "NRF52840"};
    uint8_t bytes[NORDFU_SETTINGS_MAX_SIZE];
    size_t size = sample_page(2, bytes);
    for (enum nordfu_family family = 0; family < NORDFU_FAMILY_COUNT; family++) {
        uint32_t address = nordfu_family_settings_address(family);
        const struct settings_span spans[] = {{address - 0x1000, size, bytes},
                                              {address, size, bytes}};
        struct nordfu_settings_found found = find(spans, 2);
        assert_true(found.is_found);
        assert_int_equal(found.page.place.family, family);
        assert_int_equal(found.page.place.address, address);
        assert_true(found.has_backup);
        assert_false(found.backup_differs);
        assert_false(found.is_backup);
        assert_string_equal(nordfu_family_name(family), names[family]);
    }
    assert_string_equal(nordfu_family_name(NORDFU_FAMILY_COUNT), "unknown");
    assert_int_equal(nordfu_family_settings_address(NORDFU_FAMILY_COUNT), 0);
}

static void a_page_at_an_address_of_its_own_is_found(void **state)
{
    (void)state;
    static const uint32_t addresses[] = {0, 0x1000, 0x6F000, 0x1FFF9, 0xFFFFF000};
    uint8_t bytes[NORDFU_SETTINGS_MAX_SIZE];
    size_t size = sample_page(2, bytes);
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        const struct settings_span span = {addresses[i], size, bytes};
        struct nordfu_settings_found found = find(&span, 1);
        assert_true(found.is_found);
        assert_int_equal(found.page.place.address, addresses[i]);
        assert_int_equal(found.page.place.family, NORDFU_FAMILY_COUNT);
        assert_int_equal(found.looked_at_count, NORDFU_FAMILY_COUNT);
        assert_false(found.has_backup);
    }
}

static void a_dump_of_all_flash_shows_the_page_in_it(void **state)
{
    (void)state;
    const size_t size = 0x100000;
    uint8_t *flash = malloc(size);
    assert_non_null(flash);
    memset(flash, 0xFF, size);
    for (size_t i = 0x1000; i < 0x60000;
         i++) /* an application lies across other families' places */
        flash[i] = (uint8_t)(i * 7 + (i >> 8));
    const struct settings_span span = {0, size, flash};
    struct nordfu_settings_found found = find(&span, 1);
    assert_false(found.is_found);
    assert_int_equal(found.looked_at[NORDFU_FAMILY_NRF52840].state, NORDFU_SETTINGS_EMPTY);
    assert_int_equal(found.looked_at[NORDFU_FAMILY_NRF52810].state, NORDFU_SETTINGS_FOREIGN);
    sample_page(2, flash + PAGE_840);
    found = find(&span, 1);
    assert_true(found.is_found);
    assert_int_equal(found.page.place.address, PAGE_840);
    assert_int_equal(found.page.place.family, NORDFU_FAMILY_NRF52840);
    assert_false(found.has_backup);
    free(flash);
}

static void a_damaged_page_is_told_by_its_backup(void **state)
{
    (void)state;
    uint8_t page[NORDFU_SETTINGS_MAX_SIZE], backup[NORDFU_SETTINGS_MAX_SIZE];
    size_t size = sample_page(2, backup);
    memcpy(page, backup, size);
    page[12] ^= 0x10;
    const struct settings_span spans[] = {{PAGE_NRF52 - 0x1000, size, backup},
                                          {PAGE_NRF52, size, page}};
    struct nordfu_settings_found found = find(spans, 2);
    assert_true(found.is_found);
    assert_true(found.is_backup);
    assert_int_equal(found.page.place.address, PAGE_NRF52 - 0x1000);
    assert_int_equal(found.page.place.family, NORDFU_FAMILY_NRF52);
    assert_int_equal(found.looked_at[NORDFU_FAMILY_NRF52].state, NORDFU_SETTINGS_DAMAGED);
    page[12] ^= 0x10;
    page[0x5C] ^= 1; /* the init command, which the page's checksum leaves out */
    found = find(spans, 2);
    assert_true(found.is_found && !found.is_backup);
    assert_true(found.has_backup && found.backup_differs);
}

static void a_wished_address_is_the_only_one_looked_at(void **state)
{
    (void)state;
    uint8_t bytes[NORDFU_SETTINGS_MAX_SIZE];
    size_t size = sample_page(1, bytes);
    const struct settings_span spans[] = {{0x6E000, size, bytes}, {PAGE_NRF52, size, bytes}};
    const struct settings_memory memory = {.spans = spans, .count = 2};
    struct nordfu_settings_found found;
    const uint32_t right = 0x6E000, wrong = 0x6F000;
    settings_find(&found, &memory, &right);
    assert_true(found.is_found);
    assert_int_equal(found.page.place.address, right);
    settings_find(&found, &memory, &wrong);
    assert_false(found.is_found);
    assert_int_equal(found.looked_at_count, 1);
    assert_int_equal(found.looked_at[0].state, NORDFU_SETTINGS_ABSENT);
}

static void every_single_flipped_bit_is_noticed(void **state)
{
    (void)state;
    size_t checked = 0;
    for (uint32_t version = 1; version <= 2; version++) {
        uint8_t bytes[NORDFU_SETTINGS_MAX_SIZE];
        struct nordfu_settings_page page;
        size_t size = sample_page(version, bytes);
        for (size_t bit = 0; bit < size * 8; bit++) {
            size_t at = bit / 8;
            bytes[at] ^= (uint8_t)(1u << bit % 8);
            nordfu_settings_decode(&page, bytes, size);
            bytes[at] ^= (uint8_t)(1u << bit % 8);
            bool valid = page.place.state == NORDFU_SETTINGS_VALID;
            bool intact = page.validation_crc_stored == page.validation_crc_right;
            if (at < 0x5C)
                assert_false(valid);
            else
                assert_true(valid && intact == (at < 0x25C || at >= 0x323));
            checked++;
        }
    }
    print_message("%zu flipped bits\n", checked);
    assert_int_equal(checked, (92 + 804) * 8);
}

/* The claim of a find, checked against the flash itself. */
static void check_claim(const struct nordfu_settings_found *found, const uint8_t *flash,
                        size_t size)
{
    uint32_t address = found->page.place.address;
    assert_true(address <= size - NORDFU_SETTINGS_V1_SIZE);
    const uint8_t *page = flash + address;
    assert_true(get32(page + 4) == 1 || get32(page + 4) == 2);
    assert_int_equal(get32(page), slow_crc(page + 4, 88));
    assert_int_equal(found->page.settings.version, get32(page + 4));
    assert_int_equal(found->page.settings.app_version, get32(page + 8));
    assert_int_equal(found->page.settings.enter_buttonless_dfu, get32(page + 0x58));
}

/* Flash with pages at random places, most of them damaged. Returns if one at a family's own place
 * is right. */
static bool damage(uint8_t *flash, size_t size, uint32_t *seed)
{
    bool any = false;
    memset(flash, next_random(seed) % 2 == 0 ? 0xFF : 0, size);
    for (uint32_t i = next_random(seed) % 5; i > 0; i--) {
        uint32_t address = (next_random(seed) % (uint32_t)(size / 0x1000)) * 0x1000;
        sample_page(1 + next_random(seed) % 2, flash + address);
        bool spare = next_random(seed) % 3 == 0;
        for (uint32_t hits = spare ? 0 : next_random(seed) % 4; hits > 0; hits--)
            flash[address + next_random(seed) % 0x60] = (uint8_t)next_random(seed);
    }
    for (enum nordfu_family family = 0; family < NORDFU_FAMILY_COUNT; family++) {
        uint32_t at = nordfu_family_settings_address(family);
        uint32_t version = at < size ? get32(flash + at + 4) : 0;
        any = any ||
              ((version == 1 || version == 2) && get32(flash + at) == slow_crc(flash + at + 4, 88));
    }
    return any;
}

static void mutated_flash_never_shows_a_page_that_is_not_there(void **state)
{
    (void)state;
    enum { SIZE = 0x40000, ROUNDS = 2000 };
    uint8_t *flash = malloc(SIZE);
    assert_non_null(flash);
    uint32_t seed = 20261122, finds = 0;
    for (int round = 0; round < ROUNDS; round++) {
        bool there = damage(flash, SIZE, &seed);
        uint32_t start = next_random(&seed) % 2 * 0x1000,
                 cut = round % 2 == 0 ? 0 : next_random(&seed) % 0x2000;
        const struct settings_span spans[] = {
            {0, start + 4, flash}, {start + 5, SIZE - cut - start - 5, flash + start + 5}};
        struct nordfu_settings_found found = find(spans, 2);
        finds += found.is_found;
        if (found.is_found)
            check_claim(&found, flash, SIZE);
        assert_true(found.is_found || !there || cut > 0);
    }
    print_message("%d flashes, %u pages\n", (int)ROUNDS, (unsigned)finds);
    assert_true(finds > 300);
    free(flash);
}

static void random_bytes_are_read_without_harm(void **state)
{
    (void)state;
    uint32_t seed = 4711;
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[NORDFU_SETTINGS_MAX_SIZE + 8];
        struct nordfu_settings_page page;
        size_t size = next_random(&seed) % sizeof(bytes);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)next_random(&seed);
        if (size >= 8 && round % 2 == 0)
            put32(bytes + 4, 1 + (uint32_t)round / 2 % 2);
        if (size >= 92 && round % 3 == 0)
            put32(bytes, slow_crc(bytes + 4, 88));
        nordfu_settings_decode(&page, bytes, size);
        bool right = size >= 92 && get32(bytes) == slow_crc(bytes + 4, 88) &&
                     (get32(bytes + 4) == 1 || (get32(bytes + 4) == 2 && size > 0x2E2));
        assert_int_equal(page.place.state == NORDFU_SETTINGS_VALID, right);
    }
}

static void a_file_in_a_million_pieces_is_searched_in_no_time(void **state)
{
    (void)state;
    enum { COUNT = 1000000 };
    static const uint8_t bytes[8] = {0, 0, 0, 0, 1, 0, 0, 0};
    struct settings_span *spans = calloc(COUNT, sizeof(*spans));
    assert_non_null(spans);
    for (uint32_t i = 0; i < COUNT; i++)
        spans[i] = (struct settings_span){i * 4200, sizeof(bytes), bytes};
    struct nordfu_settings_found found = find(spans, COUNT);
    assert_false(found.is_found);
    free(spans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_read_again_is_what_was_written),
        cmocka_unit_test(what_fits_on_no_page_is_not_written),
        cmocka_unit_test(the_simulated_bootloader_reads_our_page),
        cmocka_unit_test(we_read_the_simulated_bootloaders_page),
        cmocka_unit_test(what_is_no_page_is_told_apart),
        cmocka_unit_test(bytes_that_a_file_leaves_out_are_erased_flash),
        cmocka_unit_test(every_family_has_its_place),
        cmocka_unit_test(a_page_at_an_address_of_its_own_is_found),
        cmocka_unit_test(a_dump_of_all_flash_shows_the_page_in_it),
        cmocka_unit_test(a_damaged_page_is_told_by_its_backup),
        cmocka_unit_test(a_wished_address_is_the_only_one_looked_at),
        cmocka_unit_test(every_single_flipped_bit_is_noticed),
        cmocka_unit_test(mutated_flash_never_shows_a_page_that_is_not_there),
        cmocka_unit_test(random_bytes_are_read_without_harm),
        cmocka_unit_test(a_file_in_a_million_pieces_is_searched_in_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
