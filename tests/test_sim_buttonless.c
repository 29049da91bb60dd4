/* SPDX-License-Identifier: MIT */
#include "sim_host.h"

/* ---- SDK 12 (dfu-protocol.md D.3) ---- */

static void sdk12_has_a_service_of_its_own(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.buttonless = SIM_BUTTONLESS_SDK12;
    host_start(&h, 1);
    host_join(&h, "Thermo");
    SAY(&h, "\x10\x14\x00\xFF\xFF\x00\x28");
    HEAR(&h, "\x11\x14\x14\x00\xFF\xFF"
             "\x50\xEA\xDA\x30\x88\x83\xB8\x9F\x60\x4F\x15\xF3\x01\x00\x40\x8E");
    SAY(&h, "\x08\x14\x00\xFF\xFF\x03\x28");
    HEAR(&h, "\x09\x15\x15\x00\x18\x16\x00"
             "\x50\xEA\xDA\x30\x88\x83\xB8\x9F\x60\x4F\x15\xF3\x01\x00\x40\x8E");
    host_stop(&h);
}

static void sdk12_notifies_and_jumps_without_a_confirmation(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.buttonless = SIM_BUTTONLESS_SDK12;
    host_start(&h, 1);
    host_join(&h, "Thermo");
    SAY(&h, "\x12\x16\x00\x01");
    HEAR(&h, "\x01\x12\x16\x00\xFD");
    SAY(&h, "\x12\x17\x00\x02\x00"); /* there are no indications */
    HEAR(&h, "\x01\x12\x17\x00\x13");
    SAY(&h, "\x12\x17\x00\x01\x00");
    HEAR(&h, "\x13");
    SAY(&h, "\x12\x16\x00\x02\x05Shelf");
    HEAR(&h, "\x13");
    HEAR(&h, "\x1B\x16\x00\x20\x02\x02");
    SAY(&h, "\x12\x16\x00\x01");
    HEAR(&h, "\x13");
    HEAR(&h, "\x1B\x16\x00\x20\x01\x01");
    host_run_while(&h, &h.closed, 0, SECONDS(2));
    assert_int_equal(h.reason, 0x13);
    assert_true(host_find(&h, "DfuTarg", SECONDS(2)));
    assert_int_equal(h.address.bytes[0], 0xD9);
    host_stop(&h);
}

/* ---- Names ---- */

static void set_name(struct host *h, char status)
{
    host_start(h, 1);
    host_join(h, "Thermo");
    SAY(h, "\x12\x17\x00\x02\x00");
    HEAR(h, "\x13");
    SAY(h, "\x12\x16\x00\x02\x05Shelf");
    HEAR(h, "\x13");
    const char answer[] = {0x1D, 0x16, 0x00, 0x20, 0x02, status};
    host_hear(h, answer, sizeof(answer));
    SAY(h, "\x12\x16\x00\x02\x00"); /* no name at all */
    HEAR(h, "\x13");
    const char empty[] = {0x1D, 0x16, 0x00, 0x20, 0x02, status == 2 ? 2 : 5};
    host_hear(h, empty, sizeof(empty));
    host_enter_bootloader(h);
    host_run_while(h, &h->closed, 0, SECONDS(2));
    assert_true(host_find(h, status == 1 ? "Shelf" : "DfuTarg", SECONDS(2)));
    host_stop(h);
}

static void a_name_that_is_not_taken_keeps_nobody_from_jumping(void **state)
{
    (void)state;
    static const struct {
        enum sim_set_name knob;
        const char *profile;
        char status;
    } table[] = {
        {SIM_SET_NAME_PROFILE, "sdk17", 1}, {SIM_SET_NAME_PROFILE, "sdk14", 1},
        {SIM_SET_NAME_PROFILE, "sdk13", 2}, {SIM_SET_NAME_OK, "sdk17", 1},
        {SIM_SET_NAME_REFUSED, "sdk17", 4}, {SIM_SET_NAME_UNSUPPORTED, "sdk17", 2},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct host h;
        host_init(&h);
        h.config.set_name = table[i].knob;
        h.config.profile = sim_profile_find(table[i].profile);
        assert_non_null(h.config.profile);
        set_name(&h, table[i].status);
    }
}

/* ---- Several devices ---- */

static void neighbours_in_their_bootloaders_share_a_name(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.mode = SIM_MODE_BOOTLOADER;
    host_start(&h, 1);
    struct sim_device_config second = h.config;
    second.address.bytes[0] = 0x10;
    struct sim_device *neighbour = sim_device_new(h.world, h.air, &second);
    assert_non_null(neighbour);
    bool seen[2] = {false, false};
    for (int i = 0; i < 20; i++) {
        assert_true(host_find(&h, "DfuTarg", SECONDS(2)));
        seen[h.address.bytes[0] == 0x11] = true;
    }
    assert_true(seen[0] && seen[1]);
    host_connect(&h);
    SAY(&h, "\x0A\x03\x00");
    HEAR(&h, "\x0B"
             "DfuTarg");
    sim_device_free(&neighbour);
    host_stop(&h);
}

/* ---- Bonded, as seen by a stranger ---- */

static void bonded_buttonless_is_not_for_strangers(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.buttonless = SIM_BUTTONLESS_BONDED;
    host_start(&h, 1);
    host_join(&h, "Thermo");
    SAY(&h, "\x08\x14\x00\xFF\xFF\x03\x28");
    HEAR(&h, "\x09\x15\x15\x00\x28\x16\x00"
             "\x50\xEA\xDA\x30\x88\x83\xB8\x9F\x60\x4F\x15\xF3\x04\x00\xC9\x8E");
    SAY(&h, "\x12\x17\x00\x02\x00");
    HEAR(&h, "\x01\x12\x17\x00\x05");
    SAY(&h, "\x12\x16\x00\x01");
    HEAR(&h, "\x01\x12\x16\x00\x05");
    host_stop(&h);
}

static void a_bootloader_that_nobody_was_handed_to_is_open(void **state)
{
    (void)state;
    struct host h;
    host_init(&h);
    h.config.buttonless = SIM_BUTTONLESS_BONDED;
    h.config.mode = SIM_MODE_BOOTLOADER;
    host_start(&h, 1);
    host_join(&h, "DfuTarg");
    assert_int_equal(h.address.bytes[0], 0xD9);
    host_open_dfu(&h);
    host_request(&h, "\x06\x01", 2);
    host_stop(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sdk12_has_a_service_of_its_own),
        cmocka_unit_test(sdk12_notifies_and_jumps_without_a_confirmation),
        cmocka_unit_test(a_name_that_is_not_taken_keeps_nobody_from_jumping),
        cmocka_unit_test(neighbours_in_their_bootloaders_share_a_name),
        cmocka_unit_test(bonded_buttonless_is_not_for_strangers),
        cmocka_unit_test(a_bootloader_that_nobody_was_handed_to_is_open),
    };
    return cmocka_run_group_tests_name("sim_buttonless", tests, NULL, NULL);
}
