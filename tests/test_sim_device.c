/* SPDX-License-Identifier: MIT */
#include "sim_host.h"

#define DFU_UUID_TAIL "\x00\xC9\x8E"
#define DFU_UUID_HEAD "\x50\xEA\xDA\x30\x88\x83\xB8\x9F\x60\x4F\x15\xF3"

static void application_shows_its_services(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    host_start(&h, 1);
    host_join(&h, "Thermo");
    assert_memory_equal(&h.address, &h.config.address, sizeof(h.address));
    assert_memory_equal(h.advert, "\x02\x01\x06\x07\x09Thermo", 11);
    SAY(&h, "\x10\x01\x00\xFF\xFF\x00\x28");
    HEAR(&h, "\x11\x06\x01\x00\x09\x00\x00\x18\x0A\x00\x0D\x00\x01\x18\x0E\x00\x13\x00\x0D\x18");
    SAY(&h, "\x10\x14\x00\xFF\xFF\x00\x28");
    HEAR(&h, "\x11\x06\x14\x00\xFF\xFF\x59\xFE");
    SAY(&h, "\x08\x14\x00\xFF\xFF\x03\x28");
    HEAR(&h, "\x09\x15\x15\x00\x28\x16\x00" DFU_UUID_HEAD "\x03" DFU_UUID_TAIL);
    SAY(&h, "\x0A\x03\x00");
    HEAR(&h, "\x0BThermo");
    host_stop(&h);
}

static void application_without_buttonless_has_no_dfu_service(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.buttonless = SIM_BUTTONLESS_NONE;
    host_start(&h, 1);
    host_join(&h, "Thermo");
    SAY(&h, "\x10\x0E\x00\xFF\xFF\x00\x28");
    HEAR(&h, "\x11\x06\x0E\x00\xFF\xFF\x0D\x18");
    host_stop(&h);
}

static void bootloader_shows_the_dfu_service(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.mode = SIM_MODE_BOOTLOADER;
    host_start(&h, 1);
    assert_int_equal(sim_device_mode(h.device), SIM_MODE_BOOTLOADER);
    host_join(&h, "DfuTarg");
    assert_int_equal(h.address.bytes[0], 0xD9);
    assert_int_equal(h.advert_size, 16);
    assert_memory_equal(h.advert, "\x02\x01\x06\x03\x02\x59\xFE\x08\x09\x44\x66uTarg", 16);
    SAY(&h, "\x10\x01\x00\xFF\xFF\x00\x28");
    HEAR(&h, "\x11\x06\x01\x00\x09\x00\x00\x18\x0A\x00\x0A\x00\x01\x18\x0B\x00\xFF\xFF\x59\xFE");
    SAY(&h, "\x08\x0B\x00\xFF\xFF\x03\x28");
    HEAR(&h, "\x09\x15\x0C\x00\x04\x0D\x00" DFU_UUID_HEAD "\x02" DFU_UUID_TAIL);
    SAY(&h, "\x08\x0D\x00\xFF\xFF\x03\x28");
    HEAR(&h, "\x09\x15\x0E\x00\x18\x0F\x00" DFU_UUID_HEAD "\x01" DFU_UUID_TAIL);
    SAY(&h, "\x04\x10\x00\xFF\xFF");
    HEAR(&h, "\x05\x01\x10\x00\x02\x29");
    /* No requests without notifications. */
    SAY(&h, "\x12\x0F\x00\x06\x01");
    HEAR(&h, "\x01\x12\x0F\x00\xFD");
    assert_true(host_logged(&h, "device.att device=DE:06:3B:97:4C:D8 opcode=12 handle=000f"));
    SAY(&h, "\x12\x10\x00\x01\x00");
    HEAR(&h, "\x13");
    SAY(&h, "\x12\x0F\x00\x06\x01");
    HEAR(&h, "\x13");
    HEAR(&h, "\x1B\x0F\x00\x60\x06\x01\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00");
    SAY(&h, "\x12\x0F\x00\x05");
    HEAR(&h, "\x13");
    HEAR(&h, "\x1B\x0F\x00\x60\x05\x02");
    host_stop(&h);
}

static void bootloader_advertises_every_25_to_35_ms(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.mode = SIM_MODE_BOOTLOADER;
    host_start(&h, 1);
    h.wanted = "DfuTarg";
    h.scanner = air_scan(h.air, false, 0, 0, host_report, &h);
    host_run(&h, 300000);
    air_scan_stop(&h.scanner);
    assert_in_range(h.adverts, 8, 12);
    assert_in_range(h.heard[2] - h.heard[1], 25000, 35000);
    host_stop(&h);
}

static void bootloader_asks_for_15_ms(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.mode = SIM_MODE_BOOTLOADER;
    host_start(&h, 1);
    host_join(&h, "DfuTarg");
    assert_int_equal(h.state.params.interval, 24);
    host_run(&h, SECONDS(1));
    assert_int_equal(h.state.params.interval, 12);
    assert_int_equal(h.state.params.supervision_timeout, 600);
    host_stop(&h);
}

static void jump_waits_for_the_confirmation(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.confirms = false;
    host_start(&h, 1);
    host_join(&h, "Thermo");
    SAY(&h, "\x12\x16\x00\x01");
    HEAR(&h, "\x01\x12\x16\x00\xFD");
    host_enter_bootloader(&h);
    host_run(&h, SECONDS(10));
    assert_int_equal(h.closed, 0);
    assert_int_equal(sim_device_mode(h.device), SIM_MODE_APPLICATION);
    SAY(&h, "\x1E");
    host_run_while(&h, &h.closed, 0, SECONDS(1));
    assert_int_equal(h.closed, 1);
    assert_int_equal(h.reason, 0x13);
    assert_true(host_find(&h, "DfuTarg", SECONDS(1)));
    assert_int_equal(sim_device_mode(h.device), SIM_MODE_BOOTLOADER);
    assert_true(host_logged(&h, "device.jump device=DE:06:3B:97:4C:D8"));
    assert_true(host_logged(&h, "device.boot device=DE:06:3B:97:4C:D8 mode=bootloader version=1"));
    assert_true(host_logged(&h, "address=DE:06:3B:97:4C:D9 name=DfuTarg"));
    host_stop(&h);
}

static void bootloader_address_wraps_without_a_carry(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.address.bytes[0] = 0xFF;
    host_start(&h, 1);
    host_join(&h, "Thermo");
    host_enter_bootloader(&h);
    assert_true(host_find(&h, "DfuTarg", SECONDS(3)));
    static const struct air_address wrapped = {1, {0x00, 0x4C, 0x97, 0x3B, 0x06, 0xDE}};
    assert_memory_equal(&h.address, &wrapped, sizeof(wrapped));
    host_stop(&h);
}

static void bootloader_may_keep_the_address(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.same_address = true;
    strcpy(h.config.bootloader_name, "Updater");
    host_start(&h, 1);
    host_join(&h, "Thermo");
    host_enter_bootloader(&h);
    assert_true(host_find(&h, "Updater", SECONDS(3)));
    assert_memory_equal(&h.address, &h.config.address, sizeof(h.address));
    host_stop(&h);
}

static void silent_reset_is_noticed_by_timeout_only(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.silent_reset = true;
    host_start(&h, 1);
    host_join(&h, "Thermo");
    host_enter_bootloader(&h);
    assert_true(host_find(&h, "DfuTarg", SECONDS(1)));
    assert_int_equal(h.closed, 0);
    host_run_while(&h, &h.closed, 0, SECONDS(10));
    assert_int_equal(h.reason, 0x08);
    host_stop(&h);
}

static void lost_link_forgets_a_jump_that_was_not_confirmed(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.confirms = false;
    host_start(&h, 1);
    host_join(&h, "Thermo");
    host_enter_bootloader(&h);
    air_disconnect(h.link, AIR_CENTRAL, 0x13);
    host_run_while(&h, &h.closed, 0, SECONDS(1));
    host_join(&h, "Thermo");
    SAY(&h, "\x1E");
    host_run(&h, SECONDS(1));
    assert_int_equal(sim_device_mode(h.device), SIM_MODE_APPLICATION);
    /* It may be asked for anew. */
    h.confirms = true;
    host_enter_bootloader(&h);
    assert_true(host_find(&h, "DfuTarg", SECONDS(3)));
    host_stop(&h);
}

static void name_is_set_kept_and_used(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    host_start(&h, 1);
    host_join(&h, "Thermo");
    SAY(&h, "\x12\x17\x00\x02\x00");
    HEAR(&h, "\x13");
    SAY(&h, "\x12\x16\x00\x02\x05Shelf");
    HEAR(&h, "\x13");
    HEAR(&h, "\x1D\x16\x00\x20\x02\x01");
    sim_device_power_off(h.device);
    host_run_while(&h, &h.closed, 0, SECONDS(10));
    sim_device_power_on(h.device);
    host_join(&h, "Thermo");
    host_enter_bootloader(&h);
    assert_true(host_find(&h, "Shelf", SECONDS(3)));
    assert_int_equal(h.address.bytes[0], 0xD9);
    host_stop(&h);
}

static void bad_names_and_unknown_requests_are_refused(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    host_start(&h, 1);
    host_join(&h, "Thermo");
    SAY(&h, "\x02\xF7\x00");
    HEAR(&h, "\x03\xF7\x00");
    SAY(&h, "\x12\x17\x00\x02\x00");
    HEAR(&h, "\x13");
    static const struct {
        const char *request;
        size_t size;
        uint8_t status;
    } cases[] = {
        {"\x12\x16\x00\x02\x00", 5, 5},
        {"\x12\x16\x00\x02", 4, 5},
        {"\x12\x16\x00\x02\x03xy", 7, 5},
        {"\x12\x16\x00\x02\x15_123456789_1234567890", 26, 5},
        {"\x12\x16\x00\x02\x14_123456789_123456789", 25, 1},
        {"\x12\x16\x00\x07", 4, 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        host_send(&h, cases[i].request, cases[i].size);
        HEAR(&h, "\x13");
        const uint8_t answer[6] = {0x1D,           0x16, 0, 0x20, (uint8_t)cases[i].request[3],
                                   cases[i].status};
        host_hear(&h, answer, sizeof(answer));
        host_run(&h, 100000);
    }
    host_stop(&h);
}

static void idle_bootloader_goes_back_to_the_application(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.mode = SIM_MODE_BOOTLOADER;
    host_start(&h, 1);
    host_run(&h, SECONDS(121));
    assert_int_equal(sim_device_mode(h.device), SIM_MODE_APPLICATION);
    assert_true(h.steps < 20);
    host_stop(&h);
}

static void bootloader_stays_without_an_application(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.no_application = true;
    host_start(&h, 1);
    host_run(&h, SECONDS(150));
    assert_true(host_find(&h, "DfuTarg", SECONDS(1)));
    host_stop(&h);
}

static void device_that_is_off_is_silent(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.mode = SIM_MODE_OFF;
    host_start(&h, 1);
    assert_false(host_find(&h, "Thermo", SECONDS(5)));
    sim_device_cut_link(h.device, 0);
    sim_device_power_on(h.device);
    assert_true(host_find(&h, "Thermo", SECONDS(5)));
    sim_device_power_off(h.device);
    assert_false(host_find(&h, "Thermo", SECONDS(5)));
    host_stop(&h);
}

static void application_advertises_again_after_a_link(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    host_start(&h, 1);
    host_join(&h, "Thermo");
    assert_false(host_find(&h, "Thermo", SECONDS(2)));
    air_disconnect(h.link, AIR_CENTRAL, 0x13);
    assert_true(host_find(&h, "Thermo", SECONDS(2)));
    assert_true(host_logged(&h, "device.disconnected device=DE:06:3B:97:4C:D8 reason=13"));
    host_stop(&h);
}

/* Radio habits */

static void mtu_habits_are_as_configured(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.refuse_mtu = true;
    h.config.ask_mtu_first = true;
    host_start(&h, 1);
    host_join(&h, "Thermo");
    HEAR(&h, "\x02\xF7\x00");
    SAY(&h, "\x03\xF7\x00");
    SAY(&h, "\x02\xF7\x00");
    HEAR(&h, "\x01\x02\x00\x00\x06");
    assert_true(host_logged(&h, "device.mtu device=DE:06:3B:97:4C:D8 mtu=247"));
    host_stop(&h);
    host_init(&h);
    h.config.mtu = 64;
    host_start(&h, 1);
    host_join(&h, "Thermo");
    SAY(&h, "\x02\xF7\x00");
    HEAR(&h, "\x03\x40\x00");
    host_stop(&h);
}

static void refused_length_and_phy_stay_as_they_are(void **state)
{
    (void)state;
    for (int refuse = 0; refuse < 2; refuse++) {
        struct host h;
        host_init(&h);
        h.config.refuse_length = h.config.refuse_phy = refuse;
        host_start(&h, 1);
        host_join(&h, "Thermo");
        air_request_length(h.link, AIR_CENTRAL, 251, 251);
        air_request_phy(h.link, AIR_CENTRAL, 2, 2);
        host_run(&h, SECONDS(1));
        assert_int_equal(h.length_changes, 1);
        assert_int_equal(h.phy_changes, 1);
        assert_int_equal(h.phy_status, 0);
        for (int end = 0; end < 2; end++) {
            assert_int_equal(h.state.tx_octets[end], refuse ? 27 : 251);
            assert_int_equal(h.state.tx_phy[end], refuse ? 1 : 2);
        }
        host_stop(&h);
    }
}

static void devices_may_begin_procedures_themselves(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.ask_length_first = h.config.ask_phy_first = true;
    host_start(&h, 1);
    host_join(&h, "Thermo");
    host_run(&h, SECONDS(1));
    assert_int_equal(h.state.tx_octets[AIR_PERIPHERAL], 251);
    assert_int_equal(h.state.tx_phy[AIR_PERIPHERAL], 2);
    host_stop(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(application_shows_its_services),
        cmocka_unit_test(application_without_buttonless_has_no_dfu_service),
        cmocka_unit_test(bootloader_shows_the_dfu_service),
        cmocka_unit_test(bootloader_advertises_every_25_to_35_ms),
        cmocka_unit_test(bootloader_asks_for_15_ms),
        cmocka_unit_test(jump_waits_for_the_confirmation),
        cmocka_unit_test(bootloader_address_wraps_without_a_carry),
        cmocka_unit_test(bootloader_may_keep_the_address),
        cmocka_unit_test(silent_reset_is_noticed_by_timeout_only),
        cmocka_unit_test(lost_link_forgets_a_jump_that_was_not_confirmed),
        cmocka_unit_test(name_is_set_kept_and_used),
        cmocka_unit_test(bad_names_and_unknown_requests_are_refused),
        cmocka_unit_test(idle_bootloader_goes_back_to_the_application),
        cmocka_unit_test(bootloader_stays_without_an_application),
        cmocka_unit_test(device_that_is_off_is_silent),
        cmocka_unit_test(application_advertises_again_after_a_link),
        cmocka_unit_test(mtu_habits_are_as_configured),
        cmocka_unit_test(refused_length_and_phy_stay_as_they_are),
        cmocka_unit_test(devices_may_begin_procedures_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
