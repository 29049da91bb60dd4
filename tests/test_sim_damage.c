/* SPDX-License-Identifier: MIT
 * Damage to order, each kind during a whole update: it strikes exactly where it was ordered. */
#include "damage_bench.h"

/* The link */

static void a_link_is_cut_in_the_middle_of_the_init_packet(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    fixture_init(&f, &files);
    f.device_config.mtu = 23;
    run(&f, &m, &(struct sim_damage_config){SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_INIT, 50, 0, 0, 0});
    assert_struck_once(&m, "what=cut-link at=init=50");
    assert_int_equal(m.progress.object, 1);
    assert_int_equal(m.progress.command_taken, 60); /* three packets of 20 bytes */
    assert_true(m.progress.command_size > 60);
    fixture_assert_updated(&f);
    assert_int_equal(f.result.reconnects, 1);
    fixture_free(&f);
}

static void a_link_is_cut_with_the_packet_that_brings_a_byte(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    damaged(&f, &m, SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_BYTES, 5 * PACKET + 1);
    assert_struck_once(&m, "what=cut-link at=bytes=1221");
    assert_int_equal(m.progress.image_taken, 6 * PACKET);
    fixture_assert_updated(&f);
    assert_int_equal(f.result.reconnects, 1);
    fixture_free(&f);
}

static void a_link_is_cut_with_a_packet_of_the_image(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    damaged(&f, &m, SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_PACKET, 6);
    assert_struck_once(&m, "what=cut-link at=packet=6");
    assert_int_equal(m.progress.image_taken, 6 * PACKET);
    fixture_assert_updated(&f);
    fixture_free(&f);
}

static void a_link_is_cut_exactly_on_an_object_boundary(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    for (uint32_t object = 1; object <= 4; object++) {
        damaged(&f, &m, SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_OBJECT, object);
        assert_int_equal(m.strikes, 1);
        assert_int_equal(m.progress.object_begin, 4096 * (object - 1)); /* not yet executed */
        assert_int_equal(m.progress.image_taken, object < 4 ? 4096 * object : FIRMWARE_SIZE);
        fixture_assert_updated(&f);
        assert_int_equal(f.result.reconnects, 1);
        fixture_free(&f);
    }
}

static void a_link_is_cut_between_execute_and_its_answer(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    damaged(&f, &m, SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_EXECUTE, 2);
    assert_struck_once(&m, "what=cut-link at=execute=2");
    assert_int_equal(m.progress.object_begin, 8192); /* executed */
    assert_int_equal(m.progress.image_taken, 8192);
    assert_non_null(strstr(m.before, "bootloader.object"));
    assert_non_null(strstr(m.before, "offset=8192"));
    assert_int_equal(m.time, m.executed_at); /* no time for the answer to get away */
    assert_non_null(strstr(m.after, "device.disconnected"));
    fixture_assert_updated(&f);
    assert_int_equal(f.result.reconnects, 1);
    fixture_free(&f);
}

static void a_link_is_cut_when_the_answer_has_arrived(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    damaged(&f, &m, SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_ANSWER, 2);
    assert_struck_once(&m, "what=cut-link at=answer=2");
    assert_int_equal(m.progress.object_begin, 8192);
    assert_int_equal(m.progress.image_taken, 8192); /* nothing of the next object */
    assert_in_range(m.time, m.executed_at + 1, m.executed_at + 50 * NORDFU_MS);
    fixture_assert_updated(&f);
    assert_int_equal(f.result.reconnects, 1);
    fixture_free(&f);
}

static void a_link_is_cut_around_the_execution_of_the_init_packet(void **state)
{
    static const enum sim_damage_place places[] = {SIM_DAMAGE_AT_OBJECT, SIM_DAMAGE_AT_EXECUTE,
                                                   SIM_DAMAGE_AT_ANSWER};
    struct fixture f;
    struct moment m;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        damaged(&f, &m, SIM_DAMAGE_CUT_LINK, places[i], SIM_DAMAGE_OF_INIT);
        assert_int_equal(m.strikes, 1);
        assert_non_null(strstr(m.text, "=init"));
        assert_int_equal(m.progress.command_taken, m.progress.command_size);
        assert_int_equal(m.progress.image_size,
                         places[i] == SIM_DAMAGE_AT_OBJECT ? 0 : FIRMWARE_SIZE);
        assert_int_equal(m.progress.image_taken, 0);
        fixture_assert_updated(&f);
        fixture_free(&f);
    }
}

/* What was complete is installed, whatever the client makes of it. */
static void a_link_is_cut_after_the_final_execute(void **state)
{
    static const enum sim_damage_place places[] = {SIM_DAMAGE_AT_EXECUTE, SIM_DAMAGE_AT_ANSWER};
    struct fixture f;
    struct moment m;
    struct bootloader_image installed;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        damaged(&f, &m, SIM_DAMAGE_CUT_LINK, places[i], SIM_DAMAGE_OF_LAST);
        assert_int_equal(m.strikes, 1);
        assert_non_null(strstr(m.text, "=last"));
        assert_int_equal(m.progress.image_taken, 0); /* the image is taken over already */
        assert_true(sim_settle(f.world, &f.device, 1, 60 * NORDFU_SECOND));
        sim_device_installed(f.device, &installed);
        assert_int_equal(installed.version, 2);
        assert_int_equal(installed.size, FIRMWARE_SIZE);
        fixture_free(&f);
    }
}

static void a_link_is_cut_at_the_jump(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    damaged(&f, &m, SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_JUMP, 0);
    assert_struck_once(&m, "what=cut-link at=jump");
    assert_int_equal(m.mode, SIM_MODE_APPLICATION);
    assert_non_null(strstr(m.before, "device.jump"));
    assert_non_null(strstr(m.after, "device.disconnected"));
    assert_non_null(strstr(m.after, "reason=08"));
    fixture_assert_updated(&f); /* it was on its way to the bootloader all the same */
    fixture_free(&f);
}

static void a_silence_lasts_as_long_as_ordered(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    fixture_init(&f, &files);
    run(&f, &m,
        &(struct sim_damage_config){SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_BYTES, 6000,
                                    20 * NORDFU_SECOND, 0, 0});
    assert_int_equal(m.strikes, 1);
    assert_true(f.duration > 20 * NORDFU_SECOND || f.rc != 0);
    fixture_free(&f);
    fixture_init(&f, &files);
    run(&f, &m,
        &(struct sim_damage_config){SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_BYTES, 6000, SIM_DAMAGE_EVER,
                                    0, 0});
    assert_int_equal(m.strikes, 1);
    assert_int_not_equal(f.rc, 0);
    fixture_free(&f);
}

/* Power */

static void power_goes_in_the_middle_of_a_flash_operation_and_returns(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    fixture_init(&f, &files);
    run(&f, &m,
        &(struct sim_damage_config){SIM_DAMAGE_POWER_OFF, SIM_DAMAGE_AT_FLASH, 40,
                                    2 * NORDFU_SECOND, 0, 0});
    assert_struck_once(&m, "what=power-off at=flash=40");
    assert_int_equal(m.operation, 40);
    assert_int_equal(m.off_at, m.time);
    assert_int_equal(m.on_at, m.time + 2 * NORDFU_SECOND);
    assert_true(m.progress.image_taken > 0);
    fixture_free(&f);
}

static void power_goes_some_bytes_into_the_image(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    damaged(&f, &m, SIM_DAMAGE_POWER_OFF, SIM_DAMAGE_AT_BYTES, 5000);
    assert_struck_once(&m, "what=power-off at=bytes=5000");
    assert_in_range(m.progress.image_taken, 5000, 5000 + PACKET - 1);
    assert_int_equal(m.on_at, m.time + NORDFU_SECOND);
    fixture_assert_updated(&f);
    fixture_free(&f);
}

static void power_that_goes_for_ever_does_not_return(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    fixture_init(&f, &files);
    run(&f, &m,
        &(struct sim_damage_config){SIM_DAMAGE_POWER_OFF, SIM_DAMAGE_AT_EXECUTE, 3, SIM_DAMAGE_EVER,
                                    0, 0});
    assert_struck_once(&m, "what=power-off at=execute=3");
    assert_int_not_equal(f.rc, 0);
    sim_run_until(f.world, sim_now(f.world) + 100 * NORDFU_SECOND);
    assert_int_equal(m.on_at, 0);
    assert_int_equal(sim_device_mode(f.device), SIM_MODE_OFF);
    fixture_free(&f);
}

static void power_that_goes_at_the_jump_brings_the_application_back(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    fixture_init(&f, &files);
    run(&f, &m,
        &(struct sim_damage_config){SIM_DAMAGE_POWER_OFF, SIM_DAMAGE_AT_JUMP, 0, SIM_DAMAGE_EVER, 0,
                                    0});
    assert_struck_once(&m, "what=power-off at=jump");
    assert_non_null(strstr(m.before, "device.jump"));
    assert_int_equal(sim_device_mode(f.device), SIM_MODE_OFF);
    sim_device_power_on(f.device);
    assert_true(sim_settle(f.world, &f.device, 1, NORDFU_SECOND));
    assert_int_equal(sim_device_mode(f.device), SIM_MODE_APPLICATION);
    fixture_free(&f);
}

static void power_goes_at_a_time(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    damaged(&f, &m, SIM_DAMAGE_POWER_OFF, SIM_DAMAGE_AT_TIME, 10);
    assert_struck_once(&m, "what=power-off at=time=10ms");
    assert_int_equal(m.time, 10 * NORDFU_MS);
    assert_int_equal(m.on_at, 1010 * NORDFU_MS);
    fixture_assert_updated(&f);
    fixture_free(&f);
}

/* Packets */

static void so_many_packets_are_dropped_from_the_one_named(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    fixture_init(&f, &files);
    run(&f, &m,
        &(struct sim_damage_config){SIM_DAMAGE_DROP_PACKET, SIM_DAMAGE_AT_PACKET, 7, 0, 3, 0});
    assert_int_equal(m.strikes, 3);
    assert_int_equal(sim_damage_struck(f.damage, 0), 3);
    assert_int_equal(m.progress.image_taken, 6 * PACKET); /* still at the third of them */
    struct bootloader_stats stats;
    sim_device_get_stats(f.device, &stats);
    assert_int_equal(stats.packets_lost, 3);
    fixture_assert_updated(&f);
    assert_true(f.result.retries >= 1);
    fixture_free(&f);
}

static void a_dropped_packet_of_the_init_packet_is_noticed(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    damaged(&f, &m, SIM_DAMAGE_DROP_PACKET, SIM_DAMAGE_AT_INIT, 0);
    assert_struck_once(&m, "what=drop-packet at=init=1");
    assert_int_equal(m.progress.object, 1);
    assert_int_equal(m.progress.command_taken, 0);
    fixture_assert_updated(&f);
    fixture_free(&f);
}

static void a_flipped_packet_is_one_wrong_bit_and_found_by_the_crc(void **state)
{
    struct fixture f;
    struct moment m;
    (void)state;
    damaged(&f, &m, SIM_DAMAGE_FLIP_PACKET, SIM_DAMAGE_AT_PACKET, 17);
    assert_struck_once(&m, "what=flip-packet at=packet=17");
    assert_int_equal(m.progress.image_taken, 16 * PACKET); /* about to be taken */
    fixture_assert_updated(&f);
    assert_true(f.result.retries >= 1);
    fixture_free(&f);
}

static void the_flipped_bit_is_in_the_byte_that_was_named(void **state)
{
    static const uint32_t bytes[] = {1, 2000, 4097, FIRMWARE_SIZE};
    struct fixture f;
    (void)state;
    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        struct moment m = {.f = &f, .checks_flash = true};
        fixture_init(&f, &files);
        fixture_build(&f);
        sim_listen(f.world, listen, &m);
        fixture_damage(&f, &(struct sim_damage_config){SIM_DAMAGE_FLIP_PACKET, SIM_DAMAGE_AT_BYTES,
                                                       bytes[i], 0, 0, 0});
        fixture_update(&f);
        assert_int_equal(m.strikes, 1);
        assert_int_equal(m.wrong_bytes, 1);
        assert_int_equal(m.wrong_at, bytes[i] - 1);
        assert_int_equal(m.wrong_bits & (m.wrong_bits - 1), 0); /* one bit */
        fixture_assert_updated(&f);
        fixture_free(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_is_cut_in_the_middle_of_the_init_packet),
        cmocka_unit_test(a_link_is_cut_with_the_packet_that_brings_a_byte),
        cmocka_unit_test(a_link_is_cut_with_a_packet_of_the_image),
        cmocka_unit_test(a_link_is_cut_exactly_on_an_object_boundary),
        cmocka_unit_test(a_link_is_cut_between_execute_and_its_answer),
        cmocka_unit_test(a_link_is_cut_when_the_answer_has_arrived),
        cmocka_unit_test(a_link_is_cut_around_the_execution_of_the_init_packet),
        cmocka_unit_test(a_link_is_cut_after_the_final_execute),
        cmocka_unit_test(a_link_is_cut_at_the_jump),
        cmocka_unit_test(a_silence_lasts_as_long_as_ordered),
        cmocka_unit_test(power_goes_in_the_middle_of_a_flash_operation_and_returns),
        cmocka_unit_test(power_goes_some_bytes_into_the_image),
        cmocka_unit_test(power_that_goes_for_ever_does_not_return),
        cmocka_unit_test(power_that_goes_at_the_jump_brings_the_application_back),
        cmocka_unit_test(power_goes_at_a_time),
        cmocka_unit_test(so_many_packets_are_dropped_from_the_one_named),
        cmocka_unit_test(a_dropped_packet_of_the_init_packet_is_noticed),
        cmocka_unit_test(a_flipped_packet_is_one_wrong_bit_and_found_by_the_crc),
        cmocka_unit_test(the_flipped_bit_is_in_the_byte_that_was_named),
    };
    return cmocka_run_group_tests_name("sim_damage", tests, set_up, tear_down);
}
