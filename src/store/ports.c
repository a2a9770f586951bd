#include "store/private.h"

#include <string.h>

/* A path must be found again as it was given, so nothing of it is replaced as in records. */
static bool ports_check(const char *what, const char *text, size_t size, struct fm_error *err)
{
	size_t len = strlen(text);

	if (len == 0 || len >= size)
		return fm_fail(err, FM_USAGE, "the %s must have 1 to %zu characters", what,
			       size - 1);
	if (!fm_store_sql_printable(text))
		return fm_fail(err, FM_USAGE, "the %s holds characters that cannot be printed",
			       what);
	return true;
}

/* A statement with the path and, when there is one, the model. */
static bool ports_run(struct fm_store *store, const char *sql, const char *path, const char *model,
		      struct fm_error *err)
{
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;

	if (!fm_store_sql_prepare(store, sql, &stmt, err))
		return false;
	sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
	if (model)
		sqlite3_bind_text(stmt, 2, model, -1, SQLITE_STATIC);
	if (!fm_store_sql_done(store, stmt, err))
		return false;
	if (sqlite3_changes(store->db) == 1)
		return true;
	fm_fail(err, FM_USAGE, "no port was added as %s", path);
	return fm_hint(err, "'flashmend ports list' shows what was added.");
}

bool fm_store_port_add(struct fm_store *store, const char *path, const char *model,
		       struct fm_error *err)
{
	static const char sql[] = "INSERT INTO port(path, model) VALUES(?, ?)"
				  " ON CONFLICT(path) DO UPDATE SET model = excluded.model";
	const struct fm_added_port *sizes = NULL;

	return ports_check("path of the port", path, sizeof(sizes->path), err) &&
	       ports_check("model", model, sizeof(sizes->model), err) &&
	       fm_store_sql_write(store, err) &&
	       fm_store_sql_end(store, ports_run(store, sql, path, model, err), err);
}

bool fm_store_port_remove(struct fm_store *store, const char *path, struct fm_error *err)
{
	return fm_store_sql_write(store, err) &&
	       fm_store_sql_end(
		       store, ports_run(store, "DELETE FROM port WHERE path = ?", path, NULL, err),
		       err);
}

static void port_read(sqlite3_stmt *stmt, void *ret_item)
{
	struct fm_added_port *port = ret_item;

	fm_store_sql_copy_text(stmt, 0, port->path, sizeof(port->path));
	fm_store_sql_copy_text(stmt, 1, port->model, sizeof(port->model));
}

static bool ports_list(struct fm_store *store, struct fm_added_port **ret, size_t *ret_count,
		       struct fm_error *err)
{
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	void *rows;

	if (!fm_store_sql_prepare(store, "SELECT path, model FROM port ORDER BY path", &stmt, err))
		return false;
	if (!fm_store_sql_rows(store, stmt, port_read, sizeof(**ret), &rows, ret_count, err))
		return false;
	*ret = rows;
	return true;
}

bool fm_store_ports(struct fm_store *store, struct fm_added_port **ret, size_t *ret_count,
		    struct fm_error *err)
{
	return fm_store_sql_read(store, err) &&
	       fm_store_sql_end(store, ports_list(store, ret, ret_count, err), err);
}
