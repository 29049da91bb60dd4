/* SPDX-License-Identifier: MIT */
#include "central/bond_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/whole.h"

#define NAME     "nordfu/bonds"
#define LOCK_END ".lock" /* stays: a lock on a file that comes and goes would be none */
#define NEW_END  ".new"

#define LOCK_PAUSE 10000000 /* ns between two tries to get the lock */

_Static_assert(PATH_MAX <= BOND_FILE_PATH, "every path the system takes has room");

static int refuse(struct nordfu_error *error, const char *path, const char *what, int number)
{
    const char *advice = number == EACCES || number == EPERM || number == EROFS
                             ? "name a file that you may write to"
                         : number == ENOSPC || number == EDQUOT ? "make room on the disk"
                                                                : "check the path and its disk";
    return nordfu_error_from(error, NORDFU_ERR_SYSTEM, NORDFU_SPEAKER_SYSTEM, (uint32_t)number,
                             "The bond store %s can't be %s (%s): %s.", path, what,
                             strerror(number), advice);
}

/* ---- Where it is ---- */

/* A folder from the environment; relative ones don't count. */
static const char *folder_from(const char *variable)
{
    const char *folder = getenv(variable);
    return folder != NULL && folder[0] == '/' ? folder : NULL;
}

static int default_path(char path[BOND_FILE_PATH], struct nordfu_error *error)
{
    const char *state = folder_from("XDG_STATE_HOME"), *home = folder_from("HOME");
    if (state == NULL && home == NULL)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "There is no place for bonds, because neither HOME nor "
                                "XDG_STATE_HOME is set: set one of them, or name a file.");
    int size = state != NULL ? snprintf(path, BOND_FILE_PATH, "%s/" NAME, state)
                             : snprintf(path, BOND_FILE_PATH, "%s/.local/state/" NAME, home);
    return size < BOND_FILE_PATH ? 0 : refuse(error, "in the home folder", "used", ENAMETOOLONG);
}

int bond_file_locate(char path[BOND_FILE_PATH], const char *given, struct nordfu_error *error)
{
    char target[PATH_MAX];
    struct stat info;
    if (given == NULL) {
        int rc = default_path(path, error);
        if (rc != 0)
            return rc;
    } else if (given[0] == '\0' || strlen(given) + sizeof(LOCK_END) > PATH_MAX) {
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "'%.100s' can't be the path of a bond store: name a file.", given);
    } else {
        strcpy(path, given);
    }
    if (lstat(path, &info) != 0 || !S_ISLNK(info.st_mode))
        return 0;
    if (realpath(path, target) == NULL)
        return refuse(error, path, "found", errno);
    strcpy(path, target);
    return 0;
}

int64_t bond_file_time(void)
{
    return time(NULL);
}

/* ---- Reading ---- */

static int check_file(const struct stat *info, const char *path, size_t limit,
                      struct nordfu_error *error)
{
    if (!S_ISREG(info->st_mode))
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM,
                                "The bond store %s is no file: name another one.", path);
    if (info->st_uid != geteuid())
        return nordfu_error_from(error, NORDFU_ERR_SYSTEM, NORDFU_SPEAKER_SYSTEM, EPERM,
                                 "The bond store %s belongs to someone else (user %lu): run as "
                                 "that user, or name another file.",
                                 path, (unsigned long)info->st_uid);
    if ((info->st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return nordfu_error_from(error, NORDFU_ERR_SYSTEM, NORDFU_SPEAKER_SYSTEM, EPERM,
                                 "The bond store %s holds keys, but others have access to it: run "
                                 "`chmod 600 %s`; if somebody may have read it, delete the bonds "
                                 "and pair again.",
                                 path, path);
    if ((uintmax_t)info->st_size > limit)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM,
                                "The bond store %s is too large (%ju bytes, at most %zu): it is "
                                "something else; name another file.",
                                path, (uintmax_t)info->st_size, limit);
    return 0;
}

int bond_file_read(struct buf *text, const char *path, size_t limit, struct nordfu_error *error)
{
    struct stat info;
    /* Without O_NONBLOCK a named pipe would keep us waiting for a writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? 0 : refuse(error, path, "read", errno);
    int rc = fstat(fd, &info) == 0 ? 0 : refuse(error, path, "read", errno);
    if (rc == 0)
        rc = check_file(&info, path, limit, error);
    /* One byte more: an empty file is something else than none. */
    if (rc == 0 && !buf_append(text, NULL, (size_t)info.st_size + 1))
        rc = nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    if (rc == 0) {
        text->size--;
        int number = whole_read(fd, text);
        rc = number == 0 ? 0 : refuse(error, path, "read", number);
    }
    close(fd);
    return rc;
}

/* ---- Writing ---- */

/* Makes the folders that lead to `path`, as far as they are missing, for this user only. */
static int make_folders(const char *path, struct nordfu_error *error)
{
    char folder[BOND_FILE_PATH];
    strcpy(folder, path);
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        /* One that is there already may be one that can't be made (EACCES, EROFS). */
        if (mkdir(folder, S_IRWXU) != 0 && errno != EEXIST) {
            int number = errno;
            struct stat info;
            if (stat(folder, &info) != 0)
                return refuse(error, path, "made", number);
        }
        *slash = '/';
    }
    return 0;
}

/* So that the new name survives a power cut, too. File systems that know no such thing are left
 * alone. */
static void sync_folder(const char *path)
{
    char folder[BOND_FILE_PATH];
    strcpy(folder, path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[1] = '\0';
    int fd = open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

int bond_file_write(const char *path, const void *text, size_t size, struct nordfu_error *error)
{
    char temp[BOND_FILE_PATH + sizeof(NEW_END)];
    snprintf(temp, sizeof(temp), "%s" NEW_END, path);
    unlink(temp);
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return refuse(error, path, "written", errno);
    /* The umask may have taken rights that the owner needs. */
    int denied = fchmod(fd, S_IRUSR | S_IWUSR) == 0 ? 0 : errno;
    int number = whole_write(fd, text, size);
    if (denied != 0)
        number = denied;
    if (number == 0 && rename(temp, path) != 0)
        number = errno;
    if (number != 0) {
        unlink(temp);
        return refuse(error, path, "written", number);
    }
    sync_folder(path);
    return 0;
}

/* ---- Locking ---- */

static uint64_t monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000;
}

/* Returns 0 or errno; EWOULDBLOCK when time ran out. */
static int wait_lock(int fd, uint64_t wait)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE};
    uint64_t until = monotonic() + wait;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return errno;
        if (monotonic() >= until)
            return EWOULDBLOCK;
        nanosleep(&pause, NULL);
    }
    return 0;
}

int bond_file_lock(const char *path, uint64_t wait, struct nordfu_error *error)
{
    char name[BOND_FILE_PATH + sizeof(LOCK_END)];
    int rc = make_folders(path, error);
    if (rc != 0)
        return rc;
    snprintf(name, sizeof(name), "%s" LOCK_END, path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return refuse(error, path, "locked", errno);
    int number = wait_lock(fd, wait);
    if (number == 0)
        return fd;
    close(fd);
    if (number != EWOULDBLOCK)
        return refuse(error, path, "locked", number);
    return nordfu_error_from(error, NORDFU_ERR_SYSTEM, NORDFU_SPEAKER_SYSTEM, EWOULDBLOCK,
                             "The bond store %s is in use by another process that does not come to "
                             "an end: end that one and try again.",
                             path);
}

void bond_file_unlock(int lock)
{
    close(lock);
}
