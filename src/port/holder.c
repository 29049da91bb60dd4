/* SPDX-License-Identifier: MIT */
#include "port/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/*
 * The process that has the file locked, from /proc/locks ("1: FLOCK  ADVISORY  WRITE 4711 00:18:9 0
 * EOF"), which shows the processes of all users. False if nobody has.
 */
static bool find_locker(const char *path, char *pid, size_t size)
{
    struct stat status;
    FILE *locks = stat(path, &status) == 0 ? fopen("/proc/locks", "re") : NULL;
    if (locks == NULL)
        return false;
    bool found = false;
    char line[256];
    while (!found && fgets(line, sizeof(line), locks) != NULL) {
        long locker = 0;
        unsigned device_major = 0, device_minor = 0;
        unsigned long inode = 0;
        if (sscanf(line, "%*s FLOCK %*s WRITE %ld %x:%x:%lu", &locker, &device_major, &device_minor,
                   &inode) != 4)
            continue;
        found = inode == status.st_ino && device_major == major(status.st_dev) &&
                device_minor == minor(status.st_dev) && locker > 0;
        snprintf(pid, size, "%ld", locker);
    }
    fclose(locks);
    return found;
}

/* True if one of the descriptors of process `pid` is the file `path`. */
static bool process_holds(const char *pid, const char *path)
{
    char folder[64];
    snprintf(folder, sizeof(folder), "/proc/%.20s/fd", pid);
    DIR *fds = opendir(folder);
    if (fds == NULL)
        return false;
    bool found = false;
    for (struct dirent *entry; !found && (entry = readdir(fds)) != NULL;) {
        char target[PATH_MAX];
        ssize_t size = readlinkat(dirfd(fds), entry->d_name, target, sizeof(target) - 1);
        if (size <= 0)
            continue;
        target[size] = 0;
        found = strcmp(target, path) == 0;
    }
    closedir(fds);
    return found;
}

/* The process' own name for itself, without anything that could disturb a terminal. */
static void process_name(const char *pid, char *name, int size)
{
    snprintf(name, (size_t)size, "a program");
    char path[64];
    snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    char line[64];
    if (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = 0;
        for (char *c = line; *c != 0; c++)
            *c = (unsigned char)*c < 0x20 || *c == 0x7F ? '?' : *c;
        snprintf(name, (size_t)size, "%s", line);
    }
    fclose(file);
}

/* The first other process that has the file open. */
static bool find_opener(const char *path, char *pid, size_t size)
{
    char real[PATH_MAX];
    DIR *processes = realpath(path, real) != NULL ? opendir("/proc") : NULL;
    if (processes == NULL)
        return false;
    bool found = false;
    for (struct dirent *entry; !found && (entry = readdir(processes)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0]) || atol(entry->d_name) == (long)getpid())
            continue;
        found = process_holds(entry->d_name, real);
        snprintf(pid, size, "%.20s", entry->d_name);
    }
    closedir(processes);
    return found;
}

bool port_holder_find(const char *path, char *text, size_t size)
{
    char pid[24], name[64];
    if (!find_locker(path, pid, sizeof(pid)) && !find_opener(path, pid, sizeof(pid)))
        return false;
    process_name(pid, name, sizeof(name));
    snprintf(text, size, "%s (process %s)", name, pid);
    return true;
}
