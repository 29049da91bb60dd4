/* SPDX-License-Identifier: MIT
 * One good package, spoiled in every way we know: each way has its sentence. */
#include "package_parts.h"

#include "package/archive.h"

#define VECTORS TEST_DIR "/vectors/package/"

static void add(struct parts *p, struct zip_builder_file file)
{
    assert_true(p->count < ZIP_BUILDER_MAX);
    p->files[p->count++] = file;
}

static void add_named(struct parts *p, const char *name)
{
    add(p, (struct zip_builder_file){.name = name, .bytes = "x", .size = 1});
}

static void use_manifest(struct parts *p, const char *text)
{
    assert_true(strlen(text) < sizeof(p->manifest));
    strcpy(p->manifest, text);
}

/* Names */
static void climb_out(struct parts *p)
{
    add_named(p, "../../etc/passwd");
}
static void climb_inside(struct parts *p)
{
    add_named(p, "a/..");
}
static void go_absolute(struct parts *p)
{
    add_named(p, "/etc/passwd");
}
static void use_drive(struct parts *p)
{
    add_named(p, "C:evil");
}
static void use_backslash(struct parts *p)
{
    add_named(p, "..\\evil");
}
static void use_line_break(struct parts *p)
{
    add_named(p, "a\nb");
}
static void repeat_name(struct parts *p)
{
    add_named(p, "app.bin");
}
static void climb_as_folder(struct parts *p)
{
    add(p, (struct zip_builder_file){.name = "../x/", .bytes = "", .size = 0});
}

/* Sizes and methods */
static void encrypt(struct parts *p)
{
    p->files[BIN].flags = 1;
}
static void use_lzma(struct parts *p)
{
    p->files[BIN].method = 14;
}
static void claim_huge(struct parts *p)
{
    p->files[BIN].method = 8;
    p->files[BIN].real_size = 0x7FFFFFFF;
}
static void claim_bomb(struct parts *p)
{
    p->files[BIN].method = 8;
    p->files[BIN].real_size = 15u << 20;
}
static void claim_total(struct parts *p)
{
    static const char *const names[] = {"b", "c", "d", "e", "f"};
    static uint8_t room[1 << 19];
    for (size_t i = 0; i < 5; i++)
        add(p, (struct zip_builder_file){.name = names[i],
                                         .bytes = room,
                                         .size = sizeof(room),
                                         .method = 8,
                                         .real_size = 16u << 20});
}
static void store_less(struct parts *p)
{
    p->files[BIN].real_size = FIRMWARE + 100;
}
static void store_more(struct parts *p)
{
    p->files[BIN].real_size = FIRMWARE - 24;
}
static void deflate_garbage(struct parts *p)
{
    p->files[BIN].method = 8;
}
static void wrong_checksum(struct parts *p)
{
    p->files[BIN].crc = 0x12345678;
}

/* Manifest */
static void no_manifest(struct parts *p)
{
    p->files[MANIFEST].name = "manifest.jso";
}
static void manifest_in_folder(struct parts *p)
{
    p->files[MANIFEST].name = "dfu/manifest.json";
}
static void manifest_is_folder(struct parts *p)
{
    p->files[MANIFEST] = (struct zip_builder_file){.name = "manifest.json/", .bytes = ""};
}
static void long_manifest(struct parts *p)
{
    static char text[70000];
    memset(text, ' ', sizeof(text));
    p->files[MANIFEST].bytes = text;
    p->files[MANIFEST].size = sizeof(text);
}
static void cut_json(struct parts *p)
{
    use_manifest(p, "{\"manifest\": {");
}
static void empty_json(struct parts *p)
{
    use_manifest(p, "");
}
static void deep_json(struct parts *p)
{
    memset(p->manifest, '[', sizeof(p->manifest) - 1);
}
static void binary_json(struct parts *p)
{
    use_manifest(p, "{\"manifest\": {\"\xFF\": 1}}");
}
static void json_list(struct parts *p)
{
    use_manifest(p, "[]");
}
static void manifest_number(struct parts *p)
{
    use_manifest(p, "{\"manifest\": 5}");
}
static void no_images(struct parts *p)
{
    use_manifest(p, "{\"manifest\": {\"application\": null, \"bootloader\": {}, \"other\": 1}}");
}
static void image_text(struct parts *p)
{
    use_manifest(p, "{\"manifest\": {\"application\": \"app.bin\"}}");
}
static void no_bin_file(struct parts *p)
{
    use_manifest(p, "{\"manifest\": {\"application\": {\"dat_file\": \"app.dat\"}}}");
}
static void empty_dat_file(struct parts *p)
{
    use_manifest(p, "{\"manifest\": {\"application\": {\"bin_file\": \"app.bin\", "
                    "\"dat_file\": \"\"}}}");
}
static void number_as_file(struct parts *p)
{
    use_manifest(p, "{\"manifest\": {\"application\": {\"bin_file\": 7, \"dat_file\": \"a\"}}}");
}
static void long_file_name(struct parts *p)
{
    snprintf(p->manifest, sizeof(p->manifest),
             "{\"manifest\": {\"application\": {\"bin_file\": \"%0300d\", \"dat_file\": \"a\"}}}",
             1);
}
static void repeated_member(struct parts *p)
{
    use_manifest(p, "{\"manifest\": {}, \"manifest\": {}}");
}
static void other_kind(struct parts *p)
{
    use_manifest(p, "{\"manifest\": {\"bootloader\": {\"bin_file\": \"app.bin\", "
                    "\"dat_file\": \"app.dat\"}}}");
}
static void legacy_version(struct parts *p)
{
    use_manifest(p, "{\"manifest\": {\"dfu_version\": 0.5}}");
}
static void legacy_packet(struct parts *p)
{
    use_manifest(p, "{\"manifest\": {\"bootloader\": {\"init_packet_data\": {}}}}");
}
static void escape_in_manifest(struct parts *p)
{
    use_manifest(p, "{\"manifest\": {\"application\": {\"bin_file\": \"\\u001b[2J\\u009b\", "
                    "\"dat_file\": \"app.dat\"}}}");
}

/* Files */
static void no_bin(struct parts *p)
{
    p->files[BIN].name = "other.bin";
}
static void no_dat(struct parts *p)
{
    p->files[DAT].name = "other.dat";
}
static void cut_dat(struct parts *p)
{
    (void)init_packet_encode(&p->init, p->dat, &p->files[DAT].size, NULL);
    p->files[DAT].size -= 5;
    p->keep_dat = true;
}
static void empty_dat(struct parts *p)
{
    p->keep_dat = true;
}
static void long_dat(struct parts *p)
{
    p->files[DAT].size = NORDFU_MAX_INIT_PACKET + 1;
    p->keep_dat = true;
}
static void very_long_dat(struct parts *p)
{
    p->files[DAT].bytes = p->firmware;
    p->files[DAT].size = FIRMWARE;
    p->keep_dat = true;
}
static void empty_bin(struct parts *p)
{
    p->files[BIN].size = 0;
    p->init.app_size = 0;
}
static void wrong_size(struct parts *p)
{
    p->init.app_size = FIRMWARE + 4;
}
static void size_of_another_kind(struct parts *p)
{
    p->init.app_size = 0;
    p->init.sd_size = FIRMWARE;
}
static void sizes_that_wrap(struct parts *p)
{
    use_manifest(p, "{\"manifest\": {\"softdevice_bootloader\": {\"bin_file\": \"app.bin\", "
                    "\"dat_file\": \"app.dat\"}}}");
    p->init.type = NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER;
    p->init.sd_size = 0x80000000;
    p->init.bl_size = 0x80000000 + FIRMWARE;
}
static void odd_size(struct parts *p)
{
    p->files[BIN].size = p->init.app_size = FIRMWARE - 2;
}
static void wrong_hash(struct parts *p)
{
    p->keep_hash = true;
}
static void no_hash(struct parts *p)
{
    p->init.has_hash = false;
}
static void no_type(struct parts *p)
{
    memcpy(p->dat, "\x0A\x06\x08\x01\x12\x02\x08\x01", 8);
    p->files[DAT].size = 8;
    p->keep_dat = true;
}

struct defect {
    void (*spoil)(struct parts *p);
    int code;
    const char *fragment;
};

static const struct defect defects[] = {
    {climb_out, NORDFU_ERR_PACKAGE, "a way out of its folder"},
    {climb_inside, NORDFU_ERR_PACKAGE, "a way out of its folder"},
    {climb_as_folder, NORDFU_ERR_PACKAGE, "a way out of its folder"},
    {go_absolute, NORDFU_ERR_PACKAGE, "an absolute path"},
    {use_drive, NORDFU_ERR_PACKAGE, "an absolute path"},
    {use_backslash, NORDFU_ERR_PACKAGE, "a backslash"},
    {use_line_break, NORDFU_ERR_PACKAGE, "a?b"},
    {repeat_name, NORDFU_ERR_PACKAGE, "two files of the name \"app.bin\""},
    {encrypt, NORDFU_ERR_PACKAGE, "an encrypted file \"app.bin\""},
    {use_lzma, NORDFU_ERR_PACKAGE, "method 14"},
    {claim_huge, NORDFU_ERR_PACKAGE, "2147483647 bytes"},
    {claim_bomb, NORDFU_ERR_PACKAGE, "zip bomb"},
    {claim_total, NORDFU_ERR_PACKAGE, "bytes in all"},
    {store_less, NORDFU_ERR_PACKAGE, "declared size"},
    {store_more, NORDFU_ERR_PACKAGE, "declared size"},
    {deflate_garbage, NORDFU_ERR_PACKAGE, "declared size"},
    {wrong_checksum, NORDFU_ERR_PACKAGE, "checksum"},
    {no_manifest, NORDFU_ERR_PACKAGE, "no manifest.json at its top level"},
    {manifest_in_folder, NORDFU_ERR_PACKAGE, "no manifest.json at its top level"},
    {manifest_is_folder, NORDFU_ERR_PACKAGE, "no manifest.json at its top level"},
    {long_manifest, NORDFU_ERR_PACKAGE, "at most 65536"},
    {cut_json, NORDFU_ERR_PACKAGE, "not valid JSON (line 1"},
    {empty_json, NORDFU_ERR_PACKAGE, "manifest.json in p.zip is empty"},
    {deep_json, NORDFU_ERR_PACKAGE, "not valid JSON"},
    {binary_json, NORDFU_ERR_PACKAGE, "not valid JSON"},
    {json_list, NORDFU_ERR_PACKAGE, "has no object \"manifest\""},
    {manifest_number, NORDFU_ERR_PACKAGE, "has no object \"manifest\""},
    {no_images, NORDFU_ERR_PACKAGE, "names no image"},
    {image_text, NORDFU_ERR_PACKAGE, "other than an object as its image \"application\""},
    {no_bin_file, NORDFU_ERR_PACKAGE, "names no bin_file"},
    {empty_dat_file, NORDFU_ERR_PACKAGE, "names no dat_file"},
    {number_as_file, NORDFU_ERR_PACKAGE, "other than text as bin_file"},
    {long_file_name, NORDFU_ERR_PACKAGE, "longer than 255 bytes"},
    {repeated_member, NORDFU_ERR_PACKAGE, "not valid JSON"},
    {other_kind, NORDFU_ERR_PACKAGE, "another kind (application)"},
    {legacy_version, NORDFU_ERR_UNSUPPORTED, "legacy DFU is not supported yet"},
    {legacy_packet, NORDFU_ERR_UNSUPPORTED, "legacy DFU is not supported yet"},
    {escape_in_manifest, NORDFU_ERR_PACKAGE, "holds no file \"?[2J??\""},
    {no_bin, NORDFU_ERR_PACKAGE, "holds no file \"app.bin\""},
    {no_dat, NORDFU_ERR_PACKAGE, "holds no file \"app.dat\""},
    {cut_dat, NORDFU_ERR_PACKAGE, "app.dat can't be decoded"},
    {empty_dat, NORDFU_ERR_PACKAGE, "app.dat is empty"},
    {long_dat, NORDFU_ERR_PACKAGE, "512 bytes"},
    {very_long_dat, NORDFU_ERR_PACKAGE, "at most 513"},
    {empty_bin, NORDFU_ERR_PACKAGE, "app.bin in p.zip is empty"},
    {wrong_size, NORDFU_ERR_PACKAGE, "announces 1028"},
    {size_of_another_kind, NORDFU_ERR_PACKAGE, "announces 0"},
    {sizes_that_wrap, NORDFU_ERR_PACKAGE, "announces 4294968320"},
    {odd_size, NORDFU_ERR_PACKAGE, "pad the firmware with FF"},
    {wrong_hash, NORDFU_ERR_PACKAGE, "does not have the SHA-256"},
    {no_hash, NORDFU_ERR_PACKAGE, "holds no SHA-256"},
    {no_type, NORDFU_ERR_PACKAGE, "what kind of image"},
};

static void every_defect_has_its_sentence(void **state)
{
    (void)state;
    static struct parts p;
    const size_t count = sizeof(defects) / sizeof(defects[0]);
    for (size_t i = 0; i < count; i++) {
        struct nordfu_error error = {0};
        make_good(&p);
        defects[i].spoil(&p);
        struct zip_builder z = pack(&p);
        int rc = open_bytes(z.zip.data, z.zip.size, &error);
        if (rc != defects[i].code || strstr(error.text, defects[i].fragment) == NULL)
            fail_msg("%zu: %d, '%s' is not in: %s", i, rc, defects[i].fragment, error.text);
        size_t length = strlen(error.text);
        assert_int_equal(error.text[length - 1], '.');
        assert_null(strpbrk(error.text, "\n\033"));
        zip_builder_free(&z);
    }
    print_message("%zu defects\n", count);
}

static void the_unspoiled_package_is_good(void **state)
{
    (void)state;
    static struct parts p;
    struct nordfu_error error = {0};
    make_good(&p);
    add(&p, (struct zip_builder_file){.name = "docs/", .bytes = "", .size = 0});
    add_named(&p, "docs/..readme");
    struct zip_builder z = pack(&p);
    if (open_bytes(z.zip.data, z.zip.size, &error) != 0)
        fail_msg("%s", error.text);
    zip_builder_free(&z);
}

static void every_image_of_the_manifest_must_be_there(void **state)
{
    (void)state;
    static struct parts p;
    struct nordfu_error error = {0};
    make_good(&p);
    use_manifest(&p, "{\"manifest\": {"
                     "\"application\": {\"bin_file\": \"app.bin\", \"dat_file\": \"app.dat\"}, "
                     "\"softdevice\": {\"bin_file\": \"sd.bin\", \"dat_file\": \"sd.dat\"}}}");
    struct zip_builder z = pack(&p);
    assert_int_equal(open_bytes(z.zip.data, z.zip.size, &error), NORDFU_ERR_PACKAGE);
    assert_non_null(strstr(error.text, "\"sd.dat\""));
    zip_builder_free(&z);
}

static void open_with_files(size_t count, const char *fragment)
{
    struct nordfu_error error = {0};
    struct zip_builder z = {0};
    char name[24];
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "%zu", i);
        zip_builder_add(&z, &(struct zip_builder_file){.name = name, .bytes = "", .size = 0});
    }
    zip_builder_end(&z);
    assert_int_equal(open_bytes(z.zip.data, z.zip.size, &error), NORDFU_ERR_PACKAGE);
    if (strstr(error.text, fragment) == NULL)
        fail_msg("'%s' is not in: %s", fragment, error.text);
    zip_builder_free(&z);
}

static void too_many_files_are_refused(void **state)
{
    (void)state;
    open_with_files(ARCHIVE_MAX_ENTRIES, "no manifest.json");
    open_with_files(ARCHIVE_MAX_ENTRIES + 1, "holds 65 files");
    open_with_files(5000, "more than 1024 files");
}

/* Declared sizes in the directory of a deflated package that is good as it stands. */
static void deflated_files_with_lying_sizes_are_refused(void **state)
{
    (void)state;
    size_t size, lies = 0;
    uint8_t *zip = scratch_read(VECTORS "reader/r01_deflate.zip", &size);
    for (size_t at = 0; at + 46 < size; at++) {
        if (memcmp(zip + at, "PK\x01\x02", 4) != 0 || memcmp(zip + at + 46, "app_raw.bin", 11) != 0)
            continue;
        uint8_t *low = zip + at + 24;
        for (int change = -3; change <= 3; change++) {
            struct nordfu_error error = {0};
            uint8_t kept[2] = {low[0], low[1]};
            unsigned declared = (unsigned)(low[0] | low[1] << 8) + (unsigned)(change * 100);
            low[0] = (uint8_t)declared;
            low[1] = (uint8_t)(declared >> 8);
            int rc = open_bytes(zip, size, &error);
            assert_int_equal(rc, change == 0 ? 0 : NORDFU_ERR_PACKAGE);
            assert_true(rc == 0 || strstr(error.text, "declared size") != NULL);
            memcpy(low, kept, 2);
            lies++;
        }
    }
    assert_int_equal(lies, 7);
    free(zip);
}

static void no_cut_or_changed_zip_crashes(void **state)
{
    (void)state;
    size_t size, good = 0;
    uint8_t *zip = scratch_read(VECTORS "pkg/g02.zip", &size);
    for (size_t cut = 0; cut < size; cut++)
        assert_int_not_equal(open_bytes(zip, cut, NULL), 0);
    for (size_t at = 0; at < size; at++) {
        struct nordfu_error error = {0};
        uint8_t kept = zip[at];
        zip[at] = (uint8_t)(kept ^ (1 + at % 255));
        int rc = open_bytes(zip, size, &error);
        assert_true(rc == 0 || error.text[0] != '\0');
        good += rc == 0;
        zip[at] = kept;
    }
    /* Some bytes (dates, attributes) may be anything; most may not. */
    assert_in_range(good, 1, size / 4);
    free(zip);
}

struct plain_file {
    const char *bytes;
    size_t size;
    const char *fragment;
};

static void files_that_are_no_zip_are_named_so(void **state)
{
    (void)state;
    static const struct plain_file table[] = {
        {"", 0, "is an empty file"},
        {"x", 1, "is not a zip file"},
        {":020000040002F8\n:00000001FF\n", 28, "is not a zip file"},
        {"PK\x03\x04", 4, "is not a zip file"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct nordfu_error error = {0};
        assert_int_equal(open_bytes(table[i].bytes, table[i].size, &error), NORDFU_ERR_PACKAGE);
        if (strstr(error.text, table[i].fragment) == NULL)
            fail_msg("'%s' is not in: %s", table[i].fragment, error.text);
    }
}

static void expect_path(const char *path, const char *fragment)
{
    struct nordfu_error error = {0};
    struct nordfu_package *package = NULL;
    assert_int_equal(nordfu_package_open(&package, path, &error), NORDFU_ERR_PACKAGE);
    assert_null(package);
    if (strstr(error.text, fragment) == NULL)
        fail_msg("'%s' is not in: %s", fragment, error.text);
}

static void paths_that_are_no_readable_file_are_named_so(void **state)
{
    (void)state;
    assert_int_equal(mkfifo("pipe.zip", 0644), 0);
    scratch_write("large.zip", "", 0);
    assert_int_equal(truncate("large.zip", (off_t)1 << 30), 0);
    expect_path("missing.zip", "check the path");
    expect_path("missing/p.zip", "check the path");
    expect_path("", "check the path");
    expect_path("/tmp", "is a folder");
    expect_path("pipe.zip", "not a regular file");
    expect_path("/dev/null", "not a regular file");
    expect_path("large.zip", "too large");
}

static bool open_forbidden(void)
{
    struct nordfu_error error = {0};
    struct nordfu_package *package = NULL;
    return nordfu_package_open(&package, "locked.zip", &error) == NORDFU_ERR_PACKAGE &&
           package == NULL && error.speaker == NORDFU_SPEAKER_SYSTEM &&
           strstr(error.text, "ask for permission to read it") != NULL;
}

static void an_unreadable_file_is_named_so(void **state)
{
    (void)state;
    scratch_write("locked.zip", "x", 1);
    assert_int_equal(chmod("locked.zip", 0), 0);
    scratch_as_nobody(open_forbidden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_unspoiled_package_is_good),
        cmocka_unit_test(every_defect_has_its_sentence),
        cmocka_unit_test(every_image_of_the_manifest_must_be_there),
        cmocka_unit_test(too_many_files_are_refused),
        cmocka_unit_test(deflated_files_with_lying_sizes_are_refused),
        cmocka_unit_test(no_cut_or_changed_zip_crashes),
        cmocka_unit_test(files_that_are_no_zip_are_named_so),
        cmocka_unit_test(paths_that_are_no_readable_file_are_named_so),
        cmocka_unit_test(an_unreadable_file_is_named_so),
    };
    return cmocka_run_group_tests_name("package_defects", tests, scratch_enter, scratch_leave);
}
