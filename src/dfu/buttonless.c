/* SPDX-License-Identifier: MIT */
#include "dfu/buttonless.h"

#include <string.h>

#include "dfu/gatt.h"
#include "nordfu/port.h"

#define ENTER_BOOTLOADER 0x01
#define SET_NAME         0x02
#define RESPONSE         0x20
#define STATUS_SUCCESS   0x01

#define ANSWER_TIMEOUT (5 * NORDFU_SECOND)
#define RESET_TIMEOUT  (5 * NORDFU_SECOND) /* the link's supervision timeout is usually 4 s */
#define UNRELATED_MOST 64                  /* messages skipped before the answer */

static const struct {
    enum gatt_kind kind;
    enum buttonless_device device;
} kinds[] = {
    {GATT_CONTROL_POINT, BUTTONLESS_BOOTLOADER},
    {GATT_BUTTONLESS, BUTTONLESS_UNBONDED},
    {GATT_BUTTONLESS_BONDED, BUTTONLESS_BONDED},
    {GATT_BUTTONLESS_SDK12, BUTTONLESS_SDK12},
};

/* The first of `kinds` that the link has; NULL if it has none. */
static const struct nordfu_characteristic *recognise(const struct nordfu_link *link,
                                                     enum buttonless_device *device)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct nordfu_characteristic *found = gatt_find(link, kinds[i].kind);
        *device = kinds[i].device;
        if (found != NULL)
            return found;
    }
    return NULL;
}

int buttonless_look(const struct nordfu_central *central, enum buttonless_device *device,
                    struct nordfu_error *error)
{
    const struct nordfu_link *link = nordfu_central_link(central);
    if (link == NULL)
        return nordfu_error_set(error, NORDFU_ERR_LINK, "The link was lost.");
    if (recognise(link, device) != NULL)
        return 0;
    if (gatt_find(link, GATT_LEGACY_CONTROL_POINT) != NULL)
        return nordfu_error_set(
            error, NORDFU_ERR_UNSUPPORTED,
            "The device offers legacy DFU (SDK 11 or older), which nordfu can't do yet; use the "
            "tool of its SDK.");
    char services[300];
    gatt_describe(link, services, sizeof(services));
    return nordfu_error_set(error, NORDFU_ERR_NOT_FOUND,
                            "The device offers no DFU service (its services: %s); start its "
                            "bootloader by button, or add buttonless DFU to its application.",
                            services);
}

/* What to do about a status; NULL if it is unknown. */
static const char *status_text(uint8_t status)
{
    static const char *const texts[] = {
        [0x02] = "it does not know how; start the bootloader by button",
        [0x04] = "the operation failed; reset the device and try again",
        [0x05] = "the advertising name is not valid; reset the device and try again",
        [0x06] = "it is busy; try again later",
        [0x07] = "it does not take this computer for bonded; remove the bond here (nordfu bond "
                 "remove) and in the device and try again, or start the bootloader by button",
    };
    return status < sizeof(texts) / sizeof(texts[0]) ? texts[status] : NULL;
}

static int refused(uint8_t status, struct nordfu_error *error)
{
    const char *text = status_text(status);
    return nordfu_error_from(
        error, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_BUTTONLESS, status,
        "The application would not start its bootloader (status 0x%02X): %s.", status,
        text != NULL ? text : "it gave no reason that nordfu knows; reset it and try again");
}

/* What is asked for, in a sentence. */
static const char *request_text(uint8_t op)
{
    return op == SET_NAME ? "the request to name its bootloader"
                          : "the request to start its bootloader";
}

/* Waits for [20 op status]. */
static int await(struct buttonless *b, uint8_t op, uint8_t *status, struct nordfu_error *error)
{
    uint64_t deadline = nordfu_central_now(b->central) + ANSWER_TIMEOUT;
    for (int i = 0; i < UNRELATED_MOST; i++) {
        uint8_t bytes[20];
        uint16_t from = 0;
        int n = nordfu_central_receive(b->central, &from, bytes, sizeof(bytes), deadline, error);
        if (n == NORDFU_ERR_TIMEOUT)
            return nordfu_error_set(error, NORDFU_ERR_TIMEOUT,
                                    "The application did not answer %s within %d s; reset the "
                                    "device and try again.",
                                    request_text(op), (int)(ANSWER_TIMEOUT / NORDFU_SECOND));
        if (n < 0)
            return n;
        if (from != b->handle || n == 0 || bytes[0] != RESPONSE || (n >= 2 && bytes[1] != op))
            continue;
        if (n < 3)
            return nordfu_error_set(error, NORDFU_ERR_TRANSFER,
                                    "The application's answer to %s is cut off (%d bytes); reset "
                                    "the device and try again.",
                                    request_text(op), n);
        *status = bytes[2];
        return 0;
    }
    return nordfu_error_set(error, NORDFU_ERR_TRANSFER,
                            "The application sent %d messages and none answers %s; reset the "
                            "device and try again.",
                            UNRELATED_MOST, request_text(op));
}

static int ask(struct buttonless *b, const uint8_t *request, size_t size, uint8_t *status,
               struct nordfu_error *error)
{
    uint64_t deadline = nordfu_central_now(b->central) + ANSWER_TIMEOUT;
    int rc = nordfu_central_write(b->central, b->handle, request, size, deadline, error);
    return rc == 0 ? await(b, request[0], status, error) : rc;
}

int buttonless_open(struct buttonless *b, struct nordfu_central *central, const struct sink *sink,
                    struct nordfu_error *error)
{
    enum buttonless_device device = BUTTONLESS_BOOTLOADER;
    const struct nordfu_link *link = nordfu_central_link(central);
    const struct nordfu_characteristic *found = link != NULL ? recognise(link, &device) : NULL;
    if (found == NULL || device == BUTTONLESS_BOOTLOADER)
        return nordfu_error_set(error, NORDFU_ERR_NOT_FOUND,
                                "The device offers no buttonless DFU.");
    struct nordfu_characteristic characteristic =
        *found; /* the link is valid until the next call */
    *b = (struct buttonless){central, sink, characteristic.value_handle};
    return nordfu_central_subscribe(central, &characteristic,
                                    nordfu_central_now(central) + ANSWER_TIMEOUT, error);
}

int buttonless_name(struct buttonless *b, const char *name, enum buttonless_named *named,
                    struct nordfu_error *error)
{
    uint8_t request[2 + BUTTONLESS_NAME_MAX] = {SET_NAME};
    uint8_t status = 0;
    size_t length = strlen(name);
    if (length > BUTTONLESS_NAME_MAX)
        length = BUTTONLESS_NAME_MAX;
    request[1] = (uint8_t)length;
    memcpy(request + 2, name, length);
    int rc = ask(b, request, 2 + length, &status, error);
    *named = BUTTONLESS_NAMELESS;
    if (rc == 0 && status == STATUS_SUCCESS) {
        *named = BUTTONLESS_NAMED;
        return 0;
    }
    uint64_t now = nordfu_central_now(b->central);
    if (rc == 0) {
        sink_text(b->sink, now, NORDFU_EVENT_NOTE,
                  "The application takes no name for its bootloader (status 0x%02X); it is "
                  "recognised by its address.",
                  status);
    } else if (rc == NORDFU_ERR_REFUSED || rc == NORDFU_ERR_TIMEOUT || rc == NORDFU_ERR_TRANSFER) {
        if (rc != NORDFU_ERR_REFUSED)
            *named = BUTTONLESS_NAME_UNKNOWN;
        sink_text(b->sink, now, NORDFU_EVENT_NOTE,
                  "The application may not have taken a name for its bootloader, which is "
                  "recognised by its address, too.");
        rc = 0;
    }
    return rc;
}

/* The device resets now. If it keeps the link, so be it: it is ended from here. */
static int await_reset(struct buttonless *b, struct nordfu_error *error)
{
    struct nordfu_central *central = b->central;
    int rc = nordfu_central_wait(central, nordfu_central_now(central) + RESET_TIMEOUT, error);
    if (rc == NORDFU_ERR_LINK)
        return 0;
    if (rc != 0)
        return rc;
    sink_text(b->sink, nordfu_central_now(central), NORDFU_EVENT_NOTE,
              "The application agreed to start its bootloader but kept the link; it is ended.");
    return nordfu_central_disconnect(central, nordfu_central_now(central) + RESET_TIMEOUT, error);
}

int buttonless_jump(struct buttonless *b, struct nordfu_error *error)
{
    static const uint8_t request[] = {ENTER_BOOTLOADER};
    uint8_t status = 0;
    sink_text(b->sink, nordfu_central_now(b->central), NORDFU_EVENT_JUMPING,
              "The application is told to start its bootloader.");
    int rc = ask(b, request, sizeof(request), &status, error);
    if (rc == 0 && status != STATUS_SUCCESS)
        return refused(status, error);
    if (rc == 0)
        return await_reset(b, error);
    if (rc != NORDFU_ERR_LINK)
        return rc;
    sink_text(b->sink, nordfu_central_now(b->central), NORDFU_EVENT_NOTE,
              "The link ended before the application answered; it may have jumped already.");
    return 0;
}
