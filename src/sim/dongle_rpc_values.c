/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "sim/dongle_rpc.h"

enum {
    VALUES_MAX = 4096, /* more than any packet of 768 bytes can hold */
};

void dongle_rpc_clear(struct dongle_rpc_values *values)
{
    values->count = 0;
    values->hint = 0;
    values->failed = false;
}

void dongle_rpc_free(struct dongle_rpc_values *values)
{
    free(values->items);
    *values = (struct dongle_rpc_values){0};
}

static bool grow(struct dongle_rpc_values *values)
{
    size_t capacity = values->capacity > 0 ? 2 * values->capacity : 32;
    struct dongle_rpc_value *items =
        capacity > VALUES_MAX ? NULL : realloc(values->items, capacity * sizeof(*items));
    if (items == NULL)
        return false;
    values->items = items;
    values->capacity = capacity;
    return true;
}

static void add(struct dongle_rpc_values *values, const char *name,
                const struct dongle_rpc_value *value)
{
    size_t length = strlen(name);
    if (length >= sizeof(value->name) || (values->count == values->capacity && !grow(values))) {
        values->failed = true;
        return;
    }
    struct dongle_rpc_value *item = &values->items[values->count++];
    *item = *value;
    memcpy(item->name, name, length + 1);
}

void dongle_rpc_put(struct dongle_rpc_values *values, const char *name, int64_t number)
{
    add(values, name, &(struct dongle_rpc_value){.kind = DONGLE_RPC_NUMBER, .number = number});
}

void dongle_rpc_put_bytes(struct dongle_rpc_values *values, const char *name, const void *bytes,
                          size_t size)
{
    add(values, name,
        &(struct dongle_rpc_value){.kind = DONGLE_RPC_BYTES, .bytes = bytes, .size = size});
}

void dongle_rpc_put_kind(struct dongle_rpc_values *values, const char *name,
                         enum dongle_rpc_kind kind, int64_t number)
{
    add(values, name, &(struct dongle_rpc_value){.kind = kind, .number = number});
}

const struct dongle_rpc_value *dongle_rpc_find(struct dongle_rpc_values *values, const char *name)
{
    for (size_t i = 0; i < values->count; i++) {
        size_t index = (values->hint + i) % values->count;
        if (strcmp(values->items[index].name, name) != 0)
            continue;
        values->hint = index + 1; /* values are mostly read in the order in which they were added */
        return &values->items[index];
    }
    return NULL;
}

int64_t dongle_rpc_number(struct dongle_rpc_values *values, const char *name)
{
    const struct dongle_rpc_value *value = dongle_rpc_find(values, name);
    return value == NULL ? 0 : value->number;
}

bool dongle_rpc_present(struct dongle_rpc_values *values, const char *name)
{
    const struct dongle_rpc_value *value = dongle_rpc_find(values, name);
    return value != NULL && value->kind != DONGLE_RPC_ABSENT;
}
