/* SPDX-License-Identifier: MIT
 * What to look for in which situation. */
#include <stdio.h>
#include <string.h>

#include "dfu/locate.h"
#include "nordfu/port.h"

/* A neighbour's bootloader may have the address of this device, or the one that its bootloader
 * would have. If the device itself is heard, it is the one. */
#define PATIENCE_FOR_ADDRESS (1 * NORDFU_SECOND)
/* Two devices may have one name; nobody must be updated by chance. */
#define PATIENCE_FOR_NAMESAKES (1 * NORDFU_SECOND)
/* A bootloader advertises within a second of the jump, its application perhaps once a second. */
#define PATIENCE_FOR_SERVICE (2 * NORDFU_SECOND)
/* A name is the weakest sign: other devices have it as well. */
#define PATIENCE_FOR_OTHERS (5 * NORDFU_SECOND)
#define PATIENCE_TO_THE_END UINT64_MAX

#define BOOTLOADER_NAME "DfuTarg"

const char *nordfu_match_name(enum nordfu_match match)
{
    static const char *const names[] = {
        [NORDFU_MATCH_NONE] = "none",
        [NORDFU_MATCH_ADDRESS] = "address",
        [NORDFU_MATCH_PLUS_ONE] = "address + 1",
        [NORDFU_MATCH_NAME] = "name",
        [NORDFU_MATCH_CARRY] = "address + 1 with carry",
        [NORDFU_MATCH_GIVEN] = "given name",
    };
    return (unsigned)match < sizeof(names) / sizeof(names[0]) ? names[match] : "unknown";
}

struct nordfu_address locate_plus_one(const struct nordfu_address *address)
{
    struct nordfu_address next = *address;
    next.bytes[0]++;
    return next;
}

struct nordfu_address locate_carried(const struct nordfu_address *address)
{
    struct nordfu_address next = *address;
    size_t i = 0;
    while (++next.bytes[i] == 0 && i < sizeof(next.bytes) - 1)
        i++;
    return next;
}

bool locate_is_neighbour(enum nordfu_match match)
{
    return match == NORDFU_MATCH_PLUS_ONE || match == NORDFU_MATCH_CARRY;
}

#define NAME_PREFIX "nfu"
#define NAME_SIZE   11

static const char name_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void locate_make_name(char name[32], const struct nordfu_address *address, uint64_t now)
{
    uint64_t mixed = now;
    for (size_t i = 0; i < sizeof(address->bytes); i++)
        mixed = (mixed ^ address->bytes[i]) * UINT64_C(0x100000001B3);
    mixed ^= mixed >> 30; /* the last bytes have reached the high bits only */
    mixed *= UINT64_C(0xBF58476D1CE4E5B9);
    mixed ^= mixed >> 27;
    snprintf(name, 32, NAME_PREFIX);
    for (size_t i = strlen(NAME_PREFIX); i < NAME_SIZE; i++, mixed >>= 5)
        name[i] = name_alphabet[mixed & 31];
    name[NAME_SIZE] = '\0';
}

bool locate_is_made(const char *name)
{
    size_t prefix = strlen(NAME_PREFIX);
    return strncmp(name, NAME_PREFIX, prefix) == 0 && strlen(name) == NAME_SIZE &&
           strspn(name + prefix, name_alphabet) == NAME_SIZE - prefix;
}

bool locate_is_bootloaders(const char *name)
{
    return strcmp(name, BOOTLOADER_NAME) == 0 || locate_is_made(name);
}

static struct locate_rule *add_rule(struct locate_wish *wish, enum nordfu_match match,
                                    const struct nordfu_address *address, bool service,
                                    uint64_t patience)
{
    struct locate_rule *rule = &wish->rules[wish->count++];
    *rule = (struct locate_rule){
        .match = match, .address = *address, .service = service, .patience = patience};
    return rule;
}

static struct locate_rule *add_name_rule(struct locate_wish *wish, enum nordfu_match match,
                                         const char *name, bool service, uint64_t patience)
{
    static const struct nordfu_address nobody;
    struct locate_rule *rule = add_rule(wish, match, &nobody, service, patience);
    rule->by_name = true;
    snprintf(rule->name, sizeof(rule->name), "%s", name);
    return rule;
}

/* NULL if it is the address + 1 anyway. */
static struct locate_rule *add_carry_rule(struct locate_wish *wish,
                                          const struct nordfu_address *address, uint64_t patience)
{
    struct nordfu_address plus_one = locate_plus_one(address);
    struct nordfu_address carried = locate_carried(address);
    if (nordfu_address_equal(&carried, &plus_one))
        return NULL;
    return add_rule(wish, NORDFU_MATCH_CARRY, &carried, true, patience);
}

static void first_by_name(struct locate_wish *wish, const char *wanted)
{
    const char *name = wanted[0] != '\0' ? wanted : BOOTLOADER_NAME;
    struct locate_rule *rule =
        add_name_rule(wish, NORDFU_MATCH_NAME, name, false, PATIENCE_FOR_NAMESAKES);
    /* A bootloader keeps the name that it was given once. */
    rule->given = strcmp(name, BOOTLOADER_NAME) == 0;
    snprintf(wish->what, sizeof(wish->what), "device named '%s'", name);
}

void locate_first(struct locate_wish *wish, const struct nordfu_update_options *options)
{
    *wish = (struct locate_wish){0};
    if (!options->has_address) {
        first_by_name(wish, options->name);
        return;
    }
    const struct nordfu_address *address = &options->address;
    struct nordfu_address plus_one = locate_plus_one(address);
    add_rule(wish, NORDFU_MATCH_ADDRESS, address, false, 0)->application = true;
    add_rule(wish, NORDFU_MATCH_ADDRESS, address, false, PATIENCE_FOR_ADDRESS);
    add_rule(wish, NORDFU_MATCH_PLUS_ONE, &plus_one, true, PATIENCE_FOR_ADDRESS);
    add_carry_rule(wish, address, PATIENCE_FOR_SERVICE);
    add_rule(wish, NORDFU_MATCH_PLUS_ONE, &plus_one, false, PATIENCE_TO_THE_END);
    char a[NORDFU_ADDRESS_TEXT], b[NORDFU_ADDRESS_TEXT];
    nordfu_address_format(address, a);
    nordfu_address_format(&plus_one, b);
    snprintf(wish->what, sizeof(wish->what), "device with address %s (or its bootloader at %s)", a,
             b);
}

/* It took its name: all the others are other devices, or it can't be told. */
static void jumped_with_name(struct locate_wish *wish, const struct nordfu_address *application)
{
    struct nordfu_address plus_one = locate_plus_one(application);
    add_rule(wish, NORDFU_MATCH_PLUS_ONE, &plus_one, true, PATIENCE_TO_THE_END)->refuse = true;
    add_rule(wish, NORDFU_MATCH_ADDRESS, application, true, PATIENCE_TO_THE_END)->refuse = true;
    struct locate_rule *carry = add_carry_rule(wish, application, PATIENCE_TO_THE_END);
    if (carry != NULL)
        carry->refuse = true;
    add_rule(wish, NORDFU_MATCH_ADDRESS, application, false, PATIENCE_FOR_SERVICE)->application =
        true;
}

static void jumped_without_name(struct locate_wish *wish, const struct locate_jump *jump)
{
    const struct nordfu_address *application = &jump->application;
    struct nordfu_address plus_one = locate_plus_one(application);
    add_rule(wish, NORDFU_MATCH_PLUS_ONE, &plus_one, true, 0);
    add_rule(wish, NORDFU_MATCH_ADDRESS, application, true, PATIENCE_FOR_ADDRESS);
    add_carry_rule(wish, application, PATIENCE_FOR_ADDRESS);
    if (!jump->service_only)
        add_rule(wish, NORDFU_MATCH_PLUS_ONE, &plus_one, false, PATIENCE_FOR_SERVICE);
    add_rule(wish, NORDFU_MATCH_ADDRESS, application, false, PATIENCE_FOR_SERVICE);
    add_name_rule(wish, NORDFU_MATCH_NAME, BOOTLOADER_NAME, true, PATIENCE_FOR_OTHERS)->fresh =
        true;
}

static void describe_jumped(struct locate_wish *wish, const struct locate_jump *jump)
{
    char a[NORDFU_ADDRESS_TEXT], b[NORDFU_ADDRESS_TEXT];
    struct nordfu_address plus_one = locate_plus_one(&jump->application);
    nordfu_address_format(&jump->application, a);
    nordfu_address_format(&plus_one, b);
    if (jump->bonded)
        snprintf(wish->what, sizeof(wish->what), "bootloader at %s", a);
    else if (jump->name != NULL && jump->sure)
        snprintf(wish->what, sizeof(wish->what), "bootloader named '%s'", jump->name);
    else
        snprintf(wish->what, sizeof(wish->what), "bootloader at %s or %s or named '%s'", b, a,
                 jump->name != NULL ? jump->name : BOOTLOADER_NAME);
}

void locate_jumped(struct locate_wish *wish, const struct locate_jump *jump)
{
    *wish = (struct locate_wish){.before = jump->before};
    describe_jumped(wish, jump);
    if (jump->bonded) {
        add_rule(wish, NORDFU_MATCH_ADDRESS, &jump->application, true, 0);
        add_rule(wish, NORDFU_MATCH_ADDRESS, &jump->application, false, PATIENCE_FOR_SERVICE);
        return;
    }
    if (jump->name != NULL) {
        add_name_rule(wish, NORDFU_MATCH_GIVEN, jump->name, false, 0);
        snprintf(wish->name, sizeof(wish->name), "%s", jump->name);
    }
    if (jump->name != NULL && jump->sure)
        jumped_with_name(wish, &jump->application);
    else
        jumped_without_name(wish, jump);
}

void locate_places(struct locate_wish *wish, const struct nordfu_address *application)
{
    struct nordfu_address plus_one = locate_plus_one(application);
    *wish = (struct locate_wish){0};
    add_rule(wish, NORDFU_MATCH_PLUS_ONE, &plus_one, true, 0);
    add_rule(wish, NORDFU_MATCH_ADDRESS, application, true, 0);
    add_carry_rule(wish, application, 0);
}

/* The application may be back, or a new bootloader may have another address. */
static void again_by_application(struct locate_wish *wish, const struct locate_return *again)
{
    const struct nordfu_address *application = again->application;
    struct nordfu_address plus_one = locate_plus_one(application);
    if (!nordfu_address_equal(&plus_one, &again->bootloader->address))
        add_rule(wish, NORDFU_MATCH_PLUS_ONE, &plus_one, true, PATIENCE_FOR_ADDRESS);
    if (nordfu_address_equal(application, &again->bootloader->address))
        return;
    add_rule(wish, NORDFU_MATCH_ADDRESS, application, true, PATIENCE_FOR_ADDRESS);
    add_rule(wish, NORDFU_MATCH_ADDRESS, application, false, PATIENCE_FOR_SERVICE);
}

void locate_again(struct locate_wish *wish, const struct locate_return *again)
{
    const struct locate_found *bootloader = again->bootloader;
    *wish = (struct locate_wish){0};
    char text[NORDFU_ADDRESS_TEXT];
    nordfu_address_format(&bootloader->address, text);
    snprintf(wish->what, sizeof(wish->what), "bootloader at %s", text);
    add_rule(wish, bootloader->match, &bootloader->address, true, 0);
    if (again->name != NULL)
        add_name_rule(wish, NORDFU_MATCH_GIVEN, again->name, false, 0);
    /* A neighbour's application may have the same address. */
    if (!again->service_only)
        add_rule(wish, bootloader->match, &bootloader->address, false,
                 bootloader->bootloader ? PATIENCE_FOR_ADDRESS : 0);
    if (again->application != NULL)
        again_by_application(wish, again);
}
