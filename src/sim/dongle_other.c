/* SPDX-License-Identifier: MIT */
#include "sim/dongle_other.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/slip.h"

#define LOG_US 100000u

enum {
    USB_MTU = 2051, /* that the bootloader announces; it takes one byte less */
    UART_MTU = 131,
    RESPONSE_MAX = 32,
    /* Requests and results of the DFU protocol */
    RESPONSE = 0x60,
    OP_WRITE = 0x08,
    OP_ABORT = 0x0C,
    SUCCESS = 0x01,
    NOT_SUPPORTED = 0x02,
    INVALID_PARAMETER = 0x03,
    INVALID_OBJECT = 0x05,
    NOT_PERMITTED = 0x08,
    NOBODY = 0xFF, /* type of a firmware that is not there */
};

struct dongle_other {
    struct sim_world *world;
    struct dongle_line *line;
    enum sim_firmware firmware;
    uint16_t mtu;
    sim_timer timer;
    unsigned lines;           /* of the log, so far */
    uint8_t request[USB_MTU]; /* the frame that arrives; keeps the bytes of the one before it */
    size_t size, last_size;   /* of this frame so far, and of the one before it */
    enum { PLAIN, ESCAPED, WEDGED } state;
};

static void print(struct dongle_other *o, const char *text)
{
    dongle_line_print(o->line, (const uint8_t *)text, strlen(text));
}

/* A board that logs */

static void log_due(void *context)
{
    struct dongle_other *o = context;
    char line[80];
    snprintf(line, sizeof(line), "[%08u] <info> app: sensor value %u\r\n", o->lines * LOG_US / 1000,
             2000 + o->lines * 7 % 100);
    o->lines++;
    print(o, line);
    o->timer = sim_after(o->world, LOG_US, log_due, o);
}

/* A modem */

static void echo(struct dongle_other *o, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        dongle_line_print(o->line, bytes + i, 1);
        if (bytes[i] == '\r')
            print(o, "\nERROR\r\n");
    }
}

/* The USB bootloader */

static void respond(struct dongle_other *o, uint8_t op, uint8_t result,
                    const struct bytes_writer *payload)
{
    uint8_t plain[RESPONSE_MAX + 3] = {RESPONSE, op, result}, wire[SLIP_ENCODED_MAX(sizeof(plain))];
    size_t size = 3;
    if (result == SUCCESS && payload->at > 0) {
        memcpy(plain + size, payload->data, payload->at);
        size += payload->at;
    }
    size_t n = slip_escape(wire, plain, size);
    wire[n++] = SLIP_END;
    dongle_line_print(o->line, wire, n);
}

static uint8_t protocol_version(struct dongle_other *o, struct bytes_reader *r,
                                struct bytes_writer *w)
{
    (void)o;
    (void)r;
    bytes_put_u8(w, 1);
    return SUCCESS;
}

static uint8_t set_prn(struct dongle_other *o, struct bytes_reader *r, struct bytes_writer *w)
{
    (void)o;
    (void)w;
    bytes_get_u16(r);
    return bytes_reader_done(r) ? SUCCESS : INVALID_PARAMETER;
}

static uint8_t select_object(struct dongle_other *o, struct bytes_reader *r, struct bytes_writer *w)
{
    (void)o;
    uint8_t type = bytes_get_u8(r);
    if (!bytes_reader_done(r))
        return INVALID_PARAMETER;
    bytes_put_u32(w, type == 1 ? 512 : 4096);
    bytes_put_u32(w, 0);
    bytes_put_u32(w, 0);
    return type == 1 || type == 2 ? SUCCESS : INVALID_OBJECT;
}

static uint8_t get_mtu(struct dongle_other *o, struct bytes_reader *r, struct bytes_writer *w)
{
    (void)r;
    bytes_put_u16(w, o->mtu);
    return SUCCESS;
}

static uint8_t ping(struct dongle_other *o, struct bytes_reader *r, struct bytes_writer *w)
{
    (void)o;
    bytes_put_u8(w, bytes_get_u8(r));
    return bytes_reader_done(r) ? SUCCESS : INVALID_PARAMETER;
}

static uint8_t hardware_version(struct dongle_other *o, struct bytes_reader *r,
                                struct bytes_writer *w)
{
    static const uint32_t nrf52840[] = {0x52840, 0x41414430, 0x100000, 0x40000, 0x1000};
    (void)o;
    (void)r;
    for (size_t i = 0; i < sizeof(nrf52840) / sizeof(nrf52840[0]); i++)
        bytes_put_u32(w, nrf52840[i]);
    return SUCCESS;
}

/* The bootloader itself, and nothing else. */
static uint8_t firmware_version(struct dongle_other *o, struct bytes_reader *r,
                                struct bytes_writer *w)
{
    static const uint32_t own[] = {3, 0xE0000, 0x1E000}; /* version, address, length */
    (void)o;
    uint8_t index = bytes_get_u8(r);
    bytes_put_u8(w, index == 0 ? 2 : NOBODY);
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        bytes_put_u32(w, index == 0 ? own[i] : 0);
    return bytes_reader_done(r) ? SUCCESS : INVALID_PARAMETER;
}

static uint8_t refuse(struct dongle_other *o, struct bytes_reader *r, struct bytes_writer *w)
{
    (void)o;
    (void)r;
    (void)w;
    return NOT_PERMITTED;
}

static void serve(struct dongle_other *o, size_t size)
{
    static const struct {
        uint8_t op;
        uint8_t (*run)(struct dongle_other *o, struct bytes_reader *r, struct bytes_writer *w);
    } requests[] = {
        {0x00, protocol_version}, {0x01, refuse},           {0x02, set_prn}, {0x03, refuse},
        {0x04, refuse},           {0x06, select_object},    {0x07, get_mtu}, {0x09, ping},
        {0x0A, hardware_version}, {0x0B, firmware_version},
    };
    uint8_t room[RESPONSE_MAX], result = NOT_SUPPORTED;
    struct bytes_reader r;
    struct bytes_writer w;
    bytes_reader_init(&r, o->request, size);
    bytes_writer_init(&w, room, sizeof(room));
    uint8_t op = bytes_get_u8(&r);
    if (op == OP_WRITE || op == OP_ABORT)
        return; /* neither is answered */
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
        if (requests[i].op == op)
            result = requests[i].run(o, &r, &w);
    respond(o, op, result, &w);
}

/* An empty frame is taken for a request all the same: with the bytes of the one before it. */
static void frame_ended(struct dongle_other *o)
{
    if (o->size > 0)
        o->last_size = o->size;
    serve(o, o->last_size);
    o->size = 0;
    o->state = PLAIN;
}

static void feed(struct dongle_other *o, uint8_t byte)
{
    if (o->state == WEDGED)
        return;
    if (byte == SLIP_END) {
        frame_ended(o);
        return;
    }
    if (byte == 0xDB && o->state == PLAIN) {
        o->state = ESCAPED;
        return;
    }
    if (o->state == ESCAPED)
        byte = byte == 0xDC ? 0xC0 : 0xDB;
    o->state = PLAIN;
    if (o->size + 1 >= o->mtu)
        o->state = WEDGED; /* until it is unplugged */
    else
        o->request[o->size++] = byte;
}

/* Interface */

struct dongle_other *dongle_other_new(struct sim_world *world, struct dongle_line *line,
                                      const struct sim_dongle_config *config)
{
    struct dongle_other *o = calloc(1, sizeof(*o));
    if (o == NULL)
        return NULL;
    o->world = world;
    o->line = line;
    o->firmware = config->firmware;
    o->last_size = 1; /* memory is zeros at first: a request for the protocol version */
    o->mtu = config->usb ? USB_MTU : UART_MTU;
    if (o->firmware == SIM_FIRMWARE_GARBAGE)
        o->timer = sim_after(world, LOG_US, log_due, o);
    return o;
}

void dongle_other_free(struct dongle_other **other)
{
    struct dongle_other *o = *other;
    *other = NULL;
    if (o == NULL)
        return;
    sim_cancel(o->world, &o->timer);
    free(o);
}

void dongle_other_receive(struct dongle_other *other, const uint8_t *bytes, size_t size)
{
    if (other->firmware == SIM_FIRMWARE_ECHO)
        echo(other, bytes, size);
    for (size_t i = 0; i < size && other->firmware == SIM_FIRMWARE_BOOTLOADER; i++)
        feed(other, bytes[i]);
}
