/* SPDX-License-Identifier: MIT */
#include "dongle/probe.h"

#include <stdio.h>

#include "dongle/rpc_names.h"

#define STATUS_NO_MEM         0x04
#define STATUS_NOT_SUPPORTED  0x06
#define STATUS_INVALID_STATE  0x08
#define STATUS_INVALID_LENGTH 0x09
#define LINE_TIME             NORDFU_SECOND /* for the line to become free */
#define MTU_MIN               23
#define STARTS_MAX            4 /* of the line: two wrong guesses, a restart for another reason */
#define API_COUNT             7 /* v6 and before */

/* Dialects whose VERSION_GET has the same number. */
enum family {
    FAMILY_OLD, /* v2, v3 */
    FAMILY_NEW, /* v5, v6: everything up to VERSION_GET is the same in both (section 12.4) */
};

struct search {
    struct dongle *dongle;
    struct probe_identity *identity;
    int hint;
    uint64_t limit;    /* nothing is begun behind it */
    enum h5_clue clue; /* the first one there was */
    enum family first; /* guess */
    bool guessed;
    enum family family;     /* of this attempt */
    bool confirmed;         /* the dongle understood a command: the family is right */
    int api;                /* by its FWID, 0 = not told yet */
    int tried;              /* the API it was enabled as */
    bool struck[API_COUNT]; /* enabling it as this API ended the attempt */
    bool started;           /* this attempt got as far as a line to the dongle */
    bool lost;              /* it ended with a restart, a vanished port or silence */
    bool enabled;           /* ... or because somebody had enabled the SoftDevice before */
    unsigned starts, losses, returns;
};

/* ---- Numbers ---- */

int probe_api_of(uint16_t fwid, bool old)
{
    static const struct {
        uint16_t first, last;
        bool old;
        int api;
    } ranges[] = {
        {0x0067, 0x0067, true, 1},  {0x0080, 0x0088, true, 2},  {0x0089, 0x0094, true, 3},
        {0x0095, 0x009C, false, 4}, {0x009E, 0x009F, false, 4}, {0x00A8, 0xFFFF, false, 6},
        {0x0000, 0xFFFF, false, 5},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (ranges[i].old == old && fwid >= ranges[i].first && fwid <= ranges[i].last)
            return ranges[i].api;
    }
    return 0;
}

/* The application begins where the SoftDevice ends. 0 = not known. */
static int api_by_usb(const struct nordfu_port_identity *identity)
{
    static const struct {
        uint32_t application;
        int api;
    } places[] = {{0x1F000, 3}, {0x23000, 5}, {0x26000, 6}};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (places[i].application == identity->application)
            return places[i].api;
    }
    return 0;
}

/* ---- Guesses ---- */

static enum family family_of(int api)
{
    return api >= 5 ? FAMILY_NEW : FAMILY_OLD;
}

/* The family to try: the first guess, and after a wrong one the other by turns. */
static void guess_family(struct search *s)
{
    int api = api_by_usb(dongle_identity(s->dongle));
    if (api == 0)
        api = s->hint;
    if (s->clue == H5_CLUE_NONE)
        s->clue = dongle_clue(s->dongle);
    if (!s->guessed && api != 0)
        s->first = family_of(api);
    else if (!s->guessed)
        s->first = s->clue == H5_CLUE_CONFIG_RESPONSE ? FAMILY_OLD : FAMILY_NEW;
    s->guessed = true;
    if (!s->confirmed)
        s->family = (s->losses & 1) != 0 ? !s->first : s->first;
    nordfu_log(dongle_log(s->dongle), NORDFU_LOG_INFO, "Asking the dongle in the language of %s.",
               s->family == FAMILY_OLD ? "SoftDevice API v2 and v3" : "SoftDevice API v5 and v6");
}

/* v2 or v3? Their ENABLE differs; the one that does not get it as it expects restarts. */
static int guess_old(struct search *s)
{
    int api = 3;
    if (s->clue != H5_CLUE_NONE)
        api = s->clue == H5_CLUE_CONFIG_RESPONSE ? 2 : 3;
    else if (s->hint == 2)
        api = 2;
    if (api_by_usb(dongle_identity(s->dongle)) == 3)
        api = 3;
    int other = 5 - api;
    return s->struck[api] && !s->struck[other] ? other : api;
}

static bool in_time(const struct search *s)
{
    return dongle_now(s->dongle) < s->limit;
}

/* ---- Calls ---- */

static int call(struct search *s, enum rpc_command command, const void *params, uint32_t *status,
                union rpc_response_params *results, struct nordfu_error *error)
{
    int rc = dongle_call(s->dongle, command, params, status, results,
                         dongle_now(s->dongle) + LINE_TIME, error);
    /* A timeout: what was sent before is still not acknowledged. */
    s->lost = rc == NORDFU_ERR_DONGLE || rc == NORDFU_ERR_PORT || rc == NORDFU_ERR_TIMEOUT;
    if (s->lost)
        nordfu_log(dongle_log(s->dongle), NORDFU_LOG_INFO, "The dongle %s at the command %s.",
                   dongle_vanished(s->dongle)    ? "vanished"
                   : dongle_restarted(s->dongle) ? "restarted"
                                                 : "fell silent",
                   rpc_command_name(dongle_dialect(s->dongle), command));
    return rc;
}

/* Draws the conclusion from a FWID. */
static int recognise(struct search *s, uint16_t fwid, struct nordfu_error *error)
{
    struct probe_identity *identity = s->identity;
    s->api = probe_api_of(fwid, s->family == FAMILY_OLD);
    identity->fwid = fwid;
    identity->api = s->api != 0 ? s->api : s->tried;
    snprintf(identity->text, sizeof(identity->text), "SoftDevice API v%d (%s)", identity->api,
             rpc_fwid_text(fwid));
    const struct rpc_dialect *dialect = rpc_dialect_find(identity->api);
    if (identity->api != 0 && dialect == NULL)
        return dongle_diagnose(s->dongle, DIAGNOSIS_FOREIGN_API, identity->text, error);
    if (dialect != NULL)
        dongle_set_dialect(s->dongle, dialect);
    return 0;
}

/* Asks for the version. Before ENABLE most dongles refuse to tell it, which still says that they
 * understood. */
static int ask_version(struct search *s, bool must_tell, struct nordfu_error *error)
{
    const struct rpc_version_get params = {.want_version = true};
    union rpc_response_params results;
    uint32_t status = 0;
    int rc = call(s, RPC_VERSION_GET, &params, &status, &results, error);
    if (rc != 0)
        return rc;
    /* Firmware made for debugging says so instead of restarting. */
    s->lost = !s->confirmed && (status == STATUS_NOT_SUPPORTED || status == STATUS_INVALID_LENGTH);
    s->confirmed = !s->lost;
    if (status == 0)
        return recognise(s, results.version_get.version.subversion_number, error);
    if (!must_tell && !s->lost)
        return 0;
    return nordfu_error_from(error, NORDFU_ERR_DONGLE, NORDFU_SPEAKER_SOFTDEVICE, status,
                             "The dongle on %s does not tell its version: its SoftDevice answered "
                             "%s (0x%02X).",
                             dongle_name(s->dongle), rpc_status_name(dongle_api(s->dongle), status),
                             (unsigned)status);
}

/* ---- Configuration ---- */

/* v2, v3: all at once. Bandwidths are never sent: v2 writes through a wild pointer then (section
 * 14, trap 4). */
static int enable_old(struct search *s, uint32_t *status, struct nordfu_error *error)
{
    const struct rpc_enable params = {.has_params = true,
                                      .params = {.vs_uuid_count = 10,
                                                 .central_conn_count = 1,
                                                 .central_sec_count = 1,
                                                 .att_mtu = s->identity->config.mtu,
                                                 .service_changed = 1}};
    return call(s, RPC_ENABLE, &params, status, NULL, error);
}

/* v5, v6: piece by piece; *status is that of the first that is refused. */
static int enable_new(struct search *s, uint32_t *status, struct nordfu_error *error)
{
    const struct probe_config *config = &s->identity->config;
    const struct rpc_cfg_set settings[] = {
        {{.kind = RPC_CONFIG_CONN_GATT, .value.conn_gatt = {PROBE_CFG_TAG, config->mtu}}},
        {{.kind = RPC_CONFIG_CONN_GAP, .value.conn_gap = {PROBE_CFG_TAG, 1, config->event_length}}},
        {{.kind = RPC_CONFIG_CONN_GATTC, .value.conn_gattc = {PROBE_CFG_TAG, config->write_queue}}},
    };
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        int rc = call(s, RPC_CFG_SET, &settings[i], status, NULL, error);
        if (rc != 0 || *status != 0)
            return rc;
    }
    return call(s, RPC_ENABLE, NULL, status, NULL, error);
}

/* Asks for less of what costs memory; false when there is nothing left to give up. */
static bool ask_for_less(struct search *s)
{
    struct probe_config *config = &s->identity->config;
    if (s->family == FAMILY_NEW && config->write_queue > 1)
        config->write_queue /= 2;
    else if (config->mtu > MTU_MIN)
        config->mtu = config->mtu > 4 * MTU_MIN ? config->mtu / 2 : MTU_MIN;
    else
        return false;
    return true;
}

/* Configures and enables, with less and less if need be. */
static int configure(struct search *s, struct nordfu_error *error)
{
    struct probe_config *config = &s->identity->config;
    uint32_t status = 0;
    if (s->api == 0)
        s->tried = s->family == FAMILY_NEW ? 5 : guess_old(s);
    else
        s->tried = s->api;
    const struct rpc_dialect *dialect = rpc_dialect_find(s->tried);
    dongle_set_dialect(s->dongle, dialect);
    uint16_t most = rpc_dialect_traits(dialect)->mtu_max;
    config->mtu = config->mtu < most ? config->mtu : most;
    do {
        int rc =
            s->family == FAMILY_NEW ? enable_new(s, &status, error) : enable_old(s, &status, error);
        s->struck[s->tried] |= s->lost;
        if (rc != 0 || status == 0)
            return rc;
    } while (status == STATUS_NO_MEM && in_time(s) && ask_for_less(s));
    s->enabled = status == STATUS_INVALID_STATE;
    return nordfu_error_from(error, NORDFU_ERR_DONGLE, NORDFU_SPEAKER_SOFTDEVICE, status,
                             "The dongle on %s can't be configured: its SoftDevice answered %s "
                             "(0x%02X). Unplug it, plug it in and try again.",
                             dongle_name(s->dongle), rpc_status_name(s->tried, status),
                             (unsigned)status);
}

/* ---- The search ---- */

static int attempt(struct search *s, const struct probe_config *wish, struct nordfu_error *error)
{
    s->identity->config = *wish;
    s->enabled = false;
    bool was_there = !dongle_vanished(s->dongle);
    int rc = dongle_start(s->dongle, error);
    s->started = rc == 0;
    s->lost = rc == NORDFU_ERR_PORT && was_there;
    if (rc != 0)
        return rc;
    guess_family(s);
    dongle_set_dialect(s->dongle, rpc_dialect_find(s->family == FAMILY_NEW ? 5 : 2));
    rc = ask_version(s, false, error);
    if (rc == 0)
        rc = configure(s, error);
    return rc == 0 ? ask_version(s, true, error) : rc;
}

/*
 * Is another start worth while? A dongle that was enabled already had not heard the RESET. One that
 * was lost before it understood anything was asked in the wrong language, or was busy obeying a
 * RESET that came late (a USB dongle does that, section 4.5): then the first guess may be right
 * after all.
 */
static bool try_again(struct search *s)
{
    if (++s->starts == STARTS_MAX || !in_time(s))
        return false;
    if (s->enabled)
        return s->returns++ == 0;
    if (!s->lost)
        return false;
    if (s->confirmed)
        return s->returns++ < 2;
    return ++s->losses < (dongle_restarted(s->dongle) ? 3u : 2u);
}

/* It speaks H5, but no dialect that was tried. */
static int not_understood(struct search *s, struct nordfu_error *error)
{
    if (!s->started)
        return NORDFU_ERR_PORT;
    if (!s->confirmed)
        return dongle_diagnose(s->dongle, DIAGNOSIS_UNKNOWN_API, NULL, error);
    return nordfu_error_set(error, NORDFU_ERR_DONGLE,
                            "The dongle on %s %s when it was configured. Unplug it, plug it in and "
                            "try again; if that does not help, program it anew.",
                            dongle_name(s->dongle),
                            dongle_restarted(s->dongle) ? "restarts again and again"
                                                        : "falls silent");
}

int probe_open(struct dongle *dongle, const struct probe_config *wish, int api_hint,
               uint64_t patience, struct probe_identity *identity, struct nordfu_error *error)
{
    struct search s = {.dongle = dongle,
                       .identity = identity,
                       .hint = api_hint,
                       .limit = dongle_now(dongle) +
                                (patience < PROBE_PATIENCE ? patience : PROBE_PATIENCE)};
    *identity = (struct probe_identity){.config = *wish};
    int rc;
    do {
        rc = attempt(&s, wish, error);
    } while (rc != 0 && try_again(&s));
    return rc != 0 && s.lost ? not_understood(&s, error) : rc;
}
