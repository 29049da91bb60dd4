/* SPDX-License-Identifier: MIT */
#include "dfu/secure_run.h"

/* What of this update the device holds, and whether a part of another one is in the way. */
static int look(struct secure_run *r, struct secure_findings *findings)
{
    struct op_response init, data;
    int rc = secure_select(r, OP_COMMAND, &init);
    bool same = rc == 0 && secure_init_stored(r, &init) == r->init_size;
    if (rc == 0)
        rc = secure_select(r, OP_DATA, &data);
    if (rc != 0 || data.offset == 0)
        return rc;
    findings->other = !same || !secure_fits_image(r, &data);
    findings->offset = findings->other ? 0 : data.offset;
    return 0;
}

static int check(struct secure_run *r, struct secure_findings *findings)
{
    int rc = secure_set_prn(r);
    if (rc == 0)
        rc = secure_send_init(r, false);
    if (rc == SECURE_START_OVER && findings->offset > 0) {
        /* An update would start over; for a rehearsal that would lose too much. */
        *findings = (struct secure_findings){.other = true};
        return 0;
    }
    if (rc == SECURE_START_OVER)
        rc = secure_send_init(r, true);
    findings->checked = rc == 0;
    return rc;
}

/* A verdict is worth more than an error in leaving. */
static int leave(struct secure_run *r, int verdict)
{
    struct nordfu_error own, *error = r->error;
    if (verdict != NORDFU_ERR_REFUSED)
        return secure_abort(r);
    r->error = &own;
    int rc = secure_abort(r);
    r->error = error;
    return rc == NORDFU_ERR_CANCELLED ? rc : verdict;
}

int secure_preflight(struct secure_session *session, struct pipe *pipe,
                     const struct nordfu_image *image, struct secure_findings *findings,
                     struct nordfu_error *error)
{
    struct nordfu_error ignored;
    struct secure_run r;
    *findings = (struct secure_findings){0};
    int rc = secure_run_init(&r, session, pipe, image, error != NULL ? error : &ignored);
    if (rc == 0)
        rc = look(&r, findings);
    if (rc != 0 || findings->other)
        return rc;
    rc = check(&r, findings);
    if (findings->offset > 0 || findings->other || (rc != 0 && rc != NORDFU_ERR_REFUSED))
        return rc;
    return leave(&r, rc);
}
