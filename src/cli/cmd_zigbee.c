/* SPDX-License-Identifier: MIT
 * nordfu zigbee: what gives a Zigbee device its own address, install code and so on. */
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "nordfu/zigbee.h"

enum { OPTION_OFFSET, OPTIONS };

/* The offset is text to the table, for which "none" would mean no offset. */
static const struct args_option options[OPTIONS] = {
    [OPTION_OFFSET] = {NULL, "--offset", ARGS_TEXT,
                       "Where in flash the configuration belongs; default 0xFC000. 0xFF000 for an "
                       "nRF52840 and 0x7F000 for an nRF52833 with SDK 4.x.",
                       NULL, false},
};

static bool is_same(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

static int run_production_config(struct app *app, const struct args *args)
{
    (void)app;
    const struct args_value *offset = &args->values[OPTION_OFFSET];
    const char *in = args->arguments[0], *out = args->arguments[1];
    uint32_t address = NORDFU_ZIGBEE_CONFIG_ADDRESS;
    struct nordfu_zigbee_config config;
    struct nordfu_error error = {0};
    if (offset->text != NULL && !args_read_based(offset->text, &address))
        return args_complain(args, "Invalid value for '--offset': %s is not a valid integer",
                             offset->text);
    if (is_same(in, out))
        return args_complain(args, "Invalid value for 'OUTPUT': '%s' is the input, too.", out);
    int code = nordfu_zigbee_config_read(&config, in, &error);
    if (code == 0)
        code = nordfu_zigbee_config_write(out, &config, address, &error);
    explicit_bzero(&config, sizeof(config));
    if (code != 0)
        return command_fail(&error);
    printf("Production Config hexfile generated.\n");
    return 0;
}

static const struct args_argument files[] = {{"INPUT"}, {"OUTPUT"}};

const struct command cmd_zigbee_production_config = {
    .args =
        {
            .name = "zigbee production_config",
            .tail = "[OPTIONS] INPUT OUTPUT",
            .summary = "Make Intel HEX of a production configuration in YAML.",
            .options = options,
            .option_count = OPTIONS,
            .arguments = files,
            .argument_count = 2,
        },
    .run = run_production_config,
};
