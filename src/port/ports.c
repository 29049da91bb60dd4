/* SPDX-License-Identifier: MIT
 * Which serial ports this computer has. libserialport only looks; opening is port_posix.c's. */
#include "port/ports.h"

#include <errno.h>
#include <libserialport.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nordfu/port.h"

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text != NULL ? text : "");
}

static void describe(struct nordfu_port_info *info, const struct sp_port *port)
{
    memset(info, 0, sizeof(*info));
    copy(info->path, sizeof(info->path), sp_get_port_name(port));
    copy(info->description, sizeof(info->description), sp_get_port_description(port));
    if (sp_get_port_transport(port) != SP_TRANSPORT_USB)
        return;
    copy(info->serial, sizeof(info->serial), sp_get_port_usb_serial(port));
    int vid = 0, pid = 0;
    if (sp_get_port_usb_vid_pid(port, &vid, &pid) == SP_OK) {
        info->vid = (uint16_t)vid;
        info->pid = (uint16_t)pid;
    }
}

int nordfu_port_list(struct nordfu_port_info *ports, size_t capacity, struct nordfu_error *error)
{
    struct sp_port **list = NULL;
    enum sp_return listed = sp_list_ports(&list);
    /* Where the kernel's list of devices is not mounted (a container, a bare root) no port can be
     * seen. */
    if (listed == SP_ERR_FAIL && sp_last_error_code() == ENOENT)
        return 0;
    if (listed != SP_OK)
        return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "The serial ports can't be listed.");
    int count = 0;
    for (; list[count] != NULL; count++)
        if ((size_t)count < capacity)
            describe(&ports[count], list[count]);
    sp_free_port_list(list);
    return count;
}

bool ports_find_usb(const char *path, struct ports_usb *usb)
{
    char real[PATH_MAX];
    struct sp_port *port = NULL;
    int vid = 0, pid = 0;
    memset(usb, 0, sizeof(*usb));
    if (realpath(path, real) == NULL || sp_get_port_by_name(real, &port) != SP_OK)
        return false;
    bool found = sp_get_port_transport(port) == SP_TRANSPORT_USB &&
                 sp_get_port_usb_vid_pid(port, &vid, &pid) == SP_OK;
    if (found) {
        usb->vid = (uint16_t)vid;
        usb->pid = (uint16_t)pid;
        if (sp_get_port_usb_bus_address(port, &usb->bus, &usb->address) != SP_OK)
            usb->bus = usb->address = 0;
        copy(usb->product, sizeof(usb->product), sp_get_port_usb_product(port));
        copy(usb->serial, sizeof(usb->serial), sp_get_port_usb_serial(port));
    }
    sp_free_port(port);
    return found;
}

bool ports_find_path(uint16_t vid, const char *serial, char *path, size_t size)
{
    struct sp_port **list = NULL;
    bool found = false;
    if (serial[0] == '\0' || sp_list_ports(&list) != SP_OK)
        return false;
    for (size_t i = 0; list[i] != NULL && !found; i++) {
        struct nordfu_port_info info;
        describe(&info, list[i]);
        found = info.vid == vid && strcmp(info.serial, serial) == 0;
        if (found)
            copy(path, size, info.path);
    }
    sp_free_port_list(list);
    return found;
}
