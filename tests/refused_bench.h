/*
 * SPDX-License-Identifier: MIT
 * Updates with hand-made init packets in a simulated world: through a package where nordfu's own
 * check lets it pass, else with the image handed to the update directly.
 */
#ifndef NORDFU_TESTS_REFUSED_BENCH_H
#define NORDFU_TESTS_REFUSED_BENCH_H

#include "fixture.h"
#include "init_builder.h"
#include "zip_builder.h"

#include "dfu/gatt.h"
#include "dfu/update.h"
#include "package/init_packet.h"

#define REFUSED_FIRMWARE 9000u /* bytes, unless a row says otherwise; three objects */
#define REFUSED_GOOD     6u    /* version of the good package, above every installed one */

/* What the device or the image may be unlike the ordinary ones. */
enum unlike {
    NO_SOFTDEVICE = 1,   /* the device has none */
    ANY_SIGNATURE = 2,   /* its bootloader does not check signatures of applications */
    VERSION_5 = 4,       /* it runs version 5 of its application */
    SINGLE_BANK = 8,     /* its application leaves no room for a second one */
    OTHER_FIRMWARE = 16, /* the init packet is that of other firmware of the same size */
    OLD_IS_LOST = 32,    /* expected: the application is not there any more */
};

struct refused_row {
    const char *name;
    struct recipe recipe;
    unsigned unlike;     /* enum unlike */
    uint32_t firmware;   /* bytes; 0 = REFUSED_FIRMWARE */
    const char *package; /* in the sentence of nordfu_package_open; NULL: the package is taken */
    enum nordfu_speaker speaker;
    uint32_t detail;
    const char *what, *value, *advice; /* in the sentence about the device's refusal */
};

/* An image with its init packet; the firmware is on the heap. */
struct refused_image {
    struct packet packet;
    uint8_t *firmware;
    struct nordfu_image image;
};

static inline uint32_t refused_size(const struct refused_row *row)
{
    return row->firmware != 0 ? row->firmware : REFUSED_FIRMWARE;
}

/* What the init packet says, for sentences, where nordfu's decoder does not take it. */
static inline struct nordfu_init_packet refused_view(const struct refused_row *row)
{
    const struct recipe *r = &row->recipe;
    return (struct nordfu_init_packet){
        .type = (enum nordfu_image_type)r->type,
        .is_signed = !(r->defects & UNSIGNED),
        .has_fw_version = !(r->defects & NO_FW),
        .has_hw_version = !(r->defects & NO_HW),
        .fw_version = r->fw ? r->fw : 2,
        .hw_version = r->hw ? r->hw : 52,
        .app_size = refused_size(row),
    };
}

static inline struct refused_image refused_image(const struct refused_row *row)
{
    struct refused_image made;
    uint32_t size = refused_size(row);
    uint8_t *other = test_malloc(size);
    made.firmware = test_malloc(size);
    bench_fill(made.firmware, size, 1);
    bench_fill(other, size, 2);
    made.packet =
        build_packet(&row->recipe, row->unlike & OTHER_FIRMWARE ? other : made.firmware, size);
    made.image = (struct nordfu_image){.firmware = made.firmware, .firmware_size = size};
    test_free(other);
    if (init_packet_decode(&made.image.init, made.packet.bytes, made.packet.size, "x", NULL) != 0)
        made.image.init = refused_view(row);
    return made;
}

/* Writes the zip of that image. */
static inline void refused_write(const char *path, const struct refused_row *row,
                                 const struct refused_image *made)
{
    struct zip_builder z = {0};
    char manifest[128];
    snprintf(manifest, sizeof(manifest),
             "{\"manifest\": {\"%s\": {\"bin_file\": \"a.bin\", \"dat_file\": \"a.dat\"}}}",
             row->recipe.type == NORDFU_IMAGE_BOOTLOADER ? "bootloader" : "application");
    const struct zip_builder_file files[] = {
        {.name = "manifest.json", .bytes = manifest, .size = strlen(manifest)},
        {.name = "a.bin", .bytes = made->firmware, .size = made->image.firmware_size},
        {.name = "a.dat", .bytes = made->packet.bytes, .size = made->packet.size},
    };
    for (size_t i = 0; i < 3; i++)
        zip_builder_add(&z, &files[i]);
    zip_builder_end(&z);
    fixture_write(path, z.zip.data, z.zip.size);
    zip_builder_free(&z);
}

/* The package in `path`, opened; NULL if its sentence is the one that the row expects. */
static inline struct nordfu_package *refused_open(const char *path, const struct refused_row *row)
{
    struct nordfu_package *package = NULL;
    struct nordfu_error error = {0};
    int rc = nordfu_package_open(&package, path, &error);
    if (row->package == NULL && rc != 0)
        fail_msg("%s: the package is not taken: %s", row->name, error.text);
    if (row->package != NULL && rc != NORDFU_ERR_PACKAGE)
        fail_msg("%s: the package is taken (%d)", row->name, rc);
    if (row->package != NULL && strstr(error.text, row->package) == NULL)
        fail_msg("%s: no '%s' in: %s", row->name, row->package, error.text);
    return package;
}

/* An update as nordfu_target_update makes it, but with an image that no package check has seen. */
static inline void refused_update(struct fixture *f, const struct nordfu_image *image)
{
    struct nordfu_central *central = NULL;
    struct nordfu_port *port;
    struct nordfu_central_options options = {0};
    struct nordfu_update_options full = update_defaults(&f->options);
    struct sink sink = {.event = fixture_record, .context = f};
    nordfu_target_free(&f->target); /* one port at a time */
    f->event_count = 0;
    f->notes[0] = '\0';
    f->error = (struct nordfu_error){0};
    f->result = (struct nordfu_update_result){0};
    options.uuids = gatt_uuids(&options.uuid_count);
    fixture_check(sim_port_new(&port, f->world, f->dongle, &f->error), &f->error);
    fixture_check(nordfu_central_dongle_open(&central, &port, &options, &f->error), &f->error);
    f->rc = update_run(central, &image, 1, &full, &sink, &f->result, &f->error);
    nordfu_central_free(&central);
    assert_false(sim_world_failed(f->world));
}

static inline void refused_device(struct fixture *f, const struct refused_row *row)
{
    struct sim_device_config *config = &f->device_config;
    config->check_signature = !(row->unlike & ANY_SIGNATURE);
    config->bootloader_version = 3;
    if (row->unlike & NO_SOFTDEVICE)
        config->softdevice = 0;
    if (row->unlike & VERSION_5)
        config->app_version = 5;
    if (row->unlike & SINGLE_BANK)
        config->app_size = 0xF8000 - 0x27000 - 4096;
}

/* The package that every device of a row must take afterwards, as the fixture's own. */
static inline void refused_make_good(const char *path, const struct refused_row *row)
{
    struct refused_row good = {
        .recipe = {.fw = REFUSED_GOOD, .defects = row->unlike & NO_SOFTDEVICE ? SD_REQ_ZERO : 0}};
    struct refused_image made = refused_image(&good);
    refused_write(path, &good, &made);
    test_free(made.firmware);
}

#endif
