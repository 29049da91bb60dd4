/* SPDX-License-Identifier: MIT
 * SoftDevices and bootloaders: received, moved to their place, and what is different afterwards. */
#include "sim_boot.h"

#include "sim/sd_info.h"

enum {
    SD_SIZE = 0x25400, /* of an S140, as converted: without the MBR and the unused end */
    BL_SIZE = 0x5AC4,
};

/* An image of SoftDevice and bootloader, one behind the other. */
struct fixture {
    struct bench bench;
    uint8_t *image, *app;
    uint32_t app_size;
    struct packet packet;
};

static void put_softdevice(uint8_t *image, uint32_t size, const struct sd_info *info)
{
    bench_fill(image, size, 9);
    sd_info_write(info, image + SD_INFO_AT);
}

static const struct sd_info s140_7_2 = {0x27000, 0x100, 140, 7002000};
static const struct sd_info s140_8 = {0x28000, 0x1234, 140, 8000000};

static void prepare(struct fixture *f, uint32_t app_size)
{
    memset(f, 0, sizeof(*f));
    f->bench = bench_config();
    f->app_size = app_size;
    f->app = malloc(app_size + 1);
    f->image = malloc(SD_SIZE + BL_SIZE);
    bench_fill(f->app, app_size, 1);
}

static void start(struct fixture *f, const struct sd_info *info, const struct recipe *recipe)
{
    uint32_t size = recipe->type == 1 ? SD_SIZE : recipe->type == 2 ? BL_SIZE : SD_SIZE + BL_SIZE;
    put_softdevice(f->image, SD_SIZE, info);
    bench_fill(f->image + SD_SIZE, BL_SIZE, 4);
    const uint8_t *bytes = recipe->type == 2 ? f->image + SD_SIZE : f->image;
    f->packet = build_packet(recipe, bytes, size);
    bench_start(&f->bench, f->app, f->app_size);
}

static void drop(struct fixture *f)
{
    bench_stop(&f->bench);
    free(f->app);
    free(f->image);
}

static void transfer(struct fixture *f, const uint8_t *image, uint32_t size)
{
    struct bench *b = &f->bench;
    bench_init(b, f->packet.bytes, f->packet.size);
    assert_int_equal(b->reply_size, 3);
    assert_memory_equal(b->reply, "\x60\x04\x01", 3);
    bench_run(b, 400000);
    bench_image(b, image, size, 0);
}

static void assert_part(const struct fixture *f, enum bootloader_part part, const uint8_t *bytes,
                        uint32_t size)
{
    uint32_t found;
    const uint8_t *flash = bootloader_part(f->bench.boot, part, &found);
    assert_int_equal(found, size);
    assert_non_null(flash);
    assert_memory_equal(flash, bytes, size);
}

static const struct recipe both = {.type = 3, .fw = 4, .sd_size = SD_SIZE, .size = BL_SIZE};

static void softdevice_and_bootloader_come_into_their_places(void **state)
{
    (void)state;
    struct fixture f;
    struct bootloader_versions versions;
    prepare(&f, 20000);
    start(&f, &s140_7_2, &both);
    bootloader_get_versions(f.bench.boot, &versions);
    assert_int_equal(versions.softdevice, 0xCA);
    transfer(&f, f.image, SD_SIZE + BL_SIZE);
    bench_run(&f.bench, 9000000);
    assert_part(&f, BOOTLOADER_SOFTDEVICE, f.image, SD_SIZE);
    assert_part(&f, BOOTLOADER_BOOTLOADER, f.image + SD_SIZE, BL_SIZE);
    assert_part(&f, BOOTLOADER_APPLICATION, f.app, f.app_size);
    assert_memory_equal(flash_read(f.bench.flash, 0x1000), f.image, SD_SIZE);
    assert_memory_equal(flash_read(f.bench.flash, 0xF8000), f.image + SD_SIZE, BL_SIZE);
    bootloader_get_versions(f.bench.boot, &versions);
    assert_int_equal(versions.softdevice, 0x100);
    assert_int_equal(versions.bootloader, 4);
    assert_int_equal(versions.application, 1);
    drop(&f);
}

/* dfu-protocol.md D.1, D.5: the next image has 10 s; the third reset starts the application. */
static void application_starts_ten_seconds_after_a_new_softdevice(void **state)
{
    (void)state;
    struct fixture f;
    prepare(&f, 20000);
    start(&f, &s140_7_2, &both);
    struct bench *b = &f.bench;
    transfer(&f, f.image, SD_SIZE + BL_SIZE);
    while (b->continued == 0)
        bench_run(b, 10000);
    assert_int_equal(b->resets, 2);
    assert_true(b->dfu);
    bench_run(b, 9900000);
    assert_true(b->dfu);
    bench_run(b, 200000);
    assert_false(b->dfu);
    assert_int_equal(b->resets, 3);
    drop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softdevice_and_bootloader_come_into_their_places),
        cmocka_unit_test(application_starts_ten_seconds_after_a_new_softdevice),
    };
    (void)s140_8;
    return cmocka_run_group_tests_name("sim_activation", tests, NULL, NULL);
}
