/* SPDX-License-Identifier: MIT */
#include "sim/dongle_h5.h"

#include <string.h>

enum {
    TRANSMISSIONS = 5,
    CONFIG_FIELD = 0x11, /* window 1, no flow control, CRC in use, version 0 */
};

static const uint8_t sync_message[] = {0x01, 0x7E};
static const uint8_t sync_response[] = {0x02, 0x7D};
static const uint8_t config_message[] = {0x03, 0xFC, CONFIG_FIELD};
static const uint8_t config_response[] = {0x04, 0x7B, CONFIG_FIELD};

const struct dongle_h5_rules *dongle_h5_rules_of(int api)
{
    static const struct dongle_h5_rules v2 = {true, 200000, 384};
    static const struct dongle_h5_rules slow_v2 = {true, 340000, 384};
    static const struct dongle_h5_rules later = {false, 400000, 768};
    return api == 2 ? &v2 : api == DONGLE_H5_SLOW_V2 ? &slow_v2 : &later;
}

void dongle_h5_init(struct dongle_h5 *h5, const struct dongle_h5_rules *rules,
                    const struct dongle_h5_ops *ops, void *context)
{
    *h5 = (struct dongle_h5){.rules = rules, .ops = ops, .context = context};
}

bool dongle_h5_idle(const struct dongle_h5 *h5)
{
    return h5->packet_size == 0;
}

bool dongle_h5_ready(const struct dongle_h5 *h5)
{
    return h5->state == DONGLE_H5_ACTIVE && h5->config_answered;
}

static void send(struct dongle_h5 *h5, const struct dongle_frame *frame)
{
    uint8_t bytes[DONGLE_H5_PAYLOAD_MAX + DONGLE_FRAME_EXTRA];
    h5->ops->send(h5->context, bytes, dongle_frame_encode(bytes, frame));
}

static void send_link(struct dongle_h5 *h5, const uint8_t *message, size_t size)
{
    send(h5, &(struct dongle_frame){.type = DONGLE_FRAME_LINK, .payload = message, .size = size});
}

static void send_config(struct dongle_h5 *h5)
{
    h5->config_sent = true;
    send_link(h5, config_message, sizeof(config_message));
}

static void send_ack(struct dongle_h5 *h5)
{
    send(h5, &(struct dongle_frame){.type = DONGLE_FRAME_ACK, .ack = h5->expected});
}

static void transmit(struct dongle_h5 *h5)
{
    h5->transmissions++;
    send(h5, &(struct dongle_frame){.seq = h5->next,
                                    .ack = h5->expected,
                                    .crc = true,
                                    .reliable = true,
                                    .type = DONGLE_FRAME_DATA,
                                    .payload = h5->packet,
                                    .size = h5->packet_size});
}

static void start_packet(struct dongle_h5 *h5)
{
    h5->ops->rearm(h5->context);
    transmit(h5);
}

static void check_ready(struct dongle_h5 *h5, bool was_ready)
{
    if (was_ready || !dongle_h5_ready(h5))
        return;
    if (!dongle_h5_idle(h5))
        start_packet(h5);
    h5->ops->ready(h5->context);
}

/* Numbers go back to 0; a packet that was on its way is sent again once the link is up: the
 * SoftDevice kept its state. */
static void restart_link(struct dongle_h5 *h5)
{
    h5->state = DONGLE_H5_UNINITIALISED;
    h5->config_sent = false;
    h5->config_answered = false;
    h5->expected = 0;
    h5->next = 0;
    h5->transmissions = 0;
}

static void on_sync(struct dongle_h5 *h5)
{
    if (h5->state == DONGLE_H5_ACTIVE)
        restart_link(h5);
    h5->ops->rearm(h5->context);
    send_link(h5, sync_response, sizeof(sync_response));
}

static void on_sync_response(struct dongle_h5 *h5)
{
    if (h5->state == DONGLE_H5_UNINITIALISED)
        h5->state = DONGLE_H5_INITIALISED;
}

static void on_config(struct dongle_h5 *h5)
{
    if (h5->state == DONGLE_H5_UNINITIALISED)
        return;
    if (h5->state == DONGLE_H5_INITIALISED && !h5->rules->answers_config_at_once &&
        !h5->config_sent) {
        send_config(h5);
        return;
    }
    bool was_ready = dongle_h5_ready(h5);
    h5->config_answered = true;
    send_link(h5, config_response, sizeof(config_response));
    check_ready(h5, was_ready);
}

static void on_config_response(struct dongle_h5 *h5)
{
    if (h5->state != DONGLE_H5_INITIALISED)
        return;
    h5->state = DONGLE_H5_ACTIVE;
    check_ready(h5, false);
}

static void on_link_control(struct dongle_h5 *h5, const struct dongle_frame *frame)
{
    static const struct {
        const uint8_t *message;
        size_t size;
        void (*act)(struct dongle_h5 *h5);
    } messages[] = {
        {sync_message, sizeof(sync_message), on_sync},
        {sync_response, sizeof(sync_response), on_sync_response},
        {config_message, sizeof(config_message), on_config},
        {config_response, sizeof(config_response), on_config_response},
    };
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        if (frame->size != messages[i].size ||
            memcmp(frame->payload, messages[i].message, frame->size) != 0)
            continue;
        messages[i].act(h5);
        return;
    }
}

/* The firmware accepts the number after the packet's own and, by accident, the one after that. */
static void on_ack(struct dongle_h5 *h5, const struct dongle_frame *frame)
{
    if (!dongle_h5_ready(h5) || dongle_h5_idle(h5))
        return;
    unsigned ahead = (unsigned)(frame->ack - h5->next) & 7;
    if (ahead != 1 && ahead != 2)
        return;
    h5->packet_size = 0;
    h5->next = (h5->next + 1) & 7;
    h5->ops->done(h5->context);
}

static void on_data(struct dongle_h5 *h5, const struct dongle_frame *frame)
{
    if (!dongle_h5_ready(h5) || !frame->crc || !frame->reliable)
        return;
    if (frame->size > h5->rules->payload_max) {
        h5->state = DONGLE_H5_DEAD;
        h5->ops->fault(h5->context, "packet_too_long");
        return;
    }
    if (frame->seq == h5->expected) {
        if (!h5->ops->deliver(h5->context, frame->payload, frame->size))
            return;
        h5->expected = (h5->expected + 1) & 7;
    }
    send_ack(h5);
}

void dongle_h5_frame(struct dongle_h5 *h5, const uint8_t *bytes, size_t size)
{
    struct dongle_frame frame;
    if (h5->state == DONGLE_H5_DEAD ||
        dongle_frame_decode(&frame, bytes, size) != DONGLE_FRAME_GOOD)
        return;
    if (frame.type == DONGLE_FRAME_RESET)
        h5->ops->reset(h5->context);
    else if (frame.type == DONGLE_FRAME_LINK)
        on_link_control(h5, &frame);
    else if (frame.type == DONGLE_FRAME_ACK)
        on_ack(h5, &frame);
    else if (frame.type == DONGLE_FRAME_DATA)
        on_data(h5, &frame);
}

static void repeat(struct dongle_h5 *h5)
{
    if (!dongle_h5_ready(h5) || dongle_h5_idle(h5))
        return;
    if (h5->transmissions < TRANSMISSIONS) {
        transmit(h5);
        return;
    }
    h5->state = DONGLE_H5_DEAD;
    h5->ops->fault(h5->context, "not_acknowledged");
}

void dongle_h5_tick(struct dongle_h5 *h5)
{
    if (h5->state == DONGLE_H5_UNINITIALISED)
        send_link(h5, sync_message, sizeof(sync_message));
    else if (h5->state == DONGLE_H5_INITIALISED)
        send_config(h5);
    else if (h5->state == DONGLE_H5_ACTIVE)
        repeat(h5);
}

bool dongle_h5_queue(struct dongle_h5 *h5, const uint8_t *payload, size_t size)
{
    if (!dongle_h5_idle(h5) || size == 0 || size > h5->rules->payload_max)
        return false;
    memcpy(h5->packet, payload, size);
    h5->packet_size = size;
    h5->transmissions = 0;
    if (dongle_h5_ready(h5))
        start_packet(h5);
    return true;
}
