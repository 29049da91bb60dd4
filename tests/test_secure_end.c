/* SPDX-License-Identifier: MIT
 * The end of a Secure DFU transfer when its answer is lost or the device forgets: what is known
 * then. */
#include "test.h"

#include "secure_run.h"

/* A whole transfer whose last answer is lost while the device takes the image; then another. */
static void transfer_unheard(struct run *r, struct boot *b)
{
    b->final_lost = true;
    transfer(r, b);
    assert_int_equal(r->rc, NORDFU_ERR_LINK);
    assert_true(r->session.unanswered);
    assert_true(b->activated);
    b->link_lost = false;
    b->head = b->tail;
    b->log[0] = '\0';
    r->rc = secure_transfer(&r->session, &b->pipe, &image, &r->error);
    assert_false(r->session.unanswered);
}

static void an_image_whose_final_answer_was_lost_is_sent_again(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    struct run r;
    transfer_unheard(&r, b);
    assert_updated(&r, b);
    assert_int_equal(r.session.bytes, IMAGE_SIZE);
    test_free(b);
}

static void a_version_refused_after_a_lost_answer_proves_the_update(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    b->newer_only = true;
    struct run r;
    transfer_unheard(&r, b);
    assert_int_equal(r.rc, 0);
    assert_string_equal(b->log, "0200 0601 0101 03 04 0c ");
    test_free(b);
}

/* Everything but the final Execute was there, and the device did not say so. */
static void a_final_answer_lost_while_resuming_is_known_to_be_lost(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    boot_hold(b, IMAGE_SIZE, 3 * MAX_OBJECT);
    b->rounds = b->crc_rounds = b->final_lost = true;
    struct run r;
    transfer(&r, b);
    assert_int_equal(r.rc, NORDFU_ERR_LINK);
    assert_true(b->activated);
    assert_true(r.session.unanswered);
    secure_session_next_image(&r.session);
    assert_false(r.session.unanswered);
    test_free(b);
}

static void an_end_after_which_nothing_is_known_any_more_is_the_end(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    boot_hold(b, IMAGE_SIZE, 3 * MAX_OBJECT);
    b->rounds = b->crc_rounds = b->forgets = true;
    struct run r;
    transfer(&r, b);
    assert_int_equal(r.rc, 0);
    assert_true(b->done);
    assert_int_equal(b->packets, 0);
    test_free(b);
}

static void progress_forgotten_before_the_end_is_not_the_end(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    boot_hold(b, 2 * MAX_OBJECT, MAX_OBJECT);
    b->forgets = true;
    struct run r;
    transfer(&r, b);
    assert_int_not_equal(r.rc, 0);
    assert_false(b->done);
    test_free(b);
}

static void a_version_refused_without_a_lost_answer_is_refused(void **state)
{
    (void)state;
    struct boot *b = boot_new();
    b->newer_only = b->activated = true;
    struct run r;
    transfer(&r, b);
    assert_int_equal(r.rc, NORDFU_ERR_REFUSED);
    assert_int_equal(b->seen[12], 0);
    test_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_whose_final_answer_was_lost_is_sent_again),
        cmocka_unit_test(a_version_refused_after_a_lost_answer_proves_the_update),
        cmocka_unit_test(a_final_answer_lost_while_resuming_is_known_to_be_lost),
        cmocka_unit_test(an_end_after_which_nothing_is_known_any_more_is_the_end),
        cmocka_unit_test(progress_forgotten_before_the_end_is_not_the_end),
        cmocka_unit_test(a_version_refused_without_a_lost_answer_is_refused),
    };
    return cmocka_run_group_tests_name("secure_end", tests, tiny_boot_fill, NULL);
}
