/* The Cassandra driver (the crate scylla) as C sees it. C++ uses it through session.h, nobody else does.
 *
 * Errors are a kind and a text. No panic crosses: it becomes an error of kind wfc_fatal. A callback must not
 * throw. Everything that is passed in is borrowed for the duration of the call; what a callback gets, for
 * that of the callback.
 *
 * Threads: any, several at once; wfc_close() once, after all other calls returned.
 */
#pragma once

/* NOLINTBEGIN: this is C. */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum wfc_kind { wfc_ok = 0, wfc_transient = 1, wfc_bad_input = 2, wfc_fatal = 3 };

typedef struct {
  int32_t kind;
  char what[1020]; /* ends with NUL; cut off where it does not fit */
} wfc_error;

typedef struct {
  const char* data;
  size_t size;
} wfc_text;

/* A column's value. Texts and blobs are bytes; every other type is `number`. */
enum wfc_type {
  wfc_null = 0,
  wfc_bytes = 1,
  wfc_tinyint = 2,
  wfc_smallint = 3,
  wfc_int = 4,
  wfc_bigint = 5,
  wfc_boolean = 6
};

typedef struct {
  int64_t number;
  wfc_text bytes;
  int32_t type;
} wfc_value;

typedef struct {
  wfc_text hosts;    /* host:port, comma between */
  wfc_text local_dc; /* empty: any */
  wfc_text username; /* empty: none */
  wfc_text password;
  wfc_text tls_ca;      /* file of certificates in PEM; empty: no TLS */
  wfc_text consistency; /* ONE, QUORUM, LOCAL_QUORUM, ... */
  int64_t request_timeout_ms;
  int64_t connect_timeout_ms;
} wfc_options;

typedef struct wfc_session wfc_session;
typedef struct wfc_statement wfc_statement; /* prepared; valid until the session is closed */

/* NULL with an error when no node could be asked. */
wfc_session* wfc_open(const wfc_options* options, wfc_error* error);

/* Ends all connections. Writes that are under way end with a transient error before it returns; they may have
 * happened all the same. */
void wfc_close(wfc_session* session);

/* Calls each(context, name) for the data centre of every node that is known, on this thread; one that several
 * are in comes several times. */
void wfc_data_centres(const wfc_session* session, void (*each)(void* context, wfc_text name), void* context);

/* A statement that is not prepared and returns no rows: for the schema. Waits until all nodes know the new
 * one. */
void wfc_run(const wfc_session* session, wfc_text cql, wfc_error* error);

const wfc_statement* wfc_prepare(wfc_session* session, wfc_text cql, wfc_error* error);

/* Executes `statement` once for each of `rows` rows of `columns` values, row after row in `values`; several
 * rows become one unlogged batch. Returns at once; done(context, error) is called exactly once, on any
 * thread, maybe before this returns. */
void wfc_write(const wfc_session* session, const wfc_statement* statement, const wfc_value* values,
               size_t columns, size_t rows, void (*done)(void* context, const wfc_error* error),
               void* context);

/* Executes `statement` with `values` and calls row(context, values, columns) for each row in order, on this
 * thread, fetching `page_rows` at a time. After an error the rows so far have been handed out. */
void wfc_read(const wfc_session* session, const wfc_statement* statement, const wfc_value* values,
              size_t columns, int32_t page_rows,
              void (*row)(void* context, const wfc_value* values, size_t columns), void* context,
              wfc_error* error);

#ifdef __cplusplus
}
#endif

/* NOLINTEND */
