/* Backups: which content was read out of which unit, by which job. */
#include "store/private.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>

#define BACKUP_SPARE (1u << 20) /* for the records themselves and the file system's own */

static bool backup_insert(struct fm_store *store, struct fm_backup *backup, struct fm_error *err)
{
	static const char sql[] =
		"INSERT INTO backup(job, number, sha256, kind, region, space, addr, len,"
		" made_utc, made_mono_ns) SELECT id, (SELECT count(*) + 1 FROM backup WHERE"
		" job = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM job WHERE id = ?1 AND chain IS "
		"NULL";
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	int64_t mono_ns;

	if (!fm_store_sql_prepare(store, sql, &stmt, err))
		return false;
	fm_store_owner_now(backup->made_utc, &mono_ns);
	sqlite3_bind_int64(stmt, 1, backup->job);
	fm_store_sql_bind_text(stmt, 2, backup->sha256, sizeof(backup->sha256) - 1);
	fm_store_sql_bind_text(stmt, 3, backup->kind, sizeof(backup->kind) - 1);
	fm_store_sql_bind_text(stmt, 4, backup->region, sizeof(backup->region) - 1);
	fm_store_sql_bind_text(stmt, 5, backup->space, sizeof(backup->space) - 1);
	sqlite3_bind_int64(stmt, 6, (int64_t)backup->addr);
	sqlite3_bind_int64(stmt, 7, (int64_t)backup->len);
	fm_store_sql_bind_text(stmt, 8, backup->made_utc, sizeof(backup->made_utc));
	sqlite3_bind_int64(stmt, 9, mono_ns);
	return fm_store_sql_done(store, stmt, err) &&
	       (sqlite3_changes(store->db) == 1 || fm_store_record_ended(backup->job, err));
}

bool fm_store_backup_add(struct fm_store *store, struct fm_backup *backup, const void *data,
			 struct fm_error *err)
{
	return fm_store_content_write(store, data, backup->len, backup->sha256, err) &&
	       fm_store_sql_write(store, err) &&
	       fm_store_sql_end(store, backup_insert(store, backup, err), err);
}

bool fm_store_backup_room(struct fm_store *store, uint64_t len, struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text path = { 0 };
	struct statvfs system;
	uint64_t room;

	fm_store_content_path(store, NULL, &path);
	if (statvfs(path.data, &system) < 0) {
		/* not made yet: it will lie on the disk of the records */
		*strrchr(path.data, '/') = '\0';
		if (statvfs(*path.data ? path.data : "/", &system) < 0)
			return fm_fail_os(err, FM_BACKUP, errno, "%s", path.data);
	}
	room = (uint64_t)system.f_bavail * system.f_frsize;
	return room >= len + BACKUP_SPARE ||
	       fm_fail(err, FM_NO_ROOM,
		       "the backup needs %" PRIu64 " KiB, and %" PRIu64 " KiB are free: %s",
		       (len + BACKUP_SPARE) / 1024, room / 1024, path.data);
}

bool fm_store_backup_read(struct fm_store *store, const struct fm_backup *backup,
			  uint8_t **ret_data, struct fm_error *err)
{
	return fm_store_content_read(store, backup->sha256, backup->len, ret_data, err);
}

static void backup_row(sqlite3_stmt *stmt, void *ret_item)
{
	struct fm_backup *ret = ret_item;

	*ret = (struct fm_backup){ .job = sqlite3_column_int64(stmt, 0) };
	fm_store_sql_copy_text(stmt, 1, ret->sha256, sizeof(ret->sha256));
	fm_store_sql_copy_text(stmt, 2, ret->kind, sizeof(ret->kind));
	fm_store_sql_copy_text(stmt, 3, ret->region, sizeof(ret->region));
	fm_store_sql_copy_text(stmt, 4, ret->space, sizeof(ret->space));
	ret->addr = (uint64_t)sqlite3_column_int64(stmt, 5);
	ret->len = (uint64_t)sqlite3_column_int64(stmt, 6);
	fm_store_sql_copy_text(stmt, 7, ret->made_utc, sizeof(ret->made_utc));
	fm_store_sql_copy_text(stmt, 8, ret->model, sizeof(ret->model));
	fm_store_sql_copy_text(stmt, 9, ret->unit, sizeof(ret->unit));
	fm_store_sql_copy_text(stmt, 10, ret->port, sizeof(ret->port));
}

static bool backup_rows(struct fm_store *store, sqlite3_stmt *stmt, struct fm_backup **ret,
			size_t *ret_count, struct fm_error *err)
{
	void *rows;

	if (!fm_store_sql_rows(store, stmt, backup_row, sizeof(**ret), &rows, ret_count, err))
		return false;
	*ret = rows;
	return true;
}

static bool backup_list(struct fm_store *store, const struct fm_backup_filter *filter,
			struct fm_backup **ret, size_t *ret_count, struct fm_error *err)
{
	static const char sql[] =
		"SELECT job, sha256, kind, region, space, addr, len, made_utc, model, unit, port"
		" FROM backup JOIN job ON job.id = backup.job WHERE (?1 = 0 OR job = ?1)"
		" AND (?2 IS NULL OR substr(sha256, 1, length(?2)) = ?2)"
		" AND (?3 IS NULL OR model = ?3) AND (?4 IS NULL OR unit = ?4)"
		" AND (?5 IS NULL OR kind = ?5) ORDER BY job DESC, number";
	FM_STORE_STMT sqlite3_stmt *stmt = NULL;
	const struct fm_backup *sizes = NULL;

	if (!fm_store_sql_prepare(store, sql, &stmt, err))
		return false;
	sqlite3_bind_int64(stmt, 1, filter->job);
	fm_store_sql_bind_text(stmt, 2, filter->sha256, sizeof(sizes->sha256) - 1);
	fm_store_sql_bind_text(stmt, 3, filter->model, sizeof(sizes->model) - 1);
	fm_store_sql_bind_text(stmt, 4, filter->unit, sizeof(sizes->unit) - 1);
	fm_store_sql_bind_text(stmt, 5, filter->kind, sizeof(sizes->kind) - 1);
	return backup_rows(store, stmt, ret, ret_count, err);
}

bool fm_store_backups(struct fm_store *store, const struct fm_backup_filter *filter,
		      struct fm_backup **ret, size_t *ret_count, struct fm_error *err)
{
	return fm_store_sql_read(store, err) &&
	       fm_store_sql_end(store, backup_list(store, filter, ret, ret_count, err), err);
}
