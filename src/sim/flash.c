/* SPDX-License-Identifier: MIT */
#include "sim/flash.h"

#include <stdlib.h>
#include <string.h>

#define WORD 4u

struct operation {
    bool erases;
    uint32_t address;
    uint32_t size;  /* bytes */
    uint8_t *bytes; /* of a write; the room stays with the entry */
    uint32_t room;
    flash_done done;
    void *context;
};

struct watch {
    uint32_t left;     /* operations to begin until then */
    sim_action action; /* NULL = not watching */
    void *context;
    sim_timer timer;
};

struct flash {
    struct sim_world *world;
    struct flash_config config;
    uint8_t *contents;
    struct operation *queue; /* a ring of config.queue entries */
    uint32_t first, count;
    uint32_t begun;
    uint64_t started; /* when the first operation began */
    sim_timer timer;  /* its end */
    struct watch watch;
};

struct flash *flash_new(struct sim_world *world, const struct flash_config *config)
{
    struct flash *flash = calloc(1, sizeof(*flash));
    if (!flash)
        return NULL;
    flash->world = world;
    flash->config = *config;
    flash->contents = malloc(config->size);
    flash->queue = calloc(config->queue, sizeof(*flash->queue));
    if (!flash->contents || !flash->queue) {
        flash_free(&flash);
        return NULL;
    }
    memset(flash->contents, 0xFF, config->size);
    return flash;
}

void flash_free(struct flash **pointer)
{
    struct flash *flash = pointer ? *pointer : NULL;
    if (!flash)
        return;
    sim_cancel(flash->world, &flash->timer);
    sim_cancel(flash->world, &flash->watch.timer);
    for (uint32_t i = 0; flash->queue && i < flash->config.queue; i++)
        free(flash->queue[i].bytes);
    free(flash->queue);
    free(flash->contents);
    free(flash);
    *pointer = NULL;
}

static uint64_t duration(const struct flash *flash, const struct operation *operation)
{
    if (operation->erases)
        return (uint64_t)operation->size / flash->config.page_size * flash->config.erase_us;
    return (uint64_t)operation->size / WORD * flash->config.write_us;
}

/* Programming only clears bits. */
static void program(struct flash *flash, const struct operation *operation, uint32_t size)
{
    uint8_t *to = flash->contents + operation->address;
    for (uint32_t i = 0; i < size; i++)
        to[i] &= operation->bytes[i];
}

static void watched(void *context)
{
    struct flash *flash = context;
    struct watch due = flash->watch;
    flash->watch = (struct watch){0};
    /* Last: it may cut the power. */
    due.action(due.context);
}

static void finish(void *context);

static void begin(struct flash *flash)
{
    if (flash->count == 0 || flash->timer != 0)
        return;
    uint64_t takes = duration(flash, &flash->queue[flash->first]);
    struct watch *watch = &flash->watch;
    flash->begun++;
    flash->started = sim_now(flash->world);
    if (watch->action && watch->timer == 0 && --watch->left == 0)
        watch->timer = sim_after(flash->world, takes / 2, watched, flash);
    flash->timer = sim_after(flash->world, takes, finish, flash);
}

static void finish(void *context)
{
    struct flash *flash = context;
    const struct operation *operation = &flash->queue[flash->first];
    flash->timer = 0;
    if (operation->erases)
        memset(flash->contents + operation->address, 0xFF, operation->size);
    else
        program(flash, operation, operation->size);
    flash_done done = operation->done;
    void *whose = operation->context;
    flash->first = (flash->first + 1) % flash->config.queue;
    flash->count--;
    begin(flash);
    /* Last: it may queue more, cut the power or free the flash. */
    if (done)
        done(whose);
}

static bool in_range(const struct flash *flash, uint32_t address, uint32_t size, uint32_t unit)
{
    return size > 0 && size % unit == 0 && address % unit == 0 && size <= flash->config.size &&
           address <= flash->config.size - size;
}

static struct operation *next_entry(struct flash *flash)
{
    if (flash->count == flash->config.queue)
        return NULL;
    return &flash->queue[(flash->first + flash->count) % flash->config.queue];
}

bool flash_write(struct flash *flash, uint32_t address, const void *bytes, uint32_t size,
                 flash_done done, void *context)
{
    struct operation *entry = next_entry(flash);
    if (!entry || !in_range(flash, address, size, WORD))
        return false;
    if (entry->room < size) {
        uint8_t *room = realloc(entry->bytes, size);
        if (!room) {
            sim_world_fail(flash->world);
            return false;
        }
        entry->bytes = room;
        entry->room = size;
    }
    memcpy(entry->bytes, bytes, size);
    entry->erases = false;
    entry->address = address;
    entry->size = size;
    entry->done = done;
    entry->context = context;
    flash->count++;
    begin(flash);
    return true;
}

bool flash_erase(struct flash *flash, uint32_t address, uint32_t pages, flash_done done,
                 void *context)
{
    struct operation *entry = next_entry(flash);
    uint32_t page = flash->config.page_size;
    if (!entry || pages > flash->config.size / page ||
        !in_range(flash, address, pages * page, page))
        return false;
    entry->erases = true;
    entry->address = address;
    entry->size = pages * page;
    entry->done = done;
    entry->context = context;
    flash->count++;
    begin(flash);
    return true;
}

uint32_t flash_pending(const struct flash *flash)
{
    return flash->count;
}

const uint8_t *flash_read(const struct flash *flash, uint32_t address)
{
    return flash->contents + address;
}

uint32_t flash_begun(const struct flash *flash)
{
    return flash->begun;
}

void flash_on_operation(struct flash *flash, uint32_t operation, sim_action action, void *context)
{
    sim_cancel(flash->world, &flash->watch.timer);
    flash->watch = (struct watch){operation > 0 ? operation : 1, action, context, 0};
}

uint32_t flash_size(const struct flash *flash)
{
    return flash->config.size;
}

void flash_load(struct flash *flash, uint32_t address, const void *bytes, uint32_t size)
{
    if (size <= flash->config.size && address <= flash->config.size - size)
        memcpy(flash->contents + address, bytes, size);
}

/* The word being written when the power went: some of its bits made it. */
static void half_program(struct flash *flash, const struct operation *operation, uint32_t done)
{
    program(flash, operation, done);
    if (done == operation->size)
        return;
    for (uint32_t i = done; i < done + WORD; i++)
        flash->contents[operation->address + i] &=
            (uint8_t)(operation->bytes[i] | sim_random(flash->world, 256));
}

/* The page being erased when the power went: nobody knows what it reads as. */
static void half_erase(struct flash *flash, const struct operation *operation, uint32_t done)
{
    memset(flash->contents + operation->address, 0xFF, done);
    if (done == operation->size)
        return;
    uint8_t *page = flash->contents + operation->address + done;
    for (uint32_t i = 0; i < flash->config.page_size; i++)
        page[i] = (uint8_t)sim_random(flash->world, 256);
}

void flash_cut(struct flash *flash)
{
    if (flash->count == 0)
        return;
    const struct operation *operation = &flash->queue[flash->first];
    uint64_t passed = sim_now(flash->world) - flash->started;
    uint32_t unit = operation->erases ? flash->config.page_size : WORD;
    uint32_t unit_us = operation->erases ? flash->config.erase_us : flash->config.write_us;
    uint64_t units = unit_us ? passed / unit_us : operation->size / unit;
    uint64_t done = units * unit < operation->size ? units * unit : operation->size;
    if (passed > 0 && operation->erases)
        half_erase(flash, operation, (uint32_t)done);
    else if (passed > 0)
        half_program(flash, operation, (uint32_t)done);
    sim_cancel(flash->world, &flash->timer);
    if (flash->watch.timer != 0) {
        sim_cancel(flash->world, &flash->watch.timer);
        flash->watch.action = NULL;
    }
    flash->count = 0;
}
