/* SPDX-License-Identifier: MIT */
#include "package/ihex.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "package/file.h"
#include "package/ihex_overlap.h"

enum {
    TYPE_DATA,
    TYPE_END,
    TYPE_SEGMENT, /* extended segment address */
    TYPE_START_SEGMENT,
    TYPE_UPPER, /* extended linear address */
    TYPE_START_LINEAR,
    TYPES,
    RECORD_OVERHEAD = 5, /* length, address, type, checksum */
    RECORD_MAX = 255 + RECORD_OVERHEAD,
};

struct reader {
    const char *what, *path;
    struct nordfu_error *error;
    const uint8_t *text;
    size_t size, at;
    uint32_t line; /* from 1 */
    uint32_t base; /* added to the addresses of data records */
    bool done;
    struct buf pieces; /* of struct ihex_piece, one per data record */
    struct ihex *out;
};

/* One line of text without its end. */
struct line {
    const uint8_t *text;
    size_t size;
};

struct record {
    uint8_t bytes[RECORD_MAX];
    size_t size;
};

static int out_of_memory(struct nordfu_error *error)
{
    return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
}

static int complain(const struct reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The line is defective: the format tells in which way ("its checksum ..."). */
static int complain(const struct reader *r, const char *format, ...)
{
    char reason[200];
    va_list list;
    va_start(list, format);
    vsnprintf(reason, sizeof(reason), format, list);
    va_end(list);
    return nordfu_error_set(r->error, NORDFU_ERR_PACKAGE,
                            "The %s %s can't be used as Intel HEX, because of line %u: %s.",
                            r->what, r->path, (unsigned)r->line, reason);
}

static bool next_line(struct reader *r, struct line *line)
{
    if (r->at == r->size)
        return false;
    size_t begin = r->at;
    while (r->at < r->size && r->text[r->at] != '\n' && r->text[r->at] != '\r')
        r->at++;
    *line = (struct line){.text = r->text + begin, .size = r->at - begin};
    if (r->size - r->at >= 2 && memcmp(r->text + r->at, "\r\n", 2) == 0)
        r->at++;
    if (r->at < r->size)
        r->at++;
    r->line++;
    return true;
}

/* The value of a digit with DIGIT set; 0 of what is none. */
enum { DIGIT = 0x10 };
static const uint8_t digit_values[256] = {
    ['0'] = 0x10, ['1'] = 0x11, ['2'] = 0x12, ['3'] = 0x13, ['4'] = 0x14, ['5'] = 0x15,
    ['6'] = 0x16, ['7'] = 0x17, ['8'] = 0x18, ['9'] = 0x19, ['A'] = 0x1A, ['B'] = 0x1B,
    ['C'] = 0x1C, ['D'] = 0x1D, ['E'] = 0x1E, ['F'] = 0x1F, ['a'] = 0x1A, ['b'] = 0x1B,
    ['c'] = 0x1C, ['d'] = 0x1D, ['e'] = 0x1E, ['f'] = 0x1F,
};

/* What is wrong with a line that does not begin as a record. */
static int complain_begin(const struct reader *r, const struct line *line)
{
    if (r->line == 1 && r->size >= 4 &&
        memcmp(r->text,
               "\x7F"
               "ELF",
               4) == 0)
        return complain(r, "this is an ELF file; make a HEX file of it first (objcopy -O ihex)");
    if (r->line == 1 && line->size >= 3 && memcmp(line->text, "\xEF\xBB\xBF", 3) == 0)
        return complain(r, "there is a byte-order mark in front of it; save it as plain text");
    if (r->line == 1)
        return complain(r, "it does not begin with a colon; a raw image needs a name that ends "
                           "with .bin");
    return complain(r, "it does not begin with a colon; make the file again");
}

/* Refuses a line with anything but digits behind the colon. */
static int check_digits(const struct reader *r, const struct line *line)
{
    for (size_t i = 1; i < line->size; i++)
        if (digit_values[line->text[i]] == 0)
            return complain(r,
                            "the character in column %zu is no hexadecimal digit; make the "
                            "file again",
                            i + 1);
    return 0;
}

/* Turns the digits of a line into bytes; those of a line that is too long for a record are only
 * looked at. */
static int decode_line(const struct reader *r, const struct line *line, struct record *record)
{
    if (line->text[0] != ':')
        return complain_begin(r, line);
    const uint8_t *digits = line->text + 1;
    uint8_t all = DIGIT;
    record->size = (line->size - 1) / 2;
    for (size_t i = 0; i < record->size && i < RECORD_MAX; i++) {
        uint8_t high = digit_values[digits[2 * i]], low = digit_values[digits[2 * i + 1]];
        all &= high & low;
        record->bytes[i] = (uint8_t)(high << 4 | (low & 15));
    }
    bool is_odd = line->size % 2 == 0;
    int rc = all == 0 || is_odd || record->size > RECORD_MAX ? check_digits(r, line) : 0;
    if (rc == 0 && (is_odd || record->size < RECORD_OVERHEAD))
        return complain(r, "a digit is missing, or it is cut; make or copy the file again");
    return rc;
}

/* The tests that are common to all types. */
static int check_record(const struct reader *r, const struct record *record)
{
    size_t announced = record->bytes[0], size = record->size - RECORD_OVERHEAD;
    if (announced != size)
        return complain(r,
                        "its length says %zu bytes of data and there are %zu; make or copy the "
                        "file again",
                        announced, size);
    if (record->bytes[3] >= TYPES)
        return complain(r, "its type is %02X, and there are 00 to 05 only; make the file again",
                        record->bytes[3]);
    uint8_t sum = 0;
    for (size_t i = 0; i < record->size - 1; i++)
        sum = (uint8_t)(sum - record->bytes[i]);
    if (sum != record->bytes[record->size - 1])
        return complain(r,
                        "its checksum is %02X and should be %02X, so it was changed or damaged; "
                        "make or copy the file again",
                        record->bytes[record->size - 1], sum);
    return 0;
}

static int take_data(struct reader *r, const struct record *record)
{
    size_t size = record->bytes[0];
    uint64_t address = (uint64_t)r->base + (uint32_t)(record->bytes[1] << 8 | record->bytes[2]);
    if (size == 0)
        return 0;
    if (address + size > (uint64_t)UINT32_MAX + 1)
        return complain(r, "it reaches beyond address 0xFFFFFFFF; make the file again");
    struct ihex_piece piece = {.address = (uint32_t)address,
                               .line = r->line,
                               .at = (uint32_t)r->out->bytes.size,
                               .size = (uint32_t)size};
    if (!buf_append(&r->out->bytes, record->bytes + 4, size) ||
        !buf_append(&r->pieces, &piece, sizeof(piece)))
        return out_of_memory(r->error);
    return 0;
}

static int take_end(struct reader *r, const struct record *record)
{
    if (record->bytes[0] != 0)
        return complain(r, "the end record (type 01) holds data; make the file again");
    r->done = true;
    r->out->has_end = true;
    return 0;
}

static uint32_t value_of(const struct record *record)
{
    uint32_t value = 0;
    for (size_t i = 0; i < record->bytes[0]; i++)
        value = value << 8 | record->bytes[4 + i];
    return value;
}

static int check_form(const struct reader *r, const struct record *record, size_t size)
{
    if (record->bytes[0] == size && record->bytes[1] == 0 && record->bytes[2] == 0)
        return 0;
    return complain(r,
                    "a record of type %02X has %zu bytes of data and address 0000, other than "
                    "this one; make the file again",
                    record->bytes[3], size);
}

static int take_base(struct reader *r, const struct record *record)
{
    int rc = check_form(r, record, 2);
    if (rc == 0)
        r->base = value_of(record) << (record->bytes[3] == TYPE_SEGMENT ? 4 : 16);
    return rc;
}

static int take_start(struct reader *r, const struct record *record)
{
    int rc = check_form(r, record, 4);
    if (rc != 0)
        return rc;
    if (r->out->has_start)
        return complain(r, "it is the second record with a start address; make the file again");
    r->out->has_start = true;
    r->out->type = record->bytes[3];
    r->out->start = value_of(record);
    return 0;
}

static int take_line(struct reader *r, const struct line *line)
{
    static int (*const takers[TYPES])(struct reader *, const struct record *) = {
        [TYPE_DATA] = take_data,    [TYPE_END] = take_end,
        [TYPE_SEGMENT] = take_base, [TYPE_START_SEGMENT] = take_start,
        [TYPE_UPPER] = take_base,   [TYPE_START_LINEAR] = take_start,
    };
    struct record record;
    int rc = decode_line(r, line, &record);
    if (rc == 0)
        rc = check_record(r, &record);
    return rc == 0 ? takers[record.bytes[3]](r, &record) : rc;
}

static int take_lines(struct reader *r)
{
    struct line line;
    int rc = 0;
    while (rc == 0 && !r->done && next_line(r, &line))
        if (line.size > 0)
            rc = take_line(r, &line);
    return rc;
}

/* Puts the bytes into the order of their addresses; `pieces` are in it already. */
static int order_bytes(struct ihex *out, const struct ihex_piece *pieces, size_t count)
{
    struct buf ordered = {0};
    bool needed = false;
    for (size_t i = 0, at = 0; i < count && !needed; at += pieces[i++].size)
        needed = pieces[i].at != at;
    if (!needed)
        return 0;
    if (!buf_append(&ordered, NULL, out->bytes.size))
        return NORDFU_ERR_SYSTEM;
    for (size_t i = 0, at = 0; i < count; at += pieces[i++].size)
        memcpy(ordered.data + at, out->bytes.data + pieces[i].at, pieces[i].size);
    buf_free(&out->bytes);
    out->bytes = ordered;
    return 0;
}

/* True if a hole (or nothing) is in front of the piece. */
static bool is_first(const struct ihex_piece *pieces, size_t i)
{
    return i == 0 ||
           (uint64_t)pieces[i - 1].address + pieces[i - 1].size != (uint64_t)pieces[i].address;
}

static int make_segments(struct ihex *out, const struct ihex_piece *pieces, size_t count)
{
    size_t segments = 0, at = 0;
    if (order_bytes(out, pieces, count) != 0)
        return NORDFU_ERR_SYSTEM;
    for (size_t i = 0; i < count; i++)
        segments += is_first(pieces, i) ? 1 : 0;
    out->segments = calloc(segments + 1, sizeof(*out->segments));
    if (out->segments == NULL)
        return NORDFU_ERR_SYSTEM;
    for (size_t i = 0; i < count; at += pieces[i++].size) {
        if (is_first(pieces, i))
            out->segments[out->count++] =
                (struct ihex_segment){.address = pieces[i].address, .bytes = out->bytes.data + at};
        out->segments[out->count - 1].size += pieces[i].size;
    }
    return 0;
}

/* Overlaps are looked for at the end; one before a defective line is the first defect of the file.
 */
static int finish(struct reader *r, int rc)
{
    struct ihex_piece *pieces = (struct ihex_piece *)(void *)r->pieces.data;
    size_t count = r->pieces.size / sizeof(*pieces);
    uint32_t line, address;
    if (rc == NORDFU_ERR_SYSTEM)
        return rc;
    ihex_sort(pieces, count);
    if (ihex_find_overlap(pieces, count, &line, &address)) {
        r->line = line;
        return complain(r,
                        "address 0x%X has contents already by a line before; make the file "
                        "again from parts that don't overlap",
                        (unsigned)address);
    }
    if (rc == 0 && make_segments(r->out, pieces, count) != 0)
        rc = out_of_memory(r->error);
    return rc;
}

int ihex_decode(struct ihex *out, const void *text, size_t size, const char *what, const char *path,
                struct nordfu_error *error)
{
    *out = (struct ihex){0};
    struct reader reader = {
        .what = what, .path = path, .error = error, .text = text, .size = size, .out = out};
    if (size > IHEX_MAX_FILE)
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "The %s %s is too large (%zu bytes, at most %zu are read): check "
                                "that it is the right file.",
                                what, path, size, IHEX_MAX_FILE);
    int rc = finish(&reader, take_lines(&reader));
    buf_free(&reader.pieces);
    if (rc != 0)
        ihex_free(out);
    return rc;
}

int ihex_read(struct ihex *out, const char *path, const char *what, struct nordfu_error *error)
{
    struct buf text = {0};
    *out = (struct ihex){0};
    int rc = file_read(&text, path, IHEX_MAX_FILE, what, error);
    if (rc == 0)
        rc = ihex_decode(out, text.data, text.size, what, path, error);
    buf_free(&text);
    return rc;
}

void ihex_free(struct ihex *ihex)
{
    free(ihex->segments);
    buf_free(&ihex->bytes);
    *ihex = (struct ihex){0};
}

/* The last segment that begins at or before the address, or NULL. */
static const struct ihex_segment *find_segment(const struct ihex *ihex, uint32_t address)
{
    size_t low = 0, high = ihex->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ihex->segments[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &ihex->segments[low - 1] : NULL;
}

bool ihex_get(const struct ihex *ihex, uint32_t address, void *out, size_t size)
{
    const struct ihex_segment *segment = find_segment(ihex, address);
    if (segment == NULL)
        return false;
    size_t at = address - segment->address;
    if (at > segment->size || size > segment->size - at)
        return false;
    if (size > 0)
        memcpy(out, segment->bytes + at, size);
    return true;
}
