/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dfu/limit.h"
#include "dfu/locate.h"
#include "fake_central.h"

#define START (5 * FAKE_SECOND) /* of the fake central's clock */
#define EVERY 100000

enum {
    CONNECTABLE = 1,
    SERVICE = 2,
};

/* DE:06:3B:97:4C:xx */
static struct nordfu_address address(uint8_t low)
{
    return (struct nordfu_address){NORDFU_ADDRESS_RANDOM_STATIC,
                                   {low, 0x4C, 0x97, 0x3B, 0x06, 0xDE}};
}

static struct fake_advert heard(uint64_t at, uint8_t low, int what, const char *name)
{
    struct fake_advert a = {.at = START + at, .every = EVERY};
    a.advert.address = address(low);
    a.advert.rssi = -50;
    a.advert.connectable = (what & CONNECTABLE) != 0;
    if (what & SERVICE)
        a.advert.services[a.advert.service_count++] = nordfu_uuid16(0xFE59);
    snprintf(a.advert.name, sizeof(a.advert.name), "%s", name);
    return a;
}

struct outcome {
    struct locate_found found;
    struct nordfu_error error;
    uint64_t time;
    int rc;
};

static struct outcome look(const struct locate_wish *wish, const struct fake_advert *adverts,
                           size_t count)
{
    struct fake_central f;
    struct outcome o;
    fake_init(&f);
    f.adverts = adverts;
    f.advert_count = count;
    o.rc = locate(&f.central, wish, 10 * FAKE_SECOND, &o.found, &o.error);
    o.time = f.now - START;
    assert_true(f.scans < 10);
    return o;
}

static struct locate_wish by_address(uint8_t low)
{
    struct locate_wish wish;
    locate_first(&wish,
                 &(struct nordfu_update_options){.has_address = true, .address = address(low)});
    return wish;
}

static void assert_found(const struct outcome *o, uint8_t low, enum nordfu_match match)
{
    if (o->rc != 0)
        fail_msg("%s", o->error.text);
    assert_int_equal(o->found.address.bytes[0], low);
    assert_int_equal(o->found.match, match);
}

static void plus_one_wraps_the_low_byte_without_carry(void **state)
{
    (void)state;
    struct nordfu_address a = address(0xFF);
    struct nordfu_address b = locate_plus_one(&a);
    assert_int_equal(b.bytes[0], 0x00);
    assert_int_equal(b.bytes[1], 0x4C);
    assert_int_equal(b.type, a.type);
    a = address(0xD8);
    b = locate_plus_one(&a);
    assert_int_equal(b.bytes[0], 0xD9);
}

static void the_wanted_address_is_taken_at_once(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 0x11, CONNECTABLE, "Other"),
                                    heard(50000, 0xD8, CONNECTABLE, "Thermo")};
    struct locate_wish wish = by_address(0xD8);
    struct outcome o = look(&wish, adverts, 2);
    assert_found(&o, 0xD8, NORDFU_MATCH_ADDRESS);
    assert_int_equal(o.time, 50000);
    assert_string_equal(o.found.name, "Thermo");
}

static void a_bootloader_at_plus_one_is_taken_after_a_moment(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 0xD9, CONNECTABLE | SERVICE, "DfuTarg")};
    struct locate_wish wish = by_address(0xD8);
    struct outcome o = look(&wish, adverts, 1);
    assert_found(&o, 0xD9, NORDFU_MATCH_PLUS_ONE);
    assert_in_range(o.time, 1000000, 1200000);
}

static void a_neighbours_bootloader_at_plus_one_is_left_alone(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 0xD9, CONNECTABLE | SERVICE, "DfuTarg"),
                                    heard(900000, 0xD8, CONNECTABLE, "Thermo")};
    struct locate_wish wish = by_address(0xD8);
    struct outcome o = look(&wish, adverts, 2);
    assert_found(&o, 0xD8, NORDFU_MATCH_ADDRESS);
}

static void a_neighbours_bootloader_with_the_wanted_address_gives_way(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 0xD8, CONNECTABLE | SERVICE, "DfuTarg"),
                                    heard(300000, 0xD8, CONNECTABLE, "Thermo")};
    struct locate_wish wish = by_address(0xD8);
    struct outcome o = look(&wish, adverts, 2);
    assert_found(&o, 0xD8, NORDFU_MATCH_ADDRESS);
    assert_int_equal(o.time, 300000);
    assert_string_equal(o.found.name, "Thermo");
    /* Alone it may be this device's own: some bootloaders keep the address. */
    o = look(&wish, adverts, 1);
    assert_found(&o, 0xD8, NORDFU_MATCH_ADDRESS);
    assert_in_range(o.time, 1000000, 1200000);
    /* After a jump the address + 1 is the better sign. */
    const struct locate_jump jump = {.application = address(0xD8)};
    locate_jumped(&wish, &jump);
    struct fake_advert after[] = {heard(0, 0xD8, CONNECTABLE | SERVICE, "DfuTarg"),
                                  heard(700000, 0xD9, CONNECTABLE | SERVICE, "DfuTarg")};
    o = look(&wish, after, 2);
    assert_found(&o, 0xD9, NORDFU_MATCH_PLUS_ONE);
}

static void two_devices_of_the_wanted_name_are_listed_and_not_guessed(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 0x11, CONNECTABLE, "Thermo"),
                                    heard(500000, 0x22, CONNECTABLE, "Thermo"),
                                    heard(1, 0x33, CONNECTABLE, "Other")};
    struct locate_wish wish;
    locate_first(&wish, &(struct nordfu_update_options){.name = "Thermo"});
    struct outcome o = look(&wish, adverts, 3);
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
    assert_non_null(strstr(o.error.text, ": Thermo at DE:06:3B:97:4C:11 (-50 dBm), Thermo "
                                         "at DE:06:3B:97:4C:22 (-50 dBm)."));
    assert_non_null(strstr(o.error.text, "Choose one by its address"));
    o = look(&wish, adverts, 1);
    assert_found(&o, 0x11, NORDFU_MATCH_NAME);
}

static void plus_one_without_the_service_is_taken_only_at_the_end(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 0xD9, CONNECTABLE, "Custom")};
    struct locate_wish wish = by_address(0xD8);
    struct outcome o = look(&wish, adverts, 1);
    assert_found(&o, 0xD9, NORDFU_MATCH_PLUS_ONE);
    assert_int_equal(o.time, 10 * FAKE_SECOND);
}

static void plus_one_of_ff_is_looked_for_at_00(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 0x00, CONNECTABLE | SERVICE, "DfuTarg")};
    struct locate_wish wish = by_address(0xFF);
    struct outcome o = look(&wish, adverts, 1);
    assert_found(&o, 0x00, NORDFU_MATCH_PLUS_ONE);
}

static void silence_says_what_was_looked_for_and_what_was_heard(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 1, CONNECTABLE, "Ther\033mo"), heard(1, 2, 0, ""),
                                    heard(2, 3, CONNECTABLE, "")};
    struct locate_wish wish = by_address(0xD8);
    struct outcome o = look(&wish, adverts, 3);
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
    assert_int_equal(o.time, 10 * FAKE_SECOND);
    assert_non_null(strstr(o.error.text,
                           "No device with address DE:06:3B:97:4C:D8 (or its bootloader "
                           "at DE:06:3B:97:4C:D9) was heard in 10 s"));
    assert_non_null(strstr(o.error.text,
                           "; heard was only Ther?mo at DE:06:3B:97:4C:01 (-50 dBm), "
                           "DE:06:3B:97:4C:02 (-50 dBm), DE:06:3B:97:4C:03 (-50 dBm)."));
    o = look(&wish, adverts, 0);
    assert_non_null(strstr(o.error.text, "; nothing else was heard either."));
}

static void a_device_that_takes_no_connections_is_told_from_silence(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 0xD8, 0, "Thermo")};
    struct locate_wish wish = by_address(0xD8);
    struct outcome o = look(&wish, adverts, 1);
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
    assert_non_null(strstr(o.error.text, "to accept connections"));
}

static void many_devices_do_not_hide_the_wanted_one(void **state)
{
    (void)state;
    struct fake_advert adverts[200];
    for (size_t i = 0; i < 199; i++) {
        adverts[i] = heard(i, (uint8_t)i, CONNECTABLE, "x");
        adverts[i].advert.address.bytes[3] = 0x77;
    }
    adverts[199] = heard(500000, 0xD8, CONNECTABLE, "Thermo");
    struct locate_wish wish = by_address(0xD8);
    struct outcome o = look(&wish, adverts, 200);
    assert_found(&o, 0xD8, NORDFU_MATCH_ADDRESS);
    o = look(&wish, adverts, 199);
    assert_non_null(strstr(o.error.text, " and over 60 more."));
}

static void a_name_must_be_exact_and_may_come_in_the_scan_response(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 1, CONNECTABLE, "Thermometer"),
                                    heard(1, 2, CONNECTABLE, "thermo"),
                                    heard(2, 3, CONNECTABLE, ""), heard(60000, 3, 0, "Thermo")};
    adverts[3].advert.scan_response = true;
    struct locate_wish wish;
    locate_first(&wish, &(struct nordfu_update_options){.name = "Thermo"});
    struct outcome o = look(&wish, adverts, 4);
    assert_found(&o, 3, NORDFU_MATCH_NAME);
    assert_in_range(o.time, 1000000, 1200000); /* is there a namesake? */
}

static void without_a_name_it_is_dfutarg(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 5, CONNECTABLE | SERVICE, "DfuTarg")};
    struct locate_wish wish;
    locate_first(&wish, &(struct nordfu_update_options){0});
    struct outcome o = look(&wish, adverts, 1);
    assert_found(&o, 5, NORDFU_MATCH_NAME);
}

/* After the jump of ...D8: what is heard, and what is taken when. */
static void after_a_jump_the_best_sign_wins(void **state)
{
    (void)state;
    static const struct {
        uint8_t low;
        int what;
        const char *name;
        uint64_t most; /* µs */
        enum nordfu_match match;
    } rows[] = {
        {0xD9, CONNECTABLE | SERVICE, "DfuTarg", 0, NORDFU_MATCH_PLUS_ONE},
        {0xD8, CONNECTABLE | SERVICE, "DfuTarg", 1200000, NORDFU_MATCH_ADDRESS},
        {0xD9, CONNECTABLE, "Custom", 2200000, NORDFU_MATCH_PLUS_ONE},
        {0xD8, CONNECTABLE, "Custom", 2200000, NORDFU_MATCH_ADDRESS},
        {0x44, CONNECTABLE | SERVICE, "DfuTarg", 5200000, NORDFU_MATCH_NAME},
    };
    struct locate_wish wish;
    const struct locate_jump jump = {.application = address(0xD8)};
    locate_jumped(&wish, &jump);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake_advert adverts[] = {heard(0, rows[i].low, rows[i].what, rows[i].name),
                                        heard(5, 0x99, CONNECTABLE, "DfuTarg")};
        struct outcome o = look(&wish, adverts, 2);
        assert_found(&o, rows[i].low, rows[i].match);
        assert_true(o.time <= rows[i].most);
    }
}

static void a_neighbours_dfutarg_waits_for_the_right_one(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 0x44, CONNECTABLE | SERVICE, "DfuTarg"),
                                    heard(3000000, 0xD9, CONNECTABLE | SERVICE, "DfuTarg")};
    struct locate_wish wish;
    const struct locate_jump jump = {.application = address(0xD8)};
    locate_jumped(&wish, &jump);
    struct outcome o = look(&wish, adverts, 2);
    assert_found(&o, 0xD9, NORDFU_MATCH_PLUS_ONE);
}

static void two_dfutargs_and_no_other_sign_are_not_guessed(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 0x44, CONNECTABLE | SERVICE, "DfuTarg"),
                                    heard(1, 0x55, CONNECTABLE | SERVICE, "DfuTarg")};
    struct locate_wish wish;
    const struct locate_jump jump = {.application = address(0xD8)};
    locate_jumped(&wish, &jump);
    struct outcome o = look(&wish, adverts, 2);
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
    assert_non_null(strstr(o.error.text, "More than one"));
}

static void a_lost_bootloader_is_found_again_or_its_application(void **state)
{
    (void)state;
    const struct locate_found bootloader = {.address = address(0xD9),
                                            .match = NORDFU_MATCH_PLUS_ONE};
    struct nordfu_address application = address(0xD8);
    struct locate_return again = {.bootloader = &bootloader, .application = &application};
    struct locate_wish wish;
    locate_again(&wish, &again);
    struct fake_advert adverts[] = {heard(0, 0xD8, CONNECTABLE, "Thermo"),
                                    heard(200000, 0xD9, CONNECTABLE, "")};
    struct outcome o = look(&wish, adverts, 2);
    assert_found(&o, 0xD9, NORDFU_MATCH_PLUS_ONE);
    o = look(&wish, adverts, 1);
    assert_found(&o, 0xD8, NORDFU_MATCH_ADDRESS);
    again.application = NULL;
    locate_again(&wish, &again);
    o = look(&wish, adverts, 1);
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
}

static void carry_goes_through_the_whole_address(void **state)
{
    (void)state;
    struct nordfu_address a = {1, {0xFF, 0xFF, 0x10, 0x20, 0x30, 0xC0}};
    struct nordfu_address b = locate_carried(&a);
    assert_memory_equal(b.bytes, "\x00\x00\x11\x20\x30\xC0", 6);
    memset(a.bytes, 0xFF, 6);
    b = locate_carried(&a);
    assert_memory_equal(b.bytes, "\0\0\0\0\0\0", 6);
    a = address(0xD8);
    b = locate_carried(&a);
    assert_int_equal(b.bytes[0], 0xD9);
}

/* ...:4D:00 for an application at ...:4C:FF, and a stock bootloader at ...:4C:00. */
static void a_carried_address_is_second_best(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 0x00, CONNECTABLE | SERVICE, "DfuTarg"),
                                    heard(600000, 0x00, CONNECTABLE | SERVICE, "DfuTarg")};
    adverts[0].advert.address.bytes[1] = 0x4D;
    struct locate_wish wish;
    const struct locate_jump jump = {.application = address(0xFF)};
    for (int after = 0; after < 2; after++) {
        wish = by_address(0xFF);
        if (after)
            locate_jumped(&wish, &jump);
        struct outcome o = look(&wish, adverts, 1);
        assert_found(&o, 0x00, NORDFU_MATCH_CARRY);
        assert_int_equal(o.found.address.bytes[1], 0x4D);
        o = look(&wish, adverts, 2);
        assert_found(&o, 0x00, NORDFU_MATCH_PLUS_ONE);
    }
    assert_string_equal(nordfu_match_name(NORDFU_MATCH_CARRY), "address + 1 with carry");
}

static void a_given_name_wins_at_once_wherever_it_is(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 0xD9, CONNECTABLE | SERVICE, "DfuTarg"),
                                    heard(100000, 0x77, CONNECTABLE | SERVICE, "nfuAAAA"),
                                    heard(200000, 0xD8, CONNECTABLE | SERVICE, "Thermo")};
    struct locate_wish wish;
    struct locate_jump jump = {.application = address(0xD8), .name = "nfuAAAA", .sure = true};
    locate_jumped(&wish, &jump);
    struct outcome o = look(&wish, adverts, 3);
    assert_found(&o, 0x77, NORDFU_MATCH_GIVEN);
    assert_int_equal(o.time, 100000);
    /* If it is not sure that it was taken, the address + 1 is as good. */
    jump.sure = false;
    locate_jumped(&wish, &jump);
    o = look(&wish, adverts, 3);
    assert_found(&o, 0xD9, NORDFU_MATCH_PLUS_ONE);
}

static void a_device_without_the_given_name_is_a_candidate_only(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 0xD9, CONNECTABLE | SERVICE, "DfuTarg"),
                                    heard(1, 0xD8, CONNECTABLE | SERVICE, "Boot"),
                                    heard(2, 0x44, CONNECTABLE | SERVICE, "DfuTarg")};
    struct locate_wish wish;
    const struct locate_jump jump = {.application = address(0xD8), .name = "nfuA", .sure = true};
    locate_jumped(&wish, &jump);
    struct outcome o = look(&wish, adverts, 3);
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
    assert_int_equal(o.time, 10 * FAKE_SECOND);
    assert_non_null(strstr(o.error.text, "took the name 'nfuA'"));
    assert_non_null(strstr(o.error.text, "alone: DfuTarg at DE:06:3B:97:4C:D9 (-50 dBm), Boot at "
                                         "DE:06:3B:97:4C:D8 (-50 dBm). If"));
    /* The application that came back is no bootloader: it may be asked again. */
    struct fake_advert back[] = {adverts[0], heard(1000000, 0xD8, CONNECTABLE, "Thermo")};
    o = look(&wish, back, 2);
    assert_found(&o, 0xD8, NORDFU_MATCH_ADDRESS);
    assert_true(o.found.application);
    /* Nobody at all. */
    o = look(&wish, adverts + 2, 1);
    assert_non_null(strstr(o.error.text, "No bootloader named 'nfuA' was heard"));
}

static void a_name_given_earlier_is_as_good_as_dfutarg(void **state)
{
    (void)state;
    char made[32];
    struct nordfu_address a = address(0xD8);
    locate_make_name(made, &a, 12345678);
    assert_true(locate_is_made(made));
    assert_false(locate_is_made("nfuABC"));
    assert_false(locate_is_made("nfuABCDEFG1"));
    assert_false(locate_is_made("DfuABCDEFGH"));
    struct fake_advert adverts[] = {heard(0, 0x44, CONNECTABLE, "nfuABCDEFGH"),
                                    heard(1, 0x55, CONNECTABLE | SERVICE, made),
                                    heard(2, 0x66, CONNECTABLE | SERVICE, "DfuTarg")};
    struct locate_wish wish;
    locate_first(&wish, &(struct nordfu_update_options){0});
    struct outcome o = look(&wish, adverts, 2);
    assert_found(&o, 0x55, NORDFU_MATCH_NAME);
    o = look(&wish, adverts, 3);
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
    locate_first(&wish, &(struct nordfu_update_options){.name = "Thermo"});
    o = look(&wish, adverts, 2);
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
}

static void a_bonded_bootloader_keeps_its_address(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 0xD9, CONNECTABLE | SERVICE, "DfuTarg"),
                                    heard(300000, 0xD8, CONNECTABLE | SERVICE, "DfuTarg")};
    struct locate_wish wish;
    const struct locate_jump jump = {.application = address(0xD8), .bonded = true};
    locate_jumped(&wish, &jump);
    struct outcome o = look(&wish, adverts, 2);
    assert_found(&o, 0xD8, NORDFU_MATCH_ADDRESS);
    assert_true(o.found.bootloader);
    assert_int_equal(o.time, 300000);
    o = look(&wish, adverts, 1);
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
}

/* While the application at ...D8 is linked. Returns whose bootloader is in the way. */
static enum nordfu_match listen(const struct fake_advert *adverts, size_t count,
                                struct locate_heard *before)
{
    const struct nordfu_address application = address(0xD8);
    struct locate_found found;
    struct fake_central f;
    fake_init(&f);
    f.adverts = adverts;
    f.advert_count = count;
    assert_int_equal(locate_listen(&f.central, &application, FAKE_SECOND, before, &found, NULL), 0);
    return found.match;
}

static void a_bootloader_where_another_will_be_is_told_before_the_jump(void **state)
{
    (void)state;
    static const enum nordfu_match matches[] = {NORDFU_MATCH_ADDRESS, NORDFU_MATCH_PLUS_ONE,
                                                NORDFU_MATCH_NONE};
    for (uint8_t i = 0; i < 6; i++) { /* ...D8 to DA in their bootloaders, in their applications */
        const struct fake_advert advert =
            heard(0, (uint8_t)(0xD8 + i % 3), i < 3 ? CONNECTABLE | SERVICE : CONNECTABLE, "x");
        struct locate_heard before = {0};
        assert_int_equal(listen(&advert, 1, &before), i < 3 ? matches[i] : NORDFU_MATCH_NONE);
    }
}

static void only_one_fresh_dfutarg_is_taken(void **state)
{
    (void)state;
    struct fake_advert adverts[] = {heard(0, 0x44, CONNECTABLE | SERVICE, "DfuTarg"),
                                    heard(1, 0x55, CONNECTABLE | SERVICE, "DfuTarg"),
                                    heard(2, 0x66, CONNECTABLE | SERVICE, "DfuTarg")};
    struct locate_heard before = {0};
    assert_int_equal(listen(adverts, 2, &before), NORDFU_MATCH_NONE);
    assert_int_equal(before.count, 2);
    struct locate_wish wish;
    const struct locate_jump jump = {.application = address(0xD8), .before = &before};
    locate_jumped(&wish, &jump);
    struct outcome o = look(&wish, adverts, 3);
    assert_found(&o, 0x66, NORDFU_MATCH_NAME);
    o = look(&wish, adverts, 2);
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
    before.count = 1;
    o = look(&wish, adverts, 3);
    assert_int_equal(o.rc, NORDFU_ERR_NOT_FOUND);
    assert_non_null(strstr(o.error.text, ": DfuTarg at DE:06:3B:97:4C:55 (-50 dBm), DfuTarg at "
                                         "DE:06:3B:97:4C:66 (-50 dBm). Choose"));
}

static void what_was_heard_is_remembered_within_bounds(void **state)
{
    (void)state;
    static struct fake_advert adverts[300];
    struct locate_heard before = {0};
    for (size_t i = 0; i < 300; i++) {
        adverts[i] = heard(i, (uint8_t)i, CONNECTABLE, "x");
        adverts[i].advert.address.bytes[3] = (uint8_t)(i >> 8);
        adverts[i].every = 0;
    }
    assert_int_equal(listen(adverts, 300, &before), NORDFU_MATCH_NONE);
    assert_int_equal(before.count, 300);
}

/* A new bootloader may have another address than the old one. */
static void a_bootloader_is_found_again_where_a_new_one_would_be(void **state)
{
    (void)state;
    static const struct {
        uint8_t old, seen;
        int what;
        enum nordfu_match match;
        uint64_t most;
    } rows[] = {
        {0xD9, 0xD9, CONNECTABLE | SERVICE, NORDFU_MATCH_GIVEN, 0},
        {0xD9, 0xD9, CONNECTABLE, NORDFU_MATCH_GIVEN, 1200000}, /* no longer tells of the service */
        {0xD9, 0xD8, CONNECTABLE | SERVICE, NORDFU_MATCH_ADDRESS, 1200000},
        {0xD8, 0xD9, CONNECTABLE | SERVICE, NORDFU_MATCH_PLUS_ONE, 1200000},
        {0xD9, 0xD8, CONNECTABLE, NORDFU_MATCH_ADDRESS, 2200000}, /* the application */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct nordfu_address application = address(0xD8);
        const struct locate_found old = {
            .address = address(rows[i].old), .match = NORDFU_MATCH_GIVEN, .bootloader = true};
        const struct locate_return again = {.bootloader = &old, .application = &application};
        struct fake_advert advert = heard(0, rows[i].seen, rows[i].what, "Other");
        struct locate_wish wish;
        locate_again(&wish, &again);
        struct outcome o = look(&wish, &advert, 1);
        assert_found(&o, rows[i].seen, rows[i].match);
        assert_true(o.time <= rows[i].most);
    }
}

static void a_neighbours_application_gives_way_to_the_lost_bootloader(void **state)
{
    (void)state;
    const struct locate_found old = {.address = address(0xD9), .bootloader = true};
    const struct locate_return again = {.bootloader = &old};
    struct fake_advert adverts[] = {heard(0, 0xD9, CONNECTABLE, "Other"),
                                    heard(500000, 0xD9, CONNECTABLE | SERVICE, "DfuTarg")};
    struct locate_wish wish;
    locate_again(&wish, &again);
    struct outcome o = look(&wish, adverts, 2);
    assert_int_equal(o.rc, 0);
    assert_int_equal(o.time, 500000);
}

/* The scan is over before the search: the time for everything is. */
static void a_scan_that_ends_early_ends_the_search(void **state)
{
    (void)state;
    struct fake_central f;
    struct limit limit;
    struct locate_found found;
    struct locate_wish wish = by_address(0xD8);
    fake_init(&f);
    limit_init(&limit, &f.central, 3 * FAKE_SECOND);
    assert_int_equal(locate(&limit.central, &wish, 10 * FAKE_SECOND, &found, NULL),
                     NORDFU_ERR_TIMEOUT);
    assert_int_equal(f.now, START + 3 * FAKE_SECOND);
    assert_true(limit.over);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plus_one_wraps_the_low_byte_without_carry),
        cmocka_unit_test(the_wanted_address_is_taken_at_once),
        cmocka_unit_test(a_bootloader_at_plus_one_is_taken_after_a_moment),
        cmocka_unit_test(a_neighbours_bootloader_at_plus_one_is_left_alone),
        cmocka_unit_test(a_neighbours_bootloader_with_the_wanted_address_gives_way),
        cmocka_unit_test(two_devices_of_the_wanted_name_are_listed_and_not_guessed),
        cmocka_unit_test(plus_one_without_the_service_is_taken_only_at_the_end),
        cmocka_unit_test(plus_one_of_ff_is_looked_for_at_00),
        cmocka_unit_test(silence_says_what_was_looked_for_and_what_was_heard),
        cmocka_unit_test(a_device_that_takes_no_connections_is_told_from_silence),
        cmocka_unit_test(many_devices_do_not_hide_the_wanted_one),
        cmocka_unit_test(a_name_must_be_exact_and_may_come_in_the_scan_response),
        cmocka_unit_test(without_a_name_it_is_dfutarg),
        cmocka_unit_test(after_a_jump_the_best_sign_wins),
        cmocka_unit_test(a_neighbours_dfutarg_waits_for_the_right_one),
        cmocka_unit_test(two_dfutargs_and_no_other_sign_are_not_guessed),
        cmocka_unit_test(a_lost_bootloader_is_found_again_or_its_application),
        cmocka_unit_test(carry_goes_through_the_whole_address),
        cmocka_unit_test(a_carried_address_is_second_best),
        cmocka_unit_test(a_given_name_wins_at_once_wherever_it_is),
        cmocka_unit_test(a_device_without_the_given_name_is_a_candidate_only),
        cmocka_unit_test(a_name_given_earlier_is_as_good_as_dfutarg),
        cmocka_unit_test(a_bonded_bootloader_keeps_its_address),
        cmocka_unit_test(a_bootloader_where_another_will_be_is_told_before_the_jump),
        cmocka_unit_test(only_one_fresh_dfutarg_is_taken),
        cmocka_unit_test(what_was_heard_is_remembered_within_bounds),
        cmocka_unit_test(a_bootloader_is_found_again_where_a_new_one_would_be),
        cmocka_unit_test(a_neighbours_application_gives_way_to_the_lost_bootloader),
        cmocka_unit_test(a_scan_that_ends_early_ends_the_search),
    };
    return cmocka_run_group_tests_name("locate", tests, NULL, NULL);
}
