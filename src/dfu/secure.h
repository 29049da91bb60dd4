/*
 * SPDX-License-Identifier: MIT
 * Secure DFU (SDK 12 and later): one image over a pipe, with resume and retry (dfu-protocol D.1,
 * D.5).
 */
#ifndef NORDFU_DFU_SECURE_H
#define NORDFU_DFU_SECURE_H

#include <stdbool.h>
#include <stdint.h>

#include "dfu/pacing.h"
#include "dfu/pipe.h"
#include "dfu/sink.h"
#include "nordfu/error.h"
#include "nordfu/image.h"

/* What outlives a link: the pace a device can take, and how far an image has come. */
struct secure_session {
    struct pacing pacing;
    const struct sink *sink; /* may be NULL; not owned */
    /* Wishes, to be set after secure_session_init. */
    uint16_t prn;   /* packets per receipt notification; 0 = none */
    bool no_resume; /* what the device held before this session does not count */
    /* Results. */
    uint32_t bytes; /* image bytes confirmed by the device since secure_session_init, all images */
    uint32_t resumed; /* image bytes that were there before */
    uint32_t retries; /* objects sent again */
    uint64_t began;   /* µs, first Create or resume; 0 = none yet */
    uint64_t ended;   /* µs, reply to the last Execute of the present image; 0 = none yet */
    /* The present image. */
    bool met;         /* its state on the device was seen once */
    uint32_t found;   /* bytes that were there then */
    uint32_t earlier; /* `bytes` of the images before */
    uint32_t resumed_earlier;
    bool unanswered; /* the final Execute was sent, and it is not known what came of it; may be set
                        by whoever comes to doubt a good answer */
    bool rejected;   /* the final Execute was refused: the device restarts */
};

void secure_session_init(struct secure_session *session, const struct sink *sink);
/* The next transfers are about another image. */
void secure_session_next_image(struct secure_session *session);

/*
 * Sends `image` through `pipe` up to the reply to the final Execute, going on where an earlier
 * transfer of the same image stopped. Errors: NORDFU_ERR_REFUSED with the bootloader's reason,
 * NORDFU_ERR_TRANSFER (bytes lost or changed in every try, malformed answers), NORDFU_ERR_TIMEOUT
 * (no answer), NORDFU_ERR_PACKAGE (nothing to send), and those of the pipe. After a NORDFU_ERR_LINK
 * or NORDFU_ERR_TIMEOUT the same call with a new pipe resumes. If session->unanswered is set then,
 * the device may have taken the image already: it is sent again, unless the device now refuses a
 * version that it had accepted before, which proves that it runs it.
 */
int secure_transfer(struct secure_session *session, struct pipe *pipe,
                    const struct nordfu_image *image, struct nordfu_error *error);

/* What a bootloader says of a package before anything is transferred. */
struct secure_findings {
    bool other;      /* it holds what an update would replace: a part of another one, mostly */
    uint32_t offset; /* bytes of this image's firmware that it holds */
    bool checked;    /* it was given the init packet and accepted it */
};

/*
 * A rehearsal: asks what the device holds of `image` and, unless a part of another update would be
 * lost by that, has it check the init packet. Nothing of the firmware is sent. Then tells the
 * device to forget about it (Abort, which SDK 16 and later answer by ending the link), unless it
 * holds a part of this very image that a reset would lose. Errors: as secure_transfer;
 * NORDFU_ERR_REFUSED is the device's verdict.
 */
int secure_preflight(struct secure_session *session, struct pipe *pipe,
                     const struct nordfu_image *image, struct secure_findings *findings,
                     struct nordfu_error *error);

#endif
