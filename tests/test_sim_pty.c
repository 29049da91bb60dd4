/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "nordfu/port.h"
#include "sim/air.h"
#include "sim/pty.h"

static const uint8_t sync_frame[] = {0xC0, 0x00, 0x2F, 0x00, 0xD1, 0x01, 0x7E, 0xC0};
static const uint8_t sync_response[] = {0xC0, 0x00, 0x2F, 0x00, 0xD1, 0x02, 0x7D, 0xC0};

/* A dongle on a pty, run by a thread of its own. */
struct desk {
    struct sim_world *world;
    struct air *air;
    struct sim_dongle *dongle;
    struct sim_pty *pty;
    struct nordfu_cancel *cancel;
    pthread_t thread;
    int result;
    char folder[64], link[96];
};

static void *serve(void *context)
{
    struct desk *desk = context;
    const struct sim_plug plug = {desk->pty, desk->dongle};
    desk->result = sim_pty_run(&plug, 1, desk->world, desk->cancel, NULL);
    return NULL;
}

static int set_up(void **state)
{
    struct desk *desk = test_calloc(1, sizeof(*desk));
    snprintf(desk->folder, sizeof(desk->folder), "/tmp/nordfu-pty-XXXXXX");
    assert_non_null(mkdtemp(desk->folder));
    snprintf(desk->link, sizeof(desk->link), "%s/dongle", desk->folder);
    desk->world = sim_world_new(1);
    desk->air = air_new(desk->world, NULL);
    desk->dongle = sim_dongle_new(desk->world, desk->air, &(struct sim_dongle_config){.api = 5});
    assert_int_equal(nordfu_cancel_new(&desk->cancel, NULL), 0);
    *state = desk;
    return 0;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;
    sim_pty_free(&desk->pty);
    sim_dongle_free(&desk->dongle);
    air_free(&desk->air);
    sim_world_free(&desk->world);
    nordfu_cancel_free(&desk->cancel);
    unlink(desk->link);
    rmdir(desk->folder);
    test_free(desk);
    return 0;
}

static void start(struct desk *desk)
{
    struct nordfu_error error;
    if (sim_pty_new(&desk->pty, desk->link, &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(pthread_create(&desk->thread, NULL, serve, desk), 0);
}

static void stop(struct desk *desk)
{
    nordfu_cancel_set(desk->cancel);
    assert_int_equal(pthread_join(desk->thread, NULL), 0);
    assert_int_equal(desk->result, 0);
}

static struct nordfu_port *open_port(struct desk *desk)
{
    struct nordfu_port *port = NULL;
    struct nordfu_error error;
    if (nordfu_port_open(&port, desk->link, NULL, &error) != 0)
        fail_msg("%s", error.text);
    return port;
}

/* Sends SYNC until its answer is among what comes back. */
static bool answers_sync(struct nordfu_port *port)
{
    uint8_t got[256];
    size_t size = 0;
    uint64_t end = nordfu_port_now(port) + 3 * NORDFU_SECOND;
    assert_int_equal(nordfu_port_write(port, sync_frame, sizeof(sync_frame), end, NULL), 0);
    while (size < sizeof(got) && nordfu_port_now(port) < end) {
        int n = nordfu_port_read(port, got + size, sizeof(got) - size, end, NULL);
        assert_true(n >= 0);
        size += (size_t)n;
        for (size_t i = 0; i + sizeof(sync_response) <= size; i++)
            if (memcmp(got + i, sync_response, sizeof(sync_response)) == 0)
                return true;
    }
    return false;
}

static void bytes_pass_in_both_directions(void **state)
{
    struct desk *desk = *state;
    start(desk);
    struct nordfu_port *port = open_port(desk);
    assert_true(answers_sync(port));
    nordfu_port_free(&port);
    stop(desk);
}

static void clients_come_and_go(void **state)
{
    struct desk *desk = *state;
    start(desk);
    for (int i = 0; i < 3; i++) {
        struct nordfu_port *port = open_port(desk);
        assert_true(answers_sync(port));
        nordfu_port_free(&port);
    }
    stop(desk);
}

static void pass_ms(long ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* Bytes that nobody reads for a second say that the client is gone, however it went. */
static void a_client_that_was_killed_leaves_neither_a_lock_nor_its_bytes(void **state)
{
    struct desk *desk = *state;
    start(desk);
    int fd = open(desk->link, O_RDWR | O_NOCTTY);
    assert_true(fd >= 0);
    assert_int_equal(ioctl(fd, TIOCEXCL), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(write(fd, sync_frame, sizeof(sync_frame)), sizeof(sync_frame));
    close(fd);
    pass_ms(2000);
    int exclusive = -1, unread = -1;
    fd = open(desk->link, O_RDWR | O_NOCTTY);
    assert_true(fd >= 0);
    assert_int_equal(ioctl(fd, TIOCGEXCL, &exclusive), 0);
    assert_int_equal(exclusive, 0);
    assert_int_equal(ioctl(fd, FIONREAD, &unread), 0);
    assert_true(unread <= (int)sizeof(sync_frame)); /* at most the newest SYNC, not 100 answers */
    close(fd);
    struct nordfu_port *port = open_port(desk);
    assert_true(answers_sync(port));
    nordfu_port_free(&port);
    stop(desk);
}

/* SYNC, SYNC RESPONSE, CONFIG, CONFIG RESPONSE, CONFIG, and a request that is too short. */
static const uint8_t fatal_bytes[] = {
    0xC0, 0x00, 0x2F, 0x00, 0xD1, 0x01, 0x7E, 0xC0, 0xC0, 0x00, 0x2F, 0x00, 0xD1, 0x02,
    0x7D, 0xC0, 0xC0, 0x00, 0x3F, 0x00, 0xC1, 0x03, 0xFC, 0x11, 0xC0, 0xC0, 0x00, 0x3F,
    0x00, 0xC1, 0x04, 0x7B, 0x11, 0xC0, 0xC0, 0x00, 0x3F, 0x00, 0xC1, 0x03, 0xFC, 0x11,
    0xC0, 0xC0, 0xDB, 0xDC, 0x3E, 0x00, 0x02, 0x00, 0x66, 0x00, 0x10, 0x64, 0xC0};

static void a_usb_dongle_takes_its_port_with_it_and_comes_back(void **state)
{
    struct desk *desk = *state;
    sim_dongle_free(&desk->dongle);
    desk->dongle =
        sim_dongle_new(desk->world, desk->air, &(struct sim_dongle_config){.api = 5, .usb = true});
    start(desk);
    struct nordfu_port *port = open_port(desk);
    uint64_t end = nordfu_port_now(port) + 3 * NORDFU_SECOND;
    assert_int_equal(nordfu_port_write(port, fatal_bytes, sizeof(fatal_bytes), end, NULL), 0);
    uint8_t got[256];
    int code;
    do
        code = nordfu_port_read(port, got, sizeof(got), end, NULL);
    while (code > 0);
    assert_int_equal(code, NORDFU_ERR_PORT);
    assert_int_equal(access(desk->link, F_OK), -1);
    nordfu_port_free(&port);
    for (int i = 0; i < 100 && access(desk->link, F_OK) != 0; i++)
        pass_ms(50);
    port = open_port(desk);
    assert_true(answers_sync(port));
    nordfu_port_free(&port);
    stop(desk);
}

static void the_pty_is_raw(void **state)
{
    struct desk *desk = *state;
    struct termios mode;
    start(desk);
    int fd = open(sim_pty_path(desk->pty), O_RDWR | O_NOCTTY);
    assert_true(fd >= 0);
    assert_int_equal(tcgetattr(fd, &mode), 0);
    assert_int_equal(mode.c_lflag & (tcflag_t)(ECHO | ICANON | ISIG), 0);
    assert_int_equal(mode.c_oflag & (tcflag_t)OPOST, 0);
    close(fd);
    stop(desk);
}

static uint64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void cancel_ends_the_loop_at_once(void **state)
{
    struct desk *desk = *state;
    start(desk);
    pass_ms(50);
    uint64_t begin = milliseconds();
    stop(desk);
    assert_true(milliseconds() - begin < 500);
}

static void the_link_leads_to_the_pty_and_is_removed(void **state)
{
    struct desk *desk = *state;
    char target[64] = "";
    assert_int_equal(symlink("/nowhere", desk->link), 0); /* left over by an earlier run */
    assert_int_equal(sim_pty_new(&desk->pty, desk->link, NULL), 0);
    assert_true(readlink(desk->link, target, sizeof(target) - 1) > 0);
    assert_string_equal(target, sim_pty_path(desk->pty));
    sim_pty_free(&desk->pty);
    assert_int_equal(access(desk->link, F_OK), -1);
}

static void a_link_that_somebody_else_took_over_is_left_alone(void **state)
{
    struct desk *desk = *state;
    char target[64] = "";
    assert_int_equal(sim_pty_new(&desk->pty, desk->link, NULL), 0);
    unlink(desk->link);
    assert_int_equal(symlink("/nowhere", desk->link), 0);
    sim_pty_free(&desk->pty);
    assert_int_equal(readlink(desk->link, target, sizeof(target) - 1), 8);
}

static void a_file_in_the_way_of_the_link_is_not_replaced(void **state)
{
    struct desk *desk = *state;
    struct nordfu_error error;
    struct stat there;
    int fd = open(desk->link, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, "mine", 4), 4);
    close(fd);
    assert_int_equal(sim_pty_new(&desk->pty, desk->link, &error), NORDFU_ERR_USAGE);
    assert_non_null(strstr(error.text, desk->link));
    assert_null(desk->pty);
    assert_int_equal(stat(desk->link, &there), 0);
    assert_int_equal(there.st_size, 4);
}

/* A dongle that nobody talks to does something every 400 ms only. */
static void an_idle_world_keeps_the_computers_time(void **state)
{
    struct desk *desk = *state;
    start(desk);
    pass_ms(1000);
    stop(desk);
    assert_true(sim_now(desk->world) >= 750 * NORDFU_MS);
    assert_true(sim_now(desk->world) <= 1200 * NORDFU_MS);
}

static void stall(void *context)
{
    (void)context;
    pass_ms(500);
}

static void after_a_stall_the_world_goes_on_where_it_was(void **state)
{
    struct desk *desk = *state;
    sim_at(desk->world, 20 * NORDFU_MS, stall, NULL);
    start(desk);
    pass_ms(700);
    stop(desk);
    assert_true(sim_now(desk->world) >= 20 * NORDFU_MS);
    assert_true(sim_now(desk->world) <
                450 * NORDFU_MS); /* at most 100 of the 500 ms are made up for */
}

/* A client that reads nothing: the dongle gives up after five tries, nothing blocks or grows. */
static void a_client_that_does_not_read_does_not_stop_the_world(void **state)
{
    struct desk *desk = *state;
    start(desk);
    struct nordfu_port *port = open_port(desk);
    uint64_t end = nordfu_port_now(port) + 500 * NORDFU_MS;
    while (nordfu_port_write(port, sync_frame, sizeof(sync_frame), end, NULL) == 0 &&
           nordfu_port_now(port) < end)
        ;
    assert_true(answers_sync(port));
    nordfu_port_free(&port);
    stop(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bytes_pass_in_both_directions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(clients_come_and_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_client_that_was_killed_leaves_neither_a_lock_nor_its_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_usb_dongle_takes_its_port_with_it_and_comes_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_pty_is_raw, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cancel_ends_the_loop_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_link_leads_to_the_pty_and_is_removed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_link_that_somebody_else_took_over_is_left_alone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_in_the_way_of_the_link_is_not_replaced, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_idle_world_keeps_the_computers_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(after_a_stall_the_world_goes_on_where_it_was, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_client_that_does_not_read_does_not_stop_the_world, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests_name("sim_pty", tests, NULL, NULL);
}
