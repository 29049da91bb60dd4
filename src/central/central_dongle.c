/* SPDX-License-Identifier: MIT
 * A BLE central on a connectivity dongle: the interface. See central_dongle.h for the other parts.
 */
#include "central/central_dongle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "central/advert.h"
#include "dongle/rpc_names.h"

/*
 * Write commands in flight unless the caller wants another number. One connection event of 30 ms,
 * the longest interval asked for, carries twelve packets of 244 bytes; sixteen keep it full while
 * the next are on the serial line, and cost the dongle 4 KiB.
 */
#define WRITE_QUEUE 16
/* 7.5 ms: enough for 251-byte packets (connectivity-wire 11.2). Events run on beyond it while there
 * is data, see extend_events. */
#define EVENT_LENGTH 6
#define BUSY_TIME    50000u /* µs until BUSY is worth another try even if no event came */
/* x 0.625 ms. The window fills the interval: the radio listens all the time. */
#define SCAN_INTERVAL 160
#define SCAN_RESERVE  (2 * NORDFU_SECOND) /* by which the dongle's own limit is late */

static struct central_dongle *self_of(struct nordfu_central *self)
{
    return (struct central_dongle *)self;
}

/* ---- What the parts share ---- */

struct central_text central_dongle_peer_text(const struct central_dongle *c)
{
    struct central_text t;
    nordfu_address_format(&c->link.address, t.text);
    return t;
}

void central_dongle_note(struct central_dongle *c, const char *format, ...)
{
    char sentence[256];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    nordfu_log(c->log, NORDFU_LOG_INFO, "%s", sentence);
    if (c->note != NULL)
        c->note(c->note_context, sentence);
}

int central_dongle_check(const struct central_dongle *c, struct nordfu_error *error)
{
    if (c->state == CENTRAL_LINK_NONE)
        return nordfu_error_set(error, NORDFU_ERR_LINK, "There is no link to a device.");
    if (c->state == CENTRAL_LINK_LOST)
        return nordfu_error_from(error, NORDFU_ERR_LINK, NORDFU_SPEAKER_HCI, c->reason,
                                 "The link to %s was lost: %s (HCI 0x%02X).",
                                 central_dongle_peer_text(c).text, rpc_hci_text(c->reason),
                                 c->reason);
    if (c->att_timed_out)
        return nordfu_error_set(error, NORDFU_ERR_LINK,
                                "The device %s left an ATT request unanswered for 30 s; the link "
                                "is of no more use.",
                                central_dongle_peer_text(c).text);
    return 0;
}

int central_dongle_await_change(struct central_dongle *c, const uint32_t *counter, uint32_t before,
                                uint64_t deadline, struct nordfu_error *error)
{
    while (*counter == before) {
        int rc = central_dongle_check(c, error);
        if (rc != 0)
            return rc;
        if (dongle_now(c->dongle) >= deadline)
            return nordfu_error_set(error, NORDFU_ERR_TIMEOUT,
                                    "Nothing came from %s before the deadline.",
                                    central_dongle_peer_text(c).text);
        rc = dongle_turn(c->dongle, deadline, error);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int central_dongle_refused(const struct central_dongle *c, const char *what, uint32_t status,
                           struct nordfu_error *error)
{
    return nordfu_error_from(error, NORDFU_ERR_LINK, NORDFU_SPEAKER_SOFTDEVICE, status,
                             "The dongle refused to %s %s: %s (0x%02X).", what,
                             central_dongle_peer_text(c).text,
                             rpc_status_name(dongle_api(c->dongle), status), (unsigned)status);
}

/* The SoftDevice says that the link is gone: its event will say why. */
static int link_gone(struct central_dongle *c, struct nordfu_error *error)
{
    uint32_t never = 0;
    int rc =
        central_dongle_await_change(c, &never, 0, dongle_now(c->dongle) + CENTRAL_GONE_TIME, error);
    if (rc != NORDFU_ERR_TIMEOUT)
        return rc;
    return central_dongle_refused(c, "use the link to", CENTRAL_STATUS_INVALID_CONN_HANDLE, error);
}

int central_dongle_call(struct central_dongle *c, enum rpc_command command, const void *params,
                        uint32_t *status, uint64_t deadline, struct nordfu_error *error)
{
    for (;;) {
        uint32_t events = c->events;
        int rc = central_dongle_check(c, error);
        /* What waits now answers something older. */
        dongle_drop_events(c->dongle);
        if (rc == 0)
            rc = dongle_call(c->dongle, command, params, status, NULL, deadline, error);
        if (rc != 0)
            return rc;
        if (*status == CENTRAL_STATUS_INVALID_CONN_HANDLE)
            return link_gone(c, error);
        uint64_t now = dongle_now(c->dongle);
        if (*status != CENTRAL_STATUS_BUSY || now >= deadline)
            return 0;
        uint64_t pause = now + BUSY_TIME < deadline ? now + BUSY_TIME : deadline;
        rc = central_dongle_await_change(c, &c->events, events, pause, error);
        if (rc != 0 && rc != NORDFU_ERR_TIMEOUT)
            return rc;
    }
}

int central_dongle_await(struct central_dongle *c, enum rpc_event id, struct dongle_event *event,
                         uint64_t deadline, struct nordfu_error *error)
{
    for (;;) {
        while (dongle_take_event(c->dongle, event)) {
            if (event->id == id)
                return 0;
        }
        uint32_t events = c->events;
        int rc = central_dongle_await_change(c, &c->events, events, deadline, error);
        if (rc != 0)
            return rc;
    }
}

/* ---- Scanning ---- */

static void fill_advert(struct nordfu_advert *advert, const struct rpc_event_gap_adv_report *report)
{
    *advert = (struct nordfu_advert){.address.type = report->peer.type,
                                     .rssi = report->rssi,
                                     .scan_response = report->scan_rsp != 0,
                                     /* A scan response tells nothing about it. */
                                     .connectable = report->scan_rsp != 0 || report->adv_type <= 1};
    memcpy(advert->address.bytes, report->peer.addr, sizeof(advert->address.bytes));
    advert_decode(advert, report->data.data, report->data.size);
}

struct rpc_scan_params central_dongle_scan_params(const struct central_dongle *c, uint64_t deadline)
{
    uint64_t now = dongle_now(c->dongle);
    uint64_t time = (deadline > now ? deadline - now : 0) + SCAN_RESERVE;
    uint64_t units = time / c->traits->scan_timeout_unit;
    return (struct rpc_scan_params){.phys = 1,
                                    .interval = SCAN_INTERVAL,
                                    .window = SCAN_INTERVAL,
                                    .timeout = units <= UINT16_MAX ? (uint16_t)units : 0};
}

static int start_scan(struct central_dongle *c, uint64_t deadline, struct nordfu_error *error)
{
    uint64_t now = dongle_now(c->dongle);
    struct rpc_gap_scan_start params = {.has_params = true,
                                        .params = central_dongle_scan_params(c, deadline),
                                        .has_buffer = c->traits->scan_pauses,
                                        .buffer = CENTRAL_SCAN_BUFFER};
    params.params.active = 1;
    uint32_t status = 0;
    uint32_t ignored = 0;
    int rc = 0;
    for (int tries = 0; tries < 2; tries++) {
        rc = dongle_call(c->dongle, RPC_GAP_SCAN_START, &params, &status, NULL,
                         now + CENTRAL_CALL_TIME, error);
        if (rc != 0 || status != CENTRAL_STATUS_INVALID_STATE)
            break;
        rc = dongle_call(c->dongle, RPC_GAP_SCAN_STOP, NULL, &ignored, NULL,
                         now + CENTRAL_CALL_TIME, error);
        if (rc != 0)
            break;
    }
    if (rc != 0 || status == 0)
        return rc;
    return nordfu_error_from(error, NORDFU_ERR_DONGLE, NORDFU_SPEAKER_SOFTDEVICE, status,
                             "The dongle refused to scan: %s (0x%02X).",
                             rpc_status_name(dongle_api(c->dongle), status), (unsigned)status);
}

/* Stops in spite of a cancellation. What went wrong before matters more than what goes wrong here.
 */
static void stop_scan(struct central_dongle *c)
{
    uint32_t status;
    c->scanning = false;
    dongle_drop_events(c->dongle);
    dongle_ignore_cancel(c->dongle, true);
    dongle_call(c->dongle, RPC_GAP_SCAN_STOP, NULL, &status, NULL,
                dongle_now(c->dongle) + CENTRAL_CLEANUP_TIME, NULL);
    dongle_ignore_cancel(c->dongle, false);
}

static int scan(struct nordfu_central *self,
                bool (*report)(void *context, const struct nordfu_advert *advert), void *context,
                uint64_t deadline, struct nordfu_error *error)
{
    struct central_dongle *c = self_of(self);
    struct dongle_event event;
    struct nordfu_advert advert;
    bool found = false;
    if (c->state == CENTRAL_LINK_LOST)
        c->state = CENTRAL_LINK_NONE;
    dongle_drop_events(c->dongle);
    c->scanning = true;
    int rc = start_scan(c, deadline, error);
    while (rc == 0 && !found) {
        rc = dongle_next_event(c->dongle, &event, deadline, error);
        if (rc != 0 || event.id != RPC_EVENT_GAP_ADV_REPORT)
            continue;
        fill_advert(&advert, &event.params.gap_adv_report);
        found = report(context, &advert);
    }
    stop_scan(c);
    return rc;
}

/* ---- Opening and closing ---- */

static const struct nordfu_link *get_link(const struct nordfu_central *self)
{
    const struct central_dongle *c = (const struct central_dongle *)self;
    return c->state == CENTRAL_LINK_UP ? &c->link : NULL;
}

static uint64_t get_now(const struct nordfu_central *self)
{
    return dongle_now(((const struct central_dongle *)self)->dongle);
}

static void close_central(struct nordfu_central *self)
{
    struct central_dongle *c = self_of(self);
    if (c->dongle != NULL && dongle_usable(c->dongle)) {
        central_dongle_drop_link(c);
        dongle_settle(c->dongle);
    }
    dongle_close(&c->dongle);
    free(c);
}

static const struct nordfu_central_ops ops = {
    .scan = scan,
    .connect = central_dongle_connect,
    .disconnect = central_dongle_disconnect,
    .subscribe = central_dongle_subscribe,
    .write = central_dongle_write,
    .write_command = central_dongle_write_command,
    .receive = central_dongle_receive,
    .wait = central_dongle_wait,
    .pair = central_dongle_pair,
    .link = get_link,
    .now = get_now,
    .close = close_central,
};

static bool same_base(const struct nordfu_uuid *a, const struct nordfu_uuid *b)
{
    return memcmp(a->bytes, b->bytes, 12) == 0 && memcmp(a->bytes + 14, b->bytes + 14, 2) == 0;
}

static bool base_known(const struct central_dongle *c, const struct nordfu_uuid *uuid)
{
    const struct nordfu_uuid bluetooth = nordfu_uuid16(0);
    if (same_base(uuid, &bluetooth))
        return true;
    for (size_t i = 0; i < c->base_count; i++) {
        if (same_base(uuid, &c->bases[i].uuid))
            return true;
    }
    return false;
}

/* Tells the dongle a UUID base. Without it the device's characteristics can't be recognised. */
static int add_base(struct central_dongle *c, const struct nordfu_uuid *uuid,
                    struct nordfu_error *error)
{
    struct rpc_uuid_vs_add params = {.has_base = true, .want_type = true};
    union rpc_response_params results;
    uint32_t status = 0;
    if (base_known(c, uuid))
        return 0;
    if (c->base_count == CENTRAL_BASES)
        return nordfu_error_set(error, NORDFU_ERR_USAGE, "More than %d bases of 128-bit UUIDs.",
                                CENTRAL_BASES);
    memcpy(params.base, uuid->bytes, sizeof(params.base));
    int rc = dongle_call(c->dongle, RPC_UUID_VS_ADD, &params, &status, &results,
                         dongle_now(c->dongle) + CENTRAL_CALL_TIME, error);
    if (rc != 0)
        return rc;
    if (status != 0 || !results.uuid_vs_add.has_type)
        return nordfu_error_from(error, NORDFU_ERR_DONGLE, NORDFU_SPEAKER_SOFTDEVICE, status,
                                 "The dongle on %s takes no more 128-bit UUIDs: %s (0x%02X).",
                                 dongle_name(c->dongle),
                                 rpc_status_name(dongle_api(c->dongle), status), (unsigned)status);
    c->bases[c->base_count++] = (struct central_base){*uuid, results.uuid_vs_add.type};
    return 0;
}

static int set_option(struct central_dongle *c, const struct rpc_option *option,
                      struct nordfu_error *error)
{
    const struct rpc_opt_set params = {.option = *option};
    uint32_t status;
    return dongle_call(c->dongle, RPC_OPT_SET, &params, &status, NULL,
                       dongle_now(c->dongle) + CENTRAL_CALL_TIME, error);
}

int central_dongle_set_bandwidth(struct central_dongle *c, bool high, struct nordfu_error *error)
{
    enum { CENTRAL = 2, MID = 2, HIGH = 3 };
    uint8_t bandwidth = high ? HIGH : MID;
    const struct rpc_option option = {.kind = RPC_OPTION_CONN_BW,
                                      .value.conn_bw = {CENTRAL, bandwidth, bandwidth}};
    int rc = set_option(c, &option, error);
    c->long_events = rc == 0 && high;
    return rc == NORDFU_ERR_UNSUPPORTED ? 0 : rc;
}

/* Lets connection events run on while there is data, or where they can't, be longer from the
 * beginning. A refusal costs speed only. */
static int extend_events(struct central_dongle *c, struct nordfu_error *error)
{
    const struct rpc_option option = {.kind = RPC_OPTION_CONN_EVT_EXT,
                                      .value.conn_evt_ext.enable = 1};
    int rc = set_option(c, &option, error);
    return rc == NORDFU_ERR_UNSUPPORTED ? central_dongle_set_bandwidth(c, true, error) : rc;
}

static void describe(struct central_dongle *c, const struct probe_identity *identity,
                     const struct probe_config *wish)
{
    snprintf(c->central.description, sizeof(c->central.description),
             "nRF connectivity dongle on %.64s, %.60s", dongle_name(c->dongle), identity->text);
    uint16_t most = wish->mtu < c->traits->mtu_max ? wish->mtu : c->traits->mtu_max;
    /* S130 is for the nRF51, which has no newer API. */
    bool nrf51 = strncmp(rpc_fwid_text(identity->fwid), "S130", 4) == 0;
    if (most < wish->mtu)
        central_dongle_note(
            c,
            "The dongle's SoftDevice API v%d knows only an MTU of %u, which is slow; "
            "for full speed %s.",
            identity->api, most,
            nrf51 ? "take a dongle with an nRF52"
                  : "program it with connectivity firmware of API v5");
    if (c->config.mtu != most || c->config.write_queue != wish->write_queue)
        central_dongle_note(c,
                            "The dongle has memory for an MTU of %u and %u writes at a time only.",
                            c->config.mtu, c->config.write_queue);
}

static struct probe_config wish_of(const struct nordfu_central_options *options)
{
    struct probe_config wish = {CENTRAL_MTU_MAX, WRITE_QUEUE, EVENT_LENGTH};
    if (options->mtu >= CENTRAL_MTU_MIN && options->mtu < CENTRAL_MTU_MAX)
        wish.mtu = options->mtu;
    if (options->write_queue != 0)
        wish.write_queue = options->write_queue;
    return wish;
}

static int set_up(struct central_dongle *c, const struct nordfu_central_options *options,
                  struct nordfu_error *error)
{
    const struct probe_config wish = wish_of(options);
    const struct dongle_hooks hooks = {central_dongle_on_event, central_dongle_on_posted, c};
    struct probe_identity identity;
    dongle_set_hooks(c->dongle, &hooks);
    uint64_t patience =
        options->open_timeout_ms != 0 ? options->open_timeout_ms * NORDFU_MS : PROBE_PATIENCE;
    int rc = probe_open(c->dongle, &wish, options->api_hint, patience, &identity, error);
    c->config = identity.config;
    if (rc == 0) {
        c->traits = rpc_dialect_traits(dongle_dialect(c->dongle));
        rc = extend_events(c, error);
    }
    for (size_t i = 0; rc == 0 && i < options->uuid_count; i++)
        rc = add_base(c, &options->uuids[i], error);
    if (rc == 0)
        describe(c, &identity, &wish);
    return rc;
}

int nordfu_central_dongle_open(struct nordfu_central **out, struct nordfu_port **port,
                               const struct nordfu_central_options *options,
                               struct nordfu_error *error)
{
    *out = NULL;
    struct central_dongle *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        nordfu_port_free(port);
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    }
    c->central.ops = &ops;
    c->log = options->log;
    c->note = options->note;
    c->note_context = options->context;
    struct nordfu_central *central = &c->central;
    int rc = dongle_open(&c->dongle, port, options->log, error);
    if (rc == 0)
        rc = set_up(c, options, error);
    if (rc != 0)
        nordfu_central_free(&central);
    *out = central;
    return rc;
}
