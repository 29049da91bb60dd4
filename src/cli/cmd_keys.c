/* SPDX-License-Identifier: MIT
 * nordfu keys: make and show signing keys. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "nordfu/package.h"

/* Asks until there is an answer: 1 = overwrite, 0 = don't, -1 = end of input. */
static int may_overwrite(const char *path)
{
    char line[64];
    for (;;) {
        printf("File found at %s. Do you want to overwrite the file?  [y/N]", path);
        fflush(stdout);
        if (fgets(line, sizeof(line), stdin) == NULL)
            return -1;
        line[strcspn(line, "\n")] = 0;
        if (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0)
            return 1;
        if (line[0] == 0 || strcasecmp(line, "n") == 0 || strcasecmp(line, "no") == 0)
            return 0;
        printf("Please respond with y/n\n");
    }
}

static int run_generate(struct app *app, const struct args *args)
{
    (void)app;
    const char *path = args->arguments[0];
    struct stat status;
    struct nordfu_error error = {0};
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return args_complain(args, "Invalid value for 'KEY_FILE': '%s' is %s; name a file.", path,
                             S_ISDIR(status.st_mode) ? "a folder" : "no ordinary file");
    bool exists = lstat(path, &status) == 0;
    int answer = exists ? may_overwrite(path) : 1;
    if (answer < 0) {
        fprintf(stderr, "\nAborted!\n");
        return 1;
    }
    if (answer == 0) {
        printf("Key generation aborted.\n");
        return 0;
    }
    int code = nordfu_key_generate(path, exists, &error);
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
            .arguments = key_file,
            .argument_count = 1,
        },
    .run = run_generate,
};

enum { DISPLAY_KEY, DISPLAY_FORMAT, DISPLAY_OUT, DISPLAY_OPTIONS };

static const char *const halves[] = {"pk", "sk", NULL};
static const char *const formats[] = {"hex", "code", "pem", "dbgcode", NULL};

static const struct args_option display_options[DISPLAY_OPTIONS] = {
    [DISPLAY_KEY] = {NULL, "--key", ARGS_CHOICE, "The public (pk) or the private key (sk).", halves,
                     true},
    [DISPLAY_FORMAT] = {NULL, "--format", ARGS_CHOICE, "How to show it; only pem so far.", formats,
                        true},
    [DISPLAY_OUT] = {NULL, "--out_file", ARGS_TEXT, "Write to this file.", NULL, false},
};

/* Copies a small file to standard output. */
static int print_file(const char *path, struct nordfu_error *error)
{
    char text[1024];
    FILE *file = fopen(path, "re");
    size_t size = file != NULL ? fread(text, 1, sizeof(text), file) : 0;
    if (file != NULL)
        fclose(file);
    if (size == 0)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "The key's text in %s can't be read.",
                                path);
    printf("%.*s\n", (int)size, text);
    return 0;
}

static int run_display(struct app *app, const struct args *args)
{
    (void)app;
    const char *out = args->values[DISPLAY_OUT].text;
    struct nordfu_error error = {0};
    if (strcmp(args->values[DISPLAY_KEY].text, "pk") != 0 ||
        strcmp(args->values[DISPLAY_FORMAT].text, "pem") != 0)
        return args_complain(args, "Only --key pk --format pem can be shown yet.");
    char folder[] = "/tmp/nordfu-XXXXXX", path[64] = "";
    bool to_screen = out == NULL || out[0] == 0;
    if (to_screen) {
        if (mkdtemp(folder) == NULL) {
            nordfu_error_set(&error, NORDFU_ERR_SYSTEM, "A folder in /tmp can't be made.");
            return command_fail(&error);
        }
        snprintf(path, sizeof(path), "%s/key.pem", folder);
    }
    int code = nordfu_key_write_public(args->arguments[0], to_screen ? path : out, &error);
    if (to_screen) {
        code = code == 0 ? print_file(path, &error) : code;
        unlink(path);
        rmdir(folder);
    }
    return code == 0 ? 0 : command_fail(&error);
}

const struct command cmd_keys_display = {
    .args =
        {
            .name = "keys display",
            .tail = "[OPTIONS] KEY_FILE",
            .summary = "Show the public half of a key.",
            .options = display_options,
            .option_count = DISPLAY_OPTIONS,
            .arguments = key_file,
            .argument_count = 1,
        },
    .run = run_display,
};
