/* SPDX-License-Identifier: MIT */
#include "port/usb_identity.h"

#include <string.h>

#include "base/bytes.h"

#ifdef NORDFU_HAVE_LIBUSB
#include <libusb.h>
#endif

enum {
    VENDOR_NORDIC = 0x1915,
    PRODUCT_CONNECTIVITY = 0xC00A,
    INFO_SIZE = 24, /* the firmware answers to no other length */
    TEXT_MAX = 63,
};

/* "ble-connectivity 4.1.4": the name, a blank, printable characters. */
bool usb_identity_decode(const void *text, size_t text_size, const void *info, size_t info_size,
                         struct nordfu_port_identity *identity)
{
    static const char name[] = "ble-connectivity ";
    const char *t = text;
    size_t length = 0;
    while (length < text_size && length < sizeof(identity->firmware) - 1 && t[length] >= ' ' &&
           t[length] <= '~')
        length++;
    if (length < sizeof(name) || memcmp(t, name, sizeof(name) - 1) != 0)
        return false;
    memcpy(identity->firmware, t, length);
    identity->firmware[length] = '\0';
    struct bytes_reader r;
    bytes_reader_init(&r, info, info_size);
    identity->application = info_size == INFO_SIZE ? bytes_get_u32(&r) : 0;
    return true;
}

#ifdef NORDFU_HAVE_LIBUSB

/* bRequest. Number 00 would restart the dongle into its bootloader: it is never sent. */
enum {
    REQUEST_INFO = 0x07,
    REQUEST_TEXT = 0x08,
};

enum {
    TRIGGER_INTERFACE = 0,
    TRIGGER_CLASS = 0xFF,
    TRIGGER_SUBCLASS = 0x01,
    TRIGGER_PROTOCOL = 0x01,
    REQUEST_MS = 150,
};

static int ask(libusb_device_handle *handle, uint8_t request, void *answer, uint16_t size)
{
    const uint8_t type =
        LIBUSB_ENDPOINT_IN | LIBUSB_REQUEST_TYPE_CLASS | LIBUSB_RECIPIENT_INTERFACE;
    int n = libusb_control_transfer(handle, type, request, 0, TRIGGER_INTERFACE, answer, size,
                                    REQUEST_MS);
    return n > 0 ? n : 0;
}

static bool has_trigger(libusb_device *device)
{
    struct libusb_config_descriptor *config = NULL;
    if (libusb_get_active_config_descriptor(device, &config) != 0)
        return false;
    bool found = false;
    for (uint8_t i = 0; i < config->bNumInterfaces; i++) {
        const struct libusb_interface *interface = &config->interface[i];
        if (interface->num_altsetting < 1)
            continue;
        const struct libusb_interface_descriptor *d = &interface->altsetting[0];
        found |= d->bInterfaceNumber == TRIGGER_INTERFACE && d->bInterfaceClass == TRIGGER_CLASS &&
                 d->bInterfaceSubClass == TRIGGER_SUBCLASS &&
                 d->bInterfaceProtocol == TRIGGER_PROTOCOL;
    }
    libusb_free_config_descriptor(config);
    return found;
}

static bool ask_device(libusb_device *device, struct nordfu_port_identity *identity)
{
    struct libusb_device_descriptor descriptor;
    libusb_device_handle *handle = NULL;
    if (libusb_get_device_descriptor(device, &descriptor) != 0 ||
        descriptor.idVendor != VENDOR_NORDIC || descriptor.idProduct != PRODUCT_CONNECTIVITY ||
        !has_trigger(device) || libusb_open(device, &handle) != 0)
        return false;
    bool known = false;
    if (libusb_claim_interface(handle, TRIGGER_INTERFACE) == 0) {
        char text[TEXT_MAX];
        uint8_t info[INFO_SIZE];
        int text_size = ask(handle, REQUEST_TEXT, text, sizeof(text));
        int info_size = ask(handle, REQUEST_INFO, info, sizeof(info));
        known = usb_identity_decode(text, (size_t)text_size, info, (size_t)info_size, identity);
        libusb_release_interface(handle, TRIGGER_INTERFACE);
    }
    libusb_close(handle);
    return known;
}

bool usb_identity_read(int bus, int address, struct nordfu_port_identity *identity)
{
    libusb_context *context = NULL;
    libusb_device **devices = NULL;
    if (libusb_init(&context) != 0)
        return false;
    bool known = false;
    ssize_t count = libusb_get_device_list(context, &devices);
    for (ssize_t i = 0; i < count && !known; i++) {
        if (libusb_get_bus_number(devices[i]) == bus &&
            libusb_get_device_address(devices[i]) == address)
            known = ask_device(devices[i], identity);
    }
    if (count >= 0)
        libusb_free_device_list(devices, 1);
    libusb_exit(context);
    return known;
}

#else

bool usb_identity_read(int bus, int address, struct nordfu_port_identity *identity)
{
    (void)bus, (void)address, (void)identity;
    return false;
}

#endif
