/* SPDX-License-Identifier: MIT */
#include "dfu/update.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dfu/op.h"
#include "dfu/update_flow.h"

#define LEAVE_TIMEOUT                                                                              \
    (15 * NORDFU_SECOND) /* a device that just resets is missed after its supervision timeout */
#define NEXT_IMAGE_TIMEOUT                                                                         \
    (60 * NORDFU_SECOND) /* a new SoftDevice or bootloader is copied to its place first */
/* Two pages of settings are erased and written, 85 ms and some. */
#define SAVING_TIME            (180 * NORDFU_MS)
#define PHY_2M                 2
#define HCI_CONNECTION_TIMEOUT 0x08

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
    if (o.phy == 0)
        o.phy = PHY_2M;
    return o;
}

static void keep_results(struct flow *f)
{
    const struct secure_session *s = &f->session;
    f->result->bytes = s->bytes;
    f->result->resumed = s->resumed;
    f->result->retries = s->retries;
    f->result->transfer_time = s->ended > s->began ? s->ended - s->began : 0;
}

static int transfer(struct flow *f)
{
    struct pipe_ble ble;
    int rc = update_reach_bootloader(f);
    if (rc == 0)
        rc = update_open_pipe(f, &ble);
    if (rc == 0)
        rc = secure_transfer(&f->session, &ble.pipe, f->image, f->error);
    keep_results(f);
    return rc;
}

/* Bytes of the present image that the device has. */
static uint32_t arrived(const struct flow *f)
{
    const struct secure_session *s = &f->session;
    return s->met ? s->found + s->bytes - s->earlier : 0;
}

/* As much of a sentence as fits, cut between words. */
static void abridge(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);
    size_t kept = length < size ? length : size - sizeof(" ...");
    memcpy(out, text, kept);
    out[kept] = '\0';
    if (kept == length)
        return;
    char *space = strrchr(out, ' ');
    snprintf(space != NULL ? space : out, sizeof(" ..."), " ...");
}

/* After the first lost link a device that can't be found is a link that can't be mended. */
static int lost_for_good(struct flow *f)
{
    char why[280];
    abridge(why, f->session.unanswered ? 140 : sizeof(why), f->error->text);
    if (f->session.unanswered)
        return nordfu_error_set(
            f->error, NORDFU_ERR_LINK,
            "%s The device had the whole update%s, so it may run the new "
            "version already: see which one it runs. It was not reached again: "
            "%s",
            f->lost, f->doubted ? "" : " and only its answer to the final Execute is missing", why);
    return nordfu_error_set(f->error, NORDFU_ERR_LINK, "%s The device was not found again: %s",
                            f->lost, why);
}

/* Whether another link may help; prepares for it. */
static bool may_mend(struct flow *f, int rc)
{
    bool garbled = rc == NORDFU_ERR_TRANSFER && f->mtu > UPDATE_MTU_SMALL;
    bool lost = rc == NORDFU_ERR_LINK || rc == NORDFU_ERR_TIMEOUT;
    if (f->limit.over || (!garbled && !lost) || f->result->reconnects >= f->options.attempts)
        return false;
    f->result->reconnects++;
    /* Some devices fail with long packets only. */
    if (garbled || f->result->reconnects == f->options.attempts)
        f->mtu = UPDATE_MTU_SMALL;
    return true;
}

/* Ends what is left of the link and says why. A failure of that does not hide what came before. */
static int prepare_again(struct flow *f)
{
    abridge(f->lost, sizeof(f->lost), f->error->text);
    sink_text(f->sink, update_now(f), NORDFU_EVENT_RETRY,
              "%s Connecting again (%" PRIu32 " of %" PRIu32 ")%s.", f->lost, f->result->reconnects,
              f->options.attempts, f->mtu == UPDATE_MTU_SMALL ? " with MTU 23" : "");
    int rc =
        nordfu_central_disconnect(f->central, update_now(f) + UPDATE_DISCONNECT_TIMEOUT, f->error);
    if (rc == 0 || rc == NORDFU_ERR_CANCELLED)
        return rc;
    return nordfu_error_from(f->error, rc, f->error->speaker, f->error->detail,
                             "%s Then the link could not be ended: %.280s", f->lost,
                             f->error->text);
}

/*
 * The last answer comes before the bootloader has saved what it is to start, and then it ends its
 * link (dfu-protocol D.5). One whose radio fell silent earlier than that takes lost its power, most
 * likely, and has forgotten the update. A lost link shows when its supervision timeout is over.
 */
static bool died_early(const struct flow *f, uint64_t supervision)
{
    return f->error->speaker == NORDFU_SPEAKER_HCI && f->error->detail == HCI_CONNECTION_TIMEOUT &&
           supervision != 0 && update_now(f) < f->session.ended + SAVING_TIME + supervision;
}

/* The device resets into what it was given, and its link goes down with it. */
static int await_leaving(struct flow *f, bool *early)
{
    const struct nordfu_link *link = nordfu_central_link(f->central);
    uint64_t supervision = link != NULL ? link->supervision_timeout * 10 * NORDFU_MS : 0;
    int rc = nordfu_central_wait(f->central, update_now(f) + LEAVE_TIMEOUT, f->error);
    *early = rc == NORDFU_ERR_LINK && died_early(f, supervision);
    if (rc == NORDFU_ERR_LINK)
        return 0;
    if (rc != 0)
        return rc;
    return nordfu_error_set(f->error, NORDFU_ERR_TIMEOUT,
                            "The device accepted the whole update but did not leave its bootloader "
                            "within %d s; reset it and see which version it runs.",
                            (int)(LEAVE_TIMEOUT / NORDFU_SECOND));
}

/* The bootloader itself said no, not its radio or the application. */
static bool is_verdict(const struct nordfu_error *error)
{
    return error->speaker != NORDFU_SPEAKER_GATT && error->speaker != NORDFU_SPEAKER_SMP &&
           error->speaker != NORDFU_SPEAKER_HCI && error->speaker != NORDFU_SPEAKER_BUTTONLESS;
}

/* What a refusal leaves (dfu-protocol D.5). */
static void tell_where_it_stays(const struct flow *f)
{
    if (!f->knows_bootloader || !is_verdict(f->error) || f->options.dry_run)
        return;
    const char *early =
        "The device stays in its bootloader, ready for the right package; without "
        "one it starts its application again after about two minutes (before SDK 14 "
        "only when it is reset), if it still has one.";
    const char *late = "The device restarts: it runs its application again, or waits in its "
                       "bootloader for the right package where the new image had to overwrite it.";
    sink_text(f->sink, update_now(f), NORDFU_EVENT_NOTE, "%s", f->session.rejected ? late : early);
}

/* The reason alone does not say how hard it was tried. */
static int give_up(struct flow *f, int rc)
{
    bool worn = rc == NORDFU_ERR_LINK || rc == NORDFU_ERR_TIMEOUT || rc == NORDFU_ERR_TRANSFER;
    const struct nordfu_update_result *r = f->result;
    if (!worn || r->reconnects + r->retries == 0)
        return rc;
    char why[512];
    abridge(why, sizeof(why), f->error->text);
    return nordfu_error_from(f->error, rc, f->error->speaker, f->error->detail,
                             "%s (Given up; reconnections: %" PRIu32 ", pieces sent again: %" PRIu32
                             ", confirmed by the device: %" PRIu32 " of %zu bytes.)",
                             why, r->reconnects, r->retries, arrived(f), f->image->firmware_size);
}

/* Does `step` over new links until it succeeds or no link helps any more. */
static int persist(struct flow *f, int (*step)(struct flow *f))
{
    for (;;) {
        int rc = step(f);
        if (rc == 0 || f->limit.over)
            return rc;
        bool barred =
            rc == NORDFU_ERR_UNSUPPORTED || (rc == NORDFU_ERR_REFUSED && !is_verdict(f->error));
        bool gone = rc == NORDFU_ERR_NOT_FOUND || (barred && f->session.unanswered);
        if (gone && f->lost[0] != '\0')
            return give_up(f, lost_for_good(f));
        if (rc == NORDFU_ERR_REFUSED && update_reason_to_go_on(f) == NULL)
            tell_where_it_stays(f);
        if (!may_mend(f, rc))
            return give_up(f, rc);
        rc = prepare_again(f);
        if (rc != 0)
            return rc;
    }
}

/* Places in the order of transfer; what is not known goes last. */
static unsigned place(const struct nordfu_image *image)
{
    static const unsigned places[] = {
        [NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER] = 0,
        [NORDFU_IMAGE_SOFTDEVICE] = 1,
        [NORDFU_IMAGE_BOOTLOADER] = 2,
        [NORDFU_IMAGE_APPLICATION] = 3,
        [NORDFU_IMAGE_EXTERNAL_APPLICATION] = 4,
    };
    unsigned type = (unsigned)image->init.type;
    return type < sizeof(places) / sizeof(places[0]) ? places[type] : 5;
}

size_t update_next(const struct nordfu_image *const *images, size_t count, size_t last)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        bool later = last >= count || place(images[i]) > place(images[last]) ||
                     (place(images[i]) == place(images[last]) && i > last);
        if (later && (best == count || place(images[i]) < place(images[best])))
            best = i;
    }
    return best;
}

/*
 * A bootloader is not replaced by one of the same version, and a SoftDevice package may be made for
 * the older SoftDevice only. So one that was sent in part before may go on with its next image.
 */
static const char *reason_to_go_on(const struct nordfu_error *error)
{
    if (error->speaker != NORDFU_SPEAKER_DFU_EXTENDED)
        return NULL;
    if (error->detail == OP_EXTENDED_VERSION || error->detail == OP_EXTENDED_PRESENT)
        return "not newer than its own";
    return error->detail == OP_EXTENDED_SOFTDEVICE ? "made for another SoftDevice" : NULL;
}

const char *update_reason_to_go_on(const struct flow *f)
{
    enum nordfu_image_type type = f->image->init.type;
    bool system = type == NORDFU_IMAGE_BOOTLOADER || type == NORDFU_IMAGE_SOFTDEVICE ||
                  type == NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER;
    return f->more && system ? reason_to_go_on(f->error) : NULL;
}

/* The bootloader forgets about it with the next init packet. */
static int skip_image(struct flow *f)
{
    sink_text(f->sink, update_now(f), NORDFU_EVENT_NOTE,
              "The device refuses the %s as %s. It may have this part of the package from an "
              "earlier update: this one goes on with the next part.",
              nordfu_image_type_name(f->image->init.type), update_reason_to_go_on(f));
    f->skipped = *f->error;
    return nordfu_central_disconnect(f->central, update_now(f) + UPDATE_DISCONNECT_TIMEOUT,
                                     f->error);
}

/* If the next part wants another SoftDevice as well, the first one was not there already. */
static bool was_skipped_in_vain(const struct flow *f)
{
    return f->skipped.code != 0 && f->skipped.detail == OP_EXTENDED_SOFTDEVICE &&
           f->error->speaker == NORDFU_SPEAKER_DFU_EXTENDED &&
           f->error->detail == OP_EXTENDED_SOFTDEVICE;
}

/* Once more, to be sure; if the device does the same again, it is its way to restart. */
static void doubt(struct flow *f)
{
    snprintf(f->lost, sizeof(f->lost),
             "The device fell silent right after its last answer and may have lost the update.");
    sink_text(f->sink, update_now(f), NORDFU_EVENT_RETRY, "%s It is repeated to be sure.", f->lost);
    f->scan_timeout = NEXT_IMAGE_TIMEOUT;
    f->result->reconnects++;
    f->doubted = f->session.unanswered = true;
    f->session.ended = 0;
}

static int transfer_and_leave(struct flow *f)
{
    bool early = false;
    for (int times = 0; times < 2; times++) {
        int rc = persist(f, transfer);
        if (rc == 0)
            rc = await_leaving(f, &early);
        if (rc != 0 || !early)
            return rc;
        if (times == 0)
            doubt(f);
    }
    sink_text(f->sink, update_now(f), NORDFU_EVENT_NOTE,
              "The device fell silent after its last answer each time, instead of ending its link: "
              "see that it runs the new version.");
    return 0;
}

static int update_image(struct flow *f)
{
    secure_session_next_image(&f->session);
    f->jumps = 0;
    f->doubted = false;
    f->lost[0] = '\0';
    int rc = transfer_and_leave(f);
    if (rc == NORDFU_ERR_REFUSED && update_reason_to_go_on(f) != NULL)
        return skip_image(f);
    if (rc == NORDFU_ERR_REFUSED && was_skipped_in_vain(f))
        *f->error = f->skipped;
    if (rc == 0)
        f->scan_timeout = NEXT_IMAGE_TIMEOUT;
    return rc;
}

static int update_images(struct flow *f, const struct nordfu_image *const *images, size_t count)
{
    size_t next;
    int rc = 0;
    for (size_t i = update_next(images, count, count); rc == 0 && i < count; i = next) {
        next = update_next(images, count, i);
        f->image = images[i];
        f->more = next < count;
        rc = update_image(f);
    }
    if (rc == 0)
        sink_text(f->sink, update_now(f), NORDFU_EVENT_DONE, "The device left its bootloader.");
    return rc;
}

static int plan(struct flow *f, const struct nordfu_image *const *images, size_t count)
{
    size_t first = update_next(images, count, count);
    if (first == count)
        return 0;
    f->image = images[first];
    f->more = count > 1;
    update_plan_images(f, images, count);
    return persist(f, update_plan);
}

/* What was reached when the time was over. */
static int out_of_time(struct flow *f)
{
    char reached[120];
    if (f->options.dry_run)
        return nordfu_error_set(f->error, NORDFU_ERR_TIMEOUT,
                                "The dry run was not done in the time that it was given; none of "
                                "the firmware was sent.");
    if (f->session.unanswered || f->session.ended != 0)
        snprintf(reached, sizeof(reached),
                 "the device had all of the %s and was about to activate it",
                 nordfu_image_type_name(f->image->init.type));
    else if (f->session.met)
        snprintf(reached, sizeof(reached), "%" PRIu32 " of %zu bytes of the %s are on the device",
                 arrived(f), f->image->firmware_size, nordfu_image_type_name(f->image->init.type));
    else
        snprintf(reached, sizeof(reached), "%s",
                 f->knows_bootloader ? "the device waits in its bootloader"
                                     : "the device's bootloader was not reached");
    return nordfu_error_set(f->error, NORDFU_ERR_TIMEOUT,
                            "The update was not done in the time that it was given: %s. The same "
                            "command%s goes on from there.",
                            reached, f->options.no_resume ? " without --no-resume" : "");
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
    if (f.options.timeout_ms != 0) {
        limit_init(&f.limit, central, f.options.timeout_ms * NORDFU_MS);
        f.central = &f.limit.central;
    }
    secure_session_init(&f.session, sink);
    f.session.prn = f.options.prn;
    f.session.no_resume = f.options.no_resume;
    int rc = f.options.dry_run ? plan(&f, images, count) : update_images(&f, images, count);
    update_forget_bond(&f);
    if (rc == NORDFU_ERR_TIMEOUT && f.limit.over)
        rc = out_of_time(&f);
    if (rc == 0)
        *f.error = (struct nordfu_error){0}; /* of what was mended */
    return rc;
}
