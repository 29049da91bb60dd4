/* SPDX-License-Identifier: MIT */
#include "sim/softdevice_security.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECURITY_TIMED_OUT = 0x01,
    KEY_MISSING = 0x06,
    REMOTE_USER = 0x13,
};

static uint64_t now(const struct sd_security *s)
{
    return sim_now(s->link->sd->world);
}

/* The pairing's clock */

static void timer_due(void *context)
{
    struct sd_security *s = context;
    s->timer = 0;
    smp_poll(s->smp, now(s));
    sd_security_arm(s);
}

void sd_security_arm(struct sd_security *s)
{
    struct sim_world *world = s->link->sd->world;
    uint64_t deadline = smp_deadline(s->smp);
    sim_cancel(world, &s->timer);
    if (deadline != UINT64_MAX)
        s->timer = sim_at(world, deadline, timer_due, s);
}

/* What pairing needs */

static void pairing_sends(void *context, const uint8_t *pdu, size_t size)
{
    struct sd_security *s = context;
    air_send_smp(s->link->air, AIR_CENTRAL, pdu, size);
}

static void fill(struct sim_world *world, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)sim_random(world, 256);
}

static void pairing_random(void *context, uint8_t *out, size_t size)
{
    struct sd_security *s = context;
    fill(s->link->sd->world, out, size);
}

/* The identity resolving key is the chip's, and as old as it. */
static void pairing_identity(void *context, uint8_t irk[16], struct smp_address *address)
{
    struct sd_security *s = context;
    struct softdevice *sd = s->link->sd;
    if (!sd->has_irk)
        fill(sd->world, sd->irk, sizeof(sd->irk));
    sd->has_irk = true;
    memcpy(irk, sd->irk, sizeof(sd->irk));
    address->type = sd->address.type;
    memcpy(address->bytes, sd->address.bytes, sizeof(address->bytes));
}

static void put_keys(struct dongle_rpc_values *event, uint8_t keys, const char *name)
{
    sd_put(event, (keys & SMP_KEY_ENC) != 0, "%s.enc", name);
    sd_put(event, (keys & SMP_KEY_ID) != 0, "%s.id", name);
    sd_put(event, (keys & SMP_KEY_SIGN) != 0, "%s.sign", name);
}

static void pairing_answered(void *context, const struct smp_params *theirs)
{
    struct sd_security *s = context;
    struct dongle_rpc_values *event = sd_event_on(s->link);
    s->waits = true;
    dongle_rpc_put(event, "params.flags.bond", (theirs->auth & SMP_AUTH_BOND) != 0);
    dongle_rpc_put(event, "params.flags.mitm", (theirs->auth & SMP_AUTH_MITM) != 0);
    dongle_rpc_put(event, "params.flags.lesc", (theirs->auth & SMP_AUTH_SC) != 0);
    dongle_rpc_put(event, "params.flags.keypress", (theirs->auth & SMP_AUTH_KEYPRESS) != 0);
    dongle_rpc_put(event, "params.flags.io_caps", theirs->io_caps);
    dongle_rpc_put(event, "params.flags.oob", theirs->oob);
    dongle_rpc_put(event, "params.min_key_size", 7);
    dongle_rpc_put(event, "params.max_key_size", theirs->max_key_size);
    put_keys(event, theirs->responder_keys, "params.kdist_own");
    put_keys(event, theirs->initiator_keys, "params.kdist_peer");
    sd_event_send(s->link->sd, "GAP_SEC_PARAMS_REQUEST", NULL);
}

static void pairing_asked(void *context, uint8_t auth)
{
    struct sd_security *s = context;
    struct dongle_rpc_values *event = sd_event_on(s->link);
    dongle_rpc_put(event, "request.bond", (auth & SMP_AUTH_BOND) != 0);
    dongle_rpc_put(event, "request.mitm", (auth & SMP_AUTH_MITM) != 0);
    dongle_rpc_put(event, "request.lesc", (auth & SMP_AUTH_SC) != 0);
    dongle_rpc_put(event, "request.keypress", (auth & SMP_AUTH_KEYPRESS) != 0);
    sd_event_send(s->link->sd, "GAP_SEC_REQUEST", NULL);
}

static void pairing_encrypts(void *context, const uint8_t key[16], uint8_t key_size)
{
    static const uint8_t none[8];
    struct sd_security *s = context;
    s->next_level = SD_LEVEL_UNAUTHENTICATED;
    s->next_size = key_size;
    air_encrypt(s->link->air, 0, none, key);
}

/* How a pairing ends */

static void put_bytes(struct dongle_rpc_values *event, const char *side, const char *what,
                      const void *bytes, size_t size)
{
    char name[48];
    snprintf(name, sizeof(name), "keyset.%s.%s", side, what);
    dongle_rpc_put_bytes(event, name, bytes, size);
}

static void put_structure(struct dongle_rpc_values *event, const char *side, const char *what)
{
    char name[48];
    snprintf(name, sizeof(name), "keyset.%s%s%s", side, what[0] != 0 ? "." : "", what);
    dongle_rpc_put_kind(event, name, DONGLE_RPC_STRUCT, 0);
}

static void put_encryption_key(struct dongle_rpc_values *event, const char *side,
                               const struct smp_keys *keys)
{
    if (!(keys->which & SMP_KEY_ENC))
        return;
    put_bytes(event, side, "enc.enc_info.ltk", keys->ltk, 16);
    sd_put(event, keys->key_size, "keyset.%s.enc.enc_info.flags.ltk_len", side);
    sd_put(event, keys->ediv, "keyset.%s.enc.master_id.ediv", side);
    put_bytes(event, side, "enc.master_id.rand", keys->rand, 8);
}

/* The event keeps a pointer to `address`. */
static void put_identity(struct dongle_rpc_values *event, const char *side,
                         const struct smp_keys *keys, struct air_address *address)
{
    char name[48];
    if (!(keys->which & SMP_KEY_ID))
        return;
    address->type = keys->identity.type;
    memcpy(address->bytes, keys->identity.bytes, sizeof(address->bytes));
    put_bytes(event, side, "id.irk", keys->irk, 16);
    snprintf(name, sizeof(name), "keyset.%s.id.addr", side);
    sd_address_put(event, name, address);
}

static void put_side(struct dongle_rpc_values *event, const char *side,
                     const struct sd_key_room *room, const struct smp_keys *keys,
                     struct air_address *address)
{
    static const uint8_t none[64];
    put_structure(event, side, "");
    if (room->enc) {
        put_structure(event, side, "enc");
        put_encryption_key(event, side, keys);
    }
    if (room->id) {
        put_structure(event, side, "id");
        put_identity(event, side, keys, address);
    }
    if (room->sign)
        put_bytes(event, side, "sign", keys->csrk, 16);
    if (room->pk)
        put_bytes(event, side, "pk", none, sizeof(none));
}

static uint8_t security_status(uint8_t status)
{
    if (status == SMP_SUCCESS)
        return 0;
    return status == SMP_TIMED_OUT ? SECURITY_TIMED_OUT : (uint8_t)(SD_SECURITY_FAILED + status);
}

static void tell_status(struct sd_security *s)
{
    const struct smp_result *result = &s->result;
    struct dongle_rpc_values *event = sd_event_on(s->link);
    struct air_address own, peer; /* the event is sent before they are gone */
    bool good = result->status == SMP_SUCCESS;
    s->finishing = false;
    dongle_rpc_put(event, "auth_status", security_status(result->status));
    dongle_rpc_put(event, "flags.error_src", result->by_peer);
    dongle_rpc_put(event, "flags.bonded", result->bonded);
    dongle_rpc_put(event, "sm1.lv1", good);
    dongle_rpc_put(event, "sm1.lv2", good);
    put_keys(event, result->own.which, "kdist_own");
    put_keys(event, result->peer.which, "kdist_peer");
    if (s->holds) {
        dongle_rpc_put_kind(event, "keyset", DONGLE_RPC_STRUCT, 0);
        put_side(event, "own", &s->own, &result->own, &own);
        put_side(event, "peer", &s->peer, &result->peer, &peer);
    }
    s->holds = false;
    sd_event_send(s->link->sd, "GAP_AUTH_STATUS", NULL);
}

/* The host hears of success when the peer has the keys. */
static void pairing_over(void *context, const struct smp_result *result)
{
    struct sd_security *s = context;
    s->waits = false;
    s->result = *result;
    s->finishing = result->status == SMP_SUCCESS && air_queued_smp(s->link->air, AIR_CENTRAL) > 0;
    if (!s->finishing)
        tell_status(s);
}

/* Lifetime */

static struct sd_security *make(struct sd_link *link)
{
    static const struct smp_config config = {.role = SMP_INITIATOR};
    static const struct smp_ops ops = {
        .send = pairing_sends,
        .random = pairing_random,
        .identity = pairing_identity,
        .answered = pairing_answered,
        .asked = pairing_asked,
        .encrypt = pairing_encrypts,
        .over = pairing_over,
    };
    struct sd_security *s = calloc(1, sizeof(*s));
    if (s != NULL)
        s->smp = smp_new(&config, &ops, s);
    if (s == NULL || s->smp == NULL) {
        free(s);
        sim_world_fail(link->sd->world);
        return NULL;
    }
    s->link = link;
    s->level = SD_LEVEL_OPEN;
    return s;
}

static struct smp_address smp_address(const struct air_address *address)
{
    struct smp_address out = {.type = address->type};
    memcpy(out.bytes, address->bytes, sizeof(out.bytes));
    return out;
}

struct sd_security *sd_security_of(struct sd_link *link)
{
    struct air_link_state state;
    if (link->security != NULL)
        return link->security;
    struct sd_security *s = make(link);
    if (s == NULL)
        return NULL;
    air_link_get(link->air, &state);
    struct smp_address central = smp_address(&state.central);
    struct smp_address peripheral = smp_address(&state.peripheral);
    smp_link(s->smp, &central, &peripheral);
    link->security = s;
    return s;
}

void sd_security_drop(struct sd_link *link)
{
    struct sd_security *s = link->security;
    link->security = NULL;
    if (s == NULL)
        return;
    sim_cancel(link->sd->world, &s->timer);
    smp_free(&s->smp);
    free(s);
}

/* What the link brings */

void sd_security_receive(struct sd_link *link, const uint8_t *pdu, size_t size)
{
    struct sd_security *s = sd_security_of(link);
    if (s == NULL || link->state != SD_LINK_UP)
        return;
    smp_receive(s->smp, pdu, size, now(s));
    sd_security_arm(s);
}

void sd_security_sent(struct sd_link *link)
{
    if (link->security != NULL && link->security->finishing && link->state == SD_LINK_UP)
        tell_status(link->security);
}

/* The peripheral has no key: the SoftDevice gives the link up. */
static void key_missing(struct sd_link *link)
{
    link->state = SD_LINK_CLOSING;
    link->close_reason = KEY_MISSING;
    air_disconnect(link->air, AIR_CENTRAL, REMOTE_USER);
}

void sd_security_encrypted(struct sd_link *link, uint8_t status)
{
    struct sd_security *s = sd_security_of(link);
    if (s == NULL || link->state != SD_LINK_UP)
        return;
    bool pairing = !s->encrypting;
    s->encrypting = false;
    if (status != 0) {
        key_missing(link);
        return;
    }
    s->level = s->next_level;
    s->key_size = s->next_size;
    struct dongle_rpc_values *event = sd_event_on(link);
    dongle_rpc_put(event, "conn_sec.mode.sm", 1);
    dongle_rpc_put(event, "conn_sec.mode.lv", s->level);
    dongle_rpc_put(event, "conn_sec.key_size", s->key_size);
    sd_event_send(link->sd, "GAP_CONN_SEC_UPDATE", NULL);
    if (pairing)
        smp_encrypted(s->smp, now(s));
    sd_security_arm(s);
}
