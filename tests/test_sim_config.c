/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "cli/sim_config.h"

static void a_device_is_read_from_keys(void **state)
{
    (void)state;
    struct sim_device_config config;
    struct nordfu_error error = {0};
    assert_int_equal(
        sim_config_device(&config,
                          "addr=de:06:3b:97:4c:d8,name=Thermo,mode=bootloader,"
                          "buttonless=none,pubkey=any,hw=0x40,sd=0,refuse-mtu,silent-reset",
                          &error),
        0);
    static const uint8_t address[] = {0xD8, 0x4C, 0x97, 0x3B, 0x06, 0xDE};
    assert_memory_equal(config.address.bytes, address, 6);
    assert_int_equal(config.address.type, 1);
    assert_string_equal(config.name, "Thermo");
    assert_int_equal(config.mode, SIM_MODE_BOOTLOADER);
    assert_int_equal(config.buttonless, SIM_BUTTONLESS_NONE);
    assert_int_equal(config.hw_version, 0x40);
    assert_int_equal(config.softdevice, 0);
    assert_true(config.refuse_mtu);
    assert_true(config.silent_reset);
    assert_false(config.check_signature);
    assert_int_equal(config.app_version, 1);
}

static void a_profile_says_what_the_rest_is(void **state)
{
    (void)state;
    struct sim_device_config config;
    struct nordfu_error error;
    assert_int_equal(sim_config_device(&config,
                                       "chip=nrf51,addr=DE063B974CD8,profile=sdk12,"
                                       "resume=rounded,save-progress=no",
                                       &error),
                     0);
    assert_string_equal(sim_device_profile(&config)->chip, "nrf51");
    assert_int_equal(config.hw_version, 51);
    assert_int_equal(config.softdevice, 0x87);
    assert_int_equal(config.resume, SIM_RESUME_ROUNDED);
    assert_int_equal(config.save_progress, SIM_NO);
    assert_false(config.external_app);
    assert_int_equal(sim_config_device(&config, "addr=DE063B974CD8,external-app", &error), 0);
    assert_true(config.external_app);
    assert_int_equal(config.hw_version, 52);
    assert_int_equal(config.softdevice, 0xCA);
}

static void a_device_has_a_way_into_the_bootloader(void **state)
{
    (void)state;
    struct sim_device_config config;
    struct nordfu_error error;
    assert_int_equal(sim_config_device(&config,
                                       "addr=DE063B974CD8,buttonless=bonded,bonds=8,repairing,"
                                       "ask-security-first,set-name=refused,refuse-pairing=9",
                                       &error),
                     0);
    assert_int_equal(config.buttonless, SIM_BUTTONLESS_BONDED);
    assert_int_equal(config.bonds, 8);
    assert_true(config.repairing && config.ask_security_first);
    assert_int_equal(config.set_name, SIM_SET_NAME_REFUSED);
    assert_int_equal(config.refuse_pairing, 9);
    assert_int_equal(sim_config_device(&config, "addr=DE063B974CD8,buttonless=sdk12", &error), 0);
    assert_int_equal(config.buttonless, SIM_BUTTONLESS_SDK12);
    assert_int_equal(config.set_name, SIM_SET_NAME_PROFILE);
    static const struct {
        const char *text;
        enum sim_buttonless buttonless;
    } defaults[] = {{"addr=DE063B974CD8,profile=sdk12", SIM_BUTTONLESS_SDK12},
                    {"addr=DE063B974CD8,profile=sdk13", SIM_BUTTONLESS_UNBONDED},
                    {"addr=DE063B974CD8,profile=sdk12,buttonless=none", SIM_BUTTONLESS_NONE},
                    {"addr=DE063B974CD8", SIM_BUTTONLESS_UNBONDED}};
    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
        assert_int_equal(sim_config_device(&config, defaults[i].text, &error), 0);
        assert_int_equal(config.buttonless, defaults[i].buttonless);
    }
}

static void a_wrong_device_is_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word;
    } wrong[] = {
        {"name=x", "needs an address"},
        {"addr=1", "12 hex digits"},
        {"addr=DE063B974CD8,nmae=x", "did you mean \"name\""},
        {"addr=DE063B974CD8,zzzzzz=x", "there are: addr, name"},
        {"addr=DE063B974CD8,hw=x", "expected: a number"},
        {"addr=DE063B974CD8,sd=0x10000", "expected: a number, 0 to 0xFFFF"},
        {"addr=DE063B974CD8,mode", "needs a value (app, bootloader or off)"},
        {"addr=DE063B974CD8,profile", "needs a value (sdk12 to sdk17)"},
        {"addr=DE063B974CD8,chip=nrf51", "chip is one of nrf52840, nrf52832, with chip=nrf51 "
                                         "profile is one of sdk12."},
        {"addr=DE063B974CD8,external-app,profile=sdk14", "try profile=sdk15"},
        {"addr=DE063B974CD8,mtu=248", "23 to 247"},
        {"addr=DE063B974CD8,mtu=22", "23 to 247"},
        {"addr=DE063B974CD8,name=123456789012345678901234567", "at most 26 bytes"},
        {"addr=DE063B974CD8,profile=sdk99", "there are: sdk12, sdk13, "},
        {"addr=DE063B974CD8,profile=sdk12,chip=nrf52840", "no bootloader of sdk12"},
        {"addr=DE063B974CD8,chip=nrf53", "nrf51, nrf52832 or nrf52840"},
        {"addr=DE063B974CD8,resume=never", "exact or rounded"},
        {"addr=DE063B974CD8,profile=sdk14,app-size=348161", "1 to 348160"},
        {"addr=DE063B974CD8,pubkey=/nonexistent.pem", "/nonexistent.pem"},
        {"addr=DE063B974CD8,refuse-mtu=maybe", "yes or no"},
        {"addr=DE063B974CD8,app-size=856065", "1 to 856064"},
        {"addr=DE063B974CD8,app-size=0", "1 or more"},
        {"addr=DE063B974CD8,bonds=9", "1 to 8"},
        {"addr=DE063B974CD8,bonds=0", "1 to 8"},
        {"addr=DE063B974CD8,refuse-pairing=15", "1 to 14"},
        {"addr=DE063B974CD8,buttonless=sdk13", "bonded, sdk12 or none"},
        {"addr=DE063B974CD8,set-name=maybe", "ok, refused or unsupported"},
        {"addr=DE063B974CD8,buttonless=bonded,profile=sdk13", "know no bonds"},
        {"foo", "KEY=VALUE"},
        {"addr=DE063B974CD8,hw", "needs a value (a number, decimal or 0x hexadecimal): hw=VALUE"},
    };
    struct sim_device_config config;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct nordfu_error error = {0};
        assert_true(sim_config_device(&config, wrong[i].text, &error) < 0);
        if (strstr(error.text, wrong[i].word) == NULL)
            fail_msg("%s: %s", wrong[i].text, error.text);
    }
}

static void a_dongle_has_an_api_and_habits(void **state)
{
    (void)state;
    struct sim_dongle_setup setup;
    const struct sim_dongle_config *config = &setup.config;
    struct nordfu_error error;
    assert_int_equal(sim_config_dongle(&setup, "v5,refuse-mtu=7,silent", &error), 0);
    assert_int_equal(config->api, 5);
    assert_int_equal(config->refuse_mtu, 7);
    assert_true(config->silent);
    assert_int_equal(sim_config_dongle(&setup, "v2,firmware=bootloader,fwid=0x87", &error), 0);
    assert_int_equal(config->api, 2);
    assert_int_equal(config->firmware, SIM_FIRMWARE_BOOTLOADER);
    assert_int_equal(config->fwid, 0x87);
    assert_int_equal(sim_config_dongle(&setup, "v3,addr=C10203040506", &error), 0);
    assert_int_equal(config->address.bytes[5], 0xC1);
    assert_int_equal(config->api, 3);
    assert_int_equal(sim_config_dongle(&setup, "v6", &error), 0);
    assert_int_equal(config->api, 6);
    assert_int_equal(setup.usb, SIM_AS_PROFILE);
    assert_string_equal(setup.link, "");
    assert_int_equal(sim_config_dongle(&setup, "v6,link=/tmp/a b,usb,baud=115200", &error), 0);
    assert_string_equal(setup.link, "/tmp/a b");
    assert_int_equal(setup.usb, SIM_YES);
    assert_int_equal(config->baud, 115200);
    assert_int_equal(sim_config_dongle(&setup, "v6,usb=no", &error), 0);
    assert_int_equal(setup.usb, SIM_NO);
    static const char *const wrong[] = {"v55",
                                        "v4",
                                        "v5,firmware=none",
                                        "v5,fwid=0x10000",
                                        "v5,baud=1199",
                                        "v5,baud=4000001",
                                        "v5,link=",
                                        "v5,link",
                                        "v5,usb=maybe"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(sim_config_dongle(&setup, wrong[i], &error), NORDFU_ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_is_read_from_keys),
        cmocka_unit_test(a_profile_says_what_the_rest_is),
        cmocka_unit_test(a_device_has_a_way_into_the_bootloader),
        cmocka_unit_test(a_wrong_device_is_a_sentence),
        cmocka_unit_test(a_dongle_has_an_api_and_habits),
    };
    return cmocka_run_group_tests_name("sim_config", tests, NULL, NULL);
}
