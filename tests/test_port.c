/* SPDX-License-Identifier: MIT
 * The serial port on real ptys. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "nordfu/port.h"

enum {
    NOBODY = 65534,
};

struct pty {
    int master;
    char path[128];
    char folder[64]; /* for files of the test */
};

static int make_pty(void **state)
{
    static struct pty pty;
    pty.master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (pty.master < 0 || grantpt(pty.master) != 0 || unlockpt(pty.master) != 0)
        return -1;
    if (ptsname_r(pty.master, pty.path, sizeof(pty.path)) != 0)
        return -1;
    snprintf(pty.folder, sizeof(pty.folder), "/tmp/nordfu-test-XXXXXX");
    *state = &pty;
    return mkdtemp(pty.folder) != NULL ? 0 : -1;
}

static int drop_pty(void **state)
{
    struct pty *pty = *state;
    if (pty->master >= 0)
        close(pty->master);
    rmdir(pty->folder);
    return 0;
}

static struct nordfu_port *open_pty(const struct pty *pty)
{
    struct nordfu_port *port = NULL;
    struct nordfu_error error = {0};
    int result = nordfu_port_open(&port, pty->path, NULL, &error);
    if (result != 0)
        print_message("%s\n", error.text);
    assert_int_equal(result, 0);
    return port;
}

static void bytes_go_both_ways_unchanged(void **state)
{
    struct pty *pty = *state;
    struct nordfu_port *port = open_pty(pty);
    struct nordfu_error error;
    uint8_t all[256], got[256];
    for (int i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    uint64_t deadline = nordfu_port_now(port) + 2 * NORDFU_SECOND;
    assert_int_equal(nordfu_port_write(port, all, sizeof(all), deadline, &error), 0);
    for (size_t n = 0; n < sizeof(got);) {
        ssize_t part = read(pty->master, got + n, sizeof(got) - n);
        assert_true(part > 0 || errno == EAGAIN);
        n += part > 0 ? (size_t)part : 0;
    }
    assert_memory_equal(all, got, sizeof(all));
    memset(got, 0, sizeof(got));
    assert_int_equal(write(pty->master, all, sizeof(all)), sizeof(all));
    for (size_t n = 0; n < sizeof(got);) {
        int part = nordfu_port_read(port, got + n, sizeof(got) - n, deadline, &error);
        assert_true(part > 0);
        n += (size_t)part;
    }
    assert_memory_equal(all, got, sizeof(all));
    nordfu_port_free(&port);
    assert_null(port);
}

static void read_returns_zero_at_the_deadline(void **state)
{
    struct nordfu_port *port = open_pty(*state);
    struct nordfu_error error;
    uint8_t byte;
    uint64_t begin = nordfu_port_now(port);
    assert_int_equal(nordfu_port_read(port, &byte, 1, begin + 50 * NORDFU_MS, &error), 0);
    uint64_t took = nordfu_port_now(port) - begin;
    assert_true(took >= 50 * NORDFU_MS);
    assert_true(took < NORDFU_SECOND);
    /* A deadline in the past polls. */
    begin = nordfu_port_now(port);
    assert_int_equal(nordfu_port_read(port, &byte, 1, 0, &error), 0);
    assert_true(nordfu_port_now(port) - begin < NORDFU_SECOND / 2);
    nordfu_port_free(&port);
}

static void write_gives_up_at_the_deadline_when_nobody_reads(void **state)
{
    struct nordfu_port *port = open_pty(*state);
    struct nordfu_error error;
    static const uint8_t much[200000];
    uint64_t deadline = nordfu_port_now(port) + 50 * NORDFU_MS;
    assert_int_equal(nordfu_port_write(port, much, sizeof(much), deadline, &error),
                     NORDFU_ERR_TIMEOUT);
    nordfu_port_free(&port);
}

static void *cancel_soon(void *cancel)
{
    usleep(30000);
    nordfu_cancel_set(cancel);
    return NULL;
}

static void cancel_wakes_a_read_at_once(void **state)
{
    struct nordfu_port *port = open_pty(*state);
    struct nordfu_error error;
    assert_int_equal(nordfu_cancel_new(&port->cancel, &error), 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, port->cancel), 0);
    uint64_t begin = nordfu_port_now(port);
    uint8_t byte;
    assert_int_equal(nordfu_port_read(port, &byte, 1, begin + 20 * NORDFU_SECOND, &error),
                     NORDFU_ERR_CANCELLED);
    assert_true(nordfu_port_now(port) - begin < 2 * NORDFU_SECOND);
    pthread_join(thread, NULL);
    /* For good, until the token is taken away for a clean-up. */
    assert_int_equal(nordfu_port_write(port, "x", 1, begin + 20 * NORDFU_SECOND, &error),
                     NORDFU_ERR_CANCELLED);
    struct nordfu_cancel *cancel = port->cancel;
    port->cancel = NULL;
    uint64_t later = nordfu_port_now(port) + NORDFU_SECOND;
    assert_int_equal(nordfu_port_write(port, "x", 1, later, &error), 0);
    nordfu_cancel_free(&cancel);
    nordfu_port_free(&port);
}

static void an_unplugged_dongle_is_a_port_error(void **state)
{
    struct pty *pty = *state;
    struct nordfu_port *port = open_pty(pty);
    struct nordfu_error error;
    close(pty->master);
    pty->master = -1;
    uint8_t byte;
    uint64_t deadline = nordfu_port_now(port) + 5 * NORDFU_SECOND;
    assert_int_equal(nordfu_port_read(port, &byte, 1, deadline, &error), NORDFU_ERR_PORT);
    assert_non_null(strstr(error.text, "was unplugged"));
    assert_non_null(strstr(error.text, pty->path));
    assert_int_equal(nordfu_port_write(port, "x", 1, deadline, &error), NORDFU_ERR_PORT);
    assert_non_null(strstr(error.text, "was unplugged"));
    nordfu_port_free(&port);
}

struct thief {
    int fd;
    atomic_bool stop;
};

static void *steal(void *context)
{
    struct thief *thief = context;
    char byte;
    while (!atomic_load(&thief->stop))
        if (read(thief->fd, &byte, 1) < 0)
            sched_yield();
    return NULL;
}

/* As a modem manager does that had the port open before. */
static void another_program_that_is_faster_does_not_look_like_an_unplugged_dongle(void **state)
{
    struct pty *pty = *state;
    struct thief thief = {.fd = open(pty->path, O_RDWR | O_NOCTTY | O_NONBLOCK)};
    struct nordfu_port *port = open_pty(pty);
    struct nordfu_error error;
    pthread_t thread;
    int got = 0;
    assert_int_equal(pthread_create(&thread, NULL, steal, &thief), 0);
    for (int i = 0; i < 2000 && got >= 0; i++) {
        char byte = 'x';
        assert_int_equal(write(pty->master, &byte, 1), 1);
        got = nordfu_port_read(port, &byte, 1, nordfu_port_now(port) + 100, &error);
    }
    atomic_store(&thief.stop, true);
    pthread_join(thread, NULL);
    close(thief.fd);
    nordfu_port_free(&port);
    if (got < 0)
        fail_msg("%s", error.text);
}

static void old_input_is_discarded(void **state)
{
    struct pty *pty = *state;
    int slave = open(pty->path, O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    assert_int_equal(write(pty->master, "old\n", 4), 4);
    struct pollfd arrived = {.fd = slave, .events = POLLIN};
    assert_int_equal(poll(&arrived, 1, 5000), 1);
    struct nordfu_port *port = open_pty(pty);
    close(slave);
    uint8_t byte;
    uint64_t deadline = nordfu_port_now(port) + 20 * NORDFU_MS;
    assert_int_equal(nordfu_port_read(port, &byte, 1, deadline, NULL), 0);
    nordfu_port_free(&port);
}

/* Runs `child` in a forked process, as nobody if possible; its return value is the exit status. */
static int in_child(int (*child)(const struct pty *pty), const struct pty *pty, bool as_nobody)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (as_nobody && geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0)
            _exit(99);
        _exit(child(pty));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* 0 when opening fails as a port error with the expected words in its sentence. */
static int expect_refusal(const char *path, const char *words, const char *more_words)
{
    struct nordfu_port *port = NULL;
    struct nordfu_error error = {0};
    int result = nordfu_port_open(&port, path, NULL, &error);
    if (port != NULL)
        nordfu_port_free(&port);
    if (result == NORDFU_ERR_PORT && strstr(error.text, words) != NULL &&
        strstr(error.text, more_words) != NULL && strstr(error.text, path) != NULL)
        return 0;
    fprintf(stderr, "result %d: %s\n", result, error.text);
    return 1;
}

static int open_as_second(const struct pty *pty)
{
    char process[32];
    snprintf(process, sizeof(process), "(process %ld)", (long)getppid());
    return expect_refusal(pty->path, "in use by test_port", process);
}

static void a_second_open_is_refused_with_the_holders_name(void **state)
{
    struct nordfu_port *port = open_pty(*state);
    assert_int_equal(in_child(open_as_second, *state, false), 0);
    nordfu_port_free(&port);
    /* And it is free again afterwards. */
    port = open_pty(*state);
    nordfu_port_free(&port);
}

static int open_marked_exclusive(const struct pty *pty)
{
    return expect_refusal(pty->path, "in use by", "close that program");
}

static void a_port_that_another_program_marked_exclusive_is_busy(void **state)
{
    struct pty *pty = *state;
    if (geteuid() != 0)
        skip(); /* the device has to be opened to another user */
    int slave = open(pty->path, O_RDWR | O_NOCTTY);
    assert_int_equal(fchmod(slave, 0666), 0);
    assert_int_equal(ioctl(slave, TIOCEXCL), 0);
    assert_int_equal(in_child(open_marked_exclusive, pty, true), 0);
    close(slave);
}

static int open_without_permission(const struct pty *pty)
{
    return expect_refusal(pty->path, "Permission", "no group has it; install a udev rule");
}

static int open_without_the_group(const struct pty *pty)
{
    char command[64];
    struct stat status;
    struct group *group = stat(pty->path, &status) == 0 ? getgrgid(status.st_gid) : NULL;
    if (group == NULL)
        return 2;
    snprintf(command, sizeof(command), "sudo adduser $USER %.30s\"", group->gr_name);
    return expect_refusal(pty->path, command, "or install a udev rule");
}

static void missing_permission_names_the_remedy(void **state)
{
    struct pty *pty = *state;
    assert_int_equal(chmod(pty->path, 0), 0);
    if (geteuid() == 0)
        assert_int_equal(chmod(pty->path, 0600), 0);
    assert_int_equal(in_child(open_without_permission, pty, true), 0);
}

static void missing_permission_names_the_group_that_has_it(void **state)
{
    enum { ANY_GROUP = 20 }; /* dialout on Debian, but any with a name will do */
    struct pty *pty = *state;
    if (geteuid() != 0 || getgrgid(ANY_GROUP) == NULL)
        skip(); /* the device has to be given away */
    assert_int_equal(chown(pty->path, 0, ANY_GROUP), 0);
    assert_int_equal(chmod(pty->path, 0660), 0);
    assert_int_equal(in_child(open_without_the_group, pty, true), 0);
}

static void symlinks_are_followed(void **state)
{
    struct pty *pty = *state;
    char link[128];
    snprintf(link, sizeof(link), "%s/dongle", pty->folder);
    assert_int_equal(symlink(pty->path, link), 0);
    struct nordfu_port *port = NULL;
    struct nordfu_error error;
    assert_int_equal(nordfu_port_open(&port, link, NULL, &error), 0);
    assert_string_equal(port->name, link);
    /* The lock is the device's, not the link's. */
    assert_int_equal(in_child(open_as_second, pty, false), 0);
    nordfu_port_free(&port);
    unlink(link);
}

static void what_is_no_port_is_named(void **state)
{
    struct pty *pty = *state;
    assert_int_equal(expect_refusal(pty->folder, "directory", "not a serial port"), 0);
    assert_int_equal(expect_refusal("/dev/null", "not a serial port", "device"), 0);
    assert_int_equal(expect_refusal("/nonexistent/ttyACM0", "no port", "plugged in"), 0);
    char file[128];
    snprintf(file, sizeof(file), "%s/file", pty->folder);
    int fd = open(file, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(expect_refusal(file, "a file", "name the port of the dongle"), 0);
    unlink(file);
}

static void an_odd_rate_is_a_usage_error(void **state)
{
    struct pty *pty = *state;
    struct nordfu_port *port = NULL;
    struct nordfu_error error;
    struct nordfu_port_settings settings = {.baud = 123456};
    assert_int_equal(nordfu_port_open(&port, pty->path, &settings, &error), NORDFU_ERR_USAGE);
    assert_null(port);
    assert_non_null(strstr(error.text, "123456"));
}

static void the_line_is_raw_8n1_at_a_million(void **state)
{
    struct pty *pty = *state;
    struct nordfu_port *port = open_pty(pty);
    struct termios settings;
    assert_int_equal(tcgetattr(pty->master, &settings), 0);
    assert_int_equal(cfgetospeed(&settings), B1000000);
    assert_int_equal(settings.c_cflag & (CSIZE | PARENB | CSTOPB | CRTSCTS), CS8);
    assert_int_equal(settings.c_lflag & (ECHO | ICANON | ISIG), 0);
    nordfu_port_free(&port);
}

static void listing_ports_opens_nothing_and_counts_all(void **state)
{
    (void)state;
    struct nordfu_port_info one[1];
    struct nordfu_error error;
    int all = nordfu_port_list(NULL, 0, &error);
    assert_true(all >= 0);
    assert_int_equal(nordfu_port_list(one, 1, &error), all);
}

int main(void)
{
#define ON_PTY(test) cmocka_unit_test_setup_teardown(test, make_pty, drop_pty)
    const struct CMUnitTest tests[] = {
        ON_PTY(bytes_go_both_ways_unchanged),
        ON_PTY(read_returns_zero_at_the_deadline),
        ON_PTY(write_gives_up_at_the_deadline_when_nobody_reads),
        ON_PTY(cancel_wakes_a_read_at_once),
        ON_PTY(an_unplugged_dongle_is_a_port_error),
        ON_PTY(another_program_that_is_faster_does_not_look_like_an_unplugged_dongle),
        ON_PTY(old_input_is_discarded),
        ON_PTY(a_second_open_is_refused_with_the_holders_name),
        ON_PTY(a_port_that_another_program_marked_exclusive_is_busy),
        ON_PTY(missing_permission_names_the_remedy),
        ON_PTY(missing_permission_names_the_group_that_has_it),
        ON_PTY(symlinks_are_followed),
        ON_PTY(what_is_no_port_is_named),
        ON_PTY(an_odd_rate_is_a_usage_error),
        ON_PTY(the_line_is_raw_8n1_at_a_million),
        cmocka_unit_test(listing_ports_opens_nothing_and_counts_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
