/* SPDX-License-Identifier: MIT
 * CRC-16/CCITT-FALSE (H5, legacy init packets) and CRC-32 as zlib has it (DFU). */
#ifndef NORDFU_BASE_CRC_H
#define NORDFU_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

#define CRC16_START 0xFFFFu

/* Continues `crc` (CRC16_START to begin) over `size` bytes. Check value of "123456789": 0x29B1. */
uint16_t crc16(uint16_t crc, const void *data, size_t size);

/* Continues `crc` (0 to begin) over `size` bytes. Check value of "123456789": 0xCBF43926. Hidden,
 * because zlib has a function of that name with other types, which libzip must go on calling. */
#if defined(__GNUC__)
__attribute__((visibility("hidden")))
#endif
uint32_t
crc32(uint32_t crc, const void *data, size_t size);

#endif
