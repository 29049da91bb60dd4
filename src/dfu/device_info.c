/* SPDX-License-Identifier: MIT */
#include "dfu/device_info.h"

#include "dfu/exchange.h"
#include "nordfu/port.h"

#define ANSWER_TIMEOUT NORDFU_SECOND
#define IMAGES_MOST    3 /* bootloader, SoftDevice, application */

static bool ask(struct pipe *pipe, struct op_request request, struct op_response *response)
{
    struct nordfu_error ignored;
    int rc = exchange(pipe, &request, ANSWER_TIMEOUT, response, &ignored);
    return rc == 0 && response->result == OP_SUCCESS && response->told;
}

static void keep(struct device_info *info, const struct op_response *response)
{
    const struct device_firmware firmware = {true, response->version, response->size};
    if (response->type == OP_FIRMWARE_SOFTDEVICE)
        info->softdevice = firmware;
    else if (response->type == OP_FIRMWARE_APPLICATION)
        info->application = firmware;
    else if (response->type == OP_FIRMWARE_BOOTLOADER)
        info->bootloader = firmware;
}

void device_info_ask(struct device_info *info, struct pipe *pipe)
{
    struct op_response response;
    *info = (struct device_info){0};
    for (uint8_t i = 0; i < IMAGES_MOST; i++) {
        if (!ask(pipe, (struct op_request){.code = OP_FIRMWARE, .index = i}, &response))
            return;
        keep(info, &response);
    }
    if (!ask(pipe, (struct op_request){.code = OP_HARDWARE}, &response))
        return;
    info->knows_chip = true;
    info->part = response.part;
    info->rom = response.rom;
}
