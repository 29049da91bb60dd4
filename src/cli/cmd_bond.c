/* SPDX-License-Identifier: MIT
 * nordfu bond: show and delete what is kept of pairings with devices. Keys are never shown. */
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/json.h"
#include "nordfu/bond.h"

#define BONDS_OPTION                                                                               \
    {                                                                                              \
        NULL, "--bonds", ARGS_TEXT,                                                                \
            "File that keeps them; nordfu/bonds in $XDG_STATE_HOME, or in ~/.local/state, by "     \
            "default.",                                                                            \
            NULL, false                                                                            \
    }

/* ---- list ---- */

enum { LIST_JSON, LIST_BONDS, LIST_OPTIONS };

static const struct args_option list_options[LIST_OPTIONS] = {
    [LIST_JSON] = {NULL, "--json", ARGS_FLAG, "One JSON object per bond on standard output.", NULL,
                   false},
    [LIST_BONDS] = BONDS_OPTION,
};

/* An address, or "-" for none. */
static const char *address_text(const struct nordfu_address *address,
                                char text[NORDFU_ADDRESS_TEXT])
{
    strcpy(text, "-");
    if (address != NULL)
        nordfu_address_format(address, text);
    return text;
}

static const char *type_name(const struct nordfu_address *address)
{
    static const char *const names[] = {"public", "static", "resolvable", "non-resolvable"};
    return address->type < sizeof(names) / sizeof(names[0]) ? names[address->type] : "unknown";
}

/* "2026-03-01T12:00:00Z" */
static const char *time_text(int64_t seconds, char text[32])
{
    time_t when = (time_t)seconds;
    struct tm utc;
    if (gmtime_r(&when, &utc) == NULL || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        strcpy(text, "-");
    return text;
}

static void print_bond(const struct nordfu_bond_entry *entry)
{
    const struct nordfu_bond *bond = &entry->bond;
    char peer[NORDFU_ADDRESS_TEXT], own[NORDFU_ADDRESS_TEXT], identity[NORDFU_ADDRESS_TEXT];
    char created[32];
    printf("%-17s  %-20s  %-17s  %s\n", address_text(&bond->peer, peer),
           time_text(entry->created, created), address_text(&bond->own, own),
           address_text(bond->has_identity ? &bond->identity : NULL, identity));
}

static void print_json(const struct nordfu_bond_entry *entry)
{
    const struct nordfu_bond *bond = &entry->bond;
    char text[NORDFU_ADDRESS_TEXT], created[32];
    struct json json;
    json_begin(&json, "bond");
    json_text(&json, "address", address_text(&bond->peer, text));
    json_text(&json, "address_type", type_name(&bond->peer));
    json_text(&json, "own_address", address_text(&bond->own, text));
    if (bond->has_identity) {
        json_text(&json, "identity", address_text(&bond->identity, text));
        json_text(&json, "identity_type", type_name(&bond->identity));
    }
    json_text(&json, "created", time_text(entry->created, created));
    json_number(&json, "key_size", bond->ltk_size);
    json_bool(&json, "authenticated", bond->authenticated);
    json_bool(&json, "secure_connections", bond->lesc);
    json_end(&json, stdout);
}

static int run_list(struct app *app, const struct args *args)
{
    (void)app;
    bool json = args->values[LIST_JSON].count > 0;
    struct nordfu_bond_store *store;
    struct nordfu_error error = {0};
    if (nordfu_bond_store_open(&store, args->values[LIST_BONDS].text, &error) != 0) {
        if (json)
            json_print_error(stdout, &error, command_exit_code(error.code));
        return command_fail(&error);
    }
    size_t count = nordfu_bond_store_count(store);
    if (!json && count == 0)
        printf("No bonds.\n");
    else if (!json)
        printf("%-17s  %-20s  %-17s  %s\n", "ADDRESS", "BONDED", "BY DONGLE AS", "IDENTITY");
    for (size_t i = 0; i < count; i++) {
        if (json)
            print_json(nordfu_bond_store_get(store, i));
        else
            print_bond(nordfu_bond_store_get(store, i));
    }
    nordfu_bond_store_free(&store);
    return 0;
}

const struct command cmd_bond_list = {
    .args =
        {
            .name = "bond list",
            .tail = "[OPTIONS]",
            .summary = "List the bonds, the oldest first.",
            .details = "Each with the device's address, when it was made, the address that the "
                       "dongle had then, and the device's identity address, if it told one.",
            .options = list_options,
            .option_count = LIST_OPTIONS,
        },
    .run = run_list,
};

/* ---- remove ---- */

enum { REMOVE_ALL, REMOVE_BONDS, REMOVE_OPTIONS };

static const struct args_option remove_options[REMOVE_OPTIONS] = {
    [REMOVE_ALL] = {NULL, "--all", ARGS_FLAG, "Delete all bonds.", NULL, false},
    [REMOVE_BONDS] = BONDS_OPTION,
};

static const struct args_argument remove_arguments[] = {{"ADDRESS"}};

static int fail_without_bond(const struct nordfu_address *address,
                             const struct nordfu_bond_store *store)
{
    char text[NORDFU_ADDRESS_TEXT];
    struct nordfu_error error = {0};
    nordfu_error_set(&error, NORDFU_ERR_NOT_FOUND,
                     "There is no bond with %s in %s: 'bond list' shows those there are.",
                     address_text(address, text), nordfu_bond_store_path(store));
    return command_fail(&error);
}

static int run_remove(struct app *app, const struct args *args)
{
    (void)app;
    const char *typed = args->arguments[0];
    struct nordfu_address address;
    struct nordfu_bond_store *store;
    struct nordfu_error error = {0};
    if ((typed != NULL) == (args->values[REMOVE_ALL].count > 0))
        return args_complain(args, "Name either the ADDRESS of a device or --all.");
    if (typed != NULL && nordfu_address_parse(&address, typed, &error) != 0)
        return args_complain(args, "Invalid value for 'ADDRESS': Must be exactly 6 bytes HEX, e.g. "
                                   "ABCDEF123456 or AB:CD:EF:12:34:56.");
    if (nordfu_bond_store_open(&store, args->values[REMOVE_BONDS].text, &error) != 0)
        return command_fail(&error);
    int count = nordfu_bond_store_remove(store, typed != NULL ? &address : NULL, &error);
    int code = 0;
    if (count < 0)
        code = command_fail(&error);
    else if (count == 0 && typed != NULL)
        code = fail_without_bond(&address, store);
    else
        printf("%d bond%s deleted.\n", count, count == 1 ? "" : "s");
    nordfu_bond_store_free(&store);
    return code;
}

const struct command cmd_bond_remove = {
    .args =
        {
            .name = "bond remove",
            .tail = "[OPTIONS] [ADDRESS]",
            .summary = "Delete all bonds with a device, or all there are.",
            .details = "The device keeps its half: it may have to delete that, too, before it "
                       "pairs again.",
            .options = remove_options,
            .option_count = REMOVE_OPTIONS,
            .arguments = remove_arguments,
            .argument_count = 1,
            .optional_count = 1,
        },
    .run = run_remove,
};
