/*
 * SPDX-License-Identifier: MIT
 * Running the program from a C test, in the current folder, and what it said. The test needs
 * NORDFU_PROGRAM, the path of the program.
 */
#ifndef NORDFU_TESTS_PROGRAM_H
#define NORDFU_TESTS_PROGRAM_H

#include "test.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM_ARGS_MAX 40
#define PROGRAM_TEXT_MAX 16384

struct program {
    int code;                   /* exit code */
    char out[PROGRAM_TEXT_MAX]; /* standard output and standard error, each cut if longer */
    char err[PROGRAM_TEXT_MAX];
};

static inline void program_catch(int fd, char text[PROGRAM_TEXT_MAX])
{
    size_t size = 0;
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    for (ssize_t n; (n = read(fd, text + size, PROGRAM_TEXT_MAX - 1 - size)) > 0;)
        size += (size_t)n;
    text[size] = 0;
    close(fd);
}

/* Runs it under the name argv[0] ("nrfutil" changes its messages) with `argv`, which ends with
 * NULL, and with the file `input` as standard input. */
static inline void program_run_argv_input(struct program *program, char **argv, const char *input)
{
    char out[] = "/tmp/nordfu-out-XXXXXX", err[] = "/tmp/nordfu-err-XXXXXX";
    int out_fd = mkstemp(out), err_fd = mkstemp(err), status = 0;
    assert_true(out_fd >= 0 && err_fd >= 0);
    unlink(out);
    unlink(err);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int in = open(input, O_RDONLY);
        if (dup2(in, 0) == 0 && dup2(out_fd, 1) == 1 && dup2(err_fd, 2) == 2)
            execv(NORDFU_PROGRAM, argv);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    program->code = WEXITSTATUS(status);
    program_catch(out_fd, program->out);
    program_catch(err_fd, program->err);
}

static inline void program_run_argv(struct program *program, char **argv)
{
    program_run_argv_input(program, argv, "/dev/null");
}

/* Runs it as "nrfutil" with the strings of a JSON array and the file `input` as standard input. */
static inline void program_run_input(struct program *program, const json_t *args, const char *input)
{
    char *argv[PROGRAM_ARGS_MAX + 2] = {(char[]){"nrfutil"}};
    size_t count = json_array_size(args);
    assert_in_range(count, 0, PROGRAM_ARGS_MAX);
    for (size_t i = 0; i < count; i++) {
        argv[i + 1] = strdup(json_string_value(json_array_get(args, i)));
        assert_non_null(argv[i + 1]);
    }
    program_run_argv_input(program, argv, input);
    for (size_t i = 0; i < count; i++)
        free(argv[i + 1]);
}

static inline void program_run(struct program *program, const json_t *args)
{
    program_run_input(program, args, "/dev/null");
}

#endif
