/* SPDX-License-Identifier: MIT
 * The bond store's file as text. */
#include "test.h"

#include "bond_sample.h"
#include "central/bond_text.h"

static void file_looks_as_documented(void **state)
{
    (void)state;
    struct bond_list *list = calloc(1, sizeof(*list));
    char text[BOND_TEXT_SIZE(2) + 1];
    list->entries[0] = (struct nordfu_bond_entry){sample, MARCH};
    list->entries[1] = list->entries[0];
    list->entries[1].bond.has_identity = false;
    list->count = 2;
    text[bond_text_encode(list, text)] = '\0';
    assert_string_equal(text, FIRST_LINE LINE ID "\n" LINE "\nend\n");
    free(list);
}

static void longest_line_fits(void **state)
{
    (void)state;
    struct bond_list *list = calloc(1, sizeof(*list));
    char text[BOND_TEXT_SIZE(1)];
    struct nordfu_bond_entry *entry = &list->entries[0];
    *entry = (struct nordfu_bond_entry){sample, INT64_MAX};
    entry->bond.peer.type = entry->bond.own.type = entry->bond.identity.type =
        NORDFU_ADDRESS_RANDOM_NON_RESOLVABLE;
    list->count = 1;
    size_t size = bond_text_encode(list, text);
    struct bond_text_defect defect;
    assert_true(bond_text_decode(list, text, size, &defect));
    assert_true(size < BOND_TEXT_LINE);
    assert_true(NORDFU_MAX_BONDS * BOND_TEXT_LINE < BOND_TEXT_MAX);
    free(list);
}

static void times_are_read_as_they_are_written(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *text;
    } times[] = {
        {0, "1970-01-01T00:00:00Z"},
        {86399, "1970-01-01T23:59:59Z"},
        {951782400, "2000-02-29T00:00:00Z"},
        {MARCH, "2026-03-01T12:00:00Z"},
        {1735689599, "2024-12-31T23:59:59Z"},
        {4107542400, "2100-03-01T00:00:00Z"},
        {253402300799, "9999-12-31T23:59:59Z"},
    };
    char text[BOND_TEXT_TIME], file[512];
    struct bond_list *list = calloc(1, sizeof(*list));
    struct bond_text_defect defect;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        bond_text_time(times[i].seconds, text);
        assert_string_equal(text, times[i].text);
        int size = snprintf(file, sizeof(file), FIRST_LINE LINE_AT("%s") "\nend\n", text);
        assert_true(bond_text_decode(list, file, (size_t)size, &defect));
        assert_int_equal(list->entries[0].created, times[i].seconds);
    }
    bond_text_time(-1, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    bond_text_time(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    free(list);
}

/* LINE with `what` replaced by `by`. */
static const char *with(const char *what, const char *by)
{
    static char text[1024];
    const char *at = strstr(WHOLE, what);
    assert_non_null(at);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - WHOLE), WHOLE, by, at + strlen(what));
    return text;
}

static const struct {
    const char *what, *by, *words;
} damages[] = {
    {"nordfu", "nordic", "line 1 is not the beginning of a list of bonds"},
    {"bonds 1", "bonds 2", "line 1 names a version that is not known here"},
    {"bonds 1", "bonds 10", "line 1 names a version"},
    {"bonds 1\n", "bonds 1\n\n", "line 2 holds something that is no name=value"},
    {"end\n", "", "line 3 is missing"},
    {"end\n", "end", "line 3 is too long or cut off"},
    {"end\n", "END\n", "line 3 holds something"},
    {"end\n", "end\n\n", "line 4 stands behind the end"},
    {"end\n", "end\nend\n", "line 4 stands behind the end"},
    {"created=", "# created=", "line 2 holds something"},
    {" peer", "  peer", "line 2 holds something"},
    {" peer", "\tpeer", "line 2 has a bad created"},
    {"no identity", "no  identity", "line 2 holds something"},
    {"\nend", "\r\nend", "line 2 has a bad irk"},
    {"2026-03-01T12", "2026-02-29T12", "line 2 has a bad created"},
    {"2026-03-01T12", "2026-03-01T24", "has a bad created"},
    {"2026-03-01T12", "2026-13-01T12", "has a bad created"},
    {"2026-03-01T12", "2026-03-00T12", "has a bad created"},
    {"2026-03-01T12", "1969-03-01T12", "has a bad created"},
    {"2026-03-01T12", "2026-03-01 12", "has a bad created"},
    {"12:00:00Z", "12:00:00", "has a bad created"},
    {"12:00:00Z", "12:60:00Z", "has a bad created"},
    {"12:00:00Z", "12:00:-1Z", "has a bad created"},
    {"peer=DE:06", "peer=de:06", "has a bad peer"},
    {"peer=DE:06", "peer=DE06:", "has a bad peer"},
    {"peer=DE:06", "peer=DE:", "has a bad peer"},
    {"/static own", " own", "has a bad peer"},
    {"/static own", "/ own", "has a bad peer"},
    {"/static own", "/dynamic own", "has a bad peer"},
    {"own=C6", "own=G6", "has a bad own"},
    {"ltk=a0", "ltk=A0", "has a bad ltk"},
    {"ltk=a0", "ltk=a", "has a bad ltk"},
    {"ltk=a0", "ltk=a000", "has a bad ltk"},
    {"size=16", "size=17", "has a bad size"},
    {"size=16", "size=6", "has a bad size"},
    {"size=16", "size=", "has a bad size"},
    {"size=16", "size=0016", "has a bad size"},
    {"size=16", "size=-9", "has a bad size"},
    {"ediv=1234", "ediv=12345", "has a bad ediv"},
    {"rand=b0", "rand=", "has a bad rand"},
    {"lesc=no", "lesc=maybe", "has a bad lesc"},
    {"lesc=no", "lesc=no lesc=no", "says something twice"},
    {"lesc=no", "lesk=no", "says something unknown"},
    {" lesc=no", "", "lacks lesc"},
    {" size=16", "", "lacks size"},
    {" irk=9b7d390aa610103405adc857a33402ec", "", "lacks irk"},
    {" identity=E6:25:24:23:22:21/public", "", "lacks identity"},
};

static void everything_else_is_refused_and_left_alone(void **state)
{
    (void)state;
    struct nordfu_bond_store *store = open_store("bonds");
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        const char *text = with(damages[i].what, damages[i].by);
        struct nordfu_error error = {0};
        put_file("bonds", text);
        assert_refused("bonds", damages[i].words);
        assert_int_equal(nordfu_bond_store_keep(store, &sample, &error), NORDFU_ERR_SYSTEM);
        assert_int_equal(nordfu_bond_store_remove(store, NULL, &error), NORDFU_ERR_SYSTEM);
        assert_file("bonds", text);
        assert_null(strstr(error.text, "a0a1")); /* tells no key */
    }
    nordfu_bond_store_free(&store);
}

static void empty_or_binary_or_endless_files_are_refused(void **state)
{
    (void)state;
    static char large[BOND_TEXT_MAX + 1];
    put_file("bonds", "");
    assert_refused("bonds", "line 1 is missing");
    scratch_write("bonds", FIRST_LINE "\0\nend\n", sizeof(FIRST_LINE "\0\nend\n") - 1);
    assert_refused("bonds", "line 2 is too long or cut off");
    memset(large, 'a', sizeof(large));
    scratch_write("bonds", large, sizeof(large) - 1);
    assert_refused("bonds", "line 1 is too long");
    scratch_write("bonds", large, sizeof(large));
    assert_refused("bonds", "too large (1048577 bytes");
    memset(large, 0, sizeof(large));
    char *at = stpcpy(large, FIRST_LINE);
    for (int i = 0; i <= NORDFU_MAX_BONDS; i++)
        at = stpcpy(at, LINE "\n");
    put_file("bonds", strcat(large, "end\n"));
    assert_refused("bonds", "line 1026 is one too many");
}

static void fields_may_come_in_any_order(void **state)
{
    (void)state;
    put_file("bonds",
             FIRST_LINE "irk=9b7d390aa610103405adc857a33402ec authenticated=yes lesc=no "
                        "rand=b0b1b2b3b4b5b6b7 ediv=1234 size=16 "
                        "ltk=a0a1a2a3a4a5a6a7a8a9aaabacadaeaf identity=E6:25:24:23:22:21/public "
                        "own=C6:05:04:03:02:01/static peer=DE:06:3B:97:4C:D8/static "
                        "created=2026-03-01T12:00:00Z\nend\n");
    struct nordfu_bond_store *store = open_store("bonds");
    struct nordfu_bond expected = sample;
    expected.authenticated = true;
    assert_bond(&nordfu_bond_store_get(store, 0)->bond, &expected);
    nordfu_bond_store_free(&store);
}

static void cut_off_file_is_never_taken_for_a_whole_one(void **state)
{
    (void)state;
    static const char text[] = FIRST_LINE LINE "\n" LINE ID "\nend\n";
    struct bond_list *list = calloc(1, sizeof(*list));
    struct bond_text_defect defect;
    for (size_t size = 0; size < sizeof(text) - 1; size++) {
        char *exact = malloc(size + 1); /* so that reading on is noticed */
        memcpy(exact, text, size);
        char *copy = realloc(exact, size > 0 ? size : 1);
        assert_false(bond_text_decode(list, copy, size, &defect));
        assert_in_range(defect.line, 1, 4);
        assert_non_null(defect.what);
        free(copy);
    }
    assert_true(bond_text_decode(list, text, sizeof(text) - 1, &defect));
    assert_int_equal(list->count, 2);
    free(list);
}

static void damaged_bytes_are_refused_or_harmless(void **state)
{
    (void)state;
    static const char text[] = WHOLE;
    struct bond_list *list = calloc(1, sizeof(*list));
    struct bond_text_defect defect;
    uint32_t seed = 1;
    unsigned refused = 0;
    for (int round = 0; round < 20000; round++) {
        char copy[sizeof(text)];
        memcpy(copy, text, sizeof(text));
        for (int flips = 0; flips < 1 + round % 4; flips++) {
            seed = seed * 1664525u + 1013904223u;
            copy[(seed >> 8) % (sizeof(text) - 1)] = (char)(seed >> 24);
        }
        if (!bond_text_decode(list, copy, sizeof(text) - 1, &defect))
            refused++;
        else
            assert_int_equal(list->count, 1);
    }
    assert_in_range(refused, 15000, 20000);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(file_looks_as_documented),
        STORE_TEST(longest_line_fits),
        STORE_TEST(times_are_read_as_they_are_written),
        STORE_TEST(everything_else_is_refused_and_left_alone),
        STORE_TEST(empty_or_binary_or_endless_files_are_refused),
        STORE_TEST(fields_may_come_in_any_order),
        STORE_TEST(cut_off_file_is_never_taken_for_a_whole_one),
        STORE_TEST(damaged_bytes_are_refused_or_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
