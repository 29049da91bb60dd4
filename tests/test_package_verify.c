/* SPDX-License-Identifier: MIT
 * Everything that is wrong with a package is found in one go, and nothing in a good one. */
#include "package_parts.h"

#include "package/archive.h"

#define VECTORS TEST_DIR "/vectors/package/"

/* What was reported: codes in order, and the sentence and member of the last one. */
struct findings {
    char words[256];
    char text[640];
    char member[64];
};

static void collect(void *context, const struct nordfu_finding *finding)
{
    struct findings *f = context;
    size_t used = strlen(f->words);
    snprintf(f->words + used, sizeof(f->words) - used, "%s%s", used > 0 ? " " : "",
             nordfu_finding_name(finding->code));
    snprintf(f->text, sizeof(f->text), "%s", finding->text);
    snprintf(f->member, sizeof(f->member), "%s", finding->member != NULL ? finding->member : "");
}

static int verify(struct findings *f, const char *path, const char *key)
{
    struct nordfu_error error = {0};
    memset(f, 0, sizeof(*f));
    int count = nordfu_package_verify_file(path, key, collect, f, &error);
    if (count < 0)
        fail_msg("%s: %s", path, error.text);
    return count;
}

static void add(struct parts *p, const char *name)
{
    p->files[p->count++] = (struct zip_builder_file){.name = name, .bytes = "x", .size = 1};
}

static void stay_good(struct parts *p)
{
    (void)p;
}
static void add_stranger(struct parts *p)
{
    add(p, "readme.txt");
}
static void add_folder(struct parts *p)
{
    p->files[p->count++] = (struct zip_builder_file){.name = "docs/", .bytes = "", .size = 0};
}
static void repeat_name(struct parts *p)
{
    add(p, "app.bin");
}
static void lose_manifest(struct parts *p)
{
    p->files[MANIFEST].name = "other.json";
}
static void break_manifest(struct parts *p)
{
    strcpy(p->manifest, "{");
}
static void repeat_member(struct parts *p)
{
    strcpy(p->manifest,
           "{\"manifest\": {\"application\": {\"bin_file\": \"app.bin\", \"dat_file\": "
           "\"app.dat\"}, \"application\": {}}}");
}
static void name_none(struct parts *p)
{
    strcpy(p->manifest, "{\"manifest\": {}}");
}
static void lose_both(struct parts *p)
{
    p->files[BIN].name = "old.bin";
    p->files[DAT].name = "old.dat";
}
static void share(struct parts *p)
{
    strcpy(p->manifest, "{\"manifest\": {\"application\": {\"bin_file\": \"app.dat\", "
                        "\"dat_file\": \"app.dat\"}}}");
}
static void damage(struct parts *p)
{
    p->files[BIN].crc = 1;
}
static void change_firmware(struct parts *p)
{
    p->keep_hash = true;
}
static void shorten(struct parts *p)
{
    p->files[BIN].size = FIRMWARE - 2;
    p->keep_hash = true;
}
static void be_odd(struct parts *p)
{
    p->files[BIN].size = FIRMWARE - 1;
    p->init.app_size = FIRMWARE - 1;
}
static void be_bootloader(struct parts *p)
{
    p->init.type = NORDFU_IMAGE_BOOTLOADER;
    p->init.bl_size = FIRMWARE;
}
static void lose_hardware(struct parts *p)
{
    p->init.has_hw_version = false;
}
static void truncate_packet(struct parts *p)
{
    p->keep_dat = true;
    p->files[DAT].size = 3;
    memset(p->dat, 0x12, 3);
}
static void differ_in_sizes(struct parts *p)
{
    strcpy(p->manifest, "{\"manifest\": {\"softdevice_bootloader\": {\"bin_file\": \"app.bin\", "
                        "\"dat_file\": \"app.dat\", \"info_read_only_metadata\": "
                        "{\"bl_size\": 24, \"sd_size\": 1001}}}}");
    p->init.type = NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER;
    p->init.sd_size = 1000;
    p->init.bl_size = 24;
}
static void bring_two_bootloaders(struct parts *p)
{
    strcpy(p->manifest, "{\"manifest\": {\"softdevice_bootloader\": {\"bin_file\": \"app.bin\", "
                        "\"dat_file\": \"app.dat\"}, \"bootloader\": {\"bin_file\": \"bl.bin\", "
                        "\"dat_file\": \"bl.dat\"}}}");
    p->init.type = NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER;
    p->init.sd_size = 1000;
    p->init.bl_size = 24;
}
static void be_wrong_in_many_ways(struct parts *p)
{
    add(p, "a.txt");
    shorten(p);
    lose_hardware(p);
}

static const struct {
    void (*spoil)(struct parts *);
    const char *words, *member, *sentence;
} rows[] = {
    {stay_good, "", "", ""},
    {add_stranger, "surplus-file", "", "file readme.txt that its manifest.json does not name"},
    {add_folder, "", "", ""},
    {repeat_name, "archive", "", "two files of the name"},
    {lose_manifest, "manifest", "", "no manifest.json"},
    {break_manifest, "manifest", "", "not valid JSON"},
    {repeat_member, "manifest", "", "duplicate"},
    {name_none, "no-image surplus-file surplus-file", "", "app.dat"},
    {lose_both, "missing-file missing-file surplus-file surplus-file", "", "old.dat"},
    {share, "shared-file size length hash surplus-file", "", "app.bin"},
    {damage, "damaged-file", "application", "declared size and checksum"},
    {change_firmware, "hash", "application", "does not have the SHA-256"},
    {shorten, "size length hash", "application", "does not have the SHA-256"},
    {be_odd, "length", "application", "not a multiple of 4"},
    {be_bootloader, "kind", "application", "is for another kind (bootloader)"},
    {lose_hardware, "init-packet", "application", "names no hardware version"},
    {truncate_packet, "init-packet", "application", "app.dat"},
    {differ_in_sizes, "metadata", "softdevice_bootloader", "tells a SoftDevice of 1001 bytes"},
    {bring_two_bootloaders, "duplicate missing-file missing-file", "bootloader", "bl.bin"},
    {be_wrong_in_many_ways, "init-packet size length hash surplus-file", "", "a.txt"},
};

static size_t count_words(const char *words)
{
    size_t count = words[0] != '\0';
    for (; *words != '\0'; words++)
        count += *words == ' ';
    return count;
}

static void every_defect_is_reported_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static struct parts p;
        struct findings f;
        make_good(&p);
        rows[i].spoil(&p);
        struct zip_builder z = pack(&p);
        scratch_write("p.zip", z.zip.data, z.zip.size);
        zip_builder_free(&z);
        int count = verify(&f, "p.zip", NULL);
        if (strcmp(f.words, rows[i].words) != 0)
            fail_msg("row %zu: '%s' instead of '%s' (%s)", i, f.words, rows[i].words, f.text);
        assert_int_equal(count, count_words(rows[i].words));
        assert_string_equal(f.member, rows[i].member);
        if (strstr(f.text, rows[i].sentence) == NULL)
            fail_msg("row %zu: %s", i, f.text);
    }
    print_message("checked %zu packages\n", sizeof(rows) / sizeof(rows[0]));
}

static void a_signature_needs_the_right_key(void **state)
{
    (void)state;
    static struct parts p;
    struct findings f;
    make_good(&p);
    struct zip_builder z = pack(&p);
    scratch_write("p.zip", z.zip.data, z.zip.size);
    zip_builder_free(&z);
    assert_int_equal(verify(&f, "p.zip", VECTORS "inputs/test_pub.pem"), 1);
    assert_string_equal(f.words, "unsigned");
    const char *own = VECTORS "inputs/test_pub.pem";
    const char *published = VECTORS "inputs/insecure_default_key.pem";
    assert_int_equal(verify(&f, VECTORS "pkg/g02.zip", NULL), 0);
    assert_int_equal(verify(&f, VECTORS "pkg/g02.zip", own), 0);
    assert_int_equal(verify(&f, VECTORS "pkg/g37.zip", published), 0);
    assert_int_equal(verify(&f, VECTORS "pkg/g02.zip", published), 1);
    assert_string_equal(f.words, "signature");
    assert_int_equal(verify(&f, VECTORS "pkg/g37.zip", own), 1);
    assert_string_equal(f.words, "signature");
    assert_int_equal(verify(&f, VECTORS "pkg/g24.zip", own), 2);
    assert_string_equal(f.words, "unsigned unsigned");
}

/* But for those with its quirks: the init packet instead of the firmware (Q3), no image (Q2), one
 * file for two images (Q4). */
static void packages_of_the_original_are_good(void **state)
{
    (void)state;
    size_t good = 0;
    for (unsigned i = 1; i <= 45; i++) {
        char path[256];
        struct findings f;
        snprintf(path, sizeof(path), VECTORS "pkg/g%02u.zip", i);
        bool quirk = i == 40 || i == 41 || i == 42;
        int count = verify(&f, path, NULL);
        if ((count > 0) != quirk)
            fail_msg("%s: '%s' %s", path, f.words, f.text);
        good += count == 0;
    }
    print_message("checked 45 packages, %zu of them good\n", good);
}

static void sentences_bear_no_control_characters(void **state)
{
    (void)state;
    static struct parts p;
    struct findings f;
    make_good(&p);
    add(&p, "a\nb");
    struct zip_builder z = pack(&p);
    scratch_write("p.zip", z.zip.data, z.zip.size);
    zip_builder_free(&z);
    assert_int_equal(verify(&f, "p.zip", NULL), 1);
    assert_null(strchr(f.text, '\n'));
}

static void what_cannot_be_looked_at_is_an_error(void **state)
{
    (void)state;
    struct findings f = {.words = ""};
    struct nordfu_error error = {0};
    assert_int_equal(nordfu_package_verify_file("nowhere.zip", NULL, collect, &f, &error),
                     NORDFU_ERR_PACKAGE);
    assert_int_equal(error.speaker, NORDFU_SPEAKER_SYSTEM);
    assert_int_equal(nordfu_package_verify_file(VECTORS "pkg/g01.zip", VECTORS "inputs/garbage.pem",
                                                collect, &f, &error),
                     NORDFU_ERR_PACKAGE);
    assert_non_null(strstr(error.text, "garbage.pem"));
    assert_int_equal(
        nordfu_package_verify_file(VECTORS "legacy/l01.zip", NULL, collect, &f, &error),
        NORDFU_ERR_UNSUPPORTED);
    assert_string_equal(f.words, "");
    assert_int_equal(nordfu_package_verify_file("nowhere.zip", NULL, collect, &f, NULL),
                     NORDFU_ERR_PACKAGE);
}

static void every_code_has_its_word(void **state)
{
    (void)state;
    for (int i = 0; i < NORDFU_FINDINGS; i++)
        for (int k = 0; k <= i; k++)
            assert_int_equal(strcmp(nordfu_finding_name((enum nordfu_finding_code)i),
                                    nordfu_finding_name((enum nordfu_finding_code)k)) == 0,
                             i == k);
    assert_string_equal(nordfu_finding_name(NORDFU_FINDINGS), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_defect_is_reported_in_order),
        cmocka_unit_test(a_signature_needs_the_right_key),
        cmocka_unit_test(packages_of_the_original_are_good),
        cmocka_unit_test(sentences_bear_no_control_characters),
        cmocka_unit_test(what_cannot_be_looked_at_is_an_error),
        cmocka_unit_test(every_code_has_its_word),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
