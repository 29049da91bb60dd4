/* SPDX-License-Identifier: MIT
 * A simulated air with two devices in it, a socket into it, and up to three programs on that, in
 * virtual time: the test is each of the programs.
 */
#ifndef NORDFU_TESTS_ATT_STAGE_H
#define NORDFU_TESTS_ATT_STAGE_H

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sim/att_socket.h"
#include "sim/device.h"

#define SECOND 1000000u

enum frame {
    SCAN = 0x01,
    CONNECT,
    DISCONNECT,
    PDU,
    REPORT = 0x81,
    CONNECTED,
    DISCONNECTED,
    RECEIVED,
    SENT
};

/* The other side of a socket: what a foreign program has. */
struct program {
    int fd;
    uint8_t bytes[70000];
    size_t size;
    uint8_t frame[1024]; /* the last one taken: type and the rest */
    size_t frame_size;
};

struct stage {
    struct sim_world *world;
    struct air *air;
    struct sim_device *devices[2];
    struct att_socket *socket;
    struct program programs[3];
    char folder[64], path[96];
    char log[16384];
};

static const uint8_t thermo[6] = {0xD8, 0x4C, 0x97, 0x3B, 0x06, 0xDE};
static const uint8_t scale[6] = {0x01, 0x00, 0x00, 0x00, 0x00, 0xC0};

static inline void note(void *context, uint64_t time, const char *what, const char *data)
{
    (void)time;
    struct stage *s = context;
    size_t at = strlen(s->log);
    snprintf(s->log + at, sizeof(s->log) - at, "%s %s\n", what, data);
}

static inline struct sim_device *device(struct stage *s, const uint8_t *address, const char *name)
{
    struct sim_device_config config = {
        .mode = SIM_MODE_APPLICATION, .hw_version = 52, .softdevice = 0xCA, .app_version = 1};
    config.address.type = 1;
    memcpy(config.address.bytes, address, 6);
    strcpy(config.name, name);
    struct sim_device *made = sim_device_new(s->world, s->air, &config);
    assert_non_null(made);
    return made;
}

static inline int set_up(void **state)
{
    struct stage *s = test_calloc(1, sizeof(*s));
    snprintf(s->folder, sizeof(s->folder), "/tmp/nordfu-att-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    snprintf(s->path, sizeof(s->path), "%s/air", s->folder);
    s->world = sim_world_new(1);
    sim_listen(s->world, note, s);
    s->air = air_new(s->world, NULL);
    s->devices[0] = device(s, thermo, "Thermo");
    s->devices[1] = device(s, scale, "Scale");
    for (int i = 0; i < 3; i++)
        s->programs[i].fd = -1;
    *state = s;
    return 0;
}

static inline int tear_down(void **state)
{
    struct stage *s = *state;
    assert_false(sim_world_failed(s->world));
    att_socket_free(&s->socket);
    for (int i = 0; i < 3; i++)
        if (s->programs[i].fd >= 0)
            close(s->programs[i].fd);
    for (int i = 0; i < 2; i++)
        sim_device_free(&s->devices[i]);
    air_free(&s->air);
    sim_world_free(&s->world);
    unlink(s->path);
    assert_int_equal(rmdir(s->folder), 0);
    test_free(s);
    return 0;
}

static inline void pass(struct stage *s, uint64_t us)
{
    sim_run_until(s->world, sim_now(s->world) + us);
}

static inline void listen_there(struct stage *s)
{
    struct nordfu_error error = {0};
    if (att_socket_new(&s->socket, s->world, s->air, s->path, &error) != 0)
        fail_msg("%s", error.text);
}

static inline int dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static inline struct program *start_program(struct stage *s, int number)
{
    struct program *p = &s->programs[number];
    p->fd = dial(s->path);
    p->size = 0;
    pass(s, 30000);
    return p;
}

static inline void hang_up(struct program *p)
{
    close(p->fd);
    p->fd = -1;
}

static inline void put(const struct program *p, const void *bytes, size_t size)
{
    assert_int_equal(send(p->fd, bytes, size, MSG_NOSIGNAL), size);
}

static inline void say(const struct program *p, enum frame type, const void *bytes, size_t size)
{
    uint8_t frame[3 + 517] = {(uint8_t)(size + 1), (uint8_t)((size + 1) >> 8), (uint8_t)type};
    assert_true(size <= 517);
    memcpy(frame + 3, bytes, size);
    put(p, frame, size + 3);
}

#define SAY(program, type, text) say(program, type, text, sizeof(text) - 1)

/* Reads what is there. False: the other side has closed. */
static inline bool drain(struct program *p)
{
    for (;;) {
        assert_true(p->size < sizeof(p->bytes));
        ssize_t n = recv(p->fd, p->bytes + p->size, sizeof(p->bytes) - p->size, 0);
        if (n <= 0)
            return n < 0 && errno == EAGAIN;
        p->size += (size_t)n;
    }
}

/* Takes the next whole frame that was read; false if there is none. */
static inline bool take(struct program *p)
{
    size_t size = p->size >= 2 ? (size_t)p->bytes[0] | (size_t)p->bytes[1] << 8 : 0;
    if (size == 0 || p->size < size + 2)
        return false;
    assert_in_range(size, 1, sizeof(p->frame));
    memcpy(p->frame, p->bytes + 2, size);
    p->frame_size = size;
    p->size -= size + 2;
    memmove(p->bytes, p->bytes + size + 2, p->size);
    return true;
}

/* Runs until a frame of the type comes, for at most `us`; others are dropped. */
static inline bool hears(struct stage *s, struct program *p, enum frame type, uint64_t us)
{
    uint64_t until = sim_now(s->world) + us;
    for (;;) {
        while (take(p))
            if (p->frame[0] == type)
                return true;
        bool open = drain(p);
        if (p->size == 0 && (!open || sim_now(s->world) >= until))
            return false;
        pass(s, 1000);
    }
}

static inline void hear(struct stage *s, struct program *p, enum frame type, const char *bytes,
                        size_t size)
{
    if (!hears(s, p, type, 10 * SECOND))
        fail_msg("no frame %02x", (unsigned)type);
    assert_int_equal(p->frame_size, size + 1);
    assert_memory_equal(p->frame + 1, bytes, size);
}

#define HEAR(stage, program, type, text) hear(stage, program, type, text, sizeof(text) - 1)

static inline bool is_closed(struct stage *s, struct program *p)
{
    pass(s, 5000);
    return !drain(p);
}

/* Asks for a link at 30 ms, supervision timeout 1 s. */
static inline void ask_for(const struct program *p, const uint8_t *address)
{
    uint8_t bytes[11] = {1, 0, 0, 0, 0, 0, 0, 24, 0, 100, 0};
    memcpy(bytes + 1, address, 6);
    say(p, CONNECT, bytes, sizeof(bytes));
}

static inline void join(struct stage *s, struct program *p, const uint8_t *address)
{
    ask_for(p, address);
    assert_true(hears(s, p, CONNECTED, SECOND));
    assert_int_equal(p->frame_size, 8);
    assert_int_equal(p->frame[1], 1);
    assert_memory_equal(p->frame + 2, address, 6);
}

static inline bool logged(const struct stage *s, const char *text)
{
    return strstr(s->log, text) != NULL;
}

#endif
