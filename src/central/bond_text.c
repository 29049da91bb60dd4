/* SPDX-License-Identifier: MIT */
#include "central/bond_text.h"

#include <stdio.h>
#include <string.h>

#include "base/crypto.h"

#define HEADER  "nordfu bonds "
#define VERSION "1"
#define END     "end"

#define TIME_MAX 253402300799 /* the last second of 9999 */
#define DAY      86400

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Time ---- */

/* Days from 1970-01-01 to a day of the Gregorian calendar. Years begin in March here, so that the
 * leap day is the last of them. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

static int days_in(int year, int month)
{
    return (int)(month == 12 ? 31 : days_of(year, month + 1, 1) - days_of(year, month, 1));
}

void bond_text_time(int64_t seconds, char text[BOND_TEXT_TIME])
{
    seconds = seconds < 0 ? 0 : seconds > TIME_MAX ? TIME_MAX : seconds;
    int64_t days = seconds / DAY;
    unsigned rest = (unsigned)(seconds % DAY);
    int year = (int)(1970 + days / 366), month = 1;
    while (days_of(year + 1, 1, 1) <= days)
        year++;
    while (month < 12 && days_of(year, month + 1, 1) <= days)
        month++;
    unsigned day = (unsigned)(days - days_of(year, month, 1)) + 1;
    char wide[64]; /* for a compiler that does not know the ranges */
    snprintf(wide, sizeof(wide), "%04d-%02d-%02uT%02u:%02u:%02uZ", year, month, day, rest / 3600,
             rest / 60 % 60, rest % 60);
    memcpy(text, wide, BOND_TEXT_TIME - 1);
    text[BOND_TEXT_TIME - 1] = '\0';
}

/* `count` decimal digits; -1 if they are none. */
static int digits(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* ---- Values. Each reads one of `size` bytes from text, or writes it to at most VALUE_MAX bytes.
 * ---- */

#define VALUE_MAX 64

static bool read_time(const char *text, void *value, size_t size)
{
    static const char form[] = "....-..-..T..:..:..Z";
    (void)size;
    if (strlen(text) != BOND_TEXT_TIME - 1)
        return false;
    for (size_t i = 0; i < BOND_TEXT_TIME - 1; i++) {
        if (form[i] != '.' && form[i] != text[i])
            return false;
    }
    int year = digits(text, 4), month = digits(text + 5, 2), day = digits(text + 8, 2);
    int hour = digits(text + 11, 2), minute = digits(text + 14, 2), second = digits(text + 17, 2);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return false;
    *(int64_t *)value = days_of(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    return true;
}

static void write_time(char *out, const void *value, size_t size)
{
    (void)size;
    bond_text_time(*(const int64_t *)value, out);
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(const char *text, void *value, size_t size)
{
    uint8_t *bytes = value;
    if (strlen(text) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static void write_hex(char *out, const void *value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        snprintf(out + 2 * i, 3, "%02x", ((const uint8_t *)value)[i]);
}

/* A number of 16 bits, most significant digit first. */
static bool read_word(const char *text, void *value, size_t size)
{
    uint8_t bytes[2];
    (void)size;
    if (!read_hex(text, bytes, sizeof(bytes)))
        return false;
    *(uint16_t *)value = (uint16_t)(bytes[0] << 8 | bytes[1]);
    return true;
}

static void write_word(char *out, const void *value, size_t size)
{
    (void)size;
    snprintf(out, VALUE_MAX, "%04x", *(const uint16_t *)value);
}

static bool read_key_size(const char *text, void *value, size_t size)
{
    int number = strlen(text) <= 2 ? digits(text, (int)strlen(text)) : 0;
    (void)size;
    *(uint8_t *)value = (uint8_t)number;
    return number >= 7 && number <= 16;
}

static void write_key_size(char *out, const void *value, size_t size)
{
    (void)size;
    snprintf(out, VALUE_MAX, "%u", *(const uint8_t *)value);
}

static bool read_flag(const char *text, void *value, size_t size)
{
    bool flag = strcmp(text, "yes") == 0;
    (void)size;
    *(bool *)value = flag;
    return flag || strcmp(text, "no") == 0;
}

static void write_flag(char *out, const void *value, size_t size)
{
    (void)size;
    snprintf(out, VALUE_MAX, "%s", *(const bool *)value ? "yes" : "no");
}

static const char *const types[] = {
    [NORDFU_ADDRESS_PUBLIC] = "public",
    [NORDFU_ADDRESS_RANDOM_STATIC] = "static",
    [NORDFU_ADDRESS_RANDOM_RESOLVABLE] = "resolvable",
    [NORDFU_ADDRESS_RANDOM_NON_RESOLVABLE] = "non-resolvable",
};

/* "DE:06:3B:97:4C:D8/static" */
static bool read_address(const char *text, void *value, size_t size)
{
    struct nordfu_address *address = value;
    char plain[NORDFU_ADDRESS_TEXT] = "", again[NORDFU_ADDRESS_TEXT];
    (void)size;
    if (strlen(text) <= NORDFU_ADDRESS_TEXT || text[NORDFU_ADDRESS_TEXT - 1] != '/')
        return false;
    memcpy(plain, text, NORDFU_ADDRESS_TEXT - 1);
    if (nordfu_address_parse(address, plain, NULL) != 0)
        return false;
    nordfu_address_format(address, again);
    for (uint8_t i = 0; i < COUNT(types) && strcmp(plain, again) == 0; i++) {
        address->type = i;
        if (strcmp(text + NORDFU_ADDRESS_TEXT, types[i]) == 0)
            return true;
    }
    return false;
}

static void write_address(char *out, const void *value, size_t size)
{
    const struct nordfu_address *address = value;
    char text[NORDFU_ADDRESS_TEXT];
    (void)size;
    nordfu_address_format(address, text);
    snprintf(out, VALUE_MAX, "%s/%s", text, types[address->type % COUNT(types)]);
}

/* ---- Fields ---- */

/* All of a bond, in the order of writing. The last two are there or not, together. */
static const struct field {
    const char *name, *bad, *missing;
    bool (*read)(const char *text, void *value, size_t size);
    void (*write)(char *out, const void *value, size_t size);
    size_t offset, size; /* in struct nordfu_bond_entry */
} fields[] = {
#define FIELD(name, kind, member)                                                                  \
    {                                                                                              \
        name, "has a bad " name, "lacks " name, read_##kind, write_##kind,                         \
            offsetof(struct nordfu_bond_entry, member),                                            \
            sizeof(((struct nordfu_bond_entry *)0)->member)                                        \
    }
    FIELD("created", time, created),
    FIELD("peer", address, bond.peer),
    FIELD("own", address, bond.own),
    FIELD("ltk", hex, bond.ltk),
    FIELD("size", key_size, bond.ltk_size),
    FIELD("ediv", word, bond.ediv),
    FIELD("rand", hex, bond.rand),
    FIELD("lesc", flag, bond.lesc),
    FIELD("authenticated", flag, bond.authenticated),
    FIELD("identity", address, bond.identity),
    FIELD("irk", hex, bond.irk),
#undef FIELD
};

#define IDENTITY_FIELDS (3u << (COUNT(fields) - 2))
#define MUST_FIELDS     ((1u << (COUNT(fields) - 2)) - 1)

/* ---- Lines ---- */

/* "name=value". NULL, or what is wrong with it. */
static const char *read_field(char *word, struct nordfu_bond_entry *entry, unsigned *seen)
{
    char *value = strchr(word, '=');
    if (value == NULL)
        return "holds something that is no name=value";
    *value++ = '\0';
    for (size_t i = 0; i < COUNT(fields); i++) {
        if (strcmp(fields[i].name, word) != 0)
            continue;
        if ((*seen & 1u << i) != 0)
            return "says something twice";
        *seen |= 1u << i;
        void *member = (uint8_t *)entry + fields[i].offset;
        return fields[i].read(value, member, fields[i].size) ? NULL : fields[i].bad;
    }
    return "says something unknown";
}

/* NULL, or what is wrong with the line. */
static const char *read_bond(char *line, struct nordfu_bond_entry *entry)
{
    unsigned seen = 0;
    *entry = (struct nordfu_bond_entry){0};
    for (char *word = line; word != NULL;) {
        char *blank = strchr(word, ' ');
        if (blank != NULL)
            *blank++ = '\0';
        const char *wrong = read_field(word, entry, &seen);
        if (wrong != NULL)
            return wrong;
        word = blank;
    }
    entry->bond.has_identity = (seen & IDENTITY_FIELDS) != 0;
    unsigned must = MUST_FIELDS | (entry->bond.has_identity ? IDENTITY_FIELDS : 0);
    for (size_t i = 0; i < COUNT(fields); i++) {
        if ((must & ~seen & 1u << i) != 0)
            return fields[i].missing;
    }
    return NULL;
}

static size_t write_bond(char *out, const struct nordfu_bond_entry *entry)
{
    char value[VALUE_MAX];
    size_t at = 0;
    size_t count = entry->bond.has_identity ? COUNT(fields) : COUNT(fields) - 2;
    for (size_t i = 0; i < count; i++) {
        fields[i].write(value, (const uint8_t *)entry + fields[i].offset, fields[i].size);
        at += (size_t)snprintf(out + at, BOND_TEXT_LINE - at, "%s%s=%s", i > 0 ? " " : "",
                               fields[i].name, value);
    }
    crypto_wipe(value, sizeof(value));
    out[at++] = '\n';
    return at;
}

/* ---- The whole ---- */

static const char *check_header(const char *line)
{
    size_t size = strlen(HEADER);
    if (strncmp(line, HEADER, size) != 0)
        return "is not the beginning of a list of bonds";
    return strcmp(line + size, VERSION) == 0 ? NULL : "names a version that is not known here";
}

/* The next line, without its line feed, to `line`. Returns its size with line feed, 0 if it is too
 * long, holds a zero or has no end. */
static size_t cut_line(char line[BOND_TEXT_LINE], const char *text, size_t size)
{
    size_t max = size < BOND_TEXT_LINE ? size : BOND_TEXT_LINE;
    const char *feed = memchr(text, '\n', max);
    size_t length = feed != NULL ? (size_t)(feed - text) : 0;
    if (feed == NULL || memchr(text, '\0', length) != NULL)
        return 0;
    memcpy(line, text, length);
    line[length] = '\0';
    return length + 1;
}

/* What is wrong with a line behind the header; *ended if it is the last. */
static const char *take_line(struct bond_list *list, char *line, bool *ended)
{
    if (*ended)
        return "stands behind the end";
    *ended = strcmp(line, END) == 0;
    if (*ended)
        return NULL;
    if (list->count == NORDFU_MAX_BONDS)
        return "is one too many";
    return read_bond(line, &list->entries[list->count++]);
}

bool bond_text_decode(struct bond_list *list, const char *text, size_t size,
                      struct bond_text_defect *defect)
{
    char line[BOND_TEXT_LINE];
    bool ended = false;
    const char *wrong = NULL;
    list->count = 0;
    defect->line = 0;
    for (size_t at = 0; at < size && wrong == NULL;) {
        size_t used = cut_line(line, text + at, size - at);
        defect->line++;
        at += used;
        if (used == 0)
            wrong = "is too long or cut off";
        else
            wrong = defect->line == 1 ? check_header(line) : take_line(list, line, &ended);
    }
    crypto_wipe(line, sizeof(line));
    if (wrong == NULL && !ended) {
        defect->line++;
        wrong = "is missing: the file is cut off";
    }
    defect->what = wrong;
    return wrong == NULL;
}

size_t bond_text_encode(const struct bond_list *list, char *out)
{
    size_t at = (size_t)snprintf(out, BOND_TEXT_LINE, HEADER VERSION "\n");
    for (size_t i = 0; i < list->count; i++)
        at += write_bond(out + at, &list->entries[i]);
    return at + (size_t)snprintf(out + at, BOND_TEXT_LINE, END "\n");
}
