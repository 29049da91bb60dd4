/* SPDX-License-Identifier: MIT
 * nordfu sim: dongles on ptys and devices around them. */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/damage_text.h"
#include "cli/json.h"
#include "cli/signals.h"
#include "cli/sim_config.h"
#include "cli/text.h"
#include "nordfu/cancel.h"
#include "sim/att_socket.h"
#include "sim/pty.h"
#include "sim/settle.h"

#define SETTLE_US 60000000u /* of simulated time; copying the largest image takes a third of it */

enum {
    OPTION_DONGLE,
    OPTION_LINK,
    OPTION_DEVICE,
    OPTION_DAMAGE,
    OPTION_FLASH_OUT,
    OPTION_SEED,
    OPTION_LOSS,
    OPTION_USB,
    OPTION_BAUD,
    OPTION_ATT,
    OPTION_JSON,
    OPTIONS,
};

static const struct args_option options[OPTIONS] = {
    [OPTION_DONGLE] = {NULL, "--dongle", ARGS_LIST,
                       "A dongle: v2, v3, v5 (the default) or v6[,link=PATH][,KEY=VALUE...]; may "
                       "be given up to 16 times.",
                       NULL, false},
    [OPTION_LINK] = {NULL, "--link", ARGS_TEXT, "Make a symbolic link to the first dongle's pty.",
                     NULL, false},
    [OPTION_DEVICE] = {NULL, "--device", ARGS_LIST,
                       "A device: addr=DE063B974CD8[,KEY=VALUE...]; may be given up to 16 times.",
                       NULL, false},
    [OPTION_DAMAGE] = {NULL, "--damage", ARGS_LIST,
                       "What is to go wrong, and where: cut-link@bytes=8192[,KEY=VALUE...]; may be "
                       "given up to 16 times.",
                       NULL, false},
    [OPTION_FLASH_OUT] = {NULL, "--flash-out", ARGS_LIST,
                          "At the end, write the image that the first device runs to this file; "
                          "given again, the second's, and so on.",
                          NULL, false},
    [OPTION_SEED] = {NULL, "--seed", ARGS_BASED, "Of everything random; 1 by default.", NULL,
                     false},
    [OPTION_LOSS] = {NULL, "--loss", ARGS_REAL,
                     "Share of packets lost on the air, 0 to 0.9; 0 by default.", NULL, false},
    [OPTION_USB] = {NULL, "--usb", ARGS_FLAG,
                    "Dongles are USB ones, without byte times, unless they say usb=no.", NULL,
                    false},
    [OPTION_BAUD] = {NULL, "--baud", ARGS_INTEGER,
                     "Rate of dongles' UARTs, 1200 to 4000000; 1000000 by default.", NULL, false},
    [OPTION_ATT] = {NULL, "--att", ARGS_TEXT,
                    "Make a socket at this path, for other programs to connect to the devices.",
                    NULL, false},
    [OPTION_JSON] = {NULL, "--json", ARGS_FLAG, "One JSON object per line.", NULL, false},
};

static_assert((int)ARGS_MAX_REPEATS <= SIM_PTY_MAX, "a loop that serves all dongles");
static_assert((int)ARGS_MAX_REPEATS <= SIM_DAMAGE_MAX, "room for all orders on one device");

/* Everything simulated, in the order of making. */
struct scene {
    bool json;
    struct sim_world *world;
    struct air *air;
    struct sim_plug plugs[ARGS_MAX_REPEATS];
    struct sim_dongle_setup setups[ARGS_MAX_REPEATS];
    size_t plug_count;
    struct att_socket *att;
    struct sim_device *devices[ARGS_MAX_REPEATS];
    struct sim_device_config configs[ARGS_MAX_REPEATS];
    struct sim_damage *damages[ARGS_MAX_REPEATS]; /* by device; NULL = nothing goes wrong there */
    size_t count;
    struct damage_order orders[ARGS_MAX_REPEATS];
    size_t order_count;
};

/* A number that JSON can have as one: an optional minus and up to 15 digits without a leading zero.
 */
static bool is_number(const char *text)
{
    size_t minus = text[0] == '-';
    size_t digits = strspn(text + minus, "0123456789");
    return digits > 0 && digits <= 15 && text[minus + digits] == 0 &&
           (text[minus] != '0' || (digits == 1 && minus == 0));
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
        if (equals != NULL && is_number(equals))
            json_number(json, pair, strtoll(equals, NULL, 10));
        else if (pair[0] != 0)
            json_text(json, equals != NULL ? pair : "text", equals != NULL ? equals : pair);
        data += size;
        data += *data == ' ';
    }
}

static void on_event(void *context, uint64_t time, const char *what, const char *data)
{
    const struct scene *scene = context;
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

static int out_of_memory(struct nordfu_error *error)
{
    return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
}

static int check_addresses(const struct scene *scene, struct nordfu_error *error)
{
    for (size_t i = 1; i < scene->count; i++)
        for (size_t j = 0; j < i; j++)
            if (memcmp(&scene->configs[i].address, &scene->configs[j].address,
                       sizeof(scene->configs[i].address)) == 0)
                return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                        "Devices %zu and %zu have the same address.", j + 1, i + 1);
    return 0;
}

/* At the start rather than at the end; creates nothing, as the simulator may still fail before. */
static int check_flash_out(const char *path, struct nordfu_error *error)
{
    char folder[PATH_MAX];
    struct stat status;
    bool exists = stat(path, &status) == 0;
    errno = exists && S_ISDIR(status.st_mode) ? EISDIR : 0;
    snprintf(folder, sizeof(folder), "%s", path);
    if (errno == 0 && access(exists ? path : dirname(folder), exists ? W_OK : W_OK | X_OK) == 0)
        return 0;
    return nordfu_error_set(error, NORDFU_ERR_USAGE,
                            "The file of --flash-out, %s, can't be written: %s.", path,
                            strerror(errno));
}

static int check_flash_outs(const struct scene *scene, const struct args_value *files,
                            struct nordfu_error *error)
{
    int code = 0;
    if (files->count > scene->count)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                scene->count == 0 ? "--flash-out needs a --device."
                                                  : "There are more --flash-out than --device.");
    for (size_t i = 0; code == 0 && i < files->count; i++)
        code = check_flash_out(files->all[i], error);
    return code;
}

/* What --link, --usb and --baud say goes for who does not say otherwise. */
static int complete_dongle(struct sim_dongle_setup *setup, const struct args *args, size_t index,
                           struct nordfu_error *error)
{
    const struct args_value *values = args->values;
    const char *link = index == 0 ? values[OPTION_LINK].text : NULL;
    if (link != NULL && setup->link[0] != 0)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The first dongle has two links, %s and that of --link; leave one "
                                "out.",
                                setup->link);
    if (link != NULL && strlen(link) >= sizeof(setup->link))
        return nordfu_error_set(error, NORDFU_ERR_USAGE, "The path of --link is too long.");
    if (link != NULL)
        snprintf(setup->link, sizeof(setup->link), "%s", link);
    struct sim_dongle_config *config = &setup->config;
    config->number = (unsigned)index + 1;
    config->usb =
        setup->usb == SIM_AS_PROFILE ? values[OPTION_USB].count > 0 : setup->usb == SIM_YES;
    if (config->baud == 0)
        config->baud = (uint32_t)values[OPTION_BAUD].number;
    if (config->usb && config->api == 2)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "There are no USB dongles of API v2; leave out %s.",
                                setup->usb == SIM_YES ? "its usb" : "--usb, or say usb=no");
    return 0;
}

/* What two dongles have in common and may not; NULL = nothing. */
static const char *shared(const struct sim_dongle_setup *a, const struct sim_dongle_setup *b)
{
    static const struct air_address nobody = {0};
    const struct air_address *own = &a->config.address;
    if (a->link[0] != 0 && strcmp(a->link, b->link) == 0)
        return "link";
    if (memcmp(own, &nobody, sizeof(nobody)) != 0 &&
        memcmp(own, &b->config.address, sizeof(nobody)) == 0)
        return "address";
    return NULL;
}

static int check_dongles(const struct scene *scene, struct nordfu_error *error)
{
    for (size_t i = 1; i < scene->plug_count; i++)
        for (size_t j = 0; j < i; j++) {
            const char *what = shared(&scene->setups[i], &scene->setups[j]);
            if (what != NULL)
                return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                        "Dongles %zu and %zu have the same %s.", j + 1, i + 1,
                                        what);
        }
    return 0;
}

static int read_dongles(struct scene *scene, const struct args *args, struct nordfu_error *error)
{
    const struct args_value *dongles = &args->values[OPTION_DONGLE];
    const struct args_value *baud = &args->values[OPTION_BAUD];
    int code = 0;
    if (baud->count > 0 && (baud->number < 1200 || baud->number > 4000000))
        return nordfu_error_set(error, NORDFU_ERR_USAGE, "--baud is between 1200 and 4000000.");
    scene->plug_count = dongles->count > 0 ? dongles->count : 1;
    for (size_t i = 0; code == 0 && i < scene->plug_count; i++) {
        struct sim_dongle_setup *setup = &scene->setups[i];
        code = sim_config_dongle(setup, dongles->count > 0 ? dongles->all[i] : "v5", error);
        if (code == 0)
            code = complete_dongle(setup, args, i, error);
    }
    return code == 0 ? check_dongles(scene, error) : code;
}

static int read_devices(struct scene *scene, const struct args_value *devices,
                        struct nordfu_error *error)
{
    int code = 0;
    scene->count = devices->count;
    for (size_t i = 0; code == 0 && i < scene->count; i++)
        code = sim_config_device(&scene->configs[i], devices->all[i], error);
    return code == 0 ? check_addresses(scene, error) : code;
}

static int read_orders(struct scene *scene, const struct args_value *damages,
                       struct nordfu_error *error)
{
    int code = 0;
    scene->order_count = damages->count;
    for (size_t i = 0; code == 0 && i < damages->count; i++) {
        struct damage_order *order = &scene->orders[i];
        code = damage_text_read(order, damages->all[i], error);
        if (code == 0 && order->device > scene->count)
            code = nordfu_error_set(error, NORDFU_ERR_USAGE,
                                    "There is no device %u to damage; there are %zu.",
                                    (unsigned)order->device, scene->count);
    }
    return code;
}

static int read_configs(struct scene *scene, const struct args *args, struct nordfu_error *error)
{
    const struct args_value *values = args->values;
    int code = read_dongles(scene, args, error);
    if (code == 0)
        code = read_devices(scene, &values[OPTION_DEVICE], error);
    if (code == 0)
        code = read_orders(scene, &values[OPTION_DAMAGE], error);
    if (code == 0)
        code = check_flash_outs(scene, &values[OPTION_FLASH_OUT], error);
    if (code == 0 && values[OPTION_LOSS].real > 0.9)
        return nordfu_error_set(error, NORDFU_ERR_USAGE, "--loss is a share between 0 and 0.9.");
    return code;
}

static int plug_in(struct scene *scene, size_t index, struct nordfu_error *error)
{
    struct sim_plug *plug = &scene->plugs[index];
    const struct sim_dongle_setup *setup = &scene->setups[index];
    plug->dongle = sim_dongle_new(scene->world, scene->air, &setup->config);
    if (plug->dongle == NULL)
        return out_of_memory(error);
    return sim_pty_new(&plug->pty, setup->link[0] != 0 ? setup->link : NULL, error);
}

static int build(struct scene *scene, const struct args *args, struct nordfu_error *error)
{
    const struct args_value *values = args->values;
    const struct air_config air = {.loss = values[OPTION_LOSS].real};
    uint64_t seed = values[OPTION_SEED].count > 0 ? (uint64_t)values[OPTION_SEED].number : 1;
    int code = 0;
    if ((scene->world = sim_world_new(seed)) == NULL ||
        (scene->air = air_new(scene->world, &air)) == NULL)
        return out_of_memory(error);
    for (size_t i = 0; code == 0 && i < scene->plug_count; i++)
        code = plug_in(scene, i, error);
    const char *att = values[OPTION_ATT].text;
    if (code == 0 && att != NULL)
        code = att_socket_new(&scene->att, scene->world, scene->air, att, error);
    return code;
}

/* After the listener, so that the log begins with the devices' first steps. */
static int add_devices(struct scene *scene, struct nordfu_error *error)
{
    for (size_t i = 0; i < scene->count; i++) {
        scene->devices[i] = sim_device_new(scene->world, scene->air, &scene->configs[i]);
        if (scene->devices[i] == NULL)
            return out_of_memory(error);
    }
    return 0;
}

static int add_damage(struct scene *scene, struct nordfu_error *error)
{
    for (size_t i = 0; i < scene->order_count; i++) {
        const struct damage_order *order = &scene->orders[i];
        struct sim_damage **damage = &scene->damages[order->device - 1];
        if (*damage == NULL)
            *damage = sim_damage_new(scene->world, scene->devices[order->device - 1]);
        if (*damage == NULL || !sim_damage_add(*damage, &order->config))
            return out_of_memory(error);
    }
    return 0;
}

static void tear_down(struct scene *scene)
{
    for (size_t i = 0; i < scene->count; i++) {
        sim_damage_free(&scene->damages[i]);
        sim_device_free(&scene->devices[i]);
    }
    for (size_t i = 0; i < scene->plug_count; i++)
        sim_dongle_free(&scene->plugs[i].dongle);
    att_socket_free(&scene->att);
    air_free(&scene->air);
    sim_world_free(&scene->world);
    for (size_t i = 0; i < scene->plug_count; i++)
        sim_pty_free(&scene->plugs[i].pty);
}

/* The first lines: how to get at the dongles. */
static void say_path(const struct scene *scene, size_t index)
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
static void say_version(const struct scene *scene, size_t index)
{
    static const char *const modes[] = {[SIM_MODE_APPLICATION] = "app",
                                        [SIM_MODE_BOOTLOADER] = "bootloader",
                                        [SIM_MODE_OFF] = "off"};
    const struct sim_device *device = scene->devices[index];
    struct bootloader_image image;
    char name[128];
    enum sim_device_mode mode = sim_device_mode(device);
    sim_device_installed(device, &image);
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
static uint32_t struck(const struct scene *scene, size_t index)
{
    size_t number = 0;
    for (size_t i = 0; i < index; i++)
        number += scene->orders[i].device == scene->orders[index].device;
    return sim_damage_struck(scene->damages[scene->orders[index].device - 1], number);
}

/* Who ordered damage wants to know if the update got there. */
static void say_damage(const struct scene *scene, size_t index)
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

static int write_image(const struct sim_device *device, const char *path,
                       struct nordfu_error *error)
{
    struct bootloader_image image;
    sim_device_installed(device, &image);
    if (!image.valid)
        return nordfu_error_set(error, NORDFU_ERR_NOT_FOUND,
                                "The device has no valid application; %s was not written.", path);
    FILE *file = fopen(path, "we");
    bool written =
        file != NULL && fwrite(sim_device_image_bytes(device), 1, image.size, file) == image.size;
    int code = errno;
    if (file != NULL && fclose(file) != 0) {
        code = errno;
        written = false;
    }
    if (!written)
        return nordfu_error_from(error, NORDFU_ERR_SYSTEM, NORDFU_SPEAKER_SYSTEM, (uint32_t)code,
                                 "%s can't be written: %s.", path, strerror(code));
    return 0;
}

static void on_signal(void *context)
{
    nordfu_cancel_set(context);
}

/* Who ends the simulator right after "Device programmed." wants to know what then runs. */
static int finish(struct scene *scene, const struct args_value *files, struct nordfu_error *error)
{
    int code = 0;
    sim_settle(scene->world, scene->devices, scene->count, SETTLE_US);
    for (size_t i = 0; i < scene->count; i++)
        say_version(scene, i);
    for (size_t i = 0; i < scene->order_count; i++)
        say_damage(scene, i);
    for (size_t i = 0; i < files->count; i++) {
        struct nordfu_error *first = code == 0 ? error : NULL;
        int failed = write_image(scene->devices[i], files->all[i], first);
        code = code == 0 ? failed : code;
    }
    return code;
}

static int play(struct scene *scene, const struct args *args, struct nordfu_cancel *cancel,
                struct nordfu_error *error)
{
    int code = read_configs(scene, args, error);
    if (code == 0)
        code = build(scene, args, error);
    if (code != 0)
        return code;
    for (size_t i = 0; i < scene->plug_count; i++)
        say_path(scene, i);
    sim_listen(scene->world, on_event, scene);
    code = add_devices(scene, error);
    if (code == 0)
        code = add_damage(scene, error);
    if (code == 0)
        code = sim_pty_run(scene->plugs, scene->plug_count, scene->world, cancel, error);
    return code == 0 ? finish(scene, &args->values[OPTION_FLASH_OUT], error) : code;
}

static int run_sim(struct app *app, const struct args *args)
{
    (void)app;
    struct nordfu_error error = {0};
    struct nordfu_cancel *cancel = NULL;
    struct signals signals;
    struct scene *scene = calloc(1, sizeof(*scene));
    int code = scene != NULL ? nordfu_cancel_new(&cancel, &error) : out_of_memory(&error);
    if (code == 0 && signals_start(&signals, on_signal, cancel) != 0)
        code = nordfu_error_set(&error, NORDFU_ERR_SYSTEM, "A thread can't be started.");
    if (code == 0) {
        scene->json = args->values[OPTION_JSON].count > 0;
        code = play(scene, args, cancel, &error);
        tear_down(scene);
        signals_end(&signals);
    }
    nordfu_cancel_free(&cancel);
    free(scene);
    if (code == NORDFU_ERR_USAGE)
        return args_complain(args, "%s", error.text);
    return code == 0 ? 0 : command_fail(&error);
}

const struct command cmd_sim = {
    .args =
        {
            .name = "sim",
            .tail = "[OPTIONS]",
            .summary = "Simulate dongles on ptys, and devices around them.",
            .details =
                "The first lines are the ptys' paths, one per dongle, then one line per "
                "event. Ends on Ctrl-C. The keys of dongles, devices and damage are explained "
                "in docs/simulator.md.",
            .options = options,
            .option_count = OPTIONS,
        },
    .run = run_sim,
};
