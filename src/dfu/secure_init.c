/* SPDX-License-Identifier: MIT */
#include "dfu/secure_run.h"

#include <inttypes.h>

#include "base/crc.h"
#include "dfu/exchange.h"
#include "nordfu/port.h"

static int create_init(struct secure_run *r)
{
    struct op_response response;
    secure_start_clock(r);
    r->receipt_in = r->session->prn;
    return secure_demand(
        r, (struct op_request){.code = OP_CREATE, .object = OP_COMMAND, .size = r->init_size},
        SECURE_ANSWER_TIMEOUT, &response);
}

/* Brings the init packet over, of which the device holds `stored` bytes. */
static int transfer_init(struct secure_run *r, uint32_t stored)
{
    struct secure_piece piece = {r->image->init_bytes, stored, r->init_size,
                                 crc32(0, r->image->init_bytes, r->init_size)};
    for (int tries = 1;; tries++) {
        enum secure_verdict verdict = SECURE_GOOD;
        int rc = piece.from == 0 ? create_init(r) : 0;
        if (rc == 0)
            rc = secure_send_init_packets(r, &piece);
        if (rc == 0)
            rc = secure_compare(r, "the init packet", &piece, &verdict);
        if (rc != 0 || verdict == SECURE_GOOD)
            return rc;
        if (tries == PACING_TRIES)
            return secure_give_up(r);
        secure_tell_retry(r, tries);
        piece.from = 0;
    }
}

/*
 * An init packet that was accepted before the final Execute, whose answer got lost, and that is now
 * refused as not newer than what the device runs: the device runs it.
 */
static bool proves_update(const struct secure_run *r, const struct op_response *response)
{
    return r->session->unanswered && response->result == OP_EXTENDED &&
           (response->extended == OP_EXTENDED_VERSION || response->extended == OP_EXTENDED_PRESENT);
}

/* The device waits in its bootloader for an update that it has already: it may go. */
static int let_go(struct secure_run *r)
{
    sink_text(r->session->sink, secure_now(r), NORDFU_EVENT_NOTE,
              "The device refuses as not newer than its own a version that it accepted before: it "
              "had taken the update.");
    r->finished = true;
    r->session->unanswered = false;
    return secure_abort(r);
}

/* Has the init packet checked. `again`: it was there already, so it may have been checked before.
 */
static int execute_init(struct secure_run *r, bool again)
{
    struct op_request request = {.code = OP_EXECUTE, .object = OP_COMMAND};
    struct op_response response;
    int rc = exchange(r->pipe, &request, SECURE_EXECUTE_TIMEOUT, &response, r->error);
    if (rc != 0)
        return rc;
    pacing_accepted(&r->session->pacing, secure_now(r));
    r->init_assumed = again && response.result == OP_NOT_PERMITTED;
    if (response.result == OP_SUCCESS || r->init_assumed)
        return 0;
    if (proves_update(r, &response))
        return let_go(r);
    return again ? SECURE_START_OVER : secure_refused(r, &request, false, &response);
}

uint32_t secure_init_stored(const struct secure_run *r, const struct op_response *selected)
{
    if (selected->offset > r->init_size)
        return 0;
    uint32_t crc = crc32(0, r->image->init_bytes, selected->offset);
    return selected->crc == crc ? selected->offset : 0;
}

int secure_send_init(struct secure_run *r, bool fresh)
{
    struct op_response selected;
    int rc = secure_select(r, OP_COMMAND, &selected);
    if (rc != 0)
        return rc;
    if (selected.max_size < r->init_size)
        return nordfu_error_set(r->error, NORDFU_ERR_REFUSED,
                                "The init packet has %" PRIu32
                                " bytes, but this bootloader takes at most %" PRIu32
                                "; build the package with fewer SoftDevice requirements.",
                                r->init_size, selected.max_size);
    uint32_t stored = fresh ? 0 : secure_init_stored(r, &selected);
    if (stored == r->init_size)
        return execute_init(r, true);
    rc = transfer_init(r, stored);
    return rc != 0 ? rc : execute_init(r, false);
}
