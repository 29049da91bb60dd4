/* SPDX-License-Identifier: MIT
 * `pkg generate --zigbee` against every run of the original tool that was recorded. */
#include "package_vectors.h"

#include "base/crc.h"
#include "base/crypto.h"
#include "nordfu/package.h"
#include "nordfu/zigbee.h"
#include "package/init_packet.h"
#include "package/sign.h"

/* Where an OTA file without hardware versions has them. */
enum { INIT_SIZE_AT = 63, INIT_CRC_AT = 67, INIT_AT = 85, SIGNATURE = 64 };

static uint32_t be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void check_signature(const uint8_t *init, size_t size)
{
    uint8_t xy[CRYPTO_PUBLIC_SIZE];
    size_t pem_size;
    struct nordfu_init_packet packet;
    char *pem = (char *)scratch_read("in/test_pub.pem", &pem_size);
    assert_int_equal(crypto_public_load(xy, pem, pem_size, "key", NULL), 0);
    assert_int_equal(init_packet_decode(&packet, init, size, "inner", NULL), 0);
    assert_true(packet.is_signed);
    assert_true(sign_verify(&packet, init, size, xy));
    free(pem);
}

/* Zeros what is random in a signed file, once its checksum was found to be right. */
static void hide_signature(uint8_t *file, size_t size)
{
    size_t init_size = be32(file + INIT_SIZE_AT);
    assert_true(init_size > SIGNATURE && INIT_AT + init_size < size);
    assert_int_equal(be32(file + INIT_CRC_AT), crc32(0, file + INIT_AT, init_size));
    check_signature(file + INIT_AT, init_size);
    memset(file + INIT_CRC_AT, 0, 4);
    memset(file + INIT_AT + init_size - SIGNATURE, 0, SIGNATURE);
}

static void check_file(const json_t *entry)
{
    char path[512];
    size_t size, expected_size;
    snprintf(path, sizeof(path), VECTORS "%s", vectors_string(entry, "ota_file"));
    uint8_t *expected = scratch_read(path, &expected_size);
    uint8_t *file = scratch_read(vectors_string(entry, "ota_file_name"), &size);
    assert_int_equal(size, expected_size);
    if (json_is_false(json_object_get(entry, "deterministic"))) {
        hide_signature(file, size);
        hide_signature(expected, size);
    }
    assert_memory_equal(file, expected, size);
    free(file);
    free(expected);
}

static void check_text(const char *zip, const char *name, const char *expected)
{
    struct buf text = vectors_entry(zip, name);
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.data, expected, text.size);
    buf_free(&text);
}

/* Byte for byte. */
static void check_unsigned(const json_t *image, const char *zip)
{
    const json_t *bin = json_object_get(image, "bin"), *dat = json_object_get(image, "dat");
    struct buf firmware = vectors_entry(zip, vectors_string(bin, "name"));
    struct buf init = vectors_entry(zip, vectors_string(dat, "name"));
    struct vector_bytes expected_hash = vectors_bytes(bin, "sha256");
    struct vector_bytes expected = vectors_bytes(dat, "hex");
    uint8_t hash[CRYPTO_SHA256_SIZE];
    assert_true(crypto_sha256(hash, firmware.data, firmware.size));
    assert_memory_equal(hash, expected_hash.data, sizeof(hash));
    assert_int_equal(init.size, expected.size);
    assert_memory_equal(init.data, expected.data, init.size);
    buf_free(&firmware);
    buf_free(&init);
}

/* Signed by the test key, and otherwise the same. */
static void check_signed(const char *zip)
{
    struct nordfu_package *package = NULL;
    assert_int_equal(nordfu_package_open(&package, zip, NULL), 0);
    assert_int_equal(nordfu_package_verify(package, "in/test_pub.pem", NULL), 0);
    const struct nordfu_image *image = nordfu_package_image(package, 0);
    assert_int_equal(image->init.type, NORDFU_IMAGE_EXTERNAL_APPLICATION);
    assert_int_equal(image->init.hw_version, 52);
    assert_int_equal(image->init.sd_req_count, 1);
    assert_int_equal(image->init.sd_req[0], 0xFFFE);
    nordfu_package_free(&package);
}

static void check_run(const json_t *entry)
{
    struct program program;
    char zip[32];
    const json_t *image = json_array_get(json_object_get(entry, "images"), 0);
    size_t before = scratch_count(false);
    snprintf(zip, sizeof(zip), "%s.zip", vectors_string(entry, "id"));
    program_run(&program, json_object_get(entry, "args"));
    if (program.code != 0 || program.err[0] != 0)
        fail_msg("%s: %d %s", zip, program.code, program.err);
    char *words = vectors_words(vectors_string(entry, "stdout"));
    assert_string_equal(program.out, words);
    free(words);
    assert_int_equal(scratch_count(false), before + 2);
    check_file(entry);
    check_text(zip, "manifest.json", vectors_string(entry, "manifest_text"));
    if (json_is_true(json_object_get(entry, "deterministic")))
        check_unsigned(image, zip);
    else
        check_signed(zip);
    unlink(vectors_string(entry, "ota_file_name"));
}

static void updates_are_those_of_the_original_tool(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/zigbee.json"), *entry;
    size_t i;
    json_array_foreach(json_object_get(root, "ota_cases"), i, entry) check_run(entry);
    print_message("zigbee.json: %zu OTA files and their packages\n", i);
    assert_int_equal(i, 9);
    json_decref(root);
}

/* Runs `pkg generate` with an application, a hardware version and words parted by blanks. */
static void run_words(struct program *program, const char *words)
{
    json_t *args = json_pack("[s, s, s, s, s, s, s]", "pkg", "generate", "--hw-version", "52",
                             "--sd-req", "0", "o.zip");
    char copy[512], *rest = copy;
    snprintf(copy, sizeof(copy), "%s", words);
    for (char *word; (word = strsep(&rest, " ")) != NULL;)
        if (word[0] != 0)
            assert_int_equal(json_array_append_new(args, json_string(word)), 0);
    program_run(program, args);
    json_decref(args);
}

#define APPLICATION "--application in/app_4k.bin --application-version 1 "
#define ZIGBEE      "--zigbee true --zigbee-ota-hw-version 1 "

static void what_makes_no_sense_is_refused_before_anything_is_written(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {ZIGBEE, "An image is required"},
        {APPLICATION ZIGBEE "--softdevice in/sd_raw.bin --sd-id 1",
         "Provide either --application, --softdevice, or --bootloader"},
        {APPLICATION "--zigbee maybe", "'maybe' is not a valid boolean."},
        {APPLICATION "--zigbee true", "--zigbee-ota-hw-version is required."},
        {APPLICATION ZIGBEE "--hw-version 0x10000", "hw-version: Exceeds 2-byte"},
        {APPLICATION ZIGBEE "--zigbee-manufacturer-id 0x10000", "manufacturer-id: Exceeds 2-byte"},
        {APPLICATION ZIGBEE "--zigbee-image-type 0x10000", "image-type: Exceeds 2-byte"},
        {APPLICATION "--zigbee-ota-min-hw-version 0x10000", "min-hw-version: Exceeds 2-byte"},
        {APPLICATION "--zigbee-ota-max-hw-version 0x10000", "max-hw-version: Exceeds 2-byte"},
        {APPLICATION ZIGBEE "--zigbee-comment a/b", "can't hold a slash"},
        {APPLICATION ZIGBEE "--zigbee-comment a\nb", "can't hold a slash or control"},
    };
    size_t before = scratch_count(false);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct program program;
        run_words(&program, table[i][0]);
        if (program.code != 2 || strstr(program.err, table[i][1]) == NULL)
            fail_msg("%s: %d %s", table[i][0], program.code, program.err);
        assert_int_equal(scratch_count(false), before);
    }
}

static void odd_hardware_versions_are_warned_of(void **state)
{
    (void)state;
    struct program program;
    run_words(&program,
              APPLICATION ZIGBEE "--zigbee-ota-min-hw-version 9 --zigbee-ota-max-hw-version 8");
    assert_int_equal(program.code, 0);
    assert_non_null(strstr(program.out, "Warning: zigbee-ota-min-hw-version is higher than "));
    assert_non_null(strstr(program.out, "Warning: hw-version is outside the specified range"));
    unlink("o.zip");
    unlink("FFFF-FFFF-00000001-.zigbee");
}

static void without_zigbee_there_is_no_file(void **state)
{
    (void)state;
    struct program program;
    size_t before = scratch_count(false);
    run_words(&program, APPLICATION "--zigbee off --zigbee-comment a/b");
    assert_int_equal(program.code, 0);
    assert_int_equal(scratch_count(false), before + 1);
    unlink("o.zip");
}

static void one_file_is_not_both(void **state)
{
    (void)state;
    struct nordfu_error error = {0};
    const struct nordfu_zigbee_ota ota = {.comment = "x"};
    const struct nordfu_package_recipe recipe = {
        .application = {.path = "a.bin", .bytes = "1234", .size = 4}, .is_debug = true};
    assert_int_equal(nordfu_zigbee_package_write("x", "x", &recipe, &ota, &error),
                     NORDFU_ERR_USAGE);
    assert_non_null(strstr(error.text, "choose another name"));
    assert_int_not_equal(access("x", F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_are_those_of_the_original_tool),
        cmocka_unit_test(what_makes_no_sense_is_refused_before_anything_is_written),
        cmocka_unit_test(odd_hardware_versions_are_warned_of),
        cmocka_unit_test(without_zigbee_there_is_no_file),
        cmocka_unit_test(one_file_is_not_both),
    };
    return cmocka_run_group_tests_name("zigbee_ota", tests, vectors_folder, vectors_folder_leave);
}
