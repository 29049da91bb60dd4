/*
 * SPDX-License-Identifier: MIT
 * A central that is made of one device with two faces, an application that jumps and a small
 * bootloader, and of what others advertise around it. It does what the simulator's devices don't:
 * refuse connections, come back, stay, garble, lose bonds.
 */
#ifndef NORDFU_TESTS_UPDATE_STAGE_H
#define NORDFU_TESTS_UPDATE_STAGE_H

#include "dfu/update.h"
#include "dfu_uuid.h"
#include "tiny_boot.h"

#define SECOND UINT64_C(1000000)

enum mode {
    APPLICATION,
    BOOTLOADER,
    OFF,
};

enum {
    BUTTONLESS = 16,
    CONTROL = 20,
    PACKET = 23,
    NEIGHBOUR = 40,    /* another device's application; must not be touched */
    NO_BUTTONLESS = 1, /* as a kind: a user's service only */
};

struct stage {
    struct nordfu_central central;
    struct boot *boot;
    enum mode mode, after_jump, after_loss, after_done;
    bool linked;
    struct nordfu_link link;
    struct nordfu_address application, bootloader;
    uint32_t kind;               /* of the buttonless characteristic, 8EC90003 by default */
    const char *bootloader_name; /* NULL: that of the application */
    uint8_t name_status;         /* answer to the request for a name, 02 by default; 0 = silence */
    uint8_t jump_status;         /* answer to the request to jump, 01 by default */
    bool name_ignored;           /* it is taken, but the bootloader does not use it */
    int connect_failures;        /* the next connections fail */
    bool stays;                  /* does not reset after the final Execute */
    bool resets;                 /* forgets the image after that and takes another */
    uint16_t supervision;        /* of its links, x 10 ms; 0 = not known */
    bool mute_jump;              /* jumps without an answer, when the link is ended */
    int mute_subscriptions;      /* the next ones to the application get no answer */
    int end_fails;               /* class of the error when a link is to be ended; 0 = none */
    int garble_above;            /* at larger MTUs every packet is changed; 0 = never */
    uint64_t copying;            /* µs of silence after an image is done */
    /* Bonds: a key is one byte. */
    uint8_t key;         /* of the device's bond, 0 = none */
    uint32_t pair_fails; /* reason, 0 = pairing works */
    bool whitelists;     /* the bootloader hears nobody but its bonded peer */
    bool wants_bond;     /* the bootloader's characteristics want an encrypted link */
    /* Other devices, heard in every round. */
    const struct nordfu_advert *others;
    size_t other_count;
    /* What happens and happened. */
    uint8_t asked; /* request to the application whose answer is on its way */
    uint64_t silent_until;
    char given[32];                  /* the bootloader's new name */
    struct nordfu_connect_wish wish; /* the last; its bond is told by wish_key */
    uint8_t wish_key;
    int scans, connects, jumps, pairings, done;
    int neighbours; /* links to them */
    char order[8];  /* first letters of the init packets of the images that were done */
    char texts[4096], plans[2048];
};

static struct stage *stage_of(const struct nordfu_central *central)
{
    return (struct stage *)central;
}

static int gone(struct stage *s, struct nordfu_error *error)
{
    s->linked = false;
    return nordfu_error_from(error, NORDFU_ERR_LINK, NORDFU_SPEAKER_HCI, 8, "The link was lost.");
}

static struct nordfu_advert own_advert(const struct stage *s)
{
    struct nordfu_advert advert = {.connectable = true, .rssi = -40, .name = "Ther\nmo\x1B"};
    const char *name = s->given[0] != '\0' ? s->given : s->bootloader_name;
    advert.address = s->mode == BOOTLOADER ? s->bootloader : s->application;
    if (s->mode == BOOTLOADER)
        advert.services[advert.service_count++] = nordfu_uuid16(0xFE59);
    if (s->mode == BOOTLOADER && name != NULL)
        snprintf(advert.name, sizeof(advert.name), "%s", name);
    return advert;
}

static int stage_scan(struct nordfu_central *self,
                      bool (*report)(void *context, const struct nordfu_advert *advert),
                      void *context, uint64_t deadline, struct nordfu_error *error)
{
    struct stage *s = stage_of(self);
    s->scans++;
    while (s->boot->now + 50000 < deadline) {
        s->boot->now += 50000;
        const struct nordfu_advert own = own_advert(s);
        bool heard = s->mode != OFF && !s->linked && s->boot->now >= s->silent_until;
        if (heard && report(context, &own))
            return 0;
        for (size_t i = 0; i < s->other_count; i++) {
            if (report(context, &s->others[i]))
                return 0;
        }
    }
    s->boot->now = deadline;
    return nordfu_error_set(error, NORDFU_ERR_TIMEOUT, "scan over");
}

static void offer(struct stage *s, struct nordfu_uuid uuid, uint16_t handle)
{
    s->link.characteristics[s->link.characteristic_count++] = (struct nordfu_characteristic){
        .service = nordfu_uuid16(0xFE59), .uuid = uuid, .value_handle = handle};
}

/* Others are running applications, which would jump. */
static void offer_all(struct stage *s)
{
    const struct nordfu_advert own = own_advert(s);
    bool foreign =
        !nordfu_address_equal(&s->link.address, &own.address) || s->boot->now < s->silent_until;
    s->neighbours += foreign;
    if (foreign)
        offer(s, nordic(0x8EC90003), NEIGHBOUR);
    else if (s->mode == BOOTLOADER) {
        offer(s, nordic(0x8EC90001), CONTROL);
        offer(s, nordic(0x8EC90002), PACKET);
    } else if (s->kind == NO_BUTTONLESS) {
        offer(s, nordfu_uuid16(0x2A37), 3);
    } else {
        offer(s, nordic(s->kind), BUTTONLESS);
    }
}

static int refuse_key(struct nordfu_error *error)
{
    return nordfu_error_from(error, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, 6,
                             "The device has lost the bond that was kept.");
}

/* What becomes of an attempt to connect. */
static int admit(struct stage *s, const struct nordfu_connect_wish *wish,
                 struct nordfu_error *error)
{
    bool known = wish->bond != NULL && wish->bond->ltk[0] == s->key && s->key != 0;
    if (s->connect_failures > 0) {
        s->connect_failures--;
        return gone(s, error);
    }
    if (s->mode == BOOTLOADER && s->whitelists && (wish->bond == NULL || !known))
        return nordfu_error_from(error, NORDFU_ERR_LINK, NORDFU_SPEAKER_HCI, 0x3E,
                                 "The link could not be made.");
    return wish->bond != NULL && !known ? refuse_key(error) : 0;
}

static int stage_connect(struct nordfu_central *self, const struct nordfu_connect_wish *wish,
                         uint64_t deadline, struct nordfu_error *error)
{
    struct stage *s = stage_of(self);
    (void)deadline;
    s->connects++;
    s->boot->now += 100000;
    s->wish = *wish;
    s->wish_key = wish->bond != NULL ? wish->bond->ltk[0] : 0;
    s->wish.bond = NULL;
    int rc = admit(s, wish, error);
    if (rc != 0)
        return rc;
    s->linked = true;
    s->boot->link_lost = false;
    s->boot->head = s->boot->tail;
    s->link = (struct nordfu_link){
        .address = wish->address,
        .mtu = wish->mtu,
        .supervision_timeout = s->supervision,
        .encrypted = wish->bond != NULL,
    };
    s->boot->corrupt_packet = 1;
    s->boot->corrupt_count = s->garble_above != 0 && wish->mtu > s->garble_above ? 1000000 : 0;
    offer_all(s);
    return 0;
}

static void leave_application(struct stage *s)
{
    s->asked = 0;
    s->mode = s->after_jump;
}

static int stage_disconnect(struct nordfu_central *self, uint64_t deadline,
                            struct nordfu_error *error)
{
    struct stage *s = stage_of(self);
    (void)deadline;
    s->linked = false;
    if (s->asked == 1)
        leave_application(s);
    return s->end_fails == 0 ? 0 : nordfu_error_set(error, s->end_fails, "The end failed.");
}

static int unencrypted(struct nordfu_error *error)
{
    return nordfu_error_from(error, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_GATT, 0x010F,
                             "Insufficient encryption.");
}

static int stage_subscribe(struct nordfu_central *self,
                           const struct nordfu_characteristic *characteristic, uint64_t deadline,
                           struct nordfu_error *error)
{
    struct stage *s = stage_of(self);
    (void)deadline;
    if (!s->linked)
        return gone(s, error);
    assert_int_not_equal(characteristic->value_handle, NEIGHBOUR);
    if (characteristic->value_handle == BUTTONLESS && s->mute_subscriptions > 0) {
        s->mute_subscriptions--;
        return nordfu_error_set(error, NORDFU_ERR_TIMEOUT, "nothing");
    }
    bool secret =
        characteristic->value_handle == BUTTONLESS ? s->kind == 0x8EC90004 : s->wants_bond;
    return secret && !s->link.encrypted ? unencrypted(error) : 0;
}

/* The bootloader may have lost its link in the call. */
static int result(struct stage *s, int rc, struct nordfu_error *error)
{
    if (!s->boot->link_lost)
        return rc;
    if (s->linked)
        s->mode = s->after_loss;
    return gone(s, error);
}

static void request_of_application(struct stage *s, const uint8_t *bytes, size_t size)
{
    s->asked = bytes[0];
    s->jumps += bytes[0] == 1;
    if (bytes[0] != 2)
        return;
    assert_int_equal(s->kind, 0x8EC90003); /* nobody else knows of names */
    assert_int_equal(size, 2u + bytes[1]);
    if (s->name_status != 2 && !s->name_ignored)
        snprintf(s->given, sizeof(s->given), "%.*s", bytes[1], (const char *)bytes + 2);
}

static int stage_write(struct nordfu_central *self, uint16_t handle, const void *bytes, size_t size,
                       uint64_t deadline, struct nordfu_error *error)
{
    struct stage *s = stage_of(self);
    if (!s->linked)
        return gone(s, error);
    if (handle == CONTROL)
        return result(s, s->boot->pipe.ops->control(&s->boot->pipe, bytes, size, deadline, error),
                      error);
    assert_int_equal(handle, BUTTONLESS);
    request_of_application(s, bytes, size);
    return 0;
}

static int stage_write_command(struct nordfu_central *self, uint16_t handle, const void *bytes,
                               size_t size, uint64_t deadline, struct nordfu_error *error)
{
    struct stage *s = stage_of(self);
    assert_int_equal(handle, PACKET);
    if (!s->linked)
        return gone(s, error);
    return result(s, s->boot->pipe.ops->data(&s->boot->pipe, bytes, size, deadline, error), error);
}

static int stage_receive(struct nordfu_central *self, uint16_t *handle, void *buffer, size_t size,
                         uint64_t deadline, struct nordfu_error *error)
{
    struct stage *s = stage_of(self);
    *handle = CONTROL;
    if (!s->linked)
        return gone(s, error);
    if (s->asked == 0)
        return s->boot->pipe.ops->receive(&s->boot->pipe, buffer, size, deadline, error);
    *handle = BUTTONLESS;
    if (s->asked == 1 ? s->mute_jump : s->name_status == 0) {
        s->boot->now = deadline;
        return nordfu_error_set(error, NORDFU_ERR_TIMEOUT, "nothing");
    }
    const uint8_t answer[] = {0x20, s->asked, s->asked == 1 ? s->jump_status : s->name_status};
    memcpy(buffer, answer, 3);
    return 3;
}

static void finish_image(struct stage *s)
{
    s->order[s->done++ % 7] = (char)s->boot->init[0];
    s->mode = s->after_done;
    s->silent_until = s->boot->now + s->copying;
    if (!s->resets)
        return;
    s->boot->init_got = s->boot->got = s->boot->executed = 0;
    s->boot->accepted = s->boot->done = false;
    s->boot->activated = true;
}

static int stage_wait(struct nordfu_central *self, uint64_t until, struct nordfu_error *error)
{
    struct stage *s = stage_of(self);
    if (s->asked == 1) {
        leave_application(s);
        return gone(s, error);
    }
    if (s->boot->done && !s->stays) {
        finish_image(s);
        return gone(s, error);
    }
    if (until > s->boot->now)
        s->boot->now = until;
    return s->linked ? 0 : gone(s, error);
}

static int stage_pair(struct nordfu_central *self, struct nordfu_bond *bond, uint64_t deadline,
                      struct nordfu_error *error)
{
    struct stage *s = stage_of(self);
    (void)deadline;
    s->pairings++;
    if (s->pair_fails != 0)
        return nordfu_error_from(error, NORDFU_ERR_REFUSED, NORDFU_SPEAKER_SMP, s->pair_fails,
                                 "Pairing failed.");
    s->key = (uint8_t)(0x40 + s->pairings);
    *bond = (struct nordfu_bond){.peer = s->link.address, .ltk = {s->key}, .ltk_size = 16};
    s->link.encrypted = true;
    return 0;
}

static const struct nordfu_link *stage_link(const struct nordfu_central *self)
{
    return stage_of(self)->linked ? &stage_of(self)->link : NULL;
}

static uint64_t stage_now(const struct nordfu_central *self)
{
    return stage_of(self)->boot->now;
}

static void stage_new(struct stage *s, enum mode mode)
{
    static const struct nordfu_central_ops ops = {
        .scan = stage_scan,
        .connect = stage_connect,
        .disconnect = stage_disconnect,
        .subscribe = stage_subscribe,
        .write = stage_write,
        .write_command = stage_write_command,
        .receive = stage_receive,
        .wait = stage_wait,
        .pair = stage_pair,
        .link = stage_link,
        .now = stage_now,
    };
    *s = (struct stage){.central = {.ops = &ops},
                        .boot = boot_new(),
                        .kind = 0x8EC90003,
                        .name_status = 2,
                        .jump_status = 1,
                        .mode = mode,
                        .after_jump = BOOTLOADER,
                        .after_loss = BOOTLOADER,
                        .after_done = BOOTLOADER,
                        .application = {1, {0xD8, 0x4C, 0x97, 0x3B, 0x06, 0xDE}},
                        .bootloader = {1, {0xD9, 0x4C, 0x97, 0x3B, 0x06, 0xDE}}};
}

static void record(void *context, const struct nordfu_event *event)
{
    struct stage *s = context;
    size_t used = strlen(s->texts), planned = strlen(s->plans);
    if (event->type == NORDFU_EVENT_FOUND && s->given[0] == '\0' && s->bootloader_name == NULL)
        assert_string_equal(event->text, "Ther?mo?");
    if (event->type == NORDFU_EVENT_RETRY || event->type == NORDFU_EVENT_NOTE)
        snprintf(s->texts + used, sizeof(s->texts) - used, "%s\n", event->text);
    if (event->type == NORDFU_EVENT_PLAN)
        snprintf(s->plans + planned, sizeof(s->plans) - planned, "%s\n", event->text);
}

struct outcome {
    int rc;
    struct nordfu_error error;
    struct nordfu_update_result result;
};

/* One update of the image with these options, which get the device's address unless they have a
 * name. */
static struct outcome stage_update(struct stage *s, struct nordfu_update_options options)
{
    struct outcome o = {0};
    const struct nordfu_image *images[] = {&image};
    struct sink sink = {.event = record, .context = s};
    if (options.name[0] == '\0' && !options.has_address) {
        options.has_address = true;
        options.address = s->application;
    }
    o.rc = update_run(&s->central, images, 1, &options, &sink, &o.result, &o.error);
    return o;
}

static void assert_done(const struct stage *s, const struct outcome *o)
{
    if (o->rc != 0)
        fail_msg("%s\n%s", o->error.text, s->texts);
    assert_true(s->boot->done);
    assert_memory_equal(s->boot->data, image_bytes, IMAGE_SIZE);
    assert_int_equal(o->error.code, 0);
    test_free(s->boot);
}

#endif
