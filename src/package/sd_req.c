/* SPDX-License-Identifier: MIT */
#include "package/sd_req.h"

#include <stdbool.h>

/* SD_REQ_MAX values never fill 3/5 of 128 slots, the third size that the table takes (8, 32, 128).
 */
#define MAX_SLOTS 128
/* Slots looked at behind the first one before jumping on, if the table has as many there. */
#define NEIGHBOURS 9

struct table {
    uint32_t mask;
    uint32_t count;
    bool used[MAX_SLOTS];
    uint32_t value[MAX_SLOTS];
};

/* Stores `value` in one of the slots from `at` to `at + span`. True if that settled it: it is there
 * now, or was before. */
static bool settle(struct table *table, uint32_t at, uint32_t span, uint32_t value)
{
    for (uint32_t i = at; i <= at + span; i++) {
        if (table->used[i] && table->value[i] != value)
            continue;
        table->count += table->used[i] ? 0 : 1;
        table->used[i] = true;
        table->value[i] = value;
        return true;
    }
    return false;
}

static void insert(struct table *table, uint32_t value)
{
    uint32_t rest = value;
    uint32_t at = value & table->mask;
    while (!settle(table, at, at + NEIGHBOURS <= table->mask ? NEIGHBOURS : 0, value)) {
        rest >>= 5;
        at = (5 * at + 1 + rest) & table->mask;
    }
}

static void grow(struct table *table)
{
    struct table larger = {.mask = 7};
    while (larger.mask + 1 <= 4 * table->count)
        larger.mask = 2 * larger.mask + 1;
    for (uint32_t i = 0; i <= table->mask; i++)
        if (table->used[i])
            insert(&larger, table->value[i]);
    *table = larger;
}

size_t sd_req_order(uint32_t *values, size_t count)
{
    struct table table = {.mask = 7};
    for (size_t i = 0; i < count && i < SD_REQ_MAX; i++) {
        uint32_t before = table.count;
        insert(&table, values[i]);
        if (table.count > before && table.count * 5 >= table.mask * 3)
            grow(&table);
    }
    size_t n = 0;
    for (uint32_t i = 0; i <= table.mask; i++)
        if (table.used[i])
            values[n++] = table.value[i];
    return n;
}
