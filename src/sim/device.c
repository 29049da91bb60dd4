/*
 * SPDX-License-Identifier: MIT
 * The chip: power, resets, and what runs after them. The radio's side is in device_radio.c.
 */
#include "sim/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/device_internal.h"

#define BOOT_US          30000u  /* from reset to radio */
#define RESET_PAUSE_US   200000u /* between the end of the link and the reset */
#define SEND_PATIENCE_US 1000000u
#define DEFAULT_APP_SIZE 16384u

static void note_boot(struct sim_device *d)
{
    static const char *const names[] = {"application", "bootloader", "off"};
    struct bootloader_image image;
    bootloader_installed(d->bootloader, &image);
    sim_log(d->world, "device.boot", "device=%s mode=%s version=%u", d->label, names[d->mode],
            (unsigned)image.version);
}

static void note_installed(struct sim_device *d)
{
    struct bootloader_stats stats;
    bootloader_get_stats(d->bootloader, &stats);
    if (stats.activations == d->activations)
        return;
    d->activations = stats.activations;
    struct bootloader_image image;
    struct bootloader_versions versions;
    bootloader_installed(d->bootloader, &image);
    bootloader_get_versions(d->bootloader, &versions);
    sim_log(d->world, "device.installed",
            "device=%s version=%u size=%u bootloader=%u softdevice=%02X", d->label,
            (unsigned)image.version, (unsigned)image.size, (unsigned)versions.bootloader,
            (unsigned)versions.softdevice);
}

static void start(void *context)
{
    struct sim_device *d = context;
    d->boot = 0;
    bool requested = d->requested;
    d->requested = false;
    bool stay = bootloader_start(d->bootloader, requested);
    note_installed(d);
    d->mode = stay ? SIM_MODE_BOOTLOADER : SIM_MODE_APPLICATION;
    device_security_boot(d);
    if (stay && bootloader_is_activating(d->bootloader))
        return;
    note_boot(d);
    device_radio_start(d);
}

static void reset(struct sim_device *d)
{
    sim_cancel(d->world, &d->leave);
    d->leaving = false;
    device_radio_stop(d);
    bootloader_stop(d->bootloader);
    if (d->boot == 0)
        d->boot = sim_after(d->world, BOOT_US, start, d);
}

/* Leaving: what is queued goes out, the link ends, a pause, the reset. Each step has a limit. */

static void leave_now(void *context)
{
    struct sim_device *d = context;
    d->leave = 0;
    reset(d);
}

static void set_leave(struct sim_device *d, uint64_t delay, sim_action action)
{
    sim_cancel(d->world, &d->leave);
    d->leave = sim_after(d->world, delay, action, d);
}

static void end_link(void *context)
{
    struct sim_device *d = context;
    d->leave = 0;
    if (d->link == NULL || d->config.silent_reset) {
        reset(d);
        return;
    }
    air_disconnect(d->link, AIR_PERIPHERAL, HCI_REMOTE_USER);
    set_leave(d, SEND_PATIENCE_US, leave_now);
}

void device_leave(struct sim_device *d, bool to_bootloader)
{
    if (d->leaving || d->mode == SIM_MODE_OFF)
        return;
    if (to_bootloader)
        sim_log(d->world, "device.jump", "device=%s", d->label);
    if (to_bootloader && d->onlooker != NULL && d->onlooker->jumps != NULL)
        d->onlooker->jumps(d->onlooker_context);
    d->leaving = true;
    d->requested = to_bootloader;
    device_radio_quiet(d);
    bool waits = d->link != NULL && air_queued(d->link, AIR_PERIPHERAL) > 0;
    set_leave(d, waits ? SEND_PATIENCE_US : 0, end_link);
}

void device_all_sent(struct sim_device *d)
{
    if (d->onlooker != NULL && d->onlooker->sent != NULL)
        d->onlooker->sent(d->onlooker_context);
    if (d->leaving)
        set_leave(d, 0, end_link);
}

void device_link_lost(struct sim_device *d)
{
    if (d->mode == SIM_MODE_BOOTLOADER)
        bootloader_link_changed(d->bootloader);
    if (d->leaving)
        set_leave(d, RESET_PAUSE_US, leave_now);
}

/* What the bootloader asks for */

static void bootloader_replies(void *context, const uint8_t *bytes, size_t size)
{
    struct sim_device *d = context;
    struct device_side *side = device_running(d);
    if (d->link == NULL || !peripheral_notify(side->server, side->gatt.control, bytes, size))
        sim_log(d->world, "device.reply_lost", "device=%s op=%02x", d->label,
                size > 1 ? (unsigned)bytes[1] : 0u);
}

static void bootloader_wants_reset(void *context)
{
    struct sim_device *d = context;
    if (bootloader_is_activating(d->bootloader) || bootloader_resets_at_once(d->bootloader))
        reset(d);
    else
        device_leave(d, false);
}

static void bootloader_is_ready(void *context)
{
    struct sim_device *d = context;
    note_installed(d);
    note_boot(d);
    device_radio_start(d);
}

/* Building */

static bool install_application(struct sim_device *d)
{
    uint32_t size = d->config.app_size != 0 ? d->config.app_size : DEFAULT_APP_SIZE;
    if (d->config.no_application)
        return true;
    uint8_t *bytes = malloc(size);
    if (bytes == NULL)
        return false;
    for (uint32_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 167u + (i >> 8) * 13u);
    bool fits = bootloader_install(d->bootloader, bytes, size, d->config.app_version);
    free(bytes);
    return fits;
}

static bool build_memory(struct sim_device *d)
{
    const struct sim_device_config *c = &d->config;
    static const struct bootloader_ops ops = {bootloader_replies, bootloader_wants_reset,
                                              bootloader_is_ready};
    const struct flash_config flash = {
        .size = d->profile->flash_size,
        .page_size = d->profile->page_size,
        .erase_us = d->profile->erase_us,
        .write_us = d->profile->write_us,
        .queue = d->profile->flash_queue + BOOTLOADER_FLASH_ROOM,
    };
    struct bootloader_config boot = {
        .profile = d->profile,
        .label = d->label,
        .check_signature = c->check_signature,
        .is_debug = c->debug_bootloader,
        .hw_version = c->hw_version,
        .softdevice = c->softdevice,
        .app_version = c->app_version,
        .bootloader_version = c->bootloader_version,
        .resume = c->resume,
        .save_progress = c->save_progress,
        .mtu = c->mtu,
        .external_app = c->external_app,
    };
    memcpy(boot.public_key, c->public_key, sizeof(boot.public_key));
    d->flash = flash_new(d->world, &flash);
    if (d->flash != NULL)
        d->bootloader = bootloader_new(d->world, d->flash, &boot, &ops, d);
    return d->bootloader != NULL && install_application(d);
}

const struct sim_profile *sim_device_profile(const struct sim_device_config *config)
{
    const struct sim_profile *profile =
        config->profile != NULL ? config->profile : sim_profile_find("sdk17");
    return config->chip[0] != 0 ? sim_profile_on(profile, config->chip) : profile;
}

struct sim_device *sim_device_new(struct sim_world *world, struct air *air,
                                  const struct sim_device_config *config)
{
    struct sim_device *d = calloc(1, sizeof(*d));
    if (d == NULL)
        return NULL;
    d->world = world;
    d->air = air;
    d->config = *config;
    d->profile = sim_device_profile(config);
    const uint8_t *a = config->address.bytes;
    snprintf(d->label, sizeof(d->label), "%02X:%02X:%02X:%02X:%02X:%02X", a[5], a[4], a[3], a[2],
             a[1], a[0]);
    d->mode = SIM_MODE_OFF;
    if (d->profile == NULL || !build_memory(d) || !device_radio_build(d)) {
        sim_device_free(&d);
        return NULL;
    }
    if (config->mode != SIM_MODE_OFF) {
        d->requested = config->mode == SIM_MODE_BOOTLOADER;
        d->started = true;
        start(d);
    }
    return d;
}

void sim_device_free(struct sim_device **device)
{
    struct sim_device *d = *device;
    if (d == NULL)
        return;
    sim_cancel(d->world, &d->boot);
    sim_cancel(d->world, &d->leave);
    sim_cancel(d->world, &d->silence);
    device_radio_free(d);
    bootloader_free(&d->bootloader);
    flash_free(&d->flash);
    free(d);
    *device = NULL;
}

/* Faults */

void sim_device_power_off(struct sim_device *d)
{
    if (d->mode == SIM_MODE_OFF)
        return;
    sim_log(d->world, "device.power", "device=%s on=0", d->label);
    sim_cancel(d->world, &d->boot);
    sim_cancel(d->world, &d->leave);
    sim_cancel(d->world, &d->silence);
    d->leaving = d->requested = false;
    device_radio_stop(d);
    bootloader_stop(d->bootloader);
    flash_cut(d->flash);
    d->mode = SIM_MODE_OFF;
}

void sim_device_power_on(struct sim_device *d)
{
    if (d->mode != SIM_MODE_OFF)
        return;
    sim_log(d->world, "device.power", "device=%s on=1", d->label);
    d->requested = !d->started && d->config.mode == SIM_MODE_BOOTLOADER;
    d->started = true;
    d->mode = SIM_MODE_BOOTLOADER; /* every chip starts there */
    d->boot = sim_after(d->world, BOOT_US, start, d);
}

static void cut_power(void *context)
{
    sim_device_power_off(context);
}

void sim_device_cut_power_at(struct sim_device *d, uint32_t operation)
{
    flash_on_operation(d->flash, operation, cut_power, d);
}

void sim_device_on_operation(struct sim_device *d, uint32_t operation, sim_action action,
                             void *context)
{
    flash_on_operation(d->flash, operation, action, context);
}

uint32_t sim_device_operations(const struct sim_device *d)
{
    return flash_begun(d->flash);
}

void sim_device_set_watch(struct sim_device *d, const struct sim_device_watch *watch, void *context)
{
    d->onlooker = watch;
    d->onlooker_context = context;
    bootloader_set_watch(d->bootloader, watch != NULL ? &watch->bootloader : NULL, context);
}

void sim_device_get_progress(const struct sim_device *d, struct bootloader_progress *progress)
{
    bootloader_get_progress(d->bootloader, progress);
}

void sim_device_on_bytes(struct sim_device *d, uint32_t bytes, sim_action action, void *context)
{
    d->watch = (struct device_watch){bytes, action, context};
}

void sim_device_drop_packets(struct sim_device *d, uint32_t skip, uint32_t count)
{
    d->skip = skip;
    d->drop = count;
}

enum sim_device_mode sim_device_mode(const struct sim_device *d)
{
    return d->mode;
}

bool sim_device_is_busy(const struct sim_device *d)
{
    return d->leaving || d->boot != 0 || bootloader_is_busy(d->bootloader);
}

void sim_device_installed(const struct sim_device *d, struct bootloader_image *image)
{
    bootloader_installed(d->bootloader, image);
}

const uint8_t *sim_device_image_bytes(const struct sim_device *d)
{
    struct bootloader_image image;
    bootloader_installed(d->bootloader, &image);
    return flash_read(d->flash, image.address);
}

bool sim_device_flash(const struct sim_device *d, enum bootloader_part part, const uint8_t **bytes,
                      uint32_t *size)
{
    *bytes = bootloader_part(d->bootloader, part, size);
    return *bytes != NULL;
}

const uint8_t *sim_device_whole_flash(const struct sim_device *d, uint32_t *size)
{
    *size = flash_size(d->flash);
    return flash_read(d->flash, 0);
}

void sim_device_versions(const struct sim_device *d, struct bootloader_versions *versions)
{
    bootloader_get_versions(d->bootloader, versions);
}

void sim_device_get_stats(const struct sim_device *d, struct bootloader_stats *stats)
{
    bootloader_get_stats(d->bootloader, stats);
    stats->packets_lost += d->dropped;
}

const char *sim_device_label(const struct sim_device *d)
{
    return d->label;
}
