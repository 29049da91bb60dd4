/*
 * SPDX-License-Identifier: MIT
 * A connection to a dongle: a port, an H5 session on it, and calls of the SoftDevice behind that.
 *
 * Every wait happens in dongle_turn: it writes what the session has to say, reads the port until
 * the session's next timer or the caller's deadline, acknowledges at once, and hands on what came.
 * The dongle restarts itself when its packets stay unacknowledged for one to two seconds, so
 * nothing here, and no hook, may take long.
 *
 * One request is under way at a time (connectivity-wire section 5). It is either a call, which
 * somebody waits for, or a post, which is sent as soon as the line is free and whose answer goes to
 * a hook. Posts go before calls: a peer waits for them.
 *
 * After a failure of the dongle or the port every function returns the same error until
 * dongle_start. A cancellation is no such failure: the response that nobody waits for any more is
 * swallowed when it comes. Belongs to one thread.
 */
#ifndef NORDFU_DONGLE_DONGLE_H
#define NORDFU_DONGLE_DONGLE_H

#include <stdbool.h>
#include <stdint.h>

#include "dongle/diagnosis.h"
#include "dongle/event_queue.h"
#include "dongle/h5_session.h"
#include "dongle/rpc.h"
#include "nordfu/error.h"
#include "nordfu/log.h"
#include "nordfu/port.h"

struct dongle;

#define DONGLE_ANSWER_TIME 1500000u /* µs from sending a request to its response, at most */
#define DONGLE_QUIET_TIME  20000u   /* µs after which a dongle has nothing more to say */
#define DONGLE_SETTLE_TIME 300000u  /* µs that it may go on talking */
#define DONGLE_RETURN_TIME 5000000u /* µs that a port that vanished may take to come back */
#define DONGLE_POSTS       16       /* posts that can wait */
#define DONGLE_POST_SIZE   32       /* bytes of an encoded post */
#define DONGLE_EVENTS                                                                              \
    EVENT_QUEUE_SIZE /* that can wait; half of it at most are advertising reports */

struct dongle_event {
    enum rpc_event id;
    union rpc_event_params params; /* views live until the next event is taken */
};

/* Called from inside dongle_turn. They may call dongle_post and nothing else of this interface that
 * waits. */
struct dongle_hooks {
    /* An event arrived; its views are valid during the call. True = done with; false = keep it for
     * dongle_next_event. NULL = keep all. */
    bool (*event)(void *context, const struct dongle_event *event);
    /* A post was answered. May be NULL. */
    void (*posted)(void *context, enum rpc_command command, uint32_t status);
    void *context;
};

/*
 * Wraps an open port; takes over *port and nulls it, also on failure. Nothing is sent yet. `log`
 * may be NULL and must outlive the dongle. Errors: NORDFU_ERR_SYSTEM.
 */
int dongle_open(struct dongle **out, struct nordfu_port **port, const struct nordfu_log *log,
                struct nordfu_error *error);

/* Closes the port, frees, nulls the pointer. Sends nothing (a RESET at close makes USB dongles
 * vanish for a second). See dongle_settle. */
void dongle_close(struct dongle **dongle);

/*
 * RESET and link start; what was pending or queued is forgotten, the SoftDevice is disabled
 * afterwards. A dongle that has just restarted by itself is spared the RESET; a port that vanished
 * meanwhile is waited for (DONGLE_RETURN_TIME) and opened again. At most about 3 s otherwise. What
 * USB names as something else is left in peace.
 * Errors: NORDFU_ERR_DONGLE (silence, or something that is no connectivity firmware, and what it
 * is), NORDFU_ERR_PORT, NORDFU_ERR_CANCELLED.
 */
int dongle_start(struct dongle *dongle, struct nordfu_error *error);

/* The encodings to use from now on. There are none in the beginning: nothing can be called and
 * events are dropped. */
void dongle_set_dialect(struct dongle *dongle, const struct rpc_dialect *dialect);
const struct rpc_dialect *dongle_dialect(const struct dongle *dongle);
/* API number of the dialect, 0 without one. */
int dongle_api(const struct dongle *dongle);
void dongle_set_hooks(struct dongle *dongle, const struct dongle_hooks *hooks);

/*
 * Calls the SoftDevice: *status is its answer (0 = success), *results (may be NULL) its outputs,
 * with status 0. `params` is the command's own struct (rpc.h). `deadline` (µs on the port's clock)
 * bounds the wait for a free line; once sent, a request's outcome is always waited for, at most
 * DONGLE_ANSWER_TIME. Errors: NORDFU_ERR_TIMEOUT (never sent), NORDFU_ERR_UNSUPPORTED (the dialect
 * can't express it), NORDFU_ERR_DONGLE, NORDFU_ERR_PORT, NORDFU_ERR_CANCELLED.
 */
int dongle_call(struct dongle *dongle, enum rpc_command command, const void *params,
                uint32_t *status, union rpc_response_params *results, uint64_t deadline,
                struct nordfu_error *error);

/* Sends a request when the line is free. False, and it is forgotten, if there is no room or the
 * dialect can't express it. */
bool dongle_post(struct dongle *dongle, enum rpc_command command, const void *params);

/*
 * Lets the dongle work until something arrived, a timer expired or `deadline` passed, whichever
 * comes first. Returns 0, also at the deadline; the caller looks at what it waits for and calls
 * again. Errors: as dongle_call.
 */
int dongle_turn(struct dongle *dongle, uint64_t deadline, struct nordfu_error *error);

/*
 * The next event that the hook left. When many wait, the oldest advertising reports are dropped
 * first. Errors: NORDFU_ERR_TIMEOUT at `deadline`, else as dongle_call.
 */
int dongle_next_event(struct dongle *dongle, struct dongle_event *event, uint64_t deadline,
                      struct nordfu_error *error);
/* Takes an event that waits already; false if there is none. */
bool dongle_take_event(struct dongle *dongle, struct dongle_event *event);
/* Forgets all events that wait. */
void dongle_drop_events(struct dongle *dongle);

/*
 * To be called before dongle_close: acknowledges what the dongle still has to say, until it is
 * quiet. It would restart itself otherwise, which takes the port of a USB dongle away for a second.
 * Cancelled or not; at most about DONGLE_SETTLE_TIME.
 */
void dongle_settle(struct dongle *dongle);

/* While set, the port's cancel token is not watched: for cleaning up after a cancellation. */
void dongle_ignore_cancel(struct dongle *dongle, bool ignore);

uint64_t dongle_now(const struct dongle *dongle);
/* The port's name, for sentences. */
const char *dongle_name(const struct dongle *dongle);
/* Nothing has failed since the last start. */
bool dongle_usable(const struct dongle *dongle);
/* What answered the first CONFIG (connectivity-wire section 12.4). */
enum h5_clue dongle_clue(const struct dongle *dongle);
/* The session failed because the dongle restarted. */
bool dongle_restarted(const struct dongle *dongle);
/* The port is gone: the dongle was unplugged, or a USB dongle restarted. */
bool dongle_vanished(const struct dongle *dongle);
/* Who is behind the port (nordfu_port_identify). Asked once, and again when the port came back. */
const struct nordfu_port_identity *dongle_identity(struct dongle *dongle);
/* What it was opened with; may be NULL. */
const struct nordfu_log *dongle_log(const struct dongle *dongle);
/* Breaks the dongle with NORDFU_ERR_DONGLE and a sentence (diagnosis.h); returns the class. `api`
 * is NULL except for DIAGNOSIS_FOREIGN_API. */
int dongle_diagnose(struct dongle *dongle, enum diagnosis diagnosis, const char *api,
                    struct nordfu_error *error);

#endif
