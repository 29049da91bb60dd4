/* SPDX-License-Identifier: MIT
 * The tables of SoftDevice API v5 (S132 5.1.0). */
#ifndef NORDFU_SIM_DONGLE_RPC_V5_H
#define NORDFU_SIM_DONGLE_RPC_V5_H

#include "sim/dongle_rpc.h"

extern const struct dongle_rpc_dialect dongle_rpc_v5;

#endif
