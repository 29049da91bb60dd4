/*
 * SPDX-License-Identifier: MIT
 * The dongle's serial line: byte times in both directions, whole SLIP frames at either end of it.
 */
#ifndef NORDFU_SIM_DONGLE_LINE_H
#define NORDFU_SIM_DONGLE_LINE_H

#include "base/buf.h"
#include "sim/dongle_frame.h"
#include "sim/world.h"

/* Frames that the firmware's SLIP buffer takes; longer ones vanish without notice. */
#define DONGLE_LINE_FRAME_MAX 1024

struct dongle_line;

/* A frame's last byte reached the chip; `start` is when its first one did. */
typedef void (*dongle_line_frame)(void *context, const uint8_t *frame, size_t size, uint64_t start);

/* `byte_ns`: time of one byte, nanoseconds. NULL when memory ran out. */
struct dongle_line *dongle_line_new(struct sim_world *world, uint32_t byte_ns,
                                    dongle_line_frame frame, void *context);
void dongle_line_free(struct dongle_line **line);

/* The chip knows nothing of SLIP: `frame` is called with whatever the host writes, as it comes. */
void dongle_line_set_raw(struct dongle_line *line);

/* The host writes. */
void dongle_line_write(struct dongle_line *line, const uint8_t *bytes, size_t size);
/* The chip sends one frame (escapes and delimiters are added). Lost when the host has left 64 KiB
 * unread. */
void dongle_line_send(struct dongle_line *line, const uint8_t *frame, size_t size);
/* The same with bytes as they are. */
void dongle_line_print(struct dongle_line *line, const uint8_t *bytes, size_t size);
/* Bytes at the host; takes up to `size` of them. */
size_t dongle_line_available(const struct dongle_line *line);
size_t dongle_line_take(struct dongle_line *line, void *buffer, size_t size);
/* When everything written will have reached the chip, µs. */
uint64_t dongle_line_idle_at(const struct dongle_line *line);

/* The chip stops sending in the middle of things; what has reached the host stays there. */
void dongle_line_break(struct dongle_line *line);
/* Nothing travels or waits any more in either direction. */
void dongle_line_clear(struct dongle_line *line);

#endif
