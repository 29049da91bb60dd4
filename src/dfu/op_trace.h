/*
 * SPDX-License-Identifier: MIT
 * Requests, answers and data packets of Secure DFU as lines of the trace: "dfu > Create data 4096",
 * "dfu < CRC: success, offset 4096, CRC 1C291CA3". Each does nothing when there is no trace.
 */
#ifndef NORDFU_DFU_OP_TRACE_H
#define NORDFU_DFU_OP_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "dfu/op.h"
#include "dfu/pipe.h"

void op_trace_request(const struct pipe *pipe, const struct op_request *request);
void op_trace_response(const struct pipe *pipe, const struct op_response *response);
/* A data packet of `size` bytes from `offset` of its object stream. */
void op_trace_packet(const struct pipe *pipe, uint32_t offset, size_t size);

#endif
