/* SPDX-License-Identifier: MIT
 * The tables of SoftDevice API v6 (S132 and S140 6.1.1). */
#ifndef NORDFU_SIM_DONGLE_RPC_V6_H
#define NORDFU_SIM_DONGLE_RPC_V6_H

#include "sim/dongle_rpc.h"

extern const struct dongle_rpc_dialect dongle_rpc_v6;

#endif
