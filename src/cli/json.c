/* SPDX-License-Identifier: MIT */
#include "cli/json.h"

#include <stdarg.h>
#include <string.h>

#include "cli/text.h"

/* Room that json_end needs: closing braces, line break, terminating zero. */
#define RESERVE 16

static void add(struct json *json, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct json *json, const char *format, ...)
{
    size_t room = sizeof(json->text) - RESERVE - json->size;
    va_list list;
    va_start(list, format);
    int size = vsnprintf(json->text + json->size, room, format, list);
    va_end(list);
    if (json->full || size < 0 || (size_t)size >= room)
        json->full = true;
    else
        json->size += (size_t)size;
    json->text[json->size] = 0;
}

static void quoted(struct json *json, const char *text)
{
    add(json, "\"");
    uint32_t code;
    for (size_t length; (length = text_next(text, &code)) > 0; text += length) {
        if (code == UINT32_MAX)
            add(json, "\\ufffd");
        else if (code == '"' || code == '\\')
            add(json, "\\%c", (char)code);
        else if (text_disturbs(code) && code < 0x10000)
            add(json, "\\u%04x", (unsigned)code);
        else if (text_disturbs(code))
            add(json, "\\u%04x\\u%04x", (unsigned)(0xD7C0 + (code >> 10)),
                (unsigned)(0xDC00 + (code & 0x3FF)));
        else
            add(json, "%.*s", (int)length, text);
    }
    add(json, "\"");
}

static void key_of(struct json *json, const char *key)
{
    if (json->comma)
        add(json, ",");
    json->comma = true;
    quoted(json, key);
    add(json, ":");
}

/* A member goes in whole or not at all, so that the line stays JSON. */
static void member_done(struct json *json, size_t before, bool comma)
{
    if (!json->full)
        return;
    json->size = before;
    json->text[before] = 0;
    json->comma = comma;
    json->full = false;
}

void json_begin(struct json *json, const char *event)
{
    json->size = 0;
    json->comma = false;
    json->full = false;
    add(json, "{");
    json_text(json, "event", event);
}

void json_text(struct json *json, const char *key, const char *value)
{
    size_t before = json->size;
    bool comma = json->comma;
    key_of(json, key);
    quoted(json, value);
    member_done(json, before, comma);
}

void json_number(struct json *json, const char *key, int64_t value)
{
    size_t before = json->size;
    bool comma = json->comma;
    key_of(json, key);
    add(json, "%lld", (long long)value);
    member_done(json, before, comma);
}

void json_real(struct json *json, const char *key, double value)
{
    size_t before = json->size;
    bool comma = json->comma;
    key_of(json, key);
    add(json, "%.6f", value);
    member_done(json, before, comma);
}

void json_bool(struct json *json, const char *key, bool value)
{
    size_t before = json->size;
    bool comma = json->comma;
    key_of(json, key);
    add(json, value ? "true" : "false");
    member_done(json, before, comma);
}

void json_numbers(struct json *json, const char *key, const uint32_t *values, size_t count)
{
    size_t before = json->size;
    bool comma = json->comma;
    key_of(json, key);
    add(json, "[");
    for (size_t i = 0; i < count; i++)
        add(json, "%s%u", i > 0 ? "," : "", (unsigned)values[i]);
    add(json, "]");
    member_done(json, before, comma);
}

void json_texts(struct json *json, const char *key, const char *const *values, size_t count)
{
    size_t before = json->size;
    bool comma = json->comma;
    key_of(json, key);
    add(json, "[");
    for (size_t i = 0; i < count; i++) {
        add(json, "%s", i > 0 ? "," : "");
        quoted(json, values[i]);
    }
    add(json, "]");
    member_done(json, before, comma);
}

void json_enter(struct json *json, const char *key)
{
    key_of(json, key);
    add(json, "{");
    json->comma = false;
}

void json_leave(struct json *json)
{
    /* Out of what RESERVE keeps: a brace always fits. */
    json->text[json->size++] = '}';
    json->text[json->size] = 0;
    json->comma = true;
}

void json_end(struct json *json, FILE *out)
{
    memcpy(json->text + json->size, "}\n", 3);
    fputs(json->text, out);
    fflush(out);
}

static void link_members(struct json *json, const struct nordfu_link *link)
{
    json_number(json, "mtu", link->mtu);
    json_number(json, "data_length", link->tx_octets);
    json_number(json, "phy", link->tx_phy);
    json_real(json, "interval_ms", link->interval * 1.25);
}

static void address_member(struct json *json, const struct nordfu_address *address)
{
    char text[NORDFU_ADDRESS_TEXT];
    nordfu_address_format(address, text);
    json_text(json, "address", text);
}

static const char *const event_names[] = {
    [NORDFU_EVENT_DONGLE] = "dongle",     [NORDFU_EVENT_SCANNING] = "scanning",
    [NORDFU_EVENT_FOUND] = "found",       [NORDFU_EVENT_CONNECTED] = "connected",
    [NORDFU_EVENT_JUMPING] = "jumping",   [NORDFU_EVENT_IMAGE] = "image",
    [NORDFU_EVENT_PROGRESS] = "progress", [NORDFU_EVENT_RETRY] = "retry",
    [NORDFU_EVENT_NOTE] = "note",         [NORDFU_EVENT_ACTIVATING] = "activating",
    [NORDFU_EVENT_DONE] = "done",         [NORDFU_EVENT_PLAN] = "plan",
};

void json_print_event(FILE *out, const struct nordfu_event *event)
{
    struct json json;
    size_t type = (size_t)event->type;
    bool known = type < sizeof(event_names) / sizeof(event_names[0]);
    json_begin(&json, known ? event_names[type] : "other");
    json_real(&json, "time", (double)event->time / 1e6);
    if (event->type == NORDFU_EVENT_FOUND) {
        address_member(&json, &event->address);
        json_text(&json, "name", event->text);
        json_text(&json, "match", nordfu_match_name(event->match));
    } else if (event->text[0] != 0) {
        json_text(&json, "text", event->text);
    }
    if (event->type == NORDFU_EVENT_CONNECTED) {
        address_member(&json, &event->link.address);
        link_members(&json, &event->link);
        json_bool(&json, "encrypted", event->link.encrypted);
    }
    if (event->type == NORDFU_EVENT_IMAGE || event->type == NORDFU_EVENT_PROGRESS) {
        json_number(&json, "bytes", event->bytes);
        json_number(&json, "total", event->total);
    }
    json_end(&json, out);
}

void json_print_result(FILE *out, const struct nordfu_update_result *result, bool dry_run)
{
    struct json json;
    json_begin(&json, "result");
    json_bool(&json, "dry_run", dry_run);
    json_text(&json, "dongle", result->central);
    address_member(&json, &result->link.address);
    json_text(&json, "match", nordfu_match_name(result->match));
    link_members(&json, &result->link);
    json_number(&json, "bytes", result->bytes);
    json_number(&json, "resumed", result->resumed);
    json_number(&json, "retries", result->retries);
    json_number(&json, "reconnects", result->reconnects);
    json_real(&json, "transfer_seconds", (double)result->transfer_time / 1e6);
    json_real(&json, "total_seconds", (double)result->total_time / 1e6);
    json_end(&json, out);
}

static const char *const speaker_names[] = {
    [NORDFU_SPEAKER_NONE] = "none",
    [NORDFU_SPEAKER_SYSTEM] = "system",
    [NORDFU_SPEAKER_SOFTDEVICE] = "softdevice",
    [NORDFU_SPEAKER_HCI] = "hci",
    [NORDFU_SPEAKER_GATT] = "gatt",
    [NORDFU_SPEAKER_DFU_RESULT] = "dfu-result",
    [NORDFU_SPEAKER_DFU_EXTENDED] = "dfu-extended",
    [NORDFU_SPEAKER_BUTTONLESS] = "buttonless",
    [NORDFU_SPEAKER_SMP] = "smp",
};

void json_print_error(FILE *out, const struct nordfu_error *error, int exit_code)
{
    struct json json;
    size_t speaker = (size_t)error->speaker;
    json_begin(&json, "error");
    json_text(&json, "class", nordfu_class_name(error->code));
    json_number(&json, "exit", exit_code);
    if (speaker > 0 && speaker < sizeof(speaker_names) / sizeof(speaker_names[0])) {
        json_text(&json, "speaker", speaker_names[speaker]);
        json_number(&json, "detail", error->detail);
    }
    json_text(&json, "text", error->text);
    json_end(&json, out);
}
