/* SPDX-License-Identifier: MIT */
#include "dfu/exchange.h"

#include <inttypes.h>

#include "dfu/op_trace.h"
#include "nordfu/port.h"

#define UNRELATED_MOST 64 /* messages skipped while waiting for one answer */

/* The longest message that is looked at; a longer one is malformed anyway. */
#define MESSAGE_MAX 64

static int await(struct pipe *pipe, enum op_code code, uint64_t deadline,
                 struct op_response *response, struct nordfu_error *error)
{
    uint8_t bytes[MESSAGE_MAX];
    for (int i = 0; i < UNRELATED_MOST; i++) {
        int n = pipe->ops->receive(pipe, bytes, sizeof(bytes), deadline, error);
        if (n < 0)
            return n;
        enum op_decoded decoded = op_decode(response, code, bytes, (size_t)n);
        if (decoded == OP_ANSWER) {
            op_trace_response(pipe, response);
            return 0;
        }
        if (decoded == OP_MALFORMED)
            return nordfu_error_set(
                error, NORDFU_ERR_TRANSFER,
                "The device's answer to the DFU request %s is malformed (%d bytes); is it a Secure "
                "DFU bootloader of SDK 12 or newer?",
                op_name(code), n);
    }
    return nordfu_error_set(error, NORDFU_ERR_TRANSFER,
                            "The device sent %d messages and none answers the DFU request %s; "
                            "reset it and try again.",
                            UNRELATED_MOST, op_name(code));
}

int exchange_receipt(struct pipe *pipe, uint64_t deadline, struct op_response *response,
                     struct nordfu_error *error)
{
    return await(pipe, OP_CRC, deadline, response, error);
}

int exchange(struct pipe *pipe, const struct op_request *request, uint64_t timeout,
             struct op_response *response, struct nordfu_error *error)
{
    uint8_t bytes[OP_REQUEST_MAX];
    size_t size = op_encode(request, bytes);
    uint64_t deadline = pipe->ops->now(pipe) + timeout;
    op_trace_request(pipe, request);
    int rc = pipe->ops->control(pipe, bytes, size, deadline, error);
    if (rc == 0)
        rc = await(pipe, request->code, deadline, response, error);
    if (rc != NORDFU_ERR_TIMEOUT)
        return rc;
    return nordfu_error_set(error, NORDFU_ERR_TIMEOUT,
                            "The device did not answer the DFU request %s within %" PRIu64
                            " s: it may be out of range or hang; move it closer or reset it.",
                            op_name(request->code), timeout / NORDFU_SECOND);
}
