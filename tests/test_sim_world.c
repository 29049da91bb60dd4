/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>

#include "sim/profile.h"
#include "sim/world.h"

struct history {
    struct sim_world *world;
    char text[4096];
    sim_timer victim;
    int again;
};

static struct history start(uint64_t seed)
{
    return (struct history){.world = sim_world_new(seed)};
}

static void note(struct history *h, const char *what)
{
    size_t used = strlen(h->text);
    snprintf(h->text + used, sizeof(h->text) - used, "%s@%u ", what, (unsigned)sim_now(h->world));
}

static void a(void *context)
{
    note(context, "a");
}

static void b(void *context)
{
    note(context, "b");
}

static void c(void *context)
{
    note(context, "c");
}

static void kill_victim(void *context)
{
    struct history *h = context;
    note(h, "kill");
    sim_cancel(h->world, &h->victim);
}

static void repeat(void *context)
{
    struct history *h = context;
    note(h, "r");
    if (h->again-- > 0)
        sim_after(h->world, 0, repeat, h);
}

static void events_run_in_time_order_and_equal_times_in_order_of_scheduling(void **state)
{
    (void)state;
    struct history h = start(1);
    sim_at(h.world, 30, c, &h);
    sim_at(h.world, 10, a, &h);
    sim_at(h.world, 20, c, &h);
    sim_at(h.world, 20, a, &h);
    sim_at(h.world, 20, b, &h);
    assert_int_equal(sim_next(h.world), 10);
    sim_run_until(h.world, 25);
    assert_string_equal(h.text, "a@10 c@20 a@20 b@20 ");
    assert_int_equal(sim_now(h.world), 25);
    assert_int_equal(sim_next(h.world), 30);
    sim_run_until(h.world, 30);
    assert_string_equal(h.text, "a@10 c@20 a@20 b@20 c@30 ");
    assert_true(sim_next(h.world) == UINT64_MAX);
    sim_world_free(&h.world);
    assert_null(h.world);
}

static void an_event_in_the_past_runs_now(void **state)
{
    (void)state;
    struct history h = start(1);
    sim_run_until(h.world, 100);
    sim_at(h.world, 5, a, &h);
    sim_run_until(h.world, 100);
    assert_string_equal(h.text, "a@100 ");
    sim_world_free(&h.world);
}

static void a_cancelled_event_does_not_run(void **state)
{
    (void)state;
    struct history h = start(1);
    sim_timer timers[3] = {sim_at(h.world, 1, a, &h), sim_at(h.world, 2, b, &h),
                           sim_at(h.world, 3, c, &h)};
    sim_cancel(h.world, &timers[1]);
    assert_int_equal(timers[1], 0);
    sim_cancel(h.world, &timers[1]);
    sim_run_until(h.world, 10);
    assert_string_equal(h.text, "a@1 c@3 ");
    /* The name of an event that has run is stale, even when its room is used again. */
    sim_at(h.world, 20, b, &h);
    sim_cancel(h.world, &timers[0]);
    sim_cancel(h.world, &timers[2]);
    sim_run_until(h.world, 20);
    assert_string_equal(h.text, "a@1 c@3 b@20 ");
    sim_world_free(&h.world);
}

static void an_event_may_cancel_another_of_the_same_time(void **state)
{
    (void)state;
    struct history h = start(1);
    sim_at(h.world, 7, kill_victim, &h);
    h.victim = sim_at(h.world, 7, b, &h);
    sim_at(h.world, 7, c, &h);
    sim_run_until(h.world, 7);
    assert_string_equal(h.text, "kill@7 c@7 ");
    sim_world_free(&h.world);
}

static void an_event_may_schedule_more_for_the_same_time(void **state)
{
    (void)state;
    struct history h = start(1);
    h.again = 2;
    sim_at(h.world, 5, repeat, &h);
    sim_at(h.world, 5, a, &h);
    sim_run_until(h.world, 5);
    assert_string_equal(h.text, "r@5 a@5 r@5 r@5 ");
    sim_world_free(&h.world);
}

static void a_step_runs_one_event_or_moves_the_clock(void **state)
{
    (void)state;
    struct history h = start(1);
    sim_at(h.world, 5, a, &h);
    sim_at(h.world, 6, b, &h);
    assert_true(sim_step(h.world, 5));
    assert_false(sim_step(h.world, 5));
    assert_int_equal(sim_now(h.world), 5);
    assert_true(sim_step(h.world, 100));
    assert_int_equal(sim_now(h.world), 6);
    assert_false(sim_step(h.world, 100));
    assert_int_equal(sim_now(h.world), 100);
    assert_false(sim_step(h.world, 50));
    assert_int_equal(sim_now(h.world), 100);
    sim_world_free(&h.world);
}

struct entry {
    struct entry **next; /* where the next one to run reports */
    uint64_t time;
    uint32_t order;
    sim_timer timer;
};

static void report(void *context)
{
    struct entry *entry = context;
    *(*entry->next)++ = *entry;
}

/* Against a sorted list, with a third of the events cancelled in random order. */
static void thousands_of_events_keep_their_order_under_cancellation(void **state)
{
    (void)state;
    enum { EVENTS = 5000 };
    struct sim_world *world = sim_world_new(42);
    struct entry *entries = calloc(EVENTS, sizeof(*entries));
    struct entry *ran = calloc(EVENTS, sizeof(*ran));
    struct entry *next = ran;
    for (uint32_t i = 0; i < EVENTS; i++) {
        entries[i] = (struct entry){&next, sim_random(world, 1000), i, 0};
        entries[i].timer = sim_at(world, entries[i].time, report, &entries[i]);
    }
    size_t cancelled = 0;
    for (int i = 0; i < EVENTS / 2; i++) {
        struct entry *entry = &entries[sim_random(world, EVENTS)];
        cancelled += entry->timer != 0;
        sim_cancel(world, &entry->timer);
    }
    sim_run_until(world, 1000);
    assert_int_equal(next - ran, EVENTS - cancelled);
    for (struct entry *e = ran + 1; e < next; e++) {
        assert_true(e->time > e[-1].time || (e->time == e[-1].time && e->order > e[-1].order));
        assert_int_not_equal(e->timer, 0);
    }
    assert_false(sim_world_failed(world));
    free(entries);
    free(ran);
    sim_world_free(&world);
}

static void the_same_seed_gives_the_same_numbers(void **state)
{
    (void)state;
    struct sim_world *one = sim_world_new(7), *same = sim_world_new(7), *other = sim_world_new(8);
    int differ = 0;
    for (int i = 0; i < 100; i++) {
        uint32_t number = sim_random(one, 1000000);
        assert_int_equal(number, sim_random(same, 1000000));
        differ += number != sim_random(other, 1000000);
    }
    assert_true(differ > 90);
    sim_world_free(&one);
    sim_world_free(&same);
    sim_world_free(&other);
}

static void random_numbers_stay_in_range_and_spread(void **state)
{
    (void)state;
    struct sim_world *world = sim_world_new(0);
    int seen[10] = {0}, low = 0;
    for (int i = 0; i < 10000; i++) {
        uint32_t number = sim_random(world, 10);
        double chance = sim_chance(world);
        assert_true(number < 10);
        assert_true(chance >= 0 && chance < 1);
        seen[number]++;
        low += chance < 0.25;
    }
    for (int i = 0; i < 10; i++)
        assert_true(seen[i] > 850 && seen[i] < 1150);
    assert_true(low > 2300 && low < 2700);
    assert_int_equal(sim_random(world, 1), 0);
    sim_world_free(&world);
}

static void keep_line(void *context, uint64_t time, const char *what, const char *data)
{
    snprintf(context, 100, "%u %s %s", (unsigned)time, what, data);
}

static void the_log_goes_to_its_listener_with_the_time(void **state)
{
    (void)state;
    char line[100] = "";
    struct sim_world *world = sim_world_new(1);
    sim_log(world, "nobody.listens", "x=%d", 1);
    sim_listen(world, keep_line, line);
    sim_run_until(world, 17);
    sim_log(world, "device.flash.erase", "page=%d pages=%d", 3, 1);
    assert_string_equal(line, "17 device.flash.erase page=3 pages=1");
    sim_world_free(&world);
}

static void failure_is_remembered(void **state)
{
    (void)state;
    struct sim_world *world = sim_world_new(1);
    assert_false(sim_world_failed(world));
    sim_world_fail(world);
    assert_true(sim_world_failed(world));
    sim_world_free(&world);
    sim_world_free(&world);
    sim_world_free(NULL);
}

static void the_profile_table_is_consistent(void **state)
{
    (void)state;
    const struct sim_profile *p = sim_profile_find("sdk17");
    assert_non_null(p);
    assert_null(sim_profile_find("sdk99"));
    assert_non_null(strstr(sim_profile_names(), p->name));
    assert_int_equal(p->flash_size % p->page_size, 0);
    assert_int_equal(p->application_address % p->page_size, 0);
    assert_true(p->application_address < p->bootloader_address);
    assert_true(p->settings_address + p->page_size <= p->flash_size);
    assert_true(p->max_data_object % p->page_size == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_run_in_time_order_and_equal_times_in_order_of_scheduling),
        cmocka_unit_test(an_event_in_the_past_runs_now),
        cmocka_unit_test(a_cancelled_event_does_not_run),
        cmocka_unit_test(an_event_may_cancel_another_of_the_same_time),
        cmocka_unit_test(an_event_may_schedule_more_for_the_same_time),
        cmocka_unit_test(a_step_runs_one_event_or_moves_the_clock),
        cmocka_unit_test(thousands_of_events_keep_their_order_under_cancellation),
        cmocka_unit_test(the_same_seed_gives_the_same_numbers),
        cmocka_unit_test(random_numbers_stay_in_range_and_spread),
        cmocka_unit_test(the_log_goes_to_its_listener_with_the_time),
        cmocka_unit_test(failure_is_remembered),
        cmocka_unit_test(the_profile_table_is_consistent),
    };
    return cmocka_run_group_tests_name("sim_world", tests, NULL, NULL);
}
