/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "h5_rig.h"

/* ---- Link start ---- */

static void the_fast_start_takes_no_waiting(void **state)
{
    (void)state;
    for (int v2 = 0; v2 < 2; v2++) {
        struct rig rig;
        rig_init(&rig);
        rig.v2 = v2 != 0;
        uint64_t begin = rig.now;
        h5_session_start(&rig.session, rig.now, false);
        rig_run_to(&rig, begin + NORDFU_SECOND, H5_ACTIVE);
        assert_int_equal(rig.session.state, H5_ACTIVE);
        assert_int_equal(rig.now, begin);
        assert_int_equal(rig.state, RIG_ACTIVE);
        assert_true(rig.settled);
        assert_int_equal(rig.session.clue, v2 ? H5_CLUE_CONFIG_RESPONSE : H5_CLUE_CONFIG);
    }
}

static void a_patient_dongle_is_started_by_its_own_timer(void **state)
{
    (void)state;
    for (int v2 = 0; v2 < 2; v2++) {
        struct rig rig;
        rig_init(&rig);
        rig.v2 = v2 != 0;
        rig.patient = true;
        uint64_t begin = rig.now;
        h5_session_start(&rig.session, rig.now, false);
        rig_run_to(&rig, begin + H5_SESSION_START_TIME, H5_ACTIVE);
        assert_int_equal(rig.session.state, H5_ACTIVE);
        assert_int_equal(rig.state, RIG_ACTIVE);
        assert_int_equal(rig.now - begin, (v2 ? 200 : 400) * NORDFU_MS);
    }
}

static void reset_comes_first_and_the_session_is_deaf_after_it(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    h5_session_start(&rig.session, rig.now, true);
    size_t size;
    const uint8_t *bytes = h5_session_output(&rig.session, &size);
    /* The first delimiter ends half a frame that may be left from a killed client. */
    assert_int_equal(size, 7);
    assert_memory_equal(bytes, "\xc0\xc0\x00\x05\x00\xfb\xc0", 7);
    uint64_t begin = rig.now;
    rig_pump(&rig);
    assert_int_equal(rig.up, 1);
    for (int i = 1; i < 300; i++) {
        rig.now = begin + (uint64_t)i * NORDFU_MS;
        rig_send_link(&rig, rig_sync_response, sizeof(rig_sync_response));
        rig_send_link(&rig, rig_sync, sizeof(rig_sync));
        assert_int_equal(h5_session_poll(&rig.session, rig.now), begin + H5_SESSION_RESET_TIME);
        h5_session_output(&rig.session, &size);
        assert_int_equal(size, 0);
        assert_int_equal(rig.session.state, H5_RESETTING);
    }
    rig.now = begin + H5_SESSION_RESET_TIME;
    rig_run_to(&rig, rig.now, H5_ACTIVE);
    assert_int_equal(rig.session.state, H5_ACTIVE);
}

static void without_reset_the_dongle_is_only_asked_to_sync(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    h5_session_start(&rig.session, rig.now, false);
    size_t size;
    const uint8_t *bytes = h5_session_output(&rig.session, &size);
    assert_int_equal(size, 8);
    assert_memory_equal(bytes, "\xc0\x00\x2f\x00\xd1\x01\x7e\xc0", 8);
}

static void check_data_both_ways(struct rig *rig)
{
    const uint8_t *payload;
    size_t size;
    assert_true(h5_session_send(&rig->session, "\x00\x60", 2, rig->now));
    rig_run(rig, NORDFU_SECOND);
    assert_int_equal(rig->received, 1);
    assert_true(h5_session_idle(&rig->session));
    rig_post(rig, "\x02\x11", 2);
    rig_run(rig, NORDFU_SECOND);
    assert_int_equal(rig->pending_size, 0);
    assert_true(h5_session_receive(&rig->session, &payload, &size));
    assert_int_equal(size, 2);
    assert_memory_equal(payload, "\x02\x11", 2);
    assert_false(h5_session_receive(&rig->session, &payload, &size));
}

static void any_one_frame_may_be_lost_without_harm(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        for (int lost = 0; lost < 12; lost++) {
            struct rig rig;
            rig_init(&rig);
            rig.v2 = kind & 1;
            *(kind & 2 ? &rig.lose_up : &rig.lose_down) = lost;
            uint64_t begin = rig.now;
            h5_session_start(&rig.session, rig.now, false);
            rig_run_to(&rig, begin + H5_SESSION_START_TIME, H5_ACTIVE);
            assert_int_equal(rig.session.state, H5_ACTIVE);
            /* The clue may be missing then, but never wrong. */
            assert_true(rig.session.clue != (rig.v2 ? H5_CLUE_CONFIG : H5_CLUE_CONFIG_RESPONSE));
            check_data_both_ways(&rig);
        }
    }
}

static void silence_is_a_failure_after_six_syncs(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.mute = true;
    uint64_t begin = rig.now;
    h5_session_start(&rig.session, rig.now, false);
    rig_run_to(&rig, begin + 10 * NORDFU_SECOND, H5_FAILED);
    assert_int_equal(rig.session.failure, H5_FAILURE_NO_SYNC_RESPONSE);
    assert_int_equal(rig.syncs, 6);
    assert_int_equal(rig.now - begin, 6 * H5_SESSION_RETRY_TIME);
    assert_true(h5_session_poll(&rig.session, rig.now) == UINT64_MAX);
}

static void a_dongle_without_config_is_a_failure_of_its_own(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.no_config = true;
    uint64_t begin = rig.now;
    h5_session_start(&rig.session, rig.now, false);
    rig_run_to(&rig, begin + 10 * NORDFU_SECOND, H5_FAILED);
    assert_int_equal(rig.session.failure, H5_FAILURE_NO_CONFIG_RESPONSE);
    assert_int_equal(rig.session.clue, H5_CLUE_NONE);
    assert_int_equal(rig.now - begin, 6 * H5_SESSION_RETRY_TIME);
}

static void the_whole_start_is_limited(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig.no_config = true;
    rig.mute = true;
    uint64_t begin = rig.now;
    h5_session_start(&rig.session, rig.now, true);
    rig_run(&rig, 1700 * NORDFU_MS); /* it answers just before the last SYNC's time is over */
    rig.mute = false;
    rig_send_link(&rig, rig_sync_response, sizeof(rig_sync_response));
    assert_int_equal(rig.session.state, H5_CONFIGURING);
    rig_run_to(&rig, begin + 10 * NORDFU_SECOND, H5_FAILED);
    assert_int_equal(rig.session.failure, H5_FAILURE_NO_CONFIG_RESPONSE);
    assert_int_equal(rig.now - begin, H5_SESSION_START_TIME);
    assert_int_equal(rig.up, 1 + 5 + 1 + 5); /* RESET, SYNC, SYNC RESPONSE, CONFIG */
}

static void config_while_syncing_is_not_answered(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    h5_session_start(&rig.session, rig.now, false);
    size_t before, after;
    h5_session_output(&rig.session, &before);
    rig_send_link(&rig, rig_config, sizeof(rig_config));
    rig_send_link(&rig, rig_config_response, sizeof(rig_config_response));
    h5_session_output(&rig.session, &after);
    assert_int_equal(after, before);
    assert_int_equal(rig.session.state, H5_SYNCING);
}

static void config_while_active_is_answered(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    rig_send_link(&rig, rig_config, sizeof(rig_config));
    size_t size;
    const uint8_t *bytes = h5_session_output(&rig.session, &size);
    assert_int_equal(size, 9);
    assert_memory_equal(bytes, "\xc0\x00\x3f\x00\xc1\x04\x7b\x11\xc0", 9);
    assert_int_equal(rig.session.state, H5_ACTIVE);
}

static void a_chatty_dongle_does_not_make_the_session_chatty(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    h5_session_start(&rig.session, rig.now, false);
    rig_send_link(&rig, rig_sync_response, sizeof(rig_sync_response));
    size_t size;
    h5_session_output(&rig.session, &size);
    h5_session_wrote(&rig.session, size);
    for (int i = 0; i < 100; i++)
        rig_send_link(&rig, rig_config, sizeof(rig_config));
    h5_session_output(&rig.session, &size);
    assert_int_equal(size, 100 * 9 + 2 * 9); /* each answered, two CONFIGs of its own */
    h5_session_wrote(&rig.session, size);
    rig.now += H5_SESSION_RETRY_TIME;
    h5_session_poll(&rig.session, rig.now);
    for (int i = 0; i < 100; i++)
        rig_send_link(&rig, rig_config, sizeof(rig_config));
    h5_session_output(&rig.session, &size);
    assert_int_equal(size, 100 * 9 + 3 * 9); /* one more by the timer */
}

static void a_restart_of_the_dongle_is_noticed_and_another_start_works(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    rig_post(&rig, "\x02\x01", 2);
    rig_run(&rig, 10 * NORDFU_MS);
    assert_true(h5_session_send(&rig.session, "\x00\x60", 2, rig.now));
    rig_restart(&rig);
    rig_run_to(&rig, rig.now + NORDFU_SECOND, H5_FAILED);
    assert_int_equal(rig.session.state, H5_FAILED);
    assert_int_equal(rig.session.failure, H5_FAILURE_RESTARTED);
    assert_false(h5_session_idle(&rig.session));
    assert_false(h5_session_send(&rig.session, "\x00\x60", 2, rig.now));
    const uint8_t *payload;
    size_t size;
    assert_true(h5_session_receive(&rig.session, &payload, &size)); /* came before */
    assert_false(h5_session_receive(&rig.session, &payload, &size));
    h5_session_start(&rig.session, rig.now, false);
    rig_run_to(&rig, rig.now + NORDFU_SECOND, H5_ACTIVE);
    assert_int_equal(rig.session.state, H5_ACTIVE);
    assert_int_equal(rig.session.failure, H5_FAILURE_NONE);
    rig.received = 0;
    check_data_both_ways(&rig);
}

/* ---- Sending ---- */

static void numbers_wrap_and_every_payload_arrives_once(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    const uint8_t *payload;
    size_t size;
    for (uint8_t i = 0; i < 100; i++) {
        uint8_t up[] = {0x00, i, 0xC0}, down[] = {0x02, 0xDB, i};
        assert_true(h5_session_send(&rig.session, up, sizeof(up), rig.now));
        assert_false(h5_session_send(&rig.session, up, sizeof(up), rig.now));
        rig_post(&rig, down, sizeof(down));
        rig_run(&rig, NORDFU_MS);
        assert_int_equal(rig.received, i + 1);
        assert_memory_equal(rig.last, up, sizeof(up));
        assert_true(h5_session_receive(&rig.session, &payload, &size));
        assert_int_equal(size, sizeof(down));
        assert_memory_equal(payload, down, size);
    }
    assert_int_equal(rig.data_up, 100);
    assert_int_equal(rig.session.counters.resent, 0);
    assert_int_equal(rig.session.counters.duplicates, 0);
}

static void a_lost_packet_or_a_lost_ack_is_made_up_for(void **state)
{
    (void)state;
    for (int ack = 0; ack < 2; ack++) {
        struct rig rig;
        rig_open(&rig);
        if (ack)
            rig.lose_down = rig.down;
        else
            rig.lose_up = rig.up;
        assert_true(h5_session_send(&rig.session, "\x00\x60", 2, rig.now));
        rig_run(&rig, H5_SESSION_RETRY_TIME - 1);
        assert_false(h5_session_idle(&rig.session));
        rig_run(&rig, 2);
        assert_true(h5_session_idle(&rig.session));
        assert_int_equal(rig.received, 1);
        assert_int_equal(rig.data_up, ack ? 2 : 1);
        assert_int_equal(rig.session.counters.resent, 1);
    }
}

static void an_unacknowledged_packet_is_sent_six_times_and_no_more(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    rig.no_acks = true;
    uint64_t begin = rig.now;
    assert_true(h5_session_send(&rig.session, "\x00\x60", 2, rig.now));
    rig_run_to(&rig, begin + 10 * NORDFU_SECOND, H5_FAILED);
    assert_int_equal(rig.session.failure, H5_FAILURE_UNACKNOWLEDGED);
    assert_int_equal(rig.data_up, 6);
    assert_int_equal(rig.now - begin, 6 * H5_SESSION_RETRY_TIME);
}

static void old_acks_are_ignored_and_impossible_ones_end_the_link(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    rig.no_acks = true;
    assert_true(h5_session_send(&rig.session, "\x00\x60", 2, rig.now));
    for (int i = 0; i < 10; i++)
        rig_send_ack(&rig, 0);
    assert_int_equal(rig.session.state, H5_ACTIVE);
    assert_false(h5_session_idle(&rig.session));
    rig_send_ack(&rig, 5);
    rig_send_ack(&rig, 5);
    assert_int_equal(rig.session.state, H5_ACTIVE);
    rig_send_ack(&rig, 1);
    assert_true(h5_session_idle(&rig.session));
    rig_send_ack(&rig, 2); /* nothing was sent that it could acknowledge */
    rig.no_acks = false;
    rig.expected = 1;
    assert_true(h5_session_send(&rig.session, "\x00\x61", 2, rig.now));
    rig_pump(&rig);
    assert_true(h5_session_idle(&rig.session));
    assert_memory_equal(rig.last, "\x00\x61", 2);
    for (int i = 0; i < 3; i++)
        rig_send_ack(&rig, 5);
    assert_int_equal(rig.session.state, H5_FAILED);
    assert_int_equal(rig.session.failure, H5_FAILURE_PROTOCOL);
}

static void an_ack_number_inside_data_acknowledges_nothing(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    assert_true(h5_session_send(&rig.session, "\x00\x60", 2, rig.now));
    rig_send(&rig, &(struct h5_packet){
                       .ack = 1,
                       .crc_present = true,
                       .reliable = true,
                       .type = H5_DATA,
                       .payload = (const uint8_t *)"\x02\x01",
                       .size = 2,
                   });
    assert_false(h5_session_idle(&rig.session));
}

static void only_what_can_be_sent_is_taken(void **state)
{
    (void)state;
    struct rig rig;
    static uint8_t big[H5_PAYLOAD_MAX + 1];
    rig_init(&rig);
    assert_false(h5_session_send(&rig.session, "\x00\x60", 2, rig.now));
    h5_session_start(&rig.session, rig.now, false);
    assert_false(h5_session_send(&rig.session, "\x00\x60", 2, rig.now));
    rig_open(&rig);
    assert_false(h5_session_send(&rig.session, big, 0, rig.now));
    assert_false(h5_session_send(&rig.session, big, sizeof(big), rig.now));
    memset(big, SLIP_END, sizeof(big));
    assert_true(h5_session_send(&rig.session, big, H5_PAYLOAD_MAX, rig.now));
    rig_run(&rig, NORDFU_MS);
    assert_int_equal(rig.last_size, H5_PAYLOAD_MAX);
    assert_memory_equal(rig.last, big, H5_PAYLOAD_MAX);
}

static void a_limit_on_payloads_outlasts_a_start(void **state)
{
    (void)state;
    struct rig rig;
    static const uint8_t big[H5_PAYLOAD_MAX];
    rig_open(&rig);
    h5_session_limit(&rig.session, 384);
    h5_session_start(&rig.session, rig.now, false);
    rig_run(&rig, NORDFU_SECOND);
    assert_int_equal(rig.session.state, H5_ACTIVE);
    assert_false(h5_session_send(&rig.session, big, 385, rig.now));
    assert_true(h5_session_send(&rig.session, big, 384, rig.now));
    rig_run(&rig, NORDFU_MS);
    h5_session_limit(&rig.session, SIZE_MAX);
    assert_true(h5_session_send(&rig.session, big, sizeof(big), rig.now));
}

static void a_port_that_takes_nothing_ends_in_a_failure_and_bounded_memory(void **state)
{
    (void)state;
    struct rig rig;
    static const uint8_t big[H5_PAYLOAD_MAX];
    rig_open(&rig);
    assert_true(h5_session_send(&rig.session, big, sizeof(big), rig.now));
    for (int i = 0; i < 2000; i++)
        rig_send_data(&rig, 7, "\x02\x01", 2); /* each wants an ACK */
    size_t size;
    h5_session_output(&rig.session, &size);
    assert_true(size <= sizeof(rig.session.out));
    for (int i = 0; i < 6; i++) {
        rig.now += H5_SESSION_RETRY_TIME;
        h5_session_poll(&rig.session, rig.now);
    }
    assert_int_equal(rig.session.failure, H5_FAILURE_UNACKNOWLEDGED);
}

/* ---- Receiving ---- */

static void repeats_are_acknowledged_again_and_dropped(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    for (int i = 0; i < 3; i++) {
        rig_send_data(&rig, 0, "\x02\x01", 2);
        rig_pump(&rig);
        assert_int_equal(rig.acks, i + 1);
        assert_int_equal(rig.last_ack, 1);
    }
    rig_send_data(&rig, 5, "\x02\x02", 2); /* neither expected nor a repeat */
    rig_pump(&rig);
    assert_int_equal(rig.last_ack, 1);
    assert_int_equal(rig.session.counters.duplicates, 3);
    const uint8_t *payload;
    size_t size;
    assert_true(h5_session_receive(&rig.session, &payload, &size));
    assert_memory_equal(payload, "\x02\x01", 2);
    assert_false(h5_session_receive(&rig.session, &payload, &size));
}

static void a_full_queue_makes_the_dongle_wait(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    for (uint8_t i = 0; i < H5_SESSION_QUEUE; i++) {
        rig_post(&rig, (uint8_t[]){0x02, i}, 2);
        rig_pump(&rig);
        assert_int_equal(rig.pending_size, 0);
    }
    rig_post(&rig, (uint8_t[]){0x02, H5_SESSION_QUEUE}, 2);
    rig_run(&rig, 100 * NORDFU_MS);
    assert_int_equal(rig.pending_size, 2);
    assert_int_equal(rig.session.counters.refused, 1);
    const uint8_t *payload;
    size_t size;
    for (uint8_t i = 0; i <= H5_SESSION_QUEUE; i++) {
        assert_true(h5_session_receive(&rig.session, &payload, &size));
        assert_int_equal(payload[1], i);
        if (i == 1)
            rig_run(&rig, 400 * NORDFU_MS); /* a place is free: the repeat is taken */
    }
    assert_int_equal(rig.pending_size, 0);
    assert_false(h5_session_receive(&rig.session, &payload, &size));
}

static void a_received_payload_stays_while_others_arrive(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    const uint8_t *payload;
    size_t size;
    rig_post(&rig, "\x02\xAA", 2);
    rig_pump(&rig);
    assert_true(h5_session_receive(&rig.session, &payload, &size));
    for (uint8_t i = 0; i < H5_SESSION_QUEUE - 1; i++) {
        rig_post(&rig, (uint8_t[]){0x02, i}, 2);
        rig_pump(&rig);
    }
    rig_send_data(&rig, rig.seq, "\x02\xBB", 2);
    assert_int_equal(rig.session.counters.refused, 1);
    assert_memory_equal(payload, "\x02\xAA", 2);
}

static void noise_between_frames_costs_nothing_else(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    const uint8_t *payload;
    size_t size;
    for (uint8_t i = 0; i < 20; i++) {
        h5_session_feed(&rig.session, "boot text \xdb\x00 \r\n", 15, rig.now);
        h5_session_feed(&rig.session, "\xc0\xc0\xc0\x0f\x00\x00", 6, rig.now);
        rig_post(&rig, (uint8_t[]){0x02, i}, 2);
        rig_pump(&rig);
        assert_int_equal(rig.pending_size, 0);
        assert_true(h5_session_receive(&rig.session, &payload, &size));
        assert_int_equal(payload[1], i);
    }
    assert_true(rig.session.counters.bad_frames >= 20);
    assert_int_equal(rig.session.state, H5_ACTIVE);
}

/* Flips each bit of a data packet in turn: none is delivered, none is acknowledged as new. */
static void a_spoiled_packet_is_never_delivered(void **state)
{
    (void)state;
    struct h5_packet packet = {
        .crc_present = true,
        .reliable = true,
        .type = H5_DATA,
        .payload = (const uint8_t *)"\x02\x11\x00\x00\x00\x13",
        .size = 6,
    };
    uint8_t bytes[H5_PACKET_MAX];
    size_t size = h5_encode(&packet, bytes, sizeof(bytes));
    struct rig rig;
    rig_open(&rig);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        uint8_t wire[64] = {SLIP_END};
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        size_t n = 1 + slip_escape(wire + 1, bytes, size);
        wire[n++] = SLIP_END;
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        h5_session_feed(&rig.session, wire, n, rig.now);
    }
    const uint8_t *payload;
    assert_false(h5_session_receive(&rig.session, &payload, &size));
    h5_session_output(&rig.session, &size);
    assert_int_equal(size, 0);
    assert_int_equal(rig.session.state, H5_ACTIVE);
}

static void data_without_crc_or_reliable_is_dropped(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    struct h5_packet packet = {.type = H5_DATA, .payload = (const uint8_t *)"\x02\x01", .size = 2};
    packet.reliable = true;
    rig_send(&rig, &packet);
    packet.reliable = false;
    packet.crc_present = true;
    rig_send(&rig, &packet);
    size_t size;
    h5_session_output(&rig.session, &size);
    assert_int_equal(size, 0);
    assert_int_equal(rig.session.counters.bad_frames, 2);
}

static void random_bytes_never_do_more_than_fail(void **state)
{
    (void)state;
    struct rig rig;
    rig_open(&rig);
    uint32_t seed = 1;
    for (int i = 0; i < 200000; i++) {
        seed = seed * 1664525u + 1013904223u;
        uint8_t byte = (uint8_t)(seed >> 24);
        byte = seed >> 20 & 3 ? byte : SLIP_END;
        h5_session_feed(&rig.session, &byte, 1, rig.now);
        size_t size;
        h5_session_output(&rig.session, &size);
        h5_session_wrote(&rig.session, size);
        if (rig.session.state == H5_FAILED)
            h5_session_start(&rig.session, rig.now, false);
    }
    assert_true(rig.session.queue_count <= H5_SESSION_QUEUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fast_start_takes_no_waiting),
        cmocka_unit_test(a_patient_dongle_is_started_by_its_own_timer),
        cmocka_unit_test(reset_comes_first_and_the_session_is_deaf_after_it),
        cmocka_unit_test(without_reset_the_dongle_is_only_asked_to_sync),
        cmocka_unit_test(any_one_frame_may_be_lost_without_harm),
        cmocka_unit_test(silence_is_a_failure_after_six_syncs),
        cmocka_unit_test(a_dongle_without_config_is_a_failure_of_its_own),
        cmocka_unit_test(the_whole_start_is_limited),
        cmocka_unit_test(config_while_syncing_is_not_answered),
        cmocka_unit_test(config_while_active_is_answered),
        cmocka_unit_test(a_chatty_dongle_does_not_make_the_session_chatty),
        cmocka_unit_test(a_restart_of_the_dongle_is_noticed_and_another_start_works),
        cmocka_unit_test(numbers_wrap_and_every_payload_arrives_once),
        cmocka_unit_test(a_lost_packet_or_a_lost_ack_is_made_up_for),
        cmocka_unit_test(an_unacknowledged_packet_is_sent_six_times_and_no_more),
        cmocka_unit_test(old_acks_are_ignored_and_impossible_ones_end_the_link),
        cmocka_unit_test(an_ack_number_inside_data_acknowledges_nothing),
        cmocka_unit_test(only_what_can_be_sent_is_taken),
        cmocka_unit_test(a_limit_on_payloads_outlasts_a_start),
        cmocka_unit_test(a_port_that_takes_nothing_ends_in_a_failure_and_bounded_memory),
        cmocka_unit_test(repeats_are_acknowledged_again_and_dropped),
        cmocka_unit_test(a_full_queue_makes_the_dongle_wait),
        cmocka_unit_test(a_received_payload_stays_while_others_arrive),
        cmocka_unit_test(noise_between_frames_costs_nothing_else),
        cmocka_unit_test(a_spoiled_packet_is_never_delivered),
        cmocka_unit_test(data_without_crc_or_reliable_is_dropped),
        cmocka_unit_test(random_bytes_never_do_more_than_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
