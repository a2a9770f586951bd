#include "store/private.h"

#include <string.h>

static const struct {
	const char *state, *hint;
} dead_hints[] = {
	{ "untouched", "Nothing was changed: run the same command again." },
	{ "entered", "Its memory was not changed: run the same command again, or switch the unit "
		     "off and on." },
	/* Which of both it is depends on the unit's boot loader, which is not asked here. */
	{ "partial", "Run the same command again: what the unit holds already is compared and "
		     "stays; where it can't be asked, all is written again." },
	{ "unverified", "Run 'flashmend verify' with the same file, or flash again." },
	{ "verified", "Switch the unit off and on and check that it runs, or flash again." },
};

static const char *dead_hint(const char *state)
{
	size_t i = 0;

	while (i < FM_COUNT(dead_hints) - 1 && strcmp(dead_hints[i].state, state) != 0)
		i++;
	return dead_hints[i].hint;
}

static void dead_tell(struct fm_record *record, enum fm_store_owner owner)
{
	const char *what = owner == FM_OWNER_REBOOTED
				   ? "the computer was switched off or restarted"
				   : "the program ended without closing its record";

	if (!record->last_phase[0])
		snprintf(record->text, sizeof(record->text), "%s, before the first phase", what);
	else
		snprintf(record->text, sizeof(record->text), "%s, %s phase '%s'", what,
			 record->last_phase_ended ? "after" : "in", record->last_phase);
	fm_text_copy(record->hint, sizeof(record->hint), dead_hint(record->unit_state));
}

static bool dead_end(struct fm_store *store, struct fm_record *record, enum fm_store_owner owner,
		     int code, struct fm_error *err)
{
	FM_FREE struct fm_phase_record *phases = NULL;
	const char *state;
	size_t count;
	bool unclear;

	if (!fm_store_phase_rows(store, record->id, &phases, &count, err))
		return false;
	state = fm_store_phase_state(phases, count);
	unclear = strcmp(state, "partial") == 0 || strcmp(state, "unverified") == 0;
	fm_text_copy(record->unit_state, sizeof(record->unit_state), state);
	fm_text_copy(record->outcome, sizeof(record->outcome), unclear ? "UNCLEAR" : "FAIL");
	record->code = code;
	dead_tell(record, owner);
	return fm_store_record_finish(store, record, err);
}

/* In the order in which they were begun. */
static bool dead_unended(struct fm_store *store, struct fm_record **ret, size_t *ret_count,
			 struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text sql = { 0 };
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;

	fm_store_record_select(&sql, "WHERE chain IS NULL ORDER BY id");
	return fm_store_sql_prepare(store, sql.data, &stmt, err) &&
	       fm_store_record_rows(store, stmt, ret, ret_count, err);
}

static bool dead_any(struct fm_store *store, bool *ret_any, struct fm_error *err)
{
	FM_FREE struct fm_record *records = NULL;
	size_t count;

	*ret_any = false;
	if (!dead_unended(store, &records, &count, err))
		return false;
	for (size_t i = 0; i < count && !*ret_any; i++)
		*ret_any = fm_store_owner_check(&records[i]) != FM_OWNER_ALIVE;
	return true;
}

static bool dead_end_all(struct fm_store *store, int code, struct fm_error *err)
{
	FM_FREE struct fm_record *records = NULL;
	size_t count;

	if (!dead_unended(store, &records, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		enum fm_store_owner owner = fm_store_owner_check(&records[i]);

		if (owner != FM_OWNER_ALIVE && !dead_end(store, &records[i], owner, code, err))
			return false;
	}
	return true;
}

/* Looks first without the write lock: nearly always there is nothing to do. Then again with it:
 * another process may have been faster. */
bool fm_store_close_dead(struct fm_store *store, int code, struct fm_error *err)
{
	bool any = false;

	if (!store->writable)
		return true;
	if (!fm_store_sql_read(store, err) ||
	    !fm_store_sql_end(store, dead_any(store, &any, err), err))
		return false;
	return !any || (fm_store_sql_write(store, err) &&
			fm_store_sql_end(store, dead_end_all(store, code, err), err));
}
