/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "sim/flash.h"

#define ERASE 85000u
#define WRITE 41u
#define PAGE  4096u

static const struct flash_config config = {
    .size = 16 * PAGE, .page_size = PAGE, .erase_us = ERASE, .write_us = WRITE, .queue = 16};

struct bench {
    struct sim_world *world;
    struct flash *flash;
    int done;
    uint64_t when;
    bool cuts;
    uint64_t cut_time;
};

static struct bench start(void)
{
    struct bench bench = {.world = sim_world_new(3)};
    bench.flash = flash_new(bench.world, &config);
    assert_non_null(bench.flash);
    return bench;
}

static void stop(struct bench *bench)
{
    flash_free(&bench->flash);
    assert_null(bench->flash);
    assert_false(sim_world_failed(bench->world));
    sim_world_free(&bench->world);
}

static void count(void *context)
{
    struct bench *bench = context;
    bench->done++;
    bench->when = sim_now(bench->world);
    if (bench->cuts)
        flash_cut(bench->flash);
}

static uint32_t word_at(const struct bench *bench, uint32_t address)
{
    uint32_t word;
    memcpy(&word, flash_read(bench->flash, address), 4);
    return word;
}

static void fresh_flash_reads_as_erased(void **state)
{
    (void)state;
    struct bench bench = start();
    assert_int_equal(flash_size(bench.flash), 16 * PAGE);
    for (uint32_t at = 0; at < 16 * PAGE; at += 4)
        assert_true(word_at(&bench, at) == UINT32_MAX);
    stop(&bench);
}

static void a_write_takes_its_words_time_and_only_clears_bits(void **state)
{
    (void)state;
    struct bench bench = start();
    assert_true(flash_write(bench.flash, 8, "\x0F\xF0\xFF\x00\x01\x02\x03\x04", 8, count, &bench));
    sim_run_until(bench.world, 2 * WRITE - 1);
    assert_true(word_at(&bench, 8) == UINT32_MAX);
    assert_int_equal(flash_pending(bench.flash), 1);
    sim_run_until(bench.world, 2 * WRITE);
    assert_int_equal(bench.done, 1);
    assert_int_equal(flash_pending(bench.flash), 0);
    assert_memory_equal(flash_read(bench.flash, 8), "\x0F\xF0\xFF\x00\x01\x02\x03\x04", 8);
    assert_true(flash_write(bench.flash, 8, "\xFF\x80\x55\xAA", 4, NULL, NULL));
    sim_run_until(bench.world, 3 * WRITE);
    assert_memory_equal(flash_read(bench.flash, 8), "\x0F\x80\x55\x00\x01", 5);
    stop(&bench);
}

static void an_erase_takes_its_pages_time_and_sets_all_bits(void **state)
{
    (void)state;
    struct bench bench = start();
    flash_load(bench.flash, PAGE - 4, "0123456789ab", 12);
    flash_load(bench.flash, 3 * PAGE, "xyz", 3);
    assert_true(flash_erase(bench.flash, PAGE, 2, count, &bench));
    sim_run_until(bench.world, 2 * ERASE - 1);
    assert_memory_equal(flash_read(bench.flash, PAGE), "456789ab", 8);
    sim_run_until(bench.world, 2 * ERASE);
    assert_int_equal(bench.done, 1);
    assert_memory_equal(flash_read(bench.flash, PAGE - 4), "0123\xFF\xFF\xFF\xFF", 8);
    assert_memory_equal(flash_read(bench.flash, 3 * PAGE), "xyz", 3);
    stop(&bench);
}

static void operations_run_one_after_the_other(void **state)
{
    (void)state;
    struct bench bench = start();
    assert_true(flash_write(bench.flash, 0, "\0\0\0\0", 4, NULL, NULL));
    assert_true(flash_erase(bench.flash, 0, 1, NULL, NULL));
    assert_true(flash_write(bench.flash, 0, "abcd", 4, count, &bench));
    assert_int_equal(flash_pending(bench.flash), 3);
    sim_run_until(bench.world, 10 * ERASE);
    assert_int_equal(bench.when, ERASE + 2 * WRITE);
    assert_memory_equal(flash_read(bench.flash, 0), "abcd", 4);
    stop(&bench);
}

static void the_bytes_are_copied_when_queued(void **state)
{
    (void)state;
    struct bench bench = start();
    char bytes[4] = "good";
    assert_true(flash_write(bench.flash, 0, bytes, 4, NULL, NULL));
    memcpy(bytes, "evil", 4);
    sim_run_until(bench.world, WRITE);
    assert_memory_equal(flash_read(bench.flash, 0), "good", 4);
    stop(&bench);
}

static void a_full_queue_refuses_the_running_one_included(void **state)
{
    (void)state;
    struct bench bench = start();
    assert_true(flash_erase(bench.flash, 0, 1, NULL, NULL));
    for (uint32_t i = 1; i < 16; i++)
        assert_true(flash_write(bench.flash, 4 * i, "abcd", 4, NULL, NULL));
    assert_false(flash_write(bench.flash, 0, "abcd", 4, NULL, NULL));
    assert_false(flash_erase(bench.flash, 0, 1, NULL, NULL));
    assert_int_equal(flash_pending(bench.flash), 16);
    sim_run_until(bench.world, ERASE);
    assert_true(flash_write(bench.flash, 0, "wxyz", 4, NULL, NULL));
    assert_false(flash_write(bench.flash, 0, "wxyz", 4, NULL, NULL));
    sim_run_until(bench.world, 2 * ERASE);
    assert_memory_equal(flash_read(bench.flash, 0), "wxyzabcd", 8);
    assert_memory_equal(flash_read(bench.flash, 60), "abcd\xFF", 5);
    stop(&bench);
}

static void what_is_not_whole_or_out_of_range_is_refused(void **state)
{
    (void)state;
    struct bench bench = start();
    static const uint8_t bytes[8] = {0};
    assert_false(flash_write(bench.flash, 2, bytes, 4, NULL, NULL));
    assert_false(flash_write(bench.flash, 0, bytes, 3, NULL, NULL));
    assert_false(flash_write(bench.flash, 0, bytes, 0, NULL, NULL));
    assert_false(flash_write(bench.flash, 16 * PAGE - 4, bytes, 8, NULL, NULL));
    assert_false(flash_write(bench.flash, 16 * PAGE, bytes, 4, NULL, NULL));
    assert_false(flash_write(bench.flash, 0xFFFFFFFC, bytes, 8, NULL, NULL));
    assert_false(flash_erase(bench.flash, 4, 1, NULL, NULL));
    assert_false(flash_erase(bench.flash, 0, 0, NULL, NULL));
    assert_false(flash_erase(bench.flash, 0, 17, NULL, NULL));
    assert_false(flash_erase(bench.flash, PAGE, 16, NULL, NULL));
    assert_false(flash_erase(bench.flash, 0, 0x100001, NULL, NULL));
    assert_int_equal(flash_pending(bench.flash), 0);
    stop(&bench);
}

static void a_power_cut_leaves_the_words_whose_time_had_passed(void **state)
{
    (void)state;
    struct bench bench = start();
    assert_true(flash_write(bench.flash, 0, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, count, &bench));
    assert_true(flash_write(bench.flash, 100, "\0\0\0\0", 4, count, &bench));
    sim_run_until(bench.world, 2 * WRITE + 5);
    flash_cut(bench.flash);
    assert_int_equal(flash_pending(bench.flash), 0);
    sim_run_until(bench.world, 100 * WRITE);
    assert_int_equal(bench.done, 0);
    assert_int_equal(word_at(&bench, 0), 0);
    assert_int_equal(word_at(&bench, 4), 0);
    assert_true(word_at(&bench, 12) == UINT32_MAX);
    assert_true(word_at(&bench, 100) == UINT32_MAX);
    stop(&bench);
}

static void a_power_cut_leaves_the_page_being_erased_undefined(void **state)
{
    (void)state;
    struct bench bench = start();
    uint8_t zeros[PAGE] = {0};
    for (uint32_t page = 0; page < 3; page++)
        flash_load(bench.flash, page * PAGE, zeros, PAGE);
    assert_true(flash_erase(bench.flash, 0, 3, count, &bench));
    sim_run_until(bench.world, ERASE + ERASE / 2);
    flash_cut(bench.flash);
    uint8_t erased[PAGE];
    memset(erased, 0xFF, PAGE);
    assert_memory_equal(flash_read(bench.flash, 0), erased, PAGE);
    assert_memory_not_equal(flash_read(bench.flash, PAGE), erased, PAGE);
    assert_memory_not_equal(flash_read(bench.flash, PAGE), zeros, PAGE);
    assert_memory_equal(flash_read(bench.flash, 2 * PAGE), zeros, PAGE);
    assert_int_equal(bench.done, 0);
    stop(&bench);
}

static void flash_works_again_after_a_cut(void **state)
{
    (void)state;
    struct bench bench = start();
    flash_cut(bench.flash);
    assert_true(flash_erase(bench.flash, 0, 1, count, &bench));
    sim_run_until(bench.world, 1000);
    flash_cut(bench.flash);
    assert_true(flash_erase(bench.flash, 0, 1, count, &bench));
    assert_true(flash_write(bench.flash, 0, "abcd", 4, count, &bench));
    sim_run_until(bench.world, 1000 + ERASE + WRITE);
    assert_int_equal(bench.done, 2);
    assert_memory_equal(flash_read(bench.flash, 0), "abcd", 4);
    stop(&bench);
}

static void power_may_go_inside_done(void **state)
{
    (void)state;
    struct bench bench = start();
    bench.cuts = true;
    assert_true(flash_write(bench.flash, 0, "abcd", 4, count, &bench));
    assert_true(flash_write(bench.flash, 4, "efgh", 4, count, &bench));
    sim_run_until(bench.world, 100 * WRITE);
    assert_int_equal(bench.done, 1);
    assert_memory_equal(flash_read(bench.flash, 0), "abcd\xFF\xFF\xFF\xFF", 8);
    stop(&bench);
}

static void cut(void *context)
{
    struct bench *bench = context;
    bench->cut_time = sim_now(bench->world);
    flash_cut(bench->flash);
}

static void an_action_comes_in_the_middle_of_an_operation(void **state)
{
    (void)state;
    struct bench bench = start();
    assert_true(flash_write(bench.flash, PAGE, "abcd", 4, count, &bench)); /* has begun before */
    flash_on_operation(bench.flash, 2, cut, &bench);
    assert_true(flash_write(bench.flash, PAGE + 4, "abcd", 4, count, &bench));
    assert_true(flash_erase(bench.flash, 0, 1, count, &bench));
    assert_true(flash_write(bench.flash, 0, "abcd", 4, count, &bench));
    sim_run_until(bench.world, 10 * ERASE);
    assert_int_equal(bench.cut_time, 2 * WRITE + ERASE / 2);
    assert_int_equal(bench.done, 2);
    /* Once only. */
    assert_true(flash_erase(bench.flash, 0, 1, count, &bench));
    assert_true(flash_erase(bench.flash, 0, 1, count, &bench));
    assert_true(flash_erase(bench.flash, 0, 1, count, &bench));
    sim_run_until(bench.world, 20 * ERASE);
    assert_int_equal(bench.done, 5);
    stop(&bench);
}

static void an_action_is_off_when_its_operation_is_cut_before(void **state)
{
    (void)state;
    struct bench bench = start();
    flash_on_operation(bench.flash, 1, cut, &bench);
    assert_true(flash_erase(bench.flash, 0, 1, count, &bench));
    sim_run_until(bench.world, ERASE / 4);
    flash_cut(bench.flash);
    assert_true(flash_erase(bench.flash, 0, 1, count, &bench));
    sim_run_until(bench.world, 10 * ERASE);
    assert_int_equal(bench.done, 1);
    assert_int_equal(bench.cut_time, 0);
    stop(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fresh_flash_reads_as_erased),
        cmocka_unit_test(a_write_takes_its_words_time_and_only_clears_bits),
        cmocka_unit_test(an_erase_takes_its_pages_time_and_sets_all_bits),
        cmocka_unit_test(operations_run_one_after_the_other),
        cmocka_unit_test(the_bytes_are_copied_when_queued),
        cmocka_unit_test(a_full_queue_refuses_the_running_one_included),
        cmocka_unit_test(what_is_not_whole_or_out_of_range_is_refused),
        cmocka_unit_test(a_power_cut_leaves_the_words_whose_time_had_passed),
        cmocka_unit_test(a_power_cut_leaves_the_page_being_erased_undefined),
        cmocka_unit_test(flash_works_again_after_a_cut),
        cmocka_unit_test(power_may_go_inside_done),
        cmocka_unit_test(an_action_comes_in_the_middle_of_an_operation),
        cmocka_unit_test(an_action_is_off_when_its_operation_is_cut_before),
    };
    return cmocka_run_group_tests_name("sim_flash", tests, NULL, NULL);
}
