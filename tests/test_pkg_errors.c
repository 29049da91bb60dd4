/* SPDX-License-Identifier: MIT
 * What `pkg` refuses, against every refusal of the original tool that was recorded, and how it
 * reads numbers and versions. */
#include "package_vectors.h"

#include "nordfu/package.h"
#include "zip_builder.h"

/* ---- Refused command lines and files ---- */

/* Where we deliberately do otherwise, and what to look for in the crashes' better sentences. */
struct refusal {
    const char *id;
    int code;             /* our exit code */
    const char *sentence; /* a part of what is said */
};

static const struct refusal refusals[] = {
    /* The original names sd_req here. */
    {"e13", 2, "Error: Invalid value for sd_id: Please specify"},
    {"e47", 2, "Error: No such option: --application-v Did you mean --application"},
    {"e50", 2, "Error: No such option: --version"},
    /* Crashes over the values of options are usage errors. */
    {"e14", 2, "Error: Invalid value for sd_req: 'abc' is not a valid integer"},
    {"e15", 2, "Error: Invalid value for sd_req: ' 0x101' is not a valid integer"},
    {"e19", 2, "application-version-string: '1.2.x' is not made of three numbers"},
    {"e20", 2, "Error: Invalid value for '--hw-version': 4294967296 is not a valid integer"},
    {"e21", 2, "Error: Invalid value for '--hw-version': -1 is not a valid integer"},
    {"e42", 2, "Error: An image is required"},
    {"e43", 2, "Error: Invalid value for zigbee-manufacturer-id: Exceeds 2-byte long integer."},
    {"e35", 2, "Error: --key-file required with VALIDATE_ECDSA_P256_SHA256"},
    /* Trouble with the output has an exit code of its own. */
    {"e37", 10, "nodir/o.zip can't be written (No such file or directory): make the folder first."},
    /* All other crashes: exit code 1, and a sentence. */
    {"e22", 1, "in/no_such.hex can't be read (No such file or directory): check the path."},
    {"e23", 1, "in/empty.bin is empty"},
    {"e24", 1, "in/only_mbr.hex holds nothing for the flash"},
    {"e25", 1, "0x26010"},
    {"e26", 1, "checksum"},
    {"e27", 1, "in/bad_length.hex"},
    {"e28", 1, "in/bad_type.hex"},
    {"e29", 1, "in/bad_nocolon.hex"},
    {"e30", 1, "in/bad_twostart.hex"},
    {"e31", 1, "in/bad_ela.hex"},
    {"e34", 1, "in/garbage.pem is no private key in PEM form"},
    {"e51", 1, "no_such.zip can't be read (No such file or directory): check the path."},
    {"e52", 1, "in/app_raw.bin is not a zip file"},
    {"e54", 1, "x.zip holds no manifest.json"},
    {"e55", 1, "x.zip holds no file \"app_raw.dat\""},
    {"e56", 1, "app_raw.dat can't be decoded"},
    {"e57", 1, "manifest.json in x.zip is not valid JSON (line 1"},
    {"e59", 1, "app_raw.dat is empty"},
};

static const struct refusal *find_refusal(const char *id)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        if (strcmp(refusals[i].id, id) == 0)
            return &refusals[i];
    return NULL;
}

/* The x.zip of those cases: g01 with one thing wrong. */
static void make_broken_package(const char *id)
{
    struct zip_builder z = {0};
    struct buf dat = vectors_entry(VECTORS "pkg/g01.zip", "app_raw.dat");
    struct buf bin = vectors_entry(VECTORS "pkg/g01.zip", "app_raw.bin");
    struct buf manifest = vectors_entry(VECTORS "pkg/g01.zip", "manifest.json");
    struct zip_builder_file files[] = {
        {.name = "manifest.json", .bytes = manifest.data, .size = manifest.size},
        {.name = "app_raw.bin", .bytes = bin.data, .size = bin.size},
        {.name = "app_raw.dat", .bytes = dat.data, .size = dat.size},
    };
    if (strcmp(id, "e56") == 0)
        files[2].size -= 5;
    if (strcmp(id, "e59") == 0)
        files[2].size = 0;
    if (strcmp(id, "e57") == 0) {
        files[0].bytes = "{";
        files[0].size = 1;
    }
    for (size_t i = 0; i < 3; i++)
        if (!(i == 0 && strcmp(id, "e54") == 0) && !(i == 2 && strcmp(id, "e55") == 0))
            zip_builder_add(&z, &files[i]);
    zip_builder_end(&z);
    scratch_write("x.zip", z.zip.data, z.zip.size);
    zip_builder_free(&z);
    buf_free(&dat);
    buf_free(&bin);
    buf_free(&manifest);
}

static bool mentions(const json_t *entry, const char *text)
{
    size_t i;
    const json_t *word;
    json_array_foreach(json_object_get(entry, "args"), i, word)
    {
        if (strstr(json_string_value(word), text) != NULL)
            return true;
    }
    return false;
}

/* pkg, and what is wrong before a command is found. */
static bool is_ours(const json_t *entry)
{
    const char *first = json_string_value(json_array_get(json_object_get(entry, "args"), 0));
    return strcmp(first, "settings") != 0 && strcmp(first, "keys") != 0 &&
           strcmp(first, "zigbee") != 0;
}

/* Of a defective HEX file the line is named that the original names. */
static void check_line_number(const json_t *entry, const struct program *program)
{
    const char *crash = json_string_value(json_object_get(entry, "uncaught_exception"));
    const char *line = crash != NULL ? strstr(crash, " line ") : NULL;
    int ours = 0;
    if (line == NULL || strstr(crash, "intelhex") == NULL)
        return;
    const char *found = strstr(program->err, " line ");
    assert_non_null(found);
    assert_int_equal(sscanf(found, " line %d", &ours), 1);
    assert_int_equal(ours, atoi(line + strlen(" line ")));
}

/* One line of its own, or a usage message. */
static void check_form(const struct program *program)
{
    const char *error = strstr(program->err, "Error: ");
    assert_non_null(error);
    assert_true(program->code == 2 || error == program->err);
    assert_ptr_equal(strchr(error, '\n'), program->err + strlen(program->err) - 1);
    assert_string_equal(program->out, "");
}

/* Returns whether it was refused just as by the original. */
static bool check_refused(const json_t *entry)
{
    const char *id = vectors_string(entry, "id");
    const struct refusal *refusal = find_refusal(id);
    struct program program;
    if (mentions(entry, "x.zip"))
        make_broken_package(id);
    size_t before = scratch_count(false);
    program_run(&program, json_object_get(entry, "args"));
    assert_int_equal(scratch_count(false), before);
    check_form(&program);
    check_line_number(entry, &program);
    if (refusal == NULL) {
        assert_int_equal(program.code, vectors_number(entry, "exit_code"));
        assert_string_equal(program.err, vectors_string(entry, "stderr"));
        return true;
    }
    if (program.code != refusal->code || strstr(program.err, refusal->sentence) == NULL)
        fail_msg("%s: %d, not '%s': %s", id, program.code, refusal->sentence, program.err);
    return program.code == vectors_number(entry, "exit_code");
}

static void what_the_original_tool_refuses_is_refused(void **state)
{
    (void)state;
    json_t *root = vectors_load("package/errors.json"), *entry;
    size_t i, literal = 0, code = 0, otherwise = 0, untested = 0;
    json_array_foreach(json_object_get(root, "cases"), i, entry)
    {
        const char *id = vectors_string(entry, "id");
        if (!is_ours(entry))
            continue;
        if (strcmp(id, "e58") == 0) {
            print_message("not tested yet: %s (legacy)\n", id);
            untested++;
            continue;
        }
        bool alike = check_refused(entry);
        *(!alike ? &otherwise : find_refusal(id) == NULL ? &literal : &code) += 1;
    }
    print_message(
        "errors.json, pkg: %zu refused in the same words, %zu with the same exit code and "
        "a better sentence, %zu with another exit code, %zu not tested yet\n",
        literal, code, otherwise, untested);
    assert_int_equal(literal + code + otherwise, 58);
    assert_int_equal(otherwise, 9);
    assert_int_equal(untested, 1);
    json_decref(root);
}

/* ---- Numbers and versions ---- */

/* What Python's way of reading integers makes of typing errors is refused. */
static bool is_refused_here(const char *text)
{
    return strpbrk(text, "+-_ ") != NULL;
}

static uint32_t version_in(const char *zip)
{
    struct nordfu_package *package = NULL;
    assert_int_equal(nordfu_package_open(&package, zip, NULL), 0);
    uint32_t version = nordfu_package_image(package, 0)->init.fw_version;
    nordfu_package_free(&package);
    return version;
}

/* Runs it with `option` `text`. */
static void generate(struct program *program, bool debug, const char *option, const char *text)
{
    json_t *args = json_pack("[s, s, s, s, s, s, s, s, s, s, s]", "pkg", "generate", option, text,
                             "--hw-version", "52", "--sd-req", "0x100", "--application",
                             "in/app_4k.bin", "v.zip");
    assert_non_null(args);
    if (debug)
        json_array_insert_new(args, 2, json_string("--debug-mode"));
    unlink("v.zip");
    program_run(program, args);
    json_decref(args);
}

/* Returns whether it is as with the original. */
static bool check_number(const json_t *entry, bool debug, const char *option)
{
    const char *text = vectors_string(entry, "text");
    const json_t *error = json_object_get(entry, "error");
    bool accepted = vectors_number(entry, "exit_code") == 0 && !is_refused_here(text);
    struct program program;
    generate(&program, debug, option, text);
    if (program.code != (accepted ? 0 : 2))
        fail_msg("%s '%s': %d %s", option, text, program.code, program.err);
    if (accepted)
        assert_int_equal(version_in("v.zip"), vectors_number(entry, "fw_version"));
    else
        check_form(&program);
    if (error != NULL && strstr(program.err, json_string_value(error)) == NULL)
        fail_msg("not '%s': %s", json_string_value(error), program.err);
    return accepted || error != NULL;
}

static void check_numbers(const char *member, bool debug, const char *option, size_t expected,
                          size_t expected_alike)
{
    json_t *root = vectors_load("package/parsing.json"), *entry;
    size_t i, alike = 0;
    json_array_foreach(json_object_get(root, member), i, entry) alike +=
        check_number(entry, debug, option);
    print_message("parsing.json, %s: %zu of %zu alike, the others refused as usage errors\n",
                  member, alike, i);
    assert_int_equal(i, expected);
    assert_int_equal(alike, expected_alike);
    json_decref(root);
}

static void numbers_are_read_as_by_the_original_tool(void **state)
{
    (void)state;
    check_numbers("based_int", true, "--application-version", 29, 20);
}

static void version_strings_are_read_as_by_the_original_tool(void **state)
{
    (void)state;
    check_numbers("version_string", false, "--application-version-string", 20, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_original_tool_refuses_is_refused),
        cmocka_unit_test(numbers_are_read_as_by_the_original_tool),
        cmocka_unit_test(version_strings_are_read_as_by_the_original_tool),
    };
    return cmocka_run_group_tests_name("pkg_errors", tests, vectors_folder, vectors_folder_leave);
}
