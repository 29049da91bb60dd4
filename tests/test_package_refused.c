/* SPDX-License-Identifier: MIT
 * Packages that are sound in themselves and that every bootloader would refuse. */
#include "package_parts.h"

static void without_hardware_version(struct parts *p)
{
    p->init.has_hw_version = false;
}

static void bootloader_without_version(struct parts *p)
{
    strcpy(p->manifest, "{\"manifest\": {\"bootloader\": {\"bin_file\": \"app.bin\", "
                        "\"dat_file\": \"app.dat\"}}}");
    p->init.type = NORDFU_IMAGE_BOOTLOADER;
    p->init.app_size = 0;
    p->init.bl_size = FIRMWARE;
    p->init.is_signed = true;
    p->init.has_fw_version = false;
}

static void foreign_signature(struct parts *p)
{
    p->init.is_signed = true;
    p->init.signature_type = 1;
}

static const struct row {
    const char *name;
    void (*spoil)(struct parts *p);
    const char *sentence;
    bool debug_helps; /* a debug bootloader does not look at it if the package is marked for
                         debugging */
} rows[] = {
    {"hardware version", without_hardware_version, "names no hardware version", true},
    {"bootloader version", bootloader_without_version, "names no firmware version", true},
    {"signature type", foreign_signature, "signature of type 1", false},
};

static int try_open(const struct row *row, bool debug, struct nordfu_error *error)
{
    struct parts parts;
    make_good(&parts);
    row->spoil(&parts);
    parts.init.is_debug = debug;
    struct zip_builder z = pack(&parts);
    int rc = open_bytes(z.zip.data, z.zip.size, error);
    zip_builder_free(&z);
    return rc;
}

static void what_every_bootloader_refuses_is_refused_before_the_first_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct nordfu_error error = {0};
        if (try_open(&rows[i], false, &error) != NORDFU_ERR_PACKAGE ||
            strstr(error.text, rows[i].sentence) == NULL)
            fail_msg("%s: %s", rows[i].name, error.text);
        if (strstr(error.text, "make the package again") == NULL)
            fail_msg("no advice: %s", error.text);
    }
}

static void a_debug_package_may_lack_what_debug_bootloaders_do_not_ask_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct nordfu_error error = {0};
        int expected = rows[i].debug_helps ? 0 : NORDFU_ERR_PACKAGE;
        if (try_open(&rows[i], true, &error) != expected)
            fail_msg("%s: %s", rows[i].name, error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_every_bootloader_refuses_is_refused_before_the_first_byte),
        cmocka_unit_test(a_debug_package_may_lack_what_debug_bootloaders_do_not_ask_for),
    };
    return cmocka_run_group_tests_name("package_refused", tests, scratch_enter, scratch_leave);
}
