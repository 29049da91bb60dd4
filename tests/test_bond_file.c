/* SPDX-License-Identifier: MIT
 * The bond store's file: whom it lets in, what is left of it when something goes wrong, and several
 * processes at once. */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "bond_sample.h"
#include "central/bond_file.h"

/* ---- The file system ---- */

static void file_and_folders_are_for_their_owner_only(void **state)
{
    (void)state;
    umask(0);
    struct nordfu_bond_store *store = open_store("a/b/bonds");
    assert_int_equal(nordfu_bond_store_keep(store, &sample, NULL), 0);
    assert_int_equal(scratch_mode("a"), 0700);
    assert_int_equal(scratch_mode("a/b"), 0700);
    assert_int_equal(scratch_mode("a/b/bonds"), 0600);
    assert_int_equal(scratch_mode("a/b/bonds.lock"), 0600);
    umask(0777);
    assert_int_equal(nordfu_bond_store_keep(store, &sample, NULL), 0);
    assert_int_equal(scratch_mode("a/b/bonds"), 0600);
    nordfu_bond_store_free(&store);
}

static void file_that_others_may_read_is_refused(void **state)
{
    (void)state;
    static const unsigned modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0666};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        put_file("bonds", WHOLE);
        chmod("bonds", modes[i]);
        assert_refused("bonds", "`chmod 600 bonds`");
        assert_file("bonds", WHOLE);
    }
}

static bool open_somebody_elses(void)
{
    struct nordfu_bond_store *store;
    struct nordfu_error error = {0};
    return nordfu_bond_store_open(&store, "/etc/passwd", &error) == NORDFU_ERR_SYSTEM &&
           strstr(error.text, "belongs to someone else (user 0)") != NULL;
}

static void file_of_somebody_else_is_refused(void **state)
{
    (void)state;
    scratch_as_nobody(open_somebody_elses);
}

static bool keep_fails(const char *path, int number)
{
    struct nordfu_bond_store *store = NULL;
    struct nordfu_error error = {0};
    bool fails = nordfu_bond_store_open(&store, path, &error) == 0 &&
                 nordfu_bond_store_keep(store, &sample, &error) == NORDFU_ERR_SYSTEM &&
                 error.speaker == NORDFU_SPEAKER_SYSTEM && error.detail == (uint32_t)number;
    nordfu_bond_store_free(&store);
    return fails;
}

/* That it will fail is known beforehand. */
static bool ready_fails(const char *path, int number)
{
    struct nordfu_bond_store *store = NULL;
    struct nordfu_error error = {0};
    bool fails = nordfu_bond_store_open(&store, path, &error) == 0 &&
                 nordfu_bond_store_ready(store, &error) == NORDFU_ERR_SYSTEM &&
                 error.speaker == NORDFU_SPEAKER_SYSTEM && error.detail == (uint32_t)number;
    nordfu_bond_store_free(&store);
    return fails;
}

static bool keep_in_closed_folder(void)
{
    return keep_fails("closed/bonds", EACCES) && keep_fails("closed/sub/bonds", EACCES) &&
           ready_fails("closed/bonds", EACCES) && ready_fails("closed/sub/bonds", EACCES);
}

static void folder_that_is_closed_is_said(void **state)
{
    (void)state;
    assert_int_equal(mkdir("closed", 0555), 0);
    scratch_as_nobody(keep_in_closed_folder);
}

/* A file may have 100 bytes: as good as a full disk. */
static bool keep_on_full_disk(void)
{
    const struct rlimit limit = {100, 100};
    struct nordfu_bond bond = sample;
    signal(SIGXFSZ, SIG_IGN);
    struct nordfu_bond_store *store = open_store("open/bonds");
    bond.peer.bytes[0] ^= 1;
    bond.has_identity = false;
    if (nordfu_bond_store_keep(store, &bond, NULL) != 0)
        return false;
    nordfu_bond_store_free(&store);
    size_t size;
    uint8_t *before = scratch_read("open/bonds", &size), *after;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || !keep_fails("open/bonds", EFBIG))
        return false;
    after = scratch_read("open/bonds", &size);
    bool same = memcmp(before, after, size) == 0 && size > 100;
    free(before);
    free(after);
    return same && access("open/bonds.new", F_OK) != 0;
}

static void full_disk_leaves_the_old_file(void **state)
{
    (void)state;
    assert_int_equal(mkdir("open", 0777), 0);
    assert_int_equal(chmod("open", 0777), 0);
    scratch_as_nobody(keep_on_full_disk);
}

static void what_an_interrupted_write_left_is_cleared_away(void **state)
{
    (void)state;
    put_file("bonds", WHOLE);
    put_file("bonds.new", "half a fi");
    struct nordfu_bond_store *store = open_store("bonds");
    assert_int_equal(nordfu_bond_store_count(store), 1);
    assert_int_equal(nordfu_bond_store_keep(store, &sample, NULL), 0);
    nordfu_bond_store_free(&store);
    assert_int_equal(access("bonds.new", F_OK), -1);
}

static void link_to_a_file_is_followed(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(mkdir("real", 0700), 0);
    put_file("real/store", WHOLE);
    assert_int_equal(symlink("real/store", "bonds"), 0);
    struct nordfu_bond_store *store = open_store("bonds");
    assert_int_equal(nordfu_bond_store_remove(store, NULL, NULL), 1);
    nordfu_bond_store_free(&store);
    assert_int_equal(lstat("bonds", &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_file("real/store", FIRST_LINE "end\n");
    assert_int_equal(unlink("real/store"), 0);
    assert_refused("bonds", "can't be found");
}

static void what_is_no_file_is_refused_at_once(void **state)
{
    (void)state;
    struct nordfu_bond_store *store;
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_refused("folder", "is no file");
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_refused("pipe", "is no file");
    put_file("file", WHOLE);
    assert_refused("file/bonds", "can't be read");
    assert_int_equal(nordfu_bond_store_open(&store, "", NULL), NORDFU_ERR_USAGE);
}

static void assert_default_path(const char *expected)
{
    struct nordfu_bond_store *store = open_store(NULL);
    assert_string_equal(nordfu_bond_store_path(store), expected);
    nordfu_bond_store_free(&store);
}

static void default_place_is_the_users_state_folder(void **state)
{
    struct scratch *scratch = *state;
    struct nordfu_bond_store *store;
    struct nordfu_error error = {0};
    char expected[128];
    setenv("XDG_STATE_HOME", "/nowhere/state", 1);
    setenv("HOME", scratch->folder, 1);
    assert_default_path("/nowhere/state/nordfu/bonds");
    snprintf(expected, sizeof(expected), "%s/.local/state/nordfu/bonds", scratch->folder);
    setenv("XDG_STATE_HOME", "", 1);
    assert_default_path(expected);
    setenv("XDG_STATE_HOME", "relative", 1);
    assert_default_path(expected);
    store = open_store(NULL);
    assert_int_equal(nordfu_bond_store_keep(store, &sample, NULL), 0);
    nordfu_bond_store_free(&store);
    assert_int_equal(scratch_mode(expected), 0600);
    unsetenv("HOME");
    assert_int_equal(nordfu_bond_store_open(&store, NULL, &error), NORDFU_ERR_USAGE);
    assert_non_null(strstr(error.text, "HOME"));
    assert_null(store);
}

/* ---- Several at once ---- */

/* Starts a child that runs `body`. */
static pid_t start(void (*body)(int argument), int argument)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        body(argument);
        _exit(0);
    }
    return child;
}

static void end(pid_t child, int expected)
{
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, expected);
}

enum { WRITERS = 6, EACH = 5 };

/* `lock`, if it is none, was inherited and would stay locked. */
static void keep_some(int lock)
{
    if (lock >= 0)
        bond_file_unlock(lock);
    struct nordfu_bond_store *store = open_store("bonds");
    struct nordfu_bond bond = sample;
    bond.has_identity = false;
    for (int i = 0; i < EACH; i++) {
        bond.peer.bytes[0] = (uint8_t)getpid();
        bond.peer.bytes[2] = (uint8_t)(getpid() >> 8);
        bond.peer.bytes[1] = (uint8_t)i;
        if (nordfu_bond_store_keep(store, &bond, NULL) != 0)
            _exit(1);
    }
    nordfu_bond_store_free(&store);
}

static void several_writers_lose_nothing(void **state)
{
    (void)state;
    pid_t children[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        children[i] = start(keep_some, -1);
    for (int i = 0; i < WRITERS; i++)
        end(children[i], 0);
    struct nordfu_bond_store *store = open_store("bonds");
    assert_int_equal(nordfu_bond_store_count(store), WRITERS * EACH);
    nordfu_bond_store_free(&store);
}

static void keep_forever(int number)
{
    struct nordfu_bond_store *store = open_store("bonds");
    struct nordfu_bond bond = sample;
    bond.has_identity = false;
    (void)number;
    for (unsigned i = 0;; i++) {
        bond.peer.bytes[0] = (uint8_t)(i % 40);
        if (nordfu_bond_store_keep(store, &bond, NULL) != 0)
            _exit(1);
    }
}

static void writer_killed_at_any_moment_leaves_a_whole_file(void **state)
{
    (void)state;
    for (int round = 0; round < 25; round++) {
        pid_t child = start(keep_forever, 0);
        usleep(1000 + (unsigned)(round * 977) % 5000);
        assert_int_equal(kill(child, SIGKILL), 0);
        end(child, SIGKILL);
        struct nordfu_bond_store *store = open_store("bonds");
        assert_true(nordfu_bond_store_count(store) <= 40);
        assert_int_equal(nordfu_bond_store_keep(store, &sample, NULL), 0);
        nordfu_bond_store_free(&store);
    }
}

static void lock_is_waited_for(void **state)
{
    (void)state;
    struct nordfu_error error = {0};
    int lock = bond_file_lock("bonds", 0, NULL);
    assert_true(lock >= 0);
    assert_int_equal(bond_file_lock("bonds", 30000, &error), NORDFU_ERR_SYSTEM);
    assert_int_equal(error.detail, EWOULDBLOCK);
    assert_non_null(strstr(error.text, "in use by another process"));
    pid_t child = start(keep_some, lock);
    usleep(50000);
    assert_int_equal(access("bonds", F_OK), -1);
    bond_file_unlock(lock);
    end(child, 0);
    struct nordfu_bond_store *store = open_store("bonds");
    assert_int_equal(nordfu_bond_store_count(store), EACH);
    nordfu_bond_store_free(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(file_and_folders_are_for_their_owner_only),
        STORE_TEST(file_that_others_may_read_is_refused),
        STORE_TEST(file_of_somebody_else_is_refused),
        STORE_TEST(folder_that_is_closed_is_said),
        STORE_TEST(full_disk_leaves_the_old_file),
        STORE_TEST(what_an_interrupted_write_left_is_cleared_away),
        STORE_TEST(link_to_a_file_is_followed),
        STORE_TEST(what_is_no_file_is_refused_at_once),
        STORE_TEST(default_place_is_the_users_state_folder),
        STORE_TEST(several_writers_lose_nothing),
        STORE_TEST(writer_killed_at_any_moment_leaves_a_whole_file),
        STORE_TEST(lock_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
