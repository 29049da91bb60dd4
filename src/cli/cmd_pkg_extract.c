/* SPDX-License-Identifier: MIT
 * nordfu pkg extract: the files of a package, in a folder. */
#include "cli/command.h"
#include "cli/text.h"
#include "nordfu/package.h"

enum { OPTION_FOLDER, OPTION_FORCE, OPTIONS };

static const struct args_option options[OPTIONS] = {
    [OPTION_FOLDER] = {"-o", "--folder", ARGS_TEXT,
                       "The folder to unpack into, made if it is missing; the current one by "
                       "default.",
                       NULL, false},
    [OPTION_FORCE] = {NULL, "--force", ARGS_FLAG, "Replace files that exist.", NULL, false},
};

static void print_file(void *context, const char *name, const char *path, size_t size)
{
    (void)context;
    (void)name;
    char safe[4096];
    text_escape(safe, sizeof(safe), path);
    printf("Wrote %zu bytes to %s\n", size, safe);
}

static int run_extract(struct app *app, const struct args *args)
{
    (void)app;
    const char *folder = args->values[OPTION_FOLDER].text;
    struct nordfu_error error = {0};
    if (folder != NULL && folder[0] == '\0')
        return args_complain(args, "Invalid value for '-o' / '--folder': it is empty.");
    int count =
        nordfu_package_extract(args->arguments[0], folder != NULL ? folder : ".",
                               args->values[OPTION_FORCE].count > 0, print_file, NULL, &error);
    return count < 0 ? command_fail(&error) : 0;
}

static const struct args_argument zip_file[] = {{"ZIP_FILE"}};

const struct command cmd_pkg_extract = {
    .args =
        {
            .name = "pkg extract",
            .tail = "[OPTIONS] ZIP_FILE",
            .summary = "Unpack the files of a package.",
            .details = "Nothing is written unless everything can be: no file is replaced without "
                       "--force, and none is written outside of the folder.",
            .options = options,
            .option_count = OPTIONS,
            .arguments = zip_file,
            .argument_count = 1,
        },
    .run = run_extract,
};
