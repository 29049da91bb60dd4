/* SPDX-License-Identifier: MIT */
#include "cli/trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/text.h"

static void write_line(void *context, uint64_t time, const char *line)
{
    struct trace_file *trace = context;
    char safe[4096];
    if (!trace->begun)
        trace->first = time;
    trace->begun = true;
    /* The port is opened before its clock is known to everybody. */
    uint64_t since = time > trace->first ? time - trace->first : 0;
    text_escape(safe, sizeof(safe), line);
    if (fprintf(trace->file, "%12.6f %s\n", (double)since / 1e6, safe) < 0 && trace->code == 0)
        trace->code = errno;
}

/* A private file from the first byte on; a file that was there is emptied and made private. */
static FILE *open_private(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    struct stat status;
    if (fd < 0)
        return NULL;
    FILE *file = NULL;
    if (fstat(fd, &status) == 0 && (!S_ISREG(status.st_mode) || fchmod(fd, S_IRUSR | S_IWUSR) == 0))
        file = fdopen(fd, "w");
    if (file == NULL)
        close(fd);
    return file;
}

int trace_file_open(struct trace_file *trace, const char *path, struct nordfu_log *log,
                    struct nordfu_error *error)
{
    *trace = (struct trace_file){.file = open_private(path), .path = path};
    if (trace->file == NULL)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The file of --trace, %s, can't be written: %s.", path,
                                strerror(errno));
    log->trace = write_line;
    log->trace_context = trace;
    return 0;
}

int trace_file_close(struct trace_file *trace, struct nordfu_log *log, struct nordfu_error *error)
{
    if (trace->file == NULL)
        return 0;
    log->trace = NULL;
    if (fclose(trace->file) != 0 && trace->code == 0)
        trace->code = errno;
    trace->file = NULL;
    if (trace->code == 0)
        return 0;
    return nordfu_error_from(error, NORDFU_ERR_SYSTEM, NORDFU_SPEAKER_SYSTEM, (uint32_t)trace->code,
                             "The trace in %s is not complete: %s.", trace->path,
                             strerror(trace->code));
}
