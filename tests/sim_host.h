/*
 * SPDX-License-Identifier: MIT
 * A hand-driven central on the simulated air, for tests of simulated devices: it scans, connects,
 * says literal ATT PDUs and hears literal ones. Nothing of the client is in it.
 */
#ifndef NORDFU_TESTS_SIM_HOST_H
#define NORDFU_TESTS_SIM_HOST_H

#include "test.h"

#include <stdio.h>

#include "base/crc.h"
#include "base/crypto.h"
#include "sim/device.h"

#define SECONDS(n) ((uint64_t)(n)*1000000u)

struct pdu {
    uint8_t bytes[256];
    size_t size;
};

struct host {
    struct sim_world *world;
    struct air *air;
    struct sim_device *device;
    struct sim_device_config config;
    struct air_link *link;
    struct air_link_state state; /* as last told */
    struct pdu inbox[64];
    size_t head, tail;
    unsigned closed;
    uint8_t reason;
    uint64_t closed_time;
    unsigned length_changes, phy_changes;
    uint8_t phy_status;
    bool confirms;    /* confirms indications by itself */
    bool hurries;     /* does not wait for the flash after the first packets of an object */
    uint64_t created; /* when the last Create was sent */
    /* scanning */
    struct air_scanner *scanner;
    const char *wanted;
    bool found;
    struct air_address address;
    uint8_t advert[31];
    size_t advert_size;
    uint64_t heard[32];
    unsigned adverts;
    char log[16384];
    unsigned steps;
};

static inline void host_receives(void *context, struct air_link *link, const uint8_t *pdu,
                                 size_t size)
{
    struct host *h = context;
    assert_ptr_equal(link, h->link);
    assert_in_range(size, 1, sizeof(h->inbox[0].bytes));
    struct pdu *slot = &h->inbox[h->tail++ % 64];
    memcpy(slot->bytes, pdu, size);
    slot->size = size;
    if (h->confirms && pdu[0] == 0x1D)
        air_send(link, AIR_CENTRAL, "\x1E", 1, 0);
}

static inline void host_closed(void *context, struct air_link *link, uint8_t reason)
{
    struct host *h = context;
    assert_ptr_equal(link, h->link);
    h->link = NULL;
    h->closed++;
    h->reason = reason;
    h->closed_time = sim_now(h->world);
}

static inline void host_params(void *context, struct air_link *link,
                               const struct air_conn_params *params)
{
    struct host *h = context;
    (void)params;
    air_link_get(link, &h->state);
}

static inline void host_length(void *context, struct air_link *link, uint16_t tx, uint16_t rx)
{
    struct host *h = context;
    (void)tx;
    (void)rx;
    h->length_changes++;
    air_link_get(link, &h->state);
}

static inline void host_phy(void *context, struct air_link *link, uint8_t status, uint8_t tx,
                            uint8_t rx)
{
    struct host *h = context;
    (void)tx;
    (void)rx;
    h->phy_changes++;
    h->phy_status = status;
    air_link_get(link, &h->state);
}

static inline void host_connected(void *context, struct air_link *link)
{
    struct host *h = context;
    h->link = link;
    h->head = h->tail = 0;
    air_link_get(link, &h->state);
}

static inline void host_logs(void *context, uint64_t time, const char *what, const char *data)
{
    struct host *h = context;
    (void)time;
    size_t at = strlen(h->log);
    snprintf(h->log + at, sizeof(h->log) - at, "%s %s\n", what, data);
}

/* DE:06:3B:97:4C:D8, "Thermo", unbonded buttonless, hw 52, SoftDevice 0xCA, version 1. */
static inline void host_init(struct host *h)
{
    memset(h, 0, sizeof(*h));
    h->config = (struct sim_device_config){
        .address = {1, {0xD8, 0x4C, 0x97, 0x3B, 0x06, 0xDE}},
        .name = "Thermo",
        .mode = SIM_MODE_APPLICATION,
        .buttonless = SIM_BUTTONLESS_UNBONDED,
        .hw_version = 52,
        .softdevice = 0xCA,
        .app_version = 1,
    };
    h->confirms = true;
}

static inline void host_start(struct host *h, uint64_t seed)
{
    h->world = sim_world_new(seed);
    sim_listen(h->world, host_logs, h);
    h->air = air_new(h->world, NULL);
    h->device = sim_device_new(h->world, h->air, &h->config);
    assert_non_null(h->device);
}

static inline void host_stop(struct host *h)
{
    assert_false(sim_world_failed(h->world));
    sim_device_free(&h->device);
    assert_null(h->device);
    air_free(&h->air);
    sim_world_free(&h->world);
}

static inline void host_run(struct host *h, uint64_t us)
{
    uint64_t until = sim_now(h->world) + us;
    while (sim_step(h->world, until))
        h->steps++;
}

/* Runs until `*value` is no longer `old` or the time is over. */
static inline void host_run_while(struct host *h, const unsigned *value, unsigned old, uint64_t us)
{
    uint64_t until = sim_now(h->world) + us;
    while (*value == old && sim_step(h->world, until))
        h->steps++;
}

static inline bool host_logged(const struct host *h, const char *text)
{
    return strstr(h->log, text) != NULL;
}

/* Scanning: complete names only. */

static inline void host_report(void *context, const struct air_address *address, int8_t rssi,
                               bool connectable, bool scannable, bool scan_response,
                               const uint8_t *data, size_t size)
{
    struct host *h = context;
    (void)rssi;
    (void)scannable;
    if (scan_response || !connectable)
        return;
    for (size_t at = 0; at + 1 < size; at += 1u + data[at]) {
        size_t length = data[at] - 1u;
        if (data[at + 1] != 0x09 || length != strlen(h->wanted) ||
            memcmp(data + at + 2, h->wanted, length) != 0)
            continue;
        h->heard[h->adverts++ % 32] = sim_now(h->world);
        h->found = true;
        h->address = *address;
        memcpy(h->advert, data, size);
        h->advert_size = size;
    }
}

static inline bool host_find(struct host *h, const char *name, uint64_t us)
{
    uint64_t until = sim_now(h->world) + us;
    h->wanted = name;
    h->found = false;
    h->adverts = 0;
    h->scanner = air_scan(h->air, true, 0, 0, host_report, h);
    while (!h->found && sim_step(h->world, until))
        h->steps++;
    air_scan_stop(&h->scanner);
    return h->found;
}

/* Connects to what was found last. */
static inline void host_connect(struct host *h)
{
    static const struct air_link_ops ops = {
        .receive = host_receives,
        .closed = host_closed,
        .params_changed = host_params,
        .length_changed = host_length,
        .phy_changed = host_phy,
    };
    static const struct air_capabilities able = {
        .max_octets = 251, .phys = 3, .supports_length = true};
    static const struct air_address own = {1, {1, 2, 3, 4, 5, 0xC6}};
    static const struct air_conn_params params = {24, 0, 400};
    uint64_t until = sim_now(h->world) + SECONDS(2);
    h->link = NULL;
    air_connect(h->air, &h->address, &own, 0, 0, &params, &able, &ops, host_connected, h);
    while (h->link == NULL && sim_step(h->world, until))
        h->steps++;
    assert_non_null(h->link);
}

static inline void host_join(struct host *h, const char *name)
{
    assert_true(host_find(h, name, SECONDS(5)));
    host_connect(h);
}

/* Words */

static inline void host_send(struct host *h, const void *bytes, size_t size)
{
    assert_non_null(h->link);
    assert_true(air_send(h->link, AIR_CENTRAL, bytes, size, 0));
}

/* The next PDU; NULL if none comes within `us`. */
static inline const struct pdu *host_next(struct host *h, uint64_t us)
{
    uint64_t until = sim_now(h->world) + us;
    while (h->head == h->tail && sim_step(h->world, until))
        h->steps++;
    return h->head == h->tail ? NULL : &h->inbox[h->head++ % 64];
}

static inline void host_hear(struct host *h, const void *bytes, size_t size)
{
    const struct pdu *pdu = host_next(h, SECONDS(5));
    assert_non_null(pdu);
    assert_int_equal(pdu->size, size);
    assert_memory_equal(pdu->bytes, bytes, size);
}

/* Literals. */
#define SAY(host, text)  host_send(host, text, sizeof(text) - 1)
#define HEAR(host, text) host_hear(host, text, sizeof(text) - 1)

/* Enables indications and asks for the jump; the answer is confirmed if the host confirms. */
static inline void host_enter_bootloader(struct host *h)
{
    SAY(h, "\x12\x17\x00\x02\x00");
    HEAR(h, "\x13");
    SAY(h, "\x12\x16\x00\x01");
    HEAR(h, "\x13");
    HEAR(h, "\x1D\x16\x00\x20\x01\x01");
}

/* The DFU client, as plain as can be. */

static inline uint32_t host_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static inline void host_packets(struct host *h, const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size && h->link != NULL; at += 244) {
        size_t n = size - at < 244 ? size - at : 244;
        uint8_t pdu[247] = {0x52, 0x0D, 0x00};
        memcpy(pdu + 3, bytes + at, n);
        host_send(h, pdu, n + 3);
        if (at == 7 * 244 && !h->hurries)
            host_run(h, 400000); /* settings and erase are done with then */
    }
}

/* The reply to the request just written; it must report success. */
static inline const uint8_t *host_reply(struct host *h, uint8_t op)
{
    HEAR(h, "\x13");
    const struct pdu *reply = host_next(h, SECONDS(5));
    assert_non_null(reply);
    assert_memory_equal(reply->bytes, "\x1B\x0F\x00\x60", 4);
    assert_int_equal(reply->bytes[4], op);
    assert_int_equal(reply->bytes[5], 1);
    return reply->bytes + 6;
}

/* Writes to the control point; returns what the reply carries behind its success. */
static inline const uint8_t *host_request(struct host *h, const void *bytes, size_t size)
{
    uint8_t pdu[32] = {0x12, 0x0F, 0x00};
    memcpy(pdu + 3, bytes, size);
    host_send(h, pdu, size + 3);
    return host_reply(h, *(const uint8_t *)bytes);
}

/* Creates, sends, compares the CRC of all up to the end of the object, executes. */
static inline void host_object(struct host *h, uint8_t type, const uint8_t *all, size_t from,
                               size_t size)
{
    const uint8_t create[6] = {1, type, (uint8_t)size, (uint8_t)(size >> 8), 0, 0};
    h->created = sim_now(h->world);
    host_request(h, create, 6);
    host_packets(h, all + from, size);
    const uint8_t *answer = host_request(h, "\x03", 1);
    assert_int_equal(host_u32(answer), from + size);
    assert_int_equal(host_u32(answer + 4), crc32(0, all, from + size));
    host_request(h, "\x04", 1);
}

/* MTU 247, data length 251, replies wanted. */
static inline void host_open_dfu(struct host *h)
{
    SAY(h, "\x02\xF7\x00");
    HEAR(h, "\x03\xF7\x00");
    air_request_length(h->link, AIR_CENTRAL, 251, 251);
    SAY(h, "\x12\x10\x00\x01\x00");
    HEAR(h, "\x13");
    host_run(h, 100000);
    assert_int_equal(h->state.tx_octets[AIR_CENTRAL], 251);
}

/* An unsigned init packet for an application of less than 16 KiB; returns its size. */
static inline size_t host_init_packet(uint8_t packet[96], const uint8_t *image, size_t size,
                                      uint8_t version)
{
    uint8_t hash[32];
    assert_true(crypto_sha256(hash, image, size));
    const uint8_t head[] = {0x0A,
                            0x43,
                            0x08,
                            0x01,
                            0x12,
                            0x3F,
                            0x08,
                            version,
                            0x10,
                            52,
                            0x1A,
                            0x02,
                            0xCA,
                            0x01,
                            0x20,
                            0x00,
                            0x28,
                            0x00,
                            0x30,
                            0x00,
                            0x38,
                            (uint8_t)(size | 0x80),
                            (uint8_t)(size >> 7 & 0x7F),
                            0x42,
                            0x24,
                            0x08,
                            0x03,
                            0x12,
                            0x20};
    const uint8_t tail[] = {0x48, 0x00, 0x52, 0x04, 0x08, 0x01, 0x12, 0x00};
    assert_in_range(size, 128, 16383);
    memcpy(packet, head, sizeof(head));
    for (size_t i = 0; i < 32; i++)
        packet[sizeof(head) + i] = hash[31 - i];
    memcpy(packet + sizeof(head) + 32, tail, sizeof(tail));
    return sizeof(head) + 32 + sizeof(tail);
}

#endif
