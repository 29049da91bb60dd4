/* SPDX-License-Identifier: MIT */
#include "dongle/rpc_names.h"

#include <stddef.h>

struct word {
    uint32_t number;
    const char *text;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *find(const struct word *words, size_t count, uint32_t number, const char *none)
{
    for (size_t i = 0; i < count; i++)
        if (words[i].number == number)
            return words[i].text;
    return none;
}

/* ---- SoftDevice status. Bit 1 << api says in which APIs a code has this name. ---- */

enum {
    V2 = 1 << 2,
    V3 = 1 << 3,
    V5 = 1 << 5,
    V6 = 1 << 6,
    ALL = V2 | V3 | V5 | V6,
};

static const struct {
    uint32_t number;
    unsigned apis;
    const char *text;
} statuses[] = {
    {0x00, ALL, "NRF_SUCCESS"},
    {0x01, ALL, "NRF_ERROR_SVC_HANDLER_MISSING"},
    {0x02, ALL, "NRF_ERROR_SOFTDEVICE_NOT_ENABLED"},
    {0x03, ALL, "NRF_ERROR_INTERNAL"},
    {0x04, ALL, "NRF_ERROR_NO_MEM"},
    {0x05, ALL, "NRF_ERROR_NOT_FOUND"},
    {0x06, ALL, "NRF_ERROR_NOT_SUPPORTED"},
    {0x07, ALL, "NRF_ERROR_INVALID_PARAM"},
    {0x08, ALL, "NRF_ERROR_INVALID_STATE"},
    {0x09, ALL, "NRF_ERROR_INVALID_LENGTH"},
    {0x0A, ALL, "NRF_ERROR_INVALID_FLAGS"},
    {0x0B, ALL, "NRF_ERROR_INVALID_DATA"},
    {0x0C, ALL, "NRF_ERROR_DATA_SIZE"},
    {0x0D, ALL, "NRF_ERROR_TIMEOUT"},
    {0x0E, ALL, "NRF_ERROR_NULL"},
    {0x0F, ALL, "NRF_ERROR_FORBIDDEN"},
    {0x10, ALL, "NRF_ERROR_INVALID_ADDR"},
    {0x11, ALL, "NRF_ERROR_BUSY"},
    {0x12, ALL, "NRF_ERROR_CONN_COUNT"},
    {0x13, ALL, "NRF_ERROR_RESOURCES"},
    {0x1000, ALL, "NRF_ERROR_SDM_LFCLK_SOURCE_UNKNOWN"},
    {0x1001, ALL, "NRF_ERROR_SDM_INCORRECT_INTERRUPT_CONFIGURATION"},
    {0x1002, ALL, "NRF_ERROR_SDM_INCORRECT_CLENR0"},
    {0x3001, ALL, "BLE_ERROR_NOT_ENABLED"},
    {0x3002, ALL, "BLE_ERROR_INVALID_CONN_HANDLE"},
    {0x3003, ALL, "BLE_ERROR_INVALID_ATTR_HANDLE"},
    {0x3004, V2 | V3, "BLE_ERROR_NO_TX_PACKETS"},
    {0x3004, V5, "BLE_ERROR_INVALID_ROLE"},
    {0x3004, V6, "BLE_ERROR_INVALID_ADV_HANDLE"},
    {0x3005, V2 | V3 | V6, "BLE_ERROR_INVALID_ROLE"},
    {0x3006, V6, "BLE_ERROR_BLOCKED_BY_OTHER_LINKS"},
    {0x3100, V2 | V3, "BLE_ERROR_L2CAP_CID_IN_USE"},
    {0x3200, ALL, "BLE_ERROR_GAP_UUID_LIST_MISMATCH"},
    {0x3201, ALL, "BLE_ERROR_GAP_DISCOVERABLE_WITH_WHITELIST"},
    {0x3202, ALL, "BLE_ERROR_GAP_INVALID_BLE_ADDR"},
    {0x3203, ALL, "BLE_ERROR_GAP_WHITELIST_IN_USE"},
    {0x3204, V3 | V5 | V6, "BLE_ERROR_GAP_DEVICE_IDENTITIES_IN_USE"},
    {0x3205, V3 | V5 | V6, "BLE_ERROR_GAP_DEVICE_IDENTITIES_DUPLICATE"},
    {0x3300, ALL, "BLE_ERROR_GATTC_PROC_NOT_PERMITTED"},
    {0x3400, ALL, "BLE_ERROR_GATTS_INVALID_ATTR_TYPE"},
    {0x3401, ALL, "BLE_ERROR_GATTS_SYS_ATTR_MISSING"},
};

const char *rpc_status_name(int api, uint32_t status)
{
    for (size_t i = 0; i < COUNT(statuses); i++)
        if (statuses[i].number == status && api >= 0 && api < 8 &&
            (statuses[i].apis & 1u << api) != 0)
            return statuses[i].text;
    return "unknown status";
}

/* ---- HCI ---- */

static const struct word hci_words[] = {
    {0x00, "success"},
    {0x01, "unknown command"},
    {0x02, "unknown connection"},
    {0x05, "authentication failure"},
    {0x06, "the key is missing"},
    {0x07, "memory exceeded"},
    {0x08, "supervision timeout"},
    {0x0C, "command disallowed"},
    {0x12, "invalid parameters"},
    {0x13, "the peer ended the link"},
    {0x14, "the peer is low on resources"},
    {0x15, "the peer powers off"},
    {0x16, "this side ended the link"},
    {0x1A, "feature not supported by the peer"},
    {0x1E, "invalid link layer parameters"},
    {0x1F, "unspecified error"},
    {0x22, "link layer response timeout"},
    {0x23, "procedure collision"},
    {0x24, "PDU not allowed"},
    {0x28, "instant passed"},
    {0x29, "unit key pairing not supported"},
    {0x2A, "collision with another procedure"},
    {0x30, "parameter out of range"},
    {0x3A, "controller busy"},
    {0x3B, "connection interval unacceptable"},
    {0x3C, "directed advertising timeout"},
    {0x3D, "MIC failure (wrong key)"},
    {0x3E, "the connection could not be established"},
};

const char *rpc_hci_text(uint8_t reason)
{
    return find(hci_words, COUNT(hci_words), reason, "unknown reason");
}

/* ---- GATT ---- */

static const struct word gatt_words[] = {
    {0x0000, "success"},
    {0x0001, "unknown error"},
    {0x0101, "invalid handle"},
    {0x0102, "read not permitted"},
    {0x0103, "write not permitted"},
    {0x0104, "invalid PDU"},
    {0x0105, "insufficient authentication"},
    {0x0106, "request not supported"},
    {0x0107, "invalid offset"},
    {0x0108, "insufficient authorization"},
    {0x0109, "prepare queue full"},
    {0x010A, "attribute not found"},
    {0x010B, "attribute not long"},
    {0x010C, "encryption key too short"},
    {0x010D, "invalid value length"},
    {0x010E, "unlikely error"},
    {0x010F, "insufficient encryption"},
    {0x0110, "unsupported group type"},
    {0x0111, "insufficient resources"},
    {0x01FC, "write request rejected"},
    {0x01FD, "CCCD improperly configured"},
    {0x01FE, "procedure already in progress"},
    {0x01FF, "value out of range"},
};

const char *rpc_gatt_status_text(uint16_t status)
{
    if (status >= 0x0180 && status <= 0x019F)
        return "application error";
    return find(gatt_words, COUNT(gatt_words), status, "unknown GATT status");
}

/* ---- Security ---- */

static const struct word security_words[] = {
    {0x00, "success"},
    {0x01, "timeout"},
    {0x02, "invalid PDU"},
    {0x81, "passkey entry failed"},
    {0x82, "out-of-band data missing"},
    {0x83, "authentication requirements not met"},
    {0x84, "wrong confirm value"},
    {0x85, "pairing not supported"},
    {0x86, "encryption key too short"},
    {0x87, "command not supported"},
    {0x88, "unspecified reason"},
    {0x89, "repeated attempts"},
    {0x8A, "invalid parameters"},
    {0x8B, "DHKey check failed"},
    {0x8C, "numeric comparison failed"},
    {0x8D, "BR/EDR pairing in progress"},
    {0x8E, "cross-transport key refused"},
};

const char *rpc_security_status_text(uint8_t status)
{
    return find(security_words, COUNT(security_words), status, "unknown security status");
}

/* ---- SoftDevices ---- */

static const struct word softdevices[] = {
    {0x0067, "S130 1.0.0"}, {0x0080, "S130 2.0.0"}, {0x0081, "S132 2.0.0"}, {0x0087, "S130 2.0.1"},
    {0x0088, "S132 2.0.1"}, {0x008C, "S132 3.0.0"}, {0x0091, "S132 3.1.0"}, {0x0095, "S132 4.0.0"},
    {0x0098, "S132 4.0.2"}, {0x0099, "S132 4.0.3"}, {0x009D, "S132 5.0.0"}, {0x009E, "S132 4.0.4"},
    {0x009F, "S132 4.0.5"}, {0x00A5, "S132 5.1.0"}, {0x00A8, "S132 6.0.0"}, {0x00A9, "S140 6.0.0"},
    {0x00AE, "S140 6.1.0"}, {0x00AF, "S132 6.1.0"}, {0x00B6, "S140 6.1.1"}, {0x00B7, "S132 6.1.1"},
    {0x00C1, "S140 7.0.0"}, {0x00C2, "S132 7.0.0"}, {0x00CA, "S140 7.0.1"}, {0x00CB, "S132 7.0.1"},
    {0x0100, "S140 7.2.0"}, {0x0101, "S132 7.2.0"}, {0x0123, "S140 7.3.0"}, {0x0124, "S132 7.3.0"},
};

const char *rpc_fwid_text(uint16_t fwid)
{
    return find(softdevices, COUNT(softdevices), fwid, "unknown SoftDevice");
}
