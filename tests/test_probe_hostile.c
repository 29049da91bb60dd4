/* SPDX-License-Identifier: MIT
 * Whatever babbles at a port, the search for a dongle ends: soon, in an error or not, within its
 * memory. What babbles here knows H5 well enough to get far. */
#include "test.h"

#include <stdio.h>

#include "base/crc.h"
#include "base/slip.h"
#include "dongle/probe.h"

#define LONGEST (60 * NORDFU_SECOND)

struct babbler {
    struct nordfu_port port;
    uint64_t now;
    uint32_t state;       /* of the random numbers */
    unsigned vanish;      /* one read in so many; 0 = never */
    uint8_t last_request; /* its opcode, if what was written last looked like one */
    uint8_t host_seq, seq;
    uint8_t out[256];
    size_t out_size;
};

static uint32_t chance(struct babbler *b, uint32_t below)
{
    b->state = b->state * 1664525u + 1013904223u;
    return (b->state >> 8) % below;
}

static void put(struct babbler *b, uint8_t first, uint8_t type, const uint8_t *payload, size_t size)
{
    uint8_t bytes[64] = {first, (uint8_t)(type | (size & 15) << 4), (uint8_t)(size >> 4)};
    bytes[3] = (uint8_t)(0 - bytes[0] - bytes[1] - bytes[2]);
    memcpy(bytes + 4, payload, size);
    size += 4;
    if (first & 0x40) {
        uint16_t crc = crc16(CRC16_START, bytes, size);
        bytes[size++] = (uint8_t)crc;
        bytes[size++] = (uint8_t)(crc >> 8);
    }
    if (b->out_size + SLIP_ENCODED_MAX(size) + 1 > sizeof(b->out))
        return;
    b->out[b->out_size++] = SLIP_END;
    b->out_size += slip_escape(b->out + b->out_size, bytes, size);
    b->out[b->out_size++] = SLIP_END;
}

static void put_link(struct babbler *b)
{
    static const uint8_t messages[4][3] = {{1, 0x7E}, {2, 0x7D}, {3, 0xFC, 0x11}, {4, 0x7B, 0x11}};
    uint32_t which = chance(b, 8);
    which = which >= 4 ? 1 + which % 3 : which;
    put(b, 0, 15, messages[which], which < 2 ? 2 : 3);
}

static void put_response(struct babbler *b)
{
    static const uint8_t statuses[] = {0, 0, 0, 1, 4, 8, 6};
    uint8_t payload[16] = {1, b->last_request, statuses[chance(b, sizeof(statuses))]};
    if (payload[2] == 1)
        payload[3] = 0x30; /* not enabled */
    for (size_t i = 6; i < sizeof(payload); i++)
        payload[i] = (uint8_t)chance(b, 256);
    size_t size = chance(b, 3) == 0 ? 11 : chance(b, 4) == 0 ? chance(b, 16) + 1 : 6;
    put(b, (uint8_t)(0xC0 | b->seq), 14, payload, size);
    b->seq = (b->seq + 1) & 7;
}

static void babble(struct babbler *b)
{
    uint32_t what = chance(b, 20);
    if (what < 8) {
        put_link(b);
    } else if (what < 12) {
        put(b, (uint8_t)(b->host_seq << 3), 0, (const uint8_t *)"", 0);
    } else if (what < 17) {
        put_response(b);
    } else if (what == 17) {
        b->seq = 0;
    } else {
        for (uint32_t n = chance(b, 40); n > 0 && b->out_size < sizeof(b->out); n--)
            b->out[b->out_size++] = (uint8_t)chance(b, 256);
    }
}

static int babbler_read(struct nordfu_port *self, void *buffer, size_t size, uint64_t deadline,
                        struct nordfu_error *error)
{
    struct babbler *b = (struct babbler *)self;
    uint64_t pause = chance(b, 4) == 0 ? chance(b, 400) * NORDFU_MS : chance(b, 2000);
    if (b->vanish != 0 && chance(b, b->vanish) == 0)
        return nordfu_error_set(error, NORDFU_ERR_PORT, "Gone.");
    if (b->now + pause > deadline) {
        b->now = deadline > b->now ? deadline : b->now;
        return 0;
    }
    b->now += pause;
    babble(b);
    size_t n = b->out_size < size ? b->out_size : size;
    memcpy(buffer, b->out, n);
    b->out_size -= n;
    memmove(b->out, b->out + n, b->out_size);
    return (int)n;
}

/* Notes the number and opcode of what looks like a data packet. */
static int babbler_write(struct nordfu_port *self, const void *bytes, size_t size,
                         uint64_t deadline, struct nordfu_error *error)
{
    struct babbler *b = (struct babbler *)self;
    const uint8_t *p = bytes;
    (void)deadline, (void)error;
    for (size_t i = 0; i + 8 < size; i++) {
        if (p[i] != SLIP_END || (p[i + 2] & 15) != 14)
            continue;
        b->host_seq = (uint8_t)((p[i + 1] + 1) & 7);
        b->last_request = p[i + 6];
    }
    return 0;
}

static uint64_t babbler_now(const struct nordfu_port *self)
{
    return ((const struct babbler *)self)->now;
}

static void babbler_close(struct nordfu_port *self)
{
    (void)self;
}

static int babbler_reopen(struct nordfu_port *self, uint64_t deadline, struct nordfu_error *error)
{
    struct babbler *b = (struct babbler *)self;
    b->now += chance(b, 2) * NORDFU_SECOND;
    if (chance(b, 4) != 0)
        return 0;
    b->now = deadline;
    return nordfu_error_set(error, NORDFU_ERR_PORT, "Stays away.");
}

static const struct nordfu_port_ops babbler_ops = {.read = babbler_read,
                                                   .write = babbler_write,
                                                   .now = babbler_now,
                                                   .close = babbler_close,
                                                   .reopen = babbler_reopen};

static void search_ends_whatever_babbles(void **state)
{
    (void)state;
    static const struct probe_config wish = {247, 16, 6};
    unsigned found = 0, refused = 0, vanished = 0;
    uint64_t longest = 0;
    for (uint32_t seed = 1; seed <= 3000; seed++) {
        struct babbler b = {.port.ops = &babbler_ops,
                            .port.name = "babbler",
                            .state = seed,
                            .vanish = seed % 3 == 0 ? 40 : 0};
        struct nordfu_port *port = &b.port;
        struct dongle *dongle;
        struct probe_identity identity;
        struct nordfu_error error = {0};
        assert_int_equal(dongle_open(&dongle, &port, NULL, &error), 0);
        int rc = probe_open(dongle, &wish, (int)(seed % 7), PROBE_PATIENCE, &identity, &error);
        found += rc == 0;
        refused += rc == NORDFU_ERR_DONGLE;
        vanished += rc == NORDFU_ERR_PORT;
        if (rc == 0)
            assert_non_null(dongle_dialect(dongle));
        else
            assert_true(error.code == rc && error.text[0] != '\0');
        longest = b.now > longest ? b.now : longest;
        dongle_close(&dongle);
    }
    print_message("3000 babblers: %u found, %u refused, %u vanished; %llu ms at most\n", found,
                  refused, vanished, (unsigned long long)longest / 1000);
    assert_int_equal(found + refused + vanished, 3000);
    assert_true(refused > 100 && vanished > 100); /* it got far */
    assert_true(longest < LONGEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(search_ends_whatever_babbles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
