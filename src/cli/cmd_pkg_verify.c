/* SPDX-License-Identifier: MIT
 * nordfu pkg verify and pkg lint: everything that is wrong with a package, or should not be
 * shipped.
 */
#include "cli/command.h"
#include "cli/json.h"
#include "cli/text.h"
#include "nordfu/package.h"

enum { OPTION_KEY, OPTION_JSON, OPTIONS };
enum { LINT_NEWER, LINT_JSON, LINT_OPTIONS };

static const struct args_option options[OPTIONS] = {
    [OPTION_KEY] = {NULL, "--key", ARGS_FILE,
                    "The key (PEM, public or private) that every image must be signed with; "
                    "without it signatures are not checked.",
                    NULL, false},
    [OPTION_JSON] = {NULL, "--json", ARGS_FLAG, "One JSON object per finding (docs/json.md).", NULL,
                     false},
};

static void print_finding(void *context, const struct nordfu_finding *finding)
{
    (void)context;
    char safe[2048];
    text_escape(safe, sizeof(safe), finding->text);
    printf("%s: %s\n", nordfu_finding_name(finding->code), safe);
}

static void json_finding(void *context, const struct nordfu_finding *finding)
{
    (void)context;
    struct json json;
    json_begin(&json, "finding");
    json_text(&json, "code", nordfu_finding_name(finding->code));
    if (finding->member != NULL)
        json_text(&json, "member", finding->member);
    json_text(&json, "text", finding->text);
    json_end(&json, stdout);
}

static void json_verified(const char *path, int count, bool signatures)
{
    struct json json;
    json_begin(&json, "verified");
    json_text(&json, "path", path);
    json_number(&json, "findings", count);
    json_bool(&json, "signatures", signatures);
    json_end(&json, stdout);
}

static int run_verify(struct app *app, const struct args *args)
{
    (void)app;
    const char *path = args->arguments[0], *key = args->values[OPTION_KEY].text;
    bool json = args->values[OPTION_JSON].count > 0;
    struct nordfu_error error = {0};
    int count =
        nordfu_package_verify_file(path, key, json ? json_finding : print_finding, NULL, &error);
    if (count < 0 && json)
        json_print_error(stdout, &error, command_exit_code(error.code));
    if (count < 0)
        return command_fail(&error);
    if (json)
        json_verified(path, count, key != NULL);
    else if (count == 0)
        printf("No findings%s.\n",
               key != NULL ? "" : "; signatures were not checked, which takes --key");
    return count > 0 ? command_exit_code(NORDFU_ERR_PACKAGE) : 0;
}

static const struct args_argument zip_file[] = {{"ZIP_FILE"}};

const struct command cmd_pkg_verify = {
    .args =
        {
            .name = "pkg verify",
            .tail = "[OPTIONS] ZIP_FILE",
            .summary = "Look for everything that is wrong with a package.",
            .details = "Checked are the zip, manifest against contents, init packets, sizes, "
                       "hashes, and with --key signatures. There is one line per finding; the exit "
                       "code is 1 if there is any.",
            .options = options,
            .option_count = OPTIONS,
            .arguments = zip_file,
            .argument_count = 1,
        },
    .run = run_verify,
};

/* ---- lint ---- */

static const struct args_option lint_options[LINT_OPTIONS] = {
    [LINT_NEWER] = {NULL, "--newer-than", ARGS_FILE, "A package whose versions must be lower.",
                    NULL, false},
    [LINT_JSON] = {NULL, "--json", ARGS_FLAG, "One JSON object per finding (docs/json.md).", NULL,
                   false},
};

static void json_linted(const char *path, int count)
{
    struct json json;
    json_begin(&json, "linted");
    json_text(&json, "path", path);
    json_number(&json, "findings", count);
    json_end(&json, stdout);
}

static int run_lint(struct app *app, const struct args *args)
{
    (void)app;
    const char *path = args->arguments[0];
    bool json = args->values[LINT_JSON].count > 0;
    struct nordfu_error error = {0};
    int count = nordfu_package_lint(path, args->values[LINT_NEWER].text,
                                    json ? json_finding : print_finding, NULL, &error);
    if (count < 0 && json)
        json_print_error(stdout, &error, command_exit_code(error.code));
    if (count < 0)
        return command_fail(&error);
    if (json)
        json_linted(path, count);
    else if (count == 0)
        printf("No findings.\n");
    return count > 0 ? command_exit_code(NORDFU_ERR_PACKAGE) : 0;
}

const struct command cmd_pkg_lint = {
    .args =
        {
            .name = "pkg lint",
            .tail = "[OPTIONS] ZIP_FILE",
            .summary = "Look for what should not be shipped.",
            .details = "Besides what pkg verify finds: images that are not signed or signed with "
                       "the published key, debug mode, versions that are not higher than another "
                       "package's, an application for another SoftDevice. The exit code is 1 if "
                       "there is any finding.",
            .options = lint_options,
            .option_count = LINT_OPTIONS,
            .arguments = zip_file,
            .argument_count = 1,
        },
    .run = run_lint,
};
