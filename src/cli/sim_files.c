/* SPDX-License-Identifier: MIT */
#include "cli/sim_files.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Checking */

static int check_path(const char *option, const char *path, struct nordfu_error *error)
{
    char folder[PATH_MAX];
    struct stat status;
    bool exists = stat(path, &status) == 0;
    errno = exists && S_ISDIR(status.st_mode) ? EISDIR : 0;
    snprintf(folder, sizeof(folder), "%s", path);
    if (errno == 0 && access(exists ? path : dirname(folder), exists ? W_OK : W_OK | X_OK) == 0)
        return 0;
    return nordfu_error_set(error, NORDFU_ERR_USAGE, "The file of %s, %s, can't be written: %s.",
                            option, path, strerror(errno));
}

static int check_list(const char *option, const struct sim_file_list *list, size_t devices,
                      struct nordfu_error *error)
{
    int code = 0;
    if (list->count > 0 && devices == 0)
        return nordfu_error_set(error, NORDFU_ERR_USAGE, "%s needs a --device.", option);
    if (list->count > devices)
        return nordfu_error_set(error, NORDFU_ERR_USAGE, "There are more %s than --device.",
                                option);
    for (size_t i = 0; code == 0 && i < list->count; i++)
        code = check_path(option, list->paths[i], error);
    return code;
}

static const char *path_at(const struct sim_files *files, size_t index)
{
    size_t images = files->images.count;
    return index < images ? files->images.paths[index] : files->dumps.paths[index - images];
}

/* One would be overwritten. */
static int check_twice(const struct sim_files *files, struct nordfu_error *error)
{
    for (size_t i = 1; i < files->images.count + files->dumps.count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(path_at(files, i), path_at(files, j)) == 0)
                return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                        "Two things can't be written to one file, %s.",
                                        path_at(files, i));
    return 0;
}

int sim_files_check(const struct sim_files *files, size_t devices, struct nordfu_error *error)
{
    int code = check_list("--flash-out", &files->images, devices, error);
    if (code == 0)
        code = check_list("--flash-dump", &files->dumps, devices, error);
    return code == 0 ? check_twice(files, error) : code;
}

/* Writing */

static int write_file(const char *path, const uint8_t *bytes, size_t size,
                      struct nordfu_error *error)
{
    FILE *file = fopen(path, "we");
    bool written = file != NULL && fwrite(bytes, 1, size, file) == size;
    int code = errno;
    if (file != NULL && fclose(file) != 0) {
        code = errno;
        written = false;
    }
    if (written)
        return 0;
    return nordfu_error_from(error, NORDFU_ERR_SYSTEM, NORDFU_SPEAKER_SYSTEM, (uint32_t)code,
                             "%s can't be written: %s.", path, strerror(code));
}

static int write_image(const struct sim_device *device, const char *path,
                       struct nordfu_error *error)
{
    const uint8_t *bytes;
    uint32_t size;
    if (!sim_device_flash(device, BOOTLOADER_APPLICATION, &bytes, &size))
        return nordfu_error_set(error, NORDFU_ERR_NOT_FOUND,
                                "The device %s has no valid application; %s was not written.",
                                sim_device_label(device), path);
    return write_file(path, bytes, size, error);
}

static int write_dump(const struct sim_device *device, const char *path, struct nordfu_error *error)
{
    uint32_t size;
    const uint8_t *bytes = sim_device_whole_flash(device, &size);
    return write_file(path, bytes, size, error);
}

int sim_files_write(const struct sim_files *files, struct sim_device *const *devices,
                    struct nordfu_error *error)
{
    int code = 0;
    for (size_t i = 0; i < files->images.count; i++) {
        int failed = write_image(devices[i], files->images.paths[i], code == 0 ? error : NULL);
        code = code == 0 ? failed : code;
    }
    for (size_t i = 0; i < files->dumps.count; i++) {
        int failed = write_dump(devices[i], files->dumps.paths[i], code == 0 ? error : NULL);
        code = code == 0 ? failed : code;
    }
    return code;
}
