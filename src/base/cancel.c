/* SPDX-License-Identifier: MIT */
#include "nordfu/cancel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct nordfu_cancel {
    atomic_bool set;
    int pipe[2]; /* read end, write end: one byte makes every poll() wake */
};

int nordfu_cancel_new(struct nordfu_cancel **out, struct nordfu_error *error)
{
    *out = NULL;
    struct nordfu_cancel *cancel = calloc(1, sizeof(*cancel));
    if (cancel == NULL)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
    if (pipe(cancel->pipe) != 0) {
        int code = errno;
        free(cancel);
        return nordfu_error_from(error, NORDFU_ERR_SYSTEM, NORDFU_SPEAKER_SYSTEM, (uint32_t)code,
                                 "A pipe can't be made: %s.", strerror(code));
    }
    for (int i = 0; i < 2; i++) {
        fcntl(cancel->pipe[i], F_SETFD, FD_CLOEXEC);
        fcntl(cancel->pipe[i], F_SETFL, O_NONBLOCK);
    }
    atomic_init(&cancel->set, false);
    *out = cancel;
    return 0;
}

void nordfu_cancel_free(struct nordfu_cancel **cancel)
{
    if (cancel == NULL || *cancel == NULL)
        return;
    close((*cancel)->pipe[0]);
    close((*cancel)->pipe[1]);
    free(*cancel);
    *cancel = NULL;
}

void nordfu_cancel_set(struct nordfu_cancel *cancel)
{
    if (cancel == NULL || atomic_exchange(&cancel->set, true))
        return;
    int saved = errno; /* a signal handler must leave errno alone */
    ssize_t written = write(cancel->pipe[1], "", 1);
    (void)written; /* an empty pipe always takes one byte */
    errno = saved;
}

bool nordfu_cancel_is_set(const struct nordfu_cancel *cancel)
{
    return cancel != NULL && atomic_load(&cancel->set);
}

int nordfu_cancel_fd(const struct nordfu_cancel *cancel)
{
    return cancel == NULL ? -1 : cancel->pipe[0];
}
