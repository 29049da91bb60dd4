/* SPDX-License-Identifier: MIT
 * Links and power lost at every step of a transfer, with bootloaders that report exact offsets and
 * such that round them; the rungs of the retry ladder, as the user sees them. */
#include "test.h"

#include "fixture.h"
#include "sim/profile.h"

#define FIRMWARE_SIZE 14000 /* four objects of at most 4096 bytes */

static struct fixture_files files;

enum step {
    IN_INIT_PACKET,
    AFTER_INIT_PACKET,
    BEFORE_INIT_ANSWER, /* its Execute */
    MID_OBJECT,
    ON_BOUNDARY,
    BEFORE_EXECUTE_ANSWER,
    AFTER_EXECUTE_ANSWER,
    BEFORE_FINAL_ANSWER,
    AFTER_FINAL_ANSWER,
    STEPS,
};

static const char *const step_names[STEPS] = {
    "in the init packet",         "after the init packet",
    "before the answer about it", "mid-object",
    "on an object boundary",      "between Execute and its answer",
    "after Execute's answer",     "before the final answer",
    "after the final answer",
};

/* Cuts the link once when a step is reached. */
struct cutter {
    struct fixture f;
    enum step step;
    bool done;
    bool power; /* power instead of the link */
};

static void cut_now(void *context)
{
    struct cutter *c = context;
    if (!c->power) {
        sim_device_cut_link(c->f.device, 300 * NORDFU_MS);
        return;
    }
    sim_device_power_off(c->f.device);
    sim_device_power_on(c->f.device);
}

static void cut(struct cutter *c)
{
    c->done = true;
    sim_after(c->f.world, 0, cut_now, c);
}

static void on_taken(void *context)
{
    struct cutter *c = context;
    struct bootloader_progress p;
    sim_device_get_progress(c->f.device, &p);
    uint32_t in_object = p.image_taken - p.object_begin;
    bool data = p.object == 2 && p.object_begin >= 4096;
    bool now =
        (c->step == IN_INIT_PACKET && p.object == 1 && p.command_taken < p.command_size) ||
        (c->step == AFTER_INIT_PACKET && p.object == 1 && p.command_taken == p.command_size) ||
        (c->step == MID_OBJECT && data && in_object > 1000 && in_object < 3000) ||
        (c->step == ON_BOUNDARY && data && in_object == p.object_size);
    if (now && !c->done)
        cut(c);
}

static bool on_answer(void *context, const uint8_t *bytes, size_t size)
{
    struct cutter *c = context;
    struct bootloader_progress p;
    if (c->done || size < 3 || bytes[1] != 0x04 || bytes[2] != 0x01)
        return true;
    sim_device_get_progress(c->f.device, &p);
    bool data = p.object == 2;
    bool final = data && p.image_taken == p.image_size;
    bool middle = data && !final && p.image_taken > 4096;
    bool lost = (c->step == BEFORE_INIT_ANSWER && !data) ||
                (c->step == BEFORE_EXECUTE_ANSWER && middle) ||
                (c->step == BEFORE_FINAL_ANSWER && final);
    bool late =
        (c->step == AFTER_EXECUTE_ANSWER && middle) || (c->step == AFTER_FINAL_ANSWER && final);
    if (lost)
        cut(c);
    if (late) {
        c->done = true;
        sim_after(c->f.world, 60 * NORDFU_MS, cut_now, c);
    }
    return !lost;
}

static const struct sim_device_watch watch = {
    .bootloader = {.taken = on_taken, .answer = on_answer}};

static void run(struct cutter *c, const char *profile, enum sim_resume resume)
{
    c->f.device_config.profile = sim_profile_find(profile);
    c->f.device_config.resume = resume;
    c->f.options.mtu = 65; /* the init packet takes several packets */
    fixture_build(&c->f);
    sim_device_set_watch(c->f.device, &watch, c);
    fixture_update(&c->f);
}

static void lose(enum step step, bool power, const char *profile, enum sim_resume resume)
{
    struct cutter c = {.step = step, .power = power};
    fixture_init(&c.f, &files);
    run(&c, profile, resume);
    if (!c.done || c.f.rc != 0)
        fail_msg("%s lost %s, %s, %s offsets: %s\n%s", power ? "power" : "link", step_names[step],
                 profile, resume == SIM_RESUME_EXACT ? "exact" : "rounded",
                 c.done ? c.f.error.text : "it never came to that", c.f.notes);
    fixture_assert_updated(&c.f);
    if (step != AFTER_FINAL_ANSWER) {
        assert_int_equal(c.f.result.reconnects, 1);
        assert_non_null(strstr(c.f.notes, "Connecting again (1 of 3)"));
    }
    /* What had arrived is not sent again, but for the object that was under way. */
    if (step == MID_OBJECT && !power) {
        struct bootloader_stats stats;
        sim_device_get_stats(c.f.device, &stats);
        assert_in_range(stats.bytes, FIRMWARE_SIZE, FIRMWARE_SIZE + 4096);
    }
    fixture_free(&c.f);
}

static void a_link_lost_at_any_step_is_mended(void **state)
{
    (void)state;
    static const char *const profiles[] = {"sdk12", "sdk14", "sdk15", "sdk16", "sdk17"};
    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        for (int step = 0; step < STEPS; step++) {
            lose((enum step)step, false, profiles[i], SIM_RESUME_EXACT);
            lose((enum step)step, false, profiles[i], SIM_RESUME_ROUNDED);
        }
    }
}

static void power_lost_at_any_step_is_survived(void **state)
{
    (void)state;
    for (int step = 0; step < STEPS; step++) {
        lose((enum step)step, true, "sdk17", SIM_RESUME_EXACT);
        lose((enum step)step, true, "sdk15", SIM_RESUME_ROUNDED);
    }
}

/* From the client's first byte to the end of the activation, at every so many flash operations. */
static void power_cut_in_any_flash_operation_is_survived(void **state)
{
    (void)state;
    for (uint32_t operation = 1; operation < 140; operation += 6) {
        struct fixture f;
        fixture_init(&f, &files);
        f.device_config.mode = SIM_MODE_BOOTLOADER;
        fixture_build(&f);
        struct cutter c = {.f = f, .power = true};
        sim_device_on_operation(f.device, operation, cut_now, &c);
        fixture_update(&f);
        for (int again = 0; again < 2 && f.rc != 0; again++) {
            fixture_target(&f);
            fixture_update(&f);
        }
        if (f.rc != 0)
            fail_msg("power lost in operation %u: %s\n%s", operation, f.error.text, f.notes);
        fixture_assert_updated(&f);
        fixture_free(&f);
    }
}

static size_t count_retries(const struct fixture *f, const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < f->event_count; i++)
        count += f->events[i].type == NORDFU_EVENT_RETRY && strstr(f->events[i].text, text) != NULL;
    return count;
}

/* The lines of the trace that tell of a retry. */
struct rungs {
    char text[4096];
};

static void on_trace(void *context, uint64_t time, const char *line)
{
    struct rungs *r = context;
    size_t used = strlen(r->text);
    (void)time;
    if (strncmp(line, "update retry:", 13) == 0)
        snprintf(r->text + used, sizeof(r->text) - used, "%s\n", line);
}

static void trace_into(struct fixture *f, struct nordfu_log *log, struct rungs *rungs)
{
    struct nordfu_port *port;
    *log = (struct nordfu_log){.trace = on_trace, .trace_context = rungs};
    nordfu_target_free(&f->target);
    fixture_check(sim_port_new(&port, f->world, f->dongle, &f->error), &f->error);
    fixture_check(nordfu_target_open_port(&f->target, &port,
                                          &(struct nordfu_target_options){.log = log}, &f->error),
                  &f->error);
}

/* Packets that never arrive: the object again, each time slower; a new link with MTU 23; the end,
 * with numbers. */
static void every_rung_of_the_ladder_is_told(void **state)
{
    (void)state;
    struct fixture f;
    struct nordfu_log log;
    struct rungs rungs = {""};
    static const char *const lines[] = {"try 2 of 5", "try 3 of 5", "try 4 of 5", "try 5 of 5",
                                        "Connecting again (1 of 3) with MTU 23."};
    fixture_init(&f, &files);
    fixture_build(&f);
    trace_into(&f, &log, &rungs);
    sim_device_drop_packets(f.device, 20, 1000000);
    fixture_update(&f);
    assert_int_equal(f.rc, NORDFU_ERR_TRANSFER);
    const char *at = rungs.text;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        at = strstr(at, lines[i]);
        if (at == NULL)
            fail_msg("'%s' is not where it should be in the trace:\n%s", lines[i], rungs.text);
    }
    assert_true(count_retries(&f, "lost in the device") >= 4);
    assert_int_equal(count_retries(&f, "Connecting again (1 of 3) with MTU 23"), 1);
    assert_int_equal(f.result.link.mtu, 23);
    assert_non_null(strstr(f.error.text, "(Given up; reconnections: 1, pieces sent again: "));
    assert_non_null(strstr(f.error.text, " of 14000 bytes.)"));
    print_message("%s\n", f.error.text);
    fixture_free(&f);
}

static void cut_for_a_moment(void *context)
{
    sim_device_cut_link(context, 300 * NORDFU_MS);
}

struct chain {
    struct fixture f;
    uint32_t every;
};

static void cut_again_and_again(void *context)
{
    struct chain *c = context;
    cut_for_a_moment(c->f.device);
    sim_device_on_bytes(c->f.device, c->every, cut_again_and_again, c);
}

static void links_lost_again_and_again_end_with_mtu_23_and_numbers(void **state)
{
    (void)state;
    struct chain c = {.every = 600};
    fixture_init(&c.f, &files);
    fixture_build(&c.f);
    sim_device_on_bytes(c.f.device, c.every, cut_again_and_again, &c);
    fixture_update(&c.f);
    assert_int_equal(c.f.rc, NORDFU_ERR_LINK);
    assert_int_equal(c.f.result.reconnects, 3);
    assert_int_equal(count_retries(&c.f, "Connecting again (1 of 3)."), 1);
    assert_int_equal(count_retries(&c.f, "Connecting again (2 of 3)."), 1);
    assert_int_equal(count_retries(&c.f, "Connecting again (3 of 3) with MTU 23."), 1);
    assert_non_null(strstr(c.f.error.text, "(Given up; reconnections: 3, "));
    print_message("%s\n", c.f.error.text);
    fixture_free(&c.f);
}

static void an_update_ends_in_its_time_and_is_gone_on_with(void **state)
{
    (void)state;
    for (uint32_t ms = 200; ms < 6000; ms += 433) {
        struct fixture f;
        fixture_init(&f, &files);
        f.options.timeout_ms = ms;
        f.options.mtu = 23; /* takes its time */
        fixture_build(&f);
        fixture_update(&f);
        assert_true(f.duration < ms * NORDFU_MS + NORDFU_SECOND);
        if (f.rc != 0) {
            assert_int_equal(f.rc, NORDFU_ERR_TIMEOUT);
            assert_non_null(strstr(f.error.text, "The same command goes on from there"));
            f.options.timeout_ms = 0;
            fixture_target(&f);
            fixture_update(&f);
        }
        fixture_assert_updated(&f);
        fixture_free(&f);
    }
}

static int set_up(void **state)
{
    (void)state;
    files_new(&files, FIRMWARE_SIZE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    files_free(&files);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_lost_at_any_step_is_mended),
        cmocka_unit_test(power_lost_at_any_step_is_survived),
        cmocka_unit_test(power_cut_in_any_flash_operation_is_survived),
        cmocka_unit_test(every_rung_of_the_ladder_is_told),
        cmocka_unit_test(links_lost_again_and_again_end_with_mtu_23_and_numbers),
        cmocka_unit_test(an_update_ends_in_its_time_and_is_gone_on_with),
    };
    return cmocka_run_group_tests_name("update_links", tests, set_up, tear_down);
}
