/* SPDX-License-Identifier: MIT */
#include "dongle_bench.h"

#include "sim/port_sim.h"

static void the_session_of_the_specification_runs_byte_for_byte(void **state)
{
    (void)state;
    struct host *h = host_started();
    h->notify_after = 50 * MS;
    configure(h);
    ask(h, "0060", "016000000000");
    ask(h, "006501", "016500000000095900a500");
    ask(h, "00620150eada308883b89f604f15f30000c98e01", "0162000000000102");
    advertise(h);
    ask(h, "008a0101a00050000000", "018a00000000");
    expect(h, "021d00ffff02718293a4b5c600000000000000c9001401"
              "0201060302f5fe0d0944667554617267c0db3132");
    ask(h, CONNECT_TAG_1, "018c00000000");
    expect(h, CONNECTED);
    ask(h, "009e0000f700", "019e00000000");
    expect(h, "023a00000000000000f700");
    ask(h, "0090000001fb00fb000000000001", "01900000000001000000000000");
    expect(h, "0224000000fb00fb0048084808");
    ask(h, "0094000001000159fe01", "019400000000");
    expect(h, "023000000000000000010059fe010b00ffff");
    ask(h, "00960000010b00ffff", "019600000000");
    expect(h, "023200000000000000020002000204000c000d0001000218000e000f00");
    ask(h, "009c0000010100100000000200010100", "019c00000000");
    expect(h, "02380000000000000010000100000000");
    ask(h, "009c00000102000d000000140001c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3", "019c00000000");
    expect(h, "023c0000000000000001");
    expect(h, "0239000000000000000f00010300600101");
    ask(h, "0076000013", "017600000000");
    expect(h, "021100000016");
    host_free(h);
}

/* Link */

static void an_unacknowledged_packet_is_sent_five_times_then_the_chip_restarts(void **state)
{
    (void)state;
    struct sim_dongle_stats stats;
    struct host *h = host_started();
    h->no_ack = true;
    assert_true(request_hex(h, "0060"));
    run(h, 1900 * MS);
    assert_int_equal(h->data_frames, 5);
    sim_dongle_get_stats(h->dongle, &stats);
    assert_int_equal(stats.restarts, 0);
    run(h, 200 * MS);
    sim_dongle_get_stats(h->dongle, &stats);
    assert_int_equal(stats.restarts, 1);
    assert_int_equal(h->data_frames, 5);
    h->no_ack = false;
    run(h, 600 * MS);
    start_link(h);
    ask(h, "006501", "016501300000"); /* the SoftDevice forgot that it was enabled */
    host_free(h);
}

static void the_chip_is_deaf_after_reset_and_then_sends_sync(void **state)
{
    (void)state;
    struct sim_dongle_stats stats;
    struct host *h = host_started();
    ask(h, "0060", "016000000000");
    put_frame(h, &(struct dongle_frame){.type = DONGLE_FRAME_RESET});
    run(h, 50 * MS);
    h->syncs = h->sync_answers = 0;
    put_link(h, "017e");
    put_link(h, "017e");
    run(h, 100 * MS + 20);
    put_link(h, "017e"); /* the chip wakes in the middle of this one: 60 us of RESET, then 150 ms */
    run(h, 2 * MS);
    assert_int_equal(h->syncs + h->sync_answers, 0);
    run(h, 400 * MS);
    assert_int_equal(h->syncs, 1);
    put_link(h, "017e");
    run(h, 2 * MS);
    assert_int_equal(h->sync_answers, 1);
    sim_dongle_get_stats(h->dongle, &stats);
    assert_int_equal(stats.resets, 1);
    assert_int_equal(stats.restarts, 0);
    start_link(h);
    ask(h, "006501", "016501300000");
    host_free(h);
}

static void a_new_link_keeps_the_softdevice(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    start_link(h);
    ask(h, "009a00000d000000", "019a00000000");
    expect(h, "0236000000000000000d0000000300616263");
    host_free(h);
}

static void a_usb_dongle_resets_softly_and_vanishes_on_a_fault(void **state)
{
    (void)state;
    struct host *h = host_new(&(struct sim_dongle_config){.api = 5, .usb = true});
    start_link(h);
    ask(h, "0060", "016000000000");
    for (int i = 0; i < 3; i++)
        put_frame(h, &(struct dongle_frame){.type = DONGLE_FRAME_RESET});
    run(h, 150 * MS);
    struct sim_dongle_stats stats;
    sim_dongle_get_stats(h->dongle, &stats);
    assert_int_equal(stats.resets, 1);
    assert_int_equal(sim_dongle_vanished(h->dongle), 0);
    start_link(h);
    ask(h, "006501", "016501300000");
    request_hex(h, "006500");
    run(h, 10 * MS);
    assert_true(sim_dongle_unplugged(h->dongle));
    run(h, 1100 * MS);
    assert_false(sim_dongle_unplugged(h->dongle));
    assert_int_equal(sim_dongle_vanished(h->dongle), 1);
    host_free(h);
}

static void malformed_requests_restart_the_chip_without_a_response(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "006500", /* absent mandatory output */
        "006601", /* VERSION_GET of v2 */
        "006000", /* ENABLE with a byte too many */
        "0065",   /* too short */
        "006502", /* presence byte above 01 */
        "006101", /* unknown opcode */
        "0300",   /* DTM */
        "0502",   /* control packet that does not exist */
        "00",     /* no opcode */
    };
    struct host *h = host_started();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct sim_dongle_stats before, after;
        sim_dongle_get_stats(h->dongle, &before);
        assert_true(request_hex(h, bad[i]));
        expect_nothing(h, 300 * MS);
        sim_dongle_get_stats(h->dongle, &after);
        assert_int_equal(after.restarts, before.restarts + 1);
        start_link(h);
    }
    host_free(h);
}

static void control_packets_restart_the_chip(void **state)
{
    (void)state;
    struct sim_dongle_stats stats;
    struct host *h = host_started();
    for (int i = 0; i < 2; i++) {
        ask(h, "0060", "016000000000");
        assert_true(request_hex(h, i == 0 ? "0500" : "0501"));
        run(h, 300 * MS);
        start_link(h);
        ask(h, "006501", "016501300000");
    }
    sim_dongle_get_stats(h->dongle, &stats);
    assert_int_equal(stats.resets, 2);
    assert_int_equal(stats.restarts, 0);
    host_free(h);
}

static void a_silent_port_never_answers(void **state)
{
    (void)state;
    struct host *h = host_new(&(struct sim_dongle_config){.api = 5, .silent = true});
    start_link(h);
    run(h, 3000 * MS);
    assert_int_equal(h->syncs + h->sync_answers + h->configs + h->acks, 0);
    host_free(h);
}

/* Configuration */

static void configuration_has_its_place_and_its_ranges(void **state)
{
    (void)state;
    static const char *const steps[][2] = {
        {"0076ffff13", "017601300000"},             /* not enabled */
        {"006501", "016501300000"},                 /* VERSION_GET neither */
        {"00692300000001001700", "016907000000"},   /* tag 0 */
        {"00692300000001011600", "016907000000"},   /* MTU 22 */
        {"0069230000000101f800", "016907000000"},   /* MTU 248 */
        {"0069200000000101010100", "016907000000"}, /* event length 1 */
        {"006921000000010100", "016907000000"},     /* no queue */
        {"0069a10000000181050000", "016907000000"}, /* not a multiple of 4 */
        {"00697700000001", "016907000000"},         /* unknown id */
        {"0069230000000101f700", "016900000000"},
        {"0069210000000101ff", "016900000000"}, /* 255 writes of 247 bytes: more than the RAM */
        {"0060", "016004000000"},
        {"006921000000010110", "016900000000"},
        {"0060", "016000000000"},
        {"0060", "016008000000"},               /* once per reset */
        {"006921000000010110", "016908000000"}, /* too late */
        {"0076ffff13", "017602300000"},
    };
    struct host *h = host_started();
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        ask(h, steps[i][0], steps[i][1]);
    host_free(h);
}

static void uuid_bases_are_numbered_and_deduplicated(void **state)
{
    (void)state;
    struct host *h = host_started();
    ask(h, "0069010000000101", "016900000000"); /* room for one base */
    ask(h, "0060", "016000000000");
    ask(h, "00620150eada308883b89f604f15f30000c98e01", "0162000000000102");
    ask(h, "00620150eada308883b89f604f15f31234c98e01", "0162000000000102");
    ask(h, "006201000102030405060708090a0b0c0d0e0f01", "016204000000");
    ask(h, "0063100150eada308883b89f604f15f30300c98e01", "01630000000001030002");
    ask(h, "00631001000102030405060708090a0b0c0d0e0f01", "016305000000");
    ask(h, "0064010100020101", "0164000000001050eada308883b89f604f15f30100c98e");
    ask(h, "00640159fe010101", "0164000000000259fe");
    ask(h, "0064010100030101", "016407000000");
    host_free(h);
}

/* Flow between the two directions */

static void events_wait_while_a_request_is_processed(void **state)
{
    (void)state;
    struct host *h = host_new(&(struct sim_dongle_config){.api = 5, .command_us = 200 * MS});
    start_link(h);
    ask(h, "0060", "016000000000");
    advertise(h);
    ask(h, "008a0101a000a0000000", "018a00000000");
    run(h, 1000 * MS);
    assert_true(request_hex(h, "006501"));
    h->count = 0; /* reports up to here may still have been on their way */
    uint8_t got[PAYLOAD_MAX];
    size_t size;
    run(h, 20 * MS);
    h->count = 0;
    assert_true(next_packet(h, got, &size, true, 1000 * MS));
    assert_int_equal(got[0], 1);
    host_free(h);
}

static void a_slow_line_takes_its_time(void **state)
{
    (void)state;
    struct host *h = host_new(&(struct sim_dongle_config){.api = 5, .baud = 115200});
    uint64_t start = sim_now(h->world);
    put_link(h, "017e");
    assert_int_equal(sim_dongle_line_free(h->dongle) - start, 695); /* 8 bytes of 86.8 us */
    sim_run_until(h->world, start + 1388);
    assert_int_equal(sim_dongle_available(h->dongle), 0);
    sim_run_until(h->world, start + 1392);
    assert_int_equal(sim_dongle_available(h->dongle), 8);
    host_free(h);
}

static void an_unplugged_dongle_is_gone_and_its_links_fall_silent(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    sim_dongle_unplug(h->dongle);
    assert_true(sim_dongle_unplugged(h->dongle));
    run(h, 5000 * MS);
    assert_null(h->link);
    assert_int_equal(sim_dongle_available(h->dongle), 0);
    host_free(h);
}

/* Events are late when the host is slow, never lost. */
static void a_slow_host_gets_every_event_in_order(void **state)
{
    (void)state;
    struct host *h = host_connected(NULL);
    h->no_ack = true;
    for (uint8_t i = 0; i < 40; i++)
        air_send(h->link, AIR_PERIPHERAL, (const uint8_t[]){0x1B, 0x0F, 0x00, i}, 4, 0);
    run(h, 1000 * MS);
    h->no_ack = false;
    for (uint8_t i = 0; i < 40; i++) {
        char want[32];
        snprintf(want, sizeof(want), "0239000000000000000f00010100%02x", i);
        expect(h, want);
    }
    host_free(h);
}

/* The client's port */

static void a_port_reads_at_the_deadline_nothing_and_before_it_what_comes(void **state)
{
    (void)state;
    struct host *h = host_new(&(struct sim_dongle_config){.api = 5});
    struct nordfu_port *port = NULL;
    uint8_t bytes[64];
    assert_int_equal(sim_port_new(&port, h->world, h->dongle, NULL), 0);
    uint64_t now = port->ops->now(port);
    assert_int_equal(port->ops->read(port, bytes, sizeof(bytes), now + 300 * MS, NULL), 0);
    assert_int_equal(port->ops->now(port), now + 300 * MS);
    assert_int_equal(port->ops->read(port, bytes, sizeof(bytes), now, NULL), 0);
    assert_int_equal(port->ops->now(port), now + 300 * MS); /* a deadline in the past polls */
    assert_int_equal(port->ops->read(port, bytes, sizeof(bytes), now + 900 * MS, NULL), 8);
    assert_memory_equal(bytes, "\xC0\x00\x2F\x00\xD1\x01\x7E\xC0", 8);
    port->ops->close(port);
    host_free(h);
}

static void set_cancel(void *context)
{
    nordfu_cancel_set(context);
}

static void a_cancel_ends_a_read_in_virtual_time(void **state)
{
    (void)state;
    struct host *h = host_new(&(struct sim_dongle_config){.api = 5, .silent = true});
    struct nordfu_port *port = NULL;
    struct nordfu_cancel *cancel = NULL;
    struct nordfu_error error;
    uint8_t byte;
    assert_int_equal(nordfu_cancel_new(&cancel, NULL), 0);
    assert_int_equal(sim_port_new(&port, h->world, h->dongle, NULL), 0);
    port->cancel = cancel;
    sim_after(h->world, 100 * MS, set_cancel, cancel);
    assert_int_equal(port->ops->read(port, &byte, 1, 5000 * MS, &error), NORDFU_ERR_CANCELLED);
    assert_int_equal(sim_now(h->world), 100 * MS);
    port->ops->close(port);
    nordfu_cancel_free(&cancel);
    host_free(h);
}

static void unplug(void *context)
{
    sim_dongle_unplug(context);
}

static void a_vanished_port_says_so(void **state)
{
    (void)state;
    struct host *h = host_new(&(struct sim_dongle_config){.api = 5});
    struct nordfu_port *port = NULL, *other = NULL;
    struct nordfu_error error;
    uint8_t byte;
    assert_int_equal(sim_port_new(&port, h->world, h->dongle, NULL), 0);
    sim_after(h->world, 100 * MS, unplug, h->dongle);
    assert_int_equal(port->ops->read(port, &byte, 1, 5000 * MS, &error), NORDFU_ERR_PORT);
    assert_non_null(strstr(error.text, "vanished"));
    assert_int_equal(port->ops->write(port, "x", 1, 5000 * MS, &error), NORDFU_ERR_PORT);
    assert_int_equal(sim_port_new(&other, h->world, h->dongle, &error), NORDFU_ERR_PORT);
    assert_null(other);
    port->ops->close(port);
    host_free(h);
}

static void a_port_on_a_usb_dongle_is_worthless_after_a_fault(void **state)
{
    (void)state;
    struct host *h = host_new(&(struct sim_dongle_config){.api = 5, .usb = true});
    struct nordfu_port *port = NULL;
    uint8_t byte;
    assert_int_equal(sim_port_new(&port, h->world, h->dongle, NULL), 0);
    start_link(h);
    request_hex(h, "006500");
    run(h, 1500 * MS);
    assert_false(sim_dongle_unplugged(h->dongle));
    assert_int_equal(port->ops->read(port, &byte, 1, UINT64_MAX, NULL), NORDFU_ERR_PORT);
    port->ops->close(port);
    assert_int_equal(sim_port_new(&port, h->world, h->dongle, NULL), 0);
    port->ops->close(port);
    host_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_session_of_the_specification_runs_byte_for_byte),
        cmocka_unit_test(an_unacknowledged_packet_is_sent_five_times_then_the_chip_restarts),
        cmocka_unit_test(the_chip_is_deaf_after_reset_and_then_sends_sync),
        cmocka_unit_test(a_new_link_keeps_the_softdevice),
        cmocka_unit_test(a_usb_dongle_resets_softly_and_vanishes_on_a_fault),
        cmocka_unit_test(malformed_requests_restart_the_chip_without_a_response),
        cmocka_unit_test(control_packets_restart_the_chip),
        cmocka_unit_test(a_silent_port_never_answers),
        cmocka_unit_test(configuration_has_its_place_and_its_ranges),
        cmocka_unit_test(uuid_bases_are_numbered_and_deduplicated),
        cmocka_unit_test(events_wait_while_a_request_is_processed),
        cmocka_unit_test(a_slow_line_takes_its_time),
        cmocka_unit_test(an_unplugged_dongle_is_gone_and_its_links_fall_silent),
        cmocka_unit_test(a_slow_host_gets_every_event_in_order),
        cmocka_unit_test(a_port_reads_at_the_deadline_nothing_and_before_it_what_comes),
        cmocka_unit_test(a_cancel_ends_a_read_in_virtual_time),
        cmocka_unit_test(a_vanished_port_says_so),
        cmocka_unit_test(a_port_on_a_usb_dongle_is_worthless_after_a_fault),
    };
    return cmocka_run_group_tests_name("sim_dongle", tests, NULL, NULL);
}
