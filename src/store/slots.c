/* Ports that a bench has given names. */
#include "store/private.h"

#include <ctype.h>
#include <string.h>

#define SLOTS_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* Found again as it was given, so nothing of it is replaced as in records. */
static bool slots_check(const char *place, const char *name, struct fm_error *err)
{
	const struct fm_slot *sizes = NULL;
	size_t len = strlen(name), place_len = strlen(place);

	if (place_len == 0 || place_len >= sizeof(sizes->place) || !fm_store_sql_printable(place))
		return fm_fail(err, FM_USAGE,
			       "the port must have 1 to %zu characters that can be printed",
			       sizeof(sizes->place) - 1);
	if (len > 0 && len < sizeof(sizes->name) && strspn(name, SLOTS_LETTERS) == len &&
	    isalnum((unsigned char)*name))
		return true;
	fm_fail(err, FM_USAGE, "a slot cannot be called '%s'", name);
	return fm_hint(err, "1 to %zu letters, digits, '.', '_' or '-', like A1",
		       sizeof(sizes->name) - 1);
}

/* Another place has this name already. */
static bool slots_is_free(struct fm_store *store, const char *place, const char *name,
			  struct fm_error *err)
{
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	struct fm_slot other;
	bool row;

	if (!fm_store_sql_prepare(store, "SELECT place FROM slot WHERE name = ? AND place <> ?",
				  &stmt, err))
		return false;
	sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, place, -1, SQLITE_STATIC);
	if (!fm_store_sql_row(store, stmt, &row, err) || !row)
		return err->code == FM_OK;
	fm_store_sql_copy_text(stmt, 0, other.place, sizeof(other.place));
	fm_fail(err, FM_USAGE, "slot %s is the port %s already", name, other.place);
	return fm_hint(err, "'flashmend ports unlabel %s' takes the name back", name);
}

static bool slots_write(struct fm_store *store, const char *place, const char *name,
			struct fm_error *err)
{
	static const char sql[] = "INSERT INTO slot(place, name) VALUES(?, ?)"
				  " ON CONFLICT(place) DO UPDATE SET name = excluded.name";
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;

	if (!slots_is_free(store, place, name, err) ||
	    !fm_store_sql_prepare(store, sql, &stmt, err))
		return false;
	sqlite3_bind_text(stmt, 1, place, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, name, -1, SQLITE_STATIC);
	return fm_store_sql_done(store, stmt, err);
}

bool fm_store_slot_set(struct fm_store *store, const char *place, const char *name,
		       struct fm_error *err)
{
	fm_error_clear(err);
	return slots_check(place, name, err) && fm_store_sql_write(store, err) &&
	       fm_store_sql_end(store, slots_write(store, place, name, err), err);
}

static bool slots_forget(struct fm_store *store, const char *place_or_name, struct fm_error *err)
{
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;

	if (!fm_store_sql_prepare(store, "DELETE FROM slot WHERE place = ?1 OR name = ?1", &stmt,
				  err))
		return false;
	sqlite3_bind_text(stmt, 1, place_or_name, -1, SQLITE_STATIC);
	if (!fm_store_sql_done(store, stmt, err))
		return false;
	if (sqlite3_changes(store->db) > 0)
		return true;
	fm_fail(err, FM_USAGE, "no slot is called '%s', and no port of that name has one",
		place_or_name);
	return fm_hint(err, "'flashmend ports list' shows the slots.");
}

bool fm_store_slot_remove(struct fm_store *store, const char *place_or_name, struct fm_error *err)
{
	return fm_store_sql_write(store, err) &&
	       fm_store_sql_end(store, slots_forget(store, place_or_name, err), err);
}

static void slots_read(sqlite3_stmt *stmt, void *ret_item)
{
	struct fm_slot *slot = ret_item;

	fm_store_sql_copy_text(stmt, 0, slot->place, sizeof(slot->place));
	fm_store_sql_copy_text(stmt, 1, slot->name, sizeof(slot->name));
}

static bool slots_list(struct fm_store *store, struct fm_slot **ret, size_t *ret_count,
		       struct fm_error *err)
{
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	void *rows;

	if (!fm_store_sql_prepare(store, "SELECT place, name FROM slot ORDER BY name", &stmt,
				  err) ||
	    !fm_store_sql_rows(store, stmt, slots_read, sizeof(**ret), &rows, ret_count, err))
		return false;
	*ret = rows;
	return true;
}

bool fm_store_slots(struct fm_store *store, struct fm_slot **ret, size_t *ret_count,
		    struct fm_error *err)
{
	return fm_store_sql_read(store, err) &&
	       fm_store_sql_end(store, slots_list(store, ret, ret_count, err), err);
}
