/* SPDX-License-Identifier: MIT
 * The parts of the program that don't need a process: options, text, JSON, bar. */
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/text.h"

enum { FLAG, COUNT, TEXT, NUMBER, BASED, REAL, LIST, PKG, OPTIONS };

static const struct args_option options[OPTIONS] = {
    [FLAG] = {"-f", "--flag", ARGS_FLAG, "", NULL, false},
    [COUNT] = {"-v", "--verbose", ARGS_COUNT, "", NULL, false},
    [TEXT] = {"-p", "--port", ARGS_TEXT, "", NULL, false},
    [NUMBER] = {"-mtu", "--att-mtu", ARGS_INTEGER, "", NULL, false},
    [BASED] = {NULL, "--hw-version", ARGS_BASED, "", NULL, false},
    [REAL] = {NULL, "--loss", ARGS_REAL, "", NULL, false},
    [LIST] = {NULL, "--device", ARGS_LIST, "", NULL, false},
    [PKG] = {"-pkg", "--package", ARGS_TEXT, "", NULL, false},
};

static const struct args_argument arguments[] = {{"FILE"}};

static const struct args_command command = {
    .name = "test",
    .tail = "[OPTIONS] FILE",
    .summary = "Test.",
    .options = options,
    .option_count = OPTIONS,
    .arguments = arguments,
    .argument_count = 1,
};

/* Parses words separated by blanks, complaints kept quiet. */
static int parse(struct args *args, const char *line)
{
    static char words[512];
    char *argv[64];
    int argc = 0;
    snprintf(words, sizeof(words), "%s", line);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    assert_non_null(freopen("/dev/null", "w", stderr));
    int result = args_parse(args, "nordfu", &command, argc, argv, 0);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    return result;
}

static void options_and_arguments_may_be_mixed(void **state)
{
    (void)state;
    struct args args;
    assert_int_equal(parse(&args, "-p a x --flag -vv -v --att-mtu=23 -pkg b"), ARGS_GO_ON);
    assert_string_equal(args.arguments[0], "x");
    assert_string_equal(args.values[TEXT].text, "a");
    assert_string_equal(args.values[PKG].text, "b");
    assert_int_equal(args.values[FLAG].count, 1);
    assert_int_equal(args.values[COUNT].count, 3);
    assert_int_equal(args.values[NUMBER].number, 23);
}

static void each_way_of_giving_a_value_works(void **state)
{
    (void)state;
    struct args args;
    static const char *const ways[] = {"x -pVALUE", "x -p VALUE", "x --port VALUE",
                                       "x --port=VALUE", "x -fpVALUE"};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        assert_int_equal(parse(&args, ways[i]), ARGS_GO_ON);
        assert_string_equal(args.values[TEXT].text, "VALUE");
    }
    assert_int_equal(parse(&args, "x -pkg=VALUE"), ARGS_GO_ON);
    assert_string_equal(args.values[PKG].text, "VALUE");
    /* Letters of a longer name behind one dash are no cluster, and the other way round. */
    assert_int_equal(parse(&args, "x -pkgVALUE"), ARGS_GO_ON);
    assert_string_equal(args.values[TEXT].text, "kgVALUE");
    assert_int_equal(parse(&args, "x -p -dash"), ARGS_GO_ON);
    assert_string_equal(args.values[TEXT].text, "-dash");
}

static void the_last_of_a_repeated_option_wins(void **state)
{
    (void)state;
    struct args args;
    assert_int_equal(parse(&args, "x -p a -p b --device 1 --device 2"), ARGS_GO_ON);
    assert_string_equal(args.values[TEXT].text, "b");
    assert_int_equal(args.values[LIST].count, 2);
    assert_string_equal(args.values[LIST].all[0], "1");
    assert_string_equal(args.values[LIST].all[1], "2");
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    struct args args;
    assert_int_equal(parse(&args, "-f -- -p"), ARGS_GO_ON);
    assert_string_equal(args.arguments[0], "-p");
    assert_int_equal(parse(&args, "-"), ARGS_GO_ON);
    assert_string_equal(args.arguments[0], "-");
}

static void what_is_wrong_is_a_usage_error(void **state)
{
    (void)state;
    struct args args;
    static const char *const wrong[] = {
        "",
        "x y",
        "x --por a",
        "x -q",
        "x --flag=1",
        "x -p",
        "x -mtu",
        "x -mtu 12a",
        "x -mtu=",
        "x --hw-version 09",
        "x --hw-version -1",
        "x --hw-version 0x100000000",
        "x --hw-version 0x",
        "x --loss -1",
        "x --loss nan",
        "x --package",
        "x -vp",
        "x -- --flag",
        "x --hw-version 1_0",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (parse(&args, wrong[i]) != EXIT_USAGE)
            fail_msg("accepted: %s", wrong[i]);
    }
}

static void seventeen_devices_are_one_too_many(void **state)
{
    (void)state;
    struct args args;
    char line[512] = "x";
    for (int i = 0; i < ARGS_MAX_REPEATS; i++)
        strcat(line, " --device a");
    assert_int_equal(parse(&args, line), ARGS_GO_ON);
    strcat(line, " --device a");
    assert_int_equal(parse(&args, line), EXIT_USAGE);
}

static void numbers_follow_the_prefix_rule(void **state)
{
    (void)state;
    uint32_t value = 7;
    static const struct {
        const char *text;
        uint32_t value;
    } good[] = {{"10", 10}, {"010", 8}, {"0x10", 16}, {"0XfF", 255}, {"4294967295", UINT32_MAX},
                {"0", 0},   {"00", 0}};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(args_read_based(good[i].text, &value));
        assert_int_equal(value, good[i].value);
    }
    static const char *const bad[] = {"", "0x", "+1", " 1", "1 ", "1e3", "0b1", "09", "-0"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(args_read_based(bad[i], &value));
    struct args args;
    assert_int_equal(parse(&args, "x --hw-version None"), ARGS_GO_ON);
    assert_int_equal(args.values[BASED].count, 0);
}

static void numbers_of_32_bits_may_wrap_around(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t value;
    } good[] = {
        {"3", 3},
        {"0x34", 0x34},
        {"010", 8},
        {"0", 0},
        {"-1", UINT32_MAX},
        {"0x1FFFFFFFE", 0xFFFFFFFE},
        {"+7", 7},
        {"4294967296", 0},
        {"0XffffffffffffffffffffFF", UINT32_MAX},
        {"-4294967297", UINT32_MAX},
        {"-010", 0u - 10},
    };
    static const char *const bad[] = {"",    "-",  "+",  "0x",  "09",  "-0x10", "1e3", "1.0",
                                      "0xG", " 1", "1 ", "0o7", "--1", "none",  "/",   "0x:"};
    uint32_t value;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(args_read_wrapped(good[i].text, &value));
        assert_int_equal(value, good[i].value);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(args_read_wrapped(bad[i], &value));
}

static void near_names_are_found_and_far_ones_not(void **state)
{
    (void)state;
    static const char *const names[] = {"--package", "--port", "--address", NULL};
    assert_string_equal(args_nearest("--prot", names), "--port");
    assert_string_equal(args_nearest("--pakage", names), "--package");
    assert_string_equal(args_nearest("--addr", names), "--address");
    assert_null(args_nearest("--quiet", names));
    assert_null(args_nearest("", names));
}

static void names_from_the_air_cannot_disturb_a_terminal(void **state)
{
    (void)state;
    char out[128];
    text_escape(out, sizeof(out),
                "Th\x1b[2Jer\n\x7f"
                "mo \xC3\xA9\xFF\xE2\x80\xAE\xC2\x9B");
    assert_string_equal(out, "Th\\x1B[2Jer\\x0A\\x7Fmo \xC3\xA9\\xFF\\u{202E}\\x9B");
    /* Overlong forms, surrogates and cut characters are no UTF-8. */
    text_escape(out, sizeof(out), "\xC0\xAF\xED\xA0\x80\xE2\x82");
    assert_string_equal(out, "\\xC0\\xAF\\xED\\xA0\\x80\\xE2\\x82");
    /* Cut at a whole character. */
    text_escape(out, 6, "abcd\xC3\xA9");
    assert_string_equal(out, "abcd");
}

/* What json_print_... wrote, as a string. */
static void read_back(FILE *file, char *text, size_t size)
{
    rewind(file);
    size_t got = fread(text, 1, size - 1, file);
    text[got] = 0;
    fclose(file);
}

static void json_escapes_what_must_be_escaped(void **state)
{
    (void)state;
    struct json json;
    char text[512];
    FILE *file = tmpfile();
    json_begin(&json, "a\"b\\");
    json_text(&json, "k", "\x01\n\xFF\xC3\xA9");
    json_text(&json, "d", "\xC2\x9B\xE2\x80\xAE\xF3\xA0\x80\x81\xF0\x9F\x98\x80");
    json_number(&json, "n", -5);
    json_enter(&json, "o");
    json_bool(&json, "t", true);
    json_leave(&json);
    json_real(&json, "r", 1.5);
    json_end(&json, file);
    read_back(file, text, sizeof(text));
    assert_string_equal(text, "{\"event\":\"a\\\"b\\\\\",\"k\":\"\\u0001\\u000a\\ufffd\xC3\xA9\","
                              "\"d\":\"\\u009b\\u202e\\udb40\\udc01\xF0\x9F\x98\x80\",\"n\":-5,"
                              "\"o\":{\"t\":true},\"r\":1.500000}\n");
}

static void a_member_that_does_not_fit_is_left_out_whole(void **state)
{
    (void)state;
    struct json json;
    static char big[sizeof(json.text)], text[2 * sizeof(json.text)];
    memset(big, 'x', sizeof(big) - 1);
    FILE *file = tmpfile();
    json_begin(&json, "e");
    json_text(&json, "big", big);
    json_number(&json, "n", 1);
    json_end(&json, file);
    read_back(file, text, sizeof(text));
    assert_string_equal(text, "{\"event\":\"e\",\"n\":1}\n");
}

static void a_full_line_is_closed_nevertheless(void **state)
{
    (void)state;
    struct json json;
    static char big[sizeof(json.text)], text[2 * sizeof(json.text)];
    for (size_t size = sizeof(big) - 64; size < sizeof(big); size++) {
        memset(big, 'x', size);
        big[size] = 0;
        FILE *file = tmpfile();
        json_begin(&json, "e");
        json_enter(&json, "o");
        json_text(&json, "k", big);
        json_leave(&json);
        json_end(&json, file);
        read_back(file, text, sizeof(text));
        assert_string_equal(text + strlen(text) - 3, "}}\n");
    }
}

static void the_bar_fits_every_terminal(void **state)
{
    (void)state;
    char text[256];
    for (unsigned columns = 1; columns < 300; columns++) {
        for (uint32_t bytes = 0; bytes <= 1000; bytes += 250) {
            progress_bar(text, sizeof(text), columns, bytes, 1000, bytes * 999.0);
            if (strlen(text) >= columns)
                fail_msg("%zu wide on %u columns", strlen(text), columns);
        }
    }
    progress_bar(text, sizeof(text), 80, 500, 1000, 100);
    assert_non_null(strstr(text, " 50 % [#"));
    assert_non_null(strstr(text, "0.1 kB/s  0:05 left"));
    /* Slower than there are digits for, and more than everything. */
    progress_bar(text, sizeof(text), 80, 0, UINT32_MAX, 1e-6);
    assert_non_null(strstr(text, " 599:59 left"));
    progress_bar(text, sizeof(text), 80, 2000, 1000, 100);
    assert_non_null(strstr(text, "100 % [##"));
    progress_bar(text, sizeof(text), 80, 0, 0, 0); /* nothing to transfer is no division by zero */
    assert_non_null(strstr(text, "100 %"));
}

static void count(void *counter)
{
    (*(volatile int *)counter)++;
}

/* Until the counter is not 0; gives up after some seconds. */
static void await(const volatile int *counter)
{
    for (int i = 0; i < 5000 && *counter == 0; i++)
        usleep(1000);
}

/* Gets SIGTERM three times in a row, and once more after a while. */
static int impatient_child(bool once_more)
{
    struct signals signals;
    volatile int stops = 0;
    if (signals_start(&signals, count, (void *)&stops) != 0)
        return 1;
    kill(getpid(), SIGTERM);
    kill(getpid(), SIGTERM);
    await(&stops);
    kill(getpid(), SIGTERM);
    usleep(once_more ? 350000 : 50000);
    if (once_more)
        kill(getpid(), SIGTERM);
    if (once_more)
        sleep(5);
    signals_end(&signals);
    kill(getpid(), SIGTERM); /* on the way out */
    return stops == 1 ? 0 : 2;
}

/* Gets a signal that is none of the program's business first. */
static int disturbed_child(bool once_more)
{
    (void)once_more;
    struct signals signals;
    volatile int stops = 0;
    if (signals_start(&signals, count, (void *)&stops) != 0)
        return 1;
    kill(getpid(), SIGUSR1);
    usleep(20000);
    kill(getpid(), SIGTERM);
    await(&stops);
    signals_end(&signals);
    return stops == 1 ? 0 : 2;
}

/* What became of a child. */
static int signalled(int (*child)(bool once_more), bool once_more)
{
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(child(once_more));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void signals_in_a_row_are_one_wish_and_a_later_one_kills(void **state)
{
    (void)state;
    int status = signalled(impatient_child, false);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    status = signalled(impatient_child, true);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void a_foreign_signal_makes_nobody_deaf(void **state)
{
    (void)state;
    int status = signalled(disturbed_child, false);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_arguments_may_be_mixed),
        cmocka_unit_test(each_way_of_giving_a_value_works),
        cmocka_unit_test(the_last_of_a_repeated_option_wins),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(what_is_wrong_is_a_usage_error),
        cmocka_unit_test(seventeen_devices_are_one_too_many),
        cmocka_unit_test(numbers_follow_the_prefix_rule),
        cmocka_unit_test(numbers_of_32_bits_may_wrap_around),
        cmocka_unit_test(near_names_are_found_and_far_ones_not),
        cmocka_unit_test(names_from_the_air_cannot_disturb_a_terminal),
        cmocka_unit_test(json_escapes_what_must_be_escaped),
        cmocka_unit_test(a_member_that_does_not_fit_is_left_out_whole),
        cmocka_unit_test(a_full_line_is_closed_nevertheless),
        cmocka_unit_test(the_bar_fits_every_terminal),
        cmocka_unit_test(signals_in_a_row_are_one_wish_and_a_later_one_kills),
        cmocka_unit_test(a_foreign_signal_makes_nobody_deaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
