/* SPDX-License-Identifier: MIT
 * `zigbee production_config` against every run of the original tool that was recorded, and what
 * else a YAML file may hold. */
#include "program.h"

#include "nordfu/zigbee.h"
#include "scratch.h"
#include "vectors.h"

#define VECTORS TEST_DIR "/vectors/package/"

/* ---- Against the original ---- */

/* What is done otherwise, or said better than by a crash. */
struct otherwise {
    const char *id; /* or the note of an error, which has no id */
    int code;
    const char *sentence;
};

static const struct otherwise others[] = {
    {"p07", 2, "install_code in p07.yaml has 4 bytes, not 16: "},
    {"p08", 2, "install_code in p08.yaml has 18 bytes, not 16: "},
    {"not a mapping: empty file", 2, "e.yaml is empty: "},
    {"YAML syntax error", 2, "e.yaml is no valid YAML (line 2: "},
    {"unquoted digits become an integer", 2,
     "extended_address in line 1 of e.yaml is a number to YAML"},
    {"odd number of digits", 2, "install_code in line 1 of e.yaml is not made of bytes"},
    {"power above 255", 2, "tx_power in line 1 of e.yaml is no power"},
    {"power negative", 2, "tx_power in line 1 of e.yaml is no power"},
    {"one byte too long", 2, "Production Config too large: 133 bytes"},
    {"address longer than 8 bytes", 1, "extended_address in line 1 of e.yaml is longer than 8"},
    {"mask not a number", 1, "channel_mask in line 1 of e.yaml is no mask of channels"},
    {"offset none", 2, "Error: Invalid value for '--offset': none is not a valid integer"},
    {"e82", 1, "no_such.yaml can't be read (No such file or directory): check the path."},
};

static const struct otherwise *find_other(const char *id)
{
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strcmp(others[i].id, id) == 0)
            return &others[i];
    return NULL;
}

static void assert_refused(const json_t *entry, const char *id, const char *out)
{
    const struct otherwise *other = find_other(id);
    struct program program;
    program_run(&program, json_object_get(entry, "args"));
    int code = other != NULL ? other->code : (int)vectors_number(entry, "exit_code");
    const char *sentence = other != NULL ? other->sentence : vectors_string(entry, "stderr");
    if (program.code != code || strstr(program.err, sentence) == NULL)
        fail_msg("%s: %d %s", id, program.code, program.err);
    assert_string_equal(program.out, "");
    assert_int_not_equal(access(out, F_OK), 0);
}

static void assert_made(const json_t *entry, const char *hex)
{
    struct program program;
    size_t size;
    const char *expected = vectors_string(entry, "hex_text");
    program_run(&program, json_object_get(entry, "args"));
    assert_int_equal(program.code, 0);
    assert_string_equal(program.out, vectors_string(entry, "stdout"));
    assert_string_equal(program.err, "");
    uint8_t *text = scratch_read(hex, &size);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(text, expected, size);
    free(text);
}

static void configurations_are_those_of_the_original_tool(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/zigbee.json"), *entry;
    size_t i, alike = 0;
    json_array_foreach(json_object_get(root, "production_config_cases"), i, entry)
    {
        const char *id = vectors_string(entry, "id");
        char name[32], path[512];
        snprintf(name, sizeof(name), "%s.yaml", id);
        snprintf(path, sizeof(path), VECTORS "%s", vectors_string(entry, "yaml"));
        assert_int_equal(symlink(path, name), 0);
        snprintf(name, sizeof(name), "%s.hex", id);
        if (find_other(id) != NULL)
            assert_refused(entry, id, name);
        else
            assert_made(entry, name);
        alike += find_other(id) == NULL;
    }
    print_message("zigbee.json: %zu configurations, %zu alike, %zu refused for the length of their "
                  "install code\n",
                  i, alike, i - alike);
    assert_int_equal(i, 9);
    assert_int_equal(alike, 7);
    json_decref(root);
}

static void what_the_original_tool_refuses_is_refused(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/zigbee.json"), *entry;
    size_t i;
    json_array_foreach(json_object_get(root, "production_config_errors"), i, entry)
    {
        const char *yaml = vectors_string(entry, "yaml_text");
        scratch_write("e.yaml", yaml, strlen(yaml));
        assert_refused(entry, vectors_string(entry, "note"), "e.hex");
    }
    print_message("zigbee.json: %zu refused configurations\n", i);
    assert_int_equal(i, 11);
    json_decref(root);
}

static void command_lines_that_the_original_tool_refuses_are_refused(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/errors.json"), *entry;
    size_t i, count = 0;
    json_array_foreach(json_object_get(root, "cases"), i, entry)
    {
        const json_t *args = json_object_get(entry, "args");
        if (strcmp(json_string_value(json_array_get(args, 0)), "zigbee") != 0)
            continue;
        assert_refused(entry, vectors_string(entry, "id"), "o.hex");
        count++;
    }
    print_message("errors.json, zigbee: %zu entries\n", count);
    assert_int_equal(count, 2);
    json_decref(root);
}

static void the_input_is_not_written_over(void **state)
{
    (void)state;
    struct program program;
    json_t *args = json_pack("[s, s, s, s]", "zigbee", "production_config", "x.yaml", "./x.yaml");
    scratch_write("x.yaml", "{}", 2);
    program_run(&program, args);
    json_decref(args);
    assert_int_equal(program.code, 2);
    assert_non_null(strstr(program.err, "is the input, too"));
    size_t size;
    uint8_t *text = scratch_read("x.yaml", &size);
    assert_int_equal(size, 2);
    free(text);
}

/* ---- YAML ---- */

static int decode(struct nordfu_zigbee_config *config, const char *text, struct nordfu_error *error)
{
    return nordfu_zigbee_config_decode(config, text, strlen(text), "t.yaml", error);
}

static void integers_are_those_of_yaml(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t value;
    } table[] = {
        {"0", 0},   {"+9", 9},     {"0x10", 16},    {"0xAb_cD", 0xABCD},
        {"010", 8}, {"0b1_01", 5}, {"1_000", 1000}, {"0xFFFFFFFF", UINT32_MAX},
        {"00", 0},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct nordfu_zigbee_config config;
        struct nordfu_error error = {0};
        char text[64];
        snprintf(text, sizeof(text), "channel_mask: %s\n", table[i].text);
        if (decode(&config, text, &error) != 0)
            fail_msg("%s: %s", text, error.text);
        assert_int_equal(config.channel_mask, table[i].value);
    }
}

static void what_only_looks_like_a_number_is_refused_as_one(void **state)
{
    (void)state;
    static const char *const table[] = {
        "09",   "0x",  "0b2",        "_1",
        "+",    "1.5", "1e3",        "\"9\"",
        "[9]",  "-1",  "~",          "",
        "0x1g", "0b",  "4294967296", "99999999999999999999999999999999999",
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct nordfu_zigbee_config config;
        struct nordfu_error error = {0};
        char text[64];
        snprintf(text, sizeof(text), "channel_mask: %s\n", table[i]);
        if (decode(&config, text, &error) != NORDFU_ERR_PACKAGE)
            fail_msg("%s", text);
        assert_non_null(strstr(error.text, "channel_mask in line 1 of t.yaml"));
    }
}

static void digits_are_text_in_quotes_or_where_yaml_sees_no_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t value;
    } table[] = {
        {"'0011223344556677'", 0x0011223344556677}, {"\"0XaB\"", 0xAB},
        {"0088776655443322", 0x0088776655443322},   {"F4CE36000000000A", 0xF4CE36000000000A},
        {"\"0000000000000000000001\"", 1},          {"|-\n  12", 0x12},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct nordfu_zigbee_config config;
        struct nordfu_error error = {0};
        char text[96];
        snprintf(text, sizeof(text), "extended_address: %s\n", table[i].text);
        if (decode(&config, text, &error) != 0)
            fail_msg("%s: %s", text, error.text);
        assert_true(config.extended_address == table[i].value);
    }
}

static void bytes_may_have_blanks_between_them(void **state)
{
    (void)state;
    struct nordfu_zigbee_config config;
    assert_int_equal(decode(&config, "app_data: \" 01 aB\tCD02 \"\n", NULL), 0);
    assert_int_equal(config.app_data_size, 4);
    assert_memory_equal(config.app_data, "\x01\xAB\xCD\x02", 4);
    assert_int_equal(decode(&config, "app_data: ''\n", NULL), 0);
    assert_int_equal(config.app_data_size, 0);
}

static void unknown_members_are_ignored_and_the_last_of_equal_ones_counts(void **state)
{
    (void)state;
    struct nordfu_zigbee_config config;
    assert_int_equal(
        decode(&config, "{tx_power: 1, other: [a, {b: c}], ? [x] : y, \"tx_power\": 2}", NULL), 0);
    assert_int_equal(config.tx_power, 2);
    assert_int_equal(config.channel_mask, 0x07FFF800);
    assert_false(config.has_install_code);
}

static void other_documents_are_refused(void **state)
{
    (void)state;
    static const char *const table[] = {
        "",
        "# nothing\n",
        "- a\n- b\n",
        "text",
        "---\n",
        "{}\n---\n{}",
        "tx_power: 1\n\t- 2",
        "app_data: \"\\xZZ\"",
        "\xFF\xFE\xFF",
        "app_data: *nowhere",
        "app_data: 0 1 2",
        "app_data: [01]",
        "app_data:",
        "install_code: \"\"",
        "extended_address: \"\"",
        "extended_address: \"0x\"",
        "extended_address: A B",
        "app_data: \"a\\0\"",
        "app_data: A B",
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct nordfu_zigbee_config config;
        struct nordfu_error error = {0};
        if (decode(&config, table[i], &error) != NORDFU_ERR_USAGE)
            fail_msg("%s: %s", table[i], error.text);
        assert_non_null(strstr(error.text, "t.yaml"));
        assert_non_null(strstr(error.text, ": "));
    }
}

/* Every beginning of a file, and every file with one byte changed, is read or refused. */
static void damaged_files_do_no_harm(void **state)
{
    (void)state;
    static const char good[] = "channel_mask: 0x00100000\ninstall_code: "
                               "\"83FED3407A939723A5C639B26916D505\"\ntx_power: 9\n&a b: *a\n";
    char text[sizeof(good)];
    struct nordfu_zigbee_config config;
    for (size_t size = 0; size < sizeof(good); size++)
        (void)nordfu_zigbee_config_decode(&config, good, size, "t.yaml", NULL);
    for (size_t i = 0; i + 1 < sizeof(good); i++)
        for (int value = 0; value < 256; value += 3) {
            memcpy(text, good, sizeof(good));
            text[i] = (char)value;
            (void)nordfu_zigbee_config_decode(&config, text, sizeof(good) - 1, "t.yaml", NULL);
        }
}

/* ---- What is written ---- */

static void too_much_is_not_written(void **state)
{
    (void)state;
    uint8_t bytes[NORDFU_ZIGBEE_CONFIG_MAX];
    struct nordfu_zigbee_config config = {.app_data_size = 75};
    assert_int_equal(nordfu_zigbee_config_encode(&config, bytes), 0);
    assert_int_equal(nordfu_zigbee_config_write("w.hex", &config, 0, NULL), NORDFU_ERR_USAGE);
    config.app_data_size = 74;
    assert_int_equal(nordfu_zigbee_config_encode(&config, bytes), 132);
    assert_int_equal(nordfu_zigbee_config_write("w.hex", &config, UINT32_MAX - 130, NULL),
                     NORDFU_ERR_USAGE);
    assert_int_not_equal(access("w.hex", F_OK), 0);
    assert_int_equal(nordfu_zigbee_config_write("w.hex", &config, UINT32_MAX - 131, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configurations_are_those_of_the_original_tool),
        cmocka_unit_test(what_the_original_tool_refuses_is_refused),
        cmocka_unit_test(command_lines_that_the_original_tool_refuses_are_refused),
        cmocka_unit_test(the_input_is_not_written_over),
        cmocka_unit_test(integers_are_those_of_yaml),
        cmocka_unit_test(what_only_looks_like_a_number_is_refused_as_one),
        cmocka_unit_test(digits_are_text_in_quotes_or_where_yaml_sees_no_number),
        cmocka_unit_test(bytes_may_have_blanks_between_them),
        cmocka_unit_test(unknown_members_are_ignored_and_the_last_of_equal_ones_counts),
        cmocka_unit_test(other_documents_are_refused),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(too_much_is_not_written),
    };
    return cmocka_run_group_tests_name("zigbee_config", tests, scratch_enter, scratch_leave);
}
