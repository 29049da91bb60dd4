/*
 * SPDX-License-Identifier: MIT
 * DFU packages: the zip with manifest.json, init packets and firmware that the bootloader's signer
 * made.
 */
#ifndef NORDFU_PACKAGE_H
#define NORDFU_PACKAGE_H

#include "nordfu/error.h"
#include "nordfu/image.h"

struct nordfu_package;

#define NORDFU_MAX_IMAGE_SIZE (16u * 1024u * 1024u) /* bytes; no nRF5 has as much flash */
#define NORDFU_MAX_IMAGES     4

/*
 * Reads and checks a package completely: zip structure and sizes (limits hold before anything is
 * unpacked), manifest, init packets, and that size and SHA-256 in each init packet are those of its
 * firmware. Nothing is written to disk. Firmware that a bootloader is bound to refuse after the
 * transfer (not a multiple of 4 bytes, no hash) is refused here. Signatures are not checked.
 * Errors: NORDFU_ERR_PACKAGE with one sentence per defect (speaker SYSTEM with errno when the file
 * can't be read), NORDFU_ERR_UNSUPPORTED (a package for a legacy bootloader), NORDFU_ERR_SYSTEM.
 */
int nordfu_package_open(struct nordfu_package **out, const char *path, struct nordfu_error *error);
/* Frees the package with its images and nulls the pointer; NULL and *NULL are fine. */
void nordfu_package_free(struct nordfu_package **package);

/* Images in the order of transfer: SoftDevice and bootloader first, application last. Views into
 * the package, valid until it is freed; NULL when there is none of that index. */
size_t nordfu_package_image_count(const struct nordfu_package *package);
const struct nordfu_image *nordfu_package_image(const struct nordfu_package *package, size_t index);

/*
 * Checks that every image is signed with the private half of the key in the PEM file `key_path` (a
 * public or a private key). Errors: NORDFU_ERR_PACKAGE (unsigned, another key, unusable key file),
 * NORDFU_ERR_SYSTEM.
 */
int nordfu_package_verify(const struct nordfu_package *package, const char *key_path,
                          struct nordfu_error *error);

/* What goes into a new package with one application. Strings and bytes are the caller's. */
struct nordfu_package_recipe {
    const char *firmware_path; /* .bin (or .hex once Intel HEX is there) */
    uint32_t fw_version;
    uint32_t hw_version;
    uint32_t sd_req[NORDFU_MAX_SD_REQ]; /* in any order; written in that of package.md 2.4 */
    size_t sd_req_count;                /* 1..NORDFU_MAX_SD_REQ */
    bool is_debug;
    const char *key_path; /* PEM private key, or NULL for an unsigned package */
};

/*
 * Writes a package with one application image to `path`, under a temporary name that is renamed
 * when complete. The zip is reproducible but for the signature; an existing file is replaced. The
 * firmware is padded with FF to a multiple of 4. Errors: NORDFU_ERR_PACKAGE (inputs),
 * NORDFU_ERR_USAGE, NORDFU_ERR_UNSUPPORTED (Intel HEX), NORDFU_ERR_SYSTEM.
 */
int nordfu_package_write(const char *path, const struct nordfu_package_recipe *recipe,
                         struct nordfu_error *error);

/*
 * Makes a P-256 private key and writes it as SEC1 PEM with mode 0600. An existing file is replaced
 * only with `overwrite`. Errors: NORDFU_ERR_USAGE (exists), NORDFU_ERR_SYSTEM.
 */
int nordfu_key_generate(const char *path, bool overwrite, struct nordfu_error *error);

/* Writes the public half of a key as SubjectPublicKeyInfo PEM; an existing file is replaced.
 * Errors: NORDFU_ERR_PACKAGE (the key), NORDFU_ERR_USAGE (both paths are one file),
 * NORDFU_ERR_SYSTEM. */
int nordfu_key_write_public(const char *key_path, const char *public_path,
                            struct nordfu_error *error);

#endif
