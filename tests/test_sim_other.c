/* SPDX-License-Identifier: MIT */
/* What a host may find behind a serial port instead of connectivity firmware. */
#include "dongle_bench.h"

#define SYNC "c0002f00d1017ec0"

static struct host *host_with(enum sim_firmware firmware, bool usb)
{
    return host_new(&(struct sim_dongle_config){.api = 5, .usb = usb, .firmware = firmware});
}

static void say(struct host *h, const char *hex)
{
    uint8_t bytes[256];
    sim_dongle_receive(h->dongle, bytes, from_hex(bytes, hex));
}

/* Everything that comes within `us`. */
static size_t hear(struct host *h, uint8_t *bytes, size_t capacity, uint64_t us)
{
    sim_run_until(h->world, sim_now(h->world) + us);
    return sim_dongle_take(h->dongle, bytes, capacity);
}

static void expect_bytes(struct host *h, const char *hex)
{
    uint8_t got[1024];
    char text[2 * sizeof(got) + 1] = "";
    size_t size = hear(h, got, sizeof(got), 10 * MS);
    for (size_t i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02x", got[i]);
    assert_string_equal(text, hex);
}

static void a_log_goes_on_whatever_the_host_says(void **state)
{
    (void)state;
    char text[1024];
    struct host *h = host_with(SIM_FIRMWARE_GARBAGE, false);
    for (int i = 0; i < 3; i++) {
        say(h, SYNC);
        size_t size = hear(h, (uint8_t *)text, sizeof(text) - 1, 105 * MS);
        text[size] = '\0';
        assert_true(size > 20 && strcmp(text + size - 2, "\r\n") == 0);
        assert_non_null(strstr(text, "<info>"));
    }
    sim_dongle_unplug(h->dongle);
    assert_int_equal(hear(h, (uint8_t *)text, sizeof(text), 1000 * MS), 0);
    host_free(h);
}

static void a_modem_sends_back_what_it_gets(void **state)
{
    (void)state;
    struct host *h = host_with(SIM_FIRMWARE_ECHO, false);
    expect_bytes(h, "");
    say(h, SYNC);
    expect_bytes(h, SYNC);
    say(h, "41540d"); /* AT */
    expect_bytes(h, "41540d0a4552524f520d0a");
    host_free(h);
}

static void the_bootloader_answers_what_asks_who_it_is(void **state)
{
    (void)state;
    static const char *const asked[][2] = {
        {"092ac0", "6009012ac0"},     /* ping */
        {"09dbdcc0", "600901dbdcc0"}, /* with a number that is escaped */
        {"00c0", "60000101c0"},
        {"07c0", "6007010308c0"}, /* 2051 */
        {"020000c0", "600201c0"},
        {"0200c0", "600203c0"}, /* too short */
        {"0601c0", "600601000200000000000000000000c0"},
        {"0602c0", "600601001000000000000000000000c0"},
        {"0603c0", "600605c0"},
        {"0b00c0", "600b01020300000000000e0000e00100c0"},
        {"0b01c0", "600b01ff000000000000000000000000c0"},
        {"01018d000000c0", "600108c0"}, /* create: it is not updated */
        {"05c0", "600502c0"},
        {"08112233c0", ""}, /* writes aren't answered */
        {"0cc0", ""},
    };
    struct host *h = host_with(SIM_FIRMWARE_BOOTLOADER, true);
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        say(h, asked[i][0]);
        expect_bytes(h, asked[i][1]);
    }
    host_free(h);
}

static void the_bootloader_names_its_chip(void **state)
{
    (void)state;
    struct host *h = host_with(SIM_FIRMWARE_BOOTLOADER, true);
    say(h, "0ac0");
    expect_bytes(h, "600a01402805003044414100001000000004000010"
                    "0000c0");
    host_free(h);
}

/* The delimiter in front is an empty frame, which repeats the request before it. */
static void the_bootloader_takes_h5_for_requests(void **state)
{
    (void)state;
    struct host *h = host_with(SIM_FIRMWARE_BOOTLOADER, true);
    say(h, SYNC);
    expect_bytes(h, "60000101c060000101c0");
    say(h, "092ac0");
    say(h, "c0092bc0");
    expect_bytes(h, "6009012ac06009012ac06009012bc0");
    host_free(h);
}

static void a_frame_that_is_too_long_wedges_the_bootloader(void **state)
{
    (void)state;
    uint8_t frame[132];
    for (size_t size = 130; size <= 131; size++) {
        struct host *h = host_with(SIM_FIRMWARE_BOOTLOADER, false);
        memset(frame, 0, sizeof(frame));
        frame[size] = 0xC0;
        sim_dongle_receive(h->dongle, frame, size + 1);
        expect_bytes(h, size == 130 ? "60000101c0" : "");
        say(h, "07c0");
        expect_bytes(h, size == 130 ? "6007018300c0" : "");
        host_free(h);
    }
}

static void bytes_take_their_time_to_any_firmware(void **state)
{
    (void)state;
    uint8_t byte;
    struct host *h = host_new(
        &(struct sim_dongle_config){.api = 5, .baud = 9600, .firmware = SIM_FIRMWARE_ECHO});
    say(h, "41");
    assert_int_equal(hear(h, &byte, 1, 2080), 0); /* 1.04 ms there, and as long back */
    assert_int_equal(hear(h, &byte, 1, 10), 1);
    host_free(h);
}

static void a_silent_firmware_is_silent(void **state)
{
    (void)state;
    struct host *h = host_with(SIM_FIRMWARE_SILENT, false);
    say(h, SYNC);
    expect_bytes(h, "");
    run(h, 3000 * MS);
    assert_int_equal(h->syncs, 0);
    /* Its line is as slow as any. */
    uint8_t bytes[1000] = {0};
    sim_dongle_receive(h->dongle, bytes, sizeof(bytes));
    assert_int_equal(sim_dongle_line_free(h->dongle), sim_now(h->world) + 10 * MS);
    host_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_goes_on_whatever_the_host_says),
        cmocka_unit_test(a_modem_sends_back_what_it_gets),
        cmocka_unit_test(the_bootloader_answers_what_asks_who_it_is),
        cmocka_unit_test(the_bootloader_names_its_chip),
        cmocka_unit_test(the_bootloader_takes_h5_for_requests),
        cmocka_unit_test(a_frame_that_is_too_long_wedges_the_bootloader),
        cmocka_unit_test(bytes_take_their_time_to_any_firmware),
        cmocka_unit_test(a_silent_firmware_is_silent),
    };
    return cmocka_run_group_tests_name("sim_other", tests, NULL, NULL);
}
