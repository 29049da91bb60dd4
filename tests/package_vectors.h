/*
 * SPDX-License-Identifier: MIT
 * What the tests of the vectors of `pkg` share: the folder that they were made in, banners, entries
 * of packages.
 */
#ifndef NORDFU_TESTS_PACKAGE_VECTORS_H
#define NORDFU_TESTS_PACKAGE_VECTORS_H

#include "program.h"
#include "scratch.h"
#include "vectors.h"

#include "package/archive.h"

#define VECTORS TEST_DIR "/vectors/package/"

/* Makes the inputs available as they were to the original: in/, a/fw.hex and b/fw.hex. */
static inline int vectors_folder(void **state)
{
    if (scratch_enter(state) != 0 || mkdir("a", 0755) != 0 || mkdir("b", 0755) != 0)
        return -1;
    return symlink(VECTORS "inputs", "in") == 0 &&
                   symlink(VECTORS "inputs/app_gap.hex", "a/fw.hex") == 0 &&
                   symlink(VECTORS "inputs/sd_info3000.hex", "b/fw.hex") == 0
               ? 0
               : -1;
}

static inline int vectors_folder_leave(void **state)
{
    unlink("a/fw.hex");
    unlink("b/fw.hex");
    return scratch_leave(state);
}

/* The original's standard output with its banners in our words; the caller frees. */
static inline char *vectors_words(const char *text)
{
    static const char *const banners[][2] = {
        {"{{BANNER:NO_KEY}}",
         "Warning: the package is not signed; only bootloaders without a key accept it."},
        {"{{BANNER:DEBUG}}",
         "Warning: the debug bit is set; only debug bootloaders accept this package."},
        {"{{BANNER:INSECURE_KEY}}",
         "Warning: the key is a published one that everybody has; don't use it in a product."},
    };
    char *out = calloc(1, PROGRAM_TEXT_MAX), *at = out;
    assert_non_null(out);
    while (*text != 0) {
        size_t i = 0;
        while (i < 3 && strncmp(text, banners[i][0], strlen(banners[i][0])) != 0)
            i++;
        if (i < 3) {
            at = stpcpy(at, banners[i][1]);
            text += strlen(banners[i][0]);
        } else {
            *at++ = *text++;
        }
        assert_true(at < out + PROGRAM_TEXT_MAX - 200);
    }
    return out;
}

/* A file of a package; the caller frees with buf_free. Fails if there is none. */
static inline struct buf vectors_entry(const char *zip, const char *name)
{
    struct archive *archive = NULL;
    struct nordfu_error error = {0};
    struct buf bytes = {0};
    if (archive_open(&archive, zip, &error) != 0 ||
        archive_read(archive, name, ARCHIVE_MAX_ENTRY, &bytes, &error) != 0)
        fail_msg("%s", error.text);
    archive_free(&archive);
    return bytes;
}

#endif
