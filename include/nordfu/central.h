/*
 * SPDX-License-Identifier: MIT
 * A BLE central: scan, connect, write, receive. One link at a time.
 *
 * Backends (central_<name>.c) fill in the ops; flows use them through the wrappers at the
 * end. All calls block until their deadline (µs on `now`'s clock) at the latest and return
 * NORDFU_ERR_TIMEOUT then. While any of them runs, the backend answers the peer's own requests
 * (MTU, data length, PHY, connection parameters, system attributes) by itself. Once the link is
 * lost every call but scan, connect and disconnect returns NORDFU_ERR_LINK. A central belongs to
 * one thread.
 */
#ifndef NORDFU_CENTRAL_H
#define NORDFU_CENTRAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nordfu/error.h"
#include "nordfu/log.h"

enum nordfu_address_type {
    NORDFU_ADDRESS_PUBLIC = 0,
    NORDFU_ADDRESS_RANDOM_STATIC = 1,
    NORDFU_ADDRESS_RANDOM_RESOLVABLE = 2,
    NORDFU_ADDRESS_RANDOM_NON_RESOLVABLE = 3,
};

struct nordfu_address {
    uint8_t type;     /* enum nordfu_address_type */
    uint8_t bytes[6]; /* least significant byte first, as on the air */
};

/* "DE:06:3B:97:4C:D8" and a terminating zero. */
#define NORDFU_ADDRESS_TEXT 18
void nordfu_address_format(const struct nordfu_address *address, char text[NORDFU_ADDRESS_TEXT]);

/*
 * Reads 12 hex digits in any case, with or without colons or dashes between bytes. The type becomes
 * random static when the two top bits are set, else public (a scan tells the truth). Returns 0 or
 * NORDFU_ERR_USAGE.
 */
int nordfu_address_parse(struct nordfu_address *address, const char *text,
                         struct nordfu_error *error);

/* Same six bytes (types are not compared). */
bool nordfu_address_equal(const struct nordfu_address *a, const struct nordfu_address *b);

/* A 128-bit UUID, least significant byte first; 16-bit ones take the Bluetooth base. */
struct nordfu_uuid {
    uint8_t bytes[16];
};
struct nordfu_uuid nordfu_uuid16(uint16_t value);
bool nordfu_uuid_equal(const struct nordfu_uuid *a, const struct nordfu_uuid *b);

#define NORDFU_ADVERT_MAX_UUIDS 8

/* One advertising report (Core Specification Vol 3 Part C 11, decoded by src/central/advert.c). */
struct nordfu_advert {
    struct nordfu_address address;
    int8_t rssi;        /* dBm */
    bool connectable;   /* as far as this report tells */
    bool scan_response; /* an answer to a scan request rather than an advertisement */
    char name[32]; /* local name as it came from the air (not escaped), "" if not in this report */
    bool name_complete; /* false: shortened */
    struct nordfu_uuid services[NORDFU_ADVERT_MAX_UUIDS];
    size_t service_count;
};

/*
 * What is kept of a pairing, so that a later link, also one that another process makes or one to
 * the device's bootloader, can be encrypted with the same key (Core Specification Vol 3 Part H).
 * Secret.
 */
struct nordfu_bond {
    struct nordfu_address peer; /* as the device advertised when it was paired with */
    struct nordfu_address
        own;            /* the central's own address then: a bonded bootloader knows no other */
    uint8_t ltk[16];    /* long term key, least significant byte first */
    uint8_t ltk_size;   /* bytes, 7..16 */
    bool authenticated; /* not just works */
    bool lesc;          /* LE Secure Connections: ediv and rand are 0 */
    uint16_t ediv;
    uint8_t rand[8];
    bool has_identity; /* the device told its identity address and its resolving key */
    struct nordfu_address identity;
    uint8_t irk[16]; /* identity resolving key, least significant byte first */
};

/* What a flow wants of a new link. A wish that is refused is no error: see
 * nordfu_central_options.note. */
struct nordfu_connect_wish {
    struct nordfu_address address;
    uint16_t mtu;          /* ATT_MTU, 23..247 */
    uint16_t data_length;  /* link layer octets, 27..251 */
    uint8_t phy;           /* 1 = 1M only, 2 = ask for 2M */
    uint16_t interval_min; /* connection interval x 1.25 ms, 6..3200; 0 = backend's choice */
    uint16_t interval_max;
    /* A bond with the device, NULL = none. The central connects from the address that the bond
     * names and encrypts the link before anything else. Read during the call only. */
    const struct nordfu_bond *bond;
};

enum nordfu_property {
    NORDFU_PROPERTY_READ = 0x02,
    NORDFU_PROPERTY_WRITE_COMMAND = 0x04,
    NORDFU_PROPERTY_WRITE = 0x08,
    NORDFU_PROPERTY_NOTIFY = 0x10,
    NORDFU_PROPERTY_INDICATE = 0x20,
};

struct nordfu_characteristic {
    struct nordfu_uuid service;
    struct nordfu_uuid uuid;
    uint16_t value_handle;
    uint16_t cccd_handle; /* 0 = none */
    uint8_t properties;   /* enum nordfu_property */
};

#define NORDFU_MAX_CHARACTERISTICS 64

/* The link as it is now. */
struct nordfu_link {
    struct nordfu_address address;
    uint16_t mtu;
    uint16_t tx_octets, rx_octets; /* link layer data length */
    uint8_t tx_phy, rx_phy;        /* 1 = 1M, 2 = 2M */
    uint16_t interval;             /* x 1.25 ms */
    uint16_t latency;              /* connection events */
    uint16_t supervision_timeout;  /* x 10 ms */
    bool encrypted;
    size_t characteristic_count;
    struct nordfu_characteristic characteristics[NORDFU_MAX_CHARACTERISTICS];
};

/* What every backend is opened with. Copied; the strings and functions must outlive the central. */
struct nordfu_central_options {
    const struct nordfu_log *log;
    /* A sentence worth telling the user that is no error ("The peer refused MTU 247; 23 is used.").
     * May be NULL. Must be quick. */
    void (*note)(void *context, const char *sentence);
    void *context;
    /* 128-bit UUIDs the flow wants to recognise; one of each 128-bit base is enough (a dongle must
     * be told them beforehand). */
    const struct nordfu_uuid *uuids;
    size_t uuid_count;
    uint8_t write_queue; /* write commands in flight; 0 = the backend's default */
    uint16_t mtu;        /* largest ATT_MTU ever wanted, 23..247; 0 = 247 */
    /* SoftDevice API that a dongle is thought to have (2, 3, 5, 6), 0 = no idea. Only a hint: the
     * dongle is asked, this API first. */
    int api_hint;
    /* ms after which opening begins nothing new; what was begun by then is awaited, about 10 s at
     * worst. 0 = 20 000, which is also the most. */
    uint32_t open_timeout_ms;
};

struct nordfu_central;

struct nordfu_central_ops {
    /* See the wrappers of the same names below. */
    int (*scan)(struct nordfu_central *self,
                bool (*report)(void *context, const struct nordfu_advert *advert), void *context,
                uint64_t deadline, struct nordfu_error *error);
    int (*connect)(struct nordfu_central *self, const struct nordfu_connect_wish *wish,
                   uint64_t deadline, struct nordfu_error *error);
    int (*disconnect)(struct nordfu_central *self, uint64_t deadline, struct nordfu_error *error);
    int (*subscribe)(struct nordfu_central *self,
                     const struct nordfu_characteristic *characteristic, uint64_t deadline,
                     struct nordfu_error *error);
    int (*write)(struct nordfu_central *self, uint16_t handle, const void *bytes, size_t size,
                 uint64_t deadline, struct nordfu_error *error);
    int (*write_command)(struct nordfu_central *self, uint16_t handle, const void *bytes,
                         size_t size, uint64_t deadline, struct nordfu_error *error);
    int (*receive)(struct nordfu_central *self, uint16_t *handle, void *buffer, size_t size,
                   uint64_t deadline, struct nordfu_error *error);
    int (*wait)(struct nordfu_central *self, uint64_t until, struct nordfu_error *error);
    /* NULL = the backend can't. */
    int (*pair)(struct nordfu_central *self, struct nordfu_bond *bond, uint64_t deadline,
                struct nordfu_error *error);
    const struct nordfu_link *(*link)(const struct nordfu_central *self);
    uint64_t (*now)(const struct nordfu_central *self);
    void (*close)(struct nordfu_central *self);
};

struct nordfu_central {
    const struct nordfu_central_ops *ops;
    /* "nRF connectivity dongle on /dev/ttyACM0, SoftDevice API v5 (S132 5.1.0)" */
    char description[160];
};

/*
 * Scans actively and hands each report to `report` (quick; must not call the central) until that
 * returns true -> 0, or the deadline passes -> NORDFU_ERR_TIMEOUT. The scan is stopped in either
 * case.
 */
int nordfu_central_scan(struct nordfu_central *central,
                        bool (*report)(void *context, const struct nordfu_advert *advert),
                        void *context, uint64_t deadline, struct nordfu_error *error);
/*
 * Connects, negotiates MTU, data length and PHY as far as both sides go along, and discovers all
 * services, characteristics and CCCDs afresh. On failure there is no link. Errors: NORDFU_ERR_LINK
 * (speaker HCI or SOFTDEVICE), NORDFU_ERR_TIMEOUT, NORDFU_ERR_REFUSED (speaker SMP: the peer does
 * not know wish->bond any more, or has another key), ...
 */
int nordfu_central_connect(struct nordfu_central *central, const struct nordfu_connect_wish *wish,
                           uint64_t deadline, struct nordfu_error *error);
/*
 * Pairs with the peer of the present link (just works, bonding) and fills in *bond, which then
 * encrypts later links. The link is encrypted afterwards. Once both have agreed a cancellation is
 * left to the next call, for up to 2 s: the peer has its half of the bond already, and would refuse
 * whoever lost the other. Errors: NORDFU_ERR_REFUSED (speaker SMP: the peer's reason; the link may
 * be gone), NORDFU_ERR_UNSUPPORTED (this backend can't), NORDFU_ERR_LINK, NORDFU_ERR_TIMEOUT,
 * NORDFU_ERR_CANCELLED.
 */
int nordfu_central_pair(struct nordfu_central *central, struct nordfu_bond *bond, uint64_t deadline,
                        struct nordfu_error *error);
/* Ends the link; 0 also when there is none or the peer was faster. */
int nordfu_central_disconnect(struct nordfu_central *central, uint64_t deadline,
                              struct nordfu_error *error);
/* Writes the CCCD: notifications if the characteristic has them, else indications.
 * NORDFU_ERR_REFUSED (speaker GATT). */
int nordfu_central_subscribe(struct nordfu_central *central,
                             const struct nordfu_characteristic *characteristic, uint64_t deadline,
                             struct nordfu_error *error);
/* Write with response; returns after the peer's answer. NORDFU_ERR_REFUSED (speaker GATT) for an
 * ATT error. */
int nordfu_central_write(struct nordfu_central *central, uint16_t handle, const void *bytes,
                         size_t size, uint64_t deadline, struct nordfu_error *error);
/*
 * Write without response, at most MTU - 3 bytes; returns when the backend has taken it, waiting for
 * a free place in its queue if need be. Order is kept, also against nordfu_central_write.
 */
int nordfu_central_write_command(struct nordfu_central *central, uint16_t handle, const void *bytes,
                                 size_t size, uint64_t deadline, struct nordfu_error *error);
/*
 * The next notification or indication (indications are confirmed by the backend at arrival).
 * Returns its length (0..size; a longer one is cut) and sets *handle. Those that arrived before the
 * link was lost are still delivered.
 */
int nordfu_central_receive(struct nordfu_central *central, uint16_t *handle, void *buffer,
                           size_t size, uint64_t deadline, struct nordfu_error *error);
/* Lets time pass until `until` while serving the link; notifications are kept. 0, or an error as
 * above. */
int nordfu_central_wait(struct nordfu_central *central, uint64_t until, struct nordfu_error *error);
/* The present link, NULL if there is none. Valid until the next call. */
const struct nordfu_link *nordfu_central_link(const struct nordfu_central *central);
uint64_t nordfu_central_now(const struct nordfu_central *central);
/* Disconnects if need be (within 500 ms, even when cancelled; up to 1.5 s more where the backend's
 * own hardware hangs), closes, frees and nulls. */
void nordfu_central_free(struct nordfu_central **central);

struct nordfu_port;

/*
 * Opens a central on a connectivity dongle: link start, identification, configuration (link with
 * `options->mtu`, queue of `options->write_queue`), known UUID bases. Takes over *port and nulls
 * it, also on failure. Errors: NORDFU_ERR_DONGLE (silence, other firmware), NORDFU_ERR_PORT,
 * NORDFU_ERR_CANCELLED.
 */
int nordfu_central_dongle_open(struct nordfu_central **out, struct nordfu_port **port,
                               const struct nordfu_central_options *options,
                               struct nordfu_error *error);

#endif
