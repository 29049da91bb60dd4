/* SPDX-License-Identifier: MIT */
#include "sim/att_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sim/att_client.h"

#define BUSY_US   1000u  /* between looks while somebody is there: short beside any interval */
#define IDLE_US   20000u /* and while nobody is */
#define READS_MAX 16 /* in one look: a program that never stops talking does not stop the world */

struct guest {
    int fd; /* -1 = free */
    uint16_t number;
    struct att_client *client;
    uint8_t in[4096]; /* not yet obeyed */
    size_t size;
};

struct att_socket {
    struct sim_world *world;
    struct air *air;
    int listener;
    struct sockaddr_un address;
    dev_t device; /* of the socket in the file system */
    ino_t inode;
    uint16_t numbers;
    sim_timer look;
    struct guest guests[ATT_SOCKET_CLIENTS];
};

/* Listening */

static int failed(const struct att_socket *s, const char *what, struct nordfu_error *error)
{
    int code = errno;
    return nordfu_error_from(error, NORDFU_ERR_SYSTEM, NORDFU_SPEAKER_SYSTEM, (uint32_t)code,
                             "%s %s failed: %s.", what, s->address.sun_path, strerror(code));
}

/* Removes what a simulator that was killed has left; anything else stays. */
static int clear_path(const struct att_socket *s, struct nordfu_error *error)
{
    struct stat there;
    const char *path = s->address.sun_path;
    if (lstat(path, &there) != 0)
        return 0;
    if (!S_ISSOCK(there.st_mode))
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "%s exists and is no socket; it was left alone. Choose another "
                                "path.",
                                path);
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return failed(s, "Making a socket for", error);
    bool refused = connect(probe, (const struct sockaddr *)&s->address, sizeof(s->address)) != 0 &&
                   errno == ECONNREFUSED;
    close(probe);
    if (!refused)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "Somebody listens at %s already. Choose another path.", path);
    return unlink(path) == 0 ? 0 : failed(s, "Replacing", error);
}

static int start_listening(struct att_socket *s, struct nordfu_error *error)
{
    struct stat made;
    const char *path = s->address.sun_path;
    int code = clear_path(s, error);
    if (code != 0)
        return code;
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->listener < 0)
        return failed(s, "Making a socket for", error);
    if (bind(s->listener, (const struct sockaddr *)&s->address, sizeof(s->address)) != 0)
        return failed(s, "Making", error);
    if (lstat(path, &made) != 0)
        return failed(s, "Making", error);
    s->device = made.st_dev;
    s->inode = made.st_ino;
    if (chmod(path, 0600) != 0 || listen(s->listener, ATT_SOCKET_CLIENTS) != 0)
        return failed(s, "Listening at", error);
    return 0;
}

/* Clients */

static void close_guest(struct guest *g)
{
    att_client_free(&g->client);
    close(g->fd);
    g->fd = -1;
    g->size = 0;
}

static void greet(struct att_socket *s, int fd)
{
    struct guest *free_one = NULL;
    for (size_t i = 0; i < ATT_SOCKET_CLIENTS && free_one == NULL; i++)
        if (s->guests[i].fd < 0)
            free_one = &s->guests[i];
    if (free_one == NULL) {
        sim_log(s->world, "att.full", "clients=%d", ATT_SOCKET_CLIENTS);
        close(fd);
        return;
    }
    s->numbers++;
    free_one->client = att_client_new(s->world, s->air, s->numbers);
    if (free_one->client == NULL) {
        sim_world_fail(s->world);
        close(fd);
        return;
    }
    free_one->fd = fd;
    free_one->number = s->numbers;
    sim_log(s->world, "att.open", "client=%u", (unsigned)free_one->number);
}

static bool passing(int code)
{
    return code == EAGAIN || code == EINTR;
}

/* False: the program is gone. */
static bool hear(struct guest *g)
{
    for (int i = 0; i < READS_MAX && att_client_listens(g->client); i++) {
        ssize_t n = recv(g->fd, g->in + g->size, sizeof(g->in) - g->size, 0);
        if (n <= 0)
            return n < 0 && passing(errno);
        g->size += (size_t)n;
        size_t used = att_client_feed(g->client, g->in, g->size);
        g->size -= used;
        memmove(g->in, g->in + used, g->size);
    }
    return true;
}

static bool tell(struct guest *g)
{
    struct buf *out = att_client_output(g->client);
    while (out->size > 0) {
        ssize_t n = send(g->fd, out->data, out->size, MSG_NOSIGNAL);
        if (n < 0)
            return passing(errno);
        buf_consume(out, (size_t)n);
    }
    return true;
}

static void serve(struct att_socket *s, struct guest *g)
{
    /* What was held back comes first. */
    size_t used = att_client_feed(g->client, g->in, g->size);
    g->size -= used;
    memmove(g->in, g->in + used, g->size);
    bool there = hear(g);
    there = tell(g) && there;
    enum att_client_fault fault = att_client_fault(g->client);
    /* Who hangs up right after a disconnect frame still gets the end it asked for. */
    if (fault == ATT_CLIENT_FINE && (there || att_client_is_leaving(g->client)))
        return;
    sim_log(s->world, "att.close", "client=%u why=%s", (unsigned)g->number,
            fault == ATT_CLIENT_MALFORMED ? "malformed"
            : fault == ATT_CLIENT_UNREAD  ? "unread"
                                          : "gone");
    close_guest(g);
}

static void look(void *context)
{
    struct att_socket *s = context;
    bool anybody = false;
    for (int i = 0; i < ATT_SOCKET_CLIENTS; i++) {
        int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            break;
        greet(s, fd);
    }
    for (size_t i = 0; i < ATT_SOCKET_CLIENTS; i++) {
        if (s->guests[i].fd >= 0)
            serve(s, &s->guests[i]);
        anybody |= s->guests[i].fd >= 0;
    }
    s->look = sim_after(s->world, anybody ? BUSY_US : IDLE_US, look, s);
}

/* Lifetime */

int att_socket_new(struct att_socket **out, struct sim_world *world, struct air *air,
                   const char *path, struct nordfu_error *error)
{
    *out = NULL;
    struct att_socket *s = calloc(1, sizeof(*s));
    if (s == NULL)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    int code = 0;
    s->world = world;
    s->air = air;
    s->listener = -1;
    for (size_t i = 0; i < ATT_SOCKET_CLIENTS; i++)
        s->guests[i].fd = -1;
    s->address.sun_family = AF_UNIX;
    if (path[0] == 0 || strlen(path) >= sizeof(s->address.sun_path))
        code = nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The path of a socket has 1 to %zu characters: \"%s\".",
                                sizeof(s->address.sun_path) - 1, path);
    else
        strcpy(s->address.sun_path, path);
    if (code == 0)
        code = start_listening(s, error);
    if (code != 0)
        att_socket_free(&s);
    else
        look(s);
    *out = s;
    return code;
}

/* Another simulator may have taken the path over meanwhile. */
static bool path_is_ours(const struct att_socket *s)
{
    struct stat there;
    return s->inode != 0 && lstat(s->address.sun_path, &there) == 0 && there.st_dev == s->device &&
           there.st_ino == s->inode;
}

void att_socket_free(struct att_socket **socket)
{
    struct att_socket *s = *socket;
    *socket = NULL;
    if (s == NULL)
        return;
    sim_cancel(s->world, &s->look);
    for (size_t i = 0; i < ATT_SOCKET_CLIENTS; i++)
        if (s->guests[i].fd >= 0)
            close_guest(&s->guests[i]);
    if (path_is_ours(s))
        unlink(s->address.sun_path);
    if (s->listener >= 0)
        close(s->listener);
    free(s);
}
