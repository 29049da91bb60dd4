/* SPDX-License-Identifier: MIT */
#include "dfu/update.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/plain.h"
#include "dfu/buttonless.h"
#include "dfu/locate.h"
#include "dfu/pipe_ble.h"
#include "dfu/secure.h"
#include "nordfu/port.h"

#define CONNECT_TIMEOUT    (20 * NORDFU_SECOND) /* link, MTU, data length, PHY, discovery */
#define SUBSCRIBE_TIMEOUT  (5 * NORDFU_SECOND)
#define DISCONNECT_TIMEOUT (5 * NORDFU_SECOND)
#define LEAVE_TIMEOUT                                                                              \
    (15 * NORDFU_SECOND) /* a device that just resets is missed after its supervision timeout */
#define NEXT_IMAGE_TIMEOUT                                                                         \
    (60 * NORDFU_SECOND) /* a new SoftDevice or bootloader is copied to its place first */

#define MTU_SMALL    23
#define OCTETS_FULL  251
#define OCTETS_LEAST 27
#define PHY_2M       2

struct flow {
    struct nordfu_central *central;
    struct nordfu_update_options options;
    const struct sink *sink;
    struct nordfu_update_result *result;
    struct nordfu_error *error;
    struct secure_session session;
    uint64_t scan_timeout; /* µs */
    uint16_t mtu;          /* to ask for */
    uint32_t jumps;
    bool jumped; /* the application was told to start its bootloader, which is not found yet */
    bool knows_application, knows_bootloader;
    bool alone; /* nobody else uses the address that was asked for */
    struct nordfu_address application;
    struct locate_found bootloader;
    char lost[176]; /* why the last link ended; a long sentence is cut */
};

struct nordfu_update_options update_defaults(const struct nordfu_update_options *options)
{
    struct nordfu_update_options o = {0};
    if (options != NULL)
        o = *options;
    o.name[sizeof(o.name) - 1] = '\0';
    if (o.mtu == 0)
        o.mtu = 247;
    if (o.scan_timeout_ms == 0)
        o.scan_timeout_ms = 10000;
    if (o.attempts == 0)
        o.attempts = 3;
    return o;
}

static uint64_t now(const struct flow *f)
{
    return nordfu_central_now(f->central);
}

static void find_what(const struct flow *f, struct locate_wish *wish)
{
    if (f->jumped)
        locate_jumped(wish, &f->application);
    else if (f->knows_bootloader)
        locate_again(wish, &f->bootloader, f->knows_application ? &f->application : NULL);
    else
        locate_first(wish, &f->options);
}

static int find(struct flow *f, struct locate_found *found)
{
    struct locate_wish wish;
    find_what(f, &wish);
    sink_text(f->sink, now(f), NORDFU_EVENT_SCANNING, "Scanning for the %s.", wish.what);
    int rc = locate(f->central, &wish, f->scan_timeout, found, f->error);
    if (rc != 0)
        return rc;
    struct nordfu_event event = {.type = NORDFU_EVENT_FOUND,
                                 .time = now(f),
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
    uint64_t until = now(f) + f->options.connect_delay_ms * NORDFU_MS;
    int rc = nordfu_central_scan(f->central, ignore, NULL, until, f->error);
    return rc == NORDFU_ERR_TIMEOUT ? 0 : rc;
}

static struct nordfu_link bare_link(const struct nordfu_link *link)
{
    struct nordfu_link bare = *link;
    bare.characteristic_count = 0;
    memset(bare.characteristics, 0, sizeof(bare.characteristics));
    return bare;
}

static int connect_to(struct flow *f, const struct locate_found *found)
{
    struct nordfu_connect_wish wish = {
        .address = found->address,
        .mtu = f->mtu,
        .data_length = f->mtu > MTU_SMALL ? OCTETS_FULL : OCTETS_LEAST,
        .phy = PHY_2M,
    };
    int rc = delay(f);
    if (rc == 0)
        rc = nordfu_central_connect(f->central, &wish, now(f) + CONNECT_TIMEOUT, f->error);
    if (rc != 0)
        return rc;
    const struct nordfu_link *link = nordfu_central_link(f->central);
    if (link == NULL)
        return nordfu_error_set(f->error, NORDFU_ERR_LINK, "The link was lost at once.");
    struct nordfu_event event = {.type = NORDFU_EVENT_CONNECTED,
                                 .time = now(f),
                                 .match = found->match,
                                 .address = found->address,
                                 .link = bare_link(link)};
    sink_event(f->sink, &event);
    return 0;
}

/* The link is to a bootloader: remember which. */
static void arrive(struct flow *f, const struct locate_found *found)
{
    const struct nordfu_link *link = nordfu_central_link(f->central);
    if (link != NULL)
        f->result->link = bare_link(link);
    if (!f->knows_application && found->match == NORDFU_MATCH_PLUS_ONE) {
        f->application = f->options.address;
        f->knows_application = true;
    }
    f->bootloader = *found;
    f->knows_bootloader = true;
    f->jumped = false;
}

/* The link is to an application: it must start its bootloader, which is another device as far as
 * the air is concerned. */
static int jump(struct flow *f, const struct locate_found *found)
{
    char text[NORDFU_ADDRESS_TEXT];
    nordfu_address_format(&found->address, text);
    if (found->match == NORDFU_MATCH_PLUS_ONE)
        return nordfu_error_set(f->error, NORDFU_ERR_NOT_FOUND,
                                "At %s, where the bootloader of the device would be, there is a "
                                "running application: this is another device and it is left alone.",
                                text);
    if (f->jumps++ >= f->options.attempts)
        return nordfu_error_set(f->error, NORDFU_ERR_NOT_FOUND,
                                "The device %s was told %" PRIu32 " time%s to start its bootloader "
                                "and always came back with its application; is there a bootloader "
                                "that fits it?",
                                text, f->jumps - 1, f->jumps == 2 ? "" : "s");
    if (f->session.unanswered)
        sink_text(f->sink, now(f), NORDFU_EVENT_NOTE,
                  "The device runs an application again and may have taken the update, but its "
                  "answer to the final Execute got lost: the update is repeated to be sure.");
    int rc = buttonless_jump(f->central, f->sink, f->error);
    if (rc != 0 && rc != NORDFU_ERR_TIMEOUT) /* one that did not answer may jump all the same */
        return rc;
    f->application = found->address;
    f->knows_application = true;
    f->jumped = true;
    return rc;
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
    int rc = nordfu_central_disconnect(f->central, now(f) + DISCONNECT_TIMEOUT, f->error);
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

/* Returns with a link to the device's bootloader. */
static int reach_bootloader(struct flow *f)
{
    bool arrived = false;
    int rc = 0;
    while (rc == 0 && !arrived) {
        struct locate_found found;
        enum buttonless_device device;
        rc = find(f, &found);
        if (rc == 0)
            rc = connect_to(f, &found);
        if (rc == 0)
            rc = buttonless_look(f->central, &device, f->error);
        if (rc != 0)
            return rc;
        arrived = device == BUTTONLESS_BOOTLOADER && !doubtful(f, &found);
        if (arrived)
            arrive(f, &found);
        else if (device == BUTTONLESS_BOOTLOADER)
            rc = see_who_answers(f, &found);
        else
            rc = jump(f, &found);
    }
    return rc;
}

static void keep_results(struct flow *f)
{
    const struct secure_session *s = &f->session;
    f->result->bytes = s->bytes;
    f->result->resumed = s->resumed;
    f->result->retries = s->retries;
    f->result->transfer_time = s->ended > s->began ? s->ended - s->began : 0;
}

static int transfer(struct flow *f, const struct nordfu_image *image)
{
    struct pipe_ble ble;
    int rc = reach_bootloader(f);
    if (rc == 0)
        rc = pipe_ble_init(&ble, f->central, now(f) + SUBSCRIBE_TIMEOUT, f->error);
    if (rc == 0)
        rc = secure_transfer(&f->session, &ble.pipe, image, f->error);
    keep_results(f);
    return rc;
}

/* After the first lost link a device that can't be found is a link that can't be mended. */
static int lost_for_good(struct flow *f)
{
    if (f->session.unanswered)
        return nordfu_error_set(f->error, NORDFU_ERR_LINK,
                                "%s The device had the whole update and only its answer to the "
                                "final Execute is missing, so it may run the new version already: "
                                "see which one it runs. It was not reached again: %.180s",
                                f->lost, f->error->text);
    return nordfu_error_set(f->error, NORDFU_ERR_LINK, "%s The device was not found again: %.280s",
                            f->lost, f->error->text);
}

/* Whether another link may help; prepares for it. */
static bool may_mend(struct flow *f, int rc)
{
    bool garbled = rc == NORDFU_ERR_TRANSFER && f->mtu > MTU_SMALL;
    bool lost = rc == NORDFU_ERR_LINK || rc == NORDFU_ERR_TIMEOUT;
    if ((!garbled && !lost) || f->result->reconnects >= f->options.attempts)
        return false;
    f->result->reconnects++;
    /* Some devices fail with long packets only. */
    if (garbled || f->result->reconnects == f->options.attempts)
        f->mtu = MTU_SMALL;
    return true;
}

/* Ends what is left of the link and says why. A failure of that does not hide what came before. */
static int prepare_again(struct flow *f)
{
    bool cut = strlen(f->error->text) >= sizeof(f->lost);
    snprintf(f->lost, sizeof(f->lost), "%.170s%s", f->error->text, cut ? " ..." : "");
    sink_text(f->sink, now(f), NORDFU_EVENT_RETRY,
              "%s Connecting again (%" PRIu32 " of %" PRIu32 ")%s.", f->lost, f->result->reconnects,
              f->options.attempts, f->mtu == MTU_SMALL ? " with MTU 23" : "");
    int rc = nordfu_central_disconnect(f->central, now(f) + DISCONNECT_TIMEOUT, f->error);
    if (rc == 0 || rc == NORDFU_ERR_CANCELLED)
        return rc;
    return nordfu_error_from(f->error, rc, f->error->speaker, f->error->detail,
                             "%s Then the link could not be ended: %.280s", f->lost,
                             f->error->text);
}

/* The device resets into what it was given, and its link goes down with it. */
static int await_leaving(struct flow *f)
{
    int rc = nordfu_central_wait(f->central, now(f) + LEAVE_TIMEOUT, f->error);
    if (rc == NORDFU_ERR_LINK)
        return 0;
    if (rc != 0)
        return rc;
    return nordfu_error_set(f->error, NORDFU_ERR_TIMEOUT,
                            "The device accepted the whole update but did not leave its bootloader "
                            "within %d s; reset it and see which version it runs.",
                            (int)(LEAVE_TIMEOUT / NORDFU_SECOND));
}

/* What a refusal leaves (dfu-protocol D.5). */
static void tell_where_it_stays(const struct flow *f)
{
    const char *early = "The device stays in its bootloader, ready for the right package; without "
                        "one it starts its application again after about two minutes, if it still "
                        "has one.";
    const char *late = "The device restarts: it runs its application again, or waits in its "
                       "bootloader for the right package where the new image had to overwrite it.";
    sink_text(f->sink, now(f), NORDFU_EVENT_NOTE, "%s", f->session.rejected ? late : early);
}

static int update_image(struct flow *f, const struct nordfu_image *image)
{
    for (;;) {
        int rc = transfer(f, image);
        if (rc == 0)
            return await_leaving(f);
        bool gone =
            rc == NORDFU_ERR_NOT_FOUND || (rc == NORDFU_ERR_UNSUPPORTED && f->session.unanswered);
        if (gone && f->lost[0] != '\0')
            return lost_for_good(f);
        if (rc == NORDFU_ERR_REFUSED && f->knows_bootloader)
            tell_where_it_stays(f);
        if (!may_mend(f, rc))
            return rc;
        rc = prepare_again(f);
        if (rc != 0)
            return rc;
    }
}

int update_run(struct nordfu_central *central, const struct nordfu_image *const *images,
               size_t count, const struct nordfu_update_options *options, const struct sink *sink,
               struct nordfu_update_result *result, struct nordfu_error *error)
{
    struct nordfu_error own;
    struct flow f = {
        .central = central,
        .options = update_defaults(options),
        .sink = sink,
        .result = result,
        .error = error != NULL ? error : &own,
    };
    f.mtu = f.options.mtu;
    f.scan_timeout = f.options.scan_timeout_ms * NORDFU_MS;
    secure_session_init(&f.session, sink);
    for (size_t i = 0; i < count; i++) {
        secure_session_next_image(&f.session);
        int rc = update_image(&f, images[i]);
        if (rc != 0)
            return rc;
        f.lost[0] = '\0';
        f.scan_timeout = NEXT_IMAGE_TIMEOUT;
    }
    sink_text(sink, now(&f), NORDFU_EVENT_DONE, "The device left its bootloader.");
    *f.error = (struct nordfu_error){0}; /* of what was mended */
    return 0;
}
