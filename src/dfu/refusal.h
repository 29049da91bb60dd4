/*
 * SPDX-License-Identifier: MIT
 * What a bootloader's "no" means: one sentence with the package's own values and what to change.
 */
#ifndef NORDFU_DFU_REFUSAL_H
#define NORDFU_DFU_REFUSAL_H

#include <stdbool.h>

#include "dfu/device_info.h"
#include "dfu/op.h"
#include "nordfu/error.h"
#include "nordfu/image.h"

struct refusal {
    struct op_request request; /* what was asked */
    bool final;                /* it was the Execute of the last data object */
    uint8_t result;            /* anything but OP_SUCCESS */
    uint8_t extended;          /* with OP_EXTENDED */
    struct device_info device; /* what is known of it */
};

/* The device's own values would make the sentence better: ask for them before refusal_explain. */
bool refusal_wants_device(const struct refusal *refusal);

/* Fills *error with NORDFU_ERR_REFUSED, speaker DFU_RESULT or DFU_EXTENDED, and the sentence.
 * Returns the class. */
int refusal_explain(const struct refusal *refusal, const struct nordfu_image *image,
                    struct nordfu_error *error);

#endif
