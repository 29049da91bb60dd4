/* SPDX-License-Identifier: MIT
 * The tables of SoftDevice API v2 (S130 and S132 2.0.1). */
#ifndef NORDFU_SIM_DONGLE_RPC_V2_H
#define NORDFU_SIM_DONGLE_RPC_V2_H

#include "sim/dongle_rpc.h"

extern const struct dongle_rpc_dialect dongle_rpc_v2;

#endif
