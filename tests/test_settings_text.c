/* SPDX-License-Identifier: MIT
 * Whatever a page holds, it can be shown: as text, as JSON, and as a reason why there is none. */
#include "test.h"

#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/settings_text.h"
#include "package/settings.h"

enum { SHOWN_MAX = 16384, ROUNDS = 3000 };

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void random_bytes(void *out, size_t size, uint32_t *seed)
{
    uint8_t *bytes = out;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)next_random(seed);
}

/* Standard output goes into a file from here on; returns what it was. */
static int redirect(FILE *file)
{
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    assert_true(saved >= 0);
    assert_int_equal(dup2(fileno(file), STDOUT_FILENO), STDOUT_FILENO);
    return saved;
}

/* Standard output is again what it was; what went into the file. */
static void restore(FILE *file, int saved, char text[SHOWN_MAX])
{
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    rewind(file);
    size_t size = fread(text, 1, SHOWN_MAX - 1, file);
    text[size] = 0;
    rewind(file);
    assert_int_equal(ftruncate(fileno(file), 0), 0);
}

/* A page with a right checksum, and whatever else. */
static void find_random(struct nordfu_settings_found *found, uint32_t *seed)
{
    uint8_t bytes[NORDFU_SETTINGS_MAX_SIZE];
    struct nordfu_settings settings;
    random_bytes(&settings, sizeof(settings), seed);
    settings.version = 1 + next_random(seed) % 2;
    settings.sd_validation.size = settings.app_validation.size = settings.bl_validation.size = 64;
    size_t size = nordfu_settings_encode(&settings, bytes);
    assert_true(size > 0);
    if (size > 0x25C && next_random(seed) % 2 == 0)
        random_bytes(bytes + 0x25C, size - 0x25C, seed);
    const uint32_t address = next_random(seed) % 2 == 0 ? 0x7F000 : 0x12000;
    const struct settings_span span = {address, size, bytes};
    settings_find(found, &(struct settings_memory){.spans = &span, .count = 1}, NULL);
    assert_true(found->is_found);
}

static void any_page_is_one_line_of_json(void **state)
{
    (void)state;
    static char text[SHOWN_MAX];
    uint32_t seed = 99;
    FILE *file = tmpfile();
    assert_non_null(file);
    for (int round = 0; round < ROUNDS; round++) {
        struct nordfu_settings_found found;
        find_random(&found, &seed);
        int saved = redirect(file);
        settings_print_json(round % 2 == 0 ? "page.hex" : "\"\\\x1b\xff\n.hex", &found);
        restore(file, saved, text);
        json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(json);
        assert_true(strchr(text, '\n') == text + strlen(text) - 1);
        assert_int_equal(json_integer_value(json_object_get(json, "app_version")),
                         found.page.settings.app_version);
        assert_int_equal(json_object_get(json, "family") != NULL,
                         found.page.place.address == 0x7F000);
        assert_int_equal(json_object_get(json, "application_validation") != NULL,
                         found.page.settings.version == 2);
        json_decref(json);
    }
    fclose(file);
}

static void any_page_is_nineteen_lines_of_text(void **state)
{
    (void)state;
    static char text[SHOWN_MAX];
    uint32_t seed = 77;
    FILE *file = tmpfile();
    assert_non_null(file);
    for (int round = 0; round < ROUNDS; round++) {
        struct nordfu_settings_found found;
        size_t lines = 0;
        find_random(&found, &seed);
        int saved = redirect(file);
        settings_print("page.hex", &found.page);
        restore(file, saved, text);
        for (const char *at = text; *at != 0; at++)
            lines += *at == '\n';
        assert_int_equal(lines, 19);
        assert_true(strstr(text, "* File:                     page.hex\n") != NULL);
    }
    fclose(file);
}

/* What is at the places, by the words for it. */
static void a_reason_names_every_place_with_contents(void **state)
{
    (void)state;
    static const struct {
        enum nordfu_settings_state state;
        const char *words;
    } cases[] = {
        {NORDFU_SETTINGS_EMPTY, "is erased flash"},
        {NORDFU_SETTINGS_INCOMPLETE, "is a part of a page"},
        {NORDFU_SETTINGS_FOREIGN, "is something else, or a page of version 9"},
        {NORDFU_SETTINGS_DAMAGED, "is a damaged page (version 9; checksum 0x00000001, 0x00000002"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nordfu_settings_found found = {.looked_at_count = NORDFU_FAMILY_COUNT};
        struct nordfu_error error;
        for (enum nordfu_family family = 0; family < NORDFU_FAMILY_COUNT; family++)
            found.looked_at[family] =
                (struct nordfu_settings_place){.address = nordfu_family_settings_address(family),
                                               .family = family,
                                               .state = cases[i].state,
                                               .version = 9,
                                               .crc_stored = 1,
                                               .crc_right = 2};
        assert_int_equal(settings_explain("dump.hex", &found, &error), NORDFU_ERR_USAGE);
        assert_non_null(strstr(error.text, cases[i].words));
        assert_non_null(strstr(error.text, "at 0x0003FC00 (nRF51)"));
        assert_non_null(strstr(error.text, "at 0x000FF000 (NRF52840)"));
        assert_non_null(strstr(error.text, "; nor anywhere else."));
    }
}

static void without_any_place_the_reason_says_what_to_give(void **state)
{
    (void)state;
    struct nordfu_settings_found found;
    struct nordfu_error error;
    settings_find(&found, &(struct settings_memory){0}, NULL);
    assert_false(found.is_found);
    settings_explain("dump.hex", &found, &error);
    assert_non_null(strstr(error.text, "give a settings file"));
    const uint32_t address = 0x5000;
    settings_find(&found, &(struct settings_memory){0}, &address);
    settings_explain("dump.hex", &found, &error);
    assert_non_null(strstr(error.text, "at 0x00005000 is no byte."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_page_is_one_line_of_json),
        cmocka_unit_test(any_page_is_nineteen_lines_of_text),
        cmocka_unit_test(a_reason_names_every_place_with_contents),
        cmocka_unit_test(without_any_place_the_reason_says_what_to_give),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
