/*
 * SPDX-License-Identifier: MIT
 * What the parts of the dongle central share. central_dongle.c is the interface: open, scan, close;
 * _link.c makes, negotiates and ends links; _security.c pairs and encrypts; _discover.c lists what
 * the peer has; _gatt.c writes and receives; _peer.c takes events and answers the peer.
 */
#ifndef NORDFU_CENTRAL_DONGLE_H
#define NORDFU_CENTRAL_DONGLE_H

#include "dongle/dongle.h"
#include "dongle/probe.h"
#include "nordfu/central.h"

#define CENTRAL_BASES         8   /* distinct 128-bit UUID bases; the dongle's table has 10 */
#define CENTRAL_NOTIFICATIONS 32  /* that can wait for receive */
#define CENTRAL_VALUE_MAX     244 /* bytes of a write or notification at MTU 247 */
#define CENTRAL_MTU_MIN       23
#define CENTRAL_MTU_MAX       247 /* the dongle's buffers are made for it (connectivity-wire 11.2) */
#define CENTRAL_OCTETS_MIN    27

#define CENTRAL_CALL_TIME NORDFU_SECOND /* for the line to become free */
/* µs for ending a link nobody wants any more. A dongle that hangs takes DONGLE_ANSWER_TIME longer.
 */
#define CENTRAL_CLEANUP_TIME 450000u
#define CENTRAL_GONE_TIME    200000u /* µs for the event that explains why a link is gone */

/* v6 hands reports on in a buffer; the dongle takes only its size, which is that of an
 * advertisement (connectivity-wire 11.5). */
#define CENTRAL_SCAN_BUFFER ((struct rpc_buffer_ref){.id = 1, .len = 31})

#define CENTRAL_HCI_USER_TERMINATED 0x13 /* the reason given for every link that is ended */

/* Answers of the SoftDevice that mean more than "no" (connectivity-wire 10.1). */
enum central_status {
    CENTRAL_STATUS_NO_MEM = 0x04,
    CENTRAL_STATUS_INVALID_STATE = 0x08,
    CENTRAL_STATUS_BUSY = 0x11,
    CENTRAL_STATUS_CONN_COUNT = 0x12,
    CENTRAL_STATUS_INVALID_CONN_HANDLE = 0x3002,
};

enum central_link_state {
    CENTRAL_LINK_NONE,
    CENTRAL_LINK_UP,
    CENTRAL_LINK_LOST, /* and nobody has begun anything new since */
};

/* How the last answer to a procedure of the peer's fared. BUSY: to be given again after the next
 * event. */
enum central_answer {
    CENTRAL_ANSWER_NONE,
    CENTRAL_ANSWER_FULL,
    CENTRAL_ANSWER_PLAIN,
    CENTRAL_ANSWER_BUSY,
    CENTRAL_ANSWER_PLAIN_BUSY,
};

struct central_notification {
    uint16_t handle;
    uint16_t size;
    uint8_t bytes[CENTRAL_VALUE_MAX];
};

struct central_base {
    struct nordfu_uuid uuid; /* bytes 12 and 13 do not count */
    uint8_t type;            /* the dongle's name for it */
};

/* Pairing, encryption, and the dongle's own address. See _security.c. */
struct central_security {
    bool address_known;           /* the two below */
    struct rpc_addr factory, own; /* the dongle's address after a reset, and the one it has now */
    uint32_t steps;               /* events about security, counted */
    bool pairing;                 /* asked for by this side */
    bool params_wanted;           /* the peer answered: it is this side's turn */
    bool agreed;                  /* this side has answered, too */
    bool finished;                /* `outcome` counts */
    struct rpc_event_gap_auth_status outcome; /* secret */
};

struct central_dongle {
    struct nordfu_central central; /* first: the vtable's self */
    struct dongle *dongle;
    const struct nordfu_log *log;
    void (*note)(void *context, const char *sentence);
    void *note_context;
    struct probe_config config;      /* what the dongle agreed to */
    const struct rpc_traits *traits; /* of its dialect */
    bool long_events;                /* v2: links are wanted with high bandwidth */
    size_t base_count;
    struct central_base bases[CENTRAL_BASES];

    bool scanning, connecting; /* reports and CONNECTED are wanted only then */
    enum central_link_state state;
    uint16_t conn;      /* handle of the link */
    uint8_t reason;     /* HCI, when lost */
    bool att_timed_out; /* the link takes no more ATT requests */
    struct nordfu_connect_wish wish;
    struct nordfu_link link;

    uint32_t events;                      /* of this link, counted: something changed */
    uint32_t length_updates;              /* DATA_LENGTH_UPDATE events of this link */
    uint32_t phy_updates;                 /* PHY_UPDATE events of this link */
    uint8_t phy_status;                   /* of the last */
    uint16_t peer_mtu;                    /* what the peer asked for, 0 = did not ask */
    bool mtu_agreed;                      /* ... and the dongle took the answer */
    uint32_t mtu_answers;                 /* ... counted */
    uint16_t mtu_offered;                 /* in the answer to it */
    struct rpc_conn_params params_wanted; /* by the peer */
    enum central_answer answers[3]; /* to connection parameters, data length, PHY; see _peer.c */
    uint8_t places;                 /* for write commands in the dongle's queue */
    uint8_t in_flight;              /* how many of them are taken */
    uint32_t completions;           /* WRITE_CMD_TX_COMPLETE events of this link */

    struct central_security security;

    size_t notification_first, notification_count;
    struct central_notification notifications[CENTRAL_NOTIFICATIONS];
};

/* ---- central_dongle.c ---- */

/* Tells the user a sentence that is no error. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void central_dongle_note(struct central_dongle *c, const char *format, ...);

/* A part of a procedure has its own time, and that of the whole call. */
static inline uint64_t central_dongle_earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* 0 if the link is up and of use, else NORDFU_ERR_LINK and why it is not. */
int central_dongle_check(const struct central_dongle *c, struct nordfu_error *error);

/*
 * Calls for the link, repeated while the SoftDevice says BUSY: it is after every event worth
 * another try, until `deadline`. *status is its last word. Events that waited before it are
 * dropped, so that central_dongle_await finds no older answer than the one to this call. A handle
 * that it does not know any more is NORDFU_ERR_LINK.
 */
int central_dongle_call(struct central_dongle *c, enum rpc_command command, const void *params,
                        uint32_t *status, uint64_t deadline, struct nordfu_error *error);

/* v2: wants links to come with high or middling bandwidth. A refusal costs speed only. */
int central_dongle_set_bandwidth(struct central_dongle *c, bool high, struct nordfu_error *error);

/* Waits for event `id` of the link. NORDFU_ERR_TIMEOUT at `deadline`. */
int central_dongle_await(struct central_dongle *c, enum rpc_event id, struct dongle_event *event,
                         uint64_t deadline, struct nordfu_error *error);

/* Waits until *counter is no longer `before`. NORDFU_ERR_TIMEOUT at `deadline`. */
int central_dongle_await_change(struct central_dongle *c, const uint32_t *counter, uint32_t before,
                                uint64_t deadline, struct nordfu_error *error);

/* NORDFU_ERR_LINK: the dongle answered `status` to the attempt to do `what` ("connect to"). */
int central_dongle_refused(const struct central_dongle *c, const char *what, uint32_t status,
                           struct nordfu_error *error);

/* Scanning until `deadline`, for SCAN_START and CONNECT. The dongle's own limit comes two seconds
 * later: it is for the case that nobody stops it. */
struct rpc_scan_params central_dongle_scan_params(const struct central_dongle *c,
                                                  uint64_t deadline);

/* The link's address as text. */
struct central_text {
    char text[NORDFU_ADDRESS_TEXT];
};
struct central_text central_dongle_peer_text(const struct central_dongle *c);

/* ---- central_dongle_link.c ---- */

int central_dongle_connect(struct nordfu_central *self, const struct nordfu_connect_wish *wish,
                           uint64_t deadline, struct nordfu_error *error);
int central_dongle_disconnect(struct nordfu_central *self, uint64_t deadline,
                              struct nordfu_error *error);
/* Ends the link, if there is one, within CENTRAL_CLEANUP_TIME and in spite of a cancellation. */
void central_dongle_drop_link(struct central_dongle *c);

/* ---- central_dongle_security.c ---- */

/* Gives the dongle the address that the wish's bond was made from; without a bond the one it had
 * in the beginning. NORDFU_ERR_DONGLE if it refuses. No link may be up or wanted. */
int central_dongle_take_address(struct central_dongle *c, struct nordfu_error *error);
/* Encrypts the new link with the wish's bond, if there is one. NORDFU_ERR_REFUSED (speaker SMP)
 * when the peer has lost it. */
int central_dongle_encrypt(struct central_dongle *c, uint64_t deadline, struct nordfu_error *error);
int central_dongle_pair(struct nordfu_central *self, struct nordfu_bond *bond, uint64_t deadline,
                        struct nordfu_error *error);
/* Reactions to events (see _peer.c). */
void central_dongle_on_sec_request(struct central_dongle *c, const union rpc_event_params *p);
void central_dongle_on_sec_update(struct central_dongle *c, const union rpc_event_params *p);
void central_dongle_on_auth_status(struct central_dongle *c, const union rpc_event_params *p);

/* ---- central_dongle_discover.c ---- */

/* Fills in the link's characteristics: all of all primary services. */
int central_dongle_discover(struct central_dongle *c, uint64_t deadline,
                            struct nordfu_error *error);

/* ---- central_dongle_gatt.c ---- */

int central_dongle_subscribe(struct nordfu_central *self,
                             const struct nordfu_characteristic *characteristic, uint64_t deadline,
                             struct nordfu_error *error);
int central_dongle_write(struct nordfu_central *self, uint16_t handle, const void *bytes,
                         size_t size, uint64_t deadline, struct nordfu_error *error);
int central_dongle_write_command(struct nordfu_central *self, uint16_t handle, const void *bytes,
                                 size_t size, uint64_t deadline, struct nordfu_error *error);
int central_dongle_receive(struct nordfu_central *self, uint16_t *handle, void *buffer, size_t size,
                           uint64_t deadline, struct nordfu_error *error);
int central_dongle_wait(struct nordfu_central *self, uint64_t until, struct nordfu_error *error);

/* ---- central_dongle_peer.c ---- */

/* Hooks of the dongle (struct dongle_hooks); context is the central_dongle. */
bool central_dongle_on_event(void *context, const struct dongle_event *event);
void central_dongle_on_posted(void *context, enum rpc_command command, uint32_t status);
/* The values this side stands for: the wish, within what the dongle agreed to. */
uint16_t central_dongle_own_mtu(const struct central_dongle *c);
uint16_t central_dongle_own_octets(const struct central_dongle *c);

#endif
