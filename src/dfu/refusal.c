/* SPDX-License-Identifier: MIT */
#include "dfu/refusal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What was being done, as far as it changes what an answer means. */
enum step {
    STEP_OTHER = 0x01,
    STEP_INIT_ROOM = 0x02,
    STEP_INIT = 0x04,
    STEP_DATA_ROOM = 0x08,
    STEP_DATA = 0x10,
    STEP_FINAL = 0x20,
    STEP_ANY = 0x3F,
};

/* Which of the package's values a sentence shows. */
enum value {
    VALUE_FW = 0x01,
    VALUE_HW = 0x02,
    VALUE_SD = 0x04,
    VALUE_SIZE = 0x08,
    VALUE_SIGNED = 0x10,
    VALUE_INIT_SIZE = 0x20,
    VALUE_TYPE = 0x40,
};

struct meaning {
    uint8_t result;
    uint8_t extended;
    uint8_t steps;  /* enum step */
    uint8_t values; /* enum value */
    const char *why;
    const char *advice;
};

/* The first row that fits counts. dfu-protocol D.1 (codes) and D.5 (what provokes them). */
static const struct meaning meanings[] = {
    {OP_EXTENDED, 0x02, STEP_ANY, 0, "the request had the wrong format for it",
     "this bootloader may be of a newer kind than nordfu knows"},
    {OP_EXTENDED, 0x03, STEP_ANY, 0, "it does not know the command in the init packet",
     "build the package again with an ordinary init command"},
    {OP_EXTENDED, 0x04, STEP_ANY, VALUE_TYPE | VALUE_FW | VALUE_HW | VALUE_SIZE,
     "a field of the init packet is missing or makes no sense to it",
     "build the package again with a hardware version, a firmware version, a type and a size that "
     "is not 0"},
    {OP_EXTENDED, OP_EXTENDED_VERSION, STEP_ANY, VALUE_FW,
     "the package is older than what the device runs",
     "build it with a firmware version at least that of the device, higher for a bootloader"},
    {OP_EXTENDED, 0x06, STEP_ANY, VALUE_HW, "the package is made for other hardware",
     "build it with the hardware version that this bootloader was compiled for (--hw-version, "
     "usually 52)"},
    {OP_EXTENDED, 0x07, STEP_ANY, VALUE_SD | VALUE_FW,
     "the package does not accept the SoftDevice that the device has",
     "build it with --sd-req naming the FWID of that SoftDevice (0x00 only where there is none), "
     "or update the "
     "SoftDevice first"},
    {OP_EXTENDED, 0x08, STEP_ANY, VALUE_SIGNED, "it wants a signature and there is none",
     "sign the package with the private key whose public half is in the bootloader (--key-file)"},
    {OP_EXTENDED, 0x09, STEP_ANY, 0, "the init packet has no SHA-256 hash of the firmware",
     "build the package again with one"},
    {OP_EXTENDED, 0x0A, STEP_ANY, VALUE_SIZE, "it could not compute the hash of the firmware",
     "try again; if that doesn't help, the device's flash or bootloader is at fault"},
    {OP_EXTENDED, 0x0B, STEP_ANY, VALUE_SIGNED, "it does not know this type of signature",
     "sign the package with ECDSA on P-256 and SHA-256"},
    {OP_EXTENDED, 0x0C, STEP_ANY, VALUE_SIZE,
     "the firmware does not have the hash that the init packet promises, although every CRC was "
     "right",
     "build the package again from the image, padded to a multiple of 4 bytes"},
    {OP_EXTENDED, 0x0D, STEP_ANY, VALUE_SIZE, "the device has not enough flash for it",
     "make the image smaller, or use a bootloader that updates in a single bank"},
    {OP_EXTENDED, OP_EXTENDED_PRESENT, STEP_ANY, VALUE_FW,
     "the device has exactly this firmware already",
     "there is nothing to update; use another version to change it"},
    {OP_INVALID_OBJECT, 0, STEP_INIT, VALUE_SIGNED,
     "its signature does not fit the key in the bootloader, or it can't be decoded",
     "sign the package with the private key whose public half is in this device's bootloader "
     "(--key-file)"},
    {OP_INVALID_OBJECT, 0, STEP_FINAL, VALUE_SIGNED,
     "the signature for boot validation does not fit the key in the bootloader",
     "build the package again with the right key or another kind of boot validation"},
    {OP_NO_RESOURCES, 0, STEP_INIT_ROOM, VALUE_INIT_SIZE, "the init packet is too large for it",
     "build the package with fewer SoftDevice requirements"},
    {OP_NO_RESOURCES, 0, STEP_INIT | STEP_DATA_ROOM, VALUE_SIZE,
     "the device has not enough room for it",
     "make the image smaller, or use a bootloader that updates in a single bank"},
    {OP_NOT_PERMITTED, 0, STEP_DATA_ROOM, VALUE_SIZE,
     "it holds no accepted init packet, or the firmware is longer than that announced",
     "start the update again; if it fails in the same way, build the package again"},
    {OP_NOT_PERMITTED, 0, STEP_DATA | STEP_FINAL, VALUE_SIZE,
     "it does not hold all bytes of the object", "start the update again"},
    {OP_FAILED, 0, STEP_INIT, VALUE_HW | VALUE_FW | VALUE_SD | VALUE_SIGNED,
     "it does not say why; bootloaders of SDK 12 mean the hardware version, the SoftDevice or the "
     "firmware version by that, later ones a malformed signature",
     "compare the package's values with the device's; an ECDSA P-256 signature has 64 bytes"},
    {OP_INVALID_PARAMETER, 0, STEP_INIT_ROOM | STEP_DATA_ROOM, VALUE_SIZE | VALUE_INIT_SIZE,
     "it does not accept an object of this size",
     "build the package again; its image must not be empty"},
    {OP_NOT_SUPPORTED, 0, STEP_ANY, 0, "it does not know the operation",
     "check that the device runs a Secure DFU bootloader (SDK 12 or newer)"},
};

static enum step step_of(const struct refusal *refusal)
{
    bool command = refusal->request.object == OP_COMMAND;
    if (refusal->request.code == OP_CREATE)
        return command ? STEP_INIT_ROOM : STEP_DATA_ROOM;
    if (refusal->request.code != OP_EXECUTE)
        return STEP_OTHER;
    if (command)
        return STEP_INIT;
    return refusal->final ? STEP_FINAL : STEP_DATA;
}

static const char *step_name(enum step step)
{
    switch (step) {
    case STEP_INIT_ROOM:
        return "to receive the init packet";
    case STEP_INIT:
        return "the init packet";
    case STEP_DATA_ROOM:
        return "to receive the firmware";
    case STEP_DATA:
        return "a piece of the firmware";
    case STEP_FINAL:
        return "the complete firmware";
    default:
        return "a request";
    }
}

/* Answers whose reason the package gives away. D.5: where no SoftDevice is, a missing version has
 * the code of a SoftDevice that does not fit. SDK 13 knows no command that is not signed. */
static const struct meaning *find_special(const struct refusal *refusal,
                                          const struct nordfu_init_packet *init)
{
    static const struct meaning versionless = {
        OP_EXTENDED,
        0x07,
        STEP_ANY,
        VALUE_FW | VALUE_SD,
        "the package names no firmware version, or does not accept the SoftDevice that the device "
        "has",
        "build it with a firmware version, and with --sd-req naming the FWID of that SoftDevice "
        "(0x00 only where there is none)"};
    static const struct meaning unsigned_package = {
        OP_EXTENDED,
        0x03,
        STEP_ANY,
        VALUE_SIGNED,
        "it does not know the command in the init packet, most likely because the package is not "
        "signed",
        "sign the package with the private key whose public half is in the bootloader "
        "(--key-file)"};
    if (refusal->result != OP_EXTENDED)
        return NULL;
    if (refusal->extended == versionless.extended && !init->has_fw_version)
        return &versionless;
    return refusal->extended == unsigned_package.extended && !init->is_signed ? &unsigned_package
                                                                              : NULL;
}

static const struct meaning *find_meaning(const struct refusal *refusal, enum step step)
{
    static const struct meaning unknown = {0,
                                           0,
                                           STEP_ANY,
                                           0,
                                           "it gave no reason that nordfu knows",
                                           "run again with --trace FILE for the whole exchange"};
    uint8_t extended = refusal->result == OP_EXTENDED ? refusal->extended : 0;
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        const struct meaning *m = &meanings[i];
        if (m->result == refusal->result && m->extended == extended && (m->steps & step) != 0)
            return m;
    }
    return &unknown;
}

/* A short text that grows; what does not fit is cut. */
struct text {
    char bytes[256];
    size_t size;
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
add(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text->bytes + text->size, sizeof(text->bytes) - text->size, format, args);
    va_end(args);
    size_t room = sizeof(text->bytes) - text->size - 1;
    text->size += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room;
}

static void add_version(struct text *text, const char *what, bool has, uint32_t version)
{
    if (has)
        add(text, ", %s %" PRIu32, what, version);
    else
        add(text, ", no %s", what);
}

static void add_softdevices(struct text *text, const struct nordfu_init_packet *init)
{
    add(text, init->sd_req_count == 0 ? ", no SoftDevice requirement" : ", SoftDevice requirement");
    for (size_t i = 0; i < init->sd_req_count && i < NORDFU_MAX_SD_REQ; i++)
        add(text, "%s 0x%02" PRIX32, i == 0 ? "" : " or", init->sd_req[i]);
}

static void add_size(struct text *text, const char *what, uint32_t size)
{
    if (size != 0)
        add(text, ", %s of %" PRIu32 " bytes", what, size);
}

static void add_firmware(struct text *text, const char *what,
                         const struct device_firmware *firmware)
{
    if (firmware->known)
        add(text, ", %s version %" PRIu32 " (%" PRIu32 " bytes)", what, firmware->version,
            firmware->size);
}

/* 7002000 is 7.2.0. */
static void add_softdevice(struct text *text, const struct device_firmware *softdevice)
{
    uint32_t v = softdevice->version;
    if (softdevice->known)
        add(text, ", SoftDevice %" PRIu32 ".%" PRIu32 ".%" PRIu32, v / 1000000, v / 1000 % 1000,
            v % 1000);
}

static void add_device(struct text *text, const struct device_info *device, unsigned values)
{
    if (values & (VALUE_FW | VALUE_SIZE)) {
        add_firmware(text, "application", &device->application);
        add_firmware(text, "bootloader", &device->bootloader);
    }
    if (values & VALUE_SD)
        add_softdevice(text, &device->softdevice);
    if ((values & (VALUE_HW | VALUE_SIZE)) && device->knows_chip)
        add(text, ", chip nRF%" PRIX32 " with %" PRIu32 " KiB of flash", device->part,
            device->rom / 1024);
}

static void add_values(struct text *text, const struct nordfu_image *image, unsigned values)
{
    const struct nordfu_init_packet *init = &image->init;
    if (values & VALUE_TYPE)
        add(text, ", type %s", nordfu_image_type_name(init->type));
    if (values & VALUE_FW)
        add_version(text, "firmware version", init->has_fw_version, init->fw_version);
    if (values & VALUE_HW)
        add_version(text, "hardware version", init->has_hw_version, init->hw_version);
    if (values & VALUE_SD)
        add_softdevices(text, init);
    if (values & VALUE_INIT_SIZE)
        add_size(text, "init packet", (uint32_t)image->init_size);
    if (values & VALUE_SIZE) {
        add_size(text, "SoftDevice", init->sd_size);
        add_size(text, "bootloader", init->bl_size);
        add_size(text, "application", init->app_size);
        add_size(text, "image", (uint32_t)image->firmware_size);
    }
    if (values & VALUE_SIGNED)
        add(text, ", %s", init->is_signed ? "signed" : "not signed");
}

static const struct meaning *meaning_of(const struct refusal *refusal,
                                        const struct nordfu_init_packet *init)
{
    const struct meaning *meaning = find_special(refusal, init);
    return meaning != NULL ? meaning : find_meaning(refusal, step_of(refusal));
}

bool refusal_wants_device(const struct refusal *refusal)
{
    /* After the last object it resets. */
    const unsigned told = VALUE_FW | VALUE_HW | VALUE_SD | VALUE_SIZE;
    enum step step = step_of(refusal);
    return step != STEP_FINAL && (find_meaning(refusal, step)->values & told) != 0;
}

int refusal_explain(const struct refusal *refusal, const struct nordfu_image *image,
                    struct nordfu_error *error)
{
    const struct meaning *meaning = meaning_of(refusal, &image->init);
    bool extended = refusal->result == OP_EXTENDED;
    unsigned number = extended ? refusal->extended : refusal->result;
    struct text values = {0}, device = {0};
    add_values(&values, image, meaning->values);
    add_device(&device, &refusal->device, meaning->values);
    return nordfu_error_from(
        error, NORDFU_ERR_REFUSED,
        extended ? NORDFU_SPEAKER_DFU_EXTENDED : NORDFU_SPEAKER_DFU_RESULT, number,
        "The device refused %s: %s (%s answered %s 0x%02X, %s%s%s%s%s); %s.",
        step_name(step_of(refusal)), meaning->why, op_name(refusal->request.code),
        extended ? "extended error" : "result", number,
        extended ? op_extended_name(number) : op_result_name(number),
        values.size == 0 ? "" : "; the package: ", values.size == 0 ? "" : values.bytes + 2,
        device.size == 0 ? "" : "; the device: ", device.size == 0 ? "" : device.bytes + 2,
        meaning->advice);
}
