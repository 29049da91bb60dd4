/* SPDX-License-Identifier: MIT */
#include "package/names.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ".hex", ".bin" and ".dat" take as much room as one another. */
#define SUFFIX 4
/* In front of an application's names that are taken. */
static const char prefix[] = "application_";

static void replace_all(char *name, const char *from, const char *to)
{
    for (char *at = strstr(name, from); at != NULL; at = strstr(at, from))
        memcpy(at, to, SUFFIX);
}

static int refuse_length(const char *name, struct nordfu_error *error)
{
    return nordfu_error_set(error, NORDFU_ERR_USAGE,
                            "The firmware %s has too long a name for a package: rename it.", name);
}

int names_from_path(struct manifest_image *image, const char *path, struct nordfu_error *error)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    size_t size = strlen(base);
    char *bin = image->bin_file;
    if (size + SUFFIX >= MANIFEST_MAX_FILE)
        return refuse_length(path, error);
    strcpy(bin, base);
    if (size >= SUFFIX && (strcasecmp(bin + size - SUFFIX, ".hex") == 0 ||
                           strcasecmp(bin + size - SUFFIX, ".bin") == 0))
        strcpy(bin + size - SUFFIX, ".bin");
    replace_all(bin, ".hex", ".bin");
    if (strstr(bin, ".bin") == NULL)
        strcat(bin, ".bin");
    strcpy(image->dat_file, bin);
    replace_all(image->dat_file, ".bin", ".dat");
    return 0;
}

void names_of_both(struct manifest_image *image)
{
    strcpy(image->bin_file, "sd_bl.bin");
    strcpy(image->dat_file, "sd_bl.dat");
}

static bool is_taken(const char *name, const struct manifest_image *other)
{
    return strcmp(name, other->bin_file) == 0 || strcmp(name, other->dat_file) == 0;
}

static void put_prefix(char name[MANIFEST_MAX_FILE])
{
    memmove(name + strlen(prefix), name, strlen(name) + 1);
    memcpy(name, prefix, strlen(prefix));
}

int names_make_unique(struct manifest_image *image, const struct manifest_image *other,
                      struct nordfu_error *error)
{
    if (!is_taken(image->bin_file, other) && !is_taken(image->dat_file, other))
        return 0;
    if (strlen(image->bin_file) + strlen(prefix) >= MANIFEST_MAX_FILE)
        return refuse_length(image->bin_file, error);
    put_prefix(image->bin_file);
    put_prefix(image->dat_file);
    return 0;
}
