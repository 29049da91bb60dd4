/* SPDX-License-Identifier: MIT */
/* Configuration before ENABLE, ENABLE itself, version, UUID bases, own address. */
#include <stdio.h>
#include <string.h>

#include "sim/softdevice_internal.h"

#define EVENT_UNIT_US 1250u

enum {
    NORDIC = 0x0059,
    BASES = 10,            /* the default */
    ATTR_TAB_SIZE = 0x580, /* likewise */
    LEAST_OCTETS = 27,
    BANDWIDTH_MID = 2,
    TX_BUFFERS = 7,    /* v2, v3: per link */
    CLASSIC_LINKS = 8, /* v2, v3: the most that an ENABLE may ask for */
};

static const struct sd_tag default_tag = {.conn_count = 1,
                                          .event_us = 3 * EVENT_UNIT_US,
                                          .write_queue = 1,
                                          .hvn_queue = 1,
                                          .att_mtu = SD_ATT_MTU};

void sd_config_reset(struct softdevice *sd)
{
    static const char name[] = "nRF5x";
    sd->enabled = false;
    sd->base_count = 0;
    sd->extended_events = false;
    sd->octets = LEAST_OCTETS;
    sd->rssi = -50;
    sd->address = sd->setup.address;
    sd->config = (struct sd_config){.plain = default_tag,
                                    .base_count_max = BASES,
                                    .periph = 1,
                                    .central = 3,
                                    .central_sec = 1,
                                    .service_changed = 1,
                                    .attr_tab_size = ATTR_TAB_SIZE,
                                    .name_size = sizeof(name) - 1};
    memcpy(sd->config.name, name, sizeof(name) - 1);
}

const struct sd_tag *sd_config_tag(struct softdevice *sd, uint8_t tag)
{
    if (tag == 0)
        return &sd->config.plain;
    for (size_t i = 0; i < sd->config.tag_count; i++)
        if (sd->config.tags[i].tag == tag)
            return &sd->config.tags[i];
    return NULL;
}

/* CFG_SET */

/* The tag to be configured, made if it is new; NULL when there are too many. */
static struct sd_tag *make_tag(struct softdevice *sd, uint8_t tag)
{
    struct sd_config *config = &sd->config;
    for (size_t i = 0; i < config->tag_count; i++)
        if (config->tags[i].tag == tag)
            return &config->tags[i];
    if (config->tag_count == SD_TAGS_MAX)
        return NULL;
    struct sd_tag *made = &config->tags[config->tag_count++];
    *made = default_tag;
    made->tag = tag;
    return made;
}

/* Numbers that belong to a tag: id, name, range. */
static const struct tag_number {
    uint32_t id;
    const char *name;
    uint16_t least, most;
} tag_numbers[] = {
    {0x20, "cfg.value.conn_count", 1, 20},
    {0x20, "cfg.value.event_length", 2, 0xFFFF},
    {0x21, "cfg.value.write_cmd_tx_queue_size", 1, 255},
    {0x22, "cfg.value.hvn_tx_queue_size", 1, 255},
    {0x23, "cfg.value.att_mtu", SD_ATT_MTU, SD_ATT_MTU_MAX},
};

static bool tag_values_in_range(struct sd_call *call, uint32_t id)
{
    for (size_t i = 0; i < sizeof(tag_numbers) / sizeof(tag_numbers[0]); i++) {
        const struct tag_number *number = &tag_numbers[i];
        int64_t value = dongle_rpc_number(call->in, number->name);
        if (number->id == id && (value < number->least || value > number->most))
            return false;
    }
    return true;
}

static uint32_t set_tag(struct sd_call *call, uint32_t id)
{
    uint8_t tag = (uint8_t)dongle_rpc_number(call->in, "cfg.value.cfg_tag");
    if (tag == 0 || !tag_values_in_range(call, id))
        return SD_INVALID_PARAM;
    struct sd_tag *set = make_tag(call->sd, tag);
    if (set == NULL)
        return SD_NO_MEM;
    if (id == 0x20) {
        set->conn_count = (uint8_t)dongle_rpc_number(call->in, "cfg.value.conn_count");
        set->event_us =
            (uint32_t)dongle_rpc_number(call->in, "cfg.value.event_length") * EVENT_UNIT_US;
    } else if (id == 0x21) {
        set->write_queue =
            (uint8_t)dongle_rpc_number(call->in, "cfg.value.write_cmd_tx_queue_size");
    } else if (id == 0x22) {
        set->hvn_queue = (uint8_t)dongle_rpc_number(call->in, "cfg.value.hvn_tx_queue_size");
    } else {
        set->att_mtu = (uint16_t)dongle_rpc_number(call->in, "cfg.value.att_mtu");
    }
    return SD_SUCCESS;
}

static uint32_t set_bases(struct sd_call *call, uint32_t id)
{
    (void)id;
    int64_t count = dongle_rpc_number(call->in, "cfg.value.vs_uuid_count");
    if (count > SD_BASES_MAX)
        return SD_INVALID_PARAM;
    call->sd->config.base_count_max = (uint8_t)count;
    return SD_SUCCESS;
}

static uint32_t set_roles(struct sd_call *call, uint32_t id)
{
    (void)id;
    int64_t periph = dongle_rpc_number(call->in, "cfg.value.periph");
    int64_t central = dongle_rpc_number(call->in, "cfg.value.central");
    int64_t security = dongle_rpc_number(call->in, "cfg.value.central_sec");
    int64_t sets = dongle_rpc_number(call->in, "cfg.value.adv_sets"); /* v6 */
    int64_t survey = dongle_rpc_number(call->in, "cfg.value.qos_channel_survey");
    if (periph + central > SD_LINKS_MAX || security > central || sets > 1 || survey > 1)
        return SD_INVALID_PARAM;
    call->sd->config.periph = (uint8_t)periph;
    call->sd->config.central = (uint8_t)central;
    call->sd->config.central_sec = (uint8_t)security;
    return SD_SUCCESS;
}

/* The device name in values "<name>.max_len" ... */
static uint32_t take_name(struct sd_config *config, struct dongle_rpc_values *values,
                          const char *name)
{
    char dotted[48];
    int64_t most = sd_member(values, name, "max_len");
    int64_t size = sd_member(values, name, "current_len");
    if (most > SD_NAME_MAX || size > most)
        return SD_INVALID_PARAM;
    snprintf(dotted, sizeof(dotted), "%s.value", name);
    const struct dongle_rpc_value *value = dongle_rpc_find(values, dotted);
    if (value == NULL || value->kind != DONGLE_RPC_BYTES)
        return SD_SUCCESS;
    config->name_size = (uint16_t)value->size;
    memcpy(config->name, value->bytes, value->size);
    return SD_SUCCESS;
}

static uint32_t set_name(struct sd_call *call, uint32_t id)
{
    (void)id;
    return take_name(&call->sd->config, call->in, "cfg.value");
}

static uint32_t set_service_changed(struct sd_call *call, uint32_t id)
{
    (void)id;
    int64_t value = dongle_rpc_number(call->in, "cfg.value.service_changed");
    if (value > 1)
        return SD_INVALID_PARAM;
    call->sd->config.service_changed = (uint8_t)value;
    return SD_SUCCESS;
}

static uint32_t set_attribute_table(struct sd_call *call, uint32_t id)
{
    (void)id;
    int64_t size = dongle_rpc_number(call->in, "cfg.value.attr_tab_size");
    if (size < call->sd->traits->attr_tab_min || size % 4 != 0)
        return SD_INVALID_PARAM;
    call->sd->config.attr_tab_size = (uint32_t)size;
    return SD_SUCCESS;
}

static uint32_t cfg_set(struct sd_call *call)
{
    static const struct {
        uint32_t id;
        uint32_t (*set)(struct sd_call *call, uint32_t id);
    } ids[] = {
        {0x01, set_bases},
        {0x20, set_tag},
        {0x21, set_tag},
        {0x22, set_tag},
        {0x23, set_tag},
        {0x40, set_roles},
        {0x41, set_name},
        {0xA0, set_service_changed},
        {0xA1, set_attribute_table},
    };
    if (call->sd->enabled)
        return SD_INVALID_STATE;
    if (!dongle_rpc_present(call->in, "cfg.value"))
        return SD_INVALID_ADDR;
    uint32_t id = (uint32_t)dongle_rpc_number(call->in, "cfg.id");
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        if (ids[i].id == id)
            return ids[i].set(call, id);
    return SD_INVALID_PARAM;
}

/* ENABLE */

/*
 * What a configuration takes. The SoftDevice's own sum is not published; this one has its shape
 * (links times buffers for MTU, queues and event length) and its order of magnitude.
 */
static uint64_t ram_needed(const struct sd_config *config)
{
    uint64_t bytes = 5000 + 16u * config->base_count_max + config->attr_tab_size;
    for (size_t i = 0; i < config->tag_count; i++) {
        const struct sd_tag *tag = &config->tags[i];
        uint64_t packet = tag->att_mtu + 16u;
        uint64_t per_event = tag->event_us / 5000 < 12 ? 1 + tag->event_us / 5000 : 12;
        uint64_t link = 1000 + packet * (4u + tag->write_queue + tag->hvn_queue) + 540 * per_event;
        bytes += tag->conn_count * link;
    }
    return bytes + 400u * (config->periph + config->central) + 300u * config->central_sec;
}

/* The same for v2 and v3, whose links have fewer and smaller buffers. */
static uint64_t classic_ram_needed(const struct sd_config *config)
{
    uint64_t link = 600 + (config->plain.att_mtu + 16u) * (4u + config->plain.write_queue);
    return 5000 + 16u * config->base_count_max + config->attr_tab_size +
           (config->periph + config->central) * link + 300u * config->central_sec;
}

/* A number of ENABLE's parameters. */
static int64_t parameter(struct sd_call *call, const char *what)
{
    return sd_member(call->in, "params", what);
}

static bool parameters_in_range(struct sd_call *call)
{
    const struct sd_traits *traits = call->sd->traits;
    int64_t central = parameter(call, "central_conn_count"), mtu = parameter(call, "att_mtu");
    int64_t table = parameter(call, "attr_tab_size");
    return parameter(call, "vs_uuid_count") <= SD_BASES_MAX &&
           parameter(call, "periph_conn_count") + central <= CLASSIC_LINKS &&
           parameter(call, "central_sec_count") <= central &&
           parameter(call, "service_changed") <= 1 &&
           (table == 0 || (table >= traits->attr_tab_min && table % 4 == 0)) &&
           (mtu == 0 || (mtu >= SD_ATT_MTU && mtu <= traits->att_mtu_max));
}

/* v2 and v3: all configuration comes with ENABLE. */
static uint32_t take_parameters(struct sd_call *call, struct sd_config *config)
{
    int64_t bases = parameter(call, "vs_uuid_count"), table = parameter(call, "attr_tab_size");
    int64_t mtu = parameter(call, "att_mtu");
    if (!dongle_rpc_present(call->in, "params"))
        return SD_INVALID_ADDR;
    if (!parameters_in_range(call))
        return SD_INVALID_PARAM;
    config->base_count_max = (uint8_t)(bases != 0 ? bases : BASES);
    config->periph = (uint8_t)parameter(call, "periph_conn_count");
    config->central = (uint8_t)parameter(call, "central_conn_count");
    config->central_sec = (uint8_t)parameter(call, "central_sec_count");
    config->service_changed = (uint8_t)parameter(call, "service_changed");
    config->attr_tab_size = (uint32_t)(table != 0 ? table : ATTR_TAB_SIZE);
    config->plain = (struct sd_tag){.conn_count = config->central,
                                    .event_us = sd_bandwidth_us(BANDWIDTH_MID),
                                    .write_queue = TX_BUFFERS,
                                    .att_mtu = (uint16_t)(mtu != 0 ? mtu : SD_ATT_MTU)};
    if (dongle_rpc_present(call->in, "params.device_name"))
        return take_name(config, call->in, "params.device_name");
    return SD_SUCCESS;
}

static uint32_t enable(struct sd_call *call)
{
    struct softdevice *sd = call->sd;
    struct sd_config config = sd->config;
    bool classic = sd->traits->enable_configures;
    if (sd->enabled)
        return SD_INVALID_STATE;
    uint32_t status = classic ? take_parameters(call, &config) : SD_SUCCESS;
    if (status != SD_SUCCESS)
        return status;
    if ((classic ? classic_ram_needed(&config) : ram_needed(&config)) > sd->setup.ram)
        return SD_NO_MEM;
    sd->config = config;
    sd->enabled = true;
    return SD_SUCCESS;
}

static uint32_t version_get(struct sd_call *call)
{
    dongle_rpc_put(call->out, "version.version_number", call->sd->traits->link_layer);
    dongle_rpc_put(call->out, "version.company_id", NORDIC);
    dongle_rpc_put(call->out, "version.subversion_number", call->sd->setup.fwid);
    return SD_SUCCESS;
}

/* UUIDs */

static const uint8_t bluetooth_base[16] = {0xFB, 0x34, 0x9B, 0x5F, 0x80, 0x00, 0x00, 0x80,
                                           0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

/* Bytes 12 and 13 hold the short UUID and don't belong to the base. */
static bool same_base(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, 12) == 0 && memcmp(a + 14, b + 14, 2) == 0;
}

/* The type of a base, 0 if it is not known. */
static uint8_t type_of(const struct softdevice *sd, const uint8_t *raw)
{
    if (same_base(raw, bluetooth_base))
        return 1;
    for (size_t i = 0; i < sd->base_count; i++)
        if (same_base(raw, sd->bases[i]))
            return (uint8_t)(i + 2);
    return 0;
}

struct sd_uuid sd_uuid_from(const struct softdevice *sd, const uint8_t *raw, size_t size)
{
    if (size == 2)
        return (struct sd_uuid){(uint16_t)(raw[0] | raw[1] << 8), 1};
    uint8_t type = size == 16 ? type_of(sd, raw) : 0;
    uint16_t uuid = (uint16_t)(type == 0 ? 0 : raw[12] | raw[13] << 8);
    return (struct sd_uuid){uuid, type};
}

size_t sd_uuid_raw(const struct softdevice *sd, struct sd_uuid uuid, uint8_t raw[16])
{
    size_t at = uuid.type == 1 ? 0 : 12;
    if (uuid.type == 0 || uuid.type >= sd->base_count + 2)
        return 0;
    if (uuid.type >= 2)
        memcpy(raw, sd->bases[uuid.type - 2], 16);
    raw[at] = (uint8_t)uuid.uuid;
    raw[at + 1] = (uint8_t)(uuid.uuid >> 8);
    return uuid.type == 1 ? 2 : 16;
}

struct sd_uuid sd_uuid_get(struct dongle_rpc_values *values, const char *name)
{
    char member[48];
    snprintf(member, sizeof(member), "%s.uuid", name);
    uint16_t uuid = (uint16_t)dongle_rpc_number(values, member);
    snprintf(member, sizeof(member), "%s.type", name);
    return (struct sd_uuid){uuid, (uint8_t)dongle_rpc_number(values, member)};
}

static uint32_t uuid_vs_add(struct sd_call *call)
{
    struct softdevice *sd = call->sd;
    const struct dongle_rpc_value *base = dongle_rpc_find(call->in, "base");
    if (base->kind == DONGLE_RPC_ABSENT || dongle_rpc_number(call->in, "want_type") == 0)
        return SD_INVALID_ADDR;
    uint8_t type = type_of(sd, base->bytes);
    if (type == 0) {
        if (sd->base_count >= sd->config.base_count_max)
            return SD_NO_MEM;
        memcpy(sd->bases[sd->base_count++], base->bytes, 16);
        type = (uint8_t)(sd->base_count + 1);
    }
    dongle_rpc_put(call->out, "type", type);
    return SD_SUCCESS;
}

static uint32_t uuid_decode(struct sd_call *call)
{
    const struct dongle_rpc_value *raw = dongle_rpc_find(call->in, "raw");
    if (raw->kind == DONGLE_RPC_ABSENT || dongle_rpc_number(call->in, "want_uuid") == 0)
        return SD_INVALID_ADDR;
    if (raw->size != 2 && raw->size != 16)
        return SD_INVALID_LENGTH;
    struct sd_uuid uuid = sd_uuid_from(call->sd, raw->bytes, raw->size);
    if (uuid.type == 0)
        return SD_NOT_FOUND;
    dongle_rpc_put_kind(call->out, "uuid", DONGLE_RPC_STRUCT, 0);
    dongle_rpc_put(call->out, "uuid.uuid", uuid.uuid);
    dongle_rpc_put(call->out, "uuid.type", uuid.type);
    return SD_SUCCESS;
}

static uint32_t uuid_encode(struct sd_call *call)
{
    if (!dongle_rpc_present(call->in, "uuid") || dongle_rpc_number(call->in, "want_len") == 0)
        return SD_INVALID_ADDR;
    size_t size = sd_uuid_raw(call->sd, sd_uuid_get(call->in, "uuid"), call->sd->raw);
    if (size == 0)
        return SD_INVALID_PARAM;
    dongle_rpc_put_bytes(call->out, "raw", call->sd->raw, size);
    return SD_SUCCESS;
}

/* Addresses */

static uint32_t addr_get(struct sd_call *call)
{
    sd_address_put(call->out, "addr", &call->sd->address);
    return SD_SUCCESS;
}

static uint32_t addr_set(struct sd_call *call)
{
    struct softdevice *sd = call->sd;
    struct air_address address;
    if (!dongle_rpc_present(call->in, "addr"))
        return SD_INVALID_ADDR;
    uint32_t status = sd_address_get(call->in, "addr", &address);
    if (status != SD_SUCCESS)
        return status;
    if (dongle_rpc_number(call->in, "cycle_mode") != 0)
        return SD_NOT_SUPPORTED; /* v2: private addresses that change are not modelled */
    if (address.type > 1)
        return SD_INVALID_BLE_ADDR;
    if (sd->scanner != NULL || sd->initiator != NULL)
        return SD_INVALID_STATE;
    sd->address = address;
    return SD_SUCCESS;
}

const struct sd_command sd_config_commands[] = {
    {"CFG_SET", SD_ALWAYS, cfg_set},
    {"ENABLE", SD_ALWAYS, enable},
    {"VERSION_GET", SD_ENABLED, version_get},
    {"UUID_VS_ADD", SD_ENABLED, uuid_vs_add},
    {"UUID_DECODE", SD_ENABLED, uuid_decode},
    {"UUID_ENCODE", SD_ENABLED, uuid_encode},
    {"GAP_ADDR_GET", SD_ENABLED, addr_get},
    {"GAP_ADDR_SET", SD_ENABLED, addr_set},
    {NULL, SD_ALWAYS, NULL},
};
