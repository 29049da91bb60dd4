/* SPDX-License-Identifier: MIT
 * Files of a package come out whole, into the folder, or not at all. */
#include "package_parts.h"

#include "package/archive.h"

#define FOLDER "out"

static void add(struct parts *p, const char *name)
{
    p->files[p->count++] = (struct zip_builder_file){.name = name, .bytes = "x", .size = 1};
}

static void store(struct parts *p)
{
    struct zip_builder z = pack(p);
    scratch_write("p.zip", z.zip.data, z.zip.size);
    zip_builder_free(&z);
}

static int extract(bool overwrite, struct nordfu_error *error)
{
    memset(error, 0, sizeof(*error));
    return nordfu_package_extract("p.zip", FOLDER, overwrite, NULL, NULL, error);
}

static bool exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

static void assert_contents(const char *path, const void *bytes, size_t size)
{
    size_t found;
    uint8_t *contents = scratch_read(path, &found);
    assert_int_equal(found, size);
    assert_memory_equal(contents, bytes, size);
    free(contents);
}

/* Removes what a test left in the folder, and it. */
static void clean(void)
{
    static const char *const paths[] = {
        FOLDER "/sub/deep/x", FOLDER "/sub/deep",      FOLDER "/sub", FOLDER "/app.bin",
        FOLDER "/app.dat",    FOLDER "/manifest.json", FOLDER,        "elsewhere/deep",
        "elsewhere"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (unlink(paths[i]) != 0)
            rmdir(paths[i]);
    assert_false(exists(FOLDER));
}

static void count_file(void *context, const char *name, const char *path, size_t size)
{
    size_t *total = context;
    assert_int_equal(strncmp(path, FOLDER "/", 4), 0);
    assert_string_equal(path + 4, name);
    *total += size;
}

static void files_and_folders_come_out(void **state)
{
    (void)state;
    static struct parts p;
    struct nordfu_error error = {0};
    size_t total = 0;
    make_good(&p);
    add(&p, "sub/deep/x");
    store(&p);
    assert_int_equal(nordfu_package_extract("p.zip", FOLDER, false, count_file, &total, &error), 4);
    assert_contents(FOLDER "/app.bin", p.firmware, FIRMWARE);
    assert_contents(FOLDER "/app.dat", p.dat, p.files[DAT].size);
    assert_contents(FOLDER "/manifest.json", p.manifest, strlen(p.manifest));
    assert_contents(FOLDER "/sub/deep/x", "x", 1);
    assert_int_equal(total, FIRMWARE + p.files[DAT].size + strlen(p.manifest) + 1);
    clean();
}

static void what_exists_is_kept_unless_allowed(void **state)
{
    (void)state;
    static struct parts p;
    struct nordfu_error error;
    make_good(&p);
    store(&p);
    assert_int_equal(mkdir(FOLDER, 0755), 0);
    scratch_write(FOLDER "/app.dat", "old", 3);
    assert_int_equal(extract(false, &error), NORDFU_ERR_USAGE);
    assert_non_null(strstr(error.text, FOLDER "/app.dat exists already"));
    assert_contents(FOLDER "/app.dat", "old", 3);
    assert_false(exists(FOLDER "/app.bin"));
    assert_int_equal(extract(true, &error), 3);
    assert_contents(FOLDER "/app.dat", p.dat, p.files[DAT].size);
    clean();
}

static void a_damaged_file_leaves_nothing_behind(void **state)
{
    (void)state;
    static struct parts p;
    struct nordfu_error error;
    make_good(&p);
    p.files[DAT].crc = 1;
    store(&p);
    assert_int_equal(extract(false, &error), NORDFU_ERR_PACKAGE);
    assert_non_null(strstr(error.text, "declared size and checksum"));
    assert_false(exists(FOLDER));
}

static void no_name_leads_out_of_the_folder(void **state)
{
    (void)state;
    static const char *const names[] = {
        "../evil", "/tmp/evil", "a/../../evil", "..\\evil", "C:evil",         "./app.bin", "a//b",
        "a/./b",   ".",         "..",           "a/..",     "app.bin/inside", "a\nb"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        static struct parts p;
        struct nordfu_error error;
        make_good(&p);
        add(&p, names[i]);
        store(&p);
        for (int overwrite = 0; overwrite < 2; overwrite++)
            if (extract(overwrite, &error) != NORDFU_ERR_PACKAGE || exists(FOLDER))
                fail_msg("%s: %d %s", names[i], error.code, error.text);
        assert_null(strchr(error.text, '\n'));
    }
    print_message("checked %zu names\n", sizeof(names) / sizeof(names[0]));
}

static void no_link_leads_out_of_the_folder(void **state)
{
    (void)state;
    static struct parts p;
    struct nordfu_error error;
    make_good(&p);
    add(&p, "sub/deep/x");
    store(&p);
    assert_int_equal(mkdir(FOLDER, 0755), 0);
    assert_int_equal(mkdir("elsewhere", 0755), 0);
    assert_int_equal(symlink("../elsewhere", FOLDER "/sub"), 0);
    assert_int_equal(extract(true, &error), NORDFU_ERR_USAGE);
    assert_non_null(strstr(error.text, FOLDER "/sub exists and is no folder"));
    assert_false(exists("elsewhere/deep"));
    assert_int_equal(unlink(FOLDER "/sub"), 0);
    assert_int_equal(symlink("../elsewhere/file", FOLDER "/app.bin"), 0);
    assert_int_equal(extract(true, &error), NORDFU_ERR_USAGE);
    assert_false(exists("elsewhere/file"));
    assert_false(exists(FOLDER "/manifest.json"));
    clean();
}

static void the_package_is_not_replaced_by_what_it_holds(void **state)
{
    (void)state;
    static struct parts p;
    struct nordfu_error error = {0};
    make_good(&p);
    add(&p, "p.zip");
    store(&p);
    assert_int_equal(nordfu_package_extract("p.zip", ".", true, NULL, NULL, &error),
                     NORDFU_ERR_USAGE);
    assert_non_null(strstr(error.text, "is the package itself"));
    assert_false(exists("app.bin"));
}

static void a_folder_that_cannot_be_made_is_an_error(void **state)
{
    (void)state;
    static struct parts p;
    struct nordfu_error error = {0};
    make_good(&p);
    store(&p);
    assert_int_equal(nordfu_package_extract("p.zip", "no/where", true, NULL, NULL, &error),
                     NORDFU_ERR_SYSTEM);
    assert_int_equal(nordfu_package_extract("p.zip", "p.zip", true, NULL, NULL, &error),
                     NORDFU_ERR_SYSTEM);
    assert_int_equal(nordfu_package_extract("p.zip", "", true, NULL, NULL, NULL), NORDFU_ERR_USAGE);
    assert_int_equal(nordfu_package_extract("nowhere.zip", FOLDER, true, NULL, NULL, &error),
                     NORDFU_ERR_PACKAGE);
    assert_false(exists(FOLDER));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_folders_come_out),
        cmocka_unit_test(what_exists_is_kept_unless_allowed),
        cmocka_unit_test(a_damaged_file_leaves_nothing_behind),
        cmocka_unit_test(no_name_leads_out_of_the_folder),
        cmocka_unit_test(no_link_leads_out_of_the_folder),
        cmocka_unit_test(the_package_is_not_replaced_by_what_it_holds),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_an_error),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
