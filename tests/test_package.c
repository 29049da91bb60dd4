/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <signal.h>
#include <sys/resource.h>

#include "scratch.h"
#include "vectors.h"

#include "base/crypto.h"
#include "nordfu/package.h"
#include "package/archive.h"
#include "package/manifest.h"

#define VECTORS TEST_DIR "/vectors/package/"
#define INPUTS  VECTORS "inputs/"

static struct nordfu_package *open_good(const char *path)
{
    struct nordfu_package *package = NULL;
    struct nordfu_error error = {0};
    if (nordfu_package_open(&package, path, &error) != 0)
        fail_msg("%s: %s", path, error.text);
    return package;
}

struct expected {
    const char *path;
    size_t count;
    enum nordfu_image_type types[2];
    bool by_test_key;
};

static void packages_of_the_original_tool_are_read(void **state)
{
    (void)state;
    static const struct expected table[] = {
        {"pkg/g01.zip", 1, {NORDFU_IMAGE_APPLICATION}, false},
        {"pkg/g02.zip", 1, {NORDFU_IMAGE_APPLICATION}, true},
        {"pkg/g12.zip", 1, {NORDFU_IMAGE_APPLICATION}, true},
        {"pkg/g14.zip", 1, {NORDFU_IMAGE_BOOTLOADER}, true},
        {"pkg/g21.zip", 1, {NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER}, true},
        {"pkg/g23.zip", 2, {NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER, NORDFU_IMAGE_APPLICATION}, true},
        {"pkg/g28.zip", 1, {NORDFU_IMAGE_APPLICATION}, true},
        {"pkg/g31.zip", 1, {NORDFU_IMAGE_EXTERNAL_APPLICATION}, false},
        {"pkg/g33.zip", 1, {NORDFU_IMAGE_APPLICATION}, false},
        {"pkg/g34.zip", 1, {NORDFU_IMAGE_APPLICATION}, false},
        {"pkg/g35.zip", 1, {NORDFU_IMAGE_APPLICATION}, false},
        {"pkg/g39.zip", 1, {NORDFU_IMAGE_APPLICATION}, false},
        {"reader/r01_deflate.zip", 1, {NORDFU_IMAGE_APPLICATION}, true},
        {"reader/r02_data_descriptors.zip", 1, {NORDFU_IMAGE_APPLICATION}, true},
        {"reader/r03_subfolder_extra_entry.zip", 1, {NORDFU_IMAGE_APPLICATION}, true},
        {"reader/r04_comment_and_leading_bytes.zip", 1, {NORDFU_IMAGE_APPLICATION}, true},
        {"reader/r05_unknown_key.zip", 1, {NORDFU_IMAGE_APPLICATION}, true},
        {"reader/r06_bom_manifest.zip", 1, {NORDFU_IMAGE_APPLICATION}, true},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char path[512];
        snprintf(path, sizeof(path), VECTORS "%s", table[i].path);
        struct nordfu_package *package = open_good(path);
        assert_int_equal(nordfu_package_image_count(package), table[i].count);
        for (size_t k = 0; k < table[i].count; k++)
            assert_int_equal(nordfu_package_image(package, k)->init.type, table[i].types[k]);
        assert_null(nordfu_package_image(package, table[i].count));
        assert_int_equal(nordfu_package_verify(package, INPUTS "test_pub.pem", NULL),
                         table[i].by_test_key ? 0 : NORDFU_ERR_PACKAGE);
        assert_int_equal(nordfu_package_verify(package, INPUTS "insecure_default_key.pem", NULL),
                         NORDFU_ERR_PACKAGE);
        nordfu_package_free(&package);
        assert_null(package);
    }
    print_message("%zu packages read\n", sizeof(table) / sizeof(table[0]));
}

static void firmware_and_init_packet_come_out_as_packed(void **state)
{
    (void)state;
    struct nordfu_package *package = open_good(VECTORS "reader/r01_deflate.zip");
    const struct nordfu_image *image = nordfu_package_image(package, 0);
    size_t size = 0;
    uint8_t *raw = scratch_read(INPUTS "app_raw.bin", &size);
    assert_int_equal(image->firmware_size, 1024);
    assert_memory_equal(image->firmware, raw, size);
    assert_memory_equal(image->firmware + size, "\xFF\xFF\xFF", 1024 - size);
    assert_int_equal(image->init_size, 140);
    assert_int_equal(image->init_bytes[0], 0x12);
    assert_int_equal(image->init.app_size, 1024);
    assert_int_equal(image->init.hw_version, 52);
    assert_int_equal(image->init.sd_req[0], 0x100);
    free(raw);
    nordfu_package_free(&package);
}

static void verifying_says_what_is_wrong(void **state)
{
    (void)state;
    struct nordfu_error error = {0};
    struct nordfu_package *package = open_good(VECTORS "pkg/g01.zip");
    nordfu_package_verify(package, INPUTS "test_pub.pem", &error);
    assert_non_null(strstr(error.text, "is not signed"));
    nordfu_package_free(&package);
    package = open_good(VECTORS "pkg/g02.zip");
    nordfu_package_verify(package, INPUTS "insecure_default_key.pem", &error);
    assert_non_null(strstr(error.text, "was not made with"));
    nordfu_package_verify(package, INPUTS "missing.pem", &error);
    assert_non_null(strstr(error.text, "check the path"));
    nordfu_package_free(&package);
}

static void unreadable_kinds_of_packages_are_named(void **state)
{
    (void)state;
    struct nordfu_error error = {0};
    struct nordfu_package *package = NULL;
    static const char *const legacy[] = {"l01", "l05", "l08"};
    for (size_t i = 0; i < 3; i++) {
        char path[512];
        snprintf(path, sizeof(path), VECTORS "legacy/%s.zip", legacy[i]);
        assert_int_equal(nordfu_package_open(&package, path, &error), NORDFU_ERR_UNSUPPORTED);
        assert_non_null(strstr(error.text, "legacy DFU is not supported yet"));
        assert_null(package);
    }
    assert_int_equal(nordfu_package_open(&package, VECTORS "pkg/g41.zip", &error),
                     NORDFU_ERR_PACKAGE);
    assert_non_null(strstr(error.text, "names no image"));
}

/* Opens one of the real packages; skips the test where they are not at hand. */
static struct nordfu_package *open_real(const char *name)
{
    char path[512];
    const char *folder = getenv("NORDFU_DATA");
    snprintf(path, sizeof(path), "%s/%s", folder != NULL ? folder : TEST_DIR "/../../shared/data",
             name);
    if (access(path, R_OK) != 0) {
        print_message("SKIPPED: %s is not there\n", path);
        skip();
    }
    return open_good(path);
}

static void the_real_application_is_read(void **state)
{
    (void)state;
    struct nordfu_package *package = open_real("hrs_application_s140_sdk160.zip");
    const struct nordfu_image *image = nordfu_package_image(package, 0);
    assert_int_equal(nordfu_package_image_count(package), 1);
    assert_int_equal(image->firmware_size, 98032);
    assert_int_equal(image->init.type, NORDFU_IMAGE_APPLICATION);
    assert_int_equal(image->init.fw_version, 1);
    assert_int_equal(image->init.hw_version, 52);
    assert_int_equal(image->init.sd_req_count, 2);
    assert_int_equal(image->init.sd_req[0] + image->init.sd_req[1], 0xCA + 0xCAFE);
    assert_true(image->init.is_debug && image->init.is_signed);
    nordfu_package_free(&package);
}

static void the_real_softdevice_and_bootloader_are_read(void **state)
{
    (void)state;
    struct nordfu_package *package =
        open_real("softdevice_bootloader_secure_ble_debug_with_bonds_s132.zip");
    const struct nordfu_image *image = nordfu_package_image(package, 0);
    assert_int_equal(nordfu_package_image_count(package), 1);
    assert_int_equal(image->init.type, NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER);
    assert_int_equal(image->firmware_size, 177416);
    assert_int_equal(image->init.sd_size, 136360);
    assert_int_equal(image->init.bl_size, 41056);
    assert_true(image->init.is_signed);
    nordfu_package_free(&package);
}

static struct nordfu_package_recipe recipe(const char *firmware, const char *key)
{
    struct nordfu_package_recipe recipe = {.application = {.path = firmware},
                                           .application_version = 1,
                                           .hw_version = 52,
                                           .sd_req = {0x100},
                                           .sd_req_count = 1,
                                           .key_path = key};
    return recipe;
}

static void write_good(const char *path, const struct nordfu_package_recipe *recipe)
{
    struct nordfu_error error = {0};
    if (nordfu_package_write(path, recipe, &error) != 0)
        fail_msg("%s", error.text);
}

static void assert_same_entry(const char *one, const char *other, const char *name)
{
    struct archive *a = NULL, *b = NULL;
    struct buf x = {0}, y = {0};
    assert_int_equal(archive_open(&a, one, NULL), 0);
    assert_int_equal(archive_open(&b, other, NULL), 0);
    assert_int_equal(archive_read(a, name, ARCHIVE_MAX_ENTRY, &x, NULL), 0);
    assert_int_equal(archive_read(b, name, ARCHIVE_MAX_ENTRY, &y, NULL), 0);
    assert_int_equal(x.size, y.size);
    assert_memory_equal(x.data, y.data, x.size);
    buf_free(&x);
    buf_free(&y);
    archive_free(&a);
    archive_free(&b);
}

static void an_unsigned_package_is_that_of_the_original_tool(void **state)
{
    (void)state;
    struct nordfu_package_recipe r = recipe(INPUTS "app_raw.bin", NULL);
    write_good("g01.zip", &r);
    assert_same_entry("g01.zip", VECTORS "pkg/g01.zip", "manifest.json");
    assert_same_entry("g01.zip", VECTORS "pkg/g01.zip", "app_raw.bin");
    assert_same_entry("g01.zip", VECTORS "pkg/g01.zip", "app_raw.dat");
    r = recipe(INPUTS "my.bin.image.bin", NULL);
    write_good("g39.zip", &r);
    assert_same_entry("g39.zip", VECTORS "pkg/g39.zip", "manifest.json");
    assert_same_entry("g39.zip", VECTORS "pkg/g39.zip", "my.dat.image.dat");
}

static void a_signed_package_comes_back_and_verifies(void **state)
{
    (void)state;
    struct nordfu_package_recipe r = recipe(INPUTS "app_4k.bin", INPUTS "test_key.pem");
    r.is_debug = true;
    r.sd_req_count = 3;
    memcpy(r.sd_req, (uint32_t[]){0xB6, 0x100, 0xB6}, 12);
    write_good("signed.zip", &r);
    struct nordfu_package *package = open_good("signed.zip");
    const struct nordfu_init_packet *init = &nordfu_package_image(package, 0)->init;
    assert_true(init->is_signed && init->is_debug);
    assert_int_equal(init->sd_req_count, 2);
    assert_int_equal(init->sd_req[0], 0x100);
    assert_int_equal(init->sd_req[1], 0xB6);
    assert_int_equal(nordfu_package_verify(package, INPUTS "test_pub.pem", NULL), 0);
    assert_int_equal(nordfu_package_verify(package, INPUTS "insecure_default_key.pem", NULL),
                     NORDFU_ERR_PACKAGE);
    nordfu_package_free(&package);
}

static uint32_t le32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void the_zip_is_plain_and_reproducible(void **state)
{
    (void)state;
    struct nordfu_package_recipe r = recipe(INPUTS "app_raw.bin", NULL);
    size_t size[3];
    uint8_t *bytes[3];
    for (int i = 0; i < 3; i++) {
        if (i == 2)
            setenv("SOURCE_DATE_EPOCH", "1700000000", 1); /* 2023-11-14 22:13:20 UTC */
        write_good("again.zip", &r);
        unsetenv("SOURCE_DATE_EPOCH");
        bytes[i] = scratch_read("again.zip", &size[i]);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    size_t entries = 0, at = 0;
    for (; at + 46 < size[0]; at++) {
        const uint8_t *entry = bytes[0] + at;
        if (memcmp(entry, "PK\x01\x02", 4) != 0)
            continue;
        assert_int_equal(entry[5], 3);                   /* made on Unix */
        assert_int_equal(le32(entry + 8), 0);            /* no flags, stored */
        assert_int_equal(le32(entry + 12), 0x00210000);  /* 1980-01-01 00:00 */
        assert_int_equal(le32(entry + 30), 0);           /* no extra fields, no comment */
        assert_int_equal(le32(entry + 38), 0x81A40000u); /* -rw-r--r-- */
        assert_int_equal(le32(bytes[2] + at + 12), 0x576EB1AA);
        entries++;
    }
    assert_int_equal(entries, 3);
    assert_int_equal(scratch_mode("again.zip") & 0600, 0600);
    for (int i = 0; i < 3; i++)
        free(bytes[i]);
}

static void an_upper_case_name_keeps_image_and_init_packet_apart(void **state)
{
    (void)state;
    scratch_write("FW.BIN", "12345", 5);
    struct nordfu_package_recipe r = recipe("FW.BIN", NULL);
    write_good("fw.zip", &r);
    struct nordfu_package *package = open_good("fw.zip");
    assert_memory_equal(nordfu_package_image(package, 0)->firmware, "12345\xFF\xFF\xFF", 8);
    nordfu_package_free(&package);
}

struct bad_recipe {
    const char *firmware;
    const char *key;
    size_t sd_req_count;
    const char *out;
    int code;
    const char *fragment;
};

static void bad_recipes_leave_nothing_behind(void **state)
{
    (void)state;
    static const struct bad_recipe table[] = {
        {"a.bin", NULL, 0, "o.zip", NORDFU_ERR_USAGE, "1 to 16 IDs"},
        {"a.bin", NULL, 17, "o.zip", NORDFU_ERR_USAGE, "not 17"},
        {"a.hex", NULL, 1, "o.zip", NORDFU_ERR_PACKAGE, "holds nothing for the flash"},
        {"a.elf", NULL, 1, "o.zip", NORDFU_ERR_PACKAGE, "line 1"},
        {"missing.bin", NULL, 1, "o.zip", NORDFU_ERR_PACKAGE, "check the path"},
        {"empty.bin", NULL, 1, "o.zip", NORDFU_ERR_PACKAGE, "is empty"},
        {"dir.bin", NULL, 1, "o.zip", NORDFU_ERR_PACKAGE, "is a folder"},
        {"a.bin", INPUTS "p384.pem", 1, "o.zip", NORDFU_ERR_PACKAGE, "another curve"},
        {"a.bin", INPUTS "test_pub.pem", 1, "o.zip", NORDFU_ERR_PACKAGE, "only a public key"},
        {"a.bin", "missing.pem", 1, "o.zip", NORDFU_ERR_PACKAGE, "check the path"},
        {"a.bin", NULL, 1, "no/such/o.zip", NORDFU_ERR_SYSTEM, "make the folder first"},
        {"a.bin", NULL, 1, "dir.bin", NORDFU_ERR_USAGE, "is a folder"},
        {"a.bin", NULL, 1, "/dev/null", NORDFU_ERR_USAGE, "no regular file"},
        {"a.bin", NULL, 1, "a.bin", NORDFU_ERR_USAGE, "one of the files it is made from"},
        {"back\\slash.bin", NULL, 1, "o.zip", NORDFU_ERR_USAGE, "a backslash"},
        {"\xFF.bin", NULL, 1, "o.zip", NORDFU_ERR_USAGE, "not UTF-8"},
    };
    scratch_count(true);
    scratch_write("a.bin", "1234", 4);
    scratch_write("a.hex", ":00000001FF\n", 12);
    scratch_write("a.elf", "1234", 4);
    scratch_write("empty.bin", "", 0);
    scratch_write("back\\slash.bin", "1234", 4);
    scratch_write("\xFF.bin", "1234", 4);
    assert_int_equal(mkdir("dir.bin", 0755), 0);
    size_t before = scratch_count(false);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct nordfu_package_recipe r = recipe(table[i].firmware, table[i].key);
        struct nordfu_error error = {0};
        r.sd_req_count = table[i].sd_req_count;
        int rc = nordfu_package_write(table[i].out, &r, &error);
        if (rc != table[i].code || strstr(error.text, table[i].fragment) == NULL)
            fail_msg("%zu: %d '%s' is not in: %s", i, rc, table[i].fragment, error.text);
        assert_int_equal(scratch_count(false), before);
    }
}

/* The checks as nobody use files of the scratch folder only: the checkout may be closed to others.
 */
static bool write_where_forbidden(void)
{
    struct nordfu_package_recipe r = recipe("fw.bin", NULL);
    struct nordfu_error error = {0};
    return nordfu_package_write("locked/o.zip", &r, &error) == NORDFU_ERR_SYSTEM &&
           strstr(error.text, "that you may write to") != NULL;
}

static bool write_where_full(void)
{
    struct rlimit limit = {500, 500};
    struct nordfu_package_recipe r = recipe("../fw.bin", NULL);
    struct nordfu_error error = {0};
    signal(SIGXFSZ, SIG_IGN);
    return chdir("open") == 0 && setrlimit(RLIMIT_FSIZE, &limit) == 0 &&
           nordfu_package_write("o.zip", &r, &error) == NORDFU_ERR_SYSTEM &&
           strstr(error.text, "can't be written") != NULL && scratch_count(false) == 0;
}

static void a_write_that_fails_leaves_nothing_behind(void **state)
{
    (void)state;
    uint8_t firmware[2000] = {1};
    scratch_write("fw.bin", firmware, sizeof(firmware));
    assert_int_equal(chmod("fw.bin", 0644), 0);
    assert_int_equal(mkdir("locked", 0755), 0);
    assert_int_equal(chmod("locked", 0555), 0);
    assert_int_equal(mkdir("open", 0777), 0);
    assert_int_equal(chmod("open", 0777), 0);
    scratch_as_nobody(write_where_forbidden);
    scratch_as_nobody(write_where_full);
}

static void a_link_to_a_package_is_followed_when_overwriting(void **state)
{
    (void)state;
    struct nordfu_package_recipe r = recipe(INPUTS "app_raw.bin", NULL);
    scratch_write("real.zip", "old", 3);
    assert_int_equal(symlink("real.zip", "link.zip"), 0);
    write_good("link.zip", &r);
    struct stat info;
    assert_int_equal(lstat("link.zip", &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    struct nordfu_package *package = open_good("real.zip");
    nordfu_package_free(&package);
}

static void a_new_key_is_private_and_never_lost(void **state)
{
    (void)state;
    struct nordfu_error error = {0};
    size_t size[3];
    assert_int_equal(nordfu_key_generate("k.pem", false, NULL), 0);
    assert_int_equal(scratch_mode("k.pem"), 0600);
    uint8_t *first = scratch_read("k.pem", &size[0]);
    assert_int_equal(size[0], 227);
    assert_memory_equal(first, "-----BEGIN EC PRIVATE KEY-----\n", 31);
    assert_int_equal(nordfu_key_generate("k.pem", false, &error), NORDFU_ERR_USAGE);
    assert_non_null(strstr(error.text, "exists already"));
    uint8_t *second = scratch_read("k.pem", &size[1]);
    assert_memory_equal(first, second, 227);
    assert_int_equal(nordfu_key_generate("k.pem", true, NULL), 0);
    assert_int_equal(scratch_mode("k.pem"), 0600);
    uint8_t *third = scratch_read("k.pem", &size[2]);
    assert_memory_not_equal(first, third, 227);
    assert_int_equal(nordfu_key_write_public("k.pem", "k.pem", &error), NORDFU_ERR_USAGE);
    assert_non_null(strstr(error.text, "private key itself"));
    free(first);
    free(second);
    free(third);
}

static void a_new_key_signs_what_its_public_half_verifies(void **state)
{
    (void)state;
    assert_int_equal(nordfu_key_generate("new.pem", false, NULL), 0);
    assert_int_equal(nordfu_key_write_public("new.pem", "new.pub", NULL), 0);
    struct nordfu_package_recipe r = recipe(INPUTS "app_raw.bin", "new.pem");
    write_good("new.zip", &r);
    struct nordfu_package *package = open_good("new.zip");
    assert_int_equal(nordfu_package_verify(package, "new.pub", NULL), 0);
    assert_int_equal(nordfu_package_verify(package, "new.pem", NULL), 0);
    assert_int_equal(nordfu_package_verify(package, INPUTS "test_pub.pem", NULL),
                     NORDFU_ERR_PACKAGE);
    nordfu_package_free(&package);
}

static void the_public_half_is_written_as_in_the_vector(void **state)
{
    (void)state;
    size_t size, expected_size;
    assert_int_equal(nordfu_key_write_public(INPUTS "test_key.pem", "pub.pem", NULL), 0);
    uint8_t *written = scratch_read("pub.pem", &size);
    uint8_t *expected = scratch_read(INPUTS "test_pub.pem", &expected_size);
    assert_int_equal(size, expected_size);
    assert_memory_equal(written, expected, size);
    free(written);
    free(expected);
    struct nordfu_error error = {0};
    assert_int_equal(nordfu_key_write_public(INPUTS "rsa.pem", "rsa.pub", &error),
                     NORDFU_ERR_PACKAGE);
    assert_int_not_equal(access("rsa.pub", F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packages_of_the_original_tool_are_read),
        cmocka_unit_test(firmware_and_init_packet_come_out_as_packed),
        cmocka_unit_test(verifying_says_what_is_wrong),
        cmocka_unit_test(unreadable_kinds_of_packages_are_named),
        cmocka_unit_test(the_real_application_is_read),
        cmocka_unit_test(the_real_softdevice_and_bootloader_are_read),
        cmocka_unit_test(an_unsigned_package_is_that_of_the_original_tool),
        cmocka_unit_test(a_signed_package_comes_back_and_verifies),
        cmocka_unit_test(the_zip_is_plain_and_reproducible),
        cmocka_unit_test(an_upper_case_name_keeps_image_and_init_packet_apart),
        cmocka_unit_test(bad_recipes_leave_nothing_behind),
        cmocka_unit_test(a_write_that_fails_leaves_nothing_behind),
        cmocka_unit_test(a_link_to_a_package_is_followed_when_overwriting),
        cmocka_unit_test(a_new_key_is_private_and_never_lost),
        cmocka_unit_test(a_new_key_signs_what_its_public_half_verifies),
        cmocka_unit_test(the_public_half_is_written_as_in_the_vector),
    };
    return cmocka_run_group_tests_name("package", tests, scratch_enter, scratch_leave);
}
