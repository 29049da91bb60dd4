/*
 * SPDX-License-Identifier: MIT
 * What an update is asked for, what it tells on its way, and what came of it.
 */
#ifndef NORDFU_UPDATE_H
#define NORDFU_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "nordfu/bond.h"
#include "nordfu/central.h"

/* How the device was recognised. */
enum nordfu_match {
    NORDFU_MATCH_NONE,
    NORDFU_MATCH_ADDRESS,  /* the address that was asked for */
    NORDFU_MATCH_PLUS_ONE, /* its bootloader: the low byte one higher, wrapping */
    NORDFU_MATCH_NAME,     /* the name that was asked for, or a bootloader's usual one */
    NORDFU_MATCH_CARRY,    /* its bootloader: the whole address one higher */
    NORDFU_MATCH_GIVEN,    /* the name that its bootloader was given before it was started */
};
/* A word for a match ("address + 1"); never NULL. */
const char *nordfu_match_name(enum nordfu_match match);

struct nordfu_update_options {
    bool has_address;
    struct nordfu_address address; /* of the application; its bootloader is found from it */
    char name[32];             /* advertised name; used when there is no address; "" = "DfuTarg" */
    uint16_t mtu;              /* largest ATT_MTU to ask for, 23..247; 0 = 247 */
    uint32_t connect_delay_ms; /* wait before connecting, ms; 0 is best */
    uint32_t scan_timeout_ms;  /* how long to look for the device each time; 0 = 10 000 */
    uint32_t attempts;         /* links that may be lost before giving up; 0 = 3 */
    uint8_t phy;               /* 1 = 1M only, 2 = ask for 2M; 0 = 2 */
    uint16_t interval;         /* connection interval to ask for, x 1.25 ms, 6..100; 0 = best */
    uint16_t prn; /* packets per receipt notification of the bootloader; 0 = none, which is best */
    bool no_resume; /* begin with the first byte, whatever the device holds already */
    /* Change nothing: connect, tell as PLAN events what an update would do, let a bootloader that
     * runs already check the init packet, and leave everything as it was. */
    bool dry_run;
    /* For the whole call; 0 = as long as there is progress. A dongle that hangs may take 3 s more.
     */
    uint32_t timeout_ms;
    /* Where bonds are kept, for devices that want one; NULL = for this update only. Not owned. */
    struct nordfu_bond_store *bonds;
    /* Why there is no store, as a sentence: a device that wants a bond is refused with it then, as
     * it may have room for one bond only. NULL = pair for this update only. Not owned. */
    const char *no_bonds;
};

enum nordfu_event_type {
    NORDFU_EVENT_DONGLE,     /* the central is open; text describes it */
    NORDFU_EVENT_SCANNING,   /* text says for what */
    NORDFU_EVENT_FOUND,      /* address, match and text (name) */
    NORDFU_EVENT_CONNECTED,  /* link */
    NORDFU_EVENT_JUMPING,    /* the application was told to start its bootloader */
    NORDFU_EVENT_IMAGE,      /* a transfer begins: total; bytes = what a resume saves */
    NORDFU_EVENT_PROGRESS,   /* bytes of total are confirmed by CRC or on their way */
    NORDFU_EVENT_RETRY,      /* something went wrong and is mended; text says what */
    NORDFU_EVENT_NOTE,       /* text: worth knowing, nothing is wrong */
    NORDFU_EVENT_ACTIVATING, /* everything is transferred; the bootloader checks and activates */
    NORDFU_EVENT_DONE,       /* the device left the bootloader */
    NORDFU_EVENT_PLAN,       /* of a dry run: text says what an update would do or has found out */
};

struct nordfu_event {
    enum nordfu_event_type type;
    uint64_t time;  /* µs on the target's clock */
    uint32_t bytes; /* of the image */
    uint32_t total;
    enum nordfu_match match;
    struct nordfu_address address;
    struct nordfu_link link; /* the characteristics are left out */
    char text[256];          /* "" if nothing to say */
};

/* Called on nordfu's event thread. `event` is valid during the call. Progress may be skipped when
 * the callback is slow. */
typedef void (*nordfu_event_fn)(void *context, const struct nordfu_event *event);

/* What came of an update; filled in as far as it went, also on failure. */
struct nordfu_update_result {
    char central[160]; /* how the dongle described itself */
    /* The last link to the bootloader, of a dry run to the device; characteristics are left out. */
    struct nordfu_link link;
    enum nordfu_match match;
    uint32_t bytes;   /* image bytes confirmed by the device in this run */
    uint32_t resumed; /* image bytes that were there already */
    /* µs from the first Create (or resume) to the reply to the last Execute. */
    uint64_t transfer_time;
    uint64_t total_time; /* µs of the whole call */
    uint32_t retries;    /* objects sent again */
    uint32_t reconnects;
};

#endif
