/* SPDX-License-Identifier: MIT */
#include "sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_LINE 512
#define NO_SLOT  UINT32_MAX

/* A pending event stays in its slot; the heap only orders the slots' keys. */
struct slot {
    sim_action action;
    void *context;
    uint32_t generation; /* of the timer's name; changes when the slot is given back */
    uint32_t heap_index; /* while pending; otherwise the next free slot */
    bool pending;
};

struct key {
    uint64_t time;
    uint64_t order; /* of scheduling: equal times run first in, first out */
    uint32_t slot;
};

struct sim_world {
    uint64_t now;
    uint64_t order;
    struct key *heap;
    struct slot *slots;
    uint32_t count;    /* keys in the heap */
    uint32_t used;     /* slots ever handed out */
    uint32_t capacity; /* of both arrays */
    uint32_t free_slot;
    uint64_t random[4];
    bool failed;
    sim_listener listener;
    void *listener_context;
};

/* splitmix64: spreads a seed, however small, over the generator's state. */
static uint64_t spread(uint64_t *seed)
{
    uint64_t z = *seed += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

struct sim_world *sim_world_new(uint64_t seed)
{
    struct sim_world *world = calloc(1, sizeof(*world));
    if (!world)
        return NULL;
    for (int i = 0; i < 4; i++)
        world->random[i] = spread(&seed);
    world->free_slot = NO_SLOT;
    return world;
}

void sim_world_free(struct sim_world **world)
{
    if (!world || !*world)
        return;
    free((*world)->heap);
    free((*world)->slots);
    free(*world);
    *world = NULL;
}

uint64_t sim_now(const struct sim_world *world)
{
    return world->now;
}

static bool earlier(const struct key *a, const struct key *b)
{
    return a->time != b->time ? a->time < b->time : a->order < b->order;
}

static void place(struct sim_world *world, uint32_t index, struct key key)
{
    world->heap[index] = key;
    world->slots[key.slot].heap_index = index;
}

static void sift_up(struct sim_world *world, uint32_t index, struct key key)
{
    while (index > 0) {
        uint32_t parent = (index - 1) / 2;
        if (!earlier(&key, &world->heap[parent]))
            break;
        place(world, index, world->heap[parent]);
        index = parent;
    }
    place(world, index, key);
}

static void sift_down(struct sim_world *world, uint32_t index, struct key key)
{
    for (;;) {
        uint32_t child = 2 * index + 1;
        if (child >= world->count)
            break;
        if (child + 1 < world->count && earlier(&world->heap[child + 1], &world->heap[child]))
            child++;
        if (!earlier(&world->heap[child], &key))
            break;
        place(world, index, world->heap[child]);
        index = child;
    }
    place(world, index, key);
}

static void remove_at(struct sim_world *world, uint32_t index)
{
    struct slot *slot = &world->slots[world->heap[index].slot];
    uint32_t number = world->heap[index].slot;
    struct key last = world->heap[--world->count];
    if (index < world->count) {
        if (index > 0 && earlier(&last, &world->heap[(index - 1) / 2]))
            sift_up(world, index, last);
        else
            sift_down(world, index, last);
    }
    slot->pending = false;
    slot->generation++;
    slot->heap_index = world->free_slot;
    world->free_slot = number;
}

static bool grow(struct sim_world *world)
{
    uint32_t capacity = world->capacity ? 2 * world->capacity : 64;
    struct key *heap = realloc(world->heap, capacity * sizeof(*heap));
    if (!heap)
        return false;
    world->heap = heap;
    struct slot *slots = realloc(world->slots, capacity * sizeof(*slots));
    if (!slots)
        return false;
    memset(slots + world->capacity, 0, (capacity - world->capacity) * sizeof(*slots));
    world->slots = slots;
    world->capacity = capacity;
    return true;
}

static uint32_t take_slot(struct sim_world *world)
{
    uint32_t number = world->free_slot;
    if (number != NO_SLOT) {
        world->free_slot = world->slots[number].heap_index;
        return number;
    }
    if (world->used == world->capacity && !grow(world))
        return NO_SLOT;
    return world->used++;
}

sim_timer sim_at(struct sim_world *world, uint64_t time, sim_action action, void *context)
{
    uint32_t number = take_slot(world);
    if (number == NO_SLOT) {
        world->failed = true;
        return 0;
    }
    struct slot *slot = &world->slots[number];
    slot->action = action;
    slot->context = context;
    slot->pending = true;
    struct key key = {time < world->now ? world->now : time, world->order++, number};
    sift_up(world, world->count++, key);
    return (uint64_t)slot->generation << 32 | (number + 1);
}

sim_timer sim_after(struct sim_world *world, uint64_t delay, sim_action action, void *context)
{
    uint64_t left = UINT64_MAX - world->now;
    return sim_at(world, world->now + (delay < left ? delay : left), action, context);
}

void sim_cancel(struct sim_world *world, sim_timer *timer)
{
    uint32_t number = (uint32_t)*timer;
    uint32_t generation = (uint32_t)(*timer >> 32);
    *timer = 0;
    if (number == 0 || number > world->used)
        return;
    const struct slot *slot = &world->slots[number - 1];
    if (slot->pending && slot->generation == generation)
        remove_at(world, slot->heap_index);
}

uint64_t sim_next(const struct sim_world *world)
{
    return world->count ? world->heap[0].time : UINT64_MAX;
}

bool sim_step(struct sim_world *world, uint64_t limit)
{
    if (world->count == 0 || world->heap[0].time > limit) {
        if (limit > world->now)
            world->now = limit;
        return false;
    }
    world->now = world->heap[0].time;
    struct slot slot = world->slots[world->heap[0].slot];
    remove_at(world, 0);
    slot.action(slot.context);
    return true;
}

void sim_run_until(struct sim_world *world, uint64_t time)
{
    while (sim_step(world, time))
        continue;
}

bool sim_world_failed(const struct sim_world *world)
{
    return world->failed;
}

void sim_world_fail(struct sim_world *world)
{
    world->failed = true;
}

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

/* xoshiro256** */
static uint64_t next_random(struct sim_world *world)
{
    uint64_t *s = world->random;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint32_t sim_random(struct sim_world *world, uint32_t n)
{
    if (n == 0)
        return 0;
    return (uint32_t)(((next_random(world) >> 32) * n) >> 32);
}

double sim_chance(struct sim_world *world)
{
    return (double)(next_random(world) >> 11) * 0x1.0p-53;
}

void sim_listen(struct sim_world *world, sim_listener listener, void *context)
{
    world->listener = listener;
    world->listener_context = context;
}

void sim_log(struct sim_world *world, const char *what, const char *format, ...)
{
    if (!world->listener)
        return;
    char data[LOG_LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(data, sizeof(data), format, arguments);
    va_end(arguments);
    world->listener(world->listener_context, world->now, what, data);
}
