/* SPDX-License-Identifier: MIT */
#include "cli/args.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct parser {
    struct args *args;
    int argc;
    char **argv;
    int next;
    size_t arguments;
    bool options_over;
    bool help;
};

static void print_command(FILE *out, const struct args *args)
{
    fprintf(out, "%s", args->program);
    if (args->command->name[0] != 0)
        fprintf(out, " %s", args->command->name);
}

static void usage_line(FILE *out, const struct args *args)
{
    fprintf(out, "Usage: ");
    print_command(out, args);
    fprintf(out, " %s\n", args->command->tail);
}

int args_complain(const struct args *args, const char *format, ...)
{
    usage_line(stderr, args);
    fprintf(stderr, "Try '");
    print_command(stderr, args);
    fprintf(stderr, " --help' for help.\n\nError: ");
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

/* "'-p' / '--port'", as messages name an option. */
static const char *both_names(const struct args_option *option, char text[80])
{
    if (option->short_name != NULL)
        snprintf(text, 80, "'%s' / '%s'", option->short_name, option->name);
    else
        snprintf(text, 80, "'%s'", option->name);
    return text;
}

static bool takes_value(const struct args_option *option)
{
    return option->kind != ARGS_FLAG && option->kind != ARGS_COUNT;
}

/* The number of single edits (a letter more, less, other, or two swapped) between two short words.
 */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][64];
    size_t m = strlen(a), n = strlen(b);
    if (m >= 64 || n >= 64)
        return 64;
    for (size_t j = 0; j <= n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *higher = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                higher[j - 2] + 1 < best)
                best = higher[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[m % 3][n];
}

const char *args_nearest(const char *text, const char *const *names)
{
    const char *nearest = NULL;
    size_t least = strlen(text) / 3 + 1;
    for (; *names != NULL; names++) {
        size_t edits = distance(text, *names);
        bool begins = strlen(text) > 4 && strncmp(*names, text, strlen(text)) == 0;
        if (edits < least || (edits == least && nearest == NULL) || (begins && nearest == NULL)) {
            nearest = *names;
            least = edits < least ? edits : least;
        }
    }
    return nearest;
}

/* Options that are looked for in the wrong place. */
static const struct {
    const char *typed;
    const char *global;  /* how it is written before the command, or NULL */
    const char *instead; /* what does the same, or NULL */
} misplaced[] = {
    {"-v", "-v", NULL},
    {"--verbose", "--verbose", NULL},
    {"-o", "-o FILE", NULL},
    {"--output", "--output FILE", NULL},
    {"--version", NULL, "version"},
};

static int complain_misplaced(const struct args *args, size_t index)
{
    const char *typed = misplaced[index].typed;
    const char *name = args->command->name;
    if (misplaced[index].global != NULL)
        return args_complain(args,
                             "No such option: %s It is a global one and stands before the command: "
                             "'%s %s %s'.",
                             typed, args->program, misplaced[index].global, name);
    return args_complain(args, "No such option: %s Did you mean '%s %s'?", typed, args->program,
                         misplaced[index].instead);
}

static int no_such_option(const struct args *args, const char *typed)
{
    const char *names[ARGS_MAX_OPTIONS + 2] = {"--help"};
    for (size_t i = 0; i < sizeof(misplaced) / sizeof(misplaced[0]); i++)
        if (strcmp(misplaced[i].typed, typed) == 0)
            return complain_misplaced(args, i);
    for (size_t i = 0; i < args->command->option_count; i++)
        names[i + 1] = args->command->options[i].name;
    const char *nearest = strncmp(typed, "--", 2) == 0 ? args_nearest(typed, names) : NULL;
    if (nearest != NULL)
        return args_complain(args, "No such option: %s Did you mean %s?", typed, nearest);
    return args_complain(args, "No such option: %s", typed);
}

bool args_read_based(const char *text, uint32_t *value)
{
    int base = text[0] == '0' ? 8 : 10;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        base = 16;
    if (text[0] == '0' && text[1] != 0 && strchr("xXoO", text[1]) != NULL)
        text += 2;
    if (!isalnum((unsigned char)text[0]))
        return false;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, base);
    if (errno != 0 || *end != 0 || number > UINT32_MAX)
        return false;
    *value = (uint32_t)number;
    return true;
}

bool args_read_wrapped(const char *text, uint32_t *value)
{
    bool negative = text[0] == '-';
    uint32_t base = text[0] == '0' ? 8 : 10, number = 0;
    if (negative || text[0] == '+') {
        text++;
    } else if (base == 8 && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (text[0] == 0)
        return false;
    for (; *text != 0; text++) {
        char c = (char)tolower((unsigned char)*text);
        uint32_t digit = c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10 : (uint32_t)(c - '0');
        if (!isxdigit((unsigned char)c) || digit >= base)
            return false;
        number = number * base + digit;
    }
    *value = negative ? 0 - number : number;
    return true;
}

static int read_integer(const struct args *args, const struct args_option *option, const char *text,
                        struct args_value *value)
{
    char names[80];
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (text[0] == 0 || isspace((unsigned char)text[0]) || *end != 0 || errno != 0)
        return args_complain(args, "Invalid value for %s: '%s' is not a valid integer.",
                             both_names(option, names), text);
    value->number = number;
    return ARGS_GO_ON;
}

static int read_based(const struct args *args, const struct args_option *option, const char *text,
                      struct args_value *value)
{
    char names[80];
    uint32_t number;
    if (strcasecmp(text, "none") == 0) {
        *value = (struct args_value){0};
        return ARGS_GO_ON;
    }
    bool wrapped = option->kind == ARGS_WRAPPED;
    if (!(wrapped ? args_read_wrapped(text, &number) : args_read_based(text, &number)))
        return args_complain(args, "Invalid value for %s: %s is not a valid integer",
                             both_names(option, names), text);
    value->number = number;
    return ARGS_GO_ON;
}

static int read_real(const struct args *args, const struct args_option *option, const char *text,
                     struct args_value *value)
{
    char names[80];
    char *end;
    value->real = strtod(text, &end);
    if (!isdigit((unsigned char)text[0]) || *end != 0 || !(value->real <= 1e9))
        return args_complain(args, "Invalid value for %s: '%s' is not a valid number.",
                             both_names(option, names), text);
    return ARGS_GO_ON;
}

static int read_choice(const struct args *args, const struct args_option *option, const char *text)
{
    char names[80], list[256] = "";
    for (const char *const *choice = option->choices; *choice != NULL; choice++) {
        if (strcmp(*choice, text) == 0)
            return ARGS_GO_ON;
        size_t used = strlen(list);
        snprintf(list + used, sizeof(list) - used, "%s'%s'", used == 0 ? "" : ", ", *choice);
    }
    return args_complain(args, "Invalid value for %s: '%s' is not one of %s.",
                         both_names(option, names), text, list);
}

static int read_file(const struct args *args, const struct args_option *option, const char *text)
{
    char names[80];
    struct stat status;
    if (stat(text, &status) != 0)
        return args_complain(args, "Invalid value for %s: File '%s' does not exist.",
                             both_names(option, names), text);
    if (S_ISDIR(status.st_mode))
        return args_complain(args, "Invalid value for %s: File '%s' is a directory.",
                             both_names(option, names), text);
    return ARGS_GO_ON;
}

static int take_value(const struct args *args, const struct args_option *option, const char *text,
                      struct args_value *value)
{
    if (option->kind == ARGS_LIST) {
        if (value->count == ARGS_MAX_REPEATS)
            return args_complain(args, "Option '%s' may be given %d times.", option->name,
                                 ARGS_MAX_REPEATS);
        value->all[value->count] = text;
    }
    value->count++;
    value->text = text;
    switch (option->kind) {
    case ARGS_INTEGER:
        return read_integer(args, option, text, value);
    case ARGS_BASED:
    case ARGS_WRAPPED:
        return read_based(args, option, text, value);
    case ARGS_REAL:
        return read_real(args, option, text, value);
    case ARGS_CHOICE:
        return read_choice(args, option, text);
    case ARGS_FILE:
        return read_file(args, option, text);
    default:
        return ARGS_GO_ON;
    }
}

/* One occurrence of an option. `typed` is its name as typed, `value` what was attached to it (NULL:
 * nothing). */
static int take_option(struct parser *parser, size_t index, const char *typed, const char *value)
{
    struct args *args = parser->args;
    const struct args_option *option = &args->command->options[index];
    if (!takes_value(option)) {
        if (value != NULL) {
            fprintf(stderr, "Error: Option '%s' does not take a value.\n", typed);
            return EXIT_USAGE;
        }
        args->values[index].count++;
        return ARGS_GO_ON;
    }
    if (value == NULL) {
        if (parser->next == parser->argc) {
            fprintf(stderr, "Error: Option '%s' requires an argument.\n", typed);
            return EXIT_USAGE;
        }
        value = parser->argv[parser->next++];
    }
    return take_value(args, option, value, &args->values[index]);
}

/* "-pVALUE", "-vvv", "-p": letters after one dash. */
static int take_letters(struct parser *parser, const char *word)
{
    const struct args_command *command = parser->args->command;
    for (const char *letter = word + 1; *letter != 0; letter++) {
        char name[3] = {'-', *letter, 0};
        size_t i = 0;
        while (i < command->option_count && (command->options[i].short_name == NULL ||
                                             strcmp(command->options[i].short_name, name) != 0))
            i++;
        if (i == command->option_count)
            return no_such_option(parser->args, name);
        bool valued = takes_value(&command->options[i]);
        int result = take_option(parser, i, name, valued && letter[1] != 0 ? letter + 1 : NULL);
        if (result != ARGS_GO_ON || valued)
            return result;
    }
    return ARGS_GO_ON;
}

/* True if the first `size` letters of `word` are `name`, which is no single letter after one dash.
 */
static bool is_long_name(const char *name, const char *word, size_t size)
{
    return name != NULL && strlen(name) == size && strncmp(name, word, size) == 0 &&
           (name[1] == '-' || size > 2);
}

static int take_word(struct parser *parser, const char *word)
{
    const struct args_command *command = parser->args->command;
    size_t size = strcspn(word, "=");
    const char *value = word[size] == '=' ? word + size + 1 : NULL;
    char typed[64];
    snprintf(typed, sizeof(typed), "%.*s", (int)(size < 60 ? size : 60), word);
    if (is_long_name("--help", word, size)) {
        parser->help = true;
        return ARGS_GO_ON;
    }
    for (size_t i = 0; i < command->option_count; i++)
        if (is_long_name(command->options[i].name, word, size) ||
            is_long_name(command->options[i].short_name, word, size))
            return take_option(parser, i, typed, value);
    return word[1] == '-' ? no_such_option(parser->args, typed) : take_letters(parser, word);
}

static int take_argument(struct parser *parser, const char *word)
{
    struct args *args = parser->args;
    if (parser->arguments >= args->command->argument_count)
        return args_complain(args, "Got unexpected extra argument (%s)", word);
    args->arguments[parser->arguments++] = word;
    return ARGS_GO_ON;
}

static int complain_missing(const struct args *args, const struct args_option *option)
{
    char names[80], list[256] = "";
    both_names(option, names);
    if (option->kind != ARGS_CHOICE)
        return args_complain(args, "Missing option %s.", names);
    for (const char *const *choice = option->choices; *choice != NULL; choice++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof(list) - used, "%s\n\t%s", used == 0 ? "" : ",", *choice);
    }
    return args_complain(args, "Missing option %s. Choose from:%s", names, list);
}

static int check_missing(const struct args *args, size_t arguments)
{
    const struct args_command *command = args->command;
    for (size_t i = 0; i < command->option_count; i++)
        if (command->options[i].required && args->values[i].count == 0)
            return complain_missing(args, &command->options[i]);
    if (arguments + command->optional_count < command->argument_count)
        return args_complain(args, "Missing argument '%s'.", command->arguments[arguments].name);
    return ARGS_GO_ON;
}

int args_parse(struct args *args, const char *program, const struct args_command *command, int argc,
               char **argv, int first)
{
    *args = (struct args){.program = program, .command = command};
    struct parser parser = {.args = args, .argc = argc, .argv = argv, .next = first};
    int result = ARGS_GO_ON;
    while (result == ARGS_GO_ON && !parser.help && parser.next < argc) {
        const char *word = argv[parser.next++];
        if (parser.options_over || word[0] != '-' || word[1] == 0) {
            if (command->stop_at_argument) {
                parser.next--;
                break;
            }
            result = take_argument(&parser, word);
        } else if (strcmp(word, "--") == 0) {
            parser.options_over = true;
        } else {
            result = take_word(&parser, word);
        }
    }
    args->next = parser.next;
    if (result != ARGS_GO_ON)
        return result;
    if (parser.help) {
        args_help(args);
        return 0;
    }
    return check_missing(args, parser.arguments);
}

/* Prints `text` in lines of at most 78 columns, indented by `indent`, beginning at column `column`.
 */
static void wrapped(const char *text, int indent, int column)
{
    while (*text != 0) {
        int size = (int)strcspn(text, " \n");
        if (column + 1 + size > 78 && column > indent) {
            printf("\n%*s", indent, "");
            column = indent;
        }
        printf("%s%.*s", column > indent ? " " : "", size, text);
        column += size + (column > indent);
        text += size;
        if (*text == '\n') {
            printf("\n%*s", indent, "");
            column = indent;
        }
        text += *text != 0;
    }
    putchar('\n');
}

static const char *value_name(const struct args_option *option, char text[128])
{
    static const char *const names[] = {
        [ARGS_FLAG] = "",           [ARGS_COUNT] = "",           [ARGS_TEXT] = " TEXT",
        [ARGS_FILE] = " FILE",      [ARGS_INTEGER] = " INTEGER", [ARGS_BASED] = " NUMBER",
        [ARGS_WRAPPED] = " NUMBER", [ARGS_REAL] = " NUMBER",     [ARGS_LIST] = " TEXT",
    };
    if (option->kind != ARGS_CHOICE)
        return names[option->kind];
    snprintf(text, 128, " [");
    for (const char *const *choice = option->choices; *choice != NULL; choice++)
        snprintf(text + strlen(text), 128 - strlen(text), "%s%s", text[2] == 0 ? "" : "|", *choice);
    snprintf(text + strlen(text), 128 - strlen(text), "]");
    return text;
}

static void option_help(const struct args_option *option)
{
    enum { COLUMN = 30 };
    char left[192], value[128];
    snprintf(left, sizeof(left), "  %s%s%s%s", option->short_name != NULL ? option->short_name : "",
             option->short_name != NULL ? ", " : "", option->name, value_name(option, value));
    printf("%s", left);
    if (strlen(left) + 2 > COLUMN)
        printf("\n%*s", COLUMN, "");
    else
        printf("%*s", COLUMN - (int)strlen(left), "");
    char text[512];
    snprintf(text, sizeof(text), "%s%s", option->help, option->required ? " [required]" : "");
    wrapped(text, COLUMN, COLUMN);
}

void args_help(const struct args *args)
{
    const struct args_command *command = args->command;
    usage_line(stdout, args);
    printf("\n  ");
    wrapped(command->summary, 2, 2);
    if (command->details != NULL) {
        printf("\n  ");
        wrapped(command->details, 2, 2);
    }
    printf("\nOptions:\n");
    for (size_t i = 0; i < command->option_count; i++)
        option_help(&command->options[i]);
    const struct args_option help = {.name = "--help", .help = "Show this message and exit."};
    option_help(&help);
}
