/* SPDX-License-Identifier: MIT
 * Damage as it is written on the command line. */
#include "test.h"

#include "cli/damage_text.h"

static void damage_has_a_kind_and_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct damage_order order;
    } good[] = {
        {"cut-link@init", {{SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_INIT, 0, 0, 0, 0}, 1}},
        {"cut-link@bytes=0x2000", {{SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_BYTES, 8192, 0, 0, 0}, 1}},
        {"cut-link@execute=init,for=ever",
         {{SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_EXECUTE, 0, SIM_DAMAGE_EVER, 0, 0}, 1}},
        {"cut-link@answer=last,device=16",
         {{SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_ANSWER, SIM_DAMAGE_OF_LAST, 0, 0, 0}, 16}},
        {"power-off@jump,for=250ms",
         {{SIM_DAMAGE_POWER_OFF, SIM_DAMAGE_AT_JUMP, 0, 250000, 0, 0}, 1}},
        {"power-off@flash=40,for=2.5s,device=2",
         {{SIM_DAMAGE_POWER_OFF, SIM_DAMAGE_AT_FLASH, 40, 2500000, 0, 0}, 2}},
        {"power-off@time=1.5s", {{SIM_DAMAGE_POWER_OFF, SIM_DAMAGE_AT_TIME, 1500, 0, 0, 0}, 1}},
        {"drop-packet@packet=17,count=3",
         {{SIM_DAMAGE_DROP_PACKET, SIM_DAMAGE_AT_PACKET, 17, 0, 3, 0}, 1}},
        {"flip-packet@init=20", {{SIM_DAMAGE_FLIP_PACKET, SIM_DAMAGE_AT_INIT, 20, 0, 0, 0}, 1}},
        {"cut-link@object=2,image=3", {{SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_OBJECT, 2, 0, 0, 3}, 1}},
        {"cut-link@object=2,", {{SIM_DAMAGE_CUT_LINK, SIM_DAMAGE_AT_OBJECT, 2, 0, 0, 0}, 1}},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct damage_order order;
        struct nordfu_error error = {0};
        if (damage_text_read(&order, good[i].text, &error) != 0)
            fail_msg("%s: %s", good[i].text, error.text);
        assert_int_equal(order.config.kind, good[i].order.config.kind);
        assert_int_equal(order.config.place, good[i].order.config.place);
        assert_int_equal(order.config.number, good[i].order.config.number);
        assert_int_equal(order.config.for_us, good[i].order.config.for_us);
        assert_int_equal(order.config.count, good[i].order.config.count);
        assert_int_equal(order.config.image, good[i].order.config.image);
        assert_int_equal(order.device, good[i].order.device);
    }
}

static void a_wrong_damage_is_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word;
    } wrong[] = {
        {"", "WHAT@WHERE"},
        {"cut-link", "WHAT@WHERE"},
        {"cutlink@init", "did you mean \"cut-link\"?"},
        {"explode@init", "there are: cut-link, power-off, drop-packet, flip-packet."},
        {"cut-link@byte=3", "did you mean \"bytes\"?"},
        {"cut-link@somewhere", "init, bytes, packet, object, execute, answer, jump, flash, time."},
        {"drop-packet@execute=2", "no place for a drop-packet"},
        {"drop-packet@qqqqqqq", "there are: init, bytes, packet."},
        {"cut-link@bytes", "needs a value: bytes=VALUE"},
        {"cut-link@bytes=0", "expected: a number, 1 or more"},
        {"cut-link@object=first", "or init or last"},
        {"cut-link@jump=1", "expected: nothing"},
        {"cut-link@time=5", "as 500ms or 2.5s"},
        {"cut-link@init,for=5", "or ever"},
        {"cut-link@init,for=0s", "or ever"},
        {"cut-link@init,for", "or ever"},
        {"cut-link@init,count=2", "no key of a cut-link \"count\"; there are: device, image, for."},
        {"drop-packet@init,for=2s", "there are: device, image, count."},
        {"cut-link@init,devise=2", "did you mean \"device\"?"},
        {"cut-link@init,device=0", "1 = the first"},
        {"cut-link@init,image=0", "1 = the first"},
        {"power-off@flash=4,image=2", "not with flash and time"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct damage_order order;
        struct nordfu_error error = {0};
        assert_int_equal(damage_text_read(&order, wrong[i].text, &error), NORDFU_ERR_USAGE);
        if (strstr(error.text, wrong[i].word) == NULL)
            fail_msg("%s: %s", wrong[i].text, error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_has_a_kind_and_a_place),
        cmocka_unit_test(a_wrong_damage_is_a_sentence),
    };
    return cmocka_run_group_tests_name("damage_text", tests, NULL, NULL);
}
