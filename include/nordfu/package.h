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
/*
 * Reads what a package says about its images, and not the images: manifest and init packets, which
 * are decoded and must announce a size. There may be no image at all. For looking at packages that
 * nordfu_package_open refuses, too; they can't be sent. Errors as above.
 */
int nordfu_package_peek(struct nordfu_package **out, const char *path, struct nordfu_error *error);
/* Frees the package with its images and nulls the pointer; NULL and *NULL are fine. */
void nordfu_package_free(struct nordfu_package **package);

/* Images in the order of transfer: SoftDevice and bootloader first, application last. Views into
 * the package, valid until it is freed; NULL when there is none of that index. A package that was
 * peeked into has init packets, but no firmware (NULL, 0 bytes). */
size_t nordfu_package_image_count(const struct nordfu_package *package);
const struct nordfu_image *nordfu_package_image(const struct nordfu_package *package, size_t index);

/* What an image is called in a package. Views as above. */
struct nordfu_image_names {
    const char *member;   /* of the manifest: "softdevice_bootloader" ... "application" */
    const char *firmware; /* file names in the zip */
    const char *init_packet;
};
/* False, and nothing written, when there is none of that index. */
bool nordfu_package_names(const struct nordfu_package *package, size_t index,
                          struct nordfu_image_names *names);

/*
 * Checks that every image is signed with the private half of the key in the PEM file `key_path` (a
 * public or a private key). Errors: NORDFU_ERR_PACKAGE (unsigned, another key, unusable key file),
 * NORDFU_ERR_SYSTEM.
 */
int nordfu_package_verify(const struct nordfu_package *package, const char *key_path,
                          struct nordfu_error *error);

/* What can be wrong with a package. */
enum nordfu_finding_code {
    NORDFU_FINDING_ARCHIVE,      /* no usable zip: damaged, two files of one name, a name that leads
                                    out of the folder, ...; nothing else is looked at */
    NORDFU_FINDING_MANIFEST,     /* missing or not readable; nothing else is looked at */
    NORDFU_FINDING_NO_IMAGE,     /* the manifest names none */
    NORDFU_FINDING_DUPLICATE,    /* two images for the same place of the device */
    NORDFU_FINDING_SHARED_FILE,  /* the manifest names a file for two purposes */
    NORDFU_FINDING_MISSING_FILE, /* the manifest names a file that the zip does not hold */
    NORDFU_FINDING_DAMAGED_FILE, /* it can't be unpacked */
    NORDFU_FINDING_SURPLUS_FILE, /* a file that the manifest does not name */
    NORDFU_FINDING_INIT_PACKET,  /* not decodable, or without something that devices ask for */
    NORDFU_FINDING_KIND,         /* manifest and init packet disagree what the image is */
    NORDFU_FINDING_METADATA,     /* manifest and init packet disagree about sizes */
    NORDFU_FINDING_SIZE,         /* the firmware has another size than announced, or none */
    NORDFU_FINDING_LENGTH,       /* its size is no multiple of 4 */
    NORDFU_FINDING_HASH,         /* another SHA-256 than promised, or none is promised */
    NORDFU_FINDING_UNSIGNED,     /* no signature, although there is a key to check it with */
    NORDFU_FINDING_SIGNATURE,    /* another key's, or of something else */
    /* Of nordfu_package_lint only: */
    NORDFU_FINDING_PUBLISHED_KEY, /* signed with a key that everybody has */
    NORDFU_FINDING_DEBUG,         /* for debug bootloaders, which then check no versions */
    NORDFU_FINDING_NOT_NEWER,     /* a version that is not higher than the other package's */
    NORDFU_FINDING_PLACE,         /* an application that starts elsewhere than behind the SoftDevice
                                     in the package */
    NORDFU_FINDINGS,
};

/* A word for a code, for machines ("hash", "missing-file", ...); "unknown" for other values. */
const char *nordfu_finding_name(enum nordfu_finding_code code);

struct nordfu_finding {
    enum nordfu_finding_code code;
    const char *member; /* of the manifest whose image it is about; NULL = the whole package */
    const char *text;   /* one sentence without control characters: what is wrong, what to do */
};

/* Told of each finding; everything in it is valid during the call only. */
typedef void (*nordfu_finding_fn)(void *context, const struct nordfu_finding *finding);

/*
 * Looks for everything that is wrong with the package at `path`, not only for the first defect as
 * nordfu_package_open does, and for more: files without a purpose, the manifest against the init
 * packets, and with a `key_path` (PEM, public or private; NULL = signatures are not looked at) the
 * signature of each image. Returns the number of findings; `report` was called with each. Errors,
 * when the package could not be looked at: NORDFU_ERR_PACKAGE (no readable file at `path`, speaker
 * SYSTEM; an unusable key), NORDFU_ERR_UNSUPPORTED (a package for a legacy bootloader),
 * NORDFU_ERR_SYSTEM. package.md 1, 2.
 */
int nordfu_package_verify_file(const char *path, const char *key_path, nordfu_finding_fn report,
                               void *context, struct nordfu_error *error);

/*
 * Looks for what is wrong as nordfu_package_verify_file does without a key, and for what should not
 * be shipped: images without a signature or signed with the published key, debug mode, versions not
 * higher than those in the package `older` (NULL = not compared), an application that was linked
 * for another SoftDevice than that of the package. Returns the number of findings. Errors as there;
 * `older` must be readable, too.
 */
int nordfu_package_lint(const char *path, const char *older, nordfu_finding_fn report,
                        void *context, struct nordfu_error *error);

/* Told of each file that was unpacked: its name in the package, where it is now, its bytes. */
typedef void (*nordfu_extracted_fn)(void *context, const char *name, const char *path, size_t size);

/*
 * Unpacks all files of the package at `path` into `folder`, which is made if its parent exists;
 * folders in the zip become folders. Nothing is written before everything could be read and every
 * place is free; then each file gets its name when it is complete. Without `overwrite` existing
 * files are kept, and nothing is written then. No name leads out of the folder: neither by itself
 * nor by a link that is there. Returns the number of files; `report` (may be NULL) was called with
 * each. Errors: NORDFU_ERR_PACKAGE (no usable zip, or names in it), NORDFU_ERR_USAGE (something is
 * in the way), NORDFU_ERR_SYSTEM.
 */
int nordfu_package_extract(const char *path, const char *folder, bool overwrite,
                           nordfu_extracted_fn report, void *context, struct nordfu_error *error);

/* Firmware that goes into a package. Strings and bytes are the caller's. */
struct nordfu_firmware {
    /* The file, NULL = no such image. Its last component names the image in the package
     * (package.md 1.3), and its end tells the format: .bin (in either case) is a raw image,
     * everything else is Intel HEX, of which the part for the flash is taken (package.md 3.3). */
    const char *path;
    const void *bytes; /* the file's contents; NULL = they are read from `path` */
    size_t size;       /* of `bytes` */
};

/*
 * What goes into a new package: a bootloader, a SoftDevice, an application, a SoftDevice with one
 * or both of the others. SoftDevice and bootloader become one image. Zero-initialise; the defaults
 * are those of all members that are zero.
 */
struct nordfu_package_recipe {
    struct nordfu_firmware application, bootloader, softdevice;
    uint32_t application_version;
    uint32_t bootloader_version;
    uint32_t hw_version;
    /* SoftDevices (FWID) that the device may run before the update; in any order, written in that
     * of package.md 2.4. Needed, but for external applications and with is_debug (then: any). */
    uint32_t sd_req[NORDFU_MAX_SD_REQ];
    size_t sd_req_count;
    /* SoftDevices that the application runs on: that of the package, if there is one. Needed with
     * application and SoftDevice. An application asks for these instead of sd_req; all other images
     * accept them, too, so that an update can be repeated after its first half. */
    uint32_t sd_id[NORDFU_MAX_SD_REQ];
    size_t sd_id_count;
    bool is_debug;
    bool is_external; /* the application is for another chip; excludes all other images */
    /* How the bootloader checks application and SoftDevice at every start; a CRC without has_.
     * NORDFU_VALIDATION_ECDSA needs a key. */
    bool has_app_validation, has_sd_validation;
    enum nordfu_validation app_validation, sd_validation;
    const char *key_path;       /* PEM private key, or NULL for an unsigned package */
    const char *key_passphrase; /* if the key is encrypted, else NULL */
};

/*
 * Writes a package to `path`, under a temporary name that is renamed when complete. Equal recipes
 * give equal bytes, dated SOURCE_DATE_EPOCH (UTC) or 1980-01-01; signatures are the exception where
 * the cryptographic library can't make them deterministic (OpenSSL before 3.2). An existing file is
 * replaced. Images are padded with FF to a multiple of 4. Errors: NORDFU_ERR_USAGE (the recipe),
 * NORDFU_ERR_PACKAGE (firmware or key), NORDFU_ERR_SYSTEM. package.md 1 to 3.
 */
int nordfu_package_write(const char *path, const struct nordfu_package_recipe *recipe,
                         struct nordfu_error *error);

/*
 * Makes a P-256 private key and writes it as SEC1 PEM with mode 0600. An existing file is replaced
 * only with `overwrite`. Errors: NORDFU_ERR_USAGE (exists), NORDFU_ERR_SYSTEM.
 */
int nordfu_key_generate(const char *path, bool overwrite, struct nordfu_error *error);

/*
 * Tells whether a key (public or private, PEM) is one whose private half everybody has, because it
 * was published for development. `passphrase`: that of an encrypted key, or NULL. Errors:
 * NORDFU_ERR_PACKAGE (the key), NORDFU_ERR_SYSTEM.
 */
int nordfu_key_is_published(const char *path, const char *passphrase, bool *published,
                            struct nordfu_error *error);

/* Tells whether a private key must be decrypted with a passphrase. Errors as above: file trouble
 * only, not what is no key. */
int nordfu_key_is_encrypted(const char *path, bool *encrypted, struct nordfu_error *error);

/* Writes the public half of a key as SubjectPublicKeyInfo PEM; an existing file is replaced.
 * Errors: NORDFU_ERR_PACKAGE (the key), NORDFU_ERR_USAGE (both paths are one file),
 * NORDFU_ERR_SYSTEM. */
int nordfu_key_write_public(const char *key_path, const char *public_path,
                            struct nordfu_error *error);

/* How a key is shown. package.md 4.3. */
enum nordfu_key_format {
    NORDFU_KEY_HEX,        /* as in a bootloader's memory: little endian, X before Y */
    NORDFU_KEY_CODE,       /* C for a bootloader; of public keys only, as is the next */
    NORDFU_KEY_PEM,        /* SubjectPublicKeyInfo or SEC1 */
    NORDFU_KEY_DEBUG_CODE, /* C that only a debug bootloader can be compiled with */
};

struct nordfu_key_view {
    bool is_private;
    enum nordfu_key_format format;
    const char *tool; /* who says in the code that it made it; NULL = "nordfu" */
};

#define NORDFU_KEY_TEXT_MAX 2048 /* room for any view with its terminating zero */

/*
 * Shows a private key (`passphrase` as above) or its public half. Code bears the time (local, or
 * SOURCE_DATE_EPOCH in UTC). The caller wipes a private key's `text`; it is empty after an error.
 * Errors: NORDFU_ERR_PACKAGE (the key), NORDFU_ERR_USAGE (code of a private key),
 * NORDFU_ERR_SYSTEM.
 */
int nordfu_key_text(char text[NORDFU_KEY_TEXT_MAX], const char *key_path, const char *passphrase,
                    const struct nordfu_key_view *view, struct nordfu_error *error);

/* Writes that text to a file, with mode 0600 if it is private; an existing one is replaced. Errors
 * as above, and NORDFU_ERR_USAGE (both paths are one file). */
int nordfu_key_write(const char *path, const char *key_path, const char *passphrase,
                     const struct nordfu_key_view *view, struct nordfu_error *error);

#endif
