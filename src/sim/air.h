/*
 * SPDX-License-Identifier: MIT
 * The air: advertisements, connection attempts and links, at the level of ATT and SMP PDUs and link
 * layer procedures.
 *
 * A link has two ends. ATT PDUs are queued at one end and delivered, whole and in order, at the
 * other, in connection events: every `interval` an event begins and exchanges packets (data length
 * fragments, PHY times, 150 us inter frame space) until both queues are empty or the event length
 * (or the interval) is used up, or an exchange is lost. Loss on the air costs time, never bytes. An
 * end that goes silent (power cut, out of range) makes the other see a supervision timeout (HCI
 * 08).
 *
 * All callbacks come from inside sim_run_until / sim_step, never from inside a call of this
 * interface.
 */
#ifndef NORDFU_SIM_AIR_H
#define NORDFU_SIM_AIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/world.h"

struct air;
struct air_link;
struct air_advertiser;
struct air_scanner;

struct air_address {
    uint8_t type;     /* 0 public, 1 random static */
    uint8_t bytes[6]; /* least significant first */
};

struct air_config {
    double loss; /* share of exchanges lost and repeated, 0..1; advertisements are lost for good */
    int8_t rssi; /* dBm that reports show; 0 = -50 */
};

struct air *air_new(struct sim_world *world, const struct air_config *config);
void air_free(struct air **air);
/* 1, 2, 3 ...: a number that nobody else in this air has got, to make addresses of. */
unsigned air_number(struct air *air);
void air_set_loss(struct air *air, double loss);

enum air_end {
    AIR_CENTRAL,
    AIR_PERIPHERAL,
};

struct air_conn_params {
    uint16_t interval;            /* x 1.25 ms */
    uint16_t latency;             /* connection events */
    uint16_t supervision_timeout; /* x 10 ms */
};

/* What one end is able and willing to do. */
struct air_capabilities {
    uint16_t max_octets; /* link layer data length, 27..251 */
    uint8_t phys; /* bit mask: 1 = 1M, 2 = 2M; 0 = 1M, and the PHY procedure is unknown (answered
                     with 1A) */
    uint32_t event_length_us; /* longest stay in one connection event; 0 = whole interval */
    bool supports_length; /* false: answers the data length request with "unknown" (stays at 27) */
};

/* Events at one end of a link. Any member may be NULL. */
struct air_link_ops {
    /* One ATT PDU arrived (opcode first). */
    void (*receive)(void *context, struct air_link *link, const uint8_t *pdu, size_t size);
    /* `count` own ATT PDUs were acknowledged by the other link layer, at the end of a connection
     * event. `tags` are those given to air_send, oldest first. */
    void (*sent)(void *context, struct air_link *link, const uint32_t *tags, size_t count);
    /* The link is gone; the pointer must not be used afterwards. `reason` is the HCI code as this
     * end sees it. */
    void (*closed)(void *context, struct air_link *link, uint8_t reason);
    /* New connection parameters are in force. */
    void (*params_changed)(void *context, struct air_link *link,
                           const struct air_conn_params *params);
    /* The peripheral asks for parameters (central end only): answer with air_update_params, or
     * air_reject_params. NULL: accepted with interval_max. */
    void (*params_requested)(void *context, struct air_link *link, uint16_t interval_min,
                             uint16_t interval_max, uint16_t latency, uint16_t supervision_timeout);
    /* The answer at the peripheral's end: accepted or rejected. */
    void (*params_answered)(void *context, struct air_link *link, bool accepted);
    /* Data length and PHY in force changed, or (status not 0, HCI code) the procedure this end
     * began failed. The end that began a procedure learns its end also when nothing changed (a peer
     * that knows no data length procedure: the values as they were). */
    void (*length_changed)(void *context, struct air_link *link, uint16_t tx_octets,
                           uint16_t rx_octets);
    void (*phy_changed)(void *context, struct air_link *link, uint8_t status, uint8_t tx_phy,
                        uint8_t rx_phy);
    /* The other end began the procedure. The end must answer with air_request_length /
     * air_request_phy; the procedure hangs until then. NULL: the link layer answers by itself from
     * the capabilities. */
    void (*length_requested)(void *context, struct air_link *link, uint16_t max_tx,
                             uint16_t max_rx);
    void (*phy_requested)(void *context, struct air_link *link, uint8_t tx_phys, uint8_t rx_phys);
    /* One PDU of the security manager's channel arrived (code first). */
    void (*receive_smp)(void *context, struct air_link *link, const uint8_t *pdu, size_t size);
    /* All own PDUs of that channel were acknowledged by the other link layer. */
    void (*sent_smp)(void *context, struct air_link *link);
    /* Peripheral: the central encrypts the link with the key that these name. The end must answer
     * with air_answer_key, also from in here. NULL: there is no key. */
    void (*key_requested)(void *context, struct air_link *link, uint16_t ediv,
                          const uint8_t rand[8]);
    /* The link is encrypted now (status 0), or, at the central's end, the peripheral has no key
     * (06) and the link goes on as it was. */
    void (*encrypted)(void *context, struct air_link *link, uint8_t status);
};

/* When a PDU travels: what an end sends in an exchange, and whether it says that it has more, is
 * settled when the exchange begins. So the answer to a lone request travels one interval later,
 * while an event that is kept open carries answers, too. */

struct air_advert {
    struct air_address address;
    uint8_t data[31];
    uint8_t data_size;
    uint8_t scan_response[31];
    uint8_t scan_response_size;
    uint32_t interval_us; /* plus 0..10 ms random delay, as link layers do */
    bool connectable;
    bool scannable;
    /* Whose connection requests are obeyed (a whitelist, asked with the advertiser's context); NULL
     * = everybody's. Who is not accepted takes himself for connected all the same, and learns by
     * silence (3E): requests are not answered on the air. */
    bool (*accepts)(void *context, const struct air_address *central);
};

/* A device begins to advertise. On a connection it stops by itself and `connected` tells; link ops
 * are then those given here. */
struct air_advertiser *air_advertise(struct air *air, const struct air_advert *advert,
                                     const struct air_capabilities *capabilities,
                                     const struct air_link_ops *ops,
                                     void (*connected)(void *context, struct air_link *link),
                                     void *context);
/* Stops; nulls the pointer; NULL is fine. After `connected` the advertiser is gone already. */
void air_advertise_stop(struct air_advertiser **advertiser);

/* A scanner hears an advertisement that falls into its window, and the scan response if it scans
 * actively. */
typedef void (*air_report)(void *context, const struct air_address *address, int8_t rssi,
                           bool connectable, bool scannable, bool scan_response,
                           const uint8_t *data, size_t size);
struct air_scanner *air_scan(struct air *air, bool active, uint32_t interval_us, uint32_t window_us,
                             air_report report, void *context);
void air_scan_stop(struct air_scanner **scanner);

struct air_initiator;
/* Connects to `peer` (type included) when its next connectable advertisement is heard in the
 * window. `connected` tells; no timeout of its own. After `connected` the initiator is gone
 * already. Both ends are told when the request is on the air; the first connection event
 * follows 1.25 ms later plus an offset below one interval. Window and interval 0 = always
 * listening. */
struct air_initiator *
air_connect(struct air *air, const struct air_address *peer, const struct air_address *own,
            uint32_t interval_us, uint32_t window_us, const struct air_conn_params *params,
            const struct air_capabilities *capabilities, const struct air_link_ops *ops,
            void (*connected)(void *context, struct air_link *link), void *context);
void air_connect_stop(struct air_initiator **initiator);

/* Queues one ATT PDU at `end`. False if memory ran out. */
bool air_send(struct air_link *link, enum air_end end, const void *pdu, size_t size, uint32_t tag);
/* ATT PDUs queued at `end` and not yet reported as sent. */
size_t air_queued(const struct air_link *link, enum air_end end);

/* Queues one PDU for the security manager's channel. False if memory ran out. */
bool air_send_smp(struct air_link *link, enum air_end end, const void *pdu, size_t size);
/* PDUs of that channel queued at `end`. */
size_t air_queued_smp(const struct air_link *link, enum air_end end);

#define AIR_KEY_SIZE 16
/*
 * Central: encrypts the link, or encrypts it anew, with a key that the peripheral finds by EDIV and
 * RAND. Data waits on both ends meanwhile. If the keys differ both ends lose the link with 3D. A
 * second call while the first is under way is ignored.
 */
void air_encrypt(struct air_link *link, uint16_t ediv, const uint8_t rand[8],
                 const uint8_t key[AIR_KEY_SIZE]);
/* Peripheral: the answer to key_requested; NULL = there is no such key. */
void air_answer_key(struct air_link *link, const uint8_t key[AIR_KEY_SIZE]);

/* Orderly end with an HCI reason (13: the other end sees 13, this one 16). */
void air_disconnect(struct air_link *link, enum air_end end, uint8_t reason);
/* The end falls silent: the other sees 08 after the supervision timeout, or 3E after six intervals
 * if the two have not heard each other yet. This end's `closed` is not called; the link may not be
 * used by it any more. */
void air_vanish(struct air_link *link, enum air_end end);

/* Central: new parameters, announced in the next connection event and in force six intervals later.
 */
void air_update_params(struct air_link *link, const struct air_conn_params *params);
/* Peripheral: ask for parameters (L2CAP). Central: decline. */
void air_request_params(struct air_link *link, uint16_t interval_min, uint16_t interval_max,
                        uint16_t latency, uint16_t supervision_timeout);
void air_reject_params(struct air_link *link);
/* Either end: begin, or answer, the data length or PHY procedure. Values are cut to the end's
 * capabilities; phys 0 = all it can. An end without the procedure can't begin it, and a second
 * request while the first is under way is ignored. A new PHY is in force six intervals after the
 * central's decision. Requests that cross: the central's goes on, the peripheral's fails with 23.
 */
void air_request_length(struct air_link *link, enum air_end end, uint16_t max_tx, uint16_t max_rx);
void air_request_phy(struct air_link *link, enum air_end end, uint8_t tx_phys, uint8_t rx_phys);

/* What is in force. */
struct air_link_state {
    struct air_address central, peripheral;
    struct air_conn_params params;
    uint16_t tx_octets[2]; /* by end */
    uint8_t tx_phy[2];     /* by end */
    bool encrypted;
};
void air_link_get(const struct air_link *link, struct air_link_state *state);

#endif
