/* SPDX-License-Identifier: MIT */
#include "dongle/diagnosis.h"

#include <stdio.h>
#include <string.h>

#include "base/slip.h"

enum {
    VENDOR_NORDIC = 0x1915,
    VENDOR_SEGGER = 0x1366,
    PRODUCT_BOOTLOADER = 0x521F,
    PRODUCT_EXAMPLE = 0x521B,
    PRODUCT_CONNECTIVITY = 0xC00A,
    QUOTE_MAX = 40,
};

/* ---- What mends it ---- */

/* The firmware to program and how, by what kind of board it is for. The files are those that
 * Nordic's pc-ble-driver publishes. */
enum board {
    BOARD_BOOTLOADER, /* waits to be programmed */
    BOARD_DONGLE,     /* has a USB bootloader, but runs something else */
    BOARD_JLINK,      /* a kit with a debugger on it */
    BOARD_UNKNOWN,
};

#define USB_FILE  "connectivity_4.1.4_usb_with_s132_5.1.0_dfu_pkg.zip"
#define UART_FILE "connectivity_4.1.4_1m_with_s132_5.1.0.hex"

/* Where there is an `after`, the port stands between the two. */
static const struct {
    const char *before, *after;
} cures[] = {
    [BOARD_BOOTLOADER] =
        {"program it with a USB DFU tool, e.g. \"nrfutil dfu usb-serial -pkg " USB_FILE " -p ",
         "\" (the file is Nordic's, from pc-ble-driver)."},
    [BOARD_DONGLE] = {"press its reset button, which starts its bootloader, and program it with a "
                      "USB DFU tool, e.g. \"nrfutil dfu usb-serial -pkg " USB_FILE " -p ",
                      "\" (the file is Nordic's, from pc-ble-driver)."},
    [BOARD_JLINK] = {"program its chip with a J-Link tool, e.g. \"nrfjprog --program " UART_FILE
                     " --chiperase --reset\" (the file is Nordic's, from pc-ble-driver; with "
                     "s130_2.0.1 in its name for an nRF51).",
                     NULL},
    [BOARD_UNKNOWN] = {"program it with Nordic's " UART_FILE
                       " (a kit, by its debugger) or " USB_FILE
                       " (a USB dongle, by its bootloader), both from pc-ble-driver.",
                       NULL},
};

static enum board board_of(enum diagnosis diagnosis, const struct nordfu_port_identity *identity)
{
    if (diagnosis == DIAGNOSIS_BOOTLOADER)
        return BOARD_BOOTLOADER;
    if (identity->vid == VENDOR_NORDIC)
        return BOARD_DONGLE;
    return identity->vid == VENDOR_SEGGER ? BOARD_JLINK : BOARD_UNKNOWN;
}

/* ---- The sentences ---- */

/* How the advice begins that the cure completes. Without it there is no cure, only other ports. */
#define OTHER_PORT "Choose another port, or if this is the right one, "
#define REPLUG     "Unplug it and plug it in; if that does not help, "
#define AT_ONCE    "To use it, "

/* Between `before` and `after` stand the port and a remark: a quotation or a name. */
static const struct {
    const char *before, *after, *advice;
} sentences[DIAGNOSIS_COUNT] = {
    [DIAGNOSIS_SILENCE] =
        {"Nothing answers on ",
         ": no connectivity firmware runs there, it uses another rate (try --baud "
         "115200 for old firmware), or it hangs. ",
         REPLUG},
    [DIAGNOSIS_ECHO] = {"What is sent to ",
                        " comes straight back: there is a modem or a loop, no connectivity "
                        "firmware. ",
                        NULL},
    [DIAGNOSIS_MODEM] = {"A modem answers on ", ", no connectivity firmware. ", NULL},
    [DIAGNOSIS_TEXT] = {"A program that writes text answers on ", ", no connectivity firmware. ",
                        OTHER_PORT},
    [DIAGNOSIS_NOISE] = {"What answers on ",
                         " is no connectivity firmware: another device, or one at another rate "
                         "(try --baud 115200 for old firmware). ",
                         OTHER_PORT},
    [DIAGNOSIS_BOOTLOADER] = {"The dongle on ",
                              " is in its DFU bootloader and runs no connectivity firmware. ",
                              AT_ONCE},
    [DIAGNOSIS_EXAMPLE] = {"The dongle on ",
                           " runs the ble_connectivity example of Nordic's SDK, which is no "
                           "connectivity firmware that a PC can use. ",
                           AT_ONCE},
    [DIAGNOSIS_OTHER_FIRMWARE] = {"The Nordic device on ",
                                  " runs something else than connectivity firmware. ", OTHER_PORT},
    [DIAGNOSIS_HALF_LINK] = {"The dongle on ",
                             " answers, but the line to it can't be set up: its firmware breaks "
                             "off the link start. ",
                             REPLUG},
    [DIAGNOSIS_UNKNOWN_API] = {"The dongle on ",
                               " understands no command of the SoftDevice APIs v2, v3, v5 and v6: "
                               "its firmware is no connectivity firmware, or an unknown one. ",
                               REPLUG},
    [DIAGNOSIS_FOREIGN_API] = {"The dongle on ", ", which this version of nordfu does not speak. ",
                               AT_ONCE},
};

static bool printable(uint8_t c)
{
    return c >= 0x20 && c <= 0x7E;
}

/* The longest run of printable characters, at most QUOTE_MAX of them, and nothing that could end
 * the quotation marks around it. */
static void quote(char *out, size_t room, const uint8_t *heard, size_t size)
{
    size_t best = 0, best_size = 0;
    for (size_t i = 0, run = 0; i < size; i++) {
        run = printable(heard[i]) && heard[i] != '"' ? run + 1 : 0;
        if (run > best_size) {
            best_size = run;
            best = i + 1 - run;
        }
    }
    size_t n = best_size < QUOTE_MAX ? best_size : QUOTE_MAX;
    snprintf(out, room, " (\"%.*s\")", (int)n, (const char *)heard + best);
}

/* " (nRF Sniffer, USB 1915:154A)" */
static void name_device(char *out, size_t room, const struct nordfu_port_identity *identity)
{
    char product[sizeof(identity->product)];
    size_t n = 0;
    for (const char *c = identity->product; *c != '\0'; c++)
        product[n++] = printable((uint8_t)*c) ? *c : '?';
    product[n] = '\0';
    snprintf(out, room, " (%s%sUSB %04X:%04X)", product, n > 0 ? ", " : "", identity->vid,
             identity->pid);
}

static void remark(char *out, size_t room, enum diagnosis diagnosis,
                   const struct diagnosis_case *facts)
{
    out[0] = '\0';
    if (diagnosis == DIAGNOSIS_TEXT || diagnosis == DIAGNOSIS_MODEM)
        quote(out, room, facts->heard, facts->heard_size);
    else if (diagnosis == DIAGNOSIS_FOREIGN_API)
        snprintf(out, room, " runs %s", facts->api);
    else if (facts->identity->vid == VENDOR_NORDIC)
        name_device(out, room, facts->identity);
}

int diagnosis_error(enum diagnosis diagnosis, const struct diagnosis_case *facts,
                    struct nordfu_error *error)
{
    char note[160];
    remark(note, sizeof(note), diagnosis, facts);
    const char *before = sentences[diagnosis].before, *after = sentences[diagnosis].after;
    const char *advice = sentences[diagnosis].advice;
    if (advice == NULL)
        return nordfu_error_set(error, NORDFU_ERR_DONGLE, "%s%s%s%sChoose another port.", before,
                                facts->port, note, after);
    enum board board = board_of(diagnosis, facts->identity);
    bool names_port = cures[board].after != NULL;
    return nordfu_error_set(error, NORDFU_ERR_DONGLE, "%s%s%s%s%s%s%s%s", before, facts->port, note,
                            after, advice, cures[board].before, names_port ? facts->port : "",
                            names_port ? cures[board].after : "");
}

/* ---- What it is ---- */

enum diagnosis diagnosis_of_identity(const struct nordfu_port_identity *identity)
{
    if (identity->vid != VENDOR_NORDIC)
        return DIAGNOSIS_NONE;
    if (identity->pid == PRODUCT_BOOTLOADER)
        return DIAGNOSIS_BOOTLOADER;
    return identity->pid == PRODUCT_EXAMPLE ? DIAGNOSIS_EXAMPLE : DIAGNOSIS_NONE;
}

static bool contains(const uint8_t *heard, size_t size, const char *part)
{
    size_t length = strlen(part);
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(heard + i, part, length) == 0)
            return true;
    return false;
}

bool diagnosis_is_echo(const uint8_t *heard, size_t size)
{
    static const uint8_t reset[] = {0x05, 0x00, 0xFB, SLIP_END};
    for (size_t i = 0; i + sizeof(reset) <= size; i++)
        if (memcmp(heard + i, reset, sizeof(reset)) == 0)
            return true;
    return false;
}

/* A response of a DFU bootloader (dfu-protocol D.5) stands between two ends of SLIP frames: 60, the
 * operation that it took SYNC for, a result. */
static bool is_dfu(const uint8_t *heard, size_t size)
{
    enum { RESPONSE = 0x60, LENGTH_MIN = 3, LENGTH_MAX = 24, OP_LAST = 0x0C, RESULT_LAST = 0x0B };
    for (size_t i = 0, start = 0; i < size; i++) {
        if (heard[i] != SLIP_END)
            continue;
        const uint8_t *frame = heard + start;
        size_t length = i - start;
        start = i + 1;
        if (length >= LENGTH_MIN && length <= LENGTH_MAX && frame[0] == RESPONSE &&
            frame[1] <= OP_LAST && frame[2] >= 1 && frame[2] <= RESULT_LAST)
            return true;
    }
    return false;
}

static bool is_text(const uint8_t *heard, size_t size)
{
    size_t good = 0;
    for (size_t i = 0; i < size; i++)
        good += printable(heard[i]) || (heard[i] >= 0x07 && heard[i] <= 0x0D) || heard[i] == 0x1B;
    return size >= 2 && good * 10 >= size * 9;
}

static bool is_modem(const uint8_t *heard, size_t size)
{
    static const char *const words[] = {"\r\nOK\r", "ERROR\r", "NO CARRIER", "RING\r", "AT+"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (contains(heard, size, words[i]))
            return true;
    return false;
}

enum diagnosis diagnosis_of_answer(const struct nordfu_port_identity *identity,
                                   const uint8_t *heard, size_t size)
{
    enum diagnosis by_identity = diagnosis_of_identity(identity);
    if (by_identity != DIAGNOSIS_NONE)
        return by_identity;
    if (is_dfu(heard, size))
        return DIAGNOSIS_BOOTLOADER;
    if (diagnosis_is_echo(heard, size))
        return DIAGNOSIS_ECHO;
    if (is_text(heard, size))
        return is_modem(heard, size) ? DIAGNOSIS_MODEM : DIAGNOSIS_TEXT;
    if (identity->vid == VENDOR_NORDIC && identity->pid != PRODUCT_CONNECTIVITY)
        return DIAGNOSIS_OTHER_FIRMWARE;
    return size == 0 ? DIAGNOSIS_SILENCE : DIAGNOSIS_NOISE;
}
