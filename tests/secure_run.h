/* SPDX-License-Identifier: MIT
 * One Secure DFU transfer to the small bootloader, and what came of it. */
#ifndef NORDFU_TESTS_SECURE_RUN_H
#define NORDFU_TESTS_SECURE_RUN_H

#include "test.h"

#include "dfu/secure.h"
#include "tiny_boot.h"

static inline void keep_text(void *context, const struct nordfu_event *event)
{
    if (event->type == NORDFU_EVENT_RETRY) {
        memcpy(context, event->text, sizeof(event->text));
    }
}

struct run {
    struct secure_session session;
    struct nordfu_error error;
    char retry[256];
    struct sink sink;
    int rc;
};

static inline void transfer(struct run *r, struct boot *b)
{
    *r = (struct run){.rc = 0};
    r->sink = (struct sink){.event = keep_text, .context = r->retry};
    secure_session_init(&r->session, &r->sink);
    r->rc = secure_transfer(&r->session, &b->pipe, &image, &r->error);
}

static inline void assert_updated(const struct run *r, const struct boot *b)
{
    if (r->rc != 0)
        fail_msg("%d: %s", r->rc, r->error.text);
    assert_true(b->done);
    assert_int_equal(b->executed, IMAGE_SIZE);
    assert_memory_equal(b->data, image_bytes, IMAGE_SIZE);
}

#endif
