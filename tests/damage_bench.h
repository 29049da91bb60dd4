/*
 * SPDX-License-Identifier: MIT
 * A whole update that suffers damage to order, and what was seen at the moment of the strike.
 */
#ifndef NORDFU_TESTS_DAMAGE_BENCH_H
#define NORDFU_TESTS_DAMAGE_BENCH_H

#include "test.h"

#include "fixture.h"

#define FIRMWARE_SIZE 14000u /* four objects, the last of them 1712 bytes */
#define PACKET        244u   /* bytes, at MTU 247 */

static struct fixture_files files;

/* The moment of the last strike, as the event log tells of it, and what was said around it. */
struct moment {
    struct fixture *f;
    unsigned strikes;
    char text[200];
    uint64_t time;
    uint32_t operation;
    enum sim_device_mode mode;
    struct bootloader_progress progress;
    char before[200], after[200]; /* the lines before and behind it */
    uint64_t off_at, on_at;       /* power; 0 = never */
    uint64_t executed_at;         /* the newest object that was executed before the strike */
    bool checks_flash;            /* how the object looks in flash before it is sent again */
    uint32_t wrong_bytes, wrong_at, wrong_bits;
};

/* Where the image is being received: somewhere behind the application that runs. */
static inline const uint8_t *find_image(const struct moment *m, const struct nordfu_image *image)
{
    const uint8_t *flash = sim_device_image_bytes(m->f->device);
    for (size_t at = 16384; at < 0x80000; at += 4096)
        if (memcmp(flash + at + 64, image->firmware + 64, 64) == 0)
            return flash + at;
    return NULL;
}

static inline void check_flash(struct moment *m)
{
    const struct nordfu_image *image = nordfu_package_image(m->f->package, 0);
    const uint8_t *flash = find_image(m, image);
    struct bootloader_progress p;
    sim_device_get_progress(m->f->device, &p);
    m->checks_flash = false;
    assert_non_null(flash);
    for (uint32_t i = 0; i < p.object_begin + p.object_max && i < image->firmware_size; i++) {
        uint8_t wrong = flash[i] ^ image->firmware[i];
        m->wrong_bytes += wrong != 0;
        m->wrong_at = wrong != 0 ? i : m->wrong_at;
        m->wrong_bits |= wrong;
    }
}

static inline void take_moment(struct moment *m, uint64_t time, const char *data)
{
    m->strikes++;
    m->time = time;
    m->after[0] = 0;
    m->operation = sim_device_operations(m->f->device);
    m->mode = sim_device_mode(m->f->device);
    sim_device_get_progress(m->f->device, &m->progress);
    snprintf(m->text, sizeof(m->text), "%s", data);
}

static inline void listen(void *context, uint64_t time, const char *what, const char *data)
{
    struct moment *m = context;
    if (strcmp(what, "bootloader.object") == 0 && m->strikes == 0)
        m->executed_at = time;
    if (strcmp(what, "bootloader.create") == 0 && m->strikes > 0 && m->checks_flash)
        check_flash(m);
    bool dongles = strncmp(what, "dongle.", 7) == 0;
    char line[200];
    snprintf(line, sizeof(line), "%s %s", what, data);
    if (strcmp(what, "device.power") == 0)
        *(strstr(data, "on=1") != NULL ? &m->on_at : &m->off_at) = time;
    if (strcmp(what, "device.damage") == 0)
        take_moment(m, time, data);
    else if (!dongles && m->strikes == 0)
        memcpy(m->before, line, sizeof(line));
    else if (!dongles && m->after[0] == 0)
        memcpy(m->after, line, sizeof(line));
}

/* An update with one damage. */
static inline void run(struct fixture *f, struct moment *m, const struct sim_damage_config *damage)
{
    *m = (struct moment){.f = f};
    fixture_build(f);
    sim_listen(f->world, listen, m);
    fixture_damage(f, damage);
    fixture_update(f);
}

static inline void damaged(struct fixture *f, struct moment *m, enum sim_damage_kind kind,
                           enum sim_damage_place place, uint32_t number)
{
    fixture_init(f, &files);
    run(f, m, &(struct sim_damage_config){.kind = kind, .place = place, .number = number});
}

static inline void assert_struck_once(const struct moment *m, const char *text)
{
    char expected[200];
    snprintf(expected, sizeof(expected), "device=DE:06:3B:97:4C:D8 %s", text);
    assert_int_equal(m->strikes, 1);
    assert_int_equal(sim_damage_struck(m->f->damage, 0), 1);
    assert_string_equal(m->text, expected);
}

static inline int set_up(void **state)
{
    (void)state;
    files_new(&files, FIRMWARE_SIZE);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    files_free(&files);
    return 0;
}

#endif
