/*
 * SPDX-License-Identifier: MIT
 * What dongle.c (the turn, calls, posts, events) and dongle_start.c (link start) share.
 */
#ifndef NORDFU_DONGLE_DONGLE_INTERNAL_H
#define NORDFU_DONGLE_DONGLE_INTERNAL_H

#include "dongle/dongle.h"

struct dongle_post_item {
    enum rpc_command command;
    size_t size;
    uint8_t bytes[DONGLE_POST_SIZE];
};

/* The request under way. */
struct dongle_flight {
    bool active;
    bool called; /* somebody waits in dongle_call */
    bool posted; /* the hook wants to know; neither: nobody cares any more */
    enum rpc_command command;
    uint64_t limit;      /* when its response must be there */
    unsigned late_reads; /* that yielded something after the limit */
};

struct dongle_answer {
    bool done;
    uint32_t status;
    union rpc_response_params results;
};

struct dongle {
    struct nordfu_port *port;
    const struct nordfu_log *log;
    const struct rpc_dialect *dialect;
    struct dongle_hooks hooks;
    struct nordfu_error broken;   /* code 0: all is well */
    struct nordfu_cancel *cancel; /* the port's, while it is ignored */
    unsigned ignoring;
    uint64_t received; /* bytes since the last start */
    size_t heard_size; /* the first of them, as far as they came before the line was set up */
    uint8_t heard[DIAGNOSIS_HEARD];
    bool identified;
    struct nordfu_port_identity identity; /* of the port, once it was asked for */
    bool quiet;                           /* the last read yielded nothing */
    struct dongle_flight flight;
    struct dongle_answer answer;
    size_t post_count;
    struct dongle_post_item posts[DONGLE_POSTS];
    struct event_queue events;
    struct h5_session session;
};

/* Remembers a failure for good; returns its class. */
int dongle_break(struct dongle *d, const struct nordfu_error *failure, struct nordfu_error *error);
/* Writes what the session has to say. */
int dongle_flush(struct dongle *d, struct nordfu_error *error);
/* A turn of link start or of work alike; does not judge the session. */
int dongle_exchange(struct dongle *d, uint64_t deadline, struct nordfu_error *error);

#endif
