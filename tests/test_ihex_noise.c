/* SPDX-License-Identifier: MIT
 * HEX files that are damaged, cut, or no HEX files at all: refused with a sentence, or read to what
 * holds together, in bounded memory. */
#include "test.h"

#include <stdio.h>

#include "ihex_text.h"
#include "nordfu/package.h"
#include "package/ihex.h"
#include "package/image_file.h"

static const char *const inputs[] = {
    "inputs/app_aftereof.hex",
    "inputs/app_blanklines.hex",
    "inputs/app_ela.hex",
    "inputs/app_gap.hex",
    "inputs/app_mbr.hex",
    "inputs/app_mbr_hole.hex",
    "inputs/app_noeof.hex",
    "inputs/app_ram.hex",
    "inputs/app_seg.hex",
    "inputs/app_uicr.hex",
    "inputs/app_wrap64k.hex",
    "inputs/bl_78000.hex",
    "inputs/sd_info3000.hex",
    "inputs/sd_info4000.hex",
    "inputs/sd_info7000.hex",
    "inputs/sd_info8000.hex",
    "inputs/sd_partial.hex",
    "inputs/bad_overlap.hex",
    "inputs/bad_trailing_blank.hex",
    "settings/s05.hex",
    "zigbee/p04.hex",
};
#define INPUTS (sizeof(inputs) / sizeof(inputs[0]))

static unsigned read_well, refused;

static void assert_holds_together(const struct ihex *ihex, size_t text_size)
{
    size_t total = 0;
    uint64_t end = 0;
    for (size_t i = 0; i < ihex->count; i++) {
        const struct ihex_segment *segment = &ihex->segments[i];
        assert_true(segment->size > 0);
        assert_true(i == 0 || segment->address > end);
        assert_ptr_equal(segment->bytes, ihex->bytes.data + total);
        end = (uint64_t)segment->address + segment->size;
        assert_true(end <= (uint64_t)UINT32_MAX + 1);
        total += segment->size;
    }
    assert_int_equal(total, ihex->bytes.size);
    assert_true(total <= text_size / 2);
}

/* What was read is written, and read again. */
static void assert_same_again(const struct ihex *ihex)
{
    struct buf text = {0};
    struct ihex again;
    assert_int_equal(ihex_encode(&text, ihex->segments, ihex->count, NULL), 0);
    assert_int_equal(ihex_decode(&again, text.data, text.size, "file", "a.hex", NULL), 0);
    assert_int_equal(again.count, ihex->count);
    assert_int_equal(again.bytes.size, ihex->bytes.size);
    for (size_t i = 0; i < again.count; i++)
        assert_int_equal(again.segments[i].address, ihex->segments[i].address);
    if (again.bytes.size > 0)
        assert_memory_equal(again.bytes.data, ihex->bytes.data, again.bytes.size);
    ihex_free(&again);
    buf_free(&text);
}

static void try_image(const void *text, size_t size)
{
    struct image_file image;
    struct nordfu_error error = {0};
    if (image_file_decode(&image, text, size, "a.hex", "application", &error) == 0) {
        assert_in_range(image.bytes.size, 1, NORDFU_MAX_IMAGE_SIZE);
        assert_int_equal(image.bytes.size % 4, 0);
        assert_true(image.address >= IMAGE_FILE_LOW);
        assert_true(image.address + image.size <= IMAGE_FILE_HIGH);
    } else {
        assert_int_equal(error.code, NORDFU_ERR_PACKAGE);
    }
    image_file_free(&image);
}

/* A copy of exactly that size, so that a read beyond its end is found. */
static void try_text(const void *bytes, size_t size)
{
    struct ihex ihex;
    struct nordfu_error error = {0};
    uint8_t *text = malloc(size > 0 ? size : 1);
    assert_non_null(text);
    if (size > 0)
        memcpy(text, bytes, size);
    if (ihex_decode(&ihex, text, size, "file", "a.hex", &error) == 0) {
        assert_holds_together(&ihex, size);
        assert_same_again(&ihex);
        read_well++;
    } else {
        assert_int_equal(error.code, NORDFU_ERR_PACKAGE);
        assert_non_null(strstr(error.text, "line "));
        refused++;
    }
    try_image(text, size);
    ihex_free(&ihex);
    free(text);
}

static void report(const char *what)
{
    print_message("%s: %u read, %u refused\n", what, read_well, refused);
    assert_true(read_well > 0 && refused > 0);
    read_well = refused = 0;
}

static void a_file_may_be_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < INPUTS; i++) {
        struct buf text = vector_file(inputs[i]);
        for (size_t size = 0; size <= text.size; size++)
            try_text(text.data, size);
        buf_free(&text);
    }
    report("cut");
}

/* Changes a byte, mostly to what HEX files are made of; or takes one out, or doubles one. */
static void mutate(struct buf *text, struct noise *noise)
{
    static const char alphabet[] = ":0123456789ABCDEFabcdef\r\n ";
    size_t at = noise_below(noise, (uint32_t)text->size - 1);
    uint32_t kind = noise_below(noise, 8);
    if (kind == 0)
        memmove(text->data + at, text->data + at + 1, text->size - at - 1);
    else if (kind == 1)
        memmove(text->data + at + 1, text->data + at, text->size - at - 1);
    else if (kind == 2)
        text->data[at] = (uint8_t)noise_below(noise, 256);
    else
        text->data[at] = (uint8_t)alphabet[noise_below(noise, sizeof(alphabet) - 1)];
}

/* Makes every checksum of a line of digits right, so that damage gets beyond them. */
static void mend_checksums(struct buf *text)
{
    size_t begin = 0;
    for (size_t at = 0; at < text->size; at++) {
        char digits[3] = {0};
        unsigned sum = 0;
        if (text->data[at] != '\n')
            continue;
        size_t end = at > begin && text->data[at - 1] == '\r' ? at - 1 : at;
        for (size_t i = begin + 1; i + 4 <= end; i += 2) {
            memcpy(digits, text->data + i, 2);
            sum += (unsigned)strtoul(digits, NULL, 16);
        }
        if (end - begin >= 11 && (end - begin) % 2 == 1) {
            snprintf(digits, sizeof(digits), "%02X", (0u - sum) & 0xFF);
            memcpy(text->data + end - 2, digits, 2);
        }
        begin = at + 1;
    }
}

static void a_file_may_be_damaged_anywhere(void **state)
{
    (void)state;
    struct noise noise = {7};
    for (size_t i = 0; i < INPUTS; i++) {
        struct buf original = vector_file(inputs[i]);
        for (unsigned round = 0; round < 600; round++) {
            struct buf text = {0};
            assert_true(buf_append(&text, original.data, original.size));
            for (uint32_t n = noise_below(&noise, 4); n-- > 0;)
                mutate(&text, &noise);
            if (round % 2 == 0)
                mend_checksums(&text);
            try_text(text.data, text.size);
            buf_free(&text);
        }
        buf_free(&original);
    }
    report("damaged");
}

static void noise_is_no_file(void **state)
{
    (void)state;
    struct noise noise = {11};
    uint8_t text[700];
    for (unsigned round = 0; round < 3000; round++) {
        uint32_t size = noise_below(&noise, sizeof(text)), limit = round % 3 == 0 ? 256 : 20;
        for (uint32_t i = 0; i < size; i++) {
            uint32_t value = noise_below(&noise, limit);
            text[i] = limit == 256 ? (uint8_t)value : (uint8_t) ":0123456789ABCDEF\r\n0"[value];
        }
        try_text(text, size);
    }
    report("noise");
}

/* Records that are well formed, at addresses all over the 4 GiB. */
static void records_may_be_anywhere(void **state)
{
    (void)state;
    struct noise noise = {13};
    for (unsigned round = 0; round < 1500; round++) {
        struct buf text = {0};
        uint8_t bytes[255];
        for (uint32_t n = noise_below(&noise, 30); n-- > 0;) {
            unsigned type = noise_below(&noise, 6), address = noise_below(&noise, 0x10000);
            size_t size = type == 0 ? noise_below(&noise, 256) : type == 2 || type == 4 ? 2 : 4;
            for (size_t i = 0; i < size; i++)
                bytes[i] = (uint8_t)noise_below(&noise, 256);
            if (type != 1)
                text_add(&text, type == 5 || type == 3 ? 0 : type, type == 0 ? address : 0, bytes,
                         size);
        }
        try_text(text.data, text.size);
        buf_free(&text);
    }
    report("records");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_may_be_cut_anywhere),
        cmocka_unit_test(a_file_may_be_damaged_anywhere),
        cmocka_unit_test(noise_is_no_file),
        cmocka_unit_test(records_may_be_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
