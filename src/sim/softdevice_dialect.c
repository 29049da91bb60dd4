/* SPDX-License-Identifier: MIT */
/* What differs between the SoftDevice APIs (wire specification, sections 10.7, 11 and 13). */
#include "sim/softdevice_internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
    PHY_1M = 1,
    PHY_2M = 2,
    BLUETOOTH_4_2 = 8,
    BLUETOOTH_5_0 = 9,
    UNDIRECTED = 0, /* adv_type */
    SCANNABLE = 2,
    NON_CONNECTABLE = 3,
    BUFFER_ID = 1,
    CHANNEL = 37,
    NOT_SET = 0xFF,
    NO_POWER = 127,
    NO_DATA_ID = 0xFFF,
};

static int adv_type(const struct sd_report *report)
{
    if (report->connectable || report->scan_response)
        return UNDIRECTED;
    return report->scannable ? SCANNABLE : NON_CONNECTABLE;
}

static void put_report_v2(struct dongle_rpc_values *event, const struct sd_report *report)
{
    dongle_rpc_put(event, "report.scan_rsp", report->scan_response);
    dongle_rpc_put(event, "report.adv_type", adv_type(report));
    dongle_rpc_put_bytes(event, "report.data", report->data, report->size);
}

static void put_report(struct dongle_rpc_values *event, const struct sd_report *report)
{
    dongle_rpc_put(event, "flags.scan_rsp", report->scan_response);
    dongle_rpc_put(event, "flags.adv_type", adv_type(report));
    dongle_rpc_put_bytes(event, "data", report->data, report->size);
}

static void put_report_v6(struct dongle_rpc_values *event, const struct sd_report *report)
{
    dongle_rpc_put(event, "type.connectable", report->connectable);
    dongle_rpc_put(event, "type.scannable", report->scannable);
    dongle_rpc_put(event, "type.scan_response", report->scan_response);
    dongle_rpc_put(event, "primary_phy", PHY_1M);
    dongle_rpc_put(event, "secondary_phy", NOT_SET);
    dongle_rpc_put(event, "tx_power", NO_POWER);
    dongle_rpc_put(event, "ch_index", CHANNEL);
    dongle_rpc_put(event, "set_id", NOT_SET);
    dongle_rpc_put(event, "data_id", NO_DATA_ID);
    dongle_rpc_put(event, "data.id", BUFFER_ID);
    dongle_rpc_put_bytes(event, "data.data", report->data, report->size);
}

static const struct sd_traits dialects[] = {
    {
        .api = 2,
        .link_layer = BLUETOOTH_4_2,
        .enable_configures = true,
        .att_mtu_max = SD_ATT_MTU,
        .attr_tab_min = 0xD8,
        .length = SD_LENGTH_NONE,
        .scan_interval_max = 0x4000,
        .search_unit_us = 1000000,
        .scan_timeout = 2,
        .connect_timeout = 3,
        .write_sent = "TX_COMPLETE",
        .queue_full = SD_NO_TX_PACKETS,
        .att_timed_out = SD_INVALID_STATE,
        .put_report = put_report_v2,
    },
    {
        .api = 3,
        .link_layer = BLUETOOTH_4_2,
        .enable_configures = true,
        .att_mtu_max = SD_ATT_MTU_MAX,
        .attr_tab_min = 0xF8,
        .length = SD_LENGTH_ALONE,
        .scan_interval_max = 0x4000,
        .search_unit_us = 1000000,
        .scan_timeout = 2,
        .connect_timeout = 3,
        .write_sent = "TX_COMPLETE",
        .queue_full = SD_NO_TX_PACKETS,
        .att_timed_out = SD_INVALID_STATE,
        .put_report = put_report,
    },
    {
        .api = 5,
        .link_layer = BLUETOOTH_5_0,
        .att_mtu_max = SD_ATT_MTU_MAX,
        .attr_tab_min = 0xF8,
        .length = SD_LENGTH_HOST,
        .phys = PHY_1M | PHY_2M,
        .scan_interval_max = 0x4000,
        .search_unit_us = 1000000,
        .scan_timeout = 1,
        .connect_timeout = 2,
        .write_sent = "GATTC_WRITE_CMD_TX_COMPLETE",
        .queue_full = SD_RESOURCES,
        .att_timed_out = SD_INVALID_STATE,
        .put_report = put_report,
    },
    {
        .api = 6,
        .link_layer = BLUETOOTH_5_0,
        .att_mtu_max = SD_ATT_MTU_MAX,
        .attr_tab_min = 0xF8,
        .length = SD_LENGTH_HOST,
        .phys = PHY_1M | PHY_2M,
        .scan_pauses = true,
        .scan_interval_max = 0xFFFF,
        .search_unit_us = 10000,
        .scan_timeout = 1,
        .connect_timeout = 2,
        .write_sent = "GATTC_WRITE_CMD_TX_COMPLETE",
        .queue_full = SD_RESOURCES,
        .att_timed_out = SD_TIMEOUT,
        .put_report = put_report_v6,
    },
};

const struct sd_traits *sd_traits_of(int api)
{
    size_t i = 0;
    while (i + 1 < COUNT(dialects) && dialects[i].api != api)
        i++;
    return &dialects[i];
}
