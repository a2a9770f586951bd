#include "store/private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Step n brings a file of schema n to n + 1. New columns of job and phase must be NULL in old rows:
 * the chain leaves NULL out, so old hashes stay right. */
static const char *const store_migrations[] = {
	"CREATE TABLE job("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" verb TEXT NOT NULL, model TEXT NOT NULL, port TEXT NOT NULL, unit TEXT NOT NULL,"
	" chip TEXT NOT NULL, loader TEXT NOT NULL, file TEXT NOT NULL,"
	" file_sha256 TEXT NOT NULL, plan_sha256 TEXT NOT NULL,"
	" version_before TEXT NOT NULL, version_after TEXT NOT NULL,"
	" version_expected TEXT NOT NULL, allowed TEXT NOT NULL,"
	" operator_name TEXT NOT NULL, station TEXT NOT NULL, ticket TEXT NOT NULL,"
	" tool_version TEXT NOT NULL, verify TEXT NOT NULL,"
	" bytes_written INTEGER NOT NULL, bytes_verified INTEGER NOT NULL,"
	" bytes_blank_proved INTEGER NOT NULL, bytes_not_tested INTEGER NOT NULL,"
	" retries INTEGER NOT NULL,"
	" start_utc TEXT NOT NULL, start_mono_ns INTEGER NOT NULL,"
	" boot_id TEXT NOT NULL, pid INTEGER NOT NULL, pid_start INTEGER NOT NULL,"
	/* the end: NULL while the job runs */
	" outcome TEXT, code INTEGER, text TEXT, hint TEXT, unit_state TEXT,"
	" end_utc TEXT, end_mono_ns INTEGER,"
	" chain INTEGER UNIQUE, previous TEXT, hash TEXT"
	") STRICT;"
	/* for fm_store_last_at */
	"CREATE INDEX job_port ON job(port) WHERE chain IS NOT NULL;"
	/* both for fm_store_in_doubt, whose query has these very conditions: a look at the few
	 * that are in doubt, not at all that ever was */
	"CREATE INDEX job_doubt ON job(unit_state)"
	" WHERE unit_state IN ('partial', 'unverified', 'unknown') AND outcome <> 'PASS';"
	"CREATE INDEX job_touched ON job(port, model)"
	" WHERE verb IN ('flash', 'erase', 'recover') AND (chain IS NULL OR outcome = 'PASS'"
	" OR unit_state IN ('partial', 'unverified', 'verified', 'unknown'));"
	"CREATE TABLE phase("
	" job INTEGER NOT NULL REFERENCES job(id), number INTEGER NOT NULL,"
	" phase TEXT NOT NULL, detail TEXT NOT NULL,"
	" begin_utc TEXT NOT NULL, begin_mono_ns INTEGER NOT NULL,"
	" end_utc TEXT, end_mono_ns INTEGER, code INTEGER,"
	" PRIMARY KEY(job, number)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE port(path TEXT PRIMARY KEY, model TEXT NOT NULL) STRICT, WITHOUT ROWID;",
	/* backups; verbs that put them back */
	"ALTER TABLE job ADD COLUMN backup TEXT;"
	"ALTER TABLE job ADD COLUMN kept TEXT;"
	"ALTER TABLE job ADD COLUMN source INTEGER;"
	"CREATE TABLE backup("
	" job INTEGER NOT NULL REFERENCES job(id), number INTEGER NOT NULL,"
	" sha256 TEXT NOT NULL, kind TEXT NOT NULL, region TEXT NOT NULL, space TEXT NOT NULL,"
	" addr INTEGER NOT NULL, len INTEGER NOT NULL,"
	" made_utc TEXT NOT NULL, made_mono_ns INTEGER NOT NULL,"
	" PRIMARY KEY(job, number)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX job_unit ON job(unit, model);"
	"DROP INDEX job_touched;"
	"CREATE INDEX job_touched ON job(port, model)"
	" WHERE verb IN ('flash', 'erase', 'recover', 'restore', 'rollback')"
	" AND (chain IS NULL OR outcome = 'PASS'"
	" OR unit_state IN ('partial', 'unverified', 'verified', 'unknown'));",
	/* ports that a bench has given names */
	"ALTER TABLE job ADD COLUMN slot TEXT;"
	"CREATE TABLE slot(place TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE)"
	" STRICT, WITHOUT ROWID;",
	/* what the application and the person answered */
	("ALTER TABLE job ADD COLUMN post_checks TEXT;"
	 "ALTER TABLE job ADD COLUMN answers TEXT;"),
	/* how the file was to be read, and the like; what nothing has proved */
	("ALTER TABLE job ADD COLUMN options TEXT;"
	 "ALTER TABLE job ADD COLUMN not_tested TEXT;"),
};

enum { STORE_SCHEMA = FM_COUNT(store_migrations) };

/* In a transaction. FM_RECORD when the file is not ours or newer than this program. */
static bool store_schema(struct fm_store *store, int64_t *ret_schema, struct fm_error *err)
{
	int64_t application, tables;

	if (!fm_store_sql_number(store, "PRAGMA application_id", &application, err) ||
	    !fm_store_sql_number(store, "PRAGMA user_version", ret_schema, err) ||
	    !fm_store_sql_number(store, "SELECT count(*) FROM sqlite_schema", &tables, err))
		return false;
	if (application != FM_STORE_APPLICATION && (application || *ret_schema || tables)) {
		fm_fail(err, FM_RECORD, "a database of another program, left as it is: %s",
			store->path);
		return fm_hint(err, "Move this file away, or set XDG_STATE_HOME to another "
				    "folder.");
	}
	if (*ret_schema <= STORE_SCHEMA)
		return true;
	fm_fail(err, FM_RECORD,
		"the records were written by a newer flashmend (schema %lld, this one knows %d): "
		"%s",
		(long long)*ret_schema, STORE_SCHEMA, store->path);
	return fm_hint(err, "Install that flashmend, or set XDG_STATE_HOME to another folder; the "
			    "file was left as it is.");
}

static bool store_migrate_steps(struct fm_store *store, struct fm_error *err)
{
	char finish[100];
	int64_t schema;

	/* again, now that nobody else can be at it */
	if (!store_schema(store, &schema, err))
		return false;
	for (; schema < STORE_SCHEMA; schema++) {
		if (!fm_store_sql_exec(store, store_migrations[schema], err))
			return false;
	}
	snprintf(finish, sizeof(finish), "PRAGMA application_id=%d; PRAGMA user_version=%d",
		 FM_STORE_APPLICATION, STORE_SCHEMA);
	return fm_store_sql_exec(store, finish, err);
}

static bool store_migrate(struct fm_store *store, struct fm_error *err)
{
	int64_t schema = 0;

	if (!fm_store_sql_read(store, err) ||
	    !fm_store_sql_end(store, store_schema(store, &schema, err), err))
		return false;
	if (schema == STORE_SCHEMA)
		return true;
	if (!store->writable) {
		fm_fail(err, FM_RECORD,
			"the records were written by an older flashmend and cannot be brought up "
			"to date where they cannot be written: %s",
			store->path);
		return fm_hint(err, "Copy the file to a folder that you can write, and read it "
				    "there.");
	}
	return fm_store_sql_write(store, err) &&
	       fm_store_sql_end(store, store_migrate_steps(store, err), err);
}

/* Going over to WAL needs the file alone, and SQLite does not wait for that by itself when others
 * have it open (a file that is new to several processes). */
static bool store_wal(struct fm_store *store, struct fm_error *err)
{
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	const char *mode;
	int code;

	if (!fm_store_sql_prepare(store, "PRAGMA journal_mode=WAL", &stmt, err))
		return false;
	for (int waited_ms = 0;; waited_ms += 5) {
		errno = 0;
		code = sqlite3_step(stmt);
		if ((code & 0xff) != SQLITE_BUSY || waited_ms >= FM_STORE_BUSY_MS)
			break;
		sqlite3_reset(stmt);
		sqlite3_sleep(5);
	}
	if (code != SQLITE_ROW)
		return fm_store_sql_fail(store, err);
	mode = (const char *)sqlite3_column_text(stmt, 0);
	if (mode && strcmp(mode, "wal") == 0)
		return true;
	fm_fail(err, FM_RECORD, "the file system has no shared memory, which records need: %s",
		store->path);
	return fm_hint(err, "Set XDG_STATE_HOME to a folder on a disk of this computer.");
}

/* What a file says must not make SQLite do more than these statements; and a file that turns out
 * not to be ours is not to be written when it is closed. */
static bool store_guard(struct fm_store *store, bool ours, struct fm_error *err)
{
	static const char settings[] = "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;"
				       "PRAGMA synchronous=FULL";

	sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !ours, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return fm_store_sql_exec(store, settings, err);
}

static bool store_connect(struct fm_store *store, const char *name, int flags, struct fm_error *err)
{
	sqlite3_close(store->db);
	store->db = NULL;
	if (sqlite3_open_v2(name, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return store->db ? fm_store_sql_fail(store, err)
				 : fm_fail(err, FM_NO_MEMORY, "no memory for the records");
	sqlite3_busy_timeout(store->db, FM_STORE_BUSY_MS);
	return store_guard(store, false, err);
}

static bool store_open_writable(struct fm_store *store, struct fm_error *err)
{
	store->writable = true;
	return store_connect(store, store->path, SQLITE_OPEN_READWRITE, err) &&
	       store_migrate(store, err) && store_wal(store, err) && store_guard(store, true, err);
}

/* No file: an empty store in memory, so that callers need no second way of asking. */
static bool store_open_absent(struct fm_store *store, struct fm_error *err)
{
	bool good;

	store->writable = true;
	good = store_connect(store, ":memory:", SQLITE_OPEN_READWRITE, err) &&
	       store_migrate(store, err);
	store->writable = false;
	return good;
}

/* The path as a URI that tells SQLite that nothing changes the file: then it needs no files beside
 * it (sqlite.org/uri.html). */
static void store_immutable_uri(const char *path, struct fm_text *ret)
{
	/* an empty authority, or a path of "//host/x" would be taken for one */
	fm_text_add(ret, path[0] == '/' ? "file://" : "file:");
	for (; *path; path++)
		fm_text_addf(ret, strchr("%?#", *path) ? "%%%02x" : "%c", (unsigned char)*path);
	fm_text_add(ret, "?immutable=1");
}

static bool store_log_waits(const struct fm_store *store)
{
	FM_TEXT_DONE struct fm_text name = { 0 };
	struct stat status;

	fm_text_addf(&name, "%s-wal", store->path);
	return stat(name.data, &status) == 0 && status.st_size > 0;
}

/* Even a reader's shared memory needs a bit of it. */
static bool store_no_room(struct fm_store *store, const struct fm_error *err)
{
	return store->db && ((sqlite3_errcode(store->db) & 0xff) == SQLITE_FULL ||
			     err->os == ENOSPC || err->os == EDQUOT);
}

static bool store_open_read_only(struct fm_store *store, struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text uri = { 0 };

	/* Works while another process has the records open, or in a folder that can be written. */
	if (store_connect(store, store->path, SQLITE_OPEN_READONLY, err) &&
	    fm_store_sql_exec(store, "SELECT count(*) FROM sqlite_schema", err))
		return store_migrate(store, err);
	if (sqlite3_errcode(store->db) != SQLITE_CANTOPEN &&
	    sqlite3_errcode(store->db) != SQLITE_READONLY && !store_no_room(store, err))
		return false;
	if (store_log_waits(store)) {
		fm_fail(err, FM_RECORD,
			"the newest records lie in a -wal file that cannot be read here: %s",
			store->path);
		return fm_hint(err, "Copy the file together with its -wal file to a folder that "
				    "you can write, and read it there.");
	}
	store_immutable_uri(store->path, &uri);
	return store_connect(store, uri.data, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err) &&
	       store_migrate(store, err);
}

static bool store_open_place(struct fm_store *store, bool create, struct fm_error *err)
{
	enum fm_store_place place;

	if (!fm_store_place_find(store->path, create, &place, err))
		return false;
	switch (place) {
	case FM_PLACE_WRITABLE:
		if (store_open_writable(store, err))
			return true;
		if (create || !store_no_room(store, err))
			return false;
		store->writable = false;
		return store_open_read_only(store, err);
	case FM_PLACE_READ_ONLY:
		return store_open_read_only(store, err);
	case FM_PLACE_ABSENT:
		break;
	}
	return store_open_absent(store, err);
}

bool fm_store_open(const char *path, bool create, struct fm_store **ret_store, struct fm_error *err)
{
	struct fm_store *store = calloc(1, sizeof(*store));

	*ret_store = NULL;
	if (!store)
		return fm_fail(err, FM_NO_MEMORY, "no memory for the records");
	pthread_mutex_init(&store->mutex, NULL);
	store->path = strdup(path);
	if (!store->path)
		fm_fail(err, FM_NO_MEMORY, "no memory for the records");
	if (!store->path || !store_open_place(store, create, err)) {
		fm_store_close(store);
		return false;
	}
	*ret_store = store;
	return true;
}

void fm_store_close(struct fm_store *store)
{
	if (!store)
		return;
	sqlite3_close(store->db);
	pthread_mutex_destroy(&store->mutex);
	free(store->path);
	free(store);
}
