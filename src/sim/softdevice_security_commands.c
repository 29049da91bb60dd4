/* SPDX-License-Identifier: MIT */
#include "sim/softdevice_security.h"

#include <stdio.h>
#include <string.h>

enum {
    COPIES_V2 = 2, /* of keysets that the firmware holds (section 11.8) */
    COPIES = 8,
};

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
    struct sd_security *s = sd_security_of(call->link);
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
    smp_pair(s->smp, &params, sim_now(call->sd->world));
    sd_security_arm(s);
    return SD_SUCCESS;
}

static bool copies_left(const struct softdevice *sd)
{
    unsigned held = 0;
    for (size_t i = 0; i < SD_LINKS_MAX; i++)
        held += sd->links[i].security != NULL && sd->links[i].security->holds;
    return held < (sd->dialect->api == 2 ? COPIES_V2 : COPIES);
}

static struct sd_key_room room_in(struct sd_call *call, const char *side)
{
    static const char *const keys[4] = {"enc", "id", "sign", "pk"};
    bool there[4];
    for (int i = 0; i < 4; i++) {
        char name[48];
        snprintf(name, sizeof(name), "keyset.%s.%s", side, keys[i]);
        there[i] = dongle_rpc_present(call->in, name);
    }
    return (struct sd_key_room){there[0], there[1], there[2], there[3]};
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
    if (dongle_rpc_present(call->in, "params") || (refused != 0 && refused <= SD_SECURITY_FAILED))
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
        smp_abort(s->smp, (uint8_t)(refused - SD_SECURITY_FAILED), sim_now(call->sd->world));
    else
        smp_go_on(s->smp, sim_now(call->sd->world));
    sd_security_arm(s);
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
    struct sd_security *s = sd_security_of(call->link);
    if (s == NULL)
        return SD_NO_MEM;
    if (is_busy(s))
        return SD_BUSY;
    /* A length that is too short makes another key of it (section 14, trap 1). */
    uint8_t key[16] = {0};
    memcpy(key, ltk->bytes, (size_t)size);
    s->encrypting = true;
    s->next_level = !auth  ? SD_LEVEL_UNAUTHENTICATED
                    : lesc ? SD_LEVEL_SECURE
                           : SD_LEVEL_AUTHENTICATED;
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
    dongle_rpc_put(call->out, "conn_sec.mode.lv", s != NULL ? s->level : SD_LEVEL_OPEN);
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
