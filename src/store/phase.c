#include "store/private.h"

#include <string.h>

static bool phase_insert(struct fm_store *store, int64_t job, const char *phase, const char *detail,
			 struct fm_error *err)
{
	static const char sql[] =
		"INSERT INTO phase(job, number, phase, detail, begin_utc, begin_mono_ns)"
		" SELECT id, (SELECT count(*) + 1 FROM phase WHERE job = ?1), ?2, ?3, ?4, ?5"
		" FROM job WHERE id = ?1 AND chain IS NULL";
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	const struct fm_phase_record *sizes = NULL;
	char utc[32];
	int64_t mono_ns;

	if (!fm_store_sql_prepare(store, sql, &stmt, err))
		return false;
	fm_store_owner_now(utc, &mono_ns);
	sqlite3_bind_int64(stmt, 1, job);
	fm_store_sql_bind_text(stmt, 2, phase, sizeof(sizes->phase) - 1);
	fm_store_sql_bind_text(stmt, 3, detail ? detail : "", sizeof(sizes->detail) - 1);
	fm_store_sql_bind_text(stmt, 4, utc, sizeof(utc));
	sqlite3_bind_int64(stmt, 5, mono_ns);
	return fm_store_sql_done(store, stmt, err) &&
	       (sqlite3_changes(store->db) == 1 || fm_store_record_ended(job, err));
}

bool fm_store_phase_begin(struct fm_store *store, int64_t job, const char *phase,
			  const char *detail, struct fm_error *err)
{
	return fm_store_sql_write(store, err) &&
	       fm_store_sql_end(store, phase_insert(store, job, phase, detail, err), err);
}

static bool phase_finish(struct fm_store *store, int64_t job, const char *phase, int code,
			 struct fm_error *err)
{
	static const char sql[] = "UPDATE phase SET end_utc = ?3, end_mono_ns = ?4, code = ?5"
				  " WHERE job = ?1 AND number = (SELECT max(number) FROM phase"
				  " WHERE job = ?1 AND phase = ?2 AND end_utc IS NULL)"
				  " AND EXISTS(SELECT 1 FROM job WHERE id = ?1 AND chain IS NULL)";
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	const struct fm_phase_record *sizes = NULL;
	char utc[32];
	int64_t mono_ns;

	if (!fm_store_sql_prepare(store, sql, &stmt, err))
		return false;
	fm_store_owner_now(utc, &mono_ns);
	sqlite3_bind_int64(stmt, 1, job);
	fm_store_sql_bind_text(stmt, 2, phase, sizeof(sizes->phase) - 1);
	fm_store_sql_bind_text(stmt, 3, utc, sizeof(utc));
	sqlite3_bind_int64(stmt, 4, mono_ns);
	sqlite3_bind_int(stmt, 5, code);
	return fm_store_sql_done(store, stmt, err) &&
	       (sqlite3_changes(store->db) == 1 ||
		fm_fail(err, FM_RECORD,
			"no phase '%s' of record %lld is running: nothing was changed", phase,
			(long long)job));
}

bool fm_store_phase_end(struct fm_store *store, int64_t job, const char *phase, int code,
			struct fm_error *err)
{
	return fm_store_sql_write(store, err) &&
	       fm_store_sql_end(store, phase_finish(store, job, phase, code, err), err);
}

static void phase_read(sqlite3_stmt *stmt, void *ret_item)
{
	struct fm_phase_record *ret = ret_item;

	fm_store_sql_copy_text(stmt, 0, ret->phase, sizeof(ret->phase));
	fm_store_sql_copy_text(stmt, 1, ret->detail, sizeof(ret->detail));
	fm_store_sql_copy_text(stmt, 2, ret->begin_utc, sizeof(ret->begin_utc));
	fm_store_sql_copy_text(stmt, 3, ret->end_utc, sizeof(ret->end_utc));
	ret->code = sqlite3_column_int(stmt, 4);
}

bool fm_store_phase_rows(struct fm_store *store, int64_t job, struct fm_phase_record **ret,
			 size_t *ret_count, struct fm_error *err)
{
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	void *rows;

	if (!fm_store_sql_prepare(store,
				  "SELECT phase, detail, begin_utc, end_utc, code FROM phase"
				  " WHERE job = ? ORDER BY number",
				  &stmt, err))
		return false;
	sqlite3_bind_int64(stmt, 1, job);
	if (!fm_store_sql_rows(store, stmt, phase_read, sizeof(**ret), &rows, ret_count, err))
		return false;
	*ret = rows;
	return true;
}

const char *fm_store_phase_state(const struct fm_phase_record *phases, size_t count)
{
	enum { UNTOUCHED, ENTERED, PARTIAL, UNVERIFIED, VERIFIED } state = UNTOUCHED;
	static const char *const names[] = { "untouched", "entered", "partial", "unverified",
					     "verified" };
	bool erased = false;

	for (size_t i = 0; i < count; i++) {
		const char *phase = phases[i].phase;
		bool good = phases[i].end_utc[0] && phases[i].code == 0;

		if (strcmp(phase, "enter") == 0 && state == UNTOUCHED) {
			state = ENTERED;
		} else if (strcmp(phase, "erase") == 0) {
			state = PARTIAL;
			erased = good;
		} else if (strcmp(phase, "write") == 0) {
			state = good ? UNVERIFIED : PARTIAL;
			erased = false;
		} else if (strcmp(phase, "verify") == 0 && (state >= UNVERIFIED || erased)) {
			/* after an erase alone: all that was to be done is done */
			state = good ? VERIFIED : UNVERIFIED;
		} else if (strcmp(phase, "restore") == 0 && state >= PARTIAL) {
			/* the firmware is right, its settings are being put back */
			state = good ? VERIFIED : UNVERIFIED;
		} else if (strcmp(phase, "restart") == 0 && state == ENTERED && good) {
			state = UNTOUCHED;
		}
	}
	return names[state];
}
