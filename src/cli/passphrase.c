/* SPDX-License-Identifier: MIT */
#include "cli/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "nordfu/package.h"

#define SIGNAL_CHECK_MS 100

static const int stopping[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/* Signals that end the program would leave a terminal that shows nothing. */
static void hold_signals(sigset_t *before)
{
    sigset_t held;
    sigemptyset(&held);
    for (size_t i = 0; i < sizeof(stopping) / sizeof(stopping[0]); i++)
        sigaddset(&held, stopping[i]);
    sigaddset(&held, SIGTSTP);
    sigprocmask(SIG_BLOCK, &held, before);
}

static bool is_stopping(void)
{
    sigset_t pending;
    sigpending(&pending);
    for (size_t i = 0; i < sizeof(stopping) / sizeof(stopping[0]); i++)
        if (sigismember(&pending, stopping[i]) == 1)
            return true;
    return false;
}

/* True when there is something to read; false when the program is about to end. */
static bool wait_for_input(int fd)
{
    struct pollfd wish = {.fd = fd, .events = POLLIN};
    while (!is_stopping())
        if (poll(&wish, 1, SIGNAL_CHECK_MS) > 0)
            return true;
    return false;
}

/* Reads up to the end of the line or of the input. Returns the number of bytes before it, or -1 if
 * there is none, or no room. */
static int read_line(int fd, char bytes[PASSPHRASE_MAX], bool waiting)
{
    int size = 0;
    for (;;) {
        ssize_t n = waiting && !wait_for_input(fd) ? -1 : read(fd, bytes + size, 1);
        if (n < 0 && errno == EINTR && !waiting)
            continue;
        if (n < 0 || (n == 0 && size == 0))
            return -1;
        if (n == 0 || bytes[size] == '\n')
            break;
        if (++size == PASSPHRASE_MAX)
            return -1;
    }
    if (size > 0 && bytes[size - 1] == '\r')
        size--;
    bytes[size] = 0;
    return size;
}

static int read_file(struct passphrase *passphrase, const char *file, struct nordfu_error *error)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return nordfu_error_from(error, NORDFU_ERR_PACKAGE, NORDFU_SPEAKER_SYSTEM, (uint32_t)errno,
                                 "The passphrase in %s can't be read (%s): check the path.", file,
                                 strerror(errno));
    int size = read_line(fd, passphrase->bytes, false);
    close(fd);
    if (size <= 0)
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "The file %s has no passphrase as its first line, or one of more "
                                "than %d bytes: check that it is the right file.",
                                file, PASSPHRASE_MAX - 1);
    passphrase->text = passphrase->bytes;
    return 0;
}

static int ask(struct passphrase *passphrase, const char *key_path, struct nordfu_error *error)
{
    struct termios shown, hidden;
    sigset_t before;
    if (isatty(STDIN_FILENO) != 1 || tcgetattr(STDIN_FILENO, &shown) != 0)
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "The key %s is encrypted, and standard input is no terminal to ask "
                                "for its passphrase at: give a file that holds it with "
                                "--passphrase-file.",
                                key_path);
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    hold_signals(&before);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    fprintf(stderr, "Passphrase of the key: ");
    int size = read_line(STDIN_FILENO, passphrase->bytes, true);
    fprintf(stderr, "\n");
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    if (size < 0)
        passphrase_wipe(passphrase);
    sigprocmask(SIG_SETMASK, &before, NULL); /* a signal that was held ends the program here */
    if (size < 0)
        return nordfu_error_set(error, NORDFU_ERR_CANCELLED,
                                "No passphrase was given for the key %s: type one of at most %d "
                                "bytes, or give a file that holds it with --passphrase-file.",
                                key_path, PASSPHRASE_MAX - 1);
    passphrase->text = passphrase->bytes;
    return 0;
}

int passphrase_find(struct passphrase *passphrase, const char *key_path, const char *file,
                    struct nordfu_error *error)
{
    *passphrase = (struct passphrase){.text = NULL};
    bool encrypted = false;
    int rc = key_path != NULL ? nordfu_key_is_encrypted(key_path, &encrypted, error) : 0;
    if (rc != 0 || !encrypted)
        return rc;
    return file != NULL ? read_file(passphrase, file, error) : ask(passphrase, key_path, error);
}

void passphrase_wipe(struct passphrase *passphrase)
{
    explicit_bzero(passphrase->bytes, sizeof(passphrase->bytes));
    passphrase->text = NULL;
}
