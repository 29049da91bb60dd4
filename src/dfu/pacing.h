/*
 * SPDX-License-Identifier: MIT
 * How fast data packets may follow a Create.
 *
 * A stock bootloader queues the erase of a page (85 to 90 ms) when it answers Create, and drops
 * packets without a word once about 15 more flash operations wait behind it. So a window of packets
 * goes at once and the rest when the erase must be over. A lost packet makes the session slower for
 * good: the device's flash won't become faster. Reads no clock; times are µs.
 */
#ifndef NORDFU_DFU_PACING_H
#define NORDFU_DFU_PACING_H

#include <stdint.h>

#define PACING_TRIES 5 /* how often one object is sent before giving up */

struct pacing {
    uint32_t window; /* packets that may go without a pause */
    uint64_t hold;   /* pause after Create, counted from it */
    uint64_t gap;    /* pause between the windows that follow; 0 = no more windows */
    uint32_t losses;
    uint64_t busy; /* the flash has something else to do until then */
    /* The object on its way. */
    uint32_t sent;  /* packets of the present window */
    uint32_t limit; /* of them */
    uint64_t until; /* end of the present pause; 0 = no limit */
};

/* A new session, at the fastest pace, nothing on its way. */
void pacing_init(struct pacing *pacing);
/* The device accepted an init packet at `now` and saves its settings: two more pages to erase and
 * write before the next object's. */
void pacing_accepted(struct pacing *pacing, uint64_t now);
/* The device answered a data Create at `now`. */
void pacing_create(struct pacing *pacing, uint64_t now);
/* Earliest time at which the next packet may go: `now` if at once. */
uint64_t pacing_next(struct pacing *pacing, uint64_t now);
/* When an object that went wrong may be created again: its flash operations must be over, or there
 * is no room for the erase. */
uint64_t pacing_again(const struct pacing *pacing, uint64_t now);
/* A packet went. */
void pacing_sent(struct pacing *pacing);
/* The device counted fewer bytes than were sent: hold twice as long, half the window; from the
 * second time on also gaps. */
void pacing_lost(struct pacing *pacing);

#endif
