/* SPDX-License-Identifier: MIT */
#include "nordfu/zigbee.h"

#include "base/buf.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "package/file.h"
#include "package/ihex.h"

#define MAGIC     0xF6DD37E7u
#define VERSION   1
#define CRC_AT    4u  /* behind the magic */
#define CRC_START 8u  /* it covers everything behind itself */
#define HEAD_SIZE 58u /* without application data */
#define CHANNELS  16

/* CRC-16/X-25. */
static uint16_t crc16_x25(const uint8_t *bytes, size_t size)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0x8408 : crc >> 1;
    }
    return (uint16_t)(crc ^ 0xFFFF);
}

/* The table step of a CRC that shifts to the left, in a register that shifts to the right: none
 * that is known elsewhere. */
static uint32_t config_crc(const uint8_t *bytes, size_t size)
{
    uint32_t crc = 0;
    for (size_t i = 0; i < size; i++) {
        uint32_t step = ((crc ^ bytes[i]) & 0xFF) << 24;
        for (int bit = 0; bit < 8; bit++)
            step = (step & 0x80000000u) != 0 ? step << 1 ^ 0x04C11DB7u : step << 1;
        crc = crc >> 8 ^ step;
    }
    return ~crc;
}

static void put_body(struct bytes_writer *w, const struct nordfu_zigbee_config *config)
{
    static const uint8_t no_code[NORDFU_ZIGBEE_INSTALL_CODE];
    const uint8_t *code = config->has_install_code ? config->install_code : no_code;
    bytes_put_u16(w, (uint16_t)(HEAD_SIZE - CRC_AT + config->app_data_size));
    bytes_put_u16(w, VERSION);
    bytes_put_u32(w, config->channel_mask);
    bytes_put_u32(w, (uint32_t)config->extended_address);
    bytes_put_u32(w, (uint32_t)(config->extended_address >> 32));
    for (int i = 0; i < CHANNELS; i++)
        bytes_put_u8(w, config->tx_power);
    bytes_put(w, code, NORDFU_ZIGBEE_INSTALL_CODE);
    bytes_put_u16(w, config->has_install_code ? crc16_x25(code, NORDFU_ZIGBEE_INSTALL_CODE) : 0);
    bytes_put(w, config->app_data, config->app_data_size);
}

size_t nordfu_zigbee_config_encode(const struct nordfu_zigbee_config *config,
                                   uint8_t bytes[NORDFU_ZIGBEE_CONFIG_MAX])
{
    struct bytes_writer w;
    if (config->app_data_size > NORDFU_ZIGBEE_APP_DATA_MAX)
        return 0;
    size_t size = HEAD_SIZE + config->app_data_size;
    bytes_writer_init(&w, bytes + CRC_START, size - CRC_START);
    put_body(&w, config);
    bytes_writer_init(&w, bytes, CRC_START);
    bytes_put_u32(&w, MAGIC);
    bytes_put_u32(&w, config_crc(bytes + CRC_START, size - CRC_START));
    return size;
}

int nordfu_zigbee_config_write(const char *path, const struct nordfu_zigbee_config *config,
                               uint32_t address, struct nordfu_error *error)
{
    uint8_t bytes[NORDFU_ZIGBEE_CONFIG_MAX];
    struct buf text = {0};
    size_t size = nordfu_zigbee_config_encode(config, bytes);
    if (size == 0)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "There are %zu bytes of application data, but room for %u: give "
                                "fewer.",
                                config->app_data_size, NORDFU_ZIGBEE_APP_DATA_MAX);
    int rc = 0;
    if (address > UINT32_MAX - (size - 1))
        rc = nordfu_error_set(error, NORDFU_ERR_USAGE,
                              "A production config of %zu bytes at 0x%08X would end beyond "
                              "0xFFFFFFFF: choose a lower address.",
                              size, (unsigned)address);
    const struct ihex_segment segment = {.address = address, .size = size, .bytes = bytes};
    if (rc == 0)
        rc = ihex_encode(&text, &segment, 1, error);
    if (rc == 0)
        rc = file_write(path, text.data, text.size, 0666, true, "production config", error);
    crypto_wipe(bytes, sizeof(bytes));
    if (text.data != NULL)
        crypto_wipe(text.data, text.size);
    buf_free(&text);
    return rc;
}
