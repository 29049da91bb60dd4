/* SPDX-License-Identifier: MIT
 * The program makes and shows settings pages as the tool does that it replaces: every recorded run.
 */
#include "program.h"

#include <unistd.h>

#include "base/crypto.h"
#include "package/ihex.h"
#include "package/image_file.h"
#include "package/key.h"
#include "scratch.h"
#include "vectors.h"

#define PACKAGE TEST_DIR "/vectors/package/"

enum { TEXT_MAX = PROGRAM_TEXT_MAX };

/* The folder that entries run in: "in" leads to the inputs. */
static int enter(void **state)
{
    return scratch_enter(state) != 0 ? -1 : symlink(PACKAGE "inputs", "in");
}

static void copy(char text[TEXT_MAX], const char *from)
{
    assert_true(strlen(from) < TEXT_MAX);
    strcpy(text, from);
}

/* Puts `value` into the row that begins with `label`. */
static void set_row(char text[TEXT_MAX], const char *label, const char *value)
{
    char rest[TEXT_MAX];
    char *row = strstr(text, label);
    assert_non_null(row);
    row += strlen("* ") + 26;
    copy(rest, row + strcspn(row, "\n"));
    snprintf(row, TEXT_MAX - (size_t)(row - text), "%s%s", value, rest);
}

static const json_t *find_case(const json_t *root, const char *id)
{
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(root, "cases"), i, entry)
    {
        if (strcmp(vectors_string(entry, "id"), id) == 0)
            return entry;
    }
    return NULL;
}

static bool is_settings(const json_t *entry)
{
    return strcmp(json_string_value(json_array_get(json_object_get(entry, "args"), 0)),
                  "settings") == 0;
}

/* What is behind the address in the only segment; without the spans that are random. */
static void take_bytes(uint8_t bytes[1024], size_t *size, const char *path, const json_t *spans)
{
    struct ihex ihex;
    struct nordfu_error error;
    assert_int_equal(ihex_read(&ihex, path, "vector", &error), 0);
    assert_int_equal(ihex.count, 1);
    *size = ihex.segments[0].size;
    assert_true(*size <= 1024);
    memcpy(bytes, ihex.segments[0].bytes, *size);
    size_t i;
    json_t *span;
    json_array_foreach(spans, i, span)
    {
        uint32_t address = (uint32_t)strtoul(vectors_string(span, "address"), NULL, 16);
        size_t at = address - ihex.segments[0].address;
        size_t length = (size_t)vectors_number(span, "length");
        assert_true(at + length <= *size);
        memset(bytes + at, 0, length);
    }
    ihex_free(&ihex);
}

static void check_file(const json_t *entry, const char *made)
{
    char path[512];
    const json_t *spans = json_object_get(entry, "random_spans");
    snprintf(path, sizeof(path), PACKAGE "%s", vectors_string(entry, "hex_file"));
    if (spans != NULL) {
        uint8_t ours[1024], theirs[1024];
        size_t our_size, their_size;
        take_bytes(ours, &our_size, made, spans);
        take_bytes(theirs, &their_size, path, spans);
        assert_int_equal(our_size, their_size);
        assert_memory_equal(ours, theirs, our_size);
        return;
    }
    size_t our_size, their_size;
    uint8_t *ours = scratch_read(made, &our_size), *theirs = scratch_read(path, &their_size);
    assert_int_equal(our_size, their_size);
    assert_memory_equal(ours, theirs, our_size);
    free(ours);
    free(theirs);
}

static void every_recorded_page_is_made_byte_for_byte(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/settings_generate.json"), *entry;
    size_t i, count = 0;
    json_array_foreach(json_object_get(root, "cases"), i, entry)
    {
        struct program run;
        char expected[TEXT_MAX];
        const char *made =
            json_string_value(json_array_get(json_object_get(entry, "files_created"), 0));
        program_run(&run, json_object_get(entry, "args"));
        copy(expected, vectors_string(entry, "stdout"));
        if (json_object_get(entry, "random_spans") != NULL) {
            set_row(run.out, "* Boot Validation CRC:", "random");
            set_row(expected, "* Boot Validation CRC:", "random");
        }
        assert_int_equal(run.code, vectors_number(entry, "exit_code"));
        assert_string_equal(run.out, expected);
        assert_string_equal(run.err, "");
        check_file(entry, made);
        unlink(made);
        assert_int_equal(scratch_count(false), 1); /* nothing else is left behind */
        count++;
    }
    json_decref(root);
    print_message("settings_generate.json: %zu entries\n", count);
    assert_int_equal(count, 18);
}

/* What the text should be: with the page's address rather than its backup's, with no stray line,
 * and with pages at addresses of their own. */
static int expected_display(char text[TEXT_MAX], const json_t *entry, const json_t *made)
{
    int code = (int)vectors_number(entry, "exit_code");
    copy(text, "");
    if (made == NULL)
        return code;
    const char *block = strstr(vectors_string(made, "stdout"), "\nBootloader DFU Settings:");
    assert_non_null(block);
    if (code != 0) { /* not found at its address */
        copy(text, block);
        set_row(text, "* Family:", "unknown");
        return 0;
    }
    copy(text, strchr(vectors_string(entry, "stdout"), '\n') +
                   (vectors_string(entry, "stdout")[0] == '\n' ? 0 : 1));
    const char *address = strstr(block, "* Start Address:") + strlen("* ") + 26;
    char value[16];
    snprintf(value, sizeof(value), "%.*s", (int)strcspn(address, "\n"), address);
    set_row(text, "* Start Address:", value);
    return 0;
}

static void link_file(const json_t *entry)
{
    char path[512];
    const char *name = json_string_value(json_array_get(json_object_get(entry, "args"), 2));
    if (strchr(name, '/') != NULL)
        return;
    snprintf(path, sizeof(path), PACKAGE "settings/%s", name);
    assert_int_equal(symlink(path, name), 0);
}

static void every_recorded_display_is_shown_or_better(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/settings_display.json"), *entry;
    json_t *generated = vectors_load("package/settings_generate.json");
    size_t i, count = 0;
    json_array_foreach(json_object_get(root, "cases"), i, entry)
    {
        struct program run;
        char expected[TEXT_MAX];
        int code =
            expected_display(expected, entry, find_case(generated, vectors_string(entry, "id")));
        link_file(entry);
        program_run(&run, json_object_get(entry, "args"));
        assert_int_equal(run.code, code);
        assert_string_equal(run.out, expected);
        if (code == 0)
            assert_string_equal(run.err, "");
        else
            assert_true(strncmp(run.err, "Error: ", 7) == 0 && strchr(run.err, '.') != NULL);
        count++;
    }
    json_decref(root);
    json_decref(generated);
    print_message("settings_display.json: %zu entries\n", count);
    assert_int_equal(count, 24);
}

/* Where a quirk of the recorded tool gives another exit code: an option that never worked works; a
 * crash is a usage error. */
static int better_code(const json_t *entry)
{
    static const struct {
        const char *id;
        int code;
    } better[] = {{"e67", 0}, {"e71", 2}, {"e74", 2}};
    for (size_t i = 0; i < sizeof(better) / sizeof(better[0]); i++)
        if (strcmp(vectors_string(entry, "id"), better[i].id) == 0)
            return better[i].code;
    return (int)vectors_number(entry, "exit_code");
}

static void every_recorded_refusal_is_one_with_a_sentence(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/errors.json"), *entry;
    size_t i, count = 0;
    json_array_foreach(json_object_get(root, "cases"), i, entry)
    {
        struct program run;
        if (!is_settings(entry))
            continue;
        int code = better_code(entry);
        program_run(&run, json_object_get(entry, "args"));
        assert_int_equal(run.code, code);
        if (code != 0) {
            const char *sentence = strstr(run.err, "Error: ");
            assert_non_null(sentence);
            assert_true(strlen(sentence) > 20);
            if (code == 2 && vectors_number(entry, "exit_code") == 2)
                assert_string_equal(run.err, vectors_string(entry, "stderr"));
            assert_string_equal(run.out, "");
            assert_int_equal(scratch_count(false), 1);
        }
        unlink("o.hex");
        count++;
    }
    json_decref(root);
    print_message("errors.json: %zu entries about settings\n", count);
    assert_int_equal(count, 16);
}

/* Of the boot validation at `at` in a page: a signature, made with the test key, over the image. */
static bool is_signed(const uint8_t *page, size_t at, const uint8_t hash[CRYPTO_SHA256_SIZE])
{
    uint8_t signature[CRYPTO_SIGNATURE_SIZE], xy[CRYPTO_PUBLIC_SIZE];
    struct nordfu_error error;
    for (size_t i = 0; i < 32; i++) {
        signature[i] = page[at + 31 - i];
        signature[32 + i] = page[at + 63 - i];
    }
    assert_int_equal(key_load_public(xy, PACKAGE "inputs/test_pub.pem", &error), 0);
    return crypto_verify(xy, hash, signature);
}

static void the_signature_of_a_page_is_one_over_the_image(void **state)
{
    (void)state;
    struct program run;
    json_t *root = vectors_load("package/settings_generate.json");
    program_run(&run, json_object_get(find_case(root, "s09"), "args"));
    json_decref(root);
    assert_int_equal(run.code, 0);
    uint8_t ours[1024], theirs[1024], hash[CRYPTO_SHA256_SIZE], image[1024];
    size_t size;
    take_bytes(ours, &size, "s09.hex", NULL);
    take_bytes(theirs, &size, PACKAGE "settings/s09.hex", NULL);
    uint8_t *raw = scratch_read("in/app_raw.bin", &size);
    assert_int_equal(size, 1021);
    memset(image, 0xFF, sizeof(image));
    memcpy(image, raw, size);
    free(raw);
    assert_true(crypto_sha256(hash, image, sizeof(image)));
    assert_true(is_signed(theirs, 0x2A2, hash));
    assert_true(is_signed(ours, 0x2A2, hash));
    assert_false(is_signed(ours, 0x261, hash));
    struct image_file softdevice;
    struct nordfu_error error;
    assert_int_equal(image_file_read(&softdevice, "in/sd_info3000.hex", "SoftDevice", &error), 0);
    assert_true(crypto_sha256(hash, softdevice.bytes.data, softdevice.bytes.size));
    image_file_free(&softdevice);
    assert_true(is_signed(theirs, 0x261, hash));
    assert_true(is_signed(ours, 0x261, hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_recorded_page_is_made_byte_for_byte, enter,
                                        scratch_leave),
        cmocka_unit_test_setup_teardown(every_recorded_display_is_shown_or_better, enter,
                                        scratch_leave),
        cmocka_unit_test_setup_teardown(every_recorded_refusal_is_one_with_a_sentence, enter,
                                        scratch_leave),
        cmocka_unit_test_setup_teardown(the_signature_of_a_page_is_one_over_the_image, enter,
                                        scratch_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
