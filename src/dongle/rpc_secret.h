/*
 * SPDX-License-Identifier: MIT
 * Which packets carry keys, for whoever shows packets to people.
 */
#ifndef NORDFU_DONGLE_RPC_SECRET_H
#define NORDFU_DONGLE_RPC_SECRET_H

#include <stddef.h>

/*
 * How many bytes of a serialization packet, packet type byte first, may be shown: `size`, or what
 * stands before the first key or passkey. The numbers of these packets are the same in all dialects
 * (connectivity-wire 6), so none is needed. A packet that is damaged is cut in the same place.
 */
size_t rpc_open_size(const void *packet, size_t size);

#endif
