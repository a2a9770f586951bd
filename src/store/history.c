#include "store/private.h"

/* In these very words in the schema's indexes. */
#define HISTORY_WRITES "verb IN ('flash', 'erase', 'recover', 'restore', 'rollback')"
#define HISTORY_TOUCHED                                                                            \
	HISTORY_WRITES " AND (chain IS NULL OR outcome = 'PASS'"                                   \
		       " OR unit_state IN ('partial', 'unverified', 'verified', 'unknown'))"

static bool history_prepare(struct fm_store *store, const char *rest, sqlite3_stmt **ret,
			    struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text sql = { 0 };

	fm_store_record_select(&sql, rest);
	return fm_store_sql_prepare(store, sql.data, ret, err);
}

static bool history_doubts(struct fm_store *store, struct fm_record **ret, size_t *ret_count,
			   struct fm_error *err)
{
	/* the second: the same unit at another port */
	static const char rest[] =
		"WHERE unit_state IN ('partial', 'unverified', 'unknown') AND outcome <> 'PASS'"
		" AND " HISTORY_WRITES " AND NOT EXISTS("
		"SELECT 1 FROM job AS later WHERE later.port = job.port"
		" AND later.model = job.model AND later.id > job.id"
		" AND " HISTORY_TOUCHED ") AND NOT (unit <> '' AND EXISTS("
		"SELECT 1 FROM job AS later WHERE later.unit = job.unit"
		" AND later.model = job.model AND later.id > job.id"
		" AND " HISTORY_TOUCHED ")) ORDER BY id DESC";
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;

	return history_prepare(store, rest, &stmt, err) &&
	       fm_store_record_rows(store, stmt, ret, ret_count, err);
}

bool fm_store_in_doubt(struct fm_store *store, struct fm_record **ret, size_t *ret_count,
		       struct fm_error *err)
{
	return fm_store_sql_read(store, err) &&
	       fm_store_sql_end(store, history_doubts(store, ret, ret_count, err), err);
}

static bool history_list(struct fm_store *store, const struct fm_history_filter *filter,
			 struct fm_record **ret, size_t *ret_count, struct fm_error *err)
{
	static const char rest[] = "WHERE (?1 IS NULL OR model = ?1) AND (?2 IS NULL OR unit = ?2)"
				   " AND (?3 IS NULL OR port = ?3)"
				   " AND (?4 IS NULL OR ifnull(outcome, '') = ?4)"
				   " AND (?6 IS NULL OR start_utc >= ?6)"
				   " AND (?7 IS NULL OR start_utc < ?7)"
				   " AND (?8 IS NULL OR slot = ?8 COLLATE NOCASE)"
				   " ORDER BY id DESC LIMIT ?5";
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	const struct fm_record *sizes = NULL;

	if (!history_prepare(store, rest, &stmt, err))
		return false;
	fm_store_sql_bind_text(stmt, 1, filter->model, sizeof(sizes->model) - 1);
	fm_store_sql_bind_text(stmt, 2, filter->unit, sizeof(sizes->unit) - 1);
	fm_store_sql_bind_text(stmt, 3, filter->port, sizeof(sizes->port) - 1);
	fm_store_sql_bind_text(stmt, 4, filter->outcome, sizeof(sizes->outcome) - 1);
	sqlite3_bind_int64(stmt, 5, filter->newest > 0 ? filter->newest : -1);
	fm_store_sql_bind_text(stmt, 6, filter->since, sizeof(sizes->start_utc) - 1);
	fm_store_sql_bind_text(stmt, 7, filter->until, sizeof(sizes->start_utc) - 1);
	/* not cut: a longer text names no slot */
	fm_store_sql_bind_text(stmt, 8, filter->slot, sizeof(sizes->port) - 1);
	return fm_store_record_rows(store, stmt, ret, ret_count, err);
}

bool fm_store_list(struct fm_store *store, const struct fm_history_filter *filter,
		   struct fm_record **ret, size_t *ret_count, struct fm_error *err)
{
	static const struct fm_history_filter all;

	return fm_store_sql_read(store, err) &&
	       fm_store_sql_end(store,
				history_list(store, filter ? filter : &all, ret, ret_count, err),
				err);
}

static bool history_get(struct fm_store *store, int64_t id, struct fm_record *ret,
			struct fm_phase_record **ret_phases, size_t *ret_count,
			struct fm_error *err)
{
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	bool row;

	if (!history_prepare(store, "WHERE id = ?", &stmt, err))
		return false;
	sqlite3_bind_int64(stmt, 1, id);
	if (!fm_store_sql_row(store, stmt, &row, err))
		return false;
	if (!row) {
		fm_fail(err, FM_USAGE, "there is no record %lld", (long long)id);
		return fm_hint(err, "'flashmend history list' shows all records.");
	}
	fm_store_record_read(stmt, ret);
	return fm_store_phase_rows(store, id, ret_phases, ret_count, err);
}

bool fm_store_get(struct fm_store *store, int64_t id, struct fm_record *ret,
		  struct fm_phase_record **ret_phases, size_t *ret_count, struct fm_error *err)
{
	return fm_store_sql_read(store, err) &&
	       fm_store_sql_end(store, history_get(store, id, ret, ret_phases, ret_count, err),
				err);
}

static bool history_last_at(struct fm_store *store, const char *port, struct fm_record *ret,
			    bool *ret_found, struct fm_error *err)
{
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;

	if (!history_prepare(store, "WHERE port = ? AND chain IS NOT NULL ORDER BY id DESC LIMIT 1",
			     &stmt, err))
		return false;
	fm_store_sql_bind_text(stmt, 1, port, sizeof(ret->port) - 1);
	if (!fm_store_sql_row(store, stmt, ret_found, err))
		return false;
	if (*ret_found)
		fm_store_record_read(stmt, ret);
	return true;
}

bool fm_store_last_at(struct fm_store *store, const char *port, struct fm_record *ret,
		      struct fm_error *err)
{
	bool found = false;

	fm_error_clear(err);
	return fm_store_sql_read(store, err) &&
	       fm_store_sql_end(store, history_last_at(store, port, ret, &found, err), err) &&
	       found;
}

static bool history_one(struct fm_store *store, sqlite3_stmt *stmt, struct fm_record *ret,
			bool *ret_found, struct fm_error *err)
{
	if (!fm_store_sql_row(store, stmt, ret_found, err))
		return false;
	if (*ret_found)
		fm_store_record_read(stmt, ret);
	return true;
}

static void history_bind_unit(sqlite3_stmt *stmt, const struct fm_record *record)
{
	sqlite3_bind_int64(stmt, 1, record->id ? record->id : INT64_MAX);
	fm_store_sql_bind_text(stmt, 2, record->model, sizeof(record->model) - 1);
	fm_store_sql_bind_text(stmt, 3, record->unit, sizeof(record->unit) - 1);
	fm_store_sql_bind_text(stmt, 4, record->port, sizeof(record->port) - 1);
}

static bool history_before(struct fm_store *store, const struct fm_record *record,
			   struct fm_record *ret, bool *ret_found, struct fm_error *err)
{
	static const char rest[] =
		"WHERE id < ?1 AND model = ?2 AND CASE WHEN ?3 <> '' AND unit <> ''"
		" THEN unit = ?3 ELSE port = ?4 END AND chain IS NOT NULL"
		" AND " HISTORY_TOUCHED " ORDER BY id DESC LIMIT 1";
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;

	if (!history_prepare(store, rest, &stmt, err))
		return false;
	history_bind_unit(stmt, record);
	return history_one(store, stmt, ret, ret_found, err);
}

bool fm_store_before(struct fm_store *store, const struct fm_record *record, struct fm_record *ret,
		     struct fm_error *err)
{
	bool found = false;

	fm_error_clear(err);
	return fm_store_sql_read(store, err) &&
	       fm_store_sql_end(store, history_before(store, record, ret, &found, err), err) &&
	       found;
}

static bool history_backup(struct fm_store *store, const struct fm_record *record, const char *kind,
			   struct fm_record *ret, bool *ret_found, struct fm_error *err)
{
	static const char rest[] =
		"WHERE id < ?1 AND model = ?2 AND unit = ?3 AND (?3 <> '' OR port = ?4)"
		" AND EXISTS(SELECT 1 FROM backup WHERE backup.job = job.id"
		" AND CASE WHEN ?5 IS NULL THEN kind <> 'incomplete' ELSE kind = ?5 END)"
		" ORDER BY id DESC LIMIT 1";
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;

	if (!history_prepare(store, rest, &stmt, err))
		return false;
	history_bind_unit(stmt, record);
	fm_store_sql_bind_text(stmt, 5, kind, 15);
	return history_one(store, stmt, ret, ret_found, err);
}

/* Jobs between the two that wrote something else than the first one did. */
static bool history_since(struct fm_store *store, const struct fm_record *record,
			  const struct fm_record *backup, unsigned *ret_since, struct fm_error *err)
{
	static const char sql[] =
		"SELECT count(*) FROM job WHERE id < ?1 AND model = ?2 AND unit = ?3"
		" AND (?3 <> '' OR port = ?4) AND id > ?5 AND bytes_written > 0"
		" AND plan_sha256 <> ?6 AND " HISTORY_TOUCHED;
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	bool row;

	if (!fm_store_sql_prepare(store, sql, &stmt, err))
		return false;
	history_bind_unit(stmt, record);
	sqlite3_bind_int64(stmt, 5, backup->id);
	fm_store_sql_bind_text(stmt, 6, backup->plan_sha256, sizeof(backup->plan_sha256) - 1);
	if (!fm_store_sql_row(store, stmt, &row, err))
		return false;
	*ret_since = (unsigned)sqlite3_column_int64(stmt, 0);
	return true;
}

bool fm_store_backup_before(struct fm_store *store, const struct fm_record *record,
			    const char *kind, struct fm_record *ret, unsigned *ret_since,
			    struct fm_error *err)
{
	bool found = false;

	*ret_since = 0;
	fm_error_clear(err);
	return fm_store_sql_read(store, err) &&
	       fm_store_sql_end(
		       store,
		       history_backup(store, record, kind, ret, &found, err) &&
			       (!found || history_since(store, record, ret, ret_since, err)),
		       err) &&
	       found;
}
