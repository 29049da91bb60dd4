/*
 * SPDX-License-Identifier: MIT
 * Bonds as text, for bond_store.c:
 *
 *     nordfu bonds 1
 *     created=2026-03-01T12:00:00Z peer=DE:06:3B:97:4C:D8/static own=... ltk=... size=16 ...
 *     end
 *
 * One line per bond, the oldest first; every line ends with a line feed. Bytes are in hex, in the
 * order of struct nordfu_bond. The last line tells a whole file from a torn one. Reading is strict:
 * a file with anything else in it is somebody else's, or of another version. No I/O.
 */
#ifndef NORDFU_CENTRAL_BOND_TEXT_H
#define NORDFU_CENTRAL_BOND_TEXT_H

#include <stddef.h>

#include "nordfu/bond.h"

#define BOND_TEXT_MAX  ((size_t)1 << 20) /* bytes of a file */
#define BOND_TEXT_LINE 384               /* bytes of a line, its line feed included, at most */

/* Secret: to be wiped. */
struct bond_list {
    size_t count;
    struct nordfu_bond_entry entries[NORDFU_MAX_BONDS];
};

/* The first thing that is wrong with a text. */
struct bond_text_defect {
    size_t line;      /* from 1 */
    const char *what; /* "has a bad ltk"; never anything of the text itself; lives forever */
};

/* Reads `size` bytes into *list. False, and *defect, if that is no list of bonds; *list is worth
 * nothing then. */
bool bond_text_decode(struct bond_list *list, const char *text, size_t size,
                      struct bond_text_defect *defect);

/* Room that bond_text_encode needs for `count` bonds. */
#define BOND_TEXT_SIZE(count) (((count) + 2) * BOND_TEXT_LINE)

/* Writes the list to `out`, which has BOND_TEXT_SIZE(list->count) bytes. Returns how many are used.
 */
size_t bond_text_encode(const struct bond_list *list, char *out);

#define BOND_TEXT_TIME 21 /* "2026-03-01T12:00:00Z" and a terminating zero */
/* Writes seconds since 1970 as UTC; the years 1970 to 9999, others as the nearest of them. */
void bond_text_time(int64_t seconds, char text[BOND_TEXT_TIME]);

#endif
