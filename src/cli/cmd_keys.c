/* SPDX-License-Identifier: MIT
 * nordfu keys: make and show signing keys. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/passphrase.h"
#include "nordfu/package.h"

/* True if the line, of which the end is not part, is one of the two. */
static bool is_word(const char *line, const char *letter, const char *word)
{
    return strcasecmp(line, letter) == 0 || strcasecmp(line, word) == 0;
}

/* Asks until there is an answer: 1 = overwrite, 0 = don't, -1 = end of input. */
static int may_overwrite(const char *path)
{
    char *line = NULL;
    size_t room = 0;
    int answer = 2;
    while (answer == 2) {
        printf("File found at %s. Do you want to overwrite the file?  [y/N]\n", path);
        fflush(stdout);
        ssize_t size = getline(&line, &room, stdin);
        if (size > 0 && line[size - 1] == '\n')
            line[--size] = 0;
        if (size > 0 && line[size - 1] == '\r')
            line[--size] = 0;
        if (size < 0)
            answer = -1;
        else if (is_word(line, "y", "yes"))
            answer = 1;
        else if (line[0] == 0 || is_word(line, "n", "no"))
            answer = 0;
        else
            printf("Please respond with y/n\n");
    }
    free(line);
    return answer;
}

enum { GENERATE_FORCE, GENERATE_OPTIONS };

static const struct args_option generate_options[GENERATE_OPTIONS] = {
    [GENERATE_FORCE] = {NULL, "--force", ARGS_FLAG,
                        "Overwrite a file that is there already, without asking.", NULL, false},
};

static int run_generate(struct app *app, const struct args *args)
{
    (void)app;
    const char *path = args->arguments[0];
    struct stat status;
    struct nordfu_error error = {0};
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return args_complain(args, "Invalid value for 'KEY_FILE': '%s' is %s; name a file.", path,
                             S_ISDIR(status.st_mode) ? "a folder" : "no ordinary file");
    bool force = args->values[GENERATE_FORCE].count > 0;
    bool exists = lstat(path, &status) == 0;
    int answer = exists && !force ? may_overwrite(path) : 1;
    if (answer < 0) {
        fprintf(stderr, "\nAborted!\n");
        return 1;
    }
    if (answer == 0) {
        printf("Key generation aborted.\n");
        return 0;
    }
    int code = nordfu_key_generate(path, exists || force, &error);
    if (code != 0)
        return command_fail(&error);
    printf("Generated private key and stored it in: %s\n", path);
    return 0;
}

static const struct args_argument key_file[] = {{"KEY_FILE"}};

const struct command cmd_keys_generate = {
    .args =
        {
            .name = "keys generate",
            .tail = "[OPTIONS] KEY_FILE",
            .summary = "Make a private key (P-256) and store it in KEY_FILE.",
            .options = generate_options,
            .option_count = GENERATE_OPTIONS,
            .arguments = key_file,
            .argument_count = 1,
        },
    .run = run_generate,
};

enum { DISPLAY_KEY, DISPLAY_FORMAT, DISPLAY_OUT, DISPLAY_PASSPHRASE, DISPLAY_OPTIONS };

static const char *const halves[] = {"pk", "sk", NULL};
/* In the order of enum nordfu_key_format. */
static const char *const formats[] = {"hex", "code", "pem", "dbgcode", NULL};

static const struct args_option display_options[DISPLAY_OPTIONS] = {
    [DISPLAY_KEY] = {NULL, "--key", ARGS_CHOICE, "The public (pk) or the private key (sk).", halves,
                     true},
    [DISPLAY_FORMAT] = {NULL, "--format", ARGS_CHOICE,
                        "How to show it; code is C for a bootloader.", formats, true},
    [DISPLAY_OUT] = {NULL, "--out_file", ARGS_TEXT,
                     "Write to this file instead of standard output.", NULL, false},
    [DISPLAY_PASSPHRASE] = {NULL, "--passphrase-file", ARGS_FILE, PASSPHRASE_HELP, NULL, false},
};

/* Without a copy in the stream's buffer, where a private key would stay. */
static void print_text(const char *text)
{
    fflush(stdout);
    setvbuf(stdout, NULL, _IONBF, 0);
    fputs(text, stdout);
    fputc('\n', stdout);
}

/* Shows what is in `text`, or has it written. */
static int show(const struct args *args, const struct nordfu_key_view *view, const char *passphrase,
                const char *text)
{
    const char *out = args->values[DISPLAY_OUT].text, *path = args->arguments[0];
    struct nordfu_error error = {0};
    bool published = false, to_file = out != NULL && out[0] != 0;
    int code = nordfu_key_is_published(path, passphrase, &published, &error);
    if (code == 0 && to_file)
        code = nordfu_key_write(out, path, passphrase, view, &error);
    if (code != 0)
        return command_fail(&error);
    if (published)
        printf("Warning: the key is a published one that everybody has; don't use it in a "
               "product.\n");
    if (!to_file)
        print_text(text);
    return 0;
}

static int run_display(struct app *app, const struct args *args)
{
    (void)app;
    struct nordfu_key_view view = {
        .is_private = strcmp(args->values[DISPLAY_KEY].text, "sk") == 0,
        .tool = args->program,
    };
    while (strcmp(formats[view.format], args->values[DISPLAY_FORMAT].text) != 0)
        view.format++;
    char text[NORDFU_KEY_TEXT_MAX];
    struct nordfu_error error = {0};
    struct passphrase passphrase;
    int code = passphrase_find(&passphrase, args->arguments[0],
                               args->values[DISPLAY_PASSPHRASE].text, &error);
    if (code == 0)
        code = nordfu_key_text(text, args->arguments[0], passphrase.text, &view, &error);
    if (code == NORDFU_ERR_USAGE)
        code = args_complain(args, "%s", error.text);
    else
        code = code == 0 ? show(args, &view, passphrase.text, text) : command_fail(&error);
    passphrase_wipe(&passphrase);
    explicit_bzero(text, sizeof(text));
    return code;
}

const struct command cmd_keys_display = {
    .args =
        {
            .name = "keys display",
            .tail = "[OPTIONS] KEY_FILE",
            .summary = "Show a private key or its public half.",
            .options = display_options,
            .option_count = DISPLAY_OPTIONS,
            .arguments = key_file,
            .argument_count = 1,
        },
    .run = run_display,
};
