/* SPDX-License-Identifier: MIT
 * Images of every kind in any order, sound and odd, with power cuts at any time: the bootloader is
 * always there, and nothing is written where it does not belong. */
#include "sim_boot.h"

#include "sim/sd_info.h"

enum { IMAGE_MAX = 0x41000, GUARD = 0x1000 };

struct kind {
    const char *profile, *chip;
};

static const struct kind kinds[] = {
    {"sdk12", "nrf51"},    {"sdk12", "nrf52832"}, {"sdk13", "nrf52832"}, {"sdk14", "nrf52840"},
    {"sdk15", "nrf52832"}, {"sdk16", "nrf52840"}, {"sdk17", "nrf52840"},
};

struct fixture {
    struct bench bench;
    struct sim_world *dice; /* of its own, so that the bench's times don't matter */
    uint8_t *image;
    uint32_t installed, cuts, taken;
    uint32_t version, crc; /* of the bootloader, as last seen */
};

static uint32_t roll(struct fixture *f, uint32_t sides)
{
    return sim_random(f->dice, sides);
}

/* Sizes around those that matter: nothing, a page, what fits, a bit more. */
static uint32_t roll_size(struct fixture *f)
{
    static const uint32_t sizes[] = {4, 1024, 4096, 4100, 0x3000, 0x5000, 0x6000, 0x20000};
    return sizes[roll(f, 8)] + 4 * roll(f, 200);
}

static void roll_softdevice(struct fixture *f, uint32_t size)
{
    struct bootloader_versions versions;
    bootloader_get_versions(f->bench.boot, &versions);
    const struct sd_info *old = sd_info_known(versions.softdevice);
    struct sd_info info = old ? *old : (struct sd_info){0x26000, 0xB7, 132, 6001001};
    info.fwid = (uint16_t)roll(f, 0x10000);
    info.version += roll(f, 4) == 0 ? 1000000 : 1000;
    if (roll(f, 3) == 0)
        info.end = roll(f, 3) == 0 ? roll(f, UINT32_MAX) : 0x20000 + 0x1000 * roll(f, 0xE0);
    if (roll(f, 5) != 0 && size >= SD_INFO_AT + SD_INFO_SIZE)
        sd_info_write(&info, f->image + SD_INFO_AT);
}

static struct recipe roll_recipe(struct fixture *f, uint32_t *size)
{
    struct bootloader_versions versions;
    struct recipe r = {.type = roll(f, 5), .hw = f->bench.config.hw_version};
    bootloader_get_versions(f->bench.boot, &versions);
    r.fw = (r.type == 2 || r.type == 3 ? versions.bootloader : versions.application) + 1;
    r.sd_req = versions.softdevice;
    r.validation = (uint8_t)roll(f, 4);
    r.size = roll_size(f);
    r.sd_size = r.type == 3 ? roll_size(f) : 0;
    if (r.type == 3 && roll(f, 4) != 0)
        r.size %= 0x4000;
    *size = r.size + r.sd_size;
    return r;
}

static void update(struct fixture *f)
{
    struct bench *b = &f->bench;
    uint32_t size;
    struct recipe recipe = roll_recipe(f, &size);
    assert_true(size <= IMAGE_MAX);
    bench_fill(f->image, size, roll(f, 250));
    roll_softdevice(f, recipe.type == 3 ? recipe.sd_size : size);
    struct packet packet = build_packet(&recipe, f->image, size);
    bench_init(b, packet.bytes, packet.size);
    bool taken = b->powered && b->reply_size == 3 && b->reply[2] == 1;
    f->taken += taken;
    bench_run(b, 400000);
    if (taken && b->powered)
        bench_image(b, f->image, size, 0);
    bench_run(b, roll(f, 3) == 0 ? 500000 : 30000000);
}

/* The settings' neighbours and the MBR are nobody's, and only a bootloader changes the bootloader,
 * which leaves its version (that of a single settings page may be lost). */
static void assert_unharmed(struct fixture *f)
{
    const struct sim_profile *p = f->bench.config.profile;
    uint32_t size = p->bootloader_end - p->bootloader_address;
    const uint8_t *bootloader = flash_read(f->bench.flash, p->bootloader_address);
    struct bootloader_versions versions;
    bootloader_get_versions(f->bench.boot, &versions);
    if (versions.bootloader == f->version && p->settings_backup_address)
        assert_int_equal(crc32(0, bootloader, size), f->crc);
    f->version = versions.bootloader;
    f->crc = crc32(0, bootloader, size);
    for (uint32_t at = 0; at < GUARD; at += 4)
        assert_memory_equal(flash_read(f->bench.flash, at), "\xFF\xFF\xFF\xFF", 4);
    const uint8_t *behind = flash_read(f->bench.flash, p->settings_address + 804);
    for (uint32_t at = 0; at < p->page_size - 804; at++)
        assert_int_equal(behind[at], 0xFF);
}

static void serve(struct fixture *f)
{
    struct bench *b = &f->bench;
    struct bootloader_stats stats;
    if (!b->powered || !b->dfu)
        bench_power_on(b, true);
    bench_run(b, 60000000);
    if (!b->dfu)
        bench_power_on(b, true);
    assert_true(b->dfu);
    bench_run(b, 1000000);
    assert_true(bench_ok(b, "\x06\x01", 2));
    bootloader_get_stats(b->boot, &stats);
    f->installed = stats.activations;
}

static void play(struct fixture *f, const struct kind *kind, uint64_t seed)
{
    struct bench *b = &f->bench;
    f->dice = sim_world_new(seed);
    *b = bench_config_of(kind->profile, kind->chip);
    b->config.external_app = roll(f, 2) != 0;
    b->config.save_progress = (enum sim_choice)roll(f, 3);
    bench_fill(f->image, 20000, 1);
    bench_start(b, f->image, roll(f, 2) ? 20000 : 0);
    f->version = 0;
    assert_unharmed(f);
    for (int i = 0; i < 8; i++) {
        b->cut_armed = roll(f, 2) != 0;
        b->cut_at = flash_begun(b->flash) + 1 + roll(f, 120);
        b->cut_delay = roll(f, 80000);
        update(f);
        f->cuts += !b->powered;
        b->cut_armed = false;
        serve(f);
        assert_unharmed(f);
    }
    bench_stop(b);
    sim_world_free(&f->dice);
}

static void any_order_of_images_leaves_a_bootloader(void **state)
{
    (void)state;
    struct fixture f = {.image = malloc(IMAGE_MAX)};
    uint32_t taken = 0, cuts = 0, installed = 0;
    for (uint64_t seed = 1; seed <= 70; seed++) {
        f.installed = f.cuts = f.taken = 0;
        play(&f, &kinds[seed % (sizeof(kinds) / sizeof(kinds[0]))], seed);
        taken += f.taken;
        cuts += f.cuts;
        installed += f.installed;
    }
    print_message("560 updates: %u init packets taken, %u images activated, %u power cuts\n",
                  (unsigned)taken, (unsigned)installed, (unsigned)cuts);
    assert_true(taken > 200 && installed > 80 && cuts > 80);
    free(f.image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_of_images_leaves_a_bootloader),
    };
    return cmocka_run_group_tests_name("sim_mixed", tests, NULL, NULL);
}
