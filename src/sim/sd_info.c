/* SPDX-License-Identifier: MIT */
#include "sim/sd_info.h"

#include <stddef.h>
#include <string.h>

#include "base/bytes.h"

#define MAGIC     0x51B1E5DBu
#define VERSIONED 0x18 /* structures from this size on tell the version */

/* Those that bootloaders of the simulated SDKs live with. */
static const struct sd_info known[] = {
    {0x1B000, 0x67, 130, 1000000},  {0x1B000, 0x80, 130, 2000000},  {0x1B000, 0x87, 130, 2000001},
    {0x1F000, 0x8C, 132, 3000000},  {0x1F000, 0x91, 132, 3001000},  {0x1F000, 0x95, 132, 4000000},
    {0x1F000, 0x98, 132, 4000002},  {0x1F000, 0x99, 132, 4000003},  {0x1F000, 0x9E, 132, 4000004},
    {0x1F000, 0x9F, 132, 4000005},  {0x23000, 0x9D, 132, 5000000},  {0x23000, 0xA5, 132, 5001000},
    {0x26000, 0xA8, 132, 6000000},  {0x26000, 0xAF, 132, 6001000},  {0x26000, 0xB7, 132, 6001001},
    {0x26000, 0xC2, 132, 7000000},  {0x26000, 0xCB, 132, 7000001},  {0x26000, 0x101, 132, 7002000},
    {0x26000, 0x124, 132, 7003000}, {0x22000, 0x96, 140, 5000000},  {0x26000, 0xA9, 140, 6000000},
    {0x26000, 0xAE, 140, 6001000},  {0x26000, 0xB6, 140, 6001001},  {0x27000, 0xC1, 140, 7000000},
    {0x27000, 0xCA, 140, 7000001},  {0x27000, 0x100, 140, 7002000}, {0x27000, 0x123, 140, 7003000},
};

const struct sd_info *sd_info_known(uint32_t fwid)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].fwid == fwid)
            return &known[i];
    }
    return NULL;
}

bool sd_info_read(struct sd_info *info, const uint8_t *softdevice, uint32_t size)
{
    struct bytes_reader r;
    memset(info, 0, sizeof(*info));
    if (size < SD_INFO_AT + SD_INFO_SIZE)
        return false;
    bytes_reader_init(&r, softdevice + SD_INFO_AT, SD_INFO_SIZE);
    uint8_t length = bytes_get_u8(&r);
    bytes_get(&r, NULL, 3);
    uint32_t magic = bytes_get_u32(&r);
    info->end = bytes_get_u32(&r);
    info->fwid = bytes_get_u16(&r);
    bytes_get(&r, NULL, 2);
    info->family = bytes_get_u32(&r);
    if (length >= VERSIONED)
        info->version = bytes_get_u32(&r);
    return magic == MAGIC;
}

void sd_info_write(const struct sd_info *info, uint8_t *to)
{
    struct bytes_writer w;
    memset(to, 0xFF, SD_INFO_SIZE);
    bytes_writer_init(&w, to, SD_INFO_SIZE);
    bytes_put_u32(&w, 0xFFFFFF00u | SD_INFO_SIZE);
    bytes_put_u32(&w, MAGIC);
    bytes_put_u32(&w, info->end);
    bytes_put_u32(&w, 0xFFFF0000u | info->fwid);
    bytes_put_u32(&w, info->family);
    bytes_put_u32(&w, info->version);
}
