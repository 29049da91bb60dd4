/*
 * SPDX-License-Identifier: MIT
 * Words for the numbers that dongles and peers answer with (connectivity-wire section 10). No
 * function returns NULL.
 */
#ifndef NORDFU_DONGLE_RPC_NAMES_H
#define NORDFU_DONGLE_RPC_NAMES_H

#include <stdint.h>

/*
 * A SoftDevice's return code by its name in the API documentation: "NRF_ERROR_INVALID_PARAM",
 * "BLE_ERROR_NOT_ENABLED". A few codes mean different things in different APIs, hence `api` (2, 3,
 * 5, 6). "unknown status" for codes without a name.
 */
const char *rpc_status_name(int api, uint32_t status);

/* An HCI status (reason of a disconnection, status of a PHY update): "supervision timeout".
 * "unknown reason" otherwise. */
const char *rpc_hci_text(uint8_t reason);

/* A gatt_status: "write not permitted". "application error" for 0x0180..0x019F, "unknown GATT
 * status" otherwise. */
const char *rpc_gatt_status_text(uint16_t status);

/* A security status (AUTH_STATUS): "pairing not supported". "unknown security status" otherwise. */
const char *rpc_security_status_text(uint8_t status);

/* The SoftDevice with this FWID (section 12.3), "S132 5.1.0"; "unknown SoftDevice" otherwise. */
const char *rpc_fwid_text(uint16_t fwid);

#endif
