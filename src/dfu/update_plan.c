/* SPDX-License-Identifier: MIT
 * A dry run: what an update would do, told by the device and the package, while nothing changes. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dfu/update_flow.h"

static void tell(struct flow *f, const char *sentence)
{
    sink_text(f->sink, update_now(f), NORDFU_EVENT_PLAN, "%s", sentence);
}

void update_plan_images(struct flow *f, const struct nordfu_image *const *images, size_t count)
{
    size_t number = 0;
    for (size_t i = update_next(images, count, count); i < count;
         i = update_next(images, count, i)) {
        const struct nordfu_image *image = images[i];
        char version[40] = "";
        if (image->init.has_fw_version)
            snprintf(version, sizeof(version), ", version %" PRIu32, image->init.fw_version);
        sink_text(f->sink, update_now(f), NORDFU_EVENT_PLAN,
                  "Image %zu of %zu: %s, %zu bytes%s, %s.", ++number, count,
                  nordfu_image_type_name(image->init.type), image->firmware_size, version,
                  image->init.is_signed ? "signed" : "not signed");
    }
}

static void plan_bond(struct flow *f)
{
    const struct nordfu_link *link = nordfu_central_link(f->central);
    tell(f, link != NULL && link->encrypted
                ? "The application starts its bootloader for bonded peers only; the bond that is "
                  "kept here is accepted."
                : "The application starts its bootloader for bonded peers only; there is no bond "
                  "that it accepts, so it would be paired with.");
}

static void plan_jump(struct flow *f, enum buttonless_device device)
{
    static const char *const kinds[] = {
        [BUTTONLESS_BOOTLOADER] = "",
        [BUTTONLESS_UNBONDED] = "buttonless DFU without bonds",
        [BUTTONLESS_BONDED] = "buttonless DFU with bonds",
        [BUTTONLESS_SDK12] = "buttonless DFU of SDK 12",
    };
    sink_text(f->sink, update_now(f), NORDFU_EVENT_PLAN,
              "The device runs its application, which would be told to start its bootloader (%s). "
              "What the bootloader says of the package shows only then.",
              kinds[device]);
    if (device == BUTTONLESS_BONDED)
        plan_bond(f);
}

static void tell_findings(struct flow *f, const struct secure_findings *findings)
{
    if (findings->other) {
        tell(f, "The bootloader holds a part of another update, which this one would replace; so "
                "the package was not checked by the device.");
        return;
    }
    if (findings->checked)
        sink_text(f->sink, update_now(f), NORDFU_EVENT_PLAN,
                  "The bootloader accepts the init packet of the %s.",
                  nordfu_image_type_name(f->image->init.type));
    if (findings->offset > 0 && !f->options.no_resume)
        sink_text(f->sink, update_now(f), NORDFU_EVENT_PLAN,
                  "It holds %" PRIu32 " of %zu bytes already; the update would go on from there.",
                  findings->offset, f->image->firmware_size);
    else
        tell(f, "The transfer would begin with the first byte.");
    if (findings->checked && findings->offset == 0)
        tell(f, "To forget about the package the bootloader may restart the device now, which then "
                "runs its application, if it has one.");
}

static int plan_transfer(struct flow *f)
{
    struct pipe_ble ble;
    struct secure_findings findings;
    tell(f, "The device is in its bootloader.");
    int rc = update_open_pipe(f, &ble);
    if (rc == 0)
        rc = secure_preflight(&f->session, &ble.pipe, f->image, &findings, f->error);
    if (rc == 0) {
        tell_findings(f, &findings);
    } else if (rc == NORDFU_ERR_REFUSED && update_reason_to_go_on(f) != NULL) {
        sink_text(f->sink, update_now(f), NORDFU_EVENT_PLAN,
                  "The device refuses the %s as %s. It may have this part of the package already: "
                  "an update would try the next image.",
                  nordfu_image_type_name(f->image->init.type), update_reason_to_go_on(f));
        rc = 0;
    }
    return rc;
}

int update_plan(struct flow *f)
{
    struct locate_found found;
    enum buttonless_device device;
    int rc = update_reach(f, &found, &device);
    if (rc != 0)
        return rc;
    if (device == BUTTONLESS_BOOTLOADER)
        rc = plan_transfer(f);
    else
        plan_jump(f, device);
    /* A failure of the end does not hide what came before. */
    int end = nordfu_central_disconnect(f->central, update_now(f) + UPDATE_DISCONNECT_TIMEOUT,
                                        rc != 0 ? NULL : f->error);
    return rc != 0 ? rc : end;
}
