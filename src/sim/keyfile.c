/* SPDX-License-Identifier: MIT */
#include "sim/keyfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"

enum {
    KEY_FILE_MAX = 16384, /* bytes; PEM files of one key have a few hundred */
};

int sim_key_load(uint8_t public_key[64], const char *path, struct nordfu_error *error)
{
    char text[KEY_FILE_MAX];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return nordfu_error_from(error, NORDFU_ERR_SYSTEM, NORDFU_SPEAKER_SYSTEM, (uint32_t)errno,
                                 "The key file %s can't be read: %s.", path, strerror(errno));
    size_t size = fread(text, 1, sizeof(text), file);
    fclose(file);
    int code = crypto_public_load(public_key, text, size, path, error);
    crypto_wipe(text, sizeof(text));
    return code;
}
