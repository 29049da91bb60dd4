/* SPDX-License-Identifier: MIT */
#include "dfu/secure.h"

#include <inttypes.h>

#include "base/crc.h"
#include "dfu/exchange.h"
#include "dfu/refusal.h"
#include "nordfu/port.h"

#define ANSWER_TIMEOUT (5 * NORDFU_SECOND)
#define EXECUTE_TIMEOUT                                                                            \
    (15 * NORDFU_SECOND)                    /* checking a signature or finishing the flash writes */
#define FINAL_TIMEOUT  (30 * NORDFU_SECOND) /* hashing the whole image */
#define PACKET_TIMEOUT (10 * NORDFU_SECOND)
#define PROGRESS_EVERY 4 /* packets */

/* What the device holds is no beginning of this image: begin again with the init packet, which
 * clears it. Never leaves this file. */
#define START_OVER 1

/* One transfer over one pipe. */
struct run {
    struct secure_session *session;
    struct pipe *pipe;
    const struct nordfu_image *image;
    struct nordfu_error *error;
    uint32_t init_size, size; /* bytes of init packet and firmware */
    uint32_t max_size;        /* of a data object, bytes */
    uint32_t at;              /* first byte of the present data object */
    uint32_t sent;            /* bytes that are sent or were there, from 0 */
    uint32_t crc;             /* CRC-32 of the firmware up to `at` */
    bool init_assumed; /* the device would not execute the init packet again: it may have been
                          accepted earlier */
    bool finished;     /* the final Execute was accepted before or while the start was sought */
    bool doubtful; /* what the device holds does not fit; it is not known where the object begins
                      for it */
};

/* What to send to make one object complete, and what the device must then report. */
struct piece {
    const uint8_t *bytes; /* of the whole object stream, from offset 0 */
    uint32_t from, to;
    uint32_t crc; /* CRC-32 of bytes 0..to */
};

void secure_session_init(struct secure_session *session, const struct sink *sink)
{
    *session = (struct secure_session){.sink = sink};
    pacing_init(&session->pacing);
}

void secure_session_next_image(struct secure_session *session)
{
    session->met = false;
    session->unanswered = false;
    session->earlier = session->bytes;
    session->resumed_earlier = session->resumed;
}

static uint64_t now(const struct run *r)
{
    return r->pipe->ops->now(r->pipe);
}

static void start_clock(struct run *r)
{
    if (r->session->began == 0)
        r->session->began = now(r);
}

static int refused(struct run *r, const struct op_request *request, bool final,
                   const struct op_response *response)
{
    struct refusal refusal = {*request, final, response->result, response->extended};
    return refusal_explain(&refusal, r->image, r->error);
}

/* A request that must succeed. */
static int demand(struct run *r, struct op_request request, uint64_t timeout,
                  struct op_response *response)
{
    int rc = exchange(r->pipe, &request, timeout, response, r->error);
    if (rc == 0 && response->result != OP_SUCCESS)
        rc = refused(r, &request, false, response);
    return rc;
}

static int select_object(struct run *r, enum op_object object, struct op_response *response)
{
    return demand(r, (struct op_request){.code = OP_SELECT, .object = object}, ANSWER_TIMEOUT,
                  response);
}

static int set_prn(struct run *r)
{
    struct op_response response;
    return demand(r, (struct op_request){.code = OP_SET_PRN}, ANSWER_TIMEOUT, &response);
}

/* Waits until the pacing lets the next data packet go. */
static int pause_for_flash(struct run *r)
{
    uint64_t when = pacing_next(&r->session->pacing, now(r));
    while (when > now(r)) {
        int rc = r->pipe->ops->wait(r->pipe, when, r->error);
        if (rc != 0)
            return rc;
        when = pacing_next(&r->session->pacing, now(r));
    }
    return 0;
}

static int send_packet(struct run *r, const void *bytes, size_t size)
{
    int rc = r->pipe->ops->data(r->pipe, bytes, size, now(r) + PACKET_TIMEOUT, r->error);
    if (rc != NORDFU_ERR_TIMEOUT)
        return rc;
    return nordfu_error_set(r->error, NORDFU_ERR_TIMEOUT,
                            "A data packet could not be sent within %" PRIu64
                            " s: the link is stuck; move the device closer to the dongle.",
                            PACKET_TIMEOUT / NORDFU_SECOND);
}

static int send_init_packets(struct run *r, const struct piece *piece)
{
    size_t n;
    for (uint32_t i = piece->from; i < piece->to; i += (uint32_t)n) {
        n = piece->to - i < r->pipe->packet_size ? piece->to - i : r->pipe->packet_size;
        int rc = send_packet(r, piece->bytes + i, n);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int send_data_packets(struct run *r, const struct piece *piece)
{
    unsigned packets = 0;
    for (r->sent = piece->from; r->sent < piece->to;) {
        size_t left = piece->to - r->sent;
        size_t n = left < r->pipe->packet_size ? left : r->pipe->packet_size;
        int rc = pause_for_flash(r);
        if (rc == 0)
            rc = send_packet(r, piece->bytes + r->sent, n);
        if (rc != 0)
            return rc;
        pacing_sent(&r->session->pacing);
        r->sent += (uint32_t)n;
        if (++packets % PROGRESS_EVERY == 0)
            sink_bytes(r->session->sink, now(r), NORDFU_EVENT_PROGRESS, r->sent, r->size);
    }
    return 0;
}

enum verdict {
    GOOD,
    LOST,    /* fewer bytes than were sent */
    CHANGED, /* other bytes than were sent, or more */
};

/* Says in *error what is wrong with `answer`; the end of the sentence is the caller's. */
static enum verdict judge(struct run *r, const char *what, const struct piece *piece,
                          const struct op_response *answer)
{
    if (answer->offset == piece->to && answer->crc == piece->crc)
        return GOOD;
    if (answer->offset < piece->to) {
        nordfu_error_set(r->error, NORDFU_ERR_TRANSFER,
                         "Packets of %s were lost in the device: it counts %" PRIu32 " of %" PRIu32
                         " bytes, most likely because its flash is slower than the data",
                         what, answer->offset, piece->to);
        return LOST;
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
    return CHANGED;
}

/* Asks what arrived. Anything but GOOD leaves its reason in *error. */
static int compare(struct run *r, const char *what, const struct piece *piece,
                   enum verdict *verdict)
{
    struct op_response answer;
    int rc = demand(r, (struct op_request){.code = OP_CRC}, ANSWER_TIMEOUT, &answer);
    if (rc != 0)
        return rc;
    *verdict = judge(r, what, piece, &answer);
    /* If what was there before this object does not fit, more tries won't help. */
    if (r->doubtful && *verdict != GOOD && (*verdict == CHANGED || answer.offset < r->at))
        return START_OVER;
    return 0;
}

/* After the last try: the sentence in *error gets an end that says what to do. */
static int give_up(struct run *r)
{
    return nordfu_error_set(r->error, NORDFU_ERR_TRANSFER,
                            "%s; this happened in each of %d tries: reset the device and try "
                            "again, with another dongle or cable if it stays so.",
                            r->error->text, PACING_TRIES);
}

static void tell_retry(struct run *r, int tries)
{
    r->session->retries++;
    sink_text(r->session->sink, now(r), NORDFU_EVENT_RETRY, "%.200s; try %d of %d follows.",
              r->error->text, tries + 1, PACING_TRIES);
}

/* Init packet */

static int create_init(struct run *r)
{
    struct op_response response;
    start_clock(r);
    return demand(
        r, (struct op_request){.code = OP_CREATE, .object = OP_COMMAND, .size = r->init_size},
        ANSWER_TIMEOUT, &response);
}

/* Brings the init packet over, of which the device holds `stored` bytes. */
static int transfer_init(struct run *r, uint32_t stored)
{
    struct piece piece = {r->image->init_bytes, stored, r->init_size,
                          crc32(0, r->image->init_bytes, r->init_size)};
    for (int tries = 1;; tries++) {
        enum verdict verdict = GOOD;
        int rc = piece.from == 0 ? create_init(r) : 0;
        if (rc == 0)
            rc = send_init_packets(r, &piece);
        if (rc == 0)
            rc = compare(r, "the init packet", &piece, &verdict);
        if (rc != 0 || verdict == GOOD)
            return rc;
        if (tries == PACING_TRIES)
            return give_up(r);
        tell_retry(r, tries);
        piece.from = 0;
    }
}

/*
 * An init packet that was accepted before the final Execute, whose answer got lost, and that is now
 * refused as not newer than what the device runs: the device runs it.
 */
static bool proves_update(const struct run *r, const struct op_response *response)
{
    return r->session->unanswered && response->result == OP_EXTENDED &&
           (response->extended == OP_EXTENDED_VERSION || response->extended == OP_EXTENDED_PRESENT);
}

/* The device waits in its bootloader for an update that it has already: it may go. */
static int let_go(struct run *r)
{
    uint8_t bytes[OP_REQUEST_MAX];
    size_t size = op_encode(&(struct op_request){.code = OP_ABORT}, bytes);
    sink_text(r->session->sink, now(r), NORDFU_EVENT_NOTE,
              "The device refuses as not newer than its own a version that it accepted before: it "
              "had taken the update when the answer to the final Execute was lost.");
    r->finished = true;
    r->session->unanswered = false;
    int rc = r->pipe->ops->control(r->pipe, bytes, size, now(r) + ANSWER_TIMEOUT, r->error);
    /* A device that resets at once does not acknowledge the request. */
    return rc == NORDFU_ERR_LINK || rc == NORDFU_ERR_TIMEOUT ? 0 : rc;
}

/* Has the init packet checked. `again`: it was there already, so it may have been checked before.
 */
static int execute_init(struct run *r, bool again)
{
    struct op_request request = {.code = OP_EXECUTE, .object = OP_COMMAND};
    struct op_response response;
    int rc = exchange(r->pipe, &request, EXECUTE_TIMEOUT, &response, r->error);
    if (rc != 0)
        return rc;
    pacing_accepted(&r->session->pacing, now(r));
    r->init_assumed = again && response.result == OP_NOT_PERMITTED;
    if (response.result == OP_SUCCESS || r->init_assumed)
        return 0;
    if (proves_update(r, &response))
        return let_go(r);
    return again ? START_OVER : refused(r, &request, false, &response);
}

/* How many bytes of this very init packet the device holds. */
static uint32_t init_stored(const struct run *r, const struct op_response *selected)
{
    if (selected->offset > r->init_size)
        return 0;
    uint32_t crc = crc32(0, r->image->init_bytes, selected->offset);
    return selected->crc == crc ? selected->offset : 0;
}

static int send_init(struct run *r, bool fresh)
{
    struct op_response selected;
    int rc = select_object(r, OP_COMMAND, &selected);
    if (rc != 0)
        return rc;
    if (selected.max_size < r->init_size)
        return nordfu_error_set(r->error, NORDFU_ERR_REFUSED,
                                "The init packet has %" PRIu32
                                " bytes, but this bootloader takes at most %" PRIu32
                                "; build the package with fewer SoftDevice requirements.",
                                r->init_size, selected.max_size);
    uint32_t stored = fresh ? 0 : init_stored(r, &selected);
    if (stored == r->init_size)
        return execute_init(r, true);
    rc = transfer_init(r, stored);
    return rc != 0 ? rc : execute_init(r, false);
}

/* Firmware */

static bool fits_image(const struct run *r, const struct op_response *selected)
{
    return selected->offset <= r->size &&
           selected->crc == crc32(0, r->image->firmware, selected->offset);
}

static int select_data(struct run *r, struct op_response *selected)
{
    int rc = select_object(r, OP_DATA, selected);
    if (rc != 0 || selected->max_size >= r->pipe->packet_size)
        return rc;
    return nordfu_error_set(r->error, NORDFU_ERR_TRANSFER,
                            "The device says that its data objects have at most %" PRIu32
                            " bytes, which makes no sense; reset it and try again.",
                            selected->max_size);
}

static bool at_border(const struct run *r, const struct op_response *selected)
{
    return selected->offset != 0 && selected->offset < r->size &&
           selected->offset % selected->max_size == 0 && fits_image(r, selected);
}

/*
 * Select may round down while all bytes of the image are there and only the final Execute is
 * missing: CRC may know better. Sets selected->offset to the image's size then.
 */
static int look_for_the_end(struct run *r, struct op_response *selected)
{
    if (r->size - selected->offset > selected->max_size)
        return 0;
    struct op_response answer;
    int rc = demand(r, (struct op_request){.code = OP_CRC}, ANSWER_TIMEOUT, &answer);
    if (rc == 0 && answer.offset == r->size && fits_image(r, &answer)) {
        selected->offset = answer.offset;
        selected->crc = answer.crc;
    }
    return rc;
}

/*
 * Some bootloaders count received bytes, others executed objects only. At a border between objects
 * it can't be known whether the last one was executed: so it is done (again), and the device has
 * the word.
 */
static int settle_border(struct run *r, struct op_response *selected)
{
    int rc = look_for_the_end(r, selected);
    if (rc != 0 || selected->offset == r->size)
        return rc;
    struct op_request request = {.code = OP_EXECUTE, .object = OP_DATA};
    struct op_response response;
    uint32_t before = selected->offset;
    bool may_be_last = r->size - before <= selected->max_size;
    r->session->unanswered = may_be_last;
    rc = exchange(r->pipe, &request, FINAL_TIMEOUT, &response, r->error);
    if (rc != 0)
        return rc;
    if (response.result != OP_SUCCESS)
        r->session->unanswered = false;
    if (response.result != OP_SUCCESS && response.result != OP_NOT_PERMITTED)
        return START_OVER;
    rc = select_data(r, selected); /* fails if it was the last object and the device resets */
    if (rc == 0)
        r->session->unanswered = false;
    /* It was the last object after all if the device has everything now, or has put it away. */
    r->finished = rc == 0 && may_be_last && response.result == OP_SUCCESS &&
                  (selected->offset == r->size || selected->offset < before);
    return rc;
}

/* Finds out where to go on: r->at, r->sent. */
static int find_start(struct run *r)
{
    struct op_response selected;
    int rc = select_data(r, &selected);
    if (rc == 0 && at_border(r, &selected))
        rc = settle_border(r, &selected);
    if (rc != 0)
        return rc;
    if (r->finished) {
        r->at = r->sent = r->size;
        return 0;
    }
    if (selected.offset > r->size)
        return START_OVER;
    r->max_size = selected.max_size;
    r->doubtful = selected.offset != 0 && !fits_image(r, &selected);
    uint32_t inside = selected.offset % r->max_size;
    bool whole = selected.offset == r->size || r->doubtful;
    if (inside == 0 && selected.offset != 0 && whole)
        inside = r->max_size; /* the last object is complete, but not executed */
    r->at = selected.offset - inside;
    /* Half a word can't be continued: flash is written in words. */
    bool usable = !r->doubtful && (selected.offset % 4 == 0 || selected.offset == r->size);
    r->sent = usable ? selected.offset : r->at;
    r->crc = crc32(0, r->image->firmware, r->at);
    return 0;
}

static void confirm(struct run *r, uint32_t offset)
{
    struct secure_session *s = r->session;
    s->bytes = s->earlier + (offset > s->found ? offset - s->found : 0);
    sink_bytes(s->sink, now(r), NORDFU_EVENT_PROGRESS, offset, r->size);
}

static void tell_start(struct run *r)
{
    struct secure_session *s = r->session;
    if (!s->met) {
        s->met = true;
        s->found = r->sent;
        s->resumed = s->resumed_earlier + r->sent;
    }
    start_clock(r);
    sink_bytes(s->sink, now(r), NORDFU_EVENT_IMAGE, r->sent, r->size);
}

static int create_data(struct run *r, uint32_t size, enum verdict *verdict)
{
    struct op_request request = {.code = OP_CREATE, .object = OP_DATA, .size = size};
    struct op_response response;
    int rc = exchange(r->pipe, &request, ANSWER_TIMEOUT, &response, r->error);
    if (rc != 0)
        return rc;
    *verdict = GOOD;
    if (response.result == OP_SUCCESS) {
        pacing_create(&r->session->pacing, now(r));
        return 0;
    }
    if (r->doubtful || r->init_assumed)
        return START_OVER;
    if (response.result != OP_FAILED)
        return refused(r, &request, false, &response);
    *verdict = LOST;
    nordfu_error_set(r->error, NORDFU_ERR_TRANSFER,
                     "The device would not begin a piece of the firmware, most likely because its "
                     "flash was still busy");
    return 0;
}

static int try_object(struct run *r, const struct piece *piece, enum verdict *verdict)
{
    *verdict = GOOD;
    int rc = piece->from == r->at ? create_data(r, piece->to - r->at, verdict) : 0;
    if (rc != 0 || *verdict != GOOD)
        return rc;
    rc = send_data_packets(r, piece);
    return rc != 0 ? rc : compare(r, "the firmware", piece, verdict);
}

/* Brings the present object over, of which the device holds the bytes up to `piece->from`. */
static int transfer_object(struct run *r, struct piece *piece)
{
    for (int tries = 1;; tries++) {
        enum verdict verdict;
        int rc = try_object(r, piece, &verdict);
        if (rc != 0 || verdict == GOOD)
            return rc;
        if (tries == PACING_TRIES)
            return give_up(r);
        if (verdict == LOST)
            pacing_lost(&r->session->pacing);
        tell_retry(r, tries);
        rc = r->pipe->ops->wait(r->pipe, pacing_again(&r->session->pacing, now(r)), r->error);
        if (rc != 0)
            return rc;
        piece->from = r->at;
    }
}

static int execute_data(struct run *r, bool final)
{
    struct op_request request = {.code = OP_EXECUTE, .object = OP_DATA};
    struct op_response response;
    if (final)
        sink_bytes(r->session->sink, now(r), NORDFU_EVENT_ACTIVATING, r->size, r->size);
    uint64_t timeout = final ? FINAL_TIMEOUT : EXECUTE_TIMEOUT;
    r->session->unanswered = final;
    int rc = exchange(r->pipe, &request, timeout, &response, r->error);
    if (rc == 0)
        r->session->unanswered = false;
    if (rc == 0 && response.result != OP_SUCCESS)
        rc = refused(r, &request, final, &response);
    return rc;
}

static int send_object(struct run *r)
{
    uint32_t left = r->size - r->at;
    uint32_t to = r->at + (left < r->max_size ? left : r->max_size);
    uint32_t crc = crc32(r->crc, r->image->firmware + r->at, to - r->at);
    struct piece piece = {r->image->firmware, r->sent, to, crc};
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

static int send_firmware(struct run *r)
{
    int rc = find_start(r);
    if (rc != 0)
        return rc;
    tell_start(r);
    while (rc == 0 && r->at < r->size)
        rc = send_object(r);
    return rc;
}

static int send_all(struct run *r)
{
    int rc = set_prn(r);
    if (rc == 0)
        rc = send_init(r, false);
    if (rc == 0 && !r->finished)
        rc = send_firmware(r);
    if (rc != START_OVER)
        return rc;
    sink_text(r->session->sink, now(r), NORDFU_EVENT_RETRY,
              "What the device holds of an earlier update can't be used; this one starts over.");
    r->init_assumed = r->doubtful = false;
    r->session->met = false;
    rc = send_init(r, true);
    if (rc == 0 && !r->finished)
        rc = send_firmware(r);
    if (rc != START_OVER)
        return rc;
    return nordfu_error_set(r->error, NORDFU_ERR_TRANSFER,
                            "The device holds something that is not a part of this update and does "
                            "not clear it; reset the device and try again.");
}

int secure_transfer(struct secure_session *session, struct pipe *pipe,
                    const struct nordfu_image *image, struct nordfu_error *error)
{
    struct nordfu_error ignored;
    struct run r = {
        .session = session,
        .pipe = pipe,
        .image = image,
        .error = error != NULL ? error : &ignored,
        .init_size = (uint32_t)image->init_size,
        .size = (uint32_t)image->firmware_size,
    };
    if (image->init_size == 0 || image->firmware_size == 0 || image->init_size > UINT16_MAX ||
        image->firmware_size > INT32_MAX)
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "An init packet of %zu bytes and an image of %zu bytes are nothing "
                                "that could be sent: make the package again.",
                                image->init_size, image->firmware_size);
    int rc = send_all(&r);
    if (rc == 0)
        session->ended = now(&r);
    return rc;
}
