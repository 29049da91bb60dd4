/* SPDX-License-Identifier: MIT
 * Several dongles and devices in one world, in virtual time, driven one after the other. */
#include "test.h"

#include "fixture.h"

#define FIRMWARE_SIZE 9000u /* three objects */

static struct fixture_files files;

/* A second dongle and device beside those of the fixture. */
struct pair {
    struct fixture f;
    struct sim_dongle *dongle;
    struct sim_device *device;
    struct nordfu_target *target;
    unsigned words[3]; /* lines of the event log, by dongle; 0 = of none that there is */
};

static const struct nordfu_address second_address = {1, {0x01, 0x00, 0x00, 0x00, 0x00, 0xC0}};

static void count_words(void *context, uint64_t time, const char *what, const char *data)
{
    struct pair *p = context;
    unsigned number = 0;
    (void)time;
    if (strncmp(what, "dongle.", 7) != 0)
        return;
    if (sscanf(data, "dongle=%u", &number) != 1 || number > 2)
        number = 0;
    p->words[number]++;
}

static void pair_new(struct pair *p, int first_api, int second_api)
{
    struct nordfu_port *port;
    struct nordfu_error error;
    *p = (struct pair){0};
    fixture_init(&p->f, &files);
    p->f.dongle_config = (struct sim_dongle_config){.api = first_api};
    fixture_build(&p->f);
    sim_listen(p->f.world, count_words, p);
    const struct sim_dongle_config dongle = {.api = second_api, .number = 2};
    struct sim_device_config device = p->f.device_config;
    memcpy(device.address.bytes, second_address.bytes, 6);
    p->dongle = sim_dongle_new(p->f.world, p->f.air, &dongle);
    p->device = sim_device_new(p->f.world, p->f.air, &device);
    assert_non_null(p->dongle);
    assert_non_null(p->device);
    fixture_check(sim_port_new(&port, p->f.world, p->dongle, &error), &error);
    fixture_check(nordfu_target_open_port(&p->target, &port, NULL, &error), &error);
}

static void pair_free(struct pair *p)
{
    nordfu_target_free(&p->target);
    sim_device_free(&p->device);
    sim_dongle_free(&p->dongle);
    fixture_free(&p->f);
}

/* From now on the fixture's functions are about the other dongle, device or both. */
static void swap_targets(struct pair *p)
{
    struct nordfu_target *target = p->f.target;
    p->f.target = p->target;
    p->target = target;
}

static void swap_devices(struct pair *p)
{
    struct sim_device *device = p->f.device;
    p->f.device = p->device;
    p->device = device;
    p->f.options.address = second_address;
}

static void two_devices_are_updated_over_two_dongles(void **state)
{
    static const int apis[][2] = {{5, 2}, {3, 6}, {5, 5}};
    (void)state;
    for (size_t i = 0; i < sizeof(apis) / sizeof(apis[0]); i++) {
        struct pair p;
        struct bootloader_image image;
        struct sim_dongle_stats stats;
        pair_new(&p, apis[i][0], apis[i][1]);
        fixture_update(&p.f);
        fixture_assert_updated(&p.f);
        sim_device_installed(p.device, &image);
        assert_int_equal(image.version, 1); /* not yet */
        swap_targets(&p);
        swap_devices(&p);
        fixture_update(&p.f);
        fixture_assert_updated(&p.f);
        sim_dongle_get_stats(p.dongle, &stats);
        assert_int_equal(stats.restarts, 0); /* the wait did it no harm */
        assert_int_equal(p.words[0], 0);
        assert_true(p.words[1] > 10);
        assert_true(p.words[2] > 10);
        pair_free(&p);
    }
}

static const uint8_t sync_frame[] = {0xC0, 0x00, 0x2F, 0x00, 0xD1, 0x01, 0x7E, 0xC0};
static const uint8_t sync_response[] = {0xC0, 0x00, 0x2F, 0x00, 0xD1, 0x02, 0x7D, 0xC0};

static bool reads_response(struct nordfu_port *port, uint64_t within)
{
    uint8_t got[256];
    size_t size = 0;
    uint64_t end = nordfu_port_now(port) + within;
    while (size < sizeof(got)) {
        int n = nordfu_port_read(port, got + size, sizeof(got) - size, end, NULL);
        if (n <= 0)
            return false;
        size += (size_t)n;
        for (size_t i = 0; i + sizeof(sync_response) <= size; i++)
            if (memcmp(got + i, sync_response, sizeof(sync_response)) == 0)
                return true;
    }
    return false;
}

/* While one port waits, the world runs on for all: what the other dongle said is there at once. */
static void open_ports_take_turns(void **state)
{
    struct pair p;
    struct nordfu_port *ports[2];
    struct nordfu_error error;
    (void)state;
    pair_new(&p, 5, 3);
    fixture_check(sim_port_new(&ports[0], p.f.world, p.f.dongle, &error), &error);
    fixture_check(sim_port_new(&ports[1], p.f.world, p.dongle, &error), &error);
    assert_string_equal(ports[0]->name, "simulated dongle");
    assert_string_equal(ports[1]->name, "simulated dongle 2");
    for (int i = 0; i < 5; i++) {
        for (size_t j = 0; j < 2; j++)
            assert_int_equal(nordfu_port_write(ports[j], sync_frame, sizeof(sync_frame),
                                               nordfu_port_now(ports[j]), NULL),
                             0);
        assert_true(reads_response(ports[i % 2], NORDFU_SECOND));
        assert_true(reads_response(ports[(i + 1) % 2], 10 * NORDFU_MS));
        assert_int_equal(nordfu_port_now(ports[0]), nordfu_port_now(ports[1]));
    }
    nordfu_port_free(&ports[0]);
    nordfu_port_free(&ports[1]);
    pair_free(&p);
}

/* The dongle is pulled out in the middle of the image. */
static void unplug(void *context)
{
    sim_dongle_unplug(context);
}

static void what_one_dongle_left_unfinished_the_other_finishes(void **state)
{
    struct pair p;
    (void)state;
    pair_new(&p, 5, 6);
    sim_device_on_bytes(p.f.device, 5000, unplug, p.f.dongle);
    fixture_update(&p.f);
    assert_int_not_equal(p.f.rc, 0);
    swap_targets(&p);
    fixture_update(&p.f);
    fixture_assert_updated(&p.f);
    assert_true(p.f.result.resumed > 0);
    pair_free(&p);
}

static int set_up(void **state)
{
    (void)state;
    files_new(&files, FIRMWARE_SIZE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    files_free(&files);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_devices_are_updated_over_two_dongles),
        cmocka_unit_test(open_ports_take_turns),
        cmocka_unit_test(what_one_dongle_left_unfinished_the_other_finishes),
    };
    return cmocka_run_group_tests_name("sim_dongles", tests, set_up, tear_down);
}
