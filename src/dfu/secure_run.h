/*
 * SPDX-License-Identifier: MIT
 * What the parts of one secure transfer share: secure.c (the course of it), secure_init.c (the init
 * packet), secure_resume.c (where to go on), secure_send.c (requests, packets, comparing),
 * secure_preflight.c (the rehearsal). Nobody else includes this.
 */
#ifndef NORDFU_DFU_SECURE_RUN_H
#define NORDFU_DFU_SECURE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dfu/op.h"
#include "dfu/secure.h"

#define SECURE_ANSWER_TIMEOUT (5 * NORDFU_SECOND)
#define SECURE_EXECUTE_TIMEOUT                                                                     \
    (15 * NORDFU_SECOND) /* checking a signature or finishing the flash writes */
#define SECURE_FINAL_TIMEOUT (30 * NORDFU_SECOND) /* hashing the whole image */

/* Returned by the parts to secure.c only: what the device holds is no beginning of this image, so
 * begin again with the init packet, which clears it. */
#define SECURE_START_OVER 1

/* One transfer over one pipe. */
struct secure_run {
    struct secure_session *session;
    struct pipe *pipe;
    const struct nordfu_image *image;
    struct nordfu_error *error; /* never NULL */
    uint32_t init_size, size;   /* bytes of init packet and firmware */
    uint32_t max_size;          /* of a data object, bytes */
    uint32_t at;                /* first byte of the present data object */
    uint32_t sent;              /* bytes that are sent or were there, from 0 */
    uint32_t crc;               /* CRC-32 of the firmware up to `at` */
    uint16_t receipt_in;        /* packets until the next receipt; 0 = there are none */
    bool init_assumed; /* the device would not execute the init packet again: it may have been
                          accepted earlier */
    bool finished;     /* the final Execute was accepted before or while the start was sought */
    bool doubtful; /* what the device holds does not fit; it is not known where the object begins
                      for it */
};

/* What to send to make one object complete, and what the device must then report. */
struct secure_piece {
    const uint8_t *bytes; /* of the whole object stream, from offset 0 */
    uint32_t from, to;
    uint32_t crc; /* CRC-32 of bytes 0..to */
};

enum secure_verdict {
    SECURE_GOOD,
    SECURE_LOST,    /* fewer bytes than were sent */
    SECURE_CHANGED, /* other bytes than were sent, or more */
};

/* secure.c: a run over one pipe. NORDFU_ERR_PACKAGE if there is nothing that could be sent. */
int secure_run_init(struct secure_run *r, struct secure_session *session, struct pipe *pipe,
                    const struct nordfu_image *image, struct nordfu_error *error);

/* secure_send.c. All return 0 or a class of error with its sentence in r->error. */

uint64_t secure_now(const struct secure_run *r);
/* The transfer begins now, unless it has begun. */
void secure_start_clock(struct secure_run *r);
/* Explains a "no" of the device; NORDFU_ERR_REFUSED or what the reason calls for. */
int secure_refused(struct secure_run *r, const struct op_request *request, bool final,
                   const struct op_response *response);
/* The device forgets the update and starts its application, if it knows how (SDK 15 and later). */
int secure_abort(struct secure_run *r);
/* A request that must succeed. */
int secure_demand(struct secure_run *r, struct op_request request, uint64_t timeout,
                  struct op_response *response);
int secure_select(struct secure_run *r, enum op_object object, struct op_response *response);
/* Tells the device after how many packets it is to send a receipt: before any packet, as it may
 * have been told another number over an earlier link. */
int secure_set_prn(struct secure_run *r);
/* Bytes from..to of the piece as packets: at once, or as the pacing lets them go. */
int secure_send_init_packets(struct secure_run *r, const struct secure_piece *piece);
int secure_send_data_packets(struct secure_run *r, const struct secure_piece *piece);
/* Asks what arrived of `what`. Anything but SECURE_GOOD leaves its reason in r->error, without an
 * end of the sentence. SECURE_START_OVER where what was there before does not fit. */
int secure_compare(struct secure_run *r, const char *what, const struct secure_piece *piece,
                   enum secure_verdict *verdict);
/* After the last try: the sentence in r->error gets an end that says what to do. */
int secure_give_up(struct secure_run *r);
/* Tells the user that what is in r->error is mended by another try; `tries` were made. */
void secure_tell_retry(struct secure_run *r, int tries);

/* secure_init.c */
/* How many bytes of this very init packet the device holds, as its answer to Select tells. */
uint32_t secure_init_stored(const struct secure_run *r, const struct op_response *selected);
/* Brings the init packet over, unless it is there (`fresh`: in any case), and has it checked. */
int secure_send_init(struct secure_run *r, bool fresh);

/* secure_resume.c */
/* What the device holds, as its answer to Select or CRC tells, is a beginning of this image. */
bool secure_fits_image(const struct secure_run *r, const struct op_response *selected);
/* Finds out where to go on with the firmware (dfu-protocol D.1): at, sent, crc,
 * max_size, finished, doubtful. */
int secure_find_start(struct secure_run *r);

#endif
