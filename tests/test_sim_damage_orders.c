/* SPDX-License-Identifier: MIT
 * Several orders of damage, for one device and for one of several: none hides another. */
#include "damage_bench.h"

static void orders_strike_one_after_the_other(void **state)
{
    struct fixture f;
    struct moment m = {.f = &f};
    (void)state;
    fixture_init(&f, &files);
    fixture_build(&f);
    sim_listen(f.world, listen, &m);
    fixture_damage(
        &f, &(struct sim_damage_config){SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_EXECUTE, 2, 0, 0, 0});
    fixture_damage(
        &f, &(struct sim_damage_config){SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_FLASH, 50, 0, 0, 0});
    fixture_damage(
        &f, &(struct sim_damage_config){SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_FLASH, 20, 0, 0, 0});
    fixture_damage(
        &f, &(struct sim_damage_config){SIM_DAMAGE_DROP_PACKET, SIM_DAMAGE_AT_PACKET, 40, 0, 0, 0});
    fixture_update(&f);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(sim_damage_struck(f.damage, i), 1);
    assert_int_equal(m.strikes, 4);
    fixture_assert_updated(&f);
    assert_int_equal(f.result.reconnects, 3);
    fixture_free(&f);
}

static void an_operation_that_was_cut_does_not_hide_the_later_ones(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    damaged(&f, &m, SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_FLASH, 1); /* an erase */
    uint32_t middle = (uint32_t)(m.time / 1000);
    fixture_free(&f);
    fixture_init(&f, &files);
    fixture_build(&f);
    fixture_damage(&f, &(struct sim_damage_config){SIM_DAMAGE_POWER_OFF, SIM_DAMAGE_AT_TIME,
                                                   middle - 10, 0, 0, 0});
    fixture_damage(
        &f, &(struct sim_damage_config){SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_FLASH, 1, 0, 0, 0});
    fixture_damage(
        &f, &(struct sim_damage_config){SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_FLASH, 9, 0, 0, 0});
    fixture_update(&f);
    assert_int_equal(sim_damage_struck(f.damage, 0), 1);
    assert_int_equal(sim_damage_struck(f.damage, 1), 0);
    assert_int_equal(sim_damage_struck(f.damage, 2), 1);
    fixture_assert_updated(&f);
    fixture_free(&f);
}

static void one_packet_suffers_one_cut(void **state)
{
    const struct sim_damage_config cut = {SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_BYTES, 5000, 0, 0, 0};
    struct fixture f;
    struct moment m = {.f = &f};
    (void)state;
    fixture_init(&f, &files);
    fixture_build(&f);
    sim_listen(f.world, listen, &m);
    fixture_damage(&f, &cut);
    fixture_damage(&f, &cut);
    fixture_update(&f);
    assert_int_equal(m.strikes, 2);
    fixture_assert_updated(&f);
    assert_int_equal(f.result.reconnects, 2); /* the second one waited for another packet */
    fixture_free(&f);
}

/* Two updates, one image each. */
static void an_order_may_be_for_the_second_image(void **state)
{
    static const struct sim_damage_config orders[] = {
        {SIM_DAMAGE_DROP_PACKET, SIM_DAMAGE_AT_PACKET, 9, 0, 0, 2},
        {SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_INIT, 1, 0, 0, 2},
        {SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_EXECUTE, 2, 0, 0, 2},
        {SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_ANSWER, 2, 0, 0, 1},
        {SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_BYTES, 1, 0, 0, 3},
    };
    struct fixture f;
    struct moment m = {.f = &f};
    (void)state;
    fixture_init(&f, &files);
    fixture_build(&f);
    sim_listen(f.world, listen, &m);
    for (size_t i = 0; i < 5; i++)
        fixture_damage(&f, &orders[i]);
    fixture_update(&f);
    fixture_assert_updated(&f);
    assert_int_equal(m.strikes, 1);
    assert_int_equal(sim_damage_struck(f.damage, 3), 1);
    fixture_target(&f);
    fixture_update(&f);
    fixture_assert_updated(&f);
    assert_int_equal(m.strikes, 4);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(sim_damage_struck(f.damage, i), i < 4);
    fixture_free(&f);
}

static void a_neighbour_is_not_damaged(void **state)
{
    struct fixture f;
    struct moment m = {.f = &f};
    (void)state;
    fixture_init(&f, &files);
    fixture_build(&f);
    struct sim_device_config config = f.device_config;
    config.address.bytes[0] = 0x11;
    struct sim_device *other = sim_device_new(f.world, f.air, &config);
    assert_non_null(other);
    struct sim_damage *damage = sim_damage_new(f.world, other);
    assert_true(sim_damage_add(
        damage, &(struct sim_damage_config){.place = SIM_DAMAGE_AT_BYTES, .number = 1}));
    sim_listen(f.world, listen, &m);
    fixture_update(&f);
    fixture_assert_updated(&f);
    assert_int_equal(m.strikes, 0);
    assert_int_equal(sim_damage_struck(damage, 0), 0);
    sim_damage_free(&damage);
    sim_device_free(&other);
    fixture_free(&f);
}

static void what_does_not_fit_is_not_taken(void **state)
{
    struct fixture f;
    (void)state;
    fixture_init(&f, &files);
    fixture_build(&f);
    f.damage = sim_damage_new(f.world, f.device);
    assert_false(
        sim_damage_add(f.damage, &(struct sim_damage_config){.kind = SIM_DAMAGE_DROP_PACKET,
                                                             .place = SIM_DAMAGE_AT_JUMP}));
    assert_false(sim_damage_add(
        f.damage,
        &(struct sim_damage_config){.place = SIM_DAMAGE_AT_FLASH, .number = 1, .image = 2}));
    for (size_t i = 0; i < SIM_DAMAGE_MAX; i++)
        assert_true(sim_damage_add(
            f.damage, &(struct sim_damage_config){.place = SIM_DAMAGE_AT_FLASH, .number = 1000}));
    assert_false(sim_damage_add(
        f.damage, &(struct sim_damage_config){.place = SIM_DAMAGE_AT_FLASH, .number = 1000}));
    assert_int_equal(sim_damage_struck(f.damage, 99), 0);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_strike_one_after_the_other),
        cmocka_unit_test(an_operation_that_was_cut_does_not_hide_the_later_ones),
        cmocka_unit_test(one_packet_suffers_one_cut),
        cmocka_unit_test(an_order_may_be_for_the_second_image),
        cmocka_unit_test(a_neighbour_is_not_damaged),
        cmocka_unit_test(what_does_not_fit_is_not_taken),
    };
    return cmocka_run_group_tests_name("sim_damage_orders", tests, set_up, tear_down);
}
