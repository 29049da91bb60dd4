/*
 * SPDX-License-Identifier: MIT
 * What connectivity firmware on USB tells about itself without its serial port being opened
 * (connectivity-wire section 12.1): two class requests to the DFU trigger interface. The one place
 * that uses libusb; built without it, or without access to the device, nothing is known.
 */
#ifndef NORDFU_PORT_USB_IDENTITY_H
#define NORDFU_PORT_USB_IDENTITY_H

#include <stdbool.h>

#include "nordfu/port.h"

/*
 * Asks the device at this place on USB, and fills in identity->firmware and
 * identity->application. Leaves them alone and returns false if it is not 1915:C00A, gives no
 * access or no sensible answer. Takes 0.5 s at most.
 */
bool usb_identity_read(int bus, int address, struct nordfu_port_identity *identity);

/*
 * Judges the two answers: `text` of request 08, `info` of request 07 (24 bytes). False, and nothing
 * is filled in, unless the text names connectivity firmware; the DFU trigger of other applications
 * answers, too. A wrong `info_size` leaves identity->application 0.
 */
bool usb_identity_decode(const void *text, size_t text_size, const void *info, size_t info_size,
                         struct nordfu_port_identity *identity);

#endif
