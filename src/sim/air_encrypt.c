/*
 * SPDX-License-Identifier: MIT
 * The encryption procedure of the link layer (Core Vol 6 Part B 5.1.3), and the security manager's
 * PDUs.
 *
 * Nothing is really encrypted: the ends' keys are compared where the first encrypted packet would
 * show that they differ. To encrypt anew goes without the two packets that pause encryption.
 * When the keys differ, the standard lets only the end that notices leave with 3D and the other one
 * run into a supervision timeout; chips report 3D at both ends.
 */
#include <string.h>

#include "sim/air_internal.h"

static enum air_end other(enum air_end end)
{
    return end == AIR_CENTRAL ? AIR_PERIPHERAL : AIR_CENTRAL;
}

static void push(struct air_link *link, enum air_end end, enum air_kind kind)
{
    air_link_push(link, end, kind, (const uint16_t[4]){0});
}

static void tell(struct air_link *link, enum air_end end, uint8_t status)
{
    const struct air_side *side = &link->side[end];
    if (!link->broken && side->ops->encrypted != NULL)
        side->ops->encrypted(side->context, link, status);
}

void air_smp_arrived(struct air_link *link, enum air_end end, const struct air_packet *packet)
{
    const struct air_side *from = &link->side[end], *to = &link->side[other(end)];
    link->side[end].smp_count--;
    if (to->ops->receive_smp != NULL)
        to->ops->receive_smp(to->context, link, packet->pdu, packet->size);
    if (from->smp_count == 0 && !link->broken && from->ops->sent_smp != NULL)
        from->ops->sent_smp(from->context, link);
}

size_t air_queued_smp(const struct air_link *link, enum air_end end)
{
    return link->side[end].smp_count;
}

void air_encrypt(struct air_link *link, uint16_t ediv, const uint8_t rand[8],
                 const uint8_t key[AIR_KEY_SIZE])
{
    struct air_encryption *e = &link->encryption;
    if (e->running)
        return;
    *e = (struct air_encryption){.running = true, .ediv = ediv};
    memcpy(e->rand, rand, sizeof(e->rand));
    memcpy(e->key[AIR_CENTRAL], key, AIR_KEY_SIZE);
    push(link, AIR_CENTRAL, AIR_ENCRYPT_REQUEST);
}

void air_encrypt_request_arrived(struct air_link *link, enum air_end end,
                                 const struct air_packet *packet)
{
    struct air_encryption *e = &link->encryption;
    const struct air_side *side = &link->side[AIR_PERIPHERAL];
    (void)end;
    (void)packet;
    push(link, AIR_PERIPHERAL, AIR_ENCRYPT_ANSWER);
    e->asked = true;
    if (side->ops->key_requested != NULL)
        side->ops->key_requested(side->context, link, e->ediv, e->rand);
    else
        air_answer_key(link, NULL);
}

void air_answer_key(struct air_link *link, const uint8_t key[AIR_KEY_SIZE])
{
    struct air_encryption *e = &link->encryption;
    if (!e->asked)
        return;
    e->asked = false;
    if (key == NULL) {
        air_link_push(link, AIR_PERIPHERAL, AIR_ENCRYPT_REJECT,
                      (const uint16_t[4]){HCI_KEY_MISSING});
        return;
    }
    memcpy(e->key[AIR_PERIPHERAL], key, AIR_KEY_SIZE);
    push(link, AIR_PERIPHERAL, AIR_ENCRYPT_START);
}

void air_encrypt_answer_arrived(struct air_link *link, enum air_end end,
                                const struct air_packet *packet)
{
    (void)link;
    (void)end;
    (void)packet;
}

/* An encrypted link whose key was to be changed can't go on without (5.1.3.2): then the central
 * ends it. */
void air_encrypt_reject_arrived(struct air_link *link, enum air_end end,
                                const struct air_packet *packet)
{
    (void)end;
    link->encryption.running = false;
    if (link->state.encrypted)
        air_disconnect(link, AIR_CENTRAL, (uint8_t)packet->value[0]);
    tell(link, AIR_CENTRAL, (uint8_t)packet->value[0]);
}

void air_encrypt_start_arrived(struct air_link *link, enum air_end end,
                               const struct air_packet *packet)
{
    (void)end;
    (void)packet;
    push(link, AIR_CENTRAL, AIR_ENCRYPT_STARTED);
}

/* The central's first encrypted packet shows whether the keys are equal; the peripheral's says that
 * all is well. */
void air_encrypt_started_arrived(struct air_link *link, enum air_end end,
                                 const struct air_packet *packet)
{
    struct air_encryption *e = &link->encryption;
    (void)packet;
    if (end == AIR_PERIPHERAL) {
        e->running = false;
        tell(link, AIR_CENTRAL, 0);
        return;
    }
    if (memcmp(e->key[AIR_CENTRAL], e->key[AIR_PERIPHERAL], AIR_KEY_SIZE) != 0) {
        link->mic_failed = true;
        return;
    }
    link->state.encrypted = true;
    push(link, AIR_PERIPHERAL, AIR_ENCRYPT_STARTED);
    tell(link, AIR_PERIPHERAL, 0);
}
