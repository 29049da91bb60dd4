/* SPDX-License-Identifier: MIT
 * The update flow on a central that is made of two devices: an application that jumps and a small
 * bootloader. What the simulator's devices don't do: refuse connections, come back, stay, garble.
 */
#include "test.h"

#include "dfu/update.h"
#include "dfu_uuid.h"
#include "tiny_boot.h"

#define SECOND UINT64_C(1000000)

enum mode {
    APPLICATION,
    BOOTLOADER,
    BONDED, /* an application that jumps only for its bonded peers */
    OFF,
};

enum {
    BUTTONLESS = 16,
    CONTROL = 20,
    PACKET = 23,
};

struct stage {
    struct nordfu_central central;
    struct boot *boot;
    enum mode mode, after_jump, after_loss, after_done;
    bool linked;
    struct nordfu_link link;
    struct nordfu_address application, bootloader;
    const char *bootloader_name; /* NULL: that of the application */
    int connect_failures;        /* the next connections fail */
    bool stays;                  /* does not reset after the final Execute */
    bool mute_jump;              /* jumps without an answer, when the link is ended */
    int end_fails;               /* class of the error when a link is to be ended; 0 = none */
    bool jumping;                /* the answer is on its way */
    int garble_above;            /* at larger MTUs every packet is changed; 0 = never */
    int scans, connects, jumps;
    char texts[4096];
    uint32_t last_bytes;
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

static int stage_scan(struct nordfu_central *self,
                      bool (*report)(void *context, const struct nordfu_advert *advert),
                      void *context, uint64_t deadline, struct nordfu_error *error)
{
    struct stage *s = stage_of(self);
    struct nordfu_advert advert = {.connectable = true, .name = "Ther\nmo\x1B"};
    advert.address = s->mode == BOOTLOADER ? s->bootloader : s->application;
    if (s->mode == BOOTLOADER)
        advert.services[advert.service_count++] = nordfu_uuid16(0xFE59);
    if (s->mode == BOOTLOADER && s->bootloader_name != NULL)
        snprintf(advert.name, sizeof(advert.name), "%s", s->bootloader_name);
    s->scans++;
    while (s->boot->now + 50000 < deadline) {
        s->boot->now += 50000;
        if (s->mode != OFF && report(context, &advert))
            return 0;
    }
    s->boot->now = deadline;
    return nordfu_error_set(error, NORDFU_ERR_TIMEOUT, "scan over");
}

static void offer(struct stage *s, uint32_t uuid, uint16_t handle)
{
    s->link.characteristics[s->link.characteristic_count++] = (struct nordfu_characteristic){
        .service = nordfu_uuid16(0xFE59), .uuid = nordic(uuid), .value_handle = handle};
}

static int stage_connect(struct nordfu_central *self, const struct nordfu_connect_wish *wish,
                         uint64_t deadline, struct nordfu_error *error)
{
    struct stage *s = stage_of(self);
    (void)deadline;
    s->connects++;
    s->boot->now += 100000;
    if (s->connect_failures > 0) {
        s->connect_failures--;
        return gone(s, error);
    }
    s->linked = true;
    s->boot->link_lost = false;
    s->boot->head = s->boot->tail;
    s->link = (struct nordfu_link){.address = wish->address, .mtu = wish->mtu};
    s->boot->corrupt_packet = 1;
    s->boot->corrupt_count = s->garble_above != 0 && wish->mtu > s->garble_above ? 1000000 : 0;
    if (s->mode == APPLICATION)
        offer(s, 0x8EC90003, BUTTONLESS);
    if (s->mode == BONDED)
        offer(s, 0x8EC90004, BUTTONLESS);
    if (s->mode == BOOTLOADER) {
        offer(s, 0x8EC90001, CONTROL);
        offer(s, 0x8EC90002, PACKET);
    }
    return 0;
}

static int stage_disconnect(struct nordfu_central *self, uint64_t deadline,
                            struct nordfu_error *error)
{
    (void)deadline;
    stage_of(self)->linked = false;
    if (stage_of(self)->jumping)
        stage_of(self)->mode = stage_of(self)->after_jump;
    stage_of(self)->jumping = false;
    int rc = stage_of(self)->end_fails;
    return rc == 0 ? 0 : nordfu_error_set(error, rc, "The end failed.");
}

static int stage_subscribe(struct nordfu_central *self,
                           const struct nordfu_characteristic *characteristic, uint64_t deadline,
                           struct nordfu_error *error)
{
    (void)characteristic;
    (void)deadline;
    return stage_of(self)->linked ? 0 : gone(stage_of(self), error);
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
    s->jumping = true;
    s->jumps++;
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
    if (!s->jumping)
        return s->boot->pipe.ops->receive(&s->boot->pipe, buffer, size, deadline, error);
    *handle = BUTTONLESS;
    if (s->mute_jump) {
        s->boot->now = deadline;
        return nordfu_error_set(error, NORDFU_ERR_TIMEOUT, "nothing");
    }
    memcpy(buffer, "\x20\x01\x01", 3);
    return 3;
}

static int stage_wait(struct nordfu_central *self, uint64_t until, struct nordfu_error *error)
{
    struct stage *s = stage_of(self);
    if (s->jumping) {
        s->jumping = false;
        s->mode = s->after_jump;
        return gone(s, error);
    }
    if (s->boot->done && !s->stays) {
        s->mode = s->after_done;
        return gone(s, error);
    }
    s->boot->now = until;
    return s->linked ? 0 : gone(s, error);
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
        .link = stage_link,
        .now = stage_now,
    };
    *s = (struct stage){.central = {.ops = &ops},
                        .boot = boot_new(),
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
    size_t used = strlen(s->texts);
    if (event->type == NORDFU_EVENT_FOUND)
        assert_string_equal(event->text, "Ther?mo?");
    if (event->type == NORDFU_EVENT_RETRY || event->type == NORDFU_EVENT_NOTE)
        snprintf(s->texts + used, sizeof(s->texts) - used, "%s\n", event->text);
}

struct outcome {
    int rc;
    struct nordfu_error error;
    struct nordfu_update_result result;
};

static struct outcome update(struct stage *s, uint32_t attempts)
{
    struct outcome o = {0};
    const struct nordfu_image *images[] = {&image};
    struct nordfu_update_options options = {
        .has_address = true, .address = s->application, .attempts = attempts};
    struct sink sink = {.event = record, .context = s};
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

static void an_application_jumps_and_its_bootloader_is_served(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, APPLICATION);
    struct outcome o = update(&s, 0);
    assert_int_equal(s.connects, 2);
    assert_int_equal(s.jumps, 1);
    assert_int_equal(o.result.match, NORDFU_MATCH_PLUS_ONE);
    assert_done(&s, &o);
}

static void a_device_that_keeps_its_bootloader_is_an_error(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, BOOTLOADER);
    s.stays = true;
    struct outcome o = update(&s, 0);
    assert_int_equal(o.rc, NORDFU_ERR_TIMEOUT);
    assert_non_null(strstr(o.error.text, "did not leave its bootloader"));
    assert_int_equal(s.connects, 1);
    test_free(s.boot);
}

static void lost_links_are_counted_up_to_the_bound(void **state)
{
    (void)state;
    for (uint32_t attempts = 1; attempts <= 4; attempts++) {
        struct stage s;
        stage_new(&s, BOOTLOADER);
        s.connect_failures = (int)attempts;
        struct outcome o = update(&s, attempts);
        assert_int_equal(o.result.reconnects, attempts);
        assert_done(&s, &o);
        stage_new(&s, BOOTLOADER);
        s.connect_failures = 1000;
        o = update(&s, attempts);
        assert_int_equal(o.rc, NORDFU_ERR_LINK);
        assert_int_equal(s.connects, attempts + 1);
        test_free(s.boot);
    }
}

static void the_last_attempt_is_made_with_the_smallest_mtu(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, BOOTLOADER);
    s.connect_failures = 3;
    struct outcome o = update(&s, 3);
    assert_int_equal(o.result.link.mtu, 23);
    assert_non_null(strstr(s.texts, "(3 of 3) with MTU 23"));
    assert_done(&s, &o);
}

static void garbled_long_packets_are_mended_by_short_ones(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, BOOTLOADER);
    s.garble_above = 23;
    struct outcome o = update(&s, 3);
    assert_int_equal(o.result.reconnects, 1);
    assert_int_equal(o.result.retries, 4);
    assert_int_equal(o.result.link.mtu, 23);
    assert_done(&s, &o);
}

static void packets_that_are_always_garbled_are_a_transfer_error(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, BOOTLOADER);
    s.garble_above = 1;
    struct outcome o = update(&s, 3);
    assert_int_equal(o.rc, NORDFU_ERR_TRANSFER);
    assert_non_null(strstr(o.error.text, "changed on their way"));
    assert_int_equal(o.result.reconnects, 1);
    test_free(s.boot);
}

static void an_application_that_always_comes_back_is_an_error(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, APPLICATION);
    s.after_jump = APPLICATION;
    struct outcome o = update(&s, 3);
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
    assert_non_null(strstr(o.error.text, "came back with its application"));
    assert_int_equal(s.jumps, 3);
    test_free(s.boot);
}

static void another_application_at_plus_one_is_left_alone(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, APPLICATION);
    s.application.bytes[0] = 0xD9; /* on the air; wanted is D8 */
    const struct nordfu_image *images[] = {&image};
    struct nordfu_update_options options = {.has_address = true, .address = s.application};
    options.address.bytes[0] = 0xD8;
    struct outcome o = {0};
    o.rc = update_run(&s.central, images, 1, &options, NULL, &o.result, &o.error);
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
    assert_non_null(strstr(o.error.text, "another device"));
    assert_int_equal(s.jumps, 0);
    test_free(s.boot);
}

static void a_bootloader_that_is_never_heard_again_is_a_lost_link(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, BOOTLOADER);
    s.boot->link_lost_at = 30;
    s.after_loss = OFF;
    struct outcome o = update(&s, 3);
    assert_int_equal(o.rc, NORDFU_ERR_LINK);
    assert_non_null(strstr(o.error.text, "The link was lost."));
    assert_non_null(strstr(o.error.text, "not found again"));
    assert_int_equal(o.result.bytes, 4096);
    test_free(s.boot);
}

static void a_bootloader_that_fell_back_to_its_application_is_sent_there_again(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, APPLICATION);
    s.boot->link_lost_at = 30;
    s.after_loss = APPLICATION;
    struct outcome o = update(&s, 3);
    assert_int_equal(s.jumps, 2);
    assert_done(&s, &o);
}

static void a_dongle_that_vanishes_after_a_lost_link_hides_neither(void **state)
{
    (void)state;
    static const int classes[] = {NORDFU_ERR_PORT, NORDFU_ERR_DONGLE, NORDFU_ERR_CANCELLED};
    for (size_t i = 0; i < 3; i++) {
        struct stage s;
        stage_new(&s, BOOTLOADER);
        s.boot->link_lost_at = 30;
        s.end_fails = classes[i];
        struct outcome o = update(&s, 3);
        assert_int_equal(o.rc, classes[i]);
        assert_int_equal(o.error.code, classes[i]);
        assert_non_null(strstr(o.error.text, "The end failed."));
        bool lost = strstr(o.error.text, "The link was lost.") != NULL;
        assert_int_equal(lost, classes[i] != NORDFU_ERR_CANCELLED); /* nobody asks why then */
        assert_int_equal(s.connects, 1);
        test_free(s.boot);
    }
}

/* The device takes the image, but its answer is lost and it comes back as `after_loss`. */
static struct outcome update_unheard(struct stage *s, enum mode after_loss, bool newer_only)
{
    stage_new(s, APPLICATION);
    s->boot->final_lost = true;
    s->boot->newer_only = newer_only;
    s->after_loss = after_loss;
    return update(s, 3);
}

static void an_application_that_may_be_the_new_one_is_updated_again(void **state)
{
    (void)state;
    struct stage s;
    struct outcome o = update_unheard(&s, APPLICATION, false);
    assert_non_null(strstr(s.texts, "repeated to be sure"));
    assert_int_equal(s.jumps, 2);
    assert_done(&s, &o);
}

static void an_application_that_proves_to_be_the_new_one_is_left(void **state)
{
    (void)state;
    struct stage s;
    struct outcome o = update_unheard(&s, APPLICATION, true);
    assert_int_equal(o.rc, 0);
    assert_non_null(strstr(s.texts, "had taken the update"));
    assert_int_equal(s.jumps, 2);
    assert_int_equal(s.mode, APPLICATION);
    assert_int_equal(o.result.bytes, IMAGE_SIZE);
    test_free(s.boot);
}

static void a_device_gone_after_its_last_answer_was_lost_may_be_updated(void **state)
{
    (void)state;
    static const struct {
        enum mode mode;
        const char *text;
    } rows[] = {{OFF, "that it is powered"}, {BONDED, "wants a bond"}};
    for (size_t i = 0; i < 2; i++) {
        struct stage s;
        struct outcome o = update_unheard(&s, rows[i].mode, false);
        assert_int_equal(o.rc, NORDFU_ERR_LINK);
        assert_non_null(strstr(o.error.text, "may run the new version already"));
        assert_non_null(strstr(o.error.text, "The link was lost."));
        assert_non_null(strstr(o.error.text, rows[i].text));
        test_free(s.boot);
    }
}

static void an_application_that_jumps_without_an_answer_is_found_by_its_address(void **state)
{
    (void)state;
    struct stage s;
    struct outcome o = {0};
    stage_new(&s, APPLICATION);
    s.mute_jump = true;
    const struct nordfu_image *images[] = {&image};
    struct nordfu_update_options options = {.name = "Ther\nmo\x1B"};
    s.bootloader_name = "DfuTarg";
    o.rc = update_run(&s.central, images, 1, &options, NULL, &o.result, &o.error);
    assert_int_equal(s.jumps, 1);
    assert_int_equal(o.result.reconnects, 1);
    assert_int_equal(o.result.match, NORDFU_MATCH_PLUS_ONE);
    assert_done(&s, &o);
}

static struct outcome update_both(struct stage *s)
{
    struct outcome o = {0};
    const struct nordfu_image *images[] = {&image, &image};
    struct nordfu_update_options options = {.has_address = true, .address = s->application};
    struct sink sink = {.event = record, .context = s};
    o.rc = update_run(&s->central, images, 2, &options, &sink, &o.result, &o.error);
    return o;
}

static void two_images_are_sent_in_order(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, BOOTLOADER);
    struct outcome o = update_both(&s);
    assert_int_equal(o.rc, 0);
    assert_int_equal(s.connects, 2);
    test_free(s.boot);
}

/* A link that was lost and mended in the first image is no reason then. */
static void a_device_gone_after_the_first_of_two_images_is_waited_for_a_minute(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, BOOTLOADER);
    s.boot->link_lost_at = 30;
    s.after_done = OFF;
    struct outcome o = update_both(&s);
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
    assert_non_null(strstr(o.error.text, "in 60 s"));
    assert_null(strstr(o.error.text, "The link was lost."));
    test_free(s.boot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_application_jumps_and_its_bootloader_is_served),
        cmocka_unit_test(a_device_that_keeps_its_bootloader_is_an_error),
        cmocka_unit_test(lost_links_are_counted_up_to_the_bound),
        cmocka_unit_test(the_last_attempt_is_made_with_the_smallest_mtu),
        cmocka_unit_test(garbled_long_packets_are_mended_by_short_ones),
        cmocka_unit_test(packets_that_are_always_garbled_are_a_transfer_error),
        cmocka_unit_test(an_application_that_always_comes_back_is_an_error),
        cmocka_unit_test(another_application_at_plus_one_is_left_alone),
        cmocka_unit_test(a_bootloader_that_is_never_heard_again_is_a_lost_link),
        cmocka_unit_test(a_bootloader_that_fell_back_to_its_application_is_sent_there_again),
        cmocka_unit_test(a_dongle_that_vanishes_after_a_lost_link_hides_neither),
        cmocka_unit_test(an_application_that_may_be_the_new_one_is_updated_again),
        cmocka_unit_test(an_application_that_proves_to_be_the_new_one_is_left),
        cmocka_unit_test(a_device_gone_after_its_last_answer_was_lost_may_be_updated),
        cmocka_unit_test(an_application_that_jumps_without_an_answer_is_found_by_its_address),
        cmocka_unit_test(two_images_are_sent_in_order),
        cmocka_unit_test(a_device_gone_after_the_first_of_two_images_is_waited_for_a_minute),
    };
    return cmocka_run_group_tests_name("update_flow", tests, tiny_boot_fill, NULL);
}
