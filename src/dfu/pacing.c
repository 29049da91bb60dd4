/* SPDX-License-Identifier: MIT */
#include "dfu/pacing.h"

#include <stdbool.h>

#include "nordfu/port.h"

/* An nRF52's page erase takes at most 90 ms; the queue of a stock bootloader holds 16 operations,
 * the erase included. */
#define WINDOW_START 12
#define WINDOW_LEAST 2
#define WINDOW_BUSY  8 /* four operations on the settings are queued as well */
#define SETTINGS     (300 * NORDFU_MS)
#define HOLD_START   (100 * NORDFU_MS)
#define HOLD_MOST    (400 * NORDFU_MS)
/* Slow flash may also fall behind the radio without an erase: a packet of 20 bytes takes it at
 * most 1.7 ms. */
#define GAP_START (20 * NORDFU_MS)
#define GAP_MOST  (80 * NORDFU_MS)

void pacing_init(struct pacing *pacing)
{
    *pacing = (struct pacing){.window = WINDOW_START, .hold = HOLD_START};
}

void pacing_accepted(struct pacing *pacing, uint64_t now)
{
    pacing->busy = now + SETTINGS;
}

void pacing_create(struct pacing *pacing, uint64_t now)
{
    bool busy = pacing->busy > now;
    pacing->sent = 0;
    pacing->limit = busy && pacing->window > WINDOW_BUSY ? WINDOW_BUSY : pacing->window;
    pacing->until = (busy ? pacing->busy : now) + pacing->hold;
}

uint64_t pacing_again(const struct pacing *pacing, uint64_t now)
{
    return now + pacing->hold;
}

uint64_t pacing_next(struct pacing *pacing, uint64_t now)
{
    if (pacing->until == 0 || pacing->sent < pacing->limit)
        return now;
    if (pacing->until > now)
        return pacing->until;
    pacing->sent = 0;
    pacing->limit = pacing->window;
    pacing->until = pacing->gap == 0 ? 0 : now + pacing->gap;
    return now;
}

void pacing_sent(struct pacing *pacing)
{
    pacing->sent++;
}

static uint64_t doubled(uint64_t value, uint64_t most)
{
    return 2 * value < most ? 2 * value : most;
}

void pacing_lost(struct pacing *pacing)
{
    pacing->losses++;
    pacing->hold = doubled(pacing->hold, HOLD_MOST);
    if (pacing->window / 2 >= WINDOW_LEAST)
        pacing->window /= 2;
    if (pacing->losses >= 2)
        pacing->gap = pacing->gap == 0 ? GAP_START : doubled(pacing->gap, GAP_MOST);
}
