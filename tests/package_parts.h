/*
 * SPDX-License-Identifier: MIT
 * The parts of a small package, good as they are, to be spoiled before they are packed.
 */
#ifndef NORDFU_TESTS_PACKAGE_PARTS_H
#define NORDFU_TESTS_PACKAGE_PARTS_H

#include "scratch.h"
#include "zip_builder.h"

#include "base/crypto.h"
#include "nordfu/package.h"
#include "package/init_packet.h"

#define FIRMWARE 1024

/* What a package is made of. Spoilers change it before it is packed, or the bytes afterwards. */
struct parts {
    struct zip_builder_file files[ZIP_BUILDER_MAX];
    size_t count;
    uint8_t firmware[FIRMWARE + 4];
    char manifest[2048];
    struct nordfu_init_packet init;
    uint8_t dat[NORDFU_MAX_INIT_PACKET + 8];
    bool keep_dat; /* don't encode `init` again */
    bool keep_hash;
};

enum { MANIFEST, BIN, DAT };

static inline void make_good(struct parts *p)
{
    memset(p, 0, sizeof(*p));
    for (size_t i = 0; i < sizeof(p->firmware); i++)
        p->firmware[i] = (uint8_t)(i * 31 + (i >> 8));
    strcpy(p->manifest, "{\"manifest\": {\"application\": {\"bin_file\": \"app.bin\", "
                        "\"dat_file\": \"app.dat\"}}}");
    p->files[MANIFEST] = (struct zip_builder_file){.name = "manifest.json", .bytes = p->manifest};
    p->files[BIN] =
        (struct zip_builder_file){.name = "app.bin", .bytes = p->firmware, .size = FIRMWARE};
    p->files[DAT] = (struct zip_builder_file){.name = "app.dat", .bytes = p->dat};
    p->count = 3;
    p->init.has_fw_version = p->init.has_hw_version = p->init.has_hash = true;
    p->init.sd_req_count = 1;
    p->init.sd_req[0] = 0x100;
    p->init.app_size = FIRMWARE;
    p->init.boot_validation_count = 1;
    p->init.boot_validation[0].type = NORDFU_VALIDATION_CRC;
}

/* Packs the parts; the caller frees. */
static inline struct zip_builder pack(struct parts *p)
{
    struct zip_builder z = {0};
    if (p->files[MANIFEST].bytes == p->manifest)
        p->files[MANIFEST].size = strlen(p->manifest);
    if (!p->keep_hash)
        assert_true(crypto_sha256(p->init.hash, p->files[BIN].bytes, p->files[BIN].size));
    if (!p->keep_dat)
        assert_int_equal(init_packet_encode(&p->init, p->dat, &p->files[DAT].size, NULL), 0);
    for (size_t i = 0; i < p->count; i++)
        zip_builder_add(&z, &p->files[i]);
    zip_builder_end(&z);
    return z;
}

static inline int open_bytes(const void *bytes, size_t size, struct nordfu_error *error)
{
    struct nordfu_package *package = NULL;
    scratch_write("p.zip", bytes, size);
    int rc = nordfu_package_open(&package, "p.zip", error);
    assert_true((rc == 0) == (package != NULL));
    nordfu_package_free(&package);
    return rc;
}

#endif
