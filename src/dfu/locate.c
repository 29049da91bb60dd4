/* SPDX-License-Identifier: MIT */
#include "dfu/locate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/plain.h"
#include "dfu/gatt.h"
#include "nordfu/port.h"

#define LISTEN_SHARED NORDFU_SECOND
#define MAX_LISTED    4 /* devices named in a sentence */

struct seen {
    struct nordfu_address address;
    bool connectable;
    bool service;     /* told of the DFU service, in whatever report */
    bool bootloader;  /* advertised the DFU service */
    bool application; /* advertised without it */
    bool before;      /* it is in wish->before */
    int8_t rssi;      /* dBm, of the last report */
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

static bool rule_fits(const struct locate_rule *rule, const struct seen *seen)
{
    if (!seen->connectable || (rule->service && !seen->service) ||
        (rule->application && !seen->application) || (rule->fresh && seen->before))
        return false;
    if (!rule->by_name)
        return nordfu_address_equal(&rule->address, &seen->address);
    return strcmp(rule->name, seen->name) == 0 ||
           (rule->given && seen->service && locate_is_made(seen->name));
}

static bool was_heard(const struct locate_heard *heard, const struct nordfu_address *address)
{
    for (size_t i = 0; heard != NULL && i < heard->count && i < LOCATE_MAX_HEARD; i++) {
        if (nordfu_address_equal(&heard->addresses[i], address))
            return true;
    }
    return false;
}

static void keep_heard(struct locate_heard *heard, const struct nordfu_address *address)
{
    if (heard != NULL && !was_heard(heard, address))
        heard->addresses[heard->count++ % LOCATE_MAX_HEARD] = *address;
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
    *seen = (struct seen){.address = *address, .before = was_heard(search->wish->before, address)};
    keep_heard(search->wish->heard, address);
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
    seen->rssi = advert->rssi;
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

/* Whether a device comes into question by `rule`, or by any that is refused like it. NULL: all do.
 */
static bool is_candidate(const struct search *search, const struct locate_rule *rule,
                         const struct seen *seen)
{
    if (rule == NULL || rule_fits(rule, seen))
        return true;
    const struct locate_wish *wish = search->wish;
    for (size_t i = 0; rule->refuse && i < wish->count; i++) {
        if (wish->rules[i].refuse && rule_fits(&wish->rules[i], seen))
            return true;
    }
    return false;
}

/* "Thermo at DE:06:3B:97:4C:D8 (-60 dBm), ...": the devices heard, or those that fit `rule`. */
static void list_devices(const struct search *search, const struct locate_rule *rule, char *text,
                         size_t size)
{
    size_t listed = 0, more = 0;
    text[0] = '\0';
    for (size_t i = 0; i < known(search); i++) {
        const struct seen *seen = &search->seen[i];
        char label[32], address[NORDFU_ADDRESS_TEXT];
        size_t used = strlen(text);
        if (!is_candidate(search, rule, seen))
            continue;
        if (listed++ >= MAX_LISTED) {
            more++;
            continue;
        }
        snprintf(label, sizeof(label), "%s", seen->name);
        plain_text(label);
        nordfu_address_format(&seen->address, address);
        snprintf(text + used, size - used, "%s%s%s%s (%d dBm)", used == 0 ? "" : ", ", label,
                 label[0] == '\0' ? "" : " at ", address, seen->rssi);
    }
    size_t used = strlen(text);
    if (more > 0)
        snprintf(text + used, size - used, " and %s%zu more",
                 search->count > LOCATE_MAX_SEEN ? "over " : "", more);
}

/* Several devices have the name that only one should have. */
static int ambiguous(const struct search *search, const struct locate_rule *rule,
                     struct nordfu_error *error)
{
    char list[320];
    list_devices(search, rule, list, sizeof(list));
    return nordfu_error_set(error, NORDFU_ERR_NOT_FOUND,
                            "More than one device named '%s' is in range: %s. Choose one by its "
                            "address, or switch the others off.",
                            rule->name, list);
}

/* Only devices without the name that ours was given are where its bootloader should be. */
static int unsure(const struct search *search, const struct locate_rule *rule,
                  struct nordfu_error *error)
{
    char list[256];
    list_devices(search, rule, list, sizeof(list));
    return nordfu_error_set(error, NORDFU_ERR_NOT_FOUND,
                            "The device took the name '%s' for its bootloader, and no bootloader "
                            "in range has it. This may be the device or a neighbour, so it is left "
                            "alone: %s. If you know that it is the device, choose it by this "
                            "address.",
                            search->wish->name, list);
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
    char list[320];
    list_devices(search, NULL, list, sizeof(list));
    return nordfu_error_set(error, NORDFU_ERR_NOT_FOUND,
                            "No %s %s in %" PRIu64 " s: see that it is powered, in range and not "
                            "connected elsewhere; %s%s.",
                            wish->what, silent ? "was heard" : "was heard to accept connections",
                            timeout / NORDFU_SECOND,
                            list[0] == '\0' ? "nothing else was heard either" : "heard was only ",
                            list);
}

static struct locate_found finding(const struct search *search, size_t index)
{
    const struct seen *seen = &search->states[index].seen;
    struct locate_found found = {
        .address = seen->address,
        .match = search->wish->rules[index].match,
        .application = seen->application,
        .bootloader = seen->bootloader,
    };
    memcpy(found.name, seen->name, sizeof(found.name));
    return found;
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
        now = nordfu_central_now(central);
        bool stopped = rc == NORDFU_ERR_TIMEOUT && now < until; /* not by the search's own end */
        if (stopped || (rc != 0 && rc != NORDFU_ERR_TIMEOUT))
            return rc;
        stamp(&search, now, deadline);
    }
    int index = winner(&search, now, deadline);
    if (index < 0)
        return not_found(&search, timeout, error);
    const struct state *state = &search.states[index];
    const struct locate_rule *rule = &wish->rules[index];
    if (rule->refuse)
        return unsure(&search, rule, error);
    if (state->ambiguous && rule->by_name)
        return ambiguous(&search, rule, error);
    *found = finding(&search, (size_t)index);
    return 0;
}

int locate_shared(struct nordfu_central *central, const struct nordfu_address *address,
                  bool *shared, struct nordfu_error *error)
{
    const struct locate_wish nobody = {0};
    struct search search = {.wish = &nobody, .service = nordfu_uuid16(GATT_DFU_SERVICE)};
    uint64_t deadline = nordfu_central_now(central) + LISTEN_SHARED;
    int rc = nordfu_central_scan(central, report, &search, deadline, error);
    *shared = false;
    for (size_t i = 0; i < known(&search); i++) {
        const struct seen *seen = &search.seen[i];
        if (nordfu_address_equal(&seen->address, address))
            *shared = seen->bootloader && seen->application;
    }
    return rc == NORDFU_ERR_TIMEOUT ? 0 : rc;
}

int locate_listen(struct nordfu_central *central, const struct nordfu_address *application,
                  uint64_t time, struct locate_heard *heard, struct locate_found *neighbour,
                  struct nordfu_error *error)
{
    struct locate_wish places;
    locate_places(&places, application);
    places.heard = heard;
    struct search search = {.wish = &places, .service = nordfu_uuid16(GATT_DFU_SERVICE)};
    uint64_t until = nordfu_central_now(central) + time;
    int rc = nordfu_central_scan(central, report, &search, until, error);
    int index = winner(&search, until, until);
    *neighbour = (struct locate_found){0};
    if (index >= 0)
        *neighbour = finding(&search, (size_t)index);
    return rc == NORDFU_ERR_TIMEOUT ? 0 : rc;
}
