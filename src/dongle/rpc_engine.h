/*
 * SPDX-License-Identifier: MIT
 * Walks lists of fields (rpc_table.h): C struct to bytes and back. Bounded by the cursors; no
 * allocation.
 */
#ifndef NORDFU_DONGLE_RPC_ENGINE_H
#define NORDFU_DONGLE_RPC_ENGINE_H

#include "base/bytes.h"
#include "dongle/rpc_table.h"

/* Appends the fields of the C struct at `base`. w->failed: no room, or a value that its field can't
 * hold. */
void rpc_put_fields(struct bytes_writer *w, const struct rpc_field *fields, const void *base);

/*
 * Reads the fields into the C struct at `base`, which the caller has zeroed: what is absent is left
 * alone. r->failed: not the layout. Bytes may be left over.
 */
void rpc_get_fields(struct bytes_reader *r, const struct rpc_field *fields, void *base);

#endif
