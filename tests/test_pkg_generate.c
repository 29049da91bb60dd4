/* SPDX-License-Identifier: MIT
 * `pkg generate` against every run of the original tool that was recorded. */
#include "package_vectors.h"

#include "base/crypto.h"
#include "nordfu/package.h"

#define INPUTS VECTORS "inputs/"

struct context {
    json_t *root;
    size_t runs, images, signatures;
};

static const json_t *find_case(const json_t *root, const char *id)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(json_object_get(root, "cases"), i, entry)
    {
        if (strcmp(vectors_string(entry, "id"), id) == 0)
            return entry;
    }
    fail_msg("no case %s", id);
    return NULL;
}

/* Runs what succeeded in the original, and compares what is said. */
static void run_good(const json_t *entry)
{
    struct program program;
    program_run(&program, json_object_get(entry, "args"));
    if (program.code != 0 || program.err[0] != 0)
        fail_msg("%s: %d %s", vectors_string(entry, "id"), program.code, program.err);
    char *words = vectors_words(vectors_string(entry, "stdout"));
    assert_string_equal(program.out, words);
    free(words);
}

static void check_entries(const json_t *entry, const char *zip)
{
    const json_t *names = json_object_get(entry, "zip_entries_sorted"), *name;
    size_t size, found = 0, i;
    uint8_t *bytes = scratch_read(zip, &size);
    for (size_t at = 0; at + 4 <= size; at++)
        found += memcmp(bytes + at, "PK\x01\x02", 4) == 0;
    free(bytes);
    assert_int_equal(found, json_array_size(names));
    json_array_foreach(names, i, name)
    {
        struct buf content = vectors_entry(zip, json_string_value(name));
        buf_free(&content);
    }
}

static void assert_bytes(const struct buf *bytes, const struct vector_bytes *expected)
{
    assert_int_equal(bytes->size, expected->size);
    assert_memory_equal(bytes->data, expected->data, expected->size);
}

static void check_firmware(const json_t *bin, const char *zip, const char *name)
{
    uint8_t hash[CRYPTO_SHA256_SIZE];
    struct vector_bytes expected = vectors_bytes(bin, "sha256");
    struct buf bytes = vectors_entry(zip, name);
    assert_int_equal(bytes.size, vectors_number(bin, "size"));
    assert_true(crypto_sha256(hash, bytes.data, bytes.size));
    assert_memory_equal(hash, expected.data, sizeof(hash));
    buf_free(&bytes);
}

/* Byte for byte, but for signatures, if their nonces are random. */
static void check_init_packet(const json_t *dat, const char *zip, const char *name)
{
    const json_t *spans = json_object_get(dat, "random_spans"), *span;
    struct buf bytes = vectors_entry(zip, name);
    size_t i;
    json_array_foreach(spans, i, span)
    {
        size_t offset = (size_t)vectors_number(span, "offset");
        size_t length = (size_t)vectors_number(span, "length");
        assert_true(offset + length <= bytes.size);
        memset(bytes.data + offset, 0, length);
    }
    struct vector_bytes expected = vectors_bytes(dat, spans != NULL ? "hex_random_zeroed" : "hex");
    assert_bytes(&bytes, &expected);
    buf_free(&bytes);
}

static void check_image(const json_t *image, const char *zip)
{
    const json_t *bin = json_object_get(image, "bin"), *dat = json_object_get(image, "dat");
    check_firmware(bin, zip, vectors_string(bin, "name"));
    check_init_packet(dat, zip, vectors_string(dat, "name"));
}

static void swap_halves(uint8_t out[64], const uint8_t in[64])
{
    for (int i = 0; i < 32; i++) {
        out[i] = in[31 - i];
        out[32 + i] = in[63 - i];
    }
}

/* The signatures over firmware that an init packet holds. Returns how many. */
static size_t check_validations(const struct nordfu_image *image, const char *key)
{
    size_t count = 0;
    for (size_t i = 0; i < image->init.boot_validation_count; i++) {
        const struct nordfu_boot_validation *validation = &image->init.boot_validation[i];
        uint8_t hash[CRYPTO_SHA256_SIZE], signature[64], xy[64];
        size_t pem_size;
        char *pem = (char *)scratch_read(key, &pem_size);
        if (validation->type == NORDFU_VALIDATION_ECDSA) {
            size_t size = image->init.sd_size != 0 ? image->init.sd_size : image->firmware_size;
            assert_int_equal(validation->size, sizeof(signature));
            assert_int_equal(crypto_public_load(xy, pem, pem_size, key, NULL), 0);
            assert_true(crypto_sha256(hash, image->firmware, size));
            swap_halves(signature, validation->bytes);
            assert_true(crypto_verify(xy, hash, signature));
            count++;
        } else {
            assert_int_equal(validation->size, 0);
        }
        free(pem);
    }
    return count;
}

/* The package is whole, and signed with the key of the command line. Returns the number of
 * signatures. */
static size_t check_signatures(const json_t *entry, const char *zip)
{
    const char *id = vectors_string(entry, "id");
    const char *key =
        strcmp(id, "g37") == 0 ? INPUTS "insecure_default_key.pem" : INPUTS "test_pub.pem";
    const json_t *first = json_array_get(json_object_get(entry, "images"), 0);
    bool is_signed = json_is_true(json_object_get(json_object_get(first, "dat"), "signed"));
    struct nordfu_package *package = NULL;
    struct nordfu_error error = {0};
    size_t count = 0;
    if (nordfu_package_open(&package, zip, &error) != 0)
        fail_msg("%s: %s", id, error.text);
    for (size_t i = 0; i < nordfu_package_image_count(package); i++) {
        assert_int_equal(nordfu_package_image(package, i)->init.is_signed, is_signed);
        count += is_signed + check_validations(nordfu_package_image(package, i), key);
    }
    if (is_signed)
        assert_int_equal(nordfu_package_verify(package, key, NULL), 0);
    nordfu_package_free(&package);
    return count;
}

static void check_manifest(const json_t *entry, const char *zip)
{
    const char *expected = vectors_string(entry, "manifest_text");
    struct buf text = vectors_entry(zip, "manifest.json");
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.data, expected, text.size);
    buf_free(&text);
}

static void check_run(struct context *context, const json_t *entry)
{
    char zip[32];
    const json_t *image;
    size_t i;
    snprintf(zip, sizeof(zip), "%s.zip", vectors_string(entry, "id"));
    run_good(entry);
    check_entries(entry, zip);
    check_manifest(entry, zip);
    json_array_foreach(json_object_get(entry, "images"), i, image)
    {
        check_image(image, zip);
        context->images++;
    }
    context->signatures += check_signatures(entry, zip);
    context->runs++;
}

static bool is_quirk(const json_t *entry)
{
    return strncmp(vectors_string(entry, "note"), "QUIRK", 5) == 0;
}

static void packages_are_those_of_the_original_tool(void **state)
{
    (void)state;
    struct context context = {.root = vectors_load("package/pkg_generate.json")};
    size_t i, quirks = 0;
    const json_t *entry;
    json_array_foreach(json_object_get(context.root, "cases"), i, entry)
    {
        if (is_quirk(entry))
            quirks++;
        else
            check_run(&context, entry);
    }
    print_message("pkg_generate.json: %zu of %zu runs alike (%zu images, %zu signatures verified), "
                  "%zu quirks done otherwise\n",
                  context.runs, i, context.images, context.signatures, quirks);
    assert_int_equal(context.runs, 41);
    assert_int_equal(quirks, 4);
    json_decref(context.root);
}

/* g40: the init packet took the place of the image. */
static void a_name_without_suffix_keeps_image_and_init_packet_apart(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/pkg_generate.json");
    const json_t *entry = find_case(root, "g40"), *good = find_case(root, "g03");
    const json_t *image = json_array_get(json_object_get(entry, "images"), 0);
    run_good(entry);
    check_firmware(json_object_get(json_array_get(json_object_get(good, "images"), 0), "bin"),
                   "g40.zip", "APP_UPPER.bin");
    check_init_packet(json_object_get(image, "dat"), "g40.zip", "APP_UPPER.dat");
    json_decref(root);
}

/* g42: one image was packed twice. */
static void images_of_equal_names_are_both_packed(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/pkg_generate.json");
    const json_t *images = json_object_get(find_case(root, "g22"), "images");
    const json_t *softdevice = json_array_get(images, 0), *application = json_array_get(images, 1);
    run_good(find_case(root, "g42"));
    check_firmware(json_object_get(softdevice, "bin"), "g42.zip", "fw.bin");
    check_init_packet(json_object_get(softdevice, "dat"), "g42.zip", "fw.dat");
    check_firmware(json_object_get(application, "bin"), "g42.zip", "application_fw.bin");
    check_init_packet(json_object_get(application, "dat"), "g42.zip", "application_fw.dat");
    json_decref(root);
}

static void refuse(const char *id, int code, const char *sentence)
{
    json_t *root = vectors_load("package/pkg_generate.json");
    struct program program;
    char zip[32];
    snprintf(zip, sizeof(zip), "%s.zip", id);
    program_run(&program, json_object_get(find_case(root, id), "args"));
    assert_int_equal(program.code, code);
    if (strstr(program.err, sentence) == NULL)
        fail_msg("%s", program.err);
    assert_string_equal(program.out, "");
    assert_int_not_equal(access(zip, F_OK), 0);
    json_decref(root);
}

static void a_package_without_image_is_refused(void **state)
{
    (void)state;
    refuse("g41", 2, "Error: An image is required: ");
}

static void a_key_on_another_curve_is_refused(void **state)
{
    (void)state;
    refuse("g45", 1, "Error: The key in/p384.pem is on another curve than P-256");
}

/* Runs it with words parted by blanks. */
static void run_words(struct program *program, const char *words)
{
    json_t *args = json_array();
    char copy[512], *rest = copy;
    assert_true(strlen(words) < sizeof(copy));
    strcpy(copy, words);
    for (char *word; (word = strsep(&rest, " ")) != NULL;)
        assert_int_equal(json_array_append_new(args, json_string(word)), 0);
    program_run(program, args);
    json_decref(args);
}

#define ONE_OF_ALL                                                                                 \
    "--hw-version 52 --sd-req 0x100 --sd-id 0x101 --application-version 1 --bootloader-version 2 " \
    "--bootloader in/bl_78000.hex --softdevice in/sd_info3000.hex "

/* An application with the name of the combined image took that in the original. */
static void an_application_called_like_the_combined_image_is_packed_beside_it(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/pkg_generate.json");
    const json_t *images = json_object_get(find_case(root, "g23"), "images");
    struct program program;
    assert_int_equal(symlink(INPUTS "app_gap.hex", "sd_bl.hex"), 0);
    run_words(&program, "pkg generate " ONE_OF_ALL "--application sd_bl.hex all.zip");
    assert_int_equal(program.code, 0);
    check_firmware(json_object_get(json_array_get(images, 0), "bin"), "all.zip", "sd_bl.bin");
    check_firmware(json_object_get(json_array_get(images, 1), "bin"), "all.zip",
                   "application_sd_bl.bin");
    json_decref(root);
}

static void unsigned_packages_are_the_same_every_time(void **state)
{
    (void)state;
    struct program program;
    uint8_t *bytes[2];
    size_t size[2];
    for (int i = 0; i < 2; i++) {
        run_words(&program, "pkg generate " ONE_OF_ALL "--application in/app_gap.hex same.zip");
        assert_int_equal(program.code, 0);
        bytes[i] = scratch_read("same.zip", &size[i]);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
}

static void options_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {"--debug-mode --application in/app_4k.bin --sd-req "
         "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
         "At most 16 ids"},
        {"--debug-mode --softdevice in/sd_raw.bin --sd-req 1,2,3,4,5,6,7,8,9 --sd-id "
         "10,11,12,13,14,15,16,17",
         "would accept 17 SoftDevices"},
        {"--debug-mode --application ", "'--application': it is empty"},
        {"--debug-mode --application in/app_4k.bin --sd-req 1,,2", "'' is not a valid integer"},
        {"--debug-mode --application in/app_4k.bin --sd-req "
         "0x0000000000000000000000000000000000000000000000000100",
         "is not a valid integer"},
        {"--debug-mode --softdevice in/sd_raw.bin --sd-boot-validation "
         "VALIDATE_ECDSA_P256_SHA256",
         "--key-file required"},
        {"--hw-version 52 --sd-req none --application-version 1 --application in/app_4k.bin",
         "--sd-req required."},
        {"--hw-version none --sd-req 1 --application-version 1 --application in/app_4k.bin",
         "--hw-version required."},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char words[512];
        struct program program;
        snprintf(words, sizeof(words), "pkg generate bad.zip %s", table[i][0]);
        run_words(&program, words);
        if (program.code != 2 || strstr(program.err, table[i][1]) == NULL)
            fail_msg("%s: %d %s", words, program.code, program.err);
        assert_int_not_equal(access("bad.zip", F_OK), 0);
    }
}

static void images_may_be_given_in_memory(void **state)
{
    (void)state;
    struct nordfu_error error = {0};
    struct nordfu_package *package = NULL;
    struct nordfu_package_recipe recipe = {
        .softdevice = {.path = "sd.bin", .bytes = "12345", .size = 5},
        .application = {.path = "app.hex",
                        .bytes = ":0410000001020304E2\n:00000001FF\n",
                        .size = 32},
        .application_version = 3,
        .sd_id = {0x100},
        .sd_id_count = 1,
        .is_debug = true,
    };
    if (nordfu_package_write("memory.zip", &recipe, &error) != 0 ||
        nordfu_package_open(&package, "memory.zip", &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(nordfu_package_image_count(package), 2);
    assert_memory_equal(nordfu_package_image(package, 0)->firmware, "12345\xFF\xFF\xFF", 8);
    assert_memory_equal(nordfu_package_image(package, 1)->firmware, "\1\2\3\4", 4);
    assert_int_equal(nordfu_package_image(package, 1)->init.sd_req[0], 0x100);
    nordfu_package_free(&package);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packages_are_those_of_the_original_tool),
        cmocka_unit_test(a_name_without_suffix_keeps_image_and_init_packet_apart),
        cmocka_unit_test(images_of_equal_names_are_both_packed),
        cmocka_unit_test(a_package_without_image_is_refused),
        cmocka_unit_test(a_key_on_another_curve_is_refused),
        cmocka_unit_test(an_application_called_like_the_combined_image_is_packed_beside_it),
        cmocka_unit_test(unsigned_packages_are_the_same_every_time),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
        cmocka_unit_test(images_may_be_given_in_memory),
    };
    return cmocka_run_group_tests_name("pkg_generate", tests, vectors_folder, vectors_folder_leave);
}
