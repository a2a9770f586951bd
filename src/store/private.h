/* What the files of src/store share; nobody else includes it but their tests. */
#ifndef FM_STORE_PRIVATE_H
#define FM_STORE_PRIVATE_H

#include "base/scope.h"
#include "base/text.h"
#include "store/store.h"

#include <pthread.h>
#include <sqlite3.h>

#define FM_STORE_APPLICATION 0x464d7263 /* "FMrc", in the file's header */
#define FM_STORE_BUSY_MS 10000

struct fm_store {
	sqlite3 *db;
	pthread_mutex_t mutex; /* held during a transaction: a connection has one at a time */
	char *path;
	bool writable;
};

/* --- place.c: where the file lies --- */
enum fm_store_place { FM_PLACE_ABSENT, FM_PLACE_READ_ONLY, FM_PLACE_WRITABLE };

/* With create also makes folders and an empty file; then *ret is FM_PLACE_WRITABLE. */
bool fm_store_place_find(const char *path, bool create, enum fm_store_place *ret,
			 struct fm_error *err) FM_MUST_CHECK;
/* Make a folder (0700) with those above it, durably; it may be there. */
bool fm_store_place_make_folder(const char *folder, struct fm_error *err) FM_MUST_CHECK;
/* Names in the folder are on the disk. */
bool fm_store_place_sync(const char *folder, struct fm_error *err) FM_MUST_CHECK;
/* Name of a network file system of this statfs type, or NULL. */
const char *fm_store_place_network(unsigned long type);

/* --- sql.c: statements and transactions --- */
/* The last error of the connection as FM_RECORD (or FM_NO_MEMORY), with what can be done. errno
 * must have been 0 before the call of SQLite that failed. */
bool fm_store_sql_fail(struct fm_store *store, struct fm_error *err);
bool fm_store_sql_prepare(struct fm_store *store, const char *sql, sqlite3_stmt **ret,
			  struct fm_error *err) FM_MUST_CHECK;
/* One step: *ret_row says whether there is a row. */
bool fm_store_sql_row(struct fm_store *store, sqlite3_stmt *stmt, bool *ret_row,
		      struct fm_error *err) FM_MUST_CHECK;
/* A statement without rows, to its end. */
bool fm_store_sql_done(struct fm_store *store, sqlite3_stmt *stmt,
		       struct fm_error *err) FM_MUST_CHECK;
bool fm_store_sql_exec(struct fm_store *store, const char *sql, struct fm_error *err) FM_MUST_CHECK;
/* The first column of the first row; 0 when there is none or it is NULL. */
bool fm_store_sql_number(struct fm_store *store, const char *sql, int64_t *ret,
			 struct fm_error *err) FM_MUST_CHECK;
/* At most max bytes of text, made printable. NULL binds NULL. */
void fm_store_sql_bind_text(sqlite3_stmt *stmt, int at, const char *text, size_t max);
/* Nothing of the text would be replaced. */
bool fm_store_sql_printable(const char *text);
/* "" where the column is NULL. */
void fm_store_sql_copy_text(sqlite3_stmt *stmt, int column, char *ret, size_t size);
/* All rows of a bound statement, each read into an item of item_size: an array for the caller to
 * free, NULL when there is none. */
typedef void fm_store_sql_reader(sqlite3_stmt *stmt, void *ret_item);
bool fm_store_sql_rows(struct fm_store *store, sqlite3_stmt *stmt, fm_store_sql_reader *read,
		       size_t item_size, void **ret, size_t *ret_count,
		       struct fm_error *err) FM_MUST_CHECK;
void fm_store_sql_finalize(sqlite3_stmt **stmt);

#define FM_STORE_STMT FM_CLEANUP(fm_store_sql_finalize)

/* A transaction: `if (!fm_store_sql_write(...)) return false; return fm_store_sql_end(store,
 * work(...), err);` Both lock the handle when they return true, and `end` frees it. */
bool fm_store_sql_read(struct fm_store *store, struct fm_error *err) FM_MUST_CHECK;
bool fm_store_sql_write(struct fm_store *store, struct fm_error *err) FM_MUST_CHECK;
/* Commit when good, else (or when that fails) take all back. */
bool fm_store_sql_end(struct fm_store *store, bool good, struct fm_error *err) FM_MUST_CHECK;

/* --- owner.c: time, and who runs a job --- */
void fm_store_owner_now(char ret_utc[32], int64_t *ret_mono_ns);
/* boot_id, pid and pid_start of this process. */
void fm_store_owner_fill(struct fm_record *record);
enum fm_store_owner { FM_OWNER_ALIVE, FM_OWNER_DEAD, FM_OWNER_REBOOTED };
enum fm_store_owner fm_store_owner_check(const struct fm_record *record);

/* --- record.c: rows of the table job; inside a transaction --- */
/* "SELECT ... FROM job " and what follows. */
void fm_store_record_select(struct fm_text *ret_sql, const char *rest);
void fm_store_record_read(sqlite3_stmt *stmt, struct fm_record *ret);
/* All rows of a bound statement of fm_store_record_select. */
bool fm_store_record_rows(struct fm_store *store, sqlite3_stmt *stmt, struct fm_record **ret,
			  size_t *ret_count, struct fm_error *err) FM_MUST_CHECK;
/* The error of a change to a record that has ended. */
bool fm_store_record_ended(int64_t id, struct fm_error *err);
/* Writes the end and chains it. */
bool fm_store_record_finish(struct fm_store *store, struct fm_record *record,
			    struct fm_error *err) FM_MUST_CHECK;

/* --- phase.c --- */
bool fm_store_phase_rows(struct fm_store *store, int64_t job, struct fm_phase_record **ret,
			 size_t *ret_count, struct fm_error *err) FM_MUST_CHECK;
/* The state in which phases leave a unit when the program ends after them. */
const char *fm_store_phase_state(const struct fm_phase_record *phases, size_t count);

/* --- content.c: the files of backups --- */
/* FOLDER-OF-THE-RECORDS/backups, and under it ab/abcd... where sha256 is not NULL. */
void fm_store_content_path(const struct fm_store *store, const char *sha256, struct fm_text *ret);
/* Durable when it returns true; FM_BACKUP. */
bool fm_store_content_write(struct fm_store *store, const void *data, size_t len,
			    char ret_sha256[FM_SHA256_TEXT], struct fm_error *err) FM_MUST_CHECK;
bool fm_store_content_read(struct fm_store *store, const char *sha256, size_t len,
			   uint8_t **ret_data, struct fm_error *err) FM_MUST_CHECK;

/* --- chain.c; inside a transaction --- */
/* Place and previous hash of the next record that ends. */
bool fm_store_chain_next(struct fm_store *store, struct fm_record *record,
			 struct fm_error *err) FM_MUST_CHECK;
/* The hash of a record as it is stored now. FM_CHAIN when it can't be serialised. */
bool fm_store_chain_hash(struct fm_store *store, int64_t id, const char *previous,
			 char ret[FM_SHA256_TEXT], struct fm_error *err) FM_MUST_CHECK;

#endif
