/* SPDX-License-Identifier: MIT
 * Text from elsewhere (names from the air, paths) made safe to show. */
#ifndef NORDFU_CLI_TEXT_H
#define NORDFU_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The first character of UTF-8 `text`: its code point into *code, its bytes as the return value. 0
 * at the end of the text. An invalid byte is one byte long with *code = UINT32_MAX.
 */
size_t text_next(const char *text, uint32_t *code);

/* True for characters that steer a terminal or change how the text around them is read: control
 * characters, writing direction marks, invisible ones; and for UINT32_MAX. */
bool text_disturbs(uint32_t code);

/*
 * Copies `text` with everything that could disturb a terminal (control characters, writing
 * direction marks, bytes that are no UTF-8) replaced by \xNN or \u{NNNN}. The result is always
 * terminated, cut at a whole character if need be.
 */
void text_escape(char *out, size_t size, const char *text);

#endif
