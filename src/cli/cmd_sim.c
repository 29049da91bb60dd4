/* SPDX-License-Identifier: MIT
 * nordfu sim: dongles on ptys and devices around them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/signals.h"
#include "cli/sim_report.h"
#include "cli/sim_scene.h"
#include "nordfu/cancel.h"
#include "sim/settle.h"

#define SETTLE_US 60000000u /* of simulated time; copying the largest image takes a third of it */

enum {
    OPTION_DONGLE,
    OPTION_LINK,
    OPTION_DEVICE,
    OPTION_DAMAGE,
    OPTION_FLASH_OUT,
    OPTION_FLASH_DUMP,
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
    [OPTION_FLASH_DUMP] = {NULL, "--flash-dump", ARGS_LIST,
                           "At the end, write all of the first device's flash to this file, from "
                           "address 0 on; given again, the second's, and so on.",
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

static int out_of_memory(struct nordfu_error *error)
{
    return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
}

static int check_addresses(const struct sim_scene *scene, struct nordfu_error *error)
{
    for (size_t i = 1; i < scene->count; i++)
        for (size_t j = 0; j < i; j++)
            if (memcmp(&scene->configs[i].address, &scene->configs[j].address,
                       sizeof(scene->configs[i].address)) == 0)
                return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                        "Devices %zu and %zu have the same address.", j + 1, i + 1);
    return 0;
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

static int check_dongles(const struct sim_scene *scene, struct nordfu_error *error)
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

static int read_dongles(struct sim_scene *scene, const struct args *args,
                        struct nordfu_error *error)
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

static int read_devices(struct sim_scene *scene, const struct args_value *devices,
                        struct nordfu_error *error)
{
    int code = 0;
    scene->count = devices->count;
    for (size_t i = 0; code == 0 && i < scene->count; i++)
        code = sim_config_device(&scene->configs[i], devices->all[i], error);
    return code == 0 ? check_addresses(scene, error) : code;
}

static int read_orders(struct sim_scene *scene, const struct args_value *damages,
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

static struct sim_file_list files_of(const struct args_value *value)
{
    return (struct sim_file_list){value->all, value->count};
}

static int read_configs(struct sim_scene *scene, const struct args *args,
                        struct nordfu_error *error)
{
    const struct args_value *values = args->values;
    int code = read_dongles(scene, args, error);
    if (code == 0)
        code = read_devices(scene, &values[OPTION_DEVICE], error);
    if (code == 0)
        code = read_orders(scene, &values[OPTION_DAMAGE], error);
    scene->files.images = files_of(&values[OPTION_FLASH_OUT]);
    scene->files.dumps = files_of(&values[OPTION_FLASH_DUMP]);
    if (code == 0)
        code = sim_files_check(&scene->files, scene->count, error);
    if (code == 0 && values[OPTION_LOSS].real > 0.9)
        return nordfu_error_set(error, NORDFU_ERR_USAGE, "--loss is a share between 0 and 0.9.");
    return code;
}

static int plug_in(struct sim_scene *scene, size_t index, struct nordfu_error *error)
{
    struct sim_plug *plug = &scene->plugs[index];
    const struct sim_dongle_setup *setup = &scene->setups[index];
    plug->dongle = sim_dongle_new(scene->world, scene->air, &setup->config);
    if (plug->dongle == NULL)
        return out_of_memory(error);
    return sim_pty_new(&plug->pty, setup->link[0] != 0 ? setup->link : NULL, error);
}

static int build(struct sim_scene *scene, const struct args *args, struct nordfu_error *error)
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
static int add_devices(struct sim_scene *scene, struct nordfu_error *error)
{
    for (size_t i = 0; i < scene->count; i++) {
        scene->devices[i] = sim_device_new(scene->world, scene->air, &scene->configs[i]);
        if (scene->devices[i] == NULL)
            return out_of_memory(error);
    }
    return 0;
}

static int add_damage(struct sim_scene *scene, struct nordfu_error *error)
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

static void tear_down(struct sim_scene *scene)
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

static void on_signal(void *context)
{
    nordfu_cancel_set(context);
}

/* Who ends the simulator right after "Device programmed." wants to know what then runs. */
static int finish(struct sim_scene *scene, struct nordfu_error *error)
{
    sim_settle(scene->world, scene->devices, scene->count, SETTLE_US);
    sim_report_end(scene);
    return sim_files_write(&scene->files, scene->devices, error);
}

static int play(struct sim_scene *scene, const struct args *args, struct nordfu_cancel *cancel,
                struct nordfu_error *error)
{
    int code = read_configs(scene, args, error);
    if (code == 0)
        code = build(scene, args, error);
    if (code != 0)
        return code;
    sim_report_paths(scene);
    if (ferror(stdout)) /* nobody knows where the dongle is */
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM,
                                "The path of the dongle's pty can't be written to standard output: "
                                "see where that leads.");
    sim_listen(scene->world, sim_report_event, scene);
    code = add_devices(scene, error);
    if (code == 0)
        code = add_damage(scene, error);
    if (code == 0)
        code = sim_pty_run(scene->plugs, scene->plug_count, scene->world, cancel, error);
    return code == 0 ? finish(scene, error) : code;
}

static int run_sim(struct app *app, const struct args *args)
{
    (void)app;
    struct nordfu_error error = {0};
    struct nordfu_cancel *cancel = NULL;
    struct signals signals;
    struct sim_scene *scene = calloc(1, sizeof(*scene));
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
