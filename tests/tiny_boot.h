/*
 * SPDX-License-Identifier: MIT
 * A small bootloader behind a pipe, in bytes of the protocol: nothing of the codec under test is
 * used.
 */
#ifndef NORDFU_TESTS_TINY_BOOT_H
#define NORDFU_TESTS_TINY_BOOT_H

#include "test.h"

#include <stdio.h>

#include "base/crc.h"
#include "dfu/pipe.h"
#include "nordfu/image.h"

enum {
    MAX_OBJECT = 4096,
    INIT_SIZE = 141,
    IMAGE_SIZE = 3 * MAX_OBJECT + 1000,
};

struct answer {
    uint8_t bytes[23];
    int size;
};

/* Answers the nth request (from 1) with that opcode like this. */
struct fault {
    uint8_t op;
    int nth, count;
    struct answer answer;
};

struct boot {
    struct pipe pipe;
    uint64_t now;
    /* What it holds. */
    uint8_t init[512], data[2 * IMAGE_SIZE];
    uint32_t init_got, init_room, got, executed, object_room;
    uint8_t type;
    bool accepted;
    int prn, receipt_in; /* packets */
    /* Habits. */
    bool rounds;        /* Select tells executed objects only */
    bool crc_rounds;    /* so does CRC as long as nothing was created */
    bool denies_repeat; /* Execute of an executed object: 08 */
    bool denies_init_repeat;
    uint32_t image_size;
    bool slow_flash;            /* more than 15 packets during an erase are lost */
    uint64_t erase_us, erasing; /* for how long, until when */
    int waiting;                /* packets in the flash queue */
    /* Faults. */
    struct fault fault;
    int drop_packet, drop_count; /* of the data packets, from 1 */
    int corrupt_packet, corrupt_count;
    int chatter;      /* unrelated messages before every answer; -1: nothing else, for ever */
    int link_lost_at; /* data packet after which the link is gone */
    bool link_lost;
    bool final_lost;          /* once: the answer to the final Execute is lost with the link */
    bool forgets;             /* puts its progress away after every Execute of data */
    bool newer_only;          /* the version it runs is refused */
    const char *refuses_init; /* 4 bytes that answer every Execute of an init packet; NULL = none */
    bool activated;           /* it took the image when the answer was lost, and began afresh */
    /* What happened. */
    struct answer queue[80];
    int head, tail;
    char log[4096];
    int packets, receipts, seen[256];
    bool done;
};

static uint8_t image_bytes[IMAGE_SIZE], init_bytes[INIT_SIZE];

static struct boot *boot_of(struct pipe *pipe)
{
    return (struct boot *)pipe;
}

static void push(struct boot *b, const void *bytes, int size)
{
    if (b->tail - b->head >= 80)
        return;
    struct answer *a = &b->queue[b->tail++ % 80];
    memcpy(a->bytes, bytes, (size_t)size);
    a->size = size;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void answer_result(struct boot *b, uint8_t op, uint8_t result)
{
    uint8_t bytes[3] = {0x60, op, result};
    push(b, bytes, 3);
}

static void answer_state(struct boot *b, uint8_t op, uint32_t offset)
{
    uint8_t bytes[15] = {0x60, op, 1};
    uint8_t *p = bytes + 3;
    if (op == 6) {
        put32(p, b->type == 1 ? 512 : MAX_OBJECT);
        p += 4;
    }
    put32(p, offset);
    put32(p + 4, crc32(0, b->type == 1 ? b->init : b->data, offset));
    push(b, bytes, (int)(p + 8 - bytes));
}

static uint8_t create(struct boot *b, const uint8_t *request)
{
    uint32_t size = get32(request + 2);
    b->type = request[1];
    b->receipt_in = b->prn;
    if (b->type == 1) {
        b->init_got = b->got = b->executed = 0;
        b->accepted = false;
        b->init_room = size;
        return size <= 512 ? 1 : 4;
    }
    if (!b->accepted)
        return 8;
    b->got = b->executed;
    bool last = b->executed + size == b->image_size;
    if (size > MAX_OBJECT || (size != MAX_OBJECT && !last))
        return 3;
    b->object_room = size;
    b->erasing = b->now + b->erase_us;
    b->waiting = 1;
    return 1;
}

static uint8_t execute(struct boot *b)
{
    if (b->type == 1) {
        if (b->accepted && b->denies_init_repeat)
            return 8;
        b->accepted = b->init_got == b->init_room && b->init_got > 0;
        return b->accepted ? 1 : 8;
    }
    if (b->got == b->executed)
        return b->denies_repeat || b->got == 0 || b->object_room != 0 ? 8 : 1;
    if (b->got != b->executed + b->object_room)
        return 8;
    b->executed = b->got;
    b->object_room = 0;
    b->waiting = 0;
    b->done = b->executed == b->image_size;
    if (b->forgets)
        b->got = b->executed = 0;
    return 1;
}

/* It takes the image, resets and holds nothing of the update any more; nobody hears of it. */
static void activate_unheard(struct boot *b)
{
    b->final_lost = b->accepted = b->done = false;
    b->init_got = b->got = b->executed = 0;
    b->activated = b->link_lost = true;
}

static void serve_execute(struct boot *b)
{
    if (b->type == 1 && b->refuses_init != NULL) {
        push(b, b->refuses_init, 4);
        return;
    }
    if (b->type == 1 && b->activated && b->newer_only) {
        push(b, "\x60\x04\x0B\x05", 4);
        return;
    }
    uint8_t result = execute(b);
    if (b->done && b->final_lost)
        activate_unheard(b);
    else
        answer_result(b, 4, result);
}

static void serve(struct boot *b, const uint8_t *request)
{
    switch (request[0]) {
    case 1:
        answer_result(b, 1, create(b, request));
        break;
    case 2:
        b->prn = b->receipt_in = request[1] | request[2] << 8;
        answer_result(b, 2, 1);
        break;
    case 3:
        answer_state(b, 3,
                     b->type == 1                       ? b->init_got
                     : b->crc_rounds && b->seen[1] == 0 ? b->executed
                                                        : b->got);
        break;
    case 4:
        serve_execute(b);
        break;
    case 6:
        b->type = request[1];
        answer_state(b, 6, b->type == 1 ? b->init_got : b->rounds ? b->executed : b->got);
        break;
    case 12:
        b->link_lost = true;
        break;
    default:
        answer_result(b, request[0], 2);
    }
}

static int boot_control(struct pipe *self, const void *bytes, size_t size, uint64_t deadline,
                        struct nordfu_error *error)
{
    struct boot *b = boot_of(self);
    const uint8_t *request = bytes;
    (void)deadline;
    if (b->link_lost)
        return nordfu_error_set(error, NORDFU_ERR_LINK, "gone");
    size_t used = strlen(b->log);
    for (size_t i = 0; i < size && i < 2; i++)
        used += (size_t)snprintf(b->log + used, sizeof(b->log) - used, "%02x", request[i]);
    snprintf(b->log + used, sizeof(b->log) - used, " ");
    b->now += 15000;
    for (int i = 0; i < b->chatter; i++)
        push(b, i % 2 ? "\x60\x77\x01" : "\x20\x01\x01", 3);
    int nth = ++b->seen[request[0]];
    if (b->fault.op != request[0] || nth < b->fault.nth || nth >= b->fault.nth + b->fault.count)
        serve(b, request);
    else if (b->fault.answer.size > 0)
        push(b, b->fault.answer.bytes, b->fault.answer.size);
    return 0;
}

static bool flash_takes(struct boot *b)
{
    if (!b->slow_flash)
        return true;
    if (b->now >= b->erasing)
        b->waiting = 0;
    if (b->waiting >= 16)
        return false;
    b->waiting++;
    return true;
}

static void give_receipt(struct boot *b)
{
    if (b->prn == 0 || --b->receipt_in > 0)
        return;
    b->receipt_in = b->prn;
    b->receipts++;
    answer_state(b, 3, b->type == 1 ? b->init_got : b->got);
}

static int boot_data(struct pipe *self, const void *bytes, size_t size, uint64_t deadline,
                     struct nordfu_error *error)
{
    struct boot *b = boot_of(self);
    (void)deadline;
    assert_in_range(size, 1, b->pipe.packet_size);
    b->now += 2000;
    if (b->link_lost)
        return nordfu_error_set(error, NORDFU_ERR_LINK, "gone");
    if (b->type == 1) {
        assert_true(b->init_got + size <= b->init_room);
        memcpy(b->init + b->init_got, bytes, size);
        b->init_got += (uint32_t)size;
        give_receipt(b);
        return 0;
    }
    int n = ++b->packets;
    b->link_lost = n == b->link_lost_at;
    if ((n >= b->drop_packet && n < b->drop_packet + b->drop_count) || !flash_takes(b))
        return 0;
    assert_int_equal(b->got % 4, 0);
    assert_true(b->got + size <= b->executed + b->object_room);
    memcpy(b->data + b->got, bytes, size);
    if (n >= b->corrupt_packet && n < b->corrupt_packet + b->corrupt_count)
        b->data[b->got] ^= 0x10;
    b->got += (uint32_t)size;
    give_receipt(b);
    return 0;
}

static int boot_receive(struct pipe *self, void *buffer, size_t size, uint64_t deadline,
                        struct nordfu_error *error)
{
    struct boot *b = boot_of(self);
    if (b->chatter < 0) {
        memcpy(buffer, "\x60\x77\x01", 3);
        return 3;
    }
    if (b->head == b->tail && b->link_lost)
        return nordfu_error_set(error, NORDFU_ERR_LINK, "gone");
    if (b->head == b->tail) {
        b->now = deadline;
        return nordfu_error_set(error, NORDFU_ERR_TIMEOUT, "nothing");
    }
    struct answer *a = &b->queue[b->head++ % 80];
    assert_true((size_t)a->size <= size);
    memcpy(buffer, a->bytes, (size_t)a->size);
    b->now += 1000;
    return a->size;
}

static int boot_wait(struct pipe *self, uint64_t until, struct nordfu_error *error)
{
    struct boot *b = boot_of(self);
    (void)error;
    if (until > b->now)
        b->now = until;
    return 0;
}

static uint64_t boot_now(const struct pipe *self)
{
    return ((const struct boot *)self)->now;
}

static const struct pipe_ops boot_ops = {boot_control, boot_data, boot_receive, boot_wait,
                                         boot_now};

static const struct nordfu_image image = {
    .init = {.has_fw_version = true, .fw_version = 3, .is_signed = true},
    .init_bytes = init_bytes,
    .init_size = INIT_SIZE,
    .firmware = image_bytes,
    .firmware_size = IMAGE_SIZE,
};

static struct boot *boot_new(void)
{
    struct boot *b = test_calloc(1, sizeof(*b));
    b->pipe = (struct pipe){.ops = &boot_ops, .packet_size = 244};
    b->image_size = IMAGE_SIZE;
    b->erase_us = 90000;
    b->now = 1000000;
    return b;
}

/* The device has the init packet and the first `got` bytes, `executed` of them executed. */
static inline void boot_hold(struct boot *b, uint32_t got, uint32_t executed)
{
    memcpy(b->init, init_bytes, INIT_SIZE);
    b->init_got = b->init_room = INIT_SIZE;
    b->accepted = true;
    memcpy(b->data, image_bytes, got);
    b->got = got;
    b->executed = executed;
    if (got > executed) {
        uint32_t left = IMAGE_SIZE - executed;
        b->object_room = left < MAX_OBJECT ? left : MAX_OBJECT;
    }
}

/* A group setup: the image gets its bytes. */
static int tiny_boot_fill(void **state)
{
    (void)state;
    for (size_t i = 0; i < IMAGE_SIZE; i++)
        image_bytes[i] = (uint8_t)(i * 7 + i / 251);
    for (size_t i = 0; i < INIT_SIZE; i++)
        init_bytes[i] = (uint8_t)(i * 3 + 1);
    return 0;
}

#endif
