/* SPDX-License-Identifier: MIT */
/* Scanning, and the timeout that ends a scan or a connection attempt. */
#include <stdio.h>
#include <string.h>

#include "sim/softdevice_internal.h"

enum {
    LEGACY_BUFFER = 31,    /* v6: the least size that a host may name */
    EXTENDED_BUFFER = 255, /* for extended scanning */
    BUFFER_ID = 1,         /* the firmware has one buffer of its own */
    RESPONSE_US = 1000,    /* after an advertisement its scan response is over */
    ALL_PRIMARY = 0xE0,    /* channels 37 to 39 in the last byte of a channel mask */
};

/* Whitelists can't be set: those commands and v2's list are not modelled. */
static bool wants_whitelist(struct dongle_rpc_values *values, const char *name)
{
    return sd_member(values, name, "flags.selective") != 0 ||
           sd_member(values, name, "flags.use_whitelist") != 0 ||
           (sd_member(values, name, "flags.filter_policy") & 1) != 0;
}

uint32_t sd_scan_check(const struct softdevice *sd, struct dongle_rpc_values *values,
                       const char *name)
{
    char dotted[48];
    int64_t interval = sd_member(values, name, "interval");
    int64_t window = sd_member(values, name, "window");
    if (window < 4 || window > interval || interval > sd->traits->scan_interval_max ||
        wants_whitelist(values, name))
        return SD_INVALID_PARAM;
    snprintf(dotted, sizeof(dotted), "%s.channel_mask", name);
    const struct dongle_rpc_value *mask = dongle_rpc_find(values, dotted);
    if (mask != NULL && mask->size == 5 && (mask->bytes[4] & ALL_PRIMARY) == ALL_PRIMARY)
        return SD_INVALID_PARAM;
    /* 0 and 1 are the 1M PHY; the coded one is not modelled. */
    return sd_member(values, name, "phys") > 1 ? SD_NOT_SUPPORTED : SD_SUCCESS;
}

/* Timeout */

static void search_timed_out(void *context)
{
    struct softdevice *sd = context;
    const struct sd_traits *traits = sd->traits;
    uint16_t buffer = sd->scan.buffer;
    bool scanning = sd->scanner != NULL;
    sd->search_timer = 0;
    sd_gap_stop(sd);
    struct dongle_rpc_values *event = sd_event_begin(sd);
    dongle_rpc_put(event, "conn", SD_NO_CONNECTION);
    dongle_rpc_put(event, "src", scanning ? traits->scan_timeout : traits->connect_timeout);
    if (scanning && traits->scan_pauses) {
        dongle_rpc_put_kind(event, "buffer", DONGLE_RPC_STRUCT, 0);
        dongle_rpc_put(event, "buffer.id", BUFFER_ID);
        dongle_rpc_put(event, "buffer.len", buffer);
    }
    sd_event_send(sd, "GAP_TIMEOUT", NULL);
}

void sd_search_begin(struct softdevice *sd, struct dongle_rpc_values *values, const char *name)
{
    uint64_t timeout = (uint64_t)sd_member(values, name, "timeout") * sd->traits->search_unit_us;
    if (timeout > 0)
        sd->search_timer = sim_after(sd->world, timeout, search_timed_out, sd);
}

/* Reports */

static void tell(struct softdevice *sd, const struct sd_report *report)
{
    struct dongle_rpc_values *event = sd_event_begin(sd);
    dongle_rpc_put(event, "conn", SD_NO_CONNECTION);
    sd_address_put(event, "peer", &report->address);
    dongle_rpc_put(event, "rssi", report->rssi);
    sd->traits->put_report(event, report);
    sd_event_send(sd, "GAP_ADV_REPORT", NULL);
}

/* The answer to the scan request that followed the last report; the radio heard it before the scan
 * stood still. */
static bool belongs(const struct softdevice *sd, const struct sd_report *report)
{
    const struct sd_scan *scan = &sd->scan;
    return report->scan_response && sim_now(sd->world) <= scan->response_until &&
           memcmp(&report->address, &scan->last.address, sizeof(report->address)) == 0;
}

static void heard(struct softdevice *sd, const struct sd_report *report)
{
    struct sd_scan *scan = &sd->scan;
    if (scan->paused && !belongs(sd, report))
        return;
    scan->holds = scan->paused;
    scan->last = *report;
    scan->response_until = sim_now(sd->world) + RESPONSE_US;
    if (scan->paused)
        return;
    scan->paused = sd->traits->scan_pauses;
    tell(sd, report);
}

static void report(void *context, const struct air_address *address, int8_t rssi, bool connectable,
                   bool scannable, bool scan_response, const uint8_t *data, size_t size)
{
    struct softdevice *sd = context;
    struct sd_report report = {
        .address = *address,
        .rssi = rssi,
        .connectable = connectable,
        .scannable = scannable,
        .scan_response = scan_response,
        .size = (uint8_t)(size < sizeof(report.data) ? size : sizeof(report.data)),
    };
    if (report.size > 0)
        memcpy(report.data, data, report.size);
    sd->rssi = rssi;
    heard(sd, &report);
}

/* Commands */

/* What is larger than needed will do, and each report may get another size. */
static uint32_t check_buffer(struct sd_call *call, bool extended)
{
    if (!call->sd->traits->scan_pauses)
        return SD_SUCCESS;
    if (!dongle_rpc_present(call->in, "buffer"))
        return SD_INVALID_ADDR;
    int64_t least = extended ? EXTENDED_BUFFER : LEGACY_BUFFER;
    return dongle_rpc_number(call->in, "buffer.len") >= least ? SD_SUCCESS : SD_INVALID_LENGTH;
}

static uint32_t scan_on(struct sd_call *call)
{
    struct softdevice *sd = call->sd;
    if (!sd->traits->scan_pauses)
        return SD_INVALID_ADDR;
    if (sd->scanner == NULL || !sd->scan.paused)
        return SD_INVALID_STATE;
    uint32_t status = check_buffer(call, sd->scan.extended);
    if (status != SD_SUCCESS)
        return status;
    sd->scan.buffer = (uint16_t)dongle_rpc_number(call->in, "buffer.len");
    sd->scan.paused = sd->scan.holds;
    sd->scan.holds = false;
    if (sd->scan.paused)
        tell(sd, &sd->scan.last);
    return SD_SUCCESS;
}

static uint32_t scan_start(struct sd_call *call)
{
    struct softdevice *sd = call->sd;
    if (!dongle_rpc_present(call->in, "params"))
        return scan_on(call);
    bool extended = sd_member(call->in, "params", "flags.extended") != 0;
    uint32_t status = sd_scan_check(sd, call->in, "params");
    if (status == SD_SUCCESS)
        status = check_buffer(call, extended);
    if (status != SD_SUCCESS)
        return status;
    if (sd->scanner != NULL || sd->initiator != NULL)
        return SD_INVALID_STATE;
    sd->scan.extended = extended;
    sd->scan.buffer = (uint16_t)dongle_rpc_number(call->in, "buffer.len");
    sd->scanner =
        air_scan(sd->air, sd_member(call->in, "params", "flags.active") != 0,
                 (uint32_t)sd_member(call->in, "params", "interval") * SD_SCAN_UNIT_US,
                 (uint32_t)sd_member(call->in, "params", "window") * SD_SCAN_UNIT_US, report, sd);
    sd_search_begin(sd, call->in, "params");
    return SD_SUCCESS;
}

static uint32_t scan_stop(struct sd_call *call)
{
    if (call->sd->scanner == NULL)
        return SD_INVALID_STATE;
    sd_gap_stop(call->sd);
    return SD_SUCCESS;
}

const struct sd_command sd_scan_commands[] = {
    {"GAP_SCAN_START", SD_ENABLED, scan_start},
    {"GAP_SCAN_STOP", SD_ENABLED, scan_stop},
    {NULL, SD_ALWAYS, NULL},
};
