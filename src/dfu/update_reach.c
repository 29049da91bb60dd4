/* SPDX-License-Identifier: MIT
 * The way to the device's bootloader: find, connect, jump, find again. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/plain.h"
#include "dfu/update_flow.h"

#define CONNECT_TIMEOUT (20 * NORDFU_SECOND) /* link, MTU, data length, PHY, discovery */
/* Long enough to hear every bootloader around once, most likely. */
#define LISTEN_TIME (1 * NORDFU_SECOND)
/* Bootloaders advertise some forty times a second. */
#define GLANCE_TIME (300 * NORDFU_MS)

#define OCTETS_FULL  251
#define OCTETS_LEAST 27

#define HCI_NOT_ESTABLISHED 0x3E

/* ATT errors of a peer that wants an encrypted link. */
static const uint32_t security_errors[] = {0x0105, 0x0108, 0x010C, 0x010F};

uint64_t update_now(const struct flow *f)
{
    return nordfu_central_now(f->central);
}

static const char *given_name(const struct flow *f)
{
    return f->name[0] != '\0' && f->named != BUTTONLESS_NAMELESS ? f->name : NULL;
}

static void find_what(struct flow *f, struct locate_wish *wish)
{
    if (f->jumped) {
        const struct locate_jump jump = {
            .application = f->application,
            .name = given_name(f),
            .sure = f->named == BUTTONLESS_NAMED,
            .bonded = f->bonded,
            .service_only = f->service_only,
            .before = &f->heard,
        };
        locate_jumped(wish, &jump);
    } else if (f->knows_bootloader) {
        const struct locate_return again = {
            .bootloader = &f->bootloader,
            .application = f->knows_application ? &f->application : NULL,
            .name = given_name(f),
            .service_only = f->service_only,
        };
        locate_again(wish, &again);
    } else {
        locate_first(wish, &f->options);
        wish->heard = &f->heard;
    }
}

static int find(struct flow *f, struct locate_found *found)
{
    struct locate_wish wish;
    find_what(f, &wish);
    sink_text(f->sink, update_now(f), NORDFU_EVENT_SCANNING, "Scanning for the %s.", wish.what);
    int rc = locate(f->central, &wish, f->scan_timeout, found, f->error);
    if (rc != 0)
        return rc;
    struct nordfu_event event = {.type = NORDFU_EVENT_FOUND,
                                 .time = update_now(f),
                                 .match = found->match,
                                 .address = found->address};
    snprintf(event.text, sizeof(event.text), "%s", found->name);
    plain_text(event.text);
    sink_event(f->sink, &event);
    f->result->match = found->match;
    return 0;
}

static bool ignore(void *context, const struct nordfu_advert *advert)
{
    (void)context;
    (void)advert;
    return false;
}

/* Without a link a central can wait only in a scan. */
static int delay(struct flow *f)
{
    if (f->options.connect_delay_ms == 0)
        return 0;
    uint64_t until = update_now(f) + f->options.connect_delay_ms * NORDFU_MS;
    int rc = nordfu_central_scan(f->central, ignore, NULL, until, f->error);
    return rc == NORDFU_ERR_TIMEOUT && !f->limit.over ? 0 : rc;
}

static struct nordfu_link bare_link(const struct nordfu_link *link)
{
    struct nordfu_link bare = *link;
    bare.characteristic_count = 0;
    memset(bare.characteristics, 0, sizeof(bare.characteristics));
    return bare;
}

/* A bonded bootloader has its application's address and does not hear other centrals at all. */
static bool may_be_whitelisted(const struct flow *f, const struct locate_found *found, int rc)
{
    bool unheard = rc == NORDFU_ERR_TIMEOUT ||
                   (rc == NORDFU_ERR_LINK && f->error->speaker == NORDFU_SPEAKER_HCI &&
                    f->error->detail == HCI_NOT_ESTABLISHED);
    return unheard && !f->limit.over && found->bootloader && !f->knows_bootloader &&
           (found->match == NORDFU_MATCH_ADDRESS || found->match == NORDFU_MATCH_NAME);
}

static int make_link(struct flow *f, const struct locate_found *found)
{
    struct nordfu_connect_wish wish = {
        .address = found->address,
        .mtu = f->mtu,
        .data_length = f->mtu > UPDATE_MTU_SMALL ? OCTETS_FULL : OCTETS_LEAST,
        .phy = f->options.phy,
        .interval_min = f->options.interval,
        .interval_max = f->options.interval,
    };
    int rc = update_choose_bond(f, &found->address, &wish.bond);
    if (rc != 0)
        return rc;
    rc = nordfu_central_connect(f->central, &wish, update_now(f) + CONNECT_TIMEOUT, f->error);
    if (rc == NORDFU_ERR_REFUSED && wish.bond != NULL) {
        update_give_bond_up(f);
        wish.bond = NULL;
        rc = nordfu_central_connect(f->central, &wish, update_now(f) + CONNECT_TIMEOUT, f->error);
    }
    /* With a bond it may be the radio: that is given up only at last. */
    bool last = wish.bond == NULL || f->result->reconnects >= f->options.attempts;
    if (last && may_be_whitelisted(f, found, rc))
        return update_explain_foreign_bond(f, &found->address);
    return rc;
}

static int connect_to(struct flow *f, const struct locate_found *found)
{
    int rc = delay(f);
    if (rc == 0)
        rc = make_link(f, found);
    if (rc != 0)
        return rc;
    const struct nordfu_link *link = nordfu_central_link(f->central);
    if (link == NULL)
        return nordfu_error_set(f->error, NORDFU_ERR_LINK, "The link was lost at once.");
    struct nordfu_event event = {.type = NORDFU_EVENT_CONNECTED,
                                 .time = update_now(f),
                                 .match = found->match,
                                 .address = found->address,
                                 .link = bare_link(link)};
    sink_event(f->sink, &event);
    return 0;
}

static void keep_link(struct flow *f)
{
    const struct nordfu_link *link = nordfu_central_link(f->central);
    if (link != NULL)
        f->result->link = bare_link(link);
}

/* The link is to a bootloader: remember which. */
static void arrive(struct flow *f, const struct locate_found *found)
{
    keep_link(f);
    if (!f->knows_application && locate_is_neighbour(found->match)) {
        f->application = f->options.address;
        f->knows_application = true;
    }
    f->bootloader = *found;
    f->knows_bootloader = true;
    f->jumped = false;
}

/*
 * Hears whose bootloader has one of the addresses that ours may get. Without a name nothing would
 * tell the two apart. With one it will be seen whether they have the same address.
 */
static int look_around(struct flow *f, const struct nordfu_address *address)
{
    bool named = f->named == BUTTONLESS_NAMED;
    int rc = locate_listen(f->central, address, named ? GLANCE_TIME : LISTEN_TIME, &f->heard,
                           &f->neighbour, f->error);
    /* A central that can't scan beside a link has to do without. */
    if (rc != 0 || named || f->neighbour.match == NORDFU_MATCH_NONE)
        return rc == NORDFU_ERR_DONGLE ? 0 : rc;
    char text[NORDFU_ADDRESS_TEXT];
    nordfu_address_format(&f->neighbour.address, text);
    return nordfu_error_set(f->error, NORDFU_ERR_NOT_FOUND,
                            "At %s, where the bootloader of the device would be looked for, there "
                            "is another device's bootloader already, and the device takes no name "
                            "that would tell the two apart: its application is left running. "
                            "Switch the other one off or update it first.",
                            text);
}

/* A link to an address that a neighbour's bootloader has as well may be to either of them. */
static int check_alone(struct flow *f, const struct locate_found *found)
{
    if (found->match != NORDFU_MATCH_GIVEN || f->neighbour.match == NORDFU_MATCH_NONE ||
        !nordfu_address_equal(&found->address, &f->neighbour.address))
        return 0;
    char text[NORDFU_ADDRESS_TEXT];
    nordfu_address_format(&found->address, text);
    return nordfu_error_set(f->error, NORDFU_ERR_NOT_FOUND,
                            "Two devices use the address %s: the bootloader of this one and that "
                            "of another, which was there before. Switch the other one off or "
                            "update it first.",
                            text);
}

/* Gives the bootloader a name to be known by, and hears who is around already. */
static int make_recognisable(struct flow *f, struct buttonless *b, enum buttonless_device device,
                             const struct nordfu_address *address)
{
    int rc = 0;
    f->named = BUTTONLESS_NAMELESS;
    f->bonded = device == BUTTONLESS_BONDED;
    if (f->bonded)
        return 0;
    if (device == BUTTONLESS_UNBONDED) {
        locate_make_name(f->name, address, update_now(f));
        rc = buttonless_name(b, f->name, &f->named, f->error);
    }
    return rc == 0 ? look_around(f, address) : rc;
}

static int start_bootloader(struct flow *f, enum buttonless_device device,
                            const struct nordfu_address *address)
{
    struct buttonless b;
    int rc = device == BUTTONLESS_BONDED ? update_have_bond(f) : 0;
    if (rc == 0)
        rc = buttonless_open(&b, f->central, f->sink, f->error);
    if (rc == 0)
        rc = make_recognisable(f, &b, device, address);
    if (rc != 0)
        return rc;
    rc = buttonless_jump(&b, f->error);
    if (rc != 0 && rc != NORDFU_ERR_TIMEOUT) /* one that did not answer may jump all the same */
        return rc;
    f->application = *address;
    f->knows_application = true;
    f->jumped = true;
    return rc;
}

/* An application that has the address of the bootloader, which may have been heard as well. */
static bool is_anothers(const struct flow *f, const struct locate_found *found)
{
    bool own = f->knows_application && nordfu_address_equal(&found->address, &f->application);
    bool given = found->match == NORDFU_MATCH_GIVEN && !own;
    bool usual = found->match == NORDFU_MATCH_NAME && found->bootloader && !own &&
                 locate_is_bootloaders(found->name);
    return locate_is_neighbour(found->match) || given || usual;
}

/* Where the bootloader should be, an application answers. */
static int meet_neighbour(struct flow *f, const struct locate_found *found)
{
    char address[NORDFU_ADDRESS_TEXT];
    nordfu_address_format(&found->address, address);
    bool found_before = f->jumped || f->knows_bootloader;
    if (found_before && f->met++ < f->options.attempts) {
        f->service_only = true;
        sink_text(f->sink, update_now(f), NORDFU_EVENT_NOTE,
                  "At %s there is a running application of another device, which is left alone.",
                  address);
        return nordfu_central_disconnect(f->central, update_now(f) + UPDATE_DISCONNECT_TIMEOUT,
                                         f->error);
    }
    return nordfu_error_set(f->error, NORDFU_ERR_NOT_FOUND,
                            "At %s, where the bootloader of the device would be, there is a "
                            "running application: this is another device and it is left alone.",
                            address);
}

/* A bootloader answered where an application advertises. */
static bool doubtful(const struct flow *f, const struct locate_found *found)
{
    return found->match == NORDFU_MATCH_ADDRESS && found->application && !f->alone;
}

/* Some bootloaders don't advertise the DFU service; or it is a neighbour's. */
static int see_who_answers(struct flow *f, const struct locate_found *found)
{
    bool shared = false;
    int rc =
        nordfu_central_disconnect(f->central, update_now(f) + UPDATE_DISCONNECT_TIMEOUT, f->error);
    if (rc == 0)
        rc = locate_shared(f->central, &found->address, &shared, f->error);
    if (rc != 0)
        return rc;
    f->alone = !shared;
    if (f->alone)
        return 0;
    char text[NORDFU_ADDRESS_TEXT];
    nordfu_address_format(&found->address, text);
    return nordfu_error_set(f->error, NORDFU_ERR_NOT_FOUND,
                            "Two devices use the address %s, one with an application and one in "
                            "its bootloader, most likely a neighbour whose own address is one "
                            "lower: switch that one off or update it first.",
                            text);
}

int update_reach(struct flow *f, struct locate_found *found, enum buttonless_device *device)
{
    for (;;) {
        int rc = find(f, found);
        if (rc == 0)
            rc = check_alone(f, found);
        if (rc == 0)
            rc = connect_to(f, found);
        if (rc == 0)
            rc = buttonless_look(f->central, device, f->error);
        if (rc != 0)
            return rc;
        bool bootloader = *device == BUTTONLESS_BOOTLOADER;
        if (bootloader && doubtful(f, found))
            rc = see_who_answers(f, found);
        else if (!bootloader && is_anothers(f, found))
            rc = meet_neighbour(f, found);
        else
            break;
        if (rc != 0)
            return rc;
    }
    if (*device == BUTTONLESS_BOOTLOADER)
        arrive(f, found);
    else if (f->options.dry_run)
        keep_link(f);
    return 0;
}

/* The link is to an application: it must start its bootloader, which is another device as far as
 * the air is concerned. */
static int jump(struct flow *f, const struct locate_found *found, enum buttonless_device device)
{
    char text[NORDFU_ADDRESS_TEXT];
    nordfu_address_format(&found->address, text);
    if (f->jumps++ >= f->options.attempts)
        return nordfu_error_set(f->error, NORDFU_ERR_NOT_FOUND,
                                "The device %s was told %" PRIu32 " time%s to start its bootloader "
                                "and always came back with its application; is there a bootloader "
                                "that fits it?",
                                text, f->jumps - 1, f->jumps == 2 ? "" : "s");
    if (f->session.unanswered && !f->doubted)
        sink_text(f->sink, update_now(f), NORDFU_EVENT_NOTE,
                  "The device runs an application again and may have taken the update, but its "
                  "answer to the final Execute got lost: the update is repeated to be sure.");
    return start_bootloader(f, device, &found->address);
}

int update_reach_bootloader(struct flow *f)
{
    for (;;) {
        struct locate_found found;
        enum buttonless_device device;
        int rc = update_reach(f, &found, &device);
        if (rc != 0 || device == BUTTONLESS_BOOTLOADER)
            return rc;
        rc = jump(f, &found, device);
        if (rc != 0)
            return rc;
    }
}

static bool wants_security(const struct nordfu_error *error)
{
    for (size_t i = 0; i < sizeof(security_errors) / sizeof(security_errors[0]); i++) {
        if (error->speaker == NORDFU_SPEAKER_GATT && error->detail == security_errors[i])
            return true;
    }
    return false;
}

int update_open_pipe(struct flow *f, struct pipe_ble *ble)
{
    int rc = pipe_ble_init(ble, f->central, update_now(f) + UPDATE_SUBSCRIBE_TIMEOUT, f->error);
    if (rc == NORDFU_ERR_REFUSED && wants_security(f->error))
        rc = update_explain_foreign_bond(f, &f->bootloader.address);
    return rc;
}
