#include "scratch.h"

#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

int scratch_make(void **state)
{
	struct scratch *scratch = calloc(1, sizeof(*scratch));

	strcpy(scratch->folder, "/tmp/fm-store-XXXXXX");
	if (!mkdtemp(scratch->folder))
		return -1;
	snprintf(scratch->path, sizeof(scratch->path), "%s/records.db", scratch->folder);
	*state = scratch;
	return 0;
}

static int scratch_remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
	(void)status;
	(void)type;
	(void)at;
	return remove(path);
}

int scratch_remove(void **state)
{
	struct scratch *scratch = *state;

	nftw(scratch->folder, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(scratch);
	return 0;
}

struct fm_record scratch_record(const char *verb, const char *model, const char *port)
{
	struct fm_record record = { 0 };

	fm_text_copy(record.verb, sizeof(record.verb), verb);
	fm_text_copy(record.model, sizeof(record.model), model);
	fm_text_copy(record.port, sizeof(record.port), port);
	return record;
}

bool scratch_job(struct fm_store *store, struct fm_record *record, const char *outcome,
		 const char *unit_state, struct fm_error *err)
{
	if (!fm_store_begin(store, record, err) ||
	    !fm_store_phase_begin(store, record->id, "write", "0x0 to 0x7fff", err) ||
	    !fm_store_phase_end(store, record->id, "write", 0, err))
		return false;
	fm_text_copy(record->outcome, sizeof(record->outcome), outcome);
	fm_text_copy(record->unit_state, sizeof(record->unit_state), unit_state);
	return fm_store_end(store, record, err);
}

void scratch_sql(const char *path, const char *sql)
{
	char *message = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int64_t scratch_number(const char *path, const char *sql)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	int64_t number;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return number;
}

unsigned char *scratch_read(const char *path, size_t *ret_len)
{
	FM_FCLOSE FILE *file = fopen(path, "rb");
	struct stat status;
	unsigned char *data;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &status), 0);
	data = malloc((size_t)status.st_size + 1);
	*ret_len = fread(data, 1, (size_t)status.st_size, file);
	assert_int_equal(*ret_len, status.st_size);
	return data;
}

void scratch_write(const char *path, const void *data, size_t len)
{
	FM_FCLOSE FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
}

pid_t scratch_start(scratch_work *work, const struct scratch *scratch, void *data)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(work(scratch, data));
	assert_true(pid > 0);
	return pid;
}

int scratch_wait(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int scratch_run(scratch_work *work, const struct scratch *scratch, void *data)
{
	return scratch_wait(scratch_start(work, scratch, data));
}

struct scratch_mounted {
	const char *options;
	scratch_work *work;
};

enum { CHILD_SKIP = 77 };

static int scratch_mount(const struct scratch *scratch, void *data)
{
	const struct scratch_mounted *mounted = data;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("fm-test", scratch->folder, "tmpfs", 0, mounted->options) < 0)
		return CHILD_SKIP;
	return mounted->work(scratch, NULL);
}

void scratch_run_on_tmpfs(const char *options, scratch_work *work, const struct scratch *scratch)
{
	struct scratch_mounted mounted = { options, work };
	int code = scratch_run(scratch_mount, scratch, &mounted);

	if (code == CHILD_SKIP) {
		print_message("needs the right to mount\n");
		skip();
	}
	assert_int_equal(code, 0);
}
