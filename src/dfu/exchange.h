/*
 * SPDX-License-Identifier: MIT
 * One request and its answer over a pipe.
 */
#ifndef NORDFU_DFU_EXCHANGE_H
#define NORDFU_DFU_EXCHANGE_H

#include "dfu/op.h"
#include "dfu/pipe.h"
#include "nordfu/error.h"

/*
 * Sends `request` and waits at most `timeout` µs for its answer, whatever its result; messages that
 * answer something else are skipped, within bounds. Errors: NORDFU_ERR_TIMEOUT, NORDFU_ERR_TRANSFER
 * (malformed answer, too many others), those of the pipe.
 */
int exchange(struct pipe *pipe, const struct op_request *request, uint64_t timeout,
             struct op_response *response, struct nordfu_error *error);

/*
 * Waits until `deadline` (µs) for a receipt of data packets, which looks like the answer to a CRC
 * request. NORDFU_ERR_TIMEOUT if none comes; else as exchange.
 */
int exchange_receipt(struct pipe *pipe, uint64_t deadline, struct op_response *response,
                     struct nordfu_error *error);

#endif
