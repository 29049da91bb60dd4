/* SPDX-License-Identifier: MIT
 * What should not be shipped is found, whatever else is wrong. */
#include "package_parts.h"

#include "package/archive.h"

#define VECTORS TEST_DIR "/vectors/package/"

struct words {
    char text[256];
};

static void collect(void *context, const struct nordfu_finding *finding)
{
    struct words *words = context;
    size_t used = strlen(words->text);
    snprintf(words->text + used, sizeof(words->text) - used, "%s%s", used > 0 ? " " : "",
             nordfu_finding_name(finding->code));
}

static void assert_found(const char *path, const char *older, const char *expected)
{
    struct words words = {""};
    struct nordfu_error error = {0};
    int count = nordfu_package_lint(path, older, collect, &words, &error);
    if (count < 0 || strcmp(words.text, expected) != 0)
        fail_msg("%s: '%s' instead of '%s' %s", path, words.text, expected, error.text);
    assert_int_equal(count > 0, expected[0] != '\0');
}

static void store(struct parts *p, const char *path)
{
    struct zip_builder z = pack(p);
    scratch_write(path, z.zip.data, z.zip.size);
    zip_builder_free(&z);
}

static void signatures_and_debug_mode_are_found(void **state)
{
    (void)state;
    static struct parts p;
    assert_found(VECTORS "pkg/g02.zip", NULL, "");
    assert_found(VECTORS "pkg/g01.zip", NULL, "unsigned");
    assert_found(VECTORS "pkg/g37.zip", NULL, "published-key");
    make_good(&p);
    p.init.is_debug = true;
    store(&p, "p.zip");
    assert_found("p.zip", NULL, "unsigned debug");
}

static void versions_must_be_higher(void **state)
{
    (void)state;
    static struct parts p;
    for (uint32_t version = 1; version <= 2; version++) {
        make_good(&p);
        p.init.fw_version = version;
        store(&p, version == 1 ? "one.zip" : "two.zip");
    }
    make_good(&p);
    strcpy(p.manifest, "{\"manifest\": {\"bootloader\": {\"bin_file\": \"app.bin\", "
                       "\"dat_file\": \"app.dat\"}}}");
    p.init.type = NORDFU_IMAGE_BOOTLOADER;
    p.init.bl_size = FIRMWARE;
    store(&p, "bootloader.zip");
    assert_found("two.zip", "one.zip", "unsigned");
    assert_found("two.zip", "two.zip", "unsigned not-newer");
    assert_found("one.zip", "two.zip", "unsigned not-newer");
    assert_found("bootloader.zip", "two.zip", "unsigned");
}

/* Other defects don't hide it. */
static void defects_are_found_too(void **state)
{
    (void)state;
    static struct parts p;
    make_good(&p);
    p.keep_hash = true;
    store(&p, "p.zip");
    assert_found("p.zip", NULL, "hash unsigned");
    scratch_write("p.zip", "nonsense", 8);
    assert_found("p.zip", NULL, "archive");
}

static void put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* A SoftDevice that ends at 0x27000, and an application that was linked for `start`. */
static void make_both(const char *path, uint32_t start)
{
    static uint8_t softdevice[0x2100], application[1024];
    struct nordfu_error error = {0};
    uint8_t *info = softdevice + 0x2000;
    info[0] = 0x10;
    put_u32(info + 4, 0x51B1E5DB);
    put_u32(info + 8, 0x27000);
    put_u32(info + 12, 0x100);
    put_u32(application, 0x20004000);
    put_u32(application + 4, start + 0x201);
    const struct nordfu_package_recipe recipe = {
        .softdevice = {.path = "sd.bin", .bytes = softdevice, .size = sizeof(softdevice)},
        .application = {.path = "app.bin", .bytes = application, .size = sizeof(application)},
        .application_version = 1,
        .hw_version = 52,
        .sd_req = {0x100},
        .sd_req_count = 1,
        .sd_id = {0x100},
        .sd_id_count = 1,
    };
    if (nordfu_package_write(path, &recipe, &error) != 0)
        fail_msg("%s", error.text);
}

static void an_application_starts_behind_the_softdevice(void **state)
{
    (void)state;
    make_both("good.zip", 0x27000);
    make_both("low.zip", 0x26000);
    make_both("high.zip", 0x28000);
    assert_found("good.zip", NULL, "unsigned unsigned");
    assert_found("low.zip", NULL, "unsigned unsigned place");
    assert_found("high.zip", NULL, "unsigned unsigned place");
}

static void what_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    struct words words = {""};
    assert_int_equal(nordfu_package_lint("nowhere.zip", NULL, collect, &words, NULL),
                     NORDFU_ERR_PACKAGE);
    assert_int_equal(
        nordfu_package_lint(VECTORS "pkg/g01.zip", "nowhere.zip", collect, &words, NULL),
        NORDFU_ERR_PACKAGE);
    assert_int_equal(nordfu_package_lint(VECTORS "legacy/l01.zip", NULL, collect, &words, NULL),
                     NORDFU_ERR_UNSUPPORTED);
    assert_string_equal(words.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_and_debug_mode_are_found),
        cmocka_unit_test(versions_must_be_higher),
        cmocka_unit_test(defects_are_found_too),
        cmocka_unit_test(an_application_starts_behind_the_softdevice),
        cmocka_unit_test(what_cannot_be_read_is_an_error),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
