/*
 * SPDX-License-Identifier: MIT
 * Errors: a class for the program, a sentence for the person.
 *
 * Every function of nordfu that can fail returns 0 (or a count) on success and one of the negative
 * classes below on failure. Its last argument, a struct nordfu_error (may be NULL), then carries
 * who spoke, that party's own code, and one sentence: what failed, why, and what to do about it.
 */
#ifndef NORDFU_ERROR_H
#define NORDFU_ERROR_H

#include <stdarg.h>
#include <stdint.h>

/* Classes of failure. The command's exit code is the positive value (130 for CANCELLED). */
enum nordfu_class {
    NORDFU_OK = 0,
    NORDFU_ERR_PACKAGE = -1,      /* the package, key or image file is defective */
    NORDFU_ERR_USAGE = -2,        /* the caller asked for something that makes no sense */
    NORDFU_ERR_PORT = -3,         /* the port is missing, busy, forbidden, or vanished */
    NORDFU_ERR_DONGLE = -4,       /* the dongle does not answer, or not as connectivity firmware */
    NORDFU_ERR_NOT_FOUND = -5,    /* no such device on the air, or it offers no DFU */
    NORDFU_ERR_REFUSED = -6,      /* the device refused the update or a step of it */
    NORDFU_ERR_TRANSFER = -7,     /* bytes were lost or changed and every retry failed */
    NORDFU_ERR_LINK = -8,         /* the BLE link could not be made, or was lost for good */
    NORDFU_ERR_TIMEOUT = -9,      /* a peer did not answer before the deadline */
    NORDFU_ERR_SYSTEM = -10,      /* memory, file or thread trouble on this computer */
    NORDFU_ERR_UNSUPPORTED = -11, /* understood, but this version of nordfu can't do it */
    NORDFU_ERR_CANCELLED = -12,   /* the user or the application cancelled */
};

/* Whose number `detail` is. */
enum nordfu_speaker {
    NORDFU_SPEAKER_NONE,         /* detail means nothing */
    NORDFU_SPEAKER_SYSTEM,       /* errno */
    NORDFU_SPEAKER_SOFTDEVICE,   /* status in a dongle's response (NRF_ERROR_...) */
    NORDFU_SPEAKER_HCI,          /* disconnect reason */
    NORDFU_SPEAKER_GATT,         /* gatt_status: 0x0100 + ATT error code */
    NORDFU_SPEAKER_DFU_RESULT,   /* result byte of the DFU control point */
    NORDFU_SPEAKER_DFU_EXTENDED, /* extended error byte behind result 0x0B */
    NORDFU_SPEAKER_BUTTONLESS,   /* status of the buttonless characteristic */
    NORDFU_SPEAKER_SMP, /* reason of a failed pairing or encryption (GAP security status) */
};

struct nordfu_error {
    int code;                    /* enum nordfu_class */
    enum nordfu_speaker speaker; /* whose number detail is */
    uint32_t detail;             /* the speaker's own code */
    char text[640];              /* one sentence, UTF-8, no line break at the end */
};

/*
 * Fills *error (may be NULL) with `code` and a formatted sentence; a longer one is cut. Returns
 * `code`, so that `return nordfu_error_set(error, NORDFU_ERR_PORT, "...")` is the usual way out.
 * Thread-safe; `error` is the caller's.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
int nordfu_error_set(struct nordfu_error *error, int code, const char *format, ...);

/* The same, with the party that spoke and its own number. */
#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
int nordfu_error_from(struct nordfu_error *error, int code, enum nordfu_speaker speaker,
                      uint32_t detail, const char *format, ...);

/* A word for a class, for machines ("package", "not-found", ...); never NULL. */
const char *nordfu_class_name(int code);

#endif
