/*
 * SPDX-License-Identifier: MIT
 * Options and arguments of one command, from a table.
 *
 * Options and arguments may be mixed. "--name VALUE", "--name=VALUE", "-nVALUE" and "-n VALUE" for
 * one letter, and names of several letters behind a single dash ("-pkg FILE", "-pkg=FILE") that
 * behave like long ones. "--" ends the options. There are no abbreviations; of a repeated option
 * the last one counts. A value may begin with a dash.
 */
#ifndef NORDFU_CLI_ARGS_H
#define NORDFU_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ARGS_MAX_OPTIONS = 32,
    ARGS_MAX_REPEATS = 16,
    ARGS_MAX_ARGUMENTS = 4,
    EXIT_USAGE = 2,
};

enum args_kind {
    ARGS_FLAG,
    ARGS_COUNT,   /* a flag that counts */
    ARGS_TEXT,    /* any text */
    ARGS_FILE,    /* an existing file */
    ARGS_INTEGER, /* decimal */
    ARGS_BASED,   /* 0..0xFFFFFFFF; 0x hexadecimal, leading 0 octal, "none" = not given */
    ARGS_WRAPPED, /* like ARGS_BASED, but any integer: reduced modulo 2^32 */
    ARGS_REAL,    /* 0.0 or more, with a decimal point */
    ARGS_CHOICE,  /* one of `choices` */
    ARGS_LIST,    /* any text, repeatable: all are kept */
};

struct args_option {
    const char *short_name; /* "-p", "-pkg"; NULL = none */
    const char *name;       /* "--package" */
    enum args_kind kind;
    const char *help;
    const char *const *choices; /* ARGS_CHOICE: ends with NULL */
    bool required;
};

struct args_argument {
    const char *name; /* "ZIPFILE" */
};

/* What is known of one option after parsing. */
struct args_value {
    unsigned count;                    /* how often it was given ("none" counts as not given) */
    const char *text;                  /* the last value as typed */
    int64_t number;                    /* ARGS_INTEGER, ARGS_BASED, ARGS_WRAPPED */
    double real;                       /* ARGS_REAL */
    const char *all[ARGS_MAX_REPEATS]; /* ARGS_LIST */
};

struct args_command {
    const char *name;    /* "dfu ble"; "" for the program itself */
    const char *tail;    /* "[OPTIONS] ZIPFILE" */
    const char *summary; /* one sentence for lists of commands */
    const char *details; /* more for --help, or NULL */
    const struct args_option *options;
    size_t option_count;
    const struct args_argument *arguments;
    size_t argument_count;
    size_t optional_count; /* how many of the last arguments may be left out (NULL) */
    bool stop_at_argument; /* what follows the first argument is another command's */
};

struct args {
    const char *program; /* as called: "nordfu" or "nrfutil" */
    const struct args_command *command;
    struct args_value values[ARGS_MAX_OPTIONS]; /* in the order of command->options */
    const char *arguments[ARGS_MAX_ARGUMENTS];
    int next; /* stop_at_argument: index in argv of the first argument, or argc */
};

enum {
    ARGS_GO_ON = -1, /* of args_parse: there is something to run */
};

/*
 * Parses argv[first..argc). Returns ARGS_GO_ON, or an exit code: 0 after --help was answered on
 * standard output, EXIT_USAGE after a complaint on standard error.
 */
int args_parse(struct args *args, const char *program, const struct args_command *command, int argc,
               char **argv, int first);

/* The usage lines and "Error: ..." on standard error. Returns EXIT_USAGE. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
int args_complain(const struct args *args, const char *format, ...);

/* The --help text of args->command, on standard output. */
void args_help(const struct args *args);

/* Reads a number by the rule of ARGS_BASED (without "none"). */
bool args_read_based(const char *text, uint32_t *value);

/* Reads a number by the rule of ARGS_WRAPPED (without "none"); one with a sign is decimal. */
bool args_read_wrapped(const char *text, uint32_t *value);

/* The name in `names` (NULL-terminated) that was probably meant by `text`, or NULL. */
const char *args_nearest(const char *text, const char *const *names);

#endif
