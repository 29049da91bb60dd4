/* SPDX-License-Identifier: MIT
 * Bonds in an update (dfu-protocol D.2): a bonded application starts its bootloader for bonded
 * peers only, and the bootloader knows no other central than the one that asked. */
#include <string.h>

#include "dfu/update_flow.h"

#define PAIR_TIMEOUT (30 * NORDFU_SECOND) /* that of the procedure itself */

static bool is_with(const struct nordfu_bond *bond, const struct nordfu_address *address)
{
    return nordfu_address_equal(&bond->peer, address) ||
           (bond->has_identity && nordfu_address_equal(&bond->identity, address));
}

int update_choose_bond(struct flow *f, const struct nordfu_address *address,
                       const struct nordfu_bond **bond)
{
    *bond = NULL;
    if (f->bond_fails)
        return 0;
    if (!f->has_bond || !is_with(&f->bond, address)) {
        if (f->options.bonds == NULL)
            return 0;
        int rc = nordfu_bond_store_find(f->options.bonds, address, &f->bond, f->error);
        f->has_bond = rc > 0;
        if (rc <= 0)
            return rc;
    }
    *bond = &f->bond;
    return 0;
}

void update_give_bond_up(struct flow *f)
{
    sink_text(f->sink, update_now(f), NORDFU_EVENT_NOTE,
              "The device does not accept the bond that is kept for it; it goes on without.");
    f->bond_fails = true;
    f->has_bond = false;
}

static void keep(struct flow *f)
{
    struct nordfu_error error;
    if (f->options.bonds == NULL)
        sink_text(
            f->sink, update_now(f), NORDFU_EVENT_NOTE,
            "Paired with the device; the bond is for this update only, since there is no file "
            "to keep it in: the device may refuse to pair for the next one.");
    else if (nordfu_bond_store_keep(f->options.bonds, &f->bond, &error) == 0)
        sink_text(f->sink, update_now(f), NORDFU_EVENT_NOTE,
                  "Paired with the device; the bond is kept for the next update.");
    else
        sink_text(f->sink, update_now(f), NORDFU_EVENT_NOTE,
                  "Paired with the device, but the bond can't be kept for the next update: %.150s",
                  error.text);
}

/* A device may have room for one bond only: it is not to be wasted on one that gets lost. */
static int check_store(struct flow *f)
{
    int rc = 0;
    if (f->options.bonds != NULL)
        rc = nordfu_bond_store_ready(f->options.bonds, f->error);
    else if (f->options.no_bonds != NULL)
        rc = nordfu_error_set(f->error, NORDFU_ERR_SYSTEM, "%s", f->options.no_bonds);
    if (rc == 0)
        return 0;
    struct nordfu_error e = *f->error;
    return nordfu_error_from(f->error, rc, e.speaker, e.detail,
                             "The device's application starts its bootloader for bonded peers "
                             "only, and it is not paired with, since the bond could not be kept: "
                             "%.400s",
                             e.text);
}

/* Says what the bond is for. */
static int explain(struct flow *f, int rc)
{
    struct nordfu_error e = *f->error;
    return nordfu_error_from(f->error, rc, e.speaker, e.detail,
                             "The device's application starts its bootloader for bonded peers "
                             "only, and no bond could be made: %.300s Starting the bootloader by "
                             "button does without.",
                             e.text);
}

int update_have_bond(struct flow *f)
{
    const struct nordfu_link *link = nordfu_central_link(f->central);
    if (link != NULL && link->encrypted)
        return 0;
    int rc = check_store(f);
    if (rc != 0)
        return rc;
    rc = nordfu_central_pair(f->central, &f->bond, update_now(f) + PAIR_TIMEOUT, f->error);
    if (rc == NORDFU_ERR_REFUSED || rc == NORDFU_ERR_UNSUPPORTED)
        return explain(f, rc);
    if (rc != 0)
        return rc;
    f->has_bond = true;
    f->bond_fails = false;
    keep(f);
    return 0;
}

int update_explain_foreign_bond(struct flow *f, const struct nordfu_address *address)
{
    struct nordfu_error e = *f->error;
    char text[NORDFU_ADDRESS_TEXT];
    nordfu_address_format(address, text);
    return nordfu_error_from(
        f->error, NORDFU_ERR_REFUSED, e.speaker, e.detail,
        "The bootloader at %s lets only its bonded peer in, and %s: another computer or dongle "
        "started it. Go on there, or wait two minutes or reset the device, so that it starts its "
        "application again, which can be bonded with from here. (%.160s)",
        text,
        f->bond_fails || f->has_bond ? "the bond that is kept here does not open it"
                                     : "no bond with it is kept here",
        e.text);
}

void update_forget_bond(struct flow *f)
{
    volatile uint8_t *p = (volatile uint8_t *)&f->bond;
    for (size_t i = 0; i < sizeof(f->bond); i++)
        p[i] = 0;
    f->has_bond = false;
}
