/* SPDX-License-Identifier: MIT
 * The start of the line, and what is said when there is no dongle at its end. */
#include "dongle/dongle_internal.h"

#define NO_DEADLINE UINT64_MAX

int dongle_diagnose(struct dongle *dongle, enum diagnosis diagnosis, const char *api,
                    struct nordfu_error *error)
{
    struct dongle *d = dongle;
    const struct diagnosis_case facts = {.port = dongle_name(d),
                                         .identity = dongle_identity(d),
                                         .heard = d->heard,
                                         .heard_size = d->heard_size,
                                         .api = api};
    struct nordfu_error failure;
    diagnosis_error(diagnosis, &facts, &failure);
    return dongle_break(d, &failure, error);
}

static int start_failed(struct dongle *d, struct nordfu_error *error)
{
    enum diagnosis diagnosis = DIAGNOSIS_HALF_LINK;
    if (d->session.failure == H5_FAILURE_NO_SYNC_RESPONSE)
        diagnosis = diagnosis_of_answer(dongle_identity(d), d->heard, d->heard_size);
    return dongle_diagnose(d, diagnosis, NULL, error);
}

/* The port of a USB dongle that restarts comes back. */
static int bring_back(struct dongle *d, struct nordfu_error *error)
{
    struct nordfu_error cause = {0};
    nordfu_log(d->log, NORDFU_LOG_DEBUG, "Waiting for %s to come back.", dongle_name(d));
    int rc = nordfu_port_reopen(d->port, dongle_now(d) + DONGLE_RETURN_TIME, &cause);
    d->identified = false;
    if (rc == 0)
        return 0;
    if (rc == NORDFU_ERR_CANCELLED)
        return nordfu_error_set(error, rc, "%s", cause.text);
    nordfu_log(d->log, NORDFU_LOG_DEBUG, "Port: %s", cause.text);
    return dongle_break(d, &d->broken, error);
}

int dongle_start(struct dongle *dongle, struct nordfu_error *error)
{
    struct dongle *d = dongle;
    int rc = dongle_vanished(d) ? bring_back(d, error) : 0;
    if (rc != 0)
        return rc;
    enum diagnosis diagnosis = diagnosis_of_identity(dongle_identity(d));
    if (diagnosis != DIAGNOSIS_NONE)
        return dongle_diagnose(d, diagnosis, NULL, error);
    bool fresh = dongle_restarted(d) || dongle_vanished(d);
    d->broken = (struct nordfu_error){0};
    d->flight.active = false;
    d->post_count = 0;
    d->received = 0;
    d->heard_size = 0;
    dongle_drop_events(d);
    h5_session_start(&d->session, dongle_now(d), !fresh);
    while (d->session.state != H5_ACTIVE) {
        if (d->session.state == H5_FAILED)
            return start_failed(d, error);
        rc = dongle_exchange(d, NO_DEADLINE, error);
        if (rc != 0)
            return rc;
    }
    /* An echo says all that a dongle would. */
    if (diagnosis_is_echo(d->heard, d->heard_size))
        return dongle_diagnose(d, DIAGNOSIS_ECHO, NULL, error);
    nordfu_log(d->log, NORDFU_LOG_DEBUG, "The line to the dongle on %s is set up.", dongle_name(d));
    return dongle_flush(d, error);
}
