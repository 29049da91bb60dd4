/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "vectors.h"

#include "package/init_packet.h"
#include "package/sd_req.h"
#include "package/sign.h"

static struct nordfu_init_packet decode(const struct vector_bytes *dat)
{
    struct nordfu_init_packet packet;
    struct nordfu_error error = {0};
    if (init_packet_decode(&packet, dat->data, dat->size, "vector.dat", &error) != 0)
        fail_msg("%s", error.text);
    return packet;
}

/* Calls `check` for every init packet of the original tool's packages. */
static void each_dat(void (*check)(const char *id, const json_t *dat))
{
    json_t *root = vectors_load("package/pkg_generate.json");
    size_t i, k, count = 0;
    json_t *entry, *image;
    json_array_foreach(json_object_get(root, "cases"), i, entry)
    {
        json_array_foreach(json_object_get(entry, "images"), k, image)
        {
            check(vectors_string(entry, "id"), json_object_get(image, "dat"));
            count++;
        }
    }
    json_decref(root);
    print_message("pkg_generate.json: %zu init packets\n", count);
    assert_int_equal(count, 48);
}

static uint32_t number(const json_t *command, const char *member)
{
    return (uint32_t)vectors_number(command, member);
}

static void check_fields(const char *id, const json_t *dat)
{
    (void)id;
    struct vector_bytes bytes = vectors_bytes(dat, "hex");
    struct nordfu_init_packet packet = decode(&bytes);
    const json_t *command = json_object_get(dat, "init_command");
    assert_true(packet.has_fw_version && packet.has_hw_version && packet.has_hash);
    assert_int_equal(packet.fw_version, number(command, "fw_version"));
    assert_int_equal(packet.hw_version, number(command, "hw_version"));
    assert_int_equal(packet.sd_size, number(command, "sd_size"));
    assert_int_equal(packet.bl_size, number(command, "bl_size"));
    assert_int_equal(packet.app_size, number(command, "app_size"));
    assert_int_equal(packet.is_debug, json_is_true(json_object_get(command, "is_debug")));
    assert_int_equal(packet.is_signed, json_is_true(json_object_get(dat, "signed")));
    const json_t *list = json_object_get(command, "sd_req");
    assert_int_equal(packet.sd_req_count, json_array_size(list));
    for (size_t i = 0; i < packet.sd_req_count; i++)
        assert_int_equal(packet.sd_req[i], json_integer_value(json_array_get(list, i)));
    struct vector_bytes hash = vectors_bytes(command, "hash_hex");
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(packet.hash[i], hash.data[31 - i]);
    list = json_object_get(command, "boot_validation");
    assert_int_equal(packet.boot_validation_count, json_array_size(list));
}

static void every_vector_decodes_to_its_fields(void **state)
{
    (void)state;
    each_dat(check_fields);
}

static void check_encoding(const char *id, const json_t *dat)
{
    (void)id;
    struct vector_bytes bytes = vectors_bytes(dat, "hex");
    struct nordfu_init_packet packet = decode(&bytes);
    uint8_t out[NORDFU_MAX_INIT_PACKET];
    size_t size = 0;
    assert_int_equal(init_packet_encode(&packet, out, &size, NULL), 0);
    assert_int_equal(size, bytes.size);
    assert_memory_equal(out, bytes.data, size);
    assert_int_equal(init_packet_encode_command(&packet, out, &size, NULL), 0);
    assert_int_equal(size, vectors_number(dat, "init_command_length"));
    assert_memory_equal(out, bytes.data + vectors_number(dat, "init_command_offset"), size);
}

static void every_vector_is_encoded_again_byte_for_byte(void **state)
{
    (void)state;
    each_dat(check_encoding);
}

static void check_command(const char *id, const json_t *dat)
{
    (void)id;
    struct vector_bytes bytes = vectors_bytes(dat, "hex");
    const uint8_t *command = NULL;
    size_t size = 0;
    assert_int_equal(init_packet_find_command(bytes.data, bytes.size, &command, &size), 0);
    assert_int_equal(command - bytes.data, vectors_number(dat, "init_command_offset"));
    assert_int_equal(size, vectors_number(dat, "init_command_length"));
}

static void signed_bytes_are_found_where_the_vectors_say(void **state)
{
    (void)state;
    each_dat(check_command);
}

static void read_public(uint8_t xy[CRYPTO_PUBLIC_SIZE])
{
    char pem[512];
    FILE *file = fopen(TEST_DIR "/vectors/package/inputs/test_pub.pem", "rb");
    assert_non_null(file);
    size_t size = fread(pem, 1, sizeof(pem), file);
    fclose(file);
    assert_int_equal(crypto_public_load(xy, pem, size, "test_pub.pem", NULL), 0);
}

static void check_signature(const char *id, const json_t *dat)
{
    struct vector_bytes bytes = vectors_bytes(dat, "hex");
    struct nordfu_init_packet packet = decode(&bytes);
    uint8_t xy[CRYPTO_PUBLIC_SIZE];
    read_public(xy);
    /* g37 and g45 were signed with other keys. */
    bool other_key = strcmp(id, "g37") == 0 || strcmp(id, "g45") == 0;
    assert_int_equal(sign_verify(&packet, bytes.data, bytes.size, xy),
                     packet.is_signed && !other_key);
    size_t at = (size_t)vectors_number(dat, "init_command_offset");
    bytes.data[at + 1] ^= 1; /* fw_version */
    packet = decode(&bytes);
    assert_false(sign_verify(&packet, bytes.data, bytes.size, xy));
}

static void signatures_of_the_test_key_verify_and_no_others(void **state)
{
    (void)state;
    each_dat(check_signature);
}

static void sd_req_is_ordered_as_the_original_orders_it(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/parsing.json");
    json_t *table = json_object_get(root, "sd_req_order"), *entry;
    size_t i;
    json_array_foreach(table, i, entry)
    {
        const json_t *given = json_object_get(entry, "given");
        const json_t *written = json_object_get(entry, "written");
        uint32_t values[SD_REQ_MAX];
        size_t count = json_array_size(given);
        assert_in_range(count, 1, SD_REQ_MAX);
        for (size_t k = 0; k < count; k++)
            values[k] = (uint32_t)json_integer_value(json_array_get(given, k));
        assert_int_equal(sd_req_order(values, count), json_array_size(written));
        for (size_t k = 0; k < json_array_size(written); k++)
            assert_int_equal(values[k], json_integer_value(json_array_get(written, k)));
    }
    print_message("parsing.json: %zu sd_req lists\n", i);
    assert_int_equal(i, 28);
    json_decref(root);
}

static void sd_req_of_the_longest_list_keeps_every_value(void **state)
{
    (void)state;
    uint32_t values[SD_REQ_MAX];
    for (uint32_t i = 0; i < SD_REQ_MAX; i++)
        values[i] = i << 26; /* all want the same slot */
    assert_int_equal(sd_req_order(values, SD_REQ_MAX), SD_REQ_MAX);
    uint64_t seen = 0;
    for (uint32_t i = 0; i < SD_REQ_MAX; i++)
        seen |= UINT64_C(1) << (values[i] >> 26);
    assert_true(seen == UINT64_MAX);
    assert_int_equal(sd_req_order(values, 0), 0);
}

struct broken {
    const char *what;
    const char *bytes;
    size_t size;
    const char *fragment;
};

#define BROKEN(what, bytes, fragment)                                                              \
    {                                                                                              \
        what, bytes, sizeof(bytes) - 1, fragment                                                   \
    }

static void broken_packets_are_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct broken table[] = {
        BROKEN("empty", "", "is empty"),
        BROKEN("no command", "\x1A\x00", "no command"),
        BROKEN("reset command", "\x0A\x06\x08\x00\x1A\x02\x08\x05", "another command"),
        BROKEN("reset command with an init", "\x0A\x06\x08\x00\x12\x02\x20\x00", "another command"),
        BROKEN("init without contents", "\x0A\x02\x08\x01", "another command"),
        BROKEN("no type", "\x0A\x06\x08\x01\x12\x02\x08\x01", "what kind of image"),
        BROKEN("type 5", "\x0A\x06\x08\x01\x12\x02\x20\x05", "never heard of"),
        BROKEN("signed and unsigned",
               "\x0A\x06\x08\x01\x12\x02\x20\x00"
               "\x12\x0C\x0A\x06\x08\x01\x12\x02\x20\x00\x10\x00\x1A\x00",
               "both"),
        BROKEN("signature of one byte",
               "\x12\x0D\x0A\x06\x08\x01\x12\x02\x20\x00\x10\x00\x1A\x01\x77", "64 bytes"),
        BROKEN("no signature", "\x12\x0A\x0A\x06\x08\x01\x12\x02\x20\x00\x10\x00", "required"),
        BROKEN("seventeen SoftDevice IDs",
               "\x0A\x19\x08\x01\x12\x15\x1A\x11\1\2\3\4\5\6\7\1\2\3\4\5\6\7\1\2\3\x20\x00",
               "can't be decoded"),
        BROKEN("hash of 33 bytes",
               "\x0A\x2B\x08\x01\x12\x27\x42\x25\x08\x03\x12\x21"
               "012345678901234567890123456789012",
               "can't be decoded"),
        BROKEN("a length that points outside", "\x0A\x7F\x08\x01", "can't be decoded"),
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct nordfu_init_packet packet;
        struct nordfu_error error = {0};
        assert_int_equal(
            init_packet_decode(&packet, table[i].bytes, table[i].size, "app.dat", &error),
            NORDFU_ERR_PACKAGE);
        if (strstr(error.text, table[i].fragment) == NULL)
            fail_msg("%s: '%s' is not in: %s", table[i].what, table[i].fragment, error.text);
    }
}

static void repeated_commands_have_no_signed_bytes(void **state)
{
    (void)state;
    static const uint8_t twice[] =
        "\x0A\x06\x08\x01\x12\x02\x20\x00\x0A\x06\x08\x01\x12\x02\x20\x04";
    const uint8_t *command = NULL;
    size_t size = 0;
    assert_int_equal(init_packet_find_command(twice, 8, &command, &size), 0);
    assert_int_equal(command - twice, 6);
    assert_int_equal(init_packet_find_command(twice, 16, &command, &size), NORDFU_ERR_PACKAGE);
}

static void a_packet_longer_than_bootloaders_take_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[NORDFU_MAX_INIT_PACKET + 1] = {0};
    struct nordfu_init_packet packet;
    struct nordfu_error error = {0};
    assert_int_equal(init_packet_decode(&packet, bytes, sizeof(bytes), "app.dat", &error),
                     NORDFU_ERR_PACKAGE);
    assert_non_null(strstr(error.text, "512 bytes"));
}

/* Copied to the heap so that a read past the end is noticed. */
static void decode_copy(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    assert_non_null(copy);
    memcpy(copy + 1, bytes, size);
    struct nordfu_init_packet packet;
    const uint8_t *command;
    size_t command_size;
    (void)init_packet_decode(&packet, copy + 1, size, "cut.dat", NULL);
    if (init_packet_find_command(copy + 1, size, &command, &command_size) == 0)
        assert_true(command >= copy && command + command_size <= copy + 1 + size);
    free(copy);
}

static void check_hostile(const char *id, const json_t *dat)
{
    struct vector_bytes bytes = vectors_bytes(dat, "hex");
    if (strcmp(id, "g28") != 0) /* it has everything: signature and boot validation */
        return;
    struct nordfu_init_packet packet;
    for (size_t size = 0; size < bytes.size; size++) {
        decode_copy(bytes.data, size);
        assert_int_equal(init_packet_decode(&packet, bytes.data, size, "cut.dat", NULL),
                         NORDFU_ERR_PACKAGE);
    }
    for (size_t at = 0; at < bytes.size; at++) {
        uint8_t kept = bytes.data[at];
        for (unsigned value = 0; value < 256; value++) {
            bytes.data[at] = (uint8_t)value;
            decode_copy(bytes.data, bytes.size);
        }
        bytes.data[at] = kept;
    }
}

static void no_cut_or_changed_packet_reads_out_of_bounds(void **state)
{
    (void)state;
    each_dat(check_hostile);
}

static void too_long_lists_are_not_encoded(void **state)
{
    (void)state;
    uint8_t out[NORDFU_MAX_INIT_PACKET];
    size_t size;
    struct nordfu_error error = {0};
    struct nordfu_init_packet packet = {.sd_req_count = NORDFU_MAX_SD_REQ + 1};
    assert_int_equal(init_packet_encode(&packet, out, &size, &error), NORDFU_ERR_USAGE);
    packet.sd_req_count = 0;
    packet.boot_validation_count = 1;
    packet.boot_validation[0].size = 65;
    assert_int_equal(init_packet_encode_command(&packet, out, &size, &error), NORDFU_ERR_USAGE);
}

static void the_fullest_packet_fits(void **state)
{
    (void)state;
    uint8_t out[NORDFU_MAX_INIT_PACKET];
    size_t size = 0;
    struct nordfu_init_packet packet, again;
    memset(&packet, 0, sizeof(packet));
    packet.type = NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER;
    packet.is_signed = packet.is_debug = packet.has_fw_version = packet.has_hw_version = true;
    packet.has_hash = true;
    packet.fw_version = packet.hw_version = packet.sd_size = packet.bl_size = UINT32_MAX;
    packet.app_size = UINT32_MAX;
    packet.sd_req_count = NORDFU_MAX_SD_REQ;
    memset(packet.sd_req, 0xFF, sizeof(packet.sd_req));
    packet.boot_validation_count = NORDFU_MAX_BOOT_VALIDATION;
    for (size_t i = 0; i < NORDFU_MAX_BOOT_VALIDATION; i++) {
        packet.boot_validation[i].type = NORDFU_VALIDATION_ECDSA;
        packet.boot_validation[i].size = 64;
    }
    assert_int_equal(init_packet_encode(&packet, out, &size, NULL), 0);
    assert_in_range(size, 400, NORDFU_MAX_INIT_PACKET);
    assert_int_equal(init_packet_decode(&again, out, size, "full.dat", NULL), 0);
    assert_memory_equal(&again.sd_req, &packet.sd_req, sizeof(packet.sd_req));
    assert_int_equal(again.boot_validation[2].size, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_decodes_to_its_fields),
        cmocka_unit_test(every_vector_is_encoded_again_byte_for_byte),
        cmocka_unit_test(signed_bytes_are_found_where_the_vectors_say),
        cmocka_unit_test(signatures_of_the_test_key_verify_and_no_others),
        cmocka_unit_test(sd_req_is_ordered_as_the_original_orders_it),
        cmocka_unit_test(sd_req_of_the_longest_list_keeps_every_value),
        cmocka_unit_test(broken_packets_are_refused_with_the_reason),
        cmocka_unit_test(repeated_commands_have_no_signed_bytes),
        cmocka_unit_test(a_packet_longer_than_bootloaders_take_is_refused),
        cmocka_unit_test(no_cut_or_changed_packet_reads_out_of_bounds),
        cmocka_unit_test(too_long_lists_are_not_encoded),
        cmocka_unit_test(the_fullest_packet_fits),
    };
    return cmocka_run_group_tests_name("init_packet", tests, NULL, NULL);
}
