/* SPDX-License-Identifier: MIT
 * A firmware file of one kind made of one of the other, or of the same. */
#include <stdio.h>
#include <stdlib.h>

#include "nordfu/image_file.h"
#include "nordfu/package.h"
#include "package/file.h"
#include "package/image_file.h"
#include "package/image_load.h"

#define WHAT      "firmware"
#define FILE_MODE 0644u

struct job {
    const char *in, *out;
    const struct nordfu_conversion *how;
    struct ihex ihex;
    struct image_window window;    /* what is kept of it */
    struct buf image;              /* the window without holes, if that is asked for; padding */
    struct ihex_segment *segments; /* of the output; at least one */
    size_t count;
    size_t kept; /* bytes of the input */
};

static int out_of_memory(struct nordfu_error *error)
{
    return nordfu_error_set(error, NORDFU_ERR_SYSTEM, "Memory ran out.");
}

static int check_request(const struct job *job, struct nordfu_error *error)
{
    if (file_is_same(job->in, job->out))
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The " WHAT " %s can't be converted into itself: choose another "
                                "name for the output.",
                                job->in);
    if (job->how->multiple > NORDFU_MAX_MULTIPLE)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The end of an image can't be filled up to a multiple of %u bytes: "
                                "choose one of at most %u.",
                                (unsigned)job->how->multiple, NORDFU_MAX_MULTIPLE);
    if (image_file_is_raw(job->in) && !image_file_is_raw(job->out) && !job->how->has_address)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The " WHAT " %s is raw, so nothing tells where in the flash it "
                                "belongs, which Intel HEX needs to say: give the address of its "
                                "first byte.",
                                job->in);
    return 0;
}

static int find_window(struct job *job, struct nordfu_error *error)
{
    bool image_only = job->how->parts == NORDFU_PARTS_IMAGE ||
                      (job->how->parts == NORDFU_PARTS_USUAL && image_file_is_raw(job->out));
    job->window = image_only && !image_file_is_raw(job->in)
                      ? image_file_window(&job->ihex)
                      : image_window_shrink(&IMAGE_WINDOW_ALL, &job->ihex);
    if (job->window.first < job->window.end)
        return 0;
    if (job->ihex.count > 0)
        return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                                "The " WHAT " %s holds nothing for the flash from 0x%X to 0x%X: "
                                "keep all of its parts, or give another file.",
                                job->in, IMAGE_FILE_LOW, IMAGE_FILE_HIGH - 1);
    return nordfu_error_set(error, NORDFU_ERR_PACKAGE,
                            "The " WHAT " %s holds no data: give a file with contents.", job->in);
}

/* The kept part in one piece. */
static int fill(struct job *job, struct nordfu_error *error)
{
    size_t gaps;
    int rc = image_window_check_size(&job->window, job->in, WHAT, error);
    if (rc != 0)
        return rc;
    if (!image_window_fill(&job->window, &job->ihex, job->how->has_fill ? job->how->fill : 0xFF,
                           &job->image, &gaps))
        return out_of_memory(error);
    job->kept = job->image.size - gaps;
    job->segments[0] =
        (struct ihex_segment){.address = (uint32_t)job->window.first, .size = job->image.size};
    job->count = 1;
    return 0;
}

/* The kept part with its holes. */
static void cut(struct job *job)
{
    for (size_t i = 0; i < job->ihex.count; i++) {
        struct ihex_segment segment = job->ihex.segments[i];
        if (!image_window_cut(&job->window, &segment))
            continue;
        job->segments[job->count++] = segment;
        job->kept += segment.size;
    }
}

/* Fills the end up. Padding goes behind the image in one piece, or is a segment of its own. */
static int pad(struct job *job, bool in_one_piece, struct nordfu_error *error)
{
    uint32_t multiple = job->how->multiple > 1 ? job->how->multiple : 1;
    uint64_t size = job->window.end - job->window.first;
    size_t padding = (size_t)((multiple - size % multiple) % multiple), before = job->image.size;
    uint8_t value = job->how->has_fill ? job->how->fill : 0xFF;
    struct image_window padded = {job->window.first, job->window.end + padding};
    if (padded.end > (uint64_t)UINT32_MAX + 1)
        return nordfu_error_set(error, NORDFU_ERR_USAGE,
                                "The end of the " WHAT " %s can't be filled up beyond address "
                                "0xFFFFFFFF: choose a lower address, or fill nothing up.",
                                job->in);
    int rc = in_one_piece ? image_window_check_size(&padded, job->in, WHAT, error) : 0;
    if (rc != 0)
        return rc;
    if (!buf_append(&job->image, NULL, padding))
        return out_of_memory(error);
    for (size_t i = before; i < job->image.size; i++)
        job->image.data[i] = value;
    if (in_one_piece)
        job->segments[0].size += padding;
    else if (padding > 0)
        job->segments[job->count++] =
            (struct ihex_segment){.address = (uint32_t)job->window.end, .size = padding};
    return 0;
}

/* Finds what the output consists of. */
static int arrange(struct job *job, struct nordfu_error *error)
{
    bool in_one_piece = image_file_is_raw(job->out) || job->how->has_fill;
    job->segments = calloc(job->ihex.count + 2, sizeof(*job->segments));
    if (job->segments == NULL)
        return out_of_memory(error);
    int rc = 0;
    if (in_one_piece)
        rc = fill(job, error);
    else
        cut(job);
    if (rc == 0)
        rc = pad(job, in_one_piece, error);
    /* Only now the bytes stay where they are. */
    for (size_t i = 0; rc == 0 && i < job->count; i++)
        if (job->segments[i].bytes == NULL)
            job->segments[i].bytes = job->image.data;
    return rc;
}

static int write_output(const struct job *job, struct nordfu_error *error)
{
    struct buf text = {0};
    if (image_file_is_raw(job->out))
        return file_write(job->out, job->image.data, job->image.size, FILE_MODE, true, WHAT, error);
    int rc = ihex_encode(&text, job->segments, job->count, error);
    if (rc == 0)
        rc = file_write(job->out, text.data, text.size, FILE_MODE, true, WHAT, error);
    buf_free(&text);
    return rc;
}

static void report(const struct job *job, struct nordfu_converted *done)
{
    *done = (struct nordfu_converted){.has_address =
                                          job->how->has_address || !image_file_is_raw(job->in),
                                      .address = (uint32_t)job->window.first,
                                      .left_out = job->ihex.bytes.size - job->kept};
    for (size_t i = 0; i < job->count; i++)
        done->size += job->segments[i].size;
}

int nordfu_image_file_convert(const char *in, const char *out, const struct nordfu_conversion *how,
                              struct nordfu_converted *done, struct nordfu_error *error)
{
    struct job job = {.in = in, .out = out, .how = how};
    int rc = check_request(&job, error);
    if (rc == 0)
        rc = image_load(&job.ihex, in, how->has_address ? &how->address : NULL, error);
    if (rc == 0)
        rc = find_window(&job, error);
    if (rc == 0)
        rc = arrange(&job, error);
    if (rc == 0)
        rc = write_output(&job, error);
    if (rc == 0 && done != NULL)
        report(&job, done);
    ihex_free(&job.ihex);
    buf_free(&job.image);
    free(job.segments);
    return rc;
}
