/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "nordfu/zigbee.h"
#include "package/file.h"
#include "package/mapping.h"

#define FILE_MAX         ((size_t)64 << 10)
#define DEFAULT_CHANNELS 0x07FFF800u
#define HEAD_SIZE        58u

/* What is being read, for sentences. */
struct source {
    const struct mapping *mapping;
    const char *path;
    struct nordfu_error *error;
};

static int refuse(const struct source *source, int code, const char *name, size_t line,
                  const char *advice)
{
    return nordfu_error_set(source->error, code, "%s in line %zu of %s %s.", name, line,
                            source->path, advice);
}

/* An integer from 0 to `max`. Returns 1 if it is there, 0 if not, else an error of class `code`. */
static int take_number(const struct source *source, const char *name, int64_t max, int code,
                       const char *advice, uint32_t *value)
{
    struct mapping_member member;
    int64_t number = 0;
    if (!mapping_find(source->mapping, name, &member))
        return 0;
    if (!mapping_integer(&member, &number) || number < 0 || number > max)
        return refuse(source, code, name, member.line, advice);
    *value = (uint32_t)number;
    return 1;
}

/* Text in which digits stand, which YAML takes for text, too. Returns as take_number. */
static int take_text(const struct source *source, const char *name, struct mapping_member *member)
{
    int64_t number;
    if (!mapping_find(source->mapping, name, member))
        return 0;
    if (!member->is_scalar || (member->is_plain && member->size == 0))
        return refuse(source, NORDFU_ERR_USAGE, name, member->line,
                      "has no text as its value: give hexadecimal digits");
    if (mapping_integer(member, &number))
        return refuse(source, NORDFU_ERR_USAGE, name, member->line,
                      "is a number to YAML, because it looks like one: put its hexadecimal digits "
                      "into quotes");
    return 1;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Bytes of two digits with blanks between them. Keeps as many as there is room for; `size` is how
 * many there are. */
static bool read_bytes(const struct mapping_member *member, uint8_t *bytes, size_t room,
                       size_t *size)
{
    const char *at = member->text, *end = member->text + member->size;
    for (*size = 0; at < end;) {
        if (is_blank(*at)) {
            at++;
            continue;
        }
        int high = digit_value(at[0]), low = high < 0 ? -1 : digit_value(at[1]);
        if (low < 0)
            return false;
        if (*size < room)
            bytes[*size] = (uint8_t)(high << 4 | low);
        *size += 1;
        at += 2;
    }
    return true;
}

static int take_bytes(const struct source *source, const char *name, uint8_t *bytes, size_t room,
                      size_t *size)
{
    struct mapping_member member;
    int rc = take_text(source, name, &member);
    if (rc == 1 && !read_bytes(&member, bytes, room, size))
        rc = refuse(source, NORDFU_ERR_USAGE, name, member.line,
                    "is not made of bytes of two hexadecimal digits each: look for one that is "
                    "missing or something else");
    return rc;
}

static int take_install_code(const struct source *source, struct nordfu_zigbee_config *config)
{
    size_t size = 0;
    int rc =
        take_bytes(source, "install_code", config->install_code, NORDFU_ZIGBEE_INSTALL_CODE, &size);
    if (rc == 1 && size != NORDFU_ZIGBEE_INSTALL_CODE)
        return nordfu_error_set(
            source->error, NORDFU_ERR_USAGE,
            "install_code in %s has %zu bytes, not %u: give it in full, without "
            "its CRC.",
            source->path, size, NORDFU_ZIGBEE_INSTALL_CODE);
    config->has_install_code = rc == 1;
    return rc < 0 ? rc : 0;
}

static int take_app_data(const struct source *source, struct nordfu_zigbee_config *config)
{
    int rc = take_bytes(source, "app_data", config->app_data, NORDFU_ZIGBEE_APP_DATA_MAX,
                        &config->app_data_size);
    if (rc == 1 && config->app_data_size > NORDFU_ZIGBEE_APP_DATA_MAX)
        return nordfu_error_set(
            source->error, NORDFU_ERR_USAGE,
            "Production Config too large: %zu bytes, of which %zu are app_data; "
            "leave out some of that, there is room for %u.",
            HEAD_SIZE + config->app_data_size, config->app_data_size, NORDFU_ZIGBEE_APP_DATA_MAX);
    return rc < 0 ? rc : 0;
}

static int take_address(const struct source *source, struct nordfu_zigbee_config *config)
{
    static const char name[] = "extended_address";
    struct mapping_member member;
    int rc = take_text(source, name, &member);
    if (rc != 1)
        return rc;
    const char *at = member.text, *end = member.text + member.size;
    if (at[0] == '0' && (at[1] | 0x20) == 'x')
        at += 2;
    if (at == end)
        return refuse(source, NORDFU_ERR_USAGE, name, member.line, "is empty: give its digits");
    for (; at < end; at++) {
        int digit = digit_value(*at);
        if (digit < 0)
            return refuse(source, NORDFU_ERR_USAGE, name, member.line,
                          "is not hexadecimal: give up to 16 digits, without anything between "
                          "them");
        if (config->extended_address >> 60 != 0)
            return refuse(source, NORDFU_ERR_PACKAGE, name, member.line,
                          "is longer than 8 bytes: give up to 16 hexadecimal digits");
        config->extended_address = config->extended_address << 4 | (uint64_t)digit;
    }
    return 0;
}

static int take_members(const struct source *source, struct nordfu_zigbee_config *config)
{
    uint32_t power = 0;
    int rc = take_number(source, "channel_mask", UINT32_MAX, NORDFU_ERR_PACKAGE,
                         "is no mask of channels: give a number from 0 to 0xFFFFFFFF, without "
                         "quotes",
                         &config->channel_mask);
    if (rc >= 0)
        rc = take_address(source, config);
    if (rc >= 0)
        rc = take_install_code(source, config);
    if (rc >= 0)
        rc = take_number(source, "tx_power", UINT8_MAX, NORDFU_ERR_USAGE,
                         "is no power: give a number from 0 to 255, without quotes", &power);
    config->tx_power = (uint8_t)power;
    return rc < 0 ? rc : take_app_data(source, config);
}

int nordfu_zigbee_config_decode(struct nordfu_zigbee_config *config, const void *text, size_t size,
                                const char *path, struct nordfu_error *error)
{
    struct mapping *mapping = NULL;
    *config = (struct nordfu_zigbee_config){.channel_mask = DEFAULT_CHANNELS};
    int rc = mapping_parse(&mapping, text, size, path, error);
    if (rc == 0) {
        const struct source source = {mapping, path, error};
        rc = take_members(&source, config);
    }
    mapping_free(&mapping);
    return rc;
}

int nordfu_zigbee_config_read(struct nordfu_zigbee_config *config, const char *path,
                              struct nordfu_error *error)
{
    struct buf text = {0};
    int rc = file_read(&text, path, FILE_MAX, "production config", error);
    if (rc == 0)
        rc = nordfu_zigbee_config_decode(config, text.data, text.size, path, error);
    if (text.data != NULL)
        crypto_wipe(text.data, text.size);
    buf_free(&text);
    return rc;
}
