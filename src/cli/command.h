/* SPDX-License-Identifier: MIT
 * A subcommand is a row of the table in main.c and a file cmd_<name>.c. */
#ifndef NORDFU_CLI_COMMAND_H
#define NORDFU_CLI_COMMAND_H

#include <pthread.h>
#include <stdio.h>

#include "cli/args.h"
#include "nordfu/error.h"
#include "nordfu/log.h"

struct progress;

/* What all commands share: made by main, handed down. */
struct app {
    const char *program;   /* as called */
    unsigned verbosity;    /* number of -v */
    struct nordfu_log log; /* to standard error and to the file of -o */
    FILE *log_file;        /* NULL without -o */
    int log_errno;         /* why a line could not be written to it, 0 = all were */
    bool output_optional;  /* what is done counts, even if standard output can't take the words */
    pthread_mutex_t log_lock;
    struct progress *progress; /* whose bar has to make room for a log line, or NULL */
};

struct command {
    struct args_command args;
    int (*run)(struct app *app, const struct args *args); /* returns the exit code */
};

extern const struct command cmd_dfu_ble;
extern const struct command cmd_sim;
extern const struct command cmd_keys_generate;
extern const struct command cmd_keys_display;
extern const struct command cmd_pkg_generate;
extern const struct command cmd_pkg_display;
extern const struct command cmd_pkg_verify;
extern const struct command cmd_pkg_extract;
extern const struct command cmd_pkg_lint;
extern const struct command cmd_settings_generate;
extern const struct command cmd_settings_display;
extern const struct command cmd_image_info;
extern const struct command cmd_image_convert;
extern const struct command cmd_zigbee_production_config;
extern const struct command cmd_bond_list;
extern const struct command cmd_bond_remove;

/* The exit code of a class of failure: its positive value, 130 when cancelled. */
int command_exit_code(int code);
/* "Error: SENTENCE" on standard error, made safe for terminals; returns command_exit_code. */
int command_fail(const struct nordfu_error *error);

#endif
