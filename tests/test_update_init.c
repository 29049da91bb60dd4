/* SPDX-License-Identifier: MIT
 * Every init packet problem that a bootloader answers (dfu-protocol.md D.5), from the client's
 * sentence over the air to the device's verdict: what nordfu says of the package, what it says when
 * the device refuses, and that the device keeps what it had and takes a good package afterwards. */
#include "refused_bench.h"

#define RESULT(code)   NORDFU_SPEAKER_DFU_RESULT, code
#define EXTENDED(code) NORDFU_SPEAKER_DFU_EXTENDED, code
#define INIT           "The device refused the init packet: "
#define FINAL          "The device refused the complete firmware: "
#define ROOM           (0xF8000u - 0x27000u) /* between SoftDevice and bootloader */

static const struct refused_row rows[] = {
    /* Signature */
    {"wrong key",
     {.defects = WRONG_KEY},
     0,
     0,
     NULL,
     RESULT(0x05),
     INIT "its signature does not",
     "the package: signed",
     "private key whose public half"},
    {"r and s not byte-reversed",
     {.defects = NOT_REVERSED},
     0,
     0,
     NULL,
     RESULT(0x05),
     INIT "its signature does not",
     "the package: signed",
     "private key whose public half"},
    {"signature of 63 bytes",
     {.signature_size = 63},
     0,
     0,
     "not 64 bytes long",
     RESULT(0x0A),
     INIT "it does not say why",
     "signed)",
     "has 64 bytes"},
    {"signature of 65 bytes",
     {.signature_size = 65},
     0,
     0,
     "can't be decoded",
     RESULT(0x05),
     INIT,
     "can't be decoded",
     "sign the package"},
    {"unsigned",
     {.defects = UNSIGNED},
     0,
     0,
     NULL,
     EXTENDED(0x08),
     INIT "it wants a signature",
     "the package: not signed",
     "--key-file"},
    {"signature type 1",
     {.signature_type = 1},
     0,
     0,
     "a signature of type 1",
     EXTENDED(0x0B),
     INIT "it does not know this type of signature",
     "signed",
     "ECDSA on P-256"},
    {"unsigned bootloader for a bootloader that takes any application",
     {.type = 2, .fw = 4, .defects = UNSIGNED},
     ANY_SIGNATURE,
     0,
     NULL,
     EXTENDED(0x08),
     INIT "it wants a signature",
     "not signed",
     "--key-file"},
    {"signature type 1 where none is checked",
     {.signature_type = 1},
     ANY_SIGNATURE,
     0,
     "a signature of type 1",
     EXTENDED(0x0B),
     INIT,
     "signed",
     "ECDSA on P-256"},
    /* Encoding */
    {"bad protobuf",
     {.defects = TRUNCATED},
     0,
     0,
     "can't be decoded",
     RESULT(0x05),
     INIT,
     "can't be decoded",
     "sign the package"},
    {"command and signed command",
     {.defects = BOTH},
     0,
     0,
     "both a signed and an unsigned",
     RESULT(0x05),
     INIT,
     "can't be decoded",
     "sign the package"},
    {"17 sd_req",
     {.sd_reqs = 17},
     0,
     0,
     "can't be decoded",
     RESULT(0x05),
     INIT,
     "can't be decoded",
     "sign the package"},
    {"hash of 33 bytes",
     {.hash_size = 33},
     0,
     0,
     "can't be decoded",
     RESULT(0x05),
     INIT,
     "can't be decoded",
     "sign the package"},
    /* Fields */
    {"hw version missing",
     {.defects = NO_HW},
     0,
     0,
     "names no hardware version",
     EXTENDED(0x04),
     INIT "a field",
     "no hardware version",
     "with a hardware version"},
    {"hw version wrong",
     {.hw = 51},
     0,
     0,
     NULL,
     EXTENDED(0x06),
     INIT "the package is made for",
     "hardware version 51",
     "--hw-version"},
    {"type missing",
     {.defects = NO_TYPE},
     0,
     0,
     "what kind of image",
     EXTENDED(0x04),
     INIT "a field",
     "application of 9000 bytes",
     "a type"},
    {"type unknown",
     {.type = 5},
     0,
     0,
     "a kind of image that",
     EXTENDED(0x04),
     INIT "a field",
     "type unknown image",
     "a type"},
    {"type external application",
     {.type = 4},
     0,
     0,
     NULL,
     EXTENDED(0x04),
     INIT "a field",
     "type external application",
     "a type"},
    {"size missing",
     {.defects = NO_SIZE},
     0,
     0,
     "announces 0",
     EXTENDED(0x04),
     INIT "a field",
     "image of 9000 bytes",
     "a size that is not 0"},
    {"size 0",
     {.defects = ZERO_SIZE},
     0,
     0,
     "announces 0",
     EXTENDED(0x04),
     INIT "a field",
     "image of 9000 bytes",
     "a size that is not 0"},
    {"hash missing",
     {.defects = NO_HASH},
     0,
     0,
     "holds no SHA-256",
     EXTENDED(0x09),
     INIT "the init packet has no SHA-256",
     "",
     "with one"},
    {"hash not SHA-256",
     {.hash_type = 1},
     0,
     0,
     "holds no SHA-256",
     EXTENDED(0x09),
     INIT "the init packet has no SHA-256",
     "",
     "with one"},
    /* SoftDevice */
    {"sd_req mismatch",
     {.sd_req = 0xCB},
     0,
     0,
     NULL,
     EXTENDED(0x07),
     INIT "the package does not",
     "SoftDevice requirement 0xCB",
     "--sd-req"},
    {"several sd_req, none fits",
     {.sd_req = 0xB0, .sd_reqs = 3},
     0,
     0,
     NULL,
     EXTENDED(0x07),
     INIT "the package does not",
     "SoftDevice requirement 0xB0 or 0xB1 or 0xB2",
     "--sd-req"},
    {"sd_req absent",
     {.defects = NO_SD_REQ},
     0,
     0,
     NULL,
     EXTENDED(0x07),
     INIT "the package does not",
     "no SoftDevice requirement",
     "--sd-req"},
    {"sd_req 0 with a SoftDevice",
     {.defects = SD_REQ_ZERO},
     0,
     0,
     NULL,
     EXTENDED(0x07),
     INIT "the package does not",
     "SoftDevice requirement 0x00",
     "--sd-req"},
    {"sd_req not 0 without a SoftDevice",
     {.sd_req = 0xCA},
     NO_SOFTDEVICE,
     0,
     NULL,
     EXTENDED(0x07),
     INIT "the package does not",
     "SoftDevice requirement 0xCA",
     "0x00 only where there is none"},
    /* Version */
    {"version lower",
     {.fw = 4},
     VERSION_5,
     0,
     NULL,
     EXTENDED(0x05),
     INIT "the package is older",
     "firmware version 4",
     "at least that of the device"},
    {"version missing without a SoftDevice",
     {.defects = NO_FW | SD_REQ_ZERO},
     NO_SOFTDEVICE,
     0,
     NULL,
     EXTENDED(0x07),
     INIT "the package names no firmware version",
     "no firmware version",
     "with a firmware version"},
    {"version missing",
     {.defects = NO_FW},
     0,
     0,
     NULL,
     EXTENDED(0x04),
     INIT "a field",
     "no firmware version",
     "a firmware version"},
    {"bootloader equal",
     {.type = 2, .fw = 3},
     0,
     0,
     NULL,
     EXTENDED(0x05),
     INIT "the package is older",
     "firmware version 3",
     "higher for a bootloader"},
    {"bootloader lower",
     {.type = 2, .fw = 2},
     0,
     0,
     NULL,
     EXTENDED(0x05),
     INIT "the package is older",
     "firmware version 2",
     "higher for a bootloader"},
    {"bootloader without version",
     {.type = 2, .defects = NO_FW},
     0,
     0,
     "names no firmware version",
     EXTENDED(0x04),
     INIT "a field",
     "no firmware version",
     "a firmware version"},
    /* Space */
    {"too large by four bytes",
     {0},
     0,
     ROOM + 4,
     NULL,
     RESULT(0x04),
     INIT "the device has not",
     "application of 856068 bytes",
     "smaller"},
    {"too large as announced",
     {.size = ROOM + 4},
     0,
     0,
     "announces 856068",
     RESULT(0x04),
     INIT "the device has not",
     "application of 856068 bytes",
     "smaller"},
    {"bootloader larger than its region",
     {.type = 2, .fw = 4},
     0,
     0x6004,
     NULL,
     RESULT(0x04),
     INIT "the device has not",
     "bootloader of 24580 bytes",
     "smaller"},
    /* The end. With two banks the old application is still there; with one it was overwritten, and
     * the device waits in its bootloader. */
    {"hash of other firmware",
     {0},
     OTHER_FIRMWARE,
     0,
     "does not have the SHA-256",
     EXTENDED(0x0C),
     FINAL "the firmware does not have the hash",
     "application of 9000 bytes",
     "again"},
    {"hash of other firmware in a single bank",
     {0},
     OTHER_FIRMWARE | SINGLE_BANK | OLD_IS_LOST,
     0,
     "does not have the SHA-256",
     EXTENDED(0x0C),
     FINAL "the firmware does not have the hash",
     "application of 9000 bytes",
     "again"},
    {"hash of 20 bytes",
     {.hash_size = 20},
     0,
     0,
     "holds no SHA-256",
     EXTENDED(0x0C),
     FINAL,
     "application of 9000 bytes",
     "again"},
    {"size no multiple of four",
     {0},
     0,
     9002,
     "not a multiple of 4",
     EXTENDED(0x0C),
     FINAL,
     "application of 9002 bytes",
     "padded to a multiple of 4"},
    {"wrong signature for boot validation",
     {.validation = 4},
     0,
     0,
     NULL,
     RESULT(0x05),
     FINAL "the signature for boot validation",
     "signed",
     "boot validation"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct fixture_files files;

/* What the device ran before. */
struct before {
    struct bootloader_image image;
    uint8_t *bytes;
};

static struct before look(const struct fixture *f)
{
    struct before before;
    sim_device_installed(f->device, &before.image);
    assert_true(before.image.valid);
    before.bytes = test_malloc(before.image.size);
    memcpy(before.bytes, sim_device_image_bytes(f->device), before.image.size);
    return before;
}

/* After the final Execute the device restarts, refused or not; after an init packet it waits for
 * another. */
static void assert_as_before(struct fixture *f, const struct refused_row *row,
                             const struct before *before)
{
    struct bootloader_image now;
    bool restarts = strncmp(row->what, FINAL, strlen(FINAL)) == 0 && !(row->unlike & OLD_IS_LOST);
    assert_true(sim_settle(f->world, &f->device, 1, 60 * NORDFU_SECOND));
    if (sim_device_mode(f->device) != (restarts ? SIM_MODE_APPLICATION : SIM_MODE_BOOTLOADER))
        fail_msg("%s: the device runs its %s", row->name, restarts ? "bootloader" : "application");
    sim_device_installed(f->device, &now);
    if (now.valid != !(row->unlike & OLD_IS_LOST))
        fail_msg("%s: the application is %s", row->name, now.valid ? "valid" : "lost");
    if (!now.valid)
        return;
    assert_int_equal(now.version, before->image.version);
    assert_int_equal(now.size, before->image.size);
    assert_memory_equal(sim_device_image_bytes(f->device), before->bytes, now.size);
}

static void assert_refused(const struct fixture *f, const struct refused_row *row, int run)
{
    const struct nordfu_error *e = &f->error;
    if (f->rc != NORDFU_ERR_REFUSED || e->speaker != row->speaker || e->detail != row->detail)
        fail_msg("%s, run %d: %d, %d, %02X: %s", row->name, run, f->rc, e->speaker, e->detail,
                 e->text);
    /* A whole sentence, not one that was cut. */
    if (strstr(e->text, row->what) == NULL || strstr(e->text, row->value) == NULL ||
        strstr(e->text, row->advice) == NULL || e->text[strlen(e->text) - 1] != '.')
        fail_msg("%s, run %d: %s", row->name, run, e->text);
    assert_null(fixture_event(f, NORDFU_EVENT_DONE));
    bool at_the_end = strncmp(row->what, FINAL, strlen(FINAL)) == 0;
    const char *stays = at_the_end ? "The device restarts" : "The device stays in its bootloader";
    if (strstr(f->notes, stays) == NULL)
        fail_msg("%s, run %d: %s", row->name, run, f->notes);
}

/* Left alone, the bootloader gives up waiting and starts the application, if there is one. */
static void leave_alone(struct fixture *f, const struct refused_row *row)
{
    sim_run_until(f->world, sim_now(f->world) + 130 * NORDFU_SECOND);
    if (sim_device_mode(f->device) !=
        (row->unlike & OLD_IS_LOST ? SIM_MODE_BOOTLOADER : SIM_MODE_APPLICATION))
        fail_msg("%s: left alone, the device runs something else", row->name);
}

/* Two attempts with the bad image: the bootloader may have kept something of the first. */
static void refuse_twice(struct fixture *f, const struct refused_row *row, const char *path)
{
    char first[sizeof(f->error.text)];
    struct refused_image made = refused_image(row);
    made.image.init_bytes = made.packet.bytes;
    made.image.init_size = made.packet.size;
    refused_write(path, row, &made);
    struct nordfu_package *bad = refused_open(path, row);
    struct nordfu_package *good = f->package;
    struct before before = look(f);
    for (int run = 0; run < 2; run++) {
        f->package = bad;
        fixture_target(f);
        if (bad != NULL)
            fixture_update(f);
        else
            refused_update(f, &made.image);
        assert_refused(f, row, run);
        assert_as_before(f, row, &before);
        if (run == 0)
            strcpy(first, f->error.text);
        assert_string_equal(f->error.text, first);
    }
    f->package = good;
    nordfu_package_free(&bad);
    test_free(made.firmware);
    test_free(before.bytes);
}

static void check_row(const struct refused_row *row, bool alone)
{
    struct fixture f;
    char path[128];
    snprintf(path, sizeof(path), "%s/bad.zip", files.folder);
    refused_make_good(files.package, row);
    fixture_init(&f, &files);
    refused_device(&f, row);
    fixture_build(&f);
    refuse_twice(&f, row, path);
    if (alone)
        leave_alone(&f, row);
    fixture_target(&f);
    fixture_update(&f);
    fixture_assert_updated(&f);
    fixture_free(&f);
    unlink(path);
}

static void every_problem_reaches_the_user_and_harms_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        check_row(&rows[i], false);
    print_message("checked %zu init packets, twice each\n", ROWS);
}

static void a_device_left_alone_runs_its_application_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        check_row(&rows[i], true);
}

/* The rows can fail: without its defect every one of their packages is taken. */
static void a_sound_packet_is_taken_either_way(void **state)
{
    (void)state;
    struct refused_row row = {.recipe = {.fw = 2}};
    struct refused_image made = refused_image(&row);
    made.image.init_bytes = made.packet.bytes;
    made.image.init_size = made.packet.size;
    refused_write(files.package, &row, &made);
    for (int direct = 0; direct < 2; direct++) {
        struct fixture f;
        fixture_init(&f, &files);
        refused_device(&f, &row);
        fixture_build(&f);
        if (direct)
            refused_update(&f, &made.image);
        else
            fixture_update(&f);
        fixture_assert_updated(&f);
        fixture_free(&f);
    }
    test_free(made.firmware);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(files.folder, sizeof(files.folder), "/tmp/nordfu-test-XXXXXX");
    if (mkdtemp(files.folder) == NULL)
        return -1;
    snprintf(files.package, sizeof(files.package), "%s/good.zip", files.folder);
    memcpy(files.public_key, bench_public, sizeof(bench_public));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(files.package);
    return rmdir(files.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_problem_reaches_the_user_and_harms_nothing),
        cmocka_unit_test(a_device_left_alone_runs_its_application_again),
        cmocka_unit_test(a_sound_packet_is_taken_either_way),
    };
    return cmocka_run_group_tests_name("update_init", tests, set_up, tear_down);
}
