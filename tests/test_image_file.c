/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "vectors.h"

#include "base/crc.h"
#include "base/crypto.h"
#include "ihex_text.h"
#include "package/image_file.h"

static unsigned images, refusals;

static void assert_contents(const struct image_file *image, const json_t *entry)
{
    uint8_t hash[CRYPTO_SHA256_SIZE];
    struct vector_bytes expected = vectors_bytes(entry, "sha256");
    char crc[16];
    assert_int_equal(image->bytes.size, vectors_number(entry, "size"));
    assert_true(crypto_sha256(hash, image->bytes.data, image->bytes.size));
    assert_memory_equal(hash, expected.data, sizeof(hash));
    snprintf(crc, sizeof(crc), "%08X", crc32(0, image->bytes.data, image->bytes.size));
    assert_string_equal(crc, vectors_string(entry, "crc32"));
    if (json_object_get(entry, "hex") != NULL) {
        expected = vectors_bytes(entry, "hex");
        assert_int_equal(image->bytes.size, expected.size);
        assert_memory_equal(image->bytes.data, expected.data, expected.size);
    }
}

/* The sentence names the line, and the address where the original does. */
static void assert_reason(const struct nordfu_error *error, const char *original)
{
    char said[40];
    const char *line = strstr(original, " line "), *address = strstr(original, "address 0x");
    if (line != NULL) {
        snprintf(said, sizeof(said), "line %.*s:", (int)strspn(line + 6, "0123456789"), line + 6);
        if (strstr(error->text, said) == NULL)
            fail_msg("\"%s\" does not say: %s", error->text, said);
    }
    if (address != NULL) {
        snprintf(said, sizeof(said), "%.*s ", (int)strcspn(address + 10, " ") + 10, address);
        if (strstr(error->text, said) == NULL)
            fail_msg("\"%s\" does not say: %s", error->text, said);
    }
}

static void assert_outcome(const char *name, const json_t *entry)
{
    char path[512];
    struct image_file image;
    struct nordfu_error error = {0};
    const json_t *original = json_object_get(entry, "uncaught_exception");
    vector_path(path, name);
    int rc = image_file_read(&image, path, "application", &error);
    if (original == NULL) {
        if (rc != 0)
            fail_msg("%s", error.text);
        assert_contents(&image, entry);
        images++;
    } else {
        assert_int_equal(rc, NORDFU_ERR_PACKAGE);
        assert_reason(&error, json_string_value(original));
        refusals++;
    }
    image_file_free(&image);
}

static void every_file_becomes_the_image_of_the_original(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/hex_to_bin.json"), *entry;
    size_t i;
    json_array_foreach(json_object_get(root, "cases"), i, entry)
    {
        assert_outcome(vectors_string(entry, "input"), entry);
    }
    json_decref(root);
    print_message("package/hex_to_bin.json: %u images, %u refusals\n", images, refusals);
    assert_int_equal(images, 22);
    assert_int_equal(refusals, 17);
}

/* The name behind --application, if the case is about a HEX or raw file. */
static const char *application_of(const json_t *entry)
{
    size_t i;
    json_t *word;
    bool next = false;
    json_array_foreach(json_object_get(entry, "args"), i, word)
    {
        const char *text = json_string_value(word);
        if (next && strncmp(text, "in/", 3) == 0)
            return text + 3;
        next = strcmp(text, "--application") == 0;
    }
    return NULL;
}

/* A crash of the original is a refusal with its exit code. */
static void every_file_that_the_original_refuses_is_refused_alike(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/errors.json"), *entry;
    size_t i;
    unsigned count = 0;
    json_array_foreach(json_object_get(root, "cases"), i, entry)
    {
        const char *id = vectors_string(entry, "id"), *name = application_of(entry);
        if (name == NULL || strcmp(id, "e22") < 0 || strcmp(id, "e31") > 0)
            continue;
        char input[64];
        snprintf(input, sizeof(input), "inputs/%s", name);
        assert_int_equal(vectors_number(entry, "exit_code"), -NORDFU_ERR_PACKAGE);
        assert_outcome(input, entry);
        count++;
    }
    json_decref(root);
    print_message("package/errors.json: %u files refused\n", count);
    assert_int_equal(count, 10);
}

static struct image_file read_input(const char *name)
{
    char path[512];
    struct image_file image;
    struct nordfu_error error = {0};
    vector_path(path, name);
    if (image_file_read(&image, path, "application", &error) != 0)
        fail_msg("%s", error.text);
    return image;
}

static void any_name_but_bin_is_hex(void **state)
{
    (void)state;
    struct image_file gap = read_input("inputs/app_gap.hex");
    const char *const same[] = {"inputs/APP_UPPER.HEX", "inputs/plain_name"};
    for (size_t i = 0; i < 2; i++) {
        struct image_file other = read_input(same[i]);
        assert_int_equal(other.bytes.size, gap.bytes.size);
        assert_memory_equal(other.bytes.data, gap.bytes.data, gap.bytes.size);
        image_file_free(&other);
    }
    image_file_free(&gap);
}

/* The original takes X.BIN for HEX, and fails. */
static void bin_counts_in_either_case(void **state)
{
    (void)state;
    struct image_file image;
    assert_true(image_file_is_raw("a.bin"));
    assert_true(image_file_is_raw("A.BIN"));
    assert_true(image_file_is_raw(".bin"));
    assert_false(image_file_is_raw("bin"));
    assert_false(image_file_is_raw("a.bin.hex"));
    assert_int_equal(image_file_decode(&image, "\xFF:abc", 5, "A.BIN", "application", NULL), 0);
    assert_memory_equal(image.bytes.data, "\xFF:abc\xFF\xFF\xFF", 8);
    assert_int_equal(image.bytes.size, 8);
    assert_int_equal(image.size, 5);
    image_file_free(&image);
}

/* The original makes 256 MiB of these 8 bytes. */
static void a_hole_that_is_too_large_is_refused(void **state)
{
    (void)state;
    struct buf text = {0};
    struct image_file image;
    struct nordfu_error error = {0};
    text_add(&text, 0, 0x1000, "abcd", 4);
    text_add_upper(&text, 0x0FFF);
    text_add(&text, 0, 0xFFFC, "efgh", 4);
    assert_int_equal(
        image_file_decode(&image, text.data, text.size, "a.hex", "application", &error),
        NORDFU_ERR_PACKAGE);
    assert_non_null(strstr(error.text, "from 0x1000 to 0xFFFFFFF"));
    assert_null(image.bytes.data);
    buf_free(&text);
}

/* An image from a text, which is freed. */
static struct image_file decode_text(struct buf *text)
{
    struct image_file image;
    struct nordfu_error error = {0};
    if (image_file_decode(&image, text->data, text->size, "a.hex", "application", &error) != 0)
        fail_msg("%s", error.text);
    buf_free(text);
    return image;
}

static void the_largest_image_is_possible(void **state)
{
    (void)state;
    struct buf text = {0};
    text_add(&text, 0, 0x1000, "a", 1);
    text_add_upper(&text, 0x0100);
    text_add(&text, 0, 0x0FFF, "z", 1);
    struct image_file image = decode_text(&text);
    assert_int_equal(image.bytes.size, (size_t)16 << 20);
    image_file_free(&image);
}

static void an_image_ends_where_ficr_begins(void **state)
{
    (void)state;
    struct buf text = {0};
    text_add_upper(&text, 0x0FFF);
    text_add(&text, 0, 0xFFFC, "abcdefgh", 8);
    struct image_file image = decode_text(&text);
    assert_int_equal(image.bytes.size, 4);
    assert_memory_equal(image.bytes.data, "abcd", 4);
    assert_int_equal(image.high_bytes, 4);
    image_file_free(&image);
}

static void a_softdevice_at_the_usual_place_is_not_cut_whatever_follows(void **state)
{
    (void)state;
    struct buf text = {0};
    const char *magic = "\xDB\xE5\xB1\x51";
    text_add(&text, 0, 0x1000, "a", 1);
    text_add(&text, 0, 0x4004, magic, 4);
    struct buf both = {0};
    assert_true(buf_append(&both, text.data, text.size));
    text_add(&both, 0, 0x3004, magic, 4);
    struct image_file image = decode_text(&both);
    assert_int_equal(image.address, 0x1000);
    image_file_free(&image);
    image = decode_text(&text);
    assert_int_equal(image.address, 0x4004);
    image_file_free(&image);
}

static void what_is_dropped_and_filled_is_counted(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t address;
        size_t low, high, gap;
    } files[] = {
        {"inputs/app_gap.hex", 0x26000, 0, 0, 176},
        {"inputs/app_mbr.hex", 0x1000, 256, 0, 112},
        {"inputs/app_mbr_hole.hex", 0x1104, 64, 0, 0},
        {"inputs/app_ram.hex", 0x26000, 0, 16, 0},
        {"inputs/bl_78000.hex", 0x78000, 0, 8, 220},
        {"inputs/sd_info4000.hex", 0x3000, 336, 0, 4064},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct image_file image = read_input(files[i].name);
        assert_false(image.is_raw);
        assert_int_equal(image.address, files[i].address);
        assert_int_equal(image.low_bytes, files[i].low);
        assert_int_equal(image.high_bytes, files[i].high);
        assert_int_equal(image.gap_bytes, files[i].gap);
        image_file_free(&image);
    }
}

static void a_softdevice_is_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t at;
        uint16_t fwid;
    } files[] = {
        {"inputs/sd_info3000.hex", 0x3000, 0x100},
        {"inputs/sd_info4000.hex", 0x4000, 0x67},
        {"inputs/sd_info7000.hex", 0x7000, 0x67},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct image_file image = read_input(files[i].name);
        assert_true(image.has_softdevice);
        assert_int_equal(image.softdevice.address, files[i].at);
        assert_int_equal(image.softdevice.fwid, files[i].fwid);
        image_file_free(&image);
    }
    const char *const others[] = {"inputs/sd_info8000.hex", "inputs/sd_partial.hex",
                                  "inputs/app_gap.hex", "inputs/sd_raw.bin"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct image_file image = read_input(others[i]);
        assert_false(image.has_softdevice);
        image_file_free(&image);
    }
}

static void a_raw_softdevice_is_recognised_with_and_without_mbr(void **state)
{
    (void)state;
    struct image_file hex = read_input("inputs/sd_info3000.hex"), raw;
    assert_int_equal(hex.address, 0x1000);
    assert_int_equal(
        image_file_decode(&raw, hex.bytes.data, hex.bytes.size, "sd.bin", "SoftDevice", NULL), 0);
    assert_true(raw.has_softdevice);
    assert_int_equal(raw.softdevice.address, 0x2000);
    assert_int_equal(raw.softdevice.end, hex.softdevice.end);
    image_file_free(&raw);
    struct buf whole = {0};
    assert_true(buf_append(&whole, NULL, 0x1000));
    assert_true(buf_append(&whole, hex.bytes.data, hex.bytes.size));
    assert_int_equal(image_file_decode(&raw, whole.data, whole.size, "sd.bin", "SoftDevice", NULL),
                     0);
    assert_true(raw.has_softdevice);
    assert_int_equal(raw.softdevice.address, 0x3000);
    image_file_free(&raw);
    buf_free(&whole);
    image_file_free(&hex);
}

static void an_older_structure_tells_less(void **state)
{
    (void)state;
    uint8_t bytes[SOFTDEVICE_INFO_MAX] = {0x2C, 0,    0, 0, 0xDB, 0xE5, 0xB1, 0x51, 0, 0x60, 2,
                                          0,    0xB6, 0, 0, 0,    140,  0,    0,    0, 1,    2};
    static const struct {
        size_t own, size;
        bool fwid, number, version, unique;
    } sizes[] = {
        {0x2C, 0x2C, true, true, true, true},     {0x2C, 0x2B, true, true, true, false},
        {0x18, 0x2C, true, true, true, false},    {0x14, 0x2C, true, true, false, false},
        {0x2C, 0x13, true, false, false, false},  {0x0E, 0x2C, true, false, false, false},
        {0x0D, 0x2C, false, false, false, false}, {0x2C, 0x0D, false, false, false, false},
        {0x2C, 0, false, false, false, false},
    };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct softdevice_info info = {0};
        bytes[0] = (uint8_t)sizes[i].own;
        assert_int_equal(softdevice_info_decode(&info, bytes, sizes[i].size), sizes[i].fwid);
        assert_int_equal(info.has_number, sizes[i].number);
        assert_int_equal(info.has_version, sizes[i].version);
        assert_int_equal(info.has_unique, sizes[i].unique);
        assert_int_equal(info.fwid, sizes[i].fwid ? 0xB6 : 0);
        assert_int_equal(info.end, sizes[i].fwid ? 0x26000 : 0);
        assert_int_equal(info.number, sizes[i].number ? 140 : 0);
        assert_int_equal(info.version, sizes[i].version ? 0x201 : 0);
    }
    bytes[4]++;
    struct softdevice_info info;
    assert_false(softdevice_info_decode(&info, bytes, sizeof(bytes)));
}

static void softdevice_and_bootloader_are_joined_without_a_gap(void **state)
{
    (void)state;
    struct image_file sd = read_input("inputs/sd_raw.bin"), bl = read_input("inputs/bl_78000.hex");
    struct buf joined = {0};
    assert_int_equal(image_file_join(&joined, &sd, &bl, NULL), 0);
    assert_int_equal(joined.size, 516 + 592);
    assert_memory_equal(joined.data, sd.bytes.data, 516);
    assert_memory_equal(joined.data + 516, bl.bytes.data, 592);
    buf_free(&joined);
    image_file_free(&sd);
    image_file_free(&bl);
}

static void images_that_are_too_large_together_are_refused(void **state)
{
    (void)state;
    struct image_file sd, bl;
    struct nordfu_error error = {0};
    struct buf bytes = {0}, joined = {0};
    assert_true(buf_append(&bytes, NULL, (size_t)16 << 20));
    assert_int_equal(image_file_decode(&sd, bytes.data, bytes.size, "sd.bin", "SoftDevice", NULL),
                     0);
    assert_int_equal(image_file_decode(&bl, "a", 1, "bl.bin", "bootloader", NULL), 0);
    assert_int_equal(image_file_join(&joined, &sd, &bl, &error), NORDFU_ERR_PACKAGE);
    assert_null(joined.data);
    image_file_free(&bl);
    assert_true(buf_append(&bytes, "a", 1));
    assert_int_equal(image_file_decode(&bl, bytes.data, bytes.size, "a.bin", "bootloader", &error),
                     NORDFU_ERR_PACKAGE);
    assert_non_null(strstr(error.text, "too large"));
    buf_free(&bytes);
    image_file_free(&sd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_becomes_the_image_of_the_original),
        cmocka_unit_test(every_file_that_the_original_refuses_is_refused_alike),
        cmocka_unit_test(any_name_but_bin_is_hex),
        cmocka_unit_test(bin_counts_in_either_case),
        cmocka_unit_test(a_hole_that_is_too_large_is_refused),
        cmocka_unit_test(the_largest_image_is_possible),
        cmocka_unit_test(an_image_ends_where_ficr_begins),
        cmocka_unit_test(a_softdevice_at_the_usual_place_is_not_cut_whatever_follows),
        cmocka_unit_test(what_is_dropped_and_filled_is_counted),
        cmocka_unit_test(a_softdevice_is_recognised),
        cmocka_unit_test(a_raw_softdevice_is_recognised_with_and_without_mbr),
        cmocka_unit_test(an_older_structure_tells_less),
        cmocka_unit_test(softdevice_and_bootloader_are_joined_without_a_gap),
        cmocka_unit_test(images_that_are_too_large_together_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
