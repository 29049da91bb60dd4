/* SPDX-License-Identifier: MIT
 * nordfu dfu ble: the update over the air. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/trace_file.h"
#include "nordfu/bond.h"
#include "nordfu/target.h"

enum {
    OPTION_PACKAGE,
    OPTION_PORT,
    OPTION_ADDRESS,
    OPTION_NAME,
    OPTION_SERIAL,
    OPTION_CHIP,
    OPTION_FLASH,
    OPTION_MTU,
    OPTION_DELAY,
    OPTION_SCAN_TIME,
    OPTION_TIMEOUT,
    OPTION_PRN,
    OPTION_INTERVAL,
    OPTION_PHY,
    OPTION_NO_RESUME,
    OPTION_DRY_RUN,
    OPTION_BONDS,
    OPTION_BAUD,
    OPTION_TRACE,
    OPTION_TRACE_KEYS,
    OPTION_JSON,
    OPTIONS,
};

static const char *const chips[] = {"NRF51", "NRF52", NULL};
static const char *const phys[] = {"1M", "2M", NULL};

static const struct args_option options[OPTIONS] = {
    [OPTION_PACKAGE] = {"-pkg", "--package", ARGS_FILE, "The update package.", NULL, true},
    [OPTION_PORT] = {"-p", "--port", ARGS_TEXT,
                     "Serial port of the connectivity dongle; may be left out when exactly one "
                     "dongle is plugged in.",
                     NULL, false},
    [OPTION_ADDRESS] = {"-a", "--address", ARGS_TEXT,
                        "BLE address of the device, as its application uses it; 12 hex digits, "
                        "with or without colons.",
                        NULL, false},
    [OPTION_NAME] = {"-n", "--name", ARGS_TEXT,
                     "Advertised name of the device, where there is no address; DfuTarg by "
                     "default.",
                     NULL, false},
    [OPTION_SERIAL] = {"-snr", "--jlink_snr", ARGS_TEXT,
                       "Choose the dongle by its USB serial number.", NULL, false},
    [OPTION_CHIP] = {"-ic", "--conn-ic-id", ARGS_CHOICE,
                     "Chip of the dongle; only a hint, nordfu asks the dongle itself.", chips,
                     false},
    [OPTION_FLASH] =
        {"-f", "--flash_connectivity", ARGS_FLAG,
         "Program the dongle first; not possible yet: the update goes on with what the "
         "dongle runs.",
         NULL, false},
    [OPTION_MTU] = {"-mtu", "--att-mtu", ARGS_INTEGER,
                    "Largest ATT_MTU to ask for, 23 to 247 (what is beyond counts as the nearest); "
                    "247 by default.",
                    NULL, false},
    [OPTION_DELAY] = {"-cd", "--connect-delay", ARGS_INTEGER,
                      "Seconds to wait before connecting, 0 to 3600; 0 by default.", NULL, false},
    [OPTION_SCAN_TIME] = {NULL, "--scan-time", ARGS_INTEGER,
                          "Seconds to look for the device, each time, 1 to 3600; 10 by default.",
                          NULL, false},
    [OPTION_TIMEOUT] = {NULL, "--timeout", ARGS_INTEGER,
                        "Seconds that the whole update may take, 1 to 86400; as long as it takes "
                        "by default.",
                        NULL, false},
    [OPTION_PRN] = {"-prn", "--prn", ARGS_INTEGER,
                    "Have the bootloader confirm every so many packets, 1 to 65535; 0, by default, "
                    "is fastest.",
                    NULL, false},
    [OPTION_INTERVAL] =
        {NULL, "--interval", ARGS_REAL,
         "Connection interval to ask for, 7.5 to 125 milliseconds in steps of 1.25; "
         "at most 30, and what the device asks for, by default.",
         NULL, false},
    [OPTION_PHY] =
        {NULL, "--phy", ARGS_CHOICE,
         "Fastest radio mode to ask for; 2M by default, with 1M where that can't be had.", phys,
         false},
    [OPTION_NO_RESUME] = {NULL, "--no-resume", ARGS_FLAG,
                          "Begin with the first byte, whatever the device holds already.", NULL,
                          false},
    [OPTION_DRY_RUN] = {NULL, "--dry-run", ARGS_FLAG,
                        "Connect and say what an update would do; no firmware is changed.", NULL,
                        false},
    [OPTION_BONDS] = {NULL, "--bonds", ARGS_TEXT,
                      "File that keeps bonds with devices; see nordfu bond.", NULL, false},
    [OPTION_BAUD] =
        {NULL, "--baud", ARGS_INTEGER,
         "Rate of the serial port, one of the usual ones from 9600 to 3000000; 1000000 by default.",
         NULL, false},
    [OPTION_TRACE] = {NULL, "--trace", ARGS_TEXT,
                      "Write a readable record of everything that is said to this file.", NULL,
                      false},
    [OPTION_TRACE_KEYS] = {NULL, "--trace-keys", ARGS_FLAG,
                           "Show the keys of bonds, too, in the trace and in the log; they are "
                           "secret.",
                           NULL, false},
    [OPTION_JSON] = {NULL, "--json", ARGS_FLAG, "One JSON object per event on standard output.",
                     NULL, false},
};

enum {
    PORTS = 64,
    VENDOR_NORDIC = 0x1915,
    PRODUCT_CONNECTIVITY = 0xC00A,
    PRODUCT_BOOTLOADER = 0x521F,
    PRODUCT_EXAMPLE = 0x521B,
    VENDOR_SEGGER = 0x1366,
};

/* Serial numbers are equal but for leading zeros, which some tools print and some don't. */
static bool same_serial(const char *a, const char *b)
{
    return strcasecmp(a + strspn(a, "0"), b + strspn(b, "0")) == 0;
}

static bool is_dongle(const struct nordfu_port_info *port)
{
    return (port->vid == VENDOR_NORDIC && port->pid == PRODUCT_CONNECTIVITY) ||
           port->vid == VENDOR_SEGGER;
}

/* A dongle with other firmware: no use, but the library says what it is and what helps. */
static bool is_misled(const struct nordfu_port_info *port)
{
    return port->vid == VENDOR_NORDIC &&
           (port->pid == PRODUCT_BOOTLOADER || port->pid == PRODUCT_EXAMPLE);
}

/* Keeps the ports that may be the wanted dongle. Returns how many. */
static int choose_ports(struct nordfu_port_info *ports, int count, const char *serial)
{
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (serial != NULL ? same_serial(ports[i].serial, serial) : is_dongle(&ports[i]))
            ports[kept++] = ports[i];
    for (int i = 0; i < count && serial == NULL && kept == 0; i++)
        if (is_misled(&ports[i]))
            ports[kept++] = ports[i];
    return kept;
}

/* "/dev/ttyACM0 (J-Link, 000683459180), ..." */
static void list_ports(char *text, size_t size, const struct nordfu_port_info *ports, int count)
{
    text[0] = 0;
    for (int i = 0; i < count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%s (%s%s%s)", i == 0 ? "" : ", ", ports[i].path,
                 ports[i].description, ports[i].serial[0] != 0 ? ", " : "", ports[i].serial);
    }
}

/* The port to use when none was named. */
static int find_port(char *path, size_t size, const char *serial, struct nordfu_error *error)
{
    struct nordfu_port_info *ports = calloc(PORTS, sizeof(*ports));
    if (ports == NULL)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    char list[400];
    int all = nordfu_port_list(ports, PORTS, error);
    int found = all < 0 ? all : choose_ports(ports, all < PORTS ? all : PORTS, serial);
    int result = found;
    if (found == 1) {
        snprintf(path, size, "%s", ports[0].path);
        result = 0;
    } else if (found == 0) {
        list_ports(list, sizeof(list), ports, all < 5 ? all : 5);
        result = nordfu_error_set(
            error, NORDFU_ERR_PORT,
            "No dongle%s%s was found%s%s; plug one in, or name its port with -p.",
            serial != NULL ? " with serial number " : "", serial != NULL ? serial : "",
            all > 0 && serial == NULL ? " among the ports " : "",
            all > 0 && serial == NULL ? list : "");
    } else if (found > 1) {
        list_ports(list, sizeof(list), ports, found);
        result =
            nordfu_error_set(error, NORDFU_ERR_PORT,
                             "Several dongles are there, choose one with -p or -snr: %s.", list);
    }
    free(ports);
    return result;
}

static const struct {
    int option;
    int64_t least, most;
    const char *unit;
} ranges[] = {
    {OPTION_TIMEOUT, 1, 86400, " seconds"}, {OPTION_PRN, 0, 65535, " packets"},
    {OPTION_DELAY, 0, 3600, " seconds"},    {OPTION_SCAN_TIME, 1, 3600, " seconds"},
    {OPTION_BAUD, 9600, 3000000, ""},
};

static int check_values(const struct args *args)
{
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        const struct args_value *value = &args->values[ranges[i].option];
        if (value->count > 0 && (value->number < ranges[i].least || value->number > ranges[i].most))
            return args_complain(args, "Invalid value for '%s': %s; it must be %lld to %lld%s.",
                                 options[ranges[i].option].name, value->text,
                                 (long long)ranges[i].least, (long long)ranges[i].most,
                                 ranges[i].unit);
    }
    const struct args_value *interval = &args->values[OPTION_INTERVAL];
    if (interval->count > 0 && (interval->real < 7.5 || interval->real > 125))
        return args_complain(args,
                             "Invalid value for '--interval': %s; it must be 7.5 to 125 "
                             "milliseconds.",
                             interval->text);
    static const int filled[] = {OPTION_PORT, OPTION_SERIAL, OPTION_BONDS, OPTION_TRACE};
    for (size_t i = 0; i < sizeof(filled) / sizeof(filled[0]); i++) {
        const struct args_value *value = &args->values[filled[i]];
        if (value->count > 0 && value->text[0] == 0)
            return args_complain(
                args, "Invalid value for '%s%s%s': it is empty.",
                options[filled[i]].short_name != NULL ? options[filled[i]].short_name : "",
                options[filled[i]].short_name != NULL ? "' / '" : "", options[filled[i]].name);
    }
    return ARGS_GO_ON;
}

/* What good users need not say. */
static void read_wishes(const struct args_value *values, struct nordfu_update_options *update)
{
    const char *phy = values[OPTION_PHY].text;
    update->timeout_ms = (uint32_t)values[OPTION_TIMEOUT].number * 1000;
    update->prn = (uint16_t)values[OPTION_PRN].number;
    update->interval = (uint16_t)(values[OPTION_INTERVAL].real / 1.25 + 0.5);
    update->phy = phy == NULL ? 0 : phy[0] == '1' ? 1 : 2;
    update->no_resume = values[OPTION_NO_RESUME].count > 0;
    update->dry_run = values[OPTION_DRY_RUN].count > 0;
}

static int read_options(const struct args *args, struct nordfu_update_options *update)
{
    const struct args_value *values = args->values;
    struct nordfu_error error;
    *update = (struct nordfu_update_options){0};
    if (values[OPTION_ADDRESS].count > 0) {
        if (nordfu_address_parse(&update->address, values[OPTION_ADDRESS].text, &error) != 0)
            return args_complain(args, "Invalid value for address: Must be exactly 6 bytes HEX, "
                                       "e.g. ABCDEF123456 or AB:CD:EF:12:34:56.");
        update->has_address = true;
    }
    const char *name = values[OPTION_NAME].text;
    if (name != NULL && strlen(name) >= sizeof(update->name))
        return args_complain(args,
                             "Invalid value for '-n' / '--name': a name has at most %d bytes.",
                             (int)sizeof(update->name) - 1);
    snprintf(update->name, sizeof(update->name), "%s", name != NULL ? name : "");
    int64_t mtu = values[OPTION_MTU].count > 0 ? values[OPTION_MTU].number : 247;
    update->mtu = (uint16_t)(mtu < 23 ? 23 : mtu > 247 ? 247 : mtu);
    update->connect_delay_ms = (uint32_t)values[OPTION_DELAY].number * 1000;
    update->scan_timeout_ms = (uint32_t)values[OPTION_SCAN_TIME].number * 1000;
    int code = check_values(args);
    if (code == ARGS_GO_ON)
        read_wishes(values, update);
    return code;
}

/* One run: what its callbacks need. */
struct run {
    const struct app *app;
    bool json;
    bool begun;  /* some of the image may be on the device */
    bool jumped; /* its application was told to start its bootloader */
    struct progress progress;
    struct trace_file trace;
    struct nordfu_bond_store *bonds;
    char no_bonds[640]; /* why there is no store */
    struct nordfu_target *target;
};

static void on_event(void *context, const struct nordfu_event *event)
{
    struct run *run = context;
    run->begun = run->begun || event->type == NORDFU_EVENT_IMAGE;
    run->jumped = run->jumped || event->type == NORDFU_EVENT_JUMPING;
    if (run->json)
        json_print_event(stdout, event);
    else
        progress_event(&run->progress, event);
}

static void on_signal(void *context)
{
    nordfu_target_cancel(context);
}

/* The trace and the store of bonds. */
static int open_files(struct app *app, const struct args *args, struct run *run,
                      struct nordfu_error *error)
{
    const char *trace = args->values[OPTION_TRACE].text;
    int code = trace != NULL ? trace_file_open(&run->trace, trace, &app->log, error) : 0;
    app->log.keys = args->values[OPTION_TRACE_KEYS].count > 0;
    if (code != 0)
        return code;
    code = nordfu_bond_store_open(&run->bonds, args->values[OPTION_BONDS].text, error);
    if (code == 0 || args->values[OPTION_BONDS].count > 0)
        return code;
    /* Most devices want no bond; for those that do the update says so. */
    nordfu_log(&app->log, NORDFU_LOG_WARNING, "Bonds are not kept: %s", error->text);
    snprintf(run->no_bonds, sizeof(run->no_bonds), "%s", error->text);
    return 0;
}

/* The SoftDevice API that programs which know the chip only expect on it. */
static int hint_of(const char *chip)
{
    return chip == NULL ? 0 : strcmp(chip, "NRF51") == 0 ? 2 : 5;
}

/* Package, port and target, in the order in which trouble is cheapest. */
static int prepare(struct app *app, const struct args *args, struct nordfu_package **package,
                   struct run *run, struct nordfu_error *error)
{
    char found[256];
    const char *path = args->values[OPTION_PORT].count > 0 ? args->values[OPTION_PORT].text : found;
    int code = nordfu_package_open(package, args->values[OPTION_PACKAGE].text, error);
    if (code == 0)
        code = open_files(app, args, run, error);
    if (code == 0 && path == found)
        code = find_port(found, sizeof(found), args->values[OPTION_SERIAL].text, error);
    const struct nordfu_target_options wishes = {
        .log = &app->log,
        .baud = (uint32_t)args->values[OPTION_BAUD].number,
        .api_hint = hint_of(args->values[OPTION_CHIP].text),
    };
    return code == 0 ? nordfu_target_open(&run->target, path, &wishes, error) : code;
}

/* Something worth knowing that the update itself does not tell. */
static void remark(const struct run *run, const char *sentence)
{
    if (!run->json) {
        printf("%s\n", sentence);
        fflush(stdout);
        return;
    }
    struct timespec now; /* the clock of ports, which times the other events */
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct nordfu_event note = {
        .type = NORDFU_EVENT_NOTE,
        .time = (uint64_t)now.tv_sec * NORDFU_SECOND + (uint64_t)now.tv_nsec / 1000,
    };
    snprintf(note.text, sizeof(note.text), "%s", sentence);
    json_print_event(stdout, &note);
}

static void explain_cancel(const struct run *run, struct nordfu_error *error)
{
    const char *text = "Cancelled before the transfer began.";
    if (run->begun)
        text = "Cancelled; the same command goes on where this one stopped.";
    else if (run->jumped)
        text =
            "Cancelled before the transfer began, but the device's application was told to start "
            "its bootloader, which may wait there now; the same command goes on from there.";
    nordfu_error_set(error, NORDFU_ERR_CANCELLED, "%s", text);
}

static int report_failure(const struct run *run, int code, struct nordfu_error *error)
{
    error->code = code;
    if (run->app->log_file != NULL) /* standard error has it anyway */
        nordfu_log(&run->app->log, NORDFU_LOG_ERROR, "%s", error->text);
    if (run->json)
        json_print_error(stdout, error, command_exit_code(code));
    return command_fail(error);
}

/* The update, and what came of it. Signals are listened to until all of that is said. */
static int update(struct run *run, const struct nordfu_package *package,
                  const struct nordfu_update_options *wishes)
{
    struct signals signals;
    struct nordfu_update_result result = {0};
    struct nordfu_error error = {0};
    if (signals_start(&signals, on_signal, run->target) != 0) {
        nordfu_error_set(&error, NORDFU_ERR_SYSTEM, "A thread can't be started.");
        return report_failure(run, error.code, &error);
    }
    int code = nordfu_target_update(run->target, package, wishes, on_event, run, &result, &error);
    progress_clear(&run->progress);
    if (code == NORDFU_ERR_CANCELLED)
        explain_cancel(run, &error);
    if (code != 0)
        code = report_failure(run, code, &error);
    else if (run->json)
        json_print_result(stdout, &result, wishes->dry_run);
    else if (wishes->dry_run)
        remark(run, "Dry run: no firmware was changed.");
    else
        progress_summary(&run->progress, &result);
    signals_end(&signals);
    return code;
}

static int run_dfu_ble(struct app *app, const struct args *args)
{
    struct nordfu_error error = {0};
    struct nordfu_update_options wishes;
    int code = read_options(args, &wishes);
    if (code != ARGS_GO_ON)
        return code;
    struct run run = {.app = app, .json = args->values[OPTION_JSON].count > 0};
    struct nordfu_package *package = NULL;
    app->output_optional = true;
    if (!wishes.has_address && wishes.name[0] == 0)
        remark(&run, "No target selected. Default device name: DfuTarg is used.");
    if (args->values[OPTION_FLASH].count > 0)
        remark(&run, "Programming the dongle is not possible yet; going on with what it runs.");
    progress_init(&run.progress, stdout, app->verbosity < 2);
    app->progress = &run.progress;
    code = prepare(app, args, &package, &run, &error);
    wishes.bonds = run.bonds;
    wishes.no_bonds = run.no_bonds[0] != 0 ? run.no_bonds : NULL;
    code = code == 0 ? update(&run, package, &wishes) : report_failure(&run, code, &error);
    if (trace_file_close(&run.trace, &app->log, &error) != 0) /* the update's outcome counts */
        fprintf(stderr, "Warning: %s\n", error.text);
    app->progress = NULL;
    progress_close(&run.progress);
    nordfu_target_free(&run.target);
    nordfu_bond_store_free(&run.bonds);
    nordfu_package_free(&package);
    return code;
}

const struct command cmd_dfu_ble = {
    .args =
        {
            .name = "dfu ble",
            .tail = "[OPTIONS]",
            .summary = "Update a device over the air through a connectivity dongle.",
            .details =
                "The device may run its application (with buttonless DFU) or already its "
                "bootloader. An update that was cut off is gone on with by the same command.",
            .options = options,
            .option_count = OPTIONS,
        },
    .run = run_dfu_ble,
};
