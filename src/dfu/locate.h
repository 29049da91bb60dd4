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

#define LOCATE_MAX_RULES 12
#define LOCATE_MAX_SEEN  64  /* devices of one search that are remembered and counted */
#define LOCATE_MAX_HEARD 256 /* addresses that are remembered over all searches */

/* One way to recognise the device. */
struct locate_rule {
    enum nordfu_match match;       /* what is reported when it fits */
    struct nordfu_address address; /* unless by_name */
    bool by_name;
    char name[32];     /* exact */
    bool given;        /* or one that an earlier update gave to a bootloader */
    bool service;      /* must advertise the DFU service */
    bool application;  /* must advertise without the DFU service */
    bool fresh;        /* must not be in wish->before */
    bool refuse;       /* what fits is no more than a candidate: it is listed, but not taken */
    uint64_t patience; /* µs to go on listening for an earlier rule once this one fits */
};

/* Addresses that were heard, the last ones of `count`. Zero-initialised: none. */
struct locate_heard {
    size_t count;
    struct nordfu_address addresses[LOCATE_MAX_HEARD];
};

/* What to look for: the first rule that fits and whose patience is over wins. A name that two
 * devices have is not guessed at. */
struct locate_wish {
    char what[128];                    /* for sentences: "device with address DE:06:3B:97:4C:D8" */
    char name[32];                     /* that the bootloader was given; "" = none */
    const struct locate_heard *before; /* what was on the air before a jump; NULL = nothing */
    struct locate_heard *heard;        /* to be filled in; NULL = nobody asks */
    size_t count;
    struct locate_rule rules[LOCATE_MAX_RULES];
};

struct locate_found {
    struct nordfu_address address;
    enum nordfu_match match;
    char name[32];    /* as it came from the air (not escaped); "" if not heard */
    bool application; /* was heard to advertise without the DFU service */
    bool bootloader;  /* was heard to advertise the DFU service */
};

/* What is known of a bootloader that was just started. */
struct locate_jump {
    struct nordfu_address application;
    const char *name;  /* that it was given, NULL = none */
    bool sure;         /* ... and has taken: whoever has another name is another device */
    bool bonded;       /* it keeps its address (dfu-protocol D.1) */
    bool service_only; /* at the address + 1 an application advertises, which is another device's */
    const struct locate_heard *before; /* who was on the air before the jump; NULL = nobody */
};

/* What is known of a bootloader that is looked for again. */
struct locate_return {
    const struct locate_found *bootloader;
    const struct nordfu_address *application; /* NULL = not known */
    const char *name;                         /* that it was given, NULL = none */
    bool service_only; /* at the bootloader's address an application advertises, which is another
                          device's */
};

/* The address of an application's bootloader: the lowest byte one higher, wrapping, without carry;
 * the type stays. */
struct nordfu_address locate_plus_one(const struct nordfu_address *address);
/* The same with carry, as some bootloaders have it; differs for low bytes of FF only. */
struct nordfu_address locate_carried(const struct nordfu_address *address);
/*
 * Makes a name for the bootloader of the device at `address`, which no other device around has:
 * "nfu" and eight of A to Z and 2 to 7, of address and time `now`. It fits into
 * BUTTONLESS_NAME_MAX bytes.
 */
void locate_make_name(char name[32], const struct nordfu_address *address, uint64_t now);
/* Whether it is of that form. */
bool locate_is_made(const char *name);
/* Whether it is, or is the usual name of a bootloader. */
bool locate_is_bootloaders(const char *name);
/* It is told by the address of the application, one lower. */
bool locate_is_neighbour(enum nordfu_match match);

/* The device as the user knows it: by address or by name (options->has_address). */
void locate_first(struct locate_wish *wish, const struct nordfu_update_options *options);
/* The bootloader of an application after a jump. The wish refers to what `jump` points to. */
void locate_jumped(struct locate_wish *wish, const struct locate_jump *jump);
/* Bootloaders that would be taken for that of an application after a jump. */
void locate_places(struct locate_wish *wish, const struct nordfu_address *application);
/* The bootloader that was known before the link was lost or it restarted, or its application. */
void locate_again(struct locate_wish *wish, const struct locate_return *again);

/*
 * Scans until a rule wins or `timeout` µs are over. Errors: NORDFU_ERR_NOT_FOUND with what was
 * heard instead or which devices come into question, those of nordfu_central_scan.
 */
int locate(struct nordfu_central *central, const struct locate_wish *wish, uint64_t timeout,
           struct locate_found *found, struct nordfu_error *error);

/*
 * Listens for a second and sets *shared if `address` advertises with the DFU service and without:
 * two devices use it, since a bootloader may have the address of a neighbour's application.
 */
int locate_shared(struct nordfu_central *central, const struct nordfu_address *address,
                  bool *shared, struct nordfu_error *error);

/*
 * To be called before the application at `application`, which the central is linked to, jumps:
 * listens for `time` µs and adds the addresses heard to *heard; the link stays.
 * Another device's bootloader where the application's would be found ends it and is told in
 * *neighbour, whose `match` is NORDFU_MATCH_NONE if there is none. Errors: those of
 * nordfu_central_scan.
 */
int locate_listen(struct nordfu_central *central, const struct nordfu_address *application,
                  uint64_t time, struct locate_heard *heard, struct locate_found *neighbour,
                  struct nordfu_error *error);

#endif
