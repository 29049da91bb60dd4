/*
 * SPDX-License-Identifier: MIT
 * The file of --trace: a line per message, with the seconds since the first.
 */
#ifndef NORDFU_CLI_TRACE_FILE_H
#define NORDFU_CLI_TRACE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "nordfu/error.h"
#include "nordfu/log.h"

struct trace_file {
    FILE *file; /* NULL = there is no trace */
    const char *path;
    bool begun;
    uint64_t first; /* µs */
    int code;       /* errno of the first line that could not be written, 0 = all were */
};

/*
 * Makes the file anew, readable for its owner only, and has `log` write its trace to it. `trace`
 * must outlive the use of `log`. Errors: NORDFU_ERR_USAGE.
 */
int trace_file_open(struct trace_file *trace, const char *path, struct nordfu_log *log,
                    struct nordfu_error *error);
/* Ends the trace. NORDFU_ERR_SYSTEM if it is not complete. */
int trace_file_close(struct trace_file *trace, struct nordfu_log *log, struct nordfu_error *error);

#endif
