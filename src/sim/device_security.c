/*
 * SPDX-License-Identifier: MIT
 * A device's pairing, bonds and keys: those of the application, and what its bootloader knows of
 * them (dfu-protocol.md D.2).
 */
#include <string.h>

#include "sim/device_internal.h"

#define FIRST_OWN_HANDLE 0x0Eu /* behind GAP and GATT with Service Changed */

bool device_is_bonded_bootloader(const struct sim_device *d)
{
    return d->security.guards;
}

void device_security_boot(struct sim_device *d)
{
    d->security.guards = d->mode == SIM_MODE_BOOTLOADER && d->security.handed.used;
}

static bool pairs(const struct sim_device *d)
{
    return d->mode == SIM_MODE_APPLICATION && d->config.buttonless == SIM_BUTTONLESS_BONDED;
}

static struct smp_address smp_address(const struct air_address *address)
{
    struct smp_address out = {.type = address->type};
    memcpy(out.bytes, address->bytes, sizeof(out.bytes));
    return out;
}

/* Whose address that is: by itself or by the key it was made with. */
static bool belongs(const struct device_bond *bond, const struct smp_address *address)
{
    bool same = bond->address.type == address->type &&
                memcmp(bond->address.bytes, address->bytes, sizeof(address->bytes)) == 0;
    return bond->used &&
           (same || ((bond->peer.which & SMP_KEY_ID) && smp_resolves(bond->peer.irk, address)));
}

static struct device_bond *bond_of_central(struct sim_device *d)
{
    struct device_security *s = &d->security;
    for (size_t i = 0; i < SIM_BONDS_MAX; i++)
        if (belongs(&s->bonds[i], &s->central))
            return &s->bonds[i];
    return NULL;
}

size_t sim_device_bonds(const struct sim_device *d)
{
    size_t count = 0;
    for (size_t i = 0; i < SIM_BONDS_MAX; i++)
        count += d->security.bonds[i].used;
    return count;
}

void sim_device_forget_bonds(struct sim_device *d)
{
    struct device_security *s = &d->security;
    memset(s->bonds, 0, sizeof(s->bonds));
    s->handed = (struct device_bond){0};
    s->bond = s->next = NULL;
}

/* The pairing's clock */

static void arm(struct sim_device *d);

static void timer_due(void *context)
{
    struct sim_device *d = context;
    d->security.timer = 0;
    smp_poll(d->security.smp, sim_now(d->world));
    arm(d);
}

static void arm(struct sim_device *d)
{
    struct device_security *s = &d->security;
    uint64_t deadline = smp_deadline(s->smp);
    sim_cancel(d->world, &s->timer);
    if (deadline != UINT64_MAX)
        s->timer = sim_at(d->world, deadline, timer_due, d);
}

/* What pairing needs */

static void pairing_sends(void *context, const uint8_t *pdu, size_t size)
{
    struct sim_device *d = context;
    if (d->link != NULL)
        air_send_smp(d->link, AIR_PERIPHERAL, pdu, size);
}

static void pairing_random(void *context, uint8_t *out, size_t size)
{
    struct sim_device *d = context;
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)sim_random(d->world, 256);
}

static void pairing_identity(void *context, uint8_t irk[16], struct smp_address *address)
{
    struct sim_device *d = context;
    struct device_security *s = &d->security;
    if (!s->has_irk)
        pairing_random(d, s->irk, sizeof(s->irk));
    s->has_irk = true;
    memcpy(irk, s->irk, sizeof(s->irk));
    *address = smp_address(&d->config.address);
}

static size_t room_for_bonds(const struct sim_device *d)
{
    size_t room = d->config.bonds != 0 ? d->config.bonds : 1;
    return room < SIM_BONDS_MAX ? room : SIM_BONDS_MAX;
}

/* Whoever has no bond may pair while there is room; who has one must not, as the SDK's examples
 * have it: the application would lose it to anybody with that address. */
static uint8_t pairing_accepts(void *context, const struct smp_params *theirs,
                               struct smp_params *own)
{
    struct sim_device *d = context;
    const struct device_bond *known = bond_of_central(d);
    (void)theirs;
    bool room = known != NULL ? d->config.repairing : sim_device_bonds(d) < room_for_bonds(d);
    *own = (struct smp_params){
        .io_caps = SMP_NO_INPUT_NO_OUTPUT,
        .auth = SMP_AUTH_BOND,
        .min_key_size = 7,
        .max_key_size = 16,
        .initiator_keys = SMP_KEY_ENC | SMP_KEY_ID,
        .responder_keys = SMP_KEY_ENC | SMP_KEY_ID,
    };
    if (pairs(d) && d->config.refuse_pairing != 0)
        return d->config.refuse_pairing;
    return pairs(d) && room ? 0 : SMP_NOT_SUPPORTED;
}

static void keep_bond(struct sim_device *d, const struct smp_result *result)
{
    struct device_security *s = &d->security;
    struct device_bond *bond = bond_of_central(d);
    for (size_t i = 0; bond == NULL && i < SIM_BONDS_MAX; i++)
        if (!s->bonds[i].used)
            bond = &s->bonds[i];
    if (bond == NULL)
        return;
    bool identified = (result->peer.which & SMP_KEY_ID) != 0;
    *bond = (struct device_bond){
        .used = true,
        .own = result->own,
        .peer = result->peer,
        .address = identified ? result->peer.identity : s->central,
    };
    s->bond = bond;
    device_security_subscribed(d);
}

static void pairing_over(void *context, const struct smp_result *result)
{
    struct sim_device *d = context;
    sim_log(d->world, "device.pairing", "device=%s status=%02x by_peer=%d bonded=%d", d->label,
            (unsigned)result->status, result->by_peer, result->bonded);
    if (result->bonded && (result->own.which & SMP_KEY_ENC))
        keep_bond(d, result);
}

bool device_security_build(struct sim_device *d)
{
    static const struct smp_config config = {.role = SMP_RESPONDER};
    static const struct smp_ops ops = {
        .send = pairing_sends,
        .random = pairing_random,
        .identity = pairing_identity,
        .accept = pairing_accepts,
        .over = pairing_over,
    };
    d->security.smp = smp_new(&config, &ops, d);
    return d->security.smp != NULL;
}

void device_security_free(struct sim_device *d)
{
    sim_cancel(d->world, &d->security.timer);
    smp_free(&d->security.smp);
}

/* Links */

static bool has_key(struct sim_device *d)
{
    if (device_is_bonded_bootloader(d))
        return belongs(&d->security.handed, &d->security.central);
    return d->mode == SIM_MODE_APPLICATION && bond_of_central(d) != NULL;
}

void device_security_link(struct sim_device *d)
{
    struct device_security *s = &d->security;
    struct air_link_state state;
    air_link_get(d->link, &state);
    s->central = smp_address(&state.central);
    s->encrypted = false;
    s->bond = s->next = NULL;
    struct smp_address own = smp_address(&state.peripheral);
    smp_link(s->smp, &s->central, &own);
    peripheral_set_security(device_running(d)->server, false, has_key(d));
    if (d->config.ask_security_first && pairs(d))
        smp_ask(s->smp, SMP_AUTH_BOND);
}

void device_security_unlink(struct sim_device *d)
{
    static const struct smp_address nobody;
    struct device_security *s = &d->security;
    s->encrypted = false;
    s->bond = s->next = NULL;
    smp_link(s->smp, &nobody, &nobody);
    arm(d);
}

bool device_security_accepts(struct sim_device *d, const struct air_address *central)
{
    struct smp_address address = smp_address(central);
    bool accepted = belongs(&d->security.handed, &address);
    const uint8_t *a = central->bytes;
    if (!accepted)
        sim_log(d->world, "device.ignored", "device=%s central=%02X:%02X:%02X:%02X:%02X:%02X",
                d->label, a[5], a[4], a[3], a[2], a[1], a[0]);
    return accepted;
}

void device_security_receive(struct sim_device *d, const uint8_t *pdu, size_t size)
{
    smp_receive(d->security.smp, pdu, size, sim_now(d->world));
    arm(d);
}

/* Encryption */

static bool has_that_key(const struct device_bond *bond, uint16_t ediv, const uint8_t rand[8])
{
    return bond->used && bond->own.ediv == ediv && memcmp(bond->own.rand, rand, 8) == 0;
}

/* The application has many peers, the bootloader one or none. */
static struct device_bond *find_key(struct sim_device *d, uint16_t ediv, const uint8_t rand[8])
{
    struct device_security *s = &d->security;
    if (d->mode == SIM_MODE_BOOTLOADER)
        return has_that_key(&s->handed, ediv, rand) ? &s->handed : NULL;
    for (size_t i = 0; i < SIM_BONDS_MAX; i++)
        if (has_that_key(&s->bonds[i], ediv, rand))
            return &s->bonds[i];
    return NULL;
}

void device_security_key(struct sim_device *d, uint16_t ediv, const uint8_t rand[8])
{
    struct device_security *s = &d->security;
    uint8_t key[AIR_KEY_SIZE];
    bool pairing = smp_key(s->smp, ediv, rand, key);
    s->next = pairing ? NULL : find_key(d, ediv, rand);
    if (s->next != NULL)
        memcpy(key, s->next->own.ltk, sizeof(key));
    if (!pairing && s->next == NULL)
        sim_log(d->world, "device.no_key", "device=%s ediv=%04x", d->label, (unsigned)ediv);
    air_answer_key(d->link, pairing || s->next != NULL ? key : NULL);
}

/* The peer remembers the application's services. */
static void tell_change(struct sim_device *d)
{
    static const uint8_t range[4] = {FIRST_OWN_HANDLE, 0, 0xFF, 0xFF};
    struct device_side *side = device_running(d);
    peripheral_indicate(side->server, side->gatt.service_changed, range, sizeof(range));
}

/* Service Changed is the first client configuration in every table, so the bootloader takes over
 * that one of the application's. */
static void restore_cccds(struct sim_device *d)
{
    size_t count = d->mode == SIM_MODE_BOOTLOADER ? 1 : DEVICE_CCCDS;
    peripheral_set_cccds(device_running(d)->server, d->security.bond->cccds, count);
}

void device_security_encrypted(struct sim_device *d, uint8_t status)
{
    struct device_security *s = &d->security;
    if (status != 0)
        return;
    s->encrypted = true;
    s->bond = s->next;
    sim_log(d->world, "device.encrypted", "device=%s bonded=%d", d->label, s->bond != NULL);
    peripheral_set_security(device_running(d)->server, true, true);
    if (s->bond != NULL)
        restore_cccds(d);
    smp_encrypted(s->smp, sim_now(d->world));
    arm(d);
    if (device_is_bonded_bootloader(d))
        tell_change(d);
}

void device_security_subscribed(struct sim_device *d)
{
    struct device_bond *bond = d->security.bond;
    if (bond != NULL && d->mode == SIM_MODE_APPLICATION)
        peripheral_get_cccds(device_running(d)->server, bond->cccds, DEVICE_CCCDS);
}

bool device_security_hand_over(struct sim_device *d)
{
    struct device_security *s = &d->security;
    if (!s->encrypted || s->bond == NULL)
        return false;
    s->handed = *s->bond;
    return true;
}
