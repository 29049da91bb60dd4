/* SPDX-License-Identifier: MIT */
#include "dfu/locate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/plain.h"
#include "dfu/gatt.h"
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
#define MAX_LISTED      4 /* devices named in a sentence */

struct seen {
    struct nordfu_address address;
    bool connectable;
    bool service;     /* told of the DFU service, in whatever report */
    bool bootloader;  /* advertised the DFU service */
    bool application; /* advertised without it */
    char name[32];
};

/* What became of a rule. */
struct state {
    bool fits;
    bool stamped;     /* `since` is set */
    bool ambiguous;   /* more than one device fits */
    uint64_t since;   /* µs */
    struct seen seen; /* the first that fitted */
};

struct search {
    const struct locate_wish *wish;
    struct nordfu_uuid service;
    bool news; /* a rule fits that didn't before */
    size_t count;
    struct seen seen[LOCATE_MAX_SEEN]; /* the last ones of `count` */
    struct state states[LOCATE_MAX_RULES];
};

const char *nordfu_match_name(enum nordfu_match match)
{
    static const char *const names[] = {
        [NORDFU_MATCH_NONE] = "none",
        [NORDFU_MATCH_ADDRESS] = "address",
        [NORDFU_MATCH_PLUS_ONE] = "address + 1",
        [NORDFU_MATCH_NAME] = "name",
    };
    return (unsigned)match < sizeof(names) / sizeof(names[0]) ? names[match] : "unknown";
}

struct nordfu_address locate_plus_one(const struct nordfu_address *address)
{
    struct nordfu_address next = *address;
    next.bytes[0]++;
    return next;
}

static struct locate_rule *add_rule(struct locate_wish *wish, enum nordfu_match match,
                                    const struct nordfu_address *address, bool service,
                                    uint64_t patience)
{
    struct locate_rule *rule = &wish->rules[wish->count++];
    *rule = (struct locate_rule){.match = match, .service = service, .patience = patience};
    if (address != NULL)
        rule->address = *address;
    return rule;
}

static void add_name_rule(struct locate_wish *wish, const char *name, bool service,
                          uint64_t patience)
{
    struct locate_rule *rule = add_rule(wish, NORDFU_MATCH_NAME, NULL, service, patience);
    rule->by_name = true;
    snprintf(rule->name, sizeof(rule->name), "%s", name);
}

void locate_first(struct locate_wish *wish, const struct nordfu_update_options *options)
{
    *wish = (struct locate_wish){0};
    if (!options->has_address) {
        const char *name = options->name[0] != '\0' ? options->name : BOOTLOADER_NAME;
        add_name_rule(wish, name, false, PATIENCE_FOR_NAMESAKES);
        snprintf(wish->what, sizeof(wish->what), "device named '%s'", name);
        return;
    }
    struct nordfu_address plus_one = locate_plus_one(&options->address);
    add_rule(wish, NORDFU_MATCH_ADDRESS, &options->address, false, 0)->application = true;
    add_rule(wish, NORDFU_MATCH_ADDRESS, &options->address, false, PATIENCE_FOR_ADDRESS);
    add_rule(wish, NORDFU_MATCH_PLUS_ONE, &plus_one, true, PATIENCE_FOR_ADDRESS);
    add_rule(wish, NORDFU_MATCH_PLUS_ONE, &plus_one, false, PATIENCE_TO_THE_END);
    char a[NORDFU_ADDRESS_TEXT], b[NORDFU_ADDRESS_TEXT];
    nordfu_address_format(&options->address, a);
    nordfu_address_format(&plus_one, b);
    snprintf(wish->what, sizeof(wish->what), "device with address %s (or its bootloader at %s)", a,
             b);
}

void locate_jumped(struct locate_wish *wish, const struct nordfu_address *application)
{
    struct nordfu_address plus_one = locate_plus_one(application);
    *wish = (struct locate_wish){0};
    add_rule(wish, NORDFU_MATCH_PLUS_ONE, &plus_one, true, 0);
    add_rule(wish, NORDFU_MATCH_ADDRESS, application, true, PATIENCE_FOR_ADDRESS);
    add_rule(wish, NORDFU_MATCH_PLUS_ONE, &plus_one, false, PATIENCE_FOR_SERVICE);
    add_rule(wish, NORDFU_MATCH_ADDRESS, application, false, PATIENCE_FOR_SERVICE);
    add_name_rule(wish, BOOTLOADER_NAME, true, PATIENCE_FOR_OTHERS);
    char a[NORDFU_ADDRESS_TEXT], b[NORDFU_ADDRESS_TEXT];
    nordfu_address_format(application, a);
    nordfu_address_format(&plus_one, b);
    snprintf(wish->what, sizeof(wish->what), "bootloader at %s or %s or named '%s'", b, a,
             BOOTLOADER_NAME);
}

void locate_again(struct locate_wish *wish, const struct locate_found *bootloader,
                  const struct nordfu_address *application)
{
    *wish = (struct locate_wish){0};
    add_rule(wish, bootloader->match, &bootloader->address, false, 0);
    char text[NORDFU_ADDRESS_TEXT];
    nordfu_address_format(&bootloader->address, text);
    snprintf(wish->what, sizeof(wish->what), "bootloader at %s", text);
    if (application == NULL || nordfu_address_equal(application, &bootloader->address))
        return;
    /* It may have given up waiting and started its application. */
    add_rule(wish, NORDFU_MATCH_ADDRESS, application, false, PATIENCE_FOR_SERVICE);
}

static bool rule_fits(const struct locate_rule *rule, const struct seen *seen)
{
    if (!seen->connectable || (rule->service && !seen->service) ||
        (rule->application && !seen->application))
        return false;
    return rule->by_name ? strcmp(rule->name, seen->name) == 0
                         : nordfu_address_equal(&rule->address, &seen->address);
}

/* How many devices are remembered. */
static size_t known(const struct search *search)
{
    return search->count < LOCATE_MAX_SEEN ? search->count : LOCATE_MAX_SEEN;
}

static struct seen *remember(struct search *search, const struct nordfu_address *address)
{
    for (size_t i = 0; i < known(search); i++) {
        if (nordfu_address_equal(&search->seen[i].address, address))
            return &search->seen[i];
    }
    struct seen *seen = &search->seen[search->count++ % LOCATE_MAX_SEEN];
    *seen = (struct seen){.address = *address};
    return seen;
}

/* Advertisement and scan response come one by one and are put together here. */
static void merge(struct search *search, struct seen *seen, const struct nordfu_advert *advert)
{
    bool service = false;
    for (size_t i = 0; i < advert->service_count; i++)
        service |= nordfu_uuid_equal(&advert->services[i], &search->service);
    seen->connectable |= advert->connectable;
    seen->service |= service;
    if (advert->name[0] != '\0')
        memcpy(seen->name, advert->name, sizeof(seen->name));
    if (advert->scan_response || !advert->connectable)
        return; /* what is not in these may be in the advertisement */
    seen->bootloader |= service;
    seen->application |= !service;
}

static void apply(struct search *search, size_t index, const struct seen *seen)
{
    struct state *state = &search->states[index];
    if (!rule_fits(&search->wish->rules[index], seen))
        return;
    if (!state->fits) {
        state->fits = true;
        search->news = true;
        state->seen = *seen;
    } else if (nordfu_address_equal(&state->seen.address, &seen->address)) {
        state->seen = *seen;
    } else {
        state->ambiguous = true;
    }
}

static bool report(void *context, const struct nordfu_advert *advert)
{
    struct search *search = context;
    struct seen *seen = remember(search, &advert->address);
    merge(search, seen, advert);
    for (size_t i = 0; i < search->wish->count; i++)
        apply(search, i, seen);
    return search->news;
}

static uint64_t over_at(const struct search *search, size_t index)
{
    const struct state *state = &search->states[index];
    uint64_t patience = search->wish->rules[index].patience;
    return patience > UINT64_MAX - state->since ? UINT64_MAX : state->since + patience;
}

/* Notes when rules began to fit. Returns when the next decision is due. */
static uint64_t stamp(struct search *search, uint64_t now, uint64_t deadline)
{
    search->news = false;
    for (size_t i = 0; i < search->wish->count; i++) {
        struct state *state = &search->states[i];
        if (!state->fits)
            continue;
        if (!state->stamped) {
            state->stamped = true;
            state->since = now;
        }
        if (over_at(search, i) < deadline)
            deadline = over_at(search, i);
    }
    return deadline;
}

/* The rule that wins now, or -1. */
static int winner(const struct search *search, uint64_t now, uint64_t deadline)
{
    for (size_t i = 0; i < search->wish->count; i++) {
        if (search->states[i].fits && (now >= deadline || now >= over_at(search, i)))
            return (int)i;
    }
    return -1;
}

/* "Thermo at DE:06:3B:97:4C:D8, ...": the devices heard, or those called `name` (NULL = all). */
static void list_devices(const struct search *search, const char *name, char *text, size_t size)
{
    size_t listed = 0, more = 0;
    text[0] = '\0';
    for (size_t i = 0; i < known(search); i++) {
        const struct seen *seen = &search->seen[i];
        char label[32], address[NORDFU_ADDRESS_TEXT];
        size_t used = strlen(text);
        if (name != NULL && strcmp(seen->name, name) != 0)
            continue;
        if (listed++ >= MAX_LISTED) {
            more++;
            continue;
        }
        snprintf(label, sizeof(label), "%s", seen->name);
        plain_text(label);
        nordfu_address_format(&seen->address, address);
        snprintf(text + used, size - used, "%s%s%s%s", used == 0 ? "" : ", ", label,
                 label[0] == '\0' ? "" : " at ", address);
    }
    size_t used = strlen(text);
    if (more > 0)
        snprintf(text + used, size - used, " and %s%zu more",
                 search->count > LOCATE_MAX_SEEN ? "over " : "", more);
}

static int ambiguous(const struct search *search, const struct locate_rule *rule,
                     struct nordfu_error *error)
{
    char list[256];
    list_devices(search, rule->name, list, sizeof(list));
    return nordfu_error_set(error, NORDFU_ERR_NOT_FOUND,
                            "More than one device named '%s' is in range (%s): choose one by its "
                            "address, or switch the others off.",
                            rule->name, list);
}

static int not_found(const struct search *search, uint64_t timeout, struct nordfu_error *error)
{
    const struct locate_wish *wish = search->wish;
    bool silent = true;
    for (size_t i = 0; i < known(search); i++) {
        const struct seen *seen = &search->seen[i];
        if (!seen->connectable && !wish->rules[0].by_name &&
            nordfu_address_equal(&seen->address, &wish->rules[0].address))
            silent = false;
    }
    char list[256];
    list_devices(search, NULL, list, sizeof(list));
    return nordfu_error_set(error, NORDFU_ERR_NOT_FOUND,
                            "No %s %s in %" PRIu64 " s: see that it is powered, in range and not "
                            "connected elsewhere; %s%s.",
                            wish->what, silent ? "was heard" : "was heard to accept connections",
                            timeout / NORDFU_SECOND,
                            list[0] == '\0' ? "nothing else was heard either" : "heard was only ",
                            list);
}

int locate(struct nordfu_central *central, const struct locate_wish *wish, uint64_t timeout,
           struct locate_found *found, struct nordfu_error *error)
{
    struct search search = {.wish = wish, .service = nordfu_uuid16(GATT_DFU_SERVICE)};
    uint64_t now = nordfu_central_now(central);
    uint64_t deadline = now + timeout;
    while (winner(&search, now, deadline) < 0 && now < deadline) {
        uint64_t until = stamp(&search, now, deadline);
        int rc = nordfu_central_scan(central, report, &search, until, error);
        if (rc != 0 && rc != NORDFU_ERR_TIMEOUT)
            return rc;
        now = nordfu_central_now(central);
        stamp(&search, now, deadline);
    }
    int index = winner(&search, now, deadline);
    if (index < 0)
        return not_found(&search, timeout, error);
    const struct state *state = &search.states[index];
    if (state->ambiguous && wish->rules[index].by_name)
        return ambiguous(&search, &wish->rules[index], error);
    *found = (struct locate_found){
        .address = state->seen.address,
        .match = wish->rules[index].match,
        .application = state->seen.application,
    };
    memcpy(found->name, state->seen.name, sizeof(found->name));
    return 0;
}

int locate_shared(struct nordfu_central *central, const struct nordfu_address *address,
                  bool *shared, struct nordfu_error *error)
{
    const struct locate_wish nobody = {0};
    struct search search = {.wish = &nobody, .service = nordfu_uuid16(GATT_DFU_SERVICE)};
    uint64_t deadline = nordfu_central_now(central) + PATIENCE_FOR_ADDRESS;
    int rc = nordfu_central_scan(central, report, &search, deadline, error);
    *shared = false;
    for (size_t i = 0; i < known(&search); i++) {
        const struct seen *seen = &search.seen[i];
        if (nordfu_address_equal(&seen->address, address))
            *shared = seen->bootloader && seen->application;
    }
    return rc == NORDFU_ERR_TIMEOUT ? 0 : rc;
}
