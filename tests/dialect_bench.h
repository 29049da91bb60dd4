/*
 * SPDX-License-Identifier: MIT
 * The bench for dongles of all SoftDevice APIs: the commands that every conversation begins with,
 * in each dialect's bytes.
 */
#ifndef NORDFU_TESTS_DIALECT_BENCH_H
#define NORDFU_TESTS_DIALECT_BENCH_H

#include "dongle_bench.h"

#define BASE "50eada308883b89f604f15f30000c98e"
#define DATA "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3"

#define ENABLE_V2        "0060010a00000001010100000000"
#define ENABLE_V3_MTU247 "0060010a000000010100f7000100000000"
#define SCAN_V2          "008a010100a00050000000"
#define SCAN_V3          "008a0101a00050000000"
#define SCAN_V6          "008a010401010000000000a0005000000001010000001f00"
#define SCAN_ON_V6       "008a0001010000001f00"
#define CONNECT_V2       "008c0101718293a4b5c6010100a00050000000010600060000009001"
#define CONNECT_V3       "008c0102718293a4b5c60101a00050000000010600060000009001"
#define CONNECT_V6       "008c0102718293a4b5c6010401010000000000a0005000000001060006000000900101"
#define CONNECTED_V2     "021000000001718293a4b5c601015a3c0d06e102000600060000009001"
#define CONNECTED_V6     "021000000002718293a4b5c6020600060000009001ff000000000000000000000000"

static inline const char *enable_of(int api)
{
    return api == 2 ? ENABLE_V2 : api == 3 ? ENABLE_V3_MTU247 : "0060";
}

/* What a peripheral with an MTU of 23 says: one characteristic of 128 bits per answer. */
static const struct answer small_answers[] = {
    {"060100ffff002859fe", "070b00ffff"},
    {"080b00ffff0328", "0915"
                       "0c00040d0050eada308883b89f604f15f30200c98e"},
    {"080d00ffff0328", "0915"
                       "0e00180f0050eada308883b89f604f15f30100c98e"},
    {"080f00ffff0328", "01080f000a"},
    {"040f001000", "05011000"
                   "0229"},
    {"1210000100", "13"},
    {NULL, NULL},
};

#endif
