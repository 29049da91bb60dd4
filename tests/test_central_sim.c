/* SPDX-License-Identifier: MIT
 * The dongle central against the simulator: dongle, air and device with encoders of their own. */
#include "test.h"

#include "central_sim_bench.h"

static void application_is_found_linked_and_discovered(void **state)
{
    struct setup *s = *state;
    const struct nordfu_link *link = link_up(s);
    assert_string_equal(s->notes, "");
    assert_int_equal(link->mtu, 247);
    assert_int_equal(link->tx_octets, 251);
    assert_int_equal(link->tx_phy, 2);
    const struct nordfu_characteristic *c = find(s, &buttonless);
    assert_non_null(c);
    assert_true(c->properties & NORDFU_PROPERTY_INDICATE);
    assert_int_not_equal(c->cccd_handle, 0);
    assert_int_equal(restarts(s), 0);
}

static void open_takes_less_than_a_second(void **state)
{
    struct setup *s = *state;
    assert_int_equal(open_central(s), 0);
    assert_true(sim_now(s->world) < NORDFU_SECOND);
}

static void usb_dongle_works_as_well(void **state)
{
    struct setup *s = *state;
    s->dongle_config.usb = true;
    link_up(s);
    assert_int_equal(restarts(s), 0);
}

static void jump_leads_to_the_bootloader_at_the_next_address(void **state)
{
    struct setup *s = *state;
    uint8_t answer[20];
    uint16_t handle;
    jump(s);
    assert_null(find(s, &buttonless));
    const struct nordfu_characteristic c = *find(s, &control_point);
    assert_int_equal(nordfu_central_subscribe(s->central, &c, in(s, 1000), &s->error), 0);
    assert_int_equal(
        nordfu_central_write(s->central, c.value_handle, "\x06\x01", 2, in(s, 1000), &s->error), 0);
    assert_in_range(
        nordfu_central_receive(s->central, &handle, answer, sizeof(answer), in(s, 1000), &s->error),
        3, 20);
    assert_memory_equal(answer, "\x60\x06\x01", 3);
    assert_int_equal(nordfu_central_disconnect(s->central, in(s, 1000), &s->error), 0);
    assert_int_equal(restarts(s), 0);
}

static void unsubscribed_control_point_refuses_in_words(void **state)
{
    struct setup *s = *state;
    jump(s);
    const struct nordfu_characteristic *c = find(s, &control_point);
    assert_int_equal(
        nordfu_central_write(s->central, c->value_handle, "\x06\x01", 2, in(s, 1000), &s->error),
        NORDFU_ERR_REFUSED);
    assert_int_equal(s->error.detail, 0x01FD);
    assert_non_null(strstr(s->error.text, "CCCD"));
}

static void write_commands_fill_the_air_without_overrunning_the_queue(void **state)
{
    struct setup *s = *state;
    struct sim_dongle_stats stats;
    uint8_t value[244] = {0};
    jump(s);
    const struct nordfu_characteristic *c = find(s, &packet);
    uint64_t before = sim_now(s->world);
    for (int i = 0; i < 100; i++)
        assert_int_equal(nordfu_central_write_command(s->central, c->value_handle, value,
                                                      sizeof(value), in(s, 1000), &s->error),
                         0);
    uint64_t took = sim_now(s->world) - before;
    sim_dongle_get_stats(s->dongle, &stats);
    assert_int_equal(stats.queue_full, 0);
    /* The serial line alone allows 70 kB/s. */
    print_message("write commands: %.1f kB/s\n", 24400e3 / (double)took);
    assert_true(took < 24400e3 / 40);
}

/* ---- Refusals ---- */

static void mtu_refused_by_the_dongle_is_survived(void **state)
{
    struct setup *s = *state;
    s->dongle_config.refuse_mtu = 7;
    assert_int_equal(link_up(s)->mtu, 23);
    assert_non_null(strstr(s->notes, "NRF_ERROR_INVALID_PARAM"));
    assert_non_null(find(s, &buttonless));
}

static void mtu_refused_by_the_peer_is_survived(void **state)
{
    struct setup *s = *state;
    s->device_config.refuse_mtu = true;
    assert_int_equal(link_up(s)->mtu, 23);
    assert_non_null(strstr(s->notes, "23 is used"));
}

static void data_length_and_phy_refused_by_the_dongle_are_survived(void **state)
{
    struct setup *s = *state;
    s->dongle_config.refuse_length = 0x13;
    s->dongle_config.refuse_phy = 7;
    const struct nordfu_link *link = link_up(s);
    assert_int_equal(link->tx_octets, 27);
    assert_int_equal(link->tx_phy, 1);
    assert_non_null(strstr(s->notes, "data length"));
    assert_non_null(strstr(s->notes, "2M PHY"));
}

static void data_length_and_phy_refused_by_the_peer_are_survived(void **state)
{
    struct setup *s = *state;
    s->device_config.refuse_length = true;
    s->device_config.refuse_phy = true;
    const struct nordfu_link *link = link_up(s);
    assert_int_equal(link->tx_octets, 27);
    assert_int_equal(link->tx_phy, 1);
    assert_non_null(strstr(s->notes, "27 is used"));
    assert_non_null(strstr(s->notes, "1M is used"));
}

static void device_that_loses_power_is_a_lost_link(void **state)
{
    struct setup *s = *state;
    link_up(s);
    sim_device_power_off(s->device);
    assert_int_equal(nordfu_central_wait(s->central, in(s, 10000), &s->error), NORDFU_ERR_LINK);
    assert_int_equal(s->error.speaker, NORDFU_SPEAKER_HCI);
    assert_int_equal(s->error.detail, 8);
    /* The dongle is as good as before. */
    sim_device_power_on(s->device);
    assert_int_equal(scan(s), 0);
    assert_int_equal(connect_found(s), 0);
}

static void device_that_is_off_is_not_found_in_time(void **state)
{
    struct setup *s = *state;
    s->device_config.mode = SIM_MODE_OFF;
    assert_int_equal(open_central(s), 0);
    uint64_t until = in(s, 5000);
    assert_int_equal(scan(s), NORDFU_ERR_TIMEOUT);
    assert_in_range(sim_now(s->world), until, until + 100 * NORDFU_MS);
    s->found.address.type = 1;
    memcpy(s->found.address.bytes, s->wanted, 6);
    until = in(s, 10000);
    assert_int_equal(connect_found(s), NORDFU_ERR_TIMEOUT);
    assert_in_range(sim_now(s->world), until, until + 100 * NORDFU_MS);
    assert_int_equal(restarts(s), 0);
}

static void silent_port_is_a_dongle_error(void **state)
{
    struct setup *s = *state;
    s->dongle_config.silent = true;
    assert_int_equal(open_central(s), NORDFU_ERR_DONGLE);
    assert_true(sim_now(s->world) < 5 * NORDFU_SECOND);
}

static void unplugged_dongle_is_a_port_error(void **state)
{
    struct setup *s = *state;
    link_up(s);
    sim_dongle_unplug(s->dongle);
    assert_int_equal(nordfu_central_wait(s->central, in(s, 1000), &s->error), NORDFU_ERR_PORT);
    assert_non_null(strstr(s->error.text, "unplugged"));
}

static void second_open_finds_the_dongle_as_the_first_did(void **state)
{
    struct setup *s = *state;
    const struct nordfu_central_options options = {.uuids = &control_point, .uuid_count = 1};
    struct nordfu_port *port = NULL;
    link_up(s);
    nordfu_central_free(&s->central);
    assert_int_equal(sim_port_new(&port, s->world, s->dongle, &s->error), 0);
    assert_int_equal(nordfu_central_dongle_open(&s->central, &port, &options, &s->error), 0);
    assert_int_equal(scan(s), 0);
    assert_int_equal(connect_found(s), 0);
    assert_int_equal(restarts(s), 0);
}

static bool is_seen(void *context, const struct nordfu_advert *advert)
{
    (void)context, (void)advert;
    return true;
}

/* Reports that the dongle still had when the scan was stopped; unacknowledged they would make it
 * restart, and a USB dongle's port vanish. */
static void closed_dongle_does_not_restart(void **state)
{
    struct setup *s = *state;
    struct sim_device *more[20] = {NULL};
    s->dongle_config.usb = true;
    assert_int_equal(open_central(s), 0);
    for (size_t i = 0; i < 20; i++) {
        s->device_config.address.bytes[1]++;
        more[i] = sim_device_new(s->world, s->air, &s->device_config);
        assert_non_null(more[i]);
    }
    for (uint64_t i = 0; i < 60; i++) {
        struct nordfu_port *port = NULL;
        assert_int_equal(nordfu_central_scan(s->central, is_seen, s, in(s, 5000), &s->error), 0);
        nordfu_central_free(&s->central);
        sim_run_until(s->world, in(s, 3000 + i));
        sim_dongle_discard(s->dongle);
        assert_int_equal(sim_port_new(&port, s->world, s->dongle, &s->error), 0);
        assert_int_equal(nordfu_central_dongle_open(&s->central, &port,
                                                    &(struct nordfu_central_options){0}, &s->error),
                         0);
    }
    nordfu_central_free(&s->central);
    for (size_t i = 0; i < 20; i++)
        sim_device_free(&more[i]);
    assert_int_equal(restarts(s), 0);
}

/* A client that was killed: its port is closed, the dongle still has a link, or scans, and half a
 * frame. Nobody answers it any more. */
static void kill_and_open_again(struct setup *s, uint64_t after_ms)
{
    const struct nordfu_central_options options = {.uuids = &control_point, .uuid_count = 1};
    static const uint8_t half[] = {0xC0, 0xC1, 0xAE, 0x00, 0x91, 0x00, 0x9C};
    struct nordfu_central *dead = s->central;
    struct nordfu_port *port = NULL;
    s->central = NULL;
    sim_dongle_receive(s->dongle, half, sizeof(half));
    sim_run_until(s->world, in(s, after_ms));
    sim_dongle_discard(s->dongle);
    uint64_t before = sim_now(s->world);
    assert_int_equal(sim_port_new(&port, s->world, s->dongle, &s->error), 0);
    int rc = nordfu_central_dongle_open(&s->central, &port, &options, &s->error);
    uint64_t took = sim_now(s->world) - before;
    /* The device takes a while to notice that its link is gone. */
    sim_run_until(s->world, in(s, 7000));
    if (rc != 0 || scan(s) != 0 || connect_found(s) != 0)
        fail_msg("%s", s->error.text);
    struct sim_dongle_stats stats;
    sim_dongle_get_stats(s->dongle, &stats);
    assert_int_equal(stats.resets, 2); /* one of each client */
    assert_true(took < NORDFU_SECOND / 2);
    /* The dead one says goodbye on a line that is no longer its own. */
    nordfu_central_free(&s->central);
    nordfu_central_free(&dead);
}

static void dongle_of_a_killed_client_is_usable_at_once(void **state)
{
    struct setup *s = *state;
    static const uint8_t value[244] = {0};
    jump(s);
    const struct nordfu_characteristic *c = find(s, &packet);
    for (int i = 0; i < 20; i++)
        assert_int_equal(nordfu_central_write_command(s->central, c->value_handle, value,
                                                      sizeof(value), in(s, 1000), &s->error),
                         0);
    kill_and_open_again(s, 5);
}

static void usb_dongle_of_a_killed_client_is_usable_at_once(void **state)
{
    struct setup *s = *state;
    s->dongle_config.usb = true;
    dongle_of_a_killed_client_is_usable_at_once(state);
}

static void dongle_left_scanning_is_usable_at_once(void **state)
{
    struct setup *s = *state;
    assert_int_equal(open_central(s), 0);
    kill_and_open_again(s, 700);
}

/* Its packets go unacknowledged for so long that it restarts. */
static void dongle_left_alone_for_long_is_usable(void **state)
{
    struct setup *s = *state;
    jump(s);
    sim_device_power_off(s->device);
    sim_run_until(s->world, in(s, 9000));
    assert_int_equal(restarts(s), 1);
    sim_device_power_on(s->device);
    s->wanted[0]--;
    kill_and_open_again(s, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(application_is_found_linked_and_discovered),
        TEST(open_takes_less_than_a_second),
        TEST(usb_dongle_works_as_well),
        TEST(jump_leads_to_the_bootloader_at_the_next_address),
        TEST(unsubscribed_control_point_refuses_in_words),
        TEST(write_commands_fill_the_air_without_overrunning_the_queue),
        TEST(mtu_refused_by_the_dongle_is_survived),
        TEST(mtu_refused_by_the_peer_is_survived),
        TEST(data_length_and_phy_refused_by_the_dongle_are_survived),
        TEST(data_length_and_phy_refused_by_the_peer_are_survived),
        TEST(device_that_loses_power_is_a_lost_link),
        TEST(device_that_is_off_is_not_found_in_time),
        TEST(silent_port_is_a_dongle_error),
        TEST(unplugged_dongle_is_a_port_error),
        TEST(second_open_finds_the_dongle_as_the_first_did),
        TEST(closed_dongle_does_not_restart),
        TEST(dongle_of_a_killed_client_is_usable_at_once),
        TEST(usb_dongle_of_a_killed_client_is_usable_at_once),
        TEST(dongle_left_scanning_is_usable_at_once),
        TEST(dongle_left_alone_for_long_is_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
