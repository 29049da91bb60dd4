/* SPDX-License-Identifier: MIT
 * `pkg display` against every run of the original tool that was recorded. */
#include "package_vectors.h"

#include "nordfu/package.h"

/* Makes the package available under its bare name, as it was to the original. */
static void link_package(const json_t *entry, const char *folder)
{
    char path[512];
    const char *name = json_string_value(json_array_get(json_object_get(entry, "args"), 2));
    assert_non_null(name);
    snprintf(path, sizeof(path), VECTORS "%s/%s", folder, name);
    assert_int_equal(symlink(path, name), 0);
}

static void run(struct program *program, const json_t *entry, const char *folder)
{
    link_package(entry, folder);
    size_t before = scratch_count(false);
    program_run(program, json_object_get(entry, "args"));
    assert_int_equal(scratch_count(false), before);
}

static void every_package_is_shown_as_the_original_tool_shows_it(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/pkg_display.json"), *entry;
    size_t i;
    json_array_foreach(json_object_get(root, "cases"), i, entry)
    {
        struct program program;
        run(&program, entry, "pkg");
        assert_int_equal(program.code, vectors_number(entry, "exit_code"));
        assert_string_equal(program.out, vectors_string(entry, "stdout"));
        assert_string_equal(program.err, "");
    }
    print_message("pkg_display.json: %zu runs alike\n", i);
    assert_int_equal(i, 45);
    json_decref(root);
}

/* Everything behind the line with the path. */
static const char *behind_path(const char *text)
{
    const char *end = strstr(text, ">:\n");
    assert_non_null(end);
    return end;
}

/* All six hold the same files. The original crashed on unknown members and byte-order marks. */
static void packages_by_other_hands_are_shown_whatever_their_zip_is_like(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/reader.json"), *entry;
    char first[PROGRAM_TEXT_MAX] = "";
    size_t i, alike = 0, otherwise = 0;
    json_array_foreach(json_object_get(root, "cases"), i, entry)
    {
        struct program program;
        bool crash = vectors_number(entry, "exit_code") != 0;
        run(&program, entry, "reader");
        assert_int_equal(program.code, 0);
        if (!crash)
            assert_string_equal(program.out, vectors_string(entry, "stdout"));
        else
            assert_string_equal(behind_path(program.out), behind_path(first));
        if (i == 0)
            strcpy(first, program.out);
        *(crash ? &otherwise : &alike) += 1;
    }
    print_message("reader.json: %zu runs alike, %zu crashes done otherwise\n", alike, otherwise);
    assert_int_equal(alike, 4);
    assert_int_equal(otherwise, 2);
    json_decref(root);
}

/* The original forgot the unpacked package there. */
static void nothing_is_left_in_the_folder_for_temporary_files(void **state)
{
    (void)state;
    struct program program;
    json_t *args = json_pack("[s, s, s]", "pkg", "display", VECTORS "pkg/g23.zip");
    assert_int_equal(mkdir("temporary", 0755), 0);
    setenv("TMPDIR", "temporary", 1);
    program_run(&program, args);
    unsetenv("TMPDIR");
    assert_int_equal(program.code, 0);
    assert_int_equal(rmdir("temporary"), 0); /* empty */
    json_decref(args);
}

/* The next line of JSON. */
static json_t *next_line(const char **text)
{
    size_t size = strcspn(*text, "\n");
    json_t *line = json_loadb(*text, size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(line);
    *text += size + 1;
    return line;
}

static void check_json_image(const json_t *line, const json_t *image)
{
    static const char *const numbers[] = {"fw_version", "hw_version", "sd_size", "bl_size",
                                          "app_size"};
    const json_t *dat = json_object_get(image, "dat"), *init = json_object_get(dat, "init_command");
    const json_t *validations = json_object_get(init, "boot_validation"), *validation;
    const char *hash = vectors_string(init, "hash_hex"), *shown = vectors_string(line, "hash");
    bool is_signed = json_is_true(json_object_get(dat, "signed"));
    size_t i;
    assert_string_equal(vectors_string(line, "event"), "image");
    assert_string_equal(vectors_string(line, "member"), vectors_string(image, "manifest_key"));
    assert_string_equal(vectors_string(line, "bin_file"),
                        vectors_string(json_object_get(image, "bin"), "name"));
    assert_string_equal(vectors_string(line, "dat_file"), vectors_string(dat, "name"));
    assert_string_equal(vectors_string(line, "type"), vectors_string(init, "type"));
    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        assert_int_equal(vectors_number(line, numbers[i]), vectors_number(init, numbers[i]));
    assert_true(json_equal(json_object_get(line, "sd_req"), json_object_get(init, "sd_req")));
    assert_true(json_equal(json_object_get(line, "is_debug"), json_object_get(init, "is_debug")));
    for (i = 0; i < 64; i += 2) /* the last byte first in the init packet */
        assert_memory_equal(hash + i, shown + 62 - i, 2);
    if (is_signed)
        assert_string_equal(vectors_string(line, "signature"),
                            vectors_string(dat, "signature_hex"));
    assert_string_equal(vectors_string(line, "signature_type"),
                        is_signed ? "ECDSA_P256_SHA256" : "UNSIGNED");
    json_array_foreach(validations, i, validation)
    {
        const json_t *types = json_object_get(line, "boot_validation");
        const json_t *bytes = json_object_get(line, "boot_validation_bytes");
        assert_string_equal(json_string_value(json_array_get(types, i)),
                            vectors_string(validation, "type"));
        assert_string_equal(json_string_value(json_array_get(bytes, i)),
                            vectors_string(validation, "bytes_hex"));
    }
}

static void machines_are_told_the_same(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/pkg_generate.json"), *entry, *image;
    size_t i, k, images = 0;
    json_array_foreach(json_object_get(root, "cases"), i, entry)
    {
        char path[512];
        struct program program;
        snprintf(path, sizeof(path), VECTORS "%s", vectors_string(entry, "package"));
        json_t *args = json_pack("[s, s, s, s]", "pkg", "display", "--json", path);
        program_run(&program, args);
        assert_int_equal(program.code, 0);
        const char *text = program.out;
        json_t *line = next_line(&text);
        assert_string_equal(vectors_string(line, "path"), path);
        assert_int_equal(vectors_number(line, "images"),
                         json_array_size(json_object_get(entry, "images")));
        json_array_foreach(json_object_get(entry, "images"), k, image)
        {
            json_decref(line);
            line = next_line(&text);
            check_json_image(line, image);
            images++;
        }
        assert_string_equal(text, "");
        json_decref(line);
        json_decref(args);
    }
    print_message("pkg_generate.json: %zu packages of %zu images in JSON\n", i, images);
    assert_int_equal(i, 45);
    json_decref(root);
}

static void a_package_is_peeked_into_without_its_firmware(void **state)
{
    (void)state;
    struct nordfu_package *package = NULL;
    struct nordfu_image_names names;
    assert_int_equal(nordfu_package_peek(&package, VECTORS "pkg/g23.zip", NULL), 0);
    assert_int_equal(nordfu_package_image_count(package), 2);
    assert_true(nordfu_package_names(package, 0, &names));
    assert_string_equal(names.member, "softdevice_bootloader");
    assert_string_equal(names.firmware, "sd_bl.bin");
    assert_string_equal(names.init_packet, "sd_bl.dat");
    assert_false(nordfu_package_names(package, 2, &names));
    assert_null(nordfu_package_image(package, 1)->firmware);
    assert_int_equal(nordfu_package_image(package, 1)->firmware_size, 0);
    assert_int_equal(nordfu_package_verify(package, VECTORS "inputs/test_pub.pem", NULL), 0);
    nordfu_package_free(&package);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_package_is_shown_as_the_original_tool_shows_it),
        cmocka_unit_test(packages_by_other_hands_are_shown_whatever_their_zip_is_like),
        cmocka_unit_test(nothing_is_left_in_the_folder_for_temporary_files),
        cmocka_unit_test(machines_are_told_the_same),
        cmocka_unit_test(a_package_is_peeked_into_without_its_firmware),
    };
    return cmocka_run_group_tests_name("pkg_display", tests, scratch_enter, scratch_leave);
}
