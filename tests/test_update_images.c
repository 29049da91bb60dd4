/* SPDX-License-Identifier: MIT
 * Packages of several images: what restarts into the bootloader goes first, and the device is found
 * again while its application still waits. */
#include "test.h"

#include "fixture.h"
#include "init_builder.h"
#include "sim/sd_info.h"
#include "zip_builder.h"

enum {
    SD_SIZE = 0x25400,
    BL_SIZE = 0x5AC4,
    APP_SIZE = 14000,
    NEW_FWID = 0x100,
};

static struct fixture_files files;
static uint8_t system_bytes[SD_SIZE + BL_SIZE], app_bytes[APP_SIZE];

/* The next minor version of the SoftDevice that is there. */
static const struct sd_info next_softdevice = {0x27000, NEW_FWID, 140, 7002000};

static const struct recipe both = {.type = 3, .fw = 4, .sd_size = SD_SIZE, .size = BL_SIZE};
static const struct recipe softdevice = {.type = 1, .sd_size = SD_SIZE, .defects = NO_SIZE};
static const struct recipe loader = {.type = 2, .fw = 4};
static const struct recipe app_behind = {.type = 0, .fw = 7, .sd_req = NEW_FWID};
static const struct recipe app_beside = {.type = 0, .fw = 7};
static const struct recipe external = {.type = 4, .fw = 7};

struct part {
    const char *key; /* in the manifest */
    const struct recipe *recipe;
    const uint8_t *bytes;
    size_t size;
};

static const struct part both_part = {"softdevice_bootloader", &both, system_bytes,
                                      sizeof(system_bytes)};
static const struct part softdevice_part = {"softdevice", &softdevice, system_bytes, SD_SIZE};
static const struct part loader_part = {"bootloader", &loader, system_bytes + SD_SIZE, BL_SIZE};
static const struct part app_behind_part = {"application", &app_behind, app_bytes, APP_SIZE};
static const struct part app_beside_part = {"application", &app_beside, app_bytes, APP_SIZE};
static const struct part external_part = {"application", &external, app_bytes, APP_SIZE};

static void add_part(struct zip_builder *z, const struct part *part, size_t index, char *manifest,
                     size_t room)
{
    static const char *const names[][2] = {{"a.bin", "a.dat"}, {"b.bin", "b.dat"}};
    struct packet packet = build_packet(part->recipe, part->bytes, part->size);
    const struct zip_builder_file bin = {
        .name = names[index][0], .bytes = part->bytes, .size = part->size};
    const struct zip_builder_file dat = {
        .name = names[index][1], .bytes = packet.bytes, .size = packet.size};
    size_t used = strlen(manifest);
    snprintf(manifest + used, room - used,
             "%s\"%s\": {\"bin_file\": \"%s\", \"dat_file\": \"%s\"%s}", index > 0 ? ", " : "",
             part->key, bin.name, dat.name,
             part->recipe->type == 3
                 ? ", \"info_read_only_metadata\": {\"bl_size\": 23236, \"sd_size\": 152576}"
                 : "");
    zip_builder_add(z, &bin);
    zip_builder_add(z, &dat);
}

/* A package of these parts, the application first in the manifest. */
static void make_package(const struct part *first, const struct part *second)
{
    struct zip_builder z = {0};
    char manifest[600] = "{\"manifest\": {";
    add_part(&z, first, 0, manifest, sizeof(manifest));
    if (second != NULL)
        add_part(&z, second, 1, manifest, sizeof(manifest));
    size_t used = strlen(manifest);
    snprintf(manifest + used, sizeof(manifest) - used, "}}");
    zip_builder_add(&z, &(struct zip_builder_file){
                            .name = "manifest.json", .bytes = manifest, .size = strlen(manifest)});
    zip_builder_end(&z);
    fixture_write(files.package, z.zip.data, z.zip.size);
    zip_builder_free(&z);
}

static void start(struct fixture *f, const struct part *first, const struct part *second)
{
    make_package(first, second);
    fixture_init(f, &files);
    memcpy(f->device_config.public_key, bench_public, sizeof(bench_public));
    f->device_config.bootloader_version = 3;
}

static void run(struct fixture *f)
{
    fixture_build(f);
    fixture_update(f);
}

static size_t count_events(const struct fixture *f, enum nordfu_event_type type)
{
    size_t count = 0;
    for (size_t i = 0; i < f->event_count; i++)
        count += f->events[i].type == type;
    return count;
}

static void assert_part(const struct fixture *f, enum bootloader_part part, const uint8_t *bytes,
                        size_t size)
{
    const uint8_t *there = NULL;
    uint32_t held = 0;
    assert_true(sim_device_flash(f->device, part, &there, &held));
    assert_in_range(held, size, size + 0x1000);
    assert_memory_equal(there, bytes, size);
}

static void assert_done(struct fixture *f)
{
    if (f->rc != 0)
        fail_msg("%s: %s\n%s", nordfu_class_name(f->rc), f->error.text, f->notes);
    assert_true(sim_settle(f->world, &f->device, 1, 60 * NORDFU_SECOND));
}

static void assert_application(struct fixture *f)
{
    struct bootloader_image installed;
    sim_device_installed(f->device, &installed);
    assert_true(installed.valid);
    assert_int_equal(installed.version, 7);
    assert_int_equal(installed.size, APP_SIZE);
    assert_memory_equal(sim_device_image_bytes(f->device), app_bytes, APP_SIZE);
    assert_int_equal(sim_device_mode(f->device), SIM_MODE_APPLICATION);
}

static void assert_system(struct fixture *f, uint32_t fwid)
{
    struct bootloader_versions versions;
    sim_device_versions(f->device, &versions);
    assert_int_equal(versions.softdevice, fwid);
    if (fwid == NEW_FWID)
        assert_part(f, BOOTLOADER_SOFTDEVICE, system_bytes, SD_SIZE);
}

static void softdevice_bootloader_and_application_are_updated_in_one_go(void **state)
{
    (void)state;
    static const enum sim_device_mode modes[] = {SIM_MODE_APPLICATION, SIM_MODE_BOOTLOADER};
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        start(&f, &app_behind_part, &both_part);
        f.device_config.mode = modes[i];
        run(&f);
        assert_done(&f);
        assert_system(&f, NEW_FWID);
        assert_part(&f, BOOTLOADER_BOOTLOADER, system_bytes + SD_SIZE, BL_SIZE);
        assert_application(&f);
        assert_int_equal(f.result.bytes, SD_SIZE + BL_SIZE + APP_SIZE);
        assert_int_equal(f.result.reconnects, 0);
        assert_int_equal(count_events(&f, NORDFU_EVENT_JUMPING), modes[i] == SIM_MODE_APPLICATION);
        assert_int_equal(count_events(&f, NORDFU_EVENT_IMAGE), 2);
        fixture_free(&f);
    }
}

static void a_bootloader_and_an_application_are_updated_in_one_go(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, &app_beside_part, &loader_part);
    run(&f);
    assert_done(&f);
    assert_part(&f, BOOTLOADER_BOOTLOADER, system_bytes + SD_SIZE, BL_SIZE);
    assert_application(&f);
    fixture_free(&f);
}

static void a_softdevice_and_an_application_are_updated_in_one_go(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, &app_behind_part, &softdevice_part);
    run(&f);
    assert_done(&f);
    assert_system(&f, NEW_FWID);
    assert_application(&f);
    fixture_free(&f);
}

/* The wait before connecting outlasts the bootloader's patience. */
static void an_application_that_started_meanwhile_is_sent_back(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, &app_behind_part, &both_part);
    f.options.connect_delay_ms = 15000;
    run(&f);
    assert_done(&f);
    assert_system(&f, NEW_FWID);
    assert_application(&f);
    assert_int_equal(count_events(&f, NORDFU_EVENT_JUMPING), 2);
    fixture_free(&f);
}

static void a_bonded_device_takes_several_images(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, &app_behind_part, &both_part);
    f.device_config.buttonless = SIM_BUTTONLESS_BONDED;
    run(&f);
    assert_done(&f);
    assert_system(&f, NEW_FWID);
    assert_application(&f);
    fixture_free(&f);
}

static void an_external_application_is_delivered(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, &external_part, NULL);
    f.device_config.external_app = true;
    run(&f);
    assert_done(&f);
    assert_part(&f, BOOTLOADER_EXTERNAL, app_bytes, APP_SIZE);
    fixture_free(&f);
}

static void cut(void *context)
{
    sim_device_cut_link(context, 300 * NORDFU_MS);
}

static void links_lost_in_any_image_are_mended(void **state)
{
    (void)state;
    static const uint32_t places[] = {3000, 60000, SD_SIZE + BL_SIZE - 2000,
                                      SD_SIZE + BL_SIZE + 500, SD_SIZE + BL_SIZE + 9000};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct fixture f;
        start(&f, &app_behind_part, &both_part);
        fixture_build(&f);
        sim_device_on_bytes(f.device, places[i], cut, f.device);
        fixture_update(&f);
        assert_done(&f);
        assert_system(&f, NEW_FWID);
        assert_application(&f);
        assert_int_equal(f.result.reconnects, 1);
        fixture_free(&f);
    }
}

static void cut_for_long(void *context)
{
    sim_device_cut_link(context, 80 * NORDFU_SECOND);
}

/* The new bootloader refuses to be replaced by itself. */
static void a_package_that_came_in_part_is_gone_on_with_by_another_process(void **state)
{
    (void)state;
    for (int rehearsed = 0; rehearsed < 2; rehearsed++) {
        struct fixture f;
        start(&f, &app_behind_part, &both_part);
        fixture_build(&f);
        sim_device_on_bytes(f.device, SD_SIZE + BL_SIZE + 9000, cut_for_long, f.device);
        fixture_update(&f);
        assert_int_equal(f.rc, NORDFU_ERR_LINK);
        sim_run_until(f.world, sim_now(f.world) + 25 * NORDFU_SECOND);
        fixture_target(&f);
        f.options.dry_run = rehearsed != 0;
        fixture_update(&f);
        if (rehearsed) {
            assert_int_equal(f.rc, 0);
        } else {
            assert_done(&f);
            assert_system(&f, NEW_FWID);
            assert_application(&f);
            assert_non_null(strstr(f.notes, "goes on with the next part"));
            assert_null(strstr(f.notes, "ready for the right package"));
        }
        fixture_free(&f);
    }
}

/* Neither part fits: the first one says why. */
static void a_package_for_another_softdevice_is_refused_by_its_first_part(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, &app_behind_part, &both_part);
    f.device_config.softdevice = 0xB6;
    run(&f);
    assert_int_equal(f.rc, NORDFU_ERR_REFUSED);
    assert_int_equal(f.error.detail, 0x07);
    if (strstr(f.error.text, "requirement 0xCA)") == NULL)
        fail_msg("%s", f.error.text);
    fixture_free(&f);
}

/* That the application is refused is no reason to go on. */
static void an_old_application_behind_a_present_bootloader_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, &app_beside_part, &loader_part);
    f.device_config.bootloader_version = 4;
    f.device_config.app_version = 9;
    run(&f);
    assert_int_equal(f.rc, NORDFU_ERR_REFUSED);
    assert_int_equal(f.error.detail, 0x05);
    assert_non_null(strstr(f.notes, "goes on with the next part"));
    fixture_free(&f);
}

static void a_rehearsal_lists_the_images_in_their_order(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, &app_behind_part, &both_part);
    f.options.dry_run = true;
    run(&f);
    assert_int_equal(f.rc, 0);
    const struct nordfu_event *plan = fixture_event(&f, NORDFU_EVENT_PLAN);
    assert_non_null(strstr(plan->text, "Image 1 of 2: SoftDevice and bootloader"));
    assert_non_null(strstr(plan[1].text, "Image 2 of 2: application, 14000 bytes, version 7"));
    fixture_free(&f);
}

static int set_up(void **state)
{
    (void)state;
    files_new(&files, 4096);
    bench_fill(system_bytes, sizeof(system_bytes), 9);
    bench_fill(app_bytes, sizeof(app_bytes), 5);
    sd_info_write(&next_softdevice, system_bytes + SD_INFO_AT);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    files_free(&files);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softdevice_bootloader_and_application_are_updated_in_one_go),
        cmocka_unit_test(a_bootloader_and_an_application_are_updated_in_one_go),
        cmocka_unit_test(a_softdevice_and_an_application_are_updated_in_one_go),
        cmocka_unit_test(an_application_that_started_meanwhile_is_sent_back),
        cmocka_unit_test(a_bonded_device_takes_several_images),
        cmocka_unit_test(an_external_application_is_delivered),
        cmocka_unit_test(links_lost_in_any_image_are_mended),
        cmocka_unit_test(a_package_that_came_in_part_is_gone_on_with_by_another_process),
        cmocka_unit_test(a_package_for_another_softdevice_is_refused_by_its_first_part),
        cmocka_unit_test(an_old_application_behind_a_present_bootloader_is_refused),
        cmocka_unit_test(a_rehearsal_lists_the_images_in_their_order),
    };
    return cmocka_run_group_tests_name("update_images", tests, set_up, tear_down);
}
