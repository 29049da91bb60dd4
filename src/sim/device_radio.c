/*
 * SPDX-License-Identifier: MIT
 * A device on the air: advertising, links, and the services of its application and bootloader.
 */
#include <stdio.h>
#include <string.h>

#include "sim/device_internal.h"

#define APP_ADV_INTERVAL_US 187500u
#define DEFAULT_NAME        "DfuTarg"

struct device_side *device_running(struct sim_device *d)
{
    if (d->mode != SIM_MODE_BOOTLOADER)
        return &d->sides[DEVICE_APPLICATION];
    return &d->sides[device_is_bonded_bootloader(d) ? DEVICE_BONDED_BOOTLOADER : DEVICE_BOOTLOADER];
}

static uint16_t own_mtu(const struct sim_device *d)
{
    return d->config.mtu != 0 ? d->config.mtu : d->profile->mtu;
}

/* Services */

static void server_sends(void *context, const uint8_t *pdu, size_t size)
{
    struct sim_device *d = context;
    if (d->link != NULL)
        air_send(d->link, AIR_PERIPHERAL, pdu, size, 0);
}

static void server_refused(void *context, uint8_t opcode, uint16_t handle, uint8_t error)
{
    struct sim_device *d = context;
    sim_log(d->world, "device.att", "device=%s opcode=%02x handle=%04x error=%02x", d->label,
            (unsigned)opcode, (unsigned)handle, (unsigned)error);
}

static void server_mtu(void *context, uint16_t mtu)
{
    struct sim_device *d = context;
    sim_log(d->world, "device.mtu", "device=%s mtu=%u", d->label, (unsigned)mtu);
}

static void watch_bytes(struct sim_device *d, size_t size)
{
    struct device_watch *watch = &d->watch;
    if (watch->action == NULL)
        return;
    if (size < watch->left) {
        watch->left -= (uint32_t)size;
        return;
    }
    struct device_watch due = *watch;
    watch->action = NULL;
    due.action(due.context);
}

static void packet_arrived(struct sim_device *d, const uint8_t *bytes, size_t size)
{
    if (d->skip > 0) {
        d->skip--;
        bootloader_data(d->bootloader, bytes, size);
    } else if (d->drop > 0) {
        d->drop--;
        d->dropped++;
        sim_log(d->world, "device.packet_dropped", "device=%s size=%u", d->label, (unsigned)size);
    } else {
        bootloader_data(d->bootloader, bytes, size);
    }
    watch_bytes(d, size);
}

static void server_written(void *context, const struct peripheral_characteristic *characteristic,
                           const uint8_t *bytes, size_t size)
{
    struct sim_device *d = context;
    const struct device_gatt *gatt = &device_running(d)->gatt;
    if (d->leaving)
        return;
    if (characteristic == gatt->packet)
        packet_arrived(d, bytes, size);
    else if (characteristic == gatt->control)
        bootloader_control(d->bootloader, bytes, size);
    else if (characteristic == gatt->buttonless)
        device_buttonless_written(d, bytes, size);
}

static void server_confirmed(void *context, const struct peripheral_characteristic *characteristic)
{
    struct sim_device *d = context;
    if (characteristic == device_running(d)->gatt.buttonless)
        device_buttonless_confirmed(d);
}

static void server_subscribed(void *context)
{
    device_security_subscribed(context);
}

/* Links */

static void link_receives(void *context, struct air_link *link, const uint8_t *pdu, size_t size)
{
    struct sim_device *d = context;
    if (link == d->link)
        peripheral_receive(device_running(d)->server, pdu, size);
}

static void link_sent(void *context, struct air_link *link, const uint32_t *tags, size_t count)
{
    struct sim_device *d = context;
    (void)tags;
    (void)count;
    if (link == d->link && air_queued(link, AIR_PERIPHERAL) == 0)
        device_all_sent(d);
}

static void drop_link(struct sim_device *d, uint8_t reason)
{
    sim_log(d->world, "device.disconnected", "device=%s reason=%02x", d->label, (unsigned)reason);
    d->link = NULL;
    d->jumps = false;
    device_security_unlink(d);
    peripheral_reset(device_running(d)->server);
    device_link_lost(d);
}

static void link_closed(void *context, struct air_link *link, uint8_t reason)
{
    struct sim_device *d = context;
    if (link != d->link)
        return;
    drop_link(d, reason);
    device_radio_start(d);
}

static void link_params(void *context, struct air_link *link, const struct air_conn_params *params)
{
    struct sim_device *d = context;
    (void)link;
    sim_log(d->world, "device.params", "device=%s interval=%u latency=%u timeout=%u", d->label,
            (unsigned)params->interval, (unsigned)params->latency,
            (unsigned)params->supervision_timeout);
}

static void link_params_answered(void *context, struct air_link *link, bool accepted)
{
    struct sim_device *d = context;
    (void)link;
    if (!accepted)
        sim_log(d->world, "device.params_refused", "device=%s", d->label);
}

static void link_receives_smp(void *context, struct air_link *link, const uint8_t *pdu, size_t size)
{
    struct sim_device *d = context;
    if (link == d->link)
        device_security_receive(d, pdu, size);
}

static void link_wants_key(void *context, struct air_link *link, uint16_t ediv,
                           const uint8_t rand[8])
{
    struct sim_device *d = context;
    if (link == d->link)
        device_security_key(d, ediv, rand);
}

static void link_encrypted(void *context, struct air_link *link, uint8_t status)
{
    struct sim_device *d = context;
    if (link == d->link)
        device_security_encrypted(d, status);
}

static const struct air_link_ops link_ops = {
    .receive = link_receives,
    .receive_smp = link_receives_smp,
    .key_requested = link_wants_key,
    .encrypted = link_encrypted,
    .sent = link_sent,
    .closed = link_closed,
    .params_changed = link_params,
    .params_answered = link_params_answered,
};

/* What this end begins by itself on a new link. */
static void ask(struct sim_device *d)
{
    if (d->config.ask_mtu_first)
        peripheral_ask_mtu(device_running(d)->server);
    if (d->config.ask_length_first)
        air_request_length(d->link, AIR_PERIPHERAL, d->profile->max_octets, d->profile->max_octets);
    if (d->config.ask_phy_first)
        air_request_phy(d->link, AIR_PERIPHERAL, 0, 0);
    if (d->mode == SIM_MODE_BOOTLOADER && d->profile->interval != 0)
        air_request_params(d->link, d->profile->interval, d->profile->interval, 0,
                           d->profile->supervision_timeout);
}

static void connected(void *context, struct air_link *link)
{
    struct sim_device *d = context;
    d->advertiser = NULL;
    d->link = link;
    d->jumps = false;
    sim_log(d->world, "device.connected", "device=%s", d->label);
    peripheral_reset(device_running(d)->server);
    device_security_link(d);
    if (d->mode == SIM_MODE_BOOTLOADER)
        bootloader_link_changed(d->bootloader);
    ask(d);
}

/* Advertising */

static uint8_t *put(uint8_t *at, uint8_t type, const void *data, size_t size)
{
    at[0] = (uint8_t)(size + 1);
    at[1] = type;
    memcpy(at + 2, data, size);
    return at + 2 + size;
}

/* The name, shortened to what room is left in 31 bytes. */
static uint8_t *put_name(uint8_t *at, const uint8_t *data, const char *name)
{
    size_t room = 31u - (size_t)(at - data) - 2u;
    size_t size = strlen(name);
    bool whole = size <= room;
    return put(at, whole ? 0x09 : 0x08, name, whole ? size : room);
}

static bool accepts(void *context, const struct air_address *central)
{
    return device_security_accepts(context, central);
}

/* Flags: who has a peer of its own does not want to be discovered. */
static void fill_advert(const struct sim_device *d, struct air_advert *advert)
{
    bool boot = d->mode == SIM_MODE_BOOTLOADER, bonded = device_is_bonded_bootloader(d);
    uint8_t *at = put(advert->data, 0x01, bonded ? "\x04" : "\x06", 1);
    if (boot)
        at = put(at, 0x02, "\x59\xFE", 2);
    const char *given = d->given_name[0] != 0 ? d->given_name : d->own_name;
    at = put_name(at, advert->data, boot ? given : d->config.name);
    advert->data_size = (uint8_t)(at - advert->data);
    if (!boot)
        advert->scan_response_size =
            (uint8_t)(put(advert->scan_response, 0x03, "\x0D\x18", 2) - advert->scan_response);
    advert->address = d->config.address;
    advert->accepts = bonded ? accepts : NULL;
    if (boot && !bonded && !d->config.same_address)
        advert->address.bytes[0]++; /* wraps without a carry */
    advert->interval_us = boot ? d->profile->adv_interval_us : APP_ADV_INTERVAL_US;
    advert->connectable = advert->scannable = true;
}

static void note_advert(struct sim_device *d, const struct air_advert *advert)
{
    const uint8_t *a = advert->address.bytes;
    const char *name = d->mode != SIM_MODE_BOOTLOADER ? d->config.name
                       : d->given_name[0] != 0        ? d->given_name
                                                      : d->own_name;
    char shown[DEVICE_MAX_NAME + 1];
    size_t i = 0;
    for (; i < DEVICE_MAX_NAME && name[i] != 0; i++)
        shown[i] = name[i] > ' ' && name[i] < 127 ? name[i] : '_';
    shown[i] = 0;
    sim_log(d->world, "device.advertise", "device=%s address=%02X:%02X:%02X:%02X:%02X:%02X name=%s",
            d->label, a[5], a[4], a[3], a[2], a[1], a[0], shown);
}

void device_radio_start(struct sim_device *d)
{
    if (d->mode == SIM_MODE_OFF || d->leaving || d->boot != 0 || d->silence != 0 ||
        d->link != NULL || d->advertiser != NULL || bootloader_is_activating(d->bootloader))
        return;
    struct air_advert advert = {0};
    fill_advert(d, &advert);
    note_advert(d, &advert);
    const struct air_capabilities able = {
        .max_octets = d->config.refuse_length ? 27 : d->profile->max_octets,
        .phys = d->config.refuse_phy ? 1 : d->profile->phys,
        .event_length_us = d->profile->event_length_us,
        .supports_length = !d->config.refuse_length,
    };
    d->advertiser = air_advertise(d->air, &advert, &able, &link_ops, connected, d);
}

void device_radio_quiet(struct sim_device *d)
{
    air_advertise_stop(&d->advertiser);
}

static void abandon_link(struct sim_device *d)
{
    if (d->link == NULL)
        return;
    air_vanish(d->link, AIR_PERIPHERAL);
    drop_link(d, HCI_TIMEOUT);
}

void device_radio_stop(struct sim_device *d)
{
    device_radio_quiet(d);
    abandon_link(d);
}

static void silence_over(void *context)
{
    struct sim_device *d = context;
    d->silence = 0;
    device_radio_start(d);
}

void sim_device_cut_link(struct sim_device *d, uint64_t silence_us)
{
    if (d->mode == SIM_MODE_OFF)
        return;
    device_radio_stop(d);
    sim_cancel(d->world, &d->silence);
    d->silence = sim_after(d->world, silence_us, silence_over, d);
}

bool device_radio_build(struct sim_device *d)
{
    static const struct peripheral_ops ops = {
        .send = server_sends,
        .written = server_written,
        .confirmed = server_confirmed,
        .mtu_changed = server_mtu,
        .refused = server_refused,
        .subscribed = server_subscribed,
    };
    d->config.name[DEVICE_MAX_NAME] = 0;
    d->config.bootloader_name[DEVICE_MAX_NAME] = 0;
    snprintf(d->own_name, sizeof(d->own_name), "%s",
             d->config.bootloader_name[0] != 0 ? d->config.bootloader_name : DEFAULT_NAME);
    uint16_t mtu = own_mtu(d);
    device_gatt_application(&d->sides[DEVICE_APPLICATION].gatt, d->config.name,
                            d->config.buttonless, mtu);
    device_gatt_bootloader(&d->sides[DEVICE_BOOTLOADER].gatt, d->own_name, false, mtu);
    device_gatt_bootloader(&d->sides[DEVICE_BONDED_BOOTLOADER].gatt, d->own_name, true, mtu);
    for (int i = 0; i < DEVICE_SIDES; i++) {
        struct device_side *side = &d->sides[i];
        const struct peripheral_config config = {side->gatt.services, side->gatt.count, mtu,
                                                 d->config.refuse_mtu};
        side->server = peripheral_new(&config, &ops, d);
        if (side->server == NULL)
            return false;
    }
    return device_security_build(d);
}

void device_radio_free(struct sim_device *d)
{
    device_radio_quiet(d);
    if (d->link != NULL)
        air_vanish(d->link, AIR_PERIPHERAL);
    device_security_free(d);
    for (int i = 0; i < DEVICE_SIDES; i++)
        peripheral_free(&d->sides[i].server);
}
