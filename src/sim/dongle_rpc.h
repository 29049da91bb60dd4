/*
 * SPDX-License-Identifier: MIT
 * Serialization packets as the firmware reads and writes them (wire specification, sections 5 to
 * 9).
 *
 * Every message is one line of text, "conn:u16 params:?CONN_PARAMS", and becomes a list of values
 * under dotted names
 * ("params.min_interval"), so that the SoftDevice reads and writes by the specification's own
 * names. A dialect is a set of such tables.
 *
 * Types: u8 u16 u32 i8, flag (presence byte), need (a flag that must be 1), none (one that must be
 * 0), xN (N bytes), buf8 and buf16 (length, presence, data), raw8 and raw16 (length, data), key (6
 * or 16 bytes, as the number key_type says), =name (as many bytes as the number `name` says), %NAME
 * (bits of one byte, or of two if they need them), NAME (a structure), @NAME (u32 id, presence byte
 * and the value that belongs to the id). Before a type: ? optional behind a presence byte, ~
 * present if bytes remain, * a list behind a u16 count, # an optional list (u8 count, presence
 * byte). Behind buf16: <N, the most bytes that are taken.
 */
#ifndef NORDFU_SIM_DONGLE_RPC_H
#define NORDFU_SIM_DONGLE_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Packet types. */
enum {
    DONGLE_RPC_REQUEST = 0,
    DONGLE_RPC_RESPONSE = 1,
    DONGLE_RPC_EVENT = 2,
    DONGLE_RPC_CONTROL = 5,
};

enum dongle_rpc_kind {
    DONGLE_RPC_NUMBER,
    DONGLE_RPC_BYTES,
    DONGLE_RPC_ABSENT, /* presence byte 00 */
    DONGLE_RPC_STRUCT, /* present; its members follow */
    DONGLE_RPC_LIST,   /* number = count; members "name.0.x" */
};

struct dongle_rpc_value {
    char name[48];
    enum dongle_rpc_kind kind;
    int64_t number;
    const uint8_t *bytes; /* not owned */
    size_t size;
};

/* Zero-initialise to start empty. */
struct dongle_rpc_values {
    struct dongle_rpc_value *items;
    size_t count;
    size_t capacity;
    size_t hint; /* where the next look-up begins */
    bool failed; /* memory ran out or a name was too long */
};

void dongle_rpc_clear(struct dongle_rpc_values *values);
void dongle_rpc_free(struct dongle_rpc_values *values);

/* Adds a value. The bytes must stay until they are encoded. */
void dongle_rpc_put(struct dongle_rpc_values *values, const char *name, int64_t number);
void dongle_rpc_put_bytes(struct dongle_rpc_values *values, const char *name, const void *bytes,
                          size_t size);
void dongle_rpc_put_kind(struct dongle_rpc_values *values, const char *name,
                         enum dongle_rpc_kind kind, int64_t number);

/* Looks a value up; NULL if there is none of that name. */
const struct dongle_rpc_value *dongle_rpc_find(struct dongle_rpc_values *values, const char *name);
/* A number, 0 if there is none. */
int64_t dongle_rpc_number(struct dongle_rpc_values *values, const char *name);
/* A value of any kind is there and not absent. */
bool dongle_rpc_present(struct dongle_rpc_values *values, const char *name);

/* A request and its response, or an event (in `request`); one line of fields each. */
struct dongle_rpc_message {
    const char *name;
    uint16_t id;
    const char *request;  /* NULL: the opcode exists, its layout is not modelled */
    const char *response; /* behind a status of 0 */
};

struct dongle_rpc_type {
    const char *name;
    const char *fields;
};

/* The value that belongs to an id. */
struct dongle_rpc_choice {
    const char *choice; /* "OPTION" or "CONFIG" */
    uint32_t id;
    const char *fields;
};

struct dongle_rpc_dialect {
    int api;
    const struct dongle_rpc_message *commands;
    size_t command_count;
    const struct dongle_rpc_message *events;
    size_t event_count;
    const struct dongle_rpc_type
        *types; /* structures, and bit fields as "name:width ..." from bit 0; "=" behind the last
                   width: the bits are the size of a byte string that follows under that name */
    size_t type_count;
    const struct dongle_rpc_choice *choices;
    size_t choice_count;
};

/* The dialect of a SoftDevice API (2, 3, 5, 6); NULL if there is none. */
const struct dongle_rpc_dialect *dongle_rpc_dialect_of(int api);

const struct dongle_rpc_message *dongle_rpc_command(const struct dongle_rpc_dialect *dialect,
                                                    uint8_t opcode);
const struct dongle_rpc_message *dongle_rpc_event(const struct dongle_rpc_dialect *dialect,
                                                  const char *name);

/*
 * Decodes the bytes behind opcode or event id. False if they are not exactly what `fields` asks
 * for. Byte strings point into `bytes`.
 */
bool dongle_rpc_decode(const struct dongle_rpc_dialect *dialect, const char *fields,
                       const uint8_t *bytes, size_t size, struct dongle_rpc_values *out);
/*
 * Whole packets, type byte first; 0 if there is not enough room. A response has fields only if
 * `status` is 0. Numbers and byte strings of fixed size that `values` does not have are zeros;
 * options that it does not have are absent.
 */
size_t dongle_rpc_encode_response(const struct dongle_rpc_dialect *dialect,
                                  const struct dongle_rpc_message *command, uint32_t status,
                                  struct dongle_rpc_values *values, uint8_t *out, size_t capacity);
size_t dongle_rpc_encode_event(const struct dongle_rpc_dialect *dialect,
                               const struct dongle_rpc_message *event,
                               struct dongle_rpc_values *values, uint8_t *out, size_t capacity);

#endif
