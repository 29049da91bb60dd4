/*
 * SPDX-License-Identifier: MIT
 * An ATT/GATT server as small devices have one: a fixed table of services, one client, no long
 * writes.
 *
 * It knows no radio: PDUs (opcode first, Core Vol 3 Part F 3.4) are handed in and come out through
 * `send`. So the same server runs on the simulated air and on a real controller.
 */
#ifndef NORDFU_SIM_PERIPHERAL_H
#define NORDFU_SIM_PERIPHERAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peripheral;

enum peripheral_property {
    PERIPHERAL_READ = 0x02,
    PERIPHERAL_WRITE_COMMAND = 0x04,
    PERIPHERAL_WRITE = 0x08,
    PERIPHERAL_NOTIFY = 0x10,
    PERIPHERAL_INDICATE = 0x20,
};

/* Error codes of the Attribute Protocol (Core Vol 3 Part F 3.4.1.1) and of the Core Supplement. */
enum peripheral_error {
    ATT_INVALID_HANDLE = 0x01,
    ATT_READ_NOT_PERMITTED = 0x02,
    ATT_WRITE_NOT_PERMITTED = 0x03,
    ATT_INVALID_PDU = 0x04,
    ATT_INSUFFICIENT_AUTHENTICATION = 0x05,
    ATT_NOT_SUPPORTED = 0x06,
    ATT_INVALID_OFFSET = 0x07,
    ATT_NOT_FOUND = 0x0A,
    ATT_INVALID_LENGTH = 0x0D,
    ATT_INSUFFICIENT_ENCRYPTION = 0x0F,
    ATT_UNSUPPORTED_GROUP = 0x10,
    ATT_VALUE_NOT_ALLOWED = 0x13,
    ATT_CCCD_IMPROPER = 0xFD,
};

#define PERIPHERAL_DEFAULT_MTU 23u
#define PERIPHERAL_MAX_MTU     517u

struct peripheral_uuid {
    uint8_t size;      /* 2 or 16 */
    uint8_t bytes[16]; /* least significant first */
};

/* A client configuration descriptor follows the value of whatever notifies or indicates. */
struct peripheral_characteristic {
    struct peripheral_uuid uuid;
    uint8_t properties; /* enum peripheral_property */
    bool needs_cccd;    /* writes are refused with FD until notifications or indications are on */
    uint16_t max_size;  /* of a write, bytes; 0 = not limited but by the MTU */
    const void *value;  /* what reading gives; not copied */
    size_t value_size;
    bool secure; /* value and descriptor are for encrypted links only */
};

struct peripheral_service {
    struct peripheral_uuid uuid;
    const struct peripheral_characteristic *characteristics;
    size_t count;
};

struct peripheral_config {
    const struct peripheral_service *services; /* must outlive the server; handles count from 1 */
    size_t count;
    uint16_t mtu;    /* this end's, 23..517 */
    bool refuse_mtu; /* answers the client's MTU request with error 06 */
};

/* Any member but `send` may be NULL. */
struct peripheral_ops {
    /* One PDU for the client. */
    void (*send)(void *context, const uint8_t *pdu, size_t size);
    /* A value was written. A response, if any, is on its way already. */
    void (*written)(void *context, const struct peripheral_characteristic *characteristic,
                    const uint8_t *bytes, size_t size);
    /* The client confirmed the indication. */
    void (*confirmed)(void *context, const struct peripheral_characteristic *characteristic);
    /* The MTU in force changed. */
    void (*mtu_changed)(void *context, uint16_t mtu);
    /* The client was refused something (for logs). */
    void (*refused)(void *context, uint8_t opcode, uint16_t handle, uint8_t error);
    /* The client changed a client configuration descriptor. */
    void (*subscribed)(void *context);
};

/* NULL when memory ran out. The configuration is copied, the services are not. */
struct peripheral *peripheral_new(const struct peripheral_config *config,
                                  const struct peripheral_ops *ops, void *context);
void peripheral_free(struct peripheral **peripheral);

/* A new link: MTU 23, nothing subscribed, nothing outstanding, not encrypted. */
void peripheral_reset(struct peripheral *peripheral);
/* The link's security: whether it is encrypted, and whether there is a key to encrypt it with. It
 * decides about `secure` characteristics: refused with 05 or, if the client could encrypt the link,
 * 0F (Core Vol 3 Part C 10.3.1). */
void peripheral_set_security(struct peripheral *peripheral, bool encrypted, bool has_key);
/* The client configuration descriptors in the order of their handles, for keeping them with a bond:
 * copies up to `room` and returns their number; sets the first `count`. */
size_t peripheral_get_cccds(const struct peripheral *peripheral, uint16_t *values, size_t room);
void peripheral_set_cccds(struct peripheral *peripheral, const uint16_t *values, size_t count);
/* One PDU from the client. Whatever it is, it is answered, obeyed or ignored as the standard says.
 */
void peripheral_receive(struct peripheral *peripheral, const uint8_t *pdu, size_t size);

/* Notifies; false if the client has not asked for it or the value does not fit the MTU. */
bool peripheral_notify(struct peripheral *peripheral,
                       const struct peripheral_characteristic *characteristic, const void *bytes,
                       size_t size);
/* Indicates; false also while an indication is unconfirmed. */
bool peripheral_indicate(struct peripheral *peripheral,
                         const struct peripheral_characteristic *characteristic, const void *bytes,
                         size_t size);
/* Begins an MTU exchange as a client. */
void peripheral_ask_mtu(struct peripheral *peripheral);
/* The MTU in force. */
uint16_t peripheral_mtu(const struct peripheral *peripheral);
/* The value handle; 0 if the characteristic is not in the table. */
uint16_t peripheral_handle(const struct peripheral *peripheral,
                           const struct peripheral_characteristic *characteristic);

#endif
