/* SPDX-License-Identifier: MIT */
#include "package/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/whole.h"

/* Names tried for a temporary file; more than one is only met when processes die in the middle. */
#define MAX_TEMP_NAMES 100

static int refuse_read(struct nordfu_error *error, const char *what, const char *path, int number)
{
    const char *advice = number == ENOENT || number == ENOTDIR ? "check the path"
                         : number == EACCES                    ? "ask for permission to read it"
                                                               : "check the disk it is on";
    return nordfu_error_from(error, NORDFU_ERR_PACKAGE, NORDFU_SPEAKER_SYSTEM, (uint32_t)number,
                             "The %s %s can't be read (%s): %s.", what, path, strerror(number),
                             advice);
}

static int check_kind(const struct stat *info, size_t limit, const char *what, const char *path,
                      struct nordfu_error *error)
{
    if (S_ISDIR(info->st_mode))
        return nordfu_error_from(error, NORDFU_ERR_PACKAGE, NORDFU_SPEAKER_SYSTEM, EISDIR,
                                 "The %s %s is a folder: give the path of a file.", what, path);
    if (!S_ISREG(info->st_mode))
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "The %s %s is not a regular file: save it as a file first.", what,
                                path);
    if ((uintmax_t)info->st_size > limit)
        return nordfu_error_set(
            error, NORDFU_ERR_PACKAGE,
            "The %s %s is too large (%ju bytes, at most %zu are read): check that "
            "it is the right file.",
            what, path, (uintmax_t)info->st_size, limit);
    return 0;
}

int file_read(struct buf *out, const char *path, size_t limit, const char *what,
              struct nordfu_error *error)
{
    struct stat info;
    /* Without O_NONBLOCK a named pipe would keep us waiting for a writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int rc = fd < 0 || fstat(fd, &info) != 0 ? refuse_read(error, what, path, errno) : 0;
    if (rc != 0)
        goto out;
    rc = check_kind(&info, limit, what, path, error);
    if (rc != 0)
        goto out;
    if (!buf_append(out, NULL, (size_t)info.st_size)) {
        rc = nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
        goto out;
    }
    int number = whole_read(fd, out);
    if (number != 0) {
        buf_free(out);
        rc = refuse_read(error, what, path, number);
    }
out:
    if (fd >= 0)
        close(fd);
    return rc;
}

bool file_is_same(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

static int refuse_write(struct nordfu_error *error, const char *what, const char *path, int number)
{
    const char *advice = number == ENOENT || number == ENOTDIR ? "make the folder first"
                         : number == EACCES || number == EROFS || number == EPERM
                             ? "choose a folder that you may write to"
                         : number == ENOSPC || number == EDQUOT ? "make room on the disk"
                                                                : "choose another place";
    return nordfu_error_from(error, NORDFU_ERR_SYSTEM, NORDFU_SPEAKER_SYSTEM, (uint32_t)number,
                             "The %s %s can't be written (%s): %s.", what, path, strerror(number),
                             advice);
}

static int refuse_existing(struct nordfu_error *error, const char *what, const char *path)
{
    return nordfu_error_from(error, NORDFU_ERR_USAGE, NORDFU_SPEAKER_SYSTEM, EEXIST,
                             "The %s %s can't be written, because something of that name exists "
                             "already: choose another name, or allow it to be overwritten.",
                             what, path);
}

/*
 * Where to write when `path` is meant: its target when it is a link. Returns 0, or an error when
 * something other than a regular file is there, which a rename would destroy (/dev/null, say).
 */
static int find_place(char place[PATH_MAX], const char *path, bool overwrite, const char *what,
                      struct nordfu_error *error)
{
    struct stat info;
    if (snprintf(place, PATH_MAX, "%s", path) >= PATH_MAX)
        return refuse_write(error, what, path, ENAMETOOLONG);
    if (lstat(path, &info) != 0)
        return 0;
    if (!overwrite)
        return refuse_existing(error, what, path);
    if (S_ISLNK(info.st_mode) && realpath(path, place) == NULL)
        return refuse_write(error, what, path, errno);
    if (stat(place, &info) == 0 && !S_ISREG(info.st_mode))
        return nordfu_error_set(
            error, NORDFU_ERR_USAGE,
            "The %s %s can't be written, because that is %s: choose another name.", what, path,
            S_ISDIR(info.st_mode) ? "a folder" : "no regular file");
    return 0;
}

/* Makes an empty file of a new name beside `place`. Returns its descriptor, or -1 with errno. */
static int open_temp(char temp[PATH_MAX], const char *place, unsigned mode)
{
    const char *slash = strrchr(place, '/');
    int folder = slash != NULL ? (int)(slash - place) + 1 : 0;
    for (unsigned i = 0; i < MAX_TEMP_NAMES; i++) {
        if (snprintf(temp, PATH_MAX, "%.*s.nordfu-%ld-%u.tmp", folder, place, (long)getpid(), i) >=
            PATH_MAX) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

/* Gives the complete file its name. Returns 0 or errno. */
static int put_in_place(const char *temp, const char *place, bool overwrite)
{
    if (overwrite)
        return rename(temp, place) == 0 ? 0 : errno;
    /* A link, unlike a rename, fails when somebody else made the file meanwhile. */
    if (link(temp, place) == 0) {
        unlink(temp);
        return 0;
    }
    if (errno == EEXIST)
        return EEXIST;
    /* A file system without links (FAT): the check made before has to do. */
    return rename(temp, place) == 0 ? 0 : errno;
}

int file_write(const char *path, const void *bytes, size_t size, unsigned mode, bool overwrite,
               const char *what, struct nordfu_error *error)
{
    char place[PATH_MAX], temp[PATH_MAX];
    int rc = find_place(place, path, overwrite, what, error);
    if (rc != 0)
        return rc;
    int fd = open_temp(temp, place, mode);
    if (fd < 0)
        return refuse_write(error, what, path, errno);
    int number = whole_write(fd, bytes, size);
    if (number == 0)
        number = put_in_place(temp, place, overwrite);
    if (number == 0)
        return 0;
    unlink(temp);
    return number == EEXIST ? refuse_existing(error, what, path)
                            : refuse_write(error, what, path, number);
}
