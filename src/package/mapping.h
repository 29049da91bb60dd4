/* SPDX-License-Identifier: MIT
 * Scalars by name from a YAML file, with libyaml hidden behind them. */
#ifndef NORDFU_PACKAGE_MAPPING_H
#define NORDFU_PACKAGE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nordfu/error.h"

struct mapping;

struct mapping_member {
    size_t line;      /* from 1 */
    bool is_scalar;   /* else a list or a mapping, and there is no text */
    bool is_plain;    /* not in quotes, nor a block: YAML gives it a type by its looks */
    const char *text; /* ends with a zero that does not count */
    size_t size;      /* bytes of `text`, among which may be zeros */
};

/*
 * Reads the text of a file of that name, which has to be one document that is a mapping. Errors:
 * NORDFU_ERR_USAGE (with the line of what is wrong), NORDFU_ERR_SYSTEM (memory).
 */
int mapping_parse(struct mapping **out, const void *text, size_t size, const char *path,
                  struct nordfu_error *error);
/* Frees and nulls; NULL and *NULL are fine. */
void mapping_free(struct mapping **mapping);

/* Finds the member of that name, the last one if there are several; false if there is none. Views
 * into the mapping. */
bool mapping_find(const struct mapping *mapping, const char *name, struct mapping_member *member);

/* Reads an integer as YAML 1.1 knows them: decimal, 0x hexadecimal, 0b binary, 0 octal, with a sign
 * and underscores. False if the member is no such. Large ones become INT64_MAX or -INT64_MAX. */
bool mapping_integer(const struct mapping_member *member, int64_t *value);

#endif
