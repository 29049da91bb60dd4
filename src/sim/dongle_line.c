/* SPDX-License-Identifier: MIT */
#include "sim/dongle_line.h"

#include <stdlib.h>
#include <string.h>

enum {
    UNREAD_MAX = 65536,
};

/* A frame on its way: towards the chip with its bytes, towards the host with its share of `out`. */
struct travel {
    struct travel *next;
    uint64_t start, end; /* of its first and last byte, µs */
    size_t size;
    uint8_t bytes[];
};

struct road {
    struct travel *head, **tail;
    uint64_t free_ns; /* when the last byte given to it is through */
    sim_timer timer;
};

struct dongle_line {
    struct sim_world *world;
    uint32_t byte_ns;
    dongle_line_frame frame;
    void *context;
    struct road in, out;
    bool raw;
    struct dongle_slip slip;
    uint8_t slip_room[DONGLE_LINE_FRAME_MAX];
    uint64_t slip_start; /* of the frame being decoded, µs */
    struct buf bytes;    /* towards the host: `ready` that arrived, then those travelling */
    size_t ready;
};

struct dongle_line *dongle_line_new(struct sim_world *world, uint32_t byte_ns,
                                    dongle_line_frame frame, void *context)
{
    struct dongle_line *line = calloc(1, sizeof(*line));
    if (line == NULL)
        return NULL;
    line->world = world;
    line->byte_ns = byte_ns;
    line->frame = frame;
    line->context = context;
    line->in.tail = &line->in.head;
    line->out.tail = &line->out.head;
    dongle_slip_init(&line->slip, line->slip_room, sizeof(line->slip_room));
    return line;
}

static struct travel *pop(struct road *road)
{
    struct travel *travel = road->head;
    road->head = travel->next;
    if (road->head == NULL)
        road->tail = &road->head;
    return travel;
}

static void push(struct road *road, struct travel *travel)
{
    *road->tail = travel;
    road->tail = &travel->next;
}

static void empty(struct dongle_line *line, struct road *road)
{
    while (road->head != NULL)
        free(pop(road));
    sim_cancel(line->world, &road->timer);
    road->free_ns = 0;
}

void dongle_line_free(struct dongle_line **line)
{
    struct dongle_line *l = *line;
    *line = NULL;
    if (l == NULL)
        return;
    dongle_line_clear(l);
    buf_free(&l->bytes);
    free(l);
}

/* Begins to use the road: behind what travels already. Returns the time in ns. */
static uint64_t enter(const struct dongle_line *line, const struct road *road)
{
    uint64_t now = sim_now(line->world) * 1000;
    return road->free_ns > now ? road->free_ns : now;
}

/* Rounded up, so that nothing arrives before its last bit. */
static uint64_t to_us(uint64_t ns)
{
    return (ns + 999) / 1000;
}

/* Towards the chip */

static void frame_arrived(void *context);

static void await(struct dongle_line *line, struct road *road, sim_action action)
{
    if (road->head != NULL && road->timer == 0)
        road->timer = sim_at(line->world, road->head->end, action, line);
}

static void frame_arrived(void *context)
{
    struct dongle_line *line = context;
    line->in.timer = 0;
    struct travel *travel = pop(&line->in);
    await(line, &line->in, frame_arrived);
    line->frame(line->context, travel->bytes, travel->size, travel->start);
    free(travel);
}

static void begin_travel(struct dongle_line *line, uint64_t start, uint64_t end,
                         const uint8_t *bytes, size_t size)
{
    struct travel *travel = malloc(sizeof(*travel) + size);
    if (travel == NULL) {
        sim_world_fail(line->world);
        return;
    }
    *travel = (struct travel){.start = start, .end = end, .size = size};
    memcpy(travel->bytes, bytes, size);
    push(&line->in, travel);
}

static void frame_complete(struct dongle_line *line, uint64_t end)
{
    begin_travel(line, line->slip_start, end, line->slip.frame, line->slip.size);
}

void dongle_line_write(struct dongle_line *line, const uint8_t *bytes, size_t size)
{
    uint64_t ns = enter(line, &line->in), start = ns;
    for (size_t i = 0; i < size && !line->raw; i++) {
        if (dongle_slip_feed(&line->slip, bytes[i]) == DONGLE_SLIP_FRAME)
            frame_complete(line, to_us(ns + line->byte_ns));
        if (line->slip.state == DONGLE_SLIP_INSIDE && line->slip.size == 0)
            line->slip_start = ns / 1000;
        ns += line->byte_ns;
    }
    if (line->raw && size > 0) {
        ns += (uint64_t)size * line->byte_ns;
        begin_travel(line, start / 1000, to_us(ns), bytes, size);
    }
    line->in.free_ns = ns;
    await(line, &line->in, frame_arrived);
}

void dongle_line_set_raw(struct dongle_line *line)
{
    line->raw = true;
}

uint64_t dongle_line_idle_at(const struct dongle_line *line)
{
    return to_us(line->in.free_ns);
}

/* Towards the host */

static void bytes_arrived(void *context)
{
    struct dongle_line *line = context;
    line->out.timer = 0;
    struct travel *travel = pop(&line->out);
    line->ready += travel->size;
    free(travel);
    await(line, &line->out, bytes_arrived);
}

void dongle_line_print(struct dongle_line *line, const uint8_t *bytes, size_t size)
{
    if (line->bytes.size + size > UNREAD_MAX)
        return;
    struct travel *travel = malloc(sizeof(*travel));
    if (travel == NULL || !buf_append(&line->bytes, bytes, size)) {
        free(travel);
        sim_world_fail(line->world);
        return;
    }
    uint64_t start = enter(line, &line->out);
    line->out.free_ns = start + (uint64_t)size * line->byte_ns;
    *travel = (struct travel){.start = start / 1000, .end = to_us(line->out.free_ns), .size = size};
    push(&line->out, travel);
    await(line, &line->out, bytes_arrived);
}

void dongle_line_send(struct dongle_line *line, const uint8_t *frame, size_t size)
{
    uint8_t wire[2 + 2 * DONGLE_LINE_FRAME_MAX];
    dongle_line_print(line, wire, dongle_slip_encode(wire, frame, size));
}

size_t dongle_line_available(const struct dongle_line *line)
{
    return line->ready;
}

size_t dongle_line_take(struct dongle_line *line, void *buffer, size_t size)
{
    size_t n = size < line->ready ? size : line->ready;
    if (n > 0)
        memcpy(buffer, line->bytes.data, n);
    buf_consume(&line->bytes, n);
    line->ready -= n;
    return n;
}

void dongle_line_break(struct dongle_line *line)
{
    empty(line, &line->out);
    line->bytes.size = line->ready;
}

void dongle_line_clear(struct dongle_line *line)
{
    empty(line, &line->in);
    empty(line, &line->out);
    dongle_slip_init(&line->slip, line->slip_room, sizeof(line->slip_room));
    line->bytes.size = 0;
    line->ready = 0;
}
