/*
 * SPDX-License-Identifier: MIT
 * Firmware files, raw or Intel HEX: what is in them, and one made of another. A file whose name
 * ends with .bin (in either case) is raw, any other is Intel HEX.
 */
#ifndef NORDFU_IMAGE_FILE_H
#define NORDFU_IMAGE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nordfu/error.h"

struct nordfu_image_file;

/* What is at an address. An image for an update is what is in FLASH. */
enum nordfu_area {
    NORDFU_AREA_MBR,   /* below 0x1000 */
    NORDFU_AREA_FLASH, /* up to 0x0FFFFFFF */
    NORDFU_AREA_FICR,  /* the page at 0x10000000 */
    NORDFU_AREA_UICR,  /* the page at 0x10001000 */
    NORDFU_AREA_RAM,   /* from 0x20000000 up to 0x3FFFFFFF */
    NORDFU_AREA_OTHER,
};

/* "MBR", "flash", "FICR", "UICR", "RAM", "other"; never NULL. */
const char *nordfu_area_name(enum nordfu_area area);

/* Whether code that runs from its beginning could be there: a stack pointer into RAM, then a reset
 * handler (Thumb code) in the file. */
enum nordfu_vectors {
    NORDFU_VECTORS_NONE, /* fewer than 8 bytes, not at a multiple of 0x100, or neither MBR nor flash
                          */
    NORDFU_VECTORS_PLAUSIBLE,
    NORDFU_VECTORS_BAD_STACK, /* not in RAM, or not a multiple of 4 */
    NORDFU_VECTORS_BAD_RESET, /* even, or not in the file */
};

/* Bytes without a hole, in one area. */
struct nordfu_image_region {
    uint32_t address; /* of a raw file without address: 0 */
    uint32_t size;    /* bytes */
    enum nordfu_area area;
    enum nordfu_vectors vectors;
    uint32_t stack, reset; /* its first two words; 0 with NORDFU_VECTORS_NONE */
};

/* What a SoftDevice tells about itself. */
struct nordfu_softdevice {
    char name[40]; /* "S140 7.2.0"; "" if it is not known */
    uint32_t
        address;   /* of the structure that tells it; of a raw file without address: the offset */
    uint32_t end;  /* where an application begins */
    uint16_t fwid; /* the number for sd_req */
};

struct nordfu_image_file_info {
    bool is_raw;
    bool has_address; /* always of Intel HEX; of a raw file, if it was given */
    size_t size;      /* bytes with contents, in all areas */
    size_t region_count;
    bool has_start; /* a start address (record 03 or 05) */
    uint32_t start;
    bool has_softdevice;
    struct nordfu_softdevice softdevice;
    bool has_bootloader; /* UICR holds the address of a bootloader */
    uint32_t bootloader;
    bool has_mbr_parameters; /* UICR holds the address of the MBR's parameters */
    uint32_t mbr_parameters;
    bool has_image;         /* something for an update is in it, and not too large */
    uint32_t image_address; /* of its first byte */
    size_t image_size;      /* as in a package: padded to a multiple of 4 */
    size_t image_gaps;      /* bytes of it that are in no region and become FF */
};

/*
 * Reads the file. `address` is where a raw one belongs (NULL = not known); it must be NULL with
 * Intel HEX. Errors: NORDFU_ERR_PACKAGE (missing, unreadable, too large, empty; a line of Intel HEX
 * is defective), NORDFU_ERR_USAGE (address), NORDFU_ERR_SYSTEM (memory).
 */
int nordfu_image_file_open(struct nordfu_image_file **out, const char *path,
                           const uint32_t *address, struct nordfu_error *error);
/* Frees and nulls; NULL and *NULL are fine. */
void nordfu_image_file_free(struct nordfu_image_file **file);

/* Views, valid until the file is freed. Regions are sorted by address; NULL when there is none of
 * that index. */
const struct nordfu_image_file_info *nordfu_image_file_info(const struct nordfu_image_file *file);
const struct nordfu_image_region *nordfu_image_file_region(const struct nordfu_image_file *file,
                                                           size_t index);

/* The name and version of the SoftDevice with this FWID ("S140 7.2.0"), or NULL. */
const char *nordfu_softdevice_name(uint32_t fwid);

#define NORDFU_MAX_MULTIPLE 65536u

/* What of a file is kept. */
enum nordfu_parts {
    NORDFU_PARTS_USUAL, /* IMAGE in a raw file, ALL in Intel HEX */
    NORDFU_PARTS_IMAGE, /* what an update would transfer: neither MBR nor FICR, UICR, RAM */
    NORDFU_PARTS_ALL,
};

struct nordfu_conversion {
    bool has_address; /* where a raw input belongs; needed to make Intel HEX of it */
    uint32_t address;
    bool has_fill; /* holes are filled; in a raw output they are in any case, with FF by default */
    uint8_t fill;
    uint32_t multiple;       /* the end is filled up to a multiple of so many bytes, at most
                                NORDFU_MAX_MULTIPLE; 0 or 1: it is not */
    enum nordfu_parts parts; /* of Intel HEX; a raw input is kept whole */
};

struct nordfu_converted {
    bool has_address; /* false only of a raw input whose address was not given */
    uint32_t address; /* of the first byte */
    size_t size;      /* bytes written, holes that are none any more and padding included */
    size_t left_out;  /* bytes of the input that are not in the output */
};

/*
 * Makes the file `out` of the file `in`, both raw or Intel HEX by their names, under a temporary
 * name that is renamed when complete; an existing file is replaced. `done` may be NULL. Errors:
 * NORDFU_ERR_PACKAGE (as above; nothing to keep; more than NORDFU_MAX_IMAGE_SIZE bytes from the
 * first to the last address that would have to be filled), NORDFU_ERR_USAGE (both are one file; an
 * address that is missing or makes no sense; multiple), NORDFU_ERR_SYSTEM.
 */
int nordfu_image_file_convert(const char *in, const char *out, const struct nordfu_conversion *how,
                              struct nordfu_converted *done, struct nordfu_error *error);

#endif
