/* SPDX-License-Identifier: MIT
 * Settings made from firmware files, written to and read from files. */
#include "test.h"

#include "base/crc.h"
#include "base/crypto.h"
#include "nordfu/settings.h"
#include "scratch.h"

#define INPUTS TEST_DIR "/vectors/package/inputs/"

static const struct nordfu_settings_recipe full = {
    .version = 2,
    .app_version = 5,
    .bootloader_version = 3,
    .application = {.path = INPUTS "app_raw.bin"},
    .softdevice = {.path = INPUTS "sd_info3000.hex"},
    .app_validation = NORDFU_VALIDATION_SHA256,
    .sd_validation = NORDFU_VALIDATION_CRC,
};

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

/* app_raw.bin as it is on the device. */
static void read_application(uint8_t image[1024])
{
    size_t size;
    uint8_t *raw = scratch_read(INPUTS "app_raw.bin", &size);
    assert_int_equal(size, 1021);
    memset(image, 0xFF, 1024);
    memcpy(image, raw, size);
    free(raw);
}

static void settings_say_what_the_images_are(void **state)
{
    (void)state;
    struct nordfu_settings settings;
    uint8_t image[1024], hash[CRYPTO_SHA256_SIZE];
    read_application(image);
    assert_int_equal(nordfu_settings_build(&settings, &full, NULL), 0);
    assert_int_equal(settings.bank0.size, sizeof(image));
    assert_int_equal(settings.bank0.crc, crc32(0, image, sizeof(image)));
    assert_int_equal(settings.bank0.code, NORDFU_BANK_APPLICATION);
    assert_int_equal(settings.softdevice_size, 8708);
    assert_true(crypto_sha256(hash, image, sizeof(image)));
    assert_int_equal(settings.app_validation.size, 32);
    assert_memory_equal(settings.app_validation.bytes, hash, 32); /* first byte first */
    assert_int_equal(settings.sd_validation.type, NORDFU_VALIDATION_CRC);
    assert_int_equal(settings.sd_validation.size, 4);
    assert_int_equal(settings.bl_validation.type, NORDFU_VALIDATION_NONE);
}

static void recipes_without_sense_are_refused(void **state)
{
    (void)state;
    struct {
        int code;
        const char *word;
        struct nordfu_settings_recipe recipe;
    } cases[] = {
        {NORDFU_ERR_USAGE, "no version 0", full},
        {NORDFU_ERR_USAGE, "version 1 know no boot validation", full},
        {NORDFU_ERR_USAGE, "no application: give", full},
        {NORDFU_ERR_USAGE, "no SoftDevice: give", full},
        {NORDFU_ERR_USAGE, "no key", full},
        {NORDFU_ERR_USAGE, "no known type", full},
        {NORDFU_ERR_PACKAGE, "nowhere.hex", full},
        {NORDFU_ERR_PACKAGE, "raw image", full},
        {NORDFU_ERR_PACKAGE, "only_mbr.hex", full},
        {NORDFU_ERR_PACKAGE, "bad_checksum.hex", full},
        {NORDFU_ERR_PACKAGE, "P-256", full},
        {NORDFU_ERR_PACKAGE, "nowhere.pem", full},
    };
    cases[0].recipe.version = 0;
    cases[1].recipe.version = 1;
    cases[2].recipe.application.path = NULL;
    cases[3].recipe.softdevice.path = NULL;
    cases[4].recipe.sd_validation = NORDFU_VALIDATION_ECDSA;
    cases[5].recipe.app_validation = (enum nordfu_validation)4;
    cases[6].recipe.application.path = "nowhere.hex";
    cases[7].recipe.softdevice.path = INPUTS "app_raw.bin";
    cases[8].recipe.softdevice.path = INPUTS "only_mbr.hex";
    cases[9].recipe.application.path = INPUTS "bad_checksum.hex";
    cases[10].recipe.app_validation = NORDFU_VALIDATION_ECDSA;
    cases[10].recipe.key_path = INPUTS "p384.pem";
    cases[11].recipe.app_validation = NORDFU_VALIDATION_ECDSA;
    cases[11].recipe.key_path = "nowhere.pem";
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nordfu_settings settings;
        struct nordfu_error error = {0};
        assert_int_equal(nordfu_settings_build(&settings, &cases[i].recipe, &error), cases[i].code);
        if (strstr(error.text, cases[i].word) == NULL)
            fail_msg("case %zu: no \"%s\" in: %s", i, cases[i].word, error.text);
    }
}

static void images_may_be_in_memory(void **state)
{
    (void)state;
    struct nordfu_settings from_files, from_memory;
    struct nordfu_settings_recipe recipe = full;
    assert_int_equal(nordfu_settings_build(&from_files, &recipe, NULL), 0);
    uint8_t *application = scratch_read(recipe.application.path, &recipe.application.size);
    uint8_t *softdevice = scratch_read(recipe.softdevice.path, &recipe.softdevice.size);
    recipe.application.path = "nowhere.bin";
    recipe.application.bytes = application;
    recipe.softdevice.path = "nowhere.hex";
    recipe.softdevice.bytes = softdevice;
    assert_int_equal(nordfu_settings_build(&from_memory, &recipe, NULL), 0);
    assert_same(&from_files, &from_memory);
    free(application);
    free(softdevice);
}

/* Without a key's need there is no look at it. */
static void a_key_is_read_only_to_sign_with(void **state)
{
    (void)state;
    struct nordfu_settings settings;
    struct nordfu_settings_recipe recipe = full;
    recipe.key_path = "nowhere.pem";
    assert_int_equal(nordfu_settings_build(&settings, &recipe, NULL), 0);
}

static void a_written_page_and_its_backup_are_found_again(void **state)
{
    (void)state;
    struct nordfu_settings settings;
    struct nordfu_settings_found found;
    const uint32_t address = 0x7F000, backup = 0x7E000, elsewhere = 0x20000;
    assert_int_equal(nordfu_settings_build(&settings, &full, NULL), 0);
    assert_int_equal(nordfu_settings_write("page.hex", &settings, address, &backup, NULL), 0);
    assert_int_equal(nordfu_settings_read(&found, "page.hex", NULL, NULL), 0);
    assert_true(found.is_found && found.has_backup && !found.backup_differs);
    assert_int_equal(found.page.place.address, address);
    assert_same(&found.page.settings, &settings);
    assert_int_equal(nordfu_settings_write("page.hex", &settings, address, NULL, NULL), 0);
    assert_int_equal(nordfu_settings_read(&found, "page.hex", NULL, NULL), 0);
    assert_true(found.is_found && !found.has_backup);
    assert_int_equal(nordfu_settings_read(&found, "page.hex", &elsewhere, NULL), 0);
    assert_false(found.is_found);
}

static void pages_that_dont_fit_are_not_written(void **state)
{
    (void)state;
    static const struct {
        uint32_t address, backup;
        int code;
    } cases[] = {
        {0xFFFFF000, 0xFFFFE000, 0},
        {0xFFFFFCDC, 0x1000, 0}, /* its last byte is at the last address */
        {0xFFFFFCDD, 0x1000, NORDFU_ERR_USAGE},
        {0x1000, 0xFFFFFFFF, NORDFU_ERR_USAGE},
        {0x7F000, 0x7F000, NORDFU_ERR_USAGE},
        {0x7F000, 0x7F323, NORDFU_ERR_USAGE},
        {0x7F000, 0x7ECDD, NORDFU_ERR_USAGE},
        {0x7F000, 0x7F324, 0},
        {0x7F000, 0x7ECDC, 0},
    };
    struct nordfu_settings settings;
    struct nordfu_error error;
    assert_int_equal(nordfu_settings_build(&settings, &full, NULL), 0);
    scratch_write("old.hex", "old", 3);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path = cases[i].code == 0 ? "new.hex" : "old.hex";
        assert_int_equal(
            nordfu_settings_write(path, &settings, cases[i].address, &cases[i].backup, &error),
            cases[i].code);
    }
    settings.version = 7;
    assert_int_equal(nordfu_settings_write("old.hex", &settings, 0x1000, NULL, &error),
                     NORDFU_ERR_USAGE);
    size_t size;
    uint8_t *old = scratch_read("old.hex", &size);
    assert_int_equal(size, 3);
    assert_memory_equal(old, "old", 3);
    free(old);
    assert_int_equal(scratch_count(false), 2);
}

/* The tool that is replaced overwrote and deleted a file of this name. */
static void no_file_in_the_folder_is_touched(void **state)
{
    (void)state;
    struct nordfu_settings settings;
    size_t size;
    scratch_write("temp_sd_file.hex", "mine", 4);
    assert_int_equal(nordfu_settings_build(&settings, &full, NULL), 0);
    uint8_t *mine = scratch_read("temp_sd_file.hex", &size);
    assert_int_equal(size, 4);
    assert_memory_equal(mine, "mine", 4);
    free(mine);
    assert_int_equal(scratch_count(false), 1);
}

static void raw_flash_begins_at_address_0(void **state)
{
    (void)state;
    struct nordfu_settings settings;
    struct nordfu_settings_found found;
    uint8_t *flash = malloc(0x80000);
    assert_non_null(flash);
    memset(flash, 0xFF, 0x80000);
    assert_int_equal(nordfu_settings_build(&settings, &full, NULL), 0);
    assert_int_equal(nordfu_settings_encode(&settings, flash + 0x7F000), 804);
    scratch_write("flash.BIN", flash, 0x80000);
    scratch_write("page.bin", flash + 0x7F000, 804);
    scratch_write("nothing.bin", "", 0);
    free(flash);
    assert_int_equal(nordfu_settings_read(&found, "flash.BIN", NULL, NULL), 0);
    assert_true(found.is_found);
    assert_int_equal(found.page.place.address, 0x7F000);
    assert_int_equal(nordfu_settings_read(&found, "page.bin", NULL, NULL), 0);
    assert_true(found.is_found);
    assert_int_equal(found.page.place.address, 0);
    assert_int_equal(nordfu_settings_read(&found, "nothing.bin", NULL, NULL), 0);
    assert_false(found.is_found);
}

static void what_cannot_be_read_is_an_error_and_no_page(void **state)
{
    (void)state;
    static const char *const paths[] = {"nowhere.hex", "nowhere.bin", ".",
                                        INPUTS "bad_checksum.hex", INPUTS "test_key.pem"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct nordfu_settings_found found;
        struct nordfu_error error = {0};
        memset(&found, 0xAA, sizeof(found));
        assert_int_equal(nordfu_settings_read(&found, paths[i], NULL, &error), NORDFU_ERR_PACKAGE);
        assert_false(found.is_found);
        assert_true(error.text[0] != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_say_what_the_images_are),
        cmocka_unit_test(recipes_without_sense_are_refused),
        cmocka_unit_test(images_may_be_in_memory),
        cmocka_unit_test(a_key_is_read_only_to_sign_with),
        cmocka_unit_test_setup_teardown(a_written_page_and_its_backup_are_found_again,
                                        scratch_enter, scratch_leave),
        cmocka_unit_test_setup_teardown(pages_that_dont_fit_are_not_written, scratch_enter,
                                        scratch_leave),
        cmocka_unit_test_setup_teardown(no_file_in_the_folder_is_touched, scratch_enter,
                                        scratch_leave),
        cmocka_unit_test_setup_teardown(raw_flash_begins_at_address_0, scratch_enter,
                                        scratch_leave),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_an_error_and_no_page, scratch_enter,
                                        scratch_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
