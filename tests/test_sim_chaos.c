/* SPDX-License-Identifier: MIT
 * Whatever happens, and right after whichever event it does: power cuts, lost links, pulled
 * dongles, noise on another dongle, while a client updates a device. Nothing breaks, what a device
 * runs is whole, and the same seed gives the same history. */
#include "test.h"

#include "base/crc.h"
#include "fixture.h"

enum {
    ROUNDS = 24, /* by default; NORDFU_CHAOS gives another number */
    STRIKES = 6,
    IMAGE = 12000,
};

struct chaos {
    struct fixture f;
    struct sim_dongle *other_dongle;
    struct sim_device *other_device;
    uint32_t seed;
    uint32_t next;  /* events until the next strike */
    uint32_t left;  /* strikes */
    bool unplugged; /* the client's dongle */
    uint32_t sum, events;
};

static struct fixture_files files;

static uint32_t pick(struct chaos *c, uint32_t n)
{
    c->seed = c->seed * 1664525u + 1013904223u;
    return (c->seed >> 8) % n;
}

static void power_on(void *context)
{
    sim_device_power_on(context);
}

/* A frame of the link layer or rubbish, to the dongle that nobody uses. */
static void make_noise(struct chaos *c)
{
    static const uint8_t frames[][10] = {
        {0xC0, 0x00, 0x2F, 0x00, 0xD1, 0x01, 0x7E, 0xC0},
        {0xC0, 0x00, 0x2F, 0x00, 0xD1, 0x02, 0x7D, 0xC0},
        {0xC0, 0x00, 0x3F, 0x00, 0xC1, 0x03, 0xFC, 0x11, 0xC0},
        {0xC0, 0x00, 0x3F, 0x00, 0xC1, 0x04, 0x7B, 0x11, 0xC0},
    };
    uint8_t bytes[64];
    for (uint32_t i = 0; i < 4; i++)
        sim_dongle_receive(c->other_dongle, frames[i], sizeof(frames[i]));
    for (uint32_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = pick(c, 8) == 0 ? 0xC0 : (uint8_t)pick(c, 256);
    sim_dongle_receive(c->other_dongle, bytes, sizeof(bytes));
}

static void strike(void *context)
{
    struct chaos *c = context;
    struct sim_device *device = pick(c, 8) == 0 ? c->other_device : c->f.device;
    switch (pick(c, 8)) {
    case 0:
    case 1:
        sim_device_power_off(device);
        sim_after(c->f.world, 1 + pick(c, 3000000), power_on, device);
        break;
    case 2:
        sim_device_power_off(device);
        sim_device_power_on(device);
        break;
    case 3:
        sim_device_cut_link(device, pick(c, 2000000));
        break;
    case 4:
        sim_device_drop_packets(device, pick(c, 10), 1 + pick(c, 3));
        break;
    case 5:
        sim_device_cut_power_at(device, 1 + pick(c, 4));
        sim_after(c->f.world, 20000000, power_on, device);
        break;
    case 6:
        make_noise(c);
        break;
    default:
        if (pick(c, 4) == 0) {
            sim_dongle_unplug(pick(c, 2) == 0 ? c->f.dongle : c->other_dongle);
            c->unplugged = sim_dongle_unplugged(c->f.dongle);
        }
    }
}

static void note(void *context, uint64_t time, const char *what, const char *data)
{
    struct chaos *c = context;
    c->sum = crc32(c->sum, &time, sizeof(time));
    c->sum = crc32(c->sum, what, strlen(what));
    c->sum = crc32(c->sum, data, strlen(data));
    c->events++;
    if (c->left == 0 || --c->next > 0)
        return;
    c->left--;
    c->next = 1 + pick(c, c->left % 2 == 0 ? 400 : 12);
    sim_after(c->f.world, 0, strike, c);
}

static void choose(struct chaos *c)
{
    static const char *const profiles[] = {"sdk12", "sdk13", "sdk14", "sdk15", "sdk16", "sdk17"};
    static const int apis[] = {2, 3, 5, 6};
    struct sim_device_config *device = &c->f.device_config;
    device->profile = sim_profile_find(profiles[pick(c, 6)]);
    device->buttonless = (enum sim_buttonless[]){SIM_BUTTONLESS_UNBONDED, SIM_BUTTONLESS_SDK12,
                                                 SIM_BUTTONLESS_BONDED}[pick(c, 3)];
    if (device->profile->sdk < 14 && device->buttonless == SIM_BUTTONLESS_BONDED)
        device->buttonless = SIM_BUTTONLESS_UNBONDED;
    device->ask_mtu_first = pick(c, 4) == 0;
    device->ask_length_first = pick(c, 4) == 0;
    device->ask_phy_first = pick(c, 4) == 0;
    device->ask_security_first = pick(c, 4) == 0;
    device->silent_reset = pick(c, 4) == 0;
    c->f.dongle_config.api = apis[pick(c, 4)];
    c->f.air_config.loss = pick(c, 3) == 0 ? 0.1 : 0;
    c->f.seed = c->seed;
}

static void build(struct chaos *c)
{
    struct sim_dongle_config dongle = {.api = 5, .number = 2, .usb = pick(c, 2) == 0};
    struct sim_device_config device = c->f.device_config;
    fixture_build(&c->f);
    sim_listen(c->f.world, note, c);
    device.address.bytes[0] ^= 0x55;
    device.mode = SIM_MODE_BOOTLOADER;
    c->other_dongle = sim_dongle_new(c->f.world, c->f.air, &dongle);
    c->other_device = sim_device_new(c->f.world, c->f.air, &device);
    assert_non_null(c->other_dongle);
    assert_non_null(c->other_device);
}

/* An application is the old one or the new one, all of it. */
static void assert_whole(const struct chaos *c)
{
    const struct nordfu_image *image = nordfu_package_image(c->f.package, 0);
    struct bootloader_image installed;
    sim_device_installed(c->f.device, &installed);
    assert_true(installed.valid || sim_device_mode(c->f.device) != SIM_MODE_APPLICATION);
    if (!installed.valid || installed.version != image->init.fw_version)
        return;
    assert_int_equal(installed.size, image->firmware_size);
    assert_memory_equal(sim_device_image_bytes(c->f.device), image->firmware, installed.size);
}

/* Returns a checksum of the history. */
static uint32_t play(uint32_t seed, int *rc)
{
    struct chaos *c = test_calloc(1, sizeof(*c));
    fixture_init(&c->f, &files);
    c->seed = seed * 2654435761u;
    c->left = STRIKES;
    choose(c);
    c->next = 1 + pick(c, 300);
    build(c);
    fixture_update(&c->f);
    sim_device_power_on(c->f.device);
    sim_settle(c->f.world, &c->f.device, 1, 60 * NORDFU_SECOND);
    assert_false(sim_world_failed(c->f.world));
    assert_whole(c);
    if (c->f.rc == 0)
        assert_false(c->unplugged);
    *rc = c->f.rc;
    uint32_t sum = c->sum;
    sim_device_free(&c->other_device);
    sim_dongle_free(&c->other_dongle);
    fixture_free(&c->f);
    test_free(c);
    return sum;
}

static uint32_t rounds(void)
{
    const char *wish = getenv("NORDFU_CHAOS");
    return wish != NULL ? (uint32_t)strtoul(wish, NULL, 10) : ROUNDS;
}

static void anything_may_happen_at_any_event(void **state)
{
    (void)state;
    uint32_t good = 0;
    for (uint32_t seed = 1; seed <= rounds(); seed++) {
        int first, second;
        uint32_t sum = play(seed, &first);
        uint32_t again = play(seed, &second);
        good += first == 0;
        if (sum != again || first != second)
            fail_msg("seed %u has two histories", (unsigned)seed);
    }
    print_message("%u updates, %u of them in spite of it all\n", (unsigned)rounds(),
                  (unsigned)good);
}

static int group_setup(void **state)
{
    (void)state;
    files_new(&files, IMAGE);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    files_free(&files);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anything_may_happen_at_any_event),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
