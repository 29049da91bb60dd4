/*
 * SPDX-License-Identifier: MIT
 * One JSON object per line, for machines (docs/json.md). A line is built in memory and leaves in
 * one piece, flushed.
 */
#ifndef NORDFU_CLI_JSON_H
#define NORDFU_CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "nordfu/target.h"

struct json {
    char text[8192];
    size_t size;
    bool comma;
    bool full; /* something did not fit; the rest is left out */
};

/* {"event":"NAME" */
void json_begin(struct json *json, const char *event);
void json_text(struct json *json, const char *key, const char *value);
void json_number(struct json *json, const char *key, int64_t value);
/* Hidden, because jansson has another function of that name. */
#if defined(__GNUC__)
__attribute__((visibility("hidden")))
#endif
void json_real(struct json *json, const char *key, double value);
void json_bool(struct json *json, const char *key, bool value);
/* Arrays. */
void json_numbers(struct json *json, const char *key, const uint32_t *values, size_t count);
void json_texts(struct json *json, const char *key, const char *const *values, size_t count);
/* A nested object: everything until json_leave goes into it. */
void json_enter(struct json *json, const char *key);
void json_leave(struct json *json);
/* Closes the object and writes the line. */
void json_end(struct json *json, FILE *out);

/* The lines of `dfu ble`: an event, the result, and a failure. */
void json_print_event(FILE *out, const struct nordfu_event *event);
void json_print_result(FILE *out, const struct nordfu_update_result *result, bool dry_run);
void json_print_error(FILE *out, const struct nordfu_error *error, int exit_code);

#endif
