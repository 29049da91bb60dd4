/* SPDX-License-Identifier: MIT
 * A SoftDevice and bootloader of the vendor's, straight into the bootloader they were made for,
 * with every byte compared. The package is found by NORDFU_DATA. */
#include "sim_boot.h"

#include <stdio.h>
#include <unistd.h>

#include "nordfu/package.h"

#define SOFTDEVICE_ADDRESS 0x1000
#define BOOTLOADER_ADDRESS 0x73000 /* of SDK 14's debug bootloader on an nRF52832 */
#define APP_SIZE           20000

struct fixture {
    struct bench bench;
    uint8_t app[APP_SIZE];
    struct nordfu_package *package;
    const struct nordfu_image *image;
};

static struct nordfu_package *open_package(void)
{
    char path[512];
    struct nordfu_error error;
    struct nordfu_package *package = NULL;
    const char *folder = getenv("NORDFU_DATA");
    snprintf(path, sizeof(path), "%s/softdevice_bootloader_secure_ble_debug_with_bonds_s132.zip",
             folder != NULL ? folder : TEST_DIR "/../../shared/data");
    if (access(path, R_OK) != 0) {
        print_message("SKIPPED: %s is not there\n", path);
        skip();
    }
    if (nordfu_package_open(&package, path, &error) != 0)
        fail_msg("%s", error.text);
    return package;
}

/* A debug bootloader of SDK 14 with SoftDevice `fwid`, which takes any signature; the package's is
 * of a key that nobody has. */
static void start(struct fixture *f, uint32_t fwid, bool debug)
{
    memset(f, 0, sizeof(*f));
    f->package = open_package();
    f->image = nordfu_package_image(f->package, 0);
    bench_fill(f->app, APP_SIZE, 1);
    f->bench = bench_config_of("sdk14", "nrf52832");
    f->bench.config.check_signature = false;
    f->bench.config.is_debug = debug;
    f->bench.config.softdevice = fwid;
    f->bench.config.bootloader_version = 0;
    bench_start(&f->bench, f->app, APP_SIZE);
}

static void drop(struct fixture *f)
{
    bench_stop(&f->bench);
    nordfu_package_free(&f->package);
}

static void transfer(struct fixture *f)
{
    struct bench *b = &f->bench;
    bench_init(b, f->image->init_bytes, f->image->init_size);
    assert_int_equal(b->reply_size, 3);
    assert_memory_equal(b->reply, "\x60\x04\x01", 3);
    bench_run(b, 400000);
    bench_image(b, f->image->firmware, f->image->firmware_size, 0);
    assert_int_equal(b->reply_size, 3);
    assert_memory_equal(b->reply, "\x60\x04\x01", 3);
    bench_run(b, 1);
    while (b->dfu && bootloader_is_busy(b->boot))
        bench_run(b, 1000);
}

static void assert_in_place(const struct fixture *f)
{
    const struct nordfu_image *image = f->image;
    uint32_t softdevice = image->init.sd_size;
    struct bootloader_versions versions;
    assert_memory_equal(flash_read(f->bench.flash, SOFTDEVICE_ADDRESS), image->firmware,
                        softdevice);
    assert_memory_equal(flash_read(f->bench.flash, BOOTLOADER_ADDRESS),
                        image->firmware + softdevice, image->init.bl_size);
    bootloader_get_versions(f->bench.boot, &versions);
    assert_int_equal(versions.softdevice, 0xCAFE);
}

static void real_package_is_installed_byte_for_byte(void **state)
{
    (void)state;
    struct fixture f;
    struct bootloader_image app;
    start(&f, 0x9D, true); /* S132 5.0.0: the same major version, the same end */
    transfer(&f);
    assert_in_place(&f);
    bootloader_installed(f.bench.boot, &app);
    assert_true(app.valid);
    assert_int_equal(app.address, 0x23000);
    assert_int_equal(f.bench.resets, 2);
    assert_int_equal(f.bench.continued, 1);
    drop(&f);
}

static void real_package_replaces_an_older_softdevice_and_its_application(void **state)
{
    (void)state;
    struct fixture f;
    struct bootloader_image app;
    start(&f, 0x98, true); /* S132 4.0.2, which ends at 0x1F000 */
    bootloader_installed(f.bench.boot, &app);
    assert_true(app.valid);
    assert_int_equal(app.address, 0x1F000);
    transfer(&f);
    assert_in_place(&f);
    bootloader_installed(f.bench.boot, &app);
    assert_false(app.valid);
    assert_true(f.bench.dfu);
    assert_int_equal(f.bench.continued, 0);
    drop(&f);
}

/* SDK 14 does not take what was made for debugging, other than later ones. */
static void real_package_is_for_debug_bootloaders_only(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, 0x98, false);
    bench_init(&f.bench, f.image->init_bytes, f.image->init_size);
    assert_int_equal(f.bench.reply_size, 3);
    assert_memory_equal(f.bench.reply, "\x60\x04\x0A", 3);
    drop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_package_is_installed_byte_for_byte),
        cmocka_unit_test(real_package_replaces_an_older_softdevice_and_its_application),
        cmocka_unit_test(real_package_is_for_debug_bootloaders_only),
    };
    return cmocka_run_group_tests_name("sim_real", tests, NULL, NULL);
}
