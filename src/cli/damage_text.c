/* SPDX-License-Identifier: MIT */
#include "cli/damage_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"

enum { WORD_MAX = 64 };

/* What stands behind a place's name. */
enum value {
    VALUE_NONE,
    VALUE_COUNT,  /* 1 or more */
    VALUE_OBJECT, /* the same, "init" or "last" */
    VALUE_TIME,
};

static const enum value values[SIM_DAMAGE_PLACES] = {
    [SIM_DAMAGE_AT_INIT] = VALUE_COUNT,     [SIM_DAMAGE_AT_BYTES] = VALUE_COUNT,
    [SIM_DAMAGE_AT_PACKET] = VALUE_COUNT,   [SIM_DAMAGE_AT_OBJECT] = VALUE_OBJECT,
    [SIM_DAMAGE_AT_EXECUTE] = VALUE_OBJECT, [SIM_DAMAGE_AT_ANSWER] = VALUE_OBJECT,
    [SIM_DAMAGE_AT_JUMP] = VALUE_NONE,      [SIM_DAMAGE_AT_FLASH] = VALUE_COUNT,
    [SIM_DAMAGE_AT_TIME] = VALUE_TIME,
};

static const char *const expected[] = {
    [VALUE_NONE] = "nothing",
    [VALUE_COUNT] = "a number, 1 or more",
    [VALUE_OBJECT] = "an object's number, 1 or more, or init or last",
    [VALUE_TIME] = "a time, as 500ms or 2.5s",
};

/* The position of `word` among `names`; else an error that tells what there is. */
static int choose(const char *word, const char *const *names, const char *what,
                  struct nordfu_error *error)
{
    char list[200] = "";
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(word, names[i]) == 0)
            return i;
        snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i == 0 ? "" : ", ",
                 names[i]);
    }
    const char *nearest = args_nearest(word, names);
    if (nearest != NULL)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "There is no %s \"%s\"; did you mean \"%s\"?", what, word, nearest);
    return nordfu_error_set(error, NORDFU_ERR_USAGE, "There is no %s \"%s\"; there are: %s.", what,
                            word, list);
}

static int choose_kind(struct sim_damage_config *config, const char *word,
                       struct nordfu_error *error)
{
    const char *names[SIM_DAMAGE_KINDS + 1] = {NULL};
    for (int i = 0; i < SIM_DAMAGE_KINDS; i++)
        names[i] = sim_damage_kind_name((enum sim_damage_kind)i);
    int at = choose(word, names, "damage", error);
    if (at < 0)
        return at;
    config->kind = (enum sim_damage_kind)at;
    return 0;
}

/* Only places that go with the kind are offered. */
static int choose_place(struct sim_damage_config *config, const char *word,
                        struct nordfu_error *error)
{
    const char *names[SIM_DAMAGE_PLACES + 1] = {NULL};
    enum sim_damage_place places[SIM_DAMAGE_PLACES];
    char what[WORD_MAX];
    int count = 0;
    for (int i = 0; i < SIM_DAMAGE_PLACES; i++)
        if (sim_damage_fits(config->kind, (enum sim_damage_place)i)) {
            places[count] = (enum sim_damage_place)i;
            names[count++] = sim_damage_place_name((enum sim_damage_place)i);
        }
    snprintf(what, sizeof(what), "place for a %s", sim_damage_kind_name(config->kind));
    int at = choose(word, names, what, error);
    if (at < 0)
        return at;
    config->place = places[at];
    return 0;
}

static bool read_count(uint32_t *number, const char *text)
{
    return args_read_based(text, number) && *number > 0 && *number < SIM_DAMAGE_OF_LAST;
}

static bool read_object(uint32_t *number, const char *text)
{
    bool init = strcmp(text, "init") == 0, last = strcmp(text, "last") == 0;
    if (!init && !last)
        return read_count(number, text);
    *number = init ? SIM_DAMAGE_OF_INIT : SIM_DAMAGE_OF_LAST;
    return true;
}

/* "500ms", "2.5s" */
static bool read_time(uint64_t *us, const char *text)
{
    char *end;
    double number = strtod(text, &end);
    if (!isdigit((unsigned char)text[0]) || !(number <= 1e6))
        return false;
    if (strcmp(end, "s") == 0)
        *us = (uint64_t)(number * 1e6 + 0.5);
    else if (strcmp(end, "ms") == 0)
        *us = (uint64_t)(number * 1e3 + 0.5);
    else
        return false;
    return true;
}

static bool read_value(uint32_t *number, enum value kind, const char *text)
{
    uint64_t us;
    switch (kind) {
    case VALUE_COUNT:
        return read_count(number, text);
    case VALUE_OBJECT:
        return read_object(number, text);
    case VALUE_TIME:
        if (!read_time(&us, text))
            return false;
        *number = (uint32_t)(us / 1000);
        return true;
    default:
        return false;
    }
}

/* "bytes=8192"; `value` NULL = there is none. */
static int read_place(struct sim_damage_config *config, const char *word, const char *value,
                      struct nordfu_error *error)
{
    int code = choose_place(config, word, error);
    if (code != 0)
        return code;
    enum value kind = values[config->place];
    bool optional = kind == VALUE_NONE || config->place == SIM_DAMAGE_AT_INIT;
    if (value == NULL ? optional : read_value(&config->number, kind, value))
        return 0;
    if (value == NULL)
        return nordfu_error_set(error, NORDFU_ERR_USAGE, "\"%s\" needs a value: %s=VALUE, %s.",
                                word, word, expected[kind]);
    return nordfu_error_set(error, NORDFU_ERR_USAGE,
                            "\"%s\" is no value for the place \"%s\"; expected: %s.", value, word,
                            expected[kind]);
}

/* The options. */

static bool read_for(struct damage_order *order, const char *value)
{
    if (strcmp(value, "ever") == 0) {
        order->config.for_us = SIM_DAMAGE_EVER;
        return true;
    }
    return read_time(&order->config.for_us, value) && order->config.for_us > 0;
}

static bool read_device(struct damage_order *order, const char *value)
{
    return read_count(&order->device, value);
}

static bool read_image(struct damage_order *order, const char *value)
{
    return sim_damage_knows_image(order->config.place) && read_count(&order->config.image, value);
}

static bool read_packets(struct damage_order *order, const char *value)
{
    return read_count(&order->config.count, value);
}

static const struct option {
    const char *name;
    bool (*read)(struct damage_order *order, const char *value);
    const char *expected;
    bool of_packets, of_others; /* the kinds that have it */
} keys[] = {
    {"device", read_device, "the device's number, 1 = the first", true, true},
    {"image", read_image, "the image's number, 1 = the first; not with flash and time", true, true},
    {"for", read_for, "a time, as 500ms or 2.5s, or ever", false, true},
    {"count", read_packets, "a number of packets, 1 or more", true, false},
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

static int read_key(struct damage_order *order, const char *word, const char *value,
                    struct nordfu_error *error)
{
    const char *names[KEYS + 1] = {NULL};
    const struct option *offered[KEYS];
    char what[WORD_MAX];
    const char *kind = sim_damage_kind_name(order->config.kind);
    bool packets = !sim_damage_fits(order->config.kind, SIM_DAMAGE_AT_JUMP);
    int count = 0;
    for (int i = 0; i < KEYS; i++)
        if (packets ? keys[i].of_packets : keys[i].of_others) {
            offered[count] = &keys[i];
            names[count++] = keys[i].name;
        }
    snprintf(what, sizeof(what), "key of a %s", kind);
    int at = choose(word, names, what, error);
    if (at < 0)
        return at;
    if (value != NULL && offered[at]->read(order, value))
        return 0;
    return nordfu_error_set(error, NORDFU_ERR_USAGE,
                            "\"%s\" is no value for a %s's %s; expected: %s.",
                            value != NULL ? value : "", kind, word, offered[at]->expected);
}

/* One part between commas; the first is "WHAT@WHERE". */
static int read_part(struct damage_order *order, char *part, bool first, struct nordfu_error *error)
{
    char *at = strchr(part, '@');
    if (first && at == NULL)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "A damage is written WHAT@WHERE, as cut-link@bytes=8192, which "
                                "\"%s\" is not.",
                                part);
    char *word = first ? at + 1 : part;
    char *value = strchr(word, '=');
    if (value != NULL)
        *value++ = 0;
    if (!first)
        return read_key(order, word, value, error);
    *at = 0;
    int code = choose_kind(&order->config, part, error);
    return code == 0 ? read_place(&order->config, word, value, error) : code;
}

int damage_text_read(struct damage_order *order, const char *text, struct nordfu_error *error)
{
    int code = 0;
    bool first = true;
    *order = (struct damage_order){.device = 1};
    while (code == 0 && (first || *text != 0)) {
        char part[WORD_MAX];
        size_t size = strcspn(text, ",");
        if (size >= sizeof(part))
            return nordfu_error_set(error, NORDFU_ERR_USAGE, "A part of a damage is too long.");
        snprintf(part, sizeof(part), "%.*s", (int)size, text);
        if (size > 0 || first)
            code = read_part(order, part, first, error);
        first = false;
        text += size;
        text += *text == ',';
    }
    return code;
}
