/*
 * SPDX-License-Identifier: MIT
 * What the files of the air share: air.c (advertising, scanning, initiating), air_link.c
 * (connection events), air_procedure.c (link layer procedures) and air_encrypt.c (encryption).
 */
#ifndef NORDFU_SIM_AIR_INTERNAL_H
#define NORDFU_SIM_AIR_INTERNAL_H

#include "sim/air.h"

#define AIR_IFS_US       150u  /* between two packets */
#define AIR_UNIT_US      1250u /* of connection intervals */
#define AIR_MIN_OCTETS   27u
#define AIR_L2CAP_HEADER 4u
#define AIR_INSTANT_EVENTS                                                                         \
    6u /* connection events between an update's announcement and its effect */
#define AIR_PHY_1M 1u
#define AIR_PHY_2M 2u

/* HCI reasons this layer gives by itself. */
#define HCI_KEY_MISSING         0x06
#define HCI_SUPERVISION_TIMEOUT 0x08
#define HCI_LOCAL_HOST_ENDED    0x16
#define HCI_UNSUPPORTED_FEATURE 0x1A
#define HCI_COLLISION           0x23
#define HCI_MIC_FAILURE         0x3D
#define HCI_NOT_ESTABLISHED     0x3E

struct air {
    struct sim_world *world;
    double loss;
    int8_t rssi;
    unsigned numbers; /* given out */
    int walking;      /* lists are being walked: the dead stay in them until that is over */
    struct air_advertiser *advertisers;
    struct air_scanner *scanners;
    struct air_initiator *initiators;
    struct air_link *links;
};

/* What travels: ATT and SMP PDUs, L2CAP signalling and link layer control. */
enum air_kind {
    AIR_ATT,
    AIR_SMP,
    AIR_PARAMS_REQUEST, /* L2CAP; value: interval min, max, latency, timeout */
    AIR_PARAMS_ANSWER,  /* L2CAP; value[0]: accepted */
    AIR_TERMINATE,      /* value[0]: reason */
    AIR_UPDATE,         /* value: interval, latency, timeout */
    AIR_LENGTH_REQUEST, /* value: max tx, max rx */
    AIR_LENGTH_ANSWER,
    AIR_LENGTH_UNKNOWN,
    AIR_PHY_REQUEST, /* value: tx mask, rx mask */
    AIR_PHY_ANSWER,
    AIR_PHY_UPDATE, /* value: the central's tx PHY, the peripheral's tx PHY; 0 = unchanged */
    AIR_PHY_REJECT, /* value[0]: HCI status */
    AIR_ENCRYPT_REQUEST,
    AIR_ENCRYPT_ANSWER,
    AIR_ENCRYPT_REJECT,  /* value[0]: HCI status */
    AIR_ENCRYPT_START,   /* the peripheral has the key */
    AIR_ENCRYPT_STARTED, /* each end's first encrypted packet */
};

struct air_packet {
    struct air_packet *next;
    enum air_kind kind;
    size_t air_size; /* bytes on the air, L2CAP header included */
    size_t done;     /* of them, acknowledged */
    uint32_t tag;
    uint16_t value[4];
    size_t size;
    uint8_t pdu[];
};

struct air_queue {
    struct air_packet *head;
    struct air_packet **tail;
};

/* Steps of a procedure at one end. */
struct air_procedure {
    bool began;       /* this end's request is queued or unanswered */
    bool asked;       /* the other end's request waits for this end's answer */
    uint16_t own[2];  /* tx, rx as this end wants them */
    uint16_t peer[2]; /* tx, rx as the other end wants them (PHY) */
};

struct air_side {
    const struct air_link_ops *ops;
    void *context;
    struct air_capabilities capabilities;
    bool vanished;
    bool leaving; /* asked for the end of the link */
    struct air_queue data;
    struct air_queue control;
    size_t att_count; /* ATT PDUs not yet reported as sent */
    size_t smp_count; /* SMP PDUs not yet acknowledged */
    uint32_t *tags;   /* acknowledged in this connection event */
    size_t tag_count, tag_capacity;
    struct air_procedure length, phy;
};

/* The encryption procedure of a link. */
struct air_encryption {
    bool running; /* data waits */
    bool asked;   /* the peripheral has to say whether it has the key */
    uint16_t ediv;
    uint8_t rand[8];
    uint8_t key[2][AIR_KEY_SIZE]; /* by end */
};

/* A change that takes effect at an instant. */
struct air_pending {
    bool update;
    struct air_conn_params params;
    bool phy;
    uint8_t phys[2]; /* by end; 0 = unchanged */
    uint64_t time;
    sim_timer timer;
};

struct air_exchange {
    bool running; /* a connection event is under way */
    bool lost;
    bool more;                  /* one end said it has more */
    struct air_packet *sent[2]; /* what each end sends now; NULL = an empty packet */
    size_t size[2];
    unsigned count; /* exchanges begun in this event */
    uint64_t start, limit;
    sim_timer heard, through;
};

struct air_link {
    struct air *air;
    struct air_link *next;
    struct air_side side[2];
    struct air_link_state state;
    bool params_asked; /* the peripheral's request waits for the central's answer */
    bool broken;       /* an end has vanished: no more connection events */
    bool established;  /* the ends have heard each other */
    bool failed;       /* an end vanished before that */
    bool closing;      /* `closed` is being called */
    bool terminated;   /* an end's farewell has arrived */
    enum air_end terminator;
    uint8_t reason;
    uint64_t first;  /* time of the first connection event */
    uint64_t anchor; /* a connection event of the present grid: the last one held, or the first */
    uint64_t held;   /* time of the last connection event that was held */
    uint64_t last_heard;
    uint64_t event_time;
    sim_timer event, close;
    struct air_exchange exchange;
    struct air_pending pending;
    struct air_encryption encryption;
    bool mic_failed; /* the ends have different keys */
};

/* air_link.c */
struct air_link *air_link_new(struct air *air, uint64_t anchor,
                              const struct air_conn_params *params);
void air_link_free(struct air_link *link);
/* Makes sure that a connection event is due if anything waits. */
void air_link_wake(struct air_link *link);
uint64_t air_link_interval(const struct air_link *link);
/* Queues something that is no ATT or SMP PDU. */
void air_link_push(struct air_link *link, enum air_end end, enum air_kind kind,
                   const uint16_t value[4]);

/* air_encrypt.c: packets of the encryption procedure, and SMP PDUs, that arrived from `end`. */
void air_smp_arrived(struct air_link *link, enum air_end end, const struct air_packet *packet);
void air_encrypt_request_arrived(struct air_link *link, enum air_end end,
                                 const struct air_packet *packet);
void air_encrypt_answer_arrived(struct air_link *link, enum air_end end,
                                const struct air_packet *packet);
void air_encrypt_reject_arrived(struct air_link *link, enum air_end end,
                                const struct air_packet *packet);
void air_encrypt_start_arrived(struct air_link *link, enum air_end end,
                               const struct air_packet *packet);
void air_encrypt_started_arrived(struct air_link *link, enum air_end end,
                                 const struct air_packet *packet);

/* air_procedure.c */
/* A packet from `end` that is no ATT PDU arrived at the other end. */
void air_procedure_arrived(struct air_link *link, enum air_end end,
                           const struct air_packet *packet);
/* Carries out what is due by now. */
void air_procedure_instant(struct air_link *link);
/* This packet may not be sent before the pending instant is over. */
bool air_procedure_blocks(const struct air_link *link, const struct air_packet *packet);

#endif
