/* SPDX-License-Identifier: MIT
 * The files of a package, unpacked into a folder. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/plain.h"
#include "nordfu/package.h"
#include "package/archive.h"
#include "package/file.h"

struct extracted {
    const char *name; /* in the zip */
    char *place;      /* where it is to be written */
    struct buf bytes;
};

struct extraction {
    const char *path, *folder;
    bool overwrite;
    struct archive *archive;
    struct extracted files[ARCHIVE_MAX_ENTRIES];
    size_t count;
};

static int no_memory(struct nordfu_error *error)
{
    return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
}

static bool is_folder(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && name[length - 1] == '/';
}

/* True if every component of the path is a name. (archive_open refused absolute paths, "..", and
 * backslashes; but "a" and "./a" are one file.) */
static bool is_plain(const char *name)
{
    while (true) {
        size_t length = strcspn(name, "/");
        bool is_dots = (length == 1 || length == 2) && strncmp(name, "..", length) == 0;
        if (length == 0 || length > NAME_MAX || is_dots)
            return false;
        if (name[length] == '\0')
            return true;
        name += length + 1;
    }
}

/* True if that file would have to be a folder, too. */
static bool holds_others(const struct extraction *x, const char *name)
{
    const char *other;
    size_t length = strlen(name);
    for (size_t i = 0; (other = archive_name(x->archive, i)) != NULL; i++)
        if (strncmp(other, name, length) == 0 && other[length] == '/')
            return true;
    return false;
}

static int check_name(const struct extraction *x, const char *name, struct nordfu_error *error)
{
    if (is_plain(name) && !holds_others(x, name))
        return 0;
    return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                            "The package %s holds a file \"%s\", which can't be a file of that "
                            "name in a folder: make the package again.",
                            x->path, name);
}

static int refuse_place(const char *place, const char *reason, struct nordfu_error *error)
{
    return nordfu_error_set(error, NORDFU_ERR_USAGE,
                            "Nothing was unpacked, because %s %s: choose another folder.", place,
                            reason);
}

/* Nothing may be there, or with `overwrite` a file that is not the package. */
static int check_place(const struct extraction *x, const char *place, struct nordfu_error *error)
{
    struct stat info;
    if (lstat(place, &info) != 0)
        return 0;
    if (!S_ISREG(info.st_mode))
        return refuse_place(place, "exists and is no regular file", error);
    if (file_is_same(place, x->path))
        return refuse_place(place, "is the package itself", error);
    if (x->overwrite)
        return 0;
    return nordfu_error_from(error, NORDFU_ERR_USAGE, NORDFU_SPEAKER_SYSTEM, EEXIST,
                             "Nothing was unpacked, because %s exists already: choose another "
                             "folder, or allow it to be overwritten.",
                             place);
}

/* Makes a folder unless there is one. A link to one is no folder here. */
static int make_folder(const char *path, struct nordfu_error *error)
{
    struct stat info;
    if (mkdir(path, 0777) == 0 || (lstat(path, &info) == 0 && S_ISDIR(info.st_mode)))
        return 0;
    return nordfu_error_from(error, NORDFU_ERR_SYSTEM, NORDFU_SPEAKER_SYSTEM, (uint32_t)errno,
                             "The folder %s can't be made (%s): choose another place.", path,
                             strerror(errno));
}

/* What is on the way to that place must be folders, or missing. */
static int check_folder(const char *path, struct nordfu_error *error)
{
    struct stat info;
    if (lstat(path, &info) != 0 || S_ISDIR(info.st_mode))
        return 0;
    return refuse_place(path, "exists and is no folder", error);
}

/* Calls `visit` with every folder between x->folder and the file, from above. */
static int walk(const struct extraction *x, char *place,
                int (*visit)(const char *path, struct nordfu_error *error),
                struct nordfu_error *error)
{
    int rc = 0;
    char *at = place + strlen(x->folder) + 1;
    while (rc == 0 && (at = strchr(at, '/')) != NULL) {
        *at = '\0';
        rc = visit(place, error);
        *at++ = '/';
    }
    return rc;
}

static int take_file(struct extraction *x, const char *name, struct nordfu_error *error)
{
    struct extracted *file = &x->files[x->count++];
    size_t size = strlen(x->folder) + strlen(name) + 2;
    file->name = name;
    int rc = check_name(x, name, error);
    if (rc != 0)
        return rc;
    file->place = malloc(size);
    if (file->place == NULL)
        return no_memory(error);
    snprintf(file->place, size, "%s/%s", x->folder, name);
    rc = walk(x, file->place, check_folder, error);
    if (rc == 0)
        rc = check_place(x, file->place, error);
    return rc == 0 ? archive_read(x->archive, name, ARCHIVE_MAX_ENTRY, &file->bytes, error) : rc;
}

static int take_files(struct extraction *x, struct nordfu_error *error)
{
    const char *name;
    int rc = archive_open(&x->archive, x->path, error);
    for (size_t i = 0; rc == 0 && (name = archive_name(x->archive, i)) != NULL; i++)
        if (!is_folder(name))
            rc = take_file(x, name, error);
    if (rc == 0 && x->count == 0)
        rc = nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                              "The package %s holds no file: check that it is the right one.",
                              x->path);
    return rc;
}

/* The folder itself may be a link: the caller chose it. */
static int make_top(const struct extraction *x, struct nordfu_error *error)
{
    struct stat info;
    if (stat(x->folder, &info) == 0 && S_ISDIR(info.st_mode))
        return 0;
    return make_folder(x->folder, error);
}

static int write_files(struct extraction *x, nordfu_extracted_fn report, void *context,
                       struct nordfu_error *error)
{
    int rc = make_top(x, error);
    for (size_t i = 0; rc == 0 && i < x->count; i++) {
        struct extracted *file = &x->files[i];
        rc = walk(x, file->place, make_folder, error);
        if (rc == 0)
            rc = file_write(file->place, file->bytes.data, file->bytes.size, 0666, x->overwrite,
                            "file", error);
        if (rc == 0 && report != NULL)
            report(context, file->name, file->place, file->bytes.size);
    }
    return rc;
}

int nordfu_package_extract(const char *path, const char *folder, bool overwrite,
                           nordfu_extracted_fn report, void *context, struct nordfu_error *error)
{
    if (folder[0] == '\0')
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The name of the folder to unpack into is empty: give one.");
    struct extraction *x = calloc(1, sizeof(*x));
    if (x == NULL)
        return no_memory(error);
    x->path = path;
    x->folder = folder;
    x->overwrite = overwrite;
    int rc = take_files(x, error);
    if (rc == 0)
        rc = write_files(x, report, context, error);
    if (rc == 0)
        rc = (int)x->count;
    else if (error != NULL)
        plain_text(error->text);
    for (size_t i = 0; i < x->count; i++) {
        buf_free(&x->files[i].bytes);
        free(x->files[i].place);
    }
    archive_free(&x->archive);
    free(x);
    return rc;
}
