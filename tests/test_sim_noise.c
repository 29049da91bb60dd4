/* SPDX-License-Identifier: MIT */
/* Dongles of every dialect under requests and ATT PDUs that are damaged or come out of order. */
#include "dialect_bench.h"

#include "vectors.h"

enum {
    ROUNDS = 1500,
    BASES_MAX = 128,
};

static uint32_t noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Leaves a third as it is; otherwise changes a byte, cuts, or adds bytes. */
static size_t spoil(uint8_t *bytes, size_t size, size_t capacity, uint32_t *seed)
{
    uint32_t what = noise(seed) % 6;
    if (what == 0 && size > 0)
        bytes[noise(seed) % size] = (uint8_t)noise(seed);
    else if (what == 1 && size > 1)
        size = 1 + noise(seed) % size;
    else if (what == 2)
        for (uint32_t n = noise(seed) % 4; n > 0 && size < capacity; n--)
            bytes[size++] = (uint8_t)noise(seed);
    else if (what == 3 && size > 2)
        bytes[2 + noise(seed) % (size - 2)] ^= (uint8_t)(1u << noise(seed) % 8);
    return size;
}

static const char *const pdus[] = {
    "02f700",
    "03f700",
    "0100000001",
    "0504010a00022803",
    "070b00ffff",
    "1106010005000018",
    "09150c00040d0050eada308883b89f604f15f30200c98e",
    "0501100002290100",
    "13",
    "0b616263",
    "1b0f00600101",
    "1d0f00600101",
    "12030001",
    "0a0300",
    "0c03000100",
    "040100ffff",
    "080100ffff0328",
    "100100ffff0028",
    "060100ffff00280018",
    "1601000000aa",
};

struct bases {
    json_t *root;
    const char *requests[BASES_MAX];
    size_t count;
};

static void load(struct bases *bases, int api)
{
    char name[32];
    size_t i;
    json_t *vector;
    snprintf(name, sizeof(name), "sd_api_v%d.json", api);
    *bases = (struct bases){.root = vectors_load(name)};
    json_array_foreach(json_object_get(bases->root, "vectors"), i, vector)
    {
        if (strcmp(vectors_string(vector, "kind"), "request") != 0)
            continue;
        assert_true(bases->count < BASES_MAX);
        bases->requests[bases->count++] = vectors_string(vector, "hex");
    }
    assert_true(bases->count > 80);
}

/* The link, the SoftDevice and a peer, as far as they can be had. */
static void bring_up(struct host *h, int api)
{
    static const char *const connects[] = {
        [2] = CONNECT_V2, [3] = CONNECT_V3, [5] = CONNECT_TAG_1, [6] = CONNECT_V6};
    run(h, 200 * MS);
    start_link(h);
    if (api >= 5)
        request_hex(h, "0069230000000101f700");
    request_hex(h, enable_of(api));
    run(h, 5 * MS);
    request_hex(h, connects[api]);
    for (int i = 0; i < 60 && h->link != NULL; i++)
        run(h, 100 * MS);
    if (h->advertiser == NULL)
        advertise(h);
    run(h, 300 * MS);
    h->count = 0;
}

static unsigned disturb(struct host *h, int api, const struct bases *bases)
{
    uint32_t seed = 4711u * (unsigned)api;
    unsigned linked = 0;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t bytes[PAYLOAD_MAX];
        size_t size = from_hex(bytes, bases->requests[noise(&seed) % bases->count]);
        size = spoil(bytes, size, 300, &seed);
        if (!request(h, bytes, size) || h->link == NULL)
            bring_up(h, api);
        if (h->link != NULL) {
            size = from_hex(bytes, pdus[noise(&seed) % (sizeof(pdus) / sizeof(pdus[0]))]);
            air_send(h->link, AIR_PERIPHERAL, bytes, spoil(bytes, size, 64, &seed), 0);
            linked++;
        }
        run(h, noise(&seed) % 8 * MS);
        h->count = 0;
    }
    return linked;
}

static void check(int api)
{
    struct bases bases;
    struct sim_dongle_stats stats;
    struct host *h = host_of(api);
    load(&bases, api);
    unsigned linked = disturb(h, api, &bases);
    sim_dongle_get_stats(h->dongle, &stats);
    print_message("v%d: %u requests, %u restarts, %u ATT PDUs\n", api, (unsigned)stats.requests,
                  (unsigned)stats.restarts, linked);
    assert_true(stats.requests > ROUNDS / 2 && stats.restarts > 100 && linked > ROUNDS / 3);
    assert_false(sim_world_failed(h->world));
    host_free(h);
    json_decref(bases.root);
}

static void odd_traffic_only_makes_a_dongle_restart(void **state)
{
    (void)state;
    check(2);
    check(3);
    check(5);
    check(6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_traffic_only_makes_a_dongle_restart),
    };
    return cmocka_run_group_tests_name("sim_noise", tests, NULL, NULL);
}
