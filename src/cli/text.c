/* SPDX-License-Identifier: MIT */
#include "cli/text.h"

#include <stdio.h>
#include <string.h>

size_t text_next(const char *text, uint32_t *code)
{
    const unsigned char *b = (const unsigned char *)text;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (b[0] < 0x80) {
        *code = b[0];
        return b[0] != 0;
    }
    size_t size = b[0] >= 0xF0 && b[0] < 0xF8 ? 4 : b[0] >= 0xE0 ? 3 : b[0] >= 0xC0 ? 2 : 0;
    uint32_t value = size == 0 || b[0] >= 0xF8 ? UINT32_MAX : b[0] & (0x7Fu >> size);
    for (size_t i = 1; i < size && value != UINT32_MAX; i++)
        value = (b[i] & 0xC0) == 0x80 ? value << 6 | (b[i] & 0x3Fu) : UINT32_MAX;
    bool valid = value != UINT32_MAX && value >= least[size] && value <= 0x10FFFF &&
                 (value < 0xD800 || value > 0xDFFF);
    *code = valid ? value : UINT32_MAX;
    return valid ? size : 1;
}

bool text_disturbs(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == UINT32_MAX ||
           (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || code >= 0xE0000;
}

void text_escape(char *out, size_t size, const char *text)
{
    size_t used = 0;
    uint32_t code;
    for (size_t length; (length = text_next(text, &code)) > 0; text += length) {
        char piece[16];
        if (!text_disturbs(code))
            snprintf(piece, sizeof(piece), "%.*s", (int)length, text);
        else if (code == UINT32_MAX || code < 0x100)
            snprintf(piece, sizeof(piece), "\\x%02X",
                     code == UINT32_MAX ? (unsigned char)*text : (unsigned)code);
        else
            snprintf(piece, sizeof(piece), "\\u{%04X}", (unsigned)code);
        if (used + strlen(piece) + 1 > size)
            break;
        memcpy(out + used, piece, strlen(piece));
        used += strlen(piece);
    }
    if (size > 0)
        out[used] = 0;
}
