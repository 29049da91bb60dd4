/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "vectors.h"

#include "package/manifest.h"

static enum manifest_kind kind_of(const char *name)
{
    for (enum manifest_kind kind = 0; kind < MANIFEST_KINDS; kind++)
        if (strcmp(manifest_kind_name(kind), name) == 0)
            return kind;
    fail_msg("no kind %s", name);
    return MANIFEST_KINDS;
}

/* The manifest that a vector's images describe. */
static struct manifest from_vector(const json_t *images)
{
    struct manifest manifest = {.count = 0};
    size_t i;
    json_t *entry;
    json_array_foreach(images, i, entry)
    {
        struct manifest_image *image = &manifest.images[manifest.count++];
        const json_t *files = json_object_get(entry, "manifest_entry");
        const json_t *metadata = json_object_get(files, "info_read_only_metadata");
        image->kind = kind_of(vectors_string(entry, "manifest_key"));
        strcpy(image->bin_file, vectors_string(files, "bin_file"));
        strcpy(image->dat_file, vectors_string(files, "dat_file"));
        image->has_sizes = metadata != NULL;
        if (metadata != NULL) {
            image->bl_size = (uint32_t)vectors_number(metadata, "bl_size");
            image->sd_size = (uint32_t)vectors_number(metadata, "sd_size");
        }
    }
    return manifest;
}

static void assert_text(const struct manifest *manifest, const char *expected)
{
    struct buf text = {0};
    assert_int_equal(manifest_encode(manifest, &text, NULL), 0);
    assert_true(buf_append(&text, "", 1));
    assert_string_equal((const char *)text.data, expected);
    buf_free(&text);
}

static void check_case(const json_t *entry)
{
    const char *text = vectors_string(entry, "manifest_text");
    struct manifest manifest = from_vector(json_object_get(entry, "images")), again;
    assert_text(&manifest, text);
    assert_int_equal(manifest_decode(&again, text, strlen(text), "p.zip", NULL), 0);
    assert_int_equal(again.count, manifest.count); /* 0 in g41 */
    assert_text(&again, text);
}

static void every_manifest_of_the_original_is_written_and_read_alike(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/pkg_generate.json"), *entry;
    size_t i;
    json_array_foreach(json_object_get(root, "cases"), i, entry) check_case(entry);
    json_decref(root);
    print_message("pkg_generate.json: %zu manifests\n", i);
    assert_int_equal(i, 45);
}

static void names_beyond_ascii_are_escaped_in_lower_case(void **state)
{
    (void)state;
    struct manifest manifest = {.count = 1}, again;
    manifest.images[0].kind = MANIFEST_APPLICATION;
    strcpy(manifest.images[0].bin_file, "\xC3\xAA\\u00AB.bin");
    strcpy(manifest.images[0].dat_file, "\xF0\x9F\x98\x80.dat");
    static const char text[] = "{\n    \"manifest\": {\n        \"application\": {\n"
                               "            \"bin_file\": \"\\u00ea\\\\u00AB.bin\",\n"
                               "            \"dat_file\": \"\\ud83d\\ude00.dat\"\n"
                               "        }\n    }\n}";
    assert_text(&manifest, text);
    assert_int_equal(manifest_decode(&again, text, sizeof(text) - 1, "p.zip", NULL), 0);
    assert_string_equal(again.images[0].bin_file, manifest.images[0].bin_file);
    assert_string_equal(again.images[0].dat_file, manifest.images[0].dat_file);
}

static void names_that_are_not_utf8_are_not_written(void **state)
{
    (void)state;
    struct buf text = {0};
    struct nordfu_error error = {0};
    struct manifest manifest = {.count = 2};
    strcpy(manifest.images[0].bin_file, "a");
    strcpy(manifest.images[1].bin_file, "\xFF");
    manifest.images[1].kind = MANIFEST_APPLICATION;
    assert_int_equal(manifest_encode(&manifest, &text, &error), NORDFU_ERR_USAGE);
    assert_non_null(strstr(error.text, "not UTF-8"));
    assert_null(text.data);
}

static void strangers_and_a_byte_order_mark_are_ignored(void **state)
{
    (void)state;
    static const char text[] =
        "\xEF\xBB\xBF{\"x\": 1, \"manifest\": {\"y\": [], \"dfu_version\": null, \"bootloader\": "
        "null,"
        " \"softdevice\": {}, \"application\": {\"z\": {}, \"bin_file\": \"a\", \"dat_file\": "
        "\"b\","
        " \"info_read_only_metadata\": {\"bl_size\": \"1\", \"sd_size\": -2}}}}";
    struct manifest manifest;
    assert_int_equal(manifest_decode(&manifest, text, sizeof(text) - 1, "p.zip", NULL), 0);
    assert_int_equal(manifest.count, 1);
    assert_int_equal(manifest.images[0].kind, MANIFEST_APPLICATION);
    assert_string_equal(manifest.images[0].bin_file, "a");
    assert_string_equal(manifest.images[0].dat_file, "b");
    assert_false(manifest.images[0].has_sizes);
}

static void images_come_in_the_order_of_transfer(void **state)
{
    (void)state;
    static const char text[] =
        "{\"manifest\": {"
        "\"application\": {\"bin_file\": \"a\", \"dat_file\": \"A\"},"
        "\"bootloader\": {\"bin_file\": \"b\", \"dat_file\": \"B\"},"
        "\"softdevice\": {\"bin_file\": \"s\", \"dat_file\": \"S\"},"
        "\"softdevice_bootloader\": {\"bin_file\": \"c\", \"dat_file\": \"C\"}}}";
    struct manifest manifest;
    char order[5] = "";
    assert_int_equal(manifest_decode(&manifest, text, sizeof(text) - 1, "p.zip", NULL), 0);
    for (size_t i = 0; i < manifest.count; i++)
        order[i] = manifest.images[i].bin_file[0];
    assert_string_equal(order, "csba");
}

static void no_cut_manifest_is_read(void **state)
{
    (void)state;
    static const char text[] =
        "{\"manifest\": {\"application\": {\"bin_file\": \"a\", \"dat_file\": \"b\"}}}";
    for (size_t size = 0; size < sizeof(text) - 1; size++) {
        struct manifest manifest;
        struct nordfu_error error = {0};
        char *copy = malloc(size + 1);
        assert_non_null(copy);
        memcpy(copy + 1, text, size);
        assert_int_equal(manifest_decode(&manifest, copy + 1, size, "p.zip", &error),
                         NORDFU_ERR_PACKAGE);
        assert_non_null(strstr(error.text, size == 0 ? "is empty" : "not valid JSON"));
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_manifest_of_the_original_is_written_and_read_alike),
        cmocka_unit_test(names_beyond_ascii_are_escaped_in_lower_case),
        cmocka_unit_test(names_that_are_not_utf8_are_not_written),
        cmocka_unit_test(strangers_and_a_byte_order_mark_are_ignored),
        cmocka_unit_test(images_come_in_the_order_of_transfer),
        cmocka_unit_test(no_cut_manifest_is_read),
    };
    return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
