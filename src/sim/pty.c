/* SPDX-License-Identifier: MIT
 * The slave is held open here, so that the master never hangs up and clients may come and go.
 * Nothing tells when they do, so bytes that wait unread for long mean that nobody is there.
 */
#include "sim/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define STALL_US       100000u  /* further behind than this, the world stops catching up */
#define WRITE_AHEAD_US 50000u   /* how far a client may write ahead of the line */
#define DESERTED_US    1000000u /* unread for so long: nobody reads */
#define SETTLE_US      20000u   /* until bytes written can be counted as unread */
#define LONGEST_US     50000u   /* a wait of ours is no stall: shorter than STALL_US */

struct sim_pty {
    int master, slave;
    char path[64];
    char *link;        /* NULL = none */
    uint32_t vanished; /* how often the dongle's port had vanished when this pty was made */
    bool deserted;
    size_t offered;   /* bytes written since the line was last emptied, while deserted */
    int unread;       /* bytes in the slave's queue at the last look */
    uint64_t read_at; /* when that was seen to shrink or be empty */
    uint64_t written_at;
    bool writable;
    uint8_t held[4096]; /* taken from the dongle, not yet by the kernel */
    size_t held_size;
};

static int failed(struct nordfu_error *error, const char *what, const char *name)
{
    int code = errno;
    return nordfu_error_from(error, NORDFU_ERR_SYSTEM, NORDFU_SPEAKER_SYSTEM, (uint32_t)code,
                             "%s %s failed: %s.", what, name, strerror(code));
}

/* Making and removing */

static int make_raw(int slave)
{
    struct termios mode;
    if (tcgetattr(slave, &mode) != 0)
        return -1;
    cfmakeraw(&mode);
    return tcsetattr(slave, TCSANOW, &mode);
}

static int open_pty(struct sim_pty *pty, struct nordfu_error *error)
{
    pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (pty->master < 0 || grantpt(pty->master) != 0 || unlockpt(pty->master) != 0 ||
        ptsname_r(pty->master, pty->path, sizeof(pty->path)) != 0)
        return failed(error, "Making a", "pty");
    pty->slave = open(pty->path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (pty->slave < 0 || make_raw(pty->slave) != 0)
        return failed(error, "Setting up", pty->path);
    return 0;
}

static int make_link(const struct sim_pty *pty, const char *link, struct nordfu_error *error)
{
    struct stat there;
    if (lstat(link, &there) == 0 && !S_ISLNK(there.st_mode))
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "%s exists and is no symbolic link; it was left alone. Choose "
                                "another path.",
                                link);
    if (unlink(link) != 0 && errno != ENOENT)
        return failed(error, "Replacing", link);
    if (symlink(pty->path, link) != 0)
        return failed(error, "Linking", link);
    return 0;
}

/* Makes the pty, and the link if one is wanted. */
static int plug_in(struct sim_pty *pty, struct nordfu_error *error)
{
    int code = open_pty(pty, error);
    if (code != 0 || pty->link == NULL)
        return code;
    return make_link(pty, pty->link, error);
}

int sim_pty_new(struct sim_pty **out, const char *link, struct nordfu_error *error)
{
    *out = NULL;
    struct sim_pty *pty = calloc(1, sizeof(*pty));
    if (pty == NULL)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    pty->master = pty->slave = -1;
    pty->link = link != NULL ? strdup(link) : NULL;
    int code = 0;
    if (link != NULL && pty->link == NULL)
        code = nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    if (code == 0)
        code = plug_in(pty, error);
    if (code != 0)
        sim_pty_free(&pty);
    *out = pty;
    return code;
}

/* Another simulator may have taken the link over meanwhile. */
static bool link_is_ours(const struct sim_pty *pty)
{
    char target[sizeof(pty->path)];
    ssize_t size = readlink(pty->link, target, sizeof(target) - 1);
    if (size < 0)
        return false;
    target[size] = '\0';
    return strcmp(target, pty->path) == 0;
}

static void forget_link(struct sim_pty *pty)
{
    free(pty->link);
    pty->link = NULL;
}

/* Whoever has the pty open is hung up. */
static void pull_out(struct sim_pty *pty)
{
    int *const fds[] = {&pty->slave, &pty->master};
    if (pty->link != NULL && link_is_ours(pty))
        unlink(pty->link);
    else
        forget_link(pty);
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
}

void sim_pty_free(struct sim_pty **pty)
{
    struct sim_pty *p = *pty;
    *pty = NULL;
    if (p == NULL)
        return;
    pull_out(p);
    forget_link(p);
    free(p);
}

const char *sim_pty_path(const struct sim_pty *pty)
{
    return pty->path;
}

/* Time */

/* The world's time follows the computer's: world = real - offset. */
struct pace {
    struct sim_world *world;
    uint64_t offset;
};

static uint64_t real_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Runs what is due. Further behind than STALL_US, the missed time is left out: the client missed
 * it, too. */
static void catch_up(struct pace *pace)
{
    uint64_t real = real_now();
    uint64_t world = sim_now(pace->world);
    if (real - pace->offset > world + STALL_US)
        pace->offset = real - world - STALL_US;
    sim_run_until(pace->world, real - pace->offset);
}

/* µs until the world's next event, at most `most`. */
static uint64_t until_next(const struct pace *pace, uint64_t most)
{
    uint64_t now = real_now() - pace->offset;
    uint64_t next = sim_next(pace->world);
    if (next <= now)
        return 0;
    return next - now < most ? next - now : most;
}

/* Bytes */

/*
 * Sees whether somebody reads. If not, what a real last close does is done for the client that
 * left: its unread bytes go, and so does the TIOCEXCL of one that was killed.
 */
static void watch_reader(struct sim_pty *pty)
{
    int unread = 0;
    uint64_t now = real_now();
    if (pty->deserted && now - pty->written_at < SETTLE_US)
        return;
    ioctl(pty->slave, FIONREAD, &unread);
    /* Once nobody was there, an empty line proves nothing: something has to be taken from it. */
    if (pty->deserted ? (size_t)unread < pty->offered : unread == 0 || unread < pty->unread) {
        pty->read_at = now;
        pty->deserted = false;
    }
    pty->unread = unread;
    if (pty->deserted || now - pty->read_at < DESERTED_US)
        return;
    pty->deserted = true;
    pty->offered = 0;
    pty->held_size = 0;
    ioctl(pty->slave, TIOCNXCL);
    tcflush(pty->slave, TCIFLUSH);
}

/* Takes what the dongle has sent. With nobody there only the newest of it is kept for who comes
 * next. */
static void refill(struct sim_pty *pty, struct sim_dongle *dongle)
{
    if (pty->deserted && sim_dongle_available(dongle) > 0) {
        pty->held_size = 0;
        pty->offered = 0;
        pty->writable = true;
        tcflush(pty->slave, TCIFLUSH);
    }
    pty->held_size +=
        sim_dongle_take(dongle, pty->held + pty->held_size, sizeof(pty->held) - pty->held_size);
}

/* Passes it on; what the kernel refuses is held until POLLOUT. */
static int to_client(struct sim_pty *pty, struct sim_dongle *dongle, struct nordfu_error *error)
{
    for (refill(pty, dongle); pty->held_size > 0 && pty->writable; refill(pty, dongle)) {
        ssize_t n = write(pty->master, pty->held, pty->held_size);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return failed(error, "Writing to", pty->path);
        pty->written_at = real_now();
        pty->writable = n > 0;
        if (n <= 0)
            break;
        pty->offered += (size_t)n;
        pty->held_size -= (size_t)n;
        memmove(pty->held, pty->held + n, pty->held_size);
    }
    return 0;
}

static int from_client(struct sim_pty *pty, struct sim_dongle *dongle, struct nordfu_error *error)
{
    uint8_t bytes[1024];
    ssize_t n = read(pty->master, bytes, sizeof(bytes));
    if (n > 0)
        sim_dongle_receive(dongle, bytes, (size_t)n);
    else if (n < 0 && errno != EAGAIN && errno != EINTR)
        return failed(error, "Reading from", pty->path);
    return 0;
}

static bool wants_bytes(const struct pace *pace, const struct sim_dongle *dongle)
{
    return sim_dongle_line_free(dongle) <= sim_now(pace->world) + WRITE_AHEAD_US;
}

/* Which way this one waits for; POLLOUT is needed only while the kernel takes nothing. */
static struct pollfd interest(const struct sim_plug *plug, const struct pace *pace)
{
    short events = 0;
    if (wants_bytes(pace, plug->dongle))
        events |= POLLIN;
    if (plug->pty->held_size > 0)
        events |= POLLOUT;
    return (struct pollfd){.fd = events != 0 ? plug->pty->master : -1, .events = events};
}

static int wait_for(const struct sim_plug *plugs, size_t count, const struct pace *pace,
                    const struct nordfu_cancel *cancel, struct nordfu_error *error)
{
    struct pollfd fds[SIM_PTY_MAX + 1];
    for (size_t i = 0; i < count; i++)
        fds[i] = interest(&plugs[i], pace);
    fds[count] = (struct pollfd){.fd = nordfu_cancel_fd(cancel), .events = POLLIN};
    uint64_t us = until_next(pace, LONGEST_US);
    const struct timespec timeout = {.tv_sec = (time_t)(us / 1000000),
                                     .tv_nsec = (long)(us % 1000000) * 1000};
    if (ppoll(fds, (nfds_t)count + 1, &timeout, NULL) < 0)
        return errno == EINTR ? 0 : failed(error, "Waiting for", "the ptys");
    for (size_t i = 0; i < count; i++)
        plugs[i].pty->writable |= (fds[i].revents & POLLOUT) != 0;
    return 0;
}

/* A USB dongle that restarts takes its port with it: the pty goes, and a new one comes with it. */
static int follow(struct sim_pty *pty, struct sim_world *world, struct sim_dongle *dongle,
                  struct nordfu_error *error)
{
    if (pty->master >= 0 && sim_dongle_vanished(dongle) != pty->vanished) {
        pull_out(pty);
        sim_dongle_discard(dongle);
        pty->held_size = pty->offered = 0;
        pty->unread = 0;
        pty->deserted = false;
    }
    if (pty->master >= 0 || sim_dongle_unplugged(dongle))
        return 0;
    pty->vanished = sim_dongle_vanished(dongle);
    pty->writable = true;
    pty->read_at = real_now();
    int code = plug_in(pty, error);
    if (code == 0)
        sim_log(world, "dongle.port", "dongle=%u path=%s", sim_dongle_number(dongle), pty->path);
    return code;
}

/* Passes what either side has for the other. */
static int pass_bytes(struct sim_pty *pty, const struct pace *pace, struct sim_dongle *dongle,
                      struct nordfu_error *error)
{
    int code = 0;
    if (pty->master < 0)
        return 0;
    watch_reader(pty);
    if (wants_bytes(pace, dongle))
        code = from_client(pty, dongle, error);
    return code != 0 ? code : to_client(pty, dongle, error);
}

static int serve(const struct sim_plug *plug, const struct pace *pace, struct nordfu_error *error)
{
    int code = follow(plug->pty, pace->world, plug->dongle, error);
    return code != 0 ? code : pass_bytes(plug->pty, pace, plug->dongle, error);
}

static void begin(const struct sim_plug *plug)
{
    plug->pty->vanished = sim_dongle_vanished(plug->dongle);
    plug->pty->writable = true;
    plug->pty->read_at = real_now();
}

int sim_pty_run(const struct sim_plug *plugs, size_t count, struct sim_world *world,
                struct nordfu_cancel *cancel, struct nordfu_error *error)
{
    struct pace pace = {.world = world, .offset = real_now() - sim_now(world)};
    int code = 0;
    count = count < SIM_PTY_MAX ? count : SIM_PTY_MAX;
    for (size_t i = 0; i < count; i++)
        begin(&plugs[i]);
    while (code == 0 && !nordfu_cancel_is_set(cancel)) {
        catch_up(&pace);
        if (sim_world_failed(world))
            return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out in the simulator.");
        for (size_t i = 0; code == 0 && i < count; i++)
            code = serve(&plugs[i], &pace, error);
        if (code == 0)
            code = wait_for(plugs, count, &pace, cancel, error);
    }
    return code;
}
