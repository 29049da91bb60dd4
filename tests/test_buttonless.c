/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dfu/buttonless.h"
#include "dfu/pipe_ble.h"
#include "dfu_uuid.h"
#include "fake_central.h"

static void offer(struct fake_central *f, struct nordfu_uuid service, struct nordfu_uuid uuid,
                  uint16_t handle)
{
    f->link.characteristics[f->link.characteristic_count++] = (struct nordfu_characteristic){
        .service = service, .uuid = uuid, .value_handle = handle, .cccd_handle = handle + 1};
}

static void application(struct fake_central *f)
{
    fake_init(f);
    offer(f, nordfu_uuid16(0x1800), nordfu_uuid16(0x2A00), 3);
    offer(f, nordfu_uuid16(0xFE59), nordic(0x8EC90003), 16);
    f->drop_after_write = 200000;
}

static void play(struct fake_central *f, const struct fake_message *messages, size_t count)
{
    f->messages = messages;
    f->message_count = count;
}

static int jump(struct fake_central *f, struct nordfu_error *error)
{
    struct buttonless b;
    int rc = buttonless_open(&b, &f->central, NULL, error);
    return rc != 0 ? rc : buttonless_jump(&b, error);
}

static const struct fake_message success = {16, {0x20, 0x01, 0x01}, 3};

static void the_application_jumps_and_the_link_goes_down_by_itself(void **state)
{
    (void)state;
    struct fake_central f;
    struct nordfu_error error;
    application(&f);
    play(&f, &success, 1);
    assert_int_equal(jump(&f, &error), 0);
    assert_string_equal(f.log, "sub 16 write 16:01 ");
    assert_true(f.now < 6 * FAKE_SECOND);
}

static void the_variant_of_sdk_12_jumps_as_well(void **state)
{
    (void)state;
    struct fake_central f;
    fake_init(&f);
    offer(&f, nordic(0x8E400001), nordic(0x8E400001), 16);
    f.drop_after_write = 200000;
    play(&f, &success, 1);
    enum buttonless_device device;
    assert_int_equal(buttonless_look(&f.central, &device, NULL), 0);
    assert_int_equal(device, BUTTONLESS_SDK12);
    assert_int_equal(jump(&f, NULL), 0);
}

static void a_link_that_stays_is_ended(void **state)
{
    (void)state;
    struct fake_central f;
    application(&f);
    f.drop_after_write = FAKE_NEVER;
    play(&f, &success, 1);
    assert_int_equal(jump(&f, NULL), 0);
    assert_string_equal(f.log, "sub 16 write 16:01 disconnect ");
    assert_true(f.now <= 11 * FAKE_SECOND);
}

static void a_device_that_resets_before_its_answer_counts_as_jumped(void **state)
{
    (void)state;
    struct fake_central f;
    application(&f);
    assert_int_equal(jump(&f, NULL), 0);
}

static void a_link_lost_before_the_request_is_no_jump(void **state)
{
    (void)state;
    struct fake_central f;
    struct nordfu_error error;
    application(&f);
    f.subscribe_rc = NORDFU_ERR_LINK;
    assert_int_equal(jump(&f, &error), NORDFU_ERR_LINK);
}

static void a_name_is_asked_for_before_the_jump(void **state)
{
    (void)state;
    static const struct fake_message messages[] = {{16, {0x20, 0x02, 0x01}, 3},
                                                   {16, {0x20, 0x01, 0x01}, 3}};
    struct fake_central f;
    struct buttonless b;
    enum buttonless_named named;
    application(&f);
    f.drop_after_write = 200000;
    play(&f, messages, 2);
    assert_int_equal(buttonless_open(&b, &f.central, NULL, NULL), 0);
    assert_int_equal(buttonless_name(&b, "nfuAB", &named, NULL), 0);
    assert_int_equal(named, BUTTONLESS_NAMED);
    assert_int_equal(buttonless_jump(&b, NULL), 0);
    assert_string_equal(f.log, "sub 16 write 16:02056e66754142 write 16:01 ");
}

static void a_name_that_is_too_long_is_cut(void **state)
{
    (void)state;
    static const struct fake_message taken = {16, {0x20, 0x02, 0x01}, 3};
    struct fake_central f;
    struct buttonless b;
    enum buttonless_named named;
    application(&f);
    play(&f, &taken, 1);
    assert_int_equal(buttonless_open(&b, &f.central, NULL, NULL), 0);
    assert_int_equal(buttonless_name(&b, "abcdefghijklmnopqrstuvwxyz", &named, NULL), 0);
    assert_non_null(strstr(f.log, "write 16:02146162636465")); /* 20 bytes */
}

static void what_becomes_of_a_name_is_told_and_no_error(void **state)
{
    (void)state;
    static const struct {
        struct fake_message answer;
        int write_rc;
        enum buttonless_named named;
        int rc;
    } rows[] = {
        {{16, {0x20, 0x02, 0x02}, 3}, 0, BUTTONLESS_NAMELESS, 0},
        {{16, {0x20, 0x02, 0x04}, 3}, 0, BUTTONLESS_NAMELESS, 0},
        {{16, {0x20, 0x02, 0x05}, 3}, 0, BUTTONLESS_NAMELESS, 0},
        {{16, {0x20, 0x02}, 2}, 0, BUTTONLESS_NAME_UNKNOWN, 0},
        {{99, {0x20, 0x02, 0x01}, 3}, 0, BUTTONLESS_NAME_UNKNOWN, 0}, /* no answer of this one */
        {{16, {0x20, 0x02, 0x01}, 3}, NORDFU_ERR_REFUSED, BUTTONLESS_NAMELESS, 0},
        {{16, {0x20, 0x02, 0x01}, 3}, NORDFU_ERR_PORT, BUTTONLESS_NAMELESS, NORDFU_ERR_PORT},
        {{16, {0x20, 0x02, 0x01}, 3}, NORDFU_ERR_LINK, BUTTONLESS_NAMELESS, NORDFU_ERR_LINK},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake_central f;
        struct buttonless b;
        enum buttonless_named named = BUTTONLESS_NAMED;
        application(&f);
        f.drop_after_write = FAKE_NEVER;
        play(&f, &rows[i].answer, 1);
        assert_int_equal(buttonless_open(&b, &f.central, NULL, NULL), 0);
        f.write_rc = rows[i].write_rc;
        assert_int_equal(buttonless_name(&b, "nfu", &named, NULL), rows[i].rc);
        assert_int_equal(named, rows[i].named);
    }
}

static void every_status_has_its_sentence(void **state)
{
    (void)state;
    static const struct {
        uint8_t status;
        const char *text;
    } rows[] = {{2, "does not know how"},
                {4, "failed"},
                {5, "name"},
                {6, "busy"},
                {7, "bonded"},
                {0x99, "0x99"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake_central f;
        struct nordfu_error error;
        application(&f);
        f.drop_after_write = FAKE_NEVER;
        struct fake_message no = {16, {0x20, 0x01, rows[i].status}, 3};
        play(&f, &no, 1);
        assert_int_equal(jump(&f, &error), NORDFU_ERR_REFUSED);
        assert_int_equal(error.speaker, NORDFU_SPEAKER_BUTTONLESS);
        assert_int_equal(error.detail, rows[i].status);
        if (strstr(error.text, rows[i].text) == NULL)
            fail_msg("status %u: %s", rows[i].status, error.text);
    }
}

static void messages_that_are_no_answer_are_skipped(void **state)
{
    (void)state;
    static const struct fake_message messages[] = {
        {99, {0x20, 0x01, 0x04}, 3}, {16, {0x60, 0x01, 0x04}, 3},
        {16, {0x20, 0x02, 0x04}, 3}, {16, {0}, 0},
        {16, {0x20, 0x01, 0x01}, 3},
    };
    struct fake_central f;
    application(&f);
    play(&f, messages, 5);
    assert_int_equal(jump(&f, NULL), 0);
}

static void endless_messages_end_in_an_error(void **state)
{
    (void)state;
    static const struct fake_message other = {99, {0x20, 0x01, 0x01}, 3};
    struct fake_central f;
    struct nordfu_error error;
    application(&f);
    f.drop_after_write = FAKE_NEVER;
    f.endless = true;
    play(&f, &other, 1);
    assert_int_equal(jump(&f, &error), NORDFU_ERR_TRANSFER);
    assert_non_null(strstr(error.text, "none answers"));
}

static void a_cut_answer_and_silence_are_errors(void **state)
{
    (void)state;
    static const struct fake_message cut[] = {{16, {0x20, 0x01}, 2}, {16, {0x20}, 1}};
    for (int i = 0; i < 2; i++) {
        struct fake_central f;
        struct nordfu_error error;
        application(&f);
        f.drop_after_write = FAKE_NEVER;
        play(&f, &cut[i], 1);
        assert_int_equal(jump(&f, &error), NORDFU_ERR_TRANSFER);
        assert_non_null(strstr(error.text, "cut off"));
        application(&f);
        f.drop_after_write = FAKE_NEVER;
        assert_int_equal(jump(&f, &error), NORDFU_ERR_TIMEOUT);
        assert_true(f.now <= 10 * FAKE_SECOND);
    }
}

static void a_refused_write_is_passed_on(void **state)
{
    (void)state;
    struct fake_central f;
    struct nordfu_error error;
    application(&f);
    f.write_rc = NORDFU_ERR_REFUSED;
    assert_int_equal(jump(&f, &error), NORDFU_ERR_REFUSED);
    assert_int_equal(error.speaker, NORDFU_SPEAKER_GATT);
}

static void what_a_device_offers_decides(void **state)
{
    (void)state;
    static const struct {
        uint32_t uuid;
        int rc;
        enum buttonless_device device;
    } rows[] = {
        {0x8EC90001, 0, BUTTONLESS_BOOTLOADER},
        {0x8EC90003, 0, BUTTONLESS_UNBONDED},
        {0x8EC90004, 0, BUTTONLESS_BONDED},
        {0x8E400001, 0, BUTTONLESS_SDK12},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake_central f;
        enum buttonless_device device;
        fake_init(&f);
        offer(&f, nordfu_uuid16(0xFE59), nordic(rows[i].uuid), 16);
        assert_int_equal(buttonless_look(&f.central, &device, NULL), rows[i].rc);
        assert_int_equal(device, rows[i].device);
    }
}

static void a_device_without_dfu_is_described(void **state)
{
    (void)state;
    struct fake_central f;
    struct nordfu_error error;
    enum buttonless_device device;
    fake_init(&f);
    assert_int_equal(buttonless_look(&f.central, &device, &error), NORDFU_ERR_NOT_FOUND);
    assert_non_null(strstr(error.text, "services: none"));
    offer(&f, nordfu_uuid16(0x1800), nordfu_uuid16(0x2A00), 3);
    offer(&f, nordfu_uuid16(0x1800), nordfu_uuid16(0x2A01), 5);
    offer(&f, nordfu_uuid16(0x180D), nordfu_uuid16(0x2A37), 8);
    offer(&f, nordic(0x12345678), nordic(0x12345679), 11);
    assert_int_equal(buttonless_look(&f.central, &device, &error), NORDFU_ERR_NOT_FOUND);
    assert_non_null(
        strstr(error.text, "services: 1800, 180D, 12345678-F315-4F60-9FB8-838830DAEA50)"));
    while (f.link.characteristic_count < NORDFU_MAX_CHARACTERISTICS)
        offer(&f, nordic((uint32_t)f.link.characteristic_count), nordic(7), 30);
    assert_int_equal(buttonless_look(&f.central, &device, &error), NORDFU_ERR_NOT_FOUND);
}

static void legacy_dfu_is_named(void **state)
{
    (void)state;
    struct fake_central f;
    struct nordfu_error error;
    enum buttonless_device device;
    fake_init(&f);
    struct nordfu_uuid legacy = {{0x23, 0xD1, 0xBC, 0xEA, 0x5F, 0x78, 0x23, 0x15, 0xDE, 0xEF, 0x12,
                                  0x12, 0x31, 0x15, 0x00, 0x00}};
    offer(&f, legacy, legacy, 16);
    assert_int_equal(buttonless_look(&f.central, &device, &error), NORDFU_ERR_UNSUPPORTED);
    assert_non_null(strstr(error.text, "legacy"));
}

static void the_pipe_fits_the_mtu_and_hears_only_the_control_point(void **state)
{
    (void)state;
    static const struct {
        uint16_t mtu;
        size_t packet;
    } rows[] = {{23, 20},   {24, 20},   {27, 24},   {158, 152},
                {185, 180}, {246, 240}, {247, 244}, {517, 244}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static const struct fake_message messages[] = {{7, {1}, 1}, {16, {2, 3}, 2}};
        struct fake_central f;
        struct pipe_ble ble;
        uint8_t bytes[20];
        fake_init(&f);
        offer(&f, nordfu_uuid16(0xFE59), nordic(0x8EC90001), 16);
        offer(&f, nordfu_uuid16(0xFE59), nordic(0x8EC90002), 19);
        f.link.mtu = rows[i].mtu;
        play(&f, messages, 2);
        assert_int_equal(pipe_ble_init(&ble, &f.central, FAKE_NEVER, NULL), 0);
        assert_string_equal(f.log, "sub 16 ");
        assert_int_equal(ble.pipe.packet_size, rows[i].packet);
        assert_int_equal(ble.pipe.ops->receive(&ble.pipe, bytes, 20, 9 * FAKE_SECOND, NULL), 2);
        assert_int_equal(bytes[0], 2);
        f.message_next = 0;
        f.endless = true;
        assert_int_equal(ble.pipe.ops->receive(&ble.pipe, bytes, 20, 9 * FAKE_SECOND, NULL),
                         NORDFU_ERR_TRANSFER);
    }
}

static void half_a_dfu_service_makes_no_pipe(void **state)
{
    (void)state;
    struct fake_central f;
    struct pipe_ble ble;
    struct nordfu_error error;
    fake_init(&f);
    offer(&f, nordfu_uuid16(0xFE59), nordic(0x8EC90001), 16);
    assert_int_equal(pipe_ble_init(&ble, &f.central, FAKE_NEVER, &error), NORDFU_ERR_NOT_FOUND);
    assert_non_null(strstr(error.text, "Packet"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_application_jumps_and_the_link_goes_down_by_itself),
        cmocka_unit_test(the_variant_of_sdk_12_jumps_as_well),
        cmocka_unit_test(a_link_that_stays_is_ended),
        cmocka_unit_test(a_device_that_resets_before_its_answer_counts_as_jumped),
        cmocka_unit_test(a_link_lost_before_the_request_is_no_jump),
        cmocka_unit_test(a_name_is_asked_for_before_the_jump),
        cmocka_unit_test(a_name_that_is_too_long_is_cut),
        cmocka_unit_test(what_becomes_of_a_name_is_told_and_no_error),
        cmocka_unit_test(every_status_has_its_sentence),
        cmocka_unit_test(messages_that_are_no_answer_are_skipped),
        cmocka_unit_test(endless_messages_end_in_an_error),
        cmocka_unit_test(a_cut_answer_and_silence_are_errors),
        cmocka_unit_test(a_refused_write_is_passed_on),
        cmocka_unit_test(what_a_device_offers_decides),
        cmocka_unit_test(a_device_without_dfu_is_described),
        cmocka_unit_test(legacy_dfu_is_named),
        cmocka_unit_test(the_pipe_fits_the_mtu_and_hears_only_the_control_point),
        cmocka_unit_test(half_a_dfu_service_makes_no_pipe),
    };
    return cmocka_run_group_tests_name("buttonless", tests, NULL, NULL);
}
