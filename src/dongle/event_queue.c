/* SPDX-License-Identifier: MIT */
#include "dongle/event_queue.h"

#include <string.h>

#define MAX_REPORTS (EVENT_QUEUE_SIZE / 2)

static void remove_item(struct event_queue *q, size_t index)
{
    if (q->items[index].report)
        q->report_count--;
    q->count--;
    memmove(&q->items[index], &q->items[index + 1], (q->count - index) * sizeof(q->items[0]));
}

/* Makes room for one more event; false if that would lose one that counts. */
static bool make_room(struct event_queue *q, bool report)
{
    if (q->count < EVENT_QUEUE_SIZE && (!report || q->report_count < MAX_REPORTS))
        return true;
    for (size_t i = 0; i < q->count; i++) {
        if (!q->items[i].report)
            continue;
        remove_item(q, i);
        return true;
    }
    return false;
}

bool event_queue_keep(struct event_queue *queue, const uint8_t *bytes, size_t size, bool report)
{
    if (size > sizeof(queue->items[0].bytes) || !make_room(queue, report))
        return false;
    struct event_queue_item *item = &queue->items[queue->count++];
    item->report = report;
    item->size = (uint16_t)size;
    memcpy(item->bytes, bytes, size);
    if (report)
        queue->report_count++;
    return true;
}

const struct event_queue_item *event_queue_take(struct event_queue *queue)
{
    if (queue->count == 0)
        return NULL;
    queue->taken = queue->items[0];
    remove_item(queue, 0);
    return &queue->taken;
}

void event_queue_clear(struct event_queue *queue)
{
    queue->count = 0;
    queue->report_count = 0;
}
