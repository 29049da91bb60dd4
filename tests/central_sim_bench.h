/* SPDX-License-Identifier: MIT
 * The dongle central against the simulator: a dongle, air, a device, and what tests do with them.
 */
#ifndef NORDFU_TESTS_CENTRAL_SIM_BENCH_H
#define NORDFU_TESTS_CENTRAL_SIM_BENCH_H

#include "test.h"

#include "nordfu/central.h"
#include "nordfu/port.h"
#include "sim/device.h"
#include "sim/port_sim.h"

struct setup {
    struct sim_world *world;
    struct air *air;
    struct sim_dongle *dongle;
    struct sim_device *device;
    struct nordfu_central *central;
    struct nordfu_error error;
    char notes[1024];
    uint8_t wanted[6];
    unsigned seen;
    struct nordfu_advert found;
    struct sim_dongle_config dongle_config;
    struct sim_device_config device_config;
};

#define DFU_UUID(n)                                                                                \
    {                                                                                              \
        {                                                                                          \
            0x50, 0xea, 0xda, 0x30, 0x88, 0x83, 0xb8, 0x9f, 0x60, 0x4f, 0x15, 0xf3, n, 0, 0xc9,    \
                0x8e                                                                               \
        }                                                                                          \
    }
static const struct nordfu_uuid control_point = DFU_UUID(1), packet = DFU_UUID(2),
                                buttonless = DFU_UUID(3);

static inline int set_up(void **state)
{
    static const uint8_t address[6] = {0xD8, 0x4C, 0x97, 0x3B, 0x06, 0xDE};
    struct setup *s = calloc(1, sizeof(*s));
    s->world = sim_world_new(1);
    s->air = air_new(s->world, &(struct air_config){0});
    s->dongle_config.api = 5;
    s->device_config = (struct sim_device_config){.name = "Thermo",
                                                  .mode = SIM_MODE_APPLICATION,
                                                  .buttonless = SIM_BUTTONLESS_UNBONDED,
                                                  .hw_version = 52,
                                                  .softdevice = 0xCA,
                                                  .app_version = 1};
    s->device_config.address.type = 1;
    memcpy(s->device_config.address.bytes, address, sizeof(address));
    memcpy(s->wanted, address, sizeof(address));
    *state = s;
    return 0;
}

static inline int tear_down(void **state)
{
    struct setup *s = *state;
    nordfu_central_free(&s->central);
    sim_device_free(&s->device);
    sim_dongle_free(&s->dongle);
    air_free(&s->air);
    sim_world_free(&s->world);
    free(s);
    return 0;
}

static inline void take_note(void *context, const char *sentence)
{
    struct setup *s = context;
    strncat(s->notes, sentence, sizeof(s->notes) - strlen(s->notes) - 1);
}

static inline uint64_t in(const struct setup *s, uint64_t ms)
{
    return sim_now(s->world) + ms * NORDFU_MS;
}

static inline int open_central(struct setup *s)
{
    const struct nordfu_central_options options = {
        .note = take_note, .context = s, .uuids = &control_point, .uuid_count = 1};
    struct nordfu_port *port = NULL;
    s->dongle = sim_dongle_new(s->world, s->air, &s->dongle_config);
    s->device = sim_device_new(s->world, s->air, &s->device_config);
    assert_non_null(s->device);
    assert_int_equal(sim_port_new(&port, s->world, s->dongle, &s->error), 0);
    return nordfu_central_dongle_open(&s->central, &port, &options, &s->error);
}

static inline bool is_wanted(void *context, const struct nordfu_advert *advert)
{
    struct setup *s = context;
    s->found = *advert;
    return memcmp(advert->address.bytes, s->wanted, 6) == 0;
}

static inline int scan(struct setup *s)
{
    return nordfu_central_scan(s->central, is_wanted, s, in(s, 5000), &s->error);
}

static inline int connect_found(struct setup *s)
{
    const struct nordfu_connect_wish wish = {
        .address = s->found.address, .mtu = 247, .data_length = 251, .phy = 2};
    return nordfu_central_connect(s->central, &wish, in(s, 10000), &s->error);
}

static const struct nordfu_link *link_up(struct setup *s)
{
    if (open_central(s) != 0 || scan(s) != 0 || connect_found(s) != 0)
        fail_msg("%s", s->error.text);
    return nordfu_central_link(s->central);
}

static const struct nordfu_characteristic *find(const struct setup *s,
                                                const struct nordfu_uuid *uuid)
{
    const struct nordfu_link *link = nordfu_central_link(s->central);
    for (size_t i = 0; link != NULL && i < link->characteristic_count; i++) {
        if (nordfu_uuid_equal(&link->characteristics[i].uuid, uuid))
            return &link->characteristics[i];
    }
    return NULL;
}

static inline uint32_t restarts(const struct setup *s)
{
    struct sim_dongle_stats stats;
    sim_dongle_get_stats(s->dongle, &stats);
    return stats.restarts;
}

/* Goes to the bootloader by way of the application. */
static inline void jump(struct setup *s)
{
    uint8_t answer[20];
    uint16_t handle;
    link_up(s);
    const struct nordfu_characteristic c = *find(s, &buttonless);
    assert_int_equal(nordfu_central_subscribe(s->central, &c, in(s, 1000), &s->error), 0);
    assert_int_equal(
        nordfu_central_write(s->central, c.value_handle, "\x01", 1, in(s, 1000), &s->error), 0);
    assert_int_equal(
        nordfu_central_receive(s->central, &handle, answer, sizeof(answer), in(s, 1000), &s->error),
        3);
    assert_memory_equal(answer, "\x20\x01\x01", 3);
    assert_int_equal(handle, c.value_handle);
    assert_int_equal(nordfu_central_wait(s->central, in(s, 5000), &s->error), NORDFU_ERR_LINK);
    s->wanted[0]++;
    assert_int_equal(scan(s), 0);
    if (connect_found(s) != 0)
        fail_msg("%s", s->error.text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
