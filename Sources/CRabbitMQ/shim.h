#pragma once
#include <stdint.h>
#include <sys/time.h>
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>

/* amqp_login is variadic. */
static inline amqp_rpc_reply_t switchboard_amqp_login(amqp_connection_state_t connection, const char *vhost,
                                                      int channel_max, int frame_max, int heartbeat_seconds,
                                                      const amqp_table_t *properties, const char *user,
                                                      const char *password) {
    return amqp_login_with_properties(connection, vhost, channel_max, frame_max, heartbeat_seconds, properties,
                                      AMQP_SASL_METHOD_PLAIN, user, password);
}

/* Values of a field table are unions, which import awkwardly. The bytes must outlive the entry. */
static inline amqp_table_entry_t switchboard_amqp_entry_text(amqp_bytes_t key, amqp_bytes_t text) {
    amqp_table_entry_t entry = {.key = key, .value = {.kind = AMQP_FIELD_KIND_UTF8, .value = {.bytes = text}}};
    return entry;
}

static inline amqp_table_entry_t switchboard_amqp_entry_integer(amqp_bytes_t key, int64_t integer) {
    amqp_table_entry_t entry = {.key = key, .value = {.kind = AMQP_FIELD_KIND_I64, .value = {.i64 = integer}}};
    return entry;
}

static inline amqp_table_entry_t switchboard_amqp_entry_boolean(amqp_bytes_t key, int boolean) {
    amqp_table_entry_t entry = {.key = key, .value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value = {.boolean = boolean}}};
    return entry;
}

static inline amqp_table_entry_t switchboard_amqp_entry_table(amqp_bytes_t key, amqp_table_t table) {
    amqp_table_entry_t entry = {.key = key, .value = {.kind = AMQP_FIELD_KIND_TABLE, .value = {.table = table}}};
    return entry;
}

/* Whether the value is an integer, and which. Unsigned ones beyond INT64_MAX count as none. */
static inline int switchboard_amqp_integer(const amqp_field_value_t *value, int64_t *integer) {
    switch (value->kind) {
    case AMQP_FIELD_KIND_I8: *integer = value->value.i8; return 1;
    case AMQP_FIELD_KIND_U8: *integer = value->value.u8; return 1;
    case AMQP_FIELD_KIND_I16: *integer = value->value.i16; return 1;
    case AMQP_FIELD_KIND_U16: *integer = value->value.u16; return 1;
    case AMQP_FIELD_KIND_I32: *integer = value->value.i32; return 1;
    case AMQP_FIELD_KIND_U32: *integer = value->value.u32; return 1;
    case AMQP_FIELD_KIND_I64: *integer = value->value.i64; return 1;
    case AMQP_FIELD_KIND_TIMESTAMP:
    case AMQP_FIELD_KIND_U64: *integer = (int64_t)value->value.u64; return *integer >= 0;
    default: return 0;
    }
}

/* The table that is the first element of an array value; NULL if it is none. */
static inline const amqp_table_t *switchboard_amqp_first_table(const amqp_field_value_t *value) {
    if (value->kind != AMQP_FIELD_KIND_ARRAY || value->value.array.num_entries < 1)
        return NULL;
    const amqp_field_value_t *first = &value->value.array.entries[0];
    return first->kind == AMQP_FIELD_KIND_TABLE ? &first->value.table : NULL;
}

/* The first element of an array value; NULL if it has none. */
static inline const amqp_field_value_t *switchboard_amqp_first(const amqp_field_value_t *value) {
    if (value->kind != AMQP_FIELD_KIND_ARRAY || value->value.array.num_entries < 1)
        return NULL;
    return &value->value.array.entries[0];
}

/* Whether the value is text, and which. */
static inline int switchboard_amqp_text(const amqp_field_value_t *value, amqp_bytes_t *text) {
    if (value->kind != AMQP_FIELD_KIND_UTF8 && value->kind != AMQP_FIELD_KIND_BYTES)
        return 0;
    *text = value->value.bytes;
    return 1;
}
