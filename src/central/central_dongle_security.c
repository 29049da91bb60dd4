/* SPDX-License-Identifier: MIT
 * Pairing and encryption on the dongle central (connectivity-wire 8.2, 10.5, 11.8). The keys are
 * the caller's; none stays here, and none is logged. */
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "central/central_dongle.h"
#include "dongle/rpc_names.h"

/* For the peer to look up its key; the procedure itself would wait for 40 s. */
#define ENCRYPT_TIME (10 * NORDFU_SECOND)
#define FINISH_TIME  (2 * NORDFU_SECOND) /* for a pairing that was cancelled too late */

#define KEY_SIZE_MIN    7
#define KEY_SIZE_MAX    16
#define IO_CAPS_NONE    3
#define LEVEL_ENCRYPTED 2 /* of security mode 1 */

#define PAIRING_NOT_SUPPORTED 0x85
#define ADDRESS_UNKNOWN       0xFF /* as the type of an address */

/* Reasons of the end of a link that say something about keys. */
enum {
    HCI_AUTHENTICATION_FAILURE = 0x05,
    HCI_KEY_MISSING = 0x06,
    HCI_PEER_ENDED = 0x13,
    HCI_WRONG_KEY = 0x3D,
};

/* ---- The dongle's own address ---- */

static int address_refused(const struct central_dongle *c, const char *what, uint32_t status,
                           struct nordfu_error *error)
{
    return nordfu_error_from(error, NORDFU_ERR_DONGLE, NORDFU_SPEAKER_SOFTDEVICE, status,
                             "The dongle on %s refused to %s: %s (0x%02X). Unplug it, plug it in "
                             "and try again.",
                             dongle_name(c->dongle), what,
                             rpc_status_name(dongle_api(c->dongle), status), (unsigned)status);
}

/* Reads the address once, before anything can have changed it. */
static int learn_address(struct central_dongle *c, struct nordfu_error *error)
{
    const struct rpc_gap_addr_get params = {.want_addr = true};
    union rpc_response_params results;
    uint32_t status = 0;
    if (c->security.address_known)
        return 0;
    int rc = dongle_call(c->dongle, RPC_GAP_ADDR_GET, &params, &status, &results,
                         dongle_now(c->dongle) + CENTRAL_CALL_TIME, error);
    if (rc != 0)
        return rc;
    if (status != 0)
        return address_refused(c, "tell its address", status, error);
    c->security.factory = c->security.own = results.gap_addr_get.addr;
    c->security.address_known = true;
    return 0;
}

static int set_address(struct central_dongle *c, const struct rpc_addr *address,
                       struct nordfu_error *error)
{
    const struct rpc_gap_addr_set params = {.has_addr = true, .addr = *address};
    const struct rpc_addr before = c->security.own;
    struct nordfu_address own = {.type = address->type};
    char text[NORDFU_ADDRESS_TEXT], what[96];
    uint32_t status = 0;
    if (memcmp(address->addr, before.addr, sizeof(before.addr)) == 0 &&
        address->type == before.type)
        return 0;
    /* A call that is cancelled may have its effect all the same. */
    c->security.own.type = ADDRESS_UNKNOWN;
    int rc = dongle_call(c->dongle, RPC_GAP_ADDR_SET, &params, &status, NULL,
                         dongle_now(c->dongle) + CENTRAL_CALL_TIME, error);
    if (rc != 0)
        return rc;
    c->security.own = status == 0 ? *address : before;
    memcpy(own.bytes, address->addr, sizeof(own.bytes));
    nordfu_address_format(&own, text);
    snprintf(what, sizeof(what), "take the address %s%s", text,
             c->wish.bond != NULL ? ", which the device knows it by" : " again");
    if (status != 0)
        return address_refused(c, what, status, error);
    nordfu_log(c->log, NORDFU_LOG_INFO, "The dongle's address is %s now.", text);
    return 0;
}

int central_dongle_take_address(struct central_dongle *c, struct nordfu_error *error)
{
    const struct nordfu_bond *bond = c->wish.bond;
    /* As long as it was never asked for it was never changed either. */
    if (bond == NULL && !c->security.address_known)
        return 0;
    int rc = learn_address(c, error);
    if (rc != 0)
        return rc;
    struct rpc_addr wanted = c->security.factory;
    if (bond != NULL) {
        wanted = (struct rpc_addr){.type = bond->own.type};
        memcpy(wanted.addr, bond->own.bytes, sizeof(wanted.addr));
    }
    return set_address(c, &wanted, error);
}

/* ---- Events ---- */

/* Whoever has a bond with the peer encrypts without being asked; nobody else pairs because the
 * peer would like to. It goes on without an answer. */
void central_dongle_on_sec_request(struct central_dongle *c, const union rpc_event_params *p)
{
    (void)p;
    nordfu_log(c->log, NORDFU_LOG_INFO, "%s asks for %s; left unanswered.",
               central_dongle_peer_text(c).text,
               c->link.encrypted ? "more security than there is" : "security");
}

void central_dongle_on_sec_update(struct central_dongle *c, const union rpc_event_params *p)
{
    const struct rpc_conn_sec *sec = &p->gap_conn_sec_update.conn_sec;
    c->link.encrypted = sec->sm == 1 && sec->lv >= LEVEL_ENCRYPTED;
    c->security.steps++;
    nordfu_log(c->log, NORDFU_LOG_INFO, "The link to %s is %s.", central_dongle_peer_text(c).text,
               c->link.encrypted ? "encrypted" : "not encrypted");
}

void central_dongle_on_auth_status(struct central_dongle *c, const union rpc_event_params *p)
{
    if (!c->security.pairing)
        return;
    c->security.outcome = p->gap_auth_status;
    c->security.finished = true;
    c->security.steps++;
}

/* ---- Encryption ---- */

static int bond_lost(const struct central_dongle *c, uint8_t reason, struct nordfu_error *error)
{
    struct central_text peer = central_dongle_peer_text(c);
    return nordfu_error_from(
        error, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, reason,
        "The device %s %s (HCI 0x%02X). Delete the bond with `nordfu bond remove %s` and pair "
        "again; the device may have to delete its own bonds first.",
        peer.text,
        reason == HCI_WRONG_KEY ? "has another key than the bond that was kept"
                                : "has lost the bond that was kept",
        reason, peer.text);
}

static bool link_lost(const struct central_dongle *c, uint8_t reason)
{
    return c->state == CENTRAL_LINK_LOST && c->reason == reason;
}

static bool link_lost_by_key(const struct central_dongle *c)
{
    return link_lost(c, HCI_AUTHENTICATION_FAILURE) || link_lost(c, HCI_KEY_MISSING) ||
           link_lost(c, HCI_WRONG_KEY);
}

static int ask_for_encryption(struct central_dongle *c, uint64_t deadline,
                              struct nordfu_error *error)
{
    const struct nordfu_bond *bond = c->wish.bond;
    struct rpc_gap_encrypt params = {
        .conn = c->conn,
        .has_master_id = true,
        .master_id.ediv = bond->ediv,
        .has_enc_info = true,
        .enc_info = {.lesc = bond->lesc, .auth = bond->authenticated, .ltk_len = bond->ltk_size}};
    memcpy(params.master_id.rand, bond->rand, sizeof(params.master_id.rand));
    memcpy(params.enc_info.ltk, bond->ltk, sizeof(params.enc_info.ltk));
    uint32_t status = 0;
    int rc = central_dongle_call(c, RPC_GAP_ENCRYPT, &params, &status, deadline, error);
    crypto_wipe(&params, sizeof(params));
    if (rc == 0 && status != 0)
        return central_dongle_refused(c, "encrypt the link to", status, error);
    return rc;
}

int central_dongle_encrypt(struct central_dongle *c, uint64_t deadline, struct nordfu_error *error)
{
    if (c->wish.bond == NULL)
        return 0;
    uint32_t before = c->security.steps;
    uint64_t limit = central_dongle_earlier(deadline, dongle_now(c->dongle) + ENCRYPT_TIME);
    int rc = ask_for_encryption(c, limit, error);
    if (rc == 0)
        rc = central_dongle_await_change(c, &c->security.steps, before, limit, error);
    if (rc == NORDFU_ERR_LINK && link_lost_by_key(c))
        return bond_lost(c, c->reason, error);
    if (rc == NORDFU_ERR_TIMEOUT)
        return nordfu_error_set(error, NORDFU_ERR_TIMEOUT,
                                "The device %s did not say in time whether it goes along with "
                                "encrypting the link.",
                                central_dongle_peer_text(c).text);
    if (rc == 0 && !c->link.encrypted)
        return bond_lost(c, HCI_KEY_MISSING, error);
    return rc;
}

/* ---- Pairing ---- */

static const struct {
    uint8_t status;
    const char *advice;
} advices[] = {
    {0x01, "Bring it closer and try again."},
    {0x81, "It wants a passkey, which can't be given here."},
    {0x82, "It wants data by another way than radio, which can't be given here."},
    {0x83, "It wants a passkey or other proof, which can't be given here."},
    {PAIRING_NOT_SUPPORTED,
     "It is bonded already, with another central, or with this one and the bond was deleted here "
     "only: use the computer and the dongle that it is bonded with, or delete the bonds on the "
     "device."},
    {0x89, "Wait a minute and try again."},
};

static const char *advice_for(uint8_t status)
{
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
        if (advices[i].status == status)
            return advices[i].advice;
    }
    return "Restart the device and try again.";
}

static int pairing_failed(const struct central_dongle *c, struct nordfu_error *error)
{
    const struct rpc_event_gap_auth_status *outcome = &c->security.outcome;
    uint8_t status = outcome->auth_status;
    return nordfu_error_from(error, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, status,
                             "Pairing with the device %s failed, as %s said: %s (0x%02X). %s",
                             central_dongle_peer_text(c).text,
                             outcome->error_src == 0 ? "the dongle" : "the device",
                             rpc_security_status_text(status), status, advice_for(status));
}

static int pairing_cut_off(const struct central_dongle *c, struct nordfu_error *error)
{
    return nordfu_error_from(error, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, c->reason,
                             "The device %s ended the link instead of pairing: %s (HCI 0x%02X). %s",
                             central_dongle_peer_text(c).text, rpc_hci_text(c->reason), c->reason,
                             advice_for(PAIRING_NOT_SUPPORTED));
}

static int ask_for_pairing(struct central_dongle *c, uint64_t deadline, struct nordfu_error *error)
{
    /* Identities go both ways: a bonded bootloader lets only those in whose identity it knows. */
    const struct rpc_gap_authenticate params = {.conn = c->conn,
                                                .has_params = true,
                                                .params = {.bond = 1,
                                                           .io_caps = IO_CAPS_NONE,
                                                           .min_key_size = KEY_SIZE_MIN,
                                                           .max_key_size = KEY_SIZE_MAX,
                                                           .kdist_own = RPC_KEY_ENC | RPC_KEY_ID,
                                                           .kdist_peer = RPC_KEY_ENC | RPC_KEY_ID}};
    uint32_t status = 0;
    int rc = central_dongle_call(c, RPC_GAP_AUTHENTICATE, &params, &status, deadline, error);
    if (rc == 0 && status != 0)
        return central_dongle_refused(c, "pair with", status, error);
    return rc;
}

/* Goes along with what the peer chose, and says which keys there is room for. */
static int accept_params(struct central_dongle *c, uint64_t deadline, struct nordfu_error *error)
{
    const struct rpc_gap_sec_params_reply params = {
        .conn = c->conn,
        .has_keyset = true,
        .keyset = {.own = {.has_enc = true, .has_id = true},
                   .peer = {.has_enc = true, .has_id = true}}};
    uint32_t status = 0;
    c->security.params_wanted = false;
    c->security.agreed = true;
    int rc = central_dongle_call(c, RPC_GAP_SEC_PARAMS_REPLY, &params, &status, deadline, error);
    if (rc == 0 && status != 0)
        return central_dongle_refused(c, "pair with", status, error);
    return rc;
}

/* Both the outcome and, if that is a good one, the encryption are known. */
static bool is_paired(const struct central_dongle *c)
{
    return c->security.finished && (c->security.outcome.auth_status != 0 || c->link.encrypted);
}

/* The peer may have its half of the bond already, and would never again pair with somebody who has
 * lost the other. So a cancellation waits for the outcome; a good one counts, and the next call is
 * cancelled instead. */
static int see_pairing_through(struct central_dongle *c, struct nordfu_error *error)
{
    uint64_t limit = dongle_now(c->dongle) + FINISH_TIME;
    int rc = 0;
    dongle_ignore_cancel(c->dongle, true);
    while (rc == 0 && !c->security.finished)
        rc = central_dongle_await_change(c, &c->security.steps, c->security.steps, limit, NULL);
    dongle_ignore_cancel(c->dongle, false);
    if (c->security.finished && c->security.outcome.auth_status == 0)
        return 0;
    return nordfu_error_set(error, NORDFU_ERR_CANCELLED, "Cancelled.");
}

static int run_pairing(struct central_dongle *c, uint64_t deadline, struct nordfu_error *error)
{
    uint32_t before = c->security.steps;
    int rc = ask_for_pairing(c, deadline, error);
    while (rc == 0 && !is_paired(c)) {
        rc = central_dongle_await_change(c, &c->security.steps, before, deadline, error);
        before = c->security.steps;
        if (rc == 0 && c->security.params_wanted)
            rc = accept_params(c, deadline, error);
    }
    if (rc == NORDFU_ERR_CANCELLED && c->security.agreed)
        return see_pairing_through(c, error);
    /* That counts more than a link lost behind it, or a dongle that has nothing to answer any more.
     */
    if (c->security.finished && c->security.outcome.auth_status != 0)
        return pairing_failed(c, error);
    if (rc == NORDFU_ERR_LINK && (link_lost_by_key(c) || link_lost(c, HCI_PEER_ENDED)))
        return pairing_cut_off(c, error);
    return rc;
}

static void copy_address(struct nordfu_address *to, const struct rpc_addr *from)
{
    to->type = from->type;
    memcpy(to->bytes, from->addr, sizeof(to->bytes));
}

/* Makes the bond of what the peer distributed. */
static int keep_keys(struct central_dongle *c, struct nordfu_bond *bond, struct nordfu_error *error)
{
    const struct rpc_event_gap_auth_status *outcome = &c->security.outcome;
    const struct rpc_sec_keys *keys = &outcome->keyset.peer;
    const struct rpc_enc_info *enc = &keys->enc.enc_info;
    bool has_key = outcome->bonded != 0 && outcome->has_keyset && keys->has_enc &&
                   (outcome->kdist_peer & RPC_KEY_ENC) != 0 && enc->ltk_len >= KEY_SIZE_MIN &&
                   enc->ltk_len <= KEY_SIZE_MAX;
    if (!has_key)
        return nordfu_error_from(error, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, 0,
                                 "The device %s paired, but gave no key to keep: its firmware does "
                                 "not bond.",
                                 central_dongle_peer_text(c).text);
    bond->peer = c->link.address;
    copy_address(&bond->own, &c->security.own);
    memcpy(bond->ltk, enc->ltk, sizeof(bond->ltk));
    bond->ltk_size = enc->ltk_len;
    bond->authenticated = enc->auth != 0;
    bond->lesc = enc->lesc != 0;
    bond->ediv = keys->enc.master_id.ediv;
    memcpy(bond->rand, keys->enc.master_id.rand, sizeof(bond->rand));
    bond->has_identity = keys->has_id && (outcome->kdist_peer & RPC_KEY_ID) != 0;
    if (bond->has_identity) {
        copy_address(&bond->identity, &keys->id.addr);
        memcpy(bond->irk, keys->id.irk, sizeof(bond->irk));
    }
    return 0;
}

int central_dongle_pair(struct nordfu_central *self, struct nordfu_bond *bond, uint64_t deadline,
                        struct nordfu_error *error)
{
    struct central_dongle *c = (struct central_dongle *)self;
    *bond = (struct nordfu_bond){0};
    int rc = central_dongle_check(c, error);
    if (rc == 0)
        rc = learn_address(c, error);
    if (rc != 0)
        return rc;
    c->security.params_wanted = c->security.agreed = c->security.finished = false;
    c->security.pairing = true;
    rc = run_pairing(c, deadline, error);
    c->security.pairing = false;
    if (rc == 0)
        rc = keep_keys(c, bond, error);
    crypto_wipe(&c->security.outcome, sizeof(c->security.outcome));
    return rc;
}
