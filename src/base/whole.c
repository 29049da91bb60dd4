/* SPDX-License-Identifier: MIT */
#include "base/whole.h"

#include <errno.h>
#include <unistd.h>

int whole_read(int fd, struct buf *text)
{
    size_t at = 0;
    while (at < text->size) {
        ssize_t n = read(fd, text->data + at, text->size - at);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n == 0)
            break;
        at += n > 0 ? (size_t)n : 0;
    }
    text->size = at;
    return 0;
}

int whole_write(int fd, const void *bytes, size_t size)
{
    const unsigned char *next = bytes;
    int number = 0;
    while (size > 0 && number == 0) {
        ssize_t n = write(fd, next, size);
        if (n >= 0) {
            next += n;
            size -= (size_t)n;
        } else if (errno != EINTR) {
            number = errno;
        }
    }
    if (number == 0 && fsync(fd) != 0)
        number = errno;
    if (close(fd) != 0 && number == 0)
        number = errno;
    return number;
}
