/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dfu/pacing.h"

#define MS UINT64_C(1000)

/* Sends `packets` at `now` as far as the pacing lets them go at once; returns how many went. */
static unsigned burst(struct pacing *pacing, unsigned packets, uint64_t now)
{
    unsigned sent = 0;
    while (sent < packets && pacing_next(pacing, now) <= now) {
        pacing_sent(pacing);
        sent++;
    }
    return sent;
}

static void window_goes_at_once_and_the_rest_after_the_hold(void **state)
{
    (void)state;
    struct pacing pacing;
    pacing_init(&pacing);
    pacing_create(&pacing, 1000 * MS);
    assert_int_equal(burst(&pacing, 100, 1001 * MS), 12);
    assert_int_equal(pacing_next(&pacing, 1001 * MS), 1100 * MS);
    assert_int_equal(burst(&pacing, 100, 1099 * MS), 0);
    assert_int_equal(burst(&pacing, 100, 1100 * MS), 100);
}

static void packets_that_come_late_are_not_held(void **state)
{
    (void)state;
    struct pacing pacing;
    pacing_init(&pacing);
    pacing_create(&pacing, 0);
    assert_int_equal(burst(&pacing, 12, 10 * MS), 12);
    assert_int_equal(pacing_next(&pacing, 250 * MS), 250 * MS);
}

static void without_a_create_nothing_is_held(void **state)
{
    (void)state;
    struct pacing pacing;
    pacing_init(&pacing);
    assert_int_equal(burst(&pacing, 300, 5), 300);
}

static void every_create_begins_a_new_window(void **state)
{
    (void)state;
    struct pacing pacing;
    pacing_init(&pacing);
    for (uint64_t now = MS; now < 1000 * MS; now += 150 * MS) {
        pacing_create(&pacing, now);
        assert_int_equal(burst(&pacing, 17, now), 12);
        assert_int_equal(burst(&pacing, 5, now + 100 * MS), 5);
    }
}

static void a_loss_doubles_the_hold_and_halves_the_window(void **state)
{
    (void)state;
    struct pacing pacing;
    pacing_init(&pacing);
    pacing_lost(&pacing);
    pacing_create(&pacing, 0);
    assert_int_equal(burst(&pacing, 17, 0), 6);
    assert_int_equal(pacing_next(&pacing, 0), 200 * MS);
    assert_int_equal(burst(&pacing, 11, 200 * MS), 11);
}

static void losses_have_a_floor_and_a_ceiling(void **state)
{
    (void)state;
    struct pacing pacing;
    pacing_init(&pacing);
    for (int i = 0; i < 50; i++)
        pacing_lost(&pacing);
    pacing_create(&pacing, 0);
    assert_int_equal(burst(&pacing, 17, 0), 3);
    assert_int_equal(pacing_next(&pacing, 0), 400 * MS);
    assert_in_range(pacing.gap, 1, 80 * MS);
}

static void repeated_losses_pace_the_rest_as_well(void **state)
{
    (void)state;
    struct pacing pacing;
    pacing_init(&pacing);
    pacing_lost(&pacing);
    pacing_lost(&pacing);
    pacing_create(&pacing, 0);
    assert_int_equal(burst(&pacing, 100, 0), 3);
    assert_int_equal(burst(&pacing, 100, 400 * MS), 3);
    assert_int_equal(pacing_next(&pacing, 400 * MS), 420 * MS);
    assert_int_equal(burst(&pacing, 100, 420 * MS), 3);
}

static void the_pace_is_kept_for_the_session(void **state)
{
    (void)state;
    struct pacing pacing;
    pacing_init(&pacing);
    pacing_lost(&pacing);
    for (uint64_t now = MS; now < 3000 * MS; now += 300 * MS) {
        pacing_create(&pacing, now);
        assert_int_equal(burst(&pacing, 17, now), 6);
    }
}

static void the_first_object_waits_for_the_settings_as_well(void **state)
{
    (void)state;
    struct pacing pacing;
    pacing_init(&pacing);
    pacing_accepted(&pacing, 1000 * MS);
    pacing_create(&pacing, 1030 * MS);
    assert_int_equal(burst(&pacing, 17, 1030 * MS), 8);
    assert_int_equal(pacing_next(&pacing, 1030 * MS), 1400 * MS);
    assert_int_equal(burst(&pacing, 9, 1400 * MS), 9);
    pacing_create(&pacing, 1500 * MS);
    assert_int_equal(burst(&pacing, 17, 1500 * MS), 12);
    assert_int_equal(pacing_next(&pacing, 1500 * MS), 1600 * MS);
}

static void a_late_first_object_is_like_any_other(void **state)
{
    (void)state;
    struct pacing pacing;
    pacing_init(&pacing);
    pacing_accepted(&pacing, 1000 * MS);
    pacing_create(&pacing, 1300 * MS);
    assert_int_equal(burst(&pacing, 17, 1300 * MS), 12);
    assert_int_equal(pacing_next(&pacing, 1300 * MS), 1400 * MS);
}

static void another_try_waits_as_long_as_an_erase(void **state)
{
    (void)state;
    struct pacing pacing;
    pacing_init(&pacing);
    assert_int_equal(pacing_again(&pacing, 50 * MS), 150 * MS);
    pacing_lost(&pacing);
    assert_int_equal(pacing_again(&pacing, 50 * MS), 250 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_goes_at_once_and_the_rest_after_the_hold),
        cmocka_unit_test(packets_that_come_late_are_not_held),
        cmocka_unit_test(without_a_create_nothing_is_held),
        cmocka_unit_test(every_create_begins_a_new_window),
        cmocka_unit_test(a_loss_doubles_the_hold_and_halves_the_window),
        cmocka_unit_test(losses_have_a_floor_and_a_ceiling),
        cmocka_unit_test(repeated_losses_pace_the_rest_as_well),
        cmocka_unit_test(the_pace_is_kept_for_the_session),
        cmocka_unit_test(the_first_object_waits_for_the_settings_as_well),
        cmocka_unit_test(a_late_first_object_is_like_any_other),
        cmocka_unit_test(another_try_waits_as_long_as_an_erase),
    };
    return cmocka_run_group_tests_name("pacing", tests, NULL, NULL);
}
