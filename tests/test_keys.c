/* SPDX-License-Identifier: MIT
 * `keys` against every run of the original tool that was recorded, and what is done otherwise. */
#include "package_vectors.h"

#include <time.h>

#include "nordfu/package.h"

/* Where we deliberately do otherwise than the original: a sentence instead of a crash or of
 * useless outputs. */
struct otherwise {
    const char *id;
    int code;
    const char *sentence;
};

static const struct otherwise others[] = {
    {"input_test_pub", 1, "Error: The key in/test_pub.pem holds only a public key"},
    {"input_enc_sec1", 1, "Error: The key in/enc_sec1.pem is encrypted"},
    {"input_enc_pkcs8", 1, "Error: The key in/enc_pkcs8.pem is encrypted"},
    {"input_rsa", 1, "Error: The key in/rsa.pem is not an elliptic-curve key"},
    {"input_garbage", 1, "Error: The key in/garbage.pem is no private key in PEM form"},
    /* Accepted by the original, though no bootloader can check their signatures. */
    {"input_p384", 1, "Error: The key in/p384.pem is on another curve than P-256"},
    {"input_k256", 1, "Error: The key in/k256.pem is on another curve than P-256"},
    {"e78", 1, "in/no_such.pem can't be read (No such file or directory): check the path."},
    /* Trouble with the output has an exit code of its own. */
    {"e81", 10, "nodir/k.pem can't be written (No such file or directory): make the folder first."},
};

static const struct otherwise *find_other(const char *id)
{
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (strcmp(others[i].id, id) == 0)
            return &others[i];
    return NULL;
}

/* The text with the original's placeholders for a date that SOURCE_DATE_EPOCH=86399 gives. */
static char *words(const char *text)
{
    static const char mark[] = "{{DATE:%Y-%m-%d}} (YY-MM-DD) at {{TIME:%H:%M:%S}}";
    char *out = vectors_words(text), *at = strstr(out, mark);
    if (at != NULL) {
        static const char date[] = "1970-01-01 (YY-MM-DD) at 23:59:59";
        memmove(at + strlen(date), at + strlen(mark), strlen(at + strlen(mark)) + 1);
        memcpy(at, date, strlen(date));
    }
    return out;
}

static void check_text(const char *found, const char *expected)
{
    char *text = words(expected);
    assert_string_equal(found, text);
    free(text);
}

static unsigned mode_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_mode & 0777;
}

/* Runs it with the case's standard input. */
static void run(struct program *program, const json_t *entry)
{
    const char *input = json_string_value(json_object_get(entry, "stdin"));
    if (input == NULL) {
        program_run(program, json_object_get(entry, "args"));
        return;
    }
    scratch_write("k.pem", "old", 3);
    assert_int_equal(chmod("k.pem", 0644), 0);
    scratch_write("input", input, strlen(input));
    program_run_input(program, json_object_get(entry, "args"), "input");
    unlink("input");
}

/* What became of the files. */
static void check_files(const json_t *entry)
{
    const char *content = json_string_value(json_object_get(entry, "out_file_content"));
    const json_t *replaced = json_object_get(entry, "file_replaced");
    if (content != NULL) {
        size_t size;
        char *found = (char *)scratch_read("out.txt", &size);
        found[size] = 0;
        check_text(found, content);
        free(found);
        assert_int_equal(mode_of("out.txt"), strstr(content, "WARNING") != NULL ? 0600 : 0644);
        unlink("out.txt");
    }
    if (replaced != NULL) {
        bool published;
        assert_int_equal(nordfu_key_is_published("k.pem", NULL, &published, NULL) == 0,
                         json_is_true(replaced));
        assert_int_equal(mode_of("k.pem"), json_is_true(replaced) ? 0600 : 0644);
        unlink("k.pem");
    }
    if (access("new.pem", F_OK) == 0)
        assert_int_equal(mode_of("new.pem"), 0600);
    unlink("new.pem");
}

/* Returns whether it went as with the original. */
static bool check_case(const json_t *entry)
{
    const char *id = vectors_string(entry, "id");
    const struct otherwise *other = find_other(id);
    struct program program;
    size_t before = scratch_count(false);
    run(&program, entry);
    if (other == NULL) {
        assert_int_equal(program.code, vectors_number(entry, "exit_code"));
        check_text(program.out, vectors_string(entry, "stdout"));
        assert_string_equal(program.err, vectors_string(entry, "stderr"));
    } else if (program.code != other->code || strstr(program.err, other->sentence) == NULL) {
        fail_msg("%s: %d, not '%s': %s", id, program.code, other->sentence, program.err);
    }
    if (other != NULL)
        assert_string_equal(program.out, "");
    check_files(entry);
    assert_int_equal(scratch_count(false), before);
    return other == NULL;
}

static void check_all(const char *file, const char *command, size_t expected, size_t expected_alike)
{
    json_t *root = vectors_load(file), *entry;
    size_t i, count = 0, alike = 0;
    json_array_foreach(json_object_get(root, "cases"), i, entry)
    {
        const json_t *args = json_object_get(entry, "args");
        const char *first = json_string_value(json_array_get(args, 0));
        if (strcmp(first, command) != 0)
            continue;
        count++;
        alike += check_case(entry);
    }
    print_message("%s, keys: %zu runs alike, %zu of %zu otherwise with a sentence\n", file, alike,
                  count - alike, count);
    assert_int_equal(count, expected);
    assert_int_equal(alike, expected_alike);
    json_decref(root);
}

static void keys_are_made_and_shown_as_by_the_original_tool(void **state)
{
    (void)state;
    check_all("package/keys.json", "keys", 44, 37);
}

static void what_the_original_tool_refuses_is_refused(void **state)
{
    (void)state;
    check_all("package/errors.json", "keys", 6, 4);
}

/* Runs "keys" and the words up to NULL. */
static void keys(struct program *program, const char *a, const char *b, const char *c,
                 const char *input)
{
    json_t *args = json_pack("[s, s, s*, s*]", "keys", a, b, c);
    assert_non_null(args);
    program_run_input(program, args, input);
    json_decref(args);
}

static void a_key_is_overwritten_with_force_and_without_a_question(void **state)
{
    (void)state;
    struct program program;
    scratch_write("k.pem", "old", 3);
    keys(&program, "generate", "--force", "k.pem", "/dev/null");
    assert_int_equal(program.code, 0);
    assert_string_equal(program.out, "Generated private key and stored it in: k.pem\n");
    assert_int_equal(mode_of("k.pem"), 0600);
    keys(&program, "generate", "k.pem", NULL, "/dev/null");
    assert_int_equal(program.code, 1);
    assert_int_equal(unlink("k.pem"), 0);
    keys(&program, "generate", "--force", "k.pem", "/dev/null");
    assert_int_equal(program.code, 0);
    unlink("k.pem");
}

static void a_long_answer_is_one_answer(void **state)
{
    (void)state;
    struct program program;
    char line[300];
    memset(line, 'x', sizeof(line));
    memcpy(line + sizeof(line) - 3, "y\r\n", 3);
    scratch_write("input", line, sizeof(line));
    scratch_write("k.pem", "old", 3);
    keys(&program, "generate", "k.pem", NULL, "input");
    assert_int_equal(program.code, 1);
    assert_non_null(strstr(program.out, "Please respond with y/n\nFile found at k.pem."));
    scratch_write("input", "Yes\r\n", 5);
    keys(&program, "generate", "k.pem", NULL, "input");
    assert_int_equal(program.code, 0);
    unlink("k.pem");
    unlink("input");
}

static void a_key_is_not_shown_in_its_own_file(void **state)
{
    (void)state;
    struct nordfu_error error = {0};
    struct nordfu_key_view view = {.is_private = true, .format = NORDFU_KEY_HEX};
    assert_int_equal(nordfu_key_generate("k.pem", false, &error), 0);
    assert_int_equal(symlink("k.pem", "link"), 0);
    assert_int_equal(nordfu_key_write("link", "k.pem", NULL, &view, &error), NORDFU_ERR_USAGE);
    assert_non_null(strstr(error.text, "the private key itself"));
    bool published = true;
    assert_int_equal(nordfu_key_is_published("k.pem", NULL, &published, &error), 0);
    assert_false(published);
    unlink("link");
    unlink("k.pem");
}

static void a_file_that_others_could_read_is_theirs_no_more_with_a_private_key(void **state)
{
    (void)state;
    struct nordfu_error error = {0};
    struct nordfu_key_view view = {.is_private = true, .format = NORDFU_KEY_PEM};
    scratch_write("out", "old", 3);
    assert_int_equal(chmod("out", 0666), 0);
    assert_int_equal(nordfu_key_write("out", "in/test_key.pem", NULL, &view, &error), 0);
    assert_int_equal(mode_of("out"), 0600);
    unlink("out");
}

static void a_private_key_is_no_code_and_leaves_no_text(void **state)
{
    (void)state;
    static const char nothing[NORDFU_KEY_TEXT_MAX];
    char text[NORDFU_KEY_TEXT_MAX];
    struct nordfu_error error = {0};
    struct nordfu_key_view view = {.is_private = true, .format = NORDFU_KEY_DEBUG_CODE};
    memset(text, 'x', sizeof(text));
    assert_int_equal(nordfu_key_text(text, "in/test_key.pem", NULL, &view, &error),
                     NORDFU_ERR_USAGE);
    assert_memory_equal(text, nothing, sizeof(text));
    view.format = NORDFU_KEY_HEX;
    memset(text, 'x', sizeof(text));
    assert_int_equal(nordfu_key_text(text, "in/rsa.pem", NULL, &view, &error), NORDFU_ERR_PACKAGE);
    assert_memory_equal(text, nothing, sizeof(text));
}

/* Without SOURCE_DATE_EPOCH: the clock on the wall. */
static void code_bears_the_local_time(void **state)
{
    (void)state;
    char text[NORDFU_KEY_TEXT_MAX];
    struct nordfu_key_view view = {.format = NORDFU_KEY_CODE};
    unsetenv("SOURCE_DATE_EPOCH");
    time_t before = time(NULL);
    assert_int_equal(nordfu_key_text(text, "in/test_key.pem", NULL, &view, NULL), 0);
    time_t after = time(NULL), made;
    struct tm tm = {.tm_isdst = -1};
    assert_int_equal(sscanf(text,
                            "\n/* This file was automatically generated by nordfu on "
                            "%d-%d-%d (YY-MM-DD) at %d:%d:%d */\n",
                            &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
                            &tm.tm_sec),
                     6);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    made = mktime(&tm);
    assert_true(before <= made && made <= after);
    setenv("SOURCE_DATE_EPOCH", "86399", 1);
}

static int enter(void **state)
{
    umask(022);
    setenv("SOURCE_DATE_EPOCH", "86399", 1);
    return vectors_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_made_and_shown_as_by_the_original_tool),
        cmocka_unit_test(what_the_original_tool_refuses_is_refused),
        cmocka_unit_test(a_key_is_overwritten_with_force_and_without_a_question),
        cmocka_unit_test(a_long_answer_is_one_answer),
        cmocka_unit_test(a_key_is_not_shown_in_its_own_file),
        cmocka_unit_test(a_file_that_others_could_read_is_theirs_no_more_with_a_private_key),
        cmocka_unit_test(a_private_key_is_no_code_and_leaves_no_text),
        cmocka_unit_test(code_bears_the_local_time),
    };
    return cmocka_run_group_tests_name("keys", tests, enter, vectors_folder_leave);
}
