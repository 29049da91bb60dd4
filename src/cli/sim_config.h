/*
 * SPDX-License-Identifier: MIT
 * The simulated dongle and devices, read from "key=value,key=value" texts (docs/simulator.md).
 */
#ifndef NORDFU_CLI_SIM_CONFIG_H
#define NORDFU_CLI_SIM_CONFIG_H

#include <stddef.h>

#include "nordfu/error.h"
#include "sim/device.h"
#include "sim/dongle.h"

/* Reads one device into *config, defaults first. Errors: NORDFU_ERR_USAGE; those of the key file.
 */
int sim_config_device(struct sim_device_config *config, const char *text,
                      struct nordfu_error *error);

/* A dongle, and how it is plugged in. */
struct sim_dongle_setup {
    struct sim_dongle_config config;
    enum sim_choice usb; /* SIM_AS_PROFILE = not said */
    char link[512];      /* to its pty; "" = none */
};

/* Reads "v2", "v3", "v5" or "v6", or "v5,key=value...", into *setup. Errors: NORDFU_ERR_USAGE. */
int sim_config_dongle(struct sim_dongle_setup *setup, const char *text, struct nordfu_error *error);

#endif
