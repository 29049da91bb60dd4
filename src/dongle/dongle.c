/* SPDX-License-Identifier: MIT */
#include "dongle/dongle_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "dongle/dongle_trace.h"
#include "dongle/rpc_secret.h"

#define WRITE_TIME  NORDFU_SECOND /* for the port to take a packet */
#define NO_DEADLINE UINT64_MAX
/* Reads, of 1 KiB at most, that may still yield something when a response is overdue: more than
 * the system keeps for a process that slept. */
#define LATE_READS 128

int dongle_open(struct dongle **out, struct nordfu_port **port, const struct nordfu_log *log,
                struct nordfu_error *error)
{
    *out = NULL;
    struct dongle *d = calloc(1, sizeof(*d));
    if (d == NULL) {
        nordfu_port_free(port);
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    }
    d->port = *port;
    d->log = log;
    h5_session_init(&d->session, log);
    *port = NULL;
    *out = d;
    return 0;
}

void dongle_close(struct dongle **dongle)
{
    if (dongle == NULL || *dongle == NULL)
        return;
    nordfu_port_free(&(*dongle)->port);
    crypto_wipe(*dongle, sizeof(**dongle)); /* keys may have passed */
    free(*dongle);
    *dongle = NULL;
}

void dongle_set_dialect(struct dongle *dongle, const struct rpc_dialect *dialect)
{
    dongle->dialect = dialect;
    h5_session_limit(&dongle->session, rpc_dialect_traits(dialect)->payload_max);
}

const struct rpc_dialect *dongle_dialect(const struct dongle *dongle)
{
    return dongle->dialect;
}

int dongle_api(const struct dongle *dongle)
{
    return dongle->dialect == NULL ? 0 : rpc_dialect_api(dongle->dialect);
}

void dongle_set_hooks(struct dongle *dongle, const struct dongle_hooks *hooks)
{
    dongle->hooks = *hooks;
}

uint64_t dongle_now(const struct dongle *dongle)
{
    return nordfu_port_now(dongle->port);
}

const char *dongle_name(const struct dongle *dongle)
{
    return dongle->port->name;
}

const struct nordfu_log *dongle_log(const struct dongle *dongle)
{
    return dongle->log;
}

bool dongle_usable(const struct dongle *dongle)
{
    return dongle->broken.code == 0 && dongle->session.state == H5_ACTIVE;
}

enum h5_clue dongle_clue(const struct dongle *dongle)
{
    return dongle->session.clue;
}

bool dongle_restarted(const struct dongle *dongle)
{
    return dongle->session.failure == H5_FAILURE_RESTARTED;
}

bool dongle_vanished(const struct dongle *dongle)
{
    return dongle->broken.code == NORDFU_ERR_PORT;
}

const struct nordfu_port_identity *dongle_identity(struct dongle *dongle)
{
    if (!dongle->identified)
        nordfu_port_identify(dongle->port, &dongle->identity);
    dongle->identified = true;
    return &dongle->identity;
}

void dongle_ignore_cancel(struct dongle *dongle, bool ignore)
{
    if (ignore && dongle->ignoring++ == 0) {
        dongle->cancel = dongle->port->cancel;
        dongle->port->cancel = NULL;
    } else if (!ignore && --dongle->ignoring == 0) {
        dongle->port->cancel = dongle->cancel;
    }
}

/* ---- Failures ---- */

int dongle_break(struct dongle *d, const struct nordfu_error *failure, struct nordfu_error *error)
{
    d->broken = *failure;
    if (error != NULL)
        *error = *failure;
    return failure->code;
}

/* An error of the port: a cancellation passes, the rest is for good. */
static int port_failed(struct dongle *d, const struct nordfu_error *cause,
                       struct nordfu_error *error)
{
    struct nordfu_error failure = *cause;
    nordfu_log(d->log, NORDFU_LOG_DEBUG, "Port: %s", cause->text);
    if (cause->code == NORDFU_ERR_CANCELLED)
        return nordfu_error_set(error, NORDFU_ERR_CANCELLED, "%s", cause->text);
    if (cause->code == NORDFU_ERR_PORT)
        nordfu_error_from(&failure, NORDFU_ERR_PORT, cause->speaker, cause->detail,
                          "The dongle on %s was unplugged or restarted: its port vanished. Plug it "
                          "in and try again.",
                          dongle_name(d));
    else if (cause->code == NORDFU_ERR_TIMEOUT)
        nordfu_error_set(
            &failure, NORDFU_ERR_DONGLE,
            "The dongle on %s takes no more bytes. Unplug it, plug it in and try again.",
            dongle_name(d));
    return dongle_break(d, &failure, error);
}

/* Has the session failed? */
static int check_session(struct dongle *d, struct nordfu_error *error)
{
    struct nordfu_error failure;
    if (d->session.state != H5_FAILED)
        return 0;
    if (d->session.failure == H5_FAILURE_RESTARTED)
        nordfu_error_set(&failure, NORDFU_ERR_DONGLE,
                         "The dongle on %s restarted by itself; whatever it was connected to is "
                         "lost. Try again.",
                         dongle_name(d));
    else
        nordfu_error_set(&failure, NORDFU_ERR_DONGLE,
                         "The line to the dongle on %s broke down: %s. Unplug it, plug it in and "
                         "try again.",
                         dongle_name(d), h5_failure_text(d->session.failure));
    return dongle_break(d, &failure, error);
}

/* Is the request under way overdue? What waits at the port is heard first, since this process may
 * have slept; but a stream without end is no excuse. */
static int check_flight(struct dongle *d, struct nordfu_error *error)
{
    struct nordfu_error failure;
    if (!d->flight.active || dongle_now(d) < d->flight.limit)
        return 0;
    if (!d->quiet && d->flight.late_reads++ < LATE_READS)
        return 0;
    nordfu_error_set(&failure, NORDFU_ERR_DONGLE,
                     "The dongle on %s did not answer the command %s within %.1f s. Unplug it, "
                     "plug it in and try again.",
                     dongle_name(d), rpc_command_name(d->dialect, d->flight.command),
                     DONGLE_ANSWER_TIME / 1e6);
    return dongle_break(d, &failure, error);
}

/* ---- What arrives ---- */

static struct dongle_trace trace_of(const struct dongle *d)
{
    return (struct dongle_trace){.log = d->log, .time = dongle_now(d), .dialect = d->dialect};
}

static void take_response(struct dongle *d, const uint8_t *payload, size_t size)
{
    struct dongle_answer answer = {.done = true};
    enum rpc_verdict verdict = RPC_UNKNOWN;
    if (d->flight.active)
        verdict = rpc_decode_response(d->dialect, d->flight.command, payload, size, &answer.status,
                                      &answer.results);
    if (verdict != RPC_OK) {
        nordfu_log(d->log, NORDFU_LOG_WARNING, "The dongle sent a %s response; it is ignored.",
                   verdict == RPC_UNKNOWN ? "needless" : "malformed");
        return;
    }
    struct dongle_trace trace = trace_of(d);
    dongle_trace_response(&trace, d->flight.command, answer.status, payload, size);
    nordfu_log(d->log, NORDFU_LOG_DEBUG, "%s: status 0x%02X",
               rpc_command_name(d->dialect, d->flight.command), (unsigned)answer.status);
    d->flight.active = false;
    if (d->flight.called)
        d->answer = answer;
    else if (d->flight.posted && d->hooks.posted != NULL)
        d->hooks.posted(d->hooks.context, d->flight.command, answer.status);
}

static void keep_event(struct dongle *d, const uint8_t *payload, size_t size, bool report)
{
    if (event_queue_keep(&d->events, payload, size, report))
        return;
    struct nordfu_error failure;
    nordfu_error_set(&failure, NORDFU_ERR_DONGLE,
                     "The dongle on %s sends more events than it can have reason for. Unplug it, "
                     "plug it in and try again.",
                     dongle_name(d));
    dongle_break(d, &failure, NULL);
}

static void take_event(struct dongle *d, const uint8_t *payload, size_t size)
{
    struct dongle_event event;
    if (rpc_decode_event(d->dialect, payload, size, &event.id, &event.params) != RPC_OK) {
        nordfu_log_bytes(d->log, "Event skipped", payload, rpc_open_size(payload, size));
        return;
    }
    struct dongle_trace trace = trace_of(d);
    dongle_trace_event(&trace, event.id, payload, size);
    bool report = event.id == RPC_EVENT_GAP_ADV_REPORT;
    if (!report)
        nordfu_log(d->log, NORDFU_LOG_DEBUG, "Event %s", rpc_event_name(d->dialect, event.id));
    if (d->hooks.event == NULL || !d->hooks.event(d->hooks.context, &event))
        keep_event(d, payload, size, report);
}

static void deliver(struct dongle *d)
{
    const uint8_t *payload;
    size_t size;
    while (h5_session_receive(&d->session, &payload, &size)) {
        if (d->dialect == NULL || size == 0)
            continue;
        if (payload[0] == RPC_RESPONSE)
            take_response(d, payload, size);
        else if (payload[0] == RPC_EVENT)
            take_event(d, payload, size);
    }
}

/* ---- The turn ---- */

int dongle_flush(struct dongle *d, struct nordfu_error *error)
{
    struct nordfu_error cause = {0};
    size_t size;
    const uint8_t *bytes = h5_session_output(&d->session, &size);
    if (size == 0)
        return 0;
    int rc = nordfu_port_write(d->port, bytes, size, dongle_now(d) + WRITE_TIME, &cause);
    if (rc != 0)
        return port_failed(d, &cause, error);
    h5_session_wrote(&d->session, size);
    return 0;
}

static bool line_free(const struct dongle *d)
{
    return !d->flight.active && h5_session_idle(&d->session);
}

static bool launch(struct dongle *d, enum rpc_command command, const uint8_t *bytes, size_t size)
{
    uint64_t now = dongle_now(d);
    if (!h5_session_send(&d->session, bytes, size, now))
        return false;
    struct dongle_trace trace = trace_of(d);
    dongle_trace_request(&trace, command, bytes, size);
    d->flight = (struct dongle_flight){
        .active = true, .command = command, .limit = now + DONGLE_ANSWER_TIME};
    return true;
}

static void launch_post(struct dongle *d)
{
    const struct dongle_post_item *post = &d->posts[0];
    if (d->post_count == 0 || !line_free(d) || !launch(d, post->command, post->bytes, post->size))
        return;
    d->flight.posted = true;
    d->post_count--;
    memmove(&d->posts[0], &d->posts[1], d->post_count * sizeof(d->posts[0]));
}

/* What comes before the line is set up may tell what is there instead of a dongle. */
static void note_heard(struct dongle *d, const uint8_t *bytes, size_t size)
{
    size_t room = sizeof(d->heard) - d->heard_size;
    size_t n = size < room ? size : room;
    if (d->session.state == H5_ACTIVE)
        return;
    memcpy(d->heard + d->heard_size, bytes, n);
    d->heard_size += n;
}

static int read_some(struct dongle *d, uint64_t until, struct nordfu_error *error)
{
    uint8_t bytes[1024];
    struct nordfu_error cause = {0};
    if (d->flight.active && d->flight.limit < until)
        until = d->flight.limit;
    int n = nordfu_port_read(d->port, bytes, sizeof(bytes), until, &cause);
    if (n < 0)
        return port_failed(d, &cause, error);
    d->received += (unsigned)n;
    note_heard(d, bytes, (size_t)n);
    d->quiet = n == 0;
    h5_session_feed(&d->session, bytes, (size_t)n, dongle_now(d));
    return 0;
}

/* Has anything failed, now or earlier? */
static int check(struct dongle *d, struct nordfu_error *error)
{
    return d->broken.code != 0 ? dongle_break(d, &d->broken, error) : check_session(d, error);
}

static int check_cancel(const struct dongle *d, struct nordfu_error *error)
{
    if (!nordfu_cancel_is_set(d->port->cancel))
        return 0;
    return nordfu_error_set(error, NORDFU_ERR_CANCELLED, "Cancelled.");
}

int dongle_exchange(struct dongle *d, uint64_t deadline, struct nordfu_error *error)
{
    if (check_cancel(d, error) != 0)
        return NORDFU_ERR_CANCELLED;
    launch_post(d);
    uint64_t next = h5_session_poll(&d->session, dongle_now(d));
    int rc = dongle_flush(d, error);
    /* A session that just failed has no timer that would end the wait. */
    if (rc != 0 || d->session.state == H5_FAILED)
        return rc;
    rc = read_some(d, next < deadline ? next : deadline, error);
    if (rc != 0)
        return rc;
    /* Acknowledge first: what came is looked at afterwards. */
    rc = dongle_flush(d, error);
    deliver(d);
    return rc;
}

int dongle_turn(struct dongle *dongle, uint64_t deadline, struct nordfu_error *error)
{
    struct dongle *d = dongle;
    int rc = check(d, error);
    if (rc == 0)
        rc = dongle_exchange(d, deadline, error);
    if (rc == 0)
        rc = check(d, error);
    return rc != 0 ? rc : check_flight(d, error);
}

/* Waits for bytes until `until`; false if none came, or something failed. */
static bool hears(struct dongle *d, uint64_t until)
{
    uint64_t before = d->received;
    int rc = 0;
    while (rc == 0 && d->received == before && dongle_now(d) < until)
        rc = dongle_turn(d, until, NULL);
    return rc == 0 && d->received != before;
}

void dongle_settle(struct dongle *dongle)
{
    struct dongle *d = dongle;
    uint64_t limit = dongle_now(d) + DONGLE_SETTLE_TIME;
    dongle_ignore_cancel(d, true);
    while (dongle_usable(d) && dongle_now(d) < limit && hears(d, dongle_now(d) + DONGLE_QUIET_TIME))
        dongle_drop_events(d);
    dongle_ignore_cancel(d, false);
}

/* ---- Calls, posts, events ---- */

/* Waits until a call may be sent. */
static int wait_line(struct dongle *d, uint64_t deadline, struct nordfu_error *error)
{
    int rc = check(d, error);
    while (rc == 0 && (d->post_count > 0 || !line_free(d))) {
        if (dongle_now(d) >= deadline)
            return nordfu_error_set(error, NORDFU_ERR_TIMEOUT,
                                    "The dongle on %s was busy for too long.", dongle_name(d));
        rc = dongle_turn(d, deadline, error);
    }
    return rc != 0 ? rc : check_cancel(d, error);
}

int dongle_call(struct dongle *dongle, enum rpc_command command, const void *params,
                uint32_t *status, union rpc_response_params *results, uint64_t deadline,
                struct nordfu_error *error)
{
    struct dongle *d = dongle;
    uint8_t bytes[H5_PAYLOAD_MAX];
    size_t size = 0;
    if (d->dialect != NULL)
        size = rpc_encode_request(d->dialect, command, params, bytes, sizeof(bytes));
    if (size == 0)
        return nordfu_error_set(error, NORDFU_ERR_UNSUPPORTED,
                                "The dongle's SoftDevice API v%d can't be told the command %s with "
                                "these values.",
                                dongle_api(d),
                                d->dialect == NULL ? "?" : rpc_command_name(d->dialect, command));
    int rc = wait_line(d, deadline, error);
    if (rc != 0)
        return rc;
    if (!launch(d, command, bytes, size))
        return nordfu_error_set(error, NORDFU_ERR_DONGLE,
                                "The line to the dongle on %s does not take the command %s.",
                                dongle_name(d), rpc_command_name(d->dialect, command));
    d->flight.called = true;
    d->answer.done = false;
    while (rc == 0 && !d->answer.done)
        rc = dongle_turn(d, NO_DEADLINE, error);
    d->flight.called = false;
    /* An answer that came together with a failure is still an answer; the failure shows at the next
     * call. */
    if (!d->answer.done)
        return rc;
    *status = d->answer.status;
    if (results != NULL)
        *results = d->answer.results;
    return 0;
}

bool dongle_post(struct dongle *dongle, enum rpc_command command, const void *params)
{
    struct dongle *d = dongle;
    if (d->dialect == NULL || d->post_count == DONGLE_POSTS)
        return false;
    struct dongle_post_item *post = &d->posts[d->post_count];
    post->command = command;
    post->size = rpc_encode_request(d->dialect, command, params, post->bytes, sizeof(post->bytes));
    if (post->size == 0)
        return false;
    d->post_count++;
    return true;
}

bool dongle_take_event(struct dongle *dongle, struct dongle_event *event)
{
    struct dongle *d = dongle;
    const struct event_queue_item *item = event_queue_take(&d->events);
    /* It was decodable when it came. */
    return item != NULL && rpc_decode_event(d->dialect, item->bytes, item->size, &event->id,
                                            &event->params) == RPC_OK;
}

void dongle_drop_events(struct dongle *dongle)
{
    event_queue_clear(&dongle->events);
}

int dongle_next_event(struct dongle *dongle, struct dongle_event *event, uint64_t deadline,
                      struct nordfu_error *error)
{
    while (!dongle_take_event(dongle, event)) {
        if (dongle_now(dongle) >= deadline)
            return nordfu_error_set(error, NORDFU_ERR_TIMEOUT,
                                    "The dongle on %s reported nothing in time.",
                                    dongle_name(dongle));
        int rc = dongle_turn(dongle, deadline, error);
        if (rc != 0)
            return rc;
    }
    return 0;
}
