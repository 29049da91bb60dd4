/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "package/names.h"
#include "package/recipe.h"

static struct nordfu_package_recipe whole(void)
{
    return (struct nordfu_package_recipe){
        .application = {.path = "a.bin"},
        .bootloader = {.path = "b.bin"},
        .softdevice = {.path = "s.bin"},
        .application_version = 1,
        .bootloader_version = 2,
        .hw_version = 52,
        .sd_req = {0xB6, 0x100},
        .sd_req_count = 2,
        .sd_id = {0x123, 0x100},
        .sd_id_count = 2,
    };
}

static void assert_refused(const struct nordfu_package_recipe *recipe, const char *fragment)
{
    struct nordfu_error error = {0};
    int rc = recipe_check(recipe, "out.zip", &error);
    if (rc != NORDFU_ERR_USAGE || strstr(error.text, fragment) == NULL)
        fail_msg("%d '%s' is not in: %s", rc, fragment, error.text);
}

static void every_possible_combination_is_accepted(void **state)
{
    (void)state;
    for (unsigned images = 0; images < 8; images++) {
        struct nordfu_package_recipe r = whole();
        r.application.path = images & 1 ? "a.bin" : NULL;
        r.bootloader.path = images & 2 ? "b.bin" : NULL;
        r.softdevice.path = images & 4 ? "s.bin" : NULL;
        if (images == 0)
            assert_refused(&r, "needs an image");
        else if (images == 3)
            assert_refused(&r, "make two packages");
        else
            assert_int_equal(recipe_check(&r, "out.zip", NULL), 0);
        r.is_external = true;
        if (images == 1)
            assert_int_equal(recipe_check(&r, "out.zip", NULL), 0);
        else
            assert_int_equal(recipe_check(&r, "out.zip", NULL), NORDFU_ERR_USAGE);
    }
}

static void softdevices_must_be_named(void **state)
{
    (void)state;
    struct nordfu_package_recipe r = whole();
    r.sd_id_count = 0;
    assert_refused(&r, "needs that SoftDevice's ID");
    r.sd_id_count = NORDFU_MAX_SD_REQ + 1;
    assert_refused(&r, "At most 16 IDs");
    r = whole();
    r.sd_req_count = 0;
    assert_refused(&r, "1 to 16 IDs");
    r.is_debug = true;
    assert_int_equal(recipe_check(&r, "out.zip", NULL), 0);
}

static void ecdsa_at_boot_needs_a_key_and_its_image(void **state)
{
    (void)state;
    struct nordfu_package_recipe r = whole();
    r.has_sd_validation = true;
    r.sd_validation = NORDFU_VALIDATION_ECDSA;
    assert_refused(&r, "give a key");
    r.key_path = "key.pem";
    assert_int_equal(recipe_check(&r, "out.zip", NULL), 0);
    r.key_path = NULL;
    r.softdevice.path = NULL;
    r.bootloader.path = NULL;
    assert_int_equal(recipe_check(&r, "out.zip", NULL), 0);
    r.has_app_validation = true;
    r.app_validation = NORDFU_VALIDATION_ECDSA;
    assert_refused(&r, "give a key");
    r.app_validation = NORDFU_VALIDATION_ECDSA + 1;
    assert_refused(&r, "no such boot validation");
}

struct filled {
    enum nordfu_image_type type;
    uint32_t version;
    size_t sd_req_count;
    uint32_t sd_req[3];
    size_t validations;
    enum nordfu_validation validation[2];
};

static void each_image_says_what_is_true_of_it(void **state)
{
    (void)state;
    static const struct filled table[] = {
        {NORDFU_IMAGE_APPLICATION, 1, 2, {0x100, 0x123}, 1, {NORDFU_VALIDATION_SHA256}},
        {NORDFU_IMAGE_EXTERNAL_APPLICATION, 1, 2, {0x100, 0x123}, 1, {NORDFU_VALIDATION_SHA256}},
        {NORDFU_IMAGE_SOFTDEVICE, UINT32_MAX, 3, {0x100, 0x123, 0xB6}, 1, {NORDFU_VALIDATION_NONE}},
        {NORDFU_IMAGE_BOOTLOADER, 2, 3, {0x100, 0x123, 0xB6}, 1, {NORDFU_VALIDATION_CRC}},
        {NORDFU_IMAGE_SOFTDEVICE_BOOTLOADER,
         2,
         3,
         {0x100, 0x123, 0xB6},
         2,
         {NORDFU_VALIDATION_NONE, NORDFU_VALIDATION_CRC}},
    };
    struct nordfu_package_recipe r = whole();
    r.has_app_validation = r.has_sd_validation = true;
    r.app_validation = NORDFU_VALIDATION_SHA256;
    r.sd_validation = NORDFU_VALIDATION_NONE;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct nordfu_init_packet init;
        assert_int_equal(recipe_fill(&init, table[i].type, &r, NULL), 0);
        assert_int_equal(init.type, table[i].type);
        assert_int_equal(init.fw_version, table[i].version);
        assert_int_equal(init.hw_version, 52);
        assert_int_equal(init.sd_req_count, table[i].sd_req_count);
        for (size_t k = 0; k < init.sd_req_count; k++)
            assert_int_equal(init.sd_req[k], table[i].sd_req[k]);
        assert_int_equal(init.boot_validation_count, table[i].validations);
        for (size_t k = 0; k < init.boot_validation_count; k++)
            assert_int_equal(init.boot_validation[k].type, table[i].validation[k]);
    }
}

static void without_softdevices_any_will_do(void **state)
{
    (void)state;
    struct nordfu_package_recipe r = {.application = {.path = "a.bin"}, .is_external = true};
    struct nordfu_init_packet init;
    assert_int_equal(recipe_fill(&init, NORDFU_IMAGE_EXTERNAL_APPLICATION, &r, NULL), 0);
    assert_int_equal(init.sd_req_count, 1);
    assert_int_equal(init.sd_req[0], 0xFFFE);
}

static void both_lists_together_may_be_too_long(void **state)
{
    (void)state;
    struct nordfu_package_recipe r = whole();
    struct nordfu_init_packet init;
    struct nordfu_error error = {0};
    r.sd_req_count = r.sd_id_count = NORDFU_MAX_SD_REQ;
    for (uint32_t i = 0; i < NORDFU_MAX_SD_REQ; i++) {
        r.sd_req[i] = i;
        r.sd_id[i] = i;
    }
    assert_int_equal(recipe_fill(&init, NORDFU_IMAGE_BOOTLOADER, &r, NULL), 0);
    assert_int_equal(init.sd_req_count, NORDFU_MAX_SD_REQ);
    r.sd_id[0] = 100;
    assert_int_equal(recipe_fill(&init, NORDFU_IMAGE_APPLICATION, &r, NULL), 0);
    assert_int_equal(recipe_fill(&init, NORDFU_IMAGE_BOOTLOADER, &r, &error), NORDFU_ERR_USAGE);
    assert_non_null(strstr(error.text, "17 SoftDevices"));
}

static void files_are_named_after_their_sources(void **state)
{
    (void)state;
    static const char *const table[][3] = {
        {"a/b/app.hex", "app.bin", "app.dat"},
        {"app.bin", "app.bin", "app.dat"},
        {"x.hex.hex", "x.bin.bin", "x.dat.dat"},
        {"my.bin.image.bin", "my.bin.image.bin", "my.dat.image.dat"},
        {"FW.HEX", "FW.bin", "FW.dat"},
        {"FW.BIN", "FW.bin", "FW.dat"},
        {"plain", "plain.bin", "plain.dat"},
        {"a.hex/plain", "plain.bin", "plain.dat"},
        {"fw.hex.HEX", "fw.bin.bin", "fw.dat.dat"},
        {"fw.elf", "fw.elf.bin", "fw.elf.dat"},
        {".hex", ".bin", ".dat"},
        {"hex", "hex.bin", "hex.dat"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct manifest_image image = {0};
        assert_int_equal(names_from_path(&image, table[i][0], NULL), 0);
        assert_string_equal(image.bin_file, table[i][1]);
        assert_string_equal(image.dat_file, table[i][2]);
    }
}

static void a_name_is_as_long_as_a_package_can_hold(void **state)
{
    (void)state;
    char name[MANIFEST_MAX_FILE + 1] = "";
    struct manifest_image image = {0}, other = {0};
    memset(name, 'x', MANIFEST_MAX_FILE - 5);
    assert_int_equal(names_from_path(&image, name, NULL), 0);
    assert_int_equal(strlen(image.bin_file), MANIFEST_MAX_FILE - 1);
    assert_int_equal(names_make_unique(&image, &other, NULL), 0);
    assert_int_equal(names_make_unique(&image, &image, NULL), NORDFU_ERR_USAGE);
    name[MANIFEST_MAX_FILE - 5] = 'x';
    assert_int_equal(names_from_path(&image, name, NULL), NORDFU_ERR_USAGE);
}

/* An init packet of one image may have the name of another's firmware. */
static void a_name_is_taken_by_either_file(void **state)
{
    (void)state;
    struct manifest_image image = {.bin_file = "x.bin", .dat_file = "x.dat"};
    struct manifest_image other = {.bin_file = "y.bin", .dat_file = "x.dat"};
    assert_int_equal(names_make_unique(&image, &other, NULL), 0);
    assert_string_equal(image.bin_file, "application_x.bin");
    assert_string_equal(image.dat_file, "application_x.dat");
    assert_int_equal(names_make_unique(&image, &other, NULL), 0);
    assert_string_equal(image.bin_file, "application_x.bin");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_possible_combination_is_accepted),
        cmocka_unit_test(softdevices_must_be_named),
        cmocka_unit_test(ecdsa_at_boot_needs_a_key_and_its_image),
        cmocka_unit_test(each_image_says_what_is_true_of_it),
        cmocka_unit_test(without_softdevices_any_will_do),
        cmocka_unit_test(both_lists_together_may_be_too_long),
        cmocka_unit_test(files_are_named_after_their_sources),
        cmocka_unit_test(a_name_is_as_long_as_a_package_can_hold),
        cmocka_unit_test(a_name_is_taken_by_either_file),
    };
    return cmocka_run_group_tests_name("recipe", tests, NULL, NULL);
}
