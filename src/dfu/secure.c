/* SPDX-License-Identifier: MIT */
#include "dfu/secure.h"

#include "base/crc.h"
#include "dfu/exchange.h"
#include "dfu/secure_run.h"
#include "nordfu/port.h"

void secure_session_init(struct secure_session *session, const struct sink *sink)
{
    *session = (struct secure_session){.sink = sink};
    pacing_init(&session->pacing);
}

void secure_session_next_image(struct secure_session *session)
{
    session->met = false;
    session->unanswered = false;
    session->rejected = false;
    session->ended = 0;
    session->earlier = session->bytes;
    session->resumed_earlier = session->resumed;
}

static void confirm(struct secure_run *r, uint32_t offset)
{
    struct secure_session *s = r->session;
    s->bytes = s->earlier + (offset > s->found ? offset - s->found : 0);
    sink_bytes(s->sink, secure_now(r), NORDFU_EVENT_PROGRESS, offset, r->size);
}

static void tell_start(struct secure_run *r)
{
    struct secure_session *s = r->session;
    if (!s->met) {
        s->met = true;
        s->found = r->sent;
        s->resumed = s->resumed_earlier + r->sent;
    }
    secure_start_clock(r);
    sink_bytes(s->sink, secure_now(r), NORDFU_EVENT_IMAGE, r->sent, r->size);
}

static int create_data(struct secure_run *r, uint32_t size, enum secure_verdict *verdict)
{
    struct op_request request = {.code = OP_CREATE, .object = OP_DATA, .size = size};
    struct op_response response;
    int rc = exchange(r->pipe, &request, SECURE_ANSWER_TIMEOUT, &response, r->error);
    if (rc != 0)
        return rc;
    *verdict = SECURE_GOOD;
    if (response.result == OP_SUCCESS) {
        r->receipt_in = r->session->prn;
        pacing_create(&r->session->pacing, secure_now(r));
        return 0;
    }
    if (r->doubtful || r->init_assumed)
        return SECURE_START_OVER;
    if (response.result != OP_FAILED)
        return secure_refused(r, &request, false, &response);
    *verdict = SECURE_LOST;
    nordfu_error_set(r->error, NORDFU_ERR_TRANSFER,
                     "The device would not begin a piece of the firmware, most likely because its "
                     "flash was still busy");
    return 0;
}

static int try_object(struct secure_run *r, const struct secure_piece *piece,
                      enum secure_verdict *verdict)
{
    *verdict = SECURE_GOOD;
    int rc = piece->from == r->at ? create_data(r, piece->to - r->at, verdict) : 0;
    if (rc != 0 || *verdict != SECURE_GOOD)
        return rc;
    rc = secure_send_data_packets(r, piece);
    return rc != 0 ? rc : secure_compare(r, "the firmware", piece, verdict);
}

/* Brings the present object over, of which the device holds the bytes up to `piece->from`. */
static int transfer_object(struct secure_run *r, struct secure_piece *piece)
{
    for (int tries = 1;; tries++) {
        enum secure_verdict verdict;
        int rc = try_object(r, piece, &verdict);
        if (rc != 0 || verdict == SECURE_GOOD)
            return rc;
        if (tries == PACING_TRIES)
            return secure_give_up(r);
        if (verdict == SECURE_LOST)
            pacing_lost(&r->session->pacing);
        secure_tell_retry(r, tries);
        rc =
            r->pipe->ops->wait(r->pipe, pacing_again(&r->session->pacing, secure_now(r)), r->error);
        if (rc != 0)
            return rc;
        piece->from = r->at;
    }
}

static int execute_data(struct secure_run *r, bool final)
{
    struct op_request request = {.code = OP_EXECUTE, .object = OP_DATA};
    struct op_response response;
    if (final)
        sink_bytes(r->session->sink, secure_now(r), NORDFU_EVENT_ACTIVATING, r->size, r->size);
    uint64_t timeout = final ? SECURE_FINAL_TIMEOUT : SECURE_EXECUTE_TIMEOUT;
    r->session->unanswered = final;
    int rc = exchange(r->pipe, &request, timeout, &response, r->error);
    if (rc == 0)
        r->session->unanswered = false;
    r->session->rejected = rc == 0 && final && response.result != OP_SUCCESS;
    if (rc == 0 && response.result != OP_SUCCESS)
        rc = secure_refused(r, &request, final, &response);
    return rc;
}

static int send_object(struct secure_run *r)
{
    uint32_t left = r->size - r->at;
    uint32_t to = r->at + (left < r->max_size ? left : r->max_size);
    uint32_t crc = crc32(r->crc, r->image->firmware + r->at, to - r->at);
    struct secure_piece piece = {r->image->firmware, r->sent, to, crc};
    int rc = transfer_object(r, &piece);
    if (rc != 0)
        return rc;
    confirm(r, to);
    rc = execute_data(r, to == r->size);
    if (rc != 0)
        return rc;
    r->doubtful = r->init_assumed = false;
    r->at = r->sent = to;
    r->crc = crc;
    return 0;
}

static int send_firmware(struct secure_run *r)
{
    int rc = secure_find_start(r);
    if (rc != 0)
        return rc;
    tell_start(r);
    while (rc == 0 && r->at < r->size)
        rc = send_object(r);
    return rc;
}

static int send_all(struct secure_run *r)
{
    int rc = secure_set_prn(r);
    if (rc == 0)
        rc = secure_send_init(r, r->session->no_resume && !r->session->met);
    if (rc == 0 && !r->finished)
        rc = send_firmware(r);
    if (rc != SECURE_START_OVER)
        return rc;
    sink_text(r->session->sink, secure_now(r), NORDFU_EVENT_RETRY,
              "What the device holds of an earlier update can't be used; this one starts over.");
    r->init_assumed = r->doubtful = false;
    r->session->met = false;
    rc = secure_send_init(r, true);
    if (rc == 0 && !r->finished)
        rc = send_firmware(r);
    if (rc != SECURE_START_OVER)
        return rc;
    return nordfu_error_set(r->error, NORDFU_ERR_TRANSFER,
                            "The device holds something that is not a part of this update and does "
                            "not clear it; reset the device and try again.");
}

int secure_run_init(struct secure_run *r, struct secure_session *session, struct pipe *pipe,
                    const struct nordfu_image *image, struct nordfu_error *error)
{
    *r = (struct secure_run){
        .session = session,
        .pipe = pipe,
        .image = image,
        .error = error,
        .init_size = (uint32_t)image->init_size,
        .size = (uint32_t)image->firmware_size,
    };
    pipe->log = session->sink != NULL ? session->sink->log : NULL;
    if (image->init_size != 0 && image->firmware_size != 0 && image->init_size <= UINT16_MAX &&
        image->firmware_size <= INT32_MAX)
        return 0;
    return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                            "An init packet of %zu bytes and an image of %zu bytes are nothing "
                            "that could be sent: make the package again.",
                            image->init_size, image->firmware_size);
}

int secure_transfer(struct secure_session *session, struct pipe *pipe,
                    const struct nordfu_image *image, struct nordfu_error *error)
{
    struct nordfu_error ignored;
    struct secure_run r;
    int rc = secure_run_init(&r, session, pipe, image, error != NULL ? error : &ignored);
    if (rc == 0)
        rc = send_all(&r);
    if (rc == 0)
        session->ended = secure_now(&r);
    return rc;
}
