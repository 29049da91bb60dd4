/*
 * SPDX-License-Identifier: MIT
 * A chip's flash: bytes that only erasing sets, times that block, and the queue of operations in
 * front of it.
 *
 * Operations run one after the other, each for its time; the contents change when an operation
 * ends. A full queue refuses. Power cut in the middle of an operation leaves a write half done and
 * an erase undefined (here: words in random state).
 */
#ifndef NORDFU_SIM_FLASH_H
#define NORDFU_SIM_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/world.h"

struct flash;

struct flash_config {
    uint32_t size;      /* bytes, a multiple of page_size */
    uint32_t page_size; /* bytes */
    uint32_t erase_us;  /* per page */
    uint32_t write_us;  /* per 32-bit word */
    uint32_t queue;     /* operations, the running one included */
};

struct flash *flash_new(struct sim_world *world, const struct flash_config *config);
void flash_free(struct flash **flash);

/* Called when the operation is over (NULL = don't care). */
typedef void (*flash_done)(void *context);

/* Queue an operation; false when the queue is full (nothing happens then). The bytes are copied.
 * Addresses and sizes must be whole words and in range (write), whole pages (erase): anything else
 * is refused, too. */
bool flash_write(struct flash *flash, uint32_t address, const void *bytes, uint32_t size,
                 flash_done done, void *context);
bool flash_erase(struct flash *flash, uint32_t address, uint32_t pages, flash_done done,
                 void *context);
/* Operations queued or running. */
uint32_t flash_pending(const struct flash *flash);
/* Operations begun since flash_new: tests cut the power in each of them. */
uint32_t flash_begun(const struct flash *flash);
/* Calls `action` once, in the middle of the `operation`th operation that begins from now on (1 =
 * the next). Meant for cutting the power there. */
void flash_on_operation(struct flash *flash, uint32_t operation, sim_action action, void *context);
/* The contents as of now; `size` bytes from `address`, which must be in range. */
const uint8_t *flash_read(const struct flash *flash, uint32_t address);
uint32_t flash_size(const struct flash *flash);
/* Sets bytes at once, outside of time, for building a device. */
void flash_load(struct flash *flash, uint32_t address, const void *bytes, uint32_t size);
/* Power is gone: the running operation is cut, the rest forgotten. Their `done` is not called. */
void flash_cut(struct flash *flash);

#endif
