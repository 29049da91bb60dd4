/* SPDX-License-Identifier: MIT
 * Foreign programs on the socket into the air.
 */
#include "test.h"

#include "att_stage.h"

/* The way of the frames */

static void a_scan_tells_who_is_there(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *p = start_program(s, 0);
    SAY(p, SCAN, "\x02");
    bool response = false, found = false;
    for (int i = 0; i < 20; i++) {
        assert_true(hears(s, p, REPORT, SECOND));
        if (memcmp(p->frame + 2, thermo, 6) != 0)
            continue;
        assert_int_equal(p->frame[1], 1);
        assert_int_equal((int8_t)p->frame[8], -50);
        response |= p->frame[9] == 7;
        if (p->frame[9] != 3)
            continue;
        found = true;
        assert_int_equal(p->frame_size, 10 + 11);
        assert_memory_equal(p->frame + 10, "\x02\x01\x06\x07\x09Thermo", 11);
    }
    assert_true(found && response);
    SAY(p, SCAN, "\x00");
    pass(s, 10000);
    drain(p);
    p->size = 0;
    assert_false(hears(s, p, REPORT, SECOND));
}

static void a_passive_scan_asks_nobody(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *p = start_program(s, 0);
    SAY(p, SCAN, "\x01");
    for (int i = 0; i < 20; i++) {
        assert_true(hears(s, p, REPORT, SECOND));
        assert_int_equal(p->frame[9], 3);
    }
}

static void pdus_travel_both_ways_in_connection_events(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *p = start_program(s, 0);
    join(s, p, thermo);
    SAY(p, PDU, "\x02\x05\x02");
    HEAR(s, p, SENT, "\x01\x00");
    uint64_t sent = sim_now(s->world);
    HEAR(s, p, RECEIVED, "\x03\xF7\x00");
    assert_in_range(sim_now(s->world) - sent, 25000, 35000); /* one interval of 30 ms */
    SAY(p, PDU, "\x0A\x03\x00");
    HEAR(s, p, RECEIVED, "\x0BThermo");
}

static void every_pdu_that_arrived_is_told_once(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *p = start_program(s, 0);
    join(s, p, thermo);
    for (int i = 0; i < 200; i++) /* commands that nobody obeys */
        SAY(p, PDU, "\x52\x03\x00x");
    unsigned sent = 0;
    while (hears(s, p, SENT, SECOND))
        sent += (unsigned)p->frame[1] | (unsigned)p->frame[2] << 8;
    assert_int_equal(sent, 200);
    assert_true(logged(s, "device.att device=DE:06:3B:97:4C:D8 opcode=52 handle=0003"));
}

static void frames_may_come_in_pieces(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *p = start_program(s, 0);
    join(s, p, thermo);
    static const uint8_t request[] = {4, 0, PDU, 0x0A, 0x03, 0x00};
    for (size_t i = 0; i < sizeof(request); i++) {
        put(p, request + i, 1);
        pass(s, 3000);
    }
    HEAR(s, p, RECEIVED, "\x0BThermo");
}

static void the_program_ends_a_link_and_makes_another(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *p = start_program(s, 0);
    for (int i = 0; i < 3; i++) {
        join(s, p, i == 1 ? scale : thermo);
        SAY(p, DISCONNECT, "");
        SAY(p, DISCONNECT, "");
        SAY(p, PDU, "\x0A\x03\x00");
        HEAR(s, p, DISCONNECTED, "\x16");
    }
    assert_true(logged(s, "device.disconnected device=DE:06:3B:97:4C:D8 reason=13"));
    assert_false(is_closed(s, p));
}

static void an_attempt_to_connect_can_be_given_up(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *p = start_program(s, 0);
    ask_for(p, (const uint8_t[6]){9, 9, 9, 9, 9, 0xC9});
    assert_false(hears(s, p, CONNECTED, 5 * SECOND));
    SAY(p, DISCONNECT, "");
    HEAR(s, p, DISCONNECTED, "\x02");
    join(s, p, thermo);
}

static void the_end_of_a_link_that_the_device_lost_is_told(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *p = start_program(s, 0);
    join(s, p, thermo);
    pass(s, 100000);
    sim_device_cut_link(s->devices[0], 3 * SECOND);
    SAY(p, PDU, "\x0A\x03\x00");
    uint64_t cut = sim_now(s->world);
    HEAR(s, p, DISCONNECTED, "\x08");
    assert_in_range(sim_now(s->world) - cut, 900000, 1010000);
    SAY(p, PDU, "\x0A\x03\x00"); /* may have crossed: ignored */
    SAY(p, DISCONNECT, "");
    assert_false(is_closed(s, p));
    pass(s, 2 * SECOND);
    join(s, p, thermo);
}

/* Several programs */

static void two_programs_have_links_of_their_own(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *a = start_program(s, 0), *b = start_program(s, 1);
    join(s, a, thermo);
    join(s, b, scale);
    SAY(a, PDU, "\x0A\x03\x00");
    SAY(b, PDU, "\x0A\x03\x00");
    HEAR(s, a, RECEIVED, "\x0BThermo");
    HEAR(s, b, RECEIVED, "\x0BScale");
    put(b, "\0\0", 2);
    assert_true(is_closed(s, b));
    SAY(a, PDU, "\x0A\x03\x00");
    HEAR(s, a, RECEIVED, "\x0BThermo");
}

static void a_device_that_is_taken_is_had_when_it_is_free_again(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *a = start_program(s, 0), *b = start_program(s, 1);
    join(s, a, thermo);
    ask_for(b, thermo);
    assert_false(hears(s, b, CONNECTED, 3 * SECOND));
    SAY(a, DISCONNECT, "");
    assert_true(hears(s, b, CONNECTED, SECOND));
}

static void a_program_gone_in_mid_link_is_a_computer_without_power(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *p = start_program(s, 0);
    join(s, p, thermo);
    SAY(p, PDU, "\x0A\x03\x00");
    HEAR(s, p, RECEIVED, "\x0BThermo");
    hang_up(p);
    pass(s, 800000);
    assert_true(logged(s, "att.close client=1 why=gone"));
    assert_false(logged(s, "device.disconnected"));
    pass(s, 300000);
    assert_true(logged(s, "device.disconnected device=DE:06:3B:97:4C:D8 reason=08"));
    join(s, start_program(s, 1), thermo);
}

static void a_program_may_go_right_after_its_disconnect(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *p = start_program(s, 0);
    join(s, p, thermo);
    SAY(p, DISCONNECT, "");
    hang_up(p);
    pass(s, 200000);
    assert_true(logged(s, "device.disconnected device=DE:06:3B:97:4C:D8 reason=13"));
    assert_true(logged(s, "att.close client=1 why=gone"));
}

static void a_program_may_go_while_it_scans_or_connects(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *p = start_program(s, 0);
    SAY(p, SCAN, "\x02");
    ask_for(p, (const uint8_t[6]){9, 9, 9, 9, 9, 0xC9});
    assert_true(hears(s, p, REPORT, SECOND));
    hang_up(p);
    pass(s, SECOND);
    assert_true(logged(s, "att.close client=1 why=gone"));
}

static void one_program_too_many_is_closed(void **state)
{
    struct stage *s = *state;
    int fds[ATT_SOCKET_CLIENTS];
    listen_there(s);
    for (int i = 0; i < ATT_SOCKET_CLIENTS; i++) {
        fds[i] = dial(s->path);
        pass(s, 30000);
    }
    struct program *p = start_program(s, 0);
    assert_true(is_closed(s, p));
    assert_true(logged(s, "att.full"));
    close(fds[3]);
    pass(s, 5000);
    p = start_program(s, 1);
    assert_false(is_closed(s, p));
    join(s, p, thermo);
    for (int i = 0; i < ATT_SOCKET_CLIENTS; i++)
        if (i != 3)
            close(fds[i]);
}

/* What is wrong */

#define BAD(text)                                                                                  \
    {                                                                                              \
#text, text, sizeof(text) - 1                                                              \
    }

static const struct bad {
    const char *name, *bytes;
    size_t size;
} bad_frames[] = {
    BAD("\0\0"),                                             /* no type */
    BAD("\x07\x02\x04"),                                     /* a PDU of 518 bytes */
    BAD("\xFF\xFF"),                                         /* larger than any */
    BAD("\x01\x00\x00"),                                     /* no such type */
    BAD("\x01\x00\x05"),                                     /* nor this */
    BAD("\x03\x00\x84\x0A\x00"),                             /* one of ours */
    BAD("\x01\x00\x01"),                                     /* scan how? */
    BAD("\x02\x00\x01\x03"),                                 /* no such scan */
    BAD("\x03\x00\x01\x01\x00"),                             /* too long */
    BAD("\x02\x00\x03\x13"),                                 /* disconnect with something */
    BAD("\x01\x00\x04"),                                     /* a PDU without opcode */
    BAD("\x0B\x00\x02\x01\1\2\3\4\5\xC6\x18\x00\x64"),       /* connect, too short */
    BAD("\x0D\x00\x02\x01\1\2\3\4\5\xC6\x18\x00\x64\x00\0"), /* too long */
    BAD("\x0C\x00\x02\x02\1\2\3\4\5\xC6\x18\x00\x64\x00"),   /* address type */
    BAD("\x0C\x00\x02\x01\1\2\3\4\5\xC6\x05\x00\x64\x00"),   /* interval */
    BAD("\x0C\x00\x02\x01\1\2\3\4\5\xC6\x81\x0C\x80\x0C"),
    BAD("\x0C\x00\x02\x01\1\2\3\4\5\xC6\x18\x00\x09\x00"), /* supervision timeout */
    BAD("\x0C\x00\x02\x01\1\2\3\4\5\xC6\x18\x00\x81\x0C"),
    BAD("\x0C\x00\x02\x01\1\2\3\4\5\xC6\x28\x00\x0A\x00"), /* not longer than two intervals */
};

static void a_bad_frame_closes_its_connection_and_nothing_else(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *other = start_program(s, 1);
    join(s, other, scale);
    size_t count = sizeof(bad_frames) / sizeof(bad_frames[0]);
    for (size_t i = 0; i < count; i++) {
        struct program *p = start_program(s, 0);
        SAY(p, SCAN, "\x01"); /* a good one before */
        put(p, bad_frames[i].bytes, bad_frames[i].size);
        if (!is_closed(s, p))
            fail_msg("not refused: %s", bad_frames[i].name);
        hang_up(p);
        assert_true(logged(s, "why=malformed"));
        s->log[0] = 0;
        SAY(other, PDU, "\x0A\x03\x00");
        HEAR(s, other, RECEIVED, "\x0BScale");
    }
    printf("%zu bad frames\n", count);
}

static void what_follows_a_bad_frame_is_not_obeyed(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *p = start_program(s, 0);
    put(p, "\x01\x00\x77\x02\x00\x01\x02", 7);
    assert_true(is_closed(s, p));
    assert_int_equal(p->size, 0);
}

static void a_second_link_beside_the_first_is_refused(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *p = start_program(s, 0);
    join(s, p, thermo);
    ask_for(p, scale);
    assert_true(is_closed(s, p));
    p = start_program(s, 1);
    ask_for(p, (const uint8_t[6]){9, 9, 9, 9, 9, 0xC9});
    ask_for(p, scale);
    assert_true(is_closed(s, p));
}

/* Sends until the kernel takes no more; returns the bytes. */
static size_t stuff(const struct program *p, const void *bytes, size_t size)
{
    size_t sum = 0;
    for (ssize_t n; (n = send(p->fd, bytes, size, MSG_NOSIGNAL)) > 0;)
        sum += (size_t)n;
    return sum;
}

static void a_program_that_sends_faster_than_the_air_is_held_up(void **state)
{
    struct stage *s = *state;
    uint8_t frames[64][6];
    listen_there(s);
    struct program *p = start_program(s, 0);
    join(s, p, thermo);
    for (int i = 0; i < 64; i++)
        memcpy(frames[i], "\x04\x00\x04\x0A\x03\x00", 6);
    assert_in_range(stuff(p, frames, sizeof(frames)), 20000, 2000000);
    pass(s, 20000);
    assert_in_range(stuff(p, frames, sizeof(frames)), 0,
                    10000); /* hardly anything was read since */
    pass(s, 200000);
    assert_false(logged(s, "att.close"));
    /* What was accepted arrives, in time, and with it that the program is gone. */
    hang_up(p);
    pass(s, 60 * SECOND);
    assert_true(logged(s, "att.close client=1 why="));
}

static void a_program_that_does_not_read_is_closed(void **state)
{
    struct stage *s = *state;
    listen_there(s);
    struct program *p = start_program(s, 0), *other = start_program(s, 1);
    int room = 4096;
    assert_int_equal(setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)), 0);
    SAY(p, SCAN, "\x02");
    pass(s, 250 * SECOND); /* reports are left out */
    assert_false(logged(s, "att.close"));
    SAY(p, SCAN, "\x00");
    ask_for(p, thermo);
    pass(s, SECOND);
    for (int i = 0; i < 60000 && !logged(s, "att.close"); i++) {
        if (send(p->fd, "\x04\x00\x04\x0A\x03\x00", 6, MSG_NOSIGNAL) < 0)
            assert_true(errno == EAGAIN || errno == EPIPE);
        pass(s, 10000);
    }
    assert_true(logged(s, "att.close client=1 why=unread"));
    join(s, other, scale);
}

/* The socket in the file system */

static void refuse_path(struct stage *s, const char *path, const char *words)
{
    struct nordfu_error error = {0};
    struct att_socket *socket = (struct att_socket *)1;
    assert_int_equal(att_socket_new(&socket, s->world, s->air, path, &error), NORDFU_ERR_USAGE);
    assert_null(socket);
    if (strstr(error.text, words) == NULL)
        fail_msg("\"%s\" instead of \"%s\"", error.text, words);
}

static void the_socket_is_the_users_own_and_goes_with_the_simulator(void **state)
{
    struct stage *s = *state;
    struct stat there;
    listen_there(s);
    assert_int_equal(lstat(s->path, &there), 0);
    assert_true(S_ISSOCK(there.st_mode));
    assert_int_equal(there.st_mode & 0777, 0600);
    struct program *p = start_program(s, 0);
    join(s, p, thermo);
    att_socket_free(&s->socket);
    assert_null(s->socket);
    assert_int_equal(lstat(s->path, &there), -1);
    assert_false(drain(p));
}

static void a_socket_left_over_is_replaced(void **state)
{
    struct stage *s = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", s->path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    listen_there(s);
    join(s, start_program(s, 0), thermo);
}

static void a_path_that_is_taken_is_left_alone(void **state)
{
    struct stage *s = *state;
    char text[8] = {0};
    FILE *file = fopen(s->path, "w");
    fputs("mine", file);
    fclose(file);
    refuse_path(s, s->path, "exists and is no socket");
    file = fopen(s->path, "r");
    assert_string_equal(fgets(text, sizeof(text), file), "mine");
    fclose(file);
    unlink(s->path);
    listen_there(s);
    refuse_path(s, s->path, "Somebody listens");
    join(s, start_program(s, 0), thermo);
}

static void a_path_too_long_or_nowhere_is_refused(void **state)
{
    struct stage *s = *state;
    char path[200] = {0};
    struct nordfu_error error = {0};
    refuse_path(s, "", "1 to 107 characters");
    memset(path, 'x', 108);
    refuse_path(s, path, "1 to 107 characters");
    snprintf(path, sizeof(path), "%s/nowhere/air", s->folder);
    assert_int_equal(att_socket_new(&s->socket, s->world, s->air, path, &error), NORDFU_ERR_SYSTEM);
    assert_non_null(strstr(error.text, "No such file or directory"));
}

static void a_socket_of_somebody_else_is_not_removed(void **state)
{
    struct stage *s = *state;
    struct stat there;
    listen_there(s);
    unlink(s->path);
    FILE *file = fopen(s->path, "w");
    fclose(file);
    att_socket_free(&s->socket);
    assert_int_equal(lstat(s->path, &there), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_scan_tells_who_is_there),
        TEST(a_passive_scan_asks_nobody),
        TEST(pdus_travel_both_ways_in_connection_events),
        TEST(every_pdu_that_arrived_is_told_once),
        TEST(frames_may_come_in_pieces),
        TEST(the_program_ends_a_link_and_makes_another),
        TEST(an_attempt_to_connect_can_be_given_up),
        TEST(the_end_of_a_link_that_the_device_lost_is_told),
        TEST(two_programs_have_links_of_their_own),
        TEST(a_device_that_is_taken_is_had_when_it_is_free_again),
        TEST(a_program_gone_in_mid_link_is_a_computer_without_power),
        TEST(a_program_may_go_right_after_its_disconnect),
        TEST(a_program_may_go_while_it_scans_or_connects),
        TEST(one_program_too_many_is_closed),
        TEST(a_bad_frame_closes_its_connection_and_nothing_else),
        TEST(what_follows_a_bad_frame_is_not_obeyed),
        TEST(a_second_link_beside_the_first_is_refused),
        TEST(a_program_that_sends_faster_than_the_air_is_held_up),
        TEST(a_program_that_does_not_read_is_closed),
        TEST(the_socket_is_the_users_own_and_goes_with_the_simulator),
        TEST(a_socket_left_over_is_replaced),
        TEST(a_path_that_is_taken_is_left_alone),
        TEST(a_path_too_long_or_nowhere_is_refused),
        TEST(a_socket_of_somebody_else_is_not_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
