/*
 * SPDX-License-Identifier: MIT
 * What the parts of the simulated bootloader share: bootloader.c (life, requests' dispatch),
 * bootloader_object.c (requests), bootloader_data.c (data packets), bootloader_store.c (settings
 * pages), bootloader_bank.c (where images go), bootloader_activate.c (putting them into their
 * place).
 */
#ifndef NORDFU_SIM_BOOTLOADER_INTERNAL_H
#define NORDFU_SIM_BOOTLOADER_INTERNAL_H

#include "base/bytes.h"
#include "sim/bootloader.h"
#include "sim/init_check.h"
#include "sim/sd_info.h"
#include "sim/settings.h"

/* Object types. */
enum object {
    OBJECT_INVALID = 0,
    OBJECT_COMMAND = 1,
    OBJECT_DATA = 2,
};

enum op {
    OP_PROTOCOL_VERSION = 0x00,
    OP_CREATE = 0x01,
    OP_SET_PRN = 0x02,
    OP_CRC = 0x03,
    OP_EXECUTE = 0x04,
    OP_SELECT = 0x06,
    OP_HARDWARE_VERSION = 0x0A,
    OP_FIRMWARE_VERSION = 0x0B,
    OP_ABORT = 0x0C,
};

#define BOOTLOADER_CHUNK 256 /* most bytes gathered for one write */

/* A settings page as it will be when everything queued is done. */
struct store_page {
    uint32_t address;
    uint8_t bytes[SETTINGS_PAGE_SIZE];
};

struct bootloader {
    struct sim_world *world;
    struct flash *flash;
    struct sim_profile own; /* the profile, with what this device has otherwise */
    const struct sim_profile *profile;
    struct bootloader_config config;
    struct bootloader_ops ops;
    void *context;
    char label[32];
    struct bootloader_stats stats;
    const struct bootloader_watch *watch; /* NULL = nobody */
    void *watch_context;
    struct store_page store[2]; /* settings, backup */
    struct sd_info softdevice;  /* the installed one; fwid 0 = none */
    /* For observers. */
    uint32_t installed_version;                /* of the application that runs or would run */
    uint32_t received_version;                 /* of the image that was received last */
    uint32_t softdevice_size, bootloader_size; /* bytes */

    /* What a reset forgets. */
    bool running, activating;
    struct settings settings;
    struct init_packet packet; /* views into settings.init */
    bool init_valid;
    uint32_t image_address, image_size;
    uint32_t write_offset; /* in the image, of the chunk's first byte */
    uint8_t chunk[BOOTLOADER_CHUNK];
    uint32_t chunk_size;
    uint8_t object; /* what requests without a type mean */
    uint16_t prn, prn_left;
    uint32_t buffers;  /* writes of data waiting for the flash */
    uint32_t lost;     /* of the current object */
    uint32_t owed;     /* data executes to be answered when the flash is idle */
    uint32_t moved;    /* bytes of a new bootloader the MBR has moved */
    bool continues;    /* DFU mode when the flash is idle: one more image may come */
    bool relinked;     /* since the last object was executed */
    bool at_once;      /* the reset doesn't wait for the link's end */
    bool reset_due;    /* when the flash is idle */
    uint32_t patience; /* us, what `inactivity` waits */
    sim_timer inactivity, reset;
};

/* Logs "bootloader.<what>", the device first. At least one argument after the format. */
#define NOTE(b, what, format, ...)                                                                 \
    sim_log((b)->world, "bootloader." what, "device=%s " format, (b)->label, __VA_ARGS__)

/* bootloader.c */
/* Every flash operation's `done`, data packets apart; context is the bootloader. */
void bootloader_flash_done(void *bootloader);
/* Does what waits for the flash, if that is idle now. */
void bootloader_poll(struct bootloader *bootloader);
/* (Re)starts the inactivity timeout. */
void bootloader_stay_active(struct bootloader *bootloader);
/* Activation is over and the application valid: DFU mode for the continuation timeout. */
void bootloader_continue(struct bootloader *bootloader);
/* Every answer and receipt. */
void bootloader_reply(struct bootloader *bootloader, const uint8_t *bytes, size_t size);
void bootloader_answer(struct bootloader *bootloader, enum op op, struct init_verdict verdict);
void bootloader_answer_result(struct bootloader *bootloader, enum op op, enum dfu_result result);

/* bootloader_object.c */
void object_create(struct bootloader *bootloader, struct bytes_reader *request);
void object_select(struct bootloader *bootloader, struct bytes_reader *request);
void object_crc(struct bootloader *bootloader, struct bytes_reader *request);
void object_execute(struct bootloader *bootloader, struct bytes_reader *request);
/* Sends offset and CRC of the current object, in answer to a request or as a receipt. */
void object_report(struct bootloader *bootloader);
/* Decodes the stored init packet after a start and takes it as valid again. */
void object_restore(struct bootloader *bootloader);
/* Answers the data executes that waited for the flash. */
void object_flushed(struct bootloader *bootloader);

/* bootloader_store.c */
/* Builds factory settings into flash, outside of time, unless there are valid ones. */
void store_prepare(struct bootloader *bootloader);
/* Reads the settings and queues the repair of a page that a power cut spoiled. */
void store_load(struct bootloader *bootloader);
/* Queues writing both pages, if they differ. False if the queue has no room for it. */
bool store_save(struct bootloader *bootloader);
/* Sets both pages at once, outside of time. */
void store_force(struct bootloader *bootloader);

/* Tells whether the queue takes so many operations more. */
bool store_has_room(const struct bootloader *bootloader, uint32_t operations);

/* bootloader_data.c */
/* Begins an object: nothing is gathered. */
void data_begin(struct bootloader *bootloader);

/* bootloader_bank.c */
/* Where the application begins: behind the SoftDevice. */
uint32_t bank_application_address(const struct bootloader *bootloader);
/* Where an image is received, or was. */
uint32_t bank_waiting_address(const struct bootloader *bootloader);
/* Chooses where the packet's image is received; may give up the installed application. False if it
 * does not fit. */
bool bank_place(struct bootloader *bootloader, uint32_t *address);
/* The image is complete: checks it and notes in the settings what is to be activated. */
struct init_verdict bank_accept(struct bootloader *bootloader);
/* Notes where the image waits, in what is to be saved. */
void bank_note_waiting(struct bootloader *bootloader);
/* The application would be started: there is one, and it passes its boot validation, whichever that
 * is. */
bool bank_application_valid(const struct bootloader *bootloader);
/* The bytes in bank 0's place are those of the bank given: the CRC fits. */
bool bank_is_whole(const struct bootloader *bootloader, const struct settings_bank *bank);
/* Boot validation data for an image: false if `type` is unknown or a signature does not fit. */
bool bank_validation(const struct bootloader *bootloader, struct settings_validation *validation,
                     const uint8_t *image, uint32_t size);
/* Writes a SoftDevice and a bootloader as a factory does, outside of time. */
void bank_fill(struct bootloader *bootloader);
/* Takes over what the SoftDevice in flash says of itself; one that says nothing goes for the one
 * before. */
void bank_read_softdevice(struct bootloader *bootloader);

/* bootloader_activate.c */
/* An image waits for being put into its place. */
bool activate_due(const struct bootloader *bootloader);
/* The next step of that, the flash being idle. */
void activate_step(struct bootloader *bootloader);

#endif
