/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/text.h"

enum {
    REDRAW_US = 80000, /* not more often than this */
    PLAIN_STEPS = 10,  /* plain lines per image */
};

void progress_init(struct progress *progress, FILE *out, bool allow_bar)
{
    const char *term = getenv("TERM");
    *progress = (struct progress){.out = out};
    pthread_mutex_init(&progress->lock, NULL);
    progress->bar = allow_bar && isatty(fileno(out)) && term != NULL && term[0] != 0 &&
                    strcmp(term, "dumb") != 0;
    const char *no_colour = getenv("NO_COLOR");
    progress->colour = progress->bar && (no_colour == NULL || no_colour[0] == 0);
}

void progress_close(struct progress *progress)
{
    progress_clear(progress);
    pthread_mutex_destroy(&progress->lock);
}

static void clear(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", progress->out);
    progress->drawn = false;
}

void progress_hold(struct progress *progress)
{
    pthread_mutex_lock(&progress->lock);
    clear(progress);
    fflush(progress->out);
}

void progress_release(struct progress *progress)
{
    pthread_mutex_unlock(&progress->lock);
}

void progress_clear(struct progress *progress)
{
    progress_hold(progress);
    progress_release(progress);
}

/* One line that stays. What is in it may come from the air. */
static void line(struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void line(struct progress *progress, const char *format, ...)
{
    char text[512], safe[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    text_escape(safe, sizeof(safe), text);
    clear(progress);
    fprintf(progress->out, "%s\n", safe);
    fflush(progress->out);
}

static unsigned columns_of(FILE *out)
{
    struct winsize size;
    if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

void progress_bar(char *out, size_t size, unsigned columns, uint32_t bytes, uint32_t total,
                  double rate)
{
    enum {
        TAIL = 24, /* columns kept for rate and time, so that the bar's length stays */
        LEFT_MAX = 599 * 60 + 59, /* seconds that fit there */
    };
    char tail[64] = "", bar[101];
    if (bytes > total)
        bytes = total;
    unsigned percent = total == 0 ? 100 : (unsigned)((uint64_t)bytes * 100 / total);
    if (rate > 0) {
        double seconds = (total - bytes) / rate + 0.5;
        unsigned left = seconds < LEFT_MAX ? (unsigned)seconds : LEFT_MAX;
        snprintf(tail, sizeof(tail), " %5.1f kB/s %2u:%02u left", rate / 1000, left / 60,
                 left % 60);
    }
    /* "100 % [bar]tail", one column free at the end, where some terminals break the line. */
    unsigned taken = 5 + 3 + TAIL + 1;
    unsigned width = columns > taken ? columns - taken : 0;
    if (width > 50)
        width = 50;
    if (width < 5) {
        snprintf(out, size < columns ? size : columns, "%3u %%%s", percent, tail);
        return;
    }
    unsigned done = width * percent / 100;
    memset(bar, '#', done);
    memset(bar + done, '-', width - done);
    bar[width] = 0;
    snprintf(out, size, "%3u %% [%s]%s", percent, bar, tail);
}

/* Bytes per second of this image so far, what a resume saved not counted. */
static double rate_of(const struct progress *progress, const struct nordfu_event *event)
{
    if (event->time <= progress->began || event->bytes <= progress->began_bytes)
        return 0;
    return (event->bytes - progress->began_bytes) * 1e6 / (double)(event->time - progress->began);
}

static void draw(struct progress *progress, const struct nordfu_event *event)
{
    bool last = event->bytes >= event->total;
    if (!last && progress->drawn && event->time - progress->drawn_at < REDRAW_US)
        return;
    char text[256];
    progress_bar(text, sizeof(text), columns_of(progress->out), event->bytes, event->total,
                 rate_of(progress, event));
    fprintf(progress->out, "\r%s%s%s\033[K", progress->colour ? "\033[32m" : "", text,
            progress->colour ? "\033[0m" : "");
    fflush(progress->out);
    progress->drawn = true;
    progress->drawn_at = event->time;
}

static void plain_progress(struct progress *progress, const struct nordfu_event *event)
{
    uint32_t step =
        event->total == 0 ? 0 : (uint32_t)((uint64_t)event->bytes * PLAIN_STEPS / event->total);
    if (step <= progress->plain_step)
        return;
    progress->plain_step = step;
    line(progress, "%3u %%, %u of %u bytes, %.1f kB/s", step * 100 / PLAIN_STEPS, event->bytes,
         event->total, rate_of(progress, event) / 1000);
}

static void image(struct progress *progress, const struct nordfu_event *event)
{
    progress->began = event->time;
    progress->began_bytes = event->bytes;
    progress->plain_step =
        event->total == 0 ? 0 : (uint32_t)((uint64_t)event->bytes * PLAIN_STEPS / event->total);
    if (event->text[0] != 0)
        line(progress, "%s", event->text);
    else if (event->bytes > 0)
        line(progress, "Transferring %u bytes; the device has %u of them already.", event->total,
             event->bytes);
    else
        line(progress, "Transferring %u bytes.", event->total);
}

static void found(struct progress *progress, const struct nordfu_event *event)
{
    char address[NORDFU_ADDRESS_TEXT];
    nordfu_address_format(&event->address, address);
    line(progress, "Found %s%s%s (recognised by %s).", event->text,
         event->text[0] != 0 ? " at " : "", address, nordfu_match_name(event->match));
}

static void connected(struct progress *progress, const struct nordfu_event *event)
{
    const struct nordfu_link *link = &event->link;
    line(progress, "Connected: MTU %u, data length %u, PHY %uM, interval %.2f ms.", link->mtu,
         link->tx_octets, link->tx_phy, link->interval * 1.25);
}

static void sentence(struct progress *progress, const struct nordfu_event *event)
{
    static const char *const defaults[] = {
        [NORDFU_EVENT_DONGLE] = "The dongle answers.",
        [NORDFU_EVENT_SCANNING] = "Looking for the device.",
        [NORDFU_EVENT_JUMPING] = "The application starts its bootloader.",
        [NORDFU_EVENT_ACTIVATING] = "The bootloader checks and activates.",
        [NORDFU_EVENT_DONE] = "The device left the bootloader.",
    };
    size_t type = (size_t)event->type;
    const char *text = event->text;
    if (text[0] == 0 && type < sizeof(defaults) / sizeof(defaults[0]))
        text = defaults[type];
    if (text != NULL && text[0] != 0)
        line(progress, "%s", text);
}

void progress_event(struct progress *progress, const struct nordfu_event *event)
{
    pthread_mutex_lock(&progress->lock);
    switch (event->type) {
    case NORDFU_EVENT_PROGRESS:
        if (progress->bar)
            draw(progress, event);
        else
            plain_progress(progress, event);
        break;
    case NORDFU_EVENT_IMAGE:
        image(progress, event);
        break;
    case NORDFU_EVENT_FOUND:
        found(progress, event);
        break;
    case NORDFU_EVENT_CONNECTED:
        connected(progress, event);
        break;
    case NORDFU_EVENT_ACTIVATING:
        /* The full bar stays as a line of its own. */
        if (progress->drawn)
            fputc('\n', progress->out);
        progress->drawn = false;
        sentence(progress, event);
        break;
    default:
        sentence(progress, event);
    }
    pthread_mutex_unlock(&progress->lock);
}

void progress_summary(struct progress *progress, const struct nordfu_update_result *result)
{
    const struct nordfu_link *link = &result->link;
    double seconds = (double)result->transfer_time / 1e6;
    pthread_mutex_lock(&progress->lock);
    line(progress, "%s", result->central);
    line(progress, "MTU %u, data length %u, PHY %uM, interval %.2f ms", link->mtu, link->tx_octets,
         link->tx_phy, link->interval * 1.25);
    if (result->resumed > 0)
        line(progress, "%u bytes were there from an earlier attempt", result->resumed);
    if (result->retries > 0 || result->reconnects > 0)
        line(progress, "%u object%s sent again, %u reconnection%s", result->retries,
             result->retries == 1 ? "" : "s", result->reconnects,
             result->reconnects == 1 ? "" : "s");
    line(progress, "%u bytes in %.1f s, %.1f kB/s", result->bytes, seconds,
         seconds > 0 ? result->bytes / seconds / 1000 : 0.0);
    line(progress, "Device programmed.");
    pthread_mutex_unlock(&progress->lock);
}
