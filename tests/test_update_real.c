/* SPDX-License-Identifier: MIT
 * A SoftDevice and bootloader of the vendor's, over the air onto a simulated nRF52832, with every
 * byte compared. The package is found by NORDFU_DATA. */
#include "test.h"

#include "fixture.h"
#include "sim/profile.h"

static struct fixture_files files;

static void find_package(char *path, size_t size)
{
    const char *folder = getenv("NORDFU_DATA");
    snprintf(path, size, "%s/softdevice_bootloader_secure_ble_debug_with_bonds_s132.zip",
             folder != NULL ? folder : TEST_DIR "/../../shared/data");
    if (access(path, R_OK) == 0)
        return;
    print_message("SKIPPED: %s is not there\n", path);
    skip();
}

/* A debug bootloader of SDK 14, which is what the package is for; it takes any signature, as the
 * package's is of a key that nobody has. */
static void start(struct fixture *f, enum sim_buttonless buttonless, uint32_t softdevice)
{
    char path[512];
    struct nordfu_error error;
    find_package(path, sizeof(path));
    fixture_init(f, &files);
    nordfu_package_free(&f->package);
    fixture_check(nordfu_package_open(&f->package, path, &error), &error);
    f->device_config.profile = sim_profile_find("sdk14");
    snprintf(f->device_config.chip, sizeof(f->device_config.chip), "nrf52832");
    f->device_config.buttonless = buttonless;
    f->device_config.check_signature = false;
    f->device_config.debug_bootloader = true;
    f->device_config.softdevice = softdevice;
    fixture_build(f);
}

static void assert_part(const struct fixture *f, enum bootloader_part part, const uint8_t *bytes,
                        uint32_t size)
{
    const uint8_t *there = NULL;
    uint32_t held = 0;
    assert_true(sim_device_flash(f->device, part, &there, &held));
    assert_true(held >= size);
    assert_memory_equal(there, bytes, size);
}

static void assert_installed(struct fixture *f)
{
    const struct nordfu_image *image = nordfu_package_image(f->package, 0);
    struct bootloader_versions versions;
    if (f->rc != 0)
        fail_msg("%s\n%s", f->error.text, f->notes);
    assert_true(sim_settle(f->world, &f->device, 1, 60 * NORDFU_SECOND));
    assert_int_equal(f->result.bytes + f->result.resumed, image->firmware_size);
    assert_part(f, BOOTLOADER_SOFTDEVICE, image->firmware, image->init.sd_size);
    assert_part(f, BOOTLOADER_BOOTLOADER, image->firmware + image->init.sd_size,
                image->init.bl_size);
    sim_device_versions(f->device, &versions);
    assert_int_equal(versions.softdevice, 0xCAFE);
    print_message("%zu bytes in %.1f s\n", image->firmware_size, (double)f->duration / 1e6);
}

static void the_real_package_is_installed_byte_for_byte(void **state)
{
    (void)state;
    static const uint32_t softdevices[] = {0x9D, 0x98}; /* S132 5.0.0 and 4.0.2 */
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        start(&f, SIM_BUTTONLESS_UNBONDED, softdevices[i]);
        fixture_update(&f);
        assert_installed(&f);
        fixture_free(&f);
    }
}

static void the_real_package_is_installed_with_bonds(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, SIM_BUTTONLESS_BONDED, 0x9D);
    fixture_update(&f);
    assert_installed(&f);
    fixture_free(&f);
}

static void cut(void *context)
{
    sim_device_cut_link(context, 300 * NORDFU_MS);
}

static void the_real_package_is_gone_on_with_after_a_lost_link(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, SIM_BUTTONLESS_UNBONDED, 0x9D);
    sim_device_on_bytes(f.device, 100000, cut, f.device);
    fixture_update(&f);
    assert_installed(&f);
    assert_int_equal(f.result.reconnects, 1);
    fixture_free(&f);
}

static int set_up(void **state)
{
    (void)state;
    files_new(&files, 4096);
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
        cmocka_unit_test(the_real_package_is_installed_byte_for_byte),
        cmocka_unit_test(the_real_package_is_installed_with_bonds),
        cmocka_unit_test(the_real_package_is_gone_on_with_after_a_lost_link),
    };
    return cmocka_run_group_tests_name("update_real", tests, set_up, tear_down);
}
