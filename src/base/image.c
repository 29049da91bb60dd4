/* SPDX-License-Identifier: MIT */
#include "nordfu/image.h"

const char *nordfu_image_type_name(enum nordfu_image_type type)
{
    static const char *const names[] = {
        [NORDFU_IMAGE_APPLICATION] = "application",
        [NORDFU_IMAGE_SOFTDEVICE] = "SoftDevice",
        [NORDFU_IMAGE_BOOTLOADER] = "bootloader",
        [NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER] = "SoftDevice and bootloader",
        [NORDFU_IMAGE_EXTERNAL_APPLICATION] = "external application",
    };
    return (unsigned)type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown image";
}
