/* SPDX-License-Identifier: MIT */
#include "cli/version_text.h"

#include <ctype.h>

/* One of the three numbers, up to the next point or the end. */
static bool read_part(const char **next, uint64_t *number)
{
    const char *begin = *next;
    *number = 0;
    for (; isdigit((unsigned char)**next); (*next)++)
        if (*number <= UINT32_MAX)
            *number = *number * 10 + (uint64_t)(**next - '0');
    return *next > begin;
}

int version_text_read(const struct args *args, const char *text, uint32_t *version)
{
    static const uint64_t weights[] = {10000, 100, 1};
    const char *next = text;
    uint64_t number = 0, part = 0;
    bool good = true;
    int points = 0;
    for (const char *at = text; *at != 0; at++)
        points += *at == '.';
    if (points != 2)
        return args_complain(
            args, "Invalid value for application-version-string: Must be on the format x.y.z");
    for (int i = 0; i < 3 && good; i++) {
        good = read_part(&next, &part) && *next++ == (i < 2 ? '.' : 0);
        number += part * weights[i];
    }
    if (!good)
        return args_complain(args,
                             "Invalid value for application-version-string: '%s' is not made of "
                             "three numbers in decimal digits.",
                             text);
    if (number > UINT32_MAX)
        return args_complain(args,
                             "Invalid value for application-version-string: '%s' is more than "
                             "version 4294967295 (429496.72.95), the highest possible.",
                             text);
    *version = (uint32_t)number;
    return ARGS_GO_ON;
}
