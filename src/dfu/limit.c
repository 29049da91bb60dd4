/* SPDX-License-Identifier: MIT */
#include "dfu/limit.h"

#include <stdio.h>

static struct limit *limit_of(const struct nordfu_central *self)
{
    return (struct limit *)self; /* its first member */
}

static uint64_t earlier(const struct limit *l, uint64_t deadline)
{
    return deadline < l->until ? deadline : l->until;
}

static int check(struct limit *l, struct nordfu_error *error)
{
    if (nordfu_central_now(l->inner) < l->until)
        return 0;
    l->over = true;
    return nordfu_error_set(error, NORDFU_ERR_TIMEOUT, "The time for the update is over.");
}

/* A timeout may be the call's own or the limit's. */
static int note(struct limit *l, int rc)
{
    if (rc == NORDFU_ERR_TIMEOUT && nordfu_central_now(l->inner) >= l->until)
        l->over = true;
    return rc;
}

static int limited_scan(struct nordfu_central *self,
                        bool (*report)(void *context, const struct nordfu_advert *advert),
                        void *context, uint64_t deadline, struct nordfu_error *error)
{
    struct limit *l = limit_of(self);
    int rc = check(l, error);
    if (rc != 0)
        return rc;
    return note(l, nordfu_central_scan(l->inner, report, context, earlier(l, deadline), error));
}

static int limited_connect(struct nordfu_central *self, const struct nordfu_connect_wish *wish,
                           uint64_t deadline, struct nordfu_error *error)
{
    struct limit *l = limit_of(self);
    int rc = check(l, error);
    return rc != 0 ? rc
                   : note(l, nordfu_central_connect(l->inner, wish, earlier(l, deadline), error));
}

static int limited_pair(struct nordfu_central *self, struct nordfu_bond *bond, uint64_t deadline,
                        struct nordfu_error *error)
{
    struct limit *l = limit_of(self);
    int rc = check(l, error);
    return rc != 0 ? rc : note(l, nordfu_central_pair(l->inner, bond, earlier(l, deadline), error));
}

static int unlimited_disconnect(struct nordfu_central *self, uint64_t deadline,
                                struct nordfu_error *error)
{
    return nordfu_central_disconnect(limit_of(self)->inner, deadline, error);
}

static int limited_subscribe(struct nordfu_central *self,
                             const struct nordfu_characteristic *characteristic, uint64_t deadline,
                             struct nordfu_error *error)
{
    struct limit *l = limit_of(self);
    int rc = check(l, error);
    if (rc != 0)
        return rc;
    return note(l, nordfu_central_subscribe(l->inner, characteristic, earlier(l, deadline), error));
}

static int limited_write(struct nordfu_central *self, uint16_t handle, const void *bytes,
                         size_t size, uint64_t deadline, struct nordfu_error *error)
{
    struct limit *l = limit_of(self);
    int rc = check(l, error);
    if (rc != 0)
        return rc;
    return note(l,
                nordfu_central_write(l->inner, handle, bytes, size, earlier(l, deadline), error));
}

static int limited_write_command(struct nordfu_central *self, uint16_t handle, const void *bytes,
                                 size_t size, uint64_t deadline, struct nordfu_error *error)
{
    struct limit *l = limit_of(self);
    int rc = check(l, error);
    if (rc != 0)
        return rc;
    return note(l, nordfu_central_write_command(l->inner, handle, bytes, size, earlier(l, deadline),
                                                error));
}

/* What has arrived is delivered also when the time is over. */
static int limited_receive(struct nordfu_central *self, uint16_t *handle, void *buffer, size_t size,
                           uint64_t deadline, struct nordfu_error *error)
{
    struct limit *l = limit_of(self);
    return note(
        l, nordfu_central_receive(l->inner, handle, buffer, size, earlier(l, deadline), error));
}

/* A wait that is cut short is a timeout. */
static int limited_wait(struct nordfu_central *self, uint64_t until, struct nordfu_error *error)
{
    struct limit *l = limit_of(self);
    int rc = nordfu_central_wait(l->inner, earlier(l, until), error);
    return rc == 0 && until > l->until ? check(l, error) : rc;
}

static const struct nordfu_link *inner_link(const struct nordfu_central *self)
{
    return nordfu_central_link(limit_of(self)->inner);
}

static uint64_t inner_now(const struct nordfu_central *self)
{
    return nordfu_central_now(limit_of(self)->inner);
}

static void leave_open(struct nordfu_central *self)
{
    (void)self;
}

void limit_init(struct limit *limit, struct nordfu_central *inner, uint64_t time)
{
    static const struct nordfu_central_ops ops = {
        .scan = limited_scan,
        .connect = limited_connect,
        .disconnect = unlimited_disconnect,
        .subscribe = limited_subscribe,
        .write = limited_write,
        .write_command = limited_write_command,
        .receive = limited_receive,
        .wait = limited_wait,
        .pair = limited_pair,
        .link = inner_link,
        .now = inner_now,
        .close = leave_open,
    };
    *limit = (struct limit){
        .central = {.ops = &ops},
        .inner = inner,
        .until = nordfu_central_now(inner) + time,
    };
    snprintf(limit->central.description, sizeof(limit->central.description), "%s",
             inner->description);
}
