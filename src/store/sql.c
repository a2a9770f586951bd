#include "store/private.h"

#include <errno.h>
#include <string.h>

/* errno behind an error of the disk, 0 where nobody knows. SQLite keeps one, but not for a COMMIT
 * that fails; then errno itself is still what the write left. */
static int sql_os(sqlite3 *db, int code, int left)
{
	if (code == SQLITE_IOERR && left)
		return left;
	return code == SQLITE_IOERR || code == SQLITE_CANTOPEN ? sqlite3_system_errno(db) : 0;
}

static bool sql_fail_disk(struct fm_store *store, int code, int os, struct fm_error *err)
{
	if (code == SQLITE_FULL || os == ENOSPC || os == EDQUOT || os == EFBIG) {
		fm_fail(err, FM_RECORD, "no room on the disk: nothing was added to the records %s",
			store->path);
		fm_hint(err, "Make room on this disk, then run the command again.");
	} else if (code == SQLITE_READONLY || code == SQLITE_CANTOPEN || code == SQLITE_PERM) {
		fm_fail(err, FM_RECORD, "the records cannot be opened or written (%s): %s",
			os ? strerror(os) : sqlite3_errmsg(store->db), store->path);
		fm_hint(err, "Correct the rights of the file and its folder, or set "
			     "XDG_STATE_HOME to a folder of yours.");
	} else {
		fm_fail(err, FM_RECORD, "the disk failed (%s): nothing was added to the records %s",
			os ? strerror(os) : sqlite3_errmsg(store->db), store->path);
		fm_hint(err, "Check the disk ('dmesg' tells more) and copy the records to "
			     "another one.");
	}
	err->os = os;
	return false;
}

bool fm_store_sql_fail(struct fm_store *store, struct fm_error *err)
{
	int left = errno, code = sqlite3_errcode(store->db) & 0xff;

	switch (code) {
	case SQLITE_NOMEM:
		return fm_fail(err, FM_NO_MEMORY, "no memory to work with the records %s",
			       store->path);
	case SQLITE_FULL:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_IOERR:
		return sql_fail_disk(store, code, sql_os(store->db, code, left), err);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		fm_fail(err, FM_RECORD,
			"another program holds the records for more than %d s, nothing was "
			"added: %s",
			FM_STORE_BUSY_MS / 1000, store->path);
		return fm_hint(err, "'fuser -v' with this file names the program; end it, then "
				    "run the command again.");
	case SQLITE_NOTADB:
		fm_fail(err, FM_RECORD, "not a file of flashmend's records, left as it is: %s",
			store->path);
		return fm_hint(err, "Move this file away, or set XDG_STATE_HOME to another "
				    "folder.");
	case SQLITE_CORRUPT:
		fm_fail(err, FM_RECORD, "the records are damaged (%s): %s",
			sqlite3_errmsg(store->db), store->path);
		return fm_hint(err, "Keep a copy of it with its -wal file, then move it away; "
				    "'sqlite3 FILE .recover' saves what is left.");
	default:
		return fm_fail(err, FM_RECORD, "the records cannot be used (%s): %s",
			       sqlite3_errmsg(store->db), store->path);
	}
}

bool fm_store_sql_prepare(struct fm_store *store, const char *sql, sqlite3_stmt **ret,
			  struct fm_error *err)
{
	errno = 0;
	return sqlite3_prepare_v2(store->db, sql, -1, ret, NULL) == SQLITE_OK ||
	       fm_store_sql_fail(store, err);
}

bool fm_store_sql_row(struct fm_store *store, sqlite3_stmt *stmt, bool *ret_row,
		      struct fm_error *err)
{
	int code;

	errno = 0;
	code = sqlite3_step(stmt);
	*ret_row = code == SQLITE_ROW;
	return code == SQLITE_ROW || code == SQLITE_DONE || fm_store_sql_fail(store, err);
}

bool fm_store_sql_done(struct fm_store *store, sqlite3_stmt *stmt, struct fm_error *err)
{
	errno = 0;
	return sqlite3_step(stmt) == SQLITE_DONE || fm_store_sql_fail(store, err);
}

bool fm_store_sql_exec(struct fm_store *store, const char *sql, struct fm_error *err)
{
	errno = 0;
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       fm_store_sql_fail(store, err);
}

bool fm_store_sql_number(struct fm_store *store, const char *sql, int64_t *ret,
			 struct fm_error *err)
{
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	bool row;

	if (!fm_store_sql_prepare(store, sql, &stmt, err) ||
	    !fm_store_sql_row(store, stmt, &row, err))
		return false;
	*ret = row ? sqlite3_column_int64(stmt, 0) : 0;
	return true;
}

void fm_store_sql_bind_text(sqlite3_stmt *stmt, int at, const char *text, size_t max)
{
	size_t len = text ? strnlen(text, max) : 0;
	char *clean = text ? sqlite3_malloc64(len + 1) : NULL;

	/* Without memory NULL is bound, which the schema's NOT NULL refuses. */
	for (size_t i = 0; clean && i < len;) {
		size_t n = fm_text_character(text + i, len - i);

		memcpy(clean + i, n ? text + i : ".", n ? n : 1);
		i += n ? n : 1;
	}
	sqlite3_bind_text64(stmt, at, clean, len, sqlite3_free, SQLITE_UTF8);
}

bool fm_store_sql_printable(const char *text)
{
	size_t len = strlen(text), n = 1;

	for (; len > 0 && n > 0; text += n, len -= n)
		n = fm_text_character(text, len);
	return n > 0;
}

void fm_store_sql_copy_text(sqlite3_stmt *stmt, int column, char *ret, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	fm_text_copy(ret, size, text ? text : "");
}

/* Room for one more item; the size doubles at powers of two. */
static bool sql_grow(void **array, size_t count, size_t item_size, struct fm_error *err)
{
	void *larger;

	if (count & (count - 1))
		return true;
	larger = reallocarray(*array, count ? count * 2 : 1, item_size);
	if (!larger)
		return fm_fail(err, FM_NO_MEMORY, "no memory for the list of records");
	*array = larger;
	return true;
}

bool fm_store_sql_rows(struct fm_store *store, sqlite3_stmt *stmt, fm_store_sql_reader *read,
		       size_t item_size, void **ret, size_t *ret_count, struct fm_error *err)
{
	FM_FREE void *rows = NULL;
	size_t count = 0;
	bool row;

	for (;;) {
		if (!fm_store_sql_row(store, stmt, &row, err))
			return false;
		if (!row)
			break;
		if (!sql_grow(&rows, count, item_size, err))
			return false;
		read(stmt, (char *)rows + count++ * item_size);
	}
	*ret = rows;
	*ret_count = count;
	rows = NULL;
	return true;
}

void fm_store_sql_finalize(sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
}

static bool sql_begin(struct fm_store *store, const char *how, struct fm_error *err)
{
	pthread_mutex_lock(&store->mutex);
	if (fm_store_sql_exec(store, how, err))
		return true;
	pthread_mutex_unlock(&store->mutex);
	return false;
}

bool fm_store_sql_read(struct fm_store *store, struct fm_error *err)
{
	return sql_begin(store, "BEGIN", err);
}

/* Into a file that was removed, or put elsewhere, nothing is recorded that anybody finds again. In
 * WAL mode SQLite does not look for that by itself. */
static bool sql_moved(struct fm_store *store)
{
	int moved = 0;

	return sqlite3_file_control(store->db, NULL, SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
	       moved;
}

bool fm_store_sql_write(struct fm_store *store, struct fm_error *err)
{
	if (!store->writable) {
		fm_fail(err, FM_RECORD, "the records were opened for reading only: %s",
			store->path);
		return fm_hint(err, "Correct the rights of the file and its folder.");
	}
	if (!sql_begin(store, "BEGIN IMMEDIATE", err))
		return false;
	if (!sql_moved(store))
		return true;
	fm_fail(err, FM_RECORD, "the file of the records was removed, or is another one now: %s",
		store->path);
	fm_hint(err, "Put it back where it was: what was recorded so far is in it.");
	return fm_store_sql_end(store, false, err);
}

bool fm_store_sql_end(struct fm_store *store, bool good, struct fm_error *err)
{
	good = good && fm_store_sql_exec(store, "COMMIT", err);
	/* after some errors SQLite has rolled back by itself */
	if (!good && !sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	pthread_mutex_unlock(&store->mutex);
	return good;
}
