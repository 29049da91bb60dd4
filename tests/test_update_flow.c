/* SPDX-License-Identifier: MIT
 * The update flow on a central that is made of two devices: an application that jumps and a small
 * bootloader. What the simulator's devices don't do: refuse connections, come back, stay, garble.
 */
#include "test.h"

#include "update_stage.h"

static struct outcome update(struct stage *s, uint32_t attempts)
{
    return stage_update(s, (struct nordfu_update_options){.attempts = attempts});
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
    struct stage s;
    struct outcome o = update_unheard(&s, OFF, false);
    assert_int_equal(o.rc, NORDFU_ERR_LINK);
    assert_non_null(strstr(o.error.text, "may run the new version already"));
    assert_non_null(strstr(o.error.text, "The link was lost."));
    assert_non_null(strstr(o.error.text, "that it is powered"));
    test_free(s.boot);
}

/* Its link is not ended after the last answer but dies, again and again. */
static struct outcome update_silent(struct stage *s, enum mode after_done, bool newer_only)
{
    stage_new(s, APPLICATION);
    s->supervision = 400;
    s->after_done = after_done;
    s->resets = true;
    s->boot->newer_only = newer_only;
    return update(s, 3);
}

static void an_update_that_the_device_may_have_lost_is_repeated_once(void **state)
{
    (void)state;
    struct stage s;
    struct outcome o = update_silent(&s, APPLICATION, false);
    assert_int_equal(o.rc, 0);
    assert_int_equal(s.done, 2);
    assert_int_equal(s.jumps, 2);
    assert_non_null(strstr(s.texts, "It is repeated to be sure."));
    assert_null(strstr(s.texts, "got lost"));
    assert_non_null(strstr(s.texts, "see that it runs the new version"));
    test_free(s.boot);
}

/* With bonds the bootloader has its application's address; by name the application is found by
 * its address the second time. */
static void the_repeat_finds_bonded_and_named_devices_too(void **state)
{
    (void)state;
    for (int by_name = 0; by_name < 2; by_name++) {
        for (int bonded = 0; bonded < 2; bonded++) {
            struct stage s;
            struct nordfu_update_options options = {0};
            stage_new(&s, APPLICATION);
            s.supervision = 400;
            s.after_done = APPLICATION;
            s.resets = true;
            s.kind = bonded ? 0x8EC90004 : 0x8EC90003;
            s.wants_bond = s.whitelists = bonded != 0;
            if (bonded)
                s.bootloader = s.application;
            snprintf(options.name, sizeof(options.name), "%s", by_name ? "Ther\nmo\x1B" : "");
            struct outcome o = stage_update(&s, options);
            if (o.rc != 0)
                fail_msg("by name %d, bonded %d: %s", by_name, bonded, o.error.text);
            assert_int_equal(s.done, 2);
            assert_int_equal(s.jumps, 2);
            assert_int_equal(s.pairings, bonded);
            test_free(s.boot);
        }
    }
}

static void a_device_that_refuses_the_repeated_update_has_it(void **state)
{
    (void)state;
    struct stage s;
    struct outcome o = update_silent(&s, APPLICATION, true);
    if (o.rc != 0)
        fail_msg("%s", o.error.text);
    assert_int_equal(s.done, 1);
    assert_non_null(strstr(s.texts, "had taken the update"));
    test_free(s.boot);
}

static void a_device_gone_after_its_last_answer_may_be_updated(void **state)
{
    (void)state;
    struct stage s;
    struct outcome o = update_silent(&s, OFF, false);
    assert_int_equal(o.rc, NORDFU_ERR_LINK);
    assert_non_null(strstr(o.error.text, "may run the new version already: see which one it runs"));
    assert_null(strstr(o.error.text, "missing"));
    assert_non_null(strstr(o.error.text, "in 60 s"));
    assert_non_null(strstr(o.error.text, " ... (Given up; ")); /* cut between words */
    assert_non_null(strstr(o.error.text, "13288 of 13288 bytes.)"));
    print_message("%s\n", o.error.text);
    test_free(s.boot);
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

/* Its application never heard the request to start the bootloader: what is at address + 1 is
 * somebody else's. */
static void an_application_that_was_not_asked_to_jump_is_not_looked_for_elsewhere(void **state)
{
    (void)state;
    struct stage s;
    const struct nordfu_advert other = {.address = {1, {0xD9, 0x4C, 0x97, 0x3B, 0x06, 0xDE}},
                                        .connectable = true,
                                        .name = "DfuTarg",
                                        .services = {nordfu_uuid16(0xFE59)},
                                        .service_count = 1};
    stage_new(&s, APPLICATION);
    s.bootloader.bytes[0] = 0xD8;
    s.bootloader_name = "DfuTarg";
    s.mute_subscriptions = 2;
    s.name_status = 1;
    s.others = &other;
    s.other_count = 1;
    struct outcome o = stage_update(&s, (struct nordfu_update_options){0});
    assert_int_equal(s.neighbours, 0);
    assert_int_equal(s.jumps, 1);
    assert_int_equal(o.result.reconnects, 2);
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

static void an_application_that_refuses_to_jump_is_not_said_to_be_a_bootloader(void **state)
{
    (void)state;
    struct stage s;
    stage_new(&s, BOOTLOADER);
    s.after_done = APPLICATION;
    s.jump_status = 6;
    struct outcome o = update_both(&s);
    assert_int_equal(o.rc, NORDFU_ERR_REFUSED);
    assert_non_null(strstr(o.error.text, "it is busy"));
    assert_null(strstr(s.texts, "stays in its bootloader"));
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
        cmocka_unit_test(an_update_that_the_device_may_have_lost_is_repeated_once),
        cmocka_unit_test(the_repeat_finds_bonded_and_named_devices_too),
        cmocka_unit_test(a_device_that_refuses_the_repeated_update_has_it),
        cmocka_unit_test(a_device_gone_after_its_last_answer_may_be_updated),
        cmocka_unit_test(an_application_that_jumps_without_an_answer_is_found_by_its_address),
        cmocka_unit_test(an_application_that_was_not_asked_to_jump_is_not_looked_for_elsewhere),
        cmocka_unit_test(two_images_are_sent_in_order),
        cmocka_unit_test(an_application_that_refuses_to_jump_is_not_said_to_be_a_bootloader),
        cmocka_unit_test(a_device_gone_after_the_first_of_two_images_is_waited_for_a_minute),
    };
    return cmocka_run_group_tests_name("update_flow", tests, tiny_boot_fill, NULL);
}
