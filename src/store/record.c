#include "store/private.h"

#include <string.h>

enum record_type { RECORD_TEXT, RECORD_I64, RECORD_U64, RECORD_INT, RECORD_UNSIGNED };

/* Which call writes a column. */
enum { AT_BEGIN = 1, AT_UPDATE = 2, AT_END = 4, AT_CHAIN = 8 };

#define RECORD_COLUMN(member, type, when)                                                          \
	{                                                                                          \
#member, offsetof(struct fm_record, member),                                       \
			sizeof(((struct fm_record *)NULL)->member), type, when                     \
	}

/* The columns of the table job that have their own member of struct fm_record, but the id. */
static const struct record_column {
	const char *name;
	size_t offset, size;
	enum record_type type;
	unsigned when;
} record_columns[] = {
	RECORD_COLUMN(verb, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(model, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(port, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(slot, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(unit, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(chip, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(loader, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(file, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(file_sha256, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(plan_sha256, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(version_before, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(version_after, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(version_expected, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(allowed, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(operator_name, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(station, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(ticket, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(tool_version, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(verify, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(backup, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(kept, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(post_checks, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(not_tested, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(answers, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(options, RECORD_TEXT, AT_UPDATE),
	RECORD_COLUMN(source, RECORD_I64, AT_UPDATE),
	RECORD_COLUMN(bytes_written, RECORD_U64, AT_UPDATE),
	RECORD_COLUMN(bytes_verified, RECORD_U64, AT_UPDATE),
	RECORD_COLUMN(bytes_blank_proved, RECORD_U64, AT_UPDATE),
	RECORD_COLUMN(bytes_not_tested, RECORD_U64, AT_UPDATE),
	RECORD_COLUMN(retries, RECORD_UNSIGNED, AT_UPDATE),
	RECORD_COLUMN(start_utc, RECORD_TEXT, AT_BEGIN),
	RECORD_COLUMN(start_mono_ns, RECORD_I64, AT_BEGIN),
	RECORD_COLUMN(boot_id, RECORD_TEXT, AT_BEGIN),
	RECORD_COLUMN(pid, RECORD_INT, AT_BEGIN),
	RECORD_COLUMN(pid_start, RECORD_U64, AT_BEGIN),
	RECORD_COLUMN(outcome, RECORD_TEXT, AT_END),
	RECORD_COLUMN(code, RECORD_INT, AT_END),
	RECORD_COLUMN(text, RECORD_TEXT, AT_END),
	RECORD_COLUMN(hint, RECORD_TEXT, AT_END),
	RECORD_COLUMN(unit_state, RECORD_TEXT, AT_END),
	RECORD_COLUMN(end_utc, RECORD_TEXT, AT_END),
	RECORD_COLUMN(end_mono_ns, RECORD_I64, AT_END),
	RECORD_COLUMN(chain, RECORD_I64, AT_END),
	RECORD_COLUMN(previous, RECORD_TEXT, AT_END),
	RECORD_COLUMN(hash, RECORD_TEXT, AT_CHAIN),
};

/* "NAME<tail>, NAME<tail>" of the columns that `when` writes. */
static void record_add_columns(struct fm_text *sql, unsigned when, const char *tail)
{
	const char *comma = "";

	for (size_t i = 0; i < FM_COUNT(record_columns); i++) {
		if (!(record_columns[i].when & when))
			continue;
		fm_text_addf(sql, "%s%s%s", comma, record_columns[i].name, tail);
		comma = ", ";
	}
}

/* The members in the order of record_add_columns; returns the next parameter's number. */
static int record_bind(sqlite3_stmt *stmt, unsigned when, const struct fm_record *record)
{
	int at = 1;

	for (size_t i = 0; i < FM_COUNT(record_columns); i++) {
		const struct record_column *column = &record_columns[i];
		const void *member = (const char *)record + column->offset;

		if (!(column->when & when))
			continue;
		switch (column->type) {
		case RECORD_TEXT:
			fm_store_sql_bind_text(stmt, at, member, column->size - 1);
			break;
		case RECORD_I64:
			sqlite3_bind_int64(stmt, at, *(const int64_t *)member);
			break;
		case RECORD_U64: /* the same 64 bits; SQLite knows no others */
			sqlite3_bind_int64(stmt, at, (int64_t) * (const uint64_t *)member);
			break;
		case RECORD_INT:
			sqlite3_bind_int64(stmt, at, *(const int *)member);
			break;
		case RECORD_UNSIGNED:
			sqlite3_bind_int64(stmt, at, *(const unsigned *)member);
			break;
		}
		at++;
	}
	return at;
}

void fm_store_record_select(struct fm_text *ret_sql, const char *rest)
{
	fm_text_add(ret_sql, "SELECT id, ");
	record_add_columns(ret_sql, ~0u, "");
	fm_text_add(ret_sql, ", (SELECT phase FROM phase WHERE phase.job = job.id"
			     " ORDER BY number DESC LIMIT 1)"
			     ", (SELECT end_utc IS NOT NULL FROM phase WHERE phase.job = job.id"
			     " ORDER BY number DESC LIMIT 1)"
			     " FROM job ");
	fm_text_add(ret_sql, rest);
}

void fm_store_record_read(sqlite3_stmt *stmt, struct fm_record *ret)
{
	int at = 1;

	*ret = (struct fm_record){ .id = sqlite3_column_int64(stmt, 0) };
	for (size_t i = 0; i < FM_COUNT(record_columns); i++, at++) {
		const struct record_column *column = &record_columns[i];
		void *member = (char *)ret + column->offset;

		switch (column->type) {
		case RECORD_TEXT:
			fm_store_sql_copy_text(stmt, at, member, column->size);
			break;
		case RECORD_I64:
			*(int64_t *)member = sqlite3_column_int64(stmt, at);
			break;
		case RECORD_U64:
			*(uint64_t *)member = (uint64_t)sqlite3_column_int64(stmt, at);
			break;
		case RECORD_INT:
			*(int *)member = sqlite3_column_int(stmt, at);
			break;
		case RECORD_UNSIGNED:
			*(unsigned *)member = (unsigned)sqlite3_column_int64(stmt, at);
			break;
		}
	}
	fm_store_sql_copy_text(stmt, at, ret->last_phase, sizeof(ret->last_phase));
	ret->last_phase_ended = sqlite3_column_int(stmt, at + 1) != 0;
}

static void record_read(sqlite3_stmt *stmt, void *ret_item)
{
	fm_store_record_read(stmt, ret_item);
}

bool fm_store_record_rows(struct fm_store *store, sqlite3_stmt *stmt, struct fm_record **ret,
			  size_t *ret_count, struct fm_error *err)
{
	void *rows;

	if (!fm_store_sql_rows(store, stmt, record_read, sizeof(**ret), &rows, ret_count, err))
		return false;
	*ret = rows;
	return true;
}

static bool record_insert(struct fm_store *store, struct fm_record *record, struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text sql = { 0 };
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	const char *comma = "";

	fm_text_add(&sql, "INSERT INTO job(");
	record_add_columns(&sql, AT_BEGIN | AT_UPDATE, "");
	fm_text_add(&sql, ") VALUES(");
	for (size_t i = 0; i < FM_COUNT(record_columns); i++) {
		if (!(record_columns[i].when & (AT_BEGIN | AT_UPDATE)))
			continue;
		fm_text_addf(&sql, "%s?", comma);
		comma = ", ";
	}
	fm_text_add(&sql, ")");
	if (!fm_store_sql_prepare(store, sql.data, &stmt, err))
		return false;
	record_bind(stmt, AT_BEGIN | AT_UPDATE, record);
	if (!fm_store_sql_done(store, stmt, err))
		return false;
	record->id = sqlite3_last_insert_rowid(store->db);
	return true;
}

bool fm_store_begin(struct fm_store *store, struct fm_record *record, struct fm_error *err)
{
	/* what belongs to the store, whatever the caller's struct held before */
	record->end_utc[0] = record->hash[0] = record->previous[0] = record->last_phase[0] = '\0';
	record->end_mono_ns = record->chain = record->id = 0;
	record->last_phase_ended = false;
	fm_store_owner_fill(record);
	if (!fm_store_sql_write(store, err))
		return false;
	fm_store_owner_now(record->start_utc, &record->start_mono_ns);
	if (fm_store_sql_end(store, record_insert(store, record, err), err))
		return true;
	record->id = 0;
	return false;
}

static bool record_write(struct fm_store *store, unsigned when, const struct fm_record *record,
			 struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text sql = { 0 };
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;

	fm_text_add(&sql, "UPDATE job SET ");
	record_add_columns(&sql, when, " = ?");
	fm_text_addf(&sql, " WHERE id = ? AND chain IS %s NULL", when == AT_CHAIN ? "NOT" : "");
	if (!fm_store_sql_prepare(store, sql.data, &stmt, err))
		return false;
	sqlite3_bind_int64(stmt, record_bind(stmt, when, record), record->id);
	return fm_store_sql_done(store, stmt, err) &&
	       (sqlite3_changes(store->db) == 1 || fm_store_record_ended(record->id, err));
}

bool fm_store_record_ended(int64_t id, struct fm_error *err)
{
	fm_fail(err, FM_RECORD, "record %lld has ended already or is not there: it was not changed",
		(long long)id);
	return fm_hint(err, "'flashmend history show %lld' shows what it holds.", (long long)id);
}

bool fm_store_update(struct fm_store *store, const struct fm_record *record, struct fm_error *err)
{
	return fm_store_sql_write(store, err) &&
	       fm_store_sql_end(store, record_write(store, AT_UPDATE, record, err), err);
}

bool fm_store_record_finish(struct fm_store *store, struct fm_record *record, struct fm_error *err)
{
	fm_store_owner_now(record->end_utc, &record->end_mono_ns);
	return fm_store_chain_next(store, record, err) &&
	       record_write(store, AT_UPDATE | AT_END, record, err) &&
	       fm_store_chain_hash(store, record->id, record->previous, record->hash, err) &&
	       record_write(store, AT_CHAIN, record, err);
}

bool fm_store_end(struct fm_store *store, struct fm_record *record, struct fm_error *err)
{
	if (!record->outcome[0])
		return fm_fail(err, FM_INTERNAL, "record %lld was to end without an outcome",
			       (long long)record->id);
	if (!fm_store_sql_write(store, err))
		return false;
	if (fm_store_sql_end(store, fm_store_record_finish(store, record, err), err))
		return true;
	/* what was filled in is not on the disk */
	record->end_utc[0] = record->hash[0] = record->previous[0] = '\0';
	record->end_mono_ns = record->chain = 0;
	return false;
}
