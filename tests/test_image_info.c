/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>

#include "ihex_text.h"
#include "nordfu/image_file.h"
#include "scratch.h"

static struct nordfu_image_file *open_file(const char *path, const uint32_t *address)
{
    struct nordfu_image_file *file;
    struct nordfu_error error = {0};
    if (nordfu_image_file_open(&file, path, address, &error) != 0)
        fail_msg("%s", error.text);
    return file;
}

static struct nordfu_image_file *open_input(const char *name)
{
    char path[512];
    vector_path(path, name);
    return open_file(path, NULL);
}

static void assert_region(const struct nordfu_image_file *file, size_t index, uint32_t address,
                          uint32_t size, enum nordfu_area area)
{
    const struct nordfu_image_region *region = nordfu_image_file_region(file, index);
    assert_non_null(region);
    assert_int_equal(region->address, address);
    assert_int_equal(region->size, size);
    assert_int_equal(region->area, area);
}

/* Appends words, little endian, at an address below 64 KiB. */
static void text_add_words(struct buf *text, unsigned address, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[4];
        for (unsigned k = 0; k < 4; k++)
            bytes[k] = (uint8_t)(words[i] >> (8 * k));
        text_add(text, 0, address + 4 * (unsigned)i, bytes, sizeof(bytes));
    }
}

static void regions_end_at_holes_and_where_areas_do(void **state)
{
    (void)state;
    struct buf text = {0};
    text_add(&text, 0, 0x0FFE, "abcd", 4);
    text_add(&text, 0, 0x2000, "e", 1);
    text_add_upper(&text, 0x0FFF);
    text_add(&text, 0, 0xFFFF, "fg", 2);
    text_add_upper(&text, 0x1000);
    text_add(&text, 0, 0x1FFF, "hi", 2);
    text_add_upper(&text, 0x1FFF);
    text_add(&text, 0, 0xFFFF, "jk", 2);
    text_add_upper(&text, 0xFFFF);
    text_add(&text, 0, 0xFFFF, "z", 1);
    scratch_write("a.hex", text.data, text.size);
    buf_free(&text);
    struct nordfu_image_file *file = open_file("a.hex", NULL);
    assert_region(file, 0, 0x0FFE, 2, NORDFU_AREA_MBR);
    assert_region(file, 1, 0x1000, 2, NORDFU_AREA_FLASH);
    assert_region(file, 2, 0x2000, 1, NORDFU_AREA_FLASH);
    assert_region(file, 3, 0x0FFFFFFF, 1, NORDFU_AREA_FLASH);
    assert_region(file, 4, 0x10000000, 1, NORDFU_AREA_FICR);
    assert_region(file, 5, 0x10001FFF, 1, NORDFU_AREA_UICR);
    assert_region(file, 6, 0x10002000, 1, NORDFU_AREA_OTHER);
    assert_region(file, 7, 0x1FFFFFFF, 1, NORDFU_AREA_OTHER);
    assert_region(file, 8, 0x20000000, 1, NORDFU_AREA_RAM);
    assert_region(file, 9, 0xFFFFFFFF, 1, NORDFU_AREA_OTHER);
    assert_null(nordfu_image_file_region(file, 10));
    const struct nordfu_image_file_info *info = nordfu_image_file_info(file);
    assert_int_equal(info->region_count, 10);
    assert_int_equal(info->size, 12);
    assert_false(info->has_image); /* 256 MiB from end to end */
    assert_true(info->has_address);
    nordfu_image_file_free(&file);
    assert_null(file);
}

static void a_vector_table_is_told_from_other_bytes(void **state)
{
    (void)state;
    static const struct {
        uint32_t stack, reset;
        enum nordfu_vectors vectors;
    } tables[] = {
        {0x20004000, 0x2009, NORDFU_VECTORS_PLAUSIBLE},
        {0x20080000, 0x200B, NORDFU_VECTORS_PLAUSIBLE},
        {0x20000000, 0x2009, NORDFU_VECTORS_BAD_STACK},
        {0x20080004, 0x2009, NORDFU_VECTORS_BAD_STACK},
        {0x20004002, 0x2009, NORDFU_VECTORS_BAD_STACK},
        {0xFFFFFFFF, 0xFFFFFFFF, NORDFU_VECTORS_BAD_STACK},
        {0x20004000, 0x2008, NORDFU_VECTORS_BAD_RESET},
        {0x20004000, 0x200D, NORDFU_VECTORS_BAD_RESET},
        {0x20004000, 0x1FFF, NORDFU_VECTORS_BAD_RESET},
    };
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        struct buf text = {0};
        text_add_words(&text, 0x2000, (uint32_t[]){tables[i].stack, tables[i].reset, 0}, 3);
        scratch_write("a.hex", text.data, text.size);
        buf_free(&text);
        struct nordfu_image_file *file = open_file("a.hex", NULL);
        const struct nordfu_image_region *region = nordfu_image_file_region(file, 0);
        assert_int_equal(region->vectors, tables[i].vectors);
        assert_int_equal(region->stack, tables[i].stack);
        assert_int_equal(region->reset, tables[i].reset);
        nordfu_image_file_free(&file);
    }
}

static void a_table_begins_at_a_multiple_of_256(void **state)
{
    (void)state;
    struct buf text = {0};
    text_add_words(&text, 0x2080, (uint32_t[]){0x20004000, 0x2089, 0}, 3);
    text_add_words(&text, 0x2100, (uint32_t[]){0x20004000}, 1);
    scratch_write("a.hex", text.data, text.size);
    buf_free(&text);
    struct nordfu_image_file *file = open_file("a.hex", NULL);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(nordfu_image_file_region(file, i)->vectors, NORDFU_VECTORS_NONE);
        assert_int_equal(nordfu_image_file_region(file, i)->stack, 0);
    }
    nordfu_image_file_free(&file);
}

static void a_raw_file_is_one_region_and_placed_by_its_address(void **state)
{
    (void)state;
    uint8_t bytes[0x1801] = {0, 0x40, 0, 0x20, 0x09, 0x60, 0x02, 0};
    uint32_t address = 0x26000, low = 0x800;
    scratch_write("a.bin", bytes, sizeof(bytes));
    struct nordfu_image_file *file = open_file("a.bin", NULL);
    const struct nordfu_image_file_info *info = nordfu_image_file_info(file);
    assert_true(info->is_raw);
    assert_false(info->has_address);
    assert_region(file, 0, 0, sizeof(bytes), NORDFU_AREA_FLASH);
    assert_int_equal(nordfu_image_file_region(file, 0)->vectors, NORDFU_VECTORS_PLAUSIBLE);
    assert_int_equal(info->region_count, 1);
    assert_int_equal(info->image_size, 0x1804);
    nordfu_image_file_free(&file);
    file = open_file("a.bin", &address);
    assert_region(file, 0, 0x26000, sizeof(bytes), NORDFU_AREA_FLASH);
    assert_int_equal(nordfu_image_file_region(file, 0)->vectors, NORDFU_VECTORS_PLAUSIBLE);
    assert_int_equal(nordfu_image_file_info(file)->image_address, 0x26000);
    nordfu_image_file_free(&file);
    file = open_file("a.bin", &low);
    assert_region(file, 0, 0x800, 0x800, NORDFU_AREA_MBR);
    assert_region(file, 1, 0x1000, 0x1001, NORDFU_AREA_FLASH);
    assert_int_equal(nordfu_image_file_region(file, 0)->vectors, NORDFU_VECTORS_BAD_RESET);
    nordfu_image_file_free(&file);
}

static void addresses_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    uint32_t last = 0xFFFFFFFF;
    struct nordfu_image_file *file;
    struct nordfu_error error = {0};
    scratch_write("a.bin", "ab", 2);
    scratch_write("a.hex", ":00000001FF\n", 12);
    assert_int_equal(nordfu_image_file_open(&file, "a.bin", &last, &error), NORDFU_ERR_USAGE);
    assert_null(file);
    assert_int_equal(nordfu_image_file_open(&file, "a.hex", &last, &error), NORDFU_ERR_USAGE);
    scratch_write("a.bin", "a", 1);
    file = open_file("a.bin", &last);
    assert_region(file, 0, last, 1, NORDFU_AREA_OTHER);
    nordfu_image_file_free(&file);
    scratch_write("a.bin", "", 0);
    assert_int_equal(nordfu_image_file_open(&file, "a.bin", NULL, &error), NORDFU_ERR_PACKAGE);
    assert_int_equal(nordfu_image_file_open(&file, "none.bin", NULL, &error), NORDFU_ERR_PACKAGE);
}

static void a_softdevice_is_named(void **state)
{
    (void)state;
    struct nordfu_image_file *file = open_input("inputs/sd_info3000.hex");
    const struct nordfu_image_file_info *info = nordfu_image_file_info(file);
    assert_true(info->has_softdevice);
    assert_int_equal(info->softdevice.fwid, 0x100);
    assert_int_equal(info->softdevice.address, 0x3000);
    print_message("%s, ends at 0x%X\n", info->softdevice.name, (unsigned)info->softdevice.end);
    assert_int_equal(info->image_address, 0x1000);
    assert_int_equal(info->image_size, 8708);
    nordfu_image_file_free(&file);
    assert_string_equal(nordfu_softdevice_name(0x100), "S140 7.2.0");
    assert_string_equal(nordfu_softdevice_name(0x67), "S130 1.0.0");
    assert_string_equal(nordfu_softdevice_name(0x126), "S112 7.3.0");
    assert_null(nordfu_softdevice_name(0xFFFE));
}

/* Its structure at the offset `at`; it ends behind the FWID if it is `old`. */
static struct nordfu_softdevice raw_softdevice(size_t at, bool old, const uint32_t *address)
{
    static const uint8_t structure[] = {0x2C, 0, 0, 0, 0xDB, 0xE5, 0xB1, 0x51, 0,    0x60, 2,    0,
                                        0xB7, 0, 0, 0, 132,  0,    0,    0,    0x69, 0x91, 0x5B, 0};
    uint8_t bytes[0x3100] = {0};
    memcpy(bytes + at, structure, sizeof(structure));
    bytes[at] = old ? 0x0E : 0x2C;
    scratch_write("sd.bin", bytes, sizeof(bytes));
    struct nordfu_image_file *file = open_file("sd.bin", address);
    assert_true(nordfu_image_file_info(file)->has_softdevice);
    struct nordfu_softdevice softdevice = nordfu_image_file_info(file)->softdevice;
    nordfu_image_file_free(&file);
    assert_int_equal(softdevice.fwid, 0xB7);
    assert_int_equal(softdevice.end, 0x26000);
    return softdevice;
}

static void a_raw_softdevice_is_named(void **state)
{
    (void)state;
    uint32_t address = 0x1000;
    struct nordfu_softdevice softdevice = raw_softdevice(0x2000, false, NULL);
    assert_int_equal(softdevice.address, 0x2000);
    assert_string_equal(softdevice.name, "S132 6.1.1");
    assert_string_equal(raw_softdevice(0x3000, true, NULL).name, "S132 6.1.1");
    assert_int_equal(raw_softdevice(0x2000, false, &address).address, 0x3000);
}

static void settings_in_uicr_are_shown_unless_erased(void **state)
{
    (void)state;
    struct nordfu_image_file *file = open_input("inputs/bl_78000.hex");
    assert_true(nordfu_image_file_info(file)->has_bootloader);
    assert_int_equal(nordfu_image_file_info(file)->bootloader, 0x78000);
    assert_true(nordfu_image_file_info(file)->has_mbr_parameters);
    assert_int_equal(nordfu_image_file_info(file)->mbr_parameters, 0x7E000);
    nordfu_image_file_free(&file);
    struct buf text = {0};
    text_add_upper(&text, 0x1000);
    text_add_words(&text, 0x1014, (uint32_t[]){0xFFFFFFFF, 0x7E000}, 2);
    text_add(&text, 5, 0, "\x00\x02\x60\x01", 4);
    scratch_write("a.hex", text.data, text.size);
    buf_free(&text);
    file = open_file("a.hex", NULL);
    assert_false(nordfu_image_file_info(file)->has_bootloader);
    assert_int_equal(nordfu_image_file_info(file)->mbr_parameters, 0x7E000);
    assert_true(nordfu_image_file_info(file)->has_start);
    assert_int_equal(nordfu_image_file_info(file)->start, 0x26001);
    assert_false(nordfu_image_file_info(file)->has_image);
    nordfu_image_file_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_end_at_holes_and_where_areas_do),
        cmocka_unit_test(a_vector_table_is_told_from_other_bytes),
        cmocka_unit_test(a_table_begins_at_a_multiple_of_256),
        cmocka_unit_test(a_raw_file_is_one_region_and_placed_by_its_address),
        cmocka_unit_test(addresses_that_make_no_sense_are_refused),
        cmocka_unit_test(a_softdevice_is_named),
        cmocka_unit_test(a_raw_softdevice_is_named),
        cmocka_unit_test(settings_in_uicr_are_shown_unless_erased),
    };
    return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
