/*
 * SPDX-License-Identifier: MIT
 * A central that plays a script: what is heard when, what the device sends, when it drops the link.
 * Its clock is virtual.
 */
#ifndef NORDFU_TESTS_FAKE_CENTRAL_H
#define NORDFU_TESTS_FAKE_CENTRAL_H

#include "test.h"

#include <stdio.h>

#include "nordfu/central.h"

#define FAKE_SECOND UINT64_C(1000000)
#define FAKE_NEVER  UINT64_MAX

/* Heard at `at` and then every `every` µs (0 = once). */
struct fake_advert {
    uint64_t at, every;
    struct nordfu_advert advert;
};

struct fake_message {
    uint16_t handle;
    uint8_t bytes[20];
    int size;
};

struct fake_central {
    struct nordfu_central central;
    uint64_t now;
    const struct fake_advert *adverts;
    size_t advert_count;
    bool linked;
    struct nordfu_link link;
    uint64_t drop_after_write; /* µs after a write that the link goes down; FAKE_NEVER = it stays */
    uint64_t drop_at;
    const struct fake_message *messages; /* come one by one after a write, 10 ms apart */
    size_t message_count, message_next;
    bool endless; /* the first message again and again */
    int subscribe_rc, write_rc;
    char log[512]; /* "sub 10 write 10:01 disconnect " */
    int scans;
};

static struct fake_central *fake_of(const struct nordfu_central *central)
{
    return (struct fake_central *)central;
}

static void fake_log(struct fake_central *f, const char *text)
{
    size_t used = strlen(f->log);
    snprintf(f->log + used, sizeof(f->log) - used, "%s ", text);
}

/* When advert `a` is heard next, not before `from`. */
static uint64_t fake_next(const struct fake_advert *a, uint64_t from)
{
    if (a->at >= from)
        return a->at;
    if (a->every == 0)
        return FAKE_NEVER;
    return a->at + (from - a->at + a->every - 1) / a->every * a->every;
}

static int fake_scan(struct nordfu_central *self,
                     bool (*report)(void *context, const struct nordfu_advert *advert),
                     void *context, uint64_t deadline, struct nordfu_error *error)
{
    struct fake_central *f = fake_of(self);
    f->scans++;
    uint64_t from = f->now;
    size_t passed = 0; /* adverts before this one were heard at `from` already */
    for (;;) {
        const struct fake_advert *first = NULL;
        uint64_t when = deadline;
        for (size_t i = 0; i < f->advert_count; i++) {
            uint64_t next = fake_next(&f->adverts[i], i < passed ? from + 1 : from);
            if (next < when) {
                when = next;
                first = &f->adverts[i];
            }
        }
        if (when > f->now)
            f->now = when;
        if (first == NULL)
            return nordfu_error_set(error, NORDFU_ERR_TIMEOUT, "scan over");
        if (report(context, &first->advert))
            return 0;
        from = f->now;
        passed = (size_t)(first - f->adverts) + 1;
    }
}

static int fake_gone(struct fake_central *f, struct nordfu_error *error)
{
    f->linked = false;
    return nordfu_error_set(error, NORDFU_ERR_LINK, "link gone");
}

static bool fake_up(struct fake_central *f)
{
    return f->linked && f->now < f->drop_at;
}

static int fake_disconnect(struct nordfu_central *self, uint64_t deadline,
                           struct nordfu_error *error)
{
    (void)deadline;
    (void)error;
    fake_log(fake_of(self), "disconnect");
    fake_of(self)->linked = false;
    return 0;
}

static int fake_subscribe(struct nordfu_central *self,
                          const struct nordfu_characteristic *characteristic, uint64_t deadline,
                          struct nordfu_error *error)
{
    struct fake_central *f = fake_of(self);
    (void)deadline;
    char text[20];
    snprintf(text, sizeof(text), "sub %u", characteristic->value_handle);
    fake_log(f, text);
    if (!fake_up(f))
        return fake_gone(f, error);
    if (f->subscribe_rc != 0)
        return nordfu_error_from(error, f->subscribe_rc, NORDFU_SPEAKER_GATT, 0x0105, "no");
    return 0;
}

static int fake_write(struct nordfu_central *self, uint16_t handle, const void *bytes, size_t size,
                      uint64_t deadline, struct nordfu_error *error)
{
    struct fake_central *f = fake_of(self);
    (void)deadline;
    char text[80];
    int n = snprintf(text, sizeof(text), "write %u:", handle);
    for (size_t i = 0; i < size && i < 20; i++)
        n += snprintf(text + n, sizeof(text) - (size_t)n, "%02x", ((const uint8_t *)bytes)[i]);
    fake_log(f, text);
    if (!fake_up(f))
        return fake_gone(f, error);
    if (f->write_rc != 0)
        return nordfu_error_from(error, f->write_rc, NORDFU_SPEAKER_GATT, 0x01FD, "no");
    f->drop_at = f->drop_after_write == FAKE_NEVER ? FAKE_NEVER : f->now + f->drop_after_write;
    return 0;
}

static int fake_receive(struct nordfu_central *self, uint16_t *handle, void *buffer, size_t size,
                        uint64_t deadline, struct nordfu_error *error)
{
    struct fake_central *f = fake_of(self);
    bool any = f->message_next < f->message_count;
    f->now = any ? f->now + 10000 : deadline < f->drop_at ? deadline : f->drop_at;
    if (!any)
        return fake_up(f) ? nordfu_error_set(error, NORDFU_ERR_TIMEOUT, "silence")
                          : fake_gone(f, error);
    const struct fake_message *m = &f->messages[f->message_next];
    f->message_next += f->endless ? 0 : 1;
    assert_true((size_t)m->size <= size);
    *handle = m->handle;
    memcpy(buffer, m->bytes, (size_t)m->size);
    return m->size;
}

static int fake_wait(struct nordfu_central *self, uint64_t until, struct nordfu_error *error)
{
    struct fake_central *f = fake_of(self);
    if (!f->linked)
        return fake_gone(f, error);
    f->now = until < f->drop_at ? until : f->drop_at;
    return fake_up(f) ? 0 : fake_gone(f, error);
}

static const struct nordfu_link *fake_link(const struct nordfu_central *self)
{
    struct fake_central *f = fake_of(self);
    return fake_up(f) ? &f->link : NULL;
}

static uint64_t fake_now(const struct nordfu_central *self)
{
    return fake_of(self)->now;
}

static void fake_init(struct fake_central *f)
{
    static const struct nordfu_central_ops ops = {
        .scan = fake_scan,
        .disconnect = fake_disconnect,
        .subscribe = fake_subscribe,
        .write = fake_write,
        .receive = fake_receive,
        .wait = fake_wait,
        .link = fake_link,
        .now = fake_now,
    };
    *f = (struct fake_central){.central = {.ops = &ops},
                               .now = 5 * FAKE_SECOND,
                               .linked = true,
                               .drop_at = FAKE_NEVER,
                               .drop_after_write = FAKE_NEVER};
    f->link.mtu = 23;
}

#endif
