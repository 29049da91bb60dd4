/*
 * SPDX-License-Identifier: MIT
 * The SoftDevice's pairing and encryption, as a central (wire specification, section 11.8).
 */
#ifndef NORDFU_SIM_SOFTDEVICE_SECURITY_H
#define NORDFU_SIM_SOFTDEVICE_SECURITY_H

#include "sim/softdevice_internal.h"

/* A PDU of the security manager's channel arrived. */
void sd_security_receive(struct sd_link *link, const uint8_t *pdu, size_t size);
/* All PDUs given to that channel are through. */
void sd_security_sent(struct sd_link *link);
/* The link layer's encryption procedure is over. */
void sd_security_encrypted(struct sd_link *link, uint8_t status);
/* Forgets all about a link that is gone. */
void sd_security_drop(struct sd_link *link);

extern const struct sd_command sd_security_commands[];

#endif
