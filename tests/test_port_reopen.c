/* SPDX-License-Identifier: MIT
 * A port that vanishes and comes back under the same path, on real ptys behind a symbolic link; and
 * what is made of a USB dongle's answers about itself. */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "nordfu/port.h"
#include "port/usb_identity.h"

struct bench {
    char folder[64], link[96];
    int master;
    struct nordfu_port *port;
    struct nordfu_error error;
};

/* A new pty behind the link, as a device that was plugged in again. */
static void plug_in(struct bench *b)
{
    char path[128];
    b->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_int_equal(grantpt(b->master) | unlockpt(b->master), 0);
    assert_int_equal(ptsname_r(b->master, path, sizeof(path)), 0);
    assert_int_equal(symlink(path, b->link), 0);
}

static void unplug(struct bench *b)
{
    unlink(b->link);
    if (b->master >= 0)
        close(b->master);
    b->master = -1;
}

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    snprintf(b->folder, sizeof(b->folder), "/tmp/nordfu-test-XXXXXX");
    *state = b;
    if (mkdtemp(b->folder) == NULL)
        return -1;
    snprintf(b->link, sizeof(b->link), "%s/dongle", b->folder);
    plug_in(b);
    return nordfu_port_open(&b->port, b->link, NULL, &b->error);
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    nordfu_port_free(&b->port);
    unplug(b);
    rmdir(b->folder);
    free(b);
    return 0;
}

static void lose(struct bench *b)
{
    uint8_t byte;
    unplug(b);
    assert_int_equal(
        nordfu_port_read(b->port, &byte, 1, nordfu_port_now(b->port) + NORDFU_SECOND, &b->error),
        NORDFU_ERR_PORT);
}

static void *plug_in_soon(void *context)
{
    usleep(120000);
    plug_in(context);
    return NULL;
}

static void port_that_comes_back_is_opened_again(void **state)
{
    struct bench *b = *state;
    pthread_t thread;
    uint8_t byte = 0;
    lose(b);
    assert_int_equal(pthread_create(&thread, NULL, plug_in_soon, b), 0);
    uint64_t before = nordfu_port_now(b->port);
    int rc = nordfu_port_reopen(b->port, before + 5 * NORDFU_SECOND, &b->error);
    pthread_join(thread, NULL);
    if (rc != 0)
        fail_msg("%s", b->error.text);
    assert_true(nordfu_port_now(b->port) - before < 2 * NORDFU_SECOND);
    assert_int_equal(write(b->master, "x", 1), 1);
    assert_int_equal(
        nordfu_port_read(b->port, &byte, 1, nordfu_port_now(b->port) + NORDFU_SECOND, &b->error),
        1);
    assert_int_equal(byte, 'x');
    /* As exclusive as before. */
    struct nordfu_port *second = NULL;
    assert_int_equal(nordfu_port_open(&second, b->link, NULL, &b->error), NORDFU_ERR_PORT);
}

static void port_that_stays_away_is_given_up_at_the_deadline(void **state)
{
    struct bench *b = *state;
    uint8_t byte;
    lose(b);
    uint64_t before = nordfu_port_now(b->port);
    assert_int_equal(nordfu_port_reopen(b->port, before + 100 * NORDFU_MS, &b->error),
                     NORDFU_ERR_PORT);
    assert_in_range(nordfu_port_now(b->port) - before, 100 * NORDFU_MS, 2 * NORDFU_SECOND);
    /* Nothing is open now, and that is no disaster. */
    assert_int_equal(nordfu_port_read(b->port, &byte, 1, 0, &b->error), NORDFU_ERR_PORT);
    assert_int_equal(nordfu_port_write(b->port, &byte, 1, 0, &b->error), NORDFU_ERR_PORT);
}

static void cancel_ends_the_wait_for_a_port(void **state)
{
    struct bench *b = *state;
    lose(b);
    assert_int_equal(nordfu_cancel_new(&b->port->cancel, &b->error), 0);
    nordfu_cancel_set(b->port->cancel);
    uint64_t before = nordfu_port_now(b->port);
    assert_int_equal(nordfu_port_reopen(b->port, before + 20 * NORDFU_SECOND, &b->error),
                     NORDFU_ERR_CANCELLED);
    assert_true(nordfu_port_now(b->port) - before < NORDFU_SECOND);
    nordfu_cancel_free(&b->port->cancel);
}

static void nothing_is_known_of_a_pty(void **state)
{
    struct bench *b = *state;
    struct nordfu_port_identity identity;
    memset(&identity, 0xFF, sizeof(identity));
    nordfu_port_identify(b->port, &identity);
    assert_int_equal(identity.vid, 0);
    assert_int_equal(identity.application, 0);
    assert_string_equal(identity.product, "");
    assert_string_equal(identity.firmware, "");
}

static const uint8_t info[24] = {0x00, 0x30, 0x02, 0x00, 0x00, 0xC0, 0x01, 0x00, 4, 0, 1, 0};

static void usb_dongle_tells_its_firmware_and_where_it_begins(void **state)
{
    (void)state;
    struct nordfu_port_identity identity = {.vid = 0x1915};
    assert_true(usb_identity_decode("ble-connectivity 4.1.4\0?", 24, info, 24, &identity));
    assert_string_equal(identity.firmware, "ble-connectivity 4.1.4");
    assert_int_equal(identity.application, 0x23000);
    /* The text alone is something, too. */
    assert_true(usb_identity_decode("ble-connectivity 4.1.4", 22, info, 23, &identity));
    assert_int_equal(identity.application, 0);
}

static void trigger_of_another_application_tells_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "ble-connectivity ", "ble-connectivityx4",
                                        "sniffer 1.0", "ble-connectivity\n4"};
    struct nordfu_port_identity identity = {.application = 7};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_false(
            usb_identity_decode(texts[i], strlen(texts[i]), info, sizeof(info), &identity));
    assert_int_equal(identity.application, 7);
    assert_string_equal(identity.firmware, "");
}

static void device_that_is_not_there_tells_nothing(void **state)
{
    (void)state;
    struct nordfu_port_identity identity = {.application = 7};
    assert_false(usb_identity_read(250, 120, &identity));
    assert_int_equal(identity.application, 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(port_that_comes_back_is_opened_again),
        TEST(port_that_stays_away_is_given_up_at_the_deadline),
        TEST(cancel_ends_the_wait_for_a_port),
        TEST(nothing_is_known_of_a_pty),
        cmocka_unit_test(usb_dongle_tells_its_firmware_and_where_it_begins),
        cmocka_unit_test(trigger_of_another_application_tells_nothing),
        cmocka_unit_test(device_that_is_not_there_tells_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
