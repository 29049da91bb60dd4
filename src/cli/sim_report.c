/* SPDX-License-Identifier: MIT */
#include "cli/sim_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/text.h"

/* A number that JSON can have as one: an optional minus and up to 15 digits without a leading zero.
 */
static bool is_number(const char *text)
{
    size_t minus = text[0] == '-';
    size_t digits = strspn(text + minus, "0123456789");
    return digits > 0 && digits <= 15 && text[minus + digits] == 0 &&
           (text[minus] != '0' || (digits == 1 && minus == 0));
}

/* Hexadecimal or free text even where it looks like a decimal number. */
static bool is_text(const char *key)
{
    static const char *const keys[] = {
        "address", "crc",    "device", "ediv",   "error",  "extended",   "handle", "name",
        "op",      "opcode", "path",   "reason", "result", "softdevice", "status",
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

/* "key=value key=value": each pair a member; a word without "=" goes under "text". */
static void json_pairs(struct json *json, const char *data)
{
    while (*data != 0) {
        char pair[512];
        size_t size = strcspn(data, " ");
        snprintf(pair, sizeof(pair), "%.*s", (int)(size < 511 ? size : 511), data);
        char *equals = strchr(pair, '=');
        if (equals != NULL)
            *equals++ = 0;
        if (equals != NULL && !is_text(pair) && is_number(equals))
            json_number(json, pair, strtoll(equals, NULL, 10));
        else if (pair[0] != 0)
            json_text(json, equals != NULL ? pair : "text", equals != NULL ? equals : pair);
        data += size;
        data += *data == ' ';
    }
}

void sim_report_event(void *context, uint64_t time, const char *what, const char *data)
{
    const struct sim_scene *scene = context;
    if (scene->json) {
        struct json json;
        json_begin(&json, what);
        json_real(&json, "time", (double)time / 1e6);
        json_enter(&json, "data");
        json_pairs(&json, data);
        json_leave(&json);
        json_end(&json, stdout);
        return;
    }
    char safe[2048];
    text_escape(safe, sizeof(safe), data);
    printf("%12.6f %s %s\n", (double)time / 1e6, what, safe);
    fflush(stdout);
}

/* The first lines: how to get at the dongles. */
static void say_path(const struct sim_scene *scene, size_t index)
{
    const char *path = sim_pty_path(scene->plugs[index].pty);
    const struct sim_dongle_setup *setup = &scene->setups[index];
    if (!scene->json) {
        printf("%s\n", path);
    } else {
        struct json json;
        json_begin(&json, "pty");
        json_number(&json, "dongle", setup->config.number);
        json_text(&json, "path", path);
        if (setup->link[0] != 0)
            json_text(&json, "link", setup->link);
        json_end(&json, stdout);
    }
    fflush(stdout);
}

/* The last lines: what each device runs now. */
static void say_version(const struct sim_scene *scene, size_t index)
{
    static const char *const modes[] = {[SIM_MODE_APPLICATION] = "app",
                                        [SIM_MODE_BOOTLOADER] = "bootloader",
                                        [SIM_MODE_OFF] = "off"};
    const struct sim_device *device = scene->devices[index];
    struct bootloader_image image;
    struct bootloader_versions versions;
    char name[128], softdevice[9];
    enum sim_device_mode mode = sim_device_mode(device);
    sim_device_installed(device, &image);
    sim_device_versions(device, &versions);
    snprintf(softdevice, sizeof(softdevice), "%02X", (unsigned)versions.softdevice);
    text_escape(name, sizeof(name), scene->configs[index].name);
    if (scene->json) {
        struct json json;
        json_begin(&json, "final");
        json_text(&json, "name", scene->configs[index].name);
        json_text(&json, "address", sim_device_label(device));
        json_text(&json, "mode", modes[mode]);
        json_bool(&json, "valid", image.valid);
        json_number(&json, "version", image.version);
        json_number(&json, "size", image.valid ? image.size : 0);
        json_number(&json, "bootloader", versions.bootloader);
        json_text(&json, "softdevice", softdevice);
        json_end(&json, stdout);
    } else if (mode == SIM_MODE_APPLICATION && image.valid) {
        printf("%s (%s) now runs version %u.\n", name, sim_device_label(device), image.version);
    } else {
        printf("%s (%s) is %s.\n", name, sim_device_label(device),
               mode == SIM_MODE_OFF ? "off" : "in its bootloader");
    }
    fflush(stdout);
}

/* How often the order has struck. Each device counts its own. */
static uint32_t struck(const struct sim_scene *scene, size_t index)
{
    size_t number = 0;
    for (size_t i = 0; i < index; i++)
        number += scene->orders[i].device == scene->orders[index].device;
    return sim_damage_struck(scene->damages[scene->orders[index].device - 1], number);
}

/* Who ordered damage wants to know if the update got there. */
static void say_damage(const struct sim_scene *scene, size_t index)
{
    const struct damage_order *order = &scene->orders[index];
    const char *label = sim_device_label(scene->devices[order->device - 1]);
    uint32_t times = struck(scene, index);
    char text[80];
    sim_damage_describe(text, sizeof(text), &order->config);
    if (scene->json) {
        struct json json;
        json_begin(&json, "damage");
        json_text(&json, "address", label);
        json_text(&json, "damage", text);
        json_number(&json, "struck", times);
        json_end(&json, stdout);
    } else if (times == 0) {
        printf("%s did not happen to %s.\n", text, label);
    }
    fflush(stdout);
}

void sim_report_paths(const struct sim_scene *scene)
{
    for (size_t i = 0; i < scene->plug_count; i++)
        say_path(scene, i);
}

void sim_report_end(const struct sim_scene *scene)
{
    for (size_t i = 0; i < scene->count; i++)
        say_version(scene, i);
    for (size_t i = 0; i < scene->order_count; i++)
        say_damage(scene, i);
}
