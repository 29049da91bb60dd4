/* SPDX-License-Identifier: MIT */
#include "sim_host.h"

#include "sim/settle.h"

static void fill(uint8_t *image, size_t size)
{
    for (size_t i = 0; i < size; i++)
        image[i] = (uint8_t)(i * 31 + (i >> 8) * 7 + 5);
}

/* A device in its bootloader, the host connected to it and ready to ask. */
static void start_dfu(struct host *h)
{
    host_init(h);
    h->config.mode = SIM_MODE_BOOTLOADER;
    host_start(h, 1);
    host_join(h, "DfuTarg");
    host_open_dfu(h);
}

static void send_init(struct host *h, const uint8_t *image, size_t size, uint8_t version)
{
    uint8_t packet[96];
    size_t n = host_init_packet(packet, image, size, version);
    host_request(h, "\x06\x01", 2);
    host_object(h, 1, packet, 0, n);
}

/* The same with an image made up and its init packet accepted. */
static void start_update(struct host *h, uint8_t *image, size_t size)
{
    fill(image, size);
    start_dfu(h);
    send_init(h, image, size, 2);
}

static void send_image(struct host *h, const uint8_t *image, size_t size, size_t from)
{
    for (size_t at = from; at < size; at += 4096)
        host_object(h, 2, image, at, size - at < 4096 ? size - at : 4096);
}

static void whole_update_ends_in_the_new_application(void **state)
{
    (void)state;
    uint8_t image[10000];
    fill(image, sizeof(image));
    struct host h;
    host_init(&h);
    host_start(&h, 1);
    host_join(&h, "Thermo");
    host_enter_bootloader(&h);
    host_join(&h, "DfuTarg");
    host_open_dfu(&h);
    send_init(&h, image, sizeof(image), 2);
    unsigned closed = h.closed;
    send_image(&h, image, sizeof(image), 0);
    host_run_while(&h, &h.closed, closed, SECONDS(5));
    assert_int_equal(h.reason, 0x13);
    assert_true(host_find(&h, "Thermo", SECONDS(5)));
    assert_memory_equal(&h.address, &h.config.address, sizeof(h.address));
    assert_int_equal(sim_device_mode(h.device), SIM_MODE_APPLICATION);
    struct bootloader_image installed;
    sim_device_installed(h.device, &installed);
    assert_true(installed.valid);
    assert_int_equal(installed.version, 2);
    assert_int_equal(installed.size, sizeof(image));
    assert_memory_equal(sim_device_image_bytes(h.device), image, sizeof(image));
    assert_true(host_logged(&h, "device.installed device=DE:06:3B:97:4C:D8 version=2 size=10000"));
    assert_true(host_logged(&h, "mode=application version=2"));
    struct bootloader_stats stats;
    sim_device_get_stats(h.device, &stats);
    assert_int_equal(stats.activations, 1);
    assert_int_equal(stats.packets_lost, 0);
    assert_int_equal(stats.bytes, sizeof(image));
    assert_true(h.steps < 2000);
    host_stop(&h);
}

/* radio-and-flash.md C.7: 15 ms, every step waits for the one before: 11 intervals. */
static void object_takes_eleven_intervals_if_every_step_waits(void **state)
{
    (void)state;
    uint8_t image[3 * 4096];
    fill(image, sizeof(image));
    struct host h;
    start_dfu(&h);
    host_run(&h, SECONDS(1));
    assert_int_equal(h.state.params.interval, 12);
    send_init(&h, image, sizeof(image), 2);
    host_object(&h, 2, image, 0, 4096);
    h.hurries = true;
    host_object(&h, 2, image, 4096, 4096);
    uint64_t created = h.created;
    host_object(&h, 2, image, 8192, 4096);
    assert_in_range(h.created - created, 165000 - 3000, 165000 + 3000);
    host_stop(&h);
}

static void same_seed_same_log(void **state)
{
    (void)state;
    static struct host hosts[2];
    uint8_t image[5000];
    fill(image, sizeof(image));
    for (int i = 0; i < 2; i++) {
        struct host *h = &hosts[i];
        host_init(h);
        h->config.mode = SIM_MODE_BOOTLOADER;
        host_start(h, 77);
        air_set_loss(h->air, 0.1);
        host_join(h, "DfuTarg");
        host_open_dfu(h);
        send_init(h, image, sizeof(image), 2);
        send_image(h, image, sizeof(image), 0);
        host_run(h, SECONDS(5));
        host_stop(h);
    }
    assert_true(strlen(hosts[0].log) > 100);
    assert_string_equal(hosts[0].log, hosts[1].log);
    assert_int_equal(hosts[0].closed_time, hosts[1].closed_time);
}

static void cut(void *context)
{
    struct host *h = context;
    sim_device_cut_link(h->device, SECONDS(2));
}

static void cut_link_comes_back_and_the_transfer_resumes(void **state)
{
    (void)state;
    uint8_t image[8192];
    struct host h;
    start_update(&h, image, sizeof(image));
    host_object(&h, 2, image, 0, 4096);
    host_request(&h, "\x01\x02\x00\x10\x00\x00", 6);
    sim_device_on_bytes(h.device, 732, cut, &h);
    host_packets(&h, image + 4096, 4096);
    unsigned closed = h.closed;
    assert_false(host_find(&h, "DfuTarg", 1300000));
    assert_true(host_find(&h, "DfuTarg", SECONDS(1)));
    host_run_while(&h, &h.closed, closed, SECONDS(10));
    assert_int_equal(h.closed, 1);
    assert_int_equal(h.reason, 0x08);
    host_connect(&h);
    host_open_dfu(&h);
    const uint8_t *select = host_request(&h, "\x06\x02", 2);
    assert_int_equal(host_u32(select + 4), 4096 + 732);
    send_image(&h, image, sizeof(image), 4096);
    assert_true(host_find(&h, "Thermo", SECONDS(5)));
    host_stop(&h);
}

/* dfu-protocol.md D.5: over BLE an executed object is not executed again after a reconnect. */
static void bootloader_learns_of_a_new_link(void **state)
{
    (void)state;
    uint8_t image[8192];
    struct host h;
    start_update(&h, image, sizeof(image));
    host_object(&h, 2, image, 0, 4096);
    air_disconnect(h.link, AIR_CENTRAL, 0x13);
    host_run_while(&h, &h.closed, 0, SECONDS(1));
    host_join(&h, "DfuTarg");
    host_open_dfu(&h);
    const uint8_t *select = host_request(&h, "\x06\x02", 2);
    assert_int_equal(host_u32(select + 4), 4096);
    SAY(&h, "\x12\x0F\x00\x04");
    HEAR(&h, "\x13");
    HEAR(&h, "\x1B\x0F\x00\x60\x04\x08");
    host_stop(&h);
}

static void power_off(void *context)
{
    struct host *h = context;
    sim_device_power_off(h->device);
}

static void power_cut_leaves_the_old_application(void **state)
{
    (void)state;
    uint8_t image[8192];
    struct host h;
    start_update(&h, image, sizeof(image));
    host_request(&h, "\x01\x02\x00\x10\x00\x00", 6);
    sim_device_on_bytes(h.device, 1000, power_off, &h);
    host_packets(&h, image, 4096);
    host_run_while(&h, &h.closed, 0, SECONDS(10));
    assert_int_equal(h.reason, 0x08);
    assert_int_equal(sim_device_mode(h.device), SIM_MODE_OFF);
    assert_false(host_find(&h, "DfuTarg", SECONDS(5)));
    sim_device_power_on(h.device);
    assert_true(host_find(&h, "Thermo", SECONDS(5)));
    struct bootloader_image installed;
    sim_device_installed(h.device, &installed);
    assert_true(installed.valid);
    assert_int_equal(installed.version, 1);
    host_stop(&h);
}

static void dropped_packets_are_missing_in_the_offset(void **state)
{
    (void)state;
    uint8_t image[4096];
    struct host h;
    start_update(&h, image, sizeof(image));
    host_request(&h, "\x01\x02\x00\x10\x00\x00", 6);
    sim_device_drop_packets(h.device, 15, 2);
    host_packets(&h, image, sizeof(image));
    const uint8_t *answer = host_request(&h, "\x03", 1);
    assert_int_equal(host_u32(answer), 15 * 244);
    struct bootloader_stats stats;
    sim_device_get_stats(h.device, &stats);
    assert_int_equal(stats.packets_lost, 2);
    /* The object anew, and nothing is lost. */
    send_image(&h, image, sizeof(image), 0);
    assert_true(host_find(&h, "Thermo", SECONDS(5)));
    host_stop(&h);
}

static void abort_ends_the_link_and_starts_the_application(void **state)
{
    (void)state;
    struct host h;
    start_dfu(&h);
    SAY(&h, "\x12\x0F\x00\x0C");
    HEAR(&h, "\x13");
    host_run_while(&h, &h.closed, 0, SECONDS(5));
    assert_int_equal(h.reason, 0x13);
    assert_true(host_find(&h, "Thermo", SECONDS(1)));
    host_stop(&h);
}

/* Settling */

static void settled_device_runs_what_it_was_just_given(void **state)
{
    (void)state;
    uint8_t image[10000];
    struct host h;
    start_update(&h, image, sizeof(image));
    send_image(&h, image, sizeof(image), 0);
    assert_true(sim_device_is_busy(h.device));
    assert_true(sim_settle(h.world, &h.device, 1, SECONDS(60)));
    assert_int_equal(sim_device_mode(h.device), SIM_MODE_APPLICATION);
    struct bootloader_image installed;
    sim_device_installed(h.device, &installed);
    assert_true(installed.valid);
    assert_int_equal(installed.version, 2);
    assert_memory_equal(sim_device_image_bytes(h.device), image, sizeof(image));
    host_stop(&h);
}

static void settling_waits_for_nobody_who_is_idle(void **state)
{
    (void)state;
    uint8_t image[8192];
    struct host h;
    start_update(&h, image, sizeof(image));
    host_object(&h, 2, image, 0, 4096);
    host_run(&h, SECONDS(1));
    uint64_t now = sim_now(h.world);
    assert_true(sim_settle(h.world, &h.device, 1, SECONDS(60)));
    assert_int_equal(sim_now(h.world), now);
    sim_device_power_off(h.device);
    assert_true(sim_settle(h.world, &h.device, 1, SECONDS(60)));
    assert_int_equal(sim_now(h.world), now);
    host_stop(&h);
}

static void settling_ends_at_its_limit(void **state)
{
    (void)state;
    uint8_t image[10000];
    struct host h;
    start_update(&h, image, sizeof(image));
    send_image(&h, image, sizeof(image), 0);
    uint64_t now = sim_now(h.world);
    assert_false(sim_settle(h.world, &h.device, 1, 300000));
    assert_int_equal(sim_now(h.world), now + 300000);
    host_stop(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_update_ends_in_the_new_application),
        cmocka_unit_test(object_takes_eleven_intervals_if_every_step_waits),
        cmocka_unit_test(same_seed_same_log),
        cmocka_unit_test(cut_link_comes_back_and_the_transfer_resumes),
        cmocka_unit_test(bootloader_learns_of_a_new_link),
        cmocka_unit_test(power_cut_leaves_the_old_application),
        cmocka_unit_test(dropped_packets_are_missing_in_the_offset),
        cmocka_unit_test(abort_ends_the_link_and_starts_the_application),
        cmocka_unit_test(settled_device_runs_what_it_was_just_given),
        cmocka_unit_test(settling_waits_for_nobody_who_is_idle),
        cmocka_unit_test(settling_ends_at_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
