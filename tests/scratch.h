/* SPDX-License-Identifier: MIT
 * A scratch folder for a test program, files in it, and running a check as an ordinary user. */
#ifndef NORDFU_TESTS_SCRATCH_H
#define NORDFU_TESTS_SCRATCH_H

#include "test.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCRATCH_FILE_MAX ((size_t)4 << 20)
#define SCRATCH_NOBODY   65534

struct scratch {
    char folder[64];
};

/* Makes the folder, open to everybody, and enters it. Use as cmocka's setup with scratch_leave. */
static inline int scratch_enter(void **state)
{
    struct scratch *scratch = calloc(1, sizeof(*scratch));
    if (scratch == NULL)
        return -1;
    strcpy(scratch->folder, "/tmp/nordfu-scratch-XXXXXX");
    if (mkdtemp(scratch->folder) == NULL || chmod(scratch->folder, 0755) != 0 ||
        chdir(scratch->folder) != 0)
        return -1;
    *state = scratch;
    return 0;
}

/* Number of things in the current folder, hidden ones included; removes them all if asked. */
static inline size_t scratch_count(bool removing)
{
    DIR *folder = opendir(".");
    assert_non_null(folder);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (removing && unlink(entry->d_name) != 0)
            rmdir(entry->d_name);
    }
    closedir(folder);
    return count;
}

static inline int scratch_leave(void **state)
{
    struct scratch *scratch = *state;
    scratch_count(true);
    int rc = chdir("/") != 0 || rmdir(scratch->folder) != 0 ? -1 : 0;
    free(scratch);
    return rc;
}

static inline void scratch_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* The caller frees. */
static inline uint8_t *scratch_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s can't be opened", path);
    uint8_t *bytes = malloc(SCRATCH_FILE_MAX);
    assert_non_null(bytes);
    *size = fread(bytes, 1, SCRATCH_FILE_MAX, file);
    fclose(file);
    return bytes;
}

static inline unsigned scratch_mode(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_mode & 07777;
}

/* Runs `check` in a child without root's rights; fails unless it returns true. */
static inline void scratch_as_nobody(bool (*check)(void))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && (setgid(SCRATCH_NOBODY) != 0 || setuid(SCRATCH_NOBODY) != 0))
            _exit(2);
        _exit(check() ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

#endif
