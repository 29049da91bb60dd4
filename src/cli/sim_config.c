/* SPDX-License-Identifier: MIT */
#include "cli/sim_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "nordfu/central.h"
#include "sim/keyfile.h"

enum {
    PAIR_MAX = 512, /* bytes of one key=value */
    MAX_KEYS = 40,
};

/* Reads `value` into the member at `target`. Returns 0, BAD_VALUE, or an error with its sentence.
 */
typedef int (*reader)(void *target, const char *value, struct nordfu_error *error);

struct key {
    const char *name;
    reader read;
    size_t offset;        /* of the member in the configuration */
    const char *expected; /* what a good value looks like */
};

enum { BAD_VALUE = 1 };

#define NOT_GIVEN            UINT32_MAX
#define BUTTONLESS_NOT_GIVEN ((enum sim_buttonless) - 1)
#define BONDED_SINCE         14 /* SDK */
#define EXTERNAL_SINCE       15

static int read_u32(void *target, const char *value, struct nordfu_error *error)
{
    (void)error;
    return args_read_based(value, target) ? 0 : BAD_VALUE;
}

static int read_mtu(void *target, const char *value, struct nordfu_error *error)
{
    uint32_t number;
    if (read_u32(&number, value, error) != 0 || number < 23 || number > 247)
        return BAD_VALUE;
    *(uint16_t *)target = (uint16_t)number;
    return 0;
}

/* The position of `value` in a list of names, -1 if it is none of them. */
static int position(const char *value, const char *const *names)
{
    for (int i = 0; names[i] != NULL; i++)
        if (strcmp(value, names[i]) == 0)
            return i;
    return -1;
}

static int read_bool(void *target, const char *value, struct nordfu_error *error)
{
    static const char *const words[] = {"no", "yes", "0", "1", "false", "true", "off", "on", NULL};
    (void)error;
    int at = position(value, words);
    if (at < 0)
        return BAD_VALUE;
    *(bool *)target = at % 2 == 1;
    return 0;
}

static int read_address(void *target, const char *value, struct nordfu_error *error)
{
    struct nordfu_address address;
    struct air_address *out = target;
    (void)error;
    if (nordfu_address_parse(&address, value, NULL) != 0)
        return BAD_VALUE;
    out->type = address.type;
    memcpy(out->bytes, address.bytes, sizeof(out->bytes));
    return 0;
}

/* 0 would mean the default to the simulator. */
static int read_size(void *target, const char *value, struct nordfu_error *error)
{
    uint32_t number;
    if (read_u32(&number, value, error) != 0 || number == 0)
        return BAD_VALUE;
    *(uint32_t *)target = number;
    return 0;
}

static int read_name(void *target, const char *value, struct nordfu_error *error)
{
    enum { SIZE = sizeof(((struct sim_device_config *)0)->name) };
    (void)error;
    if (strlen(value) >= SIZE)
        return BAD_VALUE;
    snprintf(target, SIZE, "%s", value);
    return 0;
}

static int read_mode(void *target, const char *value, struct nordfu_error *error)
{
    static const char *const names[] = {"app", "bootloader", "off", NULL};
    static const enum sim_device_mode modes[] = {SIM_MODE_APPLICATION, SIM_MODE_BOOTLOADER,
                                                 SIM_MODE_OFF};
    (void)error;
    int at = position(value, names);
    if (at < 0)
        return BAD_VALUE;
    *(enum sim_device_mode *)target = modes[at];
    return 0;
}

static int read_buttonless(void *target, const char *value, struct nordfu_error *error)
{
    static const char *const names[] = {"none", "unbonded", "bonded", "sdk12", NULL};
    static const enum sim_buttonless kinds[] = {SIM_BUTTONLESS_NONE, SIM_BUTTONLESS_UNBONDED,
                                                SIM_BUTTONLESS_BONDED, SIM_BUTTONLESS_SDK12};
    (void)error;
    int at = position(value, names);
    if (at < 0)
        return BAD_VALUE;
    *(enum sim_buttonless *)target = kinds[at];
    return 0;
}

static int read_set_name(void *target, const char *value, struct nordfu_error *error)
{
    static const char *const names[] = {"ok", "refused", "unsupported", NULL};
    static const enum sim_set_name kinds[] = {SIM_SET_NAME_OK, SIM_SET_NAME_REFUSED,
                                              SIM_SET_NAME_UNSUPPORTED};
    (void)error;
    int at = position(value, names);
    if (at < 0)
        return BAD_VALUE;
    *(enum sim_set_name *)target = kinds[at];
    return 0;
}

static int read_bonds(void *target, const char *value, struct nordfu_error *error)
{
    uint32_t number;
    if (read_u32(&number, value, error) != 0 || number < 1 || number > SIM_BONDS_MAX)
        return BAD_VALUE;
    *(uint8_t *)target = (uint8_t)number;
    return 0;
}

/* Of Pairing Failed (Core Vol 3 Part H 3.5.5). */
static int read_reason(void *target, const char *value, struct nordfu_error *error)
{
    uint32_t number;
    if (read_u32(&number, value, error) != 0 || number < 1 || number > 14)
        return BAD_VALUE;
    *(uint8_t *)target = (uint8_t)number;
    return 0;
}

static int read_profile(void *target, const char *value, struct nordfu_error *error)
{
    const struct sim_profile *profile = sim_profile_find(value);
    if (profile == NULL)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "There is no profile \"%s\"; there are: %s.", value,
                                sim_profile_names());
    *(const struct sim_profile **)target = profile;
    return 0;
}

static int read_chip(void *target, const char *value, struct nordfu_error *error)
{
    enum { SIZE = sizeof(((struct sim_device_config *)0)->chip) };
    static const char *const names[] = {"nrf51", "nrf52832", "nrf52840", NULL};
    (void)error;
    if (position(value, names) < 0)
        return BAD_VALUE;
    snprintf(target, SIZE, "%s", value);
    return 0;
}

static int read_resume(void *target, const char *value, struct nordfu_error *error)
{
    static const char *const names[] = {"exact", "rounded", NULL};
    static const enum sim_resume kinds[] = {SIM_RESUME_EXACT, SIM_RESUME_ROUNDED};
    (void)error;
    int at = position(value, names);
    if (at < 0)
        return BAD_VALUE;
    *(enum sim_resume *)target = kinds[at];
    return 0;
}

static int read_choice(void *target, const char *value, struct nordfu_error *error)
{
    bool yes;
    if (read_bool(&yes, value, error) != 0)
        return BAD_VALUE;
    *(enum sim_choice *)target = yes ? SIM_YES : SIM_NO;
    return 0;
}

/* The target is the whole configuration here. */
static int read_public_key(void *target, const char *value, struct nordfu_error *error)
{
    struct sim_device_config *config = target;
    config->check_signature = strcmp(value, "any") != 0;
    if (config->check_signature && access(value, R_OK) != 0)
        return nordfu_error_set(error, NORDFU_ERR_USAGE, "The key file %s can't be read: %s.",
                                value, strerror(errno));
    return config->check_signature ? sim_key_load(config->public_key, value, error) : 0;
}

static int read_fwid(void *target, const char *value, struct nordfu_error *error)
{
    uint32_t number;
    if (read_u32(&number, value, error) != 0 || number == 0 || number > 0xFFFF)
        return BAD_VALUE;
    *(uint16_t *)target = (uint16_t)number;
    return 0;
}

/* 0 = none. */
static int read_softdevice(void *target, const char *value, struct nordfu_error *error)
{
    uint32_t number;
    if (read_u32(&number, value, error) != 0 || number > 0xFFFF)
        return BAD_VALUE;
    *(uint32_t *)target = number;
    return 0;
}

static int read_firmware(void *target, const char *value, struct nordfu_error *error)
{
    static const char *const names[] = {"connectivity", "silent",     "garbage",
                                        "echo",         "bootloader", NULL};
    static const enum sim_firmware kinds[] = {SIM_FIRMWARE_CONNECTIVITY, SIM_FIRMWARE_SILENT,
                                              SIM_FIRMWARE_GARBAGE, SIM_FIRMWARE_ECHO,
                                              SIM_FIRMWARE_BOOTLOADER};
    (void)error;
    int at = position(value, names);
    if (at < 0)
        return BAD_VALUE;
    *(enum sim_firmware *)target = kinds[at];
    return 0;
}

static int read_baud(void *target, const char *value, struct nordfu_error *error)
{
    uint32_t number;
    if (read_u32(&number, value, error) != 0 || number < 1200 || number > 4000000)
        return BAD_VALUE;
    *(uint32_t *)target = number;
    return 0;
}

static int read_path(void *target, const char *value, struct nordfu_error *error)
{
    enum { SIZE = sizeof(((struct sim_dongle_setup *)0)->link) };
    (void)error;
    if (value[0] == 0 || strlen(value) >= SIZE)
        return BAD_VALUE;
    snprintf(target, SIZE, "%s", value);
    return 0;
}

#define NUMBER         "a number, decimal or 0x hexadecimal"
#define YES_NO         "yes or no"
#define DEVICE(member) offsetof(struct sim_device_config, member)

static const struct key device_keys[] = {
    {"addr", read_address, DEVICE(address), "12 hex digits"},
    {"name", read_name, DEVICE(name), "at most 26 bytes"},
    {"bootloader-name", read_name, DEVICE(bootloader_name), "at most 26 bytes"},
    {"mode", read_mode, DEVICE(mode), "app, bootloader or off"},
    {"buttonless", read_buttonless, DEVICE(buttonless), "unbonded, bonded, sdk12 or none"},
    {"bonds", read_bonds, DEVICE(bonds), "a number, 1 to 8"},
    {"repairing", read_bool, DEVICE(repairing), YES_NO},
    {"refuse-pairing", read_reason, DEVICE(refuse_pairing), "a number, 1 to 14"},
    {"ask-security-first", read_bool, DEVICE(ask_security_first), YES_NO},
    {"set-name", read_set_name, DEVICE(set_name), "ok, refused or unsupported"},
    {"profile", read_profile, DEVICE(profile), "sdk12 to sdk17"},
    {"chip", read_chip, DEVICE(chip), "nrf51, nrf52832 or nrf52840"},
    {"resume", read_resume, DEVICE(resume), "exact or rounded"},
    {"save-progress", read_choice, DEVICE(save_progress), YES_NO},
    {"external-app", read_bool, DEVICE(external_app), YES_NO},
    {"pubkey", read_public_key, 0, "a PEM file or any"},
    {"debug", read_bool, DEVICE(debug_bootloader), YES_NO},
    {"hw", read_u32, DEVICE(hw_version), NUMBER},
    {"sd", read_softdevice, DEVICE(softdevice), "a number, 0 to 0xFFFF"},
    {"app-version", read_u32, DEVICE(app_version), NUMBER},
    {"bootloader-version", read_u32, DEVICE(bootloader_version), NUMBER},
    {"app-size", read_size, DEVICE(app_size), "a number of bytes, 1 or more"},
    {"same-address", read_bool, DEVICE(same_address), YES_NO},
    {"silent-reset", read_bool, DEVICE(silent_reset), YES_NO},
    {"mtu", read_mtu, DEVICE(mtu), "a number, 23 to 247"},
    {"refuse-mtu", read_bool, DEVICE(refuse_mtu), YES_NO},
    {"ask-mtu-first", read_bool, DEVICE(ask_mtu_first), YES_NO},
    {"refuse-length", read_bool, DEVICE(refuse_length), YES_NO},
    {"ask-length-first", read_bool, DEVICE(ask_length_first), YES_NO},
    {"refuse-phy", read_bool, DEVICE(refuse_phy), YES_NO},
    {"ask-phy-first", read_bool, DEVICE(ask_phy_first), YES_NO},
    {NULL, NULL, 0, NULL},
};

#define DONGLE(member) offsetof(struct sim_dongle_setup, config.member)

static const struct key dongle_keys[] = {
    {"link", read_path, offsetof(struct sim_dongle_setup, link), "a path, at most 511 bytes"},
    {"usb", read_choice, offsetof(struct sim_dongle_setup, usb), YES_NO},
    {"baud", read_baud, DONGLE(baud), "a number, 1200 to 4000000"},
    {"silent", read_bool, DONGLE(silent), YES_NO},
    {"firmware", read_firmware, DONGLE(firmware),
     "connectivity, silent, garbage, echo or bootloader"},
    {"addr", read_address, DONGLE(address), "12 hex digits"},
    {"fwid", read_fwid, DONGLE(fwid), "a number, 1 to 0xFFFF"},
    {"command-us", read_u32, DONGLE(command_us), NUMBER},
    {"refuse-mtu", read_u32, DONGLE(refuse_mtu), NUMBER},
    {"refuse-length", read_u32, DONGLE(refuse_length), NUMBER},
    {"refuse-phy", read_u32, DONGLE(refuse_phy), NUMBER},
    {NULL, NULL, 0, NULL},
};

static void add_name(char *list, size_t size, const char *name)
{
    size_t at = strlen(list);
    snprintf(list + at, size - at, "%s%s", at > 0 ? ", " : "", name);
}

static int unknown_key(const struct key *keys, const char *what, const char *name, bool has_value,
                       struct nordfu_error *error)
{
    const char *names[MAX_KEYS] = {NULL};
    char list[500] = "";
    for (size_t i = 0; keys[i].name != NULL && i + 1 < MAX_KEYS; i++) {
        names[i] = keys[i].name;
        add_name(list, sizeof(list), keys[i].name);
    }
    const char *nearest = args_nearest(name, names);
    if (nearest != NULL)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "A %s has no key \"%s\"; did you mean \"%s\"?", what, name,
                                nearest);
    return nordfu_error_set(error, NORDFU_ERR_USAGE,
                            has_value ? "A %s has no key \"%s\"; there are: %s."
                                      : "A %s is written KEY=VALUE,KEY=VALUE..., which \"%s\" is "
                                        "not; the keys are: %s.",
                            what, name, list);
}

/* One "key=value"; a key alone means yes. */
static int read_pair(void *config, const struct key *keys, const char *what, char *pair,
                     struct nordfu_error *error)
{
    const struct key *key = keys;
    char *equals = strchr(pair, '=');
    const char *value = equals != NULL ? equals + 1 : "yes";
    if (equals != NULL)
        *equals = 0;
    while (key->name != NULL && strcmp(key->name, pair) != 0)
        key++;
    if (key->name == NULL)
        return unknown_key(keys, what, pair, equals != NULL, error);
    if (equals == NULL && key->read != read_bool && key->read != read_choice)
        return nordfu_error_set(error, NORDFU_ERR_USAGE, "A %s's %s needs a value (%s): %s=VALUE.",
                                what, pair, key->expected, pair);
    int code = key->read((char *)config + key->offset, value, error);
    if (code == BAD_VALUE)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "\"%s\" is no value for a %s's %s; expected: %s.", value, what,
                                pair, key->expected);
    return code;
}

static int read_pairs(void *config, const struct key *keys, const char *what, const char *text,
                      struct nordfu_error *error)
{
    while (*text != 0) {
        char pair[PAIR_MAX];
        size_t size = strcspn(text, ",");
        if (size >= sizeof(pair))
            return nordfu_error_set(error, NORDFU_ERR_USAGE, "A value for a %s is too long.", what);
        snprintf(pair, sizeof(pair), "%.*s", (int)size, text);
        int code = size > 0 ? read_pair(config, keys, what, pair, error) : 0;
        if (code != 0)
            return code;
        text += size;
        text += *text == ',';
    }
    return 0;
}

/* Names what goes together instead. */
static int no_such_chip(const struct sim_device_config *config, struct nordfu_error *error)
{
    const struct sim_profile *wanted =
        config->profile != NULL ? config->profile : sim_profile_find("sdk17");
    char on[64] = "", of[64] = "";
    const struct sim_profile *p;
    for (size_t i = 0; (p = sim_profile_at(i)) != NULL; i++) {
        if (p->sdk == wanted->sdk)
            add_name(on, sizeof(on), p->chip);
        if (strcmp(p->chip, config->chip) == 0)
            add_name(of, sizeof(of), p->name);
    }
    return nordfu_error_set(error, NORDFU_ERR_USAGE,
                            "There is no bootloader of %s for an %s: with profile=%s chip is one "
                            "of %s, with chip=%s profile is one of %s.",
                            wanted->name, config->chip, wanted->name, on, config->chip, of);
}

/* Profile, chip and SoftDevice may stand behind what depends on them. */
static int complete(struct sim_device_config *config, struct nordfu_error *error)
{
    const struct sim_profile *profile = sim_device_profile(config);
    if (profile == NULL)
        return no_such_chip(config, error);
    if (config->buttonless == BUTTONLESS_NOT_GIVEN)
        config->buttonless = profile->sdk == 12 ? SIM_BUTTONLESS_SDK12 : SIM_BUTTONLESS_UNBONDED;
    if (config->buttonless == SIM_BUTTONLESS_BONDED && profile->sdk < BONDED_SINCE)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "Applications of %s know no bonds; try profile=sdk14 or a newer "
                                "one.",
                                profile->name);
    if (config->external_app && profile->sdk < EXTERNAL_SINCE)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "Bootloaders of %s take no external applications; try "
                                "profile=sdk15 or a newer one.",
                                profile->name);
    if (config->softdevice == NOT_GIVEN)
        config->softdevice = profile->softdevice;
    if (config->hw_version == NOT_GIVEN)
        config->hw_version = profile->hw_version;
    struct sim_profile debug = sim_profile_debug(profile);
    uint32_t room =
        sim_profile_room(config->debug_bootloader ? &debug : profile, config->softdevice);
    if (config->app_size > room)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "An application of %u bytes does not fit; a device's app-size is 1 "
                                "to %u.",
                                config->app_size, room);
    return 0;
}

int sim_config_device(struct sim_device_config *config, const char *text,
                      struct nordfu_error *error)
{
    static const struct air_address nobody = {0};
    *config = (struct sim_device_config){
        .name = "nordfu",
        .mode = SIM_MODE_APPLICATION,
        .buttonless = BUTTONLESS_NOT_GIVEN,
        .hw_version = NOT_GIVEN,
        .softdevice = NOT_GIVEN,
        .app_version = 1,
    };
    int code = read_pairs(config, device_keys, "device", text, error);
    if (code == 0 && memcmp(&config->address, &nobody, sizeof(nobody)) == 0)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "A device needs an address: addr=DE063B974CD8.");
    return code == 0 ? complete(config, error) : code;
}

int sim_config_dongle(struct sim_dongle_setup *setup, const char *text, struct nordfu_error *error)
{
    static const char *const names[] = {"v2", "v3", "v5", "v6", NULL};
    static const int apis[] = {2, 3, 5, 6};
    char name[16];
    size_t size = strcspn(text, ",");
    snprintf(name, sizeof(name), "%.*s", (int)(size < 15 ? size : 15), text);
    int at = position(name, names);
    if (at < 0)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "There is no dongle \"%s\"; there are: v2, v3, v5, v6.", name);
    *setup = (struct sim_dongle_setup){.config.api = apis[at]};
    return read_pairs(setup, dongle_keys, "dongle", text[size] == ',' ? text + size + 1 : "",
                      error);
}
