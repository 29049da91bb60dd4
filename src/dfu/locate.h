/*
 * SPDX-License-Identifier: MIT
 * Finding the device on the air: which address or name to take, and how long to wait for a better
 * one.
 */
#ifndef NORDFU_DFU_LOCATE_H
#define NORDFU_DFU_LOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nordfu/central.h"
#include "nordfu/error.h"
#include "nordfu/update.h"

#define LOCATE_MAX_RULES 6
#define LOCATE_MAX_SEEN  64 /* devices that are remembered and counted */

/* One way to recognise the device. */
struct locate_rule {
    enum nordfu_match match;       /* what is reported when it fits */
    struct nordfu_address address; /* unless by_name */
    bool by_name;
    char name[32];     /* exact */
    bool service;      /* must advertise the DFU service */
    bool application;  /* must advertise without the DFU service */
    uint64_t patience; /* µs to go on listening for an earlier rule once this one fits */
};

/* What to look for: the first rule that fits and whose patience is over wins. A name that two
 * devices have is not guessed at. */
struct locate_wish {
    char what[128]; /* for sentences: "device with address DE:06:3B:97:4C:D8" */
    size_t count;
    struct locate_rule rules[LOCATE_MAX_RULES];
};

struct locate_found {
    struct nordfu_address address;
    enum nordfu_match match;
    char name[32];    /* as it came from the air (not escaped); "" if not heard */
    bool application; /* was heard to advertise without the DFU service */
};

/* The address of an application's bootloader: the lowest byte one higher, wrapping, without carry;
 * the type stays. */
struct nordfu_address locate_plus_one(const struct nordfu_address *address);

/* The device as the user knows it: by address or by name (options->has_address). */
void locate_first(struct locate_wish *wish, const struct nordfu_update_options *options);
/* The bootloader of `application` after a jump. */
void locate_jumped(struct locate_wish *wish, const struct nordfu_address *application);
/* The bootloader that was known before the link was lost, or its application (NULL if not known).
 */
void locate_again(struct locate_wish *wish, const struct locate_found *bootloader,
                  const struct nordfu_address *application);

/*
 * Scans until a rule wins or `timeout` µs are over. Errors: NORDFU_ERR_NOT_FOUND with what was
 * heard instead or which devices have the same name, those of nordfu_central_scan.
 */
int locate(struct nordfu_central *central, const struct locate_wish *wish, uint64_t timeout,
           struct locate_found *found, struct nordfu_error *error);

/*
 * Listens for a second and sets *shared if `address` advertises with the DFU service and without:
 * two devices use it, since a bootloader may have the address of a neighbour's application.
 */
int locate_shared(struct nordfu_central *central, const struct nordfu_address *address,
                  bool *shared, struct nordfu_error *error);

#endif
