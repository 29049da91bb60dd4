/* SPDX-License-Identifier: MIT
 * Events of the link, and answers to what the peer asks (connectivity-wire 11.6 to 11.8). Runs
 * inside the dongle's turn, so answers are posted, never waited for. A request left unanswered
 * would stall the peer, some of them for 30 s and for good. */
#include <string.h>

#include "central/central_dongle.h"
#include "dongle/rpc_names.h"

#define HVX_INDICATION            2
#define REPORT_MORE_TO_COME       1
#define SEC_PAIRING_NOT_SUPPORTED 0x85

static void answer(struct central_dongle *c, enum rpc_command command, const void *params)
{
    if (!dongle_post(c->dongle, command, params))
        nordfu_log(c->log, NORDFU_LOG_WARNING, "The peer asks too much at once; %s is left out.",
                   rpc_command_name(dongle_dialect(c->dongle), command));
}

uint16_t central_dongle_own_mtu(const struct central_dongle *c)
{
    uint16_t mtu = c->wish.mtu < c->config.mtu ? c->wish.mtu : c->config.mtu;
    return mtu < CENTRAL_MTU_MIN ? CENTRAL_MTU_MIN : mtu;
}

uint16_t central_dongle_own_octets(const struct central_dongle *c)
{
    return c->wish.data_length < CENTRAL_OCTETS_MIN ? CENTRAL_OCTETS_MIN : c->wish.data_length;
}

/* ---- The link itself ---- */

static void set_params(struct central_dongle *c, const struct rpc_conn_params *params)
{
    c->link.interval = params->max_interval;
    c->link.latency = params->latency;
    c->link.supervision_timeout = params->sup_timeout;
}

static void begin_link(struct central_dongle *c, const struct rpc_event_gap_connected *connected)
{
    c->state = CENTRAL_LINK_UP;
    c->conn = connected->conn;
    c->att_timed_out = false;
    c->length_updates = c->phy_updates = c->completions = 0;
    c->peer_mtu = 0;
    c->mtu_agreed = false;
    c->mtu_answers = 0;
    c->in_flight = 0;
    memset(c->answers, 0, sizeof(c->answers));
    memset(&c->link, 0, sizeof(c->link));
    c->link.address.type = connected->peer.type;
    memcpy(c->link.address.bytes, connected->peer.addr, sizeof(c->link.address.bytes));
    c->link.mtu = CENTRAL_MTU_MIN;
    c->link.tx_octets = c->link.rx_octets = CENTRAL_OCTETS_MIN;
    c->link.tx_phy = c->link.rx_phy = 1;
    set_params(c, &connected->conn_params);
}

static bool is_wanted(const struct central_dongle *c, const struct rpc_addr *peer)
{
    return memcmp(peer->addr, c->wish.address.bytes, sizeof(peer->addr)) == 0;
}

static void on_connected(struct central_dongle *c, const union rpc_event_params *p)
{
    if (c->connecting && c->state != CENTRAL_LINK_UP && is_wanted(c, &p->gap_connected.peer)) {
        begin_link(c, &p->gap_connected);
        return;
    }
    /* Nobody waits for it any more: it came while an attempt was cancelled, this one or an older
     * one. */
    const struct rpc_gap_disconnect params = {p->conn, CENTRAL_HCI_USER_TERMINATED};
    answer(c, RPC_GAP_DISCONNECT, &params);
}

static void on_disconnected(struct central_dongle *c, const union rpc_event_params *p)
{
    c->state = CENTRAL_LINK_LOST;
    c->reason = p->gap_disconnected.reason;
    c->in_flight = 0;
    nordfu_log(c->log, NORDFU_LOG_INFO, "The link to %s ended: %s (HCI 0x%02X).",
               central_dongle_peer_text(c).text, rpc_hci_text(c->reason), c->reason);
}

static void on_conn_param_update(struct central_dongle *c, const union rpc_event_params *p)
{
    set_params(c, &p->gap_conn_param_update.params);
}

static void on_length_update(struct central_dongle *c, const union rpc_event_params *p)
{
    c->link.tx_octets = p->gap_data_length_update.params.max_tx_octets;
    c->link.rx_octets = p->gap_data_length_update.params.max_rx_octets;
    c->length_updates++;
}

static void on_phy_update(struct central_dongle *c, const union rpc_event_params *p)
{
    c->phy_status = p->gap_phy_update.status;
    if (c->phy_status == 0) {
        c->link.tx_phy = p->gap_phy_update.tx_phy;
        c->link.rx_phy = p->gap_phy_update.rx_phy;
    }
    c->phy_updates++;
}

/* ---- What the peer asks ---- */

static bool params_possible(const struct rpc_conn_params *p)
{
    return p->min_interval >= 6 && p->min_interval <= p->max_interval && p->max_interval <= 3200 &&
           p->latency <= 499 && p->sup_timeout >= 10 && p->sup_timeout <= 3200 &&
           /* x 10 ms against x 1.25 ms */
           p->sup_timeout * 8u > (1u + p->latency) * 2u * p->max_interval;
}

/*
 * Three answers have a plain form, without values: "decline" for connection parameters, "as you see
 * fit" for the others. It is the last resort when the dongle takes no values, because the peer must
 * hear something.
 */
enum procedure {
    PROCEDURE_PARAMS,
    PROCEDURE_LENGTH,
    PROCEDURE_PHY,
    PROCEDURE_COUNT,
};

static void answer_params(struct central_dongle *c, bool plain)
{
    const struct rpc_gap_conn_param_update params = {
        .conn = c->conn, .has_params = !plain, .params = c->params_wanted};
    answer(c, RPC_GAP_CONN_PARAM_UPDATE, &params);
}

/* The link layers take the smaller of both sides. */
static void answer_length(struct central_dongle *c, bool plain)
{
    uint16_t octets = central_dongle_own_octets(c);
    const struct rpc_gap_data_length_update params = {.conn = c->conn,
                                                      .has_params = !plain,
                                                      .params = {octets, octets, 0, 0},
                                                      .want_limitation = true};
    answer(c, RPC_GAP_DATA_LENGTH_UPDATE, &params);
}

/* The link layers take what both sides can. */
static void answer_phy(struct central_dongle *c, bool plain)
{
    uint8_t phys = c->wish.phy >= 2 ? 1 | 2 : 1;
    const struct rpc_gap_phy_update params = {c->conn, !plain, {phys, phys}};
    answer(c, RPC_GAP_PHY_UPDATE, &params);
}

static const struct {
    enum rpc_command command;
    void (*answer)(struct central_dongle *c, bool plain);
} procedures[PROCEDURE_COUNT] = {
    [PROCEDURE_PARAMS] = {RPC_GAP_CONN_PARAM_UPDATE, answer_params},
    [PROCEDURE_LENGTH] = {RPC_GAP_DATA_LENGTH_UPDATE, answer_length},
    [PROCEDURE_PHY] = {RPC_GAP_PHY_UPDATE, answer_phy},
};

static void answer_procedure(struct central_dongle *c, enum procedure procedure, bool plain)
{
    c->answers[procedure] = plain ? CENTRAL_ANSWER_PLAIN : CENTRAL_ANSWER_FULL;
    procedures[procedure].answer(c, plain);
}

/* A procedure under way kept the dongle from answering; it ended with the event that came just now.
 */
static void answer_again(struct central_dongle *c)
{
    for (enum procedure i = 0; i < PROCEDURE_COUNT; i++) {
        if (c->answers[i] == CENTRAL_ANSWER_BUSY)
            answer_procedure(c, i, false);
        else if (c->answers[i] == CENTRAL_ANSWER_PLAIN_BUSY)
            answer_procedure(c, i, true);
    }
}

/* What the dongle made of an answer. */
static void procedure_answered(struct central_dongle *c, enum procedure i, uint32_t status)
{
    bool plain = c->answers[i] == CENTRAL_ANSWER_PLAIN;
    if (status == CENTRAL_STATUS_BUSY)
        c->answers[i] = plain ? CENTRAL_ANSWER_PLAIN_BUSY : CENTRAL_ANSWER_BUSY;
    else if (status != 0 && !plain && c->state == CENTRAL_LINK_UP)
        answer_procedure(c, i, true);
}

static void on_conn_param_request(struct central_dongle *c, const union rpc_event_params *p)
{
    c->params_wanted = p->gap_conn_param_update_request.params;
    answer_procedure(c, PROCEDURE_PARAMS, !params_possible(&c->params_wanted));
}

static void on_length_request(struct central_dongle *c, const union rpc_event_params *p)
{
    (void)p;
    answer_procedure(c, PROCEDURE_LENGTH, false);
}

static void on_phy_request(struct central_dongle *c, const union rpc_event_params *p)
{
    (void)p;
    answer_procedure(c, PROCEDURE_PHY, false);
}

static void answer_mtu(struct central_dongle *c, uint16_t mtu)
{
    const struct rpc_gatts_exchange_mtu_reply params = {c->conn, mtu};
    c->mtu_offered = mtu;
    answer(c, RPC_GATTS_EXCHANGE_MTU_REPLY, &params);
}

static void on_mtu_request(struct central_dongle *c, const union rpc_event_params *p)
{
    c->peer_mtu = p->gatts_exchange_mtu_request.client_rx_mtu;
    answer_mtu(c, central_dongle_own_mtu(c));
}

/* The peer's MTU counts once the dongle has taken the answer. */
static void mtu_answered(struct central_dongle *c, uint32_t status)
{
    if (c->state != CENTRAL_LINK_UP)
        return;
    if (status != 0 && c->mtu_offered > CENTRAL_MTU_MIN) {
        central_dongle_note(c, "The dongle refused to offer an MTU of %u (%s); %u is used.",
                            c->mtu_offered, rpc_status_name(dongle_api(c->dongle), status),
                            CENTRAL_MTU_MIN);
        answer_mtu(c, CENTRAL_MTU_MIN);
    } else if (status == 0) {
        uint16_t mtu = c->peer_mtu < c->mtu_offered ? c->peer_mtu : c->mtu_offered;
        c->link.mtu = mtu < CENTRAL_MTU_MIN ? CENTRAL_MTU_MIN : mtu;
        c->mtu_agreed = true;
        c->mtu_answers++;
    }
}

static void on_sys_attr_missing(struct central_dongle *c, const union rpc_event_params *p)
{
    (void)p;
    const struct rpc_gatts_sys_attr_set params = {.conn = c->conn};
    answer(c, RPC_GATTS_SYS_ATTR_SET, &params);
}

static void on_user_mem_request(struct central_dongle *c, const union rpc_event_params *p)
{
    (void)p;
    const struct rpc_user_mem_reply params = {.conn = c->conn};
    answer(c, RPC_USER_MEM_REPLY, &params);
}

static void on_sec_params_request(struct central_dongle *c, const union rpc_event_params *p)
{
    (void)p;
    if (c->security.pairing) {
        c->security.params_wanted = true;
        c->security.steps++;
        return;
    }
    const struct rpc_gap_sec_params_reply params = {
        .conn = c->conn,
        .sec_status = SEC_PAIRING_NOT_SUPPORTED,
        /* v2 would not survive its absence (connectivity-wire section 14, trap 2). */
        .has_keyset = dongle_api(c->dongle) == 2};
    answer(c, RPC_GAP_SEC_PARAMS_REPLY, &params);
}

static void on_sec_info_request(struct central_dongle *c, const union rpc_event_params *p)
{
    (void)p;
    const struct rpc_gap_sec_info_reply params = {.conn = c->conn};
    answer(c, RPC_GAP_SEC_INFO_REPLY, &params);
}

static void on_auth_key_request(struct central_dongle *c, const union rpc_event_params *p)
{
    (void)p;
    const struct rpc_gap_auth_key_reply params = {.conn = c->conn};
    answer(c, RPC_GAP_AUTH_KEY_REPLY, &params);
}

/* Nobody sees it here. */
static void on_passkey_display(struct central_dongle *c, const union rpc_event_params *p)
{
    if (p->gap_passkey_display.match_request != 0)
        on_auth_key_request(c, p);
}

/* ---- Data ---- */

static void on_hvx(struct central_dongle *c, const union rpc_event_params *p)
{
    const struct rpc_event_gattc_hvx *hvx = &p->gattc_hvx;
    if (hvx->gattc.gatt_status != 0)
        return;
    const struct rpc_gattc_hv_confirm params = {c->conn, hvx->handle};
    if (hvx->type == HVX_INDICATION)
        answer(c, RPC_GATTC_HV_CONFIRM, &params);
    if (c->notification_count == CENTRAL_NOTIFICATIONS) {
        nordfu_log(c->log, NORDFU_LOG_WARNING,
                   "A notification on handle 0x%04X is lost: too many wait already.", hvx->handle);
        return;
    }
    size_t last = (c->notification_first + c->notification_count++) % CENTRAL_NOTIFICATIONS;
    struct central_notification *n = &c->notifications[last];
    n->handle = hvx->handle;
    n->size = (uint16_t)(hvx->data.size < sizeof(n->bytes) ? hvx->data.size : sizeof(n->bytes));
    if (n->size > 0)
        memcpy(n->bytes, hvx->data.data, n->size);
}

static void on_write_complete(struct central_dongle *c, const union rpc_event_params *p)
{
    uint8_t count = p->gattc_write_cmd_tx_complete.count;
    c->in_flight = (uint8_t)(count < c->in_flight ? c->in_flight - count : 0);
    c->completions++;
}

static void on_att_timeout(struct central_dongle *c, const union rpc_event_params *p)
{
    (void)p;
    c->att_timed_out = true;
}

/* ---- Dispatch ---- */

enum scope {
    NOT_OURS,  /* dropped */
    OF_DONGLE, /* belongs to no link */
    OF_LINK,   /* dropped unless it names the present link */
};

struct reaction {
    enum scope scope;
    /* NULL: kept for who waits for it */
    void (*react)(struct central_dongle *c, const union rpc_event_params *p);
};

static const struct reaction reactions[RPC_EVENT_COUNT] = {
    [RPC_EVENT_GAP_ADV_REPORT] = {OF_DONGLE, NULL},
    [RPC_EVENT_GAP_CONNECTED] = {OF_DONGLE, on_connected},
    [RPC_EVENT_GAP_TIMEOUT] = {OF_DONGLE, NULL},
    [RPC_EVENT_GAP_DISCONNECTED] = {OF_LINK, on_disconnected},
    [RPC_EVENT_GAP_CONN_PARAM_UPDATE] = {OF_LINK, on_conn_param_update},
    [RPC_EVENT_GAP_CONN_PARAM_UPDATE_REQUEST] = {OF_LINK, on_conn_param_request},
    [RPC_EVENT_GAP_DATA_LENGTH_UPDATE] = {OF_LINK, on_length_update},
    [RPC_EVENT_GAP_DATA_LENGTH_UPDATE_REQUEST] = {OF_LINK, on_length_request},
    [RPC_EVENT_GAP_PHY_UPDATE] = {OF_LINK, on_phy_update},
    [RPC_EVENT_GAP_PHY_UPDATE_REQUEST] = {OF_LINK, on_phy_request},
    [RPC_EVENT_GAP_SEC_REQUEST] = {OF_LINK, central_dongle_on_sec_request},
    [RPC_EVENT_GAP_SEC_PARAMS_REQUEST] = {OF_LINK, on_sec_params_request},
    [RPC_EVENT_GAP_SEC_INFO_REQUEST] = {OF_LINK, on_sec_info_request},
    [RPC_EVENT_GAP_AUTH_KEY_REQUEST] = {OF_LINK, on_auth_key_request},
    [RPC_EVENT_GAP_PASSKEY_DISPLAY] = {OF_LINK, on_passkey_display},
    [RPC_EVENT_GAP_CONN_SEC_UPDATE] = {OF_LINK, central_dongle_on_sec_update},
    [RPC_EVENT_GAP_AUTH_STATUS] = {OF_LINK, central_dongle_on_auth_status},
    [RPC_EVENT_USER_MEM_REQUEST] = {OF_LINK, on_user_mem_request},
    [RPC_EVENT_GATTS_EXCHANGE_MTU_REQUEST] = {OF_LINK, on_mtu_request},
    [RPC_EVENT_GATTS_SYS_ATTR_MISSING] = {OF_LINK, on_sys_attr_missing},
    [RPC_EVENT_GATTC_HVX] = {OF_LINK, on_hvx},
    [RPC_EVENT_GATTC_WRITE_CMD_TX_COMPLETE] = {OF_LINK, on_write_complete},
    [RPC_EVENT_GATTC_TIMEOUT] = {OF_LINK, on_att_timeout},
    [RPC_EVENT_GATTC_PRIM_SRVC_DISC_RSP] = {OF_LINK, NULL},
    [RPC_EVENT_GATTC_CHAR_DISC_RSP] = {OF_LINK, NULL},
    [RPC_EVENT_GATTC_DESC_DISC_RSP] = {OF_LINK, NULL},
    [RPC_EVENT_GATTC_WRITE_RSP] = {OF_LINK, NULL},
    [RPC_EVENT_GATTC_EXCHANGE_MTU_RSP] = {OF_LINK, NULL},
};

/* v6 stands still after every report that is complete. */
static void go_on_scanning(struct central_dongle *c, const struct rpc_event_gap_adv_report *report)
{
    const struct rpc_gap_scan_start params = {.has_buffer = true, .buffer = CENTRAL_SCAN_BUFFER};
    if (c->scanning && c->traits->scan_pauses && report->status != REPORT_MORE_TO_COME)
        answer(c, RPC_GAP_SCAN_START, &params);
}

bool central_dongle_on_event(void *context, const struct dongle_event *event)
{
    struct central_dongle *c = context;
    const struct reaction *reaction = &reactions[event->id];
    bool of_link = c->state == CENTRAL_LINK_UP && event->params.conn == c->conn;
    if (reaction->scope == NOT_OURS || (reaction->scope == OF_LINK && !of_link))
        return true;
    if (event->id == RPC_EVENT_GAP_ADV_REPORT) {
        go_on_scanning(c, &event->params.gap_adv_report);
        return !c->scanning;
    }
    c->events++;
    answer_again(c);
    if (reaction->react == NULL)
        return false;
    reaction->react(c, &event->params);
    return true;
}

void central_dongle_on_posted(void *context, enum rpc_command command, uint32_t status)
{
    struct central_dongle *c = context;
    if (status != 0)
        nordfu_log(c->log, NORDFU_LOG_INFO, "The dongle refused %s: %s.",
                   rpc_command_name(dongle_dialect(c->dongle), command),
                   rpc_status_name(dongle_api(c->dongle), status));
    if (command == RPC_GATTS_EXCHANGE_MTU_REPLY)
        mtu_answered(c, status);
    for (enum procedure i = 0; i < PROCEDURE_COUNT; i++) {
        if (procedures[i].command == command)
            procedure_answered(c, i, status);
    }
}
