/* SPDX-License-Identifier: MIT
 * Whatever dongle and peer say, in any dialect, every call of the central ends in its time, with a
 * sentence if it fails. What talks here keeps to the line's rules and to its dialect's forms; which
 * event comes when, what it says, and how a command fares is left to chance. */
#include "test.h"

#include "central/central_dongle.h"
#include "fake_dongle.h"
#include "vectors.h"

#define VECTORS_MAX 160
#define CALL_MS     2000
/* Behind the deadline: an answer, and tidying up with an answer each. */
#define SLACK (3 * NORDFU_SECOND)

struct forms {
    int api;
    uint8_t version, fwid; /* opcode of VERSION_GET and what it tells */
    uint8_t gatt;          /* that of the first GATT client command */
    uint8_t timeout;       /* event of a GATT client's timeout */
    size_t response_count, event_count;
    struct vector_bytes responses[VECTORS_MAX], events[VECTORS_MAX];
};

struct rogue {
    struct fake_dongle fake; /* first: its port */
    const struct forms *forms;
    uint32_t state; /* of the random numbers */
    bool honest;    /* for now */
    uint8_t asked;  /* opcode of the request to answer, 0 = none */
    uint8_t due;    /* low byte of the event that the last one leads to, 0 = none */
};

static uint32_t chance(struct rogue *r, uint32_t below)
{
    r->state = r->state * 1664525u + 1013904223u;
    return (r->state >> 8) % below;
}

/* ---- What it says ---- */

static const uint8_t peer[] = {0x71, 0x82, 0x93, 0xA4, 0xB5, 0xC6};

static void spoil(struct rogue *r, struct vector_bytes *packet, size_t from)
{
    for (uint32_t n = chance(r, 4); n > 0 && packet->size > from; n--) {
        size_t at = from + chance(r, (uint32_t)(packet->size - from));
        packet->data[at] = (uint8_t)(chance(r, 2) == 0 ? chance(r, 256) : chance(r, 4));
    }
}

/* What sensible dongles would say next. The events of GATT clients are in the order of their
 * commands. */
static uint8_t event_after(const struct forms *forms, uint8_t opcode)
{
    static const uint8_t pairs[][2] = {{0x8C, 0x10}, {0x76, 0x11}, {0x7E, 0x13},
                                       {0x7F, 0x1A}, {0x85, 0x1A}, {0x8A, 0x1D}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (pairs[i][0] == opcode)
            return pairs[i][1];
    bool gatt = opcode >= forms->gatt && opcode <= forms->gatt + 10;
    return gatt ? (uint8_t)(0x30 + opcode - forms->gatt) : 0;
}

static const struct vector_bytes *pick_event(struct rogue *r)
{
    const struct forms *forms = r->forms;
    uint32_t from = chance(r, (uint32_t)forms->event_count);
    for (size_t i = 0; i < forms->event_count && r->due != 0 && chance(r, 40) != 0; i++) {
        const struct vector_bytes *event = &forms->events[(from + i) % forms->event_count];
        if (event->data[1] == r->due)
            return event;
    }
    return &forms->events[from];
}

static void put_event(struct rogue *r)
{
    struct vector_bytes event = *pick_event(r);
    bool fatal = event.data[1] == 0x11 || event.data[1] == r->forms->timeout;
    if (fatal && r->due != event.data[1] && chance(r, 30) != 0)
        return; /* links shall live for a while */
    r->due = 0;
    if (chance(r, 3) == 0)
        spoil(r, &event, 5);
    if (chance(r, 20) != 0)
        event.data[3] = event.data[4] = 0;
    if (event.data[1] == 0x10 && chance(r, 10) != 0)
        memcpy(event.data + 6, peer, sizeof(peer));
    fake_put_data(&r->fake, event.data, event.size);
}

static uint8_t pick_status(struct rogue *r)
{
    static const uint8_t statuses[] = {0x00, 0x04, 0x08, 0x11, 0x12, 0x13, 0x02, 0x07};
    return r->honest || chance(r, 16) != 0 ? 0 : statuses[chance(r, sizeof(statuses))];
}

/* The outputs are those of an entry of the vectors for the same command. */
static void put_response(struct rogue *r)
{
    struct vector_bytes answer = {.size = 6, .data = {1, r->asked, pick_status(r)}};
    size_t from = chance(r, VECTORS_MAX);
    for (size_t n = 0; n < r->forms->response_count && answer.data[2] == 0; n++) {
        const struct vector_bytes *entry =
            &r->forms->responses[(from + n) % r->forms->response_count];
        if (entry->data[1] == r->asked && entry->size > 6) {
            answer = *entry;
            break;
        }
    }
    if (!r->honest && chance(r, 300) == 0)
        spoil(r, &answer, 6);
    if (r->asked == r->forms->version && answer.size > 10)
        answer.data[9] = r->forms->fwid, answer.data[10] = 0;
    if (answer.data[2] == 2) /* the SoftDevice does not know the link */
        answer.data[3] = 0x30;
    r->due = answer.data[2] == 0 ? event_after(r->forms, r->asked) : 0;
    r->asked = 0;
    fake_put_data(&r->fake, answer.data, answer.size);
}

static void speak(struct rogue *r)
{
    if (r->fake.unacked || !r->fake.active)
        return;
    if (r->asked != 0 && (r->honest || chance(r, 3) != 0))
        put_response(r);
    else if (!r->honest)
        put_event(r);
}

/* ---- The port ---- */

static void take_frame(struct rogue *r, const uint8_t *frame, size_t size)
{
    struct fake_dongle *f = &r->fake;
    uint8_t type = frame[1] & 15;
    if (type == 15)
        fake_take_link(f, frame + 4);
    if (type == 0 && (frame[0] >> 3 & 7) == ((f->seq + 1) & 7) && f->unacked) {
        f->seq = (f->seq + 1) & 7;
        f->unacked = false;
    }
    if (type != 14 || !f->active)
        return;
    bool expected = (frame[0] & 7) == f->expected;
    f->expected = (frame[0] + 1) & 7;
    fake_put_ack(f);
    if (expected && size > 5)
        r->asked = frame[5];
}

static int rogue_write(struct nordfu_port *self, const void *bytes, size_t size, uint64_t deadline,
                       struct nordfu_error *error)
{
    struct rogue *r = (struct rogue *)self;
    (void)deadline, (void)error;
    for (size_t i = 0; i < size; i++) {
        if (slip_decoder_feed(&r->fake.slip, ((const uint8_t *)bytes)[i]))
            take_frame(r, r->fake.slip.frame, r->fake.slip.size);
    }
    return 0;
}

static int rogue_read(struct nordfu_port *self, void *buffer, size_t size, uint64_t deadline,
                      struct nordfu_error *error)
{
    struct rogue *r = (struct rogue *)self;
    while (r->fake.out_size == 0) {
        uint64_t pause = chance(r, 8) == 0 ? chance(r, 300) * NORDFU_MS : chance(r, 3000);
        if (r->fake.now + pause >= deadline)
            break;
        r->fake.now += pause;
        speak(r);
    }
    return fake_read(self, buffer, size, deadline, error);
}

static const struct nordfu_port_ops rogue_ops = {
    .read = rogue_read, .write = rogue_write, .now = fake_now, .close = fake_close};

/* ---- The calls ---- */

static const struct nordfu_bond bond = {.peer = {1, {0x71, 0x82, 0x93, 0xA4, 0xB5, 0xC6}},
                                        .own = {1, {0x11, 0x12, 0x13, 0x14, 0x15, 0xD6}},
                                        .ltk_size = 16};

static bool count_report(void *context, const struct nordfu_advert *advert)
{
    assert_true(strlen(advert->name) < sizeof(advert->name));
    return --*(int *)context == 0;
}

static int connect_some(struct rogue *r, struct nordfu_central *c, uint64_t until,
                        struct nordfu_error *error)
{
    struct nordfu_connect_wish wish = {.mtu = 247, .data_length = 251, .phy = 2};
    wish.address.type = 1;
    memcpy(wish.address.bytes, peer, sizeof(peer));
    wish.bond = chance(r, 3) == 0 ? &bond : NULL;
    return nordfu_central_connect(c, &wish, until, error);
}

static int call_some(struct rogue *r, struct nordfu_central *c, uint64_t until,
                     struct nordfu_error *error)
{
    uint8_t bytes[244] = {0};
    uint16_t handle;
    int reports = 5, rc;
    struct nordfu_bond made;
    bool linked = nordfu_central_link(c) != NULL;
    switch (linked || chance(r, 3) == 0 ? chance(r, 9) : 1) {
    case 0:
        return nordfu_central_scan(c, count_report, &reports, until, error);
    case 1:
    case 2:
        return connect_some(r, c, until, error);
    case 3:
        return nordfu_central_pair(c, &made, until, error);
    case 4:
        return nordfu_central_write(c, 0x0F, bytes, 1 + chance(r, 20), until, error);
    case 5:
        return nordfu_central_write_command(c, 0x0D, bytes, 1 + chance(r, 244), until, error);
    case 6:
        rc = nordfu_central_receive(c, &handle, bytes, sizeof(bytes), until, error);
        return rc > 0 ? 0 : rc;
    case 7:
        return nordfu_central_wait(c, until, error);
    default:
        return nordfu_central_disconnect(c, until, error);
    }
}

static void check_link(const struct nordfu_central *c)
{
    const struct nordfu_link *link = nordfu_central_link(c);
    if (link == NULL)
        return;
    assert_true(link->mtu >= 23 && link->mtu <= 247);
    assert_true(link->characteristic_count <= NORDFU_MAX_CHARACTERISTICS);
}

struct tally {
    unsigned calls, good, links;
    uint64_t late; /* µs behind a deadline, at most */
};

static void run(const struct forms *forms, uint32_t seed, struct tally *tally)
{
    struct rogue *r = calloc(1, sizeof(*r));
    struct nordfu_central *central;
    struct nordfu_error error = {0};
    const struct nordfu_central_options options = {.api_hint = forms->api};
    struct nordfu_port *port = &r->fake.port;
    fake_init(&r->fake);
    r->fake.old = forms->api == 2;
    r->fake.port.ops = &rogue_ops;
    r->forms = forms;
    r->state = seed;
    r->honest = true;
    if (nordfu_central_dongle_open(&central, &port, &options, &error) != 0)
        fail_msg("v%d, seed %u: %s", forms->api, seed, error.text);
    r->honest = false;
    for (int i = 0; i < 30; i++) {
        uint64_t until = r->fake.now + CALL_MS * NORDFU_MS;
        error = (struct nordfu_error){0};
        int rc = call_some(r, central, until, &error);
        if (rc != 0)
            assert_true(error.code == rc && error.text[0] != '\0');
        tally->calls++;
        tally->good += rc == 0;
        tally->links += nordfu_central_link(central) != NULL;
        uint64_t late = r->fake.now > until ? r->fake.now - until : 0;
        tally->late = late > tally->late ? late : tally->late;
        check_link(central);
    }
    nordfu_central_free(&central);
    assert_true(r->fake.closed);
    free(r);
}

/* ---- The dialects ---- */

static void load(struct forms *forms, const char *file)
{
    json_t *root = vectors_load(file), *entry;
    size_t at;
    json_array_foreach(json_object_get(root, "vectors"), at, entry)
    {
        const char *kind = vectors_string(entry, "kind");
        struct vector_bytes bytes = vectors_bytes(entry, "hex");
        assert_true(forms->response_count < VECTORS_MAX && forms->event_count < VECTORS_MAX);
        if (strcmp(kind, "event") == 0)
            forms->events[forms->event_count++] = bytes;
        else if (strcmp(kind, "response") == 0 && bytes.data[2] == 0)
            forms->responses[forms->response_count++] = bytes;
    }
    json_decref(root);
}

static void calls_end_whatever_is_said(void **state)
{
    static const struct {
        int api;
        const char *file;
        uint8_t version, fwid, gatt, timeout;
    } dialects[] = {{2, "sd_api_v2.json", 0x66, 0x87, 0x90, 0x3A},
                    {3, "sd_api_v3.json", 0x66, 0x91, 0x94, 0x3B},
                    {5, "sd_api_v5.json", 0x65, 0xA5, 0x94, 0x3B},
                    {6, "sd_api_v6.json", 0x65, 0xB7, 0x9B, 0x3B}};
    (void)state;
    for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
        struct forms *forms = calloc(1, sizeof(*forms));
        struct tally tally = {0};
        forms->api = dialects[i].api;
        forms->version = dialects[i].version;
        forms->fwid = dialects[i].fwid;
        forms->gatt = dialects[i].gatt;
        forms->timeout = dialects[i].timeout;
        load(forms, dialects[i].file);
        for (uint32_t seed = 1; seed <= 80; seed++)
            run(forms, seed, &tally);
        print_message("v%d: %u calls, %u of them good, %u with a link; %llu ms late at most\n",
                      forms->api, tally.calls, tally.good, tally.links,
                      (unsigned long long)tally.late / NORDFU_MS);
        assert_true(tally.good > 100 && tally.links > 100); /* it got far */
        assert_true(tally.late < SLACK);
        free(forms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_end_whatever_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
