/* SPDX-License-Identifier: MIT
 * Links of the dongle central: made, negotiated, ended (connectivity-wire 11.3, 11.6). */
#include <string.h>

#include "central/central_dongle.h"
#include "dongle/rpc_names.h"

/* x 1.25 ms: 7.5 to 30 ms, unless the caller wishes otherwise. */
#define INTERVAL_MIN        6
#define INTERVAL_MAX        24
#define SUPERVISION_TIMEOUT 400 /* x 10 ms */

#define MTU_TIME                                                                                   \
    (3 * NORDFU_SECOND) /* for the peer to answer; the procedure itself would wait for 30 s */
#define PROCEDURE_TIME NORDFU_SECOND /* for data length and PHY: a few connection intervals */
#define CANCEL_TIME    100000u /* µs in which a link may still come up that was just cancelled */
#define ATTEMPTS       4

#define HCI_NOT_ESTABLISHED 0x3E

static struct central_dongle *self_of(struct nordfu_central *self)
{
    return (struct central_dongle *)self;
}

/* ---- The end of a link ---- */

static int end_link(struct central_dongle *c, uint64_t deadline, struct nordfu_error *error)
{
    const struct rpc_gap_disconnect params = {c->conn, CENTRAL_HCI_USER_TERMINATED};
    uint32_t status = 0;
    uint32_t never = 0;
    /* No central_dongle_call: it would refuse a link that is of no use for ATT. */
    int rc = dongle_call(c->dongle, RPC_GAP_DISCONNECT, &params, &status, NULL, deadline, error);
    c->att_timed_out = false;
    bool unknown = rc == 0 && status == CENTRAL_STATUS_INVALID_CONN_HANDLE;
    if (unknown)
        deadline = central_dongle_earlier(deadline, dongle_now(c->dongle) + CENTRAL_GONE_TIME);
    if (rc == 0 && c->state == CENTRAL_LINK_UP)
        rc = central_dongle_await_change(c, &never, 0, deadline, error);
    /* The link being gone is what was wanted; INVALID_STATE means that it is about to. */
    return rc == NORDFU_ERR_LINK || (rc == NORDFU_ERR_TIMEOUT && unknown) ? 0 : rc;
}

int central_dongle_disconnect(struct nordfu_central *self, uint64_t deadline,
                              struct nordfu_error *error)
{
    struct central_dongle *c = self_of(self);
    int rc = c->state == CENTRAL_LINK_UP ? end_link(c, deadline, error) : 0;
    if (rc == 0)
        c->state = CENTRAL_LINK_NONE;
    return rc;
}

void central_dongle_drop_link(struct central_dongle *c)
{
    if (c->state == CENTRAL_LINK_UP && dongle_usable(c->dongle)) {
        dongle_ignore_cancel(c->dongle, true);
        end_link(c, dongle_now(c->dongle) + CENTRAL_CLEANUP_TIME, NULL);
        dongle_ignore_cancel(c->dongle, false);
    }
    c->state = CENTRAL_LINK_NONE;
}

/* ---- The beginning of a link ---- */

static struct rpc_gap_connect connect_params(const struct central_dongle *c, uint64_t deadline)
{
    const struct nordfu_connect_wish *w = &c->wish;
    struct rpc_gap_connect p = {
        .has_peer = true,
        .has_scan = true,
        .has_conn_params = true,
        .peer.type = w->address.type,
        .scan = central_dongle_scan_params(c, deadline),
        .conn_params = {.min_interval = w->interval_min != 0 ? w->interval_min : INTERVAL_MIN,
                        .max_interval = w->interval_max != 0 ? w->interval_max : INTERVAL_MAX,
                        .sup_timeout = SUPERVISION_TIMEOUT},
        .cfg_tag = PROBE_CFG_TAG};
    if (p.conn_params.max_interval < p.conn_params.min_interval)
        p.conn_params.max_interval = p.conn_params.min_interval;
    memcpy(p.peer.addr, w->address.bytes, sizeof(p.peer.addr));
    return p;
}

/* Ends an attempt that runs; a link that comes up all the same is taken down. */
static void cancel_attempt(struct central_dongle *c)
{
    uint32_t status = 0;
    dongle_ignore_cancel(c->dongle, true);
    int rc = dongle_call(c->dongle, RPC_GAP_CONNECT_CANCEL, NULL, &status, NULL,
                         dongle_now(c->dongle) + CENTRAL_CLEANUP_TIME, NULL);
    uint64_t until = dongle_now(c->dongle) + CANCEL_TIME;
    /* A refusal means that there is nothing to cancel any more: CONNECTED is on its way. */
    while (rc == 0 && status != 0 && c->state != CENTRAL_LINK_UP && dongle_now(c->dongle) < until)
        rc = dongle_turn(c->dongle, until, NULL);
    dongle_ignore_cancel(c->dongle, false);
    central_dongle_drop_link(c);
}

/* Starts an attempt. An older one, or a link that is just ending, may be in the way for a moment.
 */
static int start_attempt(struct central_dongle *c, uint64_t deadline, struct nordfu_error *error)
{
    const struct rpc_gap_connect params = connect_params(c, deadline);
    uint32_t status = 0;
    uint32_t ignored = 0;
    /* The old attempt may lead to the link that is wanted. */
    while (c->state != CENTRAL_LINK_UP) {
        uint64_t now = dongle_now(c->dongle);
        int rc = dongle_call(c->dongle, RPC_GAP_CONNECT, &params, &status, NULL,
                             now + CENTRAL_CALL_TIME, error);
        if (rc != 0 || status == 0)
            return rc;
        if (status == CENTRAL_STATUS_NO_MEM && c->long_events) {
            rc = central_dongle_set_bandwidth(c, false, error);
            if (rc != 0)
                return rc;
            continue;
        }
        bool passing = status == CENTRAL_STATUS_INVALID_STATE || status == CENTRAL_STATUS_BUSY ||
                       status == CENTRAL_STATUS_CONN_COUNT;
        if (!passing || now >= deadline)
            return central_dongle_refused(c, "connect to", status, error);
        if (status == CENTRAL_STATUS_INVALID_STATE)
            rc = dongle_call(c->dongle, RPC_GAP_CONNECT_CANCEL, NULL, &ignored, NULL,
                             now + CENTRAL_CALL_TIME, error);
        uint64_t pause = central_dongle_earlier(now + CANCEL_TIME, deadline);
        while (rc == 0 && dongle_now(c->dongle) < pause)
            rc = dongle_turn(c->dongle, pause, error);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* Did the dongle give the attempt up by itself? */
static bool gave_up(struct central_dongle *c)
{
    struct dongle_event event;
    while (dongle_take_event(c->dongle, &event)) {
        if (event.id == RPC_EVENT_GAP_TIMEOUT && event.params.conn == RPC_CONN_NONE)
            return true;
    }
    return false;
}

static int await_connected(struct central_dongle *c, uint64_t deadline, struct nordfu_error *error)
{
    while (c->state == CENTRAL_LINK_NONE) {
        if (gave_up(c) || dongle_now(c->dongle) >= deadline)
            return nordfu_error_set(error, NORDFU_ERR_TIMEOUT,
                                    "The device %s did not take the connection in time. It may be "
                                    "out of reach, switched off, or connected to something else.",
                                    central_dongle_peer_text(c).text);
        int rc = dongle_turn(c->dongle, deadline, error);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int establish(struct central_dongle *c, uint64_t deadline, struct nordfu_error *error)
{
    dongle_drop_events(c->dongle);
    c->notification_count = 0;
    c->state = CENTRAL_LINK_NONE;
    c->link = (struct nordfu_link){.address = c->wish.address};
    c->connecting = true;
    int rc = start_attempt(c, deadline, error);
    /* A call that is cancelled has its effect all the same. */
    bool begun = rc == 0 || rc == NORDFU_ERR_CANCELLED;
    if (rc == 0)
        rc = await_connected(c, deadline, error);
    if (rc != 0 && begun && dongle_usable(c->dongle))
        cancel_attempt(c);
    c->connecting = false;
    return rc;
}

/* ---- Negotiation. A refusal is worth a note, never an error. ---- */

static int judge_mtu(struct central_dongle *c, const struct rpc_event_gattc_exchange_mtu_rsp *rsp)
{
    uint16_t own = central_dongle_own_mtu(c);
    if (rsp->gattc.gatt_status != 0) {
        central_dongle_note(c, "The device refused to talk about the MTU (%s); %u is used.",
                            rpc_gatt_status_text(rsp->gattc.gatt_status), c->link.mtu);
        return 0;
    }
    uint16_t mtu = rsp->server_rx_mtu < own ? rsp->server_rx_mtu : own;
    if (mtu < CENTRAL_MTU_MIN)
        mtu = CENTRAL_MTU_MIN;
    /* If the peer asked as well, with another value, the smaller one is safe. */
    if (!c->mtu_agreed || mtu < c->link.mtu)
        c->link.mtu = mtu;
    if (c->link.mtu < own)
        central_dongle_note(c, "The device allows an MTU of %u only.", c->link.mtu);
    return 0;
}

/* The dongle refused to ask. If the peer asked, its question settles the matter as well. */
static int mtu_refused(struct central_dongle *c, uint32_t status, uint64_t deadline,
                       struct nordfu_error *error)
{
    int rc = 0;
    if (c->peer_mtu != 0 && c->mtu_answers == 0)
        rc = central_dongle_await_change(c, &c->mtu_answers, 0, deadline, error);
    if (rc == 0 && !c->mtu_agreed)
        central_dongle_note(c, "The dongle refused to ask for an MTU of %u (%s); %u is used.",
                            central_dongle_own_mtu(c),
                            rpc_status_name(dongle_api(c->dongle), status), c->link.mtu);
    return rc == NORDFU_ERR_TIMEOUT ? 0 : rc;
}

/* Sets *silent if the peer does not answer, which leaves the link without ATT for 30 s. */
static int exchange_mtu(struct central_dongle *c, bool *silent, uint64_t deadline,
                        struct nordfu_error *error)
{
    const struct rpc_gattc_exchange_mtu_request params = {c->conn, central_dongle_own_mtu(c)};
    struct dongle_event event;
    uint32_t status = 0;
    if (params.client_rx_mtu == CENTRAL_MTU_MIN || c->mtu_agreed)
        return 0;
    uint64_t limit = central_dongle_earlier(deadline, dongle_now(c->dongle) + MTU_TIME);
    int rc = central_dongle_call(c, RPC_GATTC_EXCHANGE_MTU_REQUEST, &params, &status, limit, error);
    if (rc != 0)
        return rc;
    if (status != 0)
        return mtu_refused(c, status, limit, error);
    rc = central_dongle_await(c, RPC_EVENT_GATTC_EXCHANGE_MTU_RSP, &event, limit, error);
    *silent = rc == NORDFU_ERR_TIMEOUT;
    return rc != 0 ? rc : judge_mtu(c, &event.params.gattc_exchange_mtu_rsp);
}

static void note_length_refused(struct central_dongle *c, uint32_t status, uint16_t in_use)
{
    central_dongle_note(c, "The dongle refused a data length of %u (%s); %u is used.",
                        central_dongle_own_octets(c),
                        rpc_status_name(dongle_api(c->dongle), status), in_use);
}

/* v3 has no such command: an option, given before the link, makes the dongle ask by itself. */
static int prepare_length(struct central_dongle *c, struct nordfu_error *error)
{
    const struct rpc_opt_set params = {
        .option = {.kind = RPC_OPTION_EXT_LEN,
                   .value.ext_len.max_pdu_payload = (uint8_t)central_dongle_own_octets(c)}};
    uint32_t status = 0;
    if (rpc_dialect_has(dongle_dialect(c->dongle), RPC_GAP_DATA_LENGTH_UPDATE))
        return 0;
    int rc = dongle_call(c->dongle, RPC_OPT_SET, &params, &status, NULL,
                         dongle_now(c->dongle) + CENTRAL_CALL_TIME, error);
    if (rc == 0 && status != 0)
        note_length_refused(c, status, CENTRAL_OCTETS_MIN);
    return rc == NORDFU_ERR_UNSUPPORTED ? 0 : rc;
}

static int negotiate_length(struct central_dongle *c, uint64_t deadline, struct nordfu_error *error)
{
    uint16_t octets = central_dongle_own_octets(c);
    const struct rpc_gap_data_length_update params = {.conn = c->conn,
                                                      .has_params = true,
                                                      .params = {octets, octets, 0, 0},
                                                      .want_limitation = true};
    uint32_t status = 0;
    uint32_t before = c->length_updates;
    if (c->link.tx_octets >= octets ||
        !rpc_dialect_has(dongle_dialect(c->dongle), RPC_GAP_DATA_LENGTH_UPDATE))
        return 0;
    uint64_t limit = central_dongle_earlier(deadline, dongle_now(c->dongle) + PROCEDURE_TIME);
    int rc = central_dongle_call(c, RPC_GAP_DATA_LENGTH_UPDATE, &params, &status, limit, error);
    if (rc == 0 && status == 0)
        rc = central_dongle_await_change(c, &c->length_updates, before, limit, error);
    if (rc != 0 && rc != NORDFU_ERR_TIMEOUT)
        return rc;
    if (status != 0)
        note_length_refused(c, status, c->link.tx_octets);
    else if (c->link.tx_octets < octets)
        central_dongle_note(c, "The device does not go along with a data length of %u; %u is used.",
                            octets, c->link.tx_octets);
    return 0;
}

static int negotiate_phy(struct central_dongle *c, uint64_t deadline, struct nordfu_error *error)
{
    const struct rpc_gap_phy_update params = {c->conn, true, {c->wish.phy, c->wish.phy}};
    uint32_t status = 0;
    uint32_t before = c->phy_updates;
    if (c->wish.phy < 2 || c->link.tx_phy == c->wish.phy ||
        !rpc_dialect_has(dongle_dialect(c->dongle), RPC_GAP_PHY_UPDATE))
        return 0;
    uint64_t limit = central_dongle_earlier(deadline, dongle_now(c->dongle) + PROCEDURE_TIME);
    int rc = central_dongle_call(c, RPC_GAP_PHY_UPDATE, &params, &status, limit, error);
    if (rc == 0 && status == 0)
        rc = central_dongle_await_change(c, &c->phy_updates, before, limit, error);
    if (rc != 0 && rc != NORDFU_ERR_TIMEOUT)
        return rc;
    if (status != 0)
        central_dongle_note(c, "The dongle refused the 2M PHY (%s); 1M is used.",
                            rpc_status_name(dongle_api(c->dongle), status));
    else if (c->link.tx_phy < c->wish.phy)
        central_dongle_note(c, "The device does not go along with the 2M PHY (%s); 1M is used.",
                            rc != 0              ? "no answer"
                            : c->phy_status != 0 ? rpc_hci_text(c->phy_status)
                                                 : "it stays on 1M");
    return 0;
}

/* v2 and v3 have a number of places of their own for every link. Without an answer one is safe. */
static int count_places(struct central_dongle *c, struct nordfu_error *error)
{
    const struct rpc_tx_packet_count_get params = {c->conn, true};
    union rpc_response_params results;
    uint32_t status = 0;
    c->places = c->config.write_queue;
    if (!rpc_dialect_has(dongle_dialect(c->dongle), RPC_TX_PACKET_COUNT_GET))
        return 0;
    int rc = dongle_call(c->dongle, RPC_TX_PACKET_COUNT_GET, &params, &status, &results,
                         dongle_now(c->dongle) + CENTRAL_CALL_TIME, error);
    c->places = 1;
    if (rc == 0 && status == 0 && results.tx_packet_count_get.has_count &&
        results.tx_packet_count_get.count > 1)
        c->places = results.tx_packet_count_get.count;
    return rc;
}

/* ---- Connect ---- */

/* One attempt; on failure there may still be a link. `silent` comes in as: don't ask for an MTU. */
static int attempt(struct central_dongle *c, bool *silent, uint64_t deadline,
                   struct nordfu_error *error)
{
    bool asks_mtu = !*silent;
    int rc = central_dongle_take_address(c, error);
    if (rc == 0)
        rc = prepare_length(c, error);
    if (rc == 0)
        rc = establish(c, deadline, error);
    if (rc == 0)
        rc = count_places(c, error);
    if (rc == 0)
        rc = central_dongle_encrypt(c, deadline, error);
    if (rc == 0 && asks_mtu)
        rc = exchange_mtu(c, silent, deadline, error);
    if (rc == 0)
        rc = negotiate_length(c, deadline, error);
    if (rc == 0)
        rc = negotiate_phy(c, deadline, error);
    if (rc == 0)
        rc = central_dongle_discover(c, deadline, error);
    return rc;
}

int central_dongle_connect(struct nordfu_central *self, const struct nordfu_connect_wish *wish,
                           uint64_t deadline, struct nordfu_error *error)
{
    struct central_dongle *c = self_of(self);
    bool silent = false;
    int rc = NORDFU_ERR_LINK;
    bool again = true;
    central_dongle_drop_link(c);
    c->wish = *wish;
    for (int tries = 0; again && tries < ATTEMPTS; tries++) {
        bool was_silent = silent;
        rc = attempt(c, &silent, deadline, error);
        if (rc == 0)
            break;
        bool never_up = c->state == CENTRAL_LINK_LOST && c->reason == HCI_NOT_ESTABLISHED;
        again = dongle_usable(c->dongle) && dongle_now(c->dongle) < deadline &&
                (never_up || (silent && !was_silent));
        if (again && silent && !was_silent)
            central_dongle_note(c, "The device left the MTU request unanswered; connecting again "
                                   "without it, MTU 23.");
        central_dongle_drop_link(c);
    }
    c->wish.bond = NULL;
    return rc;
}
