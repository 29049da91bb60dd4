/* SPDX-License-Identifier: MIT
 * Pairing and bonds of the dongle central against simulated dongles of every dialect and a device
 * that pairs, with encoders, keys and a security manager of their own. */
#include "test.h"

#include <stdio.h>

#include "nordfu/central.h"
#include "nordfu/port.h"
#include "sim/device.h"
#include "sim/port_sim.h"

#define LOG_MAX ((size_t)1 << 22)

struct setup {
    struct sim_world *world;
    struct air *air;
    struct sim_dongle *dongle, *other;
    struct sim_device *device;
    struct nordfu_central *central;
    struct nordfu_error error;
    struct nordfu_log log;
    struct sim_dongle_config dongle_config;
    struct sim_device_config device_config;
    struct nordfu_bond bond;
};

#define DFU_UUID(n)                                                                                \
    {                                                                                              \
        {                                                                                          \
            0x50, 0xea, 0xda, 0x30, 0x88, 0x83, 0xb8, 0x9f, 0x60, 0x4f, 0x15, 0xf3, n, 0, 0xc9,    \
                0x8e                                                                               \
        }                                                                                          \
    }
static const struct nordfu_uuid control_point = DFU_UUID(1), buttonless = DFU_UUID(4);

static const int apis[] = {2, 3, 5, 6};
#define APIS (sizeof(apis) / sizeof(apis[0]))

static void begin(struct setup *s, int api)
{
    s->world = sim_world_new(1);
    s->air = air_new(s->world, &(struct air_config){0});
    s->dongle_config.api = api;
    s->dongle = sim_dongle_new(s->world, s->air, &s->dongle_config);
    s->other = sim_dongle_new(s->world, s->air, &s->dongle_config);
    s->device = sim_device_new(s->world, s->air, &s->device_config);
    assert_non_null(s->dongle);
    assert_non_null(s->other);
    assert_non_null(s->device);
}

static void end(struct setup *s)
{
    nordfu_central_free(&s->central);
    sim_device_free(&s->device);
    sim_dongle_free(&s->dongle);
    sim_dongle_free(&s->other);
    air_free(&s->air);
    sim_world_free(&s->world);
}

static int set_up(void **state)
{
    static const struct air_address address = {1, {0xD8, 0x4C, 0x97, 0x3B, 0x06, 0xDE}};
    struct setup *s = calloc(1, sizeof(*s));
    s->device_config = (struct sim_device_config){.address = address,
                                                  .name = "Thermo",
                                                  .buttonless = SIM_BUTTONLESS_BONDED,
                                                  .hw_version = 52,
                                                  .softdevice = 0xCA,
                                                  .app_version = 1};
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct setup *s = *state;
    end(s);
    free(s);
    return 0;
}

static uint64_t in(const struct setup *s, uint64_t ms)
{
    return sim_now(s->world) + ms * NORDFU_MS;
}

/* What a process does at its start: the dongle is reset. */
static void open_on(struct setup *s, struct sim_dongle *dongle)
{
    const struct nordfu_central_options options = {
        .log = &s->log, .uuids = &control_point, .uuid_count = 1};
    struct nordfu_port *port = NULL;
    nordfu_central_free(&s->central);
    assert_int_equal(sim_port_new(&port, s->world, dongle, &s->error), 0);
    if (nordfu_central_dongle_open(&s->central, &port, &options, &s->error) != 0)
        fail_msg("API v%d: %s", s->dongle_config.api, s->error.text);
}

static int connect_with(struct setup *s, const struct nordfu_bond *bond)
{
    struct nordfu_connect_wish wish = {
        .mtu = 247, .data_length = 251, .phy = 2, .address.type = 1, .bond = bond};
    memcpy(wish.address.bytes, s->device_config.address.bytes, sizeof(wish.address.bytes));
    return nordfu_central_connect(s->central, &wish, in(s, 3000), &s->error);
}

#define ASSERT_OK(s, call)                                                                         \
    do {                                                                                           \
        if ((call) != 0)                                                                           \
            fail_msg("API v%d: %s", (s)->dongle_config.api, (s)->error.text);                      \
    } while (0)

static int pair(struct setup *s)
{
    return nordfu_central_pair(s->central, &s->bond, in(s, 10000), &s->error);
}

static void bond_with_device(struct setup *s)
{
    open_on(s, s->dongle);
    ASSERT_OK(s, connect_with(s, NULL));
    ASSERT_OK(s, pair(s));
    assert_int_equal(sim_device_bonds(s->device), 1);
}

static struct nordfu_characteristic find(const struct setup *s, const struct nordfu_uuid *uuid)
{
    const struct nordfu_link *link = nordfu_central_link(s->central);
    for (size_t i = 0; link != NULL && i < link->characteristic_count; i++) {
        if (nordfu_uuid_equal(&link->characteristics[i].uuid, uuid))
            return link->characteristics[i];
    }
    fail_msg("the characteristic is not there");
    return (struct nordfu_characteristic){0};
}

static int subscribe(struct setup *s)
{
    const struct nordfu_characteristic c = find(s, &buttonless);
    return nordfu_central_subscribe(s->central, &c, in(s, 2000), &s->error);
}

/* ---- What bonds are for ---- */

static void pairing_opens_what_is_closed_to_others(void **state)
{
    struct setup *s = *state;
    for (size_t i = 0; i < APIS; i++) {
        begin(s, apis[i]);
        open_on(s, s->dongle);
        ASSERT_OK(s, connect_with(s, NULL));
        assert_int_equal(subscribe(s), NORDFU_ERR_REFUSED);
        ASSERT_OK(s, pair(s));
        assert_true(nordfu_central_link(s->central)->encrypted);
        ASSERT_OK(s, subscribe(s));
        assert_int_equal(s->bond.ltk_size, 16);
        assert_int_equal(s->bond.peer.type, NORDFU_ADDRESS_RANDOM_STATIC);
        assert_memory_equal(s->bond.peer.bytes, s->device_config.address.bytes, 6);
        assert_true(s->bond.has_identity);
        assert_memory_equal(s->bond.identity.bytes, s->device_config.address.bytes, 6);
        assert_false(s->bond.lesc);
        assert_false(s->bond.authenticated);
        end(s);
    }
}

static void bond_encrypts_later_links_of_other_processes(void **state)
{
    struct setup *s = *state;
    for (size_t i = 0; i < APIS; i++) {
        begin(s, apis[i]);
        bond_with_device(s);
        for (int times = 0; times < 3; times++) {
            open_on(s, s->dongle);
            ASSERT_OK(s, connect_with(s, &s->bond));
            assert_true(nordfu_central_link(s->central)->encrypted);
            ASSERT_OK(s, subscribe(s));
        }
        assert_int_equal(sim_device_bonds(s->device), 1);
        end(s);
    }
}

static void another_dongle_with_the_bond_takes_the_address_over(void **state)
{
    struct setup *s = *state;
    for (size_t i = 0; i < APIS; i++) {
        begin(s, apis[i]);
        bond_with_device(s);
        open_on(s, s->other);
        ASSERT_OK(s, connect_with(s, &s->bond));
        assert_true(nordfu_central_link(s->central)->encrypted);
        ASSERT_OK(s, subscribe(s));
        end(s);
    }
}

static void another_dongle_without_the_bond_is_told_why_not(void **state)
{
    struct setup *s = *state;
    for (size_t i = 0; i < APIS; i++) {
        begin(s, apis[i]);
        bond_with_device(s);
        open_on(s, s->other);
        ASSERT_OK(s, connect_with(s, NULL));
        assert_int_equal(pair(s), NORDFU_ERR_REFUSED);
        assert_int_equal(s->error.speaker, NORDFU_SPEAKER_SMP);
        assert_int_equal(s->error.detail, 0x85);
        assert_non_null(strstr(s->error.text, "bonded already, with another central"));
        assert_int_equal(sim_device_bonds(s->device), 1);
        end(s);
    }
}

/* On the air the reasons begin with 1, in the dongle's words with 81. */
static void every_reason_against_pairing_gets_through(void **state)
{
    struct setup *s = *state;
    for (size_t i = 0; i < APIS; i++) {
        for (uint8_t reason = 0x03; reason <= 0x0A; reason++) {
            s->device_config.refuse_pairing = reason;
            begin(s, apis[i]);
            open_on(s, s->dongle);
            ASSERT_OK(s, connect_with(s, NULL));
            assert_int_equal(pair(s), NORDFU_ERR_REFUSED);
            assert_int_equal(s->error.speaker, NORDFU_SPEAKER_SMP);
            assert_int_equal(s->error.detail, 0x80 + reason);
            assert_non_null(strstr(s->error.text, "as the device said"));
            assert_false(nordfu_central_link(s->central)->encrypted);
            end(s);
        }
    }
}

static void device_switched_off_while_pairing_is_a_lost_link(void **state)
{
    struct setup *s = *state;
    for (size_t i = 0; i < APIS; i++) {
        begin(s, apis[i]);
        open_on(s, s->dongle);
        ASSERT_OK(s, connect_with(s, NULL));
        sim_device_power_off(s->device);
        assert_int_equal(pair(s), NORDFU_ERR_LINK);
        assert_int_equal(s->error.speaker, NORDFU_SPEAKER_HCI);
        assert_int_equal(s->error.detail, 0x08);
        assert_null(nordfu_central_link(s->central));
        end(s);
    }
}

static void device_that_forgot_is_told_apart(void **state)
{
    struct setup *s = *state;
    for (size_t i = 0; i < APIS; i++) {
        begin(s, apis[i]);
        bond_with_device(s);
        assert_int_equal(nordfu_central_disconnect(s->central, in(s, 1000), &s->error), 0);
        sim_device_forget_bonds(s->device);
        assert_int_equal(connect_with(s, &s->bond), NORDFU_ERR_REFUSED);
        assert_int_equal(s->error.speaker, NORDFU_SPEAKER_SMP);
        assert_int_equal(s->error.detail, 0x06);
        assert_non_null(strstr(s->error.text, "`nordfu bond remove DE:06:3B:97:4C:D8`"));
        assert_null(nordfu_central_link(s->central));
        /* ... and can be paired with again. */
        ASSERT_OK(s, connect_with(s, NULL));
        ASSERT_OK(s, pair(s));
        end(s);
    }
}

static void device_with_another_key_is_told_apart(void **state)
{
    struct setup *s = *state;
    for (size_t i = 0; i < APIS; i++) {
        begin(s, apis[i]);
        bond_with_device(s);
        s->bond.ltk[5] ^= 1;
        assert_int_equal(nordfu_central_disconnect(s->central, in(s, 1000), &s->error), 0);
        assert_int_equal(connect_with(s, &s->bond), NORDFU_ERR_REFUSED);
        assert_int_equal(s->error.speaker, NORDFU_SPEAKER_SMP);
        assert_int_equal(s->error.detail, 0x3D);
        end(s);
    }
}

static void device_that_asks_for_security_is_served_as_any_other(void **state)
{
    struct setup *s = *state;
    s->device_config.ask_security_first = true;
    for (size_t i = 0; i < APIS; i++) {
        begin(s, apis[i]);
        bond_with_device(s);
        open_on(s, s->dongle);
        ASSERT_OK(s, connect_with(s, &s->bond));
        ASSERT_OK(s, subscribe(s));
        end(s);
    }
}

/* ---- Into the bootloader ---- */

static void jump(struct setup *s)
{
    uint8_t answer[20];
    uint16_t handle;
    ASSERT_OK(s, subscribe(s));
    const struct nordfu_characteristic c = find(s, &buttonless);
    ASSERT_OK(s,
              nordfu_central_write(s->central, c.value_handle, "\x01", 1, in(s, 1000), &s->error));
    assert_int_equal(
        nordfu_central_receive(s->central, &handle, answer, sizeof(answer), in(s, 1000), &s->error),
        3);
    assert_memory_equal(answer, "\x20\x01\x01", 3);
    assert_int_equal(nordfu_central_wait(s->central, in(s, 5000), &s->error), NORDFU_ERR_LINK);
    /* It restarts. */
    nordfu_central_wait(s->central, in(s, 2000), NULL);
}

static void bootloader_lets_the_bonded_address_in(void **state)
{
    struct setup *s = *state;
    for (size_t i = 0; i < APIS; i++) {
        begin(s, apis[i]);
        bond_with_device(s);
        jump(s);
        open_on(s, s->other);
        ASSERT_OK(s, connect_with(s, &s->bond));
        assert_int_equal(sim_device_mode(s->device), SIM_MODE_BOOTLOADER);
        assert_true(nordfu_central_link(s->central)->encrypted);
        const struct nordfu_characteristic c = find(s, &control_point);
        ASSERT_OK(s, nordfu_central_subscribe(s->central, &c, in(s, 1000), &s->error));
        end(s);
    }
}

static void bootloader_is_deaf_to_other_addresses(void **state)
{
    struct setup *s = *state;
    begin(s, 5);
    bond_with_device(s);
    jump(s);
    open_on(s, s->other);
    s->bond.own.bytes[0] ^= 1;
    assert_int_equal(connect_with(s, &s->bond), NORDFU_ERR_LINK);
    assert_int_equal(s->error.detail, 0x3E); /* never established */
    assert_int_equal(connect_with(s, NULL), NORDFU_ERR_LINK);
    assert_int_equal(s->error.detail, 0x3E);
    s->bond.own.bytes[0] ^= 1;
    ASSERT_OK(s, connect_with(s, &s->bond));
}

/* ---- Secrets ---- */

static void take_line(void *context, enum nordfu_log_level level, const char *line)
{
    char *text = context;
    (void)level;
    size_t size = strlen(text);
    assert_true(size + strlen(line) + 2 < LOG_MAX);
    strcpy(stpcpy(text + size, line), "\n");
}

/* Parts of keys would be as bad, hence four bytes anywhere in them. */
static bool shows(const char *text, const uint8_t *key, size_t size)
{
    char hex[9];
    for (size_t i = 0; i + 4 <= size; i++) {
        for (size_t j = 0; j < 4; j++)
            snprintf(hex + 2 * j, 3, "%02x", key[i + j]);
        if (strstr(text, hex) != NULL)
            return true;
    }
    return false;
}

static void keys_are_logged_only_for_who_asks(void **state)
{
    struct setup *s = *state;
    char *text = malloc(LOG_MAX);
    for (size_t i = 0; i < 2 * APIS; i++) {
        bool asked = i % 2 != 0;
        text[0] = '\0';
        s->log = (struct nordfu_log){
            .level = NORDFU_LOG_TRANSPORT, .write = take_line, .context = text, .keys = asked};
        begin(s, apis[i / 2]);
        bond_with_device(s);
        open_on(s, s->dongle);
        ASSERT_OK(s, connect_with(s, &s->bond));
        assert_int_equal(shows(text, s->bond.ltk, 16), asked);
        assert_int_equal(shows(text, s->bond.irk, 16), asked);
        assert_int_equal(shows(text, s->bond.rand, 8), asked);
        end(s);
    }
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pairing_opens_what_is_closed_to_others),
        TEST(bond_encrypts_later_links_of_other_processes),
        TEST(another_dongle_with_the_bond_takes_the_address_over),
        TEST(another_dongle_without_the_bond_is_told_why_not),
        TEST(every_reason_against_pairing_gets_through),
        TEST(device_switched_off_while_pairing_is_a_lost_link),
        TEST(device_that_forgot_is_told_apart),
        TEST(device_with_another_key_is_told_apart),
        TEST(device_that_asks_for_security_is_served_as_any_other),
        TEST(bootloader_lets_the_bonded_address_in),
        TEST(bootloader_is_deaf_to_other_addresses),
        TEST(keys_are_logged_only_for_who_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
