/* SPDX-License-Identifier: MIT
 * A bootloader settings page for people, and for machines. */
#ifndef NORDFU_CLI_SETTINGS_TEXT_H
#define NORDFU_CLI_SETTINGS_TEXT_H

#include "nordfu/settings.h"

/* The block of `settings generate` and `settings display` on standard output. package.md 5.4. */
void settings_print(const char *file, const struct nordfu_settings_page *page);

/* What is special about a page that was found: lines that begin with "Warning:" on standard error.
 */
void settings_print_warnings(const struct nordfu_settings_found *found);

/* The object of `settings display --json` (docs/json.md). */
void settings_print_json(const char *file, const struct nordfu_settings_found *found);

/* Fills `error` with why no page was found: what is at the places where one could be. Returns
 * NORDFU_ERR_USAGE. */
int settings_explain(const char *file, const struct nordfu_settings_found *found,
                     struct nordfu_error *error);

#endif
