/* What the tests of the store share: a folder that goes away, records, and SQLite beside the store.
 */
#ifndef FM_TESTS_STORE_SCRATCH_H
#define FM_TESTS_STORE_SCRATCH_H

#include "unit.h"

#include "store/private.h"

#include <sys/types.h>

/* cmocka's set-up and tear-down of one test: *state is a struct scratch. */
struct scratch {
	char folder[64];
	char path[80]; /* FOLDER/records.db; does not exist at first */
};

int scratch_make(void **state);
int scratch_remove(void **state);

/* A small record, the rest empty. */
struct fm_record scratch_record(const char *verb, const char *model, const char *port);
/* Begin, one phase, end. */
bool scratch_job(struct fm_store *store, struct fm_record *record, const char *outcome,
		 const char *unit_state, struct fm_error *err);

/* Statements over a connection of their own, as somebody with the sqlite3 command would. */
void scratch_sql(const char *path, const char *sql);
int64_t scratch_number(const char *path, const char *sql);
/* Content of a file; malloc'd. */
unsigned char *scratch_read(const char *path, size_t *ret_len);
void scratch_write(const char *path, const void *data, size_t len);

/* Runs work in a child: 0 good, else what it returned. The child must not use cmocka's asserts. */
typedef int scratch_work(const struct scratch *scratch, void *data);
pid_t scratch_start(scratch_work *work, const struct scratch *scratch, void *data);
int scratch_wait(pid_t pid);
int scratch_run(scratch_work *work, const struct scratch *scratch, void *data);
/* With a tmpfs of its own on scratch->folder ("size=..."), and its result has to be 0. Skips the
 * test where it may not mount. */
void scratch_run_on_tmpfs(const char *options, scratch_work *work, const struct scratch *scratch);

/* In a child: say what was wrong and give it up. */
#define CHILD_CHECK(condition)                                                                     \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s: E%d %s\n", __FILE__, __LINE__, #condition,     \
				fm_error_info(err.code)->number, err.text);                        \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)

#endif
