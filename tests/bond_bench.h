/*
 * SPDX-License-Identifier: MIT
 * A bare host that speaks to a simulated dongle of API v5, and a simulated device that can pair
 * (connectivity-wire.md 11.8; dfu-protocol.md D.2).
 */
#ifndef NORDFU_TESTS_BOND_BENCH_H
#define NORDFU_TESTS_BOND_BENCH_H

#include "dongle_bench.h"

#include "sim/device.h"

#define ADDRESS "d84c973b06de"
#define SECOND  1000000u

/* What the host keeps of a bond, as it would be in a file. */
struct bond {
    char master_id[21]; /* hex */
    char enc_info[35];
    uint8_t irk[16], own_irk[16];
};

struct scene {
    struct host *host;
    struct sim_device *device;
};

static const struct sim_device_config bonded = {
    .address = {1, {0xD8, 0x4C, 0x97, 0x3B, 0x06, 0xDE}},
    .name = "Thermo",
    .mode = SIM_MODE_APPLICATION,
    .buttonless = SIM_BUTTONLESS_BONDED,
    .hw_version = 52,
    .softdevice = 0xCA,
    .app_version = 1,
};

static inline void enable(struct host *h)
{
    ask(h, "0069230000000101f700", "016900000000");
    ask(h, "0060", "016000000000");
}

static inline struct scene scene_new(const struct sim_device_config *config)
{
    struct scene s = {.host = host_started()};
    s.device = sim_device_new(s.host->world, s.host->air, config);
    assert_non_null(s.device);
    enable(s.host);
    return s;
}

static inline void scene_free(struct scene *s)
{
    assert_false(sim_world_failed(s->host->world));
    sim_device_free(&s->device);
    host_free(s->host);
}

/* A second dongle in the same air. */
static inline struct host *second_host(const struct host *first)
{
    struct host *h = test_calloc(1, sizeof(*h));
    h->world = first->world;
    h->air = first->air;
    h->dongle = sim_dongle_new(h->world, h->air, &(struct sim_dongle_config){.api = 5});
    assert_non_null(h->dongle);
    dongle_slip_init(&h->slip, h->slip_room, sizeof(h->slip_room));
    start_link(h);
    enable(h);
    return h;
}

static inline void second_host_free(struct host *h)
{
    sim_dongle_free(&h->dongle);
    test_free(h);
}

/* The next packet that begins so, as hex; others are let pass. */
static inline const char *until(struct host *h, const char *beginning)
{
    static char text[2 * PAYLOAD_MAX + 1];
    uint8_t got[PAYLOAD_MAX];
    size_t size;
    while (next_packet(h, got, &size, false, 40 * SECOND)) {
        text[0] = 0;
        for (size_t i = 0; i < size; i++)
            snprintf(text + 2 * i, 3, "%02x", got[i]);
        if (strncmp(text, beginning, strlen(beginning)) == 0)
            return text;
    }
    fail_msg("%s never came", beginning);
    return text;
}

static inline void join(struct host *h, const char *address)
{
    char text[128];
    snprintf(text, sizeof(text), "008c0102%s0101a0005000000001060018000000900101", address);
    assert_true(request_hex(h, text));
    until(h, "018c00000000");
    until(h, "0210");
}

static inline void leave(struct host *h)
{
    assert_true(request_hex(h, "0076000013"));
    until(h, "0211000000");
}

/* A write request; returns the gatt_status in the response, as hex. */
static inline const char *write(struct host *h, const char *handle, const char *value)
{
    static char status[5];
    char text[128];
    snprintf(text, sizeof(text), "009c0000010100%s0000%02x0001%s", handle,
             (unsigned)strlen(value) / 2, value);
    assert_true(request_hex(h, text));
    until(h, "019c00000000");
    snprintf(status, sizeof(status), "%.4s", until(h, "0238000000") + 10);
    return status;
}

#define ROOM16 "00000000000000000000000000000000"
#define ROOM_ENC                                                                                   \
    "01" ROOM16 "00"                                                                               \
    "00000000000000000000"
#define ROOM_ID "01" ROOM16 "00000000000000"
#define ROOM    ROOM_ENC ROOM_ID "0000"

#define AUTHENTICATE "007e0000013107100303"

/* Pairs and keeps the peer's keys; both sides distribute key and identity. */
static inline void pair_with(struct host *h, int api, const char *address, struct bond *bond)
{
    ask(h, AUTHENTICATE, "017e00000000");
    until(h, "02130000003107100303");
    assert_true(request_hex(h, "007f0000000001" ROOM ROOM));
    until(h, "017f0000000001" ROOM ROOM);
    until(h, "021a0000002110");
    const char *status = until(h, "0219000000");
    /* Success, bonded, levels 1 and 2, keys of both sides. */
    assert_memory_equal(status + 10, "000403000303", 12);
    const char *own = status + 22, *peer = own + 2 * (28 + 24 + 2);
    assert_int_equal(strlen(peer), 2 * (28 + 24 + 2));
    assert_memory_equal(own + 2 * 28, "01", 2);
    for (size_t i = 0; i < 16; i++)
        sscanf(own + 58 + 2 * i, "%2hhx", &bond->own_irk[i]);
    assert_memory_equal(peer, "01", 2);
    snprintf(bond->enc_info, sizeof(bond->enc_info), "%.34s", peer + 2);
    assert_string_equal(bond->enc_info + 32, "40"); /* 16 bytes, unauthenticated */
    snprintf(bond->master_id, sizeof(bond->master_id), "%.20s", peer + 36);
    assert_memory_equal(peer + 56, "01", 2);
    for (size_t i = 0; i < 16; i++)
        sscanf(peer + 58 + 2 * i, "%2hhx", &bond->irk[i]);
    /* The identity: random static, which v2 writes as 1, the others as 2. */
    assert_memory_equal(peer + 90, api == 2 ? "01" : "02", 2);
    assert_memory_equal(peer + 92, address, 12);
}

static inline void pair_of(struct host *h, int api, struct bond *bond)
{
    pair_with(h, api, ADDRESS, bond);
}

static inline void pair(struct host *h, struct bond *bond)
{
    pair_of(h, 5, bond);
}

static inline void encrypt_with(struct host *h, const struct bond *bond)
{
    char text[128];
    snprintf(text, sizeof(text),
             "00850000"
             "01%s"
             "01%s",
             bond->master_id, bond->enc_info);
    ask(h, text, "018500000000");
}

/* Encrypts with a kept key, which works. */
static inline void encrypt(struct host *h, const struct bond *bond)
{
    encrypt_with(h, bond);
    until(h, "021a0000002110");
}

/* Connects, pairs, leaves. */
static inline void make_bond(struct host *h, struct bond *bond)
{
    join(h, ADDRESS);
    pair(h, bond);
    leave(h);
}

/* Into the bootloader over an encrypted link of a bonded peer. */
static inline void jump(struct host *h)
{
    assert_string_equal(write(h, "1700", "0200"), "0000");
    assert_string_equal(write(h, "1600", "01"), "0000");
    until(h, "0239000000"
             "00000000"
             "1600"
             "02"
             "0300"
             "200101");
    assert_true(request_hex(h, "009d00001600"));
    until(h, "021100000013");
}

#endif
