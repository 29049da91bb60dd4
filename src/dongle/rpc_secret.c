/* SPDX-License-Identifier: MIT */
#include "dongle/rpc_secret.h"

#include <stdint.h>

#include "dongle/rpc.h"

static const struct {
    uint8_t packet, number; /* the high byte of an event's number is 0 */
    uint8_t open;           /* bytes before the secret */
} secrets[] = {
    {RPC_REQUEST, 0x7F, 4},  /* SEC_PARAMS_REPLY: behind the handle */
    {RPC_REQUEST, 0x80, 4},  /* AUTH_KEY_REPLY */
    {RPC_REQUEST, 0x81, 4},  /* LESC_DHKEY_REPLY */
    {RPC_REQUEST, 0x85, 4},  /* ENCRYPT */
    {RPC_REQUEST, 0x86, 4},  /* SEC_INFO_REPLY */
    {RPC_RESPONSE, 0x7F, 6}, /* SEC_PARAMS_REPLY: behind the status */
    {RPC_EVENT, 0x15, 5},    /* PASSKEY_DISPLAY: behind the handle */
    {RPC_EVENT, 0x19, 11},   /* AUTH_STATUS: behind the flags */
};

size_t rpc_open_size(const void *packet, size_t size)
{
    const uint8_t *b = packet;
    for (size_t i = 0; size >= 2 && i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        if (b[0] == secrets[i].packet && b[1] == secrets[i].number)
            return size < secrets[i].open ? size : secrets[i].open;
    }
    return size;
}
