/* SPDX-License-Identifier: MIT
 * Encrypted key files: passphrases from files and from the terminal. */
#include "package_vectors.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <termios.h>

#include "nordfu/package.h"

#define PASSPHRASE "open sesame"

/* inputs/test_key.pem, encrypted with that: as SEC1 and as PKCS#8. */
static const char sec1[] = "-----BEGIN EC PRIVATE KEY-----\n"
                           "Proc-Type: 4,ENCRYPTED\n"
                           "DEK-Info: AES-128-CBC,510B4747D6F3B139CDFF2F3DBC955651\n"
                           "\n"
                           "QXhx1Qw2Q8+tcWmYS1aS4pAW2QXEwJY9M8yrpA0VFCVGOUoRHy5HXULPJcXp16jD\n"
                           "EXVYkzjOKZWYqVP3KIIuDVywK/G0tC0SjBy/Pf+GSZjJ4nciGf++X1fF1zmn2xwD\n"
                           "KOW7PlmvLWc1jUaa1wZOlgn91t5Li8O6hIea3Ly9eUI=\n"
                           "-----END EC PRIVATE KEY-----\n";
static const char pkcs8[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                            "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgtEtHJVyulCgICCAAw\n"
                            "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEEdzBRfd8bzWbVcNI8NTk2EEgZAH\n"
                            "YDvP01orMwkgjQ8ZhMR0zh09vBRtf1qS7oD308DhdC4WT+XtP3/TTaZL7LptoKmM\n"
                            "sGLKuhv1KzjKXD2l4PAgBhJ9IILJc7Him0gbrhMbq1wcRHe6OFoQPzFeClt0DjAs\n"
                            "N7zvvlNdruEkXptDHKbRx6GhlNl0G27T792Dk4MsqrjQSxi6xxteLZ93txr+uL0=\n"
                            "-----END ENCRYPTED PRIVATE KEY-----\n";

static const char shown[] = "Public (verification) key pk:\n"
                            "9c567019a6b7cbadaccdda3d81be9b374cf9c8f5db9d7757f65a0c187b7f58ed"
                            "7e8689a947b8dce8d7ddd09a13a511c69e1dbc4c257b9477264eef352295e4f1\n";

static void write_text(const char *path, const char *text)
{
    scratch_write(path, text, strlen(text));
}

static void display(struct program *program, const char *key, const char *passphrase_file)
{
    json_t *args = json_pack("[s, s, s, s, s, s, s, s*, s*]", "keys", "display", "--key", "pk",
                             "--format", "hex", key,
                             passphrase_file != NULL ? "--passphrase-file" : NULL, passphrase_file);
    assert_non_null(args);
    program_run(program, args);
    json_decref(args);
}

static void a_passphrase_is_the_first_line_of_a_file(void **state)
{
    (void)state;
    static const char *const files[] = {PASSPHRASE, PASSPHRASE "\n", PASSPHRASE "\r\n",
                                        PASSPHRASE "\nmore\n"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct program program;
        write_text("pass", files[i]);
        display(&program, i % 2 == 0 ? "sec1.pem" : "pkcs8.pem", "pass");
        assert_string_equal(program.err, "");
        assert_string_equal(program.out, shown);
        assert_int_equal(program.code, 0);
    }
    unlink("pass");
}

/* Runs it with a file of this text. */
static void refuse(const char *text, const char *sentence)
{
    struct program program;
    write_text("pass", text);
    display(&program, "sec1.pem", "pass");
    assert_string_equal(program.out, "");
    if (program.code != 1 || strstr(program.err, sentence) == NULL)
        fail_msg("%d: %s", program.code, program.err);
    if (strstr(program.err, "secret") != NULL)
        fail_msg("the passphrase was shown: %s", program.err);
    unlink("pass");
}

static void another_passphrase_is_refused(void **state)
{
    (void)state;
    char longest[1100];
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = 0;
    refuse("secret\n", "Error: The key sec1.pem can't be decrypted: its passphrase is another one");
    refuse("", "Error: The file pass has no passphrase as its first line");
    refuse("\nsecret\n", "Error: The file pass has no passphrase as its first line");
    refuse(longest, "or one of more than 1023 bytes");
    longest[1023] = 0;
    refuse(longest, "can't be decrypted");
}

static void without_a_terminal_nobody_is_asked(void **state)
{
    (void)state;
    struct program program;
    display(&program, "pkcs8.pem", NULL);
    assert_int_equal(program.code, 1);
    assert_non_null(strstr(program.err, "standard input is no terminal"));
    assert_non_null(strstr(program.err, "--passphrase-file"));
}

static void a_key_that_is_not_encrypted_needs_no_passphrase(void **state)
{
    (void)state;
    struct program program;
    write_text("pass", "");
    display(&program, "in/test_key.pem", "pass");
    assert_string_equal(program.out, shown);
    bool encrypted = true;
    assert_int_equal(nordfu_key_is_encrypted("in/test_key.pem", &encrypted, NULL), 0);
    assert_false(encrypted);
    assert_int_equal(nordfu_key_is_encrypted("sec1.pem", &encrypted, NULL), 0);
    assert_true(encrypted);
    unlink("pass");
}

static void packages_are_signed_with_an_encrypted_key(void **state)
{
    (void)state;
    struct program program;
    struct nordfu_package *package = NULL;
    struct nordfu_error error = {0};
    write_text("pass", PASSPHRASE "\n");
    json_t *args = json_pack("[s, s, s, s, s, s, s, s, s, s, s, s, s, s, s]", "pkg", "generate",
                             "--hw-version", "52", "--sd-req", "0x100", "--application-version",
                             "1", "--application", "in/app_raw.bin", "--key-file", "pkcs8.pem",
                             "--passphrase-file", "pass", "o.zip");
    program_run(&program, args);
    json_decref(args);
    assert_string_equal(program.err, "");
    assert_int_equal(nordfu_package_open(&package, "o.zip", &error), 0);
    assert_int_equal(nordfu_package_verify(package, "in/test_pub.pem", &error), 0);
    nordfu_package_free(&package);
    unlink("o.zip");
    unlink("pass");
}

/* Runs `settings generate`, with ECDSA or without, which needs no key. */
static void generate_settings(struct program *program, bool ecdsa, const char *passphrase_file)
{
    json_t *args = json_pack(
        "[s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s*, s*]", "settings", "generate",
        "--family", "NRF52", "--application", "in/app_gap.hex", "--application-version", "1",
        "--bootloader-version", "1", "--bl-settings-version", "2", "--app-boot-validation",
        ecdsa ? "VALIDATE_ECDSA_P256_SHA256" : "VALIDATE_GENERATED_SHA256", "--key-file",
        "sec1.pem", "s.hex", passphrase_file != NULL ? "--passphrase-file" : NULL, passphrase_file);
    assert_non_null(args);
    program_run(program, args);
    json_decref(args);
}

static void a_passphrase_without_a_key_is_a_mistake(void **state)
{
    (void)state;
    struct program program;
    write_text("pass", PASSPHRASE "\n");
    json_t *args =
        json_pack("[s, s, s, s, s, s, s, s]", "pkg", "generate", "--debug-mode", "--application",
                  "in/app_raw.bin", "--passphrase-file", "pass", "o.zip");
    program_run(&program, args);
    json_decref(args);
    assert_int_equal(program.code, 2);
    assert_non_null(strstr(program.err, "Error: --passphrase-file without --key-file"));
    assert_int_not_equal(access("o.zip", F_OK), 0);
    unlink("pass");
}

/* As of a shell's <(program that knows it). */
static void a_passphrase_comes_from_a_pipe(void **state)
{
    (void)state;
    struct program program;
    assert_int_equal(mkfifo("pass", 0600), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = open("pass", O_WRONLY);
        _exit(write(fd, PASSPHRASE "\n", strlen(PASSPHRASE) + 1) > 0 ? 0 : 1);
    }
    display(&program, "pkcs8.pem", "pass");
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_string_equal(program.err, "");
    assert_string_equal(program.out, shown);
    unlink("pass");
}

static void settings_are_signed_with_an_encrypted_key(void **state)
{
    (void)state;
    struct program program;
    write_text("pass", PASSPHRASE "\n");
    generate_settings(&program, true, "pass");
    assert_string_equal(program.err, "");
    assert_int_equal(program.code, 0);
    assert_int_equal(unlink("s.hex"), 0);
    generate_settings(&program, true, NULL);
    assert_int_equal(program.code, 1);
    assert_int_not_equal(access("s.hex", F_OK), 0);
    generate_settings(&program, false, NULL);
    assert_int_equal(program.code, 0);
    unlink("s.hex");
    unlink("pass");
}

/* ---- At a terminal ---- */

struct terminal {
    int fd;
    pid_t child;
    char text[4096];
    size_t size;
};

static void start(struct terminal *terminal)
{
    *terminal = (struct terminal){.fd = -1};
    fflush(NULL);
    terminal->child = forkpty(&terminal->fd, NULL, NULL, NULL);
    assert_true(terminal->child >= 0);
    if (terminal->child == 0) {
        execl(NORDFU_PROGRAM, "nordfu", "keys", "display", "--key", "pk", "--format", "hex",
              "sec1.pem", (char *)NULL);
        _exit(127);
    }
}

/* Reads until `sign` was said, or with NULL to the end. */
static void read_until(struct terminal *terminal, const char *sign)
{
    while (sign == NULL || strstr(terminal->text, sign) == NULL) {
        struct pollfd wish = {.fd = terminal->fd, .events = POLLIN};
        assert_int_equal(poll(&wish, 1, 20000), 1);
        ssize_t n = read(terminal->fd, terminal->text + terminal->size,
                         sizeof(terminal->text) - 1 - terminal->size);
        if (n <= 0)
            break; /* EIO: nobody has it open any more */
        terminal->size += (size_t)n;
        terminal->text[terminal->size] = 0;
    }
    if (sign != NULL && strstr(terminal->text, sign) == NULL)
        fail_msg("not '%s': %s", sign, terminal->text);
}

static void type(const struct terminal *terminal, const char *keys)
{
    assert_int_equal(write(terminal->fd, keys, strlen(keys)), strlen(keys));
}

static int end(struct terminal *terminal)
{
    int status = 0;
    read_until(terminal, NULL);
    assert_int_equal(waitpid(terminal->child, &status, 0), terminal->child);
    close(terminal->fd);
    return status;
}

static void a_passphrase_is_typed_unseen(void **state)
{
    (void)state;
    struct terminal terminal;
    start(&terminal);
    read_until(&terminal, "Passphrase of the key: ");
    type(&terminal, PASSPHRASE "\n");
    int status = end(&terminal);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_non_null(strstr(terminal.text, "9c567019a6b7cbad"));
    assert_null(strstr(terminal.text, "sesame"));
}

static void an_end_of_input_instead_of_a_passphrase_is_a_cancellation(void **state)
{
    (void)state;
    struct terminal terminal;
    start(&terminal);
    read_until(&terminal, "Passphrase of the key: ");
    type(&terminal, "\004");
    int status = end(&terminal);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 130);
    assert_non_null(strstr(terminal.text, "Error: No passphrase was given"));
}

static void a_signal_at_the_question_leaves_a_terminal_that_shows_what_is_typed(void **state)
{
    (void)state;
    struct terminal terminal;
    struct termios mode;
    start(&terminal);
    read_until(&terminal, "Passphrase of the key: ");
    assert_int_equal(tcgetattr(terminal.fd, &mode), 0);
    assert_false(mode.c_lflag & ECHO);
    type(&terminal, "\003");
    int status = 0;
    assert_int_equal(waitpid(terminal.child, &status, 0), terminal.child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    assert_int_equal(tcgetattr(terminal.fd, &mode), 0);
    assert_true(mode.c_lflag & ECHO);
    close(terminal.fd);
}

static int enter(void **state)
{
    int rc = vectors_folder(state);
    write_text("sec1.pem", sec1);
    write_text("pkcs8.pem", pkcs8);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_passphrase_is_the_first_line_of_a_file),
        cmocka_unit_test(another_passphrase_is_refused),
        cmocka_unit_test(without_a_terminal_nobody_is_asked),
        cmocka_unit_test(a_key_that_is_not_encrypted_needs_no_passphrase),
        cmocka_unit_test(packages_are_signed_with_an_encrypted_key),
        cmocka_unit_test(a_passphrase_without_a_key_is_a_mistake),
        cmocka_unit_test(a_passphrase_comes_from_a_pipe),
        cmocka_unit_test(settings_are_signed_with_an_encrypted_key),
        cmocka_unit_test(a_passphrase_is_typed_unseen),
        cmocka_unit_test(an_end_of_input_instead_of_a_passphrase_is_a_cancellation),
        cmocka_unit_test(a_signal_at_the_question_leaves_a_terminal_that_shows_what_is_typed),
    };
    return cmocka_run_group_tests_name("keys_encrypted", tests, enter, vectors_folder_leave);
}
