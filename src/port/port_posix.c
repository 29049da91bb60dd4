/* SPDX-License-Identifier: MIT
 * Serial ports and ptys by termios and poll.
 *
 * Exclusive in two ways: TIOCEXCL keeps everybody but root from opening the port, flock tells
 * programs that ask (root included).
 */
#include "nordfu/port.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "port/holder.h"
#include "port/ports.h"
#include "port/usb_identity.h"

enum {
    DEFAULT_BAUD = 1000000,
    REOPEN_PAUSE = 50000,  /* µs between two attempts */
    PTY_MAJOR_FIRST = 136, /* Linux device numbers of the slave sides of ptys */
    PTY_MAJOR_LAST = 143,
};

struct posix_port {
    struct nordfu_port port;
    int fd; /* -1 = closed */
    char *path;
    uint32_t baud;
    struct ports_usb usb; /* vid 0: no USB device */
    bool stuck;           /* the last write ended with bytes that the device does not take */
};

static const struct {
    uint32_t rate;
    speed_t constant;
} speeds[] = {
    {9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},
    {115200, B115200},   {230400, B230400},   {460800, B460800},   {500000, B500000},
    {576000, B576000},   {921600, B921600},   {1000000, B1000000}, {1152000, B1152000},
    {1500000, B1500000}, {2000000, B2000000}, {2500000, B2500000}, {3000000, B3000000},
};

static uint64_t monotonic_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NORDFU_SECOND + (uint64_t)now.tv_nsec / 1000;
}

static uint64_t posix_now(const struct nordfu_port *self)
{
    (void)self;
    return monotonic_now();
}

static int gone(const struct nordfu_port *port, struct nordfu_error *error)
{
    return nordfu_error_from(error, NORDFU_ERR_PORT, NORDFU_SPEAKER_SYSTEM, EIO,
                             "%s was unplugged, or its driver closed it; plug it in and try again.",
                             port->name);
}

/* `what` as in "Reading from". */
static int failed(const struct nordfu_port *port, const char *what, int code,
                  struct nordfu_error *error)
{
    if (code == EIO || code == ENXIO || code == ENODEV || code == EPIPE)
        return gone(port, error);
    return nordfu_error_from(error, NORDFU_ERR_PORT, NORDFU_SPEAKER_SYSTEM, (uint32_t)code,
                             "%s %s failed: %s. Unplug the dongle, plug it in and try again.", what,
                             port->name, strerror(code));
}

/*
 * Waits for `events` until `deadline`. Returns 1 when there is something to do (a hang-up, too: the
 * call that follows tells), 0 at the deadline, or an error.
 */
static int wait_for(const struct posix_port *self, short events, uint64_t deadline,
                    struct nordfu_error *error)
{
    if (self->fd < 0)
        return gone(&self->port, error);
    for (;;) {
        if (nordfu_cancel_is_set(self->port.cancel))
            return nordfu_error_set(error, NORDFU_ERR_CANCELLED, "Cancelled.");
        struct pollfd fds[] = {
            {.fd = self->fd, .events = events},
            {.fd = nordfu_cancel_fd(self->port.cancel), .events = POLLIN},
        };
        uint64_t now = monotonic_now();
        uint64_t left = deadline > now ? deadline - now : 0;
        struct timespec timeout = {.tv_sec = (time_t)(left / NORDFU_SECOND),
                                   .tv_nsec = (long)(left % NORDFU_SECOND) * 1000};
        if (left > UINT64_C(86400) * NORDFU_SECOND)
            timeout = (struct timespec){.tv_sec = 86400};
        int ready = ppoll(fds, 2, &timeout, NULL);
        if (ready < 0 && errno != EINTR)
            return failed(&self->port, "Waiting for", errno, error);
        if (ready > 0 && fds[0].revents != 0)
            return 1;
        if (ready == 0 && monotonic_now() >= deadline)
            return 0;
    }
}

static int posix_read(struct nordfu_port *port, void *buffer, size_t size, uint64_t deadline,
                      struct nordfu_error *error)
{
    struct posix_port *self = (struct posix_port *)port;
    if (size > INT_MAX)
        size = INT_MAX;
    for (;;) {
        int ready = wait_for(self, POLLIN, deadline, error);
        if (ready <= 0)
            return ready;
        ssize_t got = read(self->fd, buffer, size);
        if (got > 0)
            return (int)got;
        if (got == 0)
            return gone(port, error);
        if (errno != EAGAIN && errno != EINTR)
            return failed(port, "Reading from", errno, error);
    }
}

static int posix_write(struct nordfu_port *port, const void *bytes, size_t size, uint64_t deadline,
                       struct nordfu_error *error)
{
    struct posix_port *self = (struct posix_port *)port;
    const uint8_t *next = bytes;
    while (size > 0) {
        int ready = wait_for(self, POLLOUT, deadline, error);
        if (ready < 0)
            return ready;
        if (ready == 0) {
            self->stuck = true;
            return nordfu_error_set(error, NORDFU_ERR_TIMEOUT,
                                    "%s takes no more bytes; the dongle seems to be stuck.",
                                    port->name);
        }
        ssize_t written = write(self->fd, next, size);
        if (written < 0 && errno != EAGAIN && errno != EINTR)
            return failed(port, "Writing to", errno, error);
        if (written > 0) {
            next += written;
            size -= (size_t)written;
        }
    }
    self->stuck = false;
    return 0;
}

static void close_fd(struct posix_port *self)
{
    if (self->fd < 0)
        return;
    if (self->stuck)
        tcflush(self->fd, TCOFLUSH); /* or the kernel would try for another 30 s */
    ioctl(self->fd, TIOCNXCL);
    close(self->fd); /* the flock goes with it */
    self->fd = -1;
}

static void posix_close(struct nordfu_port *port)
{
    struct posix_port *self = (struct posix_port *)port;
    close_fd(self);
    free(self->path);
    free(self);
}

/* What to say when opening fails: the path stands between the two parts. */
static const struct {
    int code;
    const char *before, *after;
} open_errors[] = {
    {ENOENT, "There is no port ", "; is the dongle plugged in?"},
    {ENXIO, "There is no device behind ", "; unplug the dongle and plug it in again."},
    {ENODEV, "There is no device behind ", "; unplug the dongle and plug it in again."},
    {EIO, "There is no device behind ", "; unplug the dongle and plug it in again."},
    {ENOTDIR, "There is no port ", "; is the dongle plugged in?"},
    {ELOOP, "The symbolic link ", " leads nowhere; name the port of the dongle."},
};

/* The owning group is named where being in it would help. */
static int forbidden(const char *path, int code, struct nordfu_error *error)
{
    enum { GROUP_ACCESS = S_IRGRP | S_IWGRP };
    char space[4096];
    struct stat status;
    struct group entry, *group = NULL;
    bool helps = stat(path, &status) == 0 && (status.st_mode & GROUP_ACCESS) == GROUP_ACCESS &&
                 getgrgid_r(status.st_gid, &entry, space, sizeof(space), &group) == 0 &&
                 group != NULL && status.st_gid != 0;
    if (!helps)
        return nordfu_error_from(error, NORDFU_ERR_PORT, NORDFU_SPEAKER_SYSTEM, (uint32_t)code,
                                 "Permission to open %s is missing, and no group has it; install a "
                                 "udev rule that gives it to you.",
                                 path);
    return nordfu_error_from(error, NORDFU_ERR_PORT, NORDFU_SPEAKER_SYSTEM, (uint32_t)code,
                             "Permission to open %s is missing; add yourself to the group that has "
                             "it (\"sudo adduser $USER %s\", then log in again), or install a udev "
                             "rule that gives it to you.",
                             path, group->gr_name);
}

static int open_failed(const char *path, int code, struct nordfu_error *error)
{
    if (code == EACCES || code == EPERM)
        return forbidden(path, code, error);
    for (size_t i = 0; i < sizeof(open_errors) / sizeof(open_errors[0]); i++)
        if (open_errors[i].code == code)
            return nordfu_error_from(error, NORDFU_ERR_PORT, NORDFU_SPEAKER_SYSTEM, (uint32_t)code,
                                     "%s%s%s", open_errors[i].before, path, open_errors[i].after);
    return nordfu_error_from(error, NORDFU_ERR_PORT, NORDFU_SPEAKER_SYSTEM, (uint32_t)code,
                             "%s can't be opened: %s.", path, strerror(code));
}

static int busy(const char *path, struct nordfu_error *error)
{
    char holder[128];
    if (!port_holder_find(path, holder, sizeof(holder)))
        snprintf(holder, sizeof(holder), "another program");
    return nordfu_error_from(error, NORDFU_ERR_PORT, NORDFU_SPEAKER_SYSTEM, EBUSY,
                             "%s is in use by %s; close that program and try again.", path, holder);
}

static int not_serial(const char *path, const char *what, struct nordfu_error *error)
{
    return nordfu_error_set(error, NORDFU_ERR_PORT,
                            "%s is %s, not a serial port; name the port of the dongle.", path,
                            what);
}

/* Opens and locks `path`. Returns the descriptor or an error. */
static int open_exclusively(const char *path, struct nordfu_error *error)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return open_failed(path, errno, error);
    if (S_ISDIR(status.st_mode))
        return not_serial(path, "a directory", error);
    if (!S_ISCHR(status.st_mode))
        return not_serial(path, "a file", error);
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == EBUSY ? busy(path, error) : open_failed(path, errno, error);
    int result = fd;
    if (!isatty(fd))
        result = not_serial(path, "another kind of device", error);
    else if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        result = errno == EWOULDBLOCK ? busy(path, error) : open_failed(path, errno, error);
    if (result < 0)
        close(fd);
    /* A pty's simulator may keep its other side open, and the mark would stay behind after a kill.
     */
    else if (major(status.st_rdev) < PTY_MAJOR_FIRST || major(status.st_rdev) > PTY_MAJOR_LAST)
        ioctl(fd, TIOCEXCL);
    return result;
}

/* Raw bytes, 8N1, no flow control, `baud`, DTR and RTS on; what was received before is forgotten.
 */
static int configure(const struct posix_port *self, uint32_t baud, struct nordfu_error *error)
{
    size_t i = 0;
    while (i < sizeof(speeds) / sizeof(speeds[0]) && speeds[i].rate != baud)
        i++;
    if (i == sizeof(speeds) / sizeof(speeds[0]))
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "%u is not a rate that serial ports know; try 1000000.", baud);
    struct termios settings;
    if (tcgetattr(self->fd, &settings) != 0)
        return failed(&self->port, "Reading the settings of", errno, error);
    cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL | CREAD;
    settings.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS | HUPCL);
    settings.c_iflag &= ~(tcflag_t)(IXOFF | IXANY);
    /* With 0 a read that finds nothing, because another program was faster, would look like the end
     * of the port. */
    settings.c_cc[VMIN] = 1;
    settings.c_cc[VTIME] = 0;
    cfsetispeed(&settings, speeds[i].constant);
    cfsetospeed(&settings, speeds[i].constant);
    if (tcsetattr(self->fd, TCSANOW, &settings) != 0)
        return failed(&self->port, "Configuring", errno, error);
    /* Ptys have no modem lines; there this fails and doesn't matter. */
    int lines = TIOCM_DTR | TIOCM_RTS;
    ioctl(self->fd, TIOCMBIS, &lines);
    tcflush(self->fd, TCIOFLUSH);
    return 0;
}

static void set_name(struct nordfu_port *port, const char *path)
{
    snprintf(port->name, sizeof(port->name), "%.*s", (int)sizeof(port->name) - 1, path);
}

/* Opens and configures; on failure nothing is open. */
static int open_fd(struct posix_port *self, const char *path, struct nordfu_error *error)
{
    self->stuck = false;
    self->fd = open_exclusively(path, error);
    if (self->fd < 0)
        return self->fd;
    int rc = configure(self, self->baud, error);
    if (rc != 0)
        close_fd(self);
    return rc;
}

/* ---- A port that vanished ---- */

/* 0 after `microseconds`, or NORDFU_ERR_CANCELLED. */
static int pause_for(const struct posix_port *self, uint64_t microseconds,
                     struct nordfu_error *error)
{
    uint64_t end = monotonic_now() + microseconds;
    while (!nordfu_cancel_is_set(self->port.cancel)) {
        uint64_t now = monotonic_now();
        if (now >= end)
            return 0;
        struct pollfd fd = {.fd = nordfu_cancel_fd(self->port.cancel), .events = POLLIN};
        struct timespec timeout = {.tv_nsec = (long)(end - now) * 1000};
        ppoll(&fd, 1, &timeout, NULL);
    }
    return nordfu_error_set(error, NORDFU_ERR_CANCELLED, "Cancelled.");
}

/* The device may come back under another name, where something else took its place: the serial
 * number tells. */
static void find_again(const struct posix_port *self, char *path, size_t size)
{
    struct ports_usb now;
    snprintf(path, size, "%s", self->path);
    if (self->usb.vid == 0 || (ports_find_usb(path, &now) && now.vid == self->usb.vid &&
                               strcmp(now.serial, self->usb.serial) == 0))
        return;
    ports_find_path(self->usb.vid, self->usb.serial, path, size);
}

/*
 * The old descriptor goes first: while it is there the kernel gives the device another name. Every
 * error may pass: permissions are set a moment after the port appeared, and other programs look at
 * it.
 */
static int posix_reopen(struct nordfu_port *port, uint64_t deadline, struct nordfu_error *error)
{
    struct posix_port *self = (struct posix_port *)port;
    close_fd(self);
    for (;;) {
        char path[PATH_MAX];
        find_again(self, path, sizeof(path));
        int rc = open_fd(self, path, error);
        if (rc == 0) {
            ports_find_usb(path, &self->usb);
            set_name(port, path);
        }
        if (rc == 0 || monotonic_now() >= deadline)
            return rc;
        rc = pause_for(self, REOPEN_PAUSE, error);
        if (rc != 0)
            return rc;
    }
}

/* ---- Who is there ---- */

static void posix_identify(struct nordfu_port *port, struct nordfu_port_identity *identity)
{
    const struct ports_usb *usb = &((struct posix_port *)port)->usb;
    identity->vid = usb->vid;
    identity->pid = usb->pid;
    snprintf(identity->product, sizeof(identity->product), "%s", usb->product);
    if (usb->address != 0)
        usb_identity_read(usb->bus, usb->address, identity);
}

static const struct nordfu_port_ops posix_ops = {
    .read = posix_read,
    .write = posix_write,
    .now = posix_now,
    .close = posix_close,
    .reopen = posix_reopen,
    .identify = posix_identify,
};

int nordfu_port_open(struct nordfu_port **out, const char *path,
                     const struct nordfu_port_settings *settings, struct nordfu_error *error)
{
    *out = NULL;
    struct posix_port *self = calloc(1, sizeof(*self));
    char *copy = strdup(path);
    if (self == NULL || copy == NULL) {
        free(self);
        free(copy);
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    }
    self->port.ops = &posix_ops;
    self->path = copy;
    self->baud = settings != NULL && settings->baud != 0 ? settings->baud : DEFAULT_BAUD;
    set_name(&self->port, path);
    int rc = open_fd(self, path, error);
    if (rc != 0) {
        posix_close(&self->port);
        return rc;
    }
    ports_find_usb(path, &self->usb);
    *out = &self->port;
    return 0;
}
