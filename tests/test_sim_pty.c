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

/* A dongle on a pty, and maybe a second one, run by a thread of its own. */
struct desk {
    struct sim_world *world;
    struct air *air;
    struct sim_dongle *dongle, *second;
    struct sim_pty *pty, *second_pty;
    struct nordfu_cancel *cancel;
    pthread_t thread;
    int result;
    char folder[64], link[96], second_link[96];
};

static void *serve(void *context)
{
    struct desk *desk = context;
    const struct sim_plug plugs[] = {{desk->pty, desk->dongle}, {desk->second_pty, desk->second}};
    desk->result =
        sim_pty_run(plugs, desk->second != NULL ? 2 : 1, desk->world, desk->cancel, NULL);
    return NULL;
}

static int set_up(void **state)
{
    struct desk *desk = test_calloc(1, sizeof(*desk));
    snprintf(desk->folder, sizeof(desk->folder), "/tmp/nordfu-pty-XXXXXX");
    assert_non_null(mkdtemp(desk->folder));
    snprintf(desk->link, sizeof(desk->link), "%s/dongle", desk->folder);
    snprintf(desk->second_link, sizeof(desk->second_link), "%s/second", desk->folder);
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
    sim_pty_free(&desk->second_pty);
    sim_dongle_free(&desk->dongle);
    sim_dongle_free(&desk->second);
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

static struct nordfu_port *open_at(const char *link)
{
    struct nordfu_port *port = NULL;
    struct nordfu_error error;
    if (nordfu_port_open(&port, link, NULL, &error) != 0)
        fail_msg("%s", error.text);
    return port;
}

static struct nordfu_port *open_port(struct desk *desk)
{
    return open_at(desk->link);
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

static void make_usb(struct desk *desk)
{
    sim_dongle_free(&desk->dongle);
    desk->dongle =
        sim_dongle_new(desk->world, desk->air, &(struct sim_dongle_config){.api = 5, .usb = true});
}

/* Sends what the firmware does not survive, and reads until the port is gone. */
static void break_dongle(struct nordfu_port *port)
{
    uint64_t end = nordfu_port_now(port) + 3 * NORDFU_SECOND;
    assert_int_equal(nordfu_port_write(port, fatal_bytes, sizeof(fatal_bytes), end, NULL), 0);
    uint8_t got[256];
    int code;
    do
        code = nordfu_port_read(port, got, sizeof(got), end, NULL);
    while (code > 0);
    assert_int_equal(code, NORDFU_ERR_PORT);
}

static void await_link(const char *link)
{
    for (int i = 0; i < 100 && access(link, F_OK) != 0; i++)
        pass_ms(50);
}

static void a_usb_dongle_takes_its_port_with_it_and_comes_back(void **state)
{
    struct desk *desk = *state;
    make_usb(desk);
    start(desk);
    struct nordfu_port *port = open_port(desk);
    break_dongle(port);
    assert_int_equal(access(desk->link, F_OK), -1);
    nordfu_port_free(&port);
    await_link(desk->link);
    port = open_port(desk);
    assert_true(answers_sync(port));
    nordfu_port_free(&port);
    stop(desk);
}

static void plug_second(struct desk *desk)
{
    desk->second =
        sim_dongle_new(desk->world, desk->air, &(struct sim_dongle_config){.api = 2, .number = 2});
    assert_non_null(desk->second);
    assert_int_equal(sim_pty_new(&desk->second_pty, desk->second_link, NULL), 0);
}

static void two_dongles_answer_their_own_clients(void **state)
{
    struct desk *desk = *state;
    plug_second(desk);
    start(desk);
    struct nordfu_port *port = open_port(desk), *second = open_at(desk->second_link);
    assert_string_not_equal(sim_pty_path(desk->pty), sim_pty_path(desk->second_pty));
    assert_true(answers_sync(second));
    assert_true(answers_sync(port));
    assert_true(answers_sync(second));
    nordfu_port_free(&port);
    nordfu_port_free(&second);
    stop(desk);
    struct sim_dongle_stats stats;
    sim_dongle_get_stats(desk->second, &stats);
    assert_int_equal(stats.restarts, 0);
}

/* While the first one's port is gone, and after. */
static void a_dongle_that_vanishes_does_not_disturb_another(void **state)
{
    struct desk *desk = *state;
    char before[64] = "", after[64] = "";
    make_usb(desk);
    plug_second(desk);
    start(desk);
    assert_true(readlink(desk->second_link, before, sizeof(before) - 1) > 0);
    struct nordfu_port *port = open_port(desk), *second = open_at(desk->second_link);
    assert_true(answers_sync(second));
    break_dongle(port);
    assert_int_equal(access(desk->link, F_OK), -1);
    assert_true(answers_sync(second));
    assert_int_equal(access(desk->link, F_OK), -1); /* that took no second */
    nordfu_port_free(&port);
    await_link(desk->link);
    port = open_port(desk);
    assert_true(answers_sync(port));
    assert_true(answers_sync(second)); /* the same open port */
    assert_true(readlink(desk->second_link, after, sizeof(after) - 1) > 0);
    assert_string_equal(before, after);
    nordfu_port_free(&port);
    nordfu_port_free(&second);
    stop(desk);
    assert_int_equal(sim_dongle_vanished(desk->second), 0);
    assert_int_equal(sim_dongle_vanished(desk->dongle), 1);
}

/* The bytes of a client that stopped reading wait; the other client's go on. */
static void a_client_that_does_not_read_does_not_stop_another(void **state)
{
    struct desk *desk = *state;
    plug_second(desk);
    start(desk);
    struct nordfu_port *port = open_port(desk), *second = open_at(desk->second_link);
    uint64_t end = nordfu_port_now(port) + 300 * NORDFU_MS;
    while (nordfu_port_write(port, sync_frame, sizeof(sync_frame), end, NULL) == 0 &&
           nordfu_port_now(port) < end)
        ;
    uint64_t begin = nordfu_port_now(second);
    assert_true(answers_sync(second));
    assert_true(nordfu_port_now(second) - begin < 500 * NORDFU_MS);
    nordfu_port_free(&port);
    nordfu_port_free(&second);
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
        cmocka_unit_test_setup_teardown(two_dongles_answer_their_own_clients, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dongle_that_vanishes_does_not_disturb_another, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_client_that_does_not_read_does_not_stop_another, set_up,
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
