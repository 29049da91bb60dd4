/* SPDX-License-Identifier: MIT */
#include "sim/softdevice_security.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/smp.h"

enum {
    COPIES_V2 = 2, /* of keysets that the firmware holds (section 11.8) */
    COPIES = 8,
    SECURITY_TIMED_OUT = 0x01,
    SECURITY_FAILED = 0x80, /* plus the reason of Pairing Failed */
    KEY_MISSING = 0x06,
    REMOTE_USER = 0x13,
    OPEN_LEVEL = 1,
    UNAUTHENTICATED = 2,
    AUTHENTICATED = 3,
    SECURE = 4,
};

/* Which keys the host has room for, of one side. What it sends in their place does not matter and
 * is normally zeros: a key that is not distributed comes back as zeros. */
struct room {
    bool enc, id, sign, pk;
};

struct sd_security {
    struct sd_link *link;
    struct smp *smp;
    sim_timer timer;
    bool waits;      /* for SEC_PARAMS_REPLY */
    bool encrypting; /* with a key of the host's */
    bool finishing;  /* a pairing is over, but for its last PDUs */
    struct smp_result result;
    uint8_t next_level, next_size;
    uint8_t level, key_size; /* in force */
    bool holds;              /* a copy of a keyset */
    struct room own, peer;
};

static uint64_t now(const struct sd_security *s)
{
    return sim_now(s->link->sd->world);
}

/* The pairing's clock */

static void arm(struct sd_security *s);

static void timer_due(void *context)
{
    struct sd_security *s = context;
    s->timer = 0;
    smp_poll(s->smp, now(s));
    arm(s);
}

static void arm(struct sd_security *s)
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
    s->next_level = UNAUTHENTICATED;
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

static void put_side(struct dongle_rpc_values *event, const char *side, const struct room *room,
                     const struct smp_keys *keys, struct air_address *address)
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
    return status == SMP_TIMED_OUT ? SECURITY_TIMED_OUT : (uint8_t)(SECURITY_FAILED + status);
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
    s->level = OPEN_LEVEL;
    return s;
}

static struct smp_address smp_address(const struct air_address *address)
{
    struct smp_address out = {.type = address->type};
    memcpy(out.bytes, address->bytes, sizeof(out.bytes));
    return out;
}

/* A link gets its state when it first needs it; NULL when memory ran out. */
static struct sd_security *security_of(struct sd_link *link)
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
    struct sd_security *s = security_of(link);
    if (s == NULL || link->state != SD_LINK_UP)
        return;
    smp_receive(s->smp, pdu, size, now(s));
    arm(s);
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
    struct sd_security *s = security_of(link);
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
    arm(s);
}

/* Commands */

static uint8_t key_bits(struct sd_call *call, const char *name)
{
    return (uint8_t)((sd_member(call->in, name, "enc") != 0 ? SMP_KEY_ENC : 0) |
                     (sd_member(call->in, name, "id") != 0 ? SMP_KEY_ID : 0));
}

static uint8_t auth_bits(struct sd_call *call)
{
    static const struct {
        const char *name;
        uint8_t bit;
    } bits[] = {
        {"params.flags.bond", SMP_AUTH_BOND},
        {"params.flags.mitm", SMP_AUTH_MITM},
        {"params.flags.lesc", SMP_AUTH_SC},
        {"params.flags.keypress", SMP_AUTH_KEYPRESS},
    };
    uint8_t auth = 0;
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        if (dongle_rpc_number(call->in, bits[i].name) != 0)
            auth |= bits[i].bit;
    return auth;
}

static uint32_t check_params(struct sd_call *call)
{
    int64_t least = dongle_rpc_number(call->in, "params.min_key_size");
    int64_t most = dongle_rpc_number(call->in, "params.max_key_size");
    if (!dongle_rpc_present(call->in, "params"))
        return SD_INVALID_ADDR;
    if (least < 7 || least > most || most > 16 ||
        dongle_rpc_number(call->in, "params.flags.io_caps") > 4)
        return SD_INVALID_PARAM;
    for (int i = 0; i < 2; i++) {
        const char *name = i == 0 ? "params.kdist_own" : "params.kdist_peer";
        if (sd_member(call->in, name, "sign") != 0 || sd_member(call->in, name, "link") != 0)
            return SD_NOT_SUPPORTED;
    }
    return SD_SUCCESS;
}

/* As many links may pair at a time as were configured. */
static bool may_pair(const struct softdevice *sd)
{
    unsigned busy = 0;
    for (size_t i = 0; i < SD_LINKS_MAX; i++)
        busy += sd->links[i].security != NULL && smp_is_busy(sd->links[i].security->smp);
    return busy < sd->config.central_sec;
}

static bool is_busy(const struct sd_security *s)
{
    return s->encrypting || s->finishing || smp_is_busy(s->smp);
}

static uint32_t authenticate(struct sd_call *call)
{
    uint32_t status = check_params(call);
    if (status != SD_SUCCESS)
        return status;
    struct sd_security *s = security_of(call->link);
    if (s == NULL)
        return SD_NO_MEM;
    if (is_busy(s))
        return SD_BUSY;
    if (smp_is_dead(s->smp))
        return SD_TIMEOUT;
    if (!may_pair(call->sd))
        return SD_NO_MEM;
    const struct smp_params params = {
        .io_caps = (uint8_t)dongle_rpc_number(call->in, "params.flags.io_caps"),
        .oob = dongle_rpc_number(call->in, "params.flags.oob") != 0,
        .auth = auth_bits(call),
        .min_key_size = (uint8_t)dongle_rpc_number(call->in, "params.min_key_size"),
        .max_key_size = (uint8_t)dongle_rpc_number(call->in, "params.max_key_size"),
        .initiator_keys = key_bits(call, "params.kdist_own"),
        .responder_keys = key_bits(call, "params.kdist_peer"),
    };
    smp_pair(s->smp, &params, now(s));
    arm(s);
    return SD_SUCCESS;
}

static bool copies_left(const struct softdevice *sd)
{
    unsigned held = 0;
    for (size_t i = 0; i < SD_LINKS_MAX; i++)
        held += sd->links[i].security != NULL && sd->links[i].security->holds;
    return held < (sd->dialect->api == 2 ? COPIES_V2 : COPIES);
}

static struct room room_in(struct sd_call *call, const char *side)
{
    static const char *const keys[4] = {"enc", "id", "sign", "pk"};
    bool there[4];
    for (int i = 0; i < 4; i++) {
        char name[48];
        snprintf(name, sizeof(name), "keyset.%s.%s", side, keys[i]);
        there[i] = dongle_rpc_present(call->in, name);
    }
    return (struct room){there[0], there[1], there[2], there[3]};
}

/* The response repeats the keyset as it was sent. */
static void repeat_keyset(struct sd_call *call)
{
    for (size_t i = 0; i < call->in->count; i++) {
        const struct dongle_rpc_value *value = &call->in->items[i];
        if (strncmp(value->name, "keyset", 6) != 0)
            continue;
        if (value->kind == DONGLE_RPC_BYTES)
            dongle_rpc_put_bytes(call->out, value->name, value->bytes, value->size);
        else
            dongle_rpc_put_kind(call->out, value->name, value->kind, value->number);
    }
}

static uint32_t sec_params_reply(struct sd_call *call)
{
    struct sd_security *s = call->link->security;
    uint8_t refused = (uint8_t)dongle_rpc_number(call->in, "sec_status");
    bool keyset = dongle_rpc_present(call->in, "keyset");
    if (s == NULL || !s->waits)
        return SD_INVALID_STATE;
    if (dongle_rpc_present(call->in, "params") || (refused != 0 && refused <= SECURITY_FAILED))
        return SD_INVALID_PARAM;
    if (keyset && !copies_left(call->sd))
        return SD_NO_MEM;
    s->holds = keyset;
    s->own = room_in(call, "own");
    s->peer = room_in(call, "peer");
    repeat_keyset(call);
    /* v2's firmware can't put this response together (section 14, trap 2). */
    if (!keyset && call->sd->dialect->api == 2)
        call->out->failed = true;
    s->waits = false;
    if (refused != 0)
        smp_abort(s->smp, (uint8_t)(refused - SECURITY_FAILED), now(s));
    else
        smp_go_on(s->smp, now(s));
    arm(s);
    return SD_SUCCESS;
}

static uint32_t encrypt(struct sd_call *call)
{
    if (!dongle_rpc_present(call->in, "master_id") || !dongle_rpc_present(call->in, "enc_info"))
        return SD_INVALID_ADDR;
    int64_t size = dongle_rpc_number(call->in, "enc_info.flags.ltk_len");
    bool auth = dongle_rpc_number(call->in, "enc_info.flags.auth") != 0;
    bool lesc = dongle_rpc_number(call->in, "enc_info.flags.lesc") != 0;
    const struct dongle_rpc_value *ltk = dongle_rpc_find(call->in, "enc_info.ltk");
    const struct dongle_rpc_value *rand = dongle_rpc_find(call->in, "master_id.rand");
    if (size > 16)
        return SD_INVALID_PARAM;
    struct sd_security *s = security_of(call->link);
    if (s == NULL)
        return SD_NO_MEM;
    if (is_busy(s))
        return SD_BUSY;
    /* A length that is too short makes another key of it (section 14, trap 1). */
    uint8_t key[16] = {0};
    memcpy(key, ltk->bytes, (size_t)size);
    s->encrypting = true;
    s->next_level = !auth ? UNAUTHENTICATED : lesc ? SECURE : AUTHENTICATED;
    s->next_size = (uint8_t)size;
    air_encrypt(call->link->air, (uint16_t)dongle_rpc_number(call->in, "master_id.ediv"),
                rand->bytes, key);
    return SD_SUCCESS;
}

static uint32_t conn_sec_get(struct sd_call *call)
{
    const struct sd_security *s = call->link->security;
    if (dongle_rpc_number(call->in, "want_conn_sec") == 0)
        return SD_INVALID_ADDR;
    dongle_rpc_put_kind(call->out, "conn_sec", DONGLE_RPC_STRUCT, 0);
    dongle_rpc_put(call->out, "conn_sec.mode.sm", 1);
    dongle_rpc_put(call->out, "conn_sec.mode.lv", s != NULL ? s->level : OPEN_LEVEL);
    dongle_rpc_put(call->out, "conn_sec.key_size", s != NULL ? s->key_size : 0);
    return SD_SUCCESS;
}

/* The answers to events that never come: no passkeys, no secure connections, no peripheral role. */
static uint32_t nothing_asked(struct sd_call *call)
{
    (void)call;
    return SD_INVALID_STATE;
}

const struct sd_command sd_security_commands[] = {
    {"GAP_AUTHENTICATE", SD_LINK, authenticate},
    {"GAP_SEC_PARAMS_REPLY", SD_LINK, sec_params_reply},
    {"GAP_ENCRYPT", SD_LINK, encrypt},
    {"GAP_CONN_SEC_GET", SD_LINK, conn_sec_get},
    {"GAP_AUTH_KEY_REPLY", SD_LINK, nothing_asked},
    {"GAP_LESC_DHKEY_REPLY", SD_LINK, nothing_asked},
    {"GAP_SEC_INFO_REPLY", SD_LINK, nothing_asked},
    {NULL, SD_ALWAYS, NULL},
};
