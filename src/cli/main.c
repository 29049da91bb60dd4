/* SPDX-License-Identifier: MIT
 * nordfu: the table of subcommands, and what is common to all of them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "nordfu.h"

static const struct command *const commands[] = {
    &cmd_dfu_ble,          &cmd_keys_generate, &cmd_keys_display,  &cmd_pkg_generate,
    &cmd_pkg_display,      &cmd_pkg_verify,    &cmd_pkg_extract,   &cmd_pkg_lint,
    &cmd_bond_list,        &cmd_bond_remove,   &cmd_sim,           &cmd_settings_generate,
    &cmd_settings_display, &cmd_image_info,    &cmd_image_convert, &cmd_zigbee_production_config,
};

enum {
    COMMANDS = sizeof(commands) / sizeof(commands[0]),
    EXIT_CANCELLED = 130, /* what shells report for Ctrl-C */
};

static const struct {
    const char *name, *summary;
} groups[] = {
    {"dfu", "Update a device."},
    {"keys", "Make and show signing keys."},
    {"pkg", "Make and show update packages."},
    {"settings", "Make and show bootloader settings pages."},
    {"image", "Show and convert firmware files."},
    {"zigbee", "Make files for Zigbee devices."},
    {"bond", "Show and delete the bonds with devices."},
};

enum { GLOBAL_VERBOSE, GLOBAL_OUTPUT };

static const struct args_option global_options[] = {
    [GLOBAL_VERBOSE] = {"-v", "--verbose", ARGS_COUNT,
                        "Log to standard error; up to four times: warnings, information, details, "
                        "every byte on the wire.",
                        NULL, false},
    [GLOBAL_OUTPUT] = {"-o", "--output", ARGS_TEXT, "Log to this file, too (appended).", NULL,
                       false},
};

static const struct args_command top = {
    .name = "",
    .tail = "[OPTIONS] COMMAND [ARGS]...",
    .summary = "Update the firmware of Nordic nRF devices.",
    .options = global_options,
    .option_count = sizeof(global_options) / sizeof(global_options[0]),
    .stop_at_argument = true,
};

int command_exit_code(int code)
{
    if (code == NORDFU_ERR_CANCELLED)
        return EXIT_CANCELLED;
    return code < 0 ? -code : code;
}

int command_fail(const struct nordfu_error *error)
{
    char safe[2 * sizeof(error->text)];
    text_escape(safe, sizeof(safe), error->text);
    fprintf(stderr, "Error: %s\n", safe);
    return command_exit_code(error->code);
}

static void write_log(void *context, enum nordfu_log_level level, const char *text)
{
    struct app *app = context;
    (void)level;
    char safe[4096], stamp[32];
    text_escape(safe, sizeof(safe), text);
    struct timespec now;
    struct tm local;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &local);
    pthread_mutex_lock(&app->log_lock);
    if (app->progress != NULL)
        progress_hold(app->progress);
    if (app->verbosity > 0 || app->log_file == NULL)
        fprintf(stderr, "%s,%03ld %s\n", stamp, now.tv_nsec / 1000000, safe);
    if (app->log_file != NULL) {
        fprintf(app->log_file, "%s,%03ld %s\n", stamp, now.tv_nsec / 1000000, safe);
        if (fflush(app->log_file) != 0)
            app->log_errno = errno;
    }
    if (app->progress != NULL)
        progress_release(app->progress);
    pthread_mutex_unlock(&app->log_lock);
}

static int open_log(struct app *app, const struct args *args)
{
    const char *path = args->values[GLOBAL_OUTPUT].text;
    unsigned level = args->values[GLOBAL_VERBOSE].count;
    app->verbosity = level;
    app->log.level =
        level < NORDFU_LOG_TRANSPORT ? (enum nordfu_log_level)level : NORDFU_LOG_TRANSPORT;
    if (path == NULL)
        return 0;
    app->log_file = fopen(path, "ae");
    if (app->log_file == NULL)
        return args_complain(args, "Invalid value for '-o' / '--output': '%s': %s.", path,
                             strerror(errno));
    return 0;
}

static void list_row(const char *name, const char *summary)
{
    printf("  %-10s %s\n", name, summary);
}

/* The commands below `group`, or groups and commands without one. */
static void list_commands(const char *group)
{
    size_t size = strlen(group);
    printf("\nCommands:\n");
    for (size_t i = 0; size == 0 && i < sizeof(groups) / sizeof(groups[0]); i++)
        list_row(groups[i].name, groups[i].summary);
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *name = commands[i]->args.name;
        if (size == 0 && strchr(name, ' ') == NULL)
            list_row(name, commands[i]->args.summary);
        else if (size > 0 && strncmp(name, group, size) == 0 && name[size] == ' ')
            list_row(name + size + 1, commands[i]->args.summary);
    }
    if (size == 0) {
        list_row("version", "Print the version.");
        list_row("help", "Explain a command.");
    }
}

static const struct command *find_command(const char *group, const char *name)
{
    char full[64];
    snprintf(full, sizeof(full), "%s%s%s", group, group[0] != 0 ? " " : "", name);
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->args.name, full) == 0)
            return commands[i];
    return NULL;
}

static int no_such_command(const struct args *args, const char *group, const char *typed)
{
    size_t size = strlen(group), count = 0;
    const char *names[COMMANDS + 8] = {NULL};
    for (size_t i = 0; size == 0 && i < sizeof(groups) / sizeof(groups[0]); i++)
        names[count++] = groups[i].name;
    if (size == 0) {
        names[count++] = "version";
        names[count++] = "help";
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        const char *name = commands[i]->args.name;
        if (size == 0 && strchr(name, ' ') == NULL)
            names[count++] = name;
        else if (size > 0 && strncmp(name, group, size) == 0 && name[size] == ' ')
            names[count++] = name + size + 1;
    }
    const char *nearest = args_nearest(typed, names);
    if (nearest != NULL)
        return args_complain(args, "No such command '%s'. Did you mean '%s'?", typed, nearest);
    return args_complain(args, "No such command '%s'.", typed);
}

static int run_command(struct app *app, const struct command *command, int argc, char **argv,
                       int first)
{
    struct args args;
    int result = args_parse(&args, app->program, &command->args, argc, argv, first);
    return result == ARGS_GO_ON ? command->run(app, &args) : result;
}

static int run_group(struct app *app, size_t index, int argc, char **argv, int first)
{
    struct args args;
    const struct args_command group = {
        .name = groups[index].name,
        .tail = "[OPTIONS] COMMAND [ARGS]...",
        .summary = groups[index].summary,
        .stop_at_argument = true,
    };
    int result = args_parse(&args, app->program, &group, argc, argv, first);
    bool bare = result == ARGS_GO_ON && args.next == argc;
    if (bare)
        args_help(&args);
    if (bare || result == 0)
        list_commands(group.name);
    if (bare || result != ARGS_GO_ON)
        return bare ? 0 : result;
    const struct command *command = find_command(group.name, argv[args.next]);
    if (command == NULL)
        return no_such_command(&args, group.name, argv[args.next]);
    return run_command(app, command, argc, argv, args.next + 1);
}

static int run_version(struct app *app, int argc, char **argv, int first)
{
    struct args args;
    const struct args_command version = {
        .name = "version", .tail = "[OPTIONS]", .summary = "Print the version."};
    int result = args_parse(&args, app->program, &version, argc, argv, first);
    if (result != ARGS_GO_ON)
        return result;
    printf("nordfu version %s\n", NORDFU_VERSION);
    return 0;
}

static int run_word(struct app *app, const struct args *args, int argc, char **argv, int at)
{
    const char *word = argv[at];
    if (strcmp(word, "version") == 0)
        return run_version(app, argc, argv, at + 1);
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        if (strcmp(groups[i].name, word) == 0)
            return run_group(app, i, argc, argv, at + 1);
    const struct command *command = find_command("", word);
    if (command == NULL)
        return no_such_command(args, "", word);
    return run_command(app, command, argc, argv, at + 1);
}

/* "help dfu ble" is "dfu ble --help". */
static int run_help(struct app *app, const struct args *args, int argc, char **argv, int first)
{
    static const struct args_command help = {
        .name = "help",
        .tail = "[OPTIONS] [COMMAND]...",
        .summary = "Explain a command.",
        .stop_at_argument = true,
    };
    struct args own;
    int result = args_parse(&own, app->program, &help, argc, argv, first);
    if (result != ARGS_GO_ON)
        return result;
    int left = argc - own.next;
    if (left == 0) {
        args_help(args);
        list_commands("");
        return 0;
    }
    char **typed = argv + own.next;
    if (strcmp(typed[0], "help") == 0 && left > 1)
        return args_complain(&own, "Got unexpected extra argument (%s)", typed[1]);
    if (strcmp(typed[0], "help") == 0) {
        args_help(&own);
        return 0;
    }
    char flag[] = "--help";
    char *words[5] = {argv[0]}; /* a third word is one too many, as the command will say */
    int count = 1;
    while (count <= 3 && count <= left) {
        words[count] = typed[count - 1];
        count++;
    }
    words[count++] = flag;
    return run_word(app, args, count, words, 1);
}

static int run(struct app *app, int argc, char **argv)
{
    struct args args;
    int result = args_parse(&args, app->program, &top, argc, argv, 1);
    bool bare = result == ARGS_GO_ON && args.next == argc;
    if (bare && argc > 1)
        return args_complain(&args, "Missing command.");
    if (bare)
        args_help(&args);
    if (bare || result == 0)
        list_commands("");
    if (bare || result != ARGS_GO_ON)
        return bare ? 0 : result;
    result = open_log(app, &args);
    if (result != 0)
        return result;
    if (strcmp(argv[args.next], "help") == 0)
        return run_help(app, &args, argc, argv, args.next + 1);
    return run_word(app, &args, argc, argv, args.next);
}

static const char *program_name(const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : path;
    return name != NULL && strcmp(name, "nrfutil") == 0 ? "nrfutil" : "nordfu";
}

/* A closed standard stream would otherwise become the next file, which may be the dongle. */
static void keep_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

/* True if a pipe's reader went away, as `head` does: what is lost then nobody wanted. */
static bool reader_left(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLERR | POLLHUP)) != 0;
}

/* Standard output reports at the latest here that it took not everything. Returns the exit code. */
static int close_output(const struct app *app, int result)
{
    bool left = reader_left(STDOUT_FILENO), failed = ferror(stdout) != 0;
    errno = 0;
    failed = fclose(stdout) != 0 || failed;
    if (!failed || left || errno == EPIPE)
        return result;
    /* The reason is known if what did not fit waits to the end. */
    const char *reason = errno != 0 ? strerror(errno) : "";
    const char *colon = errno != 0 ? ": " : "";
    if (app->output_optional || result != 0) {
        fprintf(stderr, "Warning: The output could not be written completely%s%s.\n", colon,
                reason);
        return result;
    }
    fprintf(stderr, "Error: The output could not be written completely%s%s.\n", colon, reason);
    return command_exit_code(NORDFU_ERR_SYSTEM);
}

static void close_log(struct app *app)
{
    if (app->log_file == NULL)
        return;
    if (fclose(app->log_file) != 0 && app->log_errno == 0)
        app->log_errno = errno;
    if (app->log_errno != 0)
        fprintf(stderr, "Warning: The log file could not be written completely: %s.\n",
                strerror(app->log_errno));
}

int main(int argc, char **argv)
{
    keep_standard_streams();
    struct app app = {.program = program_name(argv[0])};
    app.log = (struct nordfu_log){.write = write_log, .context = &app};
    pthread_mutex_init(&app.log_lock, NULL);
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away must not end an update */
    int result = run(&app, argc, argv);
    result = close_output(&app, result);
    close_log(&app);
    pthread_mutex_destroy(&app.log_lock);
    return result;
}
