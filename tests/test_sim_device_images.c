/* SPDX-License-Identifier: MIT
 * SoftDevice, bootloader and application onto a device, over the air. */
#include "init_builder.h"
#include "sim_host.h"

#include "sim/sd_info.h"
#include "sim/settle.h"

enum { SD_SIZE = 0x3000, BL_SIZE = 0x1000, APP_SIZE = 6000 };

struct fixture {
    struct host host;
    uint8_t image[SD_SIZE + BL_SIZE];
    uint8_t app[APP_SIZE];
};

static const struct recipe both = {.type = 3, .fw = 4, .sd_size = SD_SIZE, .size = BL_SIZE};

/* A device in its bootloader with SoftDevice S140 7.0.1, the host connected to it; an image of S140
 * `version`. */
static void start(struct fixture *f, uint32_t version)
{
    struct host *h = &f->host;
    const struct sd_info info = {0x27000, 0x100, 140, version};
    bench_fill(f->image, sizeof(f->image), 5);
    bench_fill(f->app, sizeof(f->app), 6);
    sd_info_write(&info, f->image + SD_INFO_AT);
    host_init(h);
    h->config.mode = SIM_MODE_BOOTLOADER;
    host_start(h, 1);
    host_join(h, "DfuTarg");
    host_open_dfu(h);
}

static void transfer(struct host *h, const struct recipe *recipe, const uint8_t *image, size_t size)
{
    struct packet packet = build_packet(recipe, image, size);
    host_request(h, "\x06\x01", 2);
    host_object(h, 1, packet.bytes, 0, packet.size);
    for (size_t at = 0; at < size; at += 4096)
        host_object(h, 2, image, at, size - at < 4096 ? size - at : 4096);
}

static void assert_part(const struct fixture *f, enum bootloader_part part, const uint8_t *bytes,
                        uint32_t size)
{
    const uint8_t *flash;
    uint32_t found;
    assert_true(sim_device_flash(f->host.device, part, &flash, &found));
    assert_int_equal(found, size);
    assert_memory_equal(flash, bytes, size);
}

static void assert_new(const struct fixture *f)
{
    struct bootloader_versions versions;
    sim_device_versions(f->host.device, &versions);
    assert_int_equal(versions.softdevice, 0x100);
    assert_int_equal(versions.bootloader, 4);
    assert_part(f, BOOTLOADER_SOFTDEVICE, f->image, SD_SIZE);
    assert_part(f, BOOTLOADER_BOOTLOADER, f->image + SD_SIZE, BL_SIZE);
}

static void bootloader_is_back_on_the_air_for_the_application(void **state)
{
    (void)state;
    static struct fixture f;
    struct host *h = &f.host;
    start(&f, 7002000);
    transfer(h, &both, f.image, sizeof(f.image));
    unsigned closed = h->closed;
    host_run_while(h, &h->closed, closed, SECONDS(5));
    assert_int_equal(h->reason, 0x13);
    host_join(h, "DfuTarg");
    host_open_dfu(h);
    assert_new(&f);
    transfer(h, &(struct recipe){.fw = 2, .sd_req = 0x100}, f.app, sizeof(f.app));
    assert_true(host_find(h, "Thermo", SECONDS(5)));
    assert_part(&f, BOOTLOADER_APPLICATION, f.app, sizeof(f.app));
    host_stop(h);
}

static void nobody_comes_and_the_old_application_starts(void **state)
{
    (void)state;
    static struct fixture f;
    struct host *h = &f.host;
    start(&f, 7002000);
    transfer(h, &both, f.image, sizeof(f.image));
    assert_true(sim_settle(h->world, &h->device, 1, SECONDS(60)));
    assert_int_equal(sim_device_mode(h->device), SIM_MODE_BOOTLOADER);
    host_run(h, SECONDS(9));
    assert_int_equal(sim_device_mode(h->device), SIM_MODE_BOOTLOADER);
    host_run(h, SECONDS(2));
    assert_int_equal(sim_device_mode(h->device), SIM_MODE_APPLICATION);
    assert_new(&f);
    host_stop(h);
}

/* A host that connects and says nothing is no client. */
static void a_silent_host_does_not_stretch_the_ten_seconds(void **state)
{
    (void)state;
    static struct fixture f;
    struct host *h = &f.host;
    start(&f, 7002000);
    transfer(h, &both, f.image, sizeof(f.image));
    host_run_while(h, &h->closed, h->closed, SECONDS(5));
    host_join(h, "DfuTarg");
    host_run(h, SECONDS(11));
    assert_int_equal(sim_device_mode(h->device), SIM_MODE_APPLICATION);
    host_stop(h);
}

static void another_major_version_keeps_the_bootloader_on_the_air(void **state)
{
    (void)state;
    static struct fixture f;
    struct host *h = &f.host;
    const uint8_t *flash;
    uint32_t size;
    start(&f, 8000000);
    transfer(h, &both, f.image, sizeof(f.image));
    host_run(h, SECONDS(100));
    assert_int_equal(sim_device_mode(h->device), SIM_MODE_BOOTLOADER);
    assert_false(sim_device_flash(h->device, BOOTLOADER_APPLICATION, &flash, &size));
    assert_new(&f);
    assert_true(host_find(h, "DfuTarg", SECONDS(1)));
    host_stop(h);
}

static void power_cut_to_order_is_survived(void **state)
{
    (void)state;
    static struct fixture f;
    struct host *h = &f.host;
    for (uint32_t operation = 2; operation < 20; operation += 3) {
        start(&f, 7002000);
        transfer(h, &both, f.image, sizeof(f.image));
        sim_device_cut_power_at(h->device, operation);
        sim_settle(h->world, &h->device, 1, SECONDS(60));
        assert_int_equal(sim_device_mode(h->device), SIM_MODE_OFF);
        sim_device_power_on(h->device);
        assert_true(sim_settle(h->world, &h->device, 1, SECONDS(60)));
        assert_new(&f);
        host_stop(h);
    }
}

static void an_mtu_of_the_device_goes_for_its_data_packets(void **state)
{
    (void)state;
    static struct fixture f;
    struct host *h = &f.host;
    struct bootloader_stats stats;
    bench_fill(f.app, sizeof(f.app), 6);
    host_init(h);
    h->config.mode = SIM_MODE_BOOTLOADER;
    h->config.profile = sim_profile_find("sdk14");
    h->config.mtu = 247;
    host_start(h, 1);
    host_join(h, "DfuTarg");
    SAY(h, "\x02\xF7\x00");
    HEAR(h, "\x03\xF7\x00");
    SAY(h, "\x12\x10\x00\x01\x00");
    HEAR(h, "\x13");
    transfer(h, &(struct recipe){.fw = 2}, f.app, sizeof(f.app));
    assert_true(host_find(h, "Thermo", SECONDS(10)));
    assert_part(&f, BOOTLOADER_APPLICATION, f.app, sizeof(f.app));
    sim_device_get_stats(h->device, &stats);
    assert_int_equal(stats.packets_lost, 0);
    host_stop(h);
}

static void a_chip_without_such_a_bootloader_is_no_device(void **state)
{
    (void)state;
    struct sim_world *world = sim_world_new(1);
    struct air *air = air_new(world, NULL);
    struct sim_device_config config = {.profile = sim_profile_find("sdk12"), .chip = "nrf52840"};
    assert_null(sim_device_profile(&config));
    assert_null(sim_device_new(world, air, &config));
    air_free(&air);
    sim_world_free(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bootloader_is_back_on_the_air_for_the_application),
        cmocka_unit_test(nobody_comes_and_the_old_application_starts),
        cmocka_unit_test(a_silent_host_does_not_stretch_the_ten_seconds),
        cmocka_unit_test(another_major_version_keeps_the_bootloader_on_the_air),
        cmocka_unit_test(power_cut_to_order_is_survived),
        cmocka_unit_test(an_mtu_of_the_device_goes_for_its_data_packets),
        cmocka_unit_test(a_chip_without_such_a_bootloader_is_no_device),
    };
    return cmocka_run_group_tests_name("sim_device_images", tests, NULL, NULL);
}
