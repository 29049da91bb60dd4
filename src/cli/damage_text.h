/*
 * SPDX-License-Identifier: MIT
 * What is to go wrong in the simulator, read from "WHAT@WHERE,KEY=VALUE..." (docs/simulator.md).
 */
#ifndef NORDFU_CLI_DAMAGE_TEXT_H
#define NORDFU_CLI_DAMAGE_TEXT_H

#include <stddef.h>

#include "nordfu/error.h"
#include "sim/damage.h"

struct damage_order {
    struct sim_damage_config config;
    uint32_t device; /* 1 = the first */
};

/* Reads "cut-link@bytes=8192,device=2,for=3s" into *order. Errors: NORDFU_ERR_USAGE. */
int damage_text_read(struct damage_order *order, const char *text, struct nordfu_error *error);

#endif
