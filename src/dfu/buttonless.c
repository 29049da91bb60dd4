/* SPDX-License-Identifier: MIT */
#include "dfu/buttonless.h"

#include "dfu/gatt.h"
#include "nordfu/port.h"

#define ENTER_BOOTLOADER 0x01
#define RESPONSE         0x20
#define STATUS_SUCCESS   0x01

#define ANSWER_TIMEOUT (5 * NORDFU_SECOND)
#define RESET_TIMEOUT  (5 * NORDFU_SECOND) /* the link's supervision timeout is usually 4 s */
#define UNRELATED_MOST 64                  /* messages skipped before the answer */

int buttonless_look(const struct nordfu_central *central, enum buttonless_device *device,
                    struct nordfu_error *error)
{
    const struct nordfu_link *link = nordfu_central_link(central);
    if (link == NULL)
        return nordfu_error_set(error, NORDFU_ERR_LINK, "The link was lost.");
    *device = BUTTONLESS_BOOTLOADER;
    if (gatt_find(link, GATT_CONTROL_POINT) != NULL)
        return 0;
    *device = BUTTONLESS_APPLICATION;
    if (gatt_find(link, GATT_BUTTONLESS) != NULL || gatt_find(link, GATT_BUTTONLESS_SDK12) != NULL)
        return 0;
    if (gatt_find(link, GATT_BUTTONLESS_BONDED) != NULL)
        return nordfu_error_set(
            error, NORDFU_ERR_UNSUPPORTED,
            "The device's application wants a bond before it starts its bootloader, which nordfu "
            "can't make yet; start the bootloader by button and try again.");
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

static int refused(uint8_t status, struct nordfu_error *error)
{
    static const char *const reasons[] = {
        [0x02] = "it does not know how; start the bootloader by button",
        [0x04] = "the operation failed; reset the device and try again",
        [0x05] = "the advertising name is not valid; reset the device and try again",
        [0x06] = "it is busy; try again later",
        [0x07] = "it is not bonded; remove its bond requirement or start the bootloader by button",
    };
    bool known = status < sizeof(reasons) / sizeof(reasons[0]) && reasons[status] != NULL;
    return nordfu_error_from(
        error, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_BUTTONLESS, status,
        "The application would not start its bootloader (status 0x%02X): %s.", status,
        known ? reasons[status] : "it gave no reason that nordfu knows; reset it and try again");
}

/* Waits for [20 01 status] on `handle`. */
static int await(struct nordfu_central *central, uint16_t handle, struct nordfu_error *error)
{
    uint64_t deadline = nordfu_central_now(central) + ANSWER_TIMEOUT;
    for (int i = 0; i < UNRELATED_MOST; i++) {
        uint8_t bytes[20];
        uint16_t from = 0;
        int n = nordfu_central_receive(central, &from, bytes, sizeof(bytes), deadline, error);
        if (n == NORDFU_ERR_TIMEOUT)
            return nordfu_error_set(error, NORDFU_ERR_TIMEOUT,
                                    "The application did not answer the request to start its "
                                    "bootloader within %d s; reset the device and try again.",
                                    (int)(ANSWER_TIMEOUT / NORDFU_SECOND));
        if (n < 0)
            return n;
        if (from != handle || n == 0 || bytes[0] != RESPONSE ||
            (n >= 2 && bytes[1] != ENTER_BOOTLOADER))
            continue;
        if (n < 3)
            return nordfu_error_set(error, NORDFU_ERR_TRANSFER,
                                    "The application's answer to the request to start its "
                                    "bootloader is cut off (%d bytes); reset the device and try "
                                    "again.",
                                    n);
        return bytes[2] == STATUS_SUCCESS ? 0 : refused(bytes[2], error);
    }
    return nordfu_error_set(error, NORDFU_ERR_TRANSFER,
                            "The application sent %d messages and none answers the request to "
                            "start its bootloader; reset the device and try again.",
                            UNRELATED_MOST);
}

/* The device resets now. If it keeps the link, so be it: it is ended from here. */
static int await_reset(struct nordfu_central *central, const struct sink *sink,
                       struct nordfu_error *error)
{
    int rc = nordfu_central_wait(central, nordfu_central_now(central) + RESET_TIMEOUT, error);
    if (rc == NORDFU_ERR_LINK)
        return 0;
    if (rc != 0)
        return rc;
    sink_text(sink, nordfu_central_now(central), NORDFU_EVENT_NOTE,
              "The application agreed to start its bootloader but kept the link; it is ended.");
    return nordfu_central_disconnect(central, nordfu_central_now(central) + RESET_TIMEOUT, error);
}

int buttonless_jump(struct nordfu_central *central, const struct sink *sink,
                    struct nordfu_error *error)
{
    static const uint8_t request[] = {ENTER_BOOTLOADER};
    const struct nordfu_link *link = nordfu_central_link(central);
    const struct nordfu_characteristic *found = NULL;
    if (link != NULL && (found = gatt_find(link, GATT_BUTTONLESS)) == NULL)
        found = gatt_find(link, GATT_BUTTONLESS_SDK12);
    if (found == NULL)
        return nordfu_error_set(error, NORDFU_ERR_NOT_FOUND,
                                "The device offers no buttonless DFU without bonds.");
    struct nordfu_characteristic buttonless = *found; /* the link is valid until the next call */
    uint64_t deadline = nordfu_central_now(central) + ANSWER_TIMEOUT;
    int rc = nordfu_central_subscribe(central, &buttonless, deadline, error);
    if (rc != 0)
        return rc;
    sink_text(sink, nordfu_central_now(central), NORDFU_EVENT_JUMPING,
              "The application is told to start its bootloader.");
    rc = nordfu_central_write(central, buttonless.value_handle, request, sizeof(request), deadline,
                              error);
    if (rc == 0)
        rc = await(central, buttonless.value_handle, error);
    if (rc == 0)
        return await_reset(central, sink, error);
    if (rc != NORDFU_ERR_LINK)
        return rc;
    sink_text(sink, nordfu_central_now(central), NORDFU_EVENT_NOTE,
              "The link ended before the application answered; it may have jumped already.");
    return 0;
}
