/*
 * SPDX-License-Identifier: MIT
 * What the files of the attribute server share: peripheral.c (state, dispatch, writing, what is
 * sent unasked), peripheral_read.c (finding and reading).
 */
#ifndef NORDFU_SIM_PERIPHERAL_INTERNAL_H
#define NORDFU_SIM_PERIPHERAL_INTERNAL_H

#include "base/bytes.h"
#include "sim/peripheral.h"
#include "sim/peripheral_table.h"

enum opcode {
    OP_ERROR = 0x01,
    OP_MTU_REQUEST = 0x02,
    OP_MTU_RESPONSE = 0x03,
    OP_FIND_INFORMATION = 0x04,
    OP_FIND_BY_TYPE_VALUE = 0x06,
    OP_READ_BY_TYPE = 0x08,
    OP_READ = 0x0A,
    OP_READ_BLOB = 0x0C,
    OP_READ_BY_GROUP_TYPE = 0x10,
    OP_WRITE = 0x12,
    OP_NOTIFICATION = 0x1B,
    OP_INDICATION = 0x1D,
    OP_CONFIRMATION = 0x1E,
    OP_WRITE_COMMAND = 0x52,
};

struct peripheral {
    struct peripheral_config config;
    struct peripheral_ops ops;
    void *context;
    struct attribute_table table;
    uint16_t mtu;
    bool asked_mtu;
    bool encrypted, has_key;
    const struct peripheral_characteristic *indicated; /* not confirmed yet */
    uint8_t out[PERIPHERAL_MAX_MTU];
};

/* peripheral.c */
/* What the link lacks for this attribute; 0 = nothing. */
uint8_t peripheral_check_security(const struct peripheral *p, const struct attribute *a);
/* Begins a PDU that may be as large as the MTU allows. */
void peripheral_answer_begin(struct peripheral *p, struct bytes_writer *w, uint8_t opcode);
/* Sends it. */
void peripheral_answer(struct peripheral *p, const struct bytes_writer *w);
/* Sends an error response instead. */
void peripheral_refuse(struct peripheral *p, uint8_t opcode, uint16_t handle, uint8_t error);

/* peripheral_read.c: requests. `r` stands behind the opcode; sizes are checked already. */
void peripheral_find_information(struct peripheral *p, struct bytes_reader *r);
void peripheral_find_by_type_value(struct peripheral *p, struct bytes_reader *r);
void peripheral_read_by_type(struct peripheral *p, struct bytes_reader *r);
void peripheral_read_by_group_type(struct peripheral *p, struct bytes_reader *r);
void peripheral_read_request(struct peripheral *p, struct bytes_reader *r);
void peripheral_read_blob(struct peripheral *p, struct bytes_reader *r);

#endif
