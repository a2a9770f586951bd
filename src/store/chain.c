#include "store/private.h"

#include <jansson.h>
#include <string.h>

/* One column as JSON; NULL when it holds what we never write. */
static json_t *chain_value(sqlite3_stmt *stmt, int column)
{
	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_INTEGER:
		return json_integer(sqlite3_column_int64(stmt, column));
	case SQLITE_TEXT:
		return json_stringn((const char *)sqlite3_column_text(stmt, column),
				    (size_t)sqlite3_column_bytes(stmt, column));
	default:
		return NULL;
	}
}

/* The current row: a member for each column that is not NULL, but the hash itself. */
static json_t *chain_row(sqlite3_stmt *stmt)
{
	json_t *object = json_object();

	for (int i = 0; object && i < sqlite3_column_count(stmt); i++) {
		const char *name = sqlite3_column_name(stmt, i);

		if (sqlite3_column_type(stmt, i) == SQLITE_NULL || strcmp(name, "hash") == 0)
			continue;
		/* takes the value also when it fails, and fails for NULL */
		if (json_object_set_new(object, name, chain_value(stmt, i)) < 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static bool chain_fail(int64_t id, struct fm_error *err)
{
	return fm_fail(err, FM_CHAIN,
		       "record %lld was changed after it was written: it holds what "
		       "flashmend never writes",
		       (long long)id);
}

/* Adds the rows of a query with the id as its parameter to the array. */
static bool chain_rows(struct fm_store *store, const char *sql, int64_t id, json_t *array,
		       struct fm_error *err)
{
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	bool row;

	if (!fm_store_sql_prepare(store, sql, &stmt, err))
		return false;
	sqlite3_bind_int64(stmt, 1, id);
	for (;;) {
		if (!fm_store_sql_row(store, stmt, &row, err))
			return false;
		if (!row)
			return true;
		if (json_array_append_new(array, chain_row(stmt)) < 0)
			return chain_fail(id, err);
	}
}

/* The record's columns as an object, with its phases in the member "phases" and, where it has some,
 * its backups in "backups". malloc'd. */
static bool chain_serialise(struct fm_store *store, int64_t id, char **ret, struct fm_error *err)
{
	json_t *jobs = json_array(), *phases = json_array(), *backups = json_array();
	bool good = chain_rows(store, "SELECT * FROM job WHERE id = ?", id, jobs, err) &&
		    chain_rows(store, "SELECT * FROM phase WHERE job = ? ORDER BY number", id,
			       phases, err) &&
		    chain_rows(store, "SELECT * FROM backup WHERE job = ? ORDER BY number", id,
			       backups, err);

	*ret = NULL;
	if (good) {
		json_object_set(json_array_get(jobs, 0), "phases", phases);
		/* not an empty one: records of the time before there were backups keep their hash
		 */
		if (json_array_size(backups))
			json_object_set(json_array_get(jobs, 0), "backups", backups);
		*ret = json_dumps(json_array_get(jobs, 0), JSON_COMPACT | JSON_SORT_KEYS);
		good = *ret || fm_fail(err, FM_NO_MEMORY, "no memory to serialise a record");
	}
	json_decref(jobs);
	json_decref(phases);
	json_decref(backups);
	return good;
}

bool fm_store_chain_hash(struct fm_store *store, int64_t id, const char *previous,
			 char ret[FM_SHA256_TEXT], struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text text = { 0 };
	FM_FREE char *json = NULL;

	if (!chain_serialise(store, id, &json, err))
		return false;
	fm_text_add(&text, previous);
	fm_text_add(&text, json);
	fm_sha256(text.data, text.len, ret);
	return true;
}

bool fm_store_chain_next(struct fm_store *store, struct fm_record *record, struct fm_error *err)
{
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	bool row;

	if (!fm_store_sql_prepare(store,
				  "SELECT chain, hash FROM job WHERE chain IS NOT NULL"
				  " ORDER BY chain DESC LIMIT 1",
				  &stmt, err) ||
	    !fm_store_sql_row(store, stmt, &row, err))
		return false;
	record->chain = 1;
	record->previous[0] = '\0';
	if (row) {
		record->chain += sqlite3_column_int64(stmt, 0);
		fm_store_sql_copy_text(stmt, 1, record->previous, sizeof(record->previous));
	}
	return true;
}

static bool chain_is_right(struct fm_store *store, int64_t id, struct fm_error *err)
{
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	char previous[FM_SHA256_TEXT], hash[FM_SHA256_TEXT], wanted[FM_SHA256_TEXT];
	bool row;

	if (!fm_store_sql_prepare(
		    store, "SELECT previous, hash FROM job WHERE id = ? AND chain IS NOT NULL",
		    &stmt, err))
		return false;
	sqlite3_bind_int64(stmt, 1, id);
	if (!fm_store_sql_row(store, stmt, &row, err))
		return false;
	if (!row)
		return true;
	fm_store_sql_copy_text(stmt, 0, previous, sizeof(previous));
	fm_store_sql_copy_text(stmt, 1, hash, sizeof(hash));
	if (!fm_store_chain_hash(store, id, previous, wanted, err))
		return false;
	return strcmp(hash, wanted) == 0 ||
	       fm_fail(err, FM_CHAIN, "record %lld was changed after it was written",
		       (long long)id);
}

bool fm_store_record_right(struct fm_store *store, int64_t id, struct fm_error *err)
{
	return fm_store_sql_read(store, err) &&
	       fm_store_sql_end(store, chain_is_right(store, id, err), err);
}

/* How far the chain was followed. */
struct chain_walk {
	int64_t id;
	char hash[FM_SHA256_TEXT];
	size_t count;
};

/* The next record: id, chain, previous, hash. */
static bool chain_check(struct fm_store *store, sqlite3_stmt *stmt, struct chain_walk *walk,
			struct fm_error *err)
{
	int64_t id = sqlite3_column_int64(stmt, 0);
	char previous[FM_SHA256_TEXT], hash[FM_SHA256_TEXT], wanted[FM_SHA256_TEXT];

	fm_store_sql_copy_text(stmt, 2, previous, sizeof(previous));
	fm_store_sql_copy_text(stmt, 3, hash, sizeof(hash));
	if (sqlite3_column_int64(stmt, 1) != (int64_t)walk->count + 1)
		return fm_fail(err, FM_CHAIN,
			       "a record was taken out of the chain before record %lld, place %zu",
			       (long long)id, walk->count + 1);
	if (!fm_store_chain_hash(store, id, previous, wanted, err))
		return false;
	/* in full: the copy ends where our hashes end */
	if (sqlite3_column_bytes(stmt, 3) != FM_SHA256_TEXT - 1 || strcmp(hash, wanted) != 0)
		return fm_fail(err, FM_CHAIN, "record %lld was changed after it was written",
			       (long long)id);
	if (strcmp(previous, walk->hash) != 0)
		return fm_fail(err, FM_CHAIN,
			       "record %lld does not follow the record before it in the chain "
			       "(record %lld)",
			       (long long)id, (long long)walk->id);
	memcpy(walk->hash, hash, sizeof(hash));
	walk->id = id;
	walk->count++;
	return true;
}

/* Ids are given once and without gaps, so a record that is missing at the end shows, too. */
static bool chain_check_ids(struct fm_store *store, struct fm_error *err)
{
	int64_t given, missing, loose;

	if (!fm_store_sql_number(store, "SELECT seq FROM sqlite_sequence WHERE name = 'job'",
				 &given, err) ||
	    !fm_store_sql_number(store,
				 "SELECT min(id) + 1 FROM (SELECT 0 AS id UNION ALL"
				 " SELECT id FROM job) AS a"
				 " WHERE NOT EXISTS(SELECT 1 FROM job WHERE job.id = a.id + 1)",
				 &missing, err) ||
	    !fm_store_sql_number(store,
				 "SELECT id FROM job WHERE chain IS NULL AND"
				 " (end_utc IS NOT NULL OR outcome IS NOT NULL OR"
				 " hash IS NOT NULL) LIMIT 1",
				 &loose, err))
		return false;
	if (missing <= given)
		return fm_fail(err, FM_CHAIN, "record %lld was taken out", (long long)missing);
	if (missing != given + 1)
		return fm_fail(err, FM_CHAIN,
			       "the number of records was changed: record %lld was given last, but "
			       "there are %lld",
			       (long long)given, (long long)missing - 1);
	return loose == 0 ||
	       fm_fail(err, FM_CHAIN, "record %lld was taken out of the chain", (long long)loose);
}

static bool chain_verify(struct fm_store *store, size_t *ret_checked, struct fm_error *err)
{
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	struct chain_walk walk = { 0 };
	bool row;

	if (!fm_store_sql_prepare(store,
				  "SELECT id, chain, previous, hash FROM job"
				  " WHERE chain IS NOT NULL ORDER BY chain",
				  &stmt, err))
		return false;
	for (;;) {
		*ret_checked = walk.count;
		if (!fm_store_sql_row(store, stmt, &row, err))
			return false;
		if (!row)
			return chain_check_ids(store, err);
		if (!chain_check(store, stmt, &walk, err))
			return false;
	}
}

bool fm_store_verify(struct fm_store *store, size_t *ret_checked, struct fm_error *err)
{
	*ret_checked = 0;
	return fm_store_sql_read(store, err) &&
	       fm_store_sql_end(store, chain_verify(store, ret_checked, err), err);
}

/* The first row of a query for id and hash. */
static bool chain_find(struct fm_store *store, const char *sql, const char *hash, int64_t *ret_id,
		       char ret_hash[FM_SHA256_TEXT], struct fm_error *err)
{
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	bool row;

	*ret_id = 0;
	ret_hash[0] = '\0';
	if (!fm_store_sql_prepare(store, sql, &stmt, err))
		return false;
	if (hash)
		fm_store_sql_bind_text(stmt, 1, hash, FM_SHA256_TEXT - 1);
	if (!fm_store_sql_row(store, stmt, &row, err))
		return false;
	if (row) {
		*ret_id = sqlite3_column_int64(stmt, 0);
		fm_store_sql_copy_text(stmt, 1, ret_hash, FM_SHA256_TEXT);
	}
	return true;
}

bool fm_store_newest(struct fm_store *store, int64_t *ret_id, char ret_hash[FM_SHA256_TEXT],
		     struct fm_error *err)
{
	static const char sql[] = "SELECT id, hash FROM job WHERE chain IS NOT NULL"
				  " ORDER BY chain DESC LIMIT 1";

	return fm_store_sql_read(store, err) &&
	       fm_store_sql_end(store, chain_find(store, sql, NULL, ret_id, ret_hash, err), err);
}

bool fm_store_holds(struct fm_store *store, const char *hash, int64_t *ret_id, struct fm_error *err)
{
	static const char sql[] = "SELECT id, hash FROM job WHERE chain IS NOT NULL"
				  " AND substr(hash, 1, length(?1)) = ?1 LIMIT 1";
	char found[FM_SHA256_TEXT];

	if (!fm_store_sql_read(store, err) ||
	    !fm_store_sql_end(store, chain_find(store, sql, hash, ret_id, found, err), err))
		return false;
	return *ret_id || fm_fail(err, FM_CHAIN,
				  "no record has the hash %.16s... any more: it was cut off", hash);
}
