/*
 * SPDX-License-Identifier: MIT
 * A simulated world with one dongle and one device in virtual time, a package for it, and a target
 * on the dongle.
 */
#ifndef NORDFU_TESTS_FIXTURE_H
#define NORDFU_TESTS_FIXTURE_H

#include "test.h"

#include <stdio.h>
#include <unistd.h>

#include "nordfu.h"
#include "sim/damage.h"
#include "sim/device.h"
#include "sim/dongle.h"
#include "sim/keyfile.h"
#include "sim/port_sim.h"
#include "sim/settle.h"
#include "sim/world.h"

/* Files that all tests of a program share: a key, firmware, packages. Made by files_new, removed by
 * files_free. */
struct fixture_files {
    char folder[64];
    char key[96], firmware[96], package[96];
    uint8_t public_key[64]; /* X then Y */
};

#define FIXTURE_EVENTS_MAX 4096

struct fixture {
    struct sim_world *world;
    struct air *air;
    struct sim_dongle *dongle;
    struct sim_device *device;
    struct sim_damage *damage; /* NULL until the first fixture_damage */
    struct nordfu_package *package;
    struct nordfu_target *target;
    /* What to build the world with; set between fixture_init and fixture_run. */
    uint64_t seed;
    struct air_config air_config;
    struct sim_dongle_config dongle_config;
    struct sim_device_config device_config;
    struct nordfu_update_options options;
    nordfu_event_fn callback; /* besides the recording */
    void *callback_context;
    /* What came of it. */
    int rc;
    struct nordfu_error error;
    struct nordfu_update_result result;
    uint64_t duration; /* µs of virtual time that the last update took */
    size_t event_count;
    struct nordfu_event *events; /* of the last update */
    char notes[4096]; /* texts of NOTE and RETRY events of the last update, one per line */
};

static inline void fixture_check(int rc, const struct nordfu_error *error)
{
    if (rc != 0)
        fail_msg("%d: %s", rc, error->text);
}

static inline void fixture_write(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Makes firmware of `size` bytes and a package of it at `path`, signed unless `key` is NULL. */
static inline void fixture_make_package(const char *firmware, const char *path, const char *key,
                                        size_t size, uint32_t version)
{
    struct nordfu_error error;
    uint8_t *bytes = test_malloc(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)((i * 2654435761u) >> 13);
    fixture_write(firmware, bytes, size);
    test_free(bytes);
    struct nordfu_package_recipe recipe = {.application = {.path = firmware},
                                           .application_version = version,
                                           .hw_version = 52,
                                           .sd_req = {0xCA},
                                           .sd_req_count = 1,
                                           .key_path = key};
    fixture_check(nordfu_package_write(path, &recipe, &error), &error);
}

static inline void files_new(struct fixture_files *files, size_t size)
{
    struct nordfu_error error;
    snprintf(files->folder, sizeof(files->folder), "/tmp/nordfu-test-XXXXXX");
    assert_non_null(mkdtemp(files->folder));
    snprintf(files->key, sizeof(files->key), "%s/key.pem", files->folder);
    snprintf(files->firmware, sizeof(files->firmware), "%s/app.bin", files->folder);
    snprintf(files->package, sizeof(files->package), "%s/app.zip", files->folder);
    fixture_check(nordfu_key_generate(files->key, false, &error), &error);
    fixture_check(sim_key_load(files->public_key, files->key, &error), &error);
    fixture_make_package(files->firmware, files->package, files->key, size, 2);
}

static inline void files_free(struct fixture_files *files)
{
    unlink(files->key);
    unlink(files->firmware);
    unlink(files->package);
    rmdir(files->folder);
}

/* A device DE:06:3B:97:4C:D8 called Thermo that runs version 1 of its application, and an ordinary
 * dongle. */
static inline void fixture_init(struct fixture *f, const struct fixture_files *files)
{
    *f = (struct fixture){.seed = 1};
    f->dongle_config = (struct sim_dongle_config){.api = 5};
    f->device_config = (struct sim_device_config){
        .address = {1, {0xD8, 0x4C, 0x97, 0x3B, 0x06, 0xDE}},
        .name = "Thermo",
        .mode = SIM_MODE_APPLICATION,
        .buttonless = SIM_BUTTONLESS_UNBONDED,
        .check_signature = true,
        .hw_version = 52,
        .softdevice = 0xCA,
        .app_version = 1,
    };
    memcpy(f->device_config.public_key, files->public_key, 64);
    f->options.has_address = true;
    f->options.address = (struct nordfu_address){1, {0xD8, 0x4C, 0x97, 0x3B, 0x06, 0xDE}};
    struct nordfu_error error;
    fixture_check(nordfu_package_open(&f->package, files->package, &error), &error);
    f->events = test_calloc(FIXTURE_EVENTS_MAX, sizeof(*f->events));
}

/* A target on a new port to the dongle. */
static inline void fixture_target(struct fixture *f)
{
    struct nordfu_port *port;
    nordfu_target_free(&f->target);
    fixture_check(sim_port_new(&port, f->world, f->dongle, &f->error), &f->error);
    fixture_check(nordfu_target_open_port(&f->target, &port, NULL, &f->error), &f->error);
    assert_null(port);
}

static inline void fixture_build(struct fixture *f)
{
    f->world = sim_world_new(f->seed);
    f->air = air_new(f->world, &f->air_config);
    f->dongle = sim_dongle_new(f->world, f->air, &f->dongle_config);
    f->device = sim_device_new(f->world, f->air, &f->device_config);
    assert_non_null(f->world);
    assert_non_null(f->air);
    assert_non_null(f->dongle);
    assert_non_null(f->device);
    fixture_target(f);
}

/* Orders damage on the device; to be called between fixture_build and fixture_update. */
static inline void fixture_damage(struct fixture *f, const struct sim_damage_config *config)
{
    if (f->damage == NULL)
        f->damage = sim_damage_new(f->world, f->device);
    assert_non_null(f->damage);
    assert_true(sim_damage_add(f->damage, config));
}

static inline void fixture_record(void *context, const struct nordfu_event *event)
{
    struct fixture *f = context;
    if (f->event_count < FIXTURE_EVENTS_MAX)
        f->events[f->event_count++] = *event;
    size_t used = strlen(f->notes);
    if (event->type == NORDFU_EVENT_NOTE || event->type == NORDFU_EVENT_RETRY)
        snprintf(f->notes + used, sizeof(f->notes) - used, "%s\n", event->text);
    if (f->callback != NULL)
        f->callback(f->callback_context, event);
}

/* Runs one update on the target as it is. */
static inline void fixture_update(struct fixture *f)
{
    f->event_count = 0;
    f->notes[0] = '\0';
    f->error = (struct nordfu_error){0};
    uint64_t began = sim_now(f->world);
    f->rc = nordfu_target_update(f->target, f->package, &f->options, fixture_record, f, &f->result,
                                 &f->error);
    f->duration = sim_now(f->world) - began;
    assert_false(sim_world_failed(f->world));
}

static inline void fixture_free(struct fixture *f)
{
    nordfu_target_free(&f->target);
    nordfu_package_free(&f->package);
    if (f->world != NULL) {
        sim_damage_free(&f->damage);
        sim_device_free(&f->device);
        sim_dongle_free(&f->dongle);
        air_free(&f->air);
        sim_world_free(&f->world);
    }
    test_free(f->events);
}

/* The first event of that type, NULL if there was none. */
static inline const struct nordfu_event *fixture_event(const struct fixture *f,
                                                       enum nordfu_event_type type)
{
    for (size_t i = 0; i < f->event_count; i++) {
        if (f->events[i].type == type)
            return &f->events[i];
    }
    return NULL;
}

/* The update ended well: the device runs the package's firmware, byte for byte, and no longer its
 * bootloader. */
static inline void fixture_assert_updated(struct fixture *f)
{
    if (f->rc != 0)
        fail_msg("%s: %s\n%s", nordfu_class_name(f->rc), f->error.text, f->notes);
    const struct nordfu_image *image = nordfu_package_image(f->package, 0);
    struct bootloader_image installed;
    assert_true(sim_settle(f->world, &f->device, 1, 60 * NORDFU_SECOND));
    sim_device_installed(f->device, &installed);
    assert_true(installed.valid);
    assert_int_equal(installed.version, image->init.fw_version);
    assert_int_equal(installed.size, image->firmware_size);
    assert_memory_equal(sim_device_image_bytes(f->device), image->firmware, installed.size);
    assert_int_equal(sim_device_mode(f->device), SIM_MODE_APPLICATION);
}

#endif
