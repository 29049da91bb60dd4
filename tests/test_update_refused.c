/* SPDX-License-Identifier: MIT
 * Packages that a bootloader refuses: the reason reaches the user with the package's value, and the
 * device takes a good package afterwards. */
#include "test.h"

#include "fixture.h"

#define FIRMWARE_SIZE 9000

static struct fixture_files files, other;

enum defect {
    OTHER_KEY = 1,
    UNSIGNED,
    TOO_LARGE,
};

static const struct row {
    const char *name;
    enum defect defect; /* of the package, 0 = none: the device differs */
    uint32_t hw_version, softdevice, app_version;
    enum nordfu_speaker speaker;
    uint32_t detail;
    const char *value, *advice; /* in the sentence */
} rows[] = {
    {"older than what is installed", 0, 52, 0xCA, 5, NORDFU_SPEAKER_DFU_EXTENDED, 0x05,
     "firmware version 2", "at least that of the device"},
    {"other hardware", 0, 51, 0xCA, 1, NORDFU_SPEAKER_DFU_EXTENDED, 0x06, "hardware version 52",
     "--hw-version"},
    {"another SoftDevice", 0, 52, 0xB7, 1, NORDFU_SPEAKER_DFU_EXTENDED, 0x07,
     "SoftDevice requirement 0xCA", "--sd-req"},
    {"no SoftDevice", 0, 52, 0, 1, NORDFU_SPEAKER_DFU_EXTENDED, 0x07, "SoftDevice requirement 0xCA",
     "--sd-req"},
    {"unsigned", UNSIGNED, 52, 0xCA, 1, NORDFU_SPEAKER_DFU_EXTENDED, 0x08, "not signed",
     "--key-file"},
    {"signed with another key", OTHER_KEY, 52, 0xCA, 1, NORDFU_SPEAKER_DFU_RESULT, 0x05, "signed",
     "--key-file"},
    {"too large", TOO_LARGE, 52, 0xCA, 1, NORDFU_SPEAKER_DFU_RESULT, 0x04, "900000 bytes",
     "smaller"},
};

/* A package with that defect in place of the good one. */
static void spoil(struct fixture *f, enum defect defect)
{
    struct nordfu_error error;
    char firmware[128], path[128];
    snprintf(firmware, sizeof(firmware), "%s/bad.bin", files.folder);
    snprintf(path, sizeof(path), "%s/bad.zip", files.folder);
    const char *key = defect == UNSIGNED ? NULL : defect == OTHER_KEY ? other.key : files.key;
    fixture_make_package(firmware, path, key, defect == TOO_LARGE ? 900000 : FIRMWARE_SIZE, 2);
    nordfu_package_free(&f->package);
    fixture_check(nordfu_package_open(&f->package, path, &error), &error);
    unlink(firmware);
    unlink(path);
}

static void every_refusal_reaches_the_user_with_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        struct fixture f;
        fixture_init(&f, &files);
        f.device_config.hw_version = row->hw_version;
        f.device_config.softdevice = row->softdevice;
        f.device_config.app_version = row->app_version;
        if (row->defect != 0)
            spoil(&f, row->defect);
        fixture_build(&f);
        for (int run = 0; run < 2;
             run++) { /* twice: the bootloader may have kept the init packet */
            fixture_target(&f);
            fixture_update(&f);
            if (f.rc != NORDFU_ERR_REFUSED || f.error.speaker != row->speaker ||
                f.error.detail != row->detail || strstr(f.error.text, row->value) == NULL ||
                strstr(f.error.text, row->advice) == NULL)
                fail_msg("%s, run %d: %d, %d, %u: %s", row->name, run, f.rc, f.error.speaker,
                         f.error.detail, f.error.text);
        }
        fixture_free(&f);
    }
}

static void a_good_package_is_taken_after_a_bad_one(void **state)
{
    (void)state;
    static const enum defect defects[] = {OTHER_KEY, UNSIGNED, TOO_LARGE};
    for (size_t i = 0; i < 3; i++) {
        struct fixture f;
        fixture_init(&f, &files);
        spoil(&f, defects[i]);
        fixture_build(&f);
        fixture_update(&f);
        assert_int_equal(f.rc, NORDFU_ERR_REFUSED);
        assert_non_null(strstr(f.notes, "stays in its bootloader"));
        nordfu_package_free(&f.package);
        fixture_check(nordfu_package_open(&f.package, files.package, &f.error), &f.error);
        fixture_target(&f);
        fixture_update(&f);
        fixture_assert_updated(&f);
        fixture_free(&f);
    }
}

static void the_same_version_again_is_taken(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    f.device_config.app_version = 2;
    fixture_build(&f);
    fixture_update(&f);
    fixture_assert_updated(&f);
    fixture_target(&f);
    fixture_update(&f);
    fixture_assert_updated(&f);
    fixture_free(&f);
}

static void a_package_that_was_only_peeked_into_is_not_sent(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, &files);
    nordfu_package_free(&f.package);
    fixture_check(nordfu_package_peek(&f.package, files.package, &f.error), &f.error);
    fixture_build(&f);
    fixture_update(&f);
    assert_int_equal(f.rc, NORDFU_ERR_USAGE);
    assert_non_null(strstr(f.error.text, "without its firmware"));
    fixture_free(&f);
}

static int set_up(void **state)
{
    (void)state;
    files_new(&files, FIRMWARE_SIZE);
    files_new(&other, FIRMWARE_SIZE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    files_free(&files);
    files_free(&other);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_reaches_the_user_with_its_reason),
        cmocka_unit_test(a_good_package_is_taken_after_a_bad_one),
        cmocka_unit_test(the_same_version_again_is_taken),
        cmocka_unit_test(a_package_that_was_only_peeked_into_is_not_sent),
    };
    return cmocka_run_group_tests_name("update_refused", tests, set_up, tear_down);
}
