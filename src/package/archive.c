/* SPDX-License-Identifier: MIT */
#include "package/archive.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <zip.h>

#include "base/bytes.h"
#include "package/file.h"

/* Largest archive file that is read: all a package can hold, stored. */
#define MAX_FILE (ARCHIVE_MAX_TOTAL + ((size_t)1 << 20))
/* More headers of directory entries than this in a file and libzip is not even asked to read them
 * (firmware may hold a few by chance). */
#define MAX_HEADERS 1024
/* Bytes of a name shown in a sentence. */
#define SHOWN 80

struct archive {
    char *path;
    struct buf file; /* what libzip reads from */
    zip_t *zip;
    size_t count;
    struct zip_stat entries[ARCHIVE_MAX_ENTRIES]; /* names are libzip's */
};

__attribute__((format(printf, 3, 4))) static int refuse(struct nordfu_error *error,
                                                        const char *path, const char *format, ...)
{
    char defect[320];
    va_list args;
    va_start(args, format);
    vsnprintf(defect, sizeof(defect), format, args);
    va_end(args);
    return nordfu_error_set(error, NORDFU_ERR_PACKAGE, "The package %s %s.", path, defect);
}

static int no_memory(struct nordfu_error *error)
{
    return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
}

/* Why an entry of that name can't be in a package; NULL if it can. */
static const char *name_defect(const char *name)
{
    if (name[0] == '\0')
        return "an empty name";
    if (name[0] == '/' || name[1] == ':') /* ':' behind a drive letter */
        return "an absolute path";
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '\\')
            return "a backslash";
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            return "a control character";
        bool starts = at == name || at[-1] == '/';
        if (starts && at[0] == '.' && at[1] == '.' && (at[2] == '/' || at[2] == '\0'))
            return "a way out of its folder (..)";
    }
    return NULL;
}

static bool is_folder(const struct zip_stat *entry)
{
    size_t length = strlen(entry->name);
    return length > 0 && entry->name[length - 1] == '/';
}

static int check_name(const struct archive *archive, const struct zip_stat *entry,
                      struct nordfu_error *error)
{
    const char *defect = name_defect(entry->name);
    if (defect != NULL)
        return refuse(error, archive->path,
                      "holds a file \"%.*s\" with %s in its name: don't use it unless you know who "
                      "made it",
                      SHOWN, entry->name, defect);
    for (size_t i = 0; i < archive->count; i++)
        if (strcmp(archive->entries[i].name, entry->name) == 0)
            return refuse(error, archive->path,
                          "holds two files of the name \"%.*s\", and nobody can tell which one is "
                          "meant: make the package again",
                          SHOWN, entry->name);
    return 0;
}

static int check_method(const struct archive *archive, const struct zip_stat *entry,
                        struct nordfu_error *error)
{
    const zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_INDEX | ZIP_STAT_SIZE |
                                ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD |
                                ZIP_STAT_ENCRYPTION_METHOD;
    if ((entry->valid & needed) != needed)
        return refuse(error, archive->path,
                      "does not tell the size of its file \"%.*s\": make the package again", SHOWN,
                      entry->name);
    if (entry->encryption_method != ZIP_EM_NONE)
        return refuse(
            error, archive->path,
            "holds an encrypted file \"%.*s\": packages are not encrypted; unpack it with "
            "its password and zip it again without",
            SHOWN, entry->name);
    if (entry->comp_method != ZIP_CM_STORE && entry->comp_method != ZIP_CM_DEFLATE)
        return refuse(error, archive->path,
                      "holds a file \"%.*s\" compressed by method %u, but packages are stored or "
                      "deflated: zip it again with one of these",
                      SHOWN, entry->name, (unsigned)entry->comp_method);
    return 0;
}

static int check_size(const struct archive *archive, const struct zip_stat *entry, uint64_t before,
                      struct nordfu_error *error)
{
    if (entry->size > ARCHIVE_MAX_ENTRY)
        return refuse(
            error, archive->path,
            "holds a file \"%.*s\" of %ju bytes, more than any device has room for: check "
            "that it is a DFU package",
            SHOWN, entry->name, (uintmax_t)entry->size);
    if (before + entry->size > ARCHIVE_MAX_TOTAL)
        return refuse(
            error, archive->path,
            "holds more than %zu bytes in all, more than any device has room for: check that "
            "it is a DFU package",
            ARCHIVE_MAX_TOTAL);
    if (entry->size > ARCHIVE_FREE_RATIO && entry->size / ARCHIVE_MAX_RATIO > entry->comp_size)
        return refuse(
            error, archive->path,
            "holds a file \"%.*s\" that grows more than %d-fold when unpacked, as in a zip "
            "bomb: don't use it unless you know who made it",
            SHOWN, entry->name, ARCHIVE_MAX_RATIO);
    return 0;
}

static int check_entries(struct archive *archive, struct nordfu_error *error)
{
    zip_int64_t count = zip_get_num_entries(archive->zip, 0);
    uint64_t total = 0;
    if (count > ARCHIVE_MAX_ENTRIES)
        return refuse(error, archive->path,
                      "holds %jd files, but a package needs fewer than ten: check that it is a DFU "
                      "package",
                      (intmax_t)count);
    for (zip_int64_t i = 0; i < count; i++) {
        struct zip_stat *entry = &archive->entries[archive->count];
        if (zip_stat_index(archive->zip, (zip_uint64_t)i, 0, entry) != 0 || entry->name == NULL)
            return refuse(error, archive->path, "is damaged: get another copy of it");
        int rc = check_name(archive, entry, error);
        if (rc == 0 && !is_folder(entry))
            rc = check_method(archive, entry, error);
        if (rc == 0 && !is_folder(entry))
            rc = check_size(archive, entry, total, error);
        if (rc != 0)
            return rc;
        total += is_folder(entry) ? 0 : entry->size;
        archive->count++;
    }
    return 0;
}

static size_t count_headers(const struct buf *file)
{
    static const char header[] = "PK\x01\x02";
    size_t count = 0;
    const uint8_t *at = file->data, *end = file->data + file->size;
    while (at != NULL && count <= MAX_HEADERS) {
        at = memmem(at, (size_t)(end - at), header, 4);
        if (at != NULL) {
            at += 4;
            count++;
        }
    }
    return count;
}

/*
 * Bytes in front of the archive (a self-extractor's program, say): as many as its directory lies
 * behind the place that its end record gives. libzip wants them cut off.
 */
static size_t leading_bytes(const struct buf *file)
{
    const size_t record = 22, comment_max = UINT16_MAX;
    size_t nearest = file->size > record + comment_max ? file->size - record - comment_max : 0;
    for (size_t at = file->size; at-- > nearest;) {
        struct bytes_reader r;
        if (file->size - at < record || memcmp(file->data + at, "PK\x05\x06", 4) != 0)
            continue;
        bytes_reader_init(&r, file->data + at, record);
        bytes_get(&r, NULL, 12); /* signature, disks, counts */
        uint64_t end = (uint64_t)bytes_get_u32(&r);
        end += bytes_get_u32(&r);
        if (bytes_get_u16(&r) == file->size - at - record)
            return end < at ? at - (size_t)end : 0;
    }
    return 0;
}

static int refuse_zip(struct archive *archive, zip_error_t *zip_error, struct nordfu_error *error)
{
    if (zip_error_code_zip(zip_error) == ZIP_ER_MEMORY)
        return no_memory(error);
    if (zip_error_code_zip(zip_error) == ZIP_ER_NOZIP)
        return refuse(
            error, archive->path,
            "is not a zip file, or only the beginning of one: give the .zip that was made "
            "for DFU, or get it again");
    return refuse(error, archive->path, "is a damaged zip file (%s): get another copy of it",
                  zip_error_strerror(zip_error));
}

static int open_zip(struct archive *archive, struct nordfu_error *error)
{
    zip_error_t zip_error;
    zip_error_init(&zip_error);
    size_t skip = leading_bytes(&archive->file);
    zip_source_t *source = zip_source_buffer_create(archive->file.data + skip,
                                                    archive->file.size - skip, 0, &zip_error);
    if (source != NULL)
        archive->zip = zip_open_from_source(source, ZIP_RDONLY, &zip_error);
    int rc = archive->zip != NULL ? 0 : refuse_zip(archive, &zip_error, error);
    if (archive->zip == NULL)
        zip_source_free(source);
    zip_error_fini(&zip_error);
    return rc;
}

int archive_open(struct archive **out, const char *path, struct nordfu_error *error)
{
    *out = NULL;
    struct archive *archive = calloc(1, sizeof(*archive));
    if (archive == NULL)
        return no_memory(error);
    archive->path = strdup(path);
    int rc = archive->path != NULL ? 0 : no_memory(error);
    if (rc == 0)
        rc = file_read(&archive->file, path, MAX_FILE, "package", error);
    if (rc == 0 && archive->file.size == 0)
        rc = refuse(error, path, "is an empty file: get it again");
    if (rc == 0 && count_headers(&archive->file) > MAX_HEADERS)
        rc =
            refuse(error, path,
                   "holds more than %d files, but a package needs fewer than ten: check that it is "
                   "a DFU package",
                   MAX_HEADERS);
    if (rc == 0)
        rc = open_zip(archive, error);
    if (rc == 0)
        rc = check_entries(archive, error);
    if (rc != 0)
        archive_free(&archive);
    *out = archive;
    return rc;
}

void archive_free(struct archive **archive)
{
    if (archive == NULL || *archive == NULL)
        return;
    if ((*archive)->zip != NULL)
        zip_discard((*archive)->zip);
    buf_free(&(*archive)->file);
    free((*archive)->path);
    free(*archive);
    *archive = NULL;
}

static const struct zip_stat *find(const struct archive *archive, const char *name)
{
    for (size_t i = 0; i < archive->count; i++)
        if (strcmp(archive->entries[i].name, name) == 0 && !is_folder(&archive->entries[i]))
            return &archive->entries[i];
    return NULL;
}

bool archive_has(const struct archive *archive, const char *name)
{
    return find(archive, name) != NULL;
}

const char *archive_name(const struct archive *archive, size_t index)
{
    return index < archive->count ? archive->entries[index].name : NULL;
}

/*
 * Reads exactly as many bytes as out->size says and then the end, where libzip compares the
 * checksum. False if there are fewer or more bytes, or wrong ones.
 */
static bool unpack(zip_file_t *file, struct buf *out)
{
    size_t at = 0;
    uint8_t beyond;
    while (at < out->size) {
        zip_int64_t n = zip_fread(file, out->data + at, out->size - at);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return zip_fread(file, &beyond, 1) == 0;
}

int archive_read(struct archive *archive, const char *name, size_t limit, struct buf *out,
                 struct nordfu_error *error)
{
    const struct zip_stat *entry = find(archive, name);
    if (entry == NULL)
        return refuse(error, archive->path,
                      "holds no file \"%.*s\": make the package again, or ask whoever made it",
                      SHOWN, name);
    if (entry->size > limit)
        return refuse(
            error, archive->path,
            "holds a file \"%.*s\" of %ju bytes, but at most %zu can be: check that it is a "
            "DFU package",
            SHOWN, name, (uintmax_t)entry->size, limit);
    if (!buf_append(out, NULL, (size_t)entry->size))
        return no_memory(error);
    zip_file_t *file = zip_fopen_index(archive->zip, entry->index, 0);
    bool good = file != NULL && unpack(file, out);
    if (file != NULL)
        zip_fclose(file);
    if (good)
        return 0;
    buf_free(out);
    return refuse(error, archive->path,
                  "holds a damaged file \"%.*s\" (its bytes don't have the declared size and "
                  "checksum): get another copy of the package",
                  SHOWN, name);
}

/* MS-DOS form of a UTC time, clamped to what it can express. */
static void dos_time(time_t when, zip_uint16_t *time, zip_uint16_t *date)
{
    struct tm tm;
    *time = 0;
    *date = 1 << 5 | 1; /* 1980-01-01 */
    if (gmtime_r(&when, &tm) == NULL || tm.tm_year < 80 || tm.tm_year > 80 + 127)
        return;
    *time = (zip_uint16_t)(tm.tm_hour << 11 | tm.tm_min << 5 | tm.tm_sec / 2);
    *date = (zip_uint16_t)((tm.tm_year - 80) << 9 | (tm.tm_mon + 1) << 5 | tm.tm_mday);
}

static time_t source_date(void)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    char *end = NULL;
    long long seconds = text != NULL ? strtoll(text, &end, 10) : 0;
    return end != NULL && end != text && *end == '\0' ? (time_t)seconds : 0;
}

static bool add_file(zip_t *zip, const struct archive_file *file)
{
    const zip_uint32_t attributes = 0x81A40000; /* regular file, rw-r--r-- */
    zip_uint16_t time, date;
    dos_time(source_date(), &time, &date);
    zip_source_t *source = zip_source_buffer(zip, file->bytes, file->size, 0);
    zip_int64_t index =
        source != NULL ? zip_file_add(zip, file->name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (index < 0) {
        zip_source_free(source);
        return false;
    }
    zip_uint64_t i = (zip_uint64_t)index;
    return zip_set_file_compression(zip, i, ZIP_CM_STORE, 0) == 0 &&
           zip_file_set_dostime(zip, i, time, date, 0) == 0 &&
           zip_file_set_external_attributes(zip, i, 0, ZIP_OPSYS_UNIX, attributes) == 0;
}

/* Copies what libzip made into `out`. */
static bool take_bytes(zip_source_t *source, struct buf *out)
{
    zip_stat_t info;
    if (zip_source_stat(source, &info) != 0 || !(info.valid & ZIP_STAT_SIZE) ||
        zip_source_open(source) != 0)
        return false;
    bool good = buf_append(out, NULL, (size_t)info.size) &&
                zip_source_read(source, out->data, out->size) == (zip_int64_t)out->size;
    zip_source_close(source);
    return good;
}

static bool pack(const struct archive_file *files, size_t count, struct buf *out)
{
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *zip = source != NULL ? zip_open_from_source(source, ZIP_TRUNCATE, NULL) : NULL;
    if (zip == NULL) {
        zip_source_free(source);
        return false;
    }
    zip_source_keep(source); /* closing the archive would free it with the result */
    bool good = true;
    for (size_t i = 0; i < count && good; i++)
        good = add_file(zip, &files[i]);
    if (!good || zip_close(zip) != 0) {
        zip_discard(zip);
        good = false;
    }
    good = good && take_bytes(source, out);
    zip_source_free(source);
    return good;
}

int archive_write(const char *path, const struct archive_file *files, size_t count,
                  struct nordfu_error *error)
{
    struct buf bytes = {0};
    for (size_t i = 0; i < count; i++) {
        const char *defect = name_defect(files[i].name);
        if (defect != NULL)
            return nordfu_error_set(
                error, NORDFU_ERR_USAGE,
                "The file \"%.*s\" can't be packed, because %s in its name would "
                "make the package unreadable: rename it.",
                SHOWN, files[i].name, defect);
    }
    int rc = pack(files, count, &bytes)
                 ? file_write(path, bytes.data, bytes.size, 0666, true, "package", error)
                 : nordfu_error_set(error, NORDFU_ERR_SYSTEM,
                                    "The package %s can't be put together: memory ran out, or two "
                                    "files in it have the same name.",
                                    path);
    buf_free(&bytes);
    return rc;
}
