/* SPDX-License-Identifier: MIT */
#include "dfu/secure_run.h"

#include <inttypes.h>

#include "dfu/device_info.h"
#include "dfu/exchange.h"
#include "dfu/op_trace.h"
#include "dfu/refusal.h"
#include "nordfu/port.h"

#define PACKET_TIMEOUT  (10 * NORDFU_SECOND)
#define RECEIPT_TIMEOUT (2 * NORDFU_SECOND)
#define PROGRESS_EVERY  4 /* packets */

uint64_t secure_now(const struct secure_run *r)
{
    return r->pipe->ops->now(r->pipe);
}

void secure_start_clock(struct secure_run *r)
{
    if (r->session->began == 0)
        r->session->began = secure_now(r);
}

int secure_refused(struct secure_run *r, const struct op_request *request, bool final,
                   const struct op_response *response)
{
    struct refusal refusal = {
        .request = *request,
        .final = final,
        .result = response->result,
        .extended = response->extended,
    };
    if (refusal_wants_device(&refusal))
        device_info_ask(&refusal.device, r->pipe);
    return refusal_explain(&refusal, r->image, r->error);
}

int secure_abort(struct secure_run *r)
{
    const struct op_request request = {.code = OP_ABORT};
    uint8_t bytes[OP_REQUEST_MAX];
    size_t size = op_encode(&request, bytes);
    op_trace_request(r->pipe, &request);
    int rc = r->pipe->ops->control(r->pipe, bytes, size, secure_now(r) + SECURE_ANSWER_TIMEOUT,
                                   r->error);
    /* A device that resets at once does not acknowledge the request. */
    return rc == NORDFU_ERR_LINK || rc == NORDFU_ERR_TIMEOUT ? 0 : rc;
}

int secure_demand(struct secure_run *r, struct op_request request, uint64_t timeout,
                  struct op_response *response)
{
    int rc = exchange(r->pipe, &request, timeout, response, r->error);
    if (rc == 0 && response->result != OP_SUCCESS)
        rc = secure_refused(r, &request, false, response);
    return rc;
}

int secure_select(struct secure_run *r, enum op_object object, struct op_response *response)
{
    return secure_demand(r, (struct op_request){.code = OP_SELECT, .object = object},
                         SECURE_ANSWER_TIMEOUT, response);
}

int secure_set_prn(struct secure_run *r)
{
    struct op_response response;
    struct op_request request = {.code = OP_SET_PRN, .prn = r->session->prn};
    r->receipt_in = request.prn;
    return secure_demand(r, request, SECURE_ANSWER_TIMEOUT, &response);
}

/* Waits until the pacing lets the next data packet go. */
static int pause_for_flash(struct secure_run *r)
{
    uint64_t when = pacing_next(&r->session->pacing, secure_now(r));
    while (when > secure_now(r)) {
        int rc = r->pipe->ops->wait(r->pipe, when, r->error);
        if (rc != 0)
            return rc;
        when = pacing_next(&r->session->pacing, secure_now(r));
    }
    return 0;
}

static int send_packet(struct secure_run *r, const struct secure_piece *piece, uint32_t at,
                       size_t size)
{
    op_trace_packet(r->pipe, at, size);
    int rc = r->pipe->ops->data(r->pipe, piece->bytes + at, size, secure_now(r) + PACKET_TIMEOUT,
                                r->error);
    if (rc != NORDFU_ERR_TIMEOUT)
        return rc;
    return nordfu_error_set(r->error, NORDFU_ERR_TIMEOUT,
                            "A data packet could not be sent within %" PRIu64
                            " s: the link is stuck; move the device closer to the dongle.",
                            PACKET_TIMEOUT / NORDFU_SECOND);
}

/*
 * Takes the receipt that is due after the packet that made it `sent` bytes, if one is. Sets *stop
 * if it does not come or counts otherwise: then it is no use to send more, the comparison will
 * tell.
 */
static int take_receipt(struct secure_run *r, uint32_t sent, bool *stop)
{
    if (r->receipt_in == 0 || --r->receipt_in > 0)
        return 0;
    struct op_response receipt;
    r->receipt_in = r->session->prn;
    int rc = exchange_receipt(r->pipe, secure_now(r) + RECEIPT_TIMEOUT, &receipt, r->error);
    *stop = rc != 0 || receipt.result != OP_SUCCESS || receipt.offset != sent;
    return rc == NORDFU_ERR_TIMEOUT ? 0 : rc;
}

int secure_send_init_packets(struct secure_run *r, const struct secure_piece *piece)
{
    size_t n;
    bool stop = false;
    for (uint32_t i = piece->from; i < piece->to && !stop; i += (uint32_t)n) {
        n = piece->to - i < r->pipe->packet_size ? piece->to - i : r->pipe->packet_size;
        int rc = send_packet(r, piece, i, n);
        if (rc == 0)
            rc = take_receipt(r, i + (uint32_t)n, &stop);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int secure_send_data_packets(struct secure_run *r, const struct secure_piece *piece)
{
    unsigned packets = 0;
    bool stop = false;
    for (r->sent = piece->from; r->sent < piece->to && !stop;) {
        size_t left = piece->to - r->sent;
        size_t n = left < r->pipe->packet_size ? left : r->pipe->packet_size;
        int rc = pause_for_flash(r);
        if (rc == 0)
            rc = send_packet(r, piece, r->sent, n);
        if (rc == 0)
            rc = take_receipt(r, r->sent + (uint32_t)n, &stop);
        if (rc != 0)
            return rc;
        pacing_sent(&r->session->pacing);
        r->sent += (uint32_t)n;
        if (++packets % PROGRESS_EVERY == 0)
            sink_bytes(r->session->sink, secure_now(r), NORDFU_EVENT_PROGRESS, r->sent, r->size);
    }
    return 0;
}

/* Says in *error what is wrong with `answer`; the end of the sentence is the caller's. */
static enum secure_verdict judge(struct secure_run *r, const char *what,
                                 const struct secure_piece *piece, const struct op_response *answer)
{
    if (answer->offset == piece->to && answer->crc == piece->crc)
        return SECURE_GOOD;
    if (answer->offset < piece->to) {
        nordfu_error_set(r->error, NORDFU_ERR_TRANSFER,
                         "Packets of %s were lost in the device: it counts %" PRIu32 " of %" PRIu32
                         " bytes, most likely because its flash is slower than the data",
                         what, answer->offset, piece->to);
        return SECURE_LOST;
    }
    if (answer->offset > piece->to)
        nordfu_error_set(r->error, NORDFU_ERR_TRANSFER,
                         "The device counts %" PRIu32 " bytes of %s although only %" PRIu32
                         " were sent, so something else is sending to it",
                         answer->offset, what, piece->to);
    else
        nordfu_error_set(r->error, NORDFU_ERR_TRANSFER,
                         "Bytes of %s were changed on their way: all %" PRIu32
                         " arrived, but their CRC is %08" PRIX32 " instead of %08" PRIX32,
                         what, piece->to, answer->crc, piece->crc);
    return SECURE_CHANGED;
}

int secure_compare(struct secure_run *r, const char *what, const struct secure_piece *piece,
                   enum secure_verdict *verdict)
{
    struct op_response answer;
    int rc = secure_demand(r, (struct op_request){.code = OP_CRC}, SECURE_ANSWER_TIMEOUT, &answer);
    if (rc != 0)
        return rc;
    *verdict = judge(r, what, piece, &answer);
    /* If what was there before this object does not fit, more tries won't help. */
    if (r->doubtful && *verdict != SECURE_GOOD &&
        (*verdict == SECURE_CHANGED || answer.offset < r->at))
        return SECURE_START_OVER;
    return 0;
}

int secure_give_up(struct secure_run *r)
{
    return nordfu_error_set(r->error, NORDFU_ERR_TRANSFER,
                            "%s; this happened in each of %d tries: reset the device and try "
                            "again, with another dongle or cable if it stays so.",
                            r->error->text, PACING_TRIES);
}

void secure_tell_retry(struct secure_run *r, int tries)
{
    r->session->retries++;
    sink_text(r->session->sink, secure_now(r), NORDFU_EVENT_RETRY, "%.200s; try %d of %d follows.",
              r->error->text, tries + 1, PACING_TRIES);
}
