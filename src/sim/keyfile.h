/* SPDX-License-Identifier: MIT
 * The public key that a simulated bootloader is built with, from a file. */
#ifndef NORDFU_SIM_KEYFILE_H
#define NORDFU_SIM_KEYFILE_H

#include <stdint.h>

#include "nordfu/error.h"

/*
 * Reads a P-256 key from a PEM file, public or private, into X then Y, big endian. Errors:
 * NORDFU_ERR_PACKAGE (no such key in it), NORDFU_ERR_SYSTEM (can't be read).
 */
int sim_key_load(uint8_t public_key[64], const char *path, struct nordfu_error *error);

#endif
