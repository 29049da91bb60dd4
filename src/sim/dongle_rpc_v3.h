/* SPDX-License-Identifier: MIT
 * The tables of SoftDevice API v3 (S132 3.1.0). */
#ifndef NORDFU_SIM_DONGLE_RPC_V3_H
#define NORDFU_SIM_DONGLE_RPC_V3_H

#include "sim/dongle_rpc.h"

extern const struct dongle_rpc_dialect dongle_rpc_v3;

#endif
