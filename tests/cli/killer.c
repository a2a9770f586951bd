/*
 * killer DATABASE PHASE COMMAND...: run the command and kill it (SIGKILL) while the record says
 * that it is in this phase. Exit status: 0 it was, 1 it ended or was past the phase before, 2
 * trouble.
 */
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILLER_NAP_NS 100000

/* The phase that has begun and not ended in the newest job after `job`. */
static int killer_in_phase(sqlite3 *db, long long job, const char *phase)
{
	static const char query[] =
		"SELECT 1 FROM phase WHERE job > ?1 AND phase = ?2 AND end_utc IS NULL";
	sqlite3_stmt *statement;
	int found;

	if (sqlite3_prepare_v2(db, query, -1, &statement, NULL) != SQLITE_OK)
		return 0;
	sqlite3_bind_int64(statement, 1, job);
	sqlite3_bind_text(statement, 2, phase, -1, SQLITE_STATIC);
	found = sqlite3_step(statement) == SQLITE_ROW;
	sqlite3_finalize(statement);
	return found;
}

static long long killer_newest(sqlite3 *db)
{
	sqlite3_stmt *statement;
	long long newest = 0;

	if (sqlite3_prepare_v2(db, "SELECT coalesce(max(id), 0) FROM job", -1, &statement, NULL) !=
	    SQLITE_OK)
		return 0;
	if (sqlite3_step(statement) == SQLITE_ROW)
		newest = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return newest;
}

static int killer_watch(sqlite3 *db, long long job, const char *phase, pid_t child)
{
	const struct timespec nap = { 0, KILLER_NAP_NS };
	int status;

	while (waitpid(child, &status, WNOHANG) == 0) {
		if (killer_in_phase(db, job, phase)) {
			kill(child, SIGKILL);
			waitpid(child, &status, 0);
			return !(WIFSIGNALED(status) && killer_in_phase(db, job, phase));
		}
		nanosleep(&nap, NULL);
	}
	return 1;
}

int main(int argc, char **argv)
{
	long long job;
	sqlite3 *db;
	pid_t child;
	int result;

	if (argc < 4 || sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
		fputs("usage: killer DATABASE PHASE COMMAND...\n", stderr);
		return 2;
	}
	sqlite3_busy_timeout(db, 1000);
	job = killer_newest(db);
	child = fork();
	if (child == 0) {
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	result = child < 0 ? 2 : killer_watch(db, job, argv[2], child);
	sqlite3_close(db);
	return result;
}
