/* SPDX-License-Identifier: MIT */
#include "dongle/probe.h"

#include <stdio.h>

#include "dongle/rpc_names.h"

#define STATUS_NO_MEM        0x04
#define STATUS_INVALID_STATE 0x08
#define LINE_TIME            NORDFU_SECOND /* for the line to become free */
#define MTU_MIN              23

int probe_api_of(uint16_t fwid)
{
    static const struct {
        uint16_t first, last;
        int api;
    } ranges[] = {
        {0x0000, 0x0088, 2}, {0x0089, 0x0094, 3}, {0x0095, 0x009C, 4},
        {0x009E, 0x009F, 4}, {0x00A8, 0xFFFF, 6},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (fwid >= ranges[i].first && fwid <= ranges[i].last)
            return ranges[i].api;
    }
    return 5;
}

static int call(struct dongle *d, enum rpc_command command, const void *params, uint32_t *status,
                union rpc_response_params *results, struct nordfu_error *error)
{
    return dongle_call(d, command, params, status, results, dongle_now(d) + LINE_TIME, error);
}

/* Sends the configuration and ENABLE; *status is that of the first that is refused. */
static int enable(struct dongle *d, const struct probe_config *config, uint32_t *status,
                  struct nordfu_error *error)
{
    const struct rpc_cfg_set settings[] = {
        {{.kind = RPC_CONFIG_CONN_GATT, .value.conn_gatt = {PROBE_CFG_TAG, config->mtu}}},
        {{.kind = RPC_CONFIG_CONN_GAP, .value.conn_gap = {PROBE_CFG_TAG, 1, config->event_length}}},
        {{.kind = RPC_CONFIG_CONN_GATTC, .value.conn_gattc = {PROBE_CFG_TAG, config->write_queue}}},
    };
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        int rc = call(d, RPC_CFG_SET, &settings[i], status, NULL, error);
        if (rc != 0 || *status != 0)
            return rc;
    }
    return call(d, RPC_ENABLE, NULL, status, NULL, error);
}

/* Asks for less of what costs memory; false when there is nothing left to give up. */
static bool ask_for_less(struct probe_config *config)
{
    if (config->write_queue > 1)
        config->write_queue /= 2;
    else if (config->mtu > MTU_MIN)
        config->mtu = config->mtu > 4 * MTU_MIN ? config->mtu / 2 : MTU_MIN;
    else
        return false;
    return true;
}

/* The dongle fell silent or restarted at its first commands: it speaks, but another language. A USB
 * dongle's port vanishes when it restarts; `rc` tells. */
static int not_understood(const struct dongle *d, int rc, struct nordfu_error *error)
{
    bool old = dongle_clue(d) == H5_CLUE_CONFIG_RESPONSE;
    bool vanished = rc == NORDFU_ERR_PORT;
    return nordfu_error_set(
        error, rc,
        "The dongle on %s %s when it was configured: %sits firmware %s. Program it with "
        "connectivity firmware of SoftDevice API v5.",
        dongle_name(d),
        vanished              ? "vanished"
        : dongle_restarted(d) ? "restarted"
                              : "fell silent",
        vanished ? "unless it was unplugged, " : "",
        old ? "seems to be connectivity firmware of SoftDevice API v2"
            : "is no connectivity firmware of SoftDevice API v5 or newer");
}

/* Configures and enables, with less and less if need be. Sets *again if only a reset can help, and
 * clears it if not. */
static int configure(struct dongle *d, struct probe_config *config, bool *again,
                     struct nordfu_error *error)
{
    uint32_t status = 0;
    *again = false;
    do {
        int rc = enable(d, config, &status, error);
        if (rc == NORDFU_ERR_DONGLE || rc == NORDFU_ERR_PORT)
            return not_understood(d, rc, error);
        if (rc != 0 || status == 0)
            return rc;
    } while (status == STATUS_NO_MEM && ask_for_less(config));
    *again = status == STATUS_INVALID_STATE;
    return nordfu_error_from(error, NORDFU_ERR_DONGLE, NORDFU_SPEAKER_SOFTDEVICE, status,
                             "The dongle on %s can't be configured: its SoftDevice answered %s "
                             "(0x%02X). Unplug it, plug it in and try again.",
                             dongle_name(d), rpc_status_name(5, status), (unsigned)status);
}

static int identify(struct dongle *d, struct probe_identity *identity, struct nordfu_error *error)
{
    const struct rpc_version_get params = {.want_version = true};
    union rpc_response_params results;
    uint32_t status = 0;
    int rc = call(d, RPC_VERSION_GET, &params, &status, &results, error);
    if (rc != 0)
        return rc;
    if (status != 0)
        return nordfu_error_from(error, NORDFU_ERR_DONGLE, NORDFU_SPEAKER_SOFTDEVICE, status,
                                 "The dongle on %s does not tell its version: its SoftDevice "
                                 "answered %s (0x%02X).",
                                 dongle_name(d), rpc_status_name(5, status), (unsigned)status);
    identity->fwid = results.version_get.version.subversion_number;
    identity->api = probe_api_of(identity->fwid);
    snprintf(identity->text, sizeof(identity->text), "SoftDevice API v%d (%s)", identity->api,
             rpc_fwid_text(identity->fwid));
    const struct rpc_dialect *dialect = rpc_dialect_find(identity->api);
    if (dialect == NULL || identity->api != 5)
        return nordfu_error_set(error, NORDFU_ERR_DONGLE,
                                "The dongle on %s runs %s, FWID 0x%04X, which this version of "
                                "nordfu does not speak. Program it with connectivity firmware of "
                                "SoftDevice API v5.",
                                dongle_name(d), identity->text, identity->fwid);
    dongle_set_dialect(d, dialect);
    return 0;
}

/*
 * A second start helps where an earlier client died: its RESET may come too late for a USB dongle
 * that is slow to obey (section 4.5), so that commands find the old state, or are cut short by the
 * restart.
 */
int probe_open(struct dongle *dongle, const struct probe_config *wish,
               struct probe_identity *identity, struct nordfu_error *error)
{
    bool again = true;
    int rc = NORDFU_ERR_DONGLE;
    *identity = (struct probe_identity){.config = *wish};
    /* Everything up to VERSION_GET is the same in v5 and v6 (section 12.4). */
    dongle_set_dialect(dongle, rpc_dialect_find(5));
    for (int tries = 0; again && tries < 2; tries++) {
        rc = dongle_start(dongle, error);
        if (rc != 0)
            return rc;
        rc = configure(dongle, &identity->config, &again, error);
        if (rc == 0)
            rc = identify(dongle, identity, error);
        again = again || dongle_restarted(dongle);
    }
    return rc;
}
