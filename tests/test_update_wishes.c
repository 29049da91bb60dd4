/* SPDX-License-Identifier: MIT
 * What an update can be asked for, and what devices make of it: names for bootloaders, bonds,
 * rehearsals, limits of time, order of images, radio parameters. */
#include "update_stage.h"

/* ---- Names ---- */

static struct outcome update_named(struct stage *s, uint8_t status)
{
    s->name_status = status;
    return stage_update(s, (struct nordfu_update_options){0});
}

static void a_bootloader_is_known_by_the_name_it_was_given(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, APPLICATION);
    /* Wherever it is. */
    s.bootloader.bytes[0] = 0x77;
    struct outcome o = update_named(&s, 1);
    assert_int_equal(strlen(s.given), 11);
    assert_memory_equal(s.given, "nfu", 3);
    assert_int_equal(strspn(s.given + 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), 8);
    assert_int_equal(o.result.match, NORDFU_MATCH_GIVEN);
    assert_string_equal(s.texts, "");
    assert_done(&s, &o);
}

static void names_depend_on_address_and_time(void **state)
{
    (void)state;
    char names[3][32];
    for (int i = 0; i < 3; i++) {
        struct stage s;
        stage_new(&s, APPLICATION);
        s.application.bytes[0] = (uint8_t)(s.application.bytes[0] + (i == 1));
        s.boot->now += i == 2 ? 1000 : 0;
        struct outcome o = update_named(&s, 1);
        snprintf(names[i], sizeof(names[i]), "%s", s.given);
        assert_done(&s, &o);
    }
    assert_string_not_equal(names[0], names[1]);
    assert_string_not_equal(names[0], names[2]);
    assert_string_not_equal(names[1], names[2]);
}

static void a_refused_name_is_no_failure(void **state)
{
    (void)state;
    static const uint8_t statuses[] = {0, 2, 4, 5, 6, 0x99}; /* 0: no answer */
    for (size_t i = 0; i < sizeof(statuses); i++) {
        struct stage s;
        stage_new(&s, APPLICATION);
        s.name_ignored = true;
        struct outcome o = update_named(&s, statuses[i]);
        assert_int_equal(o.result.match, NORDFU_MATCH_PLUS_ONE);
        assert_non_null(strstr(s.texts, "recognised by its address"));
        assert_done(&s, &o);
    }
}

static void a_name_that_was_taken_without_an_answer_counts(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, APPLICATION);
    s.bootloader.bytes[0] = 0x77;
    struct outcome o = update_named(&s, 0);
    assert_int_equal(o.result.match, NORDFU_MATCH_GIVEN);
    assert_done(&s, &o);
}

static void a_bootloader_without_the_name_it_took_is_not_trusted(void **state)
{
    (void)state;
    static const uint8_t lows[] = {0xD8, 0xD9};
    for (size_t i = 0; i < sizeof(lows); i++) {
        struct stage s;
        stage_new(&s, APPLICATION);
        s.name_ignored = true;
        s.bootloader_name = "DfuTarg";
        s.bootloader.bytes[0] = lows[i];
        struct outcome o = update_named(&s, 1);
        assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
        assert_non_null(strstr(o.error.text, "no bootloader in range has it"));
        assert_non_null(strstr(o.error.text, "DfuTarg at DE:06:3B:97:4C:D"));
        assert_non_null(strstr(o.error.text, "(-40 dBm)"));
        assert_int_equal(s.boot->init_got, 0);
        test_free(s.boot);
    }
}

static void the_name_is_found_again_after_a_lost_link(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, APPLICATION);
    s.boot->link_lost_at = 30;
    struct outcome o = update_named(&s, 1);
    assert_int_equal(o.result.reconnects, 1);
    assert_done(&s, &o);
}

/* ---- Neighbours without names ---- */

static struct nordfu_advert dfutarg(uint8_t low, bool service)
{
    struct nordfu_advert a = {.address = {1, {low, 0x4C, 0x97, 0x3B, 0x06, 0xDE}},
                              .connectable = true,
                              .rssi = -70,
                              .name = "DfuTarg"};
    if (service)
        a.services[a.service_count++] = nordfu_uuid16(0xFE59);
    return a;
}

/* Its bootloader has an address of its own, and it can't be named. */
static struct outcome update_odd(struct stage *s, const struct nordfu_advert *others, size_t count)
{
    stage_new(s, APPLICATION);
    s->kind = 0x8E400001;
    s->bootloader.bytes[0] = 0x77;
    s->bootloader_name = "DfuTarg";
    s->others = others;
    s->other_count = count;
    return stage_update(s, (struct nordfu_update_options){0});
}

static void a_bootloader_that_appears_after_the_jump_is_taken(void **state)
{
    (void)state;
    struct stage s;
    const struct nordfu_advert others[] = {dfutarg(0x11, true), dfutarg(0x22, true)};
    struct outcome o = update_odd(&s, others, 2); /* they were there before */
    assert_int_equal(o.result.match, NORDFU_MATCH_NAME);
    assert_int_equal(o.result.link.address.bytes[0], 0x77);
    assert_done(&s, &o);
}

static void a_bootloader_that_was_there_before_the_jump_is_not_taken(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, APPLICATION);
    const struct nordfu_advert other = dfutarg(0x11, true);
    s.kind = 0x8E400001;
    s.after_jump = OFF;
    s.others = &other;
    s.other_count = 1;
    struct outcome o = stage_update(&s, (struct nordfu_update_options){0});
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
    assert_non_null(strstr(o.error.text, "DfuTarg at DE:06:3B:97:4C:11 (-70 dBm)"));
    assert_int_equal(s.connects, 1);
    test_free(s.boot);
}

static void an_application_where_the_bootloader_should_be_is_passed_over(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, APPLICATION);
    const struct nordfu_advert other = dfutarg(0xD9, false); /* an application of that name */
    s.bootloader.bytes[0] = 0xD9;
    s.boot->link_lost_at = 30;
    s.others = &other;
    s.other_count = 1;
    struct outcome o = stage_update(&s, (struct nordfu_update_options){0});
    assert_done(&s, &o);
}

/* While a new SoftDevice is copied, only a neighbour is heard where the bootloader will be. */
static void a_neighbour_met_while_waiting_is_left_alone(void **state)
{
    (void)state;
    struct stage s;
    const struct nordfu_advert other = dfutarg(0xD9, false);
    const struct nordfu_image *images[] = {&image, &image};
    struct nordfu_update_options options = {.has_address = true};
    struct nordfu_update_result result = {0};
    struct nordfu_error error;
    stage_new(&s, BOOTLOADER);
    struct sink sink = {.event = record, .context = &s};
    s.resets = true;
    s.copying = 20 * SECOND;
    s.others = &other;
    s.other_count = 1;
    s.bootloader_name = "DfuTarg";
    options.address = s.application;
    if (update_run(&s.central, images, 2, &options, &sink, &result, &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(s.done, 2);
    assert_int_equal(s.neighbours, 1);
    assert_non_null(strstr(s.texts, "application of another device, which is left alone"));
    test_free(s.boot);
}

/* ---- Bonds ---- */

static void bonded_stage(struct stage *s, enum mode mode)
{
    stage_new(s, mode);
    s->kind = 0x8EC90004;
    s->bootloader = s->application;
    s->whitelists = s->wants_bond = true;
}

static void a_bonded_application_is_paired_with_and_its_bootloader_encrypted(void **state)
{
    (void)state;
    struct stage s;
    bonded_stage(&s, APPLICATION);
    s.boot->link_lost_at = 30;
    struct outcome o = stage_update(&s, (struct nordfu_update_options){0});
    assert_int_equal(s.pairings, 1);
    assert_int_equal(s.wish_key, s.key);
    assert_int_equal(o.result.reconnects, 1);
    assert_int_equal(o.result.match, NORDFU_MATCH_ADDRESS);
    assert_non_null(strstr(s.texts, "for this update only"));
    assert_done(&s, &o);
}

static void a_bonded_bootloader_is_not_looked_for_elsewhere(void **state)
{
    (void)state;
    struct stage s;
    const struct nordfu_advert others[] = {dfutarg(0xD9, true), dfutarg(0x11, true)};
    bonded_stage(&s, APPLICATION);
    s.others = others;
    s.other_count = 2;
    s.copying = 0;
    struct outcome o = stage_update(&s, (struct nordfu_update_options){0});
    assert_int_equal(s.neighbours, 0);
    assert_done(&s, &o);
    /* Not even if it does not show itself. */
    bonded_stage(&s, APPLICATION);
    s.others = others;
    s.other_count = 2;
    s.after_jump = OFF;
    o = stage_update(&s, (struct nordfu_update_options){0});
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
    assert_int_equal(s.neighbours, 0);
    test_free(s.boot);
}

static void refused_pairing_is_passed_on_with_what_to_do(void **state)
{
    (void)state;
    struct stage s;
    bonded_stage(&s, APPLICATION);
    s.pair_fails = 0x85;
    struct outcome o = stage_update(&s, (struct nordfu_update_options){0});
    assert_int_equal(o.rc, NORDFU_ERR_REFUSED);
    assert_int_equal(o.error.speaker, NORDFU_SPEAKER_SMP);
    assert_int_equal(o.error.detail, 0x85);
    assert_non_null(strstr(o.error.text, "Pairing failed."));
    assert_non_null(strstr(o.error.text, "by button"));
    assert_int_equal(s.jumps, 0);
    assert_null(strstr(s.texts, "bootloader, ready for")); /* it never came there */
    test_free(s.boot);
}

/* The new application has forgotten the bond and makes no other. */
static void a_device_that_bars_its_way_after_the_last_answer_was_lost_may_be_updated(void **state)
{
    (void)state;
    struct stage s;
    bonded_stage(&s, BOOTLOADER);
    s.whitelists = s.wants_bond = false;
    s.boot->final_lost = true;
    s.after_loss = APPLICATION;
    s.pair_fails = 0x85;
    struct outcome o = stage_update(&s, (struct nordfu_update_options){0});
    assert_int_equal(o.rc, NORDFU_ERR_LINK);
    assert_non_null(strstr(o.error.text, "may run the new version already"));
    test_free(s.boot);
}

static void a_bonded_bootloader_of_somebody_else_is_explained(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct stage s;
        bonded_stage(&s, BOOTLOADER);
        s.whitelists = i == 0; /* else it connects, but wants encryption */
        struct outcome o = stage_update(&s, (struct nordfu_update_options){0});
        assert_int_equal(o.rc, NORDFU_ERR_REFUSED);
        assert_non_null(strstr(o.error.text, "lets only its bonded peer in"));
        assert_int_equal(s.connects, 1);
        assert_null(strstr(s.texts, "stays in its bootloader"));
        test_free(s.boot);
    }
}

/* ---- Rehearsals ---- */

static const struct nordfu_update_options rehearsal = {.dry_run = true};

static void a_rehearsal_leaves_an_application_running(void **state)
{
    (void)state;
    static const struct {
        uint32_t kind;
        const char *text;
    } rows[] = {{0x8EC90003, "without bonds"}, {0x8EC90004, "paired with"}, {0x8E400001, "SDK 12"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage s;
        stage_new(&s, APPLICATION);
        s.kind = rows[i].kind;
        struct outcome o = stage_update(&s, rehearsal);
        assert_int_equal(o.rc, 0);
        assert_int_equal(s.jumps + s.pairings + s.asked, 0);
        assert_int_equal(s.connects, 1);
        assert_false(s.linked);
        assert_int_equal(o.result.link.mtu, 247);
        assert_non_null(strstr(s.plans, "Image 1 of 1: application, 13288 bytes, version 3"));
        assert_non_null(strstr(s.plans, "would be told to start its bootloader"));
        assert_non_null(strstr(s.plans, rows[i].text));
        test_free(s.boot);
    }
}

static void a_rehearsal_has_a_bootloader_check_the_package(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, BOOTLOADER);
    struct outcome o = stage_update(&s, rehearsal);
    assert_int_equal(o.rc, 0);
    assert_int_equal(s.boot->packets, 0); /* of the firmware */
    assert_true(s.boot->accepted);
    assert_non_null(strstr(s.plans, "accepts the init packet of the application"));
    assert_non_null(strstr(s.plans, "begin with the first byte"));
    assert_non_null(strstr(s.boot->log, "0c")); /* left by Abort */
    test_free(s.boot);
}

static void a_rehearsal_tells_where_an_update_would_go_on(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, BOOTLOADER);
    boot_hold(s.boot, 5000, 4096);
    struct outcome o = stage_update(&s, rehearsal);
    assert_int_equal(o.rc, 0);
    assert_non_null(strstr(s.plans, "holds 5000 of 13288 bytes already"));
    assert_int_equal(s.boot->got, 5000);
    assert_false(s.linked);
    test_free(s.boot);
}

static void a_rehearsal_of_a_refused_package_is_refused(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, BOOTLOADER);
    s.boot->fault = (struct fault){4, 1, 9, {{0x60, 4, 0x0B, 0x06}, 4}};
    struct outcome o = stage_update(&s, rehearsal);
    assert_int_equal(o.rc, NORDFU_ERR_REFUSED);
    assert_int_equal(o.error.speaker, NORDFU_SPEAKER_DFU_EXTENDED);
    test_free(s.boot);
}

static void a_rehearsal_whose_link_can_not_be_ended_says_so(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, APPLICATION);
    s.end_fails = NORDFU_ERR_DONGLE;
    struct outcome o = stage_update(&s, rehearsal);
    assert_int_equal(o.rc, NORDFU_ERR_DONGLE);
    assert_string_equal(o.error.text, "The end failed.");
    test_free(s.boot);
}

static void a_rehearsal_finds_no_device_either(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, OFF);
    struct outcome o = stage_update(&s, rehearsal);
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
    test_free(s.boot);
}

/* ---- Time ---- */

static void an_update_out_of_time_says_what_it_reached(void **state)
{
    (void)state;
    static const struct {
        enum mode mode;
        uint32_t ms;
        const char *text;
    } rows[] = {{OFF, 1500, "in the time that it was given: the device's bootloader was not"},
                {BOOTLOADER, 1250, "bytes of the application are on the device"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stage s;
        stage_new(&s, rows[i].mode);
        uint64_t began = s.boot->now;
        struct outcome o =
            stage_update(&s, (struct nordfu_update_options){.timeout_ms = rows[i].ms});
        assert_int_equal(o.rc, NORDFU_ERR_TIMEOUT);
        if (strstr(o.error.text, rows[i].text) == NULL)
            fail_msg("%s", o.error.text);
        assert_in_range(s.boot->now - began, 0, rows[i].ms * 1000 + 100000);
        assert_int_equal(o.result.reconnects, 0);
        test_free(s.boot);
    }
}

static struct outcome update_twice(struct stage *s, uint32_t ms)
{
    struct outcome o = {0};
    const struct nordfu_image *images[] = {&image, &image};
    struct nordfu_update_options options = {
        .has_address = true, .address = s->application, .timeout_ms = ms};
    s->resets = true;
    o.rc = update_run(&s->central, images, 2, &options, NULL, &o.result, &o.error);
    return o;
}

static void out_of_time_in_the_second_image_tells_of_that(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, BOOTLOADER);
    uint64_t began = s.boot->now;
    struct outcome o = update_twice(&s, 0);
    assert_int_equal(o.rc, 0);
    uint64_t needed = s.boot->now - began;
    test_free(s.boot);
    stage_new(&s, BOOTLOADER);
    o = update_twice(&s, (uint32_t)(needed * 3 / 4 / 1000));
    assert_int_equal(o.rc, NORDFU_ERR_TIMEOUT);
    assert_int_equal(s.done, 1);
    if (strstr(o.error.text, "bytes of the application are on the device") == NULL)
        fail_msg("%s", o.error.text);
    test_free(s.boot);
}

static void a_rehearsal_out_of_time_does_not_speak_of_going_on(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, OFF);
    struct outcome o =
        stage_update(&s, (struct nordfu_update_options){.timeout_ms = 1500, .dry_run = true});
    assert_int_equal(o.rc, NORDFU_ERR_TIMEOUT);
    assert_non_null(strstr(o.error.text, "The dry run was not done in the time"));
    assert_null(strstr(o.error.text, "goes on"));
    test_free(s.boot);
}

static void enough_time_changes_nothing(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, APPLICATION);
    struct outcome o = stage_update(&s, (struct nordfu_update_options){.timeout_ms = 600000});
    assert_done(&s, &o);
}

/* ---- Radio, order ---- */

static void phy_and_interval_are_asked_for(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, BOOTLOADER);
    struct outcome o =
        stage_update(&s, (struct nordfu_update_options){.phy = 1, .interval = 12, .mtu = 100});
    assert_int_equal(s.wish.phy, 1);
    assert_int_equal(s.wish.interval_min, 12);
    assert_int_equal(s.wish.interval_max, 12);
    assert_int_equal(s.wish.mtu, 100);
    assert_done(&s, &o);
    stage_new(&s, BOOTLOADER);
    o = stage_update(&s, (struct nordfu_update_options){0});
    assert_int_equal(s.wish.phy, 2);
    assert_int_equal(s.wish.interval_max, 0);
    assert_done(&s, &o);
}

/* The application is back after each image. */
static void every_image_has_its_own_jumps(void **state)
{
    (void)state;
    struct stage s;
    const struct nordfu_image *images[] = {&image, &image};
    struct nordfu_update_options options = {.has_address = true, .attempts = 1};
    struct nordfu_update_result result = {0};
    struct nordfu_error error;
    stage_new(&s, APPLICATION);
    s.resets = true;
    s.after_done = APPLICATION;
    options.address = s.application;
    if (update_run(&s.central, images, 2, &options, NULL, &result, &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(s.jumps, 2);
    assert_int_equal(s.done, 2);
    test_free(s.boot);
}

static void receipts_and_a_fresh_start_are_passed_on(void **state)
{
    (void)state;
    for (int fresh = 0; fresh < 2; fresh++) {
        struct stage s;
        stage_new(&s, BOOTLOADER);
        boot_hold(s.boot, 5000, 4096);
        struct outcome o =
            stage_update(&s, (struct nordfu_update_options){.prn = 10, .no_resume = fresh != 0});
        assert_int_equal(o.result.resumed, fresh ? 0 : 5000);
        assert_memory_equal(s.boot->log, "020a ", 5);
        assert_done(&s, &o);
    }
}

static void images_go_in_the_order_that_the_device_needs(void **state)
{
    (void)state;
    static const enum nordfu_image_type types[] = {NORDFU_IMAGE_APPLICATION,
                                                   NORDFU_IMAGE_BOOTLOADER, NORDFU_IMAGE_SOFTDEVICE,
                                                   NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER};
    struct nordfu_image parts[4];
    const struct nordfu_image *images[4];
    uint8_t inits[4][INIT_SIZE];
    for (size_t i = 0; i < 4; i++) {
        memcpy(inits[i], init_bytes, INIT_SIZE);
        inits[i][0] = (uint8_t) "abst"[i];
        parts[i] = image;
        parts[i].init.type = types[i];
        parts[i].init_bytes = inits[i];
        images[i] = &parts[i];
    }
    struct stage s;
    struct nordfu_update_options options = {.has_address = true};
    struct nordfu_update_result result = {0};
    struct nordfu_error error;
    stage_new(&s, BOOTLOADER);
    s.resets = true;
    s.copying = 20 * SECOND;
    options.address = s.application;
    if (update_run(&s.central, images, 4, &options, NULL, &result, &error) != 0)
        fail_msg("%s", error.text);
    assert_string_equal(s.order, "tsba");
    test_free(s.boot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bootloader_is_known_by_the_name_it_was_given),
        cmocka_unit_test(names_depend_on_address_and_time),
        cmocka_unit_test(a_refused_name_is_no_failure),
        cmocka_unit_test(a_name_that_was_taken_without_an_answer_counts),
        cmocka_unit_test(a_bootloader_without_the_name_it_took_is_not_trusted),
        cmocka_unit_test(the_name_is_found_again_after_a_lost_link),
        cmocka_unit_test(a_bootloader_that_appears_after_the_jump_is_taken),
        cmocka_unit_test(a_bootloader_that_was_there_before_the_jump_is_not_taken),
        cmocka_unit_test(an_application_where_the_bootloader_should_be_is_passed_over),
        cmocka_unit_test(a_neighbour_met_while_waiting_is_left_alone),
        cmocka_unit_test(a_bonded_application_is_paired_with_and_its_bootloader_encrypted),
        cmocka_unit_test(a_bonded_bootloader_is_not_looked_for_elsewhere),
        cmocka_unit_test(refused_pairing_is_passed_on_with_what_to_do),
        cmocka_unit_test(a_device_that_bars_its_way_after_the_last_answer_was_lost_may_be_updated),
        cmocka_unit_test(a_bonded_bootloader_of_somebody_else_is_explained),
        cmocka_unit_test(a_rehearsal_leaves_an_application_running),
        cmocka_unit_test(a_rehearsal_has_a_bootloader_check_the_package),
        cmocka_unit_test(a_rehearsal_tells_where_an_update_would_go_on),
        cmocka_unit_test(a_rehearsal_of_a_refused_package_is_refused),
        cmocka_unit_test(a_rehearsal_whose_link_can_not_be_ended_says_so),
        cmocka_unit_test(a_rehearsal_finds_no_device_either),
        cmocka_unit_test(an_update_out_of_time_says_what_it_reached),
        cmocka_unit_test(out_of_time_in_the_second_image_tells_of_that),
        cmocka_unit_test(a_rehearsal_out_of_time_does_not_speak_of_going_on),
        cmocka_unit_test(enough_time_changes_nothing),
        cmocka_unit_test(phy_and_interval_are_asked_for),
        cmocka_unit_test(every_image_has_its_own_jumps),
        cmocka_unit_test(receipts_and_a_fresh_start_are_passed_on),
        cmocka_unit_test(images_go_in_the_order_that_the_device_needs),
    };
    return cmocka_run_group_tests_name("update_wishes", tests, tiny_boot_fill, NULL);
}
