/* SPDX-License-Identifier: MIT */
#include "base/plain.h"

void plain_text(char *text)
{
    for (char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at, next = (unsigned char)at[1];
        if (c < 0x20 || c == 0x7F)
            *at = '?';
        else if (c == 0xC2 && next >= 0x80 && next < 0xA0)
            at[0] = at[1] = '?';
    }
}
