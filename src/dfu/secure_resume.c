/* SPDX-License-Identifier: MIT */
#include "dfu/secure_run.h"

#include <inttypes.h>

#include "base/crc.h"
#include "dfu/exchange.h"
#include "nordfu/port.h"

bool secure_fits_image(const struct secure_run *r, const struct op_response *selected)
{
    return selected->offset <= r->size &&
           selected->crc == crc32(0, r->image->firmware, selected->offset);
}

static int select_data(struct secure_run *r, struct op_response *selected)
{
    int rc = secure_select(r, OP_DATA, selected);
    if (rc != 0 || selected->max_size >= r->pipe->packet_size)
        return rc;
    return nordfu_error_set(r->error, NORDFU_ERR_TRANSFER,
                            "The device says that its data objects have at most %" PRIu32
                            " bytes, which makes no sense; reset it and try again.",
                            selected->max_size);
}

static bool at_border(const struct secure_run *r, const struct op_response *selected)
{
    return selected->offset != 0 && selected->offset < r->size &&
           selected->offset % selected->max_size == 0 && secure_fits_image(r, selected);
}

/*
 * Select may round down while all bytes of the image are there and only the final Execute is
 * missing: CRC may know better. Sets selected->offset to the image's size then.
 */
static int look_for_the_end(struct secure_run *r, struct op_response *selected)
{
    if (r->size - selected->offset > selected->max_size)
        return 0;
    struct op_response answer;
    int rc = secure_demand(r, (struct op_request){.code = OP_CRC}, SECURE_ANSWER_TIMEOUT, &answer);
    if (rc == 0 && answer.offset == r->size && secure_fits_image(r, &answer)) {
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
static int settle_border(struct secure_run *r, struct op_response *selected)
{
    int rc = look_for_the_end(r, selected);
    if (rc != 0 || selected->offset == r->size)
        return rc;
    struct op_request request = {.code = OP_EXECUTE, .object = OP_DATA};
    struct op_response response;
    uint32_t before = selected->offset;
    bool may_be_last = r->size - before <= selected->max_size;
    r->session->unanswered = may_be_last;
    rc = exchange(r->pipe, &request, SECURE_FINAL_TIMEOUT, &response, r->error);
    if (rc != 0)
        return rc;
    if (response.result != OP_SUCCESS)
        r->session->unanswered = false;
    if (response.result != OP_SUCCESS && response.result != OP_NOT_PERMITTED)
        return SECURE_START_OVER;
    rc = select_data(r, selected); /* fails if it was the last object and the device resets */
    if (rc == 0)
        r->session->unanswered = false;
    /* It was the last object after all if the device has everything now, or has put it away. */
    r->finished = rc == 0 && may_be_last && response.result == OP_SUCCESS &&
                  (selected->offset == r->size || selected->offset < before);
    return rc;
}

int secure_find_start(struct secure_run *r)
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
        return SECURE_START_OVER;
    r->max_size = selected.max_size;
    r->doubtful = selected.offset != 0 && !secure_fits_image(r, &selected);
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
